/* lagg_roles: what node_lagg.c and bpf/lagg.bpf.h have agreed on, and its
 * messages. */
#ifndef CB_NETGRAPH_LAGG_ROLES_H
#define CB_NETGRAPH_LAGG_ROLES_H

#include "net/lagg_numbers.h"
#include "netgraph/data.h"

enum {
	NGD_LAGG_PORT = 0,
	NGD_LAGG_ONE = 1,
};
#define LAGG_USE_FLOWID 0x01u
#define LAGG_RX_ALL 0x1000u /* failover: ports that wait receive, too */

/* struct ngd_node .conf[]: struct ng_lagg_config, and then */
enum {
	NGD_LAGG_PROTO,
	NGD_LAGG_HASH,
	NGD_LAGG_OPTS,
	NGD_LAGG_SHIFT,
	NGD_LAGG_LIMIT,
	NGD_LAGG_ACTIVE, /* so many ports are up */
};
/* Its blob is the slots of those, u32 each, in the order of their numbers;
 * word 0 of its state counts the packets that took turns. */

#define NG_LAGG_NODE_TYPE "lagg"
#define NGM_LAGG_COOKIE 0x6c616731
#define NG_LAGG_HOOK_ONE "one"
#define NG_LAGG_HOOK_PORT "port" /* and its number */
#define NG_LAGG_PORTS 32
enum {
	NGM_LAGG_SET_CONFIG = 1,
	NGM_LAGG_GET_CONFIG,
	NGM_LAGG_SET_PORTS,
	NGM_LAGG_GET_PORTS,
};
struct ng_lagg_config {
	__u32 proto, hash, opts, shift, limit;
};
/* For LAGG_LACP, by whoever speaks it: which ports receive and send; bit N is
 * portN. */
struct ng_lagg_ports {
	__u32 collecting, distributing;
};
/* struct ngd_hook .conf of a port */
#define NGD_LAGG_COLLECTS 1u

#endif
