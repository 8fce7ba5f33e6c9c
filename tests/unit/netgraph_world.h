/*
 * netgraph_world: for tests of packet functions (src/netgraph/bpf).  Each case
 * has a network namespace of its own with a data path in the kernel, builds a
 * graph by hand, sends frames into it and looks what comes out where.
 *
 *	world();                     skips where BPF programs may not be loaded
 *	uint32_t n = node(NGD_HUB);  a node; its record: dp_node(dp, n)
 *	uint32_t a = port(n);        a hook of it, in its list; its other end
 *	                             is a node of the test's
 *	role(a, ROLE);               it is the hook of that role, too
 *	in(a, frame(1, 2, 100));     a frame (to, from, length) comes in by it;
 *	                             synchronous
 *	out(b, frame(1, 2, 100));    the next that has come out is just that,
 *	                             by b
 *	none();                      and nothing else has come out
 *	world_end();
 *
 * Devices: nic("p0", false, &sock) makes an eiface node whose interface is p0,
 * in this namespace or in one of its own; wire_in(sock, frame) is what it
 * sends, wire_out(sock, frame), wire_none(sock) what it receives.
 */
#ifndef CB_TESTS_NETGRAPH_WORLD_H
#define CB_TESTS_NETGRAPH_WORLD_H

#include "base/cleanup.h"
#include "base/str.h"
#include "netgraph/dp.h"
#include "netgraph/iface_roles.h"

#include "ng_kernel.h"

#include <arpa/inet.h>
#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#pragma GCC diagnostic ignored "-Wunused-function"

static struct vnet *vnet;
static struct ng_dp *dp;
static char *bpfdir;
static uint32_t tester; /* the node at the other ends */

/* --- frames -------------------------------------------------------------- */

struct frame {
	size_t len;
	uint8_t b[70000];
};
/* As many as a case has in its hands at once. */
static struct frame frames[16];

static struct frame *frame_new(void)
{
	static size_t next;
	struct frame *f = &frames[next++ % ARRAY_SIZE(frames)];

	memset(f, 0, sizeof(*f));
	return f;
}

/* Station n's address is 02:00:00:00:00:n; above 255 a multicast one, -1 the
 * broadcast address. */
static void station(uint8_t mac[6], int n)
{
	memset(mac, n < 0 ? 0xff : 0, 6);
	if (n < 0)
		return;
	mac[0] = n > 255 ? 3 : 2;
	mac[5] = (uint8_t)n;
}

/* Of an experimental type, its bytes all different. */
static struct frame *frame(int to, int from, size_t len)
{
	struct frame *f = frame_new();

	f->len = len;
	for (size_t i = 0; i < len; i++)
		f->b[i] = (uint8_t)(i * 7 + i / 256);
	if (len < ETH_HLEN)
		return f;
	station(f->b, to);
	station(f->b + 6, from);
	f->b[12] = 0x88;
	f->b[13] = 0xb5;
	return f;
}

/* The same with one more tag outside. */
static struct frame *tagged(const struct frame *f, uint16_t proto, uint16_t tci)
{
	struct frame *t = frame_new();

	t->len = f->len + 4;
	memcpy(t->b, f->b, 12);
	t->b[12] = (uint8_t)(proto >> 8);
	t->b[13] = (uint8_t)proto;
	t->b[14] = (uint8_t)(tci >> 8);
	t->b[15] = (uint8_t)tci;
	memcpy(t->b + 16, f->b + 12, f->len - 12);
	return t;
}

/* --- what has come out --------------------------------------------------- */

#define OUT_MAX 4096
struct came {
	uint32_t kind, hook, info;
	struct frame *f;
};
static struct came came[OUT_MAX];
static size_t ncame, nseen;

static void came_one(const struct ngd_up *up, const void *data, void *arg)
{
	struct came *c = &came[ncame];

	(void)arg;
	ATF_REQUIRE(ncame < OUT_MAX);
	ATF_REQUIRE(up->len <= sizeof(c->f->b));
	/* by which hook of the tested node: ours is its peer */
	*c = (struct came){up->kind, up->hook, up->info, NULL};
	if (up->kind == NGD_UP_DATA)
		c->hook = dp_hook(dp, up->hook)->peer;
	c->f = malloc(sizeof(c->f->len) + up->len);
	ATF_REQUIRE(c->f != NULL);
	c->f->len = up->len;
	memcpy(c->f->b, data, up->len);
	ncame++;
}

static void look(void)
{
	ATF_REQUIRE(dp_up_read(dp, came_one, NULL) >= 0);
}

/* The next of a kind that was not looked at; NULL. */
static const struct came *came_next(void)
{
	look();
	return nseen < ncame ? &came[nseen++] : NULL;
}

