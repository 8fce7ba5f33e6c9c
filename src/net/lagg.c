/* See lagg.h for the theory of operation. */
#include "net/lagg.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "net/bsderr.h"
#include "net/fallback.h"
#include "net/ifset.h"
#include "net/ifstate.h"
#include "net/kind_rows.h"
#include "net/lagg_keeper.h"
#include "net/link.h"
#include "net/vlan.h"

#include <errno.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <string.h>

static const char what_set[] = "SIOCSLAGG";
static const char what_opts[] = "SIOCSLAGGOPTS";

/* ---------------------------------------------------------- the words */

static const struct {
	const char *name;
	uint8_t proto;
	int bond; /* mode of the driver; -1: none */
} protos[] = {
	{"failover", LAGG_FAILOVER, 1},
	{"lacp", LAGG_LACP, 4},
	{"loadbalance", LAGG_LOADBALANCE, 2},
	{"roundrobin", LAGG_ROUNDROBIN, 0},
	{"broadcast", LAGG_BROADCAST, 3},
	{"none", LAGG_NONE, -1},
};

const char *lagg_proto_name(unsigned int proto)
{
	for (size_t i = 0; i < ARRAY_SIZE(protos); i++)
		if (protos[i].proto == proto)
			return protos[i].name;
	return "<unknown>";
}

int lagg_proto_parse(const char *word, uint32_t *ret, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(protos); i++)
		if (!strcmp(protos[i].name, word)) {
			*ret = protos[i].proto;
			return 0;
		}
	return err_set(e, EINVAL, "Invalid aggregation protocol: %s", word);
}

int lagg_hash_parse(const char *word, uint32_t *ret, struct err *e)
{
	static const char *const names[] = {"l2", "l3", "l4"};
	cleanup_strv struct strv parts = {0};
	uint32_t hash = 0;

	if (strv_split(&parts, word, ",") < 0)
		return err_nomem(e);
	for (size_t i = 0; i < parts.n; i++) {
		size_t k = 0;

		while (k < ARRAY_SIZE(names) &&
		       strcmp(names[k], parts.v[i]) != 0)
			k++;
		if (k == ARRAY_SIZE(names))
			return err_set(e, EINVAL, "Invalid lagghash option: %s",
				       parts.v[i]);
		hash |= 1u << k;
	}
	if (!hash)
		return err_set(e, EINVAL, "Invalid lagghash option: %s", word);
	*ret = hash;
	return 0;
}

/* ---------------------------------------------------------- the driver */

static int bond_mode(uint32_t proto)
{
	for (size_t i = 0; i < ARRAY_SIZE(protos); i++)
		if (protos[i].proto == proto)
			return protos[i].bond;
	return -1;
}

static int bond_proto(unsigned int mode)
{
	for (size_t i = 0; i < ARRAY_SIZE(protos); i++)
		if (protos[i].bond == (int)mode)
			return protos[i].proto;
	return LAGG_NONE;
}

static const struct {
	uint8_t policy, hash;
} policies[] = {
	{1, LAGG_L2 | LAGG_L3 | LAGG_L4},
	{1, LAGG_L3 | LAGG_L4},
	{2, LAGG_L2 | LAGG_L3},
	{0, LAGG_L2},
};

void lagg_of_bond(const struct nlattr *data, struct iflagg *l)
{
	const struct nlattr *tb[IFLA_BOND_MAX + 1];
	uint8_t policy;

	nl_parse_nested(data, tb, IFLA_BOND_MAX);
	policy = nl_u8(tb[IFLA_BOND_XMIT_HASH_POLICY]);
	l->proto = (uint8_t)bond_proto(nl_u8(tb[IFLA_BOND_MODE]));
	for (size_t i = ARRAY_SIZE(policies); i-- > 0;)
		if (policies[i].policy == policy)
			l->hash = policies[i].hash;
}

static int set_master(struct vnet *v, int port, int master)
{
	struct nlm m;

	link_set(&m, port, IFF_UP, master ? 0 : IFF_UP);
	nlm_put_u32(&m, IFLA_MASTER, (uint32_t)master);
	return nl_talk(v->rt, &m, NULL, NULL);
}

