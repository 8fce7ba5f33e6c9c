/*
 * map_model: topology -> boxes, rows and cables.
 *
 * A jail without bridges and without children is a simple box with one row
 * for each interface, address and fact.  Any other jail has a column of items
 * of its own - one untitled box for plain interfaces and facts, a titled one
 * for each bridge, one for each interface cabled straight to a child - and
 * the boxes of its children.
 */
#include "base/cleanup.h"
#include "block/map_model.h"
#include "block/map_ng.h"
#include "net/eiface.h"
#include "net/kind.h"

#include <arpa/inet.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>

#define TITLE_MAX 40
#define TEXT_MAX 64

const char *model_text(const struct mlayout *l, const char *uni,
		       const char *ascii)
{
	return l->o->ascii ? ascii : uni;
}

const char *model_kind(const struct ifnet *ifp)
{
	if (!ifp->linux_kind[0])
		return ifp->arptype == ARPHRD_ETHER ? "ethernet" : NULL;
	if (ifp->group == IF_GROUP_VIF && ifp->kind)
		return ifp->kind->name;
	if (!strcmp(ifp->linux_kind, "veth"))
		return ifp->group == IF_GROUP_EIFACE ? "ngeth" : "epair";
	/* a row that takes any kind has no name worth showing */
	return ifp->kind && ifp->kind->linux_kind ? ifp->kind->name
						  : ifp->linux_kind;
}

bool model_kind_dull(const char *kind)
{
	return !strcmp(kind, "epair") || !strcmp(kind, "ngeth") ||
	       !strcmp(kind, "lo");
}

bool model_addr_dull(const struct if_addr *ia)
{
	if (ia->family == AF_INET)
		return ntohl(ia->addr.in.s_addr) >> 24 == 127;
	return IN6_IS_ADDR_LOOPBACK(&ia->addr.in6) ||
	       IN6_IS_ADDR_LINKLOCAL(&ia->addr.in6);
}

void model_addr_text(const struct if_addr *ia, char *buf, size_t size)
{
	char a[INET6_ADDRSTRLEN] = "?";

	inet_ntop(ia->family, &ia->addr, a, sizeof(a));
	snprintf(buf, size, "%s/%u", a, ia->plen);
}

const char *model_hostname(const struct topo_jail *tj)
{
	const char *h = tj->hostname;

	/* of the level itself the title says enough */
	if (!tj->jid || !h || !h[0] || tj->inherits_host ||
	    !strcmp(h, tj->name))
		return NULL;
	return h;
}

bool model_if_shown(const struct ifnet *ifp)
{
	if (!(ifp->flags & IFF_LOOPBACK))
		return true;
	for (size_t i = 0; i < ifp->naddrs; i++)
		if (!model_addr_dull(&ifp->addrs[i]))
			return true;
	return false;
}

static bool is_up(const struct ifnet *ifp)
{
	return ifp->flags & IFF_UP;
}

static struct mseg seg(struct mlayout *l, const char *s, int max,
		       enum map_style st)
{
	return (struct mseg){
		.s = s ? text_clean(l->arena, s, l->o->ascii, max) : NULL,
		.st = st,
	};
}

/* --- items and rows --- */

struct mitem *model_item(struct mlayout *l, struct mjail *j,
			 enum mitem_kind kind)
{
	struct mitem **v = arena_alloc(l->arena, j->nitems + 1, sizeof(*v));
	struct mitem *it = arena_alloc(l->arena, 1, sizeof(*it));

	if (!v || !it)
		return NULL;
	if (j->nitems)
		memcpy(v, j->items, j->nitems * sizeof(*v));
	v[j->nitems] = it;
	it->seq = j->nitems++;
	j->items = v;
	it->kind = kind;
	it->jail = j;
	return it;
}

struct mrow *model_row(struct mlayout *l, struct mitem *it)
{
	struct mrow *r = arena_alloc(l->arena, 1, sizeof(*r));
	struct mrow **v = it->rows;

