/*
 * Thousands of random changes to a graph of every type that needs no
 * interface: after each, what packets see is the model; now and then the
 * broker is killed, and the next one has the same model.
 */
#include "ngworld.h"

#include <atf-c.h>
#include "net/vnet.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <time.h>
#include <unistd.h>

#define OPS 10000
#define KERNEL_OPS 2000
#define NODES 120 /* from here on more are shut down than made */

static struct world w;
static struct ng_journal *j;
static uint64_t seed;

static uint32_t rnd(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)((seed >> 20) % n);
}

#define PICK(list) ((list)[rnd(ARRAY_SIZE(list))])

static const char *const types[] = {
	"plain", "stays",    "mute", "hub",   "bridge",	   "tee",    "hole",
	"echo",	 "one2many", "vlan", "split", "macfilter", "etf",    "ng_hub",
	"pipe",	 "ether",    "tee",  "plain", "plain",	   "nope",   "bridge",
	"car",	 "patch",    "bpf",  "tag",   "tcpmss",	   "source",
};

static const char *const hooks[] = {
	"link0",   "link1",    "link2",	     "link3",	   "uplink1",
	"uplink2", "left",     "right",	     "left2right", "right2left",
	"in",	   "out",      "mixed",	     "one",	   "many0",
	"many1",   "many2",    "downstream", "nomatch",	   "ether",
	"default", "upper",    "lower",	     "a",	   "b",
	"c",	   "role1",    "role2",	     "num5",	   "die",
	"die2",	   "bya",      "byb",	     "refuse",	   "veto",
	"suicide", "link4711", "many63",     "x.y",	   "",
	"h1",	   "h2",       "h3",	     "h4",	   "h5",
	"v1",	   "v2",       "v3",	     "v4",	   "v5",
};

static const char *const names[] = {
	"n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7", "[3]", "a.b", "",
};

/* Some node, by its id, and perhaps a hook or two further. */
static void some_path(char *ret, size_t size)
{
	size_t skip = rnd((uint32_t)ng_node_count(w.g));
	const struct ng_node *n = ng_nodes(w.g);
	const struct ng_hook *h;
	size_t len;

	while (skip-- && n->next)
		n = n->next;
	len = (size_t)snprintf(ret, size, "[%x]:", n->id);
	for (int hops = (int)rnd(3); hops && n->nhooks; hops--) {
		h = n->hooks;
		for (size_t i = rnd((uint32_t)n->nhooks); i; i--)
			h = h->older;
		len += (size_t)snprintf(ret + len, size - len, "%s%s",
					ret[len - 1] == ':' ? "" : ".",
					h->name);
		n = h->peer->node;
	}
}

static int one_op(void)
{
	uint32_t what = rnd(ng_node_count(w.g) > NODES ? 100 : 80);
	char path[NG_PATHSIZ], other[NG_PATHSIZ];

	some_path(path, sizeof(path));
	some_path(other, sizeof(other));
	if (what < 40)
		return world_mkpeer(&w, path, PICK(types), PICK(hooks),
				    PICK(hooks));
	if (what < 60)
		return world_join(&w, path, other, PICK(hooks), PICK(hooks));
	if (what < 65)
		return world_name(&w, path, PICK(names));
	if (what < 72)
		return world_rmhook(&w, path, PICK(hooks));
	if (what < 75)
		return world_tell(&w, path, 1 + rnd(7), rnd(62));
	if (strcmp(path, "[1]:") == 0)
		return 0;
	return world_kill(&w, path);
}

/* With the kernel's data path: in a network namespace of its own. */
static struct vnet *vnet;
static char *bpfdir;

