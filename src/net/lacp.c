/* See lacp.h for the theory of operation. */
#include "net/lacp.h"

#include <string.h>

/* Seconds. */
enum {
	FAST_PERIODIC = 1,
	SLOW_PERIODIC = 30,
	SHORT_TIMEOUT = 3,
	LONG_TIMEOUT = 90,
	AGGREGATE_WAIT = 2,
};
/* What of our state a partner must repeat for us to be content. */
#define SEEN (LACP_ACTIVITY | LACP_SYNC | LACP_AGGREGATION)

/* Mbit/s, and what stands for it in a key: FreeBSD's number of such media. */
static const struct {
	uint32_t speed;
	uint16_t key;
} speeds[] = {
	{10, 3},     {100, 6},	   {1000, 11},	 {2500, 12},   {5000, 13},
	{10000, 18}, {20000, 19},  {25000, 20},	 {40000, 21},  {50000, 22},
	{56000, 23}, {100000, 24}, {200000, 25}, {400000, 26},
};
#define SPEED_MASK 0x1fu
#define KEY_MASK 0x7fe0u
#define KEY_SINGLE 0x8000u

/* --- groups ------------------------------------------------------------- */

static bool same_end(const struct lacp_info *a, const struct lacp_info *b)
{
	return a->sys_prio == b->sys_prio &&
	       !memcmp(a->mac, b->mac, sizeof(a->mac)) && a->key == b->key &&
	       a->port_prio == b->port_prio && a->port == b->port;
}

static bool same_group(const struct lacp_group *a, const struct lacp_group *b)
{
	return a->sys_prio == b->sys_prio &&
	       a->partner_prio == b->partner_prio &&
	       !memcmp(a->mac, b->mac, sizeof(a->mac)) &&
	       !memcmp(a->partner_mac, b->partner_mac,
		       sizeof(a->partner_mac)) &&
	       a->key == b->key && a->partner_key == b->partner_key &&
	       a->single == b->single;
}

static struct lacp_group group_of(const struct lacp_port *p)
{
	const struct lacp_info *a = &p->actor, *b = &p->partner;
	struct lacp_group g = {
		.sys_prio = a->sys_prio,
		.partner_prio = b->sys_prio,
		.key = a->key,
		.partner_key = b->key,
	};

	memcpy(g.mac, a->mac, sizeof(g.mac));
	memcpy(g.partner_mac, b->mac, sizeof(g.partner_mac));
	if (!(a->state & b->state & LACP_AGGREGATION))
		g.single = a->port;
	return g;
}

/* Some of its ports have come less than two seconds ago. */
static bool group_waits(const struct lacp_port *port)
{
	for (const struct lacp_port *p = port->l->ports; p; p = p->next)
		if (p->mux == LACP_WAITING && p->wait_while &&
		    same_group(&p->group, &port->group))
			return true;
	return false;
}

static uint64_t group_speed(const struct lacp *l, const struct lacp_group *g)
{
	uint64_t sum = 0;

	for (const struct lacp_port *p = l->ports; p; p = p->next)
		if (p->mux == LACP_MUX_DISTRIBUTING && same_group(&p->group, g))
			/* one that is not known still counts */
			sum += p->speed ? p->speed : 1;
	return sum;
}

static bool better(const struct lacp *l, const struct lacp_group *a,
		   const struct lacp_group *b)
{
	uint64_t sa = group_speed(l, a), sb = group_speed(l, b);

	if (a->partner_prio != b->partner_prio)
		return a->partner_prio < b->partner_prio;
	if (sa != sb)
		return sa > sb;
	return l->has_active && same_group(a, &l->active);
}

static void choose_active(struct lacp *l)
{
	const struct lacp_group *best = NULL;

	for (const struct lacp_port *p = l->ports; p; p = p->next)
		if (p->mux == LACP_MUX_DISTRIBUTING &&
		    (!best || (!same_group(best, &p->group) &&
			       better(l, &p->group, best))))
			best = &p->group;
	l->has_active = best;
	if (best)
		l->active = *best;
	l->ops->changed(l);
}

bool lacp_active(const struct lacp_port *p)
{
	return p->mux != LACP_DETACHED && p->l->has_active &&
	       same_group(&p->group, &p->l->active);
}

bool lacp_collecting(const struct lacp_port *p)
{
	return p->actor.state & LACP_COLLECTING;
}

