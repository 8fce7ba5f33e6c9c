/*
 * bridge_keeper: the process that does for the bridges of a vnet what the
 * kernel's bridge cannot: spanning tree (RSTP), sticky members, limits of
 * addresses per member.
 *
 * Theory of operation.  keeper.h says who starts and ends it.  While none lives
 * ports that discard go on discarding.  statedir/COOKIE.bridges tells what the
 * spanning tree has come to (ifbridge.h), for listings.
 *
 * The kernel lets ports be set to "listening" and the like only in bridges
 * without its own spanning tree, and sets them forwarding by itself whenever
 * their link comes up, and forwards BPDUs.  So what counts is a gate
 * (bridge_gate.h) before the bridge, an nftables set of the ports that are
 * closed, which is replaced in one transaction; the kernel's port states are
 * set as well, so that nothing is sent to closed ports, and for other tools.
 *
 * Whatever it reads may be a jail's: BPDUs, state files, names.
 */
#ifndef CB_NET_BRIDGE_KEEPER_H
#define CB_NET_BRIDGE_KEEPER_H

#include "net/keeper.h"

extern const struct keeper_sort bridge_keeper;

int bridge_keeper_main(struct vnet *v, void (*ready)(void), struct err *e);

#endif
