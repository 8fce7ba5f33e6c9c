/*
 * lagg: what if_lagg(4) does: several links as one interface.
 *
 * Theory of operation.  The engine is the kernel's bonding driver or the
 * fallback (fallback.h).  What ifconfig has said (protocol, hash, options, the
 * ports with the addresses that they had before) lies in the state file; a
 * bond's ports are the kernel's word.  A change is made in the engine first.
 * LACP is the driver's, or else a keeper's (lagg_keeper.h).
 */
#ifndef CB_NET_LAGG_H
#define CB_NET_LAGG_H

#include "base/err.h"
#include "net/ifnet.h"
#include "net/vnet.h"

const char *lagg_proto_name(unsigned int proto);
/* "Invalid aggregation protocol: x", "Invalid lagghash option: x" */
int lagg_proto_parse(const char *word, uint32_t *ret, struct err *e);
int lagg_hash_parse(const char *word, uint32_t *ret, struct err *e);

#define LAGG_OPT_FLOWID 0x01u
#define LAGG_OPT_NUMA 0x04u
#define LAGG_OPT_STRICT 0x10u
#define LAGG_OPT_FAST 0x80u
/* Only while it speaks LACP. */
#define LAGG_OPTS_LACP (LAGG_OPT_STRICT | LAGG_OPT_FAST)

enum lagg_setting {
	LAGG_SET_PROTO,
	LAGG_SET_HASH,
	LAGG_SET_OPT,
	LAGG_CLEAR_OPT,
	LAGG_SET_SHIFT,
	LAGG_SET_LIMIT,
};
int lagg_set(struct vnet *v, const char *name, enum lagg_setting what,
	     uint32_t value, struct err *e);
/* One that is there already is no error. */
int lagg_port_add(struct vnet *v, const char *name, const char *port,
		  struct err *e);
int lagg_port_delete(struct vnet *v, const char *name, const char *port,
		     struct err *e);
/* Its engine is in this vnet, at the other end of its pair, ifp->link. */
bool lagg_engine_here(const struct ifnet *ifp);
/* It has come back from a jail to where its engine is. */
int lagg_home(struct vnet *v, const struct ifnet *ifp, struct err *e);
/* The addresses that its ports had: before it is destroyed. */
void lagg_ports_restore(struct vnet *v, const struct ifnet *ifp);

/*
 * net.link.lagg.failover_rx_all: do ports that wait receive, too?  Engines ask
 * when they make or change a lagg; lagg_rx_all_apply() tells those there are,
 * after a change.
 */
#define LAGG_RX_ALL_NAME "net.link.lagg.failover_rx_all"
bool lagg_rx_all(const struct vnet *v);
int lagg_rx_all_apply(struct vnet *v, struct err *e);

/* What a bond that others have made is set to. */
struct nlattr;
void lagg_of_bond(const struct nlattr *data, struct iflagg *l);

#endif
