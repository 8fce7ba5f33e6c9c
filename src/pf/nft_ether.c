/*
 * nft_ether: rules for Ethernet frames.
 *
 * Theory of operation.
 *
 * What pf means.  Each frame is judged once where it comes in, before the rules
 * of IP, and once where it leaves, behind them: by all rules in order, the last
 * that matches decides, or the first that is quick.  None: it passes.  There
 * are no states.  A rule that matches tags the frame at once, whichever decides
 * in the end.
 *
 * Where.  The table `netdev pf`, which is there only if rules ask for it, has a
 * chain for each Ethernet interface and direction, in the hooks ingress and
 * egress of the interface; so one that comes later gets its own by
 * pf_refresh().  Not for the members of bridges and the ports of laggs: as in
 * if_bridge(4) and lagg(4), the frames that they carry are judged at the bridge
 * or lagg itself.  What `set skip on` names has none, either.
 *
 *	in/KNAME, out/KNAME	the hooks
 *	judge/in, judge/out	where all of them lead
 *	rules/in/N, ...		the rules of anchor N (nft_gen.h)
 *	decide/in, ...		from the last rule that has matched to its
 *				verdict; the map of the same name counts
 *	bridge/in/N, ...	`bridge-to` of rule N
 *
 * The rule that has matched last is remembered in the frame's priority, which
 * is what queues look at: its lowest four bits stay as they were, so that
 * classes 0 to 15 are kept.  Tags are where those of other rules are, in the
 * mark.
 *
 * Loads.  The old rules' hooks and the new ones' are there at once, and which
 * rules are in force changes in between for all; so that no frame sees either
 * of them without rules, new hooks are behind old ones: the time is in their
 * priority.  A change of interfaces or of tables makes these chains alone anew
 * (pf_refresh()), which go on counting.
 *
 * Tables.  A set belongs to one nftables table, and those of pf's tables to
 * `inet pf`.  Rules that ask for addresses in a table have a copy of it here,
 * made anew when its contents change (pf_pools_refresh()).
 */
#include "pf/nft_gen.h"

#include "base/cleanup.h"
#include "net/ifnet.h"
#include "pf/table.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <net/ethernet.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HOOK_INGRESS 0 /* NF_NETDEV_INGRESS */
#define HOOK_EGRESS 1  /* NF_NETDEV_EGRESS, not in older headers */
#define PRIORITY 10    /* behind nft_route.c and nft_back.c */

#define KEPT 0xfu /* bits of the priority */
#define RULE_SHIFT 4
#define BRIDGED 0xfffffff0u /* led here by bridge-to: not judged */

static const char *const ways[] = {[false] = "in", [true] = "out"};

static const struct pf_rules *rules_of(const struct gen_node *n)
{
	return &n->a->list[PF_LIST_ETHER];
}

static bool goes(const struct pf_rule *r, bool out)
{
	return r->dir != (out ? PF_IN : PF_OUT);
}

/* The first rule of a direction, by its number; NFB_NO_COOKIE: there is none.
 */
static uint32_t some_rule(const struct gen *g, bool out)
{
	for (size_t i = 0; i < g->nnodes; i++)
		for (size_t k = 0; k < rules_of(&g->node[i])->n; k++) {
			const struct pf_rule *r = &rules_of(&g->node[i])->v[k];

			if (r->action != PF_ANCHOR && goes(r, out))
				return g->node[i].base[PF_LIST_ETHER] +
				       (uint32_t)k;
		}
	return NFB_NO_COOKIE;
}

bool gen_ether(const struct gen *g, bool out)
{
	return rules_of(g->node)->n && some_rule(g, out) != NFB_NO_COOKIE;
}

bool gen_ether_any(const struct gen *g)
{
	return gen_ether(g, false) || gen_ether(g, true);
}

/* conditions */

static void match_type(struct gen *g, uint16_t type)
{
	if (!type)
		return;
	nfe_payload(&g->b, NFT_PAYLOAD_LL_HEADER, 2 * ETH_ALEN, 2, NFR(0));
	nfe_cmp_u16be(&g->b, NFT_CMP_EQ, NFR(0), type);
}

