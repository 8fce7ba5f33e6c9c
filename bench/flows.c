/* flows: see flows.h. */
#include "flows.h"

#include "bench.h"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum {
	SMALL = 18 /* of a datagram: a frame of 60 */
};
static char buf[FLOWS_CHUNK];

void flows_init(struct flows *f, int ns0, struct in_addr addr0, int ns1,
		struct in_addr addr1)
{
	*f = (struct flows){.end = {{ns0, addr0}, {ns1, addr1}},
			    .datagrams = {-1, -1},
			    .stream = {-1, -1},
			    .listener = -1};
}

static struct sockaddr_in at(const struct flows *f, int end, int port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_addr = f->end[end].addr,
				    .sin_port = htons((uint16_t)port)};
}

static int new_socket(const struct flows *f, int end, int type)
{
	int fd, one = 1, size = 1 << 20;
	struct timeval limit = {.tv_sec = 5};

	enter(f->end[end].ns);
	fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	if (type == SOCK_STREAM)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	return fd;
}

static bool bind_to(const struct flows *f, int fd, int end, int port)
{
	struct sockaddr_in a = at(f, end, port);

	return bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0;
}

static bool connect_to(const struct flows *f, int fd, int end, int port)
{
	struct sockaddr_in a = at(f, end, port);

	return connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0;
}

bool flows_open_stream(struct flows *f, int port)
{
	f->listener = new_socket(f, 1, SOCK_STREAM);
	f->stream[0] = new_socket(f, 0, SOCK_STREAM);
	if (!bind_to(f, f->listener, 1, port) || listen(f->listener, 16) < 0 ||
	    !connect_to(f, f->stream[0], 1, port))
		return false;
	f->stream[1] = accept4(f->listener, NULL, NULL, SOCK_CLOEXEC);
	return f->stream[1] >= 0;
}

bool flows_open_datagrams(struct flows *f, int port)
{
	for (int i = 0; i < 2; i++) {
		f->datagrams[i] = new_socket(f, i, SOCK_DGRAM);
		if (!bind_to(f, f->datagrams[i], i, port))
			return false;
	}
	return connect_to(f, f->datagrams[0], 1, port) &&
	       connect_to(f, f->datagrams[1], 0, port);
}

static void reset_on_close(int fd)
{
	struct linger now = {.l_onoff = 1};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

static void shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void flows_close(struct flows *f)
{
	if (f->stream[0] >= 0)
		reset_on_close(f->stream[0]);
	for (int i = 0; i < 2; i++) {
		shut(&f->stream[i]);
		shut(&f->datagrams[i]);
	}
	shut(&f->listener);
}

bool flows_datagrams(const struct flows *f)
{
	static struct iovec iov[FLOWS_BATCH];
	struct mmsghdr m[FLOWS_BATCH] = {0};

	for (int i = 0; i < FLOWS_BATCH; i++) {
		iov[i] = (struct iovec){buf + SMALL * i, SMALL};
		m[i].msg_hdr.msg_iov = &iov[i];
		m[i].msg_hdr.msg_iovlen = 1;
	}
	return sendmmsg(f->datagrams[0], m, FLOWS_BATCH, 0) == FLOWS_BATCH &&
	       recvmmsg(f->datagrams[1], m, FLOWS_BATCH, 0, NULL) ==
		       FLOWS_BATCH;
}

static bool pass(int from, int to, size_t size)
{
	return send(from, buf, size, 0) == (ssize_t)size &&
	       recv(to, buf, size, MSG_WAITALL) == (ssize_t)size;
}

bool flows_answer(const struct flows *f)
{
	return pass(f->datagrams[1], f->datagrams[0], SMALL);
}

bool flows_trip(const struct flows *f)
{
	return pass(f->stream[0], f->stream[1], 1) &&
	       pass(f->stream[1], f->stream[0], 1);
}

bool flows_chunk(const struct flows *f)
{
	return pass(f->stream[0], f->stream[1], FLOWS_CHUNK);
}

/* By a reset: no port waits. */
bool flows_connect(const struct flows *f)
{
	struct sockaddr_in a;
	socklen_t len = sizeof(a);
	int c = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), s = -1;
	bool ok;

	getsockname(f->listener, (struct sockaddr *)&a, &len);
	ok = connect(c, (struct sockaddr *)&a, sizeof(a)) == 0;
	if (ok)
		s = accept4(f->listener, NULL, NULL, SOCK_CLOEXEC);
	reset_on_close(c);
	close(c);
	if (s >= 0)
		close(s);
	return s >= 0;
}
