/*
 * nft_filter: pf's filter rules as chains of nftables.
 *
 * Theory of operation.
 *
 * What pf means.  Each packet is judged twice when it is forwarded: coming in
 * on one interface, with addresses as rdr has made them, and going out of
 * another, as nat has made them; once when it ends or begins here; out and in
 * on lo0 when it does both.  A state that covers packet and direction passes
 * it.  Else all rules of the direction are looked at in order, those of an
 * anchor in the anchor's place, and the last that matches decides, or the first
 * that is `quick`.  None: it passes, without a state.  A rule that passes makes
 * a state, unless it says otherwise, and by `flags S/SA` only a connection's
 * first packet can match it.
 *
 * Where.  Conntrack and its translations come first, so the chains of places:
 *
 *	in	prerouting -90, behind dnat (-100)
 *	out	postrouting 110, behind snat (100)
 *	fwd	forward and output 300, instead of `out`, for what no nat rule
 *		can touch: there alone the kernel can answer a packet that
 *		`block return out` refuses (nft_state.c)
 *
 * and those for bridged packets, if asked for (nft_member.c).
 *
 * conntrack picks up connections in their middle (tcp_loose stays on): it is
 * the rules that say what may begin, as in pf.
 *
 * States.  A conntrack entry stands for up to two states of pf.  Of its
 * directions and of ours there are two pairs, and one state covers one pair:
 *
 *	X	original packets coming in, replies going out
 *	Y	original packets going out, replies coming in
 *
 * An in rule makes X of an original packet, and Y of a reply; an out rule the
 * other way.  Both are written into the entry's label, 128 bits that begin as
 * zeros and into which `ct label set` ORs: word 0 is X, word 1 is Y, each
 *
 *	31 valid | 30..20 generation of the ruleset | 19..0 rule number + 1
 *
 * word 2 has the number of the rule that translated and the tag, word 3 flags
 * (nft_gen.h).  One lookup of the word in a map per direction (sti, sto; but
 * see nft_sole.c) says what happens to the state's packets and counts them for
 * the rule; a state of an older generation is in no map and passes by its valid
 * bit.  (Rules that say the same as those before keep the generation.)  ICMP
 * errors carry the entry they belong to, so they pass as their state does.  The
 * mark of packets and entries stays the user's, but for tags.
 *
 * Judging.  First match: a rule that is quick decides if it is the first such
 * one that matches, and if no quick one does, the first in reversed order.  So
 * each anchor has a chain of its quick rules in order (q) and one of its others
 * in reverse (r); a jump to an anchor is a rule of both, and `anchor quick`
 * calls both from q.  Then each rule ends in what it decides, and runs of like
 * rules can be one lookup (nft_run.c).  That does not do where a rule that does
 * not decide has effects on those behind it: match rules, tags, rates.  Then
 * (`ordered`) the chains (s) have all rules in order, and each that matches
 * writes its word into a register.  Registers of nftables do not outlive the
 * rule, so this is the packet's priority (for queues), which nothing else
 * needs at that point and which is 0 again at the end: of a connection's first
 * packet only.
 *
 * Most packets that are judged are a flow's first ones, of IPv4 without
 * options. For them there is a copy of first-match chains with a shorter way to
 * the state (nft_first.c).
 *
 * Each kernel rule that stands for a rule of pf has a counter and carries its
 * number as userdata: the counters of `pfctl -vsr`.
 */
#include "pf/nft_gen.h"

#include <ctype.h>
#include <endian.h>
#include <stdio.h>
#include <string.h>

enum pass {
	PASS_QUICK,
	PASS_REVERSE,
	PASS_ORDERED,
};
static const char pass_letter[] = {
	[PASS_QUICK] = 'q',
	[PASS_REVERSE] = 'r',
	[PASS_ORDERED] = 's',
};

uint32_t gen_word(const struct gen *g, unsigned int n)
{
	return GEN_VALID | g->generation << GEN_GEN_SHIFT | (n + 1);
}

static void chain_name(const struct gen *g, const struct gen_node *n,
		       enum gen_place p, enum pass pass, char ret[GEN_CHAIN])
{
	if (g->first && n == g->node) {
		gen_first_name(p, ret);
		return;
	}
	snprintf(ret, GEN_CHAIN, "%c%zu%c", gen_letter[p],
		 (size_t)(n - g->node),
		 g->first ? toupper(pass_letter[pass]) : pass_letter[pass]);
}

