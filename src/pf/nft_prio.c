/*
 * nft_prio: `set prio` beyond the rule that passes, and rules that ask for it.
 *
 * A packet's priority is what `set prio` writes, and a register while a flow's
 * first packet is judged.  So what match rules say is written behind that once
 * more ("scpP", as "scmP" of nft_scrub.c), and the kernel, which gives packets
 * that it forwards a priority by their type of service, is corrected by "prf":
 * which rules coming in have let a packet in says the entry of conntrack.
 *
 * `prio` asks for the priority in the tag of the VLAN that a packet came in by.
 * The driver of VLANs puts it into the packet's priority where
 * net.link.vlan.mtag_pcp says so (net/vlan.h), and "pcp" from there into its
 * mark, where it stays on the packet's way.
 */
#include "pf/nft_gen.h"

#include "net/vlan.h"

#include <stdio.h>
#include <string.h>

#define FWD "prf" /* chain, map, and rules' chains */

static bool sets(const struct pf_rule *r)
{
	return r->flags & PF_F_SET_PRIO;
}

/* Does it say so of packets coming in, whose entry names it? */
static bool sets_in(const struct pf_rule *r)
{
	return sets(r) && r->dir != PF_OUT && r->action == PF_PASS &&
	       r->state != PF_STATE_NONE;
}

void gen_prio_note(struct gen *g, const struct pf_rule *r, enum pf_list list)
{
	if (r->flags & PF_F_PRIO)
		g->pcps |= 1u << r->prio;
	/* of bridged packets it tells the member (nft_member.c) */
	if (list != PF_LIST_FILTER || !sets(r) || g->pfil.member)
		return;
	g->prio_match |= r->action == PF_MATCH;
	g->prio_in |= sets_in(r) || (r->action == PF_MATCH && r->dir != PF_OUT);
}

static void match_name(enum gen_place p, char ret[GEN_CHAIN])
{
	snprintf(ret, GEN_CHAIN, "scp%c", gen_letter[p]);
}

static void jump(struct gen *g, const char *chain, const char *to)
{
	nfb_rule(&g->b, chain);
	nfe_verdict(&g->b, NFT_JUMP, to);
	nfb_rule_end(&g->b);
}

void gen_prio_again(struct gen *g, const char *chain, enum gen_place p)
{
	char to[GEN_CHAIN];

	if (gen_is_member(p))
		return;
	if (g->prio_in && !gen_is_in(p))
		jump(g, chain, FWD);
	if (!g->prio_match)
		return;
	match_name(p, to);
	jump(g, chain, to);
}

static void own_chain(struct gen *g, const struct gen_node *node,
		      const struct pf_rule *r, bool make)
{
	const unsigned int n = node->base[PF_LIST_FILTER] + r->nr;
	char chain[GEN_CHAIN];
	uint32_t word;

	if (!sets_in(r))
		return;
	snprintf(chain, sizeof(chain), FWD "%u", n);
	if (make) {
		nfb_chain(&g->b, chain);
		gen_set_prio(g, chain, r->set_prio);
		return;
	}
	for (size_t i = 0; gen_rule_word(g, r, n, i, &word); i++)
		nfb_elem(&g->b, &(struct nfb_elem){.key = &word,
						   .klen = 4,
						   .verdict = true,
						   .code = NFT_JUMP,
						   .chain = chain});
}

static void own_chains(struct gen *g, bool make)
{
	for (size_t i = 0; i < g->nnodes; i++) {
		const struct pf_rules *l = &g->node[i].a->list[PF_LIST_FILTER];

		for (size_t k = 0; k < l->n; k++)
			own_chain(g, &g->node[i], &l->v[k], make);
	}
}

