/*
 * rename: before Linux 6.2 an interface must be down to get a new name, and
 * going down loses its IPv6 addresses and routes.  They are put back, so that
 * the rename looks as on FreeBSD.
 */
#include "net/kind_rows.h"

#include "base/cleanup.h"
#include "net/addr.h"
#include "net/link.h"
#include "net/relink.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

int if_rename_down(struct vnet *v, const struct ifnet *ifp, const char *to,
		   struct err *e)
{
	cleanup_routes_kept struct routes_kept routes = {0};
	cleanup_ifnet struct ifnet full = {0};
	struct nlm m;
	int r, renamed;

	r = ifnet_get(v, ifp->kname, &full, e);
	if (r >= 0)
		r = routes_keep(v, &routes, e);
	if (r < 0)
		return r;
	/* one request each: the kernel renames before it looks at the flags */
	link_set(&m, ifp->index, IFF_UP, 0);
	r = nl_talk(v->rt, &m, e, NULL);
	if (r < 0)
		return r;
	link_set(&m, ifp->index, 0, 0);
	nlm_put_str(&m, IFLA_IFNAME, to);
	renamed = nl_talk(v->rt, &m, e, NULL);
	link_set(&m, ifp->index, IFF_UP, IFF_UP);
	r = nl_talk(v->rt, &m, renamed < 0 ? NULL : e, NULL);
	for (size_t i = 0; i < full.naddrs; i++) {
		struct if_addr a = full.addrs[i];

		if (a.family != AF_INET6)
			continue;
		a.flags |= IFA_F_NODAD; /* it was checked before */
		addr_add(v, &full, &a, NULL);
	}
	routes_put_back(v, ifp->index, &routes);
	return renamed < 0 ? renamed : r;
}
