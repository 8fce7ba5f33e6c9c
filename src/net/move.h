/* move: what if_move shares with the bridge, which is rebuilt, not moved. */
#ifndef CB_NET_MOVE_H
#define CB_NET_MOVE_H

#include "base/err.h"
#include "net/ifnet.h"
#include "net/vnet.h"

/* The id of namespace nsfd inside v; -1: it has none there. */
int vnet_nsid_find(struct vnet *v, int nsfd, int *ret);
/* The id of namespace `of` inside v (given one if it has none); -1: none. */
int vnet_nsid(struct vnet *v, const struct vnet *of);

/* State file and unit of an interface that now is new_index in `to`. */
int if_moved(struct vnet *from, struct vnet *to, const char *kname,
	     const char *linux_kind, int old_index, int new_index,
	     struct err *e);

/*
 * Rebuild a bridge in `to` with its settings and static addresses that have no
 * member, then remove the old one.  Members stay behind, as on FreeBSD.
 */
int bridge_move(struct vnet *from, const struct ifnet *br, struct vnet *to,
		struct err *e);

#endif
