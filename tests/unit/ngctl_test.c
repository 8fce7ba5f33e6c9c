/* ngctl: formats, and how lines become commands.  What the commands do to a
 * graph is in tests/system/ngctl_test.sh. */
#include "base/cleanup.h"
#include "ngctl/ngctl.h"

#include <atf-c.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* --- a terminal --- */

static struct strbuf out = STRBUF_INIT, err = STRBUF_INIT;

static void put(void *data, const char *text)
{
	(void)data;
	strbuf_adds(&out, text);
}

static void warn(void *data, const char *text)
{
	(void)data;
	strbuf_addf(&err, "%s\n", text);
}

static struct ngctl ctl(void)
{
	strbuf_clear(&out);
	strbuf_clear(&err);
	return (struct ngctl){.cs = -1, .ds = -1, .put = put, .warn = warn};
}

/* A line that needs no node: its result, and what it printed. */
static void check_line(const char *line, int rc, const char *text,
		       const char *errors)
{
	struct ngctl c = ctl();

	ATF_CHECK_EQ_MSG(rc, ngctl_line(&c, line), "%s", line);
	ATF_CHECK_STREQ(text, out.s);
	ATF_CHECK_STREQ(errors, err.s);
}

/* --- a graph --- */

static void set_node(struct nodeinfo *n, const char *name, const char *type,
		     ng_ID_t id, uint32_t hooks)
{
	memset(n, 0, sizeof(*n));
	str_copy(n->name, sizeof(n->name), name);
	str_copy(n->type, sizeof(n->type), type);
	n->id = id;
	n->hooks = hooks;
}

static struct hooklist *bridge(void)
{
	struct hooklist *l =
		calloc(1, sizeof(*l) + 2 * sizeof(struct linkinfo));

	ATF_REQUIRE(l);
	set_node(&l->nodeinfo, "bridge0", "bridge", 0x1a, 2);
	str_copy(l->link[0].ourhook, NG_HOOKSIZ, "link1");
	str_copy(l->link[0].peerhook, NG_HOOKSIZ, "ether");
	set_node(&l->link[0].nodeinfo, "", "eiface", 0x1b, 1);
	str_copy(l->link[1].ourhook, NG_HOOKSIZ, "link0");
	str_copy(l->link[1].peerhook, NG_HOOKSIZ, "lower");
	set_node(&l->link[1].nodeinfo, "igb0", "ether", 1, 1);
	return l;
}

ATF_TC_WITHOUT_HEAD(show);
ATF_TC_BODY(show, tc)
{
	cleanup_free struct hooklist *l = bridge();
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	const char *head = "  Name: bridge0         Type: bridge          "
			   "ID: 0000001a   Num hooks: 2\n";

	ngctl_format_show(&b, l, false);
	ATF_CHECK_STREQ(head, b.s);
	strbuf_clear(&b);
	ngctl_format_show(&b, l, true);
	ATF_REQUIRE(str_prefix(b.s, head));
	ATF_CHECK_STREQ(
		"  Local hook      Peer name       Peer type    Peer ID     "
		"    Peer hook      \n"
		"  ----------      ---------       ---------    -------     "
		"    ---------      \n"
		"  link1           <unnamed>       eiface       0000001b    "
		"    ether          \n"
		"  link0           igb0            ether        00000001    "
		"    lower          \n",
		b.s + strlen(head));
}

ATF_TC_WITHOUT_HEAD(hostile_name);
ATF_TC_BODY(hostile_name, tc)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	struct nodeinfo n;

	set_node(&n, "\033]0;x\007\n", "socket", 2, 0);
	ngctl_format_node(&b, &n);
	ATF_CHECK_STREQ("  Name: ?]0;x??         Type: socket          "
			"ID: 00000002   Num hooks: 0\n",
			b.s);
	/* not ended in its array */
	memset(n.name, 'n', sizeof(n.name));
	strbuf_clear(&b);
	ngctl_format_node(&b, &n);
	ATF_CHECK(str_prefix(b.s, "  Name: nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn "
				  "Type: socket"));
}

