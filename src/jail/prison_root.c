/*
 * prison_root: what the files of a jail look like from inside.
 *
 * Theory of operation.  Runs in the jail's first process, which has been born
 * into new pid, mount, (uts, ipc, network) namespaces and still sees a copy
 * of the creator's mounts.  Everything is made here, in that copy: nothing
 * on the creator's side changes, nothing can be left over.  Stages:
 *
 *   1. gather   copies of what will be shown inside, while its paths exist
 *   2. forget   drop the copies of other jails' pinned vnets
 *   3. root     the jail's root: the path itself, or an overlay on it
 *   4. furnish  /proc /dev /sys, the jail's own mounts, /run/cellblock
 *   5. turn     pivot_root; the creator's mounts are gone
 *
 * All of it has the creator's rights.  Then the process enters the jail's
 * user namespace and copies what was mounted (prison_make.c).  So whatever is
 * made here for the jail to own is given to its root's id, and a directory
 * other than "/" is shown through an idmapped mount: owners are inside what
 * they are outside.  "/" itself is shown as it is: its files are nobody's,
 * and the jail's root can do with them what any user of the machine can.
 *
 * Mount points are resolved inside the root by openat2 and handed to the
 * kernel as descriptors, for the root may have been written by an earlier
 * jail.  The child shares memory with its parent (ns_vfork), so it only
 * makes system calls, reports by its struct err and leaves no lock held.
 */
#include "jail/prison_dev.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/plan.h"
#include "jail/blockroot.h"
#include "jail/mask.h"
#include "jail/param.h"
#include "jail/rights.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define RUN_SIZE "8m"
#define RUN_INODES "16384"

struct gathered {
	int rt, block, host, sys; /* detached trees, or -1 */
};

static void gathered_close(struct gathered *g)
{
	cleanup_close_p(&g->rt);
	cleanup_close_p(&g->block);
	cleanup_close_p(&g->host);
	cleanup_close_p(&g->sys);
}

/* --- whose files --------------------------------------------------------- */

/* Show the files of a detached tree with the jail's users as owners. */
int root_idmap(const struct root_plan *p, int fd, const char *what,
	       struct err *e)
{
	int user = p->users->ns.user, r;

	if (!p->users->shifted)
		return 0;
	if (mnt_idmap(fd, user, true, NULL) == 0)
		return 0;
	/* something mounted below cannot: its files are nobody's */
	r = mnt_idmap(fd, user, false, NULL);
	if (r == -EINVAL || r == -EPERM)
		return err_set(e, -r,
			       "%s: this kernel cannot show files of that file "
			       "system with a jail's own users (no idmapped "
			       "mounts); host.users=inherit does without",
			       what);
	return r < 0 ? err_sys(e, -r, "%s", what) : 0;
}

/* What was made for the jail becomes its root's. */
int root_give(const struct root_plan *p, int dirfd, const char *name,
	      struct err *e)
{
	if (p->users->shifted &&
	    fchownat(dirfd, name, p->users->uid, p->users->gid,
		     AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, errno, "owner of %s", name);
	return 0;
}

/*
 * Make files in the jail's own tree as its root: an idmapped mount takes no
 * others.  The kernel puts file capabilities aside as long.
 */
void root_act(const struct root_plan *p, bool on)
{
	if (!p->users->shifted)
		return;
	setfsgid(on ? p->users->gid : getegid());
	setfsuid(on ? p->users->uid : geteuid());
}

int root_point(const struct root_plan *p, int rootfd, const char *where,
	       bool file, int *ret, struct err *e)
{
	int r = file_open_beneath(rootfd, where,
				  O_PATH | (file ? 0 : O_DIRECTORY), 0, ret, e);

	if (r != -ENOENT)
		return r;
	if (e)
		err_clear(e);
	root_act(p, true);
	r = mnt_point(rootfd, where, file, ret, e);
	root_act(p, false);
	return r;
}

#define RO_ATTRS (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)

enum gather {
	GATHER_PLAIN,
	GATHER_OWN /* the jail's root owns what root owns */
};

static int gather_one(const struct root_plan *p, const char *path,
		      enum gather how, bool recursive, int *ret, struct err *e)
{
	cleanup_close int fd = -1;
	int r;

