/*
 * prison_copy: copy-on-write roots.
 *
 * Theory of operation.  The root is an overlay of three layers, whose
 * directories are on a tmpfs that lives as long as the overlay:
 *
 *   upper   what the jail writes
 *   hide    what of the machine's files is not for a jail (blockhide.h)
 *   lower   the machine's root, with the jail's owners (idmapped)
 *
 * Its root owns what root owns in the lower layer, and so could read all of
 * it: that is why there is a layer that hides.  A jail that makes copies of
 * its own gets `hide` and `lower` as one read-only overlay, the view, and
 * takes that for the lower layer of its jails; so overlays are two deep at
 * most, which is what the kernel allows.
 */
#include "jail/prison_int.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "jail/blockhide.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- the overlay --------------------------------------------------------- */

/* The directories of an overlay, on a tmpfs of its own. */
static int make_dirs(const struct root_plan *p, int *ret, struct err *e)
{
	static const char *const dirs[] = {"upper", "work", "hide", "lower",
					   "root"};
	const struct mnt_opt mode = {"mode", "0755"};
	cleanup_close int tmp = -1;
	int r;

	r = mnt_new("tmpfs", "cellblock", &mode, 1, 0, &tmp, e);
	for (size_t i = 0; !r && i < ARRAY_SIZE(dirs); i++)
		if (mkdirat(tmp, dirs[i], 0755) < 0)
			r = err_sys(e, errno, "overlay");
	/* "/" of the jail has the owner of the uppermost one */
	if (!r)
		r = root_give(p, tmp, "upper", e);
	if (!r)
		r = root_give(p, tmp, "hide", e);
	if (!r)
		*ret = take_fd(&tmp);
	return r;
}

/* The lower layer with the jail's owners, on the directory made for it. */
static int attach_lower(const struct root_plan *p, int tmp, struct err *e)
{
	cleanup_close int at = -1, fd = -1;
	int r;

	r = mnt_clone(AT_FDCWD, p->lower, false, &fd, e);
	if (!r)
		r = root_idmap(p, fd, p->lower, e);
	if (r < 0)
		return r;
	at = openat(tmp, "lower", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return at < 0 ? err_sys(e, errno, "overlay")
		      : mnt_attach(fd, at, p->lower, e);
}

static int hide_layer(int tmp, struct err *e)
{
	cleanup_close int lower = -1, hide = -1;

	lower = openat(tmp, "lower", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	hide = openat(tmp, "hide", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lower < 0 || hide < 0)
		return err_sys(e, errno, "overlay");
	return blockhide_fill(hide, lower, e);
}

static int overlay(const struct root_plan *p, const char *lower, bool writable,
		   int *ret, struct err *e)
{
	cleanup_free char *upper = str_printf("%s/upper", p->scratch);
	cleanup_free char *work = str_printf("%s/work", p->scratch);
	struct mnt_opt o[4];
	char source[32];
	size_t n = 0;

	if (!upper || !work)
		return err_nomem(e);
	snprintf(source, sizeof(source), PRISON_COPY "%s",
		 pset_value(p->params, "jid"));
	o[n++] = (struct mnt_opt){"lowerdir", lower};
	if (writable) {
		o[n++] = (struct mnt_opt){"upperdir", upper};
		o[n++] = (struct mnt_opt){"workdir", work};
	}
	/* without rights over the file system: user.overlay.* */
	if (p->nested)
		o[n++] = (struct mnt_opt){"userxattr", NULL};
	return mnt_new("overlay", source, o, n,
		       writable ? 0
				: MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
					  MOUNT_ATTR_NODEV,
		       ret, e);
}

/* What the layers below `upper` are called: malloc'd. */
static int layers(const struct root_plan *p, int tmp, char **ret, struct err *e)
{
	int r;

	if (p->nested) {
		*ret = strdup(p->lower);
		return *ret ? 0 : err_nomem(e);
	}
	r = attach_lower(p, tmp, e);
	if (!r && !strcmp(p->lower, "/"))
		r = hide_layer(tmp, e);
	if (!r)
		*ret = str_printf("%s/hide:%s/lower", p->scratch, p->scratch);
	return !r && !*ret ? err_nomem(e) : r;
}

int root_copy(const struct root_plan *p, int *ret, int *ret_view, struct err *e)
{
	cleanup_close int tmp = -1, at = -1, fd = -1, view = -1;
	cleanup_free char *lower = NULL;
	int r = make_dirs(p, &tmp, e);

	if (r < 0)
		return r;
	at = open(p->scratch, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (at < 0)
		return err_sys(e, errno, "%s", p->scratch);
	/* layers need a path while the overlay is made */
	r = mnt_attach(tmp, at, p->scratch, e);
	if (!r)
		r = layers(p, tmp, &lower, e);
	if (!r)
		r = overlay(p, lower, true, &fd, e);
	if (!r && p->children && !p->nested)
		r = overlay(p, lower, false, &view, e);
	else if (!r && p->children)
		r = mnt_clone(AT_FDCWD, p->lower, false, &view, e);
	if (r < 0)
		return r;
	close(take_fd(&at));
	at = openat(tmp, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (at < 0)
		return err_sys(e, errno, "overlay");
	r = mnt_attach(fd, at, "overlay", e);
	if (!r) {
		*ret = take_fd(&fd);
		*ret_view = take_fd(&view);
	}
	return r;
}