ATF_TC_WITHOUT_HEAD(types);
ATF_TC_BODY(types, tc)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	cleanup_free struct typelist *l =
		calloc(1, sizeof(*l) + 2 * sizeof(struct typeinfo));

	ATF_REQUIRE(l);
	ngctl_format_types(&b, l);
	ATF_CHECK_STREQ("There are 0 total types:\n", b.s);
	strbuf_clear(&b);
	l->numtypes = 2;
	str_copy(l->typeinfo[0].type_name, NG_TYPESIZ, "bridge");
	l->typeinfo[0].numnodes = 3;
	str_copy(l->typeinfo[1].type_name, NG_TYPESIZ, "vlan_rotate");
	ngctl_format_types(&b, l);
	ATF_CHECK_STREQ("There are 2 total types:\n"
			"      Type name   Number of living nodes\n"
			"      ---------   ----------------------\n"
			"         bridge       3\n"
			"    vlan_rotate       0\n",
			b.s);
}

ATF_TC_WITHOUT_HEAD(dump);
ATF_TC_BODY(dump, tc)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	ngctl_dump(&b, "", 0);
	ATF_CHECK_STREQ("", b.s);
	ngctl_dump(&b, "0123456789abcdef\x7f\xff~ ", 20);
	ATF_CHECK_STREQ("0000:  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 "
			"66  0123456789abcdef\n"
			"0010:  7f ff 7e 20                      "
			"                ..~             \n",
			b.s);
}

static struct ng_mesg *message(uint32_t cmd, uint32_t flags, const void *data,
			       size_t len)
{
	struct ng_mesg *m = calloc(1, sizeof(*m) + len + 1);

	ATF_REQUIRE(m);
	m->header.cmd = cmd;
	m->header.flags = flags;
	m->header.arglen = (uint32_t)len;
	memcpy(m->data, data, len);
	return m;
}

/* An answer to NGM_BINARY2ASCII. */
static struct ng_mesg *in_words(const struct ng_mesg *m, const char *word,
				const char *args)
{
	cleanup_free struct ng_mesg *text =
		message(m->header.cmd, m->header.flags, args, strlen(args) + 1);

	str_copy((char *)text->header.cmdstr, NG_CMDSTRSIZ, word);
	return message(NGM_BINARY2ASCII, NGF_RESP, text,
		       sizeof(*text) + strlen(args) + 1);
}

ATF_TC_WITHOUT_HEAD(messages);
ATF_TC_BODY(messages, tc)
{
	cleanup_free struct ng_mesg *m = message(1, NGF_RESP, "ngeth3", 7);
	cleanup_free struct ng_mesg *ascii =
		in_words(m, "getifname", "\"ngeth3\"");
	cleanup_free struct ng_mesg *none = in_words(m, "reset", "");
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	ngctl_format_msg(&b, m, "[1a9]:", ascii);
	ATF_CHECK_STREQ("Rec'd response \"getifname\" (1) from \"[1a9]:\":\n"
			"Args:\t\"ngeth3\"\n",
			b.s);
	strbuf_clear(&b);
	ngctl_format_msg(&b, m, "[1a9]:", none);
	ATF_CHECK_STREQ("Rec'd response \"reset\" (1) from \"[1a9]:\":\n"
			"No arguments\n",
			b.s);
	strbuf_clear(&b);
	ngctl_format_msg(&b, m, "[1a9]:", NULL);
	ATF_CHECK_STREQ("Rec'd response 1 from \"[1a9]:\":\n"
			"0000:  6e 67 65 74 68 33 00             "
			"                ngeth3.         \n",
			b.s);
	/* an answer that is cut off is none */
	ascii->header.arglen = sizeof(struct ng_mesg) - 1;
	m->header.flags = 0;
	m->header.arglen = 0;
	strbuf_clear(&b);
	ngctl_format_msg(&b, m, "[2]:", ascii);
	ATF_CHECK_STREQ("Rec'd command 1 from \"[2]:\":\nNo arguments\n", b.s);
}

ATF_TC_WITHOUT_HEAD(data);
ATF_TC_BODY(data, tc)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	ngctl_format_data(&b, "h", "*+", 2);
	ATF_CHECK_STREQ("Rec'd data packet on hook \"h\":\n"
			"0000:  2a 2b                            "
			"                *+              \n",
			b.s);
}

