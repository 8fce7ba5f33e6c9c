/*
 * nft_match: conditions of pf's rules as expressions.
 *
 * A table of families: what a rule says of addresses decides whether it is one
 * kernel rule or one for each family; what is compared is in network order, so
 * that ranges are compared as bytes.
 */
#include "pf/nft_gen.h"

#include <arpa/inet.h>
#include <endian.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#define V4_PROTO 9
#define V4_SRC 12
#define V4_DST 16
#define V6_SRC 8
#define V6_DST 24

static unsigned int host_families(const struct pf_host *h)
{
	switch (h->kind) {
	case PF_ADDR_MASK:
	case PF_ADDR_RANGE:
		return h->af == AF_INET6 ? GEN_AF_V6 : GEN_AF_V4;
	case PF_ADDR_TABLE:
	case PF_ADDR_DYNIF:
		if (h->af == AF_INET)
			return GEN_AF_V4;
		if (h->af == AF_INET6)
			return GEN_AF_V6;
		return GEN_AF_V4 | GEN_AF_V6;
	default:
		return GEN_AF_ANY;
	}
}

unsigned int gen_families(const struct pf_rule *r)
{
	unsigned int s = host_families(&r->src.host);
	unsigned int d = host_families(&r->dst.host);
	unsigned int both = GEN_AF_V4 | GEN_AF_V6;
	unsigned int f;

	f = (s == GEN_AF_ANY ? both : s) & (d == GEN_AF_ANY ? both : d);
	if (r->af == AF_INET)
		return f & GEN_AF_V4;
	if (r->af == AF_INET6)
		return f & GEN_AF_V6;
	if (s == GEN_AF_ANY && d == GEN_AF_ANY && !(r->flags & PF_F_TOS))
		return GEN_AF_ANY;
	return f;
}

void gen_match_af(struct gen *g, unsigned int af)
{
	if (af == GEN_AF_ANY || g->first)
		return;
	nfe_meta(&g->b, NFT_META_NFPROTO, NFR(0));
	nfe_cmp_u8(&g->b, NFT_CMP_EQ, NFR(0),
		   af == GEN_AF_V6 ? NFPROTO_IPV6 : NFPROTO_IPV4);
}

void gen_match_proto(struct gen *g, uint8_t proto)
{
	if (!proto)
		return;
	if (g->first) /* IPv4: its header says it, which is loaded faster */
		nfe_payload(&g->b, NFT_PAYLOAD_NETWORK_HEADER, V4_PROTO, 1,
			    NFR(0));
	else
		nfe_meta(&g->b, NFT_META_L4PROTO, NFR(0));
	nfe_cmp_u8(&g->b, NFT_CMP_EQ, NFR(0), proto);
}

void gen_match_if(struct gen *g, const char *name, bool neg, bool out)
{
	char kname[IFNAMSIZ], set[64];

	nfe_meta(&g->b, out ? NFT_META_OIFNAME : NFT_META_IIFNAME, NFR(0));
	if (gen_is_group(name)) {
		nfe_lookup(&g->b, gen_group_set(g, name, set, sizeof(set)),
			   NFR(0), neg);
		return;
	}
	gen_kernel_name(name, kname);
	nfe_cmp(&g->b, neg ? NFT_CMP_NEQ : NFT_CMP_EQ, NFR(0), kname,
		sizeof(kname));
}

/* addresses */

static uint32_t addr_at(unsigned int af, bool dst)
{
	if (af == GEN_AF_V6)
		return dst ? V6_DST : V6_SRC;
	return dst ? V4_DST : V4_SRC;
}

static void load_addr(struct gen *g, unsigned int af, bool dst)
{
	nfe_payload(&g->b, NFT_PAYLOAD_NETWORK_HEADER, addr_at(af, dst),
		    af == GEN_AF_V6 ? 16 : 4, NFR(0));
}

static bool all_ones(const uint8_t *p, size_t n)
{
	while (n && *p == 0xff) {
		p++;
		n--;
	}
	return n == 0;
}

/*
 * A net's part of the address, where the kernel loads just that as fast: 1 or 2
 * bytes of IPv4, whole words of IPv6.  0: else, or all of it.
 */
