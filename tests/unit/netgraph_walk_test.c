/* Packets through the graph: the walk itself, devices, the kernel's tables. */
#include "netgraph_world.h"

#include "netgraph/switch_roles.h"

#include <linux/sockios.h>

#ifndef SO_RCVMARK
#define SO_RCVMARK 75
#endif

/* --- hooks --------------------------------------------------------------- */

CASE(hub, "copies out of all other hooks, whatever the length")
{
	static const size_t lengths[] = {1,    2,    13,   14,	  15,	60,
					 128,  129,  640,  641,	  1514, 1664,
					 1665, 9014, 9217, 30000, 65549};
	uint32_t n, a, b, c;

	world();
	n = node(NGD_HUB);
	a = port(n);
	b = port(n);
	c = port(n);
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		const struct frame *f = frame(1, 2, lengths[i]);

		in(a, f);
		out(c, f);
		out(b, f);
		none();
	}
	/* whatever their type is */
	for (unsigned int t = 0; t < 0x10000; t += 0x0101) {
		struct frame *f = frame(1, 2, 60);

		f->b[12] = (uint8_t)(t >> 8);
		f->b[13] = (uint8_t)t;
		in(a, f);
		out(c, f);
		out(b, f);
	}
	none();
	ATF_CHECK_EQ(ARRAY_SIZE(lengths) + 256, counter(a, NGD_C_IN_PACKETS));
	ATF_CHECK_EQ(0, counter(a, NGD_C_OUT_PACKETS));
	ATF_CHECK_EQ(ARRAY_SIZE(lengths) + 256, counter(b, NGD_C_OUT_PACKETS));
	ATF_CHECK_EQ(counter(a, NGD_C_IN_OCTETS), counter(c, NGD_C_OUT_OCTETS));
	world_end();
}

CASE(tags, "VLAN tags come out as they came in")
{
	const struct frame *one, *two;
	uint32_t n, a, b;

	world();
	n = node(NGD_HUB);
	a = port(n);
	b = port(n);
	one = tagged(frame(1, 2, 60), 0x8100, 0x6005);
	two = tagged(one, 0x88a8, 7);
	in(a, one);
	out(b, one);
	in(b, two);
	out(a, two);
	none();
	world_end();
}

CASE(unconnected, "a hook without a peer is a drop")
{
	uint32_t n, a, b;

	world();
	n = node(NGD_HUB);
	a = port(n);
	b = hook(n);
	in(a, frame(1, 2, 60));
	none();
	ATF_CHECK_EQ(0, counter(b, NGD_C_OUT_PACKETS));
	dp_store(&dp_hook(dp, dp_hook(dp, a)->peer)->peer, 0);
	ATF_REQUIRE_EQ(0, dp_inject(dp, dp_hook(dp, a)->peer, "xx", 2));
	ATF_CHECK_EQ(1, dp_drops(dp, NGD_D_NOPEER));
	world_end();
}

CASE(many, "a flood to 1,000 hooks reaches each, and slots grow meanwhile")
{
	static uint32_t p[2000];
	uint32_t n;

	world();
	n = node(NGD_HUB);
	for (size_t i = 0; i < ARRAY_SIZE(p); i++)
		p[i] = port(n);
	ATF_CHECK(dp_ctl(dp)->hooks >= 2 * ARRAY_SIZE(p));
	in(p[0], frame(1, 2, 60));
	for (size_t i = ARRAY_SIZE(p) - 1; i; i--)
		out(p[i], frame(1, 2, 60));
	none();
	ATF_CHECK_EQ(1, counter(p[1999], NGD_C_OUT_PACKETS));
	world_end();
}

/* Hubs in a row, each with a port. */
static uint32_t row(size_t hubs, uint32_t *ret_first, uint32_t ports[])
{
	uint32_t last = 0;

	for (size_t i = 0; i < hubs; i++) {
		uint32_t n = node(NGD_HUB);

		if (i)
			link_nodes(last, n);
		else
			*ret_first = n;
		ports[i] = port(n);
		last = n;
	}
	return last;
}

