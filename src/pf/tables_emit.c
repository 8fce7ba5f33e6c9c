/* tables: the registry of tables, and their sets in a transaction. */
#include "pf/tables_impl.h"
#include "pf/tables_pack.h"

#include "base/cleanup.h"

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#define REGISTRY "tables"
#define ROW_VERSION 1

static uint64_t fnv(uint64_t h, const char *s)
{
	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * 0x100000001b3;
	return h;
}
#define FNV_START 0xcbf29ce484222325

void pf_table_setname(char ret[PF_SETNAME], char kind, sa_family_t af,
		      const char *path, const char *name)
{
	int n = af == AF_INET ? 4 : 6;

	if (*path)
		snprintf(ret, PF_SETNAME, "%c%d.%016llx.%s", kind, n,
			 (unsigned long long)fnv(FNV_START, path), name);
	else
		snprintf(ret, PF_SETNAME, "%c%d.%s", kind, n, name);
}

void pf_tablereg_free(struct pf_tablereg *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->v[i].path);
	free(r->v);
	*r = (struct pf_tablereg){0};
}

struct pf_tablerow *pf_tablereg_find(struct pf_tablereg *r, const char *path,
				     const char *name)
{
	for (size_t i = 0; i < r->n; i++)
		if (!strcmp(r->v[i].name, name) && !strcmp(r->v[i].path, path))
			return &r->v[i];
	return NULL;
}

static struct pf_tablerow *reg_add(struct pf_tablereg *r, const char *path,
				   const char *name)
{
	struct pf_tablerow *t = pf_tablereg_find(r, path, name);

	if (t)
		return t;
	if (r->n == r->size) {
		size_t size = r->size ? 2 * r->size : 16;
		struct pf_tablerow *v = reallocarray(r->v, size, sizeof(*v));

		if (!v)
			return NULL;
		r->v = v;
		r->size = size;
	}
	t = &r->v[r->n];
	*t = (struct pf_tablerow){.path = strdup(path)};
	if (!t->path)
		return NULL;
	str_copy(t->name, sizeof(t->name), name);
	r->n++;
	return t;
}

/* A row as an element's userdata. */
struct row_data {
	uint8_t version, flags, dynamic, active;
	int64_t cleared;
	char text[NFB_UDATA - 12]; /* path NUL name NUL */
} __attribute__((packed));

/* A jail's root writes its own registry: no terminal sequences out of there. */
static bool is_plain(const char *s)
{
	for (; *s; s++)
		if ((uint8_t)*s < ' ' || *s == 0x7f)
			return false;
	return true;
}

static int on_row(const struct nft_elem *el, void *data, struct err *e)
{
	struct pf_tablereg *r = data;
	struct pf_tablerow *t;
	struct row_data d = {0};
	const char *name;
	size_t len;

	if (el->udata_len <= offsetof(struct row_data, text) ||
	    el->udata_len >= sizeof(d)) /* keeps a NUL behind the text */
		return 0;
	memcpy(&d, el->udata, el->udata_len);
	len = strlen(d.text);
	name = d.text + len + 1;
	if (d.version != ROW_VERSION || len + 1 >= sizeof(d.text) ||
	    !memchr(name, 0, sizeof(d.text) - len - 1) || !*name ||
	    strlen(name) >= PF_TABLE_NAME || !is_plain(d.text) ||
	    !is_plain(name))
		return 0;
	t = reg_add(r, d.text, name);
	if (!t)
		return err_nomem(e);
	t->flags = d.flags;
	t->active = d.active;
	t->dynamic = d.dynamic;
	t->cleared = d.cleared;
	t->known = true;
	return 0;
}

static void reg_restart(void *data)
{
	pf_tablereg_free(data);
}

