/* rc/rcedit: sysrc's changes to the text of rc.conf; rc/rcnote's lines. */
#include "base/cleanup.h"
#include "rc/rcedit.h"
#include "rc/rcnote.h"

#include <atf-c.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *before, *name, *value, *after;
} sets[] = {
	{"", "a", "b", "a=\"b\"\n"},
	{"x=1", "a", "b", "x=1\na=\"b\"\n"},
	{"a=1\n", "a", "2", "a=\"2\"\n"},
	{"a=\"1\" # why\nb=2\n", "a", "", "a=\"\" # why\nb=2\n"},
	{"  a='1'\n", "a", "2", "  a=\"2\"\n"},
	{"a=1\na=2\n", "a", "3", "a=1\na=\"3\"\n"},
	{"#a=1\n", "a", "2", "#a=1\na=\"2\"\n"},
	{"aa=1\n", "a", "2", "aa=1\na=\"2\"\n"},
	{"b='\na=1\n'\n", "a", "2", "b='\na=1\n'\na=\"2\"\n"},
	{"b=\"x\na=1\"\na=3\n", "a", "2", "b=\"x\na=1\"\na=\"2\"\n"},
	{"a=\"one\n\ttwo\"\nb=1\n", "a", "2", "a=\"2\"\nb=1\n"},
	{"a=b\\ c d\n", "a", "2", "a=\"2\" d\n"},
	{"a=it\\'s\n", "a", "q\"$`\\", "a=\"q\\\"\\$\\`\\\\\"\n"},
	{"# it's\na=1\n", "a", "2", "# it's\na=\"2\"\n"},
	{"if true; then a=1; fi\n", "a", "2",
	 "if true; then a=1; fi\na=\"2\"\n"},
};

ATF_TC_WITHOUT_HEAD(set);
ATF_TC_BODY(set, tc)
{
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		cleanup_strbuf struct strbuf b = STRBUF_INIT;
		cleanup_strbuf struct strbuf v = STRBUF_INIT;

		ATF_CHECK(rcedit_set(sets[i].before, sets[i].name,
				     sets[i].value, &b));
		ATF_CHECK_STREQ_MSG(sets[i].after, b.s, "case %zu: %s", i, b.s);
		ATF_CHECK(rcedit_get(b.s, sets[i].name, &v));
		ATF_CHECK_STREQ(sets[i].value, v.s);
	}
}

ATF_TC_WITHOUT_HEAD(open_quote);
ATF_TC_BODY(open_quote, tc)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	ATF_CHECK(!rcedit_set("a=\"open\n", "a", "2", &b));
	ATF_CHECK(!rcedit_set("b='\n", "a", "2", &b));
	ATF_CHECK(!rcedit_set("a=1\nif x 'y\n", "a", "2", &b));
	ATF_CHECK(!rcedit_set("b=x\\\n", "a", "2", &b));
	ATF_CHECK(!rcedit_set("b=x\\", "a", "2", &b));
	ATF_CHECK_STREQ("", b.s);
	/* no quotes: a comment, an escape */
	ATF_CHECK(rcedit_set("# it's\nb=\\'\n", "a", "2", &b));
}

ATF_TC_WITHOUT_HEAD(delete);
ATF_TC_BODY(delete, tc)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	ATF_CHECK(rcedit_delete("x=1\na=\"2\n3\" # c\ny=4\n a=5\n", "a", &b));
	ATF_CHECK_STREQ("x=1\ny=4\n", b.s);
	strbuf_clear(&b);
	ATF_CHECK(!rcedit_delete("x=1\n", "a", &b));
	ATF_CHECK_STREQ("x=1\n", b.s);
}

ATF_TC_WITHOUT_HEAD(names);
ATF_TC_BODY(names, tc)
{
	ATF_CHECK(rcedit_name_ok("ifconfig_em0_10"));
	ATF_CHECK(rcedit_name_ok("_x"));
	ATF_CHECK(!rcedit_name_ok(""));
	ATF_CHECK(!rcedit_name_ok("1a"));
	ATF_CHECK(!rcedit_name_ok("a-b"));
	ATF_CHECK(!rcedit_name_ok("a b"));
}

ATF_TC_WITHOUT_HEAD(notes);
ATF_TC_BODY(notes, tc)
{
	cleanup_facts struct facts f = {0};
	cleanup_strv struct strv words = {0};
	cleanup_strbuf struct strbuf line = STRBUF_INIT;
	struct note n;
	char sign;

	strv_add(&words, "inet");
	strv_add(&words, "a\tb\nc\\d");
	strv_add(&words, "");
	ATF_REQUIRE(facts_add(&f, FACT_ADDR, "em0", "192.0.2.1/24", "x\ty",
			      &words));
	f.v[0].primary = true;
	note_line(&line, '+', &f.v[0], 7, "old\nvalue");
	ATF_REQUIRE_EQ('\n', line.s[line.len - 1]);
	line.s[line.len - 1] = '\0';
	ATF_CHECK(!strchr(line.s, '\n'));
	ATF_REQUIRE_EQ(0, note_parse(line.s, &sign, &n));
	ATF_CHECK_EQ('+', sign);
	ATF_CHECK(fact_same(&f.v[0], &n.fact));
	ATF_CHECK_STREQ("x\ty", n.fact.value);
	ATF_CHECK_EQ(7, n.ifindex);
	ATF_CHECK(n.fact.primary);
	ATF_CHECK_STREQ("old\nvalue", n.old);
	ATF_REQUIRE_EQ(3, n.fact.words.n);
	ATF_CHECK_STREQ("a\tb\nc\\d", n.fact.words.v[1]);
	ATF_CHECK_STREQ("", n.fact.words.v[2]);
	fact_free(&n.fact);
	free(n.old);
	for (const char *const *bad =
		     (const char *const[]){"", "x", "+", "+addr",
					   "+nosuch\ta\tb\tc\t0\t\t",
					   "+addr\ta\tb\tc\tx\t\t",
					   "addr\ta\tb\tc\t0\t\t", NULL};
	     *bad; bad++)
		ATF_CHECK_EQ_MSG(-EINVAL, note_parse(*bad, &sign, &n), "%s",
				 *bad);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, set);
	ATF_TP_ADD_TC(tp, open_quote);
	ATF_TP_ADD_TC(tp, delete);
	ATF_TP_ADD_TC(tp, names);
	ATF_TP_ADD_TC(tp, notes);
	return atf_no_error();
}
