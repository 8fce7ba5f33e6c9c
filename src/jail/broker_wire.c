/* broker_wire: see broker_wire.h.  All of it is hostile, in both directions. */
#include "jail/broker_wire.h"

#include "base/cleanup.h"

#include <errno.h>
#include <string.h>

#define MAGIC UINT32_C(0x42524b43) /* "CKRB" */

struct hello {
	uint32_t magic;
	uint16_t version, zero;
	uint8_t nonce[BROKER_NONCE];
};

struct head {
	uint32_t magic;
	uint16_t version, request;
	uint8_t nonce[BROKER_NONCE];
	uint16_t depth, zero;
};

struct share {
	uint8_t mode4, mode6, flags, zero;
	uint16_t n4, n6;
};

struct answer {
	uint32_t magic, code;
};

_Static_assert(sizeof(struct hello) == 24, "no padding");
_Static_assert(sizeof(struct head) == 28, "no padding");
_Static_assert(sizeof(struct share) == 8, "no padding");
_Static_assert(sizeof(struct answer) == 8, "no padding");
_Static_assert(sizeof(struct head) + BROKER_DEPTH * sizeof(uint32_t) +
			       sizeof(struct share) + IPSHARE_MAX * (4 + 16) <=
		       BROKER_MSG_MAX,
	       "the longest request fits");

enum {
	FLAG_SADDRSEL4 = 1,
	FLAG_SADDRSEL6 = 2,
	FLAG_RAW = 4,
	FLAG_LOW_PORTS = 8,
	FLAGS_ALL = 15
};

/* --- reading ------------------------------------------------------------- */

/* What is left of a message. */
struct in {
	const uint8_t *p;
	size_t n;
};

static bool take(struct in *in, void *dst, size_t n)
{
	if (n > in->n)
		return false;
	memcpy(dst, in->p, n);
	in->p += n;
	in->n -= n;
	return true;
}

static int bad(struct err *e)
{
	return err_set(e, EBADMSG, "broker: no such message");
}

/* No jail has these: the wildcard, all ones, multicast. */
static bool usable4(struct in_addr a)
{
	uint32_t h = ntohl(a.s_addr);

	return h != INADDR_ANY && h != INADDR_BROADCAST && !IN_MULTICAST(h);
}

static bool usable6(const struct in6_addr *a)
{
	return !IN6_IS_ADDR_UNSPECIFIED(a) && !IN6_IS_ADDR_MULTICAST(a) &&
	       !IN6_IS_ADDR_V4MAPPED(a);
}

/* A family has addresses if and only if its mode says so. */
static bool fits(unsigned int mode, size_t n)
{
	return mode <= IPSHARE_INHERIT && n <= IPSHARE_MAX &&
	       (mode == IPSHARE_NEW) == (n > 0);
}

static int parse_share(struct in *in, struct broker_msg *m, struct err *e)
{
	struct broker_share *s = &m->share;
	struct share w;

	if (!take(in, &w, sizeof(w)) || w.zero || w.flags & ~FLAGS_ALL ||
	    !fits(w.mode4, w.n4) || !fits(w.mode6, w.n6))
		return bad(e);
	*s = (struct broker_share){
		.mode4 = (enum ipshare_mode)w.mode4,
		.mode6 = (enum ipshare_mode)w.mode6,
		.saddrsel4 = w.flags & FLAG_SADDRSEL4,
		.saddrsel6 = w.flags & FLAG_SADDRSEL6,
		.raw = w.flags & FLAG_RAW,
		.low_ports = w.flags & FLAG_LOW_PORTS,
		.n4 = w.n4,
		.n6 = w.n6,
	};
	if (!take(in, s->addr4, s->n4 * sizeof(*s->addr4)) ||
	    !take(in, s->addr6, s->n6 * sizeof(*s->addr6)))
		return bad(e);
	for (size_t i = 0; i < s->n4; i++)
		if (!usable4(s->addr4[i]))
			return err_set(e, EINVAL,
				       "ip4.addr: no address for a jail");
	for (size_t i = 0; i < s->n6; i++)
		if (!usable6(&s->addr6[i]))
			return err_set(e, EINVAL,
				       "ip6.addr: no address for a jail");
	return 0;
}

static int parse_none(struct in *in, struct broker_msg *m, struct err *e)
{
	(void)in;
	(void)m;
	(void)e;
	return 0;
}

static size_t print_share(const struct broker_msg *m, uint8_t *out);
static size_t print_none(const struct broker_msg *m, uint8_t *out);

static const struct {
	const char *name;
	int (*parse)(struct in *in, struct broker_msg *m, struct err *e);
	size_t (*print)(const struct broker_msg *m, uint8_t *out);
	bool about_self; /* no jids: what comes with it is what it is about */
} requests[] = {
	[BROKER_SHARE_SET] = {"share.set", parse_share, print_share, false},
	[BROKER_SHARE_CLEAR] = {"share.clear", parse_none, print_none, false},
	[BROKER_NG_OPEN] = {"ng.open", parse_none, print_none, true},
	[BROKER_NG_END] = {"ng.end", parse_none, print_none, true},
	[BROKER_LASTS] = {"lasts", parse_none, print_none, true},
};
_Static_assert(ARRAY_SIZE(requests) == BROKER_REQUESTS, "a row for each");

const char *broker_name(enum broker_request request)
{
	return requests[request].name;
}

