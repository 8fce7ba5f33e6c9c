/*
 * nft_ifset: sets of interfaces, and of interfaces' addresses.
 *
 * A name that does not end in a digit may be an interface or a group; its set
 * "g.NAME" holds the interface, the group's members, and NAME0 to NAME9...:
 * interfaces of a kind are in the group of its name from birth, so those that
 * do not exist yet need nobody to tell.
 *
 * "(IF)" in from and to is a set of each family, "d4.K" and "d6.K", K a number
 * in the order in which rules name them.
 */
#include "pf/nft_gen.h"

#include "base/cleanup.h"
#include "net/ifnet.h"
#include "pf/table.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void gen_kernel_name(const char *name, char ret[IFNAMSIZ])
{
	memset(ret, 0, IFNAMSIZ);
	str_copy(ret, IFNAMSIZ, ifname_to_kernel(name));
}

bool gen_is_group(const char *name)
{
	size_t n = strlen(name);

	/* epair0a: an end of a pair */
	if (n > 2 && isdigit((unsigned char)name[n - 2]))
		n--;
	return n > 0 && !isdigit((unsigned char)name[n - 1]);
}

const char *gen_group_set(struct gen *g, const char *name, char *buf,
			  size_t size)
{
	if (!strv_has(&g->groups, name) && strv_add(&g->groups, name) < 0)
		g->b.failed = true;
	snprintf(buf, size, "g.%s", name);
	return buf;
}

static size_t dynif_index(struct gen *g, const struct pf_host *h)
{
	cleanup_strbuf struct strbuf key = STRBUF_INIT;
	size_t i;

	strbuf_addf(&key, "%s/%u/%d", h->name, h->if_flags, h->net);
	for (i = 0; i < g->dynifs.n; i++)
		if (strcmp(g->dynifs.v[i], key.s) == 0)
			return i;
	if (strv_add(&g->dynifs, key.s) < 0)
		g->b.failed = true;
	return i;
}

const char *gen_dynif_set(struct gen *g, const struct pf_host *h,
			  unsigned int af, char *buf, size_t size)
{
	snprintf(buf, size, "d%c.%zu", af == GEN_AF_V6 ? '6' : '4',
		 dynif_index(g, h));
	return buf;
}

void gen_ifset_rule(struct gen *g, const struct pf_rule *r)
{
	char buf[64];

	if (r->ifname && gen_is_group(r->ifname))
		gen_group_set(g, r->ifname, buf, sizeof(buf));
	if (r->rcvif && gen_is_group(r->rcvif))
		gen_group_set(g, r->rcvif, buf, sizeof(buf));
	if (r->src.host.kind == PF_ADDR_DYNIF)
		dynif_index(g, &r->src.host);
	if (r->dst.host.kind == PF_ADDR_DYNIF)
		dynif_index(g, &r->dst.host);
}

/* ranges of names */

struct ifrange {
	char lo[IFNAMSIZ], hi[IFNAMSIZ]; /* hi is the first one outside */
};
struct ifranges {
	struct ifrange *v;
	size_t n;
};

static void ifranges_free(struct ifranges *s)
{
	free(s->v);
}

static int add_range(struct ifranges *s, const struct ifrange *r)
{
	struct ifrange *v = reallocarray(s->v, s->n + 1, sizeof(*v));

	if (!v)
		return -ENOMEM;
	s->v = v;
	v[s->n++] = *r;
	return 0;
}

static int add_exact(struct ifranges *s, const char *kname)
{
	struct ifrange r = {0};

	str_copy(r.lo, sizeof(r.lo), kname);
	memcpy(r.hi, r.lo, sizeof(r.hi));
	r.hi[IFNAMSIZ - 1] = 1;
	return add_range(s, &r);
}

/* NAME0... to NAME9...: the interfaces of a kind. */
static int add_units(struct ifranges *s, const char *name)
{
	const size_t n = strlen(name);
	struct ifrange r = {0};

	if (n + 1 >= IFNAMSIZ)
		return 0;
	memcpy(r.lo, name, n);
	memcpy(r.hi, name, n);
	r.lo[n] = '0';
	r.hi[n] = '9' + 1;
	return add_range(s, &r);
}

