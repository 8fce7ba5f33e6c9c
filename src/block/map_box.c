/*
 * map_box: the drawing in boxes.
 *
 * Theory of operation.  The topology becomes a tree of boxes with rows and a
 * list of cables (map_model.c).  Cables are cut into runs, one for each
 * channel they pass (map_route.c), boxes and rows are ordered so that cables
 * do not cross (map_order.c), positions are solved (map_layout.c), what is
 * not straight gets a lane (map_route.c), and all is drawn on a grid of cells
 * (map_canvas.c).
 *
 * A jail's box holds, side by side, what is its own - interfaces, bridges -
 * and the boxes of the jails inside it, with the cables in a channel between:
 *
 *     ┌─ host ──────────────────────────────────────────┐
 *     │  ┌─ bridge0 ─────┐      ┌─ www ──────────────┐  │
 *     │  │       epair1a ├──────┤ epair1b  192.0.2.2 │  │
 *     │  └───────────────┘      └────────────────────┘  │
 *     └─────────────────────────────────────────────────┘
 *
 * or, where that is too wide for the terminal, one below the other with the
 * channel on the left ("stacked").  Which depths are stacked is found by
 * trying, from none to all; what is still too wide then is cut.
 */
#include "base/cleanup.h"
#include "block/map_priv.h"

#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define WIDTH_MIN 24
#define HEIGHT_MAX 100000
#define BUMPS 32

/* --- drawing --- */

/* The left and right border of what a row is drawn in. */
static void row_box(const struct mrow *r, int *ret_x, int *ret_w)
{
	const struct mjail *j = r->item->jail;

	if (j->simple || r->item->kind == MI_FEED) {
		*ret_x = j->x;
		*ret_w = j->w;
	} else {
		*ret_x = j->x + 1 + (j->stacked ? j->chan_w : j->pad);
		*ret_w = j->own_w;
	}
}

static void put_at(struct canvas *c, int x, int y, int end,
		   const struct mseg *s)
{
	if (s->s)
		canvas_text(c, x, y, end - x, s->s, s->st);
}

static void draw_row(struct canvas *c, const struct mrow *r, int y)
{
	int x, w, end;

	if (r->item->kind == MI_FEED)
		return;
	row_box(r, &x, &w);
	end = x + w - 2;
	x += 2;
	if (r->flush_right && !r->item->jail->stacked) {
		int key_x = end - text_width(r->key.s);

		put_at(c, key_x > x ? key_x : x, y, end, &r->key);
		if (r->note.s)
			put_at(c, key_x - 1 - text_width(r->note.s), y,
			       key_x - 1, &r->note);
		return;
	}
	put_at(c, x, y, end, &r->key);
	x += r->val.s ? r->item->key_w : text_width(r->key.s);
	if (r->val.s && r->item->key_w)
		x += 2;
	put_at(c, x, y, end, &r->val);
	x += text_width(r->val.s) + 2;
	put_at(c, x, y, end, &r->note);
}

static void draw_title(struct canvas *c, int x, int y, int w,
		       const struct mseg *s)
{
	int tw = text_width(s->s), room = w - 6;

	if (!s->s || !tw || room <= 0)
		return;
	if (tw > room)
		tw = room;
	canvas_text(c, x + 2, y, 1, " ", MS_FRAME);
	canvas_text(c, x + 3, y, tw, s->s, s->st);
	canvas_text(c, x + 3 + tw, y, 1, " ", MS_FRAME);
}

static void draw_item(const struct mlayout *l, struct canvas *c,
		      const struct mitem *it)
{
	int x, w, top = l->y[it->top];

	for (size_t i = 0; i < it->nrows; i++)
		draw_row(c, it->rows[i], l->y[it->rows[i]->var]);
	if (it->kind == MI_FEED || it->jail->simple)
		return;
	row_box(it->rows[0], &x, &w);
	canvas_box(c, x, top, w, l->y[it->bot] - top + 1, MS_FRAME);
	draw_title(c, x, top, w, &it->title);
}

static int lane_x(const struct mjail *j, int lane)
{
	if (j->stacked)
		return j->x + 2 + lane;
	return j->x + 1 + j->pad + j->own_w + 2 + lane * j->lane_step;
}

/* Where a run ends: the border of the box that its row is in. */
static int run_end(const struct mrun *run, int s)
{
	int x, w;

	row_box(run->r[s], &x, &w);
	if (run->left[s] && run->r[s]->item->kind != MI_FEED)
		return x + w - 1;
	return x;
}

