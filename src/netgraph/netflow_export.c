/*
 * netflow_export: datagrams of NetFlow, versions 5 and 9 (RFC 3954).
 *
 * Version 5 has records of IPv4 flows, of one form.  Version 9 has two
 * templates, which say what the records of IPv4 and of IPv6 flows are like, and
 * flowsets of records of one template each.  Templates are told again after
 * templ_time seconds or templ_packets datagrams.  Fields, templates and their
 * order are FreeBSD's; next hops, masks and autonomous systems are 0.
 */
#include "netgraph/netflow_export.h"

#include "netgraph/node.h"

#include <arpa/inet.h>
#include <string.h>
#include <time.h>

#define NS_A_SECOND 1000000000ull
#define NS_A_MS 1000000u
#define AROUND (40 + 8 + 16) /* IPv6, UDP, options: what mtu has besides */

static uint32_t ms(uint64_t ns)
{
	return htonl((uint32_t)(ns / NS_A_MS));
}

/* Counters have 32 bits. */
static uint32_t count32(uint64_t v)
{
	return htonl(v > UINT32_MAX ? UINT32_MAX : (uint32_t)v);
}

static bool send_out(const struct nf_out *o, unsigned int role,
		     const void *data, size_t len)
{
	struct ng_hook *h = node_hook_role(o->n, role);

	return !h || ng_send_data(h, data, len) >= 0;
}

void nf_export_init(struct nf_export *x)
{
	*x = (struct nf_export){
		.templ_time = 600, .templ_packets = 500, .mtu = 1500};
}

/* --- version 5 ---------------------------------------------------------- */

struct v5_header {
	uint16_t version, count;
	uint32_t uptime_ms, secs, nsecs, sequence;
	uint8_t engine_type, engine_id;
	uint16_t sampling;
};
struct v5_record {
	uint8_t src[4], dst[4], next_hop[4];
	uint16_t input, output;
	uint32_t packets, octets, first_ms, last_ms;
	uint16_t sport, dport;
	uint8_t pad, tcp_flags, proto, tos;
	uint16_t src_as, dst_as;
	uint8_t src_mask, dst_mask;
	uint16_t pad2;
};
_Static_assert(sizeof(struct v5_header) == 24, "Cisco's");
_Static_assert(sizeof(struct v5_record) == 48, "Cisco's");

static size_t v5_len(const struct nf_out *o)
{
	return sizeof(struct v5_header) + o->count * sizeof(struct v5_record);
}

static void v5_send(struct nf_out *o)
{
	struct v5_header head;
	struct timespec t;

	if (!o->count)
		return;
	clock_gettime(CLOCK_REALTIME, &t);
	head = (struct v5_header){
		.version = htons(5),
		.count = htons(o->count),
		.uptime_ms = ms(o->now),
		.secs = htonl((uint32_t)t.tv_sec),
		.nsecs = htonl((uint32_t)t.tv_nsec),
		.sequence = htonl(o->x->sequence),
	};
	memcpy(o->v5, &head, sizeof(head));
	o->x->sequence += o->count;
	if (!send_out(o, NGD_NF_EXPORT, o->v5, v5_len(o)))
		o->x->failed++;
	o->count = 0;
}

static void v5_add(struct nf_out *o, const struct ngd_nf_key *k,
		   const struct ngd_nf_flow *f, uint16_t out)
{
	struct v5_record r = {
		.input = htons(k->ifx),
		.output = htons(out),
		.packets = count32(f->packets),
		.octets = count32(f->bytes),
		.first_ms = ms(f->first),
		.last_ms = ms(f->last),
		.sport = k->sport,
		.dport = k->dport,
		.tcp_flags = (uint8_t)f->tcp_flags,
		.proto = k->proto,
		.tos = k->tos,
	};

	memcpy(r.src, k->src, sizeof(r.src));
	memcpy(r.dst, k->dst, sizeof(r.dst));
	memcpy(o->v5 + v5_len(o), &r, sizeof(r));
	if (++o->count == NF_V5_RECORDS)
		v5_send(o);
}

