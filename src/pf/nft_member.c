/*
 * nft_member: packets that a bridge carries from member to member.
 *
 * Theory of operation.  if_bridge(4) shows such a packet to pf coming in by its
 * member, coming in and going out by the bridge, and going out by the other
 * member, as net.link.bridge.pfil_member and pfil_bridge say.  The kernel hands
 * bridged packets to the chains of IP if it is asked to (net/bridge_pfil.h),
 * all of them or none, with the bridge as the interface.  So
 *
 *	neither		nothing is handed over
 *	pfil_bridge	the chains there are (nft_filter.c) just see them
 *	pfil_member	more chains, in if_bridge's order:
 *
 *		forward 290	bmin	came in by a member
 *		forward 291	bin	came in by the bridge, unless
 *					pfil_bridge=0
 *		forward 300	fwd	goes out by the bridge, likewise
 *		postrouting 109	bmout	goes out by a member
 *		postrouting 110	out	as fwd
 *		postrouting 120	bclean
 *
 * In prerouting nobody knows yet which packets of a bridge the host will get,
 * so chain "in" leaves all of them alone then: what is routed is judged by
 * "bin", what is delivered by "binl" in input.  pfil_local_phys has the member
 * judged for those, too: "bmin" is in prerouting then.
 *
 * No expression in chains of IP tells which member it was.  Chains of bridges
 * know, and run just before: a small table of theirs (GEN_MEMBER_TABLE) writes
 * into the packet's priority that it is bridged, and the member's class.  A
 * class are the interfaces that are the same to all rules: that the same `on`
 * mean.  So each class has chains of its own, places GEN_MIN and GEN_MOUT plus
 * its number, in which what rules say of interfaces is worked out already; the
 * first class is of those that no rule names.  Interfaces that become members
 * make it all be loaded anew (pf_refresh()).
 *
 * States are the same as everywhere: one that "in" of a member has made covers
 * the packet in "bin".
 */
#include "pf/nft_gen.h"

#include "base/cleanup.h"
#include "net/bridge_pfil.h"
#include "net/ifnet.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PRI_MIN 290
#define PRI_IN 291
#define PRI_MOUT 109
#define PRI_CLEAN 120
#define PRI_PRE (-91)	/* before "in" */
#define PRI_BRIDGE -200 /* before IP's chains, which are at 0 and -1 */
#define PRI_BEHIND 100

/*
 * The priority of a bridged packet: the class in bits 4 to 7.  The lowest bits
 * are what queues without classes look at.
 */
#define MAGIC 0xcb500000u
#define MAGIC_MASK 0xfff00000u
#define CLASS_SHIFT 4

void gen_pfil_read(const struct vnet *v, struct gen_pfil *ret)
{
	struct bridge_pfil p;

	bridge_pfil_read(v, &p);
	*ret = (struct gen_pfil){.member = p.member,
				 .bridge = p.bridge,
				 .local_phys = p.local_phys};
}

/* --- classes */

static size_t class_of_place(enum gen_place p)
{
	return (size_t)(p - (gen_is_in(p) ? GEN_MIN : GEN_MOUT));
}

/* Do all rules mean both or neither?  NULL: an interface that none means. */
static bool same_to(const struct ifnet *a, const struct ifnet *b,
		    const char *name)
{
	return (a && gen_if_meant(a, name)) == (b && gen_if_meant(b, name));
}

static bool same_to_rules(const struct pf_rules *l, const struct ifnet *a,
			  const struct ifnet *b)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].ifname && !same_to(a, b, l->v[i].ifname))
			return false;
	return true;
}

static bool same_class(const struct gen *g, const struct ifnet *a,
		       const struct ifnet *b)
{
	const struct strv *skip = &g->c->opt.skip;
	const struct pf_anchor *at;

	for (size_t i = 0; i < skip->n; i++)
		if (!same_to(a, b, skip->v[i]))
			return false;
	for (size_t i = 0; i < g->nnodes; i++) {
		at = g->node[i].a;
		if (!same_to_rules(&at->list[PF_LIST_FILTER], a, b) ||
		    !same_to_rules(&at->list[PF_LIST_SCRUB], a, b))
			return false;
	}
	return true;
}

/* GEN_CLASSES: none that is known. */
static size_t class_of(const struct gen *g, const struct ifnet *ifp)
{
	for (size_t i = 0; i < g->nclasses; i++)
		if (same_class(g, g->member[i], ifp))
			return i;
	return GEN_CLASSES;
}

static bool is_member(const struct gen *g, const struct ifnet *ifp)
{
	for (size_t i = 0; ifp->master && i < g->ifs->n; i++)
		if (g->ifs->v[i].index == ifp->master)
			return g->ifs->v[i].is_bridge;
	return false;
}

