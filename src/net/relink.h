/*
 * relink: make a link anew under its own index and name, for what the kernel
 * settles once and for all when a link is made: the outer family of a tunnel,
 * the port and number of a vxlan.
 */
#ifndef CB_NET_RELINK_H
#define CB_NET_RELINK_H

#include "base/err.h"
#include "net/ifnet.h"
#include "net/vnet.h"
#include "nl/nl.h"

/* Puts the attributes of IFLA_INFO_DATA. */
typedef void relink_fill(struct nlm *m, const void *data);

/*
 * Replace the link by one of `linux_kind` with what fill() puts (NULL:
 * nothing).  MTU, MAC, description, group, flags, addresses, routes and ND6
 * options stay; the caller's `old` must be loaded anew.  When the kernel
 * refuses the new link the old one is put back.  -EBUSY for a member of a
 * bridge.  The text is the kernel's.
 */
int relink(struct vnet *v, const struct ifnet *old, const char *linux_kind,
	   relink_fill *fill, const void *data, struct err *e);

/*
 * Wait until no link of this vnet is being made anew, a second at most; none
 * is while the descriptor is open.  -1: nobody has ever done so.
 */
int relink_wait(const struct vnet *v);

/* Change what the kernel changes on a link that exists. */
int relink_change(struct vnet *v, const struct ifnet *ifp, relink_fill *fill,
		  const void *data, struct err *e);

/* Routes that do not come of addresses: kept, and put back on an interface. */
struct routes_kept {
	struct route *v4, *v6;
	size_t n4, n6;
};
int routes_keep(struct vnet *v, struct routes_kept *ret, struct err *e);
void routes_put_back(struct vnet *v, int index, const struct routes_kept *k);
void routes_kept_free(struct routes_kept *k);
#define cleanup_routes_kept __attribute__((cleanup(routes_kept_free)))

#endif
