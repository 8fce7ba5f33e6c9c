/* The rows of the table of kinds (kind.c); each kind's file defines its own. */
#ifndef CB_NET_KIND_ROWS_H
#define CB_NET_KIND_ROWS_H

#include "net/kind.h"

extern const struct ifkind kind_lo, kind_epair, kind_bridge, kind_vmnet,
	kind_tap, kind_tun, kind_eiface, kind_ngiface, kind_vxlan, kind_gif,
	kind_gre, kind_stf, kind_wg, kind_geneve, kind_vlan, kind_lagg;
/* kind_seen.c: recognised, shown, destroyed; not created here */
extern const struct ifkind kind_macvlan, kind_dummy, kind_ifb, kind_other,
	kind_ether;

/* show_tunnel of gif and gre: "tunnel inet A --> B". */
void kind_show_ends(const struct ifnet *ifp, const struct ifconfig_opts *o,
		    struct strbuf *out);

/* Delete the link: the destroy of most kinds. */
int kind_destroy_link(struct vnet *v, const struct ifnet *ifp, struct err *e);

/*
 * The error of a create that the kernel answered with `error`: it has no such
 * driver, or SIOCIFCREATE2's text.
 */
int kind_refuse(const struct ifkind *k, int error, struct err *e);

/* if_create_epair_at(), the unit being free. */
int epair_create_at(struct vnet *v, int unit, struct vnet *const at[2],
		    struct err *e);

/* if_create() of em0.10. */
int vlan_create_dotted(struct vnet *v, const char *name, int nwords,
		       char **words, int *ret_used, char ret_name[IFNAMSIZ],
		       struct err *e);

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
