/*
 * tables_pack: the entries of a table in a few large pieces.
 *
 * The kernel lists a set in time that grows with the square of its elements,
 * so a table of 100,000 nets is not read from the set that rules look up.  Its
 * entries lie beside it in the userdata of some thousand elements, "chunks".
 * Where one ends depends on the entries near by only, so that a change of one
 * entry changes a chunk or two.
 */
#ifndef CB_PF_TABLES_PACK_H
#define CB_PF_TABLES_PACK_H

#include "pf/table.h"

#define PF_CHUNK_KEY 20
#define PF_CHUNK_DATA 248

struct pf_chunk {
	uint8_t key[PF_CHUNK_KEY]; /* of its first entry */
	uint8_t data[PF_CHUNK_DATA];
	uint8_t len;
};

/* Sorted entries -> chunks in the order of their keys; *ret to be freed. */
int pf_pack(const struct pf_entry *v, size_t n, struct pf_chunk **ret,
	    size_t *ret_n);
/* The entries of one chunk, behind those of t; -EBADMSG: it is none. */
int pf_unpack(const uint8_t *data, size_t len, struct pf_entries *t,
	      size_t *size);

#endif
