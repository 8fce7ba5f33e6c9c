/*
 * ipshare_world: for tests of jails that share the host's addresses.  Each case
 * has a network namespace of its own, cgroups, and processes in them that try
 * what sockets can do.
 */
#ifndef CB_TESTS_IPSHARE_WORLD_H
#define CB_TESTS_IPSHARE_WORLD_H

#include "base/cleanup.h"
#include "base/str.h"
#include "ipshare/ipshare.h"
#include "ns/ns.h"

#include <arpa/inet.h>
#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* options that a test does not name are 0, and not all need all of this */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#pragma GCC diagnostic ignored "-Wunused-function"

/* --- the world ----------------------------------------------------------- */

/*
 * Addresses: 10.1.0.1 is the host's, 10.1.0.2 and so on are for jails, all on
 * one interface but 10.1.0.3, which is on lo0; IPv6 likewise.
 */
static const char *const setup[] = {
	"ip link set lo up",
	"ip link add d0 type veth peer name d1",
	"ip link set d0 up",
	"ip link set d1 up",
	"ip addr add 10.1.0.1/24 dev d0",
	"ip addr add 10.1.0.2/32 dev d0",
	"ip addr add 10.1.0.4/32 dev d0",
	"ip addr add 10.1.0.3/32 dev lo",
	"ip addr add 127.0.0.9/32 dev lo",
	"ip -6 addr add fd00::1/64 dev d0 nodad",
	"ip -6 addr add fd00::2/128 dev d0 nodad",
	"ip -6 addr add fd00::4/128 dev d0 nodad",
	"ip -6 addr add fd00::3/128 dev lo nodad",
	"ip route add 192.0.2.0/24 dev d0",
};

struct jail {
	char *path;
	int fd;
	uint64_t id;
};
static struct jail a, b;
static char *bpfdir;

static void jail_make(struct jail *j, char *path)
{
	struct stat st;

	j->path = path;
	ATF_REQUIRE_EQ(0, cgroup_make(path, NULL));
	ATF_REQUIRE_EQ(0, cgroup_open(path, &j->fd, NULL));
	ATF_REQUIRE_EQ(0, fstat(j->fd, &st));
	j->id = st.st_ino;
}

static void jail_end(struct jail *j)
{
	if (!j->path)
		return;
	cgroup_kill(j->path, NULL);
	ATF_CHECK_EQ(0, ipshare_clear(bpfdir, j->id, NULL));
	close(j->fd);
	ATF_CHECK_EQ(0, cgroup_remove(j->path, NULL));
	free(j->path);
	j->path = NULL;
}