CASE(deep, "a row of 60 floods; a ring of them ends, and is counted")
{
	uint32_t ports[60], first = 0, last;

	world();
	last = row(ARRAY_SIZE(ports), &first, ports);
	in(ports[0], frame(1, 2, 60));
	for (size_t i = 1; i < ARRAY_SIZE(ports); i++)
		ATF_CHECK_EQ(1, count_out(ports[i]));
	forget();
	ATF_CHECK_EQ(0, dp_drops(dp, NGD_D_LOOP));
	link_nodes(last, first);
	in(ports[0], frame(1, 2, 60));
	ATF_CHECK(dp_drops(dp, NGD_D_LOOP) > 0);
	world_end();
}

CASE(endless, "a ring without a way out ends after so many steps")
{
	uint32_t a, b, p;

	world();
	a = node(NGD_HUB);
	b = node(NGD_HUB);
	link_nodes(a, b);
	link_nodes(b, a);
	/* nobody but the one who sends */
	p = port(a);
	in(p, frame(1, 2, 60));
	ATF_CHECK(dp_drops(dp, NGD_D_LOOP) > 0);
	world_end();
}

/* --- devices ------------------------------------------------------------- */

/* p0 and p1 on a hub with a port of the test's. */
static void two_nics(bool away0, bool away1, int *s0, int *s1, uint32_t *p)
{
	uint32_t n = node(NGD_HUB);
	uint32_t a = nic("p0", away0, s0), b = nic("p1", away1, s1);

	*p = port(n);
	role(link_nodes(a, n), NGD_EIFACE_ETHER);
	role(link_nodes(b, n), NGD_EIFACE_ETHER);
}

static void passes(bool away0, bool away1)
{
	int s0, s1;
	uint32_t p;

	world();
	two_nics(away0, away1, &s0, &s1, &p);
	for (int i = 0; i < 20; i++) {
		size_t len = i % 2 ? 60 : 1514;

		wire_in(s0, frame(2, 1, len));
		wire_out(s1, frame(2, 1, len));
		out(p, frame(2, 1, len));
		wire_in(s1, frame(1, 2, len));
		wire_out(s0, frame(1, 2, len));
		out(p, frame(1, 2, len));
	}
	in(p, frame(-1, 3, 100));
	wire_out(s0, frame(-1, 3, 100));
	wire_out(s1, frame(-1, 3, 100));
	/* longer than it takes, and shorter than any */
	in(p, frame(1, 3, 2000));
	in(p, frame(1, 3, 10));
	wire_none(s0);
	wire_none(s1);
	none();
	ATF_CHECK_EQ(2, dp_drops(dp, NGD_D_RUNT));
	close(s0);
	close(s1);
	world_end();
}

CASE(here, "interfaces in the graph's own namespace")
{
	passes(false, false);
}

CASE(away, "interfaces in namespaces of their own")
{
	passes(true, true);
}

CASE(mixed, "one here, one away")
{
	passes(true, false);
}

CASE(comes_home, "an interface that comes home is reached, nobody told of it")
{
	int s0, s1, home;
	uint32_t p;

	world();
	two_nics(true, true, &s0, &s1, &p);
	wire_in(s0, frame(2, 1, 60));
	wire_out(s1, frame(2, 1, 60));
	home = wire_home("p1", s1);
	/* the kernel takes a moment to see that the pair's link is up */
	for (int i = 0; i < 100; i++) {
		wire_in(s0, frame(2, 1, 61));
		if (wire_next(home, 100))
			break;
	}
	while (wire_next(home, 50))
		;
	wire_in(s0, frame(2, 1, 63));
	wire_out(home, frame(2, 1, 63));
	wire_in(home, frame(1, 2, 62));
	wire_out(s0, frame(1, 2, 62));
	wire_none(home);
	close(s0);
	close(home);
	world_end();
}

CASE(known_size, "what is larger than ngethN takes is dropped where known")
{
	uint32_t p, n;
	int s0, s1;

	world();
	two_nics(true, true, &s0, &s1, &p);
	for (uint32_t h = 1; h < 8; h++) {
		n = dp_hook(dp, h)->node;
		if (dp_node(dp, n)->kind == NGD_EIFACE)
			dp_store(&dp_node(dp, n)->conf[NGD_EIFACE_MTU], 1000);
	}
	wire_in(s0, frame(2, 1, 1018));
	wire_out(s1, frame(2, 1, 1018));
	wire_in(s0, frame(2, 1, 1019));
	wire_none(s1);
	ATF_CHECK_EQ(1, dp_drops(dp, NGD_D_MTU));
	close(s0);
	close(s1);
	world_end();
}

