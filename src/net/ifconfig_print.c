/*
 * ifconfig_print: the listing of one interface, as FreeBSD 14 writes it.
 *
 * Theory of operation.  Printing is pure: ifconfig_format_ifnet() turns the
 * model (ifnet.h) and the facts that the model does not hold into text, so
 * that golden tests cover every line.  ifconfig_print() in ifconfig_facts.c
 * gathers the facts.  The order of lines is FreeBSD's: header, description,
 * options, capabilities, link address, addresses, status of the kind, groups,
 * fibs, media, status, nd6.  With an address family given only the header,
 * options and that family's lines appear.
 */
#include "net/ifconfig_impl.h"

#include "base/cleanup.h"
#include "base/table.h"
#include "net/eiface.h"
#include "net/ifext.h"
#include "net/kind.h"
#include "net/kind_rows.h"

#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <string.h>

#ifndef IFNET_LOWER_UP
#define IFNET_LOWER_UP 0x10000
#endif

static const struct flag_name flag_names[] = {
	{BSD_IFF_UP, "UP"},
	{BSD_IFF_BROADCAST, "BROADCAST"},
	{BSD_IFF_DEBUG, "DEBUG"},
	{BSD_IFF_LOOPBACK, "LOOPBACK"},
	{BSD_IFF_POINTOPOINT, "POINTOPOINT"},
	{BSD_IFF_RUNNING, "RUNNING"},
	{BSD_IFF_NOARP, "NOARP"},
	{BSD_IFF_PROMISC, "PROMISC"},
	{BSD_IFF_ALLMULTI, "ALLMULTI"},
	{BSD_IFF_OACTIVE, "OACTIVE"},
	{BSD_IFF_SIMPLEX, "SIMPLEX"},
	{BSD_IFF_LINK0, "LINK0"},
	{BSD_IFF_LINK1, "LINK1"},
	{BSD_IFF_LINK2, "LINK2"},
	{BSD_IFF_MULTICAST, "MULTICAST"},
	{BSD_IFF_PPROMISC, "PPROMISC"},
	{BSD_IFF_MONITOR, "MONITOR"},
	{BSD_IFF_STATICARP, "STATICARP"},
	{BSD_IFF_STICKYARP, "STICKYARP"},
	{BSD_IFNET_LOWER_UP, "LOWER_UP"},
};

static const struct flag_name cap_names[] = {
	{BSD_CAP_RXCSUM, "RXCSUM"},
	{BSD_CAP_TXCSUM, "TXCSUM"},
	{BSD_CAP_NETCONS, "NETCONS"},
	{BSD_CAP_VLAN_MTU, "VLAN_MTU"},
	{BSD_CAP_VLAN_HWTAGGING, "VLAN_HWTAGGING"},
	{BSD_CAP_JUMBO_MTU, "JUMBO_MTU"},
	{BSD_CAP_POLLING, "POLLING"},
	{BSD_CAP_VLAN_HWCSUM, "VLAN_HWCSUM"},
	{BSD_CAP_TSO4, "TSO4"},
	{BSD_CAP_TSO6, "TSO6"},
	{BSD_CAP_LRO, "LRO"},
	{BSD_CAP_WOL_UCAST, "WOL_UCAST"},
	{BSD_CAP_WOL_MCAST, "WOL_MCAST"},
	{BSD_CAP_WOL_MAGIC, "WOL_MAGIC"},
	{BSD_CAP_TOE4, "TOE4"},
	{BSD_CAP_TOE6, "TOE6"},
	{BSD_CAP_VLAN_HWFILTER, "VLAN_HWFILTER"},
	{BSD_CAP_VLAN_HWTSO, "VLAN_HWTSO"},
	{BSD_CAP_LINKSTATE, "LINKSTATE"},
	{BSD_CAP_NETMAP, "NETMAP"},
	{BSD_CAP_RXCSUM_IPV6, "RXCSUM_IPV6"},
	{BSD_CAP_TXCSUM_IPV6, "TXCSUM_IPV6"},
	{BSD_CAP_HWSTATS, "HWSTATS"},
	{BSD_CAP_TXRTLMT, "TXRTLMT"},
	{BSD_CAP_HWRXTSTMP, "HWRXTSTMP"},
	{BSD_CAP_MEXTPG, "MEXTPG"},
};

static const struct flag_name nd6_names[] = {
	{ND6_PERFORMNUD, "PERFORMNUD"},
	{ND6_ACCEPT_RTADV, "ACCEPT_RTADV"},
	{ND6_PREFER_SOURCE, "PREFER_SOURCE"},
	{ND6_IFDISABLED, "IFDISABLED"},
	{ND6_DONT_SET_IFROUTE, "DONT_SET_IFROUTE"},
	{ND6_AUTO_LINKLOCAL, "AUTO_LINKLOCAL"},
	{ND6_NO_RADR, "NO_RADR"},
	{ND6_NO_PREFER_IFACE, "NO_PREFER_IFACE"},
	{ND6_NO_DAD, "NO_DAD"},
	{ND6_IPV6_ONLY, "IPV6_ONLY"},
	{ND6_DEFAULTIF, "DEFAULTIF"},
};

