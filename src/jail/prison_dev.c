/*
 * prison_dev: see prison_dev.h.
 *
 * Theory of operation.  dev_plan() decides, in the creator, what is visible;
 * dev_make() makes just that, in the first process, on a tmpfs that dev_mount()
 * puts on the jail's /dev before the jail's users have any right.  The root's
 * own "dev" is looked up once, without following a link; all the rest goes by
 * the descriptor of the new file system, in which there is nothing but what
 * was made here.
 *
 * A node is made by mknod and given to an id of the jail's.  A creator in a
 * user namespace cannot make any: then the creator's own nodes are shown by
 * bind mounts, and keep their modes and owners, since they are the same files.
 *
 * Walls that hold a jail back from other devices: its users are nobody on the
 * machine, its own file systems are nodev, mknod(2) takes a capability over
 * the machine; and the filter on its cgroup refuses to open any other number
 * wherever a node for it may come from.  Where users are the creator's
 * (host.users=inherit) the filter is the only one, so that without it such a
 * jail does not start.
 *
 * The /dev of a running jail is changed from outside.  Its root owns that
 * file system and may do anything to it meanwhile but make a device node: so
 * every step is by descriptor, follows no link, and touches nothing but
 * nodes.
 */
#include "jail/prison_dev.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "jail/param.h"
#include "jail/rights.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define IDS 65536u
#define DEPTH_MAX 8

static bool is_device(const struct devfs_node *n)
{
	return n->kind == DEVFS_CHAR || n->kind == DEVFS_BLOCK;
}

static mode_t node_type(const struct devfs_node *n)
{
	return n->kind == DEVFS_BLOCK ? S_IFBLK : S_IFCHR;
}

/* --- the plan ------------------------------------------------------------ */

static struct devfs_view view_of(const struct pset *params, int devfd)
{
	return (struct devfs_view){
		.devfd = devfd,
		.vnet = param_jailsys_of(params, "vnet", 2) == 1,
		.trusted = rights_unconfined(params, "devices"),
	};
}

/* Ids that the jail has none of. */
static int check_ids(const struct devfs_plan *p, struct err *e)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct devfs_node *n = &p->v[i];

		if (n->visible && (n->uid >= IDS || n->gid >= IDS))
			return err_set(e, EINVAL,
				       "devfs_ruleset: owner %u:%u of %s: a "
				       "jail's ids end at %u",
				       (unsigned int)n->uid,
				       (unsigned int)n->gid, n->name, IDS - 1);
	}
	return 0;
}

static void warn_withheld(struct prisons *ps, const struct devfs_plan *p,
			  int ruleset)
{
	if (p->withheld == 1)
		report(ps->report, REPORT_WARN,
		       "devfs_ruleset %d: %s stays hidden without "
		       "host.unconfined=devices",
		       ruleset, p->first);
	else if (p->withheld)
		report(ps->report, REPORT_WARN,
		       "devfs_ruleset %d: %s and %zu more stay hidden without "
		       "host.unconfined=devices",
		       ruleset, p->first, p->withheld - 1);
}

/*
 * Devices that are a right's: with it shown whatever the ruleset says, and
 * virtual machines without it not, as on FreeBSD, where they would not open.
 * grant: both; else only what is missing counts.
 */
static int plan_rights(const struct devfs_sets *sets,
		       const struct devfs_view *view, const struct pset *params,
		       bool grant, struct devfs_plan *p, struct err *e)
{
	static const struct {
		const char *param, *node;
		bool hide;
	} rows[] = {{"allow.vmm", "kvm", true},
		    {"allow.mount.fusefs", "fuse", false}};
	int r = 0;

	for (size_t i = 0; !r && i < ARRAY_SIZE(rows); i++) {
		struct devfs_rule rule = {.pattern = (char *)rows[i].node,
					  .acts = DEVFS_UNHIDE};

		if (!param_set_bool(params, rows[i].param)) {
			if (!rows[i].hide || view->trusted)
				continue;
			rule.acts = DEVFS_HIDE;
		}
		if (grant || rule.acts == DEVFS_HIDE)
			r = devfs_plan_apply(sets, 0, &rule, view, p, e);
	}
	return r;
}

/*
 * A jail's jails have its ruleset if they name no other.  That is one of the
 * level above, which need not have rules here: what it shows is what there is.
 */
