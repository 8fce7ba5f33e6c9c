/*
 * netstat_if: netstat -i.  FreeBSD counts packets of each address; Linux does
 * not, so the rows of addresses show "-" there.
 */
#include "base/cleanup.h"
#include "cmd/netstat.h"
#include "jail/prison.h"
#include "net/ifconfig_impl.h"
#include "net/ifnet.h"
#include "net/ifstats.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/if_arp.h>
#include <stdio.h>
#include <string.h>

struct row {
	char name[IFNAMSIZ + 1], mtu[12], net[96], addr[96];
	const struct ifstats *s; /* NULL: an address */
	uint32_t flags;
};

struct rows {
	struct row *v;
	size_t n;
};

static struct row *row_new(struct rows *rows, const struct ifnet *ifp)
{
	struct row *v = reallocarray(rows->v, rows->n + 1, sizeof(*v));

	if (!v)
		return NULL;
	rows->v = v;
	v = &v[rows->n++];
	memset(v, 0, sizeof(*v));
	snprintf(v->name, sizeof(v->name), "%s%s", ifp->name,
		 ifp->flags & IFF_UP ? "" : "*");
	v->flags = ifconfig_flags(ifp);
	return v;
}

static int add_link(struct rows *rows, const struct ifnet *ifp,
		    const struct ifstats *s, struct err *e)
{
	static const struct ifstats none;
	struct row *row = row_new(rows, ifp);

	if (!row)
		return err_nomem(e);
	row->s = s ? s : &none;
	snprintf(row->mtu, sizeof(row->mtu), "%u", ifp->mtu);
	snprintf(row->net, sizeof(row->net), "<Link#%d>", ifp->index);
	if (ifp->arptype == ARPHRD_ETHER)
		snprintf(row->addr, sizeof(row->addr),
			 "%02x:%02x:%02x:%02x:%02x:%02x", ifp->mac[0],
			 ifp->mac[1], ifp->mac[2], ifp->mac[3], ifp->mac[4],
			 ifp->mac[5]);
	else
		snprintf(row->addr, sizeof(row->addr), "%s", ifp->name);
	return 0;
}

static int add_addr(struct rows *rows, const struct ifnet *ifp,
		    const struct if_addr *a, struct err *e)
{
	struct row *row = row_new(rows, ifp);
	unsigned char net[16] = {0};
	char text[INET6_ADDRSTRLEN] = "", zone[IFNAMSIZ + 1] = "";
	size_t len = a->family == AF_INET ? 4 : 16;

	if (!row)
		return err_nomem(e);
	memcpy(net, &a->addr, len);
	for (size_t i = a->plen; i < len * 8; i++)
		net[i / 8] &= (unsigned char)~(0x80 >> i % 8);
	if (a->family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&a->addr.in6))
		snprintf(zone, sizeof(zone), "%%%s", ifp->name);
	snprintf(row->mtu, sizeof(row->mtu), "-");
	inet_ntop(a->family, net, text, sizeof(text));
	snprintf(row->net, sizeof(row->net), "%s%s/%u", text, zone, a->plen);
	inet_ntop(a->family, &a->addr, text, sizeof(text));
	snprintf(row->addr, sizeof(row->addr), "%s%s", text, zone);
	return 0;
}

static int collect(struct vnet *v, const struct netstat_args *a,
		   const struct ifnets *ifs, const struct ifstats *stats,
		   size_t nstats, struct rows *rows, struct err *e)
{
	const struct ifnet *only =
		a->ifname ? ifnets_find(ifs, a->ifname) : NULL;
	int r = 0;

	(void)v;
	if (a->ifname && !only)
		return err_set(e, ENXIO, "interface %s does not exist",
			       a->ifname);
	for (size_t i = 0; r >= 0 && i < ifs->n; i++) {
		const struct ifnet *ifp = &ifs->v[i];

		if (only && only != ifp)
			continue;
		r = add_link(rows, ifp, ifstats_find(stats, nstats, ifp->index),
			     e);
		for (size_t k = 0; r >= 0 && k < ifp->naddrs; k++)
			if (!a->family || a->family == ifp->addrs[k].family)
				r = add_addr(rows, ifp, &ifp->addrs[k], e);
	}
	return r;
}

static int max_int(int a, size_t b)
{
	return a > (int)b ? a : (int)b;
}

static void put_number(const struct row *row, int width, uint64_t n)
{
	if (row->s)
		printf(" %*" PRIu64, width, n);
	else
		printf(" %*s", width, "-");
}

