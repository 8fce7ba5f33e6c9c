/*
 * nft_route: route-to, reply-to, dup-to and rtable.
 *
 * What pf means.  A state of a rule with route-to leads its packets of the
 * rule's own direction to a gate (gate.h), reply-to those of the other one.  A
 * packet that comes in is then judged going out of the gate's interface, and
 * translated as its nat rules say; one that goes out has been judged where it
 * would have left, and goes.
 *
 * How.  The gates of a connection, one for its original packets and one for
 * replies, are six bits each in its label, set when the state is made, so that
 * they last as long as the connection, whatever is loaded later.  Behind the
 * rules for packets that come in ("wayin"), and before those for packets of
 * our own going out ("wayout", of type route, so the kernel looks for a route
 * once more), the label's bits become a mark for policy routing: also for those
 * that will only be led away when they go out, since there it would be too
 * late.  Too late it is for packets of `pass out` that make the state, or of
 * rules without state: these are marked, and where they leave (the egress hook
 * of the interface, table `netdev pf`) handed to the gate.
 *
 * Copies are made by the tables `ip pf` and `ip6 pf`, since nftables has `dup`
 * in these families only, of packets that a rule or its state has marked.
 *
 * Chains: "gwK" marks a packet for gate K, "gN.IP" is choice I of rule N.
 */
#include "pf/nft_gen.h"

#include "base/cleanup.h"
#include "net/ifnet.h"

#include <arpa/inet.h>
#include <net/ethernet.h>

#include <linux/netfilter/nf_conntrack_common.h>
#include <stdio.h>
#include <string.h>

#ifndef IP_CT_DIR_ORIGINAL /* not in the kernel's public headers */
#define IP_CT_DIR_ORIGINAL 0
#define IP_CT_DIR_REPLY 1
#endif
#define HOOK_EGRESS 1 /* NF_NETDEV_EGRESS of newer headers */

/* ways of packets behind all rules of their place */
static const struct nfb_hook way_in = {"filter", NF_INET_PRE_ROUTING, -88,
				       NULL};
static const struct nfb_hook way_out = {"route", NF_INET_LOCAL_OUT, -150, NULL};
static const struct nfb_hook dup_in = {"filter", NF_INET_PRE_ROUTING, -87,
				       NULL};
static const struct nfb_hook dup_out = {"filter", NF_INET_POST_ROUTING, 111,
					NULL};

const struct gen_other gen_others[3] = {
	{NFPROTO_NETDEV, GEN_OTHER_NETDEV},
	{NFPROTO_IPV4, GEN_OTHER_IP},
	{NFPROTO_IPV6, GEN_OTHER_IP6},
};

bool gen_routed(const struct pf_rule *r)
{
	return r->action == PF_PASS &&
	       (r->route != PF_ROUTE_NONE ||
		(r->flags & PF_F_RTABLE && r->rtable != 0));
}

/* rtable is of packets that come in: the others have been routed. */
static enum pf_route route_of(const struct pf_rule *r)
{
	if (r->route != PF_ROUTE_NONE)
		return r->route;
	return r->dir == PF_OUT ? PF_REPLY_TO : PF_ROUTE_TO;
}

/* gates */

static size_t choices(const struct pf_rule *r)
{
	return r->route == PF_ROUTE_NONE ? 1 : r->route_pool.n;
}

static struct pf_gate gate_of(const struct pf_rule *r, size_t i)
{
	const struct pf_pool_entry *e;
	struct pf_gate gate = {.kind = PF_GATE_FIB, .fib = r->rtable};

	if (r->route == PF_ROUTE_NONE)
		return gate;
	e = &r->route_pool.v[i];
	gate = (struct pf_gate){.kind = PF_GATE_IF};
	if (e->ifname)
		str_copy(gate.ifname, sizeof(gate.ifname), e->ifname);
	if (e->host.kind == PF_ADDR_MASK) {
		gate.af = e->host.af;
		gate.addr = e->host.addr;
	}
	gate.neighbour = r->route == PF_ROUTE_TO && r->dir == PF_OUT;
	return gate;
}

