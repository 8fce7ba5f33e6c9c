/*
 * ifconfig_bridge_print: the lines of if_bridge(4) in a listing.  FreeBSD's
 * port number is the member's index, its priorities have eight bits where
 * Linux keeps six, its path costs are those of 802.1D-2004.
 */
#include "net/ifconfig_impl.h"

#include "base/cleanup.h"
#include "base/table.h"

#include <string.h>

enum {
	MEMBER_LEARNING = 0x1,
	MEMBER_DISCOVER = 0x2,
	MEMBER_STP = 0x4,
	MEMBER_SPAN = 0x8,
	MEMBER_STICKY = 0x10,
	MEMBER_EDGE = 0x20,
	MEMBER_AUTOEDGE = 0x40,
	MEMBER_PTP = 0x80,
	MEMBER_AUTOPTP = 0x100,
	MEMBER_PRIVATE = 0x800,
};

static const struct flag_name member_names[] = {
	{MEMBER_LEARNING, "LEARNING"}, {MEMBER_DISCOVER, "DISCOVER"},
	{MEMBER_STP, "STP"},	       {MEMBER_SPAN, "SPAN"},
	{MEMBER_STICKY, "STICKY"},     {MEMBER_EDGE, "EDGE"},
	{MEMBER_AUTOEDGE, "AUTOEDGE"}, {MEMBER_PTP, "PTP"},
	{MEMBER_AUTOPTP, "AUTOPTP"},   {MEMBER_PRIVATE, "PRIVATE"},
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

static uint32_t member_flags(const struct ifnet *m)
{
	uint32_t f = MEMBER_AUTOEDGE | MEMBER_AUTOPTP;

	if (m->port.learning)
		f |= MEMBER_LEARNING;
	if (m->port.flood)
		f |= MEMBER_DISCOVER;
	if (m->port.isolated)
		f |= MEMBER_PRIVATE;
	if (m->port.sticky)
		f |= MEMBER_STICKY;
	return f;
}

static void put_member(const struct ifnet *m, struct strbuf *out)
{
	strbuf_addf(out, "\tmember: %s flags=", m->name);
	table_flags(out, member_flags(m), member_names,
		    ARRAY_SIZE(member_names));
	strbuf_addf(out,
		    "\n\t        ifmaxaddr 0 port %d priority %u path cost "
		    "%u\n",
		    m->index & 0xfff, m->port.priority * 4u,
		    cost_shown(m->port.cost));
}

static void put_span(const struct ifnets *all, const char *name,
		     struct strbuf *out)
{
	const struct ifnet *s = ifnets_find(all, name);

	if (!s)
		return;
	strbuf_addf(out, "\tmember: %s flags=", s->name);
	table_flags(out, MEMBER_SPAN, member_names, ARRAY_SIZE(member_names));
	strbuf_addf(out,
		    "\n\t        ifmaxaddr 0 port %d priority 0 path cost 0\n",
		    s->index & 0xfff);
}

void ifconfig_format_bridge(const struct ifnets *all, const struct ifnet *ifp,
			    struct strbuf *out)
{
	const struct ifbridge *b = &ifp->bridge;
	bool stp = b->stp_state != 0;

	put_id(out, "id", b->id, stp);
	strbuf_addf(out, " priority %u hellotime %u fwddelay %u\n", b->priority,
		    b->hello / 100, b->fwddelay / 100);
	strbuf_addf(out,
		    "\tmaxage %u holdcnt 6 proto %s maxaddr %u timeout %u\n",
		    b->maxage / 100, stp ? "stp" : "rstp", b->fdb_max_learned,
		    b->ageing / 100);
	put_id(out, "root id", b->root_id, stp);
	strbuf_addf(out, " priority %u ifcost %u port %u\n",
		    stp ? (unsigned int)(b->root_id[0] << 8 | b->root_id[1])
			: b->priority,
		    b->root_cost, b->root_port);
	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].master == ifp->index)
			put_member(&all->v[i], out);
	for (size_t i = 0; i < ifp->spans.n; i++)
		put_span(all, ifp->spans.v[i], out);
}