static const struct pf_rules *rules_of(const struct gen_node *n)
{
	return &n->a->list[PF_LIST_FILTER];
}

void gen_verdict(struct gen *g, const struct gen_verdict *v)
{
	nfe_verdict(&g->b, v->code, v->chain[0] ? v->chain : NULL);
}

bool gen_rule_begin(struct gen *g, const char *chain, const struct gen_match *m)
{
	nfb_rule(&g->b, chain);
	if (gen_match(g, m))
		return true;
	nfb_rule_cancel(&g->b);
	return false;
}

void gen_rule_end(struct gen *g, unsigned int n)
{
	uint8_t udata[5] = {GEN_WHY_RULE};
	uint32_t v = htole32(n);

	memcpy(udata + 1, &v, sizeof(v));
	nfb_rule_end_udata(&g->b, udata, sizeof(udata));
}

void gen_rule_why(struct gen *g, char why)
{
	const uint8_t udata[2] = {(uint8_t)why, 0};

	nfb_rule_end_udata(&g->b, udata, sizeof(udata));
}

static void put_word(struct gen *g, uint32_t word)
{
	nfe_imm_u32(&g->b, NFR(0), word);
	nfe_meta_set(&g->b, NFT_META_PRIORITY, NFR(0));
}

/* The kernel rules that a rule of pf needs: one after the other. */
static bool next_match(const struct gen *g, struct gen_match *m, bool first)
{
	const unsigned int all =
		gen_families(m->r) & (g->first ? GEN_AF_ANY | GEN_AF_V4 : ~0u);
	const unsigned int dyn = gen_dynamic(g, m->node, m->r);

	if (!first && m->l4 == GEN_L4_TCP) {
		m->l4 = GEN_L4_OTHERS;
		return true;
	}
	m->l4 = gen_split(g, m->r) ? GEN_L4_TCP : GEN_L4_ANY;
	if (first) {
		m->af = 1;
		m->dyn = 0;
	} else if (m->dyn < dyn) {
		/* the next larger subset */
		m->dyn = (m->dyn - dyn) & dyn;
		return true;
	} else {
		m->af <<= 1;
		m->dyn = 0;
	}
	while (m->af <= GEN_AF_V6 && !(all & m->af))
		m->af <<= 1;
	return m->af <= GEN_AF_V6;
}

/* One rule of pf in a first-match chain. */
static void first_match(struct gen *g, const struct gen_node *node,
			const struct pf_rule *r, enum gen_place p,
			const char *chain)
{
	const unsigned int n = node->base[PF_LIST_FILTER] + r->nr;
	struct gen_match m = {.node = node, .r = r, .place = p};
	struct gen_verdict v = {0};
	bool more;

	if (r->dir == (gen_is_in(p) ? PF_OUT : PF_IN))
		return;
	gen_rule_verdict(g, node, r, n, p, !g->first, &v);
	g->singles += !g->first;
	for (more = next_match(g, &m, true); more;
	     more = next_match(g, &m, false)) {
		if (!gen_rule_begin(g, chain, &m))
			continue;
		nfe_counter(&g->b, 0, 0);
		if (!gen_first_single(g, &v, p, gen_word(g, n))) {
			if (r->action == PF_PASS && r->state != PF_STATE_NONE)
				put_word(g, gen_word(g, n));
			gen_verdict(g, &v);
		}
		gen_rule_end(g, n);
	}
}

static void decide_name(enum gen_place p, char ret[GEN_CHAIN])
{
	snprintf(ret, GEN_CHAIN, "dec%c", gen_letter[p]);
}

/*
 * Where a rule in order leads when it matches; false: to the next one.  Behind
 * `log (matches)` it logs first, in a chain of its own ("lmN").
 */
static bool leads_on(struct gen *g, const struct gen_node *node,
		     const struct pf_rule *r, unsigned int n, enum gen_place p,
		     struct gen_verdict *ret)
{
	const bool quick = r->flags & PF_F_QUICK;
	const uint32_t bit = GEN_LOG_MATCHES, zero = 0;
	char decide[GEN_CHAIN];

