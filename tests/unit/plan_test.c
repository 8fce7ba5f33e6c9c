/* base/plan: steps run in order, undone in reverse. */
#include "base/plan.h"
#include "base/str.h"

#include <atf-c.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ctx is a strbuf that logs; arg is a step's letter, upper case fails. */
static int step_run(void *ctx, void *arg, struct err *e)
{
	const char *s = arg;

	strbuf_adds(ctx, s);
	if (s[0] >= 'A' && s[0] <= 'Z')
		return err_set(e, EBUSY, "step %s", s);
	return 0;
}

static int step_undo(void *ctx, void *arg, struct err *e)
{
	const char *s = arg;

	strbuf_addf(ctx, "-%s", s);
	if (s[0] == 'f')
		return err_set(e, EIO, "stuck");
	return 0;
}

static void add(struct plan *p, const char *letter)
{
	struct err e = ERR_INIT;

	ATF_REQUIRE_EQ(0, plan_add(p, step_run, step_undo, strdup(letter), free,
				   &e, "do %s", letter));
}

ATF_TC_WITHOUT_HEAD(success);
ATF_TC_BODY(success, tc)
{
	cleanup_strbuf struct strbuf log = STRBUF_INIT;
	cleanup_plan struct plan p = {0};
	struct err e = ERR_INIT;

	add(&p, "a");
	add(&p, "b");
	ATF_CHECK_STREQ("do b", p.v[1].text);
	ATF_CHECK_EQ(0, plan_run(&p, &log, NULL, NULL, &e));
	ATF_CHECK_STREQ("ab", log.s);
	/* What is done is not done again; new steps are. */
	add(&p, "c");
	ATF_CHECK_EQ(0, plan_run(&p, &log, NULL, NULL, &e));
	ATF_CHECK_STREQ("abc", log.s);
	ATF_CHECK_EQ(0, plan_undo(&p, &log, NULL, NULL, &e));
	ATF_CHECK_STREQ("abc-c-b-a", log.s);
}

ATF_TC_WITHOUT_HEAD(rollback);
ATF_TC_BODY(rollback, tc)
{
	cleanup_strbuf struct strbuf log = STRBUF_INIT;
	cleanup_plan struct plan p = {0};
	struct err e = ERR_INIT;

	add(&p, "a");
	add(&p, "b");
	add(&p, "X");
	add(&p, "c");
	ATF_CHECK_EQ(-EBUSY, plan_run(&p, &log, NULL, NULL, &e));
	ATF_CHECK_STREQ("abX-b-a", log.s);
	ATF_CHECK_STREQ("step X", e.text);
}

ATF_TC_WITHOUT_HEAD(undo_fails);
ATF_TC_BODY(undo_fails, tc)
{
	cleanup_strbuf struct strbuf log = STRBUF_INIT;
	cleanup_plan struct plan p = {0};
	struct err e = ERR_INIT;

	add(&p, "a");
	add(&p, "f");
	add(&p, "X");
	ATF_CHECK_EQ(-EBUSY, plan_run(&p, &log, NULL, NULL, &e));
	ATF_CHECK_STREQ("afX-f-a", log.s);
	ATF_CHECK_STREQ("step X; undo of do f failed: stuck", e.text);
}

ATF_TC_WITHOUT_HEAD(failpoint);
ATF_TC_BODY(failpoint, tc)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		setenv("CELLBLOCK_DIE_AT", "3", 1);
		plan_failpoint();
		plan_failpoint();
		plan_failpoint();
		_exit(0);
	}
	ATF_REQUIRE_EQ(pid, waitpid(pid, &status, 0));
	ATF_CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	pid = fork();
	if (!pid) {
		setenv("CELLBLOCK_DIE_AT", "3", 1);
		plan_failpoint();
		plan_failpoint();
		_exit(0);
	}
	ATF_REQUIRE_EQ(pid, waitpid(pid, &status, 0));
	ATF_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

ATF_TC_WITHOUT_HEAD(stops);
ATF_TC_BODY(stops, tc)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		setenv("CELLBLOCK_STOP_AT", "2", 1);
		plan_failpoint();
		plan_failpoint();
		plan_failpoint();
		_exit(3);
	}
	ATF_REQUIRE_EQ(pid, waitpid(pid, &status, WUNTRACED));
	ATF_REQUIRE(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	ATF_REQUIRE_EQ(0, kill(pid, SIGCONT));
	ATF_REQUIRE_EQ(pid, waitpid(pid, &status, WUNTRACED));
	ATF_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 3);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, success);
	ATF_TP_ADD_TC(tp, rollback);
	ATF_TP_ADD_TC(tp, undo_fails);
	ATF_TP_ADD_TC(tp, failpoint);
	ATF_TP_ADD_TC(tp, stops);
	return atf_no_error();
}
