/* pf: life of the model, labels, digests, tables' text. */
#include "base/cleanup.h"
#include "pf/conf.h"
#include "pf/md5.h"
#include "pf/names.h"
#include "pf/print.h"

#include <arpa/inet.h>
#include <atf-c.h>
#include <errno.h>
#include <string.h>

static void lines(void *data, enum report_level level, const char *text)
{
	(void)level;
	strbuf_addf(data, "%s\n", text);
}

static struct pf_conf *parse(const char *text, unsigned int flags,
			     struct strbuf *said)
{
	struct report r = {.line = lines, .data = said};
	struct pf_parse how = {
		.flags = flags,
		.report = &r,
		.has_optimize = true,
		.optimize = PF_OPT_NONE,
	};
	struct pf_conf *c = NULL;
	struct err e = ERR_INIT;

	if (pf_conf_parse("t", text, strlen(text), &how, &c, &e) < 0)
		ATF_CHECK(!c && e.text[0]);
	return c;
}

ATF_TC_WITHOUT_HEAD(md5);
ATF_TC_BODY(md5, tc)
{
	/* RFC 1321, A.5, and lengths around the end of a block */
	static const struct {
		const char *text, *hex;
	} t[] = {
		{"", "d41d8cd98f00b204e9800998ecf8427e"},
		{"abc", "900150983cd24fb0d6963f7d28e17f72"},
		{"abcdefghijklmnopqrstuvwxyz",
		 "c3fcd3d76192e4007dfb496cca67e13b"},
		{"1234567890123456789012345678901234567890123456789012345678"
		 "9012345678901234567890",
		 "57edf4a22be3c955ac49da2e2107b67a"},
		{"0123456789012345678901234567890123456789012345678901234",
		 "6e7a4fc92eb1c3f6e652425bcc8d44b5"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		char hex[33];
		uint8_t d[16];

		pf_md5(t[i].text, strlen(t[i].text), d);
		for (size_t k = 0; k < 16; k++)
			snprintf(hex + 2 * k, 3, "%02x", d[k]);
		ATF_CHECK_STREQ(t[i].hex, hex);
	}
}

ATF_TC_WITHOUT_HEAD(anchors);
ATF_TC_BODY(anchors, tc)
{
	cleanup_pf_conf struct pf_conf *c = pf_conf_new();
	char deep[PF_ANCHOR_PATH], wide[PF_ANCHOR_PATH + 2];
	struct pf_anchor *a, *b;

	ATF_REQUIRE(c);
	ATF_CHECK_EQ(c->root, pf_anchor_find(c, "", false));
	ATF_CHECK_EQ(c->root, pf_anchor_find(c, "/", false));
	ATF_CHECK(!pf_anchor_find(c, "x/y", false));
	ATF_CHECK_EQ(0, c->root->nchild);
	b = pf_anchor_find(c, "/x/y", true);
	ATF_REQUIRE(b);
	ATF_CHECK_STREQ("y", b->name);
	ATF_CHECK_STREQ("x/y", b->path);
	a = pf_anchor_find(c, "x/a", true);
	ATF_CHECK_EQ(a, b->parent->child[0]);
	ATF_CHECK_EQ(b, b->parent->child[1]);
	ATF_CHECK(!pf_anchor_find(c, "x//y", true));
	ATF_CHECK(!pf_anchor_find(c, "x/", true));
	for (size_t i = 0; i < 2 * PF_ANCHOR_DEPTH; i += 2)
		memcpy(deep + i, "d/", 2);
	deep[2 * PF_ANCHOR_DEPTH - 1] = '\0';
	ATF_CHECK(pf_anchor_find(c, deep, true));
	memcpy(deep + 2 * PF_ANCHOR_DEPTH - 1, "/d", 3);
	ATF_CHECK(!pf_anchor_find(c, deep, true));
	memset(wide, 'w', sizeof(wide) - 1);
	wide[sizeof(wide) - 1] = '\0';
	ATF_CHECK(!pf_anchor_find(c, wide, true));
	pf_anchor_remove(b->parent);
	ATF_CHECK(!pf_anchor_find(c, "x", false));
}

ATF_TC_WITHOUT_HEAD(tables_seen);
ATF_TC_BODY(tables_seen, tc)
{
	cleanup_pf_conf struct pf_conf *c = pf_conf_new();
	struct pf_anchor *a = pf_anchor_find(c, "a", true);
	char name[PF_TABLE_NAME + 1];

	ATF_REQUIRE(pf_table_add(c->root, "t") && pf_table_add(c->root, "u"));
	ATF_REQUIRE(pf_table_add(a, "t"));
	ATF_CHECK_EQ(&a->table[0], pf_table_seen(c, a, "t"));
	ATF_CHECK_EQ(&c->root->table[1], pf_table_seen(c, a, "u"));
	ATF_CHECK(!pf_table_seen(c, a, "v"));
	memset(name, 'n', PF_TABLE_NAME);
	name[PF_TABLE_NAME] = '\0';
	ATF_CHECK(!pf_table_add(a, name));
	name[PF_TABLE_NAME - 1] = '\0';
	ATF_CHECK(pf_table_add(a, name));
}

ATF_TC_WITHOUT_HEAD(rule_copy);
ATF_TC_BODY(rule_copy, tc)
{
	cleanup_strbuf struct strbuf a = STRBUF_INIT, b = STRBUF_INIT;
	cleanup_strbuf struct strbuf said = STRBUF_INIT;
	cleanup_pf_conf struct pf_conf *c = parse(
		"pass in log (to pflog2) on em0 route-to { (em1 10.0.0.1), "
		"(em1 10.0.0.2) } proto tcp from <t> os \"x\" to (em0) "
		"keep state (max-src-conn 1, overload <o>) label a label b "
		"queue (q, p) tag T tagged U received-on em3\n",
		0, &said);
	struct pf_rule copy;

	ATF_REQUIRE_MSG(c, "%s", said.s);
	ATF_REQUIRE_EQ(
		0, pf_rule_copy(&copy, &c->root->list[PF_LIST_FILTER].v[0]));
	pf_print_rule(&a, &c->root->list[PF_LIST_FILTER].v[0], PF_LIST_FILTER,
		      PF_PRINT_EXACT);
	pf_conf_free(&c);
	pf_print_rule(&b, &copy, PF_LIST_FILTER, PF_PRINT_EXACT);
	ATF_CHECK_STREQ(a.s, b.s);
	pf_rule_clear(&copy);
	pf_rule_clear(&copy);
}

/* What is stored of it can be read again, whatever a number is called. */
ATF_TC_WITHOUT_HEAD(icmp_types);
ATF_TC_BODY(icmp_types, tc)
{
	for (unsigned int i = 0; i < 512; i++) {
		cleanup_strbuf struct strbuf a = STRBUF_INIT, b = STRBUF_INIT;
		cleanup_strbuf struct strbuf said = STRBUF_INIT;
		cleanup_strbuf struct strbuf text = STRBUF_INIT;
		cleanup_pf_conf struct pf_conf *c = NULL, *d = NULL;
		const char *six = i < 256 ? "" : "6";

		strbuf_addf(&text,
			    "pass inet%s proto icmp%s icmp%s-type %u code 0\n",
			    six, six, six, i % 256);
		c = parse(text.s, 0, &said);
		ATF_REQUIRE_MSG(c, "%s: %s", text.s, said.s);
		pf_print_conf(&a, c);
		d = parse(a.s, PF_PARSE_STORED, &said);
		ATF_REQUIRE_MSG(d, "%s: %s", a.s, said.s);
		pf_print_conf(&b, d);
		ATF_CHECK_STREQ(a.s, b.s);
	}
}

ATF_TC_WITHOUT_HEAD(quotes);
ATF_TC_BODY(quotes, tc)
{
	cleanup_strbuf struct strbuf a = STRBUF_INIT, b = STRBUF_INIT;
	cleanup_strbuf struct strbuf said = STRBUF_INIT;
	cleanup_pf_conf struct pf_conf *c = parse(
		"pass on \"a \\\"b\" label \"\\\"\\\\\\\"\" tag 'x \"y'\n", 0,
		&said);
	cleanup_pf_conf struct pf_conf *d = NULL;

	ATF_REQUIRE_MSG(c, "%s", said.s);
	ATF_CHECK_STREQ("a \"b", c->root->list[PF_LIST_FILTER].v[0].ifname);
	pf_print_conf(&a, c);
	d = parse(a.s, PF_PARSE_STORED, &said);
	ATF_REQUIRE_MSG(d, "%s%s", a.s, said.s);
	pf_print_conf(&b, d);
	ATF_CHECK_STREQ(a.s, b.s);
}

/*
 * A jail's root writes what is said to be loaded: it opens no file of who reads
 * it, asks for no names, and is no more than it is long.
 */
ATF_TC_WITHOUT_HEAD(stored);
ATF_TC_BODY(stored, tc)
{
	static const struct {
		const char *text, *why;
	} t[] = {
		{"table <x> file \"/dev/null\"\n", "file is not for here"},
		{"include \"/dev/null\"\n", "include is not for here"},
		{"load anchor a from \"/dev/null\"\n",
		 "load anchor is not for here"},
		{"pass out proto tcp from any to any user root\n",
		 "unknown user root"},
		{"a = \"b\"\npass on $a\n", "macros are not for here"},
		{"pass from { 10.0.0.1, 10.0.0.2 } to any\n",
		 "lists are not for here"},
		{"pass on { a, b } all\n", "lists are not for here"},
		{"nat on { a, b } inet all -> 10.0.0.1\n",
		 "lists are not for here"},
		{"ether pass on { a, b } all\n", "lists are not for here"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		cleanup_strbuf struct strbuf said = STRBUF_INIT;
		cleanup_pf_conf struct pf_conf *c =
			parse(t[i].text, PF_PARSE_STORED, &said);

		ATF_CHECK_MSG(!c, "%s", t[i].text);
		ATF_CHECK_MSG(strstr(said.s, t[i].why), "%s: %s", t[i].text,
			      said.s);
	}
}

ATF_TC_WITHOUT_HEAD(queue_bomb);
ATF_TC_BODY(queue_bomb, tc)
{
	cleanup_strbuf struct strbuf text = STRBUF_INIT, said = STRBUF_INIT;
	struct pf_conf *c;

	/* each name of one list for each of the other */
	strbuf_adds(&text, "altq on {");
	for (size_t i = 0; i < 4000; i++)
		strbuf_addf(&text, " e%zu", i);
	strbuf_adds(&text, " } cbq bandwidth 1Mb queue {");
	for (size_t i = 0; i < 4000; i++)
		strbuf_addf(&text, " q%zu", i);
	strbuf_adds(&text, " }\n");
	c = parse(text.s, 0, &said);
	ATF_CHECK(!c);
	ATF_CHECK_MSG(strstr(said.s, "more than 4096 queues"), "%s", said.s);
	strbuf_clear(&text);
	strbuf_clear(&said);
	for (size_t i = 0; i < 5000; i++)
		strbuf_addf(&text, "altq on e%zu priq queue { q }\n", i);
	c = parse(text.s, 0, &said);
	ATF_CHECK(!c);
	ATF_CHECK_MSG(strstr(said.s, "more than 4096 queues"), "%s", said.s);
	strbuf_clear(&said);
	c = parse("altq on e cbq bandwidth 99999999999999999Gb queue a\n", 0,
		  &said);
	ATF_CHECK(!c);
	ATF_CHECK_MSG(strstr(said.s, "bandwidth number too big"), "%s", said.s);
}

ATF_TC_WITHOUT_HEAD(bytes);
ATF_TC_BODY(bytes, tc)
{
	/* a zero byte does not end a file */
	static const char zero[] = "pass\n\0\nblock out\n";
	cleanup_strbuf struct strbuf said = STRBUF_INIT;
	struct report r = {.line = lines, .data = &said};
	struct pf_parse how = {.report = &r};
	struct pf_conf *c = NULL;
	struct err e = ERR_INIT;

	ATF_CHECK_EQ(-EINVAL,
		     pf_conf_parse("t", zero, sizeof(zero) - 1, &how, &c, &e));
	ATF_CHECK_STREQ("t:2: syntax error\n", said.s);
	ATF_CHECK(!c);
}

/* Errors are lines, and nothing that a terminal would obey. */
ATF_TC_WITHOUT_HEAD(printable);
ATF_TC_BODY(printable, tc)
{
	static const char *const t[] = {
		"pass to \"a/\t\033[2J\"\n",
		"include \"\t\033[2J\"\n",
		"table <t> file \"/\t\033[2J\"\n",
		"load anchor a from \"/\t\033[2J\"\n",
		"pass on \"\t\033[2J0123456789abcdef\"\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		cleanup_strbuf struct strbuf said = STRBUF_INIT;
		cleanup_pf_conf struct pf_conf *c = parse(t[i], 0, &said);

		ATF_CHECK(!c);
		ATF_CHECK_MSG(said.len && !strpbrk(said.s, "\t\033"), "%s",
			      said.s);
	}
}

ATF_TC_WITHOUT_HEAD(too_much);
ATF_TC_BODY(too_much, tc)
{
	cleanup_strbuf struct strbuf text = STRBUF_INIT, said = STRBUF_INIT;
	struct pf_conf *c;

	/* braces in braces do not use up the stack */
	strbuf_adds(&text, "pass from ");
	for (size_t i = 0; i < 200000; i++)
		strbuf_addch(&text, '{');
	strbuf_adds(&text, "\n");
	c = parse(text.s, 0, &said);
	ATF_CHECK(!c);
	strbuf_clear(&text);
	for (size_t i = 0; i < 200; i++)
		strbuf_adds(&text, "anchor {\n");
	c = parse(text.s, 0, &said);
	ATF_CHECK(!c);
	ATF_CHECK(strstr(said.s, "anchors nested too deeply"));
	/* no more than so many errors of one file are told */
	strbuf_clear(&text);
	strbuf_clear(&said);
	for (size_t i = 0; i < 1000; i++)
		strbuf_adds(&text, "nonsense\n");
	c = parse(text.s, 0, &said);
	ATF_CHECK(!c);
	ATF_CHECK(strstr(said.s, "t:100: syntax error"));
	ATF_CHECK(!strstr(said.s, "t:101:"));
}

static void entry(const char *word, const char *want)
{
	cleanup_free struct pf_entry *v = NULL;
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	struct err e = ERR_INIT;
	size_t n = 0;
	int r = pf_table_word(word, NULL, &v, &n, &e);

	if (!want) {
		ATF_CHECK_MSG(r < 0 && e.text[0] && !n, "%s", word);
		return;
	}
	ATF_REQUIRE_MSG(r == 0 && n == 1, "%s: %s", word, e.text);
	pf_print_entry(&b, &v[0]);
	ATF_CHECK_STREQ(want, b.s);
}

ATF_TC_WITHOUT_HEAD(table_words);
ATF_TC_BODY(table_words, tc)
{
	static const struct {
		const char *word, *want;
	} t[] = {
		{"10.0.0.1", "10.0.0.1"},
		{"10.0.0.1/32", "10.0.0.1"},
		{"10.1.2.3/8", "10.0.0.0/8"},
		{"10/8", "10.0.0.0/8"},
		{"0.0.0.0/0", "0.0.0.0/0"},
		{"255.255.255.255", "255.255.255.255"},
		{"!10.0.0.1", "!10.0.0.1"},
		{"!!10.0.0.1", "10.0.0.1"},
		{"2001:db8::1/32", "2001:db8::/32"},
		{"!::1", "!::1"},
		{"::/0", "::/0"},
		{"10.0.0.1/33", NULL},
		{"10.0.0.256", NULL},
		{"10.0.0", NULL},
		{"10.0.0.1.2", NULL},
		{"10.0.0.1/", NULL},
		{"10.0.0.1/a", NULL},
		{"10.0.0.1/-1", NULL},
		{"::1/129", NULL},
		{"", NULL},
		{"!", NULL},
		{"name", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		entry(t[i].word, t[i].want);
}

ATF_TC_WITHOUT_HEAD(table_text);
ATF_TC_BODY(table_text, tc)
{
	static const char text[] = "10.0.0.1 # one\n\n!10.0.0.2\t::1\n#end";
	cleanup_free struct pf_entry *v = NULL;
	struct err e = ERR_INIT;
	size_t n = 0;

	ATF_CHECK_EQ(0,
		     pf_table_text("f", text, strlen(text), NULL, &v, &n, &e));
	ATF_CHECK_EQ(3, n);
	ATF_CHECK(v[1].neg && !v[0].neg);
	/* what was there stays when the rest makes no sense */
	ATF_CHECK(pf_table_text("f", "10.0.0.3 x", 10, NULL, &v, &n, &e) < 0);
	ATF_CHECK_EQ(3, n);
	ATF_CHECK(pf_table_text("f", "10.0.0.3\0", 9, NULL, &v, &n, &e) < 0);
	ATF_CHECK_STREQ("f line 1: NUL in an address", e.text);
}

ATF_TC_WITHOUT_HEAD(names);
ATF_TC_BODY(names, tc)
{
	/* each name reads as its number, each number as its first name */
	for (int i = 0; i < 256; i++) {
		const char *s = pf_proto_name((uint8_t)i);

		if (s)
			ATF_CHECK_EQ_MSG(i, pf_proto_number(s), "%s", s);
		s = pf_icmp_type_name(i, AF_INET);
		if (s)
			ATF_CHECK_EQ_MSG(i, pf_icmp_type(s, AF_INET), "%s", s);
		s = pf_icmp_type_name(i, AF_INET6);
		if (s)
			ATF_CHECK_EQ_MSG(i, pf_icmp_type(s, AF_INET6), "%s", s);
	}
	for (int i = 0; i < 65536; i++) {
		const char *s = pf_service_name((uint16_t)i, IPPROTO_TCP);

		if (s)
			ATF_CHECK_EQ_MSG(i, pf_service_port(s), "%s", s);
	}
	ATF_CHECK_STREQ("http", pf_service_name(80, IPPROTO_TCP));
	ATF_CHECK_STREQ("syslog", pf_service_name(514, IPPROTO_UDP));
	ATF_CHECK_EQ(-1, pf_service_port("no such service"));
	ATF_CHECK_EQ(0x12, pf_tcp_flags("SA"));
	ATF_CHECK_EQ(-1, pf_tcp_flags("SX"));
	ATF_CHECK_EQ(0, pf_tcp_flags(""));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, md5);
	ATF_TP_ADD_TC(tp, anchors);
	ATF_TP_ADD_TC(tp, tables_seen);
	ATF_TP_ADD_TC(tp, rule_copy);
	ATF_TP_ADD_TC(tp, icmp_types);
	ATF_TP_ADD_TC(tp, quotes);
	ATF_TP_ADD_TC(tp, stored);
	ATF_TP_ADD_TC(tp, queue_bomb);
	ATF_TP_ADD_TC(tp, bytes);
	ATF_TP_ADD_TC(tp, printable);
	ATF_TP_ADD_TC(tp, too_much);
	ATF_TP_ADD_TC(tp, table_words);
	ATF_TP_ADD_TC(tp, table_text);
	ATF_TP_ADD_TC(tp, names);
	return atf_no_error();
}
