/*
 * etf: by Ethernet type (node_etf.c).  A tag is the type of a tagged frame.
 */
#ifndef CB_NETGRAPH_ETF_BPF_H
#define CB_NETGRAPH_ETF_BPF_H

#include "netgraph/bpf/rule.bpf.h"

inl int ng_etf(struct __sk_buff *skb, struct walk *w, struct ngd_hook *in,
	       struct ngd_node *n)
{
	struct ngd_entry *rule;
	__u32 match;

	(void)skb;
	if (w->len < 14)
		return walk_drop(w, NGD_D_RUNT);
	rule = rule_u16(in, n, w->tag ? NGW_TAG_PROTO(w->tag) : w->proto);
	match = rule ? rule->hook : n->hook[NGD_MATCH_NOMATCH];
	if (in->role == NGD_MATCH_DOWNSTREAM)
		return walk_out(w, match);
	if (match != w->in)
		return walk_drop(w, NGD_D_FILTER);
	return walk_out(w, n->hook[NGD_MATCH_DOWNSTREAM]);
}

#endif