static const struct {
	uint32_t ext, flag;
} ext_flags[] = {
	{IFEXT_DEBUG, BSD_IFF_DEBUG},
	{IFEXT_LINK0, BSD_IFF_LINK0},
	{IFEXT_LINK1, BSD_IFF_LINK1},
	{IFEXT_LINK2, BSD_IFF_LINK2},
	{IFEXT_MONITOR, BSD_IFF_MONITOR},
	{IFEXT_STATICARP, BSD_IFF_STATICARP},
	{IFEXT_STICKYARP, BSD_IFF_STICKYARP},
};

static const struct {
	uint32_t linux_flag, flag;
} linux_flags[] = {
	{IFF_UP, BSD_IFF_UP | BSD_IFF_RUNNING},
	{IFF_BROADCAST, BSD_IFF_BROADCAST | BSD_IFF_SIMPLEX},
	{IFF_LOOPBACK, BSD_IFF_LOOPBACK},
	{IFF_POINTOPOINT, BSD_IFF_POINTOPOINT},
	{IFF_NOARP, BSD_IFF_NOARP},
	{IFF_PROMISC, BSD_IFF_PROMISC | BSD_IFF_PPROMISC},
	{IFF_ALLMULTI, BSD_IFF_ALLMULTI},
	{IFF_MULTICAST, BSD_IFF_MULTICAST},
};

bool ifconfig_is_loopback(const struct ifnet *ifp)
{
	return (ifp->flags & IFF_LOOPBACK) ||
	       (ifp->kind && !strcmp(ifp->kind->name, "lo"));
}

uint32_t ifconfig_flags(const struct ifnet *ifp)
{
	uint32_t f = 0;

	for (size_t i = 0; i < ARRAY_SIZE(linux_flags); i++)
		if (ifp->flags & linux_flags[i].linux_flag)
			f |= linux_flags[i].flag;
	for (size_t i = 0; i < ARRAY_SIZE(ext_flags); i++)
		if (ifp->ext & ext_flags[i].ext)
			f |= ext_flags[i].flag;
	/* the kernel hides the promiscuity that a bridge asked for */
	if (ifp->is_port)
		f |= BSD_IFF_PROMISC;
	/* loopbacks have no link; lo1 and on are dummies on Linux */
	if (ifconfig_is_loopback(ifp))
		return (f & ~(uint32_t)(BSD_IFF_BROADCAST | BSD_IFF_SIMPLEX |
					BSD_IFF_NOARP)) |
		       BSD_IFF_LOOPBACK | BSD_IFF_MULTICAST;
	if ((ifp->flags & IFF_UP) && ifp->carrier)
		f |= BSD_IFNET_LOWER_UP;
	/* tunnels on Linux say NOARP by nature; FreeBSD shows what was asked */
	if (ifp->flags & IFF_POINTOPOINT)
		f &= ~(uint32_t)BSD_IFF_NOARP;
	if (ifp->kind == &kind_ngiface && ifp->group == IF_GROUP_BROADCAST)
		f = (f & ~(uint32_t)BSD_IFF_POINTOPOINT) | BSD_IFF_BROADCAST;
	if (ifp->kind && ifp->kind->idle && ifp->kind->idle(ifp))
		f &= ~(uint32_t)(BSD_IFF_RUNNING | BSD_IFNET_LOWER_UP);
	if (ifp->kind)
		f = (f & ~ifp->kind->flags_clr) | ifp->kind->flags_set;
	return f;
}

static void put_flags(struct strbuf *out, const char *label, uint32_t v,
		      const struct flag_name *names, size_t n)
{
	strbuf_addf(out, "%s=", label);
	if (v || !strcmp(label, "flags"))
		table_flags(out, v, names, n);
	else
		strbuf_adds(out, "0");
}

static void put_header(const struct ifnet *ifp,
		       const struct ifconfig_facts *facts,
		       const struct ifconfig_opts *o, struct strbuf *out)
{
	strbuf_addf(out, "%s: ", ifp->name);
	put_flags(out, "flags", ifconfig_flags(ifp), flag_names,
		  ARRAY_SIZE(flag_names));
	strbuf_addf(out, " metric %d mtu %u\n", ifp->metric, ifp->mtu);
	if (ifp->descr && *ifp->descr)
		strbuf_addf(out, "\tdescription: %s\n", ifp->descr);
	if (!facts->has_options)
		return;
	strbuf_addch(out, '\t');
	put_flags(out, "options", facts->options, cap_names,
		  ARRAY_SIZE(cap_names));
	strbuf_addch(out, '\n');
	if (!o->media || !facts->capabilities)
		return;
	strbuf_addch(out, '\t');
	put_flags(out, "capabilities", facts->capabilities, cap_names,
		  ARRAY_SIZE(cap_names));
	strbuf_addch(out, '\n');
}

