/*
 * nft_count: what the rules in the kernel have counted, and whose states a
 * conntrack entry stands for.
 *
 * A rule of pf counts in three places: its kernel rules (the packets that it
 * decided; in ordered chains also how often it was looked at), the element of
 * its word in the map decP (ordered chains: the packets that it decided), and
 * the elements in sti and sto (all later packets of its states), for which some
 * kernel rules count, too (nft_sole.c), and those in sbi and sbo (nft_bound.c).
 */
#include "pf/conf.h"
#include "pf/keep.h"
#include "pf/kernel.h"
#include "pf/load.h"
#include "pf/nft_gen.h"
#include "pf/state.h"
#include "pf/store.h"

#include "base/cleanup.h"

#include <endian.h>
#include <errno.h>
#include <limits.h>
#include <net/ethernet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct count {
	struct gen g;
	struct pf_counters *v; /* of all rules */
	bool ordered;
	int way; /* 0 in, 1 out: of the elements that are read now */
};

static void count_free(struct count *c)
{
	gen_free(&c->g);
	free(c->v);
}

/* Of a place's letter. */
static bool is_in(char letter)
{
	const char *at = letter ? strchr(gen_letter, letter) : NULL;

	return at && gen_is_in((enum gen_place)(at - gen_letter));
}

static int way_of(const char *chain)
{
	/* chains of rdr are n0. and n1., those of nat n2. */
	if (chain[0] == 'n')
		return chain[1] == '2';
	return !is_in(chain[0]);
}

static int take_rule(const struct nft_rule_info *r, void *data, struct err *e)
{
	struct count *c = data;
	const uint8_t *u = r->udata;
	struct pf_counters *to;
	int way = way_of(r->chain);
	uint32_t n;

	(void)e;
	if (gen_sole_counts(r, &n, &way) && n < c->g.nrules) {
		c->v[n].packets[way] += r->packets[0];
		c->v[n].bytes[way] += r->bytes[0];
		return 0;
	}
	if (r->udata_len != 5 || u[0] != GEN_WHY_RULE || r->ncounters == 0)
		return 0;
	memcpy(&n, u + 1, sizeof(n));
	n = le32toh(n);
	if (n >= c->g.nrules)
		return 0;
	to = &c->v[n];
	to->evaluations += r->packets[0];
	if (r->ncounters == 1) {
		to->packets[way] += r->packets[0];
		to->bytes[way] += r->bytes[0];
		to->state_creations += r->packets[0];
	}
	return 0;
}

/* -1: none that has counters. */
static int rule_counted(const struct count *c, uint32_t word)
{
	const int n = gen_word_rule(word, c->g.nrules, NULL);

	return n < (int)c->g.nrules ? n : -1;
}

static int take_elem(const struct nft_elem *el, void *data, struct err *e)
{
	struct count *c = data;
	uint32_t word;
	int n;

	(void)e;
	if ((el->klen != sizeof(word) && el->klen != GEN_BOUND_KEY) ||
	    !el->counted)
		return 0;
	memcpy(&word, el->key, sizeof(word));
	n = rule_counted(c, word);
	if (n < 0)
		return 0;
	c->v[n].packets[c->way] += el->packets;
	c->v[n].bytes[c->way] += el->bytes;
	return 0;
}

static int take_decision(const struct nft_elem *el, void *data, struct err *e)
{
	struct count *c = data;
	uint32_t word;
	int n, r;

	r = take_elem(el, data, e);
	if (r == 0 && el->klen == sizeof(word) && el->counted) {
		memcpy(&word, el->key, sizeof(word));
		n = rule_counted(c, word);
		if (n >= 0)
			c->v[n].state_creations += el->packets;
	}
	return r;
}

/* Elements of runs (nft_run.c): the word is what the key leads to. */
static int take_run(const struct nft_elem *el, void *data, struct err *e)
{
	struct count *c = data;
	struct pf_counters *to;
	uint32_t word;
	int n;

	(void)e;
	if (el->dlen != sizeof(word) || !el->counted)
		return 0;
	memcpy(&word, el->data, sizeof(word));
	n = rule_counted(c, word);
	if (n < 0)
		return 0;
	to = &c->v[n];
	to->packets[c->way] += el->packets;
	to->bytes[c->way] += el->bytes;
	to->evaluations += el->packets;
	to->state_creations += el->packets;
	return 0;
}

static int note_run(const struct nft_set_info *s, void *data, struct err *e)
{
	if (s->name[0] != 'u')
		return 0;
	return strv_add(data, s->name) < 0 ? err_nomem(e) : 0;
}

