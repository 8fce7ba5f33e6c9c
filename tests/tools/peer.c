/*
 * peer: one end of a TCP or UDP conversation.
 *
 *   peer serve tcp|udp ADDR PORT     echo what comes; prints "ready" first
 *   peer probe tcp|udp ADDR PORT     say something, expect it back
 *   peer hold tcp ADDR PORT          connect, print "connected", stay until
 *                                    the connection ends or a signal comes
 *   options before ADDR: -t MS       give up after so long (probe; 1000)
 *                        -s SRC      bind to this source address first
 *                        -i IF       IPv6 link-local scope
 *
 * ADDR is numeric, of either family; 0.0.0.0 and :: are the wildcards.
 * Exit status: 0 done, 1 refused, timed out or cut off (the reason is on
 * stderr), 2 wrong use.
 */
#include <errno.h>
#include <netdb.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	CLIENTS_MAX = 64
};

struct peer {
	bool udp;
	int timeout_ms;
	const char *src;
	const char *scope;
	const char *addr;
	const char *port;
};

static int fail(const char *what)
{
	fprintf(stderr, "peer: %s: %s\n", what, strerror(errno));
	return 1;
}

static int usage(void)
{
	fprintf(stderr, "usage: peer serve|probe|hold tcp|udp [-t ms] [-s src] "
			"[-i interface] addr port\n");
	return 2;
}

/* Resolve a numeric address; exits when it is none. */
static struct addrinfo *resolve(const struct peer *p, const char *addr,
				const char *port)
{
	struct addrinfo *ai = NULL;
	struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_socktype = p->udp ? SOCK_DGRAM : SOCK_STREAM,
	};
	int r = getaddrinfo(addr, port, &hints, &ai);

	if (r) {
		fprintf(stderr, "peer: %s: %s\n", addr, gai_strerror(r));
		exit(2);
	}
	if (p->scope && ai->ai_family == AF_INET6)
		((struct sockaddr_in6 *)ai->ai_addr)->sin6_scope_id =
			if_nametoindex(p->scope);
	return ai;
}

static int open_socket(const struct addrinfo *ai)
{
	int one = 1;
	int fd = socket(ai->ai_family, ai->ai_socktype | SOCK_CLOEXEC, 0);

	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	return fd;
}

static int serve_udp(int fd)
{
	struct sockaddr_storage from;
	char buf[65536];

	for (;;) {
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(fd, buf, sizeof(buf), 0,
				     (struct sockaddr *)&from, &len);

		if (n < 0 && errno != EINTR && errno != ECONNREFUSED)
			return fail("recvfrom");
		if (n >= 0)
			sendto(fd, buf, (size_t)n, 0, (struct sockaddr *)&from,
			       len);
	}
}

/* Echo on one client; false when it has gone. */
static bool serve_client(int fd)
{
	char buf[65536];
	ssize_t n = read(fd, buf, sizeof(buf));

	return n > 0 && write(fd, buf, (size_t)n) == n;
}

static int serve_tcp(int fd)
{
	struct pollfd pfd[CLIENTS_MAX + 1] = {{.fd = fd, .events = POLLIN}};
	nfds_t n = 1;

	for (;;) {
		if (poll(pfd, n, -1) < 0 && errno != EINTR)
			return fail("poll");
		for (nfds_t i = n - 1; i > 0; i--) {
			if (!pfd[i].revents || serve_client(pfd[i].fd))
				continue;
			close(pfd[i].fd);
			pfd[i] = pfd[--n];
		}
		if (pfd[0].revents && n <= CLIENTS_MAX) {
			int c = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

			if (c >= 0)
				pfd[n++] = (struct pollfd){.fd = c,
							   .events = POLLIN};
		}
	}
}

static int serve(const struct peer *p)
{
	struct addrinfo *ai = resolve(p, p->addr, p->port);
	int one = 1;
	int fd = open_socket(ai);

	if (fd < 0)
		return fail("socket");
	if (ai->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (bind(fd, ai->ai_addr, ai->ai_addrlen))
		return fail("bind");
	if (!p->udp && listen(fd, 16))
		return fail("listen");
	puts("ready");
	fflush(stdout);
	return p->udp ? serve_udp(fd) : serve_tcp(fd);
}

/* Connect within the time; a descriptor, or -1 with errno. */
static int dial(const struct peer *p)
{
	struct addrinfo *ai = resolve(p, p->addr, p->port);
	struct timeval tv = {p->timeout_ms / 1000,
			     (p->timeout_ms % 1000) * 1000L};
	int fd = open_socket(ai);

	if (fd < 0)
		return -1;
	if (p->src) {
		struct addrinfo *s = resolve(p, p->src, "0");

		if (bind(fd, s->ai_addr, s->ai_addrlen))
			return -1;
	}
	if (p->udp)
		return connect(fd, ai->ai_addr, ai->ai_addrlen) ? -1 : fd;
	/* SO_SNDTIMEO limits connect(2) too, without a mode to set back. */
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	if (connect(fd, ai->ai_addr, ai->ai_addrlen)) {
		if (errno == EINPROGRESS)
			errno = ETIMEDOUT;
		return -1;
	}
	return fd;
}

static int probe(const struct peer *p)
{
	char out[64], in[64];
	struct pollfd pfd = {.events = POLLIN};
	ssize_t n;
	int len, fd = dial(p);

	if (fd < 0)
		return fail("connect");
	len = snprintf(out, sizeof(out), "peer %d\n", (int)getpid());
	if (write(fd, out, (size_t)len) != len)
		return fail("write");
	pfd.fd = fd;
	n = poll(&pfd, 1, p->timeout_ms);
	if (n == 0)
		errno = ETIMEDOUT;
	if (n <= 0)
		return fail("answer");
	n = read(fd, in, sizeof(in));
	if (n < 0)
		return fail("answer");
	if (n != len || memcmp(in, out, (size_t)n)) {
		fprintf(stderr, "peer: answer: not what was said\n");
		return 1;
	}
	return 0;
}

static int hold(const struct peer *p)
{
	char c;
	int fd = dial(p);

	if (fd < 0)
		return fail("connect");
	puts("connected");
	fflush(stdout);
	if (read(fd, &c, 1) < 0)
		return fail("connection");
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(const struct peer *p);
	} verbs[] = {
		{"serve", serve},
		{"probe", probe},
		{"hold", hold},
	};
	struct peer p = {.timeout_ms = 1000};
	int c;

	if (argc < 5)
		return usage();
	p.udp = !strcmp(argv[2], "udp");
	if (!p.udp && strcmp(argv[2], "tcp"))
		return usage();
	optind = 3;
	while ((c = getopt(argc, argv, "+t:s:i:")) != -1) {
		switch (c) {
		case 't':
			p.timeout_ms = (int)strtol(optarg, NULL, 10);
			break;
		case 's':
			p.src = optarg;
			break;
		case 'i':
			p.scope = optarg;
			break;
		default:
			return usage();
		}
	}
	if (argc - optind != 2)
		return usage();
	p.addr = argv[optind];
	p.port = argv[optind + 1];
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (!strcmp(argv[1], verbs[i].name))
			return verbs[i].run(&p);
	return usage();
}