	decide_name(p, decide);
	*ret = (struct gen_verdict){.code = NFT_GOTO};
	str_copy(ret->chain, sizeof(ret->chain), decide);
	if (!g->log_matches || r->flags & PF_F_LOG_MATCHES)
		return quick;
	ret->code = NFT_JUMP;
	snprintf(ret->chain, sizeof(ret->chain), "lm%u%c", n, gen_letter[p]);
	nfb_chain(&g->b, ret->chain);
	nfb_rule(&g->b, ret->chain);
	nfe_meta(&g->b, NFT_META_MARK, NFR(0));
	nfe_bitwise(&g->b, NFR(0), NFR(0), 4, &bit, &zero);
	nfe_cmp_u32(&g->b, NFT_CMP_EQ, NFR(0), bit);
	gen_log_matched(g, node, r, p);
	nfb_rule_end(&g->b);
	if (!quick)
		return true;
	nfb_rule(&g->b, ret->chain);
	nfe_verdict(&g->b, NFT_GOTO, decide);
	nfb_rule_end(&g->b);
	return true;
}

/* The same where all rules are looked at in order. */
static void in_order(struct gen *g, const struct gen_node *node,
		     const struct pf_rule *r, enum gen_place p,
		     const char *chain)
{
	const unsigned int n = node->base[PF_LIST_FILTER] + r->nr;
	struct gen_match m = {.node = node, .r = r, .place = p};
	struct gen_verdict v = {0};
	bool more, leads;

	if (r->dir == (gen_is_in(p) ? PF_OUT : PF_IN))
		return;
	leads = leads_on(g, node, r, n, p, &v);
	for (more = next_match(g, &m, true); more;
	     more = next_match(g, &m, false)) {
		nfb_rule(&g->b, chain);
		gen_match_l4(g, &m);
		nfe_counter(&g->b, 0, 0);
		if (!gen_match(g, &m)) {
			nfb_rule_cancel(&g->b);
			continue;
		}
		if (r->max_pkt_rate) /* over it, the rule does not match */
			nfe_limit(&g->b, r->max_pkt_rate,
				  r->max_pkt_rate_seconds, r->max_pkt_rate,
				  false);
		nfe_counter(&g->b, 0, 0);
		gen_effects(g, node, r, n, p);
		if (r->action != PF_MATCH)
			put_word(g, gen_word(g, n));
		if (leads)
			gen_verdict(g, &v);
		gen_rule_end(g, n);
	}
}

/* anchors */

/* Does this anchor, or one called in it, have a rule for the pass? */
static bool has_rules(const struct gen *g, const struct gen_node *n,
		      enum pass pass)
{
	(void)g;
	(void)pass;
	return rules_of(n)->n > 0;
}

static void jump(struct gen *g, const struct gen_match *m, unsigned int n,
		 const struct gen_node *to, enum pass pass, const char *chain)
{
	struct gen_verdict v = {.code = NFT_JUMP};

	if (!has_rules(g, to, pass))
		return;
	chain_name(g, to, m->place, pass, v.chain);
	if (!gen_rule_begin(g, chain, m))
		return;
	nfe_counter(&g->b, 0, 0);
	gen_verdict(g, &v);
	gen_rule_end(g, n);
}

/* In order: behind an `anchor quick` in which something has matched, decide. */
static void decide_if_within(struct gen *g, const struct gen_node *to,
			     enum gen_place p, const char *chain)
{
	const struct gen_node *last = &g->node[to->end - 1];
	struct gen_verdict v = {.code = NFT_GOTO};
	uint32_t lo, hi;

	lo = htobe32(gen_word(g, to->base[0]));
	hi = htobe32(gen_word(g, last->base[PF_NLISTS - 1] +
					 (unsigned int)rules_of(last)->n));
	snprintf(v.chain, sizeof(v.chain), "dec%c", gen_letter[p]);
	nfb_rule(&g->b, chain);
	nfe_meta(&g->b, NFT_META_PRIORITY, NFR(0));
	nfe_byteorder(&g->b, NFR(0), NFR(0), true, 4, 4);
	nfe_range(&g->b, NFT_RANGE_EQ, NFR(0), &lo, &hi, 4);
	gen_verdict(g, &v);
	nfb_rule_end(&g->b);
}