static uint32_t whole_bytes(const uint8_t *mask, uint32_t len)
{
	uint32_t n = 0, i;

	while (n < len && mask[n] == 0xff)
		n++;
	for (i = n; i < len; i++)
		if (mask[i])
			return 0;
	if (n == len || (len == 4 ? n > 2 : n % 4))
		return 0;
	return n;
}

static void match_mask(struct gen *g, const struct pf_host *h, unsigned int af,
		       bool dst)
{
	static const uint8_t zero[16];
	const uint32_t len = af == GEN_AF_V6 ? 16 : 4;
	const uint32_t part = whole_bytes(h->mask.b, len);
	uint8_t want[16];
	uint32_t i;

	for (i = 0; i < len; i++)
		want[i] = h->addr.b[i] & h->mask.b[i];
	if (part) {
		nfe_payload(&g->b, NFT_PAYLOAD_NETWORK_HEADER, addr_at(af, dst),
			    part, NFR(0));
		nfe_cmp(&g->b, h->neg ? NFT_CMP_NEQ : NFT_CMP_EQ, NFR(0), want,
			part);
		return;
	}
	load_addr(g, af, dst);
	if (!all_ones(h->mask.b, len))
		nfe_bitwise(&g->b, NFR(0), NFR(0), len, h->mask.b, zero);
	nfe_cmp(&g->b, h->neg ? NFT_CMP_NEQ : NFT_CMP_EQ, NFR(0), want, len);
}

static bool is_dynamic(const struct gen *g, const struct gen_node *node,
		       const struct pf_host *h)
{
	char set[256];

	if (h->kind != PF_ADDR_TABLE || !g->dynamic.n)
		return false;
	gen_table_set(node, h->name, GEN_AF_V4, set, sizeof(set));
	return strv_has(&g->dynamic, set + 2);
}

unsigned int gen_dynamic(const struct gen *g, const struct gen_node *node,
			 const struct pf_rule *r)
{
	unsigned int mask = 0;

	if (!r->src.host.neg && is_dynamic(g, node, &r->src.host))
		mask |= GEN_DYN_SRC;
	if (!r->dst.host.neg && is_dynamic(g, node, &r->dst.host))
		mask |= GEN_DYN_DST;
	return mask;
}

/*
 * As pf looks: the anchor's own table, else the main ruleset's.  What packets
 * have added counts where the rest of the table does not hold the address, so
 * that of a rule's two kernel rules one matches at most.
 */
static void match_table(struct gen *g, const struct gen_match *m,
			const struct pf_host *h, bool dst)
{
	const bool dyn = m->dyn & (dst ? GEN_DYN_DST : GEN_DYN_SRC);
	char set[256];

	gen_table_set(m->node, h->name, m->af, set, sizeof(set));
	load_addr(g, m->af, dst);
	nfe_lookup(&g->b, set, NFR(0), h->neg || dyn);
	if (!dyn && !(h->neg && is_dynamic(g, m->node, h)))
		return;
	set[0] = 'o';
	nfe_lookup(&g->b, set, NFR(0), h->neg);
}

/*
 * The interface's own addresses: where the rule is on that interface the
 * kernel's local table knows them; else a set (nft_ifset.c).
 */
static void match_dynif(struct gen *g, const struct gen_match *m,
			const struct pf_host *h, bool dst)
{
	const bool out = !gen_is_in(m->place);
	const uint32_t local = RTN_LOCAL;
	char set[64];

	if (out != dst && !m->loop && !gen_is_member(m->place) &&
	    !h->if_flags && h->net < 0 && m->r->ifname &&
	    !(m->r->flags & PF_F_NOT_IF) && !gen_is_group(h->name) &&
	    strcmp(h->name, m->r->ifname) == 0) {
		nfe_fib(&g->b,
			dst ? NFTA_FIB_F_DADDR | NFTA_FIB_F_IIF
			    : NFTA_FIB_F_SADDR | NFTA_FIB_F_OIF,
			NFT_FIB_RESULT_ADDRTYPE, NFR(0));
		nfe_cmp(&g->b, h->neg ? NFT_CMP_NEQ : NFT_CMP_EQ, NFR(0),
			&local, sizeof(local));
		return;
	}
	g->asks_ifs = true;
	load_addr(g, m->af, dst);
	nfe_lookup(&g->b, gen_dynif_set(g, h, m->af, set, sizeof(set)), NFR(0),
		   h->neg);
}

