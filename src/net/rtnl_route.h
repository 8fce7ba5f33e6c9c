/*
 * rtnl_route: the kernel's routes and neighbours as a model, for route(8),
 * netstat -r, arp(8), ndp(8).  Only unicast, blackhole and unreachable routes
 * of the main table and local ones; broadcast and multicast entries are not
 * FreeBSD's to show.
 */
#ifndef CB_NET_RTNL_ROUTE_H
#define CB_NET_RTNL_ROUTE_H

#include "base/err.h"
#include "net/vnet.h"

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

union route_addr {
	struct in_addr in;
	struct in6_addr in6;
};

enum route_type {
	ROUTE_UNICAST,
	ROUTE_LOCAL,	 /* an address of ours */
	ROUTE_BLACKHOLE, /* dropped in silence */
	ROUTE_REJECT,	 /* dropped, sender told */
};

struct route {
	int family;
	enum route_type type;
	union route_addr dst, gw, src;
	unsigned char plen;
	bool has_gw; /* gw is set; its family is gw_family */
	int gw_family;
	bool has_src; /* preferred source */
	int oif;      /* 0 none */
	uint32_t metric, mtu, table;
	uint8_t protocol; /* RTPROT_* */
	uint8_t scope;
	uint32_t flags;	  /* RTNH_F_* | RTM_F_* */
	uint32_t expires; /* seconds, 0 = never */
};

/* AF_INET, AF_INET6; `local` adds the table of own addresses. */
int routes_load(struct vnet *v, int family, bool local, struct route **ret,
		size_t *ret_n, struct err *e);

/*
 * Add, replace or delete.  Errors leave the kernel's errno (EEXIST, ESRCH,
 * ENETUNREACH, ...) and FreeBSD's strerror text; delete ignores fields that
 * are not set (gw, oif).
 */
int route_add(struct vnet *v, const struct route *rt, struct err *e);
int route_change(struct vnet *v, const struct route *rt, struct err *e);
int route_delete(struct vnet *v, const struct route *rt, struct err *e);

/*
 * What the kernel would use for a destination.  `match`: the entry of the
 * table (with its prefix) instead of the result for this one address.
 */
int route_get(struct vnet *v, int family, const union route_addr *dst,
	      bool match, struct route *ret, struct err *e);

struct neigh {
	int family;
	union route_addr addr;
	int ifindex;
	unsigned char mac[32];
	uint8_t maclen;
	uint16_t state;	    /* NUD_* */
	uint8_t flags;	    /* NTF_*; NTF_PROXY for published ones */
	uint32_t confirmed; /* seconds since last confirmed */
};

/* Entries of AF_INET or AF_INET6, proxies too; ifindex 0 = all. */
int neighs_load(struct vnet *v, int family, int ifindex, struct neigh **ret,
		size_t *ret_n, struct err *e);
/* Permanent unless state says otherwise; NTF_PROXY publishes. */
int neigh_add(struct vnet *v, const struct neigh *n, struct err *e);
int neigh_delete(struct vnet *v, const struct neigh *n, struct err *e);

#endif
