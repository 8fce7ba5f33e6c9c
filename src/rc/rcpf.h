/*
 * rcpf: pf at boot and the words of `service pf`, as FreeBSD's rc.d/pf has
 * them: start, stop, check, reload, resync, status.
 */
#ifndef CB_RC_RCPF_H
#define CB_RC_RCPF_H

#include "rc/rcact.h"
#include "rc/rcmodel.h"
#include "rc/rcstate.h"

int rcmodel_pf(struct model_ctx *x);

int rcpf_make(struct rcact *a, const struct fact *f, struct err *e);
int rcpf_undo(struct rcact *a, const struct note *n, struct err *e);
/* Enabled, with the rules of this file as they were then. */
bool rcpf_has(const struct notes *n, const struct fact *f);

/*
 * One word of `service pf`.  *ret: the exit status; -ENOENT: no such word.
 * Lines for the user go to r as results.
 */
int rcpf_service(const struct rcdir *dir, const struct rcconf *c,
		 const char *word, const struct report *r, int *ret,
		 struct err *e);

#endif