/* --- what the stacks behind devices see ---------------------------------- */

/* A hub with p0 and p1, each with an address; their UDP or TCP sockets. */
static void two_stacks(bool away0, int type, int fd[2])
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(7)};
	cleanup_close int here =
		open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	uint32_t n = node(NGD_BRIDGE);
	int raw[2];

	dp_node(dp, n)->conf[NGD_BRIDGE_MAXSTALE] = 900;
	for (int i = 0; i < 2; i++) {
		char name[] = {'p', (char)('0' + i), 0};
		uint32_t dev = nic(name, i || away0, &raw[i]);
		cleanup_close int there = -1;

		role(link_nodes(dev, n), NGD_EIFACE_ETHER);
		there = ioctl(raw[i], SIOCGSKNS);
		ATF_REQUIRE(there >= 0);
		ATF_REQUIRE_EQ(0, setns(there, CLONE_NEWNET));
		run("ip link set %s address 02:00:00:00:00:%02x promisc off "
		    "arp on && "
		    "ip addr add 10.8.0.%d/24 dev %s && "
		    "ip neigh add 10.8.0.%d lladdr 02:00:00:00:00:%02x dev %s",
		    name, i + 1, i + 1, name, 2 - i, 2 - i, name);
		fd[i] = socket(AF_INET, type | SOCK_CLOEXEC, 0);
		at.sin_addr.s_addr = htonl(0x0a080001u + (uint32_t)i);
		ATF_REQUIRE_EQ(0, bind(fd[i], (const struct sockaddr *)&at,
				       sizeof(at)));
		ATF_REQUIRE_EQ(0, setns(here, CLONE_NEWNET));
		close(raw[i]);
	}
}

static void to_other(int fd, int i)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(7),
				 .sin_addr.s_addr =
					 htonl(0x0a080002u - (uint32_t)i)};

	ATF_REQUIRE_EQ(0,
		       connect(fd, (const struct sockaddr *)&to, sizeof(to)));
}

CASE(marks, "mark and priority of a stack do not get into another's")
{
	char control[256], b[16];
	struct iovec iov = {b, sizeof(b)};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
	struct pollfd p = {.events = POLLIN};
	uint32_t mark;
	bool told = false;
	int fd[2], one = 1;

	world();
	/* from this namespace: what leaves another has lost its mark */
	two_stacks(false, SOCK_DGRAM, fd);
	to_other(fd[0], 0);
	mark = 77;
	ATF_REQUIRE_EQ(
		0, setsockopt(fd[0], SOL_SOCKET, SO_MARK, &mark, sizeof(mark)));
	if (setsockopt(fd[1], SOL_SOCKET, SO_RCVMARK, &one, sizeof(one)) < 0)
		atf_tc_skip("no SO_RCVMARK");
	p.fd = fd[1];
	for (int i = 0; i < 3; i++) {
		ATF_REQUIRE_EQ(1, send(fd[0], "x", 1, 0));
		ATF_REQUIRE_EQ(1, poll(&p, 1, 10000));
		m.msg_control = control;
		m.msg_controllen = sizeof(control);
		ATF_REQUIRE_EQ(1, recvmsg(fd[1], &m, 0));
		for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c;
		     c = CMSG_NXTHDR(&m, c))
			if (c->cmsg_level == SOL_SOCKET &&
			    c->cmsg_type == SO_MARK) {
				memcpy(&mark, CMSG_DATA(c), sizeof(mark));
				ATF_CHECK_EQ(0, mark);
				told = true;
			}
	}
	ATF_CHECK(told);
	close(fd[0]);
	close(fd[1]);
	world_end();
}

