/*
 * Jails that share the host's addresses: how they change, end, lie within one
 * another, and what is left of calls that were killed.
 */
#include "ipshare_world.h"

#include <sys/resource.h>

/* --- the life of a jail -------------------------------------------------- */

CASE(change, "what is taken away from a jail works no more")
{
	int s, t, u, c, v, w, x;

	world();
	set(&a, "10.1.0.2 10.1.0.4");
	w = get(&a, TCP("0.0.0.0", 82, REUSE | LISTEN));
	s = get(&a, TCP("10.1.0.4", 80, REUSE | LISTEN));
	t = get(&a, TCP("10.1.0.4", 81, LISTEN));
	u = get(&a, UDP("", 0, 0, AF_INET));
	c = get(&a, TCP("10.1.0.4", 0));
	v = get(&a, TCP("10.1.0.4", 0, LISTEN));
	reaches(NULL, "10.1.0.4", 80, s);
	reaches(NULL, "10.1.0.4", 81, t);
	set(&a, "10.1.0.2");
	refused(NULL, "10.1.0.4", 80);
	refused(NULL, "10.1.0.4", 81);
	refused(NULL, "10.1.0.4", port_of(v));
	/* a wildcard goes on at the address that is left */
	reaches(NULL, "10.1.0.2", 82, w);
	refused(NULL, "10.1.0.4", 82);
	/* who has the other now gets what comes there */
	set(&b, "10.1.0.4");
	x = get(&b, TCP("10.1.0.4", 82, LISTEN));
	reaches(NULL, "10.1.0.4", 82, x);
	close(x);
	x = get(&b, TCP("0.0.0.0", 82, REUSE | LISTEN));
	reaches(NULL, "10.1.0.4", 82, x);
	reaches(NULL, "10.1.0.2", 82, w);
	close(x);
	set(&b, "10.1.0.3");
	ATF_CHECK_EQ(-EADDRNOTAVAIL, in(&a, TCP("10.1.0.4", 80)));
	ATF_CHECK_EQ(EADDRNOTAVAIL, go(c, "10.1.0.1", 80));
	ATF_CHECK_EQ(EADDRNOTAVAIL, give_from(u, "10.1.0.4", "10.1.0.1"));
	set(&a, "10.1.0.2 10.1.0.4");
	reaches(NULL, "10.1.0.4", 80, s);
	close(s);
	close(t);
	close(u);
	close(v);
	close(w);
	close(c);
	world_end();
}

CASE(clear, "a listener that outlives its jail is nobody's")
{
	cleanup_free char *path = NULL;
	int s, t;

	world();
	set(&a, "10.1.0.2");
	set(&b, "10.1.0.4");
	/* the test holds it; the jail has no process */
	s = get(&a, TCP("10.1.0.2", 80, REUSE | LISTEN));
	path = strdup(a.path);
	jail_end(&a);
	refused(NULL, "10.1.0.2", 80);
	jail_make(&a, take_ptr(path));
	set(&a, "10.1.0.2");
	t = get(&a, TCP("10.1.0.2", 80, REUSE));
	refused(NULL, "10.1.0.2", 80);
	ATF_REQUIRE_EQ(0, listen(t, 1));
	reaches(NULL, "10.1.0.2", 80, t);
	close(s);
	reaches(NULL, "10.1.0.2", 80, t);
	close(t);
	world_end();
}

