/* The graph and its messages, on a data path of plain memory. */
#include "ngworld.h"

#include <atf-c.h>

static struct world w;

/* What types were called for since the last time. */
#define CHECK_LOG(text)                                                        \
	do {                                                                   \
		ATF_CHECK_STREQ(text, world_log.s);                            \
		strbuf_clear(&world_log);                                      \
	} while (0)

/* --- making and cutting -------------------------------------------------- */

ATF_TC_WITHOUT_HEAD(mkpeer);
ATF_TC_BODY(mkpeer, tc)
{
	world_begin(&w);
	ATF_CHECK_EQ(0, world_mkpeer(&w, ".", "plain", "a", "up"));
	CHECK_LOG("constructor 2\nnewhook 1.a\nnewhook 2.up\n"
		  "connect 1.a\nconnect 2.up\n");
	world_check(w.g);
	ATF_CHECK_EQ(0, world_mkpeer(&w, "a", "ng_plain", "b", "up"));
	ATF_CHECK_STREQ("plain", ng_node_by_id(w.g, 3)->type->name);
	world_check(w.g);
	ATF_CHECK_EQ(3, ng_node_count(w.g));
	ATF_CHECK_EQ(2, ng_type_living(w.g, &world_plain));
	world_end(&w);
}

/* Nothing is left of what did not come about. */
ATF_TC_WITHOUT_HEAD(mkpeer_errors);
ATF_TC_BODY(mkpeer_errors, tc)
{
	static const struct {
		const char *path, *type, *hook, *peer;
		int want;
	} rows[] = {
		{".", "nosuch", "b", "up", -ENXIO},
		{".", "", "b", "up", -ENXIO},
		{".", "ng_", "b", "up", -ENXIO},
		{".", "ng_ng_plain", "b", "up", -ENXIO},
		{".", "plain", "a", "up", -EEXIST},
		{".", "plain", "", "up", -EINVAL},
		{".", "plain", "b", "", -EINVAL},
		{".", "plain", "b.c", "up", -EINVAL},
		{".", "plain", "b:c", "up", -EINVAL},
		{".", "plain", "b", "u.p", -EINVAL},
		{".", "plain", "refuse", "up", -EISCONN},
		{".", "plain", "b", "refuse", -EISCONN},
		{".", "plain", "veto", "up", -EPROTO},
		{".", "plain", "b", "veto", -EPROTO},
		{".", "plain", "b", "suicide", -ENOTCONN},
		{".", "ether", "b", "lower", -EINVAL},
		{"x", "plain", "b", "up", -ENOENT},
		{"x:", "plain", "b", "up", -ENOENT},
		{"a..", "plain", "b", "up", -EINVAL},
	};

	world_begin(&w);
	ATF_CHECK_EQ(0, world_mkpeer(&w, ".", "plain", "a", "up"));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int r = world_mkpeer(&w, rows[i].path, rows[i].type,
				     rows[i].hook, rows[i].peer);

		ATF_CHECK_EQ_MSG(rows[i].want, r, "row %zu: %d", i, r);
		ATF_CHECK_EQ(2, ng_node_count(w.g));
		ATF_CHECK_EQ(1, w.me->nhooks);
		world_check(w.g);
	}
	world_end(&w);
}

ATF_TC_WITHOUT_HEAD(connect);
ATF_TC_BODY(connect, tc)
{
	world_begin(&w);
	ATF_CHECK_EQ(0, world_mkpeer(&w, ".", "plain", "a", "up"));
	ATF_CHECK_EQ(0, world_mkpeer(&w, ".", "plain", "b", "up"));
	strbuf_clear(&world_log);
	ATF_CHECK_EQ(0, world_join(&w, "a", "up.b", "x", "y"));
	CHECK_LOG("newhook 2.x\nnewhook 3.y\nconnect 3.y\nconnect 2.x\n");
	world_check(w.g);
	ATF_CHECK_EQ(-EEXIST, world_join(&w, "a", "[3]:", "x", "z"));
	ATF_CHECK_EQ(-EEXIST, world_join(&w, "a", "[3]:", "z", "y"));
	ATF_CHECK_EQ(-ENOENT, world_join(&w, "a", "b", "z", "z"));
	ATF_CHECK_EQ(-EISCONN, world_join(&w, "a", "[3]:", "z", "refuse"));
	ATF_CHECK_EQ(-EISCONN, world_join(&w, "a", "[3]:", "refuse", "z"));
	ATF_CHECK_EQ(-EPROTO, world_join(&w, "a", "[3]:", "veto", "z"));
	ATF_CHECK_EQ(-EPROTO, world_join(&w, "a", "[3]:", "z", "veto"));
	ATF_CHECK_EQ(-EINVAL, world_join(&w, "a", "[3]:", "z", ""));
	ATF_CHECK_EQ(-EINVAL, world_join(&w, "a", "[3]:", "z.z", "u"));
	world_check(w.g);
	/* a node with itself */
	ATF_CHECK_EQ(-EEXIST, world_join(&w, "a", ".", "s", "s"));
	ATF_CHECK_EQ(0, world_join(&w, "a", ".", "s", "t"));
	world_check(w.g);
	ATF_CHECK_EQ(0, world_rmhook(&w, "a", "t"));
	ATF_CHECK_EQ(2, ng_node_by_id(w.g, 2)->nhooks);
	world_check(w.g);
	world_end(&w);
}

