/*
 * rctl_limit: what the rules of a jail come to on this kernel.
 *
 * Theory of operation.  A knob is one thing that Linux can limit: a file of a
 * cgroup controller, a resource limit of each process, a number of an IPC
 * namespace.  One table says which knob a rule turns, or why there is none;
 * several rules on one knob come to the smallest.  Knobs are turned by three
 * files, one a mechanism:
 *
 *   rctl_cgroup.c   controllers of the jail's cgroup, in either version
 *   rctl_join.c     resource limits, of running processes and of new ones
 *   rctl_ipc.c      System V IPC in the jail's namespace
 *   rctl_pts.c      pseudo-terminals in the jail's /dev/pts
 */
#ifndef CB_JAIL_RCTL_LIMIT_H
#define CB_JAIL_RCTL_LIMIT_H

#include "jail/rctl_rule.h"
#include "ns/cgctl.h"

enum rctl_knob {
	/* cgroups */
	KNOB_MEMORY, /* bytes */
	KNOB_SWAP,   /* bytes */
	KNOB_TOTAL,  /* bytes, memory and swap together */
	KNOB_PIDS,   /* tasks: processes and their threads */
	KNOB_CPU,    /* percent of one processor */
	KNOB_RBPS,   /* bytes (operations) a second, on each disk */
	KNOB_WBPS,
	KNOB_RIOPS,
	KNOB_WIOPS,
	/* resource limits */
	KNOB_AS,
	KNOB_DATA,
	KNOB_STACK,
	KNOB_CORE,
	KNOB_MEMLOCK,
	KNOB_NOFILE,
	KNOB_CPU_TERM, /* seconds until SIGXCPU */
	KNOB_CPU_KILL, /* ... until SIGKILL */
	/* System V IPC */
	KNOB_SEMMNS,
	KNOB_SEMOPM,
	KNOB_SHMMNI,
	KNOB_SHMALL, /* bytes */
	KNOB_MSGMNI,
	KNOB_PTYS, /* pseudo-terminals */
	KNOBS,
};
#define KNOB_CGROUPS KNOB_AS
#define KNOB_RLIMITS KNOB_SEMMNS

#define KNOB_OFF (-1)

struct rctl_limits {
	int64_t v[KNOBS]; /* or KNOB_OFF */
};
extern const struct rctl_limits rctl_no_limits;
bool rctl_limits_any(const struct rctl_limits *l, int from, int to);

/* The knob's name in the registry, and back (-1: none). */
const char *rctl_knob_name(int knob);
int rctl_knob_find(const char *name);
/* Its controller: a cgroup knob's only. */
enum cgctl rctl_knob_controller(int knob);
/* Its RLIMIT_*; `hard` whether it is the hard limit, `soft` the soft one. */
int rctl_knob_rlimit(int knob, bool *soft, bool *hard);

/* -EOPNOTSUPP with one line that says what Linux lacks for this rule. */
int rctl_knob_of(const struct rctl_rule *r, int *ret, struct err *e);
/* Turn the knob of `r` down to its amount. */
int rctl_limits_add(struct rctl_limits *l, const struct rctl_rule *r,
		    struct err *e);

/* --- rctl_cgroup.c -------------------------------------------------------- */

/* Can this machine, or the jail we are in, turn the knob at all? */
int rctl_cgroup_check(int knob, struct err *e);

/*
 * The jail's cgroups.  v2 is the directory of its processes, `base` and
 * `name` where it lies in v1 hierarchies.
 */
struct rctl_cgroup {
	const char *v2, *base, *name;
	bool make_room; /* see cgctl_enable() */
};
/*
 * From `old` to `now`.  The first call says which v1 directories the second
 * will use, so that they can be written down before they are there.
 */
int rctl_cgroup_v1(const struct rctl_cgroup *g, const struct rctl_limits *now,
		   struct strv *ret, struct err *e);
int rctl_cgroup_set(const struct rctl_cgroup *g, const struct rctl_limits *old,
		    const struct rctl_limits *now, struct err *e);

/* --- rctl_ipc.c ----------------------------------------------------------- */

/* In the IPC namespace of process `pid`: numbers where now says so; what is
 * off goes back to the kernel's default. */
int rctl_ipc_set(pid_t pid, const struct rctl_limits *old,
		 const struct rctl_limits *now, struct err *e);

#endif
