/* bridge_vlan: see bridge_vlan.h. */
#include "net/bridge_vlan.h"

#include "base/cleanup.h"
#include "net/bridge_impl.h"
#include "net/bsderr.h"
#include "net/ifstate.h"
#include "net/link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

/* --- what members are in ------------------------------------------------- */

struct load {
	struct ifnets *all;
	int only; /* one interface, into `one`; 0: all of `all` */
	struct ifvlans one;
	int error;
};

static struct ifvlans *place(struct load *l, int index)
{
	struct ifnet *ifp;

	if (l->only)
		return l->only == index ? &l->one : NULL;
	ifp = ifnets_by_index(l->all, index);
	if (!ifp || !ifp->master)
		return NULL;
	if (!ifp->vlans)
		ifp->vlans = calloc(1, sizeof(*ifp->vlans));
	if (!ifp->vlans)
		l->error = -ENOMEM;
	return ifp->vlans;
}

static void put_range(struct ifvlans *iv, unsigned int first, unsigned int last,
		      uint16_t flags)
{
	for (unsigned int v = first; v <= last && v <= VLAN_MAX; v++) {
		if ((flags & BRIDGE_VLAN_INFO_UNTAGGED) &&
		    (flags & BRIDGE_VLAN_INFO_PVID))
			iv->untagged = (uint16_t)v;
		else if (!(flags & BRIDGE_VLAN_INFO_UNTAGGED))
			vlanset_add(&iv->tagged, v);
	}
}

static int vlans_cb(const struct nlmsghdr *h, void *data, struct err *e)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(h);
	const struct nlattr *tb[IFLA_MAX + 1], *a;
	struct load *l = data;
	struct ifvlans *iv;
	unsigned int first = 0;

	(void)e;
	if (h->nlmsg_type != RTM_NEWLINK ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(*ifi))
		return 0;
	nl_parse(h, sizeof(*ifi), tb, IFLA_MAX);
	iv = tb[IFLA_AF_SPEC] ? place(l, ifi->ifi_index) : NULL;
	if (!iv)
		return 0;
	mnl_attr_for_each_nested (a, tb[IFLA_AF_SPEC]) {
		struct bridge_vlan_info i;

		if (mnl_attr_get_type(a) != IFLA_BRIDGE_VLAN_INFO ||
		    mnl_attr_get_payload_len(a) != sizeof(i))
			continue;
		memcpy(&i, mnl_attr_get_payload(a), sizeof(i));
		if (i.flags & BRIDGE_VLAN_INFO_RANGE_BEGIN) {
			first = i.vid;
			continue;
		}
		put_range(iv, first ? first : i.vid, i.vid, i.flags);
		first = 0;
	}
	return 0;
}

static void vlans_restart(void *data)
{
	struct load *l = data;

	l->one = (struct ifvlans){0};
	for (size_t i = 0; l->all && i < l->all->n; i++) {
		free(l->all->v[i].vlans);
		l->all->v[i].vlans = NULL;
	}
}

static int load(struct vnet *v, struct load *l, struct err *e)
{
	struct ifinfomsg ifi = {.ifi_family = AF_BRIDGE};
	struct nlm m;
	int r;

	nlm_begin(&m, RTM_GETLINK, 0, &ifi, sizeof(ifi));
	nlm_put_u32(&m, IFLA_EXT_MASK, RTEXT_FILTER_BRVLAN_COMPRESSED);
	r = nl_dump(v->rt, &m, vlans_cb, vlans_restart, l, e);
	return r < 0 ? r : l->error;
}

int bridge_vlans_load(struct vnet *v, struct ifnets *all, struct err *e)
{
	struct load l = {.all = all};
	bool any = false;

	for (size_t i = 0; i < all->n; i++)
		any |= all->v[i].is_bridge && all->v[i].bridge.vlan_filtering;
	return any ? load(v, &l, e) : 0;
}

/* --- changes ------------------------------------------------------------- */

/* Ranges of `set` on an interface, in one request; nothing for none. */
static int change(struct vnet *v, uint16_t type, int index, bool self,
		  const struct vlanset *set, uint16_t flags)
{
	struct ifinfomsg ifi = {.ifi_family = AF_BRIDGE, .ifi_index = index};
	struct nlattr *spec;
	struct nlm m;

	if (vlanset_empty(set))
		return 0;
	nlm_begin(&m, type, 0, &ifi, sizeof(ifi));
	spec = nlm_nest(&m, IFLA_AF_SPEC);
	if (self)
		nlm_put_u16(&m, IFLA_BRIDGE_FLAGS, BRIDGE_FLAGS_SELF);
	for (unsigned int vid = VLAN_MIN, last; vlanset_next(set, &vid, &last);
	     vid = last + 1) {
		struct bridge_vlan_info i = {.flags = flags,
					     .vid = (uint16_t)vid};

		if (last != vid) {
			i.flags |= BRIDGE_VLAN_INFO_RANGE_BEGIN;
			nlm_put(&m, IFLA_BRIDGE_VLAN_INFO, &i, sizeof(i));
			i.flags = flags | BRIDGE_VLAN_INFO_RANGE_END;
			i.vid = (uint16_t)last;
		}
		nlm_put(&m, IFLA_BRIDGE_VLAN_INFO, &i, sizeof(i));
	}
	nlm_nest_end(&m, spec);
	return nl_talk(v->rt, &m, NULL, NULL);
}

