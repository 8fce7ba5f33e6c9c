/*
 * netgraph/ng_eiface.h: messages and hook of eiface nodes, ng_eiface(4).
 * Numbers are FreeBSD's.
 */
#ifndef NETGRAPH_NG_EIFACE_H
#define NETGRAPH_NG_EIFACE_H

#define NG_EIFACE_NODE_TYPE "eiface"
#define NGM_EIFACE_COOKIE 948105892

#define NG_EIFACE_EIFACE_NAME "ngeth" /* and a unit: the interface */
#define NG_EIFACE_HOOK_ETHER "ether"

#define NG_EIFACE_MTU_MIN 72
#define NG_EIFACE_MTU_MAX 9018
#define NG_EIFACE_MTU_DEFAULT 1500

enum {
	NGM_EIFACE_GET_IFNAME = 1, /* answer: IFNAMSIZ bytes */
	NGM_EIFACE_GET_IFADDRS,	   /* answer: BSD sockaddrs, one by one */
	NGM_EIFACE_SET,		   /* 6 bytes: link address */
};

#endif