static int bond_request(struct vnet *v, int index, uint16_t attr, size_t size,
			uint32_t value)
{
	struct link_nest n;
	struct nlm m;

	link_set(&m, index, 0, 0);
	n = link_data(&m, "bond");
	if (size == 1)
		nlm_put_u8(&m, attr, (uint8_t)value);
	else
		nlm_put_u32(&m, attr, value);
	link_nest_end(&m, &n);
	return nl_talk(v->rt, &m, NULL, NULL);
}

static int bond_up(struct vnet *v, int index, bool up)
{
	struct nlm m;

	link_set(&m, index, IFF_UP, up ? IFF_UP : 0);
	return nl_talk(v->rt, &m, NULL, NULL);
}

/* Its mode is changed only while it is down and has no ports. */
static int bond_set_mode(struct vnet *v, const struct ifnet *ifp, int mode)
{
	cleanup_ifnets struct ifnets all = {0};
	int r = ifnets_load(v, &all, NULL), back;

	for (size_t i = 0; r >= 0 && i < all.n; i++)
		if (all.v[i].master == ifp->index)
			r = set_master(v, all.v[i].index, 0);
	if (r >= 0)
		r = bond_up(v, ifp->index, false);
	if (r >= 0)
		r = bond_request(v, ifp->index, IFLA_BOND_MODE, 1,
				 (uint32_t)mode);
	for (size_t i = 0; i < all.n; i++) {
		if (all.v[i].master != ifp->index)
			continue;
		back = set_master(v, all.v[i].index, ifp->index);
		r = r < 0 ? r : back;
	}
	if (ifp->flags & IFF_UP)
		bond_up(v, ifp->index, true);
	return r;
}

static int bond_policy(uint32_t hash)
{
	for (size_t i = 0; i < ARRAY_SIZE(policies); i++)
		if (policies[i].hash == hash)
			return policies[i].policy;
	return -1;
}

static int bond_rate(struct vnet *v, const struct ifnet *ifp, bool fast)
{
	int r = bond_up(v, ifp->index, false);

	if (r >= 0)
		r = bond_request(v, ifp->index, IFLA_BOND_AD_LACP_RATE, 1,
				 fast);
	if (ifp->flags & IFF_UP)
		bond_up(v, ifp->index, true);
	return r;
}

static int bond_set(struct vnet *v, const struct ifnet *ifp,
		    const struct iflagg *c)
{
	const struct iflagg *old = &ifp->lagg;
	int r = 0;

	if (bond_mode(c->proto) < 0 || bond_policy(c->hash) < 0 ||
	    (c->opts & LAGG_OPT_FLOWID) ||
	    /* the driver is */
	    (c->proto == LAGG_LACP && !(c->opts & LAGG_OPT_STRICT)))
		return -EOPNOTSUPP;
	if (c->proto != old->proto)
		r = bond_set_mode(v, ifp, bond_mode(c->proto));
	if (r >= 0 && c->hash != old->hash)
		r = bond_request(v, ifp->index, IFLA_BOND_XMIT_HASH_POLICY, 1,
				 (uint32_t)bond_policy(c->hash));
	if (r >= 0 && c->limit != old->limit)
		r = bond_request(v, ifp->index, IFLA_BOND_PACKETS_PER_SLAVE, 4,
				 c->limit);
	if (r >= 0 && c->proto == LAGG_LACP &&
	    (c->proto != old->proto || (c->opts ^ old->opts) & LAGG_OPT_FAST))
		r = bond_rate(v, ifp, c->opts & LAGG_OPT_FAST);
	return r;
}

/* ------------------------------------------------------------ settings */

static int put_state(struct ifstate *s, void *data, struct err *e)
{
	(void)e;
	s->lagg = *(const struct iflagg *)data;
	s->has_lagg = true;
	return 0;
}

/*
 * One whose engine is here is noted at its hidden end, too: for the time that
 * it is lent to a jail, and for its coming home, when what that jail has
 * written counts for nothing.
 */
