/*
 * ifext: more bits of `struct ifnet.ext` beside those of ifnet.h: offloads
 * that Linux does not know.  They are stored as given and shown back where
 * FreeBSD shows them.
 */
#ifndef CB_NET_IFEXT_H
#define CB_NET_IFEXT_H

#include "net/ifnet.h"

#include <assert.h>

enum {
	/* capabilities */
	IFEXT_NETCONS = 1u << 8,
	IFEXT_POLLING = 1u << 9,
	IFEXT_WOL_UCAST = 1u << 10,
	IFEXT_WOL_MCAST = 1u << 11,
	IFEXT_WOL_MAGIC = 1u << 12,
	IFEXT_TOE4 = 1u << 13,
	IFEXT_TOE6 = 1u << 14,
	IFEXT_TXRTLMT = 1u << 15,
	IFEXT_MEXTPG = 1u << 16,
	IFEXT_HWRXTSTMP = 1u << 17,
	IFEXT_NO_LINKSTATE = 1u << 18,
	/* all from the first to the last */
	IFEXT_CAPS = 0x7ff00,
};

static_assert(!(IFEXT_CAPS & (IFEXT_PCP | (IFEXT_STICKYARP * 2 - 1))),
	      "IFEXT_* share bits");

#endif
