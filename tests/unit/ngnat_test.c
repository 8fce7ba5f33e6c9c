/* nat nodes, in the kernel: each packet is made, and what comes out is
 * compared field by field, its checksums with it. */
#include "ng_world.h"

#include "netgraph/nat_data.h"
#include "netgraph/now.h"

#include "root_tc.h"

#include <arpa/inet.h>

enum {
	ICMP = 1,
	TCP = 6,
	UDP = 17,
	FIN = 1,
	SYN = 2,
	RST = 4,
	ACK = 16
};

static struct ng_node *nat;
static bool ether; /* a header of that before */

static void begin(void)
{
	world_open_kernel();
	world_begin();
	/* what the first such node loads */
	ATF_CHECK_EQ(NGD_WITHOUT_NAT, dp_ctl(world.dp)->without);
	if (dp_need(world.dp, NGD_WITHOUT_NAT) == -EOPNOTSUPP) {
		ATF_CHECK_EQ(-EOPNOTSUPP,
			     ng_mkpeer(world.me, "o", "out", "nat", &nat));
		world_close_kernel();
		atf_tc_skip("this kernel does not take its programs");
	}
	nat = make("o", "nat", "out", "nat");
	ATF_CHECK_EQ(0, dp_ctl(world.dp)->without);
	join("i", nat, "in");
	SAYS(nat, "setaliasaddr", "1.2.3.4", "");
}

static int count_one(const struct ngd_nat_key *k, const struct ngd_nat_link *l,
		     void *arg)
{
	(void)k;
	(void)l;
	++*(size_t *)arg;
	return 0;
}

static size_t links(uint32_t slot)
{
	size_t n = 0;

	ATF_CHECK_EQ(0, dp_nat_each(world.dp, slot, count_one, &n));
	return n;
}

/* Nothing is left of it in the table. */
static void end(void)
{
	uint32_t slot = nat->slot;

	ng_node_shutdown(nat);
	ATF_CHECK_EQ(0, links(slot));
	world_close_kernel();
}

/* ------------------------------------------------------------- packets */

struct packet {
	uint8_t b[256];
	size_t len;
};

static uint32_t sum(const uint8_t *b, size_t n, uint32_t s)
{
	for (size_t i = 0; i < n; i++)
		s += (uint32_t)b[i] << (i & 1 ? 0 : 8);
	return s;
}

static uint16_t fold(uint32_t s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (uint16_t)~s;
}

static void put16(uint8_t *b, unsigned int v)
{
	b[0] = (uint8_t)(v >> 8);
	b[1] = (uint8_t)v;
}

static unsigned int get16(const uint8_t *b)
{
	return (unsigned int)b[0] << 8 | b[1];
}

static size_t sum_at(const uint8_t *ip)
{
	return ip[9] == TCP ? 36 : ip[9] == UDP ? 26 : 22;
}

/* Over what follows the header, and its addresses. */
static uint16_t l4_sum(const uint8_t *ip, size_t len)
{
	uint32_t s = 0;

	if (ip[9] != ICMP)
		s = sum(ip + 12, 8, (uint32_t)(ip[9] + len - 20));
	return fold(sum(ip + 20, len - 20, s));
}

static void sums(uint8_t *ip, size_t len)
{
	put16(ip + 10, 0);
	put16(ip + 10, fold(sum(ip, 20, 0)));
	if (get16(ip + 6) & 0x1fff ||
	    (ip[9] != TCP && ip[9] != UDP && ip[9] != ICMP))
		return;
	put16(ip + sum_at(ip), 0);
	put16(ip + sum_at(ip), l4_sum(ip, len));
}

/* IP, 20 bytes, and 32 more. */
static struct packet ip_packet(int proto, const char *src, const char *dst)
{
	struct packet p = {.len = 52};

	p.b[0] = 0x45;
	put16(p.b + 2, 52);
	put16(p.b + 4, 77);
	p.b[8] = 64;
	p.b[9] = (uint8_t)proto;
	ATF_REQUIRE_EQ(1, inet_pton(AF_INET, src, p.b + 12));
	ATF_REQUIRE_EQ(1, inet_pton(AF_INET, dst, p.b + 16));
	for (size_t i = 20; i < p.len; i++)
		p.b[i] = (uint8_t)(i * 7);
	sums(p.b, p.len);
	return p;
}

