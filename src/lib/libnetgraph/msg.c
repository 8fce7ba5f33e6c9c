/*
 * msg: control messages; netgraph(3).
 *
 * A message that is answered (NGM_HASREPLY) has its answer in the socket's
 * queue when NgSendMsg() returns: nodes answer at once, and for those that are
 * programs themselves it is waited for.
 */
#include "base/cleanup.h"
#include "lib/libnetgraph/internal.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/* --- sending ------------------------------------------------------------- */

static uint32_t token_next(void)
{
	static atomic_uint last;

	/* returned as an int, where negative numbers are errors */
	for (;;) {
		uint32_t t = (atomic_fetch_add(&last, 1) + 1) & INT32_MAX;

		if (t)
			return t;
	}
}

static int reply_wait(int cs)
{
	struct pollfd p = {.fd = cs, .events = POLLIN};

	return poll(&p, 1, -1) < 0 ? -errno : 0;
}

static int deliver(int cs, const char *path, const struct ng_mesg *head,
		   const void *arg, size_t arglen)
{
	struct ng_mesg m = *head;
	const struct iovec body[] = {
		{.iov_base = &m, .iov_len = sizeof(m)},
		{.iov_base = (void *)(uintptr_t)arg,
		 .iov_len = arg ? arglen : 0},
	};
	bool silent;
	uint32_t id;
	int r;

	m.header.arglen = (uint32_t)body[1].iov_len;
	debug_message(m.header.flags & NGF_RESP ? "SENDING RESPONSE"
						: "SENDING MESSAGE",
		      path, &m, sizeof(m));
	debug_data(NULL, NULL, arg, body[1].iov_len);
	r = ng_call(cs, WIRE_MSG, path, body, 2, &id, NULL, &silent);
	if (!r && m.header.cmd & NGM_HASREPLY && !(m.header.flags & NGF_RESP))
		r = reply_wait(cs);
	return r < 0 ? debug_fail(r, "message to \"%s\"", path) : 0;
}

int NgSendMsg(int cs, const char *path, int cookie, int cmd, const void *arg,
	      size_t arglen)
{
	struct ng_mesg m = {
		.header = {.version = NG_VERSION,
			   .typecookie = (uint32_t)cookie,
			   .token = token_next(),
			   .flags = NGF_ORIG,
			   .cmd = (uint32_t)cmd},
	};

	snprintf((char *)m.header.cmdstr, sizeof(m.header.cmdstr), "cmd%d",
		 cmd);
	return deliver(cs, path, &m, arg, arglen) < 0 ? -1
						      : (int)m.header.token;
}

int NgSendReplyMsg(int cs, const char *path, const struct ng_mesg *msg,
		   const void *arg, size_t arglen)
{
	struct ng_mesg m = *msg;

	m.header.flags = NGF_RESP;
	return deliver(cs, path, &m, arg, arglen);
}

/* The words "command arguments" as what NGM_ASCII2BINARY wants. */
static struct ng_mesg *ascii_make(const char *text)
{
	size_t word, len;
	struct ng_mesg *m;

	while (isspace((unsigned char)*text))
		text++;
	for (word = 0; text[word] && !isspace((unsigned char)text[word]);)
		word++;
	len = strlen(text + word);
	m = calloc(1, sizeof(*m) + len + 1);
	if (!m)
		return NULL;
	snprintf((char *)m->header.cmdstr, sizeof(m->header.cmdstr), "%.*s",
		 (int)word, text);
	for (text += word; isspace((unsigned char)*text);)
		text++;
	m->header.version = NG_VERSION;
	m->header.arglen = (uint32_t)strlen(text) + 1;
	memcpy(m->data, text, m->header.arglen);
	return m;
}

/*
 * Ask, and receive the answer; its size, or -1.  Other messages before it are
 * lost: there is nowhere to keep them.
 */
static int convert(int cs, const char *path, int cmd, const struct ng_mesg *m,
		   size_t size, struct ng_mesg **ret)
{
	int token = NgSendMsg(cs, path, NGM_GENERIC_COOKIE, cmd, m, size);

	for (;;) {
		cleanup_free struct ng_mesg *r = NULL;
		int n = token < 0 ? -1 : NgAllocRecvMsg(cs, &r, NULL);

		if (n < 0)
			return -1;
		if ((size_t)n < sizeof(*r) || !(r->header.flags & NGF_RESP) ||
		    r->header.token != (uint32_t)token)
			continue;
		*ret = take_ptr(r);
		return n;
	}
}

static int ascii_send(int cs, const char *path, const char *text)
{
	cleanup_free struct ng_mesg *ascii = ascii_make(text), *reply = NULL;
	struct ng_mesg *binary;
	int n;

	if (!ascii)
		return debug_fail(-ENOMEM, "message to \"%s\"", path);
	n = convert(cs, path, NGM_ASCII2BINARY, ascii,
		    sizeof(*ascii) + ascii->header.arglen, &reply);
	if (n < 0)
		return -1;
	binary = (struct ng_mesg *)reply->data;
	if ((size_t)n < 2 * sizeof(*reply) ||
	    binary->header.arglen > (size_t)n - 2 * sizeof(*reply))
		return debug_fail(-EBADMSG, "message to \"%s\"", path);
	binary->header.version = NG_VERSION;
	binary->header.flags = NGF_ORIG;
	binary->header.token = token_next();
	return deliver(cs, path, binary, binary->data, binary->header.arglen) <
			       0
		       ? -1
		       : (int)binary->header.token;
}

