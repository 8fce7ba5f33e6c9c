/* The registry's text: what is written reads back, what is odd is refused. */
#include "base/cleanup.h"
#include "jail/prison_int.h"
#include "jail/regtext.h"

#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int parse(const char *text, struct pset *ret)
{
	return regtext_parse(text, strlen(text), ret, NULL);
}

ATF_TC(round_trip);
ATF_TC_HEAD(round_trip, tc)
{
	atf_tc_set_md_var(tc, "descr", "Every byte but NUL survives");
}
ATF_TC_BODY(round_trip, tc)
{
	cleanup_strbuf struct strbuf all = STRBUF_INIT, out = STRBUF_INIT;
	cleanup_strbuf struct strbuf again = STRBUF_INIT;
	cleanup_pset struct pset in = {0}, back = {0};

	for (int c = 1; c < 256; c++)
		strbuf_addch(&all, (char)c);
	ATF_REQUIRE_EQ(0, pset_put(&in, "meta.all", all.s, false, NULL));
	ATF_REQUIRE_EQ(0, pset_put(&in, "persist", NULL, false, NULL));
	ATF_REQUIRE_EQ(0, pset_put(&in, "lent", "a", false, NULL));
	ATF_REQUIRE_EQ(0, pset_put(&in, "lent", "", true, NULL));
	regtext_print(&out, &in);
	ATF_REQUIRE_EQ(0, parse(out.s, &back));
	ATF_REQUIRE_STREQ(all.s, pset_value(&back, "meta.all"));
	ATF_REQUIRE_EQ(0u, pset_find(&back, "persist")->values.n);
	ATF_REQUIRE_EQ(2u, pset_find(&back, "lent")->values.n);
	ATF_REQUIRE_STREQ("", pset_find(&back, "lent")->values.v[1]);
	regtext_print(&again, &back);
	ATF_REQUIRE_STREQ(out.s, again.s);
}

ATF_TC(refused);
ATF_TC_HEAD(refused, tc)
{
	atf_tc_set_md_var(tc, "descr", "Text that is not ours is an error");
}
ATF_TC_BODY(refused, tc)
{
	static const char *const bad[] = {"a",
					  "a = ;",
					  "a = b;",
					  "a = \"b\"",
					  "a = \"b",
					  "a = \"b\",;",
					  "= \"b\";",
					  ";",
					  "a { b; }",
					  "$a = \"b\";",
					  "a = \"\\n\";",
					  "a = \"\\000\";",
					  "a = \"\\777\";",
					  "# c\na;",
					  ".include \"/etc/x\";}",
					  "a += \"b\";",
					  "a = 'b';",
					  "a b = \"c\";",
					  "a = \"b\" \"c\";"};
	cleanup_pset struct pset ps = {0};

	ATF_REQUIRE_EQ(0, parse("keep = \"me\";\n", &ps));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ATF_CHECK_MSG(parse(bad[i], &ps) == -EBADMSG, "taken: %s",
			      bad[i]);
	/* NUL bytes end no check early */
	ATF_CHECK_EQ(-EBADMSG, regtext_parse("a;\0b;", 5, &ps, NULL));
	ATF_CHECK_EQ(-EBADMSG, regtext_parse("a = \"x\0y\";", 10, &ps, NULL));
	ATF_REQUIRE_STREQ("me", pset_value(&ps, "keep"));
}

ATF_TC(limits);
ATF_TC_HEAD(limits, tc)
{
	atf_tc_set_md_var(tc, "descr", "Too much is an error, not a loop");
}
ATF_TC_BODY(limits, tc)
{
	cleanup_strbuf struct strbuf names = STRBUF_INIT, vals = STRBUF_INIT;
	cleanup_strbuf struct strbuf name = STRBUF_INIT;
	cleanup_pset struct pset ps = {0};

	for (int i = 0; i <= REGTEXT_PARAMS; i++)
		strbuf_addf(&names, "p%d;\n", i);
	ATF_CHECK_EQ(-EBADMSG, parse(names.s, &ps));
	strbuf_adds(&vals, "a = \"\"");
	for (int i = 0; i < REGTEXT_VALUES; i++)
		strbuf_adds(&vals, ",\"\"");
	strbuf_adds(&vals, ";");
	ATF_CHECK_EQ(-EBADMSG, parse(vals.s, &ps));
	for (int i = 0; i < 600; i++)
		strbuf_addch(&name, 'n');
	strbuf_addch(&name, ';');
	ATF_CHECK_EQ(-EBADMSG, parse(name.s, &ps));
}

