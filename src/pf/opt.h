/*
 * opt: what the passes of the ruleset optimiser share.
 *
 * Theory of operation.  pfctl cuts the filter rules of an anchor into runs
 * whose order does not matter (same action, quick or not, ...), and in each run
 * drops rules that others cover, makes rules that differ in one address a rule
 * with a table, and moves rules with something in common together.  This does
 * the same and gives the same rules in the same order.  pfctl compares each
 * rule with each other; here rules become numbers: whatever must be equal is
 * interned in a dictionary (as the rule's own text without the words that may
 * differ, or as a struct of plain values), so a run of a hundred thousand rules
 * takes a hundred thousand steps.
 */
#ifndef CB_PF_OPT_H
#define CB_PF_OPT_H

#include "pf/pf.h"

#define PF_AUTO_TABLE "__automatic_"
#define PF_TABLE_WORTH 6 /* addresses from which on a table pays */

/* Byte strings <-> small numbers in the order of their coming. */
struct dict {
	uint32_t *slot; /* number + 1; 0: free */
	size_t nslot;
	struct dict_entry {
		uint64_t hash;
		size_t at, len;
	} * v;
	size_t n, size;
	char *bytes;
	size_t nbytes, sbytes;
};
#define DICT_NONE UINT32_MAX

void dict_free(struct dict *d);
#define cleanup_dict __attribute__((cleanup(dict_free)))
/* DICT_NONE: not there, or (add) no memory */
uint32_t dict_find(const struct dict *d, const void *p, size_t len);
uint32_t dict_add(struct dict *d, const void *p, size_t len);

/* An address of a rule in plain values; padding is zero. */
struct opt_host {
	uint32_t kind, name, flags;
	int32_t net;
	uint8_t addr[16], mask[16];
};
/* All that may differ within a run. */
struct opt_key {
	uint32_t rest; /* number of the words that may not be left out */
	uint32_t ifname;
	uint8_t af, dir, proto, tcp_flags, tcp_flagset, pad[3];
	struct pf_cmp sport, dport;
	struct opt_host src, dst;
};
_Static_assert(sizeof(struct opt_key) == 16 + 2 * sizeof(struct pf_cmp) +
						 2 * sizeof(struct opt_host),
	       "opt_key is hashed and must have no holes");

struct opt_rule {
	size_t at; /* in the anchor's list */
	uint32_t block;
	struct opt_key k;
	bool gone;
	int src_table, dst_table; /* -1: none */
	uint64_t packets;	  /* opt_by_packets() */
};

/* opt_key.c */
int opt_read(const struct pf_rule *r, struct dict *words, struct opt_rule *ret);
int opt_mask_len(const struct opt_host *h, sa_family_t af);
/* opt_cover.c: mark rules that others cover */
int opt_cover(struct opt_rule *v, size_t n);
/* opt_order.c: v in the order of pfctl's skip steps */
int opt_order(const struct pf_rules *l, struct opt_rule *v, size_t n);
/* The most packets first; equal ones stay as they are. */
int opt_by_packets(struct opt_rule *v, size_t n);

#endif
