/*
 * route_rows: the routing table as rows of text, FreeBSD's way.  Linux keeps
 * own addresses in a table of their own and subnets as routes of scope link;
 * FreeBSD shows the first as host routes through lo0 and the second with a
 * gateway "link#N".
 */
#include "net/route.h"

#include "base/cleanup.h"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH_DST4 18
#define WIDTH_DST6 33
#define WIDTH_GW4 18
#define WIDTH_GW6 29
#define WIDTH_IF 8
#define WIDTH_IF_WIDE 10 /* of IPv4 */

static unsigned int host_plen(int family)
{
	return family == AF_INET ? 32 : 128;
}

static bool is_linklocal(int family, const union route_addr *a)
{
	return family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&a->in6);
}

static void put_addr(char *buf, size_t size, int family,
		     const union route_addr *a, const char *zone)
{
	char text[INET6_ADDRSTRLEN] = "";

	inet_ntop(family, a, text, sizeof(text));
	if (zone && is_linklocal(family, a))
		snprintf(buf, size, "%s%%%s", text, zone);
	else
		snprintf(buf, size, "%s", text);
}

static void put_dst(struct route_row *row, const struct route *rt)
{
	size_t n;

	if (!rt->plen) {
		snprintf(row->dst, sizeof(row->dst), "default");
		return;
	}
	/* a prefix wider than fe80::/64 belongs to no interface */
	put_addr(row->dst, sizeof(row->dst), rt->family, &rt->dst,
		 rt->plen >= 64 ? row->netif : NULL);
	n = strlen(row->dst);
	if (rt->plen != host_plen(rt->family))
		snprintf(row->dst + n, sizeof(row->dst) - n, "/%u", rt->plen);
}

static void put_flags(struct route_row *row, const struct route *rt)
{
	char *p = row->flags;

	*p++ = 'U';
	if (rt->has_gw || rt->type == ROUTE_BLACKHOLE ||
	    rt->type == ROUTE_REJECT)
		*p++ = 'G';
	if (rt->plen == host_plen(rt->family))
		*p++ = 'H';
	if (rt->type == ROUTE_REJECT)
		*p++ = 'R';
	if (rt->flags & RTM_F_CLONED)
		*p++ = 'D';
	if (rt->protocol != RTPROT_KERNEL && rt->protocol != RTPROT_RA &&
	    rt->protocol != RTPROT_REDIRECT)
		*p++ = 'S';
	else if (rt->type == ROUTE_LOCAL && strcmp(row->dst, "127.0.0.1") != 0)
		*p++ = 'S';
	if (rt->type == ROUTE_BLACKHOLE)
		*p++ = 'B';
	*p = 0;
}

const char *route_flag_word(char letter)
{
	static const struct {
		char letter;
		const char *word;
	} words[] = {
		{'U', "up"},	    {'G', "gateway"}, {'H', "host"},
		{'R', "reject"},    {'D', "dynamic"}, {'S', "static"},
		{'B', "blackhole"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i].letter == letter)
			return words[i].word;
	return "";
}

static int loopback_index(const struct ifnets *ifs)
{
	for (size_t i = 0; i < ifs->n; i++)
		if (ifs->v[i].flags & IFF_LOOPBACK)
			return ifs->v[i].index;
	return 1;
}

static void row_fill(struct route_row *row, const struct route *rt,
		     const struct ifnets *ifs)
{
	int lo = loopback_index(ifs);
	bool through_lo = rt->type != ROUTE_UNICAST;
	const struct ifnet *ifp =
		ifnets_by_index(ifs, through_lo ? lo : rt->oif);

	*row = (struct route_row){.family = rt->family,
				  .rt = *rt,
				  .expire = rt->expires,
				  .mtu = rt->mtu};
	if (ifp && !row->mtu)
		row->mtu = ifp->mtu;
	snprintf(row->netif, sizeof(row->netif), "%s", ifp ? ifp->name : "");
	put_dst(row, rt);
	put_flags(row, rt);
	if (rt->has_gw)
		put_addr(row->gw, sizeof(row->gw), rt->gw_family, &rt->gw,
			 row->netif);
	else if (rt->type == ROUTE_BLACKHOLE || rt->type == ROUTE_REJECT)
		snprintf(row->gw, sizeof(row->gw), "%s",
			 rt->family == AF_INET ? "127.0.0.1" : "::1");
	else
		snprintf(row->gw, sizeof(row->gw), "link#%d",
			 through_lo ? lo : rt->oif);
}

/* What FreeBSD has no row for: 127/8 as a whole, anycast and the like. */
static bool shown(const struct route *rt)
{
	return rt->type != ROUTE_LOCAL || rt->plen == host_plen(rt->family);
}

static int by_dst(const void *pa, const void *pb)
{
	const struct route_row *a = pa, *b = pb;
	size_t n = a->family == AF_INET ? 4 : 16;
	int c = memcmp(&a->rt.dst, &b->rt.dst, n);

	if (c)
		return c;
	if (a->rt.plen != b->rt.plen)
		return a->rt.plen < b->rt.plen ? -1 : 1;
	if (a->rt.metric != b->rt.metric)
		return a->rt.metric < b->rt.metric ? -1 : 1;
	return strcmp(a->netif, b->netif);
}

