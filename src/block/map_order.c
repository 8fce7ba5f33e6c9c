/*
 * map_order: who stands above whom.
 *
 * Each jail's own items form one column and its children another; the cables
 * between them should cross as little as possible.  Children are sorted by
 * the average rank of the ports they are plugged into (barycentre), the ports
 * of a bridge by the rank of what hangs on them, and the items in turn by
 * theirs if that saves crossings.  Ties keep the order of the topology, so a
 * drawing is always the same.
 *
 * In a stacked jail there is one column: every item is followed by the
 * children that are plugged into it, and ports are sorted the other way round
 * because their cables nest like brackets.
 */
#include "base/cleanup.h"
#include "block/map_priv.h"

#include <math.h>
#include <string.h>

#define SWEEPS 4

struct keyed {
	double key;
	size_t i;
	void *p;
};

static int keyed_cmp(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->i < y->i ? -1 : x->i > y->i;
}

/* Sort an array of pointers by key(pointer), stable. */
static int sort_by(void *v, size_t n, double (*key)(const void *p),
		   struct err *e)
{
	cleanup_free struct keyed *k = NULL;
	char *base = v;

	if (n < 2)
		return 0;
	k = calloc(n, sizeof(*k));
	if (!k)
		return err_nomem(e);
	for (size_t i = 0; i < n; i++) {
		memcpy(&k[i].p, base + i * sizeof(void *), sizeof(void *));
		k[i].i = i;
		k[i].key = key(k[i].p);
	}
	qsort(k, n, sizeof(*k), keyed_cmp);
	for (size_t i = 0; i < n; i++)
		memcpy(base + i * sizeof(void *), &k[i].p, sizeof(void *));
	return 0;
}

static double key_row(const void *p)
{
	return ((const struct mrow *)p)->want;
}

static double key_item(const void *p)
{
	return ((const struct mitem *)p)->want;
}

static double key_item_seq(const void *p)
{
	return (double)((const struct mitem *)p)->seq;
}

static double key_kid(const void *p)
{
	return ((const struct mjail *)p)->want;
}

static double key_kid_stacked(const void *p)
{
	const struct mjail *j = p;

	return (double)j->first_item;
}

/* The child of j in whose box the row is drawn. */
static struct mjail *kid_of(const struct mjail *j, const struct mrow *r)
{
	struct mjail *k = r->item->jail;

	while (k->parent != j)
		k = k->parent;
	return k;
}

static bool is_own(const struct mjail *j, const struct mrow *r)
{
	return r->item->jail == j;
}

/* The run's end on j's own items and the one on a child; false: other sort. */
static bool own_kid(const struct mjail *j, const struct mrun *run,
		    struct mrow **ret_own, struct mrow **ret_kid)
{
	int own = is_own(j, run->r[0]) ? 0 : 1;

	if (!is_own(j, run->r[own]) || is_own(j, run->r[!own]))
		return false;
	*ret_own = run->r[own];
	*ret_kid = run->r[!own];
	return true;
}

static void rank_item(struct mitem *it, size_t *ord)
{
	for (size_t k = 0; k < it->nrows; k++)
		it->rows[k]->ord = (*ord)++;
}

static void rank_items(struct mjail *j, size_t *ord)
{
	for (size_t i = 0; i < j->nitems; i++)
		rank_item(j->items[i], ord);
}

/* All rows that a cable from outside may reach, from top to bottom. */
static void rank_exposed(struct mjail *j, size_t *ord)
{
	size_t k = 0;

	if (!j->stacked || j->simple) {
		rank_items(j, ord);
		return;
	}
	/* one column, as layout's stacked_edges() has it */
	for (size_t i = 0; i < j->nitems; i++) {
		rank_item(j->items[i], ord);
		while (k < j->nkids && j->kids[k]->first_item <= i)
			rank_exposed(j->kids[k++], ord);
	}
	while (k < j->nkids)
		rank_exposed(j->kids[k++], ord);
}

static void rank_kids(struct mjail *j)
{
	size_t ord = 0;

	for (size_t i = 0; i < j->nkids; i++)
		rank_exposed(j->kids[i], &ord);
}

/* --- one sweep --- */

struct mean {
	double sum;
	size_t n;
};

static size_t kid_index(const struct mjail *j, const struct mjail *kid)
{
	size_t i = 0;

	while (j->kids[i] != kid)
		i++;
	return i;
}

static size_t item_index(const struct mjail *j, const struct mitem *it)
{
	size_t i = 0;

	while (j->items[i] != it)
		i++;
	return i;
}

