/* pf/table: what entries mean, against a walk over every address. */
#include "base/cleanup.h"
#include "pf/table.h"
#include "pf/tables_pack.h"

#include <arpa/inet.h>
#include <atf-c.h>
#include <errno.h>
#include <string.h>

static struct pf_entry entry(const char *text)
{
	struct pf_entry e = {.neg = *text == '!'};
	char buf[64];
	char *slash;

	snprintf(buf, sizeof(buf), "%s", text + e.neg);
	slash = strchr(buf, '/');
	if (slash)
		*slash++ = 0;
	e.af = strchr(buf, ':') ? AF_INET6 : AF_INET;
	ATF_REQUIRE_EQ(1, inet_pton(e.af, buf, &e.addr));
	e.len = slash ? (uint8_t)atoi(slash) : e.af == AF_INET ? 32 : 128;
	return e;
}

static size_t entries(struct pf_entry *v, const char *const *text)
{
	size_t n = 0;

	for (; text[n]; n++)
		v[n] = entry(text[n]);
	return pf_entries_sort(v, n);
}

ATF_TC_WITHOUT_HEAD(order);
ATF_TC_BODY(order, tc)
{
	struct pf_entry v[8];
	size_t n =
		entries(v, (const char *[]){"::1", "10.1.0.0/16", "10.1.2.3/8",
					    "!10.0.0.0/8", "1.2.3.4", NULL});

	ATF_REQUIRE_EQ(4, n);
	ATF_CHECK_EQ(32, v[0].len);
	ATF_CHECK_EQ(8, v[1].len);
	ATF_CHECK_EQ(0, v[1].addr.b[1]); /* canonical */
	ATF_CHECK(!v[1].neg);		 /* the first of two stays */
	ATF_CHECK_EQ(16, v[2].len);
	ATF_CHECK_EQ(AF_INET6, v[3].af);
}

ATF_TC_WITHOUT_HEAD(flatten);
ATF_TC_BODY(flatten, tc)
{
	cleanup_free struct pf_range *r = NULL;
	struct pf_entry v[8];
	size_t n, k;

	n = entries(v, (const char *[]){"10.0.0.0/8", "!10.1.0.0/16",
					"10.1.2.0/24", NULL});
	ATF_CHECK(!pf_entries_plain(v, n, AF_INET));
	ATF_CHECK(pf_entries_plain(v, n, AF_INET6));
	ATF_REQUIRE_EQ(0, pf_entries_flatten(v, n, AF_INET, &r, &k));
	ATF_REQUIRE_EQ(3, k);
	ATF_CHECK(r[0].lo == 0x0a000000 && r[0].hi == 0x0a00ffff);
	ATF_CHECK(r[1].lo == 0x0a010200 && r[1].hi == 0x0a0102ff);
	ATF_CHECK(r[2].lo == 0x0a020000 && r[2].hi == 0x0affffff);
}

ATF_TC_WITHOUT_HEAD(pieces);
ATF_TC_BODY(pieces, tc)
{
	cleanup_free struct pf_range *r = NULL, *six = NULL;
	struct pf_entry v[8];
	size_t n, k;

	n = entries(v, (const char *[]){"10.0.0.0/8", "!10.1.0.0/16",
					"10.1.2.0/24", "10.1.2.0", NULL});
	ATF_REQUIRE_EQ(0, pf_entries_pieces(v, n, AF_INET, &r, &k));
	ATF_REQUIRE_EQ(4, k);
	ATF_CHECK(r[0].lo == 0x0a000000 && r[0].hi == 0x0a00ffff);
	ATF_CHECK(r[1].lo == 0x0a010200 && r[1].hi == 0x0a010200);
	ATF_CHECK(r[2].lo == 0x0a010201 && r[2].hi == 0x0a0102ff);
	ATF_CHECK(r[3].lo == 0x0a020000 && r[3].hi == 0x0affffff);
	/* to the last address, and the whole space */
	n = entries(v, (const char *[]){"::/0", "ffff::/16", "!ffff:ffff::/32",
					NULL});
	ATF_REQUIRE_EQ(0, pf_entries_pieces(v, n, AF_INET6, &six, &k));
	ATF_REQUIRE_EQ(2, k);
	ATF_CHECK(six[0].lo == 0 && six[1].lo == six[0].hi + 1);
	ATF_CHECK(six[1].hi >> 96 == 0xfffffffe);
	free(r);
	r = NULL;
	n = entries(v, (const char *[]){"0.0.0.0/0", "255.255.255.255",
					"0.0.0.0", NULL});
	ATF_REQUIRE_EQ(0, pf_entries_pieces(v, n, AF_INET, &r, &k));
	ATF_REQUIRE_EQ(3, k);
	ATF_CHECK(r[0].lo == 0 && r[0].hi == 0);
	ATF_CHECK(r[1].lo == 1 && r[1].hi == 0xfffffffe);
	ATF_CHECK(r[2].lo == 0xffffffff && r[2].hi == 0xffffffff);
}

