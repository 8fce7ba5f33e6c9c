/*
 * server_int: what the files of the broker share.
 *
 *   server.c       the loop: timers, descriptors, links, packets that come up
 *   client.c       programs, their sockets and requests
 *   node_socket.c  the node type that stands for them
 *   trace.c        steps of packets, told to those who have asked
 */
#ifndef CB_NETGRAPH_SERVER_INT_H
#define CB_NETGRAPH_SERVER_INT_H

#include "netgraph/graph.h"
#include "netgraph/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ng_server;
struct ng_client;

/* One descriptor in the epoll set. */
struct source {
	int fd; /* -1: none */
	void (*fn)(struct source *s, uint32_t events);
	struct ng_server *server;
};

/* --- server.c --- */

int source_add(struct ng_server *s, struct source *src, uint32_t events);
/* Take it out and close it. */
void source_close(struct source *src);
/*
 * Of those that were added with EPOLLRDHUP: what was closed before now is
 * worked in.  A program that has closed its sockets, and then another that
 * asks for the list of nodes, shall not find the first one's.
 */
void server_settle(struct ng_server *s);
struct ng_graph *server_graph(struct ng_server *s);
/* What has come up goes to its nodes; the first error of theirs. */
int server_up(struct ng_server *s);
/* Before a request: what is new about interfaces. */
void server_before(struct ng_server *s);
/* A client is dead: to be freed when nothing of it is in use. */
void server_reap_later(struct ng_server *s);

/* --- client.c --- */

#define CLIENTS_MAX 512

struct clients {
	struct ng_server *server;
	struct ng_client *first;
	size_t n, tracing;
};
/* Somebody has connected: fd is taken. */
void client_accept(struct clients *cs, int fd);
/* Free those that are dead. */
void clients_reap(struct clients *cs);
void clients_free(struct clients *cs);

/* For node_socket.c: a message, or a packet from a hook (*name_fd: a file with
 * its name, made at the first packet, -1 before).  -ENOTCONN, -ENOBUFS. */
int client_message(struct ng_client *c, ng_ID_t from, const struct ng_mesg *m);
int client_data(struct ng_client *c, const char *hook, int *name_fd,
		const void *data, size_t len);
/* Its node is gone. */
void client_node_gone(struct ng_client *c);
/* It wants steps of packets, or no more (netgraph/ng_trace.h). */
void client_trace(struct ng_client *c, bool on);
/* m, from a node, to all who do; *lost, in it, is how many were not told to
 * that one before. */
void clients_trace(struct clients *cs, ng_ID_t from, const struct ng_mesg *m,
		   uint32_t *lost);

/* --- trace.c --- */

void trace_set(struct ng_graph *g, bool on);
void trace_tell(struct ng_graph *g, struct clients *cs, const struct ngd_up *up,
		const void *head);

/* --- node_socket.c --- */

extern const struct ng_type ng_type_socket;
/* A node for that program. */
int socket_node_new(struct ng_graph *g, struct ng_client *c,
		    struct ng_node **ret);

#endif