static void match_mac(struct gen *g, uint32_t at, const uint8_t addr[6],
		      const uint8_t mask[6], bool neg)
{
	static const uint8_t zero[6],
		ones[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	uint8_t want[6];

	for (size_t i = 0; i < sizeof(want); i++)
		want[i] = addr[i] & mask[i];
	nfe_payload(&g->b, NFT_PAYLOAD_LL_HEADER, at, ETH_ALEN, NFR(0));
	if (memcmp(mask, ones, sizeof(ones)) != 0)
		nfe_bitwise(&g->b, NFR(0), NFR(0), ETH_ALEN, mask, zero);
	nfe_cmp(&g->b, neg ? NFT_CMP_NEQ : NFT_CMP_EQ, NFR(0), want, ETH_ALEN);
}

static void match_host(struct gen *g, const struct gen_node *node,
		       const struct pf_host *h, unsigned int af, bool dst)
{
	const uint32_t len = af == GEN_AF_V6 ? 16 : 4;
	const uint32_t at = af == GEN_AF_V6 ? 8 : 12;
	static const uint8_t zero[16];
	uint8_t want[16];
	char set[256];

	if (h->kind != PF_ADDR_MASK && h->kind != PF_ADDR_TABLE)
		return;
	nfe_payload(&g->b, NFT_PAYLOAD_NETWORK_HEADER, at + (dst ? len : 0),
		    len, NFR(0));
	if (h->kind == PF_ADDR_TABLE) {
		gen_table_set(node, h->name, af, set, sizeof(set));
		nfe_lookup(&g->b, set, NFR(0), h->neg);
		return;
	}
	for (uint32_t i = 0; i < len; i++)
		want[i] = h->addr.b[i] & h->mask.b[i];
	nfe_bitwise(&g->b, NFR(0), NFR(0), len, h->mask.b, zero);
	nfe_cmp(&g->b, h->neg ? NFT_CMP_NEQ : NFT_CMP_EQ, NFR(0), want, len);
}

/* The families of packets that a rule with addresses may match; 0: none. */
static unsigned int families(const struct pf_rule *r)
{
	const unsigned int f = gen_families(r);

	if (f == GEN_AF_ANY || !r->ether_proto)
		return f;
	if (r->ether_proto == ETHERTYPE_IP)
		return f & GEN_AF_V4;
	return r->ether_proto == ETHERTYPE_IPV6 ? f & GEN_AF_V6 : 0;
}

static void conditions(struct gen *g, const struct gen_node *node,
		       const struct pf_rule *r, unsigned int af, bool out)
{
	if (r->ifname && strcmp(r->ifname, "any") != 0)
		gen_match_if(g, r->ifname, r->flags & PF_F_NOT_IF, out);
	match_type(g, af == GEN_AF_V4	? ETHERTYPE_IP
		      : af == GEN_AF_V6 ? ETHERTYPE_IPV6
					: r->ether_proto);
	if (r->ether_src.set)
		match_mac(g, ETH_ALEN, r->ether_src.addr, r->ether_src.mask,
			  r->ether_src.neg);
	if (r->ether_dst.set)
		match_mac(g, 0, r->ether_dst.addr, r->ether_dst.mask,
			  r->ether_dst.neg);
	match_host(g, node, &r->src.host, af, false);
	match_host(g, node, &r->dst.host, af, true);
	gen_match_tagged(g, r);
}

/* rules */

static void put_word(struct gen *g, uint32_t word)
{
	const uint32_t keep = KEPT;

	nfe_meta(&g->b, NFT_META_PRIORITY, NFR(0));
	nfe_bitwise(&g->b, NFR(0), NFR(0), 4, &keep, &word);
	nfe_meta_set(&g->b, NFT_META_PRIORITY, NFR(0));
}

static uint32_t word_of(unsigned int n)
{
	return (n + 1) << RULE_SHIFT;
}

static void chain_of(const char *kind, bool out, size_t n, char *ret)
{
	snprintf(ret, GEN_CHAIN, "%s/%s/%zu", kind, ways[out], n);
}

/* Counts how often the rule is looked at. */
static void seen(struct gen *g, unsigned int n, const char *chain, bool out)
{
	const uint32_t v = htole32(n);
	uint8_t udata[5] = {GEN_WHY_SEEN};

	memcpy(udata + 1, &v, sizeof(v));
	nfb_rule(&g->b, chain);
	nfe_counter(&g->b, g->ether ? g->ether[n].seen[out] : 0, 0);
	nfb_rule_end_udata(&g->b, udata, sizeof(udata));
}

static void one_rule(struct gen *g, const struct gen_node *node,
		     const struct pf_rule *r, const char *chain, bool out)
{
	const unsigned int n = node->base[PF_LIST_ETHER] + r->nr;
	const unsigned int all = families(r);
	char to[GEN_CHAIN];
	unsigned int af;

	seen(g, n, chain, out);
	for (af = GEN_AF_ANY; af <= GEN_AF_V6; af <<= 1) {
		if (!(all & af))
			continue;
		nfb_rule(&g->b, chain);
		conditions(g, node, r, af, out);
		if (r->tag)
			gen_set_tag(g, r->tag);
		put_word(g, word_of(n));
		if (r->flags & PF_F_QUICK) {
			snprintf(to, sizeof(to), "decide/%s", ways[out]);
			nfe_verdict(&g->b, NFT_GOTO, to);
		}
		gen_rule_end(g, n);
	}
}

/* Behind an `anchor quick` in which something has matched, decide. */
static void decide_if_within(struct gen *g, const struct gen_node *to,
			     const char *chain, bool out)
{
	const struct gen_node *last = &g->node[to->end - 1];
	const unsigned int end = last->base[PF_NLISTS - 1] +
				 (unsigned int)last->a->list[PF_NLISTS - 1].n;
	const uint32_t lo = htonl(word_of(to->base[0]));
	const uint32_t hi = htonl(word_of(end) | KEPT);
	char decide[GEN_CHAIN];

	snprintf(decide, sizeof(decide), "decide/%s", ways[out]);
	nfb_rule(&g->b, chain);
	nfe_meta(&g->b, NFT_META_PRIORITY, NFR(0));
	nfe_byteorder(&g->b, NFR(0), NFR(0), true, 4, 4);
	nfe_range(&g->b, NFT_RANGE_EQ, NFR(0), &lo, &hi, 4);
	nfe_verdict(&g->b, NFT_GOTO, decide);
	gen_rule_why(g, GEN_WHY_SEEN);
}

static void jump(struct gen *g, const struct gen_node *node,
		 const struct pf_rule *r, const struct gen_node *child,
		 const char *chain, bool out)
{
	const unsigned int all = families(r);
	char to[GEN_CHAIN];
	unsigned int af;

	if (!child || !rules_of(child)->n)
		return;
	chain_of("rules", out, (size_t)(child - g->node), to);
	for (af = GEN_AF_ANY; af <= GEN_AF_V6; af <<= 1) {
		if (!(all & af))
			continue;
		nfb_rule(&g->b, chain);
		conditions(g, node, r, af, out);
		nfe_verdict(&g->b, NFT_JUMP, to);
		gen_rule_why(g, GEN_WHY_SEEN);
	}
	if (r->flags & PF_F_QUICK)
		decide_if_within(g, child, chain, out);
}

static void call_anchor(struct gen *g, const struct gen_node *node,
			const struct pf_rule *r, const char *chain, bool out)
{
	const char *path = r->anchor && r->anchor->path ? r->anchor->path : "";
	const struct gen_node *to = gen_node_of(g, path);

	seen(g, node->base[PF_LIST_ETHER] + r->nr, chain, out);
	if (to && !r->anchor_wild)
		jump(g, node, r, to, chain, out);
	for (size_t i = 0; to && r->anchor_wild && i < to->a->nchild; i++)
		jump(g, node, r, gen_node_of(g, to->a->child[i]->path), chain,
		     out);
}

static void rules_chain(struct gen *g, const struct gen_node *node, bool out)
{
	const struct pf_rules *l = rules_of(node);
	char chain[GEN_CHAIN];

	chain_of("rules", out, (size_t)(node - g->node), chain);
	for (size_t i = 0; i < l->n; i++) {
		if (!goes(&l->v[i], out))
			continue;
		g->b.cookie = node->base[PF_LIST_ETHER] + l->v[i].nr;
		if (l->v[i].action == PF_ANCHOR)
			call_anchor(g, node, &l->v[i], chain, out);
		else
			one_rule(g, node, &l->v[i], chain, out);
		g->b.cookie = NFB_NO_COOKIE;
	}
}

/* interfaces */

static bool is_skipped(const struct gen *g, const struct ifnet *ifp)
{
	const struct strv *skip = &g->c->opt.skip;

	for (size_t i = 0; i < skip->n; i++)
		if (gen_if_meant(ifp, skip->v[i]))
			return true;
	return false;
}

/* Are its frames judged at another interface? */
static bool is_part(const struct gen *g, const struct ifnet *ifp)
{
	const struct ifnet *m =
		ifp->master ? ifnets_by_index(g->ifs, ifp->master) : NULL;

	return m && (m->is_bridge || m->is_lagg);
}

static bool is_judged(const struct gen *g, const struct ifnet *ifp)
{
	return ifp->arptype == ARPHRD_ETHER && !is_part(g, ifp) &&
	       !is_skipped(g, ifp);
}

/* decisions */

static void bridge_chain(struct gen *g, const struct pf_rule *r,
			 const char *chain)
{
	const struct ifnet *ifp =
		g->ifs ? ifnets_find(g->ifs, r->bridge_to) : NULL;

	nfb_chain(&g->b, chain);
	if (ifp && is_judged(g, ifp) && gen_ether(g, true)) {
		nfb_rule(&g->b, chain);
		put_word(g, BRIDGED);
		nfb_rule_end(&g->b);
	}
	nfb_rule(&g->b, chain);
	if (ifp) {
		nfe_imm_u32(&g->b, NFR(0), (uint32_t)ifp->index);
		nfe_fwd_frame(&g->b, NFR(0));
	} else {
		nfe_verdict(&g->b, NF_DROP, NULL);
	}
	nfb_rule_end(&g->b);
}

static void decision(struct gen *g, unsigned int n, const struct pf_rule *r,
		     bool out, bool make)
{
	const uint32_t word = word_of(n);
	struct nfb_elem el = {
		.key = &word, .klen = sizeof(word), .verdict = true};
	char chain[GEN_CHAIN];

	if (r->action == PF_ANCHOR || !goes(r, out))
		return;
	if (g->ether) {
		el.counted = true;
		el.packets = g->ether[n].packets[out];
		el.bytes = g->ether[n].bytes[out];
	}
	el.code = r->action == PF_BLOCK ? NF_DROP : NF_ACCEPT;
	if (r->action == PF_PASS && r->bridge_to) {
		chain_of("bridge", out, n, chain);
		el.code = NFT_GOTO;
		el.chain = chain;
		g->b.cookie = n;
		if (make)
			bridge_chain(g, r, chain);
		g->b.cookie = NFB_NO_COOKIE;
	}
	if (!make)
		nfb_elem(&g->b, &el);
}

static void decisions(struct gen *g, bool out, bool make)
{
	for (size_t i = 0; i < g->nnodes; i++) {
		const struct gen_node *node = &g->node[i];

		for (size_t k = 0; k < rules_of(node)->n; k++)
			decision(g, node->base[PF_LIST_ETHER] + (unsigned int)k,
				 &rules_of(node)->v[k], out, make);
	}
}

static void decide(struct gen *g, bool out)
{
	const uint32_t keep = KEPT, rest = ~KEPT, zero = 0;
	char name[GEN_CHAIN];

	snprintf(name, sizeof(name), "decide/%s", ways[out]);
	nfb_set(&g->b, &(struct nfb_set){.name = name,
					 .ktype = NFB_TYPE_MARK,
					 .klen = 4,
					 .dtype = NFT_DATA_VERDICT,
					 .size = g->nrules + 1,
					 .counter = true});
	decisions(g, out, true);
	nfb_elems(&g->b, name, false);
	decisions(g, out, false);
	nfb_elems_end(&g->b);
	nfb_rule(&g->b, name);
	nfe_meta(&g->b, NFT_META_PRIORITY, NFR(0));
	nfe_bitwise(&g->b, NFR(0), NFR(1), 4, &keep, &zero);
	nfe_meta_set(&g->b, NFT_META_PRIORITY, NFR(1));
	nfe_bitwise(&g->b, NFR(0), NFR(0), 4, &rest, &zero);
	nfe_vmap(&g->b, name, NFR(0));
	nfb_rule_end(&g->b);
}

static void judge(struct gen *g, bool out)
{
	const uint32_t rest = ~KEPT, zero = 0;
	char judge[GEN_CHAIN], to[GEN_CHAIN];

	snprintf(judge, sizeof(judge), "judge/%s", ways[out]);
	if (out) {
		nfb_rule(&g->b, judge);
		nfe_meta(&g->b, NFT_META_PRIORITY, NFR(0));
		nfe_bitwise(&g->b, NFR(0), NFR(0), 4, &rest, &zero);
		nfe_cmp_u32(&g->b, NFT_CMP_EQ, NFR(0), BRIDGED);
		put_word(g, 0);
		nfe_verdict(&g->b, NF_ACCEPT, NULL);
		nfb_rule_end(&g->b);
	}
	nfb_rule(&g->b, judge);
	put_word(g, 0);
	nfb_rule_end(&g->b);
	chain_of("rules", out, 0, to);
	nfb_rule(&g->b, judge);
	nfe_verdict(&g->b, NFT_JUMP, to);
	nfb_rule_end(&g->b);
	snprintf(to, sizeof(to), "decide/%s", ways[out]);
	nfb_rule(&g->b, judge);
	nfe_verdict(&g->b, NFT_GOTO, to);
	nfb_rule_end(&g->b);
}

/* Later than that of any table before. */
static int priority(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_BOOTTIME, &now);
	return PRIORITY +
	       (int)((now.tv_sec * 100 + now.tv_nsec / 10000000) & 0xfffffff);
}

