/*
 * lagg_keeper: what the keeper's loop (keeper_loop.h) asks of this one; head of
 * lagg_keeper.h.  Taken from the kernel's messages at once are links that come
 * and go.
 */
#include "net/lagg_keeper.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "net/eiface.h"
#include "net/ethtool.h"
#include "net/fallback.h"
#include "net/iflacp.h"
#include "net/ifstate.h"
#include "net/keeper_loop.h"
#include "net/lacp.h"
#include "net/lagg.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Bits 5 to 14 of a key are some of the lagg's number, as on FreeBSD. */
#define KEY_SHIFT 5

struct keeper;

/* What is noted at a hidden end. */
struct lent {
	int index;
	struct iflagg lagg;
};

struct kport {
	struct kport *next;
	struct klagg *lagg;
	int index, sock;
	char kname[IFNAMSIZ];
	bool seen;
	struct lacp_port p;
};

struct klagg {
	struct klagg *next;
	struct keeper *k;
	int index; /* of its hidden end, which it has also in a jail */
	int shown; /* its own; 0: it is lent to a jail */
	bool seen, up;
	bool dirty; /* the engine has not been told yet */
	struct lacp l;
	struct kport *ports;
};

struct keeper {
	struct keeper_loop loop;
	struct klagg *laggs;
	bool began; /* the first sync is over */
	bool status_dirty;
	bool waiting; /* an engine could not be told */
};

static const unsigned char group[ETH_ALEN] = {0x01, 0x80, 0xc2, 0, 0, 2};

/* --- frames ------------------------------------------------------------- */

static void on_send(struct lacp_port *p, const unsigned char *pdu, size_t len)
{
	const struct kport *kp = p->owner;
	unsigned char f[ETH_HLEN + LACP_PDU_LEN];
	uint16_t type = htons(ETH_P_SLOW);

	memcpy(f, group, ETH_ALEN);
	memcpy(f + ETH_ALEN, p->l->conf.mac, ETH_ALEN);
	memcpy(f + 2 * ETH_ALEN, &type, sizeof(type));
	memcpy(f + ETH_HLEN, pdu, len);
	/* one that is lost is said again */
	send(kp->sock, f, ETH_HLEN + len, MSG_DONTWAIT);
	kp->lagg->k->status_dirty = true;
}

static void on_changed(struct lacp *l)
{
	struct klagg *kl =
		(struct klagg *)((char *)l - offsetof(struct klagg, l));

	kl->dirty = kl->k->status_dirty = true;
}

static const struct lacp_ops lacp_ops = {.send = on_send,
					 .changed = on_changed};

/* Slow protocols to their group, without a tag; the rest stays in the kernel.
 */
static int hear(struct kport *kp, struct err *e)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x0180c200, 0, 7),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 2, 0, 5),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_SLOW, 0, 3),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
			 (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 256),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct keeper_frames f = {
		.proto = "lacp",
		.filter = {.len = ARRAY_SIZE(code), .filter = code},
	};

	memcpy(f.group, group, sizeof(group));
	return keeper_loop_hear(&kp->lagg->k->loop, &f, kp->index, kp,
				&kp->sock, e);
}

static void receive(void *port)
{
	struct kport *kp = port;
	unsigned char f[256];
	ssize_t n;

	/* so many at a time; a flood must not keep others waiting */
	for (int i = 0; i < 16; i++) {
		n = recv(kp->sock, f, sizeof(f), MSG_DONTWAIT);
		if (n <= ETH_HLEN)
			return;
		lacp_receive(&kp->p, f + ETH_HLEN, (size_t)n - ETH_HLEN);
		kp->lagg->k->status_dirty = true;
	}
}

/* --- laggs and their ports ---------------------------------------------- */

static struct kport *port_find(struct keeper *k, int index)
{
	for (struct klagg *kl = k->laggs; kl; kl = kl->next)
		for (struct kport *kp = kl->ports; kp; kp = kp->next)
			if (kp->index == index)
				return kp;
	return NULL;
}

static int lagg_make(struct keeper *k, int index, struct klagg **ret,
		     struct err *e)
{
	struct klagg *kl = k->laggs;

	while (kl && kl->index != index)
		kl = kl->next;
	if (!kl) {
		kl = calloc(1, sizeof(*kl));
		if (!kl)
			return err_nomem(e);
		kl->k = k;
		kl->index = index;
		kl->dirty = true;
		lacp_init(&kl->l, &lacp_ops);
		kl->next = k->laggs;
		k->laggs = kl;
	}
	*ret = kl;
	return 0;
}

static int port_new(struct klagg *kl, const struct ifnet *ifp,
		    struct kport **ret, struct err *e)
{
	struct kport *kp = calloc(1, sizeof(*kp));
	int r;

