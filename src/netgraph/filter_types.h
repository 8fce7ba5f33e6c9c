/* filter_types: node types that look into packets and change them. */
#ifndef CB_NETGRAPH_FILTER_TYPES_H
#define CB_NETGRAPH_FILTER_TYPES_H

#include "netgraph/type.h"

extern const struct ng_type ng_type_bpf, ng_type_checksum, ng_type_ether_echo,
	ng_type_patch, ng_type_tag, ng_type_tcpmss, ng_type_vlan_rotate;

#endif
