/*
 * opt_cover: rules that another one covers.
 *
 * Which words a rule has, and how long its masks are, is its shape.  A rule is
 * covered if, made as general as some shape, it is a rule of that shape.  Runs
 * have few shapes, so that is a few lookups a rule.
 */
#include "pf/opt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Beyond that many shapes rules are only compared with the first ones. */
#define MAX_SHAPES 256

#define SHAPE_OTHER (-1) /* table, (IF), range, ... */
#define SHAPE_ANY (-2)

struct shape {
	uint8_t ifname, dir, proto, flags, sport, dport, af, pad;
	int32_t src, dst; /* length of the mask, or SHAPE_* */
};

static int32_t host_shape(const struct opt_host *h, sa_family_t af)
{
	if (h->kind == PF_ADDR_ANY)
		return SHAPE_ANY;
	return h->kind == PF_ADDR_MASK ? opt_mask_len(h, af) : SHAPE_OTHER;
}

static struct shape shape_of(const struct opt_key *k)
{
	struct shape s;

	memset(&s, 0, sizeof(s));
	s.ifname = k->ifname != 0;
	s.dir = k->dir != PF_INOUT;
	s.proto = k->proto != 0;
	s.flags = k->tcp_flags || k->tcp_flagset;
	s.sport = k->sport.op != PF_OP_NONE;
	s.dport = k->dport.op != PF_OP_NONE;
	s.af = k->af != 0;
	s.src = host_shape(&k->src, k->af);
	s.dst = host_shape(&k->dst, k->af);
	return s;
}

/* An address as general as a shape; false: it is more general already. */
static bool widen_host(struct opt_host *h, sa_family_t af, int32_t to)
{
	int len;

	if (to == SHAPE_ANY) {
		memset(h, 0, sizeof(*h));
		h->kind = PF_ADDR_ANY;
		return true;
	}
	if (to == SHAPE_OTHER)
		return h->kind != PF_ADDR_MASK && h->kind != PF_ADDR_ANY;
	if (h->kind != PF_ADDR_MASK)
		return false;
	len = opt_mask_len(h, af);
	if (len < to)
		return false;
	for (int i = to; i < len; i++) {
		h->addr[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
		h->mask[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
	}
	return true;
}

/* A rule as general as a shape; false: it cannot be one of its. */
static bool widen(struct opt_key *k, const struct shape *s)
{
	const struct shape own = shape_of(k);

	if (s->ifname > own.ifname || s->dir > own.dir ||
	    s->proto > own.proto || s->flags > own.flags ||
	    s->sport > own.sport || s->dport > own.dport || s->af > own.af)
		return false;
	if (!s->ifname)
		k->ifname = 0;
	if (!s->dir)
		k->dir = PF_INOUT;
	if (!s->flags)
		k->tcp_flags = k->tcp_flagset = 0;
	if (!s->proto)
		k->proto = 0;
	if (!s->sport)
		k->sport = (struct pf_cmp){0};
	if (!s->dport)
		k->dport = (struct pf_cmp){0};
	if (!widen_host(&k->src, k->af, s->src) ||
	    !widen_host(&k->dst, k->af, s->dst))
		return false;
	if (!s->af)
		k->af = 0;
	return true;
}

/* Among equal rules only the first stays. */
static int drop_doubles(struct opt_rule *v, size_t n, struct dict *keys)
{
	for (size_t i = 0; i < n; i++) {
		size_t before = keys->n;
		uint32_t id = dict_add(keys, &v[i].k, sizeof(v[i].k));

		if (id == DICT_NONE)
			return -ENOMEM;
		v[i].gone = keys->n == before;
	}
	return 0;
}

int opt_cover(struct opt_rule *v, size_t n)
{
	cleanup_dict struct dict keys = {0}, shapes = {0};
	struct shape list[MAX_SHAPES];
	int r = drop_doubles(v, n, &keys);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n && shapes.n < MAX_SHAPES; i++) {
		struct shape s = shape_of(&v[i].k);
		uint32_t id = dict_add(&shapes, &s, sizeof(s));

		if (id == DICT_NONE)
			return -ENOMEM;
		list[id] = s;
	}
	for (size_t i = 0; i < n; i++)
		for (size_t s = 0; s < shapes.n && !v[i].gone; s++) {
			struct opt_key k = v[i].k;

			if (widen(&k, &list[s]) &&
			    memcmp(&k, &v[i].k, sizeof(k)) &&
			    dict_find(&keys, &k, sizeof(k)) != DICT_NONE)
				v[i].gone = true;
		}
	return 0;
}