static void put_link(const struct ifnet *ifp, const struct ifconfig_opts *o,
		     struct strbuf *out)
{
	bool ether = ifp->arptype == ARPHRD_ETHER;

	/* Linux tells a tunnel's ends as its link addresses */
	if (!ifp->maclen || ifconfig_is_loopback(ifp) ||
	    (ifp->kind && ifp->kind->show_tunnel) ||
	    (!ether && ifp->maclen < 6))
		return;
	strbuf_adds(out, ether ? "\tether " : "\tlladdr ");
	ifconfig_put_ether(out, &o->format, ifp->mac, ifp->maclen);
	strbuf_addch(out, '\n');
	if (!ifp->permmaclen || ifp->permmaclen != ifp->maclen ||
	    !memcmp(ifp->permmac, ifp->mac, ifp->maclen))
		return;
	strbuf_adds(out, "\thwaddr ");
	ifconfig_put_ether(out, &o->format, ifp->permmac, ifp->permmaclen);
	strbuf_addch(out, '\n');
}

static void put_addr4(const struct ifnet *ifp, const struct if_addr *a,
		      const struct ifconfig_opts *o, struct strbuf *out)
{
	uint32_t mask = a->plen ? ~0u << (32 - a->plen) : 0;

	strbuf_adds(out, "\tinet ");
	ifconfig_put_inet(out, &o->format, a->addr.in);
	if (o->format.inet == INETFMT_CIDR)
		strbuf_addf(out, "/%u", a->plen);
	if (a->has_peer) {
		strbuf_adds(out, " --> ");
		ifconfig_put_inet(out, &o->format, a->peer.in);
	}
	if (o->format.inet == INETFMT_HEX) {
		strbuf_addf(out, " netmask 0x%x", mask);
	} else if (o->format.inet == INETFMT_DOTTED) {
		struct in_addr m = {.s_addr = htonl(mask)};
		char text[INET_ADDRSTRLEN];

		strbuf_addf(out, " netmask %s",
			    inet_ntop(AF_INET, &m, text, sizeof(text)));
	}
	/* a further loopback is one of Linux's that has broadcasts */
	if (a->has_brd && (ifconfig_flags(ifp) & IFF_BROADCAST)) {
		strbuf_adds(out, " broadcast ");
		ifconfig_put_inet(out, &o->format, a->brd.in);
	}
	strbuf_addch(out, '\n');
}

/* In FreeBSD's order; autoconf and temporary come from more than one flag. */
static void put_flags6(const struct if_addr *a, struct strbuf *out)
{
	/* temporary ones are made of those that came from a router */
	bool dynamic =
		!(a->flags & IFA_F_PERMANENT) &&
		((a->flags & IFA_F_SECONDARY) || a->proto == IFAPROT_KERNEL_RA);

	if (a->flags & IFA_F_DADFAILED)
		strbuf_adds(out, " duplicated");
	else if ((a->flags & IFA_F_TENTATIVE) && !(a->flags & IFA_F_OPTIMISTIC))
		strbuf_adds(out, " tentative");
	if (a->flags & IFA_F_DEPRECATED)
		strbuf_adds(out, " deprecated");
	if (dynamic)
		strbuf_adds(out, " autoconf");
	if (a->flags & IFA_F_SECONDARY)
		strbuf_adds(out, " temporary");
}

static void put_lifetime(struct strbuf *out, const char *label, uint32_t v)
{
	if (v == UINT32_MAX)
		strbuf_addf(out, " %s infty", label);
	else
		strbuf_addf(out, " %s %u", label, v);
}

static void put_addr6(const struct ifnet *ifp, const struct if_addr *a,
		      const struct ifconfig_opts *o, struct strbuf *out)
{
	strbuf_adds(out, "\tinet6 ");
	ifconfig_put_inet6(out, &o->format, &a->addr.in6, ifp->name);
	if (o->format.inet6 == INET6FMT_CIDR)
		strbuf_addf(out, "/%u", a->plen);
	if (a->has_peer) {
		strbuf_adds(out, " --> ");
		ifconfig_put_inet6(out, &o->format, &a->peer.in6, ifp->name);
	}
	if (o->format.inet6 != INET6FMT_CIDR)
		strbuf_addf(out, " prefixlen %u", a->plen);
	put_flags6(a, out);
	if (IN6_IS_ADDR_LINKLOCAL(&a->addr.in6))
		strbuf_addf(out, " scopeid 0x%x", (unsigned int)ifp->index);
	if (o->lifetimes) {
		put_lifetime(out, "pltime", a->preferred);
		put_lifetime(out, "vltime", a->valid);
	}
	strbuf_addch(out, '\n');
}

