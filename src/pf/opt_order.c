/*
 * opt_order: pfctl's order of the rules of a run.
 *
 * pf skips all rules that follow and have the same interface, direction, ... as
 * one that did not match for it.  So pfctl looks for the field in which most
 * rules agree, puts those together, and goes on with the rest, and within what
 * it has put together.  nftables has no such steps, but what pfctl shows is in
 * that order, and rules of one kind beside each other are what sets are made
 * of.
 */
#include "pf/opt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum step {
	STEP_IF,
	STEP_DIR,
	STEP_AF,
	STEP_PROTO,
	STEP_SRC,
	STEP_DST,
	STEP_SPORT,
	STEP_DPORT,
	NSTEPS,
};

/* Rules that agree in one field, in a list that has the longest first. */
struct group {
	struct group *prev, *next;
	size_t *rule; /* indexes; those taken away are skipped */
	size_t n, size, count;
};

struct groups {
	struct group *first, *last;
	/* of the groups of each size the first and the last */
	struct group **from, **to;
};

struct order {
	const struct pf_rules *l;
	const struct opt_rule *v;
	size_t n;
	const size_t *in; /* the rules to order, as indexes of v */
	bool *taken;
	struct groups steps[NSTEPS];
	bool dead[NSTEPS];	   /* all agree, or nobody does */
	struct group **of[NSTEPS]; /* rule -> its group */
	size_t *out, nout;
};

/* Where two rules agree they have the same key; false: with nobody. */
static bool step_key(const struct order *o, size_t i, enum step s,
		     struct opt_host *key)
{
	const struct opt_rule *v = &o->v[i];
	const struct pf_rule *r = &o->l->v[v->at];
	const struct opt_host *h = s == STEP_SRC ? &v->k.src : &v->k.dst;
	const struct pf_cmp *c = s == STEP_SPORT ? &v->k.sport : &v->k.dport;
	bool neg = s == STEP_SRC ? r->src.host.neg : r->dst.host.neg;
	static const uint8_t zero[16];

	memset(key, 0, sizeof(*key));
	switch (s) {
	case STEP_IF:
		key->kind = v->k.ifname;
		key->flags = r->flags & PF_F_NOT_IF;
		return key->kind;
	case STEP_DIR:
		key->kind = v->k.dir;
		return key->kind;
	case STEP_AF:
		key->kind = v->k.af;
		return key->kind;
	case STEP_PROTO:
		key->kind = v->k.proto;
		return key->kind;
	case STEP_SRC:
	case STEP_DST:
		*key = *h;
		key->flags |= neg ? 1u << 31 : 0;
		return h->kind != PF_ADDR_ANY && h->kind != PF_ADDR_RANGE &&
		       (h->kind != PF_ADDR_MASK ||
			memcmp(h->addr, zero, sizeof(zero)) != 0);
	default:
		key->kind = c->op;
		key->name = c->a;
		key->flags = c->b;
		return c->op != PF_OP_NONE;
	}
}

static void unlink_group(struct groups *g, struct group *x)
{
	if (g->from[x->count] == x)
		g->from[x->count] =
			x->next && x->next->count == x->count ? x->next : NULL;
	if (g->to[x->count] == x)
		g->to[x->count] =
			x->prev && x->prev->count == x->count ? x->prev : NULL;
	if (x->prev)
		x->prev->next = x->next;
	else
		g->first = x->next;
	if (x->next)
		x->next->prev = x->prev;
	else
		g->last = x->prev;
	x->prev = x->next = NULL;
}

/* Put x behind `after` (NULL: first). */
static void link_group(struct groups *g, struct group *x, struct group *after)
{
	x->prev = after;
	x->next = after ? after->next : g->first;
	if (x->next)
		x->next->prev = x;
	else
		g->last = x;
	if (after)
		after->next = x;
	else
		g->first = x;
	if (!x->prev || x->prev->count != x->count)
		g->from[x->count] = x;
	if (!x->next || x->next->count != x->count)
		g->to[x->count] = x;
}

/* One rule more: before all groups that are smaller now. */
static void enlarge(struct groups *g, struct group *x)
{
	struct group *after = g->from[x->count]->prev;

	unlink_group(g, x);
	x->count++;
	if (after == x)
		after = x->prev;
	link_group(g, x, after);
}

/* One rule less: behind all groups that are larger now. */
static void reduce(struct groups *g, struct group *x)
{
	struct group *after = g->to[x->count];

	if (after == x)
		after = x->prev;
	unlink_group(g, x);
	x->count--;
	link_group(g, x, after);
}

static int group_add(struct group *x, size_t rule)
{
	if (x->n == x->size) {
		size_t size = x->size ? 2 * x->size : 2;
		size_t *v = reallocarray(x->rule, size, sizeof(*v));

		if (!v)
			return -ENOMEM;
		x->rule = v;
		x->size = size;
	}
	x->rule[x->n++] = rule;
	return 0;
}

static void group_free(struct group *x)
{
	free(x->rule);
	free(x);
}

