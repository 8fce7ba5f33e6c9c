/* source: keeps what comes by input; what comes by output ends;
 * ng_source(4). */
#ifndef CB_NETGRAPH_SOURCE_BPF_H
#define CB_NETGRAPH_SOURCE_BPF_H

#include "netgraph/bpf/user.bpf.h"
#include "netgraph/bpf/walk.bpf.h"
#include "netgraph/source_role.h"

inl int ng_source(struct __sk_buff *skb, struct walk *w, struct ngd_hook *in,
		  struct ngd_node *n)
{
	(void)n;
	if (in->role != NGD_SOURCE_INPUT)
		return walk_drop(w, NGD_D_HOLE);
	return walk_up(skb, w);
}

#endif
