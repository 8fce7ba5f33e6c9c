/* dp_drops: the words for why a packet ended. */
#include "base/cleanup.h"
#include "netgraph/dp.h"

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
