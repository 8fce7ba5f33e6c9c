/* pfconf_check: what holds of each ruleset, for golden tests and fuzzers. */
#ifndef CB_TESTS_PFCONF_CHECK_H
#define CB_TESTS_PFCONF_CHECK_H

#include "pf/conf.h"

/*
 * Interfaces and hosts of a machine that never changes: lo0, em0, em1, tun0,
 * fxp0 (without an address), the group "egress" (em0), www.example.com.
 */
extern const struct pf_resolve pfconf_world;

/*
 * What pfctl echoes of c reads as the same rules, and what the kernel is given
 * to keep reads as the same in all; else false and why.
 */
bool pfconf_check(const struct pf_conf *c, const struct pf_parse *how,
		  struct strbuf *why);
/* Only the second. */
bool pfconf_check_stored(const struct pf_conf *c, struct strbuf *why);

#endif
