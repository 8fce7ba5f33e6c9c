/* opt: the ruleset optimiser, model to model; opt.h has its theory. */
#include "pf/opt.h"

#include "base/cleanup.h"
#include "pf/conf.h"
#include "pf/table.h"

#include <errno.h>
#include <string.h>

/* Such a rule stays where it is, and nothing moves across it. */
static bool barrier(const struct pf_rule *r)
{
	const struct pf_state_opts *o = &r->opts;

	return r->nlabels || (r->flags & PF_F_PROBABILITY) || o->max_states ||
	       o->max_src_nodes || o->max_src_states || o->max_src_conn ||
	       o->conn_rate || (o->flags & PF_S_SRCTRACK_RULE) ||
	       r->action == PF_ANCHOR || r->route_pool.n || r->pool.n ||
	       r->rdr.n;
}

/* Interfaces end in a digit, groups never do. */
static bool maybe_group(const struct pf_rule *r)
{
	size_t n = r->ifname ? strlen(r->ifname) : 0;

	return n && !strchr("0123456789", r->ifname[n - 1]);
}

static bool same_name(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* May rule b be in the run that begins with a? */
static bool same_run(const struct pf_rules *l, const struct opt_rule *a,
		     const struct opt_rule *b)
{
	const struct pf_rule *x = &l->v[a->at], *y = &l->v[b->at];

	if (barrier(y) || a->block != b->block)
		return false;
	/* who is in a group nobody knows beforehand */
	return !(maybe_group(x) || maybe_group(y)) ||
	       same_name(x->ifname, y->ifname);
}

struct opt {
	enum pf_optimize how;
	struct pf_conf *c;
	struct pf_anchor *a;
	struct pf_rules *l;
};

/* For each rule the next one that differs in that address alone. */
static int chain(const struct opt_rule *v, size_t n, bool src, size_t *next)
{
	cleanup_dict struct dict keys = {0};
	size_t *last = calloc(n, sizeof(*last));
	int r = last ? 0 : -ENOMEM;

	for (size_t i = 0; i < n && !r; i++) {
		struct opt_key k = v[i].k;
		struct opt_host *h = src ? &k.src : &k.dst;
		size_t before = keys.n;
		uint32_t id;

		next[i] = n;
		if (h->kind != PF_ADDR_MASK)
			continue;
		memset(h, 0, sizeof(*h));
		id = dict_add(&keys, &k, sizeof(k));
		if (id == DICT_NONE) {
			r = -ENOMEM;
			break;
		}
		if (keys.n == before)
			next[last[id]] = i;
		last[id] = i;
	}
	free(last);
	return r;
}

static bool tabled(const struct opt_rule *r)
{
	return r->src_table >= 0 || r->dst_table >= 0;
}

static size_t next_free(const struct opt_rule *v, size_t n, const size_t *next,
			size_t i)
{
	do
		i = next[i];
	while (i < n && tabled(&v[i]));
	return i;
}

static bool negated(const struct opt *o, const struct opt_rule *v, bool src)
{
	const struct pf_rule *r = &o->l->v[v->at];

	return src ? r->src.host.neg : r->dst.host.neg;
}

/* A table of the addresses that rule i and those after it have. */
static int make_table(struct opt *o, struct opt_rule *v, size_t n, size_t i,
		      const size_t *next, bool src, size_t count)
{
	struct pf_rule *r = &o->l->v[v[i].at];
	struct pf_host *h = src ? &r->src.host : &r->dst.host;
	struct pf_table_init *init;
	struct pf_table *t;
	char name[PF_TABLE_NAME];

	snprintf(name, sizeof(name), PF_AUTO_TABLE "%u", o->c->auto_tables - 1);
	t = pf_table_add(o->a, name);
	if (!t)
		return -ENOMEM;
	pf_table_clear(t);
	str_copy(t->name, sizeof(t->name), name);
	t->flags = PF_T_CONST | PF_T_AUTO | PF_T_HAS_INIT;
	init = calloc(1, sizeof(*init));
	t->init = init;
	if (!init)
		return -ENOMEM;
	t->ninit = 1;
	init->v = calloc(count, sizeof(*init->v));
	t->v = calloc(count, sizeof(*t->v));
	if (!init->v || !t->v)
		return -ENOMEM;
	for (size_t k = i; k < n; k = next[k]) {
		const struct pf_rule *m = &o->l->v[v[k].at];
		const struct pf_host *a = src ? &m->src.host : &m->dst.host;
		struct pf_entry *e;

		if ((src ? v[k].src_table : v[k].dst_table) !=
		    (int)o->c->auto_tables - 1)
			continue;
		init->v[init->n++] = *a;
		e = &t->v[t->n++];
		e->af = (uint8_t)a->af;
		e->addr = a->addr;
		e->len = (uint8_t)opt_mask_len(src ? &v[k].k.src : &v[k].k.dst,
					       a->af);
		v[k].gone = k != i;
	}
	t->n = pf_entries_sort(t->v, t->n);
	*h = (struct pf_host){.kind = PF_ADDR_TABLE, .name = strdup(name)};
	if (!h->name)
		return -ENOMEM;
	memset(src ? &v[i].k.src : &v[i].k.dst, 0, sizeof(struct opt_host));
	(src ? &v[i].k.src : &v[i].k.dst)->kind = PF_ADDR_TABLE;
	(src ? &v[i].k.src : &v[i].k.dst)->name =
		UINT32_MAX - o->c->auto_tables;
	return 0;
}

/* Rules that differ in one address become one with a table, if many enough. */
static int combine(struct opt *o, struct opt_rule *v, size_t n)
{
	cleanup_free size_t *by_src = calloc(n, sizeof(*by_src));
	cleanup_free size_t *by_dst = calloc(n, sizeof(*by_dst));
	int r = by_src && by_dst ? 0 : -ENOMEM;

	if (!r)
		r = chain(v, n, true, by_src);
	if (!r)
		r = chain(v, n, false, by_dst);
	for (size_t i = 0; i < n && !r; i++) {
		size_t s, d, count = 1;
		const size_t *next;
		bool src;

		if (tabled(&v[i]))
			continue;
		s = next_free(v, n, by_src, i);
		d = next_free(v, n, by_dst, i);
		if (s == n && d == n)
			continue;
		src = s < d;
		next = src ? by_src : by_dst;
		/* "not a" or "not b" is not "neither": pfctl takes it for so */
		if (negated(o, &v[i], src))
			continue;
		*(src ? &v[i].src_table : &v[i].dst_table) =
			(int)o->c->auto_tables;
		for (size_t k = src ? s : d; k < n;
		     k = next_free(v, n, next, k)) {
			*(src ? &v[k].src_table : &v[k].dst_table) =
				(int)o->c->auto_tables;
			count++;
		}
		o->c->auto_tables++;
		if (count >= PF_TABLE_WORTH)
			r = make_table(o, v, n, i, next, src, count);
	}
	return r;
}

static size_t compact(struct opt_rule *v, size_t n)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		if (!v[i].gone)
			v[k++] = v[i];
	return k;
}

