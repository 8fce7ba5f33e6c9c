/*
 * mnt: mounts by descriptors (fsopen, open_tree, move_mount: Linux 5.2 and
 * later).  A new mount hangs nowhere until attached, and where it is attached
 * is a descriptor that was resolved once, inside the jail's root: no path
 * that a jail may have prepared is ever walked by mount(2).
 */
#include "ns/ns.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* What the kernel wrote about the failure, "e TEXT", else strerror. */
static int fs_error(int fsfd, int code, const char *what, struct err *e)
{
	char buf[512];
	ssize_t n = fsfd >= 0 ? read(fsfd, buf, sizeof(buf) - 1) : -1;

	if (n <= 2)
		return err_sys(e, code, "mount: %s", what);
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return err_set(e, code, "mount: %s: %s (%s)", what, strerror(code),
		       buf + 2);
}

int mnt_new(const char *fstype, const char *source, const struct mnt_opt *o,
	    size_t n, unsigned int attrs, int *ret_fd, struct err *e)
{
	cleanup_close int fs = -1;
	int fd;

	fs = fsopen(fstype, FSOPEN_CLOEXEC);
	if (fs < 0)
		return fs_error(-1, errno, fstype, e);
	if (source &&
	    fsconfig(fs, FSCONFIG_SET_STRING, "source", source, 0) < 0)
		return fs_error(fs, errno, fstype, e);
	for (size_t i = 0; i < n; i++)
		if (fsconfig(fs,
			     o[i].value ? FSCONFIG_SET_STRING
					: FSCONFIG_SET_FLAG,
			     o[i].key, o[i].value, 0) < 0)
			return fs_error(fs, errno, fstype, e);
	if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return fs_error(fs, errno, fstype, e);
	fd = fsmount(fs, FSMOUNT_CLOEXEC, attrs);
	if (fd < 0)
		return fs_error(fs, errno, fstype, e);
	*ret_fd = fd;
	return 0;
}

int mnt_clone(int dirfd, const char *path, bool recursive, int *ret_fd,
	      struct err *e)
{
	unsigned int flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
	int fd;

	if (recursive)
		flags |= AT_RECURSIVE;
	if (!*path)
		flags |= AT_EMPTY_PATH;
	fd = open_tree(dirfd, path, flags);
	if (fd < 0)
		return err_sys(e, errno, "mount: %s", path);
	*ret_fd = fd;
	return 0;
}

int mnt_set(int fd, uint64_t set, uint64_t clear, struct err *e)
{
	struct mount_attr a = {.attr_set = set, .attr_clr = clear};

	if (mount_setattr(fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &a, sizeof(a)) <
	    0)
		return err_sys(e, errno, "mount_setattr");
	return 0;
}

int mnt_idmap(int fd, int userfd, bool recursive, struct err *e)
{
	struct mount_attr a = {.attr_set = MOUNT_ATTR_IDMAP,
			       .userns_fd = (uint64_t)userfd};
	unsigned int flags = AT_EMPTY_PATH;

	if (recursive)
		flags |= AT_RECURSIVE;
	if (mount_setattr(fd, "", flags, &a, sizeof(a)) < 0)
		return err_sys(e, errno, "idmapped mount");
	return 0;
}

