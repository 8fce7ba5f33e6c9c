/*
 * graph: two network stacks joined by netgraph, beside other ways to join them.
 *
 * Theory of operation.  Each way has two network namespaces (a jail with a
 * vnet is one, as far as packets can tell) with an interface each, and
 * something between, in a third.  Both ends of each conversation are this one
 * thread's (flows.h), which is bound to one processor and waits for nothing
 * (README.md says what an operation is).  In each round each test is done on
 * each way for a moment, one after the other, forwards and backwards in turn;
 * what counts are medians of the rounds' ratios.
 *
 * "two" are two such threads at once, on two processors.
 */
#include "bench.h"
#include "flows.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	SLICE_MS = 20,
	BATCH = 32,
	FRAME = 60, /* bytes, without the sum at its end */
	PORT = 7000,
	SETTLE = 3000000 /* us until bridges forward and flows are known */
};

/* ---- ways */

struct end {
	char name[IFNAMSIZ];
	int ns; /* the namespace */
	unsigned char mac[6];
	struct in_addr addr;
};

struct way {
	const char *name;
	bool (*make)(struct way *w);
	int nodes, hooks;
	bool off;   /* not asked for, or it does not work here */
	int middle; /* the namespace of what is between */
	struct end end[2];
	int raw; /* AF_PACKET on end 0 */
	struct flows flows;
	pid_t daemon; /* whose processor time counts, too; 0: none */
};

static bool make_direct(struct way *w);
static bool make_bridge(struct way *w);
static bool make_docker(struct way *w);
static bool make_graph(struct way *w);
static bool make_ovs(struct way *w);
static bool make_own(struct way *w);
static bool make_stp(struct way *w);

enum {
	DIRECT,
	BRIDGE,
	DOCKER,
	OVS
};
static struct way ways[] = {
	[DIRECT] = {.name = "direct", .make = make_direct},
	[BRIDGE] = {.name = "bridge", .make = make_bridge, .hooks = 2},
	[DOCKER] = {.name = "docker", .make = make_docker, .hooks = 2},
	[OVS] = {.name = "ovs", .make = make_ovs, .hooks = 2},
	{.name = "graph 1", .make = make_graph, .nodes = 1, .hooks = 2},
	{.name = "graph 2", .make = make_graph, .nodes = 2, .hooks = 2},
	{.name = "graph 4", .make = make_graph, .nodes = 4, .hooks = 2},
	{.name = "graph 8", .make = make_graph, .nodes = 8, .hooks = 2},
	{.name = "bridge/64", .make = make_bridge, .hooks = 64},
	{.name = "graph/64", .make = make_graph, .nodes = 1, .hooks = 64},
	{.name = "bridge/1000", .make = make_bridge, .hooks = 1000},
	{.name = "graph/1000", .make = make_graph, .nodes = 1, .hooks = 1000},
	{.name = "ifconfig", .make = make_own, .hooks = 2},
	{.name = "stp", .make = make_stp, .hooks = 2},
};
#define NWAYS (sizeof(ways) / sizeof(*ways))

static int home = -1; /* our own namespace */

static int new_namespace(void)
{
	int ns;

	if (unshare(CLONE_NEWNET) < 0)
		return -1;
	ns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	enter(home);
	return ns;
}

static bool move(const struct end *e)
{
	return sh("ip link set %s netns /proc/%d/fd/%d", e->name, (int)getpid(),
		  e->ns);
}

static bool make_direct(struct way *w)
{
	return sh("ip link add %s type veth peer name %s", w->end[0].name,
		  w->end[1].name) &&
	       move(&w->end[0]) && move(&w->end[1]);
}

/* Ports that nobody uses: pairs whose other ends take what comes. */
static bool more_ports(const char *bridge, int n)
{
	return sh("i=0; while [ $i -lt %d ]; do p=%s-$i; i=$((i + 1))\n"
		  "echo link add h$p type veth peer name o$p\n"
		  "echo link set h$p master %s addrgenmode none\n"
		  "echo link set o$p addrgenmode none arp off\n"
		  "echo link set h$p up; echo link set o$p up\n"
		  "done >/tmp/batch; ip -batch /tmp/batch",
		  n, bridge, bridge);
}

static bool make_bridge(struct way *w)
{
	const char *a = w->end[0].name, *b = w->end[1].name;
	char bridge[16];

	snprintf(bridge, sizeof(bridge), "br%d", w->hooks);
	return sh("ip link add %s type bridge && "
		  "ip link set %s addrgenmode none && ip link set %s up\n"
		  "for i in %s %s; do ip link add h$i type veth peer name $i; "
		  "ip link set h$i master %s; ip link set h$i up; done",
		  bridge, bridge, bridge, a, b, bridge) &&
	       more_ports(bridge, w->hooks - 2) && move(&w->end[0]) &&
	       move(&w->end[1]);
}

