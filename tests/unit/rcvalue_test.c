/*
 * rc/rcvalue and the plan of a boot: every variable of the table with values
 * that are wrong, hostile or not there.  None may end the program, reach a
 * terminal with more than text, or be taken for what it is not.
 */
#include "base/cleanup.h"
#include "rc/rc.h"
#include "rc/rcdefaults.h"
#include "rc_plan.h"

#include <atf-c.h>
#include <ctype.h>
#include <errno.h>
#include <string.h>

/* No variable but one of text can be any of these. */
static const char *const hostile[] = {
	" ",
	"\n",
	"\t \n ",
	"-",
	"--",
	"-h",
	"..",
	"../../../../etc/passwd",
	"\033[2J\033]0;title\007",
	"\001\002\177",
	"a\nb",
	"\xff\xfe\xc3",
	"%s%s%s%n%1$s",
	"$(touch trap)",
	"`touch trap`",
	"; touch trap",
	"\"",
	"'",
	"\\",
	"*",
	"[",
	"99999999999999999999999",
	"-99999999999999999999999",
	"0x7fffffffffffffff",
	"1e9",
	"em0 em0 em0",
	"inet inet6 inet inet6",
	"inet 10.0.0.1-4294967295/24",
	"inet 10.0.0.1/",
	"inet6 ::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/0",
	"inet6 /64",
	"netmask",
	"alias",
	"create",
	"vlan",
	"vlan 99999 vlandev em0",
	"addm",
	"static em0",
	"tunnel 1",
	"DHCP SYNCDHCP NOSYNCDHCP WPA vnet",
	"vnet",
	":",
	":::",
	"em0:sticky:nosticky",
	"=",
	"==",
	"a=",
	"=65535",
	"/",
	"-net",
	"-net 10.0.0.0/33 nowhere",
	"default",
	"default default default default",
};

/* "ifconfig_*_alias[0-9]*" as ifconfig_em0_alias0 */
static char *name_of(const struct rcvar_def *d)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	for (const char *p = d->pattern; *p; p++)
		if (str_prefix(p, "[0-9]*")) {
			strbuf_addch(&b, '0');
			p += strlen("[0-9]*") - 1;
		} else if (*p == '*') {
			strbuf_adds(&b, "em0");
		} else {
			strbuf_addch(&b, *p);
		}
	return strbuf_take(&b);
}

static bool is_text(const char *s)
{
	for (; *s; s++)
		if (iscntrl((unsigned char)*s) && *s != '\n' && *s != '\t')
			return false;
	return true;
}

static void check_refused(const struct rcvar_def *d, const char *value)
{
	cleanup_strbuf struct strbuf why = STRBUF_INIT;

	ATF_CHECK_MSG(!rcvar_value_ok(d, value, &why), "%s=%s", d->pattern,
		      value);
	ATF_CHECK_MSG(why.len > 0 && why.len < 512 && is_text(why.s), "%s: %s",
		      d->pattern, why.s);
}

static void check_taken(const struct rcvar_def *d, const char *value)
{
	cleanup_strbuf struct strbuf why = STRBUF_INIT;

	ATF_CHECK_MSG(rcvar_value_ok(d, value, &why), "%s=%s: %s", d->pattern,
		      value, why.s);
}

/* Files may have names of all kinds, but not from where rc happens to be. */
static bool fits(enum rcvar_type type, const char *value)
{
	switch (type) {
	case RCTYPE_TEXT:
		return true;
	case RCTYPE_PATH:
		return *value == '/';
	case RCTYPE_PATHS: /* none at all is a list, too */
		return *value == '/' || !value[strspn(value, " \t\n")];
	case RCTYPE_IF: /* they have stranger ones than these */
		return rcvar_ifname_ok(value);
	default:
		return false;
	}
}

