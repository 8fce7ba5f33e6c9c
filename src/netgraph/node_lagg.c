/*
 * lagg: several links as one, if_lagg(4), where Linux has no bonding driver.
 * Not FreeBSD's: there lagg is an interface only.
 *
 * Theory of operation.  Hook one is the interface (a vif), portN are ether
 * nodes' lower hooks.  The kernel (bpf/lagg.bpf.h) is told how to spread and
 * the slots of the ports whose links are up, in the order of their numbers;
 * a change is one store.  Here is which links are up.  The kernel tells that a
 * link is down when it comes to it, which may be a second later; so links are
 * asked for ten times a second.  A broker is needed for that: with none,
 * traffic goes on as it was spread last.
 *
 * LACP is spoken elsewhere (net/lagg_keeper.c); setports says here what it has
 * come to: which ports receive, and which of those with a link send.  They are
 * none after setconfig has begun LACP, and none is a port that has just been
 * connected.
 */
#include "netgraph/dp.h"
#include "netgraph/lagg_roles.h"
#include "netgraph/links.h"
#include "netgraph/node.h"
#include "netgraph/switch_roles.h"
#include "netgraph/switch_types.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define POLL_NS 100000000u
#define LIMIT_MAX 65535u

struct lagg {
	struct ng_lagg_config conf;
	uint32_t slot[NG_LAGG_PORTS]; /* 0: not connected */
	uint8_t up[NG_LAGG_PORTS];
	uint32_t nactive;
	uint32_t active[NG_LAGG_PORTS];
	struct ng_lagg_ports ports; /* of LACP */
};

static const struct ng_pfield config_fields[] = {
	NODE_FIELD("proto", &ng_p_uint32), NODE_FIELD("hash", &ng_p_uint32),
	NODE_FIELD("opts", &ng_p_hint32),  NODE_FIELD("shift", &ng_p_uint32),
	NODE_FIELD("limit", &ng_p_uint32), {0},
};
static const struct ng_ptype config_type = {
	.kind = NGP_STRUCT,
	.fields = config_fields,
};
static const struct ng_pfield ports_fields[] = {
	NODE_FIELD("collecting", &ng_p_hint32),
	NODE_FIELD("distributing", &ng_p_hint32),
	{0},
};
static const struct ng_ptype ports_type = {
	.kind = NGP_STRUCT,
	.fields = ports_fields,
};
static const struct ng_cmd cmds[] = {
	{NGM_LAGG_COOKIE, NGM_LAGG_SET_CONFIG, "setconfig", &config_type, NULL},
	{NGM_LAGG_COOKIE, NGM_LAGG_GET_CONFIG, "getconfig", NULL, &config_type},
	{NGM_LAGG_COOKIE, NGM_LAGG_SET_PORTS, "setports", &ports_type, NULL},
	{NGM_LAGG_COOKIE, NGM_LAGG_GET_PORTS, "getports", NULL, &ports_type},
	{0},
};

/* --- which ports are up ------------------------------------------------- */

static bool in_set(uint32_t set, uint32_t port)
{
	return set >> port & 1;
}

static bool may_send(const struct lagg *l, uint32_t port)
{
	return l->up[port] && (l->conf.proto != LAGG_LACP ||
			       in_set(l->ports.distributing, port));
}

static int lagg_mark(struct ng_node *n)
{
	const struct lagg *l = n->priv;
	int r = 0;

	for (struct ng_hook *h = n->hooks; h && !r; h = h->older) {
		uint32_t flags, conf;

		if (h->role != NGD_LAGG_PORT)
			continue;
		flags = may_send(l, h->number) ? 0 : NGD_HF_AVOID;
		conf = in_set(l->ports.collecting, h->number)
			       ? NGD_LAGG_COLLECTS
			       : 0;
		if (flags == h->flags && conf == h->conf)
			continue;
		h->flags = flags;
		h->conf = conf;
		r = ng_hook_changed(h);
	}
	return r;
}

