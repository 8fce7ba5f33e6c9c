/*
 * car: is a packet within its rate?  ng_car(4).  car_data.h.
 *
 * Tokens are the node's state, one of each hook for all CPUs, taken under a
 * lock that nobody holds for longer than it takes to count; who does not get
 * it counts without.
 *
 * A super-packet of TCP's offload is as many frames as it will be, which no
 * bucket might have room for: it passes when there are tokens for the first
 * one, and its debt is paid before the next.
 */
#ifndef CB_NETGRAPH_CAR_BPF_H
#define CB_NETGRAPH_CAR_BPF_H

#include "netgraph/bpf/pipe.bpf.h"
#include "netgraph/bpf/walk.bpf.h"
#include "netgraph/car_data.h"

#define CAR_SPIN 64
#define CAR_HEADERS 54 /* of a frame, about: a segment has them, too */

enum {
	CAR_GREEN,
	CAR_YELLOW,
	CAR_RED,
	CAR_WAIT, /* shape */
};

/* RED: in a bucket of its own the probability of a loss grows. */
inl int car_red(const struct ngd_car_conf *c, __s64 *tc, __s64 *te, __s64 need,
		__s64 cost)
{
	__s64 ebs = (__s64)c->ebs;

	if (need - (*tc - need) > ebs || *te + need - *tc >= ebs) {
		*te = 0;
		return CAR_RED;
	}
	*te += cost - *tc;
	*tc -= cost;
	return CAR_YELLOW;
}

/* need: of the first frame; cost: of all. */
inl int car_color(const struct ngd_car_conf *c, __u64 *word, __u64 now,
		  __s64 need, __s64 cost)
{
	__s64 tc = (__s64)word[NGD_CAR_TC], te = (__s64)word[NGD_CAR_TE];
	__u64 last = word[NGD_CAR_LAST];
	int color = CAR_RED;

	if (c->mode == NGD_CAR_SHAPE && te)
		return CAR_WAIT; /* not before those that wait already */
	if (tc < need)
		ngd_car_refill(c, &tc, &te, &last, now);
	if (tc >= need) {
		tc -= cost;
		color = CAR_GREEN;
	} else if (c->mode == NGD_CAR_SHAPE) {
		te = 1;
		color = CAR_WAIT;
	} else if (c->mode == NGD_CAR_RED) {
		color = car_red(c, &tc, &te, need, cost);
	} else if (te >= need) {
		te -= cost;
		color = CAR_YELLOW;
	}
	word[NGD_CAR_TC] = (__u64)tc;
	word[NGD_CAR_TE] = (__u64)te;
	word[NGD_CAR_LAST] = last;
	return color;
}

/* bytes: of the first frame | frames << 32 */
NGW_GLOBAL int car_judge(const struct ngd_node *n, __u32 slot, __u32 side,
			 __u64 bytes, __u64 all)
{
	struct ngd_state *s = walk_state(slot);
	const struct ngd_car_conf *c;
	__s64 need = (__u32)bytes, cost = (__s64)all;
	__u64 *word;
	int color;

	if (!n || !s)
		return CAR_RED;
	c = (const void *)walk_blob(n->blob);
	if (!c)
		return CAR_RED;
	c += side & 1;
	if (c->opt & NGD_CAR_COUNT_PACKETS) {
		need = NGD_CAR_PACKET;
		cost = (__s64)(bytes >> 32) * NGD_CAR_PACKET;
	}
	for (int i = 0; i < CAR_SPIN; i++)
		if (!__sync_val_compare_and_swap(&s->word[NGD_CAR_LOCK], 0, 1))
			break;
	word = side & 1 ? &s->word[NGD_CAR_WORDS] : &s->word[0];
	color = car_color(c, word, bpf_ktime_get_ns(), need, cost);
	__sync_lock_test_and_set(&s->word[NGD_CAR_LOCK], 0);
	return color;
}

/* What is done with that color; 0: it is not known. */
inl __u8 car_action(const struct ngd_node *n, __u32 side, int color)
{
	const struct ngd_car_conf *c = (const void *)walk_blob(n->blob);

	if (!c)
		return 0;
	c += side & 1;
	return color == CAR_GREEN    ? c->action[0]
	       : color == CAR_YELLOW ? c->action[1]
				     : c->action[2];
}

inl int ng_car(struct __sk_buff *skb, struct walk *w, struct ngd_hook *in,
	       struct ngd_node *n)
{
	__u32 side = in->role == NGD_CAR_LOWER;
	__u32 to = n->hook[side ? NGD_CAR_UPPER : NGD_CAR_LOWER];
	__u32 frames = skb->gso_segs ? skb->gso_segs : 1, len = walk_len(w);
	__u64 first = skb->gso_size ? skb->gso_size + CAR_HEADERS : len;
	int color;
	__u8 act;

	color = car_judge(n, in->node, side, first | (__u64)frames << 32, len);
	if (color == CAR_WAIT) {
		if (lease_runs(w, in->node))
			return walk_up(skb, w);
		color = CAR_RED;
	}
	act = car_action(n, side, color);
	walk_count(w,
		   NGD_C_TYPE + (color == CAR_GREEN    ? NGD_CAR_C_GREEN
				 : color == CAR_YELLOW ? NGD_CAR_C_YELLOW
						       : NGD_CAR_C_RED),
		   frames);
	if (act != NGD_CAR_FORWARD && act != NGD_CAR_MARK) {
		walk_count(w, NGD_C_TYPE + NGD_CAR_C_DROPPED, frames);
		return walk_drop(w, NGD_D_RATE);
	}
	/* there is nothing to mark a packet by; nobody to send it to */
	if (act == NGD_CAR_MARK || !to)
		walk_count(w, NGD_C_TYPE + NGD_CAR_C_ERRORS, frames);
	walk_count(w, NGD_C_TYPE + NGD_CAR_C_PASSED, frames);
	return walk_out(w, to);
}

#endif
