/*
 * bridge_pfil: net.link.bridge.pfil_*: whether packet filters see what a
 * bridge carries between its members (PACKET FILTERING of if_bridge(4)).
 *
 * The values are kept (sysctl(8)); what the kernel is told is whether chains of
 * IP see bridged packets at all, for the whole vnet
 * (net/bridge/bridge-nf-call-*).  A new network namespace may begin with that
 * on, so it is set whenever a vnet gets a bridge.
 */
#ifndef CB_NET_BRIDGE_PFIL_H
#define CB_NET_BRIDGE_PFIL_H

#include "base/err.h"
#include "net/vnet.h"

#define PFIL_MEMBER "net.link.bridge.pfil_member"
#define PFIL_BRIDGE "net.link.bridge.pfil_bridge"
#define PFIL_ONLYIP "net.link.bridge.pfil_onlyip"
#define PFIL_LOCAL_PHYS "net.link.bridge.pfil_local_phys"

struct bridge_pfil {
	bool member, bridge, onlyip, local_phys;
};

/* As kept; all off is the default. */
void bridge_pfil_read(const struct vnet *v, struct bridge_pfil *ret);
/*
 * Make the kernel do so.  -EOPNOTSUPP where it cannot and one is on.
 */
int bridge_pfil_apply(const struct vnet *v, struct err *e);
/* The same for a vnet that has just got its first bridge; others are left. */
void bridge_pfil_first(struct vnet *v);
/*
 * Somebody else has told the kernel otherwise: filters of IP see what a bridge
 * of v carries, though they are not to.
 */
bool bridge_pfil_astray(struct vnet *v);

#endif