static void forget(void *data)
{
	strv_free(data);
}

static int read_runs(struct pf_kernel *k, struct count *c, struct err *e)
{
	cleanup_strv struct strv names = {0};
	size_t i;
	int r;

	r = nft_each_set(k->nf, note_run, forget, &names, e);
	for (i = 0; r == 0 && i < names.n; i++) {
		c->way = !is_in(names.v[i][1]);
		r = nft_each_elem(k->nf, names.v[i], take_run, NULL, c, e);
	}
	return r;
}

static int maybe(int r, struct err *e)
{
	if (r == -ENOENT) {
		err_clear(e);
		return 0;
	}
	return r;
}

/* What rules had counted before they were loaded again (keep.c). */
static int take_kept(const struct nft_elem *el, void *data, struct err *e)
{
	struct count *c = data;
	struct pf_counters *to, was = {0};
	uint32_t n;

	(void)e;
	if (el->klen != sizeof(n) || el->udata_len != sizeof(was))
		return 0;
	memcpy(&n, el->key, sizeof(n));
	memcpy(&was, el->udata, sizeof(was));
	if (n >= c->g.nrules)
		return 0;
	to = &c->v[n];
	to->evaluations += was.evaluations;
	to->state_creations += was.state_creations;
	for (int i = 0; i < 2; i++) {
		to->packets[i] += was.packets[i];
		to->bytes[i] += was.bytes[i];
	}
	return 0;
}

static int read_ether(struct pf_kernel *k, struct count *c, struct err *e)
{
	cleanup_free struct gen_ether_count *v = NULL;
	int r;

	if (!gen_ether_any(&c->g))
		return 0;
	r = gen_ether_counts(&c->g, k->nf, &v, e);
	if (r < 0)
		return r;
	for (unsigned int n = 0; n < c->g.nrules; n++) {
		for (int way = 0; way < 2; way++) {
			c->v[n].evaluations += v[n].seen[way];
			c->v[n].packets[way] += v[n].packets[way];
			c->v[n].bytes[way] += v[n].bytes[way];
		}
		/* the header has been taken off what comes in */
		c->v[n].bytes[0] += v[n].packets[0] * ETH_HLEN;
	}
	return 0;
}

static int read_all(struct pf_kernel *k, struct count *c, struct err *e)
{
	static const struct {
		const char *set;
		int way;
		nft_elem_cb *cb;
	} sets[] = {
		{"sti", 0, take_elem},	 {"sto", 1, take_elem},
		{"sbi", 0, take_elem},	 {"sbo", 1, take_elem},
		{PF_KEPT, 0, take_kept},
	};
	char set[8];
	size_t i;
	int r;

	r = maybe(nft_each_rule(k->nf, NULL, take_rule, NULL, c, e), e);
	for (i = 0; r == 0 && i < sizeof(sets) / sizeof(sets[0]); i++) {
		c->way = sets[i].way;
		r = maybe(nft_each_elem(k->nf, sets[i].set, sets[i].cb, NULL, c,
					e),
			  e);
	}
	for (i = 0; r == 0 && i < GEN_NPLACES; i++) {
		c->way = !gen_is_in((enum gen_place)i);
		snprintf(set, sizeof(set), "dec%c", gen_letter[i]);
		r = maybe(nft_each_elem(k->nf, set, take_decision, NULL, c, e),
			  e);
	}
	if (r == 0)
		r = read_runs(k, c, e);
	if (r == 0)
		r = read_ether(k, c, e);
	return r;
}

/* nat-to and such are of the rule that passed, which has its state already. */
static void count_translated(struct count *c, int n)
{
	const struct gen_node *node;
	enum pf_list list;
	unsigned int at;

	if (n >= 0 && gen_rule_at(&c->g, (unsigned int)n, &node, &list, &at) &&
	    list != PF_LIST_FILTER)
		c->v[n].states++;
}

static int count_state(const struct pf_flow *f, const struct pf_state *s,
		       void *data, struct err *e)
{
	struct count *c = data;

	(void)f;
	(void)e;
	if (s->rule < 0 || (unsigned int)s->rule >= c->g.nrules)
		return 0;
	c->v[s->rule].states++;
	/* sources are translated on the way out, destinations on that in */
	count_translated(c, s->dir == PF_OUT ? s->nat_rule : s->rdr_rule);
	return 0;
}

static bool begins_states(const struct pf_rule *r, enum pf_list list)
{
	return r->action == PF_NAT || r->action == PF_BINAT ||
	       r->action == PF_RDR || gen_makes_state(r, list);
}

