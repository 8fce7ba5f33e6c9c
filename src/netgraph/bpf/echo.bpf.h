/* echo: back to where it came from (node_echo.c). */
#ifndef CB_NETGRAPH_ECHO_BPF_H
#define CB_NETGRAPH_ECHO_BPF_H

#include "netgraph/bpf/walk.bpf.h"

inl int ng_echo(struct __sk_buff *skb, struct walk *w, struct ngd_hook *in,
		struct ngd_node *n)
{
	(void)skb;
	(void)in;
	(void)n;
	return walk_out(w, w->in);
}

#endif