	if (!r)
		return NULL;
	/* room grows in powers of two */
	if (!(it->nrows & (it->nrows + 1)) || !v) {
		v = arena_alloc(l->arena, 2 * it->nrows + 2, sizeof(*v));
		if (!v)
			return NULL;
		if (it->nrows)
			memcpy(v, it->rows, it->nrows * sizeof(*v));
		it->rows = v;
	}
	v[it->nrows++] = r;
	r->item = it;
	return r;
}

static int row_fact(struct mlayout *l, struct mitem *it, const char *key,
		    const char *val, struct err *e)
{
	struct mrow *r = model_row(l, it);

	if (!r)
		return err_nomem(e);
	r->key = (struct mseg){.s = key, .st = MS_FAINT};
	r->fact = true;
	r->val = seg(l, val, TEXT_MAX, MS_PLAIN);
	return 0;
}

/* "down", "no carrier", or where a cable goes that leaves the map. */
static const char *if_remark(const struct mlayout *l, const struct ifnet *ifp,
			     bool linked)
{
	if (!is_up(ifp))
		return "down";
	if (!linked && !strcmp(ifp->linux_kind, "veth"))
		return model_text(l, "\u21d2 outside", "=> outside");
	return ifp->carrier ? NULL : "no carrier";
}

/* The rows of one interface: name and first address, further addresses. */
static int rows_if(struct mlayout *l, struct mitem *it, const struct ifnet *ifp,
		   bool linked, struct mrow **ret, struct err *e)
{
	enum map_style st = is_up(ifp) ? MS_UP : MS_DOWN;
	const char *kind = model_kind(ifp), *remark;
	struct mrow *r = model_row(l, it);
	size_t shown = 0;
	char buf[80];

	if (!r)
		return err_nomem(e);
	*ret = r;
	r->key = seg(l, topo_if_name(ifp), TITLE_MAX, st);
	remark = if_remark(l, ifp, linked);
	if (remark)
		r->note = (struct mseg){.s = remark,
					.st = is_up(ifp) ? MS_FAINT : MS_DOWN};
	for (size_t i = 0; i < ifp->naddrs; i++) {
		if (model_addr_dull(&ifp->addrs[i]))
			continue;
		if (shown++) {
			r = model_row(l, it);
			if (!r)
				return err_nomem(e);
			r->cont = true;
		}
		model_addr_text(&ifp->addrs[i], buf, sizeof(buf));
		r->val = seg(l, buf, TEXT_MAX, MS_PLAIN);
	}
	if (!shown && !l->terse && kind && !model_kind_dull(kind)) {
		snprintf(buf, sizeof(buf), "(%s)", kind);
		r->val = seg(l, buf, TEXT_MAX, MS_FAINT);
	}
	return 0;
}

static bool prefix_equal(const void *a, const void *b, unsigned int plen)
{
	const unsigned char *x = a, *y = b;

	if (memcmp(x, y, plen / 8))
		return false;
	return !(plen % 8) || !((x[plen / 8] ^ y[plen / 8]) >> (8 - plen % 8));
}

/* host name, addresses of a jail that has no vnet */
static int rows_facts(struct mlayout *l, struct mitem *it,
		      const struct topo_jail *tj, struct err *e)
{
	const char *host;
	int r = 0;

	if (!tj->vnet && tj->parent >= 0) {
		if (!tj->addrs.n)
			r = row_fact(l, it, "shares", "the network around it",
				     e);
		for (size_t i = 0; !r && i < tj->addrs.n; i++)
			r = row_fact(l, it, i ? NULL : "shares", tj->addrs.v[i],
				     e);
	}
	host = model_hostname(tj);
	if (!r && host && !l->terse)
		r = row_fact(l, it, "hostname", host, e);
	return r;
}

