/*
 * prison_set: jail_set(2).  All checks come before the first change, so an
 * error leaves everything as it was.
 *
 * What is stored is canonical: the table's spelling of each name, booleans as
 * true and false, jailsys values by name.  What was not given is not stored:
 * prison_get() puts in the defaults, so that a later version's are seen.
 */
#include "jail/prison_dev.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/plan.h"
#include "jail/param.h"
#include "jail/rctl_int.h"
#include "jail/regtext.h"
#include "jail/rights.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NAME_LEN_MAX 255
#define CHILDREN_SPARE 16
#define CHILDREN_MANY 512 /* these can do without more in reserve */
/* For the end of a jail that is being removed. */
#define GOING_WAIT_MS 10000
#define GOING_POLL_MS 2

int param_int_of(const struct pset *ps, const char *name, int dflt)
{
	const struct jparam *p = pset_find(ps, name);
	int v;

	return p && param_int(p, &v, NULL) == 0 ? v : dflt;
}

int param_jailsys_of(const struct pset *ps, const char *name, int dflt)
{
	const struct jparam *p = pset_find(ps, name);
	int v;

	if (!p)
		return dflt;
	return param_jailsys(p->name, p->values.n ? p->values.v[0] : NULL, &v,
			     NULL) == 0
		       ? v
		       : dflt;
}

/* Pseudo parameters that a new root needs; they are used, not kept. */
static const char *const mount_params[] = {
	"mount",	 "mount.fstab", "mount.devfs", "mount.procfs",
	"mount.fdescfs", "block.root",	"block.dir"};

static bool is_mount_param(const struct param_def *def)
{
	for (size_t i = 0; i < ARRAY_SIZE(mount_params); i++)
		if (!strcmp(def->name, mount_params[i]))
			return true;
	return false;
}

/* --- canonical form ------------------------------------------------------ */

/* As the kernel would show them; no interface here, no mask, no word. */
static int canonical_addrs(const struct jparam *p, const struct param_def *def,
			   struct pset *ret, struct err *e)
{
	int af = def->type == PARAM_IP4 ? AF_INET : AF_INET6;
	cleanup_strv struct strv v = {0};
	char text[INET6_ADDRSTRLEN];
	unsigned char bin[16];

	for (size_t i = 0; i < p->values.n; i++) {
		if (!p->values.v[i][0])
			continue;
		if (inet_pton(af, p->values.v[i], bin) != 1)
			return err_set(e, EINVAL,
				       "%s: not an IPv%c address: %s", p->name,
				       af == AF_INET ? '4' : '6',
				       p->values.v[i]);
		if (!inet_ntop(af, bin, text, sizeof(text)) ||
		    strv_add(&v, text) < 0)
			return err_nomem(e);
	}
	return pset_put_values(ret, def->name, &v, false, NULL, 0, e);
}

static int canonical_one(const struct jparam *p, const struct param_def *def,
			 struct pset *ret, struct err *e)
{
	const char *name = def->flags & PARAM_KEYVAL ? p->name : def->name;
	const char *last = p->values.n ? p->values.v[p->values.n - 1] : NULL;
	bool b;
	int v, r;

	switch (def->type) {
	case PARAM_BOOL:
		r = param_bool(p, &b, e);
		return r < 0 ? r
			     : pset_put(ret, name, b ? "true" : "false", false,
					e);
	case PARAM_JAILSYS:
		r = param_jailsys(p->name, last, &v, e);
		return r < 0 ? r
			     : pset_put(ret, name, param_jailsys_name(v), false,
					e);
	case PARAM_INT:
		r = param_int(p, &v, e);
		return r < 0 ? r : pset_put(ret, name, last, false, e);
	case PARAM_STRING:
		/* "meta.KEY" alone takes the key away */
		if (!last && name != def->name)
			return pset_put(ret, name, NULL, false, e);
		return pset_put(ret, name, last ? last : "", false, e);
	case PARAM_IP4:
	case PARAM_IP6:
		return canonical_addrs(p, def, ret, e);
	case PARAM_LIST:
		break;
	}
	return pset_put_values(ret, name, &p->values, false, NULL, 0, e);
}

