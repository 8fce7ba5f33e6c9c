/*
 * block: a folder of FreeBSD's configuration files, brought up and down whole.
 *
 * Theory of operation.  A block's top level lives in a sandbox, a vnet jail
 * with a copy-on-write root and the right to have children; with `host` it is
 * applied to the machine.  Either way a level is brought up by the same code
 * (level.c): compare rc.conf and jail.conf with the kernel, apply the
 * difference, then go down into the running jails that have a folder of their
 * own.  What is up is noted in /run/cellblock/blocks/NAME; the sandbox jail
 * itself is the rest of the record, so `down` removes exactly it.
 */
#ifndef CB_BLOCK_BLOCK_H
#define CB_BLOCK_BLOCK_H

#include "base/err.h"
#include "base/report.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

#define BLOCK_NAME_MAX 64
/* jids (children.max) that a sandbox is given for what it contains, at most */
#define BLOCK_CHILDREN 4096

struct block_opts {
	const char *dir;  /* the folder; for down, diff: may be NULL */
	const char *name; /* NULL: the folder's last component */
	bool host;	  /* --host: the machine itself, no sandbox */
	bool dry_run;	  /* -n: say what would be done */
	bool quiet;
	const struct report *report;
};

/* What /run/cellblock/blocks/NAME says. */
struct block {
	char name[BLOCK_NAME_MAX];
	char *dir; /* absolute */
	bool host;
};
void block_free(struct block *b);
#define cleanup_block __attribute__((cleanup(block_free)))

/*
 * Bring up or bring up to date.  ret_changes (may be NULL) counts the steps
 * that were needed; 0: everything was as the files say.  On failure a block
 * that was not up before is gone again, one that was up is as before.
 */
int block_up(const struct block_opts *o, size_t *ret_changes, struct err *e);
/* Remove what `up` made; -ENOENT when no such block is up. */
int block_down(const struct block_opts *o, struct err *e);

/* Read all text of a block, nested ones too; nothing is changed. */
int block_check(const char *dir, const struct report *report, struct err *e);

/*
 * The block that `which` names: a name, or a folder that is up.  -ENOENT with
 * a text when none is.
 */
int block_find(const char *which, struct block *ret, struct err *e);
/* Names of all blocks on this level. */
int block_list(struct strv *ret, struct err *e);

/* block_status.c: one block (or all, with which NULL) as text. */
int block_status(const char *which, bool json, struct strbuf *out,
		 struct err *e);

/*
 * block_doctor.c: what the kernel offers, what was left behind, what
 * overlaps.  With `repair` remains are removed.  ret_problems counts what is
 * not well after that.
 */
int block_doctor(bool repair, bool json, struct strbuf *out,
		 size_t *ret_problems, struct err *e);

#endif
