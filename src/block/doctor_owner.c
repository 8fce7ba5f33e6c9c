/* See doctor_owner.h. */
#include "block/doctor_owner.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum {
	CGROUPS_MAX = 1 << 17,
	CGROUP_DEPTH_MAX = 64,	  /* each level is an open descriptor */
	DESCRIPTORS_MAX = 1 << 20 /* looked at in all of /proc */
};

struct walk {
	struct cgroup_owner *jails; /* each jail's own cgroup, sorted */
	size_t njails;
	struct cgroup_owner *v;
	size_t n, size;
};

static int by_id(const void *a, const void *b)
{
	const struct cgroup_owner *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

size_t owner_of(const struct cgroup_owner *v, size_t n, uint64_t id)
{
	const struct cgroup_owner key = {.id = id}, *o = NULL;

	if (n)
		o = bsearch(&key, v, n, sizeof(*v), by_id);
	return o ? o->jail : SIZE_MAX;
}

static int walk_add(struct walk *w, uint64_t id, size_t jail)
{
	struct cgroup_owner *v = w->v;

	if (w->n == w->size) {
		size_t size = w->size ? 2 * w->size : 64;

		v = reallocarray(v, size, sizeof(*v));
		if (!v)
			return -ENOMEM;
		w->v = v;
		w->size = size;
	}
	v[w->n++] = (struct cgroup_owner){id, jail};
	return 0;
}

/* The directory fd (taken), which is of that jail, and those below. */
static int walk_dir(struct walk *w, int fd, size_t jail, int depth)
{
	cleanup_close int own = fd;
	cleanup_closedir DIR *d = fdopendir(fd);
	struct dirent *de;
	int r = 0;

	if (!d)
		return 0;
	take_fd(&own);
	while (!r && w->n < CGROUPS_MAX && (de = readdir(d))) {
		size_t of;

		if (de->d_type != DT_DIR || de->d_name[0] == '.')
			continue;
		of = owner_of(w->jails, w->njails, de->d_ino);
		of = of == SIZE_MAX ? jail : of;
		r = walk_add(w, de->d_ino, of);
		if (r < 0 || depth == CGROUP_DEPTH_MAX)
			continue;
		own = openat(dirfd(d), de->d_name,
			     O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (own >= 0)
			r = walk_dir(w, take_fd(&own), of, depth + 1);
	}
	return r;
}

static int walk_jail(struct walk *w, const char *path, size_t jail)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (fd < 0)
		return 0;
	if (fstat(fd, &st) < 0) {
		close(fd);
		return 0;
	}
	r = walk_add(w, st.st_ino, jail);
	if (r < 0) {
		close(fd);
		return r;
	}
	return walk_dir(w, fd, jail, 0);
}

int owner_cgroups(struct prisons *ps, const struct prison *v, size_t n,
		  struct cgroup_owner **ret, size_t *ret_n, struct err *e)
{
	cleanup_free struct cgroup_owner *jails = calloc(n + 1, sizeof(*jails));
	cleanup_strv struct strv tops = {0};
	cleanup_free size_t *top = calloc(n + 1, sizeof(*top));
	struct walk w = {.jails = jails};
	int r = jails && top ? 0 : -ENOMEM;

	for (size_t i = 0; r >= 0 && i < n; i++) {
		cleanup_free char *path = NULL;
		struct stat st;

		if (prison_cgroup(ps, &v[i], &path, NULL) < 0 ||
		    stat(path, &st) < 0)
			continue;
		jails[w.njails++] = (struct cgroup_owner){st.st_ino, i};
		if (v[i].path.n > 1)
			continue;
		top[tops.n] = i;
		r = strv_take(&tops, take_ptr(path));
	}
	if (r >= 0)
		qsort(jails, w.njails, sizeof(*jails), by_id);
	for (size_t i = 0; r >= 0 && i < tops.n; i++)
		r = walk_jail(&w, tops.v[i], top[i]);
	if (r < 0) {
		free(w.v);
		return err_nomem(e);
	}
	if (w.n)
		qsort(w.v, w.n, sizeof(*w.v), by_id);
	*ret = w.v;
	*ret_n = w.n;
	return 0;
}

/* ---- processes */

static int by_inode(const void *a, const void *b)
{
	const struct socket_user *x = a, *y = b;

	return (x->inode > y->inode) - (x->inode < y->inode);
}

/* A program chooses its name: what could steer a terminal is '?'. */
static void name_of(int proc, char ret[static 16])
{
	cleanup_close int fd = openat(proc, "comm", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, ret, 15);

	ret[n > 0 ? n : 0] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
	for (char *s = ret; *s; s++)
		if (*s < ' ' || *s > '~')
			*s = '?';
}

/* What is done with each; true: no more are wanted. */
typedef bool socket_fn(const struct socket_fd *s, void *arg);

struct look {
	socket_fn *fn;
	void *arg;
	long left; /* descriptors that may still be looked at */
	bool done;
};

static void look_process(struct look *l, int proc, pid_t pid)
{
	int fd = openat(proc, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_closedir DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct socket_fd s = {.pid = pid};
	struct dirent *de;

	if (!d && fd >= 0)
		close(fd);
	while (d && !l->done && l->left > 0 && (de = readdir(d))) {
		char target[64];
		struct stat st;
		ssize_t n;

		if (de->d_name[0] == '.')
			continue;
		l->left--;
		n = readlinkat(dirfd(d), de->d_name, target,
			       sizeof(target) - 1);
		if (n <= 0)
			continue;
		target[n] = '\0';
		if (sscanf(target, "socket:[%u]", &s.inode) != 1)
			continue;
		if (fstatat(dirfd(d), de->d_name, &st, 0) < 0)
			continue; /* closed meanwhile */
		if (!*s.name)
			name_of(proc, s.name);
		s.uid = st.st_uid;
		s.fd = atoi(de->d_name);
		l->done = l->fn(&s, l->arg);
	}
}

static bool is_in(int proc, const struct stat *pidns)
{
	struct stat st;

	return fstatat(proc, "ns/pid", &st, 0) == 0 &&
	       st.st_ino == pidns->st_ino && st.st_dev == pidns->st_dev;
}

/* In the order of their numbers: a server before its workers. */
static void look_at_all(struct look *l, const struct stat *pidns)
{
	cleanup_closedir DIR *d = opendir("/proc");
	struct dirent *de;

	l->left = DESCRIPTORS_MAX;
	while (d && !l->done && l->left > 0 && (de = readdir(d))) {
		cleanup_close int proc = -1;
		long long pid;

		if (str_to_int(de->d_name, 1, INT32_MAX, &pid) < 0)
			continue;
		proc = openat(dirfd(d), de->d_name,
			      O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (proc >= 0 && (!pidns || is_in(proc, pidns)))
			look_process(l, proc, (pid_t)pid);
	}
}

struct sockets {
	struct socket_fd *v;
	size_t n, size;
	bool failed;
};

static bool sockets_add(const struct socket_fd *s, void *arg)
{
	struct sockets *all = arg;

	if (all->n == all->size) {
		size_t size = all->size ? 2 * all->size : 64;
		struct socket_fd *v =
			reallocarray(all->v, size, sizeof(*all->v));

		all->failed = !v;
		if (!v)
			return true;
		all->v = v;
		all->size = size;
	}
	all->v[all->n++] = *s;
	return false;
}

static int by_fd(const void *a, const void *b)
{
	const struct socket_fd *x = a, *y = b;

	if (x->pid != y->pid)
		return (x->pid > y->pid) - (x->pid < y->pid);
	return (x->fd > y->fd) - (x->fd < y->fd);
}

int owner_sockets(int pidns, struct socket_fd **ret, size_t *ret_n,
		  struct err *e)
{
	struct sockets all = {0};
	struct look l = {.fn = sockets_add, .arg = &all};
	struct stat st;

	if (pidns >= 0 && fstat(pidns, &st) < 0)
		return err_sys(e, errno, "pid namespace");
	look_at_all(&l, pidns >= 0 ? &st : NULL);
	if (all.failed) {
		free(all.v);
		return err_nomem(e);
	}
	if (all.n)
		qsort(all.v, all.n, sizeof(*all.v), by_fd);
	*ret = all.v;
	*ret_n = all.n;
	return 0;
}

struct users {
	struct socket_user *v;
	size_t n, missing;
};

static bool users_add(const struct socket_fd *s, void *arg)
{
	struct socket_user key = {.inode = s->inode}, *u;
	struct users *all = arg;

	u = bsearch(&key, all->v, all->n, sizeof(*u), by_inode);
	if (!u || u->pid)
		return false;
	u->pid = s->pid;
	memcpy(u->name, s->name, sizeof(u->name));
	return --all->missing == 0;
}

void owner_processes(struct socket_user *v, size_t n)
{
	struct users all = {.v = v, .n = n, .missing = n};
	struct look l = {.fn = users_add, .arg = &all};

	if (!n)
		return;
	qsort(v, n, sizeof(*v), by_inode);
	look_at_all(&l, NULL);
}
