/* level: one level of a block (a vnet with its rc.conf and jail.conf). */
#ifndef CB_BLOCK_LEVEL_H
#define CB_BLOCK_LEVEL_H

#include "base/err.h"
#include "base/report.h"
#include "jail/prison.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Bring the calling process's own level up to date with the folder `dir`
 * (--host), or, with dir NULL, with the folder shown to this jail at
 * /run/cellblock/block.  Adds to *changes.
 */
int level_up(const char *dir, bool dry_run, const struct report *r,
	     size_t *changes, struct err *e);
/* Stop the level's jails and undo what its rc made, in reverse. */
int level_down(const char *dir, const struct report *r, struct err *e);

/*
 * level_up or level_down inside a running jail, reports relayed.  dir is the
 * folder shown to the jail, as it is called here: messages from inside name
 * its files, not their copies.
 */
int level_up_in(struct prisons *ps, const struct prison *p, const char *dir,
		bool dry_run, const struct report *r, size_t *changes,
		struct err *e);
int level_down_in(struct prisons *ps, const struct prison *p, const char *dir,
		  const struct report *r, struct err *e);

#endif
