/*
 * flow: verdicts that are remembered, so that a graph of eight bridges costs
 * about as much as one.
 *
 * Theory of operation.  Each CPU has a table of its own, with one place for
 * each hash of (device and direction, addresses, tag): no locks, the newer one
 * wins.  A verdict has the output and the hooks on the way; packets are counted
 * in it, and flow_fold() adds them to those hooks' counters, as walks would
 * have, before its place is used for another (data.h: how they are read).  It
 * is void when the graph or a bridge's table has changed since (ctl.gen), and
 * after FLOW_LIFE in any case: a walk then refreshes what bridges have learned,
 * and finds out where ngethN is now.
 *
 * A packet that finds its verdict touches 64 bytes of the table, whatever the
 * number of hooks.
 */
#ifndef CB_NETGRAPH_FLOW_BPF_H
#define CB_NETGRAPH_FLOW_BPF_H

#include "netgraph/bpf/walk.bpf.h"

/* Jiffies, which cost less than the clock: 64 ms to 640 ms. */
#define FLOW_LIFE 64

struct flow_key {
	__u64 dst_src, src_tag; /* as in struct ngd_flow */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, NGD_FLOWS); /* for each CPU */
	__type(key, __u32);
	__type(value, struct ngd_flow);
} cb_ng_flows SEC(".maps");

inl struct ngd_flow *flow_place(const struct flow_key *k, __u32 class)
{
	__u64 h = (k->dst_src ^ (k->src_tag << 7 | k->src_tag >> 57) ^
		   (__u64) class << 40) *
		  0x9e3779b97f4a7c15ull;
	__u32 i = (h ^ h >> 29) >> 32 & (NGD_FLOWS - 1);

	i += bpf_get_smp_processor_id() * NGD_FLOWS;
	return bpf_map_lookup_elem(&cb_ng_flows, &i);
}

inl void flow_key(struct flow_key *k, const __u32 macs[3], __u32 tag)
{
	k->dst_src = macs[0] | (__u64)macs[1] << 32;
	k->src_tag = macs[2] | (__u64)tag << 32;
}

inl void flow_add(__u32 hook, __u32 what, __u64 packets, __u64 octets)
{
	struct ngd_stats *s =
		hook ? bpf_map_lookup_elem(&cb_ng_stats, &hook) : NULL;

	if (!s)
		return;
	if (what == NGD_C_OUT_PACKETS) {
		s->c[NGD_C_OUT_PACKETS] += packets;
		s->c[NGD_C_OUT_OCTETS] += octets;
	} else {
		s->c[NGD_C_IN_PACKETS] += packets;
		s->c[NGD_C_IN_OCTETS] += octets;
	}
}

/*
 * What f has counted becomes its hooks'.  The additions with a result are full
 * barriers: who reads on another CPU sees that this is under way.
 */
NGW_GLOBAL int flow_fold(struct ngd_flow *f)
{
	struct ngd_stats *s;
	__u64 packets, octets, was;
	__u32 zero = 0;

	s = bpf_map_lookup_elem(&cb_ng_stats, &zero);
	if (!f || !s)
		return 0;
	was = __sync_fetch_and_add(&s->c[NGD_C_FOLDS], 1);
	packets = f->packets;
	octets = f->octets;
	f->packets = 0;
	f->octets = 0;
	for (__u32 i = 0; i < NGD_PATH; i += 2) {
		__u32 hook;
		__u64 n;

		if (i >= f->npath)
			break;
		hook = f->path[i];
		n = octets + (hook & NGD_PATH_TAG ? 4 * packets : 0);
		flow_add(hook & ~NGD_PATH_TAG, NGD_C_OUT_PACKETS, packets, n);
		flow_add(f->path[i + 1], NGD_C_IN_PACKETS, packets, n);
	}
	return (int)(was + __sync_fetch_and_add(&s->c[NGD_C_FOLDS], 1));
}

/* The verdict of a walk that has ended with one output. */
inl void flow_store(const struct walk *w, __u32 class, __u32 gen, __u32 how)
{
	struct flow_key k;
	struct ngd_flow *f;
	__u32 n = w->npath;

	if (n > NGD_PATH)
		return;
	flow_key(&k, w->macs, w->came);
	f = flow_place(&k, class);
	if (!f)
		return;
	if (f->packets)
		flow_fold(f);
	f->dst_src = k.dst_src;
	f->src_tag = k.src_tag;
	f->class = class;
	f->ifindex = w->out.ifindex;
	f->how = (__u16)how;
	f->tag = w->out.tag;
	f->limit = w->out.mtu && w->out.mtu + 18 < NGW_ORDINARY
			   ? (__u16)(w->out.mtu + 18)
			   : NGW_ORDINARY;
	__builtin_memcpy(f->path, w->path, sizeof(f->path));
	f->npath = (__u16)n;
	f->born = bpf_jiffies64();
	f->gen = gen;
}

/* The verdict on a packet, which is counted; NULL: walk. */
inl const struct ngd_flow *flow_find(struct __sk_buff *skb, __u32 class)
{
	const __u32 *macs = (const void *)(long)skb->data;
	struct ngd_ctl *ctl = walk_ctl();
	struct flow_key k;
	struct ngd_flow *f;
	__u32 len = skb->len;
	__u16 type;

	if (!ctl ||
	    (const void *)(macs + 4) > (const void *)(long)skb->data_end)
		return NULL;
	/* a tag among the bytes is to be lifted first */
	type = (__u16)macs[3];
	if (type == bpf_htons(0x8100) || type == bpf_htons(0x88a8))
		return NULL;
	flow_key(&k, macs, skb_tag(skb));
	f = flow_place(&k, class);
	if (!f || f->dst_src != k.dst_src || f->src_tag != k.src_tag ||
	    f->class != class || f->gen != ctl->gen ||
	    (len > f->limit && !skb->gso_size) ||
	    bpf_jiffies64() - f->born > FLOW_LIFE)
		return NULL;
	f->packets++;
	f->octets += len;
	return f;
}

#endif
