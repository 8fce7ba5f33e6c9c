/* hub, tee, hole, echo, split, one2many, vlan, etf, macfilter: packets and
 * messages. */
#include "ng_world.h"

#include "base/cleanup.h"

/* --- hub ---------------------------------------------------------------- */

WORLD_TEST(hub)
{
	struct ng_node *n = make("a", "hub", "x", "h");

	GOES("a", 2, 3, "");
	join("b", n, "any name");
	GOES("a", 2, 3, "b");
	join("c", n, "link0");
	GOES("a", 2, 3, "b c");
	GOES("c", 0xff, 3, "a b");
	push("b", "short", 5);
	ATF_CHECK_STREQ("a c", where());
	ATF_REQUIRE_EQ(2, world.ngot);
	ATF_CHECK_EQ(5, world.got[0].len);
	ATF_CHECK(!memcmp("short", world.got[1].data, 5));
	SAYS(n, "getstats", NULL, "ENOSYS");
	SAYS(n, "setpersistent", NULL, "");
	ng_hook_destroy(ng_hook_by_name(n, "x"));
	ng_hook_destroy(ng_hook_by_name(n, "any name"));
	ng_hook_destroy(ng_hook_by_name(n, "link0"));
	ATF_CHECK_EQ(n, at("h:"));
	join("a", n, "x");
	GOES("a", 2, 3, "");
	ng_node_shutdown(n);
	ATF_CHECK_EQ(NULL, ng_node_by_name(world.g, "h"));
	n = make("a", "hub", "x", "h");
	ng_hook_destroy(ng_hook_by_name(n, "x"));
	ATF_CHECK_EQ(NULL, ng_node_by_name(world.g, "h"));
}

/* A chain longer than floods may be deep, and back. */
WORLD_TEST(hubs)
{
	struct ng_node *n = make("a", "hub", "x", NULL), *m;

	for (int i = 0; i < 80; i++) {
		ATF_REQUIRE_EQ(0, ng_mkpeer(n, "next", "last", "hub", &m));
		n = m;
	}
	join("b", n, "end");
	GOES("a", 2, 3, "b");
	GOES("b", 2, 3, "a");
}

WORLD_TEST(wide)
{
	struct ng_node *n = make("h0", "hub", "x", NULL);
	char hook[16];

	for (int i = 1; i < 200; i++) {
		snprintf(hook, sizeof(hook), "h%d", i);
		join(hook, n, hook);
	}
	go("h100", 2, 3);
	ATF_CHECK_EQ(199, world.ngot);
}

/* --- tee ---------------------------------------------------------------- */

WORLD_TEST(tee)
{
	struct ng_node *n = make("l", "tee", "left", "t");

	ATF_CHECK_EQ(-EINVAL, ng_connect(world.me, "x", n, "up"));
	GOES("l", 2, 3, "");
	join("lr", n, "left2right");
	GOES("l", 2, 3, "lr");
	join("r", n, "right");
	GOES("l", 2, 3, "lr r");
	GOES("r", 2, 3, "l");
	join("rl", n, "right2left");
	GOES("r", 2, 3, "l rl");
	GOES("rl", 2, 3, "r");
	GOES("lr", 2, 3, "l");
	SAYS(n, "getstats", NULL,
	     "{ right={ inOctets=120 inFrames=2 outOctets=120 outFrames=2 } "
	     "left={ inOctets=180 inFrames=3 outOctets=180 outFrames=3 } "
	     "right2left={ inOctets=60 inFrames=1 outOctets=60 outFrames=1 } "
	     "left2right={ inOctets=60 inFrames=1 outOctets=120 outFrames=2 } "
	     "}");
	ng_hook_destroy(ng_hook_by_name(n, "right2left"));
	SAYS(n, "getclrstats", NULL,
	     "{ right={ inOctets=120 inFrames=2 outOctets=120 outFrames=2 } "
	     "left={ inOctets=180 inFrames=3 outOctets=180 outFrames=3 } "
	     "right2left={ inOctets=60 inFrames=1 outOctets=60 outFrames=1 } "
	     "left2right={ inOctets=60 inFrames=1 outOctets=120 outFrames=2 } "
	     "}");
	SAYS(n, "getstats", NULL, "{}");
	GOES("r", 2, 3, "l");
	SAYS(n, "clrstats", NULL, "");
	SAYS(n, "getstats", NULL, "{}");
	ng_node_shutdown(n);
	/* left and right are joined */
	GOES("l", 2, 3, "r");
	GOES("r", 2, 3, "l");
	ATF_CHECK_EQ(NULL, ng_hook_by_name(world.me, "lr"));
}

