/*
 * share: out by the sockets of a stack that is shared.
 *
 *	share STEP...
 *
 * One socket, and what is done to it step by step; a step that fails ends it
 * ("held").  In the end sharehost is asked where the data came from: data
 * from an address that is not the jail's, or that has come to one of the
 * host's loopback addresses, is an escape.  $OWN has the jail's addresses,
 * $PATIENT is set where data is sure to come.
 *
 * A socket to begin with:
 *	tcp4 tcp6 udp4 udp6 ping4 ping6 lite4 lite6 mptcp4 mptcp6 sctp4 sctp6
 *	dccp4 l2tp4 smc4 raw4 raw6 packet packet4
 *	get FILE	one that is passed there (unix(7), SCM_RIGHTS)
 * Steps:
 *	bind ADDR	connect ADDR	send		sendto ADDR
 *	unspec		connect to no family: disconnect
 *	listen
 *	mmsg ADDR	sendmmsg(2)
 *	fastopen ADDR	connect by MSG_FASTOPEN
 *	splice		send by splice(2)
 *	from ADDR	IP_PKTINFO, IPV6_PKTINFO of all sent later
 *	OPTION		of the table below
 *	device IF	SO_BINDTODEVICE
 *	try		the next step may fail
 *	uring, async	the next steps by io_uring; by its worker threads
 *	moved		wait until the process is in the jail's cgroup
 *	give FILE	pass it on to whoever connects there, for ever
 *	stay		tell what it hears, for ever
 *	twins N		N more at its port, by SO_REUSEPORT; then all but the
 *			last are closed, and that is the socket from here on
 *	crowd N		N more of the kind, at ports of their own, "ready N"
 *			with how many there are, and stay
 *	hear		have it probed; data for other addresses is an escape
 *	mine		an escape by itself, for what should not come so far
 *
 * ADDR is A, A%IF, A/PORT; where none is told, bind takes none, others
 * sharehost's; "any" is the wildcard.  A v4 address on a v6 socket goes as
 *such; ^A is one whose family is AF_UNSPEC.
 */
#include "escape.h"
#include "passfd.h"
#include "share.h"
#include "uring.h"

#include <fcntl.h>
#include <linux/in6.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>

