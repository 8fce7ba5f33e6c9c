/* dp_drops: the words for why a packet ended, and what its sender hears. */
#include "base/cleanup.h"
#include "netgraph/dp.h"
#include "netgraph/switch_roles.h"

#include <errno.h>

static const char *const words[] = {
	[NGD_D_NONE] = "none",		[NGD_D_NOPEER] = "no-peer",
	[NGD_D_LOOP] = "loop",		[NGD_D_RUNT] = "runt",
	[NGD_D_INVALID] = "invalid",	[NGD_D_MUTED] = "muted",
	[NGD_D_FILTER] = "filter",	[NGD_D_HOLE] = "hole",
	[NGD_D_DOWN] = "down",		[NGD_D_MTU] = "mtu",
	[NGD_D_QUEUE] = "queue",	[NGD_D_HOOK] = "hook",
	[NGD_D_RATE] = "rate",		[NGD_D_KERNEL] = "kernel",
	[NGD_D_NOTABLE] = "table-full",
};
_Static_assert(ARRAY_SIZE(words) == NGD_DROPS, "every reason has a word");

const char *dp_drop_word(enum ngd_drop why)
{
	return why < NGD_DROPS ? words[why] : NULL;
}

/*
 * What the types' rcvdata() say on FreeBSD.  What is not here is no error
 * there: to drop it is what the node is for.  Kind 0: of every type.
 */
static const struct {
	uint16_t kind;
	uint16_t why;
	int error;
} errors[] = {
	{NGD_ETHER, NGD_D_RUNT, EINVAL},
	{NGD_ETHER, NGD_D_DOWN, ENETDOWN},
	{NGD_EIFACE, NGD_D_RUNT, EINVAL},
	{NGD_EIFACE, NGD_D_DOWN, ENETDOWN},
	{NGD_BRIDGE, NGD_D_RUNT, EINVAL},
	{NGD_BRIDGE, NGD_D_INVALID, EINVAL},
	{NGD_BRIDGE, NGD_D_MUTED, ELOOP},
	{NGD_ONE2MANY, NGD_D_NOPEER, ENETDOWN},
	{NGD_VLAN, NGD_D_RUNT, EINVAL},
	{NGD_VLAN, NGD_D_HOOK, EOPNOTSUPP},
	{NGD_VLAN, NGD_D_NOPEER, ENETDOWN},
	{NGD_VLAN_ROTATE, NGD_D_RUNT, EINVAL},
	{NGD_VLAN_ROTATE, NGD_D_NOPEER, ENETDOWN},
	{NGD_SPLIT, NGD_D_HOOK, EINVAL},
	{NGD_ETF, NGD_D_RUNT, EINVAL},
	{NGD_ETF, NGD_D_FILTER, EPROTOTYPE},
	{NGD_ETF, NGD_D_NOPEER, ENETDOWN},
	{NGD_TCPMSS, NGD_D_INVALID, EINVAL},
	{NGD_CAR, NGD_D_NOPEER, ENETDOWN},
	{NGD_PIPE, NGD_D_NOPEER, ENETDOWN},
	{NGD_NAT, NGD_D_NOPEER, ENXIO},
	{NGD_NAT, NGD_D_FILTER, EINVAL},
	{NGD_NETFLOW, NGD_D_HOOK, EINVAL},
	{NGD_ETHER_ECHO, NGD_D_RUNT, EINVAL},
	{0, NGD_D_LOOP, ELOOP},
	{0, NGD_D_QUEUE, ENOBUFS},
	{0, NGD_D_KERNEL, ENOBUFS},
};

int dp_drop_error(enum ngd_drop why, unsigned int kind, unsigned int role)
{
	/* links that are not up: what comes by "one" has nowhere to go */
	if (kind == NGD_ONE2MANY && role == NGD_O2M_ONE && why == NGD_D_NOPEER)
		return -ENOTCONN;
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
		if ((!errors[i].kind || errors[i].kind == kind) &&
		    errors[i].why == why)
			return -errors[i].error;
	return 0;
}