/* The peer's end is told first; a node without hooks goes. */
ATF_TC_WITHOUT_HEAD(rmhook);
ATF_TC_BODY(rmhook, tc)
{
	world_begin(&w);
	ATF_CHECK_EQ(0, world_mkpeer(&w, ".", "plain", "a", "up"));
	strbuf_clear(&world_log);
	ATF_CHECK_EQ(0, world_rmhook(&w, ".", "none"));
	CHECK_LOG("");
	ATF_CHECK_EQ(0, world_rmhook(&w, ".", "a"));
	CHECK_LOG("disconnect 2.up\ndisconnect 1.a\nclosing 2\nshutdown 2\n");
	ATF_CHECK_EQ(1, ng_node_count(w.g));
	world_check(w.g);
	/* persistent: it stays */
	ATF_CHECK_EQ(0, world_mkpeer(&w, ".", "plain", "a", "up"));
	ATF_CHECK_EQ(0, world_tell(&w, "a", WORLD_PERSIST, 1));
	ATF_CHECK_EQ(0, world_rmhook(&w, ".", "a"));
	ATF_CHECK(ng_node_by_id(w.g, 3) != NULL);
	world_check(w.g);
	ATF_CHECK_EQ(0, world_kill(&w, "[3]:"));
	ATF_CHECK_EQ(-ENOENT, world_kill(&w, "[3]:"));
	world_check(w.g);
	world_end(&w);
}

ATF_TC_WITHOUT_HEAD(shutdown);
ATF_TC_BODY(shutdown, tc)
{
	world_begin(&w);
	ATF_CHECK_EQ(0, world_mkpeer(&w, ".", "plain", "a", "up"));
	ATF_CHECK_EQ(0, world_mkpeer(&w, "a", "plain", "b", "up"));
	ATF_CHECK_EQ(0, world_mkpeer(&w, "a", "plain", "c", "up"));
	strbuf_clear(&world_log);
	ATF_CHECK_EQ(0, world_kill(&w, "a"));
	CHECK_LOG("closing 2\n"
		  "disconnect 4.up\ndisconnect 2.c\n"
		  "disconnect 3.up\ndisconnect 2.b\n"
		  "disconnect 1.a\ndisconnect 2.up\n"
		  "shutdown 2\n"
		  "closing 4\nshutdown 4\nclosing 3\nshutdown 3\n");
	ATF_CHECK_EQ(1, ng_node_count(w.g));
	world_check(w.g);
	world_end(&w);
}

/* One that does not die loses its hooks and is as before. */
ATF_TC_WITHOUT_HEAD(shutdown_busy);
ATF_TC_BODY(shutdown_busy, tc)
{
	world_begin(&w);
	ATF_CHECK_EQ(0, world_mkpeer(&w, ".", "stays", "a", "role1"));
	ATF_CHECK_EQ(0, world_name(&w, "a", "rock"));
	ATF_CHECK_EQ(0, world_tell(&w, "rock:", WORLD_SET, 99));
	ATF_CHECK_EQ(0, world_kill(&w, "rock:"));
	ATF_CHECK_EQ(0, w.me->nhooks);
	world_check(w.g);
	ATF_CHECK_EQ(0, world_join(&w, "rock:", "me:", "role1", "b"));
	world_check(w.g);
	world_end(&w);
}

/* Nodes that take each other down, from within their own functions. */
ATF_TC_WITHOUT_HEAD(chain);
ATF_TC_BODY(chain, tc)
{
	struct ng_node *n, *next;
	enum {
		LENGTH = 20000
	};

	world_begin(&w);
	ATF_REQUIRE_EQ(0, ng_mkpeer(w.me, "a", "die", "stays", &n));
	for (int i = 0; i < LENGTH; i++) {
		ATF_REQUIRE_EQ(0, ng_mkpeer(n, "a", "die", "stays", &next));
		n = next;
	}
	ATF_CHECK_EQ(LENGTH + 2, ng_node_count(w.g));
	world_check(w.g);
	ATF_CHECK_EQ(0, world_rmhook(&w, ".", "a"));
	ATF_CHECK_EQ(1, ng_node_count(w.g));
	world_check(w.g);
	world_end(&w);
}

