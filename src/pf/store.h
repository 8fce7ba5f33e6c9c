/*
 * store: a loaded ruleset's text and facts, kept in the kernel beside it.
 *
 * The set "store" of table `inet pf` has elements that nothing looks up; each
 * carries a piece of text as its userdata.  Element 0 has the facts below, the
 * others pf_print_conf()'s text in order.  They are put in the transaction that
 * changes the rules, so text and rules cannot differ, and both go with the
 * vnet.
 */
#ifndef CB_PF_STORE_H
#define CB_PF_STORE_H

#include "pf/nft.h"

#include "base/str.h"

struct pf_meta {
	uint32_t generation; /* counts loads; 0: nothing loaded yet */
	int64_t since;	     /* of the last -e or -d */
	bool apart;	     /* anchors were loaded apart from the main file */
	uint32_t hostid;
	uint8_t checksum[16];
	bool ordered;	/* which engine: nft_filter.c */
	bool follows;	/* pf_refresh() has something to do */
	uint32_t pairs; /* nft_bound.c: number of rules + 1, or 0 */
	bool watch;	/* also where nobody calls it: watch.h */
};

/* Element 0 alone is put anew (`anew`: the set is new, too). */
void pf_store_meta(struct nfb *b, const struct pf_meta *m, bool anew);
void pf_store_put(struct nfb *b, const struct pf_meta *m, const char *text,
		  size_t len);
/* Element 0 alone; -ENOENT: nothing is loaded. */
int pf_store_read_meta(struct nl *nf, struct pf_meta *m, struct err *e);
/* -ENOENT: nothing is loaded. */
int pf_store_read(struct nl *nf, struct pf_meta *m, struct strbuf *text,
		  struct err *e);

#endif
