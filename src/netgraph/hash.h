/*
 * hash: pointers by a 64-bit hash of whatever names them.
 *
 * Open addressing with linear probing; what is removed leaves no mark, so a
 * table that has seen a million short-lived nodes is as quick as a new one.
 * Keys are clients' words: ng_hash_bytes() is seeded at random in each
 * process, so that nobody can choose names that collide.
 */
#ifndef CB_NETGRAPH_HASH_H
#define CB_NETGRAPH_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ng_hash_cell {
	uint64_t hash;
	void *p; /* NULL: empty */
};

struct ng_hash {
	struct ng_hash_cell *cell;
	size_t size; /* a power of 2, or 0 */
	size_t n;
};

/* Is p what `key` names? */
typedef bool ng_hash_is(const void *p, const void *key);

uint64_t ng_hash_bytes(uint64_t start, const void *p, size_t len);

/* The first p of that hash for which is(p, key); NULL. */
void *ng_hash_find(const struct ng_hash *t, uint64_t hash, ng_hash_is *is,
		   const void *key);
/* Room for one more, so that the next ng_hash_add() cannot fail. -ENOMEM */
int ng_hash_reserve(struct ng_hash *t, size_t more);
void ng_hash_add(struct ng_hash *t, uint64_t hash, void *p);
/* Nothing if it is not there. */
void ng_hash_remove(struct ng_hash *t, uint64_t hash, const void *p);
void ng_hash_free(struct ng_hash *t);

#endif
