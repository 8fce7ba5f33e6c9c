/*
 * share_below: what is held to addresses (ipshare/ipshare.h) on behalf of
 * jails in jails, written down where the right for it is, at the first level.
 *
 * jails/JID/share/N has, for jail N somewhere below jail JID, one line:
 * "CGROUP COUNT J1/J2/.../N", the number of its cgroup, how many addresses it
 * has, and the way down.  It is
 * there before anything is held and goes after all was let go, so whoever is
 * killed in between leaves a line that the next one acts on.
 */
#ifndef CB_JAIL_SHARE_BELOW_H
#define CB_JAIL_SHARE_BELOW_H

#include "jail/broker_wire.h"
#include "jail/prison_int.h"

/* The names of what the kernel keeps for ipshare; the registry's own. */
#define SHARE_BPFDIR CELLBLOCK_RUN "/bpf"

/*
 * Hold the jail that m names from jid down, with this life and params, to
 * what m says, in that network namespace.  All that is asked has been checked.
 */
int share_below_set(struct prisons *ps, int jid, const struct life *l,
		    const struct pset *params, const struct broker_msg *m,
		    int netns, struct err *e);
/* Let go of that jail and of those in it; depth 0: of all that jid has. */
int share_below_clear(struct prisons *ps, int jid, const int *path,
		      size_t depth, struct err *e);
/*
 * At the end of jail jid, which had jails: what those held.  They are dead;
 * in a jail the broker is asked.
 */
int share_below_end(struct prisons *ps, int jid, struct err *e);

#endif
