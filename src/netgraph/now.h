/* now: the time of timers and packets. */
#ifndef CB_NETGRAPH_NOW_H
#define CB_NETGRAPH_NOW_H

#include <stdint.h>
#include <time.h>

/* CLOCK_MONOTONIC, ns: bpf_ktime_get_ns()'s. */
static inline uint64_t ng_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

#endif