static void kernel_open(void)
{
	cleanup_free char *cwd = NULL;
	struct err e = ERR_INIT;
	int r;

	if (getuid() != 0 || unshare(CLONE_NEWNET | CLONE_NEWNS) < 0)
		atf_tc_skip("needs root");
	ATF_REQUIRE_EQ(0, mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	cwd = realpath(".", NULL);
	ATF_REQUIRE(cwd != NULL);
	bpfdir = str_printf("%s/bpf", cwd);
	ATF_REQUIRE_EQ_MSG(0, vnet_open(-1, NULL, &vnet, &e), "%s", e.text);
	r = dp_open(vnet, bpfdir, &w.dp, &e);
	if (r == -EPERM || r == -ENOSYS)
		atf_tc_skip("%s", e.text);
	ATF_REQUIRE_EQ_MSG(0, r, "%s", e.text);
}

static void kernel_close(void)
{
	struct err e = ERR_INIT;

	ATF_CHECK_EQ_MSG(0, dp_remove(vnet, bpfdir, &e), "%s", e.text);
	umount2(bpfdir, MNT_DETACH);
	vnet_free(&vnet);
	free(bpfdir);
}

/* The broker is killed: what is in its memory is lost. */
static void die(void)
{
	struct err e = ERR_INIT;

	ng_journal_free(&j);
	ng_graph_free(&w.g);
	if (!vnet) {
		dp_slots_forget(w.dp);
		return;
	}
	dp_free(&w.dp);
	ATF_REQUIRE_EQ_MSG(0, dp_open(vnet, bpfdir, &w.dp, &e), "%s", e.text);
}

/* The next broker, on the records as they are. */
static void rise(void)
{
	struct err e = ERR_INIT;

	ATF_REQUIRE_EQ(0, ng_graph_new(w.dp, &w.g));
	ng_graph_types(w.g, world_types);
	ATF_REQUIRE_EQ_MSG(0, ng_journal_open(AT_FDCWD, w.g, &j, &e), "%s",
			   e.text);
	w.me = ng_node_by_name(w.g, "me");
}

static void begin(const char *with)
{
	seed = with ? strtoull(with, NULL, 0) : (uint64_t)time(NULL) * 2 + 1;
	printf("SEED=%llu\n", (unsigned long long)seed);
	rise();
	ATF_REQUIRE_EQ(0, ng_node_new(w.g, &world_stays, &w.me));
	ATF_REQUIRE_EQ(0, ng_node_rename(w.me, "me"));
}

/* Node 1 sends all messages; it is made again where it was lost. */
static void me_again(void)
{
	w.me = ng_node_by_name(w.g, "me");
	if (w.me)
		return;
	ATF_REQUIRE_EQ(0, ng_node_new(w.g, &world_stays, &w.me));
	ATF_REQUIRE_EQ(0, ng_node_rename(w.me, "me"));
}

/* The first line that is not the same, of both. */
static const char *difference(const char *was, const char *is)
{
	static char text[2048];
	size_t i = 0;

	for (size_t k = 0; was[k] && was[k] == is[k]; k++)
		if (was[k] == '\n')
			i = k + 1;
	snprintf(text, sizeof(text), "before: %.*s; after: %.*s",
		 (int)strcspn(was + i, "\n"), was + i,
		 (int)strcspn(is + i, "\n"), is + i);
	return text;
}

/* n changes; after each `every` of them the slots are looked at, after each
 * 100 the broker is killed. */
static void changes(int n, int every)
{
	cleanup_strbuf struct strbuf was = STRBUF_INIT, is = STRBUF_INIT;
	size_t done = 0, most = 0, kept = 0;

	for (int i = 0; i < n; i++) {
		if (!one_op())
			done++;
		me_again();
		if (i % every == 0)
			world_check(w.g);
		strbuf_clear(&world_log);
		if (ng_node_count(w.g) > most)
			most = ng_node_count(w.g);
		if (i % 100)
			continue;
		world_dump(w.g, &was);
		die();
		rise();
		world_check(w.g);
		world_dump(w.g, &is);
		if (strcmp(was.s, is.s) == 0)
			kept++;
		else /* only what says so cannot go on */
			ATF_REQUIRE_MSG(strstr(was.s, " 0d000000"), "%s",
					difference(was.s, is.s));
		me_again();
	}
	printf("%zu of %d were carried out; up to %zu nodes; %zu times the same"
	       " after a kill\n",
	       done, n, most, kept);
	ATF_CHECK(done > (size_t)n / 5 && most > NODES / 2);
	ATF_CHECK(kept > (size_t)n / 500);
	/* and all of it goes, without a rest */
	while (ng_nodes(w.g))
		ng_node_shutdown(ng_nodes(w.g));
	world_check(w.g);
	ATF_CHECK_EQ(0, w.g->by_hook.n);
	ng_journal_free(&j);
	world_end(&w);
}

ATF_TC(memory);
ATF_TC_HEAD(memory, tc)
{
	atf_tc_set_md_var(tc, "descr", "SEED=... repeats a run");
	atf_tc_set_md_var(tc, "timeout", "300");
}
ATF_TC_BODY(memory, tc)
{
	ATF_REQUIRE_EQ(0, dp_memory(&w.dp));
	begin(getenv("SEED"));
	changes(OPS, 1);
}

/* The slots are those that the programs read. */
ATF_TC(kernel);
ATF_TC_HEAD(kernel, tc)
{
	atf_tc_set_md_var(tc, "descr", "SEED=... repeats a run");
	atf_tc_set_md_var(tc, "require.user", "root");
	atf_tc_set_md_var(tc, "timeout", "300");
}
ATF_TC_BODY(kernel, tc)
{
	kernel_open();
	begin(getenv("SEED"));
	changes(KERNEL_OPS, 10);
	kernel_close();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, memory);
	ATF_TP_ADD_TC(tp, kernel);
	return atf_no_error();
}
