/*
 * block/map: in drawings of random networks, every cable is followed with a
 * finger from one end to the other: no line breaks off, two lines never run
 * on top of each other, none ends at the wrong interface.
 */
#include "base/file.h"
#include "map_scene.h"

#include <atf-c.h>
#include <locale.h>
#include <wchar.h>

#define ROUNDS 400
#define LINES 4000
#define COLS 1100

static unsigned long long seed;

static size_t below(size_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (size_t)(seed >> 33) % n;
}

/* --- the drawing as a grid --- */

struct grid {
	wchar_t c[LINES][COLS];
	int lines;
};

static wchar_t at(const struct grid *g, int x, int y)
{
	return x < 0 || y < 0 || y >= g->lines || x >= COLS ? L' ' : g->c[y][x];
}

static void grid_read(struct grid *g, char *text)
{
	char *save = NULL;

	memset(g, 0, sizeof(*g));
	for (char *p = strtok_r(text, "\n", &save); p;
	     p = strtok_r(NULL, "\n", &save)) {
		ATF_REQUIRE(g->lines < LINES);
		ATF_REQUIRE(mbstowcs(g->c[g->lines++], p, COLS) < COLS);
	}
}

static bool grid_find(const struct grid *g, const wchar_t *name, int *x, int *y)
{
	size_t n = wcslen(name);

	for (*y = 0; *y < g->lines; ++*y)
		for (const wchar_t *p = g->c[*y]; (p = wcsstr(p, name)); p++)
			if (p[n] == L' ' && p > g->c[*y] && p[-1] == L' ') {
				*x = (int)(p - g->c[*y]);
				return true;
			}
	return false;
}

/* --- following a line --- */

struct walk {
	int x, y, dx, dy;
};

