/*
 * tables: pf tables in the kernel.
 *
 * Theory of operation.  A pf table is three sets of table `inet pf`: "t4.NAME"
 * and "t6.NAME" hold the ranges that rules look up (table.h), "r4.NAME" its
 * entries as they are (tables_pack.h).  (In anchors a hash of the path comes
 * before the name.)  The set "tables" has an element for each pf table: its
 * path, name and flags.  So the kernel is the store, tables live as long as
 * their vnet, and every change is one transaction which readers see whole.
 *
 * A table that rules overload into has two more, "o4.NAME" and "o6.NAME": hash
 * sets of single addresses, since the kernel adds to no interval set while
 * packets pass.  Rules look there, too (nft_match.c).  Who reads a table reads
 * them with it; who changes one moves them into the other sets.
 *
 * A table with `counters` has four more sets of its ranges for each family,
 * "A4." to "D6.", whose elements count: packets that came in and were blocked,
 * that passed, and those that went out (nft_counted.c).
 *
 * Whoever changes contents reads them first and says which generation of the
 * ruleset that was; if somebody else was faster it starts over.
 */
#ifndef CB_PF_TABLES_H
#define CB_PF_TABLES_H

#include "pf/load.h"
#include "pf/nft.h"
#include "pf/pf.h"
#include "pf/table.h"

#define PF_SETNAME 64
/*
 * 't' and the family: what rules look up; 'o': what packets have added; 'r',
 * AF_INET: the entries.
 */
void pf_table_setname(char ret[PF_SETNAME], char kind, sa_family_t af,
		      const char *path, const char *name);

struct pf_tablerow {
	char *path;
	char name[PF_TABLE_NAME];
	unsigned int flags; /* PF_T_* */
	bool active;
	int64_t cleared; /* seconds since the epoch */
	bool known;	 /* the kernel has it */
	bool wanted;	 /* after pf_tables_emit(): it stays */
	bool dynamic;	 /* it has the sets that packets add to */
	/* during a load: */
	bool in_kernel, had_dynamic, had_counters, filled, emitted;
};
struct pf_tablereg {
	struct pf_tablerow *v;
	size_t n, size;
	bool no_table; /* there is no table `inet pf` yet */
};
void pf_tablereg_free(struct pf_tablereg *r);
#define cleanup_pf_tablereg __attribute__((cleanup(pf_tablereg_free)))
/* Nothing loaded yet: an empty one. */
int pf_tablereg_read(struct nl *nf, struct pf_tablereg *ret, struct err *e);
struct pf_tablerow *pf_tablereg_find(struct pf_tablereg *r, const char *path,
				     const char *name);

/*
 * For pf_load(): put the sets of all tables that rules of `whole` (what is
 * loaded afterwards) refer to, and the contents of those that `c` (what is
 * being loaded) defines, into the transaction, before its rules.
 * pf_tables_emit_gone() comes behind the removal of the old rules: it deletes
 * tables which are neither persistent nor referred to any more.
 */
int pf_tables_emit(struct nl *nf, struct nfb *b, struct pf_tablereg *reg,
		   const struct pf_conf *c, const struct pf_conf *whole,
		   struct err *e);
void pf_tables_emit_gone(struct nfb *b, const struct pf_tablereg *reg);

/* Sizes of the sets that packets add to, and how long an address stays. */
#define PF_OVERLOAD_MAX 200000
#define PF_OVERLOAD_STAYS (10ull * 365 * 86400 * 1000) /* ms */

/* The sets that count: by direction (0 in), and whether packets pass. */
#define PF_COUNTED "ABCD"
#define PF_COUNTED_KIND(out, pass) (PF_COUNTED[(out)*2 + (pass)])

/* All entries of a table, sorted; the caller frees ret->v. */
int pf_table_read(struct nl *nf, const struct pf_tablerow *t,
		  struct pf_entries *ret, struct err *e);

/* Call fn for each name of a table that a rule says. */
typedef int pf_ref_fn(const struct pf_anchor *a, const char *table, void *data);
int pf_rule_tables(const struct pf_anchor *a, const struct pf_rule *r,
		   pf_ref_fn *fn, void *data);

#endif
