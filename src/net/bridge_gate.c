/* bridge_gate: see bridge_gate.h. */
#include "net/bridge_gate.h"

#include "base/cleanup.h"
#include "nl/nl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_bridge.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define TABLE "cellblock_stp"
#define CHAIN_IN "prerouting"
#define CHAIN_THROUGH "forward"
#define CHAIN_OUT "output"
#define SET "closed"
/* Before everything else that may look at frames there. */
#define PRIORITY (-400)
/* So that nft(8) can show the set: its number for interfaces; in the host's
 * byte order (a list of type, length, value) */
#define TYPE_IFINDEX 20
static const unsigned char key_order[] = {0, 4, 1, 0, 0, 0};

/* A transaction: messages one after the other, sent at once. */
struct batch {
	char *buf;
	size_t len, room;
	bool failed;
	uint32_t seq;
	struct nlm m;
};

static void batch_free(struct batch **b)
{
	if (*b)
		free((*b)->buf);
	free(*b);
	*b = NULL;
}
#define cleanup_batch __attribute__((cleanup(batch_free)))

/* The message in b->m is complete. */
static void batch_add(struct batch *b)
{
	size_t len = NLMSG_ALIGN(b->m.h->nlmsg_len);
	char *more;

	b->m.h->nlmsg_seq = ++b->seq;
	b->m.h->nlmsg_flags |= NLM_F_REQUEST;
	b->m.h->nlmsg_flags &= (uint16_t)~NLM_F_ACK;
	if (b->m.overflow || b->failed) {
		b->failed = true;
		return;
	}
	if (b->len + len > b->room) {
		size_t room = 2 * (b->room + len);

		more = realloc(b->buf, room);
		if (!more) {
			b->failed = true;
			return;
		}
		b->buf = more;
		b->room = room;
	}
	memset(b->buf + b->len, 0, len);
	memcpy(b->buf + b->len, b->m.h, b->m.h->nlmsg_len);
	b->len += len;
}

static void edge(struct batch *b, uint16_t type)
{
	const struct nfgenmsg nfg = {.res_id = htons(NFNL_SUBSYS_NFTABLES)};

	nlm_begin(&b->m, type, 0, &nfg, sizeof(nfg));
	batch_add(b);
}

static void begin(struct batch *b, uint16_t type, uint16_t flags)
{
	const struct nfgenmsg nfg = {.nfgen_family = NFPROTO_BRIDGE,
				     .version = NFNETLINK_V0};

	nlm_begin(&b->m, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags,
		  &nfg, sizeof(nfg));
}

static void put_be32(struct batch *b, uint16_t type, uint32_t v)
{
	nlm_put_u32(&b->m, type, htonl(v));
}

/* --- the table ----------------------------------------------------------- */

static void table(struct batch *b, uint16_t type, uint16_t flags)
{
	begin(b, type, flags);
	nlm_put_str(&b->m, NFTA_TABLE_NAME, TABLE);
	batch_add(b);
}

