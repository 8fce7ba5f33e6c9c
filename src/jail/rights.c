/* rights: see rights.h. */
#include "jail/rights.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "jail/devfs.h"
#include "jail/param.h"
#include "jail/prison_int.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define OSRELEASE_LEN 32
#define STATFS_MAX 2

bool rights_same_users(const struct pset *params)
{
	return param_jailsys_of(params, "host.users", 1) == 2;
}

bool rights_unconfined(const struct pset *params, const char *word)
{
	const struct jparam *p = pset_find(params, "host.unconfined");

	for (size_t i = 0; p && i < p->values.n; i++)
		if (!strcmp(p->values.v[i], word))
			return true;
	return false;
}

int rights_securelevel(const struct pset *params)
{
	return param_int_of(params, "securelevel", -1);
}

/* --- questions ----------------------------------------------------------- */

unsigned int rights_mount(const struct pset *params)
{
	static const struct {
		const char *param;
		unsigned int what;
	} rows[] = {
		{"allow.mount.devfs", RIGHTS_MOUNT_BIND},
		{"allow.mount.fdescfs", RIGHTS_MOUNT_BIND},
		{"allow.mount.linprocfs", RIGHTS_MOUNT_BIND},
		{"allow.mount.linsysfs", RIGHTS_MOUNT_BIND},
		{"allow.mount.nullfs", RIGHTS_MOUNT_BIND},
		{"allow.mount.procfs", RIGHTS_MOUNT_BIND},
		{"allow.mount.fusefs", RIGHTS_MOUNT_NEW},
		{"allow.mount.tmpfs", RIGHTS_MOUNT_NEW},
	};
	unsigned int what = 0;

	if (!param_set_bool(params, "allow.mount") ||
	    param_int_of(params, "enforce_statfs", STATFS_MAX) >= STATFS_MAX)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (param_set_bool(params, rows[i].param))
			what |= rows[i].what;
	return what;
}

static const char *const sysv[] = {"sysvmsg", "sysvsem", "sysvshm"};

bool rights_sysv(const struct pset *params, const char *which)
{
	for (size_t i = 0; i < ARRAY_SIZE(sysv); i++)
		if ((!which || !strcmp(which, sysv[i])) &&
		    param_jailsys_of(params, sysv[i], 0) != 0)
			return true;
	return false;
}

bool rights_sysv_shared(const struct pset *params)
{
	for (size_t i = 0; i < ARRAY_SIZE(sysv); i++)
		if (param_jailsys_of(params, sysv[i], 0) == 2)
			return true;
	return false;
}

/* --- what Linux cannot give ---------------------------------------------- */

struct facts {
	const struct pset *params, *parent;
	bool nested; /* made inside a jail */
	bool vnet, same_users, all_caps;
};

static bool same_users(const struct facts *f)
{
	return f->same_users;
}

static bool all_caps(const struct facts *f)
{
	return f->same_users && f->all_caps;
}

static bool vnet_or_caps(const struct facts *f)
{
	return f->vnet || all_caps(f);
}

static bool file_is(const char *path, const char *low, const char *high)
{
	cleanup_free char *text = NULL;

	if (file_read(AT_FDCWD, path, 64, &text, NULL, NULL) < 0)
		return false;
	return atoi(text) >= atoi(low) && atoi(text) <= atoi(high);
}

static bool msgbuf(const struct facts *f)
{
	return f->same_users ||
	       file_is("/proc/sys/kernel/dmesg_restrict", "0", "0");
}

static bool has_kvm(const struct facts *f)
{
	(void)f;
	return access("/dev/kvm", F_OK) == 0;
}

static bool has_fuse(const struct facts *f)
{
	(void)f;
	return access("/dev/fuse", F_OK) == 0;
}

static bool own_release(const struct facts *f)
{
	const char *v = pset_value(f->params, "linux.osrelease");
	struct utsname u;

	return v && uname(&u) == 0 && !strcmp(v, u.release);
}

/* The machine holds its jails by BPF, and with them those in them. */
static bool holds_ports(const struct facts *f)
{
	return !f->nested || !f->vnet ||
	       !param_set_bool(f->parent, "allow.reserved_ports");
}

/* Users of the parent are the jail's: the same numbers to the kernel. */
static bool tampering(const struct facts *f)
{
	return f->same_users || f->nested;
}

static bool no_tampering(const struct facts *f)
{
	return !tampering(f);
}

#define USERS "; it needs host.users=inherit"
#define CAPS "; it needs host.users=inherit and host.unconfined=caps"
#define NATIVE                                                                 \
	"Linux programs run on this kernel itself and see what it says of "    \
	"itself"
