/*
 * nft_load: a model into the kernel, and what is loaded (load.h).
 *
 * One transaction takes out all rules, the sets and chains that pf made for
 * them, and puts in the new ones with the text they were made of (store.h).
 * What it must not touch are the tables' sets: their names begin with 't', 'r'
 * or 'o', and they are tables.c's.  Between two loads the kernel's generation
 * number tells that somebody else has changed something since we read; then all
 * begins anew.
 *
 * Disabled is the table's flag `dormant`: all is there and no packet comes by.
 */
#include "pf/conf.h"
#include "pf/keep.h"
#include "pf/kernel.h"
#include "pf/load.h"
#include "pf/merge.h"
#include "pf/nft_gen.h"
#include "pf/options.h"
#include "pf/print.h"
#include "pf/store.h"
#include "pf/tables.h"

#include "base/cleanup.h"
#include "net/ifnet.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TRIES 8
#define BOUND_SPARE 64 /* interfaces that may have been */

/* What is in the kernel when a change begins. */
struct present {
	bool table; /* there is one */
	uint32_t flags, genid;
	struct pf_meta meta;
	struct strbuf text;
	struct pf_conf *conf; /* that, if it was needed, or pf's defaults */
	struct strv sets, chains, counters, times;
	struct pf_gates gates;
	unsigned int others; /* GEN_OTHER_* */
};

static void present_free(struct present *p)
{
	strbuf_free(&p->text);
	pf_conf_free(&p->conf);
	strv_free(&p->sets);
	strv_free(&p->chains);
	strv_free(&p->counters);
	strv_free(&p->times);
}

static int note_set(const struct nft_set_info *s, void *data, struct err *e)
{
	/* nft_sloppy.c says why */
	if (strchr("tro" PF_COUNTED, s->name[0]) || !strncmp(s->name, "sl", 2))
		return 0;
	return strv_add(data, s->name) < 0 ? err_nomem(e) : 0;
}

static int note_counter(const char *name, uint64_t packets, uint64_t bytes,
			void *data, struct err *e)
{
	(void)packets;
	(void)bytes;
	return strv_add(data, name) < 0 ? err_nomem(e) : 0;
}

static int note_chain(const char *name, void *data, struct err *e)
{
	return strv_add(data, name) < 0 ? err_nomem(e) : 0;
}

static void forget(void *data)
{
	strv_free(data);
}

static int parse_stored(const struct strbuf *text, struct pf_conf **ret,
			struct err *e)
{
	const struct pf_parse p = {.flags = PF_PARSE_STORED};

	return pf_conf_parse("loaded rules", text->s, text->len, &p, ret, e);
}

/* Rules with `once` that have decided: by their numbers. */
struct used {
	struct gen g;
	struct pf_conf *c;
};

static int on_used(const struct nft_elem *el, void *data, struct err *e)
{
	struct used *u = data;
	const struct gen_node *node;
	enum pf_list list;
	unsigned int nr;
	uint32_t n;

	(void)e;
	if (el->klen != sizeof(n))
		return 0;
	memcpy(&n, el->key, sizeof(n));
	if (gen_rule_at(&u->g, n, &node, &list, &nr))
		node->a->list[list].v[nr].flags |= PF_F_USED;
	return 0;
}

static int mark_used(struct pf_kernel *k, struct present *p, struct err *e)
{
	struct used u = {.c = p->conf};
	int r;

	if (!strv_has(&p->sets, GEN_ONCE))
		return 0;
	r = gen_init(&u.g, p->conf, NULL, NULL, e);
	if (r >= 0)
		r = nft_each_elem(k->nf, GEN_ONCE, on_used, NULL, &u, e);
	gen_free(&u.g);
	return r;
}

