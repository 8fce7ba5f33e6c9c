/*
 * injail: `-j JAIL` of commands: run the rest of the command inside a jail, as
 * its root could, without the jail having the command.
 */
#ifndef CB_CMD_INJAIL_H
#define CB_CMD_INJAIL_H

#include "base/err.h"

#include <stdbool.h>

/*
 * Run `fn(argc, argv)` in the jail (name or jid) and return its exit status;
 * 1 with a message when the jail cannot be entered.
 */
int injail(const char *prog, const char *jail, int (*fn)(int, char **),
	   int argc, char **argv);
/* The same for commands that say by themselves what is wrong: 0 and the exit
 * status, or -ENOENT there is no such jail, -EPERM, others. */
int injail_try(const char *jail, int (*fn)(int, char **), int argc, char **argv,
	       int *ret_status, struct err *e);

#endif
