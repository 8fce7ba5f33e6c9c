/*
 * netgraph/netflow/ng_netflow.h: ng_netflow(4), as FreeBSD's header of that
 * name has it.
 */
#ifndef NETGRAPH_NETFLOW_NG_NETFLOW_H
#define NETGRAPH_NETFLOW_NG_NETFLOW_H

#include <limits.h>
#include <netgraph/ng_message.h>
#include <netinet/in.h>

#define NG_NETFLOW_NODE_TYPE "netflow"
#define NGM_NETFLOW_COOKIE 1365756954
#define NGM_NETFLOW_V9_COOKIE 1349865386

#define NG_NETFLOW_MAXIFACES USHRT_MAX

/* The first two with a number: iface0, out0. */
#define NG_NETFLOW_HOOK_DATA "iface"
#define NG_NETFLOW_HOOK_OUT "out"
#define NG_NETFLOW_HOOK_EXPORT "export"
#define NG_NETFLOW_HOOK_EXPORT9 "export9"

enum {
	NGM_NETFLOW_INFO = 1 | NGM_READONLY | NGM_HASREPLY,
	NGM_NETFLOW_IFINFO = 2 | NGM_READONLY | NGM_HASREPLY,
	NGM_NETFLOW_SHOW = 3 | NGM_READONLY | NGM_HASREPLY,
	NGM_NETFLOW_SETDLT = 4,
	NGM_NETFLOW_SETIFINDEX = 5,
	NGM_NETFLOW_SETTIMEOUTS = 6,
	NGM_NETFLOW_SETCONFIG = 7,
	NGM_NETFLOW_SETTEMPLATE = 8,
	NGM_NETFLOW_SETMTU = 9,
	NGM_NETFLOW_V9INFO = 10 | NGM_READONLY | NGM_HASREPLY,
};

struct ng_netflow_info {
	uint64_t nfinfo_bytes; /* IPv4, counted */
	uint64_t nfinfo_packets;
	uint64_t nfinfo_bytes6;
	uint64_t nfinfo_packets6;
	uint64_t nfinfo_sbytes; /* skipped */
	uint64_t nfinfo_spackets;
	uint64_t nfinfo_sbytes6;
	uint64_t nfinfo_spackets6;
	uint64_t nfinfo_act_exp; /* flows that were sent while active */
	uint64_t nfinfo_inact_exp;
	uint32_t nfinfo_used; /* records in the cache */
	uint32_t nfinfo_used6;
	uint32_t nfinfo_alloc_failed;
	uint32_t nfinfo_export_failed;
	uint32_t nfinfo_export9_failed;
	uint32_t nfinfo_realloc_mbuf;
	uint32_t nfinfo_alloc_fibs;
	uint32_t nfinfo_inact_t; /* timeouts, seconds */
	uint32_t nfinfo_act_t;
};

#define MAXDLTNAMELEN 20
struct ng_netflow_ifinfo {
	uint32_t ifinfo_packets;
	uint8_t ifinfo_dlt;
	uint16_t ifinfo_index;
	uint32_t conf;
};

struct ng_netflow_setdlt {
	uint16_t iface;
	uint8_t dlt; /* DLT_EN10MB 1, DLT_RAW 12 */
};

struct ng_netflow_setifindex {
	uint16_t iface;
	uint16_t index;
};

struct ng_netflow_settimeouts {
	uint32_t inactive_timeout;
	uint32_t active_timeout;
};

#define NG_NETFLOW_CONF_INGRESS 0x01
#define NG_NETFLOW_CONF_EGRESS 0x02
#define NG_NETFLOW_CONF_ONCE 0x04
#define NG_NETFLOW_CONF_THISONCE 0x08
#define NG_NETFLOW_CONF_NOSRCLOOKUP 0x10
#define NG_NETFLOW_CONF_NODSTLOOKUP 0x20

#define NG_NETFLOW_IS_FRAG 0x01
#define NG_NETFLOW_FLOW_FLAGS                                                  \
	(NG_NETFLOW_CONF_NOSRCLOOKUP | NG_NETFLOW_CONF_NODSTLOOKUP)

struct ng_netflow_setconfig {
	uint16_t iface;
	uint32_t conf;
};

struct ng_netflow_settemplate {
	uint16_t time; /* seconds at most between two templates */
	uint16_t packets;
};

struct ng_netflow_setmtu {
	uint16_t mtu;
};

/* NGM_NETFLOW_SHOW: where to go on, and what came */
struct ngnf_show_header {
	unsigned char version; /* 4, 6 */
	uint32_t hash_id;
	uint32_t list_id;
	uint32_t nentries;
};

struct ng_netflow_v9info {
	uint16_t templ_packets;
	uint16_t templ_time;
	uint16_t mtu;
};

/* What makes a flow. */
struct flow_rec {
	uint16_t flow_type;
	uint16_t fib;
	struct in_addr r_src;
	struct in_addr r_dst;
	union {
		struct {
			uint16_t s_port;
			uint16_t d_port;
		} dir;
		uint32_t both;
	} ports;
	union {
		struct {
			unsigned char prot;
			unsigned char tos;
			uint16_t i_ifx; /* index of the interface it came by */
		} i;
		uint32_t all;
	} misc;
};

struct flow6_rec {
	uint16_t flow_type;
	uint16_t fib;
	union {
		struct in_addr r_src;
		struct in6_addr r_src6;
	} src;
	union {
		struct in_addr r_dst;
		struct in6_addr r_dst6;
	} dst;
	union {
		struct {
			uint16_t s_port;
			uint16_t d_port;
		} dir;
		uint32_t both;
	} ports;
	union {
		struct {
			unsigned char prot;
			unsigned char tos;
			uint16_t i_ifx;
		} i;
		uint32_t all;
	} misc;
};

#define r_ip_p misc.i.prot
#define r_tos misc.i.tos
#define r_i_ifx misc.i.i_ifx
#define r_misc misc.all
#define r_ports ports.both
#define r_sport ports.dir.s_port
#define r_dport ports.dir.d_port

struct flow_entry_data {
	uint16_t version;
	struct flow_rec r;
	struct in_addr next_hop;
	uint16_t fle_o_ifx; /* index of the interface it leaves by */
	uint8_t dst_mask;
	uint8_t src_mask;
	unsigned long packets;
	unsigned long bytes;
	long first; /* seconds since boot */
	long last;
	unsigned char tcp_flags; /* of all packets */
};
#define fle_i_ifx r.misc.i.i_ifx

struct flow6_entry_data {
	uint16_t version;
	struct flow6_rec r;
	union {
		struct in_addr next_hop;
		struct in6_addr next_hop6;
	} n;
	uint16_t fle_o_ifx;
	uint8_t dst_mask;
	uint8_t src_mask;
	unsigned long packets;
	unsigned long bytes;
	long first;
	long last;
	unsigned char tcp_flags;
};

/* So many records come in one answer to NGM_NETFLOW_SHOW. */
#define NREC_AT_ONCE 1000
#define NREC6_AT_ONCE                                                          \
	(NREC_AT_ONCE * sizeof(struct flow_entry_data) /                       \
	 sizeof(struct flow6_entry_data))
#define NGRESP_SIZE                                                            \
	(sizeof(struct ngnf_show_header) +                                     \
	 (NREC_AT_ONCE * sizeof(struct flow_entry_data)))
#define SORCVBUF_SIZE (NGRESP_SIZE + 2 * sizeof(struct ng_mesg))

#endif
