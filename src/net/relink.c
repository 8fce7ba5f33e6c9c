/*
 * relink: see relink.h.
 *
 * Theory of operation.  The kernel takes the index of a new link from the
 * request, so the state file, records of units and whoever knows the interface
 * by its number go on as before.  The old link is deleted and the new one made
 * in one batch: the kernel works on it in one system call, so that a command
 * killed meanwhile leaves the one or the other.  Between the two requests the
 * kernel waits some 20 ms, and others see no such interface; our own commands
 * then wait for a lock (relink_wait()) and look again.  What hangs on the link
 * (addresses, routes, IPv6 settings) is put back afterwards, as when an
 * interface is renamed that had to go down for it.
 */
#include "net/relink.h"

#include "base/cleanup.h"
#include "net/addr.h"
#include "net/ifstate.h"
#include "net/kind.h"
#include "net/kind_rows.h"
#include "net/link.h"
#include "net/rtnl_route.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#define LOCK "relink"

/* What a user may have set; FreeBSD's drivers all do multicast. */
#define KEPT_FLAGS (IFF_PROMISC | IFF_ALLMULTI)

static struct link_nest begin(struct nlm *m, const struct ifnet *ifp,
			      const char *linux_kind)
{
	struct ifinfomsg ifi = {.ifi_index = ifp->index,
				.ifi_flags = (ifp->flags & KEPT_FLAGS) |
					     IFF_MULTICAST,
				.ifi_change = KEPT_FLAGS | IFF_MULTICAST};

	nlm_begin(m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &ifi, sizeof(ifi));
	nlm_put_str(m, IFLA_IFNAME, ifp->kname);
	nlm_put_u32(m, IFLA_MTU, ifp->mtu);
	if (ifp->group)
		nlm_put_u32(m, IFLA_GROUP, ifp->group);
	if (ifp->arptype == ARPHRD_ETHER && ifp->maclen == MAC_LEN)
		nlm_put(m, IFLA_ADDRESS, ifp->mac, MAC_LEN);
	return link_data(m, linux_kind);
}

static void new_message(struct nlm *m, const struct ifnet *ifp,
			const char *linux_kind, relink_fill *fill,
			const void *data)
{
	struct link_nest n = begin(m, ifp, linux_kind);

	if (fill)
		fill(m, data);
	link_nest_end(m, &n);
}

/* The kernel takes back what it told of a link. */
static void fill_old(struct nlm *m, const void *data)
{
	const struct nlattr *info = data;

	if (info)
		nlm_put_raw(m, mnl_attr_get_payload(info),
			    mnl_attr_get_payload_len(info));
}

static int swap(struct vnet *v, const struct ifnet *ifp, struct nlm *new,
		struct err *e)
{
	cleanup_nl_batch struct nl_batch *b = NULL;
	struct ifinfomsg ifi = {.ifi_index = ifp->index};
	struct nlm m;
	int r;

	r = nl_batch_new(v->rt, &b, e);
	if (r < 0)
		return r;
	nlm_begin(&m, RTM_DELLINK, 0, &ifi, sizeof(ifi));
	r = nl_batch_add(b, &m, e, NULL);
	if (r >= 0)
		r = nl_batch_add(b, new, e, NULL);
	return r < 0 ? r : nl_batch_run(b, NULL, e);
}

/* IPv6 as it was: fresh links have it off. */
static void restore_nd6(struct vnet *v, const struct ifnet *ifp)
{
	const char *names[] = {ifp->kname};
	struct ifnet fresh = *ifp;

	link_v6_off(v, names, 1);
	fresh.nd6 |= ND6_IFDISABLED;
	fresh.flags &= ~(uint32_t)IFF_UP;
	fresh.own_ll = true;
	if (ifp->nd6 && !(ifp->nd6 & ND6_IFDISABLED))
		nd6_set(v, &fresh, 0, ND6_IFDISABLED, NULL);
}

static void restore_addrs(struct vnet *v, const struct ifnet *ifp)
{
	struct ifnet fresh = *ifp;

	fresh.addrs = NULL;
	fresh.naddrs = 0;
	fresh.own_ll = false; /* its link-local ones are among them */
	for (size_t i = 0; i < ifp->naddrs; i++) {
		struct if_addr a = ifp->addrs[i];

		if (a.family == AF_INET6)
			a.flags |= IFA_F_NODAD; /* it was checked before */
		addr_add(v, &fresh, &a, NULL);
	}
}

