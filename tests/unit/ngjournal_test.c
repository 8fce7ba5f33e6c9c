/* The journal: what a killed broker's successor makes of it. */
#include "base/file.h"
#include "netgraph/journal_impl.h"
#include "ngworld.h"

#include <atf-c.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static struct world w;
static struct ng_journal *j;

static void begin(void)
{
	struct err e = ERR_INIT;

	world_open(&w);
	ATF_REQUIRE_EQ_MSG(0, ng_journal_open(AT_FDCWD, w.g, &j, &e), "%s",
			   e.text);
	ATF_REQUIRE_EQ(0, ng_node_new(w.g, &world_stays, &w.me));
	ATF_REQUIRE_EQ(0, ng_node_rename(w.me, "me"));
}

/* The broker is killed: what is in memory is lost, the records stay. */
static void die(void)
{
	ng_journal_free(&j);
	ng_graph_free(&w.g);
}

/* The next one comes, and finds (or does not find) the records. */
static void rise(bool records)
{
	struct err e = ERR_INIT;

	if (records) {
		dp_slots_forget(w.dp);
	} else {
		dp_free(&w.dp);
		ATF_REQUIRE_EQ(0, dp_memory(&w.dp));
	}
	ATF_REQUIRE_EQ(0, ng_graph_new(w.dp, &w.g));
	ng_graph_types(w.g, world_types);
	ATF_REQUIRE_EQ_MSG(0, ng_journal_open(AT_FDCWD, w.g, &j, &e), "%s",
			   e.text);
	w.me = ng_node_by_name(w.g, "me");
}

static void end(void)
{
	ng_journal_free(&j);
	world_end(&w);
}

/* A little of everything: step number `i`; false: there are no more. */
static bool step(int i)
{
	static const struct {
		enum {
			MKPEER,
			JOIN,
			NAME,
			RMHOOK,
			KILL,
			TELL
		} what;
		const char *path, *a, *b, *c;
		uint32_t cmd, v;
		int want;
	} rows[] = {
		{MKPEER, ".", "plain", "a", "up", 0, 0, 0},
		{MKPEER, "a", "stays", "role1", "role2", 0, 0, 0},
		{MKPEER, "a", "mute", "num7", "x", 0, 0, 0},
		{NAME, "a", "first", NULL, NULL, 0, 0, 0},
		{TELL, "a", NULL, NULL, NULL, WORLD_SET, 52, 0},
		{JOIN, "a.role1", "me:", "num3", "b", 0, 0, 0},
		{MKPEER, ".", "plain", "a", "up", 0, 0, -EEXIST},
		{MKPEER, ".", "plain", "c", "veto", 0, 0, -EPROTO},
		{MKPEER, ".", "plain", "die", "bya", 0, 0, 0},
		{MKPEER, "die", "plain", "byb", "up", 0, 0, 0},
		{NAME, "first:", "second", NULL, NULL, 0, 0, 0},
		{TELL, ".", NULL, NULL, NULL, WORLD_FLAG, 6, 0},
		{TELL, "second:", NULL, NULL, NULL, WORLD_CLEAR, 0, 0},
		{KILL, "die", NULL, NULL, NULL, 0, 0, 0},
		{JOIN, "second:", ".", "s", "t", 0, 0, 0},
		{RMHOOK, "second:", "role1", NULL, NULL, 0, 0, 0},
		{JOIN, "second:", "me:b", "role1", "role2", 0, 0, 0},
		{RMHOOK, ".", "b", NULL, NULL, 0, 0, 0},
		{TELL, "second:", NULL, NULL, NULL, WORLD_PERSIST, 1, 0},
		{RMHOOK, "me:", "a", NULL, NULL, 0, 0, 0},
		{TELL, "second:", NULL, NULL, NULL, WORLD_SET, 1, 0},
		{MKPEER, ".", "plain", "a", "up", 0, 0, 0},
		{NAME, "me:a", "first", NULL, NULL, 0, 0, 0},
		{KILL, "second:", NULL, NULL, NULL, 0, 0, 0},
		{MKPEER, "first:", "plain", "a", "up", 0, 0, 0},
	};

	if ((size_t)i >= ARRAY_SIZE(rows))
		return false;
	ATF_REQUIRE_EQ_MSG(
		rows[i].want,
		rows[i].what == MKPEER
			? world_mkpeer(&w, rows[i].path, rows[i].a, rows[i].b,
				       rows[i].c)
		: rows[i].what == JOIN ? world_join(&w, rows[i].path, rows[i].a,
						    rows[i].b, rows[i].c)
		: rows[i].what == NAME ? world_name(&w, rows[i].path, rows[i].a)
		: rows[i].what == RMHOOK
			? world_rmhook(&w, rows[i].path, rows[i].a)
		: rows[i].what == KILL
			? world_kill(&w, rows[i].path)
			: world_tell(&w, rows[i].path, rows[i].cmd, rows[i].v),
		"step %d", i);
	/* some packets, so that cleared counters begin somewhere */
	if (w.me->hooks)
		ATF_REQUIRE_EQ(0, ng_send_data(w.me->hooks, "hello", 5));
	world_check(w.g);
	return true;
}

