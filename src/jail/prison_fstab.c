/*
 * prison_fstab: makes the mounts of a jail's mount and mount.fstab lines,
 * which fstab.c has read.
 *
 * Theory of operation.  Runs in the jail's first process, with its creator's
 * rights and before the jail's root is "/": sources are the creator's paths,
 * targets are below the jail's path and looked up in its root.  Everything is
 * opened once and then known by its descriptor.
 *
 *   targets  no symbolic link may lie on the way (as on FreeBSD): an earlier
 *            start of the jail, or one that shares the directory, may have
 *            put it there
 *   sources  symbolic links are followed where no jail can have made them;
 *            see source_open()
 *   owners   what is shown belongs inside to whom it belongs outside (an
 *            idmapped mount); a tmpfs is made for ids of the jail
 *   devices  work in devfs only, as on FreeBSD: nodev everywhere
 *
 * Options only take away: a source that is read-only in the creator's view
 * stays so.  proc, sys and dev are the jail's own once more, with their
 * masks, and never a new file system that would be without.
 */
#include "jail/prison_int.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "jail/fstab.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <linux/securebits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LINKS_MAX 40
#define WORK_PREFIX ".cellblock-work-"

struct job {
	int rootfd;
	const struct root_plan *p;
	const struct fstab_line *l;
	const char *target; /* as the jail names it */
};

/* --- sources ------------------------------------------------------------- */

static bool below(const char *dir, const char *path)
{
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	/* a jail at "/" owns nothing there */
	if (n <= 1)
		return false;
	return !strncmp(dir, path, n) && (!dir[n] || dir[n] == '/');
}

static int fd_path(int fd, char *buf, size_t size)
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, buf, size - 1);
	if (n <= 0 || *buf != '/')
		return -ENOENT;
	buf[n] = '\0';
	return 0;
}

/*
 * Can a jail have made an entry of this directory?  Not a matter of owners:
 * what a jail's root makes in its tree belongs to root outside, too.
 */
static bool jail_writes(const struct root_plan *p, int dirfd)
{
	cleanup_free int *jids = NULL;
	char dir[PATH_MAX];
	struct err e = ERR_INIT;
	size_t n = 0;

	if (fd_path(dirfd, dir, sizeof(dir)) < 0 || below(dir, p->path))
		return true;
	if (p->ps->dirfd < 0)
		return false;
	if (dir_jids(p->ps->dirfd, "jails", JAIL_MAX, &jids, &n, &e) < 0)
		return true;
	for (size_t i = 0; i < n; i++) {
		cleanup_pset struct pset params = {0};
		const char *path;

		/* one that is just being made has run nothing yet */
		if (params_read(p->ps, jids[i], &params, NULL) < 0)
			continue;
		path = pset_value(&params, "path");
		if (path && below(dir, path))
			return true;
	}
	return false;
}

/* Where the link at fd leads, with the rest of the path behind it. */
static int link_follow(int fd, const char *rest, char **ret, struct err *e)
{
	char to[PATH_MAX];
	ssize_t n = readlinkat(fd, "", to, sizeof(to) - 1);

	if (n < 0)
		return err_sys(e, errno, "%s", rest);
	to[n] = '\0';
	*ret = str_printf("%s/%s", to, rest);
	return *ret ? 0 : err_nomem(e);
}

struct walk {
	const struct root_plan *p;
	int dir;
	char *rest; /* of the path, owned */
	int links;
};

/* One component further; the rest is empty in the end. */
static int walk_step(struct walk *w, struct err *e)
{
	const char *name = w->rest + strspn(w->rest, "/");
	size_t len = strcspn(name, "/");
	cleanup_free char *part = strndup(name, len);
	cleanup_free char *rest = strdup(name + len + strspn(name + len, "/"));
	cleanup_close int fd = -1;
	struct stat st;
	int r;

	if (!part || !rest)
		return err_nomem(e);
	fd = openat(w->dir, *part ? part : ".",
		    O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, errno, "%s", part);
	if (S_ISLNK(st.st_mode)) {
		char *next = NULL;

		if (st.st_uid != geteuid() || ++w->links > LINKS_MAX ||
		    jail_writes(w->p, w->dir))
			return err_set(e, ELOOP,
				       "%s is a symbolic link that a jail may "
				       "have made",
				       part);
		r = link_follow(fd, rest, &next, e);
		if (r < 0)
			return r;
		free(w->rest);
		w->rest = next;
		if (*next != '/')
			return 0;
		close(take_fd(&fd));
		fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			return err_sys(e, errno, "/");
	} else {
		free(w->rest);
		w->rest = take_ptr(rest);
	}
	close(w->dir);
	w->dir = take_fd(&fd);
	return 0;
}