/* What the request that makes a link does not say. */
static void restore(struct vnet *v, const struct ifnet *ifp,
		    const struct routes_kept *routes)
{
	struct nlm m;

	if (ifp->alias) {
		link_set(&m, ifp->index, 0, 0);
		nlm_put(&m, IFLA_IFALIAS, ifp->alias, strlen(ifp->alias));
		nl_talk(v->rt, &m, NULL, NULL);
	}
	restore_nd6(v, ifp);
	if (ifp->flags & IFF_UP) {
		link_set(&m, ifp->index, IFF_UP, IFF_UP);
		nl_talk(v->rt, &m, NULL, NULL);
	}
	restore_addrs(v, ifp); /* and with them it comes up */
	if (!(ifp->flags & IFF_UP)) {
		link_set(&m, ifp->index, IFF_UP, 0);
		nl_talk(v->rt, &m, NULL, NULL);
	}
	routes_put_back(v, ifp->index, routes);
}

/* A record that says which unit it holds names its Linux kind, too. */
static void rekind(struct vnet *v, const struct ifnet *ifp,
		   const char *linux_kind)
{
	char found[IFNAMSIZ], base[IFNAMSIZ], end;

	if (ifunit_find(v, v->cookie, ifp->index, NULL, found) &&
	    ifkind_home(found, linux_kind, base, &end))
		ifunit_hold(v, base, end, v->cookie, ifp->index, -1, linux_kind,
			    NULL);
}

int relink(struct vnet *v, const struct ifnet *old, const char *linux_kind,
	   relink_fill *fill, const void *data, struct err *e)
{
	cleanup_ifnet struct ifnet now = {0};
	const struct ifnet *ifp = &now;
	cleanup_routes_kept struct routes_kept routes = {0};
	cleanup_close int lock = -1;
	struct err undo = ERR_INIT;
	struct nlm m;
	int r;

	lock = ifstate_lock(v, LOCK, true);
	/* as it is now: another command may have been faster */
	r = ifnet_get(v, old->kname, &now, e);
	if (r < 0)
		return r;
	if (now.master)
		return err_sys(e, EBUSY, "%s", now.name);
	r = routes_keep(v, &routes, e);
	if (r < 0)
		return r;
	new_message(&m, ifp, linux_kind, fill, data);
	r = swap(v, ifp, &m, e);
	if (r < 0 && !vnet_ifindex(v, ifp->kname)) {
		new_message(&m, ifp, ifp->linux_kind, fill_old, ifp->info);
		if (nl_talk(v->rt, &m, &undo, NULL) < 0)
			return r;
	}
	if (r >= 0 && strcmp(linux_kind, ifp->linux_kind) != 0)
		rekind(v, ifp, linux_kind);
	restore(v, ifp, &routes);
	return r;
}

int relink_wait(const struct vnet *v)
{
	return ifstate_lock(v, LOCK, false);
}

int relink_change(struct vnet *v, const struct ifnet *ifp, relink_fill *fill,
		  const void *data, struct err *e)
{
	struct ifinfomsg ifi = {.ifi_index = ifp->index};
	struct link_nest n;
	struct nlm m;

	nlm_begin(&m, RTM_NEWLINK, 0, &ifi, sizeof(ifi));
	n = link_data(&m, ifp->linux_kind);
	fill(&m, data);
	link_nest_end(&m, &n);
	/* drivers work out an MTU of their own when the ends change */
	nlm_put_u32(&m, IFLA_MTU, ifp->mtu);
	return nl_talk(v->rt, &m, e, NULL);
}

/* ------------------------------------------------------------- routes */

int routes_keep(struct vnet *v, struct routes_kept *ret, struct err *e)
{
	struct routes_kept k = {0};
	int r;

	r = routes_load(v, AF_INET, false, &k.v4, &k.n4, e);
	if (r >= 0)
		r = routes_load(v, AF_INET6, false, &k.v6, &k.n6, e);
	if (r < 0) {
		routes_kept_free(&k);
		return r;
	}
	*ret = k;
	return 0;
}

void routes_kept_free(struct routes_kept *k)
{
	free(k->v4);
	free(k->v6);
	*k = (struct routes_kept){0};
}

static void put_back(struct vnet *v, int index, const struct route *rt,
		     size_t n)
{
	/* routes to the next hops first, then those that use them */
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < n; i++)
			if (rt[i].oif == index && rt[i].has_gw == pass &&
			    rt[i].protocol != RTPROT_KERNEL)
				route_add(v, &rt[i], NULL);
}

void routes_put_back(struct vnet *v, int index, const struct routes_kept *k)
{
	put_back(v, index, k->v4, k->n4);
	put_back(v, index, k->v6, k->n6);
}
