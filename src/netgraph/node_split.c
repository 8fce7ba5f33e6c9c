/*
 * split: two one-way streams and one of both directions; ng_split(4).
 *
 * in goes to mixed, mixed to out, and nothing may come by out; in the kernel
 * (bpf/split.bpf.h).
 */
#include "netgraph/switch_roles.h"
#include "netgraph/switch_types.h"
#include "netgraph/type.h"

#include <errno.h>
#include <netgraph/ng_split.h>
#include <string.h>

static const struct {
	const char *name;
	uint16_t role;
} roles[] = {
	{NG_SPLIT_HOOK_MIXED, NGD_SPLIT_MIXED},
	{NG_SPLIT_HOOK_OUT, NGD_SPLIT_OUT},
	{NG_SPLIT_HOOK_IN, NGD_SPLIT_IN},
};

static int split_newhook(struct ng_node *n, struct ng_hook *h)
{
	(void)n;
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		if (strcmp(h->name, roles[i].name))
			continue;
		h->role = roles[i].role;
		return 0;
	}
	return -EINVAL;
}

const struct ng_type ng_type_split = {
	.name = NG_SPLIT_NODE_TYPE,
	.cookie = NGM_SPLIT_COOKIE,
	.kind = NGD_SPLIT,
	.newhook = split_newhook,
};
