/*
 * prison: the registry as a whole; see prison.h for the theory of operation.
 *
 * Opening looks at pending/ only, which is empty when all is well.  An entry
 * whose owner is dead stands for a jail half made or half removed: it is
 * claimed and removed.  A jail whose first process has ended is found when it
 * is looked at, and removed then.
 */
#include "jail/prison_int.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "jail/alias.h"
#include "jail/param.h"
#include "jail/regtext.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

/* --- what the caller is -------------------------------------------------- */

static void self_numbers(struct prisons *ps)
{
	const struct jparam *p = pset_find(&ps->self, "jids");
	long long lo, hi;

	ps->children_max = param_int_of(&ps->self, "children.max", 0);
	if (p && p->values.n == 2 &&
	    str_to_int(p->values.v[0], 1, JAIL_MAX, &lo) == 0 &&
	    str_to_int(p->values.v[1], lo, JAIL_MAX, &hi) == 0) {
		ps->lo = (int)lo;
		ps->hi = (int)hi;
	}
}

static int self_read(struct prisons *ps, struct err *e)
{
	int r;

	ps->lo = 1;
	ps->hi = JAIL_MAX;
	ps->children_max = JAIL_MAX;
	if (ps->dirfd < 0)
		return 0;
	r = regtext_read(ps->dirfd, "self", &ps->self, NULL);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return err_sys(e, -r, CELLBLOCK_RUN "/self");
	ps->jailed = true;
	ps->lo = 1;
	ps->hi = 0;
	self_numbers(ps);
	return 0;
}

int prisons_look(struct prisons **ret, struct err *e)
{
	cleanup_prisons struct prisons *ps = calloc(1, sizeof(*ps));
	int r;

	if (!ps)
		return err_nomem(e);
	ps->dirfd = -1;
	r = reg_open(ps, false, e);
	if (!r)
		r = self_read(ps, e);
	if (!r)
		*ret = take_ptr(ps);
	return r;
}

int prison_self_params(struct pset *ret, bool *ret_jailed, struct err *e)
{
	cleanup_prisons struct prisons *ps = NULL;
	int r = prisons_look(&ps, e);

	if (r < 0)
		return r;
	*ret = ps->self;
	ps->self = (struct pset){0};
	*ret_jailed = ps->jailed;
	return 0;
}

int prison_self(struct prison_self *ret, struct err *e)
{
	cleanup_prisons struct prisons *ps = NULL;
	const char *name;
	int r = prisons_look(&ps, e);

	if (r < 0)
		return r;
	*ret = (struct prison_self){
		.jailed = ps->jailed,
		.jid = param_int_of(&ps->self, "jid", 0),
		.vnet = !ps->jailed ||
			param_jailsys_of(&ps->self, "vnet", 2) == 1,
		.children_max = ps->children_max,
		.block_root = pset_find(&ps->self, "blockroot") != NULL,
	};
	name = pset_value(&ps->self, "name");
	snprintf(ret->name, sizeof(ret->name), "%s", name ? name : "");
	return 0;
}

/* --- opening ------------------------------------------------------------- */

