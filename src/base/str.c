/* See str.h. */
#include "base/str.h"

#include "base/cleanup.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char strbuf_empty[1] = "";

void strbuf_free(struct strbuf *b)
{
	if (b->size)
		free(b->s);
	*b = (struct strbuf)STRBUF_INIT;
}

static bool strbuf_grow(struct strbuf *b, size_t more)
{
	size_t want, size;
	char *s;

	if (b->failed)
		return false;
	if (more > SIZE_MAX / 4 || b->len > SIZE_MAX / 4) {
		b->failed = true;
		return false;
	}
	want = b->len + more + 1;
	if (want <= b->size)
		return true;
	size = b->size ? b->size * 2 : 64;
	if (size < want)
		size = want;
	s = realloc(b->size ? b->s : NULL, size);
	if (!s) {
		b->failed = true;
		return false;
	}
	if (!b->size)
		s[0] = '\0';
	b->s = s;
	b->size = size;
	return true;
}

void strbuf_addn(struct strbuf *b, const void *p, size_t n)
{
	if (!n || !strbuf_grow(b, n))
		return;
	memcpy(b->s + b->len, p, n);
	b->len += n;
	b->s[b->len] = '\0';
}

void strbuf_adds(struct strbuf *b, const char *s)
{
	strbuf_addn(b, s, strlen(s));
}

void strbuf_addch(struct strbuf *b, char c)
{
	strbuf_addn(b, &c, 1);
}

void strbuf_vaddf(struct strbuf *b, const char *fmt, va_list ap)
{
	va_list ap2;
	int n;

	va_copy(ap2, ap);
	n = vsnprintf(NULL, 0, fmt, ap2);
	va_end(ap2);
	if (n < 0) {
		b->failed = true;
		return;
	}
	if (!n || !strbuf_grow(b, (size_t)n))
		return;
	vsnprintf(b->s + b->len, (size_t)n + 1, fmt, ap);
	b->len += (size_t)n;
}

void strbuf_addf(struct strbuf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(b, fmt, ap);
	va_end(ap);
}

void strbuf_clear(struct strbuf *b)
{
	b->len = 0;
	if (b->size)
		b->s[0] = '\0';
	b->failed = false;
}

char *strbuf_take(struct strbuf *b)
{
	char *s = NULL;

	if (!b->failed)
		s = b->size ? b->s : strdup("");
	else if (b->size)
		free(b->s);
	*b = (struct strbuf)STRBUF_INIT;
	return s;
}

void strv_free(struct strv *sv)
{
	for (size_t i = 0; i < sv->n; i++)
		free(sv->v[i]);
	free(sv->v);
	*sv = (struct strv){0};
}

int strv_take(struct strv *sv, char *s)
{
	char **v;

	if (!s)
		return -ENOMEM;
	v = reallocarray(sv->v, sv->n + 2, sizeof(*v));
	if (!v) {
		free(s);
		return -ENOMEM;
	}
	v[sv->n++] = s;
	v[sv->n] = NULL;
	sv->v = v;
	return 0;
}

int strv_add(struct strv *sv, const char *s)
{
	return strv_take(sv, strdup(s));
}

int strv_addf(struct strv *sv, const char *fmt, ...)
{
	char *s = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	return n < 0 ? -ENOMEM : strv_take(sv, s);
}

int strv_copy(struct strv *dst, const struct strv *src)
{
	int r;

	for (size_t i = 0; i < src->n; i++) {
		r = strv_add(dst, src->v[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

bool strv_has(const struct strv *sv, const char *s)
{
	for (size_t i = 0; i < sv->n; i++)
		if (!strcmp(sv->v[i], s))
			return true;
	return false;
}

void strv_remove(struct strv *sv, size_t i)
{
	free(sv->v[i]);
	memmove(sv->v + i, sv->v + i + 1, (sv->n - i) * sizeof(*sv->v));
	sv->n--;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strv_sort(struct strv *sv)
{
	if (sv->n)
		qsort(sv->v, sv->n, sizeof(*sv->v), compare);
}

int strv_split(struct strv *sv, const char *s, const char *sep)
{
	size_t n;
	int r;

	for (;;) {
		s += strspn(s, sep);
		n = strcspn(s, sep);
		if (!n)
			return 0;
		r = strv_take(sv, strndup(s, n));
		if (r < 0)
			return r;
		s += n;
	}
}

char *strv_join(const struct strv *sv, const char *sep)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	for (size_t i = 0; i < sv->n; i++) {
		if (i)
			strbuf_adds(&b, sep);
		strbuf_adds(&b, sv->v[i]);
	}
	return strbuf_take(&b);
}

char *str_printf(const char *fmt, ...)
{
	char *s = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	return n < 0 ? NULL : s;
}

void str_copy(char *dst, size_t size, const char *src)
{
	size_t n = strnlen(src, size - 1);

	memmove(dst, src, n);
	dst[n] = '\0';
}

void str_tame(char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const unsigned char c = (unsigned char)s[i];

		if ((c < ' ' && c != '\n' && c != '\t') || c == 0x7f)
			s[i] = '?';
		else if (c == 0xc2 && i + 1 < n &&
			 ((unsigned char)s[i + 1] & 0xe0) == 0x80)
			s[i] = s[i + 1] = '?';
	}
}

void str_tame_line(char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] == '\n' || s[i] == '\t')
			s[i] = '?';
	str_tame(s, n);
}

bool str_prefix(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

bool str_suffix(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && !strcmp(s + n - m, suffix);
}

int str_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

const char *str_env(char *const *env, const char *name)
{
	size_t n = strlen(name);

	for (; env && *env; env++)
		if (!strncmp(*env, name, n) && (*env)[n] == '=')
			return *env + n + 1;
	return NULL;
}

int str_to_int(const char *s, long long min, long long max, long long *ret)
{
	long long v;
	char *end;

	if (!*s || isspace((unsigned char)*s))
		return -EINVAL;
	errno = 0;
	v = strtoll(s, &end, 10);
	if (*end)
		return -EINVAL;
	if (errno || v < min || v > max)
		return -ERANGE;
	*ret = v;
	return 0;
}
