/* macfilter: by the address it comes from, and back (node_macfilter.c). */
#ifndef CB_NETGRAPH_MACFILTER_BPF_H
#define CB_NETGRAPH_MACFILTER_BPF_H

#include "netgraph/bpf/rule.bpf.h"

/* The rule of addr, which has then counted the packet; NULL. */
inl struct ngd_entry *macfilter_rule(struct walk *w, const struct ngd_hook *in,
				     const struct ngd_node *n, const __u8 *addr,
				     __u8 way)
{
	struct ngd_key k = {.node = in->node};
	struct ngd_entry *e;

	__builtin_memcpy(k.k, addr, 6);
	k.k[6] = way;
	e = rule_find(&k, n);
	if (e) {
		__sync_fetch_and_add(&e->born, 1);
		__sync_fetch_and_add(&e->seen, walk_len(w) - 14);
	}
	return e;
}

inl int ng_macfilter(struct __sk_buff *skb, struct walk *w, struct ngd_hook *in,
		     struct ngd_node *n)
{
	struct ngd_entry *rule;

	(void)skb;
	if (w->len < 14)
		return walk_drop(w, NGD_D_RUNT);
	if (in->role == NGD_MACFILTER_ETHER) {
		rule = macfilter_rule(w, in, n, w->src, NGD_MAC_IN);
		return walk_out(w, rule ? rule->hook
					: n->hook[NGD_MACFILTER_DEFAULT]);
	}
	if (n->hook[NGD_MACFILTER_ETHER])
		macfilter_rule(w, in, n, w->dst, NGD_MAC_OUT);
	return walk_out(w, n->hook[NGD_MACFILTER_ETHER]);
}

#endif
