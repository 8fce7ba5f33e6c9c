/*
 * journal_play: from a journal's bytes to a graph that goes on.
 *
 * Theory of operation.  Batches are played as they come, up to the first that
 * is not whole; that was never answered.  Playing changes the model alone.
 * Then the graph is settled:
 *
 *	hooks find their peers; without one they are no hooks
 *	slots are claimed (all of them, before any is given out)
 *	types make their nodes live again, or fail
 *	everything is published: the same words, where nothing was under way
 *	nodes that failed are shut down, as are those left without hooks
 *
 * The bytes are root's own; still, each length and number is checked, for they
 * may be another version's, or a disk's.
 */
#include "netgraph/journal_impl.h"

#include "base/cleanup.h"
#include "base/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* --- bytes --------------------------------------------------------------- */

struct reader {
	const uint8_t *p;
	size_t left;
	bool bad;
};

static const uint8_t *get(struct reader *r, size_t len)
{
	const uint8_t *p = r->p;

	if (r->bad || len > r->left) {
		r->bad = true;
		return NULL;
	}
	r->p += len;
	r->left -= len;
	return p;
}

static uint32_t get_u32(struct reader *r)
{
	const uint8_t *p = get(r, sizeof(uint32_t));
	uint32_t v = 0;

	if (p)
		memcpy(&v, p, sizeof(v));
	return v;
}

static uint8_t get_u8(struct reader *r)
{
	const uint8_t *p = get(r, 1);

	return p ? *p : 0;
}

static void get_text(struct reader *r, char *to, size_t size)
{
	size_t len = get_u8(r);
	const uint8_t *p = get(r, len);

	memset(to, 0, size);
	if (!p || len >= size || memchr(p, '\0', len))
		r->bad = true;
	else
		memcpy(to, p, len);
}

/* --- playing ------------------------------------------------------------- */

/* Who the peer of a hook is, until settled; in h->live. */
struct end {
	ng_ID_t id;
	char name[NG_HOOKSIZ];
};

/* Not journaled, not seen by packets, and unknown to its type. */
static void hook_drop(struct ng_hook *h)
{
	hook_unenrol(h);
	free(h->live);
	free(h);
}

static void node_drop(struct ng_node *n)
{
	while (n->hooks)
		hook_drop(n->hooks);
	node_unenrol(n);
	node_free(n);
}

static int play_node(struct ng_graph *g, struct reader *r)
{
	ng_ID_t id = get_u32(r);
	uint32_t slot = get_u32(r), gen = get_u32(r), blob = get_u32(r);
	uint32_t ifindex = get_u32(r), size;
	bool persistent = get_u8(r);
	char type[NG_TYPESIZ], name[NG_NODESIZ];
	const struct ng_type *t;
	const uint8_t *priv;
	struct ng_node *n;

	get_text(r, type, sizeof(type));
	get_text(r, name, sizeof(name));
	size = get_u32(r);
	priv = get(r, size);
	if (!priv || !id)
		return -EINVAL;
	t = type_find(g, type);
	if (!t)
		return 0; /* another version's; its peers will miss it */
	n = ng_node_by_id(g, id);
	if (n && n->type != t)
		return -EINVAL;
	if (!n) {
		if (node_make(g, t, id, &n) < 0)
			return -ENOMEM;
		if (node_enrol(n) < 0) {
			node_free(n);
			return -ENOMEM;
		}
	}
	n->slot = slot;
	n->gen = gen;
	n->blob = blob;
	n->ifindex = ifindex;
	n->persistent = persistent;
	memcpy(n->priv, priv, size < t->priv_size ? size : t->priv_size);
	if (node_hold_ifindex(n) < 0)
		return -ENOMEM;
	if (!*name || strcmp(name, n->name) == 0)
		return 0;
	if (ng_node_by_name(g, name) || !name_ok(name, sizeof(name)))
		return -EINVAL;
	return node_set_name(n, name);
}

static int play_node_gone(struct ng_graph *g, struct reader *r)
{
	struct ng_node *n = ng_node_by_id(g, get_u32(r));

	if (n)
		node_drop(n);
	return 0;
}

/* One that is new, or new under the same name. */
static struct ng_hook *hook_place(struct ng_node *n, const char *name)
{
	struct ng_hook *h = hook_find(n, name);

