/* jail/fstab: lines of mount and mount.fstab, text to model. */
#include "base/cleanup.h"
#include "jail/fstab.h"

#include <atf-c.h>
#include <errno.h>
#include <string.h>
#include <sys/mount.h>

static struct fstab_line parsed(const char *line)
{
	struct fstab_line l = {0};
	struct err e = ERR_INIT;

	ATF_REQUIRE_EQ_MSG(0, fstab_parse("mount", line, &l, &e), "%s: %s",
			   line, e.text);
	return l;
}

static void refused(const char *param, const char *line, int code,
		    const char *text)
{
	struct fstab_line l = {.size = 77};
	struct err e = ERR_INIT;

	ATF_CHECK_EQ(-code, fstab_parse(param, line, &l, &e));
	ATF_CHECK_STREQ(text, e.text);
	ATF_CHECK_EQ(77, l.size);
	ATF_CHECK_EQ(NULL, l.source);
}

ATF_TC_WITHOUT_HEAD(fields);
ATF_TC_BODY(fields, tc)
{
	struct fstab_line l = parsed("/a\\040b /j/x\\011y nullfs");

	ATF_CHECK_STREQ("/a b", l.source);
	ATF_CHECK_STREQ("/j/x\ty", l.dir);
	ATF_CHECK_EQ(FSTAB_NULLFS, l.kind);
	ATF_CHECK_EQ(0, l.set);
	ATF_CHECK(!l.recursive);
	ATF_CHECK_EQ(NULL, l.where);
	fstab_line_free(&l);
	/* the numbers behind the options are nobody's */
	l = parsed("  tmpfs\t/j/t\ttmpfs rw,size=1m 0 0 x\nf line 3");
	ATF_CHECK_EQ(FSTAB_TMPFS, l.kind);
	ATF_CHECK_EQ(1 << 20, l.size);
	ATF_CHECK_STREQ("f line 3", l.where);
	fstab_line_free(&l);
}

ATF_TC_WITHOUT_HEAD(nothing);
ATF_TC_BODY(nothing, tc)
{
	struct fstab_line l = {0};
	struct err e = ERR_INIT;

	ATF_CHECK_EQ(1, fstab_parse("mount", "", &l, &e));
	ATF_CHECK_EQ(1, fstab_parse("mount", " \t \nf line 1", &l, &e));
	ATF_CHECK_EQ(0, e.code);
}

ATF_TC_WITHOUT_HEAD(types);
ATF_TC_BODY(types, tc)
{
	static const struct {
		const char *line;
		enum fstab_kind kind;
	} t[] = {
		{"proc /j/p procfs", FSTAB_PROCFS},
		{"linproc /j/p linprocfs rw", FSTAB_PROCFS},
		{"linsys /j/p linsysfs rw", FSTAB_SYSFS},
		{"fdesc /j/dev/fd fdescfs rw,linrdlnk", FSTAB_FDESCFS},
		{"devfs /j/dev devfs rw,ruleset=4", FSTAB_DEVFS},
		{"/u /j/u unionfs rw,below", FSTAB_UNIONFS},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct fstab_line l = parsed(t[i].line);

		ATF_CHECK_EQ_MSG(t[i].kind, l.kind, "%s", t[i].line);
		ATF_CHECK_EQ(i == 4 ? 4 : -1, l.ruleset);
		ATF_CHECK_EQ(i == 5, l.below);
		fstab_line_free(&l);
	}
}

