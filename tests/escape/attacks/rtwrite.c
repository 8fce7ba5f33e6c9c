/*
 * rtwrite: change the runtime that the host shares with its jails
 * (/run/cellblock/rt: the program, its loader and its libraries).
 *
 *	rtwrite DIR
 *
 * For every file below DIR: open for writing, chmod, a new name.  Then the
 * same after making the mount writable, taking it away, and looking below it.
 * Nothing is written to; a link that could be made is removed.
 */
#include "escape.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static int nfiles;

static int file_try(const char *path, const struct stat *st, int type,
		    struct FTW *ftw)
{
	char other[4200];
	int fd;

	(void)ftw;
	if (type != FTW_F)
		return 0;
	nfiles++;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0)
		escaped("%s is open for writing", path);
	if (chmod(path, st->st_mode & 07777) == 0)
		escaped("chmod of %s", path);
	snprintf(other, sizeof(other), "%s.attack", path);
	if (link(path, other) == 0) {
		unlink(other);
		escaped("a new name beside %s", path);
	}
	return 0;
}

static void walk(const char *dir)
{
	nfiles = 0;
	nftw(dir, file_try, 8, FTW_PHYS);
	if (!nfiles)
		broken("no file in %s", dir);
}

static void remount(const char *dir)
{
	struct mount_attr a = {.attr_clr = MOUNT_ATTR_RDONLY};

	if (mount(NULL, dir, NULL, MS_REMOUNT | MS_BIND, NULL) == 0)
		walk(dir);
	if (syscall(SYS_mount_setattr, AT_FDCWD, dir, 0, &a, sizeof(a)) == 0)
		walk(dir);
}

/* In namespaces of one's own, where one has been given every capability. */
static void own_namespaces(const char *dir)
{
	int flags[] = {CLONE_NEWNS, CLONE_NEWUSER | CLONE_NEWNS};

	for (size_t i = 0; i < 2; i++) {
		struct mount_attr a = {.attr_clr = MOUNT_ATTR_RDONLY};
		int fd;

		if (unshare(flags[i]) < 0)
			continue;
		remount(dir);
		fd = (int)syscall(SYS_open_tree, AT_FDCWD, dir,
				  OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
		if (fd >= 0 &&
		    syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &a,
			    sizeof(a)) == 0 &&
		    fchdir(fd) == 0)
			walk(".");
	}
}

int main(int argc, char **argv)
{
	struct stat before, after;

	if (argc != 2)
		broken("usage: rtwrite DIR");
	walk(argv[1]);
	remount(argv[1]);
	if (stat(argv[1], &before) < 0)
		broken("%s: %s", argv[1], strerror(errno));
	if (umount2(argv[1], MNT_DETACH) == 0 &&
	    (stat(argv[1], &after) < 0 || after.st_dev != before.st_dev ||
	     after.st_ino != before.st_ino))
		escaped("%s can be unmounted", argv[1]);
	own_namespaces(argv[1]);
	held("the runtime stays as it is");
}
