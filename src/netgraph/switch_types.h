/* switch_types: the switching node types, each in node_TYPE.c. */
#ifndef CB_NETGRAPH_SWITCH_TYPES_H
#define CB_NETGRAPH_SWITCH_TYPES_H

#include "netgraph/type.h"

extern const struct ng_type ng_type_bridge, ng_type_echo, ng_type_etf,
	ng_type_hole, ng_type_hub, ng_type_lagg, ng_type_macfilter,
	ng_type_one2many, ng_type_split, ng_type_tee, ng_type_vlan;

#endif