static void match_fib(struct gen *g, bool urpf, bool dst, bool neg)
{
	uint32_t flags = dst ? NFTA_FIB_F_DADDR : NFTA_FIB_F_SADDR;

	if (urpf)
		flags |= NFTA_FIB_F_IIF;
	nfe_fib(&g->b, flags | NFTA_FIB_F_PRESENT, NFT_FIB_RESULT_OIF, NFR(0));
	nfe_cmp_u8(&g->b, NFT_CMP_EQ, NFR(0), neg ? 1 : 0);
}

static bool is_route(const struct pf_host *h)
{
	return h->kind == PF_ADDR_NOROUTE || h->kind == PF_ADDR_URPFFAILED;
}

/*
 * The kernel's `fib' asks in prerouting only.  What is on its way out has been
 * routed, and what the machine sends to itself has come where it should.
 */
static bool has_route(const struct gen_match *m)
{
	return !gen_is_in(m->place) || m->loop;
}

static void match_host(struct gen *g, const struct gen_match *m,
		       const struct pf_host *h, bool dst)
{
	switch (h->kind) {
	case PF_ADDR_MASK:
		match_mask(g, h, m->af, dst);
		break;
	case PF_ADDR_RANGE:
		load_addr(g, m->af, dst);
		nfe_range(&g->b, h->neg ? NFT_RANGE_NEQ : NFT_RANGE_EQ, NFR(0),
			  h->addr.b, h->mask.b, m->af == GEN_AF_V6 ? 16 : 4);
		break;
	case PF_ADDR_TABLE:
		match_table(g, m, h, dst);
		break;
	case PF_ADDR_DYNIF:
		match_dynif(g, m, h, dst);
		break;
	case PF_ADDR_NOROUTE:
	case PF_ADDR_URPFFAILED:
		if (!has_route(m))
			match_fib(g, h->kind == PF_ADDR_URPFFAILED, dst,
				  h->neg);
		break;
	default:
		break;
	}
}

/* Those that are only compared, or those that are looked up. */
static void match_hosts(struct gen *g, const struct gen_match *m, bool cheap)
{
	const struct pf_host *hosts[] = {&m->r->src.host, &m->r->dst.host};
	int i;

	for (i = 0; i < 2; i++)
		if (cheap == (hosts[i]->kind == PF_ADDR_MASK ||
			      hosts[i]->kind == PF_ADDR_RANGE))
			match_host(g, m, hosts[i], i == 1);
}

/* comparisons */

/*
 * What an operator says as a range of 0 to max, inclusive: true, or that it is
 * outside of the range.  An empty range (lo > hi) matches nothing.
 */
static void cmp_range(const struct pf_cmp *c, uint32_t max, uint32_t *lo,
		      uint32_t *hi, bool *outside)
{
	*lo = 0;
	*hi = max;
	*outside = false;
	switch (c->op) {
	case PF_OP_NE:
		*outside = true;
		/* fall through */
	case PF_OP_EQ:
		*lo = *hi = c->a;
		break;
	case PF_OP_LT:
		if (c->a == 0)
			*lo = 1, *hi = 0;
		else
			*hi = c->a - 1;
		break;
	case PF_OP_LE:
		*hi = c->a;
		break;
	case PF_OP_GT:
		if (c->a >= max)
			*lo = 1, *hi = 0;
		else
			*lo = c->a + 1;
		break;
	case PF_OP_GE:
		*lo = c->a;
		break;
	case PF_OP_IRG:
		*lo = c->a + 1;
		*hi = c->b ? c->b - 1 : 0;
		if (!c->b)
			*lo = 1;
		break;
	case PF_OP_XRG:
		*outside = true;
		/* fall through */
	case PF_OP_RRG:
		*lo = c->a;
		*hi = c->b;
		break;
	default:
		break;
	}
}

/* sreg holds the value in network order, len 2 or 4. */
static bool match_cmp(struct gen *g, const struct pf_cmp *c, uint32_t sreg,
		      uint32_t len)
{
	uint32_t max = len == 2 ? UINT16_MAX : UINT32_MAX, lo, hi;
	uint8_t from[4], to[4];
	uint16_t l2, h2;
	bool outside;

	cmp_range(c, max, &lo, &hi, &outside);
	if (lo > hi)
		return outside;
	if (len == 2) {
		l2 = htons((uint16_t)lo);
		h2 = htons((uint16_t)hi);
		memcpy(from, &l2, 2);
		memcpy(to, &h2, 2);
	} else {
		lo = htonl(lo);
		hi = htonl(hi);
		memcpy(from, &lo, 4);
		memcpy(to, &hi, 4);
	}
	if (memcmp(from, to, len) == 0)
		nfe_cmp(&g->b, outside ? NFT_CMP_NEQ : NFT_CMP_EQ, sreg, from,
			len);
	else
		nfe_range(&g->b, outside ? NFT_RANGE_NEQ : NFT_RANGE_EQ, sreg,
			  from, to, len);
	return true;
}