static void hooks(struct gen *g, bool out)
{
	char chain[GEN_CHAIN], to[GEN_CHAIN];
	struct nfb_hook hook = {"filter", out ? HOOK_EGRESS : HOOK_INGRESS,
				priority(), NULL};

	snprintf(to, sizeof(to), "judge/%s", ways[out]);
	for (size_t i = 0; g->ifs && i < g->ifs->n; i++) {
		if (!is_judged(g, &g->ifs->v[i]))
			continue;
		hook.dev = g->ifs->v[i].kname;
		snprintf(chain, sizeof(chain), "%s/%s", ways[out], hook.dev);
		nfb_chain_base(&g->b, chain, &hook);
		nfb_rule(&g->b, chain);
		nfe_verdict(&g->b, NFT_GOTO, to);
		nfb_rule_end(&g->b);
	}
}

/* sets */

static void table_set(struct gen *g, const struct gen_node *node,
		      const char *name, unsigned int af, struct strv *done)
{
	const sa_family_t family = af == GEN_AF_V6 ? AF_INET6 : AF_INET;
	struct pf_entries e = {0};
	char set[256];
	int r;

	gen_table_set(node, name, af, set, sizeof(set));
	if (strv_has(done, set))
		return;
	r = strv_add(done, set);
	if (r >= 0)
		r = gen_table_entries(g, node, name, &e);
	if (r >= 0)
		r = gen_addr_set(g, set, family, &e);
	if (r < 0)
		g->b.failed = true;
	free(e.v);
}

