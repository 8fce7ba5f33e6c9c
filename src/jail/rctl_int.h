/*
 * rctl_int: what rctl's files share, and what prison's files call at the
 * birth and the end of jails and of their processes.
 */
#ifndef CB_JAIL_RCTL_INT_H
#define CB_JAIL_RCTL_INT_H

#include "jail/prison_int.h"
#include "jail/rctl.h"
#include "jail/rctl_limit.h"

#include <sys/resource.h>

/* --- rctl_db.c ------------------------------------------------------------ */

/* The rules of a jail by its name at this level, newest first. */
int rctl_rules_of(struct prisons *ps, const char *jail, struct rctl_rules *ret,
		  struct err *e);
/* Is there a file of such rules?  One system call. */
bool rctl_has_rules(struct prisons *ps, const char *jail);
/* Forget rules of processes that have ended.  Call with the lock held. */
void rctl_purge(struct prisons *ps);

/* --- rctl_apply.c --------------------------------------------------------- */

/* What is in force for a jail: jails/JID/rctl. */
struct rctl_applied {
	struct rctl_limits limits;
	struct strv v1; /* its directories in v1 hierarchies */
};
void rctl_applied_free(struct rctl_applied *a);
#define cleanup_rctl_applied __attribute__((cleanup(rctl_applied_free)))
/* Nothing is in force where there is no file. */
int rctl_applied_read(struct prisons *ps, int jid, struct rctl_applied *ret,
		      struct err *e);

/* Is there a cgroup to know the jail's processes by?  Else EOPNOTSUPP. */
int rctl_need_cgroup(const struct life *l, struct err *e);

/*
 * Resource limits that a jail has set on its own jail jid, for a process that
 * enters that one from outside.  Hostile; it can only lower.
 */
void rctl_nested_limits(const struct life *owner, int jid,
			struct rctl_limits *l);

/*
 * A jail that is written down: put its rules in force.  Takes the lock of the
 * registry when there are rules, and only then.
 */
int rctl_jail_start(struct prisons *ps, int jid, const char *name,
		    struct err *e);
/* The same with the lock held; also after rules or its name have changed. */
int rctl_apply(struct prisons *ps, int jid, const char *name, struct err *e);
/* Its processes are gone: so are its v1 cgroups. */
int rctl_jail_drop(struct prisons *ps, int jid, struct err *e);

/* --- rctl_pts.c ----------------------------------------------------------- */

int rctl_pts_set(const struct proc_id *init, int64_t amount, struct err *e);

/* --- rctl_use.c ----------------------------------------------------------- */

/* The jail of this level that the process is in; none: *ret stays. */
int rctl_jail_of(struct prisons *ps, pid_t pid, char **ret, struct err *e);

/* --- rctl_join.c ---------------------------------------------------------- */

/*
 * A process that enters a jail: opened by the caller, then two stages in the
 * child, system calls only.
 */
struct rctl_join {
	int procs[CGCTLS]; /* v1 cgroup.procs files */
	int nprocs;
	struct rctl_limits limits; /* the jail's */
	struct rctl_limits more;   /* of jails in it that are entered */
	bool any;
	uint64_t seen; /* the file that this was read from */
};
int rctl_join_open(struct prisons *ps, int jid, const struct rctl_limits *more,
		   struct rctl_join *ret, struct err *e);
void rctl_join_close(struct rctl_join *j);
/* First in the child, with the caller's credentials. */
int rctl_join_cgroups(const struct rctl_join *j, struct err *e);
/* Last before the program: limits on descriptors and memory hold from here. */
int rctl_join_limits(const struct rctl_join *j, struct err *e);
/*
 * After the clone: a rule that came in between has perhaps missed the child,
 * so bring all processes of the jail under it once more.
 */
int rctl_join_check(struct prisons *ps, int jid, const struct rctl_join *j,
		    struct err *e);

/* Bring every running process of a jail from `old` under `now`. */
int rctl_processes(struct prisons *ps, const struct life *l,
		   const struct rctl_limits *old,
		   const struct rctl_applied *now, struct err *e);
#define RCTL_KEPT                                                              \
	"running processes keep their limit: to raise it takes "               \
	"CAP_SYS_RESOURCE"
/* One knob of one process: set; lower, and tell what it had. */
int rctl_rlimit_put(pid_t pid, int knob, const struct rlimit *to,
		    struct err *e);
int rctl_rlimit(pid_t pid, int knob, int64_t amount, struct rlimit *ret_was,
		struct err *e);

#endif