static int pending_jids(struct prisons *ps, int **ret, size_t *ret_n,
			struct err *e)
{
	int fd = openat(ps->dirfd, "pending",
			O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_closedir DIR *d = fd < 0 ? NULL : fdopendir(fd);
	cleanup_free int *v = NULL;
	struct dirent *de;
	long long jid;
	size_t n = 0;

	while (d && (de = readdir(d))) {
		int *nv;

		if (str_to_int(de->d_name, 1, JAIL_MAX, &jid) < 0)
			continue;
		nv = reallocarray(v, n + 1, sizeof(*v));
		if (!nv)
			return err_nomem(e);
		v = nv;
		v[n++] = (int)jid;
	}
	*ret = take_ptr(v);
	*ret_n = n;
	return 0;
}

/*
 * Finish what dead commands left; a failure is told and tried again later.
 * With a name: of that jail only, also if it has been left to us.
 */
static void sweep(struct prisons *ps, const char *name)
{
	cleanup_free int *v = NULL;
	size_t n = 0;

	if (pending_jids(ps, &v, &n, NULL) < 0)
		return;
	for (size_t i = 0; i < n; i++) {
		cleanup_pending struct pending p = {0};
		struct err e = ERR_INIT;
		int r = pending_read(ps, v[i], &p, NULL);

		if (name && (r < 0 || !p.name || strcmp(p.name, name) != 0))
			continue;
		if (r == 0 && proc_id_alive(&p.owner) &&
		    (!name || p.owner.pid != getpid()))
			continue;
		if (jail_claim(ps, v[i], !name, &e) == 0 &&
		    jail_destroy(ps, v[i], &e) < 0)
			report(ps->report, REPORT_WARN, "jail %d: %s", v[i],
			       e.text);
	}
}

void prisons_take_back(struct prisons *ps, const char *name)
{
	if (name && reg_open(ps, false, NULL) == 0 && ps->dirfd >= 0)
		sweep(ps, name);
}

static bool dir_is_empty(int dirfd, const char *path)
{
	int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_closedir DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;

	while (d && (de = readdir(d)))
		if (strcmp(de->d_name, ".") != 0 &&
		    strcmp(de->d_name, "..") != 0)
			return false;
	return d != NULL;
}

/* A command died with nothing but an empty registry made, or left of it. */
static void sweep_empty(struct prisons *ps)
{
	cleanup_close int lock = -1;

	/* made first, taken away last */
	if (ps->jailed || faccessat(ps->dirfd, "lock", F_OK, 0) < 0)
		return;
	if (faccessat(ps->dirfd, "jails", F_OK, 0) == 0 &&
	    !dir_is_empty(ps->dirfd, "jails"))
		return; /* in use, the usual case */
	/* reg_tidy() looks again, under the lock */
	if (reg_lock(ps, &lock, NULL) == 0)
		reg_tidy(ps);
}

int prisons_open(struct prisons **ret, struct err *e)
{
	cleanup_prisons struct prisons *ps = calloc(1, sizeof(*ps));
	int r;

	if (!ps)
		return err_nomem(e);
	ps->dirfd = -1;
	ps->writable = geteuid() == 0;
	r = reg_open(ps, false, e);
	if (!r)
		r = self_read(ps, e);
	if (r < 0)
		return r;
	if (ps->writable && ps->dirfd >= 0) {
		sweep(ps, NULL);
		alias_sweep(ps);
		sweep_empty(ps);
		/* the sweep may have ended with the registry itself */
		r = reg_open(ps, false, e);
		if (r < 0)
			return r;
	}
	*ret = take_ptr(ps);
	return 0;
}

void prisons_report(struct prisons *ps, const struct report *r)
{
	ps->report = r;
}

void prisons_free(struct prisons **psp)
{
	struct prisons *ps = take_ptr(*psp);

	if (!ps)
		return;
	vnets_let_go(ps);
	users_forget(ps);
	if (ps->dirfd >= 0)
		close(ps->dirfd);
	pset_free(&ps->self);
	free(ps);
}

/* --- one jail ------------------------------------------------------------ */

void prison_free(struct prison *p)
{
	free(p->name);
	pset_free(&p->params);
	strv_free(&p->path);
	*p = (struct prison){0};
}

void prison_list_free(struct prison **v, size_t n)
{
	for (size_t i = 0; *v && i < n; i++)
		prison_free(&(*v)[i]);
	free(*v);
	*v = NULL;
}

struct named {
	char *buf;
	size_t size;
};

static int get_hostname(void *arg)
{
	const struct named *n = arg;

	return gethostname(n->buf, n->size) < 0 ? errno : 0;
}

/* The hostname is the uts namespace's: the jail may have changed it. */
static void hostname_of(const struct life *l, bool own, char *buf, size_t size)
{
	struct named n = {buf, size};
	cleanup_close int ns = -1;
	char path[64];

	if (get_hostname(&n))
		*buf = '\0';
	if (!own || geteuid() != 0)
		return;
	snprintf(path, sizeof(path), "/proc/%d/ns/uts", (int)l->init.pid);
	ns = open(path, O_RDONLY | O_CLOEXEC);
	if (ns >= 0 && proc_id_alive(&l->init))
		ns_uts_call(ns, get_hostname, &n, NULL);
}

static int put_int(struct pset *ps, const char *name, int v, struct err *e)
{
	char num[16];

	snprintf(num, sizeof(num), "%d", v);
	return pset_put(ps, name, num, false, e);
}

/* What the kernel would compute rather than store. */
static int params_computed(struct prison *p, const struct life *l,
			   struct err *e)
{
	/* a nested jail's is at least its parent's, who may have its own */
	bool own =
		param_jailsys_of(&p->params, "host", 2) == 1 || p->path.n > 1;
	char host[256] = "";
	struct utsname u;
	int r;

