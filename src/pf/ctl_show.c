/* ctl: pfctl -s: rules with their counters, and what is told of options. */
#include "pf/ctl.h"

#include "base/cleanup.h"
#include "pf/print.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* One walk over a loaded ruleset. */
struct walk {
	struct ctl *c;
	const struct pf_conf *conf;
	struct err *e;
	struct pf_zero *zero; /* what -z is for */
	size_t nzero;
};

static void indent(struct walk *w, int depth)
{
	for (int i = 0; i < depth && !(w->c->opts & CTL_VERBOSE); i++)
		strbuf_adds(&w->c->out, "  ");
}

static unsigned int print_flags(const struct ctl *c)
{
	unsigned int f = 0;

	if (c->opts & CTL_NUMERIC)
		f |= PF_PRINT_NUMERIC;
	if (c->opts & (CTL_VERBOSE2 | CTL_DEBUG))
		f |= PF_PRINT_NUMBERS;
	return f;
}

static void put_counters(struct walk *w, const struct pf_counters *n,
			 bool states)
{
	struct strbuf *out = &w->c->out;

	if (w->c->opts & CTL_VERBOSE) {
		strbuf_addf(out,
			    "  [ Evaluations: %-8" PRIu64
			    "  Packets: %-8" PRIu64 "  Bytes: %-10" PRIu64,
			    n->evaluations, n->packets[0] + n->packets[1],
			    n->bytes[0] + n->bytes[1]);
		if (states)
			strbuf_addf(out, "  States: %-6" PRIu64, n->states);
		strbuf_adds(out, "]\n");
		if (states && !(w->c->opts & CTL_DEBUG))
			strbuf_addf(out,
				    "  [ Inserted: uid %u pid %u "
				    "State Creations: %-6" PRIu64 "]\n",
				    0u, 0u, n->state_creations);
	}
	/* netfilter's counters have no time */
	if (w->c->opts & CTL_VERBOSE2)
		strbuf_adds(out, "  [ Last Active Time: N/A ]\n");
}

/* Those of filter and ether rules that are shown begin anew with -z. */
static int note_zero(struct walk *w, const struct pf_anchor *a,
		     enum pf_list list)
{
	struct pf_zero *v;

	if (!(w->c->opts & CTL_ZERO) ||
	    (list != PF_LIST_FILTER && list != PF_LIST_SCRUB &&
	     list != PF_LIST_ETHER))
		return 0;
	v = reallocarray(w->zero, w->nzero + 1, sizeof(*v));
	if (!v)
		return err_nomem(w->e);
	w->zero = v;
	v[w->nzero++] = (struct pf_zero){a->path, list};
	return 0;
}

/* The counters of a list, or zeros where there are none. */
static int counters_of(struct walk *w, const struct pf_anchor *a,
		       enum pf_list list, struct pf_counters **ret)
{
	cleanup_free struct pf_counters *v = NULL;
	size_t n = 0, want = a->list[list].n;
	struct pf_counters *all = calloc(want + 1, sizeof(*all));
	int r = note_zero(w, a, list);

	if (!all)
		return err_nomem(w->e);
	if (!r && w->c->opts & CTL_VERBOSE)
		r = pf_rule_counters(w->c->k, a->path, list, &v, &n, w->e);
	if (r < 0) {
		free(all);
		return r;
	}
	if (v)
		memcpy(all, v, (n < want ? n : want) * sizeof(*all));
	*ret = all;
	return 0;
}

/* All has been shown. */
static int end_walk(struct walk *w, int r)
{
	if (!r)
		r = pf_counters_zero(w->c->k, w->zero, w->nzero, w->e);
	free(w->zero);
	w->zero = NULL;
	return r;
}

static bool is_anonymous(const struct pf_rule *r)
{
	const char *last;

	if (!r->anchor_call)
		return false;
	last = strrchr(r->anchor_call, '/');
	return (last ? last + 1 : r->anchor_call)[0] == '_';
}

static int show_list(struct walk *w, const struct pf_anchor *a,
		     enum pf_list list, int depth);

/* The children of an anchor called by a star, each as one of its own. */
static int show_children(struct walk *w, const struct pf_anchor *a,
			 enum pf_list list, int depth)
{
	const char *word =
		list == PF_LIST_FILTER || list == PF_LIST_ETHER ? "" : "nat-";
	int r = 0;

