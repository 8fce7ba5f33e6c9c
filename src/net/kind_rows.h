/* The rows of the table of kinds (kind.c); each kind's file defines its own. */
#ifndef CB_NET_KIND_ROWS_H
#define CB_NET_KIND_ROWS_H

#include "net/kind.h"

extern const struct ifkind kind_lo, kind_epair, kind_bridge, kind_vmnet,
	kind_tap, kind_tun;
/* kind_seen.c: recognised, shown, destroyed; not created here */
extern const struct ifkind kind_lagg, kind_vlan, kind_vxlan, kind_gif,
	kind_gif_ip6, kind_stf, kind_gre, kind_gre6, kind_wg, kind_macvlan,
	kind_dummy, kind_ifb, kind_other, kind_ether;

/* Delete the link: the destroy of most kinds. */
int kind_destroy_link(struct vnet *v, const struct ifnet *ifp, struct err *e);

/* Its link is gone: forget its state and give its unit back. */
void kind_forget(struct vnet *v, const struct ifnet *ifp);

/*
 * Make a persistent tap (or tun) device named NAMEunit; they have no netlink
 * form.
 */
int kind_tun_create(struct vnet *v, const char *type, int unit, short flags,
		    char ret_name[IFNAMSIZ], struct err *e);

/*
 * The unit that a name at creation stands for: base "epair0" with end 'a' or
 * 'b', or base "bridge0" with end '-'.  False when it is no clone's name or
 * the link is of another kind.
 */
bool ifkind_home(const char *name, const char *linux_kind,
		 char ret_base[IFNAMSIZ], char *ret_end);

/* Rename an interface that the kernel renames only while it is down. */
int if_rename_down(struct vnet *v, const struct ifnet *ifp, const char *to,
		   struct err *e);

#endif