int mnt_attach(int fd, int to, const char *what, struct err *e)
{
	if (move_mount(fd, "", to, "",
		       MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return err_sys(e, errno, "mount: %s", what);
	return 0;
}

/* mkdir -p inside the tree: each parent is opened in-root before. */
static int make_inside(int rootfd, const char *path, bool file, struct err *e)
{
	cleanup_free char *dir = strdup(path);
	cleanup_close int parent = -1;
	char *slash;
	int fd, r;

	if (!dir)
		return err_nomem(e);
	slash = strrchr(dir, '/');
	if (slash)
		*slash = '\0';
	r = slash && *dir ? mnt_point(rootfd, dir, false, &parent, e)
			  : file_open_beneath(rootfd, ".", O_PATH | O_DIRECTORY,
					      0, &parent, e);
	if (r < 0)
		return r;
	path = slash ? slash + 1 : dir;
	if (!file) {
		if (mkdirat(parent, path, 0755) < 0 && errno != EEXIST)
			return err_sys(e, errno, "%s", path);
		return 0;
	}
	fd = openat(parent, path,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0 && errno != EEXIST)
		return err_sys(e, errno, "%s", path);
	if (fd >= 0)
		close(fd);
	return 0;
}

int mnt_point(int rootfd, const char *path, bool file, int *ret_fd,
	      struct err *e)
{
	int flags = O_PATH | (file ? 0 : O_DIRECTORY);
	struct err oe = ERR_INIT;
	int r;

	while (*path == '/')
		path++;
	if (!*path)
		path = ".";
	r = file_open_beneath(rootfd, path, flags, 0, ret_fd, &oe);
	if (r != -ENOENT) {
		if (r < 0)
			err_set(e, -r, "%s", oe.text);
		return r;
	}
	r = make_inside(rootfd, path, file, e);
	if (r < 0)
		return err_wrap(e, "%s", path);
	return file_open_beneath(rootfd, path, flags, 0, ret_fd, e);
}

int mnt_pivot(int rootfd, struct err *e)
{
	if (fchdir(rootfd) < 0)
		return err_sys(e, errno, "fchdir");
	/* the old root goes on top of the new one, and from there away */
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		return err_sys(e, errno, "pivot_root");
	if (umount2(".", MNT_DETACH) < 0)
		return err_sys(e, errno, "umount the old root");
	if (chdir("/") < 0)
		return err_sys(e, errno, "chdir");
	return 0;
}

int mnt_private_all(struct err *e)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return err_sys(e, errno, "make mounts private");
	return 0;
}

#ifndef NS_GET_MNTNS_ID /* Linux 6.11 */
#define NS_GET_MNTNS_ID _IOR(0xb7, 0x5, uint64_t)
#endif

uint64_t mnt_ns_id(void)
{
	cleanup_close int fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	uint64_t id = 0;

	if (fd < 0 || ioctl(fd, NS_GET_MNTNS_ID, &id) < 0)
		return 0;
	return id;
}

/*
 * The kernel lets a mount namespace be pinned only in an older one, one of a
 * smaller id.  Newer kernels (seen: 6.18) give ids out per CPU, in batches, so
 * what was just made may look older than its maker; made on another CPU it
 * does not.
 */
int mnt_ns_newer(uint64_t than, struct err *e)
{
	cpu_set_t all, one;
	int r = 0;

	if (!than || mnt_ns_id() > than)
		return 0;
	if (sched_getaffinity(0, sizeof(all), &all) < 0)
		return err_sys(e, errno, "sched_getaffinity");
	for (int cpu = 0; !r && cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		if (sched_setaffinity(0, sizeof(one), &one) < 0)
			continue;
		if (unshare(CLONE_NEWNS) < 0)
			r = err_sys(e, errno, "mount namespace");
		else if (mnt_ns_id() > than)
			break;
	}
	sched_setaffinity(0, sizeof(all), &all);
	return r;
}

int mnt_pin(int nsfd, const char *path, struct err *e)
{
	char src[64];
	int fd;

	fd = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	if (fd < 0 && errno != EEXIST)
		return err_sys(e, errno, "%s", path);
	if (fd >= 0)
		close(fd);
	snprintf(src, sizeof(src), "/proc/self/fd/%d", nsfd);
	if (mount(src, path, NULL, MS_BIND, NULL) < 0)
		return err_sys(e, errno, "pin namespace at %s", path);
	return 0;
}

int mnt_unpin(const char *path, struct err *e)
{
	/* EINVAL: the file was made, the mount not */
	if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0 &&
	    errno != EINVAL && errno != ENOENT)
		return err_sys(e, errno, "umount %s", path);
	if (unlink(path) < 0 && errno != ENOENT)
		return err_sys(e, errno, "%s", path);
	return 0;
}

bool mnt_is_point(const char *path)
{
	struct statx s;

	return statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, 0, &s) == 0 &&
	       (s.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) &&
	       (s.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

int mnt_make_private_dir(const char *path, struct err *e)
{
	if (!mnt_is_point(path) && mount(path, path, NULL, MS_BIND, NULL) < 0)
		return err_sys(e, errno, "mount %s", path);
	if (mount(NULL, path, NULL, MS_PRIVATE, NULL) < 0)
		return err_sys(e, errno, "make %s private", path);
	return 0;
}
