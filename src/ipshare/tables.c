/*
 * tables: see tables.h.
 *
 * Members are looked up by (cgroup, address), so their number does not
 * matter.  Owners, (network namespace, address) -> jails, are noted of
 * families in which a jail has several addresses, where its wildcards stay
 * wildcards, and of 127/8.  Routes and sources are for such jails, too: the
 * route says the interface, the source is the jail's first address there, as
 * FreeBSD's in_pcbladdr() and in6_selectsrc() choose.  The table of routes is
 * read when a jail is set; it does not follow later changes.
 */
#include "ipshare/tables.h"

#include "base/cleanup.h"
#include "net/rtnl_route.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <time.h>

/* Routes of a namespace that are looked at. */
#define ROUTES_MAX 1024
/* Rows that one system call reads. */
#define BATCH 256

static const char what[] = "addresses";

static int full(int r, struct err *e)
{
	if (r == -E2BIG || r == -ENOSPC)
		return err_set(e, ENOSPC, "%s: too many in this kernel's table",
			       what);
	return err_sys(e, -r, "%s: BPF", what);
}

/* --- the configuration --------------------------------------------------- */

void ip_list_free(struct ip_list *l)
{
	free(l->v);
}

static struct ipshare_ip mapped(uint32_t v4)
{
	return (struct ipshare_ip){{0, 0, htonl(0xffff), v4}};
}

static int family_of(const struct ipshare_ip *ip)
{
	return !ip->w[0] && !ip->w[1] && ip->w[2] == htonl(0xffff) ? IPSHARE_V4
								   : IPSHARE_V6;
}

