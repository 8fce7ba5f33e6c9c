/*
 * rctl_join: processes under the limits of their jail.
 *
 * A v2 cgroup limits all that is born in it.  Two things do not come by
 * themselves: v1 cgroups, which a process must enter, and resource limits,
 * which are each process's own and pass to its children.  A process that
 * enters the jail does both before it becomes the jail's program.  Running
 * ones are changed from outside, in passes over the jail's cgroup until a
 * pass finds nothing to do: a child that was born meanwhile has what its
 * parent had then, and is met in the next pass.
 *
 * Resource limits are only ever lowered, so nothing here gives a process more
 * than its jail was started with.
 */
#include "jail/rctl_int.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define PASSES_MAX 1000

/* --- those that enter ---------------------------------------------------- */

void rctl_join_close(struct rctl_join *j)
{
	for (int i = 0; i < j->nprocs; i++)
		close(j->procs[i]);
	j->nprocs = 0;
}

static uint64_t applied_ino(struct prisons *ps, int jid)
{
	struct stat st;
	char path[64];

	snprintf(path, sizeof(path), "jails/%d/rctl", jid);
	if (fstatat(ps->dirfd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	return (uint64_t)st.st_ino;
}

static bool any_rlimit(const struct rctl_limits *l)
{
	return rctl_limits_any(l, KNOB_CGROUPS, KNOB_RLIMITS);
}

int rctl_join_open(struct prisons *ps, int jid, const struct rctl_limits *more,
		   struct rctl_join *ret, struct err *e)
{
	cleanup_rctl_applied struct rctl_applied a = {0};
	struct rctl_join j = {.limits = rctl_no_limits, .more = *more};
	int r;

	j.any = any_rlimit(more);

	/* taken first: a file that is replaced from here on is noticed */
	j.seen = applied_ino(ps, jid);
	if (!j.seen) {
		*ret = j;
		return 0;
	}
	r = rctl_applied_read(ps, jid, &a, e);
	for (size_t i = 0; !r && i < a.v1.n && i < ARRAY_SIZE(j.procs); i++) {
		cleanup_free char *path =
			str_printf("%s/cgroup.procs", a.v1.v[i]);
		int fd = path ? open(path, O_WRONLY | O_CLOEXEC) : -1;

		if (fd < 0)
			r = err_sys(e, errno, "%s", path ? path : "cgroup");
		else
			j.procs[j.nprocs++] = fd;
	}
	if (r < 0) {
		rctl_join_close(&j);
		return r;
	}
	j.limits = a.limits;
	j.any = j.any || any_rlimit(&j.limits);
	*ret = j;
	return 0;
}

int rctl_join_cgroups(const struct rctl_join *j, struct err *e)
{
	for (int i = 0; i < j->nprocs; i++)
		if (write(j->procs[i], "0", 1) < 0)
			return err_sys(e, errno, "enter cgroup");
	return 0;
}

/* Not more than `amount`; false when it is so already. */
static bool lower(struct rlimit *l, int knob, int64_t amount)
{
	bool soft, hard, changed = false;

	(void)rctl_knob_rlimit(knob, &soft, &hard);
	if (hard && l->rlim_max > (rlim_t)amount) {
		l->rlim_max = (rlim_t)amount;
		changed = true;
	}
	if ((soft || hard) && l->rlim_cur > (rlim_t)amount) {
		l->rlim_cur = (rlim_t)amount;
		changed = true;
	}
	return changed;
}

static int lower_own(const struct rctl_limits *to, struct err *e)
{
	bool soft, hard;

	for (int k = KNOB_CGROUPS; k < KNOB_RLIMITS; k++) {
		int what = rctl_knob_rlimit(k, &soft, &hard);
		struct rlimit l;

		if (to->v[k] == KNOB_OFF)
			continue;
		if (syscall(SYS_prlimit64, 0, what, NULL, &l) < 0)
			return err_sys(e, errno, "resource limits");
		if (lower(&l, k, to->v[k]) &&
		    syscall(SYS_prlimit64, 0, what, &l, NULL) < 0)
			return err_sys(e, errno, "resource limits");
	}
	return 0;
}

int rctl_join_limits(const struct rctl_join *j, struct err *e)
{
	int r = 0;

	if (j->any)
		r = lower_own(&j->limits, e);
	if (j->any && !r)
		r = lower_own(&j->more, e);
	return r;
}

int rctl_join_check(struct prisons *ps, int jid, const struct rctl_join *j,
		    struct err *e)
{
	cleanup_rctl_applied struct rctl_applied a = {0};
	cleanup_life struct life l = {0};
	int r;

	if (applied_ino(ps, jid) == j->seen)
		return 0;
	r = rctl_applied_read(ps, jid, &a, e);
	if (!r)
		r = life_read(ps, jid, &l, e);
	return r < 0 ? r : rctl_processes(ps, &l, &j->limits, &a, e);
}

/* --- those that run ------------------------------------------------------ */

int rctl_rlimit_put(pid_t pid, int knob, const struct rlimit *to, struct err *e)
{
	bool soft, hard;

	if (prlimit(pid, rctl_knob_rlimit(knob, &soft, &hard), to, NULL) < 0)
		return err_sys(e, errno, "process %d", (int)pid);
	return 0;
}

int rctl_rlimit(pid_t pid, int knob, int64_t amount, struct rlimit *ret_was,
		struct err *e)
{
	bool soft, hard;
	int what = rctl_knob_rlimit(knob, &soft, &hard), r = 0;
	struct rlimit was, l;

	if (prlimit(pid, what, NULL, &was) < 0)
		return err_sys(e, errno, "process %d", (int)pid);
	l = was;
	if (lower(&l, knob, amount))
		r = rctl_rlimit_put(pid, knob, &l, e);
	if (!r)
		*ret_was = was;
	return r;
}

struct pass {
	const struct rctl_limits *old;
	const struct rctl_applied *now;
	struct rlimit start[KNOBS]; /* what the jail was started with */
	const char *jail;	    /* "/BASE/JID" in /proc/PID/cgroup */
	bool changed;
	bool kept; /* one could not be raised */
	struct err *e;
};

/* Does a line of /proc/PID/cgroup say `dir`, or something below it? */
static bool names(const char *line, const char *dir)
{
	size_t n = strlen(dir);

	for (const char *s = line; (s = strstr(s, dir)); s++)
		if (!s[n] || s[n] == '/')
			return true;
	return false;
}

/*
 * False when the process is none of the jail's (any more): its number may be
 * a stranger's by now.  *ret_v1: how many of the jail's v1 cgroups it is in.
 */
static bool where_is(const struct pass *p, pid_t pid, size_t *ret_v1)
{
	cleanup_free char *text = NULL;
	bool ours = false;
	char path[64];

	*ret_v1 = 0;
	snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
	if (file_read(AT_FDCWD, path, 256 * 1024, &text, NULL, NULL) < 0)
		return false;
	for (char *line = text, *nl; line; line = nl) {
		nl = strchr(line, '\n');
		if (nl)
			*nl++ = '\0';
		if (!names(line, p->jail))
			continue;
		if (str_prefix(line, "0::"))
			ours = true;
		else
			++*ret_v1;
	}
	return ours;
}

static int move_into(struct pass *p, pid_t pid, const char *dir)
{
	cleanup_free char *path = str_printf("%s/cgroup.procs", dir);
	struct err pe = ERR_INIT;
	char num[16];

	if (!path)
		return err_nomem(p->e);
	snprintf(num, sizeof(num), "%d", (int)pid);
	if (file_poke(AT_FDCWD, path, num, &pe) == 0)
		p->changed = true;
	else if (pe.code != ESRCH)
		return err_set(p->e, pe.code, "%s", pe.text);
	return 0;
}

/*
 * A limit that is off again, or higher, goes up to what the jail was started
 * with, where it is what the old rule had made it.
 */
static bool raise(struct rlimit *l, const struct rlimit *start, int64_t old,
		  int64_t now)
{
	rlim_t to = now == KNOB_OFF || (rlim_t)now > start->rlim_max
			    ? start->rlim_max
			    : (rlim_t)now;
	bool changed = false;

	if (old == KNOB_OFF || (now != KNOB_OFF && now <= old))
		return false;
	if (l->rlim_max == (rlim_t)old && to > l->rlim_max) {
		l->rlim_max = to;
		changed = true;
	}
	if (l->rlim_cur == (rlim_t)old && l->rlim_cur < l->rlim_max) {
		l->rlim_cur = start->rlim_cur < l->rlim_max ? start->rlim_cur
							    : l->rlim_max;
		changed = l->rlim_cur != (rlim_t)old || changed;
	}
	return changed;
}

/* Upwards it takes a right that not every root has: then it stays low. */
static int limit_one(struct pass *p, pid_t pid, int knob)
{
	int64_t old = p->old->v[knob], now = p->now->limits.v[knob];
	bool soft, hard, up, down;
	int what = rctl_knob_rlimit(knob, &soft, &hard), r;
	struct rlimit l;

	if (old == KNOB_OFF && now == KNOB_OFF)
		return 0;
	if (prlimit(pid, what, NULL, &l) < 0)
		return errno == ESRCH
			       ? 0
			       : err_sys(p->e, errno, "process %d", (int)pid);
	up = raise(&l, &p->start[knob], old, now);
	down = now != KNOB_OFF && lower(&l, knob, now);
	if (!up && !down)
		return 0;
	r = rctl_rlimit_put(pid, knob, &l, p->e);
	if (r == -ESRCH || (r == -EPERM && up)) {
		err_clear(p->e);
		p->kept = p->kept || r == -EPERM;
		return 0;
	}
	p->changed = p->changed || !r;
	return r;
}

static int process(pid_t pid, void *data)
{
	struct pass *p = data;
	size_t n;
	int r = 0;

	if (!where_is(p, pid, &n))
		return 0;
	for (size_t i = 0; n < p->now->v1.n && !r && i < p->now->v1.n; i++)
		r = move_into(p, pid, p->now->v1.v[i]);
	for (int k = KNOB_CGROUPS; !r && k < KNOB_RLIMITS; k++)
		r = limit_one(p, pid, k);
	return r;
}

int rctl_processes(struct prisons *ps, const struct life *l,
		   const struct rctl_limits *old,
		   const struct rctl_applied *now, struct err *e)
{
	cleanup_free char *tree = NULL;
	struct pass p = {.old = old, .now = now, .e = e};
	bool soft, hard;
	int r = 0;

	if (!l->cgroup ||
	    (!now->v1.n && !rctl_limits_any(old, KNOB_CGROUPS, KNOB_RLIMITS) &&
	     !rctl_limits_any(&now->limits, KNOB_CGROUPS, KNOB_RLIMITS)))
		return 0;
	tree = str_printf("%s/tree", l->cgroup);
	if (!tree)
		return err_nomem(e);
	p.jail = strrchr(l->cgroup, '/');
	while (p.jail > l->cgroup && *--p.jail != '/')
		;
	for (int k = KNOB_CGROUPS; k < KNOB_RLIMITS; k++)
		if (prlimit(l->init.pid, rctl_knob_rlimit(k, &soft, &hard),
			    NULL, &p.start[k]) < 0)
			return err_sys(e, errno, "first process");
	for (int i = 0; i < PASSES_MAX; i++) {
		p.changed = false;
		r = cgctl_each(tree, process, &p, e);
		if (!r && !p.changed && p.kept)
			report(ps->report, REPORT_WARN, RCTL_KEPT);
		if (r < 0 || !p.changed)
			return r;
	}
	return err_set(e, EAGAIN,
		       "its processes fork faster than they can be limited");
}
