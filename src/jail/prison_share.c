/*
 * prison_share: ip4, ip6 and their addresses, for jails without a vnet.
 *
 * Theory of operation.  A jail that is held to some of its creator's addresses
 * stays in the creator's network stack; programs on its cgroup make its
 * sockets behave as FreeBSD's kernel does (ipshare/).  Here is what that
 * kernel checks when the addresses are given (kern_jail.c): they are some of
 * the creator's own, where that is held to some itself; none is given twice;
 * and a jail with more than one address shares none with another jail of the
 * level.  For that question there is an index, so that the start of a jail
 * costs the same with a thousand others:
 *
 *     addrs/ADDR/JID     jail JID has the address
 *     jails/JID/addrs    all it has, to find those entries by
 *
 * The second is written first and goes last, so whatever a killed command has
 * left of the first is found.  All of it under the registry's lock.
 *
 * A jail that says something of one family, and nothing of the other, has
 * none of the other, as on FreeBSD.  One that says nothing at all has what
 * its creator has; on FreeBSD it would have no network.
 *
 * It differs from FreeBSD in that a jail's jail may have one of several
 * addresses of its parent; there the two clash, so that a jail with several
 * addresses cannot give them to its jails.
 */
#include "jail/prison_dev.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/plan.h"
#include "ipshare/ipshare.h"
#include "jail/param.h"
#include "jail/regtext.h"
#include "jail/rights.h"
#include "jail/share_below.h"
#include "jail/share_broker.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct family {
	const char *list, *sys, *saddrsel, *title;
	int af;
} families[] = {
	{"ip4.addr", "ip4", "ip4.saddrsel", "IPv4", AF_INET},
	{"ip6.addr", "ip6", "ip6.saddrsel", "IPv6", AF_INET6},
};

union addr {
	struct in_addr in;
	struct in6_addr in6;
};

static const struct strv *addrs_of(const struct pset *ps,
				   const struct family *f)
{
	static const struct strv none;
	const struct jparam *p = pset_find(ps, f->list);

	return p ? &p->values : &none;
}

static int mode_of(const struct pset *ps, const struct family *f)
{
	return param_jailsys_of(ps, f->sys, IPSHARE_INHERIT);
}

static bool is_vnet(const struct pset *ps)
{
	return param_jailsys_of(ps, "vnet", 2) == 1;
}

/* Has it ip4 or ip6 of its own, without a vnet? */
static bool is_restricted(const struct pset *ps)
{
	return !is_vnet(ps) && (mode_of(ps, &families[0]) != IPSHARE_INHERIT ||
				mode_of(ps, &families[1]) != IPSHARE_INHERIT);
}

/* --- checks -------------------------------------------------------------- */

/* Why no jail can have it; NULL: it can. */
static const char *unfit(const struct family *f, const char *text)
{
	union addr a;
	uint32_t v4;

	/* canonical already: this cannot fail */
	if (inet_pton(f->af, text, &a) != 1)
		return "is no address";
	if (f->af == AF_INET) {
		v4 = ntohl(a.in.s_addr);
		return v4 == INADDR_ANY		? "is the unspecified address"
		       : v4 == INADDR_BROADCAST ? "is the broadcast address"
		       : IN_MULTICAST(v4)	? "is a multicast address"
						: NULL;
	}
	return IN6_IS_ADDR_UNSPECIFIED(&a.in6) ? "is the unspecified address"
	       : IN6_IS_ADDR_MULTICAST(&a.in6) ? "is a multicast address"
	       : IN6_IS_ADDR_V4MAPPED(&a.in6)  ? "stands for an IPv4 address"
					       : NULL;
}

/* FreeBSD's text is the error's alone; which address it was helps. */
static int invalid(struct err *e, const struct family *f, const char *addr,
		   const char *why)
{
	return err_set(e, EINVAL, "jail_set: Invalid argument (%s: %s %s)",
		       f->list, addr, why);
}

static int check_list(const struct family *f, const struct strv *v,
		      struct err *e)
{
	if (v->n > IPSHARE_MAX)
		return err_set(e, EINVAL, "too many %s addresses", f->title);
	for (size_t i = 0; i < v->n; i++) {
		const char *why = unfit(f, v->v[i]);

		if (why)
			return invalid(e, f, v->v[i], why);
		for (size_t k = 0; k < i; k++)
			if (!strcmp(v->v[i], v->v[k]))
				return invalid(e, f, v->v[i], "is given twice");
	}
	return 0;
}

