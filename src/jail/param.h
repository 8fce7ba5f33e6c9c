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
	PARAM_KERNEL = 1 << 0, /* jail_get knows it; jls shows it */
	PARAM_RDONLY = 1 << 1, /* jid's sort: dying, parent, children.cur */
	PARAM_CREATE =
		1 << 2, /* create-only: "X cannot be changed after creation" */
	PARAM_ALLOW = 1 << 4,  /* allow.*: children may not have more */
	PARAM_KEYVAL = 1 << 5, /* prefix of KEY: meta.x, env.x */
	PARAM_LINUX = 1 << 6,  /* ours: FreeBSD has no such parameter */
	PARAM_OLD = 1 << 7,    /* accepted, without meaning by now: warn */
};

struct param_def {
	const char *name;
	enum param_type type;
	unsigned int flags;
	const char *dflt; /* value of a new jail; NULL: none, or computed */
};

/*
 * Look up a name; ip4.addrs/ip6.addrs answer as ip4.addr/ip6.addr, meta.KEY
 * and env.KEY as meta and env.  A name that is a boolean or a jailsys
 * parameter with "no" before its last component (nopersist, allow.nomount,
 * novnet) answers as that parameter with *ret_no = true.  ret_no may be NULL.
 * NULL: unknown.
 */
const struct param_def *param_find(const char *name, bool *ret_no);
const struct param_def *param_at(size_t i); /* NULL past the end */

/*
 * Values as numbers; errors with FreeBSD's texts (jail.md section 4).  Of
 * several values the last counts, as in jail(8).  The "no" of a name is
 * minded; a name alone is true, a jailsys name alone is "new".
 */
int param_bool(const struct jparam *p, bool *ret, struct err *e);
int param_int(const struct jparam *p, int *ret, struct err *e);
int param_jailsys(const char *name, const char *value, int *ret, struct err *e);
/* "disable", "new", "inherit"; anything else answers "inherit". */
const char *param_jailsys_name(int value);
/* Value of a boolean in a set, or what the table says of a new jail. */
bool param_set_bool(const struct pset *ps, const char *name);

/*
 * Is this parameter known and are its values of its type?  Errors:
 * "unknown parameter: x", "x: non-integer value ...", "ip4.addr: not an IPv4
 * address: ...".  An address may have jail(8)'s decorations around it:
 * [IF|]ADDR[/MASK][ ifconfig words].
 */
int param_check(const struct jparam *p, struct err *e);

/* The parts of "[IF|]ADDR[/MASK][ words]"; missing ones are empty. */
struct param_addr {
	char ifname[64];
	char addr[64];
	char mask[64];
	char words[256];
};
int param_addr_split(const char *value, struct param_addr *ret);

#endif