int pf_tablereg_read(struct nl *nf, struct pf_tablereg *ret, struct err *e)
{
	cleanup_pf_tablereg struct pf_tablereg reg = {0};
	uint32_t flags;
	int r = nft_table_flags(nf, &flags, e);

	if (r < 0 && r != -ENOENT)
		return r;
	reg.no_table = r == -ENOENT;
	r = reg.no_table
		    ? 0
		    : nft_each_elem(nf, REGISTRY, on_row, reg_restart, &reg, e);
	if (r < 0 && r != -ENOENT)
		return r;
	*ret = reg;
	reg = (struct pf_tablereg){0};
	return 0;
}

static void emit_registry(struct nfb *b)
{
	nfb_set(b, &(struct nfb_set){.name = REGISTRY,
				     .ktype = NFB_TYPE_INT,
				     .klen = sizeof(uint64_t)});
}

static void emit_row(struct nfb *b, const struct pf_tablerow *t, bool del)
{
	uint64_t key = fnv(fnv(FNV_START, t->path) * 31, t->name);
	size_t plen = strlen(t->path) + 1, nlen = strlen(t->name) + 1;
	struct row_data d = {
		.version = ROW_VERSION,
		.flags = (uint8_t)t->flags,
		.active = t->active,
		.dynamic = t->dynamic,
		.cleared = t->cleared,
	};
	struct nfb_elem el = {.key = &key, .klen = sizeof(key)};

	if (!del) {
		memcpy(d.text, t->path, plen);
		memcpy(d.text + plen, t->name, nlen);
		el.udata = &d;
		el.udata_len = (uint32_t)(offsetof(struct row_data, text) +
					  plen + nlen);
	}
	nfb_elems(b, REGISTRY, del);
	nfb_elem(b, &el);
	nfb_elems_end(b);
}

/* The row as it is now, in place of what the kernel has. */
static void emit_row_again(struct nfb *b, struct pf_tablerow *t)
{
	if (t->known)
		emit_row(b, t, true);
	emit_row(b, t, false);
	t->known = true;
}

static uint32_t key_len(sa_family_t af)
{
	return af == AF_INET ? 4 : 16;
}

static void emit_range(struct nfb *b, const struct pf_range *r, sa_family_t af)
{
	union pf_addr lo = pf_num_addr(af, r->lo);
	union pf_addr end = pf_num_addr(af, r->hi + 1);
	bool open = true; /* up to the last address: no end */

	nfb_elem(b, &(struct nfb_elem){.key = &lo, .klen = key_len(af)});
	for (uint32_t i = 0; i < key_len(af); i++)
		open = open && !end.b[i];
	if (!open)
		nfb_elem(b, &(struct nfb_elem){
				    .key = &end,
				    .klen = key_len(af),
				    .flags = NFT_SET_ELEM_INTERVAL_END});
}

static const sa_family_t families[] = {AF_INET, AF_INET6};

/* Which sets of ranges there are. */
static const char *kinds(bool counters)
{
	return counters ? "t" PF_COUNTED : "t";
}

static const char *kinds_of(const struct pf_tablerow *t)
{
	return kinds(t->flags & PF_T_COUNTERS);
}

static void emit_sets(struct nfb *b, const struct pf_tablerow *t)
{
	char name[PF_SETNAME];

	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		for (const char *k = kinds_of(t); *k; k++) {
			pf_table_setname(name, *k, families[i], t->path,
					 t->name);
			nfb_set(b,
				&(struct nfb_set){
					.name = name,
					.flags = NFT_SET_INTERVAL,
					.ktype = i ? NFB_TYPE_V6 : NFB_TYPE_V4,
					.klen = key_len(families[i]),
					.counter = *k != 't',
				});
		}
	pf_table_setname(name, 'r', AF_INET, t->path, t->name);
	nfb_set(b, &(struct nfb_set){.name = name,
				     .ktype = NFB_TYPE_INT,
				     .klen = PF_CHUNK_KEY});
	if (t->dynamic)
		pf_table_emit_dynamic(b, t);
}

/*
 * The ranges that entries mean; of plain ones each is a range of its own.  In
 * sets that count they are not put together.
 */
static int ranges_of(const struct pf_entries *t, sa_family_t af, bool counted,
		     struct pf_range **ret, size_t *ret_n)
{
	size_t from, to;
	struct pf_range *v;

