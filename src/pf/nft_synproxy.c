/*
 * nft_synproxy: `synproxy state`.
 *
 * The kernel's synproxy answers a client's SYN by a cookie, and on the client's
 * ACK sends the server a SYN of its own with the client's address.  It can do
 * so where packets are delivered or forwarded, after the rules for packets
 * coming in have judged them; the entries of conntrack of SYN and ACK go with
 * them, and that of the connection begins with the SYN to the server.  So:
 *
 *	- a rule that passes a SYN remembers the connection's ends and itself
 *	  (maps "syn4", "syn6") and sets a flag in the entry's label;
 *	- an ACK without an entry whose ends are remembered gets the flag, too;
 *	- behind routing ("synf", "syni") the flag leads to the synproxy, and
 *	  its answers, which carry the entry, are let out;
 *	- the SYN to the server ("syno") gets the state that the rule makes of
 *	  a first packet, and is judged going out as other packets are; what
 *	  else the rule does with one is in a chain "synN".
 *
 * So limits count connections whose client has answered.
 *
 * What is remembered of the rule is its number + 1 and, in the upper bits, the
 * packet's tag.
 *
 * Where there are redirections ("rdr", binat), SYN and ACK come to the synproxy
 * translated, and so is the SYN to the server, which no entry has translated.
 * It gets the address that the client meant back ("synr", before conntrack, by
 * the maps, which have it, too), and is translated again as the SYN was, so
 * that the entry is that of any connection that is redirected.  Maps "syt4" and
 * "syt6" know how, from the ends as the client has them: the ACK needs them as
 * well, since a pool may give it another address.
 *
 * `rdr-to` of the rule itself waits: the synproxy has the address that the
 * client meant, and the SYN to the server is translated when it goes out, by
 *the state that "syno" has made.  Rules in forward and output would see it too
 * late: as it was before.
 *
 * Clients and servers get no options but the segment size, as in pf.
 *
 * `set syncookies always` makes this of all rules for TCP packets coming in
 *that make states.  What is remembered has more room then, and less time.  What
 *the machine sends to itself is not asked: its entries begin where it goes out.
 */
#include "pf/nft_gen.h"

#include "base/cleanup.h"

#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_synproxy.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define STATE_NEW (1u << (IP_CT_NEW + 1))
#define SHAKE_MS 30000
#define SHAKES 65536
#define COOKIE_SHAKE_MS 10000
#define COOKIE_SHAKES 262144
#define MSS 1460
#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

static const unsigned int families[] = {GEN_AF_V4, GEN_AF_V6};
static const char *const maps[] = {"syn4", "syn6"};
static const char *const ways[] = {"syt4", "syt6"};

/*
 * Where what is remembered lies behind a key that begins at NFR(0): the rule,
 * and where there are redirections the client's idea of the server.  Of the
 * ways: the server, and what the entry's label says of the redirection.
 */
static const struct {
	uint32_t len;		     /* of an address */
	uint32_t rule, addr, port;   /* maps */
	uint32_t to, to_port, label; /* ways */
} regs[] = {
	{4, NFR(12), NFR(13), NFR(14), NFR(13), NFR(14), NFR(15)},
	{16, NFR(10), NFR(11), NFR(15), NFR(10), NFR(14), NFR(15)},
};

bool gen_synproxy(const struct gen *g, const struct pf_rule *r)
{
	if (r->action != PF_PASS || (r->proto && r->proto != IPPROTO_TCP))
		return false;
	return r->state == PF_STATE_SYNPROXY ||
	       (g->cookies && r->state != PF_STATE_NONE && r->dir != PF_OUT);
}