static bool match_port(struct gen *g, const struct pf_cmp *c, bool dst)
{
	if (c->op == PF_OP_NONE)
		return true;
	nfe_payload(&g->b, NFT_PAYLOAD_TRANSPORT_HEADER, dst ? 2 : 0, 2,
		    NFR(0));
	return match_cmp(g, c, NFR(0), 2);
}

static bool match_ports(struct gen *g, const struct pf_rule *r)
{
	return match_port(g, &r->src.port, false) &&
	       match_port(g, &r->dst.port, true);
}

/* entries */

#ifndef IP_CT_DIR_ORIGINAL /* not in the kernel's public headers */
#define IP_CT_DIR_ORIGINAL 0
#define IP_CT_DIR_REPLY 1
#endif

/* One end, as an entry has it: of which direction's packets it is what. */
struct known_as {
	int dir;
	bool dst;
};

/*
 * In rules see destinations translated, unless they translate themselves; out
 * rules see sources so where nat rules have a place.
 */
static struct known_as known_as(const struct gen *g, unsigned int word,
				bool dst)
{
	const bool in = word == GEN_LABEL_X;

	if (!dst)
		return in || g->pass_nat
			       ? (struct known_as){IP_CT_DIR_ORIGINAL, false}
			       : (struct known_as){IP_CT_DIR_REPLY, true};
	return in && g->pass_rdr ? (struct known_as){IP_CT_DIR_ORIGINAL, true}
				 : (struct known_as){IP_CT_DIR_REPLY, false};
}

static bool entry_end(struct gen *g, const struct pf_end *e, unsigned int af,
		      struct known_as k)
{
	static const uint8_t zero[16];
	const struct pf_host *h = &e->host;
	const uint32_t len = af == GEN_AF_V6 ? 16 : 4;
	char set[256];
	uint8_t want[16];

	if (e->port.op != PF_OP_NONE) {
		nfe_ct(&g->b, k.dst ? NFT_CT_PROTO_DST : NFT_CT_PROTO_SRC,
		       k.dir, NFR(0));
		if (!match_cmp(g, &e->port, NFR(0), 2))
			return false;
	}
	if (h->kind == PF_ADDR_ANY)
		return true;
	if (af == GEN_AF_V6)
		nfe_ct(&g->b, k.dst ? NFT_CT_DST_IP6 : NFT_CT_SRC_IP6, k.dir,
		       NFR(0));
	else
		nfe_ct(&g->b, k.dst ? NFT_CT_DST_IP : NFT_CT_SRC_IP, k.dir,
		       NFR(0));
	if (h->kind == PF_ADDR_TABLE) {
		gen_table_set(g->node, h->name, af, set, sizeof(set));
		nfe_lookup(&g->b, set, NFR(0), h->neg);
		return true;
	}
	if (h->kind == PF_ADDR_RANGE) {
		nfe_range(&g->b, h->neg ? NFT_RANGE_NEQ : NFT_RANGE_EQ, NFR(0),
			  h->addr.b, h->mask.b, len);
		return true;
	}
	for (uint32_t i = 0; i < len; i++)
		want[i] = h->addr.b[i] & h->mask.b[i];
	if (!all_ones(h->mask.b, len))
		nfe_bitwise(&g->b, NFR(0), NFR(0), len, h->mask.b, zero);
	nfe_cmp(&g->b, h->neg ? NFT_CMP_NEQ : NFT_CMP_EQ, NFR(0), want, len);
	return true;
}

bool gen_match_entry(struct gen *g, const struct pf_rule *r, unsigned int af,
		     unsigned int word)
{
	return entry_end(g, &r->src, af, known_as(g, word, false)) &&
	       entry_end(g, &r->dst, af, known_as(g, word, true));
}