ATF_TC_WITHOUT_HEAD(suicide);
ATF_TC_BODY(suicide, tc)
{
	world_begin(&w);
	ATF_CHECK_EQ(0, world_mkpeer(&w, ".", "stays", "die", "die"));
	ATF_CHECK_EQ(0, world_join(&w, ".", "die", "die2", "die2"));
	ATF_CHECK_EQ(0, world_rmhook(&w, ".", "die2")); /* both nodes go */
	ATF_CHECK_EQ(0, ng_node_count(w.g));
	world_check(w.g);
	world_end(&w);
}

ATF_TC_WITHOUT_HEAD(bypass);
ATF_TC_BODY(bypass, tc)
{
	world_begin(&w);
	ATF_CHECK_EQ(0, world_mkpeer(&w, ".", "plain", "a", "bya"));
	ATF_CHECK_EQ(0, world_mkpeer(&w, "a", "plain", "byb", "up"));
	ATF_CHECK_EQ(0, world_mkpeer(&w, "a.byb", "plain", "more", "up"));
	strbuf_clear(&world_log);
	ATF_CHECK_EQ(0, world_kill(&w, "a"));
	CHECK_LOG("closing 2\ndisconnect 2.byb\ndisconnect 2.bya\n"
		  "shutdown 2\n");
	ATF_CHECK_STREQ("up", ng_hook_by_name(w.me, "a")->peer->name);
	ATF_CHECK_EQ(3, ng_hook_by_name(w.me, "a")->peer->node->id);
	world_check(w.g);
	/* both on one node: nothing is left to connect */
	ATF_CHECK_EQ(0, world_mkpeer(&w, ".", "plain", "b", "up"));
	ATF_CHECK_EQ(0, world_join(&w, "b", ".", "bya", "byb"));
	ATF_CHECK_EQ(0, world_kill(&w, "b"));
	world_check(w.g);
	ATF_CHECK_EQ(-EINVAL, ng_bypass(w.me->hooks, w.me->hooks));
	ATF_CHECK_EQ(-EINVAL, ng_bypass(w.me->hooks, w.me->hooks->peer));
	world_end(&w);
}

/* --- names --------------------------------------------------------------- */

ATF_TC_WITHOUT_HEAD(names);
ATF_TC_BODY(names, tc)
{
	static const struct {
		const char *name;
		int want;
	} rows[] = {
		{"x", 0},
		{"x", -EADDRINUSE},
		{"me", -EADDRINUSE},
		{"y", 0},
		{"x", 0},
		{"a b", 0},
		{"1234567890123456789012345678901", 0},
		{"", -EINVAL},
		{"a.b", -EINVAL},
		{"a:", -EINVAL},
		{".", -EINVAL},
		{"[1]", -EINVAL},
		{"[ff]", -EINVAL},
		{"[0]", 0},
		{"[g]", 0},
		{"[", 0},
	};

	world_begin(&w);
	ATF_CHECK_EQ(0, world_mkpeer(&w, ".", "plain", "a", "up"));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ATF_CHECK_EQ_MSG(rows[i].want,
				 world_name(&w, "a", rows[i].name), "%s",
				 rows[i].name);
		if (!rows[i].want)
			ATF_CHECK_STREQ(rows[i].name,
					ng_node_by_id(w.g, 2)->name);
		world_check(w.g);
	}
	/* a name that fills its field has no end */
	ATF_CHECK_EQ(0, world_send(&w, "a", NGM_GENERIC_COOKIE, NGM_NAME,
				   "abcdefghijklmnopqrstuvwxyz012345",
				   NG_NODESIZ, NULL));
	ATF_CHECK_STREQ("abcdefghijklmnopqrstuvwxyz01234",
			ng_node_by_id(w.g, 2)->name);
	/* free again with its node */
	ATF_CHECK_EQ(0, world_name(&w, "a", "x"));
	ATF_CHECK_EQ(0, world_kill(&w, "x:"));
	ATF_CHECK_EQ(-ENOENT, world_kill(&w, "x:"));
	ATF_CHECK_EQ(0, world_name(&w, ".", "x"));
	world_check(w.g);
	world_end(&w);
}

ATF_TC_WITHOUT_HEAD(ids);
ATF_TC_BODY(ids, tc)
{
	world_begin(&w);
	w.g->next_id = UINT32_MAX;
	ATF_CHECK_EQ(0, world_mkpeer(&w, ".", "plain", "a", "up"));
	ATF_CHECK_EQ(0, world_mkpeer(&w, ".", "plain", "b", "up"));
	ATF_CHECK_EQ(UINT32_MAX, ng_hook_by_name(w.me, "a")->peer->node->id);
	/* never 0, and 1 is taken */
	ATF_CHECK_EQ(2, ng_hook_by_name(w.me, "b")->peer->node->id);
	world_check(w.g);
	world_end(&w);
}

