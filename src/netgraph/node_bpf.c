/*
 * bpf: filter programs choose hooks; ng_bpf(4).
 *
 * Theory of operation.  Programs run in the kernel, by an interpreter
 * (bpf/bpf.bpf.h): no program of a user's is ever loaded as one of the
 * kernel's.  Here they are checked, by the rules of FreeBSD's bpf(4), and put
 * together: all that a node's hooks have are in its one blob.  A node has room
 * for NGD_BPF_PROGS of them with NGD_BPF_INSNS instructions in all: more is
 * ENOMEM.  Where packets go is named in the messages; the blob, which is made
 * anew with each hook that comes or goes, has the slots of those that are
 * there.
 *
 * What a program returns is how much of the packet goes on.  A super-packet of
 * TCP's offload is not cut when the first of its frames would not be.
 *
 * Hooks of any names; the node goes with its last one.
 */
#include "netgraph/filter_roles.h"
#include "netgraph/filter_types.h"
#include "netgraph/node.h"

#include <errno.h>
#include <linux/bpf_common.h>
#include <netgraph/ng_bpf.h>
#include <stddef.h>
#include <string.h>

struct prog {
	char match[NG_HOOKSIZ], nomatch[NG_HOOKSIZ];
	bool used;
	uint16_t start, len;
};

struct bpf {
	struct prog prog[NGD_BPF_PROGS];
	struct ngd_bpf_insn insn[NGD_BPF_INSNS]; /* without gaps, in any order
						  */
	uint16_t ninsns;
};

_Static_assert(sizeof(struct ngd_bpf_insn) == sizeof(NG_BPF_INSN), "the same");
_Static_assert(sizeof(struct ng_bpf_hookstat) ==
			       sizeof(struct node_match_stat) &&
		       (int)NGD_BPF_C_FRAMES == (int)NGD_C_TYPE &&
		       (int)NGD_BPF_C_OCTETS == NGD_C_TYPE + 1,
	       "what node_match_stats() answers");

/* --- arguments ---------------------------------------------------------- */

static int prog_length(const struct ng_ptype *t, const uint8_t *start,
		       size_t size, size_t at)
{
	size_t field = offsetof(struct ng_bpf_hookprog, bpf_prog_len);
	int32_t n;

	(void)t;
	if (at < field + sizeof(n) || size < field + sizeof(n))
		return -EINVAL;
	memcpy(&n, start + field, sizeof(n));
	return n < 0 ? -EINVAL : n;
}

static const struct ng_pfield insn_fields[] = {
	NODE_FIELD("code", &ng_p_hint16),
	NODE_FIELD("jt", &ng_p_uint8),
	NODE_FIELD("jf", &ng_p_uint8),
	NODE_FIELD("k", &ng_p_uint32),
	{0},
};
static const struct ng_ptype insn_type = {
	.kind = NGP_STRUCT,
	.fields = insn_fields,
};
static const struct ng_ptype insns_type = {
	.kind = NGP_ARRAY,
	.elem = &insn_type,
	.length = prog_length,
};
static const struct ng_pfield prog_fields[] = {
	NODE_FIELD("thisHook", &ng_p_hookbuf),
	NODE_FIELD("ifMatch", &ng_p_hookbuf),
	NODE_FIELD("ifNotMatch", &ng_p_hookbuf),
	NODE_FIELD("bpf_prog_len", &ng_p_int32),
	NODE_FIELD("bpf_prog", &insns_type),
	{0},
};
static const struct ng_ptype prog_type = {
	.kind = NGP_STRUCT,
	.fields = prog_fields,
};

static const struct ng_cmd cmds[] = {
	{NGM_BPF_COOKIE, NGM_BPF_SET_PROGRAM, "setprogram", &prog_type, NULL},
	{NGM_BPF_COOKIE, NGM_BPF_GET_PROGRAM, "getprogram", &ng_p_hookbuf,
	 &prog_type},
	{NGM_BPF_COOKIE, NGM_BPF_GET_STATS, "getstats", &ng_p_hookbuf,
	 &node_match_stat_type},
	{NGM_BPF_COOKIE, NGM_BPF_CLR_STATS, "clrstats", &ng_p_hookbuf, NULL},
	{NGM_BPF_COOKIE, NGM_BPF_GETCLR_STATS, "getclrstats", &ng_p_hookbuf,
	 &node_match_stat_type},
	{0},
};

/* --- what is a program -------------------------------------------------- */

#define SIZES(op) (op) | BPF_W, (op) | BPF_H, (op) | BPF_B
#define SOURCES(op) (op) | BPF_K, (op) | BPF_X

