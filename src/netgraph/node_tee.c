/*
 * tee: passes packets between left and right and copies them; ng_tee(4).
 *
 * Theory of operation.  What comes by right goes to left, a copy of it to
 * right2left, and the other way round; without the main hook the copy's hook
 * gets the packet itself.  What comes by right2left goes to right, as if it
 * came from the left; by left2right, to left.  All that in the kernel
 * (bpf/tee.bpf.h) by the roles of hooks; here are counters, and the messages
 * about links, which pass as packets do.  A tee that is shut down joins left
 * and right.
 *
 * The counters of a hook that is gone are shown until it comes again.
 */
#include "netgraph/node.h"
#include "netgraph/switch_roles.h"
#include "netgraph/switch_types.h"

#include <errno.h>
#include <netgraph/ng_tee.h>
#include <string.h>

#define ROLES (NGD_TEE_LEFT2RIGHT + 1)

struct tee_live {
	struct ng_tee_hookstat gone[ROLES];
};

/* By role; the order is that of struct ng_tee_stats. */
static const char *const names[ROLES] = {
	[NGD_TEE_RIGHT] = NG_TEE_HOOK_RIGHT,
	[NGD_TEE_LEFT] = NG_TEE_HOOK_LEFT,
	[NGD_TEE_RIGHT2LEFT] = NG_TEE_HOOK_RIGHT2LEFT,
	[NGD_TEE_LEFT2RIGHT] = NG_TEE_HOOK_LEFT2RIGHT,
};
_Static_assert(sizeof(struct ng_tee_stats) ==
		       (ROLES - 1) * sizeof(struct ng_tee_hookstat),
	       "one for each role");

static const struct ng_pfield hookstat_fields[] = {
	NODE_FIELD("inOctets", &ng_p_uint64),
	NODE_FIELD("inFrames", &ng_p_uint64),
	NODE_FIELD("outOctets", &ng_p_uint64),
	NODE_FIELD("outFrames", &ng_p_uint64),
	{0},
};
static const struct ng_ptype hookstat_type = {
	.kind = NGP_STRUCT,
	.fields = hookstat_fields,
};
static const struct ng_pfield stats_fields[] = {
	NODE_FIELD("right", &hookstat_type),
	NODE_FIELD("left", &hookstat_type),
	NODE_FIELD("right2left", &hookstat_type),
	NODE_FIELD("left2right", &hookstat_type),
	{0},
};
static const struct ng_ptype stats_type = {
	.kind = NGP_STRUCT,
	.fields = stats_fields,
};

static const struct ng_cmd cmds[] = {
	{NGM_TEE_COOKIE, NGM_TEE_GET_STATS, "getstats", NULL, &stats_type},
	{NGM_TEE_COOKIE, NGM_TEE_CLR_STATS, "clrstats", NULL, NULL},
	{NGM_TEE_COOKIE, NGM_TEE_GETCLR_STATS, "getclrstats", NULL,
	 &stats_type},
	{0},
};

static int tee_newhook(struct ng_node *n, struct ng_hook *h)
{
	struct tee_live *live = n->live;

	for (unsigned int role = NGD_TEE_RIGHT; role < ROLES; role++) {
		if (strcmp(h->name, names[role]))
			continue;
		h->role = (uint16_t)role;
		live->gone[role] = (struct ng_tee_hookstat){0};
		return 0;
	}
	return -EINVAL;
}

static struct ng_tee_hookstat tee_hookstat(const uint64_t c[NGD_COUNTERS])
{
	return (struct ng_tee_hookstat){
		.inOctets = c[NGD_C_IN_OCTETS],
		.inFrames = c[NGD_C_IN_PACKETS],
		.outOctets = c[NGD_C_OUT_OCTETS],
		.outFrames = c[NGD_C_OUT_PACKETS],
	};
}

static void tee_disconnect(struct ng_hook *h)
{
	struct tee_live *live = h->node->live;
	uint64_t c[NGD_COUNTERS];

	ng_hook_counters(h, c);
	live->gone[h->role] = tee_hookstat(c);
}

static void tee_closing(struct ng_node *n)
{
	struct ng_hook *left = node_hook_role(n, NGD_TEE_LEFT);
	struct ng_hook *right = node_hook_role(n, NGD_TEE_RIGHT);

	if (left && right)
		ng_bypass(left, right);
}

static int tee_stats(struct ng_node *n, const struct ng_mesg *msg,
		     struct ng_reply *reply)
{
	struct tee_live *live = n->live;
	struct ng_tee_hookstat stats[ROLES];
	int r = 0;

	memcpy(stats, live->gone, sizeof(stats));
	for (struct ng_hook *h = n->hooks; h && !r; h = h->older) {
		uint64_t c[NGD_COUNTERS];

		r = node_hook_stats(h, msg->header.cmd != NGM_TEE_GET_STATS, c);
		stats[h->role] = tee_hookstat(c);
	}
	if (msg->header.cmd != NGM_TEE_GET_STATS)
		memset(live->gone, 0, sizeof(live->gone));
	if (r < 0 || msg->header.cmd == NGM_TEE_CLR_STATS)
		return r;
	return ng_answer(reply, msg, &stats[NGD_TEE_RIGHT],
			 sizeof(struct ng_tee_stats));
}

/* A link's being up or down, from left or right, goes where its packets do. */
static int tee_flow(struct ng_node *n, const struct ng_mesg *msg,
		    struct ng_hook *last)
{
	struct ng_hook *to = NULL;

	if (last && last->role == NGD_TEE_LEFT) {
		to = node_hook_role(n, NGD_TEE_RIGHT);
		if (!to)
			to = node_hook_role(n, NGD_TEE_LEFT2RIGHT);
	} else if (last && last->role == NGD_TEE_RIGHT) {
		to = node_hook_role(n, NGD_TEE_LEFT);
		if (!to)
			to = node_hook_role(n, NGD_TEE_RIGHT2LEFT);
	}
	if (!to)
		return 0;
	return ng_message_peer(to, NGM_FLOW_COOKIE, msg->header.cmd, msg->data,
			       msg->header.arglen);
}

static int tee_rcvmsg(struct ng_node *n, const struct ng_mesg *msg,
		      struct ng_hook *last, struct ng_reply *reply)
{
	if (msg->header.typecookie == NGM_FLOW_COOKIE)
		return tee_flow(n, msg, last);
	if (msg->header.typecookie != NGM_TEE_COOKIE)
		return -EINVAL;
	switch (msg->header.cmd) {
	case NGM_TEE_GET_STATS:
	case NGM_TEE_CLR_STATS:
	case NGM_TEE_GETCLR_STATS:
		return tee_stats(n, msg, reply);
	default:
		return -EINVAL;
	}
}

const struct ng_type ng_type_tee = {
	.name = NG_TEE_NODE_TYPE,
	.cookie = NGM_TEE_COOKIE,
	.kind = NGD_TEE,
	.cmds = cmds,
	.live_size = sizeof(struct tee_live),
	.newhook = tee_newhook,
	.disconnect = tee_disconnect,
	.closing = tee_closing,
	.rcvmsg = tee_rcvmsg,
};