/* The interface that leads to the gateway; SIZE_MAX: none. */
static size_t gateway_if(const struct topo_jail *tj)
{
	struct in6_addr gw = {0};
	int family = strchr(tj->gateway, ':') ? AF_INET6 : AF_INET;

	for (size_t i = 0; tj->gateway_if && i < tj->ifs.n; i++)
		if (tj->ifs.v[i].index == tj->gateway_if)
			return i;
	if (inet_pton(family, tj->gateway, &gw) != 1)
		return SIZE_MAX;
	for (size_t i = 0; i < tj->ifs.n; i++)
		for (size_t k = 0; k < tj->ifs.v[i].naddrs; k++) {
			const struct if_addr *ia = &tj->ifs.v[i].addrs[k];

			if (ia->family == family && ia->plen &&
			    prefix_equal(&ia->addr, &gw, ia->plen))
				return i;
		}
	return SIZE_MAX;
}

/* --- what the links say --- */

bool model_is_below(const struct topo *t, size_t j, size_t top)
{
	while (j != top && j > 0)
		j = t->jails[j].parent < 0 ? 0 : (size_t)t->jails[j].parent;
	return j == top;
}

size_t model_far_end(const struct topo_link *k, size_t j, size_t i,
		     size_t *ret_if)
{
	bool a = k->jail_a == j && k->if_a == i;

	*ret_if = a ? k->if_b : k->if_a;
	return a ? k->jail_b : k->jail_a;
}

static int build_index(struct mbuild *b, struct err *e)
{
	struct arena *a = b->l->arena;
	const struct topo *t = b->l->t;
	size_t n = t->njails;

	b->jail = arena_alloc(a, n, sizeof(struct mjail *));
	b->row = arena_alloc(a, n, sizeof(struct mrow **));
	b->link = arena_alloc(a, n, sizeof(size_t *));
	b->nlinks = arena_alloc(a, n, sizeof(size_t));
	b->nkids = arena_alloc(a, n, sizeof(size_t));
	b->internal = arena_alloc(a, n, sizeof(bool));
	b->folded = arena_alloc(a, n, sizeof(bool));
	if (!b->jail || !b->row || !b->link || !b->nlinks || !b->nkids ||
	    !b->internal || !b->folded)
		return err_nomem(e);
	for (size_t j = 0; j < n; j++) {
		size_t m = t->jails[j].ifs.n;

		b->row[j] = arena_alloc(a, m, sizeof(struct mrow *));
		b->link[j] = arena_alloc(a, m, sizeof(size_t));
		if (!b->row[j] || !b->link[j])
			return err_nomem(e);
		if (j)
			b->nkids[t->jails[j].parent]++;
	}
	for (size_t k = 0; k < t->nlinks; k++) {
		const struct topo_link *tl = &t->links[k];

		b->link[tl->jail_a][tl->if_a] = k + 1;
		b->link[tl->jail_b][tl->if_b] = k + 1;
		b->nlinks[tl->jail_a]++;
		b->nlinks[tl->jail_b]++;
		if (tl->jail_a == tl->jail_b)
			b->internal[tl->jail_a] = true;
	}
	return 0;
}

bool model_jail_simple(const struct mbuild *b, size_t j)
{
	const struct ifnets *ifs = &b->l->t->jails[j].ifs;

	if (b->nkids[j] || b->internal[j])
		return false;
	for (size_t i = 0; i < ifs->n; i++)
		if (ifs->v[i].is_bridge)
			return false;
	return true;
}

/* --- jails --- */

struct mjail *model_jail(struct mlayout *l, struct mjail *parent,
			 const char *title)
{
	struct mjail *j = arena_alloc(l->arena, 1, sizeof(*j)), **v;

	if (!j)
		return NULL;
	j->title = seg(l, title, TITLE_MAX, MS_TITLE);
	j->parent = parent;
	j->seq = l->njails;
	l->jails[l->njails++] = j;
	if (!parent)
		return j;
	j->depth = parent->depth + 1;
	if (!(parent->nkids & (parent->nkids + 1)) || !parent->kids) {
		v = arena_alloc(l->arena, 2 * parent->nkids + 2, sizeof(*v));
		if (!v)
			return NULL;
		if (parent->nkids)
			memcpy(v, parent->kids, parent->nkids * sizeof(*v));
		parent->kids = v;
	}
	parent->kids[parent->nkids++] = j;
	return j;
}

