/*
 * ksocket: a socket of the protocol stack that is a node, ng_ksocket(4).
 *
 * The name of its one hook says what socket: inet/dgram/udp, or FreeBSD's
 * numbers, 2/2/17.  What the socket receives comes out of the hook, what comes
 * by the hook is sent.  A listening one makes a node for each connection that
 * is accepted; that takes a hook of any name.
 *
 * In the kernel: the way of packets to and from the broker alone.  In the
 * broker: the socket, in the vnet's namespace.  So data needs a broker, which
 * does not end while there is such a node.  The successor of a killed one
 * makes the socket again, with its options, address and peer, and listens
 * again; a connection of a stream is lost, and its node with it, as when the
 * other side had closed.
 *
 * The broker has the host's rights, whoever speaks to it, and so has a socket
 * that it makes.  Families are inet, inet6, and in the host's own stack local:
 * a path means the host's files, which no jail's node may name
 * (EAFNOSUPPORT).  Options are those of ksocket_opt.c.
 *
 * Data that an unconnected socket has received remembers from where while it
 * is under way: what comes back to the socket by then is an answer to that
 * address (FreeBSD has it in an mbuf tag).  All else is ENOTCONN.
 */
#include "netgraph/dp.h"
#include "netgraph/iface_nest.h"
#include "netgraph/ksocket_addr.h"
#include "netgraph/ksocket_opt.h"
#include "netgraph/node.h"
#include "netgraph/types_traffic.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "net/vnet.h"

#include <errno.h>
#include <fcntl.h>
#include <netgraph/ng_ksocket.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define DATAGRAM_MAX 65536u
#define STREAM_CHUNK 8192u
#define AT_ONCE 64 /* packets received before others have a turn */
#define PENDING_MAX (256u << 10) /* bytes of a stream that wait to be sent */
#define OPTS_MAX 16
#define OPT_BYTES 24

struct saved_opt {
	int32_t level, name;
	uint32_t len; /* 0: this place is free */
	uint8_t value[OPT_BYTES];
};

struct ksocket_priv {
	int32_t family, type, proto;
	bool cloned;	/* of a listening one */
	bool embryonic; /* and nobody has taken it yet */
	ng_ID_t parent;
	bool listening, connected;
	int32_t backlog;
	struct ksocket_addr bound, peer;
	struct saved_opt opt[OPTS_MAX];
};

struct ksocket_live {
	bool open; /* fd is one */
	int fd;
	bool connecting, accepting; /* and who wants to know */
	ng_ID_t asker;
	uint32_t token;
	bool eof;
	bool answering; /* data from `from` is under way */
	struct sockaddr_storage from;
	socklen_t from_len;
	uint32_t nesting; /* as the socket's priority says */
	uint8_t *pending; /* owned; of a stream */
	size_t npending;
};

static bool is_stream(const struct ng_node *n)
{
	const struct ksocket_priv *p = n->priv;

	return p->type == SOCK_STREAM || p->type == SOCK_SEQPACKET;
}

/* ---------------------------------------------------------- the socket */

static void on_event(struct ng_node *n, int fd, short events);

/* What is waited for now. */
static int watch(struct ng_node *n)
{
	const struct ksocket_priv *p = n->priv;
	const struct ksocket_live *l = n->live;
	short events = 0;

	if (!l->open || !n->hooks)
		return 0;
	if (l->connecting || l->npending)
		events |= POLLOUT;
	if (is_stream(n) ? l->accepting || (p->connected && !l->eof) : true)
		events |= POLLIN;
	return ng_watch(n, l->fd, events, events ? on_event : NULL);
}

/* The host's own stack: where a path is one of the host's, too. */
static bool vnet_is_hosts(const struct vnet *v)
{
	struct stat st;

	return stat("/proc/1/ns/net", &st) == 0 && st.st_dev == v->nsdev &&
	       st.st_ino == v->nsino;
}

static int open_socket(struct ng_node *n)
{
	struct vnet *v = dp_vnet(ng_graph_dp(n->graph));
	const struct ksocket_priv *p = n->priv;
	struct ksocket_live *l = n->live;
	struct err e = {0};
	int back, fd, r;

	if (p->family == AF_UNIX && (!v || !vnet_is_hosts(v)))
		return -EAFNOSUPPORT;
	if (v) {
		r = vnet_enter(v, &back, &e);
		if (r < 0)
			return r;
	}
	fd = socket(p->family, p->type | SOCK_NONBLOCK | SOCK_CLOEXEC,
		    p->proto);
	r = fd < 0 ? -errno : 0;
	if (v)
		vnet_leave(&back);
	if (r < 0)
		return r;
	l->fd = fd;
	l->open = true;
	return 0;
}

