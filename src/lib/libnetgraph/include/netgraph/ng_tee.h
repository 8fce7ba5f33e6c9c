/*
 * netgraph/ng_tee.h: ng_tee(4), as FreeBSD's header of that name has it.
 */
#ifndef NETGRAPH_NG_TEE_H
#define NETGRAPH_NG_TEE_H

#include <stdint.h>

#define NG_TEE_NODE_TYPE "tee"
#define NGM_TEE_COOKIE 916107047

#define NG_TEE_HOOK_RIGHT "right"
#define NG_TEE_HOOK_LEFT "left"
#define NG_TEE_HOOK_RIGHT2LEFT "right2left"
#define NG_TEE_HOOK_LEFT2RIGHT "left2right"

/* Of one hook. */
struct ng_tee_hookstat {
	uint64_t inOctets;
	uint64_t inFrames;
	uint64_t outOctets;
	uint64_t outFrames;
};

struct ng_tee_stats {
	struct ng_tee_hookstat right;
	struct ng_tee_hookstat left;
	struct ng_tee_hookstat right2left;
	struct ng_tee_hookstat left2right;
};

enum {
	NGM_TEE_GET_STATS = 1,
	NGM_TEE_CLR_STATS,
	NGM_TEE_GETCLR_STATS,
};

#endif
