/*
 * ethtool: offloads and link modes of one interface over ethtool netlink, in
 * FreeBSD's terms (interface capabilities, media).
 */
#ifndef CB_NET_ETHTOOL_H
#define CB_NET_ETHTOOL_H

#include "base/err.h"
#include "net/media.h"
#include "net/vnet.h"

#include <stdbool.h>
#include <stdint.h>

struct ethtool_caps {
	uint32_t active;    /* BSD_CAP_* that are on */
	uint32_t supported; /* on or switchable */
};

/* -EOPNOTSUPP where the kernel or the driver has none. */
int ethtool_caps_get(struct vnet *v, int ifindex, struct ethtool_caps *ret,
		     struct err *e);
/*
 * Turn every Linux feature behind these BSD_CAP_* bits on or off.  Bits
 * without a Linux feature are left to the caller (ethtool_caps_known()).
 * -EINVAL when the driver cannot change one of them.
 */
int ethtool_caps_set(struct vnet *v, int ifindex, uint32_t bits, bool on,
		     struct err *e);
uint32_t ethtool_caps_known(void);

struct ethtool_link {
	int speed; /* Mb/s, -1 unknown */
	bool full_duplex, duplex_known;
	bool autoneg;
	uint32_t modes[MEDIA_WORDS]; /* supported ones, see media.h */
};
int ethtool_link_get(struct vnet *v, int ifindex, struct ethtool_link *ret,
		     struct err *e);
/* Fixed speed and duplex, or autonegotiation. */
int ethtool_link_set(struct vnet *v, int ifindex, bool autoneg, int speed,
		     bool full_duplex, struct err *e);

/* Flow control: the ETHTOOL_PAUSE_* bits of `mask` as `on` has them. */
enum {
	ETHTOOL_PAUSE_RX = 1,
	ETHTOOL_PAUSE_TX = 2,
};
int ethtool_pause_set(struct vnet *v, int ifindex, unsigned int on,
		      unsigned int mask, struct err *e);

#endif
