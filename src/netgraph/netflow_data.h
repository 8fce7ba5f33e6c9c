/*
 * netflow_data: flows that bpf/netflow.bpf.h counts and node_netflow.c takes
 * out of the table; shared with BPF.
 */
#ifndef CB_NETGRAPH_NETFLOW_DATA_H
#define CB_NETGRAPH_NETFLOW_DATA_H

#include "netgraph/data.h"

/* struct ngd_hook .role; .number is N, .conf the slot of the other one of
 * ifaceN and outN, .flags what both are told. */
enum {
	NGD_NF_IFACE = 1,
	NGD_NF_OUT,
	NGD_NF_EXPORT,
	NGD_NF_EXPORT9,
};
#define NGD_NF_RAW 0x100u /* packets begin with the IP header */
#define NGD_NF_INGRESS 0x200u
#define NGD_NF_EGRESS 0x400u
#define NGD_NF_ONCE 0x800u
#define NGD_NF_THISONCE 0x1000u
#define NGD_NF_INDEX(flags) ((flags) >> 16) /* of the interface */

/* Own counters of a hook, from NGD_C_TYPE on. */
enum {
	NGD_NF_C_PACKETS, /* counted: IPv4 */
	NGD_NF_C_OCTETS,
	NGD_NF_C_PACKETS6,
	NGD_NF_C_OCTETS6,
	NGD_NF_C_SKIPPED, /* bad ones, and IPv6 that nobody wants */
	NGD_NF_C_SKIPPED_OCTETS,
	NGD_NF_C_SKIPPED6,
	NGD_NF_C_SKIPPED_OCTETS6,
	NGD_NF_C_FULL, /* not counted: the table is full */
	NGD_NF_COUNTERS
};
#define NGD_NF_C_6 2 /* so much further is IPv6's */

#define NGD_NF_FLOWS 65536 /* of all nodes of a vnet */

/* Network order, but for node, version and ifx.  An IPv4 address is the first
 * four bytes of one. */
struct ngd_nf_key {
	__u32 node;
	__u8 src[16], dst[16];
	__u16 sport, dport;
	__u8 proto, tos;
	__u16 ifx;
	__u32 version; /* 4, 6 */
};
struct ngd_nf_flow {
	__u64 packets, bytes;
	__u64 first, last; /* CLOCK_MONOTONIC, ns */
	__u32 tcp_flags;   /* of all of them */
	__u32 out;	   /* slot of the hook that they leave by */
};

_Static_assert(NGD_C_TYPE + NGD_NF_COUNTERS <= NGD_COUNTERS, "fit");
_Static_assert(sizeof(struct ngd_nf_key) == 48, "shared with BPF");
_Static_assert(sizeof(struct ngd_nf_flow) == 40, "shared with BPF");

#endif
