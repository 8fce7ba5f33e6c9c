/*
 * rctl_use: what a jail or a process uses.
 *
 * Linux keeps no such account, so it is summed up over the processes as they
 * are now; processor time of processes that have ended comes from the jail's
 * cgroup.  Rates are measured over a tenth of a second.
 */
#include "jail/rctl_int.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#define SAMPLE_MS 100
#define TEXT_MAX (1 << 20)

static int not_there(struct err *e)
{
	return err_set(e, ESRCH, "%s", strerror(ESRCH));
}

/* --- which jail ---------------------------------------------------------- */

int rctl_jail_of(struct prisons *ps, pid_t pid, char **ret, struct err *e)
{
	cleanup_free char *base = NULL, *root = NULL, *text = NULL, *own = NULL;
	cleanup_pset struct pset params = {0};
	char path[64], *at;
	int jid, r;

	snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
	if (cgroup_base(ps, &base, NULL) < 0 || cgroup_root(&root, NULL) < 0)
		return 0;
	r = file_read(AT_FDCWD, path, TEXT_MAX, &text, NULL, NULL);
	if (r < 0)
		return not_there(e);
	own = str_printf("%s/", base + strlen(root));
	if (!own)
		return err_nomem(e);
	at = strstr(text, "0::");
	if (!at || strncmp(at + 3, own, strlen(own)) != 0)
		return 0;
	jid = atoi(at + 3 + strlen(own));
	if (params_read(ps, jid, &params, NULL) < 0 ||
	    !pset_value(&params, "name"))
		return 0;
	*ret = strdup(pset_value(&params, "name"));
	return *ret ? 0 : err_nomem(e);
}

/* --- one process --------------------------------------------------------- */

struct sum {
	int64_t v[RCTL_RESOURCES];
	int64_t cpu_ticks, read, written;
	double uptime;
};

static char *proc_text(pid_t pid, const char *file)
{
	char path[64], *text = NULL;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	if (file_read(AT_FDCWD, path, TEXT_MAX, &text, NULL, NULL) < 0)
		return NULL;
	return text;
}

/* "NAME:   123 kB" of /proc/PID/status or io. */
static int64_t number_after(const char *text, const char *name)
{
	const char *s = strstr(text, name);

	return s ? strtoll(s + strlen(name), NULL, 10) : 0;
}

static const struct {
	const char *name;
	int resource;
	int64_t unit;
} status_rows[] = {
	{"\nVmData:", RCTL_DATASIZE, 1024},
	{"\nVmStk:", RCTL_STACKSIZE, 1024},
	{"\nVmRSS:", RCTL_MEMORYUSE, 1024},
	{"\nVmLck:", RCTL_MEMORYLOCKED, 1024},
	{"\nVmSize:", RCTL_VMEMORYUSE, 1024},
	{"\nVmSwap:", RCTL_SWAPUSE, 1024},
	{"\nThreads:", RCTL_NTHR, 1},
};

/* How many numbers a directory of /proc/PID has for names. */
static int64_t count_numbers(pid_t pid, const char *dir)
{
	cleanup_closedir DIR *d = NULL;
	struct dirent *de;
	char path[64];
	int64_t n = 0;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, dir);
	d = opendir(path);
	while (d && (de = readdir(d)))
		n += de->d_name[0] >= '0' && de->d_name[0] <= '9';
	return n;
}

/* utime and stime are fields 14 and 15, the start is field 22. */
static void add_times(struct sum *s, const char *stat)
{
	const char *p = strrchr(stat, ')');
	unsigned long long user, sys, start;
	double ticks = (double)sysconf(_SC_CLK_TCK);

	if (!p || sscanf(p + 1,
			 " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu "
			 "%llu %*d %*d %*d %*d %*d %*d %llu",
			 &user, &sys, &start) != 3)
		return;
	s->cpu_ticks += (int64_t)(user + sys);
	if (s->uptime > (double)start / ticks)
		s->v[RCTL_WALLCLOCK] +=
			(int64_t)(s->uptime - (double)start / ticks);
}

