/*
 * client: programs that are connected to the broker: their two sockets, their
 * requests (wire.h) and what they get.
 *
 * A client is believed nothing.  No call here sleeps for one; what it does
 * not read fills its own queue of QUEUE bytes, and what does not fit is
 * dropped with ENOBUFS to whoever has sent it.  Bytes that are no request end
 * the connection.  The descriptor that comes with a request is written to
 * once, after it was seen to be one end of an unnamed pair of unix sockets, so
 * that nothing can be reached in the broker's name by it.
 */
#include "base/cleanup.h"
#include "base/fdpass.h"
#include "netgraph/dp.h"
#include "netgraph/server_int.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

/* Of each socket; the kernel counts its own part in and doubles it. */
#define QUEUE (256 * 1024)
#define SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)
#define FDS_MAX 4
#define EXIT_MS 5

struct ng_client {
	struct source ctl, data;
	struct clients *all;
	struct ng_client *prev, *next;
	struct ng_node *node; /* NULL before MAKE, and after its end */
	bool made, dead, trace;
	bool asked;	   /* once whether it exits, see lost() */
	uint32_t untold;   /* steps of packets that found no room */
	unsigned int held; /* in so many hands: not to be freed */
};

/* One datagram. */
struct packet {
	uint8_t bytes[WIRE_REQUEST_MAX] __attribute__((aligned(8)));
	size_t n;
	int reply; /* the socket that came along, or -1 */
};

/* --- sending ------------------------------------------------------------- */

/* With descriptor `with` (-1: none). */
static int put(int fd, const struct iovec *iov, size_t n, int with)
{
	union fdpass c;
	struct msghdr m = {.msg_iov = (struct iovec *)(uintptr_t)iov,
			   .msg_iovlen = n};
	ssize_t r;

	if (with >= 0)
		fdpass_put(&m, &c, with);
	do
		r = sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (r < 0 && errno == EINTR);
	if (r >= 0)
		return 0;
	return errno == EPIPE || errno == ECONNRESET ? -ENOTCONN : -ENOBUFS;
}

/* A file that nobody can change. */
static int file_of(const void *data, size_t n, int *ret)
{
	const unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	cleanup_close int fd = -1;
	const char *p = data;

	fd = memfd_create("netgraph", flags | MFD_NOEXEC_SEAL);
	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("netgraph", flags);
	if (fd < 0)
		return -ENOBUFS;
	while (n) {
		ssize_t w = write(fd, p, n);

		if (w <= 0)
			return -ENOBUFS;
		p += w;
		n -= (size_t)w;
	}
	if (fcntl(fd, F_ADD_SEALS, SEALS) < 0)
		return -ENOBUFS;
	*ret = take_fd(&fd);
	return 0;
}

int client_message(struct ng_client *c, ng_ID_t from, const struct ng_mesg *m)
{
	const size_t size = sizeof(*m) + m->header.arglen;
	const bool file = size > WIRE_INLINE_MAX;
	struct wire_from w = wire_from_make(from, size, file);
	struct iovec iov[2] = {
		{.iov_base = &w, .iov_len = sizeof(w)},
		{.iov_base = (void *)(uintptr_t)m, .iov_len = size},
	};
	cleanup_close int fd = -1;
	int r = 0;

	if (c->ctl.fd < 0)
		return -ENOTCONN;
	if (file)
		r = file_of(m, size, &fd);
	return r < 0 ? r : put(c->ctl.fd, iov, file ? 1 : 2, fd);
}

/*
 * There is nobody to take a packet: -ENOTCONN.  But a program that has just
 * ended is no error: its node is about to, as if the hook were gone already,
 * and whoever sent to it and to others is not to know.
 */
static int lost(struct ng_client *c)
{
	struct pollfd p = {.fd = c->ctl.fd};
	const int wait = c->asked ? 0 : EXIT_MS;

	if (c->ctl.fd < 0)
		return 0;
	/* a kernel may close the other socket of one that exits a bit later */
	c->asked = true;
	return poll(&p, 1, wait) > 0 && p.revents & POLLHUP ? 0 : -ENOTCONN;
}

int client_data(struct ng_client *c, const char *hook, int *name_fd,
		const void *data, size_t len)
{
	const struct iovec iov = {.iov_base = (void *)(uintptr_t)data,
				  .iov_len = len};
	int r = 0;

	if (c->data.fd < 0)
		return lost(c);
	if (!len) /* would read as the socket's end */
		return 0;
	if (*name_fd < 0)
		r = file_of(hook, strlen(hook), name_fd);
	if (r >= 0)
		r = put(c->data.fd, &iov, 1, *name_fd);
	return r == -ENOTCONN ? lost(c) : r;
}

/* --- receiving ----------------------------------------------------------- */

/*
 * 1: a packet; 0: nothing (more) there; -EPIPE: the socket is closed;
 * -EMSGSIZE: longer than anything that we take.
 */
