/* See nft.h for the theory of operation. */
#include "pf/nft.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define BATCH_START (256 * 1024)
/* One message of elements; an attribute's length has 16 bits. */
#define ELEMS_MAX 56000

void nfb_init(struct nfb *b)
{
	*b = (struct nfb){.cookie = NFB_NO_COOKIE,
			  .family = NFPROTO_INET,
			  .table = NFT_PF_TABLE,
			  .msg = SIZE_MAX};
}

void nfb_free(struct nfb *b)
{
	free(b->buf);
	free(b->cookies);
	nfb_init(b);
}

/* Room for n bytes at the end; NULL and failed if there is none. */
static char *room(struct nfb *b, size_t n)
{
	size_t size = b->size ? b->size : BATCH_START;
	char *p;

	if (b->failed)
		return NULL;
	while (size < b->len + n)
		size += size / 2;
	if (size != b->size) {
		p = realloc(b->buf, size);
		if (!p) {
			b->failed = true;
			return NULL;
		}
		b->buf = p;
		b->size = size;
	}
	p = b->buf + b->len;
	b->len += n;
	return p;
}

static bool add_cookie(struct nfb *b)
{
	size_t size = b->cookies_size;
	uint32_t *v;

	if (b->nmsg == size) {
		size = size ? size * 2 : 1024;
		v = reallocarray(b->cookies, size, sizeof(*v));
		if (!v)
			return false;
		b->cookies = v;
		b->cookies_size = size;
	}
	b->cookies[b->nmsg++] = b->cookie;
	return true;
}

static void header(struct nfb *b, uint16_t type, uint16_t flags, uint8_t family,
		   uint16_t res_id)
{
	struct nfgenmsg g = {.nfgen_family = family,
			     .version = NFNETLINK_V0,
			     .res_id = htons(res_id)};
	struct nlmsghdr h = {.nlmsg_type = type,
			     .nlmsg_flags = NLM_F_REQUEST | flags};
	char *p;

	if (!add_cookie(b)) {
		b->failed = true;
		return;
	}
	h.nlmsg_seq = (uint32_t)b->nmsg;
	b->msg = b->len;
	b->depth = 0;
	p = room(b, NLMSG_ALIGN(sizeof(h)) + NLMSG_ALIGN(sizeof(g)));
	if (!p)
		return;
	memcpy(p, &h, sizeof(h));
	memcpy(p + NLMSG_ALIGN(sizeof(h)), &g, sizeof(g));
}

void nfb_begin(struct nfb *b, uint16_t type, uint16_t flags)
{
	if (b->nmsg == 0) {
		header(b, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC,
		       NFNL_SUBSYS_NFTABLES);
		/* nfb_commit() fills it in, or leaves 0 and cuts it off */
		nfb_put_u32be(b, NFNL_BATCH_GENID, 0);
		nfb_end(b);
	}
	header(b, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags,
	       b->family, 0);
}

void nfb_end(struct nfb *b)
{
	uint32_t len;

	if (b->failed)
		return;
	len = (uint32_t)(b->len - b->msg);
	memcpy(b->buf + b->msg, &len, sizeof(len));
	b->msg = SIZE_MAX;
}

void nfb_put(struct nfb *b, uint16_t type, const void *data, size_t len)
{
	struct nlattr a = {.nla_type = type};
	char *p;

	if (len > UINT16_MAX - sizeof(a)) {
		b->failed = true;
		return;
	}
	p = room(b, sizeof(a) + NLA_ALIGN(len));
	if (!p)
		return;
	a.nla_len = (uint16_t)(sizeof(a) + len);
	memcpy(p, &a, sizeof(a));
	if (len)
		memcpy(p + sizeof(a), data, len);
	memset(p + sizeof(a) + len, 0, NLA_ALIGN(len) - len);
}

void nfb_put_str(struct nfb *b, uint16_t type, const char *s)
{
	nfb_put(b, type, s, strlen(s) + 1);
}

void nfb_put_u8(struct nfb *b, uint16_t type, uint8_t v)
{
	nfb_put(b, type, &v, sizeof(v));
}

void nfb_put_u16be(struct nfb *b, uint16_t type, uint16_t v)
{
	v = htons(v);
	nfb_put(b, type, &v, sizeof(v));
}

void nfb_put_u32be(struct nfb *b, uint16_t type, uint32_t v)
{
	v = htonl(v);
	nfb_put(b, type, &v, sizeof(v));
}

