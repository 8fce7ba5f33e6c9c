/*
 * nft_nat: nat, rdr and binat.
 *
 * Translation rules are in nftables' own chains for it, which see a
 * connection's first packet only: "rdr" in prerouting, "rdrlo" in output for
 * what the machine sends to itself (on FreeBSD it comes in on lo0; conntrack
 * has made up its mind before), "nat" in postrouting.  The first rule that
 * matches wins, in anchors, too.  binat comes before nat on the way out and
 * after rdr on the way in, as in pf.
 *
 * The rule's number goes into the connection's label, and of a `pass` rule the
 * state's word with it, so that the filter does not judge.
 *
 * `match` rules that translate are such rules, too, behind the others; what
 * pass rules translate is known when the filter has decided (nft_natto.c says
 * where that is possible).
 *
 * A pool is one address, a range that the kernel takes from, or a map "nN" from
 * a number that is drawn (in turn, at random, by a hash of the source) to an
 * address.  "(IF)" is masquerading where it is the interface of the rule, else
 * the addresses of the moment (nft_ifset.c keeps them current).
 */
#include "pf/nft_gen.h"

#include "base/cleanup.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <linux/netfilter/nf_nat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define R_ADDR NFR(4)	  /* 4 registers */
#define R_ADDR_MAX NFR(8) /* 4 registers */
#define R_PORT NFR(12)
#define R_PORT_MAX NFR(13)
#define R_NUMBER NFR(14) /* that was drawn */

enum side {
	SIDE_RDR,
	SIDE_RDRLO,
	SIDE_NAT,
};
static const struct {
	const char *chain;
	struct nfb_hook hook;
	enum gen_place place;
} sides[] = {
	[SIDE_RDR] = {"rdr", {"nat", NF_INET_PRE_ROUTING, -100, NULL}, GEN_IN},
	[SIDE_RDRLO] = {"rdrlo",
			{"nat", NF_INET_LOCAL_OUT, -100, NULL},
			GEN_IN},
	[SIDE_NAT] = {"nat", {"nat", NF_INET_POST_ROUTING, 100, NULL}, GEN_OUT},
};
#define NSIDES (sizeof(sides) / sizeof(sides[0]))
/* Which lists a side looks at, in order; of filter rules only `match`. */
#define SIDE_LISTS 3
static const enum pf_list side_lists[][SIDE_LISTS] = {
	[SIDE_RDR] = {PF_LIST_RDR, PF_LIST_BINAT, PF_LIST_FILTER},
	[SIDE_RDRLO] = {PF_LIST_RDR, PF_LIST_BINAT, PF_LIST_FILTER},
	[SIDE_NAT] = {PF_LIST_BINAT, PF_LIST_NAT, PF_LIST_FILTER},
};

/* One rule on its way into a chain. */
struct nat {
	struct gen *g;
	const struct gen_node *node;
	const struct pf_rule *r;
	unsigned int n;
	enum side side;
	enum pf_list list;
	const char *chain;
	unsigned int af;
	unsigned int dyn; /* GEN_DYN_* */
};

/* pools */

static bool full_mask(const struct pf_host *h, unsigned int af)
{
	static const uint8_t ones[16] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
					 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
					 0xff, 0xff, 0xff, 0xff};

	return memcmp(h->mask.b, ones, af == GEN_AF_V6 ? 16 : 4) == 0;
}

static unsigned int af_of(const struct pf_host *h)
{
	return h->af == AF_INET6 ? GEN_AF_V6 : GEN_AF_V4;
}

static uint32_t addr_len(unsigned int af)
{
	return af == GEN_AF_V6 ? 16 : 4;
}

static void map_name(const struct nat *t, char *buf, size_t size)
{
	snprintf(buf, size, "n%u.%d%c", t->n, (int)t->side,
		 t->af == GEN_AF_V6 ? '6' : '4');
}

