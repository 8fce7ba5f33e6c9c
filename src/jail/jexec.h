/* jexec: a command in a jail, in the foreground as if it were this process. */
#ifndef CB_JAIL_JEXEC_H
#define CB_JAIL_JEXEC_H

#include "base/err.h"
#include "jail/prison.h"

/*
 * Run x->argv (x->fn must be NULL) in the jail and wait for it.  In the
 * foreground of a terminal the command gets one of its own; it stops and
 * continues with the caller, and signals sent to the caller are passed on.
 * ret_status is a wait(2) status.  A program that cannot be executed is told of
 * on stderr as "WHO: execvp: PROGRAM: strerror" and gives exit status 1.
 */
int jexec_run(struct prisons *ps, const struct prison *p,
	      const struct prison_exec *x, const char *who, int *ret_status,
	      struct err *e);

/* End as the command did: the same exit status, or by the same signal. */
void jexec_exit(int status) __attribute__((noreturn));

#endif
