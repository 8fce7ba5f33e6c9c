/* See store.h. */
#include "pf/store.h"

#include "base/cleanup.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SET "store"
#define PIECES_MAX (64u << 20) / NFB_UDATA

static void put_piece(struct nfb *b, uint32_t key, const char *p, size_t len)
{
	nfb_elem(b, &(struct nfb_elem){.key = &key,
				       .klen = sizeof(key),
				       .udata = p,
				       .udata_len = (uint32_t)len});
}

static size_t meta_text(const struct pf_meta *m, char *buf, size_t size)
{
	int n;
	size_t i;

	n = snprintf(buf, size,
		     "generation %" PRIu32 "\nsince %" PRId64
		     "\napart %d\nordered %d\nfollows %d\nwatch %d\nhostid "
		     "%" PRIu32 "\nchecksum ",
		     m->generation, m->since, m->apart, m->ordered, m->follows,
		     m->watch, m->hostid);
	for (i = 0; i < sizeof(m->checksum); i++)
		n += snprintf(buf + n, size - (size_t)n, "%02x",
			      m->checksum[i]);
	n += snprintf(buf + n, size - (size_t)n, "\n");
	if (m->pairs)
		n += snprintf(buf + n, size - (size_t)n, "pairs %" PRIu32 "\n",
			      m->pairs);
	return (size_t)n;
}

void pf_store_meta(struct nfb *b, const struct pf_meta *m, bool anew)
{
	char buf[NFB_UDATA];
	size_t len = meta_text(m, buf, sizeof(buf));
	const uint32_t key = 0;

	if (!anew) {
		nfb_elems(b, SET, true);
		nfb_elem(b,
			 &(struct nfb_elem){.key = &key, .klen = sizeof(key)});
		nfb_elems_end(b);
	}
	nfb_elems(b, SET, false);
	put_piece(b, 0, buf, len);
	nfb_elems_end(b);
}

void pf_store_put(struct nfb *b, const struct pf_meta *m, const char *text,
		  size_t len)
{
	const struct nfb_set set = {
		.name = SET, .ktype = NFB_TYPE_INT, .klen = 4};
	uint32_t key = 1;
	size_t n;

	nfb_set(b, &set);
	pf_store_meta(b, m, true);
	nfb_elems(b, SET, false);
	for (; len; len -= n, text += n) {
		n = len < NFB_UDATA ? len : NFB_UDATA;
		put_piece(b, key++, text, n);
	}
	nfb_elems_end(b);
}

/* reading: pieces come in any order */

struct piece {
	uint32_t key, len;
	size_t at; /* in `bytes` */
};
struct pieces {
	struct piece *v;
	size_t n, size;
	struct strbuf bytes;
};

static void pieces_clear(void *data)
{
	struct pieces *p = data;

	p->n = 0;
	strbuf_clear(&p->bytes);
}

static void pieces_free(struct pieces *p)
{
	free(p->v);
	strbuf_free(&p->bytes);
}

static int take_piece(const struct nft_elem *el, void *data, struct err *e)
{
	struct pieces *p = data;
	size_t size = p->size;
	struct piece *v;

	if (el->klen != sizeof(uint32_t) || p->n >= PIECES_MAX)
		return 0;
	if (p->n == size) {
		size = size ? size * 2 : 64;
		v = reallocarray(p->v, size, sizeof(*v));
		if (!v)
			return err_nomem(e);
		p->v = v;
		p->size = size;
	}
	v = &p->v[p->n++];
	memcpy(&v->key, el->key, sizeof(v->key));
	v->at = p->bytes.len;
	v->len = el->udata_len;
	strbuf_addn(&p->bytes, el->udata ? el->udata : "", el->udata_len);
	return 0;
}

static int cmp_piece(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	return x->key < y->key ? -1 : x->key > y->key;
}

static void read_checksum(const char *s, uint8_t ret[16])
{
	unsigned int v;
	size_t i;

	for (i = 0; i < 16 && sscanf(s + 2 * i, "%2x", &v) == 1; i++)
		ret[i] = (uint8_t)v;
}

/* Written above, but a jail's root may have written something else. */
static void read_meta(const char *p, size_t len, struct pf_meta *m)
{
	char buf[NFB_UDATA + 6], *line, *save = NULL, *end;
	char *value;

	*m = (struct pf_meta){0};
	if (len >= sizeof(buf))
		return;
	memcpy(buf, p, len);
	buf[len] = '\0';
	for (line = strtok_r(buf, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		value = strchr(line, ' ');
		if (!value)
			continue;
		*value++ = '\0';
		if (strcmp(line, "generation") == 0)
			m->generation = (uint32_t)strtoul(value, &end, 10);
		else if (strcmp(line, "since") == 0)
			m->since = strtoll(value, &end, 10);
		else if (strcmp(line, "apart") == 0)
			m->apart = value[0] == '1';
		else if (strcmp(line, "ordered") == 0)
			m->ordered = value[0] == '1';
		else if (strcmp(line, "follows") == 0)
			m->follows = value[0] == '1';
		else if (strcmp(line, "pairs") == 0)
			m->pairs = (uint32_t)strtoul(value, &end, 10);
		else if (strcmp(line, "watch") == 0)
			m->watch = value[0] == '1';
		else if (strcmp(line, "hostid") == 0)
			m->hostid = (uint32_t)strtoul(value, &end, 10);
		else if (strcmp(line, "checksum") == 0)
			read_checksum(value, m->checksum);
	}
}

static int take_meta(const struct nft_elem *el, void *data, struct err *e)
{
	(void)e;
	read_meta(el->udata ? el->udata : "", el->udata_len, data);
	return 0;
}

int pf_store_read_meta(struct nl *nf, struct pf_meta *m, struct err *e)
{
	const uint32_t key = 0;

	return nft_get_elem(nf, SET, &key, sizeof(key), take_meta, m, e);
}

int pf_store_read(struct nl *nf, struct pf_meta *m, struct strbuf *text,
		  struct err *e)
{
	__attribute__((cleanup(pieces_free))) struct pieces p = {
		.bytes = STRBUF_INIT};
	struct pf_meta meta = {0};
	size_t i;
	int r;

	r = nft_each_elem(nf, SET, take_piece, pieces_clear, &p, e);
	if (r < 0)
		return r;
	if (strbuf_failed(&p.bytes))
		return err_nomem(e);
	if (p.n)
		qsort(p.v, p.n, sizeof(*p.v), cmp_piece);
	for (i = 0; i < p.n; i++)
		if (p.v[i].key == 0)
			read_meta(p.bytes.s + p.v[i].at, p.v[i].len, &meta);
		else if (text)
			strbuf_addn(text, p.bytes.s + p.v[i].at, p.v[i].len);
	*m = meta;
	return 0;
}
