/* bridge: conformance to ng_bridge(4): forwarding, learning, ageing, moving,
 * muting, uplinks, counters, messages. */
#include "ng_world.h"

#include <fcntl.h>
#include <syslog.h>

static struct ng_node *bridge(const char *first)
{
	return make("a", "bridge", first, "br");
}

static struct ng_node *bridge3(void)
{
	struct ng_node *n = bridge("link0");

	join("b", n, "link1");
	join("c", n, "link2");
	return n;
}

static struct ngd_key host_key(const struct ng_node *n, unsigned int host)
{
	return (struct ngd_key){.node = n->slot,
				.k = {2, 0, 0, 0, 0, (uint8_t)host}};
}

/* Let seconds pass for a host: since it came, and since it was heard. */
static void pass(const struct ng_node *n, unsigned int host, unsigned int born,
		 unsigned int seen)
{
	struct ngd_key k = host_key(n, host);
	struct ngd_entry e;

	ATF_REQUIRE_EQ(0, dp_table_get(world.dp, DP_FDB, &k, &e));
	e.born -= born * REF_NSEC;
	e.seen -= seen * REF_NSEC;
	ATF_REQUIRE_EQ(0, dp_table_set(world.dp, DP_FDB, &k, &e));
	dp_changed(world.dp);
}

/* Let seconds pass for the muting of a link. */
static void pass_mute(struct ng_node *n, const char *link, unsigned int s)
{
	struct ngd_hook *d = dp_hook(world.dp, ng_hook_by_name(n, link)->slot);

	ATF_REQUIRE(d->conf > s);
	dp_store(&d->conf, d->conf - s);
	dp_changed(world.dp);
}

/* --- forwarding, learning ----------------------------------------------- */

WORLD_TEST(forward)
{
	struct ng_node *n = bridge3();

	GOES("a", 0xff, 3, "b c");
	GOES("a", 1, 3, "b c");
	GOES("a", 2, 3, "b c"); /* unknown */
	GOES("b", 3, 2, "a");	/* known */
	GOES("a", 2, 3, "b");
	GOES("c", 2, 4, "b");
	GOES("b", 9, 3 + 10, "a c");
	/* never back out of where it came from */
	GOES("a", 3, 5, "");
	GOES("a", 5, 3, "");
	SAYS(n, "gettable", NULL,
	     "{ numHosts=5 hosts=[ { addr=02:00:00:00:00:02 hook=\"link1\" } "
	     "{ addr=02:00:00:00:00:03 hook=\"link0\" } "
	     "{ addr=02:00:00:00:00:04 hook=\"link2\" } "
	     "{ addr=02:00:00:00:00:05 hook=\"link0\" } "
	     "{ addr=02:00:00:00:00:0d hook=\"link1\" } ] }");
}

WORLD_TEST(refused)
{
	struct ng_node *n = bridge3();

	GOES("a", 0xff, 1, "");
	push("a", "thirteen byte", 13);
	ATF_CHECK_STREQ("", where());
	push("a", "", 0);
	ATF_CHECK_STREQ("", where());
	push("b", "\2\0\0\0\0\2\2\0\0\0\0\3\x88\xb5", 14);
	ATF_CHECK_STREQ("a c", where());
	SAYS(n, "getstats", "0",
	     "{ recvRunts=2 recvInvalid=1 xmitOctets=14 xmitPackets=1 }");
	ATF_CHECK_EQ(2, dp_drops(world.dp, NGD_D_RUNT));
	ATF_CHECK_EQ(1, dp_drops(world.dp, NGD_D_INVALID));
}

WORLD_TEST(alone)
{
	struct ng_node *n = bridge("link0");

	GOES("a", 2, 3, "");
	GOES("a", 0xff, 3, "");
	SAYS(n, "getstats", "0",
	     "{ recvOctets=120 recvPackets=2 recvBroadcast=1 recvUnknown=1 }");
}

/* A host that sends to itself. */
WORLD_TEST(self)
{
	bridge3();
	GOES("a", 3, 3, "b c");
	GOES("a", 3, 3, "");
}

