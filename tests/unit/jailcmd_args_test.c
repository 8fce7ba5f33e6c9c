/* jail/jailcmd_args: jail(8)'s command line. */
#include "base/cleanup.h"
#include "jail/jailcmd.h"

#include <atf-c.h>
#include <errno.h>
#include <string.h>

/* Parse "jail ARGS" (split at blanks, "" for an empty one). */
static int parse(const char *args, struct jailcmd_args *a, struct strv *argv,
		 struct err *e)
{
	ATF_REQUIRE_EQ(0, strv_add(argv, "jail"));
	ATF_REQUIRE_EQ(0, strv_split(argv, args, " "));
	for (size_t i = 0; i < argv->n; i++)
		if (!strcmp(argv->v[i], "\"\""))
			argv->v[i][0] = '\0';
	return jailcmd_args_parse((int)argv->n, argv->v, a, e);
}

/* "name=v1,v2 name ..." of a command line's jail, or the error. */
static void check_params(const char *args, const char *want)
{
	cleanup_jailcmd_args struct jailcmd_args a = {0};
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	cleanup_strv struct strv argv = {0};
	struct err e = ERR_INIT;

	ATF_REQUIRE_EQ_MSG(0, parse(args, &a, &argv, &e), "%s: %s", args,
			   e.text);
	ATF_REQUIRE(a.cmd.params == &a.params);
	ATF_CHECK(!a.cmd.file);
	for (size_t i = 0; i < a.params.n; i++) {
		cleanup_free char *v = strv_join(&a.params.v[i].values, ",");

		strbuf_addf(&b, "%s%s%s%s", i ? " " : "", a.params.v[i].name,
			    a.params.v[i].values.n ? "=" : "", v);
	}
	ATF_CHECK_STREQ(want, b.s);
}

static void check_usage(const char *args, const char *want)
{
	cleanup_jailcmd_args struct jailcmd_args a = {0};
	cleanup_strv struct strv argv = {0};
	struct err e = ERR_INIT;

	ATF_CHECK_EQ_MSG(-EINVAL, parse(args, &a, &argv, &e), "%s", args);
	ATF_CHECK_STREQ(want, e.text);
}

ATF_TC_WITHOUT_HEAD(params);
ATF_TC_BODY(params, tc)
{
	check_params("-c name=x vnet persist", "name=x vnet persist");
	check_params("-c name=x vnet.interface=a,b vnet.interface=c",
		     "name=x vnet.interface=a,b,c");
	check_params("-c name=x ip4.addr=192.0.2.1,192.0.2.2 "
		     "ip6.addr=2001:db8::1",
		     "name=x ip4.addr=192.0.2.1,192.0.2.2 "
		     "ip6.addr=2001:db8::1");
	/* scalars: the last wins; commas split nothing but addresses */
	check_params("-c host.hostname=a,b host.hostname=c,d",
		     "host.hostname=c,d");
	check_params("-c name=x command=/bin/sh -c a=b",
		     "name=x command=/bin/sh,-c,a=b");
	check_params("-c name=x command ls -l", "name=x command=ls,-l");
	check_params("-c name=x", "name=x");
	check_params("-n y -s 2 -c persist=1 path=/nowhere/there",
		     "name=y securelevel=2 persist=1 path=/nowhere/there");
	check_params("-l -u root -c name=x persist",
		     "exec.clean exec.jail_user=root exec.system_jail_user "
		     "name=x persist");
	check_params("-U www -h -c name=x persist",
		     "exec.jail_user=www ip_hostname name=x persist");
}

ATF_TC_WITHOUT_HEAD(old_style);
ATF_TC_BODY(old_style, tc)
{
	check_params("/nowhere/x host 192.0.2.1,2001:db8::2 /bin/ls -l",
		     "path=/nowhere/x host.hostname=host ip4.addr=192.0.2.1 "
		     "ip6.addr=2001:db8::2 command=/bin/ls,-l");
	check_params("/nowhere/x host \"\" /bin/ls",
		     "path=/nowhere/x host.hostname=host command=/bin/ls");
	check_usage("/nowhere/x host 192.0.2.1", "");
	check_usage("nowhere host 192.0.2.1 ls", "");
	check_usage("", "");
}