static void draw_run(const struct mlayout *l, struct canvas *c,
		     const struct mjail *j, const struct mrun *run)
{
	int a = l->y[run->r[0]->var], b = l->y[run->r[1]->var];
	int xa = run_end(run, 0), xb = run_end(run, 1), x;
	const struct mwire *w = run->wire;

	if (a == b && run->left[0] != run->left[1]) {
		canvas_hline(c, xa, xb, a, w->kind, w->st);
		return;
	}
	x = lane_x(j, run->lane);
	canvas_hline(c, xa, x, a, w->kind, w->st);
	canvas_vline(c, x, a, b, w->kind, w->st);
	canvas_hline(c, x, xb, b, w->kind, w->st);
}

static void draw_jail(const struct mlayout *l, struct canvas *c,
		      const struct mjail *j)
{
	int top = l->y[j->top];

	canvas_box(c, j->x, top, j->w, l->y[j->bot] - top + 1, MS_FRAME);
	draw_title(c, j->x, top, j->w, &j->title);
	for (size_t i = 0; i < j->nitems; i++)
		draw_item(l, c, j->items[i]);
	for (size_t i = 0; i < j->nruns; i++)
		draw_run(l, c, j, &j->runs[i]);
	for (size_t i = 0; i < j->nkids; i++)
		draw_jail(l, c, j->kids[i]);
}

/* --- putting it together --- */

static int solve(struct mlayout *l, struct err *e)
{
	bool bumped = true;
	int r;

	r = model_build(l, e);
	if (!r)
		r = route_runs(l, e);
	if (!r)
		r = order_all(l, e);
	for (int i = 0; !r && bumped && i < BUMPS; i++) {
		r = layout_solve(l, e);
		if (!r)
			r = route_lanes(l, &bumped, e);
	}
	return r;
}

static int draw(struct mlayout *l, struct strbuf *out, struct err *e)
{
	struct canvas *c;
	int h = layout_height(l), r;

	if (h > HEIGHT_MAX)
		return err_set(e, EFBIG, "the drawing has %d lines", h);
	r = canvas_new(l->arena, l->root->w, h, &c, e);
	if (r)
		return r;
	draw_jail(l, c, l->root);
	canvas_print(c, l->o, out);
	return 0;
}

/* Sets of stacked depths, from the widest to the narrowest drawing. */
static const unsigned char masks[] = {
	0x0, 0x8, 0x4, 0xc, 0x2, 0xa, 0x6, 0xe,
	0x1, 0x9, 0x5, 0xd, 0x3, 0xb, 0x7, 0xf,
};

static int try_mask(const struct topo *t, const struct map_opts *o,
		    unsigned int mask, bool tight, bool last,
		    struct strbuf *out, bool *ret_done, struct err *e)
{
	cleanup_arena struct arena arena = {NULL};
	struct mlayout l = {
		.arena = &arena,
		.o = o,
		.t = t,
		.stack_mask = mask & 0x8 ? mask | ~0xfu : mask,
		.tight = tight,
		.terse = last,
	};
	int r = solve(&l, e);

	if (r)
		return r;
	layout_place(&l, last ? o->width : 0);
	*ret_done = last || l.root->w <= o->width;
	return *ret_done ? draw(&l, out, e) : 0;
}

static int boxes(const struct topo *t, const struct map_opts *o,
		 struct strbuf *out, struct err *e)
{
	bool done = false;
	int r = 0;

	for (size_t i = 0; !r && !done && i < ARRAY_SIZE(masks); i++) {
		r = try_mask(t, o, masks[i], false, false, out, &done, e);
		if (!r && !done)
			r = try_mask(t, o, masks[i], true, false, out, &done,
				     e);
	}
	if (!r && !done)
		r = try_mask(t, o, 0xf, true, true, out, &done, e);
	if (!r && strbuf_failed(out))
		r = err_nomem(e);
	return r;
}

int map_boxes(const struct topo *t, const struct map_opts *o,
	      struct strbuf *out, struct err *e)
{
	struct map_opts opts = *o;
	locale_t utf8, old = (locale_t)0;
	int r;

	if (!t->njails)
		return err_set(e, EINVAL, "nothing to draw");
	if (opts.width < WIDTH_MIN)
		opts.width = WIDTH_MIN;
	/* wcwidth() knows other scripts only in such a locale */
	utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (utf8)
		old = uselocale(utf8);
	r = boxes(t, &opts, out, e);
	if (utf8) {
		uselocale(old);
		freelocale(utf8);
	}
	return r;
}
