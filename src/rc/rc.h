/*
 * rc: rc.conf(5) and the boot of one vnet.
 *
 * Theory of operation.  text -> model -> plan -> kernel.  rc.conf is shell:
 * a shell evaluates it and nothing but variables comes back (rcconf).  The
 * wanted state of the vnet is computed from them (rcmodel); compared with what
 * the kernel has, it gives a plan of steps with undo, empty when nothing
 * differs.  `service netif start`, `/bin/sh /etc/rc` and `cellblock up` are
 * all this with different filters.  All functions act on the calling
 * process's own level (vnet, mount namespace, registry).
 */
#ifndef CB_RC_RC_H
#define CB_RC_RC_H

#include "base/err.h"
#include "base/plan.h"
#include "base/report.h"
#include "base/str.h"

#include <stdbool.h>

/* Variables of rc.conf and friends. */
struct rcvar {
	char *name, *value;
};
struct rcconf {
	struct rcvar *v; /* sorted by name */
	size_t n;
	char *file;      /* the main file, for messages */
};

/*
 * Evaluate built-in defaults, then `files` in order (missing ones skipped),
 * with /bin/sh in a clean environment, time limit 10 s.  A shell error is
 * reported as the shell words it, with file and line.
 */
int rcconf_load(const char *const *files, struct rcconf **ret, struct err *e);
void rcconf_free(struct rcconf **c);
#define cleanup_rcconf __attribute__((cleanup(rcconf_free)))
const char *rcconf_get(const struct rcconf *c, const char *name); /* or NULL */
/* checkyesno: warns "$X is not set properly - see rc.conf(5)." */
bool rcconf_yes(const struct rcconf *c, const char *name,
		const struct report *r);

/* Where a level's configuration lies. */
struct rcdir {
	const char *etc;   /* "/etc", or a block's folder for --host */
	const char *local; /* "/usr/local/etc/rc.d" or DIR/rc.d */
	bool block;	   /* a block's folder: rc.conf directly in etc */
};

struct rc {
	const struct rcdir *dir;
	const struct rcconf *conf;
	const struct report *report;
	bool dry_run;
	bool quiet;
};

/*
 * Boot (or bring up to date) the level: builds the plan of what differs and
 * runs it, jails included (jail_enable).  ret_plan, if not NULL, is given
 * the executed plan, so that a block can undo it or show it; with dry_run
 * nothing is executed.
 */
int rc_start(const struct rc *rc, struct plan *ret_plan, struct err *e);
/* Reverse order: stop jails, then undo what the configuration made. */
int rc_stop(const struct rc *rc, struct err *e);

#endif
