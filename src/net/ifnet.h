/*
 * ifnet: the model of what the kernel has: interfaces of one vnet with their
 * addresses, bridge and state-file facts.  Printers (ifconfig), planners (rc,
 * block) and the map read it; nobody else parses netlink dumps.
 */
#ifndef CB_NET_IFNET_H
#define CB_NET_IFNET_H

#include "base/err.h"
#include "base/str.h"
#include "net/vnet.h"

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct ifkind; /* kind.h */

struct ifaddr {
	int family; /* AF_INET or AF_INET6 */
	union {
		struct in_addr in;
		struct in6_addr in6;
	} addr, peer, brd;
	bool has_peer, has_brd;
	unsigned char plen;
	uint32_t flags;		    /* IFA_F_* */
	uint32_t preferred, valid;  /* seconds; UINT32_MAX = infinite */
};

struct ifbridge_port {
	uint8_t state;
	uint16_t port_no, priority;
	uint32_t cost;
	bool learning, flood, isolated, locked;
};

struct ifbridge {
	unsigned char id[8], root_id[8];
	uint32_t hello, fwddelay, maxage; /* 1/100 s */
	uint32_t ageing;		  /* 1/100 s */
	uint32_t stp_state, root_cost;
	uint16_t root_port, priority;
	uint32_t fdb_max_learned;
	bool vlan_filtering;
};

struct ifnet {
	int index;
	char name[IFNAMSIZ];  /* FreeBSD's: the kernel's lo is lo0 */
	char kname[IFNAMSIZ]; /* the kernel's */
	const struct ifkind *kind;
	char linux_kind[16];  /* IFLA_INFO_KIND, "" for physical ones */
	uint32_t flags;	      /* Linux IFF_*, with IFF_LOWER_UP */
	unsigned short arptype;
	uint32_t mtu;
	unsigned char mac[32], permmac[32];
	uint8_t maclen, permmaclen;
	int master;	   /* ifindex, 0 none */
	int link;	   /* IFLA_LINK: veth peer, vlan parent; 0 none */
	int link_netnsid;  /* -1: same vnet */
	bool carrier;
	struct strv altnames;
	char *alias;	   /* IFLA_IFALIAS or NULL */
	struct ifaddr *addrs;
	size_t naddrs;
	bool is_bridge, is_port;
	struct ifbridge bridge;	     /* when is_bridge */
	struct ifbridge_port port;   /* when is_port */
	/* from the state file */
	struct strv groups;	     /* as shown, type's group included */
	char *descr;		     /* description, or alias */
	int metric, fib, tunnelfib;
	char home_name[IFNAMSIZ];    /* name at creation: the unit it holds */
	uint32_t ext;		     /* IFEXT_* words without Linux counterpart */
	struct strv spans;	     /* of a bridge: names of span ports */
};

struct ifnets {
	struct ifnet *v; /* in kernel index order */
	size_t n;
};

/* Load everything of a vnet: at most four dumps, EINTR-safe. */
int ifnets_load(struct vnet *v, struct ifnets *ret, struct err *e);
void ifnets_free(struct ifnets *s);
#define cleanup_ifnets __attribute__((cleanup(ifnets_free)))

/* By FreeBSD or kernel name, altnames included; NULL if absent. */
struct ifnet *ifnets_find(const struct ifnets *s, const char *name);
struct ifnet *ifnets_by_index(const struct ifnets *s, int index);

/* "lo" for "lo0" and back; other names pass through. */
const char *ifname_to_kernel(const char *name);
const char *ifname_from_kernel(const char *kname);

#endif