/* --- messages ------------------------------------------------------------ */

ATF_TC_WITHOUT_HEAD(lengths);
ATF_TC_BODY(lengths, tc)
{
	static const struct {
		uint32_t cmd;
		size_t size;
	} rows[] = {
		{NGM_MKPEER, sizeof(struct ngm_mkpeer)},
		{NGM_CONNECT, sizeof(struct ngm_connect)},
		{NGM_NAME, sizeof(struct ngm_name)},
		{NGM_RMHOOK, sizeof(struct ngm_rmhook)},
	};
	char bytes[1024];

	world_begin(&w);
	memset(bytes, 'a', sizeof(bytes));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (size_t len = 0; len < sizeof(bytes); len++) {
			int r;

			if (len == rows[i].size)
				continue;
			r = world_send(&w, ".", NGM_GENERIC_COOKIE, rows[i].cmd,
				       bytes, len, NULL);
			ATF_CHECK_EQ(-EINVAL, r);
		}
	/* no type of 31 letters, no node of 511 */
	ATF_CHECK_EQ(-ENXIO,
		     world_send(&w, ".", NGM_GENERIC_COOKIE, NGM_MKPEER, bytes,
				sizeof(struct ngm_mkpeer), NULL));
	ATF_CHECK_EQ(-ENOENT,
		     world_send(&w, ".", NGM_GENERIC_COOKIE, NGM_CONNECT, bytes,
				sizeof(struct ngm_connect), NULL));
	world_check(w.g);
	world_end(&w);
}

ATF_TC_WITHOUT_HEAD(unknown);
ATF_TC_BODY(unknown, tc)
{
	struct ng_reply r = {0};

	world_begin(&w);
	ATF_CHECK_EQ(0, world_mkpeer(&w, ".", "mute", "m", "up"));
	ATF_CHECK_EQ(-EINVAL, world_send(&w, ".", NGM_GENERIC_COOKIE, 99, NULL,
					 0, NULL));
	ATF_CHECK_EQ(-EINVAL, world_send(&w, ".", 12, 1, NULL, 0, NULL));
	ATF_CHECK_EQ(-EINVAL,
		     world_send(&w, ".", WORLD_COOKIE, 99, "1234", 4, NULL));
	/* a type without messages swallows them, but generic ones */
	ATF_CHECK_EQ(0, world_send(&w, "m", 12, 1, NULL, 0, NULL));
	ATF_CHECK_EQ(-EINVAL, world_send(&w, "m", NGM_GENERIC_COOKIE,
					 NGM_TEXT_STATUS, NULL, 0, NULL));
	ATF_CHECK_EQ(0, world_send(&w, ".", NGM_GENERIC_COOKIE, NGM_TEXT_STATUS,
				   NULL, 0, &r));
	ATF_CHECK_STREQ("fine", r.msg->m.data);
	free(r.msg);
	r.msg = NULL;
	/* an answer of what failed is none */
	ATF_CHECK_EQ(-EDOM,
		     world_send(&w, ".", WORLD_COOKIE, WORLD_BAD, NULL, 0, &r));
	ATF_CHECK(!r.msg);
	world_end(&w);
}

ATF_TC_WITHOUT_HEAD(info);
ATF_TC_BODY(info, tc)
{
	struct ng_reply r = {0};
	const struct nodeinfo *i;
	const struct hooklist *l;

	world_begin(&w);
	ATF_CHECK_EQ(0, world_mkpeer(&w, ".", "plain", "a", "up"));
	ATF_CHECK_EQ(0, world_mkpeer(&w, ".", "stays", "b", "down"));
	ATF_CHECK_EQ(0, world_name(&w, "b", "bee"));
	ATF_CHECK_EQ(0, world_send(&w, "me:", NGM_GENERIC_COOKIE, NGM_NODEINFO,
				   NULL, 0, &r));
	i = (const struct nodeinfo *)r.msg->m.data;
	ATF_CHECK_EQ(sizeof(*i), r.msg->m.header.arglen);
	ATF_CHECK_EQ(sizeof(*i) + sizeof(struct ng_mesg), r.msg->size);
	ATF_CHECK_EQ(NGF_RESP, r.msg->m.header.flags);
	ATF_CHECK_EQ(7, r.msg->m.header.token);
	ATF_CHECK_EQ(NGM_NODEINFO, r.msg->m.header.cmd);
	ATF_CHECK_STREQ("me", i->name);
	ATF_CHECK_STREQ("stays", i->type);
	ATF_CHECK_EQ(1, i->id);
	ATF_CHECK_EQ(2, i->hooks);
	ATF_CHECK_EQ(0, world_send(&w, "me:", NGM_GENERIC_COOKIE, NGM_LISTHOOKS,
				   NULL, 0, &r));
	l = (const struct hooklist *)r.msg->m.data;
	ATF_CHECK_EQ(2, l->nodeinfo.hooks);
	ATF_CHECK_STREQ("b", l->link[0].ourhook); /* newest first */
	ATF_CHECK_STREQ("down", l->link[0].peerhook);
	ATF_CHECK_STREQ("bee", l->link[0].nodeinfo.name);
	ATF_CHECK_EQ(3, l->link[0].nodeinfo.id);
	ATF_CHECK_EQ(1, l->link[0].nodeinfo.hooks);
	ATF_CHECK_STREQ("a", l->link[1].ourhook);
	ATF_CHECK_STREQ("", l->link[1].nodeinfo.name);
	ATF_CHECK_STREQ("plain", l->link[1].nodeinfo.type);
	free(r.msg);
	world_end(&w);
}

