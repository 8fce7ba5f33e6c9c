/* See tables.h: tables read, and changed alive. */
#include "pf/tables_impl.h"

#include "base/cleanup.h"
#include "pf/kernel.h"
#include "pf/tables_pack.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#define TRIES 16 /* somebody else may be faster so often */

struct reading {
	struct pf_entries e;
	size_t size;
};

static int on_chunk(const struct nft_elem *el, void *data, struct err *e)
{
	struct reading *x = data;
	int r = pf_unpack(el->udata, el->udata_len, &x->e, &x->size);

	return r == -ENOMEM ? err_nomem(e) : 0; /* what is none of ours: no */
}

static void read_again(void *data)
{
	((struct reading *)data)->e.n = 0;
}

int pf_table_read_static(struct nl *nf, const struct pf_tablerow *t,
			 struct pf_entries *ret, struct err *e)
{
	struct reading x = {.size = 0};
	char name[PF_SETNAME];
	int r;

	pf_table_setname(name, 'r', AF_INET, t->path, t->name);
	r = nft_each_elem(nf, name, on_chunk, read_again, &x, e);
	if (r < 0) {
		free(x.e.v);
		return r;
	}
	x.e.n = pf_entries_sort(x.e.v, x.e.n);
	*ret = x.e;
	return 0;
}

int pf_table_read(struct nl *nf, const struct pf_tablerow *t,
		  struct pf_entries *ret, struct err *e)
{
	struct pf_entries all = {0}, dyn = {0};
	int r = pf_table_read_static(nf, t, &all, e);

	if (r >= 0)
		r = pf_table_read_dynamic(nf, t, &dyn, e);
	if (r >= 0 && pf_entries_merge(&all, &dyn) < 0)
		r = err_nomem(e);
	free(dyn.v);
	if (r < 0)
		free(all.v);
	else
		*ret = all;
	return r;
}

static int no_table(struct err *e)
{
	return err_set(e, ESRCH, "Table does not exist");
}

/* what a command does to a table */

struct change {
	enum pf_table_cmd cmd;
	const struct pf_entry *v;
	size_t n;
	struct pf_table_result *ret;
};

static int entries_copy(const struct pf_entries *from, struct pf_entries *to)
{
	to->v = malloc((from->n + 1) * sizeof(*to->v));
	if (!to->v)
		return -ENOMEM;
	if (from->n)
		memcpy(to->v, from->v, from->n * sizeof(*to->v));
	to->n = from->n;
	return 0;
}

static void stamp(const struct pf_entries *old, struct pf_entries *now)
{
	uint32_t t = (uint32_t)time(NULL);

	for (size_t i = 0; i < now->n; i++) {
		const struct pf_entry *was =
			pf_entries_find(old->v, old->n, &now->v[i]);

		now->v[i].since = was ? was->since : t;
	}
}

/* 0: there is nothing to send, 1: there is. */
static int change_contents(const struct change *c, struct nl *nf, struct nfb *b,
			   struct pf_tablerow *t, struct err *e)
{
	struct pf_entries old = {0}, now = {0}, dyn = {0}, was = {0};
	struct pf_table_result *r = c->ret;
	int x = t->known ? pf_table_read_static(nf, t, &old, e) : 0;

	if (x >= 0 && t->known)
		x = pf_table_read_dynamic(nf, t, &dyn, e);
	if (x >= 0 &&
	    (entries_copy(&old, &was) < 0 || pf_entries_merge(&was, &dyn) < 0 ||
	     entries_copy(&was, &now) < 0))
		x = err_nomem(e);
	if (x >= 0 && c->cmd == PF_TABLE_ADD)
		x = pf_entries_add(&now, c->v, c->n, r->what, &r->added);
	else if (x >= 0 && c->cmd == PF_TABLE_DELETE)
		x = pf_entries_delete(&now, c->v, c->n, r->what, &r->deleted);
	else if (x >= 0 && c->cmd == PF_TABLE_REPLACE)
		x = pf_entries_replace(&now, c->v, c->n, r->what, &r->added,
				       &r->deleted, &r->changed);
	else if (x >= 0) {
		r->deleted = now.n;
		now.n = 0;
	}
	if (x >= 0) {
		stamp(&was, &now);
		x = pf_table_emit_change(b, t, &old, &now);
		pf_table_take_dynamic(b, t, &dyn);
	}
	free(old.v);
	free(was.v);
	free(dyn.v);
	free(now.v);
	return x < 0 ? x : r->added || r->deleted || r->changed;
}

static int count_ref(const struct pf_anchor *a, const char *name, void *data)
{
	struct pf_table_info *t = data;
	const char *path = pf_table_find(a, name) ? a->path : "";

	if (!strcmp(name, t->name) && !strcmp(path, t->anchor))
		t->refs_rules++;
	return 0;
}

