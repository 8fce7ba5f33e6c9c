/*
 * bpf: classic filter programs, by an interpreter (node_bpf.c, which has
 * checked them: jumps go forward and stay inside, the last one returns).
 *
 * One instruction is one round of bpf_loop(); the machine is in a map, so that
 * the kernel verifies a round without regard to the ones before.  A program
 * sees the bytes as they are on the wire: the tag, which lies beside them,
 * among them.  A load beyond the packet's end is "no match", as is a division
 * by zero.  (Functions called from here are eight deep at most, all told: the
 * kernel allows no more.)
 */
#ifndef CB_NETGRAPH_BPF_BPF_H
#define CB_NETGRAPH_BPF_BPF_H

#include <linux/bpf_common.h>

#include "netgraph/bpf/walk.bpf.h"
#include "netgraph/filter_roles.h"

#define FILTER_TAG_END 16 /* bytes before here are moved by a tag */
#define FILTER_BAD ~0ull

struct filter {
	__u32 a, x, pc, start;
	__u32 len, tag;
	__u32 result;
	__u32 mem[NGD_BPF_MEMWORDS];
	__u8 head[20]; /* of a tagged packet */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct filter);
} cb_ng_filter SEC(".maps");

/* `size` bytes at off in the tagged packet's head: off < FILTER_TAG_END. */
inl __u64 filter_head(const struct filter *f, __u32 off, __u32 size)
{
	__u64 v;

	if (!f)
		return FILTER_BAD;
	off &= FILTER_TAG_END - 1;
	v = f->head[off];
	if (size >= 2)
		v = v << 8 | f->head[off + 1];
	if (size == 4)
		v = v << 16 | (__u32)f->head[off + 2] << 8 | f->head[off + 3];
	return v;
}

/* 1, 2 or 4 bytes of the packet. */
NGW_GLOBAL __u64 filter_load(struct __sk_buff *skb, const struct filter *f,
			     __u64 off, __u32 size)
{
	__u8 b;
	__u16 h;
	__u32 v;

	if (!f || off + size > f->len)
		return FILTER_BAD;
	if (f->tag && off < FILTER_TAG_END)
		return filter_head(f, (__u32)off, size);
	if (f->tag)
		off -= 4;
	if (size == 1)
		return bpf_skb_load_bytes(skb, (__u32)off, &b, 1) ? FILTER_BAD
								  : b;
	if (size == 2)
		return bpf_skb_load_bytes(skb, (__u32)off, &h, 2)
			       ? FILTER_BAD
			       : bpf_ntohs(h);
	return bpf_skb_load_bytes(skb, (__u32)off, &v, 4) ? FILTER_BAD
							  : bpf_ntohl(v);
}

inl __u64 filter_value(struct __sk_buff *skb, const struct filter *f,
		       __u32 code, __u32 k)
{
	__u64 off = k;
	__u64 v;

	switch (BPF_MODE(code)) {
	case BPF_IMM:
		return k;
	case BPF_LEN:
		return f->len;
	case BPF_MEM:
		return f->mem[k % NGD_BPF_MEMWORDS];
	case BPF_MSH:
		v = filter_load(skb, f, off, 1);
		return v == FILTER_BAD ? v : (v & 0xf) << 2;
	case BPF_IND:
		off += f->x;
		break;
	default:
		break;
	}
	return filter_load(skb, f, off,
			   BPF_SIZE(code) == BPF_W   ? 4
			   : BPF_SIZE(code) == BPF_H ? 2
						     : 1);
}

/* As it is from here on: true when the program has ended. */
inl bool filter_alu(struct filter *f, __u32 code, __u32 k)
{
	__u32 by = BPF_SRC(code) == BPF_X ? f->x : k, a = f->a;

	switch (BPF_OP(code)) {
	case BPF_ADD:
		a += by;
		break;
	case BPF_SUB:
		a -= by;
		break;
	case BPF_MUL:
		a *= by;
		break;
	case BPF_DIV:
	case BPF_MOD:
		if (!by)
			return true;
		a = BPF_OP(code) == BPF_DIV ? a / by : a % by;
		break;
	case BPF_OR:
		a |= by;
		break;
	case BPF_AND:
		a &= by;
		break;
	case BPF_XOR:
		a ^= by;
		break;
	case BPF_LSH:
		a <<= by & 31;
		break;
	case BPF_RSH:
		a >>= by & 31;
		break;
	default:
		a = -a;
		break;
	}
	f->a = a;
	return false;
}

inl bool filter_holds(const struct filter *f, __u32 code, __u32 k)
{
	__u32 by = BPF_SRC(code) == BPF_X ? f->x : k;

	switch (BPF_OP(code)) {
	case BPF_JEQ:
		return f->a == by;
	case BPF_JGT:
		return f->a > by;
	case BPF_JGE:
		return f->a >= by;
	default:
		return f->a & by;
	}
}

