/*
 * ifnet: kernel -> model.  Two dumps (links, addresses) and the state files of
 * the vnet make the list; a single interface is asked for by name.  Texts that
 * come from the kernel or from state files may have been chosen by a jail's
 * root: control characters are replaced before a printer sees them.
 */
#include "net/ifnet.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "net/bridge.h"
#include "net/bridge_vlan.h"
#include "net/bsderr.h"
#include "net/eiface.h"
#include "net/ifbridge.h"
#include "net/ifstate.h"
#include "net/iptunnel.h"
#include "net/relink.h"
#include "net/kind_rows.h"
#include "net/iflacp.h"
#include "net/lagg.h"
#include "net/vlan.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_arp.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/ipv6.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define BR_MAX BR_FDB_MAX_LEARNED
#define TUN_TYPE 3 /* IFLA_TUN_TYPE */

const char *ifname_to_kernel(const char *name)
{
	return strcmp(name, "lo0") ? name : "lo";
}

const char *ifname_from_kernel(const char *kname)
{
	return strcmp(kname, "lo") ? kname : "lo0";
}

static void text_clean(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			*s = '?';
}

static size_t attr_len(const struct nlattr *a)
{
	return mnl_attr_get_payload_len(a);
}

static void attr_str(const struct nlattr *a, char *buf, size_t size)
{
	size_t n;

	buf[0] = '\0';
	if (!a)
		return;
	n = attr_len(a);
	if (n >= size)
		n = size - 1;
	memcpy(buf, mnl_attr_get_payload(a), n);
	buf[n] = '\0';
}

static void attr_bytes(const struct nlattr *a, unsigned char *buf, size_t size,
		       uint8_t *ret_len)
{
	size_t n = a ? attr_len(a) : 0;

	if (n > size)
		n = size;
	if (n)
		memcpy(buf, mnl_attr_get_payload(a), n);
	*ret_len = (uint8_t)n;
}

static void parse_bridge(const struct nlattr *data, struct ifbridge *b)
{
	const struct nlattr *tb[BR_MAX + 1];
	uint8_t n;

	nl_parse_nested(data, tb, BR_MAX);
	attr_bytes(tb[IFLA_BR_BRIDGE_ID], b->id, sizeof(b->id), &n);
	attr_bytes(tb[IFLA_BR_ROOT_ID], b->root_id, sizeof(b->root_id), &n);
	b->hello = nl_u32(tb[IFLA_BR_HELLO_TIME]);
	b->fwddelay = nl_u32(tb[IFLA_BR_FORWARD_DELAY]);
	b->maxage = nl_u32(tb[IFLA_BR_MAX_AGE]);
	b->ageing = nl_u32(tb[IFLA_BR_AGEING_TIME]);
	/* jiffies and back may lose a little */
	if (b->ageing >= BRIDGE_NEVER - 1000)
		b->ageing = 0;
	b->stp_state = nl_u32(tb[IFLA_BR_STP_STATE]);
	b->root_cost = nl_u32(tb[IFLA_BR_ROOT_PATH_COST]);
	b->root_port = nl_u16(tb[IFLA_BR_ROOT_PORT]);
	b->vlan_filtering = nl_u8(tb[IFLA_BR_VLAN_FILTERING]);
	b->vlan_proto = ntohs(nl_u16(tb[IFLA_BR_VLAN_PROTOCOL]));
	b->has_fdb_max = tb[BR_FDB_MAX_LEARNED];
	b->fdb_max_learned = nl_u32(tb[BR_FDB_MAX_LEARNED]);
	b->fdb_n_learned = nl_u32(tb[BR_FDB_N_LEARNED]);
}

static void parse_port(const struct nlattr *data, struct ifbridge_port *p)
{
	const struct nlattr *tb[IFLA_BRPORT_MAX + 1];

	nl_parse_nested(data, tb, IFLA_BRPORT_MAX);
	p->state = nl_u8(tb[IFLA_BRPORT_STATE]);
	p->port_no = nl_u16(tb[IFLA_BRPORT_NO]);
	p->cost = nl_u32(tb[IFLA_BRPORT_COST]);
	p->learning = nl_u8(tb[IFLA_BRPORT_LEARNING]);
	p->flood = nl_u8(tb[IFLA_BRPORT_UNICAST_FLOOD]);
	p->isolated = nl_u8(tb[IFLA_BRPORT_ISOLATED]);
	p->locked = nl_u8(tb[IFLA_BRPORT_LOCKED]);
}

