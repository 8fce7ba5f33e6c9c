/*
 * map_ng: netgraph in the map.
 *
 * Theory of operation.  The graph of a vnet is read from its broker's journal,
 * which only the level that runs the broker can; no broker is started for it.
 * A jail asks the broker of its own vnet, if there are ends of pairs of that.
 * Then it is put into the topology in the words that the drawings know: a node
 * is a switch (an interface with is_bridge) and its hooks are the ports; the
 * hook of an eiface is our end of its pair, so that the cable to ngethN,
 * wherever that is, is found as any other; an ether node is its interface,
 * as a member of the node that its lower hook leads to; two nodes connected
 * with each other have a cable of their own.
 *
 * What is put in stands behind the vnet's interfaces (from topo_jail.ng_at on)
 * and is called by its description, since names of nodes and hooks are longer
 * than those of interfaces.
 */
#ifndef CB_BLOCK_MAP_NG_H
#define CB_BLOCK_MAP_NG_H

#include "block/map.h"
#include "net/vnet.h"

/* The nodes of vnet v, from the journals below run. */
int topo_ng_load(struct topo_jail *j, const struct vnet *v, const char *run,
		 struct err *e);
/* The nodes of the caller's own vnet, from its broker, where the journal is out
 * of reach: in a jail.  One that does not answer is no error. */
int topo_ng_ask(struct topo_jail *j, const struct vnet *v, struct err *e);
/* Into the interfaces; v tells of our ends, NULL: there are none. */
int topo_ng_place(struct topo_jail *j, struct vnet *v, struct err *e);
void topo_ng_free(struct topo_jail *j);

/* For both: a node; the caller fills in its hooks. */
struct topo_node *topo_ng_add(struct topo_jail *j, uint32_t id,
			      const char *name, const char *type,
			      uint32_t ifindex);
int topo_ng_hook(struct topo_node *n, const char *name, uint32_t peer,
		 const char *peer_hook);

/* How many of j's interfaces are interfaces: they come first. */
size_t topo_real(const struct topo_jail *j);
/* Interface i of j is a node's. */
bool topo_is_ng(const struct topo_jail *j, size_t i);
/* What it is called in a drawing. */
const char *topo_if_name(const struct ifnet *ifp);

#endif
