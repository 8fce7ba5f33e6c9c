/*
 * nft_state: the way of packets that have a state, and how a state is made.
 * The theory of operation is in nft_filter.c.
 *
 * Chains of a place (with its letter behind the name):
 *
 *	judge	no state: all rules
 *	ps, pa	passes with a state; pa: with IP options, too
 *	pn	passes without
 *	oc	drops packets with IP options, else comes back
 *	ls	writes the state into the label
 *	opt	a packet with options: only states of `allow-opts` rules count
 *	reply	of the way that nearly all packets go, that of replies
 *	six	what is not IPv4 without options
 *	slow	what none of these has decided
 *	rt	block return
 */
#include "pf/nft_gen.h"

#include <linux/netfilter/nf_conntrack_common.h>
#include <netinet/icmp6.h>
#include <stdio.h>
#include <string.h>

#ifndef IP_CT_DIR_ORIGINAL /* not in the kernel's public headers */
#define IP_CT_DIR_ORIGINAL 0
#define IP_CT_DIR_REPLY 1
#endif

/* State bits of `ct state` in nftables. */
#define STATE_INVALID 1u
#define STATE_RELATED (1u << (IP_CT_RELATED + 1))

char gen_state_letter(enum gen_place p)
{
	return gen_is_in(p) ? 'i' : 'o';
}

/* The label word of the state that covers a packet of this direction here. */
static unsigned int word_of(enum gen_place p, int dir)
{
	return gen_label_word(gen_state_letter(p), dir);
}

static void name(char ret[GEN_CHAIN], const char *base, enum gen_place p)
{
	snprintf(ret, GEN_CHAIN, "%s%c", base, gen_letter[p]);
}

static void finish(struct gen *g, int code, const char *chain)
{
	nfe_verdict(&g->b, code, chain);
	nfb_rule_end(&g->b);
}

static void finish_why(struct gen *g, int code, const char *chain, char why)
{
	nfe_verdict(&g->b, code, chain);
	gen_rule_why(g, why);
}

static void rule_jump(struct gen *g, const char *chain, int code,
		      const char *to, enum gen_place p)
{
	char target[GEN_CHAIN];

	name(target, to, p);
	nfb_rule(&g->b, chain);
	finish(g, code, target);
}

/*
 * Neighbour discovery is not tracked by conntrack.  A solicitation that passes
 * with a state is remembered for a while ("ndi", "ndo": by the address asked
 * for), and the advertisement that answers it passes the other way.
 */
#define ND_TIMEOUT 30000 /* ms */
static const struct in6_addr all_routers = {.s6_addr = {0xff, 2, [15] = 2}};

static void nd_set(char ret[8], char letter)
{
	snprintf(ret, 8, "nd%c", letter);
}

static void icmp6_type(struct gen *g, uint8_t type)
{
	gen_match_proto(g, IPPROTO_ICMPV6);
	nfe_payload(&g->b, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1, NFR(0));
	nfe_cmp_u8(&g->b, NFT_CMP_EQ, NFR(0), type);
}

static void nd_ask(struct gen *g, const char *chain, enum gen_place p)
{
	char set[8];
	const struct nfe_dynset d = {.set = set,
				     .op = NFT_DYNSET_OP_UPDATE,
				     .key = NFR(0),
				     .timeout = ND_TIMEOUT};

	nd_set(set, gen_state_letter(p));
	nfb_rule(&g->b, chain);
	icmp6_type(g, ND_NEIGHBOR_SOLICIT);
	nfe_payload(&g->b, NFT_PAYLOAD_TRANSPORT_HEADER, 8, 16, NFR(0));
	nfe_dynset_begin(&g->b, &d);
	nfe_dynset_end(&g->b);
	nfb_rule_end(&g->b);
	nfb_rule(&g->b, chain);
	icmp6_type(g, ND_ROUTER_SOLICIT);
	nfe_payload(&g->b, NFT_PAYLOAD_NETWORK_HEADER, 24, 16, NFR(0));
	nfe_dynset_begin(&g->b, &d);
	nfe_dynset_end(&g->b);
	nfb_rule_end(&g->b);
}

