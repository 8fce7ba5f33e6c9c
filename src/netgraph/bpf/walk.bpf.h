/*
 * walk: how a packet goes through the graph, and what a packet function (one
 * TYPE.bpf.h a node type) may do.
 *
 * Theory of operation.  A program on a device starts a *walk*: the packet goes
 * out of a hook, which is to say into the hook at its other end, whose node's
 * packet function says what happens next, and so on, one step of a bpf_loop()
 * each, until nothing is left to do.  There is one packet (skb) all the time.
 * What a packet function may say, as the value it returns:
 *
 *	return walk_drop(w, NGD_D_FILTER);    the packet ends here: why
 *	return walk_done(w);                  it ends here, and all is well
 *	return walk_out(w, slot);             it goes out of that hook
 *	return walk_copy_out(w, copy, main);  a copy there, and itself there
 *	return walk_flood(w, n->first, w->in, avoid, also);
 *	                                      copies out of all hooks of the
 *	                                      list, but not of one, nor of
 *	                                      those with (flags & avoid); each
 *	                                      counts 1 in counter `also`
 *	return walk_up(skb, w);               to the broker: type->rcvdata
 *
 * Copies are not made but remembered: a *frame* says where a flood goes on
 * when the packet has come to an end.  So 64 floods may be under way at once,
 * whatever the number of hooks.  A device is not sent to at once either: the
 * output *waits*, and is made by bpf_clone_redirect() when the next one comes,
 * or at the end, without a copy, by bpf_redirect().
 *
 * Writing a packet function:
 *
 *	static __always_inline int ng_TYPE(struct __sk_buff *skb,
 *		struct walk *w, struct ngd_hook *in, struct ngd_node *n)
 *
 * `in` is the hook by which the packet has come (its slot is w->in), n the
 * node (slot in->node); in->role, in->number, in->conf, n->hook[ROLE],
 * n->conf[] are as the type's newhook() and publish() have set them.  Include
 * the file in graph.bpf.c and give it a line in `step`.
 *
 *	w->dst, w->src	addresses; w->proto the type (network order) that
 *			follows them, or the tag
 *	w->tag		the outermost VLAN tag, 0: none: NGW_TAG(proto, tci).
 *			It is put into the packet when that leaves: change
 *			vid and pcp as you like.  A second tag is in the
 *			packet's bytes (w->proto is 0x8100 or 0x88a8 then),
 *			so push and pop by NGW_PUSH_TAG and NGW_POP_TAG
 *	w->len		bytes without that tag; may be less than 14: then
 *			dst, src and proto are 0, and the packet can go to the
 *			broker only, not to a device
 *	walk_len(w)	with it
 *	w->labels	what tag nodes have put on it (node_tag.c)
 *	walk_now(w)	bpf_ktime_get_ns(), once a walk
 *	walk_count(w, NGD_C_TYPE + x, 1)	of the hook it came in by
 *	hook_count(slot, NGD_C_TYPE + x, 1)	of any
 *	walk_hook(slot), walk_node(slot)	records, NULL for 0
 *	walk_state(slot)			a node's numbers
 *
 * Bytes of the packet are where they are in the frame for
 * bpf_skb_load_bytes(), w->tag not being among them; MAC addresses and type
 * are in w, do not load them.  To change bytes:
 *
 *	NGW_WRITABLE(skb, w);
 *	bpf_skb_store_bytes(...); ...
 *	walk_reload(skb, w);	if addresses, type or length have changed
 *
 * NGW_WRITABLE returns from the packet function when copies of the packet are
 * still wanted as it is: a clone then goes to our own device (ng-loop0), whose
 * program calls the packet function again with nothing else pending.  So: call
 * it before counting, and before anything that must not be done twice.
 *
 * Verdicts may be remembered for a quarter of a second (flow.bpf.h) for the
 * pair of addresses and tag, if all nodes on the way are of the kinds in
 * NGW_CACHEABLE and nobody has called walk_uncacheable(w): do so when the
 * next packet with the same addresses may have another fate or must be
 * counted in other counters than the first five.  Whatever makes remembered
 * verdicts wrong calls walk_changed().
 *
 * All of this runs on one CPU, with interrupts of the network off: struct walk
 * is not shared, but hooks, nodes, states and tables are; use atomics
 * (__sync_fetch_and_add and so on) on those.
 */