/* In the main ruleset; the optimiser makes such tables of lists. */
static bool is_const(const struct gen *g, const struct pf_host *h)
{
	const struct pf_table *t = pf_table_find(g->node->a, h->name);

	return t && t->flags & PF_T_CONST && !is_dynamic(g, g->node, h);
}

static bool is_fixed(const struct gen *g, const struct pf_host *h)
{
	return h->kind == PF_ADDR_ANY || h->kind == PF_ADDR_MASK ||
	       h->kind == PF_ADDR_RANGE ||
	       (h->kind == PF_ADDR_TABLE && is_const(g, h));
}

bool gen_entry_knows(const struct gen *g, const struct pf_rule *r)
{
	return is_fixed(g, &r->src.host) && is_fixed(g, &r->dst.host) &&
	       !(g->nat && g->pass_nat);
}

/*
 * Only packets of a local socket have an owner; that of forwarded ones, which
 * came in somewhere, is unknown.
 */
static bool match_owner(struct gen *g, const struct pf_cmp *c, uint32_t key)
{
	if (c->op == PF_OP_NONE)
		return true;
	if (c->op == PF_OP_EQ && c->a == PF_UID_UNKNOWN) {
		nfe_meta(&g->b, NFT_META_IIF, NFR(0));
		nfe_cmp_u32(&g->b, NFT_CMP_NEQ, NFR(0), 0);
		return true;
	}
	nfe_meta(&g->b, key, NFR(0));
	if (c->op == PF_OP_NE && c->a == PF_UID_UNKNOWN)
		return true;
	nfe_byteorder(&g->b, NFR(0), NFR(0), true, 4, 4);
	return match_cmp(g, c, NFR(0), 4);
}

#define SYN 0x02
#define SYN_ACK 0x12
#define MID 0x6d696400u /* the priority of what begins no connection */

static void tcp_flags_are(struct gen *g, enum nft_cmp_ops op, uint8_t flags,
			  uint8_t set)
{
	const uint8_t zero = 0;

	nfe_payload(&g->b, NFT_PAYLOAD_TRANSPORT_HEADER, 13, 1, NFR(0));
	nfe_bitwise(&g->b, NFR(0), NFR(0), 1, &set, &zero);
	nfe_cmp_u8(&g->b, op, NFR(0), flags);
}

/* Is it `flags S/SA` of a rule for more than TCP? */
static bool begins(const struct pf_rule *r)
{
	return !r->proto && r->tcp_flagset == SYN_ACK && r->tcp_flags == SYN;
}

void gen_mid_note(struct gen *g, const struct pf_rule *r)
{
	g->mid |= begins(r);
}

bool gen_split(const struct gen *g, const struct pf_rule *r)
{
	return !r->proto && r->tcp_flagset && (g->ordered || !begins(r));
}

void gen_match_l4(struct gen *g, const struct gen_match *m)
{
	if (m->l4 == GEN_L4_TCP) {
		gen_match_proto(g, IPPROTO_TCP);
	} else if (m->l4 == GEN_L4_OTHERS) {
		nfe_meta(&g->b, NFT_META_L4PROTO, NFR(0));
		nfe_cmp_u8(&g->b, NFT_CMP_NEQ, NFR(0), IPPROTO_TCP);
	}
}

void gen_mid(struct gen *g, const char *chain, const char *to)
{
	if (!g->mid || g->ordered)
		return;
	nfb_rule(&g->b, chain);
	gen_match_proto(g, IPPROTO_TCP);
	tcp_flags_are(g, NFT_CMP_NEQ, SYN, SYN_ACK);
	if (to) {
		nfe_verdict(&g->b, NFT_GOTO, to);
	} else {
		nfe_imm_u32(&g->b, NFR(0), MID);
		nfe_meta_set(&g->b, NFT_META_PRIORITY, NFR(0));
	}
	nfb_rule_end(&g->b);
}

static void match_tcp_flags(struct gen *g, const struct gen_match *m)
{
	const struct pf_rule *r = m->r;

	if (!r->tcp_flagset)
		return;
	if (r->proto == IPPROTO_TCP || m->l4 == GEN_L4_TCP) {
		tcp_flags_are(g, NFT_CMP_EQ, r->tcp_flags, r->tcp_flagset);
	} else if (g->mid && !g->ordered && !g->first && begins(r)) {
		nfe_meta(&g->b, NFT_META_PRIORITY, NFR(0));
		nfe_cmp_u32(&g->b, NFT_CMP_NEQ, NFR(0), MID);
	}
}