/* They are not loaded again. */
static bool drop_used(struct pf_anchor *a)
{
	struct pf_rules *l = &a->list[PF_LIST_FILTER];
	const size_t had = l->n;
	size_t i, n = 0;
	bool any;

	for (i = 0; i < l->n; i++) {
		if (l->v[i].flags & PF_F_USED) {
			pf_rule_clear(&l->v[i]);
			continue;
		}
		l->v[n] = l->v[i];
		l->v[n].nr = (unsigned int)n;
		n++;
	}
	l->n = n;
	any = n < had;
	for (i = 0; i < a->nchild; i++)
		any |= drop_used(a->child[i]);
	return any;
}

static int read_conf(struct pf_kernel *k, bool parse, struct present *p,
		     struct err *e)
{
	int r;

	r = pf_store_read(k->nf, &p->meta, &p->text, e);
	if (r < 0 && r != -ENOENT)
		return r;
	if (r == 0 && (parse || p->meta.apart) && p->text.len) {
		if (strbuf_failed(&p->text))
			return err_nomem(e);
		return parse_stored(&p->text, &p->conf, e);
	}
	p->conf = pf_conf_new();
	return p->conf ? 0 : err_nomem(e);
}

static int read_gates(struct pf_kernel *k, struct present *p, struct err *e)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(gen_others); i++)
		if (nft_has_table(k->nf, gen_others[i].family))
			p->others |= gen_others[i].bit;
	return strv_has(&p->sets, PF_GATES_SET)
		       ? pf_gates_read(k->nf, &p->gates, e)
		       : 0;
}

static int read_present(struct pf_kernel *k, bool parse, struct present *p,
			struct err *e)
{
	int r;

	r = nft_genid(k->nf, &p->genid, e);
	if (r < 0)
		return r;
	r = nft_table_flags(k->nf, &p->flags, NULL);
	if (r < 0 && r != -ENOENT)
		return err_sys(e, -r, "read rules");
	p->table = r == 0;
	if (!p->table) {
		p->conf = pf_conf_new();
		return p->conf ? 0 : err_nomem(e);
	}
	r = nft_each_set(k->nf, note_set, forget, &p->sets, e);
	if (r == 0)
		r = read_gates(k, p, e);
	if (r == 0)
		r = nft_each_chain(k->nf, note_chain, forget, &p->chains, e);
	if (r == 0)
		r = nft_each_counter(k->nf, false, note_counter, forget,
				     &p->counters, e);
	if (r == 0)
		r = nft_each_object(k->nf, NFT_OBJECT_CT_TIMEOUT, note_chain,
				    forget, &p->times, e);
	if (r == 0)
		r = read_conf(k, parse, p, e);
	if (r == 0)
		r = mark_used(k, p, e);
	return r;
}

/* Does the text of what is loaded have queues? */
static bool has_queues(const struct strbuf *text)
{
	return text->len &&
	       (str_prefix(text->s, "altq ") || strstr(text->s, "\naltq "));
}

static void take_out(struct nfb *b, const struct present *p)
{
	size_t i;

	nfb_begin(b, NFT_MSG_DELRULE, 0);
	nfb_put_str(b, NFTA_RULE_TABLE, b->table);
	nfb_end(b);
	/* sets of verdicts hold chains */
	for (i = 0; i < p->sets.n; i++)
		nfb_set_del(b, p->sets.v[i]);
	for (i = 0; i < p->chains.n; i++)
		nfb_chain_del(b, p->chains.v[i]);
}

/* The kernel's own word is the probe: what a rule needs that may be missing. */
static void add_option(const struct gen *g, const struct pf_rule *r,
		       struct err *e)
{
	const struct {
		bool needed;
		const char *option;
	} options[] = {
		{r->os, "CONFIG_NFT_OSF"},
		{gen_times(r), "CONFIG_NF_CONNTRACK_TIMEOUT"},
		{gen_synproxy(g, r), "CONFIG_NFT_SYNPROXY"},
		{gen_limits(r), "CONFIG_NFT_CONNLIMIT"},
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(options); i++)
		if (options[i].needed)
			err_wrap(e, "the kernel may lack %s",
				 options[i].option);
}

