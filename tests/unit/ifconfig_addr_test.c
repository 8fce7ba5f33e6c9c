/* net/ifconfig_addr, ifconfig_format: parsing of addresses and -f. */
#include "base/cleanup.h"
#include "net/ifconfig_addr.h"
#include "net/ifconfig_impl.h"

#include <arpa/inet.h>
#include <atf-c.h>
#include <errno.h>
#include <string.h>

static void fails(enum ifconfig_af af, const char *word, const char *text)
{
	struct ifconfig_addr a = {.af = af};
	struct err e = ERR_INIT;

	ATF_CHECK_EQ(-EINVAL, ifconfig_addr_word(&a, word, &e));
	ATF_CHECK_STREQ(text, e.text);
	ATF_CHECK(!a.set && !a.has_plen);
}

ATF_TC_WITHOUT_HEAD(bad);
ATF_TC_BODY(bad, tc)
{
	fails(IFAF_INET, "1.2.3.x", "1.2.3.x: bad value");
	fails(IFAF_INET, "", ": bad value");
	fails(IFAF_INET, "1.2.3.4/33",
	      "1.2.3.4/33: bad value (width too large)");
	fails(IFAF_INET, "1.2.3.4/", "1.2.3.4/: bad value (width invalid)");
	fails(IFAF_INET, "1.2.3.4/-1", "1.2.3.4/-1: bad value (width invalid)");
	fails(IFAF_INET, "1.2.3.4/8x", "1.2.3.4/8x: bad value (width invalid)");
	fails(IFAF_INET, "1.2.3.4/99999999999999999999",
	      "1.2.3.4/99999999999999999999: bad value (width too large)");
	fails(IFAF_INET, "2001:db8::1", "2001:db8::1: bad value");
	fails(IFAF_INET6, "192.0.2.1", "192.0.2.1: bad value");
	fails(IFAF_INET6, "::1/129", "::1/129: bad value (width too large)");
	fails(IFAF_LINK, "02:00", "link: invalid address: 02:00");
}

ATF_TC_WITHOUT_HEAD(good);
ATF_TC_BODY(good, tc)
{
	struct ifconfig_addr a = {.af = IFAF_INET};
	struct ifconfig_addr b = {.af = IFAF_INET6};

	ATF_CHECK_EQ(0, ifconfig_addr_word(&a, "192.0.2.1/24", NULL));
	ATF_CHECK(a.set && a.has_plen && !a.has_peer);
	ATF_CHECK_EQ(24, a.plen);
	ATF_CHECK_EQ(0xc0000201, ntohl(a.addr.in.s_addr));
	ATF_CHECK_EQ(0, ifconfig_addr_word(&a, "192.0.2.2", NULL));
	ATF_CHECK(a.has_peer);
	ATF_CHECK_EQ(0, ifconfig_addr_word(&b, "fe80::1%epair0a/10", NULL));
	ATF_CHECK_EQ(10, b.plen);
	ATF_CHECK_EQ(0xfe, b.addr.in6.s6_addr[0]);
}

ATF_TC_WITHOUT_HEAD(masks);
ATF_TC_BODY(masks, tc)
{
	static const struct {
		const char *mask;
		int plen;
	} rows[] = {
		{"255.255.255.0", 24},
		{"0xffffff80", 25},
		{"0.0.0.0", 0},
		{"255.255.255.255", 32},
		{"0xffff0000", 16},
		{"255.0.255.0", -1},
		{"x", -1},
	};
	struct ifconfig_addr b = {.af = IFAF_INET6};
	struct err e = ERR_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ifconfig_addr a = {.af = IFAF_INET};
		int r = ifconfig_addr_netmask(&a, rows[i].mask, NULL);

		ATF_CHECK_EQ_MSG(rows[i].plen < 0 ? -EINVAL : 0, r, "%s",
				 rows[i].mask);
		if (r >= 0)
			ATF_CHECK_EQ(rows[i].plen, a.plen);
	}
	ATF_CHECK_EQ(-EINVAL, ifconfig_addr_netmask(&b, "255.0.0.0", &e));
	ATF_CHECK_STREQ("netmask: invalid option for inet6", e.text);
	ATF_CHECK_EQ(-EINVAL, ifconfig_addr_prefixlen(&b, "129", NULL));
	ATF_CHECK_EQ(0, ifconfig_addr_prefixlen(&b, "65", NULL));
	ATF_CHECK_EQ(65, b.plen);
}

/* "ADDR[/LEN] [PEER]" on an interface with these flags becomes... */
static void defaults(const char *addr, const char *peer, uint32_t flags,
		     int plen, const char *brd, bool warns)
{
	struct ifconfig_addr a = {.af = IFAF_INET};
	char text[INET_ADDRSTRLEN] = "";
	bool warn;

	ATF_REQUIRE_EQ(0, ifconfig_addr_word(&a, addr, NULL));
	if (peer)
		ATF_REQUIRE_EQ(0, ifconfig_addr_word(&a, peer, NULL));
	ifconfig_addr_defaults(&a, flags, &warn);
	if (a.has_brd)
		inet_ntop(AF_INET, &a.brd, text, sizeof(text));
	ATF_CHECK_EQ_MSG(plen, a.plen, "%s: /%d", addr, a.plen);
	ATF_CHECK_STREQ(brd, text);
	ATF_CHECK_EQ_MSG(warns, warn, "%s", addr);
	ATF_CHECK_EQ(peer && (flags & IFF_POINTOPOINT), a.has_peer);
}