static bool inherited(const struct prisons *ps, const struct devfs_sets *sets,
		      int ruleset)
{
	return ps->jailed && !devfs_set_find(sets, ruleset) &&
	       param_int_of(&ps->self, "devfs_ruleset", -1) == ruleset;
}

static int plan_ruleset(struct prisons *ps, const struct pset *params,
			int ruleset, struct devfs_plan *ret, struct err *e)
{
	cleanup_close int devfd =
		open("/dev", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const struct devfs_view view = view_of(params, devfd);
	cleanup_devfs_sets struct devfs_sets sets = {0};
	cleanup_devfs_plan struct devfs_plan p = {0};
	int r;

	r = devfs_load(ps, &sets, e);
	if (!r)
		r = inherited(ps, &sets, ruleset)
			    ? devfs_plan_own(&view, &p, e)
			    : devfs_plan_make(&sets, ruleset, &view, &p, e);
	if (!r)
		r = plan_rights(&sets, &view, params, true, &p, e);
	if (!r)
		r = check_ids(&p, e);
	if (r < 0)
		return r;
	warn_withheld(ps, &p, ruleset);
	*ret = p;
	p = (struct devfs_plan){0};
	return 0;
}

int dev_plan(struct prisons *ps, const struct pset *params,
	     struct dev_make *ret, struct err *e)
{
	int ruleset =
		param_int_of(params, "devfs_ruleset", DEVFS_DEFAULT_RULESET);
	cleanup_devfs_plan struct devfs_plan p = {0};
	int r = plan_ruleset(ps, params, ruleset, &p, e);

	if (r < 0)
		return r;
	ret->trees = malloc((p.n + 1) * sizeof(*ret->trees));
	if (!ret->trees)
		return err_nomem(e);
	for (size_t i = 0; i < p.n; i++)
		ret->trees[i] = -1;
	ret->plan = p;
	ret->ruleset = ruleset;
	p = (struct devfs_plan){0};
	return 0;
}

/* --- a new /dev ---------------------------------------------------------- */

static uint32_t base_uid(const struct root_plan *p)
{
	return p->users->shifted ? p->users->uid : 0;
}

static uint32_t base_gid(const struct root_plan *p)
{
	return p->users->shifted ? p->users->gid : 0;
}

void dev_make_close(struct dev_make *d)
{
	for (size_t i = 0; d->trees && i < d->plan.n; i++)
		cleanup_close_p(&d->trees[i]);
	free(d->trees);
	cleanup_close_p(&d->fd);
	devfs_plan_free(&d->plan);
}

/* The directories on the way to name; they are ours, nothing is in them. */
static int make_dirs(const struct root_plan *p, const char *name, struct err *e)
{
	char path[256];
	int r = 0;

	for (const char *s = strchr(name, '/'); !r && s;
	     s = strchr(s + 1, '/')) {
		snprintf(path, sizeof(path), "%.*s", (int)(s - name), name);
		if (mkdirat(p->dev->fd, path, 0755) == 0)
			r = root_give(p, p->dev->fd, path, e);
		else if (errno != EEXIST)
			r = err_sys(e, errno, "/dev/%s", path);
	}
	return r;
}

/*
 * A copy of the creator's node of that name, if it is the device that is
 * meant: the creator's /dev may be a jail's, with anything in it.
 */
static int borrow(const struct root_plan *p, const struct devfs_node *n,
		  int *ret, struct err *e)
{
	cleanup_close int own = -1, fd = -1;
	struct stat st;

	own = open("/dev", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (own < 0 ||
	    file_open_beneath(own, n->name, O_PATH | O_NOFOLLOW, 0, &fd, NULL) <
		    0 ||
	    fstat(fd, &st) < 0 || (st.st_mode & S_IFMT) != node_type(n) ||
	    st.st_rdev != makedev(n->major, n->minor))
		return 0; /* it has none to show */
	if (mnt_clone(fd, "", false, ret, e) < 0)
		return err_wrap(e, "/dev/%s", n->name);
	/* a file to mount on */
	close(take_fd(&fd));
	fd = openat(p->dev->fd, n->name,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0);
	return fd < 0 ? err_sys(e, errno, "/dev/%s", n->name) : 0;
}

static int make_device(const struct root_plan *p, size_t i, struct err *e)
{
	const struct devfs_node *n = &p->dev->plan.v[i];
	int fd = p->dev->fd;

	if (!p->nested) {
		if (mknodat(fd, n->name, node_type(n) | n->mode,
			    makedev(n->major, n->minor)) == 0) {
			if (fchmodat(fd, n->name, n->mode, 0) < 0 ||
			    fchownat(fd, n->name, base_uid(p) + n->uid,
				     base_gid(p) + n->gid,
				     AT_SYMLINK_NOFOLLOW) < 0)
				return err_sys(e, errno, "/dev/%s", n->name);
			return 0;
		}
		/* EPERM: in somebody's container, perhaps */
		if (errno != EPERM)
			return err_sys(e, errno, "/dev/%s", n->name);
	}
	return borrow(p, n, &p->dev->trees[i], e);
}

static int make_node(const struct root_plan *p, size_t i, struct err *e)
{
	const struct devfs_node *n = &p->dev->plan.v[i];
	int r = make_dirs(p, n->name, e);

	if (r < 0)
		return r;
	switch (n->kind) {
	case DEVFS_LINK:
		if (symlinkat(n->target, p->dev->fd, n->name) < 0)
			return err_sys(e, errno, "/dev/%s", n->name);
		return root_give(p, p->dev->fd, n->name, e);
	case DEVFS_PTS:
		if (mkdirat(p->dev->fd, n->name, 0755) < 0)
			return err_sys(e, errno, "/dev/%s", n->name);
		return 0;
	case DEVFS_PTY:
		return 0;
	case DEVFS_CHAR:
	case DEVFS_BLOCK:
		break;
	}
	return make_device(p, i, e);
}

int dev_make(const struct root_plan *p, struct err *e)
{
	static const struct mnt_opt tmpfs[] = {
		{"mode", "0755"}, {"size", "1m"}, {"nr_inodes", "8192"}};
	struct dev_make *d = p->dev;
	struct stat st;
	int r;

	r = mnt_new("tmpfs", "devfs", tmpfs, ARRAY_SIZE(tmpfs),
		    MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, &d->fd, e);
	if (r < 0)
		return r;
	if (fstat(d->fd, &st) < 0)
		return err_sys(e, errno, "/dev");
	d->dev = st.st_dev;
	r = root_give(p, d->fd, "", e);
	if (!r && mkdirat(d->fd, "shm", 01777) < 0)
		r = err_sys(e, errno, "/dev/shm");
	for (size_t i = 0; !r && i < d->plan.n; i++)
		if (d->plan.v[i].visible)
			r = make_node(p, i, e);
	return r;
}

static int mount_on(const struct root_plan *p, const char *name, bool file,
		    int tree, struct err *e)
{
	cleanup_close int at = openat(p->dev->fd, name,
				      O_PATH | O_NOFOLLOW | O_CLOEXEC |
					      (file ? 0 : O_DIRECTORY));

	return at < 0 ? err_sys(e, errno, "/dev/%s", name)
		      : mnt_attach(tree, at, name, e);
}

static int mount_pts(const struct root_plan *p, struct err *e)
{
	const struct devfs_node *pty = devfs_plan_find(&p->dev->plan, "pts/0");
	cleanup_close int fd = -1;
	char mode[16], gid[16];
	const struct mnt_opt o[] = {{"newinstance", NULL},
				    {"ptmxmode", "0666"},
				    {"mode", mode},
				    {"gid", gid}};
	int r;

	snprintf(mode, sizeof(mode), "%04o", (unsigned int)pty->mode & 0777);
	snprintf(gid, sizeof(gid), "%u", base_gid(p) + pty->gid);
	r = mnt_new("devpts", "devpts", o, ARRAY_SIZE(o),
		    MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, &fd, e);
	return r < 0 ? r : mount_on(p, "pts", false, fd, e);
}

static int mount_shm(const struct root_plan *p, struct err *e)
{
	static const struct mnt_opt o[] = {{"mode", "1777"}};
	cleanup_close int fd = -1;
	int r;

	r = mnt_new("tmpfs", "tmpfs", o, ARRAY_SIZE(o),
		    MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
		    &fd, e);
	if (!r)
		r = root_give(p, fd, "", e);
	return r < 0 ? r : mount_on(p, "shm", false, fd, e);
}

int dev_mount(const struct root_plan *p, int rootfd, struct err *e)
{
	const struct dev_make *d = p->dev;
	const struct devfs_node *pts = devfs_plan_find(&d->plan, "pts");
	int r = root_put(p, rootfd, "dev", false, d->fd, e);

	for (size_t i = 0; !r && i < d->plan.n; i++)
		if (d->trees[i] >= 0)
			r = mount_on(p, d->plan.v[i].name, true, d->trees[i],
				     e);
	if (!r && pts && pts->visible)
		r = mount_pts(p, e);
	return r < 0 ? r : mount_shm(p, e);
}

/* --- the programs on the cgroup ------------------------------------------ */

/* Without the filter: is there any other wall? */
static int unguarded(struct prisons *ps, const struct jail_users *users,
		     struct err *guard, struct err *e)
{
	if (users->ns.user < 0)
		return err_set(e, guard->code,
			       "%s; with host.users=inherit it would be the "
			       "only wall (host.unconfined=devices does "
			       "without)",
			       guard->text);
	report(ps->report, REPORT_WARN, "%s", guard->text);
	return 0;
}

static int guard_devices(struct prisons *ps, int cgroup_fd,
			 const struct jail_users *users,
			 const struct devfs_plan *p, struct err *e)
{
	cleanup_free struct dev_rule *v = NULL;
	struct err ge = ERR_INIT;
	size_t n = 0;
	int r = devfs_plan_numbers(p, &v, &n, e);

	if (r < 0)
		return r;
	if (cgroup_fd < 0)
		err_set(&ge, ENOENT, "device filter: there is no cgroup2 here");
	else if (cgbpf_devices(cgroup_fd, v, n, &ge) == 0)
		return 0;
	return unguarded(ps, users, &ge, e);
}

/*
 * Its own jails use the vnet of a vnet jail without having rights over it;
 * so what is asked for them is asked here, where there is the right to do so.
 */
static bool wants_low_ports(const struct pset *params)
{
	return param_set_bool(params, "allow.reserved_ports") &&
	       (param_jailsys_of(params, "vnet", 2) != 1 ||
		param_int_of(params, "children.max", 0) > 0);
}

static void guard_ports(struct prisons *ps, int cgroup_fd, uint32_t uid)
{
	struct err e = ERR_INIT;

	if (cgroup_fd < 0)
		report(ps->report, REPORT_WARN,
		       "allow.reserved_ports: there is no cgroup2 here: the "
		       "jail cannot bind ports below 1024");
	else if (cgbpf_low_ports(cgroup_fd, uid, &e) < 0)
		report(ps->report, REPORT_WARN, "%s", e.text);
}

/*
 * The jail's root could lift the kernel's own limit in a vnet of its own, and
 * the machine may have lifted it in its.
 */
static int forbid_ports(int cgroup_fd, struct err *e)
{
	if (cgroup_fd < 0)
		return err_set(e, ENOTSUP,
			       "allow.noreserved_ports: there is no cgroup2 "
			       "here to hold the jail to it");
	return cgbpf_no_low_ports(cgroup_fd, e);
}

static int open_tree_of(const char *cgroup, int *ret, struct err *e)
{
	cleanup_free char *tree = NULL;

	if (!cgroup)
		return 0;
	tree = str_printf("%s/tree", cgroup);
	return tree ? cgroup_open(tree, ret, e) : err_nomem(e);
}

int dev_guard(struct prisons *ps, const char *cgroup, const struct pset *params,
	      const struct jail_users *users, const struct devfs_plan *p,
	      struct err *e)
{
	cleanup_close int fd = -1;
	int r = 0;

	/* below others' programs stay in force, and none can be loaded */
	if (!userns_initial())
		return 0;
	r = open_tree_of(cgroup, &fd, e);
	if (!r && !rights_unconfined(params, "devices"))
		r = guard_devices(ps, fd, users, p, e);
	if (!r && users->shifted && wants_low_ports(params))
		guard_ports(ps, fd, users->uid);
	if (!r && !param_set_bool(params, "allow.reserved_ports"))
		r = forbid_ports(fd, e);
	return r;
}

/* --- a running jail's /dev ----------------------------------------------- */

struct alive {
	struct dev_state st;
	struct devfs_view view;
	struct devfs_sets sets;
	struct life life;
	struct pset params;
	int own; /* the creator's /dev */
	int dev; /* the jail's, open for reading */
};

static void alive_close(struct alive *a)
{
	devfs_sets_free(&a->sets);
	life_free(&a->life);
	pset_free(&a->params);
	cleanup_close_p(&a->own);
	cleanup_close_p(&a->dev);
}

static int open_dev(struct alive *a, struct err *e)
{
	cleanup_close int root = -1, dev = -1;
	struct stat st;
	int r = jail_root_open(&a->life.init, &root, e);

	if (!r)
		r = file_open_beneath(root, "dev", O_RDONLY | O_DIRECTORY, 0,
				      &dev, e);
	if (r < 0)
		return r;
	/* a jail that may mount may have put something else on it */
	if (fstat(dev, &st) < 0 || st.st_dev != a->st.dev)
		return err_set(e, EXDEV, "the jail has covered its /dev");
	a->dev = take_fd(&dev);
	return 0;
}

static int alive_open(struct prisons *ps, int jid, struct alive *a,
		      struct err *e)
{
	int r;

	if (!userns_initial())
		return err_set(e, EPERM,
			       "the /dev of a jail within a jail cannot be "
			       "changed: Operation not permitted");
	r = life_read(ps, jid, &a->life, e);
	if (!r)
		r = params_read(ps, jid, &a->params, e);
	if (!r)
		r = dev_state_read(ps, jid, &a->st, e);
	if (!r)
		r = devfs_load(ps, &a->sets, e);
	if (!r)
		r = open_dev(a, e);
	if (r < 0)
		return r;
	a->own = open("/dev", O_PATH | O_DIRECTORY | O_CLOEXEC);
	a->view = view_of(&a->params, a->own);
	return 0;
}

/* The directory in which name is, and its last part. */
static int parent_of(const struct alive *a, const char *name, bool make,
		     int *ret, const char **ret_base, struct err *e)
{
	const char *slash = strrchr(name, '/');
	char path[256];

	*ret_base = slash ? slash + 1 : name;
	if (!slash)
		return file_open_beneath(a->dev, ".", O_PATH | O_DIRECTORY, 0,
					 ret, e);
	snprintf(path, sizeof(path), "%.*s", (int)(slash - name), name);
	if (make) {
		cleanup_close int up = -1;
		const char *base;
		int r = parent_of(a, path, true, &up, &base, e);

		if (r < 0)
			return r;
		if (mkdirat(up, base, 0755) == 0 &&
		    fchownat(up, base, a->st.uid, a->st.gid,
			     AT_SYMLINK_NOFOLLOW) < 0)
			return err_sys(e, errno, "/dev/%s", path);
	}
	/* nor may it have covered a part of it */
	return file_open_same_mount(a->dev, path, O_PATH | O_DIRECTORY, 0, ret,
				    e);
}

static bool same_device(const struct alive *a, const struct stat *st,
			const struct devfs_node *n)
{
	return st->st_dev == a->st.dev &&
	       (st->st_mode & S_IFMT) == node_type(n) &&
	       st->st_rdev == makedev(n->major, n->minor);
}

/* Is it there, as what it is meant to be?  Then ret_st is of a device. */
static bool node_there(const struct alive *a, const struct devfs_node *n,
		       struct stat *ret_st)
{
	cleanup_close int dir = -1;
	const char *base;
	char to[64] = "";
	ssize_t len;

	if (parent_of(a, n->name, false, &dir, &base, NULL) < 0)
		return false;
	if (n->kind != DEVFS_LINK)
		return fstatat(dir, base, ret_st, AT_SYMLINK_NOFOLLOW) == 0 &&
		       (is_device(n) ? same_device(a, ret_st, n)
				     : S_ISDIR(ret_st->st_mode));
	len = readlinkat(dir, base, to, sizeof(to) - 1);
	return len > 0 && !strcmp(to, n->target);
}

/* Owner and mode by a descriptor of the node itself. */
static int node_attrs(const struct alive *a, int dir, const char *base,
		      const struct devfs_node *n, struct err *e)
{
	cleanup_close int fd = -1;
	char path[64];
	struct stat st;

	if (file_open_same_mount(dir, base, O_PATH | O_NOFOLLOW, 0, &fd, NULL) <
		    0 ||
	    fstat(fd, &st) < 0 || !same_device(a, &st, n))
		return err_set(e, ESTALE, "/dev/%s changes meanwhile", n->name);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fchownat(fd, "", a->st.uid + n->uid, a->st.gid + n->gid,
		     AT_EMPTY_PATH) < 0 ||
	    chmod(path, n->mode) < 0)
		return err_sys(e, errno, "/dev/%s", n->name);
	return 0;
}

static int node_show(const struct alive *a, const struct devfs_node *n,
		     struct err *e)
{
	cleanup_close int dir = -1;
	const char *base;
	int r = parent_of(a, n->name, true, &dir, &base, e);

	if (r < 0)
		return r;
	if (n->kind == DEVFS_LINK)
		return symlinkat(n->target, dir, base) < 0 && errno != EEXIST
			       ? err_sys(e, errno, "/dev/%s", n->name)
			       : 0;
	if (mknodat(dir, base, node_type(n), makedev(n->major, n->minor)) < 0 &&
	    errno != EEXIST)
		return err_sys(e, errno, "/dev/%s", n->name);
	return node_attrs(a, dir, base, n, e);
}

static int node_hide(const struct alive *a, const struct devfs_node *n,
		     struct err *e)
{
	cleanup_close int dir = -1;
	const char *base;
	struct stat st;

	if (!node_there(a, n, &st) ||
	    parent_of(a, n->name, false, &dir, &base, NULL) < 0)
		return 0;
	if (unlinkat(dir, base, 0) < 0 && errno != ENOENT)
		return err_sys(e, errno, "/dev/%s", n->name);
	return 0;
}

/* Other names of devices that are not visible: what was linked or renamed. */
static int sweep(const struct alive *a, int fd, const struct devfs_plan *p,
		 int depth)
{
	cleanup_closedir DIR *d = fdopendir(fd);
	struct dirent *de;

	if (!d) {
		close(fd);
		return -ENOMEM;
	}
	while ((de = readdir(d))) {
		struct stat st;
		bool keep = false;

		if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, "..") ||
		    fstatat(dirfd(d), de->d_name, &st, AT_SYMLINK_NOFOLLOW) <
			    0 ||
		    st.st_dev != a->st.dev)
			continue;
		if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX) {
			int sub = -1;

			if (file_open_same_mount(dirfd(d), de->d_name,
						 O_RDONLY | O_DIRECTORY, 0,
						 &sub, NULL) == 0)
				sweep(a, sub, p, depth + 1);
			continue;
		}
		if (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode))
			continue;
		for (size_t i = 0; i < p->n && !keep; i++)
			keep = p->v[i].visible && is_device(&p->v[i]) &&
			       same_device(a, &st, &p->v[i]);
		if (!keep)
			unlinkat(dirfd(d), de->d_name, 0);
	}
	return 0;
}

