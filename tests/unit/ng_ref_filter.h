/*
 * ng_ref_filter: the reference walk (ng_ref.h, which includes this) of the
 * node types that look into packets and change them.
 */
#ifndef CB_TESTS_NG_REF_FILTER_H
#define CB_TESTS_NG_REF_FILTER_H

#include "netgraph/filter_roles.h"

#include <linux/filter.h>
#include <netgraph/ng_bpf.h>
#include <netgraph/ng_checksum.h>
#include <netgraph/ng_patch.h>
#include <netgraph/ng_tag.h>
#include <netgraph/ng_tcpmss.h>
#include <netgraph/ng_vlan_rotate.h>

#ifndef BPF_A
#define BPF_A 0x10
#endif

/* The answer to a message whose argument is a hook's name. */
static struct ng_msgbuf *ref_ask_hook(struct ng_hook *h, uint32_t cookie,
				      uint32_t cmd)
{
	struct {
		struct ng_mesg m;
		char name[NG_HOOKSIZ];
	} q = {.m.header = {.version = NG_VERSION,
			    .typecookie = cookie,
			    .cmd = cmd,
			    .arglen = NG_HOOKSIZ}};
	struct ng_reply reply = {0};

	memcpy(q.name, h->name, sizeof(q.name));
	ATF_REQUIRE_EQ(0, ng_message(h->node, h->node, NULL, &q.m, &reply));
	ATF_REQUIRE(reply.msg != NULL);
	return reply.msg;
}

/* --- bpf ---------------------------------------------------------------- */

/* `size` bytes at off; false: they are not all there. */
static bool ref_fetch(struct ref_pkt p, uint64_t off, size_t size,
		      uint32_t *ret)
{
	if (off + size > p.len)
		return false;
	*ret = 0;
	for (size_t i = 0; i < size; i++)
		*ret = *ret << 8 | p.data[off + i];
	return true;
}

struct ref_machine {
	uint32_t a, x, mem[16];
};

static bool ref_filter_load(struct ref_machine *m, struct ref_pkt p,
			    const struct sock_filter *f, uint32_t *ret)
{
	size_t size = BPF_SIZE(f->code) == BPF_W   ? 4
		      : BPF_SIZE(f->code) == BPF_H ? 2
						   : 1;

	switch (BPF_MODE(f->code)) {
	case BPF_IMM:
		*ret = f->k;
		return true;
	case BPF_LEN:
		*ret = (uint32_t)p.len;
		return true;
	case BPF_MEM:
		*ret = m->mem[f->k];
		return true;
	case BPF_MSH:
		if (!ref_fetch(p, f->k, 1, ret))
			return false;
		*ret = 4 * (*ret & 15);
		return true;
	case BPF_IND:
		return ref_fetch(p, (uint64_t)m->x + f->k, size, ret);
	default:
		return ref_fetch(p, f->k, size, ret);
	}
}

static bool ref_filter_alu(struct ref_machine *m, const struct sock_filter *f)
{
	uint32_t by = f->code & BPF_X ? m->x : f->k;

	switch (BPF_OP(f->code)) {
	case BPF_ADD:
		m->a += by;
		return true;
	case BPF_SUB:
		m->a -= by;
		return true;
	case BPF_MUL:
		m->a *= by;
		return true;
	case BPF_DIV:
		m->a = by ? m->a / by : 0;
		return by;
	case BPF_MOD:
		m->a = by ? m->a % by : 0;
		return by;
	case BPF_OR:
		m->a |= by;
		return true;
	case BPF_AND:
		m->a &= by;
		return true;
	case BPF_XOR:
		m->a ^= by;
		return true;
	case BPF_LSH:
		m->a <<= by % 32;
		return true;
	case BPF_RSH:
		m->a >>= by % 32;
		return true;
	default:
		m->a = 0 - m->a;
		return true;
	}
}

