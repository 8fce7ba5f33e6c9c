/* net/ifconfig_words: the tables of words, and command lines in dry mode. */
#include "base/cleanup.h"
#include "net/ifconfig_words.h"

#include <atf-c.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct ifconfig_word *const tables[] = {
	ifconfig_link_words,	    ifconfig_addr_words,
	ifconfig_bridge_words,	    ifconfig_bridge_stp_words,
	ifconfig_bridge_vlan_words, ifconfig_vxlan_words,
	ifconfig_tunnel_words,	    ifconfig_carp_words,
	ifconfig_media_words,	    ifconfig_geneve_words,
	ifconfig_vlan_words,	    ifconfig_lagg_words,
	ifconfig_later_words,
};

ATF_TC_WITHOUT_HEAD(no_word_twice);
ATF_TC_BODY(no_word_twice, tc)
{
	size_t n = 0;

	for (size_t t = 0; t < ARRAY_SIZE(tables); t++)
		for (const struct ifconfig_word *w = tables[t]; w->name; w++) {
			char neg[40];
			bool on;

			n++;
			ATF_CHECK(w->fn);
			ATF_CHECK_MSG(ifconfig_word_find(w->name, &on) == w,
				      "%s is shadowed", w->name);
			ATF_CHECK(on);
			if (!w->neg)
				continue;
			snprintf(neg, sizeof(neg), "-%s", w->name);
			ATF_CHECK_MSG(ifconfig_word_find(neg, &on) == w,
				      "%s is shadowed", neg);
			ATF_CHECK(!on);
		}
	ATF_CHECK_MSG(n > 180, "%zu", n);
}

static void check(const char *text, const char *line)
{
	cleanup_strv struct strv sv = {0};
	struct err e = ERR_INIT;
	int r;

	ATF_REQUIRE_EQ(0, strv_split(&sv, line, " "));
	r = ifconfig_check(sv.v[0], (int)sv.n - 1, sv.v + 1, &e);
	ATF_CHECK_STREQ_MSG(text, e.text, "%s", line);
	ATF_CHECK_EQ_MSG(*text != 0, r < 0, "%s: %d", line, r);
}

