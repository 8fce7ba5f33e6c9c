/*
 * bridge_stp: what is set of a bridge beyond what the kernel's bridge can:
 * spanning tree, sticky members, limits of addresses.  It is noted in the
 * bridge's state file; the keeper of the vnet (bridge_keeper.h) does it.
 */
#include "net/bridge_impl.h"

#include "base/cleanup.h"
#include "net/bsderr.h"
#include "net/ifstate.h"
#include "net/kind.h"

#include <errno.h>
#include <linux/if_arp.h>

/* What of a member needs somebody who stays. */
static bool port_kept(const struct ifstate_port *p)
{
	return (p->flags & (IFBIF_STP | IFBIF_STICKY)) || p->maxaddr;
}

static int any_kept(int ifindex, const struct ifstate *s, void *data,
		    struct err *e)
{
	bool *any = data;

	(void)ifindex;
	(void)e;
	for (size_t i = 0; i < s->nports; i++)
		*any |= port_kept(&s->ports[i]);
	return 0;
}

int bridge_needs_keeper(struct vnet *v, bool *ret, struct err *e)
{
	bool any = false;
	int r = ifstate_each(v, any_kept, &any, e);

	if (r >= 0)
		*ret = any;
	return r;
}

static int drop_strangers(struct ifstate *s, void *data, struct err *e)
{
	const struct bridge_members *m = data;
	size_t o = 0;

	(void)e;
	for (size_t i = 0; i < s->nports; i++)
		for (size_t j = 0; j < m->n; j++)
			if (m->v[j] == s->ports[i].index)
				s->ports[o++] = s->ports[i];
	s->nports = o;
	return 0;
}

int bridge_ports_tidy(struct vnet *v, int bridge, struct err *e)
{
	cleanup_members struct bridge_members members = {0};
	cleanup_ifstate struct ifstate s = {0};
	size_t had;
	int r;

	r = ifstate_get(v, bridge, &s, e);
	if (r < 0 || !s.nports)
		return r;
	had = s.nports;
	r = bridge_members_load(v, bridge, &members, e);
	if (r < 0)
		return r;
	drop_strangers(&s, &members, NULL);
	if (s.nports == had)
		return 0;
	return ifstate_update(v, bridge, drop_strangers, &members, e);
}

/* --- members ------------------------------------------------------------- */

struct port_change {
	int index;
	uint32_t set, clear;
	int which; /* enum bridge_port_number, or -1 */
	uint32_t value;
};

static int put_port(struct ifstate *s, void *data, struct err *e)
{
	const struct port_change *c = data;
	struct ifstate_port p = ifstate_port_get(s, c->index);
	int r;

	p.flags = (p.flags & ~c->clear) | c->set;
	switch (c->which) {
	case BRIDGE_IFPRIORITY:
		p.priority = (uint8_t)c->value;
		break;
	case BRIDGE_IFPATHCOST:
		p.cost = c->value;
		break;
	case BRIDGE_IFMAXADDR:
		p.maxaddr = c->value;
		break;
	}
	r = ifstate_port_put(s, &p);
	return r < 0 ? bsd_err(e, -r, "unable to set bridge flags") : 0;
}

int bridge_port_flag(struct vnet *v, const struct ifnet *br, int index,
		     uint32_t flag, bool on, struct err *e)
{
	struct port_change c = {.index = index, .which = -1};
	int r;

	*(on ? &c.set : &c.clear) = flag;
	/* said by hand, it is no more up to the link */
	if (flag == IFBIF_PTP)
		c.clear |= IFBIF_AUTOPTP;
	r = ifstate_update(v, br->index, put_port, &c, e);
	/* what was learned so far stays where it is from now on */
	if (r >= 0 && flag == IFBIF_STICKY && on)
		r = bridge_stick(v, br->index, e);
	return r;
}

