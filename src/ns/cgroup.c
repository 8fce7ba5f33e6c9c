/*
 * cgroup: cgroup2 as a container of processes.  No controller is used, so a
 * hybrid machine's tree without any serves as well.  Processes are born in
 * their cgroup (clone.c) and never migrated: a migration waits for a grace
 * period of the kernel, tens of milliseconds.
 */
#include "ns/ns.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "ns/proctext.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>

#define REMOVE_WAIT_MS 2000

static bool is_cgroup2(const char *path)
{
	struct statfs s;

	return statfs(path, &s) == 0 && s.f_type == CGROUP2_SUPER_MAGIC;
}

/* The long way, for machines that mount it elsewhere. */
static int root_from_mountinfo(char **ret, struct err *e)
{
	cleanup_fclose FILE *f = fopen("/proc/self/mountinfo", "re");
	cleanup_free char *line = NULL;
	size_t size = 0;
	struct proctext_mount m;

	if (!f)
		return err_sys(e, errno, "/proc/self/mountinfo");
	while (getline(&line, &size, f) > 0) {
		if (!proctext_mount(line, &m) ||
		    strcmp(m.fstype, "cgroup2") != 0)
			continue;
		/* another mount may hide it */
		if (!is_cgroup2(m.point))
			continue;
		*ret = strdup(m.point);
		return *ret ? 0 : err_nomem(e);
	}
	return err_set(e, ENOENT, "no cgroup2 is mounted");
}

int cgroup_root(char **ret, struct err *e)
{
	static const char *const usual[] = {"/sys/fs/cgroup",
					    "/sys/fs/cgroup/unified"};

	/* mountinfo grows with the number of jails: look there last */
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++) {
		if (!is_cgroup2(usual[i]))
			continue;
		*ret = strdup(usual[i]);
		return *ret ? 0 : err_nomem(e);
	}
	return root_from_mountinfo(ret, e);
}

int cgroup_make(const char *path, struct err *e)
{
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return err_sys(e, errno, "cgroup %s", path);
	return 0;
}

int cgroup_open(const char *path, int *ret_fd, struct err *e)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(e, errno, "cgroup %s", path);
	*ret_fd = fd;
	return 0;
}

int cgroup_kill(const char *path, struct err *e)
{
	cleanup_free char *file = str_printf("%s/cgroup.kill", path);
	struct err ke = ERR_INIT;

	if (!file)
		return err_nomem(e);
	if (file_poke(AT_FDCWD, file, "1", &ke) == 0)
		return 0;
	if (ke.code == ENOENT)
		return 0;
	return err_set(e, ke.code, "%s", ke.text);
}

static bool populated_fd(int fd)
{
	char buf[256];
	ssize_t n = pread(fd, buf, sizeof(buf) - 1, 0);

	if (n <= 0)
		return false;
	buf[n] = '\0';
	return strstr(buf, "populated 1") != NULL;
}

static int events_open(const char *path)
{
	cleanup_free char *file = str_printf("%s/cgroup.events", path);

	return file ? open(file, O_RDONLY | O_CLOEXEC) : -1;
}

bool cgroup_populated(const char *path)
{
	cleanup_close int fd = events_open(path);

	return fd >= 0 && populated_fd(fd);
}

static void wait_empty(const char *path)
{
	cleanup_close int fd = events_open(path);
	struct pollfd p = {.fd = fd, .events = POLLPRI};
	struct timespec a, b;

	if (fd < 0)
		return;
	clock_gettime(CLOCK_MONOTONIC, &a);
	while (populated_fd(fd)) {
		poll(&p, 1, REMOVE_WAIT_MS);
		clock_gettime(CLOCK_MONOTONIC, &b);
		if ((b.tv_sec - a.tv_sec) * 1000 > REMOVE_WAIT_MS)
			return;
	}
}

/* Depth first; a jail may have made any number of cgroups below its own. */
static int remove_tree(int dirfd, const char *name, int depth)
{
	cleanup_closedir DIR *d = NULL;
	struct dirent *de;
	int fd;

	if (unlinkat(dirfd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if (depth > 64)
		return -ELOOP;
	fd = openat(dirfd, name,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	d = fdopendir(fd);
	if (!d) {
		close(fd);
		return -ENOMEM;
	}
	while ((de = readdir(d))) {
		/* ".x" is a name like any other for a cgroup */
		if (de->d_type != DT_DIR || !strcmp(de->d_name, ".") ||
		    !strcmp(de->d_name, ".."))
			continue;
		remove_tree(fd, de->d_name, depth + 1);
	}
	if (unlinkat(dirfd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return -errno;
	return 0;
}

int cgroup_remove(const char *path, struct err *e)
{
	int r = remove_tree(AT_FDCWD, path, 0);

	if (r == -EBUSY || r == -ENOTEMPTY) {
		wait_empty(path);
		r = remove_tree(AT_FDCWD, path, 0);
	}
	if (r < 0)
		return err_sys(e, -r, "cgroup %s", path);
	return 0;
}
