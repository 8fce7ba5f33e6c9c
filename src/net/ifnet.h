/*
 * ifnet: the model of what the kernel has: interfaces of one vnet with their
 * addresses, bridge and state-file facts.  Printers (ifconfig), planners (rc,
 * block) and the map read it; nobody else parses netlink dumps.
 */
#ifndef CB_NET_IFNET_H
#define CB_NET_IFNET_H

#include "base/err.h"
#include "base/str.h"
#include "net/lacp.h"
#include "net/lagg_numbers.h"
#include "net/vlanset.h"
#include "net/vnet.h"

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct ifkind; /* kind.h */
struct nlattr; /* linux/netlink.h */

/* IFF_LOWER_UP; <linux/if.h> does not go with <net/if.h> */
#define IFNET_LOWER_UP 0x10000

/* ND6 options as FreeBSD numbers them */
enum {
	ND6_PERFORMNUD = 0x1,
	ND6_ACCEPT_RTADV = 0x2,
	ND6_PREFER_SOURCE = 0x4,
	ND6_IFDISABLED = 0x8,
	ND6_DONT_SET_IFROUTE = 0x10,
	ND6_AUTO_LINKLOCAL = 0x20,
	ND6_NO_RADR = 0x40,
	ND6_NO_PREFER_IFACE = 0x80,
	ND6_NO_DAD = 0x100,
	ND6_IPV6_ONLY = 0x200,
	ND6_DEFAULTIF = 0x8000,
};

/* Flags of FreeBSD that Linux has no place for; kept in the state file. */
enum {
	IFEXT_DEBUG = 1 << 0,
	IFEXT_LINK0 = 1 << 1,
	IFEXT_LINK1 = 1 << 2,
	IFEXT_LINK2 = 1 << 3,
	IFEXT_MONITOR = 1 << 4,
	IFEXT_STATICARP = 1 << 5,
	IFEXT_STICKYARP = 1 << 6,
	/* those of ifext.h lie here */
	/* pcp, plus 1 */
	IFEXT_PCP = 0xf00000,
};

#define IFEXT_PCP_SHIFT 20
#define IFEXT_PCP_MAX 7

struct if_addr {
	int family; /* AF_INET or AF_INET6 */
	union {
		struct in_addr in;
		struct in6_addr in6;
	} addr, peer, brd;
	bool has_peer, has_brd;
	unsigned char plen;
	uint32_t flags;		   /* IFA_F_* */
	uint8_t proto;		   /* IFAPROT_*: who made it */
	uint32_t preferred, valid; /* seconds; UINT32_MAX = infinite */
};

/* Flags of a bridge's member as FreeBSD numbers them */
enum {
	IFBIF_LEARNING = 0x1,
	IFBIF_DISCOVER = 0x2,
	IFBIF_STP = 0x4,
	IFBIF_SPAN = 0x8,
	IFBIF_STICKY = 0x10,
	IFBIF_EDGE = 0x20,
	IFBIF_AUTOEDGE = 0x40,
	IFBIF_PTP = 0x80,
	IFBIF_AUTOPTP = 0x100,
	IFBIF_ADMEDGE = 0x200,
	IFBIF_ADMCOST = 0x400,
	IFBIF_PRIVATE = 0x800,
	/* those that the state file keeps */
	IFBIF_STATE = IFBIF_STP | IFBIF_STICKY | IFBIF_EDGE | IFBIF_AUTOEDGE |
		      IFBIF_PTP | IFBIF_AUTOPTP,
};
#define IFBRIDGE_COST_MAX 200000000u

/* What the spanning tree says of a member (bridge_keeper.h). */
struct ifbridge_role {
	bool known;
	uint8_t role, state, proto; /* rstp.h's */
	bool edge, ptp;
	uint32_t cost;
};

struct ifbridge_port {
	uint8_t state;
	uint16_t port_no;
	uint32_t cost; /* the kernel's */
	bool learning, flood, isolated, locked;
	/* from the bridge's state file */
	uint32_t flags; /* IFBIF_STATE */
	uint8_t priority;
	uint32_t user_cost, maxaddr;
	struct ifbridge_role stp;
};

struct ifbridge {
	unsigned char id[8], root_id[8];
	uint32_t hello, fwddelay, maxage; /* 1/100 s */
	uint32_t ageing;		  /* 1/100 s; 0 never */
	uint32_t stp_state, root_cost;
	uint16_t root_port;
	/* the user's, or the defaults */
	uint16_t priority;
	uint8_t proto, stp_hello, stp_forward_delay, stp_max_age, hold_count;
	uint32_t fdb_max_learned, fdb_n_learned;
	bool has_fdb_max; /* the kernel knows fdb_max_learned (6.7) */
	bool vlan_filtering;
	uint16_t vlan_proto;   /* of tags: an Ethernet type */
	uint16_t def_untagged; /* VLAN of members that are added; 0 none */
	bool stp_known;	       /* id and root are what the spanning tree says */
};

/* VLANs of a member of a bridge that filters them. */
struct ifvlans {
	uint16_t untagged; /* 0 none */
	struct vlanset tagged;
};