static void nd_answer(struct gen *g, const char *chain, enum gen_place p)
{
	char set[8];

	nd_set(set, gen_is_in(p) ? 'o' : 'i');
	nfb_rule(&g->b, chain);
	icmp6_type(g, ND_NEIGHBOR_ADVERT);
	nfe_payload(&g->b, NFT_PAYLOAD_TRANSPORT_HEADER, 8, 16, NFR(0));
	nfe_lookup(&g->b, set, NFR(0), false);
	finish_why(g, NF_ACCEPT, NULL, GEN_WHY_ND);
	nfb_rule(&g->b, chain);
	icmp6_type(g, ND_ROUTER_ADVERT);
	nfe_imm(&g->b, NFR(0), &all_routers, sizeof(all_routers));
	nfe_lookup(&g->b, set, NFR(0), false);
	finish_why(g, NF_ACCEPT, NULL, GEN_WHY_ND);
}

/* maps of states */

static void state_elem(struct gen *g, const struct gen_node *node,
		       const struct pf_rule *r, unsigned int n, char letter,
		       bool make)
{
	struct gen_verdict v = {.code = NF_ACCEPT};
	const uint32_t word = gen_word(g, n);

	gen_state_verdict(g, node, r, n, letter, make, &v);
	if (gen_bound_pairs(g, r))
		gen_bound_verdict(g, n, letter, make, &v);
	if (make)
		return;
	nfb_elem(&g->b,
		 &(struct nfb_elem){.key = &word,
				    .klen = 4,
				    .verdict = true,
				    .code = v.code,
				    .chain = v.chain[0] ? v.chain : NULL});
}

static void state_elems(struct gen *g, char letter, bool make)
{
	/* of translations that no rule has passed: translated() */
	static const struct pf_rule none;
	const struct gen_node *node;
	size_t i, k;
	int l;

	for (i = 0; i < g->nnodes; i++)
		for (l = 0; l < PF_NLISTS; l++) {
			node = &g->node[i];
			for (k = 0; k < node->a->list[l].n; k++)
				if (gen_makes_state(&node->a->list[l].v[k],
						    (enum pf_list)l))
					state_elem(
						g, node, &node->a->list[l].v[k],
						node->base[l] + (unsigned int)k,
						letter, make);
		}
	if (g->nat || g->rdr)
		state_elem(g, g->node, &none, g->nrules, letter, make);
}

/* IPv6 without headers of options: what follows the first one. */
#define PLAIN_SIX "plain6"
static void plain_six_set(struct gen *g)
{
	static const uint8_t next[] = {IPPROTO_TCP, IPPROTO_UDP,
				       IPPROTO_ICMPV6};
	size_t i;

	nfb_set(&g->b, &(struct nfb_set){.name = PLAIN_SIX,
					 .ktype = NFB_TYPE_INT,
					 .klen = 1,
					 .size = sizeof(next)});
	nfb_elems(&g->b, PLAIN_SIX, false);
	for (i = 0; i < sizeof(next); i++)
		nfb_elem(&g->b, &(struct nfb_elem){.key = &next[i], .klen = 1});
	nfb_elems_end(&g->b);
}

/* The states that packets with IP options may have. */
static void allow_opts(struct gen *g)
{
	const struct nfb_set s = {.name = "allowopts",
				  .ktype = NFB_TYPE_MARK,
				  .klen = 4,
				  .size = gen_bound_room(g, g->nrules + 1)};
	const struct pf_rules *l;
	uint32_t word;
	size_t i, k, n;

	nfb_set(&g->b, &s);
	nfb_elems(&g->b, s.name, false);
	for (i = 0; i < g->nnodes; i++) {
		l = &g->node[i].a->list[PF_LIST_FILTER];
		for (k = 0; k < l->n; k++) {
			if (!(l->v[k].flags & PF_F_ALLOW_OPTS))
				continue;
			for (n = 0;
			     gen_rule_word(g, &l->v[k],
					   g->node[i].base[PF_LIST_FILTER] +
						   (unsigned int)k,
					   n, &word);
			     n++)
				nfb_elem(&g->b, &(struct nfb_elem){.key = &word,
								   .klen = 4});
		}
	}
	nfb_elems_end(&g->b);
}

