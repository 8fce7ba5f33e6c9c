/*
 * vlan: what if_vlan(4) does: interfaces that are one VLAN of another one.
 *
 * Theory of operation.  FreeBSD's vlan0 may be there without a tag or a
 * parent, and get both, or others, later.  A link of Linux' 8021q driver has
 * them from birth and for life.  So where that driver is used, an interface
 * without is a placeholder (a dummy link of its name), and to set or change
 * tag and parent makes the link anew, with the name, addresses, flags and
 * state of the former one.  With the fallback engine (fallback.h) it is the
 * same link for life.
 */
#ifndef CB_NET_VLAN_H
#define CB_NET_VLAN_H

#include "base/err.h"
#include "net/ifnet.h"
#include "net/vnet.h"

#define VLAN_PROTO_8021Q 0x8100
#define VLAN_PROTO_8021AD 0x88a8

/* What the words of one command line have said so far. */
struct vlan_words {
	bool tag, dev, proto_set;
	uint16_t vid, proto;
	char parent[IFNAMSIZ];
};

/* "vlan", "vlandev", "vlanproto": is it one of these? */
bool vlan_is_word(const char *word);
int vlan_word(struct vlan_words *w, const char *word, const char *arg,
	      struct err *e);
/* A word's argument up to max, as strtoul(3) with base 0 reads it; -EINVAL
 * with ifconfig's text. */
int vlan_number(const char *word, const char *arg, unsigned int max,
		unsigned int *ret, struct err *e);
/* "em0.10" into parent and tag; false: it is no such name.  An error when the
 * digits are no tag. */
bool vlan_dotted(const char *name);
int vlan_dotted_parse(const char *name, struct vlan_words *ret, struct err *e);

/* vlan N vlandev IF [vlanproto P] on interface name; errors begin with
 * "SIOCSETVLAN". */
int vlan_set(struct vnet *v, const char *name, const struct vlan_words *w,
	     struct err *e);
/* -vlandev */
int vlan_unset(struct vnet *v, const char *name, struct err *e);
/* vlanpcp N */
int vlan_pcp(struct vnet *v, const char *name, unsigned int pcp, struct err *e);

/*
 * net.link.vlan.mtag_pcp: priorities in tags of packets that come in are known
 * to packet filters (their `prio`), and `set prio` of these goes into the tags
 * of what is sent.  Of Linux's driver: a packet's priority is the tag's, 1 to 7
 * in both directions.
 */
#define VLAN_MTAG_PCP "net.link.vlan.mtag_pcp"
bool vlan_mtag_pcp(const struct vnet *v);
/* It has changed: so do the vlans that there are. */
int vlan_mtag_pcp_apply(struct vnet *v, struct err *e);

/* One of the fallback engine's is in this vnet again: write down what it is. */
int vlan_home(struct vnet *v, const struct ifnet *ifp, struct err *e);

/* An interface has got another address: so do its vlans (vlan(4)).  Linux's
 * driver sees to it, but not for one that is down or had its address set. */
int vlan_follow(struct vnet *v, int parent, const unsigned char mac[6]);

/* "802.1q" */
const char *vlan_proto_name(uint16_t proto);
/* The name to show for the parent; NULL: it has none. */
const char *vlan_parent(const struct ifnets *all, const struct ifnet *ifp);

#endif
