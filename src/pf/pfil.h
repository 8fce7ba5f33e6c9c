/*
 * pfil: net.link.bridge.pfil_* put in force: what the kernel shows to filters
 * (net/bridge_pfil.h), the rules that look at members (nft_member.c), and the
 * frames that pfil_onlyip stops.
 */
#ifndef CB_PF_PFIL_H
#define CB_PF_PFIL_H

#include "net/vnet.h"

/*
 * As the vnet has them kept.  -EOPNOTSUPP names what the kernel lacks; what
 * was in force before may be so only in part then: keep the old values again
 * and call once more.
 */
int pf_pfil_apply(const struct vnet *v, struct err *e);
/* Make loaded rules anew: something that they were made for has changed. */
int pf_rules_again(const struct vnet *v, struct err *e);

#endif