/* --- version 9 ---------------------------------------------------------- */

struct v9_header {
	uint16_t version, count;
	uint32_t uptime_ms, secs, sequence, source;
};
_Static_assert(sizeof(struct v9_header) == 20, "RFC 3954");

/* Of which sort a field is decides where it comes from. */
enum v9_what {
	V9_SRC,
	V9_DST,
	V9_ZERO,
	V9_INPUT,
	V9_OUTPUT,
	V9_PACKETS,
	V9_OCTETS,
	V9_FIRST,
	V9_LAST,
	V9_SPORT,
	V9_DPORT,
	V9_FLAGS,
	V9_PROTO,
	V9_TOS,
};

/* length 0: an address. */
static const struct v9_field {
	uint16_t type4, type6;
	uint16_t length;
	enum v9_what what;
} fields[] = {
	{8, 27, 0, V9_SRC},    {12, 28, 0, V9_DST},
	{15, 62, 0, V9_ZERO}, /* next hop */
	{10, 10, 2, V9_INPUT}, {14, 14, 2, V9_OUTPUT},
	{2, 2, 4, V9_PACKETS}, {1, 1, 4, V9_OCTETS},
	{24, 24, 4, V9_ZERO}, /* packets and octets out */
	{23, 23, 4, V9_ZERO},  {22, 22, 4, V9_FIRST},
	{21, 21, 4, V9_LAST},  {7, 7, 2, V9_SPORT},
	{11, 11, 2, V9_DPORT}, {6, 6, 1, V9_FLAGS},
	{4, 4, 1, V9_PROTO},   {5, 5, 1, V9_TOS},
	{16, 16, 4, V9_ZERO},			   /* autonomous systems */
	{17, 17, 4, V9_ZERO},  {9, 9, 1, V9_ZERO}, /* masks */
	{13, 13, 1, V9_ZERO},
};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))
#define RECORD_MAX 104
#define TEMPLATES_MAX (4 + 2 * (4 + 4 * FIELDS))
_Static_assert(sizeof(struct v9_header) + TEMPLATES_MAX + 4 + RECORD_MAX + 4 <=
		       NF_MAX_MTU,
	       "one record fits");

static uint16_t v9_template(uint32_t version)
{
	return version == 6 ? 259 : 256;
}

static uint16_t v9_length(const struct v9_field *f, uint32_t version)
{
	if (f->length)
		return f->length;
	return version == 6 ? 16 : 4;
}

static void v9_put16(struct nf_out *o, uint16_t v)
{
	v = htons(v);
	memcpy(o->v9 + o->len9, &v, sizeof(v));
	o->len9 += sizeof(v);
}

static void v9_templates(struct nf_out *o)
{
	v9_put16(o, 0);
	v9_put16(o, TEMPLATES_MAX);
	for (uint32_t version = 4; version <= 6; version += 2) {
		v9_put16(o, v9_template(version));
		v9_put16(o, FIELDS);
		for (size_t i = 0; i < FIELDS; i++) {
			v9_put16(o, version == 6 ? fields[i].type6
						 : fields[i].type4);
			v9_put16(o, v9_length(&fields[i], version));
		}
		o->count9++;
	}
	o->x->templ_ns = o->now;
	o->x->templ_at = o->x->sequence9;
}

static void v9_begin(struct nf_out *o)
{
	const struct nf_export *x = o->x;

	o->len9 = sizeof(struct v9_header);
	o->count9 = 0;
	o->version = 0;
	if (!x->templ_ns || x->templ_ns > o->now ||
	    (o->now - x->templ_ns) / NS_A_SECOND >= x->templ_time ||
	    x->sequence9 - x->templ_at >= x->templ_packets)
		v9_templates(o);
}