static const struct {
	const char *what;
	uint32_t max, step;
} port_numbers[] = {
	[BRIDGE_IFPRIORITY] = {"BRDGSIFPRIO", 240, 16},
	[BRIDGE_IFPATHCOST] = {"BRDGSIFCOST", IFBRIDGE_COST_MAX, 1},
	[BRIDGE_IFMAXADDR] = {"BRDGSIFAMAX", UINT32_MAX, 1},
};

int bridge_port_number(struct vnet *v, const char *bridge, const char *member,
		       enum bridge_port_number which, uint32_t value,
		       const char *word, struct err *e)
{
	const char *what = port_numbers[which].what;
	cleanup_ifnet struct ifnet br = {0}, ifp = {0};
	struct port_change c = {.which = (int)which};
	int r;

	r = bridge_get(v, bridge, &br, e, "%s %s", what, word);
	if (r < 0)
		return r;
	if (ifnet_link(v, member, &ifp, NULL) < 0 || ifp.master != br.index)
		return bsd_err(e, ENOENT, "%s %s", what, word);
	if (value > port_numbers[which].max)
		return bsd_err(e, EINVAL, "%s %s", what, word);
	c.index = ifp.index;
	c.value = value - value % port_numbers[which].step;
	return ifstate_update(v, br.index, put_port, &c, e);
}

/* --- the bridge ---------------------------------------------------------- */

static const struct {
	const char *what;
	uint32_t min, max;
} numbers[] = {
	[BRIDGE_PRIORITY] = {"BRDGSPRI", 0, 61440},
	[BRIDGE_HELLO] = {"BRDGSHT", 1, 2},
	[BRIDGE_FORWARD_DELAY] = {"BRDGSFD", 4, 30},
	[BRIDGE_MAX_AGE] = {"BRDGSMA", 6, 40},
	[BRIDGE_HOLD_COUNT] = {"BRDGSTXHC", 1, 10},
	[BRIDGE_PROTO] = {"BRDGSPROTO", 0, 2},
};

struct stp_change {
	enum bridge_number which;
	uint32_t value;
	const char *word;
};

static int put_stp(struct ifstate *s, void *data, struct err *e)
{
	const struct ifstate_stp dflt = IFSTATE_STP_DEFAULT;
	const struct stp_change *c = data;
	struct ifstate_stp stp = ifstate_stp_get(s);

	switch (c->which) {
	case BRIDGE_PRIORITY:
		stp.priority = (uint16_t)(c->value - c->value % 4096);
		break;
	case BRIDGE_HELLO:
		/* the rapid protocol has one hello time only */
		if (stp.proto)
			return err_set(e, EINVAL,
				       "BRDGSHT %s: Operation not permitted",
				       c->word);
		stp.hello = (uint8_t)c->value;
		break;
	case BRIDGE_FORWARD_DELAY:
		stp.forward_delay = (uint8_t)c->value;
		break;
	case BRIDGE_MAX_AGE:
		stp.max_age = (uint8_t)c->value;
		break;
	case BRIDGE_HOLD_COUNT:
		stp.hold_count = (uint8_t)c->value;
		break;
	case BRIDGE_PROTO:
		stp.proto = (uint8_t)c->value;
		stp.hello = dflt.hello;
		break;
	}
	stp.set = stp.proto != dflt.proto || stp.hello != dflt.hello ||
		  stp.forward_delay != dflt.forward_delay ||
		  stp.max_age != dflt.max_age ||
		  stp.hold_count != dflt.hold_count ||
		  stp.priority != dflt.priority;
	s->stp = stp;
	return 0;
}

int bridge_number(struct vnet *v, const char *bridge, enum bridge_number which,
		  uint32_t value, const char *word, struct err *e)
{
	struct stp_change c = {which, value, word};
	cleanup_ifnet struct ifnet br = {0};
	int r;

	r = bridge_get(v, bridge, &br, e, "%s %s", numbers[which].what, word);
	if (r < 0)
		return r;
	if (value < numbers[which].min || value > numbers[which].max)
		return bsd_err(e, EINVAL, "%s %s", numbers[which].what, word);
	return ifstate_update(v, br.index, put_stp, &c, e);
}
