/* node: what several node types do alike. */
#include "netgraph/node.h"

#include "netgraph/dp.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

int node_length_first(const struct ng_ptype *t, const uint8_t *start,
		      size_t size, size_t at)
{
	uint32_t n;

	(void)t;
	if (size < sizeof(n) || at < sizeof(n))
		return -EINVAL;
	memcpy(&n, start, sizeof(n));
	return n > INT_MAX ? -EINVAL : (int)n;
}

int node_hook_stats(struct ng_hook *h, bool clear, uint64_t ret[NGD_COUNTERS])
{
	if (!h)
		return -ENOENT;
	ng_hook_counters(h, ret);
	if (!clear)
		return 0;
	for (size_t i = 0; i < NGD_COUNTERS; i++)
		h->base[i] += ret[i];
	ng_hook_counted(h);
	return 0;
}

struct ng_hook *node_hook_role(const struct ng_node *n, unsigned int role)
{
	struct ng_hook *h = n->hooks;

	while (h && (h->role != role || h->invalid))
		h = h->older;
	return h;
}

struct ng_hook *node_hook_named(const struct ng_node *n,
				const char name[NG_HOOKSIZ])
{
	char copy[NG_HOOKSIZ];

	memcpy(copy, name, sizeof(copy));
	copy[sizeof(copy) - 1] = '\0';
	return ng_hook_by_name(n, copy);
}

struct ng_hook *node_hook_arg(const struct ng_node *n,
			      const struct ng_mesg *msg)
{
	char copy[NG_HOOKSIZ] = "";
	size_t len = msg->header.arglen;

	memcpy(copy, msg->data, len < sizeof(copy) ? len : sizeof(copy) - 1);
	return ng_hook_by_name(n, copy);
}

void node_words(const struct ng_node *n, uint64_t *ret, size_t count,
		bool clear)
{
	__u64 *word = dp_state(ng_graph_dp(n->graph), n->slot)->word;

	for (size_t i = 0; i < count; i++)
		ret[i] = clear ? __atomic_exchange_n(&word[i], 0,
						     __ATOMIC_RELAXED)
			       : __atomic_load_n(&word[i], __ATOMIC_RELAXED);
}

int node_persistent(struct ng_node *n)
{
	n->persistent = true;
	return ng_node_changed(n);
}

/* --- rules -------------------------------------------------------------- */

struct ngd_key node_key(const struct ng_node *n, const void *key, size_t len)
{
	struct ngd_key k = {.node = n->slot};

	memcpy(k.k, key, len);
	return k;
}

int node_rule_set(struct ng_hook *h, const void *key, size_t len)
{
	struct ng_dp *dp = ng_graph_dp(h->node->graph);
	struct ngd_key k = node_key(h->node, key, len);
	struct ngd_entry entry = {
		.hook = h->slot,
		.hook_gen = dp_hook(dp, h->slot)->gen,
		.node_gen = h->node->gen,
	};
	int r = dp_table_set(dp, DP_RULES, &k, &entry);

	dp_changed(dp);
	return r;
}

struct ng_hook *node_rule_hook(const struct ng_node *n, const struct ngd_key *k,
			       const struct ngd_entry *entry)
{
	struct ng_hook *h =
		ng_hook_by_slot(n->graph, entry->hook, entry->hook_gen);

	if (!h || h->node != n || k->node != n->slot ||
	    entry->node_gen != n->gen)
		return NULL;
	return h;
}

/* Keys to be deleted: a table is not changed while it is gone through. */
struct doomed {
	struct ng_node *node;
	const struct ng_hook *hook;
	struct ngd_key *keys;
	size_t n, room;
};

static int doomed_add(const struct ngd_key *k, const struct ngd_entry *entry,
		      void *arg)
{
	struct doomed *d = arg;

	if (node_rule_hook(d->node, k, entry) != d->hook)
		return 0;
	if (d->n == d->room) {
		size_t room = d->room ? 2 * d->room : 32;
		struct ngd_key *keys = realloc(d->keys, room * sizeof(*keys));

		if (!keys)
			return -ENOMEM;
		d->keys = keys;
		d->room = room;
	}
	d->keys[d->n++] = *k;
	return 0;
}

static int rules_delete(struct ng_node *n, const struct ng_hook *h)
{
	struct ng_dp *dp = ng_graph_dp(n->graph);
	struct doomed d = {.node = n, .hook = h};
	int r = dp_table_each(dp, DP_RULES, n->slot, doomed_add, &d);

	for (size_t i = 0; i < d.n; i++)
		dp_table_delete(dp, DP_RULES, &d.keys[i]);
	free(d.keys);
	dp_changed(dp);
	return r;
}

int node_rules_delete(struct ng_hook *h)
{
	return rules_delete(h->node, h);
}

int node_rules_sweep(struct ng_node *n)
{
	return n->dying && n->nhooks ? 0 : rules_delete(n, NULL);
}
