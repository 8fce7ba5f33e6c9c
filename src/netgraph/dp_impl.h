/*
 * dp_impl: what the two data paths have in common, and where they differ: the
 * kernel's (dp_kernel.c ...) and plain memory (dp_mem.c).
 *
 * Theory of operation.  dp.c does all that is stores to mapped records and
 * the giving out of slots, for both; the rest goes through `struct dp_ops`.
 * A data path embeds `struct ng_dp` as its first member, sets `ops`, the
 * arrays and, by dp_slots_init(), how many slots each has.
 *
 * Life of a slot: free -> used (alloc, claim) -> cut (release: nothing points
 * to it, but a packet under way may hold it) -> grace -> free.  One grace
 * period serves all slots that are cut by then, and is waited for only when
 * no free slot is left.  Slots that a predecessor has used and that nobody
 * claims may still be held, too: they are the last to be given out.
 */
#ifndef CB_NETGRAPH_DP_IMPL_H
#define CB_NETGRAPH_DP_IMPL_H

#include "netgraph/dp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum dp_slot_kind {
	DP_HOOKS,
	DP_NODES,
	DP_BLOBS,
	DP_SLOT_KINDS
};

struct dp_slots {
	uint32_t size; /* 0 to size - 1 are there; 0 is never given out */
	uint32_t most; /* how far it may grow */
	uint32_t next; /* from here on none was ever used */
	uint32_t old;  /* below: a predecessor's, cut unless claimed */
	bool *used;    /* size of them */
	uint32_t *free;
	size_t nfree;
	uint32_t *cut;
	size_t ncut;
};

struct dp_ops {
	void (*free)(struct ng_dp *dp); /* all of it, dp too */
	struct vnet *(*vnet)(struct ng_dp *dp);
	/* No slot of that kind is left: make the array larger and call
	 * dp_slots_resize(), or -ENOMEM.  Packets see nothing of it.  NULL:
	 * never. */
	int (*grow)(struct ng_dp *dp, enum dp_slot_kind kind);
	int (*need)(struct ng_dp *dp, uint32_t what);
	/* Every packet that was under way has left. */
	void (*grace)(struct ng_dp *dp);
	/* One CPU's counters of a hook's slot begin with nothing: it is given
	 * out anew. */
	void (*stats_zero)(struct ng_dp *dp, uint32_t slot);
	int (*table_set)(struct ng_dp *dp, enum dp_table t,
			 const struct ngd_key *k, const struct ngd_entry *e);
	int (*table_get)(struct ng_dp *dp, enum dp_table t,
			 const struct ngd_key *k, struct ngd_entry *ret);
	int (*table_delete)(struct ng_dp *dp, enum dp_table t,
			    const struct ngd_key *k);
	int (*table_each)(struct ng_dp *dp, enum dp_table t, uint32_t node,
			  dp_each_fn *fn, void *arg);
	/* NULL: there are none */
	int (*flow_each)(struct ng_dp *dp, uint32_t node, dp_flow_fn *fn,
			 void *arg);
	int (*flow_take)(struct ng_dp *dp, const struct ngd_nf_key *k,
			 struct ngd_nf_flow *ret);
	int (*nat_each)(struct ng_dp *dp, uint32_t node, dp_nat_fn *fn,
			void *arg);
	int (*nat_get)(struct ng_dp *dp, const struct ngd_nat_key *k,
		       struct ngd_nat_link *ret);
	int (*nat_delete)(struct ng_dp *dp, const struct ngd_nat_key *k);
	void (*hook_stats)(struct ng_dp *dp, uint32_t slot,
			   uint64_t ret[NGD_COUNTERS]);
	uint64_t (*drops)(struct ng_dp *dp, enum ngd_drop why);
	int (*device)(struct ng_dp *dp, uint32_t ifindex, unsigned int hooking,
		      uint32_t node, struct err *e);
	int (*inject)(struct ng_dp *dp, uint32_t hook, const void *data,
		      size_t len);
	int (*up_fd)(struct ng_dp *dp);
	int (*up_read)(struct ng_dp *dp, dp_up_fn *fn, void *arg);
};

struct ng_dp {
	const struct dp_ops *ops;
	struct ngd_hook *hooks;
	struct ngd_node *nodes;
	struct ngd_state *states; /* as many as nodes */
	struct ngd_blob *blobs;
	struct ngd_ctl *ctl;
	struct dp_slots slots[DP_SLOT_KINDS];
};

/* size slots of that kind, of which none is used, but a predecessor's below
 * dp->ctl->fresh[kind].  -ENOMEM */
int dp_slots_init(struct ng_dp *dp, enum dp_slot_kind kind, uint32_t size);
/* From grow(): there are more. -ENOMEM */
int dp_slots_resize(struct ng_dp *dp, enum dp_slot_kind kind, uint32_t size);
void dp_slots_free(struct ng_dp *dp);
/* As another process finds it: records are as they were, no slot is used. */
void dp_slots_forget(struct ng_dp *dp);

/* --- plain memory only, for tests and the reference walk --- */

/* Packet `data` has come to hook slot `hook` (its node's receiving side). */
typedef void dp_walk_fn(struct ng_dp *dp, uint32_t hook, const void *data,
			size_t len, void *arg);
/* Who walks what dp_inject() sends, in place of the programs.  Without one
 * packets get as far as a neighbour in the broker (NGD_USER), and others are
 * dropped (NGD_D_HOLE). */
void dp_memory_walk(struct ng_dp *dp, dp_walk_fn *walk, void *arg);
/* The walk hands a packet to the broker. -ENOMEM */
int dp_memory_up(struct ng_dp *dp, const struct ngd_up *up, const void *data);
void dp_memory_drop(struct ng_dp *dp, enum ngd_drop why);
/* Counters to count in. */
uint64_t *dp_memory_stats(struct ng_dp *dp, uint32_t slot);

#endif
