/* ifstats: packet counters of the interfaces of a vnet, for netstat -i. */
#ifndef CB_NET_IFSTATS_H
#define CB_NET_IFSTATS_H

#include "base/err.h"
#include "net/vnet.h"

#include <stddef.h>
#include <stdint.h>

struct ifstats {
	int index;
	uint64_t ipkts, ierrs, idrop, ibytes;
	uint64_t opkts, oerrs, odrop, obytes, coll;
};

/* In no particular order; the caller frees. */
int ifstats_load(struct vnet *v, struct ifstats **ret, size_t *ret_n,
		 struct err *e);
const struct ifstats *ifstats_find(const struct ifstats *v, size_t n,
				   int index);

#endif
