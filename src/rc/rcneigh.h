/*
 * rcneigh: facts about neighbours: static_arp_pairs, static_ndp_pairs.
 */
#ifndef CB_RC_RCNEIGH_H
#define CB_RC_RCNEIGH_H

#include "rc/rcact.h"
#include "rc/rcstate.h"

/* key: the address, value: its MAC */
int rcneigh_make(struct rcact *a, const struct fact *f, struct err *e);
int rcneigh_undo(struct rcact *a, const struct note *n, struct err *e);
bool rcneigh_has(struct vnet *v, const struct fact *f);

#endif
