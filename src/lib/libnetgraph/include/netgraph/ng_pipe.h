/*
 * netgraph/ng_pipe.h: ng_pipe(4), as FreeBSD's header of that name has it.
 */
#ifndef NETGRAPH_NG_PIPE_H
#define NETGRAPH_NG_PIPE_H

#include <netgraph/ng_message.h>

#define NG_PIPE_NODE_TYPE "pipe"
#define NGM_PIPE_COOKIE 200708191

#define NG_PIPE_HOOK_UPPER "upper"
#define NG_PIPE_HOOK_LOWER "lower"

#define MAX_FSIZE 65536 /* largest frame that a bit error rate is known for */
#define MAX_OHSIZE 256	/* largest framing that is counted but not there */

struct ng_pipe_hookstat {
	uint64_t fwd_octets;
	uint64_t fwd_frames;
	uint64_t in_disc_octets;
	uint64_t in_disc_frames;
	uint64_t out_disc_octets;
	uint64_t out_disc_frames;
};

struct ng_pipe_stats {
	struct ng_pipe_hookstat downstream;
	struct ng_pipe_hookstat upstream;
};

struct ng_pipe_hookrun {
	uint32_t fifo_queues;
	uint32_t qin_octets;
	uint32_t qin_frames;
	uint32_t qout_octets;
	uint32_t qout_frames;
};

struct ng_pipe_run {
	struct ng_pipe_hookrun downstream;
	struct ng_pipe_hookrun upstream;
};

/* In NGM_PIPE_SET_CFG 0 leaves a value as it is; all ones resets it. */
struct ng_pipe_hookcfg {
	uint64_t bandwidth; /* bits a second */
	uint64_t ber;	    /* one bit in so many is wrong */
	uint32_t qin_size_limit;
	uint32_t qout_size_limit;
	uint32_t duplicate; /* percent */
	uint32_t fifo;
	uint32_t drr;
	uint32_t wfq;
	uint32_t droptail;
	uint32_t drophead;
};

struct ng_pipe_cfg {
	uint64_t bandwidth;
	uint64_t delay; /* microseconds */
	uint32_t header_offset;
	uint32_t overhead;
	struct ng_pipe_hookcfg downstream;
	struct ng_pipe_hookcfg upstream;
};

enum {
	NGM_PIPE_GET_STATS = 1,
	NGM_PIPE_CLR_STATS,
	NGM_PIPE_GETCLR_STATS,
	NGM_PIPE_GET_RUN,
	NGM_PIPE_GET_CFG,
	NGM_PIPE_SET_CFG,
};

#endif
