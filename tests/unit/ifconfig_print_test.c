/*
 * net/ifconfig_print: a model in, exact text out.  What is expected lies in
 * tests/golden/ifconfig/CASE.txt; CB_GOLDEN_UPDATE=1 writes what came out.
 */
#include "base/cleanup.h"
#include "base/file.h"
#include "net/ifconfig_impl.h"
#include "net/ifext.h"
#include "net/kind.h"
#include "net/rstp.h"

#include <arpa/inet.h>
#include <atf-c.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <stdlib.h>
#include <string.h>

#define GOLDEN SOURCE_DIR "/tests/golden/ifconfig/"

static struct ifnet base(int index, const char *name, const char *kind)
{
	struct ifnet i = {
		.index = index,
		.kind = kind ? ifkind_by_name(kind) : NULL,
		.flags = IFF_BROADCAST | IFF_MULTICAST,
		.arptype = ARPHRD_ETHER,
		.mtu = 1500,
		.mac = {0x02, 0xaa, 0xbb, 0xcc, 0xdd, 0x0a},
		.maclen = 6,
		.nd6 = ND6_PERFORMNUD | ND6_IFDISABLED | ND6_AUTO_LINKLOCAL,
	};

	snprintf(i.name, sizeof(i.name), "%s", name);
	snprintf(i.kname, sizeof(i.kname), "%s", name);
	if (kind)
		strv_add(&i.groups, kind);
	return i;
}

static struct if_addr *add(struct ifnet *i, const char *text, int plen)
{
	struct if_addr *a;

	i->addrs = reallocarray(i->addrs, i->naddrs + 1, sizeof(*i->addrs));
	ATF_REQUIRE(i->addrs);
	a = &i->addrs[i->naddrs++];
	memset(a, 0, sizeof(*a));
	a->family = strchr(text, ':') ? AF_INET6 : AF_INET;
	a->plen = (unsigned char)plen;
	a->flags = IFA_F_PERMANENT;
	a->preferred = a->valid = UINT32_MAX;
	ATF_REQUIRE_EQ(1, inet_pton(a->family, text, &a->addr));
	return a;
}

static void golden(const char *name, const struct strbuf *out)
{
	cleanup_free char *path = str_printf(GOLDEN "%s.txt", name);
	cleanup_free char *want = NULL;
	struct err e = ERR_INIT;

	if (getenv("CB_GOLDEN_UPDATE"))
		file_write_atomic(AT_FDCWD, path, out->s, 0644, NULL);
	ATF_REQUIRE_MSG(file_read(AT_FDCWD, path, 1 << 16, &want, NULL, &e) >=
				0,
			"%s", e.text);
	ATF_CHECK_MSG(!strcmp(want, out->s), "%s: got\n%s", name, out->s);
}

static void print(const char *name, struct ifnet *v, size_t n,
		  const struct ifconfig_facts *f, const struct ifconfig_opts *o)
{
	static const struct ifconfig_opts none;
	cleanup_strbuf struct strbuf out = STRBUF_INIT;
	const struct ifnets all = {.v = v, .n = n};

	ifconfig_format_ifnet(&all, v, f, o ? o : &none, &out);
	golden(name, &out);
}

static void epair_up(struct ifnet *i)
{
	struct if_addr *a;

	*i = base(5, "epair0a", "epair");
	i->flags |= IFF_UP;
	i->carrier = true;
	i->descr = strdup("uplink of www");
	i->nd6 &= ~(uint32_t)ND6_IFDISABLED;
	a = add(i, "192.0.2.1", 24);
	a->has_brd = true;
	inet_pton(AF_INET, "192.0.2.255", &a->brd);
	add(i, "192.0.2.2", 32);
	add(i, "fe80::aa:bbff:fecc:dd0a", 64);
	a = add(i, "2001:db8::1", 64);
	a->flags |= IFA_F_TENTATIVE;
	a = add(i, "2001:db8::2", 64);
	a->flags |= IFA_F_TENTATIVE | IFA_F_DADFAILED;
	a = add(i, "2001:db8::3", 48);
	a->flags |= IFA_F_DEPRECATED;
	a->preferred = 0;
}

static const struct ifconfig_facts epair_facts = {
	.has_options = true,
	.options = BSD_CAP_VLAN_MTU,
	.capabilities = BSD_CAP_VLAN_MTU | BSD_CAP_RXCSUM,
	.media = "Ethernet 10Gbase-T (10Gbase-T <full-duplex>)",
	.status = "active",
};

