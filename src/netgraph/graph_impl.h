/* graph_impl: what the files of the model (graph.c, hook.c, publish.c,
 * generic.c, journal*.c) share. */
#ifndef CB_NETGRAPH_GRAPH_IMPL_H
#define CB_NETGRAPH_GRAPH_IMPL_H

#include "netgraph/dp.h"
#include "netgraph/graph.h"
#include "netgraph/hash.h"
#include "netgraph/journal.h"
#include "netgraph/type.h"

#define GRAPH_TYPES 64 /* kinds of nodes that can be counted */
#define GRAPH_DEPTH 32 /* messages that cause messages */

struct ng_graph {
	struct ng_dp *dp;
	struct ng_journal *journal; /* owned by who has opened it */
	const struct ng_type *const *more_types;
	const struct ng_ops *ops; /* NULL: none */
	void *ops_arg;
	ng_trace_fn *trace;
	void *trace_arg;

	struct ng_node *newest, *oldest;
	size_t nnodes;
	ng_ID_t next_id;
	struct ng_hash by_id, by_name, by_ifindex, by_hook;
	struct {
		const struct ng_type *type;
		size_t n;
	} living[GRAPH_TYPES];

	/* By data path slot. */
	struct ng_node **node_at;
	struct ng_hook **hook_at;
	size_t nodes_at, hooks_at;

	unsigned int depth;    /* of ng_enter() */
	unsigned int messages; /* under way */
	ng_ID_t sender;
	bool stored;	  /* packets see something else than at ng_enter() */
	bool reaping;	  /* the queue is being worked off */
	bool draining;	  /* ng_graph_drain() is at work */
	uint32_t nesting; /* of what is being received */
	struct ng_node *queue, **queue_end;
	struct ng_node *node_graves;
	struct ng_hook *hook_graves;
};

static inline bool name_ok(const char *name, size_t size)
{
	size_t n = 0;

	while (n < size && name[n] && name[n] != '.' && name[n] != ':')
		n++;
	return n && n < size && !name[n];
}

/* --- graph.c --- */
const struct ng_type *type_find(const struct ng_graph *g, const char *name);
/* A node that is nowhere known yet; -ENOMEM. */
int node_make(struct ng_graph *g, const struct ng_type *t, ng_ID_t id,
	      struct ng_node **ret);
/* Known by id and name; has room in the hashes. */
int node_enrol(struct ng_node *n);
void node_unenrol(struct ng_node *n);
/* Known by its data path slot. -ENOMEM */
int node_at(struct ng_node *n);
int hook_at(struct ng_hook *h);
void hook_not_at(const struct ng_hook *h);
void node_free(struct ng_node *n);
/* h was destroyed; its memory goes at the outermost ng_leave(). */
void hook_bury(struct ng_hook *h);
int node_set_name(struct ng_node *n, const char *name);
int node_hold_ifindex(struct ng_node *n);
void note_node(struct ng_node *n);

/* --- hook.c --- */
struct ng_hook *hook_make(struct ng_node *n, const char *name);
/* Newest in its node's list, found by name. -ENOMEM */
int hook_enrol(struct ng_hook *h);
void hook_unenrol(struct ng_hook *h);
/* Also one that is being connected. */
struct ng_hook *hook_find(const struct ng_node *n, const char *name);
void hook_role(struct ng_hook *h, uint16_t role);

/* --- publish.c --- */
/* Store what n is; -ENOMEM: a blob, all else is stored. */
int publish_node(struct ng_node *n);
/* What h is; not who its peer is. */
void publish_hook(const struct ng_hook *h);
/* Both ends, complete in the model, become seen. -ENOMEM: see above. */
int publish_link(struct ng_hook *a, struct ng_hook *b);
/* All of h, of which packets may have seen something already. */
void publish_again(const struct ng_hook *h);
/* h, which the model has unlinked, is seen no more. */
void publish_unlink(struct ng_hook *h);
/* Two hooks whose peers have changed to be each other. */
void publish_peers(const struct ng_hook *a, const struct ng_hook *b);
void publish_end(const struct ng_hook *h);
void publish_node_end(struct ng_node *n);

#endif
