/*
 * move: interfaces between vnets.
 *
 * One request hands a link over; the kernel closes it, drops its addresses and
 * takes it out of its bridge.  What is left to do is ours: the state file goes
 * along (index and cookie change), the unit the clone holds stays noted where
 * it was made, and mirrors that pointed at it are taken away first.
 *
 * Coming home is told from going out by the record of the unit: if `to` has
 * one for this very interface, it is home.  A jail's root may have written
 * any nonsense into the state file that comes back, so the record, not the
 * file, says what an interface's unit is.
 */
#include "net/kind.h"

#include "base/cleanup.h"
#include "net/bridge.h"
#include "net/bsderr.h"
#include "net/eiface.h"
#include "net/ifstate.h"
#include "net/kind_rows.h"
#include "net/link.h"
#include "net/move.h"

#include <errno.h>
#include <linux/if_arp.h>
#include <linux/net_namespace.h>
#include <stdio.h>
#include <string.h>

static int nsid_cb(const struct nlmsghdr *h, void *data, struct err *e)
{
	const struct nlattr *tb[NETNSA_MAX + 1];

	(void)e;
	if (h->nlmsg_type != RTM_NEWNSID)
		return 0;
	nl_parse(h, sizeof(struct rtgenmsg), tb, NETNSA_MAX);
	if (tb[NETNSA_NSID] && mnl_attr_get_payload_len(tb[NETNSA_NSID]) >= 4)
		*(int *)data = (int)nl_u32(tb[NETNSA_NSID]);
	return 0;
}

int vnet_nsid_find(struct vnet *v, int nsfd, int *ret)
{
	struct rtgenmsg g = {0};
	int id = -1, r;
	struct nlm m;

	nlm_begin(&m, RTM_GETNSID, 0, &g, sizeof(g));
	nlm_put_u32(&m, NETNSA_FD, (uint32_t)nsfd);
	r = nl_query(v->rt, &m, nsid_cb, &id, NULL);
	if (r >= 0)
		*ret = id;
	return r;
}

int vnet_nsid(struct vnet *v, const struct vnet *of)
{
	struct rtgenmsg g = {0};
	int id = -1;
	struct nlm m;

	for (int i = 0; i < 2; i++) {
		if (vnet_nsid_find(v, of->nsfd, &id) < 0 || id >= 0)
			break;
		/* -1: the kernel picks a number */
		nlm_begin(&m, RTM_NEWNSID, 0, &g, sizeof(g));
		nlm_put_u32(&m, NETNSA_NSID, UINT32_MAX);
		nlm_put_u32(&m, NETNSA_FD, (uint32_t)of->nsfd);
		if (nl_talk(v->rt, &m, NULL, NULL) < 0)
			break;
	}
	return id;
}

/* Where an interface was, and what of it matters for its unit. */
struct moving {
	struct vnet *from, *to;
	int old_index, new_index;
	const char *kname, *linux_kind;
};

/* Keep the record of the unit true; settles state->home. */
static int carry_unit(const struct moving *mv, struct ifstate *s, struct err *e)
{
	const char *home = s->home[0] ? s->home : mv->kname;
	char base[IFNAMSIZ], end, found[IFNAMSIZ];
	/* most come home under the name they left with */
	const char *hint = ifkind_home(mv->kname, mv->linux_kind, base, &end)
				   ? base
				   : NULL;
	int r = 0;

	if (ifunit_find(mv->to, mv->from->cookie, mv->old_index, hint, found)) {
		if (ifkind_home(found, mv->linux_kind, base, &end))
			r = ifunit_hold(mv->to, base, end, mv->to->cookie,
					mv->new_index, -1, mv->linux_kind, e);
		home = found;
	} else if (ifkind_home(home, mv->linux_kind, base, &end)) {
		r = ifunit_hold(mv->from, base, end, mv->to->cookie,
				mv->new_index, vnet_nsid(mv->from, mv->to),
				mv->linux_kind, e);
	}
	if (home != s->home) {
		if (!strcmp(home, mv->kname))
			s->home[0] = '\0';
		else
			snprintf(s->home, sizeof(s->home), "%s", home);
	}
	return r;
}

