/*
 * rcscript: local rc.d scripts, run by /bin/sh.
 */
#ifndef CB_RC_RCSCRIPT_H
#define CB_RC_RCSCRIPT_H

#include "base/err.h"
#include "base/report.h"

#define RC_SUBR "/etc/rc.subr"

/* Run with one argument; what it prints goes to the report, line by line. */
int rcscript_run(const char *path, const char *arg, const struct report *r,
		 struct err *e);

/*
 * Run with the caller's descriptors and any arguments, an /etc/rc.subr being
 * there meanwhile.  *ret_status: as a shell would say it.
 */
int rcscript_interactive(const char *path, int nargs, char *const *args,
			 int *ret_status, struct err *e);

#endif
