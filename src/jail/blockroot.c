/* See blockroot.h. */
#include "jail/blockroot.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "jail/prison.h"
#include "ns/proctext.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_MAX (16 << 20)

/* names in a block's folder, and where they are looked for in a jail */
static const struct {
	const char *name, *target;
} files[] = {
	{"rc.conf", "etc/rc.conf"},
	{"rc.conf.local", "etc/rc.conf.local"},
	{"jail.conf", "etc/jail.conf"},
	{"pf.conf", "etc/pf.conf"},
	{"sysctl.conf", "etc/sysctl.conf"},
	{"devfs.rules", "etc/devfs.rules"},
	{"rctl.conf", "etc/rctl.conf"},
};

#define LOCAL_RCD "/usr/local/etc/rc.d"
#define BLOCK_SHOWN "/run/cellblock/block"
#define RCD_TARGET "usr/local/etc/rc.d"

/* The parent's part of a path, opened without a symlink on the way. */
static int open_parent(int rootfd, const char *path, int *ret_fd,
		       const char **ret_base, struct err *e)
{
	cleanup_free char *dir = strdup(path);
	char *slash;

	if (!dir)
		return err_nomem(e);
	slash = strrchr(dir, '/');
	*slash = '\0';
	*ret_base = path + (slash - dir) + 1;
	return file_open_beneath(rootfd, dir, O_PATH | O_DIRECTORY, 0, ret_fd,
				 e);
}

static int remove_file(int rootfd, const char *target, size_t *changed,
		       struct err *e)
{
	cleanup_close int dirfd = -1;
	const char *base;
	int r;

	r = open_parent(rootfd, target, &dirfd, &base, e);
	if (r == -ENOENT) {
		err_clear(e);
		return 0;
	}
	if (r < 0)
		return r;
	if (!unlinkat(dirfd, base, 0))
		++*changed;
	else if (errno != ENOENT)
		return err_sys(e, errno, "/%s", target);
	return 0;
}

static int install_file(int rootfd, int srcfd, const char *name,
			const char *target, mode_t mode, size_t *changed,
			struct err *e)
{
	cleanup_free char *text = NULL, *old = NULL;
	cleanup_close int dirfd = -1;
	const char *base;
	size_t len, old_len;
	int r;

	r = file_read(srcfd, name, FILE_MAX, &text, &len, e);
	if (r < 0)
		return r;
	if (strlen(text) != len)
		return err_set(e, EINVAL, "%s: contains a NUL byte", name);
	r = open_parent(rootfd, target, &dirfd, &base, e);
	if (r < 0)
		return r;
	if (!file_read(dirfd, base, FILE_MAX, &old, &old_len, NULL) &&
	    old_len == len && !memcmp(old, text, len))
		return 0;
	++*changed;
	return file_write_atomic(dirfd, base, text, mode, e);
}

/* Scripts at the target that the block does not have configure the machine. */
static int prune_rcd(int rootfd, const struct strv *have, size_t *changed,
		     struct err *e)
{
	cleanup_closedir DIR *d = NULL;
	struct dirent *de;
	int fd = -1, r;

	r = file_open_beneath(rootfd, RCD_TARGET, O_RDONLY | O_DIRECTORY, 0,
			      &fd, e);
	if (r == -ENOENT) {
		err_clear(e);
		return 0;
	}
	if (r < 0)
		return r;
	d = fdopendir(fd);
	if (!d) {
		r = errno;
		close(fd);
		return err_sys(e, r, "/" RCD_TARGET);
	}
	while ((de = readdir(d))) {
		if (de->d_name[0] == '.' || strv_has(have, de->d_name))
			continue;
		if (unlinkat(dirfd(d), de->d_name, 0) < 0)
			return err_sys(e, errno, "/" RCD_TARGET "/%s",
				       de->d_name);
		++*changed;
	}
	return 0;
}

