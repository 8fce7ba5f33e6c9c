/* net/kind: names, units and addresses of clones; masks and texts. */
#include "base/cleanup.h"
#include "net/addr.h"
#include "net/bsderr.h"
#include "net/kind.h"
#include "net/kind_rows.h"
#include "net/link.h"

#include <arpa/inet.h>
#include <atf-c.h>
#include <errno.h>
#include <string.h>

ATF_TC_WITHOUT_HEAD(names);
ATF_TC_BODY(names, tc)
{
	static const struct {
		const char *name;
		const char *kind; /* NULL: no clone's name */
		int unit;
	} rows[] = {
		{"epair0", "epair", 0},
		{"epair0a", "epair", 0},
		{"epair17b", "epair", 17},
		{"epair0c", NULL, 0},
		{"epair", NULL, 0},
		{"epaira", NULL, 0},
		{"epair01", NULL, 0},
		{"epair00", NULL, 0},
		{"epair-1", NULL, 0},
		{"epair 1", NULL, 0},
		{"epair+1", NULL, 0},
		{"epair1x", NULL, 0},
		{"bridge32767", "bridge", 32767},
		{"bridge32768", NULL, 0},
		{"bridge99999999", NULL, 0},
		{"bridge0a", NULL, 0},
		{"tap3", "tap", 3},
		{"tun3", "tun", 3},
		{"vmnet2", "vmnet", 2},
		{"lo0", "lo", 0},
		{"lo1", "lo", 1},
		{"lo", NULL, 0},
		{"em0", NULL, 0},
		{"", NULL, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct ifkind *k;
		int unit = -1;

		k = ifkind_of_name(rows[i].name, &unit);
		ATF_CHECK_MSG(!k == !rows[i].kind, "%s", rows[i].name);
		if (!k || !rows[i].kind)
			continue;
		ATF_CHECK_STREQ(rows[i].kind, k->name);
		ATF_CHECK_EQ_MSG(rows[i].unit, unit, "%s", rows[i].name);
	}
}

ATF_TC_WITHOUT_HEAD(home);
ATF_TC_BODY(home, tc)
{
	char base[IFNAMSIZ], end;

	ATF_REQUIRE(ifkind_home("epair3b", "veth", base, &end));
	ATF_CHECK_STREQ("epair3", base);
	ATF_CHECK_EQ('b', end);
	ATF_REQUIRE(ifkind_home("bridge3", "bridge", base, &end));
	ATF_CHECK_STREQ("bridge3", base);
	ATF_CHECK_EQ('-', end);
	/* named like a clone, but of another make */
	ATF_CHECK(!ifkind_home("bridge3", "veth", base, &end));
	ATF_CHECK(!ifkind_home("epair3", "veth", base, &end));
	ATF_CHECK(!ifkind_home("eth0", "", base, &end));
	ATF_CHECK(!ifkind_home("epair3b/../../../x", "veth", base, &end));
}

ATF_TC_WITHOUT_HEAD(classify);
ATF_TC_BODY(classify, tc)
{
	static const struct {
		const char *kname, *linux_kind, *home, *kind;
		int tun;
	} rows[] = {
		{"eth0", "", "", "ether", 0},
		{"epair0a", "veth", "", "epair", 0},
		{"uplink", "veth", "epair0a", "epair", 0},
		{"br-x", "bridge", "", "bridge", 0},
		{"tap0", "tun", "", "tap", 2},
		{"x", "tun", "vmnet0", "vmnet", 2},
		{"vmnet0", "tun", "", "vmnet", 2},
		{"tun0", "tun", "", "tun", 1},
		{"lo1", "ifb", "", "lo", 0},
		{"ifb0", "ifb", "", "ifb", 0},
		{"d", "dummy", "lo1", "lo", 0},
		{"bond0", "bond", "", "lagg", 0},
		{"x", "nosuchkind", "", "other", 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ifnet ifp = {.tun_type = (uint8_t)rows[i].tun};

		strcpy(ifp.kname, rows[i].kname);
		strcpy(ifp.linux_kind, rows[i].linux_kind);
		strcpy(ifp.home_name, rows[i].home);
		ATF_CHECK_STREQ(rows[i].kind, ifkind_classify(&ifp)->name);
	}
}

ATF_TC_WITHOUT_HEAD(macs);
ATF_TC_BODY(macs, tc)
{
	struct vnet v = {.cookie = 1}, w = {.cookie = 2};
	unsigned char a[MAC_LEN], b[MAC_LEN];
	struct err e = ERR_INIT;

	ATF_REQUIRE_EQ(0, mac_random(a, 0x0a, &e));
	ATF_REQUIRE_EQ(0, mac_random(b, 0x0a, &e));
	ATF_CHECK_EQ(0x02, a[0]);
	ATF_CHECK_EQ(0x0a, a[5]);
	ATF_CHECK(memcmp(a, b, MAC_LEN));
	mac_generated(&v, "bridge0", a);
	ATF_CHECK(!memcmp(a, "\x58\x9c\xfc", 3));
	mac_generated(&v, "bridge0", b);
	ATF_CHECK(!memcmp(a, b, MAC_LEN));
	mac_generated(&v, "bridge1", b);
	ATF_CHECK(memcmp(a, b, MAC_LEN));
	mac_generated(&w, "bridge0", b);
	ATF_CHECK(memcmp(a, b, MAC_LEN));
}

ATF_TC_WITHOUT_HEAD(masks);
ATF_TC_BODY(masks, tc)
{
	struct in_addr m;

	for (unsigned int i = 0; i <= 32; i++)
		ATF_CHECK_EQ((int)i, addr_mask_plen(addr_plen_mask(i)));
	m.s_addr = inet_addr("255.0.255.0");
	ATF_CHECK_EQ(-1, addr_mask_plen(m));
	m.s_addr = inet_addr("0.0.0.255");
	ATF_CHECK_EQ(-1, addr_mask_plen(m));
	ATF_CHECK_EQ(inet_addr("255.255.255.128"), addr_plen_mask(25).s_addr);
}

ATF_TC_WITHOUT_HEAD(linklocal);
ATF_TC_BODY(linklocal, tc)
{
	struct ifnet ifp = {.maclen = 6,
			    .mac = {0x02, 0xaa, 0xbb, 0xcc, 0xdd, 0x0a}};
	char text[INET6_ADDRSTRLEN];
	struct in6_addr ll;

	addr_linklocal(&ifp, &ll);
	ATF_CHECK_STREQ("fe80::aa:bbff:fecc:dd0a",
			inet_ntop(AF_INET6, &ll, text, sizeof(text)));
}

ATF_TC_WITHOUT_HEAD(texts);
ATF_TC_BODY(texts, tc)
{
	struct err e = ERR_INIT;

	ATF_CHECK_EQ(-EBUSY, bsd_err(&e, EBUSY, "BRDGADD %s", "x"));
	ATF_CHECK_STREQ("BRDGADD x: Device busy", e.text);
	ATF_CHECK_EQ(-EEXIST, bsd_err(&e, EEXIST, "%s", ""));
	ATF_CHECK_STREQ("File exists", e.text);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, names);
	ATF_TP_ADD_TC(tp, home);
	ATF_TP_ADD_TC(tp, classify);
	ATF_TP_ADD_TC(tp, macs);
	ATF_TP_ADD_TC(tp, masks);
	ATF_TP_ADD_TC(tp, linklocal);
	ATF_TP_ADD_TC(tp, texts);
	return atf_no_error();
}
