/*
 * userns: user namespaces and the namespaces that belong to them.
 *
 * Theory of operation.  The ids of a user namespace can only be written from
 * outside, while a process is in it.  So a holder is made that does nothing
 * but wait for the end of a pipe (userns_begin); its maker writes the maps,
 * opens the holder's namespaces and lets it end (userns_finish).  The
 * descriptors keep them.
 *
 * The uts namespace belongs to one user namespace more, an empty one below
 * the first whose owner is the first one's root.  The kernel gives a user
 * namespace's owner all rights over it, so that root can set the host name
 * without CAP_SYS_ADMIN over anything else.
 */
#include "ns/ns.h"

#include "base/cleanup.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#define MAP_MAX 340 /* the kernel's limit of lines */
#define HOLD_FD 3
#define SETTLE_TRIES 20000 /* a second */

void ns_users_close(struct ns_users *u)
{
	cleanup_close_p(&u->user);
	cleanup_close_p(&u->net);
	cleanup_close_p(&u->ipc);
	cleanup_close_p(&u->uts);
}

static int map_write(pid_t pid, const char *file, const struct ns_idmap *m,
		     size_t n, struct err *e)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	cleanup_close int fd = -1;
	char path[64];

	for (size_t i = 0; i < n; i++)
		strbuf_addf(&b, "%u %u %u\n", m[i].inside, m[i].outside,
			    m[i].count);
	if (strbuf_failed(&b))
		return err_nomem(e);
	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	/* one write is all the kernel takes */
	if (fd < 0 || write(fd, b.s, b.len) != (ssize_t)b.len)
		return err_sys(e, errno, "%s of the jail's users", file);
	return 0;
}

/*
 * The kernel wakes the maker of a vfork'ed child a moment before the child's
 * /proc files are those of its new program: as long, they are denied to who
 * has no right over the child's old one.
 */
static int open_settled(const char *path, int flags)
{
	const struct timespec nap = {.tv_nsec = 50000};
	int fd = -1;

	for (int i = 0; i < SETTLE_TRIES; i++) {
		fd = open(path, flags | O_CLOEXEC);
		if (fd >= 0 || errno != EACCES)
			break;
		nanosleep(&nap, NULL);
	}
	return fd;
}

int ns_of(pid_t pid, const char *ns, int *ret, struct err *e)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, ns);
	fd = open_settled(path, O_RDONLY);
	if (fd < 0)
		return err_sys(e, errno, "%s", path);
	*ret = fd;
	return 0;
}

int userns_enter(int userfd, struct err *e)
{
	if (setns(userfd, CLONE_NEWUSER) < 0)
		return err_sys(e, errno, "enter user namespace");
	/* the creator's ids mean nobody here; system calls, as glibc's
	 * wrappers would wake other threads */
	if (syscall(SYS_setgroups, 0, NULL) < 0 ||
	    syscall(SYS_setresgid, 0, 0, 0) < 0 ||
	    syscall(SYS_setresuid, 0, 0, 0) < 0)
		return err_sys(e, errno, "become the jail's root");
	return 0;
}

struct holding {
	int prog;
	int pipe[2];
	pid_t pid;
	int error;
};

static int holder_child(void *arg)
{
	struct holding *h = arg;
	char *argv[] = {(char *)"cellblock-holder", NULL}, *envp[] = {NULL};
	int prog = fcntl(h->prog, F_DUPFD_CLOEXEC, HOLD_FD + 1);

	if (prog >= 0 && dup2(h->pipe[0], HOLD_FD) == HOLD_FD) {
		/* may have been that number already, and close-on-exec */
		fcntl(HOLD_FD, F_SETFD, 0);
		syscall(SYS_close_range, 0, HOLD_FD - 1, 0);
		ns_vfork_unblock();
		syscall(SYS_execveat, prog, "", argv, envp, AT_EMPTY_PATH);
	}
	h->error = errno;
	return 1;
}

void userns_holder_end(struct ns_holder *h)
{
	if (h->pid <= 0)
		return;
	close(take_fd(&h->pipe));
	/* some child of ours may have the pipe for a moment more */
	kill(h->pid, SIGKILL);
	while (waitpid(h->pid, NULL, 0) < 0 && errno == EINTR)
		;
	h->pid = 0;
}

static void holder_settle(pid_t pid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/uid_map", (int)pid);
	fd = open_settled(path, O_WRONLY);
	if (fd >= 0)
		close(fd);
}

