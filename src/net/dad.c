/* See dad.h. */
#include "net/dad.h"

#include "base/cleanup.h"
#include "net/kind.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

/* --- interfaces
 * ---------------------------------------------------------------------------
 */

static bool is_inside(const struct ifnet *ifp)
{
	int unit;
	const char *name = ifp->home_name[0] ? ifp->home_name : ifp->name;
	const struct ifkind *home = ifkind_of_name(name, &unit);

	if (ifp->flags & (IFF_LOOPBACK | IFF_NOARP))
		return true;
	/* another's veth may well be a container's way out */
	return !strcmp(ifp->linux_kind, "veth") && home &&
	       !strcmp(home->name, "epair");
}

/* Every port is an end of an epair, or some program's: there is no uplink. */
static bool is_private(struct vnet *v, const struct ifnet *bridge)
{
	cleanup_ifnets struct ifnets ifs = {0};

	if (ifnets_load(v, &ifs, NULL) < 0)
		return false;
	for (size_t i = 0; i < ifs.n; i++)
		if (ifs.v[i].master == bridge->index && !is_inside(&ifs.v[i]) &&
		    strcmp(ifs.v[i].linux_kind, "tun") != 0)
			return false;
	return true;
}

bool dad_needless(struct vnet *v, const char *ifname)
{
	cleanup_ifnet struct ifnet ifp = {0};

	if (ifnet_link(v, ifname, &ifp, NULL) < 0)
		return false;
	return is_inside(&ifp) || (ifp.is_bridge && is_private(v, &ifp));
}

/*
 * The kernel tells of a carrier, by IFF_RUNNING and to a bridge, up to a
 * second after it came.
 */
bool dad_begins(const struct ifnets *ifs, const struct ifnet *ifp)
{
	if (ifp->carrier || (ifp->flags & IFF_RUNNING))
		return true;
	for (size_t i = 0; i < ifs->n; i++)
		if (ifs->v[i].master == ifp->index && ifs->v[i].carrier &&
		    (ifs->v[i].flags & IFF_UP))
			return true;
	return false;
}

/* --- addresses
 * -----------------------------------------------------------------------------
 */

static int dads_cb(const struct nlmsghdr *h, void *data, struct err *e)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(h);
	const struct nlattr *tb[IFA_MAX + 1], *addr;
	struct dads *s = data;
	struct dad *v;
	uint32_t flags;

	if (h->nlmsg_type != RTM_NEWADDR ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(*ifa))
		return 0;
	nl_parse(h, sizeof(*ifa), tb, IFA_MAX);
	flags = tb[IFA_FLAGS] ? nl_u32(tb[IFA_FLAGS]) : ifa->ifa_flags;
	addr = tb[IFA_LOCAL] ? tb[IFA_LOCAL] : tb[IFA_ADDRESS];
	if (!(flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) || !addr ||
	    mnl_attr_get_payload_len(addr) != sizeof(v->addr))
		return 0;
	v = reallocarray(s->v, s->n + 1, sizeof(*v));
	if (!v)
		return err_nomem(e);
	s->v = v;
	v[s->n].index = (int)ifa->ifa_index;
	v[s->n].failed = flags & IFA_F_DADFAILED;
	memcpy(&v[s->n].addr, mnl_attr_get_payload(addr), sizeof(v->addr));
	s->n++;
	return 0;
}

static void dads_restart(void *data)
{
	((struct dads *)data)->n = 0;
}

int dads_load(struct vnet *v, struct dads *ret, struct err *e)
{
	struct ifaddrmsg ifa = {.ifa_family = AF_INET6};
	struct dads s = {0};
	struct nlm m;
	int r;

	nlm_begin(&m, RTM_GETADDR, 0, &ifa, sizeof(ifa));
	r = nl_dump(v->rt, &m, dads_cb, dads_restart, &s, e);
	if (r < 0) {
		dads_free(&s);
		return r;
	}
	*ret = s;
	return 0;
}

void dads_free(struct dads *s)
{
	free(s->v);
	*s = (struct dads){0};
}

const struct dad *dads_find(const struct dads *s, const struct in6_addr *addr,
			    int index)
{
	for (size_t i = 0; i < s->n; i++)
		if ((!index || s->v[i].index == index) &&
		    IN6_ARE_ADDR_EQUAL(&s->v[i].addr, addr))
			return &s->v[i];
	return NULL;
}
