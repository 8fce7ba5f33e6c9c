/* dp: slots, stores, and the way to the data path's own functions (dp_impl.h).
 */
#include "netgraph/dp_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* --- slots --------------------------------------------------------------- */

int dp_slots_init(struct ng_dp *dp, enum dp_slot_kind kind, uint32_t size)
{
	struct dp_slots *s = &dp->slots[kind];

	*s = (struct dp_slots){.next = 1};
	if (dp->ctl->fresh[kind] > 1)
		s->next = s->old = dp->ctl->fresh[kind];
	return dp_slots_resize(dp, kind, size);
}

/* Both lists have room for every slot, so that releasing cannot fail. */
int dp_slots_resize(struct ng_dp *dp, enum dp_slot_kind kind, uint32_t size)
{
	struct dp_slots *s = &dp->slots[kind];
	bool *used;
	uint32_t *list;

	if (size <= s->size)
		return 0;
	used = realloc(s->used, size * sizeof(*used));
	if (!used)
		return -ENOMEM;
	s->used = used;
	list = realloc(s->free, size * sizeof(*list));
	if (!list)
		return -ENOMEM;
	s->free = list;
	list = realloc(s->cut, size * sizeof(*list));
	if (!list)
		return -ENOMEM;
	s->cut = list;
	memset(used + s->size, 0, (size - s->size) * sizeof(*used));
	s->size = size;
	return 0;
}

void dp_slots_free(struct ng_dp *dp)
{
	for (int k = 0; k < DP_SLOT_KINDS; k++) {
		free(dp->slots[k].used);
		free(dp->slots[k].free);
		free(dp->slots[k].cut);
		dp->slots[k] = (struct dp_slots){0};
	}
}

void dp_slots_forget(struct ng_dp *dp)
{
	for (int k = 0; k < DP_SLOT_KINDS; k++) {
		struct dp_slots *s = &dp->slots[k];

		memset(s->used, 0, s->size * sizeof(*s->used));
		s->next = s->old = dp->ctl->fresh[k] ? dp->ctl->fresh[k] : 1;
		s->nfree = s->ncut = 0;
	}
}

static uint32_t slot_unused(struct ng_dp *dp, enum dp_slot_kind kind)
{
	struct dp_slots *s = &dp->slots[kind];

	if (s->nfree)
		return s->free[--s->nfree];
	if (s->next >= s->size)
		return 0;
	dp_store(&dp->ctl->fresh[kind], s->next + 1);
	return s->next++;
}

/* What the predecessor has used and nobody has claimed. */
static void slot_old(struct dp_slots *s)
{
	for (uint32_t slot = 1; slot < s->old; slot++)
		if (!s->used[slot])
			s->cut[s->ncut++] = slot;
	s->old = 0;
}

static int slot_alloc(struct ng_dp *dp, enum dp_slot_kind kind, uint32_t *ret)
{
	struct dp_slots *s = &dp->slots[kind];
	uint32_t slot = slot_unused(dp, kind);
	int r;

	if (!slot)
		slot_old(s);
	if (!slot && s->ncut) {
		dp_grace(dp);
		slot = slot_unused(dp, kind);
	}
	if (!slot && dp->ops->grow) {
		r = dp->ops->grow(dp, kind);
		if (r < 0)
			return r;
		slot = slot_unused(dp, kind);
	}
	if (!slot)
		return -ENOMEM;
	s->used[slot] = true;
	*ret = slot;
	return 0;
}

static void slot_release(struct ng_dp *dp, enum dp_slot_kind kind,
			 uint32_t slot)
{
	struct dp_slots *s = &dp->slots[kind];

	if (!slot || slot >= s->size || !s->used[slot])
		return;
	s->used[slot] = false;
	if (slot >= s->old) /* slot_old() has the others */
		s->cut[s->ncut++] = slot;
}

