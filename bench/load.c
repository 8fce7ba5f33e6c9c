/*
 * load: what the network stack can do for one process, at one address.
 *
 *   load ADDR PORT [filter|floor]
 *                    reads "TEST MS" a line from stdin, does it for so long,
 *                    and answers "OPERATIONS CPU_NS WALL_NS" or "error TEXT";
 *                    filter: behind a system call filter that allows all;
 *                    floor: and behind programs that do, at a jail's hooks;
 *                    "anew 0" answers "anew" and starts the program once
 *                    more, for where its memory and sockets lie is worth some
 *                    percent
 *
 * Theory of operation.  Both ends of each conversation are this one thread's,
 * and it waits for nothing: over loopback a packet has arrived when the call
 * that sends it returns.  So no other process, no wake-up and no second
 * processor is part of what is measured, and a call's cost is not hidden
 * behind them; processor time an operation is the same as time, but for what
 * others on the machine take.  Servers listen as servers do: on the wildcard
 * address, with SO_REUSEADDR, on PORT (TCP) and the two that follow; clients
 * connect to ADDR from no address of their own choice.
 */
#include "hooks.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	STREAMS = 4,
	CHUNK = 65536, /* of a stream: one operation */
	SMALL = 64,    /* bytes of a datagram */
	BATCH = 32     /* datagrams: one operation */
};

struct pair {
	int client, server;
};

static struct sockaddr_storage target; /* ADDR, port 0 */
static socklen_t target_len;
static uint16_t port;
static int listener = -1;
static struct sockaddr_storage listens; /* ADDR and the listener's port */
static struct pair streams[STREAMS], datagrams, loose;
static struct sockaddr_storage loose_addr;
static char buf[CHUNK];
static const char *failed; /* what, with errno */

static bool fail(const char *what)
{
	failed = what;
	return false;
}

static void set_port(struct sockaddr_storage *a, in_port_t p)
{
	if (a->ss_family == AF_INET)
		((struct sockaddr_in *)a)->sin_port = p;
	else
		((struct sockaddr_in6 *)a)->sin6_port = p;
}

static uint16_t get_port(const struct sockaddr_storage *a)
{
	return a->ss_family == AF_INET
		       ? ((const struct sockaddr_in *)a)->sin_port
		       : ((const struct sockaddr_in6 *)a)->sin6_port;
}

static int new_socket(int type)
{
	int one = 1, size = 1 << 20;
	int fd = socket(target.ss_family, type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return fd;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (type == SOCK_STREAM)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return fd;
}

/* On ADDR, or the wildcard, and a port; *where is how it is reached. */
static int new_server(int type, bool any, int nth,
		      struct sockaddr_storage *where)
{
	struct sockaddr_storage own = {.ss_family = target.ss_family}, got;
	socklen_t len = sizeof(got);
	int fd = new_socket(type);

	if (!any)
		own = target;
	set_port(&own, htons((uint16_t)(port + nth)));
	if (fd < 0 || bind(fd, (struct sockaddr *)&own, target_len) < 0 ||
	    (type == SOCK_STREAM && listen(fd, 64) < 0) ||
	    getsockname(fd, (struct sockaddr *)&got, &len) < 0)
		return -1;
	*where = target;
	set_port(where, get_port(&got));
	return fd;
}

static bool need_listener(void)
{
	if (listener < 0)
		listener = new_server(SOCK_STREAM, true, 0, &listens);
	return listener >= 0 || fail("listen");
}

static bool join(struct pair *p)
{
	p->client = new_socket(SOCK_STREAM);
	if (p->client < 0)
		return fail("socket");
	if (connect(p->client, (struct sockaddr *)&listens, target_len) < 0)
		return fail("connect");
	p->server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	return p->server >= 0 || fail("accept");
}

/* ---- tests: made ready once, then one operation at a time */

static bool tcp_ready(void)
{
	if (!need_listener())
		return false;
	/* what is accepted has the listener's TCP_NODELAY and buffers */
	for (int i = 0; i < STREAMS; i++)
		if (!join(&streams[i]))
			return false;
	return true;
}

static bool pass(int from, int to, size_t size)
{
	if (send(from, buf, size, 0) != (ssize_t)size)
		return fail("send");
	if (recv(to, buf, size, MSG_WAITALL) != (ssize_t)size)
		return fail("recv");
	return true;
}

static bool tcp_one(void)
{
	return pass(streams[0].client, streams[0].server, CHUNK);
}

static bool tcp_four(void)
{
	static int turn;

	turn = (turn + 1) % STREAMS;
	return pass(streams[turn].client, streams[turn].server, CHUNK);
}

static bool tcp_rr(void)
{
	return pass(streams[0].client, streams[0].server, 1) &&
	       pass(streams[0].server, streams[0].client, 1);
}

/* Both ends connected. */
static bool udp_ready(void)
{
	struct sockaddr_storage at, from;
	socklen_t len = sizeof(from);

	datagrams.server = new_server(SOCK_DGRAM, false, 1, &at);
	if (datagrams.server < 0)
		return fail("bind");
	datagrams.client = new_socket(SOCK_DGRAM);
	if (connect(datagrams.client, (struct sockaddr *)&at, target_len) < 0)
		return fail("connect");
	if (send(datagrams.client, buf, SMALL, 0) != SMALL ||
	    recvfrom(datagrams.server, buf, sizeof(buf), 0,
		     (struct sockaddr *)&from, &len) != SMALL)
		return fail("first datagram");
	return connect(datagrams.server, (struct sockaddr *)&from, len) == 0 ||
	       fail("connect of the server");
}

static bool udp(void)
{
	return pass(datagrams.client, datagrams.server, SMALL);
}

/* As programs do that send many: BATCH packets a call. */
static bool udp_many(void)
{
	static struct iovec iov[BATCH];
	struct mmsghdr m[BATCH] = {0};

	for (int i = 0; i < BATCH; i++) {
		iov[i] = (struct iovec){buf + (size_t)SMALL * (size_t)i, SMALL};
		m[i].msg_hdr.msg_iov = &iov[i];
		m[i].msg_hdr.msg_iovlen = 1;
	}
	if (sendmmsg(datagrams.client, m, BATCH, 0) != BATCH)
		return fail("sendmmsg");
	return recvmmsg(datagrams.server, m, BATCH, 0, NULL) == BATCH ||
	       fail("recvmmsg");
}

/* Neither is; the server answers to where it came from. */
static bool loose_ready(void)
{
	loose.server = new_server(SOCK_DGRAM, true, 2, &loose_addr);
	loose.client = new_socket(SOCK_DGRAM);
	return (loose.server >= 0 && loose.client >= 0) || fail("bind");
}

static bool udp_loose(void)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);

	if (sendto(loose.client, buf, SMALL, 0, (struct sockaddr *)&loose_addr,
		   target_len) != SMALL)
		return fail("sendto");
	if (recvfrom(loose.server, buf, sizeof(buf), 0,
		     (struct sockaddr *)&from, &len) != SMALL)
		return fail("recvfrom");
	if (sendto(loose.server, buf, SMALL, 0, (struct sockaddr *)&from,
		   len) != SMALL)
		return fail("sendto back");
	len = sizeof(from);
	return recvfrom(loose.client, buf, sizeof(buf), 0,
			(struct sockaddr *)&from, &len) == SMALL ||
	       fail("recvfrom back");
}

