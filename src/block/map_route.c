/*
 * map_route: the way of each cable.
 *
 * Every jail with children has a channel: between its own column and that of
 * its children, or, stacked, left of its single column.  A cable is cut into
 * runs, one for each channel it passes; a cable that only passes through a
 * jail gets a feed row in that jail's column.  A run is horizontal, then
 * vertical in a lane of its channel, then horizontal; straight runs need no
 * lane.  Boxes are never in a channel, so no cable runs through text.
 *
 * Two runs may overlap only where one leaves to the left and the other to the
 * right in the same row; the lanes are ordered so that they do not, and where
 * no order helps a row is moved down by one (a bump).
 */
#include "base/cleanup.h"
#include "block/map_priv.h"

#include <stdlib.h>
#include <string.h>

#define OVERLAP 1000 /* cost of two runs on top of each other */
#define LANES_WIDE 6 /* so many lanes get a blank column between them */
#define PASSES 16
#define SORT_MAX 400 /* more runs than this keep their first order */

static int run_add(struct mlayout *l, struct mjail *j, const struct mrun *run,
		   struct err *e)
{
	if (j->nruns == j->runs_cap) {
		size_t cap = j->runs_cap ? 2 * j->runs_cap : 8;
		struct mrun *n = arena_alloc(l->arena, cap, sizeof(*n));

		if (!n)
			return err_nomem(e);
		if (j->nruns)
			memcpy(n, j->runs, j->nruns * sizeof(*n));
		j->runs = n;
		j->runs_cap = cap;
	}
	j->runs[j->nruns++] = *run;
	return 0;
}

/* A row without text in j's column, for a cable that passes through. */
static int feed_new(struct mlayout *l, struct mjail *j, struct mrow **ret,
		    struct err *e)
{
	struct mitem **items =
		arena_alloc(l->arena, j->nitems + 1, sizeof(*items));
	struct mitem *it = arena_alloc(l->arena, 1, sizeof(*it));
	struct mrow *row = arena_alloc(l->arena, 1, sizeof(*row));

	if (!items || !it || !row)
		return err_nomem(e);
	it->rows = arena_alloc(l->arena, 1, sizeof(struct mrow *));
	if (!it->rows)
		return err_nomem(e);
	if (j->nitems)
		memcpy(items, j->items, j->nitems * sizeof(struct mitem *));
	*it = (struct mitem){.kind = MI_FEED,
			     .jail = j,
			     .rows = it->rows,
			     .nrows = 1,
			     .seq = j->nitems};
	row->item = it;
	row->wired = true;
	it->rows[0] = row;
	items[j->nitems++] = it;
	j->items = items;
	*ret = row;
	return 0;
}

static struct mjail *common_jail(struct mjail *a, struct mjail *b)
{
	while (a != b) {
		if (a->depth >= b->depth)
			a = a->parent;
		else
			b = b->parent;
	}
	return a;
}

/* Lead one end of a wire up to the channel of `top`. */
static int climb(struct mlayout *l, const struct mwire *w, struct mjail *top,
		 struct mrow **row, bool *ret_left, struct err *e)
{
	struct mjail *j = (*row)->item->jail;
	int r;

	*ret_left = false;
	if (j == top) {
		*ret_left = !top->stacked;
		return 0;
	}
	for (; j->parent != top; j = j->parent) {
		struct mjail *p = j->parent;
		struct mrow *feed = NULL;

		/* one column: the cable runs through p's channel to its row */
		if (p->stacked)
			continue;
		r = feed_new(l, p, &feed, e);
		if (r)
			return r;
		r = run_add(l, p,
			    &(struct mrun){.r = {feed, *row},
					   .left = {true, false},
					   .wire = w},
			    e);
		if (r)
			return r;
		*row = feed;
	}
	return 0;
}

int route_runs(struct mlayout *l, struct err *e)
{
	for (size_t i = 0; i < l->nwires; i++) {
		const struct mwire *w = &l->wires[i];
		struct mjail *top = common_jail(w->end[0]->item->jail,
						w->end[1]->item->jail);
		struct mrun run = {.r = {w->end[0], w->end[1]}, .wire = w};
		int r;

		for (int s = 0; s < 2; s++) {
			r = climb(l, w, top, &run.r[s], &run.left[s], e);
			if (r)
				return r;
		}
		r = run_add(l, top, &run, e);
		if (r)
			return r;
	}
	return 0;
}

/* --- lanes --- */

struct span {
	struct mrun *run;
	int y[2], lo, hi;
};

static bool within(int y, const struct span *s)
{
	return y > s->lo && y < s->hi;
}

