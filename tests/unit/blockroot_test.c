/* jail/blockroot: a block's files replace the machine's in a jail's copy. */
#include "base/cleanup.h"
#include "base/file.h"
#include "jail/blockroot.h"

#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static void put(const char *path, const char *text)
{
	struct err e = ERR_INIT;

	ATF_REQUIRE_EQ(0, file_write_atomic(AT_FDCWD, path, text, 0644, &e));
}

static void dirs(const char *path)
{
	struct err e = ERR_INIT;

	ATF_REQUIRE_EQ(0, file_mkdirs(AT_FDCWD, path, 0755, &e));
}

static int dir_fd(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ATF_REQUIRE(fd >= 0);
	return fd;
}

ATF_TC_WITHOUT_HEAD(install);
ATF_TC_BODY(install, tc)
{
	cleanup_close int root = -1, block = -1;
	cleanup_free char *s = NULL;
	struct err e = ERR_INIT;
	size_t changed = 0;

	dirs("root/etc");
	dirs("root/usr/local/etc/rc.d");
	dirs("block/rc.d");
	put("root/etc/jail.conf", "host's");
	put("root/etc/passwd", "host's");
	put("root/usr/local/etc/rc.d/tor", "host's");
	put("block/rc.conf", "hostname=x\n");
	put("block/README.md", "words");
	put("block/rc.d/netgraph", "#!/bin/sh\n");
	root = dir_fd("root");
	block = dir_fd("block");
	ATF_REQUIRE_EQ(0, blockroot_install(root, block, &changed, &e));
	ATF_CHECK_EQ(4, changed);
	ATF_CHECK_EQ(-1, access("root/etc/jail.conf", F_OK));
	ATF_CHECK_EQ(0, access("root/etc/passwd", F_OK));
	ATF_CHECK_EQ(-1, access("root/usr/local/etc/rc.d/tor", F_OK));
	ATF_CHECK_EQ(0, access("root/usr/local/etc/rc.d/netgraph", X_OK));
	ATF_CHECK_EQ(-1, access("root/etc/README.md", F_OK));
	ATF_REQUIRE_EQ(
		0, file_read(AT_FDCWD, "root/etc/rc.conf", 100, &s, NULL, &e));
	ATF_CHECK_STREQ("hostname=x\n", s);
	ATF_REQUIRE_EQ(0, blockroot_install(root, block, &changed, &e));
	ATF_CHECK_EQ(0, changed);
}

ATF_TC_WITHOUT_HEAD(no_block);
ATF_TC_BODY(no_block, tc)
{
	cleanup_close int root = -1;
	struct err e = ERR_INIT;
	size_t changed = 0;

	dirs("root/etc");
	put("root/etc/rc.conf", "host's");
	root = dir_fd("root");
	ATF_REQUIRE_EQ(0, blockroot_install(root, -1, &changed, &e));
	ATF_CHECK_EQ(1, changed);
	ATF_CHECK_EQ(-1, access("root/etc/rc.conf", F_OK));
}

/* A root whose etc is a link elsewhere must not be followed out. */
ATF_TC_WITHOUT_HEAD(symlink_etc);
ATF_TC_BODY(symlink_etc, tc)
{
	cleanup_close int root = -1, block = -1;
	struct err e = ERR_INIT;

	dirs("root");
	dirs("outside");
	dirs("block");
	put("outside/rc.conf", "mine");
	put("block/rc.conf", "theirs");
	ATF_REQUIRE_EQ(0, symlink("../outside", "root/etc"));
	root = dir_fd("root");
	block = dir_fd("block");
	ATF_CHECK(blockroot_install(root, block, NULL, &e) < 0);
	cleanup_free char *s = NULL;
	ATF_REQUIRE_EQ(
		0, file_read(AT_FDCWD, "outside/rc.conf", 100, &s, NULL, &e));
	ATF_CHECK_STREQ("mine", s);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, install);
	ATF_TP_ADD_TC(tp, no_block);
	ATF_TP_ADD_TC(tp, symlink_etc);
	return atf_no_error();
}
