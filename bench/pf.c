/*
 * pf: rules of pf beside the same rules written for nft and for iptables.
 *
 * Theory of operation.  Each contender has a router of its own, a network
 * namespace between two others, with the same rules (pf_rules.c): everything is
 * dropped but UDP or TCP to N - 2 ports.
 *
 * Packets: this one thread, bound to one processor, puts frames on the wire;
 * when the call returns, the router has done its work on them, so its processor
 * time is what they cost, and hardly depends on what else the machine does.
 * That all have come through is counted at the router's other interface.  "new"
 * are packets that each begin a flow, to all ports in turn; "old" are those of
 * one flow that has been answered, "back" its answers.
 *
 * Connections: the same thread has sockets at both ends (flows.h), so what the
 * stacks there do is part of it.  "stream", "trips" and, by UDP, "datagrams"
 * are on an established one; each "connect" is a new one.  Their port is that
 * of the rule in the middle.  Each turn has sockets of its own, and flows that
 * the rules have just let begin.  "stream2", "trips2" and "connect2" are what
 * two threads do with them, on a processor each, by the clock (apart.h).
 *
 * In each round each contender has its turn for a moment, forwards and
 * backwards; what counts are medians of the rounds' ratios.
 *
 * Loading is the time of one command, the contenders in turn, and the most
 * memory that it had.
 */
#include "apart.h"
#include "bench.h"
#include "flows.h"
#include "pf_rules.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/if_link.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <netpacket/packet.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	BATCH = 64,
	FRAME = 60,
	SLICE = 4096,  /* packets a turn */
	SLICE_MS = 20, /* of a turn with sockets */
	APART_MS = 40, /* of one with two threads */
	WARM_MS = 3,   /* before it */
	LOADS = 3,     /* commands of each loading */
	SIZES = 3,
};
enum kind {
	/* of packets */
	FRESH,
	OLD,
	BACK,
	/* of sockets' operations */
	STREAM,
	TRIPS,
	CONNECT,
	DATAGRAMS,
	/* of two threads */
	STREAM2,
	TRIPS2,
	CONNECT2,
	KINDS,
};

static const struct test {
	const char *name, *what;
	bool (*op)(const struct flows *f);
	const char *proto;
	int ops; /* a call */
	int calls;
	double (*apart)(const struct flows *f, double ms);
} tests[KINDS] = {
	[FRESH] = {.name = "new", .what = "a packet of a new flow"},
	[OLD] = {.name = "old", .what = "a packet of an established flow"},
	[BACK] = {.name = "back", .what = "an answer of an established flow"},
	[STREAM] = {.name = "stream",
		    .what = "64 KiB on an established connection",
		    .op = flows_chunk,
		    .proto = "tcp",
		    .ops = 1,
		    .calls = 4},
	[TRIPS] = {.name = "trips",
		   .what = "a byte and one back on such a connection",
		   .op = flows_trip,
		   .proto = "tcp",
		   .ops = 1,
		   .calls = 16},
	[CONNECT] = {.name = "connect",
		     .what = "a connection made, accepted and reset",
		     .op = flows_connect,
		     .proto = "tcp",
		     .ops = 1,
		     .calls = 4},
	[DATAGRAMS] = {.name = "datagrams",
		       .what = "a datagram of an established flow",
		       .op = flows_datagrams,
		       .proto = "udp",
		       .ops = FLOWS_BATCH,
		       .calls = 2},
	[STREAM2] = {.name = "stream2",
		     .what = "64 KiB, by two threads",
		     .proto = "tcp",
		     .apart = apart_chunks},
	[TRIPS2] = {.name = "trips2",
		    .what = "a byte and one back, by two threads",
		    .proto = "tcp",
		    .apart = apart_trips},
	[CONNECT2] = {.name = "connect2",
		      .what = "a connection for a byte and one back, by two "
			      "threads",
		      .proto = "tcp",
		      .apart = apart_connects},
};

