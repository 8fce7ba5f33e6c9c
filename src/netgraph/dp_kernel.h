/*
 * dp_kernel: the parts of the kernel's data path (head of dp_kernel.c).
 */
#ifndef CB_NETGRAPH_DP_KERNEL_H
#define CB_NETGRAPH_DP_KERNEL_H

#include "netgraph/dp_impl.h"

#include <linux/bpf.h>

/* The maps that are pinned; the skeleton's names without "cb_ng_" are the
 * pins'. */
enum dpk_map {
	DPK_HOOKS,
	DPK_NODES,
	DPK_STATES,
	DPK_BLOBS,
	DPK_CTL,
	DPK_FLOWS,
	DPK_STATS,
	DPK_DROPS,
	DPK_FDB,
	DPK_RULES,
	DPK_UP,
	DPK_PROGS,
	DPK_NETFLOW,
	DPK_NAT,
	DPK_MAPS
};
#define DPK_MAPPED (DPK_FLOWS + 1) /* the first so many are mapped */

struct ring_buffer;

struct dp_kernel {
	struct ng_dp dp;
	struct vnet *v; /* borrowed */
	char *dir;	/* of the pins */
	int map[DPK_MAPS];
	int enter; /* the program of the filters */
	struct {
		void *at;
		size_t size;
	} mapped[DPK_MAPPED];
	int ncpu;
	struct ngd_flow *flows; /* ncpu times NGD_FLOWS */
	uint64_t *percpu;	/* room for one element of a per-CPU map */
	/* dp_packets.c */
	struct ring_buffer *ring;
	dp_up_fn *up; /* while it is being read */
	void *up_arg;
	int sock; /* AF_PACKET on our device, -1: not yet */
};

static inline struct dp_kernel *dpk(struct ng_dp *dp)
{
	return (struct dp_kernel *)dp;
}

/* --- dp_maps.c --- */
int dpk_table_set(struct ng_dp *dp, enum dp_table t, const struct ngd_key *k,
		  const struct ngd_entry *entry);
int dpk_table_get(struct ng_dp *dp, enum dp_table t, const struct ngd_key *k,
		  struct ngd_entry *ret);
int dpk_table_delete(struct ng_dp *dp, enum dp_table t,
		     const struct ngd_key *k);
int dpk_table_each(struct ng_dp *dp, enum dp_table t, uint32_t node,
		   dp_each_fn *fn, void *arg);
void dpk_stats_zero(struct ng_dp *dp, uint32_t slot);
int dpk_nat_each(struct ng_dp *dp, uint32_t node, dp_nat_fn *fn, void *arg);
int dpk_nat_get(struct ng_dp *dp, const struct ngd_nat_key *k,
		struct ngd_nat_link *ret);
int dpk_nat_delete(struct ng_dp *dp, const struct ngd_nat_key *k);
int dpk_flow_each(struct ng_dp *dp, uint32_t node, dp_flow_fn *fn, void *arg);
int dpk_flow_take(struct ng_dp *dp, const struct ngd_nf_key *k,
		  struct ngd_nf_flow *ret);
void dpk_hook_stats(struct ng_dp *dp, uint32_t slot,
		    uint64_t ret[NGD_COUNTERS]);
uint64_t dpk_drops(struct ng_dp *dp, enum ngd_drop why);
void dpk_grace(struct ng_dp *dp);

/* --- dp_load.c --- */
/* Programs of this version with room for that many of each kind; maps whose
 * descriptor is not -1 are taken over.  All descriptors are the caller's. */
struct dpk_loaded {
	int map[DPK_MAPS];
	int enter, walk;
	uint32_t without; /* NGD_WITHOUT_* */
};
/* Without what is said; of what the kernel refuses, without that, too. */
int dpk_load(const int have[DPK_MAPS], const uint32_t size[DP_SLOT_KINDS],
	     int ncpu, const struct ngd_ctl *ctl, struct dpk_loaded *ret,
	     struct err *e);
void dpk_unload(struct dpk_loaded *l);
extern const char *const dpk_map_names[DPK_MAPS];

/* --- dp_packets.c --- */
/* Our own device, made if it is missing, its program attached. */
int dpk_loop(struct dp_kernel *k, struct err *e);
int dpk_loop_remove(struct vnet *v, struct err *e);
int dpk_inject(struct ng_dp *dp, uint32_t hook, const void *data, size_t len);
int dpk_up_fd(struct ng_dp *dp);
int dpk_up_read(struct ng_dp *dp, dp_up_fn *fn, void *arg);
void dpk_packets_free(struct dp_kernel *k);

#endif
