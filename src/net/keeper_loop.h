/*
 * keeper_loop: what the keepers' own processes (keeper.h) do alike.
 *
 * Theory of operation.  A keeper brings everything in step by one function,
 * its `sync`, which reads the whole model and may run at any time: after a
 * command has asked for it, and soon after the kernel has told of any change.
 * What must be fast is taken from the kernel's messages at once (`message`).
 * What comes of it outside the keeper is done by `settle`, in one go.  Frames
 * are heard and said by a packet socket for each port, once a second the
 * protocol's clock ticks.
 *
 * Each sort of keeper defines `struct keeper`, which has a keeper_loop in it.
 */
#ifndef CB_NET_KEEPER_LOOP_H
#define CB_NET_KEEPER_LOOP_H

#include "net/ifstatus.h"
#include "net/keeper.h"
#include "nl/nl.h"

#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/netlink.h>

struct keeper;

struct keeper_ops {
	const struct keeper_sort *sort;
	const struct ifstatus *status; /* NULL: it has none */
	const unsigned int *groups;    /* RTNLGRP_*, 0 at the end */
	void (*message)(struct keeper *k, const struct nlmsghdr *h);
	/* Messages were lost: beside a sync, whatever they may have told; or
	 * NULL. */
	void (*lost)(struct keeper *k);
	int (*sync)(struct keeper *k, struct err *e);
	int (*settle)(struct keeper *k, struct err *e);
	/* A client is told that it cannot be settled now, and that is all; else
	 * it is the keeper's end. */
	bool patient;
	/* After each step: what cannot wait for the next. */
	int (*after)(struct keeper *k, struct err *e);
	void (*tick)(struct keeper *k);
	bool (*ticks)(const struct keeper *k); /* NULL: always */
	/* `port` as it was given to keeper_loop_hear */
	void (*receive)(void *port);
	bool (*busy)(const struct keeper *k); /* it has something to keep */
	/* Let go of everything. */
	void (*drop)(struct keeper *k);
};

struct keeper_loop {
	const struct keeper_ops *ops;
	struct keeper *k;
	struct vnet *v;
	struct nl *events;
	int epfd, lock, listen;
	int other; /* a process that it is there for, or -1 */
	int news;  /* of its place (keeper_alone.h), or -1 */
	bool over; /* there is none */
	/* ms; of the last two 0: none wanted */
	uint64_t tick_at, sync_at, other_at;
	uint64_t rest_until; /* what the kernel tells waits so long */
};

/* Keep until there is nothing to keep, or it fails; as keeper_sort's main. */
int keeper_loop_run(struct keeper_loop *l, const struct keeper_ops *ops,
		    struct keeper *k, struct vnet *v, void (*ready)(void),
		    struct err *e);
/* Something has changed, and more may follow: look at everything soon. */
void keeper_loop_changed(struct keeper_loop *l);

/* What is heard on a port: frames to this group that the filter takes. */
struct keeper_frames {
	const char *proto; /* for errors */
	unsigned char group[ETH_ALEN];
	struct sock_fprog filter;
};

/*
 * A packet socket, non-blocking, by which can also be sent; `receive` is called
 * when there is something.  It hears what comes in before a bridge or an engine
 * takes it.  Closing it is enough to end it.
 */
int keeper_loop_hear(struct keeper_loop *l, const struct keeper_frames *f,
		     int index, void *port, int *ret, struct err *e);

#endif
