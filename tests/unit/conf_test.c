/*
 * jail/conf: what the golden corpus cannot show (limits, hostile text, the
 * interface).  Texts in, jails and messages out.
 */
#include "base/cleanup.h"
#include "jail/conf.h"

#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct jailconf *parse(const char *text)
{
	struct jailconf *c = NULL;
	struct err e = ERR_INIT;

	ATF_REQUIRE_EQ_MSG(0, jailconf_parse("t", text, strlen(text), &c, &e),
			   "%s", e.text);
	return c;
}

static void parse_fails(const char *text, size_t len, const char *want)
{
	struct jailconf *c = (struct jailconf *)-1;
	struct err e = ERR_INIT;

	ATF_CHECK(jailconf_parse("t", text, len, &c, &e) < 0);
	ATF_CHECK_MSG(c == (struct jailconf *)-1, "ret was touched");
	ATF_CHECK_STREQ(want, e.text);
}

#define LITERAL_FAILS(text, want) parse_fails((text), sizeof(text) - 1, (want))

ATF_TC_WITHOUT_HEAD(where);
ATF_TC_BODY(where, tc)
{
	cleanup_jailconf struct jailconf *c =
		parse("persist;\n\na {\n\tpath = /x;\n}\n");

	ATF_REQUIRE_EQ(1, c->n);
	ATF_CHECK_STREQ("a", c->v[0].name);
	ATF_CHECK_STREQ("t", c->v[0].file);
	ATF_CHECK_EQ(3, c->v[0].line);
	ATF_CHECK_EQ(4, pset_find(&c->v[0].params, "path")->line);
	ATF_CHECK_EQ(1, pset_find(&c->v[0].params, "persist")->line);
	ATF_CHECK_STREQ("name", c->v[0].params.v[0].name);
}