static size_t ref_filter_jump(const struct ref_machine *m,
			      const struct sock_filter *f)
{
	uint32_t by = f->code & BPF_X ? m->x : f->k;

	switch (BPF_OP(f->code)) {
	case BPF_JA:
		return f->k;
	case BPF_JEQ:
		return m->a == by ? f->jt : f->jf;
	case BPF_JGT:
		return m->a > by ? f->jt : f->jf;
	case BPF_JGE:
		return m->a >= by ? f->jt : f->jf;
	default:
		return m->a & by ? f->jt : f->jf;
	}
}

/* How much of the packet a program of n instructions wants. */
static uint32_t ref_filter(const struct sock_filter *f, size_t n,
			   struct ref_pkt p)
{
	struct ref_machine m = {0};

	if (!n)
		return UINT32_MAX;
	for (;; f++) {
		switch (BPF_CLASS(f->code)) {
		case BPF_LD:
			if (!ref_filter_load(&m, p, f, &m.a))
				return 0;
			break;
		case BPF_LDX:
			if (!ref_filter_load(&m, p, f, &m.x))
				return 0;
			break;
		case BPF_ST:
			m.mem[f->k] = m.a;
			break;
		case BPF_STX:
			m.mem[f->k] = m.x;
			break;
		case BPF_ALU:
			if (!ref_filter_alu(&m, f))
				return 0;
			break;
		case BPF_JMP:
			f += ref_filter_jump(&m, f);
			break;
		case BPF_RET:
			return f->code & BPF_A ? m.a : f->k;
		default:
			if (f->code & 0x80)
				m.a = m.x;
			else
				m.x = m.a;
		}
	}
}

static void ref_bpf(struct ref *ref, struct ng_hook *in, struct ref_pkt p)
{
	struct ng_msgbuf *answer =
		ref_ask_hook(in, NGM_BPF_COOKIE, NGM_BPF_GET_PROGRAM);
	const struct ng_bpf_hookprog *prog = (const void *)answer->m.data;
	uint32_t want =
		ref_filter(prog->bpf_prog, (size_t)prog->bpf_prog_len, p);
	const char *name = want ? prog->ifMatch : prog->ifNotMatch;
	struct ng_hook *to = name[0] ? ref_hook(in->node, name) : NULL;

	if (want) {
		ref_count(in, NGD_BPF_C_FRAMES, 1);
		ref_count(in, NGD_BPF_C_OCTETS, p.len);
	}
	if (want && want < p.len)
		p.len = want;
	if (to)
		ref_out(ref, to, in, p);
	else
		ref_drop(in, NGD_D_FILTER);
	free(answer);
}

static void ref_word(struct ng_node *n, unsigned int word)
{
	dp_state(ng_graph_dp(n->graph), n->slot)->word[word]++;
}

/* A copy with room for one more byte; the caller frees it. */
static uint8_t *ref_copy(struct ref_pkt p)
{
	uint8_t *copy;

	ATF_REQUIRE(p.len < 1u << 20);
	copy = malloc(p.len + 1);
	ATF_REQUIRE(copy != NULL);
	memcpy(copy, p.data, p.len);
	return copy;
}

/* --- ether_echo --------------------------------------------------------- */

static void ref_ether_echo(struct ref *ref, struct ng_hook *in,
			   struct ref_pkt p)
{
	uint8_t *copy;

	if (p.len < 14) {
		ref_drop(in, NGD_D_RUNT);
		return;
	}
	copy = ref_copy(p);
	memcpy(copy, p.data + 6, 6);
	memcpy(copy + 6, p.data, 6);
	ref_out(ref, in, in, ref_with(p, copy, p.len));
	free(copy);
}

/* --- vlan_rotate -------------------------------------------------------- */

static bool ref_vlan_tag(const uint8_t *b)
{
	uint16_t type = ref_u16(b);

	return type == 0x8100 || type == 0x88a8 || type == 0x9100 ||
	       type == 0x9200 || type == 0x9300;
}

static void ref_rotate_out(struct ref *ref, struct ng_hook *in, const char *to,
			   struct ref_pkt p)
{
	struct ng_hook *out = ref_hook(in->node, to);

