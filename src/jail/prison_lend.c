/*
 * prison_lend: interfaces that a level gives to its jails, and gets back.
 *
 * Theory of operation.  `life` says of each jail what it was lent, written
 * before the interface moves, so that no crash forgets one.  Inside, the
 * jail's root may rename it; the kernel keeps its index across the move if
 * that is free, which is noted after the move, and is what it is found by
 * when the jail ends.  Home is the vnet of this level.  An interface that
 * has ceased to exist meanwhile is no error: its owner destroyed it.
 */
#include "jail/prison_int.h"

#include "base/cleanup.h"
#include "base/plan.h"
#include "net/ifnet.h"
#include "net/kind.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/magic.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>

/* --- what is in a vnet --------------------------------------------------- */

struct link {
	int index;
	int other; /* a veth's other end, 0: it is none */
	bool also; /* it has further names */
	char name[IFNAMSIZ];
	char mac[64];
};

struct links {
	struct link *v;
	size_t n;
};

static void links_free(struct links *ls)
{
	free(ls->v);
	*ls = (struct links){0};
}

static void links_restart(void *data)
{
	links_free(data);
}

static bool is_veth(const struct nlattr *linkinfo)
{
	const struct nlattr *info[IFLA_INFO_MAX + 1];

	nl_parse_nested(linkinfo, info, IFLA_INFO_MAX);
	return info[IFLA_INFO_KIND] &&
	       !strcmp(mnl_attr_get_str(info[IFLA_INFO_KIND]), "veth");
}

static int links_one(const struct nlmsghdr *h, void *data, struct err *e)
{
	const struct nlattr *tb[IFLA_MAX + 1];
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(h);
	struct links *ls = data;
	struct link *l;

	if (h->nlmsg_type != RTM_NEWLINK)
		return 0;
	l = reallocarray(ls->v, ls->n + 1, sizeof(*l));
	if (!l)
		return err_nomem(e);
	ls->v = l;
	l = &ls->v[ls->n++];
	*l = (struct link){.index = ifi->ifi_index};
	nl_parse(h, sizeof(*ifi), tb, IFLA_MAX);
	if (tb[IFLA_IFNAME])
		snprintf(l->name, sizeof(l->name), "%s",
			 mnl_attr_get_str(tb[IFLA_IFNAME]));
	l->also = tb[IFLA_PROP_LIST];
	if (tb[IFLA_LINK] && is_veth(tb[IFLA_LINKINFO]))
		l->other = (int)nl_u32(tb[IFLA_LINK]);
	if (tb[IFLA_ADDRESS]) {
		const unsigned char *a = mnl_attr_get_payload(tb[IFLA_ADDRESS]);
		size_t n = mnl_attr_get_payload_len(tb[IFLA_ADDRESS]);

		for (size_t i = 0; i < n && i < 31; i++)
			snprintf(l->mac + 2 * i, 3, "%02x", a[i]);
	}
	return 0;
}

/* All, or (name) one; one that is not there is no error. */
static int links_load(struct nl *nl, const char *name, struct links *ret,
		      struct err *e)
{
	struct ifinfomsg ifi = {.ifi_family = AF_UNSPEC};
	static struct nlm m;
	int r;

	nlm_begin(&m, RTM_GETLINK, 0, &ifi, sizeof(ifi));
	if (name) {
		nlm_put_str(&m, IFLA_IFNAME, name);
		r = nl_query(nl, &m, links_one, ret, e);
		if (r == -ENODEV || r == -EINVAL || r == -ERANGE) {
			err_clear(e);
			r = 0;
		}
		return r;
	}
	return nl_dump(nl, &m, links_one, links_restart, ret, e);
}

static const struct link *link_named(const struct links *ls, const char *name)
{
	for (size_t i = 0; i < ls->n; i++)
		if (!strcmp(ls->v[i].name, name))
			return &ls->v[i];
	return NULL;
}

/* The lent one among what the jail has: index, else address, else name. */
static const struct link *link_of(const struct links *ls, const struct lent *l)
{
	const struct link *best = NULL;
	int top = 0;

	for (size_t i = 0; i < ls->n; i++) {
		const struct link *k = &ls->v[i];
		int score = (l->index && k->index == l->index ? 4 : 0) +
			    (*l->mac && !strcmp(k->mac, l->mac) ? 2 : 0) +
			    (!strcmp(k->name, l->name) ? 1 : 0);

		if (score > top) {
			top = score;
			best = k;
		}
	}
	return best;
}

/* --- vnets --------------------------------------------------------------- */

