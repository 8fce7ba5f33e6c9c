/*
 * ctl: what `-o profile` and `set ruleset-optimization profile` go by: packets
 * that rules of the same words have counted so far.  Read when the optimiser
 * first asks.
 */
#include "pf/ctl.h"

#include "base/cleanup.h"
#include "pf/keep.h"
#include "pf/print.h"

#include <stdlib.h>
#include <string.h>

struct known {
	uint64_t hash, packets;
};

struct ctl_profile {
	struct pf_profile profile;
	struct ctl *c;
	bool read;
	struct known *v;
	size_t n;
};

static uint64_t add(uint64_t h, const char *s)
{
	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * 0x100000001b3;
	return h;
}

static uint64_t hash_of(const char *path, const struct pf_rule *r)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	pf_print_rule(&b, r, PF_LIST_FILTER, PF_PRINT_EXACT);
	if (strbuf_failed(&b))
		return 0;
	return add(add(0xcbf29ce484222325, path ? path : "") * 31, b.s);
}

static int cmp(const void *a, const void *b)
{
	const struct known *x = a, *y = b;

	return x->hash < y->hash ? -1 : x->hash > y->hash;
}

static void take(struct ctl_profile *p, const struct gen *g,
		 const struct pf_counters *had)
{
	for (size_t i = 0; i < g->nnodes; i++) {
		const struct gen_node *node = &g->node[i];
		const struct pf_rules *l = &node->a->list[PF_LIST_FILTER];

		for (size_t k = 0; k < l->n; k++) {
			const struct pf_counters *c =
				&had[node->base[PF_LIST_FILTER] + k];

			p->v[p->n++] =
				(struct known){hash_of(node->a->path, &l->v[k]),
					       c->packets[0] + c->packets[1]};
		}
	}
	qsort(p->v, p->n, sizeof(*p->v), cmp);
}

/* Without a profile the optimiser does what it does without one. */
static void read_loaded(struct ctl_profile *p)
{
	cleanup_free struct pf_counters *had = NULL;
	cleanup_pf_conf struct pf_conf *conf = NULL;
	cleanup_gen struct gen g = {0};

	p->read = true;
	if (!p->c->k || pf_loaded(p->c->k, &conf, NULL) < 0 ||
	    gen_init(&g, conf, NULL, NULL, NULL) < 0 ||
	    pf_count_rules(p->c->k, conf, &had, NULL) < 0)
		return;
	p->v = calloc(g.nrules + 1, sizeof(*p->v));
	if (p->v)
		take(p, &g, had);
}

static bool packets(void *data, const char *path, const struct pf_rule *r,
		    uint64_t *ret)
{
	struct ctl_profile *p = data;
	struct known key = {0};
	const struct known *hit;

	if (!p->read)
		read_loaded(p);
	if (!p->n)
		return false;
	key.hash = hash_of(path, r);
	hit = bsearch(&key, p->v, p->n, sizeof(*p->v), cmp);
	if (!hit)
		return false;
	*ret = hit->packets;
	return true;
}

struct ctl_profile *ctl_profile_new(struct ctl *c)
{
	struct ctl_profile *p = calloc(1, sizeof(*p));

	if (p)
		*p = (struct ctl_profile){
			.profile = {.packets = packets, .data = p}, .c = c};
	return p;
}

const struct pf_profile *ctl_profile_of(const struct ctl_profile *p)
{
	return p ? &p->profile : NULL;
}

void ctl_profile_free(struct ctl_profile **p)
{
	if (*p)
		free((*p)->v);
	free(*p);
	*p = NULL;
}
