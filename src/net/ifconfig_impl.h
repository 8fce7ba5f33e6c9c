/*
 * ifconfig_impl: what the files of ifconfig(8)'s library share.  Users of the
 * library include ifconfig.h; unit tests include this one as well.
 */
#ifndef CB_NET_IFCONFIG_IMPL_H
#define CB_NET_IFCONFIG_IMPL_H

#include "net/ifconfig.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/* FreeBSD's interface flags (net/if.h there) */
enum {
	BSD_IFF_UP = 0x1,
	BSD_IFF_BROADCAST = 0x2,
	BSD_IFF_DEBUG = 0x4,
	BSD_IFF_LOOPBACK = 0x8,
	BSD_IFF_POINTOPOINT = 0x10,
	BSD_IFF_RUNNING = 0x40,
	BSD_IFF_NOARP = 0x80,
	BSD_IFF_PROMISC = 0x100,
	BSD_IFF_ALLMULTI = 0x200,
	BSD_IFF_OACTIVE = 0x400,
	BSD_IFF_SIMPLEX = 0x800,
	BSD_IFF_LINK0 = 0x1000,
	BSD_IFF_LINK1 = 0x2000,
	BSD_IFF_LINK2 = 0x4000,
	BSD_IFF_MULTICAST = 0x8000,
	BSD_IFF_PPROMISC = 0x20000,
	BSD_IFF_MONITOR = 0x40000,
	BSD_IFF_STATICARP = 0x80000,
	BSD_IFF_STICKYARP = 0x100000,
	BSD_IFNET_LOWER_UP = 0x1000000,
};

/* FreeBSD's capability bits */
enum {
	BSD_CAP_RXCSUM = 0x1,
	BSD_CAP_TXCSUM = 0x2,
	BSD_CAP_NETCONS = 0x4,
	BSD_CAP_VLAN_MTU = 0x8,
	BSD_CAP_VLAN_HWTAGGING = 0x10,
	BSD_CAP_JUMBO_MTU = 0x20,
	BSD_CAP_POLLING = 0x40,
	BSD_CAP_VLAN_HWCSUM = 0x80,
	BSD_CAP_TSO4 = 0x100,
	BSD_CAP_TSO6 = 0x200,
	BSD_CAP_LRO = 0x400,
	BSD_CAP_WOL_UCAST = 0x800,
	BSD_CAP_WOL_MCAST = 0x1000,
	BSD_CAP_WOL_MAGIC = 0x2000,
	BSD_CAP_TOE4 = 0x4000,
	BSD_CAP_TOE6 = 0x8000,
	BSD_CAP_VLAN_HWFILTER = 0x10000,
	BSD_CAP_VLAN_HWTSO = 0x40000,
	BSD_CAP_LINKSTATE = 0x80000,
	BSD_CAP_NETMAP = 0x100000,
	BSD_CAP_RXCSUM_IPV6 = 0x200000,
	BSD_CAP_TXCSUM_IPV6 = 0x400000,
	BSD_CAP_HWSTATS = 0x800000,
	BSD_CAP_TXRTLMT = 0x1000000,
	BSD_CAP_HWRXTSTMP = 0x2000000,
	BSD_CAP_MEXTPG = 0x4000000,
};

/*
 * What a listing shows beyond the model.  ifconfig_print() fills one from the
 * kernel; tests write their own.
 */
struct ifconfig_facts {
	bool has_options; /* offloads are known */
	uint32_t options, capabilities;
	char media[96]; /* "Ethernet autoselect (1000baseT <...>)" or "" */
	struct strv supported_media; /* -m: "autoselect", ... */
	const char *status;	     /* "active", "no carrier", or NULL */
	long opened_by; /* pid that holds a tun or tap open, or 0 */
};

/* lo0, or a clone that is shown as a loopback. */
bool ifconfig_is_loopback(const struct ifnet *ifp);
/* The flags FreeBSD would show for this interface. */
uint32_t ifconfig_flags(const struct ifnet *ifp);

/* Pure: model and facts to text. */
void ifconfig_format_ifnet(const struct ifnets *all, const struct ifnet *ifp,
			   const struct ifconfig_facts *facts,
			   const struct ifconfig_opts *o, struct strbuf *out);
/* The lines of if_bridge(4). */
void ifconfig_format_bridge(const struct ifnets *all, const struct ifnet *ifp,
			    struct strbuf *out);

/* The line of vlan(4). */
void ifconfig_format_vlan(const struct ifnets *all, const struct ifnet *ifp,
			  struct strbuf *out);

/* One address as -f asks; link-local ones get "%IFNAME" behind. */
void ifconfig_put_inet(struct strbuf *out, const struct ifconfig_format *f,
		       struct in_addr a);
void ifconfig_put_inet6(struct strbuf *out, const struct ifconfig_format *f,
			const struct in6_addr *a, const char *ifname);
void ifconfig_put_ether(struct strbuf *out, const struct ifconfig_format *f,
			const unsigned char *mac, size_t len);

#endif
