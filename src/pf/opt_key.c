/* opt_key: rules as numbers. */
#include "pf/opt.h"

#include "base/cleanup.h"
#include "pf/print.h"

#include <errno.h>
#include <string.h>

void dict_free(struct dict *d)
{
	free(d->slot);
	free(d->v);
	free(d->bytes);
	memset(d, 0, sizeof(*d));
}

static uint64_t hash(const void *p, size_t len)
{
	const uint8_t *b = p;
	uint64_t h = 0xcbf29ce484222325u; /* FNV-1a */

	while (len--)
		h = (h ^ *b++) * 0x100000001b3u;
	return h ^ h >> 29;
}

/* The slot where it is or belongs. */
static size_t place(const struct dict *d, uint64_t h, const void *p, size_t len)
{
	size_t i = h & (d->nslot - 1);

	for (; d->slot[i]; i = (i + 1) & (d->nslot - 1)) {
		const struct dict_entry *e = &d->v[d->slot[i] - 1];

		if (e->hash == h && e->len == len &&
		    !memcmp(d->bytes + e->at, p, len))
			break;
	}
	return i;
}

uint32_t dict_find(const struct dict *d, const void *p, size_t len)
{
	uint32_t s;

	if (!d->nslot)
		return DICT_NONE;
	s = d->slot[place(d, hash(p, len), p, len)];
	return s ? s - 1 : DICT_NONE;
}

static bool grow(struct dict *d)
{
	size_t nslot = d->nslot ? 2 * d->nslot : 64;
	uint32_t *slot = calloc(nslot, sizeof(*slot));

	if (!slot)
		return false;
	free(d->slot);
	d->slot = slot;
	d->nslot = nslot;
	for (size_t i = 0; i < d->n; i++) {
		size_t k = d->v[i].hash & (nslot - 1);

		while (slot[k])
			k = (k + 1) & (nslot - 1);
		slot[k] = (uint32_t)i + 1;
	}
	return true;
}

uint32_t dict_add(struct dict *d, const void *p, size_t len)
{
	uint64_t h = hash(p, len);
	size_t i;

	if (2 * d->n >= d->nslot && !grow(d))
		return DICT_NONE;
	i = place(d, h, p, len);
	if (d->slot[i])
		return d->slot[i] - 1;
	if (d->n == d->size) {
		size_t size = d->size ? 2 * d->size : 32;
		struct dict_entry *v = reallocarray(d->v, size, sizeof(*v));

		if (!v)
			return DICT_NONE;
		d->v = v;
		d->size = size;
	}
	if (d->nbytes + len > d->sbytes) {
		size_t size = 2 * d->sbytes + len + 1024;
		char *b = realloc(d->bytes, size);

		if (!b)
			return DICT_NONE;
		d->bytes = b;
		d->sbytes = size;
	}
	memcpy(d->bytes + d->nbytes, p, len);
	d->v[d->n] = (struct dict_entry){h, d->nbytes, len};
	d->nbytes += len;
	d->slot[i] = (uint32_t)++d->n;
	return (uint32_t)d->n - 1;
}

/* Number of a name; 0: none. */
static uint32_t name_id(struct dict *words, const char *s)
{
	uint32_t id;

	if (!s)
		return 0;
	id = dict_add(words, s, strlen(s) + 1);
	return id == DICT_NONE ? id : id + 1;
}

static bool host_key(const struct pf_host *h, struct dict *words,
		     struct opt_host *ret)
{
	ret->kind = h->kind;
	switch (h->kind) {
	case PF_ADDR_MASK:
	case PF_ADDR_RANGE:
		memcpy(ret->addr, &h->addr, sizeof(ret->addr));
		memcpy(ret->mask, &h->mask, sizeof(ret->mask));
		break;
	case PF_ADDR_DYNIF:
		ret->flags = h->if_flags;
		ret->net = h->net;
		/* fall through */
	case PF_ADDR_TABLE:
		ret->name = name_id(words, h->name);
		break;
	default:
		break;
	}
	return ret->name != DICT_NONE;
}

int opt_mask_len(const struct opt_host *h, sa_family_t af)
{
	int bits = 0;

	for (size_t i = 0; i < (af == AF_INET ? 4 : 16); i++)
		bits += __builtin_popcount(h->mask[i]);
	return bits;
}

/* Number of what print makes of a rule, and of what it does not always print.
 */
static uint32_t text_id(struct dict *words, const struct pf_rule *r)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	strbuf_addf(&b, "%d %d %d %d %u ", r->ret, r->src.host.neg,
		    r->dst.host.neg, r->return_icmp << 16 | r->return_icmp6,
		    r->flags & PF_F_NOT_IF);
	pf_print_rule(&b, r, PF_LIST_FILTER, PF_PRINT_EXACT);
	return strbuf_failed(&b) ? DICT_NONE : dict_add(words, b.s, b.len);
}

int opt_read(const struct pf_rule *r, struct dict *words, struct opt_rule *ret)
{
	struct pf_rule t = *r;
	struct opt_key *k = &ret->k;

	ret->src_table = ret->dst_table = -1;
	k->af = (uint8_t)r->af;
	k->dir = (uint8_t)r->dir;
	k->proto = r->proto;
	k->tcp_flags = r->tcp_flags;
	k->tcp_flagset = r->tcp_flagset;
	k->sport = r->src.port;
	k->dport = r->dst.port;
	k->ifname = name_id(words, r->ifname);
	if (k->ifname == DICT_NONE || !host_key(&r->src.host, words, &k->src) ||
	    !host_key(&r->dst.host, words, &k->dst))
		return -ENOMEM;
	/* what may be left out of a rule that covers more */
	t.ifname = NULL;
	t.dir = PF_INOUT;
	t.af = 0;
	t.proto = 0;
	t.tcp_flags = t.tcp_flagset = 0;
	t.src.port = t.dst.port = (struct pf_cmp){0};
	t.src.host =
		(struct pf_host){.kind = PF_ADDR_ANY, .neg = r->src.host.neg};
	t.dst.host =
		(struct pf_host){.kind = PF_ADDR_ANY, .neg = r->dst.host.neg};
	k->rest = text_id(words, &t);
	/* what may differ within a run */
	t.flags &= ~(PF_F_NOT_IF | PF_F_NOT_TAGGED | PF_F_ICMP_TYPE |
		     PF_F_ICMP_CODE | PF_F_TOS);
	t.tagged = t.os = NULL;
	t.uid = t.gid = (struct pf_cmp){0};
	t.src.host.neg = t.dst.host.neg = false;
	t.return_icmp = t.return_icmp6 = 0;
	for (size_t i = 0; i < PF_NTIMEOUTS; i++)
		t.opts.timeout[i] = PF_TM_UNSET;
	ret->block = text_id(words, &t);
	return k->rest == DICT_NONE || ret->block == DICT_NONE ? -ENOMEM : 0;
}
