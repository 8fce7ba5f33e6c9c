/*
 * nft_older: if-bound states of rules that have been replaced.
 *
 * States of older generations pass by the word's generation alone
 * (nft_state.c), which says nothing of where.  So a load of other rules notes
 * the words of if-bound states that there are, each with the names of the
 * interfaces where its packets pass, in the set "boundwas": those of the rules
 * of before, and what is in there of older ones yet.  A word that is bound
 * stands there with an empty name as well: it passes nowhere else.  Without any
 * there is no such set.  A state that begins while rules are loaded, behind
 * that look, passes on any interface.
 */
#include "pf/nft_gen.h"

#include "base/cleanup.h"
#include "pf/state.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(struct gen_older) == GEN_BOUND_KEY, "registers in a row");

static int add(struct gen *g, const struct gen_older *x, struct err *e)
{
	struct gen_older *v = reallocarray(g->older, g->nolder + 1, sizeof(*v));

	if (!v)
		return err_nomem(e);
	g->older = v;
	v[g->nolder++] = *x;
	return 0;
}

static int on_older(const struct nft_elem *el, void *data, struct err *e)
{
	const uint32_t generation = GEN_GEN_MAX << GEN_GEN_SHIFT;
	struct gen *g = data;
	struct gen_older x;

	if (el->klen != sizeof(x))
		return 0;
	memcpy(&x, el->key, sizeof(x));
	if (!x.name[0] ||
	    (x.word & generation) == (gen_word(g, 0) & generation))
		return 0;
	return add(g, &x, e);
}

static void forget(void *data)
{
	((struct gen *)data)->nolder = 0;
}

struct noting {
	struct gen *g;
	int error;
};

static void note(void *data, uint32_t word, const char *ifname)
{
	struct noting *to = data;
	struct gen_older x = {.word = word};

	gen_kernel_name(ifname, x.name);
	if (!to->error)
		to->error = add(to->g, &x, NULL);
}

static int cmp_words(const void *a, const void *b)
{
	const struct gen_older *x = a, *y = b;

	return x->word < y->word ? -1 : x->word > y->word;
}

struct looking {
	const struct gen *g;
	bool *used;
};

/* Ends none: which words are there? */
static bool note_flow(void *data, const struct pf_flow *f)
{
	const struct looking *l = data;
	const struct gen_older *v = l->g->older;

	for (size_t i = 0; i < 2; i++) {
		const struct gen_older key = {.word = f->label[i]};
		const struct gen_older *hit =
			bsearch(&key, v, l->g->nolder, sizeof(*v), cmp_words);

		if (hit)
			l->used[hit - v] = true;
	}
	return false;
}

/* Words that no state has go. */
static int drop_unused(struct gen *g, struct err *e)
{
	cleanup_free bool *used = calloc(g->nolder, sizeof(*used));
	struct looking l = {.g = g, .used = used};
	size_t n = 0, end;

	if (!used)
		return err_nomem(e);
	qsort(g->older, g->nolder, sizeof(*g->older), cmp_words);
	if (pf_flows_end(g->v, note_flow, &l, NULL) < 0)
		return 0; /* all may be used */
	for (size_t i = 0; i < g->nolder; i = end) {
		bool any = false;

		for (end = i;
		     end < g->nolder && g->older[end].word == g->older[i].word;
		     end++)
			any |= used[end];
		if (!any)
			continue;
		memmove(g->older + n, g->older + i,
			(end - i) * sizeof(*g->older));
		n += end - i;
	}
	g->nolder = n;
	return 0;
}

int gen_older_recall(struct gen *g, struct gen *was, bool there, struct err *e)
{
	struct noting to = {.g = g};
	int r = 0;

	if (there) /* may begin anew */
		r = nft_each_elem(g->nf, GEN_OLDER, on_older, forget, g, e);
	if (was)
		gen_bound_each(was, note, &to);
	if (r < 0 || to.error)
		return r < 0 ? r : err_nomem(e);
	return g->nolder ? drop_unused(g, e) : 0;
}

int gen_older_read(struct nl *nf, uint32_t generation, struct gen_older **ret,
		   size_t *n)
{
	struct gen g = {.generation = generation};
	int r = nft_each_elem(nf, GEN_OLDER, on_older, forget, &g, NULL);

	if (r < 0) {
		free(g.older);
		return r;
	}
	if (g.nolder)
		qsort(g.older, g.nolder, sizeof(*g.older), cmp_words);
	*ret = g.older;
	*n = g.nolder;
	return 0;
}

const char *gen_older_if(const struct gen_older *v, size_t n, uint32_t word)
{
	const struct gen_older key = {.word = word};
	const struct gen_older *hit =
		n ? bsearch(&key, v, n, sizeof(*v), cmp_words) : NULL;

	if (!hit || (hit > v && hit[-1].word == word) ||
	    (hit + 1 < v + n && hit[1].word == word))
		return NULL;
	return hit->name;
}

void gen_older_set(struct gen *g)
{
	struct nfb_elem el = {.klen = GEN_BOUND_KEY};

	if (!g->nolder)
		return;
	nfb_set(&g->b, &(struct nfb_set){.name = GEN_OLDER,
					 .ktype = NFB_TYPE_INT,
					 .klen = GEN_BOUND_KEY});
	nfb_elems(&g->b, GEN_OLDER, false);
	for (size_t i = 0; i < g->nolder; i++) {
		const struct gen_older *x = &g->older[i];
		const struct gen_older any = {.word = x->word};

		if (!i || x[-1].word != x->word) {
			el.key = &any;
			nfb_elem(&g->b, &el);
		}
		el.key = x;
		nfb_elem(&g->b, &el);
	}
	nfb_elems_end(&g->b);
}

void gen_older_match(struct gen *g, enum gen_place p, unsigned int word,
		     bool here)
{
	static const char any[IFNAMSIZ];

	if (here)
		nfe_meta(&g->b,
			 gen_is_in(p) ? NFT_META_IIFNAME : NFT_META_OIFNAME,
			 NFR(word + 1));
	else
		nfe_imm(&g->b, NFR(word + 1), any, sizeof(any));
	nfe_lookup(&g->b, GEN_OLDER, NFR(word), !here);
}