static void call_one(struct gen *g, const struct gen_match *m, unsigned int n,
		     const struct gen_node *to, enum pass pass,
		     const char *chain)
{
	const bool quick = m->r->flags & PF_F_QUICK;

	switch (pass) {
	case PASS_QUICK:
		jump(g, m, n, to, PASS_QUICK, chain);
		if (quick)
			jump(g, m, n, to, PASS_REVERSE, chain);
		break;
	case PASS_REVERSE:
		if (!quick)
			jump(g, m, n, to, PASS_REVERSE, chain);
		break;
	case PASS_ORDERED:
		jump(g, m, n, to, PASS_ORDERED, chain);
		if (quick && has_rules(g, to, pass))
			decide_if_within(g, to, m->place, chain);
		break;
	}
}

static void call_anchor(struct gen *g, const struct gen_node *node,
			const struct pf_rule *r, enum gen_place p,
			enum pass pass, const char *chain)
{
	const unsigned int n = node->base[PF_LIST_FILTER] + r->nr;
	struct gen_match m = {.node = node, .r = r, .place = p};
	const char *path = r->anchor && r->anchor->path ? r->anchor->path : "";
	const struct gen_node *to = gen_node_of(g, path), *child;
	size_t i, at, nchild;
	bool more;

	if (!to || r->dir == (gen_is_in(p) ? PF_OUT : PF_IN))
		return;
	nchild = r->anchor_wild ? to->a->nchild : 1;
	for (more = next_match(g, &m, true); more;
	     more = next_match(g, &m, false)) {
		for (i = 0; i < nchild; i++) {
			at = pass == PASS_REVERSE ? nchild - 1 - i : i;
			child = to;
			if (r->anchor_wild)
				child = gen_node_of(g, to->a->child[at]->path);
			if (child)
				call_one(g, &m, n, child, pass, chain);
		}
	}
}

static void one_rule(struct gen *g, const struct gen_node *node,
		     const struct pf_rule *r, enum gen_place p, enum pass pass,
		     const char *chain, struct gen_run *run)
{
	const bool quick = r->flags & PF_F_QUICK;

	if (gen_match_translates(r))
		return;
	if (r->action == PF_ANCHOR)
		gen_run_flush(run);
	g->b.cookie = node->base[PF_LIST_FILTER] + r->nr;
	if (r->action == PF_ANCHOR)
		call_anchor(g, node, r, p, pass, chain);
	else if (pass == PASS_ORDERED)
		in_order(g, node, r, p, chain);
	else if (quick == (pass == PASS_QUICK))
		gen_run_add(run, r);
	g->b.cookie = NFB_NO_COOKIE;
}

static void one_chain(struct gen *g, const struct gen_node *node,
		      enum gen_place p, enum pass pass)
{
	const struct pf_rules *l = rules_of(node);
	struct gen_run *run = NULL;
	char chain[GEN_CHAIN];
	size_t i;

	chain_name(g, node, p, pass, chain);
	if (pass != PASS_ORDERED)
		run = gen_run_new(g, node, p, chain, first_match);
	for (i = 0; i < l->n; i++)
		one_rule(g, node,
			 &l->v[pass == PASS_REVERSE ? l->n - 1 - i : i], p,
			 pass, chain, run);
	gen_run_free(&run);
}

/* The main ruleset, then what happens to packets that no rule matched. */
static void entry(struct gen *g, enum gen_place p)
{
	char chain[GEN_CHAIN];
	struct gen_verdict v = {.code = NFT_JUMP};
	enum pass pass;

	snprintf(chain, sizeof(chain), "judge%c", gen_letter[p]);
	if (g->ordered) {
		nfb_rule(&g->b, chain);
		put_word(g, 0);
		nfb_rule_end(&g->b);
	}
	for (pass = g->ordered ? PASS_ORDERED : PASS_QUICK;
	     pass <= (g->ordered ? PASS_ORDERED : PASS_REVERSE); pass++) {
		if (!has_rules(g, g->node, pass))
			continue;
		chain_name(g, g->node, p, pass, v.chain);
		nfb_rule(&g->b, chain);
		gen_verdict(g, &v);
		nfb_rule_end(&g->b);
	}
	v.code = NFT_GOTO;
	snprintf(v.chain, sizeof(v.chain), "%s%c", g->ordered ? "dec" : "pn",
		 gen_letter[p]);
	nfb_rule(&g->b, chain);
	gen_verdict(g, &v);
	nfb_rule_end(&g->b);
}