ATF_TC_WITHOUT_HEAD(attributes);
ATF_TC_BODY(attributes, tc)
{
	static const struct {
		const char *opts;
		uint64_t set, clear;
	} t[] = {
		{"ro", MOUNT_ATTR_RDONLY, 0},
		{"rw", 0, MOUNT_ATTR_RDONLY},
		{"ro,rw", 0, MOUNT_ATTR_RDONLY},
		{"rw,ro", MOUNT_ATTR_RDONLY, 0},
		{"ro,nosuid,noexec,nosymfollow",
		 MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC |
			 MOUNT_ATTR_NOSYMFOLLOW,
		 0},
		{"noatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME},
		{"noatime,atime", 0, MOUNT_ATTR__ATIME},
		{"nodev,late,noauto,failok,nocache", 0, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		cleanup_free char *line =
			str_printf("/s /d nullfs %s 0 0", t[i].opts);
		struct fstab_line l = parsed(line);

		ATF_CHECK_EQ_MSG(t[i].set, l.set, "%s", line);
		ATF_CHECK_EQ_MSG(t[i].clear, l.clear, "%s", line);
		fstab_line_free(&l);
	}
}

ATF_TC_WITHOUT_HEAD(numbers);
ATF_TC_BODY(numbers, tc)
{
	struct fstab_line l = parsed("t /d tmpfs size=3G,inodes=2k,mode=01777,"
				     "uid=80,gid=0");

	ATF_CHECK_EQ(3LL << 30, l.size);
	ATF_CHECK_EQ(2048, l.inodes);
	ATF_CHECK_EQ(01777, l.mode);
	ATF_CHECK_EQ(80, l.uid);
	ATF_CHECK_EQ(0, l.gid);
	fstab_line_free(&l);
	l = parsed("t /d tmpfs size=512,size=0");
	ATF_CHECK_EQ(0, l.size);
	ATF_CHECK_EQ(-1, l.mode);
	fstab_line_free(&l);
	refused("mount", "t /d tmpfs size=9e", EINVAL,
		"mount: /d: size=9e: not a number");
	refused("mount", "t /d tmpfs size=-1", EINVAL,
		"mount: /d: size=-1: not a number");
	refused("mount", "t /d tmpfs size=50%", EINVAL,
		"mount: /d: size=50%: not a number");
	refused("mount", "t /d tmpfs size=", EINVAL,
		"mount: /d: size=: not a number");
	refused("mount", "t /d tmpfs mode=0999", EINVAL,
		"mount: /d: mode=0999: not an octal number");
	refused("mount", "t /d tmpfs mode=10000", EINVAL,
		"mount: /d: mode=10000: not an octal number");
	refused("mount", "t /d tmpfs uid=www", EINVAL,
		"mount: /d: uid=www: not a number");
}

ATF_TC_WITHOUT_HEAD(refusals);
ATF_TC_BODY(refusals, tc)
{
	refused("mount", "/a /b", EINVAL, "mount: /a /b: missing information");
	refused("mount.fstab", "/a /b\nt line 2", EINVAL,
		"t line 2: mount.fstab: /a /b: missing information");
	refused("mount", "/a b nullfs", EINVAL,
		"mount: b: not an absolute pathname");
	refused("mount", "a /b nullfs", EINVAL,
		"mount: a: not an absolute pathname");
	refused("mount", "h:/x /b nfs rw,frob", ENODEV,
		"mount: h:/x: nfs: Operation not supported by device");
	refused("mount", "/a /b nullfs rw,frob", EINVAL,
		"mount: /b: mount option <frob> is unknown");
	refused("mount", "/a /b nullfs size=1", EINVAL,
		"mount: /b: mount option <size> is unknown");
	refused("mount", "/a /b nullfs ro=1", EINVAL,
		"mount: /b: ro=1: takes no value");
	refused("mount", "t /b tmpfs size", EINVAL,
		"mount: /b: size needs a value");
	refused("mount", "t /b tmpfs maxfilesize=3", EOPNOTSUPP,
		"mount: /b: maxfilesize=3: Linux has no such limit; use size");
	refused("mount", "/a /b unionfs copymode=traditional", EOPNOTSUPP,
		"mount: /b: copymode=traditional: only transparent: copies "
		"keep owner and mode of the original");
	/* what a file says steers no terminal */
	refused("mount.fstab", "\33[2J /b x\nf\33 line 1", ENODEV,
		"f? line 1: mount.fstab: ?[2J: x: Operation not supported by "
		"device");
}

ATF_TC_WITHOUT_HEAD(files);
ATF_TC_BODY(files, tc)
{
	static const char text[] = "# comment\n"
				   "\n"
				   "/a /b nullfs ro # more\r\n"
				   "  # only a comment\n"
				   "/c /d nullfs";
	cleanup_strv struct strv v = {0};
	struct err e = ERR_INIT;

	ATF_REQUIRE_EQ(0, fstab_lines("tab", text, strlen(text), &v, &e));
	ATF_REQUIRE_EQ(2, v.n);
	ATF_CHECK_STREQ("/a /b nullfs ro \ntab line 3", v.v[0]);
	ATF_CHECK_STREQ("/c /d nullfs\ntab line 5", v.v[1]);
	/* NUL, and limits */
	ATF_CHECK_EQ(-EINVAL, fstab_lines("tab", "/a\n\0b\n", 5, &v, &e));
	ATF_CHECK_STREQ("tab line 2: contains a NUL byte", e.text);
	ATF_CHECK_EQ(2, v.n);
}

ATF_TC_WITHOUT_HEAD(limits);
ATF_TC_BODY(limits, tc)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT, one = STRBUF_INIT;
	cleanup_strv struct strv v = {0};
	struct err e = ERR_INIT;

	for (int i = 0; i <= FSTAB_LINES; i++)
		strbuf_adds(&b, "a\n");
	ATF_CHECK_EQ(-E2BIG, fstab_lines("t", b.s, b.len, &v, &e));
	ATF_CHECK_STREQ("t line 4097: too many lines", e.text);
	for (int i = 0; i <= FSTAB_LINE_MAX; i++)
		strbuf_addch(&one, 'x');
	ATF_CHECK_EQ(-E2BIG, fstab_lines("t", one.s, one.len, &v, &e));
	ATF_CHECK_STREQ("t line 1: line too long", e.text);
	refused("mount", one.s, E2BIG, "mount: line too long");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, fields);
	ATF_TP_ADD_TC(tp, nothing);
	ATF_TP_ADD_TC(tp, types);
	ATF_TP_ADD_TC(tp, attributes);
	ATF_TP_ADD_TC(tp, numbers);
	ATF_TP_ADD_TC(tp, refusals);
	ATF_TP_ADD_TC(tp, files);
	ATF_TP_ADD_TC(tp, limits);
	return atf_no_error();
}
