/* See file.h. */
#include "base/file.h"

#include "base/cleanup.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static int fd_read_all(int fd, size_t max, struct strbuf *b)
{
	char chunk[16384];
	ssize_t n;

	for (;;) {
		n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return strbuf_failed(b) ? -ENOMEM : 0;
		if (b->len + (size_t)n > max)
			return -EFBIG;
		strbuf_addn(b, chunk, (size_t)n);
	}
}

static int fd_write_all(int fd, const char *text, size_t len)
{
	ssize_t n;

	while (len) {
		n = write(fd, text, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

int file_read_fd(int fd, size_t max, char **ret, size_t *ret_len)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	size_t len;
	char *s;
	int r;

	r = fd_read_all(fd, max, &b);
	if (r < 0)
		return r;
	len = b.len;
	s = strbuf_take(&b);
	if (!s)
		return -ENOMEM;
	*ret = s;
	if (ret_len)
		*ret_len = len;
	return 0;
}

int file_read(int dirfd, const char *path, size_t max, char **ret,
	      size_t *ret_len, struct err *e)
{
	cleanup_close int fd = -1;
	int r;

	fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return err_sys(e, errno, "%s", path);
	r = file_read_fd(fd, max, ret, ret_len);
	if (r == -ENOMEM)
		return err_nomem(e);
	return r < 0 ? err_sys(e, -r, "%s", path) : 0;
}

int file_write_atomic(int dirfd, const char *path, const char *text,
		      mode_t mode, struct err *e)
{
	cleanup_free char *tmp = NULL;
	cleanup_close int fd = -1;
	int r;

	tmp = str_printf("%s.tmp.%d", path, (int)getpid());
	if (!tmp)
		return err_nomem(e);
	/* left by a process of this number, or put there to be written to */
	unlinkat(dirfd, tmp, 0);
	fd = openat(dirfd, tmp,
		    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0)
		return err_sys(e, errno, "%s", tmp);
	r = fd_write_all(fd, text, strlen(text));
	if (r < 0 || renameat(dirfd, tmp, dirfd, path) < 0) {
		r = r < 0 ? r : -errno;
		unlinkat(dirfd, tmp, 0);
		return err_sys(e, -r, "%s", path);
	}
	return 0;
}

int file_poke(int dirfd, const char *path, const char *text, struct err *e)
{
	cleanup_close int fd = -1;
	ssize_t n;

	fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return err_sys(e, errno, "%s", path);
	do
		n = write(fd, text, strlen(text));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(e, errno, "%s", path);
	return 0;
}

int file_mkdirs(int dirfd, const char *path, mode_t mode, struct err *e)
{
	cleanup_free char *p = strdup(path);

	if (!p)
		return err_nomem(e);
	for (char *s = p + 1; s[-1]; s++) {
		if (*s != '/' && *s)
			continue;
		char c = *s;

		*s = '\0';
		if (mkdirat(dirfd, p, mode) < 0 && errno != EEXIST)
			return err_sys(e, errno, "%s", p);
		*s = c;
		if (!c)
			break;
	}
	return 0;
}

static int rmtree_fd(int fd, dev_t dev, struct err *e)
{
	cleanup_closedir DIR *d = fdopendir(fd);
	struct dirent *de;
	int r;

	if (!d) {
		r = errno;
		close(fd);
		return err_sys(e, r, "opendir");
	}
	while ((de = readdir(d))) {
		struct stat st;
		int sub;

		if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, ".."))
			continue;
		if (fstatat(dirfd(d), de->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (!S_ISDIR(st.st_mode)) {
			if (unlinkat(dirfd(d), de->d_name, 0) < 0 &&
			    errno != ENOENT)
				return err_sys(e, errno, "%s", de->d_name);
			continue;
		}
		if (st.st_dev != dev)
			return err_set(e, EBUSY, "%s: is a mount point",
				       de->d_name);
		sub = openat(dirfd(d), de->d_name,
			     O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub < 0)
			return err_sys(e, errno, "%s", de->d_name);
		r = rmtree_fd(sub, dev, e);
		if (r < 0)
			return r;
		if (unlinkat(dirfd(d), de->d_name, AT_REMOVEDIR) < 0 &&
		    errno != ENOENT)
			return err_sys(e, errno, "%s", de->d_name);
	}
	return 0;
}

int file_rmtree(int dirfd, const char *path, struct err *e)
{
	struct stat st;
	int fd, r;

	if (fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_sys(e, errno, "%s", path);
	if (!S_ISDIR(st.st_mode)) {
		if (unlinkat(dirfd, path, 0) < 0 && errno != ENOENT)
			return err_sys(e, errno, "%s", path);
		return 0;
	}
	fd = openat(dirfd, path,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, errno, "%s", path);
	r = rmtree_fd(fd, st.st_dev, e);
	if (r < 0)
		return err_wrap(e, "%s", path);
	if (unlinkat(dirfd, path, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return err_sys(e, errno, "%s", path);
	return 0;
}

int file_lock(int dirfd, const char *path, bool shared, int *ret_fd,
	      struct err *e)
{
	cleanup_close int fd = -1;

	fd = openat(dirfd, path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
		    0600);
	if (fd < 0)
		return err_sys(e, errno, "%s", path);
	while (flock(fd, shared ? LOCK_SH : LOCK_EX) < 0)
		if (errno != EINTR)
			return err_sys(e, errno, "%s: flock", path);
	*ret_fd = take_fd(&fd);
	return 0;
}

static int open_resolve(int rootfd, const char *path, int flags, mode_t mode,
			unsigned long long resolve, int *ret_fd, struct err *e)
{
	struct open_how how = {
		/* openat2 refuses O_NOCTTY beside O_PATH */
		.flags = (unsigned int)flags | O_CLOEXEC |
			 (flags & O_PATH ? 0 : O_NOCTTY),
		.mode = flags & (O_CREAT | O_TMPFILE) ? mode : 0,
		.resolve = resolve | RESOLVE_NO_MAGICLINKS,
	};
	long fd;

	do
		fd = syscall(SYS_openat2, rootfd, path, &how, sizeof(how));
	while (fd < 0 && (errno == EINTR || errno == EAGAIN));
	if (fd < 0)
		return err_sys(e, errno, "%s", path);
	*ret_fd = (int)fd;
	return 0;
}

int file_open_in_root(int rootfd, const char *path, int flags, mode_t mode,
		      int *ret_fd, struct err *e)
{
	return open_resolve(rootfd, path, flags, mode, RESOLVE_IN_ROOT, ret_fd,
			    e);
}

int file_open_beneath(int rootfd, const char *path, int flags, mode_t mode,
		      int *ret_fd, struct err *e)
{
	while (*path == '/')
		path++;
	return open_resolve(rootfd, *path ? path : ".", flags, mode,
			    RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS, ret_fd, e);
}

int file_open_same_mount(int rootfd, const char *path, int flags, mode_t mode,
			 int *ret_fd, struct err *e)
{
	return open_resolve(rootfd, path, flags, mode,
			    RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
				    RESOLVE_NO_XDEV,
			    ret_fd, e);
}