	r = put_int(&p->params, "jid", p->jid, e);
	if (!r)
		r = pset_put(&p->params, "name", p->name, false, e);
	if (!r)
		r = pset_put(&p->params, "dying", p->dying ? "true" : "false",
			     false, e);
	if (!r)
		r = put_int(&p->params, "cpuset.id", PRISON_CPUSET(p->jid), e);
	if (!r && l->init.pid > 0) {
		hostname_of(l, own, host, sizeof(host) - 1);
		r = pset_put(&p->params, "host.hostname", host, false, e);
	}
	if (!r && !pset_find(&p->params, "osrelease") && uname(&u) == 0)
		r = pset_put(&p->params, "osrelease", u.release, false, e);
	if (!r && !pset_find(&p->params, "osreldate"))
		r = pset_put(&p->params, "osreldate", PRISON_OSRELDATE, false,
			     e);
	return r;
}

static int add_text(struct pset *ps, const struct param_def *d,
		    const char *text, struct err *e)
{
	char *one[] = {(char *)text};
	const struct strv values = {one, 1};

	return pset_add_row(ps, d, &values, e);
}

/* Every kernel parameter, in the table's order, defaults put in. */
static int params_complete(struct pset *ps, struct err *e)
{
	static const struct strv none;
	cleanup_pset struct pset all = {0};
	int r = 0;

	for (size_t i = 0; !r && param_at(i); i++) {
		const struct param_def *d = param_at(i);
		const struct jparam *p = pset_find(ps, d->name);

		if (!(d->flags & PARAM_KERNEL))
			continue;
		if (p)
			r = pset_add_row(&all, d, &p->values, e);
		else if (d->dflt)
			r = add_text(&all, d, d->dflt, e);
		else if (d->type == PARAM_STRING)
			r = add_text(&all, d, "", e);
		else if (d->type == PARAM_INT)
			r = add_text(&all, d, "0", e);
		else
			r = pset_add_row(&all, d, &none, e);
	}
	if (r < 0)
		return r;
	pset_free(ps);
	*ps = all;
	all = (struct pset){0};
	return 0;
}

int prison_fill(struct prison *p, const struct life *l, struct err *e)
{
	int r;

	p->vnet = param_jailsys_of(&p->params, "vnet", 2) == 1;
	r = params_computed(p, l, e);
	return r < 0 ? r : params_complete(&p->params, e);
}

/*
 * Read a jail of this level, but for what has to be asked of the kernel.
 * -ENOENT: it is not there (any more), or not yet as far as jail_get(2) is
 * concerned.
 */
static int load_own(struct prisons *ps, int jid, bool dying, struct prison *ret,
		    struct life *ret_life, struct err *e)
{
	cleanup_prison struct prison p = {.jid = jid};
	cleanup_pending struct pending pend = {0};
	cleanup_life struct life l = {0};
	const char *name;
	char num[16];

	if (ps->dirfd < 0 || params_read(ps, jid, &p.params, NULL) < 0 ||
	    life_read(ps, jid, &l, NULL) < 0)
		return err_set(e, ENOENT, "jail %d not found", jid);
	if (pending_read(ps, jid, &pend, NULL) == 0 && pend.remove)
		p.dying = true;
	if (!p.dying && !proc_id_running(&l.init)) {
		/* ended by itself, and its keeper has not come to it */
		if (ps->writable && jail_claim(ps, jid, true, NULL) == 0)
			jail_destroy(ps, jid, NULL);
		p.dying = true;
		if (!jid_exists(ps, jid))
			return err_set(e, ENOENT, "jail %d not found", jid);
	}
	if (p.dying && !dying)
		return err_set(e, ENOENT, "jail %d not found", jid);
	if (!p.dying && ps->writable && l.keeper.pid > 0 &&
	    !proc_id_alive(&l.keeper))
		keeper_revive(ps, jid);
	name = pset_value(&p.params, "name");
	snprintf(num, sizeof(num), "%d", jid);
	p.name = strdup(name ? name : num);
	if (!p.name || strv_add(&p.path, num) < 0)
		return err_nomem(e);
	p.init = p.dying ? 0 : l.init.pid;
	*ret = p;
	p = (struct prison){0};
	*ret_life = l;
	l = (struct life){0};
	return 0;
}

static int load(struct prisons *ps, int jid, bool dying, struct prison *ret,
		struct life *ret_life, struct err *e)
{
	cleanup_prison struct prison p = {0};
	cleanup_life struct life l = {0};
	int r = load_own(ps, jid, dying, &p, &l, e);

