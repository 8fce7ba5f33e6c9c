/*
 * ether: a network interface and the protocol stack above it, ng_ether(4).
 *
 * One node stands for each Ethernet-like interface of the vnet and has its
 * name; it comes, goes and is renamed with it (links.c), and cannot be made by
 * mkpeer.  Hook lower (or divert) is the wire: what arrives on the interface
 * comes out of it, what is sent into it leaves on the wire.  Hook upper is the
 * stack: what it sends comes out of upper, what is sent into upper is as if
 * it had arrived.  A side that is not connected works as ever.  Hook orphans
 * gives what arrives and no protocol wants.
 *
 * Hooks ctag and stag are not FreeBSD's: what arrives with a tag of type 0x8100
 * or 0x88a8 comes out of them (unless lower takes all), and what is sent into
 * them leaves on the wire; ctagrest and stagrest take back what is nobody's.
 * So vlan interfaces do what they do there below the stack and behind
 * netgraph, where Linux has no driver for them (ifng/), and the other hooks
 * stay free for those who want them.
 *
 * In the kernel (bpf/ether.bpf.h): all packets.  Programs are attached to the
 * interface only for what is connected: ingress for lower and orphans, egress
 * for upper.  In the broker: hooks, messages, the interface's settings.
 *
 * Unlike FreeBSD: with lower connected the interface is promiscuous without
 * being told (a bridge behind it could not work otherwise), and a node that
 * has lost its last hook is as at the beginning: autosrc 0 (there: 1).
 */
#include "netgraph/dp.h"
#include "netgraph/iface_roles.h"
#include "netgraph/links.h"
#include "netgraph/type.h"

#include "base/cleanup.h"
#include "base/str.h"

#include <errno.h>
#include <net/if.h>
#include <netgraph/ng_ether.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

struct ether_priv {
	char ifname[IFNAMSIZ]; /* as last seen; the node may be called else */
	uint8_t mac[6];
	bool promisc; /* as setpromisc said */
	bool raised;  /* the flag is set, and by us */
	bool autosrc;
	bool carrier;
	bool gone;	/* its end is meant */
	uint32_t hooks; /* 1 << role of those that are connected */
};

#define WITH(role) (1u << (role))
/* What others than this host may be meant by comes out of these. */
#define WITH_WIRE                                                              \
	(WITH(NGD_ETHER_LOWER) | WITH(NGD_ETHER_CTAG) | WITH(NGD_ETHER_STAG))

static const struct {
	const char *name;
	uint16_t role;
} ether_hooks[] = {
	{NG_ETHER_HOOK_LOWER, NGD_ETHER_LOWER},
	{NG_ETHER_HOOK_DIVERT, NGD_ETHER_LOWER},
	{NG_ETHER_HOOK_UPPER, NGD_ETHER_UPPER},
	{NG_ETHER_HOOK_ORPHAN, NGD_ETHER_ORPHANS},
	{ETHER_HOOK_CTAG, NGD_ETHER_CTAG},
	{ETHER_HOOK_STAG, NGD_ETHER_STAG},
	{ETHER_HOOK_CREST, NGD_ETHER_CREST},
	{ETHER_HOOK_SREST, NGD_ETHER_SREST},
};

static struct vnet *vnet_of(const struct ng_node *n)
{
	return dp_vnet(ng_graph_dp(n->graph));
}

/* ---------------------------------------------- the interface follows */

/* Attach the programs that the connected hooks need, and no others. */
static int ether_attach(struct ng_node *n)
{
	const struct ether_priv *p = n->priv;
	unsigned int hooking = 0;
	int r;

	if (!vnet_of(n))
		return 0;
	if (p->hooks & (WITH_WIRE | WITH(NGD_ETHER_ORPHANS)))
		hooking |= DP_INGRESS;
	if (p->hooks & WITH(NGD_ETHER_UPPER))
		hooking |= DP_EGRESS;
	if (p->gone)
		hooking = 0;
	r = dp_device(ng_graph_dp(n->graph), n->ifindex, hooking, n->slot,
		      NULL);
	return p->gone ? 0 : r;
}

