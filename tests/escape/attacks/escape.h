/*
 * escape: what the attack programs share.  Each tries one published way out
 * for real, and ends by one of these, which print the one line that the test
 * case reads (common.sh):
 *
 *	escaped: WHAT	it came out, status 0
 *	held: WHAT	it was kept inside, status 1
 *	broken: WHAT	it could not try, status 2: the test case fails
 *
 * Static programs of C and system calls: they run in roots that have nothing.
 */
#ifndef CB_TESTS_ESCAPE_H
#define CB_TESTS_ESCAPE_H

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

__attribute__((format(printf, 3, 0), noreturn)) static inline void
verdict(const char *word, int status, const char *fmt, va_list ap)
{
	fflush(stdout);
	dprintf(1, "%s: ", word);
	vdprintf(1, fmt, ap);
	dprintf(1, "\n");
	_exit(status);
}

__attribute__((format(printf, 1, 2), noreturn, unused)) static void
escaped(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	verdict("escaped", 0, fmt, ap);
}

__attribute__((format(printf, 1, 2), noreturn, unused)) static void
held(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	verdict("held", 1, fmt, ap);
}

__attribute__((format(printf, 1, 2), noreturn, unused)) static void
broken(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	verdict("broken", 2, fmt, ap);
}

#endif
