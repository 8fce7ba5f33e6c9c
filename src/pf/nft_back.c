/*
 * nft_back: what `block return out` answers on interfaces with nat.
 *
 * There rules see the source that nat has made, behind which (in postrouting)
 * the kernel can answer nothing; and the answer has to go back through the
 * translation, which exists only for packets that postrouting lets pass.  So a
 * packet that is to be answered passes, with a priority that says so, and does
 * not leave: in the egress hook of the interface (table `netdev pf`) it is led
 * into lo instead, comes in there with its entry of conntrack, and the first of
 * our hooks (chain `back`) answers it.  Answers are let pass as all others are
 * (nft_state.c), and conntrack makes of their destination what nat had made
 * the source of.
 *
 * The set "backif" has the numbers of the interfaces where the egress hook is:
 * on others, which have come since, packets are dropped as without `return`.
 */
#include "pf/nft_gen.h"

#include "net/ifnet.h"

#include <linux/rtnetlink.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define BACK 0x70600000u /* of the priority: and a rule's number + 1, or 0 */
#define BACK_MASK 0xfff00000u
#define SET GEN_BACK_SET
#define CHAIN "back"

bool gen_back_if(const struct gen *g, const struct ifnet *ifp)
{
	if (!g->backs || strcmp(ifp->kname, "lo") == 0)
		return false;
	if (!g->place[GEN_FWD])
		return true;
	for (size_t i = 0; i < g->natifs.n; i++)
		if (gen_if_meant(ifp, g->natifs.v[i]))
			return true;
	return false;
}

void gen_back_set(struct gen *g)
{
	uint32_t index;

	if (!g->backs)
		return;
	nfb_set(&g->b, &(struct nfb_set){
			       .name = SET, .ktype = NFB_TYPE_INT, .klen = 4});
	if (g->refresh)
		nfb_set_flush(&g->b, SET);
	nfb_elems(&g->b, SET, false);
	for (size_t i = 0; g->ifs && i < g->ifs->n; i++) {
		if (!gen_back_if(g, &g->ifs->v[i]))
			continue;
		index = (uint32_t)g->ifs->v[i].index;
		nfb_elem(&g->b, &(struct nfb_elem){.key = &index, .klen = 4});
	}
	nfb_elems_end(&g->b);
}

/* In postrouting; packets to many are not answered, in pf neither. */
void gen_back_out(struct gen *g, const char *chain, uint32_t form)
{
	const uint32_t label[4] = {[GEN_LABEL_FLAGS] = GEN_FLAG_REJECTED};
	static const uint8_t icmp[] = {IPPROTO_ICMP, IPPROTO_ICMPV6};

	if (!g->backs)
		return;
	for (size_t i = 0; i < sizeof(icmp); i++) {
		nfb_rule(&g->b, chain);
		gen_match_proto(g, icmp[i]);
		nfe_verdict(&g->b, NF_DROP, NULL);
		nfb_rule_end(&g->b);
	}
	nfb_rule(&g->b, chain);
	nfe_meta(&g->b, NFT_META_OIF, NFR(0));
	nfe_lookup(&g->b, SET, NFR(0), false);
	nfe_fib(&g->b, NFTA_FIB_F_DADDR, NFT_FIB_RESULT_ADDRTYPE, NFR(0));
	nfe_cmp_u32(&g->b, NFT_CMP_EQ, NFR(0), RTN_UNICAST);
	nfe_imm_u32(&g->b, NFR(0), BACK | form);
	nfe_meta_set(&g->b, NFT_META_PRIORITY, NFR(0));
	nfe_imm(&g->b, NFR(0), label, sizeof(label));
	nfe_ct_set(&g->b, NFT_CT_LABELS, NFR(0));
	nfe_verdict(&g->b, NF_ACCEPT, NULL);
	nfb_rule_end(&g->b);
}

static void match_back(struct gen *g, uint32_t mask, uint32_t form)
{
	const uint32_t zero = 0;

	nfe_meta(&g->b, NFT_META_PRIORITY, NFR(0));
	nfe_bitwise(&g->b, NFR(0), NFR(0), 4, &mask, &zero);
	nfe_cmp_u32(&g->b, NFT_CMP_EQ, NFR(0), BACK | form);
}

