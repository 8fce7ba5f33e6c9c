/*
 * nft_limit: how many states a rule may make.
 *
 * `max` is a count of the rule's connections; limits by source are a set for
 * each family, with a count or a rate for each source, whose elements the
 * kernel drops when the source has no connection any more.  What is over the
 * limit is dropped, as in pf.
 */
#include "pf/nft_gen.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static const unsigned int families[] = {GEN_AF_V4, GEN_AF_V6};

static char digit(unsigned int af)
{
	return af == GEN_AF_V6 ? '6' : '4';
}

void gen_source(struct gen *g, unsigned int af)
{
	gen_match_af(g, af);
	nfe_payload(&g->b, NFT_PAYLOAD_NETWORK_HEADER, af == GEN_AF_V6 ? 8 : 12,
		    af == GEN_AF_V6 ? 16 : 4, NFR(0));
}

void gen_ends(struct gen *g, unsigned int af, bool answer)
{
	const uint32_t len = af == GEN_AF_V6 ? 16 : 4;
	const uint32_t src = af == GEN_AF_V6 ? 8 : 12;
	const uint32_t second = len / 4;

	gen_match_af(g, af);
	gen_match_proto(g, IPPROTO_TCP);
	nfe_payload(&g->b, NFT_PAYLOAD_NETWORK_HEADER, src, len,
		    NFR(answer ? second : 0));
	nfe_payload(&g->b, NFT_PAYLOAD_NETWORK_HEADER, src + len, len,
		    NFR(answer ? 0 : second));
	nfe_payload(&g->b, NFT_PAYLOAD_TRANSPORT_HEADER, answer ? 2 : 0, 2,
		    NFR(2 * second));
	nfe_payload(&g->b, NFT_PAYLOAD_TRANSPORT_HEADER, answer ? 0 : 2, 2,
		    NFR(2 * second + 1));
}

void gen_source_set(struct gen *g, const char *name, unsigned int af,
		    uint32_t size, uint64_t timeout)
{
	nfb_set(&g->b, &(struct nfb_set){.name = name,
					 .flags = NFT_SET_EVAL,
					 .ktype = af == GEN_AF_V6 ? NFB_TYPE_V6
								  : NFB_TYPE_V4,
					 .klen = af == GEN_AF_V6 ? 16 : 4,
					 .size = size,
					 .timeout = timeout});
}

/* Counters that `pfctl -si` shows (status.c). */
static const char *const counters[] = {
	"match",	"insert",      "memory",	"ip-option",
	"state-limit",	"src-limit",   "synproxy",	"l.states",
	"l.src-states", "l.src-nodes", "l.src-conn",	"l.src-conn-rate",
	"l.overload",	"l.flush",     GEN_COUNT_BEGIN,
};
/* with `block return` */
static const char *const damaged[] = {"proto-cksum"};
/* with `set syncookies always` */
static const char *const cookies[] = {"l.cookies", "l.valid"};

static void counter_objs(struct gen *g, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strv_has(&g->have, names[i]))
			nfb_counter_obj(&g->b, names[i], 0, 0);
}

void gen_counters(struct gen *g)
{
	counter_objs(g, counters, sizeof(counters) / sizeof(counters[0]));
	if (g->answers)
		counter_objs(g, damaged, 1);
	if (g->cookies)
		counter_objs(g, cookies, sizeof(cookies) / sizeof(cookies[0]));
}

void gen_count(struct gen *g, const char *counter)
{
	nfe_objref(&g->b, NFT_OBJECT_COUNTER, counter);
}

static void drop(struct gen *g, const char *reason, const char *limit)
{
	gen_count(g, reason);
	gen_count(g, limit);
	nfe_verdict(&g->b, NF_DROP, NULL);
	nfb_rule_end(&g->b);
}

/* One set's count of a source; what is over `most` is dropped. */
static void count_source(struct gen *g, const char *set, unsigned int af,
			 uint32_t most, const char *limit)
{
	const struct nfe_dynset d = {.set = set,
				     .op = NFT_DYNSET_OP_ADD,
				     .key = NFR(0),
				     .expr = true};

	gen_source(g, af);
	nfe_dynset_begin(&g->b, &d);
	nfe_dynset_expr(&g->b);
	nfe_connlimit(&g->b, most, true);
	nfe_dynset_expr_end(&g->b);
	nfe_dynset_end(&g->b);
	drop(g, "src-limit", limit);
}

