/*
 * macfilter: frames of an address to a hook of its own, and back;
 * ng_macfilter(4).
 *
 * Theory of operation.  Packets go in the kernel (bpf/macfilter.bpf.h), by two
 * rules for each address: one says where what comes from it is directed, and
 * counts that, the other counts what goes to it.  The rules are the table;
 * they outlive the broker.  A hook's number is its "hookid": 0 is default,
 * others have the lowest that is free.
 *
 * An unknown name in "direct" is ENOENT.  (FreeBSD means to say so too, but
 * takes it for "default", which deletes the address.)
 */
#include "netgraph/dp.h"
#include "netgraph/node.h"
#include "netgraph/switch_roles.h"
#include "netgraph/switch_types.h"

#include <errno.h>
#include <netgraph/ng_macfilter.h>
#include <stdlib.h>
#include <string.h>

#define MAC 6

static const struct ng_pfield direct_fields[] = {
	NODE_FIELD("ether", &ng_p_mac),
	NODE_FIELD("hookname", &ng_p_hookbuf),
	{0},
};
static const struct ng_ptype direct_type = {
	.kind = NGP_STRUCT,
	.fields = direct_fields,
};
static const struct ng_pfield directi_fields[] = {
	NODE_FIELD("ether", &ng_p_mac),
	NODE_FIELD("hookid", &ng_p_uint16),
	{0},
};
static const struct ng_ptype directi_type = {
	.kind = NGP_STRUCT,
	.fields = directi_fields,
};

static const struct ng_pfield mac_fields[] = {
	NODE_FIELD("ether", &ng_p_mac),
	NODE_FIELD("hookid", &ng_p_uint16),
	NODE_FIELD("packets_in", &ng_p_uint64),
	NODE_FIELD("bytes_in", &ng_p_uint64),
	NODE_FIELD("packets_out", &ng_p_uint64),
	NODE_FIELD("bytes_out", &ng_p_uint64),
	{0},
};
static const struct ng_ptype mac_type = {
	.kind = NGP_STRUCT,
	.fields = mac_fields,
};
static const struct ng_ptype mac_array = {
	.kind = NGP_ARRAY,
	.elem = &mac_type,
	.length = node_length_first,
};
static const struct ng_pfield macs_fields[] = {
	NODE_FIELD("n", &ng_p_uint32),
	NODE_FIELD("macs", &mac_array),
	{0},
};
static const struct ng_ptype macs_type = {
	.kind = NGP_STRUCT,
	.fields = macs_fields,
};

static const struct ng_pfield hook_fields[] = {
	NODE_FIELD("hookname", &ng_p_hookbuf),
	NODE_FIELD("hookid", &ng_p_uint16),
	NODE_FIELD("maccnt", &ng_p_uint32),
	{0},
};
static const struct ng_ptype hook_type = {
	.kind = NGP_STRUCT,
	.fields = hook_fields,
};
static const struct ng_ptype hook_array = {
	.kind = NGP_ARRAY,
	.elem = &hook_type,
	.length = node_length_first,
};
static const struct ng_pfield hooks_fields[] = {
	NODE_FIELD("n", &ng_p_uint32),
	NODE_FIELD("hooks", &hook_array),
	{0},
};
static const struct ng_ptype hooks_type = {
	.kind = NGP_STRUCT,
	.fields = hooks_fields,
};

static const struct ng_cmd cmds[] = {
	{NGM_MACFILTER_COOKIE, NGM_MACFILTER_RESET, "reset", NULL, NULL},
	{NGM_MACFILTER_COOKIE, NGM_MACFILTER_DIRECT, "direct", &direct_type,
	 NULL},
	{NGM_MACFILTER_COOKIE, NGM_MACFILTER_DIRECT_HOOKID, "directi",
	 &directi_type, NULL},
	{NGM_MACFILTER_COOKIE, NGM_MACFILTER_GET_MACS, "getmacs", NULL,
	 &macs_type},
	{NGM_MACFILTER_COOKIE, NGM_MACFILTER_GETCLR_MACS, "getclrmacs", NULL,
	 &macs_type},
	{NGM_MACFILTER_COOKIE, NGM_MACFILTER_CLR_MACS, "clrmacs", NULL, NULL},
	{NGM_MACFILTER_COOKIE, NGM_MACFILTER_GET_HOOKS, "gethooks", NULL,
	 &hooks_type},
	{0},
};

/* --- the table ---------------------------------------------------------- */

static struct ng_dp *mf_dp(const struct ng_node *n)
{
	return ng_graph_dp(n->graph);
}

static struct ngd_key mf_key(const struct ng_node *n, const uint8_t ether[MAC],
			     uint8_t way)
{
	uint8_t key[MAC + 1];

	memcpy(key, ether, MAC);
	key[MAC] = way;
	return node_key(n, key, sizeof(key));
}