	for (size_t i = 0; !r && i < a->nchild; i++) {
		indent(w, depth);
		strbuf_addf(&w->c->out, "%sanchor \"%s\" all {\n", word,
			    a->child[i]->name);
		r = show_list(w, a->child[i], list, depth + 1);
		indent(w, depth);
		strbuf_adds(&w->c->out, "}\n");
	}
	return r;
}

static int show_rule(struct walk *w, const struct pf_rule *r, enum pf_list list,
		     const struct pf_counters *n, int depth)
{
	bool body = r->action == PF_ANCHOR && r->anchor &&
		    (is_anonymous(r) || w->c->opts & CTL_RECURSE);
	int x;

	if (r->nlabels && w->c->opts & CTL_SHOWALL)
		w->c->labels = true;
	indent(w, depth);
	pf_print_rule(&w->c->out, r, list, print_flags(w->c));
	strbuf_adds(&w->c->out, body ? " {\n" : "\n");
	put_counters(w, n, list != PF_LIST_ETHER);
	if (!body)
		return 0;
	x = r->anchor_wild && w->c->opts & CTL_RECURSE
		    ? show_children(w, r->anchor, list, depth + 1)
		    : show_list(w, r->anchor, list, depth + 1);
	indent(w, depth);
	strbuf_adds(&w->c->out, "}\n");
	return x;
}

static int show_list(struct walk *w, const struct pf_anchor *a,
		     enum pf_list list, int depth)
{
	cleanup_free struct pf_counters *n = NULL;
	int r;

	if (depth > PF_ANCHOR_DEPTH)
		return err_set(w->e, ELOOP, "anchors call each other");
	r = counters_of(w, a, list, &n);
	for (size_t i = 0; !r && i < a->list[list].n; i++)
		if (!(a->list[list].v[i].flags & PF_F_USED))
			r = show_rule(w, &a->list[list].v[i], list, &n[i],
				      depth);
	return r;
}

/* With -vv tables and (IF)s show how many addresses they have. */
static void count_host(struct walk *w, const struct pf_anchor *a,
		       struct pf_host *h)
{
	const struct pf_resolve *names = &w->c->names.resolve;
	cleanup_free struct pf_entry *entries = NULL;
	cleanup_free struct pf_host *hosts = NULL;
	int64_t cleared;
	size_t n = 0;

	if (h->kind == PF_ADDR_TABLE) {
		if (pf_table_show(w->c->k, a->path, h->name, &entries, &n,
				  &cleared, NULL) < 0)
			pf_table_show(w->c->k, "", h->name, &entries, &n,
				      &cleared, NULL);
		h->count = (int)n;
	} else if (h->kind == PF_ADDR_DYNIF) {
		names->ifaddrs(names->data, h->name, h->if_flags, &hosts, &n,
			       NULL);
		h->count = 0;
		for (size_t i = 0; i < n; i++)
			h->count += h->af == AF_UNSPEC || h->af == hosts[i].af;
	}
}

static void count_anchor(struct walk *w, struct pf_anchor *a)
{
	for (int l = 0; l < PF_NLISTS; l++)
		for (size_t i = 0; i < a->list[l].n; i++) {
			count_host(w, a, &a->list[l].v[i].src.host);
			count_host(w, a, &a->list[l].v[i].dst.host);
		}
	for (size_t i = 0; i < a->nchild; i++)
		count_anchor(w, a->child[i]);
}

/* What is loaded, and the anchor of -a in it. */
static int open_walk(struct ctl *c, struct walk *w, struct pf_conf **conf,
		     const struct pf_anchor **a, struct err *e)
{
	int r = pf_loaded(c->k, conf, e);

	if (r < 0)
		return r;
	*w = (struct walk){.c = c, .conf = *conf, .e = e};
	if (c->opts & (CTL_VERBOSE2 | CTL_DEBUG))
		count_anchor(w, (*conf)->root);
	if (*c->anchor)
		r = ctl_table_anchors(c, *conf, e);
	if (r < 0)
		return r;
	*a = pf_anchor_find(*conf, c->anchor, false);
	if (!*a) {
		report(c->r, REPORT_OUT, "Anchor '%s' not found.", c->anchor);
		c->status = 1;
	}
	return 0;
}

