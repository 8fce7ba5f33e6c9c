/* See vlan.h for the theory of operation. */
#include "net/vlan_impl.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "net/addr.h"
#include "net/bsderr.h"
#include "net/fallback.h"
#include "net/ifset.h"
#include "net/ifstate.h"
#include "net/kind_idle.h"
#include "net/kind_rows.h"
#include "net/link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/if_vlan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define VID_MAX 4094
/* Linux' priorities of packets that have a name or a TOS value. */
#define PRIORITIES 16
#define PCPS 8

/* --------------------------------------------------------------- words */

static const struct {
	const char *name;
	uint16_t proto;
} protos[] = {
	{"802.1q", VLAN_PROTO_8021Q},
	{"802.1ad", VLAN_PROTO_8021AD},
	{"qinq", VLAN_PROTO_8021AD},
};

const char *vlan_proto_name(uint16_t proto)
{
	for (size_t i = 0; i < ARRAY_SIZE(protos); i++)
		if (protos[i].proto == proto)
			return protos[i].name;
	return "0x????";
}

int vlan_number(const char *word, const char *arg, unsigned int max,
		unsigned int *ret, struct err *e)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(arg, &end, 0);
	if (*end || end == arg || *arg == '-')
		return err_set(e, EINVAL, "invalid value for %s", word);
	if (errno || n > max)
		return err_set(e, EINVAL, "value for %s out of range", word);
	*ret = (unsigned int)n;
	return 0;
}

static int set_tag(struct vlan_words *w, const char *arg, struct err *e)
{
	unsigned int n;
	int r = vlan_number("vlan", arg, UINT16_MAX - 1, &n, e);

	if (r < 0)
		return r;
	w->vid = (uint16_t)n;
	w->tag = true;
	return 0;
}

static int set_dev(struct vlan_words *w, const char *arg, struct err *e)
{
	if (!*arg || strlen(arg) >= sizeof(w->parent))
		return err_set(e, EINVAL, "vlandev: %s: no such interface",
			       arg);
	str_copy(w->parent, sizeof(w->parent), arg);
	w->dev = true;
	return 0;
}

static int set_proto(struct vlan_words *w, const char *arg, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(protos); i++)
		if (!strcasecmp(protos[i].name, arg)) {
			w->proto = protos[i].proto;
			w->proto_set = true;
			return 0;
		}
	return err_set(e, EINVAL, "invalid value for vlanproto");
}

static const struct {
	const char *name;
	int (*set)(struct vlan_words *w, const char *arg, struct err *e);
} words[] = {
	{"vlan", set_tag},
	{"vlandev", set_dev},
	{"vlanproto", set_proto},
};

bool vlan_is_word(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(words[i].name, word))
			return true;
	return false;
}

int vlan_word(struct vlan_words *w, const char *word, const char *arg,
	      struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(words[i].name, word))
			return words[i].set(w, arg, e);
	return err_set(e, EINVAL, "%s: bad value", word);
}

bool vlan_dotted(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && dot > name;
}

int vlan_dotted_parse(const char *name, struct vlan_words *ret, struct err *e)
{
	const char *dot = strrchr(name, '.');
	struct vlan_words w = {.tag = true, .dev = true};
	long long n = 0;
	size_t len;

	if (!dot || dot == name)
		return err_set(e, EINVAL, "invalid vlan tag");
	len = (size_t)(dot - name);
	if (strspn(dot + 1, "0123456789") != strlen(dot + 1) || !dot[1] ||
	    (dot[1] == '0' && dot[2]))
		return err_set(e, EINVAL, "invalid vlan tag");
	if (len >= sizeof(w.parent) || str_to_int(dot + 1, 0, 4095, &n) < 0)
		return err_set(e, EINVAL, "vlan tag out of range");
	memcpy(w.parent, name, len);
	w.vid = (uint16_t)n;
	*ret = w;
	return 0;
}

/* ---------------------------------------------------------- the driver */

/* Begin a link of the driver's, or its change, up to the data. */
static struct link_nest driver_data(struct nlm *m)
{
	return link_data(m, "vlan");
}

static void put_qos(struct nlm *m, uint16_t type, uint32_t n, unsigned int dflt,
		    bool own)
{
	struct nlattr *list = nlm_nest(m, type);

	for (uint32_t i = 0; i < n; i++) {
		struct ifla_vlan_qos_mapping map = {.from = i, .to = dflt};

		if (own && i > 0 && i < PCPS)
			map.to = i;
		nlm_put(m, IFLA_VLAN_QOS_MAPPING, &map, sizeof(map));
	}
	nlm_nest_end(m, list);
}

/* mtag: priorities are those of packets. */
static void put_pcp(struct nlm *m, unsigned int pcp, bool mtag)
{
	put_qos(m, IFLA_VLAN_EGRESS_QOS, PRIORITIES, pcp, mtag);
}

