/*
 * netcfg: out by rtnetlink, in a network stack that is another's.
 *
 *	netcfg addr		an address for lo: here, that is in the stack
 *				this process has (a jail without vnet has its
 *				creator's)
 *	netcfg route, rule, neigh	a local route, a rule, a neighbour
 *	netcfg alias		an address by the old ioctl
 *	netcfg destroy ADDR PORT	(SOCK_DESTROY) the TCP socket that
 *				listens there
 *	netcfg link NAME	a bridge of that name
 *	netcfg up IF		IF goes up (and down)
 *	netcfg take FILE IF	with a descriptor of a foreign stack (opened
 *				from FILE, or received from the socket FILE):
 *				move IF of that stack here, put IF there,
 *				configure it there, enter it
 *	netcfg give FILE NS	(outside) send a descriptor of NS to whoever
 *				connects to the socket FILE
 */
#include "escape.h"
#include "passfd.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/fib_rules.h>
#include <linux/inet_diag.h>
#include <linux/net_namespace.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <sched.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

struct msg {
	struct nlmsghdr h;
	char body[1024];
};

static int last = EPERM;

static struct in_addr nobodys; /* 203.0.113.5 */
static const int32_t lo = 1;

static void put(struct msg *m, unsigned short type, const void *data,
		size_t len)
{
	struct rtattr *a = (void *)((char *)m + NLMSG_ALIGN(m->h.nlmsg_len));

	a->rta_type = type;
	a->rta_len = (unsigned short)RTA_LENGTH(len);
	if (len)
		memcpy(RTA_DATA(a), data, len);
	m->h.nlmsg_len =
		(uint32_t)(NLMSG_ALIGN(m->h.nlmsg_len) + RTA_ALIGN(a->rta_len));
}

static struct rtattr *nest(struct msg *m, unsigned short type)
{
	struct rtattr *a = (void *)((char *)m + NLMSG_ALIGN(m->h.nlmsg_len));

	put(m, type, NULL, 0);
	return a;
}

static void nest_end(struct msg *m, struct rtattr *a)
{
	a->rta_len = (unsigned short)((char *)m + m->h.nlmsg_len - (char *)a);
}

static void start(struct msg *m, uint16_t type, uint16_t flags, size_t body)
{
	memset(m, 0, sizeof(*m));
	m->h.nlmsg_type = type;
	m->h.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	m->h.nlmsg_len = (uint32_t)NLMSG_LENGTH(body);
}

/* The kernel's answer: 0 or a negative errno. */
static int ask_by(struct msg *m, int protocol)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	struct {
		struct nlmsghdr h;
		char body[8192];
	} in;
	struct nlmsgerr *err = (void *)in.body;
	ssize_t n;

	if (fd < 0)
		return -errno;
	if (send(fd, m, m->h.nlmsg_len, 0) < 0)
		return -errno;
	n = recv(fd, &in, sizeof(in), 0);
	close(fd);
	if (n < (ssize_t)sizeof(in.h))
		broken("no answer from netlink");
	return in.h.nlmsg_type == NLMSG_ERROR ? err->error : 0;
}

static int ask(struct msg *m)
{
	return ask_by(m, NETLINK_ROUTE);
}

/* Refusals only; another error means that it was let through. */
static void try(const char *what, int r)
{
	if (r == -EPERM || r == -EACCES || r == -EAFNOSUPPORT ||
	    r == -EPROTONOSUPPORT || r == -ENOSYS) {
		last = -r;
		return;
	}
	escaped("%s: %s", what, r < 0 ? strerror(-r) : "done");
}

static void addr(char **argv)
{
	struct in_addr ip = {htonl(0xc6336463)}; /* 198.51.100.99 */
	struct ifaddrmsg *a;
	struct msg m;

	(void)argv;
	start(&m, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, sizeof(*a));
	a = NLMSG_DATA(&m.h);
	a->ifa_family = AF_INET;
	a->ifa_prefixlen = 32;
	a->ifa_index = 1;
	put(&m, IFA_LOCAL, &ip, sizeof(ip));
	put(&m, IFA_ADDRESS, &ip, sizeof(ip));
	try("an address", ask(&m));
}