static struct packet packet(int proto, const char *src, unsigned int sport,
			    const char *dst, unsigned int dport,
			    unsigned int flags)
{
	struct packet p = ip_packet(proto, src, dst);

	if (proto == ICMP) {
		p.b[20] = (uint8_t)flags; /* its type */
		p.b[21] = 0;
		put16(p.b + 24, sport ? sport : dport);
	} else {
		put16(p.b + 20, sport);
		put16(p.b + 22, dport);
	}
	if (proto == TCP) {
		p.b[32] = 0x50;
		p.b[33] = (uint8_t)flags;
	}
	sums(p.b, p.len);
	return p;
}

static void push_packet(const char *hook, const struct packet *p)
{
	uint8_t f[300];

	if (!ether) {
		push(hook, p->b, p->len);
		return;
	}
	frame(f, 2, 3, 0x0800);
	memcpy(f + 14, p->b, p->len);
	push(hook, f, 14 + p->len);
}

/* What came by that hook, as "SRC:PORT DST:PORT"; its sums are right. */
static const char *came(const char *hook)
{
	static char text[80];
	char a[16], b[16];
	const uint8_t *ip;
	size_t len;

	if (world.ngot != 1)
		return world.ngot ? "many" : "";
	ATF_CHECK_STREQ(hook, world.got[0].hook);
	ip = world.got[0].data + (ether ? 14 : 0);
	len = world.got[0].len - (ether ? 14 : 0);
	ATF_CHECK_EQ(0, fold(sum(ip, 20, 0)));
	if (ip[9] == UDP && !get16(ip + 26))
		; /* it has none */
	else if (sum_at(ip) && !(get16(ip + 6) & 0x1fff) &&
		 (ip[9] == TCP || ip[9] == UDP || ip[9] == ICMP))
		ATF_CHECK_EQ_MSG(0, l4_sum(ip, len), "checksum, protocol %u",
				 ip[9]);
	inet_ntop(AF_INET, ip + 12, a, sizeof(a));
	inet_ntop(AF_INET, ip + 16, b, sizeof(b));
	if (ip[9] == ICMP)
		snprintf(text, sizeof(text), "%s %s %u", a, b, get16(ip + 24));
	else if ((ip[9] != TCP && ip[9] != UDP) || get16(ip + 6) & 0x1fff)
		snprintf(text, sizeof(text), "%s %s", a, b);
	else
		snprintf(text, sizeof(text), "%s:%u %s:%u", a, get16(ip + 20),
			 b, get16(ip + 22));
	return text;
}

/* o is what out hears, so it leaves by i. */
static const char *leaves(int proto, const char *src, unsigned int sport,
			  const char *dst, unsigned int dport,
			  unsigned int flags)
{
	struct packet p = packet(proto, src, sport, dst, dport, flags);

	push_packet("o", &p);
	return came("i");
}

static const char *enters(int proto, const char *src, unsigned int sport,
			  const char *dst, unsigned int dport,
			  unsigned int flags)
{
	struct packet p = packet(proto, src, sport, dst, dport, flags);

	push_packet("i", &p);
	return came("o");
}

#define IS(expected, what) ATF_CHECK_STREQ(expected, what)

/* The port that the packet that came was given. */
static unsigned int port_given(void)
{
	return world.ngot == 1
		       ? get16(world.got[0].data + (ether ? 14 : 0) + 20)
		       : 0;
}

/* ---------------------------------------------------------------- cases */

ROOT_TC(ports)
{
	unsigned int port;
	char text[80];

	begin();
	for (int i = 0; i < 2; i++) {
		int proto = i ? TCP : UDP;

		IS("1.2.3.4:1000 9.9.9.9:53",
		   leaves(proto, "10.0.0.2", 1000, "9.9.9.9", 53, SYN));
		IS("9.9.9.9:53 10.0.0.2:1000",
		   enters(proto, "9.9.9.9", 53, "1.2.3.4", 1000, SYN | ACK));
		IS("1.2.3.4:1000 9.9.9.9:53",
		   leaves(proto, "10.0.0.2", 1000, "9.9.9.9", 53, ACK));
		/* the same port once more, with another far end */
		IS("1.2.3.4:1000 9.9.9.8:53",
		   leaves(proto, "10.0.0.3", 1000, "9.9.9.8", 53, SYN));
		/* and one that is taken */
		leaves(proto, "10.0.0.3", 1000, "9.9.9.9", 53, SYN);
		port = port_given();
		ATF_CHECK_MSG(port >= 0x8000, "%u", port);
		snprintf(text, sizeof(text), "1.2.3.4:%u 9.9.9.9:53", port);
		IS(text, leaves(proto, "10.0.0.3", 1000, "9.9.9.9", 53, ACK));
		IS("9.9.9.9:53 10.0.0.3:1000",
		   enters(proto, "9.9.9.9", 53, "1.2.3.4", port, ACK));
		IS("9.9.9.9:53 10.0.0.2:1000",
		   enters(proto, "9.9.9.9", 53, "1.2.3.4", 1000, ACK));
	}
	SAYS(nat, "libaliasinfo", NULL, "{ udpLinkCount=3 tcpLinkCount=3 }");
	/* without same_ports */
	SAYS(nat, "setmode", "{ flags=0 mask=4 }", "");
	leaves(UDP, "10.0.0.4", 1000, "9.9.9.7", 53, 0);
	ATF_CHECK(port_given() >= 0x8000);
	end();
}