	if (counted)
		return pf_entries_pieces(t->v, t->n, af, ret, ret_n);
	if (!pf_entries_plain(t->v, t->n, af))
		return pf_entries_flatten(t->v, t->n, af, ret, ret_n);
	pf_entries_family(t->v, t->n, af, &from, &to);
	v = malloc((to - from + 1) * sizeof(*v));
	if (!v)
		return -ENOMEM;
	for (size_t i = from; i < to; i++)
		v[i - from] = pf_entry_range(&t->v[i]);
	*ret = v;
	*ret_n = to - from;
	return 0;
}

static void emit_ranges(struct nfb *b, const char *set, bool del,
			const struct pf_range *v, size_t n, sa_family_t af)
{
	nfb_elems(b, set, del);
	for (size_t i = 0; i < n; i++)
		emit_range(b, &v[i], af);
	nfb_elems_end(b);
}

/* Sets of ranges, from one contents to the other. */
static int emit_sets_change(struct nfb *b, const struct pf_tablerow *t,
			    const char *which, sa_family_t af,
			    const struct pf_entries *old,
			    const struct pf_entries *now)
{
	cleanup_free struct pf_range *a = NULL, *z = NULL;
	cleanup_pf_range_diff struct pf_range_diff d = {0};
	const bool counted = *which != 't';
	char name[PF_SETNAME];
	size_t na, nz;

	if (ranges_of(old, af, counted, &a, &na) < 0 ||
	    ranges_of(now, af, counted, &z, &nz) < 0)
		return -ENOMEM;
	if (na && pf_ranges_diff(a, na, z, nz, &d) < 0)
		return -ENOMEM;
	for (; *which; which++) {
		pf_table_setname(name, *which, af, t->path, t->name);
		if (!na) {
			emit_ranges(b, name, false, z, nz, af);
			continue;
		}
		emit_ranges(b, name, true, d.del, d.ndel, af);
		emit_ranges(b, name, false, d.add, d.nadd, af);
	}
	return 0;
}

/* What rules look up, and what counts. */
static int emit_lookup(struct nfb *b, const struct pf_tablerow *t,
		       sa_family_t af, const struct pf_entries *old,
		       const struct pf_entries *now)
{
	int r = emit_sets_change(b, t, "t", af, old, now);

	if (!r && t->flags & PF_T_COUNTERS)
		r = emit_sets_change(b, t, PF_COUNTED, af, old, now);
	return r;
}

/* The sets that count, of a table that has had none. */
static int emit_counted(struct nl *nf, struct nfb *b,
			const struct pf_tablerow *t, struct err *e)
{
	struct pf_entries all = {0};
	char name[PF_SETNAME];
	int r = pf_table_read_static(nf, t, &all, e);

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(families); i++) {
		cleanup_free struct pf_range *v = NULL;
		size_t n = 0;

		if (ranges_of(&all, families[i], true, &v, &n) < 0)
			r = err_nomem(e);
		for (const char *k = PF_COUNTED; r >= 0 && *k; k++) {
			pf_table_setname(name, *k, families[i], t->path,
					 t->name);
			emit_ranges(b, name, false, v, n, families[i]);
		}
	}
	free(all.v);
	return r;
}

static void delete_ranges(struct nfb *b, const struct pf_tablerow *t,
			  const char *which)
{
	char name[PF_SETNAME];

	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		for (const char *k = which; *k; k++) {
			pf_table_setname(name, *k, families[i], t->path,
					 t->name);
			nfb_set_del(b, name);
		}
}

static void emit_chunk(struct nfb *b, const struct pf_chunk *c, bool del)
{
	nfb_elem(b, &(struct nfb_elem){.key = c->key,
				       .klen = PF_CHUNK_KEY,
				       .udata = c->data,
				       .udata_len = del ? 0 : c->len});
}

static int chunk_cmp(const struct pf_chunk *a, const struct pf_chunk *z)
{
	return memcmp(a->key, z->key, PF_CHUNK_KEY);
}

