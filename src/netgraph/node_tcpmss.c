/*
 * tcpmss: SYNs promise smaller segments; ng_tcpmss(4).
 *
 * All packets go in the kernel (bpf/tcpmss.bpf.h): they begin with an IPv4
 * header (of iface nodes, say), what does not is dropped.  A hook's number is
 * the slot of its outHook, its conf is maxMSS.  The node goes with its last
 * hook.
 */
#include "netgraph/filter_roles.h"
#include "netgraph/filter_types.h"
#include "netgraph/node.h"

#include <errno.h>
#include <netgraph/ng_tcpmss.h>

static const struct ng_pfield stat_fields[] = {
	NODE_FIELD("Octets", &ng_p_uint64),
	NODE_FIELD("Packets", &ng_p_uint64),
	NODE_FIELD("maxMSS", &ng_p_uint16),
	NODE_FIELD("SYNPkts", &ng_p_uint64),
	NODE_FIELD("FixedPkts", &ng_p_uint64),
	{0},
};
static const struct ng_ptype stat_type = {
	.kind = NGP_STRUCT,
	.fields = stat_fields,
};
static const struct ng_pfield config_fields[] = {
	NODE_FIELD("inHook", &ng_p_hookbuf),
	NODE_FIELD("outHook", &ng_p_hookbuf),
	NODE_FIELD("maxMSS", &ng_p_uint16),
	{0},
};
static const struct ng_ptype config_type = {
	.kind = NGP_STRUCT,
	.fields = config_fields,
};

static const struct ng_cmd cmds[] = {
	{NGM_TCPMSS_COOKIE, NGM_TCPMSS_GET_STATS, "getstats", &ng_p_hookbuf,
	 &stat_type},
	{NGM_TCPMSS_COOKIE, NGM_TCPMSS_CLR_STATS, "clrstats", &ng_p_hookbuf,
	 NULL},
	{NGM_TCPMSS_COOKIE, NGM_TCPMSS_GETCLR_STATS, "getclrstats",
	 &ng_p_hookbuf, &stat_type},
	{NGM_TCPMSS_COOKIE, NGM_TCPMSS_CONFIG, "config", &config_type, NULL},
	{0},
};

/* What was to go out there is dropped from here on. */
static void tcpmss_disconnect(struct ng_hook *h)
{
	for (struct ng_hook *o = h->node->hooks; o; o = o->older) {
		if (o->number != h->slot)
			continue;
		o->number = 0;
		ng_hook_changed(o);
	}
}

static int msg_config(struct ng_node *n, const struct ng_mesg *msg)
{
	const struct ng_tcpmss_config *arg =
		NG_ARG(msg, struct ng_tcpmss_config);
	struct ng_hook *in, *out;

	if (!arg)
		return -EINVAL;
	in = node_hook_named(n, arg->inHook);
	out = node_hook_named(n, arg->outHook);
	if (!in || !out)
		return -ENOENT;
	in->number = out->slot;
	in->conf = arg->maxMSS;
	return ng_hook_changed(in);
}

static int msg_stats(struct ng_node *n, const struct ng_mesg *msg,
		     struct ng_reply *reply)
{
	struct ng_tcpmss_hookstat stat = {0};
	uint64_t c[NGD_COUNTERS];
	struct ng_hook *h;
	int r;

	if (msg->header.arglen != NG_HOOKSIZ)
		return -EINVAL;
	h = node_hook_named(n, msg->data);
	r = node_hook_stats(h, msg->header.cmd != NGM_TCPMSS_GET_STATS, c);
	if (r < 0 || msg->header.cmd == NGM_TCPMSS_CLR_STATS)
		return r;
	stat.maxMSS = (uint16_t)h->conf;
	stat.Octets = c[NGD_MSS_C_OCTETS];
	stat.Packets = c[NGD_MSS_C_PACKETS];
	stat.SYNPkts = c[NGD_MSS_C_SYN];
	stat.FixedPkts = c[NGD_MSS_C_FIXED];
	return ng_answer(reply, msg, &stat, sizeof(stat));
}

static int tcpmss_rcvmsg(struct ng_node *n, const struct ng_mesg *msg,
			 struct ng_hook *last, struct ng_reply *reply)
{
	(void)last;
	if (msg->header.typecookie != NGM_TCPMSS_COOKIE)
		return -EINVAL;
	switch (msg->header.cmd) {
	case NGM_TCPMSS_GET_STATS:
	case NGM_TCPMSS_CLR_STATS:
	case NGM_TCPMSS_GETCLR_STATS:
		return msg_stats(n, msg, reply);
	case NGM_TCPMSS_CONFIG:
		return msg_config(n, msg);
	default:
		return -EINVAL;
	}
}

const struct ng_type ng_type_tcpmss = {
	.name = NG_TCPMSS_NODE_TYPE,
	.cookie = NGM_TCPMSS_COOKIE,
	.kind = NGD_TCPMSS,
	.cmds = cmds,
	.disconnect = tcpmss_disconnect,
	.rcvmsg = tcpmss_rcvmsg,
};
