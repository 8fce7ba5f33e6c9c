/* tap: an Ethernet device whose wire is a program. */
#include "net/kind_rows.h"

#include <linux/if_tun.h>

static bool tap_match(const struct ifnet *ifp)
{
	return ifp->tun_type == IFF_TAP;
}

static int tap_create(struct vnet *v, int unit, int nwords, char **words,
		      int *ret_used, char ret_name[IFNAMSIZ], struct err *e)
{
	(void)nwords;
	(void)words;
	*ret_used = 0;
	return kind_tun_create(v, "tap", unit, IFF_TAP, ret_name, e);
}

const struct ifkind kind_tap = {
	.name = "tap",
	.linux_kind = "tun",
	.match = tap_match,
	.clonable = true,
	.group = true,
	.ethernet = true,
	.create = tap_create,
	.destroy = kind_destroy_link,
};
