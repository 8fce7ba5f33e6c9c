/*
 * bridge: members, their flags and the bridge's settings.  See bridge.h; the
 * table of addresses is in bridge_fdb.c, span ports in bridge_span.c, the move
 * to another vnet in bridge_move.c.
 *
 * MTU, as FreeBSD 14 has it: the first member gives the bridge its MTU, later
 * ones are brought to it or refused.
 */
#include "net/bridge_impl.h"

#include "base/cleanup.h"
#include "net/bridge_vlan.h"
#include "net/bridge_host.h"
#include "net/bsderr.h"
#include "net/ifstate.h"
#include "net/kind.h"
#include "net/link.h"

#include <errno.h>
#include <linux/if_arp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int bridge_get(struct vnet *v, const char *bridge, struct ifnet *ret,
	       struct err *e, const char *what, ...)
{
	cleanup_ifnet struct ifnet br = {0};
	char text[128];
	va_list ap;
	int r;

	r = ifnet_link(v, bridge, &br, e);
	if (r < 0)
		return r;
	if (!br.is_bridge) {
		va_start(ap, what);
		vsnprintf(text, sizeof(text), what, ap);
		va_end(ap);
		return bsd_err(e, EINVAL, "%s", text);
	}
	*ret = br;
	br = (struct ifnet){0};
	return 0;
}

/* ----------------------------------------------------------- members */

void bridge_members_free(struct bridge_members *m)
{
	free(m->v);
	free(m->mtu);
	*m = (struct bridge_members){0};
}

struct members_load {
	struct bridge_members m;
	int bridge;
};

static void members_restart(void *data)
{
	((struct members_load *)data)->m.n = 0;
}

static int members_cb(const struct nlmsghdr *h, void *data, struct err *e)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(h);
	const struct nlattr *tb[IFLA_MAX + 1];
	struct members_load *l = data;
	uint32_t *mtu;
	int *idx;

	if (h->nlmsg_type != RTM_NEWLINK ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(*ifi))
		return 0;
	nl_parse(h, sizeof(*ifi), tb, IFLA_MAX);
	if (!tb[IFLA_MASTER] || !tb[IFLA_MTU] ||
	    (int)nl_u32(tb[IFLA_MASTER]) != l->bridge)
		return 0;
	idx = reallocarray(l->m.v, l->m.n + 1, sizeof(*idx));
	if (!idx)
		return err_nomem(e);
	l->m.v = idx;
	mtu = reallocarray(l->m.mtu, l->m.n + 1, sizeof(*mtu));
	if (!mtu)
		return err_nomem(e);
	l->m.mtu = mtu;
	l->m.v[l->m.n] = ifi->ifi_index;
	l->m.mtu[l->m.n++] = nl_u32(tb[IFLA_MTU]);
	return 0;
}

int bridge_members_load(struct vnet *v, int bridge, struct bridge_members *ret,
			struct err *e)
{
	struct members_load l = {.bridge = bridge};
	struct ifinfomsg ifi = {0};
	struct nlm m;
	int r;

