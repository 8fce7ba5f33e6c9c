/* netgraph/node_ksocket: sockets on 127.0.0.1, and their addresses as text. */
#include "ng_scene.h"

#include "netgraph/ksocket_addr.h"
#include "netgraph/types_traffic.h"

#include <netgraph/ng_ksocket.h>
#include <netinet/in.h>

/* What an address reads as when it has been bytes. */
static const char *again(const char *text)
{
	static char out[512];
	uint8_t buf[256];
	int n = ng_parse(&ng_p_sockaddr, text, buf, sizeof(buf));

	if (n >= 0)
		n = ng_unparse(&ng_p_sockaddr, buf, (size_t)n, out,
			       sizeof(out));
	return n < 0 ? strerror(-n) : out;
}

#define SAME(text) ATF_CHECK_STREQ(text, again(text))
#define GIVES(text, what) ATF_CHECK_STREQ(what, again(text))

ATF_TC_WITHOUT_HEAD(addresses);
ATF_TC_BODY(addresses, tc)
{
	uint8_t buf[8];

	SAME("inet/127.0.0.1:99");
	SAME("inet/0.0.0.0");
	GIVES("inet/1.2.3.4:0", "inet/1.2.3.4");
	GIVES("2/1.2.3.4:5", "inet/1.2.3.4:5");
	SAME("inet6/[2001:db8::1]:99");
	SAME("inet6/[::1]");
	GIVES("inet6/[fe80::1%lo]:7", "inet6/[fe80::1%lo]:7");
	GIVES("28/[::]", "inet6/[::]");
	SAME("local/\"/tmp/foo.socket\"");
	SAME("local/\"a \\\"b\\\"\"");
	SAME("{ len=16 family=16 data=[ 0x70 2=0x1 0x23 13=0x5 ] }");
	GIVES("inet/1.2.3", "Invalid argument");
	GIVES("inet/1.2.3.256", "Invalid argument");
	GIVES("inet/1.2.3.4:65536", "Invalid argument");
	GIVES("inet/1.2.3.4:", "Invalid argument");
	GIVES("inet/1.2.3.-4", "Invalid argument");
	GIVES("inet6/::1", "Invalid argument");
	GIVES("inet6/[::1%nosuchif]:1", "Invalid argument");
	GIVES("inet", "Invalid argument");
	GIVES("netlink/1", "Invalid argument");
	GIVES("16/1", "Invalid argument");
	GIVES("", "Invalid argument");
	ATF_CHECK_EQ(-ERANGE, ng_parse(&ng_p_sockaddr, "inet/1.2.3.4", buf,
				       sizeof(buf)));
}

