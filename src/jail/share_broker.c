/* share_broker: see share_broker.h.  The one who asks. */
#include "jail/share_broker.h"

#include "base/cleanup.h"
#include "base/fdpass.h"
#include "nl/nl.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>

/* Longer than a broker may take, which may wait for another. */
#define WAIT_S 100
/*
 * So long there may be nobody who greets: a jail's first command can be there
 * before its keeper (prison_inhabited()), and one that gives place to another
 * may take with it who has just come.
 */
#define GREET_TRIES 200
#define GREET_PAUSE_NS (10 * 1000 * 1000)

static int no_answer(int code, struct err *e)
{
	return err_set(e, ENOTCONN,
		       BROKER_PATH ": %s: the keeper of this jail is gone or "
				   "busy; any jls(8) outside brings it back",
		       code ? strerror(code) : "no answer");
}

static int dial(int *ret_fd, struct err *e)
{
	const struct sockaddr_un sun = {.sun_family = AF_UNIX,
					.sun_path = BROKER_PATH};
	const struct timeval tv = {.tv_sec = WAIT_S};
	cleanup_close int fd =
		socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	int r;

	if (fd < 0)
		return err_sys(e, errno, "socket");
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	do
		r = connect(fd, (const struct sockaddr *)&sun, sizeof(sun));
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return no_answer(errno, e);
	*ret_fd = take_fd(&fd);
	return 0;
}

/* One message, and the descriptor that comes with it, or -1. */
static int get(int fd, uint8_t buf[static BROKER_MSG_MAX], size_t *ret_n,
	       int *ret_fd, struct err *e)
{
	union fdpass c;
	struct iovec iov = {.iov_base = buf, .iov_len = BROKER_MSG_MAX};
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = &c,
			   .msg_controllen = sizeof(c)};
	ssize_t n;

	do
		n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return no_answer(n < 0 ? errno : 0, e);
	*ret_fd = -1;
	fdpass_take(&m, ret_fd);
	*ret_n = (size_t)n;
	return 0;
}

/* With the descriptor, and by the kernel's word with who we are. */
static int put(int fd, const uint8_t *buf, size_t size, int netns,
	       struct err *e)
{
	union fdpass c;
	struct iovec iov = {.iov_base = (void *)buf, .iov_len = size};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t n;

	fdpass_put(&m, &c, netns);
	do
		n = sendmsg(fd, &m, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)size ? 0 : no_answer(n < 0 ? errno : 0, e);
}

/* What the answer says; with a descriptor if one is wanted. */
static int answer(const uint8_t *buf, size_t n, int *with, int *ret_fd,
		  struct err *e)
{
	int r = broker_answer_parse(buf, n, e);

	if (r < 0 || !ret_fd)
		return r;
	if (*with < 0)
		return err_set(e, EBADMSG, BROKER_PATH ": no such message");
	*ret_fd = take_fd(with);
	return 0;
}

/* A connection on which the broker has said who asks whom. */
static int greet(struct broker_msg *m, int *ret_fd, struct err *e)
{
	cleanup_close int fd = -1, none = -1;
	uint8_t buf[BROKER_MSG_MAX];
	size_t n = 0;
	int r = dial(&fd, e);

	if (!r)
		r = get(fd, buf, &n, &none, e);
	if (!r)
		r = broker_hello_parse(buf, n, m->nonce, e);
	if (r == -EBADMSG) {
		/* it may have said why it does not want to talk */
		int code = broker_answer_parse(buf, n, e);

		return code < 0 ? code : r;
	}
	if (!r)
		*ret_fd = take_fd(&fd);
	return r;
}

/* Nothing is asked for yet, so that it can begin again. */
static int greet_patiently(struct broker_msg *m, int *ret_fd, struct err *e)
{
	const struct timespec pause = {.tv_nsec = GREET_PAUSE_NS};
	int r = greet(m, ret_fd, e);

	for (int i = 0; r == -ENOTCONN && i < GREET_TRIES; i++) {
		nanosleep(&pause, NULL);
		err_clear(e);
		r = greet(m, ret_fd, e);
	}
	return r;
}

int broker_call(struct broker_msg *m, int netns, int *ret_fd, struct err *e)
{
	cleanup_close int fd = -1, own = -1, with = -1;
	uint8_t buf[BROKER_MSG_MAX];
	size_t n = 0;
	int r;

	if (netns < 0) {
		own = nl_own_netns(e);
		if (own < 0)
			return own;
		netns = own;
	}
	r = greet_patiently(m, &fd, e);
	if (r < 0)
		return r;
	n = broker_print(m, buf);
	r = put(fd, buf, n, netns, e);
	if (!r)
		r = get(fd, buf, &n, &with, e);
	return r < 0 ? r : answer(buf, n, &with, ret_fd, e);
}

int share_broker_set(int jid, const struct ipshare_conf *conf, struct err *e)
{
	struct broker_msg m = {
		.request = BROKER_SHARE_SET,
		.depth = 1,
		.path = {jid},
		.share =
			{
				.mode4 = conf->mode4,
				.mode6 = conf->mode6,
				.saddrsel4 = conf->saddrsel4,
				.saddrsel6 = conf->saddrsel6,
				.raw = conf->raw,
				.low_ports = conf->low_ports,
				.n4 = conf->mode4 == IPSHARE_NEW ? conf->n4 : 0,
				.n6 = conf->mode6 == IPSHARE_NEW ? conf->n6 : 0,
			},
	};

	if (m.share.n4 > IPSHARE_MAX || m.share.n6 > IPSHARE_MAX)
		return err_set(e, E2BIG, "too many addresses");
	for (size_t i = 0; i < m.share.n4; i++)
		m.share.addr4[i] = conf->addr4[i];
	for (size_t i = 0; i < m.share.n6; i++)
		m.share.addr6[i] = conf->addr6[i];
	return broker_call(&m, -1, NULL, e);
}

int share_broker_clear(int jid, struct err *e)
{
	struct broker_msg m = {
		.request = BROKER_SHARE_CLEAR,
		.depth = 1,
		.path = {jid},
	};

	return broker_call(&m, -1, NULL, e);
}
