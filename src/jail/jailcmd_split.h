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
/*
 * Commands by the path that they have on FreeBSD, where they are those of
 * cellblock: "/sbin/ifconfig epair0 create" runs RT/ifconfig, also in the midst
 * of a shell's text wherever a command begins; /sbin/mount and its like are
 * those of scripts (cmd/script.h).  Not those that Linux systems have under
 * that very path with other meanings (arp, netstat, service).
 */
int jailcmd_bsd_paths(struct jailcmd_line *l, const char *rt, struct err *e);
/* "a b c", as messages show it; malloc'd or NULL. */
char *jailcmd_line_text(const struct strv *argv);

#endif
