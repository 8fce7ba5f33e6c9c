/* rc/dhcp_lease and rc/rtsol: what servers and routers say, hostile included.
 */
#include "base/cleanup.h"
#include "rc/dhcp.h"
#include "rc/resolv.h"
#include "rc/rtsol.h"

#include <atf-c.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* An environment of udhcpc and what is kept of it; NULL: no lease. */
static const struct {
	const char *what;
	const char *env[8];
	const char *lease;
} leases[] = {
	{"plain",
	 {"interface=em0", "ip=192.0.2.5", "mask=24", "router=192.0.2.1",
	  "lease=3600", "serverid=192.0.2.2"},
	 "address 192.0.2.5\nplen 24\nrouter 192.0.2.1\nserver 192.0.2.2\n"
	 "mtu 0\nold_mtu 0\nseconds 3600\nroute default 192.0.2.1\n"},
	{"no mask: the class's",
	 {"ip=10.1.2.3"},
	 "address 10.1.2.3\nplen 8\nmtu 0\nold_mtu 0\nseconds 0\n"},
	{"routes that replace the router",
	 {"ip=192.0.2.5", "mask=24", "router=192.0.2.1",
	  "staticroutes=10.0.0.0/8 192.0.2.7 0.0.0.0/0 192.0.2.8"},
	 "address 192.0.2.5\nplen 24\nrouter 192.0.2.1\nmtu 0\nold_mtu 0\n"
	 "seconds 0\nroute 10.0.0.0/8 192.0.2.7\nroute default 192.0.2.8\n"},
	{"routes that lead nowhere",
	 {"ip=192.0.2.5", "mask=24",
	  "staticroutes=127.0.0.0/8 192.0.2.7 10.0.0.0/33 192.0.2.7 "
	  "10.0.0.0 192.0.2.7 224.0.0.0/4 192.0.2.7 10.0.0.0/8 0.0.0.0 "
	  "10.0.0.0/8 127.0.0.1 1.2.3.4/0 192.0.2.7 10.0.0.0/8"},
	 "address 192.0.2.5\nplen 24\nmtu 0\nold_mtu 0\nseconds 0\n"},
	{"names",
	 {"ip=192.0.2.5", "mask=24", "dns=192.0.2.53 ::1 127.0.0.1 x 8.8.8.8",
	  "domain=a.example b_c $(id)", "hostname=h-1"},
	 "address 192.0.2.5\nplen 24\nmtu 0\nold_mtu 0\nseconds 0\n"
	 "hostname h-1\nnameserver 192.0.2.53\nnameserver 8.8.8.8\n"
	 "search a.example\nsearch b_c\n"},
	{"search before domain",
	 {"ip=192.0.2.5", "mask=32", "domain=d", "search=s"},
	 "address 192.0.2.5\nplen 32\nmtu 0\nold_mtu 0\nseconds 0\n"
	 "search s\n"},
	{"numbers out of range",
	 {"ip=192.0.2.5", "mask=33", "mtu=68", "lease=-1", "router=nobody",
	  "hostname=a b"},
	 "address 192.0.2.5\nplen 24\nmtu 0\nold_mtu 0\nseconds 0\n"},
	{"no address", {"mask=24", "router=192.0.2.1"}, NULL},
	{"loopback", {"ip=127.0.0.1"}, NULL},
	{"multicast", {"ip=224.0.0.1"}, NULL},
	{"zero", {"ip=0.0.0.0"}, NULL},
	{"words", {"ip=192.0.2.5; reboot"}, NULL},
};

ATF_TC_WITHOUT_HEAD(lease);
ATF_TC_BODY(lease, tc)
{
	for (size_t i = 0; i < ARRAY_SIZE(leases); i++) {
		cleanup_lease struct dhcp_lease l = {0}, again = {0};
		cleanup_strbuf struct strbuf b = STRBUF_INIT, c = STRBUF_INIT;
		int r = dhcp_lease_env((char *const *)leases[i].env, &l, NULL);

		if (!leases[i].lease) {
			ATF_CHECK_EQ_MSG(-EINVAL, r, "%s", leases[i].what);
			continue;
		}
		ATF_REQUIRE_EQ_MSG(0, r, "%s", leases[i].what);
		dhcp_lease_print(&l, &b);
		ATF_CHECK_STREQ_MSG(leases[i].lease, b.s, "%s", leases[i].what);
		/* and the file comes back as it was */
		ATF_REQUIRE_EQ(0, dhcp_lease_parse(b.s, &again));
		dhcp_lease_print(&again, &c);
		ATF_CHECK_STREQ(b.s, c.s);
	}
}

