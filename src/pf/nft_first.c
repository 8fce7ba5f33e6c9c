/*
 * nft_first: the short way of a flow's first packet.
 *
 * A packet of IPv4 without options that conntrack calls new, and whose state is
 * not there yet, needs little of what chain `judge` and those behind it are
 * for: it is no answer of neighbour discovery, belongs to no state of an older
 * generation, goes in the original direction.  So each place has a chain that
 * its hook leads such packets to ("ifirst"), which has a copy of the rules: for
 * IPv4 alone, and where a rule just passes, with what makes the state in the
 * rule itself, instead of three chains further on.  Anchors have chains with
 * capital letters (i1Q, i1R).  Maps of runs (nft_run.c) are not copied, and
 * single rules only if they are not too many; where there are, or where passing
 * is never simple (tags, limits of all states, flushes, rules in order), the
 * chain goes to `judge`.  Where states are of pairs (nft_bound.c), rules pass
 * on to the chains that make them.
 *
 * Counters are those of the rules' other copies: pfctl adds up all kernel
 * rules of a number.
 */
#include "pf/nft_gen.h"

#include <stdio.h>
#include <string.h>

#define SINGLES_MAX 512
#define R_LABEL 8 /* four registers that no key of a run needs */

void gen_first_name(enum gen_place p, char ret[GEN_CHAIN])
{
	/* the letter comes first: counters are of this direction */
	snprintf(ret, GEN_CHAIN, "%cfirst", gen_letter[p]);
}

bool gen_has_first(enum gen_place p)
{
	return !gen_is_member(p);
}

bool gen_first_copies(const struct gen *g, enum gen_place p)
{
	return gen_has_first(p) && !g->ordered && !g->tagged &&
	       !gen_flushes(g) && !gen_limits_all(g) && !g->pfil.member &&
	       g->singles <= SINGLES_MAX;
}

/* What translations need to know of packets that pass without a state. */
static bool just_passes(const struct gen *g, enum gen_place p)
{
	return p == GEN_IN ? !g->rdr : p == GEN_OUT ? !g->nat : true;
}

static bool leads_to(const struct gen_verdict *v, const char *chain,
		     enum gen_place p)
{
	char name[GEN_CHAIN];

	snprintf(name, sizeof(name), "%s%c", chain, gen_letter[p]);
	return v->code == NFT_GOTO && strcmp(v->chain, name) == 0;
}

bool gen_first_makes(const struct gen *g, const struct gen_verdict *v,
		     enum gen_place p)
{
	return g->first && !g->bound &&
	       (leads_to(v, "ps", p) || leads_to(v, "pa", p));
}

uint32_t gen_first_word(enum gen_place p)
{
	return NFR(R_LABEL + gen_label_word(gen_state_letter(p), 0));
}

void gen_first_make(struct gen *g, enum gen_place p)
{
	static const uint32_t zero[4];
	const uint32_t at = gen_label_word(gen_state_letter(p), 0);

	if (at)
		nfe_imm(&g->b, NFR(R_LABEL), zero, at * sizeof(*zero));
	nfe_imm(&g->b, NFR(R_LABEL + at + 1), zero, (3 - at) * sizeof(*zero));
	nfe_ct_set(&g->b, NFT_CT_LABELS, NFR(R_LABEL));
	gen_count(g, GEN_COUNT_BEGIN);
	nfe_verdict(&g->b, NF_ACCEPT, NULL);
}

bool gen_first_single(struct gen *g, const struct gen_verdict *v,
		      enum gen_place p, uint32_t word)
{
	uint32_t label[4] = {0};

	if (gen_first_makes(g, v, p)) {
		label[gen_label_word(gen_state_letter(p), 0)] = word;
		nfe_imm(&g->b, NFR(0), label, sizeof(label));
		nfe_ct_set(&g->b, NFT_CT_LABELS, NFR(0));
		gen_count(g, GEN_COUNT_BEGIN);
		nfe_verdict(&g->b, NF_ACCEPT, NULL);
		return true;
	}
	if (!g->first)
		return false;
	gen_count(g, "match");
	if (leads_to(v, "pn", p) && just_passes(g, p)) {
		nfe_verdict(&g->b, NF_ACCEPT, NULL);
		return true;
	}
	return false;
}

static void go(struct gen *g, const char *chain, const char *to,
	       enum gen_place p)
{
	char target[GEN_CHAIN];

	snprintf(target, sizeof(target), "%s%c", to, gen_letter[p]);
	nfb_rule(&g->b, chain);
	nfe_verdict(&g->b, NFT_GOTO, target);
	nfb_rule_end(&g->b);
}

void gen_first_begin(struct gen *g, enum gen_place p)
{
	char chain[GEN_CHAIN], judge[GEN_CHAIN];

	gen_first_name(p, chain);
	if (!gen_scrubs(g)) /* else the hook has seen to it */
		gen_skip(g, chain, p != GEN_IN);
	if (!gen_first_copies(g, p)) {
		go(g, chain, "judge", p);
		return;
	}
	snprintf(judge, sizeof(judge), "judge%c", gen_letter[p]);
	gen_mid(g, chain, judge);
}

/* Behind all rules: none has matched. */
void gen_first_end(struct gen *g, enum gen_place p)
{
	char chain[GEN_CHAIN];

	gen_first_name(p, chain);
	nfb_rule(&g->b, chain);
	gen_count(g, "match");
	nfb_rule_end(&g->b);
	if (!just_passes(g, p)) {
		go(g, chain, "pn", p);
		return;
	}
	nfb_rule(&g->b, chain);
	nfe_verdict(&g->b, NF_ACCEPT, NULL);
	nfb_rule_end(&g->b);
}
