/*
 * debug: what NgSetDebug(3) shows: from 1 on errors, from 2 on messages and
 * packets, from 3 on their bytes; by warn(3), or by the functions that
 * NgSetErrLog(3) names.
 */
#include "lib/libnetgraph/internal.h"

#include "net/bsderr.h"

#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE 16

static int debug_level;

/* warn(3), with FreeBSD's texts. */
__attribute__((format(printf, 1, 2))) static void warn_bsd(const char *fmt, ...)
{
	char text[NG_PATHSIZ + 64];
	int code = errno;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	warnx("%s: %s", text, bsd_strerror(code));
}

static void (*log_errno)(const char *fmt, ...) = warn_bsd;
static void (*log_text)(const char *fmt, ...) = warnx;

int NgSetDebug(int level)
{
	int old = debug_level;

	if (level >= 0)
		debug_level = level;
	return old;
}

void NgSetErrLog(void (*log)(const char *fmt, ...),
		 void (*logx)(const char *fmt, ...))
{
	log_errno = log;
	log_text = logx;
}

bool debug_wants(int level)
{
	return debug_level >= level;
}

int debug_fail(int r, const char *fmt, ...)
{
	char text[NG_PATHSIZ + 64];
	va_list ap;

	errno = -r;
	if (debug_wants(DEBUG_ERRORS) && log_errno) {
		va_start(ap, fmt);
		vsnprintf(text, sizeof(text), fmt, ap);
		va_end(ap);
		log_errno("%s", text);
		errno = -r;
	}
	return -1;
}

void debug_note(const char *text)
{
	if (debug_wants(DEBUG_ERRORS) && log_text)
		log_text("%s", text);
}

/* A line of "0000:  41 42 ...  AB..." */
static void line(size_t at, const unsigned char *p, size_t n)
{
	char hex[3 * LINE + 1] = "", text[LINE + 1] = "";

	for (size_t i = 0; i < n; i++) {
		snprintf(hex + 3 * i, 4, "%02x ", p[i]);
		text[i] = (char)(p[i] < 0x7f && isprint(p[i]) ? p[i] : '.');
	}
	log_text("%04zx:  %-48s %s", at, hex, text);
}

static void bytes(const void *p, size_t len)
{
	if (!debug_wants(DEBUG_BYTES) || !log_text)
		return;
	for (size_t i = 0; i < len; i += LINE)
		line(i, (const unsigned char *)p + i,
		     len - i < LINE ? len - i : LINE);
}

void debug_message(const char *what, const char *path, const struct ng_mesg *m,
		   size_t len)
{
	const struct ng_msghdr *h = &m->header;

	if (!debug_wants(DEBUG_MESSAGES) || !log_text)
		return;
	log_text("%s:", what);
	log_text("  address \"%s\"", path);
	log_text("  vers    %d", h->version);
	log_text("  arglen  %u", h->arglen);
	log_text("  flags   %x", h->flags);
	log_text("  token   %u", h->token);
	log_text("  cookie  %u", h->typecookie);
	log_text("  cmd     %u (%.*s)", h->cmd, NG_CMDSTRSIZ,
		 (const char *)h->cmdstr);
	bytes(m->data, len - sizeof(*m));
}

void debug_data(const char *what, const char *hook, const void *p, size_t len)
{
	if (!debug_wants(DEBUG_MESSAGES) || !log_text || !p)
		return;
	if (what)
		log_text("%s, hook \"%s\" (%zu bytes)", what, hook, len);
	bytes(p, len);
}
