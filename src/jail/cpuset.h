/*
 * cpuset: the processors that a jail may run on (cpuset.id, cpuset(1)).
 *
 * Theory of operation.  On a cgroup2 tree that has the cpuset controller the
 * set is the cgroup's, cpuset.cpus of JID/tree: the kernel holds every process
 * to it, whoever asks for more.  Elsewhere the set is the affinity of each of
 * the jail's threads: those that run are given it, those that enter take it
 * on, and it passes to children.  Then a process may ask for other
 * processors again, as on Linux anyone may for itself.
 *
 * jails/JID/cpuset has the set, as the kernel writes lists ("0-3,8"); a jail
 * without the file has all processors.
 */
#ifndef CB_JAIL_CPUSET_H
#define CB_JAIL_CPUSET_H

#include "base/err.h"
#include "base/str.h"
#include "jail/prison.h"

#include <sched.h>

/* "0-2,4", or "all" for what `all` has; only those that `all` has too. */
int cpuset_parse(const char *text, const cpu_set_t *all, cpu_set_t *ret,
		 struct err *e);
/* "0-2,4", and as cpuset(1) prints it: "0, 1, 2, 4". */
void cpuset_list(struct strbuf *out, const cpu_set_t *set);
void cpuset_print(struct strbuf *out, const cpu_set_t *set);
/* Those that the machine has running. */
int cpuset_all(cpu_set_t *ret, struct err *e);

/* The set of a jail of this level. */
int cpuset_get(struct prisons *ps, int jid, cpu_set_t *ret, struct err *e);
int cpuset_set(struct prisons *ps, int jid, const cpu_set_t *set,
	       struct err *e);
/* The affinity of a process: of each of its threads. */
int cpuset_process(pid_t pid, const cpu_set_t *set, struct err *e);

/*
 * For processes that enter: false when there is nothing to be done, the
 * cgroup's set counts or there is none.
 */
bool cpuset_wanted(struct prisons *ps, int jid, cpu_set_t *ret);

#endif
