/*
 * bridge_move: the kernel cannot move a bridge to another namespace, so a new
 * one with the same name, address and settings is made there and the old one
 * removed.  Members and span ports stay behind, as on FreeBSD; so do table
 * entries, which all name a member.
 */
#include "net/bridge_impl.h"

#include "base/cleanup.h"
#include "net/bsderr.h"
#include "net/link.h"
#include "net/move.h"

#include <errno.h>
#include <linux/if_bridge.h>
#include <stdlib.h>
#include <string.h>

/* Settings that can be written back as they were read. */
static const uint16_t settings[] = {
	IFLA_BR_FORWARD_DELAY,
	IFLA_BR_HELLO_TIME,
	IFLA_BR_MAX_AGE,
	IFLA_BR_AGEING_TIME,
	IFLA_BR_STP_STATE,
	IFLA_BR_PRIORITY,
	IFLA_BR_VLAN_FILTERING,
	IFLA_BR_VLAN_PROTOCOL,
	IFLA_BR_GROUP_FWD_MASK,
	IFLA_BR_MCAST_ROUTER,
	IFLA_BR_MCAST_SNOOPING,
	IFLA_BR_MCAST_QUERY_USE_IFADDR,
	IFLA_BR_MCAST_QUERIER,
	IFLA_BR_MCAST_HASH_MAX,
	IFLA_BR_MCAST_LAST_MEMBER_CNT,
	IFLA_BR_MCAST_STARTUP_QUERY_CNT,
	IFLA_BR_MCAST_LAST_MEMBER_INTVL,
	IFLA_BR_MCAST_MEMBERSHIP_INTVL,
	IFLA_BR_MCAST_QUERIER_INTVL,
	IFLA_BR_MCAST_QUERY_INTVL,
	IFLA_BR_MCAST_QUERY_RESPONSE_INTVL,
	IFLA_BR_MCAST_STARTUP_QUERY_INTVL,
	IFLA_BR_NF_CALL_IPTABLES,
	IFLA_BR_NF_CALL_IP6TABLES,
	IFLA_BR_NF_CALL_ARPTABLES,
	IFLA_BR_VLAN_DEFAULT_PVID,
	IFLA_BR_VLAN_STATS_ENABLED,
	IFLA_BR_VLAN_STATS_PER_PORT,
	IFLA_BR_MCAST_STATS_ENABLED,
	IFLA_BR_MCAST_IGMP_VERSION,
	IFLA_BR_MCAST_MLD_VERSION,
	IFLA_BR_MULTI_BOOLOPT,
	BR_FDB_MAX_LEARNED,
};

/* Every setting of a bridge as the kernel gave it, by attribute. */
struct settings {
	struct {
		unsigned char len; /* 0 absent */
		char data[12];
	} v[BR_FDB_MAX_LEARNED + 1];
	bool filled;
};

static int read_cb(const struct nlmsghdr *h, void *data, struct err *e)
{
	const struct nlattr *tb[IFLA_MAX + 1], *info[IFLA_INFO_MAX + 1];
	const struct nlattr *br[BR_FDB_MAX_LEARNED + 1];
	struct settings *s = data;

	(void)e;
	if (h->nlmsg_type != RTM_NEWLINK)
		return 0;
	nl_parse(h, sizeof(struct ifinfomsg), tb, IFLA_MAX);
	nl_parse_nested(tb[IFLA_LINKINFO], info, IFLA_INFO_MAX);
	nl_parse_nested(info[IFLA_INFO_DATA], br, BR_FDB_MAX_LEARNED);
	for (size_t i = 0; i < ARRAY_SIZE(s->v); i++) {
		size_t len = br[i] ? mnl_attr_get_payload_len(br[i]) : 0;

		if (!len || len > sizeof(s->v[i].data))
			continue;
		memcpy(s->v[i].data, mnl_attr_get_payload(br[i]), len);
		s->v[i].len = (unsigned char)len;
	}
	s->filled = true;
	return 0;
}

