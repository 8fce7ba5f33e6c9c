/*
 * map_canvas: a grid of cells.  Lines are kept as the directions in which
 * they leave a cell, so that corners, tees and crossings come out right
 * whatever is drawn in which order.
 */
#include "block/map_priv.h"

#include <string.h>

enum {
	DIR_N = 1,
	DIR_E = 2,
	DIR_S = 4,
	DIR_W = 8,
};

#define CELL_TAIL UINT32_MAX /* right half of a wide character */

struct cell {
	uint32_t ch; /* text, 0 for none */
	uint8_t frame, cable;
	bool span;
	uint8_t style;
};

struct canvas {
	int w, h;
	struct cell *v;
};

int canvas_new(struct arena *a, int w, int h, struct canvas **ret,
	       struct err *e)
{
	struct canvas *c = arena_alloc(a, 1, sizeof(*c));

	if (!c)
		return err_nomem(e);
	c->v = arena_alloc(a, (size_t)w * (size_t)h, sizeof(*c->v));
	if (!c->v)
		return err_nomem(e);
	c->w = w;
	c->h = h;
	*ret = c;
	return 0;
}

static struct cell *cell_at(const struct canvas *c, int x, int y)
{
	if (x < 0 || y < 0 || x >= c->w || y >= c->h)
		return NULL;
	return &c->v[(size_t)y * (size_t)c->w + (size_t)x];
}

static void line_cell(struct canvas *c, int x, int y, unsigned int dirs,
		      enum map_line kind, enum map_style st)
{
	struct cell *p = cell_at(c, x, y);

	if (!p || !dirs)
		return;
	if (kind == ML_FRAME) {
		p->frame |= (uint8_t)dirs;
		p->style = (uint8_t)st;
		return;
	}
	if (!p->cable)
		p->span = kind == ML_SPAN;
	p->cable |= (uint8_t)dirs;
	if (!p->frame)
		p->style = (uint8_t)st;
}

void canvas_hline(struct canvas *c, int x1, int x2, int y, enum map_line kind,
		  enum map_style st)
{
	if (x1 > x2) {
		int t = x1;

		x1 = x2;
		x2 = t;
	}
	for (int x = x1; x <= x2; x++)
		line_cell(c, x, y,
			  (x > x1 ? DIR_W : 0u) | (x < x2 ? DIR_E : 0u), kind,
			  st);
}

void canvas_vline(struct canvas *c, int x, int y1, int y2, enum map_line kind,
		  enum map_style st)
{
	if (y1 > y2) {
		int t = y1;

		y1 = y2;
		y2 = t;
	}
	for (int y = y1; y <= y2; y++)
		line_cell(c, x, y,
			  (y > y1 ? DIR_N : 0u) | (y < y2 ? DIR_S : 0u), kind,
			  st);
}

void canvas_box(struct canvas *c, int x, int y, int w, int h, enum map_style st)
{
	canvas_hline(c, x, x + w - 1, y, ML_FRAME, st);
	canvas_hline(c, x, x + w - 1, y + h - 1, ML_FRAME, st);
	canvas_vline(c, x, y, y + h - 1, ML_FRAME, st);
	canvas_vline(c, x + w - 1, y, y + h - 1, ML_FRAME, st);
}

static void put_char(struct canvas *c, int x, int y, uint32_t ch, int w,
		     enum map_style st)
{
	for (int i = 0; i < w; i++) {
		struct cell *p = cell_at(c, x + i, y);

		if (!p)
			return;
		p->ch = i ? CELL_TAIL : ch;
		p->frame = p->cable = 0;
		p->style = (uint8_t)st;
	}
}

void canvas_text(struct canvas *c, int x, int y, int max, const char *s,
		 enum map_style st)
{
	bool cut = text_width(s) > max;
	uint32_t ch;
	int w;

	if (max <= 0)
		return;
	while ((ch = text_next(&s, &w))) {
		if (cut && w > max - 1) {
			put_char(c, x, y, 0x2026, 1, st);
			return;
		}
		put_char(c, x, y, ch, w, st);
		x += w;
		max -= w;
	}
}

