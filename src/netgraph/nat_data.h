/*
 * nat_data: what nat nodes are told and what they remember (node_nat.c,
 * bpf/nat.bpf.h); shared with BPF.  Addresses and ports are in network order.
 */
#ifndef CB_NETGRAPH_NAT_DATA_H
#define CB_NETGRAPH_NAT_DATA_H

#include "netgraph/data.h"

/* struct ngd_hook .role */
enum {
	NGD_NAT_IN = 1,
	NGD_NAT_OUT,
};

/* struct ngd_node .conf[] */
enum {
	NGD_NAT_FLAGS,
	NGD_NAT_ALIAS,
	NGD_NAT_TARGET, /* 0: as it is, all ones: the aliasing address */
	NGD_NAT_AT,	/* where the IP header is */
};
/* Flags: ng_nat.h's, and: */
#define NGD_NAT_DENY 0x02u
#define NGD_NAT_SAME_PORTS 0x04u
#define NGD_NAT_UNREGISTERED 0x10u
#define NGD_NAT_REVERSE 0x80u
#define NGD_NAT_CGN 0x100u
#define NGD_NAT_SET 0x10000u /* there is an aliasing address */

/* What has been told to be redirected; in a blob, the newest last. */
enum {
	NGD_NAT_PORT = 1,
	NGD_NAT_ADDR,
	NGD_NAT_PROTO,
};
struct ngd_nat_rule {
	__u32 local, alias, remote; /* remote 0: any */
	__u32 id;
	__u16 local_port, alias_port, remote_port; /* remote_port 0: any */
	__u8 kind, proto;
	__u8 once;	     /* until its first link is made */
	__u8 servers, first; /* so many of the blob's share what comes in */
	__u8 turn;	     /* whose turn it is, changed by packets */
};
#define NGD_NAT_RULES 256u
struct ngd_nat_server {
	__u32 addr;
	__u16 port;
	__u16 pad;
};
#define NGD_NAT_SERVERS 120u
struct ngd_nat_blob {
	__u32 count;
	__u32 pad;
	struct ngd_nat_rule rule[NGD_NAT_RULES];
	struct ngd_nat_server server[NGD_NAT_SERVERS];
};
_Static_assert(sizeof(struct ngd_nat_blob) <= NGD_BLOB, "fits");

/*
 * A link has two entries: by what leaves, and by what comes in.  `near` is the
 * end that is changed: the local address, or the aliasing one; of ICMP the
 * port is the identifier.  When it was last used, and what becomes of a TCP
 * connection, is in that of what leaves; without it the other is void.
 */
struct ngd_nat_key {
	__u32 node;
	__u32 near, far;
	__u16 near_port, far_port;
	__u8 proto;
	__u8 in;
	__u16 fragment; /* 1: near_port is the number of a fragmented packet */
};
struct ngd_nat_link {
	__u32 addr; /* what near becomes */
	__u16 port;
	__u8 tcp[2]; /* NGD_NAT_TCP_*, of what leaves, of what comes in */
	__u32 gen;   /* of the node; another: void */
	__u32 life;  /* seconds */
	__u64 seen;  /* bpf_ktime_get_ns() */
};
enum {
	NGD_NAT_TCP_NONE,
	NGD_NAT_TCP_OPEN,
	NGD_NAT_TCP_CLOSED,
};
/* Seconds without a packet; libalias(3)'s. */
enum {
	NGD_NAT_LIFE = 60, /* ICMP, UDP, other protocols */
	NGD_NAT_LIFE_FRAGMENT = 30,
	NGD_NAT_LIFE_NEW = 300, /* TCP */
	NGD_NAT_LIFE_OPEN = 86400,
	NGD_NAT_LIFE_HALF = 90,
	NGD_NAT_LIFE_CLOSED = 10,
};
#define NGD_NAT_LINKS 131072 /* entries, of all nodes of a vnet */

/* Events: the id of a rule that was for one link, or: */
#define NGD_NAT_FULL 0u
/* struct ngd_state .word[]: when that was told; no sooner again than, s */
#define NGD_NAT_TOLD 0
#define NGD_NAT_TELL 5

_Static_assert(sizeof(struct ngd_nat_rule) == 28, "shared with BPF");
_Static_assert(sizeof(struct ngd_nat_key) == 20, "shared with BPF");
_Static_assert(sizeof(struct ngd_nat_link) == 24, "shared with BPF");

#endif
