/*
 * nft_sole: where all states of a direction are of one rule.
 *
 * A state's packets find what happens to them, and their counter, in the map
 * sti or sto by the label's word (nft_filter.c).  Most rulesets of hosts have
 * one `pass out` for all that leaves.  Where only one rule can have made the
 * state that covers a packet, and the packet just passes, a comparison with its
 * word and a counter take the lookup's place on the way that nearly all packets
 * go.  What the comparison does not know (a state that a reply has made, or of
 * rules that were loaded before) goes on to chain `slow`, which looks into the
 * map as ever.
 */
#include "pf/nft_gen.h"

#include <endian.h>
#include <string.h>

struct sole_why {
	uint8_t letter;
	uint8_t len; /* of what follows, as nft(8) reads userdata */
	uint8_t out;
	uint8_t rule[4]; /* little endian */
};
_Static_assert(sizeof(struct sole_why) == 7, "bytes alone");

static bool is_of(const struct pf_rule *r, char letter)
{
	return r->dir != (letter == 'i' ? PF_OUT : PF_IN);
}

/* The only rule that makes states in a direction; false: there are others. */
static bool find(struct gen *g, char letter, unsigned int *ret)
{
	const struct gen_node *node;
	struct gen_verdict v = {0};
	bool found = false;
	unsigned int n = 0;

	if (g->nat || g->rdr || g->synproxy) /* they make states, too */
		return false;
	for (size_t i = 0; i < g->nnodes; i++) {
		const struct pf_rules *l;

		node = &g->node[i];
		l = &node->a->list[PF_LIST_FILTER];
		for (size_t k = 0; k < l->n; k++) {
			const struct pf_rule *r = &l->v[k];

			if (!gen_makes_state(r, PF_LIST_FILTER) ||
			    !is_of(r, letter))
				continue;
			n = node->base[PF_LIST_FILTER] + (unsigned int)k;
			if (found || gen_bound_pairs(g, r) ||
			    gen_state_verdict(g, node, r, n, letter, false, &v))
				return false;
			found = true;
		}
	}
	*ret = n;
	return found;
}

void gen_sole(struct gen *g)
{
	for (size_t i = 0; i < 2; i++)
		g->has_sole[i] = find(g, "io"[i], &g -> sole[i]);
}

bool gen_sole_pass(struct gen *g, enum gen_place p, int dir)
{
	const char letter = gen_state_letter(p);
	const unsigned int word = gen_label_word(letter, dir);
	/* X is of rules for in, Y of those for out */
	const size_t i = word == GEN_LABEL_X ? 0 : 1;
	struct sole_why w = {.letter = GEN_WHY_STATE,
			     .len = sizeof(w) - 2,
			     .out = letter != 'i'};
	uint32_t le;

	if (gen_is_member(p) || !g->has_sole[i])
		return false;
	nfe_ct(&g->b, NFT_CT_LABELS, -1, NFR(0));
	nfe_cmp_u32(&g->b, NFT_CMP_EQ, NFR(word), gen_word(g, g->sole[i]));
	nfe_counter(&g->b, 0, 0);
	nfe_verdict(&g->b, NF_ACCEPT, NULL);
	le = htole32(g->sole[i]);
	memcpy(w.rule, &le, sizeof(le));
	nfb_rule_end_udata(&g->b, &w, sizeof(w));
	return true;
}

bool gen_sole_counts(const struct nft_rule_info *r, unsigned int *ret_n,
		     int *ret_way)
{
	struct sole_why w;
	uint32_t n;

	if (r->udata_len != sizeof(w) || r->ncounters != 1)
		return false;
	memcpy(&w, r->udata, sizeof(w));
	if (w.letter != GEN_WHY_STATE)
		return false;
	memcpy(&n, w.rule, sizeof(n));
	*ret_n = le32toh(n);
	*ret_way = w.out;
	return true;
}