ATF_TC_WITHOUT_HEAD(default_values);
ATF_TC_BODY(default_values, tc)
{
	const uint32_t ether = IFF_BROADCAST | IFF_MULTICAST;
	struct ifconfig_addr a = {.af = IFAF_INET6};
	bool warn;

	defaults("192.0.2.1/24", NULL, ether, 24, "192.0.2.255", false);
	defaults("192.0.2.1/31", NULL, ether, 31, "", false);
	defaults("192.0.2.1/32", NULL, ether, 32, "", false);
	defaults("10.0.0.1/0", NULL, ether, 0, "255.255.255.255", false);
	defaults("10.0.0.1", NULL, ether, 8, "10.255.255.255", true);
	defaults("172.16.0.1", NULL, ether, 16, "172.16.255.255", true);
	defaults("192.168.0.1", NULL, ether, 24, "192.168.0.255", true);
	defaults("127.0.0.2", NULL, IFF_LOOPBACK, 8, "", false);
	defaults("10.0.0.1", "10.0.0.2", IFF_POINTOPOINT, 32, "", false);
	/* a second address on a broadcast interface is the broadcast's */
	defaults("10.0.0.1/24", "10.0.0.0", ether, 24, "10.0.0.0", false);

	ATF_REQUIRE_EQ(0, ifconfig_addr_word(&a, "2001:db8::1", NULL));
	ifconfig_addr_defaults(&a, ether, &warn);
	ATF_CHECK_EQ(64, a.plen);
	a.has_plen = false;
	ifconfig_addr_defaults(&a, IFF_LOOPBACK, &warn);
	ATF_CHECK_EQ(128, a.plen);
}

ATF_TC_WITHOUT_HEAD(mac);
ATF_TC_BODY(mac, tc)
{
	static const char *const wrong[] = {
		"",
		":",
		"02",
		"02:00:00:00:00",
		"02:00:00:00:00:00:00",
		"02:00:00:00:00:0g",
		"02:00:00:00:00:000",
		"02:00-00:00:00:00",
		"02:00:00:00:00:",
		" 02:00:00:00:00:01",
		"02000000000",
		"0200000000010",
		"020000000001:",
		"02:0000000001",
	};
	unsigned char m[6] = {9, 9, 9, 9, 9, 9};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		ATF_CHECK_MSG(!ifconfig_mac_parse(wrong[i], m), "%s", wrong[i]);
	ATF_CHECK_EQ(9, m[0]);
	ATF_CHECK(ifconfig_mac_parse("2:AA:b:0:0:ff", m));
	ATF_CHECK(!memcmp(m, "\x02\xaa\x0b\x00\x00\xff", 6));
	ATF_CHECK(ifconfig_mac_parse("02-aa-bb-cc-dd-ee", m));
	ATF_CHECK_EQ(0xee, m[5]);
	ATF_CHECK(ifconfig_mac_parse("2.aa.bb.cc.dd.1", m));
	ATF_CHECK(!memcmp(m, "\x02\xaa\xbb\xcc\xdd\x01", 6));
	ATF_CHECK(ifconfig_mac_parse("0262CDb7020f", m));
	ATF_CHECK(!memcmp(m, "\x02\x62\xcd\xb7\x02\x0f", 6));
}

ATF_TC_WITHOUT_HEAD(lifetimes);
ATF_TC_BODY(lifetimes, tc)
{
	struct ifconfig_addr a = {.af = IFAF_INET6}, b = {.af = IFAF_INET};
	struct err e = ERR_INIT;

	ATF_CHECK_EQ(0, ifconfig_addr_lifetime(&a, "100", false, NULL));
	ATF_CHECK_EQ(0, ifconfig_addr_lifetime(&a, "infty", true, NULL));
	ATF_CHECK_EQ(100, a.pltime);
	ATF_CHECK_EQ(UINT32_MAX, a.vltime);
	ATF_CHECK_EQ(-EINVAL, ifconfig_addr_lifetime(&a, "-1", true, &e));
	ATF_CHECK_STREQ("invalid vltime: -1", e.text);
	ATF_CHECK_EQ(-EINVAL, ifconfig_addr_lifetime(&b, "1", true, NULL));
}

ATF_TC_WITHOUT_HEAD(format);
ATF_TC_BODY(format, tc)
{
	struct ifconfig_format f = {0};
	struct err e = ERR_INIT;

	ATF_CHECK_EQ(0, ifconfig_format_parse(
				&f, "inet:cidr,ether:dash,inet6:cidr,addr:fqdn",
				&e));
	ATF_CHECK_EQ(INETFMT_CIDR, f.inet);
	ATF_CHECK_EQ(ETHERFMT_DASH, f.ether);
	ATF_CHECK_EQ(INET6FMT_CIDR, f.inet6);
	ATF_CHECK_EQ(ADDRFMT_FQDN, f.addr);
	ATF_CHECK_EQ(-EINVAL,
		     ifconfig_format_parse(&f, "inet:x,ether:dotted,y", &e));
	ATF_CHECK_STREQ("Skipping invalid format: inet:x", e.text);
	ATF_CHECK_EQ(INETFMT_CIDR, f.inet);
	ATF_CHECK_EQ(ETHERFMT_DOTTED, f.ether);
	ATF_CHECK_EQ(0, ifconfig_format_parse(&f, "default", &e));
	ATF_CHECK_EQ(0, f.inet + f.ether + f.inet6 + f.addr);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, bad);
	ATF_TP_ADD_TC(tp, good);
	ATF_TP_ADD_TC(tp, masks);
	ATF_TP_ADD_TC(tp, default_values);
	ATF_TP_ADD_TC(tp, mac);
	ATF_TP_ADD_TC(tp, lifetimes);
	ATF_TP_ADD_TC(tp, format);
	return atf_no_error();
}