void gen_synproxy_check(struct gen *g, const struct pf_rule *r)
{
	const struct {
		bool is;
		const char *what;
	} never[] = {
		{r->dir == PF_OUT, "of packets that go out"},
		{r->rdr.n && g->place[GEN_FWD],
		 "with rdr-to, beside block return out and nat-to,"},
		{g->pfil.member || g->pfil.bridge, "on bridges"},
		{r->route == PF_DUP_TO, "with dup-to"},
		{r->route_pool.n > 1, "with several gateways"},
		{gen_routed(r) && r->route != PF_REPLY_TO && g->place[GEN_FWD],
		 "with route-to or rtable, beside block return out and "
		 "nat-to,"},
		{gen_sloppy(r), "with sloppy"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(never); i++)
		if (never[i].is)
			gen_refuse(
				g, r, "%s %s is not supported",
				r->state == PF_STATE_SYNPROXY
					? "synproxy state"
					: "set syncookies always: keep state",
				never[i].what);
}

static void refuse_pass(struct gen *g, const struct pf_rules *l,
			const char *what)
{
	for (size_t k = 0; k < l->n; k++)
		if (l->v[k].flags & PF_F_NAT_PASS &&
		    (!l->v[k].proto || l->v[k].proto == IPPROTO_TCP))
			gen_refuse(g, &l->v[k],
				   "set syncookies always: %s pass answers "
				   "nobody; let a filter rule pass",
				   what);
}

/* What has a state that no filter rule makes gets no cookie. */
void gen_cookies_check(struct gen *g)
{
	for (size_t i = 0; i < g->nnodes; i++) {
		refuse_pass(g, &g->node[i].a->list[PF_LIST_RDR], "rdr");
		refuse_pass(g, &g->node[i].a->list[PF_LIST_BINAT], "binat");
	}
}

void gen_synproxy_maps(struct gen *g)
{
	for (size_t i = 0; g->synproxy && i < ARRAY_SIZE(families); i++) {
		struct nfb_set s = {.name = maps[i],
				    .flags = NFT_SET_EVAL,
				    .ktype = NFB_TYPE_INT,
				    .klen = GEN_ENDS_LEN(families[i]),
				    .dtype = NFB_TYPE_MARK,
				    .dlen = 4,
				    .size = g->cookies ? COOKIE_SHAKES : SHAKES,
				    .timeout = g->cookies ? COOKIE_SHAKE_MS
							  : SHAKE_MS};

		if (g->rdr) {
			s.dtype = NFB_TYPE_INT;
			s.dlen = 4 + regs[i].len + 4;
		}
		nfb_set(&g->b, &s);
		s.name = ways[i];
		if (g->rdr)
			nfb_set(&g->b, &s);
	}
}

static void match_tcp(struct gen *g, uint8_t flags)
{
	static const uint8_t zero;
	const uint8_t mask = TCP_SYN | TCP_RST | TCP_ACK | TCP_FIN;

	gen_match_proto(g, IPPROTO_TCP);
	nfe_payload(&g->b, NFT_PAYLOAD_TRANSPORT_HEADER, 13, 1, NFR(0));
	nfe_bitwise(&g->b, NFR(0), NFR(0), 1, &mask, &zero);
	nfe_cmp_u8(&g->b, NFT_CMP_EQ, NFR(0), flags);
}

static void match_new(struct gen *g)
{
	nfe_ct(&g->b, NFT_CT_STATE, -1, NFR(0));
	nfe_cmp_u32(&g->b, NFT_CMP_EQ, NFR(0), STATE_NEW);
}

static void set_flag(struct gen *g)
{
	const uint32_t label[4] = {[GEN_LABEL_FLAGS] = GEN_FLAG_SYNPROXY};

	nfe_imm(&g->b, NFR(0), label, sizeof(label));
	nfe_ct_set(&g->b, NFT_CT_LABELS, NFR(0));
}

static void match_flag(struct gen *g)
{
	const uint32_t flag = GEN_FLAG_SYNPROXY, zero = 0;

	nfe_ct(&g->b, NFT_CT_LABELS, -1, NFR(0));
	nfe_bitwise(&g->b, NFR(GEN_LABEL_FLAGS), NFR(4), 4, &flag, &zero);
	nfe_cmp_u32(&g->b, NFT_CMP_NEQ, NFR(4), 0);
}

static void remember(struct gen *g, const char *map, uint32_t data)
{
	const struct nfe_dynset d = {.set = map,
				     .op = NFT_DYNSET_OP_UPDATE,
				     .key = NFR(0),
				     .data = data};

	nfe_dynset_begin(&g->b, &d);
	nfe_dynset_end(&g->b);
}

/* The destination that the client meant: address and port. */
static void load_meant(struct gen *g, size_t i, uint32_t addr, uint32_t port)
{
	nfe_ct(&g->b, i ? NFT_CT_DST_IP6 : NFT_CT_DST_IP, 0, addr);
	nfe_ct(&g->b, NFT_CT_PROTO_DST, 0, port);
}

/* A SYN that is answered. */
static void match_syn(struct gen *g)
{
	static const char lo[IFNAMSIZ] = "lo";

	if (g->cookies) {
		nfe_meta(&g->b, NFT_META_IIFNAME, NFR(0));
		nfe_cmp(&g->b, NFT_CMP_NEQ, NFR(0), lo, sizeof(lo));
	}
	match_tcp(g, TCP_SYN);
}

/* How a SYN has been translated, by the ends as the client has them. */
static void remember_way(struct gen *g, size_t i, const char *chain)
{
	static const uint32_t rdr = GEN_RDR_MASK << GEN_RDR_SHIFT, zero;
	const uint32_t n = regs[i].len / 4;

	nfb_rule(&g->b, chain);
	match_syn(g);
	gen_ends(g, families[i], false);
	load_meant(g, i, NFR(n), NFR(2 * n + 1));
	/* four registers, of which the last one stays */
	nfe_ct(&g->b, NFT_CT_LABELS, -1, regs[i].label - GEN_LABEL_FLAGS);
	nfe_bitwise(&g->b, regs[i].label, regs[i].label, 4, &rdr, &zero);
	nfe_payload(&g->b, NFT_PAYLOAD_NETWORK_HEADER,
		    (i ? 8 : 12) + regs[i].len, regs[i].len, regs[i].to);
	nfe_payload(&g->b, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, regs[i].to_port);
	remember(g, ways[i], regs[i].to);
	nfb_rule_end(&g->b);
}

/* A packet that the rule passes: a SYN goes no further way here. */
void gen_synproxy_new(struct gen *g, const struct pf_rule *r, unsigned int n,
		      const char *chain)
{
	const uint32_t tags = g->tagged ? GEN_TAG_MASK : 0, number = n + 1;

	if (!(r->flags & PF_F_ALLOW_OPTS)) {
		nfb_rule(&g->b, chain);
		nfe_verdict(&g->b, NFT_JUMP, "oci");
		nfb_rule_end(&g->b);
	}
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		if (g->rdr)
			remember_way(g, i, chain);
		nfb_rule(&g->b, chain);
		match_syn(g);
		gen_ends(g, families[i], false);
		nfe_meta(&g->b, NFT_META_MARK, regs[i].rule);
		nfe_bitwise(&g->b, regs[i].rule, regs[i].rule, 4, &tags,
			    &number);
		if (g->rdr)
			load_meant(g, i, regs[i].addr, regs[i].port);
		remember(g, maps[i], regs[i].rule);
		set_flag(g);
		nfe_imm_u32(&g->b, NFR(0), 0);
		nfe_meta_set(&g->b, NFT_META_PRIORITY, NFR(0));
		nfe_verdict(&g->b, NF_ACCEPT, NULL);
		nfb_rule_end(&g->b);
	}
	/* the map is full */
	nfb_rule(&g->b, chain);
	match_syn(g);
	nfe_verdict(&g->b, NF_DROP, NULL);
	nfb_rule_end(&g->b);
}

