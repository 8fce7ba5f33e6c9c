/* node: what several node types do alike. */
#include "netgraph/node.h"

#include "base/cleanup.h"
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

int node_word_stats(struct ng_node *n, const struct ng_mesg *msg,
		    struct ng_reply *reply, size_t count, unsigned int want)
{
	struct ngd_state *s = dp_state(ng_graph_dp(n->graph), n->slot);
	uint64_t words[ARRAY_SIZE(s->word)];

	for (size_t i = 0; i < count; i++)
		words[i] = want & NODE_CLEAR
				   ? __atomic_exchange_n(&s->word[i], 0,
							 __ATOMIC_RELAXED)
				   : __atomic_load_n(&s->word[i],
						     __ATOMIC_RELAXED);
	if (!(want & NODE_GET))
		return 0;
	return ng_answer(reply, msg, words, count * sizeof(words[0]));
}

static const struct ng_pfield match_stat_fields[] = {
	NODE_FIELD("recvFrames", &ng_p_uint64),
	NODE_FIELD("recvOctets", &ng_p_uint64),
	NODE_FIELD("recvMatchFrames", &ng_p_uint64),
	NODE_FIELD("recvMatchOctets", &ng_p_uint64),
	NODE_FIELD("xmitFrames", &ng_p_uint64),
	NODE_FIELD("xmitOctets", &ng_p_uint64),
	{0},
};
const struct ng_ptype node_match_stat_type = {
	.kind = NGP_STRUCT,
	.fields = match_stat_fields,
};

int node_match_stats(struct ng_node *n, const struct ng_mesg *msg,
		     struct ng_reply *reply, unsigned int want)
{
	struct node_match_stat stat;
	uint64_t c[NGD_COUNTERS];
	int r = -EINVAL;

	if (msg->header.arglen)
		r = node_hook_stats(node_hook_arg(n, msg), want & NODE_CLEAR,
				    c);
	if (r < 0 || !(want & NODE_GET))
		return r;
	stat = (struct node_match_stat){
		.recvFrames = c[NGD_C_IN_PACKETS],
		.recvOctets = c[NGD_C_IN_OCTETS],
		.recvMatchFrames = c[NGD_C_TYPE],
		.recvMatchOctets = c[NGD_C_TYPE + 1],
		.xmitFrames = c[NGD_C_OUT_PACKETS],
		.xmitOctets = c[NGD_C_OUT_OCTETS],
	};
	return ng_answer(reply, msg, &stat, sizeof(stat));
}

int node_set_dlt(struct ng_node *n, const struct ng_mesg *msg, uint8_t *ret_dlt)
{
	const uint8_t *dlt = NG_ARG(msg, uint8_t);

	if (!dlt || (*dlt != DLT_EN10MB && *dlt != DLT_RAW))
		return -EINVAL;
	*ret_dlt = *dlt;
	return ng_node_changed(n);
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

uint32_t node_hook_slot(const struct ng_node *n, const char *name)
{
	const struct ng_hook *h = name[0] ? ng_hook_by_name(n, name) : NULL;

	return h && !h->invalid ? h->slot : 0;
}

struct ng_hook *node_hook_arg(const struct ng_node *n,
			      const struct ng_mesg *msg)
{
	char copy[NG_HOOKSIZ] = "";
	size_t len = msg->header.arglen;

	memcpy(copy, msg->data, len < sizeof(copy) ? len : sizeof(copy) - 1);
	return ng_hook_by_name(n, copy);
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
