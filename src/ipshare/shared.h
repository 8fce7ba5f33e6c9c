/*
 * shared: the rows of ipshare's maps, which its BPF programs and the program
 * that loads them both know.
 */
#ifndef CB_IPSHARE_SHARED_H
#define CB_IPSHARE_SHARED_H

#include <linux/types.h>

/* Indices of the two families. */
enum {
	IPSHARE_V4,
	IPSHARE_V6,
	IPSHARE_FAMILIES
};

/* An address: IPv6's, or IPv4's as ::ffff:a.b.c.d; in network byte order. */
struct ipshare_ip {
	__u32 w[4];
};

/* How the source is chosen. */
enum ipshare_saddrsel {
	IPSHARE_FIRST,	  /* always the first address */
	IPSHARE_BY_ROUTE, /* what is on the interface that leads there */
	IPSHARE_ONE_LINK, /* the same where all are on one: the first */
};

/*
 * What holds for a jail.  The programs on its cgroup have it as the cgroup's
 * storage, sk_lookup finds it by the cgroup's id.  cgroup 0: not filled yet.
 */
struct ipshare_row {
	__u64 cgroup;
	__u64 net; /* cookie of the network namespace it is about */
	__u8 mode[IPSHARE_FAMILIES];	 /* enum ipshare_mode */
	__u8 saddrsel[IPSHARE_FAMILIES]; /* enum ipshare_saddrsel */
	__u8 raw, low_ports;
	__u8 shares; /* UDP wildcards may be at the first address: show.bpf.c */
	__u8 pad;
	__u32 root;
	__u32 n[IPSHARE_FAMILIES]; /* addresses */
	__u32 pad2;
	struct ipshare_ip first[IPSHARE_FAMILIES];
};

/* An address of a jail: key (cgroup, address). */
struct ipshare_member {
	__u64 cgroup;
	struct ipshare_ip ip;
};

/* Jails that may hold the wildcard for an address: key (net, address). */
struct ipshare_place {
	__u64 net;
	struct ipshare_ip ip;
};
#define IPSHARE_OWNERS 8
struct ipshare_owners {
	__u64 cgroup[IPSHARE_OWNERS]; /* 0: free */
};

/* Routes, longest prefix first: (net, address) -> interface. */
struct ipshare_prefix {
	__u32 bits; /* of what follows */
	__u32 net[2];
	struct ipshare_ip ip;
};
#define IPSHARE_PREFIX_HEAD 64
struct ipshare_route {
	__u32 ifindex;
	__u32 stamp; /* which reading of the table wrote it */
};
/* The address of a jail that is its source on an interface. */
struct ipshare_source {
	__u64 cgroup;
	__u32 ifindex;
	__u32 family;
};

/* What a port's row is about. */
enum ipshare_kind {
	IPSHARE_NONE,
	/*
	 * (cgroup, -, port): where the jail's TCP port really is; (cgroup, any,
	 * port): UDP sockets at an address of a jail that has several
	 */
	IPSHARE_PORT,
	/* (net, address, port): which jail's sockets are bound to it */
	IPSHARE_NAME,
	/* (cgroup, any, port): the jail has a wildcard there that is hidden,
	 * or, UDP's, at its first address */
	IPSHARE_WILD,
	/* (net, address or any, real port): a port not everybody may reach */
	IPSHARE_REAL,
};
struct ipshare_key {
	__u64 scope; /* cgroup, or cookie of the network namespace */
	struct ipshare_ip ip;
	__u16 port;
	__u8 proto;
	__u8 kind;
	__u32 slot; /* of listeners: several may share a port */
};
#define IPSHARE_SLOTS 32
/* Rows of ports and listeners of one jail, so that it leaves room for others.
 */
#define IPSHARE_ROWS 8192

/*
 * Sockets that a row is for, by the kernel's address and cookie, so that who
 * reads it can see whether it still is so: disconnecting frees a port that the
 * kernel has chosen, which no program is told.
 */
#define IPSHARE_HOLDERS 8
struct ipshare_holder {
	__u64 cookie; /* 0: free */
	__u64 sk;
};
#define IPSHARE_BASE 2
struct ipshare_port {
	__u64 cgroup;
	__u32 refs; /* sockets; at 0 it is being deleted */
	__u32 uid;  /* of the first, for SO_REUSEPORT */
	__u16 real;
	__u8 reuse; /* 1 SO_REUSEADDR, 2 SO_REUSEPORT: all have set it */
	/*
	 * REAL: members of the jail may reach it; NAME, UDP: bound to it,
	 * and if IPSHARE_BASE, a wildcard for which hear() is said
	 */
	__u8 direct;
	__u32 more; /* there were more sockets than holder[] has room for */
	struct ipshare_holder holder[IPSHARE_HOLDERS];
};

/* What a jail has of the tables that all share. */
struct ipshare_used {
	__s32 rows;
	__s32 waiting; /* sockets in its namespace's queue */
};

/* A UDP socket that lookup.bpf.c is to know of. */
struct ipshare_wait {
	__u64 cgroup;
	__u64 sk;
	struct ipshare_ip ip; /* where it is bound */
	__u32 port;
	__u32 pad;
	struct ipshare_key key[IPSHARE_FAMILIES]; /* kind 0: none */
};
/* In one network namespace, and of one jail. */
#define IPSHARE_QUEUE 4096
#define IPSHARE_WAITING 512
/* Network namespaces that are told apart when asked if anything waits. */
#define IPSHARE_NETS 4096
/*
 * UDP ports that are told apart when asked if a lookup has to look, and what a
 * socket counts there: bound to the first address, or a true wildcard; above
 * these, how often that has changed.
 */
#define IPSHARE_HEARD_BITS 13
#define IPSHARE_HEARD (1 << IPSHARE_HEARD_BITS)
#define IPSHARE_HEARD_BASED 1
#define IPSHARE_HEARD_WILD 0x10000
#define IPSHARE_HEARD_CHANGE 0x100000000

/* What is known of a socket that is bound. */
struct ipshare_sock {
	__u64 cgroup; /* whose programs write this */
	__u64 sk;     /* the kernel's address of it */
	/* in ports, one reference each; kind 0: none */
	struct ipshare_key held[4];
	struct ipshare_ip ip; /* what it is to be bound to */
	__u16 port;	      /* as it says itself; 0: the kernel's choice */
	__u8 hidden;	      /* it really is at another port */
	__u8 wild;	      /* families of which it is a wildcard: bits */
	__u8 exact;	      /* bound to one address, family + 1 */
	__u8 lent;	      /* wild, at ip: for a client, until it listens */
	__u8 reuse;	      /* as ipshare_port.reuse, as the program has it */
	__u8 forced;	      /* SO_REUSEADDR was set here */
	__u8 shown;	      /* rows among the listeners */
	__u8 based;	      /* wild, and bound to ip: UDP */
	__u16 want;	      /* the real port if it must be this one */
	__u16 heard;	      /* the UDP port that it is counted at */
	__u8 counted;	      /* there as based */
};

_Static_assert(sizeof(struct ipshare_row) == 72, "row");
_Static_assert(sizeof(struct ipshare_key) == 32, "key");
_Static_assert(sizeof(struct ipshare_wait) == 104, "wait");
_Static_assert(sizeof(struct ipshare_prefix) == 28, "prefix");
_Static_assert(sizeof(struct ipshare_port) == 24 + 16 * IPSHARE_HOLDERS,
	       "port");

#endif