void nfb_put_u64be(struct nfb *b, uint16_t type, uint64_t v)
{
	v = htobe64(v);
	nfb_put(b, type, &v, sizeof(v));
}

void nfb_nest(struct nfb *b, uint16_t type)
{
	if (b->depth == NFB_DEPTH) {
		b->failed = true;
		return;
	}
	b->nest[b->depth++] = b->len;
	nfb_put(b, type | NLA_F_NESTED, NULL, 0);
}

void nfb_nest_end(struct nfb *b)
{
	size_t at, len;
	uint16_t n;

	if (b->failed || b->depth == 0)
		return;
	at = b->nest[--b->depth];
	len = b->len - at;
	if (len > UINT16_MAX) {
		b->failed = true;
		return;
	}
	n = (uint16_t)len;
	memcpy(b->buf + at, &n, sizeof(n));
}

/* tables, chains, rules */

void nfb_table(struct nfb *b, uint32_t flags)
{
	nfb_begin(b, NFT_MSG_NEWTABLE, NLM_F_CREATE);
	nfb_put_str(b, NFTA_TABLE_NAME, b->table);
	nfb_put_u32be(b, NFTA_TABLE_FLAGS, flags);
	nfb_end(b);
}

void nfb_table_del(struct nfb *b)
{
	nfb_begin(b, NFT_MSG_DELTABLE, 0);
	nfb_put_str(b, NFTA_TABLE_NAME, b->table);
	nfb_end(b);
}

static void chain_begin(struct nfb *b, uint16_t type, uint16_t flags,
			const char *name)
{
	nfb_begin(b, type, flags);
	nfb_put_str(b, NFTA_CHAIN_TABLE, b->table);
	nfb_put_str(b, NFTA_CHAIN_NAME, name);
}

void nfb_chain(struct nfb *b, const char *name)
{
	chain_begin(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE, name);
	nfb_end(b);
}

void nfb_chain_base(struct nfb *b, const char *name, const struct nfb_hook *h)
{
	chain_begin(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE, name);
	nfb_nest(b, NFTA_CHAIN_HOOK);
	nfb_put_u32be(b, NFTA_HOOK_HOOKNUM, (uint32_t)h->hook);
	nfb_put_u32be(b, NFTA_HOOK_PRIORITY, (uint32_t)h->priority);
	if (h->dev)
		nfb_put_str(b, NFTA_HOOK_DEV, h->dev);
	nfb_nest_end(b);
	nfb_put_u32be(b, NFTA_CHAIN_POLICY, NF_ACCEPT);
	nfb_put_str(b, NFTA_CHAIN_TYPE, h->type);
	nfb_end(b);
}

void nfb_chain_del(struct nfb *b, const char *name)
{
	chain_begin(b, NFT_MSG_DELCHAIN, 0, name);
	nfb_end(b);
}

