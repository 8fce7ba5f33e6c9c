/*
 * floor: the least that a vnet jail can cost.  The system calls and netlink
 * messages alone, from one warm process: clone with the namespaces a jail
 * has, one message that makes a veth pair with one end in the new namespace
 * and the other on the bridge, up; then the pair is deleted and the process
 * killed.  No program is executed, nothing is mounted, no file is written.
 *
 * "moves" is the same with what vnet.interface means: the pair is made
 * outside, one end moves in, and back out before the pair is deleted.  Both
 * moves cost a grace period of the kernel, so this is the floor for a jail
 * that borrows its interface.
 *
 * At the end the same for a whole network (boot.c): no interface moves, each
 * pair is one message, and what is set inside a stack is one more; as stacks
 * alone, and with a process in each that has all namespaces of a jail.
 */
#include "bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int rtnl = -1;
static int bridge_index;
static pid_t pids[JAILS_MAX];

struct msg {
	struct nlmsghdr h;
	struct ifinfomsg i;
	char attrs[512];
};

static struct rtattr *put(struct msg *m, unsigned short type, const void *data,
			  size_t len)
{
	struct rtattr *a =
		(struct rtattr *)(void *)((char *)m +
					  NLMSG_ALIGN(m->h.nlmsg_len));

	a->rta_type = type;
	a->rta_len = (unsigned short)RTA_LENGTH(len);
	if (len)
		memcpy(RTA_DATA(a), data, len);
	m->h.nlmsg_len = NLMSG_ALIGN(m->h.nlmsg_len) + RTA_ALIGN(a->rta_len);
	return a;
}

static void nest_end(struct msg *m, struct rtattr *a)
{
	a->rta_len = (unsigned short)((char *)m + m->h.nlmsg_len - (char *)a);
}

static void begin(struct msg *m, unsigned short type, unsigned short flags)
{
	memset(m, 0, sizeof(*m));
	m->h.nlmsg_len = NLMSG_LENGTH(sizeof(m->i));
	m->h.nlmsg_type = type;
	m->h.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
}

/* Send and read the ack; false with errno. */
static bool talk(struct msg *m)
{
	struct {
		struct nlmsghdr h;
		struct nlmsgerr e;
		char rest[4096];
	} answer;

	if (rtnl < 0)
		rtnl = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC,
			      NETLINK_ROUTE);
	if (send(rtnl, m, m->h.nlmsg_len, 0) < 0 ||
	    recv(rtnl, &answer, sizeof(answer), 0) < 0)
		return false;
	errno = -answer.e.error;
	return !answer.e.error;
}

