/*
 * bsderr: error texts as FreeBSD's strerror(3) words them ("Device busy"
 * where glibc says "Device or resource busy"): scripts grep for them.
 */
#ifndef CB_NET_BSDERR_H
#define CB_NET_BSDERR_H

#include "base/err.h"

const char *bsd_strerror(int code);

/* As err_sys, in FreeBSD's words; an empty text leaves those alone. */
int bsd_err(struct err *e, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