/* Set IFF_PROMISC while it is wanted; a flag that was there is not ours. */
static int ether_promisc(struct ng_node *n)
{
	struct ether_priv *p = n->priv;
	bool want = p->promisc || (p->hooks & WITH_WIRE);
	struct vnet *v = vnet_of(n);
	struct ng_link l;
	int r;

	if (!v || p->gone || want == p->raised)
		return 0;
	if (want) {
		r = ng_link_get(v, n->ifindex, -1, &l);
		if (r < 0 || (l.flags & IFF_PROMISC))
			return r;
	}
	r = ng_link_flags(v, n->ifindex, IFF_PROMISC, want ? IFF_PROMISC : 0);
	if (!r)
		p->raised = want;
	return r;
}

/* ------------------------------------------------------------- hooks */

static int ether_newhook(struct ng_node *n, struct ng_hook *h)
{
	for (size_t i = 0; i < ARRAY_SIZE(ether_hooks); i++)
		if (!strcmp(h->name, ether_hooks[i].name))
			h->role = ether_hooks[i].role;
	if (!h->role)
		return -EINVAL;
	for (const struct ng_hook *o = n->hooks; o; o = o->older)
		if (o != h && o->role == h->role)
			return -EISCONN;
	return 0;
}

/* A kind of node that acts on what the link of an interface does, or tells
 * those behind it. */
static bool heeds_links(const struct ng_hook *h)
{
	if (h->role == NGD_ETHER_CTAG || h->role == NGD_ETHER_STAG)
		return true;
	switch (h->peer ? h->peer->node->type->kind : 0) {
	case NGD_LAGG:
	case NGD_EIFACE:
	case NGD_ONE2MANY:
	case NGD_TEE:
	case NGD_VLAN:
		return true;
	default:
		return false;
	}
}

/* Somebody has to be there to pass the news on. */
static void ether_stay(struct ng_node *n)
{
	bool busy = false;

	for (const struct ng_hook *h = n->hooks; h; h = h->older)
		busy |= h->role != NGD_ETHER_UPPER && heeds_links(h);
	ng_busy(n, busy);
}

static int ether_connect(struct ng_hook *h)
{
	struct ng_node *n = h->node;
	struct ether_priv *p = n->priv;
	int r;

	p->hooks |= WITH(h->role);
	r = ether_attach(n);
	if (!r)
		r = ether_promisc(n);
	if (r < 0) {
		p->hooks &= ~WITH(h->role);
		ether_attach(n);
		return r;
	}
	ether_stay(n);
	return ng_node_changed(n);
}

/* As it was before its first hook. */
static void ether_reset(struct ng_node *n)
{
	struct ether_priv *p = n->priv;

	p->promisc = false;
	p->autosrc = false;
	ether_promisc(n);
	ng_node_changed(n);
}

static void ether_disconnect(struct ng_hook *h)
{
	struct ng_node *n = h->node;
	struct ether_priv *p = n->priv;

	p->hooks &= ~WITH(h->role);
	ether_attach(n);
	ether_stay(n);
	if (!p->hooks) {
		ether_reset(n);
		return;
	}
	ether_promisc(n);
	ng_node_changed(n);
}

static int ether_shutdown(struct ng_node *n)
{
	const struct ether_priv *p = n->priv;

	if (p->gone)
		return 0;
	ether_reset(n);
	return -EBUSY;
}

/* ---------------------------------------------------------- messages */

static int get_ifname(struct ng_node *n, const struct ng_mesg *m,
		      struct ng_reply *reply)
{
	const struct ether_priv *p = n->priv;

	return ng_answer(reply, m, p->ifname, sizeof(p->ifname));
}

static int answer_u32(struct ng_reply *reply, const struct ng_mesg *m,
		      uint32_t value)
{
	return ng_answer(reply, m, &value, sizeof(value));
}

static int get_ifindex(struct ng_node *n, const struct ng_mesg *m,
		       struct ng_reply *reply)
{
	return answer_u32(reply, m, n->ifindex);
}

static int get_enaddr(struct ng_node *n, const struct ng_mesg *m,
		      struct ng_reply *reply)
{
	const struct ether_priv *p = n->priv;