	nlm_begin(&m, RTM_GETLINK, 0, &ifi, sizeof(ifi));
	nlm_put_u32(&m, IFLA_MASTER, (uint32_t)bridge);
	nlm_put_u32(&m, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	r = nl_dump(v->rt, &m, members_cb, members_restart, &l, e);
	if (r < 0) {
		bridge_members_free(&l.m);
		return r;
	}
	*ret = l.m;
	return 0;
}

/* FreeBSD's checks of bridge_ioctl_add, in its order. */
static int addm_check(const struct ifnet *br, const struct ifnet *ifp)
{
	if (!ifp->kind->ethernet || ifp->arptype != ARPHRD_ETHER ||
	    ifp->is_bridge)
		return -EINVAL;
	if (ifp->span_of)
		return -EBUSY;
	if (ifp->master == br->index)
		return -EEXIST;
	return ifp->master ? -EBUSY : 0;
}

/* One of the two MTUs gives way; done before the interface is a member. */
static int addm_mtu(struct vnet *v, const struct ifnet *br,
		    const struct ifnet *ifp)
{
	cleanup_members struct bridge_members members = {0};
	struct nlm m;
	int r;

	if (br->mtu == ifp->mtu)
		return 0;
	r = bridge_members_load(v, br->index, &members, NULL);
	if (r < 0)
		return r;
	link_set(&m, members.n ? ifp->index : br->index, 0, 0);
	nlm_put_u32(&m, IFLA_MTU, members.n ? br->mtu : ifp->mtu);
	return nl_talk(v->rt, &m, NULL, NULL) < 0 ? -EINVAL : 0;
}

static int set_master(struct vnet *v, int index, int master)
{
	struct nlm m;

	link_set(&m, index, 0, 0);
	nlm_put_u32(&m, IFLA_MASTER, (uint32_t)master);
	return nl_talk(v->rt, &m, NULL, NULL);
}

static int set_mac(struct vnet *v, int index, const unsigned char mac[MAC_LEN])
{
	struct nlm m;

	link_set(&m, index, 0, 0);
	nlm_put(&m, IFLA_ADDRESS, mac, MAC_LEN);
	return nl_talk(v->rt, &m, NULL, NULL);
}

static void own_mac(struct vnet *v, const struct ifnet *br,
		    unsigned char ret[MAC_LEN])
{
	mac_generated(v, br->home_name[0] ? br->home_name : br->kname, ret);
}

#define INHERIT_MAC "net.link.bridge.inherit_mac"

/* A bridge with its own address takes that of its first member. */
static int inherit_mac(struct vnet *v, const struct ifnet *br,
		       const struct ifnet *ifp)
{
	cleanup_members struct bridge_members members = {0};
	unsigned char own[MAC_LEN];
	int r;

	if (!vnet_kept(v, INHERIT_MAC, 0))
		return 0;
	own_mac(v, br, own);
	if (memcmp(br->mac, own, MAC_LEN) != 0)
		return 0;
	r = bridge_members_load(v, br->index, &members, NULL);
	if (r < 0 || members.n != 1)
		return r;
	return set_mac(v, br->index, ifp->mac);
}

/* The member that gave it is gone: the next one's, or its own again. */
static int disinherit_mac(struct vnet *v, const struct ifnet *br,
			  const struct ifnet *gone)
{
	cleanup_members struct bridge_members members = {0};
	cleanup_ifnet struct ifnet next = {0};
	unsigned char own[MAC_LEN];
	int r;

	if (!vnet_kept(v, INHERIT_MAC, 0) ||
	    memcmp(br->mac, gone->mac, MAC_LEN) != 0)
		return 0;
	r = bridge_members_load(v, br->index, &members, NULL);
	if (r < 0)
		return r;
	if (!members.n) {
		own_mac(v, br, own);
		return set_mac(v, br->index, own);
	}
	r = ifnet_link_any(v, NULL, members.v[0], &next, NULL);
	return r < 0 ? r : set_mac(v, br->index, next.mac);
}

static bool has_ll(const struct ifnet *ifp)
{
	for (size_t i = 0; i < ifp->naddrs; i++)
		if (ifp->addrs[i].family == AF_INET6 &&
		    IN6_IS_ADDR_LINKLOCAL(&ifp->addrs[i].addr.in6))
			return true;
	return false;
}

int bridge_clear_scope(struct vnet *v, const char *bridge, const char *member,
		       bool *ret_cleared, struct err *e)
{
	cleanup_ifnet struct ifnet br = {0}, ifp = {0};
	int r = 0;

	if (vnet_kept(v, "net.link.bridge.allow_llz_overlap", 0) ||
	    ifnet_get(v, bridge, &br, NULL) < 0 ||
	    ifnet_get(v, member, &ifp, NULL) < 0 || !has_ll(&br) ||
	    !has_ll(&ifp))
		return 0;
	for (size_t i = 0; r >= 0 && i < ifp.naddrs; i++) {
		struct ifaddrmsg ifa = {.ifa_family = AF_INET6,
					.ifa_prefixlen = ifp.addrs[i].plen,
					.ifa_index = (uint32_t)ifp.index};
		struct nlm m;

		if (ifp.addrs[i].family != AF_INET6)
			continue;
		nlm_begin(&m, RTM_DELADDR, 0, &ifa, sizeof(ifa));
		nlm_put(&m, IFA_LOCAL, &ifp.addrs[i].addr.in6, 16);
		r = nl_talk(v->rt, &m, NULL, NULL);
		*ret_cleared = true;
	}
	return r < 0 ? bsd_err(e, -r, "BRDGADD %s", member) : 0;
}

/* Has the bridge any facts of ours that a change of members touches? */
static bool has_spans(struct vnet *v, int bridge)
{
	cleanup_ifstate struct ifstate s = {0};

	return ifstate_get(v, bridge, &s, NULL) >= 0 && s.nspans;
}

int bridge_addm(struct vnet *v, const char *bridge, const char *member,
		struct err *e)
{
	cleanup_ifnet struct ifnet br = {0}, ifp = {0};
	int r;

