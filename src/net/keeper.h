/*
 * keeper: processes that do for interfaces of a vnet what the kernel cannot.
 *
 * Theory of operation.  There are sorts of keepers (bridge_keeper.h,
 * lagg_keeper.h, pf/watch.h), one process of each a vnet, and none where
 * nothing asks for it.  The command that sets the first such thing starts it,
 * the command that takes back the last makes it end.  All that it knows is in
 * state files and in the kernel: it may be killed at any time, and the next
 * ifconfig in that vnet starts another.  What it did stays as it was until
 * then.
 *
 * - statedir/COOKIE.FILE is locked as long as it lives.
 * - statedir/COOKIE.FILE.sock: who connects is answered with one byte when all
 *   that was set before is in force, or with what went wrong.
 */
#ifndef CB_NET_KEEPER_H
#define CB_NET_KEEPER_H

#include "base/err.h"
#include "net/vnet.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct keeper_sort {
	const char *file, *prog;
	const char *what, *whose; /* "keeper of bridges", "bridges" */
	uint64_t caps;		  /* that it keeps */
	/* Is there work for one? */
	int (*needed)(struct vnet *v, bool *ret, struct err *e);
	/* Serve until there is none; `ready` is called when all is in force.
	 */
	int (*main)(struct vnet *v, void (*ready)(void), struct err *e);
};
/* NULL at the end; pf/keepers.c, behind which there are no more of them */
extern const struct keeper_sort *const keeper_sorts[];

/* --- who wants something of one --- */

/*
 * Settings have changed: returns when they are in force.  Starts a keeper if
 * one is needed and none lives.  In another vnet than the caller's own nothing
 * is started: whoever came from outside runs a command in there (revive).
 */
int keeper_tell(const struct keeper_sort *k, struct vnet *v, struct err *e);
/* Start one in the place of one that was killed; cheap when there is none. */
int keeper_again(const struct keeper_sort *k, struct vnet *v, struct err *e);
/* It should live, but does not. */
bool keeper_missing(const struct keeper_sort *k, const struct vnet *v);

/* --- the keepers themselves: keeper_loop.h, keeper_alone.h --- */

/* Names of their processes begin so. */
#define KEEPER_COMM "cb-"
bool keeper_is(pid_t pid);
/* It says here "k" when all is in force, or what went wrong. */
#define KEEPER_READY_FD 3

/* Names of its files: `suffix` "" or ".sock". */
void keeper_file(const struct keeper_sort *k, const struct vnet *v,
		 const char *suffix, char *buf, size_t size);
/* -EALREADY: another one lives.  Else ret_fd has the lock. */
int keeper_lock(const struct keeper_sort *k, const struct vnet *v, int *ret_fd);

#endif