	if (!out)
		ref_word(in->node, NGD_ROTATE_W_DROPS);
	ref_out(ref, out, in, p);
}

static void ref_vlan_rotate(struct ref *ref, struct ng_hook *in,
			    struct ref_pkt p)
{
	struct ng_msgbuf *answer = ref_ask(in->node, NGM_VLANROTATE_COOKIE,
					   NGM_VLANROTATE_GET_CONF);
	struct ng_vlanrotate_conf c;
	bool back = !strcmp(in->name, "ordered");
	const char *to = back ? "original" : "ordered";
	size_t n = 0, by;
	uint8_t *copy;

	memcpy(&c, answer->m.data, sizeof(c));
	free(answer);
	if (!back && strcmp(in->name, "original")) {
		ref_rotate_out(ref, in, "original", p);
		return;
	}
	while (n <= 10 && 16 + 4 * n <= p.len &&
	       ref_vlan_tag(p.data + 12 + 4 * n))
		n++;
	if (!ref_hook(in->node, to)) {
		ref_rotate_out(ref, in, to, p);
	} else if (n <= 10 && 16 + 4 * n > p.len) {
		ref_word(in->node, NGD_ROTATE_W_DROPS);
		ref_drop(in, NGD_D_RUNT);
	} else if (n > c.max || n >= 10) {
		ref_word(in->node, NGD_ROTATE_W_EXCESSIVE);
		ref_rotate_out(ref, in, "excessive", p);
	} else if (n < c.min || n <= (size_t)abs(c.rot)) {
		ref_word(in->node, NGD_ROTATE_W_INCOMPLETE);
		ref_rotate_out(ref, in, "incomplete", p);
	} else {
		/* rot > 0, towards ordered: the innermost ones come out */
		by = (n + (size_t)(back ? n - (size_t)c.rot : (size_t)c.rot)) %
		     n;
		copy = ref_copy(p);
		for (size_t i = 0; i < n; i++)
			memcpy(copy + 12 + 4 * ((i + by) % n),
			       p.data + 12 + 4 * i, 4);
		ref_word(in->node, NGD_ROTATE_W_HISTOGRAM + (unsigned int)n);
		ref_out(ref, ref_hook(in->node, to), in,
			ref_with(p, copy, p.len));
		free(copy);
	}
}

/* --- checksums ---------------------------------------------------------- */

