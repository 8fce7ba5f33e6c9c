/*
 * pf: rules of pf beside the same rules written for nft and for iptables.
 *
 * Theory of operation.  Each contender has a router of its own, a network
 * namespace between two others, with the same rules: everything is dropped but
 * UDP to N - 2 ports, which pf's file has as people write it (`block all`, then
 * what passes; the last match decides) and the others as a list whose first
 * match decides.  "none" tracks connections and has no rules.
 *
 * This one thread, bound to one processor, puts frames on the wire; when the
 * call returns, the router has done its work on them, so its processor time is
 * what they cost, and hardly depends on what else the machine does (graph.c).
 * That all have come through is counted at the router's other interface.
 * "new" are packets that each begin a flow, to all ports in turn; "old" are
 * those of one flow that has been answered, "back" its answers.  In each round
 * each contender has its turn for a moment, forwards and backwards; what counts
 * are medians of the rounds' ratios.
 *
 * Loading is the time of one command, the contenders in turn, and the most
 * memory that it had.
 */
#include "bench.h"

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
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DIR_ "/run/pfbench"
enum {
	BATCH = 64,
	FRAME = 60,
	SLICE = 4096,  /* packets a turn */
	PORT = 1000,   /* the first that passes */
	PORTS = 50000, /* of a net, which is 10.0/16 first */
	LOADS = 3,     /* commands of each loading */
	WAYS_MAX = 4,
	SIZES = 3,
};
enum kind { /* of packets */
	FRESH,
	OLD,
	BACK,
	KINDS,
};

static const int sizes[SIZES] = {10, 1000, 10000};
static const int load_sizes[] = {1000, 10000, 100000};
enum {
	NLOADS = 4 /* the last: a table */
};
#define TABLE 1000000

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

/* ---- the rules, as files */

static FILE *open_file(const char *name, int n)
{
	char path[128];
	FILE *f;

	mkdir(DIR_, 0755);
	snprintf(path, sizeof(path), DIR_ "/%s.%d", name, n);
	f = fopen(path, "w");
	if (!f) {
		perror(path);
		exit(1);
	}
	return f;
}

static void write_none(int n)
{
	FILE *f = open_file("none", n);

	/* a chain that nothing comes to: connections are tracked for it */
	fputs("flush ruleset\n"
	      "table inet t {\n\tchain c {\n\t\tct state new\n\t}\n}\n",
	      f);
	fclose(f);
}

static void write_pf(int n)
{
	FILE *f = open_file("pf", n);

	fputs("block all\n", f);
	for (int i = 0; i < n - 2; i++)
		fprintf(f,
			"pass in on em0 inet proto udp from 10.%d.0.0/16 to "
			"any port %d\n",
			i / PORTS, PORT + i % PORTS);
	fputs("pass out on em1\n", f);
	fclose(f);
}

static void write_nft(int n)
{
	FILE *f = open_file("nft", n);

	fputs("flush ruleset\ntable inet t {\n\tchain c {\n"
	      "\t\ttype filter hook forward priority 0; policy drop;\n"
	      "\t\tct state established accept\n",
	      f);
	for (int i = 0; i < n - 2; i++)
		fprintf(f,
			"\t\tiifname em0 ip saddr 10.%d.0.0/16 udp dport %d "
			"accept\n",
			i / PORTS, PORT + i % PORTS);
	fputs("\t}\n}\n", f);
	fclose(f);
}

static void write_iptables(int n)
{
	FILE *f = open_file("iptables", n);

	fputs("*filter\n:INPUT ACCEPT\n:FORWARD DROP\n:OUTPUT ACCEPT\n"
	      "-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT\n",
	      f);
	for (int i = 0; i < n - 2; i++)
		fprintf(f,
			"-A FORWARD -i em0 -s 10.%d.0.0/16 -p udp -m udp "
			"--dport %d -j ACCEPT\n",
			i / PORTS, PORT + i % PORTS);
	fputs("COMMIT\n", f);
	fclose(f);
}

/* ---- contenders */

static struct way {
	const char *name;
	const char *load; /* %d: how many rules */
	const char *needs;
	void (*write)(int n);
	bool runs;
	int ns;	     /* the router's */
	int wire[2]; /* sockets on the sender's end, on the other one */
	int ct;	     /* ctnetlink of the router */
	unsigned char frame[2][FRAME];	    /* from there, and back */
	struct samples us[KINDS][SIZES];    /* a packet */
	struct samples ratio[KINDS][SIZES]; /* to pf's */
	struct samples load_ms[NLOADS];
	long load_kb[NLOADS];
} ways[WAYS_MAX] = {
	{.name = "none",
	 .load = "nft -f " DIR_ "/none.%d",
	 .write = write_none},
	{.name = "pf",
	 .load = "pfctl -q -f " DIR_ "/pf.%d 2>/dev/null",
	 .write = write_pf},
	{.name = "nft", .load = "nft -f " DIR_ "/nft.%d", .write = write_nft},
	{.name = "iptables",
	 .load = "iptables-legacy-restore " DIR_ "/iptables.%d",
	 .needs = "iptables-legacy-restore",
	 .write = write_iptables},
};
enum {
	NONE,
	PF,
	NFT,
	IPTABLES
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
static int open_wire(const char *name, unsigned char *mac)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_IP)};
	const int ns = open_ns(name);
	int fd = -1;

	enter(ns);
	close(ns);
	if (mac_of("e0", mac, &to.sll_ifindex))
		fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* A, the router R, and C: A and C drop what comes, they have no address. */