/* Kernel parameters into ret, mount ones into mounts. */
static int canonical(const struct pset *in, struct pset *ret,
		     struct pset *mounts, struct err *e)
{
	for (size_t i = 0; i < in->n; i++) {
		const struct param_def *def = param_find(in->v[i].name, NULL);
		bool mount;
		int r;

		r = param_check(&in->v[i], e);
		if (r < 0)
			return r;
		mount = is_mount_param(def);
		if (!mount && (!(def->flags & PARAM_KERNEL) ||
			       !regtext_name_ok(in->v[i].name)))
			return err_set(e, EINVAL, "unknown parameter: %s",
				       in->v[i].name);
		if (def->flags & PARAM_RDONLY)
			return err_set(e, EINVAL, "%s: read-only parameter",
				       in->v[i].name);
		r = canonical_one(&in->v[i], def, mount ? mounts : ret, e);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- checks -------------------------------------------------------------- */

static bool all_digits(const char *s)
{
	return *s && !s[strspn(s, "0123456789")];
}

/* One component; the hierarchy has been taken off. */
static int check_name(const char *name, int jid, struct err *e)
{
	long long n;

	if (!*name || strchr(name, '.'))
		return err_set(e, EINVAL, "invalid jail name \"%s\"", name);
	if (strlen(name) > NAME_LEN_MAX)
		return err_sys(e, ENAMETOOLONG, "name");
	if (all_digits(name) &&
	    (!jid || str_to_int(name, 0, JAIL_MAX, &n) < 0 || n != jid))
		return err_set(e, EINVAL,
			       "name cannot be numeric (unless it is the jid)");
	return 0;
}

/*
 * Here it loses its links; prison_root.c opens the name that is left and
 * finds none, or a jail has come in between.
 */
static int check_path(struct prisons *prisons, struct pset *ps, struct err *e)
{
	const char *path = pset_value(ps, "path");
	cleanup_close int fd = -1;
	struct err pe = ERR_INIT;
	char real[PATH_MAX];
	struct stat st;

	if (!path || !*path)
		return pset_put(ps, "path", "/", false, e);
	if (path[0] != '/')
		return err_set(e, EINVAL, "path %s: not an absolute pathname",
			       path);
	if (jail_path_open(prisons, path, &fd, real, &pe) < 0)
		return pe.code == ELOOP
			       ? err_set(e, ELOOP, "path %s: %s", path, pe.text)
			       : err_sys(e, pe.code, "path %s", path);
	if (fstat(fd, &st) < 0)
		return err_sys(e, errno, "path %s", path);
	if (!S_ISDIR(st.st_mode))
		return err_sys(e, ENOTDIR, "path %s", path);
	return pset_put(ps, "path", real, false, e);
}

static int check_vnet(const struct pset *ps, struct err *e)
{
	if (param_jailsys_of(ps, "vnet", 2) == 0)
		return err_set(e, EINVAL,
			       "vnet: unknown jailsys value \"disable\"");
	return 0;
}

/* host.* given means that the jail has its own. */
static int imply_host(struct pset *ps, struct err *e)
{
	if (pset_find(ps, "host"))
		return 0;
	for (size_t i = 0; i < ps->n; i++) {
		const struct param_def *d = param_find(ps->v[i].name, NULL);

		/* host.users and the like are no fields of the host */
		if (str_prefix(ps->v[i].name, "host.") && d &&
		    !(d->flags & PARAM_LINUX))
			return pset_put(ps, "host", "new", false, e);
	}
	return 0;
}

static int check_confinement(const struct pset *params, struct err *e)
{
	static const char *const walls[] = {"syscalls", "caps", "files",
					    "devices"};
	const struct jparam *p = pset_find(params, "host.unconfined");
	size_t k;

	if (param_jailsys_of(params, "host.users", 1) == 0)
		return err_set(e, EINVAL,
			       "host.users: \"disable\" is not possible");
	for (size_t i = 0; p && i < p->values.n; i++) {
		for (k = 0; k < ARRAY_SIZE(walls); k++)
			if (!strcmp(walls[k], p->values.v[i]))
				break;
		if (k == ARRAY_SIZE(walls) && *p->values.v[i])
			return err_set(e, EINVAL,
				       "host.unconfined: unknown word \"%s\"",
				       p->values.v[i]);
	}
	return 0;
}

static int check_common(struct prisons *ps, const struct pset *params,
			struct err *e)
{
	int r = share_valid(ps, params, e);

	if (!r)
		r = check_vnet(params, e);
	if (!r && param_int_of(params, "children.max", 0) < 0)
		r = err_sys(e, EINVAL, "children.max");
	if (!r)
		r = check_confinement(params, e);
	return r;
}

/* What this level knows of itself; NULL on the machine. */
static const struct pset *own_params(const struct prisons *ps)
{
	return ps->jailed ? &ps->self : NULL;
}

/* --- creation ------------------------------------------------------------ */

struct create {
	struct pset params, mounts;
	char name[NAME_LEN_MAX + 1];
	int want; /* jid asked for, 0: any */
	struct jids j;
	int slot; /* of ids; -1: none */
	char *cgroup;
};

static void create_free(struct create *c)
{
	pset_free(&c->params);
	pset_free(&c->mounts);
	free(c->cgroup);
}

/* Jails of this level and below, as far as they count against the limit. */
static int check_limit(struct prisons *ps, int children, struct err *e)
{
	struct prison *v = NULL;
	size_t n = 0;
	int r;

	if (!ps->jailed)
		return 0;
	if (ps->children_max <= 0)
		return err_set(e, EPERM, "jail_set: Operation not permitted");
	if (children >= ps->children_max)
		return err_set(e, EPERM, "jail_set: Operation not permitted");
	/* the exact number is only worth its price near the limit */
	r = jails_at_most(ps, &n, e);
	if (!r && n >= (size_t)ps->children_max) {
		r = prison_list(ps, true, &v, &n, e);
		prison_list_free(&v, n);
	}
	if (r < 0)
		return r;
	if (n >= (size_t)ps->children_max)
		return err_set(e, EAGAIN, "prison limit exceeded");
	return 0;
}

static int create_check(struct prisons *ps, struct create *c, struct err *e)
{
	const char *name = pset_value(&c->params, "name");
	int r;

	c->want = param_int_of(&c->params, "jid", 0);
	if (c->want < 0)
		return err_set(e, EINVAL, "negative jid");
	if (c->want > JAIL_MAX)
		return err_set(e, EINVAL, "jid %d is over %d", c->want,
			       JAIL_MAX);
	if (!param_set_bool(&c->params, "persist"))
		return err_set(e, EINVAL, "new jail must persist or attach");
	if (name && *name) {
		r = check_name(name, c->want, e);
		if (r < 0)
			return r;
		snprintf(c->name, sizeof(c->name), "%s", name);
	}
	r = check_common(ps, &c->params, e);
	if (!r)
		r = check_path(ps, &c->params, e);
	if (!r)
		r = imply_host(&c->params, e);
	if (!r)
		r = share_imply(ps, &c->params, e);
	if (!r)
		r = rights_create(own_params(ps), &c->params, e);
	if (!r)
		r = check_limit(ps, param_int_of(&c->params, "children.max", 0),
				e);
	return r;
}

/* What stands in the way of the new jail by its name or jid; 0: nothing. */
static int create_rival(struct prisons *ps, const struct create *c)
{
	int other;

	if (c->name[0] && name_find(ps, c->name, &other) == 0)
		return other;
	return c->want && jid_exists(ps, c->want) ? c->want : 0;
}

/* On its way out: being removed, or its keeper is about to begin. */
static bool jail_going(struct prisons *ps, int jid)
{
	cleanup_pending struct pending p = {0};
	cleanup_life struct life l = {0};

	if (pending_read(ps, jid, &p, NULL) == 0)
		return p.remove && proc_id_alive(&p.owner);
	return life_read(ps, jid, &l, NULL) == 0 && !proc_id_running(&l.init);
}

/*
 * Take the lock.  A jail that is going is waited for: then its interfaces are
 * home, too, when the new one of the same name asks for them.
 */
static int create_lock(struct prisons *ps, const struct create *c, int *ret,
		       struct err *e)
{
	const struct timespec nap = {.tv_nsec = GOING_POLL_MS * 1000000L};
	int rival, r;

	for (int ms = 0;; ms += GOING_POLL_MS) {
		r = reg_lock(ps, ret, e);
		if (r < 0)
			return r;
		rival = create_rival(ps, c);
		if (!rival || !jail_going(ps, rival))
			return 0;
		close(*ret);
		*ret = -1;
		if (ms > GOING_WAIT_MS)
			return err_set(e, EBUSY, "jail %d is dying", rival);
		nanosleep(&nap, NULL);
	}
}

/*
 * A jid, and those of its children: more than they need, so that children.max
 * can be raised, where there are enough.
 */
static int create_jids(struct prisons *ps, struct create *c, int lock,
		       struct err *e)
{
	int max = param_int_of(&c->params, "children.max", 0), more = max;

	if (max > 0 && max < CHILDREN_MANY && !ps->jailed)
		more = max < CHILDREN_SPARE ? CHILDREN_SPARE : max * 2;
	if (more > max && jid_choose(ps, lock, c->want, more, &c->j, NULL) == 0)
		return 0;
	return jid_choose(ps, lock, c->want, max, &c->j, e);
}

/* The registry's part: a jid, a name, and the promise to clean up. */
static int create_enter(struct prisons *ps, struct create *c, struct err *e)
{
	cleanup_close int lock = -1;
	cleanup_free char *base = NULL;
	struct pending p = {0};
	char num[16], path[64];
	int other, r;

	r = create_lock(ps, c, &lock, e);
	if (r < 0)
		return r;
	if (c->name[0] && name_find(ps, c->name, &other) == 0)
		return err_set(e, EEXIST, "jail \"%s\" already exists",
			       c->name);
	r = create_jids(ps, c, lock, e);
	if (r < 0)
		return r;
	snprintf(num, sizeof(num), "%d", c->j.jid);
	if (!c->name[0])
		snprintf(c->name, sizeof(c->name), "%s", num);
	if (cgroup_base(ps, &base, NULL) == 0 &&
	    !(c->cgroup = str_printf("%s/%d", base, c->j.jid)))
		return err_nomem(e);
	r = pset_put(&c->params, "jid", num, false, e);
	if (!r)
		r = pset_put(&c->params, "name", c->name, false, e);
	if (!r)
		r = proc_id_self(&p.owner, e);
	if (r < 0)
		return r;
	p.name = c->name;
	p.cgroup = c->cgroup;
	plan_failpoint();
	r = pending_write(ps, c->j.jid, &p, e);
	plan_failpoint();
	if (!r)
		r = name_add(ps, c->name, c->j.jid, e);
	plan_failpoint();
	if (!r && c->j.lo)
		r = range_take(ps, &c->j, e);
	if (!r && userns_initial() &&
	    param_jailsys_of(&c->params, "host.users", 1) == 1)
		r = users_take(ps, c->j.jid, &c->slot, e);
	snprintf(path, sizeof(path), "jails/%d", c->j.jid);
	if (!r && mkdirat(ps->dirfd, path, 0755) < 0)
		r = err_sys(e, errno, CELLBLOCK_RUN "/%s", path);
	return r < 0 ? r : share_take(ps, c->j.jid, &c->params, e);
}

/* Undo: the same as removing it.  What failed is told first. */
static int create_failed(struct prisons *ps, struct create *c, int r,
			 struct err *e)
{
	struct err ue = ERR_INIT;
	int ur;

	if (!c->j.jid || !pending_is(ps, c->j.jid))
		return r;
	ur = jail_claim(ps, c->j.jid, false, &ue);
	if (!ur)
		ur = jail_destroy(ps, c->j.jid, &ue);
	if (ur < 0 && e)
		err_append(e, "; undo failed: %s", ue.text);
	return r;
}

/*
 * It was made for another process, who goes on with it.  Not before it is
 * complete: if that one dies meanwhile, the jail is not taken for its, and
 * removed, while we are making it.
 */
static int create_hand_over(struct prisons *ps, int jid, struct err *e)
{
	cleanup_pending struct pending p = {0};
	int r = pending_read(ps, jid, &p, e);

	plan_failpoint();
	if (r < 0)
		return r;
	p.owner = ps->owner;
	return pending_write(ps, jid, &p, e);
}

static int create(struct prisons *ps, const struct pset *in, int *ret_jid,
		  struct err *e)
{
	struct create c __attribute__((cleanup(create_free))) = {.slot = -1};
	int r;

	r = canonical(in, &c.params, &c.mounts, e);
	if (!r)
		r = meta_fold(ps, &c.params, e);
	if (!r)
		r = create_check(ps, &c, e);
	if (r < 0)
		return r;
	r = create_enter(ps, &c, e);
	if (!r && ps->entered)
		ps->entered(ps->entered_data);
	if (!r)
		r = jail_make(ps, &c.j, &c.params, &c.mounts, c.cgroup, c.slot,
			      e);
	if (!r)
		r = rctl_jail_start(ps, c.j.jid, c.name, e);
	if (!r && ps->owner.pid)
		r = create_hand_over(ps, c.j.jid, e);
	if (r < 0)
		return create_failed(ps, &c, r, e);
	*ret_jid = c.j.jid;
	return 0;
}

/* --- update -------------------------------------------------------------- */

static int set_hostname(void *data)
{
	const char *const *h = data;

	/* FreeBSD cuts nothing off either: too long is an error */
	if ((h[0] && sethostname(h[0], strlen(h[0])) < 0) ||
	    (h[1] && setdomainname(h[1], strlen(h[1])) < 0))
		return errno;
	return 0;
}

/* The names live in the jail's uts namespace. */
static int update_host(struct prisons *ps, int jid, const struct pset *old,
		       const struct pset *ch, struct err *e)
{
	const char *h[2] = {pset_value(ch, "host.hostname"),
			    pset_value(ch, "host.domainname")};
	cleanup_life struct life l = {0};
	cleanup_close int uts = -1;
	char path[64];
	int was = param_jailsys_of(old, "host", 2);
	int r;

	/* its uts namespace was made with it, or it has its creator's */
	if (param_jailsys_of(ch, "host", was) != was)
		return err_set(e, EINVAL,
			       "host cannot be changed after creation");
	if (!h[0] && !h[1])
		return 0;
	if (was != 1)
		return err_set(e, EINVAL,
			       "host cannot be changed after creation");
	r = life_read(ps, jid, &l, e);
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "/proc/%d/ns/uts", (int)l.init.pid);
	uts = open(path, O_RDONLY | O_CLOEXEC);
	if (uts < 0 || !proc_id_alive(&l.init))
		return err_sys(e, ESRCH, "host.hostname");
	r = ns_uts_call(uts, set_hostname, h, e);
	return r < 0 ? err_wrap(e, "host.hostname") : 0;
}

/* Create-only ones may be given again with the value they have. */
static int check_create_only(const struct pset *old, const struct pset *ch,
			     struct err *e)
{
	for (size_t i = 0; i < ch->n; i++) {
		const struct param_def *d = param_find(ch->v[i].name, NULL);
		const char *now = pset_value(old, ch->v[i].name);
		const char *new = pset_value(ch, ch->v[i].name);

		if (!d || !(d->flags & PARAM_CREATE))
			continue;
		if (!now)
			now = d->dflt;
		if (!now || !new || strcmp(now, new) != 0)
			return err_set(e, EINVAL,
				       "%s cannot be changed after creation",
				       ch->v[i].name);
	}
	return 0;
}

static int update_name(struct prisons *ps, int jid, const struct pset *old,
		       const struct pset *ch, struct err *e)
{
	const char *now = pset_value(old, "name");
	const char *new = pset_value(ch, "name");
	int r;

	if (!new || (now && !strcmp(now, new)))
		return 0;
	r = check_name(new, jid, e);
	if (!r)
		r = name_add(ps, new, jid, e);
	if (r < 0)
		return r;
	/* limits are on names */
	r = rctl_apply(ps, jid, new, e);
	if (r < 0) {
		name_drop(ps, new, jid);
		if (now)
			rctl_apply(ps, jid, now, NULL);
	} else if (now) {
		name_drop(ps, now, jid);
	}
	return r;
}

/* Persistence has changed: the keeper looks at other things, or it is over. */
static int update_persist(struct prisons *ps, int jid, bool was, bool is,
			  struct err *e)
{
	cleanup_free char *tree = NULL;
	cleanup_life struct life l = {0};
	int r;

