/*
 * rcdefaults: the one table of rc.conf(5) variables: what each is worth when
 * no file sets it, and whether it is in force.
 */
#ifndef CB_RC_RCDEFAULTS_H
#define CB_RC_RCDEFAULTS_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

enum rcvar_state {
	RCVAR_ON,	/* in force */
	RCVAR_LATER,	/* known, and not in force yet: says so */
	RCVAR_OBSOLETE, /* gone from FreeBSD too: says so */
	RCVAR_NEVER,	/* has no meaning here: says so */
};

/*
 * What values a variable takes.  Words for ifconfig, route and so on are
 * judged by those who understand them.
 */
enum rcvar_type {
	RCTYPE_TEXT,
	RCTYPE_SWITCH, /* checkyesno's */
	RCTYPE_NUMBER, /* from min to max */
	RCTYPE_WORD,   /* one of words, in any case */
	RCTYPE_IF,     /* an interface, or NO */
	RCTYPE_PATH,   /* an absolute path */
	RCTYPE_PATHS,
	RCTYPE_COUNT,
};

struct rcvar_def {
	const char *pattern; /* a name, or a glob such as "ifconfig_*_descr" */
	const char *dflt;    /* NULL: unset; globs have none */
	enum rcvar_state state;
	const char *what; /* one line, for the manual and the warning */
	enum rcvar_type type;
	long long min, max;
	const char *words; /* of RCTYPE_WORD, separated by blanks */
	const char *also;  /* further values, in any case */
};

const struct rcvar_def *rcvar_def_at(size_t i); /* NULL past the end */
/* The first row that matches, exact names before globs; NULL: unknown. */
const struct rcvar_def *rcvar_def_find(const char *name);
/*
 * Can the variable have this value?  Else why not, in words that follow its
 * name.  What is empty is the default, but for a switch.
 */
bool rcvar_value_ok(const struct rcvar_def *d, const char *value,
		    struct strbuf *why);
/*
 * Can rc go on with the default instead of a value that is not ok?  Not where
 * that would be another file than the one that was meant.
 */
bool rcvar_has_refuge(const struct rcvar_def *d);

/* A name that an interface can have. */
bool rcvar_ifname_ok(const char *name);

#endif