/*
 * Quick rules of which the kernel has some are put in the order of what these
 * have counted; rules without a number stay behind those with one.
 */
static int by_profile(const struct opt *o, struct opt_rule *v, size_t n,
		      bool *ret)
{
	const struct pf_profile *p = o->c->profile;
	bool known = false;

	*ret = false;
	if (o->how != PF_OPT_PROFILE || !p ||
	    !(o->l->v[v[0].at].flags & PF_F_QUICK))
		return 0;
	for (size_t i = 0; i < n; i++) {
		v[i].packets = 0;
		known |= p->packets(p->data, o->a->path, &o->l->v[v[i].at],
				    &v[i].packets);
	}
	*ret = known;
	return known ? opt_by_packets(v, n) : 0;
}

/* One run; the new number of its rules in *n. */
static int optimize_run(struct opt *o, struct opt_rule *v, size_t *n)
{
	bool profiled = false;
	int r;

	if (*n < 2)
		return 0;
	r = opt_cover(v, *n);
	*n = compact(v, *n);
	if (!r)
		r = combine(o, v, *n);
	*n = compact(v, *n);
	if (r >= 0)
		r = by_profile(o, v, *n, &profiled);
	return r < 0 || profiled ? r : opt_order(o->l, v, *n);
}

/*
 * The list with the rules that are left, in their order: rules are large, so
 * each goes to its place at once, in cycles, instead of into a second list.
 */
static int rebuild(struct pf_rules *l, const struct opt_rule *v, size_t n)
{
	cleanup_free size_t *from = calloc(l->n, sizeof(*from));
	cleanup_free bool *kept = calloc(l->n, sizeof(*kept));
	size_t out = n;

	if (!from || !kept)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		from[i] = v[i].at;
		kept[v[i].at] = true;
	}
	for (size_t i = 0; i < l->n; i++)
		if (!kept[i]) {
			pf_rule_clear(&l->v[i]);
			from[out++] = i;
		}
	for (size_t i = 0; i < l->n; i++) {
		struct pf_rule first = l->v[i];
		size_t k = i;

		while (from[k] != i && from[k] != l->n) {
			size_t next = from[k];

			l->v[k] = l->v[next];
			from[k] = l->n; /* done */
			k = next;
		}
		if (from[k] == i)
			l->v[k] = first;
		from[k] = l->n;
	}
	l->n = n;
	/* pfctl counts the rules of an optimized list anew */
	for (size_t i = 0; i < n; i++)
		l->v[i].nr = l->v[i].seq = (unsigned int)i;
	return 0;
}

static int optimize_list(struct opt *o)
{
	cleanup_dict struct dict words = {0};
	size_t n = o->l->n, out = 0;
	cleanup_free struct opt_rule *v = calloc(n, sizeof(*v));
	int r = v ? 0 : -ENOMEM;

	for (size_t i = 0; i < n && !r; i++) {
		v[i].at = i;
		r = opt_read(&o->l->v[i], &words, &v[i]);
	}
	for (size_t i = 0, end; i < n && !r; i = end) {
		size_t left;

		for (end = i + 1; end < n; end++)
			if (!same_run(o->l, &v[i], &v[end]))
				break;
		left = end - i;
		r = optimize_run(o, v + i, &left);
		memmove(v + out, v + i, left * sizeof(*v));
		out += left;
	}
	return r < 0 ? r : rebuild(o->l, v, out);
}

int pf_optimize_anchor(struct pf_conf *c, struct pf_anchor *a,
		       enum pf_optimize how, struct err *e)
{
	struct opt o = {
		.how = how, .c = c, .a = a, .l = &a->list[PF_LIST_FILTER]};
	int r;

	if (how == PF_OPT_NONE || !o.l->n)
		return 0;
	r = optimize_list(&o);
	if (r < 0)
		return err_nomem(e);
	for (size_t i = 0; i < o.l->n && !r; i++) {
		const struct pf_rule *x = &o.l->v[i];

		if (x->action == PF_ANCHOR && x->anchor_inline)
			r = pf_optimize_anchor(c, x->anchor, how, e);
	}
	return r;
}

int pf_optimize(struct pf_conf *c, enum pf_optimize how, struct err *e)
{
	return pf_optimize_anchor(c, c->root, how, e);
}
