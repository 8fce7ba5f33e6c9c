/*
 * map_layout: where things are, in cells.
 *
 * Vertical positions are variables: top and bottom of every box and every
 * row.  Order gives inequalities (a row is below its box's top), a straight
 * cable an equality of two rows.  Orders and straight cables never contradict
 * each other (the straight ones of a level do not cross), so the smallest
 * solution is found by raising positions until all hold.  Bridges and jails
 * stretch that way until every straight cable is level.  What is above the
 * first straight cable of a box is then drawn down to it.
 */
#include "base/cleanup.h"
#include "block/map_priv.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Blank columns inside a wide jail's border; least width of its channel. */
#define PAD 2
#define PAD_TIGHT 1
#define CHAN_MIN 6
#define CHAN_MIN_TIGHT 4

/* --- variables and edges --- */

static int var_new(struct mlayout *l)
{
	return l->nvars++;
}

static int edge(struct mlayout *l, int u, int v, int gap, struct err *e)
{
	if (l->nedges == l->edges_cap) {
		size_t cap = l->edges_cap ? 2 * l->edges_cap : 256;
		struct medge *n = arena_alloc(l->arena, cap, sizeof(*n));

		if (!n)
			return err_nomem(e);
		if (l->nedges)
			memcpy(n, l->edges, l->nedges * sizeof(*n));
		l->edges = n;
		l->edges_cap = cap;
	}
	l->edges[l->nedges++] = (struct medge){u, v, gap};
	return 0;
}

static int rows_edges(struct mlayout *l, struct mitem *it, int *prev,
		      struct err *e)
{
	int r = 0;

	for (size_t i = 0; !r && i < it->nrows; i++) {
		struct mrow *row = it->rows[i];

		row->var = var_new(l);
		r = edge(l, *prev, row->var, 1 + row->bump, e);
		*prev = row->var;
	}
	return r;
}

static int item_edges(struct mlayout *l, struct mitem *it, int *prev,
		      struct err *e)
{
	int r;

	if (it->kind == MI_FEED) {
		r = rows_edges(l, it, prev, e);
		it->top = it->bot = *prev;
		return r;
	}
	it->top = var_new(l);
	r = edge(l, *prev, it->top, 1, e);
	*prev = it->top;
	if (!r)
		r = rows_edges(l, it, prev, e);
	it->bot = var_new(l);
	if (!r)
		r = edge(l, *prev, it->bot, 1, e);
	*prev = it->bot;
	return r;
}

static int jail_edges(struct mlayout *l, struct mjail *j, struct err *e);

static int kid_edges(struct mlayout *l, struct mjail *kid, int *prev,
		     struct err *e)
{
	int r = jail_edges(l, kid, e);

	if (!r)
		r = edge(l, *prev, kid->top, 1, e);
	*prev = kid->bot;
	return r;
}

/* One column: items, each with the children that are plugged into it. */
static int stacked_edges(struct mlayout *l, struct mjail *j, struct err *e)
{
	int prev = j->top, r = 0;
	size_t k = 0;

	for (size_t i = 0; !r && i < j->nitems; i++) {
		r = item_edges(l, j->items[i], &prev, e);
		for (; !r && k < j->nkids && j->kids[k]->first_item <= i; k++)
			r = kid_edges(l, j->kids[k], &prev, e);
	}
	for (; !r && k < j->nkids; k++)
		r = kid_edges(l, j->kids[k], &prev, e);
	return r ? r : edge(l, prev, j->bot, 1, e);
}

static int jail_edges(struct mlayout *l, struct mjail *j, struct err *e)
{
	int prev, r = 0;

	j->top = var_new(l);
	j->bot = var_new(l);
	if (j->stacked && !j->simple)
		return stacked_edges(l, j, e);
	prev = j->top;
	for (size_t i = 0; !r && i < j->nitems; i++)
		r = j->simple ? rows_edges(l, j->items[i], &prev, e)
			      : item_edges(l, j->items[i], &prev, e);
	if (!r)
		r = edge(l, prev, j->bot, 1, e);
	prev = j->top;
	for (size_t i = 0; !r && i < j->nkids; i++)
		r = kid_edges(l, j->kids[i], &prev, e);
	if (!r && j->nkids)
		r = edge(l, prev, j->bot, 1, e);
	for (size_t i = 0; !r && i < j->nruns; i++) {
		struct mrun *run = &j->runs[i];

		if (!run->straight)
			continue;
		r = edge(l, run->r[0]->var, run->r[1]->var, 0, e);
		if (!r)
			r = edge(l, run->r[1]->var, run->r[0]->var, 0, e);
	}
	return r;
}

/* --- solving --- */

static int raise_all(struct mlayout *l, struct err *e)
{
	bool changed = true;

	for (int pass = 0; changed; pass++) {
		if (pass > l->nvars + 2)
			return err_set(e, EDEADLK, "map: contradictory layout");
		changed = false;
		for (size_t i = 0; i < l->nedges; i++) {
			const struct medge *d = &l->edges[i];

			if (l->y[d->v] < l->y[d->u] + d->gap) {
				l->y[d->v] = l->y[d->u] + d->gap;
				changed = true;
			}
		}
	}
	return 0;
}

/* Mark the rows of an item above its first straight one. */
static bool mark_item(const struct mitem *it, bool *lead)
{
	size_t first = 0;

	while (first < it->nrows && !it->rows[first]->straight)
		first++;
	if (first == it->nrows)
		return false;
	for (size_t i = 0; i < first; i++)
		lead[it->rows[i]->var] = true;
	return true;
}