static void route(char **argv)
{
	struct rtmsg *r;
	struct msg m;

	(void)argv;
	start(&m, RTM_NEWROUTE, NLM_F_CREATE, sizeof(*r));
	r = NLMSG_DATA(&m.h);
	*r = (struct rtmsg){.rtm_family = AF_INET,
			    .rtm_dst_len = 32,
			    .rtm_table = RT_TABLE_LOCAL,
			    .rtm_scope = RT_SCOPE_HOST,
			    .rtm_type = RTN_LOCAL};
	put(&m, RTA_DST, &nobodys, sizeof(nobodys));
	put(&m, RTA_OIF, &lo, sizeof(lo));
	try("a local route", ask(&m));
}

static void rule(char **argv)
{
	struct fib_rule_hdr *f;
	struct msg m;

	(void)argv;
	start(&m, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, sizeof(*f));
	f = NLMSG_DATA(&m.h);
	*f = (struct fib_rule_hdr){.family = AF_INET,
				   .table = RT_TABLE_LOCAL,
				   .src_len = 32,
				   .action = FR_ACT_TO_TBL};
	put(&m, FRA_SRC, &nobodys, sizeof(nobodys));
	try("a rule", ask(&m));
}

static void neigh(char **argv)
{
	uint8_t mac[6] = {2};
	struct ndmsg *n;
	struct msg m;

	(void)argv;
	start(&m, RTM_NEWNEIGH, NLM_F_CREATE, sizeof(*n));
	n = NLMSG_DATA(&m.h);
	*n = (struct ndmsg){.ndm_family = AF_INET,
			    .ndm_ifindex = lo,
			    .ndm_state = NUD_PERMANENT};
	put(&m, NDA_DST, &nobodys, sizeof(nobodys));
	put(&m, NDA_LLADDR, mac, sizeof(mac));
	try("a neighbour", ask(&m));
}

static void alias(char **argv)
{
	struct ifreq ifr = {.ifr_name = "lo:9"};
	struct sockaddr_in *sin = (void *)&ifr.ifr_addr;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)argv;
	sin->sin_family = AF_INET;
	sin->sin_addr = nobodys;
	try("an alias", ioctl(fd, SIOCSIFADDR, &ifr) < 0 ? -errno : 0);
}

static void destroy(char **argv)
{
	struct inet_diag_req_v2 *r;
	struct msg m;

	if (!argv[0] || !argv[1])
		broken("destroy: ADDR PORT");
	start(&m, SOCK_DESTROY, 0, sizeof(*r));
	r = NLMSG_DATA(&m.h);
	*r = (struct inet_diag_req_v2){
		.sdiag_family = AF_INET,
		.sdiag_protocol = IPPROTO_TCP,
		.idiag_states = UINT32_MAX,
		.id = {.idiag_sport = htons((uint16_t)atoi(argv[1])),
		       .idiag_cookie = {INET_DIAG_NOCOOKIE,
					INET_DIAG_NOCOOKIE}}};
	if (inet_pton(AF_INET, argv[0], r->id.idiag_src) != 1)
		broken("destroy: %s", argv[0]);
	try("the listener's end", ask_by(&m, NETLINK_SOCK_DIAG));
}

static void link_(char **argv)
{
	struct rtattr *info;
	struct msg m;

	if (!argv[0])
		broken("link: no name");
	start(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL,
	      sizeof(struct ifinfomsg));
	put(&m, IFLA_IFNAME, argv[0], strlen(argv[0]) + 1);
	info = nest(&m, IFLA_LINKINFO);
	put(&m, IFLA_INFO_KIND, "bridge", 6);
	nest_end(&m, info);
	try("a bridge", ask(&m));
}

