/*
 * tc: the few filters of the traffic control layer that interfaces need:
 * a copy of every frame to a span port, and the drop of MONITOR.
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

/* Drop what arrives, after packet sockets have seen it (MONITOR). */
int tc_drop_add(struct vnet *v, int ifindex, struct err *e);
int tc_drop_del(struct vnet *v, int ifindex, struct err *e);

#endif
