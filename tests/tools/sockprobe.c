/*
 * sockprobe: does socket calls where it stands, as it is told.
 *
 * sharetable.c starts one on the host, in each jail and on another machine,
 * and has them make, bind, connect and so on.  A line on standard input is one
 * call, and has one line of answer on standard output: "ok", "ok WORD...", the
 * name of the error, or "none" when nothing came.  Sockets have numbers, 0 to
 * 31, that the caller chooses; a used one is closed first.
 *
 *   socket S TYPE FAMILY     tcp udp udplite sctp icmp raw mptcp; 4, 6 (IPv6
 *                            alone) or 46 (IPv6 socket for both)
 *   opt S NAME VALUE         rows of opts[] below
 *   bind S ADDR PORT         listen S          close S
 *   connect S ADDR PORT      name S            peer S
 *   accept S NEW MS          "ok PEER PORT LOCAL"
 *   send S TEXT              on a connected one
 *   sendto S ADDR PORT TEXT
 *   mmsg S ADDR PORT TEXT    sendmmsg(2)
 *   fastopen S ADDR PORT     connect by sendto(2), MSG_FASTOPEN
 *   sendmsg S SRC ADDR PORT TEXT     with IP_PKTINFO or IPV6_PKTINFO
 *   recv S MS                "ok FROM PORT DST TEXT"; DST is - without pktinfo
 *   join S GROUP INTERFACE
 *   ping S ADDR MS           "ok FROM" (icmp)
 *   echo NAME PORT           TCP and UDP servers of both families on the
 *                            wildcard, in a process of their own, that answer
 *                            "NAME PEER"
 *   group GROUP INTERFACE    the next echo joins it, too
 *
 * Addresses are numeric; a.b.c.d on an IPv6 socket is its IPv4-mapped form,
 * and a mapped address is told as ::ffff:a.b.c.d.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

enum {
	SLOTS = 32,
	WORDS = 8,
	GROUPS = 4,
	CONNECT_S = 5,
};

static int slot[SLOTS];
static char *groups[GROUPS][2];
static int ngroups;

union addr {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static int say_error(void)
{
	printf("%s\n", strerrorname_np(errno));
	return 0;
}

static int say(int r)
{
	if (r < 0)
		return say_error();
	puts("ok");
	return 0;
}

static int family_of(int fd)
{
	int family = AF_INET;
	socklen_t len = sizeof(family);

	getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &len);
	return family;
}

/* The address as fd's family wants it; its length, 0 when it is none. */
static socklen_t make_addr(int fd, const char *text, const char *port,
			   union addr *ret)
{
	char mapped[64];
	union addr a = {.sa.sa_family = AF_UNSPEC};
	uint16_t p = htons((uint16_t)strtoul(port, NULL, 10));

	if (family_of(fd) == AF_INET) {
		a.in.sin_family = AF_INET;
		a.in.sin_port = p;
		if (inet_pton(AF_INET, text, &a.in.sin_addr) != 1)
			return 0;
		*ret = a;
		return sizeof(a.in);
	}
	if (!strchr(text, ':')) {
		snprintf(mapped, sizeof(mapped), "::ffff:%s", text);
		text = mapped;
	}
	a.in6.sin6_family = AF_INET6;
	a.in6.sin6_port = p;
	if (inet_pton(AF_INET6, text, &a.in6.sin6_addr) != 1)
		return 0;
	*ret = a;
	return sizeof(a.in6);
}

static const char *addr_text(const union addr *a, char *buf, size_t size)
{
	const void *p = &a->in.sin_addr;

	if (a->sa.sa_family == AF_INET6)
		p = &a->in6.sin6_addr;
	if (!inet_ntop(a->sa.sa_family, p, buf, (socklen_t)size))
		snprintf(buf, size, "-");
	return buf;
}

static int addr_port(const union addr *a)
{
	return ntohs(a->sa.sa_family == AF_INET6 ? a->in6.sin6_port
						 : a->in.sin_port);
}

/* The descriptor behind a slot's word; -1 and EBADF. */
static int get(const char *word)
{
	unsigned long n = strtoul(word, NULL, 10);

	if (n >= SLOTS || slot[n] < 0) {
		errno = EBADF;
		return -1;
	}
	return slot[n];
}

static void put(const char *word, int fd)
{
	unsigned long n = strtoul(word, NULL, 10);

	if (n >= SLOTS) {
		close(fd);
		return;
	}
	if (slot[n] >= 0)
		close(slot[n]);
	slot[n] = fd;
}

