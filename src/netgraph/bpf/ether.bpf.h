/*
 * ether: a network interface.  What comes by `lower` is sent by it, what comes
 * by `upper` is received by the stack behind it; ng_ether(4).  `ctag` and
 * `stag` get what arrives with a tag, for vlan nodes that are the engine of
 * vlan interfaces.  conf[]: iface_roles.h.
 */
#ifndef CB_NETGRAPH_ETHER_BPF_H
#define CB_NETGRAPH_ETHER_BPF_H

#include "netgraph/bpf/walk.bpf.h"
#include "netgraph/iface_roles.h"

/* The hook for packets with such a tag; 0: none. */
inl __u32 ether_tagged(const struct walk *w, const struct ngd_node *n)
{
	__u16 proto = w->tag ? (__u16)(w->tag >> 16) : bpf_ntohs(w->proto);

	if (proto == 0x8100)
		return n->hook[NGD_ETHER_CTAG];
	return proto == 0x88a8 ? n->hook[NGD_ETHER_STAG] : 0;
}

inl int ng_ether(struct __sk_buff *skb, struct walk *w, struct ngd_hook *in,
		 struct ngd_node *n)
{
	__u32 tagged;

	if (in->role == NGD_ETHER_UPPER) {
		/* the stack gives it to its vlans, and those are here */
		tagged = ether_tagged(w, n);
		if (tagged)
			return walk_out(w, tagged);
	}
	if (in->role == NGD_ETHER_UPPER || in->role == NGD_ETHER_CREST ||
	    in->role == NGD_ETHER_SREST)
		return walk_leave(skb, w, n->ifindex, NGW_RX, 0, 0);
	/* orphans: as ng_ether_rcv_lower() */
	if (n->conf[NGD_ETHER_FLAGS] & NGD_ETHER_AUTOSRC) {
		NGW_WRITABLE(skb, w);
		__builtin_memcpy(w->src, &n->conf[NGD_ETHER_MAC_HI], 6);
		if (w->len >= 14)
			bpf_skb_store_bytes(skb, 6, w->src, 6, 0);
	}
	return walk_leave(skb, w, n->ifindex, NGW_TX, 0, 0);
}

/* Ethernet types that a stack knows; all others are orphans. */
inl bool ether_known(__u16 proto)
{
	switch (bpf_ntohs(proto)) {
	case 0x0800:
	case 0x0806:
	case 0x86dd:
	case 0x8100:
	case 0x88a8:
	case 0x8863:
	case 0x8864:
	case 0x8847:
	case 0x8848:
	case 0x888e:
	case 0x88cc:
	case 0x8809:
		return true;
	default:
		return false;
	}
}

/* By which hook a packet enters; 0: it is not for the graph. */
inl __u32 ether_entry(const struct walk *w, const struct ngd_node *n)
{
	__u32 lower = n->hook[NGD_ETHER_LOWER];
	__u32 orphans = n->hook[NGD_ETHER_ORPHANS], tagged;

	if (!(w->flags & NGW_W_INGRESS))
		return n->hook[NGD_ETHER_UPPER];
	if (lower)
		return lower;
	tagged = ether_tagged(w, n);
	if (tagged)
		return tagged;
	return orphans && !w->tag && !ether_known(w->proto) ? orphans : 0;
}

#endif
