/*
 * parse: text of control messages to bytes; see parse.h.
 *
 * Theory of operation.  A composite is read in two passes, as FreeBSD does it:
 * the first notes where in the text each field's or element's value begins,
 * the second builds the bytes in the order of the type, so that the text's
 * order is free, what is missing gets its default, and an array finds the
 * count that stands before it.  The first pass skips nested values by counting
 * brackets; it looks at a byte once a level of the type, and types are ours,
 * so the work is bounded by the text's length.
 */
#include "base/cleanup.h"
#include "base/str.h"
#include "netgraph/parse_impl.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct reader {
	const char *s;
	size_t off;
	uint8_t *buf;
	size_t size;
};

enum token {
	T_EOF,
	T_LBRACE,
	T_RBRACE,
	T_LBRACKET,
	T_RBRACKET,
	T_EQUALS,
	T_STRING,
	T_WORD,
	T_ERROR
};

static int parse_value(struct reader *r, const struct ng_ptype *t, size_t at);
static int parse_default(struct reader *r, const struct ng_ptype *t, size_t at,
			 const uint8_t *dflt);

/* --- text --- */

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static void skip_blanks(struct reader *r)
{
	while (is_blank(r->s[r->off]))
		r->off++;
}

/* What `\` and the text after it stand for; how many characters that text
 * has.  Unlike FreeBSD's, \x takes two digits and \0 three, so that what is
 * printed reads back. */
static size_t unescape(const char *s, char *ret)
{
	static const char from[] = "tnrvf", to[] = "\t\n\r\v\f";
	const char *p = strchr(from, s[0]);
	size_t n = 0;
	int x = 0;

	if (p && s[0]) {
		*ret = to[p - from];
		return 1;
	}
	if (s[0] == 'x' && str_hex_digit(s[1]) >= 0) {
		for (n = 1; n < 3 && str_hex_digit(s[n]) >= 0; n++)
			x = x * 16 + str_hex_digit(s[n]);
	} else {
		for (; n < 3 && s[n] >= '0' && s[n] <= '7'; n++)
			x = x * 8 + s[n] - '0';
	}
	*ret = n ? (char)x : s[0];
	return n ? n : 1;
}

/* The string that begins at `off` (a quote): its bytes into out (room for as
 * many as the text has; may be NULL), how many; *ret_end is behind the closing
 * quote.  -EINVAL: there is none. */
static long read_string(const char *s, size_t off, char *out, size_t *ret_end)
{
	long n = 0;

	if (s[off] != '"')
		return -EINVAL;
	for (off++; s[off] != '"'; n++) {
		char c = s[off++];

		if (!c)
			return -EINVAL;
		if (c == '\\' && s[off])
			off += unescape(s + off, &c);
		if (out)
			out[n] = c;
	}
	*ret_end = off + 1;
	return n;
}

/* The token at r->off (moved to where it begins), and its length. */
static enum token next_token(struct reader *r, size_t *ret_len)
{
	static const char marks[] = "{}[]=";
	static const enum token kinds[] = {T_LBRACE, T_RBRACE, T_LBRACKET,
					   T_RBRACKET, T_EQUALS};
	const char *s, *p;
	size_t end;

	skip_blanks(r);
	s = r->s + r->off;
	*ret_len = 0;
	if (!*s)
		return T_EOF;
	*ret_len = 1;
	p = strchr(marks, *s);
	if (p)
		return kinds[p - marks];
	if (*s == '"') {
		if (read_string(r->s, r->off, NULL, &end) < 0)
			return T_ERROR;
		*ret_len = end - r->off;
		return T_STRING;
	}
	*ret_len = strcspn(s, " \t\n\v\f\r{}[]=\"");
	return T_WORD;
}

static int skip_value(struct reader *r)
{
	long brackets = 0, braces = 0;
	size_t len;

	do {
		switch (next_token(r, &len)) {
		case T_LBRACKET:
			brackets++;
			break;
		case T_LBRACE:
			braces++;
			break;
		case T_RBRACKET:
			if (brackets-- == 0)
				return -EINVAL;
			break;
		case T_RBRACE:
			if (braces-- == 0)
				return -EINVAL;
			break;
		case T_EOF:
		case T_ERROR:
			return -EINVAL;
		default:
			break;
		}
		r->off += len;
	} while (brackets > 0 || braces > 0);
	return 0;
}

