/*
 * table: what is in a pf table, and which addresses that means.
 *
 * An address is in a table when the longest entry that covers it is not
 * negated.  The kernel's sets know neither nested nor negated entries, so what
 * rules look up is the table made flat: disjoint ranges of the addresses that
 * are in it.  As long as no entry lies within another and none is negated
 * ("plain"), ranges and entries are the same and the sets can be read back as
 * they are.
 */
#ifndef CB_PF_TABLE_H
#define CB_PF_TABLE_H

#include "pf/pf.h"

/* Host order, so that they can be counted with; IPv4 in the low 32 bits. */
typedef unsigned __int128 pf_num;
struct pf_range {
	pf_num lo, hi;
};

pf_num pf_num_of(sa_family_t af, const union pf_addr *a);
union pf_addr pf_num_addr(sa_family_t af, pf_num n);

/* Bits behind the prefix cleared; -EINVAL: no such family or length. */
int pf_entry_canon(struct pf_entry *e);
/* For qsort: IPv4 first, by address, the larger net first; signs are equal. */
int pf_entry_cmp(const void *a, const void *b);
/*
 * Make canonical, sort, and drop doubles (the first one stays; one with the
 * other sign is a double, too, as in pf's tree).  The new count.
 */
size_t pf_entries_sort(struct pf_entry *v, size_t n);

/* In sorted entries: the equal one, whatever its sign; NULL. */
const struct pf_entry *pf_entries_find(const struct pf_entry *v, size_t n,
				       const struct pf_entry *e);
/*
 * In sorted entries: the longest that covers all of `e`, whatever its sign;
 * NULL.  An address is in the table when there is one and it is not negated.
 */
const struct pf_entry *pf_entries_match(const struct pf_entry *v, size_t n,
					const struct pf_entry *e);

/* No nesting and no negation among sorted entries of one family. */
bool pf_entries_plain(const struct pf_entry *v, size_t n, sa_family_t af);
/* Where a family's entries begin and end in sorted ones. */
void pf_entries_family(const struct pf_entry *v, size_t n, sa_family_t af,
		       size_t *ret_from, size_t *ret_to);
/* Sorted entries of one family -> sorted disjoint ranges; *ret to be freed. */
int pf_entries_flatten(const struct pf_entry *v, size_t n, sa_family_t af,
		       struct pf_range **ret, size_t *ret_n);
/*
 * The same, but no range holds addresses of two longest entries: what each
 * entry covers beyond those that lie in it.
 */
int pf_entries_pieces(const struct pf_entry *v, size_t n, sa_family_t af,
		      struct pf_range **ret, size_t *ret_n);
/* The first and the last address of an entry. */
struct pf_range pf_entry_range(const struct pf_entry *e);

/* What must be taken out of `old` and put in for `now`; all to be freed. */
struct pf_range_diff {
	struct pf_range *del, *add;
	size_t ndel, nadd;
};
int pf_ranges_diff(const struct pf_range *old, size_t nold,
		   const struct pf_range *now, size_t nnow,
		   struct pf_range_diff *ret);
void pf_range_diff_free(struct pf_range_diff *d);
#define cleanup_pf_range_diff __attribute__((cleanup(pf_range_diff_free)))

/*
 * What a command of pfctl -T makes of sorted entries.  *v is replaced; `what`
 * gets a letter for each entry of `arg` (may be NULL): 'A' added, 'D' deleted,
 * 'C' sign changed, 'X' the same as one before, 'Y' is there with the other
 * sign, ' ' nothing to do; for PF_TABLE_REPLACE entries that went are counted
 * in *deleted only.
 */
struct pf_entries {
	struct pf_entry *v;
	size_t n;
};
int pf_entries_add(struct pf_entries *t, const struct pf_entry *arg, size_t n,
		   char *what, size_t *added);
int pf_entries_delete(struct pf_entries *t, const struct pf_entry *arg,
		      size_t n, char *what, size_t *deleted);
int pf_entries_replace(struct pf_entries *t, const struct pf_entry *arg,
		       size_t n, char *what, size_t *added, size_t *deleted,
		       size_t *changed);

#endif
