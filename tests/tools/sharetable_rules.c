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
#define SENDS (C(SENDTO) | C(SENDFROM) | C(MMSG))
#define CONNECTS (C(CONNECT) | C(FASTOPEN))
#define FROMS (C(FROM) | C(FROMPORT) | C(FROMPLAIN))
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

	/* bind(2); a TCP socket cannot be at a group, whose it ever is */
	{.type = T(TCP),
	 .call = BINDS | C(FROM),
	 .class = A(MCAST),
	 .out = "EAFNOSUPPORT"},
	{.call = BINDS, .class = A(LOOP) | A(OWN1), .out = "own1"},
	{.call = BINDS, .class = A(OWN2), .out = "own2"},
	{.jail = SINGLE,
	 .fam = ~F(DUAL),
	 .call = BINDS,
	 .class = A(ANY),
	 .out = "own1"},
	{.call = BINDS, .class = A(ANY), .out = "any"},
	{.call = BINDS | C(HEAR) | FROMS,
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
	{.fam = WIRE6, .call = SENDS, .class = A(ANY), .out = "own1>own1 self"},
	{.call = CONNECTS | SENDS,
	 .class = A(LOOP) | A(ANY) | A(OWN1),
	 .out = "own1>own1 self"},
	{.jail = W(TWO),
	 .call = CONNECTS | SENDS,
	 .class = A(OWN2),
	 .out = "own2>own2 self"},
	{.jail = W(NOSEL),
	 .call = CONNECTS | SENDS,
	 .class = A(OWN2),
	 .out = "own1>own2 self"},
	{.call = CONNECTS | SENDS, .class = A(HOST), .out = "own1>host host"},
	{.jail = W(TWO),
	 .call = CONNECTS | SENDS,
	 .class = A(HOST2),
	 .out = "own2>host2 host"},
	{.call = CONNECTS | SENDS, .class = A(HOST2), .out = "own1>host2 host"},
	{.call = CONNECTS | SENDS, .class = A(LOOP2), .out = "own1>loop2 host"},
	{.call = CONNECTS | SENDS,
	 .class = A(JAIL2),
	 .out = "own1>jail2 jail2"},
	{.call = CONNECTS | SENDS, .class = A(FAR), .out = "own1>far out"},
	{.jail = W(TWO),
	 .call = CONNECTS | SENDS,
	 .class = A(FAR2),
	 .out = "own2>far2 out"},
	{.call = CONNECTS | SENDS, .class = A(FAR2), .out = "own1>far2 out"},
	{.type = T(UDP),
	 .call = C(CONNECT),
	 .class = A(MCAST),
	 .out = "own1>mcast"},
	{.type = T(UDP),
	 .call = C(CONNECT),
	 .class = A(BCAST),
	 .out = "own1>bcast"},
	{.call = SENDS, .class = A(MCAST) | A(BCAST), .out = "own1>gw out"},

	/* udp_send() remembers the address of a jail's socket */
	{.call = C(AFTER), .out = "own1"},

	/* bind, then connect to the host */
	{.call = FROMS,
	 .class = A(LOOP) | A(ANY) | A(OWN1),
	 .out = "own1>host host"},
	{.call = FROMS, .class = A(OWN2), .out = "own2>host host"},

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
	{.jail = SINGLE,
	 .fam = ~F(DUAL),
	 .call = C(JOIN) | C(JOINED),
	 .out = "not heard"},
	{.call = C(JOIN) | C(JOINED), .out = "mcast"},

	/* IP_BINDANY, which is both, takes a right that jails have not. */
	{.call = C(FREEBIND) | C(TRANSPARENT), .out = "EPERM"},

	/* There are no such sockets. */
	{.call = C(PING) | C(PINGFROM), .out = "EPROTONOSUPPORT"},
};

/* Reasons that several rows have */
#define NO_HOOK "the kernel asks no program about these sockets: refused"
#define LINUX_ERRNO "Linux's errno for it, jail or not"
#define PKTINFO                                                                \
	"IP_SENDSRCADDR wants a socket bound to the wildcard, Linux's "        \
	"IP_PKTINFO takes any"
#define PING                                                                   \
	"a ping socket is what allow.raw_sockets gives here; what has "        \
	"the host's address as its source is dropped, and no hook can "        \
	"give it the jail's: bind it (ping -I)"
#define WILD_CONNECT                                                           \
	"the kernel would choose a source of the host's, and a socket "        \
	"that has its port cannot be given another"
#define OTHER_FAMILY                                                           \
	"a UDP wildcard of both families is bound to an IPv4 address of the "  \
	"jail, from where no connection leads to IPv6"
#define GROUPED                                                                \
	"it is bound to the first address, where no group is heard: who "      \
	"joins, or sets SO_REUSEPORT or SO_BROADCAST, before bind stays the "  \
	"wildcard, and keeps others from its port"
#define FREE_FOR_ALL                                                           \
	"IP_FREEBIND is for everybody on Linux, and gives a jail no address"
#define HIDDEN                                                                 \
	"with SO_REUSEADDR a TCP socket is taken for a server's, that "        \
	"stays out of the host's table; it cannot call from there"