static void tag_chain(struct gen *g, char letter)
{
	char chain[8];

	snprintf(chain, sizeof(chain), "tag%c", letter);
	nfb_chain(&g->b, chain);
	gen_state_tag(g, chain);
	nfb_rule(&g->b, chain);
	finish(g, NF_ACCEPT, NULL);
}

void gen_state_maps(struct gen *g)
{
	char map[8];
	const struct nfb_set s = {.name = map,
				  .ktype = NFB_TYPE_MARK,
				  .klen = 4,
				  .dtype = NFT_DATA_VERDICT,
				  .size = g->nrules + 1,
				  .counter = true};
	const struct nfb_set nd = {.name = map,
				   .flags = NFT_SET_EVAL,
				   .ktype = NFB_TYPE_V6,
				   .klen = 16,
				   .size = 4096,
				   .timeout = ND_TIMEOUT};
	const char *letter;

	allow_opts(g);
	plain_six_set(g);
	gen_sole(g);
	for (letter = "io"; *letter; letter++) {
		nd_set(map, *letter);
		nfb_set(&g->b, &nd);
		if (g->tagged)
			tag_chain(g, *letter);
	}
	gen_overload_chains(g);
	gen_bound_maps(g);
	gen_older_set(g);
	for (letter = "io"; *letter; letter++) {
		snprintf(map, sizeof(map), "st%c", *letter);
		state_elems(g, *letter, true);
		nfb_set(&g->b, &s);
		nfb_elems(&g->b, map, false);
		state_elems(g, *letter, false);
		nfb_elems_end(&g->b);
		gen_bound_states(g, *letter);
	}
}

/* chains that end a judgement */

static void option_rules(struct gen *g, const char *chain, int code,
			 const char *to)
{
	/* hop-by-hop, routing, destination options */
	static const uint8_t next[] = {0, 43, 60};
	static const uint8_t mask = 0x0f, zero;
	size_t i;

	nfb_rule(&g->b, chain);
	gen_match_af(g, GEN_AF_V4);
	nfe_payload(&g->b, NFT_PAYLOAD_NETWORK_HEADER, 0, 1, NFR(0));
	nfe_bitwise(&g->b, NFR(0), NFR(0), 1, &mask, &zero);
	nfe_cmp_u8(&g->b, NFT_CMP_NEQ, NFR(0), 5);
	if (code == NF_DROP)
		gen_count(g, "ip-option");
	finish_why(g, code, to, GEN_WHY_OPTIONS);
	for (i = 0; i < sizeof(next); i++) {
		nfb_rule(&g->b, chain);
		gen_match_af(g, GEN_AF_V6);
		nfe_payload(&g->b, NFT_PAYLOAD_NETWORK_HEADER, 6, 1, NFR(0));
		nfe_cmp_u8(&g->b, NFT_CMP_EQ, NFR(0), next[i]);
		if (code == NF_DROP)
			gen_count(g, "ip-option");
		finish_why(g, code, to, GEN_WHY_OPTIONS);
	}
}

/* IPv4 without options, or what is not: the header's first byte. */
static void if_plain(struct gen *g, bool yes)
{
	nfe_payload(&g->b, NFT_PAYLOAD_NETWORK_HEADER, 0, 1, NFR(0));
	nfe_cmp_u8(&g->b, yes ? NFT_CMP_EQ : NFT_CMP_NEQ, NFR(0), 0x45);
}

/* IGMP and MLD carry a router alert. */
static void except_multicast(struct gen *g, const char *chain)
{
	static const uint8_t types[] = {MLD_LISTENER_QUERY, MLD_LISTENER_REPORT,
					MLD_LISTENER_REDUCTION, 143};
	size_t i;

	nfb_rule(&g->b, chain);
	gen_match_proto(g, IPPROTO_IGMP);
	finish(g, NFT_RETURN, NULL);
	for (i = 0; i < sizeof(types); i++) {
		nfb_rule(&g->b, chain);
		gen_match_proto(g, IPPROTO_ICMPV6);
		nfe_payload(&g->b, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1, NFR(0));
		nfe_cmp_u8(&g->b, NFT_CMP_EQ, NFR(0), types[i]);
		finish(g, NFT_RETURN, NULL);
	}
}

