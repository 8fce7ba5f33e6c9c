/*
 * echo, ether_echo: data and messages go back to where they came from;
 * ng_echo(4), ng_ether_echo(4): that one swaps a frame's addresses.
 *
 * Data in the kernel (bpf/echo.bpf.h, bpf/ether_echo.bpf.h), messages here.
 */
#include "netgraph/filter_types.h"
#include "netgraph/node.h"
#include "netgraph/switch_types.h"

#include <netgraph/ng_echo.h>
#include <netgraph/ng_ether_echo.h>

static int echo_rcvmsg(struct ng_node *n, const struct ng_mesg *msg,
		       struct ng_hook *last, struct ng_reply *reply)
{
	(void)n;
	(void)last;
	return ng_answer(reply, msg, msg->data, msg->header.arglen);
}

const struct ng_type ng_type_echo = {
	.name = NG_ECHO_NODE_TYPE,
	.cookie = NGM_ECHO_COOKIE,
	.kind = NGD_ECHO,
	.rcvmsg = echo_rcvmsg,
};

const struct ng_type ng_type_ether_echo = {
	.name = NG_ETHER_ECHO_NODE_TYPE,
	.cookie = NGM_ETHER_ECHO_COOKIE,
	.kind = NGD_ETHER_ECHO,
	.rcvmsg = echo_rcvmsg,
};
