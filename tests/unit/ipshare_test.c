/* What sockets of jails that share the host's addresses can do. */
#include "ipshare_world.h"

/* --- socket(2) ----------------------------------------------------------- */

static void makes(const struct jail *j, int family, int type, int proto,
		  int want)
{
	int s = in(j, &(const struct want){type, "", 0, 0, family, proto});

	/* what this kernel has not got at all */
	if (s != -ESOCKTNOSUPPORT || want != EPROTONOSUPPORT)
		ATF_CHECK_EQ_MSG(want, s < 0 ? -s : 0, "%d %d %d: %s", family,
				 type, proto, s < 0 ? strerror(-s) : "made");
	if (s >= 0)
		close(s);
}

CASE(create, "families and protocols that are not for jails")
{
	world();
	set(&a, "10.1.0.2");
	makes(&a, AF_INET, SOCK_STREAM, 0, 0);
	makes(&a, AF_INET, SOCK_DGRAM, 0, 0);
	makes(&a, AF_INET, SOCK_RAW, IPPROTO_ICMP, EPERM);
	makes(&a, AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE, EPROTONOSUPPORT);
	makes(&a, AF_INET, SOCK_STREAM, IPPROTO_SCTP, EPROTONOSUPPORT);
	makes(&a, AF_INET, SOCK_STREAM, IPPROTO_MPTCP, EPROTONOSUPPORT);
	makes(&a, AF_INET6, SOCK_STREAM, 0, EPROTONOSUPPORT);
	makes(&a, AF_INET6, SOCK_DGRAM, 0, EPROTONOSUPPORT);
	makes(&a, AF_UNIX, SOCK_DGRAM, 0, 0);
	set(&a, "fd00::2");
	makes(&a, AF_INET, SOCK_STREAM, 0, EPROTONOSUPPORT);
	makes(&a, AF_INET6, SOCK_STREAM, 0, 0);
	set(&a, "");
	makes(&a, AF_INET, SOCK_STREAM, 0, EPROTONOSUPPORT);
	makes(&a, AF_INET6, SOCK_STREAM, 0, EPROTONOSUPPORT);
	set(&a, "inherit4 inherit6");
	makes(&a, AF_INET, SOCK_STREAM, 0, 0);
	makes(&a, AF_INET6, SOCK_STREAM, 0, 0);
	world_end();
}

/* --- bind(2) ------------------------------------------------------------- */

/* code: an errno, or 0 and what getsockname says. */
struct bound {
	struct want w;
	int code;
	const char *name;
};

static void binds(const struct jail *j, const struct bound *v, size_t n)
{
	static const int types[] = {SOCK_STREAM, SOCK_DGRAM};

	for (size_t i = 0; i < 2 * n; i++) {
		struct want w = v[i / 2].w;
		const char *name = v[i / 2].name;
		int code = v[i / 2].code, s;

		w.type = types[i % 2];
		s = in(j, &w);
		ATF_CHECK_EQ_MSG(code, s < 0 ? -s : 0, "%d: %s %d opts %d: %s",
				 w.type, w.ip, w.port, w.opts,
				 s < 0 ? strerror(-s) : "bound");
		if (s >= 0 && name && w.port)
			is(name, name_of(s));
		else if (s >= 0 && name)
			is_ip(name, name_of(s));
		if (s >= 0)
			close(s);
	}
}