/* The map of a pool of several addresses. */
static void pool_map(const struct nat *t, const struct gen_addrs *a)
{
	char name[32];
	const struct nfb_set s = {.name = name,
				  .ktype = NFB_TYPE_INT,
				  .klen = 4,
				  .dtype = t->af == GEN_AF_V6 ? NFB_TYPE_V6
							      : NFB_TYPE_V4,
				  .dlen = addr_len(t->af),
				  .size = (uint32_t)a->n};
	uint32_t i;

	map_name(t, name, sizeof(name));
	nfb_set(&t->g->b, &s);
	nfb_elems(&t->g->b, name, false);
	for (i = 0; i < a->n; i++)
		nfb_elem(&t->g->b, &(struct nfb_elem){.key = &i,
						      .klen = 4,
						      .data = &a->v[i],
						      .dlen = addr_len(t->af)});
	nfb_elems_end(&t->g->b);
}

/* How the address of the translation is found. */
enum how {
	HOW_ONE,
	HOW_MAP,
	HOW_NET,    /* a drawn number plus the net's first address (IPv4) */
	HOW_RANGE,  /* the kernel picks */
	HOW_NETMAP, /* the host's part stays */
	HOW_MASQ,
	HOW_EMPTY, /* there is no address: what matches is dropped */
	HOW_NONE,  /* not of this family, or refused */
};

static bool is_net(const struct pf_pool *p, unsigned int af)
{
	return p->n == 1 && p->v[0].host.kind == PF_ADDR_MASK &&
	       af_of(&p->v[0].host) == af && !full_mask(&p->v[0].host, af);
}

static bool same_if(const struct nat *t, const struct pf_host *h)
{
	return t->r->ifname && strcmp(t->r->ifname, h->name) == 0 &&
	       !(t->r->flags & PF_F_NOT_IF);
}

/* Its addresses come and go. */
static bool live_pool(const struct pf_pool *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (p->v[i].host.kind == PF_ADDR_TABLE ||
		    p->v[i].host.kind == PF_ADDR_DYNIF)
			return true;
	return false;
}

static enum how pool_how(const struct nat *t, const struct pf_pool *p,
			 struct gen_addrs *a)
{
	const struct pf_host *h;

	if (p->n == 0)
		return HOW_NONE;
	h = &p->v[0].host;
	if (is_net(p, t->af)) {
		if (p->type == PF_POOL_BITMASK || t->list == PF_LIST_BINAT ||
		    (p->type == PF_POOL_NONE &&
		     (p->static_port || p == &t->r->rdr)))
			return HOW_NETMAP;
		return t->af == GEN_AF_V4 ? HOW_NET : HOW_RANGE;
	}
	switch (gen_pool_addrs(t->g, t->node, p, t->af, a)) {
	case 0:
		break;
	case -E2BIG:
		gen_refuse(t->g, t->r, "too many addresses in a pool");
		return HOW_NONE;
	default:
		t->g->b.failed = true;
		return HOW_NONE;
	}
	if (t->side == SIDE_NAT && p->n == 1 && a->n <= 1 &&
	    h->kind == PF_ADDR_DYNIF && same_if(t, h))
		return HOW_MASQ;
	if (a->n == 0)
		return live_pool(p) ? HOW_EMPTY : HOW_NONE;
	return a->n == 1 ? HOW_ONE : HOW_MAP;
}

static void imm_port(struct nfb *b, uint32_t reg, uint16_t port)
{
	const uint16_t v = htons(port);

	nfe_imm(b, reg, &v, sizeof(v));
}

static void put_pass(struct gen *g, uint32_t label[4], enum side s, uint32_t w)
{
	(void)g;
	label[s == SIDE_NAT ? GEN_LABEL_Y : GEN_LABEL_X] = w;
}

static void put_label(const struct nat *t)
{
	const uint32_t most = t->side == SIDE_NAT ? GEN_NAT_MASK : GEN_RDR_MASK;
	const uint32_t n = t->n < most ? t->n + 1 : 0;
	uint32_t label[4] = {0};

	if (t->side == SIDE_NAT)
		label[GEN_LABEL_NAT] = n;
	else
		label[GEN_LABEL_FLAGS] = n << GEN_RDR_SHIFT;
	if (t->r->flags & PF_F_NAT_PASS)
		put_pass(t->g, label, t->side, gen_word(t->g, t->n));
	nfe_imm(&t->g->b, NFR(0), label, sizeof(label));
	nfe_ct_set(&t->g->b, NFT_CT_LABELS, NFR(0));
}