static int read_settings(struct vnet *v, int index, struct settings *ret)
{
	struct ifinfomsg ifi = {.ifi_index = index};
	struct nlm m;
	int r;

	*ret = (struct settings){0};
	nlm_begin(&m, RTM_GETLINK, 0, &ifi, sizeof(ifi));
	nlm_put_u32(&m, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	r = nl_query(v->rt, &m, read_cb, ret, NULL);
	return r < 0 || ret->filled ? r : -ENODEV;
}

/* Of the on/off options name only those that differ, for the same reason. */
static void narrow_options(struct settings *old, const struct settings *now)
{
	struct br_boolopt_multi o, n;

	if (old->v[IFLA_BR_MULTI_BOOLOPT].len != sizeof(o))
		return;
	memcpy(&o, old->v[IFLA_BR_MULTI_BOOLOPT].data, sizeof(o));
	memcpy(&n, now->v[IFLA_BR_MULTI_BOOLOPT].data, sizeof(n));
	if (o.optval == n.optval)
		return;
	o.optmask = o.optval ^ n.optval;
	memcpy(old->v[IFLA_BR_MULTI_BOOLOPT].data, &o, sizeof(o));
}

/*
 * Write what differs from a fresh bridge, and no more: a kernel refuses even
 * the default of a feature it was built without.
 */
static int copy_settings(struct vnet *from, const struct ifnet *br,
			 struct vnet *to, int index)
{
	struct settings old, now;
	struct link_nest n;
	struct nlm m;
	int r;

	r = read_settings(from, br->index, &old);
	if (r >= 0)
		r = read_settings(to, index, &now);
	if (r < 0)
		return r;
	narrow_options(&old, &now);
	link_set(&m, index, 0, 0);
	n = link_data(&m, "bridge");
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		uint16_t a = settings[i];

		if (old.v[a].len &&
		    memcmp(&old.v[a], &now.v[a], sizeof(old.v[a])))
			nlm_put(&m, a, old.v[a].data, old.v[a].len);
	}
	link_nest_end(&m, &n);
	return nl_talk(to->rt, &m, NULL, NULL);
}

static int make_twin(const struct ifnet *br, struct vnet *to)
{
	struct nlm m;

	link_new(&m, br->kname);
	nlm_put(&m, IFLA_ADDRESS, br->mac, br->maclen);
	nlm_put_u32(&m, IFLA_MTU, br->mtu);
	link_kind(&m, "bridge");
	return nl_talk(to->rt, &m, NULL, NULL);
}

/* Alias and further names, which cannot be given at creation. */
static int copy_names(struct vnet *to, int index, const struct ifnet *br)
{
	struct ifinfomsg ifi = {.ifi_index = index};
	struct nlattr *list;
	struct nlm m;
	int r = 0;

	if (br->alias) {
		link_set(&m, index, 0, 0);
		nlm_put(&m, IFLA_IFALIAS, br->alias, strlen(br->alias));
		r = nl_talk(to->rt, &m, NULL, NULL);
	}
	if (r < 0 || !br->altnames.n)
		return r;
	nlm_begin(&m, RTM_NEWLINKPROP, NLM_F_CREATE | NLM_F_EXCL | NLM_F_APPEND,
		  &ifi, sizeof(ifi));
	list = nlm_nest(&m, IFLA_PROP_LIST | NLA_F_NESTED);
	for (size_t i = 0; i < br->altnames.n; i++)
		nlm_put_str(&m, IFLA_ALT_IFNAME, br->altnames.v[i]);
	nlm_nest_end(&m, list);
	return nl_talk(to->rt, &m, NULL, NULL);
}

int bridge_move(struct vnet *from, const struct ifnet *br, struct vnet *to,
		struct err *e)
{
	const char *names[] = {br->kname};
	int index = 0, r;

	r = vnet_ifindex(to, br->kname) ? -EEXIST : make_twin(br, to);
	if (r >= 0) {
		index = vnet_ifindex(to, br->kname);
		r = copy_settings(from, br, to, index);
	}
	if (r >= 0)
		r = copy_names(to, index, br);
	if (r >= 0)
		r = bridge_forget(from, br, NULL);
	if (r >= 0)
		r = link_delete(from, br->index, NULL);
	if (r < 0) {
		if (index)
			link_delete(to, index, NULL);
		return bsd_err(e, -r, "SIOCSIFVNET");
	}
	link_v6_off(to, names, 1);
	return if_moved(from, to, br->kname, "bridge", br->index, index, e);
}
