/*
 * bridge_keeper: what the keeper's loop (keeper_loop.h) asks of this one.
 * Taken from the kernel's messages at once are links that come and go, and
 * addresses that are learned.
 */
#include "net/bridge_keeper_impl.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "net/bridge_gate.h"
#include "net/bridge_impl.h"
#include "net/ifbridge.h"

#include <linux/capability.h>
#include <linux/if_bridge.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

/* --- bridges and their members ------------------------------------------- */

static struct kbridge *bridge_find(struct keeper *k, int index)
{
	struct kbridge *b = k->bridges;

	while (b && b->index != index)
		b = b->next;
	return b;
}

static struct kport *port_find(struct keeper *k, int index)
{
	for (struct kbridge *b = k->bridges; b; b = b->next)
		for (struct kport *kp = b->ports; kp; kp = kp->next)
			if (kp->index == index)
				return kp;
	return NULL;
}

static int bridge_make(struct keeper *k, const struct ifnet *ifp,
		       struct kbridge **ret, struct err *e)
{
	static const unsigned char none[6];
	struct kbridge *b = bridge_find(k, ifp->index);

	if (!b) {
		b = calloc(1, sizeof(*b));
		if (!b)
			return err_nomem(e);
		b->k = k;
		b->index = ifp->index;
		rstp_init(&b->r, none, &kport_ops);
		b->next = k->bridges;
		k->bridges = b;
	}
	str_copy(b->name, sizeof(b->name), ifp->name);
	*ret = b;
	return 0;
}

static int port_make(struct kbridge *b, const struct ifnet *ifp,
		     struct kport **ret, struct err *e)
{
	struct kport *kp = b->ports;

	while (kp && kp->index != ifp->index)
		kp = kp->next;
	if (!kp) {
		kp = calloc(1, sizeof(*kp));
		if (!kp)
			return err_nomem(e);
		kp->br = b;
		kp->sock = -1;
		kp->index = ifp->index;
		kp->next = b->ports;
		b->ports = kp;
	}
	str_copy(kp->name, sizeof(kp->name), ifp->name);
	*ret = kp;
	return 0;
}

static void ports_drop(struct kbridge *b, bool all)
{
	struct kport **at = &b->ports, *kp;

	while ((kp = *at)) {
		if (kp->seen && !all) {
			at = &kp->next;
			continue;
		}
		kport_leave(kp);
		klearn_unlock(kp);
		*at = kp->next;
		free(kp);
	}
}

static void bridges_drop(struct keeper *k, bool all)
{
	struct kbridge **at = &k->bridges, *b;

	while ((b = *at)) {
		ports_drop(b, all || !b->seen);
		if (b->ports) {
			at = &b->next;
			continue;
		}
		*at = b->next;
		free(b);
	}
}

/* --- in step ------------------------------------------------------------- */

static bool is_kept(const struct ifnet *ifp)
{
	return (ifp->port.flags & (IFBIF_STP | IFBIF_STICKY)) ||
	       ifp->port.maxaddr;
}

/* As if_bridge(4) has it: the lowest of the members' addresses. */
static uint64_t lowest_mac(const struct ifnets *all, int bridge)
{
	uint64_t low = UINT64_MAX;

	for (size_t i = 0; i < all->n; i++) {
		const struct ifnet *ifp = &all->v[i];
		uint64_t mac = 0;

		if (ifp->master != bridge || ifp->maclen != 6)
			continue;
		for (int j = 0; j < 6; j++)
			mac = mac << 8 | ifp->mac[j];
		if (mac < low)
			low = mac;
	}
	return low == UINT64_MAX ? 0 : low;
}

static void bridge_config(struct kbridge *b, const struct ifnets *all,
			  const struct ifnet *ifp)
{
	const struct ifbridge *c = &ifp->bridge;
	const struct rstp_config want = {
		.id = (uint64_t)c->priority << 48 | lowest_mac(all, ifp->index),
		.proto = c->proto,
		.max_age = c->stp_max_age,
		.hello = c->stp_hello,
		.forward_delay = c->stp_forward_delay,
		.hold_count = c->hold_count,
	};
	const struct rstp_config *have = &b->r.conf;

	if (want.id == have->id && want.proto == have->proto &&
	    want.max_age == have->max_age && want.hello == have->hello &&
	    want.forward_delay == have->forward_delay &&
	    want.hold_count == have->hold_count)
		return;
	rstp_configure(&b->r, &want);
	b->k->status_dirty = true;
}

static int port_sync(struct kbridge *b, const struct ifnet *br,
		     const struct ifnet *ifp, struct err *e)
{
	struct kport *kp = NULL;
	bool stp = ifp->port.flags & IFBIF_STP;
	int r = port_make(b, ifp, &kp, e);

	if (r < 0)
		return r;
	kp->seen = true;
	kp->sticky = ifp->port.flags & IFBIF_STICKY;
	kp->maxaddr = ifp->port.maxaddr;
	kp->locked = ifp->port.locked;
	memcpy(kp->mac, ifp->mac, sizeof(kp->mac));
	if (!stp)
		kport_leave(kp);
	else if (!kp->stp)
		r = kport_join(kp, ifp, e);
	if (r >= 0 && kp->stp)
		kport_update(kp, br, ifp);
	return r;
}