/* The first port of a MAP-E range by its number, and the last one. */
static void mape_name(const struct nat *t, char end, char *buf, size_t size)
{
	snprintf(buf, size, "n%u.%c%c", t->n, end,
		 t->af == GEN_AF_V6 ? '6' : '4');
}

/* Bits of a port: the range's number, the customer's, the rest. */
static void mape_map(const struct nat *t, const struct pf_pool *p, bool last)
{
	const unsigned int rest = 16u - p->mape.offset - p->mape.psidlen;
	char name[32];
	const struct nfb_set s = {.name = name,
				  .ktype = NFB_TYPE_INT,
				  .klen = 4,
				  .dtype = NFB_TYPE_PORT,
				  .dlen = 2};
	uint16_t port;
	uint32_t i;

	mape_name(t, last ? 'h' : 'l', name, sizeof(name));
	nfb_set(&t->g->b, &s);
	nfb_elems(&t->g->b, name, false);
	for (i = 1; i < 1u << p->mape.offset; i++) {
		port = (uint16_t)(i << (16 - p->mape.offset) |
				  (uint32_t)p->mape.psid << rest |
				  (last ? (1u << rest) - 1 : 0));
		port = htons(port);
		nfb_elem(&t->g->b, &(struct nfb_elem){.key = &i,
						      .klen = 4,
						      .data = &port,
						      .dlen = 2});
	}
	nfb_elems_end(&t->g->b);
}

/* One of the ranges, drawn at random; the kernel picks a port in it. */
static void put_mape(const struct nat *t, const struct pf_pool *p,
		     struct nfe_nat *n)
{
	struct nfb *b = &t->g->b;
	char name[32];

	nfe_numgen(b, NFT_NG_RANDOM, (1u << p->mape.offset) - 1, 1, R_NUMBER);
	mape_name(t, 'l', name, sizeof(name));
	nfe_map(b, name, R_NUMBER, R_PORT);
	mape_name(t, 'h', name, sizeof(name));
	nfe_map(b, name, R_NUMBER, R_PORT_MAX);
	n->proto_min = R_PORT;
	n->proto_max = R_PORT_MAX;
	n->flags |= NF_NAT_RANGE_PROTO_RANDOM_FULLY;
}

/* Ports of the translation: registers and flags. */
static void put_ports(const struct nat *t, const struct pf_pool *p,
		      struct nfe_nat *n)
{
	struct nfb *b = &t->g->b;
	uint16_t lo = p->port[0], hi = p->port[1];
	char map[40];

	if (t->side == SIDE_NAT) {
		if (p->static_port || t->list == PF_LIST_BINAT)
			return;
		if (p->mape.psidlen) {
			put_mape(t, p, n);
			return;
		}
		if (!lo) {
			lo = PF_NAT_PORT_LOW;
			hi = PF_NAT_PORT_HIGH;
		}
		n->flags |= NF_NAT_RANGE_PROTO_RANDOM_FULLY;
	}
	if (!lo || t->list == PF_LIST_BINAT)
		return;
	n->proto_min = R_PORT;
	if (t->side != SIDE_NAT && p->port_shift) {
		snprintf(map, sizeof(map), "n%u.p", t->n);
		nfe_payload(b, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, NFR(0));
		nfe_map(b, map, NFR(0), R_PORT);
		return;
	}
	imm_port(b, R_PORT, lo);
	if (hi > lo) {
		n->proto_max = R_PORT_MAX;
		imm_port(b, R_PORT_MAX, hi);
	}
}

static void put_net(const struct nat *t, const struct pf_host *h,
		    struct nfe_nat *n)
{
	const uint32_t len = addr_len(t->af);
	uint8_t lo[16], hi[16];
	uint32_t i;

	for (i = 0; i < len; i++) {
		lo[i] = h->addr.b[i] & h->mask.b[i];
		hi[i] = lo[i] | (uint8_t)~h->mask.b[i];
	}
	nfe_imm(&t->g->b, R_ADDR, lo, len);
	nfe_imm(&t->g->b, R_ADDR_MAX, hi, len);
	n->addr_min = R_ADDR;
	n->addr_max = R_ADDR_MAX;
}

