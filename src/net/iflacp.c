/* iflacp: see iflacp.h. */
#include "net/iflacp.h"

#include "base/cleanup.h"
#include "net/ifstate.h"
#include "nl/nl.h"

#include <inttypes.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INFO_FORMAT " %x %hhx:%hhx:%hhx:%hhx:%hhx:%hhx %x %x %x %x%n"

/* --- the driver's ------------------------------------------------------- */

void iflacp_of_slave(const struct nlattr *const *port, struct iflacp *ret)
{
	if (!port[IFLA_BOND_SLAVE_AD_AGGREGATOR_ID])
		return;
	ret->aggregator = nl_u16(port[IFLA_BOND_SLAVE_AD_AGGREGATOR_ID]);
	ret->actor.state =
		nl_u8(port[IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE]);
	ret->partner.state = (uint8_t)nl_u16(
		port[IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE]);
	ret->known = true;
}

/* It tells less than FreeBSD's: of single ports no more than their states. */
static void of_bond(struct ifnets *all, struct ifnet *ifp)
{
	const struct nlattr *bond[IFLA_BOND_MAX + 1];
	const struct nlattr *ad[IFLA_BOND_AD_INFO_MAX + 1];
	struct iflacp *l = &ifp->lacp;
	const struct nlattr *mac;

	nl_parse_nested(ifp->info, bond, IFLA_BOND_MAX);
	if (!bond[IFLA_BOND_AD_INFO])
		return;
	nl_parse_nested(bond[IFLA_BOND_AD_INFO], ad, IFLA_BOND_AD_INFO_MAX);
	mac = ad[IFLA_BOND_AD_INFO_PARTNER_MAC];
	l->known = true;
	l->aggregator = nl_u16(ad[IFLA_BOND_AD_INFO_AGGREGATOR]);
	l->actor.sys_prio = nl_u16(bond[IFLA_BOND_AD_ACTOR_SYS_PRIO]);
	l->actor.key = nl_u16(ad[IFLA_BOND_AD_INFO_ACTOR_KEY]);
	memcpy(l->actor.mac, ifp->mac, sizeof(l->actor.mac));
	l->partner.key = nl_u16(ad[IFLA_BOND_AD_INFO_PARTNER_KEY]);
	if (mac && mnl_attr_get_payload_len(mac) == sizeof(l->partner.mac))
		memcpy(l->partner.mac, mnl_attr_get_payload(mac),
		       sizeof(l->partner.mac));
	for (size_t i = 0; i < all->n; i++) {
		struct ifnet *p = &all->v[i];

		if (p->master != ifp->index || !p->lacp.known)
			continue;
		p->lacp.active = p->lacp.aggregator == l->aggregator &&
				 (p->lacp.actor.state & LACP_SYNC);
		l->active |= p->lacp.active;
	}
}

/* --- the keeper's ------------------------------------------------------- */

static bool parse_info(const char **at, struct lacp_info *ret)
{
	unsigned int prio, key, port_prio, port, state;
	struct lacp_info i = {0};
	uint8_t *m = i.mac;
	int n = 0;

	if (sscanf(*at, INFO_FORMAT, &prio, &m[0], &m[1], &m[2], &m[3], &m[4],
		   &m[5], &key, &port_prio, &port, &state, &n) != 11 ||
	    prio > UINT16_MAX || key > UINT16_MAX || port_prio > UINT16_MAX ||
	    port > UINT16_MAX || state > UINT8_MAX)
		return false;
	i.sys_prio = (uint16_t)prio;
	i.key = (uint16_t)key;
	i.port_prio = (uint16_t)port_prio;
	i.port = (uint16_t)port;
	i.state = (uint8_t)state;
	*ret = i;
	*at += n;
	return true;
}

static bool parse_line(const char *line, int *ret_index, struct iflacp *ret)
{
	struct iflacp l = {.known = true};
	unsigned int active;
	int n = 0;

	if (sscanf(line, "%d %u %" SCNu32 "%n", ret_index, &active, &l.flapping,
		   &n) != 3)
		return false;
	l.active = active;
	line += n;
	if (!parse_info(&line, &l.actor) || !parse_info(&line, &l.partner) ||
	    *line)
		return false;
	*ret = l;
	return true;
}

static bool speaks(const struct ifnet *ifp)
{
	return ifp->is_lagg && ifp->lagg.proto == LAGG_LACP;
}

/* A status may be older than what it is of. */
static bool is_port(const struct ifnets *all, int index)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct ifnet *ifp = &all->v[i];

		if (!speaks(ifp) || ifp->lagg.cookie != all->cookie)
			continue;
		for (size_t k = 0; k < ifp->lagg.nports; k++)
			if (ifp->lagg.ports[k].index == index)
				return true;
	}
	return false;
}

void iflacp_status_parse(struct ifnets *all, char *text)
{
	struct iflacp l;
	struct ifnet *ifp;
	char *line;
	int index;

	while ((line = strsep(&text, "\n"))) {
		bool port = str_prefix(line, "port ");

		if ((!port && !str_prefix(line, "lagg ")) ||
		    !parse_line(line + 5, &index, &l))
			continue;
		ifp = ifnets_by_index(all, index);
		if (ifp && (port ? is_port(all, index) : speaks(ifp)))
			ifp->lacp = l;
	}
}

static void put_info(const struct lacp_info *i, struct strbuf *out)
{
	const uint8_t *m = i->mac;

	strbuf_addf(out, " %x %02x:%02x:%02x:%02x:%02x:%02x %x %x %x %x",
		    i->sys_prio, m[0], m[1], m[2], m[3], m[4], m[5], i->key,
		    i->port_prio, i->port, i->state);
}

void iflacp_status_print(const struct ifnets *all, struct strbuf *out)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct ifnet *ifp = &all->v[i];

		if (!ifp->lacp.known)
			continue;
		strbuf_addf(out, "%s %d %d %" PRIu32,
			    ifp->is_lagg ? "lagg" : "port", ifp->index,
			    ifp->lacp.active, ifp->lacp.flapping);
		put_info(&ifp->lacp.actor, out);
		put_info(&ifp->lacp.partner, out);
		strbuf_addch(out, '\n');
	}
}

const struct ifstatus iflacp_status = {
	.name = "laggs",
	.parse = iflacp_status_parse,
	.print = iflacp_status_print,
};

void iflacp_status_load(const struct vnet *v, struct ifnets *all)
{
	bool any = false;

	for (size_t i = 0; i < all->n; i++) {
		if (!speaks(&all->v[i]))
			continue;
		if (all->v[i].info && !strcmp(all->v[i].linux_kind, "bond"))
			of_bond(all, &all->v[i]);
		else
			any = true;
	}
	if (any)
		ifstatus_load(&iflacp_status, v, all);
}