/* The chunks that differ: one pass takes them out, one puts them in. */
static void emit_chunks(struct nfb *b, const char *set, bool del,
			const struct pf_chunk *a, size_t na,
			const struct pf_chunk *z, size_t nz)
{
	size_t i = 0, j = 0;

	nfb_elems(b, set, del);
	while (i < na || j < nz) {
		int c = i == na ? 1 : j == nz ? -1 : chunk_cmp(&a[i], &z[j]);
		bool other = c || a[i].len != z[j].len ||
			     memcmp(a[i].data, z[j].data, z[j].len) != 0;

		if (other && del && c <= 0)
			emit_chunk(b, &a[i], true);
		if (other && !del && c >= 0)
			emit_chunk(b, &z[j], false);
		i += c <= 0;
		j += c >= 0;
	}
	nfb_elems_end(b);
}

static int emit_entries(struct nfb *b, const struct pf_tablerow *t,
			const struct pf_entries *old,
			const struct pf_entries *now)
{
	cleanup_free struct pf_chunk *a = NULL, *z = NULL;
	char name[PF_SETNAME];
	size_t na = 0, nz = 0;

	if (pf_pack(old->v, old->n, &a, &na) < 0 ||
	    pf_pack(now->v, now->n, &z, &nz) < 0)
		return -ENOMEM;
	pf_table_setname(name, 'r', AF_INET, t->path, t->name);
	emit_chunks(b, name, true, a, na, z, nz);
	emit_chunks(b, name, false, a, na, z, nz);
	return 0;
}

int pf_table_emit_change(struct nfb *b, const struct pf_tablerow *t,
			 const struct pf_entries *old,
			 const struct pf_entries *now)
{
	int r = emit_entries(b, t, old, now);

	for (size_t i = 0; !r && i < ARRAY_SIZE(families); i++)
		r = emit_lookup(b, t, families[i], old, now);
	return r;
}

/* The ranges of some entries, put anew. */
static int emit_again(struct nfb *b, const struct pf_tablerow *t,
		      sa_family_t af, const struct pf_entries *x,
		      const bool *some)
{
	cleanup_free struct pf_range *v = NULL;
	const struct pf_entry *hit;
	char name[PF_SETNAME];
	size_t n, kept = 0;

	if (ranges_of(x, af, true, &v, &n) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct pf_entry at = {.af = (uint8_t)af,
				      .len = (uint8_t)(8 * key_len(af)),
				      .addr = pf_num_addr(af, v[i].lo)};

		hit = pf_entries_match(x->v, x->n, &at);
		if (hit && some[hit - x->v])
			v[kept++] = v[i];
	}
	for (const char *k = PF_COUNTED; kept && *k; k++) {
		pf_table_setname(name, *k, af, t->path, t->name);
		emit_ranges(b, name, true, v, kept, af);
		emit_ranges(b, name, false, v, kept, af);
	}
	return 0;
}

int pf_table_emit_zero(struct nfb *b, const struct pf_tablerow *t,
		       const struct pf_entries *old,
		       const struct pf_entries *now, const bool *some)
{
	int r = emit_entries(b, t, old, now);

	if (!(t->flags & PF_T_COUNTERS))
		return r;
	for (size_t i = 0; !r && i < ARRAY_SIZE(families); i++)
		r = emit_again(b, t, families[i], now, some);
	return r;
}

static void flush(struct nfb *b, const struct pf_tablerow *t)
{
	char name[PF_SETNAME];

	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		for (const char *k = kinds_of(t); *k; k++) {
			pf_table_setname(name, *k, families[i], t->path,
					 t->name);
			nfb_set_flush(b, name);
		}
	pf_table_setname(name, 'r', AF_INET, t->path, t->name);
	nfb_set_flush(b, name);
	if (t->dynamic)
		pf_table_flush_dynamic(b, t);
}

