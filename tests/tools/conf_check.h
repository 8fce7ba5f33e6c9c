/* conf_check: what must hold of every jail.conf that parses. */
#ifndef CB_TESTS_CONF_CHECK_H
#define CB_TESTS_CONF_CHECK_H

#include "jail/conf.h"

/*
 * Print and parse back: the canonical text must give the same canonical text
 * and the same jails (also those with errors), and each jail's block the same
 * parameters.  False: `why` says what differs.
 */
bool conf_check(const struct jailconf *c, struct strbuf *why);

/* All jails as blocks, or "jail: ERROR" for those that are not well. */
void conf_dump(const struct jailconf *c, struct strbuf *out);

#endif
