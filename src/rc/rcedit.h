/*
 * rcedit: changes one assignment in the text of an rc.conf, as sysrc(8) does,
 * and leaves everything else as the administrator wrote it.
 */
#ifndef CB_RC_RCEDIT_H
#define CB_RC_RCEDIT_H

#include "base/str.h"

#include <stdbool.h>

/*
 * Append to out the text with the last `NAME=...` line giving `value`, or with
 * a new line at the end when there is none.  A comment behind it stays.
 * False, and nothing useful in out, when the text ends inside a quote or
 * with a backslash: where
 * a new line would end up nobody can tell.
 */
bool rcedit_set(const char *text, const char *name, const char *value,
		struct strbuf *out);
/* Without any line that assigns `name`; false: there was none. */
bool rcedit_delete(const char *text, const char *name, struct strbuf *out);
/*
 * The literal value of the last assignment, quotes taken off and nothing
 * expanded; false: there is none.
 */
bool rcedit_get(const char *text, const char *name, struct strbuf *value);
/* A name that the shell accepts. */
bool rcedit_name_ok(const char *name);

#endif
