/* net/ifstate: state files, also those that a jail's root prepared. */
#include "base/cleanup.h"
#include "net/ifstate.h"
#include "net/vnet.h"

#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static void parse(const char *text, struct ifstate *ret)
{
	struct err e = ERR_INIT;

	ATF_REQUIRE_EQ_MSG(0, ifstate_parse(text, strlen(text), ret, &e), "%s",
			   e.text);
}

ATF_TC_WITHOUT_HEAD(round_trip);
ATF_TC_BODY(round_trip, tc)
{
	static const char text[] = "home epair0a\n"
				   "descr two words \\ and \xc3\xa4\n"
				   "group lan\n"
				   "group dmz\n"
				   "ungroup type\n"
				   "metric 3\n"
				   "fib 1\n"
				   "tunnelfib 2\n"
				   "ext 5\n"
				   "nd6 100 20\n"
				   "span 12\n"
				   "span 13\n"
				   "port 9 144 32 55 7\n"
				   "spanof 4\n"
				   "defuntagged 12\n"
				   "stp 0 4096 1 4 6 10\n";
	cleanup_ifstate struct ifstate s = {0};
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	parse(text, &s);
	ATF_CHECK_STREQ("epair0a", s.home);
	ATF_CHECK_EQ(2, s.groups.n);
	ATF_CHECK_EQ(3, s.metric);
	ATF_CHECK_EQ(0x100, s.nd6_set);
	ATF_CHECK_EQ(2, s.nspans);
	ATF_CHECK(s.nports == 1 &&
		  s.ports[0].flags ==
			  (IFBIF_STP | IFBIF_AUTOEDGE | IFBIF_AUTOPTP));
	ATF_CHECK(s.ports[0].priority == 32 && s.ports[0].cost == 55 &&
		  s.ports[0].maxaddr == 7);
	ATF_CHECK(s.stp.set && s.stp.priority == 4096 &&
		  s.stp.hold_count == 10);
	ATF_CHECK(!ifstate_is_default(&s));
	ifstate_print(&s, &b);
	ATF_CHECK_STREQ(text, b.s);
}

/* Lines that make no sense, one each: all must leave the defaults. */
ATF_TC_WITHOUT_HEAD(nonsense);
ATF_TC_BODY(nonsense, tc)
{
	static const char *const lines[] = {
		"",
		"\n\n\n",
		"home",
		"home ",
		"home a/b",
		"home ..",
		"home sixteencharacters",
		"home a b",
		"home a\tb",
		"home a:b",
		"home \x1b[31m",
		"descr ",
		"descr \x11\x12",
		"group ",
		"group lan1",
		"group a/b",
		"group sixteencharacters",
		"metric -1",
		"metric 99999999999",
		"metric 0x10",
		"metric 1 2",
		"fib 65536",
		"ext 4294967296",
		"ext -1",
		"nd6 100",
		"nd6 x y",
		"nd6 1 2 3",
		"span 0",
		"span -5",
		"span 4294967297",
		"spanof 0",
		"port 0 1",
		"port -1 1",
		"port 1",
		"unknown key",
		"home=epair0a",
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		cleanup_ifstate struct ifstate s = {0};

		parse(lines[i], &s);
		ATF_CHECK_MSG(ifstate_is_default(&s), "line \"%s\"", lines[i]);
	}
}

ATF_TC_WITHOUT_HEAD(hostile);
ATF_TC_BODY(hostile, tc)
{
	cleanup_ifstate struct ifstate s = {0}, many = {0}, nul = {0};
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	struct err e = ERR_INIT;

	/* what would move a terminal's cursor is dropped */
	parse("descr a\x1b[2Jb\x7f\rc\n", &s);
	ATF_CHECK_STREQ("a[2Jbc", s.descr);
	for (int i = 1; i < 1500; i++)
		strbuf_addf(&b, "group g%dx\nspan %d\nport %d 1\n", i, i, i);
	parse(b.s, &many);
	ATF_CHECK_EQ(IFSTATE_MAX_GROUPS, many.groups.n);
	ATF_CHECK_EQ(IFSTATE_MAX_SPANS, many.nspans);
	ATF_CHECK(many.nports <= IFSTATE_MAX_PORTS);
	/* text with a NUL is not ours */
	ATF_CHECK_EQ(0, ifstate_parse("metric 3\n\0fib 1\n", 16, &nul, &e));
	ATF_CHECK(ifstate_is_default(&nul));
}

