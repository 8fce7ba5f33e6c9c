/* ns/proctext: files of /proc, written by programs and mounts of any name. */
#include "ns/proctext.h"

#include <atf-c.h>
#include <errno.h>
#include <string.h>

#define REST " 1 1 1 0 -1 4194560 9 8 7 6 5 4 3 2 20 0 1 0 "

ATF_TC_WITHOUT_HEAD(stat);
ATF_TC_BODY(stat, tc)
{
	static const char *const bad[] = {
		"",
		"7",
		"7 (a",
		"7 (a)",
		"7 (a) ",
		"7 (a) S",
		"7 (a) S 1 2 3",
		"7 (a) 3" REST "55 1\n",
		"7 (a) SS" REST "55 1\n",
		"7 (a) S" REST "\n",
		"7 (a) S" REST "-1 1\n",
		"7 (a) S" REST "5x 1\n",
		"7 (a) S" REST "99999999999999999999 1\n",
	};
	uint64_t start = 9;
	char state = '?';

	ATF_REQUIRE_EQ(
		0, proctext_stat("7 (a) S" REST "55 123 4\n", &state, &start));
	ATF_CHECK_EQ('S', state);
	ATF_CHECK_EQ(55, start);
	/* a program that calls itself like the rest of the line */
	ATF_REQUIRE_EQ(0, proctext_stat("7 (x) Z 1 ) (\n) R" REST "1\n", &state,
					&start));
	ATF_CHECK_EQ('R', state);
	ATF_CHECK_EQ(1, start);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ATF_CHECK_EQ_MSG(-EBADMSG,
				 proctext_stat(bad[i], &state, &start), "%s",
				 bad[i]);
	ATF_CHECK_EQ(1, start);
}

ATF_TC_WITHOUT_HEAD(stat_field);
ATF_TC_BODY(stat_field, tc)
{
	const char *line = "7 (a 8 9) S 12" REST "55 1\n";
	uint64_t v = 9;

	ATF_REQUIRE_EQ(0, proctext_stat_field(line, 4, &v));
	ATF_CHECK_EQ(12, v);
	ATF_REQUIRE_EQ(0, proctext_stat_field("7 (a) S" REST "1\n", 9, &v));
	ATF_CHECK_EQ(4194560, v);
	/* negative, none */
	ATF_CHECK_EQ(-EBADMSG,
		     proctext_stat_field("7 (a) S" REST "1\n", 8, &v));
	ATF_CHECK_EQ(-EBADMSG, proctext_stat_field("7 (a) S 1 2\n", 6, &v));
	ATF_CHECK_EQ(-EBADMSG, proctext_stat_field("7 a S 1 2\n", 4, &v));
	ATF_CHECK_EQ(4194560, v);
}

ATF_TC_WITHOUT_HEAD(inner_pid);
ATF_TC_BODY(inner_pid, tc)
{
	ATF_CHECK_EQ(1, proctext_inner_pid("Name:\ta\nNSpid:\t400\t20\t1\n"
					   "NSpgid:\t7\n"));
	ATF_CHECK_EQ(400, proctext_inner_pid("Name:\ta\nNSpid:\t400\nx:\t1\n"));
	ATF_CHECK_EQ(-1, proctext_inner_pid("NSpid:\t400\n"));
	ATF_CHECK_EQ(-1, proctext_inner_pid("Name:\ta\nNSpid:\nx:\t1\n"));
	ATF_CHECK_EQ(-1, proctext_inner_pid("Name:\ta\nNSpid:\t1 \n"));
	ATF_CHECK_EQ(-1, proctext_inner_pid("Name:\ta\nNSpid:\t-1\n"));
	ATF_CHECK_EQ(-1, proctext_inner_pid(""));
}

ATF_TC_WITHOUT_HEAD(pid_levels);
ATF_TC_BODY(pid_levels, tc)
{
	ATF_CHECK_EQ(3, proctext_pid_levels("Name:\ta\nNSpid:\t400\t20\t1\n"
					    "NSpgid:\t7\n"));
	ATF_CHECK_EQ(1, proctext_pid_levels("Name:\ta\nNSpid:\t400\n"));
	ATF_CHECK_EQ(0, proctext_pid_levels("NSpid:\t400\t2\n"));
	ATF_CHECK_EQ(0, proctext_pid_levels("Name:\ta\nNSpid:\nx:\t1\n"));
	ATF_CHECK_EQ(0, proctext_pid_levels("Name:\tNSpid:\t1\t2\n"));
	ATF_CHECK_EQ(0, proctext_pid_levels(""));
}

static bool mount_of(const char *text, char *line, struct proctext_mount *m)
{
	strcpy(line, text);
	return proctext_mount(line, m);
}

ATF_TC_WITHOUT_HEAD(mount);
ATF_TC_BODY(mount, tc)
{
	struct proctext_mount m = {0};
	char line[256];

	ATF_REQUIRE(mount_of("36 35 98:0 / /mnt\\0402 rw,noatime master:1 "
			     "shared:7 - ext4 /dev/root rw\n",
			     line, &m));
	ATF_CHECK_STREQ("/mnt 2", m.point);
	ATF_CHECK_STREQ("ext4", m.fstype);
	ATF_CHECK_STREQ("/dev/root", m.source);
	/* no tags; a source that is empty; a mount point called " - " */
	ATF_REQUIRE(mount_of("1 2 0:3 / / rw - tmpfs  rw", line, &m));
	ATF_CHECK_STREQ("", m.source);
	ATF_REQUIRE(mount_of("1 2 0:3 / /\\040-\\040cgroup2 rw - proc p rw",
			     line, &m));
	ATF_CHECK_STREQ("/ - cgroup2", m.point);
	ATF_CHECK_STREQ("proc", m.fstype);
	ATF_CHECK(!mount_of("", line, &m));
	ATF_CHECK(!mount_of("1 2 0:3 / / rw -", line, &m));
	ATF_CHECK(!mount_of("1 2 0:3 / / rw - proc", line, &m));
	ATF_CHECK(!mount_of("1 2 - a b c", line, &m));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, stat);
	ATF_TP_ADD_TC(tp, stat_field);
	ATF_TP_ADD_TC(tp, inner_pid);
	ATF_TP_ADD_TC(tp, pid_levels);
	ATF_TP_ADD_TC(tp, mount);
	return atf_no_error();
}