static void put_all6(const struct ifnet *ifp, bool linklocal,
		     const struct ifconfig_opts *o, struct strbuf *out)
{
	for (size_t i = 0; i < ifp->naddrs; i++) {
		const struct if_addr *a = &ifp->addrs[i];

		if (a->family == AF_INET6 &&
		    linklocal == IN6_IS_ADDR_LINKLOCAL(&a->addr.in6))
			put_addr6(ifp, a, o, out);
	}
}

/*
 * The kernel lists inet6 addresses by scope.  On FreeBSD they stand by age:
 * an interface's link-local one is older than its others, lo0's is younger.
 */
static void put_addrs(const struct ifnet *ifp, const struct ifconfig_opts *o,
		      struct strbuf *out)
{
	bool first = !ifconfig_is_loopback(ifp), done = false;

	for (size_t i = 0; i < ifp->naddrs; i++) {
		const struct if_addr *a = &ifp->addrs[i];

		if (a->family == AF_INET) {
			if (o->af == IFAF_NONE || o->af == IFAF_INET)
				put_addr4(ifp, a, o, out);
		} else if (!done &&
			   (o->af == IFAF_NONE || o->af == IFAF_INET6)) {
			done = true;
			put_all6(ifp, first, o, out);
			put_all6(ifp, !first, o, out);
		}
	}
}

static void put_groups(const struct ifnet *ifp, struct strbuf *out)
{
	bool any = false;

	for (size_t i = 0; i < ifp->groups.n; i++) {
		if (!strcmp(ifp->groups.v[i], "all"))
			continue;
		strbuf_adds(out, any ? " " : "\tgroups: ");
		strbuf_adds(out, ifp->groups.v[i]);
		any = true;
	}
	if (any)
		strbuf_addch(out, '\n');
}

static void put_media(const struct ifconfig_facts *facts,
		      const struct ifconfig_opts *o, struct strbuf *out)
{
	if (*facts->media)
		strbuf_addf(out, "\tmedia: %s\n", facts->media);
	if (facts->status)
		strbuf_addf(out, "\tstatus: %s\n", facts->status);
	if (!o->media || !facts->supported_media.n)
		return;
	strbuf_adds(out, "\tsupported media:\n");
	for (size_t i = 0; i < facts->supported_media.n; i++)
		strbuf_addf(out, "\t\tmedia %s\n", facts->supported_media.v[i]);
}

static void put_nd6(const struct ifnet *ifp, struct strbuf *out)
{
	if (!ifp->nd6) /* a kernel without IPv6 */
		return;
	strbuf_addch(out, '\t');
	put_flags(out, "nd6 options", ifp->nd6, nd6_names,
		  ARRAY_SIZE(nd6_names));
	strbuf_addch(out, '\n');
}

void ifconfig_format_ifnet(const struct ifnets *all, const struct ifnet *ifp,
			   const struct ifconfig_facts *facts,
			   const struct ifconfig_opts *o, struct strbuf *out)
{
	put_header(ifp, facts, o, out);
	if (ifp->kind && ifp->kind->show_tunnel)
		ifp->kind->show_tunnel(ifp, o, out);
	if (o->af == IFAF_NONE || o->af == IFAF_LINK)
		put_link(ifp, o, out);
	if ((o->af == IFAF_NONE || o->af == IFAF_LINK) &&
	    (ifp->ext & IFEXT_PCP))
		strbuf_addf(out, "\tpcp %u\n",
			    ((ifp->ext & IFEXT_PCP) >> IFEXT_PCP_SHIFT) - 1);
	put_addrs(ifp, o, out);
	if (o->af == IFAF_NONE) {
		if (ifp->kind && ifp->kind->show)
			ifp->kind->show(all, ifp, o, out);
		put_groups(ifp, out);
		if (ifp->is_vlan)
			ifconfig_format_vlan(all, ifp, out);
		if (ifp->fib)
			strbuf_addf(out, "\tfib: %d\n", ifp->fib);
		if (ifp->tunnelfib)
			strbuf_addf(out, "\ttunnelfib: %d\n", ifp->tunnelfib);
		put_media(facts, o, out);
	}
	if (o->af == IFAF_NONE || o->af == IFAF_INET6)
		put_nd6(ifp, out);
	if (o->af == IFAF_NONE && facts->opened_by)
		strbuf_addf(out, "\tOpened by PID %ld\n", facts->opened_by);
	if (o->driver || o->verbose)
		strbuf_addf(out, "\tdrivername: %s\n",
			    *ifp->home_name ? ifp->home_name : ifp->name);
}
