/* nft_dump: what is in the kernel's table (nft.h). */
#include "pf/nft.h"

#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#define HDR sizeof(struct nfgenmsg)

static void begin_family(struct nlm *m, uint16_t type, uint16_t flags,
			 uint8_t family)
{
	struct nfgenmsg g = {.nfgen_family = family};

	nlm_begin(m, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags, &g,
		  sizeof(g));
}

static void begin(struct nlm *m, uint16_t type, uint16_t flags)
{
	begin_family(m, type, flags, NFPROTO_INET);
}

static int genid_cb(const struct nlmsghdr *h, void *data, struct err *e)
{
	const struct nlattr *tb[NFTA_GEN_MAX + 1];
	uint32_t *ret = data;

	(void)e;
	nl_parse(h, HDR, tb, NFTA_GEN_MAX);
	if (tb[NFTA_GEN_ID])
		*ret = nl_u32be(tb[NFTA_GEN_ID]);
	return 0;
}

int nft_genid(struct nl *nf, uint32_t *ret, struct err *e)
{
	struct nlm m;

	begin(&m, NFT_MSG_GETGEN, 0);
	return nl_query(nf, &m, genid_cb, ret, e);
}

/* Every dump's state begins so. */
struct dump {
	void (*restart)(void *data);
	void *data;
};

static void restarted(void *data)
{
	const struct dump *d = data;

	if (d->restart)
		d->restart(d->data);
}

/* elements */

struct elem_dump {
	struct dump d;
	nft_elem_cb *cb;
};

static void elem_data(const struct nlattr *a, const void **ret, uint32_t *len)
{
	const struct nlattr *tb[NFTA_DATA_MAX + 1];

	if (!a)
		return;
	nl_parse_nested(a, tb, NFTA_DATA_MAX);
	if (!tb[NFTA_DATA_VALUE])
		return;
	*ret = mnl_attr_get_payload(tb[NFTA_DATA_VALUE]);
	*len = mnl_attr_get_payload_len(tb[NFTA_DATA_VALUE]);
}

static bool counter_data(const struct nlattr *expr, uint64_t *packets,
			 uint64_t *bytes)
{
	const struct nlattr *tb[NFTA_EXPR_MAX + 1];
	const struct nlattr *c[NFTA_COUNTER_MAX + 1];

	if (!expr)
		return false;
	nl_parse_nested(expr, tb, NFTA_EXPR_MAX);
	if (strcmp(nl_text(tb[NFTA_EXPR_NAME]), "counter") != 0 ||
	    !tb[NFTA_EXPR_DATA])
		return false;
	nl_parse_nested(tb[NFTA_EXPR_DATA], c, NFTA_COUNTER_MAX);
	*packets = nl_u64be(c[NFTA_COUNTER_PACKETS]);
	*bytes = nl_u64be(c[NFTA_COUNTER_BYTES]);
	return true;
}

static int one_elem(const struct nlattr *a, const struct elem_dump *d,
		    struct err *e)
{
	const struct nlattr *tb[NFTA_SET_ELEM_MAX + 1];
	struct nft_elem el = {0};
	uint32_t end_len = 0;

	nl_parse_nested(a, tb, NFTA_SET_ELEM_MAX);
	elem_data(tb[NFTA_SET_ELEM_KEY], &el.key, &el.klen);
	elem_data(tb[NFTA_SET_ELEM_KEY_END], &el.key_end, &end_len);
	if (end_len != el.klen)
		el.key_end = NULL;
	elem_data(tb[NFTA_SET_ELEM_DATA], &el.data, &el.dlen);
	el.flags = nl_u32be(tb[NFTA_SET_ELEM_FLAGS]);
	el.timeout = nl_u64be(tb[NFTA_SET_ELEM_TIMEOUT]);
	el.expires = nl_u64be(tb[NFTA_SET_ELEM_EXPIRATION]);
	if (tb[NFTA_SET_ELEM_USERDATA]) {
		el.udata = mnl_attr_get_payload(tb[NFTA_SET_ELEM_USERDATA]);
		el.udata_len =
			mnl_attr_get_payload_len(tb[NFTA_SET_ELEM_USERDATA]);
	}
	el.counted =
		counter_data(tb[NFTA_SET_ELEM_EXPR], &el.packets, &el.bytes);
	return d->cb(&el, d->d.data, e);
}