/* The ids of a list, e.g. "1 2 3". */
static void list_ids(uint32_t cmd, const char *want)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	struct ng_reply r = {0};
	const struct namelist *l;

	ATF_REQUIRE_EQ(
		0, world_send(&w, ".", NGM_GENERIC_COOKIE, cmd, NULL, 0, &r));
	l = (const struct namelist *)r.msg->m.data;
	ATF_CHECK_EQ(sizeof(*l) + l->numnames * sizeof(*l->nodeinfo),
		     r.msg->m.header.arglen);
	for (uint32_t i = 0; i < l->numnames; i++)
		strbuf_addf(&b, "%s%x", i ? " " : "", l->nodeinfo[i].id);
	ATF_CHECK_STREQ(want, b.s);
	free(r.msg);
}

ATF_TC_WITHOUT_HEAD(lists);
ATF_TC_BODY(lists, tc)
{
	struct ng_reply r = {0};
	const struct typelist *t;
	char hook[8];

	world_begin(&w);
	for (int i = 0; i < 12; i++) {
		snprintf(hook, sizeof(hook), "h%d", i);
		ATF_REQUIRE_EQ(0, world_mkpeer(&w, ".", "plain", hook, "up"));
	}
	ATF_CHECK_EQ(0, world_name(&w, "[5]:", "five"));
	list_ids(NGM_LISTNODES, "1 2 3 4 5 6 7 8 9 a b c d");
	list_ids(NGM_LISTNAMES, "1 5");
	/* the newest is the last, whatever FreeBSD's hash would do */
	w.g->next_id = 0x43;
	ATF_REQUIRE_EQ(0, world_mkpeer(&w, ".", "plain", "x", "up"));
	list_ids(NGM_LISTNODES, "1 2 3 4 5 6 7 8 9 a b c d 43");
	ATF_REQUIRE_EQ(0, world_send(&w, ".", NGM_GENERIC_COOKIE, NGM_LISTTYPES,
				     NULL, 0, &r));
	t = (const struct typelist *)r.msg->m.data;
	ATF_REQUIRE(t->numtypes > 3);
	t = (const struct typelist *)r.msg->m.data;
	for (uint32_t i = 0; i < t->numtypes; i++)
		if (strcmp(t->typeinfo[i].type_name, "plain") == 0)
			ATF_CHECK_EQ(13, t->typeinfo[i].numnodes);
		else if (strcmp(t->typeinfo[i].type_name, "stays") == 0)
			ATF_CHECK_EQ(1, t->typeinfo[i].numnodes);
		else
			ATF_CHECK_EQ(0, t->typeinfo[i].numnodes);
	free(r.msg);
	world_end(&w);
}

/* --- text ---------------------------------------------------------------- */

/* `word args` as ngctl's msg has it: to bytes, and carried out. */
static int ascii(const char *path, const char *word, const char *args,
		 struct ng_reply *reply)
{
	struct {
		struct ng_mesg m;
		char text[256];
	} a = {0};
	const struct ng_mesg *inner;
	int r;

	str_copy((char *)a.m.header.cmdstr, NG_CMDSTRSIZ, word);
	str_copy(a.text, sizeof(a.text), args);
	a.m.header.arglen = (uint32_t)strlen(args) + 1;
	r = world_send(&w, path, NGM_GENERIC_COOKIE, NGM_ASCII2BINARY, &a,
		       sizeof(a.m) + a.m.header.arglen, reply);
	if (r < 0)
		return r;
	inner = (const struct ng_mesg *)reply->msg->m.data;
	ATF_REQUIRE_EQ(sizeof(*inner) + inner->header.arglen,
		       reply->msg->m.header.arglen);
	return world_send(&w, path, inner->header.typecookie, inner->header.cmd,
			  inner->data, inner->header.arglen, reply);
}

