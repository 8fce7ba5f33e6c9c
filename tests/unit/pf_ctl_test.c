/* pf/ctl: pfctl's command line and the texts that need no kernel. */
#include "base/cleanup.h"
#include "pf/ctl.h"

#include <atf-c.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

static struct err e;

/* Words of a command line, as ctl_args() gets them. */
static int args(struct ctl *c, const char *text)
{
	static struct strv words;

	strv_free(&words);
	*c = (struct ctl){.out = STRBUF_INIT};
	ATF_REQUIRE_EQ(0, strv_add(&words, "pfctl"));
	ATF_REQUIRE_EQ(0, strv_split(&words, text, " "));
	optind = 0;
	err_clear(&e);
	return ctl_args(c, (int)words.n, words.v, &e);
}

static void refused(const char *text, int code, const char *why)
{
	cleanup_ctl struct ctl c;

	ATF_CHECK_EQ_MSG(-code, args(&c, text), "%s", text);
	ATF_CHECK_STREQ(why, e.text);
}

ATF_TC_WITHOUT_HEAD(usage);
ATF_TC_BODY(usage, tc)
{
	refused("", EINVAL, "");
	refused("-h", EINVAL, "");
	refused("-Y", EINVAL, "");
	refused("-s nosuch", EINVAL, "Unknown show modifier 'nosuch'");
	refused("-F x", EINVAL, "Unknown flush modifier 'x'");
	refused("-t t -T what", EINVAL, "Unknown table command 'what'");
	refused("-x what", EINVAL, "Unknown debug level 'what'");
	refused("-o what", EINVAL, "Unknown optimization 'what'");
	refused("-k 1 -k 2 -k 3", EINVAL, "can only specify -k twice");
	refused("-K 1 -K 2 -K 3", EINVAL, "can only specify -K twice");
	refused("-t t", EINVAL, "");
	refused("-T show", EINVAL, "");
	refused("-t t23456789012345678901234567890123 -T show", EINVAL, "");
	refused("-t \033[31m -T show", EINVAL, "bad name of a table");
	refused("-sr what else", EINVAL,
		"unknown command line argument: what ...");
	refused("-Sr -sr", EDOM, "-N and -r are mutually exclusive");
	refused("-a x", EINVAL, "anchors apply to -f, -F, -s, and -T only");
	refused("-a _1 -Fr", EPERM,
		"anchor names beginning with '_' cannot be modified from the "
		"command line");
	refused("-a x/_1 -f -", EPERM,
		"anchor names beginning with '_' cannot be modified from the "
		"command line");
	refused("-F all -i em0", EINVAL,
		"don't specify an interface with -Fall");
}

