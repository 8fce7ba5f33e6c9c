/* devfs rules: patterns, rulesets, what a jail may be shown. */
#include "base/cleanup.h"
#include "jail/devfs.h"

#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

ATF_TC_WITHOUT_HEAD(match);
ATF_TC_BODY(match, tc)
{
	static const struct {
		const char *pattern, *name;
		bool want;
	} t[] = {
		{"null", "null", true},
		{"null", "nul", false},
		{"nul", "null", false},
		{"", "", true},
		{"", "x", false},
		{"*", "null", true},
		{"*", "", true},
		{"*", "pts/0", false},
		{"pts/*", "pts/0", true},
		{"pts/*", "pts", false},
		{"*/*", "pts/0", true},
		{"*/0", "pts/0", true},
		{"p*s/*0", "ptts/100", true},
		{"*a*b*c", "xaybzc", true},
		{"*a*b*c", "xaybzcd", false},
		{"**x", "x", true},
		{"?", "x", true},
		{"?", "/", false},
		{"pts?0", "pts/0", false},
		{"tty[pq]*", "ttyq3", true},
		{"tty[pq]*", "ttyr3", false},
		{"tty[!p-r]", "ttys", true},
		{"tty[!p-r]", "ttyq", false},
		{"tty[^p-r]", "ttyq", false},
		{"a[/]b", "a/b", false},
		{"a[]x]b", "a]b", true},
		{"a[x-]b", "a-b", true},
		{"a[x", "a[x", true}, /* unterminated: as it stands */
		{"a[x", "ax", false},
		{"a\\*", "a*", true},
		{"a\\*", "ab", false},
		{"a\\", "a\\", true},
		{"[\\]]", "]", true},
		{"da*", "da0s1", true},
		{".*", ".x", true},
		{"*", ".x", true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		ATF_CHECK_EQ_MSG(t[i].want,
				 devfs_match(t[i].pattern, t[i].name), "%s %s",
				 t[i].pattern, t[i].name);
}

ATF_TC_WITHOUT_HEAD(match_as_fnmatch);
ATF_TC_BODY(match_as_fnmatch, tc)
{
	/* every pattern and name of few characters, against libc's */
	static const char pc[] = "ab/*?", nc[] = "ab/";
	char p[6], s[5];

	for (int i = 0; i < 5 * 5 * 5 * 5 * 5; i++) {
		for (int k = 0, v = i; k < 5; k++, v /= 5)
			p[k] = pc[v % 5];
		p[5] = '\0';
		for (int j = 0; j < 3 * 3 * 3 * 3; j++) {
			for (int k = 0, v = j; k < 4; k++, v /= 3)
				s[k] = nc[v % 3];
			s[4] = '\0';
			if (devfs_match(p, s) !=
			    !fnmatch(p, s, FNM_PATHNAME | FNM_NOESCAPE))
				atf_tc_fail("%s %s", p, s);
		}
	}
}

ATF_TC(match_time);
ATF_TC_HEAD(match_time, tc)
{
	atf_tc_set_md_var(tc, "descr", "No pattern takes long");
	atf_tc_set_md_var(tc, "timeout", "10");
}
ATF_TC_BODY(match_time, tc)
{
	char p[DEVFS_PATTERN_MAX], s[256];

	for (size_t i = 0; i + 2 < sizeof(p); i += 2)
		memcpy(p + i, "*a", 2);
	p[sizeof(p) - 2] = 'b';
	p[sizeof(p) - 1] = '\0';
	memset(s, 'a', sizeof(s) - 1);
	s[sizeof(s) - 1] = '\0';
	ATF_CHECK(!devfs_match(p, s));
}

static void add(struct devfs_sets *s, int set, const char *text, int want)
{
	cleanup_strv struct strv w = {0};
	struct devfs_rule r = {0};
	struct err e = ERR_INIT;

	ATF_REQUIRE_EQ(0, strv_split(&w, text, " "));
	ATF_REQUIRE_EQ_MSG(0, devfs_rule_parse(w.v, w.n, &r, &e), "%s", e.text);
	ATF_CHECK_EQ_MSG(want, devfs_rule_add(s, set, &r, &e), "%s: %s", text,
			 e.text);
}

static void shown(const struct devfs_set *set, const char *want)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	for (size_t i = 0; set && i < set->n; i++) {
		devfs_rule_print(&b, &set->v[i]);
		strbuf_addch(&b, ';');
	}
	ATF_CHECK_STREQ(want, b.s);
}

ATF_TC_WITHOUT_HEAD(numbering);
ATF_TC_BODY(numbering, tc)
{
	cleanup_devfs_sets struct devfs_sets s = {0};

	add(&s, 10, "path null hide", 0);
	add(&s, 10, "path zero hide user root mode 0600", 0);
	add(&s, 10, "150 type tty type disk unhide", 0);
	add(&s, 10, "150 hide", -EEXIST);
	add(&s, 10, "65500 hide", 0);
	add(&s, 10, "hide", -ERANGE);
	add(&s, 0, "hide", -EIO);
	add(&s, 11, "include 12", -ESRCH);
	ATF_CHECK_EQ(NULL, devfs_set_find(&s, 11));
	add(&s, 9, "include 10", 0);
	shown(devfs_set_find(&s, 10),
	      "100 path null hide;150 type disk type tty unhide;"
	      "200 path zero hide user root mode 600;65500 hide;");
	ATF_CHECK_EQ(9, s.v[0].number);
	ATF_CHECK_EQ(0, devfs_rule_del(&s, 10, 150, NULL));
	ATF_CHECK_EQ(-ENOENT, devfs_rule_del(&s, 10, 150, NULL));
	ATF_CHECK_EQ(-ENOENT, devfs_rule_del(&s, 77, 1, NULL));
	ATF_CHECK_EQ(0, devfs_set_del(&s, 10, NULL));
	ATF_CHECK_EQ(-EIO, devfs_set_del(&s, 0, NULL));
	ATF_CHECK_EQ(NULL, devfs_set_find(&s, 10));
	ATF_CHECK_EQ(1, s.rules);
}

ATF_TC_WITHOUT_HEAD(stock);
ATF_TC_BODY(stock, tc)
{
	cleanup_devfs_sets struct devfs_sets s = {0};
	struct err e = ERR_INIT;

	ATF_REQUIRE_EQ_MSG(0, devfs_stock(&s, &e), "%s", e.text);
	ATF_REQUIRE_EQ(5, s.n);
	shown(devfs_set_find(&s, 1), "100 hide;");
	shown(devfs_set_find(&s, 2),
	      "100 path log unhide;200 path null unhide;300 path zero unhide;"
	      "400 path crypto unhide;500 path random unhide;"
	      "600 path urandom unhide;");
	ATF_CHECK_EQ(40, devfs_set_find(&s, 3)->n);
	shown(devfs_set_find(&s, 4),
	      "100 include 1;200 include 2;300 include 3;400 path fuse unhide;"
	      "500 path zfs unhide;");
	shown(devfs_set_find(&s, 5),
	      "100 include 1;200 include 2;300 include 3;400 include 4;"
	      "500 path pf unhide;");
	ATF_CHECK_EQ(4, devfs_set_named(&s, "devfsrules_jail")->number);
	ATF_CHECK_EQ(5, devfs_set_named(&s, "5")->number);
	ATF_CHECK_EQ(NULL, devfs_set_named(&s, "nosuch"));
}

/* --- the nodes of a creator's /dev --------------------------------------- */

static int a_dev(void)
{
	static const struct {
		const char *name;
		mode_t mode;
		unsigned int major, minor;
		gid_t gid;
	} t[] = {
		{"null", S_IFCHR | 0666, 1, 3, 0},
		{"fuse", S_IFCHR | 0600, 10, 229, 0},
		{"kvm", S_IFCHR | 0660, 10, 232, 107},
		{"net/tun", S_IFCHR | 0666, 10, 200, 0},
		{"mem", S_IFCHR | 0640, 1, 1, 15},
		{"kmsg", S_IFCHR | 0600, 1, 11, 0},
		{"sda", S_IFBLK | 0660, 8, 0, 6},
		{"sda1", S_IFBLK | 0660, 8, 1, 6},
		{"sg0", S_IFCHR | 0660, 21, 0, 6},
		{"ttyS0", S_IFCHR | 0660, 4, 64, 20},
		{"console", S_IFCHR | 0600, 5, 1, 0},
		{"snd/pcmC0D0p", S_IFCHR | 0660, 116, 3, 29},
		{"dri/card0", S_IFCHR | 0660, 226, 0, 44},
		{"zfs", S_IFCHR | 0660, 10, 249, 0},
		{"nvme0", S_IFCHR | 0600, 240, 0, 0},
	};
	int fd;

	ATF_REQUIRE_EQ(0, mkdir("dev", 0755));
	fd = open("dev", O_PATH | O_DIRECTORY | O_CLOEXEC);
	ATF_REQUIRE(fd >= 0);
	mkdirat(fd, "net", 0755);
	mkdirat(fd, "snd", 0755);
	mkdirat(fd, "dri", 0755);
	ATF_REQUIRE_EQ(0, symlinkat("sda", fd, "disk"));
	ATF_REQUIRE_EQ(0, symlinkat(".", fd, "loop"));
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		if (mknodat(fd, t[i].name, t[i].mode,
			    makedev(t[i].major, t[i].minor)) < 0)
			atf_tc_skip("no device nodes can be made here");
		ATF_REQUIRE_EQ(0, fchmodat(fd, t[i].name, t[i].mode & 0777, 0));
		ATF_REQUIRE_EQ(0, fchownat(fd, t[i].name, 0, t[i].gid, 0));
	}
	return fd;
}

