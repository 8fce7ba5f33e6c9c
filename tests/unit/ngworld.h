/*
 * ngworld: for tests of the graph without a kernel: two node types that
 * do what a test wants, the model as text, and a check that what packets see
 * is the model.
 */
#ifndef CB_TESTS_NGWORLD_H
#define CB_TESTS_NGWORLD_H

#include "base/cleanup.h"
#include "base/str.h"
#include "netgraph/dp_impl.h"
#include "netgraph/graph_impl.h"
#include "netgraph/journal.h"
#include "netgraph/type.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#pragma GCC diagnostic ignored "-Wunused-function"

/* --- types --------------------------------------------------------------- */

/* What the types were called for, in order. */
static struct strbuf world_log = STRBUF_INIT;

#define WORLD_COOKIE 4711u
enum {
	WORLD_SET = 1, /* u32: priv, and so conf[0] and the blob */
	WORLD_PERSIST, /* u32 */
	WORLD_ASK,     /* answers with the sender's id */
	WORLD_FLAG,    /* u32: flags of all hooks */
	WORLD_BAD,     /* answers, and fails */
	WORLD_ECHO,    /* the same to all neighbours */
	WORLD_CLEAR,   /* counters of all hooks */
};

struct world_priv {
	uint32_t value;
	uint32_t pad;
};

static const struct ng_cmd world_cmds[] = {
	{WORLD_COOKIE, WORLD_SET, "set", &ng_p_uint32, NULL},
	{WORLD_COOKIE, WORLD_PERSIST, "persist", &ng_p_uint32, NULL},
	{WORLD_COOKIE, WORLD_ASK, "ask", NULL, &ng_p_hint32},
	{WORLD_COOKIE, WORLD_FLAG, "flag", &ng_p_uint32, NULL},
	{0},
};

static void world_said(const char *what, const struct ng_node *n,
		       const char *hook)
{
	strbuf_addf(&world_log, "%s %x%s%s\n", what, n->id, hook ? "." : "",
		    hook ? hook : "");
}

static int world_constructor(struct ng_node *n)
{
	world_said("constructor", n, NULL);
	return 0;
}

/* roleN has that role, numN that number; "refuse" is refused. */
static int world_newhook(struct ng_node *n, struct ng_hook *h)
{
	world_said("newhook", n, h->name);
	if (str_prefix(h->name, "refuse"))
		return -EISCONN;
	if (str_prefix(h->name, "role"))
		h->role = (uint16_t)(1 + (unsigned char)h->name[4] % 7);
	if (h->role && n->role[h->role])
		return -EISCONN;
	if (str_prefix(h->name, "num"))
		h->number = (uint32_t)atoi(h->name + 3);
	return 0;
}

/* Neither messages nor packets may find a hook before both sides have agreed,
 * and after its end has begun. */
static void world_unseen(const struct ng_hook *h)
{
	struct ng_dp *dp = ng_graph_dp(h->node->graph);
	const struct ngd_node *n = dp_node(dp, h->node->slot);
	bool role =
		h->role && h->role < NGD_ROLES && n->hook[h->role] == h->slot;

	if (!h->peer || !h->invalid || ng_hook_by_name(h->node, h->name) == h ||
	    dp_hook(dp, h->slot)->peer || n->first == h->slot || role)
		abort();
}

/* "vetoN" takes back its agreement; "suicide" ends its node meanwhile. */
static int world_connect(struct ng_hook *h)
{
	world_said("connect", h->node, h->name);
	world_unseen(h);
	if (str_prefix(h->name, "veto"))
		return -EPROTO;
	if (str_prefix(h->name, "suicide"))
		ng_node_shutdown(h->node);
	return ng_node_changed(h->node);
}

/* "dieN": the node goes with it. */
static void world_disconnect(struct ng_hook *h)
{
	world_said("disconnect", h->node, h->name);
	world_unseen(h);
	if (str_prefix(h->name, "die"))
		ng_node_shutdown(h->node);
	(void)ng_hook_changed(h);
	(void)ng_node_changed(h->node);
}

/* "bya" and "byb", where it has both, are connected with each other. */
static void world_closing(struct ng_node *n)
{
	struct ng_hook *a = ng_hook_by_name(n, "bya");
	struct ng_hook *b = ng_hook_by_name(n, "byb");

	world_said("closing", n, NULL);
	if (a && b && ng_bypass(a, b) < 0)
		abort();
}

static int world_shutdown(struct ng_node *n)
{
	world_said("shutdown", n, NULL);
	return ((struct world_priv *)n->priv)->value == 99 ? -EBUSY : 0;
}

