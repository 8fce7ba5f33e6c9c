/*
 * rctl_pts: how many pseudo-terminals a jail may have.
 *
 * That is an option of the devpts file system, of which each jail's /dev has
 * one of its own.  It is set from outside: the file system belongs to the
 * creator's user namespace, so nobody inside can set it back.
 */
#include "jail/rctl_int.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#define PTYS_LIMIT (1 << 20) /* what an instance starts with */
#define MOUNTINFO_MAX (4 << 20)

/* The jail's own instance, without a symbolic link on the way. */
static int open_pts(const struct proc_id *init, int *ret_fd, struct err *e)
{
	cleanup_close int root = -1, fd = -1;
	struct stat own = {0}, its;
	struct statfs fs;
	int r = jail_root_open(init, &root, e);

	if (r < 0)
		return r;
	r = file_open_beneath(root, "dev/pts", O_PATH | O_DIRECTORY, 0, &fd,
			      NULL);
	if (r < 0 || fstatfs(fd, &fs) < 0 || fstat(fd, &its) < 0 ||
	    fs.f_type != DEVPTS_SUPER_MAGIC ||
	    (stat("/dev/pts", &own) == 0 && own.st_dev == its.st_dev))
		return err_set(e, EOPNOTSUPP,
			       "%s: the jail has no /dev/pts of its own",
			       strerror(EOPNOTSUPP));
	*ret_fd = take_fd(&fd);
	return 0;
}

/*
 * The options it has now ("rw,gid=5,mode=620,ptmxmode=666"), since those not
 * said again fall back to what the kernel had in mind.
 */
static int options_of(const struct proc_id *init, int fd, char **ret,
		      struct err *e)
{
	cleanup_free char *text = NULL;
	struct stat st;
	char path[64], dev[32];
	int r;

	snprintf(path, sizeof(path), "/proc/%d/mountinfo", (int)init->pid);
	r = file_read(AT_FDCWD, path, MOUNTINFO_MAX, &text, NULL, e);
	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return err_sys(e, errno, "/dev/pts of the jail");
	snprintf(dev, sizeof(dev), "%u:%u", major(st.st_dev), minor(st.st_dev));
	for (char *line = text, *nl; line; line = nl) {
		const char *tail, *opts;
		char its[32];

		nl = strchr(line, '\n');
		if (nl)
			*nl++ = '\0';
		tail = strstr(line, " - devpts ");
		opts = tail ? strrchr(tail, ' ') : NULL;
		if (!opts || sscanf(line, "%*s %*s %31s", its) != 1 ||
		    strcmp(its, dev) != 0)
			continue;
		*ret = strdup(opts + 1);
		return *ret ? 0 : err_nomem(e);
	}
	return err_set(e, ENOENT, "%s: no devpts %s", path, dev);
}

static int set_option(int fs, const char *key, const char *value, struct err *e)
{
	int cmd = value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG;

	if (syscall(SYS_fsconfig, fs, cmd, key, value, 0) < 0)
		return err_sys(e, errno, "/dev/pts of the jail: %s", key);
	return 0;
}

static int reconfigure(int pts, char *opts, int64_t amount, struct err *e)
{
	cleanup_close int fs = -1;
	char max[32], *save = NULL;
	int r = 0;

	fs = (int)syscall(SYS_fspick, pts, "",
			  FSPICK_EMPTY_PATH | FSPICK_CLOEXEC);
	if (fs < 0)
		return err_sys(e, errno, "/dev/pts of the jail");
	for (char *o = strtok_r(opts, ",", &save); o && !r;
	     o = strtok_r(NULL, ",", &save)) {
		char *eq = strchr(o, '=');

		if (eq)
			*eq++ = '\0';
		if (strcmp(o, "max") != 0)
			r = set_option(fs, o, eq, e);
	}
	snprintf(max, sizeof(max), "%" PRId64, amount);
	if (!r)
		r = set_option(fs, "max", max, e);
	if (!r && syscall(SYS_fsconfig, fs, FSCONFIG_CMD_RECONFIGURE, NULL,
			  NULL, 0) < 0)
		r = err_sys(e, errno, "/dev/pts of the jail");
	return r;
}

int rctl_pts_set(const struct proc_id *init, int64_t amount, struct err *e)
{
	cleanup_free char *opts = NULL;
	cleanup_close int pts = -1;
	int r;

	if (amount == KNOB_OFF || amount > PTYS_LIMIT)
		amount = PTYS_LIMIT;
	/* the kernel takes 0 for no limit */
	if (!amount)
		return err_set(e, EOPNOTSUPP,
			       "%s: a jail has one pseudo-terminal at least",
			       strerror(EOPNOTSUPP));
	r = open_pts(init, &pts, e);
	if (!r)
		r = options_of(init, pts, &opts, e);
	return r < 0 ? r : reconfigure(pts, opts, amount, e);
}
