/*
 * ifng: interfaces of ifconfig(8) whose engine is netgraph.
 *
 * Theory of operation.  net/fallback.h says when.  Each such interface is the
 * far end of a vif node (netgraph/links.h), and what a kernel's driver would
 * do is done by nodes between that and the ether nodes of other interfaces:
 *
 *	vlan	em0:ctag -- downstream:vlan:vlan10 -- ether:vif
 *		em0:ctagrest -- nomatch
 *	lagg	em0:lower -- port0:lagg:one -- ether:vif
 *		em1:lower -- port1
 *
 * They are nodes as others are: ngctl(8) shows them, `cellblock trace` what
 * becomes of packets, the journal keeps them.  One vlan node serves all VLANs
 * of an interface (and type of tags); it comes with the first and goes with
 * the last.  Which nodes an interface has is asked of the graph each time, from
 * the name of the hidden end of its pair on: no record of ours can be wrong.
 *
 * The work is done by messages of an ordinary client, so a jail's root may do
 * it in its vnet by way of its keeper.
 */
#ifndef CB_IFNG_IFNG_H
#define CB_IFNG_IFNG_H

/* Make netgraph be the fallback engine of this program. */
void ifng_register(void);

#endif
