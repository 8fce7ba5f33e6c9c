/* Abstract unix sockets of a cgroup and of the world outside it. */
#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "ns/btf.h"
#include "ns/cgbpf.h"
#include "ns/ns.h"

#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

static struct cg {
	char *path;
	int fd;
} cg, below;

static void make(struct cg *c, char *path)
{
	c->path = path;
	ATF_REQUIRE_EQ(0, cgroup_make(path, NULL));
	ATF_REQUIRE_EQ(0, cgroup_open(path, &c->fd, NULL));
}

static void cg_make(void)
{
	cleanup_free char *root = NULL;

	if (cgroup_root(&root, NULL) < 0)
		atf_tc_skip("no cgroup2 here");
	make(&cg, str_printf("%s/cb-unix.%d", root, (int)getpid()));
	make(&below, str_printf("%s/below", cg.path));
}

static void cg_done(void)
{
	close(cg.fd);
	close(below.fd);
	ATF_CHECK_EQ(0, cgroup_remove(cg.path, NULL));
	free(cg.path);
	free(below.path);
}

static int inside(const struct cg *c, int (*fn)(void *), const void *arg)
{
	struct ns_child child = {
		.cgroup_fd = c->fd, .fn = fn, .arg = (void *)arg};
	int status;
	pid_t pid;

	ATF_REQUIRE_EQ(0, ns_fork(&child, &pid, NULL, NULL));
	ATF_REQUIRE_EQ(pid, waitpid(pid, &status, 0));
	ATF_REQUIRE(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* An address; "@..." is abstract, "" is for the kernel to choose. */
struct at {
	int type;
	char name[64];
};

static socklen_t fill(const struct at *a, struct sockaddr_un *un)
{
	size_t n = strlen(a->name);

	*un = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(un->sun_path, a->name, n);
	if (*a->name == '@')
		un->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
}

static int listener(const struct at *a)
{
	cleanup_close int s = socket(AF_UNIX, a->type | SOCK_CLOEXEC, 0);
	struct sockaddr_un un;
	socklen_t len = fill(a, &un);

	if (s < 0 || bind(s, (void *)&un, len) < 0)
		return -1;
	if (a->type != SOCK_DGRAM && listen(s, 4) < 0)
		return -1;
	return take_fd(&s);
}

static int try_bind(void *arg)
{
	cleanup_close int s = listener(arg);

	return s < 0 ? errno : 0;
}

/* Both ways in which a datagram goes. */
static int try_reach(void *arg)
{
	const struct at *a = arg;
	cleanup_close int s = socket(AF_UNIX, a->type | SOCK_CLOEXEC, 0);
	struct sockaddr_un un;
	socklen_t len = fill(a, &un);
	int code;

	if (connect(s, (void *)&un, len) == 0)
		return 0;
	code = errno;
	if (a->type == SOCK_DGRAM &&
	    sendto(s, "", 1, MSG_DONTWAIT, (void *)&un, len) == 1)
		return 0;
	return code;
}

/* A server at a name of the kernel's choice, told through memory. */
static int serve(void *arg)
{
	struct at *a = arg;
	struct sockaddr_un un;
	socklen_t len = sizeof(un);
	int s = listener(a);

	if (s < 0 || getsockname(s, (void *)&un, &len) < 0)
		return 1;
	len -= offsetof(struct sockaddr_un, sun_path);
	memcpy(a->name + 1, un.sun_path + 1, len - 1);
	/* last: it says that the rest is there */
	__atomic_store_n(&a->name[0], '@', __ATOMIC_RELEASE);
	for (;;)
		pause();
}

static pid_t serve_in(const struct cg *c, struct at **ret)
{
	struct at *a = mmap(NULL, sizeof(*a), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct ns_child child = {.cgroup_fd = c->fd, .fn = serve, .arg = a};
	pid_t pid;

	ATF_REQUIRE(a != MAP_FAILED);
	a->type = SOCK_STREAM;
	ATF_REQUIRE_EQ(0, ns_fork(&child, &pid, NULL, NULL));
	for (int i = 0; i < 500; i++) {
		if (__atomic_load_n(&a->name[0], __ATOMIC_ACQUIRE))
			break;
		usleep(10000);
	}
	ATF_REQUIRE_EQ('@', a->name[0]);
	*ret = a;
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Whether it is the whole wall. */
static bool guard(const struct cg *c)
{
	struct err e = ERR_INIT;
	bool whole = false, can = false;
	int r = cgbpf_unix(c->fd, NULL, &whole, &e);

	ATF_CHECK_EQ(r, cgbpf_unix_can(&can, NULL));
	ATF_CHECK_EQ(whole, can);

	if (r == -ENOSYS) {
		cg_done();
		atf_tc_skip("%s", e.text);
	}
	ATF_REQUIRE_EQ_MSG(0, r, "%s", e.text);
	return whole;
}

ATF_TC(outside);
ATF_TC_HEAD(outside, tc)
{
	atf_tc_set_md_var(tc, "descr",
			  "Abstract sockets of outside are out of reach");
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(outside, tc)
{
	struct at v[] = {{SOCK_STREAM, ""},	  {SOCK_SEQPACKET, ""},
			 {SOCK_DGRAM, ""},	  {SOCK_STREAM, "s"},
			 {SOCK_SEQPACKET, "seq"}, {SOCK_DGRAM, "d"}};

	cg_make();
	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		if (i < 3)
			snprintf(v[i].name, sizeof(v[i].name), "@cb-%d-%zu",
				 (int)getpid(), i);
		ATF_REQUIRE(listener(&v[i]) >= 0);
		ATF_CHECK_EQ(0, inside(&cg, try_reach, &v[i]));
	}
	guard(&cg);
	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		/* those with a path are files, and stay */
		int want = i < 3 ? EPERM : 0;

		ATF_CHECK_EQ_MSG(want, inside(&cg, try_reach, &v[i]), "%zu", i);
		ATF_CHECK_EQ(want, inside(&below, try_reach, &v[i]));
		ATF_CHECK_EQ(0, try_reach(&v[i]));
	}
	ATF_REQUIRE_EQ(0, cgbpf_unix_off(cg.fd, NULL));
	for (size_t i = 0; i < ARRAY_SIZE(v); i++)
		ATF_CHECK_EQ(0, inside(&cg, try_reach, &v[i]));
	ATF_CHECK_EQ(0, cgbpf_unix_off(cg.fd, NULL));
	cg_done();
}

ATF_TC(own);
ATF_TC_HEAD(own, tc)
{
	atf_tc_set_md_var(tc, "descr",
			  "Sockets inside reach each other; pairs work");
	atf_tc_set_md_var(tc, "require.user", "root");
}
static int try_pair(void *arg)
{
	int s[2];

	(void)arg;
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, s) < 0)
		return errno;
	return send(s[0], "", 1, 0) == 1 ? 0 : errno;
}
ATF_TC_BODY(own, tc)
{
	struct at *mine, *lower;
	pid_t a, b;

	cg_make();
	ATF_CHECK_EQ(0, inside(&cg, try_pair, NULL));
	if (!guard(&cg)) {
		ATF_CHECK_EQ(0, inside(&cg, try_pair, NULL));
		cg_done();
		atf_tc_skip("this kernel sees names only, not whose they are");
	}
	a = serve_in(&cg, &mine);
	b = serve_in(&below, &lower);
	ATF_CHECK_EQ(0, inside(&cg, try_reach, mine));
	ATF_CHECK_EQ(0, inside(&below, try_reach, mine));
	ATF_CHECK_EQ(0, inside(&cg, try_reach, lower));
	ATF_CHECK_EQ(0, inside(&cg, try_pair, NULL));
	/* the lower one has a wall of its own against the upper one's */
	guard(&below);
	ATF_CHECK_EQ(EPERM, inside(&below, try_reach, mine));
	ATF_CHECK_EQ(0, inside(&below, try_reach, lower));
	ATF_CHECK_EQ(0, inside(&cg, try_reach, lower));
	end(a);
	end(b);
	cg_done();
}

ATF_TC(names);
ATF_TC_HEAD(names, tc)
{
	atf_tc_set_md_var(tc, "descr", "No abstract name is taken inside");
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(names, tc)
{
	static const struct at none = {SOCK_STREAM, ""},
			       path = {SOCK_STREAM, "path"};
	struct at abstract = {SOCK_STREAM, ""}, shortest = {SOCK_DGRAM, "@"};

	snprintf(abstract.name, sizeof(abstract.name), "@cb-%d", (int)getpid());
	cg_make();
	ATF_CHECK_EQ(0, inside(&cg, try_bind, &abstract));
	if (!guard(&cg)) {
		cg_done();
		atf_tc_skip("this kernel does not tell of bind");
	}
	ATF_CHECK_EQ(EPERM, inside(&cg, try_bind, &abstract));
	ATF_CHECK_EQ(EPERM, inside(&cg, try_bind, &shortest));
	ATF_CHECK_EQ(0, inside(&cg, try_bind, &path));
	ATF_CHECK_EQ(0, inside(&cg, try_bind, &none));
	ATF_CHECK_EQ(0, try_bind(&abstract));
	cg_done();
}

ATF_TC(btf);
ATF_TC_HEAD(btf, tc)
{
	atf_tc_set_md_var(tc, "descr", "Type information: found and not found");
}
ATF_TC_BODY(btf, tc)
{
	struct btf_want good[] = {{.type = "socket", .member = "sk"},
				  {.type = "bpf_lsm_socket_bind"}};
	struct btf_want bad = {.type = "cellblock", .member = "sk"};
	static const char text[64] = "no type information at all";
	struct err e = ERR_INIT;

	ATF_CHECK_EQ(-EINVAL, btf_find(text, sizeof(text), good, 2, &e));
	ATF_CHECK_EQ(-EINVAL, btf_find(text, 3, good, 2, &e));
	if (btf_kernel(good, 1, &e) == -ENOSYS)
		atf_tc_skip("%s", e.text);
	ATF_CHECK_EQ(-ENOENT, btf_kernel(&bad, 1, &e));
	ATF_CHECK_STREQ("the kernel's type information has no cellblock.sk",
			e.text);
	ATF_CHECK(good[0].value >= 4 && good[0].value < 256);
}

static void keep(const char *text)
{
	FILE *f = fopen("kept", "w");

	ATF_REQUIRE(f != NULL);
	fputs(text, f);
	fclose(f);
}

ATF_TC(kept);
ATF_TC_HEAD(kept, tc)
{
	atf_tc_set_md_var(
		tc, "descr",
		"Answers are kept, and used for these questions only");
}
ATF_TC_BODY(kept, tc)
{
	static const struct btf_want fresh[2] = {
		{.type = "socket", .member = "sk"},
		{.type = "cb_none", .optional = true},
	};
	struct btf_want w[2];
	struct btf_want other = {.type = "sock", .member = "sk_cgrp_data"};
	cleanup_free char *first = NULL, *second = NULL;
	struct err e = ERR_INIT;
	uint32_t at;
	char *s;

	unlink("kept");
	memcpy(w, fresh, sizeof(w));
	if (btf_kernel_kept("kept", w, 2, &e) == -ENOSYS)
		atf_tc_skip("%s", e.text);
	at = w[0].value;
	ATF_CHECK(w[0].found && !w[1].found);
	ATF_REQUIRE_EQ(0, file_read(AT_FDCWD, "kept", 8192, &first, NULL, &e));
	ATF_CHECK(strstr(first, "\nsocket sk 1 "));
	/* it is what is asked, from now on */
	s = strstr(first, "socket sk 1 ") + strlen("socket sk 1 ");
	*s = *s == '9' ? '8' : '9';
	keep(first);
	ATF_REQUIRE_EQ(0, btf_kernel_kept("kept", w, 2, &e));
	ATF_CHECK(w[0].value != at);
	/* but not by who asks something else, for another kernel, or badly */
	ATF_REQUIRE_EQ(0, btf_kernel_kept("kept", &other, 1, &e));
	ATF_CHECK(other.found);
	ATF_REQUIRE_EQ(0, file_read(AT_FDCWD, "kept", 8192, &second, NULL, &e));
	ATF_CHECK(strstr(second, "\nsock sk_cgrp_data 1 "));
	first[0]++;
	keep(first);
	memcpy(w, fresh, sizeof(w));
	ATF_REQUIRE_EQ(0, btf_kernel_kept("kept", w, 2, &e));
	ATF_CHECK_EQ(at, w[0].value);
	first[0]--;
	for (size_t n = strlen(first); n-- > 0;) {
		first[n] = '\0';
		keep(first);
		memcpy(w, fresh, sizeof(w));
		ATF_REQUIRE_EQ(0, btf_kernel_kept("kept", w, 2, &e));
		ATF_CHECK_EQ_MSG(at, w[0].value, "cut at %zu", n);
	}
	/* no file: no matter */
	ATF_CHECK_EQ(0, btf_kernel_kept("/nowhere/kept", w, 2, &e));
	ATF_CHECK_EQ(0, btf_kernel_kept(NULL, w, 2, &e));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, outside);
	ATF_TP_ADD_TC(tp, own);
	ATF_TP_ADD_TC(tp, names);
	ATF_TP_ADD_TC(tp, btf);
	ATF_TP_ADD_TC(tp, kept);
	return atf_no_error();
}
