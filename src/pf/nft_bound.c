/*
 * nft_bound: if-bound states of rules that name no single interface.
 *
 * A rule with `on IF' says itself where its states are (nft_action.c).  Those
 * of another rule are each of the interface of the packet that made it, so the
 * word in the label (nft_filter.c) is that of a pair: rule n on interface i of
 * a list has the number
 *
 *	n + (i + 1) * (rules + 1)
 *
 * into which the map "bound" turns the rule's word and the interface's name
 * when the state is made (chain ls).  The maps sbi and sbo, by such a word and
 * the name of the interface where the packet is, say what sti and sto say of
 * other states: on another interface nothing is found.  Who wants the rule
 * takes the number modulo rules + 1.
 *
 * The list ("boundif") has the interfaces that are there when rules are loaded,
 * without those that are skipped.  It only grows while the generation stays,
 * since states' words do; pf_refresh() loads the rules anew when one has come.
 * When most of the list are interfaces that have gone, the generation ends.
 * A state that is made on an interface before that has the rule's own word, and
 * passes where the list has nothing, or what it got later.
 *
 * An entry has room for one state of a direction, and bits of a label are never
 * taken back: packets of a flow that moves to another interface are judged
 * there, one by one, and make no second state.
 */
#include "pf/nft_gen.h"

#include "net/ifnet.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAP "bound"
#define LATE 0x80000000u /* of a number in the list: came later */
#define LIST_MAX 65536

unsigned int gen_pair(unsigned int rules, unsigned int n, unsigned int i)
{
	return n + (i + 1) * (rules + 1);
}

int gen_word_rule(uint32_t word, unsigned int rules, int *ret_if)
{
	const unsigned int n = (word & GEN_RULE_MASK) - 1;

	if (!(word & GEN_RULE_MASK))
		return -1;
	if (ret_if)
		*ret_if = (int)(n / (rules + 1)) - 1;
	return (int)(n % (rules + 1));
}

static bool is_bound(const struct pf_rule *r)
{
	return r->action == PF_PASS && r->state != PF_STATE_NONE &&
	       (r->opts.flags & (PF_S_IFBOUND | PF_S_FLOATING)) == PF_S_IFBOUND;
}

/*
 * Packets of the rule's states are sent by another interface than rules have
 * seen, and those of the other end come in there.
 */
static bool is_sent(const struct pf_rule *r)
{
	return r->route == PF_REPLY_TO ||
	       (r->route == PF_ROUTE_TO && r->dir != PF_IN);
}

static bool is_sent_elsewhere(const struct pf_rule *r)
{
	for (size_t i = 0; is_sent(r) && i < r->route_pool.n; i++) {
		const char *name = r->route_pool.v[i].ifname;

		if (name && *name && strcmp(name, r->ifname) != 0)
			return true;
	}
	return false;
}

/* What synproxy lets begin comes from here: the rule alone can tell. */
static bool names_one(const struct gen *g, const struct pf_rule *r)
{
	if (!r->ifname || r->flags & PF_F_NOT_IF)
		return false;
	return gen_synproxy(g, r) ||
	       (!gen_is_group(r->ifname) && !is_sent_elsewhere(r));
}

bool gen_bound_named(const struct gen *g, const struct pf_rule *r)
{
	return is_bound(r) && names_one(g, r);
}

bool gen_bound_pairs(const struct gen *g, const struct pf_rule *r)
{
	return is_bound(r) && !names_one(g, r);
}

void gen_bound_check(struct gen *g, const struct pf_rule *r)
{
	g->bound_any |= gen_bound_named(g, r);
	if (is_bound(r) && g->pfil.member)
		gen_refuse(g, r, GEN_BOUND_MEMBER);
	if (!gen_bound_pairs(g, r))
		return;
	if (!g->bound++)
		g->bound_rule = r;
	if (gen_synproxy(g, r))
		gen_refuse(g, r,
			   "%s (if-bound): say on which interface, or "
			   "(floating)",
			   r->state == PF_STATE_SYNPROXY
				   ? "synproxy state"
				   : "set syncookies always: keep state");
}

