/*
 * rcplain: rc.conf(5) files in which there is nothing for a shell to do.
 */
#ifndef CB_RC_RCPLAIN_H
#define CB_RC_RCPLAIN_H

#include "rc/rc.h"

/*
 * Variables and files, into a ret that has none.  -EAGAIN: they are not plain,
 * or not absolute paths; -ENOMEM.
 */
int rcplain_load(const char *const *paths, bool defaults, struct rcconf *ret);

/* rcconf.c: a variable of the shell itself, which is no configuration. */
bool rcconf_is_shell_var(const char *name);

#endif