	r = mnt_clone(AT_FDCWD, path, recursive, &fd, e);
	if (!r && how == GATHER_OWN)
		r = root_idmap(p, fd, path, e);
	if (!r)
		r = mnt_set(fd, RO_ATTRS, 0, e);
	if (!r)
		*ret = take_fd(&fd);
	return r;
}

/* Stage 1.  Only copies, and a new /dev; nothing is attached. */
static int stage_gather(const struct root_plan *p, struct gathered *g,
			struct err *e)
{
	int r;

	r = dev_make(p, e);
	if (!r)
		r = gather_one(p, p->rt, GATHER_PLAIN, false, &g->rt, e);
	if (!r && p->block)
		r = gather_one(p, p->block, GATHER_OWN, true, &g->block, e);
	/* a stack that is not ours has a sysfs that we cannot mount */
	if (!r && p->nested && !p->vnet)
		r = gather_one(p, "/sys", GATHER_PLAIN, true, &g->sys, e);
	return r;
}

/*
 * Stage 2.  Pinned vnets of other jails would live as long as this jail does;
 * and a jail whose path is "/" keeps the copied mount tree, but not the file
 * systems that show the creator's processes and devices.  Each umount waits
 * for a grace period of the kernel, so they are moved onto one first.
 */
static void stage_forget(const struct root_plan *p)
{
	static const struct {
		const char *from, *to;
	} moves[] = {
		{CELLBLOCK_RUN, "/sys/kernel"},
		{"/proc", "/sys/fs"},
		{"/dev", "/sys/devices"},
	};
	static const char *const foreign[] = {"/sys", "/proc", "/dev"};

	/* with another root than "/" all this goes with the old root */
	if (p->copy || (strcmp(p->path, "/") && strcmp(p->path, "/run")))
		return;
	if (!strcmp(p->path, "/run")) {
		umount2(CELLBLOCK_RUN, MNT_DETACH | UMOUNT_NOFOLLOW);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(moves); i++)
		mount(moves[i].from, moves[i].to, NULL, MS_MOVE, NULL);
	/* several may lie on each other, or a move may have failed */
	for (size_t i = 0; i < ARRAY_SIZE(foreign); i++)
		while (umount2(foreign[i], MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
			;
	umount2(CELLBLOCK_RUN, MNT_DETACH | UMOUNT_NOFOLLOW);
}

/* Stage 3.  Yields a descriptor of the mount that becomes "/". */
static int stage_root(const struct root_plan *p, struct gathered *g, int *ret,
		      struct err *e)
{
	cleanup_close int root = -1, at = -1, fd = -1;
	int r;

	if (p->copy)
		return root_copy(p, ret, &g->host, e);
	if (!strcmp(p->path, "/")) {
		fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			return err_sys(e, errno, "/");
		*ret = take_fd(&fd);
		return 0;
	}
	/* it had no links when it was looked at (check_path()) */
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	r = file_open_beneath(root, p->path, O_PATH | O_DIRECTORY, 0, &at, e);
	if (r < 0)
		return err_wrap(e, "path");
	r = mnt_clone(at, "", true, &fd, e);
	if (!r)
		r = root_idmap(p, fd, p->path, e);
	/* nodes that lie in it are no devices of the jail's */
	if (!r && p->users->ns.user >= 0)
		r = mnt_set(fd, MOUNT_ATTR_NODEV, 0, e);
	if (!r)
		r = mnt_attach(fd, at, p->path, e);
	if (r < 0)
		return err_wrap(e, "path %s", p->path);
	*ret = take_fd(&fd);
	return 0;
}

int root_no_link(int rootfd, const char *where, struct err *e)
{
	cleanup_close int fd = -1;
	int r = file_open_beneath(rootfd, where, O_PATH, 0, &fd, e);

	if (r != -ELOOP && r < 0 && e)
		err_clear(e);
	return r == -ELOOP ? r : 0;
}

/* jail(8)'s names of mounts, for what it says of links. */
static const char *put_param(const char *where)
{
	if (str_prefix(where, "dev"))
		return "mount.devfs";
	if (!strcmp(where, CELLBLOCK_RUN))
		return "path"; /* every root needs that one */
	return str_prefix(where, "proc") ? "mount.procfs" : "mount";
}

/* How much of `where` it takes to fail like that. */
static size_t put_culprit(int rootfd, const char *where, bool file, int error)
{
	size_t len = 0;
	char part[PATH_MAX];

	while (where[len]) {
		cleanup_close int fd = -1;
		bool last;

		len += strcspn(where + len, "/");
		last = !where[len];
		snprintf(part, sizeof(part), "%.*s", (int)len, where);
		if (file_open_beneath(rootfd, part,
				      O_PATH | (file && last ? 0 : O_DIRECTORY),
				      0, &fd, NULL) == error)
			break;
		len += strspn(where + len, "/");
	}
	return len;
}

/* Attach on `where` inside the root; made if missing. */
int root_put(const struct root_plan *p, int rootfd, const char *where,
	     bool file, int fd, struct err *e)
{
	cleanup_close int at = -1;
	struct err oe = ERR_INIT;
	const char *in = where + strspn(where, "/");
	int r;

	r = root_point(p, rootfd, where, file, &at, &oe);
	/* an earlier start of the jail may have put it there */
	if (r < 0)
		return err_set(e, -r, "%s: %s/%.*s%s%s", put_param(where),
			       strcmp(p->path, "/") ? p->path : "",
			       (int)put_culprit(rootfd, in, file, r), in,
			       r == -ELOOP ? " is a " : ": ",
			       r == -ELOOP ? "symbolic link" : strerror(-r));
	return mnt_attach(fd, at, where, e);
}

static int put_new(const struct root_plan *p, int rootfd, const char *where,
		   const char *fstype, const struct mnt_opt *o, size_t n,
		   unsigned int attrs, struct err *e)
{
	cleanup_close int fd = -1;
	int r;

	r = mnt_new(fstype, fstype, o, n, attrs, &fd, e);
	if (!r && !strcmp(fstype, "tmpfs"))
		r = root_give(p, fd, "", e);
	return r < 0 ? r : root_put(p, rootfd, where, false, fd, e);
}

/* --- /proc, /sys --------------------------------------------------------- */

#define INERT (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

static int furnish_kernel(int rootfd, const struct root_plan *p,
			  const struct gathered *g, struct err *e)
{
	int r;

	r = put_new(p, rootfd, "proc", "proc", NULL, 0, INERT, e);
	/* sysfs shows the interfaces of the vnet it is mounted in */
	if (!r && g->sys >= 0)
		r = root_put(p, rootfd, "sys", false, g->sys, e);
	else if (!r)
		r = put_new(p, rootfd, "sys", "sysfs", NULL, 0,
			    INERT | MOUNT_ATTR_RDONLY, e);
	/* writable only for those that put jails of their own below */
	if (!r && p->cgroup)
		r = put_new(p, rootfd, "sys/fs/cgroup", "cgroup2", NULL, 0,
			    INERT | (p->children ? 0 : MOUNT_ATTR_RDONLY), e);
	return r;
}

/* Jails of its own need a proc without masks: see mask.h. */
static int furnish_masks(int rootfd, const struct root_plan *p, struct err *e)
{
	const struct mask_plan m = {
		.vnet = p->vnet,
		.machine_root = p->users->ns.user < 0,
	};

	if (p->children || rights_unconfined(p->params, "files"))
		return 0;
	return mask_apply(rootfd, &m, e);
}

/* --- /run/cellblock ------------------------------------------------------ */

static int write_text(const struct root_plan *p, int run, const char *name,
		      const char *text, struct err *e)
{
	cleanup_close int fd = openat(
		run, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	size_t len = strlen(text);

	if (fd < 0 || write(fd, text, len) != (ssize_t)len)
		return err_sys(e, errno, CELLBLOCK_RUN "/%s", name);
	return root_give(p, fd, "", e);
}

static int furnish_run(int rootfd, const struct root_plan *p,
		       const struct gathered *g, struct err *e)
{
	static const struct mnt_opt o[] = {{"mode", "0755"},
					   {"size", RUN_SIZE},
					   {"nr_inodes", RUN_INODES}};
	static const char *const dirs[] = {"rt", "if", "block", "host"};
	const int trees[] = {g->rt, -1, g->block, g->host};
	cleanup_close int run = -1;
	int r;

	/* the machine's pid files and sockets are not the jail's */
	if (p->copy) {
		r = put_new(p, rootfd, "run", "tmpfs", o, 1,
			    MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, e);
		if (r < 0)
			return r;
	}
	r = mnt_new("tmpfs", "cellblock", o, ARRAY_SIZE(o),
		    MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, &run, e);
	if (!r)
		r = root_give(p, run, "", e);
	if (!r)
		r = write_text(p, run, "self", p->self, e);
	for (size_t i = 0; !r && i < PRISON_NTOLD; i++) {
		const char *v = pset_value(p->params, prison_told[i].param);

		if (v && *v)
			r = write_text(p, run, prison_told[i].file, v, e);
	}
	for (size_t i = 0; !r && i < ARRAY_SIZE(dirs); i++) {
		if (trees[i] < 0 && strcmp(dirs[i], "if") != 0)
			continue;
		r = mkdirat(run, dirs[i], 0755) < 0
			    ? err_sys(e, errno, CELLBLOCK_RUN)
			    : root_give(p, run, dirs[i], e);
	}
	if (!r)
		r = root_put(p, rootfd, CELLBLOCK_RUN, false, run, e);
	for (size_t i = 0; !r && i < ARRAY_SIZE(dirs); i++) {
		cleanup_close int at = -1;

		if (trees[i] < 0)
			continue;
		at = openat(run, dirs[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
		r = at < 0 ? err_sys(e, errno, CELLBLOCK_RUN)
			   : mnt_attach(trees[i], at, dirs[i], e);
	}
	return r;
}

/* plan_failpoint() for the first process: its creator dies there. */
static void root_failpoint(const struct root_plan *p)
{
	if (!plan_failpoint_hit() || p->die_fd < 0)
		return;
	/* bytes on that pipe bring SIGKILL to the creator, and that to us */
	if (write(p->die_fd, "", 1) == 1)
		for (;;)
			pause();
}

int root_enter(const struct root_plan *p, struct err *e)
{
	struct gathered g
		__attribute__((cleanup(gathered_close))) = {-1, -1, -1, -1};
	cleanup_close int rootfd = -1;
	int r;

	umask(022);
	r = mnt_private_all(e);
	if (!r)
		r = stage_gather(p, &g, e);
	if (!r) {
		stage_forget(p);
		r = stage_root(p, &g, &rootfd, e);
	}
	root_failpoint(p);
	/* what configures the machine does not configure the jail */
	if (!r && p->copy) {
		root_act(p, true);
		r = blockroot_install(rootfd, g.block, NULL, e);
		root_act(p, false);
	}
	if (!r)
		r = dev_mount(p, rootfd, e);
	if (!r)
		r = furnish_kernel(rootfd, p, &g, e);
	if (!r)
		r = furnish_masks(rootfd, p, e);
	if (!r && p->mounts)
		r = root_mounts(rootfd, p, e);
	if (!r)
		r = furnish_run(rootfd, p, &g, e);
	root_failpoint(p);
	if (!r && (p->copy || strcmp(p->path, "/") != 0))
		r = mnt_pivot(rootfd, e);
	return r;
}
