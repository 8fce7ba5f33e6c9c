/* netflow_export: what a netflow node tells of flows that have ended. */
#ifndef CB_NETGRAPH_NETFLOW_EXPORT_H
#define CB_NETGRAPH_NETFLOW_EXPORT_H

#include "netgraph/netflow_data.h"
#include "netgraph/type.h"

#define NF_MIN_MTU 24
#define NF_MAX_MTU 16384
#define NF_V5_RECORDS 30 /* in a datagram, at most */

/* What stays from one datagram to the next; in the node's priv. */
struct nf_export {
	uint32_t sequence;  /* flows told by version 5 */
	uint32_t sequence9; /* datagrams of version 9 */
	uint32_t failed, failed9;
	uint16_t templ_time, templ_packets; /* between two templates: seconds,
					       datagrams; at most */
	uint16_t mtu;
	uint32_t templ_at; /* the datagram that had the last one */
	uint64_t templ_ns; /* its time; 0: there was none yet */
};
void nf_export_init(struct nf_export *x);

/* Datagrams in the making. */
struct nf_out {
	struct ng_node *n;
	struct nf_export *x;
	uint64_t now;	      /* CLOCK_MONOTONIC, ns */
	uint16_t count;	      /* of v5's records */
	uint16_t count9;      /* of v9's, and templates */
	size_t len9, flowset; /* so long it is; where the last flowset begins */
	uint32_t version;     /* that flowset's; 0: it is closed */
	uint8_t v5[24 + NF_V5_RECORDS * 48];
	uint8_t v9[NF_MAX_MTU];
};
/* One flow more, which leaves by the interface with index `out`. */
void nf_out_add(struct nf_out *o, const struct ngd_nf_key *k,
		const struct ngd_nf_flow *f, uint16_t out);
/* What is not full is sent, too. */
void nf_out_end(struct nf_out *o);

#endif
