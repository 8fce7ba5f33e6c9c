/*
 * load: a model into the kernel and back: what the rules' enforcement offers to
 * pfctl.  nft_*.c is the only back end; nothing of nftables shows here.
 */
#ifndef CB_PF_LOAD_H
#define CB_PF_LOAD_H

#include "pf/pf.h"

#include "net/vnet.h"

/* What one transaction replaces. */
#define PF_LOAD_OPTIONS 0x01u
#define PF_LOAD_FILTER 0x02u /* filter and scrub rules */
#define PF_LOAD_NAT 0x04u
#define PF_LOAD_TABLES 0x08u
#define PF_LOAD_QUEUES 0x10u
#define PF_LOAD_ETHER 0x80u
#define PF_LOAD_ALL 0x9fu
#define PF_LOAD_MERGE 0x20u /* -m: options not named stay */

struct pf_kernel; /* an open connection to one vnet's pf */

/* -EPERM, -EOPNOTSUPP naming the kernel option that is missing. */
int pf_kernel_open(const struct vnet *v, struct pf_kernel **ret, struct err *e);
void pf_kernel_close(struct pf_kernel **k);
#define cleanup_pf_kernel __attribute__((cleanup(pf_kernel_close)))

/*
 * Replace what `what` says of the anchor `path` ("" main ruleset, with the
 * inline anchors in it; anchors loaded apart stay) by what is in `c`, in one
 * transaction.  Refuses, before anything changes, what Linux cannot do: each
 * reason as "FILE:LINE: text" to r, then -EOPNOTSUPP.
 */
int pf_load(struct pf_kernel *k, const struct pf_conf *c, const char *path,
	    unsigned int what, const struct report *r, struct err *e);
/* Only the check of pf_load(): for -n. */
int pf_load_check(const struct pf_conf *c, const struct report *r,
		  struct err *e);

/*
 * Interfaces, their addresses or groups have changed: what the loaded rules
 * say of them by "(IF)" and by group is true again.  Nothing to do where no
 * rules are loaded.
 */
int pf_refresh(const struct vnet *v, struct err *e);
/* Before it: queues that one was at who was killed go, to be made anew. */
void pf_queues_clear_half(const struct vnet *v);

/*
 * States that rules have ended (`overload ... flush`) leave entries of
 * conntrack that pass nothing; these go now.
 */
int pf_purge(struct pf_kernel *k, struct err *e);

/* What is loaded is made anew, as after a change of what it depends on. */
int pf_reload(struct pf_kernel *k, const struct report *r, struct err *e);

/*
 * A table's contents have changed: where rules translate to it, they take turns
 * among what it has now.
 */
int pf_pools_refresh(struct pf_kernel *k, const char *table, struct err *e);

/* -e and -d: 0, or -EEXIST when it is so already. */
int pf_enable(struct pf_kernel *k, bool on, struct err *e);

/* The model that is loaded (options' defaults if none ever was). */
int pf_loaded(struct pf_kernel *k, struct pf_conf **ret, struct err *e);

struct pf_counters {
	uint64_t evaluations;
	uint64_t packets[2], bytes[2]; /* in, out */
	uint64_t states;	       /* current */
	uint64_t state_creations;
};
/*
 * Counters of all rules of one list of one anchor, by rule number; the caller
 * frees *ret.
 */
int pf_rule_counters(struct pf_kernel *k, const char *path, enum pf_list list,
		     struct pf_counters **ret, size_t *n, struct err *e);
/* -z: the rules of these lists count from 0; their states stay theirs. */
struct pf_zero {
	const char *path; /* of the anchor */
	enum pf_list list;
};
int pf_counters_zero(struct pf_kernel *k, const struct pf_zero *v, size_t n,
		     struct err *e);

struct pf_status {
	bool loaded, enabled;
	int64_t since; /* seconds since the epoch of the last -e or -d */
	uint32_t hostid;
	enum pf_debug debug;
	char loginterface[IFNAMSIZ];
	uint8_t checksum[16]; /* MD5 of the rules' text */
	uint64_t states, searches, inserts, removals;
	uint64_t src_nodes;    /* pfctl's to fill: ctl_count_sources() */
	uint64_t counters[16]; /* pf_counter_names[] */
	uint64_t limits[10];   /* pf_limit_counter_names[] */
	uint64_t log_packets[2][2][2], log_bytes[2][2]; /* v6, out, blocked */
};
extern const char *const pf_counter_names[]; /* "match", ..., NULL */
extern const char *const pf_limit_counter_names[];
int pf_status(struct pf_kernel *k, struct pf_status *ret, struct err *e);
int pf_status_clear(struct pf_kernel *k, struct err *e); /* -F info */