CASE(bind_one, "bind in a jail with one address of each family")
{
	static const struct bound v[] = {
		{{0, "10.1.0.2", 80, 0, 0, 0}, 0, "10.1.0.2 80"},
		{{0, "10.1.0.2", 80, REUSE, 0, 0}, 0, "10.1.0.2 80"},
		{{0, "10.1.0.2", 0, 0, 0, 0}, 0, "10.1.0.2"},
		{{0, "127.0.0.1", 80, 0, 0, 0}, 0, "10.1.0.2 80"},
		{{0, "127.0.0.1", 8080, REUSE, 0, 0}, 0, "10.1.0.2 8080"},
		{{0, "0.0.0.0", 80, 0, 0, 0}, 0, "10.1.0.2 80"},
		{{0, "0.0.0.0", 80, REUSE, 0, 0}, 0, "10.1.0.2 80"},
		{{0, "0.0.0.0", 0, 0, 0, 0}, 0, "10.1.0.2"},
		{{0, "10.1.0.1", 80, 0, 0, 0}, EADDRNOTAVAIL, NULL},
		{{0, "10.1.0.1", 0, REUSE, 0, 0}, EADDRNOTAVAIL, NULL},
		{{0, "10.1.0.3", 80, 0, 0, 0}, EADDRNOTAVAIL, NULL},
		{{0, "127.0.0.9", 80, 0, 0, 0}, EADDRNOTAVAIL, NULL},
		{{0, "224.0.0.1", 80, 0, 0, 0}, EADDRNOTAVAIL, NULL},
		{{0, "255.255.255.255", 80, 0, 0, 0}, EADDRNOTAVAIL, NULL},
		{{0, "fd00::2", 80, REUSE, 0, 0}, 0, "fd00::2 80"},
		{{0, "::1", 80, 0, 0, 0}, 0, "fd00::2 80"},
		{{0, "::", 80, V6ONLY, 0, 0}, 0, "fd00::2 80"},
		{{0, "::", 80, 0, 0, 0}, 0, ":: 80"},
		{{0, "::", 80, REUSE, 0, 0}, 0, ":: 80"},
		{{0, "fd00::1", 80, 0, 0, 0}, EADDRNOTAVAIL, NULL},
		{{0, "fd00::3", 80, REUSE, 0, 0}, EADDRNOTAVAIL, NULL},
		{{0, "::ffff:127.0.0.1", 80, 0, 0, 0}, 0, "::ffff:10.1.0.2 80"},
		{{0, "::ffff:0.0.0.0", 80, REUSE, 0, 0},
		 0,
		 "::ffff:10.1.0.2 80"},
		{{0, "::ffff:10.1.0.1", 80, 0, 0, 0}, EADDRNOTAVAIL, NULL},
	};

	world();
	set(&a, "10.1.0.2 fd00::2");
	binds(&a, v, ARRAY_SIZE(v));
	world_end();
}

CASE(bind_several, "bind in a jail with several addresses, loopback listed")
{
	static const struct bound v[] = {
		{{0, "127.0.0.1", 80, 0, 0, 0}, 0, "10.1.0.4 80"},
		{{0, "127.0.0.9", 80, 0, 0, 0}, 0, "127.0.0.9 80"},
		{{0, "10.1.0.2", 80, REUSE, 0, 0}, 0, "10.1.0.2 80"},
		{{0, "0.0.0.0", 80, 0, 0, 0}, 0, "0.0.0.0 80"},
		{{0, "0.0.0.0", 80, REUSE, 0, 0}, 0, "0.0.0.0 80"},
		{{0, "10.1.0.1", 80, 0, 0, 0}, EADDRNOTAVAIL, NULL},
		{{0, "::", 80, V6ONLY, 0, 0}, 0, ":: 80"},
		{{0, "::1", 80, 0, 0, 0}, 0, "::1 80"},
		{{0, "::ffff:0.0.0.0", 80, 0, 0, 0}, 0, "::ffff:0.0.0.0 80"},
	};

	world();
	set(&a, "10.1.0.4 10.1.0.2 127.0.0.9 fd00::2 ::1");
	binds(&a, v, ARRAY_SIZE(v));
	world_end();
}

CASE(bind_free, "one family is not restricted, the other is, or has nothing")
{
	static const struct bound v4[] = {
		{{0, "10.1.0.1", 80, 0, 0, 0}, 0, "10.1.0.1 80"},
		{{0, "0.0.0.0", 80, 0, 0, 0}, 0, "0.0.0.0 80"},
		{{0, "fd00::1", 80, 0, 0, 0}, EADDRNOTAVAIL, NULL},
		{{0, "::ffff:10.1.0.1", 80, 0, 0, 0}, 0, "::ffff:10.1.0.1 80"},
	};
	static const struct bound v6[] = {
		{{0, "fd00::2", 80, 0, 0, 0}, 0, "fd00::2 80"},
		{{0, "::ffff:10.1.0.2", 80, 0, 0, 0}, EAFNOSUPPORT, NULL},
		{{0, "::ffff:0.0.0.0", 80, 0, 0, 0}, EAFNOSUPPORT, NULL},
	};

	world();
	set(&a, "inherit4 fd00::2");
	binds(&a, v4, ARRAY_SIZE(v4));
	set(&a, "fd00::2");
	binds(&a, v6, ARRAY_SIZE(v6));
	world_end();
}

static int as_user(const void *arg)
{
	return setuid(12345) < 0 ? -1 : open_socket(arg);
}

