/* See regtext.h. */
#include "jail/regtext.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

struct reader {
	const char *p, *end;
	size_t values;
};

static int bad(const struct reader *rd, struct err *e)
{
	(void)rd;
	return err_set(e, EBADMSG, "damaged registry file");
}

static void skip_blank(struct reader *rd)
{
	while (rd->p < rd->end &&
	       (*rd->p == ' ' || *rd->p == '\t' || *rd->p == '\n'))
		rd->p++;
}

static bool name_char(char c)
{
	/* what jail.conf reads as one bare word, and any letter beyond ASCII */
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c && strchr("._-:@%+^~", c)) ||
	       (unsigned char)c >= 0x80;
}

int regtext_name_ok(const char *name)
{
	size_t n = 0;

	while (name[n] && name_char(name[n]))
		n++;
	return n > 0 && !name[n] && n <= 512;
}

static int read_name(struct reader *rd, struct strbuf *b)
{
	const char *start = rd->p;

	while (rd->p < rd->end && name_char(*rd->p))
		rd->p++;
	if (rd->p == start || rd->p - start > 512)
		return -EBADMSG;
	strbuf_addn(b, start, (size_t)(rd->p - start));
	return 0;
}

static bool octal(const struct reader *rd)
{
	return rd->end - rd->p >= 3 && rd->p[0] >= '0' && rd->p[0] <= '3' &&
	       rd->p[1] >= '0' && rd->p[1] <= '7' && rd->p[2] >= '0' &&
	       rd->p[2] <= '7';
}

static int read_quoted(struct reader *rd, struct strbuf *b)
{
	if (rd->p >= rd->end || *rd->p++ != '"')
		return -EBADMSG;
	while (rd->p < rd->end && *rd->p != '"') {
		char c = *rd->p++;

		if (c == '\0')
			return -EBADMSG;
		if (c == '\\') {
			if (octal(rd)) {
				c = (char)((rd->p[0] - '0') << 6 |
					   (rd->p[1] - '0') << 3 |
					   (rd->p[2] - '0'));
				rd->p += 3;
				if (!c)
					return -EBADMSG;
			} else if (rd->p < rd->end &&
				   (*rd->p == '"' || *rd->p == '\\' ||
				    *rd->p == '$')) {
				c = *rd->p++;
			} else {
				return -EBADMSG;
			}
		}
		strbuf_addch(b, c);
	}
	if (rd->p >= rd->end)
		return -EBADMSG;
	rd->p++;
	return 0;
}

static int read_values(struct reader *rd, struct strv *values, struct err *e)
{
	for (;;) {
		cleanup_strbuf struct strbuf b = STRBUF_INIT;

		skip_blank(rd);
		if (++rd->values > REGTEXT_VALUES || read_quoted(rd, &b) < 0)
			return bad(rd, e);
		if (strbuf_failed(&b) || strv_add(values, b.s) < 0)
			return err_nomem(e);
		skip_blank(rd);
		if (rd->p < rd->end && *rd->p == ',') {
			rd->p++;
			continue;
		}
		return 0;
	}
}

static int read_statement(struct reader *rd, struct pset *ps, struct err *e)
{
	cleanup_strbuf struct strbuf name = STRBUF_INIT;
	cleanup_strv struct strv values = {0};
	int r;

	if (read_name(rd, &name) < 0)
		return bad(rd, e);
	skip_blank(rd);
	if (rd->p < rd->end && *rd->p == '=') {
		rd->p++;
		r = read_values(rd, &values, e);
		if (r < 0)
			return r;
	}
	if (rd->p >= rd->end || *rd->p++ != ';')
		return bad(rd, e);
	if (ps->n >= REGTEXT_PARAMS)
		return bad(rd, e);
	return pset_put_values(ps, name.s, &values, false, NULL, 0, e);
}

int regtext_parse(const char *text, size_t len, struct pset *ret, struct err *e)
{
	struct reader rd = {.p = text, .end = text + len};
	cleanup_pset struct pset ps = {0};
	int r;

	for (skip_blank(&rd); rd.p < rd.end; skip_blank(&rd)) {
		r = read_statement(&rd, &ps, e);
		if (r < 0)
			return r;
	}
	pset_free(ret);
	*ret = ps;
	ps = (struct pset){0};
	return 0;
}

static void print_quoted(struct strbuf *out, const char *s)
{
	strbuf_addch(out, '"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\' || *s == '$')
			strbuf_addf(out, "\\%c", *s);
		else if ((unsigned char)*s < ' ' || *s == 0x7f)
			strbuf_addf(out, "\\%03o", (unsigned char)*s);
		else
			strbuf_addch(out, *s);
	}
	strbuf_addch(out, '"');
}

void regtext_print(struct strbuf *out, const struct pset *ps)
{
	for (size_t i = 0; i < ps->n; i++) {
		const struct jparam *p = &ps->v[i];

		strbuf_adds(out, p->name);
		for (size_t k = 0; k < p->values.n; k++) {
			strbuf_adds(out, k ? ", " : " = ");
			print_quoted(out, p->values.v[k]);
		}
		strbuf_adds(out, ";\n");
	}
}

int regtext_read(int dirfd, const char *path, struct pset *ret, struct err *e)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	cleanup_close int fd = -1;
	char chunk[4096];
	struct stat st;
	ssize_t n;
	int r;

	r = file_open_same_mount(dirfd, path, O_RDONLY | O_NONBLOCK, 0, &fd, e);
	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(e, EBADMSG, "%s: not a regular file", path);
	while ((n = read(fd, chunk, sizeof(chunk))) > 0) {
		strbuf_addn(&b, chunk, (size_t)n);
		if (b.len > REGTEXT_MAX)
			return err_sys(e, EFBIG, "%s", path);
	}
	if (n < 0)
		return err_sys(e, errno, "%s", path);
	if (strbuf_failed(&b))
		return err_nomem(e);
	r = regtext_parse(b.s, b.len, ret, e);
	return r < 0 ? err_wrap(e, "%s", path) : 0;
}

int regtext_write(int dirfd, const char *path, const struct pset *ps,
		  struct err *e)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	regtext_print(&b, ps);
	if (strbuf_failed(&b))
		return err_nomem(e);
	return file_write_atomic(dirfd, path, b.s, 0644, e);
}
