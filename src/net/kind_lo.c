/*
 * lo: lo0 is the kernel's own loopback.  Further ones are dummy links (ifb
 * where the kernel has no dummy): an address on any interface that is up is
 * local, and frames sent into either kind end there.  They are known by the
 * name they were made with.
 */
#include "net/kind_idle.h"
#include "net/kind_rows.h"

#include "base/str.h"
#include "net/bsderr.h"
#include "net/link.h"

#include <errno.h>
#include <net/if.h>
#include <linux/if_arp.h>
#include <stdio.h>
#include <string.h>

#define LO_MTU 16384

static bool lo_match(const struct ifnet *ifp)
{
	if (ifp->arptype == ARPHRD_LOOPBACK)
		return true;
	return kind_idle_of(ifp, &kind_lo);
}

static int lo_create(struct vnet *v, int unit, int nwords, char **words,
		     int *ret_used, char ret_name[IFNAMSIZ], struct err *e)
{
	char name[IFNAMSIZ];
	int r;

	(void)nwords;
	(void)words;
	*ret_used = 0;
	snprintf(name, sizeof(name), "lo%d", unit);
	r = kind_idle_make(v, name, LO_MTU, IFF_NOARP, NULL, NULL);
	if (r < 0)
		return kind_refuse(&kind_lo, -r, e);
	str_copy(ret_name, IFNAMSIZ, name);
	return 0;
}

static int lo_destroy(struct vnet *v, const struct ifnet *ifp, struct err *e)
{
	if (ifp->arptype == ARPHRD_LOOPBACK)
		return bsd_err(e, EINVAL, "SIOCIFDESTROY");
	return link_delete(v, ifp->index, e);
}

const struct ifkind kind_lo = {
	.name = "lo",
	.match = lo_match,
	.clonable = true,
	.lacks = "loopback clones (CONFIG_DUMMY or CONFIG_IFB)",
	.group = true,
	.create = lo_create,
	.destroy = lo_destroy,
};