/* One that a journal names; only before others are given out. */
static int slot_claim(struct ng_dp *dp, enum dp_slot_kind kind, uint32_t slot)
{
	struct dp_slots *s = &dp->slots[kind];
	int r;

	if (!slot)
		return -EINVAL;
	if (slot >= s->size && slot >= s->most)
		return -ENOMEM; /* wild: nothing is made for it */
	while (slot >= s->size) {
		r = dp->ops->grow ? dp->ops->grow(dp, kind) : -ENOMEM;
		if (r < 0)
			return r;
	}
	if (s->used[slot] || (slot >= s->old && slot < s->next))
		return -EEXIST;
	if (slot >= s->next) { /* a data path that knows nothing */
		if (s->next > 1 && s->next != s->old)
			return -EBUSY;
		s->old = s->next = slot + 1;
		dp_store(&dp->ctl->fresh[kind], s->next);
	}
	s->used[slot] = true;
	return 0;
}

int dp_hook_alloc(struct ng_dp *dp, uint32_t *ret_slot, uint32_t *ret_gen)
{
	uint32_t slot, gen;
	int r = slot_alloc(dp, DP_HOOKS, &slot);

	if (r < 0)
		return r;
	gen = dp->hooks[slot].gen + 1;
	if (!gen)
		gen = 1;
	dp->hooks[slot] = (struct ngd_hook){.gen = gen};
	dp->ops->stats_zero(dp, slot);
	*ret_slot = slot;
	*ret_gen = gen;
	return 0;
}

void dp_hook_release(struct ng_dp *dp, uint32_t slot)
{
	slot_release(dp, DP_HOOKS, slot);
}

int dp_hook_claim(struct ng_dp *dp, uint32_t slot)
{
	int r = slot_claim(dp, DP_HOOKS, slot);

	if (!r && !dp->hooks[slot].gen)
		dp->hooks[slot].gen = 1;
	return r;
}

int dp_node_alloc(struct ng_dp *dp, uint32_t *ret_slot)
{
	uint32_t slot, gen;
	int r = slot_alloc(dp, DP_NODES, &slot);

	if (r < 0)
		return r;
	gen = dp->nodes[slot].gen + 1;
	dp->nodes[slot] = (struct ngd_node){.gen = gen};
	dp->states[slot] = (struct ngd_state){0};
	*ret_slot = slot;
	return 0;
}

void dp_node_release(struct ng_dp *dp, uint32_t slot)
{
	slot_release(dp, DP_NODES, slot);
}

int dp_node_claim(struct ng_dp *dp, uint32_t slot)
{
	return slot_claim(dp, DP_NODES, slot);
}

int dp_blob_alloc(struct ng_dp *dp, const void *data, size_t len,
		  uint32_t *ret_slot)
{
	uint32_t slot;
	int r;

	if (len > NGD_BLOB)
		return -E2BIG;
	r = slot_alloc(dp, DP_BLOBS, &slot);
	if (r < 0)
		return r;
	memcpy(dp->blobs[slot].bytes, data, len);
	memset(dp->blobs[slot].bytes + len, 0, NGD_BLOB - len);
	*ret_slot = slot;
	return 0;
}

void dp_blob_release(struct ng_dp *dp, uint32_t slot)
{
	slot_release(dp, DP_BLOBS, slot);
}

int dp_blob_claim(struct ng_dp *dp, uint32_t slot)
{
	return slot_claim(dp, DP_BLOBS, slot);
}

/* --- records ------------------------------------------------------------- */

struct ngd_hook *dp_hook(struct ng_dp *dp, uint32_t slot)
{
	return &dp->hooks[slot < dp->slots[DP_HOOKS].size ? slot : 0];
}

struct ngd_node *dp_node(struct ng_dp *dp, uint32_t slot)
{
	return &dp->nodes[slot < dp->slots[DP_NODES].size ? slot : 0];
}

struct ngd_state *dp_state(struct ng_dp *dp, uint32_t node)
{
	return &dp->states[node < dp->slots[DP_NODES].size ? node : 0];
}

const struct ngd_blob *dp_blob(struct ng_dp *dp, uint32_t slot)
{
	return &dp->blobs[slot < dp->slots[DP_BLOBS].size ? slot : 0];
}

struct ngd_ctl *dp_ctl(struct ng_dp *dp)
{
	return dp->ctl;
}

void dp_store(uint32_t *word, uint32_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
}

void dp_changed(struct ng_dp *dp)
{
	__atomic_fetch_add(&dp->ctl->gen, 1, __ATOMIC_RELEASE);
}

