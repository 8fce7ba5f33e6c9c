/* print_conf: tables, options, whole rulesets. */
#include "pf/print.h"

#include "base/cleanup.h"
#include "pf/queue.h"

#include <string.h>

void pf_print_table(struct strbuf *out, const struct pf_table *t,
		    unsigned int flags)
{
	bool open = false;

	strbuf_adds(out, "table <");
	pf_print_name(out, t->name, flags);
	strbuf_addch(out, '>');
	if (t->flags & PF_T_CONST)
		strbuf_adds(out, " const");
	if (t->flags & PF_T_PERSIST)
		strbuf_adds(out, " persist");
	if (t->flags & PF_T_COUNTERS)
		strbuf_adds(out, " counters");
	for (size_t i = 0; i < t->ninit; i++) {
		const struct pf_table_init *init = &t->init[i];

		if (init->file) {
			strbuf_addf(out, "%s file \"%s\"", open ? " }" : "",
				    init->file);
			open = false;
			continue;
		}
		if (!open)
			strbuf_adds(out, " {");
		open = true;
		for (size_t k = 0; k < init->n; k++) {
			struct pf_host h = init->v[k];

			strbuf_adds(out, h.neg ? " !" : " ");
			h.neg = false;
			pf_print_host(out, &h, h.af, 0);
		}
	}
	if (open)
		strbuf_adds(out, " }");
	if (!t->ninit && (t->flags & PF_T_HAS_INIT))
		strbuf_adds(out, " { }");
}

static void print_timeouts(struct strbuf *out, const struct pf_options *o,
			   bool all)
{
	for (size_t i = 0; i < PF_NTIMEOUTS; i++)
		if (all || (o->timeout_set & 1u << i))
			strbuf_addf(out, "set timeout %s %u\n",
				    pf_timeouts[i].name, o->timeout[i]);
	for (size_t i = 0; i < PF_NLIMITS; i++)
		if (i != PF_LIMIT_TABLES && (all || (o->limit_set & 1u << i)))
			strbuf_addf(out, "set limit %s %u\n", pf_limits[i].name,
				    o->limit[i]);
}

static void print_policies(struct strbuf *out, const struct pf_options *o,
			   unsigned int set)
{
	if (set & PF_O_BLOCK_POLICY)
		strbuf_addf(out, "set block-policy %s\n",
			    o->block_return ? "return" : "drop");
	if (set & PF_O_FAIL_POLICY)
		strbuf_addf(out, "set fail-policy %s\n",
			    o->fail_return ? "return" : "drop");
	if (set & PF_O_STATE_POLICY)
		strbuf_addf(out, "set state-policy %s\n",
			    o->if_bound ? "if-bound" : "floating");
	if (set & PF_O_STATE_DEFAULTS) {
		cleanup_strbuf struct strbuf b = STRBUF_INIT;

		pf_print_state_opts(&b, &o->state_defaults, PF_PRINT_EXACT);
		if (b.len)
			strbuf_addf(out, "set state-defaults %s\n", b.s);
	}
}

static void print_syncookies(struct strbuf *out, const struct pf_options *o)
{
	static const char *const modes[] = {"never", "always", "adaptive"};

	strbuf_addf(out, "set syncookies %s", modes[o->syncookies]);
	if (o->syncookies == PF_SYNC_ADAPTIVE)
		strbuf_addf(out, " (start %u%%, end %u%%)", o->syncookies_high,
			    o->syncookies_low);
	strbuf_addch(out, '\n');
}

static void print_skip(struct strbuf *out, const struct pf_options *o,
		       unsigned int flags)
{
	if (!o->skip.n)
		return;
	strbuf_adds(out, "set skip on {");
	for (size_t i = 0; i < o->skip.n; i++) {
		strbuf_addch(out, ' ');
		pf_print_name(out, o->skip.v[i], flags);
	}
	strbuf_adds(out, " }\n");
}

static void print_options(struct strbuf *out, const struct pf_options *o,
			  bool all, unsigned int flags)
{
	static const char *const opt[] = {"none", "basic", "profile"};
	static const char *const debug[] = {"none", "urgent", "misc", "loud"};
	unsigned int set = all ? ~0u : o->set;

	if ((set & PF_O_OPTIMIZATION) && o->optimization)
		strbuf_addf(out, "set optimization %s\n", o->optimization);
	print_timeouts(out, o, all);
	if (set & PF_O_RULESET_OPT)
		strbuf_addf(out, "set ruleset-optimization %s\n",
			    opt[o->ruleset_opt]);
	if (set & PF_O_LOGIF) {
		strbuf_adds(out, "set loginterface ");
		pf_print_name(out, o->loginterface ? o->loginterface : "none",
			      flags);
		strbuf_addch(out, '\n');
	}
	print_policies(out, o, set);
	if ((set & PF_O_HOSTID) && o->hostid)
		strbuf_addf(out, "set hostid 0x%08x\n", o->hostid);
	if (set & PF_O_DEBUG)
		strbuf_addf(out, "set debug %s\n", debug[o->debug]);
	if ((set & PF_O_FINGERPRINTS) && o->fingerprints) {
		strbuf_adds(out, "set fingerprints \"");
		pf_print_quoted(out, o->fingerprints, flags);
		strbuf_adds(out, "\"\n");
	}
	if (set & PF_O_REQUIRE_ORDER)
		strbuf_addf(out, "set require-order %s\n",
			    o->require_order ? "yes" : "no");
	if (o->keepcounters)
		strbuf_adds(out, "set keepcounters\n");
	if (set & PF_O_REASSEMBLE)
		strbuf_addf(out, "set reassemble %s %s\n",
			    o->reassemble ? "yes" : "no",
			    o->reassemble_nodf ? "no-df" : "");
	if (set & PF_O_SYNCOOKIES)
		print_syncookies(out, o);
	print_skip(out, o, flags);
}

