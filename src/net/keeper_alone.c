/*
 * keeper_alone: whether there is anybody that a keeper is there for.
 *
 * A jail that does not persist goes with its last process; keepers, which
 * nobody has started for their own sake, are not to hold it.  So one waits for
 * the end of some other process, looks for the next one then, and ends when
 * there is none.
 */
#include "net/keeper.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int (*keeper_lasts)(void);
const char *keeper_news;

static bool is_keeper(pid_t pid)
{
	cleanup_free char *comm = NULL;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	return file_read(AT_FDCWD, path, 64, &comm, NULL, NULL) >= 0 &&
	       str_prefix(comm, KEEPER_COMM);
}

/* One look at /proc; *ret_again: something went while it lasted. */
static int look(int *ret_pidfd, bool *ret_again)
{
	cleanup_closedir DIR *d = opendir("/proc");
	const struct dirent *de;
	long pid;
	int fd;

	*ret_again = false;
	if (!d)
		return -errno;
	while ((de = readdir(d))) {
		pid = strtol(de->d_name, NULL, 10);
		if (pid <= 1 || is_keeper((pid_t)pid))
			continue;
		fd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
		if (fd >= 0) {
			*ret_pidfd = fd;
			return 0;
		}
		*ret_again = true;
	}
	return -ESRCH;
}

int keeper_other(int *ret_pidfd)
{
	int r = -ESRCH;
	bool again;

	/* twice: one may start another behind our back and end */
	for (int i = 0; i < 2 && r == -ESRCH; i++)
		do
			r = look(ret_pidfd, &again);
		while (r == -ESRCH && again);
	return r;
}