/* All descriptors of ours are close-on-exec, so it has none but the pipe. */
static int holder_make(int prog, uint64_t flags, struct ns_holder *ret,
		       struct err *e)
{
	struct holding h = {.prog = prog};
	const struct ns_child c = {
		.flags = flags, .cgroup_fd = -1, .fn = holder_child, .arg = &h};
	int r;

	if (pipe2(h.pipe, O_CLOEXEC) < 0)
		return err_sys(e, errno, "pipe");
	r = ns_vfork(&c, &h.pid, NULL, e);
	close(h.pipe[0]);
	if (r < 0) {
		close(h.pipe[1]);
		return r;
	}
	*ret = (struct ns_holder){.pid = h.pid, .pipe = h.pipe[1]};
	if (!h.error) {
		holder_settle(h.pid);
		return 0;
	}
	userns_holder_end(ret);
	return err_sys(e, h.error, "holder of the jail's users");
}

struct uts {
	int user;
	int fd;
	int error;
};

static int uts_open(void *arg)
{
	struct uts *u = arg;

	u->fd = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);
	if (u->fd < 0)
		u->error = errno;
	return 0;
}

static int uts_child(void *arg)
{
	const struct ns_child c = {
		.flags = CLONE_NEWUSER | CLONE_NEWUTS | CLONE_FILES,
		.cgroup_fd = -1,
		.fn = uts_open,
		.arg = arg,
	};
	struct uts *u = arg;
	struct err e = ERR_INIT;
	pid_t pid;

	if (userns_enter(u->user, &e) < 0 || ns_vfork(&c, &pid, NULL, &e) < 0) {
		u->error = e.code;
		return 1;
	}
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return 0;
}

/* Shares our descriptors: what the grandchild opens is ours. */
static int make_uts(struct ns_users *n, struct err *e)
{
	struct uts u = {.user = n->user, .fd = -1};
	const struct ns_child c = {
		.flags = CLONE_FILES,
		.cgroup_fd = -1,
		.fn = uts_child,
		.arg = &u,
	};
	pid_t pid;
	int r = ns_vfork(&c, &pid, NULL, e);

	if (r < 0)
		return r;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (u.error)
		return err_sys(e, u.error, "uts namespace");
	n->uts = u.fd;
	return 0;
}

int userns_begin(uint64_t flags, int holder, struct ns_holder *ret,
		 struct err *e)
{
	int r = holder_make(holder, flags | CLONE_NEWUSER, ret, e);

	if (r == -ENOSPC || r == -EUSERS)
		return err_set(e, -r,
			       "user namespaces: the limit "
			       "user.max_user_namespaces is reached; "
			       "host.users=inherit does without");
	if (r == -EINVAL || r == -ENOSYS)
		return err_set(e, -r,
			       "the kernel lacks user namespaces "
			       "(CONFIG_USER_NS); host.users=inherit does "
			       "without");
	return r;
}

int userns_finish(struct ns_holder *h, const struct ns_idmaps *maps,
		  uint64_t flags, bool uts, struct ns_users *ret, struct err *e)
{
	struct ns_users n
		__attribute__((cleanup(ns_users_close))) = {-1, -1, -1, -1};
	int r = map_write(h->pid, "uid_map", maps->uid, maps->nuid, e);

	if (!r)
		r = map_write(h->pid, "gid_map", maps->gid, maps->ngid, e);
	if (!r)
		r = ns_of(h->pid, "user", &n.user, e);
	if (!r && flags & CLONE_NEWNET)
		r = ns_of(h->pid, "net", &n.net, e);
	if (!r && flags & CLONE_NEWIPC)
		r = ns_of(h->pid, "ipc", &n.ipc, e);
	userns_holder_end(h);
	if (!r && uts)
		r = make_uts(&n, e);
	if (r < 0)
		return r;
	*ret = n;
	n = (struct ns_users){-1, -1, -1, -1};
	return 0;
}

void ns_idmaps_free(struct ns_idmaps *m)
{
	free(m->uid);
	free(m->gid);
}

int ns_idmap_add(struct ns_idmap **v, size_t *n, uint32_t inside,
		 uint32_t outside, uint32_t count, struct err *e)
{
	struct ns_idmap *p;

	if (*n >= MAP_MAX)
		return err_set(e, EINVAL, "too many ranges of ids");
	p = reallocarray(*v, *n + 1, sizeof(*p));
	if (!p)
		return err_nomem(e);
	*v = p;
	p[(*n)++] = (struct ns_idmap){inside, outside, count};
	return 0;
}