static bool same(const struct ipshare_ip *a, const struct ipshare_ip *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static bool in_list(const struct ip_list *l, const struct ipshare_ip *ip)
{
	for (size_t i = 0; i < l->n; i++)
		if (same(&l->v[i], ip))
			return true;
	return false;
}

/* NEW without an address is a family in which nothing can be done. */
static uint8_t mode_of(enum ipshare_mode mode, size_t n)
{
	return (uint8_t)(mode == IPSHARE_NEW && !n ? IPSHARE_DISABLE : mode);
}

int tables_of(const struct ipshare_conf *conf, struct ipshare_row *row,
	      struct ip_list *ret, struct err *e)
{
	size_t n4 = conf->mode4 == IPSHARE_NEW ? conf->n4 : 0;
	size_t n6 = conf->mode6 == IPSHARE_NEW ? conf->n6 : 0;
	struct ip_list l = {calloc(n4 + n6 + 1, sizeof(*l.v)), n4 + n6};

	if (!l.v)
		return err_nomem(e);
	if (n4 > IPSHARE_MAX || n6 > IPSHARE_MAX) {
		free(l.v);
		return err_set(e, E2BIG, "%s: more than %d of a family", what,
			       IPSHARE_MAX);
	}
	for (size_t i = 0; i < n4; i++)
		l.v[i] = mapped(conf->addr4[i].s_addr);
	for (size_t i = 0; i < n6; i++)
		memcpy(&l.v[n4 + i], &conf->addr6[i], sizeof(*l.v));
	row->mode[IPSHARE_V4] = mode_of(conf->mode4, n4);
	row->mode[IPSHARE_V6] = mode_of(conf->mode6, n6);
	row->saddrsel[IPSHARE_V4] =
		conf->saddrsel4 ? IPSHARE_BY_ROUTE : IPSHARE_FIRST;
	row->saddrsel[IPSHARE_V6] =
		conf->saddrsel6 ? IPSHARE_BY_ROUTE : IPSHARE_FIRST;
	row->n[IPSHARE_V4] = (uint32_t)n4;
	row->n[IPSHARE_V6] = (uint32_t)n6;
	if (n4)
		row->first[IPSHARE_V4] = l.v[0];
	if (n6)
		row->first[IPSHARE_V6] = l.v[n4];
	row->raw = conf->raw;
	row->low_ports = conf->low_ports;
	row->root = conf->root;
	*ret = l;
	return 0;
}

/* --- owners -------------------------------------------------------------- */

static bool has_owners(const struct ipshare_row *row,
		       const struct ipshare_ip *ip)
{
	int f = family_of(ip);

	return row->n[f] > 1 ||
	       (f == IPSHARE_V4 && (ntohl(ip->w[3]) >> 24) == 127);
}

static int owner_add(struct store *s, const struct ipshare_row *row,
		     const struct ipshare_ip *ip, struct err *e)
{
	struct ipshare_place at = {.net = row->net, .ip = *ip};
	struct ipshare_owners o = {{0}};
	size_t i, at_free = IPSHARE_OWNERS;
	int r;

	bpf_map_lookup_elem(s->map[STORE_OWNERS], &at, &o);
	for (i = 0; i < IPSHARE_OWNERS; i++) {
		if (o.cgroup[i] == row->cgroup)
			return 0;
		if (!o.cgroup[i] && at_free == IPSHARE_OWNERS)
			at_free = i;
	}
	/* for 127/8 it is enough that somebody has it */
	if (at_free == IPSHARE_OWNERS)
		return row->n[family_of(ip)] == 1
			       ? 0
			       : err_set(e, ENOSPC,
					 "%s: one address in more than %d "
					 "jails",
					 what, IPSHARE_OWNERS);
	o.cgroup[at_free] = row->cgroup;
	r = bpf_map_update_elem(s->map[STORE_OWNERS], &at, &o, BPF_ANY);
	return r < 0 ? full(r, e) : 0;
}

static void owner_remove(struct store *s, uint64_t net, uint64_t cgroup,
			 const struct ipshare_ip *ip)
{
	struct ipshare_place at = {.net = net, .ip = *ip};
	struct ipshare_owners o;
	size_t left = 0;

	if (bpf_map_lookup_elem(s->map[STORE_OWNERS], &at, &o) < 0)
		return;
	for (size_t i = 0; i < IPSHARE_OWNERS; i++) {
		if (o.cgroup[i] == cgroup)
			o.cgroup[i] = 0;
		left += o.cgroup[i] != 0;
	}
	if (left)
		bpf_map_update_elem(s->map[STORE_OWNERS], &at, &o, BPF_EXIST);
	else
		bpf_map_delete_elem(s->map[STORE_OWNERS], &at);
}

/* --- routes and sources -------------------------------------------------- */

static struct ipshare_prefix
prefix_of(uint64_t net, const struct ipshare_ip *ip, uint32_t plen)
{
	return (struct ipshare_prefix){
		.bits = IPSHARE_PREFIX_HEAD +
			(family_of(ip) == IPSHARE_V4 ? 96 : 0) + plen,
		.net = {(uint32_t)net, (uint32_t)(net >> 32)},
		.ip = *ip,
	};
}

static bool prefix_is_of(const struct ipshare_prefix *p, uint64_t net)
{
	return p->net[0] == (uint32_t)net && p->net[1] == (uint32_t)(net >> 32);
}

/* Rows of the namespace that this reading of its table did not write. */
static void routes_sweep(struct store *s, uint64_t net, uint32_t stamp,
			 bool all)
{
	struct ipshare_prefix key, next, *at = NULL;
	struct ipshare_route v;
	int fd = s->map[STORE_ROUTES];

	while (bpf_map_get_next_key(fd, at, &next) == 0) {
		bool old = prefix_is_of(&next, net) &&
			   (all || (bpf_map_lookup_elem(fd, &next, &v) == 0 &&
				    v.stamp != stamp));

		if (old) {
			/* one that is gone has no next one: from the start */
			if (bpf_map_delete_elem(fd, &next) < 0)
				return;
			at = NULL;
			continue;
		}
		key = next;
		at = &key;
	}
}

static struct ipshare_prefix route_prefix(uint64_t net, const struct route *rt)
{
	struct ipshare_ip ip;

	if (rt->family == AF_INET)
		ip = mapped(rt->dst.in.s_addr);
	else
		memcpy(&ip, &rt->dst.in6, sizeof(ip));
	return prefix_of(net, &ip, rt->plen);
}

static int routes_fill(struct store *s, struct vnet *v, int family,
		       uint32_t stamp, struct err *e)
{
	struct ipshare_prefix last = {.bits = 0};
	cleanup_free struct route *rt = NULL;
	size_t n = 0;
	int r = routes_load(v, family, false, &rt, &n, e);

	for (size_t i = 0; i < n && i < ROUTES_MAX && r >= 0; i++) {
		struct ipshare_route row = {(uint32_t)rt[i].oif, stamp};
		struct ipshare_prefix p = route_prefix(v->cookie, &rt[i]);

		/*
		 * The first of several is the one with the best metric.  (The
		 * map cannot be asked: it would tell of a shorter one.)
		 */
		if (p.bits == last.bits && same(&p.ip, &last.ip))
			continue;
		last = p;
		r = bpf_map_update_elem(s->map[STORE_ROUTES], &p, &row,
					BPF_ANY);
		if (r < 0)
			return full(r, e);
	}
	return r;
}

/* On which interface an address is: what routes to it say. */
static int ifindex_of(struct vnet *v, const struct ipshare_ip *ip)
{
	int family = family_of(ip) == IPSHARE_V4 ? AF_INET : AF_INET6;
	union route_addr dst;
	struct route rt;

	memset(&dst, 0, sizeof(dst));
	if (family == AF_INET)
		dst.in.s_addr = ip->w[3];
	else
		memcpy(&dst.in6, ip, sizeof(dst.in6));
	return route_get(v, family, &dst, true, &rt, NULL) < 0 ? 0 : rt.oif;
}

static int sources_fill(struct store *s, struct vnet *v,
			struct ipshare_row *row, const struct ip_list *ips,
			struct err *e)
{
	uint32_t link[IPSHARE_FAMILIES] = {0};
	bool several[IPSHARE_FAMILIES] = {false};

	/* backwards, so that the first one stays */
	for (size_t i = ips->n; i-- > 0;) {
		struct ipshare_source k = {.cgroup = row->cgroup};
		int r;

		k.family = (uint32_t)family_of(&ips->v[i]);
		if (row->n[k.family] < 2 || !row->saddrsel[k.family])
			continue;
		k.ifindex = (uint32_t)ifindex_of(v, &ips->v[i]);
		several[k.family] |=
			!k.ifindex ||
			(link[k.family] && link[k.family] != k.ifindex);
		link[k.family] = k.ifindex;
		if (!k.ifindex)
			continue;
		r = bpf_map_update_elem(s->map[STORE_SOURCES], &k, &ips->v[i],
					BPF_ANY);
		if (r < 0)
			return full(r, e);
	}
	for (size_t f = 0; f < IPSHARE_FAMILIES; f++)
		if (link[f] && !several[f])
			row->saddrsel[f] = IPSHARE_ONE_LINK;
	return 0;
}

static int by_route(struct store *s, struct vnet *v, struct ipshare_row *row,
		    const struct ip_list *ips, struct err *e)
{
	static const int families[] = {AF_INET, AF_INET6};
	struct timespec now;
	bool wanted = false;
	uint32_t stamp;
	int r = 0;

	for (size_t f = 0; f < ARRAY_SIZE(families); f++)
		wanted |= row->n[f] > 1 && row->saddrsel[f];
	if (!wanted)
		return 0;
	/* another one than the last reading's, which is all it is for */
	clock_gettime(CLOCK_MONOTONIC, &now);
	stamp = (uint32_t)(now.tv_sec * 1000000 + now.tv_nsec / 1000);
	for (size_t f = 0; f < ARRAY_SIZE(families) && r >= 0; f++)
		r = routes_fill(s, v, families[f], stamp, e);
	if (r < 0)
		return r;
	routes_sweep(s, v->cookie, stamp, false);
	return sources_fill(s, v, row, ips, e);
}

/* --- a jail -------------------------------------------------------------- */

int tables_grow(struct store *s, struct vnet *v, struct ipshare_row *row,
		const struct ip_list *ips, struct err *e)
{
	struct ipshare_used none = {0};
	int r = bpf_map_update_elem(s->map[STORE_USED], &row->cgroup, &none,
				    BPF_NOEXIST);

	if (r == 0 || r == -EEXIST)
		/* first: it is how the rest is found when the jail ends */
		r = bpf_map_update_elem(s->map[STORE_JAILS], &row->cgroup, row,
					BPF_ANY);
	if (r < 0)
		return full(r, e);
	for (size_t i = 0; i < ips->n && r >= 0; i++) {
		struct ipshare_member m = {row->cgroup, ips->v[i]};
		uint32_t one = 1;

		r = bpf_map_update_elem(s->map[STORE_MEMBERS], &m, &one,
					BPF_ANY);
		if (r < 0)
			return full(r, e);
		if (has_owners(row, &ips->v[i]))
			r = owner_add(s, row, &ips->v[i], e);
	}
	return r < 0 ? r : by_route(s, v, row, ips, e);
}

/* Read a hash, each row given to fn, which may delete it. */
static int each(int fd, size_t key_size, size_t value_size,
		void (*fn)(void *data, const void *key, const void *value),
		void *data, struct err *e)
{
	cleanup_free char *keys = calloc(BATCH, key_size);
	cleanup_free char *values = calloc(BATCH, value_size);
	uint32_t at = 0, n;
	bool begun = false;
	size_t room = BATCH;
	int r;

	if (!keys || !values)
		return err_nomem(e);
	do {
		n = (uint32_t)room;
		r = bpf_map_lookup_batch(fd, begun ? &at : NULL, &at, keys,
					 values, &n, NULL);
		/* more in one place of the hash than that: once more */
		if (r == -ENOSPC) {
			char *k = realloc(keys, 2 * room * key_size);
			char *v;

			if (!k)
				return err_nomem(e);
			keys = k;
			v = realloc(values, 2 * room * value_size);
			if (!v)
				return err_nomem(e);
			values = v;
			room *= 2;
			r = 0;
			continue;
		}
		if (r < 0 && r != -ENOENT)
			return err_sys(e, -r, "%s: BPF", what);
		for (uint32_t i = 0; i < n; i++)
			fn(data, keys + i * key_size, values + i * value_size);
		begun = true;
	} while (r == 0);
	return 0;
}

struct sweep {
	struct store *s;
	uint64_t cgroup, net;
	const struct ip_list *keep;
	const struct ipshare_row *row;
	bool net_used, used, lost;
};

static void sweep_member(void *data, const void *key, const void *value)
{
	const struct ipshare_member *m = key;
	struct sweep *w = data;

	(void)value;
	if (m->cgroup != w->cgroup)
		return;
	/*
	 * Of one that stays the owners stay, even where it is the only one
	 * that is left: it may have listeners from before.
	 */
	if (!w->keep || !in_list(w->keep, &m->ip)) {
		w->lost = true;
		bpf_map_delete_elem(w->s->map[STORE_MEMBERS], m);
		owner_remove(w->s, w->net, w->cgroup, &m->ip);
	}
}

static void sweep_source(void *data, const void *key, const void *value)
{
	const struct ipshare_source *k = key;
	struct sweep *w = data;

	if (k->cgroup == w->cgroup && (!w->keep || !in_list(w->keep, value) ||
				       w->row->n[k->family == IPSHARE_V6] < 2))
		bpf_map_delete_elem(w->s->map[STORE_SOURCES], k);
}

static void sweep_port(void *data, const void *key, const void *value)
{
	const struct ipshare_port *rec = value;
	struct sweep *w = data;

	if (rec->cgroup == w->cgroup)
		bpf_map_delete_elem(w->s->map[STORE_PORTS], key);
}

static void sweep_jail(void *data, const void *key, const void *value)
{
	const struct ipshare_row *row = value;
	struct sweep *w = data;

	(void)key;
	if (row->cgroup == w->cgroup)
		return;
	w->used = true;
	w->net_used |= row->net == w->net;
}

/* Sockets that were free to bind whatever there is may be there still. */
static bool was_free(const struct ipshare_row *was,
		     const struct ipshare_row *row)
{
	for (size_t f = 0; f < IPSHARE_FAMILIES; f++)
		if (was->mode[f] == IPSHARE_INHERIT &&
		    row->mode[f] != IPSHARE_INHERIT)
			return true;
	return false;
}

int tables_shrink(struct store *s, const struct ipshare_row *row,
		  const struct ipshare_row *was, const struct ip_list *ips,
		  struct err *e)
{
	struct sweep w = {.s = s,
			  .cgroup = row->cgroup,
			  .net = row->net,
			  .keep = ips,
			  .row = row};
	uint32_t zero = 0, one = 1;
	int r = each(s->map[STORE_MEMBERS], sizeof(struct ipshare_member),
		     sizeof(uint32_t), sweep_member, &w, e);

	/* its sockets may be bound there */
	if (r >= 0 && (w.lost || was_free(was, row)))
		r = bpf_map_update_elem(s->map[STORE_LOST], &zero, &one,
					BPF_ANY);
	if (r < 0)
		return r;
	return each(s->map[STORE_SOURCES], sizeof(struct ipshare_source),
		    sizeof(struct ipshare_ip), sweep_source, &w, e);
}

int tables_clear(struct store *s, uint64_t cgroup, uint64_t *ret_net,
		 bool *ret_net_used, bool *ret_used, struct err *e)
{
	struct sweep w = {.s = s, .cgroup = cgroup};
	struct ipshare_row row;
	int r;

	/* without a row it was killed on its way in, or is cleared twice */
	if (bpf_map_lookup_elem(s->map[STORE_JAILS], &cgroup, &row) == 0)
		w.net = row.net;
	r = each(s->map[STORE_MEMBERS], sizeof(struct ipshare_member),
		 sizeof(uint32_t), sweep_member, &w, e);
	if (r >= 0)
		r = each(s->map[STORE_SOURCES], sizeof(struct ipshare_source),
			 sizeof(struct ipshare_ip), sweep_source, &w, e);
	if (r >= 0)
		r = each(s->map[STORE_PORTS], sizeof(struct ipshare_key),
			 sizeof(struct ipshare_port), sweep_port, &w, e);
	if (r >= 0)
		r = each(s->map[STORE_JAILS], sizeof(uint64_t), sizeof(row),
			 sweep_jail, &w, e);
	if (r < 0)
		return r;
	bpf_map_delete_elem(s->map[STORE_USED], &cgroup);
	bpf_map_delete_elem(s->map[STORE_JAILS], &cgroup);
	*ret_net = w.net;
	*ret_net_used = w.net_used;
	*ret_used = w.used;
	return 0;
}

void tables_forget_routes(struct store *s, uint64_t net)
{
	routes_sweep(s, net, 0, true);
}
