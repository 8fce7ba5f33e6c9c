/*
 * nft_pool: one of several addresses or gates.
 *
 * A number is drawn: in turn, at random, or by a hash of the source; what it
 * stands for is a map's to say.  With `sticky-address` the number that a source
 * has drawn is remembered in a map of its own ("zNP4", N the rule's number, P a
 * letter) whose elements count the source's connections: the kernel takes out
 * one that has none any more, as pf ends a source node with its last state.
 */
#include "pf/nft_gen.h"

#include "pf/table.h"
#include "pf/tables.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define R_SOURCE NFR(0) /* 4 registers */
#define POOL_MAX 65536

/* all addresses of a pool, one by one */

void gen_addrs_free(struct gen_addrs *a)
{
	free(a->v);
	*a = (struct gen_addrs){0};
}

static int add_addr(struct gen_addrs *a, const union pf_addr *addr)
{
	size_t size = a->size;
	union pf_addr *v;

	if (a->n >= POOL_MAX)
		return -E2BIG;
	if (a->n == size) {
		size = size ? size * 2 : 16;
		v = reallocarray(a->v, size, sizeof(*v));
		if (!v)
			return -ENOMEM;
		a->v = v;
		a->size = size;
	}
	a->v[a->n++] = *addr;
	return 0;
}

static int add_range(struct gen_addrs *a, sa_family_t af,
		     const struct pf_range *range)
{
	union pf_addr one;
	pf_num i;
	int r = 0;

	if (range->hi - range->lo >= POOL_MAX)
		return -E2BIG;
	for (i = range->lo; r == 0; i++) {
		one = pf_num_addr(af, i);
		r = add_addr(a, &one);
		if (i == range->hi)
			break;
	}
	return r;
}

/* Sorted and made flat. */
static int add_entries(struct gen_addrs *a, sa_family_t af,
		       struct pf_entries *e)
{
	struct pf_range *v = NULL;
	size_t n = 0, i;
	int r;

	e->n = pf_entries_sort(e->v, e->n);
	r = pf_entries_flatten(e->v, e->n, af, &v, &n);
	for (i = 0; r == 0 && i < n; i++)
		r = add_range(a, af, &v[i]);
	free(v);
	return r;
}

int gen_table_entries(const struct gen *g, const struct gen_node *node,
		      const char *name, struct pf_entries *ret)
{
	const char *path = pf_table_find(node->a, name) ? node->a->path : "";
	const struct pf_tablerow *t;
	const struct pf_table *def;
	struct pf_entries e = {0};
	int r = 0;

	if (!g->nf)
		return 0;
	t = pf_tablereg_find(g->reg, path, name);
	def = pf_table_seen(g->c, node->a, name);
	if (t && t->filled && def) {
		e.n = def->n;
		e.v = calloc(def->n + 1, sizeof(*e.v));
		if (!e.v)
			return -ENOMEM;
		if (def->n)
			memcpy(e.v, def->v, def->n * sizeof(*e.v));
	} else if (t && t->known) {
		r = pf_table_read(g->nf, t, &e, NULL);
		/* one that holds nothing yet, and is made by this load */
		if (r == -ENOENT)
			return 0;
	}
	if (r < 0)
		free(e.v);
	else
		*ret = e;
	return r;
}

static int add_table(const struct gen *g, const struct gen_node *node,
		     const char *name, sa_family_t af, struct gen_addrs *a)
{
	struct pf_entries e = {0};
	int r = gen_table_entries(g, node, name, &e);

	if (r == 0)
		r = add_entries(a, af, &e);
	free(e.v);
	return r;
}

static int add_dynif(const struct gen *g, const struct pf_host *h,
		     unsigned int af, struct gen_addrs *a)
{
	struct pf_entries e = {0};
	size_t i;
	int r;

	r = gen_dynif_entries(g, h, af, &e);
	if (h->if_flags & PF_IF_NETWORK || h->net >= 0)
		r = r ? r
		      : add_entries(a, af == GEN_AF_V6 ? AF_INET6 : AF_INET,
				    &e);
	else
		for (i = 0; r == 0 && i < e.n; i++)
			r = add_addr(a, &e.v[i].addr);
	free(e.v);
	return r;
}

static int add_net(const struct pf_host *h, struct gen_addrs *a)
{
	const size_t len = h->af == AF_INET6 ? 16 : 4;
	union pf_addr lo = {0}, hi = {0};
	size_t i;

	for (i = 0; i < len; i++) {
		lo.b[i] = h->addr.b[i] & h->mask.b[i];
		hi.b[i] = lo.b[i] | (uint8_t)~h->mask.b[i];
	}
	return add_range(a, h->af,
			 &(struct pf_range){pf_num_of(h->af, &lo),
					    pf_num_of(h->af, &hi)});
}