/* What `word args` answers, as text. */
static void says(const char *path, const char *word, const char *args, int want,
		 const char *answer)
{
	struct ng_reply r = {0}, text = {0};
	const struct ng_mesg *inner;
	int e = ascii(path, word, args, &r);

	ATF_CHECK_EQ_MSG(want, e, "%s %s: %d", word, args, e);
	if (answer) {
		ATF_REQUIRE(r.msg != NULL);
		ATF_REQUIRE_EQ(0, world_send(&w, path, NGM_GENERIC_COOKIE,
					     NGM_BINARY2ASCII, &r.msg->m,
					     r.msg->size, &text));
		inner = (const struct ng_mesg *)text.msg->m.data;
		ATF_CHECK_STREQ(answer, inner->data);
		ATF_CHECK_EQ(strlen(inner->data) + 1, inner->header.arglen);
		ATF_CHECK_STREQ(word, (const char *)inner->header.cmdstr);
	}
	free(r.msg);
	free(text.msg);
}

ATF_TC_WITHOUT_HEAD(text);
ATF_TC_BODY(text, tc)
{
	world_begin(&w);
	says(".", "mkpeer", "{ type=\"plain\" ourhook=\"a\" peerhook=\"up\" }",
	     0, NULL);
	says("a", "name", "{ name=\"x\" }", 0, NULL);
	says("x:", "nodeinfo", "", 0,
	     "{ name=\"x\" type=\"plain\" id=0x2 hooks=1 }");
	says("x:", "listhooks", "", 0,
	     "{ nodeinfo={ name=\"x\" type=\"plain\" id=0x2 hooks=1 } "
	     "linkinfo=[ { ourhook=\"up\" peerhook=\"a\" "
	     "nodeinfo={ name=\"me\" type=\"stays\" id=0x1 hooks=1 } } ] }");
	says("x:", "listnodes", "", 0,
	     "{ numnames=2 nodeinfo=[ "
	     "{ name=\"me\" type=\"stays\" id=0x1 hooks=1 } "
	     "{ name=\"x\" type=\"plain\" id=0x2 hooks=1 } ] }");
	says("x:", "connect", "{ path=\"me:\" ourhook=\"p\" peerhook=\"q\" }",
	     0, NULL);
	says("x:", "rmhook", "{ hook=\"p\" }", 0, NULL);
	says("x:", "ask", "", 0, "0x1");
	says("x:", "set", "12", 0, NULL);
	says("x:", "textstatus", "", 0, "\"fine\"");
	says("x:", "nosuch", "", -ENOSYS, NULL);
	says("x:", "", "", -ENOSYS, NULL);
	says("x:", "name", "{ nam=\"x\" }", -ENOENT, NULL);
	says("x:", "name", "{ name=\"x\" name=\"x\" }", -EALREADY, NULL);
	says("x:", "name", "{ name=\"x\"", -EINVAL, NULL);
	says("x:", "set", "\"s\"", -EINVAL, NULL);
	says("x:", "shutdown", "", 0, NULL);
	says("x:", "shutdown", "", -ENOENT, NULL);
	world_check(w.g);
	world_end(&w);
}

/* Texts larger than FreeBSD's 20 KiB. */
ATF_TC_WITHOUT_HEAD(text_large);
ATF_TC_BODY(text_large, tc)
{
	struct ng_reply r = {0}, text = {0};
	const struct ng_mesg *inner;
	char hook[NG_HOOKSIZ];

	world_begin(&w);
	for (int i = 0; i < 2000; i++) {
		snprintf(hook, sizeof(hook), "h%d", i);
		ATF_REQUIRE_EQ(0, world_mkpeer(&w, ".", "plain", hook, "up"));
	}
	ATF_REQUIRE_EQ(0, ascii(".", "listhooks", "", &r));
	ATF_REQUIRE_EQ(0,
		       world_send(&w, ".", NGM_GENERIC_COOKIE, NGM_BINARY2ASCII,
				  &r.msg->m, r.msg->size, &text));
	inner = (const struct ng_mesg *)text.msg->m.data;
	ATF_CHECK(inner->header.arglen > 100000);
	ATF_CHECK(strstr(inner->data, "ourhook=\"h1999\"") != NULL);
	ATF_CHECK(strstr(inner->data, "ourhook=\"h0\"") != NULL);
	free(r.msg);
	free(text.msg);
	world_end(&w);
}

