/*
 * sharetable: what jails that share addresses do with sockets, as a table.
 * See sharetable.c.
 */
#ifndef CB_TESTS_SHARETABLE_H
#define CB_TESTS_SHARETABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* What runs sockprobe: in sharetable_scene.c, which says where they are. */
enum where {
	W_HOST,
	W_OUT,	 /* another machine */
	W_JAIL2, /* the other jail */
	W_ONE,	 /* jails that are looked at: an address of each family */
	W_TWO,	 /* two of each family, on two interfaces */
	W_V4,	 /* one IPv4 address, ip6=disable */
	W_NOSEL, /* as W_TWO, with ip4.nosaddrsel and ip6.nosaddrsel */
	W_PING,	 /* as W_ONE, with allow.raw_sockets */
	W_MAX
};

enum type {
	T_TCP,
	T_UDP,
	T_UDPLITE,
	T_SCTP,
	T_MPTCP,
	T_ICMP,
	T_RAW,
	T_MAX
};

enum fam {
	F_4,
	F_6,	/* IPV6_V6ONLY */
	F_MAP,	/* IPv4 addresses on an IPv6 socket */
	F_DUAL, /* IPv6 addresses on an IPv6 socket for both */
	F_MAX
};

enum call {
	C_SOCKET,
	C_BIND,	 /* to a port of one's own choice, with SO_REUSEADDR */
	C_BIND0, /* to one of the kernel's choice */
	C_LOW,	 /* below 1024 */
	C_HEAR,	 /* bind, and where it is heard: listen and accept, or recv */
	C_CONNECT,
	C_FROM,	     /* bind, then connect to the host */
	C_FROMPORT,  /* the same with a port and SO_REUSEADDR */
	C_FROMPLAIN, /* the same without it */
	C_SENDTO,
	C_SENDFROM, /* the same after bind to the wildcard */
	C_AFTER,    /* getsockname after a sendto */
	C_SENDMSG,
	C_RECVMSG,
	C_JOIN,
	C_JOINED, /* a group before bind */
	C_PING,
	C_PINGFROM, /* after bind to own1 */
	C_MMSG,
	C_FASTOPEN, /* connect by sendto */
	C_FREEBIND,
	C_TRANSPARENT,
	C_MAX
};

enum class {
	A_NONE,
	A_LOOP,	 /* 127.0.0.1, ::1 */
	A_LOOP2, /* 127.0.0.2 */
	A_ANY,
	A_OWN1,
	A_OWN2,
	A_HOST,	 /* the host's address on the first interface */
	A_HOST2, /* ... on the second */
	A_JAIL2, /* the other jail's */
	A_FAR,	 /* not local, by the default route */
	A_FAR2,	 /* not local, on the second interface's network */
	A_GW,	 /* W_OUT's address on the first interface's network */
	A_MCAST,
	A_BCAST,
	A_MAX
};

enum {
	PORT_HOST = 7001,
	PORT_JAIL2 = 7003,
	PORT_OUT = 7004,
	PORT_SELF = 7010, /* and the jail's number */
	OUTCOME = 160,
};

/* A cell of the table: what was done, what happens on FreeBSD and here. */
struct cell {
	enum where jail;
	enum type type;
	enum fam fam;
	enum call call;
	enum class class;
	char here[OUTCOME];
	const char *freebsd;
	const char *why;
	bool bad;
};

/* A row of sharetable_rules.c: for the cells that all masks have. */
struct rule {
	unsigned jail, type, fam, call, class;
	const char *out;
	const char *why;
};

extern const char *const where_name[W_MAX],
	*const type_name[T_MAX], *const fam_name[F_MAX],
					 *const call_name[C_MAX],
						 *const class_name[A_MAX];

/* sharetable_rules.c */
const char *rules_freebsd(const struct cell *c);
/* What is otherwise here on purpose, and *ret_why; NULL when nothing is. */
const char *rules_linux(const struct cell *c, const char **ret_why);

/* sharetable_scene.c: agents and addresses */
void scene_start(const char *sockprobe);
/* One request, its answer without the newline, in a buffer that the next
 * sixteen calls leave alone. */
const char *ask(enum where w, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
bool ok(const char *answer);
/* The address of a class, as jail sees it, or NULL when there is none. */
const char *addr_of(enum where jail, enum class class, bool six);
/* The class of an address, as a word; strange ones as they are. */
const char *addr_word(enum where jail, const char *text, enum fam fam);
const char *family_word(enum fam fam);
bool wire_six(enum fam fam);

/* sharetable.c: the number of a reason, for a table's last column. */
int reason(const char *why);

/* sharetable_hold.c: holders of one port; the number that is unexplained */
int hold_run(FILE *f);

#endif