/* Write the word that stands in the priority into the label's place. */
static void make_state(struct gen *g, const char *chain, enum gen_place p,
		       int dir)
{
	const uint32_t tags = GEN_TAG_MASK, zero = 0;
	const unsigned int at = word_of(p, dir);
	uint32_t label[4] = {0};

	if (dir == IP_CT_DIR_REPLY)
		label[GEN_LABEL_FLAGS] =
			at == GEN_LABEL_X ? GEN_FLAG_X_REPLY : GEN_FLAG_Y_REPLY;
	nfb_rule(&g->b, chain);
	gen_match_dir(g, dir);
	nfe_imm(&g->b, NFR(0), label, sizeof(label));
	nfe_meta(&g->b, NFT_META_PRIORITY, NFR(at));
	if (g->tagged) {
		nfe_meta(&g->b, NFT_META_MARK, NFR(GEN_LABEL_NAT));
		nfe_bitwise(&g->b, NFR(GEN_LABEL_NAT), NFR(GEN_LABEL_NAT), 4,
			    &tags, &zero);
	}
	nfe_ct_set(&g->b, NFT_CT_LABELS, NFR(0));
	gen_count(g, "insert");
	nfb_rule_end(&g->b);
}

void gen_priority_rest(struct gen *g, const char *chain, enum gen_place p)
{
	nfb_rule(&g->b, chain);
	nfe_imm_u32(&g->b, NFR(0), gen_member_rest(g, p));
	nfe_meta_set(&g->b, NFT_META_PRIORITY, NFR(0));
	nfb_rule_end(&g->b);
	gen_prio_again(g, chain, p);
}

static void accept_all(struct gen *g, const char *chain)
{
	nfb_rule(&g->b, chain);
	finish(g, NF_ACCEPT, NULL);
}

/*
 * Of rules that have not said allow-opts, no packet with options passes by a
 * state either.
 */
static void option_states(struct gen *g, const char *chain, enum gen_place p)
{
	const uint32_t valid = GEN_VALID, zero = 0;
	int dir;

	except_multicast(g, chain);
	for (dir = IP_CT_DIR_ORIGINAL; dir <= IP_CT_DIR_REPLY; dir++) {
		nfb_rule(&g->b, chain);
		gen_match_dir(g, dir);
		nfe_ct(&g->b, NFT_CT_LABELS, -1, NFR(0));
		nfe_lookup(&g->b, "allowopts", NFR(word_of(p, dir)), false);
		finish(g, NFT_RETURN, NULL);
		nfb_rule(&g->b, chain);
		gen_match_dir(g, dir);
		nfe_ct(&g->b, NFT_CT_LABELS, -1, NFR(0));
		nfe_bitwise(&g->b, NFR(word_of(p, dir)), NFR(4), 4, &valid,
			    &zero);
		nfe_cmp_u32(&g->b, NFT_CMP_EQ, NFR(4), GEN_VALID);
		finish_why(g, NF_DROP, NULL, GEN_WHY_OPTIONS);
	}
}

/*
 * A connection's first packet that conntrack has no entry for has a wrong
 * checksum.  There is no RST for it; pf counts that here and nowhere else.
 */
static void count_damaged(struct gen *g, const char *chain)
{
	static const uint8_t syn = 0x02, mask = 0x17, zero;

	nfb_rule(&g->b, chain);
	gen_match_proto(g, IPPROTO_TCP);
	nfe_ct(&g->b, NFT_CT_STATE, -1, NFR(0));
	nfe_cmp_u32(&g->b, NFT_CMP_EQ, NFR(0), STATE_INVALID);
	nfe_payload(&g->b, NFT_PAYLOAD_TRANSPORT_HEADER, 13, 1, NFR(0));
	nfe_bitwise(&g->b, NFR(0), NFR(0), 1, &mask, &zero);
	nfe_cmp_u8(&g->b, NFT_CMP_EQ, NFR(0), syn);
	gen_count(g, "proto-cksum");
	finish(g, NF_DROP, NULL);
}

