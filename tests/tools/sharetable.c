/*
 * sharetable: what jails that share the host's addresses do with sockets,
 * beside what FreeBSD's do.
 *
 * For each kind of socket, family, call and class of address, in jails of
 * several kinds, the call is made by a sockprobe in that jail, and what came
 * of it is written down in words that are the same for all families: own1,
 * own2 the jail's addresses, host and host2 the host's, jail2 another jail's,
 * far and far2 machines elsewhere, loop 127.0.0.1 or ::1.  Beside it stands
 * what FreeBSD does, from the table of rules in sharetable_rules.c.  Where the
 * two differ the rules must have a reason, and what happens here must be what
 * that reason goes with; anything else is an error.
 *
 *   sharetable SOCKPROBE       print the table; exit status 1 if a cell differs
 *                              without a reason (they are listed on stderr)
 *
 * How an outcome reads.
 *   own1                bind: what getsockname says
 *   own1 own2 in:loop   heard: by whom calls these addresses from the host,
 *                       and 127.0.0.1 or ::1 from inside
 *   own1>host host      connect and send: source, who answers (getpeername,
 *                       recvfrom), and whose server that was
 */
#include "sharetable.h"

#include <stdlib.h>
#include <string.h>

enum {
	CELLS_MAX = 4096,
	REASONS_MAX = 64,
	PORT_FIRST = 10000,
	ROUNDS = 100,
};

const char *const type_name[T_MAX] = {
	[T_TCP] = "TCP",   [T_UDP] = "UDP",	[T_UDPLITE] = "UDP-Lite",
	[T_SCTP] = "SCTP", [T_MPTCP] = "MPTCP", [T_ICMP] = "ICMP datagram",
	[T_RAW] = "raw",
};
static const char *const type_word[T_MAX] = {
	"tcp", "udp", "udplite", "sctp", "mptcp", "icmp", "raw",
};
const char *const fam_name[F_MAX] = {
	[F_4] = "v4", [F_6] = "v6", [F_MAP] = "mapped", [F_DUAL] = "dual"};
const char *const call_name[C_MAX] = {
	[C_SOCKET] = "socket",
	[C_BIND] = "bind",
	[C_BIND0] = "bind port 0",
	[C_LOW] = "bind port below 1024",
	[C_HEAR] = "bind, where heard",
	[C_CONNECT] = "connect",
	[C_FROM] = "bind port 0, connect to host",
	[C_FROMPORT] = "bind with SO_REUSEADDR, connect to host",
	[C_FROMPLAIN] = "bind, connect to host",
	[C_SENDFROM] = "bind any, sendto",
	[C_SENDTO] = "sendto",
	[C_AFTER] = "getsockname after sendto",
	[C_SENDMSG] = "sendmsg with this source",
	[C_RECVMSG] = "recvmsg, destination",
	[C_JOIN] = "bind any, join, hear",
	[C_JOINED] = "join, bind any, hear",
	[C_PING] = "ping",
	[C_PINGFROM] = "bind own1, ping",
	[C_MMSG] = "sendmmsg",
	[C_FASTOPEN] = "sendto with MSG_FASTOPEN",
	[C_FREEBIND] = "bind with IP_FREEBIND",
	[C_TRANSPARENT] = "set IP_TRANSPARENT",
};
const char *const class_name[A_MAX] = {
	[A_NONE] = "",	     [A_LOOP] = "loop",	  [A_LOOP2] = "loop2",
	[A_ANY] = "any",     [A_OWN1] = "own1",	  [A_OWN2] = "own2",
	[A_HOST] = "host",   [A_HOST2] = "host2", [A_JAIL2] = "jail2",
	[A_FAR] = "far",     [A_FAR2] = "far2",	  [A_GW] = "gw",
	[A_MCAST] = "mcast", [A_BCAST] = "bcast",
};

static struct cell cells[CELLS_MAX];
static size_t ncells;
static const char *reasons[REASONS_MAX];
static int next_port = PORT_FIRST;