static int lagg_update(struct ng_node *n)
{
	struct ng_hook *one = node_hook_role(n, NGD_LAGG_ONE);
	struct lagg *l = n->priv;
	uint32_t was = l->nactive;
	int r;

	memset(l->active, 0, sizeof(l->active));
	l->nactive = 0;
	for (uint32_t i = 0; i < NG_LAGG_PORTS; i++)
		if (l->slot[i] && may_send(l, i))
			l->active[l->nactive++] = l->slot[i];
	r = lagg_mark(n);
	if (!r)
		r = ng_node_changed(n);
	if (!r && one && !was != !l->nactive)
		ng_message_peer(one, NGM_FLOW_COOKIE,
				l->nactive ? NGM_LINK_IS_UP : NGM_LINK_IS_DOWN,
				NULL, 0);
	return r;
}

/* The link behind a port; what is no interface is always up. */
static bool port_up(struct ng_node *n, const struct ng_hook *h)
{
	struct vnet *v = dp_vnet(ng_graph_dp(n->graph));
	struct ng_link link;

	if (!v || !h->peer || h->peer->node->type != &ng_type_ether)
		return true;
	return ng_link_get(v, h->peer->node->ifindex, -1, &link) >= 0 &&
	       (link.flags & IFF_UP) && link.carrier;
}

static void poll_later(struct ng_node *n);

static void lagg_poll(struct ng_node *n)
{
	struct lagg *l = n->priv;
	bool changed = false;

	for (struct ng_hook *h = n->hooks; h; h = h->older) {
		bool up;

		if (h->role != NGD_LAGG_PORT)
			continue;
		up = port_up(n, h);
		changed |= up != l->up[h->number];
		l->up[h->number] = up;
	}
	if (changed)
		lagg_update(n);
	poll_later(n);
}

static void poll_later(struct ng_node *n)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ng_timer(n,
		 (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec +
			 POLL_NS,
		 lagg_poll);
}

/* --- life --------------------------------------------------------------- */

static int lagg_live(struct ng_node *n)
{
	ng_busy(n, true);
	poll_later(n);
	return 0;
}

static int lagg_constructor(struct ng_node *n)
{
	struct lagg *l = n->priv;

	l->conf = (struct ng_lagg_config){.proto = LAGG_FAILOVER,
					  .hash = LAGG_L2 | LAGG_L3 | LAGG_L4,
					  .shift = 16};
	return lagg_live(n);
}

static int lagg_newhook(struct ng_node *n, struct ng_hook *h)
{
	size_t len = strlen(NG_LAGG_HOOK_PORT);
	const char *digits = h->name + len;
	unsigned long i;
	char *end;

	(void)n;
	if (!strcmp(h->name, NG_LAGG_HOOK_ONE)) {
		h->role = NGD_LAGG_ONE;
		return 0;
	}
	if (strncmp(h->name, NG_LAGG_HOOK_PORT, len) != 0 || *digits < '0' ||
	    *digits > '9' || (digits[0] == '0' && digits[1]))
		return -EINVAL;
	i = strtoul(digits, &end, 10);
	if (*end || i >= NG_LAGG_PORTS)
		return -EINVAL;
	h->role = NGD_LAGG_PORT;
	h->number = (uint32_t)i;
	return 0;
}

static int lagg_connect(struct ng_hook *h)
{
	struct ng_node *n = h->node;
	struct lagg *l = n->priv;

	if (h->role == NGD_LAGG_PORT) {
		l->slot[h->number] = h->slot;
		l->up[h->number] = port_up(n, h);
		l->ports.collecting &= ~(1u << h->number);
		l->ports.distributing &= ~(1u << h->number);
		return lagg_update(n);
	}
	return ng_message_peer(h, NGM_FLOW_COOKIE,
			       l->nactive ? NGM_LINK_IS_UP : NGM_LINK_IS_DOWN,
			       NULL, 0);
}

