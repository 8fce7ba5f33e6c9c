/* rtsol: see rtsol.h. */
#include "rc/rtsol.h"

#include "base/cancel.h"
#include "base/cleanup.h"
#include "net/dad.h"
#include "net/ifnet.h"
#include "rc/resolv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/icmp6.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#define ASK_TIMES 3
#define ASK_EVERY_MS 4000
#define POLL_MS 50
/* How long the kernel may take to make an address of a prefix. */
#define ADDRESS_MS 1000

enum {
	OPT_RDNSS = 25,
	OPT_DNSSL = 31
};

void rtadv_free(struct rtadv *a)
{
	strv_free(&a->servers);
	strv_free(&a->search);
	*a = (struct rtadv){0};
}

/* One option; `len` is its length, at least 8. */
static int option_rdnss(const unsigned char *p, size_t len, const char *ifname,
			struct rtadv *a)
{
	for (size_t i = 8; i + 16 <= len; i += 16) {
		char buf[INET6_ADDRSTRLEN];
		struct in6_addr in6;
		int r;

		memcpy(&in6, p + i, sizeof(in6));
		if (IN6_IS_ADDR_UNSPECIFIED(&in6) ||
		    IN6_IS_ADDR_LOOPBACK(&in6) || IN6_IS_ADDR_MULTICAST(&in6))
			continue;
		inet_ntop(AF_INET6, &in6, buf, sizeof(buf));
		r = IN6_IS_ADDR_LINKLOCAL(&in6)
			    ? strv_addf(&a->servers, "%s%%%s", buf, ifname)
			    : strv_add(&a->servers, buf);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Names as in the DNS: labels with their lengths, each name ends with 0. */
static int option_dnssl(const unsigned char *p, size_t len, struct rtadv *a)
{
	cleanup_strbuf struct strbuf name = STRBUF_INIT;

	for (size_t i = 8; i < len;) {
		size_t n = p[i++];

		if (n > 63 || i + n > len)
			return -EBADMSG;
		if (n) {
			if (name.len)
				strbuf_addch(&name, '.');
			strbuf_addn(&name, p + i, n);
			i += n;
			continue;
		}
		/* zeros fill the option up */
		if (name.len && strlen(name.s) == name.len &&
		    resolv_domain_ok(name.s) &&
		    strv_add(&a->search, name.s) < 0)
			return -ENOMEM;
		strbuf_clear(&name);
	}
	return 0;
}

static int option(const unsigned char *p, size_t len, const char *ifname,
		  struct rtadv *a)
{
	bool dead = len >= 8 && !p[4] && !p[5] && !p[6] && !p[7];

	switch (p[0]) {
	case ND_OPT_PREFIX_INFORMATION:
		if (len >= 32 && (p[3] & ND_OPT_PI_FLAG_AUTO))
			a->autoconf = true;
		return 0;
	case OPT_RDNSS:
		return dead ? 0 : option_rdnss(p, len, ifname, a);
	case OPT_DNSSL:
		return dead ? 0 : option_dnssl(p, len, a);
	default:
		return 0;
	}
}

int rtadv_parse(const unsigned char *msg, size_t len, const char *ifname,
		struct rtadv *ret)
{
	cleanup_rtadv struct rtadv a = {0};
	size_t at = sizeof(struct nd_router_advert);

	if (len < at || msg[0] != ND_ROUTER_ADVERT || msg[1] != 0)
		return -EBADMSG;
	a.managed = msg[5] & ND_RA_FLAG_MANAGED;
	a.other = msg[5] & ND_RA_FLAG_OTHER;
	while (at + 8 <= len) {
		size_t n = (size_t)msg[at + 1] * 8;
		int r;

		if (!n || at + n > len)
			return -EBADMSG;
		r = option(msg + at, n, ifname, &a);
		if (r < 0)
			return r;
		at += n;
	}
	*ret = a;
	a = (struct rtadv){0};
	return 0;
}

static int sock_open(int *ret, struct err *e)
{
	cleanup_close int fd =
		socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		       IPPROTO_ICMPV6);
	const int hops = 255, on = 1;
	struct icmp6_filter f;

	if (fd < 0)
		return err_sys(e, errno, "socket");
	ICMP6_FILTER_SETBLOCKALL(&f);
	ICMP6_FILTER_SETPASS(ND_ROUTER_ADVERT, &f);
	if (setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &f, sizeof(f)) < 0 ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops,
		       sizeof(hops)) < 0 ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, &on, sizeof(on)) <
		    0 ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on)) < 0)
		return err_sys(e, errno, "setsockopt");
	*ret = take_fd(&fd);
	return 0;
}

