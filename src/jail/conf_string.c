/*
 * conf_string: the strings of jail.conf(5), literal text and variables, from
 * what the lexer finds; see conf_impl.h for the whole.
 */
#include "jail/conf_impl.h"

#include "base/cleanup.h"
#include "base/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct conf_string *string_new(unsigned int line)
{
	struct conf_string *s = calloc(1, sizeof(*s));

	if (s)
		s->line = line;
	return s;
}

void conf_string_free(struct conf_string *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		free(s->v[i].text);
	free(s->v);
	free(s);
}

/* More text for a literal part; doubling, since pieces may be many. */
static int part_append(struct conf_part *part, const char *text, size_t len)
{
	size_t size = part->size;
	char *t;

	while (size < part->len + len + 1)
		size = size ? size * 2 : 32;
	if (size != part->size) {
		t = realloc(part->text, size);
		if (!t)
			return -ENOMEM;
		part->text = t;
		part->size = size;
	}
	memcpy(part->text + part->len, text, len);
	part->len += len;
	part->text[part->len] = '\0';
	return 0;
}

static int string_add(struct conf_string *s, const char *text, size_t len,
		      bool var)
{
	struct conf_part *v, *last = s->n ? &s->v[s->n - 1] : NULL;
	struct conf_part part = {.var = var};

	if (!len && !var)
		return 0;
	if (last && !last->var && !var)
		return part_append(last, text, len);
	if (part_append(&part, text, len) < 0)
		return -ENOMEM;
	v = reallocarray(s->v, s->n + 1, sizeof(*v));
	if (!v) {
		free(part.text);
		return -ENOMEM;
	}
	s->v = v;
	s->v[s->n++] = part;
	return 0;
}

/*
 * Decode the escape after a backslash at s[0..len).  Returns the bytes used;
 * *ret is the character, or -1 for none (a line that goes on).
 */
static size_t escape_decode(const char *s, size_t len, int *ret)
{
	static const char from[] = "abfnrtv", to[] = "\a\b\f\n\r\t\v";
	const char *at;
	size_t n = 0;
	int v = 0;

	if (s[0] == '\n') {
		*ret = -1;
		return 1;
	}
	while (n < 3 && n < len && s[n] >= '0' && s[n] <= '7')
		v = v * 8 + (s[n++] - '0');
	if (n) {
		*ret = v & 0xff;
		return n;
	}
	if (s[0] == 'x' && len > 1 && str_hex_digit(s[1]) >= 0) {
		for (n = 1; n < 3 && n < len && str_hex_digit(s[n]) >= 0; n++)
			v = v * 16 + str_hex_digit(s[n]);
		*ret = v;
		return n;
	}
	at = s[0] ? strchr(from, s[0]) : NULL;
	*ret = at ? to[at - from] : (unsigned char)s[0];
	return 1;
}

/* Text with its escapes decoded; a NUL has no place in any value. */
static int text_decode(struct conf_parser *p, struct strbuf *out, const char *s,
		       size_t len, unsigned int line)
{
	int c;

	for (size_t i = 0; i < len;) {
		c = (unsigned char)s[i++];
		/* a backslash with nothing behind stands for itself */
		if (c == '\\' && i < len)
			i += escape_decode(s + i, len - i, &c);
		if (c == 0) {
			conf_error(p, line, "NUL character in string");
			return -EINVAL;
		}
		if (c > 0)
			strbuf_addch(out, (char)c);
	}
	if (strbuf_failed(out)) {
		conf_nomem(p);
		return -ENOMEM;
	}
	return 0;
}

static int string_add_decoded(struct conf_parser *p, struct conf_string *str,
			      const char *s, size_t len, bool var)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	if (text_decode(p, &b, s, len, str->line) < 0)
		return -EINVAL;
	if (string_add(str, b.s, b.len, var) < 0) {
		conf_nomem(p);
		return -ENOMEM;
	}
	return 0;
}

static bool name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/*
 * The variable at s[0] == '$': its name's place and length, and the bytes it
 * takes in all.  0: this "$" is just a character.  -1: "${" without "}".
 */
static long variable_at(const char *s, size_t len, size_t *ret_start,
			size_t *ret_len)
{
	size_t i = 1;

	if (len > 1 && name_start(s[1])) {
		while (i < len &&
		       (name_start(s[i]) || (s[i] >= '0' && s[i] <= '9')))
			i++;
		*ret_start = 1;
		*ret_len = i - 1;
		return (long)i;
	}
	if (len < 2 || s[1] != '{')
		return 0;
	for (i = 2; i < len; i++) {
		if (s[i] == '\\' && i + 1 < len) {
			i++;
			continue;
		}
		if (s[i] == '\n' || s[i] == '{')
			return -1;
		if (s[i] == '}') {
			*ret_start = 2;
			*ret_len = i - 2;
			return (long)i + 1;
		}
	}
	return -1;
}

/* Length of the text up to the next "$" that no backslash precedes. */
static size_t literal_length(const char *s, size_t len)
{
	size_t i = 0;

	while (i < len && s[i] != '$')
		i += s[i] == '\\' && i + 1 < len ? 2 : 1;
	return i;
}

static int string_parse_subst(struct conf_parser *p, struct conf_string *str,
			      const char *s, size_t len)
{
	size_t n, start, name_len;
	long used;
	int r;

	for (size_t i = 0; i < len; i += n) {
		n = literal_length(s + i, len - i);
		if (!n) {
			used = variable_at(s + i, len - i, &start, &name_len);
			if (used < 0) {
				conf_error(p, str->line,
					   "unterminated variable");
				return -EINVAL;
			}
			if (used > 0) {
				n = (size_t)used;
				r = string_add_decoded(p, str, s + i + start,
						       name_len, true);
				if (r < 0)
					return r;
				continue;
			}
			n = 1;
		}
		r = string_add_decoded(p, str, s + i, n, false);
		if (r < 0)
			return r;
	}
	return 0;
}

struct conf_string *conf_string_parse(struct conf_parser *p, const char *s,
				      size_t len, bool subst, unsigned int line)
{
	struct conf_string *str = string_new(line);
	int r;

	if (!str) {
		conf_nomem(p);
		return NULL;
	}
	if (subst)
		r = string_parse_subst(p, str, s, len);
	else
		r = string_add_decoded(p, str, s, len, false);
	if (r < 0) {
		conf_string_free(str);
		return NULL;
	}
	return str;
}

struct conf_string *conf_string_var(struct conf_parser *p, const char *s,
				    size_t len, unsigned int line)
{
	struct conf_string *str = string_new(line);

	if (!str) {
		conf_nomem(p);
		return NULL;
	}
	if (string_add_decoded(p, str, s, len, true) < 0) {
		conf_string_free(str);
		return NULL;
	}
	return str;
}

struct conf_string *conf_string_join(struct conf_parser *p,
				     struct conf_string *a,
				     struct conf_string *b)
{
	for (size_t i = 0; i < b->n; i++) {
		if (string_add(a, b->v[i].text, b->v[i].len, b->v[i].var) < 0) {
			conf_string_free(a);
			a = NULL;
			conf_nomem(p);
			break;
		}
	}
	conf_string_free(b);
	return a;
}