static const int sizes[SIZES] = {10, 1000, 10000};
static const int load_sizes[] = {1000, 10000, 100000};
enum {
	NLOADS = 4 /* the last: a table */
};
#define TABLE 1000000

static bool two_cpus;

/* ---- small things */

static double cpu_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static int open_ns(const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		perror(path);
		exit(1);
	}
	return fd;
}

/* ---- contenders */

enum {
	NONE,
	EMPTY,
	PF,
	NFT,
	NFT2,
	IPTABLES,
	WAYS_MAX
};

static struct way {
	const char *name;
	const char *load; /* of %s, a protocol, and %d rules */
	pf_write_t *write;
	const char *needs;
	bool counts; /* the kernel counts for each flow, as pf has it */
	bool runs;
	int ns;			       /* the router's */
	int ends[2];		       /* the namespaces beside it */
	int wire[2];		       /* packet sockets there */
	int ct;			       /* ctnetlink of the router */
	unsigned char frame[2][FRAME]; /* from there, and back */
	struct flows flows;
	struct samples us[KINDS][SIZES];    /* an operation */
	struct samples ratio[KINDS][SIZES]; /* to pf's */
	struct samples load_ms[NLOADS];
	long load_kb[NLOADS];
} ways[WAYS_MAX] = {
	[NONE] = {.name = "none",
		  .load = "nft -f " PF_RULES "/none.%s.%d",
		  .write = pf_write_none},
	[EMPTY] = {.name = "empty",
		   .load = "nft -f " PF_RULES "/empty.%s.%d",
		   .write = pf_write_empty},
	[PF] = {.name = "pf",
		.load = "pfctl -q -f " PF_RULES "/pf.%s.%d 2>/dev/null",
		.write = pf_write_pf},
	[NFT] = {.name = "nft",
		 .load = "nft -f " PF_RULES "/nft.%s.%d",
		 .write = pf_write_nft},
	[NFT2] = {.name = "nft2",
		  .load = "nft -f " PF_RULES "/nft2.%s.%d",
		  .counts = true,
		  .write = pf_write_nft2},
	[IPTABLES] = {.name = "iptables",
		      .load = "iptables-legacy-restore " PF_RULES
			      "/iptables.%s.%d",
		      .needs = "iptables-legacy-restore",
		      .write = pf_write_iptables},
};

/* ---- networks */

static uint16_t ip_sum(const void *p, size_t n)
{
	const uint8_t *b = p;
	uint32_t s = 0;

	for (size_t i = 0; i < n; i += 2)
		s += (uint32_t)(b[i] << 8 | b[i + 1]);
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return htons((uint16_t)~s);
}

/* Of a packet from one end of a flow to the other. */
struct end {
	uint32_t addr;
	uint16_t port;
	unsigned char mac[6]; /* of that end of the wire to the router */
};

static void make_frame(unsigned char *frame, const struct end *from,
		       const struct end *to, const unsigned char *router)
{
	struct iphdr ip = {.version = 4,
			   .ihl = 5,
			   .ttl = 64,
			   .protocol = IPPROTO_UDP,
			   .tot_len = htons(FRAME - ETH_HLEN),
			   .saddr = htonl(from->addr),
			   .daddr = htonl(to->addr)};
	const struct udphdr udp = {.source = htons(from->port),
				   .dest = htons(to->port),
				   .len = htons(FRAME - ETH_HLEN - 20)};

	ip.check = ip_sum(&ip, sizeof(ip));
	memset(frame, 0, FRAME);
	memcpy(frame, router, 6);
	memcpy(frame + 6, from->mac, 6);
	frame[12] = 8;
	memcpy(frame + ETH_HLEN, &ip, sizeof(ip));
	memcpy(frame + ETH_HLEN + sizeof(ip), &udp, sizeof(udp));
}

