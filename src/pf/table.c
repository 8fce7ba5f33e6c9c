/* See table.h. */
#include "pf/table.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static unsigned int bits_of(sa_family_t af)
{
	return af == AF_INET ? 32 : 128;
}

static pf_num all_ones(sa_family_t af)
{
	return af == AF_INET ? (pf_num)UINT32_MAX : ~(pf_num)0;
}

pf_num pf_num_of(sa_family_t af, const union pf_addr *a)
{
	pf_num n = 0;

	for (unsigned int i = 0; i < bits_of(af) / 8; i++)
		n = n << 8 | a->b[i];
	return n;
}

union pf_addr pf_num_addr(sa_family_t af, pf_num n)
{
	union pf_addr a = {.b = {0}};

	for (unsigned int i = bits_of(af) / 8; i-- > 0; n >>= 8)
		a.b[i] = (uint8_t)n;
	return a;
}

/* The bits behind a prefix. */
static pf_num host_bits(sa_family_t af, unsigned int len)
{
	return len ? ((pf_num)1 << (bits_of(af) - len)) - 1 : all_ones(af);
}

int pf_entry_canon(struct pf_entry *e)
{
	if ((e->af != AF_INET && e->af != AF_INET6) || e->len > bits_of(e->af))
		return -EINVAL;
	e->addr = pf_num_addr(e->af, pf_num_of(e->af, &e->addr) &
					     ~host_bits(e->af, e->len));
	return 0;
}

int pf_entry_cmp(const void *a, const void *b)
{
	const struct pf_entry *x = a, *y = b;
	int r;

	if (x->af != y->af)
		return x->af == AF_INET ? -1 : 1;
	r = memcmp(x->addr.b, y->addr.b, bits_of(x->af) / 8);
	return r ? r : (int)x->len - (int)y->len;
}

/* Large tables come sorted, most of the time. */
static bool is_sorted(const struct pf_entry *v, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (pf_entry_cmp(&v[i - 1], &v[i]) >= 0)
			return false;
	return true;
}

size_t pf_entries_sort(struct pf_entry *v, size_t n)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		if (!pf_entry_canon(&v[i]))
			v[k++] = v[i];
	n = k;
	if (is_sorted(v, n))
		return n;
	/* glibc's qsort merges: of equal ones the first stays the first */
	qsort(v, n, sizeof(*v), pf_entry_cmp);
	k = 1;
	for (size_t i = 1; i < n; i++)
		if (pf_entry_cmp(&v[k - 1], &v[i]))
			v[k++] = v[i];
	return k;
}

const struct pf_entry *pf_entries_find(const struct pf_entry *v, size_t n,
				       const struct pf_entry *e)
{
	return n ? bsearch(e, v, n, sizeof(*v), pf_entry_cmp) : NULL;
}

const struct pf_entry *pf_entries_match(const struct pf_entry *v, size_t n,
					const struct pf_entry *e)
{
	struct pf_entry key = *e;
	const struct pf_entry *hit;

	/* no more look-ups than there are lengths, whatever is in the table */
	for (int len = e->len; len >= 0; len--) {
		key.len = (uint8_t)len;
		if (pf_entry_canon(&key) < 0)
			return NULL;
		hit = pf_entries_find(v, n, &key);
		if (hit)
			return hit;
	}
	return NULL;
}

void pf_entries_family(const struct pf_entry *v, size_t n, sa_family_t af,
		       size_t *ret_from, size_t *ret_to)
{
	size_t lo = 0, hi = n;

	while (lo < hi) { /* the first that is not IPv4 */
		size_t mid = lo + (hi - lo) / 2;

		if (v[mid].af == AF_INET)
			lo = mid + 1;
		else
			hi = mid;
	}
	*ret_from = af == AF_INET ? 0 : lo;
	*ret_to = af == AF_INET ? lo : n;
}

struct pf_range pf_entry_range(const struct pf_entry *e)
{
	pf_num lo = pf_num_of(e->af, &e->addr);

	return (struct pf_range){lo, lo | host_bits(e->af, e->len)};
}

bool pf_entries_plain(const struct pf_entry *v, size_t n, sa_family_t af)
{
	size_t from, to;

	pf_entries_family(v, n, af, &from, &to);
	for (size_t i = from; i < to; i++) {
		/* sorted: what lies within an entry follows it at once */
		if (v[i].neg || (i > from && pf_entry_range(&v[i - 1]).hi >=
						     pf_entry_range(&v[i]).lo))
			return false;
	}
	return true;
}

/* Sweep over the sorted entries with the ones that are open on a stack. */
struct sweep {
	struct pf_range *out;
	size_t n;
	pf_num pos;  /* what is before it has been put out */
	bool at_end; /* pos is beyond the last address there is */
	sa_family_t af;
	struct {
		pf_num hi;
		bool neg;
	} open[130];
	size_t depth;
};

