/*
 * netgraph/ng_iface.h: ng_iface(4), as FreeBSD's header of that name has it.
 */
#ifndef NETGRAPH_NG_IFACE_H
#define NETGRAPH_NG_IFACE_H

#include <netgraph/ng_message.h>

#define NG_IFACE_NODE_TYPE "iface"
#define NGM_IFACE_COOKIE 1108312559

/* Interfaces are ng0, ng1, ... */
#define NG_IFACE_IFACE_NAME "ng"

#define NG_IFACE_HOOK_INET "inet"
#define NG_IFACE_HOOK_INET6 "inet6"
#define NG_IFACE_HOOK_ATM "atm"
#define NG_IFACE_HOOK_NATM "natm"

#define NG_IFACE_MTU_MIN 72
#define NG_IFACE_MTU_MAX 65535
#define NG_IFACE_MTU_DEFAULT 1500

enum {
	NGM_IFACE_GET_IFNAME = 1,
	NGM_IFACE_POINT2POINT,
	NGM_IFACE_BROADCAST,
	NGM_IFACE_GET_IFINDEX,
};

#endif