static int cmp_range(const void *a, const void *b)
{
	const struct ifrange *x = a, *y = b;

	return memcmp(x->lo, y->lo, IFNAMSIZ);
}

static void merge(struct ifranges *s)
{
	size_t i, to = 0;

	if (!s->n)
		return;
	qsort(s->v, s->n, sizeof(*s->v), cmp_range);
	for (i = 1; i < s->n; i++) {
		if (memcmp(s->v[i].lo, s->v[to].hi, IFNAMSIZ) > 0) {
			s->v[++to] = s->v[i];
			continue;
		}
		if (memcmp(s->v[i].hi, s->v[to].hi, IFNAMSIZ) > 0)
			memcpy(s->v[to].hi, s->v[i].hi, IFNAMSIZ);
	}
	s->n = to + 1;
}

static void put_ranges(struct gen *g, const char *set, struct ifranges *s)
{
	size_t i;

	merge(s);
	nfb_elems(&g->b, set, false);
	for (i = 0; i < s->n; i++) {
		nfb_elem(&g->b, &(struct nfb_elem){.key = s->v[i].lo,
						   .klen = IFNAMSIZ});
		nfb_elem(&g->b, &(struct nfb_elem){
					.key = s->v[i].hi,
					.klen = IFNAMSIZ,
					.flags = NFT_SET_ELEM_INTERVAL_END});
	}
	nfb_elems_end(&g->b);
}

/* An interface's name, or a group's: its members of now and of its kind. */
static int add_name(struct ifranges *s, const char *name,
		    const struct ifnets *ifs)
{
	size_t i;
	int r;

	r = add_exact(s, ifname_to_kernel(name));
	if (r < 0 || !gen_is_group(name))
		return r;
	r = add_units(s, name);
	if (r == 0 && strcmp(name, "lo") == 0)
		r = add_exact(s, "lo");
	for (i = 0; r == 0 && i < ifs->n; i++)
		if (strv_has(&ifs->v[i].groups, name))
			r = add_exact(s, ifs->v[i].kname);
	return r;
}

static int one_set(struct gen *g, const char *set, const struct strv *names,
		   const struct ifnets *ifs)
{
	__attribute__((cleanup(ifranges_free))) struct ifranges s = {0};
	const struct nfb_set desc = {.name = set,
				     .flags = NFT_SET_INTERVAL,
				     .ktype = NFB_TYPE_IFNAME,
				     .klen = IFNAMSIZ};
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < names->n; i++)
		r = add_name(&s, names->v[i], ifs);
	if (r < 0)
		return r;
	nfb_set(&g->b, &desc);
	if (g->refresh)
		nfb_set_flush(&g->b, set);
	put_ranges(g, set, &s);
	return 0;
}

int gen_group_set_put(struct gen *g, const char *name)
{
	static const struct ifnets none;
	char *one = (char *)(uintptr_t)name, set[64];
	const struct strv names = {.v = &one, .n = 1};

	gen_group_set(g, name, set, sizeof(set));
	return one_set(g, set, &names, g->ifs ? g->ifs : &none);
}

static int group_sets(struct gen *g, const struct ifnets *ifs, struct err *e)
{
	char *one[1], set[64];
	struct strv names = {.v = one, .n = 1};
	size_t i;

	for (i = 0; i < g->groups.n; i++) {
		one[0] = g->groups.v[i];
		gen_group_set(g, one[0], set, sizeof(set));
		if (one_set(g, set, &names, ifs) < 0)
			return err_nomem(e);
	}
	if (g->c->opt.skip.n && one_set(g, "skip", &g->c->opt.skip, ifs) < 0)
		return err_nomem(e);
	if (g->natifs.n && one_set(g, "natif", &g->natifs, ifs) < 0)
		return err_nomem(e);
	return 0;
}

