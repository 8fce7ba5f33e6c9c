/* ifbridge: see ifbridge.h. */
#include "net/ifbridge.h"

#include "base/cleanup.h"
#include "net/rstp.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void ifbridge_settings(struct ifbridge *b, const struct ifstate *s)
{
	static const struct ifstate none;
	struct ifstate_stp stp = ifstate_stp_get(s ? s : &none);

	b->proto = stp.proto;
	b->priority = stp.priority;
	b->stp_hello = stp.hello;
	b->stp_forward_delay = stp.forward_delay;
	b->stp_max_age = stp.max_age;
	b->hold_count = stp.hold_count;
	b->def_untagged = s ? s->def_untagged : 0;
}

void ifbridge_port_settings(struct ifbridge_port *p, int index,
			    const struct ifstate *s)
{
	static const struct ifstate none;
	struct ifstate_port c = ifstate_port_get(s ? s : &none, index);

	p->flags = c.flags;
	p->priority = c.priority;
	p->user_cost = c.cost;
	p->maxaddr = c.maxaddr;
}

/* --- status -------------------------------------------------------------- */

static void put_id(unsigned char id[8], uint64_t v)
{
	for (int i = 7; i >= 0; i--) {
		id[i] = (unsigned char)v;
		v >>= 8;
	}
}

static uint64_t get_id(const unsigned char id[8])
{
	uint64_t v = 0;

	for (int i = 0; i < 8; i++)
		v = v << 8 | id[i];
	return v;
}

static void parse_bridge(struct ifnets *all, const char *line)
{
	unsigned int cost, port;
	uint64_t id, root;
	struct ifnet *ifp;
	int index;
	char extra;

	if (sscanf(line, "%d %" SCNx64 " %" SCNx64 " %u %u%c", &index, &id,
		   &root, &cost, &port, &extra) != 5)
		return;
	ifp = ifnets_by_index(all, index);
	if (!ifp || !ifp->is_bridge)
		return;
	ifp->bridge.stp_known = true;
	put_id(ifp->bridge.id, id);
	put_id(ifp->bridge.root_id, root);
	ifp->bridge.root_cost = cost;
	ifp->bridge.root_port = port & 0xfff;
}

static void parse_port(struct ifnets *all, const char *line)
{
	unsigned int role, state, proto, cost, edge, ptp;
	struct ifnet *ifp;
	int index;
	char extra;

	if (sscanf(line, "%d %u %u %u %u %u %u%c", &index, &role, &state,
		   &proto, &cost, &edge, &ptp, &extra) != 7)
		return;
	ifp = ifnets_by_index(all, index);
	/* a status may be older than the member */
	if (!ifp || !ifp->is_port || !(ifp->port.flags & IFBIF_STP) ||
	    role > RSTP_BACKUP || state > RSTP_FORWARDING)
		return;
	ifp->port.stp = (struct ifbridge_role){
		.known = true,
		.role = (uint8_t)role,
		.state = (uint8_t)state,
		.proto = proto == RSTP_PROTO_STP ? RSTP_PROTO_STP
						 : RSTP_PROTO_RSTP,
		.edge = edge,
		.ptp = ptp,
		.cost = cost,
	};
}

void ifbridge_status_parse(struct ifnets *all, char *text)
{
	char *line;

	while ((line = strsep(&text, "\n"))) {
		if (str_prefix(line, "bridge "))
			parse_bridge(all, line + strlen("bridge "));
		else if (str_prefix(line, "port "))
			parse_port(all, line + strlen("port "));
	}
}

void ifbridge_status_print(const struct ifnets *all, struct strbuf *out)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct ifnet *ifp = &all->v[i];
		const struct ifbridge_role *s = &ifp->port.stp;

		if (ifp->is_bridge && ifp->bridge.stp_known)
			strbuf_addf(out,
				    "bridge %d %" PRIx64 " %" PRIx64 " %u %u\n",
				    ifp->index, get_id(ifp->bridge.id),
				    get_id(ifp->bridge.root_id),
				    ifp->bridge.root_cost,
				    ifp->bridge.root_port);
		if (ifp->is_port && s->known)
			strbuf_addf(out, "port %d %u %u %u %u %d %d\n",
				    ifp->index, s->role, s->state, s->proto,
				    s->cost, s->edge, s->ptp);
	}
}

const struct ifstatus ifbridge_status = {
	.name = "bridges",
	.parse = ifbridge_status_parse,
	.print = ifbridge_status_print,
};

void ifbridge_status_load(const struct vnet *v, struct ifnets *all)
{
	bool any = false;

	for (size_t i = 0; i < all->n; i++)
		any |= all->v[i].is_port && (all->v[i].port.flags & IFBIF_STP);
	if (any)
		ifstatus_load(&ifbridge_status, v, all);
}