static int build_simple(struct mbuild *b, size_t j, struct err *e)
{
	const struct topo_jail *tj = &b->l->t->jails[j];
	struct mitem *it = model_item(b->l, b->jail[j], MI_PLAIN);
	int r = 0;

	if (!it)
		return err_nomem(e);
	b->jail[j]->simple = true;
	for (size_t i = 0; !r && i < tj->ifs.n; i++) {
		if (!model_if_shown(&tj->ifs.v[i]))
			continue;
		r = rows_if(b->l, it, &tj->ifs.v[i], b->link[j][i],
			    &b->row[j][i], e);
	}
	if (!r && tj->gateway)
		r = row_fact(b->l, it, "gateway", tj->gateway, e);
	if (!r)
		r = rows_facts(b->l, it, tj, e);
	if (!r && !it->nrows)
		r = row_fact(b->l, it, "no interfaces", NULL, e);
	return r;
}

/* "span", after the interface's state; towards the cable it is an arrow. */
static void mark_span(const struct mlayout *l, struct mrow *row)
{
	const char *state = row->note.s;
	bool arrow = row->flush_right && !row->item->jail->stacked;

	row->note.s = arena_printf(
		l->arena, "%s%s%s", state ? state : "", state ? ", " : "",
		!arrow ? "span" : model_text(l, "span \u21d2", "span =>"));
	if (!state)
		row->note.st = MS_FAINT;
}

static int port_row(struct mbuild *b, size_t j, size_t i, struct mitem *it,
		    bool span, struct err *e)
{
	const struct topo_jail *tj = &b->l->t->jails[j];
	struct mrow **row = &b->row[j][i];
	size_t k = b->link[j][i], far_if = 0, far;
	int r;

	r = rows_if(b->l, it, &tj->ifs.v[i], k, row, e);
	if (r)
		return r;
	if (k) {
		far = model_far_end(&b->l->t->links[k - 1], j, i, &far_if);
		(*row)->flush_right =
			model_is_below(b->l->t, far, j) && !(*row)->val.s;
	}
	if (span)
		mark_span(b->l, *row);
	return 0;
}

static int build_bridge(struct mbuild *b, size_t j, size_t br, struct err *e)
{
	const struct topo_jail *tj = &b->l->t->jails[j];
	const struct ifnet *bridge = &tj->ifs.v[br];
	struct mitem *it = model_item(b->l, b->jail[j], MI_BRIDGE);
	struct mrow *row;
	char buf[80];
	int r = 0;

	if (!it)
		return err_nomem(e);
	snprintf(buf, sizeof(buf), "%s%s", topo_if_name(bridge),
		 is_up(bridge) ? "" : " (down)");
	it->title =
		seg(b->l, buf, TITLE_MAX, is_up(bridge) ? MS_TITLE : MS_DOWN);
	for (size_t i = 0; i < bridge->naddrs; i++) {
		if (model_addr_dull(&bridge->addrs[i]))
			continue;
		model_addr_text(&bridge->addrs[i], buf, sizeof(buf));
		r = row_fact(b->l, it, NULL, NULL, e);
		if (r)
			return r;
		row = it->rows[it->nrows - 1];
		row->key = seg(b->l, buf, TEXT_MAX, MS_PLAIN);
	}
	for (size_t i = 0; !r && i < tj->ifs.n; i++)
		if (tj->ifs.v[i].master == bridge->index && !b->row[j][i])
			r = port_row(b, j, i, it, false, e);
	for (size_t i = 0; !r && i < tj->ifs.n; i++)
		if (strv_has(&bridge->spans, tj->ifs.v[i].name) &&
		    !b->row[j][i])
			r = port_row(b, j, i, it, true, e);
	if (!r && !it->nrows)
		r = row_fact(b->l, it, "no ports", NULL, e);
	return r;
}