WORLD_TEST(gone)
{
	struct ng_node *n = bridge3();

	GOES("b", 3, 2, "a c");
	GOES("a", 2, 3, "b");
	ng_hook_destroy(ng_hook_by_name(n, "link1"));
	GOES("a", 2, 3, "c");
	SAYS(n, "gettable", NULL,
	     "{ numHosts=1 hosts=[ { addr=02:00:00:00:00:03 hook=\"link0\" } "
	     "] }");
	join("b", n, "link1");
	GOES("a", 2, 3, "b c");
	SAYS(n, "getstats", "1", "{ xmitOctets=60 xmitPackets=1 }");
}

/* Two bridges share what programs share, and no host. */
WORLD_TEST(two)
{
	struct ng_node *n = bridge3(), *m;

	m = make("x", "bridge", "link0", "br2");
	join("y", m, "link1");
	GOES("b", 3, 2, "a c");
	GOES("x", 2, 3, "y");
	GOES("y", 2, 4, "x");
	GOES("a", 2, 3, "b");
	SAYS(n, "reset", NULL, "");
	SAYS(m, "gettable", NULL,
	     "{ numHosts=2 hosts=[ { addr=02:00:00:00:00:03 hook=\"link0\" } "
	     "{ addr=02:00:00:00:00:04 hook=\"link1\" } ] }");
}

/* --- names of hooks ----------------------------------------------------- */

WORLD_TEST(names)
{
	static const char *const bad[] = {
		"link",	  "link01",  "linkx",	 "link1x", "link-1",
		"uplink", "uplink0", "uplink01", "ulink1", "link4294967296",
		"lonk1",  "Link1",   "link 1",	 "l1",	   "uplink1 "};
	struct ng_node *n = bridge("link0");

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ATF_CHECK_EQ_MSG(-EINVAL, ng_connect(world.me, "x", n, bad[i]),
				 "%s", bad[i]);
	ATF_CHECK_EQ(-EEXIST, ng_connect(world.me, "x", n, "link0"));
	join("x", n, "link4294967295");
	join("y", n, "uplink4294967295");
	join("z", n, "link1000");
	GOES("a", 2, 3, "x y z");
	ATF_CHECK_EQ(-ELOOP, ng_connect(n, "link1", n, "link2"));
	ATF_CHECK_EQ(NULL, ng_hook_by_name(n, "link1"));
	GOES("a", 2, 3, "x y z");
}

/* --- uplinks ------------------------------------------------------------ */

WORLD_TEST(uplink_first)
{
	struct ng_node *n = bridge("uplink1");

	join("b", n, "link1");
	join("c", n, "link2");
	join("u", n, "uplink2");
	GOES("b", 2, 3, "a u"); /* unknown: to uplinks only */
	GOES("a", 2, 4, "u");
	GOES("b", 0xff, 3, "a c u");
	GOES("a", 1, 4, "b c u");
	/* nothing is learned on uplinks */
	GOES("b", 4, 3, "a u");
	GOES("a", 3, 4, "b"); /* on links it is */
	SAYS(n, "gettable", NULL,
	     "{ numHosts=1 hosts=[ { addr=02:00:00:00:00:03 hook=\"link1\" } "
	     "] }");
	/* a host that is known moves to where it is heard, though */
	pass(n, 3, 5, 0);
	GOES("a", 2, 3, "u");
	GOES("c", 3, 5, "a");
	SAYS(n, "getstats", "-1",
	     "{ recvOctets=240 recvPackets=4 recvMulticast=1 recvUnknown=2 "
	     "xmitOctets=240 xmitPackets=4 xmitBroadcasts=1 }");
}

WORLD_TEST(uplink_later)
{
	struct ng_node *n = bridge("link1");

	join("u", n, "uplink1");
	join("b", n, "link2");
	GOES("u", 2, 3, "a b");
	GOES("a", 2, 4, "b u");
	GOES("b", 3, 5, "a u");
	SAYS(n, "gettable", NULL,
	     "{ numHosts=2 hosts=[ { addr=02:00:00:00:00:04 hook=\"link1\" } "
	     "{ addr=02:00:00:00:00:05 hook=\"link2\" } ] }");
}

