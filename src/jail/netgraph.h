/*
 * netgraph: where brokers of vnets live, and how jails get at theirs.
 *
 * Theory of operation.  A vnet's broker (netgraph/server.h) is a process of
 * the machine's, with the machine's rights, in the vnet; if that is a jail's,
 * in the jail's cgroup, so that what it costs is the jail's.  Its directory is
 * /run/cellblock/ng/COOKIE of the first level's registry (netgraph/start.h),
 * where no jail gets to.
 *
 * A jail's root asks for a connection at its /run/cellblock/broker (broker.h)
 * by "ng.open", which gives back a socket that is connected already; the
 * request has no argument but the network namespace, which must be the
 * jail's own or its users'.  A jail in a jail asks its creator's broker, which
 * asks the next one up.
 *
 * What a vnet has here goes with it: at the end of a jail of the first level
 * by that jail's removal, at the end of one below by "ng.end", which its
 * remover asks for.  One that nobody could ask for is found by the next
 * "ng.open" of that jail, because the number by which the machine's vnet knew
 * its vnet means nothing any more, or goes with the jail of the first level.
 */
#ifndef CB_JAIL_NETGRAPH_H
#define CB_JAIL_NETGRAPH_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct prisons;
struct life;

/* --- who asks: programs --- */

/*
 * Program cellblock-netgraph's: a connection to the broker of that network
 * namespace (-1: the caller's own), which is in jail jid of the first level
 * (0: in the jail whose vnet it is, or in none).  -EPERM in a jail without a
 * vnet.
 */
int netgraph_connect(int netns, int jid, int *ret_fd, struct err *e);

/* --- the broker's own place, on the machine --- */

struct netgraph_home {
	int dirfd, lock;
	char socket[96];
	uint64_t cookie;
	char *cgroup; /* to be in; NULL: no jail's */
};
#define NETGRAPH_BPFDIR "/run/cellblock/ng/bpf"
/*
 * For the caller's vnet, below jail jid (0: the one whose vnet it is, or
 * none).  -EALREADY: another has it.
 */
int netgraph_home_open(int jid, struct netgraph_home *ret, struct err *e);
/* Let go of it; all of it, if nothing is to be kept. */
void netgraph_home_close(struct netgraph_home *h, bool empty);

/* --- in the registry --- */

/* For jail jid (netgraph_connect() on its behalf); nested: its jail's. */
int netgraph_open_for(struct prisons *ps, int jid, const struct life *l,
		      int netns, bool nested, int *ret_fd, struct err *e);
/* A vnet ends: its broker, and what there is of it. */
int netgraph_end(struct prisons *ps, int netns, struct err *e);
/* Jail jid, which has no processes any more, ends; its vnet is still there. */
int netgraph_jail_end(struct prisons *ps, int jid, const struct life *l,
		      struct err *e);
/* Cookies of vnets that have ended and still have a directory or pins here, the
 * array to be freed; and one of them goes. */
int netgraph_left(struct prisons *ps, uint64_t **ret, size_t *ret_n,
		  struct err *e);
int netgraph_left_drop(struct prisons *ps, uint64_t cookie, struct err *e);
/* Nothing is left in ng/: it goes. false: something is. */
bool netgraph_tidy(struct prisons *ps);

#endif
