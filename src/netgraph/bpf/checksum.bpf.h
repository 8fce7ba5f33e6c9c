/*
 * checksum: computes checksums (node_checksum.c).
 *
 * A sum over bytes is made piece by piece in a buffer: what bpf_csum_diff()
 * takes at once is limited, and a round of bpf_loop() is verified once.
 *
 * Whether the kernel has put a packet's TCP or UDP checksum off (the field has
 * the pseudo header's sum then, and the rest is added when the packet leaves)
 * is not told to programs.  But bpf_l4_csum_replace() knows: it leaves the
 * field of such a packet as it is when a byte of the payload is said to have
 * changed.
 *
 * (Functions called from here are eight deep at most, all told: sum_l4() is
 * not called from within others.)
 */
#ifndef CB_NETGRAPH_CHECKSUM_BPF_H
#define CB_NETGRAPH_CHECKSUM_BPF_H

#include "netgraph/bpf/tags.bpf.h"
#include "netgraph/filter_roles.h"

#define SUM_PIECE 256
#define SUM_TCP 6
#define SUM_UDP 17
#define SUM_EXTS 8 /* of IPv6, at most */
#define SUM_IPV4 0x0800
#define SUM_IPV6 0x86dd

struct sum {
	__u32 at, left, bad;
	__s64 sum;
	/* a packet's: */
	__u32 l4, end; /* of its payload */
	__u32 proto;
	__s64 addrs; /* their sum */
	__u8 piece[SUM_PIECE];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sum);
} cb_ng_sum SEC(".maps");

inl struct sum *sum_here(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&cb_ng_sum, &zero);
}

NGW_GLOBAL int sum_piece(struct __sk_buff *skb)
{
	struct sum *s = sum_here();
	__u32 n;

	if (!s || !s->left)
		return 1;
	n = s->left;
	if (n > SUM_PIECE)
		n = SUM_PIECE;
	if (n < SUM_PIECE)
		__builtin_memset(s->piece, 0, SUM_PIECE);
	if (load(skb, s->at, s->piece, n, SUM_PIECE)) {
		s->bad = 1;
		return 1;
	}
	s->sum = bpf_csum_diff(NULL, 0, (__be32 *)s->piece, SUM_PIECE,
			       (__u32)s->sum);
	s->at += n;
	s->left -= n;
	return 0;
}

struct sum_run {
	struct __sk_buff *skb;
};

static long sum_step(__u32 i, void *arg)
{
	const struct sum_run *r = arg;

	(void)i;
	return sum_piece(r->skb) != 0;
}

/* len bytes from `at` on are in s->sum with what that was; -1: not all are
 * there. */
NGW_GLOBAL int sum_range(struct __sk_buff *skb, __u32 at, __u32 len)
{
	struct sum_run run = {.skb = skb};
	struct sum *s = sum_here();

	if (!s)
		return -1;
	s->at = at;
	s->left = len;
	s->bad = 0;
	bpf_loop(65536 / SUM_PIECE + 1, sum_step, &run, 0);
	return s->bad || s->left ? -1 : 0;
}

inl __u16 sum_fold(__s64 sum)
{
	__u64 v = (__u32)sum;

	v = (v & 0xffff) + (v >> 16);
	v = (v & 0xffff) + (v >> 16);
	return (__u16)v;
}

inl int sum_put(struct __sk_buff *skb, __u32 at, __u16 sum)
{
	return bpf_skb_store_bytes(skb, at, &sum, 2, BPF_F_RECOMPUTE_CSUM) ? -1
									   : 0;
}

/* The checksum at `at` is put off.  (A super-packet's always is.) */
NGW_GLOBAL int sum_put_off(struct __sk_buff *skb, __u32 at)
{
	__u16 was, is;

	if (skb->gso_size)
		return 1;
	if (bpf_skb_load_bytes(skb, at, &was, 2) ||
	    bpf_l4_csum_replace(skb, at, 0, 1, 2) ||
	    bpf_skb_load_bytes(skb, at, &is, 2))
		return -1;
	return was == is;
}

