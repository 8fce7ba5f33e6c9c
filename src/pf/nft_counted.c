/*
 * nft_counted: tables with `counters`.
 *
 * The packets of a rule that asks for an address in such a table are counted
 * in the table's sets for that (tables.h): the first where the rule decides,
 * those of its states by the state.  pf counts by the address that the rule
 * asked for, so of answers it is the other end.
 */
#include "pf/nft_gen.h"
#include "pf/tables.h"

#ifndef IP_CT_DIR_ORIGINAL /* not in the kernel's public headers */
#define IP_CT_DIR_ORIGINAL 0
#define IP_CT_DIR_REPLY 1
#endif

static const unsigned int families[] = {GEN_AF_V4, GEN_AF_V6};

static bool counts(const struct gen *g, const struct gen_node *node,
		   const struct pf_host *h)
{
	const struct pf_table *t;

	if (h->kind != PF_ADDR_TABLE || h->neg)
		return false;
	t = pf_table_seen(g->c, node->a, h->name);
	return t && t->flags & PF_T_COUNTERS;
}

bool gen_counted(const struct gen *g, const struct gen_node *node,
		 const struct pf_rule *r)
{
	return (r->action == PF_PASS || r->action == PF_BLOCK) &&
	       (counts(g, node, &r->src.host) || counts(g, node, &r->dst.host));
}

/* dir: of the state's packets that are meant, -1: the first one */
static void count_end(struct gen *g, const struct gen_node *node,
		      const struct pf_host *h, char kind, int dir, bool dst,
		      const char *chain)
{
	char set[256];
	size_t i;

	if (!counts(g, node, h))
		return;
	if (dir == IP_CT_DIR_REPLY)
		dst = !dst;
	for (i = 0; i < 2; i++) {
		const uint32_t len = families[i] == GEN_AF_V6 ? 16 : 4;
		const uint32_t src = families[i] == GEN_AF_V6 ? 8 : 12;

		gen_table_set(node, h->name, families[i], set, sizeof(set));
		set[0] = kind;
		nfb_rule(&g->b, chain);
		if (dir >= 0)
			gen_match_dir(g, dir);
		gen_match_af(g, families[i]);
		nfe_payload(&g->b, NFT_PAYLOAD_NETWORK_HEADER,
			    src + (dst ? len : 0), len, NFR(0));
		nfe_lookup(&g->b, set, NFR(0), false);
		nfb_rule_end(&g->b);
	}
}

void gen_counted_first(struct gen *g, const struct gen_node *node,
		       const struct pf_rule *r, const char *chain,
		       enum gen_place p)
{
	const char kind = PF_COUNTED_KIND(gen_state_letter(p) != 'i',
					  r->action == PF_PASS);

	count_end(g, node, &r->src.host, kind, -1, false, chain);
	count_end(g, node, &r->dst.host, kind, -1, true, chain);
}

void gen_counted_state(struct gen *g, const struct gen_node *node,
		       const struct pf_rule *r, const char *chain, char letter)
{
	const char kind = PF_COUNTED_KIND(letter != 'i', 1);
	int dir;

	for (dir = IP_CT_DIR_ORIGINAL; dir <= IP_CT_DIR_REPLY; dir++) {
		count_end(g, node, &r->src.host, kind, dir, false, chain);
		count_end(g, node, &r->dst.host, kind, dir, true, chain);
	}
}