static void print_row(const struct netstat_args *a, const struct row *row,
		      int wname, int wnet, int waddr)
{
	static const struct ifstats none;
	const struct ifstats *s = row->s ? row->s : &none;

	printf("%-*s %5s %-*s %-*s", wname, row->name, row->mtu, wnet, row->net,
	       waddr, row->addr);
	put_number(row, 8, s->ipkts);
	put_number(row, 5, s->ierrs);
	put_number(row, 5, s->idrop);
	if (a->bytes)
		put_number(row, 10, s->ibytes);
	put_number(row, 8, s->opkts);
	put_number(row, 5, s->oerrs);
	if (a->bytes)
		put_number(row, 10, s->obytes);
	put_number(row, 5, s->coll);
	if (a->drops)
		put_number(row, 5, s->odrop);
	putchar('\n');
}

static void print_rows(const struct netstat_args *a, const struct rows *rows)
{
	int wname = 5, wnet = 13, waddr = 17;

	for (size_t i = 0; i < rows->n; i++) {
		wname = max_int(wname, strlen(rows->v[i].name));
		wnet = max_int(wnet, strlen(rows->v[i].net));
		waddr = max_int(waddr, strlen(rows->v[i].addr));
	}
	printf("%-*s %5s %-*s %-*s %8s %5s %5s", wname, "Name", "Mtu", wnet,
	       "Network", waddr, "Address", "Ipkts", "Ierrs", "Idrop");
	if (a->bytes)
		printf(" %10s", "Ibytes");
	printf(" %8s %5s", "Opkts", "Oerrs");
	if (a->bytes)
		printf(" %10s", "Obytes");
	printf(" %5s", "Coll");
	if (a->drops)
		printf(" %5s", "Drop");
	putchar('\n');
	for (size_t i = 0; i < rows->n; i++)
		print_row(a, &rows->v[i], wname, wnet, waddr);
}

static json_t *row_json(const struct netstat_args *a, const struct row *row)
{
	const struct ifstats *s = row->s;
	json_t *o = json_object();
	char name[IFNAMSIZ + 1], flags[16];

	snprintf(name, sizeof(name), "%s", row->name);
	name[strcspn(name, "*")] = 0;
	snprintf(flags, sizeof(flags), "0x%x", row->flags);
	json_object_set_new(o, "name", json_string(name));
	json_object_set_new(o, "flags", json_string(flags));
	if (s)
		json_object_set_new(o, "mtu", json_integer(atoi(row->mtu)));
	json_object_set_new(o, "network", json_string(row->net));
	json_object_set_new(o, "address", json_string(row->addr));
	if (!s)
		return o;
#define NUM(key, value)                                                        \
	json_object_set_new(o, key, json_integer((json_int_t)(value)))
	NUM("received-packets", s->ipkts);
	NUM("received-errors", s->ierrs);
	NUM("dropped-packets", s->idrop);
	if (a->bytes)
		NUM("received-bytes", s->ibytes);
	NUM("sent-packets", s->opkts);
	NUM("send-errors", s->oerrs);
	if (a->bytes)
		NUM("sent-bytes", s->obytes);
	NUM("collisions", s->coll);
	if (a->drops)
		NUM("dropped-output-packets", s->odrop);
#undef NUM
	return o;
}

static int print_json(const struct netstat_args *a, const struct rows *rows,
		      struct err *e)
{
	json_t *list = json_array();

	for (size_t i = 0; i < rows->n; i++)
		json_array_append_new(list, row_json(a, &rows->v[i]));
	return libxo_print(&a->xo, "statistics",
			   json_pack("{s:o}", "interface", list), e);
}

int netstat_interfaces(struct vnet *v, const struct netstat_args *a,
		       struct err *e)
{
	cleanup_free struct ifstats *stats = NULL;
	cleanup_ifnets struct ifnets ifs = {0};
	cleanup_sight struct sight sight = {0};
	struct rows rows = {0};
	size_t nstats = 0;
	int r;

	r = prison_sight(a->jail, &sight, e);
	if (r >= 0)
		r = ifnets_load(v, &ifs, e);
	sight_ifnets(&sight, &ifs);
	if (r >= 0)
		r = ifstats_load(v, &stats, &nstats, e);
	if (r >= 0)
		r = collect(v, a, &ifs, stats, nstats, &rows, e);
	if (r >= 0 && a->xo.json)
		r = print_json(a, &rows, e);
	else if (r >= 0)
		print_rows(a, &rows);
	free(rows.v);
	return r;
}