static int keep_info(const struct nlattr *data, struct ifnet *ifp)
{
	if (!data || ifp->is_bridge || ifp->tun_type)
		return 0;
	ifp->info = malloc(data->nla_len);
	if (!ifp->info)
		return -ENOMEM;
	memcpy(ifp->info, data, data->nla_len);
	return 0;
}

/* What all priorities are mapped to is the one that the first is. */
static void parse_vlan(const struct nlattr *data, struct ifnet *ifp)
{
	const struct nlattr *tb[IFLA_VLAN_MAX + 1], *a;

	nl_parse_nested(data, tb, IFLA_VLAN_MAX);
	ifp->is_vlan = true;
	ifp->vlan = (struct ifvlan){.vid = nl_u16(tb[IFLA_VLAN_ID]),
				    .proto = VLAN_PROTO_8021Q,
				    .parent = ifp->link};
	if (tb[IFLA_VLAN_PROTOCOL])
		ifp->vlan.proto = ntohs(nl_u16(tb[IFLA_VLAN_PROTOCOL]));
	if (!tb[IFLA_VLAN_EGRESS_QOS])
		return;
	mnl_attr_for_each_nested (a, tb[IFLA_VLAN_EGRESS_QOS]) {
		struct ifla_vlan_qos_mapping map;

		if (attr_len(a) < sizeof(map))
			continue;
		memcpy(&map, mnl_attr_get_payload(a), sizeof(map));
		if (!map.from)
			ifp->vlan.pcp = map.to & 7;
	}
}

static int parse_linkinfo(const struct nlattr *a, struct ifnet *ifp)
{
	const struct nlattr *tb[IFLA_INFO_MAX + 1];
	char slave[16];

	nl_parse_nested(a, tb, IFLA_INFO_MAX);
	attr_str(tb[IFLA_INFO_KIND], ifp->linux_kind, sizeof(ifp->linux_kind));
	attr_str(tb[IFLA_INFO_SLAVE_KIND], slave, sizeof(slave));
	if (!strcmp(ifp->linux_kind, "bridge")) {
		ifp->is_bridge = true;
		parse_bridge(tb[IFLA_INFO_DATA], &ifp->bridge);
		ifbridge_settings(&ifp->bridge, NULL);
	}
	if (!strcmp(ifp->linux_kind, "tun")) {
		const struct nlattr *tun[TUN_TYPE + 1];

		nl_parse_nested(tb[IFLA_INFO_DATA], tun, TUN_TYPE);
		ifp->tun_type = nl_u8(tun[TUN_TYPE]);
	}
	if (!strcmp(ifp->linux_kind, "vlan"))
		parse_vlan(tb[IFLA_INFO_DATA], ifp);
	if (!strcmp(slave, "bond")) {
		const struct nlattr *port[IFLA_BOND_SLAVE_MAX + 1];

		nl_parse_nested(tb[IFLA_INFO_SLAVE_DATA], port,
				IFLA_BOND_SLAVE_MAX);
		ifp->bond_backup = nl_u8(port[IFLA_BOND_SLAVE_STATE]) == 1;
		iflacp_of_slave(port, &ifp->lacp);
	}
	if (!strcmp(slave, "bridge")) {
		ifp->is_port = true;
		parse_port(tb[IFLA_INFO_SLAVE_DATA], &ifp->port);
		ifbridge_port_settings(&ifp->port, ifp->index, NULL);
	}
	return keep_info(tb[IFLA_INFO_DATA], ifp);
}

/*
 * What ND6 options the kernel's settings amount to.  Link-local addresses
 * are ours to make where the kernel was told not to make them.
 */
static void parse_inet6(const struct nlattr *spec, struct ifnet *ifp)
{
	const struct nlattr *fam[AF_INET6 + 1], *tb[IFLA_INET6_MAX + 1];
	uint32_t conf[DEVCONF_ADDR_GEN_MODE] = {0};
	uint8_t mode;
	size_t n;

	nl_parse_nested(spec, fam, AF_INET6);
	if (!fam[AF_INET6])
		return;
	nl_parse_nested(fam[AF_INET6], tb, IFLA_INET6_MAX);
	if (!tb[IFLA_INET6_CONF])
		return;
	n = attr_len(tb[IFLA_INET6_CONF]);
	memcpy(conf, mnl_attr_get_payload(tb[IFLA_INET6_CONF]),
	       n < sizeof(conf) ? n : sizeof(conf));
	mode = nl_u8(tb[IFLA_INET6_ADDR_GEN_MODE]);
	ifp->nd6 = ND6_PERFORMNUD;
	if (conf[DEVCONF_DISABLE_IPV6])
		ifp->nd6 |= ND6_IFDISABLED;
	else if (conf[DEVCONF_ACCEPT_RA] && ifp->arptype != ARPHRD_LOOPBACK)
		ifp->nd6 |= ND6_ACCEPT_RTADV;
	if (!conf[DEVCONF_DISABLE_IPV6] && !conf[DEVCONF_DAD_TRANSMITS])
		ifp->nd6 |= ND6_NO_DAD;
	ifp->own_ll =
		mode == IN6_ADDR_GEN_MODE_NONE || conf[DEVCONF_DISABLE_IPV6];
	if (strcmp(ifp->linux_kind, "bridge") || !ifp->own_ll)
		ifp->nd6 |= ND6_AUTO_LINKLOCAL;
}

