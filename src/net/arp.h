/*
 * arp: neighbours as arp(8) and ndp(8) list them.  FreeBSD has an entry for
 * each of an interface's own addresses too; Linux has not, so these rows come
 * from the addresses.
 */
#ifndef CB_NET_ARP_H
#define CB_NET_ARP_H

#include "base/err.h"
#include "base/str.h"
#include "net/rtnl_route.h"
#include "net/sight.h"
#include "net/vnet.h"

struct arp_row {
	int family, ifindex;
	union route_addr addr;
	char ifname[IFNAMSIZ];
	unsigned char mac[6];
	bool has_mac, permanent, published, own, router;
	char state;	 /* ndp's letter: R S D P I N */
	uint32_t expire; /* seconds left, 0 expired */
};

/*
 * Rows of one family, of one interface (FreeBSD's name) or all (NULL), that
 * are for addresses which are seen.
 */
int arp_rows(struct vnet *v, int family, const char *ifname,
	     const struct sight *sight, struct arp_row **ret, size_t *ret_n,
	     struct err *e);

/* "192.0.2.2" or "fe80::2%epair0a" */
void arp_put_addr(const struct arp_row *row, struct strbuf *out);

/* Remove a row's entry. */
int arp_delete(struct vnet *v, const struct arp_row *row, struct err *e);

/* A static entry. */
struct arp_entry {
	int family;
	union route_addr addr;
	/* FreeBSD's name; NULL: the one that the address is reached by */
	const char *ifname;
	unsigned char mac[6];
	bool temp;    /* ages */
	bool publish; /* answer for it with our own address; mac is not used */
};
/* -EADDRNOTAVAIL: there is no such interface. */
int arp_set(struct vnet *v, const struct arp_entry *entry, struct err *e);

#endif