	if (!kp)
		return err_nomem(e);
	kp->lagg = kl;
	kp->index = ifp->index;
	kp->sock = -1;
	kp->p.owner = kp;
	r = hear(kp, e);
	if (r < 0) {
		free(kp);
		return r;
	}
	lacp_port_add(&kl->l, &kp->p, (uint16_t)kp->index);
	kp->next = kl->ports;
	kl->ports = kp;
	kl->dirty = true;
	*ret = kp;
	return 0;
}

static void ports_drop(struct klagg *kl, bool all)
{
	struct kport **at = &kl->ports, *kp;

	while ((kp = *at)) {
		if (kp->seen && !all) {
			at = &kp->next;
			continue;
		}
		lacp_port_remove(&kp->p);
		close(kp->sock);
		*at = kp->next;
		free(kp);
		kl->dirty = kl->k->status_dirty = true;
	}
}

static void laggs_drop(struct keeper *k, bool all)
{
	struct klagg **at = &k->laggs, *kl;

	while ((kl = *at)) {
		ports_drop(kl, all || !kl->seen);
		if (kl->seen && !all) {
			at = &kl->next;
			continue;
		}
		*at = kl->next;
		free(kl);
		k->status_dirty = true;
	}
}

/* --- in step ------------------------------------------------------------ */

/* Of a link with half duplex no part can be made. */
static bool link_speed(struct keeper *k, int index, uint32_t *ret)
{
	struct ethtool_link l;

	*ret = 0;
	if (ethtool_link_get(k->loop.v, index, &l, NULL) < 0)
		return true;
	*ret = l.speed > 0 ? (uint32_t)l.speed : 0;
	return !l.duplex_known || l.full_duplex;
}

static void port_link(struct kport *kp, bool up)
{
	uint32_t speed = 0;

	up = up && link_speed(kp->lagg->k, kp->index, &speed);
	lacp_port_link(&kp->p, up, speed);
	kp->lagg->k->status_dirty = true;
}

static bool same_self(const struct lacp_info *a, const struct lacp_info *b)
{
	return a->key == b->key && a->port == b->port &&
	       !memcmp(a->mac, b->mac, sizeof(a->mac));
}

static int port_sync(struct klagg *kl, const struct ifnet *ifp, struct err *e)
{
	struct kport *kp = kl->ports;
	bool fresh;
	int r = 0;

	while (kp && kp->index != ifp->index)
		kp = kp->next;
	fresh = !kp;
	if (fresh)
		r = port_new(kl, ifp, &kp, e);
	if (r < 0)
		return r;
	kp->seen = true;
	str_copy(kp->kname, sizeof(kp->kname), ifp->kname);
	port_link(kp, kl->up && (ifp->flags & IFF_UP) && ifp->carrier);
	if (fresh && !kl->k->began && ifp->lacp.known &&
	    same_self(&ifp->lacp.actor, &kp->p.actor))
		lacp_port_resume(&kp->p, ifp->lacp.actor.state,
				 &ifp->lacp.partner);
	return 0;
}

/* ifp: the lagg, NULL while it is lent. */
static int lagg_sync(struct keeper *k, const struct ifnets *all, int hidden,
		     const struct iflagg *l, const struct ifnet *ifp,
		     struct err *e)
{
	unsigned int index = (unsigned int)hidden;
	struct lacp_config c = {
		.key = (uint16_t)((index ^ index >> 10 ^ index >> 20)
				  << KEY_SHIFT),
		.strict = l->opts & LAGG_OPT_STRICT,
		.fast = l->opts & LAGG_OPT_FAST,
	};
	struct klagg *kl = NULL;
	int r = lagg_make(k, hidden, &kl, e);

	if (r < 0)
		return r;
	kl->seen = true;
	kl->shown = ifp ? ifp->index : 0;
	kl->up = !ifp || (ifp->flags & IFF_UP);
	if (ifp)
		memcpy(c.mac, ifp->mac, sizeof(c.mac));
	else
		memcpy(c.mac, kl->l.conf.mac, sizeof(c.mac));
	for (size_t i = 0; !ifp && i < l->nports; i++) {
		const struct ifnet *p = ifnets_by_index(all, l->ports[i].index);

		if (p) /* as the lagg's, and all of them */
			memcpy(c.mac, p->mac, sizeof(c.mac));
	}
	if (ifp && !k->began)
		kl->l.flapping = ifp->lacp.flapping;
	lacp_configure(&kl->l, &c);
	for (size_t i = 0; r >= 0 && i < l->nports; i++) {
		const struct ifnet *p = ifnets_by_index(all, l->ports[i].index);

		if (p && l->cookie == all->cookie)
			r = port_sync(kl, p, e);
	}
	return r;
}

