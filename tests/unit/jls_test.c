/* jail/jls: the layouts of jls(8), column by column. */
#include "base/cleanup.h"
#include "jail/jls.h"

#include <atf-c.h>
#include <errno.h>
#include <string.h>

static void put(struct prison *p, const char *name, const char *value)
{
	struct err e = ERR_INIT;

	ATF_REQUIRE_EQ(0, pset_put(&p->params, name, value, true, &e));
}

/* Two jails: one with everything, one with as little as there can be. */
static void fill(struct prison *v)
{
	v[0].jid = 1;
	v[0].name = strdup("www");
	put(&v[0], "host.hostname", "www.example.org");
	put(&v[0], "path", "/jails/www");
	put(&v[0], "ip4.addr", "192.0.2.5");
	put(&v[0], "ip4.addr", "192.0.2.6");
	put(&v[0], "ip6.addr", "2001:db8::5");
	put(&v[0], "cpuset.id", "2");
	put(&v[0], "persist", "true");
	put(&v[0], "host", "new");
	put(&v[0], "ip4", "new");
	put(&v[0], "meta", "it's text");
	v[1].jid = 12345;
	v[1].name = strdup("a.very.long.name.of.a.nested.jail");
	v[1].dying = true;
	put(&v[1], "host.hostname", "a-host-name-that-is-cut-at-29-columns");
	put(&v[1], "path",
	    "/0123456789/0123456789/0123456789/0123456789/0123456789/"
	    "0123456789/0123456789");
}

static void check(const char *args, size_t n, const char *want)
{
	cleanup_jls_opts struct jls_opts o = {0};
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	cleanup_strv struct strv argv = {0};
	struct prison v[2] = {0};
	struct err e = ERR_INIT;

	fill(v);
	ATF_REQUIRE_EQ(0, strv_add(&argv, "jls"));
	ATF_REQUIRE_EQ(0, strv_split(&argv, args, " "));
	ATF_REQUIRE_EQ_MSG(0, jls_parse((int)argv.n, argv.v, &o, &e), "%s",
			   e.text);
	ATF_REQUIRE_EQ_MSG(0, jls_print(&o, v, n, &b, &e), "%s", e.text);
	ATF_CHECK_STREQ(want, b.s);
	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		free(v[i].name);
		pset_free(&v[i].params);
	}
}

static void check_error(const char *args, int code, const char *want)
{
	cleanup_jls_opts struct jls_opts o = {0};
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	cleanup_strv struct strv argv = {0};
	struct err e = ERR_INIT;
	int r;

	ATF_REQUIRE_EQ(0, strv_add(&argv, "jls"));
	ATF_REQUIRE_EQ(0, strv_split(&argv, args, " "));
	r = jls_parse((int)argv.n, argv.v, &o, &e);
	if (!r)
		r = jls_print(&o, NULL, 0, &b, &e);
	ATF_CHECK_EQ_MSG(-code, r, "%s", args);
	ATF_CHECK_STREQ(want, e.text);
}

ATF_TC_WITHOUT_HEAD(table);
ATF_TC_BODY(table, tc)
{
	check("", 2,
	      "   JID  IP Address      Hostname                      Path\n"
	      "     1  192.0.2.5       www.example.org               "
	      "/jails/www\n"
	      " 12345                  a-host-name-that-is-cut-at-29 "
	      "/0123456789/0123456789/0123456789/0123456789/0123456789/"
	      "0123456789/0123456\n");
	check("", 0,
	      "   JID  IP Address      Hostname                      Path\n");
	check("-N", 2,
	      " JID             IP Address      Hostname                      "
	      "Path\n"
	      " www             192.0.2.5       www.example.org               "
	      "/jails/www\n"
	      " a.very.long.name.of.a.nested.jail                 "
	      "a-host-name-that-is-cut-at-29 "
	      "/0123456789/0123456789/0123456789/0123456789/0123456789/"
	      "0123456789/0123456\n");
}

ATF_TC_WITHOUT_HEAD(verbose);
ATF_TC_BODY(verbose, tc)
{
	check("-v", 2,
	      "   JID  Hostname                      Path\n"
	      "        Name                          State\n"
	      "        CPUSetID\n"
	      "        IP Address(es)\n"
	      "     1  www.example.org               /jails/www\n"
	      "        www                           ACTIVE\n"
	      "        2\n"
	      "        192.0.2.5\n"
	      "        192.0.2.6\n"
	      "        2001:db8::5\n"
	      " 12345  a-host-name-that-is-cut-at-29 "
	      "/0123456789/0123456789/0123456789/0123456789/0123456789/"
	      "0123456789/0123456\n"
	      "        a.very.long.name.of.a.nested. DYING\n"
	      "        0\n");
}

