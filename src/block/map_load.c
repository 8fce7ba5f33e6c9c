/*
 * map_load: kernel -> topology.  The registry tells which jails there are,
 * each vnet is asked for its interfaces and default route, and with all vnets
 * open the ends of the cables are matched.  A jail that goes away while this
 * happens is left out.
 */
#include "base/cleanup.h"
#include "block/map_ng.h"
#include "block/map_topo.h"
#include "jail/prison.h"
#include "net/move.h"
#include "net/rtnl_route.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

struct load {
	struct topo t;
	struct vnet **vnets; /* by jail; NULL: shares another's */
	struct prisons *ps;
	bool jailed;		      /* the caller is */
	char host[HOST_NAME_MAX + 1]; /* the caller's */
};

static void load_free(struct load *l)
{
	for (size_t i = 0; l->vnets && i < l->t.njails; i++)
		vnet_free(&l->vnets[i]);
	free(l->vnets);
	topo_free(&l->t);
	prisons_free(&l->ps);
}
#define cleanup_load __attribute__((cleanup(load_free)))

/* Every vnet takes some descriptors, and all are open at once. */
static void allow_descriptors(void)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) || rl.rlim_cur == rl.rlim_max)
		return;
	rl.rlim_cur = rl.rlim_max;
	setrlimit(RLIMIT_NOFILE, &rl);
}

/* The next hop of the default route with the least metric, if any. */
static int gateway(struct topo_jail *j, struct vnet *v, int family,
		   struct err *e)
{
	cleanup_free struct route *rt = NULL;
	const struct route *best = NULL;
	char buf[INET6_ADDRSTRLEN];
	size_t n = 0;
	int r;

	r = routes_load(v, family, false, &rt, &n, e);
	if (r)
		return r;
	for (size_t i = 0; i < n; i++)
		if (!rt[i].plen && rt[i].has_gw &&
		    rt[i].type == ROUTE_UNICAST &&
		    (!best || rt[i].metric < best->metric))
			best = &rt[i];
	if (!best)
		return 0;
	inet_ntop(best->gw_family, &best->gw, buf, sizeof(buf));
	j->gateway = strdup(buf);
	j->gateway_if = best->oif;
	return j->gateway ? 0 : err_nomem(e);
}

static int load_vnet(const struct load *l, struct topo_jail *j, struct vnet *v,
		     struct err *e)
{
	int r;

	j->cookie = v->cookie;
	r = ifnets_load(v, &j->ifs, e);
	if (!r)
		r = gateway(j, v, AF_INET, e);
	if (!r && !j->gateway)
		r = gateway(j, v, AF_INET6, e);
	if (!r)
		r = l->jailed && j->parent < 0
			    ? topo_ng_ask(j, v, e)
			    : topo_ng_load(j, v, CELLBLOCK_RUN "/ng", e);
	return r ? r : topo_ng_place(j, v, e);
}

static int copy_addrs(struct strv *dst, const struct pset *params,
		      const char *name, struct err *e)
{
	const struct jparam *p = pset_find(params, name);

	for (size_t i = 0; p && i < p->values.n; i++)
		if (strv_add(dst, p->values.v[i]))
			return err_nomem(e);
	return 0;
}

static int load_jail(struct load *l, const struct prison *p, int parent,
		     struct err *e)
{
	struct topo_jail *j = &l->t.jails[l->t.njails];
	const char *host = pset_value(&p->params, "host.hostname");
	const char *dot = strrchr(p->name, '.');
	struct vnet **v = &l->vnets[l->t.njails];
	int r = 0;

	l->t.njails++;
	j->jid = p->jid;
	j->parent = parent;
	j->vnet = p->vnet;
	j->full = strdup(p->name);
	j->name = strdup(dot && parent >= 0 ? dot + 1 : p->name);
	j->hostname = host && host[0] ? strdup(host) : NULL;
	if (!j->full || !j->name || (host && host[0] && !j->hostname))
		return err_nomem(e);
	j->inherits_host = host && !strcmp(host, l->host);
	if (!p->vnet) {
		r = copy_addrs(&j->addrs, &p->params, "ip4.addr", e);
		return r ? r : copy_addrs(&j->addrs, &p->params, "ip6.addr", e);
	}
	r = prison_vnet(l->ps, p, v, e);
	return r ? r : load_vnet(l, j, *v, e);
}

/* Take back what load_jail began. */
static void unload_jail(struct load *l)
{
	struct topo one = {.njails = 1};

	l->t.njails--;
	vnet_free(&l->vnets[l->t.njails]);
	one.jails = malloc(sizeof(*one.jails));
	if (!one.jails)
		return;
	one.jails[0] = l->t.jails[l->t.njails];
	l->t.jails[l->t.njails] = (struct topo_jail){0};
	topo_free(&one);
}