static int show_rules(struct ctl *c, struct err *e)
{
	cleanup_pf_conf struct pf_conf *conf = NULL;
	const struct pf_anchor *a = NULL;
	struct walk w;
	int r = open_walk(c, &w, &conf, &a, e);

	if (r < 0 || !a)
		return r;
	if (c->opts & CTL_SHOWALL)
		ctl_title(c, "FILTER RULES:");
	r = show_list(&w, a, PF_LIST_SCRUB, 0);
	if (!r)
		r = show_list(&w, a, PF_LIST_FILTER, 0);
	return end_walk(&w, r);
}

static int show_nat(struct ctl *c, struct err *e)
{
	static const enum pf_list lists[] = {PF_LIST_NAT, PF_LIST_RDR,
					     PF_LIST_BINAT};
	cleanup_pf_conf struct pf_conf *conf = NULL;
	const struct pf_anchor *a = NULL;
	bool titled = !(c->opts & CTL_SHOWALL);
	struct walk w;
	int r = open_walk(c, &w, &conf, &a, e);

	for (size_t i = 0; !r && a && i < ARRAY_SIZE(lists); i++) {
		if (!titled && a->list[lists[i]].n) {
			ctl_title(c, "TRANSLATION RULES:");
			titled = true;
		}
		r = show_list(&w, a, lists[i], 0);
	}
	return r;
}

static int show_ether(struct ctl *c, struct err *e)
{
	cleanup_pf_conf struct pf_conf *conf = NULL;
	const struct pf_anchor *a = NULL;
	struct walk w;
	int r = open_walk(c, &w, &conf, &a, e);

	if (r < 0 || !a)
		return r;
	if (c->opts & CTL_SHOWALL && a->list[PF_LIST_ETHER].n)
		ctl_title(c, "ETH RULES:");
	return end_walk(&w, show_list(&w, a, PF_LIST_ETHER, 0));
}

static void put_label(struct walk *w, const struct pf_rule *r,
		      const struct pf_counters *n)
{
	struct strbuf *out = &w->c->out;

	if (!r->nlabels)
		return;
	for (size_t i = 0; i < r->nlabels; i++) {
		pf_label_expand(out, r->label[i], r);
		strbuf_addch(out, ' ');
	}
	strbuf_addf(out,
		    "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
		    " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
		    n->evaluations, n->packets[0] + n->packets[1],
		    n->bytes[0] + n->bytes[1], n->packets[0], n->bytes[0],
		    n->packets[1], n->bytes[1], n->state_creations);
}

static int show_labels(struct walk *w, const struct pf_anchor *a, int depth)
{
	const struct pf_rules *l = &a->list[PF_LIST_FILTER];
	cleanup_free struct pf_counters *n = NULL;
	int r;

	if (depth > PF_ANCHOR_DEPTH)
		return err_set(w->e, ELOOP, "anchors call each other");
	r = counters_of(w, a, PF_LIST_FILTER, &n);
	for (size_t i = 0; !r && i < l->n; i++) {
		const struct pf_rule *rule = &l->v[i];

		put_label(w, rule, &n[i]);
		if (rule->action != PF_ANCHOR || !rule->anchor ||
		    !(is_anonymous(rule) || w->c->opts & CTL_RECURSE))
			continue;
		if (!rule->anchor_wild)
			r = show_labels(w, rule->anchor, depth + 1);
		for (size_t j = 0;
		     !r && rule->anchor_wild && j < rule->anchor->nchild; j++)
			r = show_labels(w, rule->anchor->child[j], depth + 1);
	}
	return r;
}

static int ctl_show_labels(struct ctl *c, struct err *e)
{
	cleanup_pf_conf struct pf_conf *conf = NULL;
	const struct pf_anchor *a = NULL;
	unsigned int opts = c->opts;
	struct walk w;
	int r = open_walk(c, &w, &conf, &a, e);

	if (r < 0 || !a)
		return r;
	if (c->opts & CTL_SHOWALL && c->labels)
		ctl_title(c, "LABEL COUNTERS:");
	c->opts |= CTL_VERBOSE; /* the counters are what it is about */
	r = show_labels(&w, a, 0);
	c->opts = opts;
	return end_walk(&w, r);
}

