/*
 * kernel: the connection to one vnet's pf, for those who write to the kernel.
 */
#ifndef CB_PF_KERNEL_H
#define CB_PF_KERNEL_H

#include "pf/load.h"

struct pf_kernel {
	const struct vnet *v; /* borrowed */
	struct nl *nf;	      /* NETLINK_NETFILTER in the vnet */
	uint32_t generation;  /* of the ruleset; 0: not read yet */
	bool no_egress;	      /* a load has found no such hook */
};

#endif