static int parse_altnames(const struct nlattr *list, struct ifnet *ifp)
{
	const struct nlattr *a;

	if (!list)
		return 0;
	mnl_attr_for_each_nested (a, list) {
		char name[128];

		if (mnl_attr_get_type(a) != IFLA_ALT_IFNAME)
			continue;
		attr_str(a, name, sizeof(name));
		if (strv_add(&ifp->altnames, name) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int parse_alias(const struct nlattr *a, struct ifnet *ifp)
{
	if (!a || attr_len(a) <= 1)
		return 0;
	ifp->alias = strndup(mnl_attr_get_payload(a), attr_len(a));
	if (!ifp->alias)
		return -ENOMEM;
	text_clean(ifp->alias);
	return 0;
}

/* Fill ifp (zeroed) from a RTM_NEWLINK. */
static int parse_link(const struct nlmsghdr *h, struct ifnet *ifp)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(h);
	const struct nlattr *tb[IFLA_MAX + 1];

	nl_parse(h, sizeof(*ifi), tb, IFLA_MAX);
	ifp->index = ifi->ifi_index;
	ifp->flags = ifi->ifi_flags;
	ifp->arptype = ifi->ifi_type;
	attr_str(tb[IFLA_IFNAME], ifp->kname, sizeof(ifp->kname));
	str_copy(ifp->name, sizeof(ifp->name), ifname_from_kernel(ifp->kname));
	text_clean(ifp->name);
	ifp->mtu = nl_u32(tb[IFLA_MTU]);
	ifp->group = nl_u32(tb[IFLA_GROUP]);
	attr_bytes(tb[IFLA_ADDRESS], ifp->mac, sizeof(ifp->mac), &ifp->maclen);
	attr_bytes(tb[IFLA_PERM_ADDRESS], ifp->permmac, sizeof(ifp->permmac),
		   &ifp->permmaclen);
	ifp->master = (int)nl_u32(tb[IFLA_MASTER]);
	ifp->link = (int)nl_u32(tb[IFLA_LINK]);
	ifp->link_netnsid = -1;
	if (tb[IFLA_LINK_NETNSID])
		ifp->link_netnsid = (int)nl_u32(tb[IFLA_LINK_NETNSID]);
	ifp->carrier = nl_u8(tb[IFLA_CARRIER]);
	if (parse_linkinfo(tb[IFLA_LINKINFO], ifp) < 0)
		return -ENOMEM;
	parse_inet6(tb[IFLA_AF_SPEC], ifp);
	if (parse_alias(tb[IFLA_IFALIAS], ifp) < 0)
		return -ENOMEM;
	return parse_altnames(tb[IFLA_PROP_LIST], ifp);
}

static void copy_addr(const struct nlattr *a, int family, void *dst)
{
	size_t want = family == AF_INET ? 4 : 16;

	if (a && attr_len(a) == want)
		memcpy(dst, mnl_attr_get_payload(a), want);
}

static bool parse_addr(const struct nlmsghdr *h, struct if_addr *ia)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(h);
	const struct nlattr *tb[IFA_MAX + 1];
	const struct nlattr *local, *address;

	if (ifa->ifa_family != AF_INET && ifa->ifa_family != AF_INET6)
		return false;
	nl_parse(h, sizeof(*ifa), tb, IFA_MAX);
	address = tb[IFA_ADDRESS];
	local = tb[IFA_LOCAL] ? tb[IFA_LOCAL] : address;
	if (!local)
		return false;
	*ia = (struct if_addr){.family = ifa->ifa_family,
			       .plen = ifa->ifa_prefixlen,
			       .flags = ifa->ifa_flags,
			       .preferred = UINT32_MAX,
			       .valid = UINT32_MAX};
	if (tb[IFA_FLAGS])
		ia->flags = nl_u32(tb[IFA_FLAGS]);
	ia->proto = nl_u8(tb[IFA_PROTO]);
	copy_addr(local, ia->family, &ia->addr);
	if (address && tb[IFA_LOCAL]) {
		copy_addr(address, ia->family, &ia->peer);
		ia->has_peer = memcmp(&ia->peer, &ia->addr,
				      ia->family == AF_INET ? 4 : 16);
	}
	if (tb[IFA_BROADCAST]) {
		ia->has_brd = true;
		copy_addr(tb[IFA_BROADCAST], ia->family, &ia->brd);
	}
	if (tb[IFA_CACHEINFO] &&
	    attr_len(tb[IFA_CACHEINFO]) >= sizeof(struct ifa_cacheinfo)) {
		const struct ifa_cacheinfo *ci =
			mnl_attr_get_payload(tb[IFA_CACHEINFO]);

		ia->preferred = ci->ifa_prefered;
		ia->valid = ci->ifa_valid;
	}
	return true;
}

static int add_addr(struct ifnet *ifp, const struct if_addr *ia)
{
	struct if_addr *v;

	/* grow by doubling: the length is a power of two when it is full */
	if (!(ifp->naddrs & (ifp->naddrs - 1))) {
		size_t cap = ifp->naddrs ? ifp->naddrs * 2 : 1;

		v = reallocarray(ifp->addrs, cap, sizeof(*v));
		if (!v)
			return -ENOMEM;
		ifp->addrs = v;
	}
	ifp->addrs[ifp->naddrs++] = *ia;
	return 0;
}

void ifnet_free(struct ifnet *ifp)
{
	strv_free(&ifp->altnames);
	strv_free(&ifp->groups);
	strv_free(&ifp->spans);
	free(ifp->alias);
	free(ifp->info);
	free(ifp->descr);
	free(ifp->vlans);
	free(ifp->addrs);
	*ifp = (struct ifnet){0};
}

void ifnets_free(struct ifnets *s)
{
	for (size_t i = 0; i < s->n; i++)
		ifnet_free(&s->v[i]);
	free(s->v);
	*s = (struct ifnets){0};
}

struct ifnet *ifnets_by_index(const struct ifnets *s, int index)
{
	size_t lo = 0, hi = s->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->v[mid].index == index)
			return &s->v[mid];
		if (s->v[mid].index < index)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

struct ifnet *ifnets_find(const struct ifnets *s, const char *name)
{
	const char *kname = ifname_to_kernel(name);

	for (size_t i = 0; i < s->n; i++)
		if (!strcmp(s->v[i].kname, kname))
			return &s->v[i];
	for (size_t i = 0; i < s->n; i++)
		if (strv_has(&s->v[i].altnames, name))
			return &s->v[i];
	return NULL;
}

/* ------------------------------------------------------- whole vnets */

struct loading {
	struct ifnets s;
	size_t cap;
};

static void links_restart(void *data)
{
	struct loading *l = data;

	ifnets_free(&l->s);
	l->cap = 0;
}

/* Netgraph's own ends, and devices that tunnel drivers make by themselves. */
static bool hidden(const struct ifnet *ifp)
{
	return eiface_hidden(ifp) ||
	       iptunnel_fallback(ifp->linux_kind, ifp->info);
}

static int links_cb(const struct nlmsghdr *h, void *data, struct err *e)
{
	struct loading *l = data;
	struct ifnet *v;

	if (h->nlmsg_type != RTM_NEWLINK ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(struct ifinfomsg))
		return 0;
	if (l->s.n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 16;

		v = reallocarray(l->s.v, cap, sizeof(*v));
		if (!v)
			return err_nomem(e);
		l->s.v = v;
		l->cap = cap;
	}
	v = &l->s.v[l->s.n];
	*v = (struct ifnet){0};
	l->s.n++;
	if (parse_link(h, v) < 0)
		return err_nomem(e);
	if (hidden(v)) {
		ifnet_free(v);
		l->s.n--;
		l->s.hidden++;
	}
	return 0;
}

static void addrs_restart(void *data)
{
	struct ifnets *s = data;

	for (size_t i = 0; i < s->n; i++) {
		free(s->v[i].addrs);
		s->v[i].addrs = NULL;
		s->v[i].naddrs = 0;
	}
}

static int addrs_cb(const struct nlmsghdr *h, void *data, struct err *e)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(h);
	struct ifnet *ifp;
	struct if_addr ia;

	if (h->nlmsg_type != RTM_NEWADDR ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(*ifa) || !parse_addr(h, &ia))
		return 0;
	ifp = ifnets_by_index(data, (int)ifa->ifa_index);
	if (ifp && add_addr(ifp, &ia) < 0)
		return err_nomem(e);
	return 0;
}