void nfb_rule(struct nfb *b, const char *chain)
{
	nfb_begin(b, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
	nfb_put_str(b, NFTA_RULE_TABLE, b->table);
	nfb_put_str(b, NFTA_RULE_CHAIN, chain);
	nfb_nest(b, NFTA_RULE_EXPRESSIONS);
}

void nfb_rule_end(struct nfb *b)
{
	nfb_nest_end(b);
	nfb_end(b);
}

void nfb_rule_cancel(struct nfb *b)
{
	if (b->failed)
		return;
	b->len = b->msg;
	b->msg = SIZE_MAX;
	b->nmsg--;
}

void nfb_rule_end_udata(struct nfb *b, const void *data, size_t len)
{
	nfb_nest_end(b);
	nfb_put(b, NFTA_RULE_USERDATA, data, len);
	nfb_end(b);
}

/* sets */

static void set_desc(struct nfb *b, const struct nfb_set *s)
{
	size_t i;

	if (!s->size && !s->field[0])
		return;
	nfb_nest(b, NFTA_SET_DESC);
	if (s->size)
		nfb_put_u32be(b, NFTA_SET_DESC_SIZE, s->size);
	if (s->field[0]) {
		nfb_nest(b, NFTA_SET_DESC_CONCAT);
		for (i = 0; i < NFB_FIELDS && s->field[i]; i++) {
			nfb_nest(b, NFTA_LIST_ELEM);
			nfb_put_u32be(b, NFTA_SET_FIELD_LEN, s->field[i]);
			nfb_nest_end(b);
		}
		nfb_nest_end(b);
	}
	nfb_nest_end(b);
}

void nfb_set(struct nfb *b, const struct nfb_set *s)
{
	uint32_t flags = s->flags;

	if (s->dlen || s->dtype)
		flags |= NFT_SET_MAP;
	if (s->objtype)
		flags |= NFT_SET_OBJECT;
	if (s->timeout)
		flags |= NFT_SET_TIMEOUT;
	nfb_begin(b, NFT_MSG_NEWSET, NLM_F_CREATE);
	nfb_put_str(b, NFTA_SET_TABLE, b->table);
	nfb_put_str(b, NFTA_SET_NAME, s->name);
	/* an id is asked for; nothing here refers to sets by it */
	nfb_put_u32be(b, NFTA_SET_ID, (uint32_t)b->nmsg);
	nfb_put_u32be(b, NFTA_SET_FLAGS, flags);
	nfb_put_u32be(b, NFTA_SET_KEY_TYPE, s->ktype);
	nfb_put_u32be(b, NFTA_SET_KEY_LEN, s->klen);
	if (flags & NFT_SET_MAP) {
		nfb_put_u32be(b, NFTA_SET_DATA_TYPE, s->dtype);
		if (s->dtype != NFT_DATA_VERDICT)
			nfb_put_u32be(b, NFTA_SET_DATA_LEN, s->dlen);
	}
	if (s->objtype)
		nfb_put_u32be(b, NFTA_SET_OBJ_TYPE, s->objtype);
	if (s->timeout)
		nfb_put_u64be(b, NFTA_SET_TIMEOUT, s->timeout);
	set_desc(b, s);
	if (s->counter) {
		nfb_nest(b, NFTA_SET_EXPR);
		nfb_put_str(b, NFTA_EXPR_NAME, "counter");
		nfb_nest(b, NFTA_EXPR_DATA);
		nfb_nest_end(b);
		nfb_nest_end(b);
	}
	nfb_end(b);
}

void nfb_set_del(struct nfb *b, const char *name)
{
	nfb_begin(b, NFT_MSG_DELSET, 0);
	nfb_put_str(b, NFTA_SET_TABLE, b->table);
	nfb_put_str(b, NFTA_SET_NAME, name);
	nfb_end(b);
}

static void elems_open(struct nfb *b)
{
	nfb_begin(b, b->elem_msg,
		  b->elem_msg == NFT_MSG_NEWSETELEM ? NLM_F_CREATE : 0);
	nfb_put_str(b, NFTA_SET_ELEM_LIST_TABLE, b->table);
	nfb_put_str(b, NFTA_SET_ELEM_LIST_SET, b->set);
	nfb_nest(b, NFTA_SET_ELEM_LIST_ELEMENTS);
}

void nfb_elems(struct nfb *b, const char *set, bool del)
{
	b->set = set;
	b->elem_msg = del ? NFT_MSG_DELSETELEM : NFT_MSG_NEWSETELEM;
}

void nfb_put_data(struct nfb *b, uint16_t type, const void *data, uint32_t len)
{
	nfb_nest(b, type);
	nfb_put(b, NFTA_DATA_VALUE, data, len);
	nfb_nest_end(b);
}

void nfb_put_verdict(struct nfb *b, uint16_t type, int code, const char *chain)
{
	nfb_nest(b, type);
	nfb_nest(b, NFTA_DATA_VERDICT);
	nfb_put_u32be(b, NFTA_VERDICT_CODE, (uint32_t)code);
	if (chain)
		nfb_put_str(b, NFTA_VERDICT_CHAIN, chain);
	nfb_nest_end(b);
	nfb_nest_end(b);
}

static void elem_counter(struct nfb *b, const struct nfb_elem *el)
{
	nfb_nest(b, NFTA_SET_ELEM_EXPR);
	nfb_put_str(b, NFTA_EXPR_NAME, "counter");
	nfb_nest(b, NFTA_EXPR_DATA);
	nfb_put_u64be(b, NFTA_COUNTER_BYTES, el->bytes);
	nfb_put_u64be(b, NFTA_COUNTER_PACKETS, el->packets);
	nfb_nest_end(b);
	nfb_nest_end(b);
}

void nfb_elem(struct nfb *b, const struct nfb_elem *el)
{
	if (b->msg != SIZE_MAX && b->len - b->msg > ELEMS_MAX) {
		nfb_nest_end(b);
		nfb_end(b);
	}
	if (b->msg == SIZE_MAX)
		elems_open(b);
	nfb_nest(b, NFTA_LIST_ELEM);
	if (el->flags)
		nfb_put_u32be(b, NFTA_SET_ELEM_FLAGS, el->flags);
	if (el->timeout)
		nfb_put_u64be(b, NFTA_SET_ELEM_TIMEOUT, el->timeout);
	if (el->key)
		nfb_put_data(b, NFTA_SET_ELEM_KEY, el->key, el->klen);
	if (el->key_end)
		nfb_put_data(b, NFTA_SET_ELEM_KEY_END, el->key_end, el->klen);
	if (el->verdict)
		nfb_put_verdict(b, NFTA_SET_ELEM_DATA, el->code, el->chain);
	else if (el->data)
		nfb_put_data(b, NFTA_SET_ELEM_DATA, el->data, el->dlen);
	if (el->obj)
		nfb_put_str(b, NFTA_SET_ELEM_OBJREF, el->obj);
	if (el->counted)
		elem_counter(b, el);
	if (el->udata_len)
		nfb_put(b, NFTA_SET_ELEM_USERDATA, el->udata, el->udata_len);
	nfb_nest_end(b);
}

void nfb_elems_end(struct nfb *b)
{
	if (b->msg != SIZE_MAX) {
		nfb_nest_end(b);
		nfb_end(b);
	}
	b->set = NULL;
}

void nfb_set_flush(struct nfb *b, const char *set)
{
	nfb_begin(b, NFT_MSG_DELSETELEM, 0);
	nfb_put_str(b, NFTA_SET_ELEM_LIST_TABLE, b->table);
	nfb_put_str(b, NFTA_SET_ELEM_LIST_SET, set);
	nfb_end(b);
}

void nfb_counter_obj(struct nfb *b, const char *name, uint64_t packets,
		     uint64_t bytes)
{
	nfb_begin(b, NFT_MSG_NEWOBJ, NLM_F_CREATE);
	nfb_put_str(b, NFTA_OBJ_TABLE, b->table);
	nfb_put_str(b, NFTA_OBJ_NAME, name);
	nfb_put_u32be(b, NFTA_OBJ_TYPE, NFT_OBJECT_COUNTER);
	nfb_nest(b, NFTA_OBJ_DATA);
	nfb_put_u64be(b, NFTA_COUNTER_BYTES, bytes);
	nfb_put_u64be(b, NFTA_COUNTER_PACKETS, packets);
	nfb_nest_end(b);
	nfb_end(b);
}

void nfb_obj_del(struct nfb *b, const char *name, uint32_t type)
{
	nfb_begin(b, NFT_MSG_DELOBJ, 0);
	nfb_put_str(b, NFTA_OBJ_TABLE, b->table);
	nfb_put_str(b, NFTA_OBJ_NAME, name);
	nfb_put_u32be(b, NFTA_OBJ_TYPE, type);
	nfb_end(b);
}

/* commit */

/*
 * The whole batch is one send, so the send buffer must hold it; without the
 * right to more a jail's root has what the machine allows everybody.
 */
static int send_all(struct nfb *b, int fd, struct err *e)
{
	struct sockaddr_nl to = {.nl_family = AF_NETLINK};
	struct iovec iov = {.iov_base = b->buf, .iov_len = b->len};
	struct msghdr m = {.msg_name = &to,
			   .msg_namelen = sizeof(to),
			   .msg_iov = &iov,
			   .msg_iovlen = 1};
	int size;

	if (b->len > INT32_MAX / 2)
		return err_set(e, EMSGSIZE, "too many rules");
	size = (int)b->len + 4096;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (sendmsg(fd, &m, 0) >= 0)
		return 0;
	if (errno == EMSGSIZE)
		return err_set(e, EMSGSIZE,
			       "the rules need %zu KiB at once, more than "
			       "net.core.wmem_max allows",
			       b->len / 1024);
	return err_sys(e, errno, "send rules");
}

/* The kernel's first complaint; what follows are its consequences. */
struct complaint {
	int error;
	uint32_t seq;
	char text[256];
};

static void take_answer(const struct nlmsghdr *h, struct complaint *c)
{
	const struct nlmsgerr *er = mnl_nlmsg_get_payload(h);
	const char *text;

	if (h->nlmsg_type != NLMSG_ERROR ||
	    h->nlmsg_len < NLMSG_LENGTH(sizeof(*er)) || er->error == 0 ||
	    c->error)
		return;
	c->error = -er->error;
	c->seq = h->nlmsg_seq;
	text = nl_extack(h);
	snprintf(c->text, sizeof(c->text), "%s", text ? text : "");
}

/* The kernel has answered everything before the send returned. */
static int take_answers(const struct nl *nf, struct complaint *c, struct err *e)
{
	char buf[32768] __attribute__((aligned(8)));
	const struct nlmsghdr *h;
	ssize_t got;
	int len;

	for (;;) {
		got = nl_recv(nf, buf, sizeof(buf), MSG_DONTWAIT);
		if (got < 0 && errno == EAGAIN)
			return 0;
		/* more complaints than the buffer holds: the first is in it */
		if (got < 0 && (errno == EINTR || errno == ENOBUFS))
			continue;
		if (got < 0)
			return err_sys(e, errno, "answer to rules");
		len = (int)got;
		for (h = (const struct nlmsghdr *)(const void *)buf;
		     mnl_nlmsg_ok(h, len); h = mnl_nlmsg_next(h, &len))
			take_answer(h, c);
	}
}

/* Put the generation into the first message. */
static void set_genid(struct nfb *b, uint32_t genid)
{
	const size_t at = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(struct nfgenmsg));
	struct nlattr a = {.nla_len = sizeof(a) + 4,
			   .nla_type = NFNL_BATCH_GENID};
	uint32_t v = htonl(genid);

	/* any other attribute's number: not read by the kernel */
	if (!genid)
		a.nla_type = 0;
	memcpy(b->buf + at, &a, sizeof(a));
	memcpy(b->buf + at + sizeof(a), &v, sizeof(v));
}