static void world(void)
{
	cleanup_free char *root = NULL;
	struct err e = ERR_INIT;
	char cwd[512];

	if (getuid() != 0 || cgroup_root(&root, NULL) < 0)
		atf_tc_skip("no root, or no cgroup2 here");
	if (ipshare_can(&e) < 0) {
		/* that is ours to mend, not the kernel's */
		if (strstr(e.text, "does not take"))
			atf_tc_fail("%s", e.text);
		atf_tc_skip("%s", e.text);
	}
	ATF_REQUIRE_EQ(0, unshare(CLONE_NEWNET | CLONE_NEWNS));
	ATF_REQUIRE_EQ(0, mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	for (size_t i = 0; i < ARRAY_SIZE(setup); i++)
		ATF_REQUIRE_EQ_MSG(0, system(setup[i]), "%s", setup[i]);
	ATF_REQUIRE(getcwd(cwd, sizeof(cwd)) != NULL);
	bpfdir = str_printf("%s/bpf", cwd);
	jail_make(&a, str_printf("%s/cb-ipshare.%d", root, (int)getpid()));
	jail_make(&b, str_printf("%s/cb-ipshare.%d.b", root, (int)getpid()));
}

static void world_end(void)
{
	jail_end(&b);
	jail_end(&a);
	/* with the last jail everything is gone */
	ATF_CHECK(access(bpfdir, F_OK) < 0);
	free(bpfdir);
}

/* --- configurations ------------------------------------------------------ */

/* "10.1.0.2 fd00::2": these; words: inherit4 inherit6 raw first nolow. */
static int set_text(const struct jail *j, const char *text, struct err *e)
{
	struct in_addr a4[8];
	struct in6_addr a6[8];
	struct ipshare_conf c = {.addr4 = a4,
				 .addr6 = a6,
				 .saddrsel4 = true,
				 .saddrsel6 = true,
				 .low_ports = true};
	cleanup_close int net = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	cleanup_free char *copy = strdup(text);
	char *save = NULL;

	for (char *w = strtok_r(copy, " ", &save); w;
	     w = strtok_r(NULL, " ", &save)) {
		if (!strcmp(w, "inherit4")) {
			c.mode4 = IPSHARE_INHERIT;
		} else if (!strcmp(w, "inherit6")) {
			c.mode6 = IPSHARE_INHERIT;
		} else if (!strcmp(w, "raw")) {
			c.raw = true;
		} else if (!strcmp(w, "first")) {
			c.saddrsel4 = c.saddrsel6 = false;
		} else if (!strcmp(w, "nolow")) {
			c.low_ports = false;
		} else if (strchr(w, ':')) {
			c.mode6 = IPSHARE_NEW;
			ATF_REQUIRE_EQ(1, inet_pton(AF_INET6, w, &a6[c.n6++]));
		} else {
			c.mode4 = IPSHARE_NEW;
			ATF_REQUIRE_EQ(1, inet_pton(AF_INET, w, &a4[c.n4++]));
		}
	}
	return ipshare_set(bpfdir, j->fd, net, &c, e);
}

static void set(const struct jail *j, const char *text)
{
	struct err e = ERR_INIT;

	ATF_REQUIRE_EQ_MSG(0, set_text(j, text, &e), "%s", e.text);
}

/* --- processes ----------------------------------------------------------- */

static int inside(const struct jail *j, int (*fn)(void *), const void *arg)
{
	struct ns_child c = {.cgroup_fd = j ? j->fd : -1,
			     .fn = fn,
			     .arg = (void *)(uintptr_t)arg};
	int status;
	pid_t pid;

	ATF_REQUIRE_EQ(0, ns_fork(&c, &pid, NULL, NULL));
	ATF_REQUIRE_EQ(pid, waitpid(pid, &status, 0));
	ATF_REQUIRE_MSG(WIFEXITED(status), "status %x", (unsigned)status);
	return WEXITSTATUS(status);
}

/*
 * A socket that a process of the jail has made goes to the test, whose it is
 * from then on to use; what it may do is still the jail's matter.
 */
struct made {
	int (*fn)(const void *);
	const void *arg;
	int pair[2];
};

static int make_and_pass(void *arg)
{
	struct made *m = arg;
	int fd = m->fn(m->arg), code = errno;
	char room[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec v = {&code, sizeof(code)};
	struct msghdr h = {.msg_iov = &v, .msg_iovlen = 1};
	struct cmsghdr *c;

	if (fd >= 0) {
		code = 0;
		h.msg_control = room;
		h.msg_controllen = sizeof(room);
		c = CMSG_FIRSTHDR(&h);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	return sendmsg(m->pair[1], &h, 0) < 0;
}

/* What fn makes in the jail (NULL: outside), or -errno. */
static int made_in(const struct jail *j, int (*fn)(const void *),
		   const void *arg)
{
	struct made m = {.fn = fn, .arg = arg};
	char room[CMSG_SPACE(sizeof(int))] = {0};
	int code = 0, fd;
	struct iovec v = {&code, sizeof(code)};
	struct msghdr h = {.msg_iov = &v,
			   .msg_iovlen = 1,
			   .msg_control = room,
			   .msg_controllen = sizeof(room)};

	ATF_REQUIRE_EQ(
		0, socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, m.pair));
	ATF_REQUIRE_EQ(0, inside(j, make_and_pass, &m));
	ATF_REQUIRE_EQ((ssize_t)sizeof(code),
		       recvmsg(m.pair[0], &h, MSG_CMSG_CLOEXEC));
	close(m.pair[0]);
	close(m.pair[1]);
	if (!CMSG_FIRSTHDR(&h))
		return -code;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&h)), sizeof(fd));
	return fd;
}

/* How long what must come may take, ms: an emulated machine is slow. */
#define PATIENCE 10000

/* --- sockets ------------------------------------------------------------- */

enum {
	REUSE = 1,
	REUSEPORT = 2,
	V6ONLY = 4,
	LISTEN = 8,
	GROUP = 16, /* joined before bind */
};

