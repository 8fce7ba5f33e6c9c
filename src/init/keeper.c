/*
 * keeper: waits outside a jail for its end.
 *
 *	keeper JAIL JID
 *
 * Descriptor 3 is a pidfd of the jail's first process.  Descriptor 4, open
 * for a jail without persist only, is cgroup.events of the jail's processes.
 * Descriptor 5, if open, holds the mount namespace of a jail with children,
 * and goes on to JAIL, which finds their vnets through it.
 * When the first has ended, or no process is left, it becomes `JAIL -R JID`,
 * which hands the interfaces back and removes the rest.
 */
#include "init/tiny.h"

#define PID_FD 3
#define EVENTS_FD 4
#define POLLIN 1
#define POLLPRI 2
#define POLLNVAL 0x20
#define SIG_SETMASK 2

struct pollfd {
	int fd;
	short events, revents;
};

/* "populated 0" somewhere in cgroup.events. */
static int is_empty(void)
{
	static const char want[] = "populated 0";
	char buf[256];
	long n = tiny_call(__NR_pread64, EVENTS_FD, (long)buf, sizeof(buf), 0,
			   0);
	long k;

	for (long i = 0; i + (long)sizeof(want) - 1 <= n; i++) {
		for (k = 0; want[k] && buf[i + k] == want[k]; k++)
			;
		if (!want[k])
			return 1;
	}
	return 0;
}

static int ended(short revents)
{
	return revents != 0;
}

void tiny_main(long *stack)
{
	char **argv = (char **)(stack + 1);
	char *env[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", 0};
	char *args[] = {"jail", "-R", argv[2], 0};
	struct pollfd p[2] = {
		{.fd = PID_FD, .events = POLLIN},
		{.fd = EVENTS_FD, .events = POLLPRI},
	};
	unsigned long none = 0;
	long n;

	if (stack[0] < 3)
		tiny_exit(1);
	for (;;) {
		/* read before waiting: a change in between wakes poll */
		if (p[1].fd >= 0 && is_empty())
			break;
		n = tiny_call(__NR_ppoll, (long)p, 2, 0, 0, 0);
		if (n == TINY_EINTR)
			continue;
		if (n < 0)
			tiny_exit(1);
		if (ended(p[0].revents))
			break;
		if (p[1].revents & POLLNVAL)
			p[1].fd = -1; /* a jail that persists */
	}
	tiny_call(__NR_close, PID_FD, 0, 0, 0, 0);
	tiny_call(__NR_close, EVENTS_FD, 0, 0, 0, 0);
	tiny_call(__NR_rt_sigprocmask, SIG_SETMASK, (long)&none, 0,
		  sizeof(none), 0);
	tiny_call(__NR_execve, (long)argv[1], (long)args, (long)env, 0, 0);
	tiny_exit(127);
}
