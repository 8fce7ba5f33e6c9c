/*
 * netgraph/ng_trace.h: what packets do in the graph, told step by step to a
 * program's own node.  FreeBSD has no such thing.
 *
 * NGM_TRACE_START, sent to ".", asks for it, NGM_TRACE_STOP and the end of the
 * node end it.  Each step comes as a message NGM_TRACE_EVENT.
 */
#ifndef NETGRAPH_NG_TRACE_H
#define NETGRAPH_NG_TRACE_H

#include <netgraph/ng_message.h>
#include <stdint.h>

#define NGM_TRACE_COOKIE 1795336200

enum {
	NGM_TRACE_START = 1,
	NGM_TRACE_STOP = 2,
	NGM_TRACE_EVENT = 3,
};

#define NG_TRACE_HEAD 64
#define NG_TRACE_WORD 16

/* A packet has come to a node by a hook, or ends there. */
struct ng_trace_event {
	uint64_t when;		  /* CLOCK_MONOTONIC, ns */
	ng_ID_t id;		  /* of the node */
	uint32_t len;		  /* of the packet */
	uint32_t lost;		  /* steps not told before this one */
	uint32_t caplen;	  /* bytes in head */
	char node[NG_NODESIZ];	  /* "": it has no name */
	char type[NG_TYPESIZ];	  /* of it */
	char hook[NG_HOOKSIZ];	  /* by which the packet has come */
	char drop[NG_TRACE_WORD]; /* "": it goes on; else why it ends */
	unsigned char head[NG_TRACE_HEAD];
};

#endif