/* Ends of folded cables are drawn by fold_draw. */
static void skip_folded_ports(struct mbuild *b, size_t j, struct mrow *mark)
{
	const struct topo *t = b->l->t;

	for (size_t i = 0; i < t->jails[j].ifs.n; i++) {
		size_t k = b->link[j][i], far_if;

		if (k &&
		    b->folded[model_far_end(&t->links[k - 1], j, i, &far_if)])
			b->row[j][i] = mark;
	}
}

struct mitem *model_bridge_item(const struct mbuild *b, size_t j, size_t br)
{
	const struct topo_jail *tj = &b->l->t->jails[j];
	size_t n = 0;

	/* bridges were made into items in the order of the interfaces */
	for (size_t i = 0; i < br; i++)
		n += tj->ifs.v[i].is_bridge;
	for (size_t i = 0; i < b->jail[j]->nitems; i++)
		if (b->jail[j]->items[i]->kind == MI_BRIDGE && !n--)
			return b->jail[j]->items[i];
	return NULL;
}

static void item_drop(struct mjail *j, const struct mitem *it)
{
	size_t at = 0;

	while (j->items[at] != it)
		at++;
	j->nitems--;
	memmove(&j->items[at], &j->items[at + 1],
		(j->nitems - at) * sizeof(struct mitem *));
}

/* Put an item first, but for the one of plain interfaces. */
static void item_first(struct mjail *j, struct mitem *it)
{
	size_t to = j->items[0]->nrows && it != j->items[0] ? 1 : 0, at = to;

	while (j->items[at] != it)
		at++;
	memmove(&j->items[to + 1], &j->items[to],
		(at - to) * sizeof(struct mitem *));
	j->items[to] = it;
	for (size_t i = 0; i < j->nitems; i++)
		j->items[i]->seq = i;
}

/*
 * "gateway" stands in the item of the interface that leads there, and what
 * leads out stands on top.
 */
static int build_gateway(struct mbuild *b, size_t j, struct mitem *nics,
			 struct err *e)
{
	const struct topo_jail *tj = &b->l->t->jails[j];
	struct mitem *it = NULL;
	size_t i;
	int r;

	if (!tj->gateway)
		return 0;
	i = gateway_if(tj);
	if (i != SIZE_MAX && tj->ifs.v[i].is_bridge)
		it = model_bridge_item(b, j, i);
	else if (i != SIZE_MAX && b->row[j][i])
		it = b->row[j][i]->item;
	if (!it)
		it = nics;
	r = row_fact(b->l, it, "gateway", tj->gateway, e);
	if (!r && it->kind == MI_PLAIN)
		item_first(b->jail[j], it);
	return r;
}

bool model_is_span(const struct topo_jail *tj, size_t i)
{
	for (size_t k = 0; k < tj->ifs.n; k++)
		if (tj->ifs.v[k].is_bridge &&
		    strv_has(&tj->ifs.v[k].spans, tj->ifs.v[i].name))
			return true;
	return false;
}

bool model_has_bridge(const struct topo_jail *tj, size_t i)
{
	if (model_is_span(tj, i))
		return true;
	for (size_t k = 0; tj->ifs.v[i].master && k < tj->ifs.n; k++)
		if (tj->ifs.v[k].is_bridge &&
		    tj->ifs.v[k].index == tj->ifs.v[i].master)
			return true;
	return false;
}