static void use_gates(struct gen *g, const struct pf_rule *r, bool add)
{
	struct pf_gate gate;
	unsigned int k;
	size_t i;

	for (i = 0; i < choices(r); i++) {
		gate = gate_of(r, i);
		k = pf_gate_find(&g->gates, &gate);
		if (!k && add) {
			k = pf_gate_add(&g->gates, &gate);
			if (!k)
				gen_refuse(g, r,
					   "more than %d ways of route-to, "
					   "reply-to, dup-to and rtable",
					   PF_GATES);
		}
		g->gates.v[k].used = k != 0;
		g->gates.v[k].neighbour |= k && gate.neighbour;
	}
}

static bool full(const struct pf_host *h)
{
	size_t i;

	for (i = 0; i < (h->af == AF_INET6 ? 16 : 4); i++)
		if (h->mask.b[i] != 0xff)
			return false;
	return true;
}

/* What no gate can be made of. */
static void check_gates(struct gen *g, const struct pf_rule *r)
{
	const struct pf_host *h;
	size_t i;

	if (r->route != PF_ROUTE_NONE && r->flags & PF_F_RTABLE && r->rtable)
		gen_refuse(g, r, "rtable beside %s has no effect: leave one",
			   r->route == PF_DUP_TO ? "dup-to" : "route-to");
	if (r->route == PF_DUP_TO && r->route_pool.n > 1)
		gen_refuse(g, r, "dup-to leads to one place only");
	for (i = 0; i < r->route_pool.n; i++) {
		h = &r->route_pool.v[i].host;
		if (h->kind == PF_ADDR_ANY)
			continue;
		if (h->kind != PF_ADDR_MASK || !full(h))
			gen_refuse(g, r,
				   "the next hop is to be one address, no %s",
				   h->kind == PF_ADDR_TABLE   ? "table"
				   : h->kind == PF_ADDR_DYNIF ? "(interface)"
							      : "net");
	}
}

static void note_egress(struct gen *g, const struct pf_rule *r)
{
	if (r->route != PF_ROUTE_TO || r->dir != PF_OUT)
		return;
	if (!r->ifname || r->flags & PF_F_NOT_IF || gen_is_group(r->ifname))
		g->egress_any = true;
	else if (!strv_has(&g->egress, r->ifname) &&
		 strv_add(&g->egress, r->ifname) < 0)
		g->b.failed = true;
}

static void each_routed(struct gen *g,
			void (*fn)(struct gen *g, const struct pf_rule *r,
				   bool add),
			bool add)
{
	const struct pf_rules *l;
	size_t i, k;

	for (i = 0; i < g->nnodes; i++) {
		l = &g->node[i].a->list[PF_LIST_FILTER];
		for (k = 0; k < l->n; k++)
			if (gen_routed(&l->v[k]))
				fn(g, &l->v[k], add);
	}
}

static void note(struct gen *g, const struct pf_rule *r, bool add)
{
	(void)add;
	check_gates(g, r);
	note_egress(g, r);
	if (r->route == PF_DUP_TO)
		g->dups = true;
	g->routes = true;
}

void gen_gates(struct gen *g)
{
	each_routed(g, note, false);
	/* those that stay keep their numbers, then the others choose */
	each_routed(g, use_gates, false);
	each_routed(g, use_gates, true);
	g->gates.v[0] = (struct pf_gate){0};
	if (!g->routes)
		g->gates = (struct pf_gates){0};
}

/* marks */

static void put_mark(struct gen *g, uint32_t bits)
{
	const uint32_t keep = ~GEN_ROUTE_MASK;

	nfe_meta(&g->b, NFT_META_MARK, NFR(0));
	nfe_bitwise(&g->b, NFR(0), NFR(0), 4, &keep, &bits);
	nfe_meta_set(&g->b, NFT_META_MARK, NFR(0));
}

static void match_mark(struct gen *g, uint32_t bits)
{
	const uint32_t mask = GEN_ROUTE_MASK, zero = 0;

	nfe_meta(&g->b, NFT_META_MARK, NFR(0));
	nfe_bitwise(&g->b, NFR(0), NFR(0), 4, &mask, &zero);
	nfe_cmp_u32(&g->b, NFT_CMP_EQ, NFR(0), bits);
}

static void mark_rule(struct gen *g, const char *chain, uint32_t bits)
{
	nfb_rule(&g->b, chain);
	put_mark(g, bits);
	nfb_rule_end(&g->b);
}

