/* net/vlanset: sets of VLANs from text and back. */
#include "base/cleanup.h"
#include "net/vlanset.h"

#include <atf-c.h>
#include <errno.h>

static void check(const char *text, const char *want)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	struct vlanset s = {{1}}, again;

	if (!want) {
		ATF_CHECK_EQ_MSG(-EINVAL, vlanset_parse(text, &s), "%s", text);
		ATF_CHECK_EQ(1, s.bits[0]);
		return;
	}
	ATF_REQUIRE_EQ_MSG(0, vlanset_parse(text, &s), "%s", text);
	vlanset_print(&s, &b);
	ATF_CHECK_STREQ(want, b.s);
	ATF_CHECK_EQ(!*want, vlanset_empty(&s));
	ATF_CHECK(!vlanset_has(&s, 0) && !vlanset_has(&s, 4095));
	if (*want) {
		ATF_CHECK_EQ(0, vlanset_parse(b.s, &again));
		ATF_CHECK(!memcmp(&s, &again, sizeof(s)));
	}
}

ATF_TC_WITHOUT_HEAD(text);
ATF_TC_BODY(text, tc)
{
	check("none", "");
	check("all", "1-4094");
	check("1", "1");
	check("4094", "4094");
	check("7,1-5", "1-5,7");
	check("1,2,3,64,63,65", "1-3,63-65");
	check("10-20,15-30", "10-30");
	check("5-5", "5");
	check("007", "7");
}

ATF_TC_WITHOUT_HEAD(nonsense);
ATF_TC_BODY(nonsense, tc)
{
	static const char *const bad[] = {
		"",	"0",	 "4095",   "99999999999999999999",
		"1-",	"-1",	 "5-1",	   ",",
		"1,",	",1",	 "1;2",	   "1 2",
		"all,", "nonex", "1--2",   "1-2-3",
		"0x10", "+1",	 "1-4095",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		check(bad[i], NULL);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, text);
	ATF_TP_ADD_TC(tp, nonsense);
	return atf_no_error();
}