static void match_icmp(struct gen *g, const struct pf_rule *r)
{
	if (r->flags & PF_F_ICMP_TYPE) {
		nfe_payload(&g->b, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1, NFR(0));
		nfe_cmp_u8(&g->b, NFT_CMP_EQ, NFR(0), r->icmp_type);
	}
	if (r->flags & PF_F_ICMP_CODE) {
		nfe_payload(&g->b, NFT_PAYLOAD_TRANSPORT_HEADER, 1, 1, NFR(0));
		nfe_cmp_u8(&g->b, NFT_CMP_EQ, NFR(0), r->icmp_code);
	}
}

static void match_tos(struct gen *g, const struct pf_rule *r, unsigned int af)
{
	static const uint8_t mask6[2] = {0x0f, 0xf0}, zero[2];
	uint8_t want[2] = {r->tos >> 4, (uint8_t)(r->tos << 4)};

	if (!(r->flags & PF_F_TOS))
		return;
	if (af == GEN_AF_V6) {
		nfe_payload(&g->b, NFT_PAYLOAD_NETWORK_HEADER, 0, 2, NFR(0));
		nfe_bitwise(&g->b, NFR(0), NFR(0), 2, mask6, zero);
		nfe_cmp(&g->b, NFT_CMP_EQ, NFR(0), want, 2);
	} else {
		nfe_payload(&g->b, NFT_PAYLOAD_NETWORK_HEADER, 1, 1, NFR(0));
		nfe_cmp_u8(&g->b, NFT_CMP_EQ, NFR(0), r->tos);
	}
}

void gen_match_tagged(struct gen *g, const struct pf_rule *r)
{
	const uint32_t mask = GEN_TAG_MASK, zero = 0;

	if (!r->tagged)
		return;
	nfe_meta(&g->b, NFT_META_MARK, NFR(0));
	nfe_bitwise(&g->b, NFR(0), NFR(0), 4, &mask, &zero);
	nfe_cmp_u32(&g->b,
		    r->flags & PF_F_NOT_TAGGED ? NFT_CMP_NEQ : NFT_CMP_EQ,
		    NFR(0), gen_tag(g, r->tagged) << GEN_TAG_SHIFT);
}

static void match_probability(struct gen *g, const struct pf_rule *r)
{
	uint32_t v = htonl(r->probability);

	if (!(r->flags & PF_F_PROBABILITY))
		return;
	nfe_numgen(&g->b, NFT_NG_RANDOM, UINT32_MAX, 0, NFR(0));
	nfe_byteorder(&g->b, NFR(0), NFR(0), true, 4, 4);
	nfe_cmp(&g->b, NFT_CMP_LTE, NFR(0), &v, sizeof(v));
}

/*
 * "Linux" or "Linux 2.6", as the kernel's list of fingerprints has them (and
 * as nfnl_osf has loaded it); no other packet than a connection's first has
 * one.
 */
static bool os_name(const char *os, char ret[NFT_OSF_MAXGENRELEN],
		    bool *version)
{
	char *blank;

	if (strlen(os) >= NFT_OSF_MAXGENRELEN)
		return false;
	memset(ret, 0, NFT_OSF_MAXGENRELEN);
	memcpy(ret, os, strlen(os));
	blank = strchr(ret, ' ');
	*version = blank;
	if (blank)
		*blank = ':';
	return !strchr(ret, ' ');
}

static void match_os(struct gen *g, const struct pf_rule *r)
{
	char name[NFT_OSF_MAXGENRELEN];
	bool version;

	if (!r->os || !os_name(r->os, name, &version))
		return;
	nfe_osf(&g->b, version, NFR(0));
	nfe_cmp(&g->b, NFT_CMP_EQ, NFR(0), name, sizeof(name));
}

static void match_size(struct gen *g, const struct pf_rule *r)
{
	const uint32_t most = htonl(r->max_pkt_size);

	if (!r->max_pkt_size)
		return;
	nfe_meta(&g->b, NFT_META_LEN, NFR(0));
	nfe_byteorder(&g->b, NFR(0), NFR(0), true, 4, 4);
	nfe_cmp(&g->b, NFT_CMP_LTE, NFR(0), &most, sizeof(most));
}

