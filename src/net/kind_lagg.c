/* lagg: by the kernel's bonding driver, or else by the fallback engine; and
 * its lines in a listing.  Head of lagg.h. */
#include "net/kind_rows.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "base/table.h"
#include "net/bsderr.h"
#include "net/fallback.h"
#include "net/ifconfig.h"
#include "net/kind_idle.h"
#include "net/lagg.h"
#include "net/link.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The driver looks at links so often, in ms. */
#define MIIMON 50
#define MODE_FAILOVER 1
#define POLICY_L34 1

static bool lagg_match(const struct ifnet *ifp)
{
	const char *home = ifp->home_name[0] ? ifp->home_name : ifp->kname;

	if (!strcmp(ifp->linux_kind, "bond"))
		return true;
	return if_is_fallback(ifp) && ifkind_of_name(home, NULL) == &kind_lagg;
}

static int bond_make(struct vnet *v, const char *name)
{
	struct link_nest n;
	struct nlm m;

	link_new(&m, name);
	n = link_data(&m, "bond");
	nlm_put_u8(&m, IFLA_BOND_MODE, MODE_FAILOVER);
	nlm_put_u32(&m, IFLA_BOND_MIIMON, MIIMON);
	nlm_put_u8(&m, IFLA_BOND_XMIT_HASH_POLICY, POLICY_L34);
	nlm_put_u8(&m, IFLA_BOND_ALL_SLAVES_ACTIVE, lagg_rx_all(v));
	link_nest_end(&m, &n);
	return nl_talk(v->rt, &m, NULL, NULL);
}

static int fallback_make(struct vnet *v, const char *name, struct err *e)
{
	const struct iflagg none = IFLAGG_DEFAULT;
	cleanup_ifnet struct ifnet ifp = {0};
	int r = if_fallback->create(v, name, e);

	if (r < 0)
		return r;
	r = ifnet_link(v, name, &ifp, e);
	if (r >= 0)
		r = if_fallback->lagg_set(v, &ifp, &none, e);
	if (r < 0 && ifp.index)
		if_fallback->destroy(v, &ifp, NULL);
	return r;
}

static int lagg_create(struct vnet *v, int unit, int nwords, char **words,
		       int *ret_used, char ret_name[IFNAMSIZ], struct err *e)
{
	char name[IFNAMSIZ];
	const char *names[] = {name};
	int r;

	(void)nwords;
	(void)words;
	*ret_used = 0;
	if (snprintf(name, sizeof(name), "lagg%d", unit) >= IFNAMSIZ)
		return bsd_err(e, EINVAL, "SIOCIFCREATE2");
	if (vnet_ifindex(v, name))
		return -EEXIST;
	if (!kind_driver(v, "bond") && if_fallback) {
		r = fallback_make(v, name, e);
	} else {
		r = bond_make(v, name);
		if (r == -EEXIST)
			return r;
		r = r < 0 ? kind_refuse(&kind_lagg, -r, e) : 0;
		if (!r)
			link_v6_off(v, names, 1);
	}
	if (r >= 0)
		str_copy(ret_name, IFNAMSIZ, name);
	return r;
}

static int lagg_destroy(struct vnet *v, const struct ifnet *ifp, struct err *e)
{
	lagg_ports_restore(v, ifp);
	if (if_is_fallback(ifp) && if_fallback)
		return if_fallback->destroy(v, ifp, e);
	return link_delete(v, ifp->index, e);
}

/* ----------------------------------------------------------- its lines */

enum {
	PORT_MASTER = 0x1,
	PORT_STACK = 0x2,
	PORT_ACTIVE = 0x4,
	PORT_COLLECTING = 0x8,
	PORT_DISTRIBUTING = 0x10,
};

static const struct flag_name port_names[] = {
	{PORT_MASTER, "MASTER"},
	{PORT_STACK, "STACK"},
	{PORT_ACTIVE, "ACTIVE"},
	{PORT_COLLECTING, "COLLECTING"},
	{PORT_DISTRIBUTING, "DISTRIBUTING"},
};

static const struct flag_name state_names[] = {
	{LACP_ACTIVITY, "ACTIVITY"},	   {LACP_TIMEOUT, "TIMEOUT"},
	{LACP_AGGREGATION, "AGGREGATION"}, {LACP_SYNC, "SYNC"},
	{LACP_COLLECTING, "COLLECTING"},   {LACP_DISTRIBUTING, "DISTRIBUTING"},
	{LACP_DEFAULTED, "DEFAULTED"},	   {LACP_EXPIRED, "EXPIRED"},
};

static const struct flag_name opt_names[] = {
	{LAGG_OPT_FLOWID, "USE_FLOWID"},
	{LAGG_OPT_NUMA, "USE_NUMA"},
	{LAGG_OPT_STRICT, "LACP_STRICT"},
	{LAGG_OPT_FAST, "LACP_FAST_TIMO"},
};

