/*
 * rcpflog: pflogd(8) at boot and the words of `service pflog`, as FreeBSD's
 * rc.d/pflog has them: start, stop, restart, status, reload, resync.
 */
#ifndef CB_RC_RCPFLOG_H
#define CB_RC_RCPFLOG_H

#include "rc/rcact.h"
#include "rc/rcmodel.h"
#include "rc/rcstate.h"

int rcmodel_pflog(struct model_ctx *x);

int rcpflog_make(struct rcact *a, const struct fact *f, struct err *e);
int rcpflog_undo(struct rcact *a, const struct note *n, struct err *e);
/* Does it run, with the flags that were noted? */
bool rcpflog_has(const struct notes *n, const struct fact *f);

/*
 * One word of `service pflog`, for all instances or the one that is named.
 * *ret: the exit status; -ENOENT: no such word.
 */
int rcpflog_service(const struct rcconf *c, const char *word, const char *name,
		    const struct report *r, int *ret, struct err *e);

#endif
