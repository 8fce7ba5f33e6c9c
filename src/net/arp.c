/* See arp.h. */
#include "net/arp.h"

#include "base/cleanup.h"
#include "net/ifnet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_arp.h>
#include <linux/neighbour.h>
#include <stdlib.h>
#include <string.h>

/* FreeBSD's net.link.ether.inet.max_age; its ND entries live for a day */
#define ARP_MAX_AGE 1200
#define ND_MAX_AGE 86400

struct rows {
	struct arp_row *v;
	size_t n;
};

static struct arp_row *rows_new(struct rows *rows)
{
	struct arp_row *v = reallocarray(rows->v, rows->n + 1, sizeof(*v));

	if (!v)
		return NULL;
	rows->v = v;
	v[rows->n] = (struct arp_row){.state = 'R'};
	return &v[rows->n++];
}

static bool listed(const struct ifnet *ifp, const char *ifname)
{
	if (!ifp || (ifp->flags & (IFF_LOOPBACK | IFF_NOARP)) ||
	    ifp->arptype != ARPHRD_ETHER)
		return false;
	return !ifname || !strcmp(ifp->name, ifname) ||
	       !strcmp(ifp->kname, ifname);
}

static int add_own(struct rows *rows, const struct ifnet *ifp, int family,
		   struct err *e)
{
	for (size_t i = 0; i < ifp->naddrs; i++) {
		const struct if_addr *a = &ifp->addrs[i];
		struct arp_row *row;

		if (a->family != family)
			continue;
		row = rows_new(rows);
		if (!row)
			return err_nomem(e);
		row->family = family;
		row->ifindex = ifp->index;
		memcpy(&row->addr, &a->addr, sizeof(row->addr));
		memcpy(row->ifname, ifp->name, sizeof(row->ifname));
		memcpy(row->mac, ifp->mac, sizeof(row->mac));
		row->has_mac = row->permanent = row->own = true;
	}
	return 0;
}

static char state_letter(uint16_t state)
{
	static const struct {
		uint16_t nud;
		char letter;
	} letters[] = {
		{NUD_INCOMPLETE | NUD_FAILED, 'I'},
		{NUD_STALE, 'S'},
		{NUD_DELAY, 'D'},
		{NUD_PROBE, 'P'},
	};

	for (size_t i = 0; i < ARRAY_SIZE(letters); i++)
		if (state & letters[i].nud)
			return letters[i].letter;
	return 'R';
}

static int add_neigh(struct rows *rows, const struct neigh *n,
		     const struct ifnet *ifp, struct err *e)
{
	uint32_t max = n->family == AF_INET ? ARP_MAX_AGE : ND_MAX_AGE;
	struct arp_row *row;

	/* the kernel's own entries for multicast and the like */
	if (n->state & NUD_NOARP)
		return 0;
	row = rows_new(rows);
	if (!row)
		return err_nomem(e);
	row->family = n->family;
	row->ifindex = ifp->index;
	row->addr = n->addr;
	memcpy(row->ifname, ifp->name, sizeof(row->ifname));
	row->published = n->flags & NTF_PROXY;
	row->permanent = row->published || (n->state & NUD_PERMANENT);
	row->router = n->flags & NTF_ROUTER;
	row->state = state_letter(n->state);
	row->has_mac = n->maclen == sizeof(row->mac) && row->state != 'I';
	if (row->has_mac)
		memcpy(row->mac, n->mac, sizeof(row->mac));
	if (row->published) {
		memcpy(row->mac, ifp->mac, sizeof(row->mac));
		row->has_mac = true;
	}
	row->expire = n->confirmed < max ? max - n->confirmed : 0;
	return 0;
}

static int by_addr(const void *pa, const void *pb)
{
	const struct arp_row *a = pa, *b = pb;
	size_t len = a->family == AF_INET ? 4 : 16;

	if (a->ifindex != b->ifindex)
		return a->ifindex < b->ifindex ? -1 : 1;
	return memcmp(&a->addr, &b->addr, len);
}

static void sight_rows(const struct sight *s, struct rows *rows)
{
	size_t n = 0;

	for (size_t i = 0; i < rows->n; i++)
		if (sight_has(s, rows->v[i].family, &rows->v[i].addr))
			rows->v[n++] = rows->v[i];
	rows->n = n;
}

int arp_rows(struct vnet *v, int family, const char *ifname,
	     const struct sight *sight, struct arp_row **ret, size_t *ret_n,
	     struct err *e)
{
	cleanup_ifnets struct ifnets ifs = {0};
	cleanup_free struct neigh *neighs = NULL;
	struct rows rows = {0};
	size_t n = 0;
	int r;

	r = ifnets_load(v, &ifs, e);
	if (r >= 0 && ifname && !ifnets_find(&ifs, ifname))
		return err_set(e, ENXIO, "interface %s does not exist", ifname);
	if (r >= 0)
		r = neighs_load(v, family, 0, &neighs, &n, e);
	for (size_t i = 0; r >= 0 && i < ifs.n; i++)
		if (listed(&ifs.v[i], ifname))
			r = add_own(&rows, &ifs.v[i], family, e);
	for (size_t i = 0; r >= 0 && i < n; i++) {
		const struct ifnet *ifp =
			ifnets_by_index(&ifs, neighs[i].ifindex);

		if (listed(ifp, ifname))
			r = add_neigh(&rows, &neighs[i], ifp, e);
	}
	if (r < 0) {
		free(rows.v);
		return r;
	}
	sight_rows(sight, &rows);
	if (rows.n)
		qsort(rows.v, rows.n, sizeof(*rows.v), by_addr);
	*ret = rows.v;
	*ret_n = rows.n;
	return 0;
}

void arp_put_addr(const struct arp_row *row, struct strbuf *out)
{
	char text[INET6_ADDRSTRLEN];

	strbuf_adds(out,
		    inet_ntop(row->family, &row->addr, text, sizeof(text)));
	if (row->family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&row->addr.in6))
		strbuf_addf(out, "%%%s", row->ifname);
}

int arp_delete(struct vnet *v, const struct arp_row *row, struct err *e)
{
	struct neigh n = {
		.family = row->family,
		.addr = row->addr,
		.ifindex = row->ifindex,
		.flags = row->published ? NTF_PROXY : 0,
	};

	return neigh_delete(v, &n, e);
}

/* Of the network that the address is on, 0: it is on none. */
static int attached(struct vnet *v, int family, const union route_addr *addr,
		    struct err *e)
{
	struct route rt;

	if (route_get(v, family, addr, false, &rt, e) < 0 || rt.has_gw ||
	    rt.type != ROUTE_UNICAST)
		return 0;
	return rt.oif;
}

int arp_set(struct vnet *v, const struct arp_entry *entry, struct err *e)
{
	struct neigh n = {
		.family = entry->family,
		.addr = entry->addr,
		.maclen = entry->publish ? 0 : 6,
		.state = entry->temp ? NUD_REACHABLE : NUD_PERMANENT,
		.flags = entry->publish ? NTF_PROXY : 0,
	};

	n.ifindex = entry->ifname ? vnet_ifindex(v, entry->ifname)
				  : attached(v, entry->family, &entry->addr, e);
	if (!n.ifindex)
		return err_set(e, EADDRNOTAVAIL, "not on an attached network");
	if (!entry->publish)
		memcpy(n.mac, entry->mac, 6);
	return neigh_add(v, &n, e);
}
