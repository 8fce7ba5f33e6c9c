/*
 * eiface: one end of a pair whose other end is ngethN, here or in a jail;
 * ng_eiface(4).  What comes by the hook is received by ngethN.  conf[]:
 * iface_roles.h.
 */
#ifndef CB_NETGRAPH_EIFACE_BPF_H
#define CB_NETGRAPH_EIFACE_BPF_H

#include "netgraph/bpf/walk.bpf.h"
#include "netgraph/iface_roles.h"

inl int ng_eiface(struct __sk_buff *skb, struct walk *w, struct ngd_hook *in,
		  struct ngd_node *n)
{
	__u32 far = n->conf[NGD_EIFACE_FAR];

	(void)in;
	if (!far && n->conf[NGD_EIFACE_FLAGS] & NGD_EIFACE_AWAY)
		far = NGW_AWAY;
	return walk_leave(skb, w, n->ifindex, NGW_PEER, far,
			  n->conf[NGD_EIFACE_MTU]);
}

#endif
