/*
 * nl: the message builder, and requests, dumps and batches against the kernel
 * in a network namespace of the test's own.
 */
#include "base/cleanup.h"
#include "nl/nl.h"

#include <arpa/inet.h>
#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

ATF_TC_WITHOUT_HEAD(overflow);
ATF_TC_BODY(overflow, tc)
{
	static char big[NLM_MAX];
	struct ifinfomsg ifi = {0};
	struct nlm m;

	nlm_begin(&m, RTM_NEWLINK, 0, &ifi, sizeof(ifi));
	nlm_put(&m, IFLA_IFALIAS, big, 20000);
	ATF_CHECK(!m.overflow);
	nlm_put(&m, IFLA_IFALIAS, big, 20000);
	ATF_CHECK(m.overflow);
	/* sticky, and nothing more is written */
	nlm_put_u32(&m, IFLA_MTU, 1);
	nlm_nest_end(&m, nlm_nest(&m, IFLA_LINKINFO));
	nlm_put_raw(&m, &ifi, sizeof(ifi));
	ATF_CHECK(m.overflow);
	ATF_CHECK(m.h->nlmsg_len < 20100);
}

ATF_TC_WITHOUT_HEAD(parse);
ATF_TC_BODY(parse, tc)
{
	const struct nlattr *tb[IFLA_MAX + 1], *in[IFLA_INFO_MAX + 1];
	struct ifinfomsg ifi = {0};
	struct nlattr *nest;
	struct nlm m;

	nlm_begin(&m, RTM_NEWLINK, 0, &ifi, sizeof(ifi));
	nlm_put_str(&m, IFLA_IFNAME, "x");
	nest = nlm_nest(&m, IFLA_LINKINFO);
	nlm_put_str(&m, IFLA_INFO_KIND, "veth");
	nlm_nest_end(&m, nest);
	nlm_put_u32(&m, 5000, 7); /* beyond what the reader knows */
	nl_parse(m.h, sizeof(ifi), tb, IFLA_MAX);
	ATF_REQUIRE(tb[IFLA_IFNAME] && tb[IFLA_LINKINFO]);
	ATF_CHECK_STREQ("x", mnl_attr_get_str(tb[IFLA_IFNAME]));
	ATF_CHECK(!tb[IFLA_MTU]);
	nl_parse_nested(tb[IFLA_LINKINFO], in, IFLA_INFO_MAX);
	ATF_REQUIRE(in[IFLA_INFO_KIND]);
	ATF_CHECK_STREQ("veth", mnl_attr_get_str(in[IFLA_INFO_KIND]));
	/* two bytes are no 32-bit number, and nothing is none */
	ATF_CHECK_EQ(0, nl_u32(tb[IFLA_IFNAME]));
	ATF_CHECK_EQ('x', nl_u8(tb[IFLA_IFNAME]));
	ATF_CHECK_EQ(0, nl_u32(NULL));
	nl_parse_nested(NULL, in, IFLA_INFO_MAX);
	ATF_CHECK(!in[IFLA_INFO_KIND]);
	/* a message shorter than its family header has no attributes */
	m.h->nlmsg_len = NLMSG_HDRLEN + 4;
	nl_parse(m.h, sizeof(ifi), tb, IFLA_MAX);
	ATF_CHECK(!tb[IFLA_IFNAME]);
}

static struct nl *private_net(void)
{
	struct err e = ERR_INIT;
	struct ifinfomsg ifi = {
		.ifi_index = 1, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
	struct nl *nl = NULL;
	struct nlm m;

