/*
 * iface: a point-to-point interface whose packets are IP's, ng_iface(4).
 *
 * mkpeer makes interface ngN, N the lowest unit that no other has, and names
 * the node so.  What the stack sends by it comes out of hook inet or inet6,
 * what comes by these is received by the stack.  The node goes by shutdown
 * only, and the interface with it.
 *
 * ngN is a tun device (tun.h), which outlives the broker.  In the kernel
 * (bpf/iface.bpf.h): a program at its egress takes what it sends, before the
 * device has a look, so that packets flow with the broker dead; packets that
 * another iface's stack has sent are received without it as well.  In the
 * broker: what was injected (by a socket or ksocket, say) has no network layer
 * that the kernel knows of, so it comes up and is written into the device; and
 * the device's carrier, which is up as long as somebody has it open.  So the
 * broker does not end while there is an iface node.
 *
 * ngN may be moved to a jail: the program is lost by that, and packets go
 * through the broker both ways; if that is killed, the node is lost.
 *
 * A tun device is point-to-point and stays so: a message that says broadcast
 * is remembered, and by the device's link group for ifconfig, and makes no
 * difference to packets.
 * Tunnels in tunnels (net.graph.iface.max_nesting): see iface_nest.h.
 */
#include "net/eiface.h"
#include "netgraph/dp.h"
#include "netgraph/iface_nest.h"
#include "netgraph/links.h"
#include "netgraph/node.h"
#include "netgraph/tun.h"
#include "netgraph/types_traffic.h"

#include <errno.h>
#include <netgraph/ng_iface.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define UNIT_MAX 0xffffu
#define PACKET_MAX 65536u
#define AT_ONCE 64

struct iface_priv {
	uint32_t unit;
	bool broadcast;
};

struct iface_live {
	bool open;
	int fd;
};

static struct vnet *vnet_of(const struct ng_node *n)
{
	return dp_vnet(ng_graph_dp(n->graph));
}

/* ----------------------------------------------------------- interface */

/* What the program has not taken, because there is none any more. */
static void on_packets(struct ng_node *n, int fd, short events)
{
	static uint8_t buf[PACKET_MAX];

	(void)events;
	for (int i = 0; i < AT_ONCE; i++) {
		ssize_t len = read(fd, buf, sizeof(buf));
		struct ng_hook *h;

		if (len < 0 && errno == EBADFD) {
			ng_node_shutdown(n); /* somebody has removed it */
			return;
		}
		if (len <= 0)
			return;
		h = node_hook_role(n, buf[0] >> 4 == 6 ? NGD_IFACE_INET6
						       : NGD_IFACE_INET);
		if (h)
			ng_send_data(h, buf, (size_t)len);
	}
}

static int is_open(struct ng_node *n, int fd)
{
	struct iface_live *l = n->live;
	int r;

	l->fd = fd;
	l->open = true;
	ng_busy(n, true);
	r = dp_device(ng_graph_dp(n->graph), n->ifindex, DP_EGRESS, n->slot,
		      NULL);
	return r < 0 ? r : ng_watch(n, fd, POLLIN, on_packets);
}

static bool unit_taken(const struct ng_node *self, uint32_t unit)
{
	for (struct ng_node *n = ng_nodes(self->graph); n; n = n->next) {
		const struct iface_priv *p = n->priv;

		if (n != self && n->type == &ng_type_iface && p->unit == unit)
			return true;
	}
	return false;
}

static int make_lowest(struct ng_node *n)
{
	struct iface_priv *p = n->priv;
	char name[IFNAMSIZ];
	int fd, r;

	for (uint32_t unit = 0; unit <= UNIT_MAX; unit++) {
		if (unit_taken(n, unit))
			continue;
		p->unit = unit;
		if (!vnet_of(n))
			return 0;
		snprintf(name, sizeof(name), NG_IFACE_IFACE_NAME "%u", unit);
		/* an interface that somebody else called so: the next */
		r = tun_make(vnet_of(n), name, &fd, &n->ifindex);
		if (r == -EEXIST)
			continue;
		return r < 0 ? r : is_open(n, fd);
	}
	return -ENOSPC;
}

static void iface_end(struct ng_node *n, bool keep)
{
	struct iface_live *l = n->live;

	if (!l->open)
		return;
	ng_watch(n, l->fd, 0, NULL);
	if (!keep) {
		dp_device(ng_graph_dp(n->graph), n->ifindex, 0, n->slot, NULL);
		tun_remove(l->fd);
	}
	close(l->fd);
	l->open = false;
}

static void iface_abandon(struct ng_node *n)
{
	iface_end(n, true);
}

static int iface_shutdown(struct ng_node *n)
{
	iface_end(n, false);
	return 0;
}

static int iface_constructor(struct ng_node *n)
{
	struct iface_priv *p = n->priv;
	char name[NG_NODESIZ];
	int r;

	p->unit = UINT32_MAX;
	r = make_lowest(n);
	if (r < 0) {
		iface_end(n, false);
		return r;
	}
	snprintf(name, sizeof(name), NG_IFACE_IFACE_NAME "%u", p->unit);
	/* taken by another node: then it has no name */
	ng_node_rename(n, name);
	return ng_node_changed(n);
}

