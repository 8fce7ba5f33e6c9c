/*
 * param: the one table of jail parameters (jail(8) PARAMETERS).  Everything
 * that knows parameters reads it: the parser's checks, jail(8), jls, the
 * registry, sysctl security.jail.param.*, completion and the manual page test.
 */
#ifndef CB_JAIL_PARAM_H
#define CB_JAIL_PARAM_H

#include "base/err.h"
#include "jail/pset.h"

#include <stdbool.h>

enum param_type {
	PARAM_BOOL,
	PARAM_INT,
	PARAM_STRING,
	PARAM_JAILSYS, /* disable 0, new 1, inherit 2 */
	PARAM_IP4,     /* list of addresses */
	PARAM_IP6,
	PARAM_LIST, /* list of strings */
};

enum {
	PARAM_KERNEL = 1 << 0,	/* jail_get knows it; jls shows it */
	PARAM_RDONLY = 1 << 1,	/* jid's sort: dying, parent, children.cur */
	PARAM_CREATE = 1 << 2,	/* create-only: "X cannot be changed after creation" */
	PARAM_DEFER = 1 << 3,	/* in the table, not in force yet: say so */
	PARAM_ALLOW = 1 << 4,	/* allow.*: children may not have more */
	PARAM_KEYVAL = 1 << 5,	/* prefix of KEY: meta.x, env.x */
};

struct param_def {
	const char *name;
	enum param_type type;
	unsigned int flags;
	const char *dflt;     /* value of a new jail; NULL: none */
	const char *deferred; /* with PARAM_DEFER: what is missing, one line */
};

/*
 * Look up a name; ip4.addrs/ip6.addrs answer as ip4.addr/ip6.addr.  A name
 * that is a boolean with "no" before its last component (nopersist,
 * allow.nomount) answers as that boolean with *ret_no = true.
 * NULL: unknown.
 */
const struct param_def *param_find(const char *name, bool *ret_no);
const struct param_def *param_at(size_t i); /* NULL past the end */

/* Values as numbers; errors with FreeBSD's texts (jail.md section 4). */
int param_bool(const struct jparam *p, bool *ret, struct err *e);
int param_int(const struct jparam *p, int *ret, struct err *e);
int param_jailsys(const char *name, const char *value, int *ret,
		  struct err *e);

#endif
