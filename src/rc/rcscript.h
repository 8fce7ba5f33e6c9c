/*
 * rcscript: local rc.d scripts, run by /bin/sh.
 */
#ifndef CB_RC_RCSCRIPT_H
#define CB_RC_RCSCRIPT_H

#include "base/err.h"
#include "base/report.h"
#include "base/str.h"

#include <stdbool.h>

#define RC_SUBR "/etc/rc.subr"
/* Its functions are rc.subr's; a file for scripts that name it. */
#define NETWORK_SUBR "/etc/network.subr"
#define NETWORK_SUBR_TEXT ". " RC_SUBR "\n"

/* Does it read NETWORK_SUBR? */
bool rcscript_needs_network(const char *path);

/* Run with one argument; what it prints goes to the report, line by line. */
int rcscript_run(const char *path, const char *arg, const struct report *r,
		 struct err *e);

/*
 * Run a program to its end, a daemon that it leaves behind not waited for;
 * its lines go to the report.  It finds FreeBSD's names first.  After so many
 * seconds (0: never) it is killed.
 */
int rcscript_program(char *const *argv, int seconds, const struct report *r,
		     struct err *e);

/*
 * Run with the caller's descriptors and any arguments, an /etc/rc.subr being
 * there meanwhile.  *ret_status: as a shell would say it.  rep: for what is
 * wrong beside the script.
 */
int rcscript_interactive(const char *path, int nargs, char *const *args,
			 const struct strv *env, const struct report *rep,
			 int *ret_status, struct err *e);

#endif