/* The second word of an answer "ok WORD". */
static const char *word(const char *answer, int n)
{
	while (n-- > 0) {
		answer += strcspn(answer, " ");
		answer += strspn(answer, " ");
	}
	return answer;
}

static void outcome(struct cell *c, const char *text)
{
	snprintf(c->here, sizeof(c->here), "%s", text);
}

/* socket(2) for the cell in slot 0; false when refused, and noted. */
static bool open_socket(struct cell *c, const char *more)
{
	const char *a = ask(c->jail, "socket 0 %s %s", type_word[c->type],
			    family_word(c->fam));

	if (ok(a) && more)
		ask(c->jail, "opt 0 %s 1", more);
	if (ok(a))
		return true;
	outcome(c, a);
	return false;
}

static const char *cell_addr(const struct cell *c)
{
	/* What FreeBSD does with a network's broadcast address and TCP
	 * depends on routes; this is the one for all. */
	if (c->class == A_BCAST && c->type == T_TCP)
		return "255.255.255.255";
	return addr_of(c->jail, c->class, wire_six(c->fam));
}

static bool bind_to(struct cell *c, const char *addr, int port)
{
	const char *a = ask(c->jail, "bind 0 %s %d", addr, port);

	if (!ok(a))
		outcome(c, a);
	return ok(a);
}

static void do_socket(struct cell *c)
{
	if (open_socket(c, NULL))
		outcome(c, "ok");
}

static void tell_name(struct cell *c, int port)
{
	const char *a = ask(c->jail, "name 0");
	const char *name;

	if (!ok(a)) {
		outcome(c, a);
		return;
	}
	name = addr_word(c->jail, word(a, 1), c->fam);
	outcome(c, name);
	if (port && atoi(word(a, 2)) != port)
		snprintf(c->here, sizeof(c->here), "%s port %s", name,
			 word(a, 2));
}

static void bind_tell(struct cell *c, int port)
{
	if (!open_socket(c, port ? "reuseaddr" : NULL) ||
	    !bind_to(c, cell_addr(c), port))
		return;
	/* Only a listener is sure to keep what it was given. */
	if (c->type == T_TCP && !ok(ask(c->jail, "listen 0"))) {
		outcome(c, "cannot listen");
		return;
	}
	tell_name(c, port);
}

static void do_bind(struct cell *c)
{
	bind_tell(c, next_port++);
}

static void do_bind0(struct cell *c)
{
	bind_tell(c, 0);
}

static void do_freebind(struct cell *c)
{
	const char *a;

	if (!open_socket(c, NULL))
		return;
	a = ask(c->jail, "opt 0 freebind%s 1", wire_six(c->fam) ? "6" : "");
	if (!ok(a))
		outcome(c, a);
	else if (bind_to(c, cell_addr(c), next_port++))
		tell_name(c, 0);
}

static void do_transparent(struct cell *c)
{
	if (open_socket(c, NULL))
		outcome(c, ask(c->jail, "opt 0 transparent%s 1",
			       c->fam == F_4 ? "" : "6"));
}

static void do_low(struct cell *c)
{
	bind_tell(c, 700 + (next_port++ & 255));
}

/* The text of what came back on slot 0: "SRC>FROM WHO". */
static void tell_answer(struct cell *c, const char *src, const char *from,
			const char *text)
{
	char who[32], seen[64];

	snprintf(who, sizeof(who), "%.*s", (int)strcspn(text, " "), text);
	snprintf(seen, sizeof(seen), "%s", word(text, 1));
	/* The server sees an IPv4 address of a mapped one. */
	snprintf(c->here, sizeof(c->here), "%s>%s %s",
		 src ? src
		     : addr_word(c->jail, seen, wire_six(c->fam) ? F_6 : F_4),
		 from, who);
	if (src &&
	    strcmp(src, addr_word(c->jail, seen, wire_six(c->fam) ? F_6 : F_4)))
		snprintf(c->here + strlen(c->here),
			 sizeof(c->here) - strlen(c->here), " sees %s", seen);
}

