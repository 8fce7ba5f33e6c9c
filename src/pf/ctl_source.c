/*
 * ctl: pfctl -s Sources, -K, -F Sources.
 *
 * Limits by source are counted by the kernel's sets (nft_limit.c), which tell
 * no numbers.  So nodes are put together from the states of rules that track
 * sources: one for each source and rule, or for each source of all rules with
 * `source-track global`.  A node without states is none.  Killing one makes
 * the kernel's sets begin to count its source anew.
 *
 * So it is with sticky-address: what the source got is what its flows show, and
 * killing the node takes it out of the map (nft_pool.c).
 */
#include "pf/ctl.h"

#include "base/cleanup.h"
#include "pf/gate.h"
#include "pf/kernel.h"
#include "pf/nft.h"
#include "pf/state.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <stdlib.h>
#include <string.h>

struct node {
	union pf_addr addr, to; /* `to`: sticky-address, else zeros */
	sa_family_t af;
	int rule; /* its number among all; -1: of all rules */
	int nr;	  /* as shown */
	enum pf_list list;
	uint64_t states, conns, packets, bytes;
	uint32_t rate_seconds;
	int64_t age;
};

struct nodes {
	const struct pf_conf *conf;
	struct pf_gates gates;
	struct node *v;
	size_t n;
	struct ruled { /* states come by the same few rules */
		int rule;
		const struct pf_rule *r;
		enum pf_list list;
		unsigned int nr;
	} last[3];
};

static void nodes_free(struct nodes *x)
{
	free(x->v);
}
#define cleanup_nodes __attribute__((cleanup(nodes_free)))

#define TRACKS (PF_S_SRCTRACK | PF_S_SRCTRACK_RULE | PF_S_SRCTRACK_GLOBAL)

/* Rule n, asked for as the `as`th rule of a state. */
static const struct ruled *rule_of(struct nodes *x, size_t as, int n)
{
	struct ruled *l = &x->last[as];
	const struct pf_anchor *a;
	int anchor_nr;

	if (n < 0)
		return NULL;
	if (!l->r || l->rule != n) {
		l->rule = n;
		l->r = pf_rule_at(x->conf, n, &l->list);
		if (l->r &&
		    pf_rule_where(x->conf, n, &a, &l->nr, &anchor_nr) < 0)
			l->r = NULL;
	}
	return l->r ? l : NULL;
}

static bool same(sa_family_t af, const union pf_addr *a, const union pf_addr *b)
{
	return !memcmp(a->b, b->b, af == AF_INET ? 4 : 16);
}

/* The node like this one, which is put there if it is none yet. */
static struct node *node_for(struct nodes *x, const struct node *like)
{
	struct node *v;

	for (size_t i = 0; i < x->n; i++)
		if (x->v[i].rule == like->rule && x->v[i].af == like->af &&
		    same(like->af, &x->v[i].addr, &like->addr) &&
		    same(like->af, &x->v[i].to, &like->to))
			return &x->v[i];
	v = reallocarray(x->v, x->n + 1, sizeof(*v));
	if (!v)
		return NULL;
	x->v = v;
	v += x->n++;
	*v = *like;
	return v;
}

static bool is_connection(const struct pf_flow *f)
{
	return f->proto == IPPROTO_TCP &&
	       f->tcp_state >= TCP_CONNTRACK_ESTABLISHED &&
	       f->tcp_state < TCP_CONNTRACK_TIME_WAIT;
}

static int count(struct nodes *x, const struct pf_flow *f,
		 const struct pf_state *s, const struct node *like, bool conns,
		 struct err *e)
{
	struct node *n = node_for(x, like);

	if (!n)
		return err_nomem(e);
	n->states++;
	n->conns += conns && is_connection(f);
	for (int i = 0; i < 2; i++) {
		n->packets += s->packets[i];
		n->bytes += s->bytes[i];
	}
	if (s->age > n->age)
		n->age = s->age;
	return 0;
}

/* A rule that passed: it tracks sources, or routes them by turns. */
static int take_rule(struct nodes *x, const struct pf_flow *f,
		     const struct pf_state *s, struct err *e)
{
	const struct ruled *l = rule_of(x, 0, s->rule);
	const struct pf_gate *gate;
	struct node like;
	bool sticky, own;

	if (!l || l->list != PF_LIST_FILTER)
		return 0;
	sticky = l->r->route && l->r->route_pool.sticky;
	own = sticky || l->r->opts.flags & PF_S_SRCTRACK_RULE;
	if (!sticky && !(l->r->opts.flags & TRACKS))
		return 0;
	like = (struct node){.af = s->af,
			     .addr = s->wire[0].addr,
			     .rule = own ? s->rule : -1,
			     .nr = own ? (int)l->nr : -1,
			     .list = l->list,
			     .rate_seconds = l->r->opts.conn_rate_seconds};
	gate = &x->gates.v[s->gate[l->r->route == PF_REPLY_TO]];
	if (sticky && gate->af == s->af)
		like.to = gate->addr;
	return count(x, f, s, &like, l->r->opts.flags & TRACKS, e);
}