/*
 * The set that the refused message is for, or NULL.  A jail's root may have put
 * another in the place of pf's.
 */
static const char *set_of(const struct nfb *b, uint32_t seq)
{
	const struct nlmsghdr *h = (const void *)b->buf;
	int len = (int)b->len;
	const struct nlattr *a;
	unsigned int type;

	while (mnl_nlmsg_ok(h, len) && h->nlmsg_seq != seq)
		h = mnl_nlmsg_next(h, &len);
	if (!mnl_nlmsg_ok(h, len))
		return NULL;
	type = h->nlmsg_type & 0xff;
	if (type != NFT_MSG_NEWSET && type != NFT_MSG_NEWSETELEM &&
	    type != NFT_MSG_DELSETELEM)
		return NULL;
	/* elements say their set by the same number */
	_Static_assert((int)NFTA_SET_NAME == (int)NFTA_SET_ELEM_LIST_SET,
		       "one attribute");
	mnl_attr_for_each (a, h, sizeof(struct nfgenmsg))
		if (mnl_attr_get_type(a) == NFTA_SET_NAME)
			return mnl_attr_get_str(a);
	return NULL;
}

/* What the kernel says, and of what. */
static int refused(const struct nfb *b, const struct complaint *c,
		   struct err *e)
{
	const char *set = set_of(b, c->seq);

	err_set(e, c->error, "%s%s%s%s", strerror(c->error),
		c->text[0] ? " (" : "", c->text, c->text[0] ? ")" : "");
	if (set && (c->error == EEXIST || c->error == EINVAL))
		err_wrap(e, "set %s of nftables' table %s is not as pf made it",
			 set, b->table);
	return -c->error;
}

int nfb_commit(struct nfb *b, struct nl *nf, uint32_t genid,
	       uint32_t *ret_cookie, struct err *e)
{
	struct complaint c = {0};
	int r;

	if (ret_cookie)
		*ret_cookie = NFB_NO_COOKIE;
	if (b->nmsg == 0)
		return 0;
	b->cookie = NFB_NO_COOKIE;
	header(b, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	nfb_end(b);
	if (b->failed)
		return err_nomem(e);
	set_genid(b, genid);
	r = send_all(b, nl_fd(nf), e);
	if (r < 0)
		return r;
	r = take_answers(nf, &c, e);
	if (r < 0)
		return r;
	if (!c.error)
		return 0;
	if (ret_cookie && c.seq >= 1 && c.seq <= b->nmsg)
		*ret_cookie = b->cookies[c.seq - 1];
	return refused(b, &c, e);
}