int NgSendAsciiMsg(int cs, const char *path, const char *fmt, ...)
{
	cleanup_free char *text = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0) {
		text = NULL;
		return debug_fail(-ENOMEM, "message to \"%s\"", path);
	}
	return ascii_send(cs, path, text);
}

/* --- receiving ----------------------------------------------------------- */

struct incoming {
	struct wire_from from;
	size_t n; /* bytes of the message that came with it */
	int file; /* where it is else; -1 */
};

static void incoming_close(struct incoming *in)
{
	cleanup_close_p(&in->file);
}

/* The next message, as much of it as fits into buf. */
static int take(int cs, void *buf, size_t size, struct incoming *ret)
{
	const struct iovec iov[] = {
		{.iov_base = &ret->from, .iov_len = sizeof(ret->from)},
		{.iov_base = buf, .iov_len = size},
	};
	ssize_t n = ng_receive(cs, iov, 2, &ret->file);
	struct wire_from *f = &ret->from;

	if (n < 0)
		return (int)n;
	/* what does not fit is cut off, as of any datagram */
	if ((size_t)n < sizeof(*f) ||
	    wire_from_parse(f, f->file ? (size_t)n : sizeof(*f) + f->size, f) <
		    0)
		return -EBADMSG;
	ret->n = (size_t)n - sizeof(*f);
	if (f->file && ret->file < 0)
		return -EBADMSG;
	return 0;
}

static int file_get(const struct incoming *in, void *buf, size_t size)
{
	size_t want = in->from.size < size ? in->from.size : size;
	ssize_t n = pread(in->file, buf, want, 0);

	if (n < 0)
		return -errno;
	return (size_t)n == want ? (int)n : -EBADMSG;
}

static void path_of(const struct incoming *in, char *path)
{
	if (path)
		snprintf(path, NG_PATHSIZ, "[%x]:", in->from.id);
}

static int received(const struct incoming *in, const struct ng_mesg *m, int n,
		    char *path)
{
	char from[16];

	path_of(in, path);
	snprintf(from, sizeof(from), "[%x]:", in->from.id);
	if ((size_t)n >= sizeof(*m))
		debug_message(m->header.flags & NGF_RESP ? "RECEIVED RESPONSE"
							 : "RECEIVED MESSAGE",
			      from, m, (size_t)n);
	return n;
}

int NgRecvMsg(int cs, struct ng_mesg *rep, size_t replen, char *path)
{
	struct incoming in
		__attribute__((cleanup(incoming_close))) = {.file = -1};
	int r = take(cs, rep, replen, &in);

	if (!r)
		r = in.from.file ? file_get(&in, rep, replen) : (int)in.n;
	if (r < 0)
		return debug_fail(r, "receive a message");
	return received(&in, rep, r, path);
}

int NgAllocRecvMsg(int cs, struct ng_mesg **rep, char *path)
{
	struct incoming in
		__attribute__((cleanup(incoming_close))) = {.file = -1};
	cleanup_free struct ng_mesg *m = malloc(WIRE_INLINE_MAX);
	struct ng_mesg *fit;
	int r = m ? take(cs, m, WIRE_INLINE_MAX, &in) : -ENOMEM;

	if (!r) {
		/* a byte more: texts that are not ended are, then */
		fit = realloc(m, (size_t)in.from.size + 1);
		if (fit) {
			m = fit;
			((char *)m)[in.from.size] = '\0';
		}
		r = fit ? (int)in.n : -ENOMEM;
	}
	if (r >= 0 && in.from.file)
		r = file_get(&in, m, in.from.size);
	if (r < 0)
		return debug_fail(r, "receive a message");
	received(&in, m, r, path);
	*rep = take_ptr(m);
	return r;
}

/* Message m as the node `path` says it in words. */
static int ascii_ask(int cs, const char *path, const struct ng_mesg *m,
		     size_t size, struct ng_mesg **ret)
{
	int n = convert(cs, path, NGM_BINARY2ASCII, m, size, ret);

	if (n < 0)
		return -1;
	if ((size_t)n < 2 * sizeof(*m) ||
	    ((struct ng_mesg *)(*ret)->data)->header.arglen >
		    (size_t)n - 2 * sizeof(*m))
		return debug_fail(-EBADMSG, "words of a message");
	return 0;
}

int NgAllocRecvAsciiMsg(int cs, struct ng_mesg **rep, char *path)
{
	cleanup_free struct ng_mesg *m = NULL, *answer = NULL;
	char from[NG_PATHSIZ];
	struct ng_mesg *ascii;
	size_t size;
	int n = NgAllocRecvMsg(cs, &m, from);

	if (n < 0)
		return -1;
	if (path)
		memcpy(path, from, sizeof(from));
	if (ascii_ask(cs, from, m, (size_t)n, &answer) < 0)
		return -1;
	ascii = (struct ng_mesg *)answer->data;
	size = sizeof(*ascii) + ascii->header.arglen;
	*rep = calloc(1, size + 1);
	if (!*rep)
		return debug_fail(-ENOMEM, "words of a message");
	/* header of the message, but for the length; text of the words */
	memcpy(*rep, m, sizeof(*m));
	(*rep)->header.arglen = ascii->header.arglen;
	memcpy((*rep)->data, ascii->data, ascii->header.arglen);
	return (int)size;
}

int NgRecvAsciiMsg(int cs, struct ng_mesg *rep, size_t replen, char *path)
{
	cleanup_free struct ng_mesg *m = NULL;
	int n = NgAllocRecvAsciiMsg(cs, &m, path);

	if (n < 0)
		return -1;
	if ((size_t)n > replen)
		return debug_fail(-ERANGE, "words of a message");
	memcpy(rep, m, (size_t)n);
	return 0;
}