/* Sort all rules into the groups of one field. */
static int make_groups(struct order *o, enum step s)
{
	cleanup_dict struct dict keys = {0};
	struct groups *g = &o->steps[s];
	struct group **of_key;
	int r = 0;

	g->from = calloc(o->n + 2, sizeof(struct group *));
	g->to = calloc(o->n + 2, sizeof(struct group *));
	o->of[s] = calloc(o->n, sizeof(struct group *));
	of_key = calloc(o->n, sizeof(struct group *));
	if (!g->from || !g->to || !o->of[s] || !of_key)
		r = -ENOMEM;
	for (size_t i = 0; i < o->n && !r; i++) {
		struct group *x = NULL;
		struct opt_host key;
		uint32_t id = DICT_NONE;

		if (step_key(o, o->in[i], s, &key)) {
			id = dict_add(&keys, &key, sizeof(key));
			if (id == DICT_NONE)
				r = -ENOMEM;
			else
				x = of_key[id];
		}
		if (!r && !x) {
			x = calloc(1, sizeof(*x));
			if (!x) {
				r = -ENOMEM;
				break;
			}
			if (id != DICT_NONE)
				of_key[id] = x;
			link_group(g, x, g->last);
		}
		if (!r)
			r = group_add(x, i);
		if (r < 0)
			break;
		enlarge(g, x);
		o->of[s][i] = x;
	}
	free(of_key);
	return r;
}

static void free_groups(struct order *o)
{
	for (size_t s = 0; s < NSTEPS; s++) {
		while (o->steps[s].first) {
			struct group *x = o->steps[s].first;

			o->steps[s].first = x->next;
			group_free(x);
		}
		free(o->steps[s].from);
		free(o->steps[s].to);
		free(o->of[s]);
	}
	free(o->taken);
}

static int order(const struct pf_rules *l, const struct opt_rule *v,
		 const size_t *in, size_t n, size_t *out);

/* Is there a field that some, but not all, agree in? */
static bool common(struct order *o)
{
	bool any = false;

	for (size_t s = 0; s < NSTEPS; s++) {
		size_t most = o->steps[s].first->count;

		o->dead[s] = most <= 1 || most == o->n;
		any |= !o->dead[s];
	}
	return any;
}

/* How many rules agree in a field that can still tell some apart. */
static size_t worth(const struct order *o, size_t s)
{
	const struct group *x = o->steps[s].first;

	return x && !o->dead[s] ? x->count : 0;
}

/* Put one group together: large ones ordered again and at once, else `own`. */
static int take_group(struct order *o, size_t s, size_t *own, size_t *nown)
{
	struct groups *g = &o->steps[s];
	struct group *x = g->first;
	size_t *rules = calloc(x->n, sizeof(*rules)), n = 0;
	int r = rules ? 0 : -ENOMEM;

	unlink_group(g, x);
	for (size_t i = 0; i < x->n && !r; i++) {
		size_t k = x->rule[i];

		if (o->taken[k])
			continue;
		o->taken[k] = true;
		rules[n++] = o->in[k];
		for (size_t t = 0; t < NSTEPS; t++)
			if (t != s && worth(o, t) > 1)
				reduce(&o->steps[t], o->of[t][k]);
	}
	if (!r && n > 2) {
		r = order(o->l, o->v, rules, n, o->out + o->nout);
		o->nout += n;
	} else if (!r) {
		memcpy(own + *nown, rules, n * sizeof(*own));
		*nown += n;
	}
	free(rules);
	group_free(x);
	return r;
}

static int take_all(struct order *o)
{
	size_t *own = calloc(o->n, sizeof(*own)), nown = 0;
	int r = own ? 0 : -ENOMEM;

	while (!r) {
		size_t best = 0, most = 1;

		for (size_t s = 0; s < NSTEPS; s++)
			if (worth(o, s) > most) {
				most = worth(o, s);
				best = s;
			}
		if (most <= 1)
			break;
		r = take_group(o, best, own, &nown);
	}
	for (size_t i = 0; i < o->n && !r; i++)
		if (!o->taken[i])
			own[nown++] = o->in[i];
	if (!r)
		memcpy(o->out + o->nout, own, nown * sizeof(*own));
	free(own);
	return r;
}

/* in -> out, both n indexes of v */
static int order(const struct pf_rules *l, const struct opt_rule *v,
		 const size_t *in, size_t n, size_t *out)
{
	struct order o = {.l = l, .v = v, .n = n, .in = in, .out = out};
	int r = 0;

	o.taken = calloc(n, sizeof(*o.taken));
	if (!o.taken)
		return -ENOMEM;
	for (size_t s = 0; s < NSTEPS && !r; s++)
		r = make_groups(&o, (enum step)s);
	if (!r && common(&o))
		r = take_all(&o);
	else if (!r)
		memcpy(out, in, n * sizeof(*out));
	free_groups(&o);
	return r;
}

int opt_order(const struct pf_rules *l, struct opt_rule *v, size_t n)
{
	size_t *in = calloc(n, sizeof(*in)), *out = calloc(n, sizeof(*out));
	struct opt_rule *copy = calloc(n, sizeof(*copy));
	int r = in && out && copy ? 0 : -ENOMEM;

	for (size_t i = 0; i < n && !r; i++)
		in[i] = i;
	if (!r)
		r = order(l, v, in, n, out);
	for (size_t i = 0; i < n && !r; i++)
		copy[i] = v[out[i]];
	if (!r)
		memcpy(v, copy, n * sizeof(*v));
	free(in);
	free(out);
	free(copy);
	return r;
}

struct ranked {
	struct opt_rule r;
	size_t at;
};

static int cmp_ranked(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->r.packets != y->r.packets)
		return x->r.packets > y->r.packets ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

int opt_by_packets(struct opt_rule *v, size_t n)
{
	struct ranked *w = calloc(n + 1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		w[i] = (struct ranked){v[i], i};
	qsort(w, n, sizeof(*w), cmp_ranked);
	for (size_t i = 0; i < n; i++)
		v[i] = w[i].r;
	free(w);
	return 0;
}