/* A handle on a directory, without a kernel behind it. */
static void fake_vnet(struct vnet *v)
{
	*v = (struct vnet){.nsfd = -1, .cookie = 77};
	ATF_REQUIRE_EQ(0, mkdir("if", 0755));
	v->statefd = open("if", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ATF_REQUIRE(v->statefd >= 0);
}

ATF_TC_WITHOUT_HEAD(files);
ATF_TC_BODY(files, tc)
{
	cleanup_ifstate struct ifstate s = {0}, got = {0};
	struct err e = ERR_INIT;
	struct stat st;
	struct vnet v;

	fake_vnet(&v);
	s.metric = 7;
	ATF_REQUIRE_EQ(0, ifstate_put(&v, 5, &s, &e));
	ATF_CHECK_EQ(0, stat("if/77.5", &st));
	ATF_REQUIRE_EQ(0, ifstate_get(&v, 5, &got, &e));
	ATF_CHECK_EQ(7, got.metric);
	/* defaults need no file */
	s.metric = 0;
	ATF_REQUIRE_EQ(0, ifstate_put(&v, 5, &s, &e));
	ATF_CHECK_EQ(-1, stat("if/77.5", &st));
	ATF_REQUIRE_EQ(0, ifstate_get(&v, 5, &got, &e));
	ATF_CHECK(ifstate_is_default(&got));
	/* what a killed writer left is in nobody's way */
	s.metric = 8;
	ATF_REQUIRE_EQ(0, close(open("if/77.5.tmp", O_CREAT | O_WRONLY, 0600)));
	ATF_REQUIRE_EQ(0, ifstate_put(&v, 5, &s, &e));
	ATF_CHECK_EQ(-1, stat("if/77.5.tmp", &st));
	close(v.statefd);
}

ATF_TC_WITHOUT_HEAD(files_hostile);
ATF_TC_BODY(files_hostile, tc)
{
	cleanup_ifstate struct ifstate s = {0}, got = {0};
	struct err e = ERR_INIT;
	struct stat st;
	struct vnet v;
	FILE *f;

	fake_vnet(&v);
	f = fopen("target", "w");
	ATF_REQUIRE(f && fputs("metric 3\n", f) >= 0 && !fclose(f));
	/* links are not followed, fifos do not block, either way */
	ATF_REQUIRE_EQ(0, symlink("../target", "if/77.1"));
	ATF_REQUIRE_EQ(0, mkfifo("if/77.2", 0600));
	ATF_REQUIRE_EQ(0, mkdir("if/77.3", 0700));
	for (int i = 1; i <= 3; i++) {
		ATF_CHECK_EQ(0, ifstate_get(&v, i, &got, &e));
		ATF_CHECK(ifstate_is_default(&got));
	}
	s.metric = 9;
	ATF_REQUIRE_EQ(0, symlink("../target", "if/77.1.tmp"));
	ATF_REQUIRE_EQ(0, ifstate_put(&v, 1, &s, &e));
	ATF_REQUIRE_EQ(0, mkfifo("if/77.2.tmp", 0600));
	ATF_REQUIRE_EQ(0, ifstate_put(&v, 2, &s, &e));
	ATF_CHECK_EQ(-EISDIR, ifstate_put(&v, 3, &s, &e));
	ATF_REQUIRE_EQ(0, lstat("if/77.1", &st));
	ATF_CHECK(S_ISREG(st.st_mode));
	ATF_REQUIRE_EQ(0, stat("target", &st));
	ATF_CHECK_EQ(9, st.st_size);
	/* larger than any of ours */
	f = fopen("if/77.4", "w");
	for (int i = 0; f && i < 20000; i++)
		fputs("group a\n", f);
	ATF_REQUIRE(f && !fclose(f));
	ATF_CHECK_EQ(0, ifstate_get(&v, 4, &got, &e));
	ATF_CHECK(ifstate_is_default(&got));
	/* records of units do not go through a link either */
	ATF_REQUIRE_EQ(0, mkdir("elsewhere", 0755));
	ATF_REQUIRE_EQ(0, symlink("../elsewhere", "if/units"));
	ATF_CHECK(ifunit_hold(&v, "epair0", 'a', 77, 1, -1, "veth", &e) < 0);
	ATF_CHECK_EQ(-1, stat("elsewhere/epair0", &st));
	close(v.statefd);
}

/* Without a directory the defaults are all there is. */
ATF_TC_WITHOUT_HEAD(nostate);
ATF_TC_BODY(nostate, tc)
{
	struct vnet v = {.nsfd = -1, .statefd = -1, .cookie = 1};
	cleanup_ifstate struct ifstate s = {0};
	struct err e = ERR_INIT;

	ATF_CHECK_EQ(0, ifstate_get(&v, 1, &s, &e));
	ATF_CHECK_EQ(0, ifstate_put(&v, 1, &s, &e));
	s.fib = 1;
	ATF_CHECK_EQ(-EROFS, ifstate_put(&v, 1, &s, &e));
	ATF_CHECK_STREQ("no directory to keep interface state in", e.text);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, round_trip);
	ATF_TP_ADD_TC(tp, nonsense);
	ATF_TP_ADD_TC(tp, hostile);
	ATF_TP_ADD_TC(tp, files);
	ATF_TP_ADD_TC(tp, files_hostile);
	ATF_TP_ADD_TC(tp, nostate);
	return atf_no_error();
}