/* Of the TCP or UDP packet that s is about.  1: computed, 0: it is too short,
 * -1: no memory. */
NGW_GLOBAL int sum_l4(struct __sk_buff *skb)
{
	struct sum *s = sum_here();
	__u32 len, field;
	__u16 sum;
	int off;

	if (!s)
		return -1;
	len = s->end - s->l4;
	if (s->end < s->l4 || len < (s->proto == SUM_TCP ? 20 : 8))
		return 0;
	field = s->l4 + (s->proto == SUM_TCP ? 16 : 6);
	off = sum_put_off(skb, field);
	if (off < 0)
		return -1;
	s->sum = s->addrs + bpf_htons((__u16)s->proto) + bpf_htons((__u16)len);
	s->sum = sum_fold(s->sum);
	if (off)
		return sum_put(skb, field, (__u16)s->sum) ? -1 : 1;
	if (sum_put(skb, field, 0) || sum_range(skb, s->l4, len))
		return -1;
	sum = (__u16)~sum_fold(s->sum);
	if (!sum && s->proto == SUM_UDP)
		sum = 0xffff;
	return sum_put(skb, field, sum) ? -1 : 1;
}

/* Verdicts of the next two, beside those of sum_l4(). */
#define SUM_MORE 2   /* sum_l4() is to say */
#define SUM_OTHER -2 /* this is not such a packet */

/* IPv4's header at `at`. */
NGW_GLOBAL int sum_ipv4(struct __sk_buff *skb, __u32 at, __u32 len, __u32 flags)
{
	struct sum *s = sum_here();
	__u32 head, total;
	bool done = false;
	__u8 ip[20];

	if (!s || at + sizeof(ip) > len ||
	    bpf_skb_load_bytes(skb, at, ip, sizeof(ip)))
		return 0;
	if (ip[0] >> 4 != 4)
		return SUM_OTHER;
	head = (ip[0] & 15) * 4u;
	total = (__u32)ip[2] << 8 | ip[3];
	if (head < sizeof(ip) || total < head || at + total > len)
		return 0;
	if (flags & NGD_SUM_IP) {
		s->sum = 0;
		if (sum_put(skb, at + 10, 0) || sum_range(skb, at, head) ||
		    sum_put(skb, at + 10, (__u16)~sum_fold(s->sum)))
			return -1;
		done = true;
	}
	if ((ip[6] & 0x3f) || ip[7]) /* a fragment */
		return 0;
	if (!(ip[9] == SUM_TCP && flags & NGD_SUM_TCP) &&
	    !(ip[9] == SUM_UDP && flags & NGD_SUM_UDP))
		return done;
	s->sum = 0;
	if (sum_range(skb, at + 12, 8))
		return -1;
	s->addrs = s->sum;
	s->l4 = at + head;
	s->end = at + total;
	s->proto = ip[9];
	return SUM_MORE;
}

/* Where the headers behind IPv6's own end: next is the last one's number.
 * 0: they do not, or the packet is a fragment. */
NGW_GLOBAL __u32 sum_exts(struct __sk_buff *skb, __u32 at, __u32 next)
{
	struct sum *s = sum_here();
	__u8 ext[2];

	if (!s)
		return 0;
	for (int i = 0; i < SUM_EXTS; i++) {
		if (next != 0 && next != 43 && next != 60 && next != 51)
			break;
		if (at + 8 > s->end || bpf_skb_load_bytes(skb, at, ext, 2))
			return 0;
		at += next == 51 ? (ext[1] + 2u) * 4 : (ext[1] + 1u) * 8;
		next = ext[0];
	}
	s->proto = next;
	return at <= s->end ? at : 0;
}

