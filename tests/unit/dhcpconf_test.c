/* rc/dhcpconf: dhclient.conf(5) for udhcpc and for a lease; hostile included.
 */
#include "base/cleanup.h"
#include "rc/dhcp.h"
#include "rc/dhcpconf.h"

#include <atf-c.h>
#include <errno.h>
#include <string.h>

/* Text, and udhcpc's words or the error; the interface is em0. */
static const struct {
	const char *text, *argv, *error;
} confs[] = {
	{"", "", NULL},
	{"# nothing\n\n", "", NULL},
	{"send host-name \"andare.example\";", "-x hostname:andare.example",
	 NULL},
	{"SEND dhcp-client-identifier 1:0:a0:24:AB:fb:9c;",
	 "-x 0x3d:0100a024ABfb9c", NULL},
	{"send dhcp-client-identifier \"1:2\";", "-x 0x3d:313a32", NULL},
	{"send dhcp-class-identifier \"a b\"; send user-class \"u\";",
	 "-x 0x3c:612062 -x 0x4d:75", NULL},
	{"send dhcp-lease-time 3600;", "-x lease:3600", NULL},
	{"request subnet-mask, routers,\n domain-name-servers;",
	 "-O subnet -O router -O dns", NULL},
	{"request;", "", NULL},
	{"retry 60; initial-interval 3; select-timeout 0;", "-A 60 -T 3", NULL},
	{"interface \"em0\" { retry 1; } interface \"em1\" { retry 2; }",
	 "-A 1", NULL},
	{"send host-name \"a;b\";", NULL,
	 "c line 1: host-name: \"a;b\" is no name of a host"},
	{"\nsend routers 10.0.0.1;", NULL, "c line 2: routers: cannot be sent"},
	{"send host-name \"a\", \"b\";", NULL,
	 "c line 1: host-name: one value alone"},
	{"send host-name;", NULL, "c line 1: host-name: a value is missing"},
	{"send host-name \"a\"", NULL,
	 "c line 1: \";\" is missing before \"\""},
	{"send host-name \"a", NULL, "c line 1: a quote is left open"},
	{"send host-name \"a\nb\";", NULL, "c line 1: a quote is left open"},
	{"send nosuch 1;", NULL, "c line 1: nosuch: unknown option"},
	{"request nosuch;", NULL, "c line 1: nosuch: unknown option"},
	{"request routers dns;", NULL,
	 "c line 1: \",\" is missing before \"dns\""},
	{"timeout 0;", NULL,
	 "c line 1: timeout: a number from 1 to 3600 is needed"},
	{"timeout soon;", NULL,
	 "c line 1: timeout: a number from 1 to 3600 is needed"},
	{"retry 99999999999999999999;", NULL,
	 "c line 1: retry: a number from 1 to 86400 is needed"},
	{"select-timeout 5;", NULL,
	 "c line 1: select-timeout: only 0: udhcpc takes the first offer"},
	{"\n\nbackoff-cutoff 9;", NULL,
	 "c line 3: backoff-cutoff: not here: udhcpc asks at equal intervals"},
	{"lease { }", NULL,
	 "c line 1: lease: not here: there are no leases but a server's"},
	{"script \"/bin/true\";", NULL,
	 "c line 1: script: not here: the script is dhclient-script(8)"},
	{"reboot 10;", NULL,
	 "c line 1: reboot: not here: udhcpc asks for the old address as for "
	 "a new one"},
	{"dance;", NULL, "c line 1: dance: unknown statement"},
	{"{", NULL, "c line 1: \"{\": a statement is missing"},
	{"interface em0 { }", NULL,
	 "c line 1: interface: a name in quotes is needed"},
	{"interface \"em1\" { dance; }", NULL,
	 "c line 1: dance: unknown statement"},
	{"interface \"em0\" {", NULL, "c line 1: interface: \"}\" is missing"},
	{"reject 10.0.0.300;", NULL,
	 "c line 1: reject: \"10.0.0.300\" is no IPv4 address"},
	{"supersede dhcp-lease-time 5;", NULL,
	 "c line 1: dhcp-lease-time: cannot be changed here"},
	{"prepend interface-mtu 1400;", NULL,
	 "c line 1: interface-mtu: has one value alone"},
	{"supersede interface-mtu 100;", NULL,
	 "c line 1: interface-mtu: \"100\" is no MTU"},
	{"supersede subnet-mask 255.0.255.0;", NULL,
	 "c line 1: subnet-mask: \"255.0.255.0\" is no netmask"},
	{"prepend domain-name-servers ::1;", NULL,
	 "c line 1: domain-name-servers: \"::1\" is no IPv4 address"},
	{"supersede domain-name \"\";", NULL,
	 "c line 1: domain-name: a value is missing"},
	{"retry\001 5;", NULL, "c line 1: a control character"},
};