/* The same by ifconfig(8), with more to be said of each member. */
static bool own_bridge(struct way *w, const char *more)
{
	return sh("ifconfig bridge0 create up\n"
		  "for i in %s %s; do p=$(ifconfig epair create); "
		  "ifconfig ${p%%a}b name $i >/dev/null; "
		  "ifconfig $p up; ifconfig bridge0 addm $p %s; done",
		  w->end[0].name, w->end[1].name, more) &&
	       move(&w->end[0]) && move(&w->end[1]);
}

static bool make_own(struct way *w)
{
	return own_bridge(w, "");
}

static bool make_stp(struct way *w)
{
	return own_bridge(w, "stp $p edge $p");
}

/* What Docker sets up for a network of its own, as far as packets between two
 * containers meet it. */
static bool make_docker(struct way *w)
{
	const char *a = w->end[0].name, *b = w->end[1].name;

	return sh("ip link add docker type bridge nf_call_iptables 1 && "
		  "ip link set docker addrgenmode none && "
		  "ip link set docker up\n"
		  "for i in %s %s; do ip link add h$i type veth peer name $i; "
		  "ip link set h$i master docker; ip link set h$i up; done\n"
		  "nft -f - <<'X'\n"
		  "table ip docker {\n"
		  "chain isolate { return; }\n"
		  "chain forward { type filter hook forward priority 0; "
		  "counter jump isolate; "
		  "oifname docker ct state established,related counter accept; "
		  "iifname docker oifname != docker counter accept; "
		  "iifname docker oifname docker counter accept; }\n"
		  "chain pre { type nat hook prerouting priority -100; "
		  "fib daddr type local counter; }\n"
		  "chain post { type nat hook postrouting priority 100; "
		  "ip saddr 172.17.0.0/16 oifname != docker masquerade; }\n"
		  "}\nX",
		  a, b) &&
	       move(&w->end[0]) && move(&w->end[1]);
}

/* Bridges in a row, an eiface at each end, others on the first. */
static bool make_graph(struct way *w)
{
	char id[16];
	bool ok;

	snprintf(id, sizeof(id), "g%dx%d", w->nodes, w->hooks);
	ok = sh("ngctl -f - <<'X'\n"
		"mkpeer . bridge tmp link9999\n"
		"name tmp %sb1\n"
		"mkpeer %sb1: eiface link0 ether\n"
		"name %sb1:link0 %sa\n"
		"X\n"
		"i=1; while [ $i -lt %d ]; do j=$((i + 1))\n"
		"ngctl mkpeer %sb$i: bridge link1 link0\n"
		"ngctl name %sb$i:link1 %sb$j; i=$j; done\n"
		"ngctl mkpeer %sb$i: eiface link1 ether\n"
		"ngctl name %sb$i:link1 %sz\n"
		"n=2; while [ $n -lt %d ]; do "
		"echo mkpeer %sb1: eiface link$n ether; n=$((n + 1))\n"
		"done >/tmp/more; ngctl -f /tmp/more",
		id, id, id, id, w->nodes, id, id, id, id, id, id, w->hooks, id);
	ok = ok && sh("for p in a:%s z:%s; do\n"
		      "i=$(ngctl msg %s${p%%:*}: getifname | "
		      "sed -n 's/^Args:.*\"\\(.*\\)\".*/\\1/p')\n"
		      "ip link set $i name ${p#*:}; done\n"
		      "[ %d -le 2 ] || ip -o link show group 28263 | "
		      "sed 's/^[0-9]*: \\([^@:]*\\).*/\\1/' | "
		      "while read -r i; do "
		      "echo link set $i addrgenmode none arp off\n"
		      "echo link set $i up; done | ip -batch -",
		      w->end[0].name, w->end[1].name, id, w->hooks);
	return ok && move(&w->end[0]) && move(&w->end[1]);
}

/*
 * Open vSwitch, where its programs are (OVS_ROOT: of an unpacked package).
 * Without its kernel module packets go through a daemon.
 */