static int port_of(const struct cell *c)
{
	switch (c->class) {
	case A_LOOP2:
	case A_HOST:
	case A_HOST2:
		return PORT_HOST;
	case A_JAIL2:
		return PORT_JAIL2;
	case A_FAR:
	case A_FAR2:
	case A_MCAST:
	case A_BCAST:
		return PORT_OUT;
	default:
		return PORT_SELF + (int)c->jail;
	}
}

static void prepare_sending(const struct cell *c)
{
	if (c->type == T_TCP)
		return;
	if (c->class == A_BCAST)
		ask(c->jail, "opt 0 broadcast 1");
	if (c->class == A_MCAST)
		ask(c->jail, "opt 0 mcastif%s net0",
		    wire_six(c->fam) ? "6" : "");
}

/* What came of connecting slot 0, which said so. */
static void connected_tell(struct cell *c, const char *a)
{
	char src[64], peer[64];

	if (!ok(a)) {
		outcome(c, a);
		return;
	}
	a = ask(c->jail, "name 0");
	snprintf(src, sizeof(src), "%s",
		 addr_word(c->jail, word(a, 1), c->fam));
	a = ask(c->jail, "peer 0");
	snprintf(peer, sizeof(peer), "%s",
		 addr_word(c->jail, word(a, 1), c->fam));
	snprintf(c->here, sizeof(c->here), "%s>%s", src, peer);
	if (!ok(a) || c->class == A_MCAST || c->class == A_BCAST)
		return;
	/* A server of TCP does not wait for this, and may be gone already. */
	if (c->type != T_TCP) {
		a = ask(c->jail, "send 0 hello");
		if (!ok(a)) {
			outcome(c, a);
			return;
		}
	}
	a = ask(c->jail, "recv 0 5000");
	if (ok(a))
		tell_answer(c, src, peer, word(a, 4));
	else
		snprintf(c->here, sizeof(c->here), "%s>%s %s", src, peer, a);
}

static void connect_tell(struct cell *c, const char *addr, int port)
{
	connected_tell(c, ask(c->jail, "connect 0 %s %d", addr, port));
}

static void do_fastopen(struct cell *c)
{
	if (open_socket(c, NULL))
		connected_tell(c, ask(c->jail, "fastopen 0 %s %d", cell_addr(c),
				      port_of(c)));
}

static void do_connect(struct cell *c)
{
	if (!open_socket(c, NULL))
		return;
	prepare_sending(c);
	connect_tell(c, cell_addr(c), port_of(c));
}

static void from_tell(struct cell *c, int port, const char *opt)
{
	if (open_socket(c, opt) && bind_to(c, cell_addr(c), port))
		connect_tell(c, addr_of(c->jail, A_HOST, wire_six(c->fam)),
			     PORT_HOST);
}

static void do_from(struct cell *c)
{
	from_tell(c, 0, NULL);
}

static void do_fromport(struct cell *c)
{
	from_tell(c, next_port++, "reuseaddr");
}

static void do_fromplain(struct cell *c)
{
	from_tell(c, next_port++, NULL);
}

/* The answer to a datagram from slot 0. */
static void sent_tell(struct cell *c, const char *a)
{
	char from[64];

	if (ok(a))
		a = ask(c->jail, "recv 0 5000");
	if (!ok(a)) {
		outcome(c, a);
		return;
	}
	snprintf(from, sizeof(from), "%s",
		 addr_word(c->jail, word(a, 1), c->fam));
	tell_answer(c, NULL, from, word(a, 4));
}

static void do_sendto(struct cell *c)
{
	if (!open_socket(c, NULL))
		return;
	prepare_sending(c);
	sent_tell(c, ask(c->jail, "sendto 0 %s %d hello", cell_addr(c),
			 port_of(c)));
}