static int world_u32(struct ng_node *n, uint32_t cmd, uint32_t v)
{
	struct world_priv *p = n->priv;

	switch (cmd) {
	case WORLD_SET:
		p->value = v;
		return ng_node_changed(n);
	case WORLD_PERSIST:
		n->persistent = v || !n->nhooks;
		return ng_node_changed(n);
	case WORLD_FLAG:
		for (struct ng_hook *h = n->hooks; h; h = h->older) {
			h->flags = v;
			h->conf = v + 1;
			if (ng_hook_changed(h) < 0)
				return -ENOMEM;
		}
		return 0;
	default:
		return -EINVAL;
	}
}

static int world_rcvmsg(struct ng_node *n, const struct ng_mesg *m,
			struct ng_hook *last, struct ng_reply *reply)
{
	uint32_t sender = ng_sender(n->graph);
	const uint32_t *v;

	if (m->header.flags & NGF_RESP) {
		world_said("answer", n, last ? last->name : NULL);
		return 0;
	}
	if (m->header.typecookie == NGM_GENERIC_COOKIE &&
	    m->header.cmd == NGM_TEXT_STATUS)
		return ng_answer(reply, m, "fine", 5);
	if (m->header.typecookie != WORLD_COOKIE)
		return -EINVAL;
	switch (m->header.cmd) {
	case WORLD_ASK:
		return ng_answer(reply, m, &sender, sizeof(sender));
	case WORLD_BAD:
		(void)ng_answer(reply, m, &sender, sizeof(sender));
		return -EDOM;
	case WORLD_ECHO:
		for (struct ng_hook *h = n->hooks; h; h = h->older) {
			int r = ng_message_peer(h, WORLD_COOKIE, WORLD_ECHO,
						m->data, m->header.arglen);

			if (r < 0)
				return r;
		}
		return 0;
	case WORLD_CLEAR:
		for (struct ng_hook *h = n->hooks; h; h = h->older)
			ng_hook_clear(h);
		return 0;
	default:
		v = NG_ARG(m, uint32_t);
		return v ? world_u32(n, m->header.cmd, *v) : -EINVAL;
	}
}

static int world_rcvdata(struct ng_hook *h, const void *data, size_t len)
{
	strbuf_addf(&world_log, "data %x.%s %.*s\n", h->node->id, h->name,
		    (int)len, (const char *)data);
	return 0;
}

/* Value 13 cannot go on. */
static int world_restore(struct ng_node *n)
{
	world_said("restore", n, NULL);
	return ((struct world_priv *)n->priv)->value == 13 ? -ENODEV : 0;
}

static void world_publish(const struct ng_node *n, struct ngd_node *d)
{
	d->conf[0] = ((const struct world_priv *)n->priv)->value;
	d->flags = (uint16_t)n->nhooks;
}

/* Values from 50 to 60 have one. */
static size_t world_blob(const struct ng_node *n, uint8_t ret[NGD_BLOB])
{
	uint32_t v = ((const struct world_priv *)n->priv)->value;

	if (v < 50 || v > 60)
		return 0;
	memset(ret, (int)v, v);
	return v;
}

#define WORLD_TYPE(word, stays)                                                \
	{                                                                      \
		.name = word, .cookie = WORLD_COOKIE, .kind = NGD_USER,        \
		.persistent = stays, .cmds = world_cmds,                       \
		.priv_size = sizeof(struct world_priv), .live_size = 8,        \
		.constructor = world_constructor, .newhook = world_newhook,    \
		.connect = world_connect, .disconnect = world_disconnect,      \
		.closing = world_closing, .shutdown = world_shutdown,          \
		.rcvmsg = world_rcvmsg, .rcvdata = world_rcvdata,              \
		.restore = world_restore, .publish = world_publish,            \
		.blob = world_blob,                                            \
	}
static const struct ng_type world_plain = WORLD_TYPE("plain", false);
static const struct ng_type world_stays = WORLD_TYPE("stays", true);
/* One that says nothing to anything. */
static const struct ng_type world_mute = {.name = "mute", .kind = NGD_HOLE};
static const struct ng_type *const world_types[] = {&world_plain, &world_stays,
						    &world_mute, NULL};

/* --- worlds -------------------------------------------------------------- */

/* A graph and the node that messages come from. */
struct world {
	struct ng_dp *dp;
	struct ng_graph *g;
	struct ng_node *me;
};

static void world_fail(const char *what)
{
	fprintf(stderr, "ngworld: %s\n", what);
	abort();
}

