/*
 * rc: rc.conf(5) and the boot of one vnet.
 *
 * Theory of operation.  text -> model -> plan -> kernel.  rc.conf is shell:
 * a shell evaluates it (rcplain does, where it is assignments only) and nothing
 * but variables comes back (rcconf).  The wanted state of the vnet is computed
 * from them (rcmodel); compared with what the kernel has, it gives a plan of
 * steps with undo, empty when nothing differs.  `service netif start`,
 * `/bin/sh /etc/rc` and `cellblock up` are all this with different filters.
 * All functions act on the calling process's own level (vnet, mount namespace,
 * registry).
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
	char *file;	      /* the main file, for messages */
	struct strv files;    /* those that were there, in order */
	struct strv messages; /* what the files printed, complaints included */
};

/*
 * Evaluate built-in defaults, then `files` in order (missing ones skipped),
 * with /bin/sh in a clean environment, time limit 10 s.  A shell error is
 * reported as the shell words it, with file and line.  A value that its
 * variable cannot have (rcdefaults.h) is told of in `messages`, and the default
 * holds.
 */
int rcconf_load(const char *const *files, struct rcconf **ret, struct err *e);
/* As above, values as they are; without defaults only what the files set. */
int rcconf_load_bare(const char *const *files, bool defaults,
		     struct rcconf **ret, struct err *e);
void rcconf_free(struct rcconf **c);
#define cleanup_rcconf __attribute__((cleanup(rcconf_free)))
const char *rcconf_get(const struct rcconf *c, const char *name); /* or NULL */
/* The first of those whose names begin so: they stand together. */
size_t rcconf_prefix(const struct rcconf *c, const char *prefix, size_t *ret_n);
/* Set one for this process (service(8)'s onestart). */
int rcconf_set(struct rcconf *c, const char *name, const char *value,
	       struct err *e);
/* checkyesno: warns "$X is not set properly - see rc.conf(5)." */
bool rcconf_yes(const struct rcconf *c, const char *name,
		const struct report *r);
/* 1 yes|true|on|1, 0 no|false|off|0 in any case, -1 neither. */
int rcconf_bool(const char *value);
/*
 * Where a file assigns the variable last, by the look of the text; false when
 * none does (then the value is a default, or computed).  *ret_file is owned by
 * the configuration.
 */
bool rcconf_where(const struct rcconf *c, const char *name,
		  const char **ret_file, unsigned int *ret_line);
/* An error about a variable: "FILE line N: NAME: text". */
int rcconf_err(const struct rcconf *c, const char *name, int code,
	       struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

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
	bool quiet;	     /* no steps */
	bool messages;	     /* FreeBSD's lines, as results */
	bool keep_going;     /* a step that fails is reported; others follow */
	const char *service; /* only this one ("netif", a script); NULL: all */
	const struct strv *interfaces; /* netif: only these; NULL: all */
	unsigned long kinds;	       /* bits of enum fact_kind; 0: all */
};

/* The files that make up a level's rc.conf, for rcconf_load(); rcdir's. */
int rc_files(const struct rcdir *dir, struct strv *ret, struct err *e);
/* ... and besides those of one service: rc.conf.d/NAME, false: has none. */
int rc_files_of(const struct rcdir *dir, const char *name, struct strv *ret,
		bool *ret_own, struct err *e);
/* "/etc" and "/usr/local/etc/rc.d". */
extern const struct rcdir rc_system_dir;

/* The folders of local scripts: local_startup, or the level's own. */
const char *rc_local(const struct rcdir *dir, const struct rcconf *c);

/* Where the calling process's level has them: /etc, or a block's folder. */
const struct rcdir *rc_level_dir(void);

/*
 * Boot (or bring up to date) the level: builds the plan of what differs and
 * runs it, jails included (jail_enable).  ret_plan, if not NULL, is given
 * the executed plan, so that a block can undo it or show it; with dry_run
 * nothing is executed.  Each step is reported (REPORT_STEP).  When one fails
 * what this call has done is undone, unless keep_going: then -EIO with an
 * empty text comes at the end, everything having been reported.
 */
int rc_start(const struct rc *rc, struct plan *ret_plan, struct err *e);
/* Reverse order: stop jails, then undo what the configuration made. */
int rc_stop(const struct rc *rc, struct err *e);

#endif