#define NO_ZFS "ZFS is no part of Linux: there are no datasets to hand over"

/*
 * One row a parameter (and value).  A value that is not among `fine` is
 * possible only where `ok` says so; NULL: nowhere.
 */
static const struct rule {
	const char *param;
	const char *fine[2];
	bool (*ok)(const struct facts *f);
	const char *why;
} rules[] = {
	{"enforce_statfs",
	 {"1", "2"},
	 NULL,
	 "a jail has mounts of its own on Linux and cannot be shown the "
	 "machine's"},
	{"mac.label",
	 {"", NULL},
	 NULL,
	 "Linux's security modules do not know FreeBSD's labels"},
	{"linux", {"new", "inherit"}, NULL, NATIVE},
	{"linux.osname", {"Linux", ""}, NULL, NATIVE},
	{"linux.osrelease", {"", NULL}, own_release, NATIVE},
	{"linux.oss_version", {"0", NULL}, NULL, NATIVE},
	{"zfs.mount_snapshot", {"0", NULL}, NULL, NO_ZFS},
	{"zfs.dataset", {"", NULL}, NULL, NO_ZFS},
	{"exec.fib",
	 {"0", NULL},
	 NULL,
	 "there is one routing table by number, 0 (sysctl net.fibs)"},

	{"allow.unprivileged_parent_tampering",
	 {"false", NULL},
	 tampering,
	 "the jail's users are none of the machine's" USERS},
	{"allow.unprivileged_parent_tampering",
	 {"true", NULL},
	 no_tampering,
	 "the jail's users are its creator's, who cannot be kept out"},
	{"allow.reserved_ports",
	 {"true", NULL},
	 holds_ports,
	 "in a vnet its root sets the limit, and only the machine can hold "
	 "it"},
	{"allow.routing",
	 {"false", NULL},
	 vnet_or_caps,
	 "Linux has no right to routes alone in a network stack that is not "
	 "the jail's; it needs vnet"},
	{"allow.chflags",
	 {"false", NULL},
	 same_users,
	 "file flags are for the machine's root alone" USERS},
	{"allow.extattr",
	 {"false", NULL},
	 all_caps,
	 "trusted attributes are for the machine's root alone" CAPS},
	{"allow.adjtime",
	 {"false", NULL},
	 same_users,
	 "the clock is the machine's" USERS},
	{"allow.settime",
	 {"false", NULL},
	 same_users,
	 "the clock is the machine's" USERS},
	{"allow.quotas",
	 {"false", NULL},
	 all_caps,
	 "quotas are for the machine's root alone" CAPS},
	{"allow.read_msgbuf",
	 {"false", NULL},
	 msgbuf,
	 "the machine keeps its messages for its root "
	 "(kernel.dmesg_restrict)" USERS},
	{"allow.setaudit",
	 {"false", NULL},
	 same_users,
	 "auditing is the machine's" USERS},
	{"allow.nfsd",
	 {"false", NULL},
	 NULL,
	 "Linux's NFS server is the kernel's, the machine's; one in user space "
	 "needs no such right"},
	{"allow.vmm", {"false", NULL}, has_kvm, "this machine has no /dev/kvm"},
	{"allow.vmm_ppt",
	 {"false", NULL},
	 NULL,
	 "Linux passes devices through in groups of the machine's choice "
	 "(vfio), which no device rule can hold"},
	{"allow.mount.fusefs",
	 {"false", NULL},
	 has_fuse,
	 "this machine has no /dev/fuse"},
	{"allow.mount.zfs", {"false", NULL}, NULL, NO_ZFS},
};

/* Canonical text of a value, as rules have it. */
static const char *rule_value(const struct jparam *p, const struct param_def *d,
			      char *buf, size_t size)
{
	bool b = false;
	int n = 0;

	switch (d->type) {
	case PARAM_BOOL:
		(void)param_bool(p, &b, NULL);
		return b ? "true" : "false";
	case PARAM_INT:
		(void)param_int(p, &n, NULL);
		snprintf(buf, size, "%d", n);
		return buf;
	case PARAM_JAILSYS:
		(void)param_jailsys(
			p->name, p->values.n ? p->values.v[0] : NULL, &n, NULL);
		return param_jailsys_name(n);
	default:
		return p->values.n ? p->values.v[0] : "";
	}
}