/* The visible nodes beyond those of every ruleset that begins with 4. */
static void sees(const char *rules, struct devfs_view view, const char *want,
		 size_t withheld)
{
	static const char *const basic[] = {
		"null", "zero",	 "full", "random", "urandom", "tty",   "ptmx",
		"pts",	"pts/0", "fd",	 "stdin",  "stdout",  "stderr"};
	cleanup_devfs_sets struct devfs_sets s = {0};
	cleanup_devfs_plan struct devfs_plan p = {0};
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	struct err e = ERR_INIT;

	ATF_REQUIRE_EQ(0, devfs_stock(&s, NULL));
	ATF_REQUIRE_EQ_MSG(
		0, devfsrules_parse(rules, strlen(rules), "rules", &s, &e),
		"%s", e.text);
	ATF_REQUIRE_EQ_MSG(0, devfs_plan_make(&s, 10, &view, &p, &e), "%s",
			   e.text);
	for (size_t i = 0; i < p.n; i++) {
		bool known = false;

		for (size_t k = 0; k < ARRAY_SIZE(basic); k++)
			known |= !strcmp(basic[k], p.v[i].name);
		if (p.v[i].visible && !known)
			strbuf_addf(&b, "%s:%u:%u:%o ", p.v[i].name,
				    (unsigned int)p.v[i].uid,
				    (unsigned int)p.v[i].gid,
				    (unsigned int)p.v[i].mode);
	}
	ATF_CHECK_STREQ(want, b.s);
	ATF_CHECK_EQ_MSG(withheld, p.withheld, "%s: %zu", rules, p.withheld);
}

