/* nft_gen: numbers of rules and tags, refusals (nft_gen.h). */
#include "pf/nft_gen.h"

#include "base/cleanup.h"
#include "net/ifnet.h"
#include "pf/options.h"
#include "pf/tables.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char gen_letter[] = "iof"
			  "ABCDEFGHIJKL"
			  "NOPQRSTUVWXY";

static size_t count_nodes(const struct pf_anchor *a)
{
	size_t i, n = 1;

	for (i = 0; i < a->nchild; i++)
		n += count_nodes(a->child[i]);
	return n;
}

static void number(struct gen *g, const struct pf_anchor *a)
{
	struct gen_node *n = &g->node[g->nnodes++];
	size_t i;
	int l;

	n->a = a;
	for (l = 0; l < PF_NLISTS; l++) {
		n->base[l] = g->nrules;
		g->nrules += (unsigned int)a->list[l].n;
	}
	for (i = 0; i < a->nchild; i++)
		number(g, a->child[i]);
	n->end = g->nnodes;
}

int gen_init(struct gen *g, const struct pf_conf *c, const struct vnet *v,
	     const struct report *r, struct err *e)
{
	*g = (struct gen){.c = c, .v = v, .report = r, .generation = 1};
	g->cookies = c->opt.syncookies == PF_SYNC_ALWAYS;
	if (v)
		gen_pfil_read(v, &g->pfil);
	nfb_init(&g->b);
	g->node = calloc(count_nodes(c->root), sizeof(*g->node));
	if (!g->node)
		return err_nomem(e);
	number(g, c->root);
	if (g->nrules > GEN_MAX_RULES)
		return err_set(e, E2BIG, "more than %u rules", GEN_MAX_RULES);
	return 0;
}

void gen_free(struct gen *g)
{
	nfb_free(&g->b);
	altq_free(&g->altq);
	free(g->old_queues);
	free(g->older);
	free(g->node);
	if (g->ifs)
		ifnets_free(g->ifs);
	free(g->ifs);
	free(g->ether);
	strv_free(&g->tags);
	strv_free(&g->groups);
	strv_free(&g->dynifs);
	strv_free(&g->natifs);
	strv_free(&g->dynamic);
	strv_free(&g->have);
	strv_free(&g->egress);
	strv_free(&g->times);
	strv_free(&g->had_times);
	strv_free(&g->bound_ifs);
	strv_free(&g->said);
	g->node = NULL;
}

const struct gen_node *gen_node_of(const struct gen *g, const char *path)
{
	size_t i;

	for (i = 0; i < g->nnodes; i++)
		if (strcmp(g->node[i].a->path ? g->node[i].a->path : "",
			   path) == 0)
			return &g->node[i];
	return NULL;
}

bool gen_rule_at(const struct gen *g, unsigned int n,
		 const struct gen_node **ret_node, enum pf_list *ret_list,
		 unsigned int *ret_nr)
{
	const struct gen_node *node;
	size_t i;
	int l;

	for (i = 0; i < g->nnodes; i++) {
		node = &g->node[i];
		for (l = 0; l < PF_NLISTS; l++) {
			if (n < node->base[l] ||
			    n - node->base[l] >= node->a->list[l].n)
				continue;
			*ret_node = node;
			*ret_list = (enum pf_list)l;
			*ret_nr = n - node->base[l];
			return true;
		}
	}
	return false;
}

void gen_table_set(const struct gen_node *node, const char *name,
		   unsigned int af, char *buf, size_t size)
{
	char set[PF_SETNAME];
	const char *path = "";

	if (node->a->path && pf_table_find(node->a, name))
		path = node->a->path;
	pf_table_setname(set, 't', af == GEN_AF_V6 ? AF_INET6 : AF_INET, path,
			 name);
	str_copy(buf, size, set);
}

/* Rules that a line was spread out to have one thing to say of it. */
static void say(struct gen *g, const struct pf_rule *r, enum report_level level,
		const char *text)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	strbuf_addf(&b, "%s:%u: %s", r->file ? r->file : "-", r->line, text);
	if (r->line != g->said_line)
		strv_free(&g->said);
	g->said_line = r->line;
	if (strbuf_failed(&b) || strv_has(&g->said, b.s))
		return;
	if (strv_add(&g->said, b.s) < 0)
		g->b.failed = true;
	report(g->report, level, "%s", b.s);
}

void gen_tell(struct gen *g, const struct pf_rule *r, const char *text)
{
	say(g, r, REPORT_WARN, text);
}

void gen_refuse(struct gen *g, const struct pf_rule *r, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (r)
		say(g, r, REPORT_ERROR, text);
	else
		report(g->report, REPORT_ERROR, "%s", text);
	g->refused++;
}

uint32_t gen_tag(struct gen *g, const char *tag)
{
	size_t i;

	for (i = 0; i < g->tags.n; i++)
		if (strcmp(g->tags.v[i], tag) == 0)
			return (uint32_t)i + 1;
	if (g->tags.n == GEN_MAX_TAGS) {
		gen_refuse(g, NULL, "more than %u tags", GEN_MAX_TAGS);
		return 0;
	}
	if (strv_add(&g->tags, tag) < 0) {
		g->b.failed = true;
		return 0;
	}
	return (uint32_t)g->tags.n;
}