/* One count of all connections: its chain is that of both ways, too. */
static bool limits_others(const struct gen *g, const struct pf_rule *r)
{
	return gen_limits(r) && (g->cookies || !r->proto);
}

static void limit_name(unsigned int n, char ret[GEN_CHAIN])
{
	snprintf(ret, GEN_CHAIN, "syl%u", n);
}

static void go_limits(struct gen *g, unsigned int n, const char *chain)
{
	char limits[GEN_CHAIN];

	limit_name(n, limits);
	nfb_rule(&g->b, chain);
	nfe_verdict(&g->b, NFT_JUMP, limits);
	nfb_rule_end(&g->b);
}

void gen_synproxy_limits(struct gen *g, const struct pf_rule *r, unsigned int n,
			 const char *chain)
{
	char limits[GEN_CHAIN];

	if (!limits_others(g, r))
		return;
	limit_name(n, limits);
	nfb_chain(&g->b, limits);
	gen_limit(g, r, n, limits, GEN_IN);
	go_limits(g, n, chain);
}

/* In the hook's chain, before rules are asked. */
void gen_synproxy_pass(struct gen *g, enum gen_place p, const char *chain)
{
	static const char lo[IFNAMSIZ] = "lo";
	const uint32_t valid = GEN_VALID, zero = 0;

	if (!g->synproxy || gen_is_member(p))
		return;
	if (p != GEN_IN) {
		nfb_rule(&g->b, chain);
		match_flag(g);
		nfe_verdict(&g->b, NF_ACCEPT, NULL);
		gen_rule_why(g, GEN_WHY_ANSWER);
		/* the SYN to a server of our own */
		nfb_rule(&g->b, chain);
		nfe_meta(&g->b, NFT_META_OIFNAME, NFR(0));
		nfe_cmp(&g->b, NFT_CMP_EQ, NFR(0), lo, sizeof(lo));
		gen_match_dir(g, 0);
		nfe_ct(&g->b, NFT_CT_LABELS, -1, NFR(0));
		nfe_bitwise(&g->b, NFR(GEN_LABEL_X), NFR(4), 4, &valid, &zero);
		nfe_cmp_u32(&g->b, NFT_CMP_NEQ, NFR(4), 0);
		nfe_verdict(&g->b, NF_ACCEPT, NULL);
		gen_rule_why(g, GEN_WHY_STATE);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		nfb_rule(&g->b, chain);
		match_tcp(g, TCP_ACK);
		match_new(g);
		gen_ends(g, families[i], false);
		nfe_map(&g->b, maps[i], NFR(0), regs[i].rule);
		set_flag(g);
		nfe_verdict(&g->b, NF_ACCEPT, NULL);
		gen_rule_why(g, GEN_WHY_STATE);
	}
}

