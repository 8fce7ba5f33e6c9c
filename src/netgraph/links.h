/*
 * links: the interfaces of a graph's vnet, and what their coming and going
 * does to its nodes.
 *
 * Theory of operation.  One socket hears of every link of the vnet.  At the
 * start, and when messages were lost, all links are dumped and compared with
 * the nodes that there are (a journal's, say); after that each message is
 * worked in by itself, so that a thousand interfaces cost a thousand small
 * steps.  Both ways go through one function, which knows three kinds:
 *
 *	our end of an eiface's pair   its node follows: gone with it; where
 *	                              ngethN is now (which namespace)
 *	ngethN itself, here           nothing: its node is the eiface
 *	any other Ethernet-like one   an ether node of its name, which comes,
 *	                              goes and is renamed with it; vlans and
 *	                              laggs, too, which vif nodes make
 *
 * A pair whose maker was killed before it had written the node down is
 * removed.
 */
#ifndef CB_NETGRAPH_LINKS_H
#define CB_NETGRAPH_LINKS_H

#include "base/err.h"
#include "net/eiface.h"
#include "net/vnet.h"
#include "netgraph/graph.h"

#include <net/if.h>
#include <netgraph/ng_eiface.h>

struct ng_links;

/* After the journal was played.  g is borrowed and has a vnet; with a data
 * path of memory only there is nothing to hear (-ENODEV). */
int ng_links_open(struct ng_graph *g, struct ng_links **ret, struct err *e);
void ng_links_free(struct ng_links **l);
int ng_links_fd(const struct ng_links *l);
/* What has come in; when it is a lot, all links are looked at anew. */
int ng_links_read(struct ng_links *l, struct err *e);

/* --- for node_ether.c and node_eiface.c --- */

/* One link, as RTM_NEWLINK tells it. */
struct ng_link {
	uint32_t ifindex;
	char name[IFNAMSIZ];
	char kind[16]; /* IFLA_INFO_KIND */
	uint16_t arptype;
	uint32_t flags, group, mtu;
	bool carrier;
	bool fallback; /* a tunnel driver's own (net/iptunnel.h): no node */
	uint8_t mac[6];
	uint32_t peer; /* IFLA_LINK */
	int netnsid;   /* where that is; -1: here */
};

/* Ask for link `ifindex`, in the namespace that netnsid is in v (-1: v). */
int ng_link_get(struct vnet *v, uint32_t ifindex, int netnsid,
		struct ng_link *ret);
/* Change it (only in v): flags by mask, group, address. */
int ng_link_flags(struct vnet *v, uint32_t ifindex, uint32_t mask,
		  uint32_t flags);
int ng_link_group(struct vnet *v, uint32_t ifindex, uint32_t group);
int ng_link_mac(struct vnet *v, uint32_t ifindex, const uint8_t mac[6]);

/* That interface gets no node while this process and it are there. */
void ng_links_leave_alone(const struct ng_graph *g, uint32_t ifindex);

/* What the links code asks of the two types (each in its node's file). */
int ether_arrived(struct ng_graph *g, const struct ng_link *l);
/* whole: as found by a look at all links, not news of one; what should be
 * attached to it is made sure of. */
void ether_seen(struct ng_node *n, const struct ng_link *l, bool whole);
void ether_gone(struct ng_node *n);
void eiface_seen(struct ng_node *n, const struct ng_link *l, bool whole);
void eiface_gone(struct ng_node *n);

/* The link of ngethN is up. */
bool eiface_link(const struct ng_node *n);

/*
 * A vif is an eiface whose interface belongs to ifconfig(8): a vlan or a lagg
 * where Linux has no driver.  Its interface is made as vifN, in group
 * IF_GROUP_VIF, and renamed by who made it; units of ngethN are not used up.
 */
#define NG_VIF_NODE_TYPE "vif"
#define NG_VIF_NAME "vif"
#define NGM_VIF_COOKIE 0x76696631

/* Hooks of an ether node for vlans (node_ether.c). */
#define ETHER_HOOK_CTAG "ctag"
#define ETHER_HOOK_STAG "stag"
#define ETHER_HOOK_CREST "ctagrest"
#define ETHER_HOOK_SREST "stagrest"

extern const struct ng_type ng_type_ether, ng_type_eiface, ng_type_vif;

#endif
