/*
 * iface: a tun device; ng_iface(4).  Roles: iface_nest.h.  What another device
 * of that kind has sent (NGW_W_L3) is received by the device's stack; anything
 * else has no network layer that the kernel knows of, and goes up.
 */
#ifndef CB_NETGRAPH_IFACE_BPF_H
#define CB_NETGRAPH_IFACE_BPF_H

#include "netgraph/bpf/user.bpf.h"
#include "netgraph/bpf/walk.bpf.h"
#include "netgraph/iface_nest.h"

#define IFACE_IPV4 0x0800
#define IFACE_IPV6 0x86dd

inl int ng_iface(struct __sk_buff *skb, struct walk *w, struct ngd_hook *in,
		 struct ngd_node *n)
{
	bool v6 = in->role == NGD_IFACE_INET6;

	if (!(w->flags & NGW_W_L3))
		return walk_up(skb, w);
	if (w->proto != bpf_htons(v6 ? IFACE_IPV6 : IFACE_IPV4))
		return walk_drop(w, NGD_D_HOOK);
	return walk_leave(skb, w, n->ifindex, NGW_RX, 0, 0);
}

/* What the device sends: by which hook it enters; 0: by none. */
inl __u32 iface_entry(struct __sk_buff *skb, struct walk *w,
		      const struct ngd_node *n)
{
	__u32 nest = skb->priority;

	if ((nest & NGD_NEST_MASK) == NGD_NEST &&
	    (nest & ~NGD_NEST_MASK) > NGD_IFACE_NESTING)
		return 0;
	if (w->proto == bpf_htons(IFACE_IPV4))
		return n->hook[NGD_IFACE_INET];
	if (w->proto == bpf_htons(IFACE_IPV6))
		return n->hook[NGD_IFACE_INET6];
	return 0;
}

#endif
