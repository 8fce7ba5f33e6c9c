/*
 * vxlan: the configuration of vxlan(4) interfaces, as FreeBSD's words, as the
 * kernel's attributes, and as text.
 */
#ifndef CB_NET_VXLAN_H
#define CB_NET_VXLAN_H

#include "base/err.h"
#include "net/ifnet.h"
#include "net/tunnel.h"
#include "net/vnet.h"
#include "nl/nl.h"

#include <stdbool.h>
#include <stdint.h>

#define VXLAN_NO_VNI (TUNNEL_VNI_MAX + 1)
#define VXLAN_PORT 4789

struct vxlan {
	uint32_t vni; /* VXLAN_NO_VNI: not set */
	struct tunnel_addr local, remote;
	uint16_t local_port, remote_port, port_min, port_max;
	uint32_t timeout, maxaddr;
	uint8_t ttl;
	bool learn;
	char dev[IFNAMSIZ]; /* for multicast; "" */
	int ifindex;	    /* of dev, as the kernel knows it */
};

void vxlan_init(struct vxlan *x);

/*
 * One word with its arguments ("vxlanid", "42") onto *x.  1: it was one of
 * vxlan's, ret_nargs arguments used; 0: it is none; or -EINVAL with
 * ifconfig's text.
 */
int vxlan_word(struct vxlan *x, int nwords, char *const *words, int *ret_nargs,
	       struct err *e);
/* What cannot be together; the text is ifconfig's. */
int vxlan_check(const struct vxlan *x, struct err *e);

/* IFLA_INFO_DATA of a new link; and the configuration that one tells of. */
void vxlan_put(struct nlm *m, const void *data);
void vxlan_read(const struct nlattr *info, struct vxlan *ret);

/* Of an interface, whatever holds it: the driver or the state file. */
int vxlan_load(struct vnet *v, const struct ifnet *ifp, struct vxlan *ret,
	       struct err *e);
/*
 * From `old` (as loaded) to `now`: to the driver when there is a number, else
 * to the state file.  `what` stands before the error's text.
 */
int vxlan_apply(struct vnet *v, const char *ifname, const struct vxlan *old,
		const struct vxlan *now, const char *what, struct err *e);

/* vxlanflush, vxlanflushall. */
int vxlan_flush(struct vnet *v, const struct ifnet *ifp, bool all,
		struct err *e);
/* Entries of its table. */
int vxlan_entries(struct vnet *v, int ifindex, uint32_t *ret, struct err *e);

#endif
