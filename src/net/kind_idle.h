/*
 * kind_idle: a clone whose driver cannot make it yet.
 *
 * FreeBSD makes vxlan0 before it is told its number; Linux wants that when the
 * link is made.  Until then a link that leads nowhere (dummy, or ifb where the
 * kernel has no dummy) holds name, MAC and addresses, and the words said so
 * far lie in the state file; relink() then puts the driver's in its place.
 */
#ifndef CB_NET_KIND_IDLE_H
#define CB_NET_KIND_IDLE_H

#include "base/err.h"
#include "net/ifnet.h"
#include "net/vnet.h"

/*
 * -EEXIST when the name is taken.  flags: IFF_NOARP or 0; `mac` may be NULL:
 * the kernel's choice.
 */
int kind_idle_make(struct vnet *v, const char *kname, uint32_t mtu,
		   uint32_t flags, const unsigned char *mac, struct err *e);
/* Is it such a link, by the driver? */
bool kind_idle_link(const struct ifnet *ifp);
/* Such a link that was made as a clone of kind `k`. */
bool kind_idle_of(const struct ifnet *ifp, const struct ifkind *k);

/*
 * Does the kernel have this driver?  Asks for a link that it would have to
 * refuse: nothing is made.
 */
bool kind_driver(struct vnet *v, const char *linux_kind);

#endif