static int alive_filter(const struct alive *a, const struct devfs_plan *p,
			struct err *e)
{
	cleanup_free struct dev_rule *v = NULL;
	cleanup_close int fd = -1;
	size_t n = 0;
	int r;

	if (a->view.trusted || !a->life.cgroup)
		return 0;
	r = open_tree_of(a->life.cgroup, &fd, e);
	if (!r)
		r = devfs_plan_numbers(p, &v, &n, e);
	if (!r)
		r = cgbpf_devices(fd, v, n, e);
	/* it was warned of when the jail started */
	return r == -ENOSYS || r == -EPERM ? 0 : r;
}

/*
 * Make /dev what the plan says, of all nodes or those that rules have touched.
 * Terminals stay: they are a mount.
 */
static int alive_change(const struct alive *a, struct devfs_plan *p, bool all,
			struct err *e)
{
	int fd, r = check_ids(p, e);

	for (size_t i = 0; !r && i < p->n; i++) {
		const struct devfs_node *n = &p->v[i];

		if ((!all && !n->touched) ||
		    (!is_device(n) && n->kind != DEVFS_LINK))
			continue;
		r = n->visible ? node_show(a, n, e) : node_hide(a, n, e);
	}
	if (r < 0)
		return r;
	fd = openat(a->dev, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		sweep(a, fd, p, 0);
	return alive_filter(a, p, e);
}

/* What a ruleset says, whatever is there now. */
static int alive_renew(struct prisons *ps, struct alive *a, int ruleset,
		       struct err *e)
{
	cleanup_devfs_plan struct devfs_plan p = {0};
	int r = devfs_plan_make(&a->sets, ruleset, &a->view, &p, e);

