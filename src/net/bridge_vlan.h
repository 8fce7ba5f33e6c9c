/*
 * bridge_vlan: VLAN filtering as FreeBSD 15 words it, on the filtering of the
 * kernel's bridge (CONFIG_BRIDGE_VLAN_FILTERING).
 *
 * A member has one VLAN for untagged frames or none, and a set of VLANs that
 * come and go tagged.  Nothing passes that is in neither.  The bridge's own
 * end takes part tagged, in every VLAN that a member is in: vlan interfaces on
 * the bridge are how the host is in one.
 */
#ifndef CB_NET_BRIDGE_VLAN_H
#define CB_NET_BRIDGE_VLAN_H

#include "base/err.h"
#include "net/ifnet.h"
#include "net/vlanset.h"
#include "net/vnet.h"

enum vlan_op {
	VLAN_SET,
	VLAN_ADD,
	VLAN_DEL,
};

/* -EOPNOTSUPP, naming the option, where the kernel filters no VLANs. */
int bridge_vlan_filter(struct vnet *v, const char *bridge, bool on,
		       struct err *e);
/* vid 0: none.  -EINVAL in a bridge that does not filter. */
int bridge_vlan_untagged(struct vnet *v, const char *bridge, const char *member,
			 uint16_t vid, const char *word, struct err *e);
int bridge_vlan_tagged(struct vnet *v, const char *bridge, const char *member,
		       const struct vlanset *set, enum vlan_op op,
		       const char *word, struct err *e);
/*
 * The Ethernet type of a member's tags.  The kernel's bridge has one for all:
 * -EOPNOTSUPP while another member is in VLANs tagged.
 */
int bridge_vlan_proto(struct vnet *v, const char *bridge, const char *member,
		      uint16_t type, struct err *e);
/* -ENOENT, -EINVAL: no member of this bridge, or it does not filter. */
int bridge_vlan_is_member(struct vnet *v, const char *bridge,
			  const char *member, const char *what, struct err *e);
/* What members that are added from now on are in untagged; 0: none. */
int bridge_vlan_default(struct vnet *v, const char *bridge, uint16_t vid,
			struct err *e);
/* A member has been added. */
int bridge_vlan_joined(struct vnet *v, const struct ifnet *br, int index,
		       struct err *e);

/* What the members of bridges in `all` are in, for a listing. */
int bridge_vlans_load(struct vnet *v, struct ifnets *all, struct err *e);

#endif