	if (was == is)
		return 0;
	r = life_read(ps, jid, &l, e);
	if (r < 0)
		return r;
	if (!is && l.cgroup) {
		tree = str_printf("%s/tree", l.cgroup);
		if (!tree)
			return err_nomem(e);
		if (!cgroup_populated(tree))
			return prison_remove(ps, jid, e);
	}
	/* while it is starting there is none yet */
	return pending_is(ps, jid) ? 0 : keeper_start(ps, jid, e);
}

/* jid or name of the jail to change; the jid in want, 0 when none is given. */
static int update_find(struct prisons *ps, const struct pset *ch, int *ret,
		       struct err *e)
{
	const char *name = pset_value(ch, "name");
	int jid = param_int_of(ch, "jid", 0);

	if (jid) {
		if (ps->dirfd < 0 || !jid_exists(ps, jid))
			return err_set(e, ENOENT, "jail %d not found", jid);
		*ret = jid;
		return 0;
	}
	if (!name)
		return err_set(e, ENOENT, "no jail specified");
	if (name_find(ps, name, ret) < 0)
		return err_set(e, ENOENT, "jail \"%s\" not found", name);
	return 0;
}

static int update_children(const struct pset *old, const struct pset *ch,
			   const struct life *l, struct err *e)
{
	int now = param_int_of(old, "children.max", 0);
	int new = param_int_of(ch, "children.max", now);

	int room = l->lo ? l->hi - l->lo + 1 : 0;

	/* its jids were reserved, its walls built at creation */
	if (new <= room)
		return 0;
	return err_set(e, EPERM,
		       "children.max cannot be raised over %d after creation: "
		       "restart the jail (jail -mr)",
		       room);
}

static int update_merge(struct prisons *ps, struct pset *all,
			const struct pset *ch, struct err *e)
{
	int r = 0;

	for (size_t i = 0; !r && i < ch->n; i++) {
		const struct param_def *d = param_find(ch->v[i].name, NULL);

		if (!d || !(d->flags & PARAM_KEYVAL))
			r = pset_put_values(all, ch->v[i].name,
					    &ch->v[i].values, false, NULL, 0,
					    e);
	}
	return r < 0 ? r : meta_merge(ps, all, ch, e);
}

/* Has it processes besides its first one?  Without a cgroup: perhaps. */
static bool is_running(const struct life *l)
{
	cleanup_free char *tree =
		l->cgroup ? str_printf("%s/tree", l->cgroup) : NULL;

	return !tree || cgroup_populated(tree);
}

static int update(struct prisons *ps, const struct pset *in, int flags,
		  int *ret_jid, struct err *e)
{
	cleanup_pset struct pset ch = {0}, mounts = {0}, old = {0}, all = {0};
	cleanup_pending struct pending p = {0};
	cleanup_life struct life l = {0};
	cleanup_close int lock = -1;
	int jid = 0, r;

	r = canonical(in, &ch, &mounts, e);
	if (!r)
		r = update_find(ps, &ch, &jid, e);
	if (!r)
		r = check_common(ps, &ch, e);
	if (!r)
		r = reg_lock(ps, &lock, e);
	if (r < 0)
		return r;
	if (params_read(ps, jid, &old, NULL) < 0)
		return err_set(e, ENOENT, "jail %d not found", jid);
	if (pending_read(ps, jid, &p, NULL) == 0 && p.remove &&
	    !(flags & PRISON_DYING))
		return err_set(e, ENOENT, "jail %d is dying", jid);
	r = life_read(ps, jid, &l, e);
	if (!r)
		r = check_create_only(&old, &ch, e);
	if (!r)
		r = share_check_change(&old, &ch, e);
	if (!r)
		r = update_children(&old, &ch, &l, e);
	if (!r)
		r = pset_copy(&all, &old, e);
	if (!r)
		r = update_merge(ps, &all, &ch, e);
	if (!r)
		r = rights_update(own_params(ps), &ch, &old, &all,
				  is_running(&l), e);
	if (!r)
		r = dev_update(ps, jid, &old, &all, e);
	if (!r)
		r = update_host(ps, jid, &old, &ch, e);
	if (!r)
		r = update_name(ps, jid, &old, &ch, e);
	if (!r)
		r = told_update(&l, &old, &all, e);
	if (!r)
		r = self_update(ps, &l, &old, &all, e);
	if (!r)
		r = unix_update(ps, &l, &old, &all, e);
	if (!r)
		r = share_update(ps, jid, &l, &old, &all, e);
	if (!r)
		r = params_write(ps, jid, &all, e);
	close(take_fd(&lock));
	if (!r)
		r = update_persist(ps, jid, param_set_bool(&old, "persist"),
				   param_set_bool(&all, "persist"), e);
	if (!r)
		*ret_jid = jid;
	return r;
}

/* --- entry --------------------------------------------------------------- */

/*
 * "a.b": jail b of our jail a.  Yields a's jid and the parameters as a's
 * level says them; 0 when the jail is this level's own.
 */
static int split_level(struct prisons *ps, const struct pset *in,
		       struct pset *ret, int *ret_owner, struct err *e)
{
	const char *name = pset_value(in, "name");
	const char *dot = name ? strchr(name, '.') : NULL;
	int jid = param_int_of(in, "jid", 0);
	char first[NAME_LEN_MAX + 1];
	int by_jid = 0, r;