static struct {
	int fd;
	int family, type, protocol;
	char tag[20];
	bool sent;	/* data has left, as the kernel says */
	bool forgiving; /* the step may fail */
	struct uring *uring;
	unsigned int flags; /* of its entries */
	char control[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	size_t ncontrol;
	const char *step, *arg;
} s = {.fd = -1};

__attribute__((noreturn)) static void refused(void)
{
	held("%s%s%s: %s", s.step, s.arg ? " " : "", s.arg ? s.arg : "",
	     strerror(errno));
}

/* 0 or -1 and errno, as the step ends. */
static void must(long r)
{
	if (r >= 0 || s.forgiving)
		return;
	refused();
}

static void addr_of(const char *arg, uint16_t port, struct sockaddr_storage *a,
		    socklen_t *len)
{
	bool unspec = *arg == '^';
	char any[32];

	if (!strncmp(arg, "any", 3)) {
		snprintf(any, sizeof(any), "%s%s",
			 s.family == AF_INET ? "0.0.0.0" : "::", arg + 3);
		arg = any;
	}
	if (!addr_get(arg + unspec, port, a, len))
		broken("%s: no address", arg);
	if (unspec)
		a->ss_family = AF_UNSPEC;
}

/* --- steps --------------------------------------------------------------- */

static void do_bind(const char *arg)
{
	struct sockaddr_storage a;
	socklen_t len;

	addr_of(arg, 0, &a, &len);
	if (s.uring)
		must(uring_addr(s.uring, URING_BIND, s.fd, &a, len, s.flags));
	else
		must(bind(s.fd, (void *)&a, len));
}

static void do_connect(const char *arg)
{
	struct sockaddr_storage a;
	socklen_t len;

	addr_of(arg, PORT, &a, &len);
	if (s.uring)
		must(uring_addr(s.uring, URING_CONNECT, s.fd, &a, len,
				s.flags));
	else
		must(connect(s.fd, (void *)&a, len));
}

static void do_unspec(const char *arg)
{
	struct sockaddr a = {.sa_family = AF_UNSPEC};

	(void)arg;
	must(connect(s.fd, &a, sizeof(a)));
}

/* An echo request where that is what the socket sends. */
static size_t payload(char *buf, size_t size)
{
	size_t at = 0;

	if (s.protocol == IPPROTO_ICMP || s.protocol == IPPROTO_ICMPV6) {
		memset(buf, 0, 8);
		buf[0] = (char)(s.protocol == IPPROTO_ICMP ? 8 : 128);
		at = 8;
	}
	snprintf(buf + at, size - at, "%s\n", s.tag);
	return at + strlen(s.tag) + 1;
}

enum how {
	SENDMSG,
	SENDMMSG,
	FASTOPEN
};

static void send_to(const char *arg, enum how how)
{
	struct sockaddr_storage a;
	char buf[64];
	struct iovec io = {buf, payload(buf, sizeof(buf))};
	struct mmsghdr m = {0};
	socklen_t len;
	long r;

	m.msg_hdr.msg_iov = &io;
	m.msg_hdr.msg_iovlen = 1;
	if (arg) {
		addr_of(arg, PORT, &a, &len);
		m.msg_hdr.msg_name = &a;
		m.msg_hdr.msg_namelen = len;
	}
	if (s.ncontrol) {
		m.msg_hdr.msg_control = s.control;
		m.msg_hdr.msg_controllen = s.ncontrol;
	}
	if (how == FASTOPEN)
		r = sendmsg(s.fd, &m.msg_hdr, MSG_FASTOPEN | MSG_NOSIGNAL);
	else if (how == SENDMMSG)
		r = sendmmsg(s.fd, &m, 1, MSG_NOSIGNAL);
	else if (s.uring)
		r = uring_msg(s.uring, s.fd, &m.msg_hdr, s.flags);
	else
		r = sendmsg(s.fd, &m.msg_hdr, MSG_NOSIGNAL);
	must(r);
	s.sent |= r >= 0;
}

static void do_send(const char *arg)
{
	(void)arg;
	send_to(NULL, SENDMSG);
}

static void do_sendto(const char *arg)
{
	send_to(arg, SENDMSG);
}

static void do_mmsg(const char *arg)
{
	send_to(arg, SENDMMSG);
}

static void do_fastopen(const char *arg)
{
	send_to(arg, FASTOPEN);
}

static void do_splice(const char *arg)
{
	int p[2];
	char buf[64];
	size_t n = payload(buf, sizeof(buf));
	long r;

	(void)arg;
	if (pipe2(p, O_CLOEXEC) < 0 || write(p[1], buf, n) != (ssize_t)n)
		broken("pipe: %s", strerror(errno));
	r = splice(p[0], NULL, s.fd, NULL, n, 0);
	must(r);
	s.sent |= r >= 0;
}

static void do_from(const char *arg)
{
	struct cmsghdr *h = (void *)s.control;
	struct sockaddr_storage a;
	socklen_t len;

	addr_of(arg, 0, &a, &len);
	memset(s.control, 0, sizeof(s.control));
	if (a.ss_family == AF_INET) {
		struct in_pktinfo p = {
			.ipi_spec_dst = ((struct sockaddr_in *)&a)->sin_addr};

		h->cmsg_level = IPPROTO_IP;
		h->cmsg_type = IP_PKTINFO;
		h->cmsg_len = CMSG_LEN(sizeof(p));
		memcpy(CMSG_DATA(h), &p, sizeof(p));
		s.ncontrol = CMSG_SPACE(sizeof(p));
	} else {
		struct in6_pktinfo p = {
			.ipi6_addr = ((struct sockaddr_in6 *)&a)->sin6_addr};

		h->cmsg_level = IPPROTO_IPV6;
		h->cmsg_type = IPV6_PKTINFO;
		h->cmsg_len = CMSG_LEN(sizeof(p));
		memcpy(CMSG_DATA(h), &p, sizeof(p));
		s.ncontrol = CMSG_SPACE(sizeof(p));
	}
}

static void do_device(const char *arg)
{
	must(setsockopt(s.fd, SOL_SOCKET, SO_BINDTODEVICE, arg,
			(socklen_t)strlen(arg) + 1));
}

static void do_mcastif(const char *arg)
{
	struct in_addr a;

	if (inet_pton(AF_INET, arg, &a) != 1)
		broken("%s: no address", arg);
	must(setsockopt(s.fd, IPPROTO_IP, IP_MULTICAST_IF, &a, sizeof(a)));
}

static void do_listen(const char *arg)
{
	(void)arg;
	must(listen(s.fd, 64));
}

static void do_try(const char *arg)
{
	(void)arg;
}

static void do_uring(const char *arg)
{
	(void)arg;
	/* of rings that have ended the memory comes back a little later */
	for (int i = 0; i < 100; i++) {
		s.uring = uring_new();
		if (s.uring || errno != ENOMEM)
			break;
		usleep(20000);
	}
	if (!s.uring && errno == ENOMEM)
		broken("io_uring: %s", strerror(errno));
	if (!s.uring)
		refused();
}

static void do_async(const char *arg)
{
	do_uring(arg);
	s.flags = URING_ASYNC;
}

static void do_moved(const char *arg)
{
	char buf[4096];

	(void)arg;
	for (int i = 0; i < 500; i++) {
		int fd = open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC);
		ssize_t n = read(fd, buf, sizeof(buf) - 1);

		close(fd);
		/* as seen from the jail's own, which it has joined before */
		if (n > 0 && !memmem(buf, (size_t)n, "0::/..", 6))
			return;
		usleep(10000);
	}
	broken("never in the jail's cgroup");
}