static int parse_path(struct in *in, size_t depth, struct broker_msg *m,
		      struct err *e)
{
	uint32_t jid;

	if ((!depth && !requests[m->request].about_self) ||
	    depth > BROKER_DEPTH)
		return bad(e);
	m->depth = depth;
	for (size_t i = 0; i < depth; i++) {
		if (!take(in, &jid, sizeof(jid)) || !jid ||
		    jid > BROKER_JID_MAX)
			return bad(e);
		m->path[i] = (int)jid;
	}
	return 0;
}

int broker_parse(const void *data, size_t size, struct broker_msg *ret,
		 struct err *e)
{
	struct in in = {data, size};
	struct broker_msg m = {0};
	struct head h;
	int r;

	if (size > BROKER_MSG_MAX || !take(&in, &h, sizeof(h)) ||
	    h.magic != MAGIC)
		return bad(e);
	if (h.version != BROKER_VERSION)
		return err_set(e, EPROTO,
			       "broker: message of version %u, not %u",
			       h.version, BROKER_VERSION);
	if (!h.request || h.request >= BROKER_REQUESTS || h.zero)
		return bad(e);
	m.request = (enum broker_request)h.request;
	memcpy(m.nonce, h.nonce, sizeof(m.nonce));
	r = parse_path(&in, h.depth, &m, e);
	if (!r)
		r = requests[h.request].parse(&in, &m, e);
	if (!r && in.n)
		r = bad(e);
	if (!r)
		*ret = m;
	return r;
}

int broker_hello_parse(const void *data, size_t size,
		       uint8_t ret_nonce[static BROKER_NONCE], struct err *e)
{
	struct hello h;

	if (size != sizeof(h))
		return bad(e);
	memcpy(&h, data, sizeof(h));
	if (h.magic != MAGIC || h.zero)
		return bad(e);
	if (h.version != BROKER_VERSION)
		return err_set(e, EPROTO, "broker: of version %u, not %u",
			       h.version, BROKER_VERSION);
	memcpy(ret_nonce, h.nonce, sizeof(h.nonce));
	return 0;
}

int broker_answer_parse(const void *data, size_t size, struct err *e)
{
	char text[ERR_TEXT_MAX] = "";
	struct in in = {data, size};
	struct answer a;

	if (!take(&in, &a, sizeof(a)) || a.magic != MAGIC ||
	    in.n >= sizeof(text))
		return bad(e);
	if (!a.code)
		return in.n ? bad(e) : 0;
	memcpy(text, in.p, in.n);
	for (size_t i = 0; i < in.n; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			text[i] = '?';
	return err_set(e, a.code < 4096 ? (int)a.code : EIO, "%s", text);
}

/* --- writing ------------------------------------------------------------- */

static void give(uint8_t *out, size_t *n, const void *src, size_t size)
{
	memcpy(out + *n, src, size);
	*n += size;
}

static size_t print_share(const struct broker_msg *m, uint8_t *out)
{
	const struct broker_share *s = &m->share;
	const struct share w = {
		.mode4 = (uint8_t)s->mode4,
		.mode6 = (uint8_t)s->mode6,
		.flags = (uint8_t)((s->saddrsel4 ? FLAG_SADDRSEL4 : 0) |
				   (s->saddrsel6 ? FLAG_SADDRSEL6 : 0) |
				   (s->raw ? FLAG_RAW : 0) |
				   (s->low_ports ? FLAG_LOW_PORTS : 0)),
		.n4 = (uint16_t)s->n4,
		.n6 = (uint16_t)s->n6,
	};
	size_t n = 0;

	give(out, &n, &w, sizeof(w));
	give(out, &n, s->addr4, s->n4 * sizeof(*s->addr4));
	give(out, &n, s->addr6, s->n6 * sizeof(*s->addr6));
	return n;
}

static size_t print_none(const struct broker_msg *m, uint8_t *out)
{
	(void)m;
	(void)out;
	return 0;
}

size_t broker_print(const struct broker_msg *m,
		    uint8_t ret[static BROKER_MSG_MAX])
{
	struct head h = {
		.magic = MAGIC,
		.version = BROKER_VERSION,
		.request = (uint16_t)m->request,
		.depth = (uint16_t)m->depth,
	};
	size_t n = 0;

	memcpy(h.nonce, m->nonce, sizeof(h.nonce));
	give(ret, &n, &h, sizeof(h));
	for (size_t i = 0; i < m->depth; i++) {
		uint32_t jid = (uint32_t)m->path[i];

		give(ret, &n, &jid, sizeof(jid));
	}
	return n + requests[m->request].print(m, ret + n);
}

size_t broker_hello_print(const uint8_t nonce[static BROKER_NONCE],
			  uint8_t ret[static BROKER_MSG_MAX])
{
	struct hello h = {.magic = MAGIC, .version = BROKER_VERSION};
	size_t n = 0;

	memcpy(h.nonce, nonce, sizeof(h.nonce));
	give(ret, &n, &h, sizeof(h));
	return n;
}

size_t broker_answer_print(int code, const char *text,
			   uint8_t ret[static BROKER_MSG_MAX])
{
	const struct answer a = {.magic = MAGIC, .code = (uint32_t)code};
	size_t n = 0, len = code ? strnlen(text, ERR_TEXT_MAX - 1) : 0;

	give(ret, &n, &a, sizeof(a));
	give(ret, &n, text, len);
	return n;
}