static void host_sets(struct gen *g, const struct gen_node *node,
		      const struct pf_host *h, struct strv *done)
{
	if (h->kind != PF_ADDR_TABLE)
		return;
	table_set(g, node, h->name, GEN_AF_V4, done);
	table_set(g, node, h->name, GEN_AF_V6, done);
}

static void rule_sets(struct gen *g, const struct gen_node *node,
		      const struct pf_rule *r, struct strv *done)
{
	host_sets(g, node, &r->src.host, done);
	host_sets(g, node, &r->dst.host, done);
	if (r->ifname && gen_is_group(r->ifname) &&
	    !strv_has(done, r->ifname) &&
	    (strv_add(done, r->ifname) < 0 ||
	     gen_group_set_put(g, r->ifname) < 0))
		g->b.failed = true;
}

bool gen_ether_by_table(const struct gen *g, const char *table)
{
	for (size_t i = 0; i < g->nnodes; i++)
		for (size_t k = 0; k < rules_of(&g->node[i])->n; k++) {
			const struct pf_rule *r = &rules_of(&g->node[i])->v[k];
			const struct pf_host *h[] = {&r->src.host,
						     &r->dst.host};

			for (size_t j = 0; j < ARRAY_SIZE(h); j++)
				if (h[j]->kind == PF_ADDR_TABLE &&
				    (!table || !strcmp(h[j]->name, table)))
					return true;
		}
	return false;
}

