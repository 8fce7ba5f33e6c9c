/* keepers: the sorts of keepers of a vnet (net/keeper.h) that there are. */
#include "net/bridge_keeper.h"
#include "net/lagg_keeper.h"
#include "pf/watch.h"

const struct keeper_sort *const keeper_sorts[] = {
	&bridge_keeper,
	&lagg_keeper,
	&pf_keeper,
	NULL,
};
