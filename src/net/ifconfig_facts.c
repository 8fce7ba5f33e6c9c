/*
 * ifconfig_facts: what a listing shows that the model does not hold, asked of
 * the kernel for one interface.
 */
#include "net/ifconfig_impl.h"

#include "base/cleanup.h"
#include "net/ethtool.h"
#include "net/ifext.h"
#include "net/kind.h"
#include "net/tunowner.h"

#include <errno.h>
#include <linux/if_arp.h>
#include <string.h>

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

/* How each kind says media and status; a NULL kind is hardware. */
static const struct {
	const char *kind;
	const char *media;
	bool status;
} kind_media[] = {
	{"epair", "Ethernet 10Gbase-T (10Gbase-T <full-duplex>)", true},
	{"tap", "Ethernet 1000baseT <full-duplex>", true},
	{"vmnet", "Ethernet 1000baseT <full-duplex>", true},
	{"bridge", "", false},
	{"lo", "", false},
	{"tun", "", false},
};

static void media_of_nic(struct vnet *v, const struct ifnet *ifp,
			 struct ifconfig_facts *f)
{
	struct ethtool_link l = {.speed = -1};
	const char *name, *duplex = "";

	if (ethtool_link_get(v, ifp->index, &l, NULL) < 0) {
		snprintf(f->media, sizeof(f->media), "Ethernet autoselect");
		return;
	}
	name = ethtool_media_name(l.speed);
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
}

static int facts_media(struct vnet *v, const struct ifnet *ifp,
		       const struct ifconfig_opts *o, struct ifconfig_facts *f)
{
	const char *kind = ifp->kind ? ifp->kind->name : "";
	size_t i;

	if (ifp->arptype != ARPHRD_ETHER || ifconfig_is_loopback(ifp))
		return 0;
	for (i = 0; i < ARRAY_SIZE(kind_media); i++)
		if (!strcmp(kind, kind_media[i].kind))
			break;
	if (i < ARRAY_SIZE(kind_media))
		snprintf(f->media, sizeof(f->media), "%s", kind_media[i].media);
	else
		media_of_nic(v, ifp, f);
	if (i == ARRAY_SIZE(kind_media) || kind_media[i].status)
		f->status = ifp->carrier && (ifp->flags & IFF_UP)
				    ? "active"
				    : "no carrier";
	if (!o->media || !*f->media)
		return 0;
	return strv_add(&f->supported_media, "autoselect");
}

static void facts_options(struct vnet *v, const struct ifnet *ifp,
			  struct ifconfig_facts *f)
{
	struct ethtool_caps caps = {0};

	f->has_options = true;
	if (ifp->is_bridge) /* its members' offloads stay with them */
		return;
	if (ifp->arptype != ARPHRD_ETHER && ifp->arptype != ARPHRD_LOOPBACK) {
		f->has_options = false;
		return;
	}
	if (ethtool_caps_get(v, ifp->index, &caps, NULL) < 0)
		caps = (struct ethtool_caps){0};
	if (!ifconfig_is_loopback(ifp)) {
		caps.active |= BSD_CAP_VLAN_MTU;
		if (!*ifp->linux_kind) /* a card */
			caps.active |= BSD_CAP_LINKSTATE;
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
	int r;

	facts_options(v, ifp, &f);
	/* the carrier of a tun is its holder */
	if (ifp->tun_type && (ifp->flags & IFNET_LOWER_UP))
		f.opened_by = tunowner_find(v, ifp);
	r = facts_media(v, ifp, o, &f);
	if (r >= 0)
		ifconfig_format_ifnet(all, ifp, &f, o, out);
	strv_free(&f.supported_media);
	if (r < 0 || strbuf_failed(out))
		return err_nomem(e);
	return 0;
}
