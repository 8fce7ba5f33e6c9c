/*
 * netgraph/ng_macfilter.h: ng_macfilter(4), as FreeBSD's header of that name
 * has it.
 */
#ifndef NETGRAPH_NG_MACFILTER_H
#define NETGRAPH_NG_MACFILTER_H

#include <netgraph/ng_message.h>

#define NG_MACFILTER_NODE_TYPE "macfilter"
#define NGM_MACFILTER_COOKIE 1042445461

#define NG_MACFILTER_HOOK_ETHER "ether"
#define NG_MACFILTER_HOOK_DEFAULT "default"
#define NG_MACFILTER_HOOK_DEFAULT_ID 0 /* hooks of other names count from 1 */

enum {
	NGM_MACFILTER_RESET = 1,
	NGM_MACFILTER_DIRECT = 2,
	NGM_MACFILTER_DIRECT_HOOKID = 3,
	NGM_MACFILTER_GET_MACS = 4,
	NGM_MACFILTER_GETCLR_MACS = 5,
	NGM_MACFILTER_CLR_MACS = 6,
	NGM_MACFILTER_GET_HOOKS = 7,
};

struct ngm_macfilter_direct {
	uint8_t ether[6];
	uint8_t hookname[NG_HOOKSIZ];
};

struct ngm_macfilter_direct_hookid {
	uint8_t ether[6];
	uint16_t hookid;
};

/* One address: where it is directed, and what came from and went to it. */
struct ngm_macfilter_mac {
	uint8_t ether[6];
	uint16_t hookid;
	uint64_t packets_in;
	uint64_t bytes_in; /* without the Ethernet header, as bytes_out */
	uint64_t packets_out;
	uint64_t bytes_out;
};

struct ngm_macfilter_macs {
	uint32_t n;
	struct ngm_macfilter_mac macs[];
};

struct ngm_macfilter_hook {
	uint8_t hookname[NG_HOOKSIZ];
	uint16_t hookid;
	uint32_t maccnt; /* addresses directed to it */
};

struct ngm_macfilter_hooks {
	uint32_t n;
	struct ngm_macfilter_hook hooks[];
};

#endif