	ATF_REQUIRE_EQ(0, unshare(CLONE_NEWNET));
	ATF_REQUIRE_EQ_MSG(0, nl_open(NETLINK_ROUTE, -1, &nl, &e), "%s",
			   e.text);
	nlm_begin(&m, RTM_NEWLINK, 0, &ifi, sizeof(ifi));
	ATF_REQUIRE_EQ_MSG(0, nl_talk(nl, &m, &e, NULL), "%s", e.text);
	return nl;
}

/* A blackhole route to 10.x.x.x: cheap objects to have many of. */
static void route_message(struct nlm *m, uint16_t type, uint16_t flags,
			  uint32_t i)
{
	struct rtmsg rt = {.rtm_family = AF_INET,
			   .rtm_dst_len = 32,
			   .rtm_table = RT_TABLE_MAIN,
			   .rtm_protocol = RTPROT_STATIC,
			   .rtm_type = RTN_BLACKHOLE};

	nlm_begin(m, type, flags, &rt, sizeof(rt));
	nlm_put_u32(m, RTA_DST, htonl(0x0a000000 + i));
}

static int count_cb(const struct nlmsghdr *h, void *data, struct err *e)
{
	(void)e;
	if (h->nlmsg_type == RTM_NEWROUTE)
		++*(size_t *)data;
	return 0;
}

static size_t count_routes(struct nl *nl)
{
	struct rtmsg rt = {.rtm_family = AF_INET, .rtm_table = RT_TABLE_MAIN};
	struct err e = ERR_INIT;
	size_t n = 0;
	struct nlm m;

	nlm_begin(&m, RTM_GETROUTE, 0, &rt, sizeof(rt));
	nlm_put_u32(&m, RTA_TABLE, RT_TABLE_MAIN);
	ATF_REQUIRE_EQ_MSG(0, nl_dump(nl, &m, count_cb, NULL, &n, &e), "%s",
			   e.text);
	return n;
}

ATF_TC(batch_large);
ATF_TC_HEAD(batch_large, tc)
{
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(batch_large, tc)
{
	cleanup_nl struct nl *nl = private_net();
	cleanup_nl_batch struct nl_batch *b = NULL;
	struct err e = ERR_INIT;
	int small = 4096;
	struct nlm m;

	/* as it is for a caller who may not force a larger buffer */
	ATF_REQUIRE_EQ(0, setsockopt(nl_fd(nl), SOL_SOCKET, SO_RCVBUF, &small,
				     sizeof(small)));
	small = 212992;
	ATF_REQUIRE_EQ(0, setsockopt(nl_fd(nl), SOL_SOCKET, SO_RCVBUF, &small,
				     sizeof(small)));
	ATF_REQUIRE_EQ(0, nl_batch_new(nl, &b, &e));
	for (uint32_t i = 0; i < 20000; i++) {
		route_message(&m, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, i);
		ATF_REQUIRE_EQ(0, nl_batch_add(b, &m, &e, "route %u", i));
	}
	ATF_REQUIRE_EQ_MSG(0, nl_batch_run(b, NULL, &e), "%s", e.text);
	ATF_CHECK_EQ(20000, count_routes(nl));
	/* a batch that ran is empty */
	ATF_CHECK_EQ(0, nl_batch_run(b, NULL, &e));
}

ATF_TC(batch_error);
ATF_TC_HEAD(batch_error, tc)
{
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(batch_error, tc)
{
	cleanup_nl struct nl *nl = private_net();
	cleanup_nl_batch struct nl_batch *b = NULL;
	struct err e = ERR_INIT;
	size_t failed = 99;
	struct nlm m;

	ATF_REQUIRE_EQ(0, nl_batch_new(nl, &b, &e));
	for (uint32_t i = 0; i < 1000; i++) {
		/* every number twice: the second of each pair fails */
		route_message(&m, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL,
			      i < 300 ? i : i / 2);
		ATF_REQUIRE_EQ(0, nl_batch_add(b, &m, &e, "route %u", i));
		/* other requests in between do not put it out of step */
		if (i % 100 == 0)
			count_routes(nl);
	}
	ATF_CHECK_EQ(-EEXIST, nl_batch_run(b, &failed, &e));
	ATF_CHECK_EQ(300, failed);
	ATF_CHECK_STREQ("route 300: File exists", e.text);
	/* those after it have been tried, and the socket is in step */
	ATF_CHECK_EQ(500, count_routes(nl));
}

ATF_TC(extack);
ATF_TC_HEAD(extack, tc)
{
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(extack, tc)
{
	cleanup_nl struct nl *nl = private_net();
	struct rtmsg rt = {.rtm_family = AF_INET,
			   .rtm_dst_len = 33,
			   .rtm_type = RTN_UNICAST};
	struct err e = ERR_INIT;
	struct nlm m;

	nlm_begin(&m, RTM_NEWROUTE, NLM_F_CREATE, &rt, sizeof(rt));
	ATF_CHECK_EQ(-EINVAL, nl_talk(nl, &m, &e, "add %s", "x"));
	ATF_CHECK_STREQ("add x: Invalid argument (Invalid prefix length)",
			e.text);
	nlm_begin(&m, RTM_NEWROUTE, NLM_F_CREATE, &rt, sizeof(rt));
	nl_talk(nl, &m, &e, NULL);
	ATF_CHECK_STREQ("Invalid argument (Invalid prefix length)", e.text);
}

static int stop_cb(const struct nlmsghdr *h, void *data, struct err *e)
{
	(void)h;
	++*(int *)data;
	return err_set(e, ECANCELED, "stop");
}

ATF_TC(callback_stops);
ATF_TC_HEAD(callback_stops, tc)
{
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(callback_stops, tc)
{
	cleanup_nl struct nl *nl = private_net();
	struct ifinfomsg ifi = {0};
	struct err e = ERR_INIT;
	struct nlm m;
	int calls = 0;

	nlm_begin(&m, RTM_GETLINK, 0, &ifi, sizeof(ifi));
	ATF_CHECK_EQ(-ECANCELED, nl_dump(nl, &m, stop_cb, NULL, &calls, &e));
	ATF_CHECK_STREQ("stop", e.text);
	ATF_CHECK_EQ(1, calls);
	ATF_CHECK_EQ(0, count_routes(nl));
}

/* The socket belongs to the namespace named; the thread stays where it was. */
ATF_TC(other_namespace);
ATF_TC_HEAD(other_namespace, tc)
{
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(other_namespace, tc)
{
	cleanup_nl struct nl *here = private_net(), *there = NULL;
	cleanup_close int ns = -1;
	struct stat before, after;
	struct err e = ERR_INIT;
	struct nlm m;

	ns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	route_message(&m, RTM_NEWROUTE, NLM_F_CREATE, 1);
	ATF_REQUIRE_EQ(0, nl_talk(here, &m, &e, NULL));
	ATF_REQUIRE_EQ(0, unshare(CLONE_NEWNET));
	ATF_REQUIRE_EQ(0, stat("/proc/thread-self/ns/net", &before));
	ATF_REQUIRE_EQ_MSG(0, nl_open(NETLINK_ROUTE, ns, &there, &e), "%s",
			   e.text);
	ATF_REQUIRE_EQ(0, stat("/proc/thread-self/ns/net", &after));
	ATF_CHECK_EQ(before.st_ino, after.st_ino);
	ATF_CHECK_EQ(1, count_routes(there));
	nl_free(&there);
	ATF_CHECK_EQ(-EBADF, nl_open(NETLINK_ROUTE, 999, &there, &e));
	ATF_CHECK_STREQ("enter network namespace: Bad file descriptor", e.text);
}

/*
 * Who has the rights of a namespace's root may send to sockets in there: what
 * he says is not taken for the kernel's word, and nobody waits for its end.
 */
ATF_TC(only_kernel);
ATF_TC_HEAD(only_kernel, tc)
{
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(only_kernel, tc)
{
	cleanup_nl struct nl *nl = private_net();
	const struct nlmsghdr lie = {.nlmsg_len = sizeof(lie),
				     .nlmsg_type = RTM_DELLINK};
	struct sockaddr_nl to = {.nl_family = AF_NETLINK};
	socklen_t len = sizeof(to);
	struct err e = ERR_INIT;
	char buf[8192];
	struct nlm m;
	int s;

	ATF_REQUIRE_EQ(0, getsockname(nl_fd(nl), (struct sockaddr *)&to, &len));
	s = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	ATF_REQUIRE(s >= 0);
	ATF_CHECK_EQ(-1, sendto(s, &lie, sizeof(lie), 0, (struct sockaddr *)&to,
				sizeof(to)));
	ATF_CHECK_EQ(ECONNREFUSED, errno);
	/* to all who listen one may speak */
	ATF_REQUIRE_EQ(0, nl_join(nl, RTNLGRP_LINK, &e));
	to.nl_pid = 0;
	to.nl_groups = 1; /* of links */
	sendto(s, &lie, sizeof(lie), 0, (struct sockaddr *)&to, sizeof(to));
	ATF_CHECK_EQ(0, nl_recv(nl, buf, sizeof(buf), MSG_DONTWAIT));
	ATF_CHECK_EQ(-1, nl_recv(nl, buf, sizeof(buf), MSG_DONTWAIT));
	ATF_CHECK_EQ(EAGAIN, errno);
	sendto(s, &lie, sizeof(lie), 0, (struct sockaddr *)&to, sizeof(to));
	/* the kernel is heard behind that */
	route_message(&m, RTM_NEWROUTE, NLM_F_CREATE, 1);
	ATF_CHECK_EQ(0, nl_talk(nl, &m, &e, NULL));
	ATF_CHECK_EQ(1, count_routes(nl));
	close(s);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, overflow);
	ATF_TP_ADD_TC(tp, parse);
	ATF_TP_ADD_TC(tp, batch_large);
	ATF_TP_ADD_TC(tp, batch_error);
	ATF_TP_ADD_TC(tp, extack);
	ATF_TP_ADD_TC(tp, callback_stops);
	ATF_TP_ADD_TC(tp, other_namespace);
	ATF_TP_ADD_TC(tp, only_kernel);
	return atf_no_error();
}