/*
 * Answers carry the entry of the packet that they answer, as related: that is
 * how gen_hook() knows them and lets them out.
 */
static void refuse(struct gen *g, const char *chain, enum gen_place p)
{
	const uint32_t label[4] = {[GEN_LABEL_FLAGS] = GEN_FLAG_REJECTED};
	static const uint8_t icmp[] = {IPPROTO_ICMP, IPPROTO_ICMPV6};
	size_t i;

	if (g->answers)
		count_damaged(g, chain);
	/* the kernel does not answer in postrouting */
	if (p != GEN_OUT && (gen_is_in(p) || !gen_is_member(p))) {
		nfb_rule(&g->b, chain);
		nfe_imm(&g->b, NFR(0), label, sizeof(label));
		nfe_ct_set(&g->b, NFT_CT_LABELS, NFR(0));
		nfb_rule_end(&g->b);
		nfb_rule(&g->b, chain);
		gen_match_proto(g, IPPROTO_TCP);
		nfe_reject(&g->b, NFT_REJECT_TCP_RST, 0);
		nfb_rule_end(&g->b);
		for (i = 0; i < sizeof(icmp); i++) {
			nfb_rule(&g->b, chain);
			gen_match_proto(g, icmp[i]);
			finish(g, NF_DROP, NULL);
		}
		nfb_rule(&g->b, chain);
		nfe_reject(&g->b, NFT_REJECT_ICMPX_UNREACH,
			   NFT_REJECT_ICMPX_PORT_UNREACH);
		nfb_rule_end(&g->b);
	}
	if (p == GEN_OUT)
		gen_back_out(g, chain, 0);
	nfb_rule(&g->b, chain);
	finish(g, NF_DROP, NULL);
}

static const char *const place_chains[] = {"judge", "ps",    "pa",  "pn",
					   "oc",    "ls",    "opt", "rt",
					   "slow",  "reply", "six"};

void gen_place_chains(struct gen *g, enum gen_place p)
{
	char chain[GEN_CHAIN];
	size_t i;

	for (i = 0; i < sizeof(place_chains) / sizeof(place_chains[0]); i++) {
		name(chain, place_chains[i], p);
		nfb_chain(&g->b, chain);
	}
	if (gen_has_first(p)) {
		gen_first_name(p, chain);
		nfb_chain(&g->b, chain);
	}
}

/*
 * In pf a translation makes a state whatever the filter says, of no rule: the
 * number behind the last one.
 */
static void translated(struct gen *g, const char *chain, enum gen_place p)
{
	const uint32_t nat = GEN_NAT_MASK, rdr = GEN_RDR_MASK << GEN_RDR_SHIFT,
		       zero = 0;
	uint32_t label[4] = {0};

	/* bridged packets are not translated, nor those judged in forward */
	if (p != GEN_IN && p != GEN_OUT)
		return;
	if (!(p == GEN_IN ? g->rdr : g->nat))
		return;
	label[word_of(p, IP_CT_DIR_ORIGINAL)] = gen_word(g, g->nrules);
	nfb_rule(&g->b, chain);
	gen_match_dir(g, IP_CT_DIR_ORIGINAL);
	nfe_ct(&g->b, NFT_CT_LABELS, -1, NFR(0));
	if (p == GEN_IN)
		nfe_bitwise(&g->b, NFR(GEN_LABEL_FLAGS), NFR(4), 4, &rdr,
			    &zero);
	else
		nfe_bitwise(&g->b, NFR(GEN_LABEL_NAT), NFR(4), 4, &nat, &zero);
	nfe_cmp_u32(&g->b, NFT_CMP_NEQ, NFR(4), 0);
	nfe_imm(&g->b, NFR(0), label, sizeof(label));
	nfe_ct_set(&g->b, NFT_CT_LABELS, NFR(0));
	nfb_rule_end(&g->b);
}

/* the hook's own chain */

