/* keeper: starting a vnet's keepers, and talking to them.  Head of keeper.h. */
#include "net/keeper.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/runtime.h"
#include "base/str.h"
#include "net/bsderr.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

/* Where a jail has its runtime when there is no /proc to tell. */
#define RT_USUAL "/run/cellblock/rt"
/* A keeper that needs longer has stopped. */
#define ANSWER_MS 10000
#define TRIES 100
#define NAP_NS 10000000

void keeper_file(const struct keeper_sort *k, const struct vnet *v,
		 const char *suffix, char *buf, size_t size)
{
	snprintf(buf, size, "%" PRIu64 ".%s%s", v->cookie, k->file, suffix);
}

/* The file goes with its keeper: a lock on one that is gone is no lock. */
int keeper_lock(const struct keeper_sort *k, const struct vnet *v, int *ret_fd)
{
	char name[64];
	struct stat st;

	keeper_file(k, v, "", name, sizeof(name));
	for (int i = 0; i < TRIES; i++) {
		cleanup_close int fd = -1;
		int r = file_open_same_mount(v->statefd, name,
					     O_RDWR | O_CREAT | O_NONBLOCK,
					     0600, &fd, NULL);

		/* somebody outside has marked that one is wanted */
		if (r == -EACCES && unlinkat(v->statefd, name, 0) == 0)
			continue;
		if (r < 0)
			return r;
		if (flock(fd, LOCK_EX | LOCK_NB) < 0)
			return errno == EWOULDBLOCK ? -EALREADY : -errno;
		if (fstat(fd, &st) < 0)
			return -errno;
		if (!st.st_nlink)
			continue;
		*ret_fd = take_fd(&fd);
		return 0;
	}
	return -EAGAIN;
}

/*
 * Nobody has the lock.  One that only root outside can open is a mark that a
 * keeper is wanted: a keeper's own it can open.
 */
static bool lock_free(const struct keeper_sort *k, const struct vnet *v,
		      bool *ret_exists)
{
	cleanup_close int fd = -1;
	char name[64];
	int r;

	*ret_exists = false;
	if (v->statefd < 0 || geteuid() != 0)
		return true;
	keeper_file(k, v, "", name, sizeof(name));
	r = file_open_same_mount(v->statefd, name, O_RDWR | O_NONBLOCK, 0, &fd,
				 NULL);
	*ret_exists = r >= 0 || r == -EACCES;
	return fd < 0 || flock(fd, LOCK_SH | LOCK_NB) == 0;
}

/* --- starting ------------------------------------------------------------ */

/* The keeper: in a session of its own, with nothing of the starter's open. */
_Noreturn static void start_keeper(const struct keeper_sort *k,
				   const char *prog, int ready)
{
	char *argv[] = {(char *)k->prog, NULL};
	char *envp[] = {(char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL};
	int null = open("/dev/null", O_RDWR);
	sigset_t none;

	setsid();
	if (null < 0 || chdir("/") < 0 ||
	    (null = fcntl(null, F_DUPFD, 10)) < 0 ||
	    (ready = fcntl(ready, F_DUPFD, 10)) < 0)
		_exit(1);
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	dup2(ready, KEEPER_READY_FD);
	syscall(SYS_close_range, KEEPER_READY_FD + 1, ~0U, 0);
	umask(022);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execve(prog, argv, envp);
	_exit(1);
}

/* By one in between, so that the keeper is not the caller's child. */
static int start_process(const struct keeper_sort *k, const char *prog,
			 int ready, struct err *e)
{
	pid_t pid = fork();

	if (pid < 0)
		return err_sys(e, errno, "fork");
	if (!pid) {
		pid = fork();
		if (!pid)
			start_keeper(k, prog, ready);
		_exit(pid < 0);
	}
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return 0;
}

/* Its first word is a byte; an error has a text behind it. */
static int start_wait(const struct keeper_sort *k, int fd, struct err *e)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char text[256];
	size_t len = 0;
	ssize_t n = 1;

	while (n > 0 && len < sizeof(text) - 1) {
		if (poll(&p, 1, ANSWER_MS) <= 0)
			return err_sys(e, ETIMEDOUT, "%s", k->what);
		n = read(fd, text + len, sizeof(text) - 1 - len);
		if (n > 0)
			len += (size_t)n;
	}
	text[len] = '\0';
	if (len == 1 && text[0] == 'k')
		return 0;
	if (len && text[0] == 'a')
		return -EALREADY;
	return len ? err_set(e, EIO, "%s", text)
		   : err_set(e, EIO, "%s: not started", k->what);
}

