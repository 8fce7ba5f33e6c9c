/*
 * dp_mem: a data path of plain memory, without a kernel: for unit tests, and
 * for the reference walk that bpf/ is compared with.
 *
 * It starts with few slots and doubles them, so that tests meet growth; the
 * tables are hashes of chains.
 */
#include "netgraph/dp_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MEM_SLOTS 8u
#define MEM_MAX (1u << 17) /* hooks, nodes */
#define MEM_BLOBS_MAX (1u << 13)
#define MEM_BUCKETS 4096u
#define MEM_TABLE_MAX 262144u
#define MEM_UPS 4096u /* packets that wait for the broker */

struct mem_entry {
	struct mem_entry *next;
	struct ngd_key key;
	struct ngd_entry entry;
};

struct mem_table {
	struct mem_entry *bucket[MEM_BUCKETS];
	size_t n;
};

struct mem_up {
	struct mem_up *next;
	struct ngd_up up;
	uint8_t data[];
};

struct dp_mem {
	struct ng_dp dp;
	struct ngd_ctl ctl;
	struct ngd_stats *stats;
	struct mem_table table[DP_RULES + 1];
	uint64_t drops[NGD_DROPS];
	dp_walk_fn *walk;
	void *walk_arg;
	struct mem_up *up, **up_end;
	size_t nup;
};

static struct dp_mem *mem(struct ng_dp *dp)
{
	return (struct dp_mem *)dp;
}

/* --- slots --------------------------------------------------------------- */

/* *array, of `old` elements, gets `size`; the new ones are zero. */
static int mem_resize(void *array, size_t elem, uint32_t old, uint32_t size)
{
	void *was, *p;

	memcpy(&was, array, sizeof(was));
	p = realloc(was, size * elem);
	if (!p)
		return -ENOMEM;
	memset((char *)p + old * elem, 0, (size - old) * elem);
	memcpy(array, &p, sizeof(p));
	return 0;
}

static int mem_grow(struct ng_dp *dp, enum dp_slot_kind kind)
{
	struct dp_mem *m = mem(dp);
	uint32_t old = dp->slots[kind].size;
	uint32_t size = old ? 2 * old : MEM_SLOTS;
	int r = 0;

	if (size > dp->slots[kind].most)
		return -ENOMEM;
	if (kind == DP_HOOKS) {
		r = mem_resize(&dp->hooks, sizeof(*dp->hooks), old, size);
		if (!r)
			r = mem_resize(&m->stats, sizeof(*m->stats), old, size);
		m->ctl.hooks = size;
	} else if (kind == DP_NODES) {
		r = mem_resize(&dp->nodes, sizeof(*dp->nodes), old, size);
		if (!r)
			r = mem_resize(&dp->states, sizeof(*dp->states), old,
				       size);
		m->ctl.nodes = size;
	} else {
		r = mem_resize(&dp->blobs, sizeof(*dp->blobs), old, size);
		m->ctl.blobs = size;
	}
	return r < 0 ? r : dp_slots_resize(dp, kind, size);
}

static void mem_grace(struct ng_dp *dp)
{
	(void)dp; /* no packet is under way while the broker runs */
}

static void mem_stats_zero(struct ng_dp *dp, uint32_t slot)
{
	memset(&mem(dp)->stats[slot], 0, sizeof(mem(dp)->stats[slot]));
}

/* --- tables -------------------------------------------------------------- */

static struct mem_entry **mem_find(struct mem_table *t, const struct ngd_key *k)
{
	struct mem_entry **e;
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < sizeof(*k); i++)
		h = (h ^ ((const uint8_t *)k)[i]) * 16777619u;
	e = &t->bucket[h % MEM_BUCKETS];
	while (*e && memcmp(&(*e)->key, k, sizeof(*k)) != 0)
		e = &(*e)->next;
	return e;
}

