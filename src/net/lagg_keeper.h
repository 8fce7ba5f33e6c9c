/*
 * lagg_keeper: the process that speaks LACP for the laggs of a vnet whose
 * engine is not the kernel's bonding driver (fallback.h).
 *
 * Theory of operation.  keeper.h says who starts and ends it: it lives while a
 * lagg has `laggproto lacp`.  It hears and says LACPDUs by packet sockets on
 * the ports (lacp.h is the protocol), and tells the engine which ports may
 * receive and send; the engine stops by itself to send by a port whose link is
 * down.  While no keeper lives all goes on as it was: packets flow until the
 * partner misses our words, three or ninety seconds later.  The next keeper
 * takes up the conversation where the status says that the last one left it
 * (statedir/COOKIE.laggs, iflacp.h), so that nobody notices.
 *
 * Whatever it reads may be a jail's: PDUs, state files, names.
 */
#ifndef CB_NET_LAGG_KEEPER_H
#define CB_NET_LAGG_KEEPER_H

#include "net/keeper.h"

extern const struct keeper_sort lagg_keeper;

int lagg_keeper_main(struct vnet *v, void (*ready)(void), struct err *e);

#endif
