/*
 * blockroot: a block's files inside a jail with a copy-on-write root.
 *
 * Such a jail sees the machine's root, /etc included; what configures the
 * machine must not configure the jail.  So each name in the table is either
 * replaced by the block's file of that name or removed, in the jail's own
 * copy.  `up` does it again each time: the folder is what the jail is.
 */
#ifndef CB_JAIL_BLOCKROOT_H
#define CB_JAIL_BLOCKROOT_H

#include "base/err.h"

#include <stddef.h>

/*
 * Install from blockfd (a block's folder; -1: none, only remove) into the
 * root at rootfd.  ret_changed (may be NULL) counts files that differed.
 */
int blockroot_install(int rootfd, int blockfd, size_t *ret_changed,
		      struct err *e);

#endif