/* --- single values; all return the bytes used --- */

static bool has_room(const struct reader *r, size_t at, size_t n)
{
	return at <= r->size && n <= r->size - at;
}

/* An integer that fits n bytes, signed or not, whatever the type's sign is:
 * -1 and 255 are both an int8 (ng_parse.c has it so). */
static int read_int(struct reader *r, size_t bytes, bool sign, uint64_t *ret)
{
	const char *s = r->s + r->off;
	char *end;
	long long v;

	skip_blanks(r);
	errno = 0;
	if (bytes == 8 && !sign && r->s[r->off] != '-')
		v = (long long)strtoull(s, &end, 0);
	else
		v = strtoll(s, &end, 0);
	if (end == s || errno)
		return -EINVAL;
	if (bytes < 8 && (v < -(1LL << (8 * bytes - 1)) ||
			  v > (long long)((1ULL << 8 * bytes) - 1)))
		return -EINVAL;
	r->off = (size_t)(end - r->s);
	*ret = (uint64_t)v;
	return 0;
}

static int parse_int(struct reader *r, const struct ng_ptype *t, size_t at)
{
	uint64_t v = 0;
	int rc = read_int(r, t->size, t->sign, &v);
	uint8_t v8 = (uint8_t)v;
	uint16_t v16 = (uint16_t)v;
	uint32_t v32 = (uint32_t)v;

	if (rc < 0)
		return rc;
	if (!has_room(r, at, t->size))
		return -ERANGE;
	memcpy(r->buf + at,
	       t->size == 1   ? (void *)&v8
	       : t->size == 2 ? (void *)&v16
	       : t->size == 4 ? (void *)&v32
			      : (void *)&v,
	       t->size);
	return (int)t->size;
}

/* The string at r->off, a copy the caller owns. A NUL in it ends it. */
static int take_string(struct reader *r, char **ret, size_t *ret_len)
{
	cleanup_free char *s = NULL;
	size_t end;
	long n;

	skip_blanks(r);
	n = read_string(r->s, r->off, NULL, &end);
	if (n < 0)
		return (int)n;
	s = calloc(1, (size_t)n + 1);
	if (!s)
		return -ENOMEM;
	read_string(r->s, r->off, s, &end);
	r->off = end;
	*ret_len = (size_t)n;
	*ret = take_ptr(s);
	return 0;
}

static int parse_string(struct reader *r, const struct ng_ptype *t, size_t at)
{
	cleanup_free char *s = NULL;
	size_t n = 0, used;
	uint16_t len;
	int rc;

	rc = take_string(r, &s, &n);
	if (rc < 0)
		return rc;
	if (t->kind == NGP_SIZEDSTRING) {
		if (n > UINT16_MAX)
			return -EINVAL;
		if (!has_room(r, at, n + 2))
			return -ERANGE;
		len = (uint16_t)n;
		memcpy(r->buf + at, &len, 2);
		memcpy(r->buf + at + 2, s, n);
		return (int)n + 2;
	}
	n = strlen(s);
	used = t->kind == NGP_FIXEDSTRING ? t->size : n + 1;
	if (n + 1 > used)
		return -E2BIG;
	if (!has_room(r, at, used))
		return -ERANGE;
	memset(r->buf + at, 0, used);
	memcpy(r->buf + at, s, n);
	return (int)used;
}

static int parse_ipaddr(struct reader *r, size_t at)
{
	uint64_t v = 0;
	int rc;

	if (!has_room(r, at, 4))
		return -ERANGE;
	for (size_t i = 0; i < 4; i++) {
		if (i && r->s[r->off++] != '.')
			return -EINVAL;
		rc = read_int(r, 1, false, &v);
		if (rc < 0)
			return rc;
		if (v > 255)
			return -EINVAL;
		r->buf[at + i] = (uint8_t)v;
	}
	return 4;
}

