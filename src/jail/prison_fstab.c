/*
 * prison_fstab: mount and mount.fstab of a jail: both are lines here, which
 * jail(8) has read from the file.  They are fstab(5)'s; the directory is a path
 * of the creator's, below the jail's path, as on FreeBSD.  Runs in the jail's
 * first process before pivot_root: sources are the creator's paths, targets are
 * resolved inside the root.
 */
#include "jail/prison_int.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

static const struct {
	const char *name;
	uint64_t set, clear;
} attrs[] = {
	{"ro", MOUNT_ATTR_RDONLY, 0},
	{"rw", 0, MOUNT_ATTR_RDONLY},
	{"nosuid", MOUNT_ATTR_NOSUID, 0},
	{"suid", 0, MOUNT_ATTR_NOSUID},
	{"noexec", MOUNT_ATTR_NOEXEC, 0},
	{"exec", 0, MOUNT_ATTR_NOEXEC},
	{"nodev", MOUNT_ATTR_NODEV, 0},
	{"nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0},
	/* one of several values of a field: the field is cleared before */
	{"noatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME},
};

/* Words that fstab(5) has and mount(2) has no use for. */
static const char *const idle[] = {"defaults",	 "auto",  "noauto",    "late",
				   "bind",	 "rbind", "userquota", "failok",
				   "groupquota", "cache", "nocache"};

enum how {
	HOW_BIND,    /* show the creator's directory */
	HOW_FS,	     /* a file system of this Linux type */
	HOW_OVERLAY, /* source over what is at the target */
	HOW_NONE,    /* what it gives is always there */
};

static const struct {
	const char *name;
	enum how how;
	const char *fstype;
} types[] = {
	{"nullfs", HOW_BIND, NULL},    {"bind", HOW_BIND, NULL},
	{"none", HOW_BIND, NULL},      {"unionfs", HOW_OVERLAY, NULL},
	{"tmpfs", HOW_FS, "tmpfs"},    {"procfs", HOW_FS, "proc"},
	{"linprocfs", HOW_FS, "proc"}, {"linsysfs", HOW_FS, "sysfs"},
	{"devfs", HOW_NONE, NULL},     {"fdescfs", HOW_NONE, NULL},
};

struct line {
	struct strv f; /* source, directory, type, options */
	uint64_t set, clear;
	struct strv opts; /* left for the file system */
};

static void line_free(struct line *l)
{
	strv_free(&l->f);
	strv_free(&l->opts);
}

static int parse_options(struct line *l, struct err *e)
{
	cleanup_strv struct strv words = {0};
	size_t k;

	if (l->f.n > 3 && strv_split(&words, l->f.v[3], ",") < 0)
		return err_nomem(e);
	for (size_t i = 0; i < words.n; i++) {
		for (k = 0; k < ARRAY_SIZE(attrs); k++)
			if (!strcmp(attrs[k].name, words.v[i]))
				break;
		if (k < ARRAY_SIZE(attrs)) {
			l->set = (l->set & ~attrs[k].clear) | attrs[k].set;
			l->clear |= attrs[k].clear;
			continue;
		}
		for (k = 0; k < ARRAY_SIZE(idle); k++)
			if (!strcmp(idle[k], words.v[i]))
				break;
		if (k == ARRAY_SIZE(idle) && strv_add(&l->opts, words.v[i]) < 0)
			return err_nomem(e);
	}
	return 0;
}

/* The directory as the jail names it. */
static int inside(const struct root_plan *p, const char *dir, const char **ret,
		  struct err *e)
{
	size_t len = strlen(p->path);

	if (dir[0] != '/')
		return err_set(e, EINVAL, "mount: %s: not an absolute pathname",
			       dir);
	while (len > 1 && p->path[len - 1] == '/')
		len--;
	if (len > 1) {
		if (strncmp(dir, p->path, len) != 0 ||
		    (dir[len] && dir[len] != '/'))
			return err_set(e, EINVAL,
				       "mount: %s: not below the jail's path "
				       "%s",
				       dir, p->path);
		dir += len;
	}
	*ret = *dir ? dir : "/";
	return 0;
}

static int opts_new(const struct line *l, const char *fstype, int *ret_fd,
		    struct err *e)
{
	struct mnt_opt o[32];
	cleanup_strv struct strv copy = {0};

	if (strv_copy(&copy, &l->opts) < 0)
		return err_nomem(e);
	if (copy.n > ARRAY_SIZE(o))
		return err_set(e, EINVAL, "mount: %s: too many options",
			       l->f.v[1]);
	for (size_t i = 0; i < copy.n; i++) {
		char *eq = strchr(copy.v[i], '=');

		if (eq)
			*eq++ = '\0';
		o[i] = (struct mnt_opt){copy.v[i], eq};
	}
	return mnt_new(
		fstype, l->f.v[0], o, copy.n,
		(unsigned int)(l->set & ~(uint64_t)MOUNT_ATTR_NOSYMFOLLOW),
		ret_fd, e);
}

/* unionfs: the source on top of what is there, writes go to the source. */
static int union_new(int rootfd, const struct root_plan *p,
		     const struct line *l, const char *target, int *ret_fd,
		     struct err *e)
{
	cleanup_close int at = -1;
	cleanup_free char *lower = NULL;
	cleanup_free char *work = NULL, *source = NULL;
	const char *slash;
	struct mnt_opt o[3];
	int r;

	r = root_point(p, rootfd, target, false, &at, e);
	if (r < 0)
		return r;
	lower = str_printf("/proc/self/fd/%d", at);
	/* overlayfs wants an empty directory beside the upper one */
	source = realpath(l->f.v[0], NULL);
	if (!source)
		return err_sys(e, errno, "mount: %s", l->f.v[0]);
	slash = strrchr(source, '/');
	work = str_printf("%.*s/.cellblock-work-%s", (int)(slash - source),
			  source, slash + 1);
	if (!lower || !work)
		return err_nomem(e);
	r = file_mkdirs(AT_FDCWD, work, 0700, e);
	if (r < 0)
		return r;
	o[0] = (struct mnt_opt){"lowerdir", lower};
	o[1] = (struct mnt_opt){"upperdir", l->f.v[0]};
	o[2] = (struct mnt_opt){"workdir", work};
	return mnt_new("overlay", "unionfs", o, 3, (unsigned int)l->set, ret_fd,
		       e);
}

static int mount_parsed(int rootfd, const struct root_plan *p,
			const struct line *l, struct err *e)
{
	const char *target = NULL, *fstype = l->f.v[2];
	enum how how = HOW_FS;
	cleanup_close int fd = -1, at = -1;
	struct stat st = {0};
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (strcmp(types[i].name, l->f.v[2]) != 0)
			continue;
		how = types[i].how;
		fstype = types[i].fstype;
	}
	r = inside(p, l->f.v[1], &target, e);
	if (r < 0 || how == HOW_NONE)
		return r;
	r = root_no_link(rootfd, target, l->f.v[1], e);
	if (r < 0)
		return r;
	/* what nobody understands is not left out in silence */
	if (how != HOW_FS && l->opts.n)
		return err_set(e, EINVAL, "mount: %s: unknown option %s",
			       l->f.v[1], l->opts.v[0]);
	if (how == HOW_BIND) {
		r = mnt_clone(AT_FDCWD, l->f.v[0], true, &fd, e);
		if (!r && (l->set || l->clear))
			r = mnt_set(fd, l->set, l->clear, e);
	} else if (how == HOW_OVERLAY) {
		r = union_new(rootfd, p, l, target, &fd, e);
	} else {
		r = opts_new(l, fstype, &fd, e);
	}
	/* nullfs shows single files, too */
	if (!r && how == HOW_BIND && fstat(fd, &st) < 0)
		r = err_sys(e, errno, "mount: %s", l->f.v[0]);
	if (!r)
		r = root_point(p, rootfd, target,
			       how == HOW_BIND && !S_ISDIR(st.st_mode), &at, e);
	return r < 0 ? r : mnt_attach(fd, at, l->f.v[1], e);
}

/* fstab(5) writes blanks in paths as \\040. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' &&
		    s[2] <= '7' && s[3] >= '0' && s[3] <= '7') {
			char c = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 |
					(s[3] - '0'));

			*to++ = c ? c : '?';
			s += 3;
			continue;
		}
		*to++ = *s;
	}
	*to = '\0';
}

static int mount_line(int rootfd, const struct root_plan *p, const char *text,
		      struct err *e)
{
	struct line l __attribute__((cleanup(line_free))) = {0};
	cleanup_free char *line = strndup(text, strcspn(text, "\n"));
	int r;

	if (!line || strv_split(&l.f, line, " \t") < 0)
		return err_nomem(e);
	if (l.f.n < 3)
		return err_set(e, EINVAL, "mount: %s: missing information",
			       text);
	unescape(l.f.v[0]);
	unescape(l.f.v[1]);
	r = parse_options(&l, e);
	return r < 0 ? r : mount_parsed(rootfd, p, &l, e);
}

int root_mounts(int rootfd, const struct root_plan *p, struct err *e)
{
	const struct jparam *lines = pset_find(p->mounts, "mount");
	const struct jparam *fstab = pset_find(p->mounts, "mount.fstab");
	int r = 0;

	for (size_t i = 0; !r && lines && i < lines->values.n; i++)
		r = mount_line(rootfd, p, lines->values.v[i], e);
	for (size_t i = 0; !r && fstab && i < fstab->values.n; i++)
		r = mount_line(rootfd, p, fstab->values.v[i], e);
	return r;
}
