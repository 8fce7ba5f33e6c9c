/*
 * vmnet: a tap that stays up when its program closes it, as any persistent
 * tap does on Linux.  The name it was made with tells it from a tap.
 */
#include "net/kind_rows.h"

#include <linux/if_tun.h>

static bool vmnet_match(const struct ifnet *ifp)
{
	const char *home = ifp->home_name[0] ? ifp->home_name : ifp->kname;

	return ifp->tun_type == IFF_TAP &&
	       ifkind_of_name(home, NULL) == &kind_vmnet;
}

static int vmnet_create(struct vnet *v, int unit, int nwords, char **words,
			int *ret_used, char ret_name[IFNAMSIZ], struct err *e)
{
	(void)nwords;
	(void)words;
	*ret_used = 0;
	return kind_tun_create(v, "vmnet", unit, IFF_TAP, ret_name, e);
}

const struct ifkind kind_vmnet = {
	.name = "vmnet",
	.linux_kind = "tun",
	.match = vmnet_match,
	.clonable = true,
	.group = true,
	.ethernet = true,
	.create = vmnet_create,
	.destroy = kind_destroy_link,
};