/* What nobody has asked for. */
ROOT_TC(uninvited)
{
	begin();
	IS("9.9.9.9:53 1.2.3.4:1000",
	   enters(UDP, "9.9.9.9", 53, "1.2.3.4", 1000, 0));
	SAYS(nat, "settarget", "10.0.0.7", "");
	IS("9.9.9.8:53 10.0.0.7:1000",
	   enters(UDP, "9.9.9.8", 53, "1.2.3.4", 1000, 0));
	IS("1.2.3.4:1000 9.9.9.8:53",
	   leaves(UDP, "10.0.0.7", 1000, "9.9.9.8", 53, 0));
	SAYS(nat, "settarget", "255.255.255.255", "");
	IS("9.9.9.7:53 1.2.3.4:1000",
	   enters(UDP, "9.9.9.7", 53, "5.5.5.5", 1000, 0));
	SAYS(nat, "settarget", "10.0.0.7", "");
	SAYS(nat, "setmode", "{ flags=2 mask=2 }", "");
	IS("", enters(UDP, "9.9.9.6", 53, "1.2.3.4", 1000, 0));
	IS("", enters(ICMP, "9.9.9.6", 5, "1.2.3.4", 0, 8));
	IS("", enters(50, "9.9.9.6", 0, "1.2.3.4", 0, 0));
	/* what has a link is let in */
	IS("9.9.9.8:53 10.0.0.7:1000",
	   enters(UDP, "9.9.9.8", 53, "1.2.3.4", 1000, 0));
	end();
}

static uint32_t life(uint16_t port)
{
	struct ngd_nat_key k = {.node = nat->slot,
				.near = htonl(0x0a000002),
				.far = htonl(0x09090909),
				.near_port = htons(port),
				.far_port = htons(80),
				.proto = TCP};
	struct ngd_nat_link l;

	ATF_REQUIRE_EQ(0, dp_nat_get(world.dp, &k, &l));
	return l.life;
}

static void tcp_out(unsigned int port, unsigned int flags)
{
	leaves(TCP, "10.0.0.2", port, "9.9.9.9", 80, flags);
	ATF_CHECK_EQ(1, world.ngot);
}

static void tcp_in(unsigned int port, unsigned int flags)
{
	enters(TCP, "9.9.9.9", 80, "1.2.3.4", port, flags);
	ATF_CHECK_EQ(1, world.ngot);
}

ROOT_TC(tcp_life)
{
	begin();
	tcp_out(1, SYN);
	ATF_CHECK_EQ(300, life(1));
	tcp_in(1, SYN | ACK);
	ATF_CHECK_EQ(86400, life(1));
	tcp_out(1, ACK);
	tcp_out(1, FIN | ACK);
	ATF_CHECK_EQ(90, life(1));
	tcp_in(1, FIN | ACK);
	ATF_CHECK_EQ(10, life(1));
	tcp_out(2, SYN);
	tcp_in(2, RST | ACK);
	ATF_CHECK_EQ(90, life(2));
	tcp_out(3, ACK); /* of before */
	ATF_CHECK_EQ(300, life(3));
	end();
}