static int elems_cb(const struct nlmsghdr *h, void *data, struct err *e)
{
	const struct nlattr *tb[NFTA_SET_ELEM_LIST_MAX + 1];
	const struct nlattr *a;
	int r;

	nl_parse(h, HDR, tb, NFTA_SET_ELEM_LIST_MAX);
	if (!tb[NFTA_SET_ELEM_LIST_ELEMENTS])
		return 0;
	mnl_attr_for_each_nested (a, tb[NFTA_SET_ELEM_LIST_ELEMENTS]) {
		r = one_elem(a, data, e);
		if (r < 0)
			return r;
	}
	return 0;
}

int nft_each_elem(struct nl *nf, const char *set, nft_elem_cb *cb,
		  void (*restart)(void *), void *data, struct err *e)
{
	return nft_each_elem_of(nf, NFPROTO_INET, set, cb, restart, data, e);
}

int nft_each_elem_of(struct nl *nf, uint8_t family, const char *set,
		     nft_elem_cb *cb, void (*restart)(void *), void *data,
		     struct err *e)
{
	struct elem_dump d = {.d = {restart, data}, .cb = cb};
	struct nlm m;

	begin_family(&m, NFT_MSG_GETSETELEM, NLM_F_DUMP, family);
	nlm_put_str(&m, NFTA_SET_ELEM_LIST_TABLE, NFT_PF_TABLE);
	nlm_put_str(&m, NFTA_SET_ELEM_LIST_SET, set);
	return nl_dump(nf, &m, elems_cb, restarted, &d, e);
}

int nft_get_elem(struct nl *nf, const char *set, const void *key, uint32_t klen,
		 nft_elem_cb *cb, void *data, struct err *e)
{
	struct elem_dump d = {.d = {NULL, data}, .cb = cb};
	struct nlattr *list, *el, *k;
	struct nlm m;

	begin(&m, NFT_MSG_GETSETELEM, 0);
	nlm_put_str(&m, NFTA_SET_ELEM_LIST_TABLE, NFT_PF_TABLE);
	nlm_put_str(&m, NFTA_SET_ELEM_LIST_SET, set);
	list = nlm_nest(&m, NFTA_SET_ELEM_LIST_ELEMENTS);
	el = nlm_nest(&m, NFTA_LIST_ELEM);
	k = nlm_nest(&m, NFTA_SET_ELEM_KEY);
	nlm_put(&m, NFTA_DATA_VALUE, key, klen);
	nlm_nest_end(&m, k);
	nlm_nest_end(&m, el);
	nlm_nest_end(&m, list);
	return nl_query(nf, &m, elems_cb, &d, e);
}

/* rules */

struct rule_dump {
	struct dump d;
	nft_rule_cb *cb;
	const char *chain;
};

static void rule_counters(const struct nlattr *exprs, struct nft_rule_info *r)
{
	const struct nlattr *a;
	uint64_t packets, bytes;
	unsigned int at;

	mnl_attr_for_each_nested (a, exprs) {
		if (!counter_data(a, &packets, &bytes))
			continue;
		at = r->ncounters ? 1 : 0;
		r->packets[at] = packets;
		r->bytes[at] = bytes;
		r->ncounters++;
	}
}