ATF_TC_WITHOUT_HEAD(text);
ATF_TC_BODY(text, tc)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	ngctl_format_text(&b, "Status", "x:", "a\tb\nc\033[2J", 10);
	ATF_CHECK_STREQ("Status for \"x:\":\na\tb\nc?[2J\n", b.s);
	strbuf_clear(&b);
	ngctl_format_text(&b, "Config", "x:", "abc", 2);
	ATF_CHECK_STREQ("Config for \"x:\":\nab\n", b.s);
}

/* --- lines --- */

ATF_TC_WITHOUT_HEAD(find);
ATF_TC_BODY(find, tc)
{
	static const struct {
		const char *word, *name;
	} words[] = {
		{"l", "list"},	    {"LS", "list"},	{"sho", "show"},
		{"info", "show"},   {"in", "show"},	{"kill", "shutdown"},
		{".", "read"},	    {"so", "read"},	{"?", "help"},
		{"w", "write"},	    {"e", "quit"},	{"q", "quit"},
		{"msg", "msg"},	    {"cmd", "msg"},	{"j", "connect"},
		{"disc", "rmhook"}, {"rmh", "rmhook"},	{"rmn", "shutdown"},
		{"g", "dot"},	    {"confd", "dot"},	{"confi", "config"},
		{"n", "name"},	    {"typ", "types"},	{"status", "status"},
		{"mk", "mkpeer"},   {"DEBUG", "debug"}, {"join", "connect"},
	};
	const struct ngctl_cmd *cmd = NULL;
	struct err e = ERR_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		ATF_REQUIRE_EQ_MSG(0, ngctl_find(words[i].word, &cmd, &e),
				   "%s: %s", words[i].word, e.text);
		ATF_CHECK_EQ_MSG(
			0, strncmp(cmd->usage, words[i].name, ngctl_word(cmd)),
			"%s", words[i].word);
	}
	ATF_CHECK_EQ(-EEXIST, ngctl_find("s", &cmd, &e));
	ATF_CHECK_STREQ("\"s\": ambiguous command", e.text);
	ATF_CHECK_EQ(-EEXIST, ngctl_find("rm", &cmd, &e));
	ATF_CHECK_EQ(-EEXIST, ngctl_find("conf", &cmd, &e));
	ATF_CHECK_EQ(-ENOENT, ngctl_find("lists", &cmd, &e));
	ATF_CHECK_STREQ("\"lists\": unknown command", e.text);
	ATF_CHECK_EQ(-ENOENT, ngctl_find("#", &cmd, &e));
}

ATF_TC_WITHOUT_HEAD(lines);
ATF_TC_BODY(lines, tc)
{
	check_line("", 0, "", "");
	check_line(" \t\v\n", 0, "", "");
	check_line("quit", NGCTL_QUIT, "", "");
	check_line("exit now\n", NGCTL_QUIT, "", "");
	check_line("bogus", -ENOENT, "", "\"bogus\": unknown command\n");
	check_line("mkpeer x", NGCTL_USAGE, "",
		   "usage: mkpeer [path] <type> <hook> <peerhook>\n");
	check_line("connect a b c d e", NGCTL_USAGE, "",
		   "usage: connect [path] <relpath> <hook> <peerhook>\n");
	check_line("list -x", NGCTL_USAGE, "",
		   "illegal option -- x\nusage: list [-ln]\n");
	check_line("list x", NGCTL_USAGE, "", "usage: list [-ln]\n");
	check_line("show", NGCTL_USAGE, "", "usage: show [-n] <path>\n");
	check_line("msg x", NGCTL_USAGE, "",
		   "usage: msg path command [args ... ]\n");
	check_line("write h", NGCTL_USAGE, "",
		   "usage: write hook < -f file | byte ... >\n");
	check_line("write h -f", NGCTL_USAGE, "",
		   "usage: write hook < -f file | byte ... >\n");
	check_line("write h 256", -EINVAL, "", "invalid byte \"256\"\n");
	check_line("write h 0 -129", -EINVAL, "", "invalid byte \"-129\"\n");
	check_line("write h 12x", -EINVAL, "", "invalid byte \"12x\"\n");
	check_line("write h -f /nonexistent", -ENOENT, "",
		   "can't read file \"/nonexistent\": "
		   "No such file or directory\n");
	check_line("write h -f /dev/null", -ENODATA, "",
		   "file \"/dev/null\" is empty\n");
	check_line("dot /nonexistent/x", -ENOENT, "",
		   "Could not open /nonexistent/x for writing: "
		   "No such file or directory\n");
	check_line("read /nonexistent", -ENOENT, "",
		   "/nonexistent: No such file or directory\n");
	check_line("read", NGCTL_USAGE, "", "usage: read <filename>\n");
	check_line("name . 12345678901234567890123456789012", -EINVAL, "",
		   "send msg: Invalid argument\n");
	check_line("rmhook 12345678901234567890123456789012", -EINVAL, "",
		   "send msg: Invalid argument\n");
}