#ifndef CB_NETGRAPH_WALK_BPF_H
#define CB_NETGRAPH_WALK_BPF_H

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <stdbool.h>
#include <stddef.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "netgraph/data.h"

#define inl static __always_inline
/*
 * A function that the kernel verifies once and for itself, and not again in
 * each way that leads to it: without these the program would take seconds to
 * load.  Arguments are the skb, numbers, and pointers that may be NULL.  (Weak:
 * the compiler shall not leave out arguments that it sees are not used.)
 */
#define NGW_GLOBAL __attribute__((noinline, weak))

/* --- maps; user space sets max_entries of the first six
 * -------------------- */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ngd_hook);
} cb_ng_hooks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ngd_node);
} cb_ng_nodes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ngd_state);
} cb_ng_states SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ngd_blob);
} cb_ng_blobs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ngd_stats);
} cb_ng_stats SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ngd_ctl);
} cb_ng_ctl SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NGD_DROPS);
	__type(key, __u32);
	__type(value, __u64);
} cb_ng_drops SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, NGD_FDB_SIZE);
	__type(key, struct ngd_key);
	__type(value, struct ngd_entry);
} cb_ng_fdb SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, NGD_RULES_SIZE);
	__type(key, struct ngd_key);
	__type(value, struct ngd_entry);
} cb_ng_rules SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, NGD_RING_SIZE);
} cb_ng_up SEC(".maps");

/* --- a walk
 * ----------------------------------------------------------------- */

/* A flood that goes on when what is under way has ended. */
struct frame {
	__u32 next;  /* hook of the list to take next; 0: only `skip` is left */
	__u32 skip;  /* NGW_F_ONE: the one hook; else: not this one */
	__u32 avoid; /* hooks with one of these flags are left out */
	__u16 also;  /* counter; NGW_F_ONE */
	__u16 pad;
	__u32 tag, labels, counted; /* the packet's when the flood began */
};
#define NGW_F_ONE 0xffffu

/* Where a packet leaves the graph. */
struct output {
	__u32 ifindex; /* 0: nothing waits */
	__u32 how;     /* NGW_TX ... */
	__u32 far;     /* NGW_PEER: index of the far end when it is here;
			  0: it is here, NGW_AWAY: it is not */
	__u32 mtu;     /* NGW_PEER: of the far end, 0: not known */
	__u32 tag;
	__u32 hook; /* by which it came to the device's node */
};
enum {
	NGW_TX = 1, /* sent by the device, whose own programs let it pass */
	NGW_RX,	    /* received by it; so do they */
	NGW_PEER,   /* received by the far end of the pair */
	NGW_PASS,   /* of the device that it began at, by that */
	NGW_END,    /* as NGW_PEER, but through the device */
};
#define NGW_AWAY 0xffffffffu

struct walk {
	__u32 in; /* hook slot by which it comes next; 0: it has ended */
	__u32 len;
	__u32 flags; /* NGW_W_* */
	__u32 tag;
	union {
		struct {
			__u8 dst[6], src[6];
		};
		__u32 macs[3];
	};
	__u16 proto;   /* network order */
	__u16 depth;   /* frames in use */
	__u32 ifindex; /* of the device that the walk began at */
	__u32 came;    /* the tag that the packet had there */
	__u32 npath;
	__u32 labels;  /* of tag nodes, the newest in the lowest byte */
	__u32 counted; /* by which netflow nodes, that ask: two slots */
	__u32 fate;    /* of the copy that was dropped last: NGD_FATE */
	__u64 now;
	struct output out;
	__u32 path[NGD_PATH];
	struct frame frame[NGD_FRAMES];
};
#define NGW_W_INGRESS 0x01u /* began with what a device has received */
#define NGW_W_CACHE 0x02u   /* the verdict may be remembered */
#define NGW_W_SENT 0x04u    /* a copy has gone somewhere: no error */
#define NGW_W_PADDED 0x08u  /* shorter than the skb says */
#define NGW_W_TRACE 0x10u   /* each step is told */
#define NGW_W_L3 0x20u	    /* begins with the IP header, as the skb says */