/* --- ageing ------------------------------------------------------------- */

WORLD_TEST(ageing)
{
	struct ng_node *n = bridge3();

	SAYS(n, "setconfig",
	     "{ debugLevel=1 loopTimeout=60 maxStaleness=10 minStableAge=1 }",
	     "");
	GOES("b", 0xff, 2, "a c");
	pass(n, 2, 8, 8);
	SAYS(n, "gettable", NULL,
	     "{ numHosts=1 hosts=[ { addr=02:00:00:00:00:02 hook=\"link1\" "
	     "age=8 staleness=8 } ] }");
	GOES("a", 2, 3, "b");
	GOES("b", 0xff, 2, "a c"); /* a sign of life */
	SAYS(n, "gettable", NULL,
	     "{ numHosts=2 hosts=[ { addr=02:00:00:00:00:02 hook=\"link1\" "
	     "age=8 } { addr=02:00:00:00:00:03 hook=\"link0\" } ] }");
	pass(n, 2, 10, 10);
	GOES("a", 2, 3, "b c");
	SAYS(n, "gettable", NULL,
	     "{ numHosts=1 hosts=[ { addr=02:00:00:00:00:03 hook=\"link0\" } "
	     "] }");
	/* one that is stale is a new one anywhere */
	GOES("c", 0xff, 2, "a b");
	SAYS(n, "gettable", NULL,
	     "{ numHosts=2 hosts=[ { addr=02:00:00:00:00:02 hook=\"link2\" } "
	     "{ addr=02:00:00:00:00:03 hook=\"link0\" } ] }");
	SAYS(n, "getstats", "2",
	     "{ recvOctets=60 recvPackets=1 recvBroadcast=1 xmitOctets=180 "
	     "xmitPackets=3 xmitBroadcasts=2 }");
}

/* --- moving, muting ----------------------------------------------------- */

WORLD_TEST(moving)
{
	struct ng_node *n = bridge3();

	GOES("b", 0xff, 2, "a c");
	GOES("a", 2, 3, "b");
	pass(n, 2, 1, 0);
	GOES("c", 3, 2, "a"); /* stable for a second: it has moved */
	GOES("a", 2, 3, "c");
	pass(n, 2, 3, 2);
	SAYS(n, "gettable", NULL,
	     "{ numHosts=2 hosts=[ { addr=02:00:00:00:00:02 hook=\"link2\" "
	     "age=3 staleness=2 } { addr=02:00:00:00:00:03 hook=\"link0\" } ] "
	     "}");
	GOES("c", 0xff, 2, "a b");
	SAYS(n, "getstats", "2",
	     "{ recvOctets=120 recvPackets=2 recvBroadcast=1 xmitOctets=120 "
	     "xmitPackets=2 xmitBroadcasts=1 }");
}

WORLD_TEST(muting)
{
	struct ng_node *n = bridge3();

	SAYS(n, "setconfig",
	     "{ debugLevel=2 loopTimeout=30 maxStaleness=900 minStableAge=5 }",
	     "");
	GOES("b", 0xff, 2, "a c");
	GOES("c", 0xff, 4, "a b");
	pass(n, 2, 4, 0);
	GOES("c", 0xff, 2, ""); /* too soon: link2 is looped back */
	SAYS(n, "getstats", "2",
	     "{ recvOctets=120 recvPackets=2 recvBroadcast=2 xmitOctets=60 "
	     "xmitPackets=1 xmitBroadcasts=1 loopDrops=1 loopDetects=1 }");
	/* its hosts are forgotten, the others are not */
	SAYS(n, "gettable", NULL,
	     "{ numHosts=1 hosts=[ { addr=02:00:00:00:00:02 hook=\"link1\" "
	     "age=4 } ] }");
	GOES("a", 4, 3, "b c"); /* it hears all it should */
	GOES("a", 2, 3, "b");
	/* whatever comes from it is ignored */
	GOES("c", 3, 5, "");
	GOES("c", 0xff, 1, ""); /* what is invalid is counted as such */
	push("c", "", 0);
	SAYS(n, "getstats", "2",
	     "{ recvOctets=120 recvPackets=2 recvBroadcast=2 recvRunts=1 "
	     "recvInvalid=1 xmitOctets=120 xmitPackets=2 xmitBroadcasts=1 "
	     "loopDrops=2 loopDetects=1 }");
	pass_mute(n, "link2", 28);
	GOES("c", 3, 5, "");
	pass_mute(n, "link2", 2);
	GOES("c", 3, 5, "a");
	SAYS(n, "getstats", "2",
	     "{ recvOctets=180 recvPackets=3 recvBroadcast=2 recvRunts=1 "
	     "recvInvalid=1 xmitOctets=120 xmitPackets=2 xmitBroadcasts=1 "
	     "loopDrops=3 loopDetects=1 }");
	ATF_CHECK_EQ(3, dp_drops(world.dp, NGD_D_MUTED));
}

