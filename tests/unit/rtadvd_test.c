/* rc/rtadvd and rc/addrsel: FreeBSD's files in the words of Debian's programs,
 * and what is refused. */
#include "base/cleanup.h"
#include "rc/addrsel.h"
#include "rc/rtadvd.h"

#include <atf-c.h>
#include <string.h>

#define HEAD(max, min)                                                         \
	"interface em0\n{\n\tAdvSendAdvert on;\n\tIgnoreIfMissing on;\n"       \
	"\tMaxRtrAdvInterval " max ";\n\tMinRtrAdvInterval " min ";\n"
#define FLAGS(m, o, pref)                                                      \
	"\tAdvManagedFlag " m ";\n\tAdvOtherConfigFlag " o ";\n"               \
	"\tAdvDefaultPreference " pref ";\n"
#define REST(hops, life, mtu, lladdr)                                          \
	"\tAdvCurHopLimit " hops ";\n\tAdvDefaultLifetime " life ";\n"         \
	"\tAdvReachableTime 0;\n\tAdvRetransTimer 0;\n"                        \
	"\tAdvLinkMTU " mtu ";\n\tAdvSourceLLAddress " lladdr ";\n"
#define PREFIX(p, l, a, valid, preferred)                                      \
	"\tprefix " p "\n\t{\n\t\tAdvOnLink " l ";\n\t\tAdvAutonomous " a      \
	";\n\t\tAdvValidLifetime " valid                                       \
	";\n\t\tAdvPreferredLifetime " preferred ";\n"
#define USUAL PREFIX("::/64", "on", "on", "2592000", "604800") "\t};\n"

/* rtadvd.conf, and radvd.conf or the error. */
static const struct {
	const char *what, *text, *want, *error;
} confs[] = {
	{"nothing", "",
	 HEAD("600", "200") FLAGS("off", "off", "medium")
		 REST("64", "1800", "0", "on") USUAL "};\n",
	 NULL},
	{"another interface", "# none\n\nem1:rltime#0:\n",
	 HEAD("600", "200") FLAGS("off", "off", "medium")
		 REST("64", "1800", "0", "on") USUAL "};\n",
	 NULL},
	{"header",
	 "em9|em0:\\\n\t:maxinterval#30:mininterval#10:chlim#32:\\\n"
	 "\t:raflags=\"moh\":rltime#0:mtu=auto:nolladdr:noifprefix:\n",
	 HEAD("30", "10") FLAGS("on", "on", "high")
		 REST("32", "0", "1400", "off") "};\n",
	 NULL},
	{"flags as numbers", "em0:raflags#0xd8:noifprefix:\n",
	 HEAD("600", "200") FLAGS("on", "on", "low")
		 REST("64", "1800", "0", "on") "};\n",
	 NULL},
	{"prefixes",
	 "em0:noifprefix:addr=\"2001:DB8:1::\":prefixlen#48:pinfoflags=\"l\":"
	 "addr0=\"2001:db8:2::\":vltime0#7200:pltime0#0:vltimedecr0:\n",
	 HEAD("600", "200") FLAGS("off", "off", "medium") REST("64", "1800",
							       "0", "on")
		 PREFIX("2001:db8:1::/48", "on", "off", "2592000",
			"604800") "\t};\n" PREFIX("2001:db8:2::/64", "on", "on",
						  "7200",
						  "0") "\t\tDecrementLifetimes "
						       "on;\n\t};\n};\n",
	 NULL},
	{"routes and names",
	 "em0:noifprefix:rtprefix=\"2001:db8:3::\":rtplen#56:rtflags=\"l\":"
	 "rtrprefix1=\"2001:db8:4::\":rtltime1#60:"
	 "rdnss=\"2001:db8::1,2001:db8::2\":dnssl=\"a.example,b\":"
	 "dnsslltime#5:maxinterval#100:\n",
	 HEAD("100", "33") FLAGS("off", "off", "medium")
		 REST("64", "1800", "0",
		      "on") "\troute "
			    "2001:db8:3::/56\n\t{\n\t\tAdvRouteLifetime 1800;\n"
			    "\t\tAdvRoutePreference low;\n\t};\n"
			    "\troute "
			    "2001:db8:4::/64\n\t{\n\t\tAdvRouteLifetime 60;\n"
			    "\t\tAdvRoutePreference medium;\n\t};\n"
			    "\tRDNSS 2001:db8::1 "
			    "2001:db8::2\n\t{\n\t\tAdvRDNSSLifetime 150;\n"
			    "\t};\n\tDNSSL a.example "
			    "b\n\t{\n\t\tAdvDNSSLLifetime 5;\n\t};\n};\n",
	 NULL},
	{"tc: its own words count",
	 "em0:chlim#5:tc=dflt:\ndflt:chlim#6:rltime#900:noifprefix:\n",
	 HEAD("600", "200") FLAGS("off", "off", "medium")
		 REST("5", "900", "0", "on") "};\n",
	 NULL},
	{"unknown", "\nem0:\\\n\t:chlim#1:\\\n\t:rounds#3:\n", NULL,
	 "r line 4: rounds: unknown capability"},
	{"no number", "em0:chlim=many:\n", NULL,
	 "r line 1: chlim: a number from 0 to 255 is needed"},
	{"no number at all", "em0:chlim:\n", NULL,
	 "r line 1: chlim: a number from 0 to 255 is needed"},
	{"too much", "em0:rltime#9001:\n", NULL,
	 "r line 1: rltime: a number from 0 to 9000 is needed"},
	{"less than the interval", "em0:rltime#599:\n", NULL,
	 "r line 1: rltime: less than maxinterval"},
	{"intervals", "em0:maxinterval#8:mininterval#7:\n", NULL,
	 "r line 1: mininterval: more than 0.75 of maxinterval"},
	{"a reserved preference", "em0:raflags#16:\n", NULL,
	 "r line 1: raflags: there is no such preference"},
	{"a letter", "em0:raflags=\"mx\":\n", NULL,
	 "r line 1: raflags: x: not one of the letters mohl"},
	{"words for radvd", "em0:addr=\"::/0 {} interface em1\":\n", NULL,
	 "r line 1: addr: an IPv6 prefix in quotes is needed"},
	{"words for radvd, names", "em0:dnssl=\"a;};b\":\n", NULL,
	 "r line 1: dnssl: \"a;};b\" is no domain"},
	{"an IPv4 server", "em0:rdnss=\"192.0.2.1\":\n", NULL,
	 "r line 1: rdnss: \"192.0.2.1\" is no IPv6 address"},
	{"preferred beyond valid", "em0:vltime#5:\n", NULL,
	 "r line 1: pltime: more than vltime"},
	{"an open quote", "em0:addr=\"2001:\n", NULL,
	 "r line 1: a quote is left open"},
	{"no name", ":chlim#1:\n", NULL, "r line 1: no name of an interface"},
	{"circles", "em0:tc=em0:\n", NULL, "r line 1: tc: goes in circles"},
	{"nobody", "em0:tc=em1:\n", NULL,
	 "r line 1: tc: there is no such entry"},
	{"a group out of range", "em0:addr100=\"2001:db8::\":\n", NULL,
	 "r line 1: addr100: unknown capability"},
	{"a number where none is", "em0:chlim2#4:\n", NULL,
	 "r line 1: chlim2: unknown capability"},
	{"mobile", "em0:hapref#1:\n", NULL,
	 "r line 1: hapref: no mobile IPv6 here"},
	{"skew", "em0:clockskew#3:\n", NULL,
	 "r line 1: clockskew: radvd checks no prefixes of others: only 0"},
};