/* A word is found by its beginning, capitals apart. */
ATF_TC_WITHOUT_HEAD(words);
ATF_TC_BODY(words, tc)
{
	static const struct {
		const char *args, *show, *clear;
	} rows[] = {
		{"-s r", "rules", NULL},     {"-sR", "Running", NULL},
		{"-sS", "Sources", NULL},    {"-ss", "states", NULL},
		{"-sI", "Interfaces", NULL}, {"-s a", "all", NULL},
		{"-sA", "Anchors", NULL},    {"-se", "ether", NULL},
		{"-Fs", NULL, "states"},     {"-FS", NULL, "Sources"},
		{"-F T", NULL, "Tables"},    {"-Fr", NULL, "rules"},
		{"-FR", NULL, "Reset"},	     {"-Fall", NULL, "all"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_ctl struct ctl c;

		ATF_CHECK_EQ_MSG(0, args(&c, rows[i].args), "%s: %s",
				 rows[i].args, e.text);
		ATF_CHECK(!rows[i].show == !c.show);
		ATF_CHECK(!rows[i].clear == !c.clear);
		ATF_CHECK(!c.show || !strcmp(c.show, rows[i].show));
		ATF_CHECK(!c.clear || !strcmp(c.clear, rows[i].clear));
	}
}

ATF_TC_WITHOUT_HEAD(what_is_loaded);
ATF_TC_BODY(what_is_loaded, tc)
{
	static const struct {
		const char *args;
		unsigned int load;
	} rows[] = {
		{"-f x", PF_LOAD_ALL},
		{"-NR -f x", PF_LOAD_NAT | PF_LOAD_FILTER},
		{"-O -f x", PF_LOAD_OPTIONS},
		{"-A -f x", PF_LOAD_QUEUES},
		{"-t t -T load -f x", PF_LOAD_TABLES},
		{"-Tl -f x", PF_LOAD_TABLES},
		{"-a y -f x",
		 PF_LOAD_FILTER | PF_LOAD_NAT | PF_LOAD_TABLES | PF_LOAD_ETHER},
		{"-a y -O -f x", 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_ctl struct ctl c;

		ATF_REQUIRE_EQ(0, args(&c, rows[i].args));
		ATF_CHECK_EQ_MSG(rows[i].load, c.load, "%s", rows[i].args);
		ATF_CHECK(!c.tblcmd);
	}
}

ATF_TC_WITHOUT_HEAD(anchors);
ATF_TC_BODY(anchors, tc)
{
	static const struct {
		const char *args, *path;
		bool all;
	} rows[] = {
		{"-a a/b -sr", "a/b", false}, {"-a /a -sr", "a", false},
		{"-a a/* -sr", "a", true},    {"-a * -Fr", "", true},
		{"-a _1 -sr", "_1", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_ctl struct ctl c;

		ATF_REQUIRE_EQ(0, args(&c, rows[i].args));
		ATF_CHECK_STREQ(rows[i].path, c.anchor);
		ATF_CHECK_EQ(rows[i].all, !!(c.opts & CTL_RECURSE));
	}
}

ATF_TC_WITHOUT_HEAD(addresses);
ATF_TC_BODY(addresses, tc)
{
	struct ctl_addr *v = NULL;
	size_t n = 0;

	ATF_REQUIRE_EQ(0, ctl_addrs("10.1.2.3/8", false, &v, &n, &e));
	ATF_CHECK(n == 1 && v->af == AF_INET && v->mask.b[0] == 0xff &&
		  !v->mask.b[1]);
	free(v);
	ATF_REQUIRE_EQ(0, ctl_addrs("2001:db8::1", false, &v, &n, &e));
	ATF_CHECK(n == 1 && v->af == AF_INET6 && v->mask.b[15] == 0xff);
	free(v);
	ATF_CHECK_EQ(-EDOM, ctl_addrs("10.0.0.0/33", false, &v, &n, &e));
	ATF_CHECK_STREQ("prefix too long for AF_INET", e.text);
	ATF_CHECK_EQ(-EDOM, ctl_addrs("10.0.0.0/x", false, &v, &n, &e));
	ATF_CHECK_STREQ("prefix is invalid: x", e.text);
	ATF_CHECK_EQ(-EDOM, ctl_addrs("no.such/x", false, &v, &n, &e));
	ATF_CHECK_STREQ("prefix is invalid: x", e.text);
	ATF_CHECK_EQ(-EDOM, ctl_addrs("::/129", false, &v, &n, &e));
	ATF_CHECK_STREQ("prefix is too large: 129", e.text);
	ATF_CHECK_EQ(-EDOM, ctl_addrs("no.such", false, &v, &n, &e));
}

ATF_TC_WITHOUT_HEAD(status);
ATF_TC_BODY(status, tc)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	struct pf_status s = {
		.enabled = true,
		.since = 1000,
		.debug = PF_DEBUG_URGENT,
		.states = 2,
		.searches = 50,
		.hostid = 0x1234,
	};
	struct pf_options o = {.syncookies = PF_SYNC_NEVER};

	ctl_status_text(&b, &s, 1000 + 86400 + 3661, &o, 0);
	ATF_CHECK(str_prefix(
		b.s,
		"Status: Enabled for 1 days 01:01:01           Debug: Urgent\n"
		"\n"
		"State Table                          Total             Rate\n"
		"  current entries                        2               \n"
		"  searches                              50            0.0/s\n"
		"  inserts                                0            0.0/s\n"
		"  removals                               0            0.0/s\n"
		"Counters\n"
		"  match                                  0            0.0/s\n"
		"  bad-offset                             0            "
		"0.0/s\n"));
	strbuf_clear(&b);
	s.since = 0;
	s.enabled = false;
	str_copy(s.loginterface, sizeof(s.loginterface), "em0");
	s.src_nodes = 3;
	ctl_status_text(&b, &s, 2000, &o, CTL_VERBOSE);
	ATF_CHECK(strstr(b.s, "  removals                               0 "
			      "              \n"
			      "Source Tracking Table\n"
			      "  current entries                        3 "
			      "              \n"));
	ATF_CHECK(str_prefix(
		b.s,
		"Status: Disabled                              Debug: Urgent\n"
		"\n"
		"Hostid:   0x00001234\n"
		"Checksum: 0x00000000000000000000000000000000\n"
		"\n"
		"Interface Stats for em0               IPv4             IPv6\n"
		"  Bytes In                               0                0\n"
		"  Bytes Out                              0                0\n"
		"  Packets In\n"
		"    Passed                               0                "
		"0\n"));
	ATF_CHECK(strstr(b.s, "Syncookies\n"
			      "  mode                      never\n"
			      "  active                    inactive\n"));
	ATF_CHECK(strstr(b.s, "  synfloods detected                     0 "));
	o.syncookies = PF_SYNC_ALWAYS;
	s.limits[8] = 7;
	strbuf_free(&b);
	ctl_status_text(&b, &s, 2000, &o, CTL_VERBOSE);
	ATF_CHECK(strstr(b.s, "  syncookies sent                        7 "));
	ATF_CHECK(strstr(b.s, "Syncookies\n"
			      "  mode                      always\n"
			      "  active                    active\n"));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, usage);
	ATF_TP_ADD_TC(tp, words);
	ATF_TP_ADD_TC(tp, what_is_loaded);
	ATF_TP_ADD_TC(tp, anchors);
	ATF_TP_ADD_TC(tp, addresses);
	ATF_TP_ADD_TC(tp, status);
	return atf_no_error();
}
