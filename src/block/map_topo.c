/* map_topo: the topology, from the kernel or made by hand. */
#include "block/map.h"

#include <stdlib.h>

void topo_free(struct topo *t)
{
	for (size_t i = 0; i < t->njails; i++) {
		struct topo_jail *j = &t->jails[i];

		free(j->name);
		free(j->full);
		free(j->hostname);
		free(j->gateway);
		strv_free(&j->addrs);
		ifnets_free(&j->ifs);
	}
	free(t->jails);
	free(t->links);
	*t = (struct topo){0};
}
