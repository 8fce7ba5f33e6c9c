/* See ifset.h. */
#include "net/ifset.h"

#include "base/cleanup.h"
#include "net/addr.h"
#include "net/bridge.h"
#include "net/bridge_host.h"
#include "net/bsderr.h"
#include "net/ifstate.h"
#include "net/kind.h"
#include "net/link.h"
#include "net/tc.h"
#include "net/vlan.h"

#include <errno.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALIAS_MAX 255 /* IFALIASZ less the NUL */

/* Change IFF_* bits of the link. */
static int link_flags(struct vnet *v, struct ifnet *ifp, uint32_t change,
		      uint32_t flags, struct err *e)
{
	struct err le = ERR_INIT;
	struct nlm m;
	int r;

	link_set(&m, ifp->index, change, flags);
	r = nl_talk(v->rt, &m, &le, NULL);
	if (r < 0)
		return bsd_err(e, -r, "ioctl (SIOCSIFFLAGS)");
	ifp->flags = (ifp->flags & ~change) | flags;
	return 0;
}

int if_set_up(struct vnet *v, struct ifnet *ifp, bool up, struct err *e)
{
	int r = link_flags(v, ifp, IFF_UP, up ? IFF_UP : 0, e);

	/* nothing to set: nd6_set makes the link-local address if it is due */
	if (r >= 0 && up && ifp->own_ll)
		r = nd6_set(v, ifp, 0, 0, e);
	return r;
}

int if_set_mtu(struct vnet *v, struct ifnet *ifp, uint32_t mtu, struct err *e)
{
	static const char what[] = "ioctl SIOCSIFMTU (set mtu)";
	struct nlm m;
	int r;

	if (ifp->is_bridge) {
		r = bridge_mtu(v, ifp, mtu, NULL);
	} else if (ifp->is_port && mtu != ifp->mtu) {
		r = -EINVAL;
	} else {
		link_set(&m, ifp->index, 0, 0);
		nlm_put_u32(&m, IFLA_MTU, mtu);
		r = nl_talk(v->rt, &m, NULL, NULL);
	}
	if (r < 0)
		return bsd_err(e, -r, "%s", what);
	ifp->mtu = mtu;
	return 0;
}

/* What is for the member's address is told by it. */
static int member_mac(struct vnet *v, const char *name, struct err *e)
{
	cleanup_ifnet struct ifnet now = {0};
	int r = ifnet_get(v, name, &now, e);

	return r < 0 ? r : bridge_host_sync(v, &now, bridge_host_has(&now), e);
}

int if_set_mac(struct vnet *v, struct ifnet *ifp, const unsigned char mac[6],
	       struct err *e)
{
	struct nlm m;
	int r;

	if (!ifp->kind->ethernet || ifp->maclen != MAC_LEN)
		return err_set(e, EINVAL,
			       "interface %s cannot change link addresses!",
			       ifp->name);
	link_set(&m, ifp->index, 0, 0);
	nlm_put(&m, IFLA_ADDRESS, mac, MAC_LEN);
	r = nl_talk(v->rt, &m, NULL, NULL);
	if (r == -EBUSY && (ifp->flags & IFF_UP)) {
		/* drivers that change it only while down */
		link_set(&m, ifp->index, IFF_UP, 0);
		nlm_put(&m, IFLA_ADDRESS, mac, MAC_LEN);
		r = nl_talk(v->rt, &m, NULL, NULL);
		link_set(&m, ifp->index, IFF_UP, IFF_UP);
		nl_talk(v->rt, &m, NULL, NULL);
	}
	/* glibc has no EADDRNOTAVAIL case here: multicast and zero addresses */
	if (r < 0)
		return bsd_err(e, r == -EADDRNOTAVAIL ? EINVAL : -r,
			       "ioctl (SIOCAIFADDR)");
	memcpy(ifp->mac, mac, MAC_LEN);
	vlan_follow(v, ifp->index, mac); /* best effort: it is set here */
	if (ifp->is_port)
		return member_mac(v, ifp->name, e);
	return 0;
}