bool gen_nat_ifs(struct gen *g)
{
	static const enum pf_list lists[] = {PF_LIST_NAT, PF_LIST_BINAT,
					     PF_LIST_FILTER};
	const struct pf_rules *l;
	const struct pf_rule *r;
	size_t i, k, n;

	for (n = 0; n < g->nnodes; n++)
		for (i = 0; i < 3; i++) {
			l = &g->node[n].a->list[lists[i]];
			for (k = 0; k < l->n; k++) {
				r = &l->v[k];
				if (lists[i] == PF_LIST_FILTER &&
				    !(gen_match_translates(r) && r->pool.n))
					continue;
				if (r->action == PF_ANCHOR && !r->ifname)
					continue;
				if (!r->ifname || r->flags & PF_F_NOT_IF)
					return false;
				if (!strv_has(&g->natifs, r->ifname) &&
				    strv_add(&g->natifs, r->ifname) < 0)
					g->b.failed = true;
			}
		}
	return true;
}

/* addresses of interfaces */

bool gen_if_meant(const struct ifnet *ifp, const char *name)
{
	return strcmp(ifp->name, name) == 0 || strcmp(ifp->kname, name) == 0 ||
	       (gen_is_group(name) && strv_has(&ifp->groups, name));
}

/* What a modifier makes of an address; false: nothing. */
static bool modified(const struct if_addr *a, const struct pf_host *h,
		     struct pf_entry *ret)
{
	const unsigned char full = a->family == AF_INET ? 32 : 128;
	const void *from = &a->addr;

	*ret = (struct pf_entry){.af = (uint8_t)a->family, .len = full};
	if (h->if_flags & PF_IF_PEER) {
		if (!a->has_peer)
			return false;
		from = &a->peer;
	} else if (h->if_flags & PF_IF_BROADCAST) {
		if (!a->has_brd)
			return false;
		from = &a->brd;
	} else if (h->if_flags & PF_IF_NETWORK) {
		ret->len = a->plen;
	}
	if (h->net >= 0 && h->net < ret->len)
		ret->len = (uint8_t)h->net;
	memcpy(ret->addr.b, from, full / 8);
	return true;
}

int gen_dynif_entries(const struct gen *g, const struct pf_host *h,
		      unsigned int af, struct pf_entries *ret)
{
	const sa_family_t family = af == GEN_AF_V6 ? AF_INET6 : AF_INET;
	const struct ifnet *ifp;
	struct pf_entry e, *v;
	size_t i, k;

	for (i = 0; g->ifs && i < g->ifs->n; i++) {
		ifp = &g->ifs->v[i];
		if (!gen_if_meant(ifp, h->name))
			continue;
		for (k = 0; k < ifp->naddrs; k++) {
			if (ifp->addrs[k].family != family ||
			    !modified(&ifp->addrs[k], h, &e))
				continue;
			v = reallocarray(ret->v, ret->n + 1, sizeof(*v));
			if (!v)
				return -ENOMEM;
			ret->v = v;
			v[ret->n++] = e;
			if (h->if_flags & PF_IF_NOALIAS)
				break;
		}
	}
	return 0;
}

static void put_addrs(struct gen *g, const char *set, sa_family_t af,
		      const struct pf_range *v, size_t n)
{
	const uint32_t len = af == AF_INET6 ? 16 : 4;
	const pf_num top = af == AF_INET6 ? ~(pf_num)0 : UINT32_MAX;
	union pf_addr lo, hi;
	size_t i;

	nfb_elems(&g->b, set, false);
	for (i = 0; i < n; i++) {
		lo = pf_num_addr(af, v[i].lo);
		nfb_elem(&g->b, &(struct nfb_elem){.key = &lo, .klen = len});
		if (v[i].hi == top)
			continue;
		hi = pf_num_addr(af, v[i].hi + 1);
		nfb_elem(&g->b, &(struct nfb_elem){
					.key = &hi,
					.klen = len,
					.flags = NFT_SET_ELEM_INTERVAL_END});
	}
	nfb_elems_end(&g->b);
}

