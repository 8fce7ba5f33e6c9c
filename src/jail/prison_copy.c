/*
 * prison_copy: copy-on-write roots.
 *
 * Theory of operation.  The root is an overlay of three layers, whose
 * directories are on a tmpfs that lives as long as the overlay:
 *
 *   upper   what the jail writes
 *   hide    what of the machine's files is not for a jail, by a table
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

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#define LOGINS_MAX (1 << 20)
#define SKELETON_DEPTH 4
#define SKELETON_MAX 512

enum hide {
	HIDE_FILE,   /* is not there */
	HIDE_EMPTY,  /* an empty directory */
	HIDE_FILES,  /* its directories, without any file */
	HIDE_LOGINS, /* the names in it, without passwords */
};

/* The last component may be a pattern, with HIDE_FILE. */
static const struct {
	const char *path;
	enum hide how;
	const char *reason;
} hidden[] = {
	{"root", HIDE_EMPTY, "the administrator's keys and histories"},
	{"home", HIDE_EMPTY, "the users' own files"},
	{"etc/shadow", HIDE_LOGINS, "password hashes"},
	{"etc/shadow-", HIDE_FILE, "password hashes, the copy before"},
	{"etc/gshadow", HIDE_LOGINS, "group passwords"},
	{"etc/gshadow-", HIDE_FILE, "group passwords, the copy before"},
	{"etc/security/opasswd", HIDE_FILE, "old password hashes"},
	{"etc/ssh/ssh_host_*_key", HIDE_FILE, "the machine's ssh identity"},
	{"etc/ssl/private", HIDE_EMPTY, "private keys"},
	{"etc/pki/tls/private", HIDE_EMPTY, "private keys"},
	{"etc/letsencrypt", HIDE_EMPTY, "private keys"},
	{"etc/krb5.keytab", HIDE_FILE, "the machine's Kerberos key"},
	{"etc/wireguard", HIDE_EMPTY, "private keys of tunnels"},
	{"etc/openvpn", HIDE_EMPTY, "private keys of tunnels"},
	{"etc/ipsec.secrets", HIDE_FILE, "keys of tunnels"},
	{"etc/swanctl", HIDE_EMPTY, "keys of tunnels"},
	{"etc/ppp/*-secrets", HIDE_FILE, "passwords of links"},
	{"etc/NetworkManager/system-connections", HIDE_EMPTY,
	 "passwords of wireless networks"},
	{"etc/wpa_supplicant", HIDE_EMPTY, "passwords of wireless networks"},
	{"etc/kubernetes", HIDE_EMPTY, "keys of a cluster"},
	{"etc/mysql/debian.cnf", HIDE_FILE, "a database password"},
	{"var/backups", HIDE_EMPTY, "copies of the files above"},
	{"var/log", HIDE_FILES, "what the machine's services said"},
	{"var/mail", HIDE_EMPTY, "mail"},
	{"var/spool", HIDE_FILES, "mail, print jobs, crontabs"},
	{"var/cache/private", HIDE_EMPTY, "state of services"},
	{"var/lib/private", HIDE_EMPTY, "state of services"},
	{"var/lib/docker", HIDE_EMPTY, "other containers' files"},
	{"var/lib/containerd", HIDE_EMPTY, "other containers' files"},
	{"var/lib/containers", HIDE_EMPTY, "other containers' files"},
	{"var/lib/incus", HIDE_EMPTY, "other containers' files"},
	{"var/lib/lxd", HIDE_EMPTY, "other containers' files"},
	{"var/lib/lxc", HIDE_EMPTY, "other containers' files"},
	{"var/lib/machines", HIDE_EMPTY, "other containers' files"},
	{"var/lib/libvirt", HIDE_EMPTY, "disks of virtual machines"},
	{"var/lib/kubelet", HIDE_EMPTY, "secrets of a cluster"},
	{"var/lib/etcd", HIDE_EMPTY, "secrets of a cluster"},
	{"var/lib/mysql", HIDE_EMPTY, "databases"},
	{"var/lib/postgresql", HIDE_EMPTY, "databases"},
	{"var/lib/redis", HIDE_EMPTY, "databases"},
	{"var/lib/ldap", HIDE_EMPTY, "directories"},
	{"var/lib/samba/private", HIDE_EMPTY, "passwords"},
	{"var/lib/NetworkManager", HIDE_EMPTY, "the machine's network keys"},
	{"var/lib/bluetooth", HIDE_EMPTY, "keys of devices"},
	{"var/lib/systemd/credential.secret", HIDE_FILE, "credentials' key"},
	{"var/lib/systemd/random-seed", HIDE_FILE, "the random seed"},
	{"var/lib/sudo", HIDE_EMPTY, "who may be root now"},
};