static void do_mine(const char *arg)
{
	(void)arg;
	escaped("it has such a socket");
}

/* --- passed on ----------------------------------------------------------- */

static void do_give(const char *arg)
{
	passfd_give(arg, s.fd);
}

static void do_get(const char *arg)
{
	socklen_t len = sizeof(int);

	s.fd = passfd_get(arg);
	if (s.fd < 0 ||
	    getsockopt(s.fd, SOL_SOCKET, SO_DOMAIN, &s.family, &len) < 0 ||
	    getsockopt(s.fd, SOL_SOCKET, SO_TYPE, &s.type, &len) < 0)
		broken("%s: no socket", arg);
}

/* --- what the other end says --------------------------------------------- */

static bool own(const char *addr)
{
	const char *v = getenv("OWN"), *p = v;
	size_t n = strlen(addr);

	while (p && (p = strstr(p, addr))) {
		if ((p == v || p[-1] == ' ') && (!p[n] || p[n] == ' '))
			return true;
		p += n;
	}
	return false;
}

/* The question's answer, all of it; the connection stays. */
static int ask(char *buf, size_t size, const char *fmt, ...)
{
	struct sockaddr_storage a;
	socklen_t len;
	size_t n = 0;
	va_list ap;
	int fd;

	addr_of(CONTROL_ADDR, CONTROL_PORT, &a, &len);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		addr_of(CONTROL_ADDR6, CONTROL_PORT, &a, &len);
		fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	}
	if (fd < 0 || connect(fd, (void *)&a, len) < 0)
		broken("sharehost: %s", strerror(errno));
	va_start(ap, fmt);
	vdprintf(fd, fmt, ap);
	va_end(ap);
	do {
		ssize_t r = read(fd, buf + n, size - 1 - n);

		if (r <= 0)
			broken("sharehost: %s", strerror(errno));
		n += (size_t)r;
		buf[n] = '\0';
	} while (n < 5 || strcmp(buf + n - 5, "done\n") != 0);
	buf[n - 5] = '\0';
	return fd;
}

static void judge_sent(void)
{
	char buf[8192] = "", proto[8], from[64], to[64];
	int tries = getenv("PATIENT") ? 100 : 5;

	for (int i = 0; i < tries && !*buf; i++) {
		if (i)
			usleep(20000);
		close(ask(buf, sizeof(buf), "seen %s\n", s.tag));
	}
	if (!*buf)
		held("nothing has come");
	for (char *p = strtok(buf, "\n"); p; p = strtok(NULL, "\n")) {
		if (sscanf(p, "%7s %63s %63s", proto, from, to) != 3)
			broken("%s?", p);
		if (!own(from))
			escaped("%s from %s to %s", proto, from, to);
		if (!strncmp(to, "127.", 4) || !strcmp(to, "::1"))
			escaped("%s to the host's %s", proto, to);
	}
	held("%s from %s to %s", proto, from, to);
}

/* One connection or datagram: "to ADDR", or nothing within the time. */
static bool hear_one(char *to, size_t size, int timeout)
{
	struct pollfd p = {.fd = s.fd, .events = POLLIN};
	char buf[64];
	ssize_t n;
	int fd;

	if (poll(&p, 1, timeout) != 1)
		return false;
	if (s.type == SOCK_STREAM) {
		fd = accept(s.fd, NULL, NULL);
		if (fd < 0)
			return false;
		n = read(fd, buf, sizeof(buf) - 1);
		close(fd);
	} else {
		n = recv(s.fd, buf, sizeof(buf) - 1, 0);
	}
	buf[n > 0 ? n : 0] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	snprintf(to, size, "%s", !strncmp(buf, "to ", 3) ? buf + 3 : "?");
	return true;
}

static uint16_t port_of(void)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);

	if (getsockname(s.fd, (void *)&a, &len) < 0)
		broken("getsockname: %s", strerror(errno));
	/* the port is at the same place in both */
	return ntohs(((struct sockaddr_in *)&a)->sin_port);
}

