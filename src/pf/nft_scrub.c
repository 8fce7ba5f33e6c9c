/*
 * nft_scrub: what pf changes in packets: scrub rules, `scrub (...)`, `set tos`
 * and `set prio` of filter rules.
 *
 * Fragments come here whole: conntrack puts them together before, and the
 * kernel cuts them again on the way out.  So `fragment reassemble` says what
 * happens anyway.  Scrub rules look at each packet of their direction, before
 * states; the first that matches is the only one.
 *
 * `match ... scrub (...)` is of packets of the states that are made behind it.
 * Where the rule asks for nothing but interface, family, protocol and fixed
 * addresses and ports, these are known without the rule: `in` is original
 * packets that come in and replies that go out, and what the ends were when the
 * rules saw them says the entry of conntrack.
 */
#include "pf/nft_gen.h"

#include "base/cleanup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IP_CSUM 10
#define SYN 0x02
#define RST 0x04
#define FIN 0x01
#define ACK 0x10
#define TCP_OPT_MSS 2

/* Two bytes of an IPv4 header are masked and written back, checksum too. */
static void edit4(struct gen *g, uint32_t off, const uint8_t mask[2],
		  const uint8_t xor [2])
{
	nfe_payload(&g->b, NFT_PAYLOAD_NETWORK_HEADER, off, 2, NFR(0));
	nfe_bitwise(&g->b, NFR(0), NFR(0), 2, mask, xor);
	nfe_payload_set(&g->b, NFT_PAYLOAD_NETWORK_HEADER, off, 2, NFR(0),
			IP_CSUM);
}

static void begin(struct gen *g, const char *chain, unsigned int af)
{
	nfb_rule(&g->b, chain);
	gen_match_af(g, af);
}

static void set_tos(struct gen *g, const char *chain, uint8_t tos)
{
	static const uint8_t mask4[2] = {0xff, 0}, mask6[2] = {0xf0, 0x0f};
	const uint8_t xor4[2] = {0, tos};
	const uint8_t xor6[2] = {tos >> 4, (uint8_t)(tos << 4)};

	begin(g, chain, GEN_AF_V4);
	edit4(g, 0, mask4, xor4);
	nfb_rule_end(&g->b);
	begin(g, chain, GEN_AF_V6);
	nfe_payload(&g->b, NFT_PAYLOAD_NETWORK_HEADER, 0, 2, NFR(0));
	nfe_bitwise(&g->b, NFR(0), NFR(0), 2, mask6, xor6);
	nfe_payload_set(&g->b, NFT_PAYLOAD_NETWORK_HEADER, 0, 2, NFR(0), -1);
	nfb_rule_end(&g->b);
}

static void no_df(struct gen *g, const char *chain)
{
	static const uint8_t mask[2] = {0xbf, 0xff}, zero[2];

	begin(g, chain, GEN_AF_V4);
	edit4(g, 6, mask, zero);
	nfb_rule_end(&g->b);
}

static void random_id(struct gen *g, const char *chain)
{
	begin(g, chain, GEN_AF_V4);
	nfe_numgen(&g->b, NFT_NG_RANDOM, UINT16_MAX, 1, NFR(0));
	nfe_payload_set(&g->b, NFT_PAYLOAD_NETWORK_HEADER, 4, 2, NFR(0),
			IP_CSUM);
	nfb_rule_end(&g->b);
}

static void min_ttl(struct gen *g, const char *chain, uint8_t ttl)
{
	static const uint8_t mask[2] = {0, 0xff};
	const uint8_t xor [2] = {ttl, 0};

	begin(g, chain, GEN_AF_V4);
	nfe_payload(&g->b, NFT_PAYLOAD_NETWORK_HEADER, 8, 1, NFR(0));
	nfe_cmp_u8(&g->b, NFT_CMP_LT, NFR(0), ttl);
	edit4(g, 8, mask, xor);
	nfb_rule_end(&g->b);
	begin(g, chain, GEN_AF_V6);
	nfe_payload(&g->b, NFT_PAYLOAD_NETWORK_HEADER, 7, 1, NFR(0));
	nfe_cmp_u8(&g->b, NFT_CMP_LT, NFR(0), ttl);
	nfe_imm(&g->b, NFR(0), &ttl, 1);
	nfe_payload_set(&g->b, NFT_PAYLOAD_NETWORK_HEADER, 7, 1, NFR(0), -1);
	nfb_rule_end(&g->b);
}

