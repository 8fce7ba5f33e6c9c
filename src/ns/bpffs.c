/* See bpffs.h. */
#include "ns/bpffs.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <unistd.h>

bool bpffs_is(const char *path)
{
	struct statfs st;

	return statfs(path, &st) == 0 && st.f_type == BPF_FS_MAGIC;
}

int bpffs_mount(const char *path, const char *what, struct err *e)
{
	if (bpffs_is(path))
		return 0;
	if (mount("bpf", path, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		  "mode=0700") == 0)
		return 0;
	if (errno == ENODEV)
		return err_set(e, ENOSYS,
			       "%s: this kernel has no CONFIG_BPF_SYSCALL",
			       what);
	return err_sys(e, errno, "%s: mount bpf", path);
}

int bpffs_unmount(const char *path, const char *what, struct err *e)
{
	/* detached: descriptors of its files may be open here */
	if (bpffs_is(path) && umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
		return err_sys(e, errno, "%s: umount %s", what, path);
	if (rmdir(path) < 0 && errno != ENOENT)
		return err_sys(e, errno, "%s", path);
	return 0;
}

int bpffs_lock(const char *path, int *ret_fd, struct err *e)
{
	cleanup_free char *file = str_printf("%s.lock", path);
	int r;

	if (!file)
		return err_nomem(e);
	r = file_mkdirs(AT_FDCWD, path, 0700, e);
	return r < 0 ? r : file_lock(AT_FDCWD, file, false, ret_fd, e);
}