/* One instruction: code | jt << 16 | jf << 24; 1: the program has ended. */
NGW_GLOBAL int filter_one(struct __sk_buff *skb, struct filter *f, __u32 insn,
			  __u32 k)
{
	__u32 code = insn & 0xffff;
	__u64 v;

	if (!f)
		return 1;
	switch (BPF_CLASS(code)) {
	case BPF_LD:
	case BPF_LDX:
		v = filter_value(skb, f, code, k);
		if (v == FILTER_BAD)
			return 1;
		if (BPF_CLASS(code) == BPF_LD)
			f->a = (__u32)v;
		else
			f->x = (__u32)v;
		return 0;
	case BPF_ST:
		f->mem[k % NGD_BPF_MEMWORDS] = f->a;
		return 0;
	case BPF_STX:
		f->mem[k % NGD_BPF_MEMWORDS] = f->x;
		return 0;
	case BPF_ALU:
		return filter_alu(f, code, k);
	case BPF_JMP:
		if (BPF_OP(code) == BPF_JA)
			f->pc += k;
		else
			f->pc += filter_holds(f, code, k) ? insn >> 16 & 0xff
							  : insn >> 24;
		return 0;
	case BPF_RET:
		f->result = code & 0x10 ? f->a : k;
		return 1;
	default:
		if (code & 0x80)
			f->a = f->x;
		else
			f->x = f->a;
		return 0;
	}
}

struct filter_run {
	struct __sk_buff *skb;
	struct filter *f;
	const struct ngd_bpf_blob *blob;
};

static long filter_step(__u32 i, void *arg)
{
	const struct filter_run *r = arg;
	const struct ngd_bpf_insn *insn;
	__u32 at = r->f->start + r->f->pc;

	(void)i;
	asm volatile("" : "+r"(at));
	if (at >= NGD_BPF_INSNS)
		return 1;
	r->f->pc++;
	insn = &r->blob->insn[at];
	/* the verifier wants to see that it is 0 or 1 */
	if (filter_one(r->skb, r->f,
		       insn->code | (__u32)insn->jt << 16 |
			       (__u32)insn->jf << 24,
		       insn->k))
		return 1;
	return 0;
}

/* What that program of n's says about the packet: so many bytes; 0: none. */
inl __u32 filter_run(struct __sk_buff *skb, struct walk *w,
		     const struct ngd_node *n, __u32 which)
{
	struct filter_run run = {.skb = skb};
	const struct ngd_bpf_prog *p;
	__u32 zero = 0, more;

	if (!w || !n)
		return 0;
	run.blob = (const void *)walk_blob(n->blob);
	run.f = bpf_map_lookup_elem(&cb_ng_filter, &zero);
	if (!run.blob || !run.f || which >= NGD_BPF_PROGS)
		return 0;
	p = &run.blob->prog[which];
	if (!p->len)
		return ~0u; /* a filter that is empty takes all */
	__builtin_memset(run.f, 0, sizeof(*run.f));
	run.f->start = p->start;
	run.f->len = walk_len(w);
	run.f->tag = w->tag;
	if (w->tag) {
		up_tag(run.f->head, w->tag);
		more = w->len - 12;
		bpf_skb_load_bytes(skb, 0, run.f->head, 12);
		load(skb, 12, run.f->head + 16, more < 4 ? more : 4, 4);
	}
	bpf_loop(p->len, filter_step, &run, 0);
	return run.f->result;
}

/*
 * No more of the packet than `len` bytes; bytes may be changed.  What the
 * kernel would not cut (a header that it needs to finish a checksum) goes to
 * the broker only, whom walks tell how much is meant.  -1: no.
 */
NGW_GLOBAL int filter_cut(struct __sk_buff *skb, struct walk *w, __u32 len)
{
	if (!w)
		return -1;
	if (w->tag) {
		if (len < 18)
			return -1;
		len -= 4;
	}
	if (len < 14 || w->flags & NGW_W_PADDED ||
	    bpf_skb_change_tail(skb, len, 0)) {
		w->flags |= NGW_W_PADDED;
		w->len = len;
	}
	walk_reload(skb, w);
	return 0;
}

#define FILTER_HEADERS 54 /* of a segment, at least */

inl int ng_bpf(struct __sk_buff *skb, struct walk *w, struct ngd_hook *in,
	       struct ngd_node *n)
{
	__u32 which = in->conf - 1, len = walk_len(w), result = 0, to = 0;
	__u32 first = skb->gso_size ? skb->gso_size + FILTER_HEADERS : len;
	const struct ngd_bpf_blob *blob = (const void *)walk_blob(n->blob);

	if (blob && which < NGD_BPF_PROGS) {
		result = filter_run(skb, w, n, which);
		to = result ? blob->prog[which].match
			    : blob->prog[which].nomatch;
	}
	if (result && result < first && to) {
		NGW_WRITABLE(skb, w);
		if (filter_cut(skb, w, result))
			return walk_drop(w, NGD_D_RUNT);
	}
	if (result) {
		walk_count(w, NGD_BPF_C_FRAMES, 1);
		walk_count(w, NGD_BPF_C_OCTETS, len);
	}
	if (!to)
		return walk_drop(w, NGD_D_FILTER);
	return walk_out(w, to);
}

#endif
