/* See bridge_pfil.h. */
#include "net/bridge_pfil.h"

#include "base/cleanup.h"
#include "net/ifnet.h"

#include <errno.h>

static const char *const files[] = {"bridge/bridge-nf-call-iptables",
				    "bridge/bridge-nf-call-ip6tables"};

void bridge_pfil_read(const struct vnet *v, struct bridge_pfil *ret)
{
	ret->member = vnet_kept(v, PFIL_MEMBER, 0) != 0;
	ret->bridge = vnet_kept(v, PFIL_BRIDGE, 0) != 0;
	ret->onlyip = vnet_kept(v, PFIL_ONLYIP, 0) != 0;
	ret->local_phys = vnet_kept(v, PFIL_LOCAL_PHYS, 0) != 0;
}

int bridge_pfil_apply(const struct vnet *v, struct err *e)
{
	struct bridge_pfil p;
	bool on;

	bridge_pfil_read(v, &p);
	on = p.member || p.bridge;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		int r = vnet_sysctl_set(v, files[i], on, NULL);

		if (r == -ENOENT && on)
			return err_set(e, EOPNOTSUPP,
				       "this kernel's bridges show no packets "
				       "to filters (CONFIG_BRIDGE_NETFILTER, "
				       "module br_netfilter)");
		if (r < 0 && r != -ENOENT)
			return err_sys(e, -r, "/proc/sys/net/%s", files[i]);
	}
	return 0;
}

static size_t bridges(struct vnet *v)
{
	cleanup_ifnets struct ifnets all = {0};
	size_t n = 0;

	if (ifnets_load(v, &all, NULL) < 0)
		return 0;
	for (size_t i = 0; i < all.n; i++)
		n += all.v[i].is_bridge;
	return n;
}

void bridge_pfil_first(struct vnet *v)
{
	if (bridges(v) == 1)
		bridge_pfil_apply(v, NULL);
}

bool bridge_pfil_astray(struct vnet *v)
{
	struct bridge_pfil p;

	bridge_pfil_read(v, &p);
	if (p.member || p.bridge)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (vnet_sysctl_get(v, files[i], 0) > 0)
			return bridges(v) > 0;
	return false;
}