ROOT_TC(echo)
{
	unsigned int id;

	begin();
	IS("1.2.3.4 9.9.9.9 7", leaves(ICMP, "10.0.0.2", 7, "9.9.9.9", 0, 8));
	IS("9.9.9.9 10.0.0.2 7", enters(ICMP, "9.9.9.9", 7, "1.2.3.4", 0, 0));
	leaves(ICMP, "10.0.0.3", 7, "9.9.9.9", 0, 8);
	ATF_REQUIRE_EQ(1, world.ngot);
	id = get16(world.got[0].data + 24);
	ATF_CHECK(id != 7);
	IS("9.9.9.9 10.0.0.3 7", enters(ICMP, "9.9.9.9", id, "1.2.3.4", 0, 0));
	/* other messages are left alone */
	IS("10.0.0.2 9.9.9.9 7", leaves(ICMP, "10.0.0.2", 7, "9.9.9.9", 0, 17));
	end();
}

/* A destination is not reachable: src says so to dst about what it quotes. */
static struct packet error_packet(const char *src, const char *dst,
				  const struct packet *about)
{
	struct packet p = ip_packet(ICMP, src, dst);

	p.len = 20 + 8 + 28;
	put16(p.b + 2, (unsigned int)p.len);
	memset(p.b + 20, 0, 8);
	p.b[20] = 3;
	p.b[21] = 1;
	memcpy(p.b + 28, about->b, 28);
	sums(p.b, p.len);
	return p;
}

/* The quoted one, with its header's checksum checked. */
static const char *quoted(void)
{
	static char text[80];
	const uint8_t *ip;
	char a[16], b[16];

	if (world.ngot != 1)
		return "";
	ip = world.got[0].data + 28;
	ATF_CHECK_EQ(0, fold(sum(ip, 20, 0)));
	inet_ntop(AF_INET, ip + 12, a, sizeof(a));
	inet_ntop(AF_INET, ip + 16, b, sizeof(b));
	snprintf(text, sizeof(text), "%s:%u %s:%u", a, get16(ip + 20), b,
		 get16(ip + 22));
	return text;
}

ROOT_TC(errors)
{
	struct packet sent, e;
	unsigned int port;

	begin();
	SAYS(nat, "setmode", "{ flags=0 mask=4 }", "");
	leaves(UDP, "10.0.0.2", 1000, "9.9.9.9", 53, 0);
	port = port_given();
	sent = packet(UDP, "1.2.3.4", port, "9.9.9.9", 53, 0);
	e = error_packet("8.8.8.8", "1.2.3.4", &sent);
	push_packet("i", &e);
	IS("8.8.8.8 10.0.0.2 0", came("o"));
	IS("10.0.0.2:1000 9.9.9.9:53", quoted());
	/* of what came in */
	sent = packet(UDP, "9.9.9.9", 53, "10.0.0.2", 1000, 0);
	e = error_packet("10.0.0.2", "9.9.9.9", &sent);
	push_packet("o", &e);
	IS("1.2.3.4 9.9.9.9 0", came("i"));
	sent = packet(UDP, "9.9.9.9", 53, "1.2.3.4", port, 0);
	ATF_CHECK_EQ(1, world.ngot);
	ATF_CHECK(!memcmp(sent.b + 12, world.got[0].data + 40, 12));
	/* about nothing that is known */
	sent = packet(UDP, "1.2.3.4", 1, "9.9.9.9", 53, 0);
	e = error_packet("8.8.8.8", "1.2.3.4", &sent);
	push_packet("i", &e);
	IS("8.8.8.8 1.2.3.4 0", came("o"));
	SAYS(nat, "setmode", "{ flags=2 mask=2 }", "");
	push_packet("i", &e);
	IS("", came("o"));
	end();
}

ROOT_TC(others)
{
	begin();
	/* protocols without ports: who has spoken last is answered */
	IS("1.2.3.4 9.9.9.9", leaves(50, "10.0.0.2", 0, "9.9.9.9", 0, 0));
	IS("9.9.9.9 10.0.0.2", enters(50, "9.9.9.9", 0, "1.2.3.4", 0, 0));
	IS("1.2.3.4 9.9.9.9", leaves(50, "10.0.0.3", 0, "9.9.9.9", 0, 0));
	IS("9.9.9.9 10.0.0.3", enters(50, "9.9.9.9", 0, "1.2.3.4", 0, 0));
	end();
}

static struct packet fragment(struct packet p, unsigned int off)
{
	put16(p.b + 6, off);
	sums(p.b, p.len);
	return p;
}

