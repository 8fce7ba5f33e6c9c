/* See keep.h. */
#include "pf/keep.h"

#include "base/cleanup.h"
#include "pf/print.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A rule, by its words. */
struct words {
	uint64_t hash;
	unsigned int nr;
	bool taken;
};

static uint64_t hash_of(const struct pf_rule *r, enum pf_list list)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	uint64_t h = 0xcbf29ce484222325;
	size_t i;

	pf_print_rule(&b, r, list, PF_PRINT_EXACT);
	for (i = 0; !strbuf_failed(&b) && i < b.len; i++)
		h = (h ^ (uint8_t)b.s[i]) * 0x100000001b3;
	return h;
}

static int cmp_words(const void *a, const void *b)
{
	const struct words *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->nr < y->nr ? -1 : x->nr > y->nr;
}

/* The first of those with the hash that has not been taken. */
static struct words *find(struct words *v, size_t n, uint64_t hash)
{
	size_t lo = 0, hi = n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (v[mid].hash < hash)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < n && v[lo].hash == hash; lo++)
		if (!v[lo].taken)
			return &v[lo];
	return NULL;
}

static void keep_one(struct gen *g, uint32_t n, const struct pf_counters *c)
{
	struct pf_counters now = *c;

	now.states = 0;
	if (now.evaluations || now.packets[0] || now.packets[1])
		nfb_elem(&g->b, &(struct nfb_elem){.key = &n,
						   .klen = sizeof(n),
						   .udata = &now,
						   .udata_len = sizeof(now)});
}

static int keep_list(struct gen *g, const struct pf_rules *old,
		     const struct pf_counters *had, const struct pf_rules *now,
		     unsigned int base, enum pf_list list)
{
	cleanup_free struct words *v = calloc(old->n + 1, sizeof(*v));
	struct words *hit;
	size_t i;

	if (!v)
		return -ENOMEM;
	for (i = 0; i < old->n; i++)
		v[i] = (struct words){.hash = hash_of(&old->v[i], list),
				      .nr = (unsigned int)i};
	qsort(v, old->n, sizeof(*v), cmp_words);
	for (i = 0; i < now->n; i++) {
		hit = find(v, old->n, hash_of(&now->v[i], list));
		if (!hit)
			continue;
		hit->taken = true;
		keep_one(g, base + (unsigned int)i, &had[hit->nr]);
	}
	return 0;
}

struct keeping {
	struct gen *g;
	struct gen was;
	struct pf_counters *had;
	const struct pf_zero *zero;
	size_t nzero;
};

static bool begins_anew(const struct keeping *x, const char *path, int list)
{
	for (size_t i = 0; i < x->nzero; i++)
		if ((int)x->zero[i].list == list &&
		    !strcmp(x->zero[i].path, path))
			return true;
	return false;
}

static int keep_node(struct keeping *x, const struct gen_node *now)
{
	const char *path = now->a->path ? now->a->path : "";
	const struct gen_node *old = gen_node_of(&x->was, path);
	const struct pf_counters *had = x->had;
	struct gen *g = x->g;
	int l, r = 0;

	for (l = 0; old && r == 0 && l < PF_NLISTS; l++)
		if ((g->c->opt.keepcounters ||
		     old->a->list[l].v == now->a->list[l].v) &&
		    !begins_anew(x, path, l))
			r = keep_list(g, &old->a->list[l], had + old->base[l],
				      &now->a->list[l], now->base[l],
				      (enum pf_list)l);
	return r;
}

static void keeping_free(struct keeping *x)
{
	gen_free(&x->was);
	free(x->had);
}

int pf_keep_counters(struct pf_kernel *k, const struct pf_conf *old,
		     const struct pf_zero *zero, size_t nzero, struct gen *g,
		     struct err *e)
{
	__attribute__((cleanup(keeping_free))) struct keeping x = {
		.g = g, .zero = zero, .nzero = nzero};
	size_t i;
	int r;

	r = gen_init(&x.was, old, NULL, NULL, e);
	if (r >= 0)
		r = pf_count_rules(k, old, &x.had, e);
	if (r < 0)
		return r;
	nfb_set(&g->b, &(struct nfb_set){.name = PF_KEPT,
					 .ktype = NFB_TYPE_INT,
					 .klen = sizeof(uint32_t)});
	nfb_elems(&g->b, PF_KEPT, false);
	for (i = 0; r >= 0 && i < g->nnodes; i++)
		r = keep_node(&x, &g->node[i]);
	nfb_elems_end(&g->b);
	return r < 0 ? err_nomem(e) : 0;
}
