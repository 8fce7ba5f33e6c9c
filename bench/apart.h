/*
 * apart: the two ends of a flow (flows.h) as two programs would have them, each
 * on a processor of its own, and the clock's time of what they do together:
 * what somebody sees who measures with iperf.  Wake-ups and queues are part of
 * it, so it differs more from turn to turn than processor time does.
 *
 * End 1 is a thread; the caller is end 0, and on one processor.
 */
#ifndef CB_BENCH_APART_H
#define CB_BENCH_APART_H

#include "flows.h"

/* Another processor than the caller's for end 1; false: there is none. */
bool apart_init(void);

/*
 * Microseconds an operation, measured for so many milliseconds over the stream
 * of f, which is open, and shut for sending afterwards.  0: it failed.
 */
double apart_chunks(const struct flows *f, double ms); /* 64 KiB each */
double apart_trips(const struct flows *f, double ms);
/* connect, a byte there and one back, reset; of the listener of f */
double apart_connects(const struct flows *f, double ms);

#endif