ATF_TC_WITHOUT_HEAD(match);
ATF_TC_BODY(match, tc)
{
	static const struct {
		const char *pattern, *name;
		bool want;
	} t[] = {
		{"*", "a", true},	  {"*", "a.b.c", true},
		{"*", "", false},	  {"a.*", "a", false},
		{"a.*", "a.b", true},	  {"a.*", "a.b.c", true},
		{"a.*", "ab.c", false},	  {"*.b", "a.b", true},
		{"*.b", "a.c.b", false},  {"*.b", "b", false},
		{"*.*", "a", false},	  {"*.*", "a.b.c", true},
		{"a.*.c", "a.x.c", true}, {"a.*.c", "a.x.y.c", false},
		{"a", "a", true},	  {"a", "a.b", false},
		{"a.b", "a", false},	  {"a*", "ab", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		ATF_CHECK_EQ_MSG(t[i].want,
				 jailconf_match(t[i].pattern, t[i].name),
				 "%s %s", t[i].pattern, t[i].name);
}

ATF_TC_WITHOUT_HEAD(strict_and_lenient);
ATF_TC_BODY(strict_and_lenient, tc)
{
	static const char text[] = "a { path = $no; } b { path = /b; }";
	cleanup_jailconf struct jailconf *c = NULL;
	struct err e = ERR_INIT;
	FILE *f = fopen("f.conf", "w");

	ATF_REQUIRE(f);
	fputs(text, f);
	fclose(f);
	ATF_CHECK_EQ(-EINVAL, jailconf_load("f.conf", &c, &e));
	ATF_CHECK_STREQ("a: path: variable \"no\" not found", e.text);
	ATF_REQUIRE_EQ(0, jailconf_load_lenient("f.conf", &c, &e));
	ATF_REQUIRE_EQ(2, c->n);
	ATF_CHECK_STREQ("a: path: variable \"no\" not found", c->v[0].error);
	ATF_CHECK_EQ(0, c->v[0].params.n);
	ATF_CHECK(!c->v[1].error);
	ATF_CHECK_STREQ("/b", pset_value(&c->v[1].params, "path"));
}

ATF_TC_WITHOUT_HEAD(files);
ATF_TC_BODY(files, tc)
{
	struct jailconf *c = NULL;
	struct err e = ERR_INIT;

	ATF_CHECK_EQ(-ENOENT, jailconf_load("missing", &c, &e));
	ATF_CHECK_STREQ("missing: No such file or directory", e.text);
	ATF_CHECK_EQ(-EISDIR, jailconf_load("/", &c, &e));
	ATF_CHECK_STREQ("/: Is a directory", e.text);
	ATF_CHECK_EQ(-EFBIG, jailconf_load("/dev/zero", &c, &e));
	ATF_CHECK_STREQ("/dev/zero: File too large", e.text);
}

ATF_TC_WITHOUT_HEAD(include_loop);
ATF_TC_BODY(include_loop, tc)
{
	struct jailconf *c = NULL;
	struct err e = ERR_INIT;
	FILE *f = fopen("loop.conf", "w");

	ATF_REQUIRE(f);
	fputs("\n.include \"loop.conf\";\n", f);
	fclose(f);
	ATF_CHECK(jailconf_load("loop.conf", &c, &e) < 0);
	ATF_CHECK_STREQ("loop.conf line 2: maximum include depth exceeded",
			e.text);
	/* wide, not deep: 2^30 files if nobody counted */
	for (int i = 0; i < 30; i++) {
		char name[32];

		snprintf(name, sizeof(name), "w%d.conf", i);
		f = fopen(name, "w");
		ATF_REQUIRE(f);
		fprintf(f, ".include w%d.conf, w%d.conf;", i + 1, i + 1);
		fclose(f);
	}
	f = fopen("w30.conf", "w");
	ATF_REQUIRE(f);
	fputs(";", f);
	fclose(f);
	ATF_CHECK(jailconf_load("w0.conf", &c, &e) < 0);
	ATF_CHECK_MSG(strstr(e.text, " line 1: too many included files"), "%s",
		      e.text);
}

ATF_TC_WITHOUT_HEAD(no_include_in_memory);
ATF_TC_BODY(no_include_in_memory, tc)
{
	static const char text[] = "a {\n.include \"/etc/passwd\"; }";

	parse_fails(text, strlen(text),
		    "t line 2: .include: not permitted here");
}

ATF_TC_WITHOUT_HEAD(nul_bytes);
ATF_TC_BODY(nul_bytes, tc)
{
	LITERAL_FAILS("a\0b;", "t line 1: \\x00: syntax error");
	LITERAL_FAILS("p = \"a\0b\";", "t line 1: NUL character in string");
	LITERAL_FAILS("p = 'a\\0b';", "t line 1: NUL character in string");
	LITERAL_FAILS("p = a\\x00;", "t line 1: NUL character in string");
	LITERAL_FAILS("\"\\400\";", "t line 1: NUL character in string");
}

ATF_TC_WITHOUT_HEAD(hostile_names);
ATF_TC_BODY(hostile_names, tc)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	struct jailconf *c;
	struct err e = ERR_INIT;

	/* terminal escapes do not get through a message */
	LITERAL_FAILS("\"x\x1b[2J\" { p = $q; }",
		      "x\\x1b[2J: p: variable \"q\" not found");
	LITERAL_FAILS("x { p = ${\x1b[2J}; }",
		      "x: p: variable \"\\x1b[2J\" not found");
	for (int i = 0; i < 2000; i++)
		strbuf_addch(&b, 'x');
	ATF_CHECK(jailconf_parse("t", b.s, b.len, &c, &e) < 0);
	ATF_CHECK_STREQ("t: unexpected EOF", e.text);
	strbuf_adds(&b, " = 1;");
	ATF_CHECK(jailconf_parse("t", b.s, b.len, &c, &e) < 0);
	ATF_CHECK_MSG(strstr(e.text, "xxx...: name too long"), "%s", e.text);
}

ATF_TC_WITHOUT_HEAD(deep_nesting);
ATF_TC_BODY(deep_nesting, tc)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	for (int i = 0; i < 100000; i++)
		strbuf_adds(&b, "a{");
	parse_fails(b.s, b.len, "t line 1: jails nested too deeply");
}

