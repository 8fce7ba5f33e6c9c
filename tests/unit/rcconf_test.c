/* rc/rcconf: rc.conf through a real shell. */
#include "base/cleanup.h"
#include "base/file.h"
#include "rc/rc.h"
#include "rc/rcplain.h"

#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

static struct rcconf *load(const char *text, int want, struct err *e)
{
	struct rcconf *c = NULL;

	ATF_REQUIRE_EQ(
		0, file_write_atomic(AT_FDCWD, "rc.conf", text, 0644, NULL));
	ATF_REQUIRE_EQ_MSG(
		want,
		rcconf_load((const char *[]){"rc.conf", "nosuch.conf", NULL},
			    &c, e),
		"%s", e->text);
	return c;
}

ATF_TC_WITHOUT_HEAD(hostile_values);
ATF_TC_BODY(hostile_values, tc)
{
	struct err e = ERR_INIT;
	cleanup_rcconf struct rcconf *c = load("a='it'\\''s \"q\" $(x) `y`'\n"
					       "b='two\nlines\nset\nend\n'\n"
					       "c=$(printf '\\001\\033\\177')\n"
					       "d='\n\nend\n'\n"
					       "e='\xc3\xbc \xff'\n",
					       0, &e);

	ATF_CHECK_STREQ("it's \"q\" $(x) `y`", rcconf_get(c, "a"));
	ATF_CHECK_STREQ("two\nlines\nset\nend\n", rcconf_get(c, "b"));
	ATF_CHECK_STREQ("\001\033\177", rcconf_get(c, "c"));
	ATF_CHECK_STREQ("\n\nend\n", rcconf_get(c, "d"));
	ATF_CHECK_STREQ("\xc3\xbc \xff", rcconf_get(c, "e"));
	ATF_CHECK(rcconf_get(c, "PATH") == NULL);
	ATF_CHECK(rcconf_get(c, "IFS") == NULL);
	ATF_CHECK(rcconf_get(c, "nosuch") == NULL);
	ATF_CHECK_STREQ("NO", rcconf_get(c, "jail_enable"));
}

/* Files that no shell is needed for say what they say to a shell. */
ATF_TC_WITHOUT_HEAD(plain);
ATF_TC_BODY(plain, tc)
{
	static const char *const texts[] = {
		"",
		"\n\n# a comment with `all` $kinds of 'things\n",
		"a=b\n",
		"a=\n",
		"a=\"\"\nb=''\n",
		"  a=\"x y\"  # why\n\tb='$x `y` \\ \"q\"'",
		"a=\"one\ntwo # no comment\n\"\nb=1\n",
		"a=x'y'\"z\"-1:2,3/4.5+6@7%8\n",
		"a=1\na=2\nb=3\na=\"last\"\n",
		"jail_enable=\"YES\"\nhostname=h\nhostname=\"i\"",
		"_x=1\nx_2y=2\n",
		"a=b # c\nd=e\t#f\n",
	};
	/* these it must not take for plain, or must refuse as the shell does */
	static const char *const shells[] = {
		"a=$b\n",	    "a=\"$b\"\n",     "a=`echo x`\n",
		"a=x\\\n\n",	    "a=\"x\\\"y\"\n", "a=1; b=2\n",
		"a=1 b=2\n",	    "export a=1\n",   "a=~\n",
		"a=b#c\n",	    "a=|b\n",	      "a=x&\n",
		"a=x>y\n",	    "a=*\n",	      "a=\"\xc3\xbc\"\n",
		"a=1\necho said\n", "PATH=/x\na=1\n", "IFS=a\nb=xay\n",
		"a=\"x\"#y\n",	    "a={x,y}\n",      "a=!\n",
	};
	char path[4096];

	ATF_REQUIRE(realpath(".", path) != NULL);
	strcat(path, "/rc.conf");
	for (size_t i = 0; i < ARRAY_SIZE(texts) + ARRAY_SIZE(shells); i++) {
		bool is_plain = i < ARRAY_SIZE(texts);
		const char *t =
			is_plain ? texts[i] : shells[i - ARRAY_SIZE(texts)];
		cleanup_rcconf struct rcconf *by_name =
			calloc(1, sizeof(*by_name));
		const char *const files[] = {path, NULL};
		struct err e = ERR_INIT;
		/* a name that is no path is always the shell's */
		cleanup_rcconf struct rcconf *c = load(t, 0, &e);
		int r = rcplain_load(files, true, by_name);

		ATF_CHECK_EQ_MSG(is_plain ? 0 : -EAGAIN, r, "%s", t);
		if (!is_plain)
			continue;
		ATF_REQUIRE_EQ_MSG(c->n, by_name->n, "%s", t);
		for (size_t k = 0; k < c->n; k++) {
			ATF_CHECK_STREQ(c->v[k].name, by_name->v[k].name);
			ATF_CHECK_STREQ(c->v[k].value, by_name->v[k].value);
		}
		ATF_REQUIRE_EQ(1, by_name->files.n);
		ATF_CHECK_STREQ(c->files.v[0], by_name->files.v[0]);
	}
}