	return ng_answer(reply, m, p->mac, sizeof(p->mac));
}

static int get_promisc(struct ng_node *n, const struct ng_mesg *m,
		       struct ng_reply *reply)
{
	const struct ether_priv *p = n->priv;

	return answer_u32(reply, m, p->promisc);
}

static int get_autosrc(struct ng_node *n, const struct ng_mesg *m,
		       struct ng_reply *reply)
{
	const struct ether_priv *p = n->priv;

	return answer_u32(reply, m, p->autosrc);
}

static int set_enaddr(struct ng_node *n, const struct ng_mesg *m,
		      struct ng_reply *reply)
{
	struct ether_priv *p = n->priv;
	int r = 0;

	(void)reply;
	if (m->header.arglen != sizeof(p->mac))
		return -EINVAL;
	if (vnet_of(n))
		r = ng_link_mac(vnet_of(n), n->ifindex,
				(const uint8_t *)m->data);
	if (r < 0)
		return r;
	memcpy(p->mac, m->data, sizeof(p->mac));
	return ng_node_changed(n);
}

static int set_promisc(struct ng_node *n, const struct ng_mesg *m,
		       struct ng_reply *reply)
{
	struct ether_priv *p = n->priv;
	bool was = p->promisc;
	uint32_t want;
	int r;

	(void)reply;
	if (m->header.arglen != sizeof(want))
		return -EINVAL;
	memcpy(&want, m->data, sizeof(want));
	p->promisc = want;
	r = ether_promisc(n);
	if (r < 0) {
		p->promisc = was;
		return r;
	}
	return ng_node_changed(n);
}

static int set_autosrc(struct ng_node *n, const struct ng_mesg *m,
		       struct ng_reply *reply)
{
	struct ether_priv *p = n->priv;
	uint32_t want;

	(void)reply;
	if (m->header.arglen != sizeof(want))
		return -EINVAL;
	memcpy(&want, m->data, sizeof(want));
	p->autosrc = want;
	return ng_node_changed(n);
}

/* Is that one among the groups that the interface listens to already? */
static bool multi_known(struct vnet *v, uint32_t ifindex, const uint8_t mac[6])
{
	cleanup_fclose FILE *f = NULL;
	char line[256], want[13];
	bool found = false;
	int back;

	snprintf(want, sizeof(want), "%02x%02x%02x%02x%02x%02x", mac[0], mac[1],
		 mac[2], mac[3], mac[4], mac[5]);
	if (vnet_enter(v, &back, NULL) < 0)
		return false;
	f = fopen("/proc/thread-self/net/dev_mcast", "re");
	while (f && !found && fgets(line, sizeof(line), f)) {
		unsigned int index;
		char addr[65];

		found = sscanf(line, "%u %*s %*u %*u %64s", &index, addr) ==
				2 &&
			index == ifindex && !strcmp(addr, want);
	}
	vnet_leave(&back);
	return found;
}

/* Join or leave an Ethernet multicast group. */
static int multi_change(struct ng_node *n, const struct ng_mesg *m,
			unsigned long request)
{
	struct vnet *v = vnet_of(n);
	struct ifreq ifr = {0};

	if (m->header.arglen != 6)
		return -EINVAL;
	if (!(m->data[0] & 1))
		return -EADDRNOTAVAIL;
	if (!v || !vnet_ifname(v, (int)n->ifindex, ifr.ifr_name))
		return -ENXIO;
	ifr.ifr_hwaddr.sa_family = AF_UNSPEC;
	memcpy(ifr.ifr_hwaddr.sa_data, m->data, 6);
	return ioctl(nl_fd(v->rt), request, &ifr) < 0 ? -errno : 0;
}

static int add_multi(struct ng_node *n, const struct ng_mesg *m,
		     struct ng_reply *reply)
{
	(void)reply;
	if (m->header.arglen == 6 && vnet_of(n) &&
	    multi_known(vnet_of(n), n->ifindex, (const uint8_t *)m->data))
		return -EADDRINUSE;
	return multi_change(n, m, SIOCADDMULTI);
}