/* Several at once: a device that is sent to may begin another walk. */
struct walks {
	__u32 depth;
	__u32 pad;
};
#define NGW_DEPTH 12

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct walks);
} cb_ng_depth SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NGW_DEPTH);
	__type(key, __u32);
	__type(value, struct walk);
} cb_ng_walks SEC(".maps");

/* What tells packets that have left the graph from those that enter it: in
 * skb->cb, where nobody outside can write it. */
const volatile __u32 cb_ng_secret[3];

#define NGW_TAG(proto_be, tci) ((__u32)bpf_ntohs(proto_be) << 16 | (__u16)(tci))
#define NGW_TAG_PROTO(tag) bpf_htons((__u16)((tag) >> 16))
#define NGW_TAG_VID(tag) ((tag)&0x0fffu)

/* Kinds whose packets' fate depends on addresses and tag alone. */
#define NGW_CACHEABLE                                                          \
	(1ull << NGD_ETHER | 1ull << NGD_EIFACE | 1ull << NGD_BRIDGE |         \
	 1ull << NGD_VLAN)

/* --- records
 * --------------------------------------------------------------- */

inl struct ngd_hook *walk_hook(__u32 slot)
{
	return slot ? bpf_map_lookup_elem(&cb_ng_hooks, &slot) : NULL;
}

inl struct ngd_node *walk_node(__u32 slot)
{
	return slot ? bpf_map_lookup_elem(&cb_ng_nodes, &slot) : NULL;
}

inl struct ngd_state *walk_state(__u32 slot)
{
	return bpf_map_lookup_elem(&cb_ng_states, &slot);
}

inl struct ngd_blob *walk_blob(__u32 slot)
{
	return slot ? bpf_map_lookup_elem(&cb_ng_blobs, &slot) : NULL;
}

inl struct ngd_ctl *walk_ctl(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&cb_ng_ctl, &zero);
}

/* Remembered verdicts are void. */
inl void walk_changed(void)
{
	struct ngd_ctl *ctl = walk_ctl();

	if (ctl)
		__sync_fetch_and_add(&ctl->gen, 1);
}

/* --- counting
 * -------------------------------------------------------------- */

NGW_GLOBAL int hook_count(__u32 slot, __u32 what, __u64 n)
{
	struct ngd_stats *s = bpf_map_lookup_elem(&cb_ng_stats, &slot);

	if (s && what < NGD_COUNTERS)
		s->c[what] += n;
	return 0;
}

inl void walk_count(struct walk *w, __u32 what, __u64 n)
{
	hook_count(w->in, what, n);
}

inl __u32 walk_len(const struct walk *w)
{
	return w->len + (w->tag ? 4 : 0);
}

inl __u64 walk_now(struct walk *w)
{
	if (!w->now)
		w->now = bpf_ktime_get_ns();
	return w->now;
}

inl void walk_uncacheable(struct walk *w)
{
	w->flags &= ~NGW_W_CACHE;
}

