/* rc/rcorder and rc/rcserv: the order of boot. */
#include "base/cleanup.h"
#include "base/file.h"
#include "rc/rcorder.h"
#include "rc/rcserv.h"

#include <atf-c.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct script {
	const char *name, *text;
};

/* The names in order, joined; warnings and circles to the caller. */
static char *order_of(const struct script *s, size_t n, struct strv *warnings,
		      bool *circular)
{
	struct rcnode v[8] = {0};
	size_t order[8];
	struct strv names = {0};
	char *joined;

	for (size_t i = 0; i < n; i++) {
		v[i].name = strdup(s[i].name);
		ATF_REQUIRE_EQ(0, rcorder_parse(s[i].text, &v[i]));
	}
	ATF_REQUIRE_EQ(0, rcorder_sort(v, n, order, warnings, circular));
	for (size_t i = 0; i < n; i++)
		strv_add(&names, v[order[i]].name);
	for (size_t i = 0; i < n; i++)
		rcnode_free(&v[i]);
	joined = strv_join(&names, " ");
	strv_free(&names);
	return joined;
}

static void check(const struct script *s, size_t n, const char *want,
		  const char *want_warnings, bool want_circular)
{
	cleanup_strv struct strv w = {0};
	bool circular = false;
	cleanup_free char *got = order_of(s, n, &w, &circular);
	cleanup_free char *warned = strv_join(&w, "\n");

	ATF_CHECK_STREQ(want, got);
	ATF_CHECK_STREQ(want_warnings, warned && w.n ? warned : "");
	ATF_CHECK_EQ(want_circular, circular);
}

ATF_TC_WITHOUT_HEAD(require_and_before);
ATF_TC_BODY(require_and_before, tc)
{
	static const struct script s[] = {
		{"late", "#!/bin/sh\n#\n# PROVIDE: late\n# REQUIRE: mid\n"},
		{"mid", "# PROVIDE: mid middle\n# KEYWORD: nojail\n"},
		{"early", "# PROVIDE: early\n# BEFORE: middle\n"},
		{"free", "# PROVIDE: free\n"},
	};

	check(s, ARRAY_SIZE(s), "early mid late free", "", false);
}

ATF_TC_WITHOUT_HEAD(missing);
ATF_TC_BODY(missing, tc)
{
	static const struct script s[] = {
		{"a", "# PROVIDE: a\n# REQUIRE: nosuch\n# BEFORE: nobody\n"},
	};

	check(s, 1, "a", "requirement `nosuch' in file `a' has no providers.",
	      false);
}

ATF_TC_WITHOUT_HEAD(circle);
ATF_TC_BODY(circle, tc)
{
	static const struct script s[] = {
		{"a", "# PROVIDE: a\n# REQUIRE: b\n"},
		{"b", "# PROVIDE: b\n# REQUIRE: a\n"},
	};

	check(s, 2, "b a", "Circular dependency on provision `a' in file `b'.",
	      true);
}

ATF_TC_WITHOUT_HEAD(headers_end);
ATF_TC_BODY(headers_end, tc)
{
	struct rcnode n = {0};

	ATF_REQUIRE_EQ(0, rcorder_parse("#!/bin/sh\n\n# PROVIDE: one\ttwo\n"
					"#REQUIRE: x\necho\n# BEFORE: y\n",
					&n));
	ATF_REQUIRE_EQ(2, n.provide.n);
	ATF_CHECK_STREQ("two", n.provide.v[1]);
	ATF_CHECK_EQ(1, n.require.n);
	ATF_CHECK_EQ(0, n.before.n);
	rcnode_free(&n);
	/* no headers at all, and headers cut short */
	ATF_REQUIRE_EQ(0, rcorder_parse("", &n));
	ATF_REQUIRE_EQ(0, rcorder_parse("#", &n));
	ATF_REQUIRE_EQ(0, rcorder_parse("# PROVIDE:", &n));
	ATF_CHECK_EQ(0, n.provide.n);
	rcnode_free(&n);
}

static size_t place(const struct rcservs *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (!strcmp(s->v[i].name, name))
			return i + 1;
	return 0;
}

static void script(const char *path, const char *text, mode_t mode)
{
	ATF_REQUIRE_EQ(0, file_write_atomic(AT_FDCWD, path, text, mode, NULL));
}

ATF_TC_WITHOUT_HEAD(services);
ATF_TC_BODY(services, tc)
{
	cleanup_rcservs struct rcservs s = {0};
	struct err e = ERR_INIT;

	ATF_REQUIRE_EQ(0, mkdir("rc.d", 0755));
	/* the essay's script: FILESYSTEM without S */
	script("rc.d/netgraph",
	       "# PROVIDE: netgraph\n# REQUIRE: FILESYSTEM\n# BEFORE: netif\n",
	       0755);
	script("rc.d/after", "# REQUIRE: NETWORKING\n# BEFORE: jail\n", 0755);
	script("rc.d/hostonly", "# PROVIDE: hostonly\n# KEYWORD: nojail\n",
	       0755);
	script("rc.d/vnetonly", "# KEYWORD: nojailvnet\n", 0755);
	script("rc.d/notexec", "# PROVIDE: notexec\n", 0644);
	ATF_REQUIRE_EQ_MSG(0, rcservs_load("rc.d", true, true, false, &s, &e),
			   "%s", e.text);
	ATF_CHECK_EQ(0, s.warnings.n);
	ATF_REQUIRE(place(&s, "netgraph"));
	ATF_CHECK(place(&s, "FILESYSTEMS") < place(&s, "netgraph"));
	ATF_CHECK(place(&s, "netgraph") < place(&s, "netif"));
	ATF_CHECK(place(&s, "sysctl") < place(&s, "netif"));
	ATF_CHECK(place(&s, "netif") < place(&s, "routing"));
	ATF_CHECK(place(&s, "routing") < place(&s, "after"));
	ATF_CHECK(place(&s, "after") < place(&s, "jail"));
	ATF_CHECK_EQ(0, place(&s, "hostonly"));
	ATF_CHECK_EQ(0, place(&s, "notexec"));
	ATF_CHECK(place(&s, "vnetonly"));
	rcservs_free(&s);
	ATF_REQUIRE_EQ(0, rcservs_load("rc.d", true, false, false, &s, &e));
	ATF_CHECK_EQ(0, place(&s, "vnetonly"));
	rcservs_free(&s);
	ATF_REQUIRE_EQ(0, rcservs_load("rc.d", false, true, false, &s, &e));
	ATF_CHECK(place(&s, "hostonly"));
	rcservs_free(&s);
	ATF_REQUIRE_EQ(0, rcservs_load("nosuch", false, true, false, &s, &e));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, require_and_before);
	ATF_TP_ADD_TC(tp, missing);
	ATF_TP_ADD_TC(tp, circle);
	ATF_TP_ADD_TC(tp, headers_end);
	ATF_TP_ADD_TC(tp, services);
	return atf_no_error();
}