CASE(low_ports, "ports below 1024 are for the jail's root, or for nobody")
{
	int s, h;

	world();
	set(&a, "10.1.0.2");
	ATF_CHECK_EQ(-EACCES, made_in(&a, as_user, TCP("0.0.0.0", 80)));
	ATF_CHECK_EQ(-EACCES, made_in(&a, as_user, TCP("0.0.0.0", 80, REUSE)));
	ATF_CHECK_EQ(-EACCES, made_in(&a, as_user, UDP("0.0.0.0", 80)));
	s = made_in(&a, as_user, TCP("0.0.0.0", 8080, REUSE));
	ATF_CHECK(s >= 0);
	close(s);
	set(&a, "10.1.0.2 nolow");
	ATF_CHECK_EQ(-EACCES, in(&a, TCP("0.0.0.0", 80)));
	ATF_CHECK_EQ(-EACCES, in(&a, TCP("0.0.0.0", 80, REUSE)));
	ATF_CHECK_EQ(-EACCES, in(&a, UDP("10.1.0.2", 80)));
	close(get(&a, TCP("0.0.0.0", 1024, REUSE)));
	/* the host's daemon starts, whatever the jail's did to its socket */
	set(&a, "10.1.0.2");
	s = get(&a, TCP("0.0.0.0", 22, LISTEN));
	h = get(NULL, TCP("0.0.0.0", 22, LISTEN));
	reaches(NULL, "10.1.0.2", 22, s);
	reaches(NULL, "10.1.0.1", 22, h);
	close(s);
	close(h);
	world_end();
}

/* --- conflicts ----------------------------------------------------------- */

CASE(same_port, "two jails and the host at one port, each has its own")
{
	int la, lb, lh, s;

	world();
	set(&a, "10.1.0.2 fd00::2");
	set(&b, "10.1.0.3 10.1.0.4 fd00::3");
	la = get(&a, TCP("0.0.0.0", 80, REUSE | LISTEN));
	lh = get(NULL, TCP("0.0.0.0", 80, REUSE | LISTEN));
	lb = get(&b, TCP("::", 80, REUSE | LISTEN));
	reaches(NULL, "10.1.0.1", 80, lh);
	reaches(NULL, "127.0.0.1", 80, lh);
	reaches(NULL, "10.1.0.2", 80, la);
	reaches(NULL, "10.1.0.3", 80, lb);
	reaches(NULL, "10.1.0.4", 80, lb);
	reaches(NULL, "fd00::3", 80, lb);
	reaches(&a, "127.0.0.1", 80, la);
	reaches(&b, "127.0.0.1", 80, lb);
	reaches(&b, "10.1.0.2", 80, la);
	reaches(&a, "10.1.0.1", 80, lh);
	refused(NULL, "fd00::1", 80);
	/* a connection does not keep the host's server from its port */
	s = get(NULL, TCP("", 0, 0, AF_INET));
	ATF_CHECK_EQ(0, go(s, "10.1.0.2", 80));
	close(lh);
	lh = get(NULL, TCP("0.0.0.0", 80, REUSE | LISTEN));
	/* nor does the jail's need SO_REUSEADDR beside the host's */
	close(la);
	la = get(&a, TCP("0.0.0.0", 80, LISTEN));
	close(s);
	s = get(NULL, TCP("", 0, 0, AF_INET));
	ATF_CHECK_EQ(0, go(s, "10.1.0.2", 80));
	close(lh);
	lh = get(NULL, TCP("0.0.0.0", 80, REUSE | LISTEN));
	reaches(NULL, "10.1.0.2", 80, la);
	close(la);
	reaches(NULL, "10.1.0.2", 80, lh);
	close(s);
	close(lb);
	close(lh);
	world_end();
}

/* A datagram from outside or a jail is heard by that socket. */
static void tells(const struct jail *from, const char *ip, int s)
{
	int c = get(from, UDP("", 0, 0, AF_INET6));

	ATF_CHECK_EQ(0, give(c, ip, 53));
	ATF_CHECK_MSG(*heard(s), "%s", ip);
	close(c);
}

CASE(six_alone, "one IPv6 address: its wildcard leaves the port to others")
{
	int sa, sb, so;

	world();
	set(&a, "fd00::2");
	set(&b, "fd00::3");
	sa = get(&a, UDP("::", 53));
	sb = get(&b, UDP("::", 53));
	so = get(NULL, UDP("::", 53, REUSE));
	is(":: 53", name_of(sa));
	tells(NULL, "fd00::2", sa);
	tells(&b, "fd00::2", sa);
	tells(&a, "::1", sa);
	tells(&a, "fd00::3", sb);
	tells(NULL, "fd00::1", so);
	/* its own: as always */
	ATF_CHECK_EQ(-EADDRINUSE, in(&a, UDP("::", 53)));
	close(sa);
	sa = get(&a, UDP("::", 53));
	tells(NULL, "fd00::2", sa);
	close(sa);
	close(sb);
	close(so);
	world_end();
}

