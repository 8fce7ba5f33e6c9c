/* tables_impl: what the files of tables share. */
#ifndef CB_PF_TABLES_IMPL_H
#define CB_PF_TABLES_IMPL_H

#include "pf/tables.h"

/* The whole contents anew; the table is made if need be.  -ENOMEM. */
int pf_table_emit_all(struct nfb *b, struct pf_tablerow *t,
		      const struct pf_entry *v, size_t n);
/* What makes `now` of a known table's `old`.  -ENOMEM. */
int pf_table_emit_change(struct nfb *b, const struct pf_tablerow *t,
			 const struct pf_entries *old,
			 const struct pf_entries *now);
/* The same entries, of which some count from 0 again.  -ENOMEM. */
int pf_table_emit_zero(struct nfb *b, const struct pf_tablerow *t,
		       const struct pf_entries *old,
		       const struct pf_entries *now, const bool *some);
/* Its row in the registry, its sets if there are none. */
void pf_table_emit_row(struct nfb *b, struct pf_tablerow *t);
void pf_table_emit_delete(struct nfb *b, const struct pf_tablerow *t);

/* tables_count.c: what the rules that name tables have counted. */
int pf_table_totals(struct pf_kernel *k, const struct pf_conf *c,
		    struct pf_table_info *v, size_t n, struct err *e);

/* tables_dyn.c: the sets that packets add to. */
int pf_table_read_dynamic(struct nl *nf, const struct pf_tablerow *t,
			  struct pf_entries *ret, struct err *e);
int pf_table_read_static(struct nl *nf, const struct pf_tablerow *t,
			 struct pf_entries *ret, struct err *e);
/* Both together; `to` has been sorted. */
int pf_entries_merge(struct pf_entries *to, const struct pf_entries *dyn);
void pf_table_emit_dynamic(struct nfb *b, const struct pf_tablerow *t);
void pf_table_delete_dynamic(struct nfb *b, const struct pf_tablerow *t);
void pf_table_flush_dynamic(struct nfb *b, const struct pf_tablerow *t);
/* Just these entries go from them. */
void pf_table_take_dynamic(struct nfb *b, const struct pf_tablerow *t,
			   const struct pf_entries *dyn);
/* What packets have added becomes contents like others. */
int pf_table_settle(struct nl *nf, struct nfb *b, const struct pf_tablerow *t,
		    struct err *e);

#endif
