/* See blockhide.h. */
#include "jail/blockhide.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#define SHADOW_MAX (4 << 20)
/* Entries that are looked at by rule; more is no configuration any more. */
#define SWEEP_MAX 20000
#define SKELETON_DEPTH 4

enum hide_how {
	HIDE,	     /* a file is missing, a directory empty */
	HIDE_FILES,  /* a directory has its directories, without any file */
	HIDE_SHADOW, /* names without passwords */
};

/*
 * What is hidden whoever may read it on the machine, or lies deeper than the
 * rule looks.  Directories stay, since services expect them.  The last
 * component may be a pattern.
 */
static const struct {
	const char *path;
	enum hide_how how;
	const char *why;
} hidden[] = {
	{"boot", HIDE, "initial file systems carry keys of disks"},
	{"etc/NetworkManager/system-connections", HIDE, "keys of networks"},
	{"etc/gshadow", HIDE_SHADOW, "group passwords"},
	{"etc/gshadow-", HIDE, "group passwords, the copy before"},
	{"etc/ipsec.d/private", HIDE, "keys of tunnels"},
	{"etc/ipsec.secrets", HIDE, "keys of tunnels"},
	{"etc/krb5.keytab", HIDE, "the machine's Kerberos key"},
	{"etc/kubernetes", HIDE, "keys of a cluster"},
	{"etc/letsencrypt", HIDE, "private keys"},
	{"etc/mysql/debian.cnf", HIDE, "a database password"},
	{"etc/openvpn", HIDE, "keys of tunnels"},
	{"etc/pki/tls/private", HIDE, "private keys"},
	{"etc/ppp/*-secrets", HIDE, "passwords of links"},
	{"etc/security/opasswd", HIDE, "old password hashes"},
	{"etc/shadow", HIDE_SHADOW, "password hashes"},
	{"etc/shadow-", HIDE, "password hashes, the copy before"},
	{"etc/ssh/ssh_host_*_key", HIDE, "the machine's ssh identity"},
	{"etc/ssl/private", HIDE, "private keys"},
	{"etc/swanctl", HIDE, "keys of tunnels"},
	{"etc/wireguard", HIDE, "keys of tunnels"},
	{"etc/wpa_supplicant", HIDE, "passwords of wireless networks"},
	{"home", HIDE, "the users' own files"},
	{"lost+found", HIDE, "anybody's files"},
	{"media", HIDE, "the users' disks"},
	{"mnt", HIDE, "the administrator's disks"},
	{"root", HIDE, "the administrator's keys and histories"},
	{"tmp", HIDE, "of who runs on the machine"},
	{"var/backups", HIDE, "copies of the files above"},
	{"var/cache/debconf", HIDE, "answers that are passwords"},
	{"var/cache/private", HIDE, "state of services"},
	{"var/crash", HIDE, "memory of programs"},
	{"var/lib/NetworkManager", HIDE, "the machine's network keys"},
	{"var/lib/bluetooth", HIDE, "keys of devices"},
	{"var/lib/cloud", HIDE, "what the machine was told at birth"},
	{"var/lib/containerd", HIDE, "other containers' files"},
	{"var/lib/containers", HIDE, "other containers' files"},
	{"var/lib/docker", HIDE, "other containers' files"},
	{"var/lib/etcd", HIDE, "secrets of a cluster"},
	{"var/lib/incus", HIDE, "other containers' files"},
	{"var/lib/kubelet", HIDE, "secrets of a cluster"},
	{"var/lib/ldap", HIDE, "directories of users"},
	{"var/lib/libvirt", HIDE, "disks of virtual machines"},
	{"var/lib/lxc", HIDE, "other containers' files"},
	{"var/lib/lxd", HIDE, "other containers' files"},
	{"var/lib/machines", HIDE, "other containers' files"},
	{"var/lib/mysql", HIDE, "databases"},
	{"var/lib/postgresql", HIDE, "databases"},
	{"var/lib/private", HIDE, "state of services"},
	{"var/lib/redis", HIDE, "databases"},
	{"var/lib/samba/private", HIDE, "passwords"},
	{"var/lib/sudo", HIDE, "who may be root now"},
	{"var/lib/systemd/coredump", HIDE, "memory of programs"},
	{"var/lib/systemd/credential.secret", HIDE, "credentials' key"},
	{"var/lib/systemd/random-seed", HIDE, "the random seed"},
	{"var/log", HIDE_FILES, "what the machine's services said"},
	{"var/mail", HIDE, "mail"},
	{"var/spool", HIDE_FILES, "mail, print jobs, crontabs"},
	{"var/tmp", HIDE, "of who runs on the machine"},
};