static void put_mtag(struct nlm *m, unsigned int pcp, bool mtag)
{
	put_pcp(m, pcp, mtag);
	put_qos(m, IFLA_VLAN_INGRESS_QOS, PCPS, 0, mtag);
}

bool vlan_mtag_pcp(const struct vnet *v)
{
	return vnet_kept(v, VLAN_MTAG_PCP, 0) != 0;
}

static int driver_make(struct vnet *v, const char *kname,
		       const struct ifvlan *c)
{
	static const struct ifla_vlan_flags loose = {
		.flags = VLAN_FLAG_LOOSE_BINDING,
		.mask = VLAN_FLAG_LOOSE_BINDING,
	};
	struct link_nest n;
	struct nlm m;

	link_new(&m, kname);
	nlm_put_u32(&m, IFLA_LINK, (uint32_t)c->parent);
	n = driver_data(&m);
	nlm_put_u16(&m, IFLA_VLAN_ID, c->vid);
	nlm_put_u16(&m, IFLA_VLAN_PROTOCOL, htons(c->proto));
	/* it may be up while its parent is down, as FreeBSD's may */
	nlm_put(&m, IFLA_VLAN_FLAGS, &loose, sizeof(loose));
	if (vlan_mtag_pcp(v))
		put_mtag(&m, c->pcp, true);
	else if (c->pcp)
		put_pcp(&m, c->pcp, false);
	link_nest_end(&m, &n);
	return nl_talk(v->rt, &m, NULL, NULL);
}

static int driver_pcp(struct vnet *v, const struct ifnet *ifp, unsigned int pcp)
{
	struct link_nest n;
	struct nlm m;

	link_set(&m, ifp->index, 0, 0);
	n = driver_data(&m);
	put_pcp(&m, pcp, vlan_mtag_pcp(v));
	link_nest_end(&m, &n);
	return nl_talk(v->rt, &m, NULL, NULL);
}

static int driver_mtag(struct vnet *v, const struct ifnet *ifp)
{
	struct link_nest n;
	struct nlm m;

	link_set(&m, ifp->index, 0, 0);
	n = driver_data(&m);
	put_mtag(&m, ifp->vlan.pcp, vlan_mtag_pcp(v));
	link_nest_end(&m, &n);
	return nl_talk(v->rt, &m, NULL, NULL);
}

int vlan_mtag_pcp_apply(struct vnet *v, struct err *e)
{
	cleanup_ifnets struct ifnets all = {0};
	int r = ifnets_load(v, &all, e);

	for (size_t i = 0; r >= 0 && i < all.n; i++)
		if (!strcmp(all.v[i].linux_kind, "vlan"))
			r = driver_mtag(v, &all.v[i]);
	return r < 0 ? bsd_err(e, -r, "%s", VLAN_MTAG_PCP) : 0;
}

static int kernel_rename(struct vnet *v, int index, const char *to)
{
	struct nlm m;

	link_set(&m, index, 0, 0);
	nlm_put_str(&m, IFLA_IFNAME, to);
	return nl_talk(v->rt, &m, NULL, NULL);
}

/* What the new link of the name has of the old one: all but its number. */
static int take_over(struct vnet *v, const struct ifnet *old, int index,
		     struct err *e)
{
	cleanup_ifstate struct ifstate s = {0};
	cleanup_ifnet struct ifnet ifp = {0};
	const char *names[] = {old->kname};
	char base[IFNAMSIZ], end;
	int r;

	link_v6_off(v, names, 1);
	r = ifstate_get(v, old->index, &s, e);
	if (r >= 0)
		r = ifstate_put(v, index, &s, e);
	if (r < 0)
		return r;
	ifstate_remove(v, old->index);
	r = ifnet_get(v, old->kname, &ifp, e);
	if (r < 0)
		return r;
	if (old->home_name[0] &&
	    ifkind_home(old->home_name, ifp.linux_kind, base, &end))
		r = ifunit_hold(v, base, end, v->cookie, index, -1,
				ifp.linux_kind, e);
	if (r >= 0 && old->alias)
		r = if_set_descr(v, &ifp, old->descr, e);
	if (r >= 0 && (old->flags & IFF_UP))
		r = if_set_up(v, &ifp, true, e);
	for (size_t i = 0; r >= 0 && i < old->naddrs; i++) {
		struct if_addr a = old->addrs[i];

		if (a.family != AF_INET6 || !IN6_IS_ADDR_LINKLOCAL(&a.addr.in6))
			r = addr_add(v, &ifp, &a, e);
	}
	return r;
}

/*
 * Another link in the place of `old`: c says which VLAN; vid 0: none.  The new
 * one is made under a name of its own first: if that fails, nothing has
 * changed.
 */