ATF_TC(files);
ATF_TC_HEAD(files, tc)
{
	atf_tc_set_md_var(tc, "descr",
			  "Links, FIFOs and huge files of a jail are not read");
}
ATF_TC_BODY(files, tc)
{
	cleanup_pset struct pset ps = {0};
	cleanup_close int dir = -1, fd = -1;

	ATF_REQUIRE_EQ(0, mkdir("d", 0755));
	ATF_REQUIRE_EQ(0, mkdir("d/sub", 0755));
	fd = open("secret", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	ATF_REQUIRE(fd >= 0 && write(fd, "a;\n", 3) == 3);
	dir = open("d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ATF_REQUIRE_EQ(0, symlink("../secret", "d/link"));
	ATF_REQUIRE_EQ(0, symlink("sub", "d/sublink"));
	ATF_REQUIRE_EQ(0, mkfifo("d/fifo", 0644));
	ATF_REQUIRE_EQ(0, pset_put(&ps, "x", "1", false, NULL));
	ATF_REQUIRE_EQ(0, regtext_write(dir, "sub/ok", &ps, NULL));
	ATF_CHECK_EQ(0, regtext_read(dir, "sub/ok", &ps, NULL));
	ATF_CHECK(regtext_read(dir, "sublink/ok", &ps, NULL) < 0);
	ATF_CHECK(regtext_read(dir, "link", &ps, NULL) < 0);
	ATF_CHECK(regtext_read(dir, "../secret", &ps, NULL) < 0);
	ATF_CHECK_EQ(-EBADMSG, regtext_read(dir, "fifo", &ps, NULL));
	ATF_CHECK_EQ(-EBADMSG, regtext_read(dir, "sub", &ps, NULL));
	ATF_REQUIRE_EQ(0, truncate("d/sub/ok", REGTEXT_MAX + 1));
	ATF_CHECK_EQ(-EFBIG, regtext_read(dir, "sub/ok", &ps, NULL));
}

ATF_TC(life);
ATF_TC_HEAD(life, tc)
{
	atf_tc_set_md_var(tc, "descr",
			  "life: there and back, nonsense refused");
}
ATF_TC_BODY(life, tc)
{
	static const char *const bad[] = {
		"init = \"0\", \"5\";",
		"init = \"-7\", \"5\";",
		"init = \"7\";",
		"init = \"7\", \"x\";",
		"init = \"99999999999\", \"1\";",
		"jids = \"9\", \"3\";",
		"jids = \"0\", \"3\";",
		"jids = \"1\", \"1000000\";",
		"lent = \"../x 3 -\";",
		"lent = \"x\";",
		"lent = \"x -3 -\";",
		"lent = \"x 3 ZZ\";",
	};
	const char *good = "init = \"7\", \"123\";\n"
			   "cgroup = \"/c/5\";\n"
			   "ownvnet;\n"
			   "jids = \"10\", \"19\";\n"
			   "lent = \"epair0b 3 0a0b\", \"tun0 4 -\";\n";
	cleanup_strbuf struct strbuf out = STRBUF_INIT;
	cleanup_pset struct pset ps = {0}, back = {0};
	cleanup_life struct life l = {0};

	ATF_REQUIRE_EQ(0, parse(good, &ps));
	ATF_REQUIRE_EQ(0, life_from_pset(&ps, &l, NULL));
	ATF_CHECK_EQ(7, l.init.pid);
	ATF_CHECK_EQ(0, l.keeper.pid);
	ATF_CHECK(l.vnet);
	ATF_CHECK_EQ(2u, l.nlent);
	ATF_CHECK_STREQ("", l.lent[1].mac);
	ATF_REQUIRE_EQ(0, life_to_pset(&l, &back, NULL));
	regtext_print(&out, &back);
	ATF_CHECK_STREQ(good, out.s);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		ATF_REQUIRE_EQ(0, parse(bad[i], &ps));
		ATF_CHECK_MSG(life_from_pset(&ps, &l, NULL) == -EBADMSG,
			      "taken: %s", bad[i]);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, round_trip);
	ATF_TP_ADD_TC(tp, refused);
	ATF_TP_ADD_TC(tp, limits);
	ATF_TP_ADD_TC(tp, files);
	ATF_TP_ADD_TC(tp, life);
	return atf_no_error();
}
