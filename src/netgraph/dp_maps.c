/* dp_maps: tables and counters of the kernel's data path. */
#include "netgraph/dp_kernel.h"

#include "base/cleanup.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* --- tables -------------------------------------------------------------- */

static int table_fd(struct ng_dp *dp, enum dp_table t)
{
	return dpk(dp)->map[t == DP_FDB ? DPK_FDB : DPK_RULES];
}

int dpk_table_set(struct ng_dp *dp, enum dp_table t, const struct ngd_key *k,
		  const struct ngd_entry *entry)
{
	return bpf_map_update_elem(table_fd(dp, t), k, entry, BPF_ANY) < 0
		       ? -errno
		       : 0;
}

int dpk_table_get(struct ng_dp *dp, enum dp_table t, const struct ngd_key *k,
		  struct ngd_entry *ret)
{
	struct ngd_entry e;

	if (bpf_map_lookup_elem(table_fd(dp, t), k, &e) < 0)
		return -errno;
	*ret = e;
	return 0;
}

int dpk_table_delete(struct ng_dp *dp, enum dp_table t, const struct ngd_key *k)
{
	return bpf_map_delete_elem(table_fd(dp, t), k) < 0 ? -errno : 0;
}

/* Entries a system call brings: a table of 16,384 takes 64 of them. */
#define EACH_BATCH 256u

/* The slot of its node begins every key. */
_Static_assert(!offsetof(struct ngd_key, node), "each_entry");
_Static_assert(!offsetof(struct ngd_nf_key, node), "each_entry");
_Static_assert(!offsetof(struct ngd_nat_key, node), "each_entry");

typedef int each_fn(const void *key, const void *value, void *arg);

/*
 * What fn says for each entry of a map that is of this node (0: of any); it
 * stops at what is not 0.  fn may delete entries.  What is learned meanwhile
 * may be left out.
 */
static int each_entry(int fd, size_t key_size, size_t value_size, uint32_t node,
		      each_fn *fn, void *arg)
{
	cleanup_free char *keys = malloc(EACH_BATCH * (key_size + value_size));
	char *values;
	uint32_t at = 0, next; /* the kernel's: a bucket's number */
	bool first = true, last = false;

	if (!keys)
		return -ENOMEM;
	values = keys + EACH_BATCH * key_size;
	while (!last) {
		uint32_t n = EACH_BATCH;
		int r = bpf_map_lookup_batch(fd, first ? NULL : &at, &next,
					     keys, values, &n, NULL);

		if (r < 0 && errno != ENOENT)
			return -errno;
		last = r < 0;
		first = false;
		at = next;
		for (uint32_t i = 0; i < n; i++) {
			const char *k = keys + i * key_size;

			if (node && memcmp(k, &node, sizeof(node)) != 0)
				continue;
			r = fn(k, values + i * value_size, arg);
			if (r)
				return r;
		}
	}
	return 0;
}

