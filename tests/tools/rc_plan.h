/*
 * rc_plan: what an rc.conf asks for, as the plan of a jail with a vnet of its
 * own that has lo0 (down) and em0 (up) and nothing else.
 */
#ifndef CB_TESTS_RC_PLAN_H
#define CB_TESTS_RC_PLAN_H

#include "rc/rc.h"

/*
 * etc: where sysctl.conf and jail.conf lie.  Each step goes to `step`, if that
 * is not NULL.  Nothing of the plan is done.
 */
int rc_plan(const struct rcconf *conf, const char *etc, const struct report *r,
	    void (*step)(const char *text), struct err *e);

#endif
