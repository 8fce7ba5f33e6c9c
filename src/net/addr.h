/*
 * addr: addresses of interfaces and the ND6 options, with FreeBSD's rules.
 */
#ifndef CB_NET_ADDR_H
#define CB_NET_ADDR_H

#include "base/err.h"
#include "net/ifnet.h"
#include "net/vnet.h"

/*
 * Add an address (struct if_addr: family, addr, plen, and as wanted peer, brd,
 * flags IFA_F_NODAD and so on, lifetimes; zero lifetimes mean infinite, and
 * IFA_F_DEPRECATED a preferred one that is over).  As
 * SIOCAIFADDR does: an equal address already on this interface gets the new
 * mask and flags; an IPv4 address that another interface has is EEXIST
 * ("ioctl (SIOCAIFADDR): File exists") unless it is point to point; without
 * `brd` the broadcast address is the subnet's last where there is one; an
 * inet6 address clears IFDISABLED; the interface comes up.  Uses and updates
 * ifp->flags and ifp->nd6; ifp->addrs must be loaded (ifnet_get) but is not
 * changed.
 */
int addr_add(struct vnet *v, struct ifnet *ifp, const struct if_addr *a,
	     struct err *e);

/*
 * Remove by address (the mask is not looked at).
 * -EADDRNOTAVAIL "ioctl (SIOCDIFADDR): Can't assign requested address".
 */
int addr_delete(struct vnet *v, struct ifnet *ifp, int family, const void *addr,
		struct err *e);

/* The first address of a family that is no link-local one, or NULL. */
const struct if_addr *addr_first(const struct ifnet *ifp, int family);
/* The entry with this address, or NULL. */
const struct if_addr *addr_find(const struct ifnet *ifp, int family,
				const void *addr);

/* fe80:: with the EUI-64 of a MAC (eui64 word; AUTO_LINKLOCAL). */
void addr_linklocal(const struct ifnet *ifp, struct in6_addr *ret);

/* Prefix length of a netmask, -1 when it has holes; and back. */
int addr_mask_plen(struct in_addr mask);
struct in_addr addr_plen_mask(unsigned int plen);

/*
 * Change ND6 options: first those in `clr` off, then those in `set` on, with
 * their effects: IFDISABLED turns IPv6 off and on, ACCEPT_RTADV and NO_DAD are
 * the kernel's, the link-local address appears when AUTO_LINKLOCAL allows it.
 */
int nd6_set(struct vnet *v, struct ifnet *ifp, uint32_t set, uint32_t clr,
	    struct err *e);

#endif
