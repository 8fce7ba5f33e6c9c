/*
 * vlan: by the id of the tag, which is taken off and put on (node_vlan.c).
 */
#ifndef CB_NETGRAPH_VLAN_BPF_H
#define CB_NETGRAPH_VLAN_BPF_H

#include "netgraph/bpf/rule.bpf.h"

/* Up, from downstream: to the hook that has the id, or to nomatch as it is. */
inl int vlan_up(struct __sk_buff *skb, struct walk *w, struct ngd_hook *in,
		struct ngd_node *n)
{
	struct ngd_entry *rule = NULL;
	__u32 to;

	if (w->tag && w->tag >> 16 == n->conf[NGD_VLAN_PROTO])
		rule = rule_u16(in, n, bpf_htons(NGW_TAG_VID(w->tag)));
	if (!rule)
		return walk_out(w, n->hook[NGD_MATCH_NOMATCH]);
	to = rule->hook;
	NGW_POP_TAG(skb, w);
	return walk_out(w, to);
}

inl int ng_vlan(struct __sk_buff *skb, struct walk *w, struct ngd_hook *in,
		struct ngd_node *n)
{
	__u32 tag = in->conf;

	if (w->len < 14)
		return walk_drop(w, NGD_D_RUNT);
	if (in->role == NGD_MATCH_DOWNSTREAM)
		return vlan_up(skb, w, in, n);
	if (in->role == NGD_MATCH_HOOK) {
		if (!(tag & NGD_VLAN_FILTERED))
			return walk_drop(w, NGD_D_HOOK);
		NGW_PUSH_TAG(skb, w,
			     n->conf[NGD_VLAN_PROTO] << 16 | (tag & 0xffff));
	}
	return walk_out(w, n->hook[NGD_MATCH_DOWNSTREAM]);
}

#endif
