/* split: in to mixed, mixed to out (node_split.c). */
#ifndef CB_NETGRAPH_SPLIT_BPF_H
#define CB_NETGRAPH_SPLIT_BPF_H

#include "netgraph/bpf/walk.bpf.h"
#include "netgraph/switch_roles.h"

inl int ng_split(struct __sk_buff *skb, struct walk *w, struct ngd_hook *in,
		 struct ngd_node *n)
{
	(void)skb;
	switch (in->role) {
	case NGD_SPLIT_IN:
		return walk_out(w, n->hook[NGD_SPLIT_MIXED]);
	case NGD_SPLIT_MIXED:
		return walk_out(w, n->hook[NGD_SPLIT_OUT]);
	default:
		return walk_drop(w, NGD_D_HOOK);
	}
}

#endif
