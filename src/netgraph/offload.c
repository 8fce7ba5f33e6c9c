/* offload: see offload.h. */
#include "netgraph/offload.h"

#include "base/cleanup.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>

#define TAGS_MAX 2
#define EXTENSIONS_MAX 8
#define PACKET_MAX (1u << 20)

/* Where the headers of a packet are. */
struct layout {
	size_t net, transport, payload;
	bool v6;
	uint8_t proto; /* IPPROTO_TCP, IPPROTO_UDP */
};

/* ------------------------------------------------------------- layout */

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* Ethernet and its tags: where the network header begins. */
static bool skip_link(const uint8_t *d, size_t len, size_t *ret_net,
		      uint16_t *ret_type)
{
	size_t at = offsetof(struct ethhdr, h_proto);

	for (int i = 0; i <= TAGS_MAX; i++, at += 4) {
		if (len < at + 2)
			return false;
		*ret_type = get16(d + at);
		if (*ret_type != ETH_P_8021Q && *ret_type != ETH_P_8021AD) {
			*ret_net = at + 2;
			return true;
		}
	}
	return false;
}

static bool layout_v4(const uint8_t *d, size_t len, struct layout *l)
{
	struct iphdr ip;

	if (len < l->net + sizeof(ip))
		return false;
	memcpy(&ip, d + l->net, sizeof(ip));
	if (ip.version != 4 || ip.ihl < 5 ||
	    (ntohs(ip.frag_off) & (IP_OFFMASK | IP_MF)))
		return false;
	l->proto = ip.protocol;
	l->transport = l->net + ip.ihl * 4u;
	return true;
}

static bool layout_v6(const uint8_t *d, size_t len, struct layout *l)
{
	size_t at = l->net + sizeof(struct ip6_hdr);

	if (len < at || d[l->net] >> 4 != 6)
		return false;
	l->v6 = true;
	l->proto = d[l->net + offsetof(struct ip6_hdr, ip6_nxt)];
	for (int i = 0; i < EXTENSIONS_MAX; i++) {
		if (l->proto != IPPROTO_HOPOPTS &&
		    l->proto != IPPROTO_ROUTING &&
		    l->proto != IPPROTO_DSTOPTS) {
			l->transport = at;
			return true;
		}
		if (len < at + 2)
			return false;
		l->proto = d[at];
		at += (d[at + 1] + 1u) * 8;
	}
	return false;
}

static bool layout_transport(const uint8_t *d, size_t len, struct layout *l)
{
	size_t head;

	if (l->proto == IPPROTO_UDP) {
		head = sizeof(struct udphdr);
	} else if (l->proto == IPPROTO_TCP) {
		if (len < l->transport + sizeof(struct tcphdr))
			return false;
		head = (d[l->transport + 12] >> 4) * 4u;
		if (head < sizeof(struct tcphdr))
			return false;
	} else {
		return false;
	}
	l->payload = l->transport + head;
	return l->payload <= len;
}

/* False: not TCP or UDP over IP, or cut off. */
static bool layout_of(const uint8_t *d, size_t len, bool l3, struct layout *l)
{
	uint16_t type = 0;

	memset(l, 0, sizeof(*l));
	if (l3)
		type = len && d[0] >> 4 == 6 ? ETH_P_IPV6 : ETH_P_IP;
	else if (!skip_link(d, len, &l->net, &type))
		return false;
	if (type == ETH_P_IP ? !layout_v4(d, len, l)
			     : type != ETH_P_IPV6 || !layout_v6(d, len, l))
		return false;
	return layout_transport(d, len, l);
}

/* ---------------------------------------------------------- checksums */

static uint32_t sum_add(uint32_t sum, const uint8_t *p, size_t len)
{
	uint64_t s = sum;

	for (; len > 1; len -= 2, p += 2)
		s += get16(p);
	if (len)
		s += (uint32_t)p[0] << 8;
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (uint32_t)s;
}

static size_t sum_offset(const struct layout *l)
{
	return l->transport + (l->proto == IPPROTO_TCP
				       ? offsetof(struct tcphdr, check)
				       : offsetof(struct udphdr, check));
}

