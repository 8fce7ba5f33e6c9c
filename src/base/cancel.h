/*
 * cancel: Ctrl-C as a request, for commands that roll back.
 *
 * Signals belong to the process, so this has no object.  What cancel_catch()
 * turns on holds for children that are forked and do not execute: they share
 * the descriptor, whoever of the group was sent the signal.
 */
#ifndef CB_BASE_CANCEL_H
#define CB_BASE_CANCEL_H

#include "base/err.h"

#include <stdbool.h>

/*
 * From now on SIGINT, SIGTERM and SIGHUP are only noted.  Again in a child
 * whose signals were reset: the descriptor stays that of its parent.
 */
int cancel_catch(struct err *e);
/* In such a child that is to be as if it had been executed. */
void cancel_forget(void);
/* Readable once one was noted; -1 when they are not caught. */
int cancel_fd(void);
bool cancel_asked(void);

#endif