ATF_TC_WITHOUT_HEAD(parse);
ATF_TC_BODY(parse, tc)
{
	for (size_t i = 0; i < ARRAY_SIZE(confs); i++) {
		cleanup_dhcpconf struct dhcpconf c = {0};
		cleanup_free char *argv = NULL;
		struct err e = ERR_INIT;
		int r = dhcpconf_parse(confs[i].text, "c", "em0", &c, &e);

		if (confs[i].error) {
			ATF_CHECK_MSG(r < 0 && !strcmp(confs[i].error, e.text),
				      "%s: %s", confs[i].text, e.text);
			continue;
		}
		argv = strv_join(&c.argv, " ");
		ATF_REQUIRE(argv);
		ATF_CHECK_MSG(!r && !strcmp(confs[i].argv, argv), "%s: %s%s",
			      confs[i].text, e.text, argv);
	}
}

static const char *const env[] = {
	"ip=192.0.2.5",	  "mask=24",	    "router=192.0.2.1",
	"dns=192.0.2.53", "domain=lab.net", "serverid=192.0.2.2",
	"hostname=given", "mtu=1400",	    NULL,
};

/* Text, and what of the lease is another: lines of it. */
static const struct {
	const char *text, *has, *has_not;
} changes[] = {
	{"prepend domain-name-servers 127.0.0.1;",
	 "nameserver 127.0.0.1\nnameserver 192.0.2.53\n", NULL},
	{"append domain-name-servers 10.0.0.1, 10.0.0.2;",
	 "nameserver 192.0.2.53\nnameserver 10.0.0.1\nnameserver 10.0.0.2\n",
	 NULL},
	{"supersede domain-name-servers 10.0.0.1;", "nameserver 10.0.0.1\n",
	 "192.0.2.53"},
	{"default domain-name-servers 10.0.0.1;", "nameserver 192.0.2.53\n",
	 "10.0.0.1"},
	{"supersede domain-name \"a.net b.net\";",
	 "search a.net\nsearch b.net\n", "lab.net"},
	{"supersede host-name \"mine\"; default interface-mtu 1300;",
	 "hostname mine\n", "1300"},
	{"supersede interface-mtu 1300;", "mtu 1300\n", "1400"},
	{"supersede routers 192.0.2.9;", "route default 192.0.2.9\n",
	 "default 192.0.2.1\n"},
	{"supersede subnet-mask 255.255.0.0;", "plen 16\n", NULL},
	{"interface \"em1\" { supersede interface-mtu 1300; }", "mtu 1400\n",
	 NULL},
};

ATF_TC_WITHOUT_HEAD(change);
ATF_TC_BODY(change, tc)
{
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		cleanup_dhcpconf struct dhcpconf c = {0};
		cleanup_lease struct dhcp_lease l = {0};
		cleanup_strbuf struct strbuf b = STRBUF_INIT;
		struct err e = ERR_INIT;

		ATF_REQUIRE_EQ(0, dhcp_lease_env((char *const *)env, &l, &e));
		ATF_REQUIRE_EQ_MSG(
			0, dhcpconf_parse(changes[i].text, "c", "em0", &c, &e),
			"%s", e.text);
		ATF_REQUIRE_EQ(0, dhcpconf_change(&c, &l));
		dhcp_lease_print(&l, &b);
		ATF_CHECK_MSG(strstr(b.s, changes[i].has), "%s: %s",
			      changes[i].text, b.s);
		if (changes[i].has_not)
			ATF_CHECK_MSG(!strstr(b.s, changes[i].has_not),
				      "%s: %s", changes[i].text, b.s);
	}
}

/* What a lease must have. */
static const struct {
	const char *text, *error;
} judged[] = {
	{"require routers, domain-name-servers;", NULL},
	{"require ntp-servers;",
	 "the offer lacks \"ntpsrv\", which is required"},
	{"reject 192.0.2.3;", NULL},
	{"reject 192.0.2.3, 192.0.2.2;",
	 "an offer of 192.0.2.2, which is rejected"},
};

ATF_TC_WITHOUT_HEAD(judge);
ATF_TC_BODY(judge, tc)
{
	for (size_t i = 0; i < ARRAY_SIZE(judged); i++) {
		cleanup_dhcpconf struct dhcpconf c = {0};
		struct err e = ERR_INIT;
		int r;

		ATF_REQUIRE_EQ(
			0, dhcpconf_parse(judged[i].text, "c", "em0", &c, &e));
		r = dhcpconf_judge(&c, (char *const *)env, &e);
		ATF_CHECK_EQ_MSG(judged[i].error ? -EACCES : 0, r, "%s",
				 judged[i].text);
		if (judged[i].error)
			ATF_CHECK_STREQ(judged[i].error, e.text);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, parse);
	ATF_TP_ADD_TC(tp, change);
	ATF_TP_ADD_TC(tp, judge);
	return atf_no_error();
}