/* the list */

struct listed {
	char name[IFNAMSIZ];
	uint32_t at;
};
struct list {
	struct listed *v;
	size_t n;
};

static void list_free(struct list *l)
{
	free(l->v);
}

static void restart(void *data)
{
	struct list *l = data;

	l->n = 0;
}

static int take_listed(const struct nft_elem *el, void *data, struct err *e)
{
	struct list *l = data;
	struct listed *v;

	if (el->klen != IFNAMSIZ || el->dlen != sizeof(v->at) ||
	    l->n == LIST_MAX)
		return 0;
	v = reallocarray(l->v, l->n + 1, sizeof(*v));
	if (!v)
		return err_nomem(e);
	l->v = v;
	v += l->n++;
	memcpy(v->name, el->key, IFNAMSIZ);
	v->name[IFNAMSIZ - 1] = '\0';
	memcpy(&v->at, el->data, sizeof(v->at));
	return 0;
}

static int cmp_listed(const void *a, const void *b)
{
	const struct listed *x = a, *y = b;
	const uint32_t i = x->at & ~LATE, k = y->at & ~LATE;

	return i < k ? -1 : i > k;
}

static bool is_name(const char *s)
{
	const char *at = s;

	while (*at > ' ' && *at < 0x7f)
		at++;
	return !*at && at > s;
}

int gen_bound_read(struct nl *nf, struct strv *ret, size_t *ret_first,
		   struct err *e)
{
	__attribute__((cleanup(list_free))) struct list l = {0};
	cleanup_strv struct strv names = {0};
	size_t first = 0;
	int r;

	r = nft_each_elem(nf, GEN_BOUND_IFS, take_listed, restart, &l, e);
	if (r < 0)
		return r;
	if (l.n)
		qsort(l.v, l.n, sizeof(*l.v), cmp_listed);
	for (size_t i = 0; i < l.n; i++) {
		/* a jail's root may have written something else */
		if ((l.v[i].at & ~LATE) != i || !is_name(l.v[i].name))
			return err_set(e, EBADMSG, "%s: no list of interfaces",
				       GEN_BOUND_IFS);
		if (strv_add(&names, l.v[i].name) < 0)
			return err_nomem(e);
		if (!(l.v[i].at & LATE))
			first = i + 1;
	}
	*ret = names;
	if (ret_first)
		*ret_first = first;
	names = (struct strv){0};
	return 0;
}

static bool is_skipped(const struct gen *g, const struct ifnet *ifp)
{
	const struct strv *skip = &g->c->opt.skip;

	for (size_t i = 0; i < skip->n; i++)
		if (gen_if_meant(ifp, skip->v[i]))
			return true;
	return false;
}

static bool fits(const struct gen *g, size_t n)
{
	return (n + 1) * (g->nrules + 1) <= GEN_MAX_RULES;
}

void gen_bound_keep(struct gen *g, struct nl *nf)
{
	/* without it, the list begins anew */
	if (gen_bound_read(nf, &g->bound_ifs, &g->bound_first, NULL) == 0 &&
	    !fits(g, g->bound_ifs.n))
		strv_free(&g->bound_ifs);
}

void gen_bound_grow(struct gen *g)
{
	const bool fresh = !g->bound_ifs.n;
	const size_t had = g->bound_ifs.n;

	for (size_t i = 0; g->bound && g->ifs && i < g->ifs->n; i++) {
		const struct ifnet *ifp = &g->ifs->v[i];

		if (is_skipped(g, ifp) || strv_has(&g->bound_ifs, ifp->kname))
			continue;
		if (!fits(g, g->bound_ifs.n + 1)) {
			if (!fresh)
				break;
			gen_refuse(g, g->bound_rule,
				   "if-bound: too many rules for all of %zu "
				   "interfaces: say on which, or `keep state "
				   "(floating)'",
				   g->ifs->n);
			strv_free(&g->bound_ifs);
			return;
		}
		if (strv_add(&g->bound_ifs, ifp->kname) < 0)
			g->b.failed = true;
	}
	if (fresh)
		g->bound_first = g->bound_ifs.n;
	g->bound_grown = g->bound_ifs.n > had;
}

