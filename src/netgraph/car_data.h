/*
 * car_data: what node_car.c tells bpf/car.bpf.h, and the tokens of both;
 * shared with BPF.
 */
#ifndef CB_NETGRAPH_CAR_DATA_H
#define CB_NETGRAPH_CAR_DATA_H

#include "netgraph/pipe_data.h"

/* struct ngd_hook .role and index of struct ngd_node .hook[] */
enum {
	NGD_CAR_UPPER = 1,
	NGD_CAR_LOWER,
};

/* ng_car.h's numbers, which BPF cannot include */
enum {
	NGD_CAR_FORWARD = 1,
	NGD_CAR_DROP,
	NGD_CAR_MARK,
};
enum {
	NGD_CAR_SINGLE_RATE,
	NGD_CAR_DOUBLE_RATE,
	NGD_CAR_RED,
	NGD_CAR_SHAPE,
	NGD_CAR_MODES
};
#define NGD_CAR_COUNT_PACKETS 2
#define NGD_CAR_PACKET 128 /* tokens, when packets are counted */

/* For what one hook receives; the blob is one for upper, one for lower. */
struct ngd_car_conf {
	__u64 cbs, ebs; /* tokens: bytes, or packets of NGD_CAR_PACKET */
	__u64 cir, pir; /* eighths of tokens a second */
	__u8 action[3]; /* green, yellow, red */
	__u8 mode;
	__u8 opt;
	__u8 pad[3];
};

/* struct ngd_state .word[]: three of each hook, signed. */
enum {
	NGD_CAR_TC,   /* committed tokens; less than 0 is a debt */
	NGD_CAR_TE,   /* exceeded or peak tokens; shape: the broker queues */
	NGD_CAR_LAST, /* when they were filled up, ns */
	NGD_CAR_WORDS
};
#define NGD_CAR_LOCK 6 /* of the programs among each other */

/* Own counters of a hook, from NGD_C_TYPE on. */
enum {
	NGD_CAR_C_PASSED,
	NGD_CAR_C_DROPPED,
	NGD_CAR_C_GREEN,
	NGD_CAR_C_YELLOW,
	NGD_CAR_C_RED,
	NGD_CAR_C_ERRORS,
};

/* --- tokens --- */

#define NGD_CAR_SHORT 10000000000ull  /* ns, up to here they are counted */
#define NGD_CAR_LONG 1000000000000ull /* no more than this */

/* Tokens that `rate` gives in `ns`. */
static inline __u64 ngd_car_tokens(__u64 rate, __u64 ns)
{
	if (ns > NGD_CAR_LONG)
		ns = NGD_CAR_LONG;
	return ns <= NGD_CAR_SHORT ? rate * ns / 8000000000ull
				   : rate * (ns / 1000) / 8000000;
}

/* The two buckets at time now, which is remembered. */
static inline void ngd_car_refill(const struct ngd_car_conf *c, __s64 *tc,
				  __s64 *te, __u64 *last, __u64 now)
{
	__u64 gone = now > *last ? now - *last : 0;
	__s64 cbs = (__s64)c->cbs, ebs = (__s64)c->ebs, over;
	__u64 got = ngd_car_tokens(c->cir, gone);

	/* so little time that it gives nothing adds up */
	if (!got && gone < NGD_CAR_SHORT)
		return;
	*last = now;
	*tc += (__s64)got;
	over = *tc - cbs;
	if (over > 0)
		*tc = cbs;
	if (c->mode == NGD_CAR_SINGLE_RATE && over > 0)
		*te += over;
	else if (c->mode == NGD_CAR_DOUBLE_RATE)
		*te += (__s64)ngd_car_tokens(c->pir, gone);
	else
		return;
	if (*te > ebs)
		*te = ebs;
}

#endif
