/* Rules of rctl(8): what is read, printed, matched, refused. */
#include "base/cleanup.h"
#include "jail/rctl_limit.h"
#include "jail/rctl_rule.h"

#include <atf-c.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static void check_print(const struct rctl_rule *r, bool human, const char *want)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	rctl_print(&b, r, human, true);
	ATF_REQUIRE_STREQ(want, b.s);
}

ATF_TC(print);
ATF_TC_HEAD(print, tc)
{
	atf_tc_set_md_var(tc, "descr",
			  "Rules as rctl prints them, with -h, and read again");
}
ATF_TC_BODY(print, tc)
{
	static const struct {
		const char *in, *out, *human;
	} v[] = {
		{"jail:www:memoryuse:deny=1g",
		 "jail:www:memoryuse:deny=1073741824",
		 "jail:www:memoryuse:deny=1024M"},
		{"j:a.b:MAXPROC:Deny=10/Jail", "jail:a.b:maxproc:deny=10",
		 "jail:a.b:maxproc:deny=10"},
		{"p:12:openfiles:deny=9999", "process:12:openfiles:deny=9999",
		 "process:12:openfiles:deny=9999"},
		{"jail:x:openfiles:deny=10000/process",
		 "jail:x:openfiles:deny=10000/process",
		 "jail:x:openfiles:deny=9.8K/process"},
		{"u:0:cputime:sigxcpu=0x10", "user:0:cputime:sigxcpu=16",
		 "user:0:cputime:sigxcpu=16"},
		{"class:staff:nthr:log=2K/user",
		 "loginclass:staff:nthr:log=2048/user",
		 "loginclass:staff:nthr:log=2048/user"},
		{"jail:x:readbps:throttle=10MB",
		 "jail:x:readbps:throttle=10485760",
		 "jail:x:readbps:throttle=10M"},
		{"jail:x:swapuse:deny=7E",
		 "jail:x:swapuse:deny=8070450532247928832",
		 "jail:x:swapuse:deny=7168P"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		struct rctl_rule r, again;

		ATF_REQUIRE_EQ(0, rctl_parse_rule(v[i].in, &r, NULL));
		check_print(&r, false, v[i].out);
		check_print(&r, true, v[i].human);
		ATF_REQUIRE_EQ(0, rctl_parse_rule(v[i].out, &again, NULL));
		check_print(&again, false, v[i].out);
		ATF_REQUIRE(rctl_match(&again, &r));
	}
}

ATF_TC(human);
ATF_TC_HEAD(human, tc)
{
	atf_tc_set_md_var(tc, "descr", "humanize_number(3) in five characters");
}
ATF_TC_BODY(human, tc)
{
	static const struct {
		int64_t n;
		const char *want;
	} v[] = {
		{0, "0"},
		{9999, "9999"},
		{10000, "9.8K"},
		{10239, "10K"},
		{1048576, "1024K"},
		{10238976, "9999K"},
		{10239487, "9999K"},
		{10239488, "9.8M"},
		{INT64_MAX, "8192P"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		cleanup_strbuf struct strbuf b = STRBUF_INIT;

		rctl_human(&b, v[i].n);
		ATF_REQUIRE_STREQ(v[i].want, b.s);
	}
}

ATF_TC(malformed);
ATF_TC_HEAD(malformed, tc)
{
	atf_tc_set_md_var(tc, "descr", "What rctl(8) itself refuses, and how");
}
ATF_TC_BODY(malformed, tc)
{
	static const struct {
		const char *in, *text;
	} v[] = {
		{"", "malformed rule '': missing subject"},
		{"jail", "malformed rule 'jail': missing subject"},
		{"jail:x:maxproc:deny=ten",
		 "malformed rule 'jail:x:maxproc:deny=ten': invalid numeric "
		 "value 'ten'"},
		{"jail:x:maxproc:deny=-1",
		 "malformed rule 'jail:x:maxproc:deny=-1': invalid numeric "
		 "value '-1'"},
		{"jail:x:maxproc:deny=1kk",
		 "malformed rule 'jail:x:maxproc:deny=1kk': invalid numeric "
		 "value '1kk'"},
		{"jail:x:maxproc:deny=99E",
		 "malformed rule 'jail:x:maxproc:deny=99E': invalid numeric "
		 "value '99E'"},
		{"jail:x::/jail",
		 "malformed rule 'jail:x::/jail': invalid numeric value "
		 "'jail'"},
		{"user:no such:",
		 "malformed rule 'user:no such:': unknown user 'no such'"},
		{"u:12x:", "malformed rule 'u:12x:': trailing characters after "
			   "numerical id"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		cleanup_free char *full = NULL;
		struct err e = ERR_INIT;

		ATF_REQUIRE_EQ(-EINVAL, rctl_expand(v[i].in, true, &full, &e));
		ATF_REQUIRE_STREQ(v[i].text, e.text);
		ATF_REQUIRE(!full);
	}
}

ATF_TC(errors);
ATF_TC_HEAD(errors, tc)
{
	atf_tc_set_md_var(tc, "descr", "What the kernel refuses: its errno");
}
ATF_TC_BODY(errors, tc)
{
	static const struct {
		const char *in;
		int code;
	} v[] = {
		{"house:x:maxproc:deny=1", EINVAL},
		{":x:maxproc:deny=1", EINVAL},
		{"jail:x:max:deny=1", EINVAL},
		{"jail:x:maxproc:forbid=1", EINVAL},
		{"jail:x:maxproc:deny=1/house", EINVAL},
		{"process:one:maxproc:deny=1", EINVAL},
		{"jail:x:maxproc:deny=9223372036854775808", ERANGE},
		{"jail:x:pcpu:deny=9223372036854775", ERANGE},
		{"jail:a\tb:maxproc:deny=1", EINVAL},
	};
	char name[RCTL_ID_MAX + 16];
	struct err e = ERR_INIT;
	struct rctl_rule r;

	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		err_clear(&e);
		ATF_REQUIRE_EQ(-v[i].code, rctl_parse(v[i].in, &r, &e));
		ATF_REQUIRE_STREQ(strerror(v[i].code), e.text);
	}
	snprintf(name, sizeof(name), "jail:%0*d:", RCTL_ID_MAX, 0);
	ATF_REQUIRE_EQ(-ENAMETOOLONG, rctl_parse(name, &r, &e));
	snprintf(name, sizeof(name), "jail:%0*d:", RCTL_ID_MAX - 1, 0);
	ATF_REQUIRE_EQ(0, rctl_parse(name, &r, &e));
}

static int check(const char *text)
{
	struct rctl_rule r;

	ATF_REQUIRE_EQ(0, rctl_parse_rule(text, &r, NULL));
	return rctl_check(&r, NULL);
}

ATF_TC(checks);
ATF_TC_HEAD(checks, tc)
{
	atf_tc_set_md_var(tc, "descr", "Rules that make no sense on FreeBSD");
}
ATF_TC_BODY(checks, tc)
{
	ATF_REQUIRE_EQ(-EINVAL, check("jail:x:maxproc:deny"));
	ATF_REQUIRE_EQ(-EINVAL, check("jail::maxproc:deny=1"));
	ATF_REQUIRE_EQ(-EINVAL, check("jail:x::deny=1"));
	ATF_REQUIRE_EQ(-EINVAL, check("jail:x:maxproc:=1"));
	ATF_REQUIRE_EQ(-EOPNOTSUPP, check("jail:x:cputime:deny=1"));
	ATF_REQUIRE_EQ(-EOPNOTSUPP, check("jail:x:wallclock:deny=1"));
	ATF_REQUIRE_EQ(-EOPNOTSUPP, check("jail:x:readbps:deny=1"));
	ATF_REQUIRE_EQ(-EOPNOTSUPP, check("jail:x:memoryuse:throttle=1"));
	ATF_REQUIRE_EQ(-EOPNOTSUPP, check("jail:x:pcpu:throttle=1"));
	ATF_REQUIRE_EQ(-EOPNOTSUPP, check("jail:x:swapuse:deny=1/process"));
	ATF_REQUIRE_EQ(0, check("jail:x:memoryuse:deny=1"));
	ATF_REQUIRE_EQ(0, check("jail:x:pcpu:deny=1"));
	ATF_REQUIRE_EQ(0, check("jail:x:readbps:throttle=1"));
}

ATF_TC(filters);
ATF_TC_HEAD(filters, tc)
{
	atf_tc_set_md_var(tc, "descr", "Parts left out match everything");
}
ATF_TC_BODY(filters, tc)
{
	static const char rule[] = "jail:www:openfiles:deny=20/process";
	static const char *const yes[] = {
		":",
		"::",
		":::=/",
		"jail:",
		"j:www",
		"::openfiles",
		":::deny",
		":::=20",
		":::=20/process",
		"jail:www:openfiles:deny=20/process",
	};
	static const char *const no[] = {
		"user:",  "jail:ww", "::maxproc",
		":::log", ":::=21",  ":::=20/jail",
	};
	struct rctl_rule r, f;

	ATF_REQUIRE_EQ(0, rctl_parse_rule(rule, &r, NULL));
	for (size_t i = 0; i < ARRAY_SIZE(yes) + ARRAY_SIZE(no); i++) {
		bool want = i < ARRAY_SIZE(yes);
		cleanup_free char *full = NULL;

		ATF_REQUIRE_EQ(
			0, rctl_expand(want ? yes[i] : no[i - ARRAY_SIZE(yes)],
				       true, &full, NULL));
		ATF_REQUIRE_EQ(0, rctl_parse(full, &f, NULL));
		ATF_REQUIRE_EQ_MSG(want, rctl_match(&r, &f), "%s", full);
	}
}

static bool replaces(const char *new, const char *old)
{
	struct rctl_rule a, b;

	ATF_REQUIRE_EQ(0, rctl_parse_rule(new, &a, NULL));
	ATF_REQUIRE_EQ(0, rctl_parse_rule(old, &b, NULL));
	return rctl_replaces(&a, &b);
}

ATF_TC(replace);
ATF_TC_HEAD(replace, tc)
{
	atf_tc_set_md_var(tc, "descr", "A deny takes the place of the old one");
}
ATF_TC_BODY(replace, tc)
{
	ATF_REQUIRE(replaces("jail:x:nthr:deny=1", "jail:x:nthr:deny=2"));
	ATF_REQUIRE(!replaces("jail:x:nthr:deny=1", "jail:y:nthr:deny=2"));
	ATF_REQUIRE(
		!replaces("jail:x:nthr:deny=1", "jail:x:nthr:deny=2/process"));
	ATF_REQUIRE(!replaces("jail:x:readbps:throttle=1",
			      "jail:x:readbps:throttle=2"));
	ATF_REQUIRE(replaces("jail:x:readbps:throttle=1",
			     "jail:x:readbps:throttle=1"));
}

static int add_word(void *data, const char *word, unsigned int line)
{
	return strv_addf(data, "%u %s", line, word);
}

ATF_TC(conf);
ATF_TC_HEAD(conf, tc)
{
	atf_tc_set_md_var(tc, "descr", "rctl.conf: first words, no comments");
}
ATF_TC_BODY(conf, tc)
{
	static const char text[] = "# a comment\n\n"
				   "jail:a:nthr:deny=1 # why\n"
				   "  \tjail:b:nthr:deny=2\textra\r\n"
				   "#jail:c:nthr:deny=3\n"
				   "jail:d#e:nthr:deny=4\n"
				   "jail:f:nthr:deny=5";
	cleanup_strv struct strv v = {0};

	ATF_REQUIRE_EQ(0, rctl_conf(text, strlen(text), add_word, &v));
	ATF_REQUIRE_EQ(4u, v.n);
	ATF_REQUIRE_STREQ("3 jail:a:nthr:deny=1", v.v[0]);
	ATF_REQUIRE_STREQ("4 jail:b:nthr:deny=2", v.v[1]);
	ATF_REQUIRE_STREQ("6 jail:d#e:nthr:deny=4", v.v[2]);
	ATF_REQUIRE_STREQ("7 jail:f:nthr:deny=5", v.v[3]);
}

ATF_TC(knobs);
ATF_TC_HEAD(knobs, tc)
{
	atf_tc_set_md_var(tc, "descr",
			  "Each rule has a knob, or a reason on one line");
}
ATF_TC_BODY(knobs, tc)
{
	static const struct {
		const char *rule;
		int knob;
	} v[] = {
		{"jail:x:memoryuse:deny=1", KNOB_MEMORY},
		{"jail:x:vmemoryuse:deny=1", KNOB_TOTAL},
		{"jail:x:vmemoryuse:deny=1/process", KNOB_AS},
		{"jail:x:maxproc:deny=1", KNOB_PIDS},
		{"jail:x:nthr:deny=1", KNOB_PIDS},
		{"jail:x:cputime:sigkill=1/process", KNOB_CPU_KILL},
		{"process:1:cputime:sigxcpu=1", KNOB_CPU_TERM},
		{"jail:x:coredumpsize:deny=0", KNOB_CORE},
		{"jail:x:openfiles:deny=1", -1},
		{"jail:x:cputime:sigterm=1/process", -1},
		{"jail:x:memoryuse:log=1", -1},
		{"jail:x:maxproc:deny=1/user", -1},
		{"user:0:maxproc:deny=1", -1},
	};
	struct rctl_limits l = rctl_no_limits;
	struct rctl_rule r;

	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		struct err e = ERR_INIT;
		int knob = -1, c;

		ATF_REQUIRE_EQ(0, rctl_parse_rule(v[i].rule, &r, NULL));
		c = rctl_knob_of(&r, &knob, &e);
		ATF_REQUIRE_EQ_MSG(v[i].knob, knob, "%s", v[i].rule);
		ATF_REQUIRE_EQ(v[i].knob < 0 ? -EOPNOTSUPP : 0, c);
		if (c < 0)
			ATF_REQUIRE(!strncmp(e.text,
					     "Operation not supported: ", 25));
		ATF_REQUIRE(!strchr(e.text, '\n'));
	}
	/* the smallest of several counts */
	ATF_REQUIRE_EQ(0, rctl_parse_rule("jail:x:nthr:deny=9", &r, NULL));
	ATF_REQUIRE_EQ(0, rctl_limits_add(&l, &r, NULL));
	ATF_REQUIRE_EQ(0, rctl_parse_rule("jail:x:maxproc:deny=4", &r, NULL));
	ATF_REQUIRE_EQ(0, rctl_limits_add(&l, &r, NULL));
	ATF_REQUIRE_EQ(4, l.v[KNOB_PIDS]);
	ATF_REQUIRE(rctl_limits_any(&l, 0, KNOB_CGROUPS));
	ATF_REQUIRE(!rctl_limits_any(&l, KNOB_CGROUPS, KNOBS));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, print);
	ATF_TP_ADD_TC(tp, human);
	ATF_TP_ADD_TC(tp, malformed);
	ATF_TP_ADD_TC(tp, errors);
	ATF_TP_ADD_TC(tp, checks);
	ATF_TP_ADD_TC(tp, filters);
	ATF_TP_ADD_TC(tp, replace);
	ATF_TP_ADD_TC(tp, conf);
	ATF_TP_ADD_TC(tp, knobs);
	return atf_no_error();
}
