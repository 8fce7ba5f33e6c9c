/*
 * netgraph/ng_vlan.h: ng_vlan(4), as FreeBSD's header of that name has it.
 */
#ifndef NETGRAPH_NG_VLAN_H
#define NETGRAPH_NG_VLAN_H

#include <netgraph/ng_message.h>

/* Filters have the field "vlan", too: an older name of "vid". */
#define NG_VLAN_USE_OLD_VLAN_NAME 1

#define NG_VLAN_NODE_TYPE "vlan"
#define NGM_VLAN_COOKIE 1068486472

#define NG_VLAN_HOOK_DOWNSTREAM "downstream"
#define NG_VLAN_HOOK_NOMATCH "nomatch"

enum {
	NGM_VLAN_ADD_FILTER = 1,
	NGM_VLAN_DEL_FILTER,
	NGM_VLAN_GET_TABLE,
	NGM_VLAN_DEL_VID_FLT,
	NGM_VLAN_GET_DECAP,
	NGM_VLAN_SET_DECAP,
	NGM_VLAN_GET_ENCAP,
	NGM_VLAN_SET_ENCAP,
	NGM_VLAN_GET_ENCAP_PROTO,
	NGM_VLAN_SET_ENCAP_PROTO,
};

/* To NGM_VLAN_SET_ENCAP: whose tags are written into the frame. */
#define VLAN_ENCAP_FROM_FILTER 0x00000001
#define VLAN_ENCAP_FROM_NOMATCH 0x00000002

struct ng_vlan_filter {
	char hook_name[NG_HOOKSIZ];
#ifdef NG_VLAN_USE_OLD_VLAN_NAME
	uint16_t vlan;
#endif
	uint16_t vid;
	uint8_t pcp;
	uint8_t cfi;
};

struct ng_vlan_table {
	uint32_t n;
	struct ng_vlan_filter filter[];
};

#endif
