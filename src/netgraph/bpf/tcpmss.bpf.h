/*
 * tcpmss: lowers what a SYN says about segments (node_tcpmss.c).  Packets
 * begin with their IP header.
 */
#ifndef CB_NETGRAPH_TCPMSS_BPF_H
#define CB_NETGRAPH_TCPMSS_BPF_H

#include "netgraph/bpf/walk.bpf.h"
#include "netgraph/filter_roles.h"

#define MSS_OPTIONS 40 /* bytes of them at most */
#define MSS_SYN 0x02

struct mss {
	__u32 tcp; /* where its header is; 0: the packet is to be sent as it is
		    */
	__u32 at, end; /* options */
	__u32 max;
	__u32 fixed;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct mss);
} cb_ng_mss SEC(".maps");

/* Where the options of a SYN are: 0, or -1: no packet of IPv4's. */
NGW_GLOBAL int mss_find(struct __sk_buff *skb, struct mss *m, __u32 len)
{
	__u8 ip[20], tcp[20];
	__u32 at, size;

	if (!m)
		return -1;
	m->tcp = 0;
	if (len < sizeof(ip) || bpf_skb_load_bytes(skb, 0, ip, sizeof(ip)))
		return 0;
	at = (ip[0] & 15) * 4u;
	if (ip[0] >> 4 != 4 || at < sizeof(ip) || at > len)
		return -1;
	if (ip[9] != 6 || at + sizeof(tcp) > len ||
	    bpf_skb_load_bytes(skb, at, tcp, sizeof(tcp)))
		return 0;
	size = (tcp[12] >> 4) * 4u;
	if (size < sizeof(tcp) || at + size > len)
		return -1;
	if (!(tcp[13] & MSS_SYN) || size == sizeof(tcp))
		return 0;
	m->tcp = at;
	m->at = at + (__u32)sizeof(tcp);
	m->end = at + size;
	m->fixed = 0;
	return 0;
}

/* The number at `at`, if it is too large. */
NGW_GLOBAL int mss_lower(struct __sk_buff *skb, struct mss *m, __u32 at)
{
	__u16 old, new;
	bool odd;

	if (!m || bpf_skb_load_bytes(skb, at, &old, 2) ||
	    bpf_ntohs(old) <= m->max)
		return 0;
	new = bpf_htons((__u16)m->max);
	if (bpf_skb_store_bytes(skb, at, &new, 2, 0))
		return 0;
	odd = at - m->tcp & 1; /* its bytes are in two words of the sum */
	bpf_l4_csum_replace(skb, m->tcp + 16,
			    odd ? __builtin_bswap16(old) : old,
			    odd ? __builtin_bswap16(new) : new, 2);
	m->fixed = 1;
	return 0;
}

struct mss_run {
	struct __sk_buff *skb;
	struct mss *m;
};

/* One option. */
static long mss_step(__u32 i, void *arg)
{
	const struct mss_run *r = arg;
	__u32 at = r->m->at, end = r->m->end;
	__u8 o[2];

	(void)i;
	if (at >= end || bpf_skb_load_bytes(r->skb, at, o, 1) || o[0] == 0)
		return 1;
	if (o[0] == 1) {
		r->m->at = at + 1;
		return 0;
	}
	if (at + 2 > end || bpf_skb_load_bytes(r->skb, at, o, 2) || !o[1] ||
	    o[1] > end - at)
		return 1;
	if (o[0] == 2 && o[1] == 4)
		mss_lower(r->skb, r->m, at + 2);
	r->m->at = at + o[1];
	return 0;
}

inl int ng_tcpmss(struct __sk_buff *skb, struct walk *w, struct ngd_hook *in,
		  struct ngd_node *n)
{
	__u32 to = in->number, zero = 0, len = walk_len(w);
	struct mss_run run = {.skb = skb};
	struct ngd_hook *out = walk_hook(to);

	(void)n;
	run.m = bpf_map_lookup_elem(&cb_ng_mss, &zero);
	if (!run.m || !out || out->node != in->node)
		return walk_drop(w, NGD_D_FILTER);
	run.m->tcp = 0;
	if (in->conf && mss_find(skb, run.m, len)) {
		walk_count(w, NGD_MSS_C_PACKETS, 1);
		walk_count(w, NGD_MSS_C_OCTETS, len);
		return walk_drop(w, NGD_D_INVALID);
	}
	if (run.m->tcp) {
		NGW_WRITABLE(skb, w);
		/* again: meanwhile others may have walked here */
		mss_find(skb, run.m, len);
		run.m->max = in->conf;
		bpf_loop(MSS_OPTIONS, mss_step, &run, 0);
		walk_count(w, NGD_MSS_C_SYN, 1);
		walk_count(w, NGD_MSS_C_FIXED, run.m->fixed);
	}
	walk_count(w, NGD_MSS_C_PACKETS, 1);
	walk_count(w, NGD_MSS_C_OCTETS, len);
	return walk_out(w, to);
}

#endif
