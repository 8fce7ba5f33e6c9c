/*
 * graph: the model as a whole, and its nodes (graph.h; hooks: hook.c; what
 * packets see of it: publish.c; messages: generic.c; the journal: journal.c).
 *
 * Theory of operation.  Every change runs between ng_enter() and ng_leave().
 * Node types are called in the middle of changes and may change the graph
 * themselves, down to shutting down the node they are called for.  Three
 * things make that safe:
 *
 *	- nothing is freed before the outermost ng_leave() ("graves"), so a
 *	  pointer that some caller up the stack holds stays readable;
 *	- a hook is out of all lists before its type hears of its end, and
 *	  destroying it again does nothing;
 *	- a shutdown that is asked for during another one waits in a queue
 *	  (its node is not found any more), so that a chain of nodes that take
 *	  each other down needs no stack.
 *
 * Finding is by hashes of id, name, interface, and (node, hook name); slots of
 * the data path are indices of arrays.  Nothing here takes longer in a larger
 * graph, the listing of it excepted.
 */
#include "netgraph/graph_impl.h"
#include "netgraph/offload.h"

#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DATA_MAX 65550 /* a whole IP packet and an Ethernet header */

/* --- the graph ----------------------------------------------------------- */

int ng_graph_new(struct ng_dp *dp, struct ng_graph **ret)
{
	struct ng_graph *g = calloc(1, sizeof(*g));

	if (!g)
		return -ENOMEM;
	g->dp = dp;
	g->next_id = 1;
	g->queue_end = &g->queue;
	*ret = g;
	return 0;
}

static void graves_clear(struct ng_graph *g)
{
	while (g->hook_graves) {
		struct ng_hook *h = g->hook_graves;

		g->hook_graves = h->grave;
		free(h);
	}
	while (g->node_graves) {
		struct ng_node *n = g->node_graves;

		g->node_graves = n->grave;
		node_free(n);
	}
}

void ng_graph_free(struct ng_graph **pg)
{
	struct ng_graph *g = *pg;

	if (!g)
		return;
	*pg = NULL;
	for (struct ng_node *n = g->newest, *next; n; n = next) {
		next = n->next;
		if (n->type->abandon)
			n->type->abandon(n);
		while (n->hooks) {
			struct ng_hook *h = n->hooks;

			n->hooks = h->older;
			free(h);
		}
		node_free(n);
	}
	graves_clear(g);
	ng_hash_free(&g->by_id);
	ng_hash_free(&g->by_name);
	ng_hash_free(&g->by_ifindex);
	ng_hash_free(&g->by_hook);
	free(g->node_at);
	free(g->hook_at);
	free(g);
}

struct ng_dp *ng_graph_dp(struct ng_graph *g)
{
	return g->dp;
}

void ng_graph_types(struct ng_graph *g, const struct ng_type *const *more)
{
	g->more_types = more;
}

void ng_enter(struct ng_graph *g)
{
	g->depth++;
}

void ng_leave(struct ng_graph *g)
{
	if (--g->depth)
		return;
	if (g->stored)
		dp_changed(g->dp);
	g->stored = false;
	if (g->journal)
		(void)ng_journal_commit(g->journal, NULL);
	graves_clear(g);
}

void note_node(struct ng_node *n)
{
	if (n->graph->journal)
		ng_journal_node(n->graph->journal, n);
}

/* --- types --------------------------------------------------------------- */

/* "ng_bridge" is what essays and modules call "bridge". */
static bool type_is(const struct ng_type *t, const char *name)
{
	return strcmp(t->name, name) == 0 ||
	       (str_prefix(name, "ng_") && strcmp(t->name, name + 3) == 0);
}

const struct ng_type *ng_type_find(const char *name)
{
	for (const struct ng_type *const *t = ng_types; *t; t++)
		if (type_is(*t, name))
			return *t;
	return NULL;
}

const struct ng_type *type_find(const struct ng_graph *g, const char *name)
{
	for (const struct ng_type *const *t = g->more_types; t && *t; t++)
		if (type_is(*t, name))
			return *t;
	return ng_type_find(name);
}

size_t ng_type_living(const struct ng_graph *g, const struct ng_type *t)
{
	for (size_t i = 0; i < GRAPH_TYPES && g->living[i].type; i++)
		if (g->living[i].type == t)
			return g->living[i].n;
	return 0;
}

static int type_count(struct ng_graph *g, const struct ng_type *t, int by)
{
	for (size_t i = 0; i < GRAPH_TYPES; i++) {
		if (g->living[i].type && g->living[i].type != t)
			continue;
		g->living[i].type = t;
		g->living[i].n += (size_t)by;
		return 0;
	}
	return -ENOMEM;
}

/* --- finding ------------------------------------------------------------- */

