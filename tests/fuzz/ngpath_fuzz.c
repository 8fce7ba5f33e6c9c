/*
 * ngpath_fuzz: hostile addresses of nodes.  What is found is a node that there
 * is, reached by a hook of its own; a name that a node may have leads to it.
 */
#include "../unit/ngworld.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* me -a-> [2] -b-> [3] -c-> me, and [2] -s-> [2] */
static void some_nodes(struct world *w)
{
	world_begin(w);
	if (world_mkpeer(w, ".", "plain", "a", "up") ||
	    world_mkpeer(w, "a", "plain", "b", "up") ||
	    world_join(w, "a.b", ".:up.up", "c", "c") ||
	    world_join(w, "a", ".", "s", "t"))
		abort();
}

static void look_up(struct world *w, const char *path)
{
	struct ng_hook *last = NULL;
	struct ng_node *n = NULL;
	int r = ng_path(w->g, w->me, path, &n, &last);

	if (r && r != -ENOENT && r != -EINVAL)
		abort();
	if (r ? n || last : !n || ng_node_by_id(w->g, n->id) != n)
		abort();
	if (last && last->node != n)
		abort();
	if (!r && strchr(path, ':') == path)
		abort();
}

static void rename_to(struct world *w, const char *name)
{
	char path[NG_NODESIZ + 2];
	struct ng_node *n = NULL;
	int r = ng_node_rename(w->me, name);

	if (r && r != -EINVAL && r != -EADDRINUSE)
		abort();
	if (r)
		return;
	snprintf(path, sizeof(path), "%s:", name);
	if (ng_path(w->g, NULL, path, &n, NULL) || n != w->me)
		abort();
	world_check(w->g);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = strndup((const char *)data, size);
	struct world w;

	if (!text)
		return 0;
	some_nodes(&w);
	look_up(&w, text);
	rename_to(&w, text);
	look_up(&w, text);
	world_end(&w);
	return 0;
}