static int own_map(const char *path, struct ns_idmap **v, size_t *n,
		   struct err *e)
{
	cleanup_fclose FILE *f = fopen(path, "re");
	unsigned int in, out, count;
	int r = 0;

	if (!f)
		return err_sys(e, errno, "%s", path);
	while (!r && fscanf(f, "%u %u %u", &in, &out, &count) == 3)
		r = ns_idmap_add(v, n, in, in, count, e);
	return r;
}

int userns_own_maps(struct ns_idmaps *ret, struct err *e)
{
	int r = own_map("/proc/self/uid_map", &ret->uid, &ret->nuid, e);

	return r < 0 ? r
		     : own_map("/proc/self/gid_map", &ret->gid, &ret->ngid, e);
}

int userns_root_of(pid_t pid, uid_t *ret, struct err *e)
{
	cleanup_fclose FILE *f = NULL;
	unsigned int in, out, count;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/uid_map", (int)pid);
	f = fopen(path, "re");
	if (!f && errno == ENOENT && userns_initial()) {
		*ret = 0; /* a kernel without user namespaces */
		return 0;
	}
	while (f && fscanf(f, "%u %u %u", &in, &out, &count) == 3) {
		if (in != 0)
			continue;
		*ret = out;
		return 0;
	}
	return err_set(e, ESRCH, "%s: no root", path);
}

uid_t userns_uid_in(pid_t pid, uid_t uid)
{
	cleanup_fclose FILE *f = NULL;
	unsigned int in, out, count;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/uid_map", (int)pid);
	f = fopen(path, "re");
	while (f && fscanf(f, "%u %u %u", &in, &out, &count) == 3)
		if (uid >= out && uid - out < count)
			return uid - out + in;
	return uid;
}

bool userns_initial(void)
{
	struct ns_idmaps m __attribute__((cleanup(ns_idmaps_free))) = {0};

	/* kernels without user namespaces have no such file */
	return userns_own_maps(&m, NULL) < 0 ||
	       (m.nuid == 1 && !m.uid[0].inside &&
		m.uid[0].count == UINT32_MAX);
}

int ns_differing(pid_t pid, int *ret, struct err *e)
{
	static const struct {
		const char *name;
		int type;
	} rows[] = {
		{"mnt", CLONE_NEWNS},	     {"uts", CLONE_NEWUTS},
		{"ipc", CLONE_NEWIPC},	     {"net", CLONE_NEWNET},
		{"cgroup", CLONE_NEWCGROUP}, {"user", CLONE_NEWUSER},
	};
	struct stat own, other;
	char path[64];

	*ret = 0;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		snprintf(path, sizeof(path), "/proc/self/ns/%s", rows[i].name);
		if (stat(path, &own) < 0)
			continue; /* a kernel without */
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid,
			 rows[i].name);
		if (stat(path, &other) < 0)
			return err_sys(e, errno, "%s", path);
		if (own.st_ino != other.st_ino || own.st_dev != other.st_dev)
			*ret |= rows[i].type;
	}
	return 0;
}

struct uts_call {
	int ns;
	int (*fn)(void *arg);
	void *arg;
	int error;
};

static int uts_call_child(void *arg)
{
	struct uts_call *c = arg;

	c->error = setns(c->ns, CLONE_NEWUTS) < 0 ? errno : c->fn(c->arg);
	return 0;
}

int ns_uts_call(int nsfd, int (*fn)(void *arg), void *arg, struct err *e)
{
	cleanup_close int self =
		open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);
	struct uts_call u = {nsfd, fn, arg, 0};
	const struct ns_child c = {
		.cgroup_fd = -1, .fn = uts_call_child, .arg = &u};
	pid_t pid;
	int r;

	/* entering what one is in asks whether the way back is open */
	if (self >= 0 && setns(self, CLONE_NEWUTS) == 0) {
		uts_call_child(&u);
		if (setns(self, CLONE_NEWUTS) < 0)
			abort(); /* the host's name would be the jail's */
	} else {
		r = ns_vfork(&c, &pid, NULL, e);
		if (r < 0)
			return r;
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	return u.error ? err_sys(e, u.error, "uts namespace") : 0;
}