/* Where the packet ends by its own length (an Ethernet frame is padded). */
static size_t packet_end(const uint8_t *d, size_t len, const struct layout *l)
{
	size_t end =
		l->v6 ? l->net + sizeof(struct ip6_hdr) + get16(d + l->net + 4)
		      : l->net + get16(d + l->net + 2);

	return end < l->payload || end > len ? len : end;
}

static uint32_t pseudo_sum(const uint8_t *d, size_t end, const struct layout *l)
{
	uint32_t s = (uint32_t)(end - l->transport) + l->proto;

	s = (s & 0xffff) + (s >> 16);
	return l->v6 ? sum_add(s, d + l->net + 8, 32)
		     : sum_add(s, d + l->net + 12, 8);
}

/* The transport checksum of d, of which it does not matter what it was. */
static void sum_transport(uint8_t *d, size_t end, const struct layout *l)
{
	size_t at = sum_offset(l);
	uint32_t s;

	put16(d + at, 0);
	s = sum_add(pseudo_sum(d, end, l), d + l->transport,
		    end - l->transport) ^
	    0xffff;
	/* in UDP 0 means: none */
	put16(d + at, s || l->proto == IPPROTO_TCP ? s : 0xffff);
}

static bool sum_missing(const uint8_t *d, size_t end, const struct layout *l)
{
	uint16_t there = get16(d + sum_offset(l));

	return there && there == pseudo_sum(d, end, l);
}

static void sum_v4(uint8_t *d, const struct layout *l)
{
	put16(d + l->net + offsetof(struct iphdr, check), 0);
	put16(d + l->net + offsetof(struct iphdr, check),
	      sum_add(0, d + l->net, l->transport - l->net) ^ 0xffff);
}

/* ----------------------------------------------------------- segments */

/* Headers of segment number i, len bytes with them; last: there are no more. */
static void segment_head(uint8_t *d, size_t len, const struct layout *l,
			 uint32_t i, uint32_t before, bool last)
{
	uint8_t *t = d + l->transport;
	uint32_t seq;

	if (l->v6) {
		put16(d + l->net + 4,
		      (uint32_t)(len - l->net - sizeof(struct ip6_hdr)));
	} else {
		put16(d + l->net + 2, (uint32_t)(len - l->net));
		put16(d + l->net + 4, get16(d + l->net + 4) + i);
		sum_v4(d, l);
	}
	if (l->proto == IPPROTO_UDP) {
		put16(t + 4, (uint32_t)(len - l->transport));
	} else {
		memcpy(&seq, t + 4, sizeof(seq));
		seq = htonl(ntohl(seq) + before);
		memcpy(t + 4, &seq, sizeof(seq));
		if (!last)
			t[13] &= (uint8_t) ~(TH_FIN | TH_PUSH);
		if (i)
			t[13] &= 0x7f; /* CWR: once */
	}
	sum_transport(d, len, l);
}

static int each_segment(const uint8_t *d, size_t end, size_t segment,
			const struct layout *l, ng_frame_fn *fn, void *arg)
{
	cleanup_free uint8_t *buf = malloc(l->payload + segment);
	uint32_t i = 0;
	int r = 0;

	if (!buf)
		return -ENOMEM;
	for (size_t at = l->payload; at < end && !r; at += segment, i++) {
		size_t part = end - at < segment ? end - at : segment;

		memcpy(buf, d, l->payload);
		memcpy(buf + l->payload, d + at, part);
		segment_head(buf, l->payload + part, l, i,
			     (uint32_t)(at - l->payload), at + part == end);
		r = fn(arg, buf, l->payload + part);
	}
	return r;
}

int ng_offload_each(const void *data, size_t len, size_t segment, bool l3,
		    ng_frame_fn *fn, void *arg)
{
	cleanup_free uint8_t *copy = NULL;
	struct layout l;
	size_t end;

	if (len > PACKET_MAX || !layout_of(data, len, l3, &l))
		return fn(arg, data, len);
	/* the length of one that is larger than IP can say is the buffer's */
	end = segment ? len : packet_end(data, len, &l);
	if (segment && end - l.payload > segment)
		return each_segment(data, end, segment, &l, fn, arg);
	if (!sum_missing(data, end, &l))
		return fn(arg, data, len);
	copy = malloc(len);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, data, len);
	sum_transport(copy, end, &l);
	return fn(arg, copy, len);
}
