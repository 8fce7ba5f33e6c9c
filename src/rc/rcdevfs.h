/*
 * rcdevfs: the service devfs.
 */
#ifndef CB_RC_RCDEVFS_H
#define CB_RC_RCDEVFS_H

#include "rc/rcfact.h"
#include "rc/rcmodel.h"

/* The facts of RC_DEVFS. */
int rcmodel_devfs(struct model_ctx *x);

bool rcdevfs_has(const struct fact *f);
int rcdevfs_make(const struct fact *f, const struct report *rp, struct err *e);
int rcdevfs_undo(const struct fact *f, struct err *e);

#endif