static int driver_replace(struct vnet *v, const struct ifnet *old,
			  const struct ifvlan *c, const char *what,
			  struct err *e)
{
	char tmp[IFNAMSIZ];
	int index, r;

	snprintf(tmp, sizeof(tmp), "vlan-%x", (unsigned int)old->index);
	r = c->vid ? driver_make(v, tmp, c)
		   : kind_idle_make(v, tmp, VLAN_MTU, 0, NULL, NULL);
	if (r < 0)
		return bsd_err(e, -r, "%s", what);
	index = vnet_ifindex(v, tmp);
	r = link_delete(v, old->index, e);
	if (r >= 0)
		r = kernel_rename(v, index, old->kname);
	if (r < 0) {
		link_delete(v, index, NULL);
		return bsd_err(e, -r, "%s", what);
	}
	return take_over(v, old, index, e);
}

/* ------------------------------------------------------------ fallback */

static int put_state(struct ifstate *s, void *data, struct err *e)
{
	(void)e;
	s->vlan = *(const struct ifvlan *)data;
	s->has_vlan = true;
	return 0;
}

/* The parent it has now; 0: none that is there. */
static int parent_now(const struct vnet *v, const struct ifnet *ifp)
{
	const struct ifvlan *l = &ifp->vlan;
	char name[IFNAMSIZ];

	if (!l->vid || (l->cookie && l->cookie != v->cookie) ||
	    (!l->cookie && ifp->link_netnsid >= 0))
		return 0;
	return vnet_ifname(v, l->parent, name) ? l->parent : 0;
}

static int fallback_set(struct vnet *v, struct ifnet *ifp,
			const struct ifnet *parent, const struct ifvlan *c,
			const char *what, struct err *e)
{
	struct err le = ERR_INIT;
	int r = if_fallback->vlan_join(v, ifp, parent, c, &le);

	if (r < 0) {
		/* it has left what it was: back, as if not asked */
		if (parent_now(v, ifp))
			if_fallback->vlan_join(v, ifp, parent, &ifp->vlan,
					       NULL);
		return bsd_err(e, -r, "%s", what);
	}
	r = ifstate_update(v, ifp->index, put_state, (void *)c, e);
	if (r >= 0)
		r = if_set_mac(v, ifp, parent->mac, e);
	if (r >= 0 && parent->mtu < ifp->mtu)
		r = if_set_mtu(v, ifp, parent->mtu, e);
	return r;
}

/* ----------------------------------------------------------- settings */

static int parent_get(struct vnet *v, const char *name, struct ifnet *ret)
{
	cleanup_ifnet struct ifnet p = {0};
	int r = ifnet_link(v, name, &p, NULL);

	if (r == -ENXIO)
		return -ENOENT;
	if (r < 0)
		return r;
	if (p.arptype != ARPHRD_ETHER || !p.kind || !p.kind->ethernet ||
	    p.is_bridge)
		return -EPROTONOSUPPORT;
	*ret = p;
	p = (struct ifnet){0};
	return 0;
}

static int apply(struct vnet *v, struct ifnet *ifp, const struct ifnet *parent,
		 const struct ifvlan *c, const char *what, struct err *e)
{
	if (!if_is_fallback(ifp))
		return driver_replace(v, ifp, c, what, e);
	if (!if_fallback)
		return bsd_err(e, EOPNOTSUPP, "%s", what);
	return fallback_set(v, ifp, parent, c, what, e);
}

static struct ifvlan wanted(const struct vnet *v, const struct vlan_words *w,
			    const struct ifnet *parent, uint8_t pcp)
{
	struct ifvlan c = {
		.vid = w->vid,
		.proto = w->proto_set ? w->proto : VLAN_PROTO_8021Q,
		.pcp = pcp,
		.parent = parent->index,
		.cookie = v->cookie,
	};

	str_copy(c.parent_name, sizeof(c.parent_name), parent->name);
	return c;
}

int vlan_set_as(struct vnet *v, const char *name, const struct vlan_words *w,
		const char *what, struct err *e)
{
	cleanup_ifnet struct ifnet ifp = {0}, parent = {0};
	struct ifvlan c;
	int r, now;

	r = ifnet_get(v, name, &ifp, e);
	if (r < 0)
		return r;
	if (!ifp.is_vlan || !w->vid || w->vid > VID_MAX)
		return bsd_err(e, EINVAL, "%s", what);
	r = parent_get(v, w->parent, &parent);
	if (r < 0)
		return bsd_err(e, -r, "%s", what);
	if (parent.index == ifp.index)
		return bsd_err(e, EINVAL, "%s", what);
	now = parent_now(v, &ifp);
	if (now && now != parent.index)
		return bsd_err(e, EBUSY, "%s", what);
	c = wanted(v, w, &parent, ifp.vlan.pcp);
	if (now && c.vid == ifp.vlan.vid && c.proto == ifp.vlan.proto)
		return 0;
	return apply(v, &ifp, &parent, &c, what, e);
}

