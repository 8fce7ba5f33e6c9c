/* See merge.h. */
#include "pf/merge.h"

#include "base/cleanup.h"
#include "pf/load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const unsigned int list_what[PF_NLISTS] = {
	[PF_LIST_ETHER] = PF_LOAD_ETHER, [PF_LIST_SCRUB] = PF_LOAD_FILTER,
	[PF_LIST_NAT] = PF_LOAD_NAT,	 [PF_LIST_BINAT] = PF_LOAD_NAT,
	[PF_LIST_RDR] = PF_LOAD_NAT,	 [PF_LIST_FILTER] = PF_LOAD_FILTER,
};

struct merge {
	const char *path;
	unsigned int what;
	bool apart;
};

static void anchor_free(struct pf_anchor *a)
{
	size_t i;

	if (!a)
		return;
	for (i = 0; i < a->nchild; i++)
		anchor_free(a->child[i]);
	free(a->child);
	free(a->table);
	free(a);
}

void pf_merged_free(struct pf_merged *m)
{
	anchor_free(m->conf.root);
	m->conf.root = NULL;
}

/* Is the anchor the one that is loaded, or within it? */
static bool within(const char *path, const char *of)
{
	size_t n = strlen(of);

	return n == 0 || (strncmp(path, of, n) == 0 &&
			  (path[n] == '\0' || path[n] == '/'));
}

static bool has_content(const struct pf_anchor *a)
{
	int l;

	for (l = 0; l < PF_NLISTS; l++)
		if (a->list[l].n)
			return true;
	return a->ntable > 0;
}

/* Does `now` say what is in this anchor? */
static bool from_now(const struct merge *m, const struct pf_anchor *now,
		     const char *path)
{
	if (!now || !within(path, m->path))
		return false;
	return strcmp(path, m->path) == 0 || now->loaded || has_content(now);
}

static int add_table(struct pf_anchor *a, const struct pf_table *t)
{
	struct pf_table *v;

	if (pf_table_find(a, t->name))
		return 0;
	v = reallocarray(a->table, a->ntable + 1, sizeof(*v));
	if (!v)
		return -ENOMEM;
	a->table = v;
	v[a->ntable++] = *t;
	return 0;
}

