/*
 * keeper_alone: whether there is anybody that a keeper is there for.
 *
 * A jail that does not persist goes with its last process; keepers, which
 * nobody has started for their own sake, are not to hold it.  So one waits for
 * the end of some other process, looks for the next one then, and ends when
 * there is none.
 *
 * So it is with a network namespace beside the machine's own, which goes when
 * it has neither a process nor a name (ip-netns(8): a mount).  Keepers may not
 * look at the namespaces of others; but all may see the sockets of a process'
 * network stack, and where a socket of ours is among them, that is ours.
 */
#include "net/keeper.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"

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
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOOKS 100 /* while processes come and go */

#define TEXT_MAX (64u << 20)

int (*keeper_lasts)(void);
const char *keeper_news;
static ino_t netns; /* of ours, if it is not the machine's own */

static bool is_keeper(pid_t pid)
{
	cleanup_free char *comm = NULL;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	return file_read(AT_FDCWD, path, 64, &comm, NULL, NULL) >= 0 &&
	       str_prefix(comm, KEEPER_COMM);
}

/* --- a network namespace beside the machine's ---------------------------- */

void keeper_netns_begin(void)
{
	struct stat own, first;

	if (stat("/proc/self/ns/net", &own) == 0 &&
	    stat("/proc/1/ns/net", &first) == 0 && own.st_ino != first.st_ino)
		netns = own.st_ino;
}

bool keeper_netns(void)
{
	return netns != 0;
}

bool keeper_netns_named(void)
{
	cleanup_free char *text = NULL;
	char root[64];

	snprintf(root, sizeof(root), " net:[%ju] ", (uintmax_t)netns);
	return file_read(AT_FDCWD, "/proc/self/mountinfo", TEXT_MAX, &text,
			 NULL, NULL) < 0 ||
	       strstr(text, root);
}

/* The last column of its netlink sockets has their inodes. */
static bool in_netns(pid_t pid, ino_t socket)
{
	cleanup_free char *text = NULL;
	char path[64], want[32];

	snprintf(path, sizeof(path), "/proc/%d/net/netlink", (int)pid);
	snprintf(want, sizeof(want), " %ju", (uintmax_t)socket);
	if (file_read(AT_FDCWD, path, TEXT_MAX, &text, NULL, NULL) < 0)
		return false;
	for (const char *at = text; (at = strstr(at, want)); at++) {
		const char *end = at + strlen(want);

		if (end[strspn(end, " ")] == '\n')
			return true;
	}
	return false;
}

/* --- looking at processes ------------------------------------------------ */

/* Whether it counts: of those of ours (netns), or of all but the first. */
struct looking {
	ino_t socket;
};

static bool counts(const struct looking *l, pid_t pid)
{
	if (pid < 1 || is_keeper(pid))
		return false;
	return netns ? in_netns(pid, l->socket) : pid > 1;
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
		if (!counts(l, (pid_t)pid))
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

static int looking_begin(struct looking *l, int *ret_socket)
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

int keeper_other(int *ret_pidfd)
{
	cleanup_close int socket = -1;
	struct looking l = {0};
	int r = -ESRCH, calm = 0;
	bool again;

	if (!sees_all())
		return kill(-1, 0) < 0 && errno == ESRCH ? -ESRCH : -EAGAIN;
	if (netns && looking_begin(&l, &socket) < 0)
		return -EAGAIN;
	/* twice: one may start another behind our back and end */
	for (int i = 0; i < LOOKS && calm < 2 && r == -ESRCH; i++) {
		r = look(&l, ret_pidfd, &again);
		calm = again ? 0 : calm + 1;
	}
	return r == -ESRCH && calm < 2 ? -EAGAIN : r;
}