static int check_subset(const struct pset *parent, const struct family *f,
			const struct strv *v, struct err *e)
{
	const struct strv *all;

	if (!parent || is_vnet(parent) || mode_of(parent, f) == IPSHARE_INHERIT)
		return 0;
	all = addrs_of(parent, f);
	for (size_t i = 0; i < v->n; i++)
		if (!strv_has(all, v->v[i]))
			return err_set(e, EPERM,
				       "jail_set: Operation not permitted "
				       "(%s: %s is none of the parent's)",
				       f->list, v->v[i]);
	return 0;
}

int share_valid(struct prisons *ps, const struct pset *params, struct err *e)
{
	const struct pset *parent = ps->jailed ? &ps->self : NULL;
	int r = 0;

	for (size_t i = 0; !r && i < ARRAY_SIZE(families); i++) {
		const struct family *f = &families[i];
		const struct strv *v = addrs_of(params, f);

		if (is_vnet(params) && (pset_find(params, f->list) ||
					mode_of(params, f) != IPSHARE_INHERIT))
			return err_set(e, EINVAL,
				       "vnet jails cannot have IP address "
				       "restrictions");
		r = check_list(f, v, e);
		if (!r)
			r = check_subset(parent, f, v, e);
	}
	return r;
}

int share_imply(struct prisons *ps, struct pset *params, struct err *e)
{
	bool given[ARRAY_SIZE(families)];
	int r = 0;

	if (is_vnet(params))
		return 0;
	for (size_t i = 0; !r && i < ARRAY_SIZE(families); i++) {
		const struct family *f = &families[i];

		given[i] =
			pset_find(params, f->list) || pset_find(params, f->sys);
		if (!pset_find(params, f->list))
			continue;
		if (addrs_of(params, f)->n && pset_find(params, f->sys) &&
		    mode_of(params, f) == IPSHARE_DISABLE)
			report(ps->report, REPORT_WARN,
			       "%s=disable: %s is given, too, and is in force",
			       f->sys, f->list);
		r = pset_put(params, f->sys, "new", false, e);
	}
	for (size_t i = 0; !r && i < ARRAY_SIZE(families); i++) {
		const struct family *other = &families[!i];

		if (!given[i] && mode_of(params, other) != IPSHARE_INHERIT)
			r = pset_put(params, families[i].sys, "disable", false,
				     e);
	}
	return r;
}

/* "ip4 cannot be changed": a restriction begins with the jail or never. */
int share_check_change(const struct pset *old, const struct pset *given,
		       struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		const struct family *f = &families[i];

		if (!pset_find(given, f->list))
			continue;
		if (is_vnet(old))
			return err_set(e, EINVAL,
				       "vnet jails cannot have IP address "
				       "restrictions");
		if (mode_of(old, f) != IPSHARE_NEW)
			return err_set(e, EINVAL,
				       "%s cannot be changed after creation",
				       f->sys);
	}
	return 0;
}

/* --- the index ----------------------------------------------------------- */

static void list_path(int jid, char *ret, size_t size)
{
	snprintf(ret, size, "jails/%d/addrs", jid);
}

static int list_read(struct prisons *ps, int jid, struct pset *ret)
{
	char path[64];

	list_path(jid, path, sizeof(path));
	return regtext_read(ps->dirfd, path, ret, NULL);
}

static int list_write(struct prisons *ps, int jid, const struct pset *v,
		      struct err *e)
{
	char path[64];

	list_path(jid, path, sizeof(path));
	return regtext_write(ps->dirfd, path, v, e);
}

/* The lists alone, of the jail's parameters. */
static int lists_of(const struct pset *params, struct pset *ret, struct err *e)
{
	int r = 0;

	for (size_t i = 0; !r && i < ARRAY_SIZE(families); i++) {
		const struct strv *v = addrs_of(params, &families[i]);

		if (v->n)
			r = pset_put_values(ret, families[i].list, v, false,
					    NULL, 0, e);
	}
	return r;
}

static bool is_going(struct prisons *ps, int jid)
{
	cleanup_pending struct pending p = {0};

	return pending_read(ps, jid, &p, NULL) == 0 && p.remove;
}