static int jail_net_open(int jid, int *ret_fd, struct err *e)
{
	cleanup_free char *path = jail_path(jid, "net");
	cleanup_close int fd = -1;
	struct statfs s;

	if (!path)
		return err_nomem(e);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, errno, "%s", path);
	/* a plain file: what was mounted on it is gone already */
	if (fstatfs(fd, &s) < 0 || s.f_type != NSFS_MAGIC)
		return err_sys(e, ENOENT, "%s", path);
	*ret_fd = take_fd(&fd);
	return 0;
}

/* The jail's state files, reached through its first process if that lives. */
int jail_vnet(struct prisons *ps, int jid, const struct life *l,
	      struct vnet **ret, struct err *e)
{
	cleanup_close int ns = -1, state = -1;
	char dir[64];
	int r;

	(void)ps;
	r = jail_net_open(jid, &ns, e);
	if (r < 0)
		return r;
	if (jail_if_open(&l->init, &state, NULL) == 0)
		snprintf(dir, sizeof(dir), "/proc/self/fd/%d/.", state);
	return vnet_open(ns, state >= 0 ? dir : NULL, ret, e);
}

/* --- life ---------------------------------------------------------------- */

static struct lent *lent_find(struct life *l, const char *name)
{
	for (size_t i = 0; i < l->nlent; i++)
		if (!strcmp(l->lent[i].name, name))
			return &l->lent[i];
	return NULL;
}

static void lent_delete(struct life *l, struct lent *x)
{
	*x = l->lent[--l->nlent];
}

static int lent_put(struct life *l, const struct lent *x, struct err *e)
{
	struct lent *old = lent_find(l, x->name), *v;

	if (old) {
		*old = *x;
		return 0;
	}
	v = reallocarray(l->lent, l->nlent + 1, sizeof(*v));
	if (!v)
		return err_nomem(e);
	l->lent = v;
	v[l->nlent++] = *x;
	return 0;
}

/* Write one entry down (put), or strike it out (NULL), under the lock. */
static int lent_note(struct prisons *ps, int jid, const char *name,
		     const struct lent *put, struct life *ret, struct err *e)
{
	cleanup_life struct life l = {0};
	cleanup_close int lock = -1;
	int r;

	r = reg_lock(ps, &lock, e);
	if (!r)
		r = life_read(ps, jid, &l, e);
	if (r < 0)
		return r;
	if (put)
		r = lent_put(&l, put, e);
	else if (lent_find(&l, name))
		lent_delete(&l, lent_find(&l, name));
	if (!r)
		r = life_write(ps, jid, &l, e);
	if (!r && ret) {
		*ret = l;
		l = (struct life){0};
	}
	return r;
}

/* --- giving -------------------------------------------------------------- */

int lent_look(struct vnet *v, const char *ifname, struct lent *ret,
	      struct err *e)
{
	struct links ls __attribute__((cleanup(links_free))) = {0};
	const char *kname = ifname_to_kernel(ifname);
	const struct link *k;
	int r = links_load(v->rt, kname, &ls, e);

	if (r < 0)
		return r;
	k = link_named(&ls, kname);
	if (!k)
		return err_set(e, ENXIO, "interface %s does not exist", ifname);
	ret->index = k->index;
	snprintf(ret->name, sizeof(ret->name), "%s", k->name);
	snprintf(ret->mac, sizeof(ret->mac), "%s", k->mac);
	return 0;
}

/*
 * On FreeBSD what comes to a vnet is its last interface.  Here they are in the
 * order of their numbers, and one keeps its number where that is free: is it
 * none of the last, it gets another.  0: it keeps it.
 */
static int last_index(struct vnet *to, int index)
{
	struct links ls __attribute__((cleanup(links_free))) = {0};
	int max = 0;

	if (links_load(to->rt, NULL, &ls, NULL) < 0)
		return 0;
	for (size_t i = 0; i < ls.n; i++)
		if (ls.v[i].index > max)
			max = ls.v[i].index;
	return max > index ? max + 1 : 0;
}

static int lend_here(struct prisons *ps, int jid, const char *ifname,
		     struct err *e)
{
	cleanup_vnet struct vnet *home = NULL, *to = NULL;
	cleanup_life struct life l = {0};
	const char *kname = ifname_to_kernel(ifname);
	struct lent x = {0};
	int r, index;

	if (nets_lent(ps->nets, jid, kname))
		return 0;
	r = vnet_open(-1, VNET_STATEDIR, &home, e);
	if (!r) {
		nets_fetch(ps->nets, home, kname);
		r = lent_look(home, ifname, &x, e);
	}
	if (r < 0)
		return r;
	index = x.index;
	x.index = 0;
	plan_failpoint();
	r = lent_note(ps, jid, x.name, &x, &l, e);
	if (!r)
		r = jail_vnet(ps, jid, &l, &to, e);
	plan_failpoint();
	if (!r)
		r = if_move_as(home, kname, to, last_index(to, index), e);
	if (r < 0) {
		lent_note(ps, jid, x.name, NULL, NULL, NULL);
		return r;
	}
	plan_failpoint();
	x.index = vnet_ifindex(to, x.name);
	return lent_note(ps, jid, x.name, &x, NULL, e);
}

