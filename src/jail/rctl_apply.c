/* rctl_apply: the rules of a running jail, in force; see rctl.h. */
#include "jail/rctl_int.h"

#include "base/cleanup.h"
#include "base/plan.h"
#include "jail/regtext.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

void rctl_applied_free(struct rctl_applied *a)
{
	strv_free(&a->v1);
}

/* --- jails/JID/rctl ------------------------------------------------------ */

static int applied_limit(struct rctl_limits *l, const char *text)
{
	char name[32];
	long long n;
	int knob, at;

	if (sscanf(text, "%31[a-z] %n", name, &at) != 1)
		return -EBADMSG;
	knob = rctl_knob_find(name);
	if (knob < 0 || str_to_int(text + at, 0, INT64_MAX, &n) < 0)
		return -EBADMSG;
	l->v[knob] = n;
	return 0;
}

/* -EBADMSG for what is none of ours. */
static int applied_limits(const struct pset *set, struct rctl_limits *ret)
{
	const struct jparam *limits = pset_find(set, "limits");
	struct rctl_limits l = rctl_no_limits;

	for (size_t i = 0; limits && i < limits->values.n; i++)
		if (applied_limit(&l, limits->values.v[i]) < 0)
			return -EBADMSG;
	*ret = l;
	return 0;
}

int rctl_applied_read(struct prisons *ps, int jid, struct rctl_applied *ret,
		      struct err *e)
{
	struct rctl_limits l;
	cleanup_pset struct pset set = {0};
	const struct jparam *v1;
	struct err re = ERR_INIT;
	char path[64];
	int r;

	snprintf(path, sizeof(path), "jails/%d/rctl", jid);
	r = regtext_read(ps->dirfd, path, &set, &re);
	if (r < 0 && r != -ENOENT)
		return err_set(e, re.code, "%s", re.text);
	v1 = pset_find(&set, "v1");
	if (applied_limits(&set, &l) < 0)
		return err_set(e, EBADMSG, "%s: damaged registry file", path);
	strv_free(&ret->v1);
	if (v1 && strv_copy(&ret->v1, &v1->values) < 0)
		return err_nomem(e);
	ret->limits = l;
	return 0;
}

void rctl_nested_limits(const struct life *owner, int jid,
			struct rctl_limits *l)
{
	cleanup_close int run = -1;
	cleanup_pset struct pset set = {0};
	struct rctl_limits its;
	char path[64];

	snprintf(path, sizeof(path), "jails/%d/rctl", jid);
	if (jail_run_open(&owner->init, &run, NULL) < 0 ||
	    regtext_read(run, path, &set, NULL) < 0 ||
	    applied_limits(&set, &its) < 0)
		return;
	for (int k = KNOB_CGROUPS; k < KNOB_RLIMITS; k++)
		if (its.v[k] != KNOB_OFF &&
		    (l->v[k] == KNOB_OFF || its.v[k] < l->v[k]))
			l->v[k] = its.v[k];
}

static int applied_write(struct prisons *ps, int jid,
			 const struct rctl_applied *a, struct err *e)
{
	cleanup_pset struct pset set = {0};
	char path[64];
	int r = 0;

	snprintf(path, sizeof(path), "jails/%d/rctl", jid);
	for (int k = 0; !r && k < KNOBS; k++) {
		char text[64];

		if (a->limits.v[k] == KNOB_OFF)
			continue;
		snprintf(text, sizeof(text), "%s %" PRId64, rctl_knob_name(k),
			 a->limits.v[k]);
		r = pset_put(&set, "limits", text, true, e);
	}
	for (size_t i = 0; !r && i < a->v1.n; i++)
		r = pset_put(&set, "v1", a->v1.v[i], true, e);
	if (r < 0)
		return r;
	if (!set.n) {
		unlinkat(ps->dirfd, path, 0);
		return 0;
	}
	return regtext_write(ps->dirfd, path, &set, e);
}

/* --- putting in force ---------------------------------------------------- */

static int limits_of(struct prisons *ps, const char *name,
		     struct rctl_limits *ret, struct err *e)
{
	cleanup_rctl_rules struct rctl_rules rules = {0};
	struct rctl_limits l = rctl_no_limits;
	int r = rctl_rules_of(ps, name, &rules, e);

	for (size_t i = 0; !r && i < rules.n; i++)
		r = rctl_limits_add(&l, &rules.v[i], e);
	if (!r)
		*ret = l;
	return r;
}

