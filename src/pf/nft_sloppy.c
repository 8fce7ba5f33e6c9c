/*
 * nft_sloppy: states of rules with `sloppy`.
 *
 * Conntrack calls a TCP packet invalid when it does not fit into what it has
 * seen of the connection, as where answers take another way; such a packet
 * carries no entry and so no state.  The ends of connections that sloppy rules
 * let begin are noted in sets, slx for those whose first packet came in, sly
 * for those whose first went out (as X and Y of labels, nft_filter.c), and
 * invalid packets of theirs pass.  Sets with these names stay when rules are
 * loaded.
 */
#include "pf/nft_gen.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define STATE_INVALID 1u	/* of `ct state` */
#define STAYS (86400ull * 1000) /* ms after the last such packet */
#define MOST 65536

static const unsigned int families[] = {GEN_AF_V4, GEN_AF_V6};

bool gen_sloppy(const struct pf_rule *r)
{
	return r->action == PF_PASS && r->state != PF_STATE_NONE &&
	       r->opts.flags & PF_S_SLOPPY &&
	       (r->proto == 0 || r->proto == IPPROTO_TCP);
}

static void set_name(char ret[8], char letter, unsigned int af)
{
	snprintf(ret, 8, "sl%c%c", letter == 'i' ? 'x' : 'y',
		 af == GEN_AF_V6 ? '6' : '4');
}

void gen_sloppy_sets(struct gen *g)
{
	const char *l;
	char name[8];
	size_t i;

	for (i = 0; g->sloppy && i < 2; i++)
		for (l = "io"; *l; l++) {
			set_name(name, *l, families[i]);
			nfb_set(&g->b, &(struct nfb_set){.name = name,
							 .flags = NFT_SET_EVAL,
							 .ktype = NFB_TYPE_INT,
							 .klen = GEN_ENDS_LEN(
								 families[i]),
							 .size = MOST,
							 .timeout = STAYS});
		}
}

static void note(struct gen *g, const char *set)
{
	const struct nfe_dynset d = {
		.set = set, .op = NFT_DYNSET_OP_UPDATE, .key = NFR(0)};

	nfe_dynset_begin(&g->b, &d);
	nfe_dynset_end(&g->b);
}

void gen_sloppy_new(struct gen *g, const char *chain, enum gen_place p)
{
	char set[8];
	size_t i;

	for (i = 0; i < 2; i++) {
		set_name(set, gen_state_letter(p), families[i]);
		nfb_rule(&g->b, chain);
		gen_ends(g, families[i], false);
		note(g, set);
		nfb_rule_end(&g->b);
	}
}

void gen_sloppy_pass(struct gen *g, enum gen_place p, const char *chain)
{
	const uint32_t invalid = STATE_INVALID, zero = 0;
	char set[8];
	size_t i;
	int turned;

	for (i = 0; g->sloppy && i < 2; i++)
		for (turned = 0; turned < 2; turned++) {
			set_name(set, gen_is_in(p) != turned ? 'i' : 'o',
				 families[i]);
			nfb_rule(&g->b, chain);
			nfe_ct(&g->b, NFT_CT_STATE, -1, NFR(0));
			nfe_bitwise(&g->b, NFR(0), NFR(0), 4, &invalid, &zero);
			nfe_cmp_u32(&g->b, NFT_CMP_NEQ, NFR(0), 0);
			gen_ends(g, families[i], turned);
			nfe_lookup(&g->b, set, NFR(0), false);
			note(g, set);
			nfe_verdict(&g->b, NF_ACCEPT, NULL);
			gen_rule_why(g, GEN_WHY_STATE);
		}
}