static void decision(struct gen *g, const struct gen_node *node,
		     const struct pf_rule *r, enum gen_place p, bool make)
{
	const unsigned int n = node->base[PF_LIST_FILTER] + r->nr;
	const uint32_t word = gen_word(g, n);
	struct gen_verdict v = {0};
	struct nfb_elem el = {.key = &word, .klen = 4, .verdict = true};

	if (r->action == PF_ANCHOR || r->action == PF_MATCH ||
	    r->dir == (gen_is_in(p) ? PF_OUT : PF_IN))
		return;
	gen_rule_verdict(g, node, r, n, p, make, &v);
	if (make)
		return;
	el.code = v.code;
	el.chain = v.chain[0] ? v.chain : NULL;
	nfb_elem(&g->b, &el);
}

static void decisions(struct gen *g, enum gen_place p, bool make)
{
	const struct pf_rules *l;
	size_t i, k;

	for (i = 0; i < g->nnodes; i++) {
		l = rules_of(&g->node[i]);
		for (k = 0; k < l->n; k++)
			decision(g, &g->node[i], &l->v[k], p, make);
	}
}

/* Of rules judged in order: from the word in the register to the verdict. */
static void decide(struct gen *g, enum gen_place p)
{
	struct gen_verdict none = {.code = NFT_GOTO};
	char name[GEN_CHAIN];
	struct nfb_set s = {.name = name,
			    .ktype = NFB_TYPE_MARK,
			    .klen = 4,
			    .dtype = NFT_DATA_VERDICT,
			    .size = g->nrules + 1,
			    .counter = true};

	snprintf(name, sizeof(name), "dec%c", gen_letter[p]);
	snprintf(none.chain, sizeof(none.chain), "pn%c", gen_letter[p]);
	nfb_set(&g->b, &s);
	decisions(g, p, true);
	nfb_elems(&g->b, name, false);
	decisions(g, p, false);
	nfb_elems_end(&g->b);
	if (g->log_matches) {
		nfb_rule(&g->b, name);
		gen_log_matches(g, false);
		nfb_rule_end(&g->b);
	}
	nfb_rule(&g->b, name);
	nfe_meta(&g->b, NFT_META_PRIORITY, NFR(0));
	nfe_vmap(&g->b, name, NFR(0));
	nfb_rule_end(&g->b);
	nfb_rule(&g->b, name);
	gen_verdict(g, &none);
	nfb_rule_end(&g->b);
}

static void each_chain(struct gen *g, enum gen_place p, bool create)
{
	enum pass pass = g->ordered ? PASS_ORDERED : PASS_QUICK;
	enum pass last = g->ordered ? PASS_ORDERED : PASS_REVERSE;
	char chain[GEN_CHAIN];
	size_t i;

	for (; pass <= last; pass++)
		for (i = 0; i < g->nnodes; i++) {
			if (!has_rules(g, &g->node[i], pass))
				continue;
			chain_name(g, &g->node[i], p, pass, chain);
			if (!create)
				one_chain(g, &g->node[i], p, pass);
			else if (!g->first || i)
				nfb_chain(&g->b, chain);
		}
}

/* The copy for flows' first packets; `runs`: where the place's maps begin. */
static void first(struct gen *g, enum gen_place p, unsigned int runs)
{
	const unsigned int end = g->runs;

	if (!gen_has_first(p))
		return;
	gen_first_begin(g, p);
	if (!gen_first_copies(g, p))
		return;
	g->first = true;
	g->runs = runs;
	each_chain(g, p, true);
	each_chain(g, p, false);
	gen_first_end(g, p);
	g->runs = end;
	g->first = false;
}

void gen_filter_chains(struct gen *g, enum gen_place p)
{
	char chain[GEN_CHAIN];

	each_chain(g, p, true);
	if (!g->ordered)
		return;
	snprintf(chain, sizeof(chain), "dec%c", gen_letter[p]);
	nfb_chain(&g->b, chain);
}

void gen_filter(struct gen *g, enum gen_place p)
{
	const unsigned int runs = g->runs;

	if (g->ordered)
		decide(g, p);
	each_chain(g, p, false);
	entry(g, p);
	first(g, p, runs);
}