ATF_TC_WITHOUT_HEAD(conf);
ATF_TC_BODY(conf, tc)
{
	const struct rtadvd_if em0 = {
		.name = "em0", .kname = "em0", .mtu = 1400};

	for (size_t i = 0; i < ARRAY_SIZE(confs); i++) {
		cleanup_strbuf struct strbuf out = STRBUF_INIT;
		struct err e = ERR_INIT;
		int r = rtadvd_conf(confs[i].text, "r", &em0, 1, false, &out,
				    &e);

		if (confs[i].error && (!r || strcmp(e.text, confs[i].error)))
			atf_tc_fail_nonfatal("%s: %s", confs[i].what, e.text);
		if (!confs[i].error && (r || strcmp(out.s, confs[i].want)))
			atf_tc_fail_nonfatal("%s: %s%s", confs[i].what, e.text,
					     out.s);
	}
}

ATF_TC_WITHOUT_HEAD(names);
ATF_TC_BODY(names, tc)
{
	const struct rtadvd_if bad = {.name = "a;b", .kname = "a;b"};
	cleanup_strbuf struct strbuf out = STRBUF_INIT;
	struct err e = ERR_INIT;

	ATF_CHECK(rtadvd_conf("", "r", &bad, 1, true, &out, &e) < 0);
	ATF_CHECK_STREQ("a;b: no name that radvd can take", e.text);
}

/* ip6addrctl.conf */
static const struct {
	const char *text, *want, *error;
} policies[] = {
	{"# ours\n::1/128 50 0\n2001:DB8::/32\t7 9 # net\n",
	 "# Made by cellblock from ip6addrctl_policy\n"
	 "label ::1/128 0\nprecedence ::1/128 50\n"
	 "label 2001:db8::/32 9\nprecedence 2001:db8::/32 7\n",
	 NULL},
	{"\n::1/128 50\n", NULL,
	 "p line 2: a prefix, a precedence and a label are needed"},
	{"10.0.0.0/8 1 1\n", NULL, "p line 1: 10.0.0.0: no IPv6 prefix"},
	{"::/129 1 1\n", NULL, "p line 1: ::: no IPv6 prefix"},
	{"::/0 -1 1\n", NULL, "p line 1: precedence and label are numbers"},
	{"::/0 1 x\n", NULL, "p line 1: precedence and label are numbers"},
};

ATF_TC_WITHOUT_HEAD(policy);
ATF_TC_BODY(policy, tc)
{
	cleanup_strbuf struct strbuf v4 = STRBUF_INIT, v6 = STRBUF_INIT;
	struct err e = ERR_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(policies); i++) {
		cleanup_strbuf struct strbuf out = STRBUF_INIT;
		int r = addrsel_file(policies[i].text, "p", &out, &e);

		ATF_CHECK_STREQ(policies[i].error ? policies[i].error
						  : policies[i].want,
				r ? e.text : out.s);
		err_clear(&e);
	}
	ATF_CHECK_EQ(0, addrsel_policy(false, &v4, &e));
	ATF_CHECK_EQ(0, addrsel_policy(true, &v6, &e));
	ATF_CHECK(strstr(v4.s, "precedence ::ffff:0:0/96 100\n"));
	ATF_CHECK(strstr(v6.s, "precedence ::ffff:0:0/96 35\n"));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, conf);
	ATF_TP_ADD_TC(tp, names);
	ATF_TP_ADD_TC(tp, policy);
	return atf_no_error();
}
