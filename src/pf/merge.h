/*
 * merge: the ruleset that a load makes of the one that is loaded and of what
 * was read.
 *
 * Only the skeleton is new: anchors whose lists point into either model, which
 * must live as long.
 */
#ifndef CB_PF_MERGE_H
#define CB_PF_MERGE_H

#include "pf/pf.h"

struct pf_merged {
	struct pf_conf conf;
	bool apart; /* there are anchors that the main file did not fill */
};

/*
 * `what` (PF_LOAD_*) of the anchor `path` and what lies in it is taken from
 * `now`, the rest from `old`.
 */
int pf_merge(struct pf_conf *old, struct pf_conf *now, const char *path,
	     unsigned int what, struct pf_merged *ret, struct err *e);
void pf_merged_free(struct pf_merged *m);
#define cleanup_pf_merged __attribute__((cleanup(pf_merged_free)))

#endif
