/*
 * ifconfig_facts: what a listing shows that the model does not hold, asked of
 * the kernel for one interface.
 */
#include "net/ifconfig_impl.h"

#include "base/cleanup.h"
#include "net/ethtool.h"
#include "net/ifext.h"
#include "net/kind_rows.h"
#include "net/media.h"
#include "net/vlan.h"
#include "net/tunowner.h"
#include "net/vxlan.h"

#include <errno.h>
#include <linux/if_arp.h>
#include <string.h>

/* Tags within tags that a listing follows. */
#define VLANS_DEEP 8

#define LO_CAPS                                                                \
	(BSD_CAP_RXCSUM | BSD_CAP_TXCSUM | BSD_CAP_LINKSTATE |                 \
	 BSD_CAP_RXCSUM_IPV6 | BSD_CAP_TXCSUM_IPV6)

static const struct {
	uint32_t ext, cap;
} ext_caps[] = {
	{IFEXT_NETCONS, BSD_CAP_NETCONS},
	{IFEXT_POLLING, BSD_CAP_POLLING},
	{IFEXT_WOL_UCAST, BSD_CAP_WOL_UCAST},
	{IFEXT_WOL_MCAST, BSD_CAP_WOL_MCAST},
	{IFEXT_WOL_MAGIC, BSD_CAP_WOL_MAGIC},
	{IFEXT_TOE4, BSD_CAP_TOE4},
	{IFEXT_TOE6, BSD_CAP_TOE6},
	{IFEXT_TXRTLMT, BSD_CAP_TXRTLMT},
	{IFEXT_MEXTPG, BSD_CAP_MEXTPG},
	{IFEXT_HWRXTSTMP, BSD_CAP_HWRXTSTMP},
};

static int media_of_nic(struct vnet *v, const struct ifnet *ifp,
			struct ifconfig_facts *f)
{
	struct ethtool_link l = {.speed = -1};
	const char *name, *duplex = "";

	if (ethtool_link_get(v, ifp->index, &l, NULL) < 0) {
		snprintf(f->media, sizeof(f->media), "Ethernet autoselect");
		return strv_add(&f->supported_media, "autoselect");
	}
	name = media_name(l.speed);
	if (l.duplex_known)
		duplex = l.full_duplex ? " <full-duplex>" : " <half-duplex>";
	if (!name)
		snprintf(f->media, sizeof(f->media), "Ethernet autoselect");
	else if (l.autoneg)
		snprintf(f->media, sizeof(f->media),
			 "Ethernet autoselect (%s%s)", name, duplex);
	else
		snprintf(f->media, sizeof(f->media), "Ethernet %s%s", name,
			 duplex);
	if (media_list(l.modes, &f->supported_media) < 0)
		return -ENOMEM;
	/* drivers of virtual machines tell of none */
	return f->supported_media.n
		       ? 0
		       : strv_add(&f->supported_media, "autoselect");
}

/* The link of ngethN is its node's, also while the interface is down. */
static bool has_link(const struct ifnet *ifp)
{
	if (!(ifp->flags & IFF_UP))
		return ifp->kind == &kind_eiface;
	return ifp->carrier;
}

/* The medium of a vlan is its parent's, as that has it. */
static const struct ifnet *media_owner(const struct ifnets *all,
				       const struct ifnet *ifp)
{
	for (int depth = 0; ifp && ifp->is_vlan && depth < VLANS_DEEP;
	     depth++) {
		const char *name = vlan_parent(all, ifp);

		ifp = name ? ifnets_find(all, name) : NULL;
	}
	return ifp;
}

static int facts_media(struct vnet *v, const struct ifnets *all,
		       const struct ifnet *ifp, struct ifconfig_facts *f)
{
	const struct ifnet *owner = media_owner(all, ifp);
	const struct media_fixed *m =
		media_fixed(owner && owner->kind ? owner->kind->name : "");

	if (!owner) {
		f->status = has_link(ifp) ? "active" : "no carrier";
		return 0;
	}
	if (ifp->arptype != ARPHRD_ETHER || ifconfig_is_loopback(ifp))
		return 0;
	if (!m || m->status)
		f->status = has_link(ifp) ? "active" : "no carrier";
	if (!m)
		return media_of_nic(v, owner, f);
	snprintf(f->media, sizeof(f->media), "%s", m->media);
	return m->supported ? strv_add(&f->supported_media, m->supported) : 0;
}

static void facts_options(struct vnet *v, const struct ifnet *ifp,
			  struct ifconfig_facts *f)
{
	struct ethtool_caps caps = {0};

	f->has_options = true;
	if (ifp->is_bridge) /* its members' offloads stay with them */
		return;
	if (ifp->arptype != ARPHRD_ETHER && ifp->arptype != ARPHRD_LOOPBACK) {
		/* tunnels: FreeBSD has nothing else to turn off on them */
		if (!(ifp->ext & IFEXT_NO_LINKSTATE))
			f->options = BSD_CAP_LINKSTATE;
		f->capabilities = BSD_CAP_LINKSTATE;
		return;
	}
	if (ethtool_caps_get(v, ifp->index, &caps, NULL) < 0)
		caps = (struct ethtool_caps){0};
	if (!ifconfig_is_loopback(ifp)) {
		if (!ifp->is_vlan)
			caps.active |= BSD_CAP_VLAN_MTU;
		if (!*ifp->linux_kind) /* a card */
			caps.active |= BSD_CAP_LINKSTATE;
		if (ifp->kind == &kind_eiface)
			caps.active |= BSD_CAP_JUMBO_MTU;
	} else {
		caps.active = (caps.active & LO_CAPS) | BSD_CAP_LINKSTATE;
		caps.supported &= LO_CAPS;
	}
	for (size_t i = 0; i < ARRAY_SIZE(ext_caps); i++)
		if (ifp->ext & ext_caps[i].ext)
			caps.active |= ext_caps[i].cap;
	if (ifp->ext & IFEXT_NO_LINKSTATE)
		caps.active &= ~(uint32_t)BSD_CAP_LINKSTATE;
	f->options = caps.active;
	f->capabilities = caps.supported | caps.active;
}

int ifconfig_print(struct vnet *v, const struct ifnets *all,
		   const struct ifnet *ifp, const struct ifconfig_opts *o,
		   struct strbuf *out, struct err *e)
{
	struct ifconfig_facts f = {0};
	struct ifnet copy = *ifp;
	int r;

	if (o->verbose && ifp->kind == &kind_vxlan)
		vxlan_entries(v, ifp->index, &copy.table_entries, NULL);
	facts_options(v, ifp, &f);
	/* the carrier of a tun is its holder */
	if (ifp->tun_type && ifp->kind != &kind_ngiface &&
	    (ifp->flags & IFNET_LOWER_UP))
		f.opened_by = tunowner_find(v, ifp);
	r = facts_media(v, all, ifp, &f);
	if (r >= 0)
		ifconfig_format_ifnet(all, &copy, &f, o, out);
	strv_free(&f.supported_media);
	if (r < 0 || strbuf_failed(out))
		return err_nomem(e);
	return 0;
}
