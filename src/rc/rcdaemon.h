/*
 * rcdaemon: programs that rc leaves running, known by a file that holds their
 * pid and start time, so that no other process is ever taken for one.
 */
#ifndef CB_RC_RCDAEMON_H
#define CB_RC_RCDAEMON_H

#include "base/err.h"

#include <sys/types.h>

/* The process that the file names, if it still runs; or 0. */
pid_t rcdaemon_running(const char *file);

/*
 * Start a program in a session of its own, its output dropped, and name it in
 * the file; and in `pidfile` (may be NULL), as its bare number.  The caller is
 * its parent as long as he lives.
 */
int rcdaemon_start(const char *file, const char *pidfile, const char *path,
		   char *const *argv, char *const *envp, pid_t *ret_pid,
		   struct err *e);

/* End it with SIGTERM, after three seconds with SIGKILL; the files go. */
void rcdaemon_stop(const char *file);
/* The files alone. */
void rcdaemon_forget(const char *file);

/* Path of one of our own commands, by which others can run it; malloc'd. */
int rcdaemon_command(const char *name, char **ret, struct err *e);

#endif
