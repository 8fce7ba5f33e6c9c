/*
 * bridge: learns, moves, ages, mutes and sends (node_bridge.c; ng_bridge(4)).
 *
 * An fdb entry is void when the generation of its node or of its link's slot
 * is another, when its link's hosts have been forgotten since, or when it is
 * stale.  Void ones are as if they were not there: learning writes over them,
 * and the map throws out what is unused for longest.
 */
#ifndef CB_NETGRAPH_BRIDGE_BPF_H
#define CB_NETGRAPH_BRIDGE_BPF_H

#include "netgraph/bpf/walk.bpf.h"
#include "netgraph/switch_roles.h"

#define BRIDGE_NSEC 1000000000ull
/* A sign of life is written down that often only: an entry is other CPUs',
 * too.  Ages are whole seconds. */
#define BRIDGE_REFRESH (1ull << 27)

inl struct ngd_key bridge_key(const struct ngd_hook *in, const __u8 *addr)
{
	struct ngd_key k = {.node = in->node};

	__builtin_memcpy(k.k, addr, 6);
	return k;
}

/* The entry of that key, NULL if there is none in force. */
inl struct ngd_entry *bridge_host(struct ngd_key *k, struct ngd_node *n,
				  __u64 now)
{
	struct ngd_entry *e = bpf_map_lookup_elem(&cb_ng_fdb, k);
	__u64 stale = n->conf[NGD_BRIDGE_MAXSTALE];
	struct ngd_hook *link;

	if (!e || e->node_gen != n->gen)
		return NULL;
	link = walk_hook(e->hook);
	if (!link || link->gen != e->hook_gen || link->node != k->node ||
	    ((link->flags ^ e->flags) & NGD_BRIDGE_EPOCH_MASK))
		return NULL;
	if (!stale)
		stale = 1;
	if (now > e->seen && now - e->seen >= stale * BRIDGE_NSEC)
		return NULL;
	return e;
}

/* Is on this link from now on. */
inl long bridge_put(struct walk *w, struct ngd_key *k, struct ngd_hook *in,
		    struct ngd_node *n)
{
	struct ngd_entry entry = {
		.hook = w->in,
		.hook_gen = in->gen,
		.node_gen = n->gen,
		.flags = in->flags & NGD_BRIDGE_EPOCH_MASK,
		.born = walk_now(w),
		.seen = walk_now(w),
	};

	return bpf_map_update_elem(&cb_ng_fdb, k, &entry, BPF_ANY);
}

/* Seen on another link too soon: this one is looped back. */
inl int bridge_loop(struct walk *w, struct ngd_hook *in, struct ngd_node *n)
{
	in->conf = (__u32)(walk_now(w) / BRIDGE_NSEC) +
		   n->conf[NGD_BRIDGE_LOOPTIME];
	__sync_fetch_and_add(&in->flags, NGD_BRIDGE_EPOCH);
	walk_changed();
	walk_count(w, NGD_BRIDGE_C_LOOPS, 1);
	if (n->conf[NGD_BRIDGE_DEBUG] >= 2)
		walk_event(w, in, 0);
	return walk_drop(w, NGD_D_MUTED);
}

/* What was received, but is not counted as received. */
inl int bridge_bad(struct walk *w, __u32 counter, enum ngd_drop why)
{
	walk_count(w, counter, 1);
	walk_count(w, NGD_BRIDGE_C_BAD_OCTETS, walk_len(w));
	return walk_drop(w, why);
}

inl bool bridge_muted(struct walk *w, struct ngd_hook *in)
{
	__u32 until = in->conf;

	return until && (__s32)(until - (__u32)(walk_now(w) / BRIDGE_NSEC)) > 0;
}

inl bool bridge_young(struct walk *w, struct ngd_node *n,
		      const struct ngd_entry *e)
{
	__u64 now = walk_now(w), born = e->born;
	__u64 age = now > born ? (now - born) / BRIDGE_NSEC : 0;

	if (age > 0xffff)
		age = 0xffff;
	return age < n->conf[NGD_BRIDGE_MINSTABLE];
}

inl int bridge_unicast(struct walk *w, struct ngd_node *n, __u32 to)
{
	if (!to) {
		walk_count(w, NGD_BRIDGE_C_UNKNOWN, 1);
		return walk_flood(w, n->first, w->in, NGD_HF_AVOID, 0);
	}
	if (to == w->in) {
		w->flags |= NGW_W_SENT; /* no error: it is there already */
		return walk_drop(w, NGD_D_FILTER);
	}
	return walk_out(w, to);
}

inl bool bridge_broadcast(const struct walk *w)
{
	const __u8 *d = w->dst;

	return (d[0] & d[1] & d[2] & d[3] & d[4] & d[5]) == 0xff;
}

inl int ng_bridge(struct __sk_buff *skb, struct walk *w, struct ngd_hook *in,
		  struct ngd_node *n)
{
	struct ngd_entry *e;
	struct ngd_key k;
	__u32 to = 0, many = 0;
	__u64 now;

	(void)skb;
	if (w->len < 14)
		return bridge_bad(w, NGD_BRIDGE_C_RUNTS, NGD_D_RUNT);
	if (w->src[0] & 1)
		return bridge_bad(w, NGD_BRIDGE_C_INVALID, NGD_D_INVALID);
	if (bridge_muted(w, in))
		return bridge_bad(w, NGD_BRIDGE_C_MUTED, NGD_D_MUTED);
	now = walk_now(w);
	/* Where it goes to is looked up first: a packet to its own sender
	 * shall not find what it has just taught. */
	if (w->dst[0] & 1) {
		many = bridge_broadcast(w) ? NGD_BRIDGE_C_BROADCAST_IN
					   : NGD_BRIDGE_C_MULTICAST_IN;
		walk_count(w, many, 1);
	} else {
		k = bridge_key(in, w->dst);
		e = bridge_host(&k, n, now);
		if (e)
			to = e->hook;
	}
	k = bridge_key(in, w->src);
	e = bridge_host(&k, n, now);
	if (e && e->hook == w->in) {
		if (now > e->seen && now - e->seen > BRIDGE_REFRESH)
			e->seen = now;
	} else if (e && bridge_young(w, n, e)) {
		return bridge_loop(w, in, n);
	} else if (e || in->role == NGD_BRIDGE_LINK) {
		if (bridge_put(w, &k, in, n)) {
			walk_count(w, NGD_BRIDGE_C_MEMORY, 1);
			return walk_drop(w, NGD_D_NOTABLE);
		}
		if (e)
			walk_changed(); /* it has moved */
	}
	if (!many)
		return bridge_unicast(w, n, to);
	return walk_flood(w, n->first, w->in, 0,
			  many == NGD_BRIDGE_C_BROADCAST_IN
				  ? NGD_BRIDGE_C_BROADCAST_OUT
				  : NGD_BRIDGE_C_MULTICAST_OUT);
}

#endif
