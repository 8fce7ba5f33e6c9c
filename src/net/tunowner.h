/* tunowner: which process holds a tun or tap interface open. */
#ifndef CB_NET_TUNOWNER_H
#define CB_NET_TUNOWNER_H

#include "net/ifnet.h"
#include "net/vnet.h"

#include <sys/types.h>

/* The first one found in /proc, 0 when there is none that may be seen. */
pid_t tunowner_find(const struct vnet *v, const struct ifnet *ifp);

#endif