static void prepare_rule(struct gen *g, const struct gen_node *node,
			 const struct pf_rule *r, enum pf_list list)
{
	gen_match_check(g, r, list);
	gen_action_check(g, r, list);
	gen_ifset_rule(g, r);
	gen_nat_rule(g, r, list);
	gen_prio_note(g, r, list);
	if (r->tag || r->tagged)
		g->tagged = true;
	/* their part is made behind the last refusal */
	if (list == PF_LIST_ETHER && r->tag)
		gen_tag(g, r->tag);
	if (list == PF_LIST_ETHER && r->tagged)
		gen_tag(g, r->tagged);
	if ((list == PF_LIST_SCRUB || list == PF_LIST_ETHER) &&
	    gen_dynamic(g, node, r))
		gen_refuse(g, r,
			   "addresses that rules overload into a table are "
			   "known to filter and translation rules only");
	if (list != PF_LIST_FILTER || gen_match_translates(r))
		return;
	if (r->action == PF_MATCH || r->tag || r->max_pkt_rate)
		g->ordered = true;
	gen_mid_note(g, r);
	gen_log_matches_note(g, r);
	gen_limit_note(g, r);
	g->sloppy |= gen_sloppy(r);
	if (gen_synproxy(g, r) && !g->synproxy) {
		g->synproxy = true;
		g->synproxy_rule = node->base[list] + r->nr;
	}
	g->rst_ttl |= gen_answers_ttl(r);
	g->once |= (r->flags & PF_F_ONCE) != 0;
	g->answers |= gen_answers(r);
	if (r->dir != PF_IN && gen_answers(r))
		g->place[GEN_FWD] = g->answers_out = true;
}

void gen_prepare(struct gen *g)
{
	const struct gen_node *n;
	size_t i, k;
	int l;

	gen_gates(g);
	gen_logif_note(g);
	for (i = 0; i < g->nnodes; i++) {
		n = &g->node[i];
		for (k = 0; k < n->a->list[PF_LIST_FILTER].n; k++)
			gen_overload_note(g, n,
					  &n->a->list[PF_LIST_FILTER].v[k]);
	}
	for (i = 0; i < g->nnodes; i++) {
		n = &g->node[i];
		for (l = 0; l < PF_NLISTS; l++)
			for (k = 0; k < n->a->list[l].n; k++)
				prepare_rule(g, n, &n->a->list[l].v[k],
					     (enum pf_list)l);
	}
	g->place[GEN_IN] = true;
	if (g->pass_nat)
		g->place[GEN_FWD] = true;
	if (g->nat && !gen_nat_ifs(g))
		g->place[GEN_FWD] = false;
	g->place[GEN_OUT] = !g->place[GEN_FWD] || g->nat;
	g->backs = g->answers_out && g->place[GEN_OUT] && !g->no_egress;
	gen_natto_check(g);
	gen_scrub_check(g);
	for (i = 0; g->synproxy && i < g->nnodes; i++) {
		const struct pf_rules *f = &g->node[i].a->list[PF_LIST_FILTER];

		for (k = 0; k < f->n; k++)
			if (gen_synproxy(g, &f->v[k]))
				gen_synproxy_check(g, &f->v[k]);
	}
}

#define BEFORE_DNAT (-110)
static const struct {
	const char *name;
	enum gen_place place;
	struct nfb_hook hook;
} hooks[] = {
	{"in", GEN_IN, {"filter", NF_INET_PRE_ROUTING, -90, NULL}},
	{"out", GEN_OUT, {"filter", NF_INET_POST_ROUTING, 110, NULL}},
	{"fwd", GEN_FWD, {"filter", NF_INET_FORWARD, 300, NULL}},
	{"lout", GEN_FWD, {"filter", NF_INET_LOCAL_OUT, 300, NULL}},
};

int gen_all(struct gen *g, struct err *e)
{
	struct nfb_hook hook;
	enum gen_place p;
	size_t i;
	int r;

	gen_prepare(g);
	pf_options_check(g);
	gen_altq_check(g);
	if (g->refused)
		return err_set(e, EOPNOTSUPP, "pf rules not loaded");
	r = gen_ifsets(g, e);
	if (r == 0)
		r = gen_member_classes(g, e);
	if (r < 0)
		return r;
	for (p = 0; p < GEN_NPLACES; p++)
		if (g->place[p]) {
			gen_place_chains(g, p);
			gen_filter_chains(g, p);
		}
	gen_counters(g);
	gen_limit_sets(g);
	gen_overload_sets(g);
	gen_route_chains(g);
	gen_timeouts(g);
	gen_sloppy_sets(g);
	gen_answer_maps(g);
	gen_synproxy_maps(g);
	gen_once_set(g);
	gen_altq(g);
	gen_state_maps(g);
	gen_prio_chains(g);
	for (p = 0; p < GEN_NPLACES; p++)
		if (g->place[p]) {
			gen_place_rules(g, p);
			gen_scrub(g, p);
			gen_filter(g, p);
		}
	gen_nat(g);
	for (i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++) {
		if (!g->place[hooks[i].place])
			continue;
		hook = hooks[i].hook;
		if (hooks[i].place == GEN_IN && g->pass_rdr)
			hook.priority = BEFORE_DNAT;
		nfb_chain_base(&g->b, hooks[i].name, &hook);
		gen_hook(g, hooks[i].place, hooks[i].name);
	}
	gen_logif(g);
	gen_back_hook(g);
	gen_synproxy_hooks(g);
	gen_prio_hooks(g);
	gen_route_hooks(g);
	gen_member_hooks(g);
	if (g->refused)
		return err_set(e, EOPNOTSUPP, "pf rules not loaded");
	return 0;
}
