/*
 * hook: connecting and cutting.
 *
 * The order of calls to the node types is FreeBSD's (ng_base.c): newhook() of
 * both sides, then both are in their lists, then connect() of both: at mkpeer
 * ours first, at connect theirs.  At the end the peer's disconnect() comes
 * before ours.  Packets see a connection after both have agreed, and see it no
 * more before either hears of its end.
 */
#include "netgraph/graph_impl.h"

#include "base/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* --- in the model -------------------------------------------------------- */

struct hook_key {
	ng_ID_t id;
	const char *name;
};

static uint64_t hook_hash(ng_ID_t id, const char *name)
{
	return ng_hash_bytes(id, name, strlen(name));
}

static bool hook_is(const void *p, const void *key)
{
	const struct ng_hook *h = p;
	const struct hook_key *k = key;

	return h->node->id == k->id && strcmp(h->name, k->name) == 0;
}

/* Also while it is being connected. */
struct ng_hook *hook_find(const struct ng_node *n, const char *name)
{
	struct hook_key k = {n->id, name};

	return ng_hash_find(&n->graph->by_hook, hook_hash(n->id, name), hook_is,
			    &k);
}

struct ng_hook *ng_hook_by_name(const struct ng_node *n, const char *name)
{
	struct ng_hook *h = hook_find(n, name);

	return h && !h->invalid ? h : NULL;
}

static void note_hook(struct ng_hook *h)
{
	struct ng_graph *g = h->node->graph;

	if (g->journal)
		ng_journal_hook(g->journal, h);
}

struct ng_hook *hook_make(struct ng_node *n, const char *name)
{
	struct ng_hook *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	str_copy(h->name, sizeof(h->name), name);
	h->node = n;
	h->invalid = true;
	return h;
}

void hook_role(struct ng_hook *h, uint16_t role)
{
	struct ng_node *n = h->node;

	if (h->held_role && n->role[h->held_role] == h)
		n->role[h->held_role] = NULL;
	h->role = role;
	h->held_role = role < NGD_ROLES ? role : 0;
	if (h->held_role)
		n->role[h->held_role] = h;
}

int hook_enrol(struct ng_hook *h)
{
	struct ng_node *n = h->node;

	if (ng_hash_reserve(&n->graph->by_hook, 1) < 0)
		return -ENOMEM;
	ng_hash_add(&n->graph->by_hook, hook_hash(n->id, h->name), h);
	h->older = n->hooks;
	if (n->hooks)
		n->hooks->newer = h;
	else
		n->oldest = h;
	n->hooks = h;
	n->nhooks++;
	h->linked = true;
	hook_role(h, h->role);
	return 0;
}

/* older and newer stay, for publish_unlink(). */
void hook_unenrol(struct ng_hook *h)
{
	struct ng_node *n = h->node;
	uint16_t role;

	if (!h->linked)
		return;
	ng_hash_remove(&n->graph->by_hook, hook_hash(n->id, h->name), h);
	if (h->older)
		h->older->newer = h->newer;
	else
		n->oldest = h->newer;
	if (h->newer)
		h->newer->older = h->older;
	else
		n->hooks = h->older;
	n->nhooks--;
	h->linked = false;
	role = h->role;
	hook_role(h, 0);
	h->role = role;
}

/* --- cutting ------------------------------------------------------------- */

/* Nobody finds h any more, neither messages nor packets. */
static void hook_hide(struct ng_hook *h)
{
	h->cut = true;
	h->invalid = true;
	if (h->linked) {
		hook_unenrol(h);
		publish_unlink(h);
	}
}

/* Types change their nodes at the coming and going of hooks. */
static void note_priv(struct ng_node *n)
{
	if (n->type->priv_size && !n->dying)
		note_node(n);
}

/* Its type hears of it, and it is gone. */
static void hook_end(struct ng_hook *h)
{
	struct ng_graph *g = h->node->graph;

	if (h->node->type->disconnect)
		h->node->type->disconnect(h);
	note_priv(h->node);
	if (g->journal)
		ng_journal_hook_gone(g->journal, h);
	hook_not_at(h);
	if (h->slot)
		dp_hook_release(g->dp, h->slot);
	hook_bury(h);
}

static void node_idle(struct ng_node *n)
{
	if (!n->nhooks && !n->persistent)
		ng_node_shutdown(n);
}

/* Cut it and, if the peer is its, that; types hear of what agreed to it. */
static void pair_end(struct ng_hook *h, struct ng_hook *peer)
{
	hook_hide(h);
	if (peer)
		hook_hide(peer);
	publish_end(h);
	if (peer) {
		publish_end(peer);
		hook_end(peer);
	}
	hook_end(h);
	if (peer)
		node_idle(peer->node);
	node_idle(h->node);
}

void ng_hook_destroy(struct ng_hook *h)
{
	struct ng_graph *g = h->node->graph;

	if (h->cut)
		return;
	ng_enter(g);
	pair_end(h, h->peer);
	ng_leave(g);
}

/* --- connecting ---------------------------------------------------------- */

/* A hook with a slot, whose type has not been asked; NULL: no memory. */
static struct ng_hook *hook_new(struct ng_node *n, const char *name)
{
	struct ng_hook *h = hook_make(n, name);
	uint32_t gen;

	if (!h)
		return NULL;
	if (dp_hook_alloc(n->graph->dp, &h->slot, &gen) < 0) {
		free(h);
		return NULL;
	}
	if (hook_at(h) < 0) {
		dp_hook_release(n->graph->dp, h->slot);
		free(h);
		return NULL;
	}
	return h;
}