ATF_TC_WITHOUT_HEAD(clean_environment);
ATF_TC_BODY(clean_environment, tc)
{
	struct err e = ERR_INIT;

	setenv("CB_LEAK", "leaked", 1);
	setenv("gateway_enable", "YES", 1);
	cleanup_rcconf struct rcconf *c = load("x=\"[$CB_LEAK]\"\n", 0, &e);

	ATF_CHECK_STREQ("[]", rcconf_get(c, "x"));
	ATF_CHECK_STREQ("NO", rcconf_get(c, "gateway_enable"));
}

ATF_TC_WITHOUT_HEAD(errors_name_the_line);
ATF_TC_BODY(errors_name_the_line, tc)
{
	struct err e = ERR_INIT;
	cleanup_rcconf struct rcconf *c =
		load("a=1\nb=2\nif then\n", -EINVAL, &e);

	ATF_CHECK(c == NULL);
	ATF_CHECK_MSG(strstr(e.text, "/rc.conf line 3: "), "%s", e.text);
}

ATF_TC_WITHOUT_HEAD(messages);
ATF_TC_BODY(messages, tc)
{
	struct err e = ERR_INIT;
	cleanup_rcconf struct rcconf *c =
		load("echo said\nnosuchcommand\na=1\n", 0, &e);

	ATF_REQUIRE_EQ(2, c->messages.n);
	ATF_CHECK_STREQ("said", c->messages.v[0]);
	ATF_CHECK_MSG(strstr(c->messages.v[1], "/rc.conf line 2: nosuchcom"),
		      "%s", c->messages.v[1]);
	ATF_CHECK_STREQ("1", rcconf_get(c, "a"));
}

ATF_TC_WITHOUT_HEAD(where);
ATF_TC_BODY(where, tc)
{
	struct err e = ERR_INIT;
	cleanup_rcconf struct rcconf *c = load("# a=0\n"
					       "a=1\n"
					       "aa=2; b=3\n"
					       "\ta=\"4\"\n"
					       "xa=5\n",
					       0, &e);
	const char *file;
	unsigned int line = 0;

	ATF_CHECK(rcconf_where(c, "a", &file, &line));
	ATF_CHECK_EQ(4, line);
	ATF_CHECK(rcconf_where(c, "b", &file, &line));
	ATF_CHECK_EQ(3, line);
	ATF_CHECK(!rcconf_where(c, "gateway_enable", &file, &line));
	ATF_CHECK_EQ(-EINVAL, rcconf_err(c, "b", EINVAL, &e, "no %s", "good"));
	ATF_CHECK_MSG(strstr(e.text, "/rc.conf line 3: b: no good"), "%s",
		      e.text);
}

