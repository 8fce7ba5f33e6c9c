/*
 * call: one request to the broker and its answer.  The answer comes by a pair
 * of sockets that is made for it, see netgraph/wire.h.
 */
#include "base/cleanup.h"
#include "base/fdpass.h"
#include "lib/libnetgraph/internal.h"
#include "jail/netgraph.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define IOV_MAX_ 4

/* --- finding it ---------------------------------------------------------- */

int ng_dial(int *ret_fd)
{
	struct err e = ERR_INIT;
	int r;

	if (geteuid() != 0)
		return -EPERM;
	r = netgraph_connect(-1, 0, ret_fd, &e);
	if (r < 0)
		debug_note(e.text);
	return r;
}

/* --- sending and receiving ----------------------------------------------- */

static int put(int fd, const struct iovec *iov, size_t n, int with)
{
	union fdpass c;
	struct msghdr m = {.msg_iov = (struct iovec *)(uintptr_t)iov,
			   .msg_iovlen = n};

	fdpass_put(&m, &c, with);
	while (sendmsg(fd, &m, MSG_NOSIGNAL) < 0) {
		struct pollfd p = {.fd = fd, .events = POLLOUT};

		/* not to wait (O_NONBLOCK) is about what is received */
		if (errno == EAGAIN)
			poll(&p, 1, -1);
		else if (errno != EINTR)
			return -errno;
	}
	return 0;
}

ssize_t ng_receive(int fd, const struct iovec *iov, size_t niov, int *ret_fd)
{
	union fdpass c;
	struct msghdr m = {.msg_iov = (struct iovec *)(uintptr_t)iov,
			   .msg_iovlen = niov,
			   .msg_control = &c,
			   .msg_controllen = sizeof(c)};
	ssize_t n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
	int with = -1;

	if (n < 0)
		return -errno;
	fdpass_take(&m, &with);
	if (n == 0) {
		cleanup_close_p(&with);
		return -ECONNRESET;
	}
	*ret_fd = with;
	return n;
}

/*
 * The broker had no room for another, which it says on the connection.  What
 * is there else is a message that nobody has read yet: longer, or no answer.
 */
static int refusal(int fd)
{
	const int flags = MSG_DONTWAIT | MSG_PEEK | MSG_TRUNC;
	uint8_t buf[sizeof(struct wire_answer)];
	ssize_t n = recv(fd, buf, sizeof(buf), flags);
	uint32_t id;
	int r;

	/* that it has closed the socket is told first, and once */
	if (n < 0 && errno == ECONNRESET)
		n = recv(fd, buf, sizeof(buf), flags);
	r = n > 0 ? wire_answer_parse(buf, (size_t)n, &id) : 0;

	return r == -EBADMSG ? 0 : r;
}

static int answer_get(int fd, int from, uint32_t *ret_id, int *ret_fd,
		      bool *ret_silent)
{
	uint8_t buf[sizeof(struct wire_answer)];
	const struct iovec iov = {.iov_base = buf, .iov_len = sizeof(buf)};
	cleanup_close int with = -1;
	ssize_t n;
	int r;

	do
		n = ng_receive(from, &iov, 1, &with);
	while (n == -EINTR);
	if (n < 0) {
		r = refusal(fd);
		*ret_silent = !r;
		return r < 0 ? r : -ECONNRESET;
	}
	r = wire_answer_parse(buf, (size_t)n, ret_id);
	if (!r && ret_fd)
		*ret_fd = take_fd(&with);
	return r;
}

int ng_call(int fd, enum wire_op op, const char *name, const struct iovec *body,
	    size_t nbody, uint32_t *ret_id, int *ret_fd, bool *ret_silent)
{
	uint8_t head[sizeof(struct wire_head) + WIRE_NAME_MAX];
	struct iovec iov[IOV_MAX_] = {{.iov_base = head}};
	cleanup_close int mine = -1, theirs = -1;
	size_t size = 0;
	int p[2], r;

	*ret_silent = false;
	for (size_t i = 0; i < nbody; i++) {
		iov[i + 1] = body[i];
		size += body[i].iov_len;
	}
	r = wire_request_print(op, name, size, head);
	if (r < 0)
		return r;
	iov[0].iov_len = (size_t)r;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, p) < 0)
		return -errno;
	mine = p[0];
	theirs = p[1];
	r = put(fd, iov, nbody + 1, theirs);
	if (r == -EPIPE || r == -ECONNRESET || r == -ENOTCONN) {
		r = refusal(fd);
		*ret_silent = !r;
		return r < 0 ? r : -ECONNRESET;
	}
	if (r < 0)
		return r;
	/* else its end would never be seen */
	close(take_fd(&theirs));
	return answer_get(fd, mine, ret_id, ret_fd, ret_silent);
}
