/*
 * netgraph/ng_hole.h: ng_hole(4), as FreeBSD's header of that name has it.
 */
#ifndef NETGRAPH_NG_HOLE_H
#define NETGRAPH_NG_HOLE_H

#include <stdint.h>

#define NG_HOLE_NODE_TYPE "hole"
#define NGM_HOLE_COOKIE 915433206

/* Of one hook; the commands below take its name. */
struct ng_hole_hookstat {
	uint64_t frames;
	uint64_t octets;
};

enum {
	NGM_HOLE_GET_STATS = 1,
	NGM_HOLE_CLR_STATS,
	NGM_HOLE_GETCLR_STATS,
};

#endif