ATF_TC_WITHOUT_HEAD(whole_space);
ATF_TC_BODY(whole_space, tc)
{
	cleanup_free struct pf_range *four = NULL, *six = NULL;
	struct pf_entry v[8];
	size_t n, k;

	n = entries(v, (const char *[]){"0.0.0.0/0", "!255.255.255.255",
					"!0.0.0.0", "::/0", "ffff::/16", NULL});
	ATF_REQUIRE_EQ(0, pf_entries_flatten(v, n, AF_INET, &four, &k));
	ATF_REQUIRE_EQ(1, k);
	ATF_CHECK(four[0].lo == 1 && four[0].hi == 0xfffffffe);
	ATF_REQUIRE_EQ(0, pf_entries_flatten(v, n, AF_INET6, &six, &k));
	ATF_REQUIRE_EQ(1, k);
	ATF_CHECK(six[0].lo == 0 && six[0].hi == ~(pf_num)0);
}

/* Random entries in the last byte: each address says the same both ways. */
static void check_random(unsigned int seed, sa_family_t af)
{
	cleanup_free struct pf_range *r = NULL;
	unsigned int bits = af == AF_INET ? 32 : 128;
	struct pf_entry v[40];
	size_t n = 1 + seed % 39, k;

	srandom(seed);
	memset(v, 0, sizeof(v));
	for (size_t i = 0; i < n; i++) {
		v[i].af = (uint8_t)af;
		v[i].len = (uint8_t)(bits - (unsigned int)random() % 9);
		v[i].neg = random() % 3 == 0;
		memset(v[i].addr.b, 0xff, bits / 8);
		v[i].addr.b[bits / 8 - 1] = (uint8_t)random();
	}
	n = pf_entries_sort(v, n);
	ATF_REQUIRE_EQ(0, pf_entries_flatten(v, n, af, &r, &k));
	for (size_t i = 1; i < k; i++) /* sorted, disjoint, not adjacent */
		ATF_REQUIRE(r[i - 1].hi + 1 < r[i].lo);
	for (unsigned int a = 0; a < 256; a++) {
		struct pf_entry e = {.af = (uint8_t)af, .len = (uint8_t)bits};
		const struct pf_entry *hit;
		bool flat = false;
		pf_num num;

		memset(e.addr.b, 0xff, bits / 8);
		e.addr.b[bits / 8 - 1] = (uint8_t)a;
		num = pf_num_of(af, &e.addr);
		hit = pf_entries_match(v, n, &e);
		for (size_t i = 0; i < k; i++)
			flat = flat || (r[i].lo <= num && num <= r[i].hi);
		ATF_REQUIRE_EQ_MSG(hit && !hit->neg, flat, "seed %u at %u",
				   seed, a);
	}
}

ATF_TC_WITHOUT_HEAD(flatten_random);
ATF_TC_BODY(flatten_random, tc)
{
	for (unsigned int seed = 1; seed < 2000; seed++)
		check_random(seed, seed & 1 ? AF_INET : AF_INET6);
}

static void check_table(const struct pf_entries *t, const char *want)
{
	char have[256] = "";

	for (size_t i = 0; i < t->n; i++) {
		char buf[INET6_ADDRSTRLEN];
		size_t l = strlen(have);

		inet_ntop(t->v[i].af, &t->v[i].addr, buf, sizeof(buf));
		snprintf(have + l, sizeof(have) - l, "%s%s/%u ",
			 t->v[i].neg ? "!" : "", buf, t->v[i].len);
	}
	ATF_CHECK_STREQ(want, have);
}

ATF_TC_WITHOUT_HEAD(commands);
ATF_TC_BODY(commands, tc)
{
	struct pf_entry arg[] = {entry("10.0.0.0/8"), entry("!1.1.1.1"),
				 entry("10.0.0.0/8")};
	struct pf_entry del[] = {entry("1.1.1.1"), entry("10.0.0.0/8"),
				 entry("2.2.2.2")};
	struct pf_entry rep[] = {entry("1.1.1.1"), entry("3.3.3.3")};
	struct pf_entries t = {0};
	size_t added, deleted, changed;
	char what[4] = "";

	ATF_REQUIRE_EQ(0, pf_entries_add(&t, arg, 3, what, &added));
	ATF_CHECK_EQ(2, added);
	ATF_CHECK_STREQ("AAX", what);
	check_table(&t, "!1.1.1.1/32 10.0.0.0/8 ");
	ATF_REQUIRE_EQ(0, pf_entries_add(&t, arg, 3, what, &added));
	ATF_CHECK_EQ(0, added);
	ATF_CHECK_STREQ("   ", what);
	ATF_REQUIRE_EQ(0, pf_entries_delete(&t, del, 3, what, &deleted));
	ATF_CHECK_EQ(1, deleted);
	ATF_CHECK_STREQ("YD ", what);
	check_table(&t, "!1.1.1.1/32 ");
	what[2] = 0;
	ATF_REQUIRE_EQ(0, pf_entries_replace(&t, rep, 2, what, &added, &deleted,
					     &changed));
	ATF_CHECK_STREQ("CA", what);
	ATF_CHECK_EQ(1, added);
	ATF_CHECK_EQ(0, deleted);
	ATF_CHECK_EQ(1, changed);
	check_table(&t, "1.1.1.1/32 3.3.3.3/32 ");
	free(t.v);
}

