/*
 * purge: conntrack's entries of states that rules have ended (nft_overload.c).
 *
 * The set "dead" has an element if there may be some.  An entry goes when its
 * label says that a state of it is dead, or when one of the sets of flushed
 * sources has its source and it was not made later; then the sets are emptied.
 */
#include "pf/kernel.h"
#include "pf/load.h"
#include "pf/nft_gen.h"
#include "pf/state.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct source {
	union pf_addr addr;
	sa_family_t af;
	char who; /* 'i', 'o': of all rules; 'r': of one */
	int rule; /* its number */
};

struct purge {
	struct pf_kernel *k;
	struct strv sets;
	struct source *v;
	size_t n;
	struct source now; /* of the set that is read */
	size_t elems;
};

static void purge_free(struct purge *p)
{
	strv_free(&p->sets);
	free(p->v);
}

static int on_dead(const struct nft_elem *el, void *data, struct err *e)
{
	struct purge *p = data;

	(void)el;
	(void)e;
	p->elems++;
	return 0;
}

/* "fgi4", "f12.6" */
static bool parse_name(const char *name, struct source *s)
{
	const size_t len = strlen(name);
	char *end;

	if (name[0] != 'f' || len < 4)
		return false;
	*s = (struct source){.af = name[len - 1] == '6' ? AF_INET6 : AF_INET};
	if (name[1] == 'g') {
		s->who = name[2];
		return true;
	}
	s->who = 'r';
	s->rule = (int)strtoul(name + 1, &end, 10);
	return *end == '.';
}

static int note_set(const struct nft_set_info *s, void *data, struct err *e)
{
	struct purge *p = data;
	struct source x;

	if (!parse_name(s->name, &x))
		return 0;
	return strv_add(&p->sets, s->name) < 0 ? err_nomem(e) : 0;
}

static void forget_sets(void *data)
{
	struct purge *p = data;

	strv_free(&p->sets);
}

static int on_source(const struct nft_elem *el, void *data, struct err *e)
{
	struct purge *p = data;
	struct source *v;

	if (el->klen != (p->now.af == AF_INET ? 4u : 16u))
		return 0;
	v = reallocarray(p->v, p->n + 1, sizeof(*v));
	if (!v)
		return err_nomem(e);
	p->v = v;
	v[p->n] = p->now;
	memcpy(v[p->n++].addr.b, el->key, el->klen);
	return 0;
}

static int read_sources(struct purge *p, struct err *e)
{
	size_t i;
	int r;

	r = nft_each_set(p->k->nf, note_set, forget_sets, p, e);
	for (i = 0; r >= 0 && i < p->sets.n; i++) {
		parse_name(p->sets.v[i], &p->now);
		/* what comes twice does no harm */
		r = nft_each_elem(p->k->nf, p->sets.v[i], on_source, NULL, p,
				  e);
	}
	return r;
}

/* The end of a flow that load_end() of nft_overload.c takes. */
static const union pf_addr *end_of(const struct pf_flow *f, unsigned int word,
				   char who)
{
	if (word == GEN_LABEL_X && who != 'o')
		return &f->orig[0].addr;
	if (word == GEN_LABEL_Y && who != 'i')
		return &f->reply[1].addr;
	return &f->reply[0].addr;
}

static bool is_over(const struct purge *p, const struct pf_flow *f,
		    unsigned int word)
{
	const uint32_t w = f->label[word];
	size_t i;

	if (!(w & GEN_VALID))
		return false;
	if (f->label[GEN_LABEL_FLAGS] & gen_label_flag(GEN_FLAG_DEAD, word))
		return true;
	if (f->label[GEN_LABEL_FLAGS] & gen_label_flag(GEN_FLAG_AFTER, word))
		return false;
	for (i = 0; i < p->n; i++) {
		const struct source *s = &p->v[i];

		if (s->af != f->af ||
		    (s->who == 'r' && pf_word_rule(p->k, w, NULL) != s->rule))
			continue;
		if (!memcmp(end_of(f, word, s->who)->b, s->addr.b,
			    s->af == AF_INET ? 4 : 16))
			return true;
	}
	return false;
}

static bool flow_over(void *data, const struct pf_flow *f)
{
	return is_over(data, f, GEN_LABEL_X) || is_over(data, f, GEN_LABEL_Y);
}

static int empty_sets(struct purge *p, struct err *e)
{
	cleanup_nfb struct nfb b;
	size_t i;

	nfb_init(&b);
	for (i = 0; i < p->sets.n; i++)
		nfb_set_flush(&b, p->sets.v[i]);
	nfb_set_flush(&b, "dead");
	return nfb_commit(&b, p->k->nf, 0, NULL, e);
}

int pf_purge(struct pf_kernel *k, struct err *e)
{
	__attribute__((cleanup(purge_free))) struct purge p = {.k = k};
	int r;

	r = nft_each_elem(k->nf, "dead", on_dead, NULL, &p, e);
	if (r < 0 || !p.elems) {
		if (r == -ENOENT)
			err_clear(e);
		return r == -ENOENT ? 0 : r;
	}
	r = read_sources(&p, e);
	if (r >= 0)
		r = empty_sets(&p, e);
	return r < 0 ? r : pf_flows_end(k->v, flow_over, &p, e);
}