ATF_TC_WITHOUT_HEAD(background);
ATF_TC_BODY(background, tc)
{
	/* what a file leaves running neither delays nor survives */
	struct err e = ERR_INIT;
	cleanup_rcconf struct rcconf *c = load("sleep 100 & a=$!\n", 0, &e);
	cleanup_free char *path =
		str_printf("/proc/%s/stat", rcconf_get(c, "a"));
	cleanup_free char *stat = NULL;

	for (int i = 0; i < 100; i++) {
		free(take_ptr(stat));
		if (file_read(AT_FDCWD, path, 4096, &stat, NULL, NULL) < 0 ||
		    strstr(stat, "(sleep) Z") || !strstr(stat, "(sleep)"))
			return;
		usleep(10000);
	}
	atf_tc_fail("it still runs: %s", stat);
}

static bool is_yes(const struct rcconf *c, const char *name, int *warned);

static void count(void *data, enum report_level level, const char *text)
{
	ATF_CHECK_EQ(REPORT_WARN, level);
	ATF_CHECK_STREQ("$d is not set properly - see rc.conf(5).", text);
	++*(int *)data;
}

static bool is_yes(const struct rcconf *c, const char *name, int *warned)
{
	return rcconf_yes(c, name,
			  &(struct report){.line = count, .data = warned});
}

ATF_TC_WITHOUT_HEAD(yes_or_no);
ATF_TC_BODY(yes_or_no, tc)
{
	struct err e = ERR_INIT;
	cleanup_rcconf struct rcconf *c =
		load("a=yEs b=1 c=oFF d=perhaps\n", 0, &e);
	int warned = 0;

	ATF_CHECK(is_yes(c, "a", &warned));
	ATF_CHECK(is_yes(c, "b", &warned));
	ATF_CHECK(!is_yes(c, "c", &warned));
	ATF_CHECK_EQ(0, warned);
	ATF_CHECK(!is_yes(c, "d", &warned));
	ATF_CHECK_EQ(1, warned);
}

ATF_TC_WITHOUT_HEAD(limits);
ATF_TC_BODY(limits, tc)
{
	struct err e = ERR_INIT;

	load("x=xxxxxxxxxxxxxxxx\n"
	     "while :; do x=$x$x; [ ${#x} -gt 9000000 ] && break; done\n",
	     -EFBIG, &e);
	ATF_CHECK_MSG(strstr(e.text, "more than 4 MB"), "%s", e.text);
	load("exit 7\n", -EINVAL, &e);
	ATF_CHECK_MSG(strstr(e.text, "ended early with status 7"), "%s",
		      e.text);
	load("kill -SEGV $$\n", -EINVAL, &e);
	ATF_CHECK_MSG(strstr(e.text, "died of signal 11"), "%s", e.text);
}

ATF_TC(time_limit);
ATF_TC_HEAD(time_limit, tc)
{
	atf_tc_set_md_var(tc, "timeout", "30");
}
ATF_TC_BODY(time_limit, tc)
{
	struct err e = ERR_INIT;

	load("trap '' TERM INT HUP\nsleep 1000\n", -ETIMEDOUT, &e);
	ATF_CHECK_MSG(strstr(e.text, "not finished after 10 seconds"), "%s",
		      e.text);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, hostile_values);
	ATF_TP_ADD_TC(tp, plain);
	ATF_TP_ADD_TC(tp, clean_environment);
	ATF_TP_ADD_TC(tp, errors_name_the_line);
	ATF_TP_ADD_TC(tp, messages);
	ATF_TP_ADD_TC(tp, where);
	ATF_TP_ADD_TC(tp, background);
	ATF_TP_ADD_TC(tp, yes_or_no);
	ATF_TP_ADD_TC(tp, limits);
	ATF_TP_ADD_TC(tp, time_limit);
	return atf_no_error();
}