/* A socket: family, type, options, and where it is bound ("" not at all). */
struct want {
	int type;
	const char *ip;
	int port;
	int opts;
	int family; /* 0: as the address */
	int proto;
};

static socklen_t fill(struct sockaddr_storage *ss, const char *ip, int port)
{
	struct sockaddr_in6 *in6 = (void *)ss;
	struct sockaddr_in *in = (void *)ss;

	memset(ss, 0, sizeof(*ss));
	if (strchr(ip, ':')) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons((uint16_t)port);
		ATF_REQUIRE_EQ(1, inet_pton(AF_INET6, ip, &in6->sin6_addr));
		return sizeof(*in6);
	}
	in->sin_family = AF_INET;
	in->sin_port = htons((uint16_t)port);
	ATF_REQUIRE_EQ(1, inet_pton(AF_INET, ip, &in->sin_addr));
	return sizeof(*in);
}

/* 239.1.2.3 or ff05::239, on lo. */
static void join_group(int s, int family)
{
	struct ip_mreqn four = {.imr_ifindex = 1};
	struct ipv6_mreq six = {.ipv6mr_interface = 1};

	inet_pton(AF_INET, "239.1.2.3", &four.imr_multiaddr);
	inet_pton(AF_INET6, "ff05::239", &six.ipv6mr_multiaddr);
	if (family == AF_INET)
		setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, &four,
			   sizeof(four));
	else
		setsockopt(s, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &six,
			   sizeof(six));
}

static int open_socket(const void *arg)
{
	const struct want *w = arg;
	int family = w->family		  ? w->family
		     : strchr(w->ip, ':') ? AF_INET6
					  : AF_INET;
	cleanup_close int s = socket(family, w->type | SOCK_CLOEXEC, w->proto);
	int on = 1, only = !!(w->opts & V6ONLY);
	struct sockaddr_storage ss;
	socklen_t len;

	if (s < 0)
		return -1;
	if (w->opts & REUSE)
		setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (w->opts & REUSEPORT)
		setsockopt(s, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	if (family == AF_INET6)
		setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only));
	if (w->opts & GROUP)
		join_group(s, family);
	len = *w->ip ? fill(&ss, w->ip, w->port) : 0;
	if (len && bind(s, (void *)&ss, len) < 0)
		return -1;
	if ((w->opts & LISTEN) && listen(s, 8) < 0)
		return -1;
	return take_fd(&s);
}

static int in(const struct jail *j, const struct want *w)
{
	return made_in(j, open_socket, w);
}

#define TCP(...) (&(const struct want){SOCK_STREAM, __VA_ARGS__})
#define UDP(...) (&(const struct want){SOCK_DGRAM, __VA_ARGS__})

/* One that must be had. */
static int get(const struct jail *j, const struct want *w)
{
	int s = in(j, w);

	ATF_REQUIRE_MSG(s >= 0, "%s %d: %s", w->ip, w->port, strerror(-s));
	return s;
}

/* "10.1.0.2 80" */
static const char *text_of(const struct sockaddr_storage *ss)
{
	static char room[4][80];
	static int turn;
	char *t = room[turn++ % 4], ip[INET6_ADDRSTRLEN];
	const struct sockaddr_in6 *in6 = (const void *)ss;
	const struct sockaddr_in *in4 = (const void *)ss;

	if (ss->ss_family == AF_INET6)
		inet_ntop(AF_INET6, &in6->sin6_addr, ip, sizeof(ip));
	else
		inet_ntop(AF_INET, &in4->sin_addr, ip, sizeof(ip));
	snprintf(t, sizeof(room[0]), "%s %d", ip, ntohs(in4->sin_port));
	return t;
}

static const char *name_of(int s)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	ATF_REQUIRE_EQ(0, getsockname(s, (void *)&ss, &len));
	return text_of(&ss);
}

static int port_of(int s)
{
	return atoi(strchr(name_of(s), ' ') + 1);
}

static const char *peer_of(int s)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	ATF_REQUIRE_EQ(0, getpeername(s, (void *)&ss, &len));
	return text_of(&ss);
}

static void is(const char *want, const char *got)
{
	ATF_CHECK_STREQ(want, got);
}

/* Without its port. */
static void is_ip(const char *want, const char *got)
{
	size_t n = strlen(want);

	ATF_CHECK_MSG(!strncmp(want, got, n) && got[n] == ' ', "%s, not %s",
		      got, want);
}