/* words */

uint32_t gen_bound_room(const struct gen *g, size_t n)
{
	return (uint32_t)(n + g->bound * g->bound_ifs.n);
}

bool gen_rule_word(const struct gen *g, const struct pf_rule *r, unsigned int n,
		   size_t i, uint32_t *ret)
{
	if (i > (gen_bound_pairs(g, r) ? g->bound_ifs.n : 0))
		return false;
	*ret = gen_word(g, i ? gen_pair(g->nrules, n, (unsigned int)i - 1) : n);
	return true;
}

static void put_list(struct gen *g)
{
	const struct nfb_set s = {.name = GEN_BOUND_IFS,
				  .ktype = NFB_TYPE_IFNAME,
				  .klen = IFNAMSIZ,
				  .dtype = NFB_TYPE_MARK,
				  .dlen = 4,
				  .size = (uint32_t)g->bound_ifs.n + 1};
	char name[IFNAMSIZ];

	nfb_set(&g->b, &s);
	nfb_elems(&g->b, s.name, false);
	for (size_t i = 0; i < g->bound_ifs.n; i++) {
		const uint32_t at =
			(uint32_t)i | (i < g->bound_first ? 0 : LATE);

		gen_kernel_name(g->bound_ifs.v[i], name);
		nfb_elem(&g->b, &(struct nfb_elem){.key = name,
						   .klen = IFNAMSIZ,
						   .data = &at,
						   .dlen = sizeof(at)});
	}
	nfb_elems_end(&g->b);
}

struct key {
	uint32_t word;
	char name[IFNAMSIZ];
};
_Static_assert(sizeof(struct key) == GEN_BOUND_KEY, "registers in a row");

typedef void put_fn(struct gen *g, const struct gen_node *node,
		    const struct pf_rule *r, unsigned int n, char letter);

static void each_rule(struct gen *g, put_fn *put, char letter)
{
	for (size_t i = 0; i < g->nnodes; i++) {
		const struct gen_node *node = &g->node[i];
		const struct pf_rules *l = &node->a->list[PF_LIST_FILTER];

		for (size_t k = 0; k < l->n; k++)
			if (gen_bound_pairs(g, &l->v[k]))
				put(g, node, &l->v[k],
				    node->base[PF_LIST_FILTER] +
					    (unsigned int)k,
				    letter);
	}
}

static void put_words(struct gen *g, const struct gen_node *node,
		      const struct pf_rule *r, unsigned int n, char letter)
{
	struct key key = {.word = gen_word(g, n)};
	uint32_t word;

	(void)node;
	(void)letter;
	for (size_t i = 1; gen_rule_word(g, r, n, i, &word); i++) {
		gen_kernel_name(g->bound_ifs.v[i - 1], key.name);
		nfb_elem(&g->b, &(struct nfb_elem){.key = &key,
						   .klen = sizeof(key),
						   .data = &word,
						   .dlen = sizeof(word)});
	}
}

static void put_state(struct gen *g, const struct key *key,
		      const struct gen_verdict *v)
{
	nfb_elem(&g->b,
		 &(struct nfb_elem){.key = key,
				    .klen = sizeof(*key),
				    .verdict = true,
				    .code = v->code,
				    .chain = v->chain[0] ? v->chain : NULL});
}

static void put_ways(struct gen *g, const struct pf_rule *r, struct key *key,
		     const struct gen_verdict *v)
{
	const struct pf_pool_entry *e = r->route_pool.v;
	char own[IFNAMSIZ];

	memcpy(own, key->name, sizeof(own));
	for (size_t i = 0; i < r->route_pool.n; i++) {
		bool seen = !e[i].ifname || !*e[i].ifname;

		for (size_t k = 0; !seen && k < i; k++)
			seen = e[k].ifname &&
			       strcmp(e[k].ifname, e[i].ifname) == 0;
		if (seen)
			continue;
		gen_kernel_name(e[i].ifname, key->name);
		if (memcmp(own, key->name, sizeof(own)) != 0)
			put_state(g, key, v);
	}
}

