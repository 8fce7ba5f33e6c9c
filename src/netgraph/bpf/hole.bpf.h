/* hole: the end (node_hole.c).  The walk has counted it. */
#ifndef CB_NETGRAPH_HOLE_BPF_H
#define CB_NETGRAPH_HOLE_BPF_H

#include "netgraph/bpf/walk.bpf.h"

inl int ng_hole(struct __sk_buff *skb, struct walk *w, struct ngd_hook *in,
		struct ngd_node *n)
{
	(void)skb;
	(void)in;
	(void)n;
	w->flags |= NGW_W_SENT; /* no error for who sent it */
	return walk_drop(w, NGD_D_HOLE);
}

#endif
