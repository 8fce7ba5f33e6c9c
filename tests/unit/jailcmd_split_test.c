/* jail/jailcmd_split: words of exec.* strings. */
#include "base/cleanup.h"
#include "jail/jailcmd_split.h"

#include <atf-c.h>
#include <string.h>

/* "argv joined by |", " shell" and " bg" behind it. */
static char *split(const char *text)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	struct jailcmd_line l = {0};
	struct err e = ERR_INIT;

	ATF_REQUIRE_EQ(0, jailcmd_split(text, &l, &e));
	for (size_t i = 0; i < l.argv.n; i++)
		strbuf_addf(&b, "%s%s", i ? "|" : "", l.argv.v[i]);
	strbuf_addf(&b, "%s%s", l.shell ? " shell" : "",
		    l.background ? " bg" : "");
	strv_free(&l.argv);
	return strbuf_take(&b);
}

static void check(const char *text, const char *want)
{
	cleanup_free char *got = split(text);

	ATF_CHECK_STREQ_MSG(want, got, "of: %s", text);
}

ATF_TC_WITHOUT_HEAD(words);
ATF_TC_BODY(words, tc)
{
	check("/bin/true", "/bin/true");
	check("  a\tb\n c \r\f\v", "a|b|c");
	check("a=b -c/d:e,f%g@h^i#j", "a=b|-c/d:e,f%g@h^i#j");
	check("", "");
	check(" \t", "");
}

ATF_TC_WITHOUT_HEAD(shell);
ATF_TC_BODY(shell, tc)
{
	static const char meta[] = "!\"$&'()*;<>?[\\]`{|}~";

	for (const char *m = meta; *m; m++) {
		char text[16], want[64];

		snprintf(text, sizeof(text), "a %c b", *m);
		snprintf(want, sizeof(want), "/bin/sh|-c|a %c b shell", *m);
		check(text, want);
	}
	check("echo hi > f", "/bin/sh|-c|echo hi > f shell");
}

ATF_TC_WITHOUT_HEAD(background);
ATF_TC_BODY(background, tc)
{
	check("sleep 5 &", "sleep|5 bg");
	check("sleep 5&", "sleep|5 bg");
	/* not at the very end, or not the only one: a shell's matter */
	check("sleep 5 & ", "/bin/sh|-c|sleep 5 &  shell");
	check("a & b &", "/bin/sh|-c|a & b & shell");
	check("a && b", "/bin/sh|-c|a && b shell");
	check("echo $x &", "/bin/sh|-c|echo $x & shell");
	check("&", " bg");
}

/* Of text, with /rt/NAME for what is ours. */
static void check_bsd(const char *text, const char *want)
{
	cleanup_free char *got = NULL;
	struct jailcmd_line l = {0};
	struct err e = ERR_INIT;

	ATF_REQUIRE_EQ(0, jailcmd_split(text, &l, &e));
	ATF_REQUIRE_EQ(0, jailcmd_bsd_paths(&l, "/rt", &e));
	got = jailcmd_line_text(&l.argv);
	ATF_CHECK_STREQ_MSG(want, got, "of: %s", text);
	strv_free(&l.argv);
}

ATF_TC_WITHOUT_HEAD(bsd_paths);
ATF_TC_BODY(bsd_paths, tc)
{
	check_bsd("/sbin/ifconfig epair0 create", "/rt/ifconfig epair0 create");
	check_bsd("/usr/sbin/ngctl shutdown x:", "/rt/ngctl shutdown x:");
	check_bsd("/sbin/route", "/rt/route");
	check_bsd("", "");
	check_bsd("/sbin/mount -t nullfs /a /b",
		  "/rt/../scripts/mount -t nullfs /a /b");
	check_bsd("/sbin/mount_nullfs /a /b",
		  "/rt/../scripts/mount_nullfs /a /b");
	check_bsd("/sbin/umount /b", "umount /b");
	/* others of that name, what only looks like one, and words behind */
	check_bsd("/opt/sbin/ifconfig up", "/opt/sbin/ifconfig up");
	check_bsd("/sbin/ifconfigure", "/sbin/ifconfigure");
	check_bsd("/usr/sbin/service x start", "/usr/sbin/service x start");
	check_bsd("test -x /sbin/ifconfig", "test -x /sbin/ifconfig");
	/* in a shell's text: wherever a command begins */
	check_bsd("x=$(/sbin/ifconfig epair create) && { /sbin/route add; } ; "
		  "! /usr/sbin/jls; echo /sbin/route `/usr/sbin/jls`",
		  "/bin/sh -c x=$(/rt/ifconfig epair create) && { /rt/route "
		  "add; } ; ! /rt/jls; echo /sbin/route `/rt/jls`");
	check_bsd("echo '/sbin/route add'", "/bin/sh -c echo '/sbin/route "
					    "add'");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, words);
	ATF_TP_ADD_TC(tp, shell);
	ATF_TP_ADD_TC(tp, background);
	ATF_TP_ADD_TC(tp, bsd_paths);
	return atf_no_error();
}