static int keep(struct vnet *v, struct ifnet *ifp, struct iflagg *c,
		struct err *e)
{
	int r;

	c->cookie = v->cookie;
	r = ifstate_update(v, ifp->index, put_state, c, e);
	if (r >= 0 && lagg_engine_here(ifp))
		r = ifstate_update(v, ifp->link, put_state, c, e);
	return r;
}

bool lagg_engine_here(const struct ifnet *ifp)
{
	return ifp->is_lagg && if_is_fallback(ifp) && ifp->link &&
	       ifp->link_netnsid < 0;
}

/* Who speaks LACP for it begins, is told, or ends. */
static int tell_keeper(struct vnet *v, const struct ifnet *ifp, uint8_t was,
		       uint8_t is, struct err *e)
{
	if (!if_is_fallback(ifp) || (was != LAGG_LACP && is != LAGG_LACP))
		return 0;
	return keeper_tell(&lagg_keeper, v, e);
}

static int lagg_get(struct vnet *v, const char *name, struct ifnet *ret,
		    const char *what, struct err *e)
{
	cleanup_ifnet struct ifnet ifp = {0};
	int r = ifnet_link(v, name, &ifp, e);

	if (r < 0)
		return r;
	if (!ifp.is_lagg)
		return bsd_err(e, EINVAL, "%s", what);
	*ret = ifp;
	ifp = (struct ifnet){0};
	return 0;
}

static void change(struct iflagg *c, enum lagg_setting what, uint32_t value)
{
	switch (what) {
	case LAGG_SET_PROTO:
		if (c->proto == value)
			break;
		c->proto = (uint8_t)value;
		c->opts &= ~LAGG_OPTS_LACP;
		if (value == LAGG_LACP)
			c->opts |= LAGG_OPT_STRICT;
		break;
	case LAGG_SET_HASH:
		c->hash = (uint8_t)value;
		break;
	case LAGG_SET_OPT:
		c->opts |= value;
		break;
	case LAGG_CLEAR_OPT:
		c->opts &= ~value;
		break;
	case LAGG_SET_SHIFT:
		c->shift = value;
		break;
	case LAGG_SET_LIMIT:
		c->limit = value;
		break;
	}
}

int lagg_set(struct vnet *v, const char *name, enum lagg_setting what,
	     uint32_t value, struct err *e)
{
	cleanup_ifnet struct ifnet ifp = {0};
	struct iflagg c;
	int r = lagg_get(v, name, &ifp, what_set, e);

	if (r < 0)
		return r;
	c = ifp.lagg;
	change(&c, what, value);
	if ((what == LAGG_SET_OPT || what == LAGG_CLEAR_OPT) &&
	    (value & LAGG_OPTS_LACP) && c.proto != LAGG_LACP)
		r = -EINVAL;
	else if (!if_is_fallback(&ifp))
		r = bond_set(v, &ifp, &c);
	else if (!if_fallback)
		r = -EOPNOTSUPP;
	else
		r = if_fallback->lagg_set(v, &ifp, &c, NULL);
	if (r < 0)
		return bsd_err(e, -r, "%s",
			       what == LAGG_SET_PROTO ? what_set : what_opts);
	r = keep(v, &ifp, &c, e);
	return r < 0 ? r : tell_keeper(v, &ifp, ifp.lagg.proto, c.proto, e);
}

bool lagg_rx_all(const struct vnet *v)
{
	return vnet_kept(v, LAGG_RX_ALL_NAME, 0) != 0;
}

int lagg_rx_all_apply(struct vnet *v, struct err *e)
{
	cleanup_ifnets struct ifnets all = {0};
	int r = ifnets_load(v, &all, e);

	for (size_t i = 0; r >= 0 && i < all.n; i++) {
		const struct ifnet *ifp = &all.v[i];

		if (!ifp->is_lagg)
			continue;
		if (!if_is_fallback(ifp))
			r = bond_request(v, ifp->index,
					 IFLA_BOND_ALL_SLAVES_ACTIVE, 1,
					 lagg_rx_all(v));
		else if (if_fallback)
			r = if_fallback->lagg_set(v, ifp, &ifp->lagg, NULL);
		if (r < 0)
			return bsd_err(e, -r, "%s", ifp->name);
	}
	return r;
}