static int mem_table_set(struct ng_dp *dp, enum dp_table t,
			 const struct ngd_key *k, const struct ngd_entry *entry)
{
	struct mem_table *table = &mem(dp)->table[t];
	struct mem_entry **e = mem_find(table, k);

	if (!*e) {
		if (table->n >= MEM_TABLE_MAX)
			return -E2BIG;
		*e = calloc(1, sizeof(**e));
		if (!*e)
			return -ENOMEM;
		(*e)->key = *k;
		table->n++;
	}
	(*e)->entry = *entry;
	return 0;
}

static int mem_table_get(struct ng_dp *dp, enum dp_table t,
			 const struct ngd_key *k, struct ngd_entry *ret)
{
	struct mem_entry **e = mem_find(&mem(dp)->table[t], k);

	if (!*e)
		return -ENOENT;
	*ret = (*e)->entry;
	return 0;
}

static int mem_table_delete(struct ng_dp *dp, enum dp_table t,
			    const struct ngd_key *k)
{
	struct mem_table *table = &mem(dp)->table[t];
	struct mem_entry **e = mem_find(table, k), *gone = *e;

	if (!gone)
		return -ENOENT;
	*e = gone->next;
	free(gone);
	table->n--;
	return 0;
}

/* fn may delete the entry that it is called for. */
static int mem_table_each(struct ng_dp *dp, enum dp_table t, uint32_t node,
			  dp_each_fn *fn, void *arg)
{
	struct mem_table *table = &mem(dp)->table[t];

	for (size_t i = 0; i < MEM_BUCKETS; i++)
		for (struct mem_entry *e = table->bucket[i], *next; e;
		     e = next) {
			int r;

			next = e->next;
			if (node && e->key.node != node)
				continue;
			r = fn(&e->key, &e->entry, arg);
			if (r)
				return r;
		}
	return 0;
}

/* --- counters, devices --------------------------------------------------- */

uint64_t *dp_memory_stats(struct ng_dp *dp, uint32_t slot)
{
	return (uint64_t *)mem(dp)->stats[slot].c;
}

static void mem_hook_stats(struct ng_dp *dp, uint32_t slot,
			   uint64_t ret[NGD_COUNTERS])
{
	memset(ret, 0, NGD_COUNTERS * sizeof(*ret));
	if (slot < dp->slots[DP_HOOKS].size)
		memcpy(ret, mem(dp)->stats[slot].c,
		       NGD_COUNTERS * sizeof(*ret));
}

static uint64_t mem_drops(struct ng_dp *dp, enum ngd_drop why)
{
	return why < NGD_DROPS ? mem(dp)->drops[why] : 0;
}

void dp_memory_drop(struct ng_dp *dp, enum ngd_drop why)
{
	mem(dp)->drops[why]++;
}

/* Who walks here hands packets over himself. */
static int mem_device(struct ng_dp *dp, uint32_t ifindex, unsigned int hooking,
		      uint32_t node, struct err *e)
{
	(void)dp;
	(void)ifindex;
	(void)hooking;
	(void)node;
	(void)e;
	return 0;
}

/* --- packets ------------------------------------------------------------- */

void dp_memory_walk(struct ng_dp *dp, dp_walk_fn *walk, void *arg)
{
	mem(dp)->walk = walk;
	mem(dp)->walk_arg = arg;
}

int dp_memory_up(struct ng_dp *dp, const struct ngd_up *up, const void *data)
{
	struct dp_mem *m = mem(dp);
	struct mem_up *u;

	if (m->nup >= MEM_UPS) {
		dp_memory_drop(dp, NGD_D_QUEUE);
		return -ENOBUFS;
	}
	u = malloc(sizeof(*u) + up->len);
	if (!u)
		return -ENOMEM;
	u->next = NULL;
	u->up = *up;
	if (up->len)
		memcpy(u->data, data, up->len);
	*m->up_end = u;
	m->up_end = &u->next;
	m->nup++;
	return 0;
}