static void indent(struct strbuf *out, unsigned int depth)
{
	while (depth--)
		strbuf_adds(out, "  ");
}

/*
 * The anchor that a rule of `a` has its braces for, in the tree that `a` is in:
 * in what pf_merge() makes, rules still point into the one they come from.
 */
static const struct pf_anchor *body_of(const struct pf_anchor *a,
				       const struct pf_rule *r)
{
	const char *path = r->anchor->path, *name;
	size_t i, n;

	while (a->parent)
		a = a->parent;
	while (strcmp(a->path, path) != 0) {
		for (i = 0; i < a->nchild; i++) {
			name = a->child[i]->path;
			n = strlen(name);
			if (!strncmp(path, name, n) &&
			    (path[n] == '\0' || path[n] == '/'))
				break;
		}
		if (i == a->nchild)
			return r->anchor;
		a = a->child[i];
	}
	return a;
}

void pf_print_list(struct strbuf *out, const struct pf_anchor *a,
		   enum pf_list list, unsigned int depth, unsigned int flags)
{
	const struct pf_rules *l = &a->list[list];

	for (size_t i = 0; i < l->n; i++) {
		const struct pf_rule *r = &l->v[i];
		const struct pf_anchor *body;

		if (!(flags & PF_PRINT_NUMBERS))
			indent(out, depth);
		pf_print_rule(out, r, list, flags);
		body = r->action == PF_ANCHOR && r->anchor_inline
			       ? body_of(a, r)
			       : NULL;
		if (!body ||
		    (!body->list[list].n && !(flags & PF_PRINT_EXACT))) {
			strbuf_addch(out, '\n');
			continue;
		}
		strbuf_adds(out, " {\n");
		pf_print_list(out, body, list, depth + 1, flags);
		indent(out, depth);
		strbuf_adds(out, "}\n");
	}
}

/* pfctl's order of the lists in what it echoes. */
const enum pf_list pf_echo_order[PF_NLISTS] = {
	PF_LIST_SCRUB, PF_LIST_ETHER, PF_LIST_NAT,
	PF_LIST_RDR,   PF_LIST_BINAT, PF_LIST_FILTER,
};

void pf_print_rules(struct strbuf *out, const struct pf_anchor *a,
		    unsigned int flags)
{
	for (size_t i = 0; i < PF_NLISTS; i++)
		pf_print_list(out, a, pf_echo_order[i], 0, flags);
}

/* Is the anchor a body in braces of a rule of its parent?  By path, too. */
static bool is_inline(const struct pf_anchor *a)
{
	if (!a->parent)
		return false;
	for (size_t l = 0; l < PF_NLISTS; l++)
		for (size_t i = 0; i < a->parent->list[l].n; i++) {
			const struct pf_rule *r = &a->parent->list[l].v[i];

			if (r->action == PF_ANCHOR && r->anchor_inline &&
			    strcmp(r->anchor->path, a->path) == 0)
				return true;
		}
	return false;
}

/* Tables and rules of an anchor that stands for itself, and those below. */
static void print_anchor(struct strbuf *out, const struct pf_anchor *a)
{
	bool any = a->ntable;

	for (size_t l = 0; l < PF_NLISTS; l++)
		any |= a->list[l].n != 0;
	bool own = !is_inline(a);

	/* an inline anchor's rules stand in their place; tables cannot */
	if (own ? any : a->ntable) {
		if (a->path[0]) {
			strbuf_adds(out, "@anchor \"");
			pf_print_quoted(out, a->path, PF_PRINT_EXACT);
			strbuf_adds(out, "\"\n");
		}
		for (size_t i = 0; i < a->ntable; i++) {
			struct pf_table t = a->table[i];

			t.ninit = 0;
			t.flags &= ~PF_T_HAS_INIT;
			pf_print_table(out, &t, PF_PRINT_EXACT);
			strbuf_addch(out, '\n');
		}
		for (size_t l = 0; own && l < PF_NLISTS; l++)
			pf_print_list(out, a, (enum pf_list)l, 0,
				      PF_PRINT_EXACT);
	}
	for (size_t i = 0; i < a->nchild; i++)
		print_anchor(out, a->child[i]);
}

void pf_print_conf(struct strbuf *out, const struct pf_conf *c)
{
	print_options(out, &c->opt, false, PF_PRINT_EXACT);
	for (size_t i = 0; c->queues && i < c->queues->n; i++) {
		pf_print_queue(out, &c->queues->v[i], PF_PRINT_EXACT);
		strbuf_addch(out, '\n');
	}
	print_anchor(out, c->root);
}