ATF_TC_WITHOUT_HEAD(layouts);
ATF_TC_BODY(layouts, tc)
{
	static const uint8_t bsd[16] = {16, 2, 0, 99, 127, 0, 0, 1};
	struct sockaddr_in here = {.sin_family = AF_INET,
				   .sin_port = htons(99),
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_storage sa;
	struct ksocket_addr a;
	socklen_t len;

	ATF_CHECK_EQ(0, ksocket_addr_get(bsd, sizeof(bsd), &sa, &len));
	ATF_CHECK_EQ(sizeof(here), len);
	ATF_CHECK(memcmp(&sa, &here, sizeof(here)) == 0);
	/* a program of this machine's */
	ATF_CHECK_EQ(0, ksocket_addr_get(&here, sizeof(here), &sa, &len));
	ATF_CHECK(memcmp(&sa, &here, sizeof(here)) == 0);
	ksocket_addr_put(&sa, len, &a);
	ATF_CHECK_EQ(sizeof(bsd), a.len);
	ATF_CHECK(memcmp(a.bytes, bsd, sizeof(bsd)) == 0);
	/* says it is longer than it is; too short; not for a jail's hands */
	ATF_CHECK_EQ(-EINVAL, ksocket_addr_get(bsd, 15, &sa, &len));
	ATF_CHECK_EQ(-EINVAL, ksocket_addr_get("\x06\x02...", 6, &sa, &len));
	ATF_CHECK_EQ(-EINVAL, ksocket_addr_get("\x1b\x1c", 2, &sa, &len));
	ATF_CHECK_EQ(-EAFNOSUPPORT,
		     ksocket_addr_get("\x10\x10..............", 16, &sa, &len));
	ATF_CHECK_EQ(-EINVAL, ksocket_addr_get("\x02\x01", 2, &sa, &len));
	ATF_CHECK_EQ(-EINVAL, ksocket_addr_get("", 0, &sa, &len));
}

static int make(struct ng_node *n, const char *hook, const char *name)
{
	struct ng_node *k;

	return ng_mkpeer(n, hook, name, "ksocket", &k);
}

ATF_TC_WITHOUT_HEAD(hooks);
ATF_TC_BODY(hooks, tc)
{
	struct ng_node *p, *k;

	scene_begin();
	p = probe("p");
	ATF_CHECK_EQ(-EINVAL, make(p, "a", "inet"));
	ATF_CHECK_EQ(-EINVAL, make(p, "a", "inet/dgram"));
	ATF_CHECK_EQ(-EINVAL, make(p, "a", "inet/dgram/nosuch"));
	ATF_CHECK_EQ(-EINVAL, make(p, "a", "inet/dgram/udp/x"));
	/* families and flags that are not for everybody's hands */
	ATF_CHECK_EQ(-EAFNOSUPPORT, make(p, "a", "16/3/0"));
	ATF_CHECK_EQ(-EAFNOSUPPORT, make(p, "a", "17/3/3"));
	ATF_CHECK_EQ(-EAFNOSUPPORT, make(p, "a", "40/1/0"));
	ATF_CHECK_EQ(-EPROTOTYPE, make(p, "a", "2/2050/17"));
	ATF_CHECK_EQ(-EAFNOSUPPORT, make(p, "a", "local/dgram/0"));
	ATF_CHECK_EQ(1, ng_node_count(scene.g));
	ATF_CHECK_EQ(0, make(p, "a", "inet/dgram/udp"));
	k = at("p:a");
	ATF_CHECK_EQ(-EISCONN, ng_connect(p, "b", k, "inet/dgram/ip"));
	ATF_CHECK_EQ(1, scene.busy);
	ATF_CHECK_EQ(0, make(p, "b", "2/2/17"));
	ATF_CHECK_EQ(0, make(p, "c", "inet6/stream/tcp"));
	ATF_CHECK_EQ(0, make(p, "d", "28/1/6"));
	/* the hook gone, the node is gone */
	ng_hook_destroy(ng_hook_by_name(p, "a"));
	ATF_CHECK_EQ(4, ng_node_count(scene.g));
	scene_end();
}

ATF_TC_WITHOUT_HEAD(datagrams);
ATF_TC_BODY(datagrams, tc)
{
	char name[128];
	struct ng_node *p, *a, *b;

	scene_begin();
	p = probe("p");
	ATF_REQUIRE_EQ(0, make(p, "a", "inet/dgram/udp"));
	ATF_REQUIRE_EQ(0, make(p, "b", "inet/dgram/udp"));
	a = at("p:a");
	b = at("p:b");
	ATF_CHECK_STREQ("inet/0.0.0.0", msg(p, a, "getname", NULL));
	ATF_CHECK_STREQ("Transport endpoint is not connected",
			msg(p, a, "getpeername", NULL));
	ATF_CHECK_STREQ("", msg(p, a, "bind", "inet/127.0.0.1:0"));
	ATF_CHECK_STREQ("Invalid argument",
			msg(p, a, "bind", "inet/127.0.0.1:0"));
	snprintf(name, sizeof(name), "%s", msg(p, a, "getname", NULL));
	ATF_REQUIRE(strncmp(name, "inet/127.0.0.1:", 15) == 0);
	ATF_CHECK_STREQ("Address already in use", msg(p, b, "bind", name));
	ATF_CHECK_STREQ("", msg(p, b, "connect", name));
	ATF_CHECK_STREQ(name, msg(p, b, "getpeername", NULL));
	send_text(p, "b", "hello");
	scene_poll();
	ATF_CHECK_STREQ("a:hello;", scene.seen);
	/* not connected, and nothing to answer to */
	send_text(p, "a", "lost");
	/* wrong messages */
	ATF_CHECK_STREQ("Operation not supported", msg(p, b, "listen", "3"));
	ATF_CHECK_STREQ("Invalid argument", msg(p, b, "accept", NULL));
	scene_end();
}

static int echo_rcvdata(struct ng_hook *h, const void *data, size_t len)
{
	return ng_send_data(h, data, len);
}

static const struct ng_type echo_type = {
	.name = "echoes",
	.cookie = 2,
	.kind = NGD_USER,
	.persistent = true,
	.rcvdata = echo_rcvdata,
};

/* What an unconnected socket has received comes back: an answer. */
ATF_TC_WITHOUT_HEAD(answers);
ATF_TC_BODY(answers, tc)
{
	char name[128];
	struct ng_node *q, *echo, *a;

	scene_begin();
	q = probe("q");
	ATF_REQUIRE_EQ(0, ng_node_new(scene.g, &echo_type, &echo));
	ATF_REQUIRE_EQ(0, make(echo, "x", "inet/dgram/udp"));
	ATF_REQUIRE_EQ(0, make(q, "b", "inet/dgram/udp"));
	a = ng_hook_by_name(echo, "x")->peer->node;
	msg(q, a, "bind", "inet/127.0.0.1:0");
	snprintf(name, sizeof(name), "%s", msg(q, a, "getname", NULL));
	ATF_CHECK_STREQ("", msg(q, at("q:b"), "connect", name));
	send_text(q, "b", "ping");
	scene_poll();
	scene_poll();
	ATF_CHECK_STREQ("b:ping;", scene.seen);
	scene_end();
}

ATF_TC_WITHOUT_HEAD(streams);
ATF_TC_BODY(streams, tc)
{
	struct ng_node *p, *l, *c, *k = NULL;
	struct ng_ksocket_accept acc;
	char name[128], want[128];

	scene_begin();
	p = probe("p");
	ATF_REQUIRE_EQ(0, make(p, "l", "inet/stream/tcp"));
	ATF_REQUIRE_EQ(0, make(p, "c", "inet/stream/tcp"));
	l = at("p:l");
	c = at("p:c");
	ATF_CHECK_STREQ("Invalid argument", msg(p, l, "accept", NULL));
	msg(p, l, "bind", "inet/127.0.0.1:0");
	ATF_CHECK_STREQ("", msg(p, l, "listen", "5"));
	snprintf(name, sizeof(name), "%s", msg(p, l, "getname", NULL));
	/* FreeBSD's words, not Linux's */
	ATF_CHECK_STREQ("Operation not supported", msg(p, l, "connect", name));
	ATF_CHECK_STREQ("Cannot assign requested address",
			msg(p, c, "connect", "inet/127.0.0.1"));
	/* nobody yet: the answer comes later */
	ATF_CHECK_STREQ("", msg(p, l, "accept", NULL));
	ATF_CHECK_STREQ("Operation already in progress",
			msg(p, l, "accept", NULL));
	ATF_CHECK_STREQ("Operation now in progress",
			msg(p, c, "connect", name));
	while (!scene.said || scene.said->header.cmd != NGM_KSOCKET_ACCEPT)
		scene_poll();
	ATF_CHECK_EQ(NGF_RESP, scene.said->header.flags);
	ATF_CHECK_EQ(77, scene.said->header.token);
	memcpy(&acc, scene.said->data, sizeof(acc));
	k = ng_node_by_id(scene.g, acc.nodeid);
	ATF_REQUIRE(k != NULL);
	snprintf(want, sizeof(want), "%s", msg(p, c, "getname", NULL));
	ATF_CHECK_STREQ(want, msg(p, k, "getpeername", NULL));
	/* data that comes before the clone has a hook waits */
	for (int i = 0; i < 10 && strcmp(msg(p, c, "getpeername", NULL), name);
	     i++)
		scene_poll();
	send_text(p, "c", "early ");
	ATF_CHECK_EQ(0, ng_connect(p, "k", k, "any name"));
	ATF_CHECK_EQ(-EISCONN, ng_connect(p, "k2", k, "another"));
	scene_poll();
	ATF_CHECK_STREQ("k:early ;", scene.seen);
	scene.seen[0] = '\0';
	send_text(p, "k", "answer");
	while (!scene.seen[0])
		scene_poll();
	ATF_CHECK_STREQ("c:answer;", scene.seen);
	/* a connection that waits already is taken at once */
	ATF_REQUIRE_EQ(0, make(p, "d", "inet/stream/tcp"));
	msg(p, at("p:d"), "connect", name);
	while (strncmp(msg(p, l, "accept", NULL), "{ nodeid=0x", 11) != 0)
		scene_poll();
	/* and goes with the listening node, unless it has a hook */
	ATF_CHECK_EQ(6, ng_node_count(scene.g));
	ng_node_shutdown(l);
	ATF_CHECK_EQ(4, ng_node_count(scene.g));
	ATF_CHECK_EQ(k, ng_node_by_id(scene.g, acc.nodeid));
	scene_end();
}

ATF_TC_WITHOUT_HEAD(options);
ATF_TC_BODY(options, tc)
{
	struct ng_node *p, *a;

	scene_begin();
	p = probe("p");
	ATF_REQUIRE_EQ(0, make(p, "a", "inet/dgram/udp"));
	a = at("p:a");
	/* FreeBSD's SO_REUSEADDR, and IP_TTL */
	ATF_CHECK_STREQ("{ level=65535 name=4 }",
			msg(p, a, "getopt", "{ level=65535 name=4 }"));
	ATF_CHECK_STREQ("", msg(p, a, "setopt",
				"{ level=65535 name=4 value=[ 1 0 0 0 ] }"));
	ATF_CHECK_STREQ("{ level=65535 name=4 value=[ 0x1 ] }",
			msg(p, a, "getopt", "{ level=65535 name=4 }"));
	ATF_CHECK_STREQ("", msg(p, a, "setopt",
				"{ level=0 name=4 value=[ 7 0 0 0 ] }"));
	ATF_CHECK_STREQ("{ name=4 value=[ 0x7 ] }",
			msg(p, a, "getopt", "{ level=0 name=4 }"));
	/* what the kernel would let a privileged process do */
	ATF_CHECK_STREQ(
		"Protocol not available",
		msg(p, a, "setopt", "{ level=1 name=36 value=[ 1 0 0 0 ] }"));
	ATF_CHECK_STREQ(
		"Protocol not available",
		msg(p, a, "setopt", "{ level=1 name=33 value=[ 0 0 1 0 ] }"));
	ATF_CHECK_STREQ("Protocol not available",
			msg(p, a, "setopt",
			    "{ level=65535 name=2 value=[ 1 0 0 0 ] }"));
	ATF_CHECK_STREQ("Invalid argument",
			msg(p, a, "setopt", "{ level=65535 name=4 }"));
	scene_end();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, addresses);
	ATF_TP_ADD_TC(tp, layouts);
	ATF_TP_ADD_TC(tp, hooks);
	ATF_TP_ADD_TC(tp, datagrams);
	ATF_TP_ADD_TC(tp, answers);
	ATF_TP_ADD_TC(tp, streams);
	ATF_TP_ADD_TC(tp, options);
	return atf_no_error();
}