/* A flowset is a multiple of four bytes long, and says how many. */
static void v9_close(struct nf_out *o)
{
	uint16_t len;

	if (!o->version)
		return;
	while (o->len9 % 4)
		o->v9[o->len9++] = 0;
	len = htons((uint16_t)(o->len9 - o->flowset));
	memcpy(o->v9 + o->flowset + 2, &len, sizeof(len));
	o->version = 0;
}

static void v9_send(struct nf_out *o)
{
	struct v9_header head;
	struct timespec t;

	if (!o->len9)
		return;
	v9_close(o);
	clock_gettime(CLOCK_REALTIME, &t);
	head = (struct v9_header){
		.version = htons(9),
		.count = htons(o->count9),
		.uptime_ms = ms(o->now),
		.secs = htonl((uint32_t)t.tv_sec),
		.sequence = htonl(o->x->sequence9++),
	};
	memcpy(o->v9, &head, sizeof(head));
	if (!send_out(o, NGD_NF_EXPORT9, o->v9, o->len9))
		o->x->failed9++;
	o->len9 = 0;
}

/* A field of up to four bytes. */
static uint32_t v9_value(const struct ngd_nf_key *k,
			 const struct ngd_nf_flow *f, uint16_t out,
			 enum v9_what what)
{
	switch (what) {
	case V9_INPUT:
		return k->ifx;
	case V9_OUTPUT:
		return out;
	case V9_PACKETS:
		return ntohl(count32(f->packets));
	case V9_OCTETS:
		return ntohl(count32(f->bytes));
	case V9_FIRST:
		return ntohl(ms(f->first));
	case V9_LAST:
		return ntohl(ms(f->last));
	case V9_SPORT:
		return ntohs(k->sport);
	case V9_DPORT:
		return ntohs(k->dport);
	case V9_FLAGS:
		return f->tcp_flags & 0xff;
	case V9_PROTO:
		return k->proto;
	case V9_TOS:
		return k->tos;
	default:
		return 0;
	}
}

static void v9_record(struct nf_out *o, const struct ngd_nf_key *k,
		      const struct ngd_nf_flow *f, uint16_t out)
{
	for (size_t i = 0; i < FIELDS; i++) {
		uint16_t len = v9_length(&fields[i], k->version);
		uint8_t *to = o->v9 + o->len9;

		if (fields[i].what == V9_SRC) {
			memcpy(to, k->src, len);
		} else if (fields[i].what == V9_DST) {
			memcpy(to, k->dst, len);
		} else {
			uint32_t v = v9_value(k, f, out, fields[i].what);

			for (uint16_t b = len; b > 0; b--, v >>= 8)
				to[b - 1] = (uint8_t)v;
		}
		o->len9 += len;
	}
	o->count9++;
}

static void v9_add(struct nf_out *o, const struct ngd_nf_key *k,
		   const struct ngd_nf_flow *f, uint16_t out)
{
	size_t most = o->x->mtu > AROUND ? (size_t)o->x->mtu - AROUND : 0;

	if (!o->len9)
		v9_begin(o);
	if (o->version != k->version) {
		v9_close(o);
		o->flowset = o->len9;
		o->version = k->version;
		v9_put16(o, v9_template(k->version));
		v9_put16(o, 0);
	}
	v9_record(o, k, f, out);
	if (o->len9 + 4 + RECORD_MAX + 4 >= most)
		v9_send(o);
}

/* --- both --------------------------------------------------------------- */

void nf_out_add(struct nf_out *o, const struct ngd_nf_key *k,
		const struct ngd_nf_flow *f, uint16_t out)
{
	if (k->version == 4)
		v5_add(o, k, f, out);
	if (node_hook_role(o->n, NGD_NF_EXPORT9))
		v9_add(o, k, f, out);
}

void nf_out_end(struct nf_out *o)
{
	v5_send(o);
	v9_send(o);
}