/* --------------------------------------------------------------- ports */

static int port_find(const struct iflagg *l, int index)
{
	for (size_t i = 0; i < l->nports; i++)
		if (l->ports[i].index == index)
			return (int)i;
	return -1;
}

/* Those whose interfaces are gone. */
static void ports_prune(const struct vnet *v, struct iflagg *l)
{
	char name[IFNAMSIZ];
	size_t kept = 0;

	for (size_t i = 0; i < l->nports; i++)
		if (vnet_ifname(v, l->ports[i].index, name))
			l->ports[kept++] = l->ports[i];
	l->nports = (uint8_t)kept;
}

/* May it be a port?  FreeBSD's errors. */
static int port_check(struct vnet *v, const struct ifnet *ifp,
		      const struct ifnet *port)
{
	cleanup_ifnets struct ifnets all = {0};
	int r;

	if (port->index == ifp->index || port->is_bridge || port->is_lagg)
		return -EINVAL;
	if (port->arptype != ARPHRD_ETHER || !port->kind->ethernet)
		return -EPROTONOSUPPORT;
	if (port->is_port || (port->master && port->master != ifp->index))
		return -EBUSY;
	r = ifnets_load(v, &all, NULL);
	for (size_t i = 0; r >= 0 && i < all.n; i++)
		if (all.v[i].is_lagg && all.v[i].index != ifp->index &&
		    all.v[i].lagg.cookie == v->cookie &&
		    port_find(&all.v[i].lagg, port->index) >= 0)
			r = -EBUSY;
	return r;
}

/* It, all ports, or the first time the interface, get one address. */
static int join_fallback(struct vnet *v, struct ifnet *ifp, struct ifnet *port,
			 struct iflagg *c)
{
	int r;

	if (!c->nports && port->mtu != ifp->mtu)
		r = if_set_mtu(v, ifp, port->mtu, NULL);
	else
		r = port->mtu == ifp->mtu ? 0 : -EINVAL;
	if (r >= 0)
		r = if_fallback->lagg_port(v, ifp, port, true, NULL);
	if (r < 0)
		return r;
	memcpy(c->ports[c->nports].mac, port->mac, MAC_LEN);
	c->ports[c->nports].index = port->index;
	c->ports[c->nports].v6 = !(port->nd6 & ND6_IFDISABLED);
	/* what its own stack says would come back by the other ports */
	link_v6_set(v, port->kname, false, NULL);
	r = c->nports++ ? if_set_mac(v, port, ifp->mac, NULL)
			: if_set_mac(v, ifp, port->mac, NULL);
	if (r < 0)
		if_fallback->lagg_port(v, ifp, port, false, NULL);
	return r;
}

static int with_port(struct vnet *v, const char *name, const char *port_name,
		     struct ifnet *ifp, struct ifnet *port, const char *what,
		     struct err *e)
{
	int r = lagg_get(v, name, ifp, what, e);

	if (r < 0)
		return r;
	return ifnet_link(v, port_name, port, NULL) < 0
		       ? bsd_err(e, EINVAL, "%s", what)
		       : 0;
}

static int ports_done(struct vnet *v, struct ifnet *ifp, struct iflagg *c,
		      int r, const char *what, struct err *e)
{
	cleanup_ifnet struct ifnet now = {0};

	if (r < 0)
		return bsd_err(e, -r, "%s", what);
	/* the driver has chosen the address, after the first port's */
	if (!if_is_fallback(ifp) && ifnet_get(v, ifp->name, &now, NULL) >= 0)
		vlan_follow(v, now.index, now.mac);
	r = keep(v, ifp, c, e);
	return r < 0 ? r : tell_keeper(v, ifp, c->proto, c->proto, e);
}

int lagg_port_add(struct vnet *v, const char *name, const char *port_name,
		  struct err *e)
{
	static const char what[] = "SIOCSLAGGPORT";
	cleanup_ifnet struct ifnet ifp = {0}, port = {0};
	struct iflagg c;
	int r = with_port(v, name, port_name, &ifp, &port, what, e);