static void put_states(struct gen *g, const struct gen_node *node,
		       const struct pf_rule *r, unsigned int n, char letter)
{
	struct gen_verdict v = {.code = NF_ACCEPT};
	struct key key;

	gen_state_verdict(g, node, r, n, letter, false, &v);
	for (size_t i = 1; gen_rule_word(g, r, n, i, &key.word); i++) {
		gen_kernel_name(g->bound_ifs.v[i - 1], key.name);
		put_state(g, &key, &v);
		if (is_sent(r))
			put_ways(g, r, &key, &v);
	}
}

static void each_name(struct gen *g, const struct pf_rule *r, unsigned int n,
		      void (*fn)(void *data, uint32_t word, const char *ifname),
		      void *data)
{
	const struct pf_pool_entry *e = r->route_pool.v;
	uint32_t word;

	for (size_t i = 1; gen_rule_word(g, r, n, i, &word); i++) {
		fn(data, word, g->bound_ifs.v[i - 1]);
		for (size_t k = 0; is_sent(r) && k < r->route_pool.n; k++)
			if (e[k].ifname && *e[k].ifname)
				fn(data, word, e[k].ifname);
	}
	if (gen_bound_named(g, r) && !gen_synproxy(g, r))
		fn(data, gen_word(g, n), r->ifname);
}

void gen_bound_each(struct gen *g,
		    void (*fn)(void *data, uint32_t word, const char *ifname),
		    void *data)
{
	for (size_t i = 0; i < g->nnodes; i++) {
		const struct gen_node *node = &g->node[i];
		const struct pf_rules *l = &node->a->list[PF_LIST_FILTER];

		for (size_t k = 0; k < l->n; k++)
			each_name(g, &l->v[k],
				  node->base[PF_LIST_FILTER] + (unsigned int)k,
				  fn, data);
	}
}

static size_t count_ways(const struct gen *g)
{
	size_t n = 0;

	for (size_t i = 0; i < g->nnodes; i++) {
		const struct pf_rules *l = &g->node[i].a->list[PF_LIST_FILTER];

		for (size_t k = 0; k < l->n; k++)
			if (gen_bound_pairs(g, &l->v[k]) && is_sent(&l->v[k]))
				n += l->v[k].route_pool.n;
	}
	return n;
}

static void map_name(char ret[8], char letter)
{
	snprintf(ret, 8, "sb%c", letter);
}

void gen_bound_states(struct gen *g, char letter)
{
	char map[8];
	struct nfb_set s = {.name = map,
			    .ktype = NFB_TYPE_INT,
			    .klen = sizeof(struct key),
			    .dtype = NFT_DATA_VERDICT,
			    .counter = true};

	if (!g->bound)
		return;
	s.size = gen_bound_room(g, 1 + count_ways(g) * g->bound_ifs.n);
	map_name(map, letter);
	nfb_set(&g->b, &s);
	nfb_elems(&g->b, map, false);
	each_rule(g, put_states, letter);
	nfb_elems_end(&g->b);
}

static void load_name(struct gen *g, char letter, uint32_t reg)
{
	nfe_meta(&g->b, letter == 'i' ? NFT_META_IIFNAME : NFT_META_OIFNAME,
		 reg);
}

void gen_bound_pass(struct gen *g, enum gen_place p, const char *chain, int dir,
		    bool match)
{
	const char letter = gen_state_letter(p);
	const unsigned int word = gen_label_word(letter, dir);
	char map[8];

	if (!g->bound)
		return;
	map_name(map, letter);
	nfb_rule(&g->b, chain);
	if (match)
		gen_match_dir(g, dir);
	nfe_ct(&g->b, NFT_CT_LABELS, -1, NFR(0));
	nfe_cmp_u32(&g->b, NFT_CMP_NEQ, NFR(word), 0);
	load_name(g, letter, NFR(word + 1));
	nfe_vmap(&g->b, map, NFR(word));
	gen_rule_why(g, GEN_WHY_STATE);
}