/* The kernel rules of a pool with sticky-address, in order. */
enum step {
	STEP_DRAW, /* the only one without */
	STEP_RECALL,
	STEP_REMEMBER,
};

static char sticky_letter(const struct nat *t)
{
	return (char)('0' + t->side);
}

static void put_number(const struct nat *t, const struct pf_pool *p,
		       enum step step, uint32_t n, uint32_t offset)
{
	if (step == STEP_RECALL) {
		gen_recall(t->g, t->n, sticky_letter(t), t->af, R_NUMBER);
		return;
	}
	gen_draw(t->g, p, t->af, n, offset, R_NUMBER);
	if (step == STEP_REMEMBER)
		gen_remember(t->g, t->n, sticky_letter(t), t->af, R_NUMBER);
}

static void put_addr(const struct nat *t, const struct pf_pool *p, enum how how,
		     enum step step, const struct gen_addrs *a,
		     struct nfe_nat *n)
{
	const struct pf_host *h = &p->v[0].host;
	struct nfb *b = &t->g->b;
	char map[32];

	switch (how) {
	case HOW_ONE:
		nfe_imm(b, R_ADDR, &a->v[0], addr_len(t->af));
		break;
	case HOW_MAP:
		map_name(t, map, sizeof(map));
		put_number(t, p, step, (uint32_t)a->n, 0);
		nfe_map(b, map, R_NUMBER, R_ADDR);
		break;
	case HOW_NET:
		put_number(t, p, step, ~ntohl(h->mask.v4.s_addr) + 1,
			   ntohl(h->addr.v4.s_addr & h->mask.v4.s_addr));
		nfe_byteorder(b, R_NUMBER, R_ADDR, true, 4, 4);
		break;
	case HOW_RANGE:
		put_net(t, h, n);
		if (p->sticky)
			n->flags |= NF_NAT_RANGE_PERSISTENT;
		return;
	case HOW_NETMAP:
		put_net(t, h, n);
		n->flags |= NF_NAT_RANGE_NETMAP;
		return;
	default:
		return;
	}
	n->addr_min = R_ADDR;
}

/* rdr ... port a:b -> host port c:*  */
static void shift_map(const struct nat *t, const struct pf_pool *p)
{
	char map[40];
	const struct nfb_set s = {.name = map,
				  .ktype = NFB_TYPE_PORT,
				  .klen = 2,
				  .dtype = NFB_TYPE_PORT,
				  .dlen = 2};
	uint32_t lo = t->r->dst.port.a, hi = t->r->dst.port.b, i;
	uint16_t from, to;

	snprintf(map, sizeof(map), "n%u.p", t->n);
	nfb_set(&t->g->b, &s);
	nfb_elems(&t->g->b, map, false);
	for (i = lo; i <= hi && i <= UINT16_MAX; i++) {
		if (p->port[0] + (i - lo) > UINT16_MAX)
			break;
		from = htons((uint16_t)i);
		to = htons((uint16_t)(p->port[0] + (i - lo)));
		nfb_elem(&t->g->b, &(struct nfb_elem){.key = &from,
						      .klen = 2,
						      .data = &to,
						      .dlen = 2});
	}
	nfb_elems_end(&t->g->b);
}

/* A rule for what `like` (NULL: all) matches; false, and no rule: nothing. */
static bool begin(const struct nat *t, const struct pf_rule *like)
{
	const struct gen_match m = {.node = t->node,
				    .r = like,
				    .place = sides[t->side].place,
				    .af = t->af,
				    .dyn = t->dyn,
				    .loop = t->side == SIDE_RDRLO};

	if (like)
		return gen_rule_begin(t->g, t->chain, &m);
	nfb_rule(&t->g->b, t->chain);
	gen_match_af(t->g, t->af);
	return true;
}