static void count_refs(const struct pf_anchor *a, struct pf_table_info *t)
{
	for (int l = 0; l < PF_NLISTS; l++)
		for (size_t i = 0; i < a->list[l].n; i++)
			pf_rule_tables(a, &a->list[l].v[i], count_ref, t);
	for (size_t i = 0; i < a->nchild; i++)
		count_refs(a->child[i], t);
}

/* Rules look it up: it may be emptied and made inactive, not deleted. */
static int is_referred(struct pf_kernel *k, const struct pf_tablerow *t,
		       struct err *e)
{
	cleanup_pf_conf struct pf_conf *c = NULL;
	struct pf_table_info info = {.anchor = t->path};
	int r = pf_loaded(k, &c, e);

	if (r < 0)
		return r;
	str_copy(info.name, sizeof(info.name), t->name);
	count_refs(c->root, &info);
	return info.refs_rules > 0;
}

static int kill_table(struct pf_kernel *k, struct nfb *b, struct pf_tablerow *t,
		      struct err *e)
{
	int r = is_referred(k, t, e);

	if (r < 0)
		return r;
	if (!r) {
		pf_table_emit_delete(b, t);
		return 1;
	}
	t->active = false;
	t->flags = 0;
	return pf_table_emit_all(b, t, NULL, 0) < 0 ? err_nomem(e) : 1;
}

/* Only some entries; what the others have counted stays. */
static int zero_some(struct nfb *b, struct pf_tablerow *t,
		     const struct change *c, struct pf_entries *all)
{
	const uint32_t now = (uint32_t)time(NULL);
	cleanup_free bool *hits = calloc(all->n + 1, sizeof(*hits));
	cleanup_free struct pf_entry *v = calloc(all->n + 1, sizeof(*v));
	const struct pf_entries old = {v, all->n};

	if (!hits || !v)
		return -ENOMEM;
	if (all->n)
		memcpy(v, all->v, all->n * sizeof(*v));
	for (size_t i = 0; i < c->n; i++) {
		struct pf_entry x = c->v[i];
		struct pf_entry *hit = NULL;

		if (!pf_entry_canon(&x) && all->n)
			hit = bsearch(&x, all->v, all->n, sizeof(*all->v),
				      pf_entry_cmp);
		if (c->ret->what)
			c->ret->what[i] = hit ? 'Z' : ' ';
		if (hit) {
			hit->since = now;
			hits[hit - all->v] = true;
		}
		c->ret->changed += hit != NULL;
	}
	/* those that packets have added become contents like others */
	return t->dynamic ? pf_table_emit_all(b, t, all->v, all->n)
			  : pf_table_emit_zero(b, t, &old, all, hits);
}

/* -T zero: since now, the table with all entries, or only some entries. */
static int zero_table(struct nl *nf, struct nfb *b, struct pf_tablerow *t,
		      const struct change *c, struct err *e)
{
	uint32_t now = (uint32_t)time(NULL);
	struct pf_entries all = {0};
	int r = pf_table_read(nf, t, &all, e);

	if (r < 0)
		return r;
	if (c->n) {
		r = zero_some(b, t, c, &all);
	} else {
		t->cleared = now;
		for (size_t i = 0; i < all.n; i++)
			all.v[i].since = 0;
		c->ret->changed = 1;
		r = pf_table_emit_all(b, t, all.v, all.n);
	}
	free(all.v);
	return r < 0 ? err_nomem(e) : 1;
}

/* One try; 1: something is to be sent. */
static int build(struct pf_kernel *k, const char *path, const char *table,
		 const struct change *c, struct nfb *b, struct err *e)
{
	cleanup_pf_tablereg struct pf_tablereg reg = {0};
	struct pf_tablerow fresh = {0}, *t;
	int r = pf_tablereg_read(k->nf, &reg, e);

	if (r < 0)
		return r;
	t = pf_tablereg_find(&reg, path, table);
	if ((!t || !t->active) && c->cmd != PF_TABLE_ADD &&
	    c->cmd != PF_TABLE_REPLACE)
		return no_table(e);
	if (t && t->active && t->flags & PF_T_CONST &&
	    c->cmd != PF_TABLE_ZERO && c->cmd != PF_TABLE_KILL)
		return err_set(e, EPERM, "Operation not permitted");
	if (reg.no_table)
		nfb_table(b, NFT_TABLE_F_DORMANT);
	if (!t) {
		fresh.path = (char *)path;
		str_copy(fresh.name, sizeof(fresh.name), table);
		t = &fresh;
	}
	if (!t->active) {
		t->flags |= PF_T_PERSIST;
		t->active = true;
		t->cleared = time(NULL);
		c->ret->created = true;
		pf_table_emit_row(b, t);
	}
	switch (c->cmd) {
	case PF_TABLE_KILL:
		c->ret->deleted = 1;
		return kill_table(k, b, t, e);
	case PF_TABLE_ZERO:
		return zero_table(k->nf, b, t, c, e);
	default:
		/* a table that was just made has nothing to be read */
		t->known = t->known && t != &fresh;
		r = change_contents(c, k->nf, b, t, e);
		return r < 0 ? r : r || c->ret->created;
	}
}