static bool mac_of(const char *name, unsigned char *mac, int *ret_index)
{
	struct ifaddrs *all = NULL;
	bool found = false;

	if (getifaddrs(&all) < 0)
		return false;
	for (const struct ifaddrs *a = all; a; a = a->ifa_next) {
		const struct sockaddr_ll *l = (const void *)a->ifa_addr;

		if (!l || l->sll_family != AF_PACKET ||
		    strcmp(a->ifa_name, name))
			continue;
		memcpy(mac, l->sll_addr, 6);
		*ret_index = l->sll_ifindex;
		found = true;
	}
	freeifaddrs(all);
	return found;
}

/* Packets that the router has sent out of an interface. */
static unsigned long sent_by(const struct way *w, const char *name)
{
	struct ifaddrs *all = NULL;
	unsigned long n = 0;

	enter(w->ns);
	if (getifaddrs(&all) < 0)
		return 0;
	for (const struct ifaddrs *a = all; a; a = a->ifa_next)
		if (a->ifa_addr && a->ifa_addr->sa_family == AF_PACKET &&
		    !strcmp(a->ifa_name, name))
			n = ((const struct rtnl_link_stats *)a->ifa_data)
				    ->tx_packets;
	freeifaddrs(all);
	return n;
}

/* A socket at the far end of one of the router's wires; its address. */
static int open_wire(int ns, unsigned char *mac)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_IP)};
	int fd = -1;

	enter(ns);
	if (mac_of("e0", mac, &to.sll_ifindex))
		fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* A, the router R, and C.  Without an address A and C drop what comes. */
static bool make_net(struct way *w, int i)
{
	struct end a = {.addr = 0x0a000002, .port = 5000},
		   c = {.addr = 0x0a010002, .port = PF_PORT};
	unsigned char to_a[6], to_c[6];
	char name[16];
	int index;

	if (!sh("set -e; for n in a r c; do ip netns add ${n}%d; done; "
		"ip -n r%d link add em0 type veth peer name e0 netns a%d; "
		"ip -n r%d link add em1 type veth peer name e0 netns c%d; "
		"for n in em0 em1; do ip -n r%d link set $n up; done; "
		"for n in a c; do ip -n ${n}%d link set e0 up; done; "
		"ip -n r%d addr add 10.0.0.1/24 dev em0; "
		"ip -n r%d addr add 10.1.0.1/24 dev em1; "
		"ip -n r%d neigh add 10.0.0.2 lladdr "
		"$(ip netns exec a%d cat /sys/class/net/e0/address) dev em0; "
		"ip -n r%d neigh add 10.1.0.2 lladdr "
		"$(ip netns exec c%d cat /sys/class/net/e0/address) dev em1; "
		"ip netns exec r%d sh -c 'cd /proc/sys/net; "
		"echo 1 >ipv4/ip_forward; "
		"for i in all em0 em1; do "
		"echo 0 >ipv4/conf/$i/rp_filter; done'",
		i, i, i, i, i, i, i, i, i, i, i, i, i, i))
		return false;
	if (w->counts && !sh("ip netns exec r%d sh -c 'for i in acct timestamp;"
			     " do echo 1 >/proc/sys/net/netfilter/"
			     "nf_conntrack_$i; done'",
			     i))
		return false;
	snprintf(name, sizeof(name), "a%d", i);
	w->ends[0] = open_ns(name);
	w->wire[0] = open_wire(w->ends[0], a.mac);
	snprintf(name, sizeof(name), "c%d", i);
	w->ends[1] = open_ns(name);
	w->wire[1] = open_wire(w->ends[1], c.mac);
	snprintf(name, sizeof(name), "r%d", i);
	w->ns = open_ns(name);
	enter(w->ns);
	w->ct = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	if (!mac_of("em0", to_a, &index) || !mac_of("em1", to_c, &index))
		return false;
	make_frame(w->frame[0], &a, &c, to_a);
	make_frame(w->frame[1], &c, &a, to_c);
	return w->ct >= 0 && w->wire[0] >= 0 && w->wire[1] >= 0;
}

