/*
 * map: the drawing of what runs.  kernel -> topology (map_topo.c) -> layout
 * -> text; each output form is one file (map_box.c Unicode and ASCII boxes,
 * map_dot.c, map_json.c, SVG through Graphviz from map_dot).
 */
#ifndef CB_BLOCK_MAP_H
#define CB_BLOCK_MAP_H

#include "base/err.h"
#include "base/str.h"
#include "net/ifnet.h"

/* A netgraph node (map_ng.h), those of interfaces included. */
struct topo_hook {
	char name[32];
	uint32_t peer; /* id */
	char peer_hook[32];
};
struct topo_node {
	uint32_t id;
	char name[32], type[32];
	uint32_t ifindex; /* of ether: its; of eiface: our end of the pair */
	struct topo_hook *hooks;
	size_t nhooks;
};
/* What an interface that is none stands for. */
struct topo_part {
	size_t node, hook; /* indexes; hook SIZE_MAX: the node itself */
};

struct topo_jail {
	int jid;    /* 0: the level the map starts at */
	char *name; /* last component; "host" or the block's name for the root
		     */
	char *full; /* full name */
	int parent; /* index in jails, -1 for the root */
	bool vnet;
	uint64_t cookie;
	struct ifnets ifs;
	char *hostname, *gateway; /* default route's next hop, or NULL */
	bool inherits_host;	  /* hostname is its parent's */
	int gateway_if;	   /* index of the interface to it, 0 if unknown */
	struct strv addrs; /* ip4.addr, ip6.addr of a jail without vnet */
	struct topo_node *nodes; /* by id */
	size_t nnodes;
	size_t ng_at;		 /* first of ifs that is a node's part */
	struct topo_part *parts; /* of ifs from there on; NULL: none */
};

/* A patch cable: two ends of one epair (or an eiface and its node). */
struct topo_link {
	size_t jail_a, if_a; /* indexes */
	size_t jail_b, if_b;
};

struct topo {
	struct topo_jail *jails; /* parents before children */
	size_t njails;
	struct topo_link *links;
	size_t nlinks;
};

/* From jail `root` (NULL: the calling level) downwards. */
int topo_load(const char *root, struct topo *ret, struct err *e);
void topo_free(struct topo *t);

struct map_opts {
	int width; /* columns */
	bool ascii;
	bool colour;
	bool all; /* do not fold many similar jails into one box */
};
int map_boxes(const struct topo *t, const struct map_opts *o,
	      struct strbuf *out, struct err *e);
int map_dot(const struct topo *t, struct strbuf *out, struct err *e);
/* Runs dot(1); -ENOENT with the Debian package's name when it is missing. */
int map_svg(const struct topo *t, struct strbuf *out, struct err *e);
int map_json(const struct topo *t, struct strbuf *out, struct err *e);

#endif
