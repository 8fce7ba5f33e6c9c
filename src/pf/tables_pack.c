/* See tables_pack.h. */
#include "pf/tables_pack.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * An entry: a byte of flags, its length, as many bytes of the address as that
 * needs, and when it was added if it has a time of its own.
 */
#define IS_V6 0x01
#define IS_NEG 0x02
#define HAS_SINCE 0x04
#define RECORD_MAX (2 + 16 + 4)

static size_t record(const struct pf_entry *e, uint8_t *p)
{
	size_t bytes = (e->len + 7u) / 8, n = 2;

	p[0] = (uint8_t)((e->af == AF_INET6 ? IS_V6 : 0) |
			 (e->neg ? IS_NEG : 0) | (e->since ? HAS_SINCE : 0));
	p[1] = e->len;
	memcpy(p + n, e->addr.b, bytes);
	n += bytes;
	if (e->since) {
		memcpy(p + n, &e->since, sizeof(e->since));
		n += sizeof(e->since);
	}
	return n;
}

/* One entry in 32 begins a chunk, whatever lies around it. */
static bool begins(const struct pf_entry *e)
{
	uint32_t h = e->len;

	for (size_t i = 0; i < sizeof(e->addr.b); i++)
		h = (h ^ e->addr.b[i]) * 0x01000193;
	return !(h >> 16 & 31);
}

static void set_key(struct pf_chunk *c, const struct pf_entry *e)
{
	c->key[0] = e->af == AF_INET6;
	memcpy(c->key + 1, e->addr.b, sizeof(e->addr.b));
	c->key[17] = e->len;
}

int pf_pack(const struct pf_entry *v, size_t n, struct pf_chunk **ret,
	    size_t *ret_n)
{
	struct pf_chunk *chunks = NULL, *c = NULL;
	size_t k = 0, size = 0;

	for (size_t i = 0; i < n; i++) {
		uint8_t rec[RECORD_MAX];
		size_t len = record(&v[i], rec);

		if (!c || begins(&v[i]) || c->len + len > PF_CHUNK_DATA) {
			if (k == size) {
				size = size ? 2 * size : 64;
				c = reallocarray(chunks, size, sizeof(*c));
				if (!c) {
					free(chunks);
					return -ENOMEM;
				}
				chunks = c;
			}
			c = &chunks[k++];
			*c = (struct pf_chunk){.len = 0};
			set_key(c, &v[i]);
		}
		memcpy(c->data + c->len, rec, len);
		c->len = (uint8_t)(c->len + len);
	}
	*ret = chunks;
	*ret_n = k;
	return 0;
}

static int unpack_one(const uint8_t *p, size_t len, struct pf_entry *e)
{
	size_t bytes, n;

	if (len < 2)
		return -EBADMSG;
	*e = (struct pf_entry){.af = p[0] & IS_V6 ? AF_INET6 : AF_INET,
			       .neg = p[0] & IS_NEG,
			       .len = p[1]};
	bytes = (e->len + 7u) / 8;
	n = 2 + bytes + (p[0] & HAS_SINCE ? sizeof(e->since) : 0);
	if (e->len > (e->af == AF_INET ? 32 : 128) || n > len)
		return -EBADMSG;
	memcpy(e->addr.b, p + 2, bytes);
	if (p[0] & HAS_SINCE)
		memcpy(&e->since, p + 2 + bytes, sizeof(e->since));
	return pf_entry_canon(e) < 0 ? -EBADMSG : (int)n;
}

int pf_unpack(const uint8_t *data, size_t len, struct pf_entries *t,
	      size_t *size)
{
	while (len) {
		struct pf_entry e;
		int n = unpack_one(data, len, &e);

		if (n < 0)
			return n;
		if (t->n == *size) {
			size_t want = *size ? 2 * *size : 256;
			struct pf_entry *v =
				reallocarray(t->v, want, sizeof(*v));

			if (!v)
				return -ENOMEM;
			t->v = v;
			*size = want;
		}
		t->v[t->n++] = e;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}