static int iface_restore(struct ng_node *n)
{
	int fd, r;

	if (!vnet_of(n))
		return 0;
	r = tun_again(vnet_of(n), n->ifindex, &fd);
	return r < 0 ? r : is_open(n, fd);
}

/* --------------------------------------------------------------- hooks */

static int iface_newhook(struct ng_node *n, struct ng_hook *h)
{
	if (strcmp(h->name, NG_IFACE_HOOK_INET) == 0)
		h->role = NGD_IFACE_INET;
	else if (strcmp(h->name, NG_IFACE_HOOK_INET6) == 0)
		h->role = NGD_IFACE_INET6;
	else
		return -EPFNOSUPPORT;
	return node_hook_role(n, h->role) ? -EISCONN : 0;
}

static int iface_rcvdata(struct ng_hook *h, const void *data, size_t len)
{
	const struct iface_live *l = h->node->live;
	int version = h->role == NGD_IFACE_INET6 ? 6 : 4;

	if (!l->open || !len)
		return -ENETDOWN;
	/* the hook says what it is, and the device goes by the first byte */
	if (*(const uint8_t *)data >> 4 != version)
		return -EPFNOSUPPORT;
	if (write(l->fd, data, len) < 0)
		return errno == EIO ? -ENETDOWN : -errno;
	return 0;
}

/* ------------------------------------------------------------ messages */

static int get_ifname(struct ng_node *n, const struct ng_mesg *m,
		      struct ng_reply *reply)
{
	const struct iface_priv *p = n->priv;
	const struct iface_live *l = n->live;
	char name[IFNAMSIZ] = "";

	if (!l->open || tun_name(l->fd, name) < 0)
		snprintf(name, sizeof(name), NG_IFACE_IFACE_NAME "%u", p->unit);
	return ng_answer(reply, m, name, sizeof(name));
}

static int set_broadcast(struct ng_node *n, bool broadcast)
{
	struct iface_priv *p = n->priv;
	const struct iface_live *l = n->live;
	uint32_t flags = 0;
	bool here;

	here = l->open && tun_flags(vnet_of(n), l->fd, &flags) == 0;
	if (flags & IFF_UP)
		return -EBUSY;
	p->broadcast = broadcast;
	if (here)
		ng_link_group(vnet_of(n), n->ifindex,
			      broadcast ? IF_GROUP_BROADCAST : IF_GROUP_EIFACE);
	return ng_node_changed(n);
}

static int flow_message(struct ng_node *n, uint32_t cmd)
{
	const struct iface_live *l = n->live;

	if (l->open && (cmd == NGM_LINK_IS_UP || cmd == NGM_LINK_IS_DOWN))
		tun_carrier(l->fd, cmd == NGM_LINK_IS_UP);
	return 0;
}

static int iface_rcvmsg(struct ng_node *n, const struct ng_mesg *m,
			struct ng_hook *last, struct ng_reply *reply)
{
	(void)last;
	if (m->header.typecookie == NGM_FLOW_COOKIE)
		return flow_message(n, m->header.cmd);
	if (m->header.typecookie != NGM_IFACE_COOKIE)
		return -EINVAL;
	switch (m->header.cmd) {
	case NGM_IFACE_GET_IFNAME:
		return get_ifname(n, m, reply);
	case NGM_IFACE_POINT2POINT:
		return set_broadcast(n, false);
	case NGM_IFACE_BROADCAST:
		return set_broadcast(n, true);
	case NGM_IFACE_GET_IFINDEX:
		return ng_answer(reply, m, &n->ifindex, sizeof(n->ifindex));
	default:
		return -EINVAL;
	}
}

static const struct ng_cmd iface_cmds[] = {
	{NGM_IFACE_COOKIE, NGM_IFACE_GET_IFNAME, "getifname", NULL,
	 &ng_p_string},
	{NGM_IFACE_COOKIE, NGM_IFACE_POINT2POINT, "point2point", NULL, NULL},
	{NGM_IFACE_COOKIE, NGM_IFACE_BROADCAST, "broadcast", NULL, NULL},
	{NGM_IFACE_COOKIE, NGM_IFACE_GET_IFINDEX, "getifindex", NULL,
	 &ng_p_uint32},
	{0},
};

/* Its interface has gone from the vnet: removed, or moved elsewhere. */
void iface_gone(struct ng_node *n)
{
	const struct iface_live *l = n->live;
	char name[IFNAMSIZ];

	if (!l->open || tun_name(l->fd, name) < 0)
		ng_node_shutdown(n);
}

const struct ng_type ng_type_iface = {
	.name = NG_IFACE_NODE_TYPE,
	.cookie = NGM_IFACE_COOKIE,
	.kind = NGD_IFACE,
	.persistent = true,
	.cmds = iface_cmds,
	.priv_size = sizeof(struct iface_priv),
	.live_size = sizeof(struct iface_live),
	.constructor = iface_constructor,
	.newhook = iface_newhook,
	.shutdown = iface_shutdown,
	.abandon = iface_abandon,
	.restore = iface_restore,
	.rcvmsg = iface_rcvmsg,
	.rcvdata = iface_rcvdata,
};