int gen_addr_set(struct gen *g, const char *set, sa_family_t af,
		 struct pf_entries *e)
{
	cleanup_free struct pf_range *v = NULL;
	size_t n = 0;
	int r;

	nfb_set(&g->b, &(struct nfb_set){.name = set,
					 .flags = NFT_SET_INTERVAL,
					 .ktype = af == AF_INET6 ? NFB_TYPE_V6
								 : NFB_TYPE_V4,
					 .klen = af == AF_INET6 ? 16 : 4});
	if (g->refresh)
		nfb_set_flush(&g->b, set);
	e->n = pf_entries_sort(e->v, e->n);
	r = pf_entries_flatten(e->v, e->n, af, &v, &n);
	if (r == 0)
		put_addrs(g, set, af, v, n);
	return r;
}

static int dynif_set(struct gen *g, size_t k, const struct pf_host *h,
		     unsigned int af)
{
	struct pf_entries e = {0};
	char name[32];
	int r;

	snprintf(name, sizeof(name), "d%c.%zu", af == GEN_AF_V6 ? '6' : '4', k);
	r = gen_dynif_entries(g, h, af, &e);
	if (r == 0)
		r = gen_addr_set(g, name, af == GEN_AF_V6 ? AF_INET6 : AF_INET,
				 &e);
	free(e.v);
	return r;
}

/* "NAME/FLAGS/NET" back into what it was made of. */
static int dynif_sets(struct gen *g, struct err *e)
{
	char name[IFNAMSIZ + 1];
	struct pf_host h;
	size_t i;

	for (i = 0; i < g->dynifs.n; i++) {
		h = (struct pf_host){.kind = PF_ADDR_DYNIF, .name = name};
		if (sscanf(g->dynifs.v[i], "%16[^/]/%u/%d", name, &h.if_flags,
			   &h.net) != 3)
			continue;
		if (dynif_set(g, i, &h, GEN_AF_V4) < 0 ||
		    dynif_set(g, i, &h, GEN_AF_V6) < 0)
			return err_nomem(e);
	}
	return 0;
}

static bool pool_has(const struct pf_pool *p, enum pf_addr_kind kind,
		     const char *name)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (p->v[i].host.kind == kind &&
		    (!name || strcmp(p->v[i].host.name, name) == 0))
			return true;
	return false;
}

static bool pools_have(const struct gen *g, enum pf_addr_kind kind,
		       const char *name)
{
	static const enum pf_list lists[] = {PF_LIST_NAT, PF_LIST_BINAT,
					     PF_LIST_RDR, PF_LIST_FILTER};
	const struct pf_rules *l;
	size_t i, k, n;

	for (i = 0; i < g->nnodes; i++)
		for (n = 0; n < sizeof(lists) / sizeof(lists[0]); n++) {
			l = &g->node[i].a->list[lists[n]];
			for (k = 0; k < l->n; k++)
				if (pool_has(&l->v[k].pool, kind, name) ||
				    pool_has(&l->v[k].rdr, kind, name))
					return true;
		}
	return false;
}

/* Masquerading follows by itself; other pools are in the rules. */
bool gen_pools_by_if(const struct gen *g)
{
	return pools_have(g, PF_ADDR_DYNIF, NULL);
}

bool gen_pools_by_table(const struct gen *g, const char *table)
{
	return pools_have(g, PF_ADDR_TABLE, table);
}

int gen_ifsets(struct gen *g, struct err *e)
{
	static const struct ifnets none;
	int r;

	if (g->v) {
		g->ifs = calloc(1, sizeof(*g->ifs));
		if (!g->ifs)
			return err_nomem(e);
		/* the handle's sockets are used, nothing of it changes */
		r = ifnets_load((struct vnet *)(uintptr_t)g->v, g->ifs, e);
		if (r < 0)
			return r;
	}
	gen_bound_grow(g);
	gen_back_set(g);
	r = group_sets(g, g->ifs ? g->ifs : &none, e);
	return r < 0 ? r : dynif_sets(g, e);
}