CASE(offloads, "TCP's super-packets arrive whole, and right")
{
	static char out_bytes[1 << 20], in_bytes[1 << 20];
	uint64_t packets = 0;
	size_t got = 0, sent = 0;
	int fd[2], s;

	world();
	two_stacks(true, SOCK_STREAM, fd);
	for (size_t i = 0; i < sizeof(out_bytes); i++)
		out_bytes[i] = (char)(i * 31 + i / 4099);
	ATF_REQUIRE_EQ(0, listen(fd[1], 1));
	to_other(fd[0], 0);
	s = accept4(fd[1], NULL, NULL, SOCK_CLOEXEC);
	ATF_REQUIRE(s >= 0);
	while (got < sizeof(in_bytes)) {
		ssize_t n = 0;

		if (sent < sizeof(out_bytes))
			n = send(fd[0], out_bytes + sent,
				 sizeof(out_bytes) - sent, MSG_DONTWAIT);
		sent += n > 0 ? (size_t)n : 0;
		n = recv(s, in_bytes + got, sizeof(in_bytes) - got,
			 sent < sizeof(out_bytes) ? MSG_DONTWAIT : 0);
		got += n > 0 ? (size_t)n : 0;
		ATF_REQUIRE(n > 0 || sent < sizeof(out_bytes));
	}
	ATF_CHECK(!memcmp(in_bytes, out_bytes, sizeof(in_bytes)));
	for (uint32_t h = 1; h < 8; h++)
		if (dp_hook(dp, h)->kind == NGD_BRIDGE)
			packets += counter(h, NGD_C_IN_PACKETS);
	/* 724 segments and as many answers at most, were they cut */
	ATF_CHECK_MSG(packets < 300, "%ju packets", (uintmax_t)packets);
	close(s);
	close(fd[0]);
	close(fd[1]);
	world_end();
}

/* --- ether nodes --------------------------------------------------------- */

/* A network card e0 whose wire is w0 (away), with what the test asks for. */
struct card {
	uint32_t node, lower, upper;
	int wire, stack; /* what is on the wire; what e0 has received */
};

static void card(struct card *c, unsigned int hooking)
{
	cleanup_close int here =
		open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	uint32_t n = node(NGD_ETHER);

	run("ip link add e0 type veth peer name w0");
	ATF_REQUIRE_EQ(0, unshare(CLONE_NEWNET));
	run("nsenter --net=/proc/%d/fd/%d ip link set w0 netns %d",
	    (int)getpid(), here, (int)getpid());
	run("ip link set w0 addrgenmode none && "
	    "ip link set w0 up arp off promisc on");
	c->wire = wire("w0");
	ATF_REQUIRE_EQ(0, setns(here, CLONE_NEWNET));
	run("ip link set e0 addrgenmode none address 02:00:00:00:00:64 && "
	    "ip link set e0 up arp off");
	wait_running(c->wire, "w0");
	c->node = n;
	dp_node(dp, n)->ifindex = if_nametoindex("e0");
	ATF_REQUIRE_EQ(
		0, dp_device(dp, dp_node(dp, n)->ifindex, hooking, n, NULL));
	c->lower = hooking & DP_INGRESS ? port_role(n, NGD_ETHER_LOWER) : 0;
	c->upper = hooking & DP_EGRESS ? port_role(n, NGD_ETHER_UPPER) : 0;
	c->stack = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ATF_REQUIRE(c->stack >= 0);
	wait_running(c->stack, "e0");
	run("ip addr add 10.9.0.1/24 dev e0 && "
	    "ip neigh add 10.9.0.2 lladdr 02:00:00:00:00:02 dev e0");
	ATF_REQUIRE_EQ(
		0, bind(c->stack,
			(const struct sockaddr *)&(struct sockaddr_in){
				.sin_family = AF_INET, .sin_port = htons(7)},
			sizeof(struct sockaddr_in)));
}

/* UDP from the wire to e0's stack, of n bytes. */
static struct frame *datagram(size_t n)
{
	static const uint8_t head[] = {0x08, 0x00, 0x45, 0, 0, 0,  0, 0, 0,
				       0,    64,   17,	 0, 0, 10, 9, 0, 2,
				       10,   9,	   0,	 1, 0, 9,  0, 7};
	struct frame *f = frame(0x64, 2, ETH_HLEN + 28 + n);
	uint32_t sum = 0;

