/* types_traffic: node types that police, delay, make, sort and count traffic,
 * and the two that meet the protocol stack. */
#ifndef CB_NETGRAPH_TYPES_TRAFFIC_H
#define CB_NETGRAPH_TYPES_TRAFFIC_H

#include "netgraph/type.h"

extern const struct ng_type ng_type_car, ng_type_pipe, ng_type_source;
extern const struct ng_type ng_type_iface, ng_type_ksocket, ng_type_netflow;
extern const struct ng_type ng_type_nat, ng_type_gif_demux;

/* links.c: the interface has gone from the vnet. */
void iface_gone(struct ng_node *n);

#endif