/* debugLevel 2: a loop is logged, by whoever has found it. */
WORLD_TEST(logged)
{
	struct ng_node *n = bridge3();
	char line[512] = "";
	int fds[2], fd = dup(STDERR_FILENO);

	ATF_REQUIRE_EQ(0, pipe2(fds, O_NONBLOCK));
	ATF_REQUIRE(dup2(fds[1], STDERR_FILENO) >= 0);
	openlog("test", LOG_PERROR, LOG_DAEMON);
	SAYS(n, "setconfig",
	     "{ debugLevel=1 loopTimeout=0 maxStaleness=900 minStableAge=9 }",
	     "");
	go("b", 0xff, 2);
	go("c", 0xff, 2);
	ATF_CHECK_EQ(-1, read(fds[0], line, sizeof(line) - 1));
	SAYS(n, "setconfig",
	     "{ debugLevel=2 loopTimeout=0 maxStaleness=900 minStableAge=9 }",
	     "");
	if (world.kernel)
		go("c", 0xff, 2);
	else /* the reference does not log */
		SAYS(n, "movehost", "{ addr=02:00:00:00:00:02 hook=\"link2\" }",
		     "ELOOP");
	ATF_REQUIRE(dup2(fd, STDERR_FILENO) >= 0);
	ATF_REQUIRE(read(fds[0], line, sizeof(line) - 1) > 0);
	ATF_CHECK_STREQ("test: ng_bridge: br: loopback detected on link2\n",
			line);
	close(fd);
	close(fds[0]);
	close(fds[1]);
}

WORLD_TEST(never_stable)
{
	struct ng_node *n = bridge3();

	SAYS(n, "setconfig", "{ loopTimeout=60 maxStaleness=900 }", "");
	GOES("b", 0xff, 2, "a c");
	GOES("c", 0xff, 2, "a b"); /* minStableAge 0: may move at once */
	GOES("a", 2, 3, "c");
}

/* A cable between two links of two bridges, twice. */
WORLD_TEST(loop)
{
	struct ng_node *n = bridge("link0"), *m;

	ATF_REQUIRE_EQ(0, ng_mkpeer(n, "link1", "link1", "bridge", &m));
	ATF_REQUIRE_EQ(0, ng_connect(n, "link2", m, "link2"));
	join("b", m, "link0");
	go("a", 0xff, 3);
	ATF_CHECK(world.ngot >= 1 && world.ngot <= 4);
	go("a", 0xff, 3);
	ATF_CHECK(world.ngot >= 1 && world.ngot <= 4);
	go("b", 3, 4);
	ATF_CHECK_EQ(0, dp_drops(world.dp, NGD_D_LOOP));
	ATF_CHECK(dp_drops(world.dp, NGD_D_MUTED) > 0);
}

/* --- messages ----------------------------------------------------------- */

#define DEFAULTS                                                               \
	"{ debugLevel=1 loopTimeout=60 maxStaleness=900 minStableAge=1 }"