#define JAIL "[x=10]\nadd include $devfsrules_jail\n"

ATF_TC(nodes);
ATF_TC_HEAD(nodes, tc)
{
	atf_tc_set_md_var(tc, "descr", "Linux nodes that rules unhide");
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(nodes, tc)
{
	cleanup_close int fd = a_dev();
	struct devfs_view v = {.devfd = fd}, vnet = {.devfd = fd, .vnet = true},
			  trusted = {.devfd = fd, .trusted = true};

	sees(JAIL, v, "fuse:0:0:666 ", 0);
	sees(JAIL, vnet, "fuse:0:0:666 net/tun:0:0:666 ", 0);
	sees(JAIL "add path 'tap*' unhide", v, "fuse:0:0:666 net/tun:0:0:666 ",
	     0);
	sees(JAIL "add path 'tun*' hide", vnet, "fuse:0:0:666 ", 0);
	sees(JAIL "add path fuse hide\nadd path 'snd/*' unhide group 5", v,
	     "snd/pcmC0D0p:0:5:660 ", 0);
	sees(JAIL "add path fuse hide\nadd path 'snd*' unhide", v, "", 0);
	sees(JAIL "add path 'vmm*' unhide mode 666", v,
	     "fuse:0:0:666 kvm:0:0:666 ", 0);
	/* links are not followed */
	sees(JAIL "add path disk unhide\nadd path 'loop/*' unhide", v,
	     "fuse:0:0:666 ", 0);
	/* disks, consoles, what nobody knows: only for the trusted */
	sees(JAIL "add type disk unhide", v, "fuse:0:0:666 ", 2);
	sees(JAIL "add type disk unhide", trusted,
	     "fuse:0:0:666 sda:0:6:660 sda1:0:6:660 ", 0);
	sees(JAIL "add path 'tty*' unhide\nadd path console unhide\n"
		  "add path 'sg*' unhide\nadd path kmsg unhide\n"
		  "add path zfs unhide\nadd path 'nvme*' unhide",
	     v, "fuse:0:0:666 ", 6);
	/* FreeBSD's ttyS* are no serial ports, whatever else is unhidden */
	sees(JAIL "add path 'dri/*' unhide", v,
	     "fuse:0:0:666 dri/card0:0:44:660 ", 0);
	/* memory never */
	sees(JAIL "add type mem unhide", v, "fuse:0:0:666 ", 0);
	sees(JAIL "add type mem unhide", trusted, "fuse:0:0:666 ", 0);
	/* everything that may be */
	sees("[x=10]\nadd unhide", v,
	     "fuse:0:0:666 net/tun:0:0:666 kvm:0:0:660 dri/card0:0:44:660 "
	     "snd/pcmC0D0p:0:29:660 ",
	     8);
	sees("[x=10]\nadd path null hide", v, "fuse:0:0:666 net/tun:0:0:666 ",
	     0);
}

ATF_TC(ruleset_zero);
ATF_TC_HEAD(ruleset_zero, tc)
{
	atf_tc_set_md_var(tc, "descr", "Everything, for trusted jails only");
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(ruleset_zero, tc)
{
	cleanup_close int fd = a_dev();
	cleanup_devfs_sets struct devfs_sets s = {0};
	cleanup_devfs_plan struct devfs_plan p = {0};
	struct devfs_view v = {.devfd = fd};
	struct err e = ERR_INIT;

	ATF_REQUIRE_EQ(0, devfs_stock(&s, NULL));
	ATF_CHECK_EQ(-EPERM, devfs_plan_make(&s, 0, &v, &p, &e));
	ATF_CHECK_STREQ("devfs_ruleset 0 shows every device of the machine: it "
			"needs host.unconfined=devices",
			e.text);
	ATF_CHECK_EQ(-ENOENT, devfs_plan_make(&s, 77, &v, &p, &e));
	ATF_CHECK_STREQ("devfs_ruleset 77: no such ruleset (see "
			"devfs.rules(5))",
			e.text);
	ATF_CHECK_EQ(-EINVAL, devfs_plan_make(&s, 65536, &v, &p, &e));
	ATF_CHECK_EQ(-EINVAL, devfs_plan_make(&s, -1, &v, &p, &e));
	v.trusted = true;
	ATF_REQUIRE_EQ(0, devfs_plan_make(&s, 0, &v, &p, &e));
	ATF_CHECK(devfs_plan_find(&p, "sda1")->visible);
	ATF_CHECK(devfs_plan_find(&p, "zfs")->visible);
	ATF_CHECK(!devfs_plan_find(&p, "mem")->visible);
}

ATF_TC_WITHOUT_HEAD(numbers);
ATF_TC_BODY(numbers, tc)
{
	cleanup_devfs_sets struct devfs_sets s = {0};
	cleanup_devfs_plan struct devfs_plan p = {0};
	cleanup_free struct dev_rule *v = NULL;
	struct devfs_view view = {.devfd = -1};
	static const char rules[] = "[x=10]\nadd hide\nadd path pts unhide\n"
				    "add path null unhide\n";
	struct devfs_rule r = {.acts = DEVFS_HIDE};
	size_t n = 0;

	ATF_REQUIRE_EQ(0, devfs_stock(&s, NULL));
	ATF_REQUIRE_EQ(0,
		       devfsrules_parse(rules, strlen(rules), "r", &s, NULL));
	ATF_REQUIRE_EQ(0, devfs_plan_make(&s, 10, &view, &p, NULL));
	ATF_REQUIRE_EQ(0, devfs_plan_numbers(&p, &v, &n, NULL));
	ATF_REQUIRE_EQ(10, n);
	ATF_CHECK(!v[0].block && v[0].major == 1 && v[0].minor == 3);
	ATF_CHECK(v[1].major == 5 && v[1].minor == 2);
	ATF_CHECK(v[2].major == 136 && v[2].minor == -1);
	free(take_ptr(v));
	ATF_REQUIRE_EQ(0, devfs_plan_apply(&s, 0, &r, &view, &p, NULL));
	ATF_REQUIRE_EQ(0, devfs_plan_numbers(&p, &v, &n, NULL));
	ATF_CHECK_EQ(0, n);
}

ATF_TC(includes);
ATF_TC_HEAD(includes, tc)
{
	atf_tc_set_md_var(tc, "descr", "Includes of includes come to an end");
	atf_tc_set_md_var(tc, "timeout", "10");
}
ATF_TC_BODY(includes, tc)
{
	cleanup_devfs_sets struct devfs_sets s = {0};
	cleanup_devfs_plan struct devfs_plan p = {0};
	struct devfs_view view = {.devfd = -1};
	struct err e = ERR_INIT;

	add(&s, 10, "hide", 0);
	for (int i = 11; i < 25; i++)
		for (int k = 0; k < 50; k++) {
			char text[32];

			snprintf(text, sizeof(text), "include %d", i - 1);
			add(&s, i, text, 0);
		}
	ATF_CHECK_EQ(-E2BIG, devfs_plan_make(&s, 24, &view, &p, &e));
	ATF_CHECK_STREQ("devfs_ruleset 24: too many included rulesets", e.text);
	ATF_CHECK_EQ(0, devfs_plan_make(&s, 12, &view, &p, &e));
}

ATF_TC_WITHOUT_HEAD(text_limits);
ATF_TC_BODY(text_limits, tc)
{
	cleanup_devfs_sets struct devfs_sets s = {0};
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	struct err e = ERR_INIT;

	ATF_CHECK_EQ(-EINVAL, devfsrules_parse("[x=7]\na\0b", 9, "f", &s, &e));
	ATF_CHECK_STREQ("f line 2: NUL byte", e.text);
	strbuf_adds(&b, "[x=7]\nadd path ");
	for (int i = 0; i < DEVFS_PATTERN_MAX; i++)
		strbuf_addch(&b, 'a');
	strbuf_adds(&b, " hide");
	ATF_CHECK_EQ(-ENAMETOOLONG, devfsrules_parse(b.s, b.len, "f", &s, &e));
	ATF_CHECK_STREQ("f line 2: pattern specified too long", e.text);
	strbuf_clear(&b);
	strbuf_adds(&b, "[x=7]\n");
	for (int i = 0; i <= DEVFS_RULES_MAX; i++)
		strbuf_addf(&b, "add %d hide\n", i + 1);
	ATF_CHECK_EQ(-E2BIG, devfsrules_parse(b.s, b.len, "f", &s, &e));
	ATF_CHECK_EQ(DEVFS_RULES_MAX, s.rules);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, match);
	ATF_TP_ADD_TC(tp, match_as_fnmatch);
	ATF_TP_ADD_TC(tp, match_time);
	ATF_TP_ADD_TC(tp, numbering);
	ATF_TP_ADD_TC(tp, stock);
	ATF_TP_ADD_TC(tp, nodes);
	ATF_TP_ADD_TC(tp, ruleset_zero);
	ATF_TP_ADD_TC(tp, numbers);
	ATF_TP_ADD_TC(tp, includes);
	ATF_TP_ADD_TC(tp, text_limits);
	return atf_no_error();
}