ATF_TC_WITHOUT_HEAD(variable_bomb);
ATF_TC_BODY(variable_bomb, tc)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	strbuf_adds(&b, "x { $v0 = \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\";\n");
	for (int i = 1; i < 60; i++)
		strbuf_addf(&b, "$v%d = \"$v%d$v%d\";\n", i, i - 1, i - 1);
	strbuf_adds(&b, "}");
	parse_fails(b.s, b.len, "x: v15: value too long");

	/* the same with lists, which double when put in twice */
	strbuf_clear(&b);
	strbuf_adds(&b, "x { $v0 = a, b;\n");
	for (int i = 1; i < 60; i++)
		strbuf_addf(&b, "$v%d = $v%d, $v%d;\n", i, i - 1, i - 1);
	strbuf_adds(&b, "}");
	parse_fails(b.s, b.len, "x: v13: value too long");

	strbuf_clear(&b);
	strbuf_adds(&b, "x {");
	for (int i = 0; i < 1000; i++)
		strbuf_addf(&b, "$v%d = $v%d;\n", i, i + 1);
	strbuf_adds(&b, "$v1000 = 1; }");
	parse_fails(b.s, b.len, "x: v256: variables nested too deeply");
}

ATF_TC_WITHOUT_HEAD(many);
ATF_TC_BODY(many, tc)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	cleanup_jailconf struct jailconf *c = NULL;
	struct err e = ERR_INIT;

	/* 5,000 jails with 30 parameters each are no trouble */
	for (int i = 0; i < 29; i++)
		strbuf_addf(&b, "meta.k%d = \"$name-%d\";\n", i, i);
	for (int i = 0; i < 5000; i++)
		strbuf_addf(&b, "j%d { }\n", i);
	ATF_REQUIRE_EQ_MSG(0, jailconf_parse("t", b.s, b.len, &c, &e), "%s",
			   e.text);
	ATF_REQUIRE_EQ(5000, c->n);
	ATF_CHECK_STREQ("j4999-28", pset_value(&c->v[4999].params, "meta.k28"));

	strbuf_clear(&b);
	strbuf_adds(&b, "x {");
	for (int i = 0; i < 2000; i++)
		strbuf_addf(&b, "p%d; ", i);
	strbuf_adds(&b, "}");
	parse_fails(b.s, b.len, "x: too many parameters");

	/* a wildcard and many jails multiply */
	strbuf_clear(&b);
	for (int i = 0; i < 1000; i++)
		strbuf_addf(&b, "p%d; ", i);
	for (int i = 0; i < 2000; i++)
		strbuf_addf(&b, "j%d { }\n", i);
	parse_fails(b.s, b.len, "jails too large in all");
}

ATF_TC_WITHOUT_HEAD(bomb_times_jails);
ATF_TC_BODY(bomb_times_jails, tc)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	/* half a megabyte for each of many jails */
	strbuf_adds(&b, "$v0 = \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\";\n");
	for (int i = 1; i < 14; i++)
		strbuf_addf(&b, "$v%d = \"$v%d$v%d\";\n", i, i - 1, i - 1);
	strbuf_adds(&b, "p = $v13;");
	for (int i = 0; i < 5000; i++)
		strbuf_addf(&b, "j%d { }\n", i);
	parse_fails(b.s, b.len, "jails too large in all");

	/* no text at all, but thousands of values */
	strbuf_clear(&b);
	strbuf_adds(&b, "$v0 = '', '';\n");
	for (int i = 1; i < 40; i++)
		strbuf_addf(&b, "$v%d = $v%d, $v%d;\n", i, i - 1, i - 1);
	strbuf_adds(&b, "x { }");
	parse_fails(b.s, b.len, "x: v13: value too long");

	/* many statements that say the same, times many jails */
	strbuf_clear(&b);
	for (int i = 0; i < 50000; i++)
		strbuf_adds(&b, "p; ");
	for (int i = 0; i < 5000; i++)
		strbuf_addf(&b, "j%d { }\n", i);
	parse_fails(b.s, b.len, "jails too large in all");
}

