/* map_topo: how map_load.c finds the cables of a topology. */
#ifndef CB_BLOCK_MAP_TOPO_H
#define CB_BLOCK_MAP_TOPO_H

#include "block/map.h"

/* In the vnet of jail `from`, `nsid` is the number of that of jail `to`. */
typedef bool topo_same(void *data, size_t from, int nsid, size_t to);

/* Fill t->links from the interfaces' indexes. */
int topo_match(struct topo *t, topo_same *same, void *data, struct err *e);

#endif