/* What clients are told: no rule's max-mss may be exceeded. */
static uint16_t segment(const struct gen *g)
{
	uint16_t mss = MSS;

	for (size_t i = 0; i < g->nnodes; i++) {
		const struct pf_rules *l = &g->node[i].a->list[PF_LIST_FILTER];

		for (size_t k = 0; k < l->n; k++)
			if (gen_synproxy(g, &l->v[k]) && l->v[k].max_mss &&
			    l->v[k].max_mss < mss)
				mss = l->v[k].max_mss;
	}
	return mss;
}

static void proxy_chain(struct gen *g, const char *chain, int hook)
{
	const struct nfb_hook h = {"filter", hook, -140, NULL};

	nfb_chain_base(&g->b, chain, &h);
	if (g->cookies) {
		nfb_rule(&g->b, chain);
		match_tcp(g, TCP_SYN);
		match_new(g);
		match_flag(g);
		gen_count(g, "l.cookies");
		nfb_rule_end(&g->b);
	}
	nfb_rule(&g->b, chain);
	gen_match_proto(g, IPPROTO_TCP);
	match_new(g);
	match_flag(g);
	nfe_synproxy(&g->b, segment(g), 0, NF_SYNPROXY_OPT_MSS);
	nfb_rule_end(&g->b);
}

/* The SYN to the server gets the destination back that the client meant. */
static void meant_chain(struct gen *g)
{
	static const struct nfb_hook hook = {"filter", NF_INET_LOCAL_OUT, -300,
					     NULL};

	nfb_chain_base(&g->b, "synr", &hook);
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		nfb_rule(&g->b, "synr");
		match_tcp(g, TCP_SYN);
		gen_ends(g, families[i], false);
		nfe_map(&g->b, maps[i], NFR(0), regs[i].rule);
		/* for "syno" */
		nfe_meta_set(&g->b, NFT_META_PRIORITY, regs[i].rule);
		nfe_addr_set(&g->b, (i ? 8 : 12) + regs[i].len, regs[i].len,
			     regs[i].addr);
		nfe_payload_set(&g->b, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2,
				regs[i].port, 16);
		nfb_rule_end(&g->b);
	}
}

/* In chains of nat: translated as the SYN was. */
void gen_synproxy_nat(struct gen *g, const char *chain, bool out)
{
	static const uint32_t none[4], all = UINT32_MAX, zero;

	for (size_t i = 0; g->synproxy && i < ARRAY_SIZE(families); i++) {
		const struct nfe_nat n = {.type = NFT_NAT_DNAT,
					  .family = i ? NFPROTO_IPV6
						      : NFPROTO_IPV4,
					  .addr_min = regs[i].to,
					  .proto_min = regs[i].to_port};

		nfb_rule(&g->b, chain);
		if (out)
			match_tcp(g, TCP_SYN);
		gen_ends(g, families[i], false);
		nfe_map(&g->b, ways[i], NFR(0), regs[i].to);
		if (!out) {
			nfe_imm(&g->b, NFR(0), none, sizeof(none));
			nfe_bitwise(&g->b, regs[i].label, NFR(GEN_LABEL_FLAGS),
				    4, &all, &zero);
			nfe_ct_set(&g->b, NFT_CT_LABELS, NFR(0));
		}
		nfe_nat(&g->b, &n);
		nfb_rule_end(&g->b);
	}
}

/* What a rule does with the SYN to the server, beside passing it. */
static bool does_more(const struct gen *g, const struct pf_rule *r)
{
	return gen_times(r) || gen_limits(r) || gen_overloads(r) ||
	       gen_routed(r) || gen_edits(r) || gen_flushes(g) ||
	       gen_limits_all(g);
}

