/*
 * supervise: daemon(8): run a program detached from the terminal, and be its
 * parent as long as it lives if there is something to be done for it.
 *
 * Theory of operation.  Without pid files, restarts and output to be written
 * nobody needs to stay: the process becomes the program.  Otherwise it is a
 * child, and the parent waits for signals and the child's output in one loop.
 * SIGTERM is passed on and ends the parent after the child; SIGHUP opens the
 * output file anew if that was asked for.  Pid files are held by a lock, so
 * that a second start sees the first whatever is in them.
 */
#ifndef CB_RC_SUPERVISE_H
#define CB_RC_SUPERVISE_H

#include "base/err.h"

#include <stdbool.h>

struct supervise {
	const char *child_pidfile, *parent_pidfile;
	const char *output; /* file to append its output to */
	const char *title, *user;
	char *const *argv; /* ends with NULL */
	bool chdir_root, null, reopen, restart;
	bool syslog;
	int facility, priority; /* of syslog(3) */
	const char *tag;
	int mask;	  /* outputs that are written: 1, 2, 3 */
	int delay, count; /* seconds to a restart; how many, 0: any */
};

/*
 * Returns in the caller with 0 when all was started, or in the process that
 * stays when it has ended, with *ret_stayed.  -EEXIST: a pid file is locked.
 */
int supervise_run(const struct supervise *s, bool *ret_stayed, struct err *e);

#endif