int if_set_flag(struct vnet *v, struct ifnet *ifp, uint32_t flag, bool on,
		struct err *e)
{
	return link_flags(v, ifp, flag, on ? flag : 0, e);
}

/* --------------------------------------------------------- ext flags */

/*
 * STATICARP: no requests are sent, so only entries that were put in (or that
 * others' requests brought) are used.  STICKYARP: what is known is not
 * overwritten by a later reply.
 */
static const struct neigh_knob {
	uint32_t bit;
	const char *file;
	int on, off;
} neigh_knobs[] = {
	{IFEXT_STATICARP, "mcast_solicit", 0, 3},
	{IFEXT_STATICARP, "ucast_solicit", 0, 3},
	{IFEXT_STICKYARP, "locktime", 360000000, 100},
};

static int apply_ext(struct vnet *v, const struct ifnet *ifp, uint32_t old,
		     uint32_t now, struct err *e)
{
	char path[64];
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(neigh_knobs); i++) {
		const struct neigh_knob *k = &neigh_knobs[i];

		if (!((old ^ now) & k->bit))
			continue;
		snprintf(path, sizeof(path), "ipv4/neigh/%s/%s", ifp->kname,
			 k->file);
		r = vnet_sysctl_set(v, path, now & k->bit ? k->on : k->off, e);
	}
	if (r >= 0 && ((old ^ now) & IFEXT_MONITOR))
		r = now & IFEXT_MONITOR ? tc_drop_add(v, ifp->index, e)
					: tc_drop_del(v, ifp->index, e);
	if (r >= 0 && ((old ^ now) & IFEXT_PCP))
		r = now & IFEXT_PCP ? tc_pcp_add(v, ifp->index,
						 ((now & IFEXT_PCP) >>
						  IFEXT_PCP_SHIFT) -
							 1,
						 e)
				    : tc_pcp_del(v, ifp->index, e);
	return r;
}

static int put_ext(struct ifstate *s, void *data, struct err *e)
{
	(void)e;
	s->ext = *(uint32_t *)data;
	return 0;
}

int if_set_ext(struct vnet *v, struct ifnet *ifp, uint32_t set, uint32_t clr,
	       struct err *e)
{
	uint32_t now = (ifp->ext & ~clr) | set;
	int r;

	if (now == ifp->ext)
		return 0;
	r = apply_ext(v, ifp, ifp->ext, now, e);
	if (r >= 0)
		r = ifstate_update(v, ifp->index, put_ext, &now, e);
	if (r >= 0)
		ifp->ext = now;
	return r;
}

/* ------------------------------------------- description, metric, fib */

static int put_descr(struct ifstate *s, void *data, struct err *e)
{
	const char *text = data;

	free(take_ptr(s->descr));
	if (!text)
		return 0;
	s->descr = strdup(text);
	return s->descr ? 0 : err_nomem(e);
}

/* The kernel's alias holds it, cut when too long; the rest is in the state. */
int if_set_descr(struct vnet *v, struct ifnet *ifp, const char *descr,
		 struct err *e)
{
	const char *text = descr ? descr : "";
	size_t n = strlen(text);
	char *copy;
	struct nlm m;
	int r;

	if (n > IFDESCR_MAX)
		return bsd_err(e, ENAMETOOLONG, "ioctl (set descr)");
	copy = n ? strdup(text) : NULL;
	if (n && !copy)
		return err_nomem(e);
	link_set(&m, ifp->index, 0, 0);
	nlm_put(&m, IFLA_IFALIAS, text, n > ALIAS_MAX ? ALIAS_MAX : n);
	r = nl_talk(v->rt, &m, NULL, NULL);
	if (r >= 0 && (n > ALIAS_MAX || ifp->descr))
		r = ifstate_update(v, ifp->index, put_descr,
				   n > ALIAS_MAX ? (void *)text : NULL, e);
	else if (r < 0)
		r = bsd_err(e, -r, "ioctl (set descr)");
	if (r < 0) {
		free(copy);
		return r;
	}
	free(ifp->descr);
	ifp->descr = copy;
	return 0;
}