static int parse_mac(struct reader *r, size_t at)
{
	unsigned long v;
	char *end;

	if (!has_room(r, at, 6))
		return -ERANGE;
	for (size_t i = 0; i < 6; i++) {
		if (i && r->s[r->off++] != ':')
			return -EINVAL;
		v = strtoul(r->s + r->off, &end, 16);
		if (v > 255 || end == r->s + r->off)
			return -EINVAL;
		r->buf[at + i] = (uint8_t)v;
		r->off = (size_t)(end - r->s);
	}
	return 6;
}

/* --- composites --- */

/* Which element an array's next value is: `N=` before it, or the one after
 * the last. */
static int find_index(struct reader *r, enum token tok, size_t len,
		      size_t *next, size_t *ret)
{
	struct reader after = *r;
	unsigned long i;
	size_t len2;
	char *end;

	if (tok != T_LBRACE && tok != T_LBRACKET && tok != T_WORD &&
	    tok != T_STRING)
		return -EINVAL;
	after.off += len;
	if (tok != T_WORD || next_token(&after, &len2) != T_EQUALS) {
		*ret = (*next)++;
		return 0;
	}
	errno = 0;
	i = strtoul(r->s + r->off, &end, 0);
	if ((size_t)(end - (r->s + r->off)) != len)
		return -EINVAL;
	if (errno || i > INT_MAX)
		return -E2BIG;
	*next = i + 1;
	r->off = after.off + len2;
	*ret = i;
	return 0;
}

/* Which field `name =` means. */
static int find_field(struct reader *r, const struct ng_ptype *t,
		      enum token tok, size_t len, size_t *ret)
{
	const char *s = r->s + r->off;

	if (tok != T_WORD)
		return -EINVAL;
	for (size_t i = 0; t->fields[i].name; i++) {
		if (strncmp(s, t->fields[i].name, len) != 0 ||
		    t->fields[i].name[len])
			continue;
		r->off += len;
		if (next_token(r, &len) != T_EQUALS)
			return -EINVAL;
		r->off += len;
		*ret = i;
		return 0;
	}
	return -ENOENT;
}

/* First pass: where[i] is where in the text the i'th value begins, 0 if it is
 * not there. */
static int find_values(struct reader *r, const struct ng_ptype *t, size_t n,
		       size_t *where)
{
	bool fields = t->kind == NGP_STRUCT;
	size_t len, i = 0, next = 0;
	enum token tok;
	int rc;

	tok = next_token(r, &len);
	if (tok != (fields ? T_LBRACE : T_LBRACKET))
		return -EINVAL;
	r->off += len;
	while ((tok = next_token(r, &len)) !=
	       (fields ? T_RBRACE : T_RBRACKET)) {
		rc = fields ? find_field(r, t, tok, len, &i)
			    : find_index(r, tok, len, &next, &i);
		if (rc < 0)
			return rc;
		if (i >= n)
			return -E2BIG;
		if (where[i])
			return -EALREADY;
		skip_blanks(r);
		where[i] = r->off;
		rc = skip_value(r);
		if (rc < 0)
			return rc;
	}
	r->off += len;
	return 0;
}

static int add_zeros(struct reader *r, size_t at, size_t n)
{
	if (!has_room(r, at, n))
		return -ERANGE;
	memset(r->buf + at, 0, n);
	return (int)n;
}

/* Second pass: the bytes; where NULL: all are defaults. */
static int build_values(struct reader *r, const struct ng_ptype *t, size_t at,
			size_t n, const size_t *where)
{
	size_t used = 0;
	int rc;

	for (size_t i = 0; i < n; i++) {
		const struct ng_ptype *e = ptype_elem(t, i);

		rc = add_zeros(r, at + used, ptype_pad(ptype_align(e), used));
		if (rc < 0)
			return rc;
		used += (size_t)rc;
		if (where && where[i]) {
			r->off = where[i];
			rc = parse_value(r, e, at + used);
		} else {
			rc = parse_default(r, e, at + used,
					   ptype_default(t, i));
		}
		if (rc < 0)
			return rc;
		used += (size_t)rc;
	}
	rc = add_zeros(r, at + used, ptype_pad(ptype_align(t), used));
	return rc < 0 ? rc : (int)(used + (size_t)rc);
}