static int del_multi(struct ng_node *n, const struct ng_mesg *m,
		     struct ng_reply *reply)
{
	(void)reply;
	return multi_change(n, m, SIOCDELMULTI);
}

/* The interface stays, without a node until it, or the broker, comes anew. */
static int detach(struct ng_node *n, const struct ng_mesg *m,
		  struct ng_reply *reply)
{
	(void)m;
	(void)reply;
	while (n->hooks)
		ng_hook_destroy(n->hooks);
	ng_links_leave_alone(n->graph, n->ifindex);
	ether_gone(n);
	return 0;
}

typedef int ether_msg_fn(struct ng_node *n, const struct ng_mesg *m,
			 struct ng_reply *reply);

static ether_msg_fn *const ether_msgs[] = {
	[NGM_ETHER_GET_IFNAME] = get_ifname,
	[NGM_ETHER_GET_IFINDEX] = get_ifindex,
	[NGM_ETHER_GET_ENADDR] = get_enaddr,
	[NGM_ETHER_SET_ENADDR] = set_enaddr,
	[NGM_ETHER_GET_PROMISC] = get_promisc,
	[NGM_ETHER_SET_PROMISC] = set_promisc,
	[NGM_ETHER_GET_AUTOSRC] = get_autosrc,
	[NGM_ETHER_SET_AUTOSRC] = set_autosrc,
	[NGM_ETHER_ADD_MULTI] = add_multi,
	[NGM_ETHER_DEL_MULTI] = del_multi,
	[NGM_ETHER_DETACH] = detach,
};

static int ether_rcvmsg(struct ng_node *n, const struct ng_mesg *m,
			struct ng_hook *last, struct ng_reply *reply)
{
	uint32_t cmd = m->header.cmd;

	(void)last;
	if (m->header.typecookie != NGM_ETHER_COOKIE ||
	    cmd >= ARRAY_SIZE(ether_msgs) || !ether_msgs[cmd])
		return -EINVAL;
	return ether_msgs[cmd](n, m, reply);
}

static const struct ng_cmd ether_cmds[] = {
	{NGM_ETHER_COOKIE, NGM_ETHER_GET_IFNAME, "getifname", NULL,
	 &ng_p_string},
	{NGM_ETHER_COOKIE, NGM_ETHER_GET_IFINDEX, "getifindex", NULL,
	 &ng_p_int32},
	{NGM_ETHER_COOKIE, NGM_ETHER_GET_ENADDR, "getenaddr", NULL, &ng_p_mac},
	{NGM_ETHER_COOKIE, NGM_ETHER_SET_ENADDR, "setenaddr", &ng_p_mac, NULL},
	{NGM_ETHER_COOKIE, NGM_ETHER_GET_PROMISC, "getpromisc", NULL,
	 &ng_p_int32},
	{NGM_ETHER_COOKIE, NGM_ETHER_SET_PROMISC, "setpromisc", &ng_p_int32,
	 NULL},
	{NGM_ETHER_COOKIE, NGM_ETHER_GET_AUTOSRC, "getautosrc", NULL,
	 &ng_p_int32},
	{NGM_ETHER_COOKIE, NGM_ETHER_SET_AUTOSRC, "setautosrc", &ng_p_int32,
	 NULL},
	{NGM_ETHER_COOKIE, NGM_ETHER_ADD_MULTI, "addmulti", &ng_p_mac, NULL},
	{NGM_ETHER_COOKIE, NGM_ETHER_DEL_MULTI, "delmulti", &ng_p_mac, NULL},
	{NGM_ETHER_COOKIE, NGM_ETHER_DETACH, "detach", NULL, NULL},
	{0},
};

static void ether_publish(const struct ng_node *n, struct ngd_node *d)
{
	const struct ether_priv *p = n->priv;

	d->conf[NGD_ETHER_FLAGS] = p->autosrc ? NGD_ETHER_AUTOSRC : 0;
	memcpy(&d->conf[NGD_ETHER_MAC_HI], p->mac, 4);
	memcpy(&d->conf[NGD_ETHER_MAC_LO], p->mac + 4, 2);
}

