/*
 * nft_synproxy: `synproxy state`.
 *
 * The kernel's synproxy answers a client's SYN by a cookie, and on the client's
 * ACK sends the server a SYN of its own with the client's address.  It can do
 * so where packets are delivered or forwarded, after the rules for packets
 * coming in have judged them; the entries of conntrack of SYN and ACK go with
 * them, and that of the connection begins with the SYN to the server.  So:
 *
 *	- a rule that passes a SYN remembers the connection's ends and its own
 *	  word (maps "syn4", "syn6") and sets a flag in the entry's label;
 *	- an ACK without an entry whose ends are remembered gets the flag, too;
 *	- behind routing ("synf", "syni") the flag leads to the synproxy, and
 *its answers, which carry the entry, are let out;
 *	- the SYN to the server ("syno") gets the state that the rule makes of
 *	  a first packet, and is judged going out as other packets are.
 *
 * Clients and servers get no options but the segment size, as in pf.
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
#define MSS 1460
#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10
#define R_WORD NFR(12)

static const unsigned int families[] = {GEN_AF_V4, GEN_AF_V6};
static const char *const maps[] = {"syn4", "syn6"};

bool gen_synproxy(const struct pf_rule *r)
{
	return r->action == PF_PASS && r->state == PF_STATE_SYNPROXY &&
	       (!r->proto || r->proto == IPPROTO_TCP);
}

void gen_synproxy_check(struct gen *g, const struct pf_rule *r)
{
	const struct {
		bool is;
		const char *what;
	} never[] = {
		{r->dir == PF_OUT, "of packets that go out"},
		{g->rdr, "beside rdr or binat"},
		{g->tagged, "beside tags"},
		{g->pfil.member || g->pfil.bridge, "on bridges"},
		{gen_routed(r), "with route-to, reply-to, dup-to or rtable"},
		{gen_limits(r) || gen_overloads(r), "with limits"},
		{gen_sloppy(r), "with sloppy"},
		{gen_times(r), "with timeouts"},
		{gen_edits(r), "with scrub or set"},
		{(r->opts.flags & PF_S_IFBOUND || g->c->opt.if_bound) &&
			 !(r->opts.flags & PF_S_FLOATING),
		 "with if-bound"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(never); i++)
		if (never[i].is)
			gen_refuse(g, r, "synproxy state %s is not supported",
				   never[i].what);
}

void gen_synproxy_maps(struct gen *g)
{
	for (size_t i = 0; g->synproxy && i < ARRAY_SIZE(families); i++)
		nfb_set(&g->b, &(struct nfb_set){.name = maps[i],
						 .flags = NFT_SET_EVAL,
						 .ktype = NFB_TYPE_INT,
						 .klen = i ? 40 : 16,
						 .dtype = NFB_TYPE_MARK,
						 .dlen = 4,
						 .size = SHAKES,
						 .timeout = SHAKE_MS});
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

/* A packet that the rule passes: a SYN goes no further way here. */
void gen_synproxy_new(struct gen *g, const struct pf_rule *r, unsigned int n,
		      const char *chain)
{
	if (!(r->flags & PF_F_ALLOW_OPTS)) {
		nfb_rule(&g->b, chain);
		nfe_verdict(&g->b, NFT_JUMP, "oci");
		nfb_rule_end(&g->b);
	}
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		const struct nfe_dynset d = {.set = maps[i],
					     .op = NFT_DYNSET_OP_UPDATE,
					     .key = NFR(0),
					     .data = R_WORD};

		nfb_rule(&g->b, chain);
		match_tcp(g, TCP_SYN);
		gen_ends(g, families[i], false);
		nfe_imm_u32(&g->b, R_WORD, gen_word(g, n));
		nfe_dynset_begin(&g->b, &d);
		nfe_dynset_end(&g->b);
		set_flag(g);
		nfe_imm_u32(&g->b, NFR(0), 0);
		nfe_meta_set(&g->b, NFT_META_PRIORITY, NFR(0));
		nfe_verdict(&g->b, NF_ACCEPT, NULL);
		nfb_rule_end(&g->b);
	}
	/* the map is full */
	nfb_rule(&g->b, chain);
	match_tcp(g, TCP_SYN);
	nfe_verdict(&g->b, NF_DROP, NULL);
	nfb_rule_end(&g->b);
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
		nfe_map(&g->b, maps[i], NFR(0), R_WORD);
		set_flag(g);
		nfe_verdict(&g->b, NF_ACCEPT, NULL);
		gen_rule_why(g, GEN_WHY_STATE);
	}
}

static void proxy_chain(struct gen *g, const char *chain, int hook)
{
	const struct nfb_hook h = {"filter", hook, -140, NULL};

	nfb_chain_base(&g->b, chain, &h);
	nfb_rule(&g->b, chain);
	gen_match_proto(g, IPPROTO_TCP);
	match_new(g);
	match_flag(g);
	nfe_synproxy(&g->b, MSS, 0, NF_SYNPROXY_OPT_MSS);
	nfb_rule_end(&g->b);
}

/* The connection's own entry: X is the state of who came in. */
static void server_chain(struct gen *g)
{
	static const struct nfb_hook hook = {"filter", NF_INET_LOCAL_OUT, -140,
					     NULL};
	static const uint32_t none[4], all = UINT32_MAX, zero;

	nfb_chain_base(&g->b, "syno", &hook);
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		nfb_rule(&g->b, "syno");
		match_tcp(g, TCP_SYN);
		match_new(g);
		gen_ends(g, families[i], false);
		nfe_map(&g->b, maps[i], NFR(0), R_WORD);
		nfe_imm(&g->b, NFR(0), none, sizeof(none));
		nfe_bitwise(&g->b, R_WORD, NFR(GEN_LABEL_X), 4, &all, &zero);
		nfe_ct_set(&g->b, NFT_CT_LABELS, NFR(0));
		gen_count(g, "insert");
		nfb_rule_end(&g->b);
	}
}

void gen_synproxy_hooks(struct gen *g)
{
	if (!g->synproxy)
		return;
	g->b.cookie = g->synproxy_rule;
	proxy_chain(g, "synf", NF_INET_FORWARD);
	proxy_chain(g, "syni", NF_INET_LOCAL_IN);
	g->b.cookie = NFB_NO_COOKIE;
	server_chain(g);
}
