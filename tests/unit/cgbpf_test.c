/* The BPF programs on a jail's cgroup, tried from inside such a cgroup. */
#include "base/cleanup.h"
#include "base/str.h"
#include "ns/cgbpf.h"
#include "ns/ns.h"

#include <arpa/inet.h>
#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

static struct cg {
	char *path;
	int fd;
} cg;

static void cg_make(void)
{
	cleanup_free char *root = NULL;

	if (cgroup_root(&root, NULL) < 0)
		atf_tc_skip("no cgroup2 here");
	cg.path = str_printf("%s/cb-cgbpf.%d", root, (int)getpid());
	ATF_REQUIRE_EQ(0, cgroup_make(cg.path, NULL));
	ATF_REQUIRE_EQ(0, cgroup_open(cg.path, &cg.fd, NULL));
}

static void cg_done(void)
{
	close(cg.fd);
	ATF_CHECK_EQ(0, cgroup_remove(cg.path, NULL));
	free(cg.path);
}

/* What fn answers inside the cgroup, an errno or 0. */
static int inside(int (*fn)(void *), const void *arg)
{
	struct ns_child c = {.cgroup_fd = cg.fd, .fn = fn, .arg = (void *)arg};
	int status;
	pid_t pid;

	ATF_REQUIRE_EQ(0, ns_fork(&c, &pid, NULL, NULL));
	ATF_REQUIRE_EQ(pid, waitpid(pid, &status, 0));
	ATF_REQUIRE(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int try_open(void *arg)
{
	cleanup_close int fd = open(arg, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	return fd < 0 ? errno : 0;
}

static int try_mknod(void *arg)
{
	const char *dir = arg;
	cleanup_free char *p = str_printf("%s/null", dir);

	if (mknod(p, S_IFCHR | 0666, makedev(1, 3)) < 0)
		return errno;
	unlink(p);
	return 0;
}

static int try_fifo(void *arg)
{
	(void)arg;
	if (mkfifo("fifo", 0600) < 0)
		return errno;
	unlink("fifo");
	return 0;
}

ATF_TC(devices);
ATF_TC_HEAD(devices, tc)
{
	atf_tc_set_md_var(tc, "descr", "Only devices of the list open");
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(devices, tc)
{
	static const struct dev_rule null = {false, 1, 3};
	/* a block device of random's number; 5:2 is ptmx, 1:7 full */
	static const struct dev_rule mixed[] = {
		{true, 1, 8},  {false, 1, 3},	 {false, 5, -1},
		{false, 1, 7}, {false, 9999, 5},
	};
	static const struct dev_rule mem[] = {{false, 1, -1}, {true, -1, -1}};
	struct err e = ERR_INIT;

	ATF_REQUIRE_EQ_MSG(0, cgbpf_devices_can(&e), "%s", e.text);
	cg_make();
	ATF_CHECK_EQ(0, inside(try_open, "/dev/null"));
	ATF_CHECK_EQ(0, inside(try_open, "/dev/zero"));
	ATF_CHECK_EQ(0, inside(try_mknod, "."));
	ATF_REQUIRE_EQ_MSG(0, cgbpf_devices(cg.fd, &null, 1, &e), "%s", e.text);
	ATF_CHECK_EQ(0, inside(try_open, "/dev/null"));
	ATF_CHECK_EQ(EPERM, inside(try_open, "/dev/zero"));
	/* not even of a device that it may open; pipes are no devices */
	ATF_CHECK_EQ(EPERM, inside(try_mknod, "."));
	ATF_CHECK_EQ(0, inside(try_fifo, NULL));

	/* any minor number; the new list is instead of the old one */
	ATF_REQUIRE_EQ_MSG(0, cgbpf_devices(cg.fd, mem, 2, &e), "%s", e.text);
	ATF_CHECK_EQ(0, inside(try_open, "/dev/zero"));
	ATF_CHECK_EQ(EPERM, inside(try_open, "/dev/ptmx"));
	ATF_CHECK_EQ(EPERM, inside(try_mknod, "."));

	/* single devices and others in one list, in any order */
	ATF_REQUIRE_EQ_MSG(0, cgbpf_devices(cg.fd, mixed, 5, &e), "%s", e.text);
	ATF_CHECK_EQ(0, inside(try_open, "/dev/null"));
	ATF_CHECK_EQ(0, inside(try_open, "/dev/full"));
	ATF_CHECK_EQ(0, inside(try_open, "/dev/ptmx"));
	ATF_CHECK_EQ(EPERM, inside(try_open, "/dev/zero"));
	ATF_CHECK_EQ(EPERM, inside(try_open, "/dev/random"));
	ATF_CHECK_EQ(EPERM, inside(try_mknod, "."));

	ATF_REQUIRE_EQ_MSG(0, cgbpf_devices(cg.fd, NULL, 0, &e), "%s", e.text);
	ATF_CHECK_EQ(EPERM, inside(try_open, "/dev/null"));

	ATF_REQUIRE_EQ_MSG(0, cgbpf_devices_off(cg.fd, &e), "%s", e.text);
	ATF_CHECK_EQ(0, inside(try_open, "/dev/zero"));
	ATF_CHECK_EQ(0, inside(try_mknod, "."));
	ATF_CHECK_EQ(0, cgbpf_devices_off(cg.fd, &e));
	cg_done();
}

ATF_TC(many);
ATF_TC_HEAD(many, tc)
{
	atf_tc_set_md_var(tc, "descr", "The last of many rules counts, too");
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(many, tc)
{
	struct dev_rule v[CGBPF_RULES_MAX + 1];
	struct err e = ERR_INIT;

	for (int i = 0; i < CGBPF_RULES_MAX; i++)
		v[i] = (struct dev_rule){true, 259, i};
	v[CGBPF_RULES_MAX - 1] = (struct dev_rule){false, 1, 5};
	v[CGBPF_RULES_MAX] = (struct dev_rule){false, 1, 3};
	cg_make();
	ATF_CHECK_EQ(-E2BIG, cgbpf_devices(cg.fd, v, CGBPF_RULES_MAX + 1, &e));
	ATF_CHECK_EQ(0, inside(try_open, "/dev/null"));
	ATF_REQUIRE_EQ_MSG(0, cgbpf_devices(cg.fd, v, CGBPF_RULES_MAX, &e),
			   "%s", e.text);
	ATF_CHECK_EQ(0, inside(try_open, "/dev/zero"));
	ATF_CHECK_EQ(EPERM, inside(try_open, "/dev/null"));
	cg_done();
}

struct binding {
	uid_t uid;
	int family, port;
};

static int try_bind(void *arg)
{
	const struct binding *b = arg;
	struct sockaddr_in in = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)b->port)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6,
				   .sin6_port = htons((uint16_t)b->port)};
	const void *sa = &in6;
	socklen_t len = sizeof(in6);
	cleanup_close int s = -1;

	/* ports of nobody; the user's without CAP_NET_BIND_SERVICE there */
	if (unshare(CLONE_NEWNET) < 0 || setresuid(b->uid, b->uid, b->uid) < 0)
		return errno;
	if (b->family == AF_INET) {
		sa = &in;
		len = sizeof(in);
	}
	s = socket(b->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s < 0)
		return errno;
	return bind(s, sa, len) < 0 ? errno : 0;
}

ATF_TC(low_ports);
ATF_TC_HEAD(low_ports, tc)
{
	atf_tc_set_md_var(tc, "descr", "One user more may bind low ports");
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(low_ports, tc)
{
	/* an id above 2^31, for the sign */
	const uid_t mine = 3000000000U, other = 3000000001U;
	const struct binding t[] = {
		{mine, AF_INET, 80},	{mine, AF_INET6, 80},
		{other, AF_INET, 80},	{other, AF_INET6, 80},
		{other, AF_INET, 8080}, {other, AF_INET6, 8080},
		{0, AF_INET, 80},	{0, AF_INET6, 80},
	};
	struct err e = ERR_INIT;

	cg_make();
	ATF_CHECK_EQ(EACCES, inside(try_bind, &t[0]));
	ATF_CHECK_EQ(EACCES, inside(try_bind, &t[1]));
	ATF_REQUIRE_EQ_MSG(0, cgbpf_low_ports(cg.fd, mine, &e), "%s", e.text);
	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		ATF_CHECK_EQ_MSG(t[i].uid == other && t[i].port < 1024 ? EACCES
								       : 0,
				 inside(try_bind, &t[i]), "case %zu", i);
	ATF_REQUIRE_EQ_MSG(0, cgbpf_low_ports_off(cg.fd, &e), "%s", e.text);
	ATF_CHECK_EQ(EACCES, inside(try_bind, &t[0]));
	ATF_CHECK_EQ(EACCES, inside(try_bind, &t[1]));
	ATF_CHECK_EQ(0, cgbpf_low_ports_off(cg.fd, &e));
	cg_done();
}

ATF_TC(no_right);
ATF_TC_HEAD(no_right, tc)
{
	atf_tc_set_md_var(tc, "descr", "In a user namespace there is no right");
	atf_tc_set_md_var(tc, "require.user", "root");
}
static int try_all(void *arg)
{
	static const struct dev_rule null = {false, 1, 3};

	(void)arg;
	if (unshare(CLONE_NEWUSER) < 0)
		return 100;
	if (cgbpf_devices(cg.fd, &null, 1, NULL) != -EPERM)
		return 101;
	if (cgbpf_devices_can(NULL) != -EPERM)
		return 104;
	if (cgbpf_low_ports(cg.fd, 0, NULL) != -EPERM)
		return 102;
	return cgbpf_devices_off(cg.fd, NULL) == -EPERM ? 0 : 103;
}
ATF_TC_BODY(no_right, tc)
{
	cg_make();
	ATF_REQUIRE_EQ(0, cgbpf_devices(cg.fd, NULL, 0, NULL));
	ATF_CHECK_EQ(0, inside(try_all, NULL));
	cg_done();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, devices);
	ATF_TP_ADD_TC(tp, many);
	ATF_TP_ADD_TC(tp, low_ports);
	ATF_TP_ADD_TC(tp, no_right);
	return atf_no_error();
}
