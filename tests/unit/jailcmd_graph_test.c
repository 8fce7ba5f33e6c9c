/* jail/jailcmd_graph: the order in which jails are worked on. */
#include "base/cleanup.h"
#include "jail/conf.h"
#include "jail/jailcmd_int.h"

#include <atf-c.h>
#include <string.h>

static void line(void *data, enum report_level level, const char *text)
{
	(void)level;
	strbuf_addf(data, "%s\n", text);
}

static void job_free(struct jailjob *j)
{
	free(j->name);
	pset_free(&j->params);
	free(j->needs.v);
	free(j->needed.v);
	free(j);
}

/* One step for every job that may go on, as jail(8)'s main loop does it. */
static void walk(struct jailrun *run, struct strbuf *out)
{
	struct jailjob *j;

	while ((j = jailgraph_next(run))) {
		bool stop = jailjob_stops(j);

		jailjob_queue(run, j, QUEUE_IDLE);
		if (!(j->flags & JOB_FAILED) && jailgraph_wait(run, j))
			continue;
		if (j->flags & JOB_FAILED) {
			jailgraph_done(run, j, false);
			continue;
		}
		strbuf_addf(out, "%s%s%s", out->len ? " " : "", stop ? "-" : "",
			    j->name);
		j->jid = stop ? -1 : 1;
		jailgraph_done(run, j, true);
		jailgraph_done(run, j, false);
	}
}

/*
 * The order of a configuration, "a b c"; names: which are asked for, NULL all.
 * errors gets what was said.
 */
static char *order(const char *conf, unsigned int ops, const char *names,
		   struct strbuf *errors)
{
	const struct report rep = {.line = line, .data = errors};
	const struct jailcmd cmd = {.ops = ops, .cancel_fd = -1};
	struct jailrun run = {.cmd = &cmd, .report = &rep, .epfd = -1};
	cleanup_jailconf struct jailconf *c = NULL;
	cleanup_strbuf struct strbuf out = STRBUF_INIT;
	cleanup_strv struct strv want = {0};
	struct err e = ERR_INIT;

	for (size_t i = 0; i < NQUEUES; i++)
		TAILQ_INIT(&run.queues[i]);
	ATF_REQUIRE_EQ_MSG(0, jailconf_parse("t", conf, strlen(conf), &c, &e),
			   "%s", e.text);
	for (size_t i = 0; i < c->n; i++) {
		struct jailjob *j;

		ATF_REQUIRE_EQ(0, jailjob_new(&run, c->v[i].name,
					      &c->v[i].params, &j, &e));
		j->jid = ops & JAILCMD_REMOVE ? 1 : -1;
	}
	ATF_REQUIRE_EQ(0, jailgraph_build(&run, &e));
	if (names)
		ATF_REQUIRE_EQ(0, strv_split(&want, names, " "));
	for (size_t i = 0; i < run.njobs; i++) {
		struct jailjob *j = run.jobs[i];

		if (names && !strv_has(&want, j->name))
			continue;
		j->ops = ops;
		jailjob_queue(&run, j,
			      !names && jailgraph_pending(j) ? QUEUE_DEPEND
							     : QUEUE_READY);
	}
	walk(&run, &out);
	for (size_t i = 0; i < run.njobs; i++)
		job_free(run.jobs[i]);
	free(run.jobs);
	jailgraph_free(&run);
	return strbuf_take(&out);
}

static void check(const char *conf, unsigned int ops, const char *names,
		  const char *want, const char *want_errors)
{
	cleanup_strbuf struct strbuf errors = STRBUF_INIT;
	cleanup_free char *got = order(conf, ops, names, &errors);

	ATF_CHECK_STREQ_MSG(want, got, "of: %s", conf);
	ATF_CHECK_STREQ(want_errors, errors.s);
}

#define C JAILCMD_CREATE
#define R JAILCMD_REMOVE

ATF_TC_WITHOUT_HEAD(file_order);
ATF_TC_BODY(file_order, tc)
{
	check("c {} a {} b {}", C, NULL, "c a b", "");
	check("c {} a {} b {}", R, NULL, "-b -a -c", "");
}

ATF_TC_WITHOUT_HEAD(depend);
ATF_TC_BODY(depend, tc)
{
	const char *conf = "a { depend = c, b; } b { depend = c; } c {}";

	check(conf, C, NULL, "c b a", "");
	check(conf, R, NULL, "-a -b -c", "");
	/* what is needed comes along; what is not does not */
	check(conf, C, "b", "c b", "");
	check(conf, C, "a", "c b a", "");
	check(conf, R, "c", "-a -b -c", "");
	check(conf, R, "a", "-a", "");
}

ATF_TC_WITHOUT_HEAD(hierarchy);
ATF_TC_BODY(hierarchy, tc)
{
	check("a.b {} a {} x {}", C, NULL, "a x a.b", "");
	check("a {} a.b {} a.b.c {}", R, NULL, "-a.b.c -a.b -a", "");
	/* a parent that no block defines is nobody's business */
	check("q.b {}", C, NULL, "q.b", "");
}

ATF_TC_WITHOUT_HEAD(undefined);
ATF_TC_BODY(undefined, tc)
{
	check("a { depend = nope; } b {}", C, NULL, "b",
	      "jail: a: depends on undefined jail \"nope\"\n");
	check("a { depend = nope; } b { depend = a; } c {}", C, NULL, "c",
	      "jail: a: depends on undefined jail \"nope\"\n"
	      "jail: b: skipped\n");
}

ATF_TC_WITHOUT_HEAD(loop);
ATF_TC_BODY(loop, tc)
{
	check("a { depend = b; } b { depend = a; } c {}", C, NULL, "c",
	      "jail: a: dependency loop\n"
	      "jail: b: skipped\n");
	check("a { depend = a; }", C, NULL, "", "jail: a: dependency loop\n");
	check("a { depend = b; } b { depend = a; } c {}", C, "c", "c",
	      "jail: a: dependency loop\n");
}

ATF_TC_WITHOUT_HEAD(many);
ATF_TC_BODY(many, tc)
{
	cleanup_strbuf struct strbuf conf = STRBUF_INIT, want = STRBUF_INIT;

	/* a chain of a thousand, written from its end */
	for (int i = 999; i >= 0; i--) {
		strbuf_addf(&conf, "j%d {", i);
		if (i)
			strbuf_addf(&conf, " depend = j%d;", i - 1);
		strbuf_adds(&conf, " }\n");
	}
	for (int i = 0; i < 1000; i++)
		strbuf_addf(&want, "%sj%d", i ? " " : "", i);
	check(conf.s, C, NULL, want.s, "");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, file_order);
	ATF_TP_ADD_TC(tp, depend);
	ATF_TP_ADD_TC(tp, hierarchy);
	ATF_TP_ADD_TC(tp, undefined);
	ATF_TP_ADD_TC(tp, loop);
	ATF_TP_ADD_TC(tp, many);
	return atf_no_error();
}
