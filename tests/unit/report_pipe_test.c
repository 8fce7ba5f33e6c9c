/* base/report_pipe: lines and a result come out of another process whole. */
#include "base/report_pipe.h"
#include "base/str.h"

#include <atf-c.h>
#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void collect(void *data, enum report_level level, const char *text)
{
	strbuf_addf(data, "%d:%s\n", (int)level, text);
}

/* Run `child` with the pipe's writing end; returns what drain returned. */
static int run(void (*child)(int fd), struct strbuf *log, size_t *changes,
	       struct err *e)
{
	struct report to = {.line = collect, .data = log};
	int fds[2], r, status;
	pid_t pid;

	ATF_REQUIRE_EQ(0, pipe(fds));
	pid = fork();
	ATF_REQUIRE(pid >= 0);
	if (!pid) {
		close(fds[0]);
		child(fds[1]);
		_exit(0);
	}
	close(fds[1]);
	r = report_pipe_drain(fds[0], &to, changes, e);
	close(fds[0]);
	ATF_REQUIRE_EQ(pid, waitpid(pid, &status, 0));
	return r;
}

static void child_good(int fd)
{
	struct report_pipe p;

	report_pipe_init(&p, fd);
	report(&p.report, REPORT_STEP, "create %s", "epair0");
	report(&p.report, REPORT_WARN, "two\nlines");
	report_pipe_result(fd, 0, 7, NULL);
}

ATF_TC_WITHOUT_HEAD(good);
ATF_TC_BODY(good, tc)
{
	cleanup_strbuf struct strbuf log = STRBUF_INIT;
	struct err e = ERR_INIT;
	size_t changes = 0;

	ATF_REQUIRE_EQ(0, run(child_good, &log, &changes, &e));
	ATF_CHECK_EQ(7, changes);
	ATF_CHECK_STREQ("2:create epair0\n3:two\nlines\n", log.s);
}

static void child_error(int fd)
{
	struct err e = ERR_INIT;

	err_at(&e, ENXIO, "rc.conf", 3, "no epair9");
	report_pipe_result(fd, -ENXIO, 0, &e);
}

ATF_TC_WITHOUT_HEAD(error);
ATF_TC_BODY(error, tc)
{
	cleanup_strbuf struct strbuf log = STRBUF_INIT;
	struct err e = ERR_INIT;

	ATF_CHECK_EQ(-ENXIO, run(child_error, &log, NULL, &e));
	ATF_CHECK_STREQ("rc.conf line 3: no epair9", e.text);
}

static void child_dies(int fd)
{
	struct report_pipe p;

	report_pipe_init(&p, fd);
	report(&p.report, REPORT_STEP, "half way");
	_exit(3);
}

ATF_TC_WITHOUT_HEAD(dies);
ATF_TC_BODY(dies, tc)
{
	cleanup_strbuf struct strbuf log = STRBUF_INIT;
	struct err e = ERR_INIT;

	ATF_CHECK_EQ(-EPIPE, run(child_dies, &log, NULL, &e));
	ATF_CHECK_STREQ("2:half way\n", log.s);
}

static void child_hostile(int fd)
{
	static const unsigned char huge[] = {2, 0, 0, 0, 255, 255, 255, 127};
	static const unsigned char odd[] = {99, 0, 0, 0, 1, 0, 0, 0, 'x'};
	static const unsigned char shortres[] = {'R', 0, 0, 0, 1, 0, 0, 0, 0};

	if (write(fd, odd, sizeof(odd)) < 0 ||
	    write(fd, shortres, sizeof(shortres)) < 0 ||
	    write(fd, huge, sizeof(huge)) < 0)
		_exit(1);
}

ATF_TC_WITHOUT_HEAD(hostile);
ATF_TC_BODY(hostile, tc)
{
	cleanup_strbuf struct strbuf log = STRBUF_INIT;
	struct err e = ERR_INIT;

	ATF_CHECK_EQ(-EPIPE, run(child_hostile, &log, NULL, &e));
	ATF_CHECK_STREQ("", log.s);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, good);
	ATF_TP_ADD_TC(tp, error);
	ATF_TP_ADD_TC(tp, dies);
	ATF_TP_ADD_TC(tp, hostile);
	return atf_no_error();
}