static uint64_t hash_u32(uint32_t v)
{
	return ng_hash_bytes(0, &v, sizeof(v));
}

static uint64_t hash_name(const char *name)
{
	return ng_hash_bytes(1, name, strlen(name));
}

static bool has_id(const void *p, const void *key)
{
	const struct ng_node *n = p;

	return !n->dying && n->id == *(const ng_ID_t *)key;
}

static bool has_name(const void *p, const void *key)
{
	const struct ng_node *n = p;

	return !n->dying && strcmp(n->name, key) == 0;
}

static bool has_ifindex(const void *p, const void *key)
{
	const struct ng_node *n = p;

	return !n->dying && n->held_ifindex == *(const uint32_t *)key;
}

struct ng_node *ng_node_by_id(const struct ng_graph *g, ng_ID_t id)
{
	return ng_hash_find(&g->by_id, hash_u32(id), has_id, &id);
}

struct ng_node *ng_node_by_ifindex(const struct ng_graph *g, uint32_t ifindex)
{
	if (!ifindex)
		return NULL;
	return ng_hash_find(&g->by_ifindex, hash_u32(ifindex), has_ifindex,
			    &ifindex);
}

/* "[2f]" is 0x2f; else 0. */
static ng_ID_t id_of_name(const char *name)
{
	size_t len = strlen(name);
	unsigned long v;
	char *end;

	if (len < 3 || name[0] != '[' || name[len - 1] != ']' ||
	    !isxdigit((unsigned char)name[1]))
		return 0;
	errno = 0;
	v = strtoul(name + 1, &end, 16);
	if (errno || end != name + len - 1 || v > UINT32_MAX)
		return 0;
	return (ng_ID_t)v;
}

struct ng_node *ng_node_by_name(const struct ng_graph *g, const char *name)
{
	ng_ID_t id = id_of_name(name);

	if (id)
		return ng_node_by_id(g, id);
	if (!*name)
		return NULL;
	return ng_hash_find(&g->by_name, hash_name(name), has_name, name);
}

struct ng_node *ng_node_by_slot(const struct ng_graph *g, uint32_t slot)
{
	return slot < g->nodes_at ? g->node_at[slot] : NULL;
}

struct ng_hook *ng_hook_by_slot(const struct ng_graph *g, uint32_t slot,
				uint32_t gen)
{
	if (slot >= g->hooks_at || !g->hook_at[slot] ||
	    dp_hook(g->dp, slot)->gen != gen)
		return NULL;
	return g->hook_at[slot];
}

struct ng_node *ng_nodes(const struct ng_graph *g)
{
	return g->newest;
}

size_t ng_node_count(const struct ng_graph *g)
{
	return g->nnodes;
}

/* Room for index `slot` in an array of pointers. */
static int at_room(void *array, size_t *n, uint32_t slot)
{
	size_t size = *n ? *n : 64;
	void *was, **p;

	if (slot < *n)
		return 0;
	while (size <= slot)
		size *= 2;
	memcpy(&was, array, sizeof(was));
	p = realloc(was, size * sizeof(*p));
	if (!p)
		return -ENOMEM;
	memset(p + *n, 0, (size - *n) * sizeof(*p));
	memcpy(array, &p, sizeof(p));
	*n = size;
	return 0;
}

int node_at(struct ng_node *n)
{
	struct ng_graph *g = n->graph;

	if (at_room(&g->node_at, &g->nodes_at, n->slot) < 0)
		return -ENOMEM;
	g->node_at[n->slot] = n;
	return 0;
}

int hook_at(struct ng_hook *h)
{
	struct ng_graph *g = h->node->graph;

	if (at_room(&g->hook_at, &g->hooks_at, h->slot) < 0)
		return -ENOMEM;
	g->hook_at[h->slot] = h;
	return 0;
}

void hook_not_at(const struct ng_hook *h)
{
	struct ng_graph *g = h->node->graph;

	if (h->slot && h->slot < g->hooks_at && g->hook_at[h->slot] == h)
		g->hook_at[h->slot] = NULL;
}

void hook_bury(struct ng_hook *h)
{
	struct ng_graph *g = h->node->graph;

	h->grave = g->hook_graves;
	g->hook_graves = h;
}

/* --- making -------------------------------------------------------------- */

int node_make(struct ng_graph *g, const struct ng_type *t, ng_ID_t id,
	      struct ng_node **ret)
{
	struct ng_node *n = calloc(1, sizeof(*n));

	if (!n)
		return -ENOMEM;
	n->graph = g;
	n->type = t;
	n->id = id;
	n->persistent = t->persistent;
	n->priv = calloc(1, t->priv_size ? t->priv_size : 1);
	n->live = calloc(1, t->live_size ? t->live_size : 1);
	if (!n->priv || !n->live) {
		node_free(n);
		return -ENOMEM;
	}
	*ret = n;
	return 0;
}