static void put_map(struct gen *g)
{
	const struct nfb_set s = {.name = MAP,
				  .ktype = NFB_TYPE_INT,
				  .klen = sizeof(struct key),
				  .dtype = NFB_TYPE_MARK,
				  .dlen = 4,
				  .size = gen_bound_room(g, 1)};

	nfb_set(&g->b, &s);
	nfb_elems(&g->b, s.name, false);
	each_rule(g, put_words, 0);
	nfb_elems_end(&g->b);
}

/* Of a rule's own word: comes back where the list has the interface. */
static void put_chain(struct gen *g, char letter, const char *chain,
		      const struct gen_verdict *to)
{
	const uint32_t late = LATE, zero = 0;

	nfb_chain(&g->b, chain);
	nfb_rule(&g->b, chain);
	load_name(g, letter, NFR(0));
	nfe_map(&g->b, GEN_BOUND_IFS, NFR(0), NFR(4));
	nfe_bitwise(&g->b, NFR(4), NFR(4), 4, &late, &zero);
	nfe_cmp_u32(&g->b, NFT_CMP_EQ, NFR(4), 0);
	nfe_verdict(&g->b, NFT_RETURN, NULL);
	nfb_rule_end(&g->b);
	nfb_rule(&g->b, chain);
	if (to->chain[0])
		nfe_verdict(&g->b, NFT_GOTO, to->chain);
	else
		nfe_verdict(&g->b, to->code, NULL);
	nfb_rule_end(&g->b);
}

/* Of all rules whose states just pass. */
static void shared_name(char ret[GEN_CHAIN], char letter)
{
	snprintf(ret, GEN_CHAIN, "b%c", letter);
}

void gen_bound_maps(struct gen *g)
{
	struct gen_verdict to;
	char chain[GEN_CHAIN];

	if (!g->bound)
		return;
	put_list(g);
	put_map(g);
	for (const char *l = "io"; *l; l++) {
		gen_state_passes(g, *l, &to);
		shared_name(chain, *l);
		put_chain(g, *l, chain, &to);
	}
}

void gen_bound_verdict(struct gen *g, unsigned int n, char letter, bool make,
		       struct gen_verdict *v)
{
	struct gen_verdict plain, to = *v;

	gen_state_passes(g, letter, &plain);
	v->code = NFT_JUMP;
	shared_name(v->chain, letter);
	if (strcmp(plain.chain, to.chain) == 0)
		return;
	snprintf(v->chain, sizeof(v->chain), "b%u%c", n, letter);
	if (make)
		put_chain(g, letter, v->chain, &to);
}

/* In chain `ls`, whose states the word in the priority is for. */
void gen_bound_made(struct gen *g, const char *chain, enum gen_place p)
{
	const char letter = gen_state_letter(p);

	for (int dir = 0; (g->bound || g->bound_any || g->nolder) && dir < 2;
	     dir++) {
		nfb_rule(&g->b, chain);
		gen_match_dir(g, dir);
		nfe_ct(&g->b, NFT_CT_LABELS, -1, NFR(0));
		nfe_cmp_u32(&g->b, NFT_CMP_NEQ,
			    NFR(gen_label_word(letter, dir)), 0);
		nfe_imm_u32(&g->b, NFR(0), gen_member_rest(g, p));
		nfe_meta_set(&g->b, NFT_META_PRIORITY, NFR(0));
		nfe_verdict(&g->b, NFT_RETURN, NULL);
		nfb_rule_end(&g->b);
	}
	if (!g->bound)
		return;
	nfb_rule(&g->b, chain);
	nfe_meta(&g->b, NFT_META_PRIORITY, NFR(0));
	load_name(g, letter, NFR(1));
	nfe_map(&g->b, MAP, NFR(0), NFR(8));
	nfe_meta_set(&g->b, NFT_META_PRIORITY, NFR(8));
	nfb_rule_end(&g->b);
}
