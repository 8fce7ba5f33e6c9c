/* pf/pflogd: the file of pflogd(8), whole and damaged. */
#include "base/cleanup.h"
#include "base/file.h"
#include "pf/pflog.h"
#include "pf/pflogd.h"

#include <atf-c.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD 24
#define RECORD 16

static void add_record(struct strbuf *b, uint32_t len, char fill)
{
	const uint32_t r[4] = {1, 2, len, len};

	strbuf_addn(b, r, sizeof(r));
	for (uint32_t i = 0; i < len; i++)
		strbuf_addch(b, fill);
}

static struct pflogd_file *must_open(const char *path, uint32_t snaplen)
{
	struct pflogd_file *f = NULL;
	struct err e = ERR_INIT;
	char *moved = NULL;

	ATF_REQUIRE_EQ_MSG(0, pflogd_open(path, snaplen, &f, &moved, &e), "%s",
			   e.text);
	ATF_REQUIRE_EQ(NULL, moved);
	return f;
}

static off_t size_of(const char *path)
{
	struct stat st;

	ATF_REQUIRE_EQ(0, stat(path, &st));
	return st.st_size;
}

ATF_TC_WITHOUT_HEAD(append);
ATF_TC_BODY(append, tc)
{
	cleanup_pflogd_file struct pflogd_file *f = must_open("log", 116);
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	struct err e = ERR_INIT;
	struct stat st;

	ATF_REQUIRE_EQ(0, stat("log", &st));
	ATF_CHECK_EQ(0600, st.st_mode & 0777);
	ATF_CHECK_EQ(HEAD, st.st_size);
	add_record(&b, 100, 'a');
	add_record(&b, 500, 'b'); /* is cut */
	ATF_REQUIRE_EQ(0, pflogd_add(f, &b, &e));
	ATF_CHECK_EQ(HEAD, size_of("log"));
	ATF_REQUIRE_EQ(0, pflogd_flush(f, &e));
	ATF_CHECK_EQ(HEAD + 2 * RECORD + 216, size_of("log"));
	ATF_CHECK_EQ_MSG(0, pflogd_check("log", &e), "%s", e.text);
	pflogd_close(&f);
	/* it keeps to its length */
	f = must_open("log", 1600);
	ATF_CHECK_EQ(116, pflogd_snaplen(f));
	ATF_REQUIRE_EQ(0, pflogd_add(f, &b, &e));
	ATF_REQUIRE_EQ(0, pflogd_flush(f, &e));
	ATF_CHECK_EQ(HEAD + 4 * RECORD + 432, size_of("log"));
	ATF_CHECK_EQ(0, pflogd_check("log", &e));
	/* much is written without being asked for */
	for (int i = 0; i < 100; i++)
		add_record(&b, 1000, 'c');
	for (int i = 0; i < 4; i++)
		ATF_REQUIRE_EQ(0, pflogd_add(f, &b, &e));
	ATF_CHECK(size_of("log") > 30000);
}

static unsigned int count_bad(void)
{
	cleanup_closedir DIR *d = opendir(".");
	unsigned int n = 0;
	struct dirent *de;

	ATF_REQUIRE(d);
	while ((de = readdir(d)) != NULL)
		n += !strncmp(de->d_name, "log.bad.", 8) &&
		     strlen(de->d_name) == 16;
	return n;
}

/* What is damaged goes away; what is no file stays. */
ATF_TC_WITHOUT_HEAD(damaged);
ATF_TC_BODY(damaged, tc)
{
	static const char *const texts[] = {"x", "no capture, but a long text"};
	struct err e = ERR_INIT;
	unsigned int bad = 0;

	ATF_CHECK_EQ(-ENOENT, pflogd_check("log", &e));
	for (size_t i = 0; i < 4; i++) {
		cleanup_pflogd_file struct pflogd_file *f = NULL;
		cleanup_strbuf struct strbuf b = STRBUF_INIT;
		cleanup_free char *moved = NULL;

		if (i < ARRAY_SIZE(texts)) {
			ATF_REQUIRE_EQ(0,
				       file_write_atomic(AT_FDCWD, "log",
							 texts[i], 0600, NULL));
		} else {
			/* half a packet, or half the head of one */
			f = must_open("log", 116);
			add_record(&b, 100, 'a');
			ATF_REQUIRE_EQ(0, pflogd_add(f, &b, &e));
			ATF_REQUIRE_EQ(0, pflogd_flush(f, &e));
			pflogd_close(&f);
			ATF_REQUIRE_EQ(0, truncate("log", i == 2 ? HEAD + 90
								 : HEAD + 5));
		}
		ATF_CHECK_EQ(-EBADMSG, pflogd_check("log", &e));
		ATF_REQUIRE_EQ(0, pflogd_open("log", 116, &f, &moved, &e));
		ATF_CHECK(moved && access(moved, F_OK) == 0);
		ATF_CHECK_EQ(++bad, count_bad());
		ATF_CHECK_EQ(HEAD, size_of("log"));
	}
}

ATF_TC_WITHOUT_HEAD(no_file);
ATF_TC_BODY(no_file, tc)
{
	struct pflogd_file *f = NULL;
	struct err e = ERR_INIT;
	char *moved = NULL;

	ATF_REQUIRE_EQ(0, mkfifo("pipe", 0600));
	ATF_REQUIRE_EQ(0, symlink("elsewhere", "link"));
	ATF_CHECK_EQ(-EINVAL, pflogd_open("pipe", 116, &f, &moved, &e));
	ATF_CHECK_EQ(-ELOOP, pflogd_open("link", 116, &f, &moved, &e));
	ATF_CHECK_EQ(-ENOENT, pflogd_open("no/log", 116, &f, &moved, &e));
	ATF_CHECK_EQ(-1, access("elsewhere", F_OK));
	ATF_CHECK_EQ(NULL, f);
	ATF_CHECK_EQ(NULL, moved);
}

/* A file that can grow no more keeps whole records only. */
ATF_TC_WITHOUT_HEAD(full);
ATF_TC_BODY(full, tc)
{
	const struct rlimit limit = {HEAD + 150, HEAD + 150};
	cleanup_pflogd_file struct pflogd_file *f = must_open("log", 116);
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	struct err e = ERR_INIT;

	signal(SIGXFSZ, SIG_IGN);
	ATF_REQUIRE_EQ(0, setrlimit(RLIMIT_FSIZE, &limit));
	add_record(&b, 100, 'a');
	ATF_REQUIRE_EQ(0, pflogd_add(f, &b, &e));
	ATF_REQUIRE_EQ(0, pflogd_flush(f, &e));
	ATF_REQUIRE_EQ(0, pflogd_add(f, &b, &e));
	ATF_CHECK_EQ(-EFBIG, pflogd_flush(f, &e));
	ATF_CHECK_EQ(HEAD + RECORD + 100, size_of("log"));
	ATF_CHECK_EQ(0, pflogd_check("log", &e));
	/* what could not be written is not tried again */
	ATF_CHECK_EQ(0, pflogd_flush(f, &e));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, append);
	ATF_TP_ADD_TC(tp, damaged);
	ATF_TP_ADD_TC(tp, no_file);
	ATF_TP_ADD_TC(tp, full);
	return atf_no_error();
}