/* -z alone: the counters of an anchor's rules. */
int ctl_zero(struct ctl *c, struct err *e)
{
	cleanup_pf_conf struct pf_conf *conf = NULL;
	static const enum pf_list lists[] = {PF_LIST_ETHER, PF_LIST_SCRUB,
					     PF_LIST_FILTER};
	const struct pf_anchor *a = NULL;
	struct walk w;
	int r = open_walk(c, &w, &conf, &a, e);

	for (size_t i = 0; !r && a && i < ARRAY_SIZE(lists); i++)
		r = note_zero(&w, a, lists[i]);
	return end_walk(&w, r);
}

/* Are there such rules in the anchor, or below? */
static bool has_rules(const struct pf_anchor *a, bool ether)
{
	for (int l = 0; l < PF_NLISTS; l++)
		if ((l == PF_LIST_ETHER) == ether && a->list[l].n)
			return true;
	for (size_t i = 0; i < a->nchild; i++)
		if (has_rules(a->child[i], ether))
			return true;
	return !ether && a->ntable;
}

/* pf has two trees of anchors: what is in that of Ethernet only, is there. */
static bool is_listed(const struct walk *w, const struct pf_anchor *a,
		      bool ether)
{
	const struct pf_anchor *root = w->conf->root;
	const bool there =
		has_rules(a, true) || ctl_anchor_called(root, a->path, true);

	return ether ? there
		     : !there || has_rules(a, false) ||
			       ctl_anchor_called(root, a->path, false);
}

static void show_anchors(struct walk *w, const struct pf_anchor *a, bool ether)
{
	struct ctl *c = w->c;

	for (size_t i = 0; i < a->nchild; i++) {
		const struct pf_anchor *child = a->child[i];

		if (!is_listed(w, child, ether))
			continue;
		if (*child->path != '_' || c->opts & CTL_VERBOSE)
			strbuf_addf(&c->out, "  %s\n", child->path);
		if (c->opts & CTL_VERBOSE)
			show_anchors(w, child, ether);
	}
}

static int show_anchor_names(struct ctl *c, struct err *e)
{
	cleanup_pf_conf struct pf_conf *conf = NULL;
	const struct pf_anchor *a = NULL;
	struct walk w;
	int r = open_walk(c, &w, &conf, &a, e);

	if (!r && a)
		r = ctl_table_anchors(c, conf, e);
	if (r || !a)
		return r;
	show_anchors(&w, a, false);
	if (c->opts & (CTL_VERBOSE2 | CTL_DEBUG))
		strbuf_adds(&c->out, "Ethernet:\n");
	show_anchors(&w, a, true);
	return 0;
}

static int show_timeouts(struct ctl *c, struct err *e)
{
	cleanup_pf_conf struct pf_conf *conf = NULL;
	int r = pf_loaded(c->k, &conf, e);

	if (r < 0)
		return r;
	if (c->opts & CTL_SHOWALL)
		ctl_title(c, "TIMEOUTS:");
	for (int i = 0; i < PF_NTIMEOUTS; i++)
		strbuf_addf(&c->out, "%-20s %10u%s\n", pf_timeouts[i].name,
			    conf->opt.timeout[i],
			    i == PF_TM_ADAPTIVE_START || i == PF_TM_ADAPTIVE_END
				    ? " states"
				    : "s");
	return 0;
}

static int show_limits(struct ctl *c, struct err *e)
{
	static const enum pf_limit shown[] = {
		PF_LIMIT_STATES, PF_LIMIT_SRC_NODES, PF_LIMIT_FRAGS,
		PF_LIMIT_TABLE_ENTRIES};
	cleanup_pf_conf struct pf_conf *conf = NULL;
	int r = pf_loaded(c->k, &conf, e);

	if (r < 0)
		return r;
	if (c->opts & CTL_SHOWALL)
		ctl_title(c, "LIMITS:");
	for (size_t i = 0; i < ARRAY_SIZE(shown); i++) {
		uint32_t n = conf->opt.limit[shown[i]];

		strbuf_addf(&c->out, "%-13s ", pf_limits[shown[i]].name);
		if (n == UINT32_MAX)
			strbuf_adds(&c->out, "unlimited\n");
		else
			strbuf_addf(&c->out, "hard limit %8u\n", n);
	}
	return 0;
}

static int name_add(struct strv *names, const char *name)
{
	return strv_has(names, name) ? 0 : strv_add(names, name);
}