void node_free(struct ng_node *n)
{
	free(n->priv);
	free(n->live);
	free(n);
}

int node_enrol(struct ng_node *n)
{
	struct ng_graph *g = n->graph;
	int r;

	/* for a name and an interface to come, too */
	r = ng_hash_reserve(&g->by_id, 1);
	if (!r)
		r = ng_hash_reserve(&g->by_name, g->by_id.n + 1 - g->by_name.n);
	if (!r)
		r = type_count(g, n->type, 1);
	if (r < 0)
		return r;
	ng_hash_add(&g->by_id, hash_u32(n->id), n);
	n->next = g->newest;
	if (g->newest)
		g->newest->prev = n;
	else
		g->oldest = n;
	g->newest = n;
	g->nnodes++;
	return 0;
}

void node_unenrol(struct ng_node *n)
{
	struct ng_graph *g = n->graph;

	ng_hash_remove(&g->by_id, hash_u32(n->id), n);
	if (*n->name)
		ng_hash_remove(&g->by_name, hash_name(n->name), n);
	n->ifindex = 0;
	(void)node_hold_ifindex(n);
	if (n->next)
		n->next->prev = n->prev;
	else
		g->oldest = n->prev;
	if (n->prev)
		n->prev->next = n->next;
	else
		g->newest = n->next;
	g->nnodes--;
	(void)type_count(g, n->type, -1);
	if (n->slot < g->nodes_at && g->node_at[n->slot] == n)
		g->node_at[n->slot] = NULL;
}

int node_hold_ifindex(struct ng_node *n)
{
	struct ng_hash *t = &n->graph->by_ifindex;

	if (n->held_ifindex == n->ifindex)
		return 0;
	if (n->ifindex && ng_hash_reserve(t, 1) < 0)
		return -ENOMEM;
	if (n->held_ifindex)
		ng_hash_remove(t, hash_u32(n->held_ifindex), n);
	n->held_ifindex = n->ifindex;
	if (n->held_ifindex)
		ng_hash_add(t, hash_u32(n->held_ifindex), n);
	return 0;
}

static ng_ID_t id_next(struct ng_graph *g)
{
	while (!g->next_id || ng_node_by_id(g, g->next_id))
		g->next_id++;
	return g->next_id++;
}

/* It is known to nobody any more; packets are, at most, on their way out. */
static void node_end(struct ng_node *n)
{
	struct ng_graph *g = n->graph;

	n->dying = true;
	if (g->ops && g->ops->gone)
		g->ops->gone(g->ops_arg, n);
	n->ended = true;
	node_unenrol(n);
	if (g->journal)
		ng_journal_node_gone(g->journal, n);
	if (n->slot)
		publish_node_end(n);
	n->grave = g->node_graves;
	g->node_graves = n;
}

static int node_begin(struct ng_node *n)
{
	struct ng_graph *g = n->graph;
	int r = dp_node_alloc(g->dp, &n->slot);

	if (r < 0)
		return r;
	n->gen = dp_node(g->dp, n->slot)->gen;
	r = node_at(n);
	if (!r)
		r = publish_node(n);
	if (!r && n->type->constructor)
		r = n->type->constructor(n);
	if (!r)
		r = ng_node_changed(n);
	return r;
}

int ng_node_new(struct ng_graph *g, const struct ng_type *t,
		struct ng_node **ret)
{
	struct ng_node *n;
	int r = node_make(g, t, id_next(g), &n);

	if (r < 0)
		return r;
	r = node_enrol(n);
	if (r < 0) {
		node_free(n);
		return r;
	}
	ng_enter(g);
	r = node_begin(n);
	if (r < 0)
		node_end(n);
	ng_leave(g);
	if (r < 0)
		return r;
	*ret = n;
	return 0;
}

/* --- names --------------------------------------------------------------- */

int node_set_name(struct ng_node *n, const char *name)
{
	struct ng_graph *g = n->graph;

	if (ng_hash_reserve(&g->by_name, 1) < 0)
		return -ENOMEM;
	if (*n->name)
		ng_hash_remove(&g->by_name, hash_name(n->name), n);
	memset(n->name, 0, sizeof(n->name));
	str_copy(n->name, sizeof(n->name), name);
	ng_hash_add(&g->by_name, hash_name(n->name), n);
	return 0;
}

int ng_node_rename(struct ng_node *n, const char *name)
{
	int r;

	if (n->dying || !name_ok(name, NG_NODESIZ) || id_of_name(name))
		return -EINVAL;
	if (ng_node_by_name(n->graph, name))
		return -EADDRINUSE; /* n's own, too */
	ng_enter(n->graph);
	r = node_set_name(n, name);
	if (!r)
		note_node(n);
	ng_leave(n->graph);
	return r;
}