/*
 * The state of a packet in this direction, if the map knows it.  Flows' first
 * packets have none: a comparison costs less than to find out by the map.
 */
static void state_lookup(struct gen *g, enum gen_place p, int dir)
{
	char map[8];

	snprintf(map, sizeof(map), "st%c", gen_state_letter(p));
	nfe_ct(&g->b, NFT_CT_LABELS, -1, NFR(0));
	nfe_cmp_u32(&g->b, NFT_CMP_NEQ, NFR(word_of(p, dir)), 0);
	nfe_vmap(&g->b, map, NFR(word_of(p, dir)));
	gen_rule_why(g, GEN_WHY_STATE);
}

void gen_skip(struct gen *g, const char *chain, bool out)
{
	if (!g->c->opt.skip.n)
		return;
	nfb_rule(&g->b, chain);
	nfe_meta(&g->b, out ? NFT_META_OIFNAME : NFT_META_IIFNAME, NFR(0));
	nfe_lookup(&g->b, "skip", NFR(0), false);
	finish_why(g, NF_ACCEPT, NULL, GEN_WHY_SKIP);
}

static void skip_here(struct gen *g, enum gen_place p, const char *chain)
{
	if (gen_is_member(p))
		gen_member_skip(g, chain, p);
	else
		gen_skip(g, chain, p != GEN_IN);
}

/*
 * A flow's first packet, while conntrack has not made up its mind: no state of
 * any generation can cover it but what has been looked for.
 */
static void if_unconfirmed(struct gen *g)
{
	const uint32_t confirmed = IPS_CONFIRMED, zero = 0;

	nfe_ct(&g->b, NFT_CT_STATUS, -1, NFR(0));
	nfe_bitwise(&g->b, NFR(0), NFR(0), 4, &confirmed, &zero);
	nfe_cmp_u32(&g->b, NFT_CMP_EQ, NFR(0), 0);
}

/* The same on the way that nearly all packets go. */
static void state_pass(struct gen *g, enum gen_place p, int dir)
{
	if (!gen_sole_pass(g, p, dir))
		state_lookup(g, p, dir);
}

/* Packets that have a state, then those that may make one. */
static void fast(struct gen *g, enum gen_place p, const char *chain, bool first)
{
	char to[GEN_CHAIN];

	name(to, "reply", p);
	nfb_rule(&g->b, chain);
	gen_match_dir(g, IP_CT_DIR_REPLY);
	finish(g, NFT_GOTO, to);
	gen_bound_pass(g, p, chain, IP_CT_DIR_ORIGINAL, false);
	nfb_rule(&g->b, chain);
	state_pass(g, p, IP_CT_DIR_ORIGINAL);
	if (first) {
		gen_first_name(p, to);
	} else {
		if (!gen_scrubs(g))
			skip_here(g, p, chain);
		name(to, "judge", p);
	}
	nfb_rule(&g->b, chain);
	if_unconfirmed(g);
	finish(g, NFT_GOTO, to);
	rule_jump(g, chain, NFT_GOTO, "slow", p);
}

static void six(struct gen *g, enum gen_place p, const char *chain)
{
	char to[GEN_CHAIN];

	name(to, "slow", p);
	nfb_rule(&g->b, chain);
	nfe_meta(&g->b, NFT_META_NFPROTO, NFR(0));
	nfe_cmp_u8(&g->b, NFT_CMP_NEQ, NFR(0), NFPROTO_IPV6);
	finish(g, NFT_GOTO, to);
	nfb_rule(&g->b, chain);
	nfe_payload(&g->b, NFT_PAYLOAD_NETWORK_HEADER, 6, 1, NFR(0));
	nfe_lookup(&g->b, PLAIN_SIX, NFR(0), true);
	finish(g, NFT_GOTO, to);
	fast(g, p, chain, false);
}

/*
 * States of another generation than the map's; where some of these are bound:
 * to here, or (!here) to nowhere.
 */
