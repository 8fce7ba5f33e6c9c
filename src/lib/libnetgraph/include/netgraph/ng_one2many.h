/*
 * netgraph/ng_one2many.h: ng_one2many(4), as FreeBSD's header of that name
 * has it.
 */
#ifndef NETGRAPH_NG_ONE2MANY_H
#define NETGRAPH_NG_ONE2MANY_H

#include <stdint.h>

#define NG_ONE2MANY_NODE_TYPE "one2many"
#define NGM_ONE2MANY_COOKIE 1100897444

#define NG_ONE2MANY_HOOK_ONE "one"
#define NG_ONE2MANY_HOOK_MANY_PREFIX "many" /* and a decimal number */
#define NG_ONE2MANY_HOOK_MANY_FMT "many%d"

#define NG_ONE2MANY_MAX_LINKS 64
#define NG_ONE2MANY_ONE_LINKNUM (-1) /* the hook "one", in messages */

/* xmitAlg: which of the many a packet from one goes to. */
#define NG_ONE2MANY_XMIT_ROUNDROBIN 1
#define NG_ONE2MANY_XMIT_ALL 2
#define NG_ONE2MANY_XMIT_FAILOVER 3 /* the first that is up */

/* failAlg: how a link is known to be down. */
#define NG_ONE2MANY_FAIL_MANUAL 1 /* enabledLinks alone */
#define NG_ONE2MANY_FAIL_NOTIFY 2 /* NGM_LINK_IS_* change them, too */

struct ng_one2many_config {
	uint32_t xmitAlg;
	uint32_t failAlg;
	uint8_t enabledLinks[NG_ONE2MANY_MAX_LINKS];
};

/* Of one link. */
struct ng_one2many_link_stats {
	uint64_t recvOctets;
	uint64_t recvPackets;
	uint64_t xmitOctets;
	uint64_t xmitPackets;
	uint64_t memoryFailures;
};

enum {
	NGM_ONE2MANY_SET_CONFIG,
	NGM_ONE2MANY_GET_CONFIG,
	NGM_ONE2MANY_GET_STATS,
	NGM_ONE2MANY_CLR_STATS,
	NGM_ONE2MANY_GETCLR_STATS,
};

#endif