/* What matches `like` (NULL: all) is translated. */
static void translate_rule(const struct nat *t, const struct pf_rule *like,
			   const struct pf_pool *p, enum how how,
			   enum step step, const struct gen_addrs *a)
{
	struct nfe_nat n = {
		.type = t->side == SIDE_NAT ? NFT_NAT_SNAT : NFT_NAT_DNAT,
		.family = t->af == GEN_AF_V6 ? NFPROTO_IPV6 : NFPROTO_IPV4};
	struct nfb *b = &t->g->b;

	if (!begin(t, like))
		return;
	put_addr(t, p, how, step, a, &n);
	if (like)
		nfe_counter(b, 0, 0);
	if (like && t->r->flags & PF_F_LOG)
		gen_log(t->g, t->node, t->r, sides[t->side].place);
	if (like && t->r->tag)
		gen_set_tag(t->g, t->r->tag);
	put_label(t);
	put_ports(t, p, &n);
	if (how == HOW_MASQ && n.proto_min)
		n.flags |= NF_NAT_RANGE_PROTO_SPECIFIED;
	if (how == HOW_MASQ)
		nfe_masq(b, n.proto_min, n.proto_max, n.flags);
	else
		nfe_nat(b, &n);
	if (like)
		gen_rule_end(t->g, t->n);
	else
		nfb_rule_end(b);
}

/* No address is left, or no room to remember one more source. */
static void drop_rest(const struct nat *t, const struct pf_rule *like)
{
	if (!begin(t, like))
		return;
	nfe_verdict(&t->g->b, NF_DROP, NULL);
	nfb_rule_end(&t->g->b);
}

/* One kernel rule more for what packets have added to the tables it asks. */
static bool next_dyn(struct nat *t, unsigned int all)
{
	t->dyn = (t->dyn - all) & all;
	return t->dyn != 0;
}

static void translate(const struct nat *t, const struct pf_rule *like,
		      const struct pf_pool *p)
{
	cleanup_gen_addrs struct gen_addrs a = {0};
	const unsigned int dyn = like ? gen_dynamic(t->g, t->node, like) : 0;
	struct nat one = *t;
	enum how how = pool_how(t, p, &a);
	const bool sticky = p->sticky && p->type != PF_POOL_SRCHASH &&
			    (how == HOW_MAP || how == HOW_NET);

	if (how == HOW_NONE)
		return;
	if (how == HOW_EMPTY) {
		if (!t->g->v)
			return;
		do
			drop_rest(&one, like);
		while (next_dyn(&one, dyn));
		return;
	}
	if (how == HOW_MAP)
		pool_map(t, &a);
	if (p->port_shift && t->side == SIDE_RDR)
		shift_map(t, p);
	if (p->mape.psidlen && t->side == SIDE_NAT) {
		mape_map(t, p, false);
		mape_map(t, p, true);
	}
	if (sticky)
		gen_sticky_map(t->g, t->n, sticky_letter(t), t->af);
	do {
		if (!sticky) {
			translate_rule(&one, like, p, how, STEP_DRAW, &a);
			continue;
		}
		translate_rule(&one, like, p, how, STEP_RECALL, &a);
		translate_rule(&one, like, p, how, STEP_REMEMBER, &a);
		drop_rest(&one, like);
	} while (next_dyn(&one, dyn));
}

static void no_translation(const struct nat *t)
{
	struct nat one = *t;

	do {
		if (!begin(&one, t->r))
			return;
		nfe_counter(&t->g->b, 0, 0);
		nfe_verdict(&t->g->b, NF_ACCEPT, NULL);
		gen_rule_end(t->g, t->n);
	} while (next_dyn(&one, gen_dynamic(t->g, t->node, t->r)));
}

/*
 * binat on the way in: what is sent to the pool's address goes to the source
 * that the rule names; so its ends change places.
 */
static void binat_in(const struct nat *t)
{
	struct pf_rule in = *t->r;
	struct pf_pool_entry e = {.host = t->r->src.host};
	struct pf_pool p = {.v = &e, .n = 1, .type = PF_POOL_BITMASK};

	if (t->r->pool.n != 1 || t->r->pool.v[0].host.kind != PF_ADDR_MASK ||
	    t->r->src.host.kind != PF_ADDR_MASK) {
		gen_refuse(t->g, t->r,
			   "binat needs one address or net on both sides");
		return;
	}
	in.src = t->r->dst;
	in.dst.host = t->r->pool.v[0].host;
	in.dst.port = (struct pf_cmp){0};
	translate(t, &in, &p);
}