/* One that translated: sources where packets go out, destinations in. */
static int take_translation(struct nodes *x, const struct pf_flow *f,
			    const struct pf_state *s, struct err *e)
{
	const bool out = s->dir == PF_OUT;
	const struct ruled *l =
		rule_of(x, 1 + out, out ? s->nat_rule : s->rdr_rule);
	const struct pf_pool *pool;

	/* its number is of the ruleset that the state's is of */
	if (!l || s->rule == PF_RULE_GONE)
		return 0;
	pool = l->list == PF_LIST_FILTER && !out ? &l->r->rdr : &l->r->pool;
	if (!pool->sticky)
		return 0;
	return count(
		x, f, s,
		&(struct node){.af = s->af,
			       .addr = f->orig[0].addr,
			       .to = out ? f->reply[1].addr : f->reply[0].addr,
			       .rule = l->rule,
			       .nr = (int)l->nr,
			       .list = l->list},
		false, e);
}

static int take(const struct pf_flow *f, const struct pf_state *s, void *data,
		struct err *e)
{
	const int r = take_rule(data, f, s, e);

	return r < 0 ? r : take_translation(data, f, s, e);
}

static int read_nodes(struct ctl *c, struct nodes *x, struct pf_conf **conf,
		      struct err *e)
{
	int r = pf_loaded(c->k, conf, e);

	x->conf = *conf;
	if (r >= 0 && pf_gates_read(c->k->nf, &x->gates, e) < 0)
		err_clear(e); /* no rule routes */
	return r < 0 ? r : pf_states_each(c->k, c->v, *conf, take, x, e);
}

static void put_node(struct ctl *c, const struct node *n)
{
	static const char *const lists[PF_NLISTS] = {
		[PF_LIST_FILTER] = "filter",
		[PF_LIST_NAT] = "nat",
		[PF_LIST_RDR] = "rdr",
	};
	char buf[INET6_ADDRSTRLEN] = "?", to[INET6_ADDRSTRLEN] = "?";

	inet_ntop(n->af, &n->addr, buf, sizeof(buf));
	inet_ntop(n->af, &n->to, to, sizeof(to));
	strbuf_addf(&c->out,
		    "%s -> %s ( states %" PRIu64 ", connections %" PRIu64
		    ", rate 0.0/%us )\n",
		    buf, to, n->states, n->conns, n->rate_seconds);
	if (!(c->opts & CTL_VERBOSE))
		return;
	strbuf_addf(&c->out,
		    "   age %.2" PRId64 ":%.2" PRId64 ":%.2" PRId64 ", %" PRIu64
		    " pkts, %" PRIu64 " bytes",
		    n->age / 3600, n->age / 60 % 60, n->age % 60, n->packets,
		    n->bytes);
	if (n->nr >= 0 && lists[n->list])
		strbuf_addf(&c->out, ", %s rule %d", lists[n->list], n->nr);
	strbuf_addch(&c->out, '\n');
}

int ctl_count_sources(struct ctl *c, uint64_t *ret, struct err *e)
{
	cleanup_pf_conf struct pf_conf *conf = NULL;
	cleanup_nodes struct nodes x = {0};
	int r = read_nodes(c, &x, &conf, e);

	if (r >= 0)
		*ret = x.n;
	return r < 0 ? r : 0;
}

int ctl_show_sources(struct ctl *c, struct err *e)
{
	cleanup_pf_conf struct pf_conf *conf = NULL;
	cleanup_nodes struct nodes x = {0};
	int r = read_nodes(c, &x, &conf, e);

	if (r >= 0 && x.n && c->opts & CTL_SHOWALL)
		ctl_title(c, "SOURCE TRACKING NODES:");
	for (size_t i = 0; r >= 0 && i < x.n; i++)
		put_node(c, &x.v[i]);
	return r;
}

/* the kernel's counts */

static int note_set(const struct nft_set_info *s, void *data, struct err *e)
{
	const char *p = s->name + 1;

	/* "n12.ci4": nft_limit.c, nft_overload.c; "z12i4": nft_pool.c */
	if ((s->name[0] != 'n' && s->name[0] != 'z') || *p < '0' || *p > '9')
		return 0;
	p += strspn(p, "0123456789");
	if (s->name[0] == 'n' &&
	    (p[0] != '.' || !p[1] || !strchr("ctkqr", p[1]) || !p[2]))
		return 0;
	return strv_add(data, s->name) < 0 ? err_nomem(e) : 0;
}