static int by_index(const void *a, const void *b)
{
	const struct ifnet *x = a, *y = b;

	return (x->index > y->index) - (x->index < y->index);
}

/* What the state file says, on top of what the kernel said. */
static int apply_state(struct ifnet *ifp, const struct ifstate *s)
{
	const char *descr = s->descr ? s->descr : ifp->alias;

	if (s->home[0])
		str_copy(ifp->home_name, sizeof(ifp->home_name), s->home);
	ifp->kind = ifkind_classify(ifp);
	if (ifp->kind && ifp->kind->group && !s->no_type_group &&
	    strv_add(&ifp->groups, ifp->kind->name) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < s->groups.n; i++)
		if (!strv_has(&ifp->groups, s->groups.v[i]) &&
		    strv_add(&ifp->groups, s->groups.v[i]) < 0)
			return -ENOMEM;
	if (descr && *descr) {
		ifp->descr = strdup(descr);
		if (!ifp->descr)
			return -ENOMEM;
	}
	if (ifp->kind == &kind_lagg) {
		static const struct iflagg fresh = IFLAGG_DEFAULT;

		ifp->is_lagg = true;
		ifp->lagg = s->has_lagg ? s->lagg : fresh;
		if (ifp->info && !s->has_lagg)
			lagg_of_bond(ifp->info, &ifp->lagg);
	}
	if (ifp->kind == &kind_vlan && !ifp->is_vlan) {
		ifp->is_vlan = true;
		ifp->vlan =
			s->has_vlan
				? s->vlan
				: (struct ifvlan){.proto = VLAN_PROTO_8021Q};
	}
	ifp->metric = s->metric;
	ifp->fib = s->fib;
	ifp->tunnelfib = s->tunnelfib;
	ifp->ext = s->ext;
	ifp->span_of = s->span_of;
	if (ifp->is_bridge)
		ifbridge_settings(&ifp->bridge, s);
	if (ifp->nd6)
		ifp->nd6 = (ifp->nd6 & ~s->nd6_clr) | s->nd6_set;
	return 0;
}

