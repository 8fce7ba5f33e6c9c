/*
 * bridge_host: addresses of the host's own on members of bridges.
 */
#ifndef CB_NET_BRIDGE_HOST_H
#define CB_NET_BRIDGE_HOST_H

#include "base/err.h"
#include "net/ifnet.h"
#include "net/vnet.h"

/* Has it (addresses loaded) one that is not for its own link alone? */
bool bridge_host_has(const struct ifnet *ifp);

/* net.link.bridge.member_ifaddrs: may members have such an address? */
bool bridge_host_allowed(const struct vnet *v);

/*
 * Let the host be reached, and reach all, by the member ifp, if it has
 * addresses (`has`) or is a real network card; else leave it to the bridge.
 * An interface that is no member: nothing is done.  -EINVAL in a jail, which
 * may not load programs, -ENOSYS naming the kernel's option.
 */
int bridge_host_sync(struct vnet *v, const struct ifnet *ifp, bool has,
		     struct err *e);

/* A member that leaves; it may have had none. */
int bridge_host_leave(struct vnet *v, const struct ifnet *br, int member,
		      struct err *e);

#endif
