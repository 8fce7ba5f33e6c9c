/*
 * type: what a node type is: a row of functions and tables, in a file of its
 * own (node_TYPE.c), which says at its head what of it runs in the kernel
 * (bpf/TYPE.bpf.h) and what in the broker.  ng_types[] in types.c lists them.
 *
 * All functions return 0 or a negative errno, and may be NULL.
 */
#ifndef CB_NETGRAPH_TYPE_H
#define CB_NETGRAPH_TYPE_H

#include "netgraph/graph.h"
#include "netgraph/parse.h"

/* One word for `ngctl msg`: FreeBSD's struct ng_cmdlist. */
struct ng_cmd {
	uint32_t cookie;
	uint32_t cmd;
	const char *name;	    /* NULL ends a table */
	const struct ng_ptype *arg; /* NULL: none, or binary only */
	const struct ng_ptype *reply;
};

struct ng_type {
	const char *name; /* FreeBSD's, without ng_ */
	uint32_t cookie;
	enum ngd_kind kind;
	bool persistent; /* stays without hooks */
	bool no_mkpeer;	 /* EINVAL: ether */
	const struct ng_cmd *cmds;
	size_t priv_size, live_size;

	/* mkpeer, or the broker itself, wants one; n has its id and its slot.
	 * An error leaves nothing behind. */
	int (*constructor)(struct ng_node *n);
	/* A hook of that name is wanted: refuse it, or set role, number, flags.
	 * The hook is not in the node's list yet; h->peer and its node are
	 * set, but that node may not have agreed yet. */
	int (*newhook)(struct ng_node *n, struct ng_hook *h);
	/* Both ends have agreed and are in their lists: h->peer is set.  An
	 * error undoes both. */
	int (*connect)(struct ng_hook *h);
	/* h goes, and is no longer in the node's list, which may be empty;
	 * h->peer is still set.  Also called when newhook() had agreed and the
	 * other side has not.  Packets see neither any more. */
	void (*disconnect)(struct ng_hook *h);
	/* Before hooks go, at shutdown (FreeBSD's close): ng_bypass(). */
	void (*closing)(struct ng_node *n);
	/* The node goes; it has no hooks.  -EBUSY keeps it (ether). */
	int (*shutdown)(struct ng_node *n);
	int (*rcvmsg)(struct ng_node *n, const struct ng_mesg *msg,
		      struct ng_hook *last, struct ng_reply *reply);
	/* Data for the broker's part (NGD_UP_DATA). */
	int (*rcvdata)(struct ng_hook *h, const void *data, size_t len);
	/* An event that the packet function sent (NGD_UP_EVENT). */
	void (*event)(struct ng_hook *h, uint32_t info);
	/* A successor's: priv, hooks and peers are as they were; make `live`
	 * again.  Packets still see what the former broker has published; what
	 * programs have written into the records is read from there now.  An
	 * error: the node is shut down, with live as this has left it. */
	int (*restore)(struct ng_node *n);
	/* The broker ends and the node stays: free what live holds. */
	void (*abandon)(struct ng_node *n);
	/* What packets shall see: conf and flags of the node; the rest is
	 * filled in already.  Pure. */
	void (*publish)(const struct ng_node *n, struct ngd_node *d);
	/* Larger configuration: up to NGD_BLOB bytes, how many; the core gives
	 * it a blob slot, a new one whenever the bytes differ.  Pure. */
	size_t (*blob)(const struct ng_node *n, uint8_t ret[NGD_BLOB]);
};

extern const struct ng_type *const ng_types[]; /* NULL at the end */
/* By name, with or without "ng_"; NULL. */
const struct ng_type *ng_type_find(const char *name);
/* How many nodes there are of it. */
size_t ng_type_living(const struct ng_graph *g, const struct ng_type *t);

/* Arguments of exactly that size, or -EINVAL. */
#define NG_ARG(msg, type)                                                      \
	((msg)->header.arglen == sizeof(type) ? (const type *)(msg)->data      \
					      : (const type *)0)

#endif
