/*
 * route_monitor: `route monitor`: one line a change, as the kernel tells it.
 */
#include "net/route.h"

#include "base/cleanup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

static void put_time(struct strbuf *b)
{
	struct timespec ts;
	struct tm tm;
	char text[16];

	clock_gettime(CLOCK_REALTIME, &ts);
	localtime_r(&ts.tv_sec, &tm);
	strftime(text, sizeof(text), "%H:%M:%S", &tm);
	strbuf_addf(b, "%s.%03ld ", text, ts.tv_nsec / 1000000);
}

static void put_ip(struct strbuf *b, int family, const struct nlattr *a)
{
	char text[INET6_ADDRSTRLEN];
	size_t len = family == AF_INET ? 4 : 16;

	if ((family != AF_INET && family != AF_INET6) ||
	    mnl_attr_get_payload_len(a) < len)
		strbuf_addch(b, '?');
	else
		strbuf_adds(b, inet_ntop(family, mnl_attr_get_payload(a), text,
					 sizeof(text)));
}

static void put_if(struct vnet *v, struct strbuf *b, const struct nlattr *a)
{
	char kname[IFNAMSIZ];

	if (!a || mnl_attr_get_payload_len(a) < 4)
		return;
	if (vnet_ifname(v, (int)nl_u32(a), kname))
		strbuf_addf(b, " interface %s", ifname_from_kernel(kname));
}

/* A change of the table of own addresses only repeats an address's. */
static bool put_route(struct vnet *v, struct strbuf *b,
		      const struct nlmsghdr *h)
{
	const struct nlattr *tb[RTA_MAX + 1];
	const struct rtmsg *rt = mnl_nlmsg_get_payload(h);

	if (rt->rtm_table == RT_TABLE_LOCAL || (rt->rtm_flags & RTM_F_CLONED))
		return false;
	nl_parse(h, sizeof(*rt), tb, RTA_MAX);
	strbuf_addf(b, "%s route ",
		    h->nlmsg_type == RTM_NEWROUTE ? "add/repl" : "delete");
	if (tb[RTA_DST]) {
		put_ip(b, rt->rtm_family, tb[RTA_DST]);
		strbuf_addf(b, "/%u", rt->rtm_dst_len);
	} else {
		strbuf_adds(b, "default");
	}
	if (tb[RTA_GATEWAY]) {
		strbuf_adds(b, " gateway ");
		put_ip(b, rt->rtm_family, tb[RTA_GATEWAY]);
	}
	put_if(v, b, tb[RTA_OIF]);
	return true;
}

static bool put_address(struct vnet *v, struct strbuf *b,
			const struct nlmsghdr *h)
{
	const struct nlattr *tb[IFA_MAX + 1];
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(h);
	char kname[IFNAMSIZ] = "?";
	const struct nlattr *a;

	nl_parse(h, sizeof(*ifa), tb, IFA_MAX);
	a = tb[IFA_LOCAL] ? tb[IFA_LOCAL] : tb[IFA_ADDRESS];
	if (!a)
		return false;
	strbuf_addf(b, "%s address ",
		    h->nlmsg_type == RTM_NEWADDR ? "add/repl" : "delete");
	put_ip(b, ifa->ifa_family, a);
	vnet_ifname(v, (int)ifa->ifa_index, kname);
	strbuf_addf(b, "/%u interface %s", ifa->ifa_prefixlen,
		    ifname_from_kernel(kname));
	return true;
}

static bool put_link(struct strbuf *b, const struct nlmsghdr *h)
{
	const struct nlattr *tb[IFLA_MAX + 1];
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(h);

	nl_parse(h, sizeof(*ifi), tb, IFLA_MAX);
	if (!tb[IFLA_IFNAME] || ifi->ifi_family == AF_BRIDGE)
		return false;
	strbuf_addf(b, "%s interface %s index %d %s",
		    h->nlmsg_type == RTM_NEWLINK ? "add/repl" : "delete",
		    ifname_from_kernel(mnl_attr_get_str(tb[IFLA_IFNAME])),
		    ifi->ifi_index, ifi->ifi_flags & IFF_UP ? "up" : "down");
	return true;
}

static bool put_message(struct vnet *v, struct strbuf *b,
			const struct nlmsghdr *h)
{
	put_time(b);
	switch (h->nlmsg_type) {
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		return h->nlmsg_len >= NLMSG_LENGTH(sizeof(struct rtmsg)) &&
		       put_route(v, b, h);
	case RTM_NEWADDR:
	case RTM_DELADDR:
		return h->nlmsg_len >= NLMSG_LENGTH(sizeof(struct ifaddrmsg)) &&
		       put_address(v, b, h);
	case RTM_NEWLINK:
	case RTM_DELLINK:
		return h->nlmsg_len >= NLMSG_LENGTH(sizeof(struct ifinfomsg)) &&
		       put_link(b, h);
	default:
		return false;
	}
}

int route_monitor(struct vnet *v, int (*line)(void *data, const char *text),
		  void *data, struct err *e)
{
	static const unsigned int groups[] = {
		RTNLGRP_LINK,	    RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
		RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE,
	};
	char buf[32768] __attribute__((aligned(8)));
	cleanup_nl struct nl *nl = NULL;
	int r = nl_open(NETLINK_ROUTE, v->nsfd, &nl, e);

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(groups); i++)
		r = nl_join(nl, groups[i], e);
	while (r >= 0) {
		ssize_t len = nl_recv(nl, buf, sizeof(buf), 0);
		const struct nlmsghdr *h = (void *)buf;
		int n = (int)len;

		/* lost messages: what follows still counts */
		if (len < 0 && (errno == EINTR || errno == ENOBUFS))
			continue;
		if (len < 0)
			return err_sys(e, errno, "netlink receive");
		for (; r >= 0 && mnl_nlmsg_ok(h, n);
		     h = mnl_nlmsg_next(h, &n)) {
			cleanup_strbuf struct strbuf b = STRBUF_INIT;

			if (!put_message(v, &b, h))
				continue;
			/* names are of the vnet's root: no steering */
			str_tame_line(b.s, b.len);
			r = line(data, b.s);
		}
	}
	return r;
}