bool lacp_distributing(const struct lacp_port *p)
{
	return p->actor.state & LACP_DISTRIBUTING;
}

/* --- transmit and periodic machines ------------------------------------- */

static void transmit(struct lacp_port *p)
{
	unsigned char pdu[LACP_PDU_LEN];

	if (!p->ntt || !(p->actor.state & LACP_AGGREGATION) ||
	    p->sent >= LACP_TX_MAX)
		return;
	/* both are passive: nobody begins */
	if (!((p->actor.state | p->partner.state) & LACP_ACTIVITY))
		return;
	p->ntt = false;
	p->sent++;
	lacp_pdu_write(&p->actor, &p->partner, pdu);
	p->l->ops->send(p, pdu, sizeof(pdu));
}

static void periodic(struct lacp_port *p)
{
	if (p->periodic)
		return;
	p->periodic =
		p->partner.state & LACP_TIMEOUT ? FAST_PERIODIC : SLOW_PERIODIC;
}

/* The partner now wants to hear of us at another pace. */
static void partner_timeout(struct lacp_port *p, uint8_t before)
{
	if (!((before ^ p->partner.state) & LACP_TIMEOUT))
		return;
	p->periodic = 0;
	if (p->partner.state & LACP_TIMEOUT)
		p->ntt = true;
}

/* --- mux machine -------------------------------------------------------- */

static void mux_enter(struct lacp_port *p, enum lacp_mux to)
{
	uint8_t *state = &p->actor.state, before = *state;
	bool sent = p->mux == LACP_MUX_DISTRIBUTING;

	switch (to) {
	case LACP_DETACHED:
		*state &= (uint8_t) ~(LACP_SYNC | LACP_COLLECTING |
				      LACP_DISTRIBUTING);
		p->wait_while = 0;
		p->ntt = true;
		break;
	case LACP_WAITING:
		p->group = group_of(p);
		p->wait_while = AGGREGATE_WAIT;
		break;
	case LACP_ATTACHED:
		*state |= LACP_SYNC;
		*state &= (uint8_t) ~(LACP_COLLECTING | LACP_DISTRIBUTING);
		p->ntt = true;
		break;
	case LACP_MUX_COLLECTING:
		*state |= LACP_COLLECTING;
		*state &= (uint8_t)~LACP_DISTRIBUTING;
		p->ntt = true;
		break;
	case LACP_MUX_DISTRIBUTING:
		*state |= LACP_DISTRIBUTING;
		break;
	}
	p->mux = to;
	if (sent || to == LACP_MUX_DISTRIBUTING)
		choose_active(p->l);
	else if ((before ^ *state) & LACP_COLLECTING)
		p->l->ops->changed(p->l);
}

static enum lacp_mux mux_next(const struct lacp_port *p)
{
	bool sync = p->selected && (p->partner.state & LACP_SYNC);
	bool hears = sync && (p->partner.state & LACP_COLLECTING);

	switch (p->mux) {
	case LACP_DETACHED:
		return p->selected ? LACP_WAITING : LACP_DETACHED;
	case LACP_WAITING:
		if (!p->selected)
			return LACP_DETACHED;
		return group_waits(p) ? LACP_WAITING : LACP_ATTACHED;
	case LACP_ATTACHED:
		if (!p->selected)
			return LACP_DETACHED;
		return sync ? LACP_MUX_COLLECTING : LACP_ATTACHED;
	case LACP_MUX_COLLECTING:
		if (hears)
			return LACP_MUX_DISTRIBUTING;
		return sync ? LACP_MUX_COLLECTING : LACP_ATTACHED;
	case LACP_MUX_DISTRIBUTING:
		break;
	}
	return hears ? LACP_MUX_DISTRIBUTING : LACP_MUX_COLLECTING;
}

/* Each step is one towards where it stays: there are five states, and from
 * the last ways only lead down. */
static void mux(struct lacp_port *p)
{
	enum lacp_mux to;

	while ((to = mux_next(p)) != p->mux) {
		if (p->mux == LACP_MUX_DISTRIBUTING)
			p->l->flapping++;
		mux_enter(p, to);
		/* it begins anew at the next tick, when others may have */
		if (to == LACP_DETACHED)
			return;
	}
}

/* --- selection ---------------------------------------------------------- */

