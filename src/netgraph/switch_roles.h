/*
 * switch_roles: what node files and packet functions of the switching types
 * have agreed on: roles of hooks, words of records, counters, keys of tables.
 * Shared with bpf/ (numbers only).
 */
#ifndef CB_NETGRAPH_SWITCH_ROLES_H
#define CB_NETGRAPH_SWITCH_ROLES_H

#include "netgraph/data.h"

/* A flood that leaves some hooks out leaves out those with this flag: a
 * bridge's links where only uplinks get what is for unknown addresses, and a
 * one2many's links that are down. */
#define NGD_HF_AVOID 0x02u

/* --- bridge ---
 * Packets write two words of a link's record; the broker stores to them only
 * what it has read from them, or on the same occasions (movehost, reset):
 *	conf		muted until that second of bpf_ktime_get_ns(); 0: not
 *	flags		the upper half counts how often the link's hosts were
 *			forgotten; an fdb entry of another count is void */
enum {
	NGD_BRIDGE_LINK = 0,
	NGD_BRIDGE_UPLINK = 1,
};
#define NGD_BRIDGE_EPOCH 0x10000u
#define NGD_BRIDGE_EPOCH_MASK 0xffff0000u
/* Words of ngd_node.conf. */
enum {
	NGD_BRIDGE_MINSTABLE,
	NGD_BRIDGE_MAXSTALE,
	NGD_BRIDGE_LOOPTIME,
	NGD_BRIDGE_DEBUG,
};
/* Counters of a link.  recvPackets and recvOctets are what the walk has
 * counted without runts, invalid ones and muted ones. */
enum {
	NGD_BRIDGE_C_MULTICAST_IN = NGD_C_TYPE,
	NGD_BRIDGE_C_BROADCAST_IN,
	NGD_BRIDGE_C_UNKNOWN,
	NGD_BRIDGE_C_RUNTS,
	NGD_BRIDGE_C_INVALID,
	NGD_BRIDGE_C_MULTICAST_OUT,
	NGD_BRIDGE_C_BROADCAST_OUT,
	NGD_BRIDGE_C_MUTED,	 /* dropped because the link was muted */
	NGD_BRIDGE_C_LOOPS,	 /* detected by a packet, which was dropped */
	NGD_BRIDGE_C_MEMORY,	 /* no room in the table */
	NGD_BRIDGE_C_BAD_OCTETS, /* of runts, invalid and muted ones */
	NGD_BRIDGE_COUNTERS
};
_Static_assert((int)NGD_BRIDGE_COUNTERS <= (int)NGD_COUNTERS, "ngd_stats");

/* --- one2many --- */
enum {
	NGD_O2M_MANY = 0,
	NGD_O2M_ONE = 1,
};
enum {
	NGD_O2M_ALG,	/* conf: NG_ONE2MANY_XMIT_* */
	NGD_O2M_ACTIVE, /* conf: so many of the links are up */
};
/* Its blob is their slots, u32 each, in the order of their numbers; word 0 of
 * its state counts the packets that took turns. */

/* --- tee --- */
enum {
	NGD_TEE_RIGHT = 1,
	NGD_TEE_LEFT,
	NGD_TEE_RIGHT2LEFT,
	NGD_TEE_LEFT2RIGHT,
};

/* --- split --- */
enum {
	NGD_SPLIT_MIXED = 1,
	NGD_SPLIT_OUT,
	NGD_SPLIT_IN,
};

/* --- vlan and etf ---
 * Rules: key u16 in network order: the VLAN id, or the Ethernet type; entry:
 * the hook. */
enum {
	NGD_MATCH_HOOK = 0,
	NGD_MATCH_DOWNSTREAM = 1,
	NGD_MATCH_NOMATCH = 2,
};
enum {
	NGD_VLAN_PROTO, /* conf: type of the tags */
};
#define NGD_VLAN_FILTERED 0x10000u /* hook->conf: this or-ed to its tag */

/* --- macfilter ---
 * Rules: key of 7 bytes: an address and NGD_MAC_IN (from it, by ether) or
 * NGD_MAC_OUT (to it).  `hook` of the first says where it is directed to;
 * born counts packets, seen their octets without Ethernet headers. */
enum {
	NGD_MACFILTER_UPPER = 0,
	NGD_MACFILTER_ETHER = 1,
	NGD_MACFILTER_DEFAULT = 2,
};
enum {
	NGD_MAC_IN = 0,
	NGD_MAC_OUT = 1,
};

#endif