static int rule_check(const struct rule *r, const struct facts *f,
		      const struct jparam *p, struct err *e)
{
	const struct param_def *d = param_find(r->param, NULL);
	char buf[16];
	const char *v = rule_value(p, d, buf, sizeof(buf)), *last;

	for (size_t i = 0; i < ARRAY_SIZE(r->fine); i++)
		if (r->fine[i] && !strcmp(r->fine[i], v))
			return 0;
	if (r->ok && r->ok(f))
		return 0;
	if (d->type != PARAM_BOOL)
		return err_set(e, ENOTSUP, "%s=%s: %s", r->param, v, r->why);
	last = strrchr(r->param, '.') + 1;
	return err_set(e, ENOTSUP, "%.*s%s%s: %s", (int)(last - r->param),
		       r->param, strcmp(v, "true") ? "no" : "", last, r->why);
}

/* Of `given`, with the whole of the parameters in f. */
static int rules_check(const struct pset *given, const struct facts *f,
		       bool kernel, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		const struct param_def *d = param_find(rules[i].param, NULL);
		const struct jparam *p = pset_find(given, rules[i].param);
		int r;

		if (!p || !d || !!(d->flags & PARAM_KERNEL) != kernel)
			continue;
		r = rule_check(&rules[i], f, p, e);
		if (r < 0)
			return r;
	}
	return 0;
}

static struct facts facts_of(const struct pset *parent,
			     const struct pset *params)
{
	return (struct facts){
		.params = params,
		.parent = parent,
		.nested = parent != NULL,
		.vnet = param_jailsys_of(params, "vnet", 2) == 1,
		.same_users = rights_same_users(params),
		.all_caps = rights_unconfined(params, "caps"),
	};
}

int rights_pseudo(const struct pset *given, struct err *e)
{
	const struct facts none = {.params = given};

	return rules_check(given, &none, false, e);
}

/* --- what the parent has not --------------------------------------------- */

static int not_permitted(struct err *e, const char *param, const char *why)
{
	return err_set(e, EPERM, "jail_set: Operation not permitted (%s: %s)",
		       param, why);
}

/* True of every jail in a jail: nothing that a parent could withhold. */
static bool is_common(const struct param_def *d)
{
	return !strcmp(d->name, "allow.unprivileged_parent_tampering");
}

static int check_parent(const struct pset *parent, const struct pset *given,
			struct err *e)
{
	static const char not_there[] = "the parent has not got it";
	int level = param_int_of(given, "securelevel", INT_MAX);
	int statfs = param_int_of(given, "enforce_statfs", STATFS_MAX);

	if (statfs < 0 || statfs > STATFS_MAX)
		return err_set(e, EINVAL, "jail_set: Invalid argument");
	if (!parent)
		return 0;
	for (size_t i = 0; i < given->n; i++) {
		const struct param_def *d = param_find(given->v[i].name, NULL);
		bool want;

		if (!d || !(d->flags & PARAM_ALLOW) || is_common(d) ||
		    param_bool(&given->v[i], &want, NULL) < 0 || !want)
			continue;
		if (!param_set_bool(parent, d->name))
			return not_permitted(e, d->name, not_there);
	}
	if (level < rights_securelevel(parent))
		return not_permitted(e, "securelevel",
				     "less than the parent's");
	if (statfs < param_int_of(parent, "enforce_statfs", STATFS_MAX))
		return not_permitted(e, "enforce_statfs",
				     "less than the parent's");
	for (size_t i = 0; i < ARRAY_SIZE(sysv); i++)
		if (rights_sysv(given, sysv[i]) &&
		    !rights_sysv(parent, sysv[i]))
			return not_permitted(e, sysv[i], not_there);
	return 0;
}

static int check_values(const struct pset *given, const struct pset *params,
			struct err *e)
{
	const char *rel = pset_value(given, "osrelease");
	bool own = false;

	if (rel && (!*rel || strlen(rel) >= OSRELEASE_LEN))
		return err_set(e, EINVAL,
			       "osrelease string must be 1-%d bytes long",
			       OSRELEASE_LEN - 1);
	if (param_int_of(given, "osreldate", 1) == 0)
		return err_set(e, EINVAL, "osreldate cannot be 0");
	for (size_t i = 0; i < ARRAY_SIZE(sysv); i++)
		own |= param_jailsys_of(params, sysv[i], 0) == 1;
	if (own && rights_sysv_shared(params))
		return err_set(e, ENOTSUP,
			       "sysvmsg, sysvsem, sysvshm: Linux has one IPC "
			       "namespace for all three, which cannot be new "
			       "and inherit at once");
	return 0;
}

/* --- what is implied ----------------------------------------------------- */

/* allow.sysvipc is the old way to say it of all three. */
static int imply_sysv(struct pset *ps, struct err *e)
{
	bool all = param_set_bool(ps, "allow.sysvipc");
	int r = 0;

	for (size_t i = 0; !r && all && i < ARRAY_SIZE(sysv); i++)
		if (!pset_find(ps, sysv[i]))
			r = pset_put(ps, sysv[i], "inherit", false, e);
	return r;
}

