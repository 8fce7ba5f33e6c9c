/*
 * ngtalk: a program that does not keep to the wire between libnetgraph and the
 * broker (netgraph/wire.h).
 *
 *	ngtalk SOCKET N		N connections, each says something else that
 *				is no request, some after a good one
 *	ngtalk SOCKET crowd N	N connections that are held
 *	ngtalk SOCKET deputy PATH	the answer shall go to whoever listens
 *				at PATH (this program), who would take it for
 *				the broker's own word
 */
#include "netgraph/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static uint8_t buf[WIRE_REQUEST_MAX + 64];

static void fail(void)
{
	perror("ngtalk");
	exit(1);
}

static int dial(const char *path)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0)
		fail();
	return fd;
}

static void put(int fd, const void *p, size_t n, const int *fds, int nfds)
{
	union {
		char room[CMSG_SPACE(16 * sizeof(int))];
		struct cmsghdr align;
	} c = {0};
	struct iovec iov = {.iov_base = (void *)(uintptr_t)p, .iov_len = n};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
	struct cmsghdr *h;

	if (nfds) {
		m.msg_control = &c;
		m.msg_controllen = CMSG_SPACE((size_t)nfds * sizeof(int));
		h = CMSG_FIRSTHDR(&m);
		h->cmsg_level = SOL_SOCKET;
		h->cmsg_type = SCM_RIGHTS;
		h->cmsg_len = CMSG_LEN((size_t)nfds * sizeof(int));
		memcpy(CMSG_DATA(h), fds, (size_t)nfds * sizeof(int));
	}
	sendmsg(fd, &m, MSG_NOSIGNAL);
}

/* A node, as it should be; its data socket. */
static int make(int fd)
{
	int p[2], with = -1;
	int n = wire_request_print(WIRE_MAKE, "", 0, buf);
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} c = {0};
	struct iovec iov = {.iov_base = buf, .iov_len = sizeof(buf)};
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = &c,
			   .msg_controllen = sizeof(c)};

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, p) < 0)
		fail();
	put(fd, buf, (size_t)n, &p[1], 1);
	close(p[1]);
	if (recvmsg(p[0], &m, 0) > 0 && CMSG_FIRSTHDR(&m))
		memcpy(&with, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(with));
	close(p[0]);
	return with;
}

/* Descriptors that no answer may be written to: ret[0]; ret[1] or -1. */
static void odd_fd(int which, int ret[2])
{
	int p[2];

	ret[0] = ret[1] = -1;
	switch (which % 5) {
	case 0:
		ret[0] = open("/dev/null", O_RDWR);
		break;
	case 1:
		ret[0] = socket(AF_INET, SOCK_DGRAM, 0);
		break;
	case 2:
		ret[0] = socket(AF_UNIX, SOCK_SEQPACKET, 0);
		break;
	case 3:
		if (pipe(p) == 0) {
			ret[0] = p[1];
			ret[1] = p[0];
		}
		break;
	default:
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, ret) < 0)
			ret[0] = ret[1] = -1;
	}
}

static void noise(int fd, unsigned int seed)
{
	size_t n = (size_t)rand() % (seed % 7 ? 300 : sizeof(buf));

	for (size_t i = 0; i < n; i++)
		buf[i] = (uint8_t)rand();
	put(fd, buf, n, NULL, 0);
}

/* A request with one byte changed, or of another length. */
static void mangled(int fd, unsigned int seed)
{
	int with[16], others[16], nfds = (int)(seed % 16), n;
	struct ng_mesg m = {.header = {.version = NG_VERSION}};

	n = wire_request_print((enum wire_op)(seed % 3 + 1), "path.to:hook",
			       sizeof(m), buf);
	memcpy(buf + n, &m, sizeof(m));
	n += (int)sizeof(m);
	if (seed % 2)
		buf[rand() % n] ^= (uint8_t)(1 << rand() % 8);
	else
		n = rand() % (int)sizeof(buf);
	for (int i = 0; i < nfds; i++) {
		int p[2];

		odd_fd((int)seed + i, p);
		with[i] = p[0];
		others[i] = p[1];
	}
	put(fd, buf, (size_t)n, with, nfds);
	for (int i = 0; i < nfds; i++) {
		close(with[i]);
		if (others[i] >= 0)
			close(others[i]);
	}
}

static int talk(const char *path, int times)
{
	for (int i = 0; i < times; i++) {
		int fd = dial(path), data = -1;

		srand((unsigned int)i);
		if (i % 3 == 0)
			data = make(fd);
		for (int k = 0; k < i % 4 + 1; k++) {
			if (i % 5 == 0)
				noise(data >= 0 ? data : fd, (unsigned int)i);
			else
				mangled(data >= 0 && k % 2 ? data : fd,
					(unsigned int)(i + k));
		}
		close(fd);
		if (data >= 0)
			close(data);
	}
	printf("%d\n", times);
	return 0;
}

static int crowd(const char *path, int n)
{
	int held = 0;

	for (int i = 0; i < n; i++) {
		int fd = dial(path);

		held += make(fd) >= 0;
	}
	printf("%d connections\n", held);
	fflush(stdout);
	pause();
	return 0;
}

/*
 * Whoever listens at a path asks SO_PEERCRED or for SCM_CREDENTIALS who it is
 * that speaks.  A broker that writes to any socket it is given is root there.
 */
static int deputy(const char *path, const char *at)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int l = socket(AF_UNIX, SOCK_SEQPACKET, 0), fd = dial(path), n, heard;
	char byte;

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", at);
	if (bind(l, (struct sockaddr *)&sun, sizeof(sun)) < 0 ||
	    listen(l, 1) < 0)
		return 1;
	n = dial(at);
	heard = accept(l, NULL, NULL);
	for (int i = 0; i < 2; i++) {
		/* either end, of a node that is made and then of garbage,
		 * which ends the connection: all was read then */
		int given = i ? heard : n;
		int len = wire_request_print(WIRE_MAKE, "", 0, buf);

		put(fd, buf, (size_t)len, &given, 1);
	}
	while (recv(fd, &byte, 1, 0) > 0)
		;
	if (recv(heard, &byte, 1, MSG_DONTWAIT) >= 0 ||
	    recv(n, &byte, 1, MSG_DONTWAIT) >= 0)
		puts("heard");
	else
		puts("nothing");
	return 0;
}

int main(int argc, char **argv)
{
	const struct rlimit files = {8192, 8192};

	/* a crowd has two each */
	setrlimit(RLIMIT_NOFILE, &files);
	if (argc == 4 && !strcmp(argv[2], "deputy"))
		return deputy(argv[1], argv[3]);
	if (argc == 4 && !strcmp(argv[2], "crowd"))
		return crowd(argv[1], atoi(argv[3]));
	if (argc == 3)
		return talk(argv[1], atoi(argv[2]));
	fprintf(stderr, "usage: ngtalk socket n | crowd n | deputy path\n");
	return 2;
}