ATF_TC_WITHOUT_HEAD(params);
ATF_TC_BODY(params, tc)
{
	check("jid name path", 1, "1 www /jails/www\n");
	check("-h jid name", 1, "jid name\n1 www\n");
	check("persist vnet dying", 2,
	      "true inherit false\nfalse inherit true\n");
	check("ip4.addr ip6.addr", 2, "192.0.2.5,192.0.2.6 2001:db8::5\n- -\n");
	check("-n ip4.addr persist allow.mount", 2,
	      "ip4.addr=192.0.2.5,192.0.2.6 persist allow.nomount\n"
	      "ip4.addr= nopersist allow.nomount\n");
	check("-q ip4.addr", 2, "192.0.2.5,192.0.2.6\n\"\"\n");
	check("-nq ip4.addr", 2,
	      "ip4.addr=192.0.2.5,192.0.2.6\nip4.addr=\"\"\n");
	check("host.domainname", 1, "\"\"\n");
	check("-n host.domainname meta", 1,
	      "host.domainname=\"\" meta=it's text\n");
	check("-nq meta", 1, "meta=\"it's text\"\n");
	/* -s: nothing read-only, nothing of what is inherited */
	check("-s jid dying cpuset.id host.hostname", 2,
	      "jid=1 host.hostname=www.example.org\njid=12345\n");
	check("nopersist", 2, "false\ntrue\n");
}

ATF_TC_WITHOUT_HEAD(json);
ATF_TC_BODY(json, tc)
{
	check("--libxo json", 0,
	      "{\"__version\": \"2\", \"jail-information\": {\"jail\": []}}\n");
	check("--libxo=json", 1,
	      "{\"__version\": \"2\", \"jail-information\": {\"jail\": "
	      "[{\"jid\":1,\"ipv4\":\"192.0.2.5\",\"hostname\":"
	      "\"www.example.org\",\"path\":\"/jails/www\"}]}}\n");
	check("--libxo:json name meta", 1,
	      "{\"__version\": \"2\", \"jail-information\": {\"jail\": "
	      "[{\"name\":\"www\",\"meta\":\"it's text\"}]}}\n");
	check("--libxo:J -n persist jid", 1,
	      "{\"__version\": \"2\", \"jail-information\": {\"jail\": "
	      "[{\"persist\":true,\"jid\":\"1\"}]}}\n");
	check("--libxo json -v", 1,
	      "{\"__version\": \"2\", \"jail-information\": {\"jail\": "
	      "[{\"jid\":1,\"hostname\":\"www.example.org\","
	      "\"path\":\"/jails/www\",\"name\":\"www\",\"state\":\"ACTIVE\","
	      "\"cpusetid\":2, \"ipv4_addrs\": "
	      "[\"192.0.2.5\",\"192.0.2.6\"], \"ipv6_addrs\": "
	      "[\"2001:db8::5\"]}]}}\n");
	check("--libxo json,pretty jid", 1,
	      "{\n  \"__version\": \"2\",\n  \"jail-information\": {\n"
	      "    \"jail\": [\n      {\n        \"jid\": \"1\"\n      }\n"
	      "    ]\n  }\n}\n");
}

ATF_TC_WITHOUT_HEAD(errors);
ATF_TC_BODY(errors, tc)
{
	check_error("nonsense", EINVAL, "unknown parameter: nonsense");
	/* pseudo parameters are jail(8)'s alone */
	check_error("exec.start", EINVAL, "unknown parameter: exec.start");
	check_error("-x", EINVAL, "illegal option -- x");
	check_error("-c", EINVAL, "-c requires -j");
	check_error("--libxo html", ENOTSUP, "unsupported --libxo style: html");
}

/* What a jail calls itself must not reach the terminal as it is. */
ATF_TC_WITHOUT_HEAD(hostile);
ATF_TC_BODY(hostile, tc)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	struct jls_opts o = {0};
	struct prison p = {.jid = 7};
	struct err e = ERR_INIT;

	p.name = strdup("x");
	put(&p, "host.hostname", "a\033[2Jb\nc");
	put(&p, "path", "/\x7f");
	ATF_REQUIRE_EQ(0, jls_print(&o, &p, 1, &b, &e));
	ATF_CHECK_STREQ("   JID  IP Address      Hostname                      "
			"Path\n"
			"     7                  a?[2Jb?c                      "
			"/?\n",
			b.s);
	free(p.name);
	pset_free(&p.params);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, table);
	ATF_TP_ADD_TC(tp, verbose);
	ATF_TP_ADD_TC(tp, params);
	ATF_TP_ADD_TC(tp, json);
	ATF_TP_ADD_TC(tp, errors);
	ATF_TP_ADD_TC(tp, hostile);
	return atf_no_error();
}