static void older_pass(struct gen *g, enum gen_place p, const char *chain,
		       int dir, bool here)
{
	const uint32_t valid = GEN_VALID, zero = 0, gens = ~GEN_RULE_MASK;
	const unsigned int word = word_of(p, dir);
	const uint32_t dead = gen_label_flag(GEN_FLAG_DEAD, word);

	nfb_rule(&g->b, chain);
	gen_match_dir(g, dir);
	nfe_ct(&g->b, NFT_CT_LABELS, -1, NFR(0));
	nfe_bitwise(&g->b, NFR(word), NFR(4), 4, &gens, &zero);
	nfe_cmp_u32(&g->b, NFT_CMP_NEQ, NFR(4), gen_word(g, 0) & gens);
	nfe_bitwise(&g->b, NFR(word), NFR(4), 4, &valid, &zero);
	nfe_cmp_u32(&g->b, NFT_CMP_EQ, NFR(4), GEN_VALID);
	nfe_bitwise(&g->b, NFR(GEN_LABEL_FLAGS), NFR(4), 4, &dead, &zero);
	nfe_cmp_u32(&g->b, NFT_CMP_EQ, NFR(4), 0);
	if (g->nolder)
		gen_older_match(g, p, word, here);
	if (gen_flushes(g))
		finish_why(g, NFT_JUMP, gen_is_in(p) ? "gfi" : "gfo",
			   GEN_WHY_STATE);
	else
		finish_why(g, NF_ACCEPT, NULL, GEN_WHY_STATE);
}

static void states_pass(struct gen *g, enum gen_place p, const char *chain)
{
	int dir;

	for (dir = IP_CT_DIR_ORIGINAL; dir <= IP_CT_DIR_REPLY; dir++) {
		gen_bound_pass(g, p, chain, dir, true);
		nfb_rule(&g->b, chain);
		gen_match_dir(g, dir);
		state_lookup(g, p, dir);
	}
	for (dir = IP_CT_DIR_ORIGINAL; dir <= IP_CT_DIR_REPLY; dir++) {
		if (g->nolder)
			older_pass(g, p, chain, dir, true);
		older_pass(g, p, chain, dir, false);
	}
}

static void answers_pass(struct gen *g, const char *chain)
{
	const uint32_t related = STATE_RELATED, flag = GEN_FLAG_REJECTED,
		       zero = 0;

	nfb_rule(&g->b, chain);
	nfe_ct(&g->b, NFT_CT_STATE, -1, NFR(0));
	nfe_bitwise(&g->b, NFR(0), NFR(0), 4, &related, &zero);
	nfe_cmp_u32(&g->b, NFT_CMP_NEQ, NFR(0), 0);
	nfe_ct(&g->b, NFT_CT_LABELS, -1, NFR(0));
	nfe_bitwise(&g->b, NFR(GEN_LABEL_FLAGS), NFR(4), 4, &flag, &zero);
	nfe_cmp_u32(&g->b, NFT_CMP_NEQ, NFR(4), 0);
	finish_why(g, NF_ACCEPT, NULL, GEN_WHY_ANSWER);
}

/*
 * Interfaces that let 127/8 in for a redirection's sake (nft_load.c) let in
 * nothing else to there.
 */
static void guard_loopback(struct gen *g, const char *chain)
{
	static const char lo[IFNAMSIZ] = "lo";
	const uint32_t dnat = IPS_DST_NAT, zero = 0;

	nfb_rule(&g->b, chain);
	nfe_meta(&g->b, NFT_META_IIFNAME, NFR(0));
	nfe_cmp(&g->b, NFT_CMP_NEQ, NFR(0), lo, sizeof(lo));
	gen_match_af(g, GEN_AF_V4);
	nfe_payload(&g->b, NFT_PAYLOAD_NETWORK_HEADER, 16, 1, NFR(0));
	nfe_cmp_u8(&g->b, NFT_CMP_EQ, NFR(0), 127);
	nfe_ct(&g->b, NFT_CT_STATUS, -1, NFR(0));
	nfe_bitwise(&g->b, NFR(0), NFR(0), 4, &dnat, &zero);
	nfe_cmp_u32(&g->b, NFT_CMP_EQ, NFR(0), 0);
	finish_why(g, NF_DROP, NULL, GEN_WHY_LOOP);
}