ATF_TC_WITHOUT_HEAD(debug);
ATF_TC_BODY(debug, tc)
{
	check_line("debug", 0, "Current debug level is 0\n", "");
	check_line("debug +", 0, "", "");
	check_line("debug", 0, "Current debug level is 1\n", "");
	check_line("debug 3", 0, "", "");
	check_line("debug -", 0, "", "");
	check_line("debug", 0, "Current debug level is 2\n", "");
	check_line("debug -1", NGCTL_USAGE, "", "usage: debug [level]\n");
	check_line("debug 1 2", NGCTL_USAGE, "", "usage: debug [level]\n");
	check_line("debug 0", 0, "", "");
	check_line("debug -", 0, "", "");
	check_line("debug", 0, "Current debug level is 0\n", "");
}

ATF_TC_WITHOUT_HEAD(help);
ATF_TC_BODY(help, tc)
{
	struct ngctl c = ctl();

	ATF_CHECK_EQ(0, ngctl_line(&c, "help"));
	ATF_CHECK(str_prefix(
		out.s,
		"Available commands:\n"
		"  config     get or set configuration of node at <path>\n"
		"  connect    Connects hook <peerhook> of the node at "
		"<relpath> to <hook>\n"
		"  debug      Get/set debugging verbosity level\n"
		"  dot        Produce a GraphViz (.dot) of the entire "
		"netgraph.\n"));
	ATF_CHECK(str_suffix(out.s, "  quit       Exit program\n"));
	check_line("help status", 0,
		   "usage:    status <path>\n"
		   "Summary:  Get human readable status information from the "
		   "node at <path>\n",
		   "");
	check_line("? kill", 0,
		   "usage:    shutdown <path>\n"
		   "Aliases:  kill, rmnode\n"
		   "Summary:  Shutdown the node at <path>\n",
		   "");
	check_line("help x", 0, "", "\"x\": unknown command\n");

	c = ctl();
	ATF_CHECK_EQ(0, ngctl_line(&c, "help mkpeer"));
	ATF_CHECK(strstr(out.s, "\nDescription:\n  A node of type "));
	for (char *s = out.s, *end; (end = strchr(s, '\n')); s = end + 1)
		ATF_CHECK(end - s <= 65);
}

/* Files: comments, the line that is said, files within files. */
ATF_TC_WITHOUT_HEAD(files);
ATF_TC_BODY(files, tc)
{
	static char text[] = "# one\n\n  # two\ndebug\nbogus\ndebug\n";
	struct ngctl c = ctl();
	FILE *f = fmemopen(text, strlen(text), "r");

	ATF_REQUIRE(f);
	ATF_CHECK_EQ(-ENOENT, ngctl_file(&c, f, "file"));
	fclose(f);
	ATF_CHECK_STREQ("Current debug level is 0\n", out.s);
	ATF_CHECK_STREQ("\"bogus\": unknown command\n"
			"line 5: error in file\n",
			err.s);

	atf_utils_create_file("loop", "read loop\n");
	c = ctl();
	ATF_CHECK_EQ(-ELOOP, ngctl_line(&c, "read loop"));
	ATF_CHECK(str_prefix(err.s, "loop: Too many levels of symbolic links\n"
				    "line 1: error in file\n"));
	ATF_CHECK_EQ(0, c.depth);

	atf_utils_create_file("inner", "quit\n");
	atf_utils_create_file("outer", "debug\nsource inner\ndebug\n");
	check_line(". outer", NGCTL_QUIT, "Current debug level is 0\n", "");
	ATF_CHECK_EQ(0, ngctl_status_of(NGCTL_QUIT));
	ATF_CHECK_EQ(0, ngctl_status_of(0));
	ATF_CHECK_EQ(64, ngctl_status_of(NGCTL_USAGE));
	ATF_CHECK_EQ(71, ngctl_status_of(-EIO));
}