/* A and C get addresses, for sockets. */
static bool ends_up(struct way *w, int i)
{
	const struct in_addr a = {htonl(0x0a000002)}, c = {htonl(0x0a010002)};

	flows_init(&w->flows, w->ends[0], a, w->ends[1], c);
	return sh("end() { ip -n $1 addr add $2.2/24 dev e0; "
		  "ip -n $1 neigh add $2.1 lladdr "
		  "$(ip netns exec r%d cat /sys/class/net/$3/address) dev e0; "
		  "ip -n $1 route add default via $2.1; }\n"
		  "end a%d 10.0.0 em0; end c%d 10.1.0 em1",
		  i, i, i);
}

/* The router forgets its flows. */
static void forget_flows(const struct way *w)
{
	const struct {
		struct nlmsghdr h;
		struct nfgenmsg g;
	} m = {.h = {.nlmsg_len = sizeof(m),
		     .nlmsg_type =
			     NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE,
		     .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK}};
	char buf[4096];

	if (send(w->ct, &m, sizeof(m), 0) < 0 ||
	    recv(w->ct, buf, sizeof(buf), 0) < 0)
		perror("bench: flows");
}

/* ---- packets */

static unsigned char frames[BATCH][FRAME];

static void put16(unsigned char *p, unsigned int v)
{
	p[0] = (unsigned char)(v >> 8);
	p[1] = (unsigned char)v;
}

/* Send count packets; processor time of one, in us.  0: they did not come. */
static double slice(const struct way *w, int nports, enum kind kind,
		    unsigned int count)
{
	struct iovec iov[BATCH];
	struct mmsghdr m[BATCH];
	const unsigned int batch = count < BATCH ? count : BATCH;
	const char *leaves = kind == BACK ? "em0" : "em1";
	unsigned long before = sent_by(w, leaves), got = 0;
	unsigned int flow = 0;
	double t0, t = 0;

	memset(m, 0, sizeof(m));
	for (unsigned int i = 0; i < batch; i++) {
		memcpy(frames[i], w->frame[kind == BACK], FRAME);
		iov[i] = (struct iovec){frames[i], FRAME};
		m[i].msg_hdr.msg_iov = &iov[i];
		m[i].msg_hdr.msg_iovlen = 1;
	}
	for (unsigned int n = 0; n < count; n += batch) {
		for (unsigned int i = 0; kind == FRESH && i < batch;
		     i++, flow++) {
			/* a source port each, spread over the ports */
			put16(frames[i] + ETH_HLEN + 20, 10000 + flow);
			put16(frames[i] + ETH_HLEN + 22,
			      PF_PORT + flow * 7919u % (unsigned int)nports);
		}
		t0 = cpu_us();
		if (sendmmsg(w->wire[kind == BACK], m, batch, 0) != (int)batch)
			return 0;
		t += cpu_us() - t0;
	}
	for (int i = 0; i < 100; i++) {
		got = sent_by(w, leaves) - before;
		if (got >= count)
			return t / count;
		usleep(1000);
	}
	fprintf(stderr, "bench: %s: %lu of %u packets came through\n", w->name,
		got, count);
	return 0;
}

static double frame_turn(struct way *w, int s, enum kind kind)
{
	if (kind != FRESH) {
		/* the flow is known, and has been answered */
		slice(w, 1, OLD, 1);
		slice(w, 1, BACK, 1);
		slice(w, 1, kind, SLICE);
	}
	return slice(w, sizes[s] - 2, kind, SLICE);
}

/* ---- sockets */

static bool open_flow(struct way *w, const struct test *t, int port)
{
	struct flows *f = &w->flows;

	if (!strcmp(t->proto, "tcp"))
		return flows_open_stream(f, port);
	/* an answer is what makes a flow of datagrams an established one */
	return flows_open_datagrams(f, port) && flows_datagrams(f) &&
	       flows_answer(f);
}

/* Processor time of an operation, in us; 0: it failed. */
static double operate(const struct way *w, const struct test *t, double ms)
{
	const double end = now_ms() + ms;
	double t0;
	long n = 0;

	enter(w->ends[0]);
	t0 = cpu_us();
	do {
		for (int i = 0; i < t->calls; i++, n += t->ops)
			if (!t->op(&w->flows))
				return 0;
	} while (now_ms() < end);
	return (cpu_us() - t0) / (double)n;
}

