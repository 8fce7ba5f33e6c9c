/*
 * ipshare: sockets of jails that share the addresses of a network stack.
 *
 * On FreeBSD the kernel asks a socket's prison which addresses it may use
 * (kern_jail.c's prison_local_ip4() and its kin; jail(8), ip4.addr).  Here
 * BPF programs on the jail's cgroup do that.
 */
#ifndef CB_IPSHARE_IPSHARE_H
#define CB_IPSHARE_IPSHARE_H

#include "base/err.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Addresses of a family a jail may have: security.jail.jail_max_af_ips. */
#define IPSHARE_MAX 255

/* jail(8)'s ip4 and ip6. */
enum ipshare_mode {
	IPSHARE_DISABLE, /* no socket of the family */
	IPSHARE_NEW,	 /* these addresses only, of which there is one */
	IPSHARE_INHERIT, /* whatever the creator has */
};

struct ipshare_conf {
	enum ipshare_mode mode4, mode6;
	const struct in_addr *addr4; /* in order: the first is the default */
	size_t n4;
	const struct in6_addr *addr6;
	size_t n6;
	bool saddrsel4, saddrsel6; /* false: always the first as source */
	bool raw;		   /* ICMP datagram sockets, for ping */
	bool low_ports;		   /* root may bind ports below 1024 */
	uint32_t root; /* the jail's root, as the first user namespace says */
};

/*
 * Hold sockets that are made in the cgroup and below, by processes in the
 * network namespace, to conf.  Called again it changes what is in force, also
 * for sockets that exist (one that was bound before there was anything in force
 * stays where it is).  Both families INHERIT: nothing is in force any more.
 * The programs of all cgroups around apply, too; a family that is INHERIT in a
 * jail whose creator is held to addresses should be given the creator's as NEW,
 * since one jail's programs keep the books of a socket.  It lasts as long as
 * the cgroup does, without a process; `bpfdir` is the directory for what the
 * kernel must have a name for (made, and mounted, if missing).  Errors say
 * which kernel option is missing: -ENOSYS; -EPERM no right to load programs (a
 * user namespace).
 */
int ipshare_set(const char *bpfdir, int cgroup_fd, int net_fd,
		const struct ipshare_conf *conf, struct err *e);
/*
 * The jail ends: what it has in tables goes, and with the last jail of a
 * network namespace, or of all, what only those needed.  cgroup: the id of
 * its directory (inode number), which may be gone already.
 */
int ipshare_clear(const char *bpfdir, uint64_t cgroup, struct err *e);
/* Whether it would work here; nothing is changed.  Errors as above. */
int ipshare_can(struct err *e);

#endif
