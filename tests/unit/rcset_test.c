/* rc/rcset: what shells print for `set`, hostile values included. */
#include "base/cleanup.h"
#include "base/str.h"
#include "rc/rcset.h"

#include <atf-c.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *what, *text;
	const char *name, *value; /* NULL: no variable comes of it */
} good[] = {
	{"bare", "a=b\n", "a", "b"},
	{"empty", "a=\n", "a", ""},
	{"empty quotes", "a=''\n", "a", ""},
	{"no newline at the end", "a='b'", "a", "b"},
	{"single quotes", "a='b c\td'\n", "a", "b c\td"},
	{"newline", "a='b\nc=d\n'\n", "a", "b\nc=d\n"},
	{"dash's quote", "a='it'\"'\"'s'\n", "a", "it's"},
	{"bash's quote", "a='it'\\''s'\n", "a", "it's"},
	{"only a quote", "a=''\"'\"''\n", "a", "'"},
	{"nothing expanded", "a='$(x) `y` ${z} \\n'\n", "a",
	 "$(x) `y` ${z} \\n"},
	{"double quotes", "a=\"b \\\"c\\\" \\$d \\e\"\n", "a",
	 "b \"c\" $d \\e"},
	{"ansi quotes", "a=$'b\\tc\\nd\\'e\\\\'\n", "a", "b\tc\nd'e\\"},
	{"ansi octal", "a=$'\\001\\0101'\n", "a", "\001\b1"},
	{"ansi hex", "a=$'\\x41\\x4a0'\n", "a", "AJ0"},
	{"ansi unicode", "a=$'\\u00fc'\n", "a", "\xc3\xbc"},
	{"ansi escape", "a=$'\\E[0m\\e'\n", "a", "\033[0m\033"},
	{"ansi NUL is dropped", "a=$'x\\0y'\n", "a", "xy"},
	{"dollar alone", "a=$b\n", "a", "$b"},
	{"backslash", "a=b\\ c\\'d\n", "a", "b c'd"},
	{"underscores", "_a_1='x'\n", "_a_1", "x"},
	{"array", "a=([0]=\"x\")\n", NULL, NULL},
	{"function", "f () \n{ \n    echo\n}\n", NULL, NULL},
	{"digit first", "1a=x\n", NULL, NULL},
	{"no equals", "abc\n", NULL, NULL},
	{"indented", " a=b\n", NULL, NULL},
	{"nothing", "", NULL, NULL},
};

ATF_TC_WITHOUT_HEAD(words);
ATF_TC_BODY(words, tc)
{
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct rcvar *v = NULL;
		size_t n = 0;

		ATF_CHECK_EQ_MSG(0,
				 rcset_parse(good[i].text, strlen(good[i].text),
					     &v, &n, NULL),
				 "%s", good[i].what);
		if (!good[i].name) {
			ATF_CHECK_EQ_MSG(0, n, "%s", good[i].what);
		} else {
			ATF_REQUIRE_EQ_MSG(1, n, "%s: %zu", good[i].what, n);
			ATF_CHECK_STREQ_MSG(good[i].name, v[0].name, "%s",
					    good[i].what);
			ATF_CHECK_STREQ_MSG(good[i].value, v[0].value, "%s",
					    good[i].what);
		}
		rcset_free(v, n);
	}
}

ATF_TC_WITHOUT_HEAD(unclosed);
ATF_TC_BODY(unclosed, tc)
{
	static const char *const bad[] = {"a='b\n", "a=\"b\nc", "a=$'b\\'",
					  "a=$'b\\", "x=1\na='"};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct err e = ERR_INIT;
		struct rcvar *v = NULL;
		size_t n = 0;

		ATF_CHECK_EQ_MSG(
			-EINVAL,
			rcset_parse(bad[i], strlen(bad[i]), &v, &n, &e), "%s",
			bad[i]);
		ATF_CHECK(*e.text);
		rcset_free(v, n);
	}
}

ATF_TC_WITHOUT_HEAD(many_and_long);
ATF_TC_BODY(many_and_long, tc)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	struct rcvar *v = NULL;
	size_t n = 0;

	strbuf_adds(&b, "long='");
	for (int i = 0; i < 1000000; i++)
		strbuf_addch(&b, "abc\n"[i % 4]);
	strbuf_adds(&b, "'\n");
	for (int i = 0; i < 1000; i++)
		strbuf_addf(&b, "v%d='%d'\n", i, i);
	ATF_REQUIRE_EQ(0, rcset_parse(b.s, b.len, &v, &n, NULL));
	ATF_REQUIRE_EQ(1001, n);
	ATF_CHECK_EQ(1000000, strlen(v[0].value));
	ATF_CHECK_STREQ("v999", v[1000].name);
	ATF_CHECK_STREQ("999", v[1000].value);
	rcset_free(v, n);
}

ATF_TC_WITHOUT_HEAD(bounds);
ATF_TC_BODY(bounds, tc)
{
	/* the text need not end where the length does */
	struct rcvar *v = NULL;
	size_t n = 0;

	ATF_REQUIRE_EQ(0, rcset_parse("a=bcd", 3, &v, &n, NULL));
	ATF_REQUIRE_EQ(1, n);
	ATF_CHECK_STREQ("b", v[0].value);
	rcset_free(v, n);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, words);
	ATF_TP_ADD_TC(tp, unclosed);
	ATF_TP_ADD_TC(tp, many_and_long);
	ATF_TP_ADD_TC(tp, bounds);
	return atf_no_error();
}