static void tcp_flags(struct gen *g, uint8_t mask, uint8_t want)
{
	const uint8_t zero = 0;

	gen_match_proto(g, IPPROTO_TCP);
	nfe_payload(&g->b, NFT_PAYLOAD_TRANSPORT_HEADER, 13, 1, NFR(0));
	nfe_bitwise(&g->b, NFR(0), NFR(0), 1, &mask, &zero);
	nfe_cmp_u8(&g->b, NFT_CMP_EQ, NFR(0), want);
}

static void max_mss(struct gen *g, const char *chain, uint16_t mss)
{
	const uint8_t be[2] = {(uint8_t)(mss >> 8), (uint8_t)mss};

	nfb_rule(&g->b, chain);
	tcp_flags(g, SYN, SYN);
	nfe_exthdr(&g->b, NFT_EXTHDR_OP_TCPOPT, TCP_OPT_MSS, 2, 2, 0, NFR(0));
	nfe_cmp(&g->b, NFT_CMP_GT, NFR(0), be, 2);
	nfe_imm(&g->b, NFR(0), be, 2);
	nfe_exthdr_set(&g->b, NFT_EXTHDR_OP_TCPOPT, TCP_OPT_MSS, 2, 2, NFR(0));
	nfb_rule_end(&g->b);
}

static void put_priority(struct gen *g, uint8_t prio)
{
	nfe_imm_u32(&g->b, NFR(0), prio);
	nfe_meta_set(&g->b, NFT_META_PRIORITY, NFR(0));
	nfb_rule_end(&g->b);
}

/*
 * The second priority is for packets with lowdelay and TCP acknowledgements
 * without data, which are no longer than their headers.
 */
void gen_set_prio(struct gen *g, const char *chain, const uint8_t prio[2])
{
	static const uint8_t lowdelay = 0x10, zero;
	const uint32_t longest = htonl(52);

	nfb_rule(&g->b, chain);
	put_priority(g, prio[0]);
	if (prio[1] == prio[0])
		return;
	begin(g, chain, GEN_AF_V4);
	nfe_payload(&g->b, NFT_PAYLOAD_NETWORK_HEADER, 1, 1, NFR(0));
	nfe_bitwise(&g->b, NFR(0), NFR(0), 1, &lowdelay, &zero);
	nfe_cmp_u8(&g->b, NFT_CMP_NEQ, NFR(0), 0);
	put_priority(g, prio[1]);
	nfb_rule(&g->b, chain);
	tcp_flags(g, SYN | RST | FIN | ACK, ACK);
	nfe_meta(&g->b, NFT_META_LEN, NFR(0));
	nfe_byteorder(&g->b, NFR(0), NFR(0), true, 4, 4);
	nfe_cmp(&g->b, NFT_CMP_LTE, NFR(0), &longest, 4);
	put_priority(g, prio[1]);
}

bool gen_edits(const struct pf_rule *r)
{
	return r->flags & (PF_F_NO_DF | PF_F_RANDOM_ID | PF_F_SET_TOS |
			   PF_F_SET_PRIO) ||
	       r->min_ttl || r->max_mss;
}

void gen_edit(struct gen *g, const struct pf_rule *r, const char *chain)
{
	if (r->flags & PF_F_NO_DF)
		no_df(g, chain);
	if (r->flags & PF_F_RANDOM_ID)
		random_id(g, chain);
	if (r->min_ttl)
		min_ttl(g, chain, r->min_ttl);
	if (r->max_mss)
		max_mss(g, chain, r->max_mss);
	if (r->flags & PF_F_SET_TOS)
		set_tos(g, chain, r->set_tos);
	if (r->flags & PF_F_SET_PRIO)
		gen_set_prio(g, chain, r->set_prio);
}

/* scrub rules */

static void scrub_name(const struct gen *g, const struct gen_node *n,
		       enum gen_place p, char ret[GEN_CHAIN])
{
	snprintf(ret, GEN_CHAIN, "sc%zu%c", (size_t)(n - g->node),
		 gen_letter[p]);
}