	memcpy(f->b + 12, head, sizeof(head));
	f->b[16] = (uint8_t)((28 + n) >> 8);
	f->b[17] = (uint8_t)(28 + n);
	f->b[38] = (uint8_t)((8 + n) >> 8);
	f->b[39] = (uint8_t)(8 + n);
	f->b[40] = f->b[41] = 0;
	for (int i = 14; i < 34; i += 2)
		sum += (uint32_t)f->b[i] << 8 | f->b[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~((sum & 0xffff) + (sum >> 16));
	f->b[24] = (uint8_t)(sum >> 8);
	f->b[25] = (uint8_t)sum;
	return f;
}

static bool stack_hears(const struct card *c, size_t n, int wait)
{
	struct pollfd p = {.fd = c->stack, .events = POLLIN};
	char b[2000];

	return poll(&p, 1, wait) == 1 &&
	       recv(c->stack, b, sizeof(b), MSG_DONTWAIT) == (ssize_t)n;
}

static int stack_says(const struct card *c, size_t n)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(9),
				 .sin_addr.s_addr = htonl(0x0a090002)};
	char b[2000] = "";

	return (int)sendto(c->stack, b, n, 0, (const struct sockaddr *)&to,
			   sizeof(to));
}

static void card_end(struct card *c)
{
	close(c->wire);
	close(c->stack);
}

CASE(ether_off, "an unconnected side flows as if there were no node")
{
	struct card c;

	world();
	card(&c, DP_INGRESS | DP_EGRESS);
	role(c.lower, 0);
	dp_store(&dp_node(dp, c.node)->hook[NGD_ETHER_LOWER], 0);
	dp_store(&dp_node(dp, c.node)->hook[NGD_ETHER_UPPER], 0);
	wire_in(c.wire, datagram(100));
	ATF_CHECK(stack_hears(&c, 100, 10000));
	ATF_CHECK_EQ(70, stack_says(&c, 70));
	ATF_CHECK_EQ(ETH_HLEN + 28 + 70, wire_next(c.wire, 10000)->len);
	none();
	card_end(&c);
	world_end();
}

CASE(ether_lower, "lower has all that is received, and sends raw")
{
	struct card c;

	world();
	card(&c, DP_INGRESS);
	wire_in(c.wire, datagram(100));
	while (!count_out(c.lower))
		usleep(1000);
	out(c.lower, datagram(100));
	ATF_CHECK(!stack_hears(&c, 100, 50));
	in(c.lower, frame(1, 2, 60));
	wire_out(c.wire, frame(1, 2, 60));
	/* what the stack sends is nobody's business */
	ATF_CHECK_EQ(70, stack_says(&c, 70));
	ATF_CHECK_EQ(ETH_HLEN + 28 + 70, wire_next(c.wire, 10000)->len);
	none();
	card_end(&c);
	world_end();
}

CASE(ether_upper, "upper has all that is sent, and is received by the stack")
{
	struct card c;

	world();
	card(&c, DP_EGRESS);
	/* not ENOBUFS */
	ATF_CHECK_EQ(70, stack_says(&c, 70));
	ATF_CHECK_EQ(1, count_out(c.upper));
	forget();
	wire_none(c.wire);
	in(c.upper, datagram(100));
	ATF_CHECK(stack_hears(&c, 100, 10000));
	wire_in(c.wire, datagram(101));
	ATF_CHECK(stack_hears(&c, 101, 10000));
	none();
	card_end(&c);
	world_end();
}

CASE(ether_both, "stack, wire and a third on one hub: all hear all, once")
{
	uint32_t n, p;
	struct card c;

	world();
	card(&c, DP_INGRESS | DP_EGRESS);
	n = node(NGD_HUB);
	p = port(n);
	join(c.lower, hook(n));
	join(c.upper, hook(n));
	for (int i = 0; i < 10; i++) {
		wire_in(c.wire, datagram(100));
		ATF_CHECK(stack_hears(&c, 100, 10000));
		out(p, datagram(100));
		ATF_CHECK_EQ(70, stack_says(&c, 70));
		ATF_CHECK_EQ(1, count_out(p));
		forget();
		ATF_CHECK_EQ(ETH_HLEN + 28 + 70, wire_next(c.wire, 10000)->len);
		in(p, datagram(50));
		ATF_CHECK(stack_hears(&c, 50, 10000));
		wire_out(c.wire, datagram(50));
	}
	none();
	wire_none(c.wire);
	ATF_CHECK(!stack_hears(&c, 0, 0));
	card_end(&c);
	world_end();
}

