/* net/ifconfig_words: the tables of words, and command lines in dry mode. */
#include "base/cleanup.h"
#include "net/ifconfig_words.h"

#include <atf-c.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct ifconfig_word *const tables[] = {
	ifconfig_link_words,
	ifconfig_addr_words,
	ifconfig_bridge_words,
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
	ATF_CHECK(n > 100);
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
	check("stp: not available yet", "bridge0 stp em0");
	check("-stp: not available yet", "bridge0 -stp em0");
	check("'laggport' requires argument", "lagg0 laggport");
	check("eui64: not allowed for the AF", "em0 inet 1.2.3.4 eui64");
	check("no_dad: not allowed for the AF", "em0 no_dad");
	check("anycast: Linux cannot set it on an address",
	      "em0 inet6 ::1 anycast");
	check("mode: Linux has nothing like it", "em0 mode 11g");
	check("abcdefghijklmnop: cloning name too long",
	      "abcdefghijklmnop create");
	check("interface abcdefghijklmnop does not exist",
	      "abcdefghijklmnop up");
	check("ioctl SIOCSIFNAME (set name): File name too long",
	      "em0 name abcdefghijklmnop");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, no_word_twice);
	ATF_TP_ADD_TC(tp, dry);
	return atf_no_error();
}
