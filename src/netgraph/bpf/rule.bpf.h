/* rule: the configured tables (node.h, "rules"), as packet functions see them.
 */
#ifndef CB_NETGRAPH_RULE_BPF_H
#define CB_NETGRAPH_RULE_BPF_H

#include "netgraph/bpf/walk.bpf.h"
#include "netgraph/switch_roles.h"

/* The rule of that key; NULL: there is none, or its hook is gone. */
inl struct ngd_entry *rule_find(struct ngd_key *k, const struct ngd_node *n)
{
	struct ngd_entry *e = bpf_map_lookup_elem(&cb_ng_rules, k);
	struct ngd_hook *h;

	if (!e || e->node_gen != n->gen)
		return NULL;
	h = walk_hook(e->hook);
	return h && h->gen == e->hook_gen ? e : NULL;
}

/* One whose key is a number, in network order. */
inl struct ngd_entry *rule_u16(const struct ngd_hook *in,
			       const struct ngd_node *n, __u16 number)
{
	struct ngd_key k = {.node = in->node};

	__builtin_memcpy(k.k, &number, sizeof(number));
	return rule_find(&k, n);
}

#endif
