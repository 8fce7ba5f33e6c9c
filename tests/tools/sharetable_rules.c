/*
 * sharetable_rules: what FreeBSD does, and where Linux does otherwise.
 *
 * freebsd[] is written after the manual pages (jail(8): ip4.addr, ip4.saddrsel;
 * ip(4): IP_SENDSRCADDR; ip6(4)) and the kernel's own account of itself:
 * prison_local_ip4() and prison_remote_ip4() and their IPv6 sisters (what bind
 * and connect make of an address), prison_check_af() in socreate(),
 * in_pcbladdr() and in6_selectsrc() (which source), in_pcblookup_hash() (who
 * hears), tcp_usr_connect(), udp_send(), udp6_send().  The first row that has
 * a cell in all its masks counts; a mask of 0 has everything.
 *
 * linux_differs[] names, in the same way, what is otherwise here and why.
 */
#include "sharetable.h"

#define T(x) (1U << T_##x)
#define F(x) (1U << F_##x)
#define W(x) (1U << W_##x)
#define A(x) (1U << A_##x)
#define C(x) (1U << C_##x)

#define BINDS (C(BIND) | C(BIND0) | C(LOW))
#define FOREIGN                                                                \
	(A(LOOP2) | A(HOST) | A(HOST2) | A(JAIL2) | A(FAR) | A(FAR2) |         \
	 A(MCAST) | A(BCAST))
#define WIRE4 (F(4) | F(MAP))
#define WIRE6 (F(6) | F(DUAL))
/* Jails with one address, and with two */
#define SINGLE (W(ONE) | W(V4) | W(PING))
#define DOUBLE (W(TWO) | W(NOSEL))