/* The same of a rule for Ethernet. */
static void add_ether_option(const struct pf_rule *r, struct err *e)
{
	const char *option = r->dir == PF_IN ? "CONFIG_NETFILTER_INGRESS"
					     : "CONFIG_NETFILTER_EGRESS";

	if (e->code == ENOENT)
		option = r->bridge_to ? "CONFIG_NFT_FWD_NETDEV"
				      : "CONFIG_NF_TABLES_NETDEV";
	err_wrap(e, "the kernel may lack %s", option);
}

/* Where the kernel's complaint belongs to. */
static int explain(const struct gen *g, uint32_t cookie, struct err *e)
{
	const struct gen_node *node;
	const struct pf_rule *r;
	enum pf_list list;
	unsigned int nr;

	if (cookie == NFB_NO_COOKIE ||
	    !gen_rule_at(g, cookie, &node, &list, &nr))
		return err_wrap(e, "Unable to load rules into kernel");
	r = &node->a->list[list].v[nr];
	if (e->code != ENOENT && e->code != EOPNOTSUPP)
		;
	else if (list == PF_LIST_ETHER)
		add_ether_option(r, e);
	else
		add_option(g, r, e);
	return err_wrap(e, "%s:%u: Unable to load rules into kernel",
			r->file ? r->file : "-", r->line);
}

/* The kernel has no such hook, family or expression. */
static int explain_others(const struct gen *g, uint32_t cookie, int r,
			  struct err *e)
{
	if (cookie != NFB_NO_COOKIE || (r != -EOPNOTSUPP && r != -ENOENT) ||
	    !(g->dups || g->egress_any || g->egress.n))
		return r;
	return err_wrap(
		e, "%s",
		g->dups ? "dup-to needs the kernel's CONFIG_NFT_DUP_IPV4 and "
			  "_IPV6"
			: "pass out with route-to needs the kernel's "
			  "CONFIG_NETFILTER_EGRESS and CONFIG_NFT_FWD_NETDEV");
}

/* Without the hook, what `block return out` refuses is only dropped. */
static bool without_egress(struct pf_kernel *k, const struct gen *g, int r)
{
	if ((r != -EOPNOTSUPP && r != -ENOENT) || !g->backs || g->egress.n ||
	    g->egress_any)
		return false;
	k->no_egress = true;
	report(g->report, REPORT_WARN,
	       "block return out on interfaces with nat answers nothing: the "
	       "kernel lacks CONFIG_NETFILTER_EGRESS or CONFIG_NFT_FWD_NETDEV");
	return true;
}

/* Has an interface gone since its chains were made? */
static bool one_gone(const struct gen *g)
{
	for (size_t i = 0; g->ifs && i < g->ifs->n; i++)
		if (!vnet_ifindex(g->v, g->ifs->v[i].kname))
			return true;
	return false;
}

/* What is asked for; `what` 0: the rules that there are, again. */
struct load {
	struct pf_conf *c;
	const char *path;
	unsigned int what;
	const struct pf_zero *zero; /* lists that count from 0 */
	size_t nzero;
	bool keep;	    /* counters */
	struct strbuf text; /* of all rules then */
};

/* What is loaded: its queues as they were. */
static void restore_queues(struct pf_kernel *k, const struct present *p)
{
	cleanup_pf_conf struct pf_conf *c = NULL;
	cleanup_altq struct altq a = {0};
	unsigned int refused = 0;

	if (p->flags & NFT_TABLE_F_DORMANT || !p->table ||
	    !has_queues(&p->text) || parse_stored(&p->text, &c, NULL) < 0 ||
	    altq_plan(c->queues, altq_link_of, k->v, false, NULL, &a, &refused,
		      NULL) < 0) {
		altq_close(k->v, NULL);
		return;
	}
	altq_open(k->v, &a, NULL);
	altq_close(k->v, &a);
}