/* Where a jid of the caller's view is handled: here, or in a jail of ours. */
static int lend_check(struct prisons *ps, int jid, int *ret_owner,
		      struct err *e)
{
	cleanup_life struct life l = {0};
	int r;

	if (!ps->writable)
		return err_set(e, EPERM,
			       "SIOCSIFVNET: Operation not permitted");
	*ret_owner = 0;
	if (ps->dirfd < 0 || !jid_exists(ps, jid)) {
		*ret_owner = range_owner(ps, jid);
		if (*ret_owner)
			return 0;
		return err_set(e, ENOENT, "jail %d not found", jid);
	}
	r = life_read(ps, jid, &l, e);
	if (!r && !l.vnet)
		return err_set(e, EEXIST, "SIOCSIFVNET: File exists");
	return r;
}

int prison_lend(struct prisons *ps, int jid, const char *ifname, struct err *e)
{
	int owner, r;

	r = lend_check(ps, jid, &owner, e);
	if (r < 0)
		return r;
	if (!owner)
		return lend_here(ps, jid, ifname, e);
	/* through the jail in between, so that it comes back the same way */
	r = lend_here(ps, owner, ifname, e);
	if (r < 0)
		return r;
	r = nest_lend(ps, owner, jid, ifname, false, e);
	if (r < 0)
		prison_reclaim(ps, owner, ifname, NULL);
	return r;
}

int prison_reclaim(struct prisons *ps, int jid, const char *ifname,
		   struct err *e)
{
	cleanup_vnet struct vnet *home = NULL, *from = NULL;
	const char *kname = ifname_to_kernel(ifname);
	cleanup_life struct life l = {0};
	int owner, r, index;

	r = lend_check(ps, jid, &owner, e);
	if (!r && owner) {
		r = nest_lend(ps, owner, jid, ifname, true, e);
		if (!r)
			r = prison_reclaim(ps, owner, ifname, e);
		return r;
	}
	if (!r)
		r = life_read(ps, jid, &l, e);
	if (!r)
		r = vnet_open(-1, VNET_STATEDIR, &home, e);
	if (!r)
		r = jail_vnet(ps, jid, &l, &from, e);
	if (r < 0)
		return r;
	index = vnet_ifindex(from, kname);
	if (!index)
		return err_set(e, ENXIO, "SIOCSIFRVNET: Device not configured");
	plan_failpoint();
	r = if_drop_altnames(from, kname, e);
	if (!r)
		r = if_move(from, kname, home, e);
	if (r < 0)
		return r;
	/* struck out by what it was lent as, whatever the jail calls it */
	for (size_t i = 0; i < l.nlent; i++)
		if (l.lent[i].index == index)
			return lent_note(ps, jid, l.lent[i].name, NULL, NULL,
					 e);
	return 0;
}

/* --- coming home --------------------------------------------------------- */

/* Down and renamed: older kernels rename nothing that is up. */
static int rename_link(struct vnet *v, int index, const char *name,
		       struct err *e)
{
	struct ifinfomsg ifi = {.ifi_family = AF_UNSPEC,
				.ifi_index = index,
				.ifi_change = IFF_UP};
	static struct nlm m;
	int r;

	nlm_begin(&m, RTM_SETLINK, 0, &ifi, sizeof(ifi));
	r = nl_talk(v->rt, &m, e, "%s", name);
	if (r < 0)
		return r;
	nlm_begin(&m, RTM_SETLINK, 0, &ifi, sizeof(ifi));
	nlm_put_str(&m, IFLA_IFNAME, name);
	return nl_talk(v->rt, &m, e, "%s", name);
}

/* A name for it at home: its own, or one made from it that is free. */
static void home_name(struct vnet *home, const char *name, char ret[IFNAMSIZ])
{
	snprintf(ret, IFNAMSIZ, "%s", name);
	for (int i = 1; i < 1000 && vnet_ifindex(home, ret); i++) {
		char end[8];
		int n = snprintf(end, sizeof(end), "_%d", i);

		snprintf(ret, IFNAMSIZ, "%.*s%s", IFNAMSIZ - 1 - n, name, end);
	}
}

/* The name is free in a jail that is ending: what is left there goes. */
static void make_room(struct vnet *from, const char *want)
{
	int other = vnet_ifindex(from, want);
	char name[IFNAMSIZ], aside[IFNAMSIZ];

	if (!other || !vnet_ifname(from, other, name))
		return;
	if (strcmp(name, want) != 0) {
		if_drop_altnames(from, name, NULL);
		return;
	}
	snprintf(aside, sizeof(aside), "cb%d", other);
	for (int i = 0; i < 1000 && vnet_ifindex(from, aside); i++)
		snprintf(aside, sizeof(aside), "cb%d_%d", other, i);
	rename_link(from, other, aside, NULL);
}