/* All instructions that there are. */
static const uint16_t codes[] = {
	SIZES(BPF_LD | BPF_ABS),
	SIZES(BPF_LD | BPF_IND),
	BPF_LD | BPF_IMM,
	BPF_LD | BPF_MEM,
	BPF_LD | BPF_LEN,
	BPF_LDX | BPF_IMM,
	BPF_LDX | BPF_MEM,
	BPF_LDX | BPF_LEN,
	BPF_LDX | BPF_MSH | BPF_B,
	BPF_ST,
	BPF_STX,
	SOURCES(BPF_ALU | BPF_ADD),
	SOURCES(BPF_ALU | BPF_SUB),
	SOURCES(BPF_ALU | BPF_MUL),
	SOURCES(BPF_ALU | BPF_DIV),
	SOURCES(BPF_ALU | BPF_MOD),
	SOURCES(BPF_ALU | BPF_OR),
	SOURCES(BPF_ALU | BPF_AND),
	SOURCES(BPF_ALU | BPF_XOR),
	SOURCES(BPF_ALU | BPF_LSH),
	SOURCES(BPF_ALU | BPF_RSH),
	BPF_ALU | BPF_NEG,
	BPF_JMP | BPF_JA,
	SOURCES(BPF_JMP | BPF_JEQ),
	SOURCES(BPF_JMP | BPF_JGT),
	SOURCES(BPF_JMP | BPF_JGE),
	SOURCES(BPF_JMP | BPF_JSET),
	BPF_RET | BPF_K,
	BPF_RET | 0x10, /* A */
	BPF_MISC,	/* tax */
	BPF_MISC | 0x80 /* txa */
};

/* `left`: how many instructions follow. */
static bool insn_good(const NG_BPF_INSN *p, uint32_t left)
{
	size_t i = 0;

	while (codes[i] != p->code)
		if (++i == sizeof(codes) / sizeof(codes[0]))
			return false;
	switch (p->code) {
	case BPF_JMP | BPF_JA:
		return p->k < left;
	case BPF_ST:
	case BPF_STX:
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM:
		return p->k < NGD_BPF_MEMWORDS;
	case BPF_ALU | BPF_DIV | BPF_K:
	case BPF_ALU | BPF_MOD | BPF_K:
		return p->k != 0;
	default:
		return BPF_CLASS(p->code) != BPF_JMP ||
		       (p->jt < left && p->jf < left);
	}
}

static bool prog_good(const NG_BPF_INSN *p, uint32_t n)
{
	if (n > NGD_BPF_MAXINSNS)
		return false;
	for (uint32_t i = 0; i < n; i++)
		if (!insn_good(&p[i], n - i - 1))
			return false;
	return n == 0 || BPF_CLASS(p[n - 1].code) == BPF_RET;
}

/* --- all of a node's ---------------------------------------------------- */

static struct prog *prog_of(const struct ng_hook *h)
{
	struct bpf *b = h->node->priv;

	return h->conf ? &b->prog[h->conf - 1] : NULL;
}

/* Its instructions go, those behind them move up. */
static void prog_clear(struct bpf *b, struct prog *p)
{
	uint16_t end = (uint16_t)(p->start + p->len);

	memmove(&b->insn[p->start], &b->insn[end],
		(size_t)(b->ninsns - end) * sizeof(b->insn[0]));
	for (size_t i = 0; i < NGD_BPF_PROGS; i++)
		if (b->prog[i].start >= end)
			b->prog[i].start =
				(uint16_t)(b->prog[i].start - p->len);
	b->ninsns = (uint16_t)(b->ninsns - p->len);
	*p = (struct prog){0};
}

static void bpf_disconnect(struct ng_hook *h)
{
	struct prog *p = prog_of(h);

	if (!p)
		return;
	prog_clear(h->node->priv, p);
	h->conf = 0;
	ng_node_changed(h->node);
}

static size_t bpf_blob(const struct ng_node *n, uint8_t ret[NGD_BLOB])
{
	const struct bpf *b = n->priv;
	struct ngd_bpf_blob *d = (struct ngd_bpf_blob *)ret;

	for (size_t i = 0; i < NGD_BPF_PROGS; i++) {
		const struct prog *p = &b->prog[i];

		if (!p->used)
			continue;
		d->prog[i] = (struct ngd_bpf_prog){
			.match = node_hook_slot(n, p->match),
			.nomatch = node_hook_slot(n, p->nomatch),
			.start = p->start,
			.len = p->len,
		};
	}
	memcpy(d->insn, b->insn, b->ninsns * sizeof(b->insn[0]));
	return sizeof(*d);
}

/* A journal's bytes are not to be trusted with places in arrays. */
static int bpf_restore(struct ng_node *n)
{
	const struct bpf *b = n->priv;
	size_t sum = 0;

	for (size_t i = 0; i < NGD_BPF_PROGS; i++) {
		const struct prog *p = &b->prog[i];

		if (p->start + p->len > b->ninsns ||
		    memchr(p->match, 0, NG_HOOKSIZ) == NULL ||
		    memchr(p->nomatch, 0, NG_HOOKSIZ) == NULL)
			return -EINVAL;
		sum += p->len;
	}
	if (sum != b->ninsns || sum > NGD_BPF_INSNS)
		return -EINVAL;
	for (const struct ng_hook *h = n->hooks; h; h = h->older)
		if (h->conf > NGD_BPF_PROGS)
			return -EINVAL;
	return 0;
}