static int get(int fd, uint32_t events, struct packet *p)
{
	union {
		char buf[CMSG_SPACE(FDS_MAX * sizeof(int))];
		struct cmsghdr align;
	} c;
	struct iovec iov = {.iov_base = p->bytes, .iov_len = sizeof(p->bytes)};
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = &c,
			   .msg_controllen = sizeof(c)};
	ssize_t n = recvmsg(fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	p->reply = -1;
	/* ECONNRESET: closed with unread messages; what it sent comes next */
	if (n < 0)
		return errno == EAGAIN || errno == EINTR || errno == ECONNRESET
			       ? 0
			       : -EPIPE;
	fdpass_take(&m, &p->reply);
	if (m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
		cleanup_close_p(&p->reply);
		return -EMSGSIZE;
	}
	p->n = (size_t)n;
	if (n || p->reply >= 0)
		return 1;
	return events & (EPOLLRDHUP | EPOLLHUP) ? -EPIPE : 0;
}

/* --- answers ------------------------------------------------------------- */

static bool unnamed(int fd, int (*name)(int, struct sockaddr *, socklen_t *))
{
	struct sockaddr_un sun;
	socklen_t len = sizeof(sun);

	return name(fd, (struct sockaddr *)&sun, &len) == 0 &&
	       len == sizeof(sun.sun_family);
}

static bool is_pair(int fd)
{
	int domain = 0, type = 0;
	socklen_t len = sizeof(int);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 &&
	       domain == AF_UNIX &&
	       getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
	       type == SOCK_SEQPACKET && unnamed(fd, getsockname) &&
	       unnamed(fd, getpeername);
}

static void answer(const struct packet *p, int r, uint32_t id, int with)
{
	struct wire_answer a = wire_answer_make(r < 0 ? -r : 0, id);
	const struct iovec iov = {.iov_base = &a, .iov_len = sizeof(a)};

	if (is_pair(p->reply))
		put(p->reply, &iov, 1, with);
}

/* --- requests ------------------------------------------------------------ */

static void data_event(struct source *src, uint32_t events);

static void queue_set(int fd)
{
	const int size = QUEUE;

	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

static int data_make(struct ng_client *c, int *ret)
{
	int p[2];
	int r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, p) < 0)
		return -ENOBUFS;
	queue_set(p[0]);
	c->data = (struct source){.fd = p[0], .fn = data_event};
	r = source_add(c->all->server, &c->data, EPOLLIN | EPOLLRDHUP);
	if (r < 0) {
		source_close(&c->data);
		close(p[1]);
		return r;
	}
	*ret = p[1];
	return 0;
}

static int make(struct ng_client *c, const struct wire_request *q, int *ret)
{
	struct ng_node *n;
	int r;

	c->made = true;
	r = socket_node_new(server_graph(c->all->server), c, &n);
	if (r < 0)
		return r;
	c->node = n;
	if (*q->name)
		r = ng_node_rename(n, q->name);
	return r < 0 ? r : data_make(c, ret);
}

static int message(struct ng_client *c, const struct wire_request *q)
{
	struct ng_reply reply = {0};
	struct ng_node *to;
	struct ng_hook *last = NULL;
	ng_ID_t id;
	int r;

	if (!c->node)
		return -ENOTCONN;
	r = ng_path(server_graph(c->all->server), c->node, q->name, &to, &last);
	if (r < 0)
		return r;
	id = to->id;
	r = ng_message(c->node, to, last, q->body, &reply);
	if (!r && reply.msg)
		r = client_message(c, id, &reply.msg->m);
	free(reply.msg);
	return r;
}

static int tell_name(const struct ng_client *c, int *ret)
{
	if (!c->node)
		return -ENOTCONN;
	return file_of(c->node->name, strlen(c->node->name), ret);
}

/* Out of the hook of that name; NULL: of the only one. */
static int send_out(struct ng_client *c, const char *name, const void *data,
		    size_t len)
{
	struct ng_server *s = c->all->server;
	struct ng_hook *h;
	int r, up, drop;

	/* what is there already is not of this packet; it may end the node */
	server_up(s);
	if (!c->node)
		return -ENOTCONN;
	if (name)
		h = ng_hook_by_name(c->node, name);
	else
		h = c->node->nhooks == 1 ? c->node->hooks : NULL;
	if (!h)
		return -EHOSTUNREACH;
	r = ng_send_data(h, data, len);
	drop = r < 0 ? r : dp_injected(ng_graph_dp(c->node->graph));
	up = server_up(s);
	return drop < 0 ? drop : up;
}

/* --- the two sockets ----------------------------------------------------- */

static void cut_off(struct ng_client *c)
{
	source_close(&c->ctl);
	source_close(&c->data);
	c->dead = true;
	server_reap_later(c->all->server);
}

/* One of the two is closed by all who had it; the node goes with both. */
static void closed(struct ng_client *c, struct source *src)
{
	source_close(src);
	if (c->ctl.fd < 0 && c->data.fd < 0)
		cut_off(c);
}

/* What has come by src, read into *p, is taken by fn. */
static void packet_event(struct ng_client *c, struct source *src,
			 uint32_t events, struct packet *p,
			 void (*fn)(struct ng_client *c,
				    const struct packet *p))
{
	int r;

	if (c->dead || src->fd < 0)
		return;
	r = get(src->fd, events, p);
	if (r == -EPIPE)
		closed(c, src);
	else if (r < 0)
		cut_off(c);
	else if (r)
		fn(c, p);
	if (r > 0 && p->reply >= 0)
		close(p->reply);
}

