/* ether_echo: back, to who has sent it (node_echo.c). */
#ifndef CB_NETGRAPH_ETHER_ECHO_BPF_H
#define CB_NETGRAPH_ETHER_ECHO_BPF_H

#include "netgraph/bpf/walk.bpf.h"

inl int ng_ether_echo(struct __sk_buff *skb, struct walk *w,
		      struct ngd_hook *in, struct ngd_node *n)
{
	__u8 macs[12];

	(void)in;
	(void)n;
	if (w->len < 14 || w->flags & NGW_W_L3)
		return walk_drop(w, NGD_D_RUNT);
	NGW_WRITABLE(skb, w);
	__builtin_memcpy(macs, w->src, 6);
	__builtin_memcpy(macs + 6, w->dst, 6);
	if (bpf_skb_store_bytes(skb, 0, macs, 12, BPF_F_RECOMPUTE_CSUM))
		return walk_drop(w, NGD_D_KERNEL);
	walk_reload(skb, w);
	return walk_out(w, w->in);
}

#endif
