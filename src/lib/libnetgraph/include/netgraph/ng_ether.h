/*
 * netgraph/ng_ether.h: messages and hooks of ether nodes, ng_ether(4).
 * Numbers are FreeBSD's.
 */
#ifndef NETGRAPH_NG_ETHER_H
#define NETGRAPH_NG_ETHER_H

#define NG_ETHER_NODE_TYPE "ether"
#define NGM_ETHER_COOKIE 917786906

#define NG_ETHER_HOOK_LOWER "lower"
#define NG_ETHER_HOOK_DIVERT "divert" /* another name for lower */
#define NG_ETHER_HOOK_UPPER "upper"
#define NG_ETHER_HOOK_ORPHAN "orphans"

enum {
	NGM_ETHER_GET_IFNAME = 1, /* answer: IFNAMSIZ bytes */
	NGM_ETHER_GET_IFINDEX,	  /* answer: uint32_t */
	NGM_ETHER_GET_ENADDR,	  /* answer: 6 bytes */
	NGM_ETHER_SET_ENADDR,	  /* 6 bytes */
	NGM_ETHER_GET_PROMISC,	  /* answer: uint32_t */
	NGM_ETHER_SET_PROMISC,	  /* uint32_t */
	NGM_ETHER_GET_AUTOSRC,	  /* answer: uint32_t */
	NGM_ETHER_SET_AUTOSRC,	  /* uint32_t */
	NGM_ETHER_ADD_MULTI,	  /* 6 bytes */
	NGM_ETHER_DEL_MULTI,	  /* 6 bytes */
	NGM_ETHER_DETACH,
};

#endif