static void ctl_request(struct ng_client *c, const struct packet *p)
{
	struct wire_request q;
	cleanup_close int with = -1;
	int r = wire_request_parse(p->bytes, p->n, &q);

	if (r == -EINVAL) {
		answer(p, r, 0, -1);
		return;
	}
	if (r < 0 || p->reply < 0 || (q.op == WIRE_MAKE) == c->made) {
		cut_off(c);
		return;
	}
	/* NgSendData() to the wrong socket: a packet is no message */
	if (q.op == WIRE_DATA) {
		answer(p, -EINVAL, 0, -1);
		return;
	}
	server_before(c->all->server);
	if (q.op == WIRE_MAKE)
		r = make(c, &q, &with);
	else
		r = q.op == WIRE_NAME ? tell_name(c, &with) : message(c, &q);
	answer(p, r, c->node ? c->node->id : 0, with);
	if (q.op == WIRE_MAKE && r < 0)
		cut_off(c);
}

static void ctl_event(struct source *src, uint32_t events)
{
	struct ng_client *c =
		(struct ng_client *)((char *)src -
				     offsetof(struct ng_client, ctl));
	static struct packet p; /* one at a time, and too large for a stack */

	c->held++;
	server_settle(c->all->server);
	c->held--;
	packet_event(c, src, events, &p, ctl_request);
}

static void data_packet(struct ng_client *c, const struct packet *p)
{
	struct wire_request q;
	int r;

	if (p->reply < 0) {
		/* plain write(2) */
		if (p->n <= WIRE_DATA_MAX)
			send_out(c, NULL, p->bytes, p->n);
		return;
	}
	r = wire_request_parse(p->bytes, p->n, &q);
	if (r < 0 || (q.op != WIRE_DATA && q.op != WIRE_MSG)) {
		cut_off(c);
		return;
	}
	/* NgSendMsg() to the wrong socket: its path is no hook */
	r = q.op == WIRE_DATA ? send_out(c, q.name, q.body, q.size)
			      : -EHOSTUNREACH;
	answer(p, r, 0, -1);
}

static void data_event(struct source *src, uint32_t events)
{
	struct ng_client *c =
		(struct ng_client *)((char *)src -
				     offsetof(struct ng_client, data));
	static struct packet p;

	packet_event(c, src, events, &p, data_packet);
}

/* --- all of them --------------------------------------------------------- */

/* There is no room: said on the connection itself. */
static void refuse(int fd, int code)
{
	struct wire_answer a = wire_answer_make(code, 0);
	const struct iovec iov = {.iov_base = &a, .iov_len = sizeof(a)};

	put(fd, &iov, 1, -1);
	close(fd);
}

void client_accept(struct clients *cs, int fd)
{
	struct ng_client *c;

	if (cs->n >= CLIENTS_MAX) {
		refuse(fd, ENOBUFS);
		return;
	}
	c = calloc(1, sizeof(*c));
	if (!c) {
		refuse(fd, ENOMEM);
		return;
	}
	queue_set(fd);
	c->all = cs;
	c->ctl = (struct source){.fd = fd, .fn = ctl_event};
	c->data.fd = -1;
	if (source_add(cs->server, &c->ctl, EPOLLIN | EPOLLRDHUP) < 0) {
		close(fd);
		free(c);
		return;
	}
	c->next = cs->first;
	if (c->next)
		c->next->prev = c;
	cs->first = c;
	cs->n++;
}

void client_node_gone(struct ng_client *c)
{
	c->node = NULL;
	cut_off(c);
}

void client_trace(struct ng_client *c, bool on)
{
	struct clients *cs = c->all;

	if (c->trace == on)
		return;
	c->trace = on;
	c->untold = 0;
	cs->tracing += on ? 1 : (size_t)-1;
	if (cs->tracing == (on ? 1 : 0))
		trace_set(server_graph(cs->server), on);
}

void clients_trace(struct clients *cs, ng_ID_t from, const struct ng_mesg *m,
		   uint32_t *lost)
{
	for (struct ng_client *c = cs->first; c; c = c->next) {
		if (!c->trace)
			continue;
		*lost = c->untold;
		if (client_message(c, from, m) < 0)
			c->untold++;
		else
			c->untold = 0;
	}
}

static void client_free(struct ng_client *c)
{
	struct clients *cs = c->all;

	client_trace(c, false);
	if (c->node)
		ng_node_shutdown(c->node); /* client_node_gone() */
	cut_off(c);
	if (c->prev)
		c->prev->next = c->next;
	else
		cs->first = c->next;
	if (c->next)
		c->next->prev = c->prev;
	cs->n--;
	free(c);
}

void clients_reap(struct clients *cs)
{
	struct ng_client *next;

	for (struct ng_client *c = cs->first; c; c = next) {
		next = c->next;
		if (c->dead && !c->held)
			client_free(c);
	}
}

void clients_free(struct clients *cs)
{
	while (cs->first)
		client_free(cs->first);
}