	r = bridge_get(v, bridge, &br, e, "BRDGADD %s", member);
	if (r < 0)
		return r;
	if (ifnet_get(v, member, &ifp, NULL) < 0)
		return bsd_err(e, ENOENT, "BRDGADD %s", member);
	r = addm_check(&br, &ifp);
	if (r >= 0 && bridge_host_has(&ifp) && !bridge_host_allowed(v))
		r = -EINVAL;
	if (r >= 0)
		r = addm_mtu(v, &br, &ifp);
	if (r >= 0)
		r = set_master(v, ifp.index, br.index);
	if (r >= 0)
		r = inherit_mac(v, &br, &ifp);
	/* the kernel's reasons why an interface cannot be a port */
	if (r == -EOPNOTSUPP || r == -ELOOP)
		r = -EINVAL;
	if (r >= 0)
		r = bridge_vlan_joined(v, &br, ifp.index, NULL);
	if (r < 0)
		return bsd_err(e, -r, "BRDGADD %s", member);
	ifp.is_port = true;
	ifp.master = br.index;
	if (bridge_host_has(&ifp) || !ifp.linux_kind[0])
		r = bridge_host_sync(v, &ifp, bridge_host_has(&ifp), e);
	if (r >= 0 && has_spans(v, br.index))
		r = span_sync(v, br.index, ifp.index, e);
	if (r < 0)
		set_master(v, ifp.index, 0);
	return r < 0 ? err_wrap(e, "BRDGADD %s", member) : 0;
}

static int drop_port(struct ifstate *s, void *data, struct err *e)
{
	int index = *(const int *)data;

	(void)e;
	for (size_t i = 0; i < s->nports; i++)
		if (s->ports[i].index == index)
			s->ports[i--] = s->ports[--s->nports];
	return 0;
}

static int forget_port(struct vnet *v, int bridge, int index, struct err *e)
{
	cleanup_ifstate struct ifstate s = {0};
	int r;

	r = ifstate_get(v, bridge, &s, e);
	if (r >= 0 && s.nspans)
		r = span_clear(v, index, e);
	if (r >= 0 && s.nports)
		r = ifstate_update(v, bridge, drop_port, &index, e);
	return r;
}

int bridge_deletem(struct vnet *v, const char *bridge, const char *member,
		   struct err *e)
{
	cleanup_ifnet struct ifnet br = {0}, ifp = {0};
	int r;