/* Ended by a reset: no port waits, so there are always enough. */
static bool connect_accept(void)
{
	struct linger now = {.l_onoff = 1};
	struct pair p;

	if (!join(&p))
		return false;
	setsockopt(p.client, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(p.client);
	close(p.server);
	return true;
}

static struct test {
	const char *name;
	bool (*ready)(void);
	bool (*op)(void);
	int batch; /* operations between two looks at the clock */
	bool is_ready;
} tests[] = {
	{"tcp1", tcp_ready, tcp_one, 4, false},
	{"tcp4", tcp_ready, tcp_four, 4, false},
	{"rr", tcp_ready, tcp_rr, 16, false},
	{"udp", udp_ready, udp, 32, false},
	{"udpmm", udp_ready, udp_many, 4, false},
	{"udpto", loose_ready, udp_loose, 16, false},
	{"connect", need_listener, connect_accept, 4, false},
};

static uint64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void run(struct test *t, long ms)
{
	uint64_t wall, cpu, end, ops = 0;

	/* tests share their sockets */
	for (size_t i = 0; !t->is_ready && i < sizeof(tests) / sizeof(*t); i++)
		t->is_ready = tests[i].is_ready && tests[i].ready == t->ready;
	if (!t->is_ready && !(t->is_ready = t->ready())) {
		printf("error %s: %s\n", failed, strerror(errno));
		return;
	}
	wall = now_ns(CLOCK_MONOTONIC);
	cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID);
	end = wall + (uint64_t)ms * 1000000;
	do {
		for (int i = 0; i < t->batch; i++)
			if (!t->op()) {
				printf("error %s: %s\n", failed,
				       strerror(errno));
				return;
			}
		ops += (uint64_t)t->batch;
	} while (now_ns(CLOCK_MONOTONIC) < end);
	printf("%llu %llu %llu\n", (unsigned long long)ops,
	       (unsigned long long)(now_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu),
	       (unsigned long long)(now_ns(CLOCK_MONOTONIC) - wall));
}

static bool set_target(const char *addr, const char *number)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&target;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&target;

	if (inet_pton(AF_INET, addr, &in->sin_addr) == 1) {
		target.ss_family = AF_INET;
		target_len = sizeof(*in);
	} else if (inet_pton(AF_INET6, addr, &in6->sin6_addr) == 1) {
		target.ss_family = AF_INET6;
		target_len = sizeof(*in6);
	}
	port = (uint16_t)strtoul(number, NULL, 10);
	return target_len && port;
}

/* What every container and jail has, whatever it then allows. */
static bool filter(void)
{
	struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog prog = {.len = 1, .filter = &all};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) == 0;
}

int main(int argc, char **argv)
{
	char line[64], name[16];
	long ms;

	bool floor = argc == 4 && !strcmp(argv[3], "floor");
	bool filtered = floor || (argc == 4 && !strcmp(argv[3], "filter"));

	if (argc != 3 + filtered || !set_target(argv[1], argv[2])) {
		fprintf(stderr, "usage: load ADDR PORT [filter|floor]\n");
		return 2;
	}
	if ((floor && !hooks_enter()) || (filtered && !filter())) {
		perror("load: filter");
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	while (fgets(line, sizeof(line), stdin)) {
		size_t i = 0, n = sizeof(tests) / sizeof(*tests);

		if (!strncmp(line, "anew", 4)) {
			puts("anew");
			/* the walls are there already */
			argv[3] = NULL;
			execv(argv[0], argv);
			perror("load: anew");
			return 1;
		}

		if (sscanf(line, "%15s %ld", name, &ms) == 2)
			while (i < n && strcmp(tests[i].name, name) != 0)
				i++;
		else
			i = n;
		if (i == n)
			printf("error no such test\n");
		else
			run(&tests[i], ms);
	}
	return 0;
}