static int open_socket(const char *type, const char *family)
{
	static const struct {
		const char *name;
		int type, proto4, proto6;
	} types[] = {
		{"tcp", SOCK_STREAM, 0, 0},
		{"udp", SOCK_DGRAM, 0, 0},
		{"udplite", SOCK_DGRAM, IPPROTO_UDPLITE, IPPROTO_UDPLITE},
		{"sctp", SOCK_STREAM, IPPROTO_SCTP, IPPROTO_SCTP},
		{"mptcp", SOCK_STREAM, IPPROTO_MPTCP, IPPROTO_MPTCP},
		{"icmp", SOCK_DGRAM, IPPROTO_ICMP, IPPROTO_ICMPV6},
		{"raw", SOCK_RAW, IPPROTO_ICMP, IPPROTO_ICMPV6},
	};
	bool six = family[0] != '4' || family[1];
	struct timeval tv = {.tv_sec = CONNECT_S};
	int only = !strcmp(family, "6");
	int fd = -1;

	errno = EINVAL;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(type, types[i].name))
			fd = socket(six ? AF_INET6 : AF_INET,
				    types[i].type | SOCK_CLOEXEC,
				    six ? types[i].proto6 : types[i].proto4);
	if (fd < 0)
		return -1;
	if (six)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only));
	/* This limits connect(2), too. */
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	return fd;
}

static int do_socket(char **w)
{
	int fd = open_socket(w[2], w[3]);

	if (fd >= 0)
		put(w[1], fd);
	return say(fd);
}

static int do_opt(char **w)
{
	static const struct {
		const char *name;
		int level, opt;
	} opts[] = {
		{"reuseaddr", SOL_SOCKET, SO_REUSEADDR},
		{"reuseport", SOL_SOCKET, SO_REUSEPORT},
		{"broadcast", SOL_SOCKET, SO_BROADCAST},
		{"pktinfo", IPPROTO_IP, IP_PKTINFO},
		{"pktinfo6", IPPROTO_IPV6, IPV6_RECVPKTINFO},
		{"mcastif6", IPPROTO_IPV6, IPV6_MULTICAST_IF},
		{"mcastif", IPPROTO_IP, IP_MULTICAST_IF},
		{"freebind", IPPROTO_IP, IP_FREEBIND},
		{"freebind6", IPPROTO_IPV6, IPV6_FREEBIND},
		{"transparent", IPPROTO_IP, IP_TRANSPARENT},
		{"transparent6", IPPROTO_IPV6, IPV6_TRANSPARENT},
	};
	int fd = get(w[1]);

	if (fd < 0)
		return say_error();
	if (!strcmp(w[2], "device"))
		return say(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, w[3],
				      (socklen_t)strlen(w[3])));
	for (size_t i = 0; i < sizeof(opts) / sizeof(opts[0]); i++) {
		unsigned n = if_nametoindex(w[3]);
		int v = n ? (int)n : (int)strtol(w[3], NULL, 10);
		struct ip_mreqn m = {.imr_ifindex = v};

		if (strcmp(w[2], opts[i].name))
			continue;
		if (opts[i].opt == IP_MULTICAST_IF && !opts[i].level)
			return say(
				setsockopt(fd, 0, opts[i].opt, &m, sizeof(m)));
		return say(setsockopt(fd, opts[i].level, opts[i].opt, &v,
				      sizeof(v)));
	}
	errno = EINVAL;
	return say_error();
}

static int do_bind(char **w)
{
	union addr a = {};
	int fd = get(w[1]);
	socklen_t len = fd < 0 ? 0 : make_addr(fd, w[2], w[3], &a);

	return say(fd < 0 ? -1 : bind(fd, &a.sa, len));
}

static int do_connect(char **w)
{
	union addr a = {};
	int fd = get(w[1]);
	socklen_t len = fd < 0 ? 0 : make_addr(fd, w[2], w[3], &a);

	return say(fd < 0 ? -1 : connect(fd, &a.sa, len));
}

static int do_listen(char **w)
{
	int fd = get(w[1]);

	return say(fd < 0 ? -1 : listen(fd, 16));
}

static int do_close(char **w)
{
	int fd = get(w[1]);

	if (fd < 0)
		return say_error();
	slot[strtoul(w[1], NULL, 10)] = -1;
	return say(close(fd));
}

static int tell_addr(const union addr *a)
{
	char text[INET6_ADDRSTRLEN];

	printf("ok %s %d\n", addr_text(a, text, sizeof(text)), addr_port(a));
	return 0;
}

