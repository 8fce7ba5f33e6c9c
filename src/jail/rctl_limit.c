/* rctl_limit: see rctl_limit.h. */
#include "jail/rctl_limit.h"

#include "base/cleanup.h"
#include "base/table.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#define ANY (-2)
#define ANY_SIGNAL (-3)

static const struct {
	const char *name;
	enum cgctl controller;
	int rlimit;
	bool soft, hard;
} knobs[] = {
	[KNOB_MEMORY] = {"memory", CG_MEMORY, -1, false, false},
	[KNOB_SWAP] = {"swap", CG_MEMORY, -1, false, false},
	[KNOB_TOTAL] = {"total", CG_MEMORY, -1, false, false},
	[KNOB_PIDS] = {"pids", CG_PIDS, -1, false, false},
	[KNOB_CPU] = {"cpu", CG_CPU, -1, false, false},
	[KNOB_RBPS] = {"rbps", CG_IO, -1, false, false},
	[KNOB_WBPS] = {"wbps", CG_IO, -1, false, false},
	[KNOB_RIOPS] = {"riops", CG_IO, -1, false, false},
	[KNOB_WIOPS] = {"wiops", CG_IO, -1, false, false},
	[KNOB_AS] = {"as", CGCTLS, RLIMIT_AS, true, true},
	[KNOB_DATA] = {"data", CGCTLS, RLIMIT_DATA, true, true},
	[KNOB_STACK] = {"stack", CGCTLS, RLIMIT_STACK, true, true},
	[KNOB_CORE] = {"core", CGCTLS, RLIMIT_CORE, true, true},
	[KNOB_MEMLOCK] = {"memlock", CGCTLS, RLIMIT_MEMLOCK, true, true},
	[KNOB_NOFILE] = {"nofile", CGCTLS, RLIMIT_NOFILE, true, true},
	[KNOB_CPU_TERM] = {"cputerm", CGCTLS, RLIMIT_CPU, true, false},
	[KNOB_CPU_KILL] = {"cpukill", CGCTLS, RLIMIT_CPU, false, true},
	[KNOB_SEMMNS] = {"semmns", CGCTLS, -1, false, false},
	[KNOB_SEMOPM] = {"semopm", CGCTLS, -1, false, false},
	[KNOB_SHMMNI] = {"shmmni", CGCTLS, -1, false, false},
	[KNOB_SHMALL] = {"shmall", CGCTLS, -1, false, false},
	[KNOB_MSGMNI] = {"msgmni", CGCTLS, -1, false, false},
	[KNOB_PTYS] = {"ptys", CGCTLS, -1, false, false},
};
TABLE_COMPLETE(knobs, KNOBS);

#define BY_PROCESS "Linux counts it by process only: end the rule with /process"
#define WATCHER                                                                \
	"Linux tells nobody when a limit is met, and no process watches "      \
	"beside the jail: use deny"

/*
 * The first row that fits counts; ANY fits all.  A row has a knob or the
 * reason why there is none, which reads after "Operation not supported: ".
 */
