/* start: see start.h. */
#include "netgraph/start.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "ns/ns.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

/* Another one starts or ends: so often, and so long between. */
#define TRIES 2000
#define NAP_NS 5000000
/* So many may be killed while they start. */
#define DEATHS 3
/* A broker that takes longer to start has stopped. */
#define START_MS 120000
#define CONNECT_S 60

void ng_run_path(uint64_t cookie, const char *file, char *ret, size_t size)
{
	snprintf(ret, size, NG_RUN "/%" PRIu64 "/%s", cookie, file);
}

/* A socket belongs to the namespace in which it was made. */
int ng_cookie(int netns, uint64_t *ret, struct err *e)
{
	cleanup_close int fd = -1, own = -1;
	socklen_t len = sizeof(*ret);

	if (netns >= 0) {
		own = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
		if (own < 0 || setns(netns, CLONE_NEWNET) < 0)
			return err_sys(e, errno, "network namespace");
	}
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (own >= 0 && setns(own, CLONE_NEWNET) < 0)
		abort(); /* in the wrong network nothing may go on */
	if (fd < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, ret, &len) < 0)
		return err_sys(e, errno, "cookie of the network namespace");
	return 0;
}

static int dial(const char *path, int *ret)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	const struct timeval tv = {.tv_sec = CONNECT_S}, none = {0};
	cleanup_close int fd =
		socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	int r;

	if (fd < 0)
		return -errno;
	str_copy(sun.sun_path, sizeof(sun.sun_path), path);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	do
		r = connect(fd, (struct sockaddr *)&sun, sizeof(sun));
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &none, sizeof(none));
	*ret = take_fd(&fd);
	return 0;
}

/* --- starting one -------------------------------------------------------- */

struct start {
	const char *prog;
	char jid[16]; /* "" or a number */
	int netns, ready;
	int code; /* errno of what went wrong before it ran */
};

/* The broker: on memory that is shared with whoever starts it. */
static int start_broker(void *arg)
{
	struct start *s = arg;
	char *argv[] = {(char *)"cellblock-netgraph", *s->jid ? s->jid : NULL,
			NULL};
	char *envp[] = {(char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL};
	sigset_t none;
	int null;

	setsid();
	null = open("/dev/null", O_RDWR);
	if (null < 0 || chdir("/") < 0 ||
	    (s->netns >= 0 && setns(s->netns, CLONE_NEWNET) < 0) ||
	    /* out of the way first: each may have another's number */
	    (null = fcntl(null, F_DUPFD, 10)) < 0 ||
	    (s->ready = fcntl(s->ready, F_DUPFD, 10)) < 0) {
		s->code = errno;
		return 1;
	}
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	dup2(s->ready, NG_READY_FD);
	syscall(SYS_close_range, NG_READY_FD + 1, ~0U, 0);
	umask(022);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execve(s->prog, argv, envp);
	s->code = errno;
	return 1;
}

/* In between, so that the broker is not the caller's child. */
static int start_between(void *arg)
{
	const struct ns_child c = {
		.cgroup_fd = -1, .fn = start_broker, .arg = arg};
	struct start *s = arg;
	struct err e = ERR_INIT;
	pid_t pid;

	if (ns_vfork(&c, &pid, NULL, &e) < 0)
		s->code = e.code;
	return 0;
}

/* What it has to say; one that ends without a word has failed. */
static int start_wait(int fd, struct err *e)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	struct ng_started a = {0};
	ssize_t n;
	int r;

	do
		r = poll(&p, 1, START_MS);
	while (r < 0 && errno == EINTR);
	if (r == 0)
		return err_sys(e, ETIMEDOUT, "netgraph's broker");
	do
		n = read(fd, &a, sizeof(a));
	while (n < 0 && errno == EINTR);
	if (n != (ssize_t)sizeof(a))
		return err_set(e, EIO, "netgraph's broker has not started");
	a.text[sizeof(a.text) - 1] = '\0';
	return a.code ? err_set(e, a.code, "%s", a.text) : 0;
}

static int start(int netns, const char *prog, int jid, struct err *e)
{
	struct start s = {.prog = prog, .netns = netns};
	const struct ns_child c = {
		.cgroup_fd = -1, .fn = start_between, .arg = &s, .quiet = true};
	cleanup_close int in = -1, out = -1;
	int p[2], r;
	pid_t pid;

	if (jid)
		snprintf(s.jid, sizeof(s.jid), "%d", jid);
	if (pipe2(p, O_CLOEXEC) < 0)
		return err_sys(e, errno, "pipe");
	in = p[0];
	s.ready = out = p[1];
	r = ns_vfork(&c, &pid, NULL, e);
	if (r < 0)
		return r;
	while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		;
	close(take_fd(&out));
	if (s.code)
		return err_sys(e, s.code, "%s", prog);
	return start_wait(in, e);
}

int ng_broker_connect(int netns, const char *prog, int jid, int *ret_fd,
		      struct err *e)
{
	const struct timespec nap = {.tv_nsec = NAP_NS};
	struct err se = ERR_INIT;
	int deaths = 0, r;
	uint64_t cookie;
	char path[96];

	r = ng_cookie(netns, &cookie, e);
	if (r < 0)
		return r;
	ng_run_path(cookie, "socket", path, sizeof(path));
	for (int i = 0; i < TRIES; i++) {
		r = dial(path, ret_fd);
		if (r != -ENOENT && r != -ECONNREFUSED)
			return r < 0 ? err_sys(e, -r, "%s", path) : 0;
		err_clear(&se);
		r = start(netns, prog, jid, &se);
		if (r == -EIO && ++deaths < DEATHS)
			continue;
		/* EALREADY: another one is starting, or about to end */
		if (r < 0 && r != -EALREADY)
			return err_set(e, se.code, "%s", se.text);
		if (r < 0)
			nanosleep(&nap, NULL);
	}
	return err_set(e, EAGAIN, "netgraph's broker: %s", se.text);
}