CASE(next_owner, "what was let pass to a port is not for who has it next")
{
	int sa, sb, c, d;

	world();
	set(&a, "10.1.0.2 10.1.0.4");
	set(&b, "10.1.0.3 127.0.0.9");
	for (int i = 0; i < 2; i++) {
		/* true wildcards, one after the other */
		sa = get(&a, UDP("0.0.0.0", 53, REUSEPORT));
		tells(NULL, "::ffff:10.1.0.2", sa);
		tells(NULL, "::ffff:10.1.0.2", sa);
		close(sa);
		sb = get(&b, UDP("0.0.0.0", 53, REUSEPORT));
		c = get(NULL, UDP("10.1.0.1", 0));
		d = get(NULL, UDP("10.1.0.1", 0));
		give(c, "10.1.0.2", 53);
		ATF_CHECK_EQ(0, give(d, "10.1.0.3", 53));
		is(name_of(d), heard(sb));
		tells(NULL, "::ffff:127.0.0.9", sb);
		close(c);
		close(d);
		close(sb);
	}
	world_end();
}

CASE(joined, "who joins a group before bind hears it, and has the port alone")
{
	const struct ip_mreqn lo = {.imr_ifindex = 1};
	int s, h, d;

	world();
	set(&a, "10.1.0.2 10.1.0.4 fd00::2");
	set(&b, "10.1.0.3 10.1.0.5 fd00::3");
	d = get(NULL, UDP("10.1.0.1", 0));
	h = get(NULL, UDP("10.1.0.1", 0));
	ATF_CHECK_EQ(
		0, setsockopt(h, IPPROTO_IP, IP_MULTICAST_IF, &lo, sizeof(lo)));
	s = get(&a, UDP("0.0.0.0", 53, GROUP));
	/* had it heard the first ones, they would come first */
	ATF_CHECK_EQ(0, give(d, "10.1.0.1", 53));
	ATF_CHECK_EQ(0, give(d, "10.1.0.3", 53));
	ATF_CHECK_EQ(0, give(h, "239.1.2.3", 53));
	is(name_of(h), heard(s));
	ATF_CHECK_EQ(-EADDRINUSE, in(&b, UDP("0.0.0.0", 53)));
	close(s);
	s = get(&a, UDP("::", 53, GROUP));
	ATF_CHECK_EQ(-EADDRINUSE, in(&b, UDP("::", 53)));
	close(s);
	/* one that has not */
	s = get(&a, UDP("0.0.0.0", 53));
	close(get(&b, UDP("0.0.0.0", 53)));
	close(s);
	close(d);
	close(h);
	world_end();
}

CASE(own_conflicts, "in one jail a port is taken as always")
{
	int s, t;

	world();
	set(&a, "10.1.0.2 10.1.0.4 fd00::2");
	s = get(&a, TCP("10.1.0.2", 80, REUSE | LISTEN));
	ATF_CHECK_EQ(-EADDRINUSE, in(&a, TCP("10.1.0.2", 80, REUSE)));
	ATF_CHECK_EQ(-EADDRINUSE, in(&a, TCP("0.0.0.0", 80, REUSE)));
	ATF_CHECK_EQ(-EADDRINUSE, in(&a, TCP("10.1.0.2", 80)));
	t = get(&a, TCP("10.1.0.4", 80, REUSE | LISTEN));
	reaches(NULL, "10.1.0.2", 80, s);
	reaches(NULL, "10.1.0.4", 80, t);
	close(s);
	close(t);
	/* not listening: two may have it bound */
	s = get(&a, TCP("10.1.0.2", 80, REUSE));
	t = get(&a, TCP("10.1.0.2", 80, REUSE));
	ATF_CHECK_EQ(0, listen(s, 1));
	ATF_CHECK_EQ(-1, listen(t, 1));
	ATF_CHECK_EQ(EADDRINUSE, errno);
	close(s);
	close(t);
	s = get(&a, TCP("10.1.0.2", 81, LISTEN));
	ATF_CHECK_EQ(-EADDRINUSE, in(&a, TCP("10.1.0.2", 81)));
	ATF_CHECK_EQ(-EADDRINUSE, in(&a, TCP("10.1.0.2", 81, REUSE)));
	close(s);
	s = get(&a, UDP("10.1.0.2", 80));
	ATF_CHECK_EQ(-EADDRINUSE, in(&a, UDP("10.1.0.2", 80)));
	ATF_CHECK_EQ(-EADDRINUSE, in(&a, UDP("10.1.0.2", 80, REUSE)));
	close(s);
	s = get(&a, UDP("10.1.0.2", 80, REUSE));
	t = get(&a, UDP("10.1.0.2", 80, REUSE));
	close(s);
	close(t);
	s = get(&a, UDP("10.1.0.2", 8080, REUSEPORT));
	t = get(&a, UDP("10.1.0.2", 8080, REUSEPORT));
	ATF_CHECK_EQ(-EADDRINUSE,
		     made_in(&a, as_user, UDP("10.1.0.2", 8080, REUSEPORT)));
	close(s);
	close(t);
	world_end();
}