static int add_process(pid_t pid, void *data)
{
	struct sum *s = data;
	cleanup_free char *status = proc_text(pid, "status");
	cleanup_free char *stat = proc_text(pid, "stat");

	if (!status || !stat)
		return 0; /* it has just ended */
	s->v[RCTL_MAXPROC]++;
	for (size_t i = 0; i < ARRAY_SIZE(status_rows); i++)
		s->v[status_rows[i].resource] +=
			number_after(status, status_rows[i].name) *
			status_rows[i].unit;
	s->v[RCTL_OPENFILES] += count_numbers(pid, "fd");
	add_times(s, stat);
	return 0;
}

/* What rates are made of. */
static int add_rates(pid_t pid, void *data)
{
	struct sum *s = data;
	cleanup_free char *stat = proc_text(pid, "stat");
	cleanup_free char *io = proc_text(pid, "io");

	if (stat)
		add_times(s, stat);
	if (io) {
		s->read += number_after(io, "\nread_bytes:");
		s->written += number_after(io, "\nwrite_bytes:");
	}
	return 0;
}

/* --- System V IPC of a jail ---------------------------------------------- */

struct ipc_call {
	int pidfd;
	int fd[3];
};

static const char *const ipc_files[] = {
	"/proc/sysvipc/msg",
	"/proc/sysvipc/sem",
	"/proc/sysvipc/shm",
};

/* Shares descriptors with the caller; the files are of who opens them. */
static int ipc_open(void *arg)
{
	struct ipc_call *c = arg;

	if (setns(c->pidfd, CLONE_NEWIPC) < 0)
		return 1;
	for (int i = 0; i < 3; i++)
		c->fd[i] = open(ipc_files[i], O_RDONLY | O_CLOEXEC);
	return 0;
}

static void add_msg(struct sum *s, const char *line)
{
	long long bytes, n;

	if (sscanf(line, "%*d %*d %*o %lld %lld", &bytes, &n) != 2)
		return;
	s->v[RCTL_NMSGQ]++;
	s->v[RCTL_MSGQSIZE] += bytes;
	s->v[RCTL_MSGQQUEUED] += n;
}

static void add_sem(struct sum *s, const char *line)
{
	long long n;

	if (sscanf(line, "%*d %*d %*o %lld", &n) == 1)
		s->v[RCTL_NSEM] += n;
}

static void add_shm(struct sum *s, const char *line)
{
	long long bytes;

	if (sscanf(line, "%*d %*d %*o %lld", &bytes) != 1)
		return;
	s->v[RCTL_NSHM]++;
	s->v[RCTL_SHMSIZE] += bytes;
}

static void (*const ipc_adders[])(struct sum *s, const char *line) = {
	add_msg,
	add_sem,
	add_shm,
};

static void ipc_sum(struct sum *s, pid_t init)
{
	cleanup_close int pidfd = (int)syscall(SYS_pidfd_open, init, 0);
	struct ipc_call c = {.pidfd = pidfd, .fd = {-1, -1, -1}};
	struct ns_child child = {.flags = CLONE_FILES,
				 .cgroup_fd = -1,
				 .fn = ipc_open,
				 .arg = &c};
	pid_t p;

	if (pidfd < 0 || ns_vfork(&child, &p, NULL, NULL) < 0)
		return;
	while (waitpid(p, NULL, 0) < 0 && errno == EINTR)
		;
	for (int i = 0; i < 3; i++) {
		cleanup_fclose FILE *f =
			c.fd[i] < 0 ? NULL : fdopen(c.fd[i], "r");
		char line[512];

		while (f && fgets(line, sizeof(line), f))
			ipc_adders[i](s, line);
	}
}

/* --- together ------------------------------------------------------------ */

