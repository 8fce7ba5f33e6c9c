/* source_role: hooks of a source node, struct ngd_hook .role; for BPF, too. */
#ifndef CB_NETGRAPH_SOURCE_ROLE_H
#define CB_NETGRAPH_SOURCE_ROLE_H

enum {
	NGD_SOURCE_INPUT = 1,
	NGD_SOURCE_OUTPUT,
};

#endif