/* Where the jail's cgroups are: "BASE" and "JID" of ROOT/BASE/JID. */
static int cgroup_of(const struct life *l, char **ret_tree, char **ret_base,
		     const char **ret_name, struct err *e)
{
	cleanup_free char *tree = str_printf("%s/tree", l->cgroup);
	cleanup_free char *base = NULL;
	const char *name = strrchr(l->cgroup, '/'), *start = name;

	while (start > l->cgroup && start[-1] != '/')
		start--;
	base = strndup(start, (size_t)(name - start));
	if (!tree || !base)
		return err_nomem(e);
	*ret_tree = take_ptr(tree);
	*ret_base = take_ptr(base);
	*ret_name = name + 1;
	return 0;
}

static int put_in_force(struct prisons *ps, int jid, const struct life *l,
			const struct rctl_applied *old,
			struct rctl_applied *now, struct err *e)
{
	cleanup_free char *tree = NULL, *base = NULL;
	struct rctl_cgroup g = {0};
	int r;

	r = cgroup_of(l, &tree, &base, &g.name, e);
	if (r < 0)
		return r;
	g.v2 = tree;
	g.make_room = ps->jailed;
	g.base = base;
	/* v1 directories stay until the jail ends: its processes are there */
	if (strv_copy(&now->v1, &old->v1) < 0)
		return err_nomem(e);
	r = rctl_cgroup_v1(&g, &now->limits, &now->v1, e);
	plan_failpoint();
	if (!r)
		r = applied_write(ps, jid, now, e);
	plan_failpoint();
	if (!r)
		r = rctl_cgroup_set(&g, &old->limits, &now->limits, e);
	plan_failpoint();
	if (!r)
		r = rctl_processes(ps, l, &old->limits, now, e);
	if (!r && (rctl_limits_any(&old->limits, KNOB_RLIMITS, KNOB_PTYS) ||
		   rctl_limits_any(&now->limits, KNOB_RLIMITS, KNOB_PTYS)))
		r = rctl_ipc_set(l->init.pid, &old->limits, &now->limits, e);
	if (!r && old->limits.v[KNOB_PTYS] != now->limits.v[KNOB_PTYS])
		r = rctl_pts_set(&l->init, now->limits.v[KNOB_PTYS], e);
	return r;
}

/* A limit that the jail's root could lift is none. */
static int check_own(const struct life *l, const struct rctl_limits *now,
		     struct err *e)
{
	if (!l->lo || !rctl_limits_any(now, KNOB_RLIMITS, KNOBS))
		return 0;
	return err_set(e, EOPNOTSUPP,
		       "%s: the root of a jail with children.max sets the "
		       "limits of its System V IPC and its terminals itself",
		       strerror(EOPNOTSUPP));
}

int rctl_need_cgroup(const struct life *l, struct err *e)
{
	if (l->cgroup)
		return 0;
	return err_set(e, EOPNOTSUPP,
		       "%s: without cgroup2 nobody knows the jail's processes",
		       strerror(EOPNOTSUPP));
}

int rctl_apply(struct prisons *ps, int jid, const char *name, struct err *e)
{
	cleanup_rctl_applied struct rctl_applied old = {0}, now = {0};
	cleanup_life struct life l = {0};
	int r;

	r = limits_of(ps, name, &now.limits, e);
	if (!r)
		r = rctl_applied_read(ps, jid, &old, e);
	if (r < 0)
		return r;
	if (!rctl_limits_any(&old.limits, 0, KNOBS) &&
	    !rctl_limits_any(&now.limits, 0, KNOBS))
		return 0;
	r = life_read(ps, jid, &l, e);
	/* not written down yet: it will look for rules itself */
	if (r == -ENOENT) {
		err_clear(e);
		return 0;
	}
	if (!r)
		r = rctl_need_cgroup(&l, e);
	if (!r)
		r = check_own(&l, &now.limits, e);
	return r < 0 ? r : put_in_force(ps, jid, &l, &old, &now, e);
}

int rctl_jail_start(struct prisons *ps, int jid, const char *name,
		    struct err *e)
{
	cleanup_close int lock = -1;
	int r;

	if (!rctl_has_rules(ps, name))
		return 0;
	r = reg_lock(ps, &lock, e);
	if (!r)
		r = rctl_apply(ps, jid, name, e);
	return r < 0 ? err_wrap(e, "rctl") : 0;
}

int rctl_jail_drop(struct prisons *ps, int jid, struct err *e)
{
	cleanup_rctl_applied struct rctl_applied a = {0};
	int r = rctl_applied_read(ps, jid, &a, e);

	for (size_t i = 0; !r && i < a.v1.n; i++)
		r = cgctl_remove(a.v1.v[i], e);
	return r;
}