CASE(nested, "a jail in a jail is held by both")
{
	struct jail sub = {NULL, -1, 0};
	int s, t;

	world();
	jail_make(&sub, str_printf("%s/sub", a.path));
	set(&a, "10.1.0.2 10.1.0.4 10.1.0.3");
	set(&sub, "10.1.0.3 10.1.0.4");
	ATF_CHECK_EQ(-EADDRNOTAVAIL, in(&sub, TCP("10.1.0.2", 80)));
	s = get(&sub, TCP("0.0.0.0", 80, REUSE | LISTEN));
	is("0.0.0.0 80", name_of(s));
	t = get(&a, TCP("10.1.0.2", 80, REUSE | LISTEN));
	reaches(NULL, "10.1.0.3", 80, s);
	reaches(NULL, "10.1.0.2", 80, t);
	reaches(&sub, "127.0.0.1", 80, s);
	refused(NULL, "10.1.0.1", 80);
	close(t);
	/* taken away from the outer one */
	set(&a, "10.1.0.2 10.1.0.4");
	ATF_CHECK_EQ(-EADDRNOTAVAIL, in(&sub, TCP("10.1.0.3", 81)));
	t = get(&sub, TCP("10.1.0.4", 81, REUSE | LISTEN));
	is("10.1.0.4 81", name_of(t));
	reaches(NULL, "10.1.0.4", 81, t);
	close(t);
	close(s);
	jail_end(&sub);
	world_end();
}

/* Who may make ping sockets is the network stack's matter first. */
static int let_ping(void)
{
	cleanup_close int f = open("/proc/sys/net/ipv4/ping_group_range",
				   O_WRONLY | O_CLOEXEC);

	return f < 0 || write(f, "0 1000", 6) != 6 ? -1 : 0;
}

/* from NULL: as the kernel has it.  0 or an errno. */
static int ping_from(const char *from, const char *to)
{
	struct icmp_echo {
		uint8_t type, code;
		uint16_t sum, id, seq;
	} echo = {8, 0, 0, 0, 1};
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_ICMP);
	struct sockaddr_storage ss;
	socklen_t len;

	if (s < 0)
		return errno;
	if (from) {
		len = fill(&ss, from, 0);
		if (bind(s, (void *)&ss, len) < 0)
			return errno;
	} else if (go(s, to, 0)) {
		return errno;
	}
	len = fill(&ss, to, 0);
	if (sendto(s, &echo, sizeof(echo), 0, (void *)&ss, len) < 0)
		return errno;
	return recv(s, &echo, sizeof(echo), 0) < 0 ? errno : 0;
}

static int ping(void *arg)
{
	return ping_from(arg, "10.1.0.1");
}

static int elsewhere(void *arg)
{
	(void)arg;
	if (unshare(CLONE_NEWNET) < 0 || system("ip link set lo up") != 0 ||
	    let_ping() < 0 || ping_from("127.0.0.1", "127.0.0.1") != 0)
		return 1;
	return open_socket(TCP("127.0.0.1", 80)) < 0 ||
	       open_socket(TCP("0.0.0.0", 81, REUSE | LISTEN)) < 0 ||
	       open_socket(UDP("::1", 80)) < 0;
}

CASE(other_stack, "in another network stack nothing is restricted")
{
	world();
	set(&a, "10.1.0.2 raw");
	ATF_CHECK_EQ(0, inside(&a, elsewhere, NULL));
	world_end();
}

CASE(ping, "ping only with raw sockets allowed, and from own addresses")
{
	world();
	ATF_REQUIRE_EQ(0, let_ping());
	set(&a, "10.1.0.2");
	ATF_CHECK_EQ(EPERM, inside(&a, ping, NULL));
	set(&a, "10.1.0.2 raw");
	ATF_CHECK_EQ(0, inside(&a, ping, NULL));
	ATF_CHECK_EQ(0, inside(&a, ping, "10.1.0.2"));
	ATF_CHECK_EQ(EPERM, inside(&a, ping, "10.1.0.1"));
	world_end();
}

/* --- limits -------------------------------------------------------------- */

/* Ports until no more: exit status 0 when it was stopped for its own sake. */
static int take_all(void *arg)
{
	struct rlimit r;
	int i;

	(void)arg;
	if (getrlimit(RLIMIT_NOFILE, &r) < 0)
		return 1;
	r.rlim_cur = r.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &r) < 0)
		return 1;
	/* six rows each */
	for (i = 1025; i < 10000; i++)
		if (open_socket(TCP("::", i, REUSE | LISTEN)) < 0)
			break;
	if (errno != ENOBUFS || i < 2000)
		return 2;
	return open_socket(TCP("::", 80, REUSE)) >= 0 || errno != ENOBUFS;
}