/* Children that hang on siblings only stand beside those. */
static void want_siblings(struct mjail *j)
{
	for (size_t n = 0; n < j->nruns; n++) {
		struct mrun *run = &j->runs[n];
		struct mjail *a, *b;

		if (is_own(j, run->r[0]) || is_own(j, run->r[1]))
			continue;
		a = kid_of(j, run->r[0]);
		b = kid_of(j, run->r[1]);
		if (isinf(a->want) && !isinf(b->want)) {
			a->want = b->want + 0.25;
			a->first_item = b->first_item;
		} else if (isinf(b->want) && !isinf(a->want)) {
			b->want = a->want + 0.25;
			b->first_item = a->first_item;
		}
	}
}

static int order_kids(struct mjail *j, struct err *e)
{
	cleanup_free struct mean *m = calloc(j->nkids + 1, sizeof(*m));
	struct mrow *own, *kid;
	size_t ord = 0, k;

	if (!m)
		return err_nomem(e);
	rank_items(j, &ord);
	for (size_t i = 0; i < j->nkids; i++)
		j->kids[i]->first_item = SIZE_MAX;
	for (size_t n = 0; n < j->nruns; n++) {
		if (!own_kid(j, &j->runs[n], &own, &kid))
			continue;
		k = kid_index(j, kid_of(j, kid));
		ord = item_index(j, own->item);
		/* first by item, so that a router stands between its bridges */
		m[k].sum += (double)ord * 1e6 + (double)own->ord;
		m[k].n++;
		if (ord < j->kids[k]->first_item)
			j->kids[k]->first_item = ord;
	}
	for (size_t i = 0; i < j->nkids; i++)
		j->kids[i]->want =
			m[i].n ? m[i].sum / (double)m[i].n : INFINITY;
	for (size_t i = 0; i < j->nkids && i < SWEEPS; i++)
		want_siblings(j);
	if (j->stacked)
		return sort_by(j->kids, j->nkids, key_kid_stacked, e);
	return sort_by(j->kids, j->nkids, key_kid, e);
}

/*
 * Where a row of `kid` wants to be for its partner's sake.  Stacked, cables
 * to what is above come first, and each group is sorted the other way round.
 */
static double want_partner(const struct mjail *j, const struct mjail *kid,
			   const struct mrow *partner)
{
	bool below;

	if (!j->stacked)
		return (double)partner->ord;
	below = is_own(j, partner) &&
		item_index(j, partner->item) > kid->first_item;
	return (below ? 2e8 : 1e8) - (double)partner->ord;
}

/* The rows of a child that has no more than rows. */
static int order_simple_rows(struct mjail *j, struct mjail *kid, struct err *e)
{
	struct mitem *it = kid->items[0];

	for (size_t i = 0; i < it->nrows; i++) {
		struct mrow *r = it->rows[i];

		if (r->cont && i)
			r->want = it->rows[i - 1]->want;
		else if (!r->wired)
			r->want = r->fact ? 2e9 : r->head ? -1 : 1e9;
	}
	for (size_t n = 0; n < j->nruns; n++)
		for (int s = 0; s < 2; s++)
			if (j->runs[n].r[s]->item == it)
				j->runs[n].r[s]->want =
					want_partner(j, kid, j->runs[n].r[!s]);
	for (size_t i = 1; i < it->nrows; i++)
		if (it->rows[i]->cont)
			it->rows[i]->want = it->rows[i - 1]->want;
	return sort_by(it->rows, it->nrows, key_row, e);
}

static double want_own(const struct mjail *j, const struct mrow *own,
		       const struct mrow *kid)
{
	bool below;

	if (!j->stacked)
		return (double)kid->ord;
	below = kid_of(j, kid)->first_item >= item_index(j, own->item);
	return (below ? 2e8 : 1e8) - (double)kid->ord;
}

/* Both ends are j's own: towards the other end, clear of all other cables. */
static void want_own_own(const struct mjail *j, const struct mrun *run)
{
	size_t a = item_index(j, run->r[0]->item);
	size_t b = item_index(j, run->r[1]->item);

	run->r[0]->want = a < b ? 1e9 : -0.5;
	run->r[1]->want = b < a ? 1e9 : -0.5;
}

static int order_item_rows(struct mjail *j, struct err *e)
{
	struct mrow *own, *kid;
	int r = 0;

	for (size_t i = 0; i < j->nitems; i++)
		for (size_t k = 0; k < j->items[i]->nrows; k++) {
			struct mrow *row = j->items[i]->rows[k];

			/* addresses of a bridge stand on top, facts last */
			row->want = row->fact && j->items[i]->kind == MI_PLAIN
					    ? 2e9
					    : -1;
		}
	for (size_t n = 0; n < j->nruns; n++)
		if (own_kid(j, &j->runs[n], &own, &kid))
			own->want = want_own(j, own, kid);
		else if (is_own(j, j->runs[n].r[0]) &&
			 is_own(j, j->runs[n].r[1]))
			want_own_own(j, &j->runs[n]);
	for (size_t i = 0; !r && i < j->nitems; i++) {
		struct mitem *it = j->items[i];

		for (size_t k = 1; k < it->nrows; k++)
			if (it->rows[k]->cont)
				it->rows[k]->want = it->rows[k - 1]->want;
		r = sort_by(it->rows, it->nrows, key_row, e);
	}
	return r;
}