static void scrub_rule(struct gen *g, const struct gen_node *node,
		       const struct pf_rule *r, enum gen_place p,
		       const char *chain)
{
	const unsigned int n = node->base[PF_LIST_SCRUB] + r->nr;
	struct gen_match m = {.node = node, .r = r, .place = p};
	struct gen_verdict v = {.code = NF_ACCEPT};
	const struct gen_node *to;
	unsigned int all = gen_families(r);

	/* in a chain that is jumped to, this only ends the chain's caller */
	v.code = NFT_RETURN;
	if (r->action == PF_ANCHOR) {
		to = gen_node_of(
			g, r->anchor && r->anchor->path ? r->anchor->path : "");
		if (!to || to->a->list[PF_LIST_SCRUB].n == 0)
			return;
		v.code = NFT_JUMP;
		scrub_name(g, to, p, v.chain);
	} else if (r->action == PF_SCRUB && gen_edits(r)) {
		v.code = NFT_GOTO;
		snprintf(v.chain, sizeof(v.chain), "x%u%c", n, gen_letter[p]);
		nfb_chain(&g->b, v.chain);
		gen_edit(g, r, v.chain);
	}
	for (m.af = 1; m.af <= GEN_AF_V6; m.af <<= 1) {
		if (!(all & m.af))
			continue;
		if (!gen_rule_begin(g, chain, &m))
			continue;
		nfe_counter(&g->b, 0, 0);
		gen_verdict(g, &v);
		gen_rule_end(g, n);
	}
}

static bool match_scrubs(const struct pf_rule *r)
{
	return r->action == PF_MATCH && gen_edits(r);
}

static bool sets_prio(const struct pf_rule *r)
{
	return r->flags & PF_F_SET_PRIO;
}

static bool any_end(const struct pf_end *e)
{
	return e->host.kind == PF_ADDR_ANY && e->port.op == PF_OP_NONE;
}

static bool any_ends(const struct pf_rule *r)
{
	return any_end(&r->src) && any_end(&r->dst);
}

/* Does a rule ask for what `set tos` changes? */
static bool tos_asked(const struct gen *g)
{
	for (size_t i = 0; i < g->nnodes; i++)
		for (int l = 0; l < PF_NLISTS; l++) {
			const struct pf_rules *rules = &g->node[i].a->list[l];

			for (size_t k = 0; k < rules->n; k++)
				if (rules->v[k].flags & PF_F_TOS)
					return true;
		}
	return false;
}

/*
 * Flags S/SA leave nothing out of what scrub (max-mss) changes, packets with
 * SYN: those that answer are of states that such a packet has made.
 */
static bool asks_flags(const struct gen *g, const struct pf_rule *r)
{
	const bool edits = r->flags & (PF_F_NO_DF | PF_F_RANDOM_ID |
				       PF_F_SET_TOS | PF_F_SET_PRIO) ||
			   r->min_ttl || gen_match_queues(g, r);

	return r->tcp_flagset &&
	       (edits || r->proto != IPPROTO_TCP || r->tcp_flags != SYN ||
		r->tcp_flagset != (SYN | ACK));
}

static bool asks_more(const struct gen *g, const struct pf_rule *r)
{
	return (!any_ends(r) && !gen_entry_knows(g, r)) || r->rcvif || r->os ||
	       (r->flags & PF_F_SET_TOS && tos_asked(g)) ||
	       r->uid.op != PF_OP_NONE || r->gid.op != PF_OP_NONE ||
	       asks_flags(g, r) || r->icmp_type || r->probability || r->tag ||
	       r->tagged || r->max_pkt_rate || r->max_pkt_size || r->pool.n ||
	       r->rdr.n ||
	       ((sets_prio(r) || gen_match_queues(g, r)) && g->pfil.member) ||
	       r->flags & (PF_F_PRIO | PF_F_TOS | PF_F_FRAGMENT | PF_F_ONCE |
			   PF_F_ALLOW_OPTS);
}