static void do_hear(const char *arg)
{
	char buf[256], to[64];
	int n = 0, foreign = 0, fd;

	(void)arg;
	fd = ask(buf, sizeof(buf), "probe %u\n", port_of());
	buf[0] = '\0';
	while (hear_one(to, sizeof(to), 100)) {
		if (strcmp(to, "?") != 0 && !own(to))
			foreign++;
		n++;
		if (strstr(buf, to))
			continue;
		if (strlen(buf) + strlen(to) + 2 < sizeof(buf))
			strcat(strcat(buf, " "), to);
	}
	close(fd);
	if (foreign)
		escaped("heard on port %u:%s", port_of(), buf);
	if (n)
		held("heard no more than%s", buf);
	held("heard nothing on port %u", port_of());
}

static void do_stay(const char *arg)
{
	char to[64];

	(void)arg;
	/* the test empties the file from time to time */
	fcntl(1, F_SETFL, fcntl(1, F_GETFL) | O_APPEND);
	dprintf(1, "ready %u\n", port_of());
	for (;;)
		if (hear_one(to, sizeof(to), -1))
			dprintf(1, "to %s\n", to);
}

static void do_twins(const char *arg)
{
	int fds[64] = {0}, n = atoi(arg), one = 1;
	struct sockaddr_storage a;
	socklen_t len;

	if (n < 1 || n > (int)COUNT(fds))
		broken("twins %s", arg);
	addr_of("any", 0, &a, &len);
	((struct sockaddr_in *)&a)->sin_port = htons(port_of());
	for (int i = 0; i < n; i++) {
		fds[i] = socket(s.family, s.type | SOCK_CLOEXEC, 0);
		setsockopt(fds[i], SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
		must(bind(fds[i], (void *)&a, len));
		if (s.type == SOCK_STREAM)
			must(listen(fds[i], 64));
	}
	close(s.fd);
	s.fd = fds[n - 1];
	for (int i = 0; i < n - 1; i++)
		close(fds[i]);
}

static void do_crowd(const char *arg)
{
	struct rlimit l = {1 << 20, 1 << 20};
	struct sockaddr_storage a;
	int want = atoi(arg), n = 0, in_vain = 0, one = 1;
	socklen_t len;

	if (setrlimit(RLIMIT_NOFILE, &l) < 0 &&
	    getrlimit(RLIMIT_NOFILE, &l) == 0) {
		l.rlim_cur = l.rlim_max;
		setrlimit(RLIMIT_NOFILE, &l);
	}
	addr_of("any", 0, &a, &len);
	for (int port = 10000; n < want && port < 65536 && in_vain < 200;
	     port++) {
		int fd = socket(s.family, s.type | SOCK_CLOEXEC, s.protocol);

		if (fd < 0)
			break;
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		((struct sockaddr_in *)&a)->sin_port = htons((uint16_t)port);
		if (bind(fd, (void *)&a, len) < 0 ||
		    (s.type == SOCK_STREAM && listen(fd, 1) < 0))
			in_vain++, close(fd);
		else
			in_vain = 0, n++;
	}
	dprintf(1, "ready %d\n", n);
	for (;;)
		pause();
}

/* --- tables -------------------------------------------------------------- */

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif
#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51
#endif
#define PROTO_L2TP 115
#define PROTO_SMC 256
#define CHOSEN 40201

static const struct {
	const char *name;
	int family, type, protocol;
} sockets[] = {
	{"tcp4", AF_INET, SOCK_STREAM, 0},
	{"tcp6", AF_INET6, SOCK_STREAM, 0},
	{"udp4", AF_INET, SOCK_DGRAM, 0},
	{"udp6", AF_INET6, SOCK_DGRAM, 0},
	{"ping4", AF_INET, SOCK_DGRAM, IPPROTO_ICMP},
	{"ping6", AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6},
	{"lite4", AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE},
	{"lite6", AF_INET6, SOCK_DGRAM, IPPROTO_UDPLITE},
	{"mptcp4", AF_INET, SOCK_STREAM, IPPROTO_MPTCP},
	{"mptcp6", AF_INET6, SOCK_STREAM, IPPROTO_MPTCP},
	{"sctp4", AF_INET, SOCK_STREAM, IPPROTO_SCTP},
	{"sctp6", AF_INET6, SOCK_STREAM, IPPROTO_SCTP},
	{"dccp4", AF_INET, SOCK_DCCP, IPPROTO_DCCP},
	{"l2tp4", AF_INET, SOCK_DGRAM, PROTO_L2TP},
	{"smc4", AF_INET, SOCK_STREAM, PROTO_SMC},
	{"packet", AF_PACKET, SOCK_DGRAM, 0},
	{"packet4", AF_INET, SOCK_PACKET, 0},
	{"raw4", AF_INET, SOCK_RAW, IPPROTO_RAW},
	{"raw6", AF_INET6, SOCK_RAW, IPPROTO_ICMPV6},
};

static const struct {
	const char *name;
	int level, option, value;
} options[] = {
	{"reuseaddr", SOL_SOCKET, SO_REUSEADDR, 1},
	{"reuseport", SOL_SOCKET, SO_REUSEPORT, 1},
	{"broadcast", SOL_SOCKET, SO_BROADCAST, 1},
	{"mark", SOL_SOCKET, SO_MARK, 7},
	{"freebind4", IPPROTO_IP, IP_FREEBIND, 1},
	{"freebind6", IPPROTO_IPV6, IPV6_FREEBIND, 1},
	{"transparent4", IPPROTO_IP, IP_TRANSPARENT, 1},
	{"transparent6", IPPROTO_IPV6, IPV6_TRANSPARENT, 1},
	{"noport", IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1},
	/* one port alone: high, then low */
	{"portrange", IPPROTO_IP, IP_LOCAL_PORT_RANGE, CHOSEN << 16 | CHOSEN},
	{"hdrincl", IPPROTO_IP, IP_HDRINCL, 1},
	{"nodefrag", IPPROTO_IP, IP_NODEFRAG, 1},
	{"v6only", IPPROTO_IPV6, IPV6_V6ONLY, 1},
	{"dual", IPPROTO_IPV6, IPV6_V6ONLY, 0},
	{"addrform", IPPROTO_IPV6, IPV6_ADDRFORM, AF_INET},
	{"fastopen-connect", IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1},
	{"repair", IPPROTO_TCP, TCP_REPAIR, 1},
};

static const struct {
	const char *name;
	bool arg;
	void (*run)(const char *arg);
} steps[] = {
	{"bind", true, do_bind},       {"connect", true, do_connect},
	{"send", false, do_send},      {"sendto", true, do_sendto},
	{"mmsg", true, do_mmsg},       {"fastopen", true, do_fastopen},
	{"splice", false, do_splice},  {"unspec", false, do_unspec},
	{"from", true, do_from},       {"device", true, do_device},
	{"mcastif", true, do_mcastif}, {"listen", false, do_listen},
	{"try", false, do_try},	       {"uring", false, do_uring},
	{"async", false, do_async},    {"moved", false, do_moved},
	{"mine", false, do_mine},      {"give", true, do_give},
	{"get", true, do_get},	       {"hear", false, do_hear},
	{"stay", false, do_stay},      {"crowd", true, do_crowd},
	{"twins", true, do_twins},
};

static bool socket_new(void)
{
	struct timeval tv = {3, 0}; /* for connect, too */

	for (size_t i = 0; i < COUNT(sockets); i++) {
		if (strcmp(sockets[i].name, s.step) != 0)
			continue;
		s.family = sockets[i].family;
		s.type = sockets[i].type;
		s.protocol = sockets[i].protocol;
		s.fd = socket(s.family, s.type | SOCK_CLOEXEC, s.protocol);
		must(s.fd);
		setsockopt(s.fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
		return true;
	}
	return false;
}

static bool option(void)
{
	for (size_t i = 0; i < COUNT(options); i++) {
		if (strcmp(options[i].name, s.step) != 0)
			continue;
		must(setsockopt(s.fd, options[i].level, options[i].option,
				&options[i].value, sizeof(int)));
		if (!strcmp(s.step, "addrform"))
			s.family = AF_INET;
		return true;
	}
	return false;
}

static char **step(char **argv)
{
	s.step = *argv++;
	s.arg = NULL;
	if (socket_new() || option())
		return argv;
	for (size_t i = 0; i < COUNT(steps); i++) {
		if (strcmp(steps[i].name, s.step) != 0)
			continue;
		if (steps[i].arg && !(s.arg = *argv++))
			broken("%s: of what?", s.step);
		steps[i].run(s.arg);
		return argv;
	}
	broken("%s: no such step", s.step);
}

int main(int argc, char **argv)
{
	uint64_t id;

	(void)argc;
	if (getrandom(&id, sizeof(id), 0) != sizeof(id))
		broken("getrandom: %s", strerror(errno));
	snprintf(s.tag, sizeof(s.tag), "%016llx", (unsigned long long)id);
	for (argv++; *argv;) {
		bool again = !strcmp(*argv, "try");

		argv = step(argv);
		s.forgiving = again;
	}
	if (!s.sent)
		held("nothing was sent");
	judge_sent();
}
