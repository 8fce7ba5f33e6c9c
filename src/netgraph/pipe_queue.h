/*
 * pipe_queue: the two queues of one direction of a pipe node.
 *
 * Theory of operation.  A frame waits twice, ng_pipe(4):
 *
 *	put -> inbound: one FIFO, or one a flow (wfq, drr); until the wire,
 *	       of `bandwidth`, has taken what was before it
 *	    -> lost at random (ber), or counted once more (duplicate)
 *	    -> outbound: for as long as the wire, and `delay`, takes -> out
 *
 * Frames leave the inbound queue one after the other, each when the one before
 * it has been sent; the clock of that is `sent`.  Time comes by argument, so
 * that nothing here waits: pipe_queue_run() does all that is due, and
 * pipe_queue_next() says when there is something again.
 */
#ifndef CB_NETGRAPH_PIPE_QUEUE_H
#define CB_NETGRAPH_PIPE_QUEUE_H

#include "netgraph/pipe_data.h"

#include <netgraph/ng_pipe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pipe_frame;
struct pipe_fifo;

/* Whatever a pipe's settings, no more than these wait in a queue. */
#define PIPE_QUEUE_BYTES (32u << 20)
#define PIPE_QUEUE_FRAMES 65536u

struct pipe_conf {
	const struct ng_pipe_hookcfg *cfg;
	uint64_t delay_us;
	uint32_t overhead, header_offset;
	struct ngd_pipe_loss loss; /* if cfg->ber */
};

struct pipe_queue {
	struct pipe_fifo *fifos; /* the next one's turn is first */
	struct pipe_frame *out, *out_last;
	uint64_t sent; /* the wire is free from here on, ns */
	uint64_t random;
	struct ng_pipe_hookrun run;
};

/* Out of the node; the frame counts as passed on if 0. */
typedef int pipe_out_fn(void *arg, const void *data, size_t len);

/* All frames are dropped. */
void pipe_queue_clear(struct pipe_queue *q);
/* -ENOMEM; a frame for which there is no room is counted and not an error. */
int pipe_queue_put(struct pipe_queue *q, const struct pipe_conf *c,
		   struct ng_pipe_hookstat *st, uint64_t now, const void *data,
		   size_t len);
void pipe_queue_run(struct pipe_queue *q, const struct pipe_conf *c,
		    struct ng_pipe_hookstat *st, uint64_t now, pipe_out_fn *out,
		    void *arg);
/* When there is something to do, 0: nothing waits. */
uint64_t pipe_queue_next(const struct pipe_queue *q);

/* One bit of `ber` is wrong; see struct ngd_pipe_loss. */
void pipe_loss_set(struct ngd_pipe_loss *l, uint64_t ber);
/* How likely a frame of len bytes arrives; of 2^64. */
uint64_t pipe_loss_arrives(const struct ngd_pipe_loss *l, size_t len);

#endif