static void do_mmsg(struct cell *c)
{
	if (open_socket(c, NULL))
		sent_tell(c, ask(c->jail, "mmsg 0 %s %d hello", cell_addr(c),
				 port_of(c)));
}

static void do_sendfrom(struct cell *c)
{
	if (!open_socket(c, NULL) ||
	    !bind_to(c, addr_of(c->jail, A_ANY, wire_six(c->fam)), next_port++))
		return;
	prepare_sending(c);
	sent_tell(c, ask(c->jail, "sendto 0 %s %d hello", cell_addr(c),
			 port_of(c)));
}

static void do_after(struct cell *c)
{
	do_sendto(c);
	if (strchr(c->here, '>'))
		tell_name(c, 0);
}

static void do_sendmsg(struct cell *c)
{
	bool six = wire_six(c->fam);

	if (!open_socket(c, NULL) ||
	    !bind_to(c, addr_of(c->jail, A_ANY, six), next_port++))
		return;
	sent_tell(c, ask(c->jail, "sendmsg 0 %s %s %d hello", cell_addr(c),
			 addr_of(c->jail, A_HOST, six), PORT_HOST));
}

/*
 * A datagram from slot 1 of `by` to the jail's slot 0: the answer to recv
 * there, or NULL when it was refused.
 */
static const char *datagram(struct cell *c, enum where by, const char *to,
			    int port, bool six)
{
	const char *a;

	ask(by, "socket 1 udp %s", six ? "6" : "4");
	if (by == W_HOST)
		ask(by, "bind 1 %s 0", addr_of(c->jail, A_HOST, six));
	a = ask(by, "connect 1 %s %d", to, port);
	if (ok(a))
		a = ask(by, "send 1 hello");
	if (!ok(a))
		return NULL;
	for (int i = 0; i < ROUNDS; i++) {
		/* Mostly all has happened by now. */
		a = ask(c->jail, "recv 0 %d", i ? 50 : 0);
		if (ok(a))
			return a;
		a = ask(by, "recv 1 0");
		if (strcmp(a, "none"))
			return NULL;
	}
	return NULL;
}

static void do_recvmsg(struct cell *c)
{
	bool six = wire_six(c->fam);
	bool inside = c->class == A_LOOP || c->class == A_ANY;
	char from[64];
	int port = next_port++;
	const char *a;

	if (!open_socket(c, c->fam == F_4 ? "pktinfo" : "pktinfo6") ||
	    !bind_to(c, addr_of(c->jail, A_ANY, six), port))
		return;
	a = datagram(c, inside ? c->jail : W_HOST, cell_addr(c), port, six);
	if (!a) {
		outcome(c, "not heard");
		return;
	}
	snprintf(from, sizeof(from), "%s",
		 addr_word(c->jail, word(a, 1), c->fam));
	snprintf(c->here, sizeof(c->here), "%s>%s", from,
		 addr_word(c->jail, word(a, 3), c->fam));
}

/* Whether the call from `by` to that address reaches the jail's slot 0. */
static const char *call_tcp(struct cell *c, enum where by, enum class class,
			    int port, bool six)
{
	static char odd[128];
	const char *to = addr_of(c->jail, class, six);
	enum fam seen = c->fam == F_DUAL && !six ? F_MAP : c->fam;
	const char *a;

	ask(by, "socket 1 tcp %s", six ? "6" : "4");
	if (by == W_HOST)
		ask(by, "bind 1 %s 0", addr_of(c->jail, A_HOST, six));
	a = ask(by, "connect 1 %s %d", to, port);
	if (!strcmp(a, "ECONNREFUSED"))
		return NULL;
	if (!ok(a))
		return a;
	a = ask(c->jail, "accept 0 2 2000");
	if (!ok(a))
		return "someone else";
	/* The accepted socket has the true addresses. */
	snprintf(odd, sizeof(odd), "%s as %s from %s", class_name[class],
		 addr_word(c->jail, word(a, 3), seen),
		 addr_word(c->jail, word(a, 1), seen));
	a = addr_word(c->jail, word(a, 3), seen);
	if (!strcmp(a, class == A_LOOP ? "own1" : class_name[class]) &&
	    strstr(odd, by == W_HOST ? " from host" : " from own1"))
		return "";
	return odd;
}