static void close_socket(struct ng_node *n)
{
	struct ksocket_live *l = n->live;

	if (!l->open)
		return;
	ng_watch(n, l->fd, 0, NULL);
	close(l->fd);
	l->open = false;
	free(l->pending);
	l->pending = NULL;
	l->npending = 0;
}

/* ---------------------------------------------------------------- data */

static int send_now(struct ng_node *n, const void *data, size_t len,
		    size_t *ret_sent)
{
	const struct ksocket_live *l = n->live;
	struct iovec iov = {.iov_base = (void *)data, .iov_len = len};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t sent;

	if (l->answering) {
		m.msg_name = (void *)&l->from;
		m.msg_namelen = l->from_len;
	}
	sent = sendmsg(l->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent < 0)
		return errno == EDESTADDRREQ ? -ENOTCONN : -errno;
	*ret_sent = (size_t)sent;
	return 0;
}

/* Tunnels in tunnels have an end (iface_nest.h). */
static void set_nesting(struct ng_node *n)
{
	struct ksocket_live *l = n->live;
	uint32_t nesting = ng_nesting(n->graph) + 1;
	int priority = (int)(NGD_NEST | (nesting & NGD_UP_NEST));

	if (nesting == l->nesting || nesting > NGD_UP_NEST)
		return;
	if (setsockopt(l->fd, SOL_SOCKET, SO_PRIORITY, &priority,
		       sizeof(priority)) == 0)
		l->nesting = nesting;
}

/* The rest of what a stream's socket has no room for. */
static int pend(struct ng_node *n, const uint8_t *data, size_t len)
{
	struct ksocket_live *l = n->live;
	uint8_t *more;

	if (len > PENDING_MAX - l->npending)
		return -ENOBUFS;
	more = realloc(l->pending, l->npending + len);
	if (!more)
		return -ENOMEM;
	memcpy(more + l->npending, data, len);
	l->pending = more;
	l->npending += len;
	return watch(n);
}

static void send_pending(struct ng_node *n)
{
	struct ksocket_live *l = n->live;
	size_t sent = 0;
	int r = send_now(n, l->pending, l->npending, &sent);

	if (r < 0 && r != -EAGAIN)
		sent = l->npending; /* there is nobody for it */
	l->npending -= sent;
	memmove(l->pending, l->pending + sent, l->npending);
	if (!l->npending) {
		free(l->pending);
		l->pending = NULL;
	}
}

static int ksocket_rcvdata(struct ng_hook *h, const void *data, size_t len)
{
	struct ng_node *n = h->node;
	const struct ksocket_live *l = n->live;
	size_t sent = 0;
	int r;

	if (!l->open)
		return -ENXIO;
	set_nesting(n);
	if (l->npending)
		return pend(n, data, len);
	r = send_now(n, data, len, &sent);
	if (!is_stream(n))
		return r;
	if (r < 0 && r != -EAGAIN)
		return r;
	return sent == len ? 0
			   : pend(n, (const uint8_t *)data + sent, len - sent);
}

/* One packet, or what there is of a stream.  False: there is no more. */
static bool receive(struct ng_node *n)
{
	static uint8_t buf[DATAGRAM_MAX];
	const struct ksocket_priv *p = n->priv;
	struct ksocket_live *l = n->live;
	bool stream = is_stream(n);
	ssize_t got;

	l->from_len = sizeof(l->from);
	got = recvfrom(l->fd, buf, stream ? STREAM_CHUNK : sizeof(buf),
		       MSG_DONTWAIT, (struct sockaddr *)&l->from, &l->from_len);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (stream && got <= 0) {
		l->eof = true;
		got = 0; /* a packet of no bytes says so, where it can */
	}
	if (got < 0)
		return true; /* what an ICMP message has said; go on */
	l->answering = !stream && !p->connected && l->from_len > 0;
	ng_send_data(n->hooks, buf, (size_t)got);
	if (l->answering)
		ng_graph_drain(n->graph);
	l->answering = false;
	return !l->eof;
}

/* --------------------------------------------------- connect and accept */