static int apply_bridge_state(struct ifnets *all, struct ifnet *br,
			      const struct ifstate *s)
{
	struct ifnet *ifp;

	for (size_t i = 0; i < s->nspans; i++) {
		ifp = ifnets_by_index(all, s->spans[i]);
		if (!ifp)
			continue;
		if (strv_add(&br->spans, ifp->name) < 0)
			return -ENOMEM;
	}
	for (size_t i = 0; i < s->nports; i++) {
		ifp = ifnets_by_index(all, s->ports[i].index);
		if (!ifp || ifp->master != br->index)
			continue;
		ifbridge_port_settings(&ifp->port, ifp->index, s);
	}
	return 0;
}

static int state_cb(int ifindex, const struct ifstate *s, void *data,
		    struct err *e)
{
	struct ifnets *all = data;
	struct ifnet *ifp = ifnets_by_index(all, ifindex);

	if (!ifp || ifp->kind)
		return 0;
	if (apply_state(ifp, s) < 0 ||
	    (ifp->is_bridge && apply_bridge_state(all, ifp, s) < 0))
		return err_nomem(e);
	return 0;
}

static int load_addrs(struct vnet *v, int index, nl_cb *cb,
		      void (*restart)(void *), void *data, struct err *e)
{
	struct ifaddrmsg ifa = {.ifa_index = (uint32_t)index};
	struct nlm m;

	nlm_begin(&m, RTM_GETADDR, 0, &ifa, sizeof(ifa));
	return nl_dump(v->rt, &m, cb, restart, data, e);
}

