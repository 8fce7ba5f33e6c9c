/* hub: out of all other hooks; ng_hub(4). */
#ifndef CB_NETGRAPH_HUB_BPF_H
#define CB_NETGRAPH_HUB_BPF_H

#include "netgraph/bpf/walk.bpf.h"

inl int ng_hub(struct __sk_buff *skb, struct walk *w, struct ngd_hook *in,
	       struct ngd_node *n)
{
	(void)skb;
	(void)in;
	return walk_flood(w, n->first, w->in, 0, 0);
}

#endif
