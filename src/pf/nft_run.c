/*
 * nft_run: runs of like rules as one lookup.
 *
 * In a first-match chain (nft_filter.c) rules that differ only in the addresses
 * and ports that they ask for become one kernel rule: what they have in common
 * is compared as ever, the rest is a key that a map turns into the word of the
 * rule it belongs to.  Of two rules with the same key the first one counts.
 * Elements count packets, so each rule keeps its own counters.
 *
 * A rule joins a group of its shape that began earlier if no group behind that
 * one can match the same packets: another protocol, family or interface.
 * Nets of one length are a shape: the address is masked before the lookup.
 */
#include "pf/nft_gen.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_BACK 16 /* groups that a rule may join */
#define RUN_MIN 4    /* fewer are rules of their own */
#define FEW 8	     /* so many comparisons cost no more than a lookup */
#define KEY_MAX 40   /* two IPv6 addresses, two ports */
#define R_WORD NFR(12)

enum field {
	F_SRC,
	F_DST,
	F_SPORT,
	F_DPORT,
	NFIELDS,
};

/* What of a rule may be part of a key. */
static bool host_keyed(const struct pf_host *h)
{
	return h->kind == PF_ADDR_MASK && !h->neg;
}

static const struct pf_host *host_of(const struct pf_rule *r, enum field f)
{
	return f == F_SRC ? &r->src.host : &r->dst.host;
}

static const struct pf_cmp *port_of(const struct pf_rule *r, enum field f)
{
	return f == F_SPORT ? &r->src.port : &r->dst.port;
}

