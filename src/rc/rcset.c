/*
 * rcset: see rcset.h.
 *
 * Theory of operation.  A cursor walks the text once.  Every shell quotes
 * differently, but all of them print what they themselves would read back, so
 * one reader of shell words serves all: dash and busybox close the quotes for
 * a ' (`'it'"'"'s'`), bash escapes it outside (`'it'\''s'`) and uses $'...' for
 * control characters, mksh uses $'...' freely.
 */
#include "rc/rcset.h"

#include "base/cleanup.h"
#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

struct cursor {
	const char *p, *end;
};

static bool name_start(char c)
{
	return c == '_' || isalpha((unsigned char)c);
}

static bool name_char(char c)
{
	return c == '_' || isalnum((unsigned char)c);
}

static void skip_line(struct cursor *c)
{
	const char *nl = memchr(c->p, '\n', (size_t)(c->end - c->p));

	c->p = nl ? nl + 1 : c->end;
}

/* A number of at most `max` digits in `base`. */
static unsigned int read_number(struct cursor *c, int base, int max)
{
	unsigned int v = 0;

	for (int i = 0; i < max && c->p < c->end; i++, c->p++) {
		int d = str_hex_digit(*c->p);

		if (d < 0 || d >= base)
			break;
		v = v * (unsigned int)base + (unsigned int)d;
	}
	return v;
}

/* NUL is dropped, as shells do. */
static void put_byte(struct strbuf *b, unsigned int v)
{
	if (v & 0xff)
		strbuf_addch(b, (char)(v & 0xff));
}

static void put_utf8(struct strbuf *b, unsigned int v)
{
	if (v < 0x80) {
		put_byte(b, v);
	} else if (v < 0x800) {
		put_byte(b, 0xc0 | v >> 6);
		put_byte(b, 0x80 | (v & 0x3f));
	} else {
		put_byte(b, 0xe0 | (v >> 12 & 0x0f));
		put_byte(b, 0x80 | (v >> 6 & 0x3f));
		put_byte(b, 0x80 | (v & 0x3f));
	}
}

/* After the backslash inside $'...'; there is at least one character. */
static void read_ansi_escape(struct cursor *c, struct strbuf *b)
{
	static const char from[] = "abeEfnrtv";
	static const char to[] = "\a\b\033\033\f\n\r\t\v";
	char ch = *c->p;
	const char *at = strchr(from, ch);

	if (ch >= '0' && ch <= '7') {
		put_byte(b, read_number(c, 8, 3));
		return;
	}
	c->p++;
	if (ch == 'x')
		put_byte(b, read_number(c, 16, 2));
	else if (ch == 'u')
		put_utf8(b, read_number(c, 16, 4));
	else
		put_byte(b, (unsigned char)(ch && at ? to[at - from] : ch));
}

/* Inside quotes up to and with the closing one; false: it never comes. */
static bool read_quoted(struct cursor *c, char quote, bool ansi,
			struct strbuf *b)
{
	while (c->p < c->end) {
		char ch = *c->p++;

		if (ch == quote)
			return true;
		if (ch != '\\' || (quote == '\'' && !ansi)) {
			if (ch)
				strbuf_addch(b, ch);
			continue;
		}
		if (c->p >= c->end)
			return false;
		if (ansi) {
			read_ansi_escape(c, b);
			continue;
		}
		ch = *c->p++;
		if (ch == '\n')
			continue;
		if (!strchr("\\\"$`", ch))
			strbuf_addch(b, '\\');
		if (ch)
			strbuf_addch(b, ch);
	}
	return false;
}

/* The word after '='; stops behind its newline. */
static bool read_word(struct cursor *c, struct strbuf *b)
{
	while (c->p < c->end) {
		char ch = *c->p++;

		if (ch == '\n')
			return true;
		if (ch == '\'' || ch == '"') {
			if (!read_quoted(c, ch, false, b))
				return false;
		} else if (ch == '$' && c->p < c->end && *c->p == '\'') {
			c->p++;
			if (!read_quoted(c, '\'', true, b))
				return false;
		} else if (ch == '\\' && c->p < c->end) {
			ch = *c->p++;
			if (ch && ch != '\n')
				strbuf_addch(b, ch);
		} else if (ch) {
			strbuf_addch(b, ch);
		}
	}
	return true;
}

static int var_add(struct rcvar **v, size_t *n, char *name, char *value)
{
	struct rcvar *t = NULL;

	/* grow by doubling: there are hundreds of variables */
	if ((*n & (*n - 1)) == 0) {
		t = reallocarray(*v, *n ? *n * 2 : 1, sizeof(**v));
		if (!t) {
			free(name);
			free(value);
			return -ENOMEM;
		}
		*v = t;
	}
	(*v)[(*n)++] = (struct rcvar){.name = name, .value = value};
	return 0;
}

int rcset_parse(const char *text, size_t len, struct rcvar **v, size_t *n,
		struct err *e)
{
	struct cursor c = {.p = text, .end = text + len};

	while (c.p < c.end) {
		const char *start = c.p;
		cleanup_strbuf struct strbuf b = STRBUF_INIT;
		cleanup_free char *name = NULL, *value = NULL;

		if (!name_start(*c.p)) {
			skip_line(&c);
			continue;
		}
		while (c.p < c.end && name_char(*c.p))
			c.p++;
		if (c.p >= c.end || *c.p != '=' ||
		    (c.p + 1 < c.end && c.p[1] == '(')) {
			skip_line(&c);
			continue;
		}
		name = strndup(start, (size_t)(c.p - start));
		c.p++;
		if (!read_word(&c, &b))
			return err_set(
				e, EINVAL,
				"the shell's list of variables ends inside %s",
				name ? name : "one");
		value = strbuf_take(&b);
		if (!name || !value)
			return err_nomem(e);
		if (var_add(v, n, take_ptr(name), take_ptr(value)) < 0)
			return err_nomem(e);
	}
	return 0;
}

void rcset_free(struct rcvar *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(v[i].name);
		free(v[i].value);
	}
	free(v);
}