/* A packet has crossed from hook `out` to hook `in`. */
inl void crossed(struct walk *w, __u32 out, __u32 in)
{
	struct ngd_stats *s;
	__u64 len = walk_len(w);
	__u32 n = w->npath;

	s = bpf_map_lookup_elem(&cb_ng_stats, &out);
	if (s) {
		s->c[NGD_C_OUT_PACKETS]++;
		s->c[NGD_C_OUT_OCTETS] += len;
	}
	s = bpf_map_lookup_elem(&cb_ng_stats, &in);
	if (s) {
		s->c[NGD_C_IN_PACKETS]++;
		s->c[NGD_C_IN_OCTETS] += len;
	}
	if (n > NGD_PATH - 2) {
		walk_uncacheable(w);
		return;
	}
	w->path[n] = w->tag ? out | NGD_PATH_TAG : out;
	w->path[n + 1] = in;
	w->npath = n + 2;
}

/*
 * len bytes at `off`, 1 to max of them, so that Linux 6.1's verifier sees it:
 * a comparison with 0 tells it nothing.
 */
inl long load(struct __sk_buff *skb, __u32 off, void *to, __u32 len,
	      const __u32 max)
{
	__u32 less = len - 1;

	asm volatile("" : "+r"(less));
	if (less >= max)
		return -1;
	asm volatile("" : "+r"(less));
	return bpf_skb_load_bytes(skb, off, to, less + 1);
}

/* --- events for the broker
 * ------------------------------------------------- */

inl void up_tag(__u8 *frame, __u32 tag)
{
	frame[12] = (__u8)(tag >> 24);
	frame[13] = (__u8)(tag >> 16);
	frame[14] = (__u8)(tag >> 8);
	frame[15] = (__u8)tag;
}

struct trace {
	struct ngd_up up;
	__u8 head[NGD_TRACE_HEAD];
};

/* `hook`: that it comes in by. info: enum ngd_drop. */
NGW_GLOBAL int trace(struct __sk_buff *skb, struct walk *w, __u32 hook,
		     __u32 info)
{
	struct ngd_hook *h = walk_hook(hook);
	struct trace *t;
	__u32 n = skb->len;

	if (!w)
		return 0;
	t = bpf_ringbuf_reserve(&cb_ng_up, sizeof(*t), 0);
	if (!t)
		return 0;
	t->up = (struct ngd_up){
		.kind = NGD_UP_TRACE,
		.hook = hook,
		.gen = h ? h->gen : 0,
		.info = info,
		.len = sizeof(t->head),
		.when = bpf_ktime_get_ns(),
	};
	t->up.more = walk_len(w);
	__builtin_memset(t->head, 0, sizeof(t->head));
	if (w->tag) {
		up_tag(t->head, w->tag);
		if (n > sizeof(t->head) - 4)
			n = sizeof(t->head) - 4;
		bpf_skb_load_bytes(skb, 0, t->head, 12);
		load(skb, 12, t->head + 16, n - 12, sizeof(t->head) - 16);
	} else {
		if (n > sizeof(t->head))
			n = sizeof(t->head);
		load(skb, 0, t->head, n, sizeof(t->head));
	}
	bpf_ringbuf_submit(t, 0);
	return 0;
}

/* A word for type->event(): the hook is that it came in by. */
inl void walk_event(struct walk *w, struct ngd_hook *in, __u32 info)
{
	struct ngd_up *up = bpf_ringbuf_reserve(&cb_ng_up, sizeof(*up), 0);

	if (!up)
		return;
	*up = (struct ngd_up){.kind = NGD_UP_EVENT,
			      .hook = w->in,
			      .gen = in->gen,
			      .info = info,
			      .when = walk_now(w)};
	bpf_ringbuf_submit(up, 0);
}

/* --- what becomes of a packet
 * ---------------------------------------------- */

#define NGW_GO_ON 0
#define NGW_DROPPED(why) ((int)(why))

/* The packet ends here. The step traces it. */
NGW_GLOBAL int walk_drop(struct walk *w, enum ngd_drop why)
{
	__u32 i = why;
	__u64 *d = bpf_map_lookup_elem(&cb_ng_drops, &i);

	if (d)
		(*d)++;
	if (!w)
		return NGW_GO_ON;
	hook_count(w->in, NGD_C_DROPS, 1);
	w->fate = NGD_FATE(why, w->in);
	w->in = 0;
	return NGW_DROPPED(why);
}

