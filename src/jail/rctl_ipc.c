/*
 * rctl_ipc: limits on System V IPC.
 *
 * They are numbers of the IPC namespace, which a jail has of its own.  A
 * child enters that and writes them; newer kernels take them only from the
 * root user whom the namespace belongs to, so where root of the machine is
 * refused the child becomes that one.
 */
#include "jail/rctl_limit.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "ns/ns.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define SEM_FILE "/proc/sys/kernel/sem"

/* What a namespace starts with, and the field of a file with several. */
static const struct {
	int knob;
	const char *file;
	int field;
	uint64_t dflt, max;
} numbers[] = {
	{KNOB_SEMMNS, SEM_FILE, 1, 1024000000, 0x7fffffff},
	{KNOB_SEMOPM, SEM_FILE, 2, 500, 0x7fffffff},
	{KNOB_SHMMNI, "/proc/sys/kernel/shmmni", 0, 4096, 32768},
	{KNOB_SHMALL, "/proc/sys/kernel/shmall", 0, UINT64_MAX - (1 << 24),
	 UINT64_MAX - (1 << 24)},
	{KNOB_MSGMNI, "/proc/sys/kernel/msgmni", 0, 32000, 32768},
};

struct call {
	int pidfd;
	const char *file;
	int field; /* with `sem`: which one */
	uint64_t n;
	int error;
};

static int open_number(struct call *c, int flags)
{
	int fd = open(c->file, flags | O_CLOEXEC);

	if (fd >= 0 || errno != EACCES)
		return fd;
	if (setns(c->pidfd, CLONE_NEWUSER) < 0 ||
	    syscall(SYS_setresgid, 0, 0, 0) < 0 ||
	    syscall(SYS_setresuid, 0, 0, 0) < 0)
		return -1;
	return open(c->file, flags | O_CLOEXEC);
}

/* In the child, on the caller's memory: system calls and no more. */
static int write_number(void *arg)
{
	struct call *c = arg;
	int sem[4] = {0}, fd = -1;
	char text[128];
	ssize_t n;

	if (setns(c->pidfd, CLONE_NEWIPC) == 0)
		fd = open_number(c, O_RDWR);
	if (fd < 0) {
		c->error = errno;
		return 1;
	}
	if (!strcmp(c->file, SEM_FILE)) {
		n = pread(fd, text, sizeof(text) - 1, 0);
		text[n > 0 ? n : 0] = '\0';
		if (sscanf(text, "%d %d %d %d", &sem[0], &sem[1], &sem[2],
			   &sem[3]) != 4) {
			c->error = EBADMSG;
			return 1;
		}
		sem[c->field] = (int)c->n;
		snprintf(text, sizeof(text), "%d %d %d %d", sem[0], sem[1],
			 sem[2], sem[3]);
	} else {
		snprintf(text, sizeof(text), "%" PRIu64, c->n);
	}
	n = (ssize_t)strlen(text);
	c->error = pwrite(fd, text, (size_t)n, 0) == n ? 0 : errno;
	return c->error != 0;
}

static uint64_t number_of(size_t i, int64_t amount)
{
	uint64_t n = (uint64_t)amount;

	if (amount == KNOB_OFF)
		return numbers[i].dflt;
	if (numbers[i].knob == KNOB_SHMALL) /* counted in pages */
		n /= (uint64_t)sysconf(_SC_PAGESIZE);
	return n < numbers[i].max ? n : numbers[i].max;
}

/* The namespace must be the jail's own. */
static int check_own(pid_t pid, struct err *e)
{
	struct stat own, its;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/ipc", (int)pid);
	if (stat("/proc/self/ns/ipc", &own) < 0 || stat(path, &its) < 0)
		return err_sys(e, errno, "%s", path);
	if (own.st_ino == its.st_ino)
		return err_set(e, EOPNOTSUPP,
			       "%s: the jail has no System V IPC of its own",
			       strerror(EOPNOTSUPP));
	return 0;
}

int rctl_ipc_set(pid_t pid, const struct rctl_limits *old,
		 const struct rctl_limits *now, struct err *e)
{
	cleanup_close int pidfd = -1;
	int r = check_own(pid, e);

	if (r < 0)
		return r;
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0)
		return err_sys(e, errno, "process %d", (int)pid);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		int64_t amount = now->v[numbers[i].knob];
		struct call c = {pidfd, numbers[i].file, numbers[i].field,
				 number_of(i, amount), 0};
		struct ns_child child = {
			.cgroup_fd = -1, .fn = write_number, .arg = &c};
		pid_t p;

		if (amount == KNOB_OFF && old->v[numbers[i].knob] == KNOB_OFF)
			continue;
		r = ns_vfork(&child, &p, NULL, e);
		if (r < 0)
			return r;
		while (waitpid(p, NULL, 0) < 0 && errno == EINTR)
			;
		if (c.error)
			return err_sys(e, c.error, "%s", c.file);
	}
	return 0;
}
