/*
 * vnet: a handle on one network stack (a Linux network namespace).
 *
 * Theory of operation.  All of net/ works through a `struct vnet`, never on
 * "the current namespace": the handle owns a netlink socket that was opened
 * inside, so one process can work on many vnets.  What the kernel has no place
 * for (groups, long descriptions, metric, fib, the unit a renamed clone still
 * holds, span ports) lies in one small file an interface,
 * statedir/COOKIE.IFINDEX, keyed by the namespace's cookie, which is never
 * reused; ifstate.h reads and writes them.
 */
#ifndef CB_NET_VNET_H
#define CB_NET_VNET_H

#include "base/err.h"
#include "nl/nl.h"

#include <stdint.h>

struct vnet {
	int nsfd;	  /* owned; descriptor of the namespace */
	int statefd;	  /* owned; directory of interface state, or -1 */
	uint64_t cookie;  /* SO_NETNS_COOKIE */
	struct nl *rt;	  /* owned; NETLINK_ROUTE inside the vnet */
	struct nl *gen;	  /* owned; NETLINK_GENERIC (ethtool), opened lazily */
};

/*
 * Open the vnet behind nsfd (duplicated; -1: the caller's own).  statedir is
 * the path of the directory of interface state ("/run/cellblock/if" for the
 * caller's own level), made if missing; NULL for none.
 */
int vnet_open(int nsfd, const char *statedir, struct vnet **ret,
	      struct err *e);
void vnet_free(struct vnet **v);
#define cleanup_vnet __attribute__((cleanup(vnet_free)))

#define VNET_STATEDIR "/run/cellblock/if"

#endif