static void link_is(const char *hook, uint32_t cmd)
{
	struct ng_hook *h = ng_hook_by_name(world.me, hook);

	strbuf_clear(&world.flow);
	ATF_CHECK_EQ(0, ng_message_peer(h, NGM_FLOW_COOKIE, cmd, NULL, 0));
}

WORLD_TEST(tee_flow)
{
	struct ng_node *n = make("l", "tee", "left", "t");

	join("r", n, "right");
	join("lr", n, "left2right");
	link_is("l", NGM_LINK_IS_DOWN);
	ATF_CHECK_STREQ("r down\n", world.flow.s);
	link_is("r", NGM_LINK_IS_UP);
	ATF_CHECK_STREQ("l up\n", world.flow.s);
	link_is("lr", NGM_LINK_IS_UP);
	ATF_CHECK_EQ(0, world.flow.len);
	ng_hook_destroy(ng_hook_by_name(n, "right"));
	link_is("l", NGM_LINK_IS_DOWN);
	ATF_CHECK_STREQ("lr down\n", world.flow.s);
	SAYS(n, "nonsense", NULL, "ENOSYS");
}

/* --- hole, echo, split -------------------------------------------------- */

WORLD_TEST(hole)
{
	struct ng_node *n = make("a", "hole", "x", NULL);

	join("b", n, "y");
	GOES("a", 2, 3, "");
	GOES("a", 2, 3, "");
	push("b", "abc", 3);
	SAYS(n, "getstats", "\"x\"", "{ frames=2 octets=120 }");
	SAYS(n, "getclrstats", "\"y\"", "{ frames=1 octets=3 }");
	SAYS(n, "getstats", "\"y\"", "{}");
	SAYS(n, "clrstats", "\"x\"", "");
	SAYS(n, "getstats", "\"x\"", "{}");
	SAYS(n, "getstats", "\"z\"", "ENOENT");
	ATF_CHECK_EQ(-EINVAL, message(n, NULL, 915433206, 1, "x", 2,
				      &(struct ng_reply){0}));
	ATF_CHECK_EQ(-EINVAL, message(n, NULL, 915433206, 9, NULL, 0,
				      &(struct ng_reply){0}));
	ATF_CHECK_EQ(2, dp_drops(world.dp, NGD_D_HOLE) - 1);
}

WORLD_TEST(echo)
{
	struct ng_node *n = make("a", "echo", "x", NULL);
	struct ng_reply reply = {0};

	join("b", n, "y");
	GOES("a", 2, 3, "a");
	push("b", "", 1);
	ATF_CHECK_STREQ("b", where());
	ATF_CHECK_EQ(0, message(n, NULL, 4711, 42, "hello", 6, &reply));
	ATF_REQUIRE(reply.msg != NULL);
	ATF_CHECK_EQ(4711, reply.msg->m.header.typecookie);
	ATF_CHECK_EQ(42, reply.msg->m.header.cmd);
	ATF_CHECK_EQ(NGF_RESP, reply.msg->m.header.flags);
	ATF_CHECK_EQ(6, reply.msg->m.header.arglen);
	ATF_CHECK_STREQ("hello", reply.msg->m.data);
	free(reply.msg);
}

/* For ever, if nobody counted steps. */
WORLD_TEST(echoes)
{
	struct ng_node *n = make("a", "hub", "x", NULL), *m;

	if (!world.kernel)
		return; /* the reference has no such end */
	ATF_REQUIRE_EQ(0, ng_mkpeer(n, "e1", "x", "echo", &m));
	ATF_REQUIRE_EQ(0, ng_mkpeer(n, "e2", "x", "echo", &m));
	go("a", 2, 3);
	ATF_CHECK(dp_drops(world.dp, NGD_D_LOOP) > 0);
}