/* As far as the programs have it in common: out of a hook, into its peer. */
static int mem_inject(struct ng_dp *dp, uint32_t hook, const void *data,
		      size_t len)
{
	struct dp_mem *m = mem(dp);
	uint32_t to = dp_hook(dp, hook)->peer;
	uint64_t *c;

	if (!to) {
		dp_memory_drop(dp, NGD_D_NOPEER);
		return 0;
	}
	c = dp_memory_stats(dp, hook);
	c[NGD_C_OUT_PACKETS]++;
	c[NGD_C_OUT_OCTETS] += len;
	c = dp_memory_stats(dp, to);
	c[NGD_C_IN_PACKETS]++;
	c[NGD_C_IN_OCTETS] += len;
	if (dp_hook(dp, to)->kind == NGD_USER) {
		struct ngd_up up = {.kind = NGD_UP_DATA,
				    .hook = to,
				    .gen = dp_hook(dp, to)->gen,
				    .len = (uint32_t)len};

		return dp_memory_up(dp, &up, data);
	}
	if (m->walk)
		m->walk(dp, to, data, len, m->walk_arg);
	else
		dp_memory_drop(dp, NGD_D_HOLE);
	return 0;
}

static int mem_up_fd(struct ng_dp *dp)
{
	(void)dp;
	return -1; /* nothing comes by itself */
}

static int mem_up_read(struct ng_dp *dp, dp_up_fn *fn, void *arg)
{
	struct dp_mem *m = mem(dp);
	int n = 0;

	while (m->up) {
		struct mem_up *u = m->up;

		m->up = u->next;
		if (!m->up)
			m->up_end = &m->up;
		m->nup--;
		fn(&u->up, u->data, arg);
		free(u);
		n++;
	}
	return n;
}

/* --- life ---------------------------------------------------------------- */

static struct vnet *mem_vnet(struct ng_dp *dp)
{
	(void)dp;
	return NULL;
}

static void mem_table_free(struct mem_table *t)
{
	for (size_t i = 0; i < MEM_BUCKETS; i++)
		while (t->bucket[i]) {
			struct mem_entry *e = t->bucket[i];

			t->bucket[i] = e->next;
			free(e);
		}
}

static void mem_free(struct ng_dp *dp)
{
	struct dp_mem *m = mem(dp);

	for (size_t t = 0; t <= DP_RULES; t++)
		mem_table_free(&m->table[t]);
	while (m->up) {
		struct mem_up *u = m->up;

		m->up = u->next;
		free(u);
	}
	dp_slots_free(dp);
	free(dp->hooks);
	free(dp->nodes);
	free(dp->states);
	free(dp->blobs);
	free(m->stats);
	free(m);
}

static const struct dp_ops mem_ops = {
	.free = mem_free,
	.vnet = mem_vnet,
	.grow = mem_grow,
	.grace = mem_grace,
	.stats_zero = mem_stats_zero,
	.table_set = mem_table_set,
	.table_get = mem_table_get,
	.table_delete = mem_table_delete,
	.table_each = mem_table_each,
	.hook_stats = mem_hook_stats,
	.drops = mem_drops,
	.device = mem_device,
	.inject = mem_inject,
	.up_fd = mem_up_fd,
	.up_read = mem_up_read,
};

int dp_memory(struct ng_dp **ret)
{
	struct dp_mem *m = calloc(1, sizeof(*m));
	struct ng_dp *dp;

	if (!m)
		return -ENOMEM;
	dp = &m->dp;
	dp->ops = &mem_ops;
	dp->ctl = &m->ctl;
	m->up_end = &m->up;
	for (enum dp_slot_kind k = 0; k < DP_SLOT_KINDS; k++) {
		int r = dp_slots_init(dp, k, 0);

		dp->slots[k].most = k == DP_BLOBS ? MEM_BLOBS_MAX : MEM_MAX;
		if (!r)
			r = mem_grow(dp, k);
		if (r < 0) {
			mem_free(dp);
			return r;
		}
	}
	*ret = dp;
	return 0;
}