/* Of filter rules, what is for the side. */
static const struct pf_pool *pool_of(const struct pf_rule *r, enum pf_list list,
				     enum side side)
{
	return list == PF_LIST_FILTER && side != SIDE_NAT ? &r->rdr : &r->pool;
}

static unsigned int pool_families(const struct pf_pool *p)
{
	unsigned int all = 0;
	size_t i;

	for (i = 0; i < p->n; i++)
		all |= p->v[i].host.af == AF_UNSPEC ? GEN_AF_V4 | GEN_AF_V6
						    : af_of(&p->v[i].host);
	return all;
}

static void one_rule(const struct nat *t)
{
	const struct pf_pool *pool = pool_of(t->r, t->list, t->side);
	struct nat one = *t;
	unsigned int all = gen_families(t->r);

	if (all == GEN_AF_ANY) {
		all = pool_families(pool);
		if (t->r->action == PF_NONAT || t->r->action == PF_NORDR ||
		    t->r->action == PF_NOBINAT)
			all = GEN_AF_ANY;
	}
	for (one.af = 1; one.af <= GEN_AF_V6; one.af <<= 1) {
		if (!(all & one.af))
			continue;
		switch (t->r->action) {
		case PF_NAT:
		case PF_RDR:
		case PF_MATCH:
			translate(&one, t->r, pool);
			break;
		case PF_BINAT:
			if (t->side == SIDE_NAT)
				translate(&one, t->r, &t->r->pool);
			else
				binat_in(&one);
			break;
		default:
			no_translation(&one);
			break;
		}
	}
}

/* Chains: one for each list of each anchor, on each side. */

static void chain_name(const struct gen *g, const struct gen_node *n,
		       enum side s, enum pf_list l, char ret[GEN_CHAIN])
{
	snprintf(ret, GEN_CHAIN, "n%d.%zu.%d", (int)s, (size_t)(n - g->node),
		 (int)l);
}

/* A match rule that translates on this side. */
static bool is_match(const struct pf_rule *r, enum side side)
{
	return r->action == PF_MATCH &&
	       pool_of(r, PF_LIST_FILTER, side)->n != 0 &&
	       r->dir == (side == SIDE_NAT ? PF_OUT : PF_IN);
}

/* Has the anchor rules of the list for the side, or one that lies in it? */
static bool has_list(const struct gen *g, const struct gen_node *node,
		     enum side s, enum pf_list l)
{
	const struct pf_rules *rules;
	size_t i, k;

	if (l != PF_LIST_FILTER)
		return node->a->list[l].n != 0;
	for (i = (size_t)(node - g->node); i < node->end; i++) {
		rules = &g->node[i].a->list[l];
		for (k = 0; k < rules->n; k++)
			if (is_match(&rules->v[k], s))
				return true;
	}
	return false;
}

static void jump(const struct nat *t, const struct gen_node *to)
{
	struct gen_verdict v = {.code = NFT_JUMP};
	struct nat one = *t;

	if (!has_list(t->g, to, t->side, t->list))
		return;
	chain_name(t->g, to, t->side, t->list, v.chain);
	do {
		if (!begin(&one, t->r))
			return;
		nfe_counter(&t->g->b, 0, 0);
		gen_verdict(t->g, &v);
		gen_rule_end(t->g, t->n);
	} while (next_dyn(&one, gen_dynamic(t->g, t->node, t->r)));
}

static void call_anchor(const struct nat *t)
{
	const char *path =
		t->r->anchor && t->r->anchor->path ? t->r->anchor->path : "";
	const struct gen_node *to = gen_node_of(t->g, path), *child;
	struct nat one = *t;
	unsigned int all = gen_families(t->r);
	size_t i;

	if (!to)
		return;
	for (one.af = 1; one.af <= GEN_AF_V6; one.af <<= 1) {
		if (!(all & one.af))
			continue;
		if (!t->r->anchor_wild) {
			jump(&one, to);
			continue;
		}
		for (i = 0; i < to->a->nchild; i++) {
			child = gen_node_of(t->g, to->a->child[i]->path);
			if (child)
				jump(&one, child);
		}
	}
}

