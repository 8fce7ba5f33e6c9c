/*
 * net/: one process works on several stacks at once, against the kernel in
 * namespaces of the test's own.
 */
#include "base/cleanup.h"
#include "net/addr.h"
#include "net/bridge.h"
#include "net/dad.h"
#include "net/ifset.h"
#include "net/kind.h"
#include "net/vnet.h"

#include "root_tc.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>

#define OK(x)                                                                  \
	do {                                                                   \
		int r_ = (x);                                                  \
		ATF_REQUIRE_MSG(r_ >= 0, #x ": %s", e.text);                   \
	} while (0)

static int new_net(void)
{
	int fd;

	ATF_REQUIRE_EQ(0, unshare(CLONE_NEWNET));
	fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	ATF_REQUIRE(fd >= 0);
	return fd;
}

/* Two stacks, the thread in a third. */
static void two_vnets(struct vnet **a, struct vnet **b)
{
	cleanup_close int fa = new_net(), fb = new_net();
	struct err e = ERR_INIT;

	ATF_REQUIRE_EQ(0, unshare(CLONE_NEWNET));
	OK(vnet_open(fa, "if-a", a, &e));
	OK(vnet_open(fb, "if-b", b, &e));
	ATF_CHECK(!vnet_same(*a, *b));
}

ROOT_TC(from_outside)
{
	cleanup_vnet struct vnet *a = NULL, *b = NULL;
	cleanup_ifnet struct ifnet ifp = {0};
	struct stat before, after;
	struct err e = ERR_INIT;
	char name[IFNAMSIZ];

	two_vnets(&a, &b);
	ATF_REQUIRE_EQ(0, stat("/proc/thread-self/ns/net", &before));
	OK(if_create(a, "epair", 0, NULL, NULL, name, &e));
	ATF_CHECK_STREQ("epair0a", name);
	ATF_CHECK(vnet_ifindex(a, "epair0b") > 0);
	ATF_CHECK_EQ(0, vnet_ifindex(b, "epair0b"));
	ATF_CHECK(vnet_ifindex(a, "lo0") == 1);
	/* IPv6 is off on what was made, over there */
	OK(ifnet_get(a, "epair0a", &ifp, &e));
	ATF_CHECK(ifp.nd6 & ND6_IFDISABLED);
	ATF_CHECK_STREQ("epair", ifp.kind->name);
	OK(if_move(a, "epair0b", b, &e));
	ATF_CHECK_EQ(0, vnet_ifindex(a, "epair0b"));
	ifnet_free(&ifp);
	OK(ifnet_get(b, "epair0b", &ifp, &e));
	ATF_CHECK(ifp.nd6 & ND6_IFDISABLED);
	ATF_REQUIRE_EQ(0, stat("/proc/thread-self/ns/net", &after));
	ATF_CHECK_EQ(before.st_ino, after.st_ino);
}

static void set_addr(struct vnet *v, const char *name, int family,
		     const char *text, unsigned char plen, uint32_t flags)
{
	cleanup_ifnet struct ifnet ifp = {0};
	struct if_addr a = {.family = family, .plen = plen, .flags = flags};
	struct err e = ERR_INIT;

	inet_pton(family, text, &a.addr);
	OK(ifnet_get(v, name, &ifp, &e));
	OK(addr_add(v, &ifp, &a, &e));
}

ROOT_TC(addresses)
{
	cleanup_vnet struct vnet *a = NULL, *b = NULL;
	cleanup_ifnet struct ifnet ifp = {0};
	struct err e = ERR_INIT;
	char name[IFNAMSIZ];
	struct in_addr in;

	two_vnets(&a, &b);
	OK(if_create(a, "epair", 0, NULL, NULL, name, &e));
	set_addr(a, "epair0a", AF_INET, "192.0.2.1", 24, 0);
	/* the same again with another mask replaces */
	set_addr(a, "epair0a", AF_INET, "192.0.2.1", 28, 0);
	OK(ifnet_get(a, "epair0a", &ifp, &e));
	ATF_REQUIRE_EQ(1, ifp.naddrs);
	ATF_CHECK_EQ(28, ifp.addrs[0].plen);
	ATF_CHECK_EQ(inet_addr("192.0.2.15"), ifp.addrs[0].brd.in.s_addr);
	ATF_CHECK(ifp.flags & IFF_UP);
	in.s_addr = inet_addr("192.0.2.9");
	ATF_CHECK_EQ(-EADDRNOTAVAIL, addr_delete(a, &ifp, AF_INET, &in, &e));
	ATF_CHECK_STREQ("ioctl (SIOCDIFADDR): Can't assign requested address",
			e.text);
	in.s_addr = inet_addr("192.0.2.1");
	OK(addr_delete(a, &ifp, AF_INET, &in, &e));
	ifnet_free(&ifp);
	OK(ifnet_get(a, "epair0a", &ifp, &e));
	ATF_CHECK_EQ(0, ifp.naddrs);
}

ROOT_TC(nd6)
{
	cleanup_vnet struct vnet *a = NULL, *b = NULL;
	cleanup_ifnet struct ifnet ifp = {0}, again = {0};
	cleanup_dads struct dads dads = {0};
	struct err e = ERR_INIT;
	char name[IFNAMSIZ];

	two_vnets(&a, &b);
	OK(if_create(a, "epair", 0, NULL, NULL, name, &e));
	OK(ifnet_get(a, "epair0a", &ifp, &e));
	/* IFDISABLED: coming up makes no link-local address */
	OK(if_set_up(a, &ifp, true, &e));
	OK(ifnet_get(a, "epair0a", &again, &e));
	ATF_CHECK_EQ(0, again.naddrs);
	/* options survive a look at the kernel */
	OK(nd6_set(a, &ifp, ND6_NO_DAD | ND6_DEFAULTIF, 0, &e));
	ifnet_free(&again);
	OK(ifnet_get(a, "epair0a", &again, &e));
	ATF_CHECK_EQ(ND6_PERFORMNUD | ND6_IFDISABLED | ND6_AUTO_LINKLOCAL |
			     ND6_NO_DAD | ND6_DEFAULTIF,
		     again.nd6);
	/* an inet6 address turns it on, the link-local comes along */
	set_addr(a, "epair0a", AF_INET6, "2001:db8::1", 64, IFA_F_NODAD);
	ifnet_free(&again);
	OK(ifnet_get(a, "epair0a", &again, &e));
	ATF_CHECK(!(again.nd6 & ND6_IFDISABLED));
	ATF_CHECK(again.nd6 & ND6_NO_DAD);
	ATF_CHECK_EQ(2, again.naddrs);
	OK(dads_load(a, &dads, &e));
	ATF_CHECK_EQ(0, dads.n);
	/* and off again: nothing of it stays */
	OK(nd6_set(a, &again, ND6_IFDISABLED, 0, &e));
	ifnet_free(&again);
	OK(ifnet_get(a, "epair0a", &again, &e));
	ATF_CHECK_EQ(0, again.naddrs);
	/* without AUTO_LINKLOCAL only what was asked for */
	OK(nd6_set(a, &again, 0, ND6_AUTO_LINKLOCAL, &e));
	set_addr(a, "epair0a", AF_INET6, "2001:db8::1", 64, IFA_F_NODAD);
	ifnet_free(&again);
	OK(ifnet_get(a, "epair0a", &again, &e));
	ATF_CHECK_EQ(1, again.naddrs);
}

ROOT_TC(many)
{
	cleanup_vnet struct vnet *a = NULL, *b = NULL;
	cleanup_ifnets struct ifnets all = {0};
	struct err e = ERR_INIT;
	char name[IFNAMSIZ];

	two_vnets(&a, &b);
	for (int i = 0; i < 300; i++)
		OK(if_create(a, "epair", 0, NULL, NULL, name, &e));
	OK(ifnets_load(a, &all, &e));
	ATF_CHECK_EQ(601, all.n);
	for (size_t i = 1; i < all.n; i++)
		ATF_CHECK(all.v[i - 1].index < all.v[i].index);
	OK(if_create(a, "epair", 0, NULL, NULL, name, &e));
	ATF_CHECK_STREQ("epair300a", name);
}

ROOT_TC(stale_state)
{
	cleanup_vnet struct vnet *a = NULL, *b = NULL;
	cleanup_ifnet struct ifnet ifp = {0};
	cleanup_ifnets struct ifnets all = {0};
	struct err e = ERR_INIT;
	char name[IFNAMSIZ], path[64];
	struct stat st;

	two_vnets(&a, &b);
	OK(if_create(a, "epair", 0, NULL, NULL, name, &e));
	OK(ifnet_get(a, "epair0a", &ifp, &e));
	OK(if_set_metric(a, &ifp, 5, &e));
	snprintf(path, sizeof(path), "if-a/%llu.%d",
		 (unsigned long long)a->cookie, ifp.index);
	ATF_CHECK_EQ(0, stat(path, &st));
	/* by the other end: nobody told the file of this one */
	OK(if_destroy(a, "epair0b", &e));
	OK(ifnets_load(a, &all, &e));
	ATF_CHECK_EQ(-1, stat(path, &st));
}

ROOT_TC(statedir)
{
	cleanup_vnet struct vnet *a = NULL;
	struct err e = ERR_INIT;

	ATF_REQUIRE_EQ(0, mkdir("real", 0755));
	ATF_REQUIRE_EQ(0, symlink("real", "link"));
	ATF_CHECK(vnet_open(-1, "link", &a, &e) < 0);
	ATF_CHECK_STREQ("link: Not a directory", e.text);
	OK(vnet_open(-1, NULL, &a, &e));
	ATF_CHECK_EQ(-1, a->statefd);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, from_outside);
	ATF_TP_ADD_TC(tp, addresses);
	ATF_TP_ADD_TC(tp, nd6);
	ATF_TP_ADD_TC(tp, many);
	ATF_TP_ADD_TC(tp, stale_state);
	ATF_TP_ADD_TC(tp, statedir);
	return atf_no_error();
}