CASE(ether_short, "a straight way through: lower to upper of one card")
{
	struct card c;

	world();
	card(&c, DP_INGRESS | DP_EGRESS);
	join(c.lower, c.upper);
	for (int i = 0; i < 10; i++) {
		wire_in(c.wire, datagram(100));
		ATF_CHECK(stack_hears(&c, 100, 10000));
		ATF_CHECK_EQ(70, stack_says(&c, 70));
		ATF_CHECK_EQ(ETH_HLEN + 28 + 70, wire_next(c.wire, 10000)->len);
	}
	wire_none(c.wire);
	ATF_CHECK_EQ(10, counter(c.lower, NGD_C_OUT_PACKETS));
	ATF_CHECK_EQ(10, counter(c.upper, NGD_C_OUT_PACKETS));
	card_end(&c);
	world_end();
}

CASE(ether_echo, "what comes back by lower goes back to the wire")
{
	struct card c;

	world();
	card(&c, DP_INGRESS | DP_EGRESS);
	join(c.lower, hook(node(NGD_ECHO)));
	join(c.upper, hook(node(NGD_ECHO)));
	wire_in(c.wire, datagram(100));
	wire_out(c.wire, datagram(100));
	ATF_CHECK(!stack_hears(&c, 100, 0));
	/* to the stack's own address: it is not its own */
	ATF_CHECK_EQ(70, stack_says(&c, 70));
	wire_none(c.wire);
	card_end(&c);
	world_end();
}

CASE(ether_orphans, "orphans: unknown types alone, others go on")
{
	struct card c;
	uint32_t o;

	world();
	card(&c, DP_INGRESS);
	dp_store(&dp_node(dp, c.node)->hook[NGD_ETHER_LOWER], 0);
	o = port_role(c.node, NGD_ETHER_ORPHANS);
	wire_in(c.wire, datagram(100));
	ATF_CHECK(stack_hears(&c, 100, 10000));
	wire_in(c.wire, frame(0x64, 2, 60));
	while (!count_out(o))
		usleep(1000);
	out(o, frame(0x64, 2, 60));
	none();
	card_end(&c);
	world_end();
}

/* --- traces -------------------------------------------------------------- */

CASE(traced, "each hook and each drop is told when that is asked for")
{
	uint32_t n, a, b, h, x;
	const struct came *c;

	world();
	n = node(NGD_HUB);
	a = port(n);
	h = node(NGD_HOLE);
	x = link_nodes(h, n);
	b = port(n);
	dp_store(&dp_ctl(dp)->trace, 1);
	in(a, tagged(frame(1, 2, 100), 0x8100, 5));
	look();
	/* in by a, out by b (the test's end), out to the hole, dropped there */
	c = came_next();
	ATF_REQUIRE(c && c->kind == NGD_UP_TRACE);
	ATF_CHECK_EQ(a, c->hook);
	ATF_CHECK_EQ(0, c->info);
	ATF_CHECK_EQ(NGD_TRACE_HEAD, c->f->len);
	ATF_CHECK_EQ(0, memcmp(c->f->b, tagged(frame(1, 2, 100), 0x8100, 5)->b,
			       NGD_TRACE_HEAD));
	c = came_next();
	ATF_REQUIRE(c && c->kind == NGD_UP_TRACE);
	ATF_CHECK_EQ(dp_hook(dp, b)->peer, c->hook);
	out(b, tagged(frame(1, 2, 100), 0x8100, 5));
	c = came_next();
	ATF_REQUIRE(c && c->kind == NGD_UP_TRACE);
	ATF_CHECK_EQ(x, c->hook);
	ATF_CHECK_EQ(0, c->info);
	c = came_next();
	ATF_REQUIRE(c && c->kind == NGD_UP_TRACE);
	ATF_CHECK_EQ(x, c->hook);
	ATF_CHECK_EQ(NGD_D_HOLE, c->info);
	none();
	dp_store(&dp_ctl(dp)->trace, 0);
	in(a, frame(1, 2, 10));
	out(b, frame(1, 2, 10));
	none();
	world_end();
}

