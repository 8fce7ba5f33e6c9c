/*
 * sharehost: the host, as a jail that shares its addresses may find it.
 *
 *	sharehost serve		listen, tell what came from where (share.h)
 *	sharehost probe PORT	connect to PORT at every address, and print
 *				"tcp ADDRESS" for each where somebody took it
 *	sharehost take PORT	as a daemon that starts now (share.h)
 *	sharehost ports		a TCP port that listens, "ADDRESS PORT", a line
 *				each, of /proc/net/tcp and tcp6
 */
#include "escape.h"
#include "share.h"

#include <fcntl.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <signal.h>
#include <time.h>

enum kind {
	LISTENER,
	DATAGRAMS,
	PINGS,	/* all ICMP that comes */
	CLIENT, /* of a LISTENER: its data is a tag */
	CONTROL,
	ASKER, /* of CONTROL */
	PROBE, /* connected by us; goes with its asker */
	TAKEN, /* a port taken on demand, likewise */
};

#define FDS 1024
static struct {
	enum kind kind;
	int asker; /* whose, of PROBE and TAKEN */
	char to[64];
} kinds[FDS];
static struct pollfd fds[FDS];
static size_t nfds;

#define SEEN 4096
static struct {
	char tag[32];
	char text[160];
} seen[SEEN];
static size_t nseen;

static void add(int fd, enum kind kind, int asker, const char *to)
{
	if (nfds == FDS)
		broken("too many sockets");
	fds[nfds] = (struct pollfd){.fd = fd, .events = POLLIN};
	kinds[nfds].kind = kind;
	kinds[nfds].asker = asker;
	snprintf(kinds[nfds].to, sizeof(kinds[nfds].to), "%s", to);
	nfds++;
}

static void drop(size_t i)
{
	int fd = fds[i].fd;

	close(fd);
	fds[i] = fds[--nfds];
	kinds[i] = kinds[nfds];
	for (size_t k = nfds; k-- > 0;)
		if (kinds[k].kind >= PROBE && kinds[k].asker == fd)
			drop(k);
}

static int open_at(const char *addr, uint16_t port, int type)
{
	struct sockaddr_storage a;
	socklen_t len;
	int fd, one = 1;

	if (!addr_get(addr, port, &a, &len))
		broken("%s: no address", addr);
	fd = socket(a.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (a.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	/* as daemons do: not with the datagram sockets */
	if (type == SOCK_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (void *)&a, len) == 0 &&
	    (type != SOCK_STREAM || listen(fd, 64) == 0))
		return fd;
	one = errno;
	close(fd);
	errno = one;
	return -1;
}

static void note(const char *tag, size_t n, const char *proto,
		 const struct sockaddr_storage *from, const char *to)
{
	char a[64];
	size_t i = nseen++ % SEEN;

	while (n > 0 && (tag[n - 1] == '\n' || tag[n - 1] == '\0'))
		n--;
	if (n >= sizeof(seen[i].tag))
		n = sizeof(seen[i].tag) - 1;
	memcpy(seen[i].tag, tag, n);
	seen[i].tag[n] = '\0';
	addr_put(from, a, sizeof(a));
	snprintf(seen[i].text, sizeof(seen[i].text), "%s %s %s", proto, a, to);
}

/* The tag lies behind the headers, which are of no interest. */
static void note_ping(const char *p, size_t n, bool v6,
		      const struct sockaddr_storage *from)
{
	size_t hl = v6 ? 0 : (size_t)(p[0] & 15) * 4;

	if (n < hl + 8 || (uint8_t)p[hl] != (v6 ? 128 : ICMP_ECHO))
		return;
	note(p + hl + 8, n - hl - 8, "icmp", from, "ping");
}

static void data(size_t i)
{
	struct sockaddr_storage from;
	char buf[2048];

	for (;;) {
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(fds[i].fd, buf, sizeof(buf), MSG_DONTWAIT,
				     (void *)&from, &len);

		if (n < 0)
			return;
		if (kinds[i].kind == PINGS)
			note_ping(buf, (size_t)n, from.ss_family == AF_INET6,
				  &from);
		else
			note(buf, (size_t)n, "udp", &from, kinds[i].to);
	}
}

static void client(size_t i)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	char buf[256];
	ssize_t n = read(fds[i].fd, buf, sizeof(buf));

	if (n > 0 && getpeername(fds[i].fd, (void *)&from, &len) == 0)
		note(buf, (size_t)n, "tcp", &from, kinds[i].to);
	drop(i);
}

