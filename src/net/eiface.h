/* eiface: interfaces of netgraph as ifconfig sees them (kind_eiface.c). */
#ifndef CB_NET_EIFACE_H
#define CB_NET_EIFACE_H

#include "net/ifnet.h"

/* IFLA_GROUP of ngethN, and of what no listing shows. */
#define IF_GROUP_EIFACE 0x6e67u
#define IF_GROUP_HIDDEN 0x6e68u
/* ngN, a tun device, that netgraph was told to call a broadcast interface. */
#define IF_GROUP_BROADCAST 0x6e69u
/* ... and of vlans and laggs that netgraph is the engine of (fallback.h). */
#define IF_GROUP_VIF 0x6e6au
#define IF_HIDDEN_PREFIX "ng-"
#define IF_HIDDEN_VIF "ng-vif"

/* One of netgraph's own ends. */
bool eiface_hidden(const struct ifnet *ifp);

/*
 * After kname has come to v: its link group is what it should be, whatever the
 * owner of the vnet it was in has made of that.
 */
int eiface_settle(struct vnet *v, const char *kname, struct err *e);

#endif