ROOT_TC(fragments)
{
	struct packet p;

	begin();
	leaves(UDP, "10.0.0.2", 1000, "9.9.9.9", 53, 0);
	p = fragment(packet(UDP, "9.9.9.9", 53, "1.2.3.4", 1000, 0), 4);
	push_packet("i", &p); /* whose first one has not come */
	IS("", came("o"));
	p = fragment(packet(UDP, "9.9.9.9", 53, "1.2.3.4", 1000, 0), 0x2000);
	push_packet("i", &p);
	IS("9.9.9.9:53 10.0.0.2:1000", came("o"));
	p = fragment(packet(UDP, "9.9.9.9", 53, "1.2.3.4", 1000, 0), 4);
	push_packet("i", &p);
	IS("9.9.9.9 10.0.0.2", came("o"));
	ATF_CHECK(!memcmp(p.b + 20, world.got[0].data + 20, 32));
	p = fragment(packet(UDP, "10.0.0.2", 1000, "9.9.9.9", 53, 0), 4);
	push_packet("o", &p);
	IS("1.2.3.4 9.9.9.9", came("i"));
	end();
}

ROOT_TC(redirects)
{
	begin();
	SAYS(nat, "redirectport",
	     "{ local_addr=10.0.0.5 local_port=80 alias_port=8080 proto=6 "
	     "description=\"web\" }",
	     "1");
	SAYS(nat, "redirectaddr", "{ local_addr=10.0.0.6 alias_addr=1.2.3.5 }",
	     "2");
	SAYS(nat, "redirectproto",
	     "{ local_addr=10.0.0.8 proto=47 remote_addr=9.9.9.1 }", "3");
	SAYS(nat, "listredirects", NULL,
	     "{ total_count=3 redirects=[ { id=1 local_addr=10.0.0.5 "
	     "local_port=80 alias_port=8080 proto=6 description=\"web\" } "
	     "{ id=2 local_addr=10.0.0.6 alias_addr=1.2.3.5 proto=259 } "
	     "{ id=3 local_addr=10.0.0.8 remote_addr=9.9.9.1 proto=47 } ] }");
	SAYS(nat, "setmode", "{ flags=0x2 mask=2 }", "");
	IS("9.9.9.9:5 10.0.0.5:80",
	   enters(TCP, "9.9.9.9", 5, "1.2.3.4", 8080, SYN));
	IS("1.2.3.4:8080 9.9.9.9:5",
	   leaves(TCP, "10.0.0.5", 80, "9.9.9.9", 5, SYN | ACK));
	IS("", enters(UDP, "9.9.9.9", 5, "1.2.3.4", 8080, 0));
	IS("9.9.9.1 10.0.0.8", enters(47, "9.9.9.1", 0, "1.2.3.4", 0, 0));
	IS("", enters(47, "9.9.9.2", 0, "1.2.3.4", 0, 0));
	/* libalias makes no links of its own accord then, nor here */
	IS("", enters(TCP, "9.9.9.9", 5, "1.2.3.5", 22, SYN));
	SAYS(nat, "setmode", "{ flags=0 mask=2 }", "");
	IS("9.9.9.9:5 10.0.0.6:22",
	   enters(TCP, "9.9.9.9", 5, "1.2.3.5", 22, SYN));
	IS("1.2.3.5:22 9.9.9.9:5",
	   leaves(TCP, "10.0.0.6", 22, "9.9.9.9", 5, SYN | ACK));
	IS("1.2.3.5:1 9.9.9.9:7", leaves(UDP, "10.0.0.6", 1, "9.9.9.9", 7, 0));
	/* the one that says more of who it is for, then the newest */
	SAYS(nat, "redirectport",
	     "{ local_addr=10.0.0.9 local_port=81 alias_port=8080 proto=6 "
	     "remote_addr=9.9.9.3 }",
	     "4");
	SAYS(nat, "redirectport",
	     "{ local_addr=10.0.0.7 local_port=82 alias_port=8080 proto=6 }",
	     "5");
	IS("9.9.9.3:5 10.0.0.9:81",
	   enters(TCP, "9.9.9.3", 5, "1.2.3.4", 8080, SYN));
	IS("9.9.9.4:5 10.0.0.7:82",
	   enters(TCP, "9.9.9.4", 5, "1.2.3.4", 8080, SYN));
	SAYS(nat, "redirectdelete", "5", "");
	SAYS(nat, "redirectdelete", "5", "ENOENT");
	IS("9.9.9.5:5 10.0.0.5:80",
	   enters(TCP, "9.9.9.5", 5, "1.2.3.4", 8080, SYN));
	/* what is under way stays */
	IS("9.9.9.4:5 10.0.0.7:82",
	   enters(TCP, "9.9.9.4", 5, "1.2.3.4", 8080, ACK));
	end();
}

