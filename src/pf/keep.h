/*
 * keep: rules that are loaded again go on counting: all with `set
 * keepcounters`, else those that another part of the ruleset is loaded beside.
 */
#ifndef CB_PF_KEEP_H
#define CB_PF_KEEP_H

#include "pf/load.h"
#include "pf/nft_gen.h"

/*
 * The set of what rules had counted before: by number, with a struct
 * pf_counters as userdata.
 */
#define PF_KEPT "kept"

/*
 * What the rules of `old`, which are loaded, have counted is put into the
 * transaction for those of g->c that say the same in the same anchor and list;
 * without `set keepcounters` only for lists that are `old`'s own; never for
 * those of `zero`.
 */
int pf_keep_counters(struct pf_kernel *k, const struct pf_conf *old,
		     const struct pf_zero *zero, size_t nzero, struct gen *g,
		     struct err *e);

/* nft_count.c: of all rules, by their numbers; the caller frees *ret. */
int pf_count_rules(struct pf_kernel *k, const struct pf_conf *conf,
		   struct pf_counters **ret, struct err *e);

#endif