inl int walk_done(struct walk *w)
{
	w->flags |= NGW_W_SENT;
	w->in = 0;
	return NGW_GO_ON;
}

/* Without counting a drop: out of hook `slot`; false: it is not connected. */
NGW_GLOBAL bool walk_cross(struct walk *w, __u32 slot)
{
	struct ngd_hook *h = walk_hook(slot);
	__u32 peer = h ? h->peer : 0;

	if (!w)
		return false;
	if (!peer) {
		w->in = 0;
		return false;
	}
	crossed(w, slot, peer);
	w->in = peer;
	return true;
}

inl int walk_out(struct walk *w, __u32 slot)
{
	__u32 in = w->in;

	if (walk_cross(w, slot))
		return NGW_GO_ON;
	w->in = in;
	return walk_drop(w, NGD_D_NOPEER);
}

/* A place for a frame; NULL: too many. */
inl struct frame *walk_push(struct walk *w)
{
	__u32 i = w->depth;

	walk_uncacheable(w);
	if (i >= NGD_FRAMES)
		return NULL;
	w->depth = (__u16)(i + 1);
	return &w->frame[i];
}

/* Too many floods under way are a loop: all of them end. */
inl int walk_loop(struct walk *w)
{
	w->depth = 0;
	return walk_drop(w, NGD_D_LOOP);
}

inl int walk_flood(struct walk *w, __u32 first, __u32 skip, __u32 avoid,
		   __u16 also)
{
	struct frame *f;

	if (!first)
		return walk_done(w);
	f = walk_push(w);
	if (!f)
		return walk_loop(w);
	*f = (struct frame){.next = first,
			    .skip = skip,
			    .avoid = avoid,
			    .also = also,
			    .tag = w->tag,
			    .labels = w->labels,
			    .counted = w->counted};
	w->in = 0;
	return NGW_GO_ON;
}

inl int walk_copy_out(struct walk *w, __u32 copy, __u32 main)
{
	struct frame *f;

	if (!copy || !main)
		return walk_out(w, copy ? copy : main);
	f = walk_push(w);
	if (!f)
		return walk_loop(w);
	*f = (struct frame){.skip = main,
			    .also = NGW_F_ONE,
			    .tag = w->tag,
			    .labels = w->labels,
			    .counted = w->counted};
	return walk_out(w, copy);
}

/*
 * The next copy of the topmost flood: w->in is where, or 0: none this time.
 * The frame goes before its last copy, so that a chain of floods needs none.
 */
inl void walk_next(struct walk *w)
{
	__u32 i = w->depth - 1;
	struct ngd_hook *h, *skip;
	struct frame *f;
	__u32 cur;

	if (i >= NGD_FRAMES) {
		w->depth = 0;
		return;
	}
	f = &w->frame[i];
	w->tag = f->tag;
	w->labels = f->labels;
	w->counted = f->counted;
	if (f->also == NGW_F_ONE) {
		w->depth = (__u16)i;
		walk_cross(w, f->skip);
		return;
	}
	cur = f->next;
	h = walk_hook(cur);
	f->next = h ? h->next : 0;
	if (f->next && f->next == f->skip) {
		skip = walk_hook(f->skip);
		f->next = skip ? skip->next : 0;
	}
	if (!f->next)
		w->depth = (__u16)i;
	if (!h || cur == f->skip || (h->flags & f->avoid))
		return;
	if (walk_cross(w, cur) && f->also)
		hook_count(cur, f->also, 1);
}

/* --- the skb
 * --------------------------------------------------------------- */