/* One that no type knows of. */
static void hook_undo(struct ng_hook *h)
{
	if (!h)
		return;
	hook_not_at(h);
	dp_hook_release(h->node->graph->dp, h->slot);
	h->cut = true;
	hook_bury(h);
}

static int hook_ask(struct ng_hook *h)
{
	const struct ng_type *t = h->node->type;

	return t->newhook ? t->newhook(h->node, h) : 0;
}

static int hook_connect(struct ng_hook *h)
{
	const struct ng_type *t = h->node->type;

	if (h->cut)
		return -ENOTCONN; /* the other side's connect() did it */
	return t->connect ? t->connect(h) : 0;
}

/* Both have agreed: into the lists, and to be seen. */
static int pair_join(struct ng_hook *a, struct ng_hook *b, bool a_first)
{
	int r = hook_enrol(a);

	if (!r)
		r = hook_enrol(b);
	if (!r)
		r = hook_connect(a_first ? a : b);
	if (!r)
		r = hook_connect(a_first ? b : a);
	if (!r && a->cut)
		r = -ENOTCONN;
	if (!r) {
		a->invalid = b->invalid = false;
		r = publish_link(a, b);
	}
	if (!r) {
		note_hook(a);
		note_hook(b);
		note_priv(a->node);
		note_priv(b->node);
	}
	return r;
}

static int pair_connect(struct ng_node *n, const char *name, struct ng_node *m,
			const char *mname, bool ours_first)
{
	struct ng_hook *a = hook_new(n, name);
	struct ng_hook *b = a ? hook_new(m, mname) : NULL;
	int r = -ENOMEM;

	if (!b) {
		hook_undo(a);
		return r;
	}
	a->peer = b;
	b->peer = a;
	r = hook_ask(a);
	if (r < 0) {
		hook_undo(b);
		hook_undo(a);
		return r;
	}
	r = hook_ask(b);
	if (r < 0) {
		hook_undo(b);
		pair_end(a, NULL);
		return r;
	}
	publish_hook(a);
	publish_hook(b);
	r = pair_join(a, b, ours_first);
	if (r < 0)
		ng_hook_destroy(b);
	return r;
}

int ng_connect(struct ng_node *a, const char *ahook, struct ng_node *b,
	       const char *bhook)
{
	int r;

	if (a->dying || b->dying || !name_ok(ahook, NG_HOOKSIZ) ||
	    !name_ok(bhook, NG_HOOKSIZ))
		return -EINVAL;
	if (hook_find(b, bhook) || hook_find(a, ahook) ||
	    (a == b && strcmp(ahook, bhook) == 0))
		return -EEXIST;
	ng_enter(a->graph);
	r = pair_connect(a, ahook, b, bhook, false);
	ng_leave(a->graph);
	return r;
}

int ng_mkpeer(struct ng_node *n, const char *hook, const char *peerhook,
	      const char *type, struct ng_node **ret)
{
	const struct ng_type *t = type_find(n->graph, type);
	struct ng_node *m;
	int r;

	if (!t)
		return -ENXIO;
	if (t->no_mkpeer || n->dying || !name_ok(hook, NG_HOOKSIZ) ||
	    !name_ok(peerhook, NG_HOOKSIZ))
		return -EINVAL;
	if (hook_find(n, hook))
		return -EEXIST;
	ng_enter(n->graph);
	r = ng_node_new(n->graph, t, &m);
	if (!r) {
		r = pair_connect(n, hook, m, peerhook, true);
		if (r < 0)
			ng_node_shutdown(m);
	}
	ng_leave(n->graph);
	if (r < 0)
		return r;
	if (ret)
		*ret = m;
	return 0;
}

int ng_bypass(struct ng_hook *a, struct ng_hook *b)
{
	struct ng_graph *g = a->node->graph;
	struct ng_hook *p = a->peer, *q = b->peer;

	if (a == b || a->node != b->node || a->invalid || b->invalid)
		return -EINVAL;
	ng_enter(g);
	if (p == b) {
		ng_hook_destroy(a);
	} else {
		p->peer = q;
		q->peer = p;
		publish_peers(p, q);
		note_hook(p);
		note_hook(q);
		a->peer = b; /* disconnect() may look at it */
		b->peer = a;
		pair_end(a, b);
	}
	ng_leave(g);
	return 0;
}

/* --- changes ------------------------------------------------------------- */

int ng_hook_changed(struct ng_hook *h)
{
	int r = 0;

	if (h->role >= NGD_ROLES)
		return -EINVAL;
	if (h->cut)
		return 0;
	ng_enter(h->node->graph);
	publish_hook(h);
	if (h->linked && h->role != h->held_role) {
		hook_role(h, h->role);
		r = publish_node(h->node);
	}
	if (!h->invalid)
		note_hook(h);
	ng_leave(h->node->graph);
	return r;
}

void ng_hook_counted(struct ng_hook *h)
{
	if (h->cut || h->invalid)
		return;
	ng_enter(h->node->graph);
	note_hook(h);
	ng_leave(h->node->graph);
}

void ng_hook_counters(struct ng_hook *h, uint64_t ret[NGD_COUNTERS])
{
	uint64_t now[NGD_COUNTERS];

	dp_hook_stats(h->node->graph->dp, h->slot, now);
	for (size_t i = 0; i < NGD_COUNTERS; i++)
		ret[i] = now[i] - h->base[i];
}

void ng_hook_clear(struct ng_hook *h)
{
	if (h->cut)
		return;
	ng_enter(h->node->graph);
	dp_hook_stats(h->node->graph->dp, h->slot, h->base);
	if (!h->invalid)
		note_hook(h);
	ng_leave(h->node->graph);
}