ROOT_TC(servers)
{
	begin();
	SAYS(nat, "redirectport", "{ alias_port=80 proto=6 }", "1");
	SAYS(nat, "redirectaddr", "{ alias_addr=1.2.3.5 }", "2");
	SAYS(nat, "addserver", "{ id=1 addr=10.0.0.11 port=81 }", "");
	SAYS(nat, "addserver", "{ id=2 addr=10.0.0.21 port=9 }", "");
	SAYS(nat, "addserver", "{ id=1 addr=10.0.0.12 port=82 }", "");
	SAYS(nat, "addserver", "{ id=1 addr=10.0.0.13 port=83 }", "");
	SAYS(nat, "addserver", "{ id=3 addr=10.0.0.1 }", "ENOENT");
	SAYS(nat, "listredirects", NULL,
	     "{ total_count=2 redirects=[ { id=1 alias_port=80 proto=6 "
	     "lsnat=3 } { id=2 alias_addr=1.2.3.5 proto=259 lsnat=1 } ] }");
	/* the newest, then in their order; a connection stays where it is */
	IS("9.9.9.1:5 10.0.0.13:83",
	   enters(TCP, "9.9.9.1", 5, "1.2.3.4", 80, SYN));
	IS("9.9.9.2:5 10.0.0.11:81",
	   enters(TCP, "9.9.9.2", 5, "1.2.3.4", 80, SYN));
	IS("9.9.9.1:6 10.0.0.12:82",
	   enters(TCP, "9.9.9.1", 6, "1.2.3.4", 80, SYN));
	IS("9.9.9.2:5 10.0.0.11:81",
	   enters(TCP, "9.9.9.2", 5, "1.2.3.4", 80, ACK));
	IS("1.2.3.4:80 9.9.9.2:5",
	   leaves(TCP, "10.0.0.11", 81, "9.9.9.2", 5, SYN | ACK));
	IS("9.9.9.3:5 10.0.0.13:83",
	   enters(TCP, "9.9.9.3", 5, "1.2.3.4", 80, SYN));
	IS("9.9.9.1:7 10.0.0.21:53",
	   enters(UDP, "9.9.9.1", 7, "1.2.3.5", 53, 0));
	/* the other's are not those of the one that goes */
	SAYS(nat, "redirectdelete", "1", "");
	SAYS(nat, "addserver", "{ id=1 addr=10.0.0.1 }", "ENOENT");
	IS("9.9.9.4:5 1.2.3.4:80",
	   enters(TCP, "9.9.9.4", 5, "1.2.3.4", 80, SYN));
	IS("9.9.9.1:8 10.0.0.21:53",
	   enters(UDP, "9.9.9.1", 8, "1.2.3.5", 53, 0));
	for (unsigned int i = 1; i < NGD_NAT_SERVERS; i++)
		SAYS(nat, "addserver", "{ id=2 addr=10.0.0.22 }", "");
	SAYS(nat, "addserver", "{ id=2 addr=10.0.0.22 }", "ENOMEM");
	end();
}

ROOT_TC(once)
{
	begin();
	SAYS(nat, "redirectport",
	     "{ local_addr=10.0.0.5 local_port=80 alias_port=8080 proto=6 "
	     "remote_addr=9.9.9.9 remote_port=5 }",
	     "1");
	SAYS(nat, "redirectport",
	     "{ local_addr=10.0.0.5 local_port=80 alias_port=8080 proto=6 }",
	     "2");
	SAYS(nat, "redirectdynamic", "2", "ENOTTY");
	SAYS(nat, "redirectdelete", "2", "");
	SAYS(nat, "redirectdynamic", "1", "");
	SAYS(nat, "redirectdynamic", "1", "ENOENT");
	SAYS(nat, "listredirects", NULL, "{}");
	IS("9.9.9.9:5 10.0.0.5:80",
	   enters(TCP, "9.9.9.9", 5, "1.2.3.4", 8080, SYN));
	IS("9.9.9.9:5 10.0.0.5:80",
	   enters(TCP, "9.9.9.9", 5, "1.2.3.4", 8080, ACK));
	/* a new generation: the link is gone, and so is the redirection */
	ng_node_forget(nat);
	IS("9.9.9.9:5 1.2.3.4:8080",
	   enters(TCP, "9.9.9.9", 5, "1.2.3.4", 8080, SYN));
	end();
}