static void add_counters(struct pf_counters *to, const struct pf_counters *c)
{
	to->states += c->states;
	to->state_creations += c->state_creations;
	for (int i = 0; i < 2; i++) {
		to->packets[i] += c->packets[i];
		to->bytes[i] += c->bytes[i];
	}
}

/* What the rules that decide have counted in there. */
static void count_within(const struct count *c, const struct pf_rule *r,
			 struct pf_counters *ret)
{
	const char *path = r->anchor && r->anchor->path ? r->anchor->path : "";
	const struct gen_node *to = gen_node_of(&c->g, path);
	size_t i = to ? (size_t)(to - c->g.node) + r->anchor_wild : 0;

	for (; to && i < to->end; i++) {
		const struct gen_node *node = &c->g.node[i];
		const struct pf_rules *l = &node->a->list[PF_LIST_FILTER];

		for (size_t k = 0; k < l->n; k++)
			if (l->v[k].action == PF_PASS ||
			    l->v[k].action == PF_BLOCK)
				add_counters(
					ret,
					&c->v[node->base[PF_LIST_FILTER] + k]);
	}
}

/*
 * As pf counts for anchors: what is decided within one that the main ruleset
 * calls is that rule's, too.  Those in anchors, and those of translations,
 * have evaluations only.
 */
static void count_anchors(struct count *c)
{
	for (size_t i = 0; i < c->g.nnodes; i++)
		for (size_t l = 0; l < PF_NLISTS; l++) {
			const struct gen_node *node = &c->g.node[i];
			const struct pf_rules *list = &node->a->list[l];

			for (size_t k = 0; k < list->n; k++) {
				struct pf_counters *n =
					&c->v[node->base[l] + k];

				if (list->v[k].action != PF_ANCHOR)
					continue;
				*n = (struct pf_counters){
					.evaluations = n->evaluations};
				if (i == 0 && l == PF_LIST_FILTER)
					count_within(c, &list->v[k], n);
			}
		}
}

/* Each match was taken for a state that begins: not of rules that make none. */
static void only_states(struct count *c)
{
	for (size_t i = 0; i < c->g.nnodes; i++)
		for (size_t l = 0; l < PF_NLISTS; l++) {
			const struct gen_node *node = &c->g.node[i];
			const struct pf_rules *list = &node->a->list[l];

			for (size_t k = 0; k < list->n; k++)
				if (!begins_states(&list->v[k],
						   (enum pf_list)l))
					c->v[node->base[l] + k]
						.state_creations = 0;
		}
}

static int count_all(struct pf_kernel *k, const struct pf_conf *conf,
		     struct count *c, struct err *e)
{
	int r;

	r = gen_init(&c->g, conf, NULL, NULL, e);
	if (r < 0)
		return r;
	c->v = calloc(c->g.nrules + 1, sizeof(*c->v));
	if (!c->v)
		return err_nomem(e);
	if (!c->g.nrules) /* or nothing was ever loaded */
		return 0;
	r = read_all(k, c, e);
	only_states(c);
	return r;
}

int pf_count_rules(struct pf_kernel *k, const struct pf_conf *conf,
		   struct pf_counters **ret, struct err *e)
{
	__attribute__((cleanup(count_free))) struct count c = {0};
	int r = count_all(k, conf, &c, e);

	if (r < 0)
		return r;
	count_anchors(&c);
	*ret = take_ptr(c.v);
	return r;
}

int pf_rule_counters(struct pf_kernel *k, const char *path, enum pf_list list,
		     struct pf_counters **ret, size_t *n, struct err *e)
{
	__attribute__((cleanup(count_free))) struct count c = {0};
	cleanup_pf_conf struct pf_conf *conf = NULL;
	const struct gen_node *node;
	struct pf_counters *v;
	size_t count;
	int r;

	r = pf_loaded(k, &conf, e);
	if (r < 0)
		return r;
	r = count_all(k, conf, &c, e);
	if (r >= 0)
		r = pf_states_each(k, k->v, NULL, count_state, &c, e);
	if (r < 0)
		return r;
	count_anchors(&c);
	node = gen_node_of(&c.g, path);
	if (!node)
		return err_set(e, ENOENT, "Anchor '%s' not found.", path);
	count = node->a->list[list].n;
	v = calloc(count + 1, sizeof(*v));
	if (!v)
		return err_nomem(e);
	memcpy(v, c.v + node->base[list], count * sizeof(*v));
	*ret = v;
	*n = count;
	return 0;
}

/* labels */

