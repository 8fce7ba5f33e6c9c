/* jail/prison_mask: in a mount namespace of the test's own. */
#include "base/cleanup.h"
#include "jail/mask.h"
#include "ns/ns.h"

#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>

/* A root with proc and sys, which goes with the process. */
static int root_new(void)
{
	struct err e = ERR_INIT;
	int fd;

	if (unshare(CLONE_NEWNS) < 0)
		atf_tc_skip("unshare: %s", strerror(errno));
	ATF_REQUIRE_EQ(0, mnt_private_all(&e));
	ATF_REQUIRE_EQ(0, mkdir("proc", 0755));
	ATF_REQUIRE_EQ(0, mkdir("sys", 0755));
	ATF_REQUIRE_EQ(0, mount("proc", "proc", "proc", 0, NULL));
	ATF_REQUIRE_EQ(0, mount("sysfs", "sys", "sysfs", MS_RDONLY, NULL));
	fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	ATF_REQUIRE(fd >= 0);
	return fd;
}

static void check_empty(const char *path, bool root_only)
{
	struct stat st, real;
	char full[128], c;
	int fd;

	snprintf(full, sizeof(full), "/%s", path);
	if (lstat(full, &real) < 0)
		return; /* this machine has no such */
	ATF_REQUIRE_EQ(0, stat(path, &st));
	if (root_only) {
		ATF_CHECK_EQ_MSG(real.st_mode, st.st_mode, "%s", path);
		return;
	}
	ATF_CHECK_EQ_MSG(real.st_mode & S_IFMT, st.st_mode & S_IFMT, "%s",
			 path);
	if (S_ISDIR(st.st_mode)) {
		DIR *d = opendir(path);
		struct dirent *de;

		ATF_REQUIRE(d);
		while ((de = readdir(d)))
			ATF_CHECK_MSG(de->d_name[0] == '.', "%s/%s", path,
				      de->d_name);
		closedir(d);
		return;
	}
	fd = open(path, O_RDONLY);
	ATF_REQUIRE_MSG(fd >= 0, "%s", path);
	ATF_CHECK_EQ_MSG(0, read(fd, &c, 1), "%s", path);
	close(fd);
	ATF_CHECK_EQ(-1, open(path, O_WRONLY));
	ATF_CHECK_EQ(EROFS, errno);
}

static const struct {
	const char *path;
	bool root_only;
} hidden[] = {
	{"proc/acpi", false},	      {"proc/interrupts", false},
	{"proc/kcore", true},	      {"proc/keys", false},
	{"proc/kpageflags", true},    {"proc/scsi", false},
	{"proc/timer_list", true},    {"sys/firmware", false},
	{"proc/dynamic_debug", true},
};

static bool writable(const char *path)
{
	cleanup_close int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0;
}

static void check_masks(bool vnet, bool machine_root)
{
	const struct mask_plan p = {.vnet = vnet, .machine_root = machine_root};
	cleanup_close int root = root_new();
	struct err e = ERR_INIT;

	ATF_CHECK(writable("proc/sys/kernel/core_pattern"));
	ATF_CHECK(writable("proc/sys/net/ipv4/ip_forward"));
	ATF_REQUIRE_EQ_MSG(0, mask_apply(root, &p, &e), "%s", e.text);
	for (size_t i = 0; i < ARRAY_SIZE(hidden); i++)
		check_empty(hidden[i].path,
			    hidden[i].root_only && !machine_root);
	ATF_CHECK(!writable("proc/sys/kernel/core_pattern"));
	ATF_CHECK_EQ(EROFS, errno);
	ATF_CHECK_EQ(vnet, writable("proc/sys/net/ipv4/ip_forward"));
	ATF_CHECK_EQ(0, access("proc/sys/kernel/core_pattern", R_OK));
	ATF_CHECK(writable("proc/self/oom_score_adj"));
	if (machine_root && !access("/proc/sysrq-trigger", F_OK))
		ATF_CHECK(!writable("proc/sysrq-trigger"));
}

ATF_TC(plain);
ATF_TC_HEAD(plain, tc)
{
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(plain, tc)
{
	check_masks(false, false);
}

ATF_TC(vnet);
ATF_TC_HEAD(vnet, tc)
{
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(vnet, tc)
{
	check_masks(true, false);
}

ATF_TC(machine_root);
ATF_TC_HEAD(machine_root, tc)
{
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(machine_root, tc)
{
	check_masks(true, true);
}

ATF_TC(cost);
ATF_TC_HEAD(cost, tc)
{
	atf_tc_set_md_var(tc, "require.user", "root");
	atf_tc_set_md_var(tc, "descr", "Tells what masks cost");
}
ATF_TC_BODY(cost, tc)
{
	const struct mask_plan p = {.vnet = true};
	cleanup_close int root = root_new();
	struct timespec a, b;
	struct err e = ERR_INIT;

	clock_gettime(CLOCK_MONOTONIC, &a);
	ATF_REQUIRE_EQ_MSG(0, mask_apply(root, &p, &e), "%s", e.text);
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("%ld us\n", (b.tv_sec - a.tv_sec) * 1000000 +
				   (b.tv_nsec - a.tv_nsec) / 1000);
	ATF_CHECK((b.tv_sec - a.tv_sec) < 1);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, plain);
	ATF_TP_ADD_TC(tp, vnet);
	ATF_TP_ADD_TC(tp, machine_root);
	ATF_TP_ADD_TC(tp, cost);
	return atf_no_error();
}
