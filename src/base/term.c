/* See term.h. */
#include "base/term.h"

#include "base/str.h"

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