static int find_lacp(int ifindex, const struct ifstate *s, void *data,
		     struct err *e)
{
	struct strbuf *found = data;
	struct lent l = {.index = ifindex, .lagg = s->lagg};

	(void)e;
	if (s->has_lagg && s->lagg.proto == LAGG_LACP)
		strbuf_addn(found, &l, sizeof(l));
	return 0;
}

/* Notes at hidden ends (lagg.c): of laggs that are here, or lent to jails. */
static int noted(struct vnet *v, struct strbuf *found, size_t *ret_n,
		 struct err *e)
{
	int r = ifstate_each(v, find_lacp, found, e);
	size_t n = 0, had;
	struct lent *l = (struct lent *)found->s;

	if (r < 0)
		return r;
	if (strbuf_failed(found))
		return err_nomem(e);
	had = found->len / sizeof(*l);
	for (size_t i = 0; i < had; i++) {
		cleanup_ifnet struct ifnet ifp = {0};

		if (ifnet_link_any(v, NULL, l[i].index, &ifp, NULL) >= 0 &&
		    eiface_hidden(&ifp))
			l[n++] = l[i];
	}
	*ret_n = n;
	return 0;
}

static int sync_lent(struct keeper *k, const struct ifnets *all, struct err *e)
{
	cleanup_strbuf struct strbuf found = STRBUF_INIT;
	size_t n = 0;
	int r = noted(k->loop.v, &found, &n, e);

	for (size_t i = 0; r >= 0 && i < n; i++) {
		const struct lent *l = (const struct lent *)found.s + i;
		struct klagg *kl = k->laggs;

		while (kl && (kl->index != l->index || !kl->seen))
			kl = kl->next;
		if (!kl)
			r = lagg_sync(k, all, l->index, &l->lagg, NULL, e);
	}
	return r;
}

static bool is_kept(const struct ifnet *ifp)
{
	return lagg_engine_here(ifp) && ifp->lagg.proto == LAGG_LACP;
}

static int sync_all(struct keeper *k, struct err *e)
{
	cleanup_ifnets struct ifnets all = {0};
	int r = ifnets_load(k->loop.v, &all, e);

	for (struct klagg *kl = k->laggs; kl; kl = kl->next) {
		kl->seen = false;
		for (struct kport *kp = kl->ports; kp; kp = kp->next)
			kp->seen = false;
	}
	for (size_t i = 0; r >= 0 && i < all.n; i++)
		if (is_kept(&all.v[i]))
			r = lagg_sync(k, &all, all.v[i].link, &all.v[i].lagg,
				      &all.v[i], e);
	if (r >= 0)
		r = sync_lent(k, &all, e);
	if (r < 0)
		return r;
	laggs_drop(k, false);
	k->began = true;
	return 0;
}

/* --- what it comes to --------------------------------------------------- */

static int engine_tell(struct klagg *kl, struct err *e)
{
	struct if_lacp_port ports[IFLAGG_PORTS];
	cleanup_ifnet struct ifnet ifp = {0};
	size_t n = 0;
	int r = ifnet_link_any(kl->k->loop.v, NULL, kl->index, &ifp, e);

	for (const struct kport *kp = kl->ports; kp && n < IFLAGG_PORTS;
	     kp = kp->next) {
		bool active = lacp_active(&kp->p);

		ports[n].collecting = active && lacp_collecting(&kp->p);
		ports[n].distributing = active && lacp_distributing(&kp->p);
		str_copy(ports[n++].kname, IFNAMSIZ, kp->kname);
	}
	if (r >= 0)
		r = if_fallback->lagg_lacp(kl->k->loop.v, &ifp, ports, n, e);
	if (r >= 0)
		kl->dirty = false;
	return r;
}

static void status_lagg(struct ifnets *all, const struct klagg *kl)
{
	struct ifnet *ifp = &all->v[all->n++];

	/* of one that is lent nobody asks */
	ifp->index = kl->shown;
	ifp->is_lagg = true;
	ifp->lacp = (struct iflacp){
		.known = true,
		.active = kl->l.has_active,
		.flapping = kl->l.flapping,
	};
	if (kl->l.has_active) {
		const struct lacp_group *g = &kl->l.active;

		ifp->lacp.actor.sys_prio = g->sys_prio;
		ifp->lacp.actor.key = g->key;
		ifp->lacp.partner.sys_prio = g->partner_prio;
		ifp->lacp.partner.key = g->partner_key;
		memcpy(ifp->lacp.actor.mac, g->mac, sizeof(g->mac));
		memcpy(ifp->lacp.partner.mac, g->partner_mac,
		       sizeof(g->partner_mac));
	}
	for (const struct kport *kp = kl->ports; kp; kp = kp->next) {
		ifp = &all->v[all->n++];
		ifp->index = kp->index;
		ifp->lacp = (struct iflacp){
			.known = true,
			.active = lacp_active(&kp->p),
			.actor = kp->p.actor,
			.partner = kp->p.partner,
		};
	}
}

