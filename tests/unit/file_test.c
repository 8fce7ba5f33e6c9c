/* base/file: whole files, locks and paths that somebody else prepared. */
#include "base/cleanup.h"
#include "base/file.h"

#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

ATF_TC_WITHOUT_HEAD(write_read);
ATF_TC_BODY(write_read, tc)
{
	cleanup_free char *s = NULL;
	struct err e = ERR_INIT;
	size_t len;

	ATF_REQUIRE_EQ(0, file_write_atomic(AT_FDCWD, "f", "one", 0600, &e));
	ATF_REQUIRE_EQ(0, file_write_atomic(AT_FDCWD, "f", "two", 0600, &e));
	ATF_REQUIRE_EQ(0, file_read(AT_FDCWD, "f", 10, &s, &len, &e));
	ATF_CHECK_STREQ("two", s);
	ATF_CHECK_EQ(3, len);
	ATF_CHECK_EQ(-EFBIG, file_read(AT_FDCWD, "f", 2, &s, NULL, &e));
	ATF_CHECK_STREQ("f: File too large", e.text);
	ATF_CHECK_EQ(-ENOENT, file_read(AT_FDCWD, "g", 2, &s, NULL, &e));
	ATF_CHECK_STREQ("g: No such file or directory", e.text);
}

ATF_TC_WITHOUT_HEAD(write_fails);
ATF_TC_BODY(write_fails, tc)
{
	struct err e = ERR_INIT;
	struct stat st;

	ATF_REQUIRE_EQ(0, mkdir("dir", 0700));
	/* a directory cannot be replaced: no half-written file stays */
	ATF_CHECK_EQ(-EISDIR,
		     file_write_atomic(AT_FDCWD, "dir", "x", 0600, &e));
	ATF_CHECK_EQ(0, stat("dir", &st));
	ATF_CHECK_EQ(0, rmdir("dir"));
	ATF_CHECK(!file_rmtree(AT_FDCWD, "dir.tmp", &e));
}

/* Whatever lies where the new text is first put, it is not written to. */
ATF_TC_WITHOUT_HEAD(write_planted);
ATF_TC_BODY(write_planted, tc)
{
	cleanup_free char *s = NULL;
	struct err e = ERR_INIT;
	char tmp[64];

	snprintf(tmp, sizeof(tmp), "f.tmp.%d", (int)getpid());
	ATF_REQUIRE_EQ(0, file_write_atomic(AT_FDCWD, "v", "mine", 0600, &e));
	ATF_REQUIRE_EQ(0, symlink("v", tmp));
	ATF_REQUIRE_EQ(0, file_write_atomic(AT_FDCWD, "f", "one", 0600, &e));
	ATF_REQUIRE_EQ(0, file_read(AT_FDCWD, "v", 10, &s, NULL, &e));
	ATF_CHECK_STREQ("mine", s);
	/* a FIFO without a reader would make an open for writing wait */
	ATF_REQUIRE_EQ(0, mkfifo(tmp, 0600));
	ATF_REQUIRE_EQ(0, file_write_atomic(AT_FDCWD, "f", "two", 0600, &e));
}

ATF_TC_WITHOUT_HEAD(mkdirs_rmtree);
ATF_TC_BODY(mkdirs_rmtree, tc)
{
	struct err e = ERR_INIT;
	struct stat st;

	ATF_REQUIRE_EQ(0, file_mkdirs(AT_FDCWD, "a/b/c", 0755, &e));
	ATF_REQUIRE_EQ(0, file_mkdirs(AT_FDCWD, "a/b/c", 0755, &e));
	ATF_REQUIRE_EQ(0, file_mkdirs(AT_FDCWD, "keep", 0755, &e));
	ATF_REQUIRE_EQ(0, file_write_atomic(AT_FDCWD, "a/b/f", "", 0600, &e));
	ATF_REQUIRE_EQ(0, symlink("../keep", "a/link"));
	ATF_REQUIRE_EQ(0, file_rmtree(AT_FDCWD, "a", &e));
	ATF_CHECK_EQ(-1, lstat("a", &st));
	ATF_CHECK_EQ(0, stat("keep", &st));
	ATF_CHECK_EQ(0, file_rmtree(AT_FDCWD, "a", &e));
}

ATF_TC_WITHOUT_HEAD(in_root);
ATF_TC_BODY(in_root, tc)
{
	cleanup_close int root = -1, fd = -1;
	struct err e = ERR_INIT;
	struct stat st, want;

	ATF_REQUIRE_EQ(0, file_mkdirs(AT_FDCWD, "root/etc", 0755, &e));
	ATF_REQUIRE_EQ(0, symlink("/etc", "root/abs"));
	ATF_REQUIRE_EQ(0, symlink("../../../..", "root/up"));
	root = open("root", O_PATH | O_CLOEXEC);
	ATF_REQUIRE(root >= 0);
	/* a link to /etc means the root's own */
	ATF_REQUIRE_EQ(0, file_open_in_root(root, "/abs", O_PATH, 0, &fd, &e));
	ATF_REQUIRE_EQ(0, fstat(fd, &st));
	ATF_REQUIRE_EQ(0, stat("root/etc", &want));
	ATF_CHECK_EQ(want.st_ino, st.st_ino);
	close(take_fd(&fd));
	ATF_REQUIRE_EQ(0, file_open_in_root(root, "up", O_PATH, 0, &fd, &e));
	ATF_REQUIRE_EQ(0, fstat(fd, &st));
	ATF_REQUIRE_EQ(0, stat("root", &want));
	ATF_CHECK_EQ(want.st_ino, st.st_ino);
	close(take_fd(&fd));
	ATF_CHECK_EQ(-ELOOP,
		     file_open_beneath(root, "abs", O_PATH, 0, &fd, &e));
	ATF_CHECK_EQ(0, file_open_beneath(root, "/etc", O_PATH, 0, &fd, &e));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, write_read);
	ATF_TP_ADD_TC(tp, write_fails);
	ATF_TP_ADD_TC(tp, write_planted);
	ATF_TP_ADD_TC(tp, mkdirs_rmtree);
	ATF_TP_ADD_TC(tp, in_root);
	return atf_no_error();
}
