/*
 * netgraph/ng_bridge.h: ng_bridge(4), as FreeBSD 14's header of that name has
 * it.  Links are told by the names of their hooks; the cookie of FreeBSD 12,
 * which had numbers in the table, was another.
 */
#ifndef NETGRAPH_NG_BRIDGE_H
#define NETGRAPH_NG_BRIDGE_H

#include <netgraph/ng_message.h>

#define NG_BRIDGE_NODE_TYPE "bridge"
#define NGM_BRIDGE_COOKIE 1569321993

/* Hooks: these and a decimal number. */
#define NG_BRIDGE_HOOK_LINK_PREFIX "link"
#define NG_BRIDGE_HOOK_LINK_FMT "link%d"
#define NG_BRIDGE_HOOK_UPLINK_PREFIX "uplink"
#define NG_BRIDGE_HOOK_UPLINK_FMT "uplink%d"

struct ng_bridge_config {
	uint8_t debugLevel;
	uint32_t loopTimeout;  /* s that a looped link is muted */
	uint32_t maxStaleness; /* s without a sign of life */
	uint32_t minStableAge; /* s on a link before a move is no loop */
};

/* Of one link. */
struct ng_bridge_link_stats {
	uint64_t recvOctets;
	uint64_t recvPackets;
	uint64_t recvMulticasts;
	uint64_t recvBroadcasts;
	uint64_t recvUnknown; /* to addresses that were not known */
	uint64_t recvRunts;   /* less than 14 bytes */
	uint64_t recvInvalid; /* from a multicast address */
	uint64_t xmitOctets;
	uint64_t xmitPackets;
	uint64_t xmitMulticasts;
	uint64_t xmitBroadcasts;
	uint64_t loopDrops;
	uint64_t loopDetects;
	uint64_t memoryFailures;
};

/* One learned address. */
struct ng_bridge_hostent {
	uint8_t addr[6];
	char hook[NG_HOOKSIZ];
	uint16_t age;	    /* s on that hook */
	uint16_t staleness; /* s since it was heard */
};

struct ng_bridge_host_ary {
	uint32_t numHosts;
	struct ng_bridge_hostent hosts[];
};

/* To NGM_BRIDGE_MOVE_HOST; hook "": the one that the message came by. */
struct ng_bridge_move_host {
	uint8_t addr[6];
	char hook[NG_HOOKSIZ];
};

enum {
	NGM_BRIDGE_SET_CONFIG = 1,
	NGM_BRIDGE_GET_CONFIG,
	NGM_BRIDGE_RESET,
	NGM_BRIDGE_GET_STATS,
	NGM_BRIDGE_CLR_STATS,
	NGM_BRIDGE_GETCLR_STATS,
	NGM_BRIDGE_GET_TABLE,
	NGM_BRIDGE_SET_PERSISTENT,
	NGM_BRIDGE_MOVE_HOST,
};

#endif