ATF_TC_WITHOUT_HEAD(lease_file);
ATF_TC_BODY(lease_file, tc)
{
	static const char *const bad[] = {
		"",
		"plen 24\n",
		"address\n",
		"address 1.2.3\n",
		"address 192.0.2.1\nplen 33\n",
		"address 192.0.2.1\nmtu x\n",
		"address 192.0.2.1\nrouter here\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct dhcp_lease l = {0};

		ATF_CHECK_EQ_MSG(-EINVAL, dhcp_lease_parse(bad[i], &l), "%s",
				 bad[i]);
	}
}

ATF_TC_WITHOUT_HEAD(domain);
ATF_TC_BODY(domain, tc)
{
	static const char *const good[] = {"a", "a.b", "x-1.example.", "_a"};
	static const char *const bad[] = {"",	  "-a",	 ".a",	"a b",
					  "a\nb", "a#b", "a/b", "a;b"};
	char longest[256];

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		ATF_CHECK_MSG(resolv_domain_ok(good[i]), "%s", good[i]);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ATF_CHECK_MSG(!resolv_domain_ok(bad[i]), "%s", bad[i]);
	memset(longest, 'a', sizeof(longest));
	longest[254] = '\0';
	ATF_CHECK(!resolv_domain_ok(longest));
	longest[253] = '\0';
	ATF_CHECK(resolv_domain_ok(longest));
}

#define HEAD 134, 0, 0, 0, 64, 0x40, 0, 30, 0, 0, 0, 0, 0, 0, 0, 0
#define ZEROS8 0, 0, 0, 0, 0, 0, 0, 0
#define TIME 0, 0, 0, 60

static void check_adv(const unsigned char *msg, size_t len, int want,
		      const char *servers, const char *search)
{
	cleanup_rtadv struct rtadv a = {0};
	cleanup_free char *have = NULL, *domains = NULL;

	ATF_REQUIRE_EQ(want, rtadv_parse(msg, len, "em0", &a));
	if (want)
		return;
	have = a.servers.n ? strv_join(&a.servers, " ") : strdup("");
	domains = a.search.n ? strv_join(&a.search, " ") : strdup("");
	ATF_CHECK_STREQ(servers, have);
	ATF_CHECK_STREQ(search, domains);
	ATF_CHECK(!a.managed);
	ATF_CHECK(a.other);
}
#define CHECK_ADV(want, servers, search, ...)                                  \
	do {                                                                   \
		const unsigned char msg_[] = {__VA_ARGS__};                    \
		check_adv(msg_, sizeof(msg_), want, servers, search);          \
	} while (0)

ATF_TC_WITHOUT_HEAD(advertisement);
ATF_TC_BODY(advertisement, tc)
{
	CHECK_ADV(0, "", "", HEAD);
	CHECK_ADV(0, "2001:db8::53 fe80::1%em0", "", HEAD, 25, 5, 0, 0, TIME,
		  0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x53,
		  0xfe, 0x80, 0, 0, 0, 0, 0, 0, ZEROS8 + 1);
	/* taken back: no lifetime */
	CHECK_ADV(0, "", "", HEAD, 25, 3, 0, 0, 0, 0, 0, 0, 0x20, 1, 0xd, 0xb8,
		  0, 0, 0, 0, ZEROS8 + 1);
	/* ::1, ff02::1 are nobody's servers */
	CHECK_ADV(0, "", "", HEAD, 25, 5, 0, 0, TIME, ZEROS8, ZEROS8 + 1, 0xff,
		  2, 0, 0, 0, 0, 0, 0, ZEROS8 + 1);
	CHECK_ADV(0, "", "a.bc d", HEAD, 31, 3, 0, 0, TIME, 1, 'a', 2, 'b', 'c',
		  0, 1, 'd', 0, 0, 0, 0, 0, 0, 0, 0);
	/* a name with characters that none has is left out */
	CHECK_ADV(0, "", "d", HEAD, 31, 3, 0, 0, TIME, 1, '\n', 2, 'b', 'c', 0,
		  1, 'd', 0, 0, 0, 0, 0, 0, 0, 0);
	CHECK_ADV(0, "", "", HEAD, 31, 2, 0, 0, TIME, 1, 0, 2, 'b', 'c', 0, 0,
		  0);
	/* a label longer than its option; options of no or too great length */
	CHECK_ADV(-EBADMSG, "", "", HEAD, 31, 2, 0, 0, TIME, 63, 'a', 0, 0, 0,
		  0, 0, 0);
	CHECK_ADV(-EBADMSG, "", "", HEAD, 25, 0, 0, 0, 0, 0, 0, 0);
	CHECK_ADV(-EBADMSG, "", "", HEAD, 25, 3, 0, 0, TIME);
	CHECK_ADV(-EBADMSG, "", "", 134, 0, 0, 0);
	CHECK_ADV(-EBADMSG, "", "", 133, 0, 0, 0, ZEROS8, 0, 0, 0, 0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, lease);
	ATF_TP_ADD_TC(tp, lease_file);
	ATF_TP_ADD_TC(tp, domain);
	ATF_TP_ADD_TC(tp, advertisement);
	return atf_no_error();
}