/* Until the rule has decided once. */
static void match_once(struct gen *g, const struct gen_match *m)
{
	if (!(m->r->flags & PF_F_ONCE))
		return;
	nfe_imm_u32(&g->b, NFR(0), m->node->base[PF_LIST_FILTER] + m->r->nr);
	nfe_lookup(&g->b, GEN_ONCE, NFR(0), true);
}

bool gen_match(struct gen *g, const struct gen_match *m)
{
	const struct pf_rule *r = m->r;
	const bool out = !gen_is_in(m->place);
	const bool on = r->ifname && strcmp(r->ifname, "any") != 0;

	if (r->dir == (out ? PF_IN : PF_OUT))
		return false;
	/* whole packets only reach these chains: conntrack reassembles */
	if (r->flags & PF_F_FRAGMENT)
		return false;
	if (has_route(m) && ((is_route(&r->src.host) && !r->src.host.neg) ||
			     (is_route(&r->dst.host) && !r->dst.host.neg)))
		return false;
	/*
	 * Addresses and ports tell rules apart, and to compare them costs the
	 * kernel less than to ask for interface and protocol.
	 */
	if (g->first && !match_ports(g, r))
		return false;
	if (g->first)
		match_hosts(g, m, true);
	if (on && gen_is_member(m->place)) {
		if (!gen_member_is(g, m->place, r->ifname,
				   r->flags & PF_F_NOT_IF))
			return false;
	} else if (on)
		gen_match_if(g, r->ifname, r->flags & PF_F_NOT_IF,
			     out || m->loop);
	if (r->rcvif)
		gen_match_if(g, r->rcvif, r->flags & PF_F_NOT_RCVIF, false);
	gen_match_af(g, m->af);
	gen_match_proto(g, r->proto);
	if (!g->first)
		match_hosts(g, m, true);
	match_hosts(g, m, false);
	if ((!g->first && !match_ports(g, r)) ||
	    !match_owner(g, &r->uid, NFT_META_SKUID) ||
	    !match_owner(g, &r->gid, NFT_META_SKGID))
		return false;
	gen_match_l4(g, m);
	match_tcp_flags(g, m);
	match_icmp(g, r);
	match_tos(g, r, m->af);
	gen_match_prio(g, r);
	gen_match_tagged(g, r);
	match_size(g, r);
	match_os(g, r);
	match_probability(g, r);
	match_once(g, m);
	return true;
}

static bool by_route(const struct pf_rule *r)
{
	return is_route(&r->src.host) || is_route(&r->dst.host);
}

void gen_match_check(struct gen *g, const struct pf_rule *r, enum pf_list list)
{
	char name[NFT_OSF_MAXGENRELEN];
	bool version;

	/* the kernel's `fib' asks in prerouting only */
	if (by_route(r) && (list == PF_LIST_NAT || list == PF_LIST_BINAT))
		gen_refuse(g, r,
			   "no-route and urpf-failed are not known to nat and "
			   "binat");
	else if (is_route(&r->src.host) && list != PF_LIST_RDR &&
		 r->dir != PF_IN)
		gen_refuse(g, r,
			   "from no-route and urpf-failed are known of "
			   "incoming packets only: say \"in\"");
	if (r->os && r->dir != PF_IN)
		gen_refuse(g, r,
			   "os fingerprints are known of incoming packets "
			   "only: say \"in\"");
	if (r->os && !os_name(r->os, name, &version))
		gen_refuse(g, r,
			   "os %s: the kernel knows a class and a version of "
			   "15 characters in all",
			   r->os);
	if ((r->uid.op != PF_OP_NONE || r->gid.op != PF_OP_NONE) &&
	    r->dir != PF_OUT)
		gen_refuse(g, r,
			   "user and group are known of outgoing packets only: "
			   "say \"out\"");
	if (r->flags & PF_F_FRAGMENT)
		gen_tell(
			g, r,
			"fragment: all packets are reassembled, no rule sees a "
			"fragment");
	if (r->flags & PF_F_FRAG_NOREASS)
		gen_tell(
			g, r,
			"fragment no reassemble has no effect: all packets are "
			"reassembled");
	if (r->flags & PF_F_LOG_USER)
		gen_tell(g, r,
			 "log (user): logged without the user, whom the kernel "
			 "does not tell");
}