/* Made while pf is disabled, too, to see that they can be. */
static int open_queues(struct pf_kernel *k, const struct gen *g,
		       const struct present *p, struct err *e)
{
	int r;

	if (!g->new_queues)
		return 0;
	r = altq_open(k->v, &g->altq, e);
	if (r < 0)
		restore_queues(k, p);
	return r;
}

static void close_queues(struct pf_kernel *k, const struct gen *g,
			 const struct present *p, bool done)
{
	if (!g->new_queues)
		return;
	if (done)
		altq_close(k->v, g->dormant ? NULL : &g->altq);
	else
		restore_queues(k, p);
}

/* Its members may change: one that is an interface has itself alone. */
static bool is_changing(const struct gen *g, const char *name)
{
	size_t i;

	for (i = 0; g->ifs && i < g->ifs->n; i++)
		if (strcmp(g->ifs->v[i].name, name) == 0)
			return false;
	/* of lo nothing comes and goes */
	return gen_is_group(name) && strcmp(name, "lo") != 0;
}

static bool any_group(const struct gen *g, const struct strv *names)
{
	size_t i;

	for (i = 0; i < names->n; i++)
		if (is_changing(g, names->v[i]))
			return true;
	return false;
}

/* The kernel does not follow by itself what these depend on: watch.h. */
static bool watched(const struct gen *g)
{
	return g->asks_ifs || gen_pools_by_if(g) || any_group(g, &g->groups) ||
	       any_group(g, &g->natifs) || any_group(g, &g->c->opt.skip) ||
	       g->routes || g->pfil.member || g->backs || g->bound ||
	       gen_ether_any(g) || g->c->queues;
}

static int commit_rules(struct pf_kernel *k, struct gen *g, struct present *p,
			const struct load *l, struct pf_tablereg *reg,
			struct err *e)
{
	uint32_t cookie;
	int r;

	nfb_table(&g->b, p->table ? p->flags : NFT_TABLE_F_DORMANT);
	r = pf_tables_emit(k->nf, &g->b, reg,
			   l->what & PF_LOAD_TABLES ? l->c : NULL, g->c, e);
	if (r < 0)
		return r;
	if (p->table)
		take_out(&g->b, p);
	pf_tables_emit_gone(&g->b, reg);
	r = gen_all(g, e);
	if (r < 0)
		return r;
	if (l->keep) {
		r = pf_keep_counters(k, p->conf, l->zero, l->nzero, g, e);
		if (r < 0)
			return r;
	}
	p->meta.ordered = g->ordered;
	p->meta.pairs = g->bound ? g->nrules + 1 : 0;
	p->meta.follows = g->groups.n || g->dynifs.n || g->natifs.n ||
			  g->c->opt.skip.n || gen_pools_by_if(g) ||
			  gen_pools_by_table(g, NULL) || g->routes ||
			  g->pfil.member || g->backs || g->bound ||
			  gen_ether_any(g) || g->c->queues;
	p->meta.watch = watched(g);
	pf_store_put(&g->b, &p->meta, l->text.s, l->text.len);
	gen_other_tables(g, p->others);
	r = pf_gates_open(k->v, &p->gates, &g->gates, g->report, e);
	if (r < 0)
		return r;
	r = open_queues(k, g, p, e);
	if (r < 0)
		return r;
	r = nfb_commit(&g->b, k->nf, p->genid, &cookie, e);
	close_queues(k, g, p, r == 0);
	if (r < 0 && without_egress(k, g, r))
		return -ERESTART;
	if (r == -ENOENT && one_gone(g))
		return -ERESTART;
	if (r < 0 && r != -ERESTART) {
		explain_others(g, cookie, r, e);
		return explain(g, cookie, e);
	}
	if (r == 0)
		pf_gates_close(k->v, &p->gates, &g->gates);
	return r;
}

/*
 * Packets from outside to 127/8 are dropped where they come in, unless the
 * interface says otherwise; rdr to there needs it.  nft_state.c drops what no
 * rdr rule has sent there.
 */
