/*
 * netgraph/ng_tcpmss.h: ng_tcpmss(4), as FreeBSD's header of that name has it.
 */
#ifndef NETGRAPH_NG_TCPMSS_H
#define NETGRAPH_NG_TCPMSS_H

#include <netgraph/ng_message.h>

#define NG_TCPMSS_NODE_TYPE "tcpmss"
#define NGM_TCPMSS_COOKIE 1097623478

struct ng_tcpmss_hookstat {
	uint64_t Octets;
	uint64_t Packets;
	uint16_t maxMSS;
	uint64_t SYNPkts;
	uint64_t FixedPkts;
};

struct ng_tcpmss_config {
	char inHook[NG_HOOKSIZ];
	char outHook[NG_HOOKSIZ];
	uint16_t maxMSS;
};

enum {
	NGM_TCPMSS_GET_STATS = 1, /* a hook's name; as the next two */
	NGM_TCPMSS_CLR_STATS,
	NGM_TCPMSS_GETCLR_STATS,
	NGM_TCPMSS_CONFIG,
};

#endif