struct before { /* match rule m */
	const struct gen *g;
	const struct pf_rule *m;
	unsigned char *seen; /* of each node: looked at for m, and how */
};
#define SEEN 0x01
#define SEEN_QUICK 0x02

static bool may_end(const struct before *b, const struct gen_node *node,
		    const struct pf_rule *r, bool quick);

static bool may_end_within(const struct before *b, const struct gen_node *node,
			   bool quick)
{
	const struct pf_rules *l = &node->a->list[PF_LIST_FILTER];
	unsigned char *seen = &b->seen[node - b->g->node];
	const unsigned char how = quick ? SEEN_QUICK : SEEN;

	if (*seen & how) /* nothing ends there */
		return false;
	*seen |= how;
	for (size_t k = 0; k < l->n; k++)
		if (may_end(b, node, &l->v[k], quick))
			return true;
	return false;
}

/*
 * May packets pass by r, a rule of the node, that would have come to match rule
 * m?  `quick`: an anchor says so of all in it.
 */
static bool may_end(const struct before *b, const struct gen_node *node,
		    const struct pf_rule *r, bool quick)
{
	const struct gen *g = b->g;
	const struct gen_node *to;

	if (gen_apart(r, b->m))
		return false;
	if (r->action == PF_BLOCK)
		return false;
	quick |= (r->flags & PF_F_QUICK) != 0;
	if (r->action != PF_ANCHOR)
		return quick;
	to = r->anchor ? gen_node_of(g, r->anchor->path ? r->anchor->path : "")
		       : NULL;
	if (!to)
		return false;
	if (to <= node) /* which would be a circle */
		return true;
	if (!r->anchor_wild)
		return may_end_within(b, to, quick);
	for (size_t i = 0; i < to->a->nchild; i++) {
		const struct gen_node *child =
			gen_node_of(g, to->a->child[i]->path);

		if (child && may_end_within(b, child, quick))
			return true;
	}
	return false;
}

/* Rule k of the main ruleset: has nobody gone another way before? */
static bool all_come_to(struct gen *g, size_t k)
{
	cleanup_free unsigned char *seen = calloc(g->nnodes, 1);
	const struct pf_rule *v = g->node->a->list[PF_LIST_FILTER].v;
	const struct before b = {.g = g, .m = &v[k], .seen = seen};

	if (!seen) {
		g->b.failed = true;
		return true;
	}
	for (size_t i = 0; i < k; i++)
		if (may_end(&b, g->node, &v[i], false))
			return false;
	return true;
}

void gen_scrub_check(struct gen *g)
{
	for (size_t i = 0; i < g->nnodes; i++) {
		const struct pf_rules *l = &g->node[i].a->list[PF_LIST_FILTER];

		for (size_t k = 0; k < l->n; k++) {
			const struct pf_rule *r = &l->v[k];

			if ((match_scrubs(r) || gen_match_queues(g, r)) &&
			    (i || asks_more(g, r) || !all_come_to(g, k)))
				gen_refuse(
					g, r,
					"match with scrub, set or queue: "
					"only scrub, tos, prio, by interface, "
					"protocol, fixed addresses and "
					"ports, in front of quick rules for "
					"the same packets; or say it in the "
					"rule that passes");
		}
	}
}

static void match_name(enum gen_place p, bool prio, char ret[GEN_CHAIN])
{
	snprintf(ret, GEN_CHAIN, "sc%c%c", prio ? 'p' : 'm', gen_letter[p]);
}

/* Packets of states that the rule was asked of, in direction dir; -1: any. */
static void match_packets(struct gen *g, const struct pf_rule *like,
			  const struct gen_match *m, int dir, const char *chain,
			  int code, const char *to)
{
	const char letter = gen_state_letter(m->place);
	const unsigned int word = dir < 0 ? 0 : gen_label_word(letter, dir);

	if (dir >= 0 && like->dir == (word == GEN_LABEL_X ? PF_OUT : PF_IN))
		return;
	nfb_rule(&g->b, chain);
	if (dir >= 0)
		gen_match_dir(g, dir);
	if (!gen_match(g, m) ||
	    !(any_ends(like) || gen_match_entry(g, like, m->af, word))) {
		nfb_rule_cancel(&g->b);
		return;
	}
	nfe_verdict(&g->b, code, to);
	nfb_rule_end(&g->b);
}