ATF_TC_WITHOUT_HEAD(epair);
ATF_TC_BODY(epair, tc)
{
	struct ifconfig_facts f = epair_facts;
	struct ifconfig_opts o = {.media = true, .driver = true};
	cleanup_ifnet struct ifnet i = {0};

	epair_up(&i);
	print("epair", &i, 1, &f, NULL);
	strv_add(&f.supported_media, "autoselect");
	print("epair_m", &i, 1, &f, &o);
	o = (struct ifconfig_opts){.lifetimes = true};
	print("epair_L", &i, 1, &f, &o);
	o = (struct ifconfig_opts){
		.format = {.inet = INETFMT_CIDR,
			   .inet6 = INET6FMT_CIDR,
			   .ether = ETHERFMT_DOTTED},
	};
	print("epair_cidr", &i, 1, &f, &o);
	o = (struct ifconfig_opts){
		.format = {.inet = INETFMT_DOTTED, .ether = ETHERFMT_DASH}};
	print("epair_dotted", &i, 1, &f, &o);
	o = (struct ifconfig_opts){.af = IFAF_INET};
	print("epair_inet", &i, 1, &f, &o);
	o = (struct ifconfig_opts){.af = IFAF_INET6};
	print("epair_inet6", &i, 1, &f, &o);
	o = (struct ifconfig_opts){.af = IFAF_LINK};
	print("epair_ether", &i, 1, &f, &o);
	strv_free(&f.supported_media);
}

ATF_TC_WITHOUT_HEAD(flags);
ATF_TC_BODY(flags, tc)
{
	const struct ifconfig_facts f = {.has_options = true};
	cleanup_ifnet struct ifnet i = base(7, "igb0", NULL);

	i.flags |= IFF_UP | IFF_NOARP | IFF_PROMISC | IFF_ALLMULTI;
	i.ext = IFEXT_DEBUG | IFEXT_LINK0 | IFEXT_LINK1 | IFEXT_LINK2 |
		IFEXT_MONITOR | IFEXT_STATICARP | IFEXT_STICKYARP;
	i.carrier = true;
	i.metric = 3;
	i.fib = 1;
	i.tunnelfib = 2;
	/* a changed address shows the card's own too */
	i.permmaclen = 6;
	memcpy(i.permmac, "\x00\x0c\x29\x01\x02\x03", 6);
	print("flags", &i, 1, &f, NULL);
}

ATF_TC_WITHOUT_HEAD(loopback);
ATF_TC_BODY(loopback, tc)
{
	const struct ifconfig_facts f = {
		.has_options = true,
		.options = BSD_CAP_RXCSUM | BSD_CAP_TXCSUM | BSD_CAP_LINKSTATE |
			   BSD_CAP_RXCSUM_IPV6 | BSD_CAP_TXCSUM_IPV6,
	};
	cleanup_ifnet struct ifnet i = base(1, "lo0", "lo");

	i.flags = IFF_UP | IFF_LOOPBACK | IFNET_LOWER_UP;
	i.arptype = ARPHRD_LOOPBACK;
	i.carrier = true;
	i.mtu = 65536;
	i.nd6 &= ~(uint32_t)ND6_IFDISABLED;
	memset(i.mac, 0, sizeof(i.mac));
	add(&i, "::1", 128);
	add(&i, "127.0.0.1", 8);
	print("lo0", &i, 1, &f, NULL);
}

ATF_TC_WITHOUT_HEAD(tun);
ATF_TC_BODY(tun, tc)
{
	const struct ifconfig_facts f = {.opened_by = 4711};
	cleanup_ifnet struct ifnet i = base(9, "tun0", "tun");
	struct if_addr *a;

	i.flags = IFF_POINTOPOINT | IFF_MULTICAST | IFF_NOARP;
	i.arptype = ARPHRD_NONE;
	i.maclen = 0;
	a = add(&i, "10.0.0.1", 32);
	a->has_peer = true;
	inet_pton(AF_INET, "10.0.0.2", &a->peer);
	print("tun", &i, 1, &f, NULL);
}

/* The same with spanning tree: what the keeper said, and before it said so. */
static void stp_members(struct ifnet *b, struct ifnet *port)
{
	static const unsigned char root[8] = {0x10, 0, 2, 0, 0, 0, 0, 9};
	static const unsigned char id[8] = {0x80, 0, 2, 0, 0, 0, 0, 0xa};

	b->bridge.stp_known = true;
	memcpy(b->bridge.root_id, root, 8);
	memcpy(b->bridge.id, id, 8);
	b->bridge.root_cost = 2000;
	b->bridge.root_port = 4;
	port[0].port.flags |= IFBIF_STP;
	port[0].port.stp = (struct ifbridge_role){
		.known = true,
		.role = RSTP_ROOT,
		.state = RSTP_FORWARDING,
		.proto = RSTP_PROTO_RSTP,
		.ptp = true,
		.cost = 2000,
	};
	port[1].port.flags = IFBIF_STP | IFBIF_EDGE;
	port[1].port.user_cost = 77;
	port[1].port.maxaddr = 5;
}