WORLD_TEST(config)
{
	struct ng_node *n = bridge("link0");

	SAYS(n, "getconfig", NULL, DEFAULTS);
	SAYS(n, "setconfig", "{ loopTimeout=5 }", "");
	SAYS(n, "getconfig", NULL, "{ loopTimeout=5 }");
	SAYS(n, "setconfig", DEFAULTS, "");
	SAYS(n, "setconfig", "{ ipfw=[ 1 ] }", "ENOENT");
	SAYS(n, "setconfig", "{ debugLevel=256 }", "EINVAL");
	ATF_CHECK_EQ(-EINVAL,
		     message(n, NULL, NGM_BRIDGE_COOKIE, NGM_BRIDGE_SET_CONFIG,
			     "x", 1, &(struct ng_reply){0}));
	ATF_CHECK_EQ(-EINVAL, message(n, NULL, NGM_BRIDGE_COOKIE, 10, NULL, 0,
				      &(struct ng_reply){0}));
	ATF_CHECK_EQ(-EINVAL, message(n, NULL, NGM_BRIDGE_COOKIE + 1, 2, NULL,
				      0, &(struct ng_reply){0}));
	SAYS(n, "getconfig", NULL, DEFAULTS);
}

WORLD_TEST(stats)
{
	struct ng_node *n = bridge3();

	SAYS(n, "getstats", "3", "ENOTCONN");
	SAYS(n, "clrstats", "-1", "ENOTCONN");
	SAYS(n, "getclrstats", "-2147483648", "ENOTCONN");
	ATF_CHECK_EQ(-EINVAL,
		     message(n, NULL, NGM_BRIDGE_COOKIE, NGM_BRIDGE_GET_STATS,
			     "abc", 3, &(struct ng_reply){0}));
	SAYS(n, "getstats", "0", "{}");
	go("a", 0xff, 3);
	go("a", 1, 3);
	go("a", 2, 3);
	SAYS(n, "getstats", "0",
	     "{ recvOctets=180 recvPackets=3 recvMulticast=1 recvBroadcast=1 "
	     "recvUnknown=1 }");
	SAYS(n, "getclrstats", "1",
	     "{ xmitOctets=180 xmitPackets=3 xmitMulticasts=1 "
	     "xmitBroadcasts=1 }");
	SAYS(n, "getstats", "1", "{}");
	SAYS(n, "clrstats", "0", "");
	SAYS(n, "getstats", "0", "{}");
	go("a", 2, 3);
	SAYS(n, "getstats", "0",
	     "{ recvOctets=60 recvPackets=1 recvUnknown=1 }");
}

WORLD_TEST(reset)
{
	struct ng_node *n = bridge3();

	SAYS(n, "setconfig", "{ loopTimeout=60 maxStaleness=9 minStableAge=9 }",
	     "");
	go("b", 0xff, 2);
	go("c", 0xff, 2);
	GOES("c", 0xff, 4, "");
	SAYS(n, "reset", NULL, "");
	SAYS(n, "gettable", NULL, "{}");
	SAYS(n, "getstats", "2", "{}");
	SAYS(n, "getstats", "1", "{}");
	SAYS(n, "getconfig", NULL,
	     "{ loopTimeout=60 maxStaleness=9 minStableAge=9 }");
	GOES("c", 0xff, 4, "a b");
	GOES("a", 2, 3, "b c");
}

WORLD_TEST(persistent)
{
	struct ng_node *n = bridge("link0");

	SAYS(n, "setpersistent", NULL, "");
	ng_hook_destroy(ng_hook_by_name(n, "link0"));
	ATF_CHECK_EQ(n, at("br:"));
	/* no hooks: the next one decides anew */
	join("a", n, "uplink1");
	join("b", n, "link1");
	join("c", n, "link2");
	GOES("b", 2, 3, "a");
	ng_node_shutdown(n);
	ATF_CHECK_EQ(NULL, ng_node_by_name(world.g, "br"));
	ATF_CHECK_EQ(NULL, ng_hook_by_name(world.me, "a"));
	n = bridge("link0");
	ng_hook_destroy(ng_hook_by_name(n, "link0"));
	ATF_CHECK_EQ(NULL, ng_node_by_name(world.g, "br"));
}

