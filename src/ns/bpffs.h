/*
 * bpffs: a BPF file system of cellblock's own, where programs and tables are
 * pinned.  It is mounted, root's alone, on a directory below /run/cellblock.
 */
#ifndef CB_NS_BPFFS_H
#define CB_NS_BPFFS_H

#include "base/err.h"

#include <stdbool.h>

bool bpffs_is(const char *path);
/* Mount one on the directory, unless there is one.  `what` is whose, for
 * texts of errors. */
int bpffs_mount(const char *path, const char *what, struct err *e);
/* Unmount it, if it is one, and take the directory away. */
int bpffs_unmount(const char *path, const char *what, struct err *e);
/* One at a time works in the directory, which is made: a lock beside it; close
 * *ret_fd to unlock. */
int bpffs_lock(const char *path, int *ret_fd, struct err *e);

#endif