static int parse_composite(struct reader *r, const struct ng_ptype *t,
			   size_t at)
{
	cleanup_free size_t *where = NULL;
	bool open_end = t->kind == NGP_BYTES && !t->length;
	long n = open_end ? (long)(r->size - at)
			  : ptype_count(t, r->buf, at, at, r->size - at);
	size_t end;
	int rc;

	/* Elements have a byte at least. */
	if (n < 0)
		return n == -E2BIG ? -ERANGE : (int)n;
	where = calloc((size_t)n + 1, sizeof(*where));
	if (!where)
		return -ENOMEM;
	rc = find_values(r, t, (size_t)n, where);
	if (rc < 0)
		return rc;
	while (open_end && n && !where[n - 1])
		n--;
	end = r->off;
	rc = build_values(r, t, at, (size_t)n, where);
	r->off = end;
	return rc;
}

/* Bytes may be a string, too, if there are not more than there should be. */
static int parse_bytes(struct reader *r, const struct ng_ptype *t, size_t at)
{
	cleanup_free char *s = NULL;
	size_t len;
	long n;
	int rc;

	skip_blanks(r);
	if (r->s[r->off] != '"')
		return parse_composite(r, t, at);
	n = t->length ? ptype_count(t, r->buf, at, at, r->size - at) : 0;
	if (n < 0)
		return n == -E2BIG ? -ERANGE : (int)n;
	rc = take_string(r, &s, &len);
	if (rc < 0)
		return rc;
	if (!t->length)
		n = (long)len;
	if (len > (size_t)n)
		return -E2BIG;
	if (!has_room(r, at, (size_t)n))
		return -ERANGE;
	memset(r->buf + at, 0, (size_t)n);
	memcpy(r->buf + at, s, len);
	return (int)n;
}

static int parse_custom(struct reader *r, const struct ng_ptype *t, size_t at)
{
	size_t used = 0;
	int rc;

	skip_blanks(r);
	if (!has_room(r, at, 0))
		return -ERANGE;
	rc = t->custom->parse(r->s + r->off, r->buf + at, r->size - at, &used);
	r->off += used;
	return rc;
}

static int parse_value(struct reader *r, const struct ng_ptype *t, size_t at)
{
	switch (t->kind) {
	case NGP_INT:
		return parse_int(r, t, at);
	case NGP_STRING:
	case NGP_FIXEDSTRING:
	case NGP_SIZEDSTRING:
		return parse_string(r, t, at);
	case NGP_IPADDR:
		return parse_ipaddr(r, at);
	case NGP_MAC:
		return parse_mac(r, at);
	case NGP_BYTES:
		return parse_bytes(r, t, at);
	case NGP_STRUCT:
	case NGP_FIXEDARRAY:
	case NGP_ARRAY:
		return parse_composite(r, t, at);
	case NGP_CUSTOM:
		return parse_custom(r, t, at);
	}
	return -EINVAL;
}

static int parse_default(struct reader *r, const struct ng_ptype *t, size_t at,
			 const uint8_t *dflt)
{
	size_t size = ptype_size(t);
	long n;

	if (dflt) {
		if (!has_room(r, at, size))
			return -ERANGE;
		memcpy(r->buf + at, dflt, size);
		return (int)size;
	}
	switch (t->kind) {
	case NGP_INT:
	case NGP_FIXEDSTRING:
	case NGP_IPADDR:
		return add_zeros(r, at, size);
	case NGP_STRING:
		return add_zeros(r, at, 1);
	case NGP_SIZEDSTRING:
		return add_zeros(r, at, 2);
	case NGP_CUSTOM:
	case NGP_MAC:
		return -EOPNOTSUPP; /* ng_parse_enaddr_type has none */
	default:
		if (t->kind == NGP_BYTES && !t->length)
			return 0;
		n = ptype_count(t, r->buf, at, at, r->size - at);
		if (n < 0)
			return n == -E2BIG ? -ERANGE : (int)n;
		return build_values(r, t, at, (size_t)n, NULL);
	}
}

int ng_parse(const struct ng_ptype *t, const char *text, uint8_t *buf,
	     size_t size)
{
	struct reader r = {.s = text, .buf = buf, .size = size};

	return parse_value(&r, t, 0);
}