/* --- life ---------------------------------------------------------------- */

CASE(successor, "who opens it again finds all as it was")
{
	struct err e = ERR_INIT;
	uint32_t n, a, b, slot, gen;
	const struct ngd_key k = {.node = 1, .k = {1, 2, 3}};
	const struct ngd_entry entry = {.hook = 5, .seen = 7};
	struct ngd_entry got;

	world();
	n = node(NGD_HUB);
	a = port(n);
	b = port(n);
	ATF_REQUIRE_EQ(0, dp_table_set(dp, DP_FDB, &k, &entry));
	in(a, frame(1, 2, 60));
	dp_free(&dp);
	ATF_REQUIRE_EQ_MSG(0, dp_open(vnet, bpfdir, &dp, &e), "%s", e.text);
	out(b, frame(1, 2, 60));
	in(b, frame(1, 2, 61));
	out(a, frame(1, 2, 61));
	none();
	ATF_CHECK_EQ(1, counter(a, NGD_C_IN_PACKETS));
	ATF_CHECK_EQ(0, dp_table_get(dp, DP_FDB, &k, &got));
	ATF_CHECK_EQ(7, got.seen);
	/* slots that were in use are claimed, or given out last */
	ATF_CHECK_EQ(0, dp_hook_claim(dp, a));
	ATF_CHECK_EQ(-EEXIST, dp_hook_claim(dp, a));
	ATF_REQUIRE_EQ(0, dp_hook_alloc(dp, &slot, &gen));
	ATF_CHECK(slot > a && slot > b);
	for (int i = 0; i < 1100; i++) {
		ATF_REQUIRE_EQ(0, dp_hook_alloc(dp, &slot, &gen));
		ATF_REQUIRE(slot != a);
	}
	world_end();
}

CASE(upgrade, "another version's pins: tables stay, packets flow on")
{
	const struct ngd_key k = {.node = 1, .k = {1, 2, 3}};
	const struct ngd_entry entry = {.hook = 5, .seen = 7};
	struct err e = ERR_INIT;
	struct ngd_entry got;
	uint32_t n, a, b;
	int s0, s1;
	uint32_t p;

	world();
	two_nics(true, true, &s0, &s1, &p);
	n = node(NGD_HUB);
	a = port(n);
	b = port(n);
	ATF_REQUIRE_EQ(0, dp_table_set(dp, DP_FDB, &k, &entry));
	dp_free(&dp);
	/* as if it were another's; and one that was killed half way */
	run("cd %s/ng-* && for f in walk-*; do mv $f walk-0123; done", bpfdir);
	ATF_REQUIRE_EQ_MSG(0, dp_open(vnet, bpfdir, &dp, &e), "%s", e.text);
	run("cd %s/ng-* && set -- walk-* && [ $# = 1 ] && [ $1 != walk-0123 ]",
	    bpfdir);
	in(a, frame(1, 2, 61));
	out(b, frame(1, 2, 61));
	wire_in(s0, frame(2, 1, 60));
	wire_out(s1, frame(2, 1, 60));
	forget();
	ATF_CHECK_EQ(0, dp_table_get(dp, DP_FDB, &k, &got));
	dp_free(&dp);
	run("rm %s/ng-*/rules", bpfdir);
	ATF_REQUIRE_EQ_MSG(0, dp_open(vnet, bpfdir, &dp, &e), "%s", e.text);
	ATF_CHECK_EQ(0, dp_table_set(dp, DP_RULES, &k, &entry));
	wire_in(s1, frame(1, 2, 60));
	wire_out(s0, frame(1, 2, 60));
	forget();
	/* killed while tables grew: some new, some old, no program */
	dp_free(&dp);
	run("cd %s/ng-* && rm walk-* states && mv fdb states", bpfdir);
	ATF_REQUIRE_EQ_MSG(0, dp_open(vnet, bpfdir, &dp, &e), "%s", e.text);
	wire_in(s1, frame(1, 2, 60));
	wire_out(s0, frame(1, 2, 60));
	forget();
	/* what is stored now is seen by packets */
	dp_store(&dp_hook(dp, a)->peer, 0);
	in(b, frame(1, 2, 60));
	none();
	close(s0);
	close(s1);
	world_end();
}

