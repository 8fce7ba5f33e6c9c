/*
 * eiface: ngethN, the interface of a netgraph node (netgraph/eiface_pair.h),
 * and ngN, of another type of them.  Netgraph makes and removes them; here they
 * are recognised: one end of a veth pair, or a tun device, whose link group
 * says so.  The other end is netgraph's own and hidden: no
 * listing has it, no command knows its name.
 *
 * A link group is a number that whoever owns the vnet may set.  Where an
 * interface comes home from a jail, it is set right (eiface_settle()).
 */
#include "net/eiface.h"

#include "base/str.h"
#include "net/ifstate.h"
#include "net/kind_rows.h"
#include "net/lagg.h"
#include "net/link.h"
#include "net/vlan.h"

#include <linux/rtnetlink.h>
#include <string.h>

static bool eiface_match(const struct ifnet *ifp)
{
	return ifp->group == IF_GROUP_EIFACE;
}

const struct ifkind kind_eiface = {
	.name = "ngeth",
	.linux_kind = "veth",
	.match = eiface_match,
	.ethernet = true,
};

static bool ngiface_match(const struct ifnet *ifp)
{
	return ifp->group == IF_GROUP_EIFACE ||
	       ifp->group == IF_GROUP_BROADCAST;
}

/* ngN, of an iface node: a tun device that netgraph holds. */
const struct ifkind kind_ngiface = {
	.name = "ng",
	.linux_kind = "tun",
	.match = ngiface_match,
};

bool eiface_hidden(const struct ifnet *ifp)
{
	return ifp->group == IF_GROUP_HIDDEN &&
	       !strcmp(ifp->linux_kind, "veth") &&
	       str_prefix(ifp->kname, IF_HIDDEN_PREFIX);
}

static bool has_record(struct vnet *v, const struct ifnet *ifp)
{
	char home[IFNAMSIZ];

	return ifunit_find(v, v->cookie, ifp->index, NULL, home);
}

static bool is_ours(uint32_t group)
{
	return group == IF_GROUP_EIFACE || group == IF_GROUP_VIF;
}

/* Its engine is here: what it is set to comes from there. */
static int vif_settle(struct vnet *v, const char *kname, struct err *e)
{
	cleanup_ifnet struct ifnet ifp = {0};
	int r = ifnet_link(v, kname, &ifp, e);

	if (r < 0)
		return r;
	if (ifp.is_lagg)
		return lagg_home(v, &ifp, e);
	return ifp.is_vlan ? vlan_home(v, &ifp, e) : 0;
}

int eiface_settle(struct vnet *v, const char *kname, struct err *e)
{
	cleanup_ifnet struct ifnet ifp = {0}, other = {0};
	uint32_t group;
	struct nlm m;
	int r = 0;

	if (ifnet_link_any(v, kname, 0, &ifp, NULL) < 0 ||
	    strcmp(ifp.linux_kind, "veth") != 0)
		return 0;
	group = ifp.group;
	if (group == IF_GROUP_HIDDEN || (is_ours(group) && has_record(v, &ifp)))
		group = 0;
	if (ifp.link && ifp.link_netnsid < 0 &&
	    ifnet_link_any(v, NULL, ifp.link, &other, NULL) == 0 &&
	    eiface_hidden(&other))
		group = str_prefix(other.kname, IF_HIDDEN_VIF)
				? IF_GROUP_VIF
				: IF_GROUP_EIFACE;
	if (group != ifp.group) {
		link_set(&m, ifp.index, 0, 0);
		nlm_put_u32(&m, IFLA_GROUP, group);
		r = nl_talk(v->rt, &m, e, "%s", kname);
	}
	/* other: its hidden end, if that is here */
	return r >= 0 && group == IF_GROUP_VIF && other.index
		       ? vif_settle(v, kname, e)
		       : r;
}