static void take_in(size_t i)
{
	int fd;

	while ((fd = accept4(fds[i].fd, NULL, NULL, SOCK_CLOEXEC)) >= 0)
		add(fd, kinds[i].kind == CONTROL ? ASKER : CLIENT, -1,
		    kinds[i].to);
}

/* --- answers ------------------------------------------------------------- */

static void answer_seen(int fd, const char *tag)
{
	size_t from = nseen > SEEN ? nseen - SEEN : 0;

	for (; from < nseen; from++)
		if (!strcmp(seen[from % SEEN].tag, tag))
			dprintf(fd, "%s\n", seen[from % SEEN].text);
}

/* Connected, or NULL; what is dropped on the way shows by silence. */
static int knock(const char *addr, uint16_t port, int type)
{
	struct sockaddr_storage a;
	struct pollfd p = {.events = POLLOUT};
	socklen_t len;
	int err = 0;

	if (!addr_get(addr, port, &a, &len))
		broken("%s: no address", addr);
	p.fd = socket(a.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (connect(p.fd, (void *)&a, len) < 0 && errno != EINPROGRESS) {
		close(p.fd);
		return -1;
	}
	len = sizeof(err);
	if (poll(&p, 1, 200) == 1 &&
	    getsockopt(p.fd, SOL_SOCKET, SO_ERROR, &err, &len) == 0 && !err)
		return p.fd;
	close(p.fd);
	return -1;
}

static void probe_one(const char *addr, uint16_t port, int asker)
{
	static const int types[] = {SOCK_STREAM, SOCK_DGRAM};

	for (size_t i = 0; i < COUNT(types); i++) {
		int fd = knock(addr, port, types[i]);

		if (fd < 0)
			continue;
		dprintf(fd, "to %s\n", addr);
		if (asker >= 0)
			add(fd, PROBE, asker, addr);
		else if (types[i] == SOCK_STREAM)
			dprintf(1, "tcp %s\n", addr);
	}
}

static void probe(uint16_t port, int asker)
{
	for (size_t i = 0; i < COUNT(host_addrs); i++)
		probe_one(host_addrs[i], port, asker);
	for (size_t i = 0; i < COUNT(jail_addrs); i++)
		probe_one(jail_addrs[i], port, asker);
}

/* More than once: of those that share a port each gets its part. */
static void answer_probe(uint16_t port, int asker)
{
	for (int i = 0; i < 4; i++)
		probe(port, asker);
}

static void answer_take(int fd, uint16_t port)
{
	static const struct {
		const char *name, *addr;
		int type;
	} v[] = {{"tcp4", "0.0.0.0", SOCK_STREAM},
		 {"tcp6", "::", SOCK_STREAM},
		 {"udp4", "0.0.0.0", SOCK_DGRAM},
		 {"udp6", "::", SOCK_DGRAM}};

	for (size_t i = 0; i < COUNT(v); i++) {
		int s = open_at(v[i].addr, port, v[i].type);

		dprintf(fd, "%s %s\n", v[i].name,
			s < 0 ? strerror(errno) : "ok");
		if (s >= 0)
			add(s, TAKEN, fd, v[i].addr);
	}
}

static void asked(size_t i)
{
	char buf[256] = "";
	int fd = fds[i].fd;
	ssize_t n = read(fd, buf, sizeof(buf) - 1);
	uint16_t port;

	if (n <= 0) {
		drop(i);
		return;
	}
	buf[strcspn(buf, "\n")] = '\0';
	port = (uint16_t)atoi(buf + strcspn(buf, " "));
	if (!strncmp(buf, "seen ", 5))
		answer_seen(fd, buf + 5);
	else if (!strncmp(buf, "probe ", 6))
		answer_probe(port, fd);
	else if (!strncmp(buf, "take ", 5))
		answer_take(fd, port);
	dprintf(fd, "done\n");
}

static void handle(size_t i)
{
	fds[i].revents &= ~POLLIN; /* once, wherever drop() moves it */
	switch (kinds[i].kind) {
	case LISTENER:
	case CONTROL:
		take_in(i);
		break;
	case DATAGRAMS:
	case PINGS:
		data(i);
		break;
	case CLIENT:
		client(i);
		break;
	case ASKER:
		asked(i);
		break;
	default:
		/* kept open and not read */
		fds[i].events = 0;
		if (fds[i].revents & (POLLHUP | POLLERR))
			drop(i);
	}
}

static void open_all(void)
{
	struct ip_mreqn group = {.imr_ifindex = 1};
	int fd;

	for (size_t i = 0; i < COUNT(host_addrs); i++) {
		fd = open_at(host_addrs[i], PORT, SOCK_STREAM);
		if (fd < 0)
			broken("%s: %s", host_addrs[i], strerror(errno));
		add(fd, LISTENER, -1, host_addrs[i]);
		fd = open_at(host_addrs[i], PORT, SOCK_DGRAM);
		if (fd < 0)
			broken("%s: %s", host_addrs[i], strerror(errno));
		add(fd, DATAGRAMS, -1, host_addrs[i]);
	}
	fd = open_at(GROUP, PORT, SOCK_DGRAM);
	inet_pton(AF_INET, GROUP, &group.imr_multiaddr);
	if (fd < 0 || setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group,
				 sizeof(group)) < 0)
		broken("%s: %s", GROUP, strerror(errno));
	add(fd, DATAGRAMS, -1, GROUP);
	fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
	add(fd, PINGS, -1, "");
	fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6);
	add(fd, PINGS, -1, "");
	fd = open_at(CONTROL_ADDR, CONTROL_PORT, SOCK_STREAM);
	if (fd < 0)
		broken("control: %s", strerror(errno));
	add(fd, CONTROL, -1, "");
	fd = open_at(CONTROL_ADDR6, CONTROL_PORT, SOCK_STREAM);
	if (fd < 0)
		broken("control: %s", strerror(errno));
	add(fd, CONTROL, -1, "");
}