/*
 * `source-track global`, which is also what is meant if nothing is said: the
 * states of all such rules count towards the limit of each.  Rules with the
 * same limit have one set, and a packet that makes a state is counted in the
 * others' sets, too.
 */
static bool counts_for_all(const struct pf_rule *r)
{
	return r->state != PF_STATE_NONE &&
	       r->opts.flags & PF_S_SRCTRACK_GLOBAL;
}

static uint32_t src_limit(const struct pf_rule *r)
{
	return r->opts.max_src_states ? r->opts.max_src_states : UINT32_MAX;
}

void gen_limit_note(struct gen *g, const struct pf_rule *r)
{
	size_t i;

	if (!counts_for_all(r))
		return;
	for (i = 0; i < g->nsrc_limits; i++)
		if (g->src_limits[i] == src_limit(r))
			return;
	if (i == GEN_SRC_LIMITS)
		gen_refuse(g, r,
			   "more than %d different max-src-states: say "
			   "`source-track rule'",
			   GEN_SRC_LIMITS);
	else
		g->src_limits[g->nsrc_limits++] = src_limit(r);
}

static void global_name(char ret[32], uint32_t limit, char place,
			unsigned int af)
{
	snprintf(ret, 32, "n%u.cg%c%c", limit, place, digit(af));
}

void gen_limit_sets(struct gen *g)
{
	char set[32];
	enum gen_place p;
	size_t i, k;

	for (p = 0; p < GEN_NPLACES; p++)
		for (i = 0; g->place[p] && i < g->nsrc_limits; i++)
			for (k = 0; k < 2; k++) {
				global_name(set, g->src_limits[i],
					    gen_letter[p], families[k]);
				gen_source_set(
					g, set, families[k],
					g->c->opt.limit[PF_LIMIT_SRC_NODES], 0);
			}
}

static void by_all(struct gen *g, const struct pf_rule *r, const char *chain,
		   unsigned int af, char place)
{
	char set[32], own[32];
	const struct nfe_dynset other = {.set = set,
					 .op = NFT_DYNSET_OP_ADD,
					 .key = NFR(0),
					 .expr = true};

	global_name(own, src_limit(r), place, af);
	nfb_rule(&g->b, chain);
	count_source(g, own, af, src_limit(r), "l.src-states");
	nfb_rule(&g->b, chain);
	gen_source(g, af);
	nfe_lookup(&g->b, own, NFR(0), true);
	drop(g, "src-limit", "l.src-nodes");
	for (size_t i = 0; i < g->nsrc_limits; i++) {
		if (g->src_limits[i] == src_limit(r))
			continue;
		global_name(set, g->src_limits[i], place, af);
		nfb_rule(&g->b, chain);
		gen_source(g, af);
		nfe_dynset_begin(&g->b, &other);
		nfe_dynset_expr(&g->b);
		nfe_connlimit(&g->b, g->src_limits[i], true);
		nfe_dynset_expr_end(&g->b);
		nfe_dynset_end(&g->b);
		nfb_rule_end(&g->b);
	}
}

/* max-src-states, max-src-nodes, source-track. */
static void by_source(struct gen *g, const struct pf_rule *r, unsigned int n,
		      const char *chain, unsigned int af, char place)
{
	const struct pf_state_opts *o = &r->opts;
	char set[32];

	snprintf(set, sizeof(set), "n%u.c%c%c", n, place, digit(af));
	gen_source_set(g, set, af,
		       o->max_src_nodes ? o->max_src_nodes
					: g->c->opt.limit[PF_LIMIT_SRC_NODES],
		       0);
	nfb_rule(&g->b, chain);
	count_source(g, set, af,
		     o->max_src_states ? o->max_src_states : UINT32_MAX,
		     "l.src-states");
	/* no room for one more source */
	nfb_rule(&g->b, chain);
	gen_source(g, af);
	nfe_lookup(&g->b, set, NFR(0), true);
	drop(g, "src-limit", "l.src-nodes");
}

/* max-src-conn of a rule without overload: with the first packet. */
static void by_conn(struct gen *g, const struct pf_rule *r, unsigned int n,
		    const char *chain, unsigned int af, char place)
{
	char set[32];

	snprintf(set, sizeof(set), "n%u.t%c%c", n, place, digit(af));
	gen_source_set(g, set, af, g->c->opt.limit[PF_LIMIT_SRC_NODES], 0);
	nfb_rule(&g->b, chain);
	gen_match_proto(g, IPPROTO_TCP);
	count_source(g, set, af, r->opts.max_src_conn, "l.src-conn");
}