CASE(limit,
     "a jail cannot take the rows that others need, and gives its own back")
{
	struct rlimit r;

	ATF_REQUIRE_EQ(0, getrlimit(RLIMIT_NOFILE, &r));
	if (r.rlim_max < 4000)
		atf_tc_skip("no more than %d descriptors", (int)r.rlim_max);
	world();
	set(&a, "10.1.0.2 fd00::2");
	set(&b, "10.1.0.4");
	for (size_t i = 0; i < 3; i++)
		ATF_CHECK_EQ(0, inside(&a, take_all, NULL));
	close(get(&a, TCP("0.0.0.0", 80, REUSE | LISTEN)));
	close(get(&b, TCP("0.0.0.0", 80, REUSE | LISTEN)));
	world_end();
}

/* --- robustness ---------------------------------------------------------- */

static int set_again(void *arg)
{
	const struct jail *j = arg;

	for (int i = 0; i < 20; i++)
		if (set_text(j, i % 2 ? "10.1.0.2" : "10.1.0.2 10.1.0.4",
			     NULL) < 0)
			return 1;
	return 0;
}

CASE(at_once, "several at the same time, and after one that was killed")
{
	struct ns_child c = {.cgroup_fd = -1, .fn = set_again};
	cleanup_free char *left = NULL;
	pid_t pid[4];
	int status;

	world();
	set(&a, "10.1.0.2");
	/* what a killed one may leave: pins that are not all there */
	left = str_printf("%s/new", bpfdir);
	ATF_REQUIRE_EQ(0, mkdir(left, 0700));
	for (size_t i = 0; i < 4; i++) {
		c.arg = i % 2 ? &a : &b;
		ATF_REQUIRE_EQ(0, ns_fork(&c, &pid[i], NULL, NULL));
	}
	for (size_t i = 0; i < 4; i++) {
		ATF_REQUIRE_EQ(pid[i], waitpid(pid[i], &status, 0));
		ATF_CHECK_EQ(0, status);
	}
	ATF_CHECK_EQ(-EADDRNOTAVAIL, in(&a, TCP("10.1.0.4", 80)));
	/* at whatever point it is killed */
	for (useconds_t us = 0; us < 100000; us += 5000) {
		c.arg = &a;
		jail_end(&b);
		jail_end(&a);
		{
			cleanup_free char *root = NULL;

			ATF_REQUIRE_EQ(0, cgroup_root(&root, NULL));
			jail_make(&a, str_printf("%s/cb-ipshare.%d", root,
						 (int)getpid()));
			jail_make(&b, str_printf("%s/cb-ipshare.%d.b", root,
						 (int)getpid()));
		}
		ATF_REQUIRE_EQ(0, ns_fork(&c, &pid[0], NULL, NULL));
		usleep(us);
		kill(pid[0], SIGKILL);
		ATF_REQUIRE_EQ(pid[0], waitpid(pid[0], &status, 0));
		set(&a, "10.1.0.2");
		close(get(&a, TCP("0.0.0.0", 80, REUSE)));
		ATF_CHECK_EQ(-EADDRNOTAVAIL, in(&a, TCP("10.1.0.4", 80)));
	}
	world_end();
}

static int in_userns(void *arg)
{
	struct err e = ERR_INIT;
	int r;

	(void)arg;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return 1;
	r = set_text(&a, "10.1.0.2", &e);
	if (r != -EPERM)
		fprintf(stderr, "%d: %s\n", r, e.text);
	return r != -EPERM || ipshare_can(NULL) != -EPERM;
}

CASE(no_right, "in a user namespace it says that there is no right")
{
	world();
	ATF_CHECK_EQ(0, inside(NULL, in_userns, NULL));
	world_end();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, change);
	ATF_TP_ADD_TC(tp, clear);
	ATF_TP_ADD_TC(tp, nested);
	ATF_TP_ADD_TC(tp, other_stack);
	ATF_TP_ADD_TC(tp, ping);
	ATF_TP_ADD_TC(tp, limit);
	ATF_TP_ADD_TC(tp, at_once);
	ATF_TP_ADD_TC(tp, no_right);
	return atf_no_error();
}
