/*
 * rcset: reads what a shell's `set` prints.  Pure text, no privilege, fuzzed:
 * a configuration file decides every byte of it.
 */
#ifndef CB_RC_RCSET_H
#define CB_RC_RCSET_H

#include "base/err.h"
#include "rc/rc.h"

#include <stddef.h>

/*
 * Parse the output of `set` of dash, busybox ash, bash, ksh or mksh: lines
 * NAME=WORD, where WORD is any mix of bare characters, '...', "...", $'...'
 * and \c, and may hold newlines inside quotes.  Lines of another form (bash's
 * functions and arrays) are skipped.  Appends to *v; of two values for one
 * name the later wins once rcconf has sorted them.  -EINVAL when a quote is
 * never closed, -ENOMEM.
 */
int rcset_parse(const char *text, size_t len, struct rcvar **v, size_t *n,
		struct err *e);
void rcset_free(struct rcvar *v, size_t n);

#endif