/*
 * An own address is one host route through lo0.  Linux has a second one when
 * the address was given with all its bits as prefix.
 */
static size_t drop_twins(struct route_row *rows, size_t n)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		const struct route *rt = &rows[i].rt;
		bool twin = false;

		/* in order: equal ones are neighbours */
		for (size_t j = k;
		     j-- > 0 && !strcmp(rows[i].dst, rows[j].dst);)
			twin |= rows[j].rt.type == ROUTE_LOCAL;
		for (size_t j = i + 1;
		     j < n && !strcmp(rows[i].dst, rows[j].dst); j++)
			twin |= rows[j].rt.type == ROUTE_LOCAL;
		if (!twin || rt->type != ROUTE_UNICAST || rt->has_gw ||
		    rt->protocol != RTPROT_KERNEL ||
		    rt->plen != host_plen(rt->family))
			rows[k++] = rows[i];
	}
	return k;
}

int route_rows(struct vnet *v, const struct ifnets *ifs, int family,
	       const struct sight *sight, struct route_row **ret, size_t *ret_n,
	       struct err *e)
{
	cleanup_free struct route *rts = NULL;
	struct route_row *rows;
	size_t n = 0, k = 0;
	int r;

	r = routes_load(v, family, true, &rts, &n, e);
	if (r < 0)
		return r;
	rows = calloc(n ? n : 1, sizeof(*rows));
	if (!rows)
		return err_nomem(e);
	for (size_t i = 0; i < n; i++)
		if (shown(&rts[i]) && sight_route(sight, &rts[i]))
			row_fill(&rows[k++], &rts[i], ifs);
	qsort(rows, k, sizeof(*rows), by_dst);
	*ret = rows;
	*ret_n = drop_twins(rows, k);
	return 0;
}

static bool same_nhop(const struct route_row *a, const struct route_row *b)
{
	return !strcmp(a->gw, b->gw) && !strcmp(a->flags, b->flags) &&
	       !strcmp(a->netif, b->netif) && a->mtu == b->mtu;
}

int route_nhops(const struct route_row *rows, size_t n, unsigned int **ret,
		struct err *e)
{
	cleanup_free unsigned int *nhops = calloc(n ? n : 1, sizeof(*nhops));
	cleanup_free size_t *firsts = calloc(n ? n : 1, sizeof(*firsts));
	unsigned int known = 0;

	if (!nhops || !firsts)
		return err_nomem(e);
	for (size_t i = 0; i < n; i++) {
		unsigned int k = 0;

		while (k < known && !same_nhop(&rows[firsts[k]], &rows[i]))
			k++;
		if (k == known)
			firsts[known++] = i;
		nhops[i] = k + 1;
	}
	*ret = take_ptr(nhops);
	return 0;
}

static int table_print(struct vnet *v, const struct ifnets *ifs, int family,
		       const struct sight *sight, bool wide, struct strbuf *out,
		       struct err *e)
{
	int wd = family == AF_INET ? WIDTH_DST4 : WIDTH_DST6;
	int wg = family == AF_INET ? WIDTH_GW4 : WIDTH_GW6;
	int wi = wide && family == AF_INET ? WIDTH_IF_WIDE : WIDTH_IF;
	cleanup_free struct route_row *rows = NULL;
	cleanup_free unsigned int *nhops = NULL;
	size_t n = 0;
	int r;

	r = route_rows(v, ifs, family, sight, &rows, &n, e);
	if (r < 0 || !n)
		return r;
	if (wide)
		r = route_nhops(rows, n, &nhops, e);
	if (r < 0)
		return r;
	strbuf_addf(out, "\n%s:\n",
		    family == AF_INET ? "Internet" : "Internet6");
	strbuf_addf(out, "%-*s %-*s %-6s ", wd, "Destination", wg, "Gateway",
		    "Flags");
	if (wide)
		strbuf_addf(out, "%6s %6s ", "Nhop#", "Mtu");
	strbuf_addf(out, "%*s %s\n", wi, "Netif", "Expire");
	for (size_t i = 0; i < n; i++) {
		strbuf_addf(out, "%-*s %-*s %-6s ", wd, rows[i].dst, wg,
			    rows[i].gw, rows[i].flags);
		if (wide)
			strbuf_addf(out, "%6u %6u ", nhops[i], rows[i].mtu);
		strbuf_addf(out, "%*s", wi, rows[i].netif);
		if (rows[i].expire)
			strbuf_addf(out, " %6u", rows[i].expire);
		strbuf_addch(out, '\n');
	}
	return 0;
}

int route_table_print(struct vnet *v, int family, const struct sight *sight,
		      bool wide, struct strbuf *out, struct err *e)
{
	cleanup_ifnets struct ifnets ifs = {0};
	int r = ifnets_load(v, &ifs, e);

	if (r < 0)
		return r;
	strbuf_adds(out, "Routing tables\n");
	if (family != AF_INET6)
		r = table_print(v, &ifs, AF_INET, sight, wide, out, e);
	if (r >= 0 && family != AF_INET)
		r = table_print(v, &ifs, AF_INET6, sight, wide, out, e);
	return r;
}