ATF_TC_WITHOUT_HEAD(file_style);
ATF_TC_BODY(file_style, tc)
{
	static const struct {
		const char *args, *file, *name;
		unsigned int ops;
		int limit, verbosity;
	} cases[] = {
		{"-c", JAILCMD_CONF, NULL, JAILCMD_CREATE, 0, 0},
		{"-c x", JAILCMD_CONF, "x", JAILCMD_CREATE, 0, 0},
		{"-f f -rc x", "f", "x", JAILCMD_CREATE | JAILCMD_REMOVE, 0, 0},
		{"-f - -cm -p 3 -v", "-", NULL, JAILCMD_CREATE | JAILCMD_MODIFY,
		 3, 1},
		{"-m -q *", JAILCMD_CONF, "*", JAILCMD_MODIFY, 0, -1},
		{"-cmr -i x", JAILCMD_CONF, "x",
		 JAILCMD_CREATE | JAILCMD_MODIFY | JAILCMD_REMOVE, 0, -1},
		{"-f - -r a", "-", "a", JAILCMD_REMOVE, 0, 0},
		{"-f /nonexistent -r a", NULL, "a", JAILCMD_REMOVE, 0, 0},
		{"-R a", NULL, "a", JAILCMD_REMOVE, 0, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_jailcmd_args struct jailcmd_args a = {0};
		cleanup_strv struct strv argv = {0};
		struct err e = ERR_INIT;

		ATF_REQUIRE_EQ_MSG(0, parse(cases[i].args, &a, &argv, &e),
				   "%s: %s", cases[i].args, e.text);
		ATF_CHECK_EQ_MSG(cases[i].ops, a.cmd.ops, "%s", cases[i].args);
		ATF_CHECK_EQ(cases[i].limit, a.cmd.limit);
		ATF_CHECK_EQ(cases[i].verbosity, a.cmd.verbosity);
		ATF_CHECK(!a.cmd.params);
		ATF_CHECK_EQ_MSG(!cases[i].file, !a.cmd.file, "%s",
				 cases[i].args);
		if (cases[i].file && a.cmd.file)
			ATF_CHECK_STREQ(cases[i].file, a.cmd.file);
		ATF_CHECK_EQ(cases[i].name ? 1 : 0, a.cmd.nnames);
		if (cases[i].name && a.cmd.nnames)
			ATF_CHECK_STREQ(cases[i].name, a.cmd.names[0]);
	}
}

ATF_TC_WITHOUT_HEAD(usage);
ATF_TC_BODY(usage, tc)
{
	check_usage("-r", "");
	check_usage("-r a=b", "");
	check_usage("-r -l x", "");
	check_usage("-cR x", "");
	check_usage("-c -n x", "");
	check_usage("-x", "illegal option -- x");
	check_usage("-f", "option requires an argument -- f");
	check_usage("-p x -c", "invalid limit: x");
	check_usage("-p -1 -c", "invalid limit: -1");
	check_usage("-e : x", "");
}

ATF_TC_WITHOUT_HEAD(started);
ATF_TC_BODY(started, tc)
{
	cleanup_pset struct pset ps = {0};
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	const struct jailcmd_started s = {.jid = 5, .params = &ps};
	struct err e = ERR_INIT;

	ATF_REQUIRE_EQ(0, pset_put(&ps, "name", "x", false, &e));
	ATF_REQUIRE_EQ(0, pset_put(&ps, "path", "/a b", false, &e));
	ATF_REQUIRE_EQ(0, pset_put(&ps, "host.hostname", "", false, &e));
	ATF_REQUIRE_EQ(0, pset_put(&ps, "persist", NULL, false, &e));
	ATF_REQUIRE_EQ(0, pset_put(&ps, "ip4.addr", "192.0.2.1", true, &e));
	ATF_REQUIRE_EQ(0, pset_put(&ps, "ip4.addr", "192.0.2.2", true, &e));
	ATF_REQUIRE_EQ(0, pset_put(&ps, "ip6.addr", "2001:db8::1", true, &e));
	ATF_REQUIRE_EQ(0, pset_put(&ps, "command", "say", true, &e));
	ATF_REQUIRE_EQ(0, pset_put(&ps, "command", "\"hi\"\\", true, &e));
	jailcmd_print_started(&b, &s, false, "\t");
	ATF_CHECK_STREQ("jid=5\tname=x\tpath=\"/a b\"\thost.hostname=\"\"\t"
			"persist\tip4.addr=192.0.2.1,192.0.2.2\t"
			"ip6.addr=2001:db8::1\tcommand=say,'\"hi\"\\\\'\n",
			b.s);
	strbuf_clear(&b);
	jailcmd_print_started(&b, &s, true, "\t");
	ATF_CHECK_STREQ("5\t\"/a b\"\t\"\"\t192.0.2.1,192.0.2.2,2001:db8::1\t"
			"say '\"hi\"\\\\'\n",
			b.s);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, params);
	ATF_TP_ADD_TC(tp, old_style);
	ATF_TP_ADD_TC(tp, file_style);
	ATF_TP_ADD_TC(tp, usage);
	ATF_TP_ADD_TC(tp, started);
	return atf_no_error();
}
