/*
 * iface_roles: hooks and words of ether and eiface nodes, as node_ether.c and
 * node_eiface.c publish them and bpf/ reads them.
 */
#ifndef CB_NETGRAPH_IFACE_ROLES_H
#define CB_NETGRAPH_IFACE_ROLES_H

/* struct ngd_hook .role and index of struct ngd_node .hook[] */
enum {
	NGD_ETHER_LOWER = 1,
	NGD_ETHER_UPPER,
	NGD_ETHER_ORPHANS,
	/* what arrives with a tag, 0x8100 or 0x88a8; and what of that is given
	 * back to the stack */
	NGD_ETHER_CTAG,
	NGD_ETHER_STAG,
	NGD_ETHER_CREST,
	NGD_ETHER_SREST,
};
enum {
	NGD_EIFACE_ETHER = 1,
};

/* struct ngd_node .conf[] of an ether node */
enum {
	NGD_ETHER_FLAGS,
	NGD_ETHER_MAC_HI, /* bytes 0 to 3 of its address, as in memory */
	NGD_ETHER_MAC_LO, /* bytes 4 and 5 */
};
#define NGD_ETHER_AUTOSRC 0x1u /* lower: what is sent gets that source */

/* struct ngd_node .conf[] of an eiface node */
enum {
	NGD_EIFACE_FLAGS,
	NGD_EIFACE_FAR, /* interface number of ngethN; 0: not known */
	NGD_EIFACE_MTU, /* what ngethN takes; 0: not known */
};
/*
 * ngethN is in another network namespace: bpf_redirect_peer() reaches it.  (In
 * this one that helper would drop.)  It moves while no broker is there to say
 * so: where FAR is known, packets find out for themselves whether that is an
 * interface of this namespace.
 */
#define NGD_EIFACE_AWAY 0x1u
#define NGD_EIFACE_THERE 0x2u /* there is an interface at all */

#endif