/* A rule that directs to h, with those counters. */
static int mf_set(struct ng_hook *h, const struct ngd_key *k, uint64_t packets,
		  uint64_t octets)
{
	struct ng_dp *dp = mf_dp(h->node);
	struct ngd_entry entry = {
		.hook = h->slot,
		.hook_gen = dp_hook(dp, h->slot)->gen,
		.node_gen = h->node->gen,
		.born = packets,
		.seen = octets,
	};

	return dp_table_set(dp, DP_RULES, k, &entry);
}

/* What comes from that address goes to h from now on; to default: is
 * forgotten.  An address that was there keeps its counters. */
static int mf_direct(struct ng_node *n, const uint8_t ether[MAC],
		     struct ng_hook *h)
{
	struct ng_dp *dp = mf_dp(n);
	int r = 0;

	for (uint8_t i = 0; i < 2 && !r; i++) {
		/* The one that directs goes first, and comes last. */
		uint8_t way = (h->number ? !i : i) ? NGD_MAC_OUT : NGD_MAC_IN;
		struct ngd_key k = mf_key(n, ether, way);
		struct ngd_entry old = {0};

		if (!h->number) {
			dp_table_delete(dp, DP_RULES, &k);
			continue;
		}
		if (dp_table_get(dp, DP_RULES, &k, &old) ||
		    !node_rule_hook(n, &k, &old))
			old.born = old.seen = 0;
		r = mf_set(h, &k, old.born, old.seen);
	}
	dp_changed(dp);
	return r < 0 ? -ENOMEM : 0;
}

struct macs {
	struct ng_node *node;
	struct ngm_macfilter_mac *list;
	size_t n, room;
};

static int macs_add(const struct ngd_key *k, const struct ngd_entry *entry,
		    void *arg)
{
	struct macs *m = arg;
	struct ng_hook *h = node_rule_hook(m->node, k, entry);
	struct ngm_macfilter_mac *mac;

	if (!h || k->k[MAC] != NGD_MAC_IN)
		return 0;
	if (m->n == m->room) {
		size_t room = m->room ? 2 * m->room : 64;

		mac = realloc(m->list, room * sizeof(*mac));
		if (!mac)
			return -ENOMEM;
		m->list = mac;
		m->room = room;
	}
	mac = &m->list[m->n++];
	*mac = (struct ngm_macfilter_mac){
		.hookid = (uint16_t)h->number,
		.packets_in = entry->born,
		.bytes_in = entry->seen,
	};
	memcpy(mac->ether, k->k, MAC);
	return 0;
}

static int mac_order(const void *a, const void *b)
{
	return memcmp(a, b, MAC);
}

/* All addresses, in order; the caller frees list. */
static int mf_macs(struct ng_node *n, struct macs *ret)
{
	struct macs m = {.node = n};
	int r = dp_table_each(mf_dp(n), DP_RULES, n->slot, macs_add, &m);

	if (r < 0) {
		free(m.list);
		return r;
	}
	for (size_t i = 0; i < m.n; i++) {
		struct ngd_key k = mf_key(n, m.list[i].ether, NGD_MAC_OUT);
		struct ngd_entry out;

		if (dp_table_get(mf_dp(n), DP_RULES, &k, &out))
			continue;
		m.list[i].packets_out = out.born;
		m.list[i].bytes_out = out.seen;
	}
	if (m.n)
		qsort(m.list, m.n, sizeof(*m.list), mac_order);
	*ret = m;
	return 0;
}

/* --- hooks -------------------------------------------------------------- */

/* By hookid; NULL. */
static struct ng_hook *mf_upper(const struct ng_node *n, uint32_t id)
{
	struct ng_hook *h = n->hooks;

	while (h && (h->role == NGD_MACFILTER_ETHER || h->number != id))
		h = h->older;
	return h;
}

static int mf_newhook(struct ng_node *n, struct ng_hook *h)
{
	if (!strcmp(h->name, NG_MACFILTER_HOOK_ETHER)) {
		h->role = NGD_MACFILTER_ETHER;
	} else if (!strcmp(h->name, NG_MACFILTER_HOOK_DEFAULT)) {
		h->role = NGD_MACFILTER_DEFAULT;
	} else {
		h->number = 1;
		while (mf_upper(n, h->number))
			h->number++;
		if (h->number > UINT16_MAX)
			return -ENOBUFS; /* no hookid can say it */
	}
	return 0;
}

static void mf_disconnect(struct ng_hook *h)
{
	node_rules_sweep(h->node);
}

/* --- messages ----------------------------------------------------------- */

static int msg_reset(struct ng_node *n)
{
	int r = 0;

	for (struct ng_hook *h = n->hooks; h && !r; h = h->older)
		r = node_rules_delete(h);
	return r;
}

