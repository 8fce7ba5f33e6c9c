/* types: the node types there are, in the order in which `ngctl types` lists
 * them.  A type's file says what it is. */
#include "netgraph/filter_types.h"
#include "netgraph/links.h"
#include "netgraph/server_int.h"
#include "netgraph/switch_types.h"
#include "netgraph/type.h"
#include "netgraph/types_traffic.h"

const struct ng_type *const ng_types[] = {
	/* interfaces */
	&ng_type_ether,
	&ng_type_eiface,
	&ng_type_vif,
	/* the kernel's alone */
	&ng_type_bpf,
	&ng_type_bridge,
	&ng_type_checksum,
	&ng_type_echo,
	&ng_type_etf,
	&ng_type_ether_echo,
	&ng_type_hole,
	&ng_type_hub,
	&ng_type_lagg,
	&ng_type_macfilter,
	&ng_type_one2many,
	&ng_type_patch,
	&ng_type_split,
	&ng_type_tag,
	&ng_type_tcpmss,
	&ng_type_tee,
	&ng_type_vlan,
	&ng_type_vlan_rotate,
	/* the broker's, too */
	&ng_type_car,
	&ng_type_gif_demux,
	&ng_type_iface,
	&ng_type_nat,
	&ng_type_netflow,
	&ng_type_pipe,
	&ng_type_source,
	&ng_type_ksocket,
	&ng_type_socket,
	NULL,
};
