/*
 * eiface: a virtual Ethernet interface whose wire is hook ether, ng_eiface(4).
 *
 * mkpeer makes interface ngethN, N the lowest unit that no other eiface of the
 * graph has, and names the node so.  The interface may get another name or be
 * moved to a jail: the node stays what and where it is, and holds its unit.
 * It goes by shutdown only, and the interface with it, wherever that is; or
 * when somebody removes the interface.
 *
 * In the kernel (bpf/eiface.bpf.h): all packets.  What ngethN sends arrives at
 * our end of a pair (eiface_pair.h) and comes out of hook ether; what is sent
 * into that is handed to ngethN.  In the broker: the pair, messages, and
 * whether ngethN is in another network namespace.
 *
 * The link of ngethN is up from the first connection of the hook on, as on
 * FreeBSD, until LINK_IS_DOWN comes by the hook.
 *
 * Type vif is the same under other names (links.h).
 */
#include "netgraph/dp.h"
#include "netgraph/eiface_pair.h"
#include "netgraph/iface_roles.h"
#include "netgraph/links.h"
#include "netgraph/type.h"

#include "base/cleanup.h"
#include "base/str.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNIT_MAX 0xffffu
#define MAC_BYTES 6

struct eiface_priv {
	uint32_t unit;
	uint32_t far; /* number of ngethN */
	bool away;    /* ngethN is in another namespace */
	bool link;    /* our end is up */
	bool gone;    /* there is no pair any more */
};

static struct vnet *vnet_of(const struct ng_node *n)
{
	return dp_vnet(ng_graph_dp(n->graph));
}

static const struct pair_names eiface_names = {
	.base = NG_EIFACE_EIFACE_NAME,
	.group = IF_GROUP_EIFACE,
};
static const struct pair_names vif_names = {
	.base = NG_VIF_NAME,
	.group = IF_GROUP_VIF,
	.first = UNIT_MAX + 1,
};

static const struct pair_names *names_of(const struct ng_node *n)
{
	return n->type == &ng_type_vif ? &vif_names : &eiface_names;
}

/* ---------------------------------------------------------- the node */

/* Units that nodes have, as a set of bits. */
static void units_taken(const struct ng_node *self, uint8_t bits[8192])
{
	for (struct ng_node *n = ng_nodes(self->graph); n; n = n->next) {
		const struct eiface_priv *p = n->priv;

		if (n != self && n->type == self->type && p->unit <= UNIT_MAX)
			bits[p->unit / 8] |= (uint8_t)(1u << p->unit % 8);
	}
}

static int pair_lowest(struct ng_node *n)
{
	uint8_t taken[(UNIT_MAX + 1) / 8] = {0};
	struct eiface_priv *p = n->priv;
	int r;

	units_taken(n, taken);
	for (uint32_t unit = 0; unit <= UNIT_MAX; unit++) {
		if (taken[unit / 8] & 1u << unit % 8)
			continue;
		p->unit = unit;
		if (!vnet_of(n))
			return 0;
		/* an interface that somebody else called ngethN: the next */
		r = pair_make(vnet_of(n), names_of(n), unit, &n->ifindex,
			      &p->far);
		if (r != -EEXIST)
			return r;
	}
	return -ENOSPC;
}

static int eiface_constructor(struct ng_node *n)
{
	struct eiface_priv *p = n->priv;
	char name[NG_NODESIZ];
	int r;

	p->unit = UINT32_MAX;
	r = pair_lowest(n);
	if (r < 0)
		return r;
	if (vnet_of(n))
		r = dp_device(ng_graph_dp(n->graph), n->ifindex, DP_INGRESS,
			      n->slot, NULL);
	if (r < 0) {
		pair_remove(vnet_of(n), n->ifindex);
		return r;
	}
	snprintf(name, sizeof(name), "%s%u", names_of(n)->base, p->unit);
	/* taken by another node: then it has no name */
	ng_node_rename(n, name);
	return ng_node_changed(n);
}

static int eiface_newhook(struct ng_node *n, struct ng_hook *h)
{
	if (strcmp(h->name, NG_EIFACE_HOOK_ETHER) != 0)
		return -EPFNOSUPPORT;
	for (const struct ng_hook *o = n->hooks; o; o = o->older)
		if (o != h)
			return -EISCONN;
	h->role = NGD_EIFACE_ETHER;
	return 0;
}

static int set_link(struct ng_node *n, bool up)
{
	struct eiface_priv *p = n->priv;
	int r = 0;

	if (vnet_of(n) && !p->gone)
		r = pair_link(vnet_of(n), n->ifindex, up);
	if (r < 0)
		return r;
	p->link = up;
	return ng_node_changed(n);
}

bool eiface_link(const struct ng_node *n)
{
	const struct eiface_priv *p = n->priv;

	return p->link;
}

static int eiface_connect(struct ng_hook *h)
{
	const struct eiface_priv *p = h->node->priv;

	return p->link ? 0 : set_link(h->node, true);
}

static int eiface_shutdown(struct ng_node *n)
{
	const struct eiface_priv *p = n->priv;

	if (!vnet_of(n) || !n->ifindex)
		return 0;
	dp_device(ng_graph_dp(n->graph), n->ifindex, 0, n->slot, NULL);
	if (!p->gone)
		pair_remove(vnet_of(n), n->ifindex);
	return 0;
}

