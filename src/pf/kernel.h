/*
 * kernel: the connection to one vnet's pf, for those who write to the kernel.
 */
#ifndef CB_PF_KERNEL_H
#define CB_PF_KERNEL_H

#include "pf/load.h"

struct pf_kernel {
	const struct vnet *v; /* borrowed */
	struct nl *nf;	      /* NETLINK_NETFILTER in the vnet */
	uint32_t generation;  /* of the ruleset; 0: not read yet */
	/* what goes with that (nft_bound.c): number of rules + 1, or 0 */
	unsigned int pairs;
	struct strv bound_ifs;
	struct gen_older *older; /* nft_older.c */
	size_t nolder;
	bool no_egress; /* a load has found no such hook */
};

/*
 * The rule that a word of a label of this generation names, -1: none; and where
 * the state is if-bound to, else *ret_if (may be NULL) is left.
 */
int pf_word_rule(struct pf_kernel *k, uint32_t word, const char **ret_if);

#endif
