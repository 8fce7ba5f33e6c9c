/* jail/param: the table of parameters, values and FreeBSD's error texts. */
#include "base/cleanup.h"
#include "base/file.h"
#include "jail/param.h"

#include <atf-c.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* A parameter with up to one value; freed by the next call. */
static struct jparam *given(const char *name, const char *value)
{
	static struct pset ps;
	struct err e = ERR_INIT;

	pset_free(&ps);
	ATF_REQUIRE_EQ_MSG(0, pset_put(&ps, name, value, false, &e), "%s",
			   e.text);
	return &ps.v[0];
}

ATF_TC_WITHOUT_HEAD(find);
ATF_TC_BODY(find, tc)
{
	static const struct {
		const char *name, *row;
		bool no;
	} t[] = {
		{"jid", "jid", false},
		{"persist", "persist", false},
		{"nopersist", "persist", true},
		{"allow.nomount", "allow.mount", true},
		{"allow.mount.nodevfs", "allow.mount.devfs", true},
		{"noallow.mount", NULL, false},
		{"novnet", "vnet", true},
		{"mount.nodevfs", "mount.devfs", true},
		{"nopath", NULL, false},
		{"ip4.addrs", "ip4.addr", false},
		{"ip6.addrs", "ip6.addr", false},
		{"meta", "meta", false},
		{"meta.owner", "meta", false},
		{"env.a.b", "env", false},
		{"meta.", NULL, false},
		{"host.", NULL, false},
		{"jid.x", NULL, false},
		{"", NULL, false},
		{"no", NULL, false},
		{"nothing", NULL, false},
		{"Persist", NULL, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		bool no = false;
		const struct param_def *d = param_find(t[i].name, &no);

		ATF_CHECK_EQ_MSG(!t[i].row, !d, "%s", t[i].name);
		if (!d || !t[i].row)
			continue;
		ATF_CHECK_STREQ(t[i].row, d->name);
		ATF_CHECK_EQ_MSG(t[i].no, no, "%s", t[i].name);
	}
}

ATF_TC_WITHOUT_HEAD(table);
ATF_TC_BODY(table, tc)
{
	const struct param_def *d;
	size_t n = 0;
	bool no;

	for (size_t i = 0; (d = param_at(i)); i++, n++) {
		ATF_CHECK_MSG(param_find(d->name, &no) == d && !no, "%s",
			      d->name);
		ATF_CHECK_MSG(!(d->flags &
				(PARAM_RDONLY | PARAM_CREATE | PARAM_ALLOW)) ||
				      (d->flags & PARAM_KERNEL),
			      "%s", d->name);
		if (d->dflt) {
			struct err e = ERR_INIT;

			ATF_CHECK_EQ_MSG(
				0, param_check(given(d->name, d->dflt), &e),
				"%s: %s", d->name, e.text);
		}
	}
	ATF_CHECK(n >= 90);
	ATF_CHECK(!param_at(n + 5));
}

ATF_TC_WITHOUT_HEAD(booleans);
ATF_TC_BODY(booleans, tc)
{
	static const struct {
		const char *name, *value;
		int want; /* -1: error */
	} t[] = {
		{"persist", NULL, 1},	      {"nopersist", NULL, 0},
		{"persist", "true", 1},	      {"persist", "FALSE", 0},
		{"persist", "0", 0},	      {"persist", "7", 1},
		{"nopersist", "false", 1},    {"nopersist", "1", 0},
		{"persist", "yes", -1},	      {"persist", "", -1},
		{"allow.nomount", NULL, 0},   {"persist", "1x", -1},
		{"mount.nodevfs", "true", 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct err e = ERR_INIT;
		bool b = false;
		int r = param_bool(given(t[i].name, t[i].value), &b, &e);

		ATF_CHECK_EQ_MSG(t[i].want < 0, r < 0, "%zu", i);
		if (r == 0)
			ATF_CHECK_EQ_MSG(t[i].want, b, "%zu", i);
		else
			ATF_CHECK(strstr(e.text, "unknown boolean value \""));
	}
}

ATF_TC_WITHOUT_HEAD(numbers);
ATF_TC_BODY(numbers, tc)
{
	struct err e = ERR_INIT;
	int n = 42;

	ATF_CHECK_EQ(0, param_int(given("jid", "7"), &n, &e));
	ATF_CHECK_EQ(7, n);
	ATF_CHECK_EQ(0, param_int(given("securelevel", "-1"), &n, &e));
	ATF_CHECK_EQ(-1, n);
	n = 42;
	ATF_CHECK_EQ(-EINVAL, param_int(given("jid", "x"), &n, &e));
	ATF_CHECK_STREQ("jid: non-integer value \"x\"", e.text);
	ATF_CHECK_EQ(-EINVAL, param_int(given("jid", "99999999999"), &n, &e));
	ATF_CHECK_EQ(-EINVAL, param_int(given("jid", NULL), &n, &e));
	ATF_CHECK_EQ(42, n);
}

ATF_TC_WITHOUT_HEAD(jailsys);
ATF_TC_BODY(jailsys, tc)
{
	struct err e = ERR_INIT;
	int n = 42;

	ATF_CHECK_EQ(0, param_jailsys("vnet", NULL, &n, &e));
	ATF_CHECK_EQ(1, n);
	ATF_CHECK_EQ(0, param_jailsys("novnet", NULL, &n, &e));
	ATF_CHECK_EQ(0, n);
	ATF_CHECK_EQ(0, param_jailsys("ip4", "inherit", &n, &e));
	ATF_CHECK_EQ(2, n);
	ATF_CHECK_EQ(0, param_jailsys("ip4", "disable", &n, &e));
	ATF_CHECK_EQ(0, n);
	ATF_CHECK_EQ(-EINVAL, param_jailsys("vnet", "maybe", &n, &e));
	ATF_CHECK_STREQ("vnet: unknown jailsys value \"maybe\"", e.text);
	ATF_CHECK_STREQ("disable", param_jailsys_name(0));
	ATF_CHECK_STREQ("new", param_jailsys_name(1));
	ATF_CHECK_STREQ("inherit", param_jailsys_name(2));
}

ATF_TC_WITHOUT_HEAD(checks);
ATF_TC_BODY(checks, tc)
{
	static const struct {
		const char *name, *value, *error;
	} t[] = {
		{"colour", "red", "unknown parameter: colour"},
		{"ip4.addr", "10.0.0.1", NULL},
		{"ip4.addr", "", NULL},
		{"ip4.addr", "lo0|10.0.0.1/24 mtu 1400", NULL},
		{"ip4.addr", "em0|10.0.0.1 netmask 255.0.0.0", NULL},
		{"ip4.addr", "10.0.0.256",
		 "ip4.addr: not an IPv4 address: 10.0.0.256"},
		{"ip4.addr", "10.0.0.1/",
		 "ip4.addr: not an IPv4 address: 10.0.0.1/"},
		{"ip4.addr", "::1", "ip4.addr: not an IPv4 address: ::1"},
		{"ip6.addr", "2001:db8::1/64", NULL},
		{"ip6.addr", "10.0.0.1",
		 "ip6.addr: not an IPv6 address: 10.0.0.1"},
		{"path", NULL, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct err e = ERR_INIT;
		int r = param_check(given(t[i].name, t[i].value), &e);

		ATF_CHECK_EQ_MSG(t[i].error ? -EINVAL : 0, r, "%zu: %s", i,
				 e.text);
		if (t[i].error)
			ATF_CHECK_STREQ(t[i].error, e.text);
	}
}

ATF_TC_WITHOUT_HEAD(addr_split);
ATF_TC_BODY(addr_split, tc)
{
	struct param_addr a;
	char big[400];

	ATF_REQUIRE_EQ(0,
		       param_addr_split("em0|10.0.0.1/24  vhid 1 pass x", &a));
	ATF_CHECK_STREQ("em0", a.ifname);
	ATF_CHECK_STREQ("10.0.0.1", a.addr);
	ATF_CHECK_STREQ("24", a.mask);
	ATF_CHECK_STREQ("vhid 1 pass x", a.words);
	ATF_REQUIRE_EQ(0, param_addr_split("::1", &a));
	ATF_CHECK_STREQ("", a.ifname);
	ATF_CHECK_STREQ("::1", a.addr);
	ATF_CHECK_STREQ("", a.mask);
	ATF_CHECK_STREQ("", a.words);
	memset(big, '1', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	ATF_CHECK_EQ(-EINVAL, param_addr_split(big, &a));
}

ATF_TC_WITHOUT_HEAD(set_bool);
ATF_TC_BODY(set_bool, tc)
{
	cleanup_pset struct pset ps = {0};

	ATF_CHECK(param_set_bool(&ps, "allow.set_hostname"));
	ATF_CHECK(!param_set_bool(&ps, "persist"));
	pset_put(&ps, "allow.noset_hostname", NULL, false, NULL);
	ATF_CHECK(!param_set_bool(&ps, "allow.set_hostname"));
}

/*
 * The manual page jail-params(7) has a line
 *	.It Va NAME Pq TYPE[, default VALUE][, read-only][, ...]
 * for each row of the table, and no other.
 */
static void manual_line(const struct param_def *d, struct strbuf *out)
{
	static const char *const types[] = {
		[PARAM_BOOL] = "boolean",  [PARAM_INT] = "integer",
		[PARAM_STRING] = "string", [PARAM_JAILSYS] = "jailsys",
		[PARAM_IP4] = "IPv4 list", [PARAM_IP6] = "IPv6 list",
		[PARAM_LIST] = "list",
	};

	strbuf_addf(out, ".It Va %s Pq %s", d->name, types[d->type]);
	if (d->dflt && *d->dflt)
		strbuf_addf(out, ", default %s", d->dflt);
	if (d->flags & PARAM_RDONLY)
		strbuf_adds(out, ", read-only");
	if (d->flags & PARAM_CREATE)
		strbuf_adds(out, ", set at creation");
	strbuf_adds(out, "\n");
}

ATF_TC(manual);
ATF_TC_HEAD(manual, tc)
{
	atf_tc_set_md_var(tc, "descr", "jail-params(7) agrees with the table");
}
ATF_TC_BODY(manual, tc)
{
	cleanup_strbuf struct strbuf line = STRBUF_INIT, path = STRBUF_INIT;
	cleanup_free char *text = NULL;
	struct err e = ERR_INIT;
	const struct param_def *d;
	size_t rows = 0, items = 0;

	strbuf_addf(&path, "%s/man/jail-params.7", SOURCE_DIR);
	ATF_REQUIRE_EQ_MSG(
		0, file_read(AT_FDCWD, path.s, 1 << 20, &text, NULL, &e), "%s",
		e.text);
	for (; (d = param_at(rows)); rows++) {
		strbuf_clear(&line);
		manual_line(d, &line);
		ATF_CHECK_MSG(strstr(text, line.s), "lacks: %s", line.s);
	}
	for (const char *s = text; (s = strstr(s, "\n.It Va ")); s++)
		items++;
	ATF_CHECK_EQ(rows, items);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, find);
	ATF_TP_ADD_TC(tp, table);
	ATF_TP_ADD_TC(tp, booleans);
	ATF_TP_ADD_TC(tp, numbers);
	ATF_TP_ADD_TC(tp, jailsys);
	ATF_TP_ADD_TC(tp, checks);
	ATF_TP_ADD_TC(tp, addr_split);
	ATF_TP_ADD_TC(tp, set_bool);
	ATF_TP_ADD_TC(tp, manual);
	return atf_no_error();
}