static void one_chain(struct gen *g, const struct gen_node *node, enum side s,
		      enum pf_list l, const char *chain)
{
	const struct pf_rules *rules = &node->a->list[l];
	struct nat t = {
		.g = g, .node = node, .side = s, .list = l, .chain = chain};
	size_t i;

	for (i = 0; i < rules->n; i++) {
		t.r = &rules->v[i];
		t.n = node->base[l] + (unsigned int)i;
		g->b.cookie = t.n;
		if (t.r->action == PF_ANCHOR)
			call_anchor(&t);
		else if (l != PF_LIST_FILTER || is_match(t.r, s))
			one_rule(&t);
		g->b.cookie = NFB_NO_COOKIE;
	}
}

/*
 * Translations of rules that pass: the filter has decided, and written the
 * rule's word into the label.  The map "pnS" leads from it to a chain of the
 * rule's own.  With `synproxy state` the connection begins with a SYN from
 * here.
 */
static bool is_pass(const struct gen *g, const struct pf_rule *r,
		    enum side side)
{
	return r->action == PF_PASS &&
	       (side != SIDE_RDRLO || gen_synproxy(g, r)) &&
	       pool_of(r, PF_LIST_FILTER, side)->n != 0 &&
	       r->dir == (side == SIDE_NAT ? PF_OUT : PF_IN);
}

static void pass_chain(struct gen *g, const struct gen_node *node,
		       const struct pf_rule *r, enum side s, bool make)
{
	struct nat t = {.g = g,
			.node = node,
			.r = r,
			.n = node->base[PF_LIST_FILTER] + r->nr,
			.side = s,
			.list = PF_LIST_FILTER};
	char chain[GEN_CHAIN];
	unsigned int all;
	uint32_t word;

	snprintf(chain, sizeof(chain), "n%d.p%u", (int)s, t.n);
	t.chain = chain;
	if (!make) {
		for (size_t i = 0; gen_rule_word(g, r, t.n, i, &word); i++)
			nfb_elem(&g->b, &(struct nfb_elem){.key = &word,
							   .klen = 4,
							   .verdict = true,
							   .code = NFT_GOTO,
							   .chain = chain});
		return;
	}
	all = pool_families(pool_of(r, t.list, s));
	if (r->af)
		all &= r->af == AF_INET6 ? GEN_AF_V6 : GEN_AF_V4;
	nfb_chain(&g->b, chain);
	g->b.cookie = t.n;
	for (t.af = GEN_AF_V4; t.af <= GEN_AF_V6; t.af <<= 1)
		if (all & t.af)
			translate(&t, NULL, pool_of(r, t.list, s));
	g->b.cookie = NFB_NO_COOKIE;
}

static size_t each_pass(struct gen *g, enum side s, bool emit, bool make)
{
	const struct pf_rules *l;
	size_t i, k, n = 0;

	for (i = 0; i < g->nnodes; i++) {
		l = &g->node[i].a->list[PF_LIST_FILTER];
		for (k = 0; k < l->n; k++) {
			if (!is_pass(g, &l->v[k], s))
				continue;
			n++;
			if (emit)
				pass_chain(g, &g->node[i], &l->v[k], s, make);
		}
	}
	return n;
}

static void pass_rules(struct gen *g, enum side s)
{
	char map[8];
	size_t n = each_pass(g, s, false, false);

	if (!n)
		return;
	snprintf(map, sizeof(map), "pn%d", (int)s);
	each_pass(g, s, true, true);
	nfb_set(&g->b, &(struct nfb_set){.name = map,
					 .ktype = NFB_TYPE_MARK,
					 .klen = 4,
					 .dtype = NFT_DATA_VERDICT,
					 .size = gen_bound_room(g, n)});
	nfb_elems(&g->b, map, false);
	each_pass(g, s, true, false);
	nfb_elems_end(&g->b);
	nfb_rule(&g->b, sides[s].chain);
	nfe_ct(&g->b, NFT_CT_LABELS, -1, NFR(0));
	nfe_vmap(&g->b, map, NFR(s == SIDE_NAT ? GEN_LABEL_Y : GEN_LABEL_X));
	nfb_rule_end(&g->b);
}

