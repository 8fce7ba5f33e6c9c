/*
 * patch: changes bytes (node_patch.c).
 *
 * Offsets are those of the wire: where a packet has a tag beside it, and where
 * its type may change, tags are made bytes for the while (tags.bpf.h).
 *
 * Checksums are kept right while bytes change, by the difference: so it does
 * not matter whether the kernel has computed them already or will do so when
 * the packet leaves.
 */
#ifndef CB_NETGRAPH_PATCH_BPF_H
#define CB_NETGRAPH_PATCH_BPF_H

#include "netgraph/bpf/tags.bpf.h"

struct patch {
	__u32 len;			/* of the packet, tags included */
	__u32 laid;			/* tags_lay() was done */
	__u32 flags;			/* NGD_PATCH_* */
	__u32 base;			/* what offsets count from */
	__u32 done;			/* bytes were changed */
	__u32 ip, addrs, addrs_end, l4; /* offsets; 0: there is none */
	__u32 ip_sum, l4_sum;		/* of checksums */
	__u32 udp;
	__u32 was[3], is[3]; /* sums: header, addresses, the rest */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct patch);
} cb_ng_patch SEC(".maps");

inl __u32 patch_at(const struct patch *p, __u32 off)
{
	return p->laid && off >= 12 ? off + 4 : off;
}

/* The byte at off; 0 behind the end. */
NGW_GLOBAL __u32 patch_get(struct __sk_buff *skb, const struct patch *p,
			   __u32 off)
{
	__u8 b;

	if (!p || off >= p->len ||
	    bpf_skb_load_bytes(skb, patch_at(p, off), &b, 1))
		return 0;
	return b;
}

inl __u32 patch_get16(struct __sk_buff *skb, const struct patch *p, __u32 off)
{
	return patch_get(skb, p, off) << 8 | patch_get(skb, p, off + 1);
}

/* Length of the link layer's header. */
NGW_GLOBAL int patch_link(struct __sk_buff *skb, const struct patch *p,
			  bool none)
{
	__u32 type, off = 14;

	if (!p || none)
		return 0;
	/* what programs send may be IP alone */
	if (!(p->flags & NGD_PATCH_RELATIVE) &&
	    patch_get(skb, p, 0) >> 4 == 4 && patch_get16(skb, p, 2) == p->len)
		return 0;
	for (int i = 0; i < NGD_ROTATE_TAGS; i++) {
		type = patch_get16(skb, p, off - 2);
		if (type != 0x8100 && type != 0x88a8 && type != 0x9100)
			break;
		off += 4;
	}
	return (int)off;
}

/* Where checksums are, and what they are of. */
NGW_GLOBAL int patch_sums(struct __sk_buff *skb, struct patch *p, __u32 ip)
{
	__u32 version, proto = 0;

	if (!p)
		return 0;
	version = patch_get(skb, p, ip) >> 4;
	if (version == 4) {
		p->l4 = ip + (patch_get(skb, p, ip) & 15) * 4;
		p->addrs = ip + 12;
		p->addrs_end = ip + 20;
		if (p->flags & NGD_PATCH_IP)
			p->ip_sum = ip + 10;
		if (p->flags & NGD_PATCH_L4 &&
		    !(patch_get16(skb, p, ip + 6) & 0x1fff))
			proto = patch_get(skb, p, ip + 9);
	} else if (version == 6) {
		p->l4 = ip + 40;
		p->addrs = ip + 8;
		p->addrs_end = p->l4;
		if (p->flags & NGD_PATCH_L4_6)
			proto = patch_get(skb, p, ip + 6);
	}
	p->ip = ip;
	p->udp = proto == 17;
	if (proto == 6)
		p->l4_sum = p->l4 + 16;
	else if (proto == 17)
		p->l4_sum = p->l4 + 6;
	return 0;
}

/* The byte at off was `was`. */
inl void patch_note(struct patch *p, __u32 off, __u32 was, __u32 is)
{
	if (off < p->ip || off == p->ip_sum || off == p->ip_sum + 1 ||
	    off == p->l4_sum || off == p->l4_sum + 1)
		return;
	if (!(off - p->ip & 1)) {
		was <<= 8;
		is <<= 8;
	}
	was = bpf_htons((__u16)was);
	is = bpf_htons((__u16)is);
	if (off < p->l4) {
		p->was[0] += was;
		p->is[0] += is;
	}
	if (off >= p->addrs && off < p->addrs_end) {
		p->was[1] += was;
		p->is[1] += is;
	}
	if (off >= p->l4) {
		p->was[2] += was;
		p->is[2] += is;
	}
}

NGW_GLOBAL int patch_settle(struct __sk_buff *skb, struct patch *p)
{
	__u64 mangle;

	if (!p)
		return 0;
	mangle = p->udp ? BPF_F_MARK_MANGLED_0 : 0;
	if (p->ip_sum && p->was[0] != p->is[0])
		bpf_l3_csum_replace(
			skb, patch_at(p, p->ip_sum), 0,
			bpf_csum_diff(&p->was[0], 4, &p->is[0], 4, 0), 0);
	if (p->l4_sum && p->was[1] != p->is[1])
		bpf_l4_csum_replace(
			skb, patch_at(p, p->l4_sum), 0,
			bpf_csum_diff(&p->was[1], 4, &p->is[1], 4, 0),
			BPF_F_PSEUDO_HDR | mangle);
	if (p->l4_sum && p->was[2] != p->is[2])
		bpf_l4_csum_replace(
			skb, patch_at(p, p->l4_sum), 0,
			bpf_csum_diff(&p->was[2], 4, &p->is[2], 4, 0), mangle);
	__builtin_memset(p->was, 0, sizeof(p->was));
	__builtin_memset(p->is, 0, sizeof(p->is));
	return 0;
}