/* After each message: killed; the model is the same, and packets have seen
 * nothing of it. */
ATF_TC_WITHOUT_HEAD(killed);
ATF_TC_BODY(killed, tc)
{
	cleanup_strbuf struct strbuf was = STRBUF_INIT, is = STRBUF_INIT;

	begin();
	for (int i = 0; step(i); i++) {
		ng_ID_t next = w.g->next_id;
		uint32_t gen = dp_ctl(w.dp)->gen;

		world_dump(w.g, &was);
		die();
		rise(true);
		world_check(w.g);
		world_dump(w.g, &is);
		ATF_CHECK_STREQ(was.s, is.s);
		ATF_CHECK_EQ(gen, dp_ctl(w.dp)->gen);
		/* a number that was never a node's may come again */
		ATF_CHECK(w.g->next_id <= next && w.g->next_id + 1 >= next);
	}
	end();
}

/* The machine was not restarted, but the maps are gone. */
ATF_TC_WITHOUT_HEAD(records_lost);
ATF_TC_BODY(records_lost, tc)
{
	cleanup_strbuf struct strbuf was = STRBUF_INIT, is = STRBUF_INIT;

	begin();
	for (int i = 0; step(i); i++) {
		world_dump(w.g, &was);
		die();
		rise(false);
		world_check(w.g);
		world_dump(w.g, &is);
		ATF_CHECK_STREQ(was.s, is.s);
	}
	end();
}

/* What is in the file, owned. */
static char *journal_bytes(size_t *ret_len)
{
	char *data = NULL;

	ATF_REQUIRE_EQ(0, file_read(AT_FDCWD, "journal", 1 << 20, &data,
				    ret_len, NULL));
	return data;
}

/* A successor that finds just these bytes, and no records. */
static int play(const char *data, size_t len)
{
	ATF_REQUIRE_EQ(0, dp_memory(&w.dp));
	ATF_REQUIRE_EQ(0, ng_graph_new(w.dp, &w.g));
	ng_graph_types(w.g, world_types);
	return journal_play(w.g, data, len, false, NULL);
}

/* Killed while writing, at each byte: the model is what it was after one of
 * the messages, and never an earlier one with more bytes. */
ATF_TC_WITHOUT_HEAD(each_byte);
ATF_TC_BODY(each_byte, tc)
{
	cleanup_strbuf struct strbuf is = STRBUF_INIT;
	char *after[64] = {0};
	size_t lens[64], n = 0, at = 0, size;
	cleanup_free char *data = NULL;
	struct stat st;

	begin();
	do {
		ATF_REQUIRE_EQ(0, stat("journal", &st));
		world_dump(w.g, &is);
		after[n] = strdup(is.s);
		lens[n++] = (size_t)st.st_size;
	} while (step((int)n - 1));
	data = journal_bytes(&size);
	end();
	for (size_t len = lens[0]; len <= size; len++) {
		ATF_REQUIRE_EQ(0, play(data, len));
		world_check(w.g);
		world_dump(w.g, &is);
		while (at < n && lens[at] <= len)
			at++;
		ATF_REQUIRE_STREQ_MSG(after[at - 1], is.s,
				      "%zu bytes, message %zu", len, at);
		world_end(&w);
	}
	ATF_CHECK_EQ(n, at);
	for (size_t len = 0; len < lens[0]; len++) {
		ATF_CHECK_EQ(len && len < JOURNAL_HEAD ? -EBADMSG : 0,
			     play(data, len));
		world_check(w.g);
		world_end(&w);
	}
	for (size_t i = 0; i < n; i++)
		free(after[i]);
}