/* The addresses by which slot 0 is heard, as words. */
static void where_heard(struct cell *c, int port, bool six, char *buf)
{
	static const enum class classes[] = {A_OWN1, A_OWN2,  A_HOST, A_HOST2,
					     A_LOOP, A_LOOP2, A_NONE};
	size_t n = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		bool inside = classes[i] == A_NONE;
		enum class class = inside ? A_LOOP : classes[i];
		enum where by = inside ? c->jail : W_HOST;
		const char *a;

		if (!addr_of(c->jail, class, six))
			continue;
		if (c->type == T_TCP) {
			a = call_tcp(c, by, class, port, six);
		} else {
			a = datagram(c, by, addr_of(c->jail, class, six), port,
				     six);
			a = a ? "" : NULL;
		}
		if (a)
			n += (size_t)snprintf(buf + n, OUTCOME - n, "%s%s%s%s",
					      n ? " " : "", inside ? "in:" : "",
					      *a ? a : class_name[class], "");
		if (n >= OUTCOME)
			return;
	}
	if (!n)
		snprintf(buf, OUTCOME, "nowhere");
}

static void do_hear(struct cell *c)
{
	bool both = c->fam == F_DUAL && c->class == A_ANY;
	char four[OUTCOME];
	int port = next_port++;

	if (!open_socket(c, c->type == T_TCP ? "reuseaddr" : NULL) ||
	    !bind_to(c, cell_addr(c), port))
		return;
	if (c->type == T_TCP)
		ask(c->jail, "listen 0");
	where_heard(c, port, wire_six(c->fam), c->here);
	if (!both)
		return;
	where_heard(c, port, false, four);
	if (strcmp(four, c->here))
		snprintf(c->here + strlen(c->here),
			 sizeof(c->here) - strlen(c->here), "; v4 %s", four);
}

static bool join_group(struct cell *c)
{
	const char *a = ask(c->jail, "join 0 %s net0", cell_addr(c));

	if (!ok(a))
		outcome(c, a);
	return ok(a);
}

static void group_tell(struct cell *c, bool early)
{
	bool six = wire_six(c->fam);
	int port = next_port++;
	const char *a;

	if (!open_socket(c, c->fam == F_4 ? "pktinfo" : "pktinfo6") ||
	    (early && !join_group(c)) ||
	    !bind_to(c, addr_of(c->jail, A_ANY, six), port) ||
	    (!early && !join_group(c)))
		return;
	ask(W_HOST, "socket 1 udp %s", six ? "6" : "4");
	ask(W_HOST, "opt 1 mcastif%s net0", six ? "6" : "");
	ask(W_HOST, "sendto 1 %s %d group", cell_addr(c), port);
	/* What comes after it over the same way ends the waiting. */
	ask(W_HOST, "sendto 1 %s %d end", addr_of(c->jail, A_OWN1, six), port);
	outcome(c, "not heard");
	for (;;) {
		a = ask(c->jail, "recv 0 5000");
		if (!ok(a) || !strcmp(word(a, 4), "end"))
			break;
		outcome(c, addr_word(c->jail, word(a, 3), c->fam));
	}
	if (!ok(a))
		outcome(c, a);
}

static void do_join(struct cell *c)
{
	group_tell(c, false);
}

static void do_joined(struct cell *c)
{
	group_tell(c, true);
}

static void do_ping(struct cell *c)
{
	const char *a;

	if (!open_socket(c, NULL) ||
	    (c->call == C_PINGFROM &&
	     !bind_to(c, addr_of(c->jail, A_OWN1, wire_six(c->fam)), 0)))
		return;
	a = ask(c->jail, "ping 0 %s 1000", cell_addr(c));
	outcome(c, ok(a) ? addr_word(c->jail, word(a, 1), c->fam) : a);
}