	*ret_owner = 0;
	if (jid > 0 && ps->dirfd >= 0 && !jid_exists(ps, jid))
		by_jid = range_owner(ps, jid);
	if (!dot) {
		*ret_owner = by_jid;
		return *ret_owner ? pset_copy(ret, in, e) : 0;
	}
	snprintf(first, sizeof(first), "%.*s", (int)(dot - name), name);
	if (name_find(ps, first, ret_owner) < 0)
		return err_set(e, ENOENT, "jail \"%s\" not found", first);
	if ((jid > 0 && ps->dirfd >= 0 && jid_exists(ps, jid)) ||
	    (by_jid && by_jid != *ret_owner))
		return err_set(e, EINVAL, "cannot change jail's parent");
	r = pset_copy(ret, in, e);
	return r < 0 ? r : pset_put(ret, "name", dot + 1, false, e);
}

int prison_set(struct prisons *ps, const struct pset *params, int flags,
	       int *ret_jid, struct err *e)
{
	cleanup_pset struct pset inner = {0};
	int owner = 0, r, jid = 0;

	if (!(flags & (PRISON_CREATE | PRISON_UPDATE)))
		return err_set(e, EINVAL,
			       "no valid operation (create or update)");
	if (!ps->writable)
		return err_set(e, EPERM, "jail_set: Operation not permitted");
	r = split_level(ps, params, &inner, &owner, e);
	if (!r && owner)
		return nest_set(ps, owner, &inner, flags, ret_jid, e);
	if (!r && (flags & PRISON_UPDATE)) {
		struct err ue = ERR_INIT;

		r = update(ps, params, flags, &jid, &ue);
		if (r == -ENOENT && (flags & PRISON_CREATE))
			r = create(ps, params, &jid, e);
		else if (r < 0)
			return err_set(e, ue.code, "%s", ue.text);
	} else if (!r) {
		r = create(ps, params, &jid, e);
	}
	if (!r)
		*ret_jid = jid;
	return r;
}

int prison_started(struct prisons *ps, int jid, struct err *e)
{
	cleanup_pending struct pending p = {0};
	int r;

	if (ps->dirfd < 0 || !jid_exists(ps, jid)) {
		int owner = range_owner(ps, jid);

		if (owner)
			return nest_started(ps, owner, jid, e);
		return err_set(e, ENOENT, "jail %d not found", jid);
	}
	r = pending_read(ps, jid, &p, e);
	if (r < 0 || p.remove)
		return err_set(e, ENOENT, "jail %d not found", jid);
	plan_failpoint();
	r = keeper_start(ps, jid, e);
	plan_failpoint();
	return r < 0 ? r : pending_drop(ps, jid, e);
}
