/*
 * map_text: memory and text of one drawing.
 *
 * Names of jails, host names and interface names may have been chosen by
 * whoever sits in a jail.  text_clean() leaves only characters that occupy
 * one or two cells and cannot move the cursor or reorder the line: control
 * characters, broken UTF-8, combining and invisible characters and those
 * written from right to left become "?".
 */
#include "base/cleanup.h"
#include "block/map_priv.h"

#include <stdarg.h>
#include <string.h>
#include <wchar.h>

struct arena_chunk {
	struct arena_chunk *next;
	max_align_t data[];
};

void *arena_alloc(struct arena *a, size_t n, size_t size)
{
	struct arena_chunk *c;
	size_t bytes;

	if (__builtin_mul_overflow(n ? n : 1, size, &bytes) ||
	    __builtin_add_overflow(bytes, sizeof(*c), &bytes))
		return NULL;
	c = calloc(1, bytes);
	if (!c)
		return NULL;
	c->next = a->head;
	a->head = c;
	return c->data;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, ap2;
	char *s;
	int n;

	va_start(ap, fmt);
	va_copy(ap2, ap);
	n = vsnprintf(NULL, 0, fmt, ap2);
	va_end(ap2);
	s = n < 0 ? NULL : arena_alloc(a, (size_t)n + 1, 1);
	if (s)
		vsnprintf(s, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return s;
}

void arena_free(struct arena *a)
{
	while (a->head) {
		struct arena_chunk *c = a->head;

		a->head = c->next;
		free(c);
	}
}

/* Decode one UTF-8 character; 0xfffd (and one byte) for anything broken. */
static uint32_t utf8_next(const char **s)
{
	const unsigned char *p = (const unsigned char *)*s;
	static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
	uint32_t c = *p;
	int more;

	if (!c)
		return 0;
	++*s;
	if (c < 0x80)
		return c;
	more = c >= 0xf0 && c < 0xf8 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;
	if (!more || c >= 0xf8)
		return 0xfffd;
	c &= 0x3fu >> more;
	for (int i = 1; i <= more; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0xfffd;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[more] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0xfffd;
	*s += more;
	return c;
}

static bool is_right_to_left(uint32_t c)
{
	return (c >= 0x590 && c < 0x900) || (c >= 0xfb1d && c < 0xfe00) ||
	       (c >= 0xfe70 && c < 0xff00) || (c >= 0x10800 && c < 0x11000) ||
	       (c >= 0x1e800 && c < 0x1f000);
}

static int cell_width(uint32_t c)
{
	int w;

	if (c < 0x80)
		return c >= 0x20 && c < 0x7f ? 1 : -1;
	if (is_right_to_left(c) || c == 0xfffd)
		return -1;
	w = wcwidth((wchar_t)c);
	return w == 1 || w == 2 ? w : -1;
}

uint32_t text_next(const char **s, int *ret_width)
{
	uint32_t c = utf8_next(s);
	int w;

	if (!c)
		return 0;
	/* our own ornaments have a width in every locale */
	if (c == 0x2026 || c == 0x21d2) {
		*ret_width = 1;
		return c;
	}
	w = cell_width(c);
	*ret_width = w < 0 ? 1 : w;
	return w < 0 ? '?' : c;
}

int text_width(const char *s)
{
	int w, sum = 0;

	while (s && text_next(&s, &w))
		sum += w;
	return sum;
}

const char *text_clean(struct arena *a, const char *s, bool ascii, int max)
{
	const char *dots = ascii ? "..." : "\u2026";
	size_t n = strlen(s), k = 0, fit = 0;
	char *out = arena_alloc(a, n + 8, 1);
	int w, sum = 0, dots_w = ascii ? 3 : 1;

	if (!out)
		return "?";
	while (*s) {
		const char *at = s;
		uint32_t c = text_next(&s, &w);

		if (c == '?' || (ascii && c >= 0x80)) {
			out[k++] = '?';
			w = 1;
		} else {
			memcpy(out + k, at, (size_t)(s - at));
			k += (size_t)(s - at);
		}
		sum += w;
		if (sum <= max - dots_w)
			fit = k;
		if (sum > max) {
			memcpy(out + fit, dots, strlen(dots) + 1);
			return out;
		}
	}
	out[k] = '\0';
	return out;
}

void text_valid(struct strbuf *out, const char *s, bool controls)
{
	while (*s) {
		const char *at = s;
		uint32_t c = utf8_next(&s);

		if (c == 0xfffd)
			strbuf_adds(out, "\xef\xbf\xbd");
		else if (!controls && (c < 0x20 || (c >= 0x7f && c < 0xa0)))
			strbuf_addch(out, '?');
		else
			strbuf_addn(out, at, (size_t)(s - at));
	}
}