static void up(char **argv)
{
	struct ifreq ifr = {0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (!argv[0] || fd < 0)
		broken("up: %s", strerror(errno));
	strncpy(ifr.ifr_name, argv[0], IFNAMSIZ - 1);
	if (ioctl(fd, SIOCGIFFLAGS, &ifr) < 0)
		broken("%s: %s", argv[0], strerror(errno));
	ifr.ifr_flags ^= IFF_UP;
	try("flags", ioctl(fd, SIOCSIFFLAGS, &ifr) < 0 ? -errno : 0);
}

/* --- with a descriptor of another stack ---------------------------------- */

static int receive(const char *path)
{
	int fd = passfd_get(path);

	if (fd < 0)
		broken("%s: no descriptor came", path);
	return fd;
}

static void give(char **argv)
{
	int fd;

	if (!argv[0] || !argv[1])
		broken("give: FILE NS");
	fd = open(argv[1], O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		broken("give: %s", strerror(errno));
	passfd_give(argv[0], fd);
}

/* Name the foreign stack here, then order its interface over. */
static void take_by_id(int ns, const char *ifname)
{
	int32_t id = 4711, here;
	struct rtattr *info;
	struct rtgenmsg *g;
	struct msg m;

	start(&m, RTM_NEWNSID, 0, sizeof(*g));
	g = NLMSG_DATA(&m.h);
	g->rtgen_family = AF_UNSPEC;
	put(&m, NETNSA_FD, &ns, sizeof(ns));
	put(&m, NETNSA_NSID, &id, sizeof(id));
	last = -ask(&m);
	/* a peer stack has an id already: then that is as good */
	for (int32_t i = 0; i < 8; i++) {
		start(&m, RTM_GETLINK, 0, sizeof(struct ifinfomsg));
		put(&m, IFLA_TARGET_NETNSID, i == 7 ? &id : &i, sizeof(i));
		put(&m, IFLA_IFNAME, ifname, strlen(ifname) + 1);
		if (ask(&m) == 0)
			escaped("%s is seen by the stack's id", ifname);
		start(&m, RTM_NEWLINK, 0, sizeof(struct ifinfomsg));
		put(&m, IFLA_TARGET_NETNSID, i == 7 ? &id : &i, sizeof(i));
		put(&m, IFLA_IFNAME, ifname, strlen(ifname) + 1);
		here = getpid();
		put(&m, IFLA_NET_NS_PID, &here, sizeof(here));
		if (ask(&m) == 0)
			escaped("%s was moved here", ifname);
		start(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL,
		      sizeof(struct ifinfomsg));
		put(&m, IFLA_TARGET_NETNSID, i == 7 ? &id : &i, sizeof(i));
		put(&m, IFLA_IFNAME, "escape0", 8);
		info = nest(&m, IFLA_LINKINFO);
		put(&m, IFLA_INFO_KIND, "bridge", 6);
		nest_end(&m, info);
		if (ask(&m) == 0)
			escaped("a bridge was made there");
	}
}

/* An interface of this stack, or a new one, into the foreign stack. */
static void put_there(int ns)
{
	struct rtattr *info;
	struct msg m;

	start(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL,
	      sizeof(struct ifinfomsg));
	put(&m, IFLA_IFNAME, "escape1", 8);
	put(&m, IFLA_NET_NS_FD, &ns, sizeof(ns));
	info = nest(&m, IFLA_LINKINFO);
	put(&m, IFLA_INFO_KIND, "bridge", 6);
	nest_end(&m, info);
	try("an interface was made there", ask(&m));
	start(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL,
	      sizeof(struct ifinfomsg));
	put(&m, IFLA_IFNAME, "escape2", 8);
	info = nest(&m, IFLA_LINKINFO);
	put(&m, IFLA_INFO_KIND, "bridge", 6);
	nest_end(&m, info);
	if (ask(&m) < 0)
		return;
	start(&m, RTM_NEWLINK, 0, sizeof(struct ifinfomsg));
	put(&m, IFLA_IFNAME, "escape2", 8);
	put(&m, IFLA_NET_NS_FD, &ns, sizeof(ns));
	try("an interface was put there", ask(&m));
}

static void take(char **argv)
{
	struct stat st;
	int ns;

	if (!argv[0] || !argv[1] || stat(argv[0], &st) < 0)
		broken("take: FILE IF");
	ns = S_ISSOCK(st.st_mode) ? receive(argv[0])
				  : open(argv[0], O_RDONLY | O_CLOEXEC);
	if (ns < 0)
		held("%s: %s", argv[0], strerror(errno));
	if (setns(ns, CLONE_NEWNET) == 0)
		escaped("it is in the other stack");
	last = errno;
	take_by_id(ns, argv[1]);
	put_there(ns);
}

static const struct {
	const char *name;
	void (*run)(char **argv);
} attacks[] = {
	{"addr", addr},	  {"route", route}, {"rule", rule},
	{"neigh", neigh}, {"alias", alias}, {"destroy", destroy},
	{"link", link_},  {"up", up},	    {"take", take},
	{"give", give},
};

int main(int argc, char **argv)
{
	inet_pton(AF_INET, "203.0.113.5", &nobodys);
	for (size_t i = 0; argc > 1 && i < sizeof(attacks) / sizeof(*attacks);
	     i++) {
		if (strcmp(argv[1], attacks[i].name) != 0)
			continue;
		attacks[i].run(argv + 2);
		held("%s", strerror(last));
	}
	broken("usage: see the head of netcfg.c");
}
