/*
 * netgraph/ng_checksum.h: ng_checksum(4), as FreeBSD's header of that name has
 * it.
 */
#ifndef NETGRAPH_NG_CHECKSUM_H
#define NETGRAPH_NG_CHECKSUM_H

#include <netgraph/ng_message.h>
#include <netgraph/ng_csum.h>

#define NG_CHECKSUM_NODE_TYPE "checksum"
#define NGM_CHECKSUM_COOKIE 439419912

#define NG_CHECKSUM_HOOK_IN "in"
#define NG_CHECKSUM_HOOK_OUT "out"

#define NG_CHECKSUM_CSUM_IPV4 (CSUM_IP | CSUM_TCP | CSUM_UDP)
#define NG_CHECKSUM_CSUM_IPV6 (CSUM_TCP_IPV6 | CSUM_UDP_IPV6)

enum {
	NGM_CHECKSUM_GETDLT = 1,
	NGM_CHECKSUM_SETDLT,
	NGM_CHECKSUM_GETCONFIG,
	NGM_CHECKSUM_SETCONFIG,
	NGM_CHECKSUM_GETCLR_STATS,
	NGM_CHECKSUM_GET_STATS,
	NGM_CHECKSUM_CLR_STATS,
};

struct ng_checksum_config {
	uint64_t csum_flags;   /* what is computed */
	uint64_t csum_offload; /* of that: left to the interface */
};

struct ng_checksum_stats {
	uint64_t received;
	uint64_t processed;
	uint64_t dropped;
};

struct ng_checksum_vlan_header {
	uint16_t tag;
	uint16_t etype;
};

#endif