/* Indexed by directions; NULL where a line cannot end like that. */
static const char *const glyph_frame[16] = {
	[0] = " ",
	[DIR_N] = "│",
	[DIR_S] = "│",
	[DIR_N | DIR_S] = "│",
	[DIR_E] = "─",
	[DIR_W] = "─",
	[DIR_E | DIR_W] = "─",
	[DIR_E | DIR_S] = "┌",
	[DIR_W | DIR_S] = "┐",
	[DIR_N | DIR_E] = "└",
	[DIR_N | DIR_W] = "┘",
	[DIR_N | DIR_E | DIR_S] = "├",
	[DIR_N | DIR_W | DIR_S] = "┤",
	[DIR_E | DIR_S | DIR_W] = "┬",
	[DIR_N | DIR_E | DIR_W] = "┴",
	[DIR_N | DIR_E | DIR_S | DIR_W] = "┼",
};

static const char glyph_ascii[17] = " |-+||++-+-+++++";

static const char *line_glyph(const struct cell *p, bool ascii, char buf[2])
{
	unsigned int d = p->frame | p->cable;
	bool flat = !(d & (DIR_N | DIR_S)), upright = !(d & (DIR_E | DIR_W));

	if (ascii) {
		buf[0] = glyph_ascii[d];
		if (d == 15) /* one line passes another: no joint */
			buf[0] = '|';
		else if (p->span && !p->frame && d && flat)
			buf[0] = '=';
		else if (p->span && !p->frame && d && upright)
			buf[0] = ':';
		buf[1] = '\0';
		return buf;
	}
	if (p->frame)
		return glyph_frame[d];
	switch (d) {
	case DIR_E | DIR_S:
		return "╭";
	case DIR_W | DIR_S:
		return "╮";
	case DIR_N | DIR_E:
		return "╰";
	case DIR_N | DIR_W:
		return "╯";
	default:
		break;
	}
	if (p->span && d && flat)
		return "┄";
	if (p->span && d && upright)
		return "┆";
	return glyph_frame[d];
}

static const char *const style_sgr[MS_NSTYLES] = {
	[MS_PLAIN] = "",      [MS_FRAME] = "\033[2m", [MS_TITLE] = "\033[1m",
	[MS_UP] = "\033[32m", [MS_DOWN] = "\033[31m", [MS_FAINT] = "\033[2m",
};

static void add_utf8(struct strbuf *out, uint32_t c)
{
	char b[4];
	size_t n = 0;

	if (c < 0x80) {
		b[n++] = (char)c;
	} else if (c < 0x800) {
		b[n++] = (char)(0xc0 | c >> 6);
		b[n++] = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		b[n++] = (char)(0xe0 | c >> 12);
		b[n++] = (char)(0x80 | (c >> 6 & 0x3f));
		b[n++] = (char)(0x80 | (c & 0x3f));
	} else {
		b[n++] = (char)(0xf0 | c >> 18);
		b[n++] = (char)(0x80 | (c >> 12 & 0x3f));
		b[n++] = (char)(0x80 | (c >> 6 & 0x3f));
		b[n++] = (char)(0x80 | (c & 0x3f));
	}
	strbuf_addn(out, b, n);
}

static bool cell_blank(const struct cell *p)
{
	return (!p->ch || p->ch == ' ') && !p->frame && !p->cable;
}

static void print_line(const struct canvas *c, int y, const struct map_opts *o,
		       struct strbuf *out)
{
	unsigned int cur = MS_PLAIN;
	int end = c->w;
	char buf[2];

	while (end > 0 && cell_blank(cell_at(c, end - 1, y)))
		end--;
	for (int x = 0; x < end; x++) {
		const struct cell *p = cell_at(c, x, y);

		if (p->ch == CELL_TAIL)
			continue;
		if (o->colour && !cell_blank(p) && p->style != cur) {
			if (cur != MS_PLAIN)
				strbuf_adds(out, "\033[0m");
			strbuf_adds(out, style_sgr[p->style]);
			cur = p->style;
		}
		if (!p->ch)
			strbuf_adds(out, line_glyph(p, o->ascii, buf));
		else if (p->ch >= 0x80 && o->ascii)
			strbuf_addch(out, p->ch == 0x2026 ? '~' : '?');
		else
			add_utf8(out, p->ch);
	}
	if (cur != MS_PLAIN)
		strbuf_adds(out, "\033[0m");
	strbuf_addch(out, '\n');
}

void canvas_print(const struct canvas *c, const struct map_opts *o,
		  struct strbuf *out)
{
	for (int y = 0; y < c->h; y++)
		print_line(c, y, o, out);
}
