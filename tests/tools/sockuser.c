/*
 * sockuser: programs of several kinds that use sockets, in miniature.
 *
 *   sockuser uring SERVER CLIENT PORT   socket, bind, listen, connect, accept,
 *                                       send and receive, all by io_uring, as
 *                                       far as the kernel has it: a server on
 *                                       SERVER, a client that calls CLIENT
 *   sockuser mmsg PORT ADDR...          one sendmmsg(2) to all ADDRs, one
 *                                       recvmmsg(2) of what comes back; on
 *                                       PORT there must be an echo
 *   sockuser mmsgecho ADDR PORT         that echo, by the same calls; "ready"
 *   sockuser dual PORT                  a server for both families on one
 *                                       socket; "ready", then who called
 *   sockuser threads ADDR PORT N        N threads that each make 20
 *                                       connections to one server here, and
 *                                       send as many datagrams
 *
 * What is printed is what the kernel says of addresses.  Exit status: 0 done,
 * 1 an error (its name and the call on standard error), 2 wrong use, 3 the
 * kernel has no io_uring or gives none.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <liburing.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	MESSAGES = 16,
	PER_THREAD = 20,
	THREADS_MAX = 64,
	/* Of Linux 6.11; headers and liburing are older. */
	OP_BIND = 56,
	OP_LISTEN = 57,
};

union addr {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

_Noreturn static void die(const char *what, int error)
{
	fprintf(stderr, "sockuser: %s: %s\n", what, strerrorname_np(error));
	exit(1);
}

static int check(const char *what, int r)
{
	if (r < 0)
		die(what, errno);
	return r;
}

static socklen_t make_addr(const char *text, const char *port, union addr *a)
{
	uint16_t p = htons((uint16_t)strtoul(port, NULL, 10));

	memset(a, 0, sizeof(*a));
	if (inet_pton(AF_INET, text, &a->in.sin_addr) == 1) {
		a->in.sin_family = AF_INET;
		a->in.sin_port = p;
		return sizeof(a->in);
	}
	a->in6.sin6_family = AF_INET6;
	a->in6.sin6_port = p;
	if (inet_pton(AF_INET6, text, &a->in6.sin6_addr) != 1)
		die(text, EINVAL);
	return sizeof(a->in6);
}

static const char *text_of(const union addr *a)
{
	static char buf[4][INET6_ADDRSTRLEN];
	static int turn;
	char *b = buf[turn++ % 4];

	if (a->sa.sa_family == AF_INET6)
		inet_ntop(AF_INET6, &a->in6.sin6_addr, b, INET6_ADDRSTRLEN);
	else
		inet_ntop(AF_INET, &a->in.sin_addr, b, INET6_ADDRSTRLEN);
	return b;
}

static void tell(const char *who, int fd)
{
	union addr here = {}, peer = {};
	socklen_t hlen = sizeof(here), plen = sizeof(peer);

	check("getsockname", getsockname(fd, &here.sa, &hlen));
	check("getpeername", getpeername(fd, &peer.sa, &plen));
	printf("%s: %s to %s\n", who, text_of(&here), text_of(&peer));
}

/* io_uring */

static struct io_uring ring;

/* Have what `sqe` says done, and what came of it. */
static int done(void)
{
	struct io_uring_cqe *cqe = NULL;
	int r;

	io_uring_submit(&ring);
	r = io_uring_wait_cqe(&ring, &cqe);
	if (r < 0)
		die("io_uring_wait_cqe", -r);
	r = cqe->res;
	io_uring_cqe_seen(&ring, cqe);
	return r;
}

static int must(const char *what, int r)
{
	if (r < 0)
		die(what, -r);
	return r;
}

static int uring_socket(int family)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

	io_uring_prep_socket(sqe, family, SOCK_STREAM | SOCK_CLOEXEC, 0, 0);
	return must("socket", done());
}

static void uring_bind(int fd, const union addr *a, socklen_t len)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
	int r;

	io_uring_prep_rw(OP_BIND, sqe, fd, a, 0, len);
	r = done();
	if (r != -EINVAL) {
		must("bind", r);
		return;
	}
	check("bind", bind(fd, &a->sa, len));
}