void dp_grace(struct ng_dp *dp)
{
	dp->ops->grace(dp);
	for (int k = 0; k < DP_SLOT_KINDS; k++) {
		struct dp_slots *s = &dp->slots[k];

		if (s->ncut)
			memcpy(s->free + s->nfree, s->cut,
			       s->ncut * sizeof(*s->cut));
		s->nfree += s->ncut;
		s->ncut = 0;
	}
}

/* --- what differs -------------------------------------------------------- */

void dp_free(struct ng_dp **dp)
{
	if (*dp)
		(*dp)->ops->free(*dp);
	*dp = NULL;
}

struct vnet *dp_vnet(struct ng_dp *dp)
{
	return dp->ops->vnet(dp);
}

int dp_table_set(struct ng_dp *dp, enum dp_table t, const struct ngd_key *k,
		 const struct ngd_entry *entry)
{
	return dp->ops->table_set(dp, t, k, entry);
}

int dp_table_get(struct ng_dp *dp, enum dp_table t, const struct ngd_key *k,
		 struct ngd_entry *ret)
{
	return dp->ops->table_get(dp, t, k, ret);
}

int dp_table_delete(struct ng_dp *dp, enum dp_table t, const struct ngd_key *k)
{
	return dp->ops->table_delete(dp, t, k);
}

int dp_table_each(struct ng_dp *dp, enum dp_table t, uint32_t node,
		  dp_each_fn *fn, void *arg)
{
	return dp->ops->table_each(dp, t, node, fn, arg);
}

int dp_flow_each(struct ng_dp *dp, uint32_t node, dp_flow_fn *fn, void *arg)
{
	return dp->ops->flow_each ? dp->ops->flow_each(dp, node, fn, arg) : 0;
}

int dp_flow_take(struct ng_dp *dp, const struct ngd_nf_key *k,
		 struct ngd_nf_flow *ret)
{
	return dp->ops->flow_take ? dp->ops->flow_take(dp, k, ret) : -ENOENT;
}

int dp_need(struct ng_dp *dp, uint32_t what)
{
	if (!(dp->ctl->without & what))
		return 0;
	return dp->ops->need ? dp->ops->need(dp, what) : -EOPNOTSUPP;
}

int dp_nat_each(struct ng_dp *dp, uint32_t node, dp_nat_fn *fn, void *arg)
{
	return dp->ops->nat_each ? dp->ops->nat_each(dp, node, fn, arg) : 0;
}

int dp_nat_get(struct ng_dp *dp, const struct ngd_nat_key *k,
	       struct ngd_nat_link *ret)
{
	return dp->ops->nat_get ? dp->ops->nat_get(dp, k, ret) : -ENOENT;
}

int dp_nat_delete(struct ng_dp *dp, const struct ngd_nat_key *k)
{
	return dp->ops->nat_delete ? dp->ops->nat_delete(dp, k) : -ENOENT;
}

void dp_hook_stats(struct ng_dp *dp, uint32_t slot, uint64_t ret[NGD_COUNTERS])
{
	dp->ops->hook_stats(dp, slot, ret);
}

uint64_t dp_drops(struct ng_dp *dp, enum ngd_drop why)
{
	return dp->ops->drops(dp, why);
}

int dp_device(struct ng_dp *dp, uint32_t ifindex, unsigned int hooking,
	      uint32_t node, struct err *e)
{
	return dp->ops->device(dp, ifindex, hooking, node, e);
}

int dp_inject(struct ng_dp *dp, uint32_t hook, const void *data, size_t len)
{
	dp_store(&dp->ctl->fate, 0);
	return dp->ops->inject(dp, hook, data, len);
}

int dp_injected(struct ng_dp *dp)
{
	uint32_t fate = __atomic_load_n(&dp->ctl->fate, __ATOMIC_RELAXED);
	const struct ngd_hook *h = dp_hook(dp, NGD_FATE_HOOK(fate));

	return dp_drop_error(NGD_FATE_WHY(fate), h->kind, h->role);
}

int dp_up_fd(struct ng_dp *dp)
{
	return dp->ops->up_fd(dp);
}

int dp_up_read(struct ng_dp *dp, dp_up_fn *fn, void *arg)
{
	return dp->ops->up_read(dp, fn, arg);
}