static bool make_net(struct way *w, int i)
{
	struct end a = {.addr = 0x0a000002, .port = 5000},
		   c = {.addr = 0x0a010002, .port = PORT};
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
	snprintf(name, sizeof(name), "a%d", i);
	w->wire[0] = open_wire(name, a.mac);
	snprintf(name, sizeof(name), "c%d", i);
	w->wire[1] = open_wire(name, c.mac);
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
			      PORT + flow * 7919u % (unsigned int)nports);
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

static void turn(struct way *w, int s, enum kind kind, double *ret)
{
	*ret = 0;
	if (!w->runs)
		return;
	forget_flows(w);
	if (kind != FRESH) {
		/* the flow is known, and has been answered */
		slice(w, 1, OLD, 1);
		slice(w, 1, BACK, 1);
		slice(w, 1, kind, SLICE);
	}
	*ret = slice(w, sizes[s] - 2, kind, SLICE);
	if (*ret > 0)
		samples_add(&w->us[kind][s], *ret);
}

static void packet_round(int s, int round)
{
	double us[WAYS_MAX];

	for (enum kind kind = FRESH; kind < KINDS; kind++) {
		for (int i = 0; i < WAYS_MAX; i++) {
			int k = round % 2 ? WAYS_MAX - 1 - i : i;

			turn(&ways[k], s, kind, &us[k]);
		}
		for (int i = 0; i < WAYS_MAX; i++)
			if (us[i] > 0 && us[PF] > 0)
				samples_add(&ways[i].ratio[kind][s],
					    us[i] / us[PF]);
	}
}

/* ---- loading */

/* A command in a namespace: its time, and the most memory it had. */
static double timed(const struct way *w, const char *command, int n, long *kb)
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
	snprintf(text + 5, sizeof(text) - 5, command, n);
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

static void write_table(void)
{
	FILE *p = open_file("pf", TABLE), *n = open_file("nft", TABLE),
	     *a = open_file("addrs", 0);
	uint32_t v;

	fputs("table <t> persist file \"" DIR_ "/addrs.0\"\n"
	      "block in from <t>\n",
	      p);
	fputs("flush ruleset\ntable ip t {\n\tset s {\n\t\ttype ipv4_addr\n"
	      "\t\tflags interval\n\t\telements = {\n",
	      n);
	for (uint32_t i = 0; i < TABLE; i++) {
		/* every third, so that none are neighbours */
		v = 0x0b000000 + 3 * i;
		fprintf(a, "%u.%u.%u.%u\n", v >> 24, v >> 16 & 255,
			v >> 8 & 255, v & 255);
		fprintf(n, "%u.%u.%u.%u,\n", v >> 24, v >> 16 & 255,
			v >> 8 & 255, v & 255);
	}
	fputs("\t\t}\n\t}\n\tchain c {\n"
	      "\t\ttype filter hook input priority 0\n"
	      "\t\tip saddr @s drop\n\t}\n}\n",
	      n);
	fclose(p);
	fclose(n);
	fclose(a);
}

static void load_bench(int rounds)
{
	for (int l = 0; l < NLOADS; l++) {
		const int n = l < NLOADS - 1 ? load_sizes[l] : TABLE;

		if (n == TABLE)
			write_table();
		for (int w = PF; w <= NFT && n != TABLE; w++)
			ways[w].write(n);
		for (int r = 0; r < rounds; r++)
			for (int w = PF; w <= NFT; w++) {
				double ms = timed(&ways[w], ways[w].load, n,
						  &ways[w].load_kb[l]);

				if (ms > 0)
					samples_add(&ways[w].load_ms[l], ms);
			}
	}
}

/* ---- all */

static bool set_up(void)
{
	cpu_set_t one;

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

bool pf_bench(int rounds)
{
	const int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	long kb = 0;

	if (!set_up())
		return false;
	for (int s = 0; s < SIZES; s++) {
		for (int i = 0; i < WAYS_MAX; i++) {
			if (!ways[i].runs)
				continue;
			ways[i].write(sizes[s]);
			if (timed(&ways[i], ways[i].load, sizes[s], &kb) <= 0)
				ways[i].runs = false;
		}
		for (int r = 0; r < rounds; r++)
			packet_round(s, r);
	}
	load_bench(rounds < LOADS ? rounds : LOADS);
	enter(home);
	close(home);
	return true;
}

static void print_packets(const char *what, enum kind kind)
{
	printf("\n%s, us of processor time (and to pf's)\n\n%-10s", what, "");
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
	print_packets("a packet of a new flow", FRESH);
	print_packets("a packet of an established flow", OLD);
	print_packets("an answer of an established flow", BACK);
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
		for (int s = 0; s < SIZES; s++)
			printf("%s{\"n\":%d,\"new\":%.3f,\"old\":%.3f,"
			       "\"back\":%.3f,\"new_ratio\":%.3f,"
			       "\"old_ratio\":%.3f,\"back_ratio\":%.3f}",
			       s ? "," : "", sizes[s],
			       samples_median(&w->us[FRESH][s]),
			       samples_median(&w->us[OLD][s]),
			       samples_median(&w->us[BACK][s]),
			       samples_median(&w->ratio[FRESH][s]),
			       samples_median(&w->ratio[OLD][s]),
			       samples_median(&w->ratio[BACK][s]));
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