/* Has another jail the address, and either of the two more than that one? */
static bool clashes(struct prisons *ps, int jid, const struct family *f,
		    const char *addr, size_t mine)
{
	char path[64];
	cleanup_closedir DIR *d = NULL;
	struct dirent *de;
	long long other;
	int fd;

	snprintf(path, sizeof(path), "addrs/%s", addr);
	fd = openat(ps->dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d = fd < 0 ? NULL : fdopendir(fd);
	while (d && (de = readdir(d))) {
		cleanup_pset struct pset v = {0};

		if (str_to_int(de->d_name, 1, JAIL_MAX, &other) < 0 ||
		    other == jid || is_going(ps, (int)other) ||
		    list_read(ps, (int)other, &v) < 0 ||
		    !strv_has(addrs_of(&v, f), addr))
			continue;
		if (mine > 1 || addrs_of(&v, f)->n > 1)
			return true;
		/* then all of them have this one address alone */
		break;
	}
	return false;
}

static int check_clash(struct prisons *ps, int jid, const struct pset *lists,
		       struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		const struct family *f = &families[i];
		const struct strv *v = addrs_of(lists, f);

		for (size_t k = 0; k < v->n; k++)
			if (clashes(ps, jid, f, v->v[k], v->n))
				return err_set(e, EADDRINUSE,
					       "%s addresses clash", f->title);
	}
	return 0;
}

static int entry_add(struct prisons *ps, int jid, const char *addr,
		     struct err *e)
{
	char dir[64], path[80];
	int fd;

	snprintf(dir, sizeof(dir), "addrs/%s", addr);
	snprintf(path, sizeof(path), "%s/%d", dir, jid);
	if ((mkdirat(ps->dirfd, "addrs", 0755) < 0 && errno != EEXIST) ||
	    (mkdirat(ps->dirfd, dir, 0755) < 0 && errno != EEXIST))
		return err_sys(e, errno, CELLBLOCK_RUN "/%s", dir);
	fd = openat(ps->dirfd, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_sys(e, errno, CELLBLOCK_RUN "/%s", path);
	close(fd);
	return 0;
}

static void entry_drop(struct prisons *ps, int jid, const char *addr)
{
	char dir[64], path[80];

	snprintf(dir, sizeof(dir), "addrs/%s", addr);
	snprintf(path, sizeof(path), "%s/%d", dir, jid);
	unlinkat(ps->dirfd, path, 0);
	/* each fails while another has it */
	unlinkat(ps->dirfd, dir, AT_REMOVEDIR);
	unlinkat(ps->dirfd, "addrs", AT_REMOVEDIR);
}

/* Entries of `lists`, but for those that `keep` has as well. */
static void entries_drop(struct prisons *ps, int jid, const struct pset *lists,
			 const struct pset *keep)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		const struct strv *v = addrs_of(lists, &families[i]);

		for (size_t k = 0; k < v->n; k++)
			if (!keep ||
			    !strv_has(addrs_of(keep, &families[i]), v->v[k]))
				entry_drop(ps, jid, v->v[k]);
	}
}

static int entries_add(struct prisons *ps, int jid, const struct pset *lists,
		       struct err *e)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		const struct strv *v = addrs_of(lists, &families[i]);

		for (size_t k = 0; !r && k < v->n; k++) {
			plan_failpoint();
			r = entry_add(ps, jid, v->v[k], e);
		}
	}
	return r;
}

int share_take(struct prisons *ps, int jid, const struct pset *params,
	       struct err *e)
{
	cleanup_pset struct pset lists = {0};
	int r = lists_of(params, &lists, e);

	if (r < 0 || !is_restricted(params))
		return r;
	r = check_clash(ps, jid, &lists, e);
	if (!r)
		r = list_write(ps, jid, &lists, e);
	return r < 0 ? r : entries_add(ps, jid, &lists, e);
}

void share_drop(struct prisons *ps, int jid)
{
	cleanup_pset struct pset lists = {0};

	if (list_read(ps, jid, &lists) == 0)
		entries_drop(ps, jid, &lists, NULL);
}

/* Other addresses: while both lists' entries are there, so is a list of both.
 */
static int retake(struct prisons *ps, int jid, const struct pset *now,
		  struct err *e)
{
	cleanup_pset struct pset was = {0}, lists = {0}, both = {0};
	int r = lists_of(now, &lists, e);

