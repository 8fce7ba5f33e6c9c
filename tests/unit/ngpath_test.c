/* Addresses of nodes: netgraph(4), "Addressing". */
#include "ngworld.h"

#include <atf-c.h>

static struct world w;

/* me(1) -a-> x(2) -b-> y(3); x is "hub 1" */
static void three(void)
{
	world_begin(&w);
	ATF_REQUIRE_EQ(0, world_mkpeer(&w, ".", "plain", "a", "up"));
	ATF_REQUIRE_EQ(0, world_mkpeer(&w, "a", "plain", "b", "up"));
	ATF_REQUIRE_EQ(0, world_name(&w, "a", "hub 1"));
	world_check(w.g);
}

/* want: an id, or an errno as a negative number; last: a hook, or "". */
static void leads(const char *path, int want, const char *last)
{
	struct ng_hook *h = NULL;
	struct ng_node *n = NULL;
	int r = ng_path(w.g, w.me, path, &n, &h);

	ATF_CHECK_EQ_MSG(want, r < 0 ? r : (int)n->id, "\"%s\": %d", path, r);
	if (r >= 0)
		ATF_CHECK_STREQ(last, h ? h->name : "");
}

ATF_TC_WITHOUT_HEAD(addresses);
ATF_TC_BODY(addresses, tc)
{
	static const struct {
		const char *path;
		int want;
		const char *last;
	} rows[] = {
		{"", 1, ""},
		{".", 1, ""},
		{".:", 1, ""},
		{".:.", 1, ""},
		{"me:", 1, ""},
		{"[1]:", 1, ""},
		{"a", 2, "up"},
		{".a", 2, "up"},
		{"a.", 2, "up"},
		{".a.", 2, "up"},
		{".:a", 2, "up"},
		{"me:a", 2, "up"},
		{"[1]:a", 2, "up"},
		{"[2]:", 2, ""},
		{"[0x2]:", 2, ""},
		{"[00002]:", 2, ""},
		{"hub 1:", 2, ""},
		{"hub 1:b", 3, "up"},
		{"a.b", 3, "up"},
		{"a.b.up", 2, "b"},
		{"a.up.a.b.up.up.a", 2, "up"},
		{"..", -EINVAL, ""},
		{"a..b", -EINVAL, ""},
		{"a..", -EINVAL, ""},
		{"..a", -EINVAL, ""},
		{":", -EINVAL, ""},
		{":a", -EINVAL, ""},
		{"me:a:", -EINVAL, ""},
		{"me::", -EINVAL, ""},
		{"a.b:", -EINVAL, ""},
		{"..:", -EINVAL, ""},
		{"nobody:", -ENOENT, ""},
		{"nobody:a", -ENOENT, ""},
		{"b", -ENOENT, ""},
		{"a.c", -ENOENT, ""},
		{"a.b.c", -ENOENT, ""},
		{"[4]:", -ENOENT, ""},
		{"[0]:", -ENOENT, ""},
		{"[]:", -ENOENT, ""},
		{"[+1]:", -ENOENT, ""},
		{"[ 1]:", -ENOENT, ""},
		{"[1]x:", -ENOENT, ""},
		{"[1 ]:", -ENOENT, ""},
		{"[100000001]:", -ENOENT, ""},
		{"[ffffffffffffffffffff]:", -ENOENT, ""},
		{"Me:", -ENOENT, ""},
		{"hub 1 :", -ENOENT, ""},
	};

	three();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		leads(rows[i].path, rows[i].want, rows[i].last);
	world_end(&w);
}

ATF_TC_WITHOUT_HEAD(length);
ATF_TC_BODY(length, tc)
{
	char path[NG_PATHSIZ + 1];

	three();
	/* a.up.a.up ... in 511 and in 512 bytes */
	for (size_t i = 0; i < sizeof(path); i++)
		path[i] = "a.up."[i % 5];
	path[NG_PATHSIZ - 1] = '\0';
	leads(path, 2, "up");
	path[NG_PATHSIZ - 1] = 'p';
	path[NG_PATHSIZ] = '\0';
	leads(path, -EINVAL, "");
	world_end(&w);
}

ATF_TC_WITHOUT_HEAD(nowhere);
ATF_TC_BODY(nowhere, tc)
{
	struct ng_node *n;

	three();
	ATF_CHECK_EQ(-EINVAL, ng_path(w.g, NULL, "a", &n, NULL));
	ATF_CHECK_EQ(-EINVAL, ng_path(w.g, NULL, ".:", &n, NULL));
	ATF_CHECK_EQ(0, ng_path(w.g, NULL, "me:a", &n, NULL));
	world_end(&w);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, addresses);
	ATF_TP_ADD_TC(tp, length);
	ATF_TP_ADD_TC(tp, nowhere);
	return atf_no_error();
}