static const struct rule linux_differs[] = {
	{.jail = W(V4),
	 .type = T(RAW),
	 .fam = F(6),
	 .call = C(SOCKET),
	 .out = "EPERM",
	 .why = "Linux asks for the right to it first"},
	{.jail = W(V4),
	 .type = T(UDPLITE) | T(SCTP),
	 .fam = F(6),
	 .call = C(SOCKET),
	 .out = NULL},
	{.type = T(UDPLITE) | T(SCTP),
	 .call = C(SOCKET),
	 .out = "EPROTONOSUPPORT",
	 .why = NO_HOOK},
	{.jail = W(PING),
	 .type = T(ICMP),
	 .call = C(SOCKET),
	 .out = "ok",
	 .why = "for ping, in the place of a raw socket"},
	{.jail = W(PING),
	 .type = T(RAW),
	 .call = C(SOCKET),
	 .out = "EPERM",
	 .why = "it takes a right over the whole network stack"},
	{.jail = ~W(V4),
	 .type = T(ICMP),
	 .call = C(SOCKET),
	 .out = "EPERM",
	 .why = "as a raw socket, whose place it has here"},
	{.jail = W(V4),
	 .type = T(ICMP),
	 .fam = F(4),
	 .call = C(SOCKET),
	 .out = "EPERM",
	 .why = "as a raw socket, whose place it has here"},

	{.jail = W(TWO),
	 .type = T(UDP),
	 .fam = F(4) | F(6) | F(MAP),
	 .call = C(BIND0),
	 .class = A(ANY),
	 .out = "own1",
	 .why = "taken for a client's: it could not connect any more if it "
		"stayed the wildcard"},

	{.type = T(TCP),
	 .call = BINDS | C(FROM),
	 .class = A(MCAST),
	 .out = "EADDRNOTAVAIL",
	 .why = "not the jail's, like any other address"},

	{.call = C(CONNECT) | C(SENDTO),
	 .class = A(LOOP2),
	 .out = "ENETUNREACH",
	 .why = "all of 127/8 is the host's own on Linux, without an alias: "
		"what is not a jail's is out of reach"},
	{.type = T(TCP),
	 .call = C(CONNECT),
	 .class = A(MCAST) | A(BCAST),
	 .out = "ENETUNREACH",
	 .why = LINUX_ERRNO},

	{.type = T(TCP),
	 .call = C(FROMPORT),
	 .class = A(LOOP) | A(ANY) | A(OWN1) | A(OWN2),
	 .out = "EADDRINUSE",
	 .why = HIDDEN},
	{.fam = F(DUAL),
	 .call = C(FROM),
	 .class = A(ANY),
	 .out = "EADDRNOTAVAIL",
	 .why = WILD_CONNECT},

	{.fam = F(DUAL),
	 .call = C(FROMPORT) | C(FROMPLAIN),
	 .class = A(ANY),
	 .out = "EADDRNOTAVAIL",
	 .why = OTHER_FAMILY},

	{.jail = SINGLE, .fam = ~F(DUAL), .call = C(JOIN), .out = NULL},
	{.call = C(JOIN), .out = "not heard", .why = GROUPED},

	{.jail = SINGLE, .fam = F(4), .call = C(AFTER), .out = NULL},
	{.fam = F(4),
	 .call = C(AFTER),
	 .out = "any",
	 .why = "sending leaves the address open; only the jail's are heard"},
	{.fam = F(MAP),
	 .call = C(AFTER),
	 .out = "::",
	 .why = "sending leaves the address open; only the jail's are heard"},

	{.fam = WIRE6,
	 .call = C(SENDMSG),
	 .class = A(FAR) | A(MCAST),
	 .out = "EINVAL",
	 .why = LINUX_ERRNO},
	{.fam = WIRE4,
	 .call = C(SENDMSG),
	 .class = A(ANY),
	 .out = "own1>host host",
	 .why = "the wildcard in IP_PKTINFO leaves the choice to the kernel"},
	{.jail = SINGLE,
	 .fam = WIRE4,
	 .call = C(SENDMSG),
	 .class = A(LOOP) | A(OWN1),
	 .out = "own1>host host",
	 .why = PKTINFO},
	{.jail = SINGLE,
	 .fam = WIRE4,
	 .call = C(SENDMSG),
	 .out = "EADDRNOTAVAIL",
	 .why = PKTINFO},

	{.call = C(FREEBIND),
	 .class = A(LOOP) | A(OWN1),
	 .out = "own1",
	 .why = FREE_FOR_ALL},
	{.call = C(FREEBIND), .out = "EADDRNOTAVAIL", .why = FREE_FOR_ALL},

	{.call = C(PING), .class = A(OWN1), .out = "own1", .why = PING},
	{.fam = F(4), .call = C(PING), .out = "EPERM", .why = PING},
	{.fam = F(6), .call = C(PING), .out = "none", .why = PING},
	{.call = C(PINGFROM), .class = A(LOOP), .out = "loop", .why = PING},
	{.call = C(PINGFROM), .class = A(OWN1), .out = "own1", .why = PING},
	{.call = C(PINGFROM), .class = A(HOST), .out = "host", .why = PING},
	{.call = C(PINGFROM), .class = A(JAIL2), .out = "jail2", .why = PING},
	{.call = C(PINGFROM), .class = A(FAR), .out = "far", .why = PING},
};

static bool has(unsigned mask, unsigned bit)
{
	return !mask || mask & 1U << bit;
}

static const struct rule *find(const struct rule *rules, size_t n,
			       const struct cell *c)
{
	for (size_t i = 0; i < n; i++)
		if (has(rules[i].jail, c->jail) &&
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

	/* A row without an outcome: as on FreeBSD after all. */
	if (!r || !r->out)
		return NULL;
	*ret_why = r->why;
	return r->out;
}