static void forget(void *data)
{
	strv_free(data);
}

static int found(const struct nft_elem *el, void *data, struct err *e)
{
	(void)el;
	(void)e;
	*(bool *)data = true;
	return 0;
}

static void forget_source(struct ctl *c, const struct strv *sets,
			  const struct node *n, struct nfb *b)
{
	const uint32_t klen = n->af == AF_INET ? 4 : 16;
	const char last = n->af == AF_INET ? '4' : '6';

	for (size_t i = 0; i < sets->n; i++) {
		const char *name = sets->v[i];
		bool there = false;

		if (name[strlen(name) - 1] != last)
			continue;
		nft_get_elem(c->k->nf, name, &n->addr, klen, found, &there,
			     NULL);
		if (!there)
			continue;
		nfb_elems(b, name, true);
		nfb_elem(b, &(struct nfb_elem){.key = &n->addr, .klen = klen});
		nfb_elems_end(b);
	}
}

int ctl_flush_sources(struct ctl *c, struct err *e)
{
	cleanup_strv struct strv sets = {0};
	cleanup_nfb struct nfb b;
	int r;

	nfb_init(&b);
	r = nft_each_set(c->k->nf, note_set, forget, &sets, e);
	if (r == -ENOENT) {
		err_clear(e);
		r = 0;
	}
	for (size_t i = 0; r >= 0 && i < sets.n; i++)
		nfb_set_flush(&b, sets.v[i]);
	if (r >= 0)
		r = nfb_commit(&b, c->k->nf, 0, NULL, e);
	if (r >= 0)
		ctl_tell(c, "source tracking entries cleared");
	return r < 0 ? r : 0;
}

static bool within(sa_family_t af, const union pf_addr *addr,
		   const struct ctl_addr *a)
{
	if (af != a->af)
		return false;
	for (int i = 0; i < (af == AF_INET ? 4 : 16); i++)
		if ((addr->b[i] ^ a->addr.b[i]) & a->mask.b[i])
			return false;
	return true;
}

static bool chosen(const struct node *n, const struct ctl_addr *src,
		   size_t nsrc, const struct ctl_addr *dst, size_t ndst)
{
	bool from = false, to = ndst == 0;

	for (size_t i = 0; i < nsrc; i++)
		from |= within(n->af, &n->addr, &src[i]);
	for (size_t i = 0; i < ndst; i++)
		to |= within(n->af, &n->to, &dst[i]);
	return from && to;
}

static int kill_nodes(struct ctl *c, const struct nodes *x,
		      const struct ctl_addr *src, size_t nsrc,
		      const struct ctl_addr *dst, size_t ndst, size_t *ret,
		      struct err *e)
{
	cleanup_strv struct strv sets = {0};
	cleanup_nfb struct nfb b;
	int r = nft_each_set(c->k->nf, note_set, forget, &sets, e);

	nfb_init(&b);
	for (size_t i = 0; r >= 0 && i < x->n; i++) {
		bool again = false;

		if (!chosen(&x->v[i], src, nsrc, dst, ndst))
			continue;
		++*ret;
		for (size_t k = 0; k < i; k++)
			again |= x->v[k].af == x->v[i].af &&
				 same(x->v[i].af, &x->v[k].addr,
				      &x->v[i].addr) &&
				 chosen(&x->v[k], src, nsrc, dst, ndst);
		if (!again)
			forget_source(c, &sets, &x->v[i], &b);
	}
	return r < 0 ? r : nfb_commit(&b, c->k->nf, 0, NULL, e);
}

int ctl_kill_sources(struct ctl *c, struct err *e)
{
	bool dns = !(c->opts & CTL_NODNS);
	cleanup_free struct ctl_addr *src = NULL, *dst = NULL;
	cleanup_pf_conf struct pf_conf *conf = NULL;
	cleanup_nodes struct nodes x = {0};
	size_t nsrc = 0, ndst = 0, killed = 0;
	int r = ctl_addrs(c->killsrc[0], dns, &src, &nsrc, e);

	if (!r && c->nkillsrc > 1)
		r = ctl_addrs(c->killsrc[1], dns, &dst, &ndst, e);
	if (!r)
		r = read_nodes(c, &x, &conf, e);
	if (r >= 0 && x.n)
		r = kill_nodes(c, &x, src, nsrc, dst, ndst, &killed, e);
	if (r >= 0)
		ctl_tell(c,
			 "killed %zu src nodes from %zu sources and %zu "
			 "destinations",
			 killed, nsrc, ndst);
	return r < 0 ? r : 0;
}