	if (!r)
		r = prison_fill(&p, &l, e);
	if (!r)
		/* one's own is told as none, as on FreeBSD */
		r = put_int(&p.params, "parent", 0, e);
	if (r < 0)
		return r;
	*ret = p;
	p = (struct prison){0};
	*ret_life = l;
	l = (struct life){0};
	return 0;
}

/* --- lists
 * ------------------------------------------------------------------------------
 */

struct list {
	struct prison *v;
	size_t n;
};

static void list_free(struct list *l)
{
	prison_list_free(&l->v, l->n);
}

/* One jail of this level, and what lies below it. */
static int list_add(struct prisons *ps, struct list *ls, int jid, bool dying,
		    struct err *e)
{
	cleanup_prison struct prison p = {0};
	cleanup_life struct life l = {0};
	struct prison *v;
	size_t own;
	int r;

	r = load(ps, jid, dying, &p, &l, e);
	if (r == -ENOENT) {
		err_clear(e);
		return 0;
	}
	if (r < 0)
		return r;
	v = reallocarray(ls->v, ls->n + 1, sizeof(*v));
	if (!v)
		return err_nomem(e);
	ls->v = v;
	own = ls->n++;
	v[own] = p;
	p = (struct prison){0};
	if (!l.lo || v[own].dying)
		return 0;
	r = nest_list(ps, own, &l, dying, &ls->v, &ls->n, e);
	if (!r)
		r = put_int(&ls->v[own].params, "children.cur",
			    (int)(ls->n - own - 1), e);
	return r;
}

static int compare_int(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static int compare_jid(const void *a, const void *b)
{
	return ((const struct prison *)a)->jid -
	       ((const struct prison *)b)->jid;
}

int dir_jids(int dirfd, const char *dir, size_t max, int **ret, size_t *ret_n,
	     struct err *e)
{
	cleanup_close int fd = -1;
	cleanup_closedir DIR *d = NULL;
	cleanup_free int *v = NULL;
	struct dirent *de;
	long long jid;
	size_t n = 0;

	if (file_open_beneath(dirfd, dir, O_RDONLY | O_DIRECTORY, 0, &fd,
			      NULL) == 0)
		d = fdopendir(fd);
	if (d)
		(void)take_fd(&fd);
	while (d && n < max && (de = readdir(d))) {
		int *nv;

		if (str_to_int(de->d_name, 1, JAIL_MAX, &jid) < 0)
			continue;
		nv = n % 64 ? v : reallocarray(v, n + 64, sizeof(*v));
		if (!nv)
			return err_nomem(e);
		v = nv;
		v[n++] = (int)jid;
	}
	if (n)
		qsort(v, n, sizeof(*v), compare_int);
	*ret = take_ptr(v);
	*ret_n = n;
	return 0;
}

int prison_names(struct prisons *ps, struct strv *ret, struct strv *lent,
		 struct err *e)
{
	cleanup_free int *jids = NULL;
	size_t n = 0;
	int r = 0;

	if (ps->dirfd >= 0)
		r = dir_jids(ps->dirfd, "jails", JAIL_MAX, &jids, &n, e);
	for (size_t i = 0; !r && i < n; i++) {
		cleanup_prison struct prison p = {0};
		cleanup_life struct life l = {0};

		if (load_own(ps, jids[i], false, &p, &l, NULL) < 0)
			continue;
		r = strv_add(ret, p.name);
		for (size_t k = 0; !r && lent && k < l.nlent; k++)
			r = strv_add(lent, l.lent[k].name);
		if (r < 0)
			err_nomem(e);
	}
	return r;
}

int prison_list(struct prisons *ps, bool dying, struct prison **ret,
		size_t *ret_n, struct err *e)
{
	struct list ls __attribute__((cleanup(list_free))) = {0};
	cleanup_free int *jids = NULL;
	size_t n = 0;
	int r = 0;

	if (ps->dirfd >= 0)
		r = dir_jids(ps->dirfd, "jails", JAIL_MAX, &jids, &n, e);
	for (size_t i = 0; !r && i < n; i++)
		r = list_add(ps, &ls, jids[i], dying, e);
	if (r < 0)
		return r;
	if (ls.n)
		qsort(ls.v, ls.n, sizeof(*ls.v), compare_jid);
	*ret = ls.v;
	*ret_n = ls.n;
	ls = (struct list){0};
	return 0;
}

/* --- lookup
 * --------------------------------------------------------------------------------
 */

static int not_found(const char *which, bool numeric, struct err *e)
{
	return err_set(e, ENOENT,
		       numeric ? "jail %s not found" : "jail \"%s\" not found",
		       which);
}

/* The one of the jails in and below jail `top` that is asked for. */
static int find_below(struct prisons *ps, int top, const char *name, int jid,
		      bool dying, struct prison *ret, struct err *e)
{
	struct list ls __attribute__((cleanup(list_free))) = {0};
	int r = list_add(ps, &ls, top, dying, e);

	for (size_t i = 0; !r && i < ls.n; i++) {
		if (name ? strcmp(ls.v[i].name, name) : ls.v[i].jid != jid)
			continue;
		*ret = ls.v[i];
		ls.v[i] = (struct prison){0};
		return 0;
	}
	return r < 0 ? r : -ENOENT;
}

int prison_get(struct prisons *ps, const char *which, bool dying,
	       struct prison *ret, struct err *e)
{
	char first[256];
	const char *dot = strchr(which, '.');
	long long n = 0;
	bool numeric = str_to_int(which, 1, JAIL_MAX, &n) == 0;
	int jid = (int)n, r;

	if (numeric && ps->dirfd >= 0 && !jid_exists(ps, jid)) {
		int owner = range_owner(ps, jid);

		r = owner ? find_below(ps, owner, NULL, jid, dying, ret, e)
			  : -ENOENT;
		return r == -ENOENT ? not_found(which, true, e) : r;
	}
	if (!numeric) {
		snprintf(first, sizeof(first), "%.*s",
			 (int)(dot ? dot - which : 255), which);
		if (name_find(ps, first, &jid) < 0)
			return not_found(which, false, e);
	}
	r = find_below(ps, jid, numeric ? NULL : which, jid, dying, ret, e);
	return r == -ENOENT ? not_found(which, numeric, e) : r;
}

int prison_vnet(struct prisons *ps, const struct prison *p, struct vnet **ret,
		struct err *e)
{
	cleanup_life struct life l = {0};
	int r;

	if (p->path.n > 1)
		return nest_vnet(ps, p, ret, e);
	if (!p->vnet)
		return vnet_open(-1, VNET_STATEDIR, ret, e);
	r = life_read(ps, p->jid, &l, e);
	return r < 0 ? r : jail_vnet(ps, p->jid, &l, ret, e);
}

int prison_cgroup(struct prisons *ps, const struct prison *p, char **ret,
		  struct err *e)
{
	cleanup_strbuf struct strbuf path = STRBUF_INIT;
	cleanup_life struct life l = {0};
	long long jid;
	int r;

	if (!p->path.n || str_to_int(p->path.v[0], 1, JAIL_MAX, &jid) < 0)
		return err_set(e, EINVAL, "no such jail");
	r = life_read(ps, (int)jid, &l, e);
	if (r < 0)
		return r;
	if (!l.cgroup)
		return err_set(e, ENOENT, "no cgroup2 is mounted");
	strbuf_adds(&path, l.cgroup);
	/* where a nested jail's is goes by its jid, not by what it wrote */
	for (size_t i = 1; i < p->path.n; i++)
		strbuf_addf(&path, "/tree/cellblock/%s", p->path.v[i]);
	*ret = strbuf_take(&path);
	return *ret ? 0 : err_nomem(e);
}