static int rules_cb(const struct nlmsghdr *h, void *data, struct err *e)
{
	const struct nlattr *tb[NFTA_RULE_MAX + 1];
	const struct rule_dump *d = data;
	struct nft_rule_info r = {0};

	nl_parse(h, HDR, tb, NFTA_RULE_MAX);
	if (strcmp(nl_text(tb[NFTA_RULE_TABLE]), NFT_PF_TABLE) != 0)
		return 0;
	r.chain = nl_text(tb[NFTA_RULE_CHAIN]);
	if (d->chain && strcmp(r.chain, d->chain) != 0)
		return 0;
	r.handle = nl_u64be(tb[NFTA_RULE_HANDLE]);
	if (tb[NFTA_RULE_USERDATA]) {
		r.udata = mnl_attr_get_payload(tb[NFTA_RULE_USERDATA]);
		r.udata_len = mnl_attr_get_payload_len(tb[NFTA_RULE_USERDATA]);
	}
	if (tb[NFTA_RULE_EXPRESSIONS])
		rule_counters(tb[NFTA_RULE_EXPRESSIONS], &r);
	return d->cb(&r, d->d.data, e);
}

int nft_each_rule(struct nl *nf, const char *chain, nft_rule_cb *cb,
		  void (*restart)(void *), void *data, struct err *e)
{
	return nft_each_rule_of(nf, NFPROTO_INET, chain, cb, restart, data, e);
}

int nft_each_rule_of(struct nl *nf, uint8_t family, const char *chain,
		     nft_rule_cb *cb, void (*restart)(void *), void *data,
		     struct err *e)
{
	struct rule_dump d = {.d = {restart, data}, .cb = cb, .chain = chain};
	struct nlm m;

	begin_family(&m, NFT_MSG_GETRULE, NLM_F_DUMP, family);
	nlm_put_str(&m, NFTA_RULE_TABLE, NFT_PF_TABLE);
	if (chain)
		nlm_put_str(&m, NFTA_RULE_CHAIN, chain);
	return nl_dump(nf, &m, rules_cb, restarted, &d, e);
}

/* sets, chains, counters, the table */

struct set_dump {
	struct dump d;
	nft_set_cb *cb;
};

static int sets_cb(const struct nlmsghdr *h, void *data, struct err *e)
{
	const struct nlattr *tb[NFTA_SET_MAX + 1];
	const struct set_dump *d = data;
	struct nft_set_info s;

	nl_parse(h, HDR, tb, NFTA_SET_MAX);
	if (strcmp(nl_text(tb[NFTA_SET_TABLE]), NFT_PF_TABLE) != 0)
		return 0;
	s = (struct nft_set_info){.name = nl_text(tb[NFTA_SET_NAME]),
				  .flags = nl_u32be(tb[NFTA_SET_FLAGS]),
				  .klen = nl_u32be(tb[NFTA_SET_KEY_LEN]),
				  .dlen = nl_u32be(tb[NFTA_SET_DATA_LEN])};
	return d->cb(&s, d->d.data, e);
}

int nft_each_set(struct nl *nf, nft_set_cb *cb, void (*restart)(void *),
		 void *data, struct err *e)
{
	struct set_dump d = {.d = {restart, data}, .cb = cb};
	struct nlm m;

	begin(&m, NFT_MSG_GETSET, NLM_F_DUMP);
	nlm_put_str(&m, NFTA_SET_TABLE, NFT_PF_TABLE);
	return nl_dump(nf, &m, sets_cb, restarted, &d, e);
}

struct name_dump {
	struct dump d;
	nft_name_cb *cb;
};

static int chains_cb(const struct nlmsghdr *h, void *data, struct err *e)
{
	const struct nlattr *tb[NFTA_CHAIN_MAX + 1];
	const struct name_dump *d = data;

	nl_parse(h, HDR, tb, NFTA_CHAIN_MAX);
	if (strcmp(nl_text(tb[NFTA_CHAIN_TABLE]), NFT_PF_TABLE) != 0)
		return 0;
	return d->cb(nl_text(tb[NFTA_CHAIN_NAME]), d->d.data, e);
}

int nft_each_chain(struct nl *nf, nft_name_cb *cb, void (*restart)(void *),
		   void *data, struct err *e)
{
	struct name_dump d = {.d = {restart, data}, .cb = cb};
	struct nlm m;

	begin(&m, NFT_MSG_GETCHAIN, NLM_F_DUMP);
	return nl_dump(nf, &m, chains_cb, restarted, &d, e);
}

struct counter_dump {
	struct dump d;
	nft_counter_cb *cb;
};