/* all of it */

static void each_node(struct gen *g, bool out, bool create)
{
	char chain[GEN_CHAIN];

	for (size_t i = 0; i < g->nnodes; i++) {
		if (!rules_of(&g->node[i])->n)
			continue;
		chain_of("rules", out, i, chain);
		if (create)
			nfb_chain(&g->b, chain);
		else
			rules_chain(g, &g->node[i], out);
	}
}

static void direction(struct gen *g, bool out)
{
	char chain[GEN_CHAIN];

	snprintf(chain, sizeof(chain), "judge/%s", ways[out]);
	nfb_chain(&g->b, chain);
	snprintf(chain, sizeof(chain), "decide/%s", ways[out]);
	nfb_chain(&g->b, chain);
	each_node(g, out, true);
	each_node(g, out, false);
	decide(g, out);
	judge(g, out);
	/* whose the kernel's complaint about a hook is */
	g->b.cookie = some_rule(g, out);
	hooks(g, out);
	g->b.cookie = NFB_NO_COOKIE;
}

void gen_ether_chains(struct gen *g)
{
	cleanup_strv struct strv done = {0};
	const bool refresh = g->refresh;

	g->refresh = false; /* the table is a new one */
	for (size_t i = 0; i < g->nnodes; i++)
		for (size_t k = 0; k < rules_of(&g->node[i])->n; k++)
			rule_sets(g, &g->node[i], &rules_of(&g->node[i])->v[k],
				  &done);
	for (int out = 0; out < 2; out++)
		if (gen_ether(g, out))
			direction(g, out);
	g->refresh = refresh;
}