/* Where the label has the gate of packets of a direction. */
static const struct {
	unsigned int word, shift;
} at[] = {
	[IP_CT_DIR_ORIGINAL] = {GEN_LABEL_FLAGS, GEN_GATE_ORIG_SHIFT},
	[IP_CT_DIR_REPLY] = {GEN_LABEL_NAT, GEN_GATE_REPLY_SHIFT},
};

/* Its bits into NFR(4). */
static void load_gate(struct gen *g, int dir)
{
	const uint32_t mask = GEN_GATE_MASK << at[dir].shift, zero = 0;

	nfe_ct(&g->b, NFT_CT_LABELS, -1, NFR(0));
	nfe_bitwise(&g->b, NFR(at[dir].word), NFR(4), 4, &mask, &zero);
}

/* Write the gate into the label, if none is there: labels only grow. */
static void label_rule(struct gen *g, const char *chain, int dir, bool other,
		       unsigned int k)
{
	const int of = other ? !dir : dir;
	uint32_t label[4] = {0};

	label[at[of].word] = k << at[of].shift;
	nfb_rule(&g->b, chain);
	gen_match_dir(g, dir);
	load_gate(g, of);
	nfe_cmp_u32(&g->b, NFT_CMP_EQ, NFR(4), 0);
	nfe_imm(&g->b, NFR(0), label, sizeof(label));
	nfe_ct_set(&g->b, NFT_CT_LABELS, NFR(0));
	nfb_rule_end(&g->b);
}

/* The packet that a rule decides goes by gate k. */
static void choose(struct gen *g, const struct pf_rule *r, const char *chain,
		   enum gen_place p, unsigned int k)
{
	const enum pf_route way = route_of(r);
	const uint32_t bits = k << GEN_ROUTE_SHIFT;

	if (way == PF_DUP_TO) {
		mark_rule(g, chain, GEN_ROUTE_DUP | bits);
		return;
	}
	if (r->state != PF_STATE_NONE) {
		label_rule(g, chain, IP_CT_DIR_ORIGINAL, way == PF_REPLY_TO, k);
		label_rule(g, chain, IP_CT_DIR_REPLY, way == PF_REPLY_TO, k);
	}
	if (way == PF_REPLY_TO)
		return;
	mark_rule(g, chain,
		  bits | (gen_is_in(p) ? GEN_ROUTE_WAY : GEN_ROUTE_EGRESS));
}

void gen_route_entry(struct gen *g, const struct pf_rule *r, const char *chain)
{
	const bool other = route_of(r) == PF_REPLY_TO;
	const struct pf_gate gate = gate_of(r, 0);
	const unsigned int k = pf_gate_find(&g->gates, &gate);

	label_rule(g, chain, IP_CT_DIR_ORIGINAL, other, k);
}

void gen_route(struct gen *g, const struct pf_rule *r, unsigned int n,
	       const char *chain, enum gen_place p)
{
	const uint32_t count = (uint32_t)choices(r);
	char map[32], to[GEN_CHAIN];
	struct pf_gate gate;
	uint32_t i;

	if (count == 1) {
		gate = gate_of(r, 0);
		choose(g, r, chain, p, pf_gate_find(&g->gates, &gate));
		return;
	}
	snprintf(map, sizeof(map), "y%u.%c", n, gen_letter[p]);
	for (i = 0; i < count; i++) {
		snprintf(to, sizeof(to), "g%u.%u%c", n, i, gen_letter[p]);
		nfb_chain(&g->b, to);
		gate = gate_of(r, i);
		choose(g, r, to, p, pf_gate_find(&g->gates, &gate));
	}
	nfb_set(&g->b, &(struct nfb_set){.name = map,
					 .ktype = NFB_TYPE_INT,
					 .klen = 4,
					 .dtype = NFT_DATA_VERDICT,
					 .size = count});
	nfb_elems(&g->b, map, false);
	for (i = 0; i < count; i++) {
		snprintf(to, sizeof(to), "g%u.%u%c", n, i, gen_letter[p]);
		nfb_elem(&g->b, &(struct nfb_elem){.key = &i,
						   .klen = 4,
						   .verdict = true,
						   .code = NFT_GOTO,
						   .chain = to});
	}
	nfb_elems_end(&g->b);
	gen_choice(g, r, &r->route_pool, n, map, count, chain, gen_letter[p]);
}