	if (!r)
		r = check_clash(ps, jid, &lists, e);
	if (r < 0)
		return r;
	(void)list_read(ps, jid, &was);
	r = pset_copy(&both, &was, e);
	for (size_t i = 0; !r && i < lists.n; i++)
		r = pset_put_values(&both, lists.v[i].name, &lists.v[i].values,
				    true, NULL, 0, e);
	if (!r)
		r = list_write(ps, jid, &both, e);
	if (!r)
		r = entries_add(ps, jid, &lists, e);
	if (r < 0)
		return r;
	entries_drop(ps, jid, &was, &lists);
	return list_write(ps, jid, &lists, e);
}

/* --- in force ------------------------------------------------------------ */

struct conf {
	struct ipshare_conf c;
	struct in_addr v4[IPSHARE_MAX];
	struct in6_addr v6[IPSHARE_MAX];
};

static size_t conf_addrs(const struct pset *params, const struct family *f,
			 void *dst, size_t size)
{
	const struct strv *v = addrs_of(params, f);
	size_t n = 0;

	for (size_t i = 0; i < v->n && n < IPSHARE_MAX; i++)
		n += inet_pton(f->af, v->v[i], (char *)dst + n * size) == 1;
	return n;
}

/* ip4=new without an address says no more than ip4=disable. */
static enum ipshare_mode conf_mode(const struct pset *params,
				   const struct family *f, size_t n)
{
	int m = mode_of(params, f);

	return m == IPSHARE_NEW && !n ? IPSHARE_DISABLE : (enum ipshare_mode)m;
}

static void conf_make(const struct pset *params, uint32_t root, struct conf *c)
{
	const struct family *f4 = &families[0], *f6 = &families[1];

	c->c = (struct ipshare_conf){
		.addr4 = c->v4,
		.n4 = conf_addrs(params, f4, c->v4, sizeof(c->v4[0])),
		.addr6 = c->v6,
		.n6 = conf_addrs(params, f6, c->v6, sizeof(c->v6[0])),
		.saddrsel4 = param_set_bool(params, f4->saddrsel),
		.saddrsel6 = param_set_bool(params, f6->saddrsel),
		.raw = param_set_bool(params, "allow.raw_sockets"),
		.low_ports = param_set_bool(params, "allow.reserved_ports"),
		.root = root,
	};
	c->c.mode4 = conf_mode(params, f4, c->c.n4);
	c->c.mode6 = conf_mode(params, f6, c->c.n6);
}

/*
 * The jail's network stack is its creator's, who is here.  Within a jail it is
 * a broker's to do, also where the jail has the host's users: as little as any
 * other jail has it the right to load programs.
 */
static int apply(struct prisons *ps, int jid, const char *cgroup,
		 const struct pset *params, uint32_t root, struct err *e)
{
	cleanup_close int net = -1, fd = -1;
	struct conf c;
	int r;

	conf_make(params, root, &c);
	if (ps->jailed) {
		r = share_broker_set(jid, &c.c, e);
		return r < 0 ? err_wrap(e, "ip4, ip6") : 0;
	}
	r = cgroup_open(cgroup, &fd, e);
	if (r < 0)
		return r;
	net = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (net < 0)
		return err_sys(e, errno, "/proc/self/ns/net");
	r = ipshare_set(SHARE_BPFDIR, fd, net, &c.c, e);
	return r < 0 ? err_wrap(e, "ip4, ip6") : 0;
}

/*
 * ping(8) takes a datagram socket where there is one to be had, which goes by
 * the group.
 */
static bool may_ping(gid_t gid)
{
	cleanup_free char *text = NULL;
	unsigned long lo, hi;
	char *end;

	if (file_read(AT_FDCWD, "/proc/sys/net/ipv4/ping_group_range", 64,
		      &text, NULL, NULL) < 0)
		return false;
	lo = strtoul(text, &end, 10);
	hi = strtoul(end, NULL, 10);
	return lo <= gid && gid <= hi;
}