/* Tables: `path` of the anchor that owns it. */
struct pf_table_info {
	char name[PF_TABLE_NAME];
	char *anchor;	    /* path; "" */
	unsigned int flags; /* PF_T_* */
	bool active;	    /* defined, not only referred to */
	size_t addrs, refs_rules, refs_anchors;
	int64_t cleared;		     /* seconds since the epoch */
	uint64_t packets[2][3], bytes[2][3]; /* in/out x block/pass/match */
	uint64_t eval_match, eval_nomatch;
};
/* counts: .addrs is filled in, for which the contents are read. */
int pf_tables(struct pf_kernel *k, const char *path, bool all, bool counts,
	      struct pf_table_info **ret, size_t *n, struct err *e);
void pf_tables_free(struct pf_table_info *v, size_t n);

/* Of an entry of a table with `counters`: in or out, blocked or passed. */
struct pf_entry_counters {
	uint64_t packets[2][2], bytes[2][2];
};
/*
 * Of n sorted entries of a table, in their order; the caller frees *ret.
 * -ENODATA: it has none.
 */
int pf_table_counters(struct pf_kernel *k, const char *path, const char *table,
		      const struct pf_entry *v, size_t n,
		      struct pf_entry_counters **ret, struct err *e);

enum pf_table_cmd {
	PF_TABLE_ADD,
	PF_TABLE_DELETE,
	PF_TABLE_REPLACE,
	PF_TABLE_FLUSH,
	PF_TABLE_KILL,
	PF_TABLE_ZERO,
};
/* What happened, per entry of v: a letter as pfctl -v prints before it. */
struct pf_table_result {
	bool created; /* by ADD and REPLACE, if it was not there */
	size_t added, deleted, changed;
	char *what; /* n letters: 'A' 'D' 'C' ' ' ... ; may be NULL */
};
struct pf_table_change {
	enum pf_table_cmd cmd;
	const struct pf_entry *v; /* n of them */
	size_t n;
	bool dry; /* only say what would happen */
};
int pf_table_change(struct pf_kernel *k, const char *path, const char *table,
		    const struct pf_table_change *todo,
		    struct pf_table_result *ret, struct err *e);
/* Its entries, sorted (the caller frees *ret), and since when they count. */
int pf_table_show(struct pf_kernel *k, const char *path, const char *table,
		  struct pf_entry **ret, size_t *n, int64_t *cleared,
		  struct err *e);

/*
 * What a conntrack entry says of pf's states: which rules made them.  -1: no
 * such state.  Rules are numbered over all anchors in the order of
 * pf_print_conf(); pf_rule_where() gives anchor and number.  PF_RULE_GONE: the
 * state was made by a ruleset that another has replaced.
 */
#define PF_RULE_GONE INT32_MAX
struct pf_mark {
	/*
	 * X: of original packets coming in and replies going out, Y: the other
	 * way round (nft_filter.c).  It was made by an original packet, unless
	 * a reply is told.
	 */
	int x_rule, y_rule;
	bool x_reply, y_reply;
	/* the kernel's name of what it is if-bound to, if its rule names none;
	 * the pf_kernel's; NULL */
	const char *x_if, *y_if;
	int nat_rule, rdr_rule;
	unsigned int gate[2]; /* of its packets, of replies; 0: none */
	char tag[PF_TAG_NAME];
};
int pf_mark_of(struct pf_kernel *k, const uint32_t label[4], struct pf_mark *m);
/*
 * Where the rule of such a number stands: its anchor, its number there, and
 * the number of the rule of the main ruleset that leads there (-1: it is the
 * main ruleset's own).  -ENOENT: no such rule.
 */
int pf_rule_where(const struct pf_conf *c, int n, const struct pf_anchor **a,
		  unsigned int *nr, int *anchor_nr);
/* And the rule itself, with its list; NULL. */
const struct pf_rule *pf_rule_at(const struct pf_conf *c, int n,
				 enum pf_list *ret_list);

#endif