static const struct rule freebsd[] = {
	/* socket(2): socreate() asks prison_check_af() first and says
	 * EPROTONOSUPPORT, whatever that said. */
	{.jail = W(V4),
	 .fam = ~F(4),
	 .call = C(SOCKET),
	 .out = "EPROTONOSUPPORT"},
	{.type = T(TCP) | T(UDP) | T(UDPLITE) | T(SCTP),
	 .call = C(SOCKET),
	 .out = "ok"},
	{.type = T(MPTCP) | T(ICMP),
	 .call = C(SOCKET),
	 .out = "EPROTONOSUPPORT"},
	{.jail = W(PING), .type = T(RAW), .call = C(SOCKET), .out = "ok"},
	{.type = T(RAW), .call = C(SOCKET), .out = "EPERM"},

	/* bind(2) */
	{.call = BINDS, .class = A(LOOP) | A(OWN1), .out = "own1"},
	{.call = BINDS, .class = A(OWN2), .out = "own2"},
	{.jail = SINGLE,
	 .fam = ~F(DUAL),
	 .call = BINDS,
	 .class = A(ANY),
	 .out = "own1"},
	{.call = BINDS, .class = A(ANY), .out = "any"},
	{.call = BINDS | C(HEAR) | C(FROM) | C(FROMPORT),
	 .class = FOREIGN,
	 .out = "EADDRNOTAVAIL"},

	/* who is heard */
	{.call = C(HEAR), .class = A(LOOP) | A(OWN1), .out = "own1 in:loop"},
	{.call = C(HEAR), .class = A(OWN2), .out = "own2"},
	{.jail = SINGLE,
	 .call = C(HEAR),
	 .class = A(ANY),
	 .out = "own1 in:loop"},
	{.jail = W(TWO),
	 .call = C(HEAR),
	 .class = A(ANY),
	 .out = "own1 own2 in:loop"},

	/* connect(2), sendto(2): loopback and the wildcard are the first
	 * address; the source is the first, or with saddrsel one that is on
	 * the interface of the destination */
	{.type = T(TCP),
	 .call = C(CONNECT),
	 .class = A(MCAST),
	 .out = "EAFNOSUPPORT"},
	{.type = T(TCP),
	 .call = C(CONNECT),
	 .class = A(BCAST),
	 .out = "EACCES"},
	{.fam = WIRE6,
	 .call = C(SENDTO),
	 .class = A(ANY),
	 .out = "own1>own1 self"},
	{.call = C(CONNECT) | C(SENDTO),
	 .class = A(LOOP) | A(ANY) | A(OWN1),
	 .out = "own1>own1 self"},
	{.jail = W(TWO),
	 .call = C(CONNECT) | C(SENDTO),
	 .class = A(OWN2),
	 .out = "own2>own2 self"},
	{.jail = W(NOSEL),
	 .call = C(CONNECT) | C(SENDTO),
	 .class = A(OWN2),
	 .out = "own1>own2 self"},
	{.call = C(CONNECT) | C(SENDTO),
	 .class = A(HOST),
	 .out = "own1>host host"},
	{.jail = W(TWO),
	 .call = C(CONNECT) | C(SENDTO),
	 .class = A(HOST2),
	 .out = "own2>host2 host"},
	{.call = C(CONNECT) | C(SENDTO),
	 .class = A(HOST2),
	 .out = "own1>host2 host"},
	{.call = C(CONNECT) | C(SENDTO),
	 .class = A(LOOP2),
	 .out = "own1>loop2 host"},
	{.call = C(CONNECT) | C(SENDTO),
	 .class = A(JAIL2),
	 .out = "own1>jail2 jail2"},
	{.call = C(CONNECT) | C(SENDTO),
	 .class = A(FAR),
	 .out = "own1>far out"},
	{.jail = W(TWO),
	 .call = C(CONNECT) | C(SENDTO),
	 .class = A(FAR2),
	 .out = "own2>far2 out"},
	{.call = C(CONNECT) | C(SENDTO),
	 .class = A(FAR2),
	 .out = "own1>far2 out"},
	{.type = T(UDP),
	 .call = C(CONNECT),
	 .class = A(MCAST),
	 .out = "own1>mcast"},
	{.type = T(UDP),
	 .call = C(CONNECT),
	 .class = A(BCAST),
	 .out = "own1>bcast"},
	{.call = C(SENDTO), .class = A(MCAST) | A(BCAST), .out = "own1>gw out"},

	/* udp_send() remembers the address of a jail's socket */
	{.call = C(AFTER), .out = "own1"},

	/* bind, then connect to the host */
	{.call = C(FROM) | C(FROMPORT),
	 .class = A(LOOP) | A(ANY) | A(OWN1),
	 .out = "own1>host host"},
	{.call = C(FROM) | C(FROMPORT),
	 .class = A(OWN2),
	 .out = "own2>host host"},

	/* A datagram's source: IP_SENDSRCADDR wants a socket that is bound to
	 * the wildcard, which the only address of a jail has replaced. */
	{.jail = SINGLE, .fam = WIRE4, .call = C(SENDMSG), .out = "EINVAL"},
	{.fam = WIRE4, .call = C(SENDMSG), .class = A(ANY), .out = "EINVAL"},
	{.call = C(SENDMSG),
	 .class = A(LOOP) | A(OWN1) | A(ANY),
	 .out = "own1>host host"},
	{.call = C(SENDMSG), .class = A(OWN2), .out = "own2>host host"},
	{.call = C(SENDMSG), .class = FOREIGN, .out = "EADDRNOTAVAIL"},

	/* A datagram's destination */
	{.call = C(RECVMSG), .class = A(LOOP) | A(ANY), .out = "own1>own1"},
	{.call = C(RECVMSG), .class = A(OWN1), .out = "host>own1"},
	{.call = C(RECVMSG), .class = A(OWN2), .out = "host>own2"},

	/* A socket that is bound to an address hears no group. */
	{.jail = SINGLE, .fam = ~F(DUAL), .call = C(JOIN), .out = "not heard"},
	{.call = C(JOIN), .out = "mcast"},

	/* There are no such sockets. */
	{.call = C(PING), .out = "EPROTONOSUPPORT"},
};

static const struct rule linux_differs[] = {
	{.type = 0, .out = NULL},
};

static bool has(unsigned mask, unsigned bit)
{
	return !mask || mask & 1U << bit;
}

static const struct rule *find(const struct rule *rules, size_t n,
			       const struct cell *c)
{
	for (size_t i = 0; i < n; i++)
		if (rules[i].out && has(rules[i].jail, c->jail) &&
		    has(rules[i].type, c->type) && has(rules[i].fam, c->fam) &&
		    has(rules[i].call, c->call) &&
		    has(rules[i].class, c->class))
			return &rules[i];
	return NULL;
}

const char *rules_freebsd(const struct cell *c)
{
	const struct rule *r =
		find(freebsd, sizeof(freebsd) / sizeof(freebsd[0]), c);

	return r ? r->out : NULL;
}

const char *rules_linux(const struct cell *c, const char **ret_why)
{
	const struct rule *r =
		find(linux_differs,
		     sizeof(linux_differs) / sizeof(linux_differs[0]), c);

	if (!r)
		return NULL;
	*ret_why = r->why;
	return r->out;
}
