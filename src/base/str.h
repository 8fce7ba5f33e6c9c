/*
 * str: growable strings and string vectors.
 *
 * A strbuf's errors are sticky: append as often as you like, then ask
 * strbuf_failed() once.  `s` is always a valid C string (never NULL).
 */
#ifndef CB_BASE_STR_H
#define CB_BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct strbuf {
	char *s;
	size_t len;
	size_t size; /* bytes allocated; 0 while s points to a constant "" */
	bool failed; /* an allocation failed; content is cut */
};

extern char strbuf_empty[1];
#define STRBUF_INIT                                                            \
	{                                                                      \
		.s = strbuf_empty                                              \
	}

void strbuf_free(struct strbuf *b);
#define cleanup_strbuf __attribute__((cleanup(strbuf_free)))

void strbuf_addch(struct strbuf *b, char c);
void strbuf_adds(struct strbuf *b, const char *s);
void strbuf_addn(struct strbuf *b, const void *p, size_t n);
void strbuf_addf(struct strbuf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void strbuf_vaddf(struct strbuf *b, const char *fmt, va_list ap);
void strbuf_clear(struct strbuf *b);
static inline bool strbuf_failed(const struct strbuf *b)
{
	return b->failed;
}
/* The text as malloc'd memory the caller owns (NULL if failed); b is empty. */
char *strbuf_take(struct strbuf *b);

/* A vector of owned strings, always NULL-terminated once non-empty. */
struct strv {
	char **v;
	size_t n;
};

void strv_free(struct strv *sv);
#define cleanup_strv __attribute__((cleanup(strv_free)))
int strv_add(struct strv *sv, const char *s); /* copies; -ENOMEM */
int strv_take(struct strv *sv, char *s);      /* takes s, also on failure */
int strv_addf(struct strv *sv, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int strv_copy(struct strv *dst, const struct strv *src);
bool strv_has(const struct strv *sv, const char *s);
void strv_remove(struct strv *sv, size_t i);
void strv_sort(struct strv *sv); /* by bytes */
/* Split at any of `sep` characters; empty fields are dropped. */
int strv_split(struct strv *sv, const char *s, const char *sep);
/* Join with `sep`; malloc'd, NULL when out of memory. */
char *strv_join(const struct strv *sv, const char *sep);

char *str_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Copy into dst[size], cut if need be, always terminated; size > 0. */
void str_copy(char *dst, size_t size, const char *src);
/*
 * For a terminal: what it would obey, but for newlines and tabs, becomes '?',
 * also as UTF-8 has it (U+0080 to U+009f).
 */
void str_tame(char *s, size_t n);
void str_tame_line(char *s, size_t n); /* and newlines and tabs, too */
bool str_prefix(const char *s, const char *prefix);
bool str_suffix(const char *s, const char *suffix);
/* The value of a hexadecimal digit; -1: it is none. */
int str_hex_digit(char c);
/* The value of NAME=VALUE in a list that NULL ends, or NULL; env may be NULL.
 */
const char *str_env(char *const *env, const char *name);
/* Whole string as a decimal number in [min,max]; 0 or -EINVAL/-ERANGE. */
int str_to_int(const char *s, long long min, long long max, long long *ret);

#endif