	if (!r)
		r = plan_rights(&a->sets, &a->view, &a->params, true, &p, e);
	if (r < 0)
		return r;
	warn_withheld(ps, &p, ruleset);
	return alive_change(a, &p, true, e);
}

/* The nodes as they are there. */
static int alive_plan(const struct alive *a, struct devfs_plan *p,
		      struct err *e)
{
	int r = devfs_plan_all(&a->view, p, e);

	for (size_t i = 0; !r && i < p->n; i++) {
		struct devfs_node *n = &p->v[i];
		struct stat st;

		n->visible = node_there(a, n, &st);
		if (!n->visible || !is_device(n))
			continue;
		n->mode = st.st_mode & 07777;
		n->uid = st.st_uid - a->st.uid;
		n->gid = st.st_gid - a->st.gid;
	}
	return r;
}

int dev_apply(struct prisons *ps, int jid, int ruleset,
	      const struct devfs_rule *rule, struct err *e)
{
	struct alive a
		__attribute__((cleanup(alive_close))) = {.own = -1, .dev = -1};
	cleanup_devfs_plan struct devfs_plan p = {0};
	int r = alive_open(ps, jid, &a, e);

	if (!r)
		r = alive_plan(&a, &p, e);
	if (!r)
		r = devfs_plan_apply(&a.sets, ruleset, rule, &a.view, &p, e);
	if (!r)
		r = plan_rights(&a.sets, &a.view, &a.params, false, &p, e);
	if (r < 0)
		return r;
	warn_withheld(ps, &p, ruleset);
	return alive_change(&a, &p, false, e);
}

int dev_ruleset(struct prisons *ps, int jid, int ruleset, struct err *e)
{
	struct dev_state st;
	int r = dev_state_read(ps, jid, &st, e);

	st.ruleset = ruleset;
	return r < 0 ? r : dev_state_write(ps, jid, &st, e);
}

/* What enters from now on may bind low ports, or may not. */
static int update_ports(struct prisons *ps, int jid, const struct pset *old,
			const struct pset *now, struct err *e)
{
	cleanup_life struct life l = {0};
	cleanup_close int fd = -1;
	struct dev_state st;
	bool want = wants_low_ports(now), had = wants_low_ports(old);
	bool may = param_set_bool(now, "allow.reserved_ports");
	bool might = param_set_bool(old, "allow.reserved_ports");
	int r;

	if ((want == had && may == might) || !userns_initial())
		return 0;
	r = life_read(ps, jid, &l, e);
	if (!r)
		r = dev_state_read(ps, jid, &st, e);
	if (!r)
		r = open_tree_of(l.cgroup, &fd, e);
	if (!r && may != might)
		r = may ? cgbpf_no_low_ports_off(fd, e) : forbid_ports(fd, e);
	if (r < 0 || fd < 0 || !st.uid || want == had)
		return r;
	return want ? cgbpf_low_ports(fd, st.uid, e)
		    : cgbpf_low_ports_off(fd, e);
}

int dev_update(struct prisons *ps, int jid, const struct pset *old,
	       const struct pset *now, struct err *e)
{
	const char *was = pset_value(old, "devfs_ruleset");
	const char *is = pset_value(now, "devfs_ruleset");
	int ruleset = param_int_of(now, "devfs_ruleset", DEVFS_DEFAULT_RULESET);
	struct alive a
		__attribute__((cleanup(alive_close))) = {.own = -1, .dev = -1};
	int r = update_ports(ps, jid, old, now, e);

	if (r < 0 || !is || (was && !strcmp(was, is)))
		return r;
	r = alive_open(ps, jid, &a, e);
	if (!r)
		r = alive_renew(ps, &a, ruleset, e);
	return r < 0 ? r : dev_ruleset(ps, jid, ruleset, e);
}