	if (h)
		return h;
	h = hook_make(n, name);
	if (!h)
		return NULL;
	h->live = calloc(1, sizeof(struct end));
	if (!h->live || hook_enrol(h) < 0) {
		free(h->live);
		free(h);
		return NULL;
	}
	return h;
}

static int play_hook(struct ng_graph *g, struct reader *r)
{
	struct ng_node *n = ng_node_by_id(g, get_u32(r));
	char name[NG_HOOKSIZ];
	struct ng_hook *h, as = {0};
	struct end end;
	const uint8_t *base = NULL;

	get_text(r, name, sizeof(name));
	end.id = get_u32(r);
	get_text(r, end.name, sizeof(end.name));
	as.slot = get_u32(r);
	as.role = (uint16_t)get_u32(r);
	as.number = get_u32(r);
	as.flags = get_u32(r);
	as.conf = get_u32(r);
	if (get_u8(r))
		base = get(r, sizeof(as.base));
	if (r->bad || !name_ok(name, sizeof(name)) || as.role >= NGD_ROLES)
		return -EINVAL;
	if (!n)
		return 0;
	h = hook_place(n, name);
	if (!h)
		return -ENOMEM;
	memcpy(h->live, &end, sizeof(end));
	h->slot = as.slot;
	h->number = as.number;
	h->flags = as.flags;
	h->conf = as.conf;
	hook_role(h, as.role);
	memset(h->base, 0, sizeof(h->base));
	if (base)
		memcpy(h->base, base, sizeof(h->base));
	return 0;
}

static int play_hook_gone(struct ng_graph *g, struct reader *r)
{
	struct ng_node *n = ng_node_by_id(g, get_u32(r));
	char name[NG_HOOKSIZ];
	struct ng_hook *h;

	get_text(r, name, sizeof(name));
	h = n ? hook_find(n, name) : NULL;
	if (h)
		hook_drop(h);
	return 0;
}

static const struct {
	enum journal_entry letter;
	int (*play)(struct ng_graph *g, struct reader *r);
} entries[] = {
	{JOURNAL_NODE, play_node},
	{JOURNAL_NODE_GONE, play_node_gone},
	{JOURNAL_HOOK, play_hook},
	{JOURNAL_HOOK_GONE, play_hook_gone},
};

static int play_entry(struct ng_graph *g, struct reader *r)
{
	uint8_t letter = get_u8(r);

	for (size_t i = 0; i < ARRAY_SIZE(entries); i++)
		if (entries[i].letter == letter) {
			int e = entries[i].play(g, r);

			return e < 0 ? e : r->bad ? -EINVAL : 0;
		}
	return -EINVAL;
}

static int play_batch(struct ng_graph *g, struct reader *r)
{
	ng_ID_t next = get_u32(r);

	if (next)
		g->next_id = next;
	while (r->left) {
		int e = play_entry(g, r);

		if (e < 0)
			return e;
	}
	return r->bad ? -EINVAL : 0;
}

/* Up to the first batch that is not whole. -ENOMEM, -EINVAL */
static int play_all(struct ng_graph *g, struct reader *r)
{
	while (r->left >= JOURNAL_BATCH) {
		uint32_t len = get_u32(r), sum = get_u32(r);
		struct reader batch = {.left = len};
		int e;

		batch.p = get(r, len);
		if (!batch.p || journal_sum(batch.p, len) != sum)
			return 0;
		e = play_batch(g, &batch);
		if (e < 0)
			return e;
	}
	return 0;
}

/* --- settling: peers ----------------------------------------------------- */

static struct ng_hook *peer_of(struct ng_graph *g, const struct ng_hook *h)
{
	const struct end *end = h->live, *back;
	struct ng_node *n = ng_node_by_id(g, end->id);
	struct ng_hook *p = n ? hook_find(n, end->name) : NULL;

	if (!p || p == h)
		return NULL;
	back = p->live;
	if (back->id != h->node->id || strcmp(back->name, h->name) != 0)
		return NULL;
	return p;
}

static void settle_peers(struct ng_graph *g)
{
	for (struct ng_node *n = g->oldest; n; n = n->prev)
		for (struct ng_hook *h = n->oldest; h; h = h->newer)
			h->peer = peer_of(g, h);
	for (struct ng_node *n = g->oldest; n; n = n->prev)
		for (struct ng_hook *h = n->oldest, *next; h; h = next) {
			next = h->newer;
			if (!h->peer) {
				hook_drop(h);
				continue;
			}
			free(h->live);
			h->live = NULL;
			h->invalid = false;
		}
}