struct hider {
	int lower, hide; /* roots of the two layers */
	size_t made;	 /* directories of skeletons */
};

/* --- the hide layer ---------------------------------------------------------
 */

static int same_owner(int dirfd, const char *name, const struct stat *st,
		      struct err *e)
{
	if (fchownat(dirfd, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) <
		    0 ||
	    (!S_ISLNK(st->st_mode) &&
	     fchmodat(dirfd, name, st->st_mode & 07777, 0) < 0))
		return err_sys(e, errno, "%s", name);
	return 0;
}

/* A directory of the lower layer again, with nothing in it. */
static int same_dir(int at, const char *name, const struct stat *st,
		    bool opaque, int *ret, struct err *e)
{
	cleanup_close int fd = -1;
	int r;

	if (mkdirat(at, name, 0700) < 0 && errno != EEXIST)
		return err_sys(e, errno, "%s", name);
	r = same_owner(at, name, st, e);
	if (r < 0)
		return r;
	fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, errno, "%s", name);
	if (opaque && fsetxattr(fd, "trusted.overlay.opaque", "y", 1, 0) < 0)
		return err_sys(e, errno, "overlay: %s", name);
	*ret = take_fd(&fd);
	return 0;
}

/* Both layers' directory that holds the path; 1 when the lower has none. */
static int walk(const struct hider *h, const char *path, int *ret_lower,
		int *ret_hide, const char **ret_name, struct err *e)
{
	cleanup_close int low = dup(h->lower), hid = dup(h->hide);
	const char *slash;
	char name[256];

	for (; (slash = strchr(path, '/')); path = slash + 1) {
		cleanup_close int nl = -1, nh = -1;
		struct stat st;
		int r;

		snprintf(name, sizeof(name), "%.*s", (int)(slash - path), path);
		nl = openat(low, name,
			    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (nl < 0)
			return 1;
		if (fstat(nl, &st) < 0)
			return err_sys(e, errno, "%s", name);
		r = same_dir(hid, name, &st, false, &nh, e);
		if (r < 0)
			return r;
		close(low);
		close(hid);
		low = take_fd(&nl);
		hid = take_fd(&nh);
	}
	*ret_name = path;
	*ret_lower = take_fd(&low);
	*ret_hide = take_fd(&hid);
	return 0;
}

/* The directories in a directory, owners and modes and all. */
static int skeleton(struct hider *h, int low, int hid, int depth, struct err *e)
{
	cleanup_closedir DIR *d = NULL;
	struct dirent *de;
	int fd = dup(low);

	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		if (fd >= 0)
			close(fd);
		return err_sys(e, errno, "hidden files");
	}
	while ((de = readdir(d))) {
		cleanup_close int nl = -1, nh = -1;
		struct stat st;
		int r;

		if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, "..") ||
		    h->made >= SKELETON_MAX)
			continue;
		nl = openat(low, de->d_name,
			    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (nl < 0 || fstat(nl, &st) < 0)
			continue;
		h->made++;
		r = same_dir(hid, de->d_name, &st, false, &nh, e);
		if (!r && depth > 1)
			r = skeleton(h, nl, nh, depth - 1, e);
		if (r < 0)
			return r;
	}
	return 0;
}