static void by_rate(struct gen *g, const struct pf_rule *r, unsigned int n,
		    const char *chain, unsigned int af, char place)
{
	const struct pf_state_opts *o = &r->opts;
	struct nfe_dynset d = {
		.op = NFT_DYNSET_OP_UPDATE, .key = NFR(0), .expr = true};
	char set[32];

	snprintf(set, sizeof(set), "n%u.r%c%c", n, place, digit(af));
	gen_source_set(g, set, af, g->c->opt.limit[PF_LIMIT_SRC_NODES],
		       (uint64_t)o->conn_rate_seconds * 2000);
	d.set = set;
	nfb_rule(&g->b, chain);
	gen_match_proto(g, IPPROTO_TCP);
	gen_source(g, af);
	nfe_dynset_begin(&g->b, &d);
	nfe_dynset_expr(&g->b);
	nfe_limit(&g->b, o->conn_rate, o->conn_rate_seconds, o->conn_rate,
		  true);
	nfe_dynset_expr_end(&g->b);
	nfe_dynset_end(&g->b);
	drop(g, "src-limit", "l.src-conn-rate");
}

bool gen_limits(const struct pf_rule *r)
{
	const struct pf_state_opts *o = &r->opts;

	return r->state != PF_STATE_NONE &&
	       (o->max_states || o->max_src_nodes || o->max_src_states ||
		o->max_src_conn || o->conn_rate ||
		o->flags & (PF_S_SRCTRACK | PF_S_SRCTRACK_RULE |
			    PF_S_SRCTRACK_GLOBAL));
}

void gen_limit(struct gen *g, const struct pf_rule *r, unsigned int n,
	       const char *chain, enum gen_place p)
{
	const struct pf_state_opts *o = &r->opts;
	const bool late = gen_overloads(r);
	unsigned int all = gen_families(r);
	size_t i;

	if (o->max_states) {
		nfb_rule(&g->b, chain);
		nfe_connlimit(&g->b, o->max_states, true);
		drop(g, "state-limit", "l.states");
	}
	for (i = 0; i < 2; i++) {
		if (all != GEN_AF_ANY && !(all & families[i]))
			continue;
		if (counts_for_all(r))
			by_all(g, r, chain, families[i], gen_letter[p]);
		else if (o->max_src_states || o->max_src_nodes ||
			 o->flags & (PF_S_SRCTRACK | PF_S_SRCTRACK_RULE |
				     PF_S_SRCTRACK_GLOBAL))
			by_source(g, r, n, chain, families[i], gen_letter[p]);
		if (o->max_src_conn && !late)
			by_conn(g, r, n, chain, families[i], gen_letter[p]);
		if (o->conn_rate && !late)
			by_rate(g, r, n, chain, families[i], gen_letter[p]);
	}
	if (late)
		gen_overload_new(g, r, n, chain, p);
}

/*
 * The kernel has one limit for all vnets together.  Here it counts a vnet's
 * connections one by one, each time one begins.
 */
bool gen_limits_all(const struct gen *g)
{
	return g->c->opt.limit_set & 1u << PF_LIMIT_STATES &&
	       g->c->opt.limit[PF_LIMIT_STATES] <= GEN_STATES_MAX;
}

void gen_limit_all(struct gen *g, const char *chain)
{
	const uint32_t most = g->c->opt.limit[PF_LIMIT_STATES];

	if (!gen_limits_all(g))
		return;
	nfb_rule(&g->b, chain);
	nfe_connlimit(&g->b, most, true);
	gen_count(g, "memory");
	nfe_verdict(&g->b, NF_DROP, NULL);
	nfb_rule_end(&g->b);
}

void gen_limit_check(struct gen *g, const struct pf_rule *r)
{
	const struct pf_state_opts *o = &r->opts;

	if (o->conn_rate && !o->conn_rate_seconds)
		gen_refuse(g, r, "max-src-conn-rate needs seconds");
	if (o->flags & PF_S_PFLOW)
		gen_refuse(g, r, "pflow is not supported");
	if (o->flags & PF_S_ALLOW_RELATED)
		gen_refuse(g, r,
			   "allow-related: conntrack knows no more of SCTP's "
			   "addresses than it is told");
	gen_timeout_check(g, r);
}