static void check_complete(const char *text, const char *words, size_t from)
{
	cleanup_free char *joined = NULL;
	cleanup_strv struct strv sv = {0};
	struct ngctl c = ctl();
	size_t at = 99;

	ATF_REQUIRE_EQ(0, ngctl_complete(&c, text, &sv, &at));
	joined = strv_join(&sv, " ");
	ATF_CHECK_STREQ(words, joined);
	ATF_CHECK_EQ(from, at);
}

ATF_TC_WITHOUT_HEAD(complete);
ATF_TC_BODY(complete, tc)
{
	check_complete("s", "show shutdown status", 0);
	check_complete("  MK", "mkpeer", 2);
	check_complete("help li", "list", 5);
	check_complete("? ",
		       "config connect debug dot help list mkpeer msg "
		       "name quit read rmhook show shutdown status types "
		       "write",
		       2);
	check_complete("msg x: list", "listhooks listnames listnodes listtypes",
		       7);
	check_complete("bogus x", "", 6);
	check_complete("types ", "", 6);
}

/* The golden file is what FreeBSD prints for this graph, but for a last ";". */
ATF_TC_WITHOUT_HEAD(dot);
ATF_TC_BODY(dot, tc)
{
	cleanup_free struct namelist *nodes =
		calloc(1, sizeof(*nodes) + 4 * sizeof(struct nodeinfo));
	cleanup_free struct hooklist *l = bridge(), *one = bridge();
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	ATF_REQUIRE(nodes);
	nodes->numnames = 4;
	set_node(&nodes->nodeinfo[0], "ngctl77", "socket", 0x1c, 0);
	set_node(&nodes->nodeinfo[1], "", "eiface", 0x1b, 1);
	set_node(&nodes->nodeinfo[2], "bridge0", "bridge", 0x1a, 2);
	set_node(&nodes->nodeinfo[3], "igb0", "ether", 1, 1);
	ngctl_dot_head(&b, nodes);

	one->nodeinfo = nodes->nodeinfo[0];
	ngctl_dot_node(&b, one);
	one->nodeinfo = nodes->nodeinfo[1];
	one->link[0].nodeinfo = l->nodeinfo;
	str_copy(one->link[0].ourhook, NG_HOOKSIZ, "ether");
	str_copy(one->link[0].peerhook, NG_HOOKSIZ, "link1");
	ngctl_dot_node(&b, one);
	ngctl_dot_node(&b, l);
	one->nodeinfo = nodes->nodeinfo[3];
	str_copy(one->link[0].ourhook, NG_HOOKSIZ, "lower");
	str_copy(one->link[0].peerhook, NG_HOOKSIZ, "link0");
	ngctl_dot_node(&b, one);
	ngctl_dot_tail(&b);
	ATF_CHECK(!strbuf_failed(&b));
	ATF_CHECK_MSG(atf_utils_compare_file(
			      SOURCE_DIR "/tests/golden/ngctl/bridge.dot", b.s),
		      "%s", b.s);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, show);
	ATF_TP_ADD_TC(tp, hostile_name);
	ATF_TP_ADD_TC(tp, types);
	ATF_TP_ADD_TC(tp, dump);
	ATF_TP_ADD_TC(tp, messages);
	ATF_TP_ADD_TC(tp, data);
	ATF_TP_ADD_TC(tp, text);
	ATF_TP_ADD_TC(tp, find);
	ATF_TP_ADD_TC(tp, lines);
	ATF_TP_ADD_TC(tp, debug);
	ATF_TP_ADD_TC(tp, help);
	ATF_TP_ADD_TC(tp, files);
	ATF_TP_ADD_TC(tp, complete);
	ATF_TP_ADD_TC(tp, dot);
	return atf_no_error();
}