/* What FreeBSD's if_vmove forgets: groups, nd6 options, bridge relations. */
static void state_moved(struct ifstate *s)
{
	strv_free(&s->groups);
	s->no_type_group = false;
	s->nd6_set = s->nd6_clr = 0;
	/* the kernel has taken its filters away */
	s->ext &= ~(uint32_t)IFEXT_PCP;
	s->nspans = 0;
	s->span_of = 0;
	free(take_ptr(s->ports));
	s->nports = 0;
}

int if_moved(struct vnet *from, struct vnet *to, const char *kname,
	     const char *linux_kind, int old_index, int new_index,
	     struct err *e)
{
	struct moving mv = {.from = from,
			    .to = to,
			    .old_index = old_index,
			    .new_index = new_index,
			    .kname = kname,
			    .linux_kind = linux_kind};
	cleanup_ifstate struct ifstate s = {0};
	int r;

	r = ifstate_get(from, old_index, &s, e);
	if (r < 0)
		return r;
	state_moved(&s);
	r = carry_unit(&mv, &s, e);
	if (r < 0)
		return r;
	ifstate_remove(from, old_index);
	/* a stale file of the same number would be taken for this one's */
	if (to->statefd < 0 && !ifstate_is_default(&s))
		return 0;
	return ifstate_put(to, new_index, &s, e);
}

static int move_link(struct vnet *from, const struct ifnet *ifp,
		     struct vnet *to, int index, struct err *e)
{
	struct nlm m;

	/* whoever wants to see everything here (netgraph: its lower hook was
	 * connected) has lost it, and can take nothing back over there */
	link_set(&m, ifp->index, IFF_PROMISC, 0);
	nlm_put_u32(&m, IFLA_NET_NS_FD, (uint32_t)to->nsfd);
	if (index)
		nlm_put_u32(&m, IFLA_NEW_IFINDEX, (uint32_t)index);
	return nl_talk(from->rt, &m, e, NULL);
}

int if_move(struct vnet *from, const char *name, struct vnet *to, struct err *e)
{
	return if_move_as(from, name, to, 0, e);
}

int if_move_as(struct vnet *from, const char *name, struct vnet *to, int want,
	       struct err *e)
{
	cleanup_ifnet struct ifnet ifp = {0};
	struct err le = ERR_INIT;
	const char *names[] = {ifp.kname};
	int index, r;

	r = ifnet_link(from, name, &ifp, e);
	if (r < 0)
		return r;
	if (vnet_same(from, to))
		return 0;
	if (ifp.arptype == ARPHRD_LOOPBACK)
		return bsd_err(e, EINVAL, "SIOCSIFVNET");
	if (ifp.is_bridge)
		return bridge_move(from, &ifp, to, e);
	r = bridge_forget(from, &ifp, e);
	if (r < 0)
		return r;
	r = move_link(from, &ifp, to, want, &le);
	/* somebody else was faster with that number */
	if (r == -EBUSY && want)
		r = move_link(from, &ifp, to, 0, &le);
	if (r < 0)
		return bsd_err(e, -r, "SIOCSIFVNET");
	index = vnet_ifindex(to, ifp.kname);
	if (ifp.kind->clonable || ifp.kind == &kind_eiface ||
	    ifp.kind == &kind_ngiface)
		link_v6_off(to, names, 1);
	r = if_moved(from, to, ifp.kname, ifp.linux_kind, ifp.index, index, e);
	return r < 0 ? r : eiface_settle(to, ifp.kname, e);
}

/* Names that one request takes away; there can be thousands. */
#define ALTNAMES_MAX 64

int if_drop_altnames(struct vnet *v, const char *name, struct err *e)
{
	cleanup_ifnet struct ifnet ifp = {0};
	int r = ifnet_link(v, name, &ifp, e);

	for (size_t i = 0; !r && i < ifp.altnames.n;) {
		struct ifinfomsg ifi = {.ifi_index = ifp.index};
		struct nlattr *list;
		struct nlm m;

		nlm_begin(&m, RTM_DELLINKPROP, 0, &ifi, sizeof(ifi));
		list = nlm_nest(&m, IFLA_PROP_LIST | NLA_F_NESTED);
		for (size_t k = 0; k < ALTNAMES_MAX && i < ifp.altnames.n; k++)
			nlm_put_str(&m, IFLA_ALT_IFNAME, ifp.altnames.v[i++]);
		nlm_nest_end(&m, list);
		r = nl_talk(v->rt, &m, e, "%s", name);
	}
	return r;
}