ROOT_TC(modes)
{
	begin();
	SAYS(nat, "setmode", "{ flags=0x10 mask=0x10 }", "");
	IS("8.8.8.8:1 9.9.9.9:53", leaves(UDP, "8.8.8.8", 1, "9.9.9.9", 53, 0));
	IS("1.2.3.4:1 9.9.9.9:53",
	   leaves(UDP, "172.31.0.1", 1, "9.9.9.9", 53, 0));
	IS("172.32.0.1:2 9.9.9.9:53",
	   leaves(UDP, "172.32.0.1", 2, "9.9.9.9", 53, 0));
	IS("100.64.0.1:3 9.9.9.9:53",
	   leaves(UDP, "100.64.0.1", 3, "9.9.9.9", 53, 0));
	SAYS(nat, "setmode", "{ flags=0x100 mask=0x100 }", "");
	IS("1.2.3.4:4 9.9.9.9:53",
	   leaves(UDP, "100.64.0.1", 4, "9.9.9.9", 53, 0));
	SAYS(nat, "setmode", "{ flags=0 mask=0x110 }", "");
	/* links keep the address they have, unless told otherwise */
	leaves(UDP, "10.0.0.2", 9, "9.9.9.9", 53, 0);
	SAYS(nat, "setaliasaddr", "1.2.3.6", "");
	IS("1.2.3.4:9 9.9.9.9:53",
	   leaves(UDP, "10.0.0.2", 9, "9.9.9.9", 53, 0));
	SAYS(nat, "setmode", "{ flags=0x20 mask=0x20 }", "");
	SAYS(nat, "setaliasaddr", "1.2.3.7", "");
	IS("1.2.3.7:9 9.9.9.9:53",
	   leaves(UDP, "10.0.0.2", 9, "9.9.9.9", 53, 0));
	/* the other way round */
	SAYS(nat, "setmode", "{ flags=0x80 mask=0x80 }", "");
	IS("1.2.3.7:8 9.9.9.9:53",
	   enters(UDP, "10.0.0.2", 8, "9.9.9.9", 53, 0));
	IS("9.9.9.9:53 10.0.0.2:8",
	   leaves(UDP, "9.9.9.9", 53, "1.2.3.7", 8, 0));
	/* what is not here is refused */
	SAYS(nat, "setmode", "{ flags=0x40 mask=0x40 }", "EOPNOTSUPP");
	SAYS(nat, "proxyrule", "\"type encode_ip_hdr\"", "EOPNOTSUPP");
	SAYS(nat, "redirectport", "{ proto=1 }", "ENOMEM");
	SAYS(nat, "setdlt", "2", "EINVAL");
	end();
}

ROOT_TC(frames)
{
	uint8_t f[60];

	begin();
	SAYS(nat, "getdlt", NULL, "12");
	SAYS(nat, "setdlt", "1", "");
	ether = true;
	IS("1.2.3.4:1000 9.9.9.9:53",
	   leaves(UDP, "10.0.0.2", 1000, "9.9.9.9", 53, 0));
	IS("9.9.9.9:53 10.0.0.2:1000",
	   enters(UDP, "9.9.9.9", 53, "1.2.3.4", 1000, 0));
	frame(f, 2, 3, 0x0806);
	push("o", f, sizeof(f));
	ATF_CHECK_STREQ("i", where());
	ATF_CHECK(!memcmp(f, world.got[0].data, sizeof(f)));

	/* IPv4 behind a tag is none: UDP from 0.0.0.0 */
	frame(f, 2, 3, 0x8100);
	memset(f + 14, 0, sizeof(f) - 14);
	memcpy(f + 14, "\0\x05\x08\0\x45\0\0\x1c\0\0\0\0\x40\x11", 14);
	push("o", f, sizeof(f));
	ATF_CHECK_STREQ("i", where());
	ATF_CHECK(!memcmp(f, world.got[0].data, sizeof(f)));
	end();
}