static void uring_listen(int fd)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
	int r;

	io_uring_prep_rw(OP_LISTEN, sqe, fd, NULL, 16, 0);
	r = done();
	if (r != -EINVAL) {
		must("listen", r);
		return;
	}
	check("listen", listen(fd, 16));
}

static int uring(char **argv)
{
	union addr at = {}, to = {};
	socklen_t alen = make_addr(argv[0], argv[2], &at);
	socklen_t tlen = make_addr(argv[1], argv[2], &to);
	char buf[16] = "";
	int r, one = 1, server, client, conn;

	r = io_uring_queue_init(8, &ring, 0);
	if (r < 0) {
		fprintf(stderr, "sockuser: io_uring: %s\n",
			strerrorname_np(-r));
		return 3;
	}
	server = uring_socket(at.sa.sa_family);
	setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	uring_bind(server, &at, alen);
	uring_listen(server);
	client = uring_socket(to.sa.sa_family);
	io_uring_prep_connect(io_uring_get_sqe(&ring), client, &to.sa, tlen);
	must("connect", done());
	io_uring_prep_accept(io_uring_get_sqe(&ring), server, NULL, NULL, 0);
	conn = must("accept", done());
	io_uring_prep_send(io_uring_get_sqe(&ring), client, "hello", 5, 0);
	must("send", done());
	io_uring_prep_recv(io_uring_get_sqe(&ring), conn, buf, sizeof(buf), 0);
	must("recv", done());
	tell("client", client);
	tell("server", conn);
	printf("heard: %.5s\n", buf);
	return 0;
}

/* sendmmsg, recvmmsg */

struct batch {
	union addr addr[MESSAGES];
	char buf[MESSAGES][64];
	struct iovec iov[MESSAGES];
	struct mmsghdr msg[MESSAGES];
};

static void batch_init(struct batch *b)
{
	memset(b, 0, sizeof(*b));
	for (int i = 0; i < MESSAGES; i++) {
		b->iov[i] = (struct iovec){b->buf[i], sizeof(b->buf[i])};
		b->msg[i].msg_hdr = (struct msghdr){
			.msg_name = &b->addr[i],
			.msg_namelen = sizeof(b->addr[i]),
			.msg_iov = &b->iov[i],
			.msg_iovlen = 1,
		};
	}
}

static int mmsg(int n, char **argv)
{
	static struct batch out, in;
	int fd, got = 0;

	if (n < 2 || n > MESSAGES)
		return 2;
	batch_init(&out);
	for (int i = 1; i < n; i++) {
		out.msg[i - 1].msg_hdr.msg_namelen =
			make_addr(argv[i], argv[0], &out.addr[i - 1]);
		out.iov[i - 1].iov_len = (size_t)snprintf(
			out.buf[i - 1], sizeof(out.buf[0]), "to %s", argv[i]);
	}
	fd = check("socket", socket(out.addr[0].sa.sa_family,
				    SOCK_DGRAM | SOCK_CLOEXEC, 0));
	got = check("sendmmsg", sendmmsg(fd, out.msg, (unsigned)n - 1, 0));
	if (got != n - 1)
		die("sendmmsg, not all", EIO);
	for (got = 0; got < n - 1;) {
		int r;

		batch_init(&in);
		r = check("recvmmsg",
			  recvmmsg(fd, in.msg, MESSAGES, MSG_WAITFORONE, NULL));
		for (int i = 0; i < r; i++)
			printf("%.*s: answer from %s\n", (int)in.msg[i].msg_len,
			       in.buf[i], text_of(&in.addr[i]));
		got += r;
	}
	return 0;
}

static void mmsgecho(char **argv)
{
	static struct batch b;
	union addr a = {};
	socklen_t len = make_addr(argv[0], argv[1], &a);
	int fd = check("socket",
		       socket(a.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));

	check("bind", bind(fd, &a.sa, len));
	puts("ready");
	fflush(stdout);
	for (;;) {
		int n;

		batch_init(&b);
		n = check("recvmmsg",
			  recvmmsg(fd, b.msg, MESSAGES, MSG_WAITFORONE, NULL));
		for (int i = 0; i < n; i++)
			b.iov[i].iov_len = b.msg[i].msg_len;
		check("sendmmsg", sendmmsg(fd, b.msg, (unsigned)n, 0));
	}
}

