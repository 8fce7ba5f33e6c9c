/* See term.h. */
#include "base/term.h"

#include "base/str.h"

#include <ctype.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int term_width(int fd, int fallback)
{
	const char *s = getenv("COLUMNS");
	struct winsize ws;
	long long v;

	if (!ioctl(fd, TIOCGWINSZ, &ws) && ws.ws_col)
		return ws.ws_col;
	if (s && !str_to_int(s, 20, 10000, &v))
		return (int)v;
	return fallback;
}

bool term_colour(int fd)
{
	const char *term = getenv("TERM");

	return isatty(fd) && !getenv("NO_COLOR") && term &&
	       strcmp(term, "dumb");
}

bool term_utf8(void)
{
	return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

/*
 * Bytes of the character that s begins with; 0 where there is none: a byte
 * that belongs to no character, or one of Unicode's own control characters
 * (U+0080 to U+009F), which terminals obey like others.
 */
static int char_len(const char *s)
{
	const unsigned char *u = (const unsigned char *)s;
	int len = u[0] < 0x80	? 1
		  : u[0] < 0xc2 ? 0
		  : u[0] < 0xe0 ? 2
		  : u[0] < 0xf0 ? 3
		  : u[0] < 0xf5 ? 4
				: 0;

	if (len == 1)
		return iscntrl(u[0]) && u[0] != '\t' ? 0 : 1;
	for (int i = 1; i < len; i++)
		if ((u[i] & 0xc0) != 0x80)
			return 0;
	return len == 2 && u[0] == 0xc2 && u[1] < 0xa0 ? 0 : len;
}

void term_put(FILE *f, const char *s, int max)
{
	for (int n = 0; *s && n < max; n++) {
		int len = char_len(s);

		if (len)
			fwrite(s, 1, (size_t)len, f);
		else
			putc('?', f);
		s += len ? len : 1;
	}
}
