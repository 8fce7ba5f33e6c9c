/* base/str: growable strings and string vectors. */
#include "base/cleanup.h"
#include "base/str.h"

#include <atf-c.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

ATF_TC_WITHOUT_HEAD(strbuf_grows);
ATF_TC_BODY(strbuf_grows, tc)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	ATF_CHECK_STREQ("", b.s);
	for (int i = 0; i < 1000; i++)
		strbuf_addf(&b, "%04d", i);
	ATF_CHECK_EQ(4000, b.len);
	ATF_CHECK_EQ(0, strncmp(b.s + 3996, "0999", 5));
	ATF_CHECK(!strbuf_failed(&b));
	strbuf_clear(&b);
	ATF_CHECK_STREQ("", b.s);
	strbuf_addn(&b, "a\0b", 3);
	ATF_CHECK_EQ(3, b.len);
}

ATF_TC_WITHOUT_HEAD(strbuf_take);
ATF_TC_BODY(strbuf_take, tc)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	char *s;

	s = strbuf_take(&b);
	ATF_REQUIRE(s);
	ATF_CHECK_STREQ("", s);
	free(s);
	strbuf_adds(&b, "text");
	strbuf_addch(&b, '!');
	s = strbuf_take(&b);
	ATF_CHECK_STREQ("text!", s);
	free(s);
	ATF_CHECK_EQ(0, b.len);
	ATF_CHECK_STREQ("", b.s);
}

ATF_TC_WITHOUT_HEAD(strv);
ATF_TC_BODY(strv, tc)
{
	cleanup_strv struct strv v = {0};
	cleanup_strv struct strv w = {0};
	cleanup_free char *s = NULL;

	ATF_CHECK_EQ(0, strv_split(&v, " a  b\tc ", " \t"));
	ATF_REQUIRE_EQ(3, v.n);
	ATF_CHECK_STREQ("c", v.v[2]);
	ATF_CHECK(v.v[3] == NULL);
	ATF_CHECK(strv_has(&v, "b"));
	ATF_CHECK(!strv_has(&v, ""));
	ATF_CHECK_EQ(0, strv_addf(&v, "%s%d", "d", 4));
	strv_remove(&v, 0);
	ATF_CHECK_EQ(0, strv_copy(&w, &v));
	s = strv_join(&w, ", ");
	ATF_CHECK_STREQ("b, c, d4", s);
}

ATF_TC_WITHOUT_HEAD(to_int);
ATF_TC_BODY(to_int, tc)
{
	static const struct {
		const char *s;
		int ret;
		long long value;
	} t[] = {
		{"0", 0, 0},	      {"-5", 0, -5},
		{"100", 0, 100},      {"101", -ERANGE, 0},
		{"-6", -ERANGE, 0},   {"", -EINVAL, 0},
		{"1x", -EINVAL, 0},   {" 1", -EINVAL, 0},
		{"0x10", -EINVAL, 0}, {"99999999999999999999", -ERANGE, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		long long v = 42;

		ATF_CHECK_EQ_MSG(t[i].ret, str_to_int(t[i].s, -5, 100, &v),
				 "%s", t[i].s);
		ATF_CHECK_EQ_MSG(t[i].ret ? 42 : t[i].value, v, "%s", t[i].s);
	}
}

ATF_TC_WITHOUT_HEAD(affixes);
ATF_TC_BODY(affixes, tc)
{
	ATF_CHECK(str_prefix("epair0a", "epair"));
	ATF_CHECK(!str_prefix("epa", "epair"));
	ATF_CHECK(str_suffix("epair0a", "a"));
	ATF_CHECK(!str_suffix("a", "epair0a"));
	ATF_CHECK(str_prefix("x", "") && str_suffix("x", ""));
}

ATF_TC_WITHOUT_HEAD(tame);
ATF_TC_BODY(tame, tc)
{
	static const struct {
		const char *from, *to;
	} t[] = {
		{"", ""},
		{"a\tb\n", "a\tb\n"},
		{"\033[31m\r\a\177x", "?[31m???x"},
		{"Zo\303\253 \302\240 \302\251",
		 "Zo\303\253 \302\240 \302\251"},
		{"\302\2332J \302\200", "??2J ??"},
		{"cut \302", "cut \302"},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		char buf[64];

		str_copy(buf, sizeof(buf), t[i].from);
		str_tame(buf, strlen(buf));
		ATF_CHECK_STREQ(t[i].to, buf);
	}

	char line[] = "a\tb\n\302\233c";

	str_tame_line(line, strlen(line));
	ATF_CHECK_STREQ("a?b???c", line);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, strbuf_grows);
	ATF_TP_ADD_TC(tp, strbuf_take);
	ATF_TP_ADD_TC(tp, strv);
	ATF_TP_ADD_TC(tp, to_int);
	ATF_TP_ADD_TC(tp, affixes);
	ATF_TP_ADD_TC(tp, tame);
	return atf_no_error();
}
