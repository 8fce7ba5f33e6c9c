/* vlan_impl: what kind_vlan.c and vlan.c share. */
#ifndef CB_NET_VLAN_IMPL_H
#define CB_NET_VLAN_IMPL_H

#include "net/vlan.h"

#define VLAN_MTU 1500 /* of one without a parent */

/* vlan_set() whose errors begin with `what`. */
int vlan_set_as(struct vnet *v, const char *name, const struct vlan_words *w,
		const char *what, struct err *e);

/* One of the driver's, under that name, of that VLAN.  Errors as above. */
int vlan_make(struct vnet *v, const char *name, const struct vlan_words *w,
	      const char *what, struct err *e);

#endif