/* Where the rule looks, and how many directories deep. */
static const struct {
	const char *path;
	int depth;
} swept[] = {
	{".", 0},	  {"etc", 4},		{"opt", 1}, {"srv", 1},
	{"usr/local", 0}, {"usr/local/etc", 3}, {"var", 0}, {"var/cache", 1},
	{"var/lib", 1},	  {"var/opt", 1},
};

struct hiding {
	int layer, lower;
	int left; /* of SWEEP_MAX */
};

static int fd_path(int fd, char *buf, size_t size)
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, buf, size - 1);
	if (n < 0)
		return -errno;
	buf[n] = '\0';
	return 0;
}

/*
 * Where in lower `path` really is: on many machines one of the directories is
 * a symbolic link.  NULL: this machine has no such.
 */
static int locate(struct hiding *h, const char *path, char **ret,
		  struct stat *st, struct err *e)
{
	char top[PATH_MAX], real[PATH_MAX];
	cleanup_close int fd = -1;
	size_t n;
	int r;

	r = file_open_beneath(h->lower, path, O_PATH | O_NOFOLLOW, 0, &fd,
			      NULL);
	if (!r && fstat(fd, st) < 0)
		r = -errno;
	if (!r && !S_ISLNK(st->st_mode)) {
		*ret = strdup(path);
		return *ret ? 0 : err_nomem(e);
	}
	if (!r) {
		close(take_fd(&fd));
		r = -ELOOP;
	}
	if (r == -ELOOP)
		r = file_open_in_root(h->lower, path, O_PATH, 0, &fd, NULL);
	if (r == -ENOENT || r == -ENOTDIR || r == -ELOOP)
		return 0;
	if (!r && fstat(fd, st) < 0)
		r = -errno;
	if (!r)
		r = fd_path(h->lower, top, sizeof(top));
	if (!r)
		r = fd_path(fd, real, sizeof(real));
	if (r < 0)
		return err_sys(e, -r, "/%s", path);
	n = strcmp(top, "/") ? strlen(top) : 0;
	if (strncmp(real, top, n) != 0 || real[n] != '/' || !real[n + 1])
		return err_set(e, EINVAL, "/%s: leads to %s", path, real);
	*ret = strdup(real + n + 1);
	return *ret ? 0 : err_nomem(e);
}

/* Owner and mode as in lower, or the merged directory would have others. */
static int like(int fd, const struct stat *st, struct err *e)
{
	if (fchown(fd, st->st_uid, st->st_gid) < 0 ||
	    fchmod(fd, st->st_mode & 07777) < 0)
		return err_sys(e, errno, "hidden files");
	return 0;
}

/* The directory `path` of the layer, made like lower's; 1: lower has none. */
static int layer_dir(struct hiding *h, const char *path, int *ret,
		     struct err *e)
{
	cleanup_close int below = -1, up = -1, fd = -1;
	cleanup_free char *parent = NULL;
	const char *slash = strrchr(path, '/');
	struct stat st;
	int r;

	if (!strcmp(path, ".")) {
		*ret = fcntl(h->layer, F_DUPFD_CLOEXEC, 3);
		return *ret < 0 ? err_sys(e, errno, "hidden files") : 0;
	}
	if (file_open_beneath(h->lower, path, O_PATH | O_DIRECTORY, 0, &below,
			      NULL) < 0 ||
	    fstat(below, &st) < 0)
		return 1;
	if (file_open_beneath(h->layer, path, O_RDONLY | O_DIRECTORY, 0, ret,
			      NULL) == 0)
		return 0;
	parent = slash ? strndup(path, (size_t)(slash - path)) : strdup(".");
	if (!parent)
		return err_nomem(e);
	r = layer_dir(h, parent, &up, e);
	if (r)
		return r;
	path = slash ? slash + 1 : path;
	if (mkdirat(up, path, 0700) < 0)
		return err_sys(e, errno, "hidden files: %s", path);
	r = file_open_beneath(up, path, O_RDONLY | O_DIRECTORY, 0, &fd, e);
	if (!r)
		r = like(fd, &st, e);
	if (!r)
		*ret = take_fd(&fd);
	return r;
}

static int whiteout(int dirfd, const char *name, struct err *e)
{
	if (mknodat(dirfd, name, S_IFCHR, makedev(0, 0)) < 0 && errno != EEXIST)
		return err_sys(e, errno, "hidden files: %s", name);
	return 0;
}