static int put_metric(struct ifstate *s, void *data, struct err *e)
{
	(void)e;
	s->metric = *(int *)data;
	return 0;
}

int if_set_metric(struct vnet *v, struct ifnet *ifp, int metric, struct err *e)
{
	int r = ifstate_update(v, ifp->index, put_metric, &metric, e);

	if (r >= 0)
		ifp->metric = metric;
	return r;
}

static int put_fib(struct ifstate *s, void *data, struct err *e)
{
	(void)e;
	s->fib = *(int *)data;
	return 0;
}

static int put_tunnelfib(struct ifstate *s, void *data, struct err *e)
{
	(void)e;
	s->tunnelfib = *(int *)data;
	return 0;
}

int if_set_fib(struct vnet *v, struct ifnet *ifp, int fib, bool tunnel,
	       struct err *e)
{
	int r = ifstate_update(v, ifp->index, tunnel ? put_tunnelfib : put_fib,
			       &fib, e);

	if (r >= 0)
		*(tunnel ? &ifp->tunnelfib : &ifp->fib) = fib;
	return r;
}

/* ------------------------------------------------------------ groups */

struct group_change {
	const char *group;
	bool of_type; /* it is the group of the type */
};

static int put_group(struct ifstate *s, void *data, struct err *e)
{
	const struct group_change *g = data;

	if (g->of_type) {
		s->no_type_group = false;
		return 0;
	}
	if (s->groups.n >= IFSTATE_MAX_GROUPS)
		return bsd_err(e, ENOSPC, "ioctl(SIOCAIFGROUP)");
	return strv_add(&s->groups, g->group) < 0 ? err_nomem(e) : 0;
}

static int drop_group(struct ifstate *s, void *data, struct err *e)
{
	const struct group_change *g = data;

	(void)e;
	if (g->of_type)
		s->no_type_group = true;
	for (size_t i = s->groups.n; i-- > 0;)
		if (!strcmp(s->groups.v[i], g->group))
			strv_remove(&s->groups, i);
	return 0;
}

static bool group_of_type(const struct ifnet *ifp, const char *group)
{
	return ifp->kind->group && !strcmp(ifp->kind->name, group);
}

int if_group_add(struct vnet *v, struct ifnet *ifp, const char *group,
		 struct err *e)
{
	struct group_change g = {group, group_of_type(ifp, group)};
	size_t n = strlen(group);
	int r;

	if (n && group[n - 1] >= '0' && group[n - 1] <= '9')
		return err_set(e, EINVAL,
			       "setifgroup: group names may not end in a "
			       "digit");
	if (n >= IFNAMSIZ)
		return err_set(e, EINVAL, "setifgroup: Group name too long");
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)group[i] <= ' ' || group[i] == 0x7f ||
		    group[i] == '/' || group[i] == ':')
			n = 0;
	if (!n)
		return bsd_err(e, EINVAL, "ioctl(SIOCAIFGROUP)");
	if (strv_has(&ifp->groups, group))
		return bsd_err(e, EEXIST, "ioctl(SIOCAIFGROUP)");
	r = ifstate_update(v, ifp->index, put_group, &g, e);
	if (r >= 0 && strv_add(&ifp->groups, group) < 0)
		return err_nomem(e);
	return r;
}

int if_group_del(struct vnet *v, struct ifnet *ifp, const char *group,
		 struct err *e)
{
	struct group_change g = {group, group_of_type(ifp, group)};
	int r;

	if (!strv_has(&ifp->groups, group))
		return bsd_err(e, ENOENT, "ioctl(SIOCDIFGROUP)");
	r = ifstate_update(v, ifp->index, drop_group, &g, e);
	for (size_t i = ifp->groups.n; r >= 0 && i-- > 0;)
		if (!strcmp(ifp->groups.v[i], group))
			strv_remove(&ifp->groups, i);
	return r;
}
