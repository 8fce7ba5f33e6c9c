/* jail/pset: ordered sets of parameters, and spellings that mean the same. */
#include "jail/pset.h"

#include <atf-c.h>
#include <string.h>

static void put(struct pset *ps, const char *name, const char *value,
		bool append)
{
	struct err e = ERR_INIT;

	ATF_REQUIRE_EQ_MSG(0, pset_put(ps, name, value, append, &e), "%s",
			   e.text);
}

ATF_TC_WITHOUT_HEAD(put_and_find);
ATF_TC_BODY(put_and_find, tc)
{
	cleanup_pset struct pset ps = {0};
	struct jparam *p;

	ATF_CHECK(!pset_find(&ps, "path"));
	ATF_CHECK(!pset_value(&ps, "path"));
	put(&ps, "path", "/a", false);
	put(&ps, "exec.start", "one", false);
	put(&ps, "exec.start", "two", true);
	put(&ps, "path", "/b", false);
	put(&ps, "persist", NULL, false);
	ATF_REQUIRE_EQ(3, ps.n);
	ATF_CHECK_STREQ("path", ps.v[0].name);
	ATF_CHECK_STREQ("/b", pset_value(&ps, "path"));
	p = pset_find(&ps, "exec.start");
	ATF_REQUIRE(p);
	ATF_REQUIRE_EQ(2, p->values.n);
	ATF_CHECK_STREQ("two", p->values.v[1]);
	ATF_CHECK_STREQ("one", pset_value(&ps, "exec.start"));
	p = pset_find(&ps, "persist");
	ATF_REQUIRE(p);
	ATF_CHECK_EQ(0, p->values.n);
	ATF_CHECK(!pset_value(&ps, "persist"));
}

ATF_TC_WITHOUT_HEAD(spellings);
ATF_TC_BODY(spellings, tc)
{
	cleanup_pset struct pset ps = {0};

	put(&ps, "persist", NULL, false);
	put(&ps, "nopersist", NULL, false);
	ATF_REQUIRE_EQ(1, ps.n);
	ATF_CHECK_STREQ("nopersist", ps.v[0].name);
	ATF_CHECK(pset_find(&ps, "persist") == &ps.v[0]);
	put(&ps, "persist", NULL, false);
	ATF_CHECK_STREQ("persist", ps.v[0].name);

	put(&ps, "ip4.addrs", "10.0.0.1", false);
	put(&ps, "ip4.addr", "10.0.0.2", true);
	ATF_REQUIRE_EQ(2, ps.n);
	ATF_CHECK_EQ(2, pset_find(&ps, "ip4.addrs")->values.n);

	/* keys of meta are names of their own, "no" or not */
	put(&ps, "meta.a", "1", false);
	put(&ps, "meta.noa", "2", false);
	put(&ps, "meta", "3", false);
	ATF_CHECK_EQ(5, ps.n);
	ATF_CHECK_STREQ("1", pset_value(&ps, "meta.a"));

	/* what the table does not know is taken by its letters */
	put(&ps, "tes", "1", false);
	put(&ps, "notes", "2", false);
	ATF_CHECK_EQ(7, ps.n);
}

ATF_TC_WITHOUT_HEAD(append);
ATF_TC_BODY(append, tc)
{
	cleanup_pset struct pset ps = {0};

	put(&ps, "depend", "a", true);
	ATF_CHECK_STREQ("a", pset_value(&ps, "depend"));
	put(&ps, "depend", "b", true);
	ATF_CHECK_EQ(2, ps.v[0].values.n);
	/* "depend;" forgets the list, as in jail.conf */
	put(&ps, "depend", NULL, true);
	ATF_CHECK_EQ(0, ps.v[0].values.n);
}

ATF_TC_WITHOUT_HEAD(remove_copy);
ATF_TC_BODY(remove_copy, tc)
{
	cleanup_pset struct pset ps = {0}, copy = {0};
	cleanup_strv struct strv v = {0};
	struct err e = ERR_INIT;

	put(&ps, "a", "1", false);
	put(&ps, "b", "2", false);
	put(&ps, "c", "3", false);
	pset_remove(&ps, "b");
	pset_remove(&ps, "nothing");
	ATF_REQUIRE_EQ(2, ps.n);
	ATF_CHECK_STREQ("c", ps.v[1].name);
	pset_remove(&ps, "c");
	ATF_CHECK_EQ(1, ps.n);

	strv_add(&v, "x");
	strv_add(&v, "y");
	ATF_REQUIRE_EQ(0, pset_put_values(&ps, "d", &v, false, "f", 7, &e));
	put(&copy, "old", "gone", false);
	ATF_REQUIRE_EQ(0, pset_copy(&copy, &ps, &e));
	pset_free(&ps);
	ATF_CHECK_EQ(0, ps.n);
	ATF_REQUIRE_EQ(2, copy.n);
	ATF_CHECK(!pset_find(&copy, "old"));
	ATF_CHECK_STREQ("f", copy.v[1].file);
	ATF_CHECK_EQ(7, copy.v[1].line);
	ATF_CHECK_STREQ("y", copy.v[1].values.v[1]);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, put_and_find);
	ATF_TP_ADD_TC(tp, spellings);
	ATF_TP_ADD_TC(tp, append);
	ATF_TP_ADD_TC(tp, remove_copy);
	return atf_no_error();
}
