/*
 * err: the error object that every fallible function fills.
 *
 * Theory of operation.  A fallible function returns 0 or a negative errno and
 * takes a `struct err *` as its last parameter.  The function where the error
 * arises fills it (err_set, err_sys, err_at); callers on the way up may put
 * words in front (err_wrap).  The text is what the user reads after
 * "PROGRAM: ", so it is complete, has no newline, and quotes FreeBSD where
 * FreeBSD has a text for the case.  Control characters of what it quotes become
 * question marks.  A NULL `struct err *` is allowed: the
 * return value alone then tells.
 */
#ifndef CB_BASE_ERR_H
#define CB_BASE_ERR_H

#include <stdarg.h>
#include <stddef.h>

#define ERR_TEXT_MAX 1024

struct err {
	int code;		 /* positive errno; 0 while there is none */
	char text[ERR_TEXT_MAX]; /* message without program name or newline */
};

#define ERR_INIT                                                               \
	{                                                                      \
		.code = 0, .text = ""                                          \
	}

/* Store a text and code; returns -code, so `return err_set(e, EINVAL, ...)`. */
int err_set(struct err *e, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* As err_set, with ": strerror(code)" put behind the text. */
int err_sys(struct err *e, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* As err_set, with "FILE line N: " before the text (user's input). */
int err_at(struct err *e, int code, const char *file, unsigned int line,
	   const char *fmt, ...) __attribute__((format(printf, 5, 6)));
int err_vat(struct err *e, int code, const char *file, unsigned int line,
	    const char *fmt, va_list ap) __attribute__((format(printf, 5, 0)));

/* Put "text: " before what is stored; returns -e->code. */
int err_wrap(struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Put more text behind what is stored; the code stays. */
void err_append(struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Of steps that are all done whatever happens to one: *first becomes r and e
 * says what `step` says with the first that fails, later ones are put behind.
 */
void err_note(struct err *e, int *first, int r, const struct err *step);

/* Forget what is stored. */
void err_clear(struct err *e);

/* -ENOMEM with the usual text. */
int err_nomem(struct err *e);

#endif