static void forward_chain(struct gen *g)
{
	char to[GEN_CHAIN];

	own_chains(g, true);
	nfb_set(&g->b,
		&(struct nfb_set){.name = FWD,
				  .ktype = NFB_TYPE_MARK,
				  .klen = 4,
				  .dtype = NFT_DATA_VERDICT,
				  .size = gen_bound_room(g, g->nrules + 1)});
	nfb_elems(&g->b, FWD, false);
	own_chains(g, false);
	nfb_elems_end(&g->b);
	nfb_chain(&g->b, FWD);
	/* nothing came in */
	nfb_rule(&g->b, FWD);
	nfe_meta(&g->b, NFT_META_IIF, NFR(0));
	nfe_cmp_u32(&g->b, NFT_CMP_EQ, NFR(0), 0);
	nfe_verdict(&g->b, NFT_RETURN, NULL);
	nfb_rule_end(&g->b);
	if (g->prio_match && g->c->opt.skip.n) { /* no rule has seen it */
		nfb_rule(&g->b, FWD);
		nfe_meta(&g->b, NFT_META_IIFNAME, NFR(0));
		nfe_lookup(&g->b, "skip", NFR(0), false);
		nfe_verdict(&g->b, NFT_RETURN, NULL);
		nfb_rule_end(&g->b);
	}
	match_name(GEN_IN, to);
	if (g->prio_match)
		jump(g, FWD, to);
	for (int dir = 0; dir < 2; dir++) {
		const unsigned int at = gen_label_word('i', dir);

		nfb_rule(&g->b, FWD);
		gen_match_dir(g, dir);
		nfe_ct(&g->b, NFT_CT_LABELS, -1, NFR(0));
		nfe_cmp_u32(&g->b, NFT_CMP_NEQ, NFR(at), 0);
		nfe_vmap(&g->b, FWD, NFR(at));
		nfb_rule_end(&g->b);
	}
}

void gen_prio_chains(struct gen *g)
{
	char chain[GEN_CHAIN];
	enum gen_place p;

	for (p = 0; g->prio_match && p < GEN_NPLACES; p++)
		if (g->place[p] && !gen_is_member(p)) {
			match_name(p, chain);
			nfb_chain(&g->b, chain);
		}
	if (g->prio_in)
		forward_chain(g);
}

/* asking for it */

#define PCP_MASK (0xfu << GEN_PCP_SHIFT)

static uint32_t pcp_bits(unsigned int pcp)
{
	return (8 | pcp) << GEN_PCP_SHIFT;
}

void gen_match_prio(struct gen *g, const struct pf_rule *r)
{
	const uint32_t mask = PCP_MASK, zero = 0;

	if (!(r->flags & PF_F_PRIO))
		return;
	nfe_meta(&g->b, NFT_META_MARK, NFR(0));
	nfe_bitwise(&g->b, NFR(0), NFR(0), 4, &mask, &zero);
	nfe_cmp_u32(&g->b, NFT_CMP_EQ, NFR(0), pcp_bits(r->prio));
}

static void put_pcp(struct gen *g, uint32_t bits)
{
	const uint32_t mask = ~PCP_MASK;

	nfe_meta(&g->b, NFT_META_MARK, NFR(0));
	nfe_bitwise(&g->b, NFR(0), NFR(0), 4, &mask, &bits);
	nfe_meta_set(&g->b, NFT_META_MARK, NFR(0));
	nfb_rule_end(&g->b);
}

static void pcp_chain(struct gen *g)
{
	static const struct nfb_hook hook = {"filter", NF_INET_PRE_ROUTING,
					     -290, NULL};
	static const char vlan[IFNAMSIZ] = "vlan";
	const uint32_t mask = PCP_MASK, zero = 0;

	nfb_chain_base(&g->b, "pcp", &hook);
	/* of a tag that it had before it went through a cable of ours */
	nfb_rule(&g->b, "pcp");
	nfe_meta(&g->b, NFT_META_MARK, NFR(0));
	nfe_bitwise(&g->b, NFR(0), NFR(0), 4, &mask, &zero);
	nfe_cmp_u32(&g->b, NFT_CMP_NEQ, NFR(0), 0);
	put_pcp(g, 0);
	for (uint32_t i = 0; i < 8; i++) {
		if (!(g->pcps & 1u << i))
			continue;
		nfb_rule(&g->b, "pcp");
		nfe_meta(&g->b, NFT_META_IIFKIND, NFR(0));
		nfe_cmp(&g->b, NFT_CMP_EQ, NFR(0), vlan, sizeof(vlan));
		nfe_meta(&g->b, NFT_META_PRIORITY, NFR(0));
		nfe_cmp_u32(&g->b, NFT_CMP_EQ, NFR(0), i);
		put_pcp(g, pcp_bits(i));
	}
}

void gen_prio_hooks(struct gen *g)
{
	static const struct nfb_hook hook = {"filter", NF_INET_FORWARD, -150,
					     NULL};

	if (g->prio_in) {
		nfb_chain_base(&g->b, "prfwd", &hook);
		jump(g, "prfwd", FWD);
	}
	if (g->pcps && g->v && vlan_mtag_pcp(g->v))
		pcp_chain(g);
}