/* Crossings if a's lane is left of b's. */
static int cost(const struct span *a, const struct span *b)
{
	int sum = 0;

	for (int i = 0; i < 2; i++) {
		/* a's right ends pass b's lane, b's left ends a's lane */
		if (!a->run->left[i])
			sum += within(a->y[i], b);
		if (b->run->left[i])
			sum += within(b->y[i], a);
		for (int k = 0; k < 2; k++)
			if (!a->run->left[i] && b->run->left[k] &&
			    a->y[i] == b->y[k])
				sum += OVERLAP;
	}
	return sum;
}

static int span_cmp(const void *a, const void *b)
{
	const struct span *x = a, *y = b;
	int lx = x->hi - x->lo, ly = y->hi - y->lo;

	/* long ones outside, then from top to bottom */
	if (lx != ly)
		return lx > ly ? -1 : 1;
	return x->lo < y->lo ? -1 : x->lo > y->lo;
}

/* Move v[i] to where it costs least; true if that is elsewhere. */
static bool move_span(struct span *v, size_t n, size_t i)
{
	struct span t = v[i];
	int delta = 0, best = 0;
	size_t to = i;

	for (size_t k = i; k-- > 0;) {
		delta += cost(&t, &v[k]) - cost(&v[k], &t);
		if (delta < best) {
			best = delta;
			to = k;
		}
	}
	delta = 0;
	for (size_t k = i + 1; k < n; k++) {
		delta += cost(&v[k], &t) - cost(&t, &v[k]);
		if (delta < best) {
			best = delta;
			to = k;
		}
	}
	if (to < i)
		memmove(&v[to + 1], &v[to], (i - to) * sizeof(*v));
	else
		memmove(&v[i], &v[i + 1], (to - i) * sizeof(*v));
	v[to] = t;
	return to != i;
}

/* Move runs about while that saves crossings. */
static void sort_spans(struct span *v, size_t n)
{
	bool changed = n <= SORT_MAX;

	qsort(v, n, sizeof(*v), span_cmp);
	for (int pass = 0; changed && pass < PASSES; pass++) {
		changed = false;
		for (size_t i = 0; i < n; i++)
			changed |= move_span(v, n, i);
	}
}

static bool touch(const struct span *a, const struct span *b)
{
	return a->lo <= b->hi && b->lo <= a->hi;
}

/* Runs whose heights do not meet share a lane. */
static int pack_lanes(struct span *v, size_t n)
{
	int lanes = 0;

	for (size_t i = 0; i < n; i++) {
		int lane = 0;

		for (size_t k = 0; k < i; k++)
			if (touch(&v[i], &v[k]) && v[k].run->lane >= lane)
				lane = v[k].run->lane + 1;
		v[i].run->lane = lane;
		if (lane >= lanes)
			lanes = lane + 1;
	}
	return lanes;
}

/* a's right end that lies on top of a left end of b, or NULL. */
static struct mrow *overlap(const struct span *a, const struct span *b)
{
	for (int i = 0; i < 2; i++)
		for (int k = 0; k < 2; k++)
			if (!a->run->left[i] && b->run->left[k] &&
			    a->y[i] == b->y[k])
				return a->run->r[i];
	return NULL;
}

/* Move one row of the first overlapping pair down. */
static bool bump(struct span *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++) {
			struct mrow *r = v[i].run->lane < v[k].run->lane
						 ? overlap(&v[i], &v[k])
						 : NULL;

			if (!r)
				continue;
			r->bump++;
			return true;
		}
	return false;
}

int route_lanes(struct mlayout *l, bool *ret_bumped, struct err *e)
{
	*ret_bumped = false;
	for (size_t i = 0; i < l->njails; i++) {
		struct mjail *j = l->jails[i];
		cleanup_free struct span *v = calloc(j->nruns + 1, sizeof(*v));
		size_t n = 0;

		if (!v)
			return err_nomem(e);
		for (size_t k = 0; k < j->nruns; k++) {
			struct mrun *run = &j->runs[k];
			int a = l->y[run->r[0]->var], b = l->y[run->r[1]->var];

			/* level by luck is straight too */
			if (run->straight ||
			    (a == b && run->left[0] != run->left[1]))
				continue;
			v[n++] = (struct span){
				run, {a, b}, a < b ? a : b, a < b ? b : a};
		}
		sort_spans(v, n);
		j->nlanes = pack_lanes(v, n);
		j->lane_step = j->nlanes <= LANES_WIDE && !j->stacked ? 2 : 1;
		if (bump(v, n))
			*ret_bumped = true;
	}
	return 0;
}