CASE(shared_address, "two jails with the same single address")
{
	int s;

	world();
	set(&a, "10.1.0.2");
	set(&b, "10.1.0.2");
	s = get(&a, TCP("0.0.0.0", 80, REUSE));
	ATF_CHECK_EQ(-EADDRINUSE, in(&b, TCP("0.0.0.0", 80, REUSE)));
	ATF_CHECK_EQ(-EADDRINUSE, in(&b, TCP("10.1.0.2", 80)));
	close(s);
	s = get(&b, TCP("0.0.0.0", 80, REUSE | LISTEN));
	ATF_CHECK_EQ(-EADDRINUSE, in(&a, TCP("0.0.0.0", 80, REUSE)));
	ATF_CHECK_EQ(-EADDRINUSE, in(&a, TCP("0.0.0.0", 80, REUSEPORT)));
	reaches(&a, "127.0.0.1", 80, s);
	close(s);
	s = get(&a, UDP("0.0.0.0", 53, REUSE | REUSEPORT));
	ATF_CHECK_EQ(-EADDRINUSE,
		     in(&b, UDP("0.0.0.0", 53, REUSE | REUSEPORT)));
	close(s);
	close(get(&b, UDP("0.0.0.0", 53)));
	world_end();
}

CASE(reuseport, "listeners that share a port outlive one another")
{
	int s[3];

	world();
	set(&a, "10.1.0.2 10.1.0.4");
	for (size_t i = 0; i < 3; i++)
		s[i] = get(&a, TCP("0.0.0.0", 80, REUSE | REUSEPORT | LISTEN));
	close(s[0]);
	close(s[2]);
	reaches(NULL, "10.1.0.2", 80, s[1]);
	reaches(NULL, "10.1.0.4", 80, s[1]);
	close(s[1]);
	refused(NULL, "10.1.0.2", 80);
	world_end();
}

/* --- who is heard -------------------------------------------------------- */

/* Ports that listen, as the kernel's table has them. */
static size_t real_ports(int *ports, size_t max)
{
	FILE *f = fopen("/proc/self/net/tcp", "re");
	unsigned int addr, port, state;
	char line[256];
	size_t n = 0;

	ATF_REQUIRE(f != NULL);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%*d: %x:%x %*x:%*x %x", &addr, &port,
			   &state) == 3 &&
		    state == 10 && n < max)
			ports[n++] = (int)port;
	fclose(f);
	return n;
}

CASE(hidden, "the port where a hidden listener really is answers nobody")
{
	int s, ports[8];

	world();
	set(&a, "10.1.0.2 10.1.0.4");
	s = get(&a, TCP("10.1.0.2", 80, REUSE | LISTEN));
	ATF_REQUIRE_EQ(1, real_ports(ports, 8));
	ATF_CHECK(ports[0] != 80);
	refused(NULL, "10.1.0.2", ports[0]);
	refused(&a, "10.1.0.2", ports[0]);
	close(s);
	s = get(&a, TCP("0.0.0.0", 80, REUSE | LISTEN));
	ATF_REQUIRE_EQ(1, real_ports(ports, 8));
	refused(NULL, "10.1.0.2", ports[0]);
	refused(NULL, "10.1.0.1", ports[0]);
	refused(NULL, "127.0.0.1", ports[0]);
	reaches(NULL, "10.1.0.4", 80, s);
	close(s);
	world_end();
}

