/*
 * nft_logif: what `set loginterface` counts.
 *
 * Packets of that interface are counted where they come to the rules, and once
 * more behind them: what is missing there was blocked (status.c).  The objects
 * are called "lg.INTERFACE.4i" (IPv4, in), with "p" behind it for what passed;
 * so those of another interface begin anew.  With `set skip` none is counted.
 */
#include "pf/nft_gen.h"

#include "base/cleanup.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *chain;
	struct nfb_hook hook;
	bool out, passed;
} hooks[] = {
	/* before the first place that rules have there, and behind the last */
	{"lgi", {"filter", NF_INET_PRE_ROUTING, -112, NULL}, false, false},
	{"lgp", {"filter", NF_INET_PRE_ROUTING, -85, NULL}, false, true},
	{"lgf", {"filter", NF_INET_FORWARD, 299, NULL}, true, false},
	{"lgl", {"filter", NF_INET_LOCAL_OUT, 299, NULL}, true, false},
	{"lgo", {"filter", NF_INET_POST_ROUTING, 111, NULL}, true, true},
};

static const unsigned int families[] = {GEN_AF_V4, GEN_AF_V6};

static const char *logif(const struct gen *g)
{
	const char *name = g->c->opt.loginterface;

	return name && !strv_has(&g->c->opt.skip, name) ? name : NULL;
}

void gen_logif_note(struct gen *g)
{
	const char *ifname = logif(g);
	char set[64];

	if (ifname && gen_is_group(ifname))
		gen_group_set(g, ifname, set, sizeof(set));
}

static void object(char ret[GEN_LOGIF_NAME], const char *ifname,
		   unsigned int af, bool out, bool passed)
{
	snprintf(ret, GEN_LOGIF_NAME, GEN_LOGIF "%s.%c%c%s", ifname,
		 af == GEN_AF_V4 ? '4' : '6', out ? 'o' : 'i',
		 passed ? "p" : "");
}

/* All of the interface's that there are not yet; others go. */
static void objects(struct gen *g, const char *ifname)
{
	cleanup_strv struct strv want = {0};
	char name[GEN_LOGIF_NAME];

	for (int i = 0; ifname && i < 8; i++) {
		object(name, ifname, families[i & 1], i & 2, i & 4);
		g->b.failed |= strv_add(&want, name) < 0;
		if (!strv_has(&g->have, name))
			nfb_counter_obj(&g->b, name, 0, 0);
	}
	for (size_t i = 0; i < g->have.n; i++)
		if (str_prefix(g->have.v[i], GEN_LOGIF) &&
		    !strv_has(&want, g->have.v[i]))
			nfb_obj_del(&g->b, g->have.v[i], NFT_OBJECT_COUNTER);
}

void gen_logif(struct gen *g)
{
	const char *ifname = logif(g);
	char name[GEN_LOGIF_NAME];

	objects(g, ifname);
	for (size_t i = 0; ifname && i < ARRAY_SIZE(hooks); i++) {
		nfb_chain_base(&g->b, hooks[i].chain, &hooks[i].hook);
		for (size_t k = 0; k < ARRAY_SIZE(families); k++) {
			object(name, ifname, families[k], hooks[i].out,
			       hooks[i].passed);
			nfb_rule(&g->b, hooks[i].chain);
			gen_match_if(g, ifname, false, hooks[i].out);
			gen_match_af(g, families[k]);
			gen_count(g, name);
			nfb_rule_end(&g->b);
		}
	}
}