static void open_loopback(struct pf_kernel *k, const struct gen *g)
{
	if (g->localnet)
		vnet_sysctl_set(k->v, "ipv4/conf/all/route_localnet", 1, NULL);
}

/* Behind the options, each of which is a line. */
static const char *rules_in(const struct strbuf *text)
{
	const char *at = text->s;

	while (at && str_prefix(at, "set ") && strchr(at, '\n'))
		at = strchr(at, '\n') + 1;
	return at;
}

/* The rules word for word, and none was gone by itself. */
static bool says_the_same(const struct present *p, const struct strbuf *text)
{
	return text->len && p->text.len && !strv_has(&p->sets, GEN_ONCE) &&
	       !strcmp(rules_in(&p->text), rules_in(text));
}

/*
 * Labels mean the same as before: rules have the same numbers, and states the
 * same words, which `set syncookies` decides, too (nft_bound.c).
 */
static bool means_the_same(const struct present *p, const struct gen *g,
			   const struct strbuf *text, unsigned int what)
{
	static const unsigned int rules =
		PF_LOAD_FILTER | PF_LOAD_NAT | PF_LOAD_ETHER;
	const bool cookies =
		p->text.len && strstr(p->text.s, "set syncookies always\n");

	return g->cookies == cookies &&
	       (!(what & rules) || says_the_same(p, text));
}

/*
 * Interfaces that states are bound to.  false: most of them have been (as those
 * of jails and containers, each of another name), and the list begins anew.
 */
static bool read_bound(struct pf_kernel *k, const struct present *p,
		       struct gen *g)
{
	cleanup_ifnets struct ifnets ifs = {0};

	if (strv_has(&p->sets, GEN_BOUND_IFS))
		gen_bound_keep(g, k->nf);
	/* the handle's sockets are used, nothing of it changes */
	if (g->bound_ifs.n <= BOUND_SPARE ||
	    ifnets_load((struct vnet *)(uintptr_t)k->v, &ifs, NULL) < 0 ||
	    g->bound_ifs.n <= BOUND_SPARE + 4 * ifs.n)
		return true;
	strv_free(&g->bound_ifs);
	return false;
}

/* Interfaces that states of rules of before, of this generation, are bound to.
 */
static int recall_bound(struct pf_kernel *k, const struct present *p,
			uint32_t generation, struct gen *g, struct err *e)
{
	const bool there = strv_has(&p->sets, GEN_OLDER);
	cleanup_pf_conf struct pf_conf *conf = NULL;
	cleanup_gen struct gen was = {0};
	int r;

	/* the text says it of each rule */
	if (g->generation == generation || !p->text.len ||
	    !strstr(p->text.s, "if-bound"))
		return there ? gen_older_recall(g, NULL, there, e) : 0;
	r = parse_stored(&p->text, &conf, e);
	if (r >= 0)
		r = gen_init(&was, conf, NULL, NULL, e);
	if (r >= 0 && strv_has(&p->sets, GEN_BOUND_IFS))
		r = gen_bound_read(k->nf, &was.bound_ifs, NULL, e);
	was.generation = generation;
	return r < 0 ? r : gen_older_recall(g, &was, there, e);
}