int gen_member_classes(struct gen *g, struct err *e)
{
	const struct ifnet *ifp;

	if (!g->pfil.member || !g->ifs)
		return 0;
	g->member[0] = NULL;
	g->nclasses = 1;
	for (size_t i = 0; i < g->ifs->n; i++) {
		ifp = &g->ifs->v[i];
		if (!is_member(g, ifp) || class_of(g, ifp) < GEN_CLASSES)
			continue;
		if (g->nclasses == GEN_CLASSES)
			return err_set(e, E2BIG,
				       "rules tell more than %d kinds of "
				       "members of bridges apart "
				       "(" PFIL_MEMBER "=1)",
				       GEN_CLASSES - 1);
		g->member[g->nclasses++] = ifp;
	}
	for (size_t i = 0; i < g->nclasses; i++)
		g->place[GEN_MIN + i] = g->place[GEN_MOUT + i] = true;
	return 0;
}

bool gen_member_is(const struct gen *g, enum gen_place p, const char *name,
		   bool neg)
{
	const struct ifnet *ifp = g->member[class_of_place(p)];

	return (ifp && gen_if_meant(ifp, name)) != neg;
}

void gen_member_skip(struct gen *g, const char *chain, enum gen_place p)
{
	const struct strv *names = &g->c->opt.skip;

	for (size_t i = 0; i < names->n; i++)
		if (gen_member_is(g, p, names->v[i], false)) {
			nfb_rule(&g->b, chain);
			nfe_verdict(&g->b, NF_ACCEPT, NULL);
			gen_rule_why(g, GEN_WHY_SKIP);
			return;
		}
}

/* What such a rule writes is taken for another class, or for none. */
void gen_member_check(struct gen *g, const struct pf_rule *r)
{
	if (!g->pfil.member || r->action != PF_PASS)
		return;
	if (r->state == PF_STATE_NONE && r->flags & PF_F_SET_PRIO)
		gen_refuse(g, r,
			   "set prio of rules without state does not go "
			   "with " PFIL_MEMBER "=1");
	if (gen_queued(g, r))
		gen_refuse(g, r,
			   "queue of rules without state does not go "
			   "with " PFIL_MEMBER "=1");
}

/* --- chains of IP */

static void set_priority(struct nfb *b, const char *chain, uint32_t v)
{
	nfb_rule(b, chain);
	nfe_imm_u32(b, NFR(0), v);
	nfe_meta_set(b, NFT_META_PRIORITY, NFR(0));
	nfb_rule_end(b);
}

static void if_bridged(struct gen *g, bool yes)
{
	const uint32_t mask = MAGIC_MASK, zero = 0;

	nfe_meta(&g->b, NFT_META_PRIORITY, NFR(0));
	nfe_bitwise(&g->b, NFR(0), NFR(0), 4, &mask, &zero);
	nfe_cmp_u32(&g->b, yes ? NFT_CMP_EQ : NFT_CMP_NEQ, NFR(0), MAGIC);
}

static void if_from_bridge(struct gen *g, bool yes)
{
	static const char kind[IFNAMSIZ] = "bridge";

	nfe_meta(&g->b, NFT_META_IIFKIND, NFR(0));
	nfe_cmp(&g->b, yes ? NFT_CMP_EQ : NFT_CMP_NEQ, NFR(0), kind,
		sizeof(kind));
}

static void leave(struct gen *g)
{
	nfe_verdict(&g->b, NF_ACCEPT, NULL);
	gen_rule_why(g, GEN_WHY_DIVIDE);
}

/* The bridge itself is not asked of what is bridged. */
static void leave_bridged(struct gen *g, const char *chain)
{
	if (g->pfil.bridge)
		return;
	nfb_rule(&g->b, chain);
	if_bridged(g, true);
	leave(g);
}

uint32_t gen_member_rest(const struct gen *g, enum gen_place p)
{
	/* in prerouting it may still turn out to be the host's */
	if (!gen_is_member(p) || (gen_is_in(p) && g->pfil.local_phys))
		return 0;
	return MAGIC;
}

void gen_member_leave(struct gen *g, enum gen_place p, const char *chain)
{
	if (!g->pfil.member)
		return;
	if (!strcmp(chain, "in")) {
		nfb_rule(&g->b, chain);
		if_from_bridge(g, true);
		leave(g);
	} else if (p == GEN_OUT || !strcmp(chain, "fwd")) {
		leave_bridged(g, chain);
	}
}

/* Of all classes, one after the other. */
static void member_chain(struct gen *g, const char *name, enum gen_place base,
			 const struct nfb_hook *hook)
{
	char to[GEN_CHAIN];

	for (size_t i = 0; i < g->nclasses; i++) {
		snprintf(to, sizeof(to), "%s%zu", name, i);
		nfb_chain(&g->b, to);
		set_priority(&g->b, to,
			     gen_member_rest(g, base + (enum gen_place)i));
		gen_hook(g, base + (enum gen_place)i, to);
	}
	nfb_chain_base(&g->b, name, hook);
	nfb_rule(&g->b, name);
	if_bridged(g, false);
	leave(g);
	for (size_t i = 0; i < g->nclasses; i++) {
		snprintf(to, sizeof(to), "%s%zu", name, i);
		nfb_rule(&g->b, name);
		nfe_meta(&g->b, NFT_META_PRIORITY, NFR(0));
		nfe_cmp_u32(&g->b, NFT_CMP_EQ, NFR(0),
			    MAGIC | (uint32_t)i << CLASS_SHIFT);
		nfe_verdict(&g->b, NFT_GOTO, to);
		nfb_rule_end(&g->b);
	}
}

