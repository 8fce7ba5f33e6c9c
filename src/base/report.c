/* See report.h. */
#include "base/report.h"

#include "base/cleanup.h"

#include <stdarg.h>

void report(const struct report *r, enum report_level level, const char *fmt,
	    ...)
{
	cleanup_free char *s = NULL;
	va_list ap;
	int n;

	if (!r || !r->line)
		return;
	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (n >= 0)
		r->line(r->data, level, s);
}