static int load_once(struct pf_kernel *k, const struct load *want,
		     const struct report *r, struct err *e)
{
	__attribute__((cleanup(present_free))) struct present p = {0};
	cleanup_pf_merged struct pf_merged m = {0};
	cleanup_pf_tablereg struct pf_tablereg reg = {0};
	cleanup_gen struct gen g = {0};
	const unsigned int what = want->what;
	struct pf_conf *c = want->c;
	const char *path = want->path;
	const bool whole = !path[0] && (what & PF_LOAD_ALL) == PF_LOAD_ALL &&
			   !(what & PF_LOAD_MERGE);
	cleanup_strbuf struct strbuf text = STRBUF_INIT;
	struct load l = *want;
	bool numbered; /* rules have the numbers that the kernel's have */
	uint32_t had;
	int n;

	n = read_present(k, !whole || c->opt.keepcounters, &p, e);
	if (n < 0)
		return n;
	numbered = !drop_used(p.conf->root) && p.meta.generation;
	l.keep = numbered;
	n = pf_tablereg_read(k->nf, &reg, e);
	if (n < 0)
		return n;
	n = pf_merge(p.conf, c, path, what, &m, e);
	if (n < 0)
		return n;
	pf_print_conf(&text, &m.conf);
	if (strbuf_failed(&text))
		return err_nomem(e);
	n = gen_init(&g, &m.conf, k->v, r, e);
	if (n < 0)
		return n;
	l.text = text;
	l.keep = l.keep && (!whole || m.apart || c->opt.keepcounters);
	had = p.meta.generation;
	/* the same rules keep their states */
	if (!numbered || !means_the_same(&p, &g, &text, what) ||
	    !read_bound(k, &p, &g))
		p.meta.generation = p.meta.generation % GEN_GEN_MAX + 1;
	p.meta.apart = m.apart;
	p.meta.hostid = m.conf.opt.hostid;
	g.generation = p.meta.generation;
	g.have = p.counters;
	p.counters = (struct strv){0};
	g.gates = p.gates;
	g.no_egress = k->no_egress;
	g.dormant = !p.table || p.flags & NFT_TABLE_F_DORMANT;
	g.new_queues = what & PF_LOAD_QUEUES && !path[0];
	g.had_times = p.times;
	p.times = (struct strv){0};
	g.nf = k->nf;
	g.reg = &reg;
	n = strv_has(&p.sets, GEN_QUEUES) ? gen_altq_recall(&g, e) : 0;
	if (n >= 0)
		n = recall_bound(k, &p, had, &g, e);
	if (n < 0)
		return n;
	n = commit_rules(k, &g, &p, &l, &reg, e);
	if (n < 0)
		return n;
	open_loopback(k, &g);
	if (what & PF_LOAD_OPTIONS && !path[0]) {
		pf_options_apply(k->v, &m.conf.opt);
		pf_options_tell(&c->opt, r);
	}
	return 0;
}