bool gen_dups(const struct pf_rule *r, char letter)
{
	return r->action == PF_PASS && r->route == PF_DUP_TO &&
	       (letter == 'i') == (r->dir == PF_IN);
}

void gen_dup(struct gen *g, const struct pf_rule *r, const char *chain)
{
	const struct pf_gate gate = gate_of(r, 0);

	mark_rule(g, chain,
		  GEN_ROUTE_DUP | pf_gate_find(&g->gates, &gate)
					  << GEN_ROUTE_SHIFT);
}

/* from the label to the mark */

static const char *const gate_maps[] = {
	[IP_CT_DIR_ORIGINAL] = "gko",
	[IP_CT_DIR_REPLY] = "gkr",
};

void gen_route_chains(struct gen *g)
{
	char chain[GEN_CHAIN];
	unsigned int k;
	uint32_t key;
	int dir;

	if (!g->routes)
		return;
	pf_gates_put(&g->b, &g->gates);
	for (k = 1; k <= PF_GATES; k++) {
		if (!g->gates.v[k].kind)
			continue;
		snprintf(chain, sizeof(chain), "gw%u", k);
		nfb_chain(&g->b, chain);
		mark_rule(g, chain, GEN_ROUTE_WAY | k << GEN_ROUTE_SHIFT);
	}
	for (dir = IP_CT_DIR_ORIGINAL; dir <= IP_CT_DIR_REPLY; dir++) {
		nfb_set(&g->b, &(struct nfb_set){.name = gate_maps[dir],
						 .ktype = NFB_TYPE_MARK,
						 .klen = 4,
						 .dtype = NFT_DATA_VERDICT,
						 .size = PF_GATES});
		nfb_elems(&g->b, gate_maps[dir], false);
		for (k = 1; k <= PF_GATES; k++) {
			if (!g->gates.v[k].kind)
				continue;
			snprintf(chain, sizeof(chain), "gw%u", k);
			key = k << at[dir].shift;
			nfb_elem(&g->b, &(struct nfb_elem){.key = &key,
							   .klen = 4,
							   .verdict = true,
							   .code = NFT_JUMP,
							   .chain = chain});
		}
		nfb_elems_end(&g->b);
	}
}

void gen_route_hooks(struct gen *g)
{
	static const char *const chains[] = {"wayin", "wayout"};
	size_t i;
	int dir;

	if (!g->routes)
		return;
	nfb_chain_base(&g->b, chains[0], &way_in);
	nfb_chain_base(&g->b, chains[1], &way_out);
	for (i = 0; i < ARRAY_SIZE(chains); i++)
		for (dir = IP_CT_DIR_ORIGINAL; dir <= IP_CT_DIR_REPLY; dir++) {
			nfb_rule(&g->b, chains[i]);
			gen_match_dir(g, dir);
			load_gate(g, dir);
			nfe_vmap(&g->b, gate_maps[dir], NFR(4));
			nfb_rule_end(&g->b);
		}
}

/* other families */

/* The next hop for packets of the family into NFR(4), the interface in 8. */
static void load_hop(struct gen *g, const struct pf_gate *gate, uint8_t family,
		     uint32_t ifindex)
{
	const bool six = family == NFPROTO_IPV6;

	if (gate->af)
		nfe_imm(&g->b, NFR(4), gate->addr.b, six ? 16 : 4);
	else
		nfe_payload(&g->b, NFT_PAYLOAD_NETWORK_HEADER, six ? 24 : 16,
			    six ? 16 : 4, NFR(4));
	nfe_imm_u32(&g->b, NFR(8), ifindex);
}

static uint32_t gate_ifindex(const struct gen *g, const struct pf_gate *gate)
{
	if (!g->v || gate->kind != PF_GATE_IF)
		return 0;
	return (uint32_t)vnet_ifindex(g->v, gate->ifname);
}

static bool serves(const struct pf_gate *gate, uint8_t family)
{
	return !gate->af || (gate->af == AF_INET6) == (family == NFPROTO_IPV6);
}