/*
 * One that was killed may have left members closed that nobody asks to be, and
 * notes of members that are none any more.
 */
static void tidy(struct keeper *k, const struct ifnet *br,
		 const struct ifnets *all)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct ifnet *ifp = &all->v[i];

		if (ifp->master == br->index && !br->bridge.stp_state &&
		    !(ifp->port.flags & IFBIF_STP) &&
		    (ifp->port.state == BR_STATE_LISTENING ||
		     ifp->port.state == BR_STATE_LEARNING))
			kport_open(k->loop.v, ifp->index);
	}
	bridge_ports_tidy(k->loop.v, br->index, NULL);
}

static int bridge_sync(struct keeper *k, const struct ifnets *all,
		       const struct ifnet *br, struct err *e)
{
	struct kbridge *b = NULL;
	int r = 0;

	if (!k->began)
		tidy(k, br, all);
	for (size_t i = 0; r >= 0 && i < all->n; i++) {
		const struct ifnet *ifp = &all->v[i];

		if (ifp->master != br->index || !is_kept(ifp))
			continue;
		if (!b) {
			r = bridge_make(k, br, &b, e);
			if (r < 0)
				return r;
			b->seen = true;
			b->up = br->flags & IFF_UP;
			bridge_config(b, all, br);
		}
		r = port_sync(b, br, ifp, e);
	}
	return r;
}

static int sync_all(struct keeper *k, struct err *e)
{
	cleanup_ifnets struct ifnets all = {0};
	int r = ifnets_load(k->loop.v, &all, e);

	for (struct kbridge *b = k->bridges; b; b = b->next) {
		b->seen = false;
		for (struct kport *kp = b->ports; kp; kp = kp->next)
			kp->seen = false;
	}
	for (size_t i = 0; r >= 0 && i < all.n; i++)
		/* one that runs the kernel's own is somebody else's */
		if (all.v[i].is_bridge && !all.v[i].bridge.stp_state)
			r = bridge_sync(k, &all, &all.v[i], e);
	if (r < 0)
		return r;
	bridges_drop(k, false);
	k->began = true;
	klearn_check(k);
	return 0;
}

/* --- what others see ----------------------------------------------------- */

static void status_bridge(struct ifnets *all, const struct kbridge *b)
{
	struct ifnet *ifp = &all->v[all->n++];
	const struct rstp *r = &b->r;

	if (!r->ports) {
		all->n--;
		return;
	}
	ifp->index = b->index;
	ifp->is_bridge = true;
	ifp->bridge.stp_known = true;
	for (int i = 0; i < 8; i++) {
		int shift = 56 - 8 * i;

		ifp->bridge.id[i] = (unsigned char)(r->conf.id >> shift);
		ifp->bridge.root_id[i] = (unsigned char)(r->root.root >> shift);
	}
	if (r->root_port) {
		ifp->bridge.root_cost = r->root.cost;
		ifp->bridge.root_port = r->root_port->conf.id & 0xfff;
	}
}

static void status_port(struct ifnets *all, const struct kport *kp)
{
	struct ifnet *ifp;

	if (!kp->stp)
		return;
	ifp = &all->v[all->n++];
	ifp->index = kp->index;
	ifp->is_port = true;
	ifp->port.stp = (struct ifbridge_role){
		.known = true,
		.role = (uint8_t)kp->p.role,
		.state = (uint8_t)kp->p.state,
		.proto = kp->p.send_rstp ? RSTP_PROTO_RSTP : RSTP_PROTO_STP,
		.edge = kp->p.oper_edge,
		.ptp = kp->p.conf.ptp,
		.cost = kp->p.conf.cost,
	};
}

static int status_write(struct keeper *k, struct err *e)
{
	cleanup_free struct ifnet *room = NULL;
	struct ifnets all = {0};
	size_t n = 0;
	int r;

	for (struct kbridge *b = k->bridges; b; b = b->next) {
		n++;
		for (struct kport *kp = b->ports; kp; kp = kp->next)
			n++;
	}
	all.v = room = calloc(n + 1, sizeof(*room));
	if (!room)
		return err_nomem(e);
	for (struct kbridge *b = k->bridges; b; b = b->next) {
		status_bridge(&all, b);
		for (struct kport *kp = b->ports; kp; kp = kp->next)
			status_port(&all, kp);
	}
	r = ifstatus_write(&ifbridge_status, k->loop.v, &all, e);
	if (r >= 0)
		k->status_dirty = false;
	return r;
}

