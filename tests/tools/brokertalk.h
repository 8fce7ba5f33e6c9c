/*
 * brokertalk: the broker's protocol (jail/broker_wire.h) as somebody would
 * write it down who has only read about it, for programs that say what no
 * honest one would.
 */
#ifndef CB_TESTS_BROKERTALK_H
#define CB_TESTS_BROKERTALK_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define TALK_PATH "/run/cellblock/broker"
#define TALK_MAGIC UINT32_C(0x42524b43)
#define TALK_MAX 16384
/* Of a family; a few more than a jail may have, and room for both. */
#define TALK_ADDRS 300

struct talk_head {
	uint32_t magic;
	uint16_t version, request;
	uint8_t nonce[16];
	uint16_t depth, zero;
};

struct talk {
	int fd;
	struct talk_head head; /* of the next request */
	uint8_t body[TALK_MAX];
	size_t n;	 /* of body */
	uint32_t code;	 /* the answer */
	char text[1200]; /* its text */
};

__attribute__((unused)) static void talk_add(struct talk *t, const void *p,
					     size_t n)
{
	memcpy(t->body + t->n, p, n);
	t->n += n;
}

__attribute__((unused)) static void talk_jid(struct talk *t, uint32_t jid)
{
	talk_add(t, &jid, sizeof(jid));
	t->head.depth++;
}

/*
 * The arguments of share.set.  flags: 1 and 2 ip4.saddrsel and ip6.saddrsel, 4
 * raw sockets, 8 low ports.  More addresses than TALK_ADDRS of a family are
 * left out.
 */
__attribute__((unused)) static void
talk_addresses(struct talk *t, int mode4, int mode6, int flags, char **addrs)
{
	uint8_t head[4] = {(uint8_t)mode4, (uint8_t)mode6, (uint8_t)flags, 0};
	uint8_t b4[4 * TALK_ADDRS] = {0}, b6[16 * TALK_ADDRS] = {0};
	uint16_t n4 = 0, n6 = 0;

	for (; *addrs; addrs++)
		if (strchr(*addrs, ':') && n6 < TALK_ADDRS)
			inet_pton(AF_INET6, *addrs, b6 + 16 * n6++);
		else if (!strchr(*addrs, ':') && n4 < TALK_ADDRS)
			inet_pton(AF_INET, *addrs, b4 + 4 * n4++);
	talk_add(t, head, sizeof(head));
	talk_add(t, &n4, sizeof(n4));
	talk_add(t, &n6, sizeof(n6));
	talk_add(t, b4, 4u * n4);
	talk_add(t, b6, 16u * n6);
}

/* 0, or an errno. */
__attribute__((unused)) static int talk_dial(struct talk *t, const char *path)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	struct timeval tv = {.tv_sec = 90};

	strncpy(sun.sun_path, path, sizeof(sun.sun_path) - 1);
	t->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	setsockopt(t->fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	if (connect(t->fd, (struct sockaddr *)&sun, sizeof(sun)) < 0)
		return errno;
	return 0;
}

/* The next datagram as the answer: 0, EPIPE for the end, or an errno. */
__attribute__((unused)) static int talk_answer(struct talk *t)
{
	uint8_t buf[TALK_MAX];
	ssize_t n = recv(t->fd, buf, sizeof(buf), 0);

	if (n <= 0)
		return n ? errno : EPIPE;
	if (n < 8 || n - 8 >= (ssize_t)sizeof(t->text))
		return EBADMSG;
	memcpy(&t->code, buf + 4, 4);
	memcpy(t->text, buf + 8, (size_t)n - 8);
	t->text[n - 8] = '\0';
	return 0;
}

/* The greeting: 0, or an errno; EPROTO when it was an answer already. */
__attribute__((unused)) static int talk_hello(struct talk *t)
{
	uint8_t buf[TALK_MAX];
	ssize_t n = recv(t->fd, buf, sizeof(buf), 0);

	if (n < 0)
		return errno;
	if (n < 8)
		return EPIPE;
	if (n != 24) {
		memcpy(&t->code, buf + 4, 4);
		memcpy(t->text, buf + 8, (size_t)n - 8);
		t->text[n - 8] = '\0';
		return EPROTO;
	}
	memcpy(t->head.nonce, buf + 8, 16);
	t->head.magic = TALK_MAGIC;
	t->head.version = 1;
	return 0;
}

/* With nfds descriptors of this namespace file. */
__attribute__((unused)) static int talk_send(struct talk *t, const void *p,
					     size_t n, int ns, int nfds)
{
	union {
		char buf[CMSG_SPACE(8 * sizeof(int))];
		struct cmsghdr align;
	} c;
	struct iovec iov = {.iov_base = (void *)(uintptr_t)p, .iov_len = n};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
	struct cmsghdr *h;

	memset(&c, 0, sizeof(c));
	if (nfds) {
		m.msg_control = &c;
		m.msg_controllen = CMSG_SPACE((size_t)nfds * sizeof(int));
		h = CMSG_FIRSTHDR(&m);
		h->cmsg_level = SOL_SOCKET;
		h->cmsg_type = SCM_RIGHTS;
		h->cmsg_len = CMSG_LEN((size_t)nfds * sizeof(int));
		for (int i = 0; i < nfds; i++)
			memcpy(CMSG_DATA(h) + (size_t)i * sizeof(int), &ns,
			       sizeof(int));
	}
	return sendmsg(t->fd, &m, MSG_NOSIGNAL) == (ssize_t)n ? 0 : errno;
}

/* head and body, with one descriptor of /proc/self/ns/net. */
__attribute__((unused)) static int talk_request(struct talk *t)
{
	uint8_t buf[sizeof(t->head) + TALK_MAX];
	int ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), r;

	memcpy(buf, &t->head, sizeof(t->head));
	memcpy(buf + sizeof(t->head), t->body, t->n);
	r = talk_send(t, buf, sizeof(t->head) + t->n, ns, 1);
	close(ns);
	return r;
}

#endif