static void egress_rule(struct gen *g, const char *chain, unsigned int k,
			uint8_t family, uint32_t ifindex)
{
	const uint16_t type =
		htons(family == NFPROTO_IPV6 ? ETHERTYPE_IPV6 : ETHERTYPE_IP);

	nfb_rule(&g->b, chain);
	match_mark(g, GEN_ROUTE_EGRESS | k << GEN_ROUTE_SHIFT);
	nfe_meta(&g->b, NFT_META_PROTOCOL, NFR(0));
	nfe_cmp(&g->b, NFT_CMP_EQ, NFR(0), &type, sizeof(type));
	put_mark(g, 0);
	load_hop(g, &g->gates.v[k], family, ifindex);
	nfe_fwd(&g->b, NFR(8), NFR(4), family);
	nfb_rule_end(&g->b);
}

static void egress_chain(struct gen *g, const char *kname)
{
	const struct nfb_hook hook = {"filter", HOOK_EGRESS, 0, kname};
	static const uint8_t families[] = {NFPROTO_IPV4, NFPROTO_IPV6};
	uint32_t ifindex;
	unsigned int k;
	size_t i;

	nfb_chain_base(&g->b, kname, &hook);
	if (g->backs)
		gen_back_egress(g, kname);
	for (k = 1; k <= PF_GATES; k++) {
		ifindex = gate_ifindex(g, &g->gates.v[k]);
		for (i = 0; ifindex && i < ARRAY_SIZE(families); i++)
			if (serves(&g->gates.v[k], families[i]))
				egress_rule(g, kname, k, families[i], ifindex);
	}
	if (!g->egress_any && !g->egress.n)
		return; /* marks mean nothing */
	/* there is no way: as in pf, it does not go by another */
	nfb_rule(&g->b, kname);
	nfe_meta(&g->b, NFT_META_MARK, NFR(0));
	nfe_bitwise(&g->b, NFR(0), NFR(0), 4, &(const uint32_t){GEN_ROUTE_DUP},
		    &(const uint32_t){0});
	nfe_cmp_u32(&g->b, NFT_CMP_EQ, NFR(0), GEN_ROUTE_EGRESS);
	nfe_verdict(&g->b, NF_DROP, NULL);
	nfb_rule_end(&g->b);
}

/* Is there something to be done with packets that leave there? */
static bool watched(const struct gen *g, const struct ifnet *ifp)
{
	if (!strcmp(ifp->kname, "lo"))
		return false;
	if (g->egress_any || gen_back_if(g, ifp))
		return true;
	for (size_t i = 0; i < g->egress.n; i++)
		if (gen_if_meant(ifp, g->egress.v[i]))
			return true;
	return false;
}

static void netdev_table(struct gen *g)
{
	nfb_table(&g->b, g->dormant ? NFT_TABLE_F_DORMANT : 0);
	for (size_t i = 0; g->ifs && i < g->ifs->n; i++)
		if (watched(g, &g->ifs->v[i]))
			egress_chain(g, g->ifs->v[i].kname);
	gen_ether_chains(g);
}

static void dup_table(struct gen *g, uint8_t family)
{
	static const char *const chains[] = {"dupin", "dupout"};
	uint32_t ifindex;
	unsigned int k;
	size_t i;

	nfb_table(&g->b, 0);
	nfb_chain_base(&g->b, chains[0], &dup_in);
	nfb_chain_base(&g->b, chains[1], &dup_out);
	for (i = 0; i < ARRAY_SIZE(chains); i++)
		for (k = 1; k <= PF_GATES; k++) {
			ifindex = gate_ifindex(g, &g->gates.v[k]);
			if (!ifindex || !serves(&g->gates.v[k], family))
				continue;
			nfb_rule(&g->b, chains[i]);
			match_mark(g, GEN_ROUTE_DUP | k << GEN_ROUTE_SHIFT);
			load_hop(g, &g->gates.v[k], family, ifindex);
			nfe_dup(&g->b, NFR(8), NFR(4));
			put_mark(g, 0);
			nfb_rule_end(&g->b);
		}
}

void gen_other_tables(struct gen *g, unsigned int there)
{
	const bool netdev =
		g->egress_any || g->egress.n || g->backs || gen_ether_any(g);
	const uint8_t family = g->b.family;
	bool want;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(gen_others); i++) {
		g->b.family = gen_others[i].family;
		want = gen_others[i].family == NFPROTO_NETDEV ? netdev
							      : g->dups;
		if (there & gen_others[i].bit)
			nfb_table_del(&g->b);
		if (want && gen_others[i].family == NFPROTO_NETDEV)
			netdev_table(g);
		else if (want)
			dup_table(g, gen_others[i].family);
	}
	g->b.family = family;
}
