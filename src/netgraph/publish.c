/*
 * publish: the model, as packets see it (data.h).
 *
 * Theory of operation.  A record is written word by word, and only where the
 * word differs, so that storing the same model again (a successor does) stores
 * nothing.  A new connection is written whole first, peers included; then it
 * comes into its nodes' lists and roles by one store each, so no packet meets
 * a hook that leads nowhere yet.  One that goes leaves lists and roles first
 * and is cut off at the peers last; what it points to stays for packets that
 * stand on it, until its slot is used again (after dp_grace()).
 *
 * Programs write to some words, too (a bridge link's flags and conf): those
 * of a hook are stored by publish_hook() alone, that is when it is made and
 * when its type has changed them.
 */
#include "netgraph/graph_impl.h"

#include <errno.h>
#include <string.h>

typedef uint32_t __attribute__((may_alias)) word_t;

static void word_put(struct ng_graph *g, word_t *word, uint32_t value)
{
	if (__atomic_load_n(word, __ATOMIC_RELAXED) == value)
		return;
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
	g->stored = true;
}

static void words_put(struct ng_graph *g, void *at, const void *want,
		      size_t size)
{
	word_t *to = at;
	const word_t *from = want;

	for (size_t i = 0; i < size / sizeof(word_t); i++)
		word_put(g, to + i, from[i]);
}

/* --- hooks --------------------------------------------------------------- */

void publish_hook(const struct ng_hook *h)
{
	struct ng_graph *g = h->node->graph;
	struct ngd_hook *at = dp_hook(g->dp, h->slot), want = *at;

	want.node = h->node->slot;
	want.kind = (uint16_t)h->node->type->kind;
	want.role = h->role;
	want.number = h->number;
	want.flags = h->flags;
	want.conf = h->conf;
	words_put(g, at, &want, sizeof(want));
}

/* The slot of the first from h on that packets may see: those that are being
 * connected are not for them, and lie at the head of the list but for
 * connections made in the middle of others. */
static uint32_t seen_slot(const struct ng_hook *h)
{
	while (h && h->invalid)
		h = h->older;
	return h ? h->slot : 0;
}

static void publish_next(const struct ng_hook *h)
{
	struct ng_graph *g = h->node->graph;

	word_put(g, &dp_hook(g->dp, h->slot)->next, seen_slot(h->older));
}

/* What leads to h, or past it, if it is not the first. */
static void publish_before(const struct ng_hook *h)
{
	const struct ng_hook *n = h->newer;

	while (n && n->invalid)
		n = n->newer;
	if (n)
		publish_next(n);
}

void publish_peers(const struct ng_hook *a, const struct ng_hook *b)
{
	struct ng_graph *g = a->node->graph;

	word_put(g, &dp_hook(g->dp, a->slot)->peer, b->slot);
	word_put(g, &dp_hook(g->dp, b->slot)->peer, a->slot);
}

void publish_again(const struct ng_hook *h)
{
	struct ng_graph *g = h->node->graph;

	publish_hook(h);
	publish_next(h);
	word_put(g, &dp_hook(g->dp, h->slot)->peer, h->peer->slot);
}

/* Both ends of a hook on one node: the newer one leads to the older one, so
 * that one store brings in both. */
int publish_link(struct ng_hook *a, struct ng_hook *b)
{
	int r;

	publish_next(a);
	publish_next(b);
	publish_peers(a, b);
	r = publish_node(a->node);
	publish_before(a);
	if (!r && b->node != a->node)
		r = publish_node(b->node);
	publish_before(b);
	return r;
}

void publish_unlink(struct ng_hook *h)
{
	(void)publish_node(h->node); /* first and roles, if it was one */
	publish_before(h);
}

/* Entries that name it are void from here on. */
void publish_end(const struct ng_hook *h)
{
	struct ng_graph *g = h->node->graph;
	struct ngd_hook *at = dp_hook(g->dp, h->slot);

	word_put(g, &at->peer, 0);
	word_put(g, &at->gen, at->gen + 1);
}

/* --- nodes --------------------------------------------------------------- */

/* The slot of what n's blob is now: the one it has, or a new one. */
static int blob_slot(struct ng_node *n, uint32_t *ret)
{
	struct ng_dp *dp = n->graph->dp;
	uint8_t bytes[NGD_BLOB] = {0};
	size_t len;

	*ret = 0;
	if (!n->type->blob)
		return 0;
	len = n->type->blob(n, bytes);
	if (!len)
		return 0;
	*ret = n->blob;
	if (n->blob &&
	    memcmp(dp_blob(dp, n->blob)->bytes, bytes, sizeof(bytes)) == 0)
		return 0;
	return dp_blob_alloc(dp, bytes, len, ret);
}

int publish_node(struct ng_node *n)
{
	struct ng_graph *g = n->graph;
	struct ngd_node want = {.id = n->id,
				.kind = (uint16_t)n->type->kind,
				.first = seen_slot(n->hooks),
				.ifindex = n->ifindex,
				.gen = n->gen,
				.blob = n->blob};
	uint32_t blob = 0, old = n->blob;
	int r;

	if (!n->slot)
		return 0;
	for (size_t i = 1; i < NGD_ROLES; i++)
		if (n->role[i] && !n->role[i]->invalid)
			want.hook[i] = n->role[i]->slot;
	if (n->type->publish)
		n->type->publish(n, &want);
	r = blob_slot(n, &blob);
	if (!r)
		want.blob = n->blob = blob;
	words_put(g, dp_node(g->dp, n->slot), &want,
		  offsetof(struct ngd_node, reserved));
	if (old && old != n->blob)
		dp_blob_release(g->dp, old);
	return r;
}

void publish_node_end(struct ng_node *n)
{
	struct ng_graph *g = n->graph;
	struct ngd_node *at = dp_node(g->dp, n->slot);

	word_put(g, &at->first, 0);
	word_put(g, &at->id, 0);
	word_put(g, &at->gen, at->gen + 1);
	if (n->blob)
		dp_blob_release(g->dp, n->blob);
	dp_node_release(g->dp, n->slot);
}
