/* Processes by pid and start time, children by clone3, cgroups. */
#include "base/cleanup.h"
#include "ns/ns.h"

#include <atf-c.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

ATF_TC(identity);
ATF_TC_HEAD(identity, tc)
{
	atf_tc_set_md_var(tc, "descr", "A reused pid is not the same process");
}
ATF_TC_BODY(identity, tc)
{
	struct proc_id me, other;
	cleanup_close int fd = -1;

	/* a name that would fool a parser counting from the first ')' */
	ATF_REQUIRE_EQ(0, prctl(PR_SET_NAME, "a) Z 1 (b"));
	ATF_REQUIRE_EQ(0, proc_id_self(&me, NULL));
	ATF_CHECK_EQ(getpid(), me.pid);
	ATF_CHECK(proc_id_alive(&me));
	other = me;
	other.start++;
	ATF_CHECK(!proc_id_alive(&other));
	ATF_CHECK_EQ(-ESRCH, proc_id_open(&other, &fd, NULL));
	ATF_CHECK_EQ(0, proc_id_open(&me, &fd, NULL));
}

static int end_with(void *arg)
{
	return *(int *)arg;
}

ATF_TC(zombie);
ATF_TC_HEAD(zombie, tc)
{
	atf_tc_set_md_var(tc, "descr", "A zombie is dead");
}
ATF_TC_BODY(zombie, tc)
{
	int status = 7;
	struct ns_child c = {.cgroup_fd = -1, .fn = end_with, .arg = &status};
	cleanup_close int fd = -1;
	struct proc_id id;
	pid_t pid;

	ATF_REQUIRE_EQ(0, ns_fork(&c, &pid, &fd, NULL));
	ATF_REQUIRE(pidfd_wait(fd, 5000));
	ATF_REQUIRE_EQ(0, proc_id_of(pid, &id, NULL));
	ATF_CHECK(!proc_id_alive(&id));
	ATF_REQUIRE_EQ(pid, waitpid(pid, &status, 0));
	ATF_CHECK_EQ(7, WEXITSTATUS(status));
}

struct shared {
	struct err err;
	sigset_t mask;
};

static int report_error(void *arg)
{
	struct shared *s = arg;

	ns_vfork_unblock();
	sigprocmask(SIG_BLOCK, NULL, &s->mask);
	err_set(&s->err, ENOENT, "from the child %d", 42);
	return 3;
}

ATF_TC(vfork_memory);
ATF_TC_HEAD(vfork_memory, tc)
{
	atf_tc_set_md_var(tc, "descr",
			  "A vfork'ed child reports through memory");
}
ATF_TC_BODY(vfork_memory, tc)
{
	struct shared s = {.err = ERR_INIT};
	struct ns_child c = {.cgroup_fd = -1, .fn = report_error, .arg = &s};
	int status;
	pid_t pid;

	ATF_REQUIRE_EQ(0, ns_vfork(&c, &pid, NULL, NULL));
	ATF_CHECK_STREQ("from the child 42", s.err.text);
	ATF_CHECK_EQ(0, sigismember(&s.mask, SIGINT));
	ATF_REQUIRE_EQ(pid, waitpid(pid, &status, 0));
	ATF_CHECK_EQ(3, WEXITSTATUS(status));
}

static int limit(void *arg)
{
	struct err *e = arg;
	uint64_t want = cap_bounding() & UINT64_C(0x21); /* CHOWN, KILL */

	if (cap_bound(want, e) < 0 || cap_keep(want, e) < 0)
		return 1;
	return cap_bounding() == want ? 0 : 2;
}

ATF_TC(capabilities);
ATF_TC_HEAD(capabilities, tc)
{
	atf_tc_set_md_var(tc, "descr", "cap_bound leaves exactly the mask");
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(capabilities, tc)
{
	struct err e = ERR_INIT;
	struct ns_child c = {.cgroup_fd = -1, .fn = limit, .arg = &e};
	int status;
	pid_t pid;

	ATF_REQUIRE_EQ(0, ns_fork(&c, &pid, NULL, NULL));
	ATF_REQUIRE_EQ(pid, waitpid(pid, &status, 0));
	ATF_CHECK_EQ(0, status);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, identity);
	ATF_TP_ADD_TC(tp, zombie);
	ATF_TP_ADD_TC(tp, vfork_memory);
	ATF_TP_ADD_TC(tp, capabilities);
	return atf_no_error();
}
