/* jail/blockhide: an overlay on a root with secrets, with the layer between. */
#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "jail/blockhide.h"
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

static void dirs(const char *path, mode_t mode)
{
	struct err e = ERR_INIT;

	ATF_REQUIRE_EQ_MSG(0, file_mkdirs(AT_FDCWD, path, 0755, &e), "%s",
			   e.text);
	ATF_REQUIRE_EQ(0, chmod(path, mode));
}

static void put(const char *path, const char *text, mode_t mode)
{
	struct err e = ERR_INIT;

	ATF_REQUIRE_EQ_MSG(0, file_write_atomic(AT_FDCWD, path, text, 0600, &e),
			   "%s", e.text);
	ATF_REQUIRE_EQ(0, chmod(path, mode));
}

static int dir_fd(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ATF_REQUIRE_MSG(fd >= 0, "%s", path);
	return fd;
}

/* In a mount namespace of ours: a root `lower`, seen through it as `seen`. */
static void see(const char *lower)
{
	static const char *const made[] = {"tmp/layer", "tmp/upper", "tmp/work",
					   "seen"};
	cleanup_free char *o = str_printf("lowerdir=tmp/layer:%s,upperdir=tmp/"
					  "upper,workdir=tmp/work",
					  lower);
	cleanup_close int layer = -1, low = -1;
	struct err e = ERR_INIT;

	ATF_REQUIRE_EQ(0, mkdir("tmp", 0755));
	ATF_REQUIRE_EQ(0, mount("t", "tmp", "tmpfs", 0, NULL));
	for (size_t i = 0; i < ARRAY_SIZE(made); i++)
		ATF_REQUIRE_EQ(0, mkdir(made[i], 0755));
	layer = dir_fd("tmp/layer");
	low = dir_fd(lower);
	ATF_REQUIRE_EQ_MSG(0, blockhide_fill(layer, low, &e), "%s", e.text);
	ATF_REQUIRE_EQ_MSG(0, mount("o", "seen", "overlay", 0, o), "%s: %s", o,
			   strerror(errno));
}

static void own_mounts(void)
{
	struct err e = ERR_INIT;

	if (unshare(CLONE_NEWNS) < 0)
		atf_tc_skip("unshare: %s", strerror(errno));
	ATF_REQUIRE_EQ(0, mnt_private_all(&e));
	umask(022);
}

static void check_text(const char *path, const char *text, mode_t mode)
{
	cleanup_free char *s = NULL;
	struct err e = ERR_INIT;
	struct stat st;

	ATF_REQUIRE_EQ_MSG(0, file_read(AT_FDCWD, path, 4096, &s, NULL, &e),
			   "%s", e.text);
	ATF_CHECK_STREQ(text, s);
	ATF_REQUIRE_EQ(0, stat(path, &st));
	ATF_CHECK_EQ_MSG(mode, st.st_mode & 07777, "%s", path);
}

static void check_gone(const char *path)
{
	ATF_CHECK_EQ_MSG(-1, access(path, F_OK), "%s", path);
	ATF_CHECK_EQ_MSG(ENOENT, errno, "%s", path);
}

static void check_empty(const char *path, mode_t mode)
{
	DIR *d = opendir(path);
	struct dirent *de;
	struct stat st;

	ATF_REQUIRE_MSG(d, "%s", path);
	while ((de = readdir(d)))
		ATF_CHECK_MSG(!strcmp(de->d_name, ".") ||
				      !strcmp(de->d_name, ".."),
			      "%s/%s", path, de->d_name);
	closedir(d);
	ATF_REQUIRE_EQ(0, stat(path, &st));
	ATF_CHECK_EQ_MSG(mode, st.st_mode & 07777, "%s", path);
}