static bool make_ovs(struct way *w)
{
	const char *root = getenv("OVS_ROOT") ? getenv("OVS_ROOT") : "";
	const char *a = w->end[0].name, *b = w->end[1].name;
	char path[512], pid[CMD_OUT_MAX];

	snprintf(path, sizeof(path), "%s/usr/lib/openvswitch-switch/%s", root,
		 "ovs-vswitchd");
	if (access(path, X_OK) < 0) {
		fprintf(stderr, "bench: without ovs: no %s\n", path);
		return false;
	}
	if (!sh("R=%s; D=/tmp/ovs-run; mkdir $D; export OVS_RUNDIR=$D "
		"OVS_DBDIR=$D OVS_LOGDIR=$D "
		"LD_LIBRARY_PATH=$R/usr/lib/$(uname -m)-linux-gnu\n"
		"exec 2>/dev/null >&2\n"
		"$R/usr/bin/ovsdb-tool create $D/db "
		"$R/usr/share/openvswitch/vswitch.ovsschema\n"
		"$R/usr/sbin/ovsdb-server $D/db --remote=punix:$D/db.sock "
		"--detach --pidfile=$D/db.pid\n"
		"%s unix:$D/db.sock --detach --pidfile=$D/v.pid\n"
		"v=\"$R/usr/bin/ovs-vsctl --db=unix:$D/db.sock\"\n"
		"$v --no-wait init\n"
		"$v add-br ovs -- set bridge ovs datapath_type=netdev\n"
		"for i in %s %s; do ip link add h$i type veth peer name $i; "
		"ifconfig $i -txcsum; "
		"ip link set h$i up; $v add-port ovs h$i; done",
		root, path, a, b) ||
	    !cmd(pid, "cat", "/tmp/ovs-run/v.pid"))
		return false;
	w->daemon = (pid_t)strtol(pid, NULL, 10);
	return move(&w->end[0]) && move(&w->end[1]);
}

/* ---- sockets at both ends */

static bool end_up(struct way *w, int i)
{
	struct end *e = &w->end[i], *o = &w->end[!i];

	enter(e->ns);
	if (!sh("ip link set lo up; ip link set %s addrgenmode none "
		"address %02x:%02x:%02x:%02x:%02x:%02x\n"
		"ip link set %s up\nip addr add %s/16 dev %s\n",
		e->name, e->mac[0], e->mac[1], e->mac[2], e->mac[3], e->mac[4],
		e->mac[5], e->name, inet_ntoa(e->addr), e->name) ||
	    !sh("ip neigh add %s lladdr %02x:%02x:%02x:%02x:%02x:%02x dev %s",
		inet_ntoa(o->addr), o->mac[0], o->mac[1], o->mac[2], o->mac[3],
		o->mac[4], o->mac[5], e->name))
		return false;
	enter(home);
	return true;
}

static bool open_raw(struct way *w)
{
	struct sockaddr_ll a = {.sll_family = AF_PACKET};

	enter(w->end[0].ns);
	w->raw = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	a.sll_ifindex = (int)if_nametoindex(w->end[0].name);
	enter(home);
	return w->raw >= 0 &&
	       bind(w->raw, (struct sockaddr *)&a, sizeof(a)) == 0;
}

static bool open_sockets(struct way *w, int nth)
{
	const int port = PORT + 4 * nth;
	bool ok;

	if (!open_raw(w))
		return false;
	flows_init(&w->flows, w->end[0].ns, w->end[0].addr, w->end[1].ns,
		   w->end[1].addr);
	ok = flows_open_datagrams(&w->flows, port) &&
	     flows_open_stream(&w->flows, port);
	enter(home);
	return ok;
}

static bool way_up(struct way *w)
{
	int n = (int)(w - ways);
	bool ok;

	for (int i = 0; i < 2; i++) {
		struct end *e = &w->end[i];

		snprintf(e->name, sizeof(e->name), "%c%d", 'a' + i, n);
		e->ns = new_namespace();
		e->mac[0] = 2;
		e->mac[4] = (unsigned char)n;
		e->mac[5] = (unsigned char)(1 + i);
		e->addr.s_addr = htonl(0xac110000u + (uint32_t)n * 256 + 1 +
				       (uint32_t)i);
		if (e->ns < 0)
			return false;
	}
	w->middle = new_namespace();
	if (w->middle < 0)
		return false;
	enter(w->middle);
	/* bridges that are not asked to do not pass packets to filters */
	ok = sh("for i in /proc/sys/net/bridge/bridge-nf-call-*; do "
		"[ ! -e $i ] || echo 0 >$i; done") &&
	     w->make(w);
	enter(home);
	return ok && end_up(w, 0) && end_up(w, 1);
}

/* ---- tests */

