/*
 * rcdefaults: the one table of rc.conf(5) variables: what each is worth when
 * no file sets it, and whether it is in force.
 */
#ifndef CB_RC_RCDEFAULTS_H
#define CB_RC_RCDEFAULTS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum rcvar_state {
	RCVAR_ON,	/* in force */
	RCVAR_LATER,	/* known, and not in force yet: says so */
	RCVAR_OBSOLETE, /* gone from FreeBSD too: says so */
	RCVAR_NEVER,	/* has no meaning here: says so */
};

struct rcvar_def {
	const char *pattern; /* a name, or a glob such as "ifconfig_*_descr" */
	const char *dflt;    /* NULL: unset; globs have none */
	enum rcvar_state state;
	const char *what; /* one line, for the manual and the warning */
};

const struct rcvar_def *rcvar_def_at(size_t i); /* NULL past the end */
/* The first row that matches, exact names before globs; NULL: unknown. */
const struct rcvar_def *rcvar_def_find(const char *name);

#endif