static void walk_free(struct walk *w)
{
	free(w->rest);
	cleanup_close_p(&w->dir);
}

/* In one go, if no symbolic link lies on the way; -ELOOP if one does. */
static int open_unlinked(const char *path, int flags, int *ret)
{
	struct open_how how = {
		.flags = (unsigned int)flags | O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	long fd = syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));

	if (fd < 0)
		return -errno;
	*ret = (int)fd;
	return 0;
}

/*
 * A path of the creator's.  /bin is a symbolic link on many machines, so
 * links are followed, one at a time, unless one lies in the root of a jail:
 * it would show whoever starts this jail what the other jail's root likes.
 */
static int source_open(const struct root_plan *p, const char *path, int *ret,
		       struct err *e)
{
	struct walk w __attribute__((cleanup(walk_free))) = {.p = p, .dir = -1};
	int r = open_unlinked(path, 0, ret);

	if (r != -ELOOP)
		return r < 0 ? err_sys(e, -r, "%s", path) : 0;
	w.rest = strdup(path);
	w.dir = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (!w.rest || w.dir < 0)
		return err_sys(e, errno, "%s", path);
	r = 0;
	while (!r && *w.rest)
		r = walk_step(&w, e);
	if (r < 0)
		return err_wrap(e, "%s", path);
	*ret = take_fd(&w.dir);
	return 0;
}

int jail_path_open(struct prisons *ps, const char *path, int *ret_fd,
		   char ret_real[static PATH_MAX], struct err *e)
{
	const struct root_plan none = {.ps = ps, .path = ""};
	cleanup_close int fd = -1;
	int r = source_open(&none, path, &fd, e);

	if (r < 0)
		return r;
	if (fd_path(fd, ret_real, PATH_MAX) < 0)
		return err_sys(e, ENOENT, "%s", path);
	*ret_fd = take_fd(&fd);
	return 0;
}

/* --- file systems: each yields a detached tree, or 1 for nothing to do --- */

/* The directory or file itself; not what is mounted below, as nullfs. */
static int clone_source(const struct job *j, int src, int *ret, struct err *e)
{
	cleanup_close int fd = -1;
	int r = mnt_clone(src, "", j->l->recursive, &fd, e);

	/* what hides something here must hide it there */
	if (r == -EINVAL && j->p->nested) {
		err_clear(e);
		r = mnt_clone(src, "", true, &fd, e);
	}
	if (r < 0)
		return err_set(e, -r, "%s: %s", j->l->source, strerror(-r));
	r = root_idmap(j->p, fd, j->l->source, e);
	if (!r)
		*ret = take_fd(&fd);
	return r;
}

static int make_nullfs(const struct job *j, int *ret, struct err *e)
{
	cleanup_close int src = -1;
	int r = source_open(j->p, j->l->source, &src, e);

	return r < 0 ? r : clone_source(j, src, ret, e);
}

/* An id of the jail's as the creator says it. */
static int outside(const struct job *j, const char *what, long long id,
		   uint32_t base, uint32_t *ret, struct err *e)
{
	if (j->p->users->shifted && id >= JAIL_IDS)
		return err_set(e, EINVAL, "%s=%lld: a jail's ids end at %u",
			       what, id, JAIL_IDS - 1);
	*ret = (uint32_t)id + (j->p->users->shifted ? base : 0);
	return 0;
}