static double flow_turn(struct way *w, int s, const struct test *t)
{
	double us = 0;

	if (open_flow(w, t, PF_PORT + (sizes[s] - 2) / 2)) {
		if (t->apart)
			us = t->apart(&w->flows, APART_MS);
		else if (operate(w, t, WARM_MS) > 0)
			us = operate(w, t, SLICE_MS);
	}
	if (us <= 0)
		fprintf(stderr, "bench: %s: %s: %s\n", w->name, t->name,
			strerror(errno));
	flows_close(&w->flows);
	return us;
}

/* ---- rounds */

static double turn(struct way *w, int s, enum kind kind)
{
	double us;

	if (!w->runs)
		return 0;
	forget_flows(w);
	us = tests[kind].proto ? flow_turn(w, s, &tests[kind])
			       : frame_turn(w, s, kind);
	if (us > 0)
		samples_add(&w->us[kind][s], us);
	return us;
}

static void one_round(int s, int round, enum kind kind)
{
	double us[WAYS_MAX];

	for (int i = 0; i < WAYS_MAX; i++) {
		int k = round % 2 ? WAYS_MAX - 1 - i : i;

		us[k] = turn(&ways[k], s, kind);
	}
	for (int i = 0; i < WAYS_MAX; i++)
		if (us[i] > 0 && us[PF] > 0)
			samples_add(&ways[i].ratio[kind][s], us[i] / us[PF]);
}

/* ---- loading */

/* Loading of a file of rules: the time, and the most memory it took. */
static double timed(const struct way *w, const char *what, int n, long *kb)
{
	struct rusage ru;
	char text[256];
	int status = 0;
	double t0;
	pid_t pid;

	enter(w->ns);
	/* the shell becomes the command */
	snprintf(text, sizeof(text), "exec ");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(text + 5, sizeof(text) - 5, w->load, what, n);
#pragma GCC diagnostic pop
	t0 = now_ms();
	pid = fork();
	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", text, (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &ru) < 0 || status) {
		fprintf(stderr, "bench: %s: status %d\n", text, status);
		return 0;
	}
	if (ru.ru_maxrss > *kb)
		*kb = ru.ru_maxrss;
	return now_ms() - t0;
}

static void load_bench(int rounds)
{
	for (int l = 0; l < NLOADS; l++) {
		const int n = l < NLOADS - 1 ? load_sizes[l] : TABLE;

		if (n == TABLE)
			pf_write_table(n);
		for (int w = PF; w <= NFT && n != TABLE; w++)
			ways[w].write("udp", n);
		for (int r = 0; r < rounds; r++)
			for (int w = PF; w <= NFT; w++) {
				double ms = timed(&ways[w],
						  n == TABLE ? "table" : "udp",
						  n, &ways[w].load_kb[l]);

				if (ms > 0)
					samples_add(&ways[w].load_ms[l], ms);
			}
	}
}

/* ---- all */

static bool set_up(void)
{
	cpu_set_t one;

	two_cpus = apart_init();
	if (!two_cpus)
		fprintf(stderr, "bench: one processor: not by two threads\n");
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	for (int i = 0; i < WAYS_MAX; i++) {
		struct way *w = &ways[i];

		if (w->needs &&
		    !cmd(NULL, "sh", "-c", "command -v $0", w->needs)) {
			fprintf(stderr, "bench: without %s\n", w->name);
			continue;
		}
		w->runs = make_net(w, i);
		if (!w->runs) {
			fprintf(stderr, "bench: %s: %s\n", w->name,
				cmd_error());
			return false;
		}
	}
	return sh("ip netns exec r%d pfctl -q -e", PF);
}

