/*
 * keeper_alone: whether there is anybody that a keeper is there for.
 *
 * Theory of operation.  Keepers, which nobody has started for their own sake,
 * hold no place that goes when nobody is left in it.  So one waits for the end
 * of some other process, looks for the next one then, and ends when there is
 * none.  There are two sorts of such places:
 *
 * - a jail that does not persist goes with its last process; a file in its
 *   folder says whether it persists;
 * - a network namespace beside the machine's own goes when it has neither a
 *   process nor a name (ip-netns(8): a mount).
 */
#ifndef CB_NET_KEEPER_ALONE_H
#define CB_NET_KEEPER_ALONE_H

#include <stdbool.h>
#include <stdint.h>

struct keeper_place {
	/* A descriptor, or -errno: it may be over, or not be over any more,
	 * when that has these events (EPOLL*). */
	int (*open_news)(void);
	uint32_t events;
	bool queued;	 /* what has come is to be read, or it tells again */
	unsigned int ms; /* more may come so soon behind it */
	/* ret_pidfd is some process that lives, is of this place and no
	 * keeper, or untouched: the place stays without one.  -ECHILD: it is
	 * over; -EAGAIN: to be asked again soon; others: some time. */
	int (*alone)(int *ret_pidfd);
};
/* Where this process is; NULL: on the machine itself, which stays. */
extern const struct keeper_place *keeper_place;

/*
 * It is in a jail.  `lasts`: nobody is left but keepers: 0: the jail stays,
 * errors as of `alone`.  `folder` (borrowed): where a file is put in place when
 * that may have changed.
 */
void keeper_place_jail(int (*lasts)(void), const char *folder);
/* It is not; in a network namespace, perhaps.  Before rights are given up. */
void keeper_place_netns(void);

#endif