static void choose(struct lacp_port *p)
{
	if (p->mux == LACP_DETACHED && !p->selected &&
	    !(p->actor.state & LACP_DEFAULTED) &&
	    (p->actor.state & LACP_AGGREGATION))
		p->selected = true;
}

/* --- receive machine ---------------------------------------------------- */

static void set_expired(struct lacp_port *p)
{
	p->partner.state &= (uint8_t)~LACP_SYNC;
	p->partner.state |= LACP_TIMEOUT;
	p->current_while = SHORT_TIMEOUT;
	p->actor.state |= LACP_EXPIRED;
}

/* What is taken for the partner's word while there is none. */
static struct lacp_info no_partner(const struct lacp *l)
{
	return (struct lacp_info){
		.sys_prio = 0xffff,
		.port_prio = 0xffff,
		.state = l->conf.strict
				 ? 0
				 : LACP_SYNC | LACP_AGGREGATION |
					   LACP_COLLECTING | LACP_DISTRIBUTING,
	};
}

static void record_default(struct lacp_port *p)
{
	uint8_t before = p->partner.state;

	p->partner = no_partner(p->l);
	p->actor.state |= LACP_DEFAULTED;
	partner_timeout(p, before);
}

static void receive_timeout(struct lacp_port *p)
{
	if (!(p->actor.state & LACP_EXPIRED)) {
		set_expired(p);
		return;
	}
	p->selected = false;
	record_default(p);
	p->actor.state &= (uint8_t)~LACP_EXPIRED;
}

static void record_partner(struct lacp_port *p, const struct lacp_info *actor,
			   const struct lacp_info *partner)
{
	uint8_t before = p->partner.state, ours = p->actor.state;
	bool active = (actor->state & LACP_ACTIVITY) ||
		      (ours & partner->state & LACP_ACTIVITY);
	bool knows_us = same_end(&p->actor, partner) &&
			!((ours ^ partner->state) & LACP_AGGREGATION);

	p->partner = *actor;
	if (!active || (!knows_us && (partner->state & LACP_AGGREGATION)))
		p->partner.state &= (uint8_t)~LACP_SYNC;
	else if (p->l->conf.strict)
		p->partner.state |= LACP_SYNC;
	p->actor.state &= (uint8_t) ~(LACP_DEFAULTED | LACP_EXPIRED);
	partner_timeout(p, before);
}

static void step(struct lacp_port *p)
{
	choose(p);
	mux(p);
	transmit(p);
	periodic(p);
}

void lacp_receive(struct lacp_port *p, const unsigned char *pdu, size_t len)
{
	unsigned char answer[LACP_PDU_LEN];
	struct lacp_info actor, partner;

	if (!(p->actor.state & LACP_AGGREGATION))
		return;
	if (lacp_marker_answer(pdu, len, answer)) {
		if (p->sent < LACP_TX_MAX) {
			p->sent++;
			p->l->ops->send(p, answer, sizeof(answer));
		}
		return;
	}
	if (!lacp_pdu_read(pdu, len, &actor, &partner))
		return;
	/* our own words */
	if (actor.sys_prio == p->actor.sys_prio &&
	    !memcmp(actor.mac, p->actor.mac, sizeof(actor.mac)))
		return;
	if (!same_end(&p->partner, &actor) ||
	    (p->partner.state ^ actor.state) & LACP_AGGREGATION)
		p->selected = false;
	if (!same_end(&p->actor, &partner) ||
	    (p->actor.state ^ partner.state) & SEEN)
		p->ntt = true;
	record_partner(p, &actor, &partner);
	p->current_while =
		p->actor.state & LACP_TIMEOUT ? SHORT_TIMEOUT : LONG_TIMEOUT;
	step(p);
}

/* --- from outside ------------------------------------------------------- */

static bool runs_out(uint16_t *timer)
{
	return *timer && !--*timer;
}

void lacp_tick(struct lacp *l)
{
	for (struct lacp_port *p = l->ports; p; p = p->next) {
		p->sent = 0;
		if (!(p->actor.state & LACP_AGGREGATION))
			continue;
		if (runs_out(&p->current_while))
			receive_timeout(p);
		if (runs_out(&p->periodic))
			p->ntt = true;
		runs_out(&p->wait_while);
	}
	/* when all have heard the clock: groups go on together */
	for (struct lacp_port *p = l->ports; p; p = p->next)
		if (p->actor.state & LACP_AGGREGATION)
			step(p);
}