static size_t unpack_all(const struct pf_chunk *c, size_t n,
			 struct pf_entries *t)
{
	size_t size = 0;

	for (size_t i = 0; i < n; i++)
		ATF_REQUIRE_EQ(0, pf_unpack(c[i].data, c[i].len, t, &size));
	return t->n;
}

/* Entries come back as they were; one more changes a chunk or two. */
ATF_TC_WITHOUT_HEAD(pack);
ATF_TC_BODY(pack, tc)
{
	cleanup_free struct pf_chunk *a = NULL, *b = NULL;
	cleanup_free struct pf_entry *v = calloc(5001, sizeof(*v));
	struct pf_entries back = {0};
	size_t n, na, nb, same = 0;

	ATF_REQUIRE(v);
	srandom(7);
	for (size_t i = 0; i < 5000; i++) {
		v[i].af = random() % 3 ? AF_INET : AF_INET6;
		v[i].len =
			(uint8_t)(random() % (v[i].af == AF_INET ? 33 : 129));
		v[i].neg = random() % 4 == 0;
		v[i].since = random() % 5 ? 0 : (uint32_t)random();
		for (int j = 0; j < (v[i].af == AF_INET ? 4 : 16); j++)
			v[i].addr.b[j] = (uint8_t)random();
	}
	n = pf_entries_sort(v, 5000);
	ATF_REQUIRE_EQ(0, pf_pack(v, n, &a, &na));
	ATF_REQUIRE_EQ(n, unpack_all(a, na, &back));
	for (size_t i = 0; i < n; i++) {
		ATF_REQUIRE_EQ(0, pf_entry_cmp(&v[i], &back.v[i]));
		ATF_REQUIRE_EQ(v[i].neg, back.v[i].neg);
		ATF_REQUIRE_EQ(v[i].since, back.v[i].since);
	}
	free(back.v);
	for (size_t i = 1; i < na; i++) /* keys are in order, and their own */
		ATF_REQUIRE(memcmp(a[i - 1].key, a[i].key, PF_CHUNK_KEY) < 0);
	v[n] = entry("100.1.2.3");
	n = pf_entries_sort(v, n + 1);
	ATF_REQUIRE_EQ(0, pf_pack(v, n, &b, &nb));
	for (size_t i = 0; i < na; i++)
		for (size_t j = 0; j < nb; j++)
			same += !memcmp(&a[i], &b[j], sizeof(*a));
	ATF_CHECK(same + 3 >= na);
}

/* What is cut, or says what cannot be, is refused. */
ATF_TC_WITHOUT_HEAD(unpack_bad);
ATF_TC_BODY(unpack_bad, tc)
{
	struct pf_entries t = {0};
	size_t size = 0;

	ATF_CHECK_EQ(-EBADMSG, pf_unpack((uint8_t[]){0}, 1, &t, &size));
	ATF_CHECK_EQ(-EBADMSG, pf_unpack((uint8_t[]){0, 8}, 2, &t, &size));
	ATF_CHECK_EQ(-EBADMSG, pf_unpack((uint8_t[]){0, 33, 1, 2, 3, 4, 5}, 7,
					 &t, &size));
	ATF_CHECK_EQ(-EBADMSG,
		     pf_unpack((uint8_t[]){4, 8, 1, 0}, 4, &t, &size));
	ATF_CHECK_EQ(0, t.n);
	free(t.v);
}

ATF_TC_WITHOUT_HEAD(diff);
ATF_TC_BODY(diff, tc)
{
	const struct pf_range old[] = {{1, 2}, {5, 5}, {9, 12}};
	const struct pf_range now[] = {{1, 2}, {5, 6}, {20, 30}};
	cleanup_pf_range_diff struct pf_range_diff d = {0};

	ATF_REQUIRE_EQ(0, pf_ranges_diff(old, 3, now, 3, &d));
	ATF_REQUIRE_EQ(2, d.ndel);
	ATF_REQUIRE_EQ(2, d.nadd);
	ATF_CHECK(d.del[0].lo == 5 && d.del[1].lo == 9);
	ATF_CHECK(d.add[0].hi == 6 && d.add[1].lo == 20);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, order);
	ATF_TP_ADD_TC(tp, flatten);
	ATF_TP_ADD_TC(tp, pieces);
	ATF_TP_ADD_TC(tp, whole_space);
	ATF_TP_ADD_TC(tp, flatten_random);
	ATF_TP_ADD_TC(tp, commands);
	ATF_TP_ADD_TC(tp, pack);
	ATF_TP_ADD_TC(tp, unpack_bad);
	ATF_TP_ADD_TC(tp, diff);
	return atf_no_error();
}