/* Messages within messages that are not what they say. */
ATF_TC_WITHOUT_HEAD(text_hostile);
ATF_TC_BODY(text_hostile, tc)
{
	static const uint32_t cmds[] = {NGM_ASCII2BINARY, NGM_BINARY2ASCII};
	struct {
		struct ng_mesg m;
		char text[64];
	} a = {0};

	world_begin(&w);
	memset(a.text, 'x', sizeof(a.text));
	for (size_t i = 0; i < ARRAY_SIZE(cmds); i++) {
		for (size_t len = 0; len < sizeof(a); len++)
			for (uint32_t n = 0; n < 80; n++) {
				a.m.header.arglen = n;
				(void)world_send(&w, ".", NGM_GENERIC_COOKIE,
						 cmds[i], &a, len, NULL);
			}
		a.m.header.arglen = UINT32_MAX;
		ATF_CHECK_EQ(-EINVAL, world_send(&w, ".", NGM_GENERIC_COOKIE,
						 cmds[i], &a, sizeof(a), NULL));
		a.m.header.arglen = sizeof(a.text) + 1;
		ATF_CHECK_EQ(-EINVAL, world_send(&w, ".", NGM_GENERIC_COOKIE,
						 cmds[i], &a, sizeof(a), NULL));
	}
	/* a word without an end */
	memset(a.m.header.cmdstr, 'n', NG_CMDSTRSIZ);
	a.m.header.arglen = 1;
	ATF_CHECK_EQ(-ENOSYS,
		     world_send(&w, ".", NGM_GENERIC_COOKIE, NGM_ASCII2BINARY,
				&a, sizeof(a), NULL));
	world_check(w.g);
	world_end(&w);
}

/* Nodes' own messages: answers come back, and no circle is endless. */
ATF_TC_WITHOUT_HEAD(own);
ATF_TC_BODY(own, tc)
{
	struct ng_mesg ask = {.header = {.version = NG_VERSION,
					 .cmd = WORLD_ASK,
					 .typecookie = WORLD_COOKIE}};

	world_begin(&w);
	ATF_CHECK_EQ(0, world_mkpeer(&w, ".", "plain", "a", "up"));
	strbuf_clear(&world_log);
	ATF_CHECK_EQ(0, ng_message_peer(w.me->hooks, WORLD_COOKIE, WORLD_ASK,
					NULL, 0));
	CHECK_LOG("answer 1.a\n");
	ATF_CHECK_EQ(0, ng_message_id(w.me, 2, &ask));
	CHECK_LOG("answer 1\n");
	ATF_CHECK_EQ(-ENOENT, ng_message_id(w.me, 77, &ask));
	ATF_CHECK_EQ(0, ng_sender(w.g));
	ATF_CHECK_EQ(-ELOOP, world_send(&w, "a", WORLD_COOKIE, WORLD_ECHO, NULL,
					0, NULL));
	world_check(w.g);
	world_end(&w);
}

/* --- what packets see ---------------------------------------------------- */

ATF_TC_WITHOUT_HEAD(publish);
ATF_TC_BODY(publish, tc)
{
	uint32_t gen, slot;
	struct ng_node *n;

	world_begin(&w);
	ATF_CHECK_EQ(0, world_mkpeer(&w, ".", "plain", "a", "role2"));
	n = ng_node_by_id(w.g, 2);
	gen = dp_ctl(w.dp)->gen;
	ATF_CHECK_EQ(0, world_tell(&w, "a", WORLD_SET, 50));
	ATF_CHECK_EQ(gen + 1, dp_ctl(w.dp)->gen);
	slot = n->blob;
	ATF_CHECK(slot != 0);
	ATF_CHECK_EQ(50, dp_blob(w.dp, slot)->bytes[49]);
	/* nothing new is nothing */
	ATF_CHECK_EQ(0, world_tell(&w, "a", WORLD_SET, 50));
	ATF_CHECK_EQ(gen + 1, dp_ctl(w.dp)->gen);
	ATF_CHECK_EQ(slot, n->blob);
	ATF_CHECK_EQ(0, world_tell(&w, "a", WORLD_SET, 51));
	ATF_CHECK(slot != n->blob);
	world_check(w.g);
	ATF_CHECK_EQ(0, world_tell(&w, "a", WORLD_SET, 0));
	ATF_CHECK_EQ(0, n->blob);
	world_check(w.g);
	ATF_CHECK_EQ(0, world_tell(&w, "a", WORLD_FLAG, 5));
	world_check(w.g);
	gen = dp_hook(w.dp, n->hooks->slot)->gen;
	slot = n->hooks->slot;
	ATF_CHECK_EQ(0, world_rmhook(&w, ".", "a"));
	ATF_CHECK_EQ(gen + 1, dp_hook(w.dp, slot)->gen);
	ATF_CHECK_EQ(0, dp_hook(w.dp, slot)->peer);
	world_check(w.g);
	world_end(&w);
}

