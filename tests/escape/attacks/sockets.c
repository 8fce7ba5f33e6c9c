/*
 * sockets: out by sockets that no mount and no pid namespace keeps apart.
 *
 *	sockets listen NAME	(outside) take connections and datagrams at
 *				NAME and tell of each; "@X" is the abstract
 *				name X (CVE-2020-15257)
 *	sockets connect NAME	reach who listens there
 *	sockets reach NAME	the same at NAME itself, by a stream
 *	sockets bind NAME	listen there, in the place of another
 *	sockets auto		listen at a name that the kernel chooses, tell
 *				it, and stay
 *	sockets families [vnet]	families that are the machine's, not a
 *				network stack's; with vnet only those that no
 *				vnet makes harmless
 *	sockets raw		raw and packet sockets
 */
#include "escape.h"

#include <linux/if_ether.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

static int last = EPERM;

static socklen_t name_to(struct sockaddr_un *un, const char *name)
{
	size_t n = strlen(name);

	*un = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (n + 1 > sizeof(un->sun_path))
		broken("%s: too long", name);
	memcpy(un->sun_path, name, n);
	if (*name != '@')
		return sizeof(*un);
	un->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
}

static const int types[] = {SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM};
#define NTYPES (sizeof(types) / sizeof(*types))

static int listen_at(const char *name, int type)
{
	struct sockaddr_un un;
	socklen_t len = name_to(&un, name);
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (bind(fd, (void *)&un, len) < 0 ||
	    (type != SOCK_DGRAM && listen(fd, 8) < 0)) {
		last = errno;
		close(fd);
		errno = last;
		return -1;
	}
	return fd;
}

__attribute__((noreturn)) static void serve(struct pollfd *p)
{
	char buf[64];

	for (;;) {
		if (poll(p, NTYPES, -1) < 0)
			broken("poll: %s", strerror(errno));
		for (size_t i = 0; i < NTYPES; i++) {
			if (!(p[i].revents & POLLIN))
				continue;
			if (types[i] == SOCK_DGRAM)
				recv(p[i].fd, buf, sizeof(buf), 0);
			else
				close(accept(p[i].fd, NULL, NULL));
			dprintf(1, "somebody came by type %d\n", types[i]);
		}
	}
}

/* Each type at NAME with its number behind: names are shared by types. */
static void listen_(char **argv)
{
	struct pollfd p[NTYPES];
	char name[100];

	for (size_t i = 0; i < NTYPES; i++) {
		snprintf(name, sizeof(name), "%s.%d", argv[0], types[i]);
		p[i].fd = listen_at(name, types[i]);
		p[i].events = POLLIN;
		if (p[i].fd < 0)
			broken("%s: %s", name, strerror(errno));
	}
	dprintf(1, "ready\n");
	serve(p);
}

static void connect_(char **argv)
{
	struct sockaddr_un un;
	socklen_t len;
	char name[100];

	for (size_t i = 0; i < NTYPES; i++) {
		int fd = socket(AF_UNIX, types[i] | SOCK_CLOEXEC, 0);

		if (fd < 0)
			broken("socket: %s", strerror(errno));
		snprintf(name, sizeof(name), "%s.%d", argv[0], types[i]);
		len = name_to(&un, name);
		if (connect(fd, (void *)&un, len) == 0)
			escaped("connected to %s", name);
		last = errno;
		if (types[i] == SOCK_DGRAM &&
		    sendto(fd, "x", 1, 0, (void *)&un, len) == 1)
			escaped("a datagram went to %s", name);
		close(fd);
	}
}

static void reach(char **argv)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un un;
	socklen_t len = name_to(&un, argv[0]);

	if (connect(fd, (void *)&un, len) == 0)
		escaped("connected to %s", argv[0]);
	last = errno;
}

static void bind_(char **argv)
{
	for (size_t i = 0; i < NTYPES; i++)
		if (listen_at(argv[0], types[i]) >= 0)
			escaped("it listens at %s by type %d", argv[0],
				types[i]);
}

