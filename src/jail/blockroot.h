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
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Install from blockfd (a block's folder; -1: none, only remove) into the
 * root at rootfd.  ret_changed (may be NULL) counts files that differed.
 */
int blockroot_install(int rootfd, int blockfd, size_t *ret_changed,
		      struct err *e);

/*
 * The calling process's root is such a copy, its own: an overlay that prison
 * made for this jail (its mount source says so; a jail's own path may lie on
 * an overlay, too).
 */
bool blockroot_here(void);

/*
 * The calling process is in a jail with a root of its own, and the folder
 * shown to it has an rc.conf or a jail.conf: that, not its /etc, says what is
 * inside.  (In a copy /etc says the same as the folder.)
 */
bool blockroot_shown(void);

/*
 * Append text that comes from inside, with the files of the block under the
 * names they have in dir, the folder shown to that jail: the user knows those.
 */
void blockroot_rename(const char *text, const char *dir, struct strbuf *b);

/*
 * In a copy, install from the folder shown at /run/cellblock/block, or remove
 * what configures the machine when none is shown.  Elsewhere nothing.
 */
int blockroot_install_here(size_t *ret_changed, struct err *e);

#endif