ATF_TC_WITHOUT_HEAD(dry);
ATF_TC_BODY(dry, tc)
{
	check("", "epair0a");
	check("", "epair0a inet 192.0.2.1/24 up");
	check("", "epair create inet6 2001:db8::1 prefixlen 64 no_dad up");
	check("", "bridge0 create addm a addm b up 192.0.2.1/24");
	check("", "em0 ether 02:00:00:00:00:01 mtu 1400 -rxcsum");
	check("", "em0 vnet j -vnet j name x group a -group b");
	check("foo: bad value", "em0 foo");
	check("inet: bad value", "em0 up inet 192.0.2.1/24");
	check("'mtu' requires argument", "em0 up mtu");
	check("'static' requires 2 arguments", "bridge0 static em0");
	check("em0: invalid address: x", "bridge0 static em0 x");
	check("ioctl SIOCSIFMTU (set mtu): Invalid argument", "em0 mtu 9x");
	check("", "bridge0 stp em0 -stp em0 -autoedge em0 proto RSTP");
	check("unknown stp protocol", "bridge0 proto mstp");
	check("", "bridge0 vlanfilter addm em0 untagged 5 tagged 1-4,7 up");
	check("", "bridge0 addm em0 addm em1 untagged 9 stp em0");
	check("invalid VLAN identifier: 4095",
	      "bridge0 addm em0 untagged 4095");
	check("invalid vlan set: 5-1", "bridge0 addm em0 tagged 5-1 up");
	check("invalid VLAN identifier: 0", "bridge0 ifuntagged em0 0");
	check("invalid vlan set: x", "bridge0 +iftagged em0 x");
	check("'-iftagged' requires 2 arguments", "bridge0 -iftagged em0");
	check("", "bridge0 -ifuntagged em0 -defuntagged defuntagged 3");
	check("", "bridge0 static em0 02:00:00:00:00:01 vlan 7 up");
	check("invalid VLAN identifier: x",
	      "bridge0 deladdr 02:00:00:00:00:01 vlan x");
	check("invalid address: 02:00", "bridge0 deladdr 02:00");
	check("invalid value: 256", "bridge0 maxage 256");
	check("invalid value: 1x", "bridge0 priority 1x");
	check("invalid value: -1", "bridge0 ifpathcost em0 -1");
	check("'ifpriority' requires 2 arguments", "bridge0 ifpriority em0");
	check("'laggport' requires argument", "lagg0 laggport");
	check("eui64: not allowed for the AF", "em0 inet 1.2.3.4 eui64");
	check("no_dad: not allowed for the AF", "em0 no_dad");
	check("anycast: Linux cannot set it on an address",
	      "em0 inet6 ::1 anycast");
	check("abcdefghijklmnop: cloning name too long",
	      "abcdefghijklmnop create");
	check("interface abcdefghijklmnop does not exist",
	      "abcdefghijklmnop up");
	/* media */
	check("unknown media subtype: 10baseQ", "em0 media 10baseQ");
	check("", "em0 media 1000baseTX mediaopt full-duplex,flowcontrol");
	check("", "em0 media 100TX -mediaopt fdx mode auto inst 0");
	check("unknown option: half", "em0 mediaopt fdx,half");
	check("unknown media mode: 11g", "em0 mode 11g");
	check("invalid media instance: 1", "em0 instance 1");
	/* carp is checked, then refused */
	check("vhid must be greater than 0 and less than 255", "em0 vhid 0");
	check("vhid must be greater than 0 and less than 255", "em0 vhid 256");
	check("SIOCSVH: Invalid argument", "em0 advskew 255");
	check("unknown state", "em0 state primary");
	check("'vhid' requires argument", "em0 10.0.0.1/24 vhid");
	check("link doesn't support carp(4)", "em0 link vhid 1");
	check("vhid: carp(4) is not available on Linux; keepalived shares "
	      "addresses between machines",
	      "em0 10.0.0.1/24 vhid 1 advskew 100 pass x alias");
	/* tunnels */
	check("'tunnel' requires 2 arguments", "gif0 tunnel 10.0.0.1");
	check("source and destination address families do not match",
	      "gif0 tunnel 10.0.0.1 2001:db8::1");
	check("", "gif0 inet6 tunnel 2001:db8::1 2001:db8::2");
	check("ioctl (set grekey): Invalid argument", "gre0 grekey 4294967296");
	check("ioctl (set grekey): Invalid argument", "gre0 grekey -1");
	check("10.0.0.1: bad value", "stf0 stfv4net 10.0.0.1");
	check("10.0.0.1/33: bad value", "stf0 stfv4net 10.0.0.1/33");
	check("ignore_source: Linux asks for the far end's address always",
	      "gif0 ignore_source");
	check("", "gif0 -ignore_source -accept_rev_ethip_ver");
	check("invalid network identifier: 16777216", "vxlan0 vni 16777216");
	check("", "vxlan0 vxlanid 1 vxlanlocal 10.0.0.1 -vxlanlearn");
	/* words of an address, and none */
	check("ioctl (SIOCAIFADDR): Invalid argument",
	      "em0 netmask 0xff000000");
	check("ioctl (SIOCAIFADDR): Invalid argument",
	      "em0 inet6 prefixlen 64");
	check("ioctl (SIOCAIFADDR): Invalid argument",
	      "em0 broadcast 10.0.0.1");
	check("ioctl (SIOCAIFADDR): Invalid argument", "em0 inet6 eui64");
	check("ioctl SIOCSIFNAME (set name): File name too long",
	      "em0 name abcdefghijklmnop");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, no_word_twice);
	ATF_TP_ADD_TC(tp, dry);
	return atf_no_error();
}