static int start(const struct keeper_sort *k, struct err *e)
{
	cleanup_free char *rt = NULL, *prog = NULL;
	cleanup_close int in = -1, out = -1;
	int p[2], r;

	if (runtime_dir(&rt, NULL) < 0)
		rt = strdup(RT_USUAL);
	prog = rt ? str_printf("%s/launch", rt) : NULL;
	if (!prog)
		return err_nomem(e);
	if (pipe2(p, O_CLOEXEC) < 0)
		return err_sys(e, errno, "pipe");
	in = p[0];
	out = p[1];
	r = start_process(k, prog, out, e);
	if (r < 0)
		return r;
	close(take_fd(&out));
	return start_wait(k, in, e);
}

/* --- talking ------------------------------------------------------------- */

/* 0: it has done all; -ECONNREFUSED: nobody there, or gone meanwhile. */
static int ask(const struct keeper_sort *k, const struct vnet *v)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	cleanup_close int fd =
		socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct pollfd p = {.fd = fd, .events = POLLIN};
	cleanup_close int at = -1;
	char name[64], word;

	if (fd < 0)
		return -errno;
	keeper_file(k, v, ".sock", name, sizeof(name));
	/* a jail's root may have made a link of it, to a socket out here */
	if (file_open_same_mount(v->statefd, name, O_PATH, 0, &at, NULL) < 0)
		return -ECONNREFUSED;
	snprintf(sun.sun_path, sizeof(sun.sun_path), "/proc/self/fd/%d", at);
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0)
		return -ECONNREFUSED;
	if (poll(&p, 1, ANSWER_MS) <= 0)
		return -ETIMEDOUT;
	return read(fd, &word, 1) == 1 ? 0 : -ECONNREFUSED;
}

static bool own_vnet(const struct vnet *v)
{
	cleanup_close int own = nl_own_netns(NULL);
	struct stat st;

	return own >= 0 && fstat(own, &st) == 0 && st.st_ino == v->nsino &&
	       st.st_dev == v->nsdev;
}

int keeper_tell(const struct keeper_sort *k, struct vnet *v, struct err *e)
{
	const struct timespec nap = {.tv_nsec = NAP_NS};
	bool needed, exists;
	int r;

	for (int i = 0; i < TRIES; i++) {
		struct err se = ERR_INIT;

		r = k->needed(v, &needed, e);
		if (r < 0)
			return r;
		if (!lock_free(k, v, &exists)) {
			r = ask(k, v);
			if (r != -ECONNREFUSED)
				return r < 0 ? err_sys(e, -r, "%s", k->what)
					     : 0;
		} else if (!needed && !exists) {
			return 0;
		} else if (!own_vnet(v)) {
			cleanup_close int mark = -1;

			return keeper_lock(k, v, &mark);
		} else {
			/* also to clean up after one that was killed */
			r = start(k, &se);
			if (r >= 0)
				return 0;
			if (r != -EALREADY)
				return err_set(e, se.code, "%s", se.text);
		}
		nanosleep(&nap, NULL);
	}
	return err_sys(e, EAGAIN, "%s", k->what);
}

bool keeper_missing(const struct keeper_sort *k, const struct vnet *v)
{
	bool exists;

	return lock_free(k, v, &exists) && exists;
}

int keeper_again(const struct keeper_sort *k, struct vnet *v, struct err *e)
{
	return keeper_missing(k, v) ? keeper_tell(k, v, e) : 0;
}