/* --- messages ----------------------------------------------------------- */

/* A place for h's program; NULL: they have run out. */
static struct prog *prog_place(const struct ng_hook *h)
{
	struct bpf *b = h->node->priv;
	struct prog *p = prog_of(h);

	for (size_t i = 0; !p && i < NGD_BPF_PROGS; i++)
		if (!b->prog[i].used)
			p = &b->prog[i];
	return p;
}

static int prog_set(struct ng_hook *h, const struct ng_bpf_hookprog *arg)
{
	struct bpf *b = h->node->priv;
	uint16_t len = (uint16_t)arg->bpf_prog_len;
	struct prog *p = prog_place(h);
	int r;

	if (!p || b->ninsns - p->len + len > (int)NGD_BPF_INSNS)
		return -ENOMEM;
	prog_clear(b, p);
	p->used = true;
	p->start = b->ninsns;
	p->len = len;
	memcpy(p->match, arg->ifMatch, NG_HOOKSIZ - 1);
	memcpy(p->nomatch, arg->ifNotMatch, NG_HOOKSIZ - 1);
	memcpy(&b->insn[p->start], arg->bpf_prog, len * sizeof(b->insn[0]));
	b->ninsns = (uint16_t)(b->ninsns + len);
	r = ng_node_changed(h->node);
	if (r < 0 || h->conf)
		return r;
	h->conf = (uint32_t)(p - b->prog) + 1;
	return ng_hook_changed(h);
}

static int msg_setprogram(struct ng_node *n, const struct ng_mesg *msg)
{
	const struct ng_bpf_hookprog *arg = (const void *)msg->data;
	size_t len = msg->header.arglen;
	struct ng_hook *h;

	if (len < sizeof(*arg) || arg->bpf_prog_len < 0 ||
	    len != NG_BPF_HOOKPROG_SIZE((size_t)arg->bpf_prog_len))
		return -EINVAL;
	h = node_hook_named(n, arg->thisHook);
	if (!h)
		return -ENOENT;
	if (!prog_good(arg->bpf_prog, (uint32_t)arg->bpf_prog_len))
		return -EINVAL;
	return prog_set(h, arg);
}

static int msg_getprogram(struct ng_node *n, const struct ng_mesg *msg,
			  struct ng_reply *reply)
{
	static const struct ngd_bpf_insn none = {.code = BPF_RET | BPF_K};
	static const struct prog first = {.len = 1};
	const struct bpf *b = n->priv;
	const struct ng_hook *h;
	const struct prog *p;
	struct ng_bpf_hookprog *ret;

	if (!msg->header.arglen)
		return -EINVAL;
	h = node_hook_arg(n, msg);
	if (!h)
		return -ENOENT;
	p = prog_of(h) ? prog_of(h) : &first;
	ret = ng_answer_room(reply, msg, NG_BPF_HOOKPROG_SIZE(p->len));
	if (!ret)
		return -ENOMEM;
	memcpy(ret->thisHook, h->name, NG_HOOKSIZ);
	memcpy(ret->ifMatch, p->match, NG_HOOKSIZ);
	memcpy(ret->ifNotMatch, p->nomatch, NG_HOOKSIZ);
	ret->bpf_prog_len = p->len;
	memcpy(ret->bpf_prog, p == &first ? &none : &b->insn[p->start],
	       p->len * sizeof(none));
	return 0;
}

static int bpf_rcvmsg(struct ng_node *n, const struct ng_mesg *msg,
		      struct ng_hook *last, struct ng_reply *reply)
{
	(void)last;
	if (msg->header.typecookie != NGM_BPF_COOKIE)
		return -EINVAL;
	switch (msg->header.cmd) {
	case NGM_BPF_SET_PROGRAM:
		return msg_setprogram(n, msg);
	case NGM_BPF_GET_PROGRAM:
		return msg_getprogram(n, msg, reply);
	case NGM_BPF_GET_STATS:
		return node_match_stats(n, msg, reply, NODE_GET);
	case NGM_BPF_CLR_STATS:
		return node_match_stats(n, msg, reply, NODE_CLEAR);
	case NGM_BPF_GETCLR_STATS:
		return node_match_stats(n, msg, reply, NODE_GET | NODE_CLEAR);
	default:
		return -EINVAL;
	}
}

const struct ng_type ng_type_bpf = {
	.name = NG_BPF_NODE_TYPE,
	.cookie = NGM_BPF_COOKIE,
	.kind = NGD_BPF,
	.cmds = cmds,
	.priv_size = sizeof(struct bpf),
	.disconnect = bpf_disconnect,
	.rcvmsg = bpf_rcvmsg,
	.restore = bpf_restore,
	.blob = bpf_blob,
};