static void world_open(struct world *w)
{
	strbuf_clear(&world_log);
	if (dp_memory(&w->dp) < 0 || ng_graph_new(w->dp, &w->g) < 0)
		world_fail("no memory");
	ng_graph_types(w->g, world_types);
	w->me = NULL;
}

/* Node 1, "me", of a type that stays. */
static void world_begin(struct world *w)
{
	world_open(w);
	if (ng_node_new(w->g, &world_stays, &w->me) < 0 ||
	    ng_node_rename(w->me, "me") < 0)
		world_fail("no memory");
	strbuf_clear(&world_log);
}

static void world_end(struct world *w)
{
	ng_graph_free(&w->g);
	dp_free(&w->dp);
	strbuf_free(&world_log);
}

/* A message to `path`; reply may be NULL. */
static int world_send(struct world *w, const char *path, uint32_t cookie,
		      uint32_t cmd, const void *arg, size_t len,
		      struct ng_reply *reply)
{
	cleanup_free struct ng_mesg *m = calloc(1, sizeof(*m) + len);
	struct ng_reply none = {0};
	struct ng_hook *last;
	struct ng_node *to;
	int r = ng_path(w->g, w->me, path, &to, &last);

	if (r < 0)
		return r;
	m->header = (struct ng_msghdr){.version = NG_VERSION,
				       .arglen = (uint32_t)len,
				       .cmd = cmd,
				       .token = 7,
				       .typecookie = cookie};
	if (len)
		memcpy(m->data, arg, len);
	r = ng_message(w->me, to, last, m, reply ? reply : &none);
	free(none.msg);
	return r;
}

static int world_mkpeer(struct world *w, const char *path, const char *type,
			const char *hook, const char *peerhook)
{
	struct ngm_mkpeer a = {0};

	str_copy(a.type, sizeof(a.type), type);
	str_copy(a.ourhook, sizeof(a.ourhook), hook);
	str_copy(a.peerhook, sizeof(a.peerhook), peerhook);
	return world_send(w, path, NGM_GENERIC_COOKIE, NGM_MKPEER, &a,
			  sizeof(a), NULL);
}

static int world_join(struct world *w, const char *path, const char *to,
		      const char *hook, const char *peerhook)
{
	struct ngm_connect a = {0};

	str_copy(a.path, sizeof(a.path), to);
	str_copy(a.ourhook, sizeof(a.ourhook), hook);
	str_copy(a.peerhook, sizeof(a.peerhook), peerhook);
	return world_send(w, path, NGM_GENERIC_COOKIE, NGM_CONNECT, &a,
			  sizeof(a), NULL);
}

static int world_name(struct world *w, const char *path, const char *name)
{
	struct ngm_name a = {0};

	str_copy(a.name, sizeof(a.name), name);
	return world_send(w, path, NGM_GENERIC_COOKIE, NGM_NAME, &a, sizeof(a),
			  NULL);
}

static int world_rmhook(struct world *w, const char *path, const char *hook)
{
	struct ngm_rmhook a = {0};

	str_copy(a.ourhook, sizeof(a.ourhook), hook);
	return world_send(w, path, NGM_GENERIC_COOKIE, NGM_RMHOOK, &a,
			  sizeof(a), NULL);
}

static int world_kill(struct world *w, const char *path)
{
	return world_send(w, path, NGM_GENERIC_COOKIE, NGM_SHUTDOWN, NULL, 0,
			  NULL);
}

static int world_tell(struct world *w, const char *path, uint32_t cmd,
		      uint32_t v)
{
	return world_send(w, path, WORLD_COOKIE, cmd, &v, sizeof(v), NULL);
}

/* --- the model as text --------------------------------------------------- */

static void world_dump_hook(const struct ng_hook *h, struct strbuf *b)
{
	strbuf_addf(b, "  %s -> %x.%s slot %u role %u number %u %x %x", h->name,
		    h->peer->node->id, h->peer->name, h->slot, h->role,
		    h->number, h->flags, h->conf);
	for (size_t i = 0; i < NGD_COUNTERS; i++)
		if (h->base[i])
			strbuf_addf(b, " %zu=%llu", i,
				    (unsigned long long)h->base[i]);
	strbuf_addch(b, '\n');
}

static void world_dump(const struct ng_graph *g, struct strbuf *b)
{
	strbuf_clear(b);
	for (const struct ng_node *n = ng_nodes(g); n; n = n->next) {
		strbuf_addf(b, "%x %s \"%s\" slot %u if %u%s ", n->id,
			    n->type->name, n->name, n->slot, n->ifindex,
			    n->persistent ? " stays" : "");
		for (size_t i = 0; i < n->type->priv_size; i++)
			strbuf_addf(b, "%02x", ((uint8_t *)n->priv)[i]);
		strbuf_addch(b, '\n');
		for (const struct ng_hook *h = n->hooks; h; h = h->older)
			world_dump_hook(h, b);
	}
}