/* Addresses and type, again. */
inl void walk_reload(struct __sk_buff *skb, struct walk *w)
{
	struct {
		__u8 dst[6], src[6];
		__u16 proto;
	} h = {0};

	if (!(w->flags & NGW_W_PADDED))
		w->len = skb->len;
	if (w->flags & NGW_W_L3)
		h.proto = (__u16)skb->protocol;
	else if (w->len >= 14)
		bpf_skb_load_bytes(skb, 0, &h, 14);
	__builtin_memcpy(w->dst, h.dst, 6);
	__builtin_memcpy(w->src, h.src, 6);
	w->proto = h.proto;
}

inl __u32 skb_tag(struct __sk_buff *skb)
{
	return skb->vlan_present ? NGW_TAG(skb->vlan_proto, skb->vlan_tci) : 0;
}

/* Make the skb's outermost tag be that one. */
inl int skb_set_tag(struct __sk_buff *skb, __u32 tag)
{
	__u32 has = skb_tag(skb);

	if (has == tag)
		return 0;
	if (has && bpf_skb_vlan_pop(skb))
		return -1;
	if (tag && bpf_skb_vlan_push(skb, NGW_TAG_PROTO(tag), (__u16)tag))
		return -1;
	return 0;
}

/* `ifindex`: the device whose program shall let it pass.  At the other end of
 * a pair that it leaves by, in the same graph, it enters as others do. */
inl void skb_mark_left(struct __sk_buff *skb, __u32 ifindex)
{
	skb->cb[3] = ifindex;
	skb->cb[0] = cb_ng_secret[0];
	skb->cb[1] = cb_ng_secret[1];
	skb->cb[2] = cb_ng_secret[2];
}

/*
 * A copy of what is in the skb now to the output that waits.  What the queues
 * between devices have no room for is lost without a word from the kernel.
 */
NGW_GLOBAL int walk_flush(struct __sk_buff *skb, struct walk *w)
{
	__u32 ifindex, how, had = skb_tag(skb);
	__u32 mark = skb->mark, priority = skb->priority;
	long r;

	if (!w)
		return 0;
	ifindex = w->out.ifindex;
	how = w->out.how;
	w->out.ifindex = 0;
	if (!ifindex || skb_set_tag(skb, w->out.tag))
		return 0;
	if (how == NGW_PEER)
		skb->cb[0] = 0;
	else
		skb_mark_left(skb, ifindex);
	/* these are the stack's that the packet comes from */
	skb->mark = 0;
	skb->priority = 0;
	r = bpf_clone_redirect(skb, ifindex, how == NGW_RX ? BPF_F_INGRESS : 0);
	skb->mark = mark;
	skb->priority = priority;
	/* 1: a program on that device has dropped it, which is its right */
	if (r < 0) {
		__u32 why = NGD_D_DOWN;
		__u64 *d = bpf_map_lookup_elem(&cb_ng_drops, &why);

		if (d)
			(*d)++;
		hook_count(w->out.hook, NGD_C_DROPS, 1);
	} else {
		w->flags |= NGW_W_SENT;
	}
	skb_set_tag(skb, had);
	return 0;
}

/* More than any interface takes that has not been asked for it. */
#define NGW_ORDINARY 1518u

/* Larger than the interface that receives it takes? */
NGW_GLOBAL int too_large(struct __sk_buff *skb, __u32 ifindex)
{
	__u32 mtu = 0;

	/* one tag, and what is to be segmented, are let pass */
	return bpf_check_mtu(skb, ifindex, &mtu, -4, 0) ==
	       BPF_MTU_CHK_RET_FRAG_NEEDED;
}

/*
 * The packet leaves by a device of the node that it has come to.  NGW_PEER:
 * far is the other end's index if that were here, mtu what it takes (0: not
 * known).
 */