/* Of -i: the interface or group itself, or a member of the group. */
static bool is_asked(const struct ctl *c, const char *name)
{
	if (!c->iface || !strcmp(c->iface, name))
		return true;
	for (size_t i = 0; i < c->names.ifs.n; i++)
		if (!strcmp(c->names.ifs.v[i].name, name))
			return strv_has(&c->names.ifs.v[i].groups, c->iface);
	return false;
}

static int show_interfaces(struct ctl *c, struct err *e)
{
	cleanup_pf_conf struct pf_conf *conf = NULL;
	cleanup_strv struct strv names = {0};
	int r = pf_loaded(c->k, &conf, e);

	if (r < 0)
		return r;
	r = name_add(&names, "all");
	for (size_t i = 0; !r && i < c->names.ifs.n; i++) {
		const struct ifnet *ifp = &c->names.ifs.v[i];

		r = name_add(&names, ifp->name);
		for (size_t j = 0; !r && j < ifp->groups.n; j++)
			r = name_add(&names, ifp->groups.v[j]);
	}
	if (r < 0)
		return err_nomem(e);
	strv_sort(&names);
	for (size_t i = 0; i < names.n; i++) {
		if (!is_asked(c, names.v[i]))
			continue;
		strbuf_addf(&c->out, "%s%s\n", names.v[i],
			    c->opts & CTL_VERBOSE && strv_has(&conf->opt.skip,
							      names.v[i])
				    ? " (skip)"
				    : "");
	}
	return 0;
}

static int show_running(struct ctl *c, struct err *e)
{
	struct pf_status s;
	int r = pf_status(c->k, &s, e);

	if (r < 0)
		return r;
	strbuf_adds(&c->out, s.enabled ? "Enabled\n" : "Disabled\n");
	c->status = !s.enabled;
	return 0;
}

static int show_creators(struct ctl *c, struct err *e)
{
	struct pf_status s;
	int r = pf_status(c->k, &s, e);

	if (r < 0)
		return r;
	strbuf_adds(&c->out, "Creator IDs:\n");
	if (s.states)
		strbuf_addf(&c->out, "%08x\n", s.hostid);
	return 0;
}

/* The kernel's own fingerprints are loaded by others (nfnl_osf). */
static int show_fingerprints(struct ctl *c, struct err *e)
{
	(void)e;
	if (c->opts & CTL_SHOWALL) {
		ctl_title(c, "OS FINGERPRINTS:");
		strbuf_adds(&c->out, "0 fingerprints loaded\n");
	} else {
		strbuf_adds(&c->out, "Class\tVersion\tSubtype(subversion)\n"
				     "-----\t-------\t-------------------\n");
	}
	return 0;
}

static int show_all(struct ctl *c, struct err *e);

static const struct {
	const char *word;
	int (*fn)(struct ctl *c, struct err *e);
} shows[] = {
	{"ether", show_ether},		 {"nat", show_nat},
	{"queue", ctl_show_queues},	 {"rules", show_rules},
	{"Anchors", show_anchor_names},	 {"Sources", ctl_show_sources},
	{"states", ctl_show_states},	 {"info", ctl_show_status},
	{"Interfaces", show_interfaces}, {"labels", ctl_show_labels},
	{"timeouts", show_timeouts},	 {"memory", show_limits},
	{"Tables", ctl_show_tables},	 {"osfp", show_fingerprints},
	{"Running", show_running},	 {"all", show_all},
	{"creatorids", show_creators},
};

static int show_all(struct ctl *c, struct err *e)
{
	static int (*const parts[])(struct ctl *, struct err *) = {
		show_ether,	 show_nat,	  show_rules,
		ctl_show_queues, ctl_show_states, ctl_show_sources,
		ctl_show_status, ctl_show_labels, show_timeouts,
		show_limits,	 ctl_show_tables, show_fingerprints,
	};
	int r = 0;

	c->opts |= CTL_SHOWALL;
	for (size_t i = 0; !r && i < ARRAY_SIZE(parts); i++)
		r = parts[i](c, e);
	return r;
}

int ctl_show(struct ctl *c, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(shows); i++)
		if (!strcmp(shows[i].word, c->show))
			return shows[i].fn(c, e);
	return err_set(e, EINVAL, "Unknown show modifier '%s'", c->show);
}