/* All have their rules; who cannot is left out. */
static void load_all(const char *proto, int n)
{
	long kb = 0;

	for (int i = 0; i < WAYS_MAX; i++) {
		if (!ways[i].runs)
			continue;
		ways[i].write(proto, n);
		if (timed(&ways[i], proto, n, &kb) <= 0)
			ways[i].runs = false;
	}
}

static void frame_bench(int rounds)
{
	for (int s = 0; s < SIZES; s++) {
		load_all("udp", sizes[s]);
		for (int r = 0; r < rounds; r++)
			for (enum kind k = FRESH; k <= BACK; k++)
				one_round(s, r, k);
	}
}

static void flow_bench(int rounds, const char *proto)
{
	for (int s = 0; s < SIZES; s++) {
		load_all(proto, sizes[s]);
		for (int r = 0; r < rounds; r++)
			for (enum kind k = STREAM; k < KINDS; k++)
				if (!strcmp(tests[k].proto, proto) &&
				    (!tests[k].apart || two_cpus))
					one_round(s, r, k);
	}
}

bool pf_bench(int rounds)
{
	const int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	if (!set_up())
		return false;
	frame_bench(rounds);
	for (int i = 0; i < WAYS_MAX; i++)
		if (ways[i].runs && !ends_up(&ways[i], i))
			return false;
	flow_bench(rounds, "tcp");
	flow_bench(rounds, "udp");
	load_bench(rounds < LOADS ? rounds : LOADS);
	enter(home);
	close(home);
	return true;
}

static void print_test(enum kind kind)
{
	printf("\n%s: %s, us of %s (and to pf's)\n\n%-10s", tests[kind].name,
	       tests[kind].what,
	       tests[kind].apart ? "the clock" : "processor time", "");
	for (int s = 0; s < SIZES; s++)
		printf(" %8d rules", sizes[s]);
	putchar('\n');
	for (int i = 0; i < WAYS_MAX; i++) {
		struct way *w = &ways[i];

		printf("%-10s", w->name);
		for (int s = 0; s < SIZES; s++)
			printf(" %7.2f %6.3f", samples_median(&w->us[kind][s]),
			       samples_median(&w->ratio[kind][s]));
		putchar('\n');
	}
}

void pf_print(void)
{
	printf("pf's rules beside nft's and iptables'\n");
	for (enum kind k = FRESH; k < KINDS; k++)
		print_test(k);
	printf("\nloading, milliseconds and MB\n\n%-10s", "");
	for (int l = 0; l < NLOADS - 1; l++)
		printf(" %8d rules", load_sizes[l]);
	printf("   %d addresses\n", TABLE);
	for (int w = PF; w <= NFT; w++) {
		printf("%-10s", ways[w].name);
		for (int l = 0; l < NLOADS; l++)
			printf(" %8.0f %5.0f",
			       samples_median(&ways[w].load_ms[l]),
			       (double)ways[w].load_kb[l] / 1024);
		putchar('\n');
	}
}

void pf_json(void)
{
	printf("\"pf\":[");
	for (int i = 0; i < WAYS_MAX; i++) {
		struct way *w = &ways[i];

		printf("%s{\"name\":\"%s\",\"rules\":[", i ? "," : "", w->name);
		for (int s = 0; s < SIZES; s++) {
			printf("%s{\"n\":%d", s ? "," : "", sizes[s]);
			for (enum kind k = FRESH; k < KINDS; k++)
				printf(",\"%s\":%.3f,\"%s_ratio\":%.3f",
				       tests[k].name,
				       samples_median(&w->us[k][s]),
				       tests[k].name,
				       samples_median(&w->ratio[k][s]));
			putchar('}');
		}
		printf("],\"load\":[");
		for (int l = 0; l < NLOADS; l++)
			printf("%s{\"n\":%d,\"ms\":%.1f,\"kb\":%ld}",
			       l ? "," : "",
			       l < NLOADS - 1 ? load_sizes[l] : TABLE,
			       samples_median(&w->load_ms[l]), w->load_kb[l]);
		printf("]}");
	}
	printf("]");
}
