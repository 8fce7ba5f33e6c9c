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
	BR_FDB_MAX_LEARNED,
};

/* Of the on/off options only those that are on: no kernel refuses "off". */
static void copy_options(struct nlm *m, const struct nlattr *a)
{
	struct br_boolopt_multi o;

	if (!a || mnl_attr_get_payload_len(a) < sizeof(o))
		return;
	memcpy(&o, mnl_attr_get_payload(a), sizeof(o));
	o.optmask &= o.optval;
	if (o.optmask)
		nlm_put(m, IFLA_BR_MULTI_BOOLOPT, &o, sizeof(o));
}

/* The request that makes the copy, filled while the old one is read. */
struct copy {
	struct nlm m;
	bool filled;
};

static int copy_cb(const struct nlmsghdr *h, void *data, struct err *e)
{
	const struct nlattr *tb[IFLA_MAX + 1], *info[IFLA_INFO_MAX + 1];
	const struct nlattr *br[BR_FDB_MAX_LEARNED + 1];
	struct copy *c = data;
	struct link_nest n;

	(void)e;
	if (h->nlmsg_type != RTM_NEWLINK || c->filled)
		return 0;
	nl_parse(h, sizeof(struct ifinfomsg), tb, IFLA_MAX);
	nl_parse_nested(tb[IFLA_LINKINFO], info, IFLA_INFO_MAX);
	nl_parse_nested(info[IFLA_INFO_DATA], br, BR_FDB_MAX_LEARNED);
	n = link_data(&c->m, "bridge");
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		const struct nlattr *a = br[settings[i]];

		if (a)
			nlm_put(&c->m, settings[i], mnl_attr_get_payload(a),
				mnl_attr_get_payload_len(a));
	}
	copy_options(&c->m, br[IFLA_BR_MULTI_BOOLOPT]);
	link_nest_end(&c->m, &n);
	c->filled = true;
	return 0;
}

static int copy_request(struct vnet *from, const struct ifnet *br,
			struct copy *c, struct err *e)
{
	struct ifinfomsg ifi = {.ifi_index = br->index};
	struct nlm m;
	int r;

	link_new(&c->m, br->kname);
	nlm_put(&c->m, IFLA_ADDRESS, br->mac, br->maclen);
	nlm_put_u32(&c->m, IFLA_MTU, br->mtu);
	c->filled = false;
	nlm_begin(&m, RTM_GETLINK, 0, &ifi, sizeof(ifi));
	nlm_put_u32(&m, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	r = nl_query(from->rt, &m, copy_cb, c, e);
	if (r >= 0 && !c->filled)
		return bsd_err(e, ENXIO, "SIOCSIFVNET");
	return r;
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
	cleanup_free struct copy *c = malloc(sizeof(*c));
	const char *names[] = {br->kname};
	int index = 0, r;

	if (!c)
		return err_nomem(e);
	if (vnet_ifindex(to, br->kname))
		return bsd_err(e, EEXIST, "SIOCSIFVNET");
	r = copy_request(from, br, c, e);
	if (r < 0)
		return r;
	r = nl_talk(to->rt, &c->m, NULL, NULL);
	if (r >= 0) {
		index = vnet_ifindex(to, br->kname);
		r = copy_names(to, index, br);
	}
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