static int server_socket(const union addr *a, socklen_t len, int off)
{
	int one = 1,
	    fd = check("socket",
		       socket(a->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (a->sa.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	check("bind", bind(fd, &a->sa, len));
	check("listen", listen(fd, 128));
	return fd;
}

static void dual(char **argv)
{
	union addr a = {};
	socklen_t len = make_addr("::", argv[0], &a);
	int fd = server_socket(&a, len, 0);

	puts("ready");
	fflush(stdout);
	for (;;) {
		int c = check("accept", accept4(fd, NULL, NULL, SOCK_CLOEXEC));

		tell("server", c);
		fflush(stdout);
		if (write(c, "dual\n", 5) != 5)
			die("write", errno);
		close(c);
	}
}

/* Threads */

static union addr thread_to;
static socklen_t thread_len;
static int good, answered;

static void *thread_client(void *arg)
{
	(void)arg;
	for (int i = 0; i < PER_THREAD; i++) {
		int fd = socket(thread_to.sa.sa_family,
				SOCK_STREAM | SOCK_CLOEXEC, 0);
		int u = socket(thread_to.sa.sa_family,
			       SOCK_DGRAM | SOCK_CLOEXEC, 0);
		char c = 'x';

		if (connect(fd, &thread_to.sa, thread_len) == 0 &&
		    send(fd, &c, 1, MSG_NOSIGNAL) == 1 && read(fd, &c, 1) == 1)
			__atomic_add_fetch(&good, 1, __ATOMIC_RELAXED);
		/* Each waits for its answer, so none is lost for want of
		 * room. */
		if (sendto(u, &c, 1, 0, &thread_to.sa, thread_len) == 1 &&
		    recv(u, &c, 1, 0) == 1)
			__atomic_add_fetch(&answered, 1, __ATOMIC_RELAXED);
		close(fd);
		close(u);
	}
	return NULL;
}

static void *thread_server(void *arg)
{
	int fd = *(int *)arg;

	for (;;) {
		int c = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		char b;

		if (c >= 0 && read(c, &b, 1) == 1 && write(c, &b, 1) != 1)
			die("write", errno);
		close(c);
	}
	return NULL;
}

static void *thread_datagrams(void *arg)
{
	int fd = *(int *)arg;

	for (;;) {
		union addr from = {};
		socklen_t len = sizeof(from);
		char b;

		if (recvfrom(fd, &b, 1, 0, &from.sa, &len) == 1)
			sendto(fd, &b, 1, 0, &from.sa, len);
	}
	return NULL;
}

static int threads(char **argv)
{
	int n = (int)strtol(argv[2], NULL, 10);
	pthread_t t[THREADS_MAX], server;
	union addr any = {};
	socklen_t len;
	int fd, u, one = 1;

	thread_len = make_addr(argv[0], argv[1], &thread_to);
	len = make_addr(thread_to.sa.sa_family == AF_INET6 ? "::" : "0.0.0.0",
			argv[1], &any);
	fd = server_socket(&any, len, 1);
	u = check("socket",
		  socket(any.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	setsockopt(u, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	check("bind", bind(u, &any.sa, len));
	if (n < 1 || n > THREADS_MAX)
		return 2;
	pthread_create(&server, NULL, thread_server, &fd);
	pthread_create(&server, NULL, thread_server, &fd);
	pthread_create(&server, NULL, thread_datagrams, &u);
	for (int i = 0; i < n; i++)
		pthread_create(&t[i], NULL, thread_client, NULL);
	for (int i = 0; i < n; i++)
		pthread_join(t[i], NULL);
	printf("%d connections, %d datagrams\n", good, answered);
	return 0;
}

static int usage(void)
{
	fprintf(stderr, "usage: sockuser uring|mmsg|mmsgecho|dual|threads "
			"ARGUMENT...\n");
	return 2;
}

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "uring"))
		return uring(argv + 2);
	if (argc >= 4 && !strcmp(argv[1], "mmsg"))
		return mmsg(argc - 2, argv + 2);
	if (argc == 4 && !strcmp(argv[1], "mmsgecho"))
		mmsgecho(argv + 2);
	if (argc == 3 && !strcmp(argv[1], "dual"))
		dual(argv + 2);
	if (argc == 5 && !strcmp(argv[1], "threads"))
		return threads(argv + 2);
	return usage();
}
