/* hooks: programs that allow all, at the hooks that a jail's programs have. */
#ifndef CB_BENCH_HOOKS_H
#define CB_BENCH_HOOKS_H

#include <stdbool.h>

/*
 * Into a cgroup that has them, whose sockets from now on meet them, and into
 * the network namespace's socket lookup; false with errno.  In a box only: the
 * cgroup stays, the lookup's program goes with the process, exec or not.
 */
bool hooks_enter(void);

#endif