/* What the parent's own values make of those that were not given. */
static int imply_parent(const struct pset *parent, struct pset *ps,
			struct err *e)
{
	static const char *const taken[] = {"securelevel", "osrelease",
					    "osreldate"};
	const struct param_def *d;
	int r = 0;

	for (size_t i = 0; !r && i < ARRAY_SIZE(taken); i++) {
		const char *v = pset_value(parent, taken[i]);

		if (v && !pset_find(ps, taken[i]))
			r = pset_put(ps, taken[i], v, false, e);
	}
	for (size_t i = 0; !r && (d = param_at(i)); i++)
		if ((d->flags & PARAM_ALLOW) && !pset_find(ps, d->name) &&
		    param_set_bool(ps, d->name) &&
		    !param_set_bool(parent, d->name))
			r = pset_put(ps, d->name, "false", false, e);
	return r;
}

/* What it is at creation it stays, as on FreeBSD. */
static int imply_release(struct pset *ps, struct err *e)
{
	struct utsname u;
	int r = 0;

	if (!pset_find(ps, "osrelease") && uname(&u) == 0)
		r = pset_put(ps, "osrelease", u.release, false, e);
	if (!r && !pset_find(ps, "osreldate"))
		r = pset_put(ps, "osreldate", PRISON_OSRELDATE, false, e);
	return r;
}

/* A jail always has a /dev, and so a ruleset. */
static int imply_ruleset(const struct pset *parent, struct pset *ps,
			 struct err *e)
{
	char num[16];

	if (pset_find(ps, "devfs_ruleset"))
		return 0;
	snprintf(num, sizeof(num), "%d",
		 parent ? param_int_of(parent, "devfs_ruleset",
				       DEVFS_DEFAULT_RULESET)
			: DEVFS_DEFAULT_RULESET);
	return pset_put(ps, "devfs_ruleset", num, false, e);
}

int rights_create(const struct pset *parent, struct pset *params, struct err *e)
{
	struct facts f = facts_of(parent, params);
	int r = check_parent(parent, params, e);

	if (!r)
		r = rules_check(params, &f, true, e);
	if (!r)
		r = imply_sysv(params, e);
	if (!r)
		r = check_values(params, params, e);
	if (!r)
		r = check_parent(parent, params, e);
	if (!r && parent)
		r = imply_parent(parent, params, e);
	if (!r)
		r = imply_release(params, e);
	if (!r)
		r = imply_ruleset(parent, params, e);
	if (!r && tampering(&f))
		r = pset_put(params, "allow.unprivileged_parent_tampering",
			     "true", false, e);
	return r;
}

/* --- changes ------------------------------------------------------------- */

/* Walls that a level builds in this jail: each a thing it could do else. */
static unsigned int level_walls(const struct pset *ps)
{
	int level = rights_securelevel(ps);
	unsigned int walls = 0;

	if (level >= 1 && param_set_bool(ps, "allow.chflags"))
		walls |= 1;
	if (level >= 2 && (param_set_bool(ps, "allow.settime") ||
			   param_set_bool(ps, "allow.adjtime")))
		walls |= 2;
	if (level >= 3 && facts_of(NULL, ps).vnet)
		walls |= 4;
	return walls;
}

const char *rights_taken(const struct pset *old, const struct pset *now)
{
	const struct param_def *d;

	for (size_t i = 0; (d = param_at(i)); i++)
		if ((d->flags & PARAM_ALLOW) && !(d->flags & PARAM_CREATE) &&
		    param_set_bool(old, d->name) &&
		    !param_set_bool(now, d->name))
			return d->name;
	if (level_walls(now) & ~level_walls(old))
		return "securelevel";
	if (rights_mount(old) & ~rights_mount(now))
		return "enforce_statfs";
	return NULL;
}

int rights_update(const struct pset *parent, const struct pset *given,
		  const struct pset *old, const struct pset *now, bool running,
		  struct err *e)
{
	struct facts f = facts_of(parent, now);
	const char *taken;
	int r = check_parent(parent, given, e);

	if (!r)
		r = rules_check(given, &f, true, e);
	if (!r)
		r = check_values(given, now, e);
	if (r < 0 || !running)
		return r;
	taken = rights_taken(old, now);
	if (taken)
		return err_set(e, EBUSY,
			       "%s: processes in the jail would keep what is "
			       "taken away: restart it (jail -mr)",
			       taken);
	return 0;
}