#define T(x) (1U << T_##x)
#define F(x) (1U << F_##x)
#define W(x) (1U << W_##x)
#define A(x) (1U << A_##x)

#define F_ALL (F(4) | F(6) | F(MAP) | F(DUAL))
#define W_PLAIN (W(ONE) | W(TWO) | W(V4))
#define A_LOCAL                                                                \
	(A(LOOP) | A(LOOP2) | A(ANY) | A(OWN1) | A(OWN2) | A(HOST) |           \
	 A(JAIL2) | A(FAR) | A(MCAST) | A(BCAST))
#define A_SOME (A(LOOP) | A(OWN1) | A(HOST) | A(JAIL2) | A(FAR))
#define A_REMOTE (A_LOCAL | A(HOST2) | A(FAR2))

/* What is tried of what in which jails. */
static const struct trial {
	enum call call;
	void (*run)(struct cell *c);
	unsigned jails, types, fams, classes;
} trials[] = {
	{C_SOCKET, do_socket, W_PLAIN, T(TCP) | T(UDP), F_ALL, A(NONE)},
	{C_SOCKET, do_socket, W_PLAIN | W(PING),
	 T(UDPLITE) | T(SCTP) | T(MPTCP) | T(ICMP) | T(RAW), F(4) | F(6),
	 A(NONE)},
	{C_BIND, do_bind, W_PLAIN, T(TCP) | T(UDP), F_ALL, A_LOCAL},
	{C_BIND0, do_bind0, W_PLAIN, T(TCP) | T(UDP), F_ALL, A_LOCAL},
	{C_LOW, do_low, W_PLAIN, T(TCP) | T(UDP), F_ALL,
	 A(LOOP) | A(ANY) | A(OWN1) | A(HOST)},
	{C_HEAR, do_hear, W_PLAIN, T(TCP) | T(UDP), F_ALL,
	 A(LOOP) | A(ANY) | A(OWN1) | A(OWN2)},
	{C_CONNECT, do_connect, W_PLAIN | W(NOSEL), T(TCP) | T(UDP), F_ALL,
	 A_REMOTE},
	{C_FROM, do_from, W_PLAIN | W(NOSEL), T(TCP) | T(UDP), F_ALL, A_LOCAL},
	{C_FROMPORT, do_fromport, W_PLAIN, T(TCP) | T(UDP), F_ALL,
	 A(LOOP) | A(ANY) | A(OWN1) | A(OWN2)},
	{C_FROMPLAIN, do_fromplain, W_PLAIN | W(NOSEL), T(UDP), F_ALL,
	 A(LOOP) | A(ANY) | A(OWN1) | A(OWN2) | A(HOST)},
	{C_SENDTO, do_sendto, W_PLAIN | W(NOSEL), T(UDP), F_ALL, A_REMOTE},
	{C_MMSG, do_mmsg, W_PLAIN, T(UDP), F_ALL, A_SOME},
	{C_FASTOPEN, do_fastopen, W_PLAIN, T(TCP), F_ALL, A_SOME},
	{C_FREEBIND, do_freebind, W_PLAIN, T(TCP) | T(UDP), F_ALL, A_SOME},
	{C_TRANSPARENT, do_transparent, W_PLAIN, T(TCP) | T(UDP), F(4) | F(6),
	 A(NONE)},
	{C_SENDFROM, do_sendfrom, W_PLAIN | W(NOSEL), T(UDP), F_ALL,
	 A(LOOP) | A(OWN1) | A(OWN2) | A(HOST) | A(HOST2) | A(FAR) | A(FAR2)},
	{C_AFTER, do_after, W_PLAIN, T(UDP), F(4) | F(MAP), A(HOST)},
	{C_SENDMSG, do_sendmsg, W_PLAIN, T(UDP), F_ALL, A_LOCAL},
	{C_RECVMSG, do_recvmsg, W_PLAIN, T(UDP), F_ALL,
	 A(LOOP) | A(ANY) | A(OWN1) | A(OWN2)},
	{C_JOIN, do_join, W_PLAIN, T(UDP), F(4) | F(6) | F(DUAL), A(MCAST)},
	{C_JOINED, do_joined, W_PLAIN, T(UDP), F(4) | F(6) | F(DUAL), A(MCAST)},
	{C_PING, do_ping, W(PING), T(ICMP), F(4) | F(6),
	 A(LOOP) | A(OWN1) | A(HOST) | A(JAIL2)},
	/* Which of a net's IPv6 addresses the kernel takes there is chance. */
	{C_PING, do_ping, W(PING), T(ICMP), F(4), A(FAR)},
	{C_PINGFROM, do_ping, W(PING), T(ICMP), F(4) | F(6),
	 A(LOOP) | A(OWN1) | A(HOST) | A(JAIL2) | A(FAR)},
};

