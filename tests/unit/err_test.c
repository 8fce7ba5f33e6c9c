/* base/err: texts as they travel upward. */
#include "base/err.h"

#include <atf-c.h>
#include <errno.h>
#include <string.h>

ATF_TC_WITHOUT_HEAD(texts);
ATF_TC_BODY(texts, tc)
{
	struct err e = ERR_INIT;

	ATF_CHECK_EQ(-EINVAL, err_set(&e, EINVAL, "%s: bad", "x"));
	ATF_CHECK_EQ(EINVAL, e.code);
	ATF_CHECK_STREQ("x: bad", e.text);
	ATF_CHECK_EQ(-ENOENT, err_sys(&e, ENOENT, "/etc/%s", "jail.conf"));
	ATF_CHECK_STREQ("/etc/jail.conf: No such file or directory", e.text);
	ATF_CHECK_EQ(-EINVAL, err_at(&e, EINVAL, "jail.conf", 12, "%s", "no"));
	ATF_CHECK_STREQ("jail.conf line 12: no", e.text);
	ATF_CHECK_EQ(-EINVAL, err_wrap(&e, "jail %s", "a"));
	ATF_CHECK_STREQ("jail a: jail.conf line 12: no", e.text);
	err_append(&e, " (%d)", 3);
	ATF_CHECK_STREQ("jail a: jail.conf line 12: no (3)", e.text);
	err_clear(&e);
	ATF_CHECK_EQ(0, e.code);
	ATF_CHECK_STREQ("", e.text);
}

static int __attribute__((format(printf, 2, 3)))
complain(struct err *e, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = err_vat(e, EINVAL, "rc.conf", 7, fmt, ap);
	va_end(ap);
	return r;
}

ATF_TC_WITHOUT_HEAD(of_another);
ATF_TC_BODY(of_another, tc)
{
	struct err e = ERR_INIT;

	ATF_CHECK_EQ(-EINVAL, complain(&e, "%s: %d", "mtu", -1));
	ATF_CHECK_STREQ("rc.conf line 7: mtu: -1", e.text);
	ATF_CHECK_EQ(EINVAL, e.code);
	ATF_CHECK_EQ(-EINVAL, complain(NULL, "%s", "x"));
}

ATF_TC_WITHOUT_HEAD(tame);
ATF_TC_BODY(tame, tc)
{
	struct err e = ERR_INIT;

	err_set(&e, EINVAL, "%s", "\033[2J");
	ATF_CHECK_STREQ("?[2J", e.text);
	err_wrap(&e, "a%sb", "\007\177");
	ATF_CHECK_STREQ("a??b: ?[2J", e.text);
	err_append(&e, "%s", " \001\xc3\xbc\n\t.");
	ATF_CHECK_STREQ("a??b: ?[2J ?\xc3\xbc\n\t.", e.text);
	complain(&e, "%s", "\r");
	ATF_CHECK_STREQ("rc.conf line 7: ?", e.text);
}

ATF_TC_WITHOUT_HEAD(no_object);
ATF_TC_BODY(no_object, tc)
{
	ATF_CHECK_EQ(-EIO, err_set(NULL, EIO, "x"));
	ATF_CHECK_EQ(-EIO, err_sys(NULL, EIO, "x"));
	ATF_CHECK_EQ(-EIO, err_at(NULL, EIO, "f", 1, "x"));
	ATF_CHECK_EQ(-ENOMEM, err_nomem(NULL));
	ATF_CHECK(err_wrap(NULL, "x") < 0);
	err_append(NULL, "x");
	err_clear(NULL);
}

ATF_TC_WITHOUT_HEAD(too_long);
ATF_TC_BODY(too_long, tc)
{
	static char big[3 * ERR_TEXT_MAX];
	struct err e = ERR_INIT;

	memset(big, 'x', sizeof(big) - 1);
	ATF_CHECK_EQ(-EIO, err_sys(&e, EIO, "%s", big));
	ATF_CHECK_EQ(ERR_TEXT_MAX - 1, strlen(e.text));
	ATF_CHECK_EQ(-EIO, err_wrap(&e, "%s", big));
	err_append(&e, "%s", big);
	ATF_CHECK_EQ(ERR_TEXT_MAX - 1, strlen(e.text));
	ATF_CHECK_EQ(-EIO, err_at(&e, EIO, big, 1, "%s", big));
	ATF_CHECK(strlen(e.text) < ERR_TEXT_MAX);
	ATF_CHECK_EQ('x', e.text[0]);
}

ATF_TC_WITHOUT_HEAD(note);
ATF_TC_BODY(note, tc)
{
	struct err e = ERR_INIT, step = ERR_INIT;
	int first = 0;

	err_note(&e, &first, 0, &step);
	err_note(&e, &first, 3, &step);
	ATF_CHECK_EQ(0, first);
	ATF_CHECK_STREQ("", e.text);
	err_note(&e, &first, err_set(&step, EBUSY, "one"), &step);
	err_note(&e, &first, err_set(&step, EPERM, "two"), &step);
	err_note(&e, &first, 0, &step);
	ATF_CHECK_EQ(-EBUSY, first);
	ATF_CHECK_EQ(EBUSY, e.code);
	ATF_CHECK_STREQ("one; two", e.text);
	first = 0;
	err_note(NULL, &first, -EPERM, &step);
	err_note(NULL, &first, -EBUSY, &step);
	ATF_CHECK_EQ(-EPERM, first);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, texts);
	ATF_TP_ADD_TC(tp, of_another);
	ATF_TP_ADD_TC(tp, tame);
	ATF_TP_ADD_TC(tp, no_object);
	ATF_TP_ADD_TC(tp, too_long);
	ATF_TP_ADD_TC(tp, note);
	return atf_no_error();
}
