/* bridge_impl: what the bridge_*.c files share. */
#ifndef CB_NET_BRIDGE_IMPL_H
#define CB_NET_BRIDGE_IMPL_H

#include "net/bridge.h"

/* Load the bridge; a name that is none: EINVAL with `what`'s text. */
int bridge_get(struct vnet *v, const char *bridge, struct ifnet *ret,
	       struct err *e, const char *what, ...)
	__attribute__((format(printf, 5, 6)));

/* Indexes of the members, in the kernel's order. */
struct bridge_members {
	int *v;
	uint32_t *mtu;
	size_t n;
};
int bridge_members_load(struct vnet *v, int bridge, struct bridge_members *ret,
			struct err *e);
void bridge_members_free(struct bridge_members *m);
#define cleanup_members __attribute__((cleanup(bridge_members_free)))

/* Forget what was said of members that are none any more. */
int bridge_ports_tidy(struct vnet *v, int bridge, struct err *e);

/* The table by the bridge's index; `expire` orders entries by age only. */
int bridge_fdb_load(struct vnet *v, int bridge, struct bridge_entry **ret,
		    size_t *ret_n, struct err *e);
int bridge_entry_delete(struct vnet *v, const struct bridge_entry *be);

/* A flag of IFBIF_STATE of the member with that index. */
int bridge_port_flag(struct vnet *v, const struct ifnet *br, int index,
		     uint32_t flag, bool on, struct err *e);

/*
 * Bring the mirrors of one new member (or, with member 0, of all members and
 * the bridge itself) in step with the bridge's list of span ports.
 */
int span_sync(struct vnet *v, int bridge, int member, struct err *e);
/* A member that has left keeps no mirrors. */
int span_clear(struct vnet *v, int member, struct err *e);

#endif
