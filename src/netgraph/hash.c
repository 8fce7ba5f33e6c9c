/* hash: see hash.h. */
#include "netgraph/hash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static uint64_t hash_mix(uint64_t a, uint64_t b)
{
	__uint128_t r = (__uint128_t)a * b;

	return (uint64_t)r ^ (uint64_t)(r >> 64);
}

static uint64_t hash_seed(void)
{
	static uint64_t seed; /* of all threads; 0: not yet */
	uint64_t s = __atomic_load_n(&seed, __ATOMIC_RELAXED), none = 0;

	if (s)
		return s;
	if (getrandom(&s, sizeof(s), GRND_NONBLOCK) != sizeof(s))
		s = (uint64_t)(uintptr_t)&seed;
	s |= 1;
	if (!__atomic_compare_exchange_n(&seed, &none, s, false,
					 __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		s = none;
	return s;
}

uint64_t ng_hash_bytes(uint64_t start, const void *p, size_t len)
{
	const uint8_t *b = p;
	uint64_t h = hash_mix(start ^ hash_seed(), 0x9e3779b97f4a7c15u ^ len);

	while (len) {
		uint64_t word = 0;
		size_t n = len < sizeof(word) ? len : sizeof(word);

		memcpy(&word, b, n);
		h = hash_mix(h ^ word, hash_seed() ^ 0xd6e8feb86659fd93u);
		b += n;
		len -= n;
	}
	return hash_mix(h, 0xa0761d6478bd642fu);
}

void *ng_hash_find(const struct ng_hash *t, uint64_t hash, ng_hash_is *is,
		   const void *key)
{
	if (!t->size)
		return NULL;
	for (size_t i = hash & (t->size - 1); t->cell[i].p;
	     i = (i + 1) & (t->size - 1))
		if (t->cell[i].hash == hash && is(t->cell[i].p, key))
			return t->cell[i].p;
	return NULL;
}

static void hash_put(struct ng_hash *t, uint64_t hash, void *p)
{
	size_t i = hash & (t->size - 1);

	while (t->cell[i].p)
		i = (i + 1) & (t->size - 1);
	t->cell[i] = (struct ng_hash_cell){hash, p};
}

int ng_hash_reserve(struct ng_hash *t, size_t more)
{
	struct ng_hash old = *t;
	size_t size = old.size ? old.size : 16;

	while (size / 2 < old.n + more)
		size *= 2;
	if (size == old.size)
		return 0;
	t->cell = calloc(size, sizeof(*t->cell));
	if (!t->cell) {
		t->cell = old.cell;
		return -ENOMEM;
	}
	t->size = size;
	for (size_t i = 0; i < old.size; i++)
		if (old.cell[i].p)
			hash_put(t, old.cell[i].hash, old.cell[i].p);
	free(old.cell);
	return 0;
}

void ng_hash_add(struct ng_hash *t, uint64_t hash, void *p)
{
	hash_put(t, hash, p);
	t->n++;
}

/* The hole is filled by those behind it that would be found no more. */
static void hash_close(struct ng_hash *t, size_t hole)
{
	size_t mask = t->size - 1;

	for (size_t i = (hole + 1) & mask; t->cell[i].p; i = (i + 1) & mask) {
		size_t home = t->cell[i].hash & mask;

		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		t->cell[hole] = t->cell[i];
		hole = i;
	}
	t->cell[hole] = (struct ng_hash_cell){0};
}

void ng_hash_remove(struct ng_hash *t, uint64_t hash, const void *p)
{
	if (!t->size)
		return;
	for (size_t i = hash & (t->size - 1); t->cell[i].p;
	     i = (i + 1) & (t->size - 1))
		if (t->cell[i].p == p) {
			hash_close(t, i);
			t->n--;
			return;
		}
}

void ng_hash_free(struct ng_hash *t)
{
	free(t->cell);
	*t = (struct ng_hash){0};
}
