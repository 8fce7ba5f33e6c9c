/*
 * ifconfig_bridge_print: the lines of if_bridge(4) in a listing.  FreeBSD's
 * port number is the member's index, its path costs are those of 802.1D-2004.
 */
#include "net/ifconfig_impl.h"

#include "base/cleanup.h"
#include "base/table.h"
#include "net/rstp.h"

#include <linux/if_ether.h>
#include <string.h>

static const struct flag_name member_names[] = {
	{IFBIF_LEARNING, "LEARNING"}, {IFBIF_DISCOVER, "DISCOVER"},
	{IFBIF_STP, "STP"},	      {IFBIF_SPAN, "SPAN"},
	{IFBIF_STICKY, "STICKY"},     {IFBIF_EDGE, "EDGE"},
	{IFBIF_AUTOEDGE, "AUTOEDGE"}, {IFBIF_PTP, "PTP"},
	{IFBIF_AUTOPTP, "AUTOPTP"},   {IFBIF_PRIVATE, "PRIVATE"},
};

/* The kernel's default costs by speed, and what FreeBSD shows for them. */
static unsigned int cost_shown(uint32_t cost)
{
	static const struct {
		uint32_t kernel, shown;
	} costs[] = {
		{1, 200},   {2, 2000},	  {4, 20000},
		{5, 20000}, {19, 200000}, {100, 2000000},
	};

	for (size_t i = 0; i < ARRAY_SIZE(costs); i++)
		if (costs[i].kernel == cost)
			return costs[i].shown;
	return cost;
}

static void put_id(struct strbuf *out, const char *label,
		   const unsigned char id[8], bool stp)
{
	static const unsigned char none[6];
	const struct ifconfig_format colon = {0};

	strbuf_addf(out, "\t%s ", label);
	ifconfig_put_ether(out, &colon, stp ? id + 2 : none, 6);
}

/*
 * EDGE and PTP tell what the port is; what it was told to be shows in bits
 * without a name.
 */
static uint32_t member_flags(const struct ifnet *m)
{
	uint32_t f = m->port.flags & IFBIF_STATE;

	if (m->port.flags & IFBIF_EDGE)
		f |= IFBIF_ADMEDGE;
	if (m->port.user_cost)
		f |= IFBIF_ADMCOST;
	if (m->port.stp.known) {
		f &= ~(uint32_t)(IFBIF_EDGE | IFBIF_PTP);
		f |= m->port.stp.edge ? IFBIF_EDGE : 0;
		f |= m->port.stp.ptp ? IFBIF_PTP : 0;
	}
	if (m->port.learning)
		f |= IFBIF_LEARNING;
	if (m->port.flood)
		f |= IFBIF_DISCOVER;
	if (m->port.isolated)
		f |= IFBIF_PRIVATE;
	return f;
}

static uint32_t member_cost(const struct ifnet *m)
{
	if (m->port.stp.known)
		return m->port.stp.cost;
	return m->port.user_cost ? m->port.user_cost : cost_shown(m->port.cost);
}

/* Without a keeper nobody has given the port a role. */
static void put_role(const struct ifnet *br, const struct ifnet *m,
		     struct strbuf *out)
{
	const struct ifbridge_role *s = &m->port.stp;

	strbuf_addf(out, " proto %s\n\t        role %s state %s",
		    rstp_proto_name(s->known ? s->proto : br->bridge.proto),
		    rstp_role_name((enum rstp_role)s->role),
		    rstp_state_name((enum rstp_state)s->state));
}

/* As FreeBSD 15; 14 has no VLANs, and nobody who filters none sees them. */
static void put_vlans(const struct ifbridge *b, const struct ifvlans *iv,
		      struct strbuf *out)
{
	strbuf_addf(out, " vlan protocol %s",
		    b->vlan_proto == ETH_P_8021AD ? "802.1ad" : "802.1q");
	if (!iv)
		return;
	if (iv->untagged)
		strbuf_addf(out, " untagged %u", iv->untagged);
	if (vlanset_empty(&iv->tagged))
		return;
	strbuf_adds(out, " tagged ");
	vlanset_print(&iv->tagged, out);
}

static void put_member(const struct ifnet *br, const struct ifnet *m,
		       struct strbuf *out)
{
	strbuf_addf(out, "\tmember: %s flags=", m->name);
	table_flags(out, member_flags(m), member_names,
		    ARRAY_SIZE(member_names));
	strbuf_addf(out,
		    "\n\t        ifmaxaddr %u port %d priority %u path cost "
		    "%u",
		    m->port.maxaddr, m->index & 0xfff, m->port.priority,
		    member_cost(m));
	if (m->port.flags & IFBIF_STP)
		put_role(br, m, out);
	if (br->bridge.vlan_filtering)
		put_vlans(&br->bridge, m->vlans, out);
	strbuf_addch(out, '\n');
}

static void put_span(const struct ifnets *all, const char *name,
		     struct strbuf *out)
{
	const struct ifnet *s = ifnets_find(all, name);

	if (!s)
		return;
	strbuf_addf(out, "\tmember: %s flags=", s->name);
	table_flags(out, IFBIF_SPAN, member_names, ARRAY_SIZE(member_names));
	strbuf_addf(out,
		    "\n\t        ifmaxaddr 0 port %d priority 0 path cost 0\n",
		    s->index & 0xfff);
}

void ifconfig_format_bridge(const struct ifnets *all, const struct ifnet *ifp,
			    struct strbuf *out)
{
	const struct ifbridge *b = &ifp->bridge;
	/* a bridge made by other means may run the kernel's own */
	bool stp = b->stp_known || b->stp_state != 0;

	put_id(out, "id", b->id, stp);
	strbuf_addf(out, " priority %u hellotime %u fwddelay %u\n", b->priority,
		    b->stp_hello, b->stp_forward_delay);
	strbuf_addf(out,
		    "\tmaxage %u holdcnt %u proto %s maxaddr %u timeout %u\n",
		    b->stp_max_age, b->hold_count,
		    b->stp_state ? "stp" : rstp_proto_name(b->proto),
		    b->fdb_max_learned, b->ageing / 100);
	put_id(out, "root id", b->root_id, stp);
	strbuf_addf(out, " priority %u ifcost %u port %u\n",
		    stp ? (unsigned int)(b->root_id[0] << 8 | b->root_id[1])
			: b->priority,
		    b->root_cost, b->root_port);
	if (b->vlan_filtering) {
		strbuf_adds(out, "\tbridge flags=1<VLANFILTER>");
		if (b->def_untagged)
			strbuf_addf(out, " defuntagged=%u", b->def_untagged);
		strbuf_addch(out, '\n');
	}
	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].master == ifp->index)
			put_member(ifp, &all->v[i], out);
	for (size_t i = 0; i < ifp->spans.n; i++)
		put_span(all, ifp->spans.v[i], out);
}
