/*
 * print: model -> text, pfctl's words and order (pfctl -sr, -sn, -nv).
 */
#ifndef CB_PF_PRINT_H
#define CB_PF_PRINT_H

#include "pf/pf.h"

#define PF_PRINT_NUMERIC 0x1u /* ports as numbers (-P) */
#define PF_PRINT_NUMBERS 0x2u /* "@N " before (-vv) */
#define PF_PRINT_READ 0x8u    /* the number as it was read (-nvv) */
#define PF_PRINT_EXACT 0x4u   /* nothing lost (keys of pools, ridentifier) */

/* One rule without newline; of an anchor rule only its line's head. */
void pf_print_rule(struct strbuf *out, const struct pf_rule *r,
		   enum pf_list list, unsigned int flags);
void pf_print_host(struct strbuf *out, const struct pf_host *h, sa_family_t af,
		   unsigned int flags);
void pf_print_entry(struct strbuf *out, const struct pf_entry *e);
void pf_print_table(struct strbuf *out, const struct pf_table *t,
		    unsigned int flags);
/*
 * Everything: options, then each anchor's tables (without contents) and rules,
 * inline bodies in place: what store.c keeps; PF_PARSE_STORED reads it back.
 */
void pf_print_conf(struct strbuf *out, const struct pf_conf *c);
/* The rules of one list, bodies of inline anchors in place. */
void pf_print_list(struct strbuf *out, const struct pf_anchor *a,
		   enum pf_list list, unsigned int depth, unsigned int flags);
/* All lists, in the order in which pfctl -nv echoes them. */
void pf_print_rules(struct strbuf *out, const struct pf_anchor *a,
		    unsigned int flags);
extern const enum pf_list pf_echo_order[PF_NLISTS];
void pf_print_ether(struct strbuf *out, const struct pf_rule *r,
		    unsigned int flags);
/* "max 5, no-sync" */
void pf_print_state_opts(struct strbuf *out, const struct pf_state_opts *o,
			 unsigned int flags);
/* A word as it stands between double quotes; pfctl itself forgets those in it.
 */
void pf_print_quoted(struct strbuf *out, const char *s, unsigned int flags);
/* A name: quoted where nothing may be lost. */
void pf_print_name(struct strbuf *out, const char *s, unsigned int flags);
/* " WORD NAME"; nothing without a name. */
void pf_print_word(struct strbuf *out, const char *word, const char *name,
		   unsigned int flags);
/* A rule's labels and its ridentifier. */
void pf_print_labels(struct strbuf *out, const struct pf_rule *r,
		     unsigned int flags);
/* A label with its macros filled in ($if $srcaddr $dstaddr ... $nr). */
int pf_label_expand(struct strbuf *out, const char *label,
		    const struct pf_rule *r);
/* The same without $nr, which the optimizer may change. */
void pf_label_expand_read(struct strbuf *out, const char *label,
			  const struct pf_rule *r);

#endif