/* No room: who has a link keeps it, nobody gets a new one, until links end. */
ROOT_TC(full)
{
	struct packet p = packet(UDP, "10.0.0.2", 1, "9.9.9.9", 53, 0);
	unsigned int n = 0;

	begin();
	for (n = 1; n <= NGD_NAT_LINKS; n++) {
		put16(p.b + 18, n >> 12);
		put16(p.b + 20, 1024 + (n & 0xfff));
		sums(p.b, p.len);
		push_packet("o", &p);
		if (!world.ngot)
			break;
	}
	ATF_CHECK_EQ_MSG(NGD_NAT_LINKS / 2 + 1, n, "%u", n);
	IS("1.2.3.4:1025 9.9.0.0:53",
	   leaves(UDP, "10.0.0.2", 1025, "9.9.0.0", 53, 0));
	IS("9.9.0.0:53 10.0.0.2:1025",
	   enters(UDP, "9.9.0.0", 53, "1.2.3.4", 1025, 0));
	IS("", enters(UDP, "9.9.9.8", 53, "1.2.3.4", 1025, 0));
	IS("", leaves(TCP, "10.0.0.2", 1025, "9.9.0.0", 53, SYN));
	/* links are void with this, and are collected at once */
	SAYS(nat, "setmode", "{ flags=32 mask=32 }", "");
	SAYS(nat, "setaliasaddr", "1.2.3.5", "");
	ATF_CHECK_EQ(0, links(nat->slot));
	/* Linux 6.1 may have no memory at hand after so many: say it again */
	for (n = 0; n < 100; n++)
		if (*leaves(TCP, "10.0.0.2", 1025, "9.9.0.0", 53, SYN))
			break;
	IS("1.2.3.5:1025 9.9.0.0:53",
	   leaves(TCP, "10.0.0.2", 1025, "9.9.0.0", 53, SYN));
	ATF_CHECK_EQ(2, links(nat->slot));
	end();
}

ROOT_TC(malformed)
{
	struct packet p;

	begin();
	p = packet(UDP, "10.0.0.2", 1, "9.9.9.9", 53, 0);
	p.b[0] = 0x44;
	push_packet("o", &p);
	IS("", came("i"));
	p = packet(UDP, "10.0.0.2", 1, "9.9.9.9", 53, 0);
	put16(p.b + 2, 53);
	push_packet("o", &p);
	IS("", came("i"));
	p = packet(TCP, "10.0.0.2", 1, "9.9.9.9", 53, SYN);
	put16(p.b + 2, 39);
	push_packet("o", &p);
	IS("", came("i"));
	p = packet(UDP, "10.0.0.2", 1, "9.9.9.9", 53, 0);
	p.b[0] = 0x65; /* not IPv4: as it is */
	push_packet("o", &p);
	ATF_CHECK_STREQ("i", where());
	/* no checksum stays none */
	p = packet(UDP, "10.0.0.2", 1, "9.9.9.9", 53, 0);
	put16(p.b + 26, 0);
	push_packet("o", &p);
	IS("1.2.3.4:1 9.9.9.9:53", came("i"));
	ATF_CHECK_EQ(0, get16(world.got[0].data + 26));
	end();
}

/* Without an address it does nothing, without a hook nothing passes. */
ROOT_TC(hooks)
{
	begin();
	ng_node_shutdown(nat);
	nat = make("o", "nat", "out", "nat");
	ATF_CHECK_EQ(-EINVAL, ng_connect(world.me, "x", nat, "x"));
	SAYS(nat, "setaliasaddr", "1.2.3.4", "");
	IS("", leaves(UDP, "10.0.0.2", 1, "9.9.9.9", 53, 0));
	join("i", nat, "in");
	IS("1.2.3.4:1 9.9.9.9:53",
	   leaves(UDP, "10.0.0.2", 1, "9.9.9.9", 53, 0));
	ng_node_shutdown(nat);
	nat = make("o", "nat", "out", "nat");
	join("i", nat, "in");
	IS("10.0.0.2:1 9.9.9.9:53",
	   leaves(UDP, "10.0.0.2", 1, "9.9.9.9", 53, 0));
	end();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, ports);
	ATF_TP_ADD_TC(tp, uninvited);
	ATF_TP_ADD_TC(tp, tcp_life);
	ATF_TP_ADD_TC(tp, echo);
	ATF_TP_ADD_TC(tp, errors);
	ATF_TP_ADD_TC(tp, others);
	ATF_TP_ADD_TC(tp, fragments);
	ATF_TP_ADD_TC(tp, redirects);
	ATF_TP_ADD_TC(tp, servers);
	ATF_TP_ADD_TC(tp, once);
	ATF_TP_ADD_TC(tp, modes);
	ATF_TP_ADD_TC(tp, frames);
	ATF_TP_ADD_TC(tp, full);
	ATF_TP_ADD_TC(tp, malformed);
	ATF_TP_ADD_TC(tp, hooks);
	return atf_no_error();
}