static void fill(const struct way *w, unsigned char f[FRAME], bool all)
{
	memset(f, 0, FRAME);
	memcpy(f, w->end[1].mac, 6);
	if (all)
		memset(f, 0xff, 6);
	memcpy(f + 6, w->end[0].mac, 6);
	f[12] = 0x88; /* a type for experiments: dropped where it arrives */
	f[13] = 0xb5;
}

static bool send_frames(const struct way *w, bool all, int n)
{
	unsigned char f[FRAME];
	struct iovec iov = {f, sizeof(f)};
	struct mmsghdr m[BATCH] = {0};

	fill(w, f, all);
	for (int i = 0; i < n; i++) {
		m[i].msg_hdr.msg_iov = &iov;
		m[i].msg_hdr.msg_iovlen = 1;
	}
	return sendmmsg(w->raw, m, (unsigned int)n, 0) == n;
}

static bool one_frame(const struct way *w)
{
	return send_frames(w, false, BATCH);
}

static bool one_flood(const struct way *w)
{
	return send_frames(w, true, 1);
}

static bool one_datagram(const struct way *w)
{
	return flows_datagrams(&w->flows);
}

static bool one_trip(const struct way *w)
{
	return flows_trip(&w->flows);
}

static bool one_chunk(const struct way *w)
{
	return flows_chunk(&w->flows);
}

static bool one_connection(const struct way *w)
{
	return flows_connect(&w->flows);
}

static const struct test {
	const char *name;
	bool (*op)(const struct way *w);
	int ops; /* a call */
	int calls;
	bool many; /* only on ways with many hooks */
	bool two;
	bool answered; /* nothing is sent that is not waited for */
} tests[] = {
	{"frames", one_frame, BATCH, 2, false, false, false},
	{"datagrams", one_datagram, FLOWS_BATCH, 2, false, false, false},
	{"trips", one_trip, 1, 16, false, false, true},
	{"stream", one_chunk, 1, 4, false, false, true},
	{"connect", one_connection, 1, 4, false, false, true},
	{"two", one_datagram, FLOWS_BATCH, 2, false, true, false},
	{"flood", one_flood, 1, 1, true, false, false},
};
#define NTESTS (sizeof(tests) / sizeof(*tests))