static const struct {
	int resource, action, per;
	int knob;
	const char *reason;
} rows[] = {
	{ANY, ANY, RCTL_USER, -1,
	 "Linux has no limit by user within a group of processes"},
	{ANY, ANY, RCTL_LOGINCLASS, -1, "Linux has no login classes"},
	{RCTL_CPUTIME, ANY_SIGNAL, RCTL_JAIL, -1, BY_PROCESS},
	{RCTL_CPUTIME, ANY_SIGNAL, RCTL_PROCESS, KNOB_CPU_TERM, NULL},
	{RCTL_WALLCLOCK, ANY, ANY, -1,
	 "Linux has no limit for the time that has passed"},
	{ANY, RCTL_LOG, ANY, -1, WATCHER},
	{ANY, RCTL_DEVCTL, ANY, -1, "Linux has no devd(8), and " WATCHER},
	{ANY, ANY_SIGNAL, ANY, -1, WATCHER},
	{RCTL_MEMORYUSE, RCTL_DENY, RCTL_JAIL, KNOB_MEMORY, NULL},
	{RCTL_MEMORYUSE, RCTL_DENY, RCTL_PROCESS, -1,
	 "Linux does not limit the resident memory of one process: use "
	 "vmemoryuse"},
	{RCTL_SWAPUSE, RCTL_DENY, RCTL_JAIL, KNOB_SWAP, NULL},
	{RCTL_VMEMORYUSE, RCTL_DENY, RCTL_JAIL, KNOB_TOTAL, NULL},
	{RCTL_VMEMORYUSE, RCTL_DENY, RCTL_PROCESS, KNOB_AS, NULL},
	{RCTL_MAXPROC, RCTL_DENY, RCTL_JAIL, KNOB_PIDS, NULL},
	{RCTL_NTHR, RCTL_DENY, RCTL_JAIL, KNOB_PIDS, NULL},
	{RCTL_MAXPROC, RCTL_DENY, RCTL_PROCESS, -1,
	 "Linux does not count the children of one process"},
	{RCTL_NTHR, RCTL_DENY, RCTL_PROCESS, -1,
	 "Linux does not limit the threads of one process"},
	{RCTL_PCPU, RCTL_DENY, RCTL_JAIL, KNOB_CPU, NULL},
	{RCTL_PCPU, RCTL_DENY, RCTL_PROCESS, -1,
	 "Linux limits the processor by group of processes only"},
	{RCTL_READBPS, RCTL_THROTTLE, RCTL_JAIL, KNOB_RBPS, NULL},
	{RCTL_WRITEBPS, RCTL_THROTTLE, RCTL_JAIL, KNOB_WBPS, NULL},
	{RCTL_READIOPS, RCTL_THROTTLE, RCTL_JAIL, KNOB_RIOPS, NULL},
	{RCTL_WRITEIOPS, RCTL_THROTTLE, RCTL_JAIL, KNOB_WIOPS, NULL},
	{ANY, RCTL_THROTTLE, RCTL_PROCESS, -1,
	 "Linux limits disks by group of processes only"},
	{RCTL_DATASIZE, RCTL_DENY, RCTL_PROCESS, KNOB_DATA, NULL},
	{RCTL_STACKSIZE, RCTL_DENY, RCTL_PROCESS, KNOB_STACK, NULL},
	{RCTL_MEMORYLOCKED, RCTL_DENY, RCTL_PROCESS, KNOB_MEMLOCK, NULL},
	{RCTL_OPENFILES, RCTL_DENY, RCTL_PROCESS, KNOB_NOFILE, NULL},
	/* the size of one file, whoever writes it */
	{RCTL_COREDUMPSIZE, RCTL_DENY, ANY, KNOB_CORE, NULL},
	{RCTL_NSEM, RCTL_DENY, RCTL_JAIL, KNOB_SEMMNS, NULL},
	/* within one call, whoever makes it */
	{RCTL_NSEMOP, RCTL_DENY, ANY, KNOB_SEMOPM, NULL},
	{RCTL_NSHM, RCTL_DENY, RCTL_JAIL, KNOB_SHMMNI, NULL},
	{RCTL_SHMSIZE, RCTL_DENY, RCTL_JAIL, KNOB_SHMALL, NULL},
	{RCTL_NMSGQ, RCTL_DENY, RCTL_JAIL, KNOB_MSGMNI, NULL},
	{RCTL_MSGQQUEUED, ANY, ANY, -1,
	 "Linux limits the bytes in one message queue only"},
	{RCTL_MSGQSIZE, ANY, ANY, -1,
	 "Linux limits the bytes in one message queue only"},
	{RCTL_PSEUDOTERMINALS, RCTL_DENY, RCTL_JAIL, KNOB_PTYS, NULL},
	{ANY, RCTL_DENY, RCTL_JAIL, -1, BY_PROCESS},
	{ANY, ANY, ANY, -1, "Linux has no such limit"},
};

const struct rctl_limits rctl_no_limits = {
	.v = {[0 ... KNOBS - 1] = KNOB_OFF},
};

bool rctl_limits_any(const struct rctl_limits *l, int from, int to)
{
	for (int k = from; k < to; k++)
		if (l->v[k] != KNOB_OFF)
			return true;
	return false;
}

const char *rctl_knob_name(int knob)
{
	return knobs[knob].name;
}

int rctl_knob_find(const char *name)
{
	for (int k = 0; k < KNOBS; k++)
		if (!strcmp(knobs[k].name, name))
			return k;
	return -1;
}

enum cgctl rctl_knob_controller(int knob)
{
	return knobs[knob].controller;
}

int rctl_knob_rlimit(int knob, bool *soft, bool *hard)
{
	*soft = knobs[knob].soft;
	*hard = knobs[knob].hard;
	return knobs[knob].rlimit;
}

static bool fits(int row, int value)
{
	return row == ANY || row == value;
}

static bool action_fits(int row, int action)
{
	return fits(row, action) ||
	       (row == ANY_SIGNAL && action >= RCTL_SIGNALS);
}

static int refuse(struct err *e, const char *why)
{
	return err_set(e, EOPNOTSUPP, "%s: %s", strerror(EOPNOTSUPP), why);
}

/* Of the signals the kernel sends these two for processor time. */
static int cpu_knob(const struct rctl_rule *r, int *ret, struct err *e)
{
	switch (rctl_action_signal(r->action)) {
	case SIGXCPU:
		*ret = KNOB_CPU_TERM;
		return 0;
	case SIGKILL:
		*ret = KNOB_CPU_KILL;
		return 0;
	}
	return refuse(e, "Linux sends sigxcpu or sigkill for processor time");
}

int rctl_knob_of(const struct rctl_rule *r, int *ret, struct err *e)
{
	if (r->subject == RCTL_USER)
		return refuse(e, "Linux limits users where they log in: see "
				 "limits.conf(5), or systemd's user.slice");
	if (r->subject == RCTL_LOGINCLASS)
		return refuse(e, "Linux has no login classes");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!fits(rows[i].resource, r->resource) ||
		    !action_fits(rows[i].action, r->action) ||
		    !fits(rows[i].per, r->per))
			continue;
		if (rows[i].reason)
			return refuse(e, rows[i].reason);
		if (r->resource == RCTL_CPUTIME)
			return cpu_knob(r, ret, e);
		*ret = rows[i].knob;
		return 0;
	}
	return refuse(e, "Linux has no such limit");
}

int rctl_limits_add(struct rctl_limits *l, const struct rctl_rule *r,
		    struct err *e)
{
	int knob, c = rctl_knob_of(r, &knob, e);

	if (c < 0)
		return c;
	if (l->v[knob] == KNOB_OFF || l->v[knob] > r->amount)
		l->v[knob] = r->amount;
	return 0;
}