int gen_pool_addrs(const struct gen *g, const struct gen_node *node,
		   const struct pf_pool *p, unsigned int af,
		   struct gen_addrs *ret)
{
	const sa_family_t family = af == GEN_AF_V6 ? AF_INET6 : AF_INET;
	const struct pf_host *h;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < p->n; i++) {
		h = &p->v[i].host;
		if (h->kind == PF_ADDR_DYNIF)
			r = add_dynif(g, h, af, ret);
		else if (h->kind == PF_ADDR_TABLE)
			r = add_table(g, node, h->name, family, ret);
		else if (h->kind == PF_ADDR_MASK && h->af == family)
			r = add_net(h, ret);
	}
	return r;
}

/* numbers */

static void load_source(struct gen *g, unsigned int af)
{
	nfe_payload(&g->b, NFT_PAYLOAD_NETWORK_HEADER, af == GEN_AF_V6 ? 8 : 12,
		    af == GEN_AF_V6 ? 16 : 4, R_SOURCE);
}

void gen_draw(struct gen *g, const struct pf_pool *p, unsigned int af,
	      uint32_t n, uint32_t offset, uint32_t reg)
{
	uint32_t seed;

	if (p->type == PF_POOL_SRCHASH) {
		memcpy(&seed, p->key, sizeof(seed));
		load_source(g, af);
		nfe_jhash(&g->b, R_SOURCE, af == GEN_AF_V6 ? 16 : 4, seed, n,
			  offset, reg);
		return;
	}
	nfe_numgen(&g->b,
		   p->type == PF_POOL_RANDOM ? NFT_NG_RANDOM
					     : NFT_NG_INCREMENTAL,
		   n, offset, reg);
}

static void sticky_name(unsigned int n, char letter, unsigned int af,
			char name[GEN_CHAIN])
{
	snprintf(name, GEN_CHAIN, "z%u%c%c", n, letter,
		 af == GEN_AF_V6 ? '6' : '4');
}

void gen_sticky_map(struct gen *g, unsigned int n, char letter, unsigned int af)
{
	char name[GEN_CHAIN];

	sticky_name(n, letter, af, name);
	nfb_set(&g->b,
		&(struct nfb_set){.name = name,
				  .flags = NFT_SET_EVAL,
				  .ktype = af == GEN_AF_V6 ? NFB_TYPE_V6
							   : NFB_TYPE_V4,
				  .klen = af == GEN_AF_V6 ? 16 : 4,
				  .dtype = NFB_TYPE_INT,
				  .dlen = 4,
				  .size = g->c->opt.limit[PF_LIMIT_SRC_NODES]});
}

/* The source's element is made, or counts one more connection. */
static void remember(struct gen *g, const char *map, uint32_t reg)
{
	const struct nfe_dynset d = {.set = map,
				     .op = NFT_DYNSET_OP_UPDATE,
				     .key = R_SOURCE,
				     .data = reg,
				     .expr = true};

	nfe_dynset_begin(&g->b, &d);
	nfe_dynset_expr(&g->b);
	nfe_connlimit(&g->b, UINT32_MAX, false);
	nfe_dynset_expr_end(&g->b);
	nfe_dynset_end(&g->b);
}

void gen_recall(struct gen *g, unsigned int n, char letter, unsigned int af,
		uint32_t reg)
{
	char name[GEN_CHAIN];

	sticky_name(n, letter, af, name);
	load_source(g, af);
	nfe_map(&g->b, name, R_SOURCE, reg);
	remember(g, name, reg);
}

void gen_remember(struct gen *g, unsigned int n, char letter, unsigned int af,
		  uint32_t reg)
{
	char name[GEN_CHAIN];

	sticky_name(n, letter, af, name);
	load_source(g, af);
	remember(g, name, reg);
}

#define R_NUMBER NFR(4)

void gen_choice(struct gen *g, const struct pf_rule *r,
		const struct pf_pool *pool, unsigned int n, const char *map,
		uint32_t count, const char *chain, char letter)
{
	char sub[GEN_CHAIN];
	unsigned int af;

	snprintf(sub, sizeof(sub), "h%u%c", n, letter);
	nfb_chain(&g->b, sub);
	for (af = GEN_AF_V4; pool->sticky && af <= GEN_AF_V6; af <<= 1) {
		if (r->af && (r->af == AF_INET6) != (af == GEN_AF_V6))
			continue;
		gen_sticky_map(g, n, letter, af);
		nfb_rule(&g->b, sub);
		gen_match_af(g, af);
		gen_recall(g, n, letter, af, R_NUMBER);
		nfe_vmap(&g->b, map, R_NUMBER);
		nfb_rule_end(&g->b);
		nfb_rule(&g->b, sub);
		gen_match_af(g, af);
		gen_draw(g, pool, af, count, 0, R_NUMBER);
		gen_remember(g, n, letter, af, R_NUMBER);
		nfe_vmap(&g->b, map, R_NUMBER);
		nfb_rule_end(&g->b);
	}
	if (!pool->sticky) {
		nfb_rule(&g->b, sub);
		gen_draw(g, pool, GEN_AF_V4, count, 0, R_NUMBER);
		nfe_vmap(&g->b, map, R_NUMBER);
		nfb_rule_end(&g->b);
	}
	nfb_rule(&g->b, chain);
	nfe_verdict(&g->b, NFT_JUMP, sub);
	nfb_rule_end(&g->b);
}