static void chain(struct batch *b, const char *name, uint32_t number)
{
	struct nlattr *hook;

	begin(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	nlm_put_str(&b->m, NFTA_CHAIN_TABLE, TABLE);
	nlm_put_str(&b->m, NFTA_CHAIN_NAME, name);
	nlm_put_str(&b->m, NFTA_CHAIN_TYPE, "filter");
	put_be32(b, NFTA_CHAIN_POLICY, NF_ACCEPT);
	hook = nlm_nest(&b->m, NFTA_CHAIN_HOOK | NLA_F_NESTED);
	put_be32(b, NFTA_HOOK_HOOKNUM, number);
	put_be32(b, NFTA_HOOK_PRIORITY, (uint32_t)PRIORITY);
	nlm_nest_end(&b->m, hook);
	batch_add(b);
}

static void set(struct batch *b)
{
	begin(b, NFT_MSG_NEWSET, NLM_F_CREATE);
	nlm_put_str(&b->m, NFTA_SET_TABLE, TABLE);
	nlm_put_str(&b->m, NFTA_SET_NAME, SET);
	put_be32(b, NFTA_SET_ID, 1);
	put_be32(b, NFTA_SET_KEY_TYPE, TYPE_IFINDEX);
	put_be32(b, NFTA_SET_KEY_LEN, sizeof(uint32_t));
	nlm_put(&b->m, NFTA_SET_USERDATA, key_order, sizeof(key_order));
	batch_add(b);
}

static void elements(struct batch *b, const uint32_t *closed, size_t n)
{
	struct nlattr *list;

	if (!n)
		return;
	begin(b, NFT_MSG_NEWSETELEM, NLM_F_CREATE);
	nlm_put_str(&b->m, NFTA_SET_ELEM_LIST_TABLE, TABLE);
	nlm_put_str(&b->m, NFTA_SET_ELEM_LIST_SET, SET);
	list = nlm_nest(&b->m, NFTA_SET_ELEM_LIST_ELEMENTS | NLA_F_NESTED);
	for (size_t i = 0; i < n; i++) {
		struct nlattr *e =
			nlm_nest(&b->m, NFTA_LIST_ELEM | NLA_F_NESTED);
		struct nlattr *k =
			nlm_nest(&b->m, NFTA_SET_ELEM_KEY | NLA_F_NESTED);

		nlm_put(&b->m, NFTA_DATA_VALUE, &closed[i], sizeof(closed[i]));
		nlm_nest_end(&b->m, k);
		nlm_nest_end(&b->m, e);
	}
	nlm_nest_end(&b->m, list);
	batch_add(b);
}

/* --- rules --------------------------------------------------------------- */

struct expr {
	struct nlattr *elem, *data;
};

static struct expr expr_begin(struct batch *b, const char *name)
{
	struct expr x;

	x.elem = nlm_nest(&b->m, NFTA_LIST_ELEM | NLA_F_NESTED);
	nlm_put_str(&b->m, NFTA_EXPR_NAME, name);
	x.data = nlm_nest(&b->m, NFTA_EXPR_DATA | NLA_F_NESTED);
	return x;
}

static void expr_end(struct batch *b, struct expr *x)
{
	nlm_nest_end(&b->m, x->data);
	nlm_nest_end(&b->m, x->elem);
}

static struct nlattr *rule_begin(struct batch *b, const char *chain)
{
	begin(b, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
	nlm_put_str(&b->m, NFTA_RULE_TABLE, TABLE);
	nlm_put_str(&b->m, NFTA_RULE_CHAIN, chain);
	return nlm_nest(&b->m, NFTA_RULE_EXPRESSIONS | NLA_F_NESTED);
}

/* ... drop */
static void rule_end(struct batch *b, struct nlattr *exprs)
{
	struct expr x = expr_begin(b, "immediate");
	struct nlattr *data, *verdict;

	put_be32(b, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	data = nlm_nest(&b->m, NFTA_IMMEDIATE_DATA | NLA_F_NESTED);
	verdict = nlm_nest(&b->m, NFTA_DATA_VERDICT | NLA_F_NESTED);
	put_be32(b, NFTA_VERDICT_CODE, NF_DROP);
	nlm_nest_end(&b->m, verdict);
	nlm_nest_end(&b->m, data);
	expr_end(b, &x);
	nlm_nest_end(&b->m, exprs);
	batch_add(b);
}

/* ether daddr 01:80:c2:00:00:00 drop */
static void rule_bpdu(struct batch *b)
{
	static const unsigned char group[6] = {0x01, 0x80, 0xc2};
	struct nlattr *exprs = rule_begin(b, CHAIN_IN), *data;
	struct expr x = expr_begin(b, "payload");

	put_be32(b, NFTA_PAYLOAD_DREG, NFT_REG_1);
	put_be32(b, NFTA_PAYLOAD_BASE, NFT_PAYLOAD_LL_HEADER);
	put_be32(b, NFTA_PAYLOAD_OFFSET, 0);
	put_be32(b, NFTA_PAYLOAD_LEN, sizeof(group));
	expr_end(b, &x);
	x = expr_begin(b, "cmp");
	put_be32(b, NFTA_CMP_SREG, NFT_REG_1);
	put_be32(b, NFTA_CMP_OP, NFT_CMP_EQ);
	data = nlm_nest(&b->m, NFTA_CMP_DATA | NLA_F_NESTED);
	nlm_put(&b->m, NFTA_DATA_VALUE, group, sizeof(group));
	nlm_nest_end(&b->m, data);
	expr_end(b, &x);
	rule_end(b, exprs);
}

/* iif (or oif) @closed drop */
static void rule_closed(struct batch *b, const char *chain, uint32_t key)
{
	struct nlattr *exprs = rule_begin(b, chain);
	struct expr x = expr_begin(b, "meta");

	put_be32(b, NFTA_META_DREG, NFT_REG_1);
	put_be32(b, NFTA_META_KEY, key);
	expr_end(b, &x);
	x = expr_begin(b, "lookup");
	nlm_put_str(&b->m, NFTA_LOOKUP_SET, SET);
	put_be32(b, NFTA_LOOKUP_SET_ID, 1);
	put_be32(b, NFTA_LOOKUP_SREG, NFT_REG_1);
	expr_end(b, &x);
	rule_end(b, exprs);
}

/* Each costs every frame something, so they are there when one is closed. */
static void gates(struct batch *b, const uint32_t *closed, size_t n)
{
	chain(b, CHAIN_THROUGH, NF_BR_FORWARD);
	chain(b, CHAIN_OUT, NF_BR_LOCAL_OUT);
	set(b);
	elements(b, closed, n);
	rule_closed(b, CHAIN_IN, NFT_META_IIF);
	rule_closed(b, CHAIN_THROUGH, NFT_META_OIF);
	rule_closed(b, CHAIN_OUT, NFT_META_OIF);
}

/* --- transactions -------------------------------------------------------- */

static int transact(struct vnet *v, struct batch *b)
{
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	cleanup_nl struct nl *nl = NULL;
	struct iovec iov = {b->buf, b->len};
	const struct msghdr msg = {.msg_name = (void *)&kernel,
				   .msg_namelen = sizeof(kernel),
				   .msg_iov = &iov,
				   .msg_iovlen = 1};
	char buf[8192];
	ssize_t n;
	int r;

	if (b->failed)
		return -ENOMEM;
	r = nl_open(NETLINK_NETFILTER, v->nsfd, &nl, NULL);
	if (r < 0)
		return r;
	if (sendmsg(nl_fd(nl), &msg, 0) < 0)
		return -errno;
	/* all is done when sendmsg returns; only errors are told of */
	while ((n = recv(nl_fd(nl), buf, sizeof(buf), MSG_DONTWAIT)) > 0) {
		int left = (int)n;

		for (const struct nlmsghdr *h = (void *)buf;
		     mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left)) {
			const struct nlmsgerr *ne = mnl_nlmsg_get_payload(h);

			if (h->nlmsg_type == NLMSG_ERROR &&
			    mnl_nlmsg_get_payload_len(h) >= sizeof(*ne) &&
			    ne->error)
				return ne->error;
		}
	}
	return 0;
}

int bridge_gate_set(struct vnet *v, const uint32_t *closed, size_t n,
		    struct err *e)
{
	cleanup_batch struct batch *b = calloc(1, sizeof(*b));
	int r;

	if (!b)
		return err_nomem(e);
	edge(b, NFNL_MSG_BATCH_BEGIN);
	table(b, NFT_MSG_NEWTABLE, NLM_F_CREATE); /* so that it is there */
	table(b, NFT_MSG_DELTABLE, 0);
	table(b, NFT_MSG_NEWTABLE, NLM_F_CREATE);
	chain(b, CHAIN_IN, NF_BR_PRE_ROUTING);
	rule_bpdu(b);
	if (n)
		gates(b, closed, n);
	edge(b, NFNL_MSG_BATCH_END);
	r = transact(v, b);
	if (r == -EAFNOSUPPORT || r == -EOPNOTSUPP || r == -EPROTONOSUPPORT)
		return err_set(e, EOPNOTSUPP,
			       "stp: this kernel cannot filter what enters a "
			       "bridge (CONFIG_NF_TABLES_BRIDGE)");
	return r < 0 ? err_sys(e, -r, "stp: filter of bridges") : 0;
}

int bridge_gate_remove(struct vnet *v, struct err *e)
{
	cleanup_batch struct batch *b = calloc(1, sizeof(*b));
	int r;

	if (!b)
		return err_nomem(e);
	edge(b, NFNL_MSG_BATCH_BEGIN);
	table(b, NFT_MSG_NEWTABLE, NLM_F_CREATE);
	table(b, NFT_MSG_DELTABLE, 0);
	edge(b, NFNL_MSG_BATCH_END);
	r = transact(v, b);
	if (r == -EAFNOSUPPORT || r == -EOPNOTSUPP || r == -EPROTONOSUPPORT)
		return 0; /* so there is none */
	return r < 0 ? err_sys(e, -r, "stp: filter of bridges") : 0;
}