/* --- settling: slots ----------------------------------------------------- */

/* What cannot be had (another hook's, say) is 0 then. */
static void settle_claim(struct ng_graph *g)
{
	struct ng_dp *dp = g->dp;

	for (struct ng_node *n = g->oldest; n; n = n->prev) {
		if (dp_node_claim(dp, n->slot) < 0)
			n->slot = 0;
		if (n->blob && dp_blob_claim(dp, n->blob) < 0)
			n->blob = 0;
		for (struct ng_hook *h = n->oldest; h; h = h->newer)
			if (dp_hook_claim(dp, h->slot) < 0)
				h->slot = 0;
	}
}

static int settle_slots(struct ng_graph *g)
{
	struct ng_dp *dp = g->dp;
	uint32_t gen;
	int r = 0;

	for (struct ng_node *n = g->oldest; !r && n; n = n->prev) {
		if (!n->slot)
			r = dp_node_alloc(dp, &n->slot);
		if (r < 0)
			break;
		/* what programs have learned under it holds */
		if (dp_node(dp, n->slot)->id == n->id)
			n->gen = dp_node(dp, n->slot)->gen;
		r = node_at(n);
		for (struct ng_hook *h = n->oldest; !r && h; h = h->newer) {
			if (!h->slot)
				r = dp_hook_alloc(dp, &h->slot, &gen);
			if (!r)
				r = hook_at(h);
		}
	}
	return r;
}

/* --- settling: life ------------------------------------------------------ */

/* Everything, as the model is; where a killed broker had just changed it, the
 * change is taken back. */
static void settle_publish(struct ng_graph *g)
{
	for (struct ng_node *n = g->oldest; n; n = n->prev)
		for (struct ng_hook *h = n->oldest; h; h = h->newer)
			publish_again(h);
	for (struct ng_node *n = g->oldest; n; n = n->prev)
		(void)publish_node(n);
}

/* Those that cannot go on, in *ret (owned). */
static int settle_restore(struct ng_graph *g, struct ng_node ***ret,
			  size_t *ret_n)
{
	struct ng_node **failed = calloc(g->nnodes + 1, sizeof(*failed));

	if (!failed)
		return -ENOMEM;
	*ret = failed;
	for (struct ng_node *n = g->oldest; n; n = n->prev)
		if (n->type->restore && n->type->restore(n) < 0)
			failed[(*ret_n)++] = n;
	return 0;
}

static void settle_end(struct ng_graph *g, struct ng_node **failed, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ng_node_shutdown(failed[i]);
	for (struct ng_node *m = g->oldest, *prev; m; m = prev) {
		prev = m->prev;
		if (!m->nhooks && !m->persistent)
			ng_node_shutdown(m);
	}
}

static int settle(struct ng_graph *g, bool look)
{
	cleanup_free struct ng_node **failed = NULL;
	size_t nfailed = 0;
	int r;

	settle_peers(g);
	if (!g->nnodes)
		return 0;
	settle_claim(g);
	r = settle_slots(g);
	if (r < 0)
		return r;
	ng_enter(g);
	if (!look)
		r = settle_restore(g, &failed, &nfailed);
	if (!r) {
		settle_publish(g);
		/* what a predecessor had cut, or this one has, is over */
		dp_grace(g->dp);
		if (!look)
			settle_end(g, failed, nfailed);
	}
	ng_leave(g);
	return r;
}

int journal_play(struct ng_graph *g, const void *data, size_t len, bool look,
		 struct err *e)
{
	struct reader r = {.p = data, .left = len};
	const uint8_t *magic = get(&r, 4);
	uint32_t version = get_u32(&r);
	int ret;

	if (!len)
		return 0;
	if (r.bad || memcmp(magic, JOURNAL_MAGIC, 4) != 0)
		return err_set(e, EBADMSG,
			       "journal: not a journal of netgraph");
	if (version != JOURNAL_VERSION)
		return err_set(e, EBADMSG,
			       "journal: version %u of its format, not %u",
			       version, JOURNAL_VERSION);
	ret = play_all(g, &r);
	while (ret < 0 && g->oldest)
		node_drop(g->oldest);
	if (ret == -EINVAL)
		ret = err_set(e, EBADMSG,
			      "journal: entries that make no sense");
	else if (!ret)
		ret = settle(g, look);
	return ret == -ENOMEM ? err_nomem(e) : ret;
}
