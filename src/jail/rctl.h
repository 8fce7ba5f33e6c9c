/*
 * rctl: limits on jails, as rctl(8) has them.
 *
 * Theory of operation.  The rules of a level lie in its registry, a file for
 * each subject:
 *
 *   rctl/jail/NAME      rules of the jail of that name, running or not
 *   rctl/process/PID    rules of a process, and the limits it had before
 *   jails/JID/rctl      what is in force for a running jail: knobs
 *                       (rctl_limit.h) and v1 cgroups
 *
 * so that a jail without rules costs one look for a file that is not there,
 * whatever other rules exist.  A rule is written down first and put in force
 * then; a jail that starts is written down first and looks for rules then:
 * whichever comes second sees the other.  Both are done under the registry's
 * lock.  What has been put in force is written before it is, so whoever
 * removes the jail finds it.
 *
 *   rctl_rule.c    text, matching, printing
 *   rctl_limit.c   which knob a rule turns; with rctl_cgroup.c, rctl_ipc.c
 *   rctl_db.c      the rules' files; adding, removing, listing
 *   rctl_apply.c   putting rules in force for a running jail
 *   rctl_join.c    processes: running ones, and those that enter
 *   rctl_use.c     what a jail uses
 */
#ifndef CB_JAIL_RCTL_H
#define CB_JAIL_RCTL_H

#include "jail/prison.h"
#include "jail/rctl_rule.h"

struct rctl_rules {
	struct rctl_rule *v;
	size_t n;
};
void rctl_rules_free(struct rctl_rules *r);
#define cleanup_rctl_rules __attribute__((cleanup(rctl_rules_free)))

/*
 * rctl_add_rule(2): at once for running processes, and for all that start
 * later under the name.  Nothing has changed when it fails: -EOPNOTSUPP with
 * what Linux or this machine lacks.
 */
int rctl_add(struct prisons *ps, const struct rctl_rule *r, struct err *e);
/* rctl_remove_rule(2): all that match; -ESRCH when none does. */
int rctl_remove(struct prisons *ps, const struct rctl_rule *filter,
		struct err *e);
/* rctl_get_rules(2), in FreeBSD's order: the newest first. */
int rctl_list(struct prisons *ps, const struct rctl_rule *filter,
	      struct rctl_rules *ret, struct err *e);
/* rctl_get_limits(2): the rules that hold for the process of the filter. */
int rctl_list_process(struct prisons *ps, const struct rctl_rule *filter,
		      struct rctl_rules *ret, struct err *e);

/* rctl_get_racct(2); a resource that Linux does not count is RCTL_OMITTED. */
struct rctl_use {
	int64_t v[RCTL_RESOURCES];
};
int rctl_usage(struct prisons *ps, const struct rctl_rule *filter,
	       struct rctl_use *ret, struct err *e);

#endif
