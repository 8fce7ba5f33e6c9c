/*
 * pipe_data: what node_pipe.c tells bpf/pipe.bpf.h; shared with BPF.
 */
#ifndef CB_NETGRAPH_PIPE_DATA_H
#define CB_NETGRAPH_PIPE_DATA_H

#include <linux/types.h>

/* struct ngd_hook .role and index of struct ngd_node .hook[] */
enum {
	NGD_PIPE_UPPER = 1,
	NGD_PIPE_LOWER,
};

/* struct ngd_node .conf[] */
enum {
	NGD_PIPE_FLAGS,
	NGD_PIPE_DUPLICATE_UPPER, /* of 100 packets received by upper */
	NGD_PIPE_DUPLICATE_LOWER,
	NGD_PIPE_OVERHEAD, /* bytes that a frame has more on the wire */
};
#define NGD_PIPE_QUEUE_UPPER 0x1u /* what upper receives goes to the broker */
#define NGD_PIPE_QUEUE_LOWER 0x2u
#define NGD_PIPE_LOSS_UPPER 0x4u /* the blob says how likely */
#define NGD_PIPE_LOSS_LOWER 0x8u

/* struct ngd_state .word[]: until when (CLOCK_MONOTONIC, ns) there is a broker
 * that empties the queue; car has the same one. */
#define NGD_LEASE_WORD 7
#define NGD_LEASE_NS 2000000000ull

/* Own counters of a hook, from NGD_C_TYPE on. */
enum {
	NGD_PIPE_C_FRAMES, /* sent on without a queue */
	NGD_PIPE_C_OCTETS,
	NGD_PIPE_C_LOST_FRAMES, /* by the bit error rate, without a queue */
	NGD_PIPE_C_LOST_OCTETS,
};

/*
 * How likely a frame of n bytes arrives whole: the product of those power[k]
 * whose bit k of n is set; fixed point, 2^64 is 1.
 */
#define NGD_PIPE_POWERS 17
struct ngd_pipe_loss {
	__u64 power[NGD_PIPE_POWERS];
};
struct ngd_pipe_blob {
	struct ngd_pipe_loss upper, lower;
};

#endif
