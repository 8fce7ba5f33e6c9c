/*
 * netgraph/ng_ksocket.h: ng_ksocket(4), as FreeBSD's header of that name has
 * it.
 */
#ifndef NETGRAPH_NG_KSOCKET_H
#define NETGRAPH_NG_KSOCKET_H

#include <netgraph/ng_message.h>
#include <sys/socket.h>

#define NG_KSOCKET_NODE_TYPE "ksocket"
#define NGM_KSOCKET_COOKIE 942710669

/* NGM_KSOCKET_SETOPT, _GETOPT: the arguments of setsockopt(2). */
struct ng_ksocket_sockopt {
	int32_t level;
	int32_t name;
	unsigned char value[];
};

/* Longest value that NGM_KSOCKET_GETOPT answers. */
#define NG_KSOCKET_MAX_OPTLEN 1024

/* NGM_KSOCKET_ACCEPT's answer. */
struct ng_ksocket_accept {
	uint32_t nodeid;      /* of the new node */
	struct sockaddr addr; /* whose connection it is; longer than this */
};

enum {
	NGM_KSOCKET_BIND = 1,
	NGM_KSOCKET_LISTEN,
	NGM_KSOCKET_ACCEPT,
	NGM_KSOCKET_CONNECT,
	NGM_KSOCKET_GETNAME,
	NGM_KSOCKET_GETPEERNAME,
	NGM_KSOCKET_SETOPT,
	NGM_KSOCKET_GETOPT,
};

#endif