static bool same_str(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_host(const struct pf_host *a, const struct pf_host *b)
{
	if (a->kind != b->kind || a->neg != b->neg || a->af != b->af)
		return false;
	if (host_keyed(a))
		return memcmp(a->mask.b, b->mask.b, sizeof(a->mask.b)) == 0;
	return memcmp(a->addr.b, b->addr.b, sizeof(a->addr.b)) == 0 &&
	       memcmp(a->mask.b, b->mask.b, sizeof(a->mask.b)) == 0 &&
	       same_str(a->name, b->name) && a->if_flags == b->if_flags &&
	       a->net == b->net;
}

static bool same_cmp(const struct pf_cmp *a, const struct pf_cmp *b, bool keyed)
{
	if (a->op != b->op)
		return false;
	return (keyed && a->op == PF_OP_EQ) || a->op == PF_OP_NONE ||
	       (a->a == b->a && a->b == b->b);
}

/* Flags that a condition stands for. */
#define COND_FLAGS                                                             \
	(PF_F_NOT_IF | PF_F_NOT_TAGGED | PF_F_TOS | PF_F_NOT_RCVIF |           \
	 PF_F_ICMP_CODE | PF_F_ICMP_TYPE | PF_F_FRAGMENT)

static bool same_shape(const struct pf_rule *a, const struct pf_rule *b)
{
	return a->proto == b->proto && a->af == b->af &&
	       (a->flags & COND_FLAGS) == (b->flags & COND_FLAGS) &&
	       same_str(a->ifname, b->ifname) && same_str(a->rcvif, b->rcvif) &&
	       same_host(&a->src.host, &b->src.host) &&
	       same_host(&a->dst.host, &b->dst.host) &&
	       same_cmp(&a->src.port, &b->src.port, true) &&
	       same_cmp(&a->dst.port, &b->dst.port, true) &&
	       a->tcp_flags == b->tcp_flags &&
	       a->tcp_flagset == b->tcp_flagset &&
	       a->icmp_type == b->icmp_type && a->icmp_code == b->icmp_code &&
	       a->tos == b->tos && same_str(a->tagged, b->tagged) &&
	       same_cmp(&a->uid, &b->uid, false) &&
	       same_cmp(&a->gid, &b->gid, false);
}

/* No packet can match both. */
static bool disjoint(const struct pf_rule *a, const struct pf_rule *b)
{
	if (a->proto && b->proto && a->proto != b->proto)
		return true;
	if (a->af && b->af && a->af != b->af)
		return true;
	return a->ifname && b->ifname && !gen_is_group(a->ifname) &&
	       !gen_is_group(b->ifname) &&
	       !((a->flags | b->flags) & PF_F_NOT_IF) &&
	       strcmp(a->ifname, b->ifname) != 0;
}

/* Chance is drawn for each rule. */
static bool can_join(const struct pf_rule *r)
{
	const unsigned int f = gen_families(r);

	return (f & (f - 1)) == 0 &&
	       !(r->flags & (PF_F_PROBABILITY | PF_F_ONCE | PF_F_PRIO)) &&
	       !r->os && !r->max_pkt_size &&
	       (host_keyed(&r->src.host) || host_keyed(&r->dst.host) ||
		r->src.port.op == PF_OP_EQ || r->dst.port.op == PF_OP_EQ);
}

/* groups */

struct group {
	const struct pf_rule **v;
	size_t n, size;
};

struct gen_run {
	struct gen *g;
	const struct gen_node *node;
	enum gen_place place;
	const char *chain;
	gen_single *single;
	struct group *v;
	size_t n, size;
};

static bool group_add(struct group *to, const struct pf_rule *r)
{
	const struct pf_rule **v;
	size_t size = to->size;

	if (to->n == size) {
		size = size ? size * 2 : 1;
		v = reallocarray(to->v, size, sizeof(*v));
		if (!v)
			return false;
		to->v = v;
		to->size = size;
	}
	to->v[to->n++] = r;
	return true;
}

static struct group *new_group(struct gen_run *run)
{
	struct group *v;
	size_t size = run->size;

	if (run->n == size) {
		size = size ? size * 2 : 64;
		v = reallocarray(run->v, size, sizeof(*v));
		if (!v)
			return NULL;
		run->v = v;
		run->size = size;
	}
	run->v[run->n] = (struct group){0};
	return &run->v[run->n++];
}

/* The group that the rule may join, or a new one. */
static struct group *group_for(struct gen_run *run, const struct pf_rule *r)
{
	struct group *to;
	size_t i;

	if (!can_join(r) || gen_dynamic(run->g, run->node, r) ||
	    gen_split(run->g, r))
		return new_group(run);
	for (i = run->n; i > 0 && run->n - i < LOOK_BACK; i--) {
		to = &run->v[i - 1];
		if (same_shape(to->v[0], r) && can_join(to->v[0]))
			return to;
		if (!disjoint(to->v[0], r))
			break;
	}
	return new_group(run);
}

struct gen_run *gen_run_new(struct gen *g, const struct gen_node *node,
			    enum gen_place p, const char *chain,
			    gen_single *single)
{
	struct gen_run *run = calloc(1, sizeof(*run));

	if (!run) {
		g->b.failed = true;
		return NULL;
	}
	*run = (struct gen_run){.g = g,
				.node = node,
				.place = p,
				.chain = chain,
				.single = single};
	return run;
}

void gen_run_add(struct gen_run *run, const struct pf_rule *r)
{
	struct group *to;

	if (!run)
		return;
	if (r->dir == (gen_is_in(run->place) ? PF_OUT : PF_IN) ||
	    r->flags & PF_F_FRAGMENT)
		return;
	to = group_for(run, r);
	if (!to || !group_add(to, r))
		run->g->b.failed = true;
}

/* emission */

struct key {
	uint8_t b[KEY_MAX];
	const struct pf_rule *r;
	size_t at; /* place in the group: the first one counts */
};

/* Parts of the key that differ among the rules of a group. */
static unsigned int varying(const struct group *gr)
{
	const struct pf_rule *a = gr->v[0], *b;
	unsigned int mask = 0;
	enum field f;
	size_t i;

	for (i = 1; i < gr->n; i++) {
		b = gr->v[i];
		for (f = F_SRC; f <= F_DST; f++)
			if (host_keyed(host_of(a, f)) &&
			    memcmp(host_of(a, f)->addr.b, host_of(b, f)->addr.b,
				   sizeof(union pf_addr)) != 0)
				mask |= 1u << f;
		for (f = F_SPORT; f <= F_DPORT; f++)
			if (port_of(a, f)->op == PF_OP_EQ &&
			    port_of(a, f)->a != port_of(b, f)->a)
				mask |= 1u << f;
	}
	return mask;
}

static uint32_t make_key(const struct pf_rule *r, unsigned int mask,
			 uint8_t key[KEY_MAX])
{
	const uint32_t len = gen_families(r) == GEN_AF_V6 ? 16 : 4;
	uint32_t at = 0, i;
	uint16_t port;
	enum field f;

	memset(key, 0, KEY_MAX);
	for (f = F_SRC; f < NFIELDS; f++) {
		if (!(mask & 1u << f))
			continue;
		if (f <= F_DST) {
			for (i = 0; i < len; i++)
				key[at + i] = host_of(r, f)->addr.b[i] &
					      host_of(r, f)->mask.b[i];
			at += len;
			continue;
		}
		port = htons((uint16_t)port_of(r, f)->a);
		memcpy(key + at, &port, sizeof(port));
		at += 4;
	}
	return at;
}

static bool ones(const uint8_t *p, uint32_t n)
{
	while (n && *p == 0xff) {
		p++;
		n--;
	}
	return n == 0;
}

/* The same key of a packet, from NFR(0) on. */
static void load_key(struct gen *g, const struct pf_rule *r, unsigned int mask)
{
	static const uint8_t zero[16];
	const bool six = gen_families(r) == GEN_AF_V6;
	const uint32_t len = six ? 16 : 4;
	uint32_t reg = 0;
	enum field f;

	for (f = F_SRC; f < NFIELDS; f++) {
		if (!(mask & 1u << f))
			continue;
		if (f >= F_SPORT) {
			nfe_payload(&g->b, NFT_PAYLOAD_TRANSPORT_HEADER,
				    f == F_SPORT ? 0 : 2, 2, NFR(reg));
			reg++;
			continue;
		}
		nfe_payload(&g->b, NFT_PAYLOAD_NETWORK_HEADER,
			    (six ? 8 : 12) + (f == F_DST ? len : 0), len,
			    NFR(reg));
		if (!ones(host_of(r, f)->mask.b, len))
			nfe_bitwise(&g->b, NFR(reg), NFR(reg), len,
				    host_of(r, f)->mask.b, zero);
		reg += len / 4;
	}
}

static int cmp_key(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	int d = memcmp(x->b, y->b, KEY_MAX);

	if (d)
		return d;
	return x->at < y->at ? -1 : x->at > y->at;
}

/* Sorted keys of the group, each once; the caller frees. */
static struct key *keys_of(const struct group *gr, unsigned int mask,
			   uint32_t *ret_len, size_t *ret_n)
{
	struct key *v = calloc(gr->n, sizeof(*v));
	size_t i, n = 0;

	if (!v)
		return NULL;
	for (i = 0; i < gr->n; i++) {
		*ret_len = make_key(gr->v[i], mask, v[i].b);
		v[i].r = gr->v[i];
		v[i].at = i;
	}
	qsort(v, gr->n, sizeof(*v), cmp_key);
	for (i = 0; i < gr->n; i++)
		if (i == 0 || memcmp(v[i].b, v[n - 1].b, KEY_MAX) != 0)
			v[n++] = v[i];
	*ret_n = n;
	return v;
}

static unsigned int number(const struct gen_run *run, const struct pf_rule *r)
{
	return run->node->base[PF_LIST_FILTER] + r->nr;
}

/* Where a rule leads, with all that it needs made. */
static void verdict_of(const struct gen_run *run, const struct pf_rule *r,
		       bool make, struct gen_verdict *v)
{
	*v = (struct gen_verdict){0};
	gen_rule_verdict(run->g, run->node, r, number(run, r), run->place, make,
			 v);
}

/* Do all lead to one place? */
static bool one_verdict(const struct gen_run *run, const struct group *gr)
{
	struct gen_verdict first, v;
	size_t i;

	verdict_of(run, gr->v[0], false, &first);
	for (i = 1; i < gr->n; i++) {
		verdict_of(run, gr->v[i], false, &v);
		if (v.code != first.code || strcmp(v.chain, first.chain) != 0)
			return false;
	}
	return true;
}

static void put_map(const struct gen_run *run, const char *name,
		    const struct key *v, size_t n, uint32_t klen, bool verdicts)
{
	struct nfb *b = &run->g->b;
	const struct nfb_set s = {.name = name,
				  .ktype = NFB_TYPE_INT,
				  .klen = klen,
				  .dtype = verdicts ? NFT_DATA_VERDICT
						    : NFB_TYPE_MARK,
				  .dlen = verdicts ? 0 : 4,
				  .size = (uint32_t)n,
				  .counter = !verdicts};
	struct gen_verdict to;
	uint32_t word;
	size_t i;

	nfb_set(b, &s);
	nfb_elems(b, name, false);
	for (i = 0; i < n; i++) {
		struct nfb_elem el = {.key = v[i].b, .klen = klen};

		if (verdicts) {
			verdict_of(run, v[i].r, false, &to);
			el.verdict = true;
			el.code = to.code;
			el.chain = to.chain[0] ? to.chain : NULL;
		} else {
			word = gen_word(run->g, number(run, v[i].r));
			el.data = &word;
			el.dlen = sizeof(word);
		}
		nfb_elem(b, &el);
	}
	nfb_elems_end(b);
}

/* What the rules have in common. */
static struct pf_rule common(const struct pf_rule *r, unsigned int mask)
{
	struct pf_rule c = *r;

	if (mask & 1u << F_SRC)
		c.src.host = (struct pf_host){.kind = PF_ADDR_ANY};
	if (mask & 1u << F_DST)
		c.dst.host = (struct pf_host){.kind = PF_ADDR_ANY};
	if (mask & 1u << F_SPORT)
		c.src.port = (struct pf_cmp){0};
	if (mask & 1u << F_DPORT)
		c.dst.port = (struct pf_cmp){0};
	return c;
}

/* How the key is made, for who wants to look it up. */
static void end_why(const struct gen_run *run, const struct pf_rule *r,
		    unsigned int mask, unsigned int number)
{
	struct gen_run_why w = {.letter = GEN_WHY_RUN,
				.len = sizeof(w) - 2,
				.place = (uint8_t)gen_letter[run->place],
				.fields = (uint8_t)mask,
				.v6 = gen_families(r) == GEN_AF_V6};
	const uint32_t le = htole32(number);

	memcpy(w.run, &le, sizeof(le));
	memcpy(w.src, r->src.host.mask.b, sizeof(w.src));
	memcpy(w.dst, r->dst.host.mask.b, sizeof(w.dst));
	nfb_rule_end_udata(&run->g->b, &w, sizeof(w));
}

static void put_rule(const struct gen_run *run, const struct pf_rule *first,
		     unsigned int mask, unsigned int number, const char *map,
		     const char *vmap)
{
	const struct pf_rule c = common(first, mask);
	const struct gen_match m = {.node = run->node,
				    .r = &c,
				    .place = run->place,
				    .af = c.af == AF_INET6 ? GEN_AF_V6
							   : GEN_AF_V4};
	struct nfb *b = &run->g->b;
	struct gen_verdict v;

	if (!gen_rule_begin(run->g, run->chain, &m))
		return;
	load_key(run->g, first, mask);
	verdict_of(run, first, false, &v);
	if (!vmap && gen_first_makes(run->g, &v, run->place)) {
		nfe_map(b, map, NFR(0), gen_first_word(run->place));
		gen_first_make(run->g, run->place);
		end_why(run, first, mask, number);
		return;
	}
	nfe_map(b, map, NFR(0), R_WORD);
	nfe_meta_set(b, NFT_META_PRIORITY, R_WORD);
	if (run->g->first)
		gen_count(run->g, "match");
	if (vmap)
		nfe_vmap(b, vmap, NFR(0));
	else
		gen_verdict(run->g, &v);
	end_why(run, first, mask, number);
}

#define MAP_NAME 32
static void map_names(const struct gen_run *run, unsigned int nr,
		      char map[MAP_NAME], char vmap[MAP_NAME])
{
	snprintf(map, MAP_NAME, "u%c.%u", gen_letter[run->place], nr);
	snprintf(vmap, MAP_NAME, "v%c.%u", gen_letter[run->place], nr);
}

static void singles(const struct gen_run *run, const struct group *gr)
{
	size_t i;

	for (i = 0; i < gr->n; i++)
		run->single(run->g, run->node, gr->v[i], run->place,
			    run->chain);
}

/* In the copy for flows' first packets (nft_first.c): the maps are there. */
static void copy_group(struct gen_run *run, const struct group *gr,
		       unsigned int mask)
{
	const unsigned int nr = run->g->runs++;
	char map[MAP_NAME], vmap[MAP_NAME];

	if (gr->n <= FEW) {
		singles(run, gr);
		return;
	}
	if (gen_families(gr->v[0]) == GEN_AF_V6)
		return;
	map_names(run, nr, map, vmap);
	put_rule(run, gr->v[0], mask, nr, map,
		 one_verdict(run, gr) ? NULL : vmap);
}

static void put_group(struct gen_run *run, const struct group *gr)
{
	const unsigned int mask = varying(gr);
	unsigned int nr;
	char map[MAP_NAME], vmap[MAP_NAME];
	struct gen_verdict v;
	bool one;
	uint32_t klen = 0;
	struct key *keys;
	size_t i, n;

	if (gr->n < RUN_MIN || !mask) {
		singles(run, gr);
		return;
	}
	if (run->g->first) {
		copy_group(run, gr, mask);
		return;
	}
	keys = keys_of(gr, mask, &klen, &n);
	if (!keys) {
		run->g->b.failed = true;
		return;
	}
	for (i = 0; i < gr->n; i++)
		verdict_of(run, gr->v[i], true, &v);
	one = one_verdict(run, gr);
	nr = run->g->runs++;
	map_names(run, nr, map, vmap);
	put_map(run, map, keys, n, klen, false);
	if (!one)
		put_map(run, vmap, keys, n, klen, true);
	free(keys);
	put_rule(run, gr->v[0], mask, nr, map, one ? NULL : vmap);
}

void gen_run_flush(struct gen_run *run)
{
	size_t i;

	if (!run)
		return;
	for (i = 0; i < run->n; i++) {
		run->g->b.cookie = number(run, run->v[i].v[0]);
		put_group(run, &run->v[i]);
		free(run->v[i].v);
	}
	run->g->b.cookie = NFB_NO_COOKIE;
	run->n = 0;
}

void gen_run_free(struct gen_run **run)
{
	if (!*run)
		return;
	gen_run_flush(*run);
	free((*run)->v);
	free(*run);
	*run = NULL;
}