static bool turn(struct walk *w, wchar_t c)
{
	static const struct {
		wchar_t c;
		int dx, dy, to_dx, to_dy;
	} turns[] = {
		{L'╭', 0, -1, 1, 0}, {L'╭', -1, 0, 0, 1}, {L'╮', 0, -1, -1, 0},
		{L'╮', 1, 0, 0, 1},  {L'╰', 0, 1, 1, 0},  {L'╰', -1, 0, 0, -1},
		{L'╯', 0, 1, -1, 0}, {L'╯', 1, 0, 0, -1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(turns); i++)
		if (turns[i].c == c && turns[i].dx == w->dx &&
		    turns[i].dy == w->dy) {
			w->dx = turns[i].to_dx;
			w->dy = turns[i].to_dy;
			return true;
		}
	return c == L'┼' || (c == L'─' && w->dx) || (c == L'│' && w->dy);
}

/* From the text at (x, y) out of its box: left or right, where a plug is. */
static bool plug(const struct grid *g, int x, int y, struct walk *w)
{
	int i = x - 1;

	while (at(g, i, y) == L' ')
		i--;
	*w = (struct walk){i, y, -1, 0};
	if (at(g, i, y) == L'┤')
		return true;
	for (i = x; at(g, i, y) != L'│' && at(g, i, y) != L'├'; i++)
		if (!at(g, i, y))
			return false;
	*w = (struct walk){i, y, 1, 0};
	return at(g, i, y) == L'├';
}

static bool follow(const struct grid *g, struct walk *w)
{
	for (int steps = 0; steps < LINES * 4; steps++) {
		wchar_t c;

		w->x += w->dx;
		w->y += w->dy;
		c = at(g, w->x, w->y);
		if ((c == L'┤' && w->dx == 1) || (c == L'├' && w->dx == -1))
			return true;
		if (!turn(w, c))
			return false;
	}
	return false;
}

/* The row whose plug the walk has reached holds this name. */
static bool arrived(const struct grid *g, const struct walk *w,
		    const wchar_t *name)
{
	int x = w->x + w->dx;
	wchar_t text[COLS];
	int from, to;

	for (from = x; from > 0 && !wcschr(L"│├┤", at(g, from, w->y)); from--)
		;
	for (to = x; at(g, to, w->y) && !wcschr(L"│├┤", at(g, to, w->y)); to++)
		;
	if (from < w->x && w->dx > 0)
		from = w->x;
	wmemcpy(text, &g->c[w->y][from], (size_t)(to - from));
	text[to - from] = 0;
	return wcsstr(text, name);
}

static bool trace(const struct grid *g, const wchar_t *a, const wchar_t *b)
{
	struct walk w;
	int x, y;

	return grid_find(g, a, &x, &y) && plug(g, x, y, &w) && follow(g, &w) &&
	       arrived(g, &w, b);
}

/* --- random networks --- */

static void random_scene(struct scene *s)
{
	size_t bridges[16][3], nbridges[16], njails = 1 + below(9);
	size_t ncables = below(14);
	char name[32];

	scene_jail(s, -1, "host");
	for (size_t j = 1; j < njails; j++) {
		snprintf(name, sizeof(name), "j%zu", j);
		scene_jail(s, (int)below(j), name);
	}
	for (size_t j = 0; j < njails; j++) {
		nbridges[j] = below(4);
		for (size_t i = 0; i < nbridges[j]; i++) {
			snprintf(name, sizeof(name), "bridge%zu", i);
			bridges[j][i] = scene_bridge(
				s, j, name, below(2) ? "192.0.2.1/24" : NULL);
		}
	}
	for (size_t i = 0; i < ncables; i++) {
		size_t ja = below(njails), jb = below(njails), br;

		br = nbridges[ja] && below(3) ? bridges[ja][below(nbridges[ja])]
					      : SIZE_MAX;
		snprintf(name, sizeof(name), "e%zu", 10 + i);
		br = scene_epair(s, name, ja, br,
				 below(2) ? "10.0.0.1/8" : NULL, jb,
				 below(2) ? "10.0.0.2/8" : NULL);
		if (ja != jb && nbridges[jb] && !below(3))
			scene_member(s, jb, bridges[jb][below(nbridges[jb])],
				     br);
	}
}

static void check_scene(const struct scene *s, int width, struct grid *g,
			const char *what)
{
	cleanup_strbuf struct strbuf out = STRBUF_INIT;
	cleanup_free char *copy = NULL;
	struct map_opts o = {.width = width};
	struct err e = ERR_INIT;

	ATF_REQUIRE_MSG(!map_boxes(&s->t, &o, &out, &e), "%s: %s", what,
			e.text);
	copy = strdup(out.s);
	grid_read(g, copy);
	for (size_t i = 0; i < s->t.nlinks; i++) {
		const struct topo_link *k = &s->t.links[i];
		const char *a = s->t.jails[k->jail_a].ifs.v[k->if_a].name;
		const char *b = s->t.jails[k->jail_b].ifs.v[k->if_b].name;
		wchar_t wa[16], wb[16];

		mbstowcs(wa, a, 16);
		mbstowcs(wb, b, 16);
		ATF_CHECK_MSG(trace(g, wa, wb) && trace(g, wb, wa),
			      "%s, width %d: %s to %s\n%s", what, width, a, b,
			      out.s);
	}
}

ATF_TC_WITHOUT_HEAD(trace);
ATF_TC_BODY(trace, tc)
{
	static struct grid g;
	char what[32];

	ATF_REQUIRE(setlocale(LC_CTYPE, "C.UTF-8"));
	for (unsigned int i = 0; i < ROUNDS; i++) {
		struct scene s = {0};

		seed = i;
		snprintf(what, sizeof(what), "seed %u", i);
		random_scene(&s);
		check_scene(&s, 1000, &g, what);
		check_scene(&s, 90, &g, what);
		check_scene(&s, 60, &g, what);
		scene_free(&s);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, trace);
	return atf_no_error();
}