ATF_TC_WITHOUT_HEAD(long_string);
ATF_TC_BODY(long_string, tc)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	cleanup_jailconf struct jailconf *c = NULL;
	struct err e = ERR_INIT;

	/* half a million pieces, each its own token */
	strbuf_adds(&b, "x { p = ");
	for (int i = 0; i < 500000; i++)
		strbuf_adds(&b, "\\q");
	strbuf_adds(&b, "; }");
	ATF_REQUIRE_EQ_MSG(0, jailconf_parse("t", b.s, b.len, &c, &e), "%s",
			   e.text);
	ATF_CHECK_EQ(500000, strlen(pset_value(&c->v[0].params, "p")));
}

ATF_TC_WITHOUT_HEAD(quoting);
ATF_TC_BODY(quoting, tc)
{
	static const struct {
		const char *value, *conf, *export;
	} t[] = {
		{"plain", "plain", "plain"},
		{"/a/b.c-d_e:f|g", "/a/b.c-d_e:f|g", "/a/b.c-d_e:f|g"},
		{"", "\"\"", "\"\""},
		{"a b", "\"a b\"", "\"a b\""},
		{"a;b", "\"a;b\"", "a;b"},
		{"a\"b", "\"a\\\"b\"", "'a\"b'"},
		{"it's", "\"it's\"", "\"it's\""},
		{"'\"", "\"'\\\"\"", "\"'\\\"\""},
		{"$x", "\"\\$x\"", "$x"},
		{"a\\b", "\"a\\\\b\"", "a\\\\b"},
		{"http://x", "\"http://x\"", "http://x"},
		{"a/*b", "\"a/*b\"", "a/*b"},
		{"a\n\tb", "\"a\\n\\tb\"", "\"a\n\tb\""},
		{"\x1b", "\"\\033\"", "\x1b"},
		{"f\xc3\xbc", "\"f\xc3\xbc\"", "f\xc3\xbc"},
		{"a#b", "\"a#b\"", "a#b"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		cleanup_strbuf struct strbuf a = STRBUF_INIT, b = STRBUF_INIT;

		jailconf_quote(&a, t[i].value);
		ATF_CHECK_STREQ(t[i].conf, a.s);
		jailconf_quote_export(&b, t[i].value);
		ATF_CHECK_STREQ(t[i].export, b.s);
	}
}

ATF_TC_WITHOUT_HEAD(print_jail);
ATF_TC_BODY(print_jail, tc)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	cleanup_pset struct pset ps = {0};
	struct err e = ERR_INIT;

	pset_put(&ps, "jid", "5", false, &e);
	pset_put(&ps, "name", "www", false, &e);
	pset_put(&ps, "nopersist", NULL, false, &e);
	pset_put(&ps, "exec.start", "a b", true, &e);
	pset_put(&ps, "exec.start", "", true, &e);
	jailconf_print_jail(&b, "5", &ps);
	ATF_CHECK_STREQ("5 {\n\tname = www;\n\tnopersist;\n"
			"\texec.start = \"a b\", \"\";\n}\n",
			b.s);
	strbuf_clear(&b);
	jailconf_print_jail(&b, "www", &ps);
	ATF_CHECK(str_prefix(b.s, "www {\n\tjid = 5;\n\tnopersist;"));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, where);
	ATF_TP_ADD_TC(tp, match);
	ATF_TP_ADD_TC(tp, strict_and_lenient);
	ATF_TP_ADD_TC(tp, files);
	ATF_TP_ADD_TC(tp, include_loop);
	ATF_TP_ADD_TC(tp, no_include_in_memory);
	ATF_TP_ADD_TC(tp, nul_bytes);
	ATF_TP_ADD_TC(tp, hostile_names);
	ATF_TP_ADD_TC(tp, deep_nesting);
	ATF_TP_ADD_TC(tp, variable_bomb);
	ATF_TP_ADD_TC(tp, many);
	ATF_TP_ADD_TC(tp, bomb_times_jails);
	ATF_TP_ADD_TC(tp, long_string);
	ATF_TP_ADD_TC(tp, quoting);
	ATF_TP_ADD_TC(tp, print_jail);
	return atf_no_error();
}
