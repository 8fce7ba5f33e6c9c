/* rcexpand: ranges of addresses in rc.conf (see rcwords_expand). */
#include "rc/rcwords.h"

#include "base/cleanup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct expansion {
	struct strv **ret;
	size_t *ret_n, max;
	bool *ret_cut;
	const struct strv *words;
	size_t at; /* the word that holds the range */
};

/* The words with the range replaced by `addr`. */
static int expansion_add(struct expansion *x, const char *addr)
{
	struct strv *v;

	if (*x->ret_n >= x->max) {
		*x->ret_cut = true;
		return 0;
	}
	v = reallocarray(*x->ret, *x->ret_n + 1, sizeof(*v));
	if (!v)
		return -ENOMEM;
	*x->ret = v;
	v[*x->ret_n] = (struct strv){0};
	for (size_t i = 0; i < x->words->n; i++)
		if (strv_add(&v[*x->ret_n],
			     i == x->at ? addr : x->words->v[i]) < 0) {
			strv_free(&v[*x->ret_n]);
			return -ENOMEM;
		}
	++*x->ret_n;
	return 0;
}

/* "1-5" or "7" in base; false when it is neither. */
static bool range_parse(const char *s, size_t len, int base, long max,
			long *ret_lo, long *ret_hi)
{
	char buf[16], *end;

	if (len == 0 || len >= sizeof(buf))
		return false;
	memcpy(buf, s, len);
	buf[len] = '\0';
	if (*buf == '-')
		return false;
	*ret_lo = *ret_hi = strtol(buf, &end, base);
	if (end == buf)
		return false;
	if (*end == '-') {
		char *hi = end + 1;

		*ret_hi = strtol(hi, &end, base);
		if (end == hi)
			return false;
	}
	return !*end && *ret_lo >= 0 && *ret_lo <= *ret_hi && *ret_hi <= max;
}

/* The last octet counts fastest; false: that was all. */
static bool next_address(long at[4], const long lo[4], const long hi[4])
{
	for (int i = 3; i >= 0; i--) {
		if (at[i] < hi[i]) {
			at[i]++;
			return true;
		}
		at[i] = lo[i];
	}
	return false;
}

/* Every octet may be a range; the first address keeps the length. */
static int expand_inet(struct expansion *x, const char *addr)
{
	const char *p = addr, *tail = strchrnul(addr, '/');
	long lo[4], hi[4], at[4];

	for (int i = 0; i < 4; i++) {
		size_t len = strcspn(p, "./");

		if (!range_parse(p, len, 10, 255, &lo[i], &hi[i]) ||
		    (i < 3 && p[len] != '.'))
			return -EINVAL;
		p += len + (i < 3);
	}
	if (p != tail)
		return -EINVAL;
	memcpy(at, lo, sizeof(at));
	do {
		cleanup_free char *s =
			str_printf("%ld.%ld.%ld.%ld%s", at[0], at[1], at[2],
				   at[3], *x->ret_n ? "/32" : tail);

		if (!s || expansion_add(x, s) < 0)
			return -ENOMEM;
	} while (!*x->ret_cut && next_address(at, lo, hi));
	return 0;
}

/* The last group may be a range, in hexadecimal. */
static int expand_inet6(struct expansion *x, const char *addr)
{
	const char *tail = strchrnul(addr, '/');
	const char *last = tail;
	long lo, hi;

	while (last > addr && last[-1] != ':')
		last--;
	if (!range_parse(last, (size_t)(tail - last), 16, 0xffff, &lo, &hi))
		return -EINVAL;
	for (long v = lo; v <= hi && !*x->ret_cut; v++) {
		cleanup_free char *s = str_printf(
			"%.*s%lx%s", (int)(last - addr), addr, v, tail);

		if (!s || expansion_add(x, s) < 0)
			return -ENOMEM;
	}
	return 0;
}

int rcwords_expand(const struct strv *words, size_t max, struct strv **ret,
		   size_t *ret_n, bool *ret_cut, struct err *e)
{
	bool inet6 = words->n && !strcmp(words->v[0], "inet6");
	size_t at = words->n && (inet6 || !strcmp(words->v[0], "inet"));
	struct strv *v = NULL;
	size_t n = 0;
	struct expansion x = {.ret = &v,
			      .ret_n = &n,
			      .max = max,
			      .ret_cut = ret_cut,
			      .words = words,
			      .at = at};
	const char *addr = at < words->n ? words->v[at] : NULL;
	int r;

	*ret_cut = false;
	if (!addr || !strchr(addr, '-') || *addr == '-')
		r = expansion_add(&x, addr ? addr : "");
	else
		r = inet6 ? expand_inet6(&x, addr) : expand_inet(&x, addr);
	if (r < 0) {
		for (size_t i = 0; i < n; i++)
			strv_free(&v[i]);
		free(v);
		return r == -EINVAL ? err_set(e, EINVAL,
					      "%s: bad address range", addr)
				    : err_nomem(e);
	}
	*ret = v;
	*ret_n = n;
	return 0;
}