static int build_complex(struct mbuild *b, size_t j, struct err *e)
{
	static struct mrow skipped;
	const struct topo *t = b->l->t;
	const struct topo_jail *tj = &t->jails[j];
	struct mitem *nics = model_item(b->l, b->jail[j], MI_PLAIN), *it;
	int r = nics ? 0 : err_nomem(e);
	size_t far, far_if;

	skip_folded_ports(b, j, &skipped);
	for (size_t i = 0; !r && i < tj->ifs.n; i++) {
		const struct ifnet *ifp = &tj->ifs.v[i];
		size_t k = b->link[j][i];

		if (ifp->is_bridge) {
			r = build_bridge(b, j, i, e);
			continue;
		}
		/* ports are drawn in their bridge */
		if (b->row[j][i] || model_has_bridge(tj, i) ||
		    (!k && !model_if_shown(ifp)))
			continue;
		it = nics;
		far = k ? model_far_end(&t->links[k - 1], j, i, &far_if) : 0;
		if (k && model_is_below(t, far, j))
			it = model_item(b->l, b->jail[j], MI_PLAIN);
		if (!it)
			return err_nomem(e);
		r = rows_if(b->l, it, ifp, k, &b->row[j][i], e);
	}
	if (!r)
		r = build_gateway(b, j, nics, e);
	/* a host name alone is no reason for a box */
	if (!r && (nics->nrows || !tj->vnet))
		r = rows_facts(b->l, nics, tj, e);
	if (r)
		return r;
	if (!nics->nrows)
		item_drop(b->jail[j], nics);
	for (size_t i = 0; i < tj->ifs.n; i++)
		if (b->row[j][i] == &skipped)
			b->row[j][i] = NULL;
	return 0;
}

void model_wire(struct mlayout *l, struct mrow *a, struct mrow *b,
		enum map_line kind, enum map_style st)
{
	a->wired = b->wired = true;
	l->wires[l->nwires++] = (struct mwire){
		.end = {a, b},
		.kind = kind,
		.st = st,
	};
}

static void build_wires(struct mbuild *b)
{
	const struct topo *t = b->l->t;

	for (size_t k = 0; k < t->nlinks; k++) {
		const struct topo_link *tl = &t->links[k];
		const struct topo_jail *ja = &t->jails[tl->jail_a];
		const struct topo_jail *jb = &t->jails[tl->jail_b];
		struct mrow *ra = b->row[tl->jail_a][tl->if_a];
		struct mrow *rb = b->row[tl->jail_b][tl->if_b];

		if (!ra || !rb)
			continue;
		model_wire(b->l, ra, rb,
			   model_is_span(ja, tl->if_a) ||
					   model_is_span(jb, tl->if_b)
				   ? ML_SPAN
				   : ML_CABLE,
			   is_up(&ja->ifs.v[tl->if_a]) &&
					   is_up(&jb->ifs.v[tl->if_b])
				   ? MS_UP
				   : MS_DOWN);
	}
}

int model_build(struct mlayout *l, struct err *e)
{
	struct mbuild b = {.l = l};
	const struct topo *t = l->t;
	struct fold *folds = NULL;
	size_t nfolds = 0;
	int r;

	l->jails = arena_alloc(l->arena, 2 * t->njails, sizeof(*l->jails));
	l->wires =
		arena_alloc(l->arena, t->nlinks + t->njails, sizeof(*l->wires));
	if (!l->jails || !l->wires)
		return err_nomem(e);
	r = build_index(&b, e);
	if (!r)
		r = fold_find_all(&b, &folds, &nfolds, e);
	for (size_t j = 0; !r && j < t->njails; j++) {
		if (b.folded[j])
			continue;
		b.jail[j] = model_jail(l, j ? b.jail[t->jails[j].parent] : NULL,
				       t->jails[j].name);
		if (!b.jail[j])
			return err_nomem(e);
		b.jail[j]->stacked =
			l->stack_mask >>
				(b.jail[j]->depth > 7 ? 7 : b.jail[j]->depth) &
			1;
		r = model_jail_simple(&b, j) ? build_simple(&b, j, e)
					     : build_complex(&b, j, e);
	}
	if (r)
		return r;
	l->root = l->jails[0];
	build_wires(&b);
	for (size_t i = 0; !r && i < nfolds; i++)
		r = fold_draw(&b, &folds[i], e);
	return r;
}
