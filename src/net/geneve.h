/*
 * geneve: the configuration of geneve(4) interfaces, as FreeBSD 16's words, as
 * the kernel's attributes, and as text.
 */
#ifndef CB_NET_GENEVE_H
#define CB_NET_GENEVE_H

#include "base/err.h"
#include "net/ifnet.h"
#include "net/tunnel.h"
#include "net/vnet.h"
#include "nl/nl.h"

#include <stdbool.h>
#include <stdint.h>

#define GENEVE_NO_VNI (TUNNEL_VNI_MAX + 1)
#define GENEVE_PORT 6081

struct geneve {
	uint32_t vni; /* GENEVE_NO_VNI: not set */
	struct tunnel_addr remote;
	uint16_t port;
	uint8_t ttl, df; /* enum ifla_geneve_df */
	bool ttl_inherit, dscp_inherit;
	bool l3; /* IP packets instead of Ethernet frames */
};

void geneve_init(struct geneve *g);

/* As vxlan_word(). */
int geneve_word(struct geneve *g, int nwords, char *const *words,
		int *ret_nargs, struct err *e);

void geneve_put(struct nlm *m, const void *data);
void geneve_read(const struct nlattr *info, struct geneve *ret);

/* Of an interface, whatever holds it: the driver or the state file. */
int geneve_load(struct vnet *v, const struct ifnet *ifp, struct geneve *ret,
		struct err *e);
/* To the driver when there are number and far end, else to the state file. */
int geneve_apply(struct vnet *v, const char *ifname, const struct geneve *now,
		 struct err *e);
/* Number and far end are there. */
bool geneve_ready(const struct geneve *g);

#endif