/* The bridge's own end: in all that its members are in, tagged. */
static int sync_self(struct vnet *v, int bridge)
{
	cleanup_ifnets struct ifnets all = {0};
	struct load own = {.only = bridge};
	struct vlanset want = {{0}}, gone = {{0}};
	int r;

	r = ifnets_load(v, &all, NULL);
	if (r >= 0)
		r = bridge_vlans_load(v, &all, NULL);
	if (r >= 0)
		r = load(v, &own, NULL);
	for (size_t i = 0; r >= 0 && i < all.n; i++) {
		const struct ifvlans *iv = all.v[i].vlans;

		if (all.v[i].master != bridge || !iv)
			continue;
		for (size_t k = 0; k < 64; k++)
			want.bits[k] |= iv->tagged.bits[k];
		if (iv->untagged)
			vlanset_add(&want, iv->untagged);
	}
	if (r < 0)
		return r;
	for (size_t k = 0; k < 64; k++)
		gone.bits[k] = own.one.tagged.bits[k] & ~want.bits[k];
	r = change(v, RTM_DELLINK, bridge, true, &gone, 0);
	return r < 0 ? r : change(v, RTM_SETLINK, bridge, true, &want, 0);
}

static int set_bridge(struct vnet *v, int index, uint16_t attr, uint16_t value,
		      bool wide)
{
	struct link_nest n;
	struct nlm m;

	link_set(&m, index, 0, 0);
	n = link_data(&m, "bridge");
	if (wide)
		nlm_put_u16(&m, attr, value);
	else
		nlm_put_u8(&m, attr, (uint8_t)value);
	link_nest_end(&m, &n);
	return nl_talk(v->rt, &m, NULL, NULL);
}

int bridge_vlan_filter(struct vnet *v, const char *bridge, bool on,
		       struct err *e)
{
	cleanup_ifnet struct ifnet br = {0}, now = {0};
	int r;

	r = bridge_get(v, bridge, &br, e, "BRDGSFLAGS");
	if (r < 0 || br.bridge.vlan_filtering == on)
		return r;
	/* members are in no VLAN until somebody says so */
	if (on)
		set_bridge(v, br.index, IFLA_BR_VLAN_DEFAULT_PVID, 0, true);
	r = set_bridge(v, br.index, IFLA_BR_VLAN_FILTERING, on, false);
	if (r >= 0)
		r = ifnet_link(v, bridge, &now, NULL);
	if (r == -EOPNOTSUPP || (r >= 0 && now.bridge.vlan_filtering != on))
		return err_set(e, EOPNOTSUPP,
			       "vlanfilter: this kernel's bridges filter no "
			       "VLANs (CONFIG_BRIDGE_VLAN_FILTERING)");
	return r < 0 ? bsd_err(e, -r, "BRDGSFLAGS") : 0;
}

/* A member of a bridge that filters. */
static int vlan_member(struct vnet *v, const char *bridge, const char *member,
		       struct ifnet *br, struct ifnet *ifp, const char *what,
		       const char *word, struct err *e)
{
	int r = bridge_get(v, bridge, br, e, "%s %s", what, word);

	if (r < 0)
		return r;
	if (ifnet_link(v, member, ifp, NULL) < 0 || ifp->master != br->index)
		return bsd_err(e, ENOENT, "%s %s", what, word);
	if (!br->bridge.vlan_filtering)
		return err_set(e, EINVAL,
			       "%s %s: Invalid argument (extended error VLAN "
			       "filtering not enabled)",
			       what, word);
	return 0;
}

static int set_untagged(struct vnet *v, int index, uint16_t vid)
{
	const uint16_t flags =
		BRIDGE_VLAN_INFO_PVID | BRIDGE_VLAN_INFO_UNTAGGED;
	struct load had = {.only = index};
	struct vlanset old = {{0}}, set = {{0}};
	int r = load(v, &had, NULL);

	if (r < 0)
		return r;
	if (had.one.untagged && had.one.untagged != vid) {
		vlanset_add(&old, had.one.untagged);
		r = change(v, RTM_DELLINK, index, false, &old, 0);
	}
	if (r < 0 || !vid)
		return r;
	vlanset_add(&set, vid);
	return change(v, RTM_SETLINK, index, false, &set, flags);
}

