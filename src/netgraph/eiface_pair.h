/*
 * eiface_pair: the pair of interfaces behind an eiface node.
 *
 * Theory of operation.  ngethN is one end of a veth pair.  The other,
 * ng-ngethN, is ours: it stays in the graph's vnet, is shown by no listing,
 * speaks no protocol, and the data path's program on it takes everything that
 * arrives. It is up while the link of ngethN is.  From our end the kernel tells
 * where ngethN is, whatever a jail has done to it: by its number, and the
 * namespace's as this one knows it.
 */
#ifndef CB_NETGRAPH_EIFACE_PAIR_H
#define CB_NETGRAPH_EIFACE_PAIR_H

#include "net/vnet.h"
#include "netgraph/links.h"

/* How pairs of a type of node are called. */
struct pair_names {
	const char *base;   /* "ngeth" */
	uint32_t group;	    /* of the far end */
	unsigned int first; /* its units are so many behind in numbers */
};

/*
 * Make ngethUNIT: the number of our end and ngethUNIT's.  -EEXIST: one of the
 * names is taken.
 */
int pair_make(struct vnet *v, const struct pair_names *how, unsigned int unit,
	      uint32_t *ret_ifindex, uint32_t *ret_far);
/* Take both ends away, wherever the other is. */
int pair_remove(struct vnet *v, uint32_t ifindex);
/* The link of ngethN goes up or down. */
int pair_link(struct vnet *v, uint32_t ifindex, bool up);
/* ngethN as it is now; netnsid and ifindex say where. */
int pair_far(struct vnet *v, uint32_t ifindex, struct ng_link *ret,
	     int *ret_netnsid);
/* Give ngethN a link address. */
int pair_mac(struct vnet *v, uint32_t ifindex, const uint8_t mac[6]);

/*
 * Addresses of ngethN as BSD's struct sockaddr, each rounded up to a long, the
 * link's first: malloced.
 */
int pair_addrs(struct vnet *v, uint32_t ifindex, uint8_t **ret,
	       size_t *ret_len);

#endif
