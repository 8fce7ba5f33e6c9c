/* jail/pwfile: passwd and group as a jail's root may have written them. */
#include "base/cleanup.h"
#include "jail/pwfile.h"

#include <atf-c.h>
#include <errno.h>
#include <string.h>

static const char passwd[] = "# comment\n"
			     "root:x:0:0:root:/root:/bin/sh\n"
			     "short:x:5\n"
			     "+nis::0:0:::\n"
			     "www:x:80:81:a,b:/srv/w w:/bin/false\n"
			     "rel:*:7:7::home:\n"
			     "minus:x:-1:0::/:/bin/sh\n"
			     "keep:x:4294967295:5::/:/bin/sh\n"
			     "keep2:x:5:4294967295::/:/bin/sh\n"
			     "wrap:x:4294967296:0::/:/bin/sh\n"
			     "blank:x: 0:0::/:/bin/sh\n"
			     "more:x:5:5::/:/bin/sh:x\n"
			     "esc:x:5:5::/\33[2J:/bin/sh\n"
			     "twice:x:bad:5::/:/bin/sh\n"
			     "twice:x:9:9::/9:/bin/sh\n"
			     "last:x:4294967294:1::/l:/bin/l";

ATF_TC_WITHOUT_HEAD(users);
ATF_TC_BODY(users, tc)
{
	static const struct {
		const char *name, *home, *shell;
		uid_t uid;
		gid_t gid;
	} t[] = {
		{"root", "/root", "/bin/sh", 0, 0},
		{"www", "/srv/w w", "/bin/false", 80, 81},
		{"rel", "/", "", 7, 7},
		{"twice", "/9", "/bin/sh", 9, 9},
		{"last", "/l", "/bin/l", 4294967294u, 1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		cleanup_pwuser struct pwuser u = {0};
		struct err e = ERR_INIT;

		ATF_REQUIRE_EQ_MSG(0, pwfile_user(passwd, t[i].name, &u, &e),
				   "%s", e.text);
		ATF_CHECK_EQ(t[i].uid, u.uid);
		ATF_CHECK_EQ(t[i].gid, u.gid);
		ATF_CHECK_STREQ(t[i].name, u.name);
		ATF_CHECK_STREQ(t[i].home, u.home);
		ATF_CHECK_STREQ(t[i].shell, u.shell);
	}
}

ATF_TC(nobody);
ATF_TC_HEAD(nobody, tc)
{
	atf_tc_set_md_var(tc, "descr",
			  "-1 as an id would leave root as it is: no user");
}
ATF_TC_BODY(nobody, tc)
{
	static const char *const none[] = {
		"",	 "ro",	 "roots", "short", "+nis", "minus",	"keep",
		"keep2", "wrap", "blank", "more",  "esc",  "# comment",
	};

	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		struct pwuser u = {.uid = 77};
		struct err e = ERR_INIT;

		ATF_CHECK_EQ_MSG(-ENOENT, pwfile_user(passwd, none[i], &u, &e),
				 "%s", none[i]);
		ATF_CHECK_EQ(77, u.uid);
		ATF_CHECK(strstr(e.text, ": no such user"));
	}
	ATF_CHECK_EQ(-ENOENT,
		     pwfile_user(NULL, "root", &(struct pwuser){0}, NULL));
}

ATF_TC_WITHOUT_HEAD(groups);
ATF_TC_BODY(groups, tc)
{
	static const char group[] = "wheel:x:0:root,www\n"
				    "a:x:10:wwww,ww\n"
				    "b:x:11:,www,\n"
				    "c:x:-1:www\n"
				    "d:x:4294967295:www\n"
				    "e:x:12\n"
				    "f:x:13:www";
	gid_t v[8] = {0};

	ATF_REQUIRE_EQ(3, pwfile_groups(group, "www", v, 8));
	ATF_CHECK_EQ(0, v[0]);
	ATF_CHECK_EQ(11, v[1]);
	ATF_CHECK_EQ(13, v[2]);
	ATF_CHECK_EQ(2, pwfile_groups(group, "www", v, 2));
	ATF_CHECK_EQ(0, pwfile_groups(group, "", v, 8));
	ATF_CHECK_EQ(0, pwfile_groups(NULL, "www", v, 8));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, users);
	ATF_TP_ADD_TC(tp, nobody);
	ATF_TP_ADD_TC(tp, groups);
	return atf_no_error();
}