static void serve(void)
{
	signal(SIGPIPE, SIG_IGN);
	open_all();
	dprintf(1, "ready\n");
	for (;;) {
		if (poll(fds, (nfds_t)nfds, -1) < 0)
			broken("poll: %s", strerror(errno));
		/* data first, so that an answer knows of all that has come */
		for (size_t i = nfds; i-- > 0;)
			if (fds[i].revents && kinds[i].kind != ASKER)
				handle(i);
		for (size_t i = nfds; i-- > 0;)
			if (fds[i].revents && kinds[i].kind == ASKER)
				handle(i);
	}
}

static void ports(const char *path, bool v6)
{
	FILE *f = fopen(path, "re");
	char line[512], text[64];
	uint32_t w[4];
	unsigned int port, st;

	while (f && fgets(line, sizeof(line), f)) {
		if (v6 ? sscanf(line, "%*d: %8x%8x%8x%8x:%x %*x:%*x %x", &w[0],
				&w[1], &w[2], &w[3], &port, &st) != 6
		       : sscanf(line, "%*d: %8x:%x %*x:%*x %x", &w[0], &port,
				&st) != 3)
			continue;
		if (st != 10)
			continue;
		inet_ntop(v6 ? AF_INET6 : AF_INET, w, text, sizeof(text));
		printf("%s %u\n", text, port);
	}
	if (f)
		fclose(f);
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "serve"))
		serve();
	if (argc == 3 && !strcmp(argv[1], "probe")) {
		probe((uint16_t)atoi(argv[2]), -1);
		return 0;
	}
	if (argc == 3 && !strcmp(argv[1], "take")) {
		answer_take(1, (uint16_t)atoi(argv[2]));
		return 0;
	}
	if (argc == 2 && !strcmp(argv[1], "ports")) {
		ports("/proc/net/tcp", false);
		ports("/proc/net/tcp6", true);
		return 0;
	}
	broken("usage: see the head of sharehost.c");
}