static void raw_note(struct prisons *ps, const struct pset *params, gid_t gid)
{
	if (is_vnet(params) || !param_set_bool(params, "allow.raw_sockets") ||
	    (rights_same_users(params) && !is_restricted(params)))
		return;
	if (may_ping(gid))
		report(ps->report, REPORT_WARN,
		       "allow.raw_sockets: a jail without vnet gets no true "
		       "raw sockets on Linux; ping works by datagram sockets");
	else
		report(ps->report, REPORT_WARN,
		       "allow.raw_sockets: a jail without vnet gets no true "
		       "raw sockets on Linux; ping works once its group, %u, "
		       "is in sysctl net.ipv4.ping_group_range",
		       (unsigned int)gid);
}

int share_guard(struct prisons *ps, int jid, const char *cgroup,
		const struct pset *params, const struct jail_users *users,
		struct err *e)
{
	raw_note(ps, params, users->shifted ? users->gid : 0);
	if (!is_restricted(params))
		return 0;
	if (!cgroup)
		return err_set(e, ENOTSUP,
			       "ip4, ip6: there is no cgroup2 here to hold the "
			       "jail to its addresses");
	plan_failpoint();
	return apply(ps, jid, cgroup, params, users->shifted ? users->uid : 0,
		     e);
}

static bool addrs_differ(const struct pset *a, const struct pset *b)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		const struct strv *v = addrs_of(a, &families[i]);
		const struct strv *w = addrs_of(b, &families[i]);

		if (v->n != w->n)
			return true;
		for (size_t k = 0; k < v->n; k++)
			if (strcmp(v->v[k], w->v[k]) != 0)
				return true;
	}
	return false;
}

/* Is anything of what is in force new? */
static bool differs(const struct pset *old, const struct pset *now)
{
	static const char *const flags[] = {"ip4.saddrsel", "ip6.saddrsel",
					    "allow.raw_sockets",
					    "allow.reserved_ports"};

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (param_set_bool(old, flags[i]) !=
		    param_set_bool(now, flags[i]))
			return true;
	return addrs_differ(old, now);
}

int share_update(struct prisons *ps, int jid, const struct life *l,
		 const struct pset *old, const struct pset *now, struct err *e)
{
	struct dev_state st = {0};
	int r;

	r = dev_state_read(ps, jid, &st, e);
	if (!r && !param_set_bool(old, "allow.raw_sockets"))
		raw_note(ps, now, st.gid);
	if (r < 0 || !is_restricted(now) || !differs(old, now))
		return r;
	if (!l->cgroup)
		return err_sys(e, ESRCH, "ip4, ip6");
	r = addrs_differ(old, now) ? retake(ps, jid, now, e) : 0;
	return r < 0 ? r : apply(ps, jid, l->cgroup, now, st.uid, e);
}

/* --- the end ------------------------------------------------------------- */

static int clear_one(const char *path, struct err *e)
{
	struct stat st;

	/* or nobody here is held to addresses */
	if (stat(path, &st) < 0 || access(SHARE_BPFDIR, F_OK) < 0)
		return 0;
	return ipshare_clear(SHARE_BPFDIR, st.st_ino, e);
}

/* And those below, of which nobody knows. */
static int clear_tree(const char *path, int depth, struct err *e)
{
	cleanup_closedir DIR *d = depth ? opendir(path) : NULL;
	struct dirent *de;
	int r = clear_one(path, e);

	while (!r && d && (de = readdir(d))) {
		cleanup_free char *sub = NULL;

		if (de->d_type != DT_DIR || de->d_name[0] == '.')
			continue;
		sub = str_printf("%s/%s", path, de->d_name);
		r = sub ? clear_tree(sub, depth - 1, e) : err_nomem(e);
	}
	return r;
}

#define CLEAR_DEPTH 64

int share_clear_stray(const char *cgroup, struct err *e)
{
	return userns_initial() ? clear_tree(cgroup, CLEAR_DEPTH, e) : 0;
}

int share_let_go(struct prisons *ps, int jid, const char *cgroup, struct err *e)
{
	struct err be = ERR_INIT;
	char path[64];

	list_path(jid, path, sizeof(path));
	if (faccessat(ps->dirfd, path, F_OK, 0) < 0)
		return 0;
	if (!ps->jailed)
		return clear_one(cgroup, e);
	/* with no broker left this level is at its end, and cleared as one */
	if (share_broker_clear(jid, &be) < 0 && be.code != ENOTCONN)
		return err_set(e, be.code, "%s", be.text);
	return 0;
}