static int cmp_table(const void *a, const void *b)
{
	const struct pf_table *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* Tables that persist stay when the new text does not name them. */
static int merge_tables(struct pf_anchor *to, const struct pf_anchor *old,
			const struct pf_anchor *now, bool replace)
{
	struct pf_table keep;
	size_t i;
	int r = 0;

	for (i = 0; now && r == 0 && i < now->ntable; i++)
		r = add_table(to, &now->table[i]);
	for (i = 0; old && r == 0 && i < old->ntable; i++) {
		if (replace && !(old->table[i].flags & PF_T_PERSIST))
			continue;
		/* its contents are the kernel's */
		keep = old->table[i];
		keep.flags &= ~PF_T_HAS_INIT;
		r = add_table(to, &keep);
	}
	if (to->ntable)
		qsort(to->table, to->ntable, sizeof(*to->table), cmp_table);
	return r;
}

static struct pf_anchor *merge_anchor(struct merge *m, struct pf_anchor *old,
				      struct pf_anchor *now,
				      struct pf_anchor *parent);

static int merge_children(struct merge *m, struct pf_anchor *to,
			  struct pf_anchor *old, struct pf_anchor *now)
{
	const size_t max = (old ? old->nchild : 0) + (now ? now->nchild : 0);
	size_t i = 0, k = 0;
	int d;

	if (!max)
		return 0;
	to->child = calloc(max, sizeof(struct pf_anchor *));
	if (!to->child)
		return -ENOMEM;
	/* both are sorted */
	while ((old && i < old->nchild) || (now && k < now->nchild)) {
		struct pf_anchor *x =
			old && i < old->nchild ? old->child[i] : NULL;
		struct pf_anchor *y =
			now && k < now->nchild ? now->child[k] : NULL;

		d = !x ? 1 : !y ? -1 : strcmp(x->name, y->name);
		to->child[to->nchild] = merge_anchor(m, d <= 0 ? x : NULL,
						     d >= 0 ? y : NULL, to);
		if (!to->child[to->nchild])
			return -ENOMEM;
		to->nchild++;
		i += d <= 0;
		k += d >= 0;
	}
	return 0;
}

static struct pf_anchor *merge_anchor(struct merge *m, struct pf_anchor *old,
				      struct pf_anchor *now,
				      struct pf_anchor *parent)
{
	const struct pf_anchor *like = now ? now : old;
	struct pf_anchor *to = calloc(1, sizeof(*to)), *from;
	const char *path = like && like->path ? like->path : "";
	const bool fresh = from_now(m, now, path);
	const bool tables = fresh && (m->what & PF_LOAD_TABLES);
	int l;

	if (!to)
		return NULL;
	to->name = like->name;
	to->path = like->path;
	to->parent = parent;
	to->loaded = fresh ? now->loaded : old && old->loaded;
	for (l = 0; l < PF_NLISTS; l++) {
		from = fresh && (m->what & list_what[l]) ? now : old;
		if (from)
			to->list[l] = from->list[l];
	}
	if (!fresh && old && parent && has_content(old))
		m->apart = true;
	if (parent && strcmp(path, m->path) == 0)
		m->apart = true;
	if (merge_tables(to, old, tables ? now : NULL, tables) < 0 ||
	    merge_children(m, to, old, now) < 0) {
		anchor_free(to);
		return NULL;
	}
	return to;
}

/* As pfctl has it where a limit of states comes without adaptive timeouts. */
static void follow_limit(const struct pf_options *now, struct pf_options *to)
{
	const uint32_t adaptive =
		1u << PF_TM_ADAPTIVE_START | 1u << PF_TM_ADAPTIVE_END;
	const uint32_t tenth = now->limit[PF_LIMIT_STATES] / 10;

	if (!(now->limit_set & 1u << PF_LIMIT_STATES) ||
	    now->timeout_set & adaptive)
		return;
	to->timeout[PF_TM_ADAPTIVE_START] = tenth * 6;
	to->timeout[PF_TM_ADAPTIVE_END] = tenth * 12;
	to->timeout_set |= adaptive;
}

static void merge_options(const struct pf_options *old,
			  const struct pf_options *now, unsigned int what,
			  struct pf_options *to)
{
	int i;

	*to = what & PF_LOAD_OPTIONS ? *now : *old;
	if (!(what & PF_LOAD_OPTIONS))
		return;
	follow_limit(now, to);
	if (!(what & PF_LOAD_MERGE))
		return;
	for (i = 0; i < PF_NTIMEOUTS; i++)
		if (!(to->timeout_set & 1u << i))
			to->timeout[i] = old->timeout[i];
	for (i = 0; i < PF_NLIMITS; i++)
		if (!(now->limit_set & 1u << i))
			to->limit[i] = old->limit[i];
	to->timeout_set |= old->timeout_set;
	to->limit_set |= old->limit_set;
	if (!(now->set & PF_O_LOGIF))
		to->loginterface = old->loginterface;
	if (!(now->set & PF_O_HOSTID))
		to->hostid = old->hostid;
	if (!(now->set & PF_O_DEBUG))
		to->debug = old->debug;
	if (!(now->set & PF_O_REASSEMBLE)) {
		to->reassemble = old->reassemble;
		to->reassemble_nodf = old->reassemble_nodf;
	}
	if (!(now->set & PF_O_SYNCOOKIES)) {
		to->syncookies = old->syncookies;
		to->syncookies_high = old->syncookies_high;
		to->syncookies_low = old->syncookies_low;
	}
	if (!(now->set & PF_O_KEEPCOUNTERS))
		to->keepcounters = old->keepcounters;
	if (!now->skip.n)
		to->skip = old->skip;
	to->set |= old->set;
}

int pf_merge(struct pf_conf *old, struct pf_conf *now, const char *path,
	     unsigned int what, struct pf_merged *ret, struct err *e)
{
	struct merge m = {.path = path, .what = what};
	struct pf_merged to = {0};

	/* an anchor's own file cannot set options */
	merge_options(&old->opt, &now->opt,
		      path[0] ? what & ~PF_LOAD_OPTIONS : what, &to.conf.opt);
	to.conf.queues =
		path[0] || !(what & PF_LOAD_QUEUES) ? old->queues : now->queues;
	to.conf.root = merge_anchor(&m, old->root, now->root, NULL);
	if (!to.conf.root)
		return err_nomem(e);
	to.apart = m.apart;
	*ret = to;
	return 0;
}
