/*
 * nft_natto: nat-to, rdr-to and binat-to in filter rules: where they can be.
 *
 * In pf the rule that passes a packet translates it, and a `match` rule at
 * once, so that the rules behind it see the new addresses.  Here nat has its
 * place in the packet's way: destinations before the rules for packets that
 * come in, sources before those for packets that go out (nft_filter.c).
 *
 * So `match` translates first of all, as nat and rdr rules do; rules in front
 * of it must not ask for what it changes.
 *
 * Where rules that pass translate, the filter is to come before: for packets
 * that come in it is hooked in front of dnat, which then no rdr rule and no
 * `match` may need; for those that go out it is in forward and output, which is
 * so for all interfaces that no nat rule and no `match` names.
 */
#include "pf/nft_gen.h"

#include <string.h>

bool gen_match_translates(const struct pf_rule *r)
{
	return r->action == PF_MATCH && (r->pool.n || r->rdr.n);
}

void gen_natto_rule(struct gen *g, const struct pf_rule *r)
{
	if (!r->pool.n && !r->rdr.n)
		return;
	if (r->pool.af) {
		gen_refuse(g, r,
			   "af-to: Linux has no translation between IPv4 and "
			   "IPv6 (nftables and conntrack keep the family)");
		return;
	}
	if (r->pool.n && r->dir != PF_OUT)
		gen_refuse(g, r,
			   "nat-to is for packets that go out: say "
			   "\"out\"");
	if (r->rdr.n && r->dir != PF_IN)
		gen_refuse(g, r,
			   "rdr-to is for packets that come in: say "
			   "\"in\"");
	if (r->action == PF_MATCH) {
		g->nat |= r->pool.n != 0;
		g->rdr |= r->rdr.n != 0;
		return;
	}
	g->pass_nat |= r->pool.n != 0;
	g->pass_rdr |= r->rdr.n != 0;
}

/* rules in front of `match` */

static bool any_host(const struct pf_end *e)
{
	return e->host.kind == PF_ADDR_ANY && e->port.op == PF_OP_NONE;
}

bool gen_apart(const struct pf_rule *a, const struct pf_rule *b)
{
	if (a->dir != PF_INOUT && a->dir != b->dir)
		return true;
	if ((a->proto && b->proto && a->proto != b->proto) ||
	    (a->af && b->af && a->af != b->af))
		return true;
	return a->ifname && b->ifname && !gen_is_group(a->ifname) &&
	       !gen_is_group(b->ifname) &&
	       !((a->flags | b->flags) & PF_F_NOT_IF) &&
	       strcmp(a->ifname, b->ifname) != 0;
}

/* Does it matter to `before` that `m` has translated already? */
static bool disturbs(const struct pf_rule *before, const struct pf_rule *m)
{
	if (before->action == PF_ANCHOR || gen_match_translates(before) ||
	    gen_apart(before, m))
		return false;
	/* it would have ended here, untranslated */
	if (before->flags & PF_F_QUICK && before->action == PF_PASS)
		return true;
	return !any_host(m->dir == PF_OUT ? &before->src : &before->dst);
}

struct walk {
	struct gen *g;
	const struct gen_node *in; /* where the match rule is */
	const struct pf_rule *m;
	bool found, told;
};

static void walk(struct walk *w, const struct gen_node *node);

static void walk_anchor(struct walk *w, const struct gen_node *node,
			const struct pf_rule *r)
{
	const struct gen_node *to = gen_node_of(w->g, r->anchor->path);
	size_t i;

	/* what is called lies behind: no circles */
	if (!to || to <= node)
		return;
	if (!r->anchor_wild) {
		walk(w, to);
		return;
	}
	for (i = 0; i < to->a->nchild && !w->found; i++)
		walk(w, gen_node_of(w->g, to->a->child[i]->path));
}

/* All rules in front of w->m in the order of evaluation. */
static void walk(struct walk *w, const struct gen_node *node)
{
	const struct pf_rules *l = &node->a->list[PF_LIST_FILTER];
	size_t i;

	for (i = 0; i < l->n && !w->found; i++) {
		if (&l->v[i] == w->m) {
			w->found = true;
		} else if (l->v[i].action == PF_ANCHOR && l->v[i].anchor) {
			walk_anchor(w, node, &l->v[i]);
		} else if (!w->told && disturbs(&l->v[i], w->m)) {
			w->told = true;
			gen_refuse(w->g, w->m,
				   "match with %s is to stand in front of line "
				   "%u: what it changes is changed before any "
				   "rule",
				   w->m->pool.n ? "nat-to" : "rdr-to",
				   l->v[i].line);
		}
	}
}

static void check_match(struct gen *g, const struct pf_rule *r)
{
	struct walk w = {.g = g, .m = r};

	walk(&w, g->node);
}

/* rules that pass */

static void check_pass(struct gen *g, const struct pf_rule *r)
{
	if (r->pool.af || (r->pool.n && r->dir != PF_OUT))
		return; /* refused already */
	if (r->rdr.n && g->rdr)
		gen_refuse(g, r,
			   "rdr-to of a rule that passes, beside rdr, binat or "
			   "match with rdr-to: say it in these, too");
	if (r->pool.n && g->nat &&
	    (!g->place[GEN_FWD] || !r->ifname || r->flags & PF_F_NOT_IF ||
	     gen_is_group(r->ifname) || strv_has(&g->natifs, r->ifname)))
		gen_refuse(g, r,
			   "nat-to of a rule that passes, beside nat, binat or "
			   "match with nat-to on the same interface: say it "
			   "in these, too");
}

void gen_natto_check(struct gen *g)
{
	const struct pf_rules *l;
	size_t i, k;

	for (i = 0; i < g->nnodes; i++) {
		l = &g->node[i].a->list[PF_LIST_FILTER];
		for (k = 0; k < l->n; k++) {
			if (gen_match_translates(&l->v[k]))
				check_match(g, &l->v[k]);
			else if (l->v[k].action == PF_PASS)
				check_pass(g, &l->v[k]);
		}
	}
}