/* Cells that cannot be: no such address, or no socket of the family. */
static bool possible(const struct cell *c)
{
	if (c->call == C_SOCKET)
		return true;
	if (c->jail == W_V4 && c->fam != F_4)
		return false;
	if (c->class == A_NONE)
		return true;
	return addr_of(c->jail, c->class, wire_six(c->fam)) != NULL;
}

static void judge(struct cell *c)
{
	const char *why = NULL;
	const char *expected = rules_linux(c, &why);

	c->freebsd = rules_freebsd(c);
	if (!c->freebsd) {
		c->freebsd = "no rule";
		c->bad = true;
		return;
	}
	if (expected) {
		c->why = why;
		c->bad = strcmp(c->here, expected) ||
			 !strcmp(expected, c->freebsd);
	} else {
		c->bad = strcmp(c->here, c->freebsd);
	}
	if (c->bad)
		fprintf(stderr, "%s: %s %s: %s %s: FreeBSD: %s, here: %s%s%s\n",
			where_name[c->jail], type_name[c->type],
			fam_name[c->fam], call_name[c->call],
			class_name[c->class], c->freebsd, c->here,
			expected ? ", excused only: " : "",
			expected ? expected : "");
}

static void try_cell(const struct trial *t, struct cell c)
{
	if (!(t->jails & 1U << c.jail) || !(t->types & 1U << c.type) ||
	    !(t->fams & 1U << c.fam) || !(t->classes & 1U << c.class) ||
	    !possible(&c))
		return;
	if (ncells == CELLS_MAX)
		abort();
	t->run(&c);
	judge(&c);
	cells[ncells++] = c;
}

static void try_all(void)
{
	struct cell c = {.jail = 0};

	for (size_t i = 0; i < sizeof(trials) / sizeof(trials[0]); i++) {
		c.call = trials[i].call;
		for (c.type = 0; c.type < T_MAX; c.type++)
			for (c.class = 0; c.class < A_MAX; c.class ++)
				for (c.jail = 0; c.jail < W_MAX; c.jail++)
					for (c.fam = 0; c.fam < F_MAX; c.fam++)
						try_cell(&trials[i], c);
	}
}

/* Servers that answer with who they are; how many could not start. */
static int start_servers(void)
{
	static const struct {
		enum where w;
		const char *name;
		int port;
	} servers[] = {
		{W_HOST, "host", PORT_HOST},
		{W_OUT, "out", PORT_OUT},
		{W_JAIL2, "jail2", PORT_JAIL2},
		{W_ONE, "self", PORT_SELF + W_ONE},
		{W_TWO, "self", PORT_SELF + W_TWO},
		{W_V4, "self", PORT_SELF + W_V4},
		{W_NOSEL, "self", PORT_SELF + W_NOSEL},
	};

	int bad = 0;

	ask(W_OUT, "group %s o0", addr_of(W_OUT, A_MCAST, false));
	ask(W_OUT, "group %s o0", addr_of(W_OUT, A_MCAST, true));
	for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]); i++) {
		const char *a = ask(servers[i].w, "echo %s %d", servers[i].name,
				    servers[i].port);

		if (ok(a))
			continue;
		fprintf(stderr, "sharetable: server of %s: %s\n",
			where_name[servers[i].w], a);
		bad++;
	}
	return bad;
}