static int counters_cb(const struct nlmsghdr *h, void *data, struct err *e)
{
	const struct nlattr *tb[NFTA_OBJ_MAX + 1];
	const struct nlattr *c[NFTA_COUNTER_MAX + 1];
	const struct counter_dump *d = data;

	nl_parse(h, HDR, tb, NFTA_OBJ_MAX);
	if (strcmp(nl_text(tb[NFTA_OBJ_TABLE]), NFT_PF_TABLE) != 0 ||
	    nl_u32be(tb[NFTA_OBJ_TYPE]) != NFT_OBJECT_COUNTER ||
	    !tb[NFTA_OBJ_DATA])
		return 0;
	nl_parse_nested(tb[NFTA_OBJ_DATA], c, NFTA_COUNTER_MAX);
	return d->cb(nl_text(tb[NFTA_OBJ_NAME]),
		     nl_u64be(c[NFTA_COUNTER_PACKETS]),
		     nl_u64be(c[NFTA_COUNTER_BYTES]), d->d.data, e);
}

int nft_each_counter(struct nl *nf, bool clear, nft_counter_cb *cb,
		     void (*restart)(void *), void *data, struct err *e)
{
	struct counter_dump d = {.d = {restart, data}, .cb = cb};
	uint32_t type = htobe32(NFT_OBJECT_COUNTER);
	struct nlm m;

	begin(&m, clear ? NFT_MSG_GETOBJ_RESET : NFT_MSG_GETOBJ, NLM_F_DUMP);
	nlm_put_str(&m, NFTA_OBJ_TABLE, NFT_PF_TABLE);
	nlm_put(&m, NFTA_OBJ_TYPE, &type, sizeof(type));
	return nl_dump(nf, &m, counters_cb, restarted, &d, e);
}

static int object_cb(const struct nlmsghdr *h, void *data, struct err *e)
{
	const struct nlattr *tb[NFTA_OBJ_MAX + 1];
	const struct name_dump *d = data;

	nl_parse(h, HDR, tb, NFTA_OBJ_MAX);
	if (strcmp(nl_text(tb[NFTA_OBJ_TABLE]), NFT_PF_TABLE) != 0)
		return 0;
	return d->cb(nl_text(tb[NFTA_OBJ_NAME]), d->d.data, e);
}

int nft_each_object(struct nl *nf, uint32_t type, nft_name_cb *cb,
		    void (*restart)(void *), void *data, struct err *e)
{
	struct name_dump d = {.d = {restart, data}, .cb = cb};
	struct nlm m;

	type = htobe32(type);
	begin(&m, NFT_MSG_GETOBJ, NLM_F_DUMP);
	nlm_put_str(&m, NFTA_OBJ_TABLE, NFT_PF_TABLE);
	nlm_put(&m, NFTA_OBJ_TYPE, &type, sizeof(type));
	return nl_dump(nf, &m, object_cb, restarted, &d, e);
}

static int table_cb(const struct nlmsghdr *h, void *data, struct err *e)
{
	const struct nlattr *tb[NFTA_TABLE_MAX + 1];
	uint32_t *ret = data;

	(void)e;
	nl_parse(h, HDR, tb, NFTA_TABLE_MAX);
	*ret = nl_u32be(tb[NFTA_TABLE_FLAGS]);
	return 0;
}

int nft_table_flags(struct nl *nf, uint32_t *ret, struct err *e)
{
	struct nlm m;

	begin(&m, NFT_MSG_GETTABLE, 0);
	nlm_put_str(&m, NFTA_TABLE_NAME, NFT_PF_TABLE);
	return nl_query(nf, &m, table_cb, ret, e);
}

bool nft_has_table(struct nl *nf, uint8_t family)
{
	uint32_t flags;
	struct nlm m;

	begin_family(&m, NFT_MSG_GETTABLE, 0, family);
	nlm_put_str(&m, NFTA_TABLE_NAME, NFT_PF_TABLE);
	return nl_query(nf, &m, table_cb, &flags, NULL) == 0;
}
