/*
 * rcjailold: jails that variables of rc.conf describe (jail_NAME_rootdir and
 * its like), as FreeBSD had them before jail.conf(5).
 */
#ifndef CB_RC_RCJAILOLD_H
#define CB_RC_RCJAILOLD_H

#include "rc/rc.h"

/* Is there a jail_NAME_rootdir? */
bool rcjailold_is(const struct rcconf *c, const char *name);

/* Is the variable one of a jail of jail_list that variables describe, or one
 * for all of them? */
bool rcjailold_uses(const struct rcconf *c, const char *var);

/* Where its jail.conf is written; malloc'd. */
char *rcjailold_file(const char *name);

/*
 * The jail in jail.conf's words, as rc.d/jail of FreeBSD translates it.  A
 * variable that is not known is an error, as it would be dropped in silence.
 */
int rcjailold_text(const struct rcconf *c, const char *name, struct strbuf *out,
		   struct err *e);

#endif