/* ------------------------------------------- what the interface does */

/* em0.10 is node em0_10: the two mean something in addresses. */
static void node_name(const char *ifname, char ret[NG_NODESIZ])
{
	snprintf(ret, NG_NODESIZ, "%s", ifname);
	for (char *c = ret; *c; c++)
		if (*c == '.' || *c == ':')
			*c = '_';
}

/*
 * Make the name free.  Interfaces have different names, so an ether node that
 * has it is behind the times (two interfaces have changed their names): its
 * own is put right when its interface is looked at.  False: another node's.
 */
static bool name_free(struct ng_graph *g, const char *name)
{
	struct ng_node *n = ng_node_by_name(g, name);
	struct ether_priv *p;
	char aside[NG_NODESIZ];

	if (!n)
		return true;
	if (n->type != &ng_type_ether)
		return false;
	p = n->priv;
	snprintf(aside, sizeof(aside), "%s-%x", name, n->id);
	if (ng_node_rename(n, aside) < 0)
		return false;
	p->ifname[0] = '\0';
	return true;
}

int ether_arrived(struct ng_graph *g, const struct ng_link *l)
{
	char name[NG_NODESIZ];
	struct ether_priv *p;
	struct ng_node *n;
	int r;

	node_name(l->name, name);
	/* a node that somebody else called so keeps the name */
	if (!*name || !name_free(g, name))
		return 0;
	r = ng_node_new(g, &ng_type_ether, &n);
	if (r < 0)
		return r;
	p = n->priv;
	snprintf(p->ifname, sizeof(p->ifname), "%s", l->name);
	memcpy(p->mac, l->mac, sizeof(p->mac));
	p->carrier = l->carrier;
	n->ifindex = l->ifindex;
	ng_node_changed(n);
	ng_node_rename(n, name);
	return 0;
}

/* Its interface is called something else now: so is the node. */
static void follow_name(struct ng_node *n, const struct ng_link *l)
{
	struct ether_priv *p = n->priv;
	char name[NG_NODESIZ];

	snprintf(p->ifname, sizeof(p->ifname), "%s", l->name);
	node_name(l->name, name);
	if (strcmp(n->name, name) != 0 && name_free(n->graph, name))
		ng_node_rename(n, name);
}

static void tell_link(struct ng_node *n, bool up)
{
	struct ng_hook *h, *older;

	for (h = n->hooks; h; h = older) {
		older = h->older;
		if (h->role != NGD_ETHER_UPPER)
			ng_message_peer(h, NGM_FLOW_COOKIE,
					up ? NGM_LINK_IS_UP : NGM_LINK_IS_DOWN,
					NULL, 0);
	}
}

void ether_seen(struct ng_node *n, const struct ng_link *l, bool whole)
{
	struct ether_priv *p = n->priv;
	bool changed = false;

	if (strcmp(p->ifname, l->name) != 0) {
		follow_name(n, l);
		changed = true;
	}
	if (memcmp(p->mac, l->mac, sizeof(p->mac)) != 0) {
		memcpy(p->mac, l->mac, sizeof(p->mac));
		changed = true;
	}
	if (p->carrier != l->carrier) {
		p->carrier = l->carrier;
		changed = true;
		tell_link(n, l->carrier);
	}
	if (whole) {
		ether_attach(n);
		ether_promisc(n);
		ether_stay(n);
	}
	if (changed)
		ng_node_changed(n);
}

void ether_gone(struct ng_node *n)
{
	struct ether_priv *p = n->priv;

	p->gone = true;
	ng_node_shutdown(n);
}

const struct ng_type ng_type_ether = {
	.name = NG_ETHER_NODE_TYPE,
	.cookie = NGM_ETHER_COOKIE,
	.kind = NGD_ETHER,
	.persistent = true,
	.no_mkpeer = true,
	.cmds = ether_cmds,
	.priv_size = sizeof(struct ether_priv),
	.newhook = ether_newhook,
	.connect = ether_connect,
	.disconnect = ether_disconnect,
	.shutdown = ether_shutdown,
	.rcvmsg = ether_rcvmsg,
	.publish = ether_publish,
};
