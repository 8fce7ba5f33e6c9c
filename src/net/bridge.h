/*
 * bridge: if_bridge(4) on the kernel's bridge: members and their flags, the
 * table of addresses, span ports, and the numbers for display.
 *
 * All functions take the bridge and member by name; a name that is no bridge
 * gives EINVAL ("unable to get bridge flags" is ifconfig's affair).  Error
 * texts are FreeBSD's: "BRDGADD epair0a: Device busy".
 */
#ifndef CB_NET_BRIDGE_H
#define CB_NET_BRIDGE_H

#include "base/err.h"
#include "net/ifnet.h"
#include "net/vnet.h"

#define BRIDGE_TIMEOUT 1200
#define BRIDGE_MAXADDR 2000

/* ageing time, in 1/100 s, that stands for "never" */
#define BRIDGE_NEVER 2147483600u

/* newer than Debian 12's headers (Linux 6.7) */
#define BR_FDB_N_LEARNED 48
#define BR_FDB_MAX_LEARNED 49

int bridge_addm(struct vnet *v, const char *bridge, const char *member,
		struct err *e);
/*
 * A member that is to be added must not have a link-local address beside the
 * bridge's own: take all its IPv6 addresses away, unless
 * net.link.bridge.allow_llz_overlap says otherwise.
 */
int bridge_clear_scope(struct vnet *v, const char *bridge, const char *member,
		       bool *ret_cleared, struct err *e);
int bridge_deletem(struct vnet *v, const char *bridge, const char *member,
		   struct err *e);

/* One of IFBIF_*; errors "unable to set bridge flags: ..." */
int bridge_member_flag(struct vnet *v, const char *bridge, const char *member,
		       uint32_t flag, bool on, struct err *e);

int bridge_span(struct vnet *v, const char *bridge, const char *port,
		struct err *e);
int bridge_unspan(struct vnet *v, const char *bridge, const char *port,
		  struct err *e);

/* The table of addresses. */
struct bridge_entry {
	unsigned char mac[6];
	uint16_t vlan; /* 0 none */
	int ifindex;
	uint32_t expire; /* seconds left, 0 for static ones */
	bool is_static, sticky;
};
int bridge_addrs(struct vnet *v, const char *bridge, struct bridge_entry **ret,
		 size_t *ret_n, struct err *e);
/*
 * Make what sticky members have learned sticky (bridge_fdb.c tells why this
 * must be called); done by bridge_addrs and by setting the flag.
 */
int bridge_stick(struct vnet *v, int bridge, struct err *e);
/* vlan 0: in none (static), in whichever (deladdr). */
int bridge_static(struct vnet *v, const char *bridge, const char *member,
		  const unsigned char mac[6], uint16_t vlan, struct err *e);
int bridge_deladdr(struct vnet *v, const char *bridge,
		   const unsigned char mac[6], uint16_t vlan, struct err *e);
/* Learned entries; with `all` static ones too. */
int bridge_flush(struct vnet *v, const char *bridge, bool all, struct err *e);

/* Seconds; 0 = entries stay for ever. */
int bridge_timeout(struct vnet *v, const char *bridge, uint32_t seconds,
		   struct err *e);
/* -EOPNOTSUPP with the reason where the kernel cannot limit the table. */
int bridge_maxaddr(struct vnet *v, const char *bridge, uint32_t max,
		   struct err *e);

/*
 * Numbers of the spanning tree (bridge_stp.c), each with the range and the
 * error that FreeBSD has: "BRDGSFD 99: Invalid argument".
 */
enum bridge_number {
	BRIDGE_PRIORITY,
	BRIDGE_HELLO,
	BRIDGE_FORWARD_DELAY,
	BRIDGE_MAX_AGE,
	BRIDGE_HOLD_COUNT,
	BRIDGE_PROTO,
};
int bridge_number(struct vnet *v, const char *bridge, enum bridge_number which,
		  uint32_t value, const char *word, struct err *e);
/* Of a member. */
enum bridge_port_number {
	BRIDGE_IFPRIORITY,
	BRIDGE_IFPATHCOST,
	BRIDGE_IFMAXADDR,
};
int bridge_port_number(struct vnet *v, const char *bridge, const char *member,
		       enum bridge_port_number which, uint32_t value,
		       const char *word, struct err *e);
/* Does a member of this vnet's bridges need a keeper (bridge_keeper.h)? */
int bridge_needs_keeper(struct vnet *v, bool *ret, struct err *e);

/* The bridge's MTU and all members' with it, or none. */
int bridge_mtu(struct vnet *v, const struct ifnet *br, uint32_t mtu,
	       struct err *e);

/*
 * The interface is about to be destroyed or moved away: take away what points
 * at it (mirrors to a span port, mirrors on a bridge's members).
 */
int bridge_forget(struct vnet *v, const struct ifnet *ifp, struct err *e);

#endif