/* 0 or an errno. */
static int go(int s, const char *ip, int port)
{
	struct sockaddr_storage ss;
	socklen_t len = fill(&ss, ip, port);

	return connect(s, (void *)&ss, len) < 0 ? errno : 0;
}

static int give(int s, const char *ip, int port)
{
	struct sockaddr_storage ss;
	socklen_t len = fill(&ss, ip, port);

	return sendto(s, "x", 1, 0, (void *)&ss, len) < 0 ? errno : 0;
}

/* A datagram with a source of the sender's choice; 0 or an errno. */
static int give_from(int s, const char *src, const char *ip)
{
	struct sockaddr_storage ss;
	char room[CMSG_SPACE(sizeof(struct in6_pktinfo))] = {0};
	char x = 'x';
	struct iovec v = {&x, 1};
	struct msghdr h = {.msg_name = &ss,
			   .msg_namelen = fill(&ss, ip, 53),
			   .msg_iov = &v,
			   .msg_iovlen = 1,
			   .msg_control = room};
	struct in6_pktinfo p6 = {.ipi6_ifindex = 0};
	struct in_pktinfo p4 = {.ipi_ifindex = 0};
	struct cmsghdr *c;

	h.msg_controllen = sizeof(room);
	c = CMSG_FIRSTHDR(&h);
	if (strchr(src, ':')) {
		c->cmsg_level = IPPROTO_IPV6;
		c->cmsg_type = IPV6_PKTINFO;
		c->cmsg_len = CMSG_LEN(sizeof(p6));
		inet_pton(AF_INET6, src, &p6.ipi6_addr);
		memcpy(CMSG_DATA(c), &p6, sizeof(p6));
		h.msg_controllen = CMSG_SPACE(sizeof(p6));
	} else {
		c->cmsg_level = IPPROTO_IP;
		c->cmsg_type = IP_PKTINFO;
		c->cmsg_len = CMSG_LEN(sizeof(p4));
		inet_pton(AF_INET, src, &p4.ipi_spec_dst);
		memcpy(CMSG_DATA(c), &p4, sizeof(p4));
		h.msg_controllen = CMSG_SPACE(sizeof(p4));
	}
	return sendmsg(s, &h, 0) < 0 ? errno : 0;
}

/* From whom the next datagram came. */
static const char *heard(int s)
{
	struct pollfd p = {s, POLLIN, 0};
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	char c;

	if (poll(&p, 1, PATIENCE) != 1 ||
	    recvfrom(s, &c, 1, MSG_DONTWAIT, (void *)&ss, &len) < 0)
		return "";
	return text_of(&ss);
}

/* A connection from outside or a jail reaches that listener, and no other. */
static void reaches(const struct jail *from, const char *ip, int port,
		    int listener)
{
	int c = get(from, TCP("", 0, 0, strchr(ip, ':') ? AF_INET6 : AF_INET));
	struct pollfd p = {listener, POLLIN, 0};
	int s;

	ATF_CHECK_EQ_MSG(0, go(c, ip, port), "%s %d", ip, port);
	ATF_CHECK_EQ_MSG(1, poll(&p, 1, PATIENCE), "%s %d", ip, port);
	if (p.revents) {
		s = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		ATF_REQUIRE(s >= 0);
		/* an IPv6 listener has IPv4's as ::ffff:a.b.c.d */
		ATF_CHECK(strstr(name_of(s), peer_of(c)) != NULL);
		close(s);
	}
	close(c);
}

static void refused(const struct jail *from, const char *ip, int port)
{
	int c = get(from, TCP("", 0, 0, strchr(ip, ':') ? AF_INET6 : AF_INET));

	ATF_CHECK_EQ_MSG(ECONNREFUSED, go(c, ip, port), "%s %d", ip, port);
	close(c);
}

#define CASE(name, words)                                                      \
	ATF_TC(name);                                                          \
	ATF_TC_HEAD(name, tc)                                                  \
	{                                                                      \
		atf_tc_set_md_var(tc, "descr", words);                         \
		atf_tc_set_md_var(tc, "require.user", "root");                 \
		atf_tc_set_md_var(tc, "timeout", "120");                       \
	}                                                                      \
	ATF_TC_BODY(name, tc)

#endif
