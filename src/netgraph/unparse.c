/*
 * unparse: bytes of control messages to text; see parse.h.
 *
 * Bytes are a node's or a client's: each value is checked to lie in what is
 * there before it is looked at, and an array has at most as many elements as
 * there are bytes.
 */
#include "netgraph/parse_impl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct writer {
	const uint8_t *data;
	size_t size;
	char *text;
	size_t room, len;
};

static int write_value(struct writer *w, const struct ng_ptype *t, size_t at);
static int is_default(const struct writer *w, const struct ng_ptype *t,
		      size_t at, const uint8_t *dflt);

static int __attribute__((format(printf, 2, 3)))
put(struct writer *w, const char *fmt, ...)
{
	size_t left = w->room - w->len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(w->text + w->len, left, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= left)
		return -ERANGE;
	w->len += (size_t)n;
	return 0;
}

static bool has(const struct writer *w, size_t at, size_t n)
{
	return at <= w->size && n <= w->size - at;
}

static uint64_t get_uint(const uint8_t *p, size_t size)
{
	uint16_t v16;
	uint32_t v32;
	uint64_t v64;

	switch (size) {
	case 1:
		return *p;
	case 2:
		memcpy(&v16, p, 2);
		return v16;
	case 4:
		memcpy(&v32, p, 4);
		return v32;
	default:
		memcpy(&v64, p, 8);
		return v64;
	}
}

static int write_int(struct writer *w, const struct ng_ptype *t, size_t at)
{
	unsigned int unused = 64 - 8 * (unsigned int)t->size;
	uint64_t v;
	int rc;

	if (!has(w, at, t->size))
		return -EINVAL;
	v = get_uint(w->data + at, t->size);
	if (t->hex)
		rc = put(w, "0x%" PRIx64, v);
	else if (t->sign)
		rc = put(w, "%" PRId64, (int64_t)(v << unused) >> unused);
	else
		rc = put(w, "%" PRIu64, v);
	return rc < 0 ? rc : (int)t->size;
}

/* In quotes, with C's escapes. */
static int put_quoted(struct writer *w, const char *s, size_t n)
{
	static const char from[] = "\t\f\n\r\v\"\\", to[] = "tfnrv\"\\";
	int rc = put(w, "\"");

	for (size_t i = 0; !rc && i < n; i++) {
		const char *p = memchr(from, s[i], sizeof(from) - 1);

		if (p)
			rc = put(w, "\\%c", to[p - from]);
		else if (s[i] < 0x20 || s[i] > 0x7e)
			rc = put(w, "\\x%02x", (unsigned char)s[i]);
		else
			rc = put(w, "%c", s[i]);
	}
	return rc ? rc : put(w, "\"");
}

static int write_string(struct writer *w, const struct ng_ptype *t, size_t at)
{
	size_t n, used, skip = 0;
	int rc;

	if (t->kind == NGP_SIZEDSTRING) {
		if (!has(w, at, 2))
			return -EINVAL;
		n = get_uint(w->data + at, 2);
		skip = 2;
		used = n + 2;
	} else {
		size_t most = at < w->size ? w->size - at : 0;

		if (t->kind == NGP_FIXEDSTRING && !has(w, at, t->size))
			return -EINVAL;
		if (t->kind == NGP_FIXEDSTRING)
			most = t->size;
		n = strnlen((const char *)w->data + at, most);
		if (n == most)
			return -EINVAL;
		used = t->kind == NGP_FIXEDSTRING ? t->size : n + 1;
	}
	if (!has(w, at, used))
		return -EINVAL;
	rc = put_quoted(w, (const char *)w->data + at + skip, n);
	return rc < 0 ? rc : (int)used;
}

static int write_address(struct writer *w, const struct ng_ptype *t, size_t at)
{
	const uint8_t *p = w->data + at;
	int rc;

	if (!has(w, at, t->size))
		return -EINVAL;
	if (t->kind == NGP_IPADDR)
		rc = put(w, "%u.%u.%u.%u", p[0], p[1], p[2], p[3]);
	else
		rc = put(w, "%02x:%02x:%02x:%02x:%02x:%02x", p[0], p[1], p[2],
			 p[3], p[4], p[5]);
	return rc < 0 ? rc : (int)t->size;
}

/* Is each of the n bytes 0? */
static bool zeros(const struct writer *w, size_t at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (w->data[at + i])
			return false;
	return true;
}

/* How many elements are at `at`, from the bytes that are there. */
static long count(const struct writer *w, const struct ng_ptype *t, size_t at)
{
	long n;

	if (at > w->size)
		return -EINVAL;
	n = ptype_count(t, w->data, w->size, at, w->size - at);
	return n < 0 ? -EINVAL : n;
}

/* A composite is at its default if each of its parts and of the bytes between
 * them is. */