static int status_write(struct keeper *k, struct err *e)
{
	cleanup_free struct ifnet *room = NULL;
	struct ifnets all = {0};
	size_t n = 0;
	int r;

	for (struct klagg *kl = k->laggs; kl; kl = kl->next) {
		n++;
		for (struct kport *kp = kl->ports; kp; kp = kp->next)
			n++;
	}
	all.v = room = calloc(n + 1, sizeof(*room));
	if (!room)
		return err_nomem(e);
	for (struct klagg *kl = k->laggs; kl; kl = kl->next)
		status_lagg(&all, kl);
	r = ifstatus_write(&iflacp_status, k->loop.v, &all, e);
	if (r >= 0)
		k->status_dirty = false;
	return r;
}

static int settle(struct keeper *k, struct err *e)
{
	int r = 0, one;

	for (struct klagg *kl = k->laggs; kl; kl = kl->next) {
		one = kl->dirty ? engine_tell(kl, e) : 0;
		r = r < 0 ? r : one;
	}
	k->waiting = r < 0;
	if (r >= 0 && k->status_dirty)
		r = status_write(k, e);
	return r;
}

/* --- the kernel's word -------------------------------------------------- */

static void on_link(struct keeper *k, const struct nlmsghdr *h)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(h);
	struct kport *kp;

	keeper_loop_changed(&k->loop);
	kp = port_find(k, ifi->ifi_index);
	if (ifi->ifi_family != AF_BRIDGE && kp)
		port_link(kp, h->nlmsg_type == RTM_NEWLINK && kp->lagg->up &&
				      (ifi->ifi_flags & IFF_UP) &&
				      (ifi->ifi_flags & IFNET_LOWER_UP));
}

static void message(struct keeper *k, const struct nlmsghdr *h)
{
	if ((h->nlmsg_type == RTM_NEWLINK || h->nlmsg_type == RTM_DELLINK) &&
	    mnl_nlmsg_get_payload_len(h) >= sizeof(struct ifinfomsg))
		on_link(k, h);
}

/* --- the loop ----------------------------------------------------------- */

static void tick(struct keeper *k)
{
	struct err e = ERR_INIT;

	for (struct klagg *kl = k->laggs; kl; kl = kl->next)
		if (kl->up)
			lacp_tick(&kl->l);
	settle(k, &e);
}

static bool any_dirty(const struct keeper *k)
{
	for (const struct klagg *kl = k->laggs; kl; kl = kl->next)
		if (kl->dirty)
			return true;
	return false;
}

/* The engine that cannot be told now is told at the next tick. */
static int after(struct keeper *k, struct err *e)
{
	struct err se = ERR_INIT;

	(void)e;
	if (!k->waiting && any_dirty(k))
		settle(k, &se);
	return 0;
}

static bool busy(const struct keeper *k)
{
	return k->laggs;
}

static void drop(struct keeper *k)
{
	laggs_drop(k, true);
}

/* The bonding driver's laggs, which have no such notes, speak for themselves.
 */
static int needed(struct vnet *v, bool *ret, struct err *e)
{
	cleanup_strbuf struct strbuf found = STRBUF_INIT;
	size_t n = 0;
	int r = noted(v, &found, &n, e);

	if (r >= 0)
		*ret = n > 0;
	return r;
}

const struct keeper_sort lagg_keeper = {
	.file = "lagg",
	.prog = "cellblock-lagg",
	.what = "keeper of laggs",
	.whose = "laggs",
	/* it may have to start the engine's broker */
	.caps = IF_STARTER_CAPS,
	.needed = needed,
	.main = lagg_keeper_main,
};

static const unsigned int groups[] = {RTNLGRP_LINK, 0};

static const struct keeper_ops ops = {
	.sort = &lagg_keeper,
	.status = &iflacp_status,
	.groups = groups,
	.message = message,
	.sync = sync_all,
	.settle = settle,
	.patient = true,
	.after = after,
	.tick = tick,
	.receive = receive,
	.busy = busy,
	.drop = drop,
};

int lagg_keeper_main(struct vnet *v, void (*ready)(void), struct err *e)
{
	struct keeper k = {.status_dirty = true};

	if (!if_fallback)
		return err_sys(e, EOPNOTSUPP, "%s: lock", lagg_keeper.what);
	return keeper_loop_run(&k.loop, &ops, &k, v, ready, e);
}
