/* jailcmd_split: how jail(8) turns an exec.* string into a command. */
#ifndef CB_JAIL_JAILCMD_SPLIT_H
#define CB_JAIL_JAILCMD_SPLIT_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>

struct jailcmd_line {
	struct strv argv; /* none: nothing to run */
	bool shell;	  /* argv is {"/bin/sh", "-c", text} */
	bool background;  /* it ended with a lone "&" */
};

int jailcmd_split(const char *text, struct jailcmd_line *ret, struct err *e);
/* "a b c", as messages show it; malloc'd or NULL. */
char *jailcmd_line_text(const struct strv *argv);

#endif