NGW_GLOBAL int sum_ipv6(struct __sk_buff *skb, __u32 at, __u32 len, __u32 flags)
{
	struct sum *s = sum_here();
	__u8 ip[8];

	if (!s || at + 40 > len || bpf_skb_load_bytes(skb, at, ip, sizeof(ip)))
		return 0;
	if (ip[0] >> 4 != 6)
		return SUM_OTHER;
	s->end = at + 40 + ((__u32)ip[4] << 8 | ip[5]);
	if (s->end > len)
		return 0;
	s->l4 = sum_exts(skb, at + 40, ip[6]);
	if (!s->l4 || (!(s->proto == SUM_TCP && flags & NGD_SUM_TCP6) &&
		       !(s->proto == SUM_UDP && flags & NGD_SUM_UDP6)))
		return 0;
	s->sum = 0;
	if (sum_range(skb, at + 8, 32))
		return -1;
	s->addrs = s->sum;
	return SUM_MORE;
}

/* Behind all tags: where that is in the skb, and in the lower half the type. */
NGW_GLOBAL __u32 sum_type(struct __sk_buff *skb, struct walk *w)
{
	__u16 type;
	__u32 at = 14;

	if (!w)
		return 0;
	type = w->proto;
	for (int i = 0; i < NGD_ROTATE_TAGS; i++) {
		if (type != bpf_htons(0x8100) && type != bpf_htons(0x88a8) &&
		    type != bpf_htons(0x9100))
			break;
		if (at + 4 > w->len ||
		    bpf_skb_load_bytes(skb, at + 2, &type, 2))
			return 0;
		at += 4;
	}
	return at << 16 | bpf_ntohs(type);
}

#define SUM_FLAGS4 (NGD_SUM_IP | NGD_SUM_TCP | NGD_SUM_UDP)
#define SUM_FLAGS6 (NGD_SUM_TCP6 | NGD_SUM_UDP6)

inl int sum_packet(struct __sk_buff *skb, struct walk *w, __u32 flags)
{
	__u32 at, type;
	int r = SUM_OTHER;

	if (flags & NGD_SUM_RAW) {
		/* the tag would lie in the middle of it */
		if (w->tag)
			return 0;
		if (flags & SUM_FLAGS4)
			r = sum_ipv4(skb, 0, w->len, flags);
		if (r == SUM_OTHER && flags & SUM_FLAGS6)
			r = sum_ipv6(skb, 0, w->len, flags);
		return r;
	}
	if (w->len < 14)
		return 0;
	type = sum_type(skb, w);
	at = type >> 16;
	type &= 0xffff;
	if (type == SUM_IPV4 && flags & SUM_FLAGS4)
		return sum_ipv4(skb, at, w->len, flags);
	if (type == SUM_IPV6 && flags & SUM_FLAGS6)
		return sum_ipv6(skb, at, w->len, flags);
	return 0;
}

inl int ng_checksum(struct __sk_buff *skb, struct walk *w, struct ngd_hook *in,
		    struct ngd_node *n)
{
	__u32 flags = n->conf[NGD_SUM_FLAGS], slot = in->node;
	bool forth = in->role == NGD_SUM_IN;
	__u32 to = n->hook[forth ? NGD_SUM_OUT : NGD_SUM_IN];
	int r = 0;

	if (forth && !to)
		to = w->in;
	if (forth && flags & ~NGD_SUM_RAW) {
		NGW_WRITABLE(skb, w);
		r = sum_packet(skb, w, flags);
		if (r == SUM_MORE)
			r = sum_l4(skb);
	}
	node_count(slot, NGD_SUM_RECEIVED);
	if (r > 0)
		node_count(slot, NGD_SUM_PROCESSED);
	if (r == -1 || !to) {
		node_count(slot, NGD_SUM_DROPPED);
		return walk_drop(w, r < 0 ? NGD_D_KERNEL : NGD_D_NOPEER);
	}
	return walk_out(w, to);
}

#endif
