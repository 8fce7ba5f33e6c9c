/*
 * path: addresses of nodes (netgraph(4), "Addressing"; ng_base.c,
 * ng_path_parse() and ng_path2noderef()).
 *
 *	[NODE:][HOOK{.HOOK}]
 *
 * NODE is a name, "." (where one is), or "[id]"; a hook leads to the node at
 * its other end.  One dot before and one behind the hooks mean nothing.
 */
#include "netgraph/graph_impl.h"

#include <errno.h>
#include <string.h>

/* Split a writable address: *ret_node NULL: none is given. -EINVAL */
static int path_split(char *address, char **ret_node, char **ret_hooks)
{
	char *colon = strchr(address, ':'), *hooks = address, *node = NULL;
	size_t len;

	if (colon) {
		*colon = '\0';
		node = address;
		hooks = colon + 1;
		if (!*node || (strcmp(node, ".") != 0 && strchr(node, '.')))
			return -EINVAL;
	}
	if (strchr(hooks, ':') || strstr(hooks, ".."))
		return -EINVAL;
	if (*hooks == '.')
		hooks++;
	len = strlen(hooks);
	if (len && hooks[len - 1] == '.')
		hooks[len - 1] = '\0';
	*ret_node = node;
	*ret_hooks = hooks;
	return 0;
}

/* From n along `hooks`; *last: by which hook it was reached. */
static struct ng_node *path_walk(struct ng_node *n, char *hooks,
				 struct ng_hook **last)
{
	char *name;

	while (n && (name = strsep(&hooks, "."))) {
		struct ng_hook *h;

		if (!*name)
			continue; /* there are none at all */
		h = ng_hook_by_name(n, name);
		if (!h || h->peer->invalid || h->peer->node->dying)
			return NULL;
		*last = h->peer;
		n = h->peer->node;
	}
	return n;
}

int ng_path(struct ng_graph *g, struct ng_node *here, const char *address,
	    struct ng_node **ret, struct ng_hook **ret_last)
{
	char copy[NG_PATHSIZ], *name, *hooks;
	struct ng_hook *last = NULL;
	struct ng_node *n = here;
	size_t len = strnlen(address, sizeof(copy));

	if (len == sizeof(copy))
		return -EINVAL;
	memcpy(copy, address, len + 1);
	if (path_split(copy, &name, &hooks) < 0)
		return -EINVAL;
	if (name && strcmp(name, ".") != 0) {
		n = ng_node_by_name(g, name);
		if (!n)
			return -ENOENT;
	} else if (!n || n->dying) {
		return -EINVAL;
	}
	n = path_walk(n, hooks, &last);
	if (!n)
		return -ENOENT;
	*ret = n;
	if (ret_last)
		*ret_last = last;
	return 0;
}