static int return_one(struct prisons *ps, struct vnet *from, struct vnet *home,
		      const struct links *ls, const struct lent *x,
		      const char *jail, struct err *e)
{
	const struct link *k = link_of(ls, x);
	char want[IFNAMSIZ];
	int r;

	if (!k)
		return 0; /* destroyed inside */
	/* names that the jail's root gave it are none that home must have */
	r = k->also ? if_drop_altnames(from, k->name, e) : 0;
	if (r < 0)
		return r;
	home_name(home, x->name, want);
	if (strcmp(want, x->name) != 0)
		report(ps->report, REPORT_WARN,
		       "%s: interface %s is back as %s: its name is taken",
		       jail, ifname_from_kernel(x->name), want);
	if (strcmp(k->name, want) != 0) {
		make_room(from, want);
		r = rename_link(from, k->index, want, e);
		if (r < 0)
			return r;
	}
	plan_failpoint();
	return if_move(from, want, home, e);
}

int lent_bring(struct prisons *ps, struct vnet *from, struct vnet *home,
	       const struct life *l, const char *jail, struct err *e)
{
	struct links ls __attribute__((cleanup(links_free))) = {0};
	struct err se = ERR_INIT;
	int first = 0, r;

	r = links_load(from->rt, NULL, &ls, e);
	if (r < 0)
		return r;
	for (size_t i = l->nlent; i-- > 0;) {
		r = return_one(ps, from, home, &ls, &l->lent[i], jail, &se);
		if (r < 0 && !first) {
			first = r;
			err_set(e, -r, "%s: %s", l->lent[i].name, se.text);
		}
	}
	return first;
}

/* --- vnets that have been emptied ---------------------------------------- */

#define HELD_MAX 256

void vnets_let_go(struct prisons *ps)
{
	while (ps->nheld)
		close(ps->held[--ps->nheld]);
	free(take_ptr(ps->held));
}

/*
 * The kernel takes a vnet apart in the background, with a grace period of its
 * own, and the next interface that moves has to queue for that.  So the vnets
 * of all the jails that one command removes end together, when it is through.
 * Held by a descriptor only: a command that is killed lets go too.  One with
 * an interface left ends at once, since that may have a peer elsewhere.
 */
static void vnet_hold(struct prisons *ps, struct vnet *v)
{
	struct links ls __attribute__((cleanup(links_free))) = {0};
	int *held, fd;

	if (links_load(v->rt, NULL, &ls, NULL) < 0 || ls.n > 1)
		return;
	if (ps->nheld == HELD_MAX)
		vnets_let_go(ps);
	held = reallocarray(ps->held, ps->nheld + 1, sizeof(*held));
	if (!held)
		return;
	ps->held = held;
	fd = fcntl(v->nsfd, F_DUPFD_CLOEXEC, 3);
	if (fd >= 0)
		held[ps->nheld++] = fd;
}

/* What need not come home is taken off the list. */
static int leave_doomed(struct prisons *ps, struct vnet *from, struct life *l,
			struct err *e)
{
	struct links ls __attribute__((cleanup(links_free))) = {0};
	int r = ps->nets ? links_load(from->rt, NULL, &ls, e) : 0;

	for (size_t i = l->nlent; ps->nets && !r && i-- > 0;) {
		const struct link *k = link_of(&ls, &l->lent[i]);

		if (k && k->other &&
		    nets_doomed(ps->nets, l->lent[i].name, k->other) &&
		    nets_hold(ps->nets, from))
			lent_delete(l, &l->lent[i]);
	}
	return r;
}

int lent_return(struct prisons *ps, int jid, struct life *l, struct err *e)
{
	cleanup_vnet struct vnet *from = NULL, *home = NULL;
	struct err se = ERR_INIT;
	char jail[32];
	int r;

	r = jail_vnet(ps, jid, l, &from, &se);
	if (r == -ENOENT)
		return 0; /* not pinned yet, or not any more: nothing is in it
			   */
	if (r < 0)
		return err_set(e, se.code, "%s", se.text);
	r = leave_doomed(ps, from, l, e);
	if (r < 0 || !l->nlent)
		return r;
	r = vnet_open(-1, VNET_STATEDIR, &home, e);
	if (r < 0)
		return r;
	snprintf(jail, sizeof(jail), "jail %d", jid);
	r = lent_bring(ps, from, home, l, jail, e);
	if (!r)
		vnet_hold(ps, from);
	return r;
}