static double clock_ns(clockid_t c)
{
	struct timespec t;

	clock_gettime(c, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/* Processor time of this thread, and of the way's daemon. */
static double cpu_ns(const struct way *w)
{
	double ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	struct timespec t;
	clockid_t clock;

	if (w->daemon && clock_getcpuclockid(w->daemon, &clock) == 0 &&
	    clock_gettime(clock, &t) == 0)
		ns += (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
	return ns;
}

/* Operations a second of processor time; 0: it failed. */
static double rate(const struct way *w, const struct test *t, int ms)
{
	double end = clock_ns(CLOCK_MONOTONIC) + ms * 1e6, cpu;
	bool ok = true;
	long n = 0;

	enter(w->end[0].ns);
	cpu = cpu_ns(w);
	do {
		for (int i = 0; ok && i < t->calls; i++, n += t->ops)
			ok = t->op(w);
	} while (ok && clock_ns(CLOCK_MONOTONIC) < end);
	cpu = cpu_ns(w) - cpu;
	enter(home);
	return ok ? (double)n * 1e9 / cpu : 0;
}

/* The same by two at once, each with sockets of its own: their sum. */
static struct {
	pid_t pid;
	int to, from;
} other = {.pid = -1};

static void other_main(int in, int out)
{
	int i;

	pin(0);
	for (size_t k = 0; k < NWAYS; k++)
		if (!ways[k].off && !open_sockets(&ways[k], 1))
			ways[k].off = true;
	while (read(in, &i, sizeof(i)) == sizeof(i)) {
		double r = ways[i / 16].off ? 0
					    : rate(&ways[i / 16],
						   &tests[i % 16], SLICE_MS);

		if (write(out, &r, sizeof(r)) != sizeof(r))
			break;
	}
	_exit(0);
}

static bool other_start(void)
{
	int in[2], out[2];

	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
		return false;
	other.pid = fork();
	if (other.pid < 0)
		return false;
	if (!other.pid) {
		close(in[1]);
		close(out[0]);
		other_main(in[0], out[1]);
	}
	close(in[0]);
	close(out[1]);
	other.to = in[1];
	other.from = out[0];
	return true;
}

static double rate_two(size_t w, size_t t)
{
	int i = (int)(w * 16 + t);
	double mine, r;

	if (write(other.to, &i, sizeof(i)) != sizeof(i))
		return 0;
	mine = rate(&ways[w], &tests[t], SLICE_MS);
	if (read(other.from, &r, sizeof(r)) != sizeof(r) || !r || !mine)
		return 0;
	return mine + r;
}

/* ---- rounds */

static struct samples rates[NTESTS][NWAYS], to_direct[NTESTS][NWAYS],
	to_bridge[NTESTS][NWAYS], to_one[NTESTS][NWAYS];
enum {
	GRAPH1 = OVS + 1
};

/* Of a flood the measure is the bridge with as many ports. */
static size_t bridge_of(size_t w, size_t t)
{
	if (!tests[t].many)
		return BRIDGE;
	for (size_t k = 0; k < NWAYS; k++)
		if (ways[k].make == make_bridge &&
		    ways[k].hooks == ways[w].hooks)
			return k;
	return BRIDGE;
}

static bool skipped(size_t w, size_t t)
{
	return ways[w].off || (tests[t].many && ways[w].hooks <= 2) ||
	       (ways[w].daemon && !tests[t].answered);
}

static bool test_round(size_t t, int round)
{
	double r[NWAYS] = {0};

	for (size_t k = 0; k < NWAYS; k++) {
		size_t w = round % 2 ? NWAYS - 1 - k : k;

		if (skipped(w, t))
			continue;
		r[w] = tests[t].two ? rate_two(w, t)
				    : rate(&ways[w], &tests[t], SLICE_MS);
		if (!r[w]) {
			fprintf(stderr, "bench: %s: %s: %s\n", ways[w].name,
				tests[t].name, strerror(errno));
			return false;
		}
	}
	for (size_t w = 0; w < NWAYS; w++) {
		if (skipped(w, t))
			continue;
		samples_add(&rates[t][w], r[w]);
		if (r[DIRECT])
			samples_add(&to_direct[t][w], r[w] / r[DIRECT]);
		if (r[bridge_of(w, t)])
			samples_add(&to_bridge[t][w],
				    r[w] / r[bridge_of(w, t)]);
		if (r[GRAPH1])
			samples_add(&to_one[t][w], r[w] / r[GRAPH1]);
	}
	return true;
}

bool graph_bench(int rounds)
{
	home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	for (size_t w = 0; w < NWAYS; w++)
		ways[w].off = !way_up(&ways[w]);
	usleep(SETTLE);
	for (size_t w = 0; w < NWAYS; w++)
		if (!ways[w].off && !open_sockets(&ways[w], 0)) {
			fprintf(stderr, "bench: without %s: %s\n", ways[w].name,
				strerror(errno));
			ways[w].off = true;
		}
	if (!other_start())
		return false;
	pin(1);
	for (int i = 0; i < rounds; i++)
		for (size_t t = 0; t < NTESTS; t++)
			if (!test_round(t, i))
				return false;
	close(other.to);
	close(other.from);
	waitpid(other.pid, NULL, 0);
	return true;
}

/* ---- results */

static void table(const char *head, struct samples s[NTESTS][NWAYS],
		  double scale, const char *fmt)
{
	printf("\n%-36s", head);
	for (size_t t = 0; t < NTESTS; t++)
		printf(" %9s", tests[t].name);
	printf("\n");
	for (size_t w = 0; w < NWAYS; w++) {
		if (ways[w].off)
			continue;
		printf("%-36s", ways[w].name);
		for (size_t t = 0; t < NTESTS; t++)
			if (s[t][w].n)
				printf(fmt, samples_median(&s[t][w]) * scale);
			else
				printf(" %9s", "-");
		printf("\n");
	}
}

void graph_print(void)
{
	printf("Two network stacks, by way of:\n");
	table("thousand a second of processor time", rates, 1e-3, " %9.1f");
	table("ratio to the direct pair", to_direct, 1, " %9.3f");
	table("ratio to the kernel's bridge", to_bridge, 1, " %9.3f");
	table("ratio to a graph of one bridge", to_one, 1, " %9.3f");
}

void graph_json(void)
{
	printf("\"graph\":{");
	for (size_t t = 0; t < NTESTS; t++) {
		const char *comma = "";

		printf("%s\"%s\":{", t ? "," : "", tests[t].name);
		for (size_t w = 0; w < NWAYS; w++) {
			if (!rates[t][w].n)
				continue;
			printf("%s\"%s\":{\"rate\":%.0f,\"to_bridge\":%.3f",
			       comma, ways[w].name,
			       samples_median(&rates[t][w]),
			       samples_median(&to_bridge[t][w]));
			if (to_direct[t][w].n)
				printf(",\"to_direct\":%.3f",
				       samples_median(&to_direct[t][w]));
			printf("}");
			comma = ",";
		}
		printf("}");
	}
	printf("}");
}