static uint32_t ref_sum(const uint8_t *b, size_t len, uint32_t sum)
{
	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? b[i] : (uint32_t)b[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static void ref_sum_put(uint8_t *at, uint32_t sum)
{
	at[0] = (uint8_t)(~sum >> 8);
	at[1] = (uint8_t)~sum;
}

/* Those of an IPv4 packet with TCP or UDP. */
static void ref_sums(uint8_t *ip, bool header, bool l4)
{
	size_t size = (ip[0] & 15) * 4u, len = ref_u16(ip + 2);
	uint8_t *sum = ip + size + (ip[9] == 6 ? 16 : 6);

	if (header) {
		memset(ip + 10, 0, 2);
		ref_sum_put(ip + 10, ref_sum(ip, size, 0));
	}
	if (l4 && (ip[9] == 6 || ip[9] == 17)) {
		memset(sum, 0, 2);
		ref_sum_put(sum,
			    ref_sum(ip + size, len - size,
				    ref_sum(ip + 12, 8,
					    ip[9] + (uint32_t)(len - size))));
	}
}

/* --- tcpmss ------------------------------------------------------------- */

/* Where the number is; 0: there is none. */
static size_t ref_mss(const uint8_t *ip, size_t tcp)
{
	size_t at = tcp + 20, end = tcp + (ip[tcp + 12] >> 4) * 4u;

	while (at < end && ip[at]) {
		if (ip[at] == 1) {
			at++;
			continue;
		}
		if (at + 2 > end || !ip[at + 1] || at + ip[at + 1] > end)
			break;
		if (ip[at] == 2 && ip[at + 1] == 4)
			return at + 2;
		at += ip[at + 1];
	}
	return 0;
}

static void ref_tcpmss(struct ref *ref, struct ng_hook *in, struct ref_pkt p)
{
	struct ng_hook *out = in->node->hooks;
	uint8_t *ip = ref_copy(p);
	size_t tcp = (ip[0] & 15) * 4u, at;

	while (out && (!in->number || out->slot != in->number))
		out = out->older;
	if (!out) {
		ref_drop(in, NGD_D_FILTER);
		free(ip);
		return;
	}
	ref_count(in, NGD_MSS_C_PACKETS, 1);
	ref_count(in, NGD_MSS_C_OCTETS, p.len);
	if (in->conf && p.len >= 20 &&
	    (ip[0] >> 4 != 4 || tcp < 20 || tcp > p.len ||
	     (ip[9] == 6 && tcp + 20 <= p.len &&
	      (ip[tcp + 12] >> 4 < 5 ||
	       tcp + (ip[tcp + 12] >> 4) * 4u > p.len)))) {
		ref_drop(in, NGD_D_INVALID);
		free(ip);
		return;
	}
	if (in->conf && p.len >= 40 && ip[9] == 6 && tcp + 20 < p.len &&
	    ip[tcp + 13] & 2 && ip[tcp + 12] >> 4 > 5) {
		ref_count(in, NGD_MSS_C_SYN, 1);
		at = ref_mss(ip, tcp);
		if (at && ref_u16(ip + at) > in->conf) {
			ip[at] = (uint8_t)(in->conf >> 8);
			ip[at + 1] = (uint8_t)in->conf;
			ref_sums(ip, false, true);
			ref_count(in, NGD_MSS_C_FIXED, 1);
		}
	}
	ref_out(ref, out, in, ref_with(p, ip, p.len));
	free(ip);
}

/* --- patch -------------------------------------------------------------- */

static uint64_t ref_patch_value(unsigned int mode, uint64_t a, uint64_t v)
{
	switch (mode) {
	case NG_PATCH_MODE_SET:
		return v;
	case NG_PATCH_MODE_ADD:
		return a + v;
	case NG_PATCH_MODE_SUB:
		return a - v;
	case NG_PATCH_MODE_MUL:
		return a * v;
	case NG_PATCH_MODE_DIV:
		return a / v;
	case NG_PATCH_MODE_NEG:
		return 0 - a;
	case NG_PATCH_MODE_AND:
		return a & v;
	case NG_PATCH_MODE_OR:
		return a | v;
	case NG_PATCH_MODE_XOR:
		return a ^ v;
	case NG_PATCH_MODE_SHL:
		return v > 63 ? 0 : a << v;
	default:
		return v > 63 ? 0 : a >> v;
	}
}

static bool ref_patch_op(uint8_t *b, size_t len, uint64_t base,
			 const struct ng_patch_op *op)
{
	uint64_t at = base + op->offset, v = 0, by = op->val.v8;
	unsigned int n = op->length;

	if (at + n > len)
		return false;
	for (unsigned int i = 0; i < n; i++)
		v = v << 8 | b[at + i];
	if (n < 8)
		by &= (1ull << 8 * n) - 1;
	v = ref_patch_value(op->mode, v, by);
	for (unsigned int i = n; i > 0; i--, v >>= 8)
		b[at + i - 1] = (uint8_t)v;
	return true;
}

static void ref_patch(struct ref *ref, struct ng_hook *in, struct ref_pkt p)
{
	bool forth = !strcmp(in->name, "in"), done = false;
	struct ng_msgbuf *dlt =
		ref_ask(in->node, NGM_PATCH_COOKIE, NGM_PATCH_GETDLT);
	struct ng_hook *out = ref_hook(in->node, forth ? "out" : "in");
	const struct ng_patch_config *c;
	struct ng_msgbuf *conf = NULL;
	uint8_t *b = ref_copy(p);
	size_t link = 14;

	if (dp_node(ng_graph_dp(ref->g), in->node->slot)->blob)
		conf = ref_ask(in->node, NGM_PATCH_COOKIE, NGM_PATCH_GETCONFIG);
	ref_word(in->node, NGD_PATCH_RECEIVED);
	if (forth && conf) {
		c = (const void *)conf->m.data;
		while (link + 4 <= p.len && ref_vlan_tag(b + link - 2))
			link += 4;
		for (uint32_t i = 0; i < c->count; i++)
			done |= ref_patch_op(
				b, p.len,
				c->relative_offset && dlt->m.data[0] == 1 ? link
									  : 0,
				&c->ops[i]);
		if (p.len > 40 && b[link] == 0x45)
			ref_sums(b + link, c->csum_flags & CSUM_IP,
				 c->csum_flags & (CSUM_TCP | CSUM_UDP));
		if (done)
			ref_word(in->node, NGD_PATCH_PATCHED);
	}
	if (forth && !out)
		out = in;
	if (!out)
		ref_word(in->node, NGD_PATCH_DROPPED);
	ref_out(ref, out, in, ref_with(p, b, p.len));
	free(dlt);
	free(conf);
	free(b);
}

/* --- tag ---------------------------------------------------------------- */

/* The place of the newest mark that is looked for; nmarks: there is none. */
static size_t ref_tag_find(struct ref_pkt p, const struct ng_tag_hookin *rule)
{
	size_t i = 0;

	if (!rule->tag_cookie && !rule->tag_id)
		return p.nmarks;
	while (i < p.nmarks &&
	       (p.mark[i].cookie != rule->tag_cookie ||
		p.mark[i].id != rule->tag_id || p.mark[i].len < rule->tag_len ||
		memcmp(p.mark[i].data, rule->tag_data, rule->tag_len)))
		i++;
	return i;
}

static void ref_tag_put(struct ref_pkt *p, struct ng_hook *out)
{
	struct ng_msgbuf *answer =
		ref_ask_hook(out, NGM_TAG_COOKIE, NGM_TAG_GET_HOOKOUT);
	const struct ng_tag_hookout *t = (const void *)answer->m.data;

	if ((t->tag_cookie || t->tag_id) && p->nmarks < REF_MARKS) {
		memmove(&p->mark[1], &p->mark[0],
			p->nmarks * sizeof(p->mark[0]));
		p->nmarks++;
		p->mark[0] = (struct ref_mark){
			.cookie = t->tag_cookie,
			.id = t->tag_id,
			.len = t->tag_len,
		};
		memcpy(p->mark[0].data, t->tag_data, t->tag_len);
	}
	free(answer);
}

static void ref_tag(struct ref *ref, struct ng_hook *in, struct ref_pkt p)
{
	struct ng_msgbuf *answer =
		ref_ask_hook(in, NGM_TAG_COOKIE, NGM_TAG_GET_HOOKIN);
	const struct ng_tag_hookin *rule = (const void *)answer->m.data;
	size_t at = ref_tag_find(p, rule);
	const char *to = rule->ifNotMatch;
	struct ng_hook *out;

	if (at < p.nmarks) {
		ref_count(in, NGD_TAG_C_FRAMES, 1);
		ref_count(in, NGD_TAG_C_OCTETS, p.len);
		to = rule->ifMatch;
	}
	if (at < p.nmarks && rule->strip) {
		p.nmarks--;
		memmove(&p.mark[at], &p.mark[at + 1],
			(p.nmarks - at) * sizeof(p.mark[0]));
	}
	out = to[0] ? ref_hook(in->node, to) : NULL;
	if (out) {
		ref_tag_put(&p, out);
		ref_out(ref, out, in, p);
	} else {
		ref_drop(in, NGD_D_FILTER);
	}
	free(answer);
}

/* --- checksum ----------------------------------------------------------- */

/* TCP's or UDP's, of a packet that ends at `end`; false: it is too short. */
static bool ref_sum_l4(uint8_t *addrs, size_t naddrs, uint8_t *l4, uint8_t *end,
		       uint8_t proto)
{
	size_t len = (size_t)(end - l4);
	uint8_t *at = l4 + (proto == 6 ? 16 : 6);

	if (end < l4 || len < (proto == 6 ? 20 : 8))
		return false;
	memset(at, 0, 2);
	ref_sum_put(at, ref_sum(l4, len,
				ref_sum(addrs, naddrs, proto + (uint32_t)len)));
	if (proto == 17 && !ref_u16(at))
		memset(at, 0xff, 2);
	return true;
}

static bool ref_sum_ip4(uint8_t *ip, size_t len, uint64_t flags)
{
	size_t head = (ip[0] & 15) * 4u, total = ref_u16(ip + 2);

	if (head < 20 || total < head || total > len)
		return false;
	if (flags & CSUM_IP) {
		memset(ip + 10, 0, 2);
		ref_sum_put(ip + 10, ref_sum(ip, head, 0));
	}
	if (ref_u16(ip + 6) & 0x3fff)
		return false;
	if ((ip[9] == 6 && flags & CSUM_TCP) ||
	    (ip[9] == 17 && flags & CSUM_UDP))
		return ref_sum_l4(ip + 12, 8, ip + head, ip + total, ip[9]);
	return flags & CSUM_IP;
}

static bool ref_sum_ip6(uint8_t *ip, size_t len, uint64_t flags)
{
	uint8_t next = ip[6], *at = ip + 40, *end = at + ref_u16(ip + 4);

	if (end > ip + len)
		return false;
	while (next == 0 || next == 43 || next == 60 || next == 51) {
		if (at + 8 > end)
			return false;
		next = at[0];
		at += (at[1] + 1u) * 8;
	}
	if ((next == 6 && flags & CSUM_TCP_IPV6) ||
	    (next == 17 && flags & CSUM_UDP_IPV6))
		return ref_sum_l4(ip + 8, 32, at, end, next);
	return false;
}

static bool ref_sum_packet(uint8_t *b, size_t len, bool raw, uint64_t flags)
{
	size_t at = raw ? 0 : 14;
	bool v4 = flags & (CSUM_IP | CSUM_TCP | CSUM_UDP);
	bool v6 = flags & (CSUM_TCP_IPV6 | CSUM_UDP_IPV6);

	while (!raw && at + 4 <= len && ref_vlan_tag(b + at - 2))
		at += 4;
	v4 &= at + 20 <= len && b[at] >> 4 == 4;
	v6 &= at + 40 <= len && b[at] >> 4 == 6;
	if (!raw) {
		v4 &= ref_u16(b + at - 2) == 0x0800;
		v6 &= ref_u16(b + at - 2) == 0x86dd;
	}
	if (v4)
		return ref_sum_ip4(b + at, len - at, flags);
	return v6 && ref_sum_ip6(b + at, len - at, flags);
}

static void ref_checksum(struct ref *ref, struct ng_hook *in, struct ref_pkt p)
{
	bool forth = !strcmp(in->name, "in");
	const struct ng_node *n = in->node;
	uint32_t set =
		dp_node(ng_graph_dp(ref->g), n->slot)->conf[NGD_SUM_FLAGS] &
		~NGD_SUM_RAW;
	struct ng_hook *out = ref_hook(n, forth ? "out" : "in");
	uint8_t *b = ref_copy(p);

	ref_word(in->node, NGD_SUM_RECEIVED);
	if (forth && set) {
		struct ng_msgbuf *dlt = ref_ask(in->node, NGM_CHECKSUM_COOKIE,
						NGM_CHECKSUM_GETDLT);
		struct ng_msgbuf *conf = ref_ask(in->node, NGM_CHECKSUM_COOKIE,
						 NGM_CHECKSUM_GETCONFIG);

		if (ref_sum_packet(
			    b, p.len, dlt->m.data[0] == 12,
			    ((const struct ng_checksum_config *)conf->m.data)
				    ->csum_flags))
			ref_word(in->node, NGD_SUM_PROCESSED);
		free(dlt);
		free(conf);
	}
	if (forth && !out)
		out = in;
	if (!out)
		ref_word(in->node, NGD_SUM_DROPPED);
	ref_out(ref, out, in, ref_with(p, b, p.len));
	free(b);
}

#endif
