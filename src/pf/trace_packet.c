/* See trace_packet.h. */
#include "pf/trace_packet.h"

#include "base/cleanup.h"
#include "pf/names.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static uint16_t be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

bool trace_is_icmp(uint8_t proto)
{
	return proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6;
}

bool trace_is_error(const struct trace_packet *p)
{
	static const uint8_t types[] = {3, 4, 5, 11, 12};

	if (p->proto == IPPROTO_ICMPV6)
		return p->icmp_type < 128;
	return p->proto == IPPROTO_ICMP &&
	       memchr(types, p->icmp_type, sizeof(types));
}

static bool has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP ||
	       proto == IPPROTO_SCTP || proto == IPPROTO_UDPLITE;
}

/* The network's header: false when there is none that is whole. */
static bool parse_net(struct trace_packet *p, const uint8_t *net, size_t len)
{
	if (len >= 20 && net[0] >> 4 == 4) {
		p->af = AF_INET;
		p->proto = net[9];
		memcpy(&p->src, net + 12, 4);
		memcpy(&p->dst, net + 16, 4);
		return true;
	}
	if (len >= 40 && net[0] >> 4 == 6) {
		p->af = AF_INET6;
		p->proto = net[6];
		memcpy(&p->src, net + 8, 16);
		memcpy(&p->dst, net + 24, 16);
		return true;
	}
	return false;
}

void trace_packet_parse(struct trace_packet *p, const void *net, size_t nlen,
			const void *transport, size_t tlen)
{
	const uint8_t *t = transport;

	*p = (struct trace_packet){0};
	if (!net || !parse_net(p, net, nlen) || !t)
		return;
	if (has_ports(p->proto) && tlen >= 4) {
		p->ports = true;
		p->sport = be16(t);
		p->dport = be16(t + 2);
	}
	if (p->proto == IPPROTO_TCP && tlen >= 14)
		p->tcp_flags = t[13];
	if (trace_is_icmp(p->proto) && tlen >= 8) {
		p->icmp_type = t[0];
		p->icmp_code = t[1];
		p->icmp_id = be16(t + 4);
	}
}

static void put_end(struct strbuf *b, const struct trace_packet *p,
		    const union pf_addr *a, uint16_t port)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(p->af, a, text, sizeof(text));
	strbuf_adds(b, text);
	if (p->ports)
		strbuf_addf(b, p->af == AF_INET6 ? "[%u]" : ":%u", port);
}

static void put_icmp(struct strbuf *b, const struct trace_packet *p)
{
	const char *name = pf_icmp_type_name(
		p->icmp_type, p->proto == IPPROTO_ICMP ? AF_INET : AF_INET6);

	if (name)
		strbuf_addf(b, " %s", name);
	else
		strbuf_addf(b, " type %u", p->icmp_type);
}

void trace_packet_put(struct strbuf *b, const struct trace_packet *p)
{
	const char *name = pf_proto_name(p->proto);
	size_t i;

	if (!p->af) {
		strbuf_adds(b, "a packet");
		return;
	}
	if (p->af == AF_INET6 && p->proto == IPPROTO_HOPOPTS)
		strbuf_adds(b, "hopopt");
	else if (name)
		strbuf_adds(b, name);
	else
		strbuf_addf(b, "proto %u", p->proto);
	strbuf_addch(b, ' ');
	put_end(b, p, &p->src, p->sport);
	strbuf_adds(b, " > ");
	put_end(b, p, &p->dst, p->dport);
	if (trace_is_icmp(p->proto))
		put_icmp(b, p);
	if (p->proto == IPPROTO_TCP && p->ports) {
		strbuf_addch(b, ' ');
		for (i = 0; PF_TCP_FLAGS[i]; i++)
			if (p->tcp_flags >> i & 1)
				strbuf_addch(b, PF_TCP_FLAGS[i]);
	}
}

bool trace_packet_same(const struct trace_packet *a,
		       const struct trace_packet *b)
{
	return a->af == b->af &&
	       memcmp(a->src.b, b->src.b, sizeof(a->src.b)) == 0 &&
	       memcmp(a->dst.b, b->dst.b, sizeof(a->dst.b)) == 0 &&
	       a->sport == b->sport && a->dport == b->dport;
}

int trace_packet_flow(const struct trace_packet *p, struct pf_flow *ret)
{
	if (!p->af)
		return -EINVAL;
	*ret = (struct pf_flow){.af = p->af,
				.proto = p->proto,
				.icmp_type = p->icmp_type,
				.icmp_code = p->icmp_code};
	ret->orig[0].addr = p->src;
	ret->orig[1].addr = p->dst;
	ret->orig[0].port = p->ports ? p->sport : p->icmp_id;
	ret->orig[1].port = p->ports ? p->dport : 0;
	return 0;
}

uint32_t trace_key(const struct trace_packet *p, const struct gen_run_why *w,
		   uint8_t key[TRACE_KEY_MAX])
{
	const uint32_t len = p->af == AF_INET6 ? 16 : 4;
	const struct {
		const union pf_addr *addr;
		const uint8_t *mask;
		uint16_t port;
	} part[] = {{&p->src, w->src, 0},
		    {&p->dst, w->dst, 0},
		    {NULL, NULL, p->sport},
		    {NULL, NULL, p->dport}};
	uint32_t at = 0, i, k;
	uint16_t port;

	memset(key, 0, TRACE_KEY_MAX);
	for (i = 0; i < ARRAY_SIZE(part); i++) {
		if (!(w->fields & 1u << i))
			continue;
		if (part[i].addr) {
			for (k = 0; k < len; k++)
				key[at + k] =
					part[i].addr->b[k] & part[i].mask[k];
			at += len;
			continue;
		}
		port = htons(part[i].port);
		memcpy(key + at, &port, sizeof(port));
		at += 4;
	}
	return at;
}