static int do_name(char **w)
{
	union addr a = {};
	socklen_t len = sizeof(a);
	int fd = get(w[1]);

	if (fd < 0 || getsockname(fd, &a.sa, &len))
		return say_error();
	return tell_addr(&a);
}

static int do_peer(char **w)
{
	union addr a = {};
	socklen_t len = sizeof(a);
	int fd = get(w[1]);

	if (fd < 0 || getpeername(fd, &a.sa, &len))
		return say_error();
	return tell_addr(&a);
}

/* Whether something comes within so many milliseconds; says so if not. */
static bool comes(int fd, const char *ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	if (poll(&p, 1, (int)strtol(ms, NULL, 10)) > 0)
		return true;
	puts("none");
	return false;
}

static int do_accept(char **w)
{
	char text[INET6_ADDRSTRLEN], text2[INET6_ADDRSTRLEN];
	union addr a = {}, here = {};
	socklen_t len = sizeof(a), hlen = sizeof(here);
	int new, fd = get(w[1]);

	if (fd < 0)
		return say_error();
	if (!comes(fd, w[3]))
		return 0;
	new = accept4(fd, &a.sa, &len, SOCK_CLOEXEC);
	if (new < 0 || getsockname(new, &here.sa, &hlen))
		return say_error();
	put(w[2], new);
	printf("ok %s %d %s\n", addr_text(&a, text, sizeof(text)),
	       addr_port(&a), addr_text(&here, text2, sizeof(text2)));
	return 0;
}

static int do_send(char **w)
{
	int fd = get(w[1]);

	return say(fd < 0 ? -1
			  : (int)send(fd, w[2], strlen(w[2]), MSG_NOSIGNAL));
}

/* Send text to a, from src if that is not NULL. */
static int send_from(int fd, const char *src, const union addr *a,
		     socklen_t len, const char *text)
{
	union {
		char buf[CMSG_SPACE(sizeof(struct in6_pktinfo))];
		struct cmsghdr align;
	} ctl = {};
	struct iovec iov = {(char *)text, strlen(text)};
	struct msghdr m = {.msg_name = (void *)a,
			   .msg_namelen = len,
			   .msg_iov = &iov,
			   .msg_iovlen = 1};
	struct cmsghdr *c = &ctl.align;
	union addr s = {};

	if (src && !make_addr(fd, src, "0", &s)) {
		errno = EINVAL;
		return -1;
	}
	if (src) {
		struct in_pktinfo pi = {.ipi_spec_dst = s.in.sin_addr};
		struct in6_pktinfo pi6 = {.ipi6_addr = s.in6.sin6_addr};
		bool six = s.sa.sa_family == AF_INET6;
		size_t size = six ? sizeof(pi6) : sizeof(pi);

		c->cmsg_level = six ? IPPROTO_IPV6 : IPPROTO_IP;
		c->cmsg_type = six ? IPV6_PKTINFO : IP_PKTINFO;
		c->cmsg_len = CMSG_LEN(size);
		memcpy(CMSG_DATA(c), six ? (void *)&pi6 : &pi, size);
		m.msg_control = ctl.buf;
		m.msg_controllen = CMSG_SPACE(size);
	}
	return (int)sendmsg(fd, &m, MSG_NOSIGNAL);
}

static int do_sendto(char **w)
{
	union addr a = {};
	int fd = get(w[1]);
	socklen_t len = fd < 0 ? 0 : make_addr(fd, w[2], w[3], &a);

	return say(fd < 0 ? -1 : send_from(fd, NULL, &a, len, w[4]));
}

static int do_mmsg(char **w)
{
	union addr a = {};
	int fd = get(w[1]);
	struct iovec iov = {w[4], strlen(w[4])};
	struct mmsghdr m = {
		.msg_hdr = {.msg_name = &a, .msg_iov = &iov, .msg_iovlen = 1}};

	if (fd >= 0)
		m.msg_hdr.msg_namelen = make_addr(fd, w[2], w[3], &a);
	return say(fd < 0 ? -1 : sendmmsg(fd, &m, 1, 0));
}

/*
 * Without data: what is accepted may be closed before that comes.  The kernel
 * waits for data to acknowledge with, if it is not told not to.
 */
static int do_fastopen(char **w)
{
	union addr a = {};
	int one = 1, fd = get(w[1]);
	socklen_t len = fd < 0 ? 0 : make_addr(fd, w[2], w[3], &a);

	if (fd < 0 || sendto(fd, "", 0, MSG_FASTOPEN, &a.sa, len) < 0)
		return say_error();
	return say(
		setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof(one)));
}