/* What snat may touch is judged behind it, the rest where there are answers. */
static void divide_out(struct gen *g, enum gen_place p, const char *chain)
{
	if (gen_is_in(p) || gen_is_member(p) || !g->place[GEN_OUT] ||
	    !g->place[GEN_FWD])
		return;
	nfb_rule(&g->b, chain);
	nfe_meta(&g->b, NFT_META_OIFNAME, NFR(0));
	nfe_lookup(&g->b, "natif", NFR(0), p == GEN_OUT);
	finish_why(g, NF_ACCEPT, NULL, GEN_WHY_DIVIDE);
}

static void slow(struct gen *g, enum gen_place p, const char *chain)
{
	char to[GEN_CHAIN];

	if (!gen_scrubs(g))
		skip_here(g, p, chain);
	name(to, "opt", p);
	option_rules(g, chain, NFT_JUMP, to);
	states_pass(g, p, chain);
	gen_sloppy_pass(g, p, chain);
	answers_pass(g, chain);
	rule_jump(g, chain, NFT_GOTO, "judge", p);
}

void gen_place_rules(struct gen *g, enum gen_place p)
{
	char chain[GEN_CHAIN], to[GEN_CHAIN];

	name(chain, "oc", p);
	nfb_rule(&g->b, chain);
	if_plain(g, true);
	finish(g, NFT_RETURN, NULL);
	except_multicast(g, chain);
	option_rules(g, chain, NF_DROP, NULL);

	name(chain, "ls", p);
	gen_limit_all(g, chain);
	gen_overload_made(g, chain, p);
	gen_bound_made(g, chain, p);
	make_state(g, chain, p, IP_CT_DIR_ORIGINAL);
	make_state(g, chain, p, IP_CT_DIR_REPLY);
	nd_ask(g, chain, p);
	gen_priority_rest(g, chain, p);

	name(chain, "ps", p);
	nfb_rule(&g->b, chain);
	if_plain(g, true);
	name(to, "pa", p);
	finish(g, NFT_GOTO, to);
	rule_jump(g, chain, NFT_JUMP, "oc", p);
	rule_jump(g, chain, NFT_JUMP, "ls", p);
	accept_all(g, chain);

	name(chain, "pa", p);
	rule_jump(g, chain, NFT_JUMP, "ls", p);
	accept_all(g, chain);

	name(chain, "pn", p);
	rule_jump(g, chain, NFT_JUMP, "oc", p);
	translated(g, chain, p);
	gen_priority_rest(g, chain, p);
	accept_all(g, chain);

	name(chain, "judge", p);
	gen_mid(g, chain, NULL);
	nfb_rule(&g->b, chain);
	gen_count(g, "match");
	nfb_rule_end(&g->b);
	nd_answer(g, chain, p);

	name(chain, "opt", p);
	option_states(g, chain, p);

	name(chain, "rt", p);
	refuse(g, chain, p);

	name(chain, "slow", p);
	slow(g, p, chain);

	name(chain, "six", p);
	six(g, p, chain);

	name(chain, "reply", p);
	gen_bound_pass(g, p, chain, IP_CT_DIR_REPLY, false);
	nfb_rule(&g->b, chain);
	state_pass(g, p, IP_CT_DIR_REPLY);
	rule_jump(g, chain, NFT_GOTO, "slow", p);
}

void gen_hook(struct gen *g, enum gen_place p, const char *chain)
{
	char to[GEN_CHAIN];

	divide_out(g, p, chain);
	if (!gen_is_in(p)) /* on lo, too, whatever is skipped */
		gen_answer_ttl(g, chain);
	if (p == GEN_IN && g->localnet)
		guard_loopback(g, chain);
	gen_member_leave(g, p, chain);
	if (gen_scrubs(g)) {
		skip_here(g, p, chain);
		gen_scrub_call(g, p, chain);
	}
	gen_synproxy_pass(g, p, chain);
	/* the way of nearly all packets comes first: IPv4 without options */
	name(to, "six", p);
	nfb_rule(&g->b, chain);
	if_plain(g, false);
	finish(g, NFT_GOTO, to);
	fast(g, p, chain, gen_has_first(p));
}