/* counters */

struct counting {
	const struct gen *g;
	struct gen_ether_count *v;
	bool out;
};

static int take_rule(const struct nft_rule_info *r, void *data, struct err *e)
{
	const struct counting *c = data;
	const uint8_t *u = r->udata;
	uint32_t n;

	(void)e;
	if (r->udata_len != 5 || u[0] != GEN_WHY_SEEN)
		return 0;
	memcpy(&n, u + 1, sizeof(n));
	n = le32toh(n);
	if (n < c->g->nrules)
		c->v[n].seen[strncmp(r->chain, "rules/out/", 10) == 0] +=
			r->packets[0];
	return 0;
}

static int take_elem(const struct nft_elem *el, void *data, struct err *e)
{
	const struct counting *c = data;
	uint32_t word;

	(void)e;
	if (el->klen != sizeof(word) || !el->counted)
		return 0;
	memcpy(&word, el->key, sizeof(word));
	word >>= RULE_SHIFT;
	if (word == 0 || word > c->g->nrules)
		return 0;
	c->v[word - 1].packets[c->out] += el->packets;
	c->v[word - 1].bytes[c->out] += el->bytes;
	return 0;
}

static void restart(void *data)
{
	const struct counting *c = data;

	memset(c->v, 0, (c->g->nrules + 1) * sizeof(*c->v));
}

static int read_counts(struct counting *c, struct nl *nf, struct err *e)
{
	char set[GEN_CHAIN];
	int r;

	/* the first dump begins anew when something changes */
	r = nft_each_rule_of(nf, NFPROTO_NETDEV, NULL, take_rule, restart, c,
			     e);
	for (int out = 0; r >= 0 && out < 2; out++) {
		if (!gen_ether(c->g, out))
			continue;
		c->out = out;
		snprintf(set, sizeof(set), "decide/%s", ways[out]);
		r = nft_each_elem_of(nf, NFPROTO_NETDEV, set, take_elem, NULL,
				     c, e);
	}
	return r;
}

int gen_ether_counts(const struct gen *g, struct nl *nf,
		     struct gen_ether_count **ret, struct err *e)
{
	struct counting c = {.g = g};
	int r;

	c.v = calloc(g->nrules + 1, sizeof(*c.v));
	if (!c.v)
		return err_nomem(e);
	r = read_counts(&c, nf, e);
	if (r == -ENOENT) /* what has been loaded had none */
		err_clear(e);
	if (r < 0 && r != -ENOENT) {
		free(c.v);
		return r;
	}
	*ret = c.v;
	return 0;
}