static int do_sendmsg(char **w)
{
	union addr a = {};
	int fd = get(w[1]);
	socklen_t len = fd < 0 ? 0 : make_addr(fd, w[3], w[4], &a);

	return say(fd < 0 ? -1 : send_from(fd, w[2], &a, len, w[5]));
}

/* The destination that pktinfo tells, and the local address to answer from. */
static bool pktinfo(struct msghdr *m, union addr *dst, union addr *local)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		struct in_pktinfo pi;
		struct in6_pktinfo pi6;

		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			memcpy(&pi, CMSG_DATA(c), sizeof(pi));
			dst->in = (struct sockaddr_in){.sin_family = AF_INET,
						       .sin_addr = pi.ipi_addr};
			*local = *dst;
			local->in.sin_addr = pi.ipi_spec_dst;
			return true;
		}
		if (c->cmsg_level == IPPROTO_IPV6 &&
		    c->cmsg_type == IPV6_PKTINFO) {
			memcpy(&pi6, CMSG_DATA(c), sizeof(pi6));
			dst->in6 = (struct sockaddr_in6){
				.sin6_family = AF_INET6,
				.sin6_addr = pi6.ipi6_addr};
			*local = *dst;
			return !IN6_IS_ADDR_MULTICAST(&pi6.ipi6_addr);
		}
	}
	return false;
}

/* recvmsg(2) with all there is to know. */
static ssize_t receive(int fd, char *buf, size_t size, union addr *from,
		       union addr *dst, union addr *local)
{
	union {
		char buf[256];
		struct cmsghdr align;
	} ctl = {};
	struct iovec iov = {buf, size - 1};
	struct msghdr m = {.msg_name = from,
			   .msg_namelen = sizeof(*from),
			   .msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = ctl.buf,
			   .msg_controllen = sizeof(ctl.buf)};
	ssize_t n = recvmsg(fd, &m, 0);

	if (n < 0)
		return n;
	buf[n] = '\0';
	dst->sa.sa_family = AF_UNSPEC;
	local->sa.sa_family = AF_UNSPEC;
	if (!pktinfo(&m, dst, local))
		local->sa.sa_family = AF_UNSPEC;
	return n;
}

static int do_recv(char **w)
{
	char buf[512], from_text[INET6_ADDRSTRLEN], dst_text[INET6_ADDRSTRLEN];
	union addr from = {}, dst = {}, local = {};
	int fd = get(w[1]);

	if (fd < 0)
		return say_error();
	if (!comes(fd, w[2]))
		return 0;
	if (receive(fd, buf, sizeof(buf), &from, &dst, &local) < 0)
		return say_error();
	printf("ok %s %d %s %s\n", addr_text(&from, from_text, 46),
	       addr_port(&from),
	       dst.sa.sa_family ? addr_text(&dst, dst_text, 46) : "-", buf);
	return 0;
}

static int join(int fd, const char *group, const char *dev)
{
	struct group_req req = {.gr_interface = if_nametoindex(dev)};
	union addr a = {};
	socklen_t len = make_addr(fd, group, "0", &a);

	if (!len)
		return -1;
	memcpy(&req.gr_group, &a, sizeof(a));
	return setsockopt(fd,
			  a.sa.sa_family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6,
			  MCAST_JOIN_GROUP, &req, sizeof(req));
}

static int do_join(char **w)
{
	int fd = get(w[1]);

	return say(fd < 0 ? -1 : join(fd, w[2], w[3]));
}

static int do_group(char **w)
{
	if (ngroups == GROUPS) {
		errno = ENOSPC;
		return say_error();
	}
	groups[ngroups][0] = strdup(w[1]);
	groups[ngroups++][1] = strdup(w[2]);
	return say(0);
}

/* A server's socket; -1 with errno, -2 when the family is not to be had. */
static int echo_open(const char *type, const char *family, const char *port)
{
	union addr a = {};
	int one = 1, fd = open_socket(type, family);
	socklen_t len;

	if (fd < 0)
		return errno == EPROTONOSUPPORT ? -2 : -1;
	len = make_addr(fd, *family == '4' ? "0.0.0.0" : "::", port, &a);
	if (!strcmp(type, "tcp"))
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one));
	setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof(one));
	for (int i = 0; *type == 'u' && i < ngroups; i++)
		if ((*family == '6') == !!strchr(groups[i][0], ':'))
			join(fd, groups[i][0], groups[i][1]);
	if (bind(fd, &a.sa, len) || (*type == 't' && listen(fd, 64)))
		return -1;
	return fd;
}