/* A lagg interface: what ifconfig said. */
#define IFLAGG_PORTS 32
struct iflagg {
	uint8_t proto, hash; /* LAGG_*, LAGG_L2 ... */
	uint8_t nports;	     /* of the fallback engine's */
	uint32_t opts, shift, limit;
	uint64_t cookie; /* of the vnet that the ports are in */
	struct {
		int index;
		unsigned char mac[6]; /* that it had before */
		bool v6;	      /* IPv6 was on */
	} ports[IFLAGG_PORTS];
};
#define IFLAGG_DEFAULT                                                         \
	{                                                                      \
		.proto = LAGG_FAILOVER, .hash = LAGG_L2 | LAGG_L3 | LAGG_L4,   \
		.shift = 16                                                    \
	}

/* What LACP has come to: of a lagg the active group, or of a port
 * (iflacp.h). */
struct iflacp {
	bool known, active;
	uint16_t aggregator; /* of the bonding driver */
	struct lacp_info actor, partner;
	uint32_t flapping;
};

/* A vlan interface.  Of one that the kernel's driver is the engine of, it is
 * the kernel's word, else the state file's. */
struct ifvlan {
	uint16_t vid; /* 0: not set to any */
	uint16_t proto;
	uint8_t pcp;
	int parent;	 /* index, 0: none */
	uint64_t cookie; /* of the vnet that the parent is in; 0: this one */
	char parent_name[IFNAMSIZ]; /* when it was set */
};

struct ifnet {
	int index;
	char name[IFNAMSIZ];  /* FreeBSD's: the kernel's lo is lo0 */
	char kname[IFNAMSIZ]; /* the kernel's */
	const struct ifkind *kind;
	char linux_kind[16]; /* IFLA_INFO_KIND, "" for physical ones */
	uint32_t flags;	     /* Linux IFF_*, also IFNET_LOWER_UP */
	uint32_t group;	     /* IFLA_GROUP */
	unsigned short arptype;
	uint32_t mtu;
	unsigned char mac[32], permmac[32];
	uint8_t maclen, permmaclen;
	int master;	  /* ifindex, 0 none */
	int link;	  /* IFLA_LINK: veth peer, vlan parent; 0 none */
	int link_netnsid; /* -1: same vnet */
	bool carrier;
	/* IFLA_INFO_DATA, for the kind to parse; NULL: none, bridge, tun */
	struct nlattr *info;
	uint8_t tun_type; /* 1 tun, 2 tap when linux_kind is "tun", else 0 */
	uint32_t nd6;	  /* ND6_*; 0 on a kernel without IPv6 */
	bool own_ll;	  /* link-local addresses are ours to make */
	struct strv altnames;
	char *alias; /* IFLA_IFALIAS or NULL */
	struct if_addr *addrs;
	size_t naddrs;
	bool is_bridge, is_port;
	struct ifbridge bridge;	   /* when is_bridge */
	struct ifbridge_port port; /* when is_port */
	struct ifvlans *vlans;	   /* of a port, or NULL */
	bool is_lagg;
	bool bond_backup; /* a port of a bond, which waits */
	struct iflagg lagg;
	struct iflacp lacp; /* of a lagg, or of its port */
	bool is_vlan;
	struct ifvlan vlan;
	/* from the state file */
	struct strv groups; /* as shown, type's group included */
	char *descr;	    /* description, or alias */
	int metric, fib, tunnelfib;
	char home_name[IFNAMSIZ]; /* name at creation: the unit it holds */
	uint32_t table_entries;	  /* of a vxlan, for -v: ifconfig_print() */
	uint32_t ext;		  /* IFEXT_* words without Linux counterpart */
	struct strv spans;	  /* of a bridge: names of span ports */
	int span_of; /* index of the bridge whose span port this is, or 0 */
};

struct ifnets {
	struct ifnet *v; /* in kernel index order */
	size_t n;
	uint64_t cookie; /* of the vnet */
	size_t hidden;	 /* netgraph's own ends, which are not in v */
};

/* Load everything of a vnet: at most four dumps, EINTR-safe.  Netgraph's own
 * ends of pairs (eiface.h) are left out, here and below. */
int ifnets_load(struct vnet *v, struct ifnets *ret, struct err *e);
void ifnets_free(struct ifnets *s);
#define cleanup_ifnets __attribute__((cleanup(ifnets_free)))

/*
 * One interface with its addresses and state, without dumping the vnet;
 * `spans` stays empty.  -ENXIO "interface X does not exist".
 */
int ifnet_get(struct vnet *v, const char *name, struct ifnet *ret,
	      struct err *e);
/* As above without the addresses: one request. */
int ifnet_link(struct vnet *v, const char *name, struct ifnet *ret,
	       struct err *e);
/* As that, by name or (NULL) by index, also what is hidden otherwise. */
int ifnet_link_any(struct vnet *v, const char *name, int index,
		   struct ifnet *ret, struct err *e);
void ifnet_free(struct ifnet *ifp);
#define cleanup_ifnet __attribute__((cleanup(ifnet_free)))

/* By FreeBSD or kernel name, altnames included; NULL if absent. */
struct ifnet *ifnets_find(const struct ifnets *s, const char *name);
struct ifnet *ifnets_by_index(const struct ifnets *s, int index);

/* "lo" for "lo0" and back; other names pass through. */
const char *ifname_to_kernel(const char *name);
const char *ifname_from_kernel(const char *kname);

#endif
