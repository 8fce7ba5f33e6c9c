/*
 * sysctl: FreeBSD's names on Linux's knobs: one const table of rows (name,
 * type, per-vnet or not, how it is read and written).
 */
#ifndef CB_RC_SYSCTL_H
#define CB_RC_SYSCTL_H

#include "base/err.h"
#include "base/str.h"

/* -ENOENT "unknown oid 'x'" when there is no such name. */
int sysctl_get(const char *name, struct strbuf *value, struct err *e);
/* Write; ret_old (may be NULL) gets the previous value. */
int sysctl_set(const char *name, const char *value, struct strbuf *ret_old,
	       struct err *e);

#endif
