/*
 * ifset: setters of what an interface is at link level.  They take the loaded
 * interface (ifnet_link is enough unless said otherwise), change the kernel,
 * and update the fields they changed in it.  Error texts are ifconfig(8)'s.
 */
#ifndef CB_NET_IFSET_H
#define CB_NET_IFSET_H

#include "base/err.h"
#include "net/ifnet.h"
#include "net/vnet.h"

/*
 * Up or down.  Coming up, an interface whose link-local address is ours to
 * make gets it (AUTO_LINKLOCAL and not IFDISABLED).
 */
int if_set_up(struct vnet *v, struct ifnet *ifp, bool up, struct err *e);

/*
 * Of a bridge: all members' too, or none.  Of a member: refused, as the bridge
 * rules it.  "ioctl SIOCSIFMTU (set mtu): Invalid argument"
 */
int if_set_mtu(struct vnet *v, struct ifnet *ifp, uint32_t mtu, struct err *e);

/* "interface lo0 cannot change link addresses!" */
int if_set_mac(struct vnet *v, struct ifnet *ifp, const unsigned char mac[6],
	       struct err *e);

/* IFF_NOARP, IFF_PROMISC, IFF_ALLMULTI: on or off. */
int if_set_flag(struct vnet *v, struct ifnet *ifp, uint32_t flag, bool on,
		struct err *e);

/*
 * FreeBSD's words for flags without a Linux flag (IFEXT_*).  MONITOR drops
 * what arrives after packet capture has seen it; STATICARP and STICKYARP stop
 * the kernel from learning or changing neighbours of this interface; DEBUG
 * and LINK0-2 mean nothing to the drivers here and are kept for display.
 */
int if_set_ext(struct vnet *v, struct ifnet *ifp, uint32_t set, uint32_t clr,
	       struct err *e);

/* description; NULL or "" removes it */
int if_set_descr(struct vnet *v, struct ifnet *ifp, const char *descr,
		 struct err *e);
int if_set_metric(struct vnet *v, struct ifnet *ifp, int metric, struct err *e);
/* fib, tunnelfib: kept and shown; range is the caller's check (net.fibs). */
int if_set_fib(struct vnet *v, struct ifnet *ifp, int fib, bool tunnel,
	       struct err *e);

/*
 * group G / -group G: "setifgroup: group names may not end in a digit",
 * "ioctl(SIOCAIFGROUP): File exists", "ioctl(SIOCDIFGROUP): No such file or
 * directory"
 */
int if_group_add(struct vnet *v, struct ifnet *ifp, const char *group,
		 struct err *e);
int if_group_del(struct vnet *v, struct ifnet *ifp, const char *group,
		 struct err *e);

#endif