ATF_TC_WITHOUT_HEAD(typed);
ATF_TC_BODY(typed, tc)
{
	const struct rcvar_def *d;
	size_t n = 0;

	for (size_t i = 0; (d = rcvar_def_at(i)) != NULL; i++) {
		cleanup_free char *name = name_of(d);

		ATF_CHECK_MSG(rcvar_def_find(name), "%s", name);
		if (d->dflt)
			check_taken(d, d->dflt);
		if (d->type == RCTYPE_TEXT)
			continue;
		n++;
		for (size_t k = 0; k < ARRAY_SIZE(hostile); k++)
			if (!fits(d->type, hostile[k]))
				check_refused(d, hostile[k]);
		if (d->type == RCTYPE_SWITCH)
			check_refused(d, "");
		else
			check_taken(d, "");
	}
	ATF_CHECK(n > 50);
	for (size_t k = 0; k < 3; k++)
		ATF_CHECK(!rcvar_ifname_ok(hostile[k]));
	ATF_CHECK(!rcvar_ifname_ok("..") && !rcvar_ifname_ok("a/b") &&
		  !rcvar_ifname_ok("a\033b") && !rcvar_ifname_ok(""));
}

/* --- as a boot has them ------------------------------------------------- */

static void said(void *data, enum report_level level, const char *text)
{
	(void)level;
	ATF_CHECK_MSG(is_text(text), "%s: a warning with control characters",
		      (const char *)data);
}

static void has_text(const char *text)
{
	ATF_CHECK(text && *text);
}

static int plan_of(struct rcconf *conf, const char *name, struct err *e)
{
	const struct report r = {.line = said, .data = (void *)name};

	return rc_plan(conf, "/nonexistent", &r, has_text, e);
}

/* What makes others be looked at. */
static const char *const companions[][2] = {
	{"static_routes", "em0"},
	{"route_em0", "-net 10.0.0.0/8 192.0.2.1"},
	{"ipv6_static_routes", "em0"},
	{"ipv6_route_em0", "2001:db8:1:: -prefixlen 48 2001:db8::1"},
	{"static_arp_pairs", "em0"},
	{"static_arp_em0", "192.0.2.9 02:00:00:00:00:09"},
	{"static_ndp_pairs", "em0"},
	{"static_ndp_em0", "2001:db8::9 02:00:00:00:00:09"},
	{"cloned_interfaces", "bridge0"},
	{"ifconfig_em0", "inet 192.0.2.2/24"},
	{"ifconfig_em0_ipv6", "inet6 2001:db8::2/64"},
	{"rtsold_enable", "YES"},
	{"ip6addrctl_enable", "YES"},
	{"netwait_enable", "YES"},
	{"netwait_dad", "YES"},
	{"devfs_set_rulesets", ""},
	{"kern_securelevel_enable", "YES"},
};

static struct rcconf *defaults(void)
{
	struct rcconf *c = NULL;
	struct err e = ERR_INIT;

	ATF_REQUIRE_EQ_MSG(0, rcconf_load((const char *[]){NULL}, &c, &e), "%s",
			   e.text);
	for (size_t i = 0; i < ARRAY_SIZE(companions); i++)
		ATF_REQUIRE_EQ(0, rcconf_set(c, companions[i][0],
					     companions[i][1], &e));
	return c;
}

static void try_value(struct rcconf *c, const char *name, const char *value)
{
	struct err e = ERR_INIT;
	int r;

	ATF_REQUIRE_EQ(0, rcconf_set(c, name, value, &e));
	r = plan_of(c, name, &e);
	ATF_CHECK_MSG(r <= 0, "%s: %d", name, r);
	if (r < 0)
		ATF_CHECK_MSG(*e.text && is_text(e.text), "%s=%s: %s", name,
			      value, e.text);
}

ATF_TC_WITHOUT_HEAD(planned);
ATF_TC_BODY(planned, tc)
{
	cleanup_rcconf struct rcconf *c = defaults();
	const struct rcvar_def *d;
	struct err e = ERR_INIT;

	/* what the others are held against does work */
	ATF_REQUIRE_EQ_MSG(0, plan_of(c, "defaults", &e), "%s", e.text);
	for (size_t i = 0; (d = rcvar_def_at(i)) != NULL; i++) {
		cleanup_rcconf struct rcconf *one = defaults();
		cleanup_free char *name = name_of(d);

		for (size_t k = 0; k < ARRAY_SIZE(hostile); k++)
			try_value(one, name, hostile[k]);
		try_value(one, name, "");
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, typed);
	ATF_TP_ADD_TC(tp, planned);
	return atf_no_error();
}