static void auto_(char **argv)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	socklen_t len = sizeof(sa_family_t);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)argv;
	if (fd < 0 || bind(fd, (void *)&un, len) < 0 || listen(fd, 8) < 0)
		held("%s", strerror(errno));
	len = sizeof(un);
	if (getsockname(fd, (void *)&un, &len) < 0)
		broken("getsockname: %s", strerror(errno));
	dprintf(1, "@%.*s\n",
		(int)(len - offsetof(struct sockaddr_un, sun_path) - 1),
		un.sun_path + 1);
	for (;;)
		pause();
}

/* --- families ------------------------------------------------------------ */

static const struct {
	const char *name;
	int family, type, protocol;
	bool per_vnet; /* in a vnet it is that vnet's */
} families[] = {
	{"AF_PACKET", AF_PACKET, SOCK_RAW, 0, true},
	{"AF_VSOCK", AF_VSOCK, SOCK_STREAM, 0, false},
	{"AF_ALG", AF_ALG, SOCK_SEQPACKET, 0, false},
	{"AF_BLUETOOTH", AF_BLUETOOTH, SOCK_RAW, 1, false},
	{"AF_CAN", AF_CAN, SOCK_RAW, 1, true},
	{"AF_TIPC", AF_TIPC, SOCK_RDM, 0, true},
	{"AF_RDS", AF_RDS, SOCK_SEQPACKET, 0, true},
	{"AF_KCM", AF_KCM, SOCK_SEQPACKET, 0, true},
	{"AF_XDP", AF_XDP, SOCK_RAW, 0, true},
	{"AF_NFC", AF_NFC, SOCK_RAW, 0, false},
	{"AF_QIPCRTR", AF_QIPCRTR, SOCK_DGRAM, 0, false},
	{"AF_PHONET", AF_PHONET, SOCK_DGRAM, 0, false},
	{"AF_X25", AF_X25, SOCK_SEQPACKET, 0, false},
	{"AF_KEY", AF_KEY, SOCK_RAW, 2, true},
	{"NETLINK_AUDIT", AF_NETLINK, SOCK_RAW, NETLINK_AUDIT, false},
	{"NETLINK_KOBJECT_UEVENT", AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT,
	 true},
	{"NETLINK_CONNECTOR", AF_NETLINK, SOCK_RAW, NETLINK_CONNECTOR, false},
};

static void families_(char **argv)
{
	bool vnet = argv[0] != NULL;

	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++) {
		int fd;

		if (vnet && families[i].per_vnet)
			continue;
		fd = socket(families[i].family, families[i].type | SOCK_CLOEXEC,
			    families[i].protocol);
		if (fd >= 0)
			escaped("a socket of %s", families[i].name);
		last = errno;
		if (last != EPERM && last != EACCES && last != EAFNOSUPPORT &&
		    last != EPROTONOSUPPORT && last != ENOSYS)
			escaped("%s: %s", families[i].name, strerror(last));
	}
}

static void raw(char **argv)
{
	(void)argv;
	if (socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW) >= 0)
		escaped("a raw socket");
	last = errno;
	if (socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6) >= 0)
		escaped("a raw socket for IPv6");
	if (socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0) >= 0)
		escaped("a packet socket");
}

static const struct {
	const char *name;
	void (*run)(char **argv);
	int words;
} attacks[] = {
	{"listen", listen_, 1}, {"connect", connect_, 1},
	{"reach", reach, 1},	{"bind", bind_, 1},
	{"auto", auto_, 0},	{"families", families_, 0},
	{"raw", raw, 0},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(attacks) / sizeof(*attacks);
	     i++) {
		if (strcmp(argv[1], attacks[i].name) != 0 ||
		    argc - 2 < attacks[i].words)
			continue;
		attacks[i].run(argv + 2);
		held("%s", strerror(last));
	}
	broken("usage: see the head of sockets.c");
}
