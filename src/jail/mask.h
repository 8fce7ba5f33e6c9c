/*
 * mask: what of /proc and /sys a jail does not see, or sees and cannot write
 * (prison_mask.c).
 */
#ifndef CB_JAIL_MASK_H
#define CB_JAIL_MASK_H

#include "base/err.h"

#include <stdbool.h>

struct mask_plan {
	bool vnet;	   /* /proc/sys/net is of its own network */
	bool machine_root; /* its root is the machine's (host.users=inherit) */
};

/*
 * On the proc and sys mounted in the root at rootfd.  To be made in the mount
 * namespace that the jail gets a copy of: the kernel locks copies together
 * when they change hands, so that no root inside can lift a mask.
 *
 * Not for jails that have jails of their own: the kernel lets a user
 * namespace mount proc only where one without masks is to be seen.
 */
int mask_apply(int rootfd, const struct mask_plan *p, struct err *e);

#endif
