/*
 * tc: the few filters of the traffic control layer that interfaces need:
 * a copy of every frame to a span port, the drop of MONITOR, pcp's tag, the way
 * into netgraph, the way between a bridge and a member, and, before these, a
 * program that only looks on (ipshare's).
 *
 * They hang on the clsact hooks under preferences of their own, so filters of
 * others on the same interface stay untouched; the last one of ours takes the
 * hooks away if nobody else uses them.
 */
#ifndef CB_NET_TC_H
#define CB_NET_TC_H

#include "base/err.h"
#include "net/vnet.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tc_hook {
	TC_INGRESS,
	TC_EGRESS,
};

/*
 * Make the mirrors of a hook be just those to `targets` (ifindexes; none:
 * remove all).
 */
int tc_mirror_set(struct vnet *v, int ifindex, enum tc_hook hook,
		  const int *targets, size_t n, struct err *e);

/*
 * A program of the classifiers' type sees what arrives, and says TC_ACT_UNSPEC;
 * one on an interface.
 */
int tc_watch_add(struct vnet *v, int ifindex, int fd, struct err *e);
int tc_watch_del(struct vnet *v, int ifindex, struct err *e);

/* Drop what arrives, after packet sockets have seen it (MONITOR). */
int tc_drop_add(struct vnet *v, int ifindex, struct err *e);
int tc_drop_del(struct vnet *v, int ifindex, struct err *e);

/* What leaves without a tag gets one of VLAN 0 and that priority. */
int tc_pcp_add(struct vnet *v, int ifindex, unsigned int pcp, struct err *e);
int tc_pcp_del(struct vnet *v, int ifindex, struct err *e);

/*
 * Programs (descriptors) of a bridge's member by which the host has addresses
 * on it (bridge_host.c): on both hooks of the member, and on the bridge's
 * ingress, beside those of other members.  Older ones are replaced.  And take
 * them away: *ret_last when the bridge has none left.
 */
struct tc_member_fds {
	int in, out, up;
};
int tc_member_add(struct vnet *v, int member, int bridge,
		  const struct tc_member_fds *fds, struct err *e);
int tc_member_del(struct vnet *v, int member, int bridge, bool *ret_last,
		  struct err *e);

/*
 * Netgraph's program (a descriptor) with the class that it is told; an older
 * one is replaced.  It sees packets after the mirrors.  And take it away.
 */
int tc_graph_set(struct vnet *v, int ifindex, enum tc_hook hook, int prog_fd,
		 uint32_t class, struct err *e);
int tc_graph_del(struct vnet *v, int ifindex, bool ingress, bool egress,
		 struct err *e);
/* Each interface of v that may have one; fn returns negative to stop. */
typedef int tc_graph_fn(struct vnet *v, int ifindex, void *arg, struct err *e);
int tc_graph_each(struct vnet *v, tc_graph_fn *fn, void *arg, struct err *e);

#endif