bool link_bridge(const char *name)
{
	struct rtattr *info;
	struct msg m;

	begin(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	m.i.ifi_flags = m.i.ifi_change = IFF_UP;
	put(&m, IFLA_IFNAME, name, strlen(name) + 1);
	info = put(&m, IFLA_LINKINFO, NULL, 0);
	put(&m, IFLA_INFO_KIND, "bridge", 6);
	nest_end(&m, info);
	return talk(&m);
}

bool floor_setup(char *why, size_t size)
{
	if (!link_bridge("brfloor")) {
		snprintf(why, size, "bridge: %s", strerror(errno));
		return false;
	}
	bridge_index = (int)if_nametoindex("brfloor");
	return true;
}

/* How a pair is made: its names, and where its ends are. */
struct pair {
	char prefix;
	int number;
	int bridge;	      /* the first end is a port of that */
	int group;	      /* the first end's; 0: none */
	unsigned short where; /* IFLA_NET_NS_PID, IFLA_NET_NS_FD; 0: here */
	int netns;	      /* the second end's, as `where` says */
};

static bool veth(const struct pair *p)
{
	struct rtattr *info, *data, *peer;
	struct ifinfomsg none = {0};
	char a[16], b[16];
	struct msg m;

	snprintf(a, sizeof(a), "%c%da", p->prefix, p->number);
	snprintf(b, sizeof(b), "%c%db", p->prefix, p->number);
	begin(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	m.i.ifi_flags = m.i.ifi_change = IFF_UP;
	put(&m, IFLA_IFNAME, a, strlen(a) + 1);
	if (p->group)
		put(&m, IFLA_GROUP, &p->group, sizeof(p->group));
	put(&m, IFLA_MASTER, &p->bridge, sizeof(p->bridge));
	info = put(&m, IFLA_LINKINFO, NULL, 0);
	put(&m, IFLA_INFO_KIND, "veth", 4);
	data = put(&m, IFLA_INFO_DATA, NULL, 0);
	peer = put(&m, VETH_INFO_PEER, &none, sizeof(none));
	put(&m, IFLA_IFNAME, b, strlen(b) + 1);
	if (p->where)
		put(&m, p->where, &p->netns, sizeof(p->netns));
	nest_end(&m, peer);
	nest_end(&m, data);
	nest_end(&m, info);
	return talk(&m);
}

/* The pair of jail i, in whose vnet its second end is made; or here. */
static bool floor_pair(int i, bool inside)
{
	return veth(&(struct pair){
		.prefix = 'f',
		.number = i,
		.bridge = bridge_index,
		.where = inside ? IFLA_NET_NS_PID : 0,
		.netns = pids[i],
	});
}

/* A process in namespaces of its own that does nothing. */
static bool jail_process(int i)
{
	struct clone_args ca = {
		.flags = CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID |
			 CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP,
		.exit_signal = SIGCHLD,
	};
	pid_t pid = (pid_t)syscall(SYS_clone3, &ca, sizeof(ca));

	if (!pid)
		for (;;)
			pause();
	if (pid < 0)
		return false;
	pids[i] = pid;
	return true;
}

static bool process_end(int i)
{
	kill(pids[i], SIGKILL);
	return waitpid(pids[i], NULL, 0) == pids[i];
}

static bool veth_delete(int i)
{
	char name[16];
	struct msg m;

	snprintf(name, sizeof(name), "f%da", i);
	begin(&m, RTM_DELLINK, 0);
	put(&m, IFLA_IFNAME, name, strlen(name) + 1);
	return talk(&m);
}

bool floor_up(int i)
{
	return jail_process(i) && floor_pair(i, true);
}

bool floor_down(int i)
{
	return veth_delete(i) && process_end(i);
}

/* The pair's second end from the namespace of `sock` to that of nsfd. */
static bool veth_move(int sock, int i, int nsfd)
{
	char name[16];
	int save = rtnl;
	struct msg m;
	bool ok;

	snprintf(name, sizeof(name), "f%db", i);
	begin(&m, RTM_NEWLINK, 0);
	put(&m, IFLA_IFNAME, name, strlen(name) + 1);
	put(&m, IFLA_NET_NS_FD, &nsfd, sizeof(nsfd));
	rtnl = sock;
	ok = talk(&m);
	rtnl = save;
	return ok;
}

static int netns_of(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* A netlink socket that lives in another namespace. */
static int socket_in(int nsfd)
{
	static int home = -1;
	int fd;

	if (home < 0)
		home = netns_of(getpid());
	if (setns(nsfd, CLONE_NEWNET))
		return -1;
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (setns(home, CLONE_NEWNET))
		return -1;
	return fd;
}

bool moves_up(int i)
{
	bool ok = jail_process(i) && floor_pair(i, false);
	int ns;

	if (!ok)
		return false;
	ns = netns_of(pids[i]);
	ok = veth_move(rtnl, i, ns);
	close(ns);
	return ok;
}

bool moves_down(int i)
{
	int ns = netns_of(pids[i]), home = netns_of(getpid());
	int sock = socket_in(ns);
	bool ok = sock >= 0 && veth_move(sock, i, home);

	close(sock);
	close(home);
	close(ns);
	return process_end(i) && ok && veth_delete(i);
}

bool moves_setup(char *why, size_t size)
{
	if (bridge_index)
		return true;
	return floor_setup(why, size);
}

/* ---- a whole network */

enum {
	NET_GROUP = 77
};
static int net_jails;
static int net_ns[JAILS_MAX];
static bool net_processes;

static bool net_bridge(int b, int *ret_index)
{
	struct rtattr *info;
	char name[16];
	int group = NET_GROUP;
	struct msg m;

	snprintf(name, sizeof(name), "n%d", b);
	begin(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	m.i.ifi_flags = m.i.ifi_change = IFF_UP;
	put(&m, IFLA_IFNAME, name, strlen(name) + 1);
	put(&m, IFLA_GROUP, &group, sizeof(group));
	info = put(&m, IFLA_LINKINFO, NULL, 0);
	put(&m, IFLA_INFO_KIND, "bridge", 6);
	nest_end(&m, info);
	if (!talk(&m))
		return false;
	*ret_index = (int)if_nametoindex(name);
	return true;
}

static bool net_pair(int link, int bridge, int nsfd)
{
	return veth(&(struct pair){
		.prefix = 'n',
		.number = link,
		.bridge = bridge,
		.group = NET_GROUP,
		.where = IFLA_NET_NS_FD,
		.netns = nsfd,
	});
}

/* Make a message one of several; the last one's answer is for all. */
static size_t net_add(char *buf, size_t at, const struct msg *m)
{
	memcpy(buf + at, m, m->h.nlmsg_len);
	return at + NLMSG_ALIGN(m->h.nlmsg_len);
}

static size_t net_link_up(char *buf, size_t at, int index, bool last)
{
	struct msg m;

	begin(&m, RTM_NEWLINK, 0);
	m.i.ifi_index = index;
	m.i.ifi_flags = m.i.ifi_change = IFF_UP;
	if (!last)
		m.h.nlmsg_flags &= (unsigned short)~NLM_F_ACK;
	return net_add(buf, at, &m);
}

static size_t net_addr(char *buf, size_t at, int index, int link)
{
	const int host = boot_host_of(link);
	const struct ifaddrmsg ia = {.ifa_family = AF_INET,
				     .ifa_prefixlen = 16,
				     .ifa_index = (unsigned int)index};
	const uint32_t addr =
		htonl(10u << 24 | (uint32_t)boot_bridge_of(link) << 16 |
		      (uint32_t)host);
	struct msg m;

	begin(&m, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
	m.h.nlmsg_flags &= (unsigned short)~NLM_F_ACK;
	m.h.nlmsg_len = NLMSG_LENGTH(sizeof(ia));
	memcpy(NLMSG_DATA(&m.h), &ia, sizeof(ia));
	put(&m, IFA_LOCAL, &addr, sizeof(addr));
	put(&m, IFA_ADDRESS, &addr, sizeof(addr));
	return net_add(buf, at, &m);
}

/* In the stack; interfaces are numbered as they come: lo is 1. */
static bool net_inside(int sock, int jail, int links)
{
	char buf[4096], answer[4096];
	const struct nlmsgerr *err = NLMSG_DATA((struct nlmsghdr *)answer);
	size_t n = net_link_up(buf, 0, 1, false);

	for (int i = 0; i < links; i++) {
		n = net_addr(buf, n, i + 2, jail * links + i);
		n = net_link_up(buf, n, i + 2, i == links - 1);
	}
	if (send(sock, buf, n, 0) < 0 ||
	    recv(sock, answer, sizeof(answer), 0) < 0)
		return false;
	errno = -err->error;
	return !err->error;
}

static bool net_map(pid_t pid, const char *file)
{
	static const char text[] = "0 1879048192 65536";
	char path[64];
	bool ok;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	ok = fd >= 0 && write(fd, text, sizeof(text) - 1) > 0;
	close(fd);
	return ok;
}

static bool net_process(int j)
{
	struct clone_args ca = {
		.flags = CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID |
			 CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP |
			 CLONE_NEWUSER,
		.exit_signal = SIGCHLD,
	};
	pid_t pid = (pid_t)syscall(SYS_clone3, &ca, sizeof(ca));

	if (!pid)
		for (;;)
			pause();
	if (pid < 0 || !net_map(pid, "uid_map") || !net_map(pid, "gid_map"))
		return false;
	pids[j] = pid;
	net_ns[j] = netns_of(pid);
	return net_ns[j] >= 0;
}

/* As `ip netns add`, but for the file that keeps it. */
static bool net_stack(int j)
{
	static int home = -1;
	bool ok;

	if (home < 0)
		home = netns_of(getpid());
	ok = !unshare(CLONE_NEWNET);
	net_ns[j] = ok ? netns_of((pid_t)syscall(SYS_gettid)) : -1;
	return !setns(home, CLONE_NEWNET) && net_ns[j] >= 0;
}

bool floor_net_up(int jails, int links, int nbridges, bool processes)
{
	static int bridges[JAILS_MAX];
	bool ok = true;

	net_processes = processes;
	for (net_jails = 0; ok && net_jails < jails; net_jails++)
		ok = processes ? net_process(net_jails) : net_stack(net_jails);
	for (int b = 0; ok && b < nbridges; b++)
		ok = net_bridge(b, &bridges[b]);
	for (int j = 0; ok && j < jails; j++) {
		int sock;

		for (int i = 0; ok && i < links; i++)
			ok = net_pair(j * links + i,
				      bridges[boot_bridge_of(j * links + i)],
				      net_ns[j]);
		sock = ok ? socket_in(net_ns[j]) : -1;
		ok = sock >= 0 && net_inside(sock, j, links);
		close(sock);
	}
	return ok;
}

bool floor_net_down(void)
{
	int group = NET_GROUP;
	struct msg m;
	bool ok;

	begin(&m, RTM_DELLINK, 0);
	put(&m, IFLA_GROUP, &group, sizeof(group));
	ok = talk(&m);
	for (int j = 0; j < net_jails; j++) {
		close(net_ns[j]);
		if (net_processes)
			ok &= process_end(j);
	}
	return ok;
}