static void sweep_emit(struct sweep *s, pf_num hi, bool neg)
{
	struct pf_range *last = s->n ? &s->out[s->n - 1] : NULL;

	if (s->at_end || s->pos > hi)
		return;
	if (neg)
		;
	else if (last && last->hi + 1 == s->pos)
		last->hi = hi;
	else
		s->out[s->n++] = (struct pf_range){s->pos, hi};
	s->at_end = hi == all_ones(s->af);
	s->pos = hi + 1;
}

static void sweep_close(struct sweep *s, bool all, pf_num before)
{
	while (s->depth && (all || s->open[s->depth - 1].hi < before)) {
		s->depth--;
		sweep_emit(s, s->open[s->depth].hi, s->open[s->depth].neg);
	}
}

int pf_entries_flatten(const struct pf_entry *v, size_t n, sa_family_t af,
		       struct pf_range **ret, size_t *ret_n)
{
	struct sweep s = {.af = af};
	size_t from, to;

	pf_entries_family(v, n, af, &from, &to);
	/* each entry opens one range and may cut its parent in two */
	s.out = calloc(2 * (to - from) + 1, sizeof(*s.out));
	if (!s.out)
		return -ENOMEM;
	for (size_t i = from; i < to; i++) {
		struct pf_range r = pf_entry_range(&v[i]);

		sweep_close(&s, false, r.lo);
		if (s.depth && r.lo)
			sweep_emit(&s, r.lo - 1, s.open[s.depth - 1].neg);
		s.pos = r.lo;
		s.open[s.depth].hi = r.hi;
		s.open[s.depth++].neg = v[i].neg;
	}
	sweep_close(&s, true, 0);
	*ret = s.out;
	*ret_n = s.n;
	return 0;
}

static int range_cmp(const struct pf_range *a, const struct pf_range *b)
{
	if (a->lo != b->lo)
		return a->lo < b->lo ? -1 : 1;
	return a->hi == b->hi ? 0 : a->hi < b->hi ? -1 : 1;
}

int pf_ranges_diff(const struct pf_range *old, size_t nold,
		   const struct pf_range *now, size_t nnow,
		   struct pf_range_diff *ret)
{
	cleanup_pf_range_diff struct pf_range_diff d = {0};
	size_t i = 0, j = 0;

	d.del = calloc(nold + 1, sizeof(*d.del));
	d.add = calloc(nnow + 1, sizeof(*d.add));
	if (!d.del || !d.add)
		return -ENOMEM;
	while (i < nold || j < nnow) {
		int c = i == nold   ? 1
			: j == nnow ? -1
				    : range_cmp(&old[i], &now[j]);

		if (c < 0) {
			d.del[d.ndel++] = old[i++];
		} else if (c > 0) {
			d.add[d.nadd++] = now[j++];
		} else {
			i++;
			j++;
		}
	}
	*ret = d;
	d = (struct pf_range_diff){0};
	return 0;
}

void pf_range_diff_free(struct pf_range_diff *d)
{
	free(d->del);
	free(d->add);
	*d = (struct pf_range_diff){0};
}

/* An argument as it is found in a table. */
static bool canonical(const struct pf_entry *arg, struct pf_entry *ret)
{
	*ret = *arg;
	return pf_entry_canon(ret) == 0;
}

static void set_what(char *what, size_t i, char c)
{
	if (what)
		what[i] = c;
}

/* Of equal arguments only the first is what was done: 'X' for the others. */
static int mark_doubles(const struct pf_entry *arg, size_t n, char done,
			char *what)
{
	cleanup_free struct pf_entry *v = NULL;
	cleanup_free bool *seen = NULL;
	size_t k;

	if (!what)
		return 0;
	v = malloc((n + 1) * sizeof(*v));
	seen = calloc(n + 1, sizeof(*seen));
	if (!v || !seen)
		return -ENOMEM;
	if (n)
		memcpy(v, arg, n * sizeof(*v));
	k = pf_entries_sort(v, n);
	for (size_t i = 0; i < n; i++) {
		const struct pf_entry *hit = NULL;
		struct pf_entry e;

		if (what[i] != done)
			continue;
		if (canonical(&arg[i], &e))
			hit = pf_entries_find(v, k, &e);
		if (hit && seen[hit - v])
			what[i] = 'X';
		else if (hit)
			seen[hit - v] = true;
	}
	return 0;
}