CASE(hears, "wildcards of jails with several addresses hear only those")
{
	int s, u, h, port;

	world();
	set(&a, "10.1.0.2 10.1.0.4 fd00::2");
	h = get(NULL, UDP("", 0, 0, AF_INET));
	/* a port of the kernel's choice, and listen without bind */
	s = get(&a, TCP("0.0.0.0", 0, LISTEN));
	port = port_of(s);
	reaches(NULL, "10.1.0.4", port, s);
	refused(NULL, "10.1.0.1", port);
	refused(NULL, "127.0.0.1", port);
	close(s);
	s = get(&a, TCP("", 0, LISTEN, AF_INET));
	port = port_of(s);
	reaches(NULL, "10.1.0.4", port, s);
	refused(NULL, "10.1.0.1", port);
	/* once more, at another port */
	ATF_CHECK_EQ(0, shutdown(s, SHUT_RDWR));
	ATF_CHECK_EQ(0, listen(s, 1));
	port = port_of(s);
	reaches(NULL, "10.1.0.4", port, s);
	refused(NULL, "10.1.0.1", port);
	close(s);
	s = get(&a, TCP("0.0.0.0", 80, REUSE | LISTEN));
	ATF_CHECK_EQ(0, shutdown(s, SHUT_RDWR));
	ATF_CHECK_EQ(0, listen(s, 1));
	reaches(NULL, "10.1.0.4", 80, s);
	refused(NULL, "10.1.0.1", 80);
	close(s);
	/* had it heard the first ones, they would come first */
	u = get(&a, UDP("0.0.0.0", 53));
	ATF_CHECK_EQ(0, give(h, "10.1.0.1", 53));
	ATF_CHECK_EQ(0, give(h, "127.0.0.1", 53));
	ATF_CHECK_EQ(0, give(h, "10.1.0.2", 53));
	is_ip("10.1.0.2", heard(u));
	ATF_CHECK_EQ(0, give(h, "10.1.0.4", 53));
	is_ip("10.1.0.4", heard(u));
	close(u);
	u = get(&a, UDP("::", 53));
	ATF_CHECK_EQ(0, give(h, "10.1.0.1", 53));
	ATF_CHECK_EQ(0, give(h, "10.1.0.2", 53));
	is_ip("::ffff:10.1.0.2", heard(u));
	close(u);
	/* by sending it gets a port, at which the kernel lets all in */
	u = get(&a, UDP("", 0, 0, AF_INET));
	ATF_CHECK_EQ(0, give(u, "10.1.0.1", 9));
	port = port_of(u);
	ATF_CHECK_EQ(0, give(h, "10.1.0.1", port));
	ATF_CHECK_EQ(0, give(h, "10.1.0.2", port));
	is_ip("10.1.0.2", heard(u));
	close(u);
	close(h);
	world_end();
}

CASE(one_hears, "a jail with one address hears nothing else")
{
	int u, h, port;

	world();
	set(&a, "10.1.0.2");
	h = get(NULL, UDP("", 0, 0, AF_INET));
	u = get(&a, TCP("", 0, LISTEN, AF_INET));
	port = port_of(u);
	is_ip("10.1.0.2", name_of(u));
	reaches(&a, "127.0.0.1", port, u);
	refused(NULL, "10.1.0.1", port);
	close(u);
	u = get(&a, UDP("", 0, 0, AF_INET));
	ATF_CHECK_EQ(0, give(u, "10.1.0.1", 9));
	port = port_of(u);
	is_ip("10.1.0.2", name_of(u));
	ATF_CHECK_EQ(0, give(h, "10.1.0.1", port));
	ATF_CHECK_EQ(0, give(h, "10.1.0.2", port));
	is_ip("10.1.0.2", heard(u));
	close(u);
	close(h);
	world_end();
}

CASE(freed_port, "a port that a socket gave up is not kept from others")
{
	struct sockaddr none = {.sa_family = AF_UNSPEC};
	int u, h, c, port;

	world();
	set(&a, "10.1.0.2");
	u = get(&a, UDP("", 0, 0, AF_INET));
	ATF_CHECK_EQ(0, give(u, "10.1.0.1", 9));
	port = port_of(u);
	ATF_REQUIRE_EQ(0, connect(u, &none, sizeof(none)));
	h = get(NULL, UDP("0.0.0.0", port));
	c = get(NULL, UDP("", 0, 0, AF_INET));
	ATF_CHECK_EQ(0, give(c, "10.1.0.1", port));
	is_ip("10.1.0.1", heard(h));
	close(u);
	close(h);
	close(c);
	world_end();
}

/* --- where to and where from --------------------------------------------- */

/* The wildcard with a port of the kernel's choice: a client's, or a server's.
 */