CASE(growth, "no packet is lost while tables are replaced by larger ones")
{
	uint32_t n, gen, slot, p;
	int s0, s1;
	size_t got = 0, sent = 0;

	world();
	two_nics(true, true, &s0, &s1, &p);
	n = dp_ctl(dp)->hooks;
	for (uint32_t i = 0; i < 3 * n; i++) {
		ATF_REQUIRE_EQ(0, dp_hook_alloc(dp, &slot, &gen));
		ATF_REQUIRE_EQ(0, dp_node_alloc(dp, &slot));
		if (i % 16)
			continue;
		wire_in(s0, frame(2, 1, 60));
		sent++;
		while (wire_next(s1, 0))
			got++;
		forget();
	}
	while (got < sent && wire_next(s1, 2000))
		got++;
	ATF_CHECK(dp_ctl(dp)->hooks > n);
	ATF_CHECK_EQ(sent, got);
	ATF_CHECK_EQ(sent, counter(p, NGD_C_OUT_PACKETS));
	close(s0);
	close(s1);
	world_end();
}

static int each(const struct ngd_key *k, const struct ngd_entry *entry,
		void *arg)
{
	(void)entry;
	ATF_CHECK_EQ(3, k->node);
	++*(int *)arg;
	return 0;
}

CASE(tables, "tables: set, get, delete, each of a node's")
{
	struct ngd_key k = {.node = 3};
	struct ngd_entry entry = {.hook = 1};
	int n = 0;

	world();
	for (uint32_t i = 0; i < 3000; i++) {
		memcpy(k.k, &i, sizeof(i));
		k.node = i % 3 ? 4 : 3;
		ATF_REQUIRE_EQ(0, dp_table_set(dp, DP_RULES, &k, &entry));
	}
	ATF_CHECK_EQ(0, dp_table_each(dp, DP_RULES, 3, each, &n));
	ATF_CHECK_EQ(1000, n);
	ATF_CHECK_EQ(0, dp_table_delete(dp, DP_RULES, &k));
	ATF_CHECK_EQ(-ENOENT, dp_table_delete(dp, DP_RULES, &k));
	ATF_CHECK_EQ(-ENOENT, dp_table_get(dp, DP_RULES, &k, &entry));
	world_end();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, hub);
	ATF_TP_ADD_TC(tp, tags);
	ATF_TP_ADD_TC(tp, unconnected);
	ATF_TP_ADD_TC(tp, many);
	ATF_TP_ADD_TC(tp, deep);
	ATF_TP_ADD_TC(tp, endless);
	ATF_TP_ADD_TC(tp, here);
	ATF_TP_ADD_TC(tp, away);
	ATF_TP_ADD_TC(tp, mixed);
	ATF_TP_ADD_TC(tp, comes_home);
	ATF_TP_ADD_TC(tp, known_size);
	ATF_TP_ADD_TC(tp, marks);
	ATF_TP_ADD_TC(tp, offloads);
	ATF_TP_ADD_TC(tp, ether_off);
	ATF_TP_ADD_TC(tp, ether_lower);
	ATF_TP_ADD_TC(tp, ether_upper);
	ATF_TP_ADD_TC(tp, ether_both);
	ATF_TP_ADD_TC(tp, ether_short);
	ATF_TP_ADD_TC(tp, ether_echo);
	ATF_TP_ADD_TC(tp, ether_orphans);
	ATF_TP_ADD_TC(tp, traced);
	ATF_TP_ADD_TC(tp, successor);
	ATF_TP_ADD_TC(tp, upgrade);
	ATF_TP_ADD_TC(tp, growth);
	ATF_TP_ADD_TC(tp, tables);
	return atf_no_error();
}
