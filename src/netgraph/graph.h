/*
 * graph: nodes and hooks of one vnet, as its broker has them.
 *
 * Theory of operation.  A `struct ng_graph` is the model of everything that
 * ngctl can name: nodes by id and by name, their hooks by name.  It changes by
 * control messages only (ng_message()), one at a time: a message is carried
 * out whole, or undone and answered with an errno.  The node types (type.h)
 * say what a node's hooks and messages are.
 *
 *	message -> model -> slots (dp.h)     what packets see, at once
 *	                 -> journal (journal.h)  what a killed broker's
 *	                                         successor starts from
 *
 * Functions here return 0 or a negative errno, FreeBSD's for the case; that
 * number is all that a sender gets to know, so there are no texts.
 *
 * Life: a node goes with its last hook unless its type or its owner says that
 * it is persistent; shutdown is obeyed by all but ether nodes.
 * netgraph(4), ng_base.c.
 */
#ifndef CB_NETGRAPH_GRAPH_H
#define CB_NETGRAPH_GRAPH_H

#include "netgraph/data.h"

#include <netgraph/ng_message.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ng_type;
struct ng_dp;
struct ng_graph;
struct ng_node;
struct ng_msgbuf;

/* One hook.  The peer is set from the connection until the end. */
struct ng_hook {
	char name[NG_HOOKSIZ];
	struct ng_node *node;
	struct ng_hook *peer;
	struct ng_hook *older; /* in its node's list, newest first */
	struct ng_hook *newer;
	uint32_t slot; /* in the data path */
	bool invalid;  /* being connected or cut: nothing passes */
	/* The node type's; newhook() sets them before the hook is seen. */
	uint16_t role;
	uint32_t number;
	uint32_t flags; /* NGD_HF_* */
	uint32_t conf;
	uint64_t base[NGD_COUNTERS]; /* what counters were when cleared */
	void *live;		     /* the type's, not written down */
	/* The core's own. */
	bool linked;	    /* in its node's list */
	bool cut;	    /* was destroyed, memory stays for a moment */
	uint16_t held_role; /* of which its node knows it */
	bool written;	    /* the journal has it */
	uint32_t noted;	    /* 1 + place among what the journal will write */
	struct ng_hook *grave;
};

struct ng_node {
	ng_ID_t id;
	char name[NG_NODESIZ]; /* "": unnamed */
	const struct ng_type *type;
	struct ng_graph *graph;
	struct ng_node *prev, *next; /* all, newest first */
	struct ng_hook *hooks;	     /* newest first */
	struct ng_hook *oldest;
	size_t nhooks;
	uint32_t slot;
	uint32_t gen;
	bool dying;
	bool persistent;
	uint32_t ifindex;
	void *priv; /* type->priv_size bytes, zeroed at first, written to the
		       journal as they are: no pointers */
	void *live; /* type->live_size bytes, zeroed at first, of this process
		     */
	/* The core's own. */
	struct ng_hook *role[NGD_ROLES];
	uint32_t blob;	       /* slot; 0: none */
	uint32_t held_ifindex; /* by which it is found */
	bool ended;	       /* memory stays for a moment */
	bool busy;
	bool written;
	uint32_t noted;	       /* as a hook's */
	struct ng_node *queue; /* of those that wait for their shutdown */
	struct ng_node *grave;
};

/* A new and empty graph on data path dp (borrowed; dp.h).  vnet's network
 * stack is the data path's. */
int ng_graph_new(struct ng_dp *dp, struct ng_graph **ret);
/* What packets see stays as it is. */
void ng_graph_free(struct ng_graph **g);
struct ng_dp *ng_graph_dp(struct ng_graph *g);
/* More types than ng_types[] has (tests); NULL at the end, borrowed. */
void ng_graph_types(struct ng_graph *g, const struct ng_type *const *more);

/*
 * Whatever changes the graph does so between ng_enter() and ng_leave(), which
 * nest; messages and all functions below bring their own pair.  Nodes and
 * hooks that go stay readable until the outermost ng_leave(), which also has
 * the journal written.  The broker puts a pair around timers' and
 * descriptors' functions, so that those may shut down their own node.
 */
void ng_enter(struct ng_graph *g);
void ng_leave(struct ng_graph *g);

/* --- looking --- */
struct ng_node *ng_node_by_id(const struct ng_graph *g, ng_ID_t id);
/* A name, or "[hex]". */
struct ng_node *ng_node_by_name(const struct ng_graph *g, const char *name);
struct ng_hook *ng_hook_by_name(const struct ng_node *n, const char *name);
/* The node whose data path slot that is (0, freed ones: NULL), and the hook. */
struct ng_node *ng_node_by_slot(const struct ng_graph *g, uint32_t slot);
struct ng_hook *ng_hook_by_slot(const struct ng_graph *g, uint32_t slot,
				uint32_t gen);
struct ng_node *ng_node_by_ifindex(const struct ng_graph *g, uint32_t ifindex);
/* All nodes, newest first: node->next. */
struct ng_node *ng_nodes(const struct ng_graph *g);
size_t ng_node_count(const struct ng_graph *g);

/* ADDRESS (netgraph(4), "Addressing") from `here`.  ret_last: the hook by
 * which the node was reached, NULL if none; may be NULL.
 * -ENOENT, -EINVAL. */
int ng_path(struct ng_graph *g, struct ng_node *here, const char *address,
	    struct ng_node **ret, struct ng_hook **ret_last);

