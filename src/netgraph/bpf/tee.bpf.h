/* tee: across, and a copy aside (node_tee.c). */
#ifndef CB_NETGRAPH_TEE_BPF_H
#define CB_NETGRAPH_TEE_BPF_H

#include "netgraph/bpf/walk.bpf.h"
#include "netgraph/switch_roles.h"

inl int ng_tee(struct __sk_buff *skb, struct walk *w, struct ngd_hook *in,
	       struct ngd_node *n)
{
	(void)skb;
	switch (in->role) {
	case NGD_TEE_LEFT:
		return walk_copy_out(w, n->hook[NGD_TEE_LEFT2RIGHT],
				     n->hook[NGD_TEE_RIGHT]);
	case NGD_TEE_RIGHT:
		return walk_copy_out(w, n->hook[NGD_TEE_RIGHT2LEFT],
				     n->hook[NGD_TEE_LEFT]);
	case NGD_TEE_RIGHT2LEFT:
		return walk_out(w, n->hook[NGD_TEE_RIGHT]);
	default:
		return walk_out(w, n->hook[NGD_TEE_LEFT]);
	}
}

#endif