static int composite_default(const struct writer *w, const struct ng_ptype *t,
			     size_t at)
{
	long n = count(w, t, at);
	size_t used = 0, pad;
	int rc;

	if (n < 0)
		return (int)n;
	for (size_t i = 0; i < (size_t)n; i++) {
		const struct ng_ptype *e = ptype_elem(t, i);

		pad = ptype_pad(ptype_align(e), used);
		if (!has(w, at + used, pad) || !zeros(w, at + used, pad))
			return -EDOM;
		used += pad;
		rc = is_default(w, e, at + used, ptype_default(t, i));
		if (rc < 0)
			return rc;
		used += (size_t)rc;
	}
	pad = ptype_pad(ptype_align(t), used);
	if (!has(w, at + used, pad) || !zeros(w, at + used, pad))
		return -EDOM;
	return (int)(used + pad);
}

/* The bytes that a value has which is its default; -EDOM: it is another one,
 * -EINVAL: it is not there. */
static int is_default(const struct writer *w, const struct ng_ptype *t,
		      size_t at, const uint8_t *dflt)
{
	size_t size = ptype_size(t);

	if (dflt)
		return has(w, at, size) && !memcmp(w->data + at, dflt, size)
			       ? (int)size
			       : -EDOM;
	switch (t->kind) {
	case NGP_INT:
	case NGP_IPADDR:
		break;
	case NGP_FIXEDSTRING: /* what is behind its NUL is nobody's */
		return has(w, at, size) && !w->data[at] ? (int)size : -EDOM;
	case NGP_STRING:
		size = 1;
		break;
	case NGP_SIZEDSTRING:
		size = 2;
		break;
	case NGP_MAC:
	case NGP_CUSTOM:
		return -EDOM;
	default:
		return composite_default(w, t, at);
	}
	return has(w, at, size) && zeros(w, at, size) ? (int)size : -EDOM;
}

static int put_name(struct writer *w, const struct ng_ptype *t, size_t i,
		    size_t *next)
{
	bool gap = i != *next;

	*next = i + 1;
	if (t->kind == NGP_STRUCT)
		return put(w, " %s=", t->fields[i].name);
	return gap ? put(w, " %zu=", i) : put(w, " ");
}

static int write_composite(struct writer *w, const struct ng_ptype *t,
			   size_t at)
{
	bool fields = t->kind == NGP_STRUCT, any = false;
	size_t used = 0, next = 0;
	long n = count(w, t, at);
	int rc;

	if (n < 0)
		return (int)n;
	rc = put(w, "%c", fields ? '{' : '[');
	for (size_t i = 0; rc >= 0 && i < (size_t)n; i++) {
		const struct ng_ptype *e = ptype_elem(t, i);

		used += ptype_pad(ptype_align(e), used);
		if (!fields || !t->fields[i].required) {
			rc = is_default(w, e, at + used, ptype_default(t, i));
			if (rc >= 0) {
				used += (size_t)rc;
				continue;
			}
		}
		rc = put_name(w, t, i, &next);
		if (rc < 0)
			return rc;
		rc = write_value(w, e, at + used);
		if (rc < 0)
			return rc;
		used += (size_t)rc;
		any = true;
	}
	if (rc < 0)
		return rc;
	rc = put(w, "%s%c", any ? " " : "", fields ? '}' : ']');
	used += ptype_pad(ptype_align(t), used);
	return rc < 0 ? rc : (int)used;
}

static int write_custom(struct writer *w, const struct ng_ptype *t, size_t at)
{
	int rc;

	if (at > w->size)
		return -EINVAL;
	rc = t->custom->unparse(w->data + at, w->size - at, w->text + w->len,
				w->room - w->len);
	if (rc >= 0)
		w->len += strlen(w->text + w->len);
	return rc;
}

static int write_value(struct writer *w, const struct ng_ptype *t, size_t at)
{
	switch (t->kind) {
	case NGP_INT:
		return write_int(w, t, at);
	case NGP_STRING:
	case NGP_FIXEDSTRING:
	case NGP_SIZEDSTRING:
		return write_string(w, t, at);
	case NGP_IPADDR:
	case NGP_MAC:
		return write_address(w, t, at);
	case NGP_STRUCT:
	case NGP_FIXEDARRAY:
	case NGP_ARRAY:
	case NGP_BYTES:
		return write_composite(w, t, at);
	case NGP_CUSTOM:
		return write_custom(w, t, at);
	}
	return -EINVAL;
}

int ng_unparse(const struct ng_ptype *t, const uint8_t *data, size_t size,
	       char *text, size_t room)
{
	struct writer w = {
		.data = data, .size = size, .text = text, .room = room};
	int rc;

	if (!room)
		return -ERANGE;
	rc = write_value(&w, t, 0);
	return rc < 0 ? rc : (int)w.len;
}