/* Owner and mode are those of the directory that it covers, as on FreeBSD. */
static int make_tmpfs(const struct job *j, int *ret, struct err *e)
{
	const struct fstab_line *l = j->l;
	const struct jail_users *u = j->p->users;
	char uid[16], gid[16], mode[32], size[32], inodes[32];
	struct mnt_opt o[5] = {{"uid", uid}, {"gid", gid}, {"mode", mode}};
	cleanup_close int at = -1;
	uint32_t owner, group;
	struct stat st;
	size_t n = 3;
	int r;

	r = root_point(j->p, j->rootfd, j->target, false, &at, e);
	if (r < 0)
		return r;
	if (fstat(at, &st) < 0)
		return err_sys(e, errno, "%s", l->dir);
	owner = st.st_uid;
	group = st.st_gid;
	/* "/" is not the jail's own: nobody in it would own this */
	if (u->shifted && !strcmp(j->p->path, "/")) {
		owner = u->uid;
		group = u->gid;
	}
	if (l->uid >= 0)
		r = outside(j, "uid", l->uid, u->uid, &owner, e);
	if (!r && l->gid >= 0)
		r = outside(j, "gid", l->gid, u->gid, &group, e);
	if (r < 0)
		return r;
	snprintf(uid, sizeof(uid), "%u", owner);
	snprintf(gid, sizeof(gid), "%u", group);
	snprintf(mode, sizeof(mode), "%llo",
		 l->mode >= 0 ? (unsigned long long)l->mode
			      : st.st_mode & 07777u);
	snprintf(size, sizeof(size), "%lld", l->size);
	snprintf(inodes, sizeof(inodes), "%lld", l->inodes);
	if (l->size >= 0)
		o[n++] = (struct mnt_opt){"size", size};
	if (l->inodes >= 0)
		o[n++] = (struct mnt_opt){"nr_inodes", inodes};
	return mnt_new("tmpfs", l->source, o, n, 0, ret, e);
}

/* What the jail has at `where`, once more, masks and all. */
static int again(const struct job *j, const char *where, int *ret,
		 struct err *e)
{
	return mnt_clone(j->rootfd, where, true, ret, e);
}

static int make_procfs(const struct job *j, int *ret, struct err *e)
{
	return again(j, "proc", ret, e);
}

static int make_sysfs(const struct job *j, int *ret, struct err *e)
{
	return again(j, "sys", ret, e);
}

static int make_devfs(const struct job *j, int *ret, struct err *e)
{
	return again(j, "dev", ret, e);
}

/* /dev/fd is a link into /proc, which cannot be mounted elsewhere. */
static int make_fdescfs(const struct job *j, int *ret, struct err *e)
{
	(void)ret;
	return err_set(e, EOPNOTSUPP, "%s: fdescfs: only at %s/dev/fd",
		       j->l->dir, strcmp(j->p->path, "/") ? j->p->path : "");
}

/* --- unionfs ------------------------------------------------------------- */

struct layers {
	int lower, upper, work; /* directories */
	int shown;		/* a tree that is attached meanwhile, or -1 */
};

static void layers_close(struct layers *y)
{
	cleanup_close_p(&y->lower);
	cleanup_close_p(&y->upper);
	cleanup_close_p(&y->work);
	cleanup_close_p(&y->shown);
}