void gen_match_later(struct gen *g, const struct pf_rule *like,
		     enum gen_place p, const char *chain, int code,
		     const char *to)
{
	struct pf_rule r = *like;
	struct gen_match m = {.node = g->node, .r = &r, .place = p};
	const unsigned int all = gen_families(like);
	const bool both = like->dir == PF_INOUT && any_ends(like);

	r.dir = PF_INOUT;
	r.tcp_flags = r.tcp_flagset = 0;
	r.src = r.dst = (struct pf_end){.host.kind = PF_ADDR_ANY};
	for (m.af = 1; m.af <= GEN_AF_V6; m.af <<= 1) {
		if (!(all & m.af))
			continue;
		for (int dir = both ? -1 : 0; dir <= (both ? -1 : 1); dir++)
			match_packets(g, like, &m, dir, chain, code, to);
	}
}

/* Counted where it is judged among the others.  `prio`: only that is set. */
static void match_rule(struct gen *g, const struct pf_rule *like,
		       enum gen_place p, bool prio, const char *chain)
{
	char edits[GEN_CHAIN];

	snprintf(edits, sizeof(edits), "x%c%u%c", prio ? 'p' : 'm', like->nr,
		 gen_letter[p]);
	nfb_chain(&g->b, edits);
	if (prio)
		gen_set_prio(g, edits, like->set_prio);
	else
		gen_edit(g, like, edits);
	gen_match_later(g, like, p, chain, NFT_JUMP, edits);
}

/* All that match, in order.  That of prio is there already (nft_prio.c). */
static void match_chain(struct gen *g, enum gen_place p, bool prio)
{
	const struct pf_rules *l = &g->node->a->list[PF_LIST_FILTER];
	char chain[GEN_CHAIN];

	match_name(p, prio, chain);
	if (!prio)
		nfb_chain(&g->b, chain);
	for (size_t k = 0; k < l->n; k++)
		if (match_scrubs(&l->v[k]) && (!prio || sets_prio(&l->v[k])))
			match_rule(g, &l->v[k], p, prio, chain);
}

bool gen_scrubs(const struct gen *g)
{
	const struct pf_rules *l = &g->node->a->list[PF_LIST_FILTER];
	size_t i, k;

	for (k = 0; k < l->n; k++)
		if (match_scrubs(&l->v[k]))
			return true;

	for (i = 0; i < g->nnodes; i++) {
		l = &g->node[i].a->list[PF_LIST_SCRUB];
		for (k = 0; k < l->n; k++)
			if (gen_edits(&l->v[k]))
				return true;
	}
	return false;
}

/* Nothing but reassembly needs no chains. */
void gen_scrub(struct gen *g, enum gen_place p)
{
	const struct pf_rules *l;
	char chain[GEN_CHAIN];
	size_t i, k;

	if (!gen_scrubs(g))
		return;
	for (i = 0; i < g->nnodes; i++) {
		scrub_name(g, &g->node[i], p, chain);
		if (g->node[i].a->list[PF_LIST_SCRUB].n || i == 0)
			nfb_chain(&g->b, chain);
	}
	for (i = 0; i < g->nnodes; i++) {
		l = &g->node[i].a->list[PF_LIST_SCRUB];
		scrub_name(g, &g->node[i], p, chain);
		for (k = 0; k < l->n; k++)
			scrub_rule(g, &g->node[i], &l->v[k], p, chain);
	}
	match_chain(g, p, false);
	if (g->prio_match && !gen_is_member(p))
		match_chain(g, p, true);
}

void gen_scrub_call(struct gen *g, enum gen_place p, const char *hook)
{
	char chain[GEN_CHAIN];

	if (!gen_scrubs(g))
		return;
	scrub_name(g, g->node, p, chain);
	nfb_rule(&g->b, hook);
	nfe_verdict(&g->b, NFT_JUMP, chain);
	nfb_rule_end(&g->b);
	match_name(p, false, chain);
	nfb_rule(&g->b, hook);
	nfe_verdict(&g->b, NFT_JUMP, chain);
	nfb_rule_end(&g->b);
}