void gen_back_keep(struct gen *g, const char *chain)
{
	if (!g->backs)
		return;
	nfb_rule(&g->b, chain);
	match_back(g, BACK_MASK, 0);
	nfe_verdict(&g->b, NF_ACCEPT, NULL);
	nfb_rule_end(&g->b);
}

/* In the egress hook: into lo, or nowhere. */
void gen_back_egress(struct gen *g, const char *chain)
{
	static const uint16_t types[] = {ETHERTYPE_IP, ETHERTYPE_IPV6};
	const uint8_t lo4[4] = {127, 0, 0, 1};

	for (size_t i = 0; i < 2; i++) {
		const uint16_t type = htons(types[i]);

		nfb_rule(&g->b, chain);
		match_back(g, BACK_MASK, 0);
		nfe_meta(&g->b, NFT_META_PROTOCOL, NFR(0));
		nfe_cmp(&g->b, NFT_CMP_EQ, NFR(0), &type, sizeof(type));
		if (i)
			nfe_imm(&g->b, NFR(4), &in6addr_loopback, 16);
		else
			nfe_imm(&g->b, NFR(4), lo4, sizeof(lo4));
		nfe_imm_u32(&g->b, NFR(8), 1); /* lo, in every namespace */
		nfe_fwd(&g->b, NFR(8), NFR(4), i ? NFPROTO_IPV6 : NFPROTO_IPV4);
		nfb_rule_end(&g->b);
	}
	nfb_rule(&g->b, chain);
	match_back(g, BACK_MASK, 0);
	nfe_verdict(&g->b, NF_DROP, NULL);
	nfb_rule_end(&g->b);
}

static void answer_of(struct gen *g, const struct gen_node *node,
		      const struct pf_rule *r)
{
	const uint32_t form = node->base[PF_LIST_FILTER] + r->nr + 1;
	char chain[GEN_CHAIN];

	if (r->dir == PF_IN || !gen_answers_own(r))
		return;
	snprintf(chain, sizeof(chain), "back%u", form);
	nfb_chain(&g->b, chain);
	gen_answer_back(g, r, chain);
	nfb_rule(&g->b, CHAIN);
	match_back(g, UINT32_MAX, form);
	nfe_verdict(&g->b, NFT_GOTO, chain);
	nfb_rule_end(&g->b);
}

/* The hook where packets come in by lo. */
void gen_back_hook(struct gen *g)
{
	static const struct nfb_hook hook = {"filter", NF_INET_PRE_ROUTING,
					     -120, NULL};

	if (!g->backs)
		return;
	nfb_chain_base(&g->b, CHAIN, &hook);
	nfb_rule(&g->b, CHAIN);
	nfe_meta(&g->b, NFT_META_IIF, NFR(0));
	nfe_cmp_u32(&g->b, NFT_CMP_NEQ, NFR(0), 1);
	nfe_verdict(&g->b, NF_ACCEPT, NULL);
	nfb_rule_end(&g->b);
	for (size_t i = 0; i < g->nnodes; i++) {
		const struct pf_rules *l = &g->node[i].a->list[PF_LIST_FILTER];

		for (size_t k = 0; k < l->n; k++)
			answer_of(g, &g->node[i], &l->v[k]);
	}
	/* of the others */
	nfb_rule(&g->b, CHAIN);
	match_back(g, BACK_MASK, 0);
	gen_match_proto(g, IPPROTO_TCP);
	nfe_reject(&g->b, NFT_REJECT_TCP_RST, 0);
	nfb_rule_end(&g->b);
	nfb_rule(&g->b, CHAIN);
	match_back(g, BACK_MASK, 0);
	nfe_reject(&g->b, NFT_REJECT_ICMPX_UNREACH,
		   NFT_REJECT_ICMPX_PORT_UNREACH);
	nfb_rule_end(&g->b);
}