/* Ports of either engine, in the order of their being put in if known. */
static size_t ports_of(const struct ifnets *all, const struct ifnet *ifp,
		       const struct ifnet *ret[IFLAGG_PORTS])
{
	const struct iflagg *l = &ifp->lagg;
	size_t n = 0;

	if (if_is_fallback(ifp)) {
		for (size_t i = 0; i < l->nports; i++) {
			const struct ifnet *p =
				l->cookie == all->cookie
					? ifnets_by_index(all,
							  l->ports[i].index)
					: NULL;

			if (p)
				ret[n++] = p;
		}
		return n;
	}
	for (size_t i = 0; i < all->n && n < IFLAGG_PORTS; i++)
		if (all->v[i].master == ifp->index)
			ret[n++] = &all->v[i];
	return n;
}

static bool port_works(const struct ifnet *p)
{
	return (p->flags & IFF_UP) && p->carrier && !p->bond_backup;
}

static uint32_t port_flags(const struct iflagg *l, const struct ifnet *p,
			   bool first, bool *active)
{
	uint32_t f = 0;

	if (l->proto == LAGG_FAILOVER) {
		if (first)
			f |= PORT_MASTER;
		if (!*active && port_works(p)) {
			f |= PORT_ACTIVE;
			*active = true;
		}
		return f;
	}
	if (l->proto == LAGG_LACP) {
		uint8_t state = p->lacp.actor.state;

		return (p->lacp.active ? PORT_ACTIVE : 0) |
		       (state & LACP_COLLECTING ? PORT_COLLECTING : 0) |
		       (state & LACP_DISTRIBUTING ? PORT_DISTRIBUTING : 0);
	}
	return l->proto == LAGG_NONE || !port_works(p) ? 0 : PORT_ACTIVE;
}

/* One end of a link, as ifconfig -v has it. */
static void put_end(const struct lacp_info *i, struct strbuf *out)
{
	const uint8_t *m = i->mac;

	strbuf_addf(out, "(%04X,%02X-%02X-%02X-%02X-%02X-%02X,%04X,%04X,%04X)",
		    i->sys_prio, m[0], m[1], m[2], m[3], m[4], m[5], i->key,
		    i->port_prio, i->port);
}

static void put_ends(const struct iflacp *l, struct strbuf *out)
{
	strbuf_addch(out, '[');
	put_end(&l->actor, out);
	strbuf_adds(out, ",\n\t\t ");
	put_end(&l->partner, out);
	strbuf_adds(out, "]\n");
}

static void put_verbose(const struct ifnet *ifp, unsigned int active,
			struct strbuf *out)
{
	const struct iflagg *l = &ifp->lagg;

	strbuf_adds(out, "\tlagg options:\n\t\tflags=");
	table_flags(out, l->opts, opt_names, ARRAY_SIZE(opt_names));
	strbuf_addf(out, "\n\t\tflowid_shift: %u\n", l->shift);
	if (l->proto == LAGG_ROUNDROBIN)
		strbuf_addf(out, "\t\trr_limit: %u\n", l->limit);
	strbuf_addf(out,
		    "\tlagg statistics:\n\t\tactive ports: %u\n"
		    "\t\tflapping: %u\n",
		    active, ifp->lacp.flapping);
	if (l->proto == LAGG_LACP) {
		strbuf_adds(out, "\tlag id: ");
		put_ends(&ifp->lacp, out);
	}
}

static bool port_counts(const struct iflagg *l, const struct ifnet *p)
{
	if (l->proto == LAGG_LACP)
		return p->lacp.active &&
		       (p->lacp.actor.state & LACP_DISTRIBUTING);
	return port_works(p);
}

static void put_lacp(const struct iflacp *l, struct strbuf *out)
{
	strbuf_adds(out, " state=");
	table_flags(out, l->actor.state, state_names, ARRAY_SIZE(state_names));
	strbuf_adds(out, "\n\t\t");
	put_ends(l, out);
}

static void lagg_show(const struct ifnets *all, const struct ifnet *ifp,
		      const struct ifconfig_opts *o, struct strbuf *out)
{
	const struct ifnet *ports[IFLAGG_PORTS];
	const struct iflagg *l = &ifp->lagg;
	size_t n = ports_of(all, ifp, ports);
	const char *sep = " lagghash ";
	unsigned int working = 0;
	bool active = false;

	strbuf_addf(out, "\tlaggproto %s", lagg_proto_name(l->proto));
	for (unsigned int i = 0; i < 3; i++)
		if (l->hash & 1u << i) {
			strbuf_addf(out, "%sl%u", sep, i + 2);
			sep = ",";
		}
	strbuf_addch(out, '\n');
	for (size_t i = 0; i < n; i++)
		working += port_counts(l, ports[i]);
	if (o->verbose)
		put_verbose(ifp, working, out);
	for (size_t i = 0; i < n; i++) {
		strbuf_addf(out, "\tlaggport: %s flags=", ports[i]->name);
		table_flags(out, port_flags(l, ports[i], !i, &active),
			    port_names, ARRAY_SIZE(port_names));
		if (o->verbose && l->proto == LAGG_LACP)
			put_lacp(&ports[i]->lacp, out);
		else
			strbuf_addch(out, '\n');
	}
}

const struct ifkind kind_lagg = {
	.name = "lagg",
	.match = lagg_match,
	.lacks = "bonding (CONFIG_BONDING)",
	.clonable = true,
	.group = true,
	.ethernet = true,
	.create = lagg_create,
	.destroy = lagg_destroy,
	.show = lagg_show,
};
