/*
 * Kinds that are recognised, shown, moved and destroyed but not created here
 * yet: the platform's tools or the network card's driver made them.
 */
#include "net/kind_rows.h"

static bool is_virtual(const struct ifnet *ifp)
{
	return ifp->linux_kind[0];
}

const struct ifkind kind_lagg = {
	.name = "lagg",
	.linux_kind = "bond",
	.group = true,
	.ethernet = true,
	.destroy = kind_destroy_link,
};

const struct ifkind kind_vlan = {
	.name = "vlan",
	.linux_kind = "vlan",
	.group = true,
	.ethernet = true,
	.destroy = kind_destroy_link,
};

const struct ifkind kind_vxlan = {
	.name = "vxlan",
	.linux_kind = "vxlan",
	.group = true,
	.ethernet = true,
	.destroy = kind_destroy_link,
};

const struct ifkind kind_gif = {
	.name = "gif",
	.linux_kind = "ipip",
	.group = true,
	.destroy = kind_destroy_link,
};

const struct ifkind kind_gif_ip6 = {
	.name = "gif",
	.linux_kind = "ip6tnl",
	.group = true,
	.destroy = kind_destroy_link,
};

const struct ifkind kind_stf = {
	.name = "stf",
	.linux_kind = "sit",
	.group = true,
	.destroy = kind_destroy_link,
};

const struct ifkind kind_gre = {
	.name = "gre",
	.linux_kind = "gre",
	.group = true,
	.destroy = kind_destroy_link,
};

const struct ifkind kind_gre6 = {
	.name = "gre",
	.linux_kind = "ip6gre",
	.group = true,
	.destroy = kind_destroy_link,
};

const struct ifkind kind_wg = {
	.name = "wg",
	.linux_kind = "wireguard",
	.group = true,
	.destroy = kind_destroy_link,
};

const struct ifkind kind_macvlan = {
	.name = "macvlan",
	.linux_kind = "macvlan",
	.ethernet = true,
	.destroy = kind_destroy_link,
};

const struct ifkind kind_dummy = {
	.name = "dummy",
	.linux_kind = "dummy",
	.ethernet = true,
	.destroy = kind_destroy_link,
};

const struct ifkind kind_ifb = {
	.name = "ifb",
	.linux_kind = "ifb",
	.ethernet = true,
	.destroy = kind_destroy_link,
};

/* Any other virtual link that Linux has: shown as Ethernet if it is one. */
const struct ifkind kind_other = {
	.name = "other",
	.match = is_virtual,
	.ethernet = true,
	.destroy = kind_destroy_link,
};

/* A network card: nothing to create or destroy. */
const struct ifkind kind_ether = {
	.name = "ether",
	.ethernet = true,
};
