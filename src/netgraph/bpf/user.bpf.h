/*
 * user: a node whose data ends in the broker, with a copy in the ring: socket,
 * ksocket, ...  The packet is as long as the sender made it: a super-packet of
 * TCP's offload says in `info` how long its segments are to be.
 *
 * A record of the ring has a length that the verifier knows, so there are some
 * sizes of them.
 */
#ifndef CB_NETGRAPH_USER_BPF_H
#define CB_NETGRAPH_USER_BPF_H

#include "netgraph/bpf/walk.bpf.h"
#include "netgraph/iface_nest.h"

inl __u32 up_more(const struct __sk_buff *skb, const struct walk *w)
{
	__u32 nest = skb->priority, more = 0;

	if ((nest & NGD_NEST_MASK) == NGD_NEST)
		more = nest & NGD_UP_NEST;
	return w->flags & NGW_W_L3 ? more | NGD_UP_L3 : more;
}

#define UP_RECORD(n)                                                           \
	struct up_##n {                                                        \
		struct ngd_up up;                                              \
		__u8 data[n];                                                  \
	};                                                                     \
	NGW_GLOBAL int up_copy_##n(struct __sk_buff *skb, struct walk *w)      \
	{                                                                      \
		struct ngd_hook *in;                                           \
		struct up_##n *r;                                              \
                                                                               \
		if (!w)                                                        \
			return -1;                                             \
		in = walk_hook(w->in);                                         \
		if (!in)                                                       \
			return -1;                                             \
		r = bpf_ringbuf_reserve(&cb_ng_up, sizeof(*r), 0);             \
		if (!r)                                                        \
			return -1;                                             \
		r->up = (struct ngd_up){.kind = NGD_UP_DATA,                   \
					.hook = w->in,                         \
					.gen = in->gen,                        \
					.len = walk_len(w),                    \
					.info = skb->gso_size,                 \
					.more = up_more(skb, w),               \
					.when = walk_now(w)};                  \
		if (!w->tag) {                                                 \
			if (load(skb, 0, r->data, w->len, n))                  \
				goto bad;                                      \
		} else {                                                       \
			if (load(skb, 0, r->data, 12, 12) ||                   \
			    load(skb, 12, r->data + 16, w->len - 12, (n)-16))  \
				goto bad;                                      \
			up_tag(r->data, w->tag);                               \
		}                                                              \
		bpf_ringbuf_submit(r, 0);                                      \
		return 0;                                                      \
	bad:                                                                   \
		bpf_ringbuf_discard(r, 0);                                     \
		return -1;                                                     \
	}

UP_RECORD(128)
UP_RECORD(640)
UP_RECORD(1664)
UP_RECORD(9216)
UP_RECORD(65664)

inl int walk_up(struct __sk_buff *skb, struct walk *w)
{
	__u32 len = walk_len(w);
	int r;

	if (!len) /* the kernel has no packets without bytes */
		return walk_drop(w, NGD_D_RUNT);
	if (len <= 128)
		r = up_copy_128(skb, w);
	else if (len <= 640)
		r = up_copy_640(skb, w);
	else if (len <= 1664)
		r = up_copy_1664(skb, w);
	else if (len <= 9216)
		r = up_copy_9216(skb, w);
	else
		r = up_copy_65664(skb, w);
	return r ? walk_drop(w, NGD_D_QUEUE) : walk_done(w);
}

inl int ng_user(struct __sk_buff *skb, struct walk *w, struct ngd_hook *in,
		struct ngd_node *n)
{
	(void)in;
	(void)n;
	return walk_up(skb, w);
}

#endif
