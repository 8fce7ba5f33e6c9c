/*
 * tables: what entries and tables have counted.
 *
 * A range counts for the longest entry that it lies in.  Tables themselves
 * have no counters: theirs are those of the rules that name them.
 */
#include "pf/keep.h"
#include "pf/tables_impl.h"

#include "base/cleanup.h"
#include "pf/kernel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct counting {
	const struct pf_entry *v;
	size_t n;
	struct pf_entry_counters *to;
	sa_family_t af;
	int out, pass;
};

static int on_range(const struct nft_elem *el, void *data, struct err *e)
{
	struct counting *x = data;
	struct pf_entry at = {.af = (uint8_t)x->af};
	const struct pf_entry *hit;

	(void)e;
	if (el->flags & NFT_SET_ELEM_INTERVAL_END || !el->counted ||
	    el->klen != (x->af == AF_INET ? 4u : 16u))
		return 0;
	at.len = (uint8_t)(8 * el->klen);
	memcpy(at.addr.b, el->key, el->klen);
	hit = pf_entries_match(x->v, x->n, &at);
	if (!hit)
		return 0;
	x->to[hit - x->v].packets[x->out][x->pass] += el->packets;
	x->to[hit - x->v].bytes[x->out][x->pass] += el->bytes;
	return 0;
}

static void again(void *data)
{
	struct counting *x = data;

	for (size_t i = 0; i < x->n; i++) {
		if (x->v[i].af != x->af)
			continue;
		x->to[i].packets[x->out][x->pass] = 0;
		x->to[i].bytes[x->out][x->pass] = 0;
	}
}

int pf_table_counters(struct pf_kernel *k, const char *path, const char *table,
		      const struct pf_entry *v, size_t n,
		      struct pf_entry_counters **ret, struct err *e)
{
	static const sa_family_t families[] = {AF_INET, AF_INET6};
	cleanup_pf_tablereg struct pf_tablereg reg = {0};
	cleanup_free struct pf_entry_counters *to = calloc(n + 1, sizeof(*to));
	struct counting x = {.v = v, .n = n, .to = to};
	const struct pf_tablerow *t;
	char name[PF_SETNAME];
	int r;

	if (!to)
		return err_nomem(e);
	r = pf_tablereg_read(k->nf, &reg, e);
	if (r < 0)
		return r;
	t = pf_tablereg_find(&reg, path, table);
	if (!t || !(t->flags & PF_T_COUNTERS))
		return -ENODATA;
	for (int i = 0; r >= 0 && i < 8; i++) {
		x.out = i & 1;
		x.pass = i >> 1 & 1;
		x.af = families[i >> 2];
		pf_table_setname(name, PF_COUNTED_KIND(x.out, x.pass), x.af,
				 path, table);
		r = nft_each_elem(k->nf, name, on_range, again, &x, e);
	}
	if (r >= 0)
		*ret = take_ptr(to);
	return r;
}

/* tables */

struct adding {
	struct pf_table_info *v;
	size_t n;
	const struct pf_counters *c; /* of the rule */
	int what;		     /* 0 block, 1 pass */
};

static int add_rule(const struct pf_anchor *a, const char *name, void *data)
{
	struct adding *x = data;
	const char *path = pf_table_find(a, name) ? a->path : "";

	for (size_t i = 0; i < x->n; i++) {
		if (strcmp(x->v[i].name, name) != 0 ||
		    strcmp(x->v[i].anchor, path) != 0)
			continue;
		for (int way = 0; way < 2; way++) {
			x->v[i].packets[way][x->what] += x->c->packets[way];
			x->v[i].bytes[way][x->what] += x->c->bytes[way];
		}
		x->v[i].eval_match += x->c->evaluations;
	}
	return 0;
}

/* Tables that the rule looks an address up in. */
static void looked_up(const struct pf_anchor *a, const struct pf_rule *r,
		      struct adding *x)
{
	const struct pf_host *h[] = {&r->src.host, &r->dst.host};

	for (size_t i = 0; i < ARRAY_SIZE(h); i++)
		if (h[i]->kind == PF_ADDR_TABLE && !h[i]->neg)
			add_rule(a, h[i]->name, x);
}

int pf_table_totals(struct pf_kernel *k, const struct pf_conf *c,
		    struct pf_table_info *v, size_t n, struct err *e)
{
	cleanup_free struct pf_counters *had = NULL;
	cleanup_gen struct gen g = {0};
	struct adding x = {.v = v, .n = n};
	int r = gen_init(&g, c, NULL, NULL, e);

	if (r >= 0)
		r = pf_count_rules(k, c, &had, e);
	for (size_t i = 0; r >= 0 && i < g.nnodes; i++) {
		const struct pf_anchor *a = g.node[i].a;
		const struct pf_rules *l = &a->list[PF_LIST_FILTER];

		for (size_t j = 0; j < l->n; j++) {
			if (l->v[j].action != PF_PASS &&
			    l->v[j].action != PF_BLOCK)
				continue;
			x.c = &had[g.node[i].base[PF_LIST_FILTER] + j];
			x.what = l->v[j].action == PF_PASS;
			looked_up(a, &l->v[j], &x);
		}
	}
	return r < 0 ? r : 0;
}