/* ---------------------------------------------------------- messages */

static int get_ifname(struct ng_node *n, const struct ng_mesg *m,
		      struct ng_reply *reply)
{
	const struct eiface_priv *p = n->priv;
	char name[IFNAMSIZ] = "";
	struct ng_link l;
	int r;

	if (vnet_of(n)) {
		r = pair_far(vnet_of(n), n->ifindex, &l, NULL);
		if (r < 0)
			return r;
		memcpy(name, l.name, sizeof(name));
	} else {
		snprintf(name, sizeof(name), "%s%u", names_of(n)->base,
			 p->unit);
	}
	return ng_answer(reply, m, name, sizeof(name));
}

static int get_ifaddrs(struct ng_node *n, const struct ng_mesg *m,
		       struct ng_reply *reply)
{
	cleanup_free uint8_t *data = NULL;
	size_t len = 0;
	int r;

	if (!vnet_of(n))
		return -ENXIO;
	r = pair_addrs(vnet_of(n), n->ifindex, &data, &len);
	return r < 0 ? r : ng_answer(reply, m, data, len);
}

static int set_mac(struct ng_node *n, const struct ng_mesg *m,
		   struct ng_reply *reply)
{
	(void)reply;
	if (m->header.arglen != MAC_BYTES)
		return -EINVAL;
	if (!vnet_of(n))
		return 0;
	return pair_mac(vnet_of(n), n->ifindex, (const uint8_t *)m->data);
}

static int flow_message(struct ng_node *n, uint32_t cmd)
{
	switch (cmd) {
	case NGM_LINK_IS_UP:
		return set_link(n, true);
	case NGM_LINK_IS_DOWN:
		return set_link(n, false);
	default:
		return 0;
	}
}

static int eiface_rcvmsg(struct ng_node *n, const struct ng_mesg *m,
			 struct ng_hook *last, struct ng_reply *reply)
{
	(void)last;
	if (m->header.typecookie == NGM_FLOW_COOKIE)
		return flow_message(n, m->header.cmd);
	if (m->header.typecookie != n->type->cookie)
		return -EINVAL;
	switch (m->header.cmd) {
	case NGM_EIFACE_GET_IFNAME:
		return get_ifname(n, m, reply);
	case NGM_EIFACE_GET_IFADDRS:
		return get_ifaddrs(n, m, reply);
	case NGM_EIFACE_SET:
		return set_mac(n, m, reply);
	default:
		return -EINVAL;
	}
}

static const struct ng_cmd eiface_cmds[] = {
	{NGM_EIFACE_COOKIE, NGM_EIFACE_GET_IFNAME, "getifname", NULL,
	 &ng_p_string},
	{NGM_EIFACE_COOKIE, NGM_EIFACE_SET, "set", &ng_p_mac, NULL},
	{0},
};

static void eiface_publish(const struct ng_node *n, struct ngd_node *d)
{
	const struct eiface_priv *p = n->priv;

	d->conf[NGD_EIFACE_FLAGS] = (p->away ? NGD_EIFACE_AWAY : 0) |
				    (n->ifindex ? NGD_EIFACE_THERE : 0);
	d->conf[NGD_EIFACE_FAR] = p->far;
}

/* ------------------------------------------- what the interface does */

void eiface_seen(struct ng_node *n, const struct ng_link *l, bool whole)
{
	struct eiface_priv *p = n->priv;
	bool away = l->netnsid >= 0, up = l->flags & IFF_UP;

	if (whole) {
		dp_device(ng_graph_dp(n->graph), n->ifindex, DP_INGRESS,
			  n->slot, NULL);
		if (p->link != up)
			set_link(n, p->link);
	}
	if (p->away == away && p->far == l->peer)
		return;
	p->away = away;
	p->far = l->peer;
	ng_node_changed(n);
}

void eiface_gone(struct ng_node *n)
{
	struct eiface_priv *p = n->priv;

	p->gone = true;
	ng_node_shutdown(n);
}

const struct ng_type ng_type_eiface = {
	.name = NG_EIFACE_NODE_TYPE,
	.cookie = NGM_EIFACE_COOKIE,
	.kind = NGD_EIFACE,
	.persistent = true,
	.cmds = eiface_cmds,
	.priv_size = sizeof(struct eiface_priv),
	.constructor = eiface_constructor,
	.newhook = eiface_newhook,
	.connect = eiface_connect,
	.shutdown = eiface_shutdown,
	.rcvmsg = eiface_rcvmsg,
	.publish = eiface_publish,
};

static const struct ng_cmd vif_cmds[] = {
	{NGM_VIF_COOKIE, NGM_EIFACE_GET_IFNAME, "getifname", NULL,
	 &ng_p_string},
	{NGM_VIF_COOKIE, NGM_EIFACE_SET, "set", &ng_p_mac, NULL},
	{0},
};

const struct ng_type ng_type_vif = {
	.name = NG_VIF_NODE_TYPE,
	.cookie = NGM_VIF_COOKIE,
	.kind = NGD_EIFACE,
	.persistent = true,
	.cmds = vif_cmds,
	.priv_size = sizeof(struct eiface_priv),
	.constructor = eiface_constructor,
	.newhook = eiface_newhook,
	.connect = eiface_connect,
	.shutdown = eiface_shutdown,
	.rcvmsg = eiface_rcvmsg,
	.publish = eiface_publish,
};
