/*
 * netgraph/ng_source.h: ng_source(4), as FreeBSD's header of that name has it.
 */
#ifndef NETGRAPH_NG_SOURCE_H
#define NETGRAPH_NG_SOURCE_H

#include <netgraph/ng_message.h>
#include <sys/time.h>

#define NG_SOURCE_NODE_TYPE "source"
#define NGM_SOURCE_COOKIE 1110646684

#define NG_SOURCE_HOOK_INPUT "input"
#define NG_SOURCE_HOOK_OUTPUT "output"

struct ng_source_stats {
	uint64_t outOctets;
	uint64_t outFrames;
	uint32_t queueOctets;
	uint32_t queueFrames;
	uint32_t maxPps;
	struct timeval startTime;
	struct timeval endTime;
	struct timeval elapsedTime;
	struct timeval lastTime;
};

/* NGM_SOURCE_GET_TIMESTAMP, _SET_TIMESTAMP */
struct ng_source_embed_info {
	uint16_t offset; /* from the Ethernet header on */
	uint8_t flags;
	uint8_t spare;
};
#define NGM_SOURCE_EMBED_ENABLE 0x01
#define NGM_SOURCE_INC_CNT_PER_LIST 0x02 /* not with each packet */

/* NGM_SOURCE_GET_COUNTER, _SET_COUNTER */
#define NG_SOURCE_COUNTERS 4
struct ng_source_embed_cnt_info {
	uint16_t offset;
	uint8_t flags;
	uint8_t width; /* 1, 2 or 4 bytes */
	uint32_t next_val;
	uint32_t min_val;
	uint32_t max_val;
	int32_t increment;
	uint8_t index; /* which of the NG_SOURCE_COUNTERS */
};

enum {
	NGM_SOURCE_GET_STATS = 1,
	NGM_SOURCE_CLR_STATS,
	NGM_SOURCE_GETCLR_STATS,
	NGM_SOURCE_START,
	NGM_SOURCE_STOP,
	NGM_SOURCE_CLR_DATA,
	NGM_SOURCE_SETIFACE,
	NGM_SOURCE_SETPPS,
	NGM_SOURCE_SET_TIMESTAMP,
	NGM_SOURCE_GET_TIMESTAMP,
	NGM_SOURCE_SET_COUNTER,
	NGM_SOURCE_GET_COUNTER,
};

#endif
