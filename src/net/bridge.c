/* See bridge.h.  Being written: only what if_destroy and if_move call. */
#include "net/bridge.h"

#include "net/bsderr.h"
#include "net/kind_rows.h"
#include "net/link.h"
#include "net/move.h"

#include <errno.h>
#include <net/if.h>

int bridge_forget(struct vnet *v, const struct ifnet *ifp, struct err *e)
{
	(void)v;
	(void)ifp;
	(void)e;
	return 0;
}

int bridge_move(struct vnet *from, const struct ifnet *br, struct vnet *to,
		struct err *e)
{
	(void)from;
	(void)br;
	(void)to;
	return bsd_err(e, EOPNOTSUPP, "SIOCSIFVNET");
}

int if_rename_down(struct vnet *v, const struct ifnet *ifp, const char *to,
		   struct err *e)
{
	struct nlm m;
	int r;

	link_set(&m, ifp->index, IFF_UP, 0);
	nlm_put_str(&m, IFLA_IFNAME, to);
	r = nl_talk(v->rt, &m, e, NULL);
	link_set(&m, ifp->index, IFF_UP, IFF_UP);
	nl_talk(v->rt, &m, NULL, NULL);
	return r;
}
