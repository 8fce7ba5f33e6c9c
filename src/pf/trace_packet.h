/*
 * trace_packet: a packet's addresses and ports, of the bytes that the kernel
 * shows of its headers.
 */
#ifndef CB_PF_TRACE_PACKET_H
#define CB_PF_TRACE_PACKET_H

#include "base/str.h"
#include "pf/nft_gen.h"
#include "pf/state.h"

struct trace_packet {
	uint8_t af;    /* AF_INET, AF_INET6; 0: neither */
	uint8_t proto; /* of IPv6: what the first header says */
	union pf_addr src, dst;
	bool ports;
	uint16_t sport, dport; /* host order */
	uint8_t icmp_type, icmp_code;
	uint16_t icmp_id;
	uint8_t tcp_flags;
};

/* Headers as the kernel has them, of any length. */
void trace_packet_parse(struct trace_packet *p, const void *net, size_t nlen,
			const void *transport, size_t tlen);
/* "tcp 10.0.0.2:1234 > 10.0.1.2:80 S" */
void trace_packet_put(struct strbuf *b, const struct trace_packet *p);
/* The same ends? */
bool trace_packet_same(const struct trace_packet *a,
		       const struct trace_packet *b);
bool trace_is_icmp(uint8_t proto);
/* An ICMP error, which belongs to another packet's flow. */
bool trace_is_error(const struct trace_packet *p);
/* As a flow to look up; -EINVAL: it cannot have one. */
int trace_packet_flow(const struct trace_packet *p, struct pf_flow *ret);

#define TRACE_KEY_MAX 40
/* The key that a run of rules makes of the packet: its length. */
uint32_t trace_key(const struct trace_packet *p, const struct gen_run_why *w,
		   uint8_t key[TRACE_KEY_MAX]);

#endif
