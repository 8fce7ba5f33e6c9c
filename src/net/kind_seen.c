/*
 * Kinds that are recognised, shown, moved and destroyed but not created here
 * yet: the platform's tools or the network card's driver made them.
 */
#include "net/kind_rows.h"

static bool is_virtual(const struct ifnet *ifp)
{
	return ifp->linux_kind[0];
}

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