/* A byte that is not what was written ends what is believed. */
ATF_TC_WITHOUT_HEAD(each_byte_wrong);
ATF_TC_BODY(each_byte_wrong, tc)
{
	cleanup_free char *data = NULL;
	size_t size;

	begin();
	for (int i = 0; step(i); i++)
		;
	data = journal_bytes(&size);
	end();
	for (size_t at = 0; at < size; at++) {
		data[at] ^= 0x41;
		ATF_CHECK_EQ_MSG(at < JOURNAL_HEAD ? -EBADMSG : 0,
				 play(data, size), "byte %zu", at);
		data[at] ^= 0x41;
		world_check(w.g);
		world_end(&w);
	}
}

/* A change that had begun is taken back: slots that the journal does not know
 * are linked, known ones are cut. */
ATF_TC_WITHOUT_HEAD(in_the_middle);
ATF_TC_BODY(in_the_middle, tc)
{
	cleanup_strbuf struct strbuf was = STRBUF_INIT, is = STRBUF_INIT;
	struct ng_journal *aside;

	begin();
	for (int i = 0; i < 12; i++)
		ATF_REQUIRE(step(i));
	world_dump(w.g, &was);
	/* the journal hears nothing of these */
	aside = w.g->journal;
	w.g->journal = NULL;
	ATF_REQUIRE_EQ(0, world_mkpeer(&w, ".", "plain", "new", "up"));
	ATF_REQUIRE_EQ(0, world_mkpeer(&w, "second:", "plain", "n1", "up"));
	ATF_REQUIRE_EQ(0, world_rmhook(&w, ".", "b"));
	ATF_REQUIRE_EQ(0, world_kill(&w, "second:num7"));
	ATF_REQUIRE_EQ(0, world_tell(&w, "second:", WORLD_SET, 55));
	w.g->journal = aside;
	die();
	rise(true);
	world_check(w.g);
	world_dump(w.g, &is);
	ATF_CHECK_STREQ(was.s, is.s);
	ATF_CHECK_EQ(0, world_mkpeer(&w, ".", "plain", "new", "up"));
	world_check(w.g);
	end();
}

/* Nodes that cannot go on take their neighbours with them, if they must. */
ATF_TC_WITHOUT_HEAD(restore_fails);
ATF_TC_BODY(restore_fails, tc)
{
	begin();
	ATF_CHECK_EQ(0, world_mkpeer(&w, ".", "stays", "s", "up"));
	ATF_CHECK_EQ(0, world_mkpeer(&w, "s", "plain", "p", "up"));
	ATF_CHECK_EQ(0, world_mkpeer(&w, "s", "stays", "q", "up"));
	ATF_CHECK_EQ(0, world_tell(&w, "s", WORLD_SET, 13));
	die();
	strbuf_clear(&world_log);
	rise(true);
	ATF_CHECK_STREQ("restore 1\nrestore 2\nrestore 3\nrestore 4\n"
			"closing 2\ndisconnect 4.up\ndisconnect 2.q\n"
			"disconnect 3.up\ndisconnect 2.p\n"
			"disconnect 1.s\ndisconnect 2.up\n"
			"shutdown 2\nclosing 3\nshutdown 3\n",
			world_log.s);
	ATF_CHECK_EQ(2, ng_node_count(w.g));
	world_check(w.g);
	/* and the next one knows that */
	die();
	strbuf_clear(&world_log);
	rise(true);
	ATF_CHECK_STREQ("restore 1\nrestore 4\n", world_log.s);
	end();
}