static void out_at(int line, uint32_t hook, const struct frame *f)
{
	const struct came *c = came_next();

	ATF_REQUIRE_MSG(c != NULL, "line %d: nothing came out", line);
	ATF_CHECK_EQ_MSG(NGD_UP_DATA, c->kind, "line %d: kind %u", line,
			 c->kind);
	ATF_CHECK_EQ_MSG(hook, c->hook, "line %d: by hook %u, not %u", line,
			 c->hook, hook);
	ATF_CHECK_EQ_MSG(f->len, c->f->len, "line %d: %zu bytes, not %zu", line,
			 c->f->len, f->len);
	for (size_t i = 0; i < f->len && i < c->f->len; i++)
		ATF_REQUIRE_MSG(f->b[i] == c->f->b[i],
				"line %d: byte %zu is %02x, not %02x", line, i,
				c->f->b[i], f->b[i]);
}
#define out(hook, f) out_at(__LINE__, hook, f)

static void none_at(int line)
{
	const struct came *c = came_next();

	ATF_CHECK_MSG(c == NULL, "line %d: %zu bytes by hook %u, too", line,
		      c ? c->f->len : 0, c ? c->hook : 0);
}
#define none() none_at(__LINE__)

/* How many have come out by a hook, whatever they are, of those that were not
 * looked at. */
static size_t count_out(uint32_t hook)
{
	size_t n = 0;

	look();
	for (size_t i = nseen; i < ncame; i++)
		n += came[i].kind == NGD_UP_DATA && came[i].hook == hook;
	return n;
}

static void forget(void)
{
	look();
	nseen = ncame;
}

/* --- graphs -------------------------------------------------------------- */

static uint32_t node(enum ngd_kind kind)
{
	uint32_t slot;

	ATF_REQUIRE_EQ(0, dp_node_alloc(dp, &slot));
	dp_node(dp, slot)->kind = (uint16_t)kind;
	dp_node(dp, slot)->id = slot;
	return slot;
}

/* A hook of it, the first of its list; not connected. */
static uint32_t hook(uint32_t n)
{
	uint32_t slot, gen;

	ATF_REQUIRE_EQ(0, dp_hook_alloc(dp, &slot, &gen));
	*dp_hook(dp, slot) = (struct ngd_hook){
		.node = n,
		.next = dp_node(dp, n)->first,
		.kind = dp_node(dp, n)->kind,
		.gen = gen,
	};
	dp_store(&dp_node(dp, n)->first, slot);
	return slot;
}

static void join(uint32_t a, uint32_t b)
{
	dp_store(&dp_hook(dp, a)->peer, b);
	dp_store(&dp_hook(dp, b)->peer, a);
	dp_changed(dp);
}

/* Two nodes get a hook each, connected: the first one's. */
static uint32_t link_nodes(uint32_t a, uint32_t b)
{
	uint32_t ha = hook(a), hb = hook(b);

	join(ha, hb);
	return ha;
}

static uint32_t port(uint32_t n)
{
	return link_nodes(n, tester);
}

static void role(uint32_t h, uint16_t r)
{
	dp_hook(dp, h)->role = r;
	dp_node(dp, dp_hook(dp, h)->node)->hook[r] = h;
	dp_changed(dp);
}

static uint32_t port_role(uint32_t n, uint16_t r)
{
	uint32_t h = port(n);

	role(h, r);
	return h;
}

static void in(uint32_t h, const struct frame *f)
{
	ATF_REQUIRE_EQ(0, dp_inject(dp, dp_hook(dp, h)->peer, f->b, f->len));
}

static uint64_t counter(uint32_t h, size_t c)
{
	uint64_t all[NGD_COUNTERS];

	dp_hook_stats(dp, h, all);
	return all[c];
}

/* --- devices ------------------------------------------------------------- */

static void run(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void run(const char *fmt, ...)
{
	char cmd[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cmd, sizeof(cmd), fmt, ap);
	va_end(ap);
	ATF_REQUIRE_EQ_MSG(0, system(cmd), "%s", cmd);
}

/* Interface `name` of the namespace of socket fd has a link; until then the
 * kernel drops what it is to send, for up to a second. */
static void wait_running(int fd, const char *name)
{
	struct ifreq ifr = {0};

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	for (int i = 0; i < 2000; i++) {
		ATF_REQUIRE_EQ(0, ioctl(fd, SIOCGIFFLAGS, &ifr));
		if (ifr.ifr_flags & IFF_RUNNING)
			return;
		usleep(5000);
	}
	atf_tc_fail("%s has no link", name);
}

/* A packet socket on it, in the namespace where the caller is. */
static int wire(const char *name)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_ALL),
				 .sll_ifindex = (int)if_nametoindex(name)};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	ATF_REQUIRE(fd >= 0 && at.sll_ifindex);
	ATF_REQUIRE_EQ(0, bind(fd, (const struct sockaddr *)&at, sizeof(at)));
	return fd;
}