static int msg_direct(struct ng_node *n, const struct ng_mesg *msg)
{
	const struct ngm_macfilter_direct *d =
		NG_ARG(msg, struct ngm_macfilter_direct);
	static const char dflt[NG_HOOKSIZ] = NG_MACFILTER_HOOK_DEFAULT;
	struct ng_hook nowhere = {.node = n};
	struct ng_hook *h;

	if (!d)
		return -EINVAL;
	h = node_hook_named(n, (const char *)d->hookname);
	if (!h && !strncmp((const char *)d->hookname, dflt, sizeof(dflt)))
		h = &nowhere; /* need not be connected */
	if (!h || h->role == NGD_MACFILTER_ETHER)
		return -ENOENT;
	return mf_direct(n, d->ether, h);
}

static int msg_directi(struct ng_node *n, const struct ng_mesg *msg)
{
	const struct ngm_macfilter_direct_hookid *d =
		NG_ARG(msg, struct ngm_macfilter_direct_hookid);
	struct ng_hook *h;

	if (!d)
		return -EINVAL;
	h = mf_upper(n, d->hookid);
	return h ? mf_direct(n, d->ether, h) : -EINVAL;
}

static int mf_clear(struct ng_node *n, const struct macs *m)
{
	int r = 0;

	for (size_t i = 0; i < m->n && !r; i++) {
		struct ng_hook *h = mf_upper(n, m->list[i].hookid);

		for (uint8_t way = NGD_MAC_IN; h && !r && way <= NGD_MAC_OUT;
		     way++) {
			struct ngd_key k = mf_key(n, m->list[i].ether, way);

			r = mf_set(h, &k, 0, 0);
		}
	}
	return r;
}

static int msg_macs(struct ng_node *n, const struct ng_mesg *msg,
		    struct ng_reply *reply)
{
	struct ngm_macfilter_macs *answer;
	struct macs m = {0};
	int r = mf_macs(n, &m);

	if (!r && msg->header.cmd != NGM_MACFILTER_GET_MACS)
		r = mf_clear(n, &m);
	if (!r && msg->header.cmd != NGM_MACFILTER_CLR_MACS) {
		size_t len = m.n * sizeof(*m.list);

		answer = ng_answer_room(reply, msg, sizeof(*answer) + len);
		if (!answer)
			r = -ENOMEM;
		else
			answer->n = (uint32_t)m.n;
		if (answer && m.n)
			memcpy(answer->macs, m.list, len);
	}
	free(m.list);
	return r;
}

static int hook_order(const void *a, const void *b)
{
	const struct ngm_macfilter_hook *x = a, *y = b;

	return (int)x->hookid - (int)y->hookid;
}

static int msg_gethooks(struct ng_node *n, const struct ng_mesg *msg,
			struct ng_reply *reply)
{
	struct ngm_macfilter_hooks *answer;
	struct macs m = {0};
	int r = mf_macs(n, &m);

	if (r < 0)
		return r;
	answer = ng_answer_room(reply, msg,
				sizeof(*answer) +
					n->nhooks * sizeof(answer->hooks[0]));
	for (struct ng_hook *h = n->hooks; answer && h; h = h->older) {
		struct ngm_macfilter_hook *mh = &answer->hooks[answer->n];

		if (h->role == NGD_MACFILTER_ETHER)
			continue;
		answer->n++;
		memcpy(mh->hookname, h->name, sizeof(mh->hookname));
		mh->hookid = (uint16_t)h->number;
		for (size_t i = 0; i < m.n; i++)
			mh->maccnt += m.list[i].hookid == h->number;
	}
	free(m.list);
	if (!answer)
		return -ENOMEM;
	qsort(answer->hooks, answer->n, sizeof(answer->hooks[0]), hook_order);
	return 0;
}

static int mf_rcvmsg(struct ng_node *n, const struct ng_mesg *msg,
		     struct ng_hook *last, struct ng_reply *reply)
{
	(void)last;
	if (msg->header.typecookie != NGM_MACFILTER_COOKIE)
		return -EINVAL;
	switch (msg->header.cmd) {
	case NGM_MACFILTER_RESET:
		return msg_reset(n);
	case NGM_MACFILTER_DIRECT:
		return msg_direct(n, msg);
	case NGM_MACFILTER_DIRECT_HOOKID:
		return msg_directi(n, msg);
	case NGM_MACFILTER_GET_MACS:
	case NGM_MACFILTER_GETCLR_MACS:
	case NGM_MACFILTER_CLR_MACS:
		return msg_macs(n, msg, reply);
	case NGM_MACFILTER_GET_HOOKS:
		return msg_gethooks(n, msg, reply);
	default:
		return -EINVAL;
	}
}

const struct ng_type ng_type_macfilter = {
	.name = NG_MACFILTER_NODE_TYPE,
	.cookie = NGM_MACFILTER_COOKIE,
	.kind = NGD_MACFILTER,
	.cmds = cmds,
	.newhook = mf_newhook,
	.disconnect = mf_disconnect,
	.rcvmsg = mf_rcvmsg,
	.shutdown = node_rules_sweep,
	.restore = node_rules_sweep,
};