int bridge_vlan_untagged(struct vnet *v, const char *bridge, const char *member,
			 uint16_t vid, const char *word, struct err *e)
{
	static const char what[] = "BRDGSIFUNTAGGED";
	cleanup_ifnet struct ifnet br = {0}, ifp = {0};
	int r;

	r = vlan_member(v, bridge, member, &br, &ifp, what, word, e);
	if (r < 0)
		return r;
	r = set_untagged(v, ifp.index, vid);
	if (r >= 0)
		r = sync_self(v, br.index);
	return r < 0 ? bsd_err(e, -r, "%s %s", what, word) : 0;
}

int bridge_vlan_tagged(struct vnet *v, const char *bridge, const char *member,
		       const struct vlanset *set, enum vlan_op op,
		       const char *word, struct err *e)
{
	static const char what[] = "BRDGSIFVLANSET";
	cleanup_ifnet struct ifnet br = {0}, ifp = {0};
	struct vlanset add = *set, del = {{0}};
	struct load had = {0};
	int r;

	r = vlan_member(v, bridge, member, &br, &ifp, what, word, e);
	if (r < 0)
		return r;
	had.only = ifp.index;
	r = load(v, &had, NULL);
	for (size_t k = 0; k < 64; k++) {
		uint64_t old = had.one.tagged.bits[k];

		if (op == VLAN_SET)
			del.bits[k] = old & ~set->bits[k];
		if (op == VLAN_DEL)
			del.bits[k] = old & set->bits[k];
		if (op == VLAN_DEL)
			add.bits[k] = 0;
	}
	/* one VLAN cannot be both: untagged it stays */
	if (had.one.untagged)
		vlanset_del(&add, had.one.untagged);
	if (r >= 0)
		r = change(v, RTM_DELLINK, ifp.index, false, &del, 0);
	if (r >= 0)
		r = change(v, RTM_SETLINK, ifp.index, false, &add, 0);
	if (r >= 0)
		r = sync_self(v, br.index);
	return r < 0 ? bsd_err(e, -r, "%s %s", what, word) : 0;
}

int bridge_vlan_is_member(struct vnet *v, const char *bridge,
			  const char *member, const char *what, struct err *e)
{
	cleanup_ifnet struct ifnet br = {0}, ifp = {0};

	return vlan_member(v, bridge, member, &br, &ifp, what, member, e);
}

int bridge_vlan_proto(struct vnet *v, const char *bridge, const char *member,
		      uint16_t type, struct err *e)
{
	static const char what[] = "BRDGSIFVLANPROTO";
	cleanup_ifnet struct ifnet br = {0}, ifp = {0};
	cleanup_ifnets struct ifnets all = {0};
	int r;

	r = vlan_member(v, bridge, member, &br, &ifp, what, member, e);
	if (r < 0 || br.bridge.vlan_proto == type)
		return r;
	r = ifnets_load(v, &all, e);
	if (r >= 0)
		r = bridge_vlans_load(v, &all, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < all.n; i++) {
		const struct ifnet *o = &all.v[i];

		if (o->master == br.index && o->index != ifp.index &&
		    o->vlans && !vlanset_empty(&o->vlans->tagged))
			return err_set(e, EOPNOTSUPP,
				       "ifvlanproto %s: Linux's bridges have "
				       "one VLAN protocol, and %s has tags of "
				       "the other",
				       member, o->name);
	}
	r = set_bridge(v, br.index, IFLA_BR_VLAN_PROTOCOL, htons(type), true);
	return r < 0 ? bsd_err(e, -r, "%s %s", what, member) : 0;
}

static int put_default(struct ifstate *s, void *data, struct err *e)
{
	(void)e;
	s->def_untagged = *(const uint16_t *)data;
	return 0;
}

int bridge_vlan_default(struct vnet *v, const char *bridge, uint16_t vid,
			struct err *e)
{
	cleanup_ifnet struct ifnet br = {0};
	int r = bridge_get(v, bridge, &br, e, "BRDGSDEFPVID");

	return r < 0 ? r : ifstate_update(v, br.index, put_default, &vid, e);
}

int bridge_vlan_joined(struct vnet *v, const struct ifnet *br, int index,
		       struct err *e)
{
	cleanup_ifstate struct ifstate s = {0};
	int r;

	if (!br->bridge.vlan_filtering)
		return 0;
	r = ifstate_get(v, br->index, &s, e);
	if (r < 0 || !s.def_untagged)
		return r;
	r = set_untagged(v, index, s.def_untagged);
	return r < 0 ? r : sync_self(v, br->index);
}
