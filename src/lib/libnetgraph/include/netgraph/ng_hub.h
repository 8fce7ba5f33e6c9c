/*
 * netgraph/ng_hub.h: ng_hub(4), as FreeBSD's header of that name has it.
 */
#ifndef NETGRAPH_NG_HUB_H
#define NETGRAPH_NG_HUB_H

#define NG_HUB_NODE_TYPE "hub"
#define NGM_HUB_COOKIE 1082189597

enum {
	NGM_HUB_SET_PERSISTENT = 1,
};

#endif