int ifnets_load(struct vnet *v, struct ifnets *ret, struct err *e)
{
	struct ifinfomsg ifi = {0};
	struct loading l = {0};
	struct nlm m;
	int r;

	nlm_begin(&m, RTM_GETLINK, 0, &ifi, sizeof(ifi));
	nlm_put_u32(&m, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	r = nl_dump(v->rt, &m, links_cb, links_restart, &l, e);
	if (r >= 0) {
		qsort(l.s.v, l.s.n, sizeof(*l.s.v), by_index);
		r = load_addrs(v, 0, addrs_cb, addrs_restart, &l.s, e);
	}
	if (r >= 0)
		r = ifstate_each(v, state_cb, &l.s, e);
	for (size_t i = 0; r >= 0 && i < l.s.n; i++) {
		static const struct ifstate none;

		if (!l.s.v[i].kind && apply_state(&l.s.v[i], &none) < 0)
			r = err_nomem(e);
	}
	if (r >= 0)
		r = bridge_vlans_load(v, &l.s, e);
	l.s.cookie = v->cookie;
	if (r >= 0) {
		ifbridge_status_load(v, &l.s);
		iflacp_status_load(v, &l.s);
	}
	if (r < 0) {
		ifnets_free(&l.s);
		return r;
	}
	*ret = l.s;
	return 0;
}

/* -------------------------------------------------- single interface */

static int one_link_cb(const struct nlmsghdr *h, void *data, struct err *e)
{
	struct ifnet *ifp = data;

	if (h->nlmsg_type != RTM_NEWLINK || ifp->index ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(struct ifinfomsg))
		return 0;
	return parse_link(h, ifp) < 0 ? err_nomem(e) : 0;
}

static void one_addr_restart(void *data)
{
	struct ifnet *ifp = data;

	free(ifp->addrs);
	ifp->addrs = NULL;
	ifp->naddrs = 0;
}

static int one_addr_cb(const struct nlmsghdr *h, void *data, struct err *e)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(h);
	struct ifnet *ifp = data;
	struct if_addr ia;

	if (h->nlmsg_type != RTM_NEWADDR ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(*ifa) ||
	    (int)ifa->ifa_index != ifp->index || !parse_addr(h, &ia))
		return 0;
	return add_addr(ifp, &ia) < 0 ? err_nomem(e) : 0;
}

static int no_link(const char *name, int index, struct err *e)
{
	if (name)
		return err_set(e, ENXIO, "interface %s does not exist", name);
	return err_set(e, ENXIO, "interface number %d does not exist", index);
}

int ifnet_link_any(struct vnet *v, const char *name, int index,
		   struct ifnet *ret, struct err *e)
{
	cleanup_ifnet struct ifnet ifp = {0};
	cleanup_ifstate struct ifstate s = {0};
	const char *kname = name ? ifname_to_kernel(name) : NULL;
	struct ifinfomsg ifi = {.ifi_index = name ? 0 : index};
	struct nlm m;
	int r;

	if (kname && (!*kname || strlen(kname) >= IFNAMSIZ))
		return no_link(name, index, e);
	nlm_begin(&m, RTM_GETLINK, 0, &ifi, sizeof(ifi));
	if (kname)
		nlm_put_str(&m, IFLA_IFNAME, kname);
	nlm_put_u32(&m, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	r = nl_query(v->rt, &m, one_link_cb, &ifp, e);
	if (r == -ENODEV || (r >= 0 && !ifp.index))
		return no_link(name, index, e);
	if (r < 0)
		return r;
	r = ifstate_get(v, ifp.index, &s, e);
	if (r < 0)
		return r;
	if (apply_state(&ifp, &s) < 0)
		return err_nomem(e);
	*ret = ifp;
	ifp = (struct ifnet){0};
	return 0;
}

int ifnet_link(struct vnet *v, const char *name, struct ifnet *ret,
	       struct err *e)
{
	cleanup_ifnet struct ifnet ifp = {0};
	cleanup_close int lock = -1;
	int r;

	r = ifnet_link_any(v, name, 0, &ifp, NULL);
	if (r == -ENXIO) /* or it is being made anew just now */
		lock = relink_wait(v);
	if (r < 0)
		r = ifnet_link_any(v, name, 0, &ifp, e);
	if (r < 0)
		return r;
	if (hidden(&ifp))
		return no_link(name, 0, e);
	*ret = ifp;
	ifp = (struct ifnet){0};
	return 0;
}

int ifnet_get(struct vnet *v, const char *name, struct ifnet *ret,
	      struct err *e)
{
	cleanup_ifnet struct ifnet ifp = {0};
	int r;

	r = ifnet_link(v, name, &ifp, e);
	if (r >= 0)
		r = load_addrs(v, ifp.index, one_addr_cb, one_addr_restart,
			       &ifp, e);
	if (r == -ENODEV) /* it went in between */
		return no_link(name, 0, e);
	if (r < 0)
		return r;
	*ret = ifp;
	ifp = (struct ifnet){0};
	return 0;
}