/* --- changing; what messages come down to --- */
int ng_node_new(struct ng_graph *g, const struct ng_type *t,
		struct ng_node **ret); /* calls the constructor */
void ng_node_shutdown(struct ng_node *n);
int ng_node_rename(struct ng_node *n, const char *name);
/* A node made by its type, at mkpeer: "ng_bridge" is "bridge".  -ENXIO. */
int ng_mkpeer(struct ng_node *n, const char *hook, const char *peerhook,
	      const char *type, struct ng_node **ret);
int ng_connect(struct ng_node *a, const char *ahook, struct ng_node *b,
	       const char *bhook);
/* Cut a hook and its peer; nodes without hooks left may go. */
void ng_hook_destroy(struct ng_hook *h);
/* Connect the peers of two hooks with each other (pipe, tee at shutdown). */
int ng_bypass(struct ng_hook *a, struct ng_hook *b);

/* What the type has changed in n's priv, ifindex or persistence, or h's role,
 * number, flags and conf: packets see it and the journal has it.  -ENOMEM:
 * packets see the old. */
int ng_node_changed(struct ng_node *n);
int ng_hook_changed(struct ng_hook *h);
/* As that, where only base is another: nothing that packets see, or have
 * written there meanwhile, is touched. */
void ng_hook_counted(struct ng_hook *h);
/* All entries of the node's tables are void: a new generation. */
void ng_node_forget(struct ng_node *n);

/* --- messages --- */

/* An answer in the making. */
struct ng_reply {
	struct ng_msgbuf *msg; /* NULL until there is one */
};
struct ng_msgbuf {
	size_t size; /* of the whole message */
	struct ng_mesg m;
};
/* Answer `question` with len bytes. -ENOMEM */
int ng_answer(struct ng_reply *r, const struct ng_mesg *question,
	      const void *data, size_t len);
/* As that, and a pointer to len zeroed bytes to be filled in. */
void *ng_answer_room(struct ng_reply *r, const struct ng_mesg *question,
		     size_t len);

/*
 * Carry out message msg (arglen is not larger than what is there) sent by
 * `from` (a socket node) to node `to`, which was reached by hook `last` (may
 * be NULL): generic ones here, others by the type's rcvmsg.
 */
int ng_message(struct ng_node *from, struct ng_node *to, struct ng_hook *last,
	       const struct ng_mesg *msg, struct ng_reply *reply);
/* A node's own message to the node at the other end of h (LINK_IS_UP...). */
int ng_message_peer(struct ng_hook *h, uint32_t cookie, uint32_t cmd,
		    const void *arg, size_t len);
/* ... and to whatever node has that id; answers to what came before. */
int ng_message_id(struct ng_node *from, ng_ID_t to, const struct ng_mesg *m);
/* In rcvmsg: the node that the message is from; 0: none is carried out. */
ng_ID_t ng_sender(const struct ng_graph *g);
/* Words of the type's, and those of every node: FreeBSD's ng_cmdlist. */
struct ng_cmd;
const struct ng_cmd *ng_cmd_by_name(const struct ng_type *t, const char *name);

/* Counters of h since they were cleared, summed over the CPUs. */
void ng_hook_counters(struct ng_hook *h, uint64_t ret[NGD_COUNTERS]);
void ng_hook_clear(struct ng_hook *h);

/* Data from the broker's part of a node out of h, through the data path.
 * -ENOTCONN, -ENOBUFS, -EMSGSIZE. */
int ng_send_data(struct ng_hook *h, const void *data, size_t len);
/* In rcvdata: how many tunnels are around the data already. */
uint32_t ng_nesting(const struct ng_graph *g);
/* What has come up from the data path goes to its nodes (rcvdata, event), and
 * steps of walks to the trace function.  How many, or the first -errno of a
 * node's. */
int ng_graph_drain(struct ng_graph *g);
/* Who is told of steps; NULL: nobody. */
typedef void ng_trace_fn(const struct ngd_up *up, const void *data, void *arg);
void ng_graph_trace(struct ng_graph *g, ng_trace_fn *trace, void *arg);

/* Events for the broker's loop: call fn(n) at or after `when`
 * (CLOCK_MONOTONIC, ns), once; a node has one timer, 0 ends it.  And: watch a
 * descriptor for POLLIN/POLLOUT; events 0 ends it. */
typedef void ng_timer_fn(struct ng_node *n);
typedef void ng_fd_fn(struct ng_node *n, int fd, short events);
void ng_timer(struct ng_node *n, uint64_t when, ng_timer_fn *fn);
int ng_watch(struct ng_node *n, int fd, short events, ng_fd_fn *fn);
/* The broker must not end while this node is there (timers, sockets). */
void ng_busy(struct ng_node *n, bool busy);

/* Who does these three: the broker's loop (server.c).  NULL, or a function
 * that is: nobody.  Nodes that go are told of by gone(), before they are
 * freed: their timer, descriptors and being busy end with them. */
struct ng_ops {
	void (*timer)(void *arg, struct ng_node *n, uint64_t when,
		      ng_timer_fn *fn);
	int (*watch)(void *arg, struct ng_node *n, int fd, short events,
		     ng_fd_fn *fn);
	void (*busy)(void *arg, struct ng_node *n, bool busy);
	void (*gone)(void *arg, struct ng_node *n);
};
void ng_graph_ops(struct ng_graph *g, const struct ng_ops *ops, void *arg);

#endif
