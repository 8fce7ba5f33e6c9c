/*
 * server: the broker of one vnet's netgraph.
 *
 * Theory of operation.  One process, one thread, one epoll set.  What may come
 * in: a program that connects, a program's request (client.c), a node's timer
 * or descriptor, an interface's coming and going (links.c), packets for nodes
 * whose data ends in the broker (data path's ring `up`).  Each is worked in
 * whole before the next is looked at, and the journal written after it, so
 * that the process may be killed between any two instructions: the next one
 * starts from the journal (journal.h).
 *
 *	request:  what links have to say, so that an interface made just before
 *	          has its node; the request; journal; its answers; its errno
 *
 * Nothing here waits for a program: what it does not read is dropped, one that
 * talks nonsense is cut off, and what it keeps here is bounded.
 *
 * The broker is started by the first who wants something (start.h) and ends
 * when nobody has: no program is connected and no node says that it needs it
 * (ng_busy()).  Packets flow without it.
 */
#ifndef CB_NETGRAPH_SERVER_H
#define CB_NETGRAPH_SERVER_H

#include "base/err.h"
#include "net/vnet.h"

#include <stdbool.h>

struct ng_server_conf {
	struct vnet *vnet;  /* whose graph; the process is in it */
	const char *bpfdir; /* NULL: a data path of memory, for tests */
	int dirfd;	    /* journal and socket lie there */
	const char *socket; /* its path, for bind(2) */
	/* Called once it can be reached. */
	void (*ready)(void *arg);
	void *arg;
};

/*
 * Serve until there is nothing to do.  ret_empty: of the graph there is
 * nothing that the next broker would not find by itself.
 */
int ng_server_run(const struct ng_server_conf *c, bool *ret_empty,
		  struct err *e);

#endif