/*
 * An eiface node whose ngethN is called `name`: its node, and a packet socket
 * on the interface, which is in this namespace, or in another.
 */
static uint32_t nic(const char *name, bool away, int *ret_sock)
{
	cleanup_close int here =
		open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	uint32_t n = node(NGD_EIFACE);
	cleanup_close int s = -1;
	char our[IFNAMSIZ];
	static int number = 0x40000000;

	snprintf(our, sizeof(our), "our-%s", name);
	run("ip link add %s index %d type veth peer name %s index %d", our,
	    number, name, number + 1);
	number += 2;
	dp_node(dp, n)->ifindex = if_nametoindex(our);
	dp_node(dp, n)->conf[NGD_EIFACE_FAR] = if_nametoindex(name);
	ATF_REQUIRE_EQ(
		0, dp_device(dp, dp_node(dp, n)->ifindex, DP_INGRESS, n, NULL));
	/* no talk of the stack's own */
	run("ip link set %s addrgenmode none && "
	    "ip link set %s up arp off mtu 65535",
	    our, our);
	if (away) {
		ATF_REQUIRE_EQ(0, unshare(CLONE_NEWNET));
		run("nsenter --net=/proc/%d/fd/%d ip link set %s netns %d",
		    (int)getpid(), here, name, (int)getpid());
	}
	run("ip link set %s addrgenmode none && "
	    "ip link set %s up arp off promisc on",
	    name, name);
	*ret_sock = wire(name);
	wait_running(*ret_sock, name);
	ATF_REQUIRE_EQ(0, setns(here, CLONE_NEWNET));
	s = wire(our);
	wait_running(s, our);
	return n;
}

/* Interface `name`, which sock is on, comes to this namespace: a socket on it,
 * in place of sock. */
static int wire_home(const char *name, int sock)
{
	cleanup_close int there = -1;

	there = ioctl(sock, SIOCGSKNS);
	ATF_REQUIRE(there >= 0);
	run("nsenter --net=/proc/%d/fd/%d ip link set %s netns %d",
	    (int)getpid(), there, name, (int)getpid());
	close(sock);
	run("ip link set %s addrgenmode none && "
	    "ip link set %s up arp off promisc on",
	    name, name);
	return wire(name);
}

static void wire_in(int sock, const struct frame *f)
{
	ATF_REQUIRE_EQ((ssize_t)f->len, send(sock, f->b, f->len, 0));
}

/* The next frame that has arrived, within wait milliseconds; NULL. */
static struct frame *wire_next(int sock, int wait)
{
	struct frame *f = frame_new();
	struct sockaddr_ll from;
	socklen_t len;
	ssize_t n;

	for (;;) {
		struct pollfd p = {.fd = sock, .events = POLLIN};

		if (poll(&p, 1, wait) <= 0)
			return NULL;
		len = sizeof(from);
		n = recvfrom(sock, f->b, sizeof(f->b), MSG_DONTWAIT,
			     (struct sockaddr *)&from, &len);
		if (n < 0)
			return NULL;
		if (from.sll_pkttype == PACKET_OUTGOING)
			continue;
		f->len = (size_t)n;
		return f;
	}
}

static void wire_out_at(int line, int sock, const struct frame *f)
{
	const struct frame *c = wire_next(sock, 10000);

	ATF_REQUIRE_MSG(c != NULL, "line %d: nothing arrived", line);
	ATF_CHECK_EQ_MSG(f->len, c->len, "line %d: %zu bytes, not %zu", line,
			 c->len, f->len);
	ATF_CHECK_MSG(!memcmp(f->b, c->b, f->len), "line %d: other bytes",
		      line);
}
#define wire_out(sock, f) wire_out_at(__LINE__, sock, f)

/* Nothing more: what was sent before has arrived by now. */
static void wire_none_at(int line, int sock)
{
	const struct frame *c = wire_next(sock, 50);

	ATF_CHECK_MSG(c == NULL, "line %d: %zu bytes arrived, too", line,
		      c ? c->len : 0);
}
#define wire_none(sock) wire_none_at(__LINE__, sock)

/* --- the world ----------------------------------------------------------- */

static void world(void)
{
	ng_kernel_begin(&vnet, &bpfdir, &dp);
	tester = node(NGD_USER);
}

static void world_end(void)
{
	for (size_t i = 0; i < ncame; i++)
		free(came[i].f);
	ncame = nseen = 0;
	dp_free(&dp);
	ng_kernel_end(&vnet, bpfdir);
}

#define CASE(name, descr)                                                      \
	ATF_TC(name);                                                          \
	ATF_TC_HEAD(name, tc)                                                  \
	{                                                                      \
		atf_tc_set_md_var(tc, "descr", descr);                         \
		atf_tc_set_md_var(tc, "require.user", "root");                 \
	}                                                                      \
	ATF_TC_BODY(name, tc)

#endif