static int open_dir(int dirfd, const char *name, int *ret, struct err *e)
{
	*ret = openat(dirfd, name,
		      O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *ret < 0 ? err_sys(e, errno, "%s", name) : 0;
}

static char *dir_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

/* overlayfs wants an empty directory beside the upper one, on its mount. */
static int work_make(int dirfd, const char *name, struct err *e)
{
	if (mkdirat(dirfd, name, 0700) < 0 && errno != EEXIST)
		return err_sys(e, errno, "%s", name);
	return 0;
}

/*
 * Layers must be attached somewhere while the overlay is made.  The place
 * that it will cover is where nobody sees them.
 */
static int layer_show(struct layers *y, int tree, int at, struct err *e)
{
	int r = mnt_attach(tree, at, "unionfs", e);

	if (!r)
		y->shown = tree;
	else
		close(tree);
	return r;
}

static void layer_hide(struct layers *y)
{
	char path[64];

	if (y->shown < 0)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", y->shown);
	umount2(path, MNT_DETACH);
}

/* The source on top, so its parent is shown: the work directory lies there. */
static int union_above(const struct job *j, int at, struct layers *y,
		       struct err *e)
{
	cleanup_free char *parent = NULL, *work = NULL;
	cleanup_close int src = -1, dir = -1;
	char path[PATH_MAX];
	const char *name;
	int tree = -1, r;

	r = source_open(j->p, j->l->source, &src, e);
	if (r < 0)
		return r;
	if (fd_path(src, path, sizeof(path)) < 0 || !path[1])
		return err_set(e, EINVAL, "%s: no directory to be written to",
			       j->l->source);
	parent = dir_of(path);
	name = strrchr(path, '/') + 1;
	work = str_printf(WORK_PREFIX "%s", name);
	if (!parent || !work)
		return err_nomem(e);
	r = open_unlinked(parent, O_DIRECTORY, &dir);
	if (r < 0)
		return err_sys(e, -r, "%s", parent);
	r = work_make(dir, work, e);
	if (r < 0)
		return r;
	r = mnt_clone(dir, "", false, &tree, NULL);
	/* the kernel shows no jail what lies below its own mounts */
	if (r == -EINVAL && j->p->nested)
		return err_set(e, EINVAL,
			       "%s: unionfs in a jail: something is mounted "
			       "beside it, in %s",
			       j->l->source, parent);
	if (r < 0)
		return err_sys(e, -r, "%s", parent);
	r = root_idmap(j->p, tree, j->l->source, e);
	if (r < 0) {
		close(tree);
		return r;
	}
	r = layer_show(y, tree, at, e);
	if (!r)
		r = open_dir(y->shown, name, &y->upper, e);
	if (!r)
		r = open_dir(y->shown, work, &y->work, e);
	y->lower = r < 0 ? -1 : fcntl(at, F_DUPFD_CLOEXEC, 3);
	return r;
}

/* `below': what is in the jail's tree is on top. */
static int union_below(const struct job *j, int at, struct layers *y,
		       struct err *e)
{
	cleanup_free char *parent = dir_of(j->target), *work = NULL;
	cleanup_close int src = -1, dir = -1;
	int tree = -1, r;

	if (!j->target[1])
		return err_set(e, EINVAL,
			       "%s: no place beside it for the "
			       "work of unionfs",
			       j->l->dir);
	work = str_printf(WORK_PREFIX "%s", strrchr(j->target, '/') + 1);
	if (!parent || !work)
		return err_nomem(e);
	r = root_point(j->p, j->rootfd, parent, false, &dir, e);
	if (!r) {
		root_act(j->p, true);
		r = work_make(dir, work, e);
		root_act(j->p, false);
	}
	if (!r)
		r = open_dir(dir, work, &y->work, e);
	if (!r)
		r = source_open(j->p, j->l->source, &src, e);
	if (!r)
		r = clone_source(j, src, &tree, e);
	if (!r)
		r = layer_show(y, tree, at, e);
	if (r < 0)
		return r;
	y->lower = fcntl(y->shown, F_DUPFD_CLOEXEC, 3);
	y->upper = fcntl(at, F_DUPFD_CLOEXEC, 3);
	return 0;
}

/*
 * An overlay works in its layers with the rights of who mounts it, and in an
 * idmapped one it can make files as somebody whom the jail has only.  So the
 * mounter is the jail's root by its file ids and the creator by its rights.
 */
static int union_mount(const struct job *j, const struct layers *y, int *ret,
		       struct err *e)
{
	char lower[64], upper[64], work[64];
	const struct mnt_opt o[] = {{"lowerdir", lower},
				    {"upperdir", upper},
				    {"workdir", work},
				    {"userxattr", NULL}};
	int bits = prctl(PR_GET_SECUREBITS, 0, 0, 0, 0), r;

	snprintf(lower, sizeof(lower), "/proc/self/fd/%d", y->lower);
	snprintf(upper, sizeof(upper), "/proc/self/fd/%d", y->upper);
	snprintf(work, sizeof(work), "/proc/self/fd/%d", y->work);
	if (j->p->users->shifted &&
	    prctl(PR_SET_SECUREBITS,
		  (unsigned long)bits | SECBIT_NO_SETUID_FIXUP, 0, 0, 0) < 0)
		return err_sys(e, errno, "unionfs");
	root_act(j->p, true);
	r = mnt_new("overlay", j->l->source, o,
		    ARRAY_SIZE(o) - (j->p->nested ? 0 : 1), 0, ret, e);
	root_act(j->p, false);
	if (j->p->users->shifted)
		prctl(PR_SET_SECUREBITS, (unsigned long)bits, 0, 0, 0);
	return r;
}

static int make_unionfs(const struct job *j, int *ret, struct err *e)
{
	struct layers y
		__attribute__((cleanup(layers_close))) = {-1, -1, -1, -1};
	cleanup_close int at = -1;
	int r;

	r = root_point(j->p, j->rootfd, j->target, false, &at, e);
	if (!r)
		r = j->l->below ? union_below(j, at, &y, e)
				: union_above(j, at, &y, e);
	if (!r)
		r = union_mount(j, &y, ret, e);
	layer_hide(&y);
	return r;
}

/* --- lines --------------------------------------------------------------- */

static const struct {
	int (*make)(const struct job *j, int *ret, struct err *e);
	const char *place; /* where every jail has it */
	bool devices;	   /* work in it */
} makers[FSTAB_KINDS] = {
	[FSTAB_NULLFS] = {make_nullfs, NULL, false},
	[FSTAB_TMPFS] = {make_tmpfs, NULL, false},
	[FSTAB_PROCFS] = {make_procfs, "/proc", false},
	[FSTAB_SYSFS] = {make_sysfs, "/sys", false},
	[FSTAB_FDESCFS] = {make_fdescfs, "/dev/fd", false},
	[FSTAB_DEVFS] = {make_devfs, "/dev", true},
	[FSTAB_UNIONFS] = {make_unionfs, NULL, false},
};

/* The directory as the jail names it. */
static int inside(const struct root_plan *p, const char *dir, const char **ret,
		  struct err *e)
{
	size_t len = strlen(p->path);

	while (len > 1 && p->path[len - 1] == '/')
		len--;
	if (len > 1) {
		if (strncmp(dir, p->path, len) != 0 ||
		    (dir[len] && dir[len] != '/'))
			return err_set(e, EINVAL,
				       "%s: not below the jail's path %s", dir,
				       p->path);
		dir += len;
	}
	*ret = *dir ? dir : "/";
	return 0;
}

static int mount_tree(const struct job *j, struct err *e)
{
	cleanup_close int fd = -1, at = -1;
	uint64_t set = j->l->set;
	struct stat st;
	int r = makers[j->l->kind].make(j, &fd, e);

	if (r < 0)
		return r;
	if (!makers[j->l->kind].devices)
		set |= MOUNT_ATTR_NODEV;
	r = mnt_set(fd, set, j->l->clear & MOUNT_ATTR__ATIME, e);
	/* nullfs shows single files, too */
	if (!r && fstat(fd, &st) < 0)
		r = err_sys(e, errno, "%s", j->l->source);
	if (!r)
		r = root_point(j->p, j->rootfd, j->target, !S_ISDIR(st.st_mode),
			       &at, e);
	return r < 0 ? r : mnt_attach(fd, at, j->l->dir, e);
}

/* The link that fdescfs is, in a further devfs; none on the way to it. */
static bool fd_link(const struct job *j)
{
	cleanup_close int fd = -1;
	char to[sizeof("/proc/self/fd")];
	ssize_t n;

	if (j->l->kind != FSTAB_FDESCFS ||
	    file_open_beneath(j->rootfd, j->target, O_PATH | O_NOFOLLOW, 0, &fd,
			      NULL) < 0)
		return false;
	n = readlinkat(fd, "", to, sizeof(to));
	return n == sizeof(to) - 1 && !memcmp(to, "/proc/self/fd", (size_t)n);
}

/* It is there already, as the line has it; 1: as yet it is not. */
static int there(const struct job *j, struct err *e)
{
	const char *place = makers[j->l->kind].place;

	if (j->l->kind == FSTAB_DEVFS && j->l->ruleset > 0 &&
	    j->l->ruleset != param_int_of(j->p->params, "devfs_ruleset", 0))
		return err_set(e, EOPNOTSUPP,
			       "%s: ruleset=%lld: a jail has one /dev: set "
			       "devfs_ruleset",
			       j->l->dir, j->l->ruleset);
	if (!place || j->l->set)
		return 1;
	return !strcmp(j->target, place) || fd_link(j) ? 0 : 1;
}

static int mount_line(int rootfd, const struct root_plan *p,
		      const struct fstab_line *l, struct err *e)
{
	struct job j = {.rootfd = rootfd, .p = p, .l = l};
	struct err le = ERR_INIT;
	const char *text = le.text;
	int r = inside(p, l->dir, &j.target, &le);

	if (!r)
		r = there(&j, &le);
	if (r > 0) {
		r = root_no_link(rootfd, j.target, &le);
		if (r == -ELOOP)
			return fstab_error(l, ELOOP, e, "%s is a symbolic link",
					   l->dir);
		r = mount_tree(&j, &le);
	}
	if (r >= 0)
		return 0;
	if (str_prefix(text, "mount: "))
		text += strlen("mount: ");
	return fstab_error(l, -r, e, "%s", text);
}

int root_mounts(int rootfd, const struct root_plan *p, struct err *e)
{
	static const char *const params[] = {"mount", "mount.fstab"};
	int r = 0;

	for (size_t k = 0; k < ARRAY_SIZE(params); k++) {
		const struct jparam *v = pset_find(p->mounts, params[k]);

		for (size_t i = 0; r >= 0 && v && i < v->values.n; i++) {
			cleanup_fstab_line struct fstab_line l = {0};

			r = fstab_parse(params[k], v->values.v[i], &l, e);
			if (!r)
				r = mount_line(rootfd, p, &l, e);
		}
	}
	return r < 0 ? r : 0;
}
