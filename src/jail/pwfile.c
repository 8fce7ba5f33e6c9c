/* See pwfile.h. */
#include "jail/pwfile.h"

#include "base/cleanup.h"
#include "base/str.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

/* A part of a line. */
struct field {
	const char *s;
	size_t n;
};

/* n fields of the line at s, the last one to its end; false: fewer. */
static bool fields(const char *s, struct field *f, size_t n)
{
	const char *end = strchrnul(s, '\n');

	for (size_t i = 0; i < n; i++) {
		const char *stop = memchr(s, ':', (size_t)(end - s));

		if (i == n - 1)
			stop = end;
		if (!stop)
			return false;
		f[i] = (struct field){s, (size_t)(stop - s)};
		s = stop + 1;
	}
	return true;
}

static bool is(const struct field *f, const char *name)
{
	return strlen(name) == f->n && !memcmp(f->s, name, f->n);
}

/*
 * Decimal digits only.  The highest number is no id: to setresuid(2) it means
 * "leave it as it is", which would be root.
 */
static bool id(const struct field *f, uint32_t *ret)
{
	uint64_t v = 0;

	if (!f->n || f->n > 10)
		return false;
	for (size_t i = 0; i < f->n; i++) {
		if (f->s[i] < '0' || f->s[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(f->s[i] - '0');
	}
	if (v >= UINT32_MAX)
		return false;
	*ret = (uint32_t)v;
	return true;
}

/* Text that can be in an environment and in a message. */
static bool plain(const struct field *f)
{
	for (size_t i = 0; i < f->n; i++)
		if ((unsigned char)f->s[i] < ' ' || f->s[i] == 0x7f)
			return false;
	return f->n < 4096;
}

void pwuser_free(struct pwuser *u)
{
	free(u->name);
	free(u->home);
	free(u->shell);
}

static const char *next_line(const char *s)
{
	s = strchrnul(s, '\n');
	return *s ? s + 1 : s;
}

int pwfile_user(const char *text, const char *name, struct pwuser *ret,
		struct err *e)
{
	cleanup_pwuser struct pwuser u = {0};
	struct field f[7];

	/* "+" and "-" ask NIS, "#" is a comment: none is a user's name */
	if (!*name || strchr("+-#", *name))
		text = NULL;
	for (; text && *text; text = next_line(text)) {
		if (!fields(text, f, 7) || !is(&f[0], name) ||
		    !id(&f[2], &u.uid) || !id(&f[3], &u.gid) || !plain(&f[5]) ||
		    !plain(&f[6]) || memchr(f[6].s, ':', f[6].n))
			continue;
		u.name = strdup(name);
		u.home = f[5].n && *f[5].s == '/' ? strndup(f[5].s, f[5].n)
						  : strdup("/");
		u.shell = strndup(f[6].s, f[6].n);
		if (!u.name || !u.home || !u.shell)
			return err_nomem(e);
		*ret = u;
		u = (struct pwuser){0};
		return 0;
	}
	return err_set(e, ENOENT, "%s: no such user", name);
}

static bool listed(const struct field *members, const char *name)
{
	size_t len = strlen(name);

	for (const char *s = members->s, *end = s + members->n; s <= end;) {
		const char *comma = memchr(s, ',', (size_t)(end - s));

		if (!comma)
			comma = end;
		if ((size_t)(comma - s) == len && !memcmp(s, name, len))
			return true;
		s = comma + 1;
	}
	return false;
}

size_t pwfile_groups(const char *text, const char *name, gid_t *v, size_t max)
{
	struct field f[4];
	size_t n = 0;
	gid_t gid;

	for (; text && *name && *text && n < max; text = next_line(text))
		if (fields(text, f, 4) && id(&f[2], &gid) &&
		    listed(&f[3], name))
			v[n++] = gid;
	return n;
}