/* What came in by the bridge itself. */
static void bridge_chain(struct gen *g, const char *name, int hook)
{
	const struct nfb_hook h = {"filter", hook, PRI_IN, NULL};

	nfb_chain_base(&g->b, name, &h);
	nfb_rule(&g->b, name);
	if_from_bridge(g, false);
	leave(g);
	if (hook == NF_INET_FORWARD)
		leave_bridged(g, name);
	gen_hook(g, GEN_IN, name);
}

/* --- the table of bridges */

/* A chain that writes the class of the member: by a map, if there is one. */
static void mark_chain(struct nfb *b, const char *name, int hook, int priority,
		       const char *map, uint32_t key)
{
	const struct nfb_hook h = {"filter", hook, priority, NULL};

	nfb_chain_base(b, name, &h);
	set_priority(b, name, MAGIC);
	if (!map)
		return;
	nfb_rule(b, name);
	nfe_meta(b, key, NFR(0));
	nfe_map(b, map, NFR(0), NFR(8));
	nfe_meta_set(b, NFT_META_PRIORITY, NFR(8));
	nfb_rule_end(b);
}

static void class_map(struct gen *g, const char *name)
{
	const struct nfb_set s = {.name = name,
				  .ktype = NFB_TYPE_IFNAME,
				  .klen = IFNAMSIZ,
				  .dtype = NFB_TYPE_MARK,
				  .dlen = 4};
	const struct ifnet *ifp;
	char kname[IFNAMSIZ];
	uint32_t v;

	nfb_set(&g->b, &s);
	nfb_elems(&g->b, name, false);
	for (size_t i = 0; i < g->ifs->n; i++) {
		ifp = &g->ifs->v[i];
		if (!is_member(g, ifp))
			continue;
		memset(kname, 0, sizeof(kname));
		str_copy(kname, sizeof(kname), ifp->kname);
		v = MAGIC | (uint32_t)class_of(g, ifp) << CLASS_SHIFT;
		nfb_elem(&g->b, &(struct nfb_elem){.key = kname,
						   .klen = sizeof(kname),
						   .data = &v,
						   .dlen = sizeof(v)});
	}
	nfb_elems_end(&g->b);
}

static void mark_table(struct gen *g)
{
	static const char map[] = "class";
	struct nfb *b = &g->b;
	const char *table = b->table;
	const uint8_t family = b->family;
	const bool pre = g->pfil.local_phys;

	b->table = GEN_MEMBER_TABLE;
	b->family = NFPROTO_BRIDGE;
	nfb_table(b, 0); /* so that it is there */
	nfb_table_del(b);
	nfb_table(b, 0);
	class_map(g, map);
	if (pre)
		mark_chain(b, "in", GEN_BR_PRE_ROUTING, PRI_BRIDGE, map,
			   NFT_META_IIFNAME);
	mark_chain(b, "through", GEN_BR_FORWARD, PRI_BRIDGE, pre ? NULL : map,
		   NFT_META_IIFNAME);
	mark_chain(b, "out", GEN_BR_FORWARD, PRI_BEHIND, map, NFT_META_OIFNAME);
	b->table = table;
	b->family = family;
}

void gen_member_hooks(struct gen *g)
{
	static const struct nfb_hook pre = {"filter", NF_INET_PRE_ROUTING,
					    PRI_PRE, NULL},
				     in = {"filter", NF_INET_FORWARD, PRI_MIN,
					   NULL},
				     out = {"filter", NF_INET_POST_ROUTING,
					    PRI_MOUT, NULL},
				     clean = {"filter", NF_INET_POST_ROUTING,
					      PRI_CLEAN, NULL};

	if (!g->pfil.member || !g->ifs)
		return;
	member_chain(g, "bmin", GEN_MIN, g->pfil.local_phys ? &pre : &in);
	bridge_chain(g, "bin", NF_INET_FORWARD);
	bridge_chain(g, "binl", NF_INET_LOCAL_IN);
	member_chain(g, "bmout", GEN_MOUT, &out);
	nfb_chain_base(&g->b, "bclean", &clean);
	nfb_rule(&g->b, "bclean");
	if_bridged(g, true);
	nfe_imm_u32(&g->b, NFR(0), 0);
	nfe_meta_set(&g->b, NFT_META_PRIORITY, NFR(0));
	nfb_rule_end(&g->b);
	mark_table(g);
}
