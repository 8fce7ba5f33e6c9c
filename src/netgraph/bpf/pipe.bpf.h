/*
 * pipe: a wire that loses, doubles and delays; ng_pipe(4).  conf[], roles:
 * pipe_data.h.  What has to wait goes to the broker, while there is one.
 *
 * A super-packet of TCP's offload is lost as a whole, with the chance that one
 * of its bits is wrong, and counts as the frames that it will be.
 */
#ifndef CB_NETGRAPH_PIPE_BPF_H
#define CB_NETGRAPH_PIPE_BPF_H

#include "netgraph/bpf/user.bpf.h"
#include "netgraph/bpf/walk.bpf.h"
#include "netgraph/pipe_data.h"

#define PIPE_COPIES 8 /* of one packet; 50 % each: one in 256 has more */

inl __u64 mul_high(__u64 a, __u64 b)
{
	__u64 al = (__u32)a, ah = a >> 32, bl = (__u32)b, bh = b >> 32;
	__u64 mid = ah * bl + (al * bl >> 32);
	__u64 mid2 = al * bh + (__u32)mid;

	return ah * bh + (mid >> 32) + (mid2 >> 32);
}

inl __u64 random64(void)
{
	return (__u64)bpf_get_prandom_u32() << 32 | bpf_get_prandom_u32();
}

/* As pipe_loss_arrives(), and the dice. */
NGW_GLOBAL bool pipe_arrives(const struct ngd_node *n, bool upper, __u32 len)
{
	const struct ngd_pipe_blob *b;
	const struct ngd_pipe_loss *l;
	__u64 p = ~0ull;

	if (!n)
		return true;
	b = (const void *)walk_blob(n->blob);
	if (!b)
		return true;
	l = upper ? &b->upper : &b->lower;
#pragma unroll
	for (int k = 0; k < NGD_PIPE_POWERS; k++)
		p = mul_high(p, len >> k & 1 ? l->power[k] : ~0ull);
	return random64() < p;
}

/* How many copies of a packet arrive | lost << 16. */
#define PIPE_SAFE 0x100u /* none is lost */
NGW_GLOBAL __u32 pipe_dice(const struct ngd_node *n, bool upper, __u32 len,
			   __u32 twice)
{
	__u32 result = 0;
	bool safe = twice & PIPE_SAFE;

	twice &= PIPE_SAFE - 1;
	for (__u32 i = 0; i < PIPE_COPIES; i++) {
		bool copy = twice && bpf_get_prandom_u32() % 100 < twice;

		result += safe || pipe_arrives(n, upper, len) ? 1 : 1 << 16;
		if (!copy)
			break;
	}
	return result;
}

/* One more copy out of hook `to`; not inlined, so that the verifier sees where
 * the frame is. */
NGW_GLOBAL int pipe_copy(struct walk *w, __u32 to)
{
	struct frame *f = w ? walk_push(w) : NULL;

	if (!f)
		return -1;
	*f = (struct frame){.skip = to, .also = NGW_F_ONE, .tag = w->tag};
	return 0;
}

inl bool lease_runs(struct walk *w, __u32 node)
{
	struct ngd_state *s = walk_state(node);

	return s && s->word[NGD_LEASE_WORD] > walk_now(w);
}

inl int ng_pipe(struct __sk_buff *skb, struct walk *w, struct ngd_hook *in,
		struct ngd_node *n)
{
	bool upper = in->role == NGD_PIPE_UPPER;
	__u32 flags = n->conf[NGD_PIPE_FLAGS];
	__u32 twice = n->conf[upper ? NGD_PIPE_DUPLICATE_UPPER
				    : NGD_PIPE_DUPLICATE_LOWER];
	__u32 to = n->hook[upper ? NGD_PIPE_LOWER : NGD_PIPE_UPPER];
	__u32 self = w->in, len = walk_len(w), sent, lost, i;
	__u32 frames = skb->gso_segs ? skb->gso_segs : 1;
	bool lossy =
		flags & (upper ? NGD_PIPE_LOSS_UPPER : NGD_PIPE_LOSS_LOWER);

	if (flags & (upper ? NGD_PIPE_QUEUE_UPPER : NGD_PIPE_QUEUE_LOWER) &&
	    lease_runs(w, in->node))
		return walk_up(skb, w);
	i = pipe_dice(n, upper, len + n->conf[NGD_PIPE_OVERHEAD],
		      lossy ? twice : twice | PIPE_SAFE);
	lost = i >> 16;
	sent = i & 0xffff;
	if (lost) {
		hook_count(self, NGD_C_TYPE + NGD_PIPE_C_LOST_FRAMES,
			   (__u64)lost * frames);
		hook_count(self, NGD_C_TYPE + NGD_PIPE_C_LOST_OCTETS,
			   (__u64)lost * len);
	}
	if (!sent)
		return walk_drop(w, NGD_D_RATE);
	hook_count(self, NGD_C_TYPE + NGD_PIPE_C_FRAMES, (__u64)sent * frames);
	hook_count(self, NGD_C_TYPE + NGD_PIPE_C_OCTETS, (__u64)sent * len);
	for (i = 1; i < PIPE_COPIES && i < sent; i++)
		if (pipe_copy(w, to))
			return walk_loop(w);
	return walk_out(w, to);
}

#endif