/* Those who look make nothing live and write nothing. */
ATF_TC_WITHOUT_HEAD(look);
ATF_TC_BODY(look, tc)
{
	cleanup_strbuf struct strbuf was = STRBUF_INIT, is = STRBUF_INIT;
	struct stat before, after;
	struct ng_graph *g = NULL;
	struct ng_dp *dp = NULL;

	begin();
	for (int i = 0; i < 12; i++)
		ATF_REQUIRE(step(i));
	ATF_CHECK_EQ(0, world_tell(&w, "second:", WORLD_SET, 13));
	world_dump(w.g, &was);
	ATF_REQUIRE_EQ(0, stat("journal", &before));
	strbuf_clear(&world_log);
	ATF_REQUIRE_EQ(0, dp_memory(&dp));
	ATF_REQUIRE_EQ(0, ng_graph_new(dp, &g));
	ng_graph_types(g, world_types);
	ATF_REQUIRE_EQ(0, ng_journal_read(AT_FDCWD, g, NULL));
	world_dump(g, &is);
	ATF_CHECK_STREQ(was.s, is.s);
	ATF_CHECK_STREQ("", world_log.s);
	world_check(g);
	ATF_REQUIRE_EQ(0, stat("journal", &after));
	ATF_CHECK_EQ(before.st_ino, after.st_ino);
	ATF_CHECK_EQ(before.st_size, after.st_size);
	ng_graph_free(&g);
	dp_free(&dp);
	end();
}

ATF_TC_WITHOUT_HEAD(none);
ATF_TC_BODY(none, tc)
{
	struct stat st;

	world_open(&w);
	ATF_CHECK_EQ(0, ng_journal_read(AT_FDCWD, w.g, NULL));
	ATF_CHECK_EQ(-1, stat("journal", &st));
	ATF_CHECK_EQ(0, ng_journal_open(AT_FDCWD, w.g, &j, NULL));
	ATF_CHECK_EQ(0, stat("journal", &st));
	ATF_CHECK_EQ(0600, st.st_mode & 07777);
	ATF_CHECK_EQ(-1, stat("journal.new", &st));
	end();
}

/* No room: the graph goes on, and the file is made anew when there is. */
ATF_TC_WITHOUT_HEAD(no_room);
ATF_TC_BODY(no_room, tc)
{
	cleanup_strbuf struct strbuf was = STRBUF_INIT, is = STRBUF_INIT;
	struct err e = ERR_INIT;
	struct rlimit limit;
	struct stat st;

	begin();
	for (int i = 0; i < 5; i++)
		ATF_REQUIRE(step(i));
	/* nothing can be written to it, and no new one be made */
	ATF_REQUIRE_EQ(0, mkdir("journal.new", 0700));
	ATF_REQUIRE_EQ(0, stat("journal", &st));
	(void)signal(SIGXFSZ, SIG_IGN);
	ATF_REQUIRE_EQ(0, getrlimit(RLIMIT_FSIZE, &limit));
	limit.rlim_cur = (rlim_t)st.st_size + 10;
	ATF_REQUIRE_EQ(0, setrlimit(RLIMIT_FSIZE, &limit));
	for (int i = 5; i < 10; i++)
		ATF_REQUIRE(step(i));
	ATF_CHECK(ng_journal_commit(j, &e) < 0);
	ATF_CHECK(*e.text);
	limit.rlim_cur = limit.rlim_max;
	ATF_REQUIRE_EQ(0, setrlimit(RLIMIT_FSIZE, &limit));
	ATF_REQUIRE_EQ(0, rmdir("journal.new"));
	ATF_REQUIRE(step(10));
	world_dump(w.g, &was);
	die();
	rise(true);
	world_dump(w.g, &is);
	ATF_CHECK_STREQ(was.s, is.s);
	end();
}

/* The file does not grow for ever. */
ATF_TC_WITHOUT_HEAD(size);
ATF_TC_BODY(size, tc)
{
	struct stat st;
	char name[16];

	begin();
	for (int i = 0; i < 100000; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		ATF_REQUIRE_EQ(0, ng_node_rename(w.me, name));
	}
	ATF_REQUIRE_EQ(0, ng_node_rename(w.me, "me"));
	ATF_REQUIRE_EQ(0, stat("journal", &st));
	ATF_CHECK(st.st_size < 2 << 20);
	die();
	rise(true);
	ATF_CHECK(w.me != NULL);
	end();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, killed);
	ATF_TP_ADD_TC(tp, records_lost);
	ATF_TP_ADD_TC(tp, each_byte);
	ATF_TP_ADD_TC(tp, each_byte_wrong);
	ATF_TP_ADD_TC(tp, in_the_middle);
	ATF_TP_ADD_TC(tp, restore_fails);
	ATF_TP_ADD_TC(tp, look);
	ATF_TP_ADD_TC(tp, none);
	ATF_TP_ADD_TC(tp, no_room);
	ATF_TP_ADD_TC(tp, size);
	return atf_no_error();
}
