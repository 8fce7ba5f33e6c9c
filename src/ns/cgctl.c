/* cgctl: see cgctl.h. */
#include "ns/cgctl.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "base/table.h"
#include "ns/ns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define REMOVE_WAIT_MS 2000
#define DEPTH_MAX                                                              \
	200 /* of cgroups that a jail made; each holds a descriptor            \
	     */

static const struct {
	const char *v2, *v1;
} names[] = {
	[CG_MEMORY] = {"memory", "memory"}, [CG_PIDS] = {"pids", "pids"},
	[CG_CPU] = {"cpu", "cpu"},	    [CG_IO] = {"io", "blkio"},
	[CG_CPUSET] = {"cpuset", "cpuset"},
};
TABLE_COMPLETE(names, CG_ALL);

/* A list of words that blanks or commas part. */
static bool has_word(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *s = list; (s = strstr(s, word)); s += n)
		if ((s == list || strchr(" ,", s[-1])) &&
		    (!s[n] || strchr(" ,\n", s[n])))
			return true;
	return false;
}

static bool file_has_word(const char *dir, const char *file, const char *word)
{
	cleanup_free char *path = str_printf("%s/%s", dir, file);
	cleanup_free char *text = NULL;

	return path &&
	       file_read(AT_FDCWD, path, 4096, &text, NULL, NULL) == 0 &&
	       has_word(text, word);
}

/* --- where a controller is ----------------------------------------------- */

/* "... MOUNTPOINT ... - cgroup SOURCE OPTIONS" with the controller's name. */
static int v1_from_mountinfo(const char *name, char **ret)
{
	cleanup_fclose FILE *f = fopen("/proc/self/mountinfo", "re");
	cleanup_free char *line = NULL;
	size_t size = 0;
	char at[4096];

	while (f && getline(&line, &size, f) > 0) {
		const char *type = strstr(line, " - cgroup ");
		const char *opts = type ? strrchr(type, ' ') : NULL;

		if (!opts || !has_word(opts, name) ||
		    sscanf(line, "%*s %*s %*s %*s %4095s", at) != 1 ||
		    strchr(at, '\\'))
			continue;
		*ret = strdup(at);
		return *ret ? 0 : -ENOMEM;
	}
	return -ENOENT;
}

/* mountinfo grows with the number of jails: look there last. */
static int v1_root(const char *name, char **ret)
{
	char path[64];
	struct statfs s;

	snprintf(path, sizeof(path), "/sys/fs/cgroup/%s", name);
	if (statfs(path, &s) < 0 || s.f_type != CGROUP_SUPER_MAGIC)
		return v1_from_mountinfo(name, ret);
	*ret = strdup(path);
	return *ret ? 0 : -ENOMEM;
}

/* /proc/cgroups: "NAME HIERARCHY NUM ENABLED". */
static int why_missing(enum cgctl c, struct err *e)
{
	cleanup_fclose FILE *f = fopen("/proc/cgroups", "re");
	const char *name = names[c].v2;
	char line[256], word[64];
	int enabled;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%63s %*d %*d %d", word, &enabled) != 2 ||
		    strcmp(word, names[c].v1) != 0)
			continue;
		if (!enabled)
			return err_set(e, ENOENT,
				       "the %s controller is turned off on the "
				       "kernel's command line",
				       name);
		return err_set(e, ENOENT,
			       "the %s controller is not enabled on this "
			       "cgroup2 tree, nor mounted as a v1 hierarchy",
			       name);
	}
	return err_set(e, ENOENT,
		       "this kernel has no %s controller for cgroups", name);
}

int cgctl_find(enum cgctl c, char **ret_root, struct err *e)
{
	cleanup_free char *v2 = NULL;
	int r;

	if (cgroup_root(&v2, NULL) == 0 &&
	    file_has_word(v2, "cgroup.controllers", names[c].v2)) {
		*ret_root = take_ptr(v2);
		return 2;
	}
	r = v1_root(names[c].v1, ret_root);
	if (r == -ENOMEM)
		return err_nomem(e);
	return r < 0 ? why_missing(c, e) : 1;
}