/* Whether two cells may stand in one row. */
static bool alike(const struct cell *a, const struct cell *b)
{
	return a->type == b->type && a->call == b->call &&
	       !strcmp(a->freebsd, b->freebsd) && !strcmp(a->here, b->here) &&
	       a->why == b->why;
}

/* In which jails and families this class has a's outcome: bits. */
static unsigned long spread(const struct cell *a, enum class class)
{
	unsigned long bits = 0;

	for (size_t i = 0; i < ncells; i++)
		if (cells[i].class == class && alike(a, &cells[i]))
			bits |= 1UL << (cells[i].jail * F_MAX + cells[i].fam);
	return bits;
}

static void print_spread(unsigned long bits)
{
	unsigned long fams[W_MAX];
	const char *sep = "";

	for (int w = 0; w < W_MAX; w++)
		fams[w] = bits >> (w * F_MAX) & ((1UL << F_MAX) - 1);
	for (int w = 0; w < W_MAX; w++) {
		if (!fams[w])
			continue;
		for (int v = w; v < W_MAX; v++) {
			if (v != w && fams[v] != fams[w])
				continue;
			printf("%s%s", v == w ? sep : ", ", where_name[v]);
			if (v != w)
				fams[v] = 0;
		}
		printf(":");
		for (int f = 0; f < F_MAX; f++)
			if (fams[w] & 1UL << f)
				printf(" %s", fam_name[f]);
		sep = "; ";
	}
}

int reason(const char *why)
{
	int n = 0;

	while (n < REASONS_MAX && reasons[n] && strcmp(reasons[n], why))
		n++;
	if (n == REASONS_MAX)
		abort();
	reasons[n] = why;
	return n + 1;
}

/* The row that begins with cell i, and with it all that are like it. */
static void print_row(size_t i)
{
	const struct cell *c = &cells[i];
	unsigned long bits = spread(c, c->class);
	const char *sep = "";

	for (size_t j = 0; j < i; j++)
		if (alike(c, &cells[j]) && spread(c, cells[j].class) == bits)
			return;
	printf("| %s | %s | ", type_name[c->type], call_name[c->call]);
	for (enum class k = 0; k < A_MAX; k++)
		if (spread(c, k) == bits) {
			printf("%s%s", sep, class_name[k]);
			sep = ", ";
		}
	printf(" | ");
	print_spread(bits);
	if (!strcmp(c->freebsd, c->here))
		printf(" | %s | same | |\n", c->freebsd);
	else
		printf(" | %s | %s | %d |\n", c->freebsd, c->here,
		       c->why ? reason(c->why) : 0);
}

int main(int argc, char **argv)
{
	int bad;

	if (argc != 2) {
		fprintf(stderr, "usage: sharetable SOCKPROBE\n");
		return 2;
	}
	scene_start(argv[1]);
	bad = start_servers();
	try_all();
	printf("| Socket | Call | Address | Jails: families | FreeBSD | Here "
	       "| Why |\n|---|---|---|---|---|---|---|\n");
	for (size_t i = 0; i < ncells; i++) {
		print_row(i);
		bad += cells[i].bad;
	}
	printf("\n");
	bad += hold_run(stdout);
	printf("\nWhy, by number (0 would be a difference without a reason, "
	       "which fails the test):\n\n");
	for (int i = 0; i < REASONS_MAX && reasons[i]; i++)
		printf("%d. %s\n", i + 1, reasons[i]);
	fprintf(stderr, "sharetable: %zu cells, %d unexplained\n", ncells, bad);
	return bad ? 1 : 0;
}