WORLD_TEST(movehost)
{
	struct ng_node *n = bridge3();
	struct ng_bridge_move_host move = {.addr = {2, 0, 0, 0, 0, 9}};
	struct ng_reply none = {0};

	SAYS(n, "movehost", "{ addr=02:00:00:00:00:07 hook=\"link1\" }", "");
	GOES("a", 7, 3, "b");
	SAYS(n, "movehost", "{ addr=02:00:00:00:00:07 hook=\"link1\" }", "");
	SAYS(n, "movehost", "{ addr=02:00:00:00:00:07 hook=\"link9\" }",
	     "ENOENT");
	SAYS(n, "movehost", "{ addr=02:00:00:00:00:07 }", "ENOENT");
	pass(n, 7, 4, 4);
	SAYS(n, "movehost", "{ addr=02:00:00:00:00:07 hook=\"link2\" }", "");
	GOES("a", 7, 3, "c");
	SAYS(n, "gettable", NULL,
	     "{ numHosts=2 hosts=[ { addr=02:00:00:00:00:03 hook=\"link0\" } "
	     "{ addr=02:00:00:00:00:07 hook=\"link2\" staleness=4 } ] }");
	/* without a name: where the message comes from */
	ATF_CHECK_EQ(0,
		     message(n, ng_hook_by_name(n, "link0"), NGM_BRIDGE_COOKIE,
			     NGM_BRIDGE_MOVE_HOST, &move, sizeof(move), &none));
	GOES("b", 9, 5, "a");
	ATF_CHECK_EQ(-EINVAL,
		     message(n, NULL, NGM_BRIDGE_COOKIE, NGM_BRIDGE_MOVE_HOST,
			     &move, sizeof(move) - 1, &none));
	/* too soon: the link that it would move to is muted */
	SAYS(n, "movehost", "{ addr=02:00:00:00:00:07 hook=\"link1\" }",
	     "ELOOP");
	GOES("b", 3, 6, "");
	SAYS(n, "getstats", "1",
	     "{ recvOctets=60 recvPackets=1 xmitOctets=60 xmitPackets=1 "
	     "loopDrops=1 loopDetects=1 }");
	SAYS(n, "getclrstats", "1",
	     "{ recvOctets=60 recvPackets=1 xmitOctets=60 xmitPackets=1 "
	     "loopDrops=1 loopDetects=1 }");
	SAYS(n, "getstats", "1", "{}");
	GOES("b", 3, 6, ""); /* counting anew has not unmuted it */
}

/* What a successor finds: the table, ages, muted links. */
WORLD_TEST(restore)
{
	struct ng_node *n = bridge3();
	struct ng_hook *h = ng_hook_by_name(n, "link2");

	go("b", 0xff, 2);
	go("c", 0xff, 2);
	ATF_CHECK_EQ(0, h->conf); /* the model does not know */
	ATF_CHECK_EQ(0, n->type->restore(n));
	for (h = n->hooks; h; h = h->older)
		ATF_CHECK_EQ(0, ng_hook_changed(h));
	ATF_CHECK_EQ(0, ng_node_changed(n));
	GOES("a", 2, 3, "b");
	GOES("c", 0xff, 4, "");
}

ATF_TP_ADD_TCS(tp)
{
	WORLD_ADD(forward);
	WORLD_ADD(refused);
	WORLD_ADD(alone);
	WORLD_ADD(self);
	WORLD_ADD(gone);
	WORLD_ADD(two);
	WORLD_ADD(names);
	WORLD_ADD(uplink_first);
	WORLD_ADD(uplink_later);
	WORLD_ADD(ageing);
	WORLD_ADD(moving);
	WORLD_ADD(muting);
	WORLD_ADD(logged);
	WORLD_ADD(never_stable);
	WORLD_ADD(loop);
	WORLD_ADD(config);
	WORLD_ADD(stats);
	WORLD_ADD(reset);
	WORLD_ADD(persistent);
	WORLD_ADD(movehost);
	WORLD_ADD(restore);
	return atf_no_error();
}
