/*
 * fallback: another engine for kinds of interfaces that this kernel has no
 * driver for.
 *
 * Theory of operation.  vlan and lagg are the kernel's drivers (8021q,
 * bonding) where it has them.  Where it has not, the netgraph data path does
 * the same (ifng/): the interface is the far end of a vif node, in link group
 * IF_GROUP_VIF, and what it is set to lies in its state file.  That engine is
 * in a layer above this one, so it is called through a table that the program
 * sets at its start; a program without it has the kernel's drivers alone.
 *
 * Functions take loaded interfaces and the vnet they are in.  Error texts are
 * of the form that follows "SIOCSETVLAN: ".
 */
#ifndef CB_NET_FALLBACK_H
#define CB_NET_FALLBACK_H

#include "base/err.h"
#include "net/ifnet.h"
#include "net/vnet.h"

#include <linux/capability.h>
#include <stdint.h>

/*
 * What the engine's broker keeps.  BPF, PERFMON: programs and maps of the data
 * path, their pins; NET_ADMIN: interfaces, filters on them, send buffers of
 * programs' sockets; NET_RAW, NET_BIND_SERVICE: packet sockets to send by,
 * ksocket nodes; SYS_ADMIN, SYS_PTRACE: into the namespaces of jails that have
 * one of the interfaces; SYS_RESOURCE: descriptors under way to programs are
 * counted, locked memory.
 */
#define IF_CAP(c) (UINT64_C(1) << (c))
#define IF_ENGINE_CAPS                                                         \
	(IF_CAP(CAP_BPF) | IF_CAP(CAP_PERFMON) | IF_CAP(CAP_NET_ADMIN) |       \
	 IF_CAP(CAP_NET_RAW) | IF_CAP(CAP_NET_BIND_SERVICE) |                  \
	 IF_CAP(CAP_SYS_ADMIN) | IF_CAP(CAP_SYS_PTRACE) |                      \
	 IF_CAP(CAP_SYS_RESOURCE))
/* And who may have to start one: it looks for the machine's mounts first, and
 * drops what it does not keep. */
#define IF_STARTER_CAPS                                                        \
	(IF_ENGINE_CAPS | IF_CAP(CAP_SYS_CHROOT) | IF_CAP(CAP_SETPCAP))

/* What LACP has come to at a port of a lagg. */
struct if_lacp_port {
	char kname[IFNAMSIZ];
	bool collecting, distributing;
};

struct if_fallback {
	/* An Ethernet interface of that name that leads nowhere.  -EEXIST */
	int (*create)(struct vnet *v, const char *name, struct err *e);
	int (*destroy)(struct vnet *v, const struct ifnet *ifp, struct err *e);

	/*
	 * Frames of `ifp` go out of `parent` with the tag that c says, and come
	 * by it; what ifp was before ends.  -EEXIST: parent has that VLAN.
	 */
	int (*vlan_join)(struct vnet *v, const struct ifnet *ifp,
			 const struct ifnet *parent, const struct ifvlan *c,
			 struct err *e);
	int (*vlan_leave)(struct vnet *v, const struct ifnet *ifp,
			  struct err *e);
	/* How it spreads; without ports at first.  And a port of it. */
	int (*lagg_set)(struct vnet *v, const struct ifnet *ifp,
			const struct iflagg *c, struct err *e);
	int (*lagg_port)(struct vnet *v, const struct ifnet *ifp,
			 const struct ifnet *port, bool join, struct err *e);
	/* All ports that may receive and send; the others may not.  ifp is the
	 * lagg's hidden end (eiface.h), which stays when it is lent. */
	int (*lagg_lacp)(struct vnet *v, const struct ifnet *ifp,
			 const struct if_lacp_port *ports, size_t n,
			 struct err *e);
	/*
	 * What it is set to, of the engine's own knowledge: for one that comes
	 * home from a jail, whose root may have written anything.
	 */
	int (*vlan_look)(struct vnet *v, const struct ifnet *ifp,
			 struct ifvlan *ret, struct err *e);
};

/* NULL: there is none. */
extern const struct if_fallback *if_fallback;

/* The interface is of that engine. */
bool if_is_fallback(const struct ifnet *ifp);

#endif
