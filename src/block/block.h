/*
 * block: a folder of FreeBSD's configuration files, brought up and down whole.
 */
#ifndef CB_BLOCK_BLOCK_H
#define CB_BLOCK_BLOCK_H

#include "base/err.h"
#include "base/report.h"

#include <stdbool.h>

struct block_opts {
	const char *dir;
	const char *name;  /* default: the folder's last component */
	bool host;	   /* --host: the machine itself, no sandbox */
	bool dry_run;	   /* -n */
	bool quiet;
	const struct report *report;
};

int block_up(const struct block_opts *o, struct err *e);
int block_down(const struct block_opts *o, struct err *e);
/* Drift between files and kernel as text; ret_changes counts them. */
int block_diff(const struct block_opts *o, struct strbuf *out,
	       size_t *ret_changes, struct err *e);

#endif
