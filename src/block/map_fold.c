/*
 * map_fold: many look-alikes as one box.  Jails of one interface each on the
 * same bridge (or of none) differ in name and address only; more than a dozen
 * of them say less than the first few and a count.
 */
#include "block/map_model.h"
#include "block/map_ng.h"

#include <stdio.h>
#include <string.h>

/* So many similar jails on one bridge are folded, all but the first few. */
#define FOLD_ABOVE 12
#define FOLD_SHOW 8

/* The group of look-alikes a jail belongs to; false: it is on its own. */
static bool fold_class(const struct mbuild *b, size_t j, size_t *ret_bridge)
{
	const struct topo *t = b->l->t;
	size_t p = (size_t)t->jails[j].parent, far_if, br;
	const struct topo_link *tl = NULL;
	const struct ifnets *pi = &t->jails[p].ifs;

	if (!model_jail_simple(b, j) || b->nlinks[j] > 1)
		return false;
	if (!b->nlinks[j]) {
		*ret_bridge = 0;
		return true;
	}
	for (size_t i = 0; i < t->jails[j].ifs.n; i++) {
		if (!b->link[j][i])
			continue;
		tl = &t->links[b->link[j][i] - 1];
		if (model_far_end(tl, j, i, &far_if) != p)
			return false;
		for (br = 0; br < pi->n; br++)
			if (pi->v[br].is_bridge &&
			    pi->v[br].index == pi->v[far_if].master)
				break;
		if (br == pi->n)
			return false;
		*ret_bridge = br + 1;
		return true;
	}
	return false;
}

static struct fold *fold_find(struct fold *v, size_t n, size_t parent,
			      size_t bridge)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].parent == parent && v[i].bridge == bridge)
			return &v[i];
	return NULL;
}

int fold_find_all(struct mbuild *b, struct fold **ret, size_t *ret_n,
		  struct err *e)
{
	const struct topo *t = b->l->t;
	struct fold *v, *f;
	size_t n = 0, br;

	*ret_n = 0;
	if (b->l->o->all)
		return 0;
	v = arena_alloc(b->l->arena, t->njails, sizeof(*v));
	if (!v)
		return err_nomem(e);
	for (size_t j = 1; j < t->njails; j++) {
		if (!fold_class(b, j, &br))
			continue;
		f = fold_find(v, n, (size_t)t->jails[j].parent, br);
		if (!f) {
			f = &v[n++];
			f->parent = (size_t)t->jails[j].parent;
			f->bridge = br;
		}
		f->count++;
	}
	for (size_t j = 1; j < t->njails; j++) {
		if (!fold_class(b, j, &br))
			continue;
		f = fold_find(v, n, (size_t)t->jails[j].parent, br);
		if (f->count <= FOLD_ABOVE || f->shown++ < FOLD_SHOW)
			continue;
		b->folded[j] = true;
		if (!f->first)
			f->first = j;
		f->last = j;
	}
	*ret = v;
	*ret_n = n;
	return 0;
}

/* "FIRST ... LAST" */
static struct mseg range(struct mlayout *l, const char *a, const char *z,
			 enum map_style st)
{
	const char *s = arena_printf(l->arena, "%s %s %s",
				     text_clean(l->arena, a, l->o->ascii, 24),
				     model_text(l, "\u2026", "..."),
				     text_clean(l->arena, z, l->o->ascii, 24));

	return (struct mseg){.s = s, .st = st};
}

/* The cabled interface of a simple jail and its first address. */
static const struct ifnet *fold_if(const struct mbuild *b, size_t j, char *addr,
				   size_t size)
{
	const struct ifnets *ifs = &b->l->t->jails[j].ifs;

	addr[0] = '\0';
	for (size_t i = 0; i < ifs->n; i++) {
		if (!b->link[j][i])
			continue;
		for (size_t k = 0; k < ifs->v[i].naddrs && !addr[0]; k++)
			if (!model_addr_dull(&ifs->v[i].addrs[k]))
				model_addr_text(&ifs->v[i].addrs[k], addr,
						size);
		return &ifs->v[i];
	}
	return NULL;
}

static const struct ifnet *fold_port(const struct mbuild *b, size_t j)
{
	const struct topo *t = b->l->t;
	size_t far_if, far;

	for (size_t i = 0; i < t->jails[j].ifs.n; i++) {
		if (!b->link[j][i])
			continue;
		far = model_far_end(&t->links[b->link[j][i] - 1], j, i,
				    &far_if);
		return &t->jails[far].ifs.v[far_if];
	}
	return NULL;
}

int fold_draw(struct mbuild *b, const struct fold *f, struct err *e)
{
	struct mlayout *l = b->l;
	const struct topo *t = l->t;
	size_t more = f->count - FOLD_SHOW;
	char a[80], z[80], title[64];
	const struct ifnet *ia, *iz;
	struct mrow *r, *port;
	struct mjail *j;
	struct mitem *it;

	if (f->count <= FOLD_ABOVE)
		return 0;
	snprintf(title, sizeof(title), "%s and %zu more",
		 model_text(l, "\u2026", "..."), more);
	j = model_jail(l, b->jail[f->parent], title);
	it = j ? model_item(l, j, MI_PLAIN) : NULL;
	r = it ? model_row(l, it) : NULL;
	if (!r)
		return err_nomem(e);
	j->simple = true;
	r->head = true;
	r->key = range(l, t->jails[f->first].name, t->jails[f->last].name,
		       MS_TITLE);
	if (!f->bridge)
		return 0;
	ia = fold_if(b, f->first, a, sizeof(a));
	iz = fold_if(b, f->last, z, sizeof(z));
	r = model_row(l, it);
	port = model_row(l, model_bridge_item(b, f->parent, f->bridge - 1));
	if (!r || !port)
		return err_nomem(e);
	r->key = range(l, ia->name, iz->name, MS_UP);
	port->key = range(l, topo_if_name(fold_port(b, f->first)),
			  topo_if_name(fold_port(b, f->last)), MS_UP);
	port->flush_right = true;
	model_wire(l, port, r, ML_CABLE, MS_UP);
	if (!a[0] || !z[0])
		return 0;
	r = model_row(l, it);
	if (!r)
		return err_nomem(e);
	r->key = range(l, a, z, MS_PLAIN);
	r->fact = true;
	return 0;
}
