/*
 * map_topo: topologies, however made; which interfaces are the two ends of
 * one cable.
 *
 * The kernel says of each end the other's index and the number that the end's
 * own namespace has for the other's.  Indexes alone are ambiguous (the first
 * cable of every jail has the same), so a pair whose indexes fit is asked
 * about: `same` tells whether the number means that namespace.
 */
#include "block/map_ng.h"
#include "block/map_topo.h"

#include "base/cleanup.h"

#include <stdlib.h>
#include <string.h>

void topo_free(struct topo *t)
{
	for (size_t i = 0; i < t->njails; i++) {
		struct topo_jail *j = &t->jails[i];

		free(j->name);
		free(j->full);
		free(j->hostname);
		free(j->gateway);
		strv_free(&j->addrs);
		ifnets_free(&j->ifs);
		topo_ng_free(j);
	}
	free(t->jails);
	free(t->links);
	*t = (struct topo){0};
}

struct cable_end {
	int index, link, nsid;
	size_t jail, ifi;
};

static int end_cmp(const void *a, const void *b)
{
	const struct cable_end *x = a, *y = b;

	if (x->index != y->index)
		return x->index < y->index ? -1 : 1;
	if (x->link != y->link)
		return x->link < y->link ? -1 : 1;
	return x->jail < y->jail ? -1 : x->jail > y->jail;
}

/* All ends of cables, sorted by (index, link). */
static int ends_collect(const struct topo *t, struct cable_end **ret,
			size_t *ret_n, struct err *e)
{
	struct cable_end *v;
	size_t n = 0, max = 0;

	for (size_t j = 0; j < t->njails; j++)
		max += t->jails[j].ifs.n;
	v = calloc(max + 1, sizeof(*v));
	if (!v)
		return err_nomem(e);
	for (size_t j = 0; j < t->njails; j++)
		for (size_t i = 0; i < t->jails[j].ifs.n; i++) {
			const struct ifnet *ifp = &t->jails[j].ifs.v[i];

			if (strcmp(ifp->linux_kind, "veth") || !ifp->link)
				continue;
			v[n++] = (struct cable_end){
				.index = ifp->index,
				.link = ifp->link,
				.nsid = ifp->link_netnsid,
				.jail = j,
				.ifi = i,
			};
		}
	qsort(v, n, sizeof(*v), end_cmp);
	*ret = v;
	*ret_n = n;
	return 0;
}

/* First entry not before (index, link, jail 0). */
static size_t ends_find(const struct cable_end *v, size_t n, int index,
			int link)
{
	struct cable_end key = {.index = index, .link = link};
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (end_cmp(&v[mid], &key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool is_pair(const struct cable_end *a, const struct cable_end *b,
		    topo_same *same, void *data)
{
	if (a->jail == b->jail)
		return a->nsid < 0 && b->nsid < 0;
	return a->nsid >= 0 && b->nsid >= 0 &&
	       same(data, a->jail, a->nsid, b->jail);
}

static int link_cmp(const void *a, const void *b)
{
	const struct topo_link *x = a, *y = b;

	if (x->jail_a != y->jail_a)
		return x->jail_a < y->jail_a ? -1 : 1;
	return x->if_a < y->if_a ? -1 : x->if_a > y->if_a;
}

int topo_match(struct topo *t, topo_same *same, void *data, struct err *e)
{
	cleanup_free struct cable_end *v = NULL;
	struct topo_link *links;
	size_t n = 0, nlinks = 0;
	int r = ends_collect(t, &v, &n, e);

	if (r)
		return r;
	links = calloc(n + 1, sizeof(*links));
	if (!links)
		return err_nomem(e);
	for (size_t i = 0; i < n; i++) {
		size_t k = ends_find(v, n, v[i].link, v[i].index);

		for (; k < n && v[k].index == v[i].link &&
		       v[k].link == v[i].index;
		     k++) {
			/* each cable once, from its first jail */
			if (v[k].jail < v[i].jail ||
			    (v[k].jail == v[i].jail && v[k].ifi <= v[i].ifi) ||
			    !is_pair(&v[i], &v[k], same, data))
				continue;
			links[nlinks++] = (struct topo_link){
				v[i].jail, v[i].ifi, v[k].jail, v[k].ifi};
			break;
		}
	}
	qsort(links, nlinks, sizeof(*links), link_cmp);
	free(t->links);
	t->links = links;
	t->nlinks = nlinks;
	return 0;
}
