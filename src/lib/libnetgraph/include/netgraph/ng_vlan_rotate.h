/*
 * netgraph/ng_vlan_rotate.h: ng_vlan_rotate(4), as FreeBSD's header of that
 * name has it.
 */
#ifndef NETGRAPH_NG_VLAN_ROTATE_H
#define NETGRAPH_NG_VLAN_ROTATE_H

#include <netgraph/ng_message.h>

#define NG_VLANROTATE_NODE_TYPE "vlan_rotate"
#define NGM_VLANROTATE_COOKIE 1568378766

#define NG_VLANROTATE_HOOK_ORDERED "ordered"
#define NG_VLANROTATE_HOOK_ORIGINAL "original"
#define NG_VLANROTATE_HOOK_EXCESSIVE "excessive"
#define NG_VLANROTATE_HOOK_INCOMPLETE "incomplete"

/* So many tags of a frame are looked at. */
#define NG_VLANROTATE_MAX_VLANS 10

struct ng_vlanrotate_conf {
	int8_t rot; /* towards `ordered`; back the other way round */
	uint8_t min, max;
};

struct ng_vlanrotate_stat {
	uint64_t drops, excessive, incomplete;
	uint64_t histogram[NG_VLANROTATE_MAX_VLANS]; /* by number of tags */
};

enum {
	NGM_VLANROTATE_GET_CONF = 1,
	NGM_VLANROTATE_SET_CONF,
	NGM_VLANROTATE_GET_STAT,
	NGM_VLANROTATE_CLR_STAT,
	NGM_VLANROTATE_GETCLR_STAT,
};

#endif