CASE(chosen_port, "what is bound to a wildcard's port 0 connects, or listens")
{
	int c, l, s, port;

	world();
	set(&a, "10.1.0.2 10.1.0.4 fd00::2 fd00::4");
	l = get(NULL, TCP("::", 80, REUSE | LISTEN));
	c = get(&a, TCP("0.0.0.0", 0));
	is_ip("0.0.0.0", name_of(c));
	port = port_of(c);
	ATF_CHECK_EQ(0, go(c, "10.1.0.1", 80));
	is_ip("10.1.0.2", name_of(c));
	ATF_CHECK_EQ(port, port_of(c));
	close(c);
	c = get(&a, TCP("::", 0, V6ONLY));
	is_ip("::", name_of(c));
	ATF_CHECK_EQ(0, go(c, "fd00::1", 80));
	is_ip("fd00::2", name_of(c));
	close(c);
	/* bound to an address it would be no listener of both */
	c = get(&a, TCP("::", 0));
	ATF_CHECK_EQ(EADDRNOTAVAIL, go(c, "fd00::1", 80));
	close(c);
	close(l);
	s = get(&a, TCP("0.0.0.0", 0, LISTEN));
	port = port_of(s);
	is_ip("0.0.0.0", name_of(s));
	reaches(NULL, "10.1.0.2", port, s);
	reaches(NULL, "10.1.0.4", port, s);
	reaches(&a, "127.0.0.1", port, s);
	refused(NULL, "10.1.0.1", port);
	/* once more, at another port */
	ATF_CHECK_EQ(0, shutdown(s, SHUT_RDWR));
	ATF_CHECK_EQ(0, listen(s, 1));
	is_ip("0.0.0.0", name_of(s));
	reaches(NULL, "10.1.0.4", port_of(s), s);
	close(s);
	refused(NULL, "10.1.0.4", port);
	s = get(&a, TCP("::", 0, V6ONLY | LISTEN));
	is_ip("::", name_of(s));
	reaches(NULL, "fd00::4", port_of(s), s);
	refused(NULL, "fd00::1", port_of(s));
	close(s);
	s = get(&a, TCP("::", 0, LISTEN));
	is_ip("::", name_of(s));
	reaches(NULL, "fd00::4", port_of(s), s);
	reaches(NULL, "10.1.0.4", port_of(s), s);
	refused(NULL, "10.1.0.1", port_of(s));
	close(s);
	world_end();
}

CASE(connects, "loopback is the first address, which is the source, too")
{
	int l, c, s;

	world();
	set(&a, "10.1.0.2 fd00::2");
	l = get(NULL, TCP("::", 80, REUSE | LISTEN));
	c = get(&a, TCP("", 0, 0, AF_INET));
	ATF_CHECK_EQ(0, go(c, "10.1.0.1", 80));
	is_ip("10.1.0.2", name_of(c));
	close(c);
	c = get(&a, TCP("", 0, 0, AF_INET6));
	ATF_CHECK_EQ(0, go(c, "::ffff:10.1.0.1", 80));
	is_ip("::ffff:10.1.0.2", name_of(c));
	close(c);
	c = get(&a, TCP("", 0, 0, AF_INET6));
	ATF_CHECK_EQ(0, go(c, "fd00::1", 80));
	is_ip("fd00::2", name_of(c));
	close(c);
	/* the host's wildcard hears it, at the jail's address */
	c = get(&a, TCP("", 0, 0, AF_INET));
	ATF_CHECK_EQ(0, go(c, "127.0.0.1", 80));
	is("10.1.0.2 80", peer_of(c));
	close(c);
	c = get(&a, TCP("", 0, 0, AF_INET));
	ATF_CHECK_EQ(0, go(c, "0.0.0.0", 80));
	is("10.1.0.2 80", peer_of(c));
	close(c);
	c = get(&a, TCP("", 0, 0, AF_INET6));
	ATF_CHECK_EQ(0, go(c, "::1", 80));
	is("fd00::2 80", peer_of(c));
	close(c);
	close(l);
	/* what only the host's loopback has is out of reach */
	l = get(NULL, TCP("127.0.0.1", 81, LISTEN));
	s = get(NULL, TCP("127.0.0.53", 81, LISTEN));
	refused(&a, "127.0.0.1", 81);
	c = get(&a, TCP("", 0, 0, AF_INET));
	ATF_CHECK_EQ(ENETUNREACH, go(c, "127.0.0.53", 81));
	close(c);
	close(s);
	close(l);
	/* a hidden socket cannot be given its port for a connection */
	c = get(&a, TCP("0.0.0.0", 82, REUSE));
	ATF_CHECK_EQ(EADDRINUSE, go(c, "10.1.0.1", 80));
	close(c);
	world_end();
}

