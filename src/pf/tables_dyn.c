/*
 * tables: the sets that packets add addresses to (tables.h): `overload <t>`.
 *
 * Their elements have a time to live of years, which tells since when each is
 * there.
 */
#include "pf/tables_impl.h"

#include "base/cleanup.h"

#include <errno.h>
#include <string.h>
#include <time.h>

static const sa_family_t families[] = {AF_INET, AF_INET6};

static uint32_t key_len(sa_family_t af)
{
	return af == AF_INET ? 4 : 16;
}

static void set_name(char ret[PF_SETNAME], const struct pf_tablerow *t,
		     sa_family_t af)
{
	pf_table_setname(ret, 'o', af, t->path, t->name);
}

struct reading {
	struct pf_entries e;
	size_t size;
	sa_family_t af;
	size_t from; /* what was there before this set */
	uint32_t now;
};

static int on_elem(const struct nft_elem *el, void *data, struct err *e)
{
	struct reading *x = data;
	struct pf_entry *v;
	size_t size = x->size;
	uint64_t left = el->expires < PF_OVERLOAD_STAYS ? el->expires
							: PF_OVERLOAD_STAYS;

	if (el->klen != key_len(x->af))
		return 0;
	if (x->e.n == size) {
		size = size ? size * 2 : 64;
		v = reallocarray(x->e.v, size, sizeof(*v));
		if (!v)
			return err_nomem(e);
		x->e.v = v;
		x->size = size;
	}
	v = &x->e.v[x->e.n++];
	*v = (struct pf_entry){
		.af = (uint8_t)x->af,
		.len = (uint8_t)(8 * el->klen),
		.since = x->now - (uint32_t)((PF_OVERLOAD_STAYS - left) / 1000),
	};
	memcpy(v->addr.b, el->key, el->klen);
	return 0;
}

static void read_again(void *data)
{
	struct reading *x = data;

	x->e.n = x->from;
}

int pf_table_read_dynamic(struct nl *nf, const struct pf_tablerow *t,
			  struct pf_entries *ret, struct err *e)
{
	struct reading x = {.now = (uint32_t)time(NULL)};
	char name[PF_SETNAME];
	int r = 0;

	for (size_t i = 0;
	     (t->dynamic || t->had_dynamic) && i < ARRAY_SIZE(families); i++) {
		x.af = families[i];
		x.from = x.e.n;
		set_name(name, t, x.af);
		r = nft_each_elem(nf, name, on_elem, read_again, &x, e);
		/* they come with the load that is under way */
		if (r == -ENOENT) {
			err_clear(e);
			r = 0;
		}
		if (r < 0) {
			free(x.e.v);
			return r;
		}
	}
	*ret = x.e;
	return 0;
}

int pf_entries_merge(struct pf_entries *to, const struct pf_entries *dyn)
{
	size_t added;

	return dyn->n ? pf_entries_add(to, dyn->v, dyn->n, NULL, &added) : 0;
}

void pf_table_emit_dynamic(struct nfb *b, const struct pf_tablerow *t)
{
	char name[PF_SETNAME];

	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		set_name(name, t, families[i]);
		nfb_set(b, &(struct nfb_set){
				   .name = name,
				   .flags = NFT_SET_EVAL,
				   .ktype = i ? NFB_TYPE_V6 : NFB_TYPE_V4,
				   .klen = key_len(families[i]),
				   .size = PF_OVERLOAD_MAX,
				   .timeout = PF_OVERLOAD_STAYS,
			   });
	}
}

void pf_table_delete_dynamic(struct nfb *b, const struct pf_tablerow *t)
{
	char name[PF_SETNAME];

	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		set_name(name, t, families[i]);
		nfb_set_del(b, name);
	}
}

void pf_table_flush_dynamic(struct nfb *b, const struct pf_tablerow *t)
{
	char name[PF_SETNAME];

	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		set_name(name, t, families[i]);
		nfb_set_flush(b, name);
	}
}

void pf_table_take_dynamic(struct nfb *b, const struct pf_tablerow *t,
			   const struct pf_entries *dyn)
{
	char name[PF_SETNAME];

	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		set_name(name, t, families[i]);
		nfb_elems(b, name, true);
		for (size_t k = 0; k < dyn->n; k++)
			if (dyn->v[k].af == families[i])
				nfb_elem(b,
					 &(struct nfb_elem){
						 .key = &dyn->v[k].addr,
						 .klen = key_len(families[i])});
		nfb_elems_end(b);
	}
}

int pf_table_settle(struct nl *nf, struct nfb *b, const struct pf_tablerow *t,
		    struct err *e)
{
	struct pf_entries old = {0}, now = {0}, dyn = {0};
	int r = pf_table_read_dynamic(nf, t, &dyn, e);

	if (r >= 0 && dyn.n)
		r = pf_table_read_static(nf, t, &old, e);
	if (r >= 0 && dyn.n)
		r = pf_table_read(nf, t, &now, e);
	if (r >= 0 && dyn.n) {
		r = pf_table_emit_change(b, t, &old, &now);
		pf_table_take_dynamic(b, t, &dyn);
		if (r < 0)
			r = err_nomem(e);
	}
	free(old.v);
	free(now.v);
	free(dyn.v);
	return r;
}