/* pf's lists of states show what these count; without them it shows zeros. */
static void count_states(const struct vnet *v)
{
	static const char *const names[] = {"netfilter/nf_conntrack_acct",
					    "netfilter/nf_conntrack_timestamp"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		vnet_sysctl_set(v, names[i], 1, NULL);
}

int pf_load(struct pf_kernel *k, const struct pf_conf *c, const char *path,
	    unsigned int what, const struct report *r, struct err *e)
{
	/* its lists are only pointed to */
	const struct load want = {.c = (struct pf_conf *)(uintptr_t)c,
				  .path = path,
				  .what = what};
	int n = pf_purge(k, e), i;

	if (n < 0)
		return n;
	n = -ERESTART;
	for (i = 0; n == -ERESTART && i < TRIES; i++)
		n = load_once(k, &want, r, e);
	k->generation = 0;
	if (n == 0)
		count_states(k->v);
	return n;
}

int pf_load_check(const struct pf_conf *c, const struct report *r,
		  struct err *e)
{
	cleanup_gen struct gen g = {0};
	int n;

	n = gen_init(&g, c, NULL, r, e);
	if (n < 0)
		return n;
	return gen_all(&g, e);
}

/* What the rules for Ethernet need to be made alone, if there are any. */
static int prepare_ether(struct pf_kernel *k, struct gen *g,
			 struct pf_tablereg *reg, struct err *e)
{
	int r;

	if (!gen_ether_any(g))
		return 0;
	r = pf_tablereg_read(k->nf, reg, e);
	if (r < 0)
		return r;
	g->nf = k->nf;
	g->reg = reg;
	return gen_ether_counts(g, k->nf, &g->ether, e);
}

/* Of interfaces that have come back. */
static void mend_queues(struct pf_kernel *k, const struct pf_queues *q)
{
	cleanup_altq struct altq a = {0};
	unsigned int refused = 0;

	if (altq_plan(q, altq_link_of, k->v, false, NULL, &a, &refused, NULL) ==
	    0)
		altq_mend(k->v, &a);
}

void pf_queues_clear_half(const struct vnet *v)
{
	cleanup_pf_kernel struct pf_kernel *k = NULL;
	cleanup_pf_conf struct pf_conf *c = NULL;
	cleanup_altq struct altq a = {0};
	unsigned int refused = 0;

	if (pf_kernel_open(v, &k, NULL) >= 0 && pf_loaded(k, &c, NULL) >= 0 &&
	    altq_plan(c->queues, altq_link_of, k->v, false, NULL, &a, &refused,
		      NULL) == 0)
		altq_clear_half(k->v, &a);
}

static int refresh_once(struct pf_kernel *k, struct err *e)
{
	__attribute__((cleanup(present_free))) struct present p = {0};
	cleanup_pf_tablereg struct pf_tablereg reg = {0};
	cleanup_gen struct gen g = {0};
	bool anew;
	int r;

	r = read_present(k, true, &p, e);
	if (r < 0 || !p.table || !p.meta.generation)
		return r;
	r = gen_init(&g, p.conf, k->v, NULL, e);
	if (r < 0)
		return r;
	/* what members are is in the rules, not in sets */
	if (gen_pools_by_if(&g) || g.pfil.member)
		return load_once(k, &(struct load){.c = p.conf, .path = ""},
				 NULL, e);
	g.refresh = true;
	g.no_egress = !strv_has(&p.sets, GEN_BACK_SET);
	g.gates = p.gates;
	g.dormant = p.flags & NFT_TABLE_F_DORMANT;
	gen_prepare(&g);
	if (!g.dormant && p.conf->queues)
		mend_queues(k, p.conf->queues);
	anew = !read_bound(k, &p, &g);
	r = prepare_ether(k, &g, &reg, e);
	if (r >= 0)
		r = gen_ifsets(&g, e);
	if (r < 0)
		return r;
	if (g.bound_grown || anew)
		return load_once(k, &(struct load){.c = p.conf, .path = ""},
				 NULL, e);
	gen_other_tables(&g, p.others);
	if (g.routes)
		r = pf_gates_open(k->v, &p.gates, &g.gates, NULL, e);
	if (r < 0)
		return r;
	r = nfb_commit(&g.b, k->nf, p.genid, NULL, e);
	return r == -ENOENT && one_gone(&g) ? -ERESTART : r;
}

static int again(struct pf_kernel *k, const struct pf_zero *zero, size_t nzero,
		 const struct report *rep, struct err *e)
{
	int r = -ERESTART, i;

	for (i = 0; r == -ERESTART && i < TRIES; i++) {
		__attribute__((cleanup(present_free))) struct present p = {0};
		struct load want = {.path = "", .zero = zero, .nzero = nzero};

		r = read_present(k, true, &p, e);
		want.c = p.conf;
		if (r >= 0)
			r = load_once(k, &want, rep, e);
	}
	k->generation = 0;
	return r;
}

int pf_reload(struct pf_kernel *k, const struct report *rep, struct err *e)
{
	return again(k, NULL, 0, rep, e);
}

/*
 * Kernels before 6.5 cannot read and clear counters in one step: the same rules
 * are loaded anew.
 */
int pf_counters_zero(struct pf_kernel *k, const struct pf_zero *v, size_t n,
		     struct err *e)
{
	struct pf_meta m = {0};

	if (!n || pf_store_read_meta(k->nf, &m, NULL) < 0)
		return 0; /* there are no rules */
	return again(k, v, n, NULL, e);
}

int pf_refresh(const struct vnet *v, struct err *e)
{
	cleanup_pf_kernel struct pf_kernel *k = NULL;
	struct pf_meta m = {0};
	struct err se = ERR_INIT;
	int r, i;

	r = pf_kernel_open(v, &k, &se);
	if (r >= 0)
		r = pf_store_read_meta(k->nf, &m, &se);
	if (nl_passes(r))
		return err_set(e, -r, "%s", se.text);
	/* no pf, nothing to follow */
	if (r < 0 || !m.follows)
		return 0;
	for (i = 0, r = -ERESTART; r == -ERESTART && i < TRIES; i++)
		r = refresh_once(k, e);
	return r;
}

int pf_pools_refresh(struct pf_kernel *k, const char *table, struct err *e)
{
	struct pf_meta m = {0};
	int r = -ERESTART, i;

	if (pf_store_read_meta(k->nf, &m, NULL) < 0 || !m.follows)
		return 0;
	for (i = 0; r == -ERESTART && i < TRIES; i++) {
		__attribute__((cleanup(present_free))) struct present p = {0};
		cleanup_gen struct gen g = {0};

		r = read_present(k, true, &p, e);
		if (r == 0)
			r = gen_init(&g, p.conf, k->v, NULL, e);
		if (r < 0)
			return r;
		if (gen_pools_by_table(&g, table))
			r = load_once(k,
				      &(struct load){.c = p.conf, .path = ""},
				      NULL, e);
		else if (gen_ether_by_table(&g, table))
			r = refresh_once(k, e);
		else
			return 0;
	}
	k->generation = 0;
	return r;
}

/* Those of what is loaded. */
static int start_queues(struct pf_kernel *k, const struct present *p,
			struct err *e)
{
	cleanup_pf_conf struct pf_conf *c = NULL;
	cleanup_altq struct altq a = {0};
	unsigned int refused = 0;
	int r;

	if (!has_queues(&p->text))
		return 0;
	r = parse_stored(&p->text, &c, e);
	if (r >= 0)
		r = altq_plan(c->queues, altq_link_of, k->v, false, NULL, &a,
			      &refused, e);
	return r < 0 ? r : altq_open(k->v, &a, e);
}

static int enable_once(struct pf_kernel *k, bool on, struct err *e)
{
	__attribute__((cleanup(present_free))) struct present p = {0};
	cleanup_nfb struct nfb b;
	int r;

	nfb_init(&b);
	r = read_present(k, false, &p, e);
	if (r < 0)
		return r;
	if (on == (p.table && !(p.flags & NFT_TABLE_F_DORMANT))) {
		/* what somebody has left who was killed meanwhile */
		if (!on)
			altq_close(k->v, NULL);
		return err_set(e, EEXIST, "pf %s",
			       on ? "already enabled" : "not enabled");
	}
	p.meta.since = time(NULL);
	nfb_table(&b, on ? 0 : NFT_TABLE_F_DORMANT);
	if (p.others & GEN_OTHER_NETDEV) {
		b.family = NFPROTO_NETDEV;
		nfb_table(&b, on ? 0 : NFT_TABLE_F_DORMANT);
		b.family = NFPROTO_INET;
	}
	if (!p.table)
		pf_store_put(&b, &p.meta, "", 0);
	else
		pf_store_meta(&b, &p.meta, false);
	r = on ? start_queues(k, &p, e) : 0;
	if (r == 0)
		r = nfb_commit(&b, k->nf, p.genid, NULL, e);
	if (on == (r < 0))
		altq_close(k->v, NULL);
	return r;
}

int pf_enable(struct pf_kernel *k, bool on, struct err *e)
{
	int r = -ERESTART, i;

	for (i = 0; r == -ERESTART && i < TRIES; i++)
		r = enable_once(k, on, e);
	return r;
}

int pf_loaded(struct pf_kernel *k, struct pf_conf **ret, struct err *e)
{
	__attribute__((cleanup(present_free))) struct present p = {0};
	int r;

	r = read_present(k, true, &p, e);
	if (r < 0)
		return r;
	*ret = take_ptr(p.conf);
	return 0;
}
