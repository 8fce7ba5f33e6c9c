/*
 * keeper: waits outside a jail for its end, and for what the jail asks.
 *
 *	keeper JAIL JID [creating]
 *
 * Descriptor 3 is a pidfd of the jail's first process.  Descriptor 4, open
 * for a jail without persist only, is cgroup.events of the jail's processes.
 * Descriptor 5, if open, holds the mount namespace of a jail with children,
 * and goes on to JAIL, which finds their vnets through it.  Descriptor 6, if
 * open, is the socket at which such a jail finds its broker.
 *
 * When the first has ended, or no process is left, it becomes `JAIL -R JID`,
 * which hands the interfaces back and removes the rest; while the jail is
 * still being created its creator does that, and the keeper only ends.
 *
 * Who connects to the socket is served by a process of his own, JAIL under
 * the name cellblock-broker (src/jail/broker.c), with the connection as
 * descriptor 0: a few at once, the others wait in the socket's queue, and
 * each for a while.  What the jail may cost so is its own: the keeper is in
 * its cgroup.  A broker's end is told by a pidfd, so there is no signal to
 * handle, and none is left when the keeper becomes something else.
 */
#include "init/tiny.h"

#define PID_FD 3
#define EVENTS_FD 4
#define BROKER_FD 6
#define POLLIN 1
#define POLLPRI 2
#define POLLNVAL 0x20
#define SIG_SETMASK 2
#define SIGKILL 9
#define SIGALRM 14
#define SIGCHLD 17
#define CLONE_PIDFD 0x1000
#define SOCK_CLOEXEC 02000000
#define TINY_EAGAIN (-11L)

/* Brokers at once; and the seconds each has. */
#define BROKERS 4
#define BROKER_S 60

struct pollfd {
	int fd;
	short events, revents;
};

struct timespec {
	long sec, nsec;
};

enum {
	AT_PID,
	AT_EVENTS,
	AT_SOCKET,
	AT_BROKERS,
	NPOLL = AT_BROKERS + BROKERS
};

static char *const env[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", 0};

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

static void signals_open(void)
{
	unsigned long none = 0;

	tiny_call(__NR_rt_sigprocmask, SIG_SETMASK, (long)&none, 0,
		  sizeof(none), 0);
}

/* The child: never returns. */
static void broker_run(char **argv, long connection)
{
	char *args[] = {"cellblock-broker", argv[2], 0};
	const long timer[4] = {0, 0, BROKER_S, 0};
	const long dflt[8] = {0}; /* SIG_DFL, whatever our creator had */

	tiny_call(__NR_dup3, connection, 0, 0, 0, 0);
	tiny_call(__NR_close_range, 3, ~0U, 0, 0, 0);
	tiny_call(__NR_rt_sigaction, SIGALRM, (long)dflt, 0, sizeof(long), 0);
	signals_open();
	tiny_call(__NR_setitimer, 0, (long)timer, 0, 0, 0);
	tiny_call(__NR_execve, (long)argv[1], (long)args, (long)env, 0, 0);
	tiny_exit(127);
}

/* 0: something is short, and will be for a while. */
static int broker_start(char **argv, struct pollfd *slot)
{
	long conn, pid;
	int pidfd = -1;

	conn = tiny_call(__NR_accept4, BROKER_FD, 0, 0, SOCK_CLOEXEC, 0);
	if (conn < 0)
		return conn == TINY_EAGAIN || conn == TINY_EINTR;
	pid = tiny_call(__NR_clone, CLONE_PIDFD | SIGCHLD, 0, (long)&pidfd, 0,
			0);
	if (!pid)
		broker_run(argv, conn);
	tiny_call(__NR_close, conn, 0, 0, 0, 0);
	if (pid < 0)
		return 0;
	slot->fd = pidfd;
	return 1;
}

/* A broker has ended, or is to: gone when this returns. */
static void broker_reap(struct pollfd *slot, int end)
{
	if (end)
		tiny_call(__NR_pidfd_send_signal, slot->fd, SIGKILL, 0, 0, 0);
	while (tiny_call(__NR_waitid, 3 /* P_PIDFD */, slot->fd, 0,
			 4 /* WEXITED */, 0) == TINY_EINTR)
		;
	tiny_call(__NR_close, slot->fd, 0, 0, 0, 0);
	slot->fd = -1;
}

/* A free slot, or 0. */
static struct pollfd *broker_slot(struct pollfd *p)
{
	for (int i = AT_BROKERS; i < NPOLL; i++)
		if (p[i].fd < 0)
			return &p[i];
	return 0;
}

static void keep(char **argv, struct pollfd *p)
{
	const struct timespec second = {1, 0};
	int serves = 1, rest = 0;
	long n;

	for (;;) {
		/* read before waiting: a change in between wakes poll */
		if (p[AT_EVENTS].fd >= 0 && is_empty())
			return;
		p[AT_SOCKET].fd =
			serves && !rest && broker_slot(p) ? BROKER_FD : -1;
		n = tiny_call(__NR_ppoll, (long)p, NPOLL,
			      rest ? (long)&second : 0, 0, 0);
		if (n == TINY_EINTR)
			continue;
		if (n < 0)
			tiny_exit(1);
		rest = 0;
		if (p[AT_PID].revents)
			return;
		if (p[AT_EVENTS].revents & POLLNVAL)
			p[AT_EVENTS].fd = -1; /* a jail that persists */
		for (int i = AT_BROKERS; i < NPOLL; i++)
			if (p[i].fd >= 0 && p[i].revents)
				broker_reap(&p[i], 0);
		if (p[AT_SOCKET].fd < 0)
			continue;
		if (p[AT_SOCKET].revents & POLLNVAL)
			serves = 0; /* a jail without children */
		else if (p[AT_SOCKET].revents)
			rest = !broker_start(argv, broker_slot(p));
	}
}

void tiny_main(long *stack)
{
	char **argv = (char **)(stack + 1);
	char *args[] = {"jail", "-R", argv[2], 0};
	struct pollfd p[NPOLL] = {
		[AT_PID] = {.fd = PID_FD, .events = POLLIN},
		[AT_EVENTS] = {.fd = EVENTS_FD, .events = POLLPRI},
		[AT_SOCKET] = {.fd = BROKER_FD, .events = POLLIN},
	};

	if (stack[0] < 3)
		tiny_exit(1);
	for (int i = AT_BROKERS; i < NPOLL; i++)
		p[i] = (struct pollfd){.fd = -1, .events = POLLIN};
	keep(argv, p);
	for (int i = AT_BROKERS; i < NPOLL; i++)
		if (p[i].fd >= 0)
			broker_reap(&p[i], 1);
	if (stack[0] > 3)
		tiny_exit(0);
	tiny_call(__NR_close, PID_FD, 0, 0, 0, 0);
	tiny_call(__NR_close, EVENTS_FD, 0, 0, 0, 0);
	tiny_call(__NR_close, BROKER_FD, 0, 0, 0, 0);
	signals_open();
	tiny_call(__NR_execve, (long)argv[1], (long)args, (long)env, 0, 0);
	tiny_exit(127);
}