static int sweep(struct mjail *j, struct err *e)
{
	int r = 0;

	for (int s = 0; !r && s < SWEEPS; s++) {
		size_t ord = 0;

		r = order_kids(j, e);
		rank_items(j, &ord);
		for (size_t i = 0; !r && i < j->nkids; i++)
			if (j->kids[i]->simple)
				r = order_simple_rows(j, j->kids[i], e);
		rank_kids(j);
		if (!r)
			r = order_item_rows(j, e);
	}
	return r;
}

static size_t crossings(struct mjail *j)
{
	struct mrow *a, *b, *c, *d;
	size_t ord = 0, n = 0;

	rank_items(j, &ord);
	rank_kids(j);
	for (size_t i = 0; i < j->nruns; i++) {
		if (!own_kid(j, &j->runs[i], &a, &b))
			continue;
		for (size_t k = 0; k < i; k++)
			if (own_kid(j, &j->runs[k], &c, &d) &&
			    (a->ord < c->ord) != (b->ord < d->ord))
				n++;
	}
	return n;
}

/* Sort the items by where their cables go. */
static int order_items(struct mjail *j, struct err *e)
{
	cleanup_free struct mean *m = calloc(j->nitems + 1, sizeof(*m));
	struct mrow *own, *kid;
	size_t i;

	if (!m)
		return err_nomem(e);
	rank_kids(j);
	for (size_t n = 0; n < j->nruns; n++) {
		if (!own_kid(j, &j->runs[n], &own, &kid))
			continue;
		i = item_index(j, own->item);
		m[i].sum += (double)kid->ord;
		m[i].n++;
	}
	for (i = 0; i < j->nitems; i++)
		j->items[i]->want = m[i].n ? m[i].sum / (double)m[i].n : -1;
	return sort_by(j->items, j->nitems, key_item, e);
}

/* --- which cables run straight --- */

struct chain {
	size_t own, kid, len, prev;
	struct mrun *run;
};

static int chain_cmp(const void *a, const void *b)
{
	const struct chain *x = a, *y = b;

	return x->own < y->own ? -1 : x->own > y->own;
}

/* The longest set of cables of which no two cross. */
static int pick_straight(struct mjail *j, struct err *e)
{
	cleanup_free struct chain *c = calloc(j->nruns + 1, sizeof(*c));
	struct mrow *own, *kid;
	size_t n = 0, best = SIZE_MAX, ord = 0;

	if (!c)
		return err_nomem(e);
	rank_items(j, &ord);
	rank_kids(j);
	for (size_t i = 0; i < j->nruns; i++)
		if (own_kid(j, &j->runs[i], &own, &kid))
			c[n++] = (struct chain){.own = own->ord,
						.kid = kid->ord,
						.len = 1,
						.prev = SIZE_MAX,
						.run = &j->runs[i]};
	qsort(c, n, sizeof(*c), chain_cmp);
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < i; k++)
			if (c[k].kid < c[i].kid && c[k].len >= c[i].len) {
				c[i].len = c[k].len + 1;
				c[i].prev = k;
			}
		if (best == SIZE_MAX || c[i].len > c[best].len)
			best = i;
	}
	for (; best != SIZE_MAX; best = c[best].prev) {
		c[best].run->straight = true;
		c[best].run->r[0]->straight = true;
		c[best].run->r[1]->straight = true;
	}
	return 0;
}

static int order_jail(struct mjail *j, struct err *e)
{
	size_t before;
	int r = sweep(j, e);

	if (r || !j->nruns)
		return r;
	before = crossings(j);
	if (before && !j->stacked) {
		for (int i = 0; !r && i < SWEEPS; i++) {
			r = order_items(j, e);
			if (!r)
				r = sweep(j, e);
		}
		if (!r && crossings(j) >= before) {
			r = sort_by(j->items, j->nitems, key_item_seq, e);
			if (!r)
				r = sweep(j, e);
		}
	}
	if (!r && !j->stacked)
		r = pick_straight(j, e);
	return r;
}

/* Inner jails first: what a parent sees of a child is final then. */
int order_all(struct mlayout *l, struct err *e)
{
	int r = 0;

	for (size_t i = l->njails; !r && i--;)
		r = order_jail(l->jails[i], e);
	return r;
}
