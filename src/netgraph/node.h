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

/* n's hook of that role; NULL. */
struct ng_hook *node_hook_role(const struct ng_node *n, unsigned int role);
/* The hook that a message names in `name`, which need not end in NUL. */
struct ng_hook *node_hook_named(const struct ng_node *n,
				const char name[NG_HOOKSIZ]);

/* The one that all of its arguments name; NULL. */
struct ng_hook *node_hook_arg(const struct ng_node *n,
			      const struct ng_mesg *msg);

/* The first words of its state; if `clear`, they count from nothing again. */
void node_words(const struct ng_node *n, uint64_t *ret, size_t count,
		bool clear);

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