int pf_table_emit_all(struct nfb *b, struct pf_tablerow *t,
		      const struct pf_entry *v, size_t n)
{
	const struct pf_entries none = {0};
	const struct pf_entries now = {(struct pf_entry *)(uintptr_t)v, n};
	bool known = t->known;

	pf_table_emit_row(b, t);
	if (known)
		flush(b, t);
	return pf_table_emit_change(b, t, &none, &now);
}

void pf_table_emit_row(struct nfb *b, struct pf_tablerow *t)
{
	emit_registry(b);
	emit_sets(b, t);
	emit_row_again(b, t);
	t->emitted = true;
}

void pf_table_emit_delete(struct nfb *b, const struct pf_tablerow *t)
{
	char name[PF_SETNAME];

	delete_ranges(b, t, kinds(t->flags & PF_T_COUNTERS || t->had_counters));
	pf_table_setname(name, 'r', AF_INET, t->path, t->name);
	nfb_set_del(b, name);
	if (t->dynamic || t->had_dynamic)
		pf_table_delete_dynamic(b, t);
	emit_row(b, t, true);
}

/* what a ruleset refers to */

static int host_table(const struct pf_anchor *a, const struct pf_host *h,
		      pf_ref_fn *fn, void *data)
{
	return h->kind == PF_ADDR_TABLE && h->name ? fn(a, h->name, data) : 0;
}

static int pool_tables(const struct pf_anchor *a, const struct pf_pool *p,
		       pf_ref_fn *fn, void *data)
{
	int r = 0;

	for (size_t i = 0; !r && i < p->n; i++)
		r = host_table(a, &p->v[i].host, fn, data);
	return r;
}

int pf_rule_tables(const struct pf_anchor *a, const struct pf_rule *r,
		   pf_ref_fn *fn, void *data)
{
	int x = host_table(a, &r->src.host, fn, data);

	if (!x)
		x = host_table(a, &r->dst.host, fn, data);
	if (!x)
		x = pool_tables(a, &r->route_pool, fn, data);
	if (!x)
		x = pool_tables(a, &r->pool, fn, data);
	if (!x)
		x = pool_tables(a, &r->rdr, fn, data);
	if (!x && r->opts.overload)
		x = fn(a, r->opts.overload, data);
	return x;
}

struct emitting {
	struct nfb *b;
	struct pf_tablereg *reg;
	const struct pf_conf *whole;
	struct err *e;
};

static int path_fits(const struct pf_anchor *a, const char *name, struct err *e)
{
	struct row_data d;

	if (strlen(a->path) + strlen(name) + 2 >= sizeof(d.text))
		return err_set(e, ENAMETOOLONG,
			       "table <%s>: the anchor's path is too long",
			       name);
	return 0;
}

static int refer(const struct pf_anchor *a, const char *name, void *data)
{
	struct emitting *x = data;
	const char *path = pf_table_find(a, name) ? a->path : "";
	struct pf_tablerow *t = pf_tablereg_find(x->reg, path, name);

	if (t && t->wanted)
		return 0;
	/* made alive in the anchor itself */
	if (!*path && pf_tablereg_find(x->reg, a->path, name))
		pf_tablereg_find(x->reg, a->path, name)->wanted = true;
	if (path_fits(a, name, x->e) < 0)
		return -ENAMETOOLONG;
	t = reg_add(x->reg, path, name);
	if (!t)
		return err_nomem(x->e);
	t->wanted = true;
	if (!t->known) {
		t->cleared = time(NULL);
		pf_table_emit_row(x->b, t);
	}
	return 0;
}

static int each_anchor(const struct pf_anchor *a,
		       int (*fn)(const struct pf_anchor *a, void *data),
		       void *data)
{
	int r = fn(a, data);

	for (size_t i = 0; !r && i < a->nchild; i++)
		r = each_anchor(a->child[i], fn, data);
	return r;
}

static int refer_all(const struct pf_anchor *a, void *data)
{
	int r = 0;

	for (int l = 0; l < PF_NLISTS; l++)
		for (size_t i = 0; !r && i < a->list[l].n; i++)
			r = pf_rule_tables(a, &a->list[l].v[i], refer, data);
	return r;
}