int vlan_make(struct vnet *v, const char *name, const struct vlan_words *w,
	      const char *what, struct err *e)
{
	cleanup_ifnet struct ifnet parent = {0};
	const char *names[] = {name};
	struct ifvlan c;
	int r;

	if (!w->vid || w->vid > VID_MAX)
		return bsd_err(e, EINVAL, "%s", what);
	r = parent_get(v, w->parent, &parent);
	if (r < 0)
		return bsd_err(e, -r, "%s", what);
	c = wanted(v, w, &parent, 0);
	r = driver_make(v, name, &c);
	if (r < 0)
		return bsd_err(e, -r, "%s", what);
	link_v6_off(v, names, 1);
	return 0;
}

int vlan_set(struct vnet *v, const char *name, const struct vlan_words *w,
	     struct err *e)
{
	return vlan_set_as(v, name, w, "SIOCSETVLAN", e);
}

int vlan_unset(struct vnet *v, const char *name, struct err *e)
{
	static const char what[] = "SIOCSETVLAN";
	cleanup_ifnet struct ifnet ifp = {0};
	struct ifvlan none = {.proto = VLAN_PROTO_8021Q};
	int r;

	r = ifnet_get(v, name, &ifp, e);
	if (r < 0)
		return r;
	if (!ifp.is_vlan)
		return bsd_err(e, EINVAL, "SIOCGETVLAN");
	if (!ifp.vlan.vid)
		return 0;
	if (!if_is_fallback(&ifp))
		return driver_replace(v, &ifp, &none, what, e);
	if (!if_fallback)
		return bsd_err(e, EOPNOTSUPP, "%s", what);
	r = if_fallback->vlan_leave(v, &ifp, e);
	if (r < 0)
		return bsd_err(e, -r, "%s", what);
	return ifstate_update(v, ifp.index, put_state, &none, e);
}

int vlan_pcp(struct vnet *v, const char *name, unsigned int pcp, struct err *e)
{
	static const char what[] = "SIOCSVLANPCP";
	cleanup_ifnet struct ifnet ifp = {0}, parent = {0};
	struct ifvlan c;
	int r, now;

	r = ifnet_get(v, name, &ifp, e);
	if (r < 0)
		return r;
	if (!ifp.is_vlan)
		return bsd_err(e, EINVAL, "%s", what);
	c = ifp.vlan;
	c.pcp = (uint8_t)pcp;
	now = parent_now(v, &ifp);
	if (!now) /* kept until it has a parent; a driver's link has one */
		return ifstate_update(v, ifp.index, put_state, &c, e);
	if (!if_is_fallback(&ifp)) {
		r = driver_pcp(v, &ifp, pcp);
		return r < 0 ? bsd_err(e, -r, "%s", what) : 0;
	}
	r = ifnet_link(v, c.parent_name, &parent, e);
	if (r < 0 || parent.index != now)
		return bsd_err(e, ENXIO, "%s", what);
	return apply(v, &ifp, &parent, &c, what, e);
}

int vlan_home(struct vnet *v, const struct ifnet *ifp, struct err *e)
{
	struct ifvlan c = {.proto = VLAN_PROTO_8021Q};
	int r;

	if (!if_fallback)
		return 0;
	r = if_fallback->vlan_look(v, ifp, &c, e);
	return r < 0 ? r : ifstate_update(v, ifp->index, put_state, &c, e);
}

int vlan_follow(struct vnet *v, int parent, const unsigned char mac[6])
{
	cleanup_ifnets struct ifnets all = {0};
	int r = ifnets_load(v, &all, NULL);

	for (size_t i = 0; r >= 0 && i < all.n; i++) {
		struct ifnet *ifp = &all.v[i];
		bool here = ifp->vlan.cookie ? ifp->vlan.cookie == v->cookie
					     : ifp->link_netnsid < 0;

		if (!ifp->is_vlan || !here || ifp->vlan.parent != parent ||
		    ifp->index == parent || !memcmp(ifp->mac, mac, MAC_LEN))
			continue;
		/* and those in it; a state file cannot make this go round,
		 * since it ends where the address is right already */
		r = if_set_mac(v, ifp, mac, NULL);
	}
	return r;
}

const char *vlan_parent(const struct ifnets *all, const struct ifnet *ifp)
{
	const struct ifvlan *l = &ifp->vlan;
	const struct ifnet *p;

	if (!l->vid)
		return NULL;
	if (!l->cookie) /* the driver's word */
		p = ifp->link_netnsid < 0 ? ifnets_by_index(all, l->parent)
					  : NULL;
	else if (all->cookie == l->cookie)
		p = ifnets_by_index(all, l->parent);
	else
		return l->parent_name; /* as it was called where it is */
	return p ? p->name : NULL;
}
