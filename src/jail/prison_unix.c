/*
 * prison_unix: abstract unix sockets of a network stack that a jail shares.
 *
 * A vnet has abstract names of its own.  A jail without one is kept off its
 * creator's, and those off its, by programs on its cgroup (ns/cgbpf_unix.c),
 * unless allow.socket_af says that it may use what knows no jails, or
 * host.unconfined=syscalls that it is trusted.  FreeBSD has no such sockets,
 * so nothing that follows FreeBSD misses them.
 *
 * Nobody in a user namespace may load such programs: between a jail and its
 * own jails without vnet this wall is missing, while their parent's stands
 * around all of them.
 */
#include "jail/prison_int.h"

#include "base/cleanup.h"
#include "jail/param.h"
#include "jail/rights.h"
#include "ns/cgbpf.h"

#include <errno.h>

static bool is_open(const struct pset *params)
{
	return param_jailsys_of(params, "vnet", 2) == 1 ||
	       param_set_bool(params, "allow.socket_af") ||
	       rights_unconfined(params, "syscalls");
}

int unix_guard(struct prisons *ps, const char *cgroup,
	       const struct pset *params, struct err *e)
{
	struct err why = ERR_INIT;
	cleanup_close int fd = -1;
	bool whole;
	int r;

	if (is_open(params) || !userns_initial())
		return 0;
	r = cgroup_open(cgroup, &fd, e);
	if (r < 0)
		return r;
	r = cgbpf_unix(fd, CELLBLOCK_RUN "/btf", &whole, &why);
	if (r < 0)
		report(ps->report, REPORT_WARN,
		       "%s; the jail shares those of its network stack",
		       why.text);
	return 0;
}

int unix_update(struct prisons *ps, const struct life *l,
		const struct pset *old, const struct pset *now, struct err *e)
{
	cleanup_close int fd = -1;
	int r;

	if (!l->cgroup || is_open(old) == is_open(now))
		return 0;
	if (!is_open(now))
		return unix_guard(ps, l->cgroup, now, e);
	r = cgroup_open(l->cgroup, &fd, e);
	if (!r && userns_initial())
		r = cgbpf_unix_off(fd, e);
	return r;
}