static void mark_jail(const struct mjail *j, bool *lead)
{
	size_t first = j->nitems;

	for (size_t i = 0; i < j->nitems; i++) {
		struct mitem *it = j->items[i];

		if (!mark_item(it, lead))
			continue;
		if (first == j->nitems)
			first = i;
		if (!j->simple && it->kind != MI_FEED)
			lead[it->top] = true;
	}
	if (first == j->nitems || !j->parent)
		return;
	lead[j->top] = true;
	for (size_t i = 0; i < first; i++) {
		lead[j->items[i]->top] = lead[j->items[i]->bot] = true;
		for (size_t k = 0; k < j->items[i]->nrows; k++)
			lead[j->items[i]->rows[k]->var] = true;
	}
}

/* Let what stands above the first straight cable of its box sink to it. */
static int sink(struct mlayout *l, struct err *e)
{
	cleanup_free bool *lead = calloc((size_t)l->nvars, sizeof(*lead));
	cleanup_free int *slack = calloc((size_t)l->nvars, sizeof(*slack));
	bool changed = true;

	if (!lead || !slack)
		return err_nomem(e);
	for (size_t i = 0; i < l->njails; i++)
		mark_jail(l->jails[i], lead);
	while (changed) {
		changed = false;
		for (int i = 0; i < l->nvars; i++)
			slack[i] = INT_MAX;
		for (size_t i = 0; i < l->nedges; i++) {
			const struct medge *d = &l->edges[i];
			int s = l->y[d->v] - d->gap - l->y[d->u];

			if (s < slack[d->u])
				slack[d->u] = s;
		}
		for (int i = 0; i < l->nvars; i++) {
			if (!lead[i] || slack[i] <= 0 || slack[i] == INT_MAX)
				continue;
			l->y[i] += slack[i];
			changed = true;
		}
	}
	return 0;
}

int layout_solve(struct mlayout *l, struct err *e)
{
	int r;

	l->nvars = 0;
	l->nedges = 0;
	r = jail_edges(l, l->root, e);
	if (r)
		return r;
	l->y = arena_alloc(l->arena, (size_t)l->nvars, sizeof(*l->y));
	if (!l->y)
		return err_nomem(e);
	r = raise_all(l, e);
	return r ? r : sink(l, e);
}

int layout_height(const struct mlayout *l)
{
	return l->y[l->root->bot] + 1;
}

/* --- widths --- */

static int max(int a, int b)
{
	return a > b ? a : b;
}

static int row_width(const struct mrow *r, int key_w)
{
	int w = text_width(r->key.s);

	if (r->flush_right && !r->item->jail->stacked)
		return w + (r->note.s ? text_width(r->note.s) + 1 : 0);
	if (r->val.s)
		w = max(w, key_w) + 2 + text_width(r->val.s);
	return w + (r->note.s ? text_width(r->note.s) + 2 : 0);
}

static int item_width(struct mitem *it)
{
	int w = 0;

	it->key_w = 0;
	for (size_t i = 0; i < it->nrows; i++)
		if (it->rows[i]->val.s && !it->rows[i]->flush_right)
			it->key_w =
				max(it->key_w, text_width(it->rows[i]->key.s));
	for (size_t i = 0; i < it->nrows; i++)
		w = max(w, row_width(it->rows[i], it->key_w));
	return it->kind == MI_FEED ? 0
				   : max(w + 4, text_width(it->title.s) + 6);
}

static int channel_width(const struct mjail *j)
{
	if (j->stacked)
		return max(1, j->nlanes + (j->nlanes ? 2 : 0));
	if (!j->nruns)
		return j->nitems && j->nkids ? j->pad : 0;
	return max(j->pad == PAD ? CHAN_MIN : CHAN_MIN_TIGHT,
		   (j->nlanes - 1) * j->lane_step + 5);
}

static void measure(struct mjail *j, int pad)
{
	j->pad = pad;
	j->own_w = j->kid_w = 0;
	for (size_t i = 0; i < j->nitems; i++)
		j->own_w = max(j->own_w, item_width(j->items[i]));
	for (size_t i = 0; i < j->nkids; i++) {
		measure(j->kids[i], pad);
		j->kid_w = max(j->kid_w, j->kids[i]->need_w);
	}
	j->need_w = text_width(j->title.s) + 6;
	if (j->simple) {
		j->need_w = max(j->need_w, j->own_w);
		return;
	}
	j->chan_w = channel_width(j);
	if (j->stacked)
		j->need_w =
			max(j->need_w, 3 + j->chan_w + max(j->own_w, j->kid_w));
	else
		j->need_w = max(j->need_w, 2 + 2 * j->pad + j->own_w +
						   j->chan_w + j->kid_w);
}

static void place(struct mjail *j, int x, int w)
{
	int kx;

	j->x = x;
	j->w = w;
	if (j->simple)
		return;
	if (j->stacked) {
		j->own_w = j->kid_w = max(1, w - 3 - j->chan_w);
		kx = x + 1 + j->chan_w;
	} else {
		int room = w - 2 - 2 * j->pad - j->chan_w;

		if (!j->nkids)
			j->own_w = room;
		else
			j->kid_w = room - j->own_w;
		kx = x + 1 + j->pad + j->own_w + j->chan_w;
	}
	for (size_t i = 0; i < j->nkids; i++)
		place(j->kids[i], kx, j->kid_w);
}

void layout_place(struct mlayout *l, int limit)
{
	measure(l->root, l->tight ? PAD_TIGHT : PAD);
	place(l->root, 0,
	      limit > 0 && limit < l->root->need_w ? limit : l->root->need_w);
}
