/*
 * proc: processes named so that a reused pid is never taken for the one that
 * was meant: by pid and start time in files, by pidfd in memory.
 */
#include "ns/ns.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "ns/proctext.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#define EXITING 0x4 /* of the kernel's flags in stat */

enum {
	FIELD_PARENT = 4,
	FIELD_FLAGS = 9,
	STAT_MAX = 1024,
};

static int stat_text(pid_t pid, char buf[STAT_MAX])
{
	cleanup_close int fd = -1;
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	n = read(fd, buf, STAT_MAX - 1);
	if (n < 0)
		return -errno;
	buf[n] = '\0';
	return 0;
}

static int stat_read(pid_t pid, char *ret_state, uint64_t *ret_start)
{
	char buf[STAT_MAX];
	int r = stat_text(pid, buf);

	return r < 0 ? r : proctext_stat(buf, ret_state, ret_start);
}

int proc_id_of(pid_t pid, struct proc_id *ret, struct err *e)
{
	uint64_t start;
	char state;
	int r = stat_read(pid, &state, &start);

	if (r < 0)
		return err_sys(e, -r, "process %d", (int)pid);
	*ret = (struct proc_id){.pid = pid, .start = start};
	return 0;
}

int proc_id_self(struct proc_id *ret, struct err *e)
{
	char pid[32] = "";

	/* another pid namespace's /proc would have us take strangers for us */
	if (readlink("/proc/self", pid, sizeof(pid) - 1) < 0)
		return err_sys(e, errno, "/proc");
	if (strtol(pid, NULL, 10) != getpid())
		return err_set(e, EINVAL,
			       "/proc is of another pid namespace: mount it "
			       "anew");
	return proc_id_of(getpid(), ret, e);
}

bool proc_id_alive(const struct proc_id *id)
{
	uint64_t start;
	char state;

	if (id->pid <= 0 || stat_read(id->pid, &state, &start) < 0)
		return false;
	return start == id->start && state != 'Z' && state != 'X';
}

bool proc_id_running(const struct proc_id *id)
{
	char buf[STAT_MAX];
	uint64_t flags;

	return proc_id_alive(id) && stat_text(id->pid, buf) == 0 &&
	       proctext_stat_field(buf, FIELD_FLAGS, &flags) == 0 &&
	       !(flags & EXITING);
}

/* Namespaces of processes can be this deep. */
#define PID_NS_MAX 32

/* Is the process, a zombie perhaps, in that pid namespace or in one below? */
static bool in_pid_ns(pid_t pid, ino_t ns)
{
	cleanup_close int fd = -1;
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	for (int i = 0; fd >= 0 && i < PID_NS_MAX; i++) {
		int up;

		if (fstat(fd, &st) == 0 && st.st_ino == ns)
			return true;
		/* refused above the caller's own */
		up = ioctl(fd, NS_GET_PARENT);
		close(fd);
		fd = up;
	}
	return false;
}

static void wake_stopped(pid_t pid)
{
	cleanup_close int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	uint64_t start;
	char state;

	if (fd >= 0 && stat_read(pid, &state, &start) == 0 && state == 'T')
		pidfd_signal(fd, SIGCONT);
}

/* Its parent, if that one is stopped and outside while it is inside. */
static void wake_parent(pid_t pid, ino_t ns)
{
	char buf[STAT_MAX], state;
	uint64_t parent, start;

	if (stat_text(pid, buf) < 0 ||
	    proctext_stat_field(buf, FIELD_PARENT, &parent) < 0 || !parent ||
	    stat_read((pid_t)parent, &state, &start) < 0 || state != 'T')
		return;
	if (in_pid_ns(pid, ns) && !in_pid_ns((pid_t)parent, ns))
		wake_stopped((pid_t)parent);
}

void proc_wake_parents(pid_t init)
{
	cleanup_closedir DIR *d = opendir("/proc");
	struct dirent *de;
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)init);
	if (init <= 0 || stat(path, &st) < 0)
		return;
	while (d && (de = readdir(d))) {
		pid_t pid = (pid_t)strtol(de->d_name, NULL, 10);

		if (pid > 0)
			wake_parent(pid, st.st_ino);
	}
}

int proc_id_open(const struct proc_id *id, int *ret_pidfd, struct err *e)
{
	cleanup_close int fd = -1;

	if (id->pid <= 0)
		return err_set(e, ESRCH, "no process");
	fd = (int)syscall(SYS_pidfd_open, id->pid, 0);
	if (fd < 0)
		return err_sys(e, errno, "process %d", (int)id->pid);
	/* the descriptor holds one process; is it the one that was meant? */
	if (!proc_id_alive(id))
		return err_set(e, ESRCH, "process %d: %s", (int)id->pid,
			       strerror(ESRCH));
	*ret_pidfd = take_fd(&fd);
	return 0;
}

int pidfd_signal(int pidfd, int sig)
{
	if (syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0) < 0)
		return -errno;
	return 0;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

bool pidfd_wait(int pidfd, int timeout_ms)
{
	struct pollfd p = {.fd = pidfd, .events = POLLIN};
	int64_t end = now_ms() + timeout_ms;
	int left = timeout_ms, n;

	for (;;) {
		n = poll(&p, 1, left);
		if (n > 0)
			return true;
		if (n == 0 || errno != EINTR)
			return false;
		if (timeout_ms >= 0) {
			left = (int)(end - now_ms());
			if (left < 0)
				left = 0;
		}
	}
}