/* rc.d/NAME becomes usr/local/etc/rc.d/NAME. */
static int install_rcd(int rootfd, int blockfd, size_t *changed, struct err *e)
{
	cleanup_closedir DIR *d = NULL;
	cleanup_strv struct strv have = {0};
	struct dirent *de;
	int fd, r;

	fd = blockfd < 0 ? -1
			 : openat(blockfd, "rc.d",
				  O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		d = fdopendir(fd);
		if (!d) {
			r = errno;
			close(fd);
			return err_sys(e, r, "rc.d");
		}
		r = file_mkdirs(rootfd, RCD_TARGET, 0755, e);
		if (r < 0)
			return r;
	}
	while (d && (de = readdir(d))) {
		cleanup_free char *target = NULL;

		if (de->d_name[0] == '.')
			continue;
		target = str_printf(RCD_TARGET "/%s", de->d_name);
		if (!target || strv_add(&have, de->d_name) < 0)
			return err_nomem(e);
		r = install_file(rootfd, dirfd(d), de->d_name, target, 0755,
				 changed, e);
		if (r < 0)
			return err_wrap(e, "rc.d");
	}
	return prune_rcd(rootfd, &have, changed, e);
}

int blockroot_install(int rootfd, int blockfd, size_t *ret_changed,
		      struct err *e)
{
	size_t changed = 0;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		struct stat st;

		if (blockfd >= 0 && !fstatat(blockfd, files[i].name, &st, 0))
			r = install_file(rootfd, blockfd, files[i].name,
					 files[i].target, 0644, &changed, e);
		else
			r = remove_file(rootfd, files[i].target, &changed, e);
		if (r < 0)
			return r;
	}
	r = install_rcd(rootfd, blockfd, &changed, e);
	if (r < 0)
		return r;
	if (ret_changed)
		*ret_changed = changed;
	return 0;
}

bool blockroot_here(void)
{
	cleanup_fclose FILE *f = fopen("/proc/self/mountinfo", "re");
	cleanup_free char *line = NULL;
	struct prison_self self = {0};
	struct proctext_mount m;
	char own[32];
	bool copy = false;
	size_t size = 0;

	/* with path = "/" it would be that of the jail around this one */
	if (prison_self(&self, NULL) < 0 || !self.jailed)
		return false;
	snprintf(own, sizeof(own), PRISON_COPY "%d", self.jid);
	/* the last "/" counts */
	while (f && getline(&line, &size, f) > 0)
		if (proctext_mount(line, &m) && !strcmp(m.point, "/"))
			copy = !strcmp(m.fstype, "overlay") &&
			       !strcmp(m.source, own);
	return copy;
}

/* Where a block's files are inside its jail. */
static const char *const inside[] = {
	"/etc/rc.conf",	 "/etc/jail.conf",   "/etc/sysctl.conf",
	"/etc/pf.conf",	 "/etc/devfs.rules", "/etc/rctl.conf",
	BLOCK_SHOWN "/", LOCAL_RCD "/",
};

/* The part of a file's name inside that its name here keeps; or NULL. */
static const char *inside_name(const char *s, const char **ret_sub)
{
	for (size_t i = 0; i < ARRAY_SIZE(inside); i++) {
		size_t n = strlen(inside[i]);

		if (strncmp(s, inside[i], n) != 0)
			continue;
		*ret_sub = str_prefix(s, LOCAL_RCD) ? "/rc.d/" : "/";
		return str_prefix(s, "/etc/") ? s + strlen("/etc/") : s + n;
	}
	return NULL;
}

void blockroot_rename(const char *text, const char *dir, struct strbuf *b)
{
	const char *rest, *sub;

	for (const char *s = text; *s; s++) {
		bool starts = s == text || strchr(" \t'\"(", s[-1]);

		rest = starts ? inside_name(s, &sub) : NULL;
		if (!rest) {
			strbuf_addch(b, *s);
			continue;
		}
		strbuf_addf(b, "%s%s", dir, sub);
		s = rest - 1;
	}
}

bool blockroot_shown(void)
{
	return (!access(BLOCK_SHOWN "/rc.conf", F_OK) ||
		!access(BLOCK_SHOWN "/jail.conf", F_OK)) &&
	       !blockroot_here();
}

int blockroot_install_here(size_t *ret_changed, struct err *e)
{
	cleanup_close int root = -1, block = -1;

	if (!blockroot_here())
		return 0;
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return err_sys(e, errno, "/");
	block = open(BLOCK_SHOWN, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (block < 0 && errno != ENOENT)
		return err_sys(e, errno, BLOCK_SHOWN);
	return blockroot_install(root, block, ret_changed, e);
}
