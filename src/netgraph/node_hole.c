/*
 * hole: takes everything and counts it; ng_hole(4).
 *
 * Packets end in the kernel (bpf/hole.bpf.h); hooks of any names.
 */
#include "netgraph/node.h"
#include "netgraph/switch_types.h"

#include <errno.h>
#include <netgraph/ng_hole.h>

static const struct ng_pfield stat_fields[] = {
	NODE_FIELD("frames", &ng_p_uint64),
	NODE_FIELD("octets", &ng_p_uint64),
	{0},
};
static const struct ng_ptype stat_type = {
	.kind = NGP_STRUCT,
	.fields = stat_fields,
};

static const struct ng_cmd cmds[] = {
	{NGM_HOLE_COOKIE, NGM_HOLE_GET_STATS, "getstats", &ng_p_hookbuf,
	 &stat_type},
	{NGM_HOLE_COOKIE, NGM_HOLE_CLR_STATS, "clrstats", &ng_p_hookbuf, NULL},
	{NGM_HOLE_COOKIE, NGM_HOLE_GETCLR_STATS, "getclrstats", &ng_p_hookbuf,
	 &stat_type},
	{0},
};

static int hole_stats(struct ng_node *n, const struct ng_mesg *msg,
		      struct ng_reply *reply)
{
	struct ng_hole_hookstat stat;
	uint64_t c[NGD_COUNTERS];
	int r = -EINVAL;

	if (msg->header.arglen == NG_HOOKSIZ)
		r = node_hook_stats(node_hook_named(n, msg->data),
				    msg->header.cmd != NGM_HOLE_GET_STATS, c);
	if (r < 0 || msg->header.cmd == NGM_HOLE_CLR_STATS)
		return r;
	stat.frames = c[NGD_C_IN_PACKETS];
	stat.octets = c[NGD_C_IN_OCTETS];
	return ng_answer(reply, msg, &stat, sizeof(stat));
}

static int hole_rcvmsg(struct ng_node *n, const struct ng_mesg *msg,
		       struct ng_hook *last, struct ng_reply *reply)
{
	(void)last;
	if (msg->header.typecookie != NGM_HOLE_COOKIE)
		return -EINVAL;
	switch (msg->header.cmd) {
	case NGM_HOLE_GET_STATS:
	case NGM_HOLE_CLR_STATS:
	case NGM_HOLE_GETCLR_STATS:
		return hole_stats(n, msg, reply);
	default:
		return -EINVAL;
	}
}

const struct ng_type ng_type_hole = {
	.name = NG_HOLE_NODE_TYPE,
	.cookie = NGM_HOLE_COOKIE,
	.kind = NGD_HOLE,
	.cmds = cmds,
	.rcvmsg = hole_rcvmsg,
};