ATF_TC(table);
ATF_TC_HEAD(table, tc)
{
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(table, tc)
{
	own_mounts();
	dirs("l/root/.ssh", 0755);
	dirs("l/root", 0700);
	put("l/root/.ssh/id", "secret", 0644);
	dirs("l/home/u", 0755);
	put("l/home/u/f", "secret", 0644);
	dirs("l/var/log", 0775);
	put("l/var/log/auth", "secret", 0644);
	dirs("l/var/log/app/x", 0750);
	put("l/var/log/app/x/f", "secret", 0644);
	dirs("l/tmp", 01777);
	put("l/tmp/x", "secret", 0644);
	dirs("l/etc/ssh", 0755);
	put("l/etc/ssh/ssh_host_rsa_key", "secret", 0644);
	put("l/etc/ssh/ssh_host_rsa_key.pub", "known", 0644);
	put("l/etc/passwd", "root:x:0:0::/root:/bin/sh\n", 0644);
	put("l/etc/shadow",
	    "root:$6$abc$def:19000:0:99999:7:::\nu:!:1::::::\n"
	    "broken\n:x:\nlast:$1$x",
	    0640);
	ATF_REQUIRE_EQ(0, chown("l/etc/shadow", 0, 42));
	put("l/etc/gshadow", "adm:$6$x:a:u,v\n", 0640);
	put("l/etc/shadow-", "root:$6$old\n", 0644);
	ATF_REQUIRE_EQ(0, chown("l/etc", 7, 8));
	see("l");
	check_empty("seen/root", 0700);
	check_empty("seen/home", 0755);
	check_gone("seen/var/log/auth");
	check_empty("seen/var/log/app/x", 0750);
	check_gone("seen/var/log/app/x/f");
	check_empty("seen/tmp", 01777);
	check_gone("seen/etc/ssh/ssh_host_rsa_key");
	check_gone("seen/etc/shadow-");
	check_text("seen/etc/ssh/ssh_host_rsa_key.pub", "known", 0644);
	check_text("seen/etc/passwd", "root:x:0:0::/root:/bin/sh\n", 0644);
	check_text("seen/etc/shadow",
		   "root:*:19000:0:99999:7:::\nu:*:1::::::\nlast:*\n", 0640);
	check_text("seen/etc/gshadow", "adm:*:a:u,v\n", 0640);
}

ATF_TC(owners);
ATF_TC_HEAD(owners, tc)
{
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(owners, tc)
{
	struct stat st;

	own_mounts();
	dirs("l/etc", 0751);
	put("l/etc/shadow", "root:x:\n", 0640);
	ATF_REQUIRE_EQ(0, chown("l/etc/shadow", 5, 42));
	ATF_REQUIRE_EQ(0, chown("l/etc", 7, 8));
	ATF_REQUIRE_EQ(0, chown("l", 9, 10));
	see("l");
	ATF_REQUIRE_EQ(0, stat("seen/etc", &st));
	ATF_CHECK_EQ(7, st.st_uid);
	ATF_CHECK_EQ(8, st.st_gid);
	ATF_CHECK_EQ(0751, st.st_mode & 07777);
	ATF_REQUIRE_EQ(0, stat("seen/etc/shadow", &st));
	ATF_CHECK_EQ(5, st.st_uid);
	ATF_CHECK_EQ(42, st.st_gid);
	ATF_REQUIRE_EQ(0, stat("tmp/layer", &st));
	ATF_CHECK_EQ(9, st.st_uid);
}

ATF_TC(rule);
ATF_TC_HEAD(rule, tc)
{
	atf_tc_set_md_var(tc, "require.user", "root");
	atf_tc_set_md_var(tc, "descr",
			  "What not everybody may read is hidden by rule");
}
ATF_TC_BODY(rule, tc)
{
	own_mounts();
	dirs("l/etc/app/conf.d", 0755);
	put("l/etc/app/conf.d/password", "secret", 0640);
	put("l/etc/app/conf.d/plain", "known", 0644);
	dirs("l/etc/keys", 0750);
	put("l/etc/keys/k", "secret", 0644);
	dirs("l/var/lib/db", 0700);
	put("l/var/lib/db/f", "secret", 0644);
	put("l/var/lib/open", "known", 0644);
	dirs("l/data", 0770);
	put("l/data/f", "secret", 0644);
	put("l/key", "secret", 0600);
	dirs("l/usr/lib", 0755);
	put("l/usr/lib/x", "not looked at", 0600);
	see("l");
	check_gone("seen/etc/app/conf.d/password");
	check_text("seen/etc/app/conf.d/plain", "known", 0644);
	check_empty("seen/etc/keys", 0750);
	check_empty("seen/var/lib/db", 0700);
	check_text("seen/var/lib/open", "known", 0644);
	check_empty("seen/data", 0770);
	check_gone("seen/key");
	check_text("seen/usr/lib/x", "not looked at", 0600);
	/* what was hidden can be made anew */
	put("seen/etc/app/conf.d/password", "mine", 0600);
	put("seen/etc/keys/k", "mine", 0600);
	check_text("seen/etc/keys/k", "mine", 0600);
}

ATF_TC(links);
ATF_TC_HEAD(links, tc)
{
	atf_tc_set_md_var(tc, "require.user", "root");
	atf_tc_set_md_var(
		tc, "descr",
		"A secret place may be a symbolic link, or behind one");
}
ATF_TC_BODY(links, tc)
{
	own_mounts();
	dirs("l/data/home/u", 0755);
	dirs("l/data/var/log", 0755);
	put("l/data/home/u/f", "secret", 0644);
	put("l/data/var/log/f", "secret", 0644);
	put("l/data/var/x", "secret", 0600);
	ATF_REQUIRE_EQ(0, symlink("/data/home", "l/home"));
	ATF_REQUIRE_EQ(0, symlink("data/var", "l/var"));
	ATF_REQUIRE_EQ(0, symlink("../../../../etc", "l/root"));
	ATF_REQUIRE_EQ(0, symlink("/nowhere", "l/mnt"));
	dirs("l/etc", 0755);
	see("l");
	check_empty("seen/data/home", 0755);
	check_gone("seen/data/var/log/f");
	check_gone("seen/data/var/x");
}

ATF_TC(machine);
ATF_TC_HEAD(machine, tc)
{
	atf_tc_set_md_var(tc, "require.user", "root");
	atf_tc_set_md_var(tc, "descr", "This machine's root; what that costs");
}
ATF_TC_BODY(machine, tc)
{
	cleanup_close int root = -1, layer = -1;
	struct timespec a, b;
	struct err e = ERR_INIT;

	own_mounts();
	ATF_REQUIRE_EQ(0, mkdir("tmp", 0755));
	ATF_REQUIRE_EQ(0, mount("t", "tmp", "tmpfs", 0, NULL));
	layer = dir_fd("tmp");
	ATF_REQUIRE_EQ(0, mnt_clone(AT_FDCWD, "/", false, &root, &e));
	clock_gettime(CLOCK_MONOTONIC, &a);
	ATF_REQUIRE_EQ_MSG(0, blockhide_fill(layer, root, &e), "%s", e.text);
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("%ld us\n", (b.tv_sec - a.tv_sec) * 1000000 +
				   (b.tv_nsec - a.tv_nsec) / 1000);
	ATF_CHECK_EQ(0, access("tmp/etc/shadow", F_OK));
	ATF_CHECK_EQ(0, access("tmp/root", F_OK));
	check_empty("tmp/root", 0700);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, table);
	ATF_TP_ADD_TC(tp, owners);
	ATF_TP_ADD_TC(tp, rule);
	ATF_TP_ADD_TC(tp, links);
	ATF_TP_ADD_TC(tp, machine);
	return atf_no_error();
}
