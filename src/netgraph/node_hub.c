/*
 * hub: whatever comes in goes out of all other hooks; ng_hub(4).
 *
 * All of that happens in the kernel (bpf/hub.bpf.h); hooks of any names, and
 * one message.
 */
#include "netgraph/node.h"
#include "netgraph/switch_types.h"

#include <errno.h>
#include <netgraph/ng_hub.h>

static const struct ng_cmd cmds[] = {
	{NGM_HUB_COOKIE, NGM_HUB_SET_PERSISTENT, "setpersistent", NULL, NULL},
	{0},
};

static int hub_rcvmsg(struct ng_node *n, const struct ng_mesg *msg,
		      struct ng_hook *last, struct ng_reply *reply)
{
	(void)last;
	(void)reply;
	if (msg->header.typecookie != NGM_HUB_COOKIE ||
	    msg->header.cmd != NGM_HUB_SET_PERSISTENT)
		return -EINVAL;
	return node_persistent(n);
}

const struct ng_type ng_type_hub = {
	.name = NG_HUB_NODE_TYPE,
	.cookie = NGM_HUB_COOKIE,
	.kind = NGD_HUB,
	.cmds = cmds,
	.rcvmsg = hub_rcvmsg,
};