/* What is loaded is asked for once: a label of another one names no rule. */
static int know_loaded(struct pf_kernel *k)
{
	struct pf_meta m;
	int r;

	if (k->generation)
		return 0;
	r = pf_store_read_meta(k->nf, &m, NULL);
	if (r < 0)
		return r;
	strv_free(&k->bound_ifs);
	if (m.pairs && gen_bound_read(k->nf, &k->bound_ifs, NULL, NULL) < 0)
		strv_free(&k->bound_ifs);
	free(k->older);
	k->older = NULL;
	k->nolder = 0;
	gen_older_read(k->nf, m.generation, &k->older, &k->nolder);
	k->pairs = m.pairs;
	k->generation = m.generation;
	return 0;
}

int pf_word_rule(struct pf_kernel *k, uint32_t word, const char **ret_if)
{
	int i = -1, n = (int)(word & GEN_RULE_MASK) - 1;

	if (know_loaded(k) == 0 && k->pairs)
		n = gen_word_rule(word, k->pairs - 1, &i);
	if (ret_if && i >= 0 && (size_t)i < k->bound_ifs.n)
		*ret_if = k->bound_ifs.v[i];
	return n;
}

static int rule_of(struct pf_kernel *k, uint32_t word, const char **ret_if)
{
	int n;

	if (!(word & GEN_VALID))
		return -1;
	if (((word & ~GEN_VALID) >> GEN_GEN_SHIFT) != k->generation) {
		*ret_if = gen_older_if(k->older, k->nolder, word);
		return PF_RULE_GONE;
	}
	n = pf_word_rule(k, word, ret_if);
	return n < 0 ? PF_RULE_GONE : n;
}

int pf_mark_of(struct pf_kernel *k, const uint32_t label[4], struct pf_mark *m)
{
	const uint32_t flags = label[GEN_LABEL_FLAGS];
	struct pf_mark to = {
		.x_rule = -1, .y_rule = -1, .nat_rule = -1, .rdr_rule = -1};
	int r;

	r = know_loaded(k);
	if (r < 0)
		return r;
	to.x_rule = rule_of(k, label[GEN_LABEL_X], &to.x_if);
	to.y_rule = rule_of(k, label[GEN_LABEL_Y], &to.y_if);
	to.x_reply = flags & GEN_FLAG_X_REPLY;
	to.y_reply = flags & GEN_FLAG_Y_REPLY;
	to.nat_rule = (int)(label[GEN_LABEL_NAT] & GEN_NAT_MASK) - 1;
	to.rdr_rule = (int)(flags >> GEN_RDR_SHIFT) - 1;
	to.gate[0] = flags >> GEN_GATE_ORIG_SHIFT & GEN_GATE_MASK;
	to.gate[1] =
		label[GEN_LABEL_NAT] >> GEN_GATE_REPLY_SHIFT & GEN_GATE_MASK;
	*m = to;
	return 0;
}

/* The rule of the main ruleset that calls the anchor, or one it lies in. */
static int calling_rule(const struct pf_conf *c, const char *path,
			enum pf_list list)
{
	const struct pf_rules *l = &c->root->list[list];
	const char *to;
	size_t i, n;

	for (i = 0; i < l->n; i++) {
		if (l->v[i].action != PF_ANCHOR || !l->v[i].anchor)
			continue;
		to = l->v[i].anchor->path ? l->v[i].anchor->path : "";
		n = strlen(to);
		if (n == 0 || (strncmp(path, to, n) == 0 &&
			       (path[n] == '\0' || path[n] == '/')))
			return (int)i;
	}
	return -1;
}

int pf_rule_where(const struct pf_conf *c, int n, const struct pf_anchor **a,
		  unsigned int *nr, int *anchor_nr)
{
	cleanup_gen struct gen g = {0};
	const struct gen_node *node;
	enum pf_list list;
	unsigned int at;
	int r;

	r = gen_init(&g, c, NULL, NULL, NULL);
	if (r < 0)
		return r;
	if (n < 0 || !gen_rule_at(&g, (unsigned int)n, &node, &list, &at))
		return -ENOENT;
	*a = node->a;
	*nr = at;
	*anchor_nr = -1;
	if (node->a->path && node->a->path[0])
		*anchor_nr = calling_rule(c, node->a->path, list);
	return 0;
}

const struct pf_rule *pf_rule_at(const struct pf_conf *c, int n,
				 enum pf_list *ret_list)
{
	cleanup_gen struct gen g = {0};
	const struct gen_node *node;
	unsigned int at;

	if (n < 0 || gen_init(&g, c, NULL, NULL, NULL) < 0 ||
	    !gen_rule_at(&g, (unsigned int)n, &node, ret_list, &at))
		return NULL;
	return &node->a->list[*ret_list].v[at];
}
