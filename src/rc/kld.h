/*
 * kld: modules of FreeBSD's kernel, for kldload(8) and kldstat(8).
 *
 * Theory of operation.  What modules bring on FreeBSD is part of cellblock, so
 * nothing is loaded; scripts that load modules before they use them shall run,
 * and hear of it where a module has no counterpart here.  Each level keeps the
 * list of those that were asked for, so that kldstat and a second kldload
 * answer as they do on FreeBSD.  The list may have been written by a jail's
 * root: a line that is no known module is none.
 */
#ifndef CB_RC_KLD_H
#define CB_RC_KLD_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>

/* "ng_ether" from "ng_ether", "ng_ether.ko" or a path of it. */
void kld_name(const char *file, char *ret, size_t size);

/* Those that were loaded, in order. */
int kld_list(struct strv *ret, struct err *e);
/* -ENOENT: there is no such module; -EEXIST: loaded already. */
int kld_load(const char *name, struct err *e);
/* -ENOENT: not loaded. */
int kld_unload(const char *name, struct err *e);

#endif
