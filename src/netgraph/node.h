/* node: what several node types do alike. */
#ifndef CB_NETGRAPH_NODE_H
#define CB_NETGRAPH_NODE_H

#include "netgraph/type.h"

/* One field of arguments; its default is zeros. */
#define NODE_FIELD(field, how)                                                 \
	{                                                                      \
		.name = (field), .type = (how)                                 \
	}

/* An array's length is the uint32_t that the arguments begin with. */
int node_length_first(const struct ng_ptype *t, const uint8_t *start,
		      size_t size, size_t at);

/* Counters of h, which `clear`: count from nothing again, and none is lost.
 * -ENOENT: h is NULL. */
int node_hook_stats(struct ng_hook *h, bool clear, uint64_t ret[NGD_COUNTERS]);

/* What a message about counters wants: getstats the first, clrstats the
 * second, getclrstats both. */
enum node_want {
	NODE_GET = 1,
	NODE_CLEAR = 2,
};

/*
 * Answer with the first `count` words of n's state, which are what the type's
 * stats are; cleared, they count from nothing again.  -ENOMEM
 */
int node_word_stats(struct ng_node *n, const struct ng_mesg *msg,
		    struct ng_reply *reply, size_t count, unsigned int want);

/*
 * As bpf and tag have them: what the hook that all arguments name has
 * received, what of it has matched, which are the type's first two counters,
 * and what it has sent.  -EINVAL: no arguments; -ENOENT: no such hook; -ENOMEM
 */
struct node_match_stat {
	uint64_t recvFrames, recvOctets;
	uint64_t recvMatchFrames, recvMatchOctets;
	uint64_t xmitFrames, xmitOctets;
};
extern const struct ng_ptype node_match_stat_type;
int node_match_stats(struct ng_node *n, const struct ng_mesg *msg,
		     struct ng_reply *reply, unsigned int want);

/* Data link types (bpf(4)) of packets with Ethernet's header, and IP's. */
#define DLT_EN10MB 1
#define DLT_RAW 12

/* setdlt: one of these, kept in *ret_dlt, part of n's priv.  -EINVAL */
int node_set_dlt(struct ng_node *n, const struct ng_mesg *msg,
		 uint8_t *ret_dlt);

/* n's hook of that role; NULL. */
struct ng_hook *node_hook_role(const struct ng_node *n, unsigned int role);
/* The hook that a message names in `name`, which need not end in NUL. */
struct ng_hook *node_hook_named(const struct ng_node *n,
				const char name[NG_HOOKSIZ]);
/* The slot of n's hook of that name, for packets; 0: there is none now. */
uint32_t node_hook_slot(const struct ng_node *n, const char *name);

/* The one that all of its arguments name; NULL. */
struct ng_hook *node_hook_arg(const struct ng_node *n,
			      const struct ng_mesg *msg);

/* setpersistent */
int node_persistent(struct ng_node *n);

/* A rule of n's (table DP_RULES) with a key of len bytes. */
struct ngd_key node_key(const struct ng_node *n, const void *key, size_t len);
int node_rule_set(struct ng_hook *h, const void *key, size_t len);
/* The hook that the rule says, NULL if there is none. */
struct ng_hook *node_rule_hook(const struct ng_node *n, const struct ngd_key *k,
			       const struct ngd_entry *entry);
/* Take away the rules that direct to hook h. */
int node_rules_delete(struct ng_hook *h);
/* ... and those whose hook is gone: for disconnect(), restore() and
 * shutdown(); a node that is being shut down has it done once, at its end. */
int node_rules_sweep(struct ng_node *n);

#endif