static int gate_write(struct keeper *k, struct err *e)
{
	cleanup_free uint32_t *closed = NULL;
	size_t n = 0, room = 0;
	bool any = false;
	int r;

	for (struct kbridge *b = k->bridges; b; b = b->next)
		for (struct kport *kp = b->ports; kp; kp = kp->next)
			room++;
	closed = calloc(room + 1, sizeof(*closed));
	if (!closed)
		return err_nomem(e);
	for (struct kbridge *b = k->bridges; b; b = b->next)
		for (struct kport *kp = b->ports; kp; kp = kp->next) {
			any |= kp->stp;
			if (kp->stp && kp->p.state == RSTP_DISCARDING)
				closed[n++] = (uint32_t)kp->index;
		}
	if (any == k->gate_on && n == k->nclosed &&
	    (!n || !memcmp(closed, k->closed, n * sizeof(*closed)))) {
		k->gate_dirty = false;
		return 0;
	}
	r = any ? bridge_gate_set(k->loop.v, closed, n, e)
		: bridge_gate_remove(k->loop.v, e);
	if (r < 0)
		return r;
	free(k->closed);
	k->closed = take_ptr(closed);
	k->nclosed = n;
	k->gate_on = any;
	k->gate_dirty = false;
	return 0;
}

/* --- the kernel's word --------------------------------------------------- */

static void on_link(struct keeper *k, const struct nlmsghdr *h)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(h);
	struct kport *kp;

	keeper_loop_changed(&k->loop);
	if (ifi->ifi_family == AF_BRIDGE)
		return;
	kp = port_find(k, ifi->ifi_index);
	if (!kp || !kp->stp)
		return;
	kport_link(kp, h->nlmsg_type == RTM_NEWLINK && kp->br->up &&
			       (ifi->ifi_flags & IFF_UP) &&
			       (ifi->ifi_flags & IFNET_LOWER_UP));
}

static void on_neigh(struct keeper *k, const struct nlmsghdr *h)
{
	const struct ndmsg *nd = mnl_nlmsg_get_payload(h);
	const struct kport *kp;

	if (nd->ndm_family != AF_BRIDGE)
		return;
	kp = port_find(k, nd->ndm_ifindex);
	if (kp && (kp->sticky || kp->maxaddr))
		k->learned = true;
}

static void message(struct keeper *k, const struct nlmsghdr *h)
{
	size_t len = mnl_nlmsg_get_payload_len(h);

	switch (h->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		if (len >= sizeof(struct ifinfomsg))
			on_link(k, h);
		break;
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		if (len >= sizeof(struct ndmsg))
			on_neigh(k, h);
		break;
	}
}

static void lost(struct keeper *k)
{
	k->learned = true;
}

/* --- the loop ------------------------------------------------------------ */

static int settle(struct keeper *k, struct err *e)
{
	int r = 0;

	if (k->learned) {
		k->learned = false;
		klearn_check(k);
	}
	if (k->gate_dirty)
		r = gate_write(k, e);
	if (r >= 0 && k->status_dirty)
		r = status_write(k, e);
	return r;
}

static bool any_stp(const struct keeper *k)
{
	for (const struct kbridge *b = k->bridges; b; b = b->next)
		if (b->r.ports)
			return true;
	return false;
}

static void tick(struct keeper *k)
{
	for (struct kbridge *b = k->bridges; b; b = b->next)
		rstp_tick(&b->r);
	k->status_dirty |= any_stp(k);
}

static bool busy(const struct keeper *k)
{
	return k->bridges;
}

static void drop(struct keeper *k)
{
	bridges_drop(k, true);
	if (k->gate_on)
		bridge_gate_remove(k->loop.v, NULL);
	free(k->closed);
}

const struct keeper_sort bridge_keeper = {
	.file = "keeper",
	.prog = "cellblock-bridge",
	.what = "keeper of bridges",
	.whose = "bridges",
	/* interfaces and filters; packet sockets */
	.caps = UINT64_C(1) << CAP_NET_ADMIN | UINT64_C(1) << CAP_NET_RAW,
	.needed = bridge_needs_keeper,
	.main = bridge_keeper_main,
};

static const unsigned int groups[] = {RTNLGRP_LINK, RTNLGRP_NEIGH, 0};

static const struct keeper_ops ops = {
	.sort = &bridge_keeper,
	.status = &ifbridge_status,
	.groups = groups,
	.message = message,
	.lost = lost,
	.sync = sync_all,
	.settle = settle,
	.after = settle,
	.tick = tick,
	.ticks = any_stp,
	.receive = kport_receive,
	.busy = busy,
	.drop = drop,
};

int bridge_keeper_main(struct vnet *v, void (*ready)(void), struct err *e)
{
	/* a gate of one that was killed is made true or taken away */
	struct keeper k = {
		.gate_on = true,
		.gate_dirty = true,
		.status_dirty = true,
		.nclosed = SIZE_MAX,
	};

	return keeper_loop_run(&k.loop, &ops, &k, v, ready, e);
}