/* --- what packets see ---------------------------------------------------- */

#define SAME(what)                                                             \
	do {                                                                   \
		if (!(what))                                                   \
			world_fail(#what);                                     \
	} while (0)

/* A journal says so that no type would have. */
static bool world_same_roles;

static void world_check_hook(const struct ng_graph *g, const struct ng_hook *h)
{
	const struct ngd_hook *d = dp_hook(g->dp, h->slot);

	SAME(h->slot && h->linked && !h->invalid && !h->cut);
	SAME(h->peer && h->peer->peer == h && h->peer != h);
	SAME(d->peer == h->peer->slot);
	SAME(d->node == h->node->slot);
	SAME(d->next == (h->older ? h->older->slot : 0));
	SAME(d->kind == h->node->type->kind && d->role == h->role);
	SAME(d->number == h->number && d->gen != 0);
	SAME(d->flags == h->flags && d->conf == h->conf);
	SAME(ng_hook_by_slot(g, h->slot, d->gen) == h);
	SAME(!ng_hook_by_slot(g, h->slot, d->gen + 1));
	SAME(ng_hook_by_name(h->node, h->name) == h);
	/* others' roles need not be of one hook alone */
	SAME(!h->role || world_same_roles ||
	     h->node->type->publish != world_publish ||
	     h->node->role[h->role] == h);
	SAME(!h->older || h->older->newer == h);
}

static void world_check_node(const struct ng_graph *g, const struct ng_node *n)
{
	const struct ngd_node *d = dp_node(g->dp, n->slot);
	struct ngd_node want = *d;
	uint8_t blob[NGD_BLOB] = {0};
	size_t hooks = 0;

	SAME(n->slot && !n->dying && ng_node_by_slot(g, n->slot) == n);
	SAME(ng_node_by_id(g, n->id) == n);
	SAME(!*n->name || ng_node_by_name(g, n->name) == n);
	SAME(!n->ifindex || ng_node_by_ifindex(g, n->ifindex) == n);
	SAME(d->id == n->id && d->kind == n->type->kind);
	SAME(d->first == (n->hooks ? n->hooks->slot : 0));
	SAME(d->ifindex == n->ifindex && d->gen == n->gen);
	SAME(d->blob == n->blob);
	for (size_t i = 0; i < NGD_ROLES; i++) {
		SAME(d->hook[i] == (n->role[i] ? n->role[i]->slot : 0));
		SAME(!n->role[i] || n->role[i]->role == i);
	}
	if (n->type->publish)
		n->type->publish(n, &want);
	SAME(memcmp(&want, d, sizeof(want)) == 0);
	if (n->type->blob && n->type->blob(n, blob))
		SAME(memcmp(dp_blob(g->dp, n->blob)->bytes, blob,
			    sizeof(blob)) == 0);
	for (const struct ng_hook *h = n->hooks; h; h = h->older, hooks++) {
		SAME(h->node == n);
		world_check_hook(g, h);
		SAME(h->older || n->oldest == h);
	}
	SAME(hooks == n->nhooks && (hooks || n->persistent));
}

static size_t world_used(const struct ng_graph *g, enum dp_slot_kind kind)
{
	const struct dp_slots *s = &g->dp->slots[kind];
	size_t n = 0;

	for (uint32_t i = 0; i < s->size; i++)
		n += s->used[i];
	return n;
}

/* Model, hashes and slots agree, and no slot is lost. */
static void world_check(const struct ng_graph *g)
{
	size_t nodes = 0, hooks = 0, blobs = 0, named = 0;

	SAME(!g->depth && !g->messages && !g->queue && !g->reaping);
	SAME(!g->node_graves && !g->hook_graves && !g->stored);
	for (const struct ng_node *n = ng_nodes(g); n; n = n->next, nodes++) {
		world_check_node(g, n);
		hooks += n->nhooks;
		blobs += n->blob != 0;
		named += *n->name != '\0';
		SAME(!n->next || n->next->prev == n);
		SAME(n->next || g->oldest == n);
	}
	SAME(nodes == ng_node_count(g) && g->by_id.n == nodes);
	SAME(g->by_hook.n == hooks && g->by_name.n == named);
	SAME(world_used(g, DP_NODES) == nodes);
	SAME(world_used(g, DP_HOOKS) == hooks);
	SAME(world_used(g, DP_BLOBS) == blobs);
}

#endif