static void lagg_disconnect(struct ng_hook *h)
{
	struct lagg *l = h->node->priv;

	if (h->role != NGD_LAGG_PORT)
		return;
	l->slot[h->number] = 0;
	l->up[h->number] = 0;
	lagg_update(h->node);
}

static void lagg_publish(const struct ng_node *n, struct ngd_node *d)
{
	const struct lagg *l = n->priv;

	d->conf[NGD_LAGG_PROTO] = l->conf.proto;
	d->conf[NGD_LAGG_HASH] = l->conf.hash;
	d->conf[NGD_LAGG_OPTS] = l->conf.opts;
	d->conf[NGD_LAGG_SHIFT] = l->conf.shift;
	d->conf[NGD_LAGG_LIMIT] = l->conf.limit;
	d->conf[NGD_LAGG_ACTIVE] = l->nactive;
}

static size_t lagg_blob(const struct ng_node *n, uint8_t ret[NGD_BLOB])
{
	const struct lagg *l = n->priv;

	memcpy(ret, l->active, sizeof(l->active));
	return sizeof(l->active);
}

/* --- messages ----------------------------------------------------------- */

static int msg_setconfig(struct ng_node *n, const struct ng_mesg *msg)
{
	const struct ng_lagg_config *c = NG_ARG(msg, struct ng_lagg_config);
	struct lagg *l = n->priv;

	if (!c || c->proto >= LAGG_PROTOS || c->shift > 31 ||
	    c->limit > LIMIT_MAX || !c->hash ||
	    (c->hash & ~(uint32_t)(LAGG_L2 | LAGG_L3 | LAGG_L4)) ||
	    (c->opts & ~(LAGG_USE_FLOWID | LAGG_RX_ALL)))
		return -EINVAL;
	if (c->proto != LAGG_LACP || l->conf.proto != LAGG_LACP)
		l->ports = (struct ng_lagg_ports){0};
	l->conf = *c;
	return lagg_update(n);
}

static int msg_setports(struct ng_node *n, const struct ng_mesg *msg)
{
	const struct ng_lagg_ports *p = NG_ARG(msg, struct ng_lagg_ports);
	struct lagg *l = n->priv;

	if (!p || (p->distributing & ~p->collecting))
		return -EINVAL;
	if (l->conf.proto != LAGG_LACP)
		return -EPROTONOSUPPORT;
	l->ports = *p;
	return lagg_update(n);
}

static int lagg_rcvmsg(struct ng_node *n, const struct ng_mesg *msg,
		       struct ng_hook *last, struct ng_reply *reply)
{
	const struct lagg *l = n->priv;

	(void)last;
	if (msg->header.typecookie == NGM_FLOW_COOKIE) {
		lagg_poll(n); /* a link has changed */
		return 0;
	}
	if (msg->header.typecookie != NGM_LAGG_COOKIE)
		return -EINVAL;
	switch (msg->header.cmd) {
	case NGM_LAGG_SET_CONFIG:
		return msg_setconfig(n, msg);
	case NGM_LAGG_GET_CONFIG:
		return ng_answer(reply, msg, &l->conf, sizeof(l->conf));
	case NGM_LAGG_SET_PORTS:
		return msg_setports(n, msg);
	case NGM_LAGG_GET_PORTS:
		return ng_answer(reply, msg, &l->ports, sizeof(l->ports));
	default:
		return -EINVAL;
	}
}

const struct ng_type ng_type_lagg = {
	.name = NG_LAGG_NODE_TYPE,
	.cookie = NGM_LAGG_COOKIE,
	.kind = NGD_LAGG,
	.cmds = cmds,
	.priv_size = sizeof(struct lagg),
	.constructor = lagg_constructor,
	.newhook = lagg_newhook,
	.connect = lagg_connect,
	.disconnect = lagg_disconnect,
	.rcvmsg = lagg_rcvmsg,
	.restore = lagg_live,
	.publish = lagg_publish,
	.blob = lagg_blob,
};