int pf_table_change(struct pf_kernel *k, const char *path, const char *table,
		    const struct pf_table_change *todo,
		    struct pf_table_result *ret, struct err *e)
{
	if (strlen(path) + strlen(table) + 2 >= NFB_UDATA - 12)
		return err_set(e, ENAMETOOLONG,
			       "table <%s>: the anchor's path is too long",
			       table);
	for (int i = 0; i < TRIES; i++) {
		cleanup_nfb struct nfb b;
		struct pf_table_result res = {.what = ret->what};
		struct change c = {todo->cmd, todo->v, todo->n, &res};
		uint32_t gen = 0;
		int r;

		nfb_init(&b);
		r = nft_genid(k->nf, &gen, e);
		if (r >= 0)
			r = build(k, path, table, &c, &b, e);
		if (r > 0 && !todo->dry)
			r = nfb_commit(&b, k->nf, gen, NULL, e);
		if (r == -ERESTART)
			continue;
		if (r < 0)
			return r;
		*ret = res;
		return 0;
	}
	return err_set(e, EBUSY, "the rules change all the time");
}

static int info_of(struct pf_kernel *k, const struct pf_tablerow *t,
		   const struct pf_conf *c, bool counts,
		   struct pf_table_info *ret, struct err *e)
{
	struct pf_entries all = {0};
	int r = 0;

	*ret = (struct pf_table_info){
		.anchor = strdup(t->path),
		.flags = t->flags,
		.active = t->active,
		.cleared = t->cleared,
	};
	if (!ret->anchor)
		return err_nomem(e);
	str_copy(ret->name, sizeof(ret->name), t->name);
	count_refs(c->root, ret);
	if (counts)
		r = pf_table_read(k->nf, t, &all, e);
	ret->addrs = all.n;
	free(all.v);
	return r;
}

static int info_cmp(const void *a, const void *b)
{
	const struct pf_table_info *x = a, *y = b;
	int r = strcmp(x->anchor, y->anchor);

	return r ? r : strcmp(x->name, y->name);
}

void pf_tables_free(struct pf_table_info *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(v[i].anchor);
	free(v);
}

int pf_tables(struct pf_kernel *k, const char *path, bool all, bool counts,
	      struct pf_table_info **ret, size_t *n, struct err *e)
{
	cleanup_pf_tablereg struct pf_tablereg reg = {0};
	cleanup_pf_conf struct pf_conf *c = NULL;
	struct pf_table_info *v = NULL;
	size_t got = 0;
	int r = pf_tablereg_read(k->nf, &reg, e);

	if (r >= 0)
		r = pf_loaded(k, &c, e);
	if (r < 0)
		return r;
	v = calloc(reg.n + 1, sizeof(*v));
	if (!v)
		return err_nomem(e);
	for (size_t i = 0; r >= 0 && i < reg.n; i++)
		if (all || !strcmp(reg.v[i].path, path))
			r = info_of(k, &reg.v[i], c, counts, &v[got++], e);
	if (r >= 0 && counts)
		r = pf_table_totals(k, c, v, got, e);
	if (r < 0) {
		pf_tables_free(v, got);
		return r;
	}
	if (got)
		qsort(v, got, sizeof(*v), info_cmp);
	*ret = v;
	*n = got;
	return 0;
}

int pf_table_show(struct pf_kernel *k, const char *path, const char *table,
		  struct pf_entry **ret, size_t *n, int64_t *cleared,
		  struct err *e)
{
	cleanup_pf_tablereg struct pf_tablereg reg = {0};
	struct pf_entries all = {0};
	const struct pf_tablerow *t;
	int r = pf_tablereg_read(k->nf, &reg, e);

	if (r < 0)
		return r;
	t = pf_tablereg_find(&reg, path, table);
	if (!t || !t->active)
		return no_table(e);
	r = pf_table_read(k->nf, t, &all, e);
	if (r < 0)
		return r;
	*ret = all.v;
	*n = all.n;
	*cleared = t->cleared;
	return 0;
}
