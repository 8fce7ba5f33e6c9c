/*
 * etf: frames of an Ethernet type to a hook of their own, and back; ng_etf(4).
 *
 * All packets go in the kernel (bpf/etf.bpf.h), by a rule for each type.  The
 * rules are the filters: what they say is nowhere else, they outlive the
 * broker, and void ones (of hooks that are gone) are swept by its successor.
 */
#include "netgraph/dp.h"
#include "netgraph/node.h"
#include "netgraph/switch_roles.h"
#include "netgraph/switch_types.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netgraph/ng_etf.h>
#include <string.h>

static const struct ng_pfield stat_fields[] = {
	NODE_FIELD("packets_in", &ng_p_uint32),
	NODE_FIELD("packets_out", &ng_p_uint32),
	{0},
};
static const struct ng_ptype stat_type = {
	.kind = NGP_STRUCT,
	.fields = stat_fields,
};
static const struct ng_pfield filter_fields[] = {
	NODE_FIELD("matchhook", &ng_p_hookbuf),
	NODE_FIELD("ethertype", &ng_p_uint16),
	{0},
};
static const struct ng_ptype filter_type = {
	.kind = NGP_STRUCT,
	.fields = filter_fields,
};

static const struct ng_cmd cmds[] = {
	{NGM_ETF_COOKIE, NGM_ETF_GET_STATUS, "getstatus", NULL, &stat_type},
	{NGM_ETF_COOKIE, NGM_ETF_SET_FLAG, "setflag", &ng_p_int32, NULL},
	{NGM_ETF_COOKIE, NGM_ETF_SET_FILTER, "setfilter", &filter_type, NULL},
	{0},
};

struct etf {
	uint32_t flags; /* setflag's: no bit has a meaning, here and there */
};

static int etf_newhook(struct ng_node *n, struct ng_hook *h)
{
	(void)n;
	if (!strcmp(h->name, NG_ETF_HOOK_DOWNSTREAM))
		h->role = NGD_MATCH_DOWNSTREAM;
	else if (!strcmp(h->name, NG_ETF_HOOK_NOMATCH))
		h->role = NGD_MATCH_NOMATCH;
	return 0;
}

static void etf_disconnect(struct ng_hook *h)
{
	node_rules_sweep(h->node);
}

static int msg_getstatus(struct ng_node *n, const struct ng_mesg *msg,
			 struct ng_reply *reply)
{
	struct ng_hook *down = node_hook_role(n, NGD_MATCH_DOWNSTREAM);
	uint64_t c[NGD_COUNTERS] = {0};
	struct ng_etfstat stat;

	if (down)
		ng_hook_counters(down, c);
	stat.packets_in = (uint32_t)c[NGD_C_IN_PACKETS];
	stat.packets_out = (uint32_t)c[NGD_C_OUT_PACKETS];
	return ng_answer(reply, msg, &stat, sizeof(stat));
}

static int msg_setflag(struct ng_node *n, const struct ng_mesg *msg)
{
	const uint32_t *flags = NG_ARG(msg, uint32_t);

	if (!flags)
		return -EINVAL;
	((struct etf *)n->priv)->flags = *flags;
	return ng_node_changed(n);
}

static int msg_setfilter(struct ng_node *n, const struct ng_mesg *msg)
{
	const struct ng_etffilter *f = NG_ARG(msg, struct ng_etffilter);
	struct ngd_entry entry;
	struct ng_hook *h;
	struct ngd_key k;
	uint16_t key;

	if (!f)
		return -EINVAL;
	h = node_hook_named(n, f->matchhook);
	if (!h)
		return -ENOENT;
	if (h->role == NGD_MATCH_DOWNSTREAM)
		return -EINVAL;
	key = htons(f->ethertype);
	k = node_key(n, &key, sizeof(key));
	if (!dp_table_get(ng_graph_dp(n->graph), DP_RULES, &k, &entry) &&
	    node_rule_hook(n, &k, &entry))
		return -EEXIST;
	return node_rule_set(h, &key, sizeof(key));
}

static int etf_rcvmsg(struct ng_node *n, const struct ng_mesg *msg,
		      struct ng_hook *last, struct ng_reply *reply)
{
	(void)last;
	if (msg->header.typecookie != NGM_ETF_COOKIE)
		return -EINVAL;
	switch (msg->header.cmd) {
	case NGM_ETF_GET_STATUS:
		return msg_getstatus(n, msg, reply);
	case NGM_ETF_SET_FLAG:
		return msg_setflag(n, msg);
	case NGM_ETF_SET_FILTER:
		return msg_setfilter(n, msg);
	default:
		return -EINVAL;
	}
}

const struct ng_type ng_type_etf = {
	.name = NG_ETF_NODE_TYPE,
	.cookie = NGM_ETF_COOKIE,
	.kind = NGD_ETF,
	.cmds = cmds,
	.priv_size = sizeof(struct etf),
	.newhook = etf_newhook,
	.disconnect = etf_disconnect,
	.rcvmsg = etf_rcvmsg,
	.shutdown = node_rules_sweep,
	.restore = node_rules_sweep,
};
