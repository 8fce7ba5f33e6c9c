/*
 * sysctl: FreeBSD's names on Linux's knobs: one const table of rows (name,
 * type, how it is read and written).  Names that FreeBSD does not have fall
 * through to /proc/sys ("net.ipv4.ip_forward").  Everything acts on the
 * calling process's own namespaces, as FreeBSD's does on the caller's vnet.
 */
#ifndef CB_RC_SYSCTL_H
#define CB_RC_SYSCTL_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>

/* -ENOENT "unknown oid 'x'" when there is no such name. */
int sysctl_get(const char *name, struct strbuf *value, struct err *e);
/* Write; ret_old (may be NULL) gets the previous value. */
int sysctl_set(const char *name, const char *value, struct strbuf *ret_old,
	       struct err *e);

enum sysctl_type {
	SYSCTL_INT,
	SYSCTL_LONG,
	SYSCTL_STRING,
	SYSCTL_NODE, /* has others below it and no value */
};

struct sysctl_info {
	enum sysctl_type type;
	bool writable;
	const char *descr; /* "" for Linux's own */
};

/* -ENOENT as sysctl_get; a name that only has others below it is a node. */
int sysctl_info(const char *name, struct sysctl_info *ret, struct err *e);
/* Full names of everything below `prefix` (NULL: all FreeBSD names), sorted. */
int sysctl_list(const char *prefix, struct strv *ret, struct err *e);
/*
 * What a caller should be told after having set this: that the value is kept
 * but nothing acts on it yet.  NULL: it is in force.
 */
const char *sysctl_caveat(const char *name, const char *value);

/* ---- the table (sysctl_table.c), for sysctl.c and the manual's test ---- */

struct sysctl_row {
	const char *name;
	enum sysctl_type type;
	/* NULL set: read only */
	int (*get)(const struct sysctl_row *row, struct strbuf *value,
		   struct err *e);
	int (*set)(const struct sysctl_row *row, const char *value,
		   struct err *e);
	const char *path; /* below /proc/sys, or what get makes of it */
	const char *dflt; /* of values that only we keep */
	int arg;	  /* for get and set: a field, a factor */
	const char *descr;
	const char *inert; /* why values other than dflt do nothing yet */
};
const struct sysctl_row *sysctl_row_at(size_t i); /* NULL past the end */

#endif