NGW_GLOBAL __u64 patch_value(__u32 mode, __u64 a, __u64 by)
{
	switch (mode) {
	case 1:
		return by;
	case 2:
		return a + by;
	case 3:
		return a - by;
	case 4:
		return a * by;
	case 5:
		return by ? a / by : 0;
	case 6:
		return 0 - a;
	case 7:
		return a & by;
	case 8:
		return a | by;
	case 9:
		return a ^ by;
	case 10:
		return by < 64 ? a << by : 0;
	default:
		return by < 64 ? a >> by : 0;
	}
}

/* The byte at off, of which was[] and is[] hear. */
NGW_GLOBAL int patch_put(struct __sk_buff *skb, struct patch *p, __u32 off,
			 __u32 is)
{
	__u8 b = (__u8)is;

	if (!p)
		return -1;
	if (p->ip_sum || p->l4_sum)
		patch_note(p, off, patch_get(skb, p, off), b);
	return bpf_skb_store_bytes(skb, patch_at(p, off), &b, 1,
				   BPF_F_RECOMPUTE_CSUM)
		       ? -1
		       : 0;
}

NGW_GLOBAL int patch_one(struct __sk_buff *skb, struct patch *p,
			 const struct ngd_patch_op *op)
{
	__u64 v = 0, end;
	__u32 off, n;

	if (!p || !op)
		return 0;
	n = op->length;
	end = (__u64)op->offset + p->base + n;
	if (end > p->len)
		return 0;
	off = (__u32)end - n;
	for (__u32 i = 0; i < 8; i++)
		if (i < n)
			v = v << 8 | patch_get(skb, p, off + i);
	v = patch_value(op->mode, v, op->val);
	for (__u32 i = 0; i < 8; i++)
		if (i < n &&
		    patch_put(skb, p, off + i,
			      (__u32)(v >> (8 * (n - 1 - i) & 63)) & 0xff))
			return 0;
	patch_settle(skb, p);
	p->done = 1;
	return 0;
}

struct patch_run {
	struct __sk_buff *skb;
	struct patch *p;
	const struct ngd_patch_blob *blob;
};

static long patch_step(__u32 i, void *arg)
{
	const struct patch_run *r = arg;

	asm volatile("" : "+r"(i));
	if (i >= NGD_PATCH_OPS)
		return 1;
	patch_one(r->skb, r->p, &r->blob->op[i]);
	return 0;
}

/* 1: changed, 0: nothing to change, -1: no memory. */
inl int patch_all(struct __sk_buff *skb, struct walk *w,
		  const struct ngd_patch_blob *blob)
{
	struct patch_run run = {.skb = skb, .blob = blob};
	bool none = w->flags & NGW_W_L3;
	__u32 zero = 0, link;
	struct patch *p;

	p = run.p = bpf_map_lookup_elem(&cb_ng_patch, &zero);
	if (!p)
		return -1;
	__builtin_memset(p, 0, sizeof(*p));
	p->len = walk_len(w);
	p->flags = blob->flags;
	if (p->flags & NGD_PATCH_RELATIVE && w->len < 14)
		return 0;
	if (!none && w->len >= 14 && (w->tag || p->flags & NGD_PATCH_TYPE)) {
		if (tags_lay(skb, w))
			return -1;
		p->laid = 1;
	}
	link = (__u32)patch_link(skb, p, none);
	if (p->flags & NGD_PATCH_RELATIVE)
		p->base = link;
	if (p->flags & (NGD_PATCH_IP | NGD_PATCH_L4 | NGD_PATCH_L4_6))
		patch_sums(skb, p, link);
	bpf_loop(blob->count, patch_step, &run, 0);
	if (p->laid && tags_lift(skb, w))
		return -1;
	walk_reload(skb, w);
	return p->done;
}

inl int ng_patch(struct __sk_buff *skb, struct walk *w, struct ngd_hook *in,
		 struct ngd_node *n)
{
	const struct ngd_patch_blob *blob = (const void *)walk_blob(n->blob);
	bool forth = in->role == NGD_PATCH_IN;
	__u32 to = n->hook[forth ? NGD_PATCH_OUT : NGD_PATCH_IN];
	int r = 0;

	if (forth && !to)
		to = w->in;
	if (forth && blob && blob->flags & NGD_PATCH_SET) {
		NGW_WRITABLE(skb, w);
		r = patch_all(skb, w, blob);
	}
	node_count(in->node, NGD_PATCH_RECEIVED);
	if (r > 0)
		node_count(in->node, NGD_PATCH_PATCHED);
	if (r < 0 || !to) {
		node_count(in->node, NGD_PATCH_DROPPED);
		return walk_drop(w, r < 0 ? NGD_D_KERNEL : NGD_D_NOPEER);
	}
	return walk_out(w, to);
}

#endif
