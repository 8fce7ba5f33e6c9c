/*
 * keeper_alone: head of keeper_alone.h.
 *
 * Keepers may not look at the namespaces of others; but all may see the
 * sockets of a process' network stack, and where a socket of ours is among
 * them, that is ours.
 */
#include "net/keeper_alone.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "net/keeper.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOOKS 100 /* while processes come and go */
/* Mounts come and go, one soon after another. */
#define MOUNTS_MS 100
/* Names of namespaces are mounts; what changes those can be polled. */
#define MOUNTS "/proc/self/mountinfo"

#define TEXT_MAX (64u << 20)

const struct keeper_place *keeper_place;
static struct {
	int (*lasts)(void); /* of a jail */
	const char *folder;
	ino_t netns;
} here;

/* --- looking at processes ------------------------------------------------ */

/* Whose end is waited for. */
struct looking {
	bool (*counts)(const struct looking *l, pid_t pid);
	ino_t socket; /* of the network namespace */
};

bool keeper_is(pid_t pid)
{
	cleanup_free char *comm = NULL;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	return file_read(AT_FDCWD, path, 64, &comm, NULL, NULL) >= 0 &&
	       str_prefix(comm, KEEPER_COMM);
}

/* It has ended, even if who started it has not asked yet. */
static bool has_ended(int pidfd)
{
	struct pollfd p = {.fd = pidfd, .events = POLLIN};

	return poll(&p, 1, 0) > 0;
}

/* One look at /proc; *ret_again: something went while it lasted. */
static int look(const struct looking *l, int *ret_pidfd, bool *ret_again)
{
	cleanup_closedir DIR *d = opendir("/proc");
	const struct dirent *de;
	long pid;

	*ret_again = false;
	if (!d)
		return -errno;
	while ((de = readdir(d))) {
		cleanup_close int fd = -1;

		pid = strtol(de->d_name, NULL, 10);
		if (pid < 1 || keeper_is((pid_t)pid) ||
		    !l->counts(l, (pid_t)pid))
			continue;
		fd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
		if (fd < 0 && errno != ESRCH && errno != EINVAL)
			return -errno;
		if (fd >= 0 && !has_ended(fd)) {
			*ret_pidfd = take_fd(&fd);
			return 0;
		}
		*ret_again |= fd < 0;
	}
	return -ESRCH;
}

/* Who is hidden (hidepid of proc(5)) may be there for all that we know. */
static bool sees_all(void)
{
	return access("/proc/1", F_OK) == 0;
}

/* -ESRCH: there is none; -EAGAIN: to be looked for again. */
static int find_other(const struct looking *l, int *ret_pidfd)
{
	int r = -ESRCH, calm = 0;
	bool again;

	if (!sees_all())
		return kill(-1, 0) < 0 && errno == ESRCH ? -ESRCH : -EAGAIN;
	/* twice: one may start another behind our back and end */
	for (int i = 0; i < LOOKS && calm < 2 && r == -ESRCH; i++) {
		r = look(l, ret_pidfd, &again);
		calm = again ? 0 : calm + 1;
	}
	if (r == -ESRCH)
		return calm < 2 ? -EAGAIN : -ESRCH;
	return r < 0 ? -EAGAIN : 0;
}

/* --- a jail --------------------------------------------------------------- */

static int jail_news(void)
{
	cleanup_close int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (fd < 0 || inotify_add_watch(fd, here.folder, IN_MOVED_TO) < 0)
		return -errno;
	return take_fd(&fd);
}

static bool is_not_first(const struct looking *l, pid_t pid)
{
	(void)l;
	return pid > 1;
}

static int jail_alone(int *ret_pidfd)
{
	const struct looking l = {.counts = is_not_first};
	const int r = find_other(&l, ret_pidfd);

	return r == -ESRCH ? here.lasts() : r;
}

static const struct keeper_place jail = {
	.open_news = jail_news,
	.events = EPOLLIN,
	.queued = true,
	.alone = jail_alone,
};

void keeper_place_jail(int (*lasts)(void), const char *folder)
{
	here.lasts = lasts;
	here.folder = folder;
	keeper_place = &jail;
}

/* --- a network namespace beside the machine's ----------------------------- */

static int netns_news(void)
{
	const int fd = open(MOUNTS, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static bool has_name(void)
{
	cleanup_free char *text = NULL;
	char root[64];

	snprintf(root, sizeof(root), " net:[%ju] ", (uintmax_t)here.netns);
	return file_read(AT_FDCWD, MOUNTS, TEXT_MAX, &text, NULL, NULL) < 0 ||
	       strstr(text, root);
}

/* The last column of its netlink sockets has their inodes. */
static bool is_in_netns(const struct looking *l, pid_t pid)
{
	cleanup_free char *text = NULL;
	char path[64], want[32];

	snprintf(path, sizeof(path), "/proc/%d/net/netlink", (int)pid);
	snprintf(want, sizeof(want), " %ju", (uintmax_t)l->socket);
	if (file_read(AT_FDCWD, path, TEXT_MAX, &text, NULL, NULL) < 0)
		return false;
	for (const char *at = text; (at = strstr(at, want)); at++) {
		const char *end = at + strlen(want);

		if (end[strspn(end, " ")] == '\n')
			return true;
	}
	return false;
}

/* A socket whose inode tells. */
static int open_mark(struct looking *l, int *ret_socket)
{
	cleanup_close int fd =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	const struct sockaddr_nl any = {.nl_family = AF_NETLINK};
	struct stat st;

	/* those that have a port are seen */
	if (fd < 0 || bind(fd, (const struct sockaddr *)&any, sizeof(any)) ||
	    fstat(fd, &st) < 0)
		return -errno;
	l->socket = st.st_ino;
	*ret_socket = take_fd(&fd);
	return 0;
}

static int netns_alone(int *ret_pidfd)
{
	struct looking l = {.counts = is_in_netns};
	cleanup_close int mark = -1;
	int r;

	if (has_name())
		return 0;
	r = open_mark(&l, &mark) < 0 ? -EAGAIN : find_other(&l, ret_pidfd);
	return r == -ESRCH ? -ECHILD : r;
}

static const struct keeper_place netns = {
	.open_news = netns_news,
	.events = EPOLLPRI,
	.ms = MOUNTS_MS,
	.alone = netns_alone,
};

void keeper_place_netns(void)
{
	struct stat own, first;

	if (stat("/proc/self/ns/net", &own) < 0 ||
	    stat("/proc/1/ns/net", &first) < 0 || own.st_ino == first.st_ino)
		return;
	here.netns = own.st_ino;
	keeper_place = &netns;
}