/* each_entry() with the types of one table. */
#define EACH_OF(name, key, value, type)                                        \
	struct name##_call {                                                   \
		type *fn;                                                      \
		void *arg;                                                     \
	};                                                                     \
	static int name##_one(const void *k, const void *v, void *arg)         \
	{                                                                      \
		const struct name##_call *c = arg;                             \
                                                                               \
		return c->fn(k, v, c->arg);                                    \
	}                                                                      \
	static int name(int fd, uint32_t node, type *fn, void *arg)            \
	{                                                                      \
		struct name##_call c = {.fn = fn, .arg = arg};                 \
                                                                               \
		return each_entry(fd, sizeof(key), sizeof(value), node,        \
				  name##_one, &c);                             \
	}

EACH_OF(each_row, struct ngd_key, struct ngd_entry, dp_each_fn)
EACH_OF(each_flow, struct ngd_nf_key, struct ngd_nf_flow, dp_flow_fn)
EACH_OF(each_link, struct ngd_nat_key, struct ngd_nat_link, dp_nat_fn)

int dpk_table_each(struct ng_dp *dp, enum dp_table t, uint32_t node,
		   dp_each_fn *fn, void *arg)
{
	return each_row(table_fd(dp, t), node, fn, arg);
}

/* --- flows of netflow nodes ---------------------------------------------- */

int dpk_flow_each(struct ng_dp *dp, uint32_t node, dp_flow_fn *fn, void *arg)
{
	return each_flow(dpk(dp)->map[DPK_NETFLOW], node, fn, arg);
}

int dpk_flow_take(struct ng_dp *dp, const struct ngd_nf_key *k,
		  struct ngd_nf_flow *ret)
{
	struct ngd_nf_flow f;

	if (bpf_map_lookup_and_delete_elem(dpk(dp)->map[DPK_NETFLOW], k, &f) <
	    0)
		return -errno;
	*ret = f;
	return 0;
}

/* --- links of nat nodes -------------------------------------------------- */

int dpk_nat_each(struct ng_dp *dp, uint32_t node, dp_nat_fn *fn, void *arg)
{
	return each_link(dpk(dp)->map[DPK_NAT], node, fn, arg);
}

int dpk_nat_get(struct ng_dp *dp, const struct ngd_nat_key *k,
		struct ngd_nat_link *ret)
{
	struct ngd_nat_link l;

	if (bpf_map_lookup_elem(dpk(dp)->map[DPK_NAT], k, &l) < 0)
		return -errno;
	*ret = l;
	return 0;
}

int dpk_nat_delete(struct ng_dp *dp, const struct ngd_nat_key *k)
{
	return bpf_map_delete_elem(dpk(dp)->map[DPK_NAT], k) < 0 ? -errno : 0;
}

/* --- counters ------------------------------------------------------------ */

void dpk_stats_zero(struct ng_dp *dp, uint32_t slot)
{
	struct dp_kernel *k = dpk(dp);

	if (dp->hooks[slot].gen == 1)
		return; /* nobody has counted here yet */
	memset(k->percpu, 0, sizeof(struct ngd_stats) * (size_t)k->ncpu);
	bpf_map_update_elem(k->map[DPK_STATS], &slot, k->percpu, BPF_ANY);
}

/* What remembered verdicts have counted of that hook and not yet added. */
static void flow_counters(const struct dp_kernel *k, uint32_t slot,
			  uint64_t c[NGD_COUNTERS])
{
	for (size_t i = 0; i < (size_t)k->ncpu * NGD_FLOWS; i++) {
		const struct ngd_flow *f = &k->flows[i];
		uint64_t packets =
			__atomic_load_n(&f->packets, __ATOMIC_ACQUIRE);
		uint64_t octets = packets ? f->octets : 0;
		size_t n = f->npath < NGD_PATH ? f->npath : NGD_PATH;

		for (size_t p = 0; packets && p < n; p++) {
			uint32_t hook = f->path[p & ~1ul], tag;

			tag = hook & NGD_PATH_TAG ? 4 : 0;
			if ((f->path[p] & ~NGD_PATH_TAG) != slot)
				continue;
			c[p & 1 ? NGD_C_IN_PACKETS : NGD_C_OUT_PACKETS] +=
				packets;
			c[p & 1 ? NGD_C_IN_OCTETS : NGD_C_OUT_OCTETS] +=
				octets + tag * packets;
		}
	}
}

/* How often each CPU has added what its verdicts have counted. */
static bool folds(struct dp_kernel *k, uint64_t *ret)
{
	const struct ngd_stats *s = (const void *)k->percpu;
	uint32_t zero = 0;

	if (bpf_map_lookup_elem(k->map[DPK_STATS], &zero, k->percpu) < 0)
		return false;
	for (int cpu = 0; cpu < k->ncpu; cpu++)
		ret[cpu] = s[cpu].c[NGD_C_FOLDS];
	return true;
}

static bool same_folds(struct dp_kernel *k, const uint64_t *was)
{
	const struct ngd_stats *s = (const void *)k->percpu;
	uint32_t zero = 0;

	if (bpf_map_lookup_elem(k->map[DPK_STATS], &zero, k->percpu) < 0)
		return true;
	for (int cpu = 0; cpu < k->ncpu; cpu++)
		if (was[cpu] & 1 || s[cpu].c[NGD_C_FOLDS] != was[cpu])
			return false;
	return true;
}

/* More often the sum is not tried to be had at one moment: were it not, a few
 * packets are missing in it, or twice. */
#define STATS_TRIES 64

void dpk_hook_stats(struct ng_dp *dp, uint32_t slot, uint64_t ret[NGD_COUNTERS])
{
	struct dp_kernel *k = dpk(dp);
	const struct ngd_stats *s = (const void *)k->percpu;
	cleanup_free uint64_t *was = calloc((size_t)k->ncpu, sizeof(*was));

	for (int i = 0; i < STATS_TRIES; i++) {
		memset(ret, 0, NGD_COUNTERS * sizeof(*ret));
		if (!was || !folds(k, was) ||
		    bpf_map_lookup_elem(k->map[DPK_STATS], &slot, k->percpu) <
			    0)
			return;
		for (int cpu = 0; cpu < k->ncpu; cpu++)
			for (size_t c = 0; c < NGD_COUNTERS; c++)
				ret[c] += s[cpu].c[c];
		flow_counters(k, slot, ret);
		if (same_folds(k, was))
			break;
	}
}

uint64_t dpk_drops(struct ng_dp *dp, enum ngd_drop why)
{
	struct dp_kernel *k = dpk(dp);
	uint32_t i = why;
	uint64_t sum = 0;

	if (bpf_map_lookup_elem(k->map[DPK_DROPS], &i, k->percpu) < 0)
		return 0;
	for (int cpu = 0; cpu < k->ncpu; cpu++)
		sum += k->percpu[cpu];
	return sum;
}

/* --- grace --------------------------------------------------------------- */

/* The kernel waits for all programs under way when a map in a map is
 * replaced. */
static int replace_inner(void)
{
	cleanup_close int inner =
		bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, 4, 4, 1, NULL);
	struct bpf_map_create_opts opts = {.sz = sizeof(opts),
					   .inner_map_fd = (uint32_t)inner};
	cleanup_close int outer = -1;
	uint32_t zero = 0;

	if (inner < 0)
		return -errno;
	outer = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, NULL, 4, 4, 1,
			       &opts);
	if (outer < 0)
		return -errno;
	return bpf_map_update_elem(outer, &zero, &inner, BPF_ANY) < 0 ? -errno
								      : 0;
}

/*
 * Slots will be given out anew: what verdicts of before have counted is not
 * their new hooks'.  None of these is in force any more; a packet may put
 * another in its place meanwhile, which has no such slots.
 */
static void forget_paths(struct dp_kernel *k)
{
	const struct dp_slots *s = &k->dp.slots[DP_HOOKS];

	for (size_t i = 0; i < (size_t)k->ncpu * NGD_FLOWS; i++) {
		struct ngd_flow *f = &k->flows[i];

		for (size_t p = 0; p < NGD_PATH && p < f->npath; p++) {
			uint32_t was =
				__atomic_load_n(&f->path[p], __ATOMIC_RELAXED);
			uint32_t slot = was & ~NGD_PATH_TAG;

			if (slot && (slot >= s->size || !s->used[slot]))
				__atomic_compare_exchange_n(
					&f->path[p], &was, 0, false,
					__ATOMIC_RELAXED, __ATOMIC_RELAXED);
		}
	}
}

void dpk_grace(struct ng_dp *dp)
{
	/* refused where some CPUs have no tick */
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) < 0 &&
	    replace_inner() < 0)
		sleep(1); /* no packet takes that long */
	forget_paths(dpk(dp));
}