CASE(datagrams, "datagrams have the jail's source, whatever is asked for")
{
	int u4, u6, h;

	world();
	set(&a, "10.1.0.2 fd00::2");
	h = get(NULL, UDP("::", 53));
	u4 = get(&a, UDP("", 0, 0, AF_INET));
	u6 = get(&a, UDP("", 0, 0, AF_INET6));
	ATF_CHECK_EQ(0, give(u4, "10.1.0.1", 53));
	is_ip("::ffff:10.1.0.2", heard(h));
	ATF_CHECK_EQ(0, give(u4, "127.0.0.1", 53));
	is_ip("::ffff:10.1.0.2", heard(h));
	ATF_CHECK_EQ(0, give(u6, "::ffff:10.1.0.1", 53));
	is_ip("::ffff:10.1.0.2", heard(h));
	ATF_CHECK_EQ(0, give(u6, "::ffff:127.0.0.1", 53));
	is_ip("::ffff:10.1.0.2", heard(h));
	ATF_CHECK_EQ(0, give(u6, "fd00::1", 53));
	is_ip("fd00::2", heard(h));
	ATF_CHECK_EQ(0, give(u6, "::1", 53));
	is_ip("fd00::2", heard(h));
	ATF_CHECK_EQ(ENETUNREACH, give(u4, "127.0.0.53", 53));
	ATF_CHECK_EQ(EADDRNOTAVAIL, give_from(u4, "10.1.0.1", "10.1.0.1"));
	ATF_CHECK_EQ(EADDRNOTAVAIL, give_from(u6, "fd00::1", "fd00::1"));
	ATF_CHECK_EQ(0, give_from(u4, "10.1.0.2", "10.1.0.1"));
	is_ip("::ffff:10.1.0.2", heard(h));
	ATF_CHECK_EQ(0, give_from(u4, "127.0.0.1", "10.1.0.1"));
	is_ip("::ffff:10.1.0.2", heard(h));
	ATF_CHECK_EQ(0, give_from(u6, "fd00::2", "fd00::1"));
	is_ip("fd00::2", heard(h));
	close(u4);
	/* connected, and then to somebody else all the same */
	u4 = get(&a, UDP("", 0, 0, AF_INET));
	ATF_CHECK_EQ(0, go(u4, "10.1.0.1", 53));
	is_ip("10.1.0.2", name_of(u4));
	ATF_CHECK_EQ(0, give(u4, "127.0.0.1", 53));
	is_ip("::ffff:10.1.0.2", heard(h));
	ATF_CHECK_EQ(EADDRNOTAVAIL, give_from(u4, "10.1.0.1", "10.1.0.1"));
	close(u4);
	close(u6);
	close(h);
	world_end();
}

static void source_is(const struct jail *j, const char *to, const char *want)
{
	int family = strchr(to, ':') ? AF_INET6 : AF_INET;
	int c = get(j, UDP("", 0, 0, family));

	ATF_CHECK_EQ(0, go(c, to, 53));
	is_ip(want, name_of(c));
	close(c);
	/* a client that binds the wildcard first */
	c = get(j, UDP(family == AF_INET ? "0.0.0.0" : "::", 0, V6ONLY));
	ATF_CHECK_EQ(0, go(c, to, 53));
	close(c);
}

CASE(saddrsel, "the source is the jail's address on the route's interface")
{
	world();
	set(&a, "10.1.0.3 10.1.0.2 fd00::3 fd00::2");
	source_is(&a, "192.0.2.1", "10.1.0.2");
	source_is(&a, "10.1.0.1", "10.1.0.2");
	source_is(&a, "10.1.0.3", "10.1.0.3");
	source_is(&a, "127.0.0.1", "10.1.0.3");
	source_is(&a, "fd00::1", "fd00::2");
	set(&a, "first 10.1.0.3 10.1.0.2 fd00::3 fd00::2");
	source_is(&a, "192.0.2.1", "10.1.0.3");
	source_is(&a, "fd00::1", "fd00::3");
	world_end();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, create);
	ATF_TP_ADD_TC(tp, bind_one);
	ATF_TP_ADD_TC(tp, bind_several);
	ATF_TP_ADD_TC(tp, bind_free);
	ATF_TP_ADD_TC(tp, low_ports);
	ATF_TP_ADD_TC(tp, same_port);
	ATF_TP_ADD_TC(tp, six_alone);
	ATF_TP_ADD_TC(tp, next_owner);
	ATF_TP_ADD_TC(tp, joined);
	ATF_TP_ADD_TC(tp, own_conflicts);
	ATF_TP_ADD_TC(tp, shared_address);
	ATF_TP_ADD_TC(tp, reuseport);
	ATF_TP_ADD_TC(tp, hidden);
	ATF_TP_ADD_TC(tp, hears);
	ATF_TP_ADD_TC(tp, one_hears);
	ATF_TP_ADD_TC(tp, freed_port);
	ATF_TP_ADD_TC(tp, chosen_port);
	ATF_TP_ADD_TC(tp, connects);
	ATF_TP_ADD_TC(tp, datagrams);
	ATF_TP_ADD_TC(tp, saddrsel);
	return atf_no_error();
}