/* The answer to a message of before. */
static void answer_later(struct ng_node *n, uint32_t cmd, const void *data,
			 size_t len)
{
	struct ksocket_live *l = n->live;
	cleanup_free struct ng_mesg *m = calloc(1, sizeof(*m) + len);

	if (!m)
		return;
	m->header = (struct ng_msghdr){
		.version = NG_VERSION,
		.arglen = (uint32_t)len,
		.cmd = cmd,
		.flags = NGF_RESP,
		.token = l->token,
		.typecookie = NGM_KSOCKET_COOKIE,
	};
	memcpy(m->data, data, len);
	ng_message_id(n, l->asker, m);
}

static void remember_asker(struct ng_node *n, const struct ng_mesg *m)
{
	struct ksocket_live *l = n->live;

	l->asker = ng_sender(n->graph);
	l->token = m->header.token;
}

static void connect_done(struct ng_node *n)
{
	struct ksocket_priv *p = n->priv;
	struct ksocket_live *l = n->live;
	int32_t error = 0;
	socklen_t len = sizeof(error);

	getsockopt(l->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	l->connecting = false;
	p->connected = !error;
	answer_later(n, NGM_KSOCKET_CONNECT, &error, sizeof(error));
	ng_node_changed(n);
}

/* A node for connection fd, and its description. */
static int make_clone(struct ng_node *n, int fd,
		      const struct sockaddr_storage *sa, socklen_t len,
		      uint8_t ret[sizeof(uint32_t) + KSOCKET_ADDR_MAX],
		      size_t *ret_len)
{
	const struct ksocket_priv *p = n->priv;
	struct ksocket_priv *cp;
	struct ksocket_live *cl;
	struct ng_node *c;
	int r;

	r = ng_node_new(n->graph, &ng_type_ksocket, &c);
	if (r < 0)
		return r;
	cp = c->priv;
	cl = c->live;
	cp->family = p->family;
	cp->type = p->type;
	cp->proto = p->proto;
	cp->cloned = cp->embryonic = cp->connected = true;
	cp->parent = n->id;
	ksocket_addr_put(sa, len, &cp->peer);
	cl->fd = fd;
	cl->open = true;
	ng_node_changed(c);
	memcpy(ret, &c->id, sizeof(uint32_t));
	memcpy(ret + sizeof(uint32_t), cp->peer.bytes, cp->peer.len);
	*ret_len = sizeof(uint32_t) + cp->peer.len;
	return 0;
}

static int accept_one(struct ng_node *n,
		      uint8_t ret[sizeof(uint32_t) + KSOCKET_ADDR_MAX],
		      size_t *ret_len)
{
	const struct ksocket_live *l = n->live;
	struct sockaddr_storage sa = {0};
	socklen_t len = sizeof(sa);
	int fd, r;

	fd = accept4(l->fd, (struct sockaddr *)&sa, &len,
		     SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = make_clone(n, fd, &sa, len, ret, ret_len);
	if (r < 0)
		close(fd);
	return r;
}

static void accept_done(struct ng_node *n)
{
	uint8_t said[sizeof(uint32_t) + KSOCKET_ADDR_MAX];
	struct ksocket_live *l = n->live;
	size_t len;

	if (accept_one(n, said, &len) < 0)
		return;
	l->accepting = false;
	answer_later(n, NGM_KSOCKET_ACCEPT, said, len);
}

static void on_event(struct ng_node *n, int fd, short events)
{
	const struct ksocket_priv *p = n->priv;
	const struct ksocket_live *l = n->live;

	(void)fd;
	if (l->connecting) {
		if (events & (POLLOUT | POLLERR | POLLHUP))
			connect_done(n);
	} else if (p->listening) {
		if (l->accepting)
			accept_done(n);
	} else {
		if (l->npending && events & (POLLOUT | POLLERR | POLLHUP))
			send_pending(n);
		if (events & (POLLIN | POLLERR | POLLHUP))
			for (int i = 0; i < AT_ONCE && n->hooks && !l->eof &&
					l->open && receive(n);
			     i++)
				;
	}
	watch(n);
}

/* ------------------------------------------------------------ messages */

static int msg_bind(struct ng_node *n, const struct ng_mesg *m,
		    struct ng_reply *reply)
{
	struct ksocket_priv *p = n->priv;
	const struct ksocket_live *l = n->live;
	struct sockaddr_storage sa;
	socklen_t len;
	int r = ksocket_addr_get(m->data, m->header.arglen, &sa, &len);

	(void)reply;
	if (r < 0)
		return r;
	if (bind(l->fd, (struct sockaddr *)&sa, len) < 0)
		return -errno;
	len = sizeof(sa);
	if (getsockname(l->fd, (struct sockaddr *)&sa, &len) == 0)
		ksocket_addr_put(&sa, len, &p->bound);
	return ng_node_changed(n);
}

static int msg_listen(struct ng_node *n, const struct ng_mesg *m,
		      struct ng_reply *reply)
{
	struct ksocket_priv *p = n->priv;
	const struct ksocket_live *l = n->live;
	const int32_t *backlog = NG_ARG(m, int32_t);

	(void)reply;
	if (!backlog)
		return -EINVAL;
	if (listen(l->fd, *backlog) < 0)
		return -errno;
	p->listening = true;
	p->backlog = *backlog;
	return ng_node_changed(n);
}

static int msg_accept(struct ng_node *n, const struct ng_mesg *m,
		      struct ng_reply *reply)
{
	uint8_t said[sizeof(uint32_t) + KSOCKET_ADDR_MAX];
	const struct ksocket_priv *p = n->priv;
	struct ksocket_live *l = n->live;
	size_t len;
	int r;

	if (m->header.arglen || !p->listening)
		return -EINVAL;
	if (l->accepting)
		return -EALREADY;
	r = accept_one(n, said, &len);
	if (!r)
		return ng_answer(reply, m, said, len);
	if (r != -EAGAIN)
		return r;
	remember_asker(n, m);
	l->accepting = true;
	return watch(n);
}

/* What FreeBSD says to an address that Linux says something else to, or takes:
 * one of a port that is none. */
static int connect_check(const struct ng_node *n,
			 const struct sockaddr_storage *sa)
{
	const struct ksocket_priv *p = n->priv;
	in_port_t port = 1;

	if (p->listening)
		return -EOPNOTSUPP;
	if (sa->ss_family == AF_INET)
		port = ((const struct sockaddr_in *)sa)->sin_port;
	else if (sa->ss_family == AF_INET6)
		port = ((const struct sockaddr_in6 *)sa)->sin6_port;
	return port || p->type == SOCK_RAW ? 0 : -EADDRNOTAVAIL;
}

static int msg_connect(struct ng_node *n, const struct ng_mesg *m,
		       struct ng_reply *reply)
{
	struct ksocket_priv *p = n->priv;
	struct ksocket_live *l = n->live;
	struct sockaddr_storage sa;
	socklen_t len;
	int r = ksocket_addr_get(m->data, m->header.arglen, &sa, &len);

	(void)reply;
	if (r < 0)
		return r;
	if (l->connecting)
		return -EALREADY;
	r = connect_check(n, &sa);
	if (r < 0)
		return r;
	r = connect(l->fd, (struct sockaddr *)&sa, len) < 0 ? -errno : 0;
	if (r < 0 && r != -EINPROGRESS)
		return r;
	ksocket_addr_put(&sa, len, &p->peer);
	p->connected = !r;
	if (r) {
		remember_asker(n, m);
		l->connecting = true;
	}
	ng_node_changed(n);
	watch(n);
	return r;
}

static int msg_name(struct ng_node *n, const struct ng_mesg *m,
		    struct ng_reply *reply)
{
	const struct ksocket_live *l = n->live;
	struct sockaddr_storage sa = {0};
	socklen_t len = sizeof(sa);
	struct ksocket_addr a;
	int r;

	if (m->header.arglen)
		return -EINVAL;
	r = m->header.cmd == NGM_KSOCKET_GETNAME
		    ? getsockname(l->fd, (struct sockaddr *)&sa, &len)
		    : getpeername(l->fd, (struct sockaddr *)&sa, &len);
	if (r < 0)
		return -errno;
	ksocket_addr_put(&sa, len, &a);
	return ng_answer(reply, m, a.bytes, a.len);
}

/* For a successor; what there is no place for is not worth an error. */
static void save_opt(struct ksocket_priv *p, const struct ng_ksocket_sockopt *o,
		     size_t len)
{
	struct saved_opt *place = NULL;

	if (!len || len > OPT_BYTES)
		return;
	for (size_t i = OPTS_MAX; i-- > 0;) {
		struct saved_opt *s = &p->opt[i];

		if (!s->len)
			place = s;
		if (s->len && s->level == o->level && s->name == o->name) {
			place = s;
			break;
		}
	}
	if (!place)
		return;
	place->level = o->level;
	place->name = o->name;
	place->len = (uint32_t)len;
	memcpy(place->value, o->value, len);
}

static int msg_setopt(struct ng_node *n, const struct ng_mesg *m,
		      struct ng_reply *reply)
{
	const struct ng_ksocket_sockopt *o = (const void *)m->data;
	const struct ksocket_live *l = n->live;
	size_t len;
	int r;

	(void)reply;
	if (m->header.arglen < sizeof(*o))
		return -EINVAL;
	len = m->header.arglen - sizeof(*o);
	r = ksocket_opt_set(l->fd, o->level, o->name, o->value, len);
	if (r < 0)
		return r;
	save_opt(n->priv, o, len);
	return ng_node_changed(n);
}

static int msg_getopt(struct ng_node *n, const struct ng_mesg *m,
		      struct ng_reply *reply)
{
	const struct ng_ksocket_sockopt *o =
		NG_ARG(m, struct ng_ksocket_sockopt);
	const struct ksocket_live *l = n->live;
	uint8_t room[sizeof(*o) + NG_KSOCKET_MAX_OPTLEN];
	socklen_t len = NG_KSOCKET_MAX_OPTLEN;
	int r;

	if (!o)
		return -EINVAL;
	memcpy(room, o, sizeof(*o));
	r = ksocket_opt_get(l->fd, o->level, o->name, room + sizeof(*o), &len);
	return r < 0 ? r : ng_answer(reply, m, room, sizeof(*o) + len);
}

typedef int msg_fn(struct ng_node *n, const struct ng_mesg *m,
		   struct ng_reply *reply);

static int ksocket_rcvmsg(struct ng_node *n, const struct ng_mesg *m,
			  struct ng_hook *last, struct ng_reply *reply)
{
	static msg_fn *const fns[] = {
		[NGM_KSOCKET_BIND] = msg_bind,
		[NGM_KSOCKET_LISTEN] = msg_listen,
		[NGM_KSOCKET_ACCEPT] = msg_accept,
		[NGM_KSOCKET_CONNECT] = msg_connect,
		[NGM_KSOCKET_GETNAME] = msg_name,
		[NGM_KSOCKET_GETPEERNAME] = msg_name,
		[NGM_KSOCKET_SETOPT] = msg_setopt,
		[NGM_KSOCKET_GETOPT] = msg_getopt,
	};
	const struct ksocket_live *l = n->live;
	uint32_t cmd = m->header.cmd;

	(void)last;
	if (m->header.typecookie != NGM_KSOCKET_COOKIE ||
	    cmd >= sizeof(fns) / sizeof(fns[0]) || !fns[cmd])
		return -EINVAL;
	return l->open ? fns[cmd](n, m, reply) : -ENXIO;
}

/* ------------------------------------------------------- hooks and life */

/* family/type/proto */
static int parse_name(struct ksocket_priv *p, const char *hook)
{
	char name[NG_HOOKSIZ], *type, *proto;

	memcpy(name, hook, sizeof(name));
	name[sizeof(name) - 1] = '\0';
	type = strchr(name, '/');
	proto = type ? strchr(type + 1, '/') : NULL;
	if (!proto)
		return -EINVAL;
	*type++ = *proto++ = '\0';
	p->family = ksocket_family(name);
	if (p->family < 0)
		return p->family;
	p->type = ksocket_type(type);
	if (p->type < 0)
		return p->type;
	p->proto = ksocket_proto(proto, p->family);
	return p->proto < 0 ? p->proto : 0;
}

static int ksocket_newhook(struct ng_node *n, struct ng_hook *h)
{
	struct ksocket_priv *p = n->priv;
	const struct ksocket_live *l = n->live;
	int r;

	for (const struct ng_hook *o = n->hooks; o; o = o->older)
		if (o != h)
			return -EISCONN;
	if (p->cloned)
		return 0;
	if (l->open)
		return -EISCONN;
	r = parse_name(p, h->name);
	return r < 0 ? r : open_socket(n);
}

static int ksocket_connect(struct ng_hook *h)
{
	struct ksocket_priv *p = h->node->priv;

	p->embryonic = false;
	ng_busy(h->node, true);
	ng_node_changed(h->node);
	return watch(h->node);
}

static void ksocket_abandon(struct ng_node *n)
{
	close_socket(n);
}

/* A connection that nobody has taken goes with who would have told of it. */
static void end_embryos(struct ng_node *parent)
{
	struct ng_node *n = ng_nodes(parent->graph);

	while (n) {
		const struct ksocket_priv *p = n->priv;

		if (n->type == &ng_type_ksocket && p->embryonic &&
		    p->parent == parent->id && !n->dying) {
			ng_node_shutdown(n);
			n = ng_nodes(parent->graph);
		} else {
			n = n->next;
		}
	}
}

static int ksocket_shutdown(struct ng_node *n)
{
	close_socket(n);
	end_embryos(n);
	return 0;
}

/* As a killed broker's socket was. */
static int ksocket_restore(struct ng_node *n)
{
	struct ksocket_priv *p = n->priv;
	const struct ksocket_live *l = n->live;
	struct sockaddr_storage sa;
	socklen_t len;
	int r;

	if (p->cloned || (is_stream(n) && p->connected))
		return -ENOTCONN;
	r = open_socket(n);
	if (r < 0)
		return r;
	for (size_t i = 0; i < OPTS_MAX; i++)
		ksocket_opt_set(l->fd, p->opt[i].level, p->opt[i].name,
				p->opt[i].value, p->opt[i].len);
	if (p->bound.len &&
	    !ksocket_addr_get(p->bound.bytes, p->bound.len, &sa, &len) &&
	    bind(l->fd, (struct sockaddr *)&sa, len) < 0)
		return -errno;
	if (p->listening && listen(l->fd, p->backlog) < 0)
		return -errno;
	if (p->connected &&
	    !ksocket_addr_get(p->peer.bytes, p->peer.len, &sa, &len) &&
	    connect(l->fd, (struct sockaddr *)&sa, len) < 0)
		return -errno;
	ng_busy(n, true);
	return watch(n);
}

/* --------------------------------------------------- arguments as text */

static const struct ng_ptype value_type = {.kind = NGP_BYTES};
static const struct ng_pfield sockopt_fields[] = {
	NODE_FIELD("level", &ng_p_int32),
	NODE_FIELD("name", &ng_p_int32),
	NODE_FIELD("value", &value_type),
	{0},
};
static const struct ng_ptype sockopt_type = {.kind = NGP_STRUCT,
					     .fields = sockopt_fields};
static const struct ng_pfield accept_fields[] = {
	NODE_FIELD("nodeid", &ng_p_hint32),
	NODE_FIELD("addr", &ng_p_sockaddr),
	{0},
};
static const struct ng_ptype accept_type = {.kind = NGP_STRUCT,
					    .fields = accept_fields};

#define CMD(number, word, arg, answer)                                         \
	{                                                                      \
		NGM_KSOCKET_COOKIE, number, word, arg, answer                  \
	}
static const struct ng_cmd ksocket_cmds[] = {
	CMD(NGM_KSOCKET_BIND, "bind", &ng_p_sockaddr, NULL),
	CMD(NGM_KSOCKET_LISTEN, "listen", &ng_p_int32, NULL),
	CMD(NGM_KSOCKET_ACCEPT, "accept", NULL, &accept_type),
	CMD(NGM_KSOCKET_CONNECT, "connect", &ng_p_sockaddr, &ng_p_int32),
	CMD(NGM_KSOCKET_GETNAME, "getname", NULL, &ng_p_sockaddr),
	CMD(NGM_KSOCKET_GETPEERNAME, "getpeername", NULL, &ng_p_sockaddr),
	CMD(NGM_KSOCKET_SETOPT, "setopt", &sockopt_type, NULL),
	CMD(NGM_KSOCKET_GETOPT, "getopt", &sockopt_type, &sockopt_type),
	{0},
};

const struct ng_type ng_type_ksocket = {
	.name = NG_KSOCKET_NODE_TYPE,
	.cookie = NGM_KSOCKET_COOKIE,
	.kind = NGD_USER,
	.cmds = ksocket_cmds,
	.priv_size = sizeof(struct ksocket_priv),
	.live_size = sizeof(struct ksocket_live),
	.newhook = ksocket_newhook,
	.connect = ksocket_connect,
	.shutdown = ksocket_shutdown,
	.abandon = ksocket_abandon,
	.rcvmsg = ksocket_rcvmsg,
	.rcvdata = ksocket_rcvdata,
	.restore = ksocket_restore,
};
