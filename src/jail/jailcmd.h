/*
 * jailcmd: what jail(8) does, as a library: create, modify, remove and
 * restart jails of a jail.conf or of a command line, in the order and with
 * the messages of jail(8).  rc and block start the jails of a level through
 * it without running the command.
 */
#ifndef CB_JAIL_JAILCMD_H
#define CB_JAIL_JAILCMD_H

#include "base/err.h"
#include "base/report.h"
#include "base/str.h"
#include "jail/conf.h"
#include "jail/prison.h"
#include "jail/pset.h"

#include <stdbool.h>

#define JAILCMD_CONF "/etc/jail.conf"

/* -c -m -r; together they mean what jail(8) says of -cm -mr -cmr -rc. */
enum {
	JAILCMD_CREATE = 1 << 0,
	JAILCMD_MODIFY = 1 << 1,
	JAILCMD_REMOVE = 1 << 2,
};

/* A jail that has been started, for -i and -J. */
struct jailcmd_started {
	int jid;
	const char *name;	   /* of the configuration; NULL: none */
	const struct pset *params; /* as given, before they were split up */
};

struct jailcmd {
	unsigned int ops;
	bool hard;     /* -R: no configuration, no stop commands */
	bool cleanup;  /* -C: the steps after removal, of jails that are gone */
	bool dying;    /* -d: without meaning by now, a warning is given */
	int limit;     /* -p: commands at a time over all jails; 0 no limit */
	int verbosity; /* 1: -v, -1: -q */

	/* One of these three says which jails there are. */
	const char *file;	     /* jail.conf to load */
	const struct jailconf *conf; /* or already loaded */
	const struct pset *params;   /* or the command line's single jail */

	/* Which of them; wildcards allowed; none: all (not with params). */
	const char *const *names;
	size_t nnames;

	/*
	 * Folder of the block the calling level is, for jails/NAME in it.
	 * NULL: /run/cellblock/block when that exists.
	 */
	const char *block;
	/*
	 * Readable: undo what is being started, leave what is being stopped,
	 * and come back with -ECANCELED.  -1: none.
	 */
	int cancel_fd;
	/*
	 * Keep what commands without exec.consolelog write, and show it when
	 * one of that jail fails, as FreeBSD's rc.d/jail does.
	 */
	bool keep_output;
	/*
	 * Lines are complete: "web: created" (REPORT_OUT), "jail: web: ..."
	 * (REPORT_WARN and REPORT_ERROR; "ifconfig: ..." for what ifconfig
	 * says), "web: run command: ..." (REPORT_VERBOSE, only with
	 * verbosity 1).  REPORT_STEP names what is being waited for, "" when
	 * nothing is.
	 */
	const struct report *report;
	/* The jail is there (-i); its start is complete (-J).  May be NULL. */
	void (*created)(void *data, const struct jailcmd_started *s);
	void (*started)(void *data, const struct jailcmd_started *s);
	void *data;
	struct prisons *prisons;  /* NULL: opened here */
	struct prison_nets *nets; /* then: for it; may be NULL */
};

/*
 * Do it.  0 when all jails went well.  -EIO with an empty text in e when
 * some failed: each has been reported.  Any other error (a syntax error in
 * the file, no right to the registry) comes back in e, without "jail: ", and
 * nothing has been done.
 */
int jailcmd_run(const struct jailcmd *c, struct err *e);

/*
 * The built-in rc, of a layer above: called in a process of the jail, which is
 * a copy of this one, for jails without an /etc/rc.  NULL, as for programs that
 * use libjail: rt/bin/rc is executed.
 */
void jailcmd_set_rc(int (*rc)(int argc, char **argv));

/* -J and -e: "name=value<SEP>..." or the old style's five columns. */
void jailcmd_print_started(struct strbuf *out, const struct jailcmd_started *s,
			   bool old_style, const char *sep);

/* A command line of jail(8), parsed (jailcmd_args.c). */
struct jailcmd_args {
	struct jailcmd cmd; /* file, names, ops, ...: borrowed from argv */
	struct pset params; /* cmd.params points here when used */
	bool old_style;
	bool print_jid;	     /* -i */
	const char *jidfile; /* -J */
	const char *export;  /* -e */
	bool help, version;
};
/*
 * Parse argv[1..]; argv must outlive ret.  -EINVAL with an empty text: bad
 * usage, print jailcmd_usage; with a text: print that.
 */
int jailcmd_args_parse(int argc, char **argv, struct jailcmd_args *ret,
		       struct err *e);
void jailcmd_args_free(struct jailcmd_args *a);
#define cleanup_jailcmd_args __attribute__((cleanup(jailcmd_args_free)))
extern const char jailcmd_usage[];

#endif