ATF_TC_WITHOUT_HEAD(bridge);
ATF_TC_BODY(bridge, tc)
{
	const struct ifconfig_facts f = {.has_options = true};
	struct ifnet v[4] = {
		base(3, "bridge0", "bridge"),
		base(4, "epair0a", "epair"),
		base(6, "igb0", NULL),
		base(8, "epair1a", "epair"),
	};
	struct ifnet *b = &v[0];

	b->is_bridge = true;
	b->flags |= IFF_UP;
	b->carrier = true;
	b->nd6 = ND6_PERFORMNUD | ND6_IFDISABLED;
	b->bridge = (struct ifbridge){
		.ageing = 120000,
		.priority = 32768,
		.proto = 2,
		.stp_hello = 2,
		.stp_forward_delay = 15,
		.stp_max_age = 20,
		.hold_count = 6,
		.fdb_max_learned = 2000,
	};
	strv_add(&b->spans, "epair1a");
	strv_add(&b->spans, "gone");
	v[1].is_port = v[2].is_port = true;
	v[1].master = v[2].master = 3;
	v[1].port = (struct ifbridge_port){
		.priority = 128,
		.cost = 2,
		.learning = true,
		.flood = true,
		.flags = IFBIF_AUTOEDGE | IFBIF_AUTOPTP,
	};
	v[2].port = (struct ifbridge_port){
		.priority = 64,
		.cost = 4,
		.isolated = true,
		.flags = IFBIF_AUTOEDGE | IFBIF_AUTOPTP | IFBIF_STICKY,
	};
	print("bridge", v, 4, &f, NULL);
	b->bridge.vlan_filtering = true;
	v[1].vlans = calloc(1, sizeof(*v[1].vlans));
	v[1].vlans->untagged = 5;
	vlanset_parse("1-3,77", &v[1].vlans->tagged);
	print("bridge_vlan", v, 4, &f, NULL);
	b->bridge.vlan_proto = ETH_P_8021AD;
	b->bridge.def_untagged = 7;
	print("bridge_qinq", v, 4, &f, NULL);
	b->bridge.vlan_filtering = false;
	stp_members(b, v + 1);
	print("bridge_stp", v, 4, &f, NULL);
	for (size_t k = 0; k < ARRAY_SIZE(v); k++)
		ifnet_free(&v[k]);
}

/* A kernel without IPv6: no nd6 line. */
ATF_TC_WITHOUT_HEAD(no_ipv6);
ATF_TC_BODY(no_ipv6, tc)
{
	cleanup_ifnet struct ifnet i = base(2, "tap0", "tap");

	i.nd6 = 0;
	print("no_ipv6", &i, 1, &epair_facts, NULL);
}

/* Who made an inet6 address, and that link-local ones come first. */
ATF_TC_WITHOUT_HEAD(inet6);
ATF_TC_BODY(inet6, tc)
{
	const struct ifconfig_facts f = {.has_options = true};
	struct ifconfig_opts o = {.af = IFAF_INET6, .lifetimes = true};
	struct ifnet i = base(5, "em0", NULL);
	struct if_addr *a;

	i.nd6 = ND6_PERFORMNUD | ND6_ACCEPT_RTADV | ND6_AUTO_LINKLOCAL;
	a = add(&i, "2001:db8::a", 64); /* from a router */
	a->flags = 0;
	a->proto = IFAPROT_KERNEL_RA;
	a->preferred = 14400;
	a->valid = 86400;
	a = add(&i, "2001:db8::b", 64); /* temporary, of that */
	a->flags = IFA_F_SECONDARY;
	a->preferred = 0;
	a->flags |= IFA_F_DEPRECATED;
	a->valid = 9;
	a = add(&i, "2001:db8::c", 128); /* leased by a program */
	a->flags = 0;
	a->preferred = a->valid = 3600;
	add(&i, "192.0.2.1", 24);
	add(&i, "fe80::1", 64);
	add(&i, "2001:db8::d", 64);
	print("inet6", &i, 1, &f, &o);
	ifnet_free(&i);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, epair);
	ATF_TP_ADD_TC(tp, flags);
	ATF_TP_ADD_TC(tp, loopback);
	ATF_TP_ADD_TC(tp, tun);
	ATF_TP_ADD_TC(tp, bridge);
	ATF_TP_ADD_TC(tp, no_ipv6);
	ATF_TP_ADD_TC(tp, inet6);
	return atf_no_error();
}