static int define(const struct pf_anchor *a, void *data)
{
	struct emitting *x = data;

	for (size_t i = 0; i < a->ntable; i++) {
		const struct pf_table *def = &a->table[i];
		struct pf_tablerow *t;
		bool fill;

		if (path_fits(a, def->name, x->e) < 0)
			return -ENAMETOOLONG;
		t = reg_add(x->reg, a->path, def->name);
		if (!t)
			return err_nomem(x->e);
		fill = def->flags & PF_T_HAS_INIT;
		t->filled = fill;
		if (!t->known || fill)
			t->cleared = time(NULL);
		t->flags = def->flags & ~PF_T_HAS_INIT;
		t->active = true;
		t->wanted = def->flags & PF_T_PERSIST;
		if (!fill)
			pf_table_emit_row(x->b, t);
		else if (pf_table_emit_all(x->b, t, def->v, def->n) < 0)
			return err_nomem(x->e);
	}
	return 0;
}

/* Which tables rules overload into. */
static int overloads(const struct pf_anchor *a, void *data)
{
	const struct pf_rules *l = &a->list[PF_LIST_FILTER];
	struct emitting *x = data;
	struct pf_tablerow *t;
	const char *name;

	for (size_t i = 0; i < l->n; i++) {
		name = l->v[i].opts.overload;
		if (!name)
			continue;
		t = reg_add(x->reg, pf_table_find(a, name) ? a->path : "",
			    name);
		if (!t)
			return err_nomem(x->e);
		t->dynamic = true;
	}
	return 0;
}

/* Tables that the kernel has already and nobody has put anew. */
static int settle(struct nl *nf, struct nfb *b, struct pf_tablerow *t,
		  struct err *e)
{
	int r = 0;

	if (!t->known || !t->wanted)
		return 0;
	if (t->had_dynamic && !t->filled)
		r = pf_table_settle(nf, b, t, e);
	if (r >= 0 && t->dynamic != t->had_dynamic && !t->emitted)
		pf_table_emit_row(b, t);
	if (r >= 0 && t->in_kernel && !t->filled && !t->had_counters &&
	    t->flags & PF_T_COUNTERS)
		r = emit_counted(nf, b, t, e);
	return r;
}

int pf_tables_emit(struct nl *nf, struct nfb *b, struct pf_tablereg *reg,
		   const struct pf_conf *c, const struct pf_conf *whole,
		   struct err *e)
{
	struct emitting x = {b, reg, whole, e};
	int r;

	emit_registry(b);
	for (size_t i = 0; i < reg->n; i++) {
		reg->v[i].wanted =
			reg->v[i].active && reg->v[i].flags & PF_T_PERSIST;
		reg->v[i].had_dynamic = reg->v[i].dynamic;
		reg->v[i].dynamic = false;
		reg->v[i].had_counters = reg->v[i].flags & PF_T_COUNTERS;
		reg->v[i].in_kernel = reg->v[i].known;
	}
	r = each_anchor(whole->root, overloads, &x);
	if (!r && c)
		r = each_anchor(c->root, define, &x);
	if (!r)
		r = each_anchor(whole->root, refer_all, &x);
	for (size_t i = 0; r >= 0 && i < reg->n; i++)
		r = settle(nf, b, &reg->v[i], e);
	return r;
}

void pf_tables_emit_gone(struct nfb *b, const struct pf_tablereg *reg)
{
	for (size_t i = 0; i < reg->n; i++) {
		const struct pf_tablerow *t = &reg->v[i];

		if (t->known && !t->wanted)
			pf_table_emit_delete(b, t);
		else if (t->known && t->had_dynamic && !t->dynamic)
			pf_table_delete_dynamic(b, t);
		if (t->known && t->wanted && t->had_counters &&
		    !(t->flags & PF_T_COUNTERS))
			delete_ranges(b, t, PF_COUNTED);
	}
}