static int empty_dir(int dirfd, const char *name, const struct stat *st,
		     struct err *e)
{
	cleanup_close int fd = -1;
	int r;

	if (mkdirat(dirfd, name, 0700) < 0)
		return errno == EEXIST
			       ? 0
			       : err_sys(e, errno, "hidden files: %s", name);
	r = file_open_beneath(dirfd, name, O_RDONLY | O_DIRECTORY, 0, &fd, e);
	if (r < 0)
		return r;
	if (fsetxattr(fd, "trusted.overlay.opaque", "y", 1, 0) < 0)
		return err_sys(e, errno, "hidden files: %s", name);
	return like(fd, st, e);
}

/* What lower has as dir/name is not to be seen. */
static int hide(struct hiding *h, const char *dir, const char *name,
		const struct stat *st, struct err *e)
{
	cleanup_close int fd = -1;
	int r = layer_dir(h, dir, &fd, e);

	if (r)
		return r < 0 ? r : 0;
	return S_ISDIR(st->st_mode) ? empty_dir(fd, name, st, e)
				    : whiteout(fd, name, e);
}

/* "NAME:hash:..." becomes "NAME:*:...": the account is there, locked. */
static int shadow_text(const char *text, struct strbuf *out)
{
	while (*text) {
		size_t len = strcspn(text, "\n"), name = strcspn(text, ":\n");
		const char *end = text + len, *rest;

		if (name && text[name] == ':') {
			rest = memchr(text + name + 1, ':', len - name - 1);
			strbuf_addn(out, text, name);
			strbuf_adds(out, ":*");
			if (rest)
				strbuf_addn(out, rest, (size_t)(end - rest));
			strbuf_addch(out, '\n');
		}
		text = end + (*end == '\n');
	}
	return strbuf_failed(out) ? -ENOMEM : 0;
}

static int hide_shadow(struct hiding *h, const char *path, const char *dir,
		       const char *name, const struct stat *st, struct err *e)
{
	cleanup_strbuf struct strbuf out = STRBUF_INIT;
	cleanup_close int from = -1, at = -1, fd = -1;
	cleanup_free char *text = NULL;
	int r;

	r = file_open_beneath(h->lower, path, O_RDONLY | O_NONBLOCK, 0, &from,
			      e);
	if (r < 0)
		return r;
	r = file_read_fd(from, SHADOW_MAX, &text, NULL);
	if (r < 0 || shadow_text(text, &out) < 0)
		return hide(h, dir, name, st, e);
	r = layer_dir(h, dir, &at, e);
	if (r)
		return r < 0 ? r : 0;
	fd = openat(at, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, out.s, out.len) != (ssize_t)out.len)
		return err_sys(e, errno, "hidden files: %s", path);
	return like(fd, st, e);
}

/* The directories in lower's dir, owners and modes and all. */
static int skeleton(struct hiding *h, int dirfd, const char *name, int layer,
		    int depth, struct err *e)
{
	int fd = openat(dirfd, name,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	cleanup_closedir DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;
	int r = 0;

	if (!d) {
		if (fd >= 0)
			close(fd);
		return err_sys(e, errno, "hidden files: %s", name);
	}
	while (!r && (de = readdir(d))) {
		cleanup_close int sub = -1;
		struct stat st;

		if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, "..") ||
		    fstatat(fd, de->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISDIR(st.st_mode) || --h->left < 0)
			continue;
		if (mkdirat(layer, de->d_name, 0700) < 0)
			return err_sys(e, errno, "hidden files: %s",
				       de->d_name);
		r = file_open_beneath(layer, de->d_name, O_RDONLY | O_DIRECTORY,
				      0, &sub, e);
		if (!r)
			r = like(sub, &st, e);
		if (!r && depth > 1)
			r = skeleton(h, fd, de->d_name, sub, depth - 1, e);
	}
	return r;
}

static int hide_files(struct hiding *h, const char *path, const char *dir,
		      const char *name, const struct stat *st, struct err *e)
{
	cleanup_close int fd = -1;
	int r = hide(h, dir, name, st, e);

	if (!r)
		r = file_open_beneath(h->layer, path, O_RDONLY | O_DIRECTORY, 0,
				      &fd, e);
	return r < 0 ? r : skeleton(h, h->lower, path, fd, SKELETON_DEPTH, e);
}

/* What in the directory has a name like the pattern. */
static int hide_pattern(struct hiding *h, const char *dir, const char *pattern,
			struct err *e)
{
	cleanup_closedir DIR *d = NULL;
	struct dirent *de;
	struct stat st;
	int fd = -1, r;

