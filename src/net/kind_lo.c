/*
 * lo: lo0 is the kernel's own loopback.  Further ones are dummy links (ifb
 * where the kernel has no dummy): an address on any interface that is up is
 * local, and frames sent into either kind end there.  They are known by the
 * name they were made with.
 */
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
	const char *home = ifp->home_name[0] ? ifp->home_name : ifp->kname;

	if (ifp->arptype == ARPHRD_LOOPBACK)
		return true;
	return (!strcmp(ifp->linux_kind, "dummy") ||
		!strcmp(ifp->linux_kind, "ifb")) &&
	       ifkind_of_name(home, NULL) == &kind_lo;
}

static int lo_make(struct vnet *v, const char *name, const char *linux_kind)
{
	struct ifinfomsg ifi = {.ifi_flags = IFF_NOARP,
				.ifi_change = IFF_NOARP};
	struct nlm m;

	nlm_begin(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &ifi,
		  sizeof(ifi));
	nlm_put_str(&m, IFLA_IFNAME, name);
	nlm_put_u32(&m, IFLA_MTU, LO_MTU);
	link_kind(&m, linux_kind);
	return nl_talk(v->rt, &m, NULL, NULL);
}

static int lo_create(struct vnet *v, int unit, int nwords, char **words,
		     int *ret_used, char ret_name[IFNAMSIZ], struct err *e)
{
	char name[IFNAMSIZ];
	const char *names[] = {name};
	int r;

	(void)nwords;
	(void)words;
	*ret_used = 0;
	snprintf(name, sizeof(name), "lo%d", unit);
	r = lo_make(v, name, "dummy");
	if (r == -EOPNOTSUPP)
		r = lo_make(v, name, "ifb");
	if (r < 0)
		return bsd_err(e, -r, "SIOCIFCREATE2");
	link_v6_off(v, names, 1);
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
	.group = true,
	.create = lo_create,
	.destroy = lo_destroy,
};
