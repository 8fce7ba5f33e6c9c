/* See err.h for how errors travel. */
#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/*
 * What is quoted comes from files, jails and the network, and goes to a
 * terminal: nothing in it may be more than text and new lines.
 */
static void err_tame(struct err *e)
{
	for (char *p = e->text; *p; p++)
		if (((unsigned char)*p < 0x20 && *p != '\n' && *p != '\t') ||
		    *p == 0x7f)
			*p = '?';
}

static void err_format(struct err *e, int code, const char *prefix,
		       const char *fmt, va_list ap)
{
	char body[ERR_TEXT_MAX];

	vsnprintf(body, sizeof(body), fmt, ap);
	e->code = code;
	/* a message that is too long is cut, never lost */
	if (snprintf(e->text, sizeof(e->text), "%s%s", prefix, body) < 0)
		e->text[0] = '\0';
	err_tame(e);
}

int err_set(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;

	if (e) {
		va_start(ap, fmt);
		err_format(e, code, "", fmt, ap);
		va_end(ap);
	}
	return -code;
}

int err_sys(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;

	if (e) {
		va_start(ap, fmt);
		err_format(e, code, "", fmt, ap);
		va_end(ap);
		err_append(e, "%s%s", e->text[0] ? ": " : "", strerror(code));
	}
	return -code;
}

int err_vat(struct err *e, int code, const char *file, unsigned int line,
	    const char *fmt, va_list ap)
{
	char prefix[256];

	if (e) {
		snprintf(prefix, sizeof(prefix), "%s line %u: ", file, line);
		err_format(e, code, prefix, fmt, ap);
	}
	return -code;
}

int err_at(struct err *e, int code, const char *file, unsigned int line,
	   const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = err_vat(e, code, file, line, fmt, ap);
	va_end(ap);
	return r;
}

int err_wrap(struct err *e, const char *fmt, ...)
{
	char body[ERR_TEXT_MAX], prefix[256];
	va_list ap;

	if (!e)
		return -EINVAL;
	va_start(ap, fmt);
	vsnprintf(prefix, sizeof(prefix), fmt, ap);
	va_end(ap);
	memcpy(body, e->text, sizeof(body));
	if (snprintf(e->text, sizeof(e->text), "%s: %s", prefix, body) < 0)
		e->text[0] = '\0';
	err_tame(e);
	return -e->code;
}

void err_append(struct err *e, const char *fmt, ...)
{
	size_t len;
	va_list ap;

	if (!e)
		return;
	len = strlen(e->text);
	va_start(ap, fmt);
	vsnprintf(e->text + len, sizeof(e->text) - len, fmt, ap);
	va_end(ap);
	err_tame(e);
}

void err_note(struct err *e, int *first, int r, const struct err *step)
{
	if (r >= 0)
		return;
	if (*first) {
		err_append(e, "; %s", step->text);
		return;
	}
	*first = r;
	err_set(e, -r, "%s", step->text);
}

void err_clear(struct err *e)
{
	if (e) {
		e->code = 0;
		e->text[0] = '\0';
	}
}

int err_nomem(struct err *e)
{
	return err_set(e, ENOMEM, "Cannot allocate memory");
}