	r = file_open_beneath(h->lower, dir, O_RDONLY | O_DIRECTORY, 0, &fd, e);
	if (r < 0)
		return r;
	d = fdopendir(fd);
	if (!d) {
		close(fd);
		return err_nomem(e);
	}
	while (!r && (de = readdir(d)))
		if (fnmatch(pattern, de->d_name, FNM_PERIOD) == 0 &&
		    fstatat(fd, de->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			r = hide(h, dir, de->d_name, &st, e);
	return r;
}

static int hide_row(struct hiding *h, size_t i, struct err *e)
{
	const char *last = strrchr(hidden[i].path, '/');
	bool pattern = last && strchr(last, '*');
	cleanup_free char *path = NULL, *dir = NULL, *parent = NULL;
	const char *slash;
	struct stat st;
	int r;

	if (pattern) {
		parent = strndup(hidden[i].path,
				 (size_t)(last - hidden[i].path));
		if (!parent)
			return err_nomem(e);
	}
	r = locate(h, pattern ? parent : hidden[i].path, &path, &st, e);
	if (r < 0 || !path)
		return r;
	if (pattern)
		return S_ISDIR(st.st_mode) ? hide_pattern(h, path, last + 1, e)
					   : 0;
	slash = strrchr(path, '/');
	dir = slash ? strndup(path, (size_t)(slash - path)) : strdup(".");
	if (!dir)
		return err_nomem(e);
	slash = slash ? slash + 1 : path;
	if (hidden[i].how == HIDE_SHADOW && S_ISREG(st.st_mode))
		return hide_shadow(h, path, dir, slash, &st, e);
	if (hidden[i].how == HIDE_FILES && S_ISDIR(st.st_mode))
		return hide_files(h, path, dir, slash, &st, e);
	return hide(h, dir, slash, &st, e);
}

/* --- the rule ------------------------------------------------------------ */

static int sweep(struct hiding *h, int dirfd, const char *name,
		 const char *path, int depth, struct err *e);

static int sweep_entry(struct hiding *h, int dirfd, const char *dir,
		       const struct dirent *de, int depth, struct err *e)
{
	const char *name = de->d_name;
	cleanup_free char *sub = NULL;
	struct stat st;

	if (!strcmp(name, ".") || !strcmp(name, "..") ||
	    (de->d_type != DT_REG && de->d_type != DT_DIR &&
	     de->d_type != DT_UNKNOWN))
		return 0;
	if (--h->left < 0)
		return err_set(e, E2BIG,
			       "/%s: too many files for a copy of the "
			       "machine's root",
			       dir);
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (S_ISREG(st.st_mode))
		return st.st_mode & S_IROTH ? 0 : hide(h, dir, name, &st, e);
	if (!S_ISDIR(st.st_mode))
		return 0;
	if (!(st.st_mode & S_IXOTH))
		return hide(h, dir, name, &st, e);
	if (depth <= 0)
		return 0;
	sub = strcmp(dir, ".") ? str_printf("%s/%s", dir, name) : strdup(name);
	return sub ? sweep(h, dirfd, name, sub, depth - 1, e) : err_nomem(e);
}

/* dirfd/name, which is lower's `path`. */
static int sweep(struct hiding *h, int dirfd, const char *name,
		 const char *path, int depth, struct err *e)
{
	int fd = openat(dirfd, name,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	cleanup_closedir DIR *d = NULL;
	struct dirent *de;
	int r = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(e, errno, "/%s", path);
	d = fdopendir(fd);
	if (!d) {
		close(fd);
		return err_nomem(e);
	}
	while (!r && (de = readdir(d)))
		r = sweep_entry(h, fd, path, de, depth, e);
	return r;
}

int blockhide_fill(int layer, int lower, struct err *e)
{
	struct hiding h = {
		.layer = layer,
		.lower = lower,
		.left = SWEEP_MAX,
	};
	struct stat st;
	int r = 0;

	if (fstat(lower, &st) < 0)
		return err_sys(e, errno, "hidden files");
	r = like(layer, &st, e);
	for (size_t i = 0; !r && i < ARRAY_SIZE(hidden); i++)
		r = hide_row(&h, i, e);
	for (size_t i = 0; !r && i < ARRAY_SIZE(swept); i++) {
		cleanup_free char *path = NULL;

		r = locate(&h, swept[i].path, &path, &st, e);
		if (!r && path && S_ISDIR(st.st_mode))
			r = sweep(&h, lower, path, path, swept[i].depth, e);
	}
	return r;
}