/* The kernel hears multicasts of routers as long as it has IPv6 there. */
static int solicit(int fd, const struct ifnet *ifp, struct err *e)
{
	struct {
		struct nd_router_solicit rs;
		unsigned char opt[8];
	} msg = {.rs.nd_rs_type = ND_ROUTER_SOLICIT};
	struct sockaddr_in6 to = {.sin6_family = AF_INET6,
				  .sin6_scope_id = (uint32_t)ifp->index};
	size_t len = sizeof(msg.rs);

	inet_pton(AF_INET6, "ff02::2", &to.sin6_addr);
	if (ifp->maclen == 6) {
		msg.opt[0] = ND_OPT_SOURCE_LINKADDR;
		msg.opt[1] = 1;
		memcpy(msg.opt + 2, ifp->mac, 6);
		len = sizeof(msg);
	}
	if (sendto(fd, &msg, len, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		return err_sys(e, errno, "%s: sendto", ifp->name);
	return 0;
}

struct heard {
	unsigned char msg[2048];
	size_t len;
	int index;
};

/* The next advertisement that came from a router of the link itself. */
static bool receive(int fd, struct heard *h)
{
	union {
		struct cmsghdr align;
		char buf[256];
	} control;
	struct sockaddr_in6 from;
	struct iovec iov = {.iov_base = h->msg, .iov_len = sizeof(h->msg)};
	struct msghdr m = {.msg_name = &from,
			   .msg_namelen = sizeof(from),
			   .msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = &control,
			   .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(fd, &m, 0);
	int hops = 0;

	if (n < 0)
		return false;
	h->len = (size_t)n;
	h->index = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		struct in6_pktinfo info;

		if (c->cmsg_level != IPPROTO_IPV6)
			continue;
		if (c->cmsg_type == IPV6_HOPLIMIT)
			memcpy(&hops, CMSG_DATA(c), sizeof(hops));
		if (c->cmsg_type == IPV6_PKTINFO) {
			memcpy(&info, CMSG_DATA(c), sizeof(info));
			h->index = (int)info.ipi6_ifindex;
		}
	}
	if (hops != 255 || !IN6_IS_ADDR_LINKLOCAL(&from.sin6_addr))
		h->len = 0;
	return true;
}

static void run_program(const char *path, const char *ifname,
			const struct report *rp)
{
	char *argv[] = {(char *)path, (char *)ifname, NULL};
	pid_t pid;

	if (!path)
		return;
	pid = fork();
	if (pid == 0) {
		execv(path, argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, NULL, 0) != pid)
		report(rp, REPORT_WARN, "%s: cannot be run", path);
}

/* Was it a sound advertisement for this interface? */
static bool take(struct heard *h, const struct ifnet *ifp,
		 const struct rtsol_opts *o, struct rtadv *ret)
{
	struct err re = ERR_INIT;

	if (h->index != ifp->index ||
	    rtadv_parse(h->msg, h->len, ifp->name, ret) < 0)
		return false;
	report(o->report, REPORT_VERBOSE, "received RA on %s", ifp->name);
	/* a jail need not own its resolv.conf: the answer is good anyway */
	if (resolv_put(ifp->name, "ra", &ret->servers, &ret->search, NULL,
		       &re) < 0)
		report(o->report, REPORT_WARN, "%s: %s", ifp->name, re.text);
	if (ret->managed)
		run_program(o->managed, ifp->name, o->report);
	if (ret->other)
		run_program(o->other, ifp->name, o->report);
	return true;
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* 1: has a link-local address that can be used; 0: not yet. */
static int has_source(const struct ifnet *ifp)
{
	for (size_t i = 0; i < ifp->naddrs; i++)
		if (ifp->addrs[i].family == AF_INET6 &&
		    IN6_IS_ADDR_LINKLOCAL(&ifp->addrs[i].addr.in6) &&
		    !(ifp->addrs[i].flags &
		      (IFA_F_TENTATIVE | IFA_F_DADFAILED)))
			return 1;
	return 0;
}

static int wait_source(struct vnet *v, const char *ifname, struct ifnet *ret,
		       struct err *e)
{
	for (int n = 0;; n++) {
		cleanup_ifnet struct ifnet ifp = {0};
		int r = ifnet_get(v, ifname, &ifp, e);

		if (r < 0)
			return r;
		if (has_source(&ifp)) {
			*ret = ifp;
			ifp = (struct ifnet){0};
			return 0;
		}
		if (ifp.nd6 & ND6_IFDISABLED)
			return err_set(e, ENETDOWN,
				       "%s: IPv6 is turned off (ifdisabled)",
				       ifname);
		if (n * POLL_MS > DAD_MAX_MS)
			return err_set(e, EADDRNOTAVAIL,
				       "%s: no link-local address", ifname);
		if (cancel_asked())
			return err_set(e, ECANCELED, "interrupted");
		(void)poll(NULL, 0, POLL_MS);
	}
}

/* 1: an address of the router's prefix can be used; 0: one is checked;
 * -ENOENT: there is none. */
static int autoconf_state(const struct ifnet *ifp)
{
	int ret = -ENOENT;

	for (size_t i = 0; i < ifp->naddrs; i++) {
		const struct if_addr *a = &ifp->addrs[i];

		if (a->family != AF_INET6 || a->valid == UINT32_MAX ||
		    IN6_IS_ADDR_LINKLOCAL(&a->addr.in6))
			continue;
		if (!(a->flags & IFA_F_TENTATIVE))
			return 1;
		ret = 0;
	}
	return ret;
}

/* A kernel that forwards ignores advertisements: no address may come. */
static void wait_address(struct vnet *v, const char *ifname)
{
	for (int n = 0; n * POLL_MS < DAD_MAX_MS && !cancel_asked(); n++) {
		cleanup_ifnet struct ifnet ifp = {0};
		int state;

		if (ifnet_get(v, ifname, &ifp, NULL) < 0)
			return;
		state = autoconf_state(&ifp);
		if (state == 1 || (state < 0 && n * POLL_MS > ADDRESS_MS))
			return;
		(void)poll(NULL, 0, POLL_MS);
	}
}

/* Read what comes until the time is over; 1: answered. */
static int listen_until(int fd, long end, const struct ifnet *ifp,
			const struct rtsol_opts *o, struct rtadv *ret,
			struct err *e)
{
	struct pollfd p[2] = {{.fd = fd, .events = POLLIN},
			      {.fd = cancel_fd(), .events = POLLIN}};
	struct heard h;

	for (;;) {
		long left = end - now_ms();

		if (cancel_asked())
			return err_set(e, ECANCELED, "interrupted");
		if (left <= 0)
			return 0;
		(void)poll(p, 2, (int)left);
		while (receive(fd, &h))
			if (take(&h, ifp, o, ret))
				return 1;
	}
}

int rtsol_ask(struct vnet *v, const char *ifname, const struct rtsol_opts *o,
	      bool *ret_answered, struct err *e)
{
	cleanup_ifnet struct ifnet ifp = {0};
	cleanup_rtadv struct rtadv adv = {0};
	cleanup_close int fd = -1;
	int r = sock_open(&fd, e);

	if (!r)
		r = wait_source(v, ifname, &ifp, e);
	for (int n = 0; !r && n < ASK_TIMES; n++) {
		report(o->report, REPORT_VERBOSE, "send RS on %s", ifname);
		r = solicit(fd, &ifp, e);
		if (!r)
			r = listen_until(fd, now_ms() + ASK_EVERY_MS, &ifp, o,
					 &adv, e);
	}
	if (r < 0)
		return r;
	*ret_answered = r;
	if (adv.autoconf && (ifp.nd6 & ND6_ACCEPT_RTADV))
		wait_address(v, ifname);
	return 0;
}

int rtsol_interfaces(struct vnet *v, struct strv *ret, struct err *e)
{
	cleanup_ifnets struct ifnets ifs = {0};
	int r = ifnets_load(v, &ifs, e);

	for (size_t i = 0; !r && i < ifs.n; i++)
		if ((ifs.v[i].flags & IFF_UP) &&
		    !(ifs.v[i].flags & IFF_LOOPBACK) &&
		    !(ifs.v[i].nd6 & ND6_IFDISABLED) &&
		    (ifs.v[i].nd6 & ND6_ACCEPT_RTADV) &&
		    strv_add(ret, ifs.v[i].name) < 0)
			r = err_nomem(e);
	return r;
}

/* ---- the daemon ---- */

struct watched {
	bool running;
	int left;  /* solicitations still to be sent */
	long next; /* when */
};

static int link_events(int *ret, struct err *e)
{
	struct sockaddr_nl a = {.nl_family = AF_NETLINK,
				.nl_groups = RTMGRP_LINK};
	cleanup_close int fd =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		       NETLINK_ROUTE);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		return err_sys(e, errno, "netlink");
	*ret = take_fd(&fd);
	return 0;
}

static void drain(int fd)
{
	char buf[8192];

	while (recv(fd, buf, sizeof(buf), 0) > 0 || errno == ENOBUFS)
		;
}

/* Who has got a carrier is asked about anew; what is due is sent. */
static int look(struct vnet *v, int fd, const struct strv *names,
		struct watched *w, const struct rtsol_opts *o, struct err *e)
{
	long now = now_ms(), wait = -1;

	for (size_t i = 0; i < names->n; i++) {
		cleanup_ifnet struct ifnet ifp = {0};
		bool was = w[i].running;

		w[i].running = ifnet_get(v, names->v[i], &ifp, NULL) == 0 &&
			       (ifp.flags & IFF_RUNNING);
		if (w[i].running && !was) {
			w[i].left = ASK_TIMES;
			w[i].next = now;
		}
		if (!w[i].running)
			w[i].left = 0;
		if (w[i].left && now >= w[i].next) {
			if (!has_source(&ifp)) {
				w[i].next = now + POLL_MS * 4;
			} else if (solicit(fd, &ifp, e) < 0) {
				report(o->report, REPORT_WARN, "%s", e->text);
				err_clear(e);
				w[i].left = 0;
			} else {
				w[i].left--;
				w[i].next = now + ASK_EVERY_MS;
			}
		}
		if (w[i].left && (wait < 0 || w[i].next - now < wait))
			wait = w[i].next - now;
	}
	return (int)wait;
}

static void hear(struct vnet *v, int fd, const struct strv *names,
		 struct watched *w, const struct rtsol_opts *o)
{
	struct heard h;

	while (receive(fd, &h))
		for (size_t i = 0; i < names->n; i++) {
			cleanup_ifnet struct ifnet ifp = {0};
			cleanup_rtadv struct rtadv adv = {0};

			if (ifnet_link(v, names->v[i], &ifp, NULL) == 0 &&
			    take(&h, &ifp, o, &adv))
				w[i].left = 0;
		}
}

int rtsold_run(struct vnet *v, const struct strv *ifnames,
	       const struct rtsol_opts *o, struct err *e)
{
	cleanup_free struct watched *w = calloc(ifnames->n + 1, sizeof(*w));
	cleanup_close int fd = -1, events = -1;
	struct pollfd p[3];
	int r = sock_open(&fd, e);

	if (!w)
		return err_nomem(e);
	if (!r)
		r = link_events(&events, e);
	if (r < 0)
		return r;
	p[0] = (struct pollfd){.fd = fd, .events = POLLIN};
	p[1] = (struct pollfd){.fd = events, .events = POLLIN};
	p[2] = (struct pollfd){.fd = cancel_fd(), .events = POLLIN};
	while (!cancel_asked()) {
		(void)poll(p, 3, look(v, fd, ifnames, w, o, e));
		drain(events);
		hear(v, fd, ifnames, w, o);
	}
	for (size_t i = 0; i < ifnames->n; i++)
		(void)resolv_drop(ifnames->v[i], "ra", NULL);
	return 0;
}