	r = bridge_get(v, bridge, &br, e, "BRDGDEL %s", member);
	if (r < 0)
		return r;
	if (ifnet_link(v, member, &ifp, NULL) < 0 || ifp.master != br.index)
		return bsd_err(e, ENOENT, "BRDGDEL %s", member);
	bridge_host_leave(v, &br, ifp.index, NULL);
	r = set_master(v, ifp.index, 0);
	if (r >= 0)
		r = disinherit_mac(v, &br, &ifp);
	if (r < 0)
		return bsd_err(e, -r, "BRDGDEL %s", member);
	return forget_port(v, br.index, ifp.index, e);
}

/* ------------------------------------------------------ member flags */

/* Those that the kernel's bridge has; the others are in the state file. */
static uint16_t flag_attr(uint32_t flag)
{
	switch (flag) {
	case IFBIF_LEARNING:
		return IFLA_BRPORT_LEARNING;
	case IFBIF_DISCOVER:
		return IFLA_BRPORT_UNICAST_FLOOD;
	case IFBIF_PRIVATE:
		return IFLA_BRPORT_ISOLATED;
	}
	return 0;
}

int bridge_member_flag(struct vnet *v, const char *bridge, const char *member,
		       uint32_t flag, bool on, struct err *e)
{
	cleanup_ifnet struct ifnet br = {0}, ifp = {0};
	struct link_nest n;
	struct nlm m;
	int r;

	r = bridge_get(v, bridge, &br, e, "unable to get bridge flags");
	if (r < 0)
		return r;
	if (ifnet_link(v, member, &ifp, NULL) < 0 || ifp.master != br.index)
		return bsd_err(e, ENOENT, "unable to get bridge flags");
	if (flag & IFBIF_STATE)
		return bridge_port_flag(v, &br, ifp.index, flag, on, e);
	link_set(&m, ifp.index, 0, 0);
	n = link_slave_data(&m, "bridge");
	nlm_put_u8(&m, flag_attr(flag), on);
	link_nest_end(&m, &n);
	r = nl_talk(v->rt, &m, NULL, NULL);
	return r < 0 ? bsd_err(e, -r, "unable to set bridge flags") : 0;
}

/* ---------------------------------------------------------- settings */

static int set_u32(struct vnet *v, int index, uint16_t attr, uint32_t value)
{
	struct link_nest n;
	struct nlm m;

	link_set(&m, index, 0, 0);
	n = link_data(&m, "bridge");
	nlm_put_u32(&m, attr, value);
	link_nest_end(&m, &n);
	return nl_talk(v->rt, &m, NULL, NULL);
}

int bridge_timeout(struct vnet *v, const char *bridge, uint32_t seconds,
		   struct err *e)
{
	cleanup_ifnet struct ifnet br = {0};
	uint32_t ticks = BRIDGE_NEVER;
	int r;

	r = bridge_get(v, bridge, &br, e, "BRDGSTO %u", seconds);
	if (r < 0)
		return r;
	if (seconds > BRIDGE_NEVER / 100)
		return bsd_err(e, EINVAL, "BRDGSTO %u", seconds);
	if (seconds)
		ticks = seconds * 100;
	r = set_u32(v, br.index, IFLA_BR_AGEING_TIME, ticks);
	return r < 0 ? bsd_err(e, -r, "BRDGSTO %u", seconds) : 0;
}

int bridge_maxaddr(struct vnet *v, const char *bridge, uint32_t max,
		   struct err *e)
{
	cleanup_ifnet struct ifnet br = {0};
	int r;

	r = bridge_get(v, bridge, &br, e, "BRDGSCACHE %u", max);
	if (r < 0)
		return r;
	if (!br.bridge.has_fdb_max)
		return err_set(e, EOPNOTSUPP,
			       "BRDGSCACHE %u: this kernel cannot limit a "
			       "bridge's table of addresses (Linux 6.7 and "
			       "later can)",
			       max);
	r = set_u32(v, br.index, BR_FDB_MAX_LEARNED, max);
	return r < 0 ? bsd_err(e, -r, "BRDGSCACHE %u", max) : 0;
}

static int mtu_batch(struct vnet *v, const struct ifnet *br,
		     const struct bridge_members *members, const uint32_t *mtu,
		     uint32_t br_mtu)
{
	cleanup_nl_batch struct nl_batch *b = NULL;
	struct nlm m;
	int r;

	r = nl_batch_new(v->rt, &b, NULL);
	for (size_t i = 0; r >= 0 && i < members->n; i++) {
		link_set(&m, members->v[i], 0, 0);
		nlm_put_u32(&m, IFLA_MTU, mtu ? mtu[i] : br_mtu);
		r = nl_batch_add(b, &m, NULL, NULL);
	}
	if (r < 0)
		return r;
	link_set(&m, br->index, 0, 0);
	nlm_put_u32(&m, IFLA_MTU, br_mtu);
	r = nl_batch_add(b, &m, NULL, NULL);
	return r < 0 ? r : nl_batch_run(b, NULL, NULL);
}

int bridge_mtu(struct vnet *v, const struct ifnet *br, uint32_t mtu,
	       struct err *e)
{
	cleanup_members struct bridge_members members = {0};
	int r;

	r = bridge_members_load(v, br->index, &members, e);
	if (r < 0)
		return r;
	r = mtu_batch(v, br, &members, NULL, mtu);
	if (r < 0) {
		mtu_batch(v, br, &members, members.mtu, br->mtu);
		return bsd_err(e, -r, "ioctl SIOCSIFMTU (set mtu)");
	}
	return 0;
}