ATF_TC_WITHOUT_HEAD(ifindex);
ATF_TC_BODY(ifindex, tc)
{
	world_begin(&w);
	w.me->ifindex = 17;
	ATF_CHECK(!ng_node_by_ifindex(w.g, 17));
	ATF_CHECK_EQ(0, ng_node_changed(w.me));
	ATF_CHECK_EQ(w.me, ng_node_by_ifindex(w.g, 17));
	w.me->ifindex = 18;
	ATF_CHECK_EQ(0, ng_node_changed(w.me));
	ATF_CHECK(!ng_node_by_ifindex(w.g, 17));
	world_check(w.g);
	ATF_CHECK_EQ(0, world_kill(&w, "."));
	ATF_CHECK(!ng_node_by_ifindex(w.g, 18));
	ATF_CHECK(!ng_node_by_ifindex(w.g, 0));
	world_check(w.g);
	world_end(&w);
}

ATF_TC_WITHOUT_HEAD(data);
ATF_TC_BODY(data, tc)
{
	uint64_t c[NGD_COUNTERS];
	struct ng_hook *h;

	world_begin(&w);
	ATF_CHECK_EQ(0, world_mkpeer(&w, ".", "plain", "a", "up"));
	h = ng_hook_by_name(w.me, "a");
	strbuf_clear(&world_log);
	ATF_CHECK_EQ(0, ng_send_data(h, "hello", 5));
	CHECK_LOG("");
	ATF_CHECK_EQ(1, ng_graph_drain(w.g));
	CHECK_LOG("data 2.up hello\n");
	ng_hook_counters(h->peer, c);
	ATF_CHECK_EQ(1, c[NGD_C_IN_PACKETS]);
	ATF_CHECK_EQ(5, c[NGD_C_IN_OCTETS]);
	ng_hook_clear(h->peer);
	ng_hook_counters(h->peer, c);
	ATF_CHECK_EQ(0, c[NGD_C_IN_PACKETS]);
	ATF_CHECK_EQ(-EMSGSIZE, ng_send_data(h, world_log.s, 1u << 20));
	/* what is still on its way when the hook goes comes nowhere */
	ATF_CHECK_EQ(0, ng_send_data(h, "hello", 5));
	ATF_CHECK_EQ(0, world_rmhook(&w, ".", "a"));
	strbuf_clear(&world_log);
	ATF_CHECK_EQ(1, ng_graph_drain(w.g));
	CHECK_LOG("");
	world_end(&w);
}

/* --- size ---------------------------------------------------------------- */

ATF_TC_WITHOUT_HEAD(many);
ATF_TC_BODY(many, tc)
{
	char hook[NG_HOOKSIZ], name[NG_NODESIZ];
	enum {
		MANY = 20000
	};

	world_begin(&w);
	for (int i = 0; i < MANY; i++) {
		snprintf(hook, sizeof(hook), "h%d", i);
		snprintf(name, sizeof(name), "n%d", i);
		ATF_REQUIRE_EQ(0, world_mkpeer(&w, ".", "plain", hook, "up"));
		ATF_REQUIRE_EQ(0, world_name(&w, hook, name));
	}
	world_check(w.g);
	for (int i = 0; i < MANY; i += 2) {
		snprintf(hook, sizeof(hook), "h%d", i);
		ATF_REQUIRE_EQ(0, world_rmhook(&w, ".", hook));
	}
	world_check(w.g);
	for (int i = 1; i < MANY; i += 2) {
		snprintf(name, sizeof(name), "n%d:", i);
		ATF_REQUIRE_EQ(0, world_kill(&w, name));
	}
	ATF_CHECK_EQ(1, ng_node_count(w.g));
	world_check(w.g);
	world_end(&w);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, mkpeer);
	ATF_TP_ADD_TC(tp, mkpeer_errors);
	ATF_TP_ADD_TC(tp, connect);
	ATF_TP_ADD_TC(tp, rmhook);
	ATF_TP_ADD_TC(tp, shutdown);
	ATF_TP_ADD_TC(tp, shutdown_busy);
	ATF_TP_ADD_TC(tp, chain);
	ATF_TP_ADD_TC(tp, suicide);
	ATF_TP_ADD_TC(tp, bypass);
	ATF_TP_ADD_TC(tp, names);
	ATF_TP_ADD_TC(tp, ids);
	ATF_TP_ADD_TC(tp, lengths);
	ATF_TP_ADD_TC(tp, unknown);
	ATF_TP_ADD_TC(tp, info);
	ATF_TP_ADD_TC(tp, lists);
	ATF_TP_ADD_TC(tp, text);
	ATF_TP_ADD_TC(tp, text_large);
	ATF_TP_ADD_TC(tp, text_hostile);
	ATF_TP_ADD_TC(tp, own);
	ATF_TP_ADD_TC(tp, publish);
	ATF_TP_ADD_TC(tp, ifindex);
	ATF_TP_ADD_TC(tp, data);
	ATF_TP_ADD_TC(tp, many);
	return atf_no_error();
}