/* "NAME:hash:..." becomes "NAME:*:...": the account is there, locked. */
static int logins(int low, int hid, const char *name, const struct stat *st,
		  struct err *e)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	cleanup_free char *text = NULL;
	cleanup_close int fd = -1;
	char *next;
	int r = file_read(low, name, LOGINS_MAX, &text, NULL, e);

	for (char *s = text; !r && s && *s; s = next) {
		char *hash = strchr(s, ':');
		char *rest = hash ? strchr(hash + 1, ':') : NULL;

		next = strchrnul(s, '\n');
		if (*next)
			*next++ = '\0';
		if (rest)
			strbuf_addf(&b, "%.*s:*%s\n", (int)(hash - s), s, rest);
	}
	if (r < 0)
		return r;
	if (strbuf_failed(&b))
		return err_nomem(e);
	fd = openat(hid, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, b.s ? b.s : "", b.len) != (ssize_t)b.len)
		return err_sys(e, errno, "%s", name);
	return same_owner(hid, name, st, e);
}

static int whiteout(int hid, const char *name, struct err *e)
{
	if (mknodat(hid, name, S_IFCHR, makedev(0, 0)) < 0 && errno != EEXIST)
		return err_sys(e, errno, "%s", name);
	return 0;
}

static int whiteouts(int low, int hid, const char *pattern, struct err *e)
{
	cleanup_closedir DIR *d = NULL;
	struct dirent *de;
	int fd = dup(low), r = 0;

	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		if (fd >= 0)
			close(fd);
		return err_sys(e, errno, "hidden files");
	}
	rewinddir(d);
	while (!r && (de = readdir(d)))
		if (fnmatch(pattern, de->d_name, 0) == 0)
			r = whiteout(hid, de->d_name, e);
	return r;
}

static int hide_one(struct hider *h, const char *path, enum hide how,
		    struct err *e)
{
	cleanup_close int low = -1, hid = -1, dir = -1, from = -1;
	const char *name = path;
	struct stat st;
	int r = walk(h, path, &low, &hid, &name, e);

	if (r)
		return r < 0 ? r : 0;
	if (strchr(name, '*'))
		return whiteouts(low, hid, name, e);
	if (fstatat(low, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (how == HIDE_LOGINS && S_ISREG(st.st_mode))
		return logins(low, hid, name, &st, e);
	/* what should be a directory and is something else is not shown */
	if (how == HIDE_FILE || how == HIDE_LOGINS || !S_ISDIR(st.st_mode))
		return whiteout(hid, name, e);
	r = same_dir(hid, name, &st, true, &dir, e);
	if (r < 0 || how == HIDE_EMPTY)
		return r;
	from = openat(low, name,
		      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return from < 0 ? err_sys(e, errno, "/%s", path)
			: skeleton(h, from, dir, SKELETON_DEPTH, e);
}

static int hide_layer(int tmp, struct err *e)
{
	cleanup_close int lower = -1, hide = -1;
	struct hider h = {0};
	int r = 0;

	lower = openat(tmp, "lower", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	hide = openat(tmp, "hide", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lower < 0 || hide < 0)
		return err_sys(e, errno, "overlay");
	h.lower = lower;
	h.hide = hide;
	for (size_t i = 0; !r && i < ARRAY_SIZE(hidden); i++)
		r = hide_one(&h, hidden[i].path, hidden[i].how, e);
	return r;
}

/* --- the overlay ------------------------------------------------------------
 */

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

static int overlay(const struct root_plan *p, const char *lower, bool writable,
		   int *ret, struct err *e)
{
	cleanup_free char *upper = str_printf("%s/upper", p->scratch);
	cleanup_free char *work = str_printf("%s/work", p->scratch);
	struct mnt_opt o[4];
	size_t n = 0;

	if (!upper || !work)
		return err_nomem(e);
	o[n++] = (struct mnt_opt){"lowerdir", lower};
	if (writable) {
		o[n++] = (struct mnt_opt){"upperdir", upper};
		o[n++] = (struct mnt_opt){"workdir", work};
	}
	/* without rights over the file system: user.overlay.* */
	if (p->nested)
		o[n++] = (struct mnt_opt){"userxattr", NULL};
	return mnt_new("overlay", "cellblock", o, n,
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