static int each_here(int dirfd, int (*fn)(pid_t pid, void *data), void *data)
{
	int fd = openat(dirfd, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	cleanup_fclose FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	int pid, r = 0;

	if (!f) {
		if (fd >= 0)
			close(fd);
		return 0; /* removed meanwhile, or a threaded one */
	}
	while (!r && fscanf(f, "%d", &pid) == 1)
		if (pid > 0) /* 0: of a namespace we cannot see */
			r = fn(pid, data);
	return r;
}

/* --- cgroup2 ------------------------------------------------------------- */

static int one_there(pid_t pid, void *data)
{
	(void)pid;
	(void)data;
	return 1;
}

/*
 * Processes of its own, which only the root of all may have beside what it
 * passes on.  The kernel would refuse memory and io then, but take pids and
 * cpu, and nothing could be born in the cgroups below any more: threads only.
 */
static bool has_processes(const char *dir)
{
	cleanup_close int fd = -1;

	return cgroup_open(dir, &fd, NULL) == 0 &&
	       faccessat(fd, "cgroup.type", F_OK, 0) == 0 &&
	       each_here(fd, one_there, NULL) != 0;
}

static int enable_in(const char *dir, enum cgctl c, struct err *e)
{
	cleanup_free char *path = NULL;
	struct err pe = ERR_INIT;
	char word[32];

	if (file_has_word(dir, "cgroup.subtree_control", names[c].v2))
		return 0;
	if (has_processes(dir))
		return err_set(e, EBUSY,
			       "cgroup %s has processes of its own, so it "
			       "cannot pass the %s controller on",
			       dir, names[c].v2);
	path = str_printf("%s/cgroup.subtree_control", dir);
	if (!path)
		return err_nomem(e);
	snprintf(word, sizeof(word), "+%s", names[c].v2);
	if (file_poke(AT_FDCWD, path, word, &pe) == 0)
		return 0;
	return err_set(e, pe.code, "%s controller: %s", names[c].v2, pe.text);
}

struct mover {
	const char *procs;
	bool moved;
};

static int move_one(pid_t pid, void *data)
{
	struct mover *m = data;
	struct err e = ERR_INIT;
	char num[16];

	snprintf(num, sizeof(num), "%d", (int)pid);
	if (file_poke(AT_FDCWD, m->procs, num, &e) == 0)
		m->moved = true;
	else if (e.code != ESRCH)
		return -e.code;
	return 0;
}

/* Until none is left: one may fork while its parent is moved. */
static int move_own(const char *root, struct err *e)
{
	cleanup_free char *self = str_printf("%s/" CGCTL_SELF, root);
	cleanup_free char *procs =
		str_printf("%s/" CGCTL_SELF "/cgroup.procs", root);
	struct mover m = {.procs = procs, .moved = true};
	int r;

	if (!self || !procs)
		return err_nomem(e);
	r = cgroup_make(self, e);
	if (r < 0)
		return r;
	while (!r && m.moved) {
		cleanup_close int fd = -1;

		m.moved = false;
		r = cgroup_open(root, &fd, NULL);
		if (!r)
			r = each_here(fd, move_one, &m);
	}
	return r < 0 ? err_sys(e, -r, "%s", procs) : 0;
}

bool cgctl_passes_on(const char *dir)
{
	cleanup_free char *path = str_printf("%s/cgroup.subtree_control", dir);
	cleanup_free char *text = NULL;

	return path &&
	       file_read(AT_FDCWD, path, 4096, &text, NULL, NULL) == 0 &&
	       text[strspn(text, "\n")];
}

int cgctl_open_birth(const char *path, bool self, int *ret_fd, struct err *e)
{
	cleanup_free char *sub = NULL;
	int r;

	if (!self)
		return cgroup_open(path, ret_fd, e);
	sub = str_printf("%s/" CGCTL_SELF, path);
	if (!sub)
		return err_nomem(e);
	r = cgroup_make(sub, e);
	return r < 0 ? r : cgroup_open(sub, ret_fd, e);
}

int cgctl_enable(const char *root, const char *dir, enum cgctl c,
		 bool make_room, struct err *e)
{
	cleanup_free char *path = strdup(dir);
	size_t n = strlen(root);
	int r;

	if (!path)
		return err_nomem(e);
	if (strncmp(dir, root, n) != 0)
		return err_set(e, EINVAL, "%s is not below %s", dir, root);
	r = enable_in(root, c, e);
	if (r == -EBUSY && make_room) {
		err_clear(e);
		r = move_own(root, e);
		if (!r)
			r = enable_in(root, c, e);
	}
	for (size_t i = n; !r && path[i]; i++) {
		if (path[i + 1] && path[i + 1] != '/')
			continue;
		/* cut behind a component */
		char was = path[i + 1];

		path[i + 1] = '\0';
		r = enable_in(path, c, e);
		path[i + 1] = was;
	}
	return r;
}

void cgctl_pass_all(const char *dir)
{
	cleanup_free char *root = NULL, *path = NULL, *text = NULL;

	if (cgroup_root(&root, NULL) < 0 ||
	    !(path = str_printf("%s/cgroup.controllers", root)) ||
	    file_read(AT_FDCWD, path, 4096, &text, NULL, NULL) < 0)
		return;
	for (int c = 0; c < CGCTLS; c++)
		if (has_word(text, names[c].v2))
			cgctl_enable(root, dir, c, false, NULL);
}

/* --- v1
 * ------------------------------------------------------------------------------
 */

int cgctl_make(const char *root, const char *base, const char *name,
	       struct err *e)
{
	cleanup_free char *top = str_printf("%s/%s", root, base);
	cleanup_free char *path = str_printf("%s/%s/%s", root, base, name);
	int r = -ENOENT;

	if (!top || !path)
		return err_nomem(e);
	/* the end of the last other jail may take the base away */
	for (int i = 0; r == -ENOENT && i < 10; i++) {
		err_clear(e);
		r = cgroup_make(top, e);
		if (!r)
			r = cgroup_make(path, e);
	}
	return r;
}

int cgctl_remove(const char *path, struct err *e)
{
	cleanup_free char *base = strdup(path);
	int ms = 0;

	if (!base)
		return err_nomem(e);
	while (rmdir(path) < 0 && errno != ENOENT) {
		if (errno != EBUSY || ms++ >= REMOVE_WAIT_MS)
			return err_sys(e, errno, "cgroup %s", path);
		poll(NULL, 0, 1); /* the last ones are on their way out */
	}
	*strrchr(base, '/') = '\0';
	rmdir(base); /* fails while another is in it */
	return 0;
}

/* --- processes ----------------------------------------------------------- */

static int each_below(int fd, int (*fn)(pid_t pid, void *data), void *data,
		      int depth)
{
	cleanup_closedir DIR *d = NULL;
	struct dirent *de;
	int r = each_here(fd, fn, data);

	d = fdopendir(fd);
	if (!d) {
		close(fd);
		return r ? r : -ENOMEM;
	}
	while (!r && (de = readdir(d))) {
		int sub;

		if (de->d_type != DT_DIR || !strcmp(de->d_name, ".") ||
		    !strcmp(de->d_name, ".."))
			continue;
		if (depth >= DEPTH_MAX)
			return -ELOOP;
		sub = openat(fd, de->d_name,
			     O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub >= 0)
			r = each_below(sub, fn, data, depth + 1);
	}
	return r;
}

int cgctl_each(const char *path, int (*fn)(pid_t pid, void *data), void *data,
	       struct err *e)
{
	int fd = -1, r = cgroup_open(path, &fd, e);

	if (r < 0)
		return r;
	r = each_below(fd, fn, data, 0);
	return r < 0 ? err_sys(e, -r, "cgroups below %s", path) : r;
}