static bool is_gone(struct load *l, const struct prison *p)
{
	struct prison now = {0};
	char jid[16];
	int r;

	snprintf(jid, sizeof(jid), "%d", p->jid);
	r = prison_get(l->ps, jid, false, &now, NULL);
	if (!r)
		prison_free(&now);
	return r == -ENOENT;
}

/* The level the caller is in. */
static int load_self(struct load *l, struct err *e)
{
	struct topo_jail *j = &l->t.jails[0];
	struct prison_self self;
	int r = prison_self(&self, e);

	if (r)
		return r;
	l->t.njails = 1;
	j->parent = -1;
	j->jid = 0;
	j->vnet = true;
	j->name = strdup(self.jailed ? self.name : "host");
	j->full = strdup("");
	j->hostname = strdup(l->host);
	if (!j->name || !j->full || !j->hostname)
		return err_nomem(e);
	l->jailed = self.jailed;
	r = vnet_open(-1, VNET_STATEDIR, &l->vnets[0], e);
	return r ? r : load_vnet(l, j, l->vnets[0], e);
}

static size_t depth(const char *name)
{
	size_t n = 0;

	for (; *name; name++)
		n += *name == '.';
	return n;
}

static int prison_cmp(const void *a, const void *b)
{
	const struct prison *const *x = a, *const *y = b;
	size_t dx = depth((*x)->name), dy = depth((*y)->name);

	if (dx != dy)
		return dx < dy ? -1 : 1;
	return (*x)->jid < (*y)->jid ? -1 : (*x)->jid > (*y)->jid;
}

/* Index of the jail that `name` is in; -1: not in the map. */
static int parent_of(const struct load *l, const char *name)
{
	const char *dot = strrchr(name, '.');
	size_t n = dot ? (size_t)(dot - name) : 0;

	for (size_t i = 0; i < l->t.njails; i++)
		if (strlen(l->t.jails[i].full) == n &&
		    !memcmp(l->t.jails[i].full, name, n))
			return (int)i;
	return -1;
}

static bool same_vnet(void *data, size_t from, int nsid, size_t to)
{
	struct load *l = data;

	return l->vnets[from] && l->vnets[to] &&
	       vnet_nsid(l->vnets[from], l->vnets[to]) == nsid;
}

static int load_all(struct load *l, const char *root, struct prison *all,
		    size_t n, struct err *e)
{
	cleanup_free const struct prison **v = calloc(n + 1, sizeof(*v));
	int r = 0, parent;

	if (!v)
		return err_nomem(e);
	for (size_t i = 0; i < n; i++)
		v[i] = &all[i];
	qsort(v, n, sizeof(struct prison *), prison_cmp);
	if (!root)
		r = load_self(l, e);
	for (size_t i = 0; !r && i < n; i++) {
		bool is_root =
			root && !l->t.njails && !strcmp(v[i]->name, root);

		parent = is_root ? -1 : parent_of(l, v[i]->name);
		if (parent < 0 && !is_root)
			continue;
		r = load_jail(l, v[i], parent, e);
		if (r && !is_root && is_gone(l, v[i])) {
			unload_jail(l);
			r = 0;
		}
	}
	return r;
}

int topo_load(const char *root, struct topo *ret, struct err *e)
{
	cleanup_load struct load l = {.vnets = NULL};
	struct prison top = {0}, *all = NULL;
	cleanup_free char *name = NULL;
	size_t n = 0;
	int r;

	allow_descriptors();
	gethostname(l.host, sizeof(l.host) - 1);
	r = prisons_open(&l.ps, e);
	if (r)
		return r;
	if (root) {
		r = prison_get(l.ps, root, false, &top, e);
		if (r)
			return r;
		name = top.name ? strdup(top.name) : NULL;
		prison_free(&top);
		if (!name)
			return err_nomem(e);
	}
	r = prison_list(l.ps, false, &all, &n, e);
	if (r)
		return r;
	l.t.jails = calloc(n + 1, sizeof(*l.t.jails));
	l.vnets = calloc(n + 1, sizeof(struct vnet *));
	r = l.t.jails && l.vnets ? load_all(&l, name, all, n, e) : err_nomem(e);
	prison_list_free(&all, n);
	if (r)
		return r;
	if (!l.t.njails)
		return err_set(e, ENOENT, "jail \"%s\" not found", root);
	r = topo_match(&l.t, same_vnet, &l, e);
	if (r)
		return r;
	for (size_t i = 0; i < l.t.njails; i++)
		vnet_free(&l.vnets[i]);
	*ret = l.t;
	l.t = (struct topo){0};
	return 0;
}
