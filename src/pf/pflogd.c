/* See pflogd.h. */
#include "pf/pflogd.h"

#include "base/cleanup.h"
#include "pf/pflog.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENOUGH 32768 /* bytes that are kept in memory */

struct head { /* of a capture */
	uint32_t magic;
	uint16_t version[2];
	uint32_t zone, sigfigs, snaplen, linktype;
};
_Static_assert(sizeof(struct head) == 24, "as in the file");

struct record {
	uint32_t sec, usec, caplen, len;
};

struct pflogd_file {
	int fd;
	uint32_t snaplen;
	struct strbuf kept;
};

/* Read all of `len` bytes; false: there are less. */
static bool read_at(int fd, void *buf, size_t len, off_t at)
{
	return pread(fd, buf, len, at) == (ssize_t)len;
}

static int damaged(const char *path, const char *why, struct err *e)
{
	return err_set(e, EBADMSG, "%s: %s", path, why);
}

/* Is the file nothing but a head and whole records? */
static int scan(int fd, const char *path, uint32_t *ret_snaplen, struct err *e)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	struct head own, h;
	struct record r;
	struct stat st;
	off_t at = sizeof(h);

	pflog_file_head(&b);
	if (b.len != sizeof(own))
		return err_nomem(e);
	memcpy(&own, b.s, sizeof(own));
	if (fstat(fd, &st) < 0)
		return err_sys(e, errno, "%s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "%s: no regular file", path);
	if (!read_at(fd, &h, sizeof(h), 0))
		return damaged(path, "short file header", e);
	if (h.magic != own.magic || h.version[0] != own.version[0] ||
	    h.version[1] != own.version[1] || h.linktype != own.linktype ||
	    h.snaplen > PFLOGD_MAXSNAPLEN)
		return damaged(path, "no log of packets", e);
	while (at < st.st_size) {
		if (!read_at(fd, &r, sizeof(r), at) || r.caplen > h.snaplen)
			return damaged(path, "damaged log", e);
		at += (off_t)sizeof(r) + r.caplen;
	}
	if (at > st.st_size)
		return damaged(path, "damaged log", e);
	*ret_snaplen = h.snaplen;
	return 0;
}

int pflogd_check(const char *path, struct err *e)
{
	cleanup_close int fd =
		open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	uint32_t snaplen;

	return fd < 0 ? err_sys(e, errno, "%s", path)
		      : scan(fd, path, &snaplen, e);
}

static int write_all(int fd, const char *s, size_t len)
{
	while (len) {
		ssize_t n = write(fd, s, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		s += n;
		len -= (size_t)n;
	}
	return 0;
}

/* All or nothing. */
static int append(int fd, const struct strbuf *b, struct err *e)
{
	off_t was = lseek(fd, 0, SEEK_END);
	int r = was < 0 ? -errno : write_all(fd, b->s, b->len);

	if (r < 0 && was >= 0 && ftruncate(fd, was) < 0)
		return err_sys(e, -r, "write (half a record stays)");
	return r < 0 ? err_sys(e, -r, "write") : 0;
}

static int begin(int fd, uint32_t snaplen, struct err *e)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	pflog_file_head(&b);
	if (strbuf_failed(&b))
		return err_nomem(e);
	memcpy(b.s + offsetof(struct head, snaplen), &snaplen, sizeof(snaplen));
	return append(fd, &b, e);
}

static int move(const char *path, char **ret, struct err *e)
{
	cleanup_free char *to = NULL;
	uint32_t n;

	if (getrandom(&n, sizeof(n), 0) != sizeof(n))
		return err_sys(e, errno, "getrandom");
	to = str_printf("%s.bad.%08x", path, n);
	if (!to)
		return err_nomem(e);
	if (rename(path, to) < 0)
		return err_sys(e, errno, "%s", path);
	*ret = take_ptr(to);
	return 0;
}

/* 0, or -EBADMSG: it must go first. */
static int try_open(const char *path, uint32_t snaplen, struct pflogd_file *f,
		    struct err *e)
{
	struct stat st;

	f->snaplen = snaplen;
	f->fd = open(path,
		     O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK |
			     O_NOFOLLOW,
		     0600);
	if (f->fd < 0 || fstat(f->fd, &st) < 0)
		return err_sys(e, errno, "%s", path);
	return S_ISREG(st.st_mode) && !st.st_size
		       ? begin(f->fd, snaplen, e)
		       : scan(f->fd, path, &f->snaplen, e);
}

int pflogd_open(const char *path, uint32_t snaplen, struct pflogd_file **ret,
		char **ret_moved, struct err *e)
{
	cleanup_pflogd_file struct pflogd_file *f = calloc(1, sizeof(*f));
	cleanup_free char *moved = NULL;
	struct err first = ERR_INIT;
	int r;

	if (!f)
		return err_nomem(e);
	f->fd = -1;
	f->kept = (struct strbuf)STRBUF_INIT;
	r = try_open(path, snaplen, f, &first);
	if (r == -EBADMSG) {
		close(f->fd);
		f->fd = -1;
		r = move(path, &moved, e);
		if (r < 0)
			return r;
		r = try_open(path, snaplen, f, &first);
	}
	if (r < 0)
		return err_set(e, -r, "%s", first.text);
	*ret = take_ptr(f);
	*ret_moved = take_ptr(moved);
	return 0;
}

void pflogd_close(struct pflogd_file **f)
{
	if (!*f)
		return;
	if ((*f)->fd >= 0)
		close((*f)->fd);
	strbuf_free(&(*f)->kept);
	free(*f);
	*f = NULL;
}

uint32_t pflogd_snaplen(const struct pflogd_file *f)
{
	return f->snaplen;
}

int pflogd_flush(struct pflogd_file *f, struct err *e)
{
	int r = strbuf_failed(&f->kept) ? err_nomem(e)
					: append(f->fd, &f->kept, e);

	strbuf_clear(&f->kept);
	return r;
}

int pflogd_add(struct pflogd_file *f, const struct strbuf *records,
	       struct err *e)
{
	const char *s = records->s, *end = s + records->len;
	struct record r;

	while ((size_t)(end - s) >= sizeof(r)) {
		uint32_t whole;

		memcpy(&r, s, sizeof(r));
		s += sizeof(r);
		whole = r.caplen;
		if (whole > (size_t)(end - s))
			break;
		if (r.caplen > f->snaplen)
			r.caplen = f->snaplen;
		strbuf_addn(&f->kept, &r, sizeof(r));
		strbuf_addn(&f->kept, s, r.caplen);
		s += whole;
	}
	return f->kept.len < ENOUGH && !strbuf_failed(&f->kept)
		       ? 0
		       : pflogd_flush(f, e);
}