inl int walk_leave(struct __sk_buff *skb, struct walk *w, __u32 ifindex,
		   __u32 how, __u32 far, __u32 mtu)
{
	if (w->flags & NGW_W_L3 && how != NGW_RX)
		return walk_drop(w, NGD_D_HOOK);
	if (w->len < 14 || w->flags & NGW_W_PADDED)
		return walk_drop(w, NGD_D_RUNT);
	if (!ifindex)
		return walk_drop(w, NGD_D_DOWN);
	if (w->len > NGW_ORDINARY && !skb->gso_size &&
	    too_large(skb, how == NGW_PEER && far ? far : ifindex))
		return walk_drop(w, NGD_D_MTU);
	if (mtu && w->len > mtu + 18 && !skb->gso_size)
		return walk_drop(w, NGD_D_MTU);
	if (w->out.ifindex)
		walk_flush(skb, w);
	w->out = (struct output){.ifindex = ifindex,
				 .how = how,
				 .far = far,
				 .mtu = mtu,
				 .tag = w->tag,
				 .hook = w->in};
	w->in = 0;
	return NGW_GO_ON;
}

/*
 * 0: bytes may be changed.  1: a clone goes on by itself, and w is at the end
 * of this copy; -1: no memory for one, and so it is, too.
 */
NGW_GLOBAL int walk_writable(struct __sk_buff *skb, struct walk *w)
{
	struct ngd_ctl *ctl = walk_ctl();
	__u32 had = skb_tag(skb), mark = skb->mark;
	long r;

	if (!w || !ctl)
		return -1;
	walk_uncacheable(w);
	if (w->out.ifindex)
		walk_flush(skb, w);
	if (!w->depth)
		return 0;
	if (!ctl->loopdev || skb_set_tag(skb, w->tag)) {
		walk_drop(w, NGD_D_KERNEL);
		return -1;
	}
	skb_mark_left(skb, 0);
	skb->cb[3] = w->in;
	skb->cb[4] = w->flags & NGW_W_PADDED ? w->len + 1 : 0;
	skb->mark = w->labels;
	r = bpf_clone_redirect(skb, ctl->loopdev, 0);
	skb->mark = mark;
	skb_set_tag(skb, had);
	if (r < 0) {
		walk_drop(w, NGD_D_KERNEL);
		return -1;
	}
	walk_done(w);
	return 1;
}

#define NGW_WRITABLE(skb, w)                                                   \
	do {                                                                   \
		if (walk_writable(skb, w))                                     \
			return NGW_GO_ON;                                      \
	} while (0)

/* One tag more outside; see NGW_PUSH_TAG. */
NGW_GLOBAL int walk_push_tag(struct __sk_buff *skb, struct walk *w, __u32 tag)
{
	int r;

	if (!w)
		return -1;
	if (w->tag) {
		r = walk_writable(skb, w);
		if (r)
			return r;
		if (skb_set_tag(skb, w->tag) ||
		    bpf_skb_vlan_push(skb, NGW_TAG_PROTO(tag), (__u16)tag)) {
			walk_drop(w, NGD_D_KERNEL);
			return -1;
		}
		walk_reload(skb, w);
	}
	w->tag = tag;
	return 0;
}

NGW_GLOBAL int walk_pop_tag(struct __sk_buff *skb, struct walk *w)
{
	int r;

	if (!w)
		return -1;
	if (w->proto == bpf_htons(0x8100) || w->proto == bpf_htons(0x88a8)) {
		r = walk_writable(skb, w);
		if (r)
			return r;
		/* the kernel lifts the next one */
		if (skb_set_tag(skb, w->tag) || bpf_skb_vlan_pop(skb)) {
			walk_drop(w, NGD_D_KERNEL);
			return -1;
		}
		walk_reload(skb, w);
		w->tag = skb_tag(skb);
		return 0;
	}
	w->tag = 0;
	return 0;
}

/* As NGW_WRITABLE these may return from the packet function. */
#define NGW_PUSH_TAG(skb, w, tag)                                              \
	do {                                                                   \
		if (walk_push_tag(skb, w, tag))                                \
			return NGW_GO_ON;                                      \
	} while (0)
#define NGW_POP_TAG(skb, w)                                                    \
	do {                                                                   \
		if (walk_pop_tag(skb, w))                                      \
			return NGW_GO_ON;                                      \
	} while (0)

#endif
