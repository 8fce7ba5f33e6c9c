/* one2many: by turns, to all, or to the first that is up (node_one2many.c). */
#ifndef CB_NETGRAPH_ONE2MANY_BPF_H
#define CB_NETGRAPH_ONE2MANY_BPF_H

#include "netgraph/bpf/walk.bpf.h"
#include "netgraph/switch_roles.h"

#define O2M_LINKS 64
enum {
	O2M_ROUNDROBIN = 1,
	O2M_ALL,
	O2M_FAILOVER,
};

/* Slot of the i-th link that is up. */
inl __u32 o2m_active(struct ngd_node *n, __u32 i)
{
	struct ngd_blob *b = walk_blob(n->blob);
	__u32 slot;

	if (!b)
		return 0;
	__builtin_memcpy(&slot, &b->bytes[(i & (O2M_LINKS - 1)) * 4], 4);
	return slot;
}

inl int ng_one2many(struct __sk_buff *skb, struct walk *w, struct ngd_hook *in,
		    struct ngd_node *n)
{
	__u32 nactive = n->conf[NGD_O2M_ACTIVE];
	struct ngd_state *state;
	__u64 turn;

	(void)skb;
	if (in->role == NGD_O2M_MANY)
		return walk_out(w, n->hook[NGD_O2M_ONE]);
	if (!nactive)
		return walk_drop(w, NGD_D_NOPEER);
	switch (n->conf[NGD_O2M_ALG]) {
	case O2M_ALL:
		return walk_flood(w, n->first, w->in, NGD_HF_AVOID, 0);
	case O2M_FAILOVER:
		return walk_out(w, o2m_active(n, 0));
	default:
		state = walk_state(in->node);
		if (!state)
			return walk_drop(w, NGD_D_KERNEL);
		turn = __sync_fetch_and_add(&state->word[0], 1);
		return walk_out(w, o2m_active(n, (__u32)(turn % nactive)));
	}
}

#endif
