/*
 * map_priv: what the files of the box drawing share; map_box.c tells how the
 * parts work together.
 */
#ifndef CB_BLOCK_MAP_PRIV_H
#define CB_BLOCK_MAP_PRIV_H

#include "base/err.h"
#include "base/str.h"
#include "block/map.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Memory that lives as long as one drawing. */
struct arena {
	struct arena_chunk *head;
};
/* Zeroed; NULL when out of memory. */
void *arena_alloc(struct arena *a, size_t n, size_t size);
char *arena_printf(struct arena *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void arena_free(struct arena *a);
#define cleanup_arena __attribute__((cleanup(arena_free)))

/* Text made harmless: see map_text.c.  Never NULL. */
const char *text_clean(struct arena *a, const char *s, bool ascii, int max);
/*
 * As valid UTF-8, broken bytes as U+FFFD; without `controls`, control
 * characters as "?".
 */
void text_valid(struct strbuf *out, const char *s, bool controls);
int text_width(const char *s);
/* Next character of clean text and its width in cells; 0 at the end. */
uint32_t text_next(const char **s, int *ret_width);

enum map_style {
	MS_PLAIN,
	MS_FRAME, /* borders */
	MS_TITLE, /* names of jails and bridges */
	MS_UP,	  /* interface that is up; cable between two such */
	MS_DOWN,
	MS_FAINT, /* remarks */
	MS_NSTYLES
};

enum map_line {
	ML_FRAME, /* border of a box: square corners */
	ML_CABLE, /* round corners */
	ML_SPAN,  /* dashed */
};

struct canvas;
int canvas_new(struct arena *a, int w, int h, struct canvas **ret,
	       struct err *e);
void canvas_hline(struct canvas *c, int x1, int x2, int y, enum map_line kind,
		  enum map_style st);
void canvas_vline(struct canvas *c, int x, int y1, int y2, enum map_line kind,
		  enum map_style st);
void canvas_box(struct canvas *c, int x, int y, int w, int h,
		enum map_style st);
/* At most max cells; longer text ends with an ellipsis. */
void canvas_text(struct canvas *c, int x, int y, int max, const char *s,
		 enum map_style st);
void canvas_print(const struct canvas *c, const struct map_opts *o,
		  struct strbuf *out);

/* --- the model of a drawing --- */

struct mseg {
	const char *s; /* clean; NULL for none */
	enum map_style st;
};

/* One line of text in a box, to which one cable may be plugged. */
struct mrow {
	struct mseg key, val, note;
	struct mitem *item;
	bool flush_right;
	bool wired;
	bool head;     /* stands above all others */
	bool cont;     /* belongs to the row above it */
	bool fact;     /* no interface: gateway, host name */
	int var;       /* its y */
	int bump;      /* blank lines before it, to untangle cables */
	bool straight; /* its cable runs straight to the other column */
	size_t ord;    /* rank in its column while ordering */
	double want;   /* where its partners would like it */
};

enum mitem_kind {
	MI_PLAIN,  /* untitled box of interfaces and facts */
	MI_BRIDGE, /* titled box with ports */
	MI_FEED,   /* no box: a cable that passes through the column */
};

struct mitem {
	enum mitem_kind kind;
	struct mjail *jail;
	struct mseg title;
	struct mrow **rows;
	size_t nrows;
	int key_w;    /* width of the key column */
	int top, bot; /* variables */
	double want;
	size_t seq; /* order in the topology */
};

/* A cable's way through the channel of one jail. */
struct mrun {
	struct mrow *r[2];
	bool left[2]; /* the end is on the channel's left side */
	const struct mwire *wire;
	bool straight;
	int lane;
};

struct mwire {
	struct mrow *end[2];
	enum map_line kind;
	enum map_style st;
};

struct mjail {
	struct mjail *parent;
	struct mseg title;
	int depth;
	bool simple;  /* rows directly in the box: no bridges, no children */
	bool stacked; /* one column: children below, not beside */
	struct mitem **items;
	size_t nitems;
	struct mjail **kids;
	size_t nkids;
	struct mrun *runs;
	size_t nruns, runs_cap;
	int nlanes, lane_step, pad;
	int top, bot;			  /* variables */
	int own_w, kid_w, chan_w, need_w; /* natural widths in cells */
	int x, w;			  /* as placed */
	double want;
	size_t first_item; /* of the parent, that it is plugged into */
	size_t seq;
};

struct medge {
	int u, v, gap; /* y[v] >= y[u] + gap */
};

struct mlayout {
	struct arena *arena;
	const struct map_opts *o;
	const struct topo *t;
	unsigned int stack_mask; /* bit d: jails at depth d are stacked */
	bool tight;		 /* least space between boxes */
	bool terse;		 /* leave remarks out */
	struct mjail *root;
	struct mjail **jails; /* parents before children */
	size_t njails;
	struct mwire *wires;
	size_t nwires;
	int *y;
	int nvars;
	struct medge *edges;
	size_t nedges, edges_cap;
};

/* map_model.c: topology -> boxes, rows, wires */
int model_build(struct mlayout *l, struct err *e);
/* Remark on what kind of interface it is ("ethernet"), or NULL. */
const char *model_kind(const struct ifnet *ifp);
/* 127/8, ::1 and link-local: on every interface, of no interest in a map. */
/* A kind that goes without saying. */
bool model_kind_dull(const char *kind);
bool model_addr_dull(const struct if_addr *ia);
/* Worth drawing: not what every vnet has by itself. */
bool model_if_shown(const struct ifnet *ifp);
/* The host name where it says more than the jail's name, or NULL. */
const char *model_hostname(const struct topo_jail *tj);
bool model_is_span(const struct topo_jail *tj, size_t i);
/* Port or span port of a bridge that is here. */
bool model_has_bridge(const struct topo_jail *tj, size_t i);
/* Jail j is `top` or somewhere in it. */
bool model_is_below(const struct topo *t, size_t j, size_t top);
void model_addr_text(const struct if_addr *ia, char *buf, size_t size);

/* map_order.c: who stands above whom; which cables run straight */
int order_all(struct mlayout *l, struct err *e);

/* map_layout.c: widths, vertical positions */
int layout_solve(struct mlayout *l, struct err *e);
int layout_height(const struct mlayout *l);
/* Assign x and w top-down; limit: width of the drawing. */
void layout_place(struct mlayout *l, int limit);

/* map_route.c: runs of the cables and their lanes */
int route_runs(struct mlayout *l, struct err *e);
/* Lanes from the y; true if rows had to be bumped and y must be solved anew. */
int route_lanes(struct mlayout *l, bool *ret_bumped, struct err *e);

#endif
