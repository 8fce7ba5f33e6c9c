/* rc/rcready: which commands can run while an interface is not at home. */
#include "rc/rcready.h"

#include <atf-c.h>

ATF_TC_WITHOUT_HEAD(harmless);
ATF_TC_BODY(harmless, tc)
{
	static const char *const yes[] = {
		"",
		"true",
		"/usr/bin/logger jail is up",
		"mkdir -p /var/run/x",
		"ifconfig bridge0 addm epair0a",
		"/sbin/ifconfig epair0a up",
	};
	static const char *const no[] = {
		"ifconfig",
		"ifconfig -l",
		"ifconfig -a inet",
		"ifconfig epair0a",
		"sh -c true",
		"/root/script",
		"echo $(ifconfig -l)",
		"true; ifconfig",
		"true && ip link",
		"echo `ip link`",
		"echo x >/tmp/y",
		"echo \"x\"",
		"touch /tmp/*",
		"truely",
	};

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		ATF_CHECK_MSG(rcready_harmless(yes[i]), "%s", yes[i]);
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		ATF_CHECK_MSG(!rcready_harmless(no[i]), "%s", no[i]);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, harmless);
	return atf_no_error();
}
