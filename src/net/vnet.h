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

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct vnet {
	int nsfd;    /* owned; descriptor of the namespace */
	dev_t nsdev; /* of the namespace's nsfs file */
	ino_t nsino;
	int statefd;	  /* owned; directory of interface state, or -1 */
	uint64_t cookie;  /* SO_NETNS_COOKIE */
	struct nl *rt;	  /* owned; NETLINK_ROUTE inside the vnet */
	struct nl *gen;	  /* owned; NETLINK_GENERIC (ethtool), opened lazily */
	uint16_t ethtool; /* genl family number, 0 until asked for */
	signed char
		v6off; /* new interfaces have IPv6 off: 1, -1 no, 0 unknown */
};

/*
 * Open the vnet behind nsfd (duplicated; -1: the caller's own).  statedir is
 * the path of the directory of interface state ("/run/cellblock/if" for the
 * caller's own level), made if missing; NULL for none.
 */
int vnet_open(int nsfd, const char *statedir, struct vnet **ret, struct err *e);
void vnet_free(struct vnet **v);
#define cleanup_vnet __attribute__((cleanup(vnet_free)))

#define VNET_STATEDIR "/run/cellblock/if"

/* Both handles are of the same stack. */
bool vnet_same(const struct vnet *a, const struct vnet *b);

/*
 * Kernel index of a name (FreeBSD's or the kernel's), 0 when there is none;
 * one cheap system call.  And the kernel's name of an index: false when gone.
 */
int vnet_ifindex(const struct vnet *v, const char *name);
bool vnet_ifname(const struct vnet *v, int index, char ret[IFNAMSIZ]);

/*
 * Files below /proc/sys/net show the namespace of the thread that opens them:
 * vnet_enter takes the calling thread into v (nothing to do when it is there)
 * and vnet_leave back.  Between the two nothing but such files may be opened.
 * ret_back is what vnet_leave needs.  -EXDEV-like failures of vnet_leave
 * abort(): going on in the wrong vnet would configure the wrong host.
 */
int vnet_enter(const struct vnet *v, int *ret_back, struct err *e);
void vnet_leave(int *back);

/*
 * What lies beside the state directory, in the registry of the level whose vnet
 * this is (a jail's root writes its own): a number that sysctl(8) keeps, or
 * `dflt`; and what a jail is called, "" when it is none's own vnet.
 */
long long vnet_kept(const struct vnet *v, const char *name, long long dflt);
void vnet_jail_name(const struct vnet *v, char *buf, size_t size);

/* One file below /proc/sys/net, by its path from there, inside v. */
int vnet_sysctl_set(const struct vnet *v, const char *path, long long value,
		    struct err *e);
/* Its number, or `dflt` where there is none. */
long long vnet_sysctl_get(const struct vnet *v, const char *path,
			  long long dflt);

#endif