static void echo_answer(int fd, bool tcp, const char *name)
{
	char buf[512], text[INET6_ADDRSTRLEN], src[INET6_ADDRSTRLEN];
	union addr from = {}, dst = {}, local = {};
	socklen_t len = sizeof(from);

	if (tcp) {
		int c = accept4(fd, &from.sa, &len, SOCK_CLOEXEC);

		if (c < 0)
			return;
		snprintf(buf, sizeof(buf), "%s %s", name,
			 addr_text(&from, text, sizeof(text)));
		send(c, buf, strlen(buf), MSG_NOSIGNAL);
		close(c);
		return;
	}
	if (receive(fd, buf, sizeof(buf), &from, &dst, &local) < 0)
		return;
	snprintf(buf, sizeof(buf), "%s %s", name,
		 addr_text(&from, text, sizeof(text)));
	len = from.sa.sa_family == AF_INET ? sizeof(from.in) : sizeof(from.in6);
	send_from(fd,
		  local.sa.sa_family ? addr_text(&local, src, sizeof(src))
				     : NULL,
		  &from, len, buf);
}

static void echo_serve(struct pollfd *p, nfds_t n, const char *name)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		if (poll(p, n, -1) < 0)
			_exit(1);
		for (nfds_t i = 0; i < n; i++)
			if (p[i].revents)
				echo_answer(p[i].fd, i < n / 2, name);
	}
}

static int do_echo(char **w)
{
	static const char *const kinds[][2] = {
		{"tcp", "4"}, {"tcp", "6"}, {"udp", "4"}, {"udp", "6"}};
	struct pollfd p[4];
	pid_t pid;

	for (int i = 0; i < 4; i++) {
		int fd = echo_open(kinds[i][0], kinds[i][1], w[2]);

		/* poll(2) skips a negative one. */
		p[i] = (struct pollfd){.fd = fd, .events = POLLIN};
		if (fd != -1)
			continue;
		printf("%s%s ", kinds[i][0], kinds[i][1]);
		return say_error();
	}
	pid = fork();
	if (pid == 0)
		echo_serve(p, 4, w[1]);
	for (int i = 0; i < 4; i++)
		if (p[i].fd >= 0)
			close(p[i].fd);
	return say(pid < 0 ? -1 : 0);
}

/* An echo request on an ICMP datagram socket, and its answer. */
static int do_ping(char **w)
{
	unsigned char p[16] = {0};
	union addr a = {}, dst = {}, local = {};
	char buf[512], text[INET6_ADDRSTRLEN];
	int fd = get(w[1]);
	socklen_t len = fd < 0 ? 0 : make_addr(fd, w[2], "0", &a);

	/* ICMP's echo request, and ICMPv6's */
	p[0] = a.sa.sa_family == AF_INET6 ? 128 : 8;
	if (fd < 0 || sendto(fd, p, sizeof(p), 0, &a.sa, len) < 0)
		return say_error();
	if (!comes(fd, w[3]))
		return 0;
	if (receive(fd, buf, sizeof(buf), &a, &dst, &local) < 0)
		return say_error();
	printf("ok %s\n", addr_text(&a, text, sizeof(text)));
	return 0;
}

static const struct verb {
	const char *name;
	int words;
	int (*run)(char **w);
} verbs[] = {
	{"socket", 4, do_socket},     {"opt", 4, do_opt},
	{"bind", 4, do_bind},	      {"listen", 2, do_listen},
	{"close", 2, do_close},	      {"connect", 4, do_connect},
	{"name", 2, do_name},	      {"peer", 2, do_peer},
	{"accept", 4, do_accept},     {"send", 3, do_send},
	{"sendto", 5, do_sendto},     {"sendmsg", 6, do_sendmsg},
	{"recv", 3, do_recv},	      {"join", 4, do_join},
	{"ping", 4, do_ping},	      {"echo", 3, do_echo},
	{"group", 3, do_group},	      {"mmsg", 5, do_mmsg},
	{"fastopen", 4, do_fastopen},
};

static void obey(char *line)
{
	char *w[WORDS] = {NULL};
	char *save = NULL;
	int n = 0;

	for (char *t = strtok_r(line, " \n", &save); t && n < WORDS;
	     t = strtok_r(NULL, " \n", &save))
		w[n++] = t;
	for (size_t i = 0; n && i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(w[0], verbs[i].name) || n != verbs[i].words)
			continue;
		verbs[i].run(w);
		return;
	}
	puts("EINVAL");
}

int main(void)
{
	char line[1024];

	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 0; i < SLOTS; i++)
		slot[i] = -1;
	while (fgets(line, sizeof(line), stdin))
		obey(line);
	return 0;
}
