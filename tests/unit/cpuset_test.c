/* jail/cpuset: lists of processors. */
#include "base/cleanup.h"
#include "jail/cpuset.h"

#include <atf-c.h>
#include <errno.h>
#include <string.h>

ATF_TC_WITHOUT_HEAD(lists);
ATF_TC_BODY(lists, tc)
{
	static const struct {
		const char *text, *list, *print; /* list NULL: error */
	} t[] = {
		{"0", "0", "0"},
		{"all", "0-7", "0, 1, 2, 3, 4, 5, 6, 7"},
		{"1-3,5", "1-3,5", "1, 2, 3, 5"},
		{"5,1-3", "1-3,5", "1, 2, 3, 5"},
		{"0,1,2,2-2", "0-2", "0, 1, 2"},
		{"", NULL, NULL},
		{",", NULL, NULL},
		{"1,", NULL, NULL},
		{"-1", NULL, NULL},
		{"3-1", NULL, NULL},
		{"1-", NULL, NULL},
		{"1 2", NULL, NULL},
		{"+1", NULL, NULL},
		{"8", NULL, NULL},
		{"1024", NULL, NULL},
		{"0-99999999999999999999", NULL, NULL},
		{"ALL", NULL, NULL},
	};
	cpu_set_t all, set;

	CPU_ZERO(&all);
	for (int i = 0; i < 8; i++)
		CPU_SET(i, &all);
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		cleanup_strbuf struct strbuf a = STRBUF_INIT, b = STRBUF_INIT;
		struct err e = ERR_INIT;
		int r = cpuset_parse(t[i].text, &all, &set, &e);

		ATF_CHECK_EQ_MSG(t[i].list ? 0 : -EINVAL, r, "\"%s\"",
				 t[i].text);
		if (r < 0)
			continue;
		cpuset_list(&a, &set);
		cpuset_print(&b, &set);
		ATF_CHECK_STREQ(t[i].list, a.s);
		ATF_CHECK_STREQ(t[i].print, b.s);
	}
}

ATF_TC_WITHOUT_HEAD(machine);
ATF_TC_BODY(machine, tc)
{
	cpu_set_t all;
	struct err e = ERR_INIT;

	ATF_REQUIRE_EQ_MSG(0, cpuset_all(&all, &e), "%s", e.text);
	ATF_CHECK(CPU_COUNT(&all) > 0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, lists);
	ATF_TP_ADD_TC(tp, machine);
	return atf_no_error();
}