static void base_chain(struct gen *g, enum side s)
{
	struct gen_verdict v = {.code = NFT_JUMP};
	const bool out = s != SIDE_RDR;
	static const char lo[IFNAMSIZ] = "lo";
	int i;

	nfb_chain_base(&g->b, sides[s].chain, &sides[s].hook);
	if (g->rdr && s != SIDE_NAT)
		gen_synproxy_nat(g, sides[s].chain, out);
	if (s == SIDE_RDRLO)
		pass_rules(g, s);
	gen_skip(g, sides[s].chain, out);
	if (s == SIDE_RDRLO) {
		nfb_rule(&g->b, sides[s].chain);
		nfe_meta(&g->b, NFT_META_OIFNAME, NFR(0));
		nfe_cmp(&g->b, NFT_CMP_NEQ, NFR(0), lo, sizeof(lo));
		nfe_verdict(&g->b, NF_ACCEPT, NULL);
		nfb_rule_end(&g->b);
	}
	for (i = 0; i < SIDE_LISTS; i++) {
		if (!has_list(g, g->node, s, side_lists[s][i]))
			continue;
		chain_name(g, g->node, s, side_lists[s][i], v.chain);
		nfb_rule(&g->b, sides[s].chain);
		gen_verdict(g, &v);
		nfb_rule_end(&g->b);
	}
	if (s != SIDE_RDRLO)
		pass_rules(g, s);
}

static bool side_used(struct gen *g, enum side s)
{
	int i;

	for (i = 0; i < SIDE_LISTS; i++)
		if (has_list(g, g->node, s, side_lists[s][i]))
			return true;
	return each_pass(g, s, false, false) != 0;
}

static void each_chain(struct gen *g, enum side s, bool create)
{
	char chain[GEN_CHAIN];
	enum pf_list l;
	size_t i;
	int k;

	for (k = 0; k < SIDE_LISTS; k++)
		for (i = 0; i < g->nnodes; i++) {
			l = side_lists[s][k];
			if (!has_list(g, &g->node[i], s, l))
				continue;
			chain_name(g, &g->node[i], s, l, chain);
			if (create)
				nfb_chain(&g->b, chain);
			else
				one_chain(g, &g->node[i], s, l, chain);
		}
}

void gen_nat(struct gen *g)
{
	unsigned int s;

	for (s = 0; s < NSIDES; s++) {
		if (!side_used(g, (enum side)s))
			continue;
		each_chain(g, (enum side)s, true);
		each_chain(g, (enum side)s, false);
		base_chain(g, (enum side)s);
	}
}

/* A redirection to the loopback needs its interface to let 127/8 in. */
static bool to_loopback(const struct pf_pool *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (p->v[i].host.kind == PF_ADDR_MASK &&
		    p->v[i].host.af == AF_INET && p->v[i].host.addr.b[0] == 127)
			return true;
	return false;
}

static void check_pool(struct gen *g, const struct pf_rule *r,
		       const struct pf_pool *p)
{
	if (p->endpoint_independent)
		gen_refuse(g, r, "endpoint-independent is not supported");
}

void gen_nat_rule(struct gen *g, const struct pf_rule *r, enum pf_list list)
{
	check_pool(g, r, &r->pool);
	check_pool(g, r, &r->rdr);
	if (list == PF_LIST_FILTER) {
		gen_natto_rule(g, r);
		if (to_loopback(&r->rdr))
			g->localnet = true;
		return;
	}
	if (list == PF_LIST_RDR || list == PF_LIST_BINAT)
		g->rdr = true;
	if (list == PF_LIST_RDR && to_loopback(&r->pool))
		g->localnet = true;
	if (list == PF_LIST_NAT || list == PF_LIST_BINAT)
		g->nat = true;
}
