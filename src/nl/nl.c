/* See nl.h for the theory of operation. */
#include "nl/nl.h"

#include "base/cleanup.h"
#include "base/str.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <sched.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#ifndef NETLINK_EXT_ACK
#define NETLINK_EXT_ACK 11
#endif

/*
 * What one send of a batch may hold.  The kernel works a send off before it
 * returns, so all its acks must fit into the receive buffer, which without
 * privilege is 208 KiB and counts about 1 KiB an ack.
 */
#define CHUNK_BYTES (64 * 1024)
#define CHUNK_MSGS 128

#define DUMP_TRIES 16
#define RECV_SIZE (256 * 1024)

struct nl {
	struct mnl_socket *sock;
	uint32_t seq;
	char *rbuf;
};

struct batch_item {
	char *what;
	uint32_t seq;
	int error; /* 1 while unanswered */
	char *ext;
};

struct nl_batch {
	struct nl *nl;
	struct strbuf bytes;
	struct batch_item *v;
	size_t n;
};

/*
 * A vnet's root may send to any socket there: to one that is connected with
 * the kernel it cannot.
 */
static int only_kernel(int fd)
{
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};

	return connect(fd, (const struct sockaddr *)&kernel, sizeof(kernel));
}

static int open_here(int proto, struct nl **ret, struct err *e)
{
	cleanup_nl struct nl *nl = calloc(1, sizeof(*nl));
	int one = 1, size = 4 << 20;

	if (!nl)
		return err_nomem(e);
	nl->rbuf = malloc(RECV_SIZE);
	if (!nl->rbuf)
		return err_nomem(e);
	nl->sock = mnl_socket_open2(proto, SOCK_CLOEXEC);
	if (!nl->sock || mnl_socket_bind(nl->sock, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    only_kernel(nl_fd(nl)) < 0)
		return err_sys(e, errno, "netlink socket");
	mnl_socket_setsockopt(nl->sock, NETLINK_EXT_ACK, &one, sizeof(one));
	mnl_socket_setsockopt(nl->sock, NETLINK_GET_STRICT_CHK, &one,
			      sizeof(one));
	/* failures need not send the request back */
	mnl_socket_setsockopt(nl->sock, NETLINK_CAP_ACK, &one, sizeof(one));
	/* large batches have large answers; without the right to, best effort
	 */
	if (setsockopt(nl_fd(nl), SOL_SOCKET, SO_RCVBUFFORCE, &size,
		       sizeof(size)) < 0)
		setsockopt(nl_fd(nl), SOL_SOCKET, SO_RCVBUF, &size,
			   sizeof(size));
	nl->seq = 1;
	*ret = take_ptr(nl);
	return 0;
}

int nl_own_netns(struct err *e)
{
	cleanup_close int s = -1;
	int fd;

	fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	/* a jail without /proc: ask a socket */
	s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s >= 0)
		fd = ioctl(s, SIOCGSKNS);
	if (fd < 0)
		return err_sys(e, errno, "own network namespace");
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

/* Who is there already needs no right to enter. */
static bool same_file(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

int nl_open(int proto, int nsfd, struct nl **ret, struct err *e)
{
	cleanup_close int self = -1;
	int r;

	if (nsfd < 0)
		return open_here(proto, ret, e);
	self = nl_own_netns(e);
	if (self < 0)
		return self;
	if (same_file(self, nsfd))
		return open_here(proto, ret, e);
	/* to enter what one is in asks whether the way back is open */
	if (setns(self, CLONE_NEWNET) < 0 || setns(nsfd, CLONE_NEWNET) < 0)
		return err_sys(e, errno, "enter network namespace");
	r = open_here(proto, ret, e);
	if (setns(self, CLONE_NEWNET) < 0)
		abort(); /* going on would configure the wrong host */
	return r;
}

void nl_free(struct nl **nlp)
{
	struct nl *nl = take_ptr(*nlp);

	if (!nl)
		return;
	if (nl->sock)
		mnl_socket_close(nl->sock);
	free(nl->rbuf);
	free(nl);
}

int nl_fd(const struct nl *nl)
{
	return mnl_socket_get_fd(nl->sock);
}

ssize_t nl_recv(const struct nl *nl, void *buf, size_t size, int flags)
{
	struct sockaddr_nl from = {.nl_pid = 0};
	socklen_t len = sizeof(from);
	ssize_t n = recvfrom(nl_fd(nl), buf, size, flags,
			     (struct sockaddr *)&from, &len);

	/* sent before only_kernel(), or to a group */
	return n > 0 && from.nl_pid ? 0 : n;
}

int nl_join(struct nl *nl, unsigned int group, struct err *e)
{
	if (mnl_socket_setsockopt(nl->sock, NETLINK_ADD_MEMBERSHIP, &group,
				  sizeof(group)) < 0)
		return err_sys(e, errno, "netlink group %u", group);
	return 0;
}

void nlm_begin(struct nlm *m, uint16_t type, uint16_t flags, const void *hdr,
	       size_t hdrlen)
{
	m->overflow = false;
	m->h = mnl_nlmsg_put_header(m->buf);
	m->h->nlmsg_type = type;
	m->h->nlmsg_flags = NLM_F_REQUEST | flags;
	memcpy(mnl_nlmsg_put_extra_header(m->h, hdrlen), hdr, hdrlen);
}

void nlm_put(struct nlm *m, uint16_t type, const void *data, size_t len)
{
	if (!m->overflow &&
	    !mnl_attr_put_check(m->h, sizeof(m->buf), type, len, data))
		m->overflow = true;
}

void nlm_put_u8(struct nlm *m, uint16_t type, uint8_t v)
{
	nlm_put(m, type, &v, sizeof(v));
}

void nlm_put_u16(struct nlm *m, uint16_t type, uint16_t v)
{
	nlm_put(m, type, &v, sizeof(v));
}

void nlm_put_u32(struct nlm *m, uint16_t type, uint32_t v)
{
	nlm_put(m, type, &v, sizeof(v));
}

void nlm_put_str(struct nlm *m, uint16_t type, const char *s)
{
	nlm_put(m, type, s, strlen(s) + 1);
}

struct nlattr *nlm_nest(struct nlm *m, uint16_t type)
{
	struct nlattr *a = NULL;

	if (!m->overflow)
		a = mnl_attr_nest_start_check(m->h, sizeof(m->buf), type);
	if (!a)
		m->overflow = true;
	return a;
}

void nlm_nest_end(struct nlm *m, struct nlattr *start)
{
	if (start)
		mnl_attr_nest_end(m->h, start);
}

void nlm_put_raw(struct nlm *m, const void *data, size_t len)
{
	if (m->overflow || m->h->nlmsg_len + MNL_ALIGN(len) > sizeof(m->buf)) {
		m->overflow = true;
		return;
	}
	memcpy(mnl_nlmsg_put_extra_header(m->h, len), data, len);
}

static int fail_text(struct err *e, int code, const char *ext, const char *what)
{
	if (what && *what)
		err_sys(e, code, "%s", what);
	else
		err_set(e, code, "%s", strerror(code));
	if (ext && *ext)
		err_append(e, " (%s)", ext);
	return -code;
}

static int send_bytes(struct nl *nl, const void *p, size_t len, struct err *e)
{
	ssize_t n;

	do
		n = mnl_socket_sendto(nl->sock, p, len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(e, errno, "netlink send");
	return 0;
}

static ssize_t recv_bytes(struct nl *nl, struct err *e)
{
	ssize_t n;

	do
		n = nl_recv(nl, nl->rbuf, RECV_SIZE, MSG_TRUNC);
	while (n == 0 || (n < 0 && errno == EINTR));
	if (n < 0)
		return err_sys(e, errno, "netlink receive");
	if (n > RECV_SIZE)
		return err_set(e, EMSGSIZE, "netlink answer too long");
	return n;
}

/* A dump that breaks off says why in its last message. */
static int done_error(const struct nlmsghdr *h, const char *what, struct err *e)
{
	int code = 0;

	if (mnl_nlmsg_get_payload_len(h) >= sizeof(code))
		memcpy(&code, mnl_nlmsg_get_payload(h), sizeof(code));
	return code < 0 ? fail_text(e, -code, NULL, what) : 0;
}

/* Read answers to `seq` until its ack or the end of its dump. */
static int read_answers(struct nl *nl, uint32_t seq, nl_cb *cb, void *data,
			bool *intr, const char *what, struct err *e)
{
	const struct nlmsghdr *h;
	int n, r, failed = 0;

	for (;;) {
		ssize_t len = recv_bytes(nl, e);

		if (len < 0)
			return (int)len;
		n = (int)len;
		for (h = (void *)nl->rbuf; mnl_nlmsg_ok(h, n);
		     h = mnl_nlmsg_next(h, &n)) {
			if (h->nlmsg_seq != seq)
				continue;
			if (intr && (h->nlmsg_flags & NLM_F_DUMP_INTR))
				*intr = true;
			if (h->nlmsg_type == NLMSG_DONE)
				return failed ? failed : done_error(h, what, e);
			if (h->nlmsg_type == NLMSG_ERROR) {
				const struct nlmsgerr *ne =
					mnl_nlmsg_get_payload(h);

				if (ne->error && !failed)
					failed = fail_text(e, -ne->error,
							   nl_extack(h), what);
				return failed;
			}
			if (!cb || failed)
				continue;
			/* go on reading after a failure: keep the socket in
			 * step */
			r = cb(h, data, e);
			if (r < 0)
				failed = r;
		}
	}
}

static int query(struct nl *nl, struct nlm *m, uint16_t flags, nl_cb *cb,
		 void *data, bool *intr, const char *what, struct err *e)
{
	int r;

	if (m->overflow)
		return err_set(e, EMSGSIZE, "netlink message too long");
	m->h->nlmsg_flags |= flags;
	m->h->nlmsg_seq = nl->seq++;
	r = send_bytes(nl, m->h, m->h->nlmsg_len, e);
	if (r < 0)
		return r;
	return read_answers(nl, m->h->nlmsg_seq, cb, data, intr, what, e);
}

int nl_talk(struct nl *nl, struct nlm *m, struct err *e, const char *what, ...)
{
	char text[256] = "";
	va_list ap;

	if (what) {
		va_start(ap, what);
		vsnprintf(text, sizeof(text), what, ap);
		va_end(ap);
	}
	return query(nl, m, NLM_F_ACK, NULL, NULL, NULL, text, e);
}

int nl_query(struct nl *nl, struct nlm *m, nl_cb *cb, void *data, struct err *e)
{
	return query(nl, m, NLM_F_ACK, cb, data, NULL, NULL, e);
}

int nl_dump(struct nl *nl, struct nlm *m, nl_cb *cb,
	    void (*restart)(void *data), void *data, struct err *e)
{
	for (int i = 0; i < DUMP_TRIES; i++) {
		bool intr = false;
		int r = query(nl, m, NLM_F_DUMP, cb, data, &intr, NULL, e);

		if (r < 0 || !intr)
			return r;
		if (restart)
			restart(data);
	}
	return err_set(e, EINTR, "netlink dump kept changing");
}

bool nl_passes(int r)
{
	static const int codes[] = {ENOMEM, ENOBUFS, EMFILE,
				    ENFILE, EAGAIN,  EINTR};

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (r == -codes[i])
			return true;
	return false;
}

int nl_batch_new(struct nl *nl, struct nl_batch **ret, struct err *e)
{
	struct nl_batch *b = calloc(1, sizeof(*b));

	if (!b)
		return err_nomem(e);
	b->nl = nl;
	b->bytes = (struct strbuf)STRBUF_INIT;
	*ret = b;
	return 0;
}

static void batch_clear(struct nl_batch *b)
{
	for (size_t i = 0; i < b->n; i++) {
		free(b->v[i].what);
		free(b->v[i].ext);
	}
	b->n = 0;
	strbuf_clear(&b->bytes);
}

void nl_batch_free(struct nl_batch **bp)
{
	struct nl_batch *b = take_ptr(*bp);

	if (!b)
		return;
	batch_clear(b);
	free(b->v);
	strbuf_free(&b->bytes);
	free(b);
}

int nl_batch_add(struct nl_batch *b, struct nlm *m, struct err *e,
		 const char *what, ...)
{
	static const char pad[MNL_ALIGNTO];
	cleanup_free char *text = NULL;
	struct batch_item *v;
	va_list ap;

	if (m->overflow)
		return err_set(e, EMSGSIZE, "netlink message too long");
	if (what) {
		va_start(ap, what);
		if (vasprintf(&text, what, ap) < 0)
			text = NULL;
		va_end(ap);
	}
	v = reallocarray(b->v, b->n + 1, sizeof(*v));
	if (!v || (what && !text)) {
		if (v)
			b->v = v;
		return err_nomem(e);
	}
	b->v = v;
	m->h->nlmsg_flags |= NLM_F_ACK;
	strbuf_addn(&b->bytes, m->h, m->h->nlmsg_len);
	strbuf_addn(&b->bytes, pad,
		    MNL_ALIGN(m->h->nlmsg_len) - m->h->nlmsg_len);
	if (strbuf_failed(&b->bytes))
		return err_nomem(e);
	v[b->n++] = (struct batch_item){
		.what = take_ptr(text),
		.error = 1,
	};
	return 0;
}

static void batch_answer(struct nl_batch *b, const struct nlmsghdr *h,
			 size_t *left)
{
	const struct nlmsgerr *ne = mnl_nlmsg_get_payload(h);
	size_t i;
	const char *ext;

	if (h->nlmsg_type != NLMSG_ERROR || !b->n)
		return;
	i = h->nlmsg_seq - b->v[0].seq;
	if (i >= b->n || b->v[i].error != 1)
		return;
	b->v[i].error = ne->error;
	ext = nl_extack(h);
	if (ext)
		b->v[i].ext = strdup(ext);
	--*left;
}

/* One send of n requests, `len` bytes at `off`, and their acks. */
static int batch_chunk(struct nl_batch *b, size_t off, size_t len, size_t n,
		       struct err *e)
{
	size_t left = n;
	int r;

	r = send_bytes(b->nl, b->bytes.s + off, len, e);
	while (r >= 0 && left) {
		const struct nlmsghdr *h;
		ssize_t got = recv_bytes(b->nl, e);
		int rest = (int)got;

		if (got < 0)
			return (int)got;
		for (h = (void *)b->nl->rbuf; mnl_nlmsg_ok(h, rest);
		     h = mnl_nlmsg_next(h, &rest))
			batch_answer(b, h, &left);
	}
	return r;
}

int nl_batch_run(struct nl_batch *b, size_t *ret_failed, struct err *e)
{
	size_t off = 0, next = 0;
	int r = 0;

	while (r >= 0 && off < b->bytes.len) {
		size_t len = 0, n = 0;

		while (off + len < b->bytes.len && n < CHUNK_MSGS) {
			struct nlmsghdr *h = (void *)(b->bytes.s + off + len);
			size_t size = MNL_ALIGN(h->nlmsg_len);

			if (n && len + size > CHUNK_BYTES)
				break;
			/* numbered here, so that they follow one another */
			h->nlmsg_seq = b->nl->seq++;
			b->v[next++].seq = h->nlmsg_seq;
			len += size;
			n++;
		}
		r = batch_chunk(b, off, len, n, e);
		off += len;
	}
	for (size_t i = 0; r >= 0 && i < b->n; i++) {
		if (!b->v[i].error)
			continue;
		r = fail_text(e, -b->v[i].error, b->v[i].ext, b->v[i].what);
		if (ret_failed)
			*ret_failed = i;
	}
	batch_clear(b);
	return r < 0 ? r : 0;
}

void nl_parse(const struct nlmsghdr *h, size_t hdrlen, const struct nlattr **tb,
	      size_t max)
{
	const struct nlattr *a;

	memset(tb, 0, sizeof(*tb) * (max + 1));
	if (h->nlmsg_len < NLMSG_HDRLEN + MNL_ALIGN(hdrlen))
		return;
	mnl_attr_for_each (a, h, hdrlen)
		if (mnl_attr_get_type(a) <= max)
			tb[mnl_attr_get_type(a)] = a;
}

void nl_parse_nested(const struct nlattr *nest, const struct nlattr **tb,
		     size_t max)
{
	const struct nlattr *a;

	memset(tb, 0, sizeof(*tb) * (max + 1));
	if (!nest)
		return;
	mnl_attr_for_each_nested (a, nest)
		if (mnl_attr_get_type(a) <= max)
			tb[mnl_attr_get_type(a)] = a;
}

const char *nl_extack(const struct nlmsghdr *h)
{
	const struct nlmsgerr *ne = mnl_nlmsg_get_payload(h);
	size_t off = sizeof(*ne);
	const struct nlattr *a;

	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS))
		return NULL;
	if (!(h->nlmsg_flags & NLM_F_CAPPED))
		off += ne->msg.nlmsg_len - sizeof(ne->msg);
	if (h->nlmsg_len < NLMSG_HDRLEN + MNL_ALIGN(off))
		return NULL;
	mnl_attr_for_each (a, h, off)
		if (mnl_attr_get_type(a) == NLMSGERR_ATTR_MSG)
			return nl_text(a);
	return NULL;
}

static bool has(const struct nlattr *a, size_t len)
{
	return a && mnl_attr_get_payload_len(a) >= len;
}

uint8_t nl_u8(const struct nlattr *a)
{
	return has(a, sizeof(uint8_t)) ? mnl_attr_get_u8(a) : 0;
}

uint16_t nl_u16(const struct nlattr *a)
{
	return has(a, sizeof(uint16_t)) ? mnl_attr_get_u16(a) : 0;
}

uint32_t nl_u32(const struct nlattr *a)
{
	return has(a, sizeof(uint32_t)) ? mnl_attr_get_u32(a) : 0;
}

uint32_t nl_u32be(const struct nlattr *a)
{
	return be32toh(nl_u32(a));
}

uint64_t nl_u64be(const struct nlattr *a)
{
	uint64_t v = 0;

	if (has(a, sizeof(v)))
		memcpy(&v, mnl_attr_get_payload(a), sizeof(v));
	return be64toh(v);
}

const char *nl_text(const struct nlattr *a)
{
	if (!a || mnl_attr_validate(a, MNL_TYPE_NUL_STRING) < 0)
		return "";
	return mnl_attr_get_str(a);
}