static uint16_t speed_key(uint32_t speed)
{
	for (size_t i = 0; i < sizeof(speeds) / sizeof(speeds[0]); i++)
		if (speeds[i].speed == speed)
			return speeds[i].key;
	return 0;
}

static uint16_t key_of(const struct lacp_port *p)
{
	if (!(p->actor.state & LACP_AGGREGATION))
		return (uint16_t)(p->actor.port | KEY_SINGLE);
	return (uint16_t)((p->l->conf.key & KEY_MASK) |
			  (speed_key(p->speed) & SPEED_MASK));
}

/* Leave the group; the partner is told when it can be. */
static void restart(struct lacp_port *p)
{
	p->selected = false;
	if (p->mux != LACP_DETACHED)
		mux_enter(p, LACP_DETACHED);
}

static void set_actor(struct lacp_port *p)
{
	const struct lacp_config *c = &p->l->conf;
	uint16_t key = key_of(p);

	if (key != p->actor.key ||
	    memcmp(p->actor.mac, c->mac, sizeof(c->mac)) != 0) {
		restart(p);
		p->actor.key = key;
		memcpy(p->actor.mac, c->mac, sizeof(c->mac));
		p->ntt = true;
	}
	if (!(p->actor.state & LACP_TIMEOUT) == c->fast) {
		p->actor.state ^= LACP_TIMEOUT;
		p->ntt = true;
	}
}

void lacp_init(struct lacp *l, const struct lacp_ops *ops)
{
	*l = (struct lacp){.ops = ops, .conf.strict = true};
}

void lacp_configure(struct lacp *l, const struct lacp_config *c)
{
	l->conf = *c;
	for (struct lacp_port *p = l->ports; p; p = p->next) {
		set_actor(p);
		if (p->actor.state & LACP_DEFAULTED)
			p->partner = no_partner(l);
		transmit(p);
	}
}

void lacp_port_add(struct lacp *l, struct lacp_port *p, uint16_t number)
{
	p->l = l;
	p->actor = (struct lacp_info){
		.sys_prio = LACP_PRIORITY,
		.port_prio = LACP_PRIORITY,
		.port = number,
		.state = LACP_ACTIVITY | LACP_DEFAULTED,
	};
	p->partner = no_partner(l);
	p->next = l->ports;
	l->ports = p;
	set_actor(p);
}

void lacp_port_remove(struct lacp_port *p)
{
	struct lacp_port **at = &p->l->ports;

	restart(p);
	transmit(p);
	while (*at && *at != p)
		at = &(*at)->next;
	if (*at)
		*at = p->next;
	p->next = NULL;
}

void lacp_port_link(struct lacp_port *p, bool up, uint32_t speed)
{
	bool was = p->actor.state & LACP_AGGREGATION;

	if (up == was && (!up || speed == p->speed))
		return;
	p->speed = speed;
	if (up) {
		p->actor.state |= LACP_AGGREGATION;
	} else {
		restart(p);
		p->actor.state &= (uint8_t) ~(LACP_AGGREGATION | LACP_EXPIRED);
		record_default(p);
		p->partner.state &= (uint8_t)~LACP_AGGREGATION;
		p->current_while = p->periodic = 0;
	}
	set_actor(p);
	if (up && !was) {
		set_expired(p);
		p->ntt = true; /* with the next tick */
	}
}

void lacp_port_resume(struct lacp_port *p, uint8_t state,
		      const struct lacp_info *partner)
{
	const uint8_t in_use = LACP_SYNC | LACP_COLLECTING | LACP_DISTRIBUTING;

	if (!(p->actor.state & LACP_AGGREGATION) ||
	    (state & in_use) != in_use ||
	    (partner->state & (LACP_SYNC | LACP_COLLECTING)) !=
		    (LACP_SYNC | LACP_COLLECTING))
		return;
	p->partner = *partner;
	p->actor.state |= in_use;
	p->actor.state &= (uint8_t) ~(LACP_DEFAULTED | LACP_EXPIRED);
	p->selected = true;
	p->group = group_of(p);
	p->mux = LACP_MUX_DISTRIBUTING;
	p->current_while = LONG_TIMEOUT;
	p->periodic = 0;
	p->ntt = true;
	choose_active(p->l);
	transmit(p);
	periodic(p);
}
