/*
 * dp: the data path of one vnet: slots, tables, devices.
 *
 * Theory of operation.  Programs and maps are loaded once a vnet (COOKIE) and
 * pinned below BPFDIR/ng-COOKIE; tc filters on devices hold them, too, so
 * packets flow with or without a broker.  What few want is left out until
 * somebody does (dp_need()).  A broker that comes opens the pins,
 * or loads; another version's programs are replaced device by device, with
 * the old maps copied.  dp_memory() is a data path of plain memory, without
 * kernel: for unit tests, and what bpf/ is compared with (tests/unit/ng_ref.h).
 *
 * Programs are attached by clsact (tc), preference NGD_PREF, on each ether
 * node's device while lower, upper or orphans is connected, and on our end of
 * every eiface.
 */
#ifndef CB_NETGRAPH_DP_H
#define CB_NETGRAPH_DP_H

#include "base/err.h"
#include "net/vnet.h"
#include "netgraph/data.h"
#include "netgraph/nat_data.h"
#include "netgraph/netflow_data.h"

struct ng_dp;

/* Open or load that of vnet v (borrowed) below the bpffs directory bpfdir. */
int dp_open(struct vnet *v, const char *bpfdir, struct ng_dp **ret,
	    struct err *e);
int dp_memory(struct ng_dp **ret);
void dp_free(struct ng_dp **dp); /* packets flow on */
/* Take everything of cookie's away: filters on devices, pins. */
int dp_remove(struct vnet *v, const char *bpfdir, struct err *e);

struct vnet *dp_vnet(struct ng_dp *dp); /* NULL: memory */

/* --- slots --- (-ENOMEM; more slots are made when they run out) */
int dp_hook_alloc(struct ng_dp *dp, uint32_t *ret_slot, uint32_t *ret_gen);
void dp_hook_release(struct ng_dp *dp, uint32_t slot);
int dp_node_alloc(struct ng_dp *dp, uint32_t *ret_slot);
void dp_node_release(struct ng_dp *dp, uint32_t slot);
int dp_blob_alloc(struct ng_dp *dp, const void *data, size_t len,
		  uint32_t *ret_slot);
void dp_blob_release(struct ng_dp *dp, uint32_t slot);
/* A successor claims the slots that its journal names, before any alloc. */
int dp_hook_claim(struct ng_dp *dp, uint32_t slot);
int dp_node_claim(struct ng_dp *dp, uint32_t slot);
int dp_blob_claim(struct ng_dp *dp, uint32_t slot);

/* The records, to be changed by dp_store() alone (or in a slot that nothing
 * points to yet). */
struct ngd_hook *dp_hook(struct ng_dp *dp, uint32_t slot);
struct ngd_node *dp_node(struct ng_dp *dp, uint32_t slot);
struct ngd_state *dp_state(struct ng_dp *dp, uint32_t node);
const struct ngd_blob *dp_blob(struct ng_dp *dp, uint32_t slot);
struct ngd_ctl *dp_ctl(struct ng_dp *dp);
/* One word, seen by packets after all that was written before. */
void dp_store(uint32_t *word, uint32_t value);
/* After a change: cached verdicts are void. */
void dp_changed(struct ng_dp *dp);
/* Load what is left out until somebody wants it (NGD_WITHOUT_*).  -EOPNOTSUPP:
 * the kernel does not take it. */
int dp_need(struct ng_dp *dp, uint32_t what);
/* Wait until no packet holds what was cut off. */
void dp_grace(struct ng_dp *dp);

/* --- tables --- */
enum dp_table {
	DP_FDB,
	DP_RULES
};
int dp_table_set(struct ng_dp *dp, enum dp_table t, const struct ngd_key *k,
		 const struct ngd_entry *entry);
int dp_table_get(struct ng_dp *dp, enum dp_table t, const struct ngd_key *k,
		 struct ngd_entry *ret);
int dp_table_delete(struct ng_dp *dp, enum dp_table t, const struct ngd_key *k);
/* Each entry of node slot `node` (0: all); fn returns non-zero to stop. */
typedef int dp_each_fn(const struct ngd_key *k, const struct ngd_entry *entry,
		       void *arg);
int dp_table_each(struct ng_dp *dp, enum dp_table t, uint32_t node,
		  dp_each_fn *fn, void *arg);

/* Flows of netflow node slot `node`; fn may take them. */
typedef int dp_flow_fn(const struct ngd_nf_key *k, const struct ngd_nf_flow *f,
		       void *arg);
int dp_flow_each(struct ng_dp *dp, uint32_t node, dp_flow_fn *fn, void *arg);
/* Out of the table, with what it has counted until now.  -ENOENT */
int dp_flow_take(struct ng_dp *dp, const struct ngd_nf_key *k,
		 struct ngd_nf_flow *ret);

/* Links of nat node slot `node`, two entries each; fn may delete them. */
typedef int dp_nat_fn(const struct ngd_nat_key *k, const struct ngd_nat_link *l,
		      void *arg);
int dp_nat_each(struct ng_dp *dp, uint32_t node, dp_nat_fn *fn, void *arg);
int dp_nat_get(struct ng_dp *dp, const struct ngd_nat_key *k,
	       struct ngd_nat_link *ret);
int dp_nat_delete(struct ng_dp *dp, const struct ngd_nat_key *k);

/* Sums over the CPUs. */
void dp_hook_stats(struct ng_dp *dp, uint32_t slot, uint64_t ret[NGD_COUNTERS]);
uint64_t dp_drops(struct ng_dp *dp, enum ngd_drop why);
/* "loop", "no-peer": for statistics and trace; NULL: there is none such. */
const char *dp_drop_word(enum ngd_drop why);
/* What the sender hears, if a node of that kind (enum ngd_kind) drops what came
 * in by a hook of that role: -errno, or 0. */
int dp_drop_error(enum ngd_drop why, unsigned int kind, unsigned int role);

/* --- devices --- */
enum dp_hooking {
	DP_INGRESS = 1, /* what arrives at the device walks */
	DP_EGRESS = 2,	/* what is sent by it does */
};
/* Attach or detach, so that it is just `hooking` (0: none); the node slot is
 * the one that packets enter by. */
int dp_device(struct ng_dp *dp, uint32_t ifindex, unsigned int hooking,
	      uint32_t node, struct err *e);

/* --- packets --- */
/* Data out of hook slot: its peer gets it, before this returns where no other
 * device is on the way. */
int dp_inject(struct ng_dp *dp, uint32_t hook, const void *data, size_t len);
/* What a node of FreeBSD's says to the sender of what was injected last, if it
 * has got nowhere: -errno, or 0. */
int dp_injected(struct ng_dp *dp);
/* For poll; and read what has come up: fn for each, until there is none. */
int dp_up_fd(struct ng_dp *dp);
typedef void dp_up_fn(const struct ngd_up *up, const void *data, void *arg);
int dp_up_read(struct ng_dp *dp, dp_up_fn *fn, void *arg);

#endif