WORLD_TEST(split)
{
	struct ng_node *n = make("m", "split", "mixed", NULL);

	ATF_CHECK_EQ(-EINVAL, ng_connect(world.me, "x", n, "left"));
	GOES("m", 2, 3, "");
	join("i", n, "in");
	join("o", n, "out");
	ATF_CHECK_EQ(-EEXIST, ng_connect(world.me, "x", n, "out"));
	GOES("m", 2, 3, "o");
	GOES("i", 2, 3, "m");
	GOES("o", 2, 3, "");
	ATF_CHECK_EQ(1, dp_drops(world.dp, NGD_D_HOOK));
	SAYS(n, "getstats", NULL, "ENOSYS");
}

/* --- one2many ----------------------------------------------------------- */

WORLD_TEST(one2many)
{
	struct ng_node *n = make("o", "one2many", "one", NULL);
	static const char *const bad[] = {"many",   "many64", "many01", "manyx",
					  "many1x", "two",    "many-1"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ATF_CHECK_EQ_MSG(-EINVAL, ng_connect(world.me, "x", n, bad[i]),
				 "%s", bad[i]);
	SAYS(n, "getconfig", NULL, "{ xmitAlg=1 failAlg=1 }");
	GOES("o", 2, 3, "");
	join("a", n, "many0");
	join("c", n, "many63");
	join("b", n, "many5");
	/* by turns, in the order of numbers */
	GOES("o", 2, 3, "a");
	GOES("o", 2, 3, "b");
	GOES("o", 2, 3, "c");
	GOES("o", 2, 3, "a");
	GOES("b", 2, 3, "o");
	SAYS(n, "getconfig", NULL,
	     "{ xmitAlg=1 failAlg=1 enabledLinks=[ 1 5=1 63=1 ] }");
	SAYS(n, "setconfig",
	     "{ xmitAlg=2 failAlg=1 enabledLinks=[ 7 5=9 63=1 ] }", "");
	SAYS(n, "getconfig", NULL,
	     "{ xmitAlg=2 failAlg=1 enabledLinks=[ 1 5=1 63=1 ] }");
	GOES("o", 2, 3, "a b c");
	SAYS(n, "setconfig", "{ xmitAlg=2 failAlg=1 enabledLinks=[ 1 63=1 ] }",
	     "");
	GOES("o", 2, 3, "a c");
	GOES("b", 2, 3, "o");
	SAYS(n, "setconfig", "{ xmitAlg=3 failAlg=1 enabledLinks=[ 63=1 ] }",
	     "");
	GOES("o", 2, 3, "c");
	SAYS(n, "setconfig", "{ xmitAlg=3 failAlg=1 }", "");
	GOES("o", 2, 3, "");
	SAYS(n, "setconfig", "{ xmitAlg=4 failAlg=1 }", "EINVAL");
	SAYS(n, "setconfig", "{ xmitAlg=1 failAlg=3 }", "EINVAL");
	SAYS(n, "setconfig", "{ xmitAlg=1 }", "EINVAL");
	SAYS(n, "getstats", "-1",
	     "{ recvOctets=540 recvPackets=9 xmitOctets=120 xmitPackets=2 }");
	SAYS(n, "getstats", "0", "{ xmitOctets=240 xmitPackets=4 }");
	SAYS(n, "getclrstats", "5",
	     "{ recvOctets=120 recvPackets=2 xmitOctets=120 xmitPackets=2 }");
	SAYS(n, "getstats", "5", "{}");
	SAYS(n, "getstats", "6", "{}");
	SAYS(n, "getstats", "64", "EINVAL");
	SAYS(n, "getstats", "-2", "EINVAL");
	ng_hook_destroy(ng_hook_by_name(n, "many63"));
	SAYS(n, "getstats", "63", "{ xmitOctets=240 xmitPackets=4 }");
	SAYS(n, "clrstats", "63", "");
	SAYS(n, "getstats", "63", "{}");
}

WORLD_TEST(one2many_turns)
{
	struct ng_node *n = make("o", "one2many", "one", NULL);

	join("a", n, "many0");
	join("b", n, "many1");
	join("c", n, "many2");
	GOES("o", 2, 3, "a");
	GOES("o", 2, 3, "b");
	/* it is the third's turn, which becomes the first's */
	ng_hook_destroy(ng_hook_by_name(n, "many2"));
	GOES("o", 2, 3, "a");
	GOES("o", 2, 3, "b");
	GOES("o", 2, 3, "a");
	join("c", n, "many2");
	GOES("o", 2, 3, "b");
	GOES("o", 2, 3, "c");
	GOES("o", 2, 3, "a");
}

WORLD_TEST(one2many_notify)
{
	struct ng_node *n = make("o", "one2many", "one", NULL);

	join("a", n, "many0");
	ATF_CHECK_STREQ("o up\n", world.flow.s);
	join("b", n, "many1");
	ATF_CHECK_STREQ("o up\n", world.flow.s);
	/* manual: nobody listens */
	link_is("a", NGM_LINK_IS_DOWN);
	SAYS(n, "getconfig", NULL,
	     "{ xmitAlg=1 failAlg=1 enabledLinks=[ 1 1 ] }");
	SAYS(n, "setconfig", "{ xmitAlg=3 failAlg=2 enabledLinks=[ 1 1 ] }",
	     "");
	GOES("o", 2, 3, "a");
	link_is("a", NGM_LINK_IS_DOWN);
	GOES("o", 2, 3, "b");
	ATF_CHECK_EQ(0, world.flow.len);
	link_is("b", NGM_LINK_IS_DOWN);
	ATF_CHECK_STREQ("o down\n", world.flow.s);
	GOES("o", 2, 3, "");
	link_is("b", NGM_LINK_IS_UP);
	ATF_CHECK_STREQ("o up\n", world.flow.s);
	GOES("o", 2, 3, "b");
	link_is("o", NGM_LINK_IS_DOWN);
	GOES("o", 2, 3, "b");
	strbuf_clear(&world.flow);
	ng_hook_destroy(ng_hook_by_name(n, "many1"));
	ATF_CHECK_STREQ("o down\n", world.flow.s);
}

/* --- vlan --------------------------------------------------------------- */

/* What the type and the four bytes behind it are in what has come. */
static const char *tags(void)
{
	static char text[96];
	const struct got *got = &world.got[0];

	if (world.ngot != 1 || got->len < 20)
		return "?";
	snprintf(text, sizeof(text), "%s %zu %02x%02x.%02x%02x.%02x%02x",
		 got->hook, got->len, got->data[12], got->data[13],
		 got->data[14], got->data[15], got->data[16], got->data[17]);
	return text;
}

/* A frame with up to two tags. */
static void push_tagged(const char *hook, unsigned int outer, unsigned int vid,
			unsigned int inner)
{
	uint8_t f[60];
	size_t i = 14;

	frame(f, 2, 3, outer ? outer : 0x88b5);
	if (outer) {
		f[i++] = (uint8_t)(vid >> 8);
		f[i++] = (uint8_t)vid;
		f[i++] = inner ? 0x81 : 0x88;
		f[i++] = inner ? 0x00 : 0xb5;
	}
	if (inner) {
		f[i++] = (uint8_t)(inner >> 8);
		f[i++] = (uint8_t)inner;
		f[i++] = 0x88;
		f[i++] = 0xb5;
	}
	push(hook, f, sizeof(f));
}

WORLD_TEST(vlan)
{
	struct ng_node *n = make("d", "vlan", "downstream", NULL);

	join("v", n, "v");
	join("w", n, "w");
	push_tagged("d", 0x8100, 5, 0);
	ATF_CHECK_STREQ("", where());
	join("n", n, "nomatch");
	push_tagged("d", 0x8100, 5, 0);
	ATF_CHECK_STREQ("n 60 8100.0005.88b5", tags());
	SAYS(n, "addfilter", "{ vlan=5 hook=\"v\" }", "");
	SAYS(n, "addfilter", "{ vid=4095 pcp=7 cfi=1 hook=\"w\" }", "");
	SAYS(n, "gettable", NULL,
	     "{ n=2 filter=[ { hook=\"v\" vlan=5 vid=5 } "
	     "{ hook=\"w\" vlan=4095 vid=4095 pcp=7 cfi=1 } ] }");
	push_tagged("d", 0x8100, 5, 0);
	ATF_CHECK_STREQ("v 56 88b5.1213.1415", tags());
	push_tagged("d", 0x8100, 0xe005, 0); /* whatever the priority */
	ATF_CHECK_STREQ("v 56 88b5.1213.1415", tags());
	push_tagged("d", 0x8100, 5, 6); /* one tag only */
	ATF_CHECK_STREQ("v 56 8100.0006.88b5", tags());
	push_tagged("d", 0x8100, 6, 5);
	ATF_CHECK_STREQ("n 60 8100.0006.8100", tags());
	push_tagged("d", 0x88a8, 5, 0);
	ATF_CHECK_STREQ("n 60 88a8.0005.88b5", tags());
	push_tagged("d", 0, 0, 0);
	ATF_CHECK_STREQ("n 60 88b5.0e0f.1011", tags());
	push_tagged("v", 0, 0, 0);
	ATF_CHECK_STREQ("d 64 8100.0005.88b5", tags());
	push_tagged("w", 0, 0, 0);
	ATF_CHECK_STREQ("d 64 8100.ffff.88b5", tags());
	push_tagged("v", 0x8100, 9, 0); /* a tag on a tag */
	ATF_CHECK_STREQ("d 64 8100.0005.8100", tags());
	push_tagged("n", 0x8100, 9, 0);
	ATF_CHECK_STREQ("d 60 8100.0009.88b5", tags());
	push_tagged("n", 0, 0, 0);
	ATF_CHECK_STREQ("d 60 88b5.0e0f.1011", tags());
	SAYS(n, "delfilter", "\"v\"", "");
	push_tagged("d", 0x8100, 5, 0);
	ATF_CHECK_STREQ("n 60 8100.0005.88b5", tags());
	push_tagged("v", 0, 0, 0);
	ATF_CHECK_STREQ("", where());
	SAYS(n, "delvidflt", "4095", "");
	SAYS(n, "gettable", NULL, "{}");
}

WORLD_TEST(vlan_words)
{
	struct ng_node *n = make("d", "vlan", "downstream", NULL);

	join("v", n, "v");
	join("w", n, "w");
	join("n", n, "nomatch");
	SAYS(n, "addfilter", "{ vid=4096 hook=\"v\" }", "EINVAL");
	SAYS(n, "addfilter", "{ vid=1 pcp=8 hook=\"v\" }", "EINVAL");
	SAYS(n, "addfilter", "{ vid=1 cfi=2 hook=\"v\" }", "EINVAL");
	SAYS(n, "addfilter", "{ vid=1 vlan=2 hook=\"v\" }", "EINVAL");
	SAYS(n, "addfilter", "{ vid=1 hook=\"x\" }", "ENOENT");
	SAYS(n, "addfilter", "{ vid=1 hook=\"nomatch\" }", "EINVAL");
	SAYS(n, "addfilter", "{ vid=1 hook=\"downstream\" }", "EINVAL");
	SAYS(n, "addfilter", "{ vid=1 hook=\"v\" }", "");
	SAYS(n, "addfilter", "{ vid=1 hook=\"w\" }", "EEXIST");
	SAYS(n, "addfilter", "{ vid=2 hook=\"v\" }", "EEXIST");
	SAYS(n, "addfilter", "{ hook=\"w\" }", ""); /* 0 is one, too */
	SAYS(n, "delfilter", "\"nomatch\"", "ENOENT");
	SAYS(n, "delfilter", "\"x\"", "ENOENT");
	SAYS(n, "delvidflt", "3", "ENOENT");
	SAYS(n, "delvidflt", "4096", "EINVAL");
	SAYS(n, "delvidflt", "0", "");
	SAYS(n, "getdecap", NULL, "0x0");
	SAYS(n, "getencap", NULL, "0x1");
	SAYS(n, "setdecap", "1", "");
	SAYS(n, "setencap", "3", "");
	SAYS(n, "getdecap", NULL, "0x1");
	SAYS(n, "getencap", NULL, "0x3");
	SAYS(n, "getencapproto", NULL, "0x8100");
	SAYS(n, "setencapproto", "0x88a8", "");
	SAYS(n, "getencapproto", NULL, "0x88a8");
	SAYS(n, "setencapproto", "0x9100", "EOPNOTSUPP");
	push_tagged("d", 0x88a8, 1, 7);
	ATF_CHECK_STREQ("v 56 8100.0007.88b5", tags());
	push_tagged("v", 0x8100, 7, 0);
	ATF_CHECK_STREQ("d 64 88a8.0001.8100", tags());
	/* a link's state is told to those that have a filter */
	link_is("d", NGM_LINK_IS_DOWN);
	ATF_CHECK_STREQ("v down\n", world.flow.s);
	link_is("v", NGM_LINK_IS_DOWN);
	ATF_CHECK_EQ(0, world.flow.len);
	/* a filter goes with its hook */
	ng_hook_destroy(ng_hook_by_name(n, "v"));
	SAYS(n, "gettable", NULL, "{}");
	join("v", n, "v");
	SAYS(n, "addfilter", "{ vid=1 hook=\"w\" }", "");
}

/* Packets that are changed and wanted by others as they are. */
WORLD_TEST(vlan_flood)
{
	struct ng_node *n = make("a", "hub", "x", NULL), *v;

	join("b", n, "b");
	ATF_REQUIRE_EQ(0, ng_mkpeer(n, "v", "up", "vlan", &v));
	join("d", v, "downstream");
	SAYS(v, "addfilter", "{ vid=7 hook=\"up\" }", "");
	join("c", n, "c");
	push_tagged("a", 0x8100, 3, 0);
	ATF_CHECK_STREQ("b c d", where());
	ATF_REQUIRE_EQ(3, world.ngot);
	for (size_t i = 0; i < 3; i++) {
		const struct got *got = &world.got[i];
		bool d = !strcmp(got->hook, "d");

		ATF_CHECK_EQ(d ? 64u : 60u, got->len);
		ATF_CHECK_EQ(d ? 7 : 3, got->data[15]);
	}
	push_tagged("d", 0x8100, 7, 3);
	ATF_CHECK_STREQ("a b c", where());
	for (size_t i = 0; i < world.ngot; i++) {
		ATF_CHECK_EQ(56u, world.got[i].len);
		ATF_CHECK_EQ(3, world.got[i].data[15]);
	}
}

/* --- etf ---------------------------------------------------------------- */

WORLD_TEST(etf)
{
	struct ng_node *n = make("d", "etf", "downstream", NULL);

	join("v", n, "v");
	GOES("d", 2, 3, "");
	join("n", n, "nomatch");
	GOES("d", 2, 3, "n");
	GOES("n", 2, 3, "d");
	GOES("v", 2, 3, "");
	SAYS(n, "setfilter", "{ matchhook=\"v\" ethertype=0x88b5 }", "");
	GOES("d", 2, 3, "v");
	GOES("v", 2, 3, "d");
	GOES("n", 2, 3, "");
	SAYS(n, "setfilter", "{ matchhook=\"v\" ethertype=0x8100 }", "");
	push_tagged("d", 0x8100, 5, 0);
	ATF_CHECK_STREQ("v 60 8100.0005.88b5", tags());
	SAYS(n, "setfilter", "{ matchhook=\"n\" ethertype=0x88b6 }", "ENOENT");
	SAYS(n, "setfilter", "{ matchhook=\"downstream\" ethertype=1 }",
	     "EINVAL");
	SAYS(n, "setfilter", "{ matchhook=\"nomatch\" ethertype=0x88b5 }",
	     "EEXIST");
	SAYS(n, "setfilter", "{ matchhook=\"nomatch\" ethertype=0x88b6 }", "");
	SAYS(n, "getstatus", NULL, "{ packets_in=4 packets_out=2 }");
	SAYS(n, "setflag", "3", "");
	/* filters go with their hook */
	ng_hook_destroy(ng_hook_by_name(n, "v"));
	GOES("d", 2, 3, "n");
	join("v", n, "v");
	GOES("d", 2, 3, "n");
	SAYS(n, "setfilter", "{ matchhook=\"v\" ethertype=0x88b5 }", "");
	GOES("d", 2, 3, "v");
}

/* --- macfilter ---------------------------------------------------------- */

WORLD_TEST(macfilter)
{
	struct ng_node *n = make("e", "macfilter", "ether", NULL);

	GOES("e", 2, 3, "");
	join("d", n, "default");
	join("x", n, "one");
	join("y", n, "two");
	GOES("e", 2, 3, "d");
	SAYS(n, "gethooks", NULL,
	     "{ n=3 hooks=[ { hookname=\"default\" } "
	     "{ hookname=\"one\" hookid=1 } { hookname=\"two\" hookid=2 } ] }");
	SAYS(n, "direct", "{ hookname=\"one\" ether=02:00:00:00:00:03 }", "");
	SAYS(n, "directi", "{ hookid=2 ether=02:00:00:00:00:02 }", "");
	GOES("e", 2, 3, "x");
	GOES("e", 3, 2, "y");
	GOES("e", 3, 4, "d");
	GOES("y", 3, 9, "e");
	GOES("d", 4, 9, "e");
	SAYS(n, "getmacs", NULL,
	     "{ n=2 macs=[ { ether=02:00:00:00:00:02 hookid=2 packets_in=1 "
	     "bytes_in=46 } { ether=02:00:00:00:00:03 hookid=1 packets_in=1 "
	     "bytes_in=46 packets_out=1 bytes_out=46 } ] }");
	/* elsewhere, with its counters */
	SAYS(n, "direct", "{ hookname=\"two\" ether=02:00:00:00:00:03 }", "");
	GOES("e", 2, 3, "y");
	SAYS(n, "getclrmacs", NULL,
	     "{ n=2 macs=[ { ether=02:00:00:00:00:02 hookid=2 packets_in=1 "
	     "bytes_in=46 } { ether=02:00:00:00:00:03 hookid=2 packets_in=2 "
	     "bytes_in=92 packets_out=1 bytes_out=46 } ] }");
	SAYS(n, "getmacs", NULL,
	     "{ n=2 macs=[ { ether=02:00:00:00:00:02 hookid=2 } "
	     "{ ether=02:00:00:00:00:03 hookid=2 } ] }");
	SAYS(n, "gethooks", NULL,
	     "{ n=3 hooks=[ { hookname=\"default\" } "
	     "{ hookname=\"one\" hookid=1 } "
	     "{ hookname=\"two\" hookid=2 maccnt=2 } ] }");
	SAYS(n, "direct", "{ hookname=\"default\" ether=02:00:00:00:00:02 }",
	     "");
	GOES("e", 3, 2, "d");
	SAYS(n, "direct", "{ hookname=\"none\" ether=02:00:00:00:00:02 }",
	     "ENOENT");
	SAYS(n, "directi", "{ hookid=3 ether=02:00:00:00:00:02 }", "EINVAL");
	SAYS(n, "clrmacs", NULL, "");
	/* addresses go with their hook; its number is free */
	ng_hook_destroy(ng_hook_by_name(n, "two"));
	SAYS(n, "getmacs", NULL, "{}");
	join("z", n, "three");
	SAYS(n, "direct", "{ hookname=\"three\" ether=02:00:00:00:00:03 }", "");
	SAYS(n, "getmacs", NULL,
	     "{ n=1 macs=[ { ether=02:00:00:00:00:03 hookid=2 } ] }");
	SAYS(n, "reset", NULL, "");
	SAYS(n, "getmacs", NULL, "{}");
	GOES("e", 2, 3, "d");
	push("e", "short", 5);
	ATF_CHECK_STREQ("", where());
}

/* --- hostile arguments -------------------------------------------------- */

static const struct hostile {
	const char *type;
	const char *hooks[3];
	uint32_t cookie;
	size_t sizes[4]; /* of arguments that a command takes */
} hostiles[] = {
	{"bridge",
	 {"link0", "link1", "uplink1"},
	 NGM_BRIDGE_COOKIE,
	 {sizeof(struct ng_bridge_config), 4,
	  sizeof(struct ng_bridge_move_host)}},
	{"hub", {"a", "b", "c"}, 1082189597, {4}},
	{"tee", {"left", "right", "left2right"}, 916107047, {4}},
	{"hole", {"a", "b", "c"}, 915433206, {NG_HOOKSIZ}},
	{"echo", {"a", "b", "c"}, 884298942, {4}},
	{"split", {"in", "out", "mixed"}, 949409402, {4}},
	{"one2many",
	 {"one", "many0", "many63"},
	 NGM_ONE2MANY_COOKIE,
	 {sizeof(struct ng_one2many_config), 4}},
	{"vlan",
	 {"downstream", "nomatch", "v"},
	 NGM_VLAN_COOKIE,
	 {sizeof(struct ng_vlan_filter), NG_HOOKSIZ, 2, 4}},
	{"etf",
	 {"downstream", "nomatch", "v"},
	 NGM_ETF_COOKIE,
	 {sizeof(struct ng_etffilter), 4}},
	{"macfilter",
	 {"ether", "default", "v"},
	 NGM_MACFILTER_COOKIE,
	 {sizeof(struct ngm_macfilter_direct),
	  sizeof(struct ngm_macfilter_direct_hookid)}},
};

/* Any bytes as arguments of any command, and as the answer to be read. */
static void hostile_message(struct ng_node *n, const struct hostile *hostile)
{
	uint8_t args[256];
	struct {
		struct ng_mesg m;
		uint8_t args[sizeof(args)];
	} inner = {0};
	struct ng_reply reply = {0};
	size_t len = rand() % 2 ? hostile->sizes[rand() % 4]
				: (size_t)rand() % sizeof(args);
	const char *name = hostile->hooks[rand() % 3];

	for (size_t i = 0; i < sizeof(args); i++)
		args[i] = (uint8_t)(rand() % 3 ? rand() : rand() % 3);
	if (rand() % 2 && len >= NG_HOOKSIZ)
		memcpy(args + (size_t)rand() % (len - NG_HOOKSIZ + 1), name,
		       strlen(name) + 1);
	message(n, rand() % 2 ? n->hooks : NULL,
		rand() % 9 ? hostile->cookie : NGM_FLOW_COOKIE,
		(uint32_t)(rand() % 14 + (rand() % 9 ? 0 : 20)), args, len,
		&reply);
	free(reply.msg);
	reply.msg = NULL;
	inner.m.header.version = NG_VERSION;
	inner.m.header.typecookie = hostile->cookie;
	inner.m.header.cmd = (uint32_t)(rand() % 14);
	inner.m.header.flags = rand() % 2 ? NGF_RESP : 0;
	inner.m.header.arglen = (uint32_t)len;
	memcpy(inner.args, args, len);
	message(n, NULL, NGM_GENERIC_COOKIE, NGM_BINARY2ASCII, &inner,
		sizeof(inner.m) + len, &reply);
	free(reply.msg);
}

WORLD_TEST(hostile)
{
	srand(1);
	for (size_t i = 0; i < ARRAY_SIZE(hostiles); i++) {
		const struct hostile *hostile = &hostiles[i];
		struct ng_node *n =
			make("a", hostile->type, hostile->hooks[0], "n");
		uint8_t f[60];

		join("b", n, hostile->hooks[1]);
		join("c", n, hostile->hooks[2]);
		for (int j = 0; j < 3000; j++) {
			hostile_message(n, hostile);
			frame(f, (unsigned int)rand() % 4,
			      (unsigned int)rand() % 4, 0x88b5);
			if (!(j % 8))
				push(&"a\0b\0c"[2 * (rand() % 3)], f,
				     sizeof(f));
		}
		ATF_CHECK_EQ(n, at("n:"));
		ng_node_shutdown(n);
		while (world.me->hooks)
			ng_hook_destroy(world.me->hooks);
	}
	ATF_CHECK_EQ(1, ng_node_count(world.g));
}

ATF_TP_ADD_TCS(tp)
{
	WORLD_ADD(hostile);
	WORLD_ADD(hub);
	WORLD_ADD(hubs);
	WORLD_ADD(wide);
	WORLD_ADD(tee);
	WORLD_ADD(tee_flow);
	WORLD_ADD(hole);
	WORLD_ADD(echo);
	WORLD_ADD(echoes);
	WORLD_ADD(split);
	WORLD_ADD(one2many);
	WORLD_ADD(one2many_turns);
	WORLD_ADD(one2many_notify);
	WORLD_ADD(vlan);
	WORLD_ADD(vlan_words);
	WORLD_ADD(vlan_flood);
	WORLD_ADD(etf);
	WORLD_ADD(macfilter);
	return atf_no_error();
}