static void own_chain(struct gen *g, const struct gen_node *node,
		      const struct pf_rule *r, bool make)
{
	const unsigned int n = node->base[PF_LIST_FILTER] + r->nr;
	const uint32_t word = gen_word(g, n);
	char chain[GEN_CHAIN];

	if (!gen_synproxy(g, r) || !does_more(g, r))
		return;
	snprintf(chain, sizeof(chain), "syn%u", n);
	if (!make) {
		nfb_elem(&g->b, &(struct nfb_elem){.key = &word,
						   .klen = 4,
						   .verdict = true,
						   .code = NFT_JUMP,
						   .chain = chain});
		return;
	}
	nfb_chain(&g->b, chain);
	gen_limit_all(g, chain);
	if (limits_others(g, r))
		go_limits(g, n, chain);
	else
		gen_limit(g, r, n, chain, GEN_IN);
	if (gen_flushes(g))
		gen_overload_made(g, chain, GEN_IN);
	if (gen_routed(r))
		gen_route_entry(g, r, chain);
	if (gen_times(r))
		gen_timeout(g, r, chain);
	gen_edit(g, r, chain);
}

static void own_chains(struct gen *g, bool make)
{
	for (size_t i = 0; i < g->nnodes; i++) {
		const struct pf_rules *l = &g->node[i].a->list[PF_LIST_FILTER];

		for (size_t k = 0; k < l->n; k++)
			own_chain(g, &g->node[i], &l->v[k], make);
	}
}

static void own_map(struct gen *g)
{
	own_chains(g, true);
	nfb_set(&g->b, &(struct nfb_set){.name = "syns",
					 .ktype = NFB_TYPE_MARK,
					 .klen = 4,
					 .dtype = NFT_DATA_VERDICT,
					 .size = g->nrules + 1});
	nfb_elems(&g->b, "syns", false);
	own_chains(g, false);
	nfb_elems_end(&g->b);
}

/* The connection's own entry: X is the state of who came in. */
static void server_rule(struct gen *g, size_t i)
{
	static const uint32_t none[4], all = UINT32_MAX, zero;
	const uint32_t number = GEN_RULE_MASK, tags = GEN_TAG_MASK;
	const uint32_t gen = gen_word(g, 0) & ~GEN_RULE_MASK;

	nfb_rule(&g->b, "syno");
	match_tcp(g, TCP_SYN);
	match_new(g);
	gen_ends(g, families[i], false);
	nfe_map(&g->b, g->rdr ? ways[i] : maps[i], NFR(0),
		g->rdr ? regs[i].to : regs[i].rule);
	nfe_imm(&g->b, NFR(0), none, sizeof(none));
	if (g->rdr) {
		nfe_bitwise(&g->b, regs[i].label, NFR(GEN_LABEL_FLAGS), 4, &all,
			    &zero);
		nfe_meta(&g->b, NFT_META_PRIORITY, regs[i].rule);
		nfe_imm_u32(&g->b, NFR(4), 0);
		nfe_meta_set(&g->b, NFT_META_PRIORITY, NFR(4));
	}
	nfe_bitwise(&g->b, regs[i].rule, NFR(GEN_LABEL_X), 4, &number, &gen);
	if (g->tagged) {
		nfe_bitwise(&g->b, regs[i].rule, NFR(GEN_LABEL_NAT), 4, &tags,
			    &zero);
		nfe_meta_set(&g->b, NFT_META_MARK, NFR(GEN_LABEL_NAT));
	}
	nfe_ct_set(&g->b, NFT_CT_LABELS, NFR(0));
	gen_count(g, "insert");
	if (g->cookies)
		gen_count(g, "l.valid");
	nfe_vmap(&g->b, "syns", NFR(GEN_LABEL_X));
	nfb_rule_end(&g->b);
}

/* Before ways are found (nft_route.c). */
static void server_chain(struct gen *g)
{
	static const struct nfb_hook hook = {"filter", NF_INET_LOCAL_OUT, -160,
					     NULL};

	own_map(g);
	nfb_chain_base(&g->b, "syno", &hook);
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		server_rule(g, i);
}

void gen_synproxy_hooks(struct gen *g)
{
	if (!g->synproxy)
		return;
	g->b.cookie = g->synproxy_rule;
	proxy_chain(g, "synf", NF_INET_FORWARD);
	proxy_chain(g, "syni", NF_INET_LOCAL_IN);
	g->b.cookie = NFB_NO_COOKIE;
	if (g->rdr)
		meant_chain(g);
	server_chain(g);
}
