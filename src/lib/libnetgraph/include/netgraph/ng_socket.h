/*
 * netgraph/ng_socket.h: ng_socket(4), as FreeBSD's header of that name has it.
 */
#ifndef NETGRAPH_NG_SOCKET_H
#define NETGRAPH_NG_SOCKET_H

#include <netgraph/ng_message.h>
#include <stddef.h>
#include <sys/socket.h>

#define NG_SOCKET_NODE_TYPE "socket"
#define NGM_SOCKET_COOKIE 851601233

/* FreeBSD's number of the family: in addresses alone, no kernel has it here. */
#ifndef AF_NETGRAPH
#define AF_NETGRAPH 32
#define PF_NETGRAPH AF_NETGRAPH
#endif

/* Protocols of the family. */
#define NG_DATA 1
#define NG_CONTROL 2

enum {
	NGM_SOCK_CMD_NOLINGER = 1, /* the node goes with its last hook */
	NGM_SOCK_CMD_LINGER,
};

/* An address: a node's path, or a hook. */
struct sockaddr_ng {
	unsigned char sg_len;	 /* of all */
	unsigned char sg_family; /* AF_NETGRAPH */
	char sg_data[14];	 /* longer than this */
};
#define NGSA_OVERHEAD (offsetof(struct sockaddr_ng, sg_data))

#endif