static double uptime(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Processor time of all that ever ran in the cgroup, microseconds; or -1. */
static int64_t cgroup_cpu(const char *dir)
{
	cleanup_free char *path = str_printf("%s/cpu.stat", dir);
	cleanup_free char *text = NULL;

	if (!path || file_read(AT_FDCWD, path, 65536, &text, NULL, NULL) < 0)
		return -1;
	return number_after(text, "usage_usec ");
}

static int jail_usage(struct prisons *ps, const char *name,
		      struct rctl_use *ret, struct err *e)
{
	cleanup_free char *tree = NULL;
	cleanup_life struct life l = {0};
	struct sum s = {.uptime = uptime()}, a = {0}, b = {0};
	int64_t cpu0, cpu1;
	double t;
	int jid, r;

	if (strchr(name, '.') || name_find(ps, name, &jid) < 0)
		return not_there(e);
	r = life_read(ps, jid, &l, e);
	if (!r)
		r = rctl_need_cgroup(&l, e);
	if (r < 0)
		return r;
	tree = str_printf("%s/tree", l.cgroup);
	if (!tree)
		return err_nomem(e);
	cpu0 = cgroup_cpu(tree);
	t = uptime();
	r = cgctl_each(tree, add_rates, &a, e);
	poll(NULL, 0, SAMPLE_MS);
	if (!r)
		r = cgctl_each(tree, add_rates, &b, e);
	cpu1 = cgroup_cpu(tree);
	t = uptime() - t;
	if (!r)
		r = cgctl_each(tree, add_process, &s, e);
	if (r < 0)
		return r;
	ipc_sum(&s, l.init.pid);
	s.v[RCTL_PSEUDOTERMINALS] = count_numbers(l.init.pid, "root/dev/pts");
	s.v[RCTL_CPUTIME] = cpu1 / 1000000;
	s.v[RCTL_PCPU] = (int64_t)((double)(cpu1 - cpu0) / (t * 10000.0));
	/* a process that has ended takes its count along */
	if (b.read > a.read)
		s.v[RCTL_READBPS] = (int64_t)((double)(b.read - a.read) / t);
	if (b.written > a.written)
		s.v[RCTL_WRITEBPS] =
			(int64_t)((double)(b.written - a.written) / t);
	memcpy(ret->v, s.v, sizeof(ret->v));
	ret->v[RCTL_NSEMOP] = 0; /* counts within a call */
	ret->v[RCTL_READIOPS] = ret->v[RCTL_WRITEIOPS] = RCTL_OMITTED;
	return 0;
}

/* FreeBSD leaves out what is not accounted by process. */
static int process_usage(pid_t pid, struct rctl_use *ret, struct err *e)
{
	static const int left_out[] = {
		RCTL_PSEUDOTERMINALS,
		RCTL_SWAPUSE,
		RCTL_MSGQQUEUED,
		RCTL_MSGQSIZE,
		RCTL_NMSGQ,
		RCTL_NSEM,
		RCTL_NSHM,
		RCTL_SHMSIZE,
		RCTL_READIOPS,
		RCTL_WRITEIOPS,
	};
	struct sum s = {.uptime = uptime()}, a = {0}, b = {0};
	double ticks = (double)sysconf(_SC_CLK_TCK), t = uptime();

	add_rates(pid, &a);
	poll(NULL, 0, SAMPLE_MS);
	add_rates(pid, &b);
	t = uptime() - t;
	add_process(pid, &s);
	if (!s.v[RCTL_MAXPROC])
		return not_there(e);
	s.v[RCTL_CPUTIME] = (int64_t)((double)s.cpu_ticks / ticks);
	s.v[RCTL_PCPU] = (int64_t)((double)(b.cpu_ticks - a.cpu_ticks) * 100 /
				   (ticks * t));
	s.v[RCTL_READBPS] = (int64_t)((double)(b.read - a.read) / t);
	s.v[RCTL_WRITEBPS] = (int64_t)((double)(b.written - a.written) / t);
	memcpy(ret->v, s.v, sizeof(ret->v));
	for (size_t i = 0; i < ARRAY_SIZE(left_out); i++)
		ret->v[left_out[i]] = RCTL_OMITTED;
	return 0;
}

int rctl_usage(struct prisons *ps, const struct rctl_rule *f,
	       struct rctl_use *ret, struct err *e)
{
	if (!ps->writable || (ps->jailed && ps->children_max <= 0))
		return err_set(e, EPERM, "%s", strerror(EPERM));
	if (f->subject < 0 || !f->id[0])
		return err_set(e, EINVAL, "%s", strerror(EINVAL));
	switch (f->subject) {
	case RCTL_JAIL:
		return jail_usage(ps, f->id, ret, e);
	case RCTL_PROCESS:
		return process_usage((pid_t)strtol(f->id, NULL, 10), ret, e);
	}
	return err_set(e, EOPNOTSUPP,
		       "%s: Linux keeps no account of what users or login "
		       "classes use",
		       strerror(EOPNOTSUPP));
}