/* --- changes ------------------------------------------------------------- */

int ng_node_changed(struct ng_node *n)
{
	int r;

	if (n->ended)
		return 0;
	ng_enter(n->graph);
	r = node_hold_ifindex(n);
	if (!r)
		r = publish_node(n);
	if (!n->dying)
		note_node(n);
	ng_leave(n->graph);
	return r;
}

void ng_node_forget(struct ng_node *n)
{
	n->gen++;
	(void)ng_node_changed(n);
}

/* --- shutting down ------------------------------------------------------- */

static void node_shutdown_now(struct ng_node *n)
{
	if (n->type->closing)
		n->type->closing(n);
	while (n->hooks)
		ng_hook_destroy(n->hooks);
	if (n->type->shutdown && n->type->shutdown(n) == -EBUSY) {
		n->dying = false;
		(void)ng_node_changed(n);
		return;
	}
	node_end(n);
}

void ng_node_shutdown(struct ng_node *n)
{
	struct ng_graph *g = n->graph;

	if (n->dying)
		return;
	n->dying = true;
	n->queue = NULL;
	*g->queue_end = n;
	g->queue_end = &n->queue;
	if (g->reaping)
		return;
	ng_enter(g);
	g->reaping = true;
	while (g->queue) {
		n = g->queue;
		g->queue = n->queue;
		if (!g->queue)
			g->queue_end = &g->queue;
		node_shutdown_now(n);
	}
	g->reaping = false;
	ng_leave(g);
}

/* --- data, events -------------------------------------------------------- */

int ng_send_data(struct ng_hook *h, const void *data, size_t len)
{
	if (h->invalid || !h->peer)
		return -ENOTCONN;
	if (len > DATA_MAX)
		return -EMSGSIZE;
	return dp_inject(h->node->graph->dp, h->slot, data, len);
}

struct drain {
	struct ng_graph *g;
	int error; /* the first of a node's */
};

uint32_t ng_nesting(const struct ng_graph *g)
{
	return g->nesting;
}

/* A frame as it would be on a wire.  The node may go by the one before. */
static int drain_frame(void *arg, const void *data, size_t len)
{
	struct ng_hook *h = arg;

	if (h->invalid || h->node->dying)
		return 0;
	return h->node->type->rcvdata(h, data, len);
}

static void drain_one(const struct ngd_up *up, const void *data, void *arg)
{
	struct drain *d = arg;
	struct ng_hook *h;
	int r = 0;

	if (up->kind == NGD_UP_TRACE) {
		if (d->g->trace)
			d->g->trace(up, data, d->g->trace_arg);
		return;
	}
	h = ng_hook_by_slot(d->g, up->hook, up->gen);
	if (!h || h->invalid || h->node->dying)
		return;
	d->g->nesting = up->more & NGD_UP_NEST;
	if (up->kind == NGD_UP_DATA && h->node->type->rcvdata)
		r = ng_offload_each(data, up->len, up->info,
				    up->more & NGD_UP_L3, drain_frame, h);
	else if (up->kind == NGD_UP_EVENT && h->node->type->event)
		h->node->type->event(h, up->info);
	if (r < 0 && !d->error)
		d->error = r;
}

void ng_graph_trace(struct ng_graph *g, ng_trace_fn *trace, void *arg)
{
	g->trace = trace;
	g->trace_arg = arg;
}

int ng_graph_drain(struct ng_graph *g)
{
	struct drain d = {g, 0};
	int r;

	if (g->draining)
		return 0; /* that one will find it */
	ng_enter(g);
	g->draining = true;
	r = dp_up_read(g->dp, drain_one, &d);
	g->draining = false;
	ng_leave(g);
	return d.error ? d.error : r;
}

void ng_graph_ops(struct ng_graph *g, const struct ng_ops *ops, void *arg)
{
	g->ops = ops;
	g->ops_arg = arg;
}

void ng_timer(struct ng_node *n, uint64_t when, ng_timer_fn *fn)
{
	const struct ng_graph *g = n->graph;

	if (g->ops && g->ops->timer && !n->ended)
		g->ops->timer(g->ops_arg, n, when, fn);
}

int ng_watch(struct ng_node *n, int fd, short events, ng_fd_fn *fn)
{
	const struct ng_graph *g = n->graph;

	if (!g->ops || !g->ops->watch || n->ended)
		return -ENOSYS;
	return g->ops->watch(g->ops_arg, n, fd, events, fn);
}

void ng_busy(struct ng_node *n, bool busy)
{
	const struct ng_graph *g = n->graph;

	if (n->ended)
		return;
	if (busy != n->busy && g->ops && g->ops->busy)
		g->ops->busy(g->ops_arg, n, busy);
	n->busy = busy;
}