	if (r < 0)
		return r;
	c = ifp.lagg;
	ports_prune(v, &c);
	if (port_find(&c, port.index) >= 0 || port.master == ifp.index)
		return 0;
	r = c.nports < IFLAGG_PORTS ? port_check(v, &ifp, &port) : -ENOSPC;
	if (r >= 0 && !if_is_fallback(&ifp))
		r = set_master(v, port.index, ifp.index);
	else if (r >= 0)
		r = if_fallback ? join_fallback(v, &ifp, &port, &c)
				: -EOPNOTSUPP;
	return ports_done(v, &ifp, &c, r, what, e);
}

static int mac_put(struct vnet *v, int index, const unsigned char mac[6])
{
	struct nlm m;

	link_set(&m, index, 0, 0);
	nlm_put(&m, IFLA_ADDRESS, mac, MAC_LEN);
	return nl_talk(v->rt, &m, NULL, NULL);
}

/* What it was before. */
static int port_restore(struct vnet *v, const struct iflagg *c, size_t i)
{
	char kname[IFNAMSIZ];
	int r = mac_put(v, c->ports[i].index, c->ports[i].mac);

	if (r >= 0 && c->ports[i].v6 &&
	    vnet_ifname(v, c->ports[i].index, kname))
		r = link_v6_set(v, kname, true, NULL);
	return r;
}

/* The first one's address was everybody's: now it is the next one's. */
static int next_address(struct vnet *v, const struct ifnet *ifp,
			const struct iflagg *c)
{
	int r = mac_put(v, ifp->index, c->ports[0].mac);

	for (size_t i = 0; r >= 0 && i < c->nports; i++)
		r = mac_put(v, c->ports[i].index, c->ports[0].mac);
	return r < 0 ? r : vlan_follow(v, ifp->index, c->ports[0].mac);
}

static int leave_fallback(struct vnet *v, struct ifnet *ifp,
			  const struct ifnet *port, struct iflagg *c)
{
	int at = port_find(c, port->index), r;

	if (at < 0)
		return -ENOENT;
	r = if_fallback->lagg_port(v, ifp, port, false, NULL);
	if (r >= 0)
		r = port_restore(v, c, (size_t)at);
	if (r < 0)
		return r;
	c->nports--;
	memmove(&c->ports[at], &c->ports[at + 1],
		(c->nports - (size_t)at) * sizeof(c->ports[0]));
	return at || !c->nports ? 0 : next_address(v, ifp, c);
}

int lagg_port_delete(struct vnet *v, const char *name, const char *port_name,
		     struct err *e)
{
	static const char what[] = "SIOCSLAGGDELPORT";
	cleanup_ifnet struct ifnet ifp = {0}, port = {0};
	struct iflagg c;
	int r = with_port(v, name, port_name, &ifp, &port, what, e);

	if (r < 0)
		return r;
	c = ifp.lagg;
	if (!if_is_fallback(&ifp))
		r = port.master == ifp.index ? set_master(v, port.index, 0)
					     : -ENOENT;
	else
		r = if_fallback ? leave_fallback(v, &ifp, &port, &c)
				: -EOPNOTSUPP;
	return ports_done(v, &ifp, &c, r, what, e);
}

int lagg_home(struct vnet *v, const struct ifnet *ifp, struct err *e)
{
	cleanup_ifstate struct ifstate s = {0};
	struct iflagg c = IFLAGG_DEFAULT;
	int r = ifstate_get(v, ifp->link, &s, e);

	if (r < 0)
		return r;
	if (s.has_lagg)
		c = s.lagg;
	ports_prune(v, &c);
	return ifstate_update(v, ifp->index, put_state, &c, e);
}

void lagg_ports_restore(struct vnet *v, const struct ifnet *ifp)
{
	const struct iflagg *l = &ifp->lagg;

	if (!if_is_fallback(ifp) || l->cookie != v->cookie)
		return;
	for (size_t i = 0; i < l->nports; i++)
		port_restore(v, l, i);
}
