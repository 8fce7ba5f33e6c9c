/*
 * nft_answer: what `block return-icmp (code)` and `block return-rst (ttl n)`
 * answer; plain `return` is in nft_state.c, the way to answer behind nat in
 * nft_back.c.
 *
 * The kernel's RST has a time to live of its own.  So the rule notes what it
 * should be in a map, by the ends of the answer, and the answer is changed on
 * its way out.
 */
#include "pf/nft_gen.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define TTL_STAYS 5000 /* ms */
#define TTL_MOST 4096

static const unsigned int families[] = {GEN_AF_V4, GEN_AF_V6};

bool gen_answers_own(const struct pf_rule *r)
{
	return r->action == PF_BLOCK &&
	       (r->ret == PF_RETURN_ICMP || gen_answers_ttl(r));
}

bool gen_answers_ttl(const struct pf_rule *r)
{
	return r->action == PF_BLOCK && r->ret == PF_RETURN_RST &&
	       r->return_ttl;
}

static void map_name(char ret[8], unsigned int af)
{
	snprintf(ret, 8, "xttl%c", af == GEN_AF_V6 ? '6' : '4');
}

void gen_answer_maps(struct gen *g)
{
	char name[8];
	size_t i;

	for (i = 0; g->rst_ttl && i < 2; i++) {
		map_name(name, families[i]);
		nfb_set(&g->b,
			&(struct nfb_set){.name = name,
					  .flags = NFT_SET_EVAL,
					  .ktype = NFB_TYPE_INT,
					  .klen = GEN_ENDS_LEN(families[i]),
					  .dtype = NFB_TYPE_MARK,
					  .dlen = 4,
					  .size = TTL_MOST,
					  .timeout = TTL_STAYS});
	}
}

#define R_TTL NFR(12)

/* The answer's ends when it goes on to whom nat has hidden. */
static void load_hidden(struct gen *g, unsigned int af)
{
	const bool six = af == GEN_AF_V6;
	const uint32_t len = six ? 16 : 4;

	gen_match_af(g, af);
	gen_match_proto(g, IPPROTO_TCP);
	nfe_payload(&g->b, NFT_PAYLOAD_NETWORK_HEADER, six ? 24 : 16, len,
		    NFR(0));
	nfe_ct(&g->b, six ? NFT_CT_SRC_IP6 : NFT_CT_SRC_IP, 0, NFR(len / 4));
	nfe_payload(&g->b, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, NFR(len / 2));
	nfe_ct(&g->b, NFT_CT_PROTO_SRC, 0, NFR(len / 2 + 1));
}

static void note_ttl(struct gen *g, const struct pf_rule *r, const char *chain,
		     bool hidden)
{
	/* as IPv4 has them: behind the time to live comes the protocol */
	const uint8_t ttl[4] = {r->return_ttl, IPPROTO_TCP};
	char map[8];
	size_t i;

	for (i = 0; i < 2; i++) {
		const struct nfe_dynset d = {.set = map,
					     .op = NFT_DYNSET_OP_UPDATE,
					     .key = NFR(0),
					     .data = R_TTL};

		map_name(map, families[i]);
		nfb_rule(&g->b, chain);
		if (hidden)
			load_hidden(g, families[i]);
		else
			gen_ends(g, families[i], true);
		nfe_imm(&g->b, R_TTL, ttl, sizeof(ttl));
		nfe_dynset_begin(&g->b, &d);
		nfe_dynset_end(&g->b);
		nfb_rule_end(&g->b);
	}
}

/* Behind the hook's own rules for the kernel's answers. */
void gen_answer_ttl(struct gen *g, const char *chain)
{
	static const uint8_t rst = 0x04, zero;
	char map[8];
	size_t i;

	for (i = 0; g->rst_ttl && i < 2; i++) {
		const bool six = families[i] == GEN_AF_V6;

		map_name(map, families[i]);
		nfb_rule(&g->b, chain);
		gen_match_proto(g, IPPROTO_TCP);
		nfe_payload(&g->b, NFT_PAYLOAD_TRANSPORT_HEADER, 13, 1, NFR(0));
		nfe_bitwise(&g->b, NFR(0), NFR(0), 1, &rst, &zero);
		nfe_cmp_u8(&g->b, NFT_CMP_NEQ, NFR(0), 0);
		gen_ends(g, families[i], false);
		nfe_map(&g->b, map, NFR(0), R_TTL);
		nfe_payload_set(&g->b, NFT_PAYLOAD_NETWORK_HEADER, six ? 7 : 8,
				six ? 1 : 2, R_TTL, six ? -1 : 10);
		nfb_rule_end(&g->b);
	}
}

static void unreachable(struct gen *g, const struct pf_rule *r,
			const char *chain)
{
	static const uint8_t icmp[] = {IPPROTO_ICMP, IPPROTO_ICMPV6};
	size_t i;

	for (i = 0; i < 2; i++) {
		nfb_rule(&g->b, chain);
		gen_match_proto(g, icmp[i]);
		nfe_verdict(&g->b, NF_DROP, NULL);
		nfb_rule_end(&g->b);
		nfb_rule(&g->b, chain);
		gen_match_af(g, families[i]);
		nfe_reject(&g->b, NFT_REJECT_ICMP_UNREACH,
			   (uint8_t)(i ? r->return_icmp6 : r->return_icmp));
		nfb_rule_end(&g->b);
	}
}

void gen_answer(struct gen *g, const struct pf_rule *r, unsigned int n,
		const char *chain, enum gen_place p)
{
	const uint32_t label[4] = {[GEN_LABEL_FLAGS] = GEN_FLAG_REJECTED};
	char rt[GEN_CHAIN];
	const bool can = /* the kernel does not answer everywhere */
		p != GEN_OUT && (gen_is_in(p) || !gen_is_member(p));

	if (gen_answers_ttl(r) && can) {
		note_ttl(g, r, chain, false);
		snprintf(rt, sizeof(rt), "rt%c", gen_letter[p]);
		nfb_rule(&g->b, chain);
		nfe_verdict(&g->b, NFT_GOTO, rt);
		nfb_rule_end(&g->b);
		return;
	}
	if (can) {
		nfb_rule(&g->b, chain);
		nfe_imm(&g->b, NFR(0), label, sizeof(label));
		nfe_ct_set(&g->b, NFT_CT_LABELS, NFR(0));
		nfb_rule_end(&g->b);
		unreachable(g, r, chain);
	}
	if (p == GEN_OUT)
		gen_back_out(g, chain, n + 1);
	nfb_rule(&g->b, chain);
	nfe_verdict(&g->b, NF_DROP, NULL);
	nfb_rule_end(&g->b);
}

void gen_answer_back(struct gen *g, const struct pf_rule *r, const char *chain)
{
	if (!gen_answers_ttl(r)) {
		unreachable(g, r, chain);
		return;
	}
	note_ttl(g, r, chain, true);
	nfb_rule(&g->b, chain);
	gen_match_proto(g, IPPROTO_TCP);
	nfe_reject(&g->b, NFT_REJECT_TCP_RST, 0);
	nfb_rule_end(&g->b);
}