int pf_entries_add(struct pf_entries *t, const struct pf_entry *arg, size_t n,
		   char *what, size_t *added)
{
	struct pf_entry *v = malloc((t->n + n + 1) * sizeof(*v));
	size_t k = 0, fresh;

	if (!v)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct pf_entry *hit;
		struct pf_entry e;

		set_what(what, i, ' ');
		if (!canonical(&arg[i], &e))
			continue;
		hit = pf_entries_find(t->v, t->n, &e);
		if (!hit)
			v[k++] = e;
		set_what(what, i, !hit ? 'A' : hit->neg != e.neg ? 'Y' : ' ');
	}
	fresh = pf_entries_sort(v, k);
	*added = fresh;
	if (mark_doubles(arg, n, 'A', what) < 0) {
		free(v);
		return -ENOMEM;
	}
	if (!fresh) {
		free(v);
		return 0;
	}
	if (t->n)
		memcpy(v + fresh, t->v, t->n * sizeof(*v));
	k = pf_entries_sort(v, fresh + t->n);
	free(t->v);
	t->v = v;
	t->n = k;
	return 0;
}

int pf_entries_delete(struct pf_entries *t, const struct pf_entry *arg,
		      size_t n, char *what, size_t *deleted)
{
	cleanup_free bool *gone = calloc(t->n + 1, sizeof(*gone));
	size_t k = 0;

	if (!gone)
		return -ENOMEM;
	*deleted = 0;
	for (size_t i = 0; i < n; i++) {
		const struct pf_entry *hit = NULL;
		struct pf_entry e;

		set_what(what, i, ' ');
		if (canonical(&arg[i], &e))
			hit = pf_entries_find(t->v, t->n, &e);
		if (!hit)
			continue;
		if (hit->neg != e.neg) {
			set_what(what, i, 'Y');
		} else if (gone[hit - t->v]) {
			set_what(what, i, 'X');
		} else {
			gone[hit - t->v] = true;
			++*deleted;
			set_what(what, i, 'D');
		}
	}
	for (size_t i = 0; i < t->n; i++)
		if (!gone[i])
			t->v[k++] = t->v[i];
	t->n = k;
	return 0;
}

int pf_entries_replace(struct pf_entries *t, const struct pf_entry *arg,
		       size_t n, char *what, size_t *added, size_t *deleted,
		       size_t *changed)
{
	struct pf_entry *v = malloc((n + 1) * sizeof(*v));
	size_t kept = 0, k;

	if (!v)
		return -ENOMEM;
	if (n)
		memcpy(v, arg, n * sizeof(*v));
	k = pf_entries_sort(v, n);
	*added = *changed = 0;
	for (size_t i = 0; i < k; i++) {
		const struct pf_entry *hit = pf_entries_find(t->v, t->n, &v[i]);

		if (hit)
			kept++;
		else
			++*added;
		*changed += hit && hit->neg != v[i].neg;
	}
	for (size_t i = 0; what && i < n; i++) {
		const struct pf_entry *hit = NULL;
		struct pf_entry e;

		if (canonical(&arg[i], &e))
			hit = pf_entries_find(t->v, t->n, &e);
		what[i] = !hit ? 'A' : hit->neg != arg[i].neg ? 'C' : ' ';
	}
	if (mark_doubles(arg, n, 'A', what) < 0) {
		free(v);
		return -ENOMEM;
	}
	*deleted = t->n - kept;
	free(t->v);
	t->v = v;
	t->n = k;
	return 0;
}

struct pieces {
	const struct pf_entry *open[130]; /* each lies in the one before */
	size_t depth;
	pf_num at; /* where the piece under way begins */
	struct pf_range *v;
	size_t n;
};

static void piece(struct pieces *p, pf_num hi)
{
	if (!p->open[p->depth - 1]->neg && p->at <= hi)
		p->v[p->n++] = (struct pf_range){p->at, hi};
}

/* Entries that end before `lo` (all: NULL) are over. */
static void close_before(struct pieces *p, const pf_num *lo)
{
	while (p->depth) {
		const pf_num hi = pf_entry_range(p->open[p->depth - 1]).hi;

		if (lo && hi >= *lo)
			return;
		piece(p, hi);
		/* up to the last address: so do those around it */
		if (hi == all_ones(p->open[p->depth - 1]->af))
			p->depth = 1;
		p->at = hi + 1;
		p->depth--;
	}
}

int pf_entries_pieces(const struct pf_entry *v, size_t n, sa_family_t af,
		      struct pf_range **ret, size_t *ret_n)
{
	struct pieces p = {.depth = 0};
	size_t from, to;

	pf_entries_family(v, n, af, &from, &to);
	p.v = malloc((2 * (to - from) + 1) * sizeof(*p.v));
	if (!p.v)
		return -ENOMEM;
	for (size_t i = from; i < to; i++) {
		const struct pf_range r = pf_entry_range(&v[i]);

		close_before(&p, &r.lo);
		if (p.depth && r.lo)
			piece(&p, r.lo - 1);
		p.at = r.lo;
		p.open[p.depth++] = &v[i];
	}
	close_before(&p, NULL);
	*ret = p.v;
	*ret_n = p.n;
	return 0;
}
