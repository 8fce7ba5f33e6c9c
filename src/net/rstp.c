/* rstp: the state machines of 802.1D-2004, clause 17; see rstp.h. */
#include "net/rstp.h"

#include <errno.h>
#include <string.h>

#define MIGRATE_TIME 3
/* So often at most do the machines run for one event: they settle in a few. */
#define RUNS_MAX 1000

static const char *const role_names[] = {
	[RSTP_DISABLED] = "disabled",	  [RSTP_ROOT] = "root",
	[RSTP_DESIGNATED] = "designated", [RSTP_ALTERNATE] = "alternate",
	[RSTP_BACKUP] = "backup",
};
static const char *const state_names[] = {
	[RSTP_DISCARDING] = "discarding",
	[RSTP_LEARNING] = "learning",
	[RSTP_FORWARDING] = "forwarding",
};

const char *rstp_role_name(enum rstp_role role)
{
	return role_names[role];
}

const char *rstp_state_name(enum rstp_state state)
{
	return state_names[state];
}

const char *rstp_proto_name(uint8_t proto)
{
	return proto == RSTP_PROTO_STP ? "stp" : "rstp";
}

uint32_t rstp_path_cost(uint32_t mbits, uint8_t proto)
{
	uint64_t cost;

	if (!mbits)
		return 55;
	cost = 20000000u / mbits;
	if (!cost)
		cost = 1;
	return proto == RSTP_PROTO_STP && cost > 65535 ? 65535 : (uint32_t)cost;
}

/* --- what the machines ask and do (17.21) -------------------------------- */

static bool wants_rstp(const struct rstp *b)
{
	return b->conf.proto == RSTP_PROTO_RSTP;
}

static uint16_t forward_delay(const struct rstp_port *p)
{
	return p->send_rstp ? p->designated_times.hello
			    : p->designated_times.forward_delay;
}

static bool all_synced(const struct rstp *b)
{
	for (const struct rstp_port *p = b->ports; p; p = p->next)
		if (!p->selected || p->role != p->selected_role ||
		    (p->role != RSTP_ROOT && !p->synced))
			return false;
	return true;
}

/* No other port was the root's a moment ago. */
static bool re_rooted(const struct rstp_port *port)
{
	for (const struct rstp_port *p = port->b->ports; p; p = p->next)
		if (p != port && p->rr_while)
			return false;
	return true;
}

static void set_sync_tree(struct rstp *b)
{
	for (struct rstp_port *p = b->ports; p; p = p->next)
		p->sync = true;
}

static void set_re_root_tree(struct rstp *b)
{
	for (struct rstp_port *p = b->ports; p; p = p->next)
		p->re_root = true;
}

static void set_tc_prop_tree(struct rstp_port *port)
{
	for (struct rstp_port *p = port->b->ports; p; p = p->next)
		if (p != port)
			p->tc_prop = true;
}

static void new_tc_while(struct rstp_port *p)
{
	const struct rstp_times *t = &p->b->root_times;

	if (p->tc_while)
		return;
	if (p->send_rstp) {
		p->tc_while = (uint16_t)(p->designated_times.hello + 1);
		p->new_info = true;
	} else {
		p->tc_while = (uint16_t)(t->max_age + t->forward_delay);
	}
}

static bool better_or_same(const struct rstp_port *p, enum rstp_info now)
{
	if (p->info_is != now)
		return false;
	return rstp_vector_cmp(now == INFO_RECEIVED ? &p->msg : &p->designated,
			       &p->port) <= 0;
}

static void set_state(struct rstp_port *p, enum rstp_state state)
{
	if (p->state == state)
		return;
	p->state = state;
	p->b->ops->state(p);
}

/* --- port information (17.27) -------------------------------------------- */

enum received {
	SUPERIOR_DESIGNATED,
	REPEATED_DESIGNATED,
	INFERIOR_DESIGNATED,
	NOT_DESIGNATED,
	OTHER,
};

#define ADDRESS_MASK UINT64_C(0xffffffffffff)
#define NUMBER_MASK 0xfff

static bool same_sender(const struct rstp_vector *a,
			const struct rstp_vector *b)
{
	return (a->bridge & ADDRESS_MASK) == (b->bridge & ADDRESS_MASK) &&
	       (a->port & NUMBER_MASK) == (b->port & NUMBER_MASK);
}

static enum received receive_info(const struct rstp_port *p)
{
	int cmp = rstp_vector_cmp(&p->msg, &p->port);

	switch (p->msg_role) {
	case RSTP_DESIGNATED:
		if (!cmp)
			return memcmp(&p->msg_times, &p->port_times,
				      sizeof(p->msg_times))
				       ? SUPERIOR_DESIGNATED
				       : REPEATED_DESIGNATED;
		if (cmp < 0 || same_sender(&p->msg, &p->port))
			return SUPERIOR_DESIGNATED;
		return INFERIOR_DESIGNATED;
	case RSTP_ROOT:
	case RSTP_ALTERNATE:
	case RSTP_BACKUP:
		return cmp >= 0 ? NOT_DESIGNATED : OTHER;
	case RSTP_DISABLED:
		break;
	}
	return OTHER;
}

static void set_tc_flags(struct rstp_port *p)
{
	if (p->msg_flags & BPDU_TC)
		p->rcvd_tc = true;
	if (p->msg_flags & BPDU_TC_ACK)
		p->rcvd_tc_ack = true;
}

static void record_proposal(struct rstp_port *p)
{
	if (p->msg_flags & BPDU_PROPOSAL)
		p->proposed = true;
}

static void update_received_while(struct rstp_port *p)
{
	const struct rstp_times *t = &p->port_times;

	p->rcvd_info =
		t->message_age + 1 <= t->max_age ? (uint16_t)(3 * t->hello) : 0;
}

static void superior(struct rstp_port *p)
{
	p->agreed = p->proposing = false;
	record_proposal(p);
	set_tc_flags(p);
	p->agree = p->agree && better_or_same(p, INFO_RECEIVED);
	p->port = p->msg;
	p->port_times = p->msg_times;
	update_received_while(p);
	p->info_is = INFO_RECEIVED;
	p->reselect = true;
	p->selected = false;
}

/*
 * A designated port that hears worse from one that learns: the other has not
 * heard this one.  As later standards have it, it stops until that is over.
 */
static void record_dispute(struct rstp_port *p)
{
	if (p->msg_rstp && (p->msg_flags & BPDU_LEARNING)) {
		p->disputed = true;
		p->agreed = false;
	}
}

static void record_agreement(struct rstp_port *p)
{
	if (wants_rstp(p->b) && p->conf.ptp &&
	    (p->msg_flags & BPDU_AGREEMENT)) {
		p->agreed = true;
		p->proposing = false;
	} else {
		p->agreed = false;
	}
}

static void received(struct rstp_port *p)
{
	p->rcvd_msg = false;
	switch (receive_info(p)) {
	case SUPERIOR_DESIGNATED:
		superior(p);
		break;
	case REPEATED_DESIGNATED:
		record_proposal(p);
		set_tc_flags(p);
		update_received_while(p);
		break;
	case INFERIOR_DESIGNATED:
		record_dispute(p);
		/* who has just come need not wait for the next hello */
		p->new_info = true;
		break;
	case NOT_DESIGNATED:
		record_agreement(p);
		set_tc_flags(p);
		break;
	case OTHER:
		break;
	}
}

static void info_disable(struct rstp_port *p)
{
	p->rcvd_msg = p->proposing = p->proposed = p->agree = p->agreed = false;
	p->disputed = false;
	p->rcvd_info = 0;
	p->info_is = INFO_DISABLED;
	p->reselect = true;
	p->selected = false;
	p->pim = PIM_DISABLED;
}

static void info_age(struct rstp_port *p)
{
	p->info_is = INFO_AGED;
	p->reselect = true;
	p->selected = false;
	p->pim = PIM_AGED;
}

static void info_update(struct rstp_port *p)
{
	p->proposing = p->proposed = false;
	p->agreed = p->agreed && better_or_same(p, INFO_MINE);
	p->synced = p->synced && p->agreed;
	p->port = p->designated;
	p->port_times = p->designated_times;
	p->updt_info = false;
	p->info_is = INFO_MINE;
	p->new_info = true;
	p->pim = PIM_CURRENT;
}

static bool run_information(struct rstp_port *p)
{
	if (!p->enabled && p->info_is != INFO_DISABLED) {
		info_disable(p);
		return true;
	}
	switch (p->pim) {
	case PIM_DISABLED:
		p->rcvd_msg = false;
		if (!p->enabled)
			return false;
		info_age(p);
		return true;
	case PIM_AGED:
		if (!p->selected || !p->updt_info)
			return false;
		info_update(p);
		return true;
	case PIM_CURRENT:
		break;
	}
	if (p->selected && p->updt_info) {
		info_update(p);
		return true;
	}
	if (p->info_is == INFO_RECEIVED && !p->rcvd_info && !p->updt_info &&
	    !p->rcvd_msg) {
		info_age(p);
		return true;
	}
	if (p->rcvd_msg && !p->updt_info) {
		received(p);
		return true;
	}
	return false;
}

/* --- role selection (17.28) ---------------------------------------------- */

static struct rstp_times own_times(const struct rstp *b)
{
	return (struct rstp_times){
		.max_age = b->conf.max_age,
		.hello = b->conf.hello,
		.forward_delay = b->conf.forward_delay,
	};
}

/* Of our own vector and those by the ports, the best. */
static void select_root(struct rstp *b)
{
	struct rstp_vector best = {.root = b->conf.id, .bridge = b->conf.id};

	b->root_port = NULL;
	b->root_times = own_times(b);
	for (struct rstp_port *p = b->ports; p; p = p->next) {
		struct rstp_vector v = p->port;
		int cmp;

		if (p->info_is != INFO_RECEIVED ||
		    (v.bridge & ADDRESS_MASK) == (b->conf.id & ADDRESS_MASK))
			continue;
		v.cost = v.cost > UINT32_MAX - p->conf.cost
				 ? UINT32_MAX
				 : v.cost + p->conf.cost;
		cmp = rstp_vector_cmp(&v, &best);
		if (cmp > 0 || (!cmp && (!b->root_port ||
					 p->conf.id >= b->root_port->conf.id)))
			continue;
		best = v;
		b->root_port = p;
		b->root_times = p->port_times;
		b->root_times.message_age++;
	}
	b->root = best;
}

static void select_role(struct rstp_port *p)
{
	int cmp = rstp_vector_cmp(&p->designated, &p->port);

	p->updt_info = false;
	switch (p->info_is) {
	case INFO_DISABLED:
		p->selected_role = RSTP_DISABLED;
		break;
	case INFO_AGED:
		p->selected_role = RSTP_DESIGNATED;
		p->updt_info = true;
		break;
	case INFO_MINE:
		p->selected_role = RSTP_DESIGNATED;
		p->updt_info =
			cmp || memcmp(&p->port_times, &p->designated_times,
				      sizeof(p->port_times));
		break;
	case INFO_RECEIVED:
		if (p == p->b->root_port) {
			p->selected_role = RSTP_ROOT;
		} else if (cmp < 0) {
			p->selected_role = RSTP_DESIGNATED;
			p->updt_info = true;
		} else {
			bool own = (p->port.bridge & ADDRESS_MASK) ==
				   (p->b->conf.id & ADDRESS_MASK);

			p->selected_role = own ? RSTP_BACKUP : RSTP_ALTERNATE;
		}
		break;
	}
}

static bool run_selection(struct rstp *b)
{
	bool any = false;

	for (struct rstp_port *p = b->ports; p; p = p->next)
		any |= p->reselect;
	if (!any)
		return false;
	for (struct rstp_port *p = b->ports; p; p = p->next)
		p->reselect = false;
	select_root(b);
	for (struct rstp_port *p = b->ports; p; p = p->next) {
		p->designated = (struct rstp_vector){
			.root = b->root.root,
			.cost = b->root_port ? b->root.cost : 0,
			.bridge = b->conf.id,
			.port = p->conf.id,
		};
		p->designated_times = b->root_times;
		p->designated_times.hello = b->conf.hello;
		select_role(p);
	}
	for (struct rstp_port *p = b->ports; p; p = p->next)
		p->selected = true;
	return true;
}

/* --- role transitions (17.29) -------------------------------------------- */

static bool idle(const struct rstp_port *p)
{
	return p->state == RSTP_DISCARDING;
}

static bool run_disabled(struct rstp_port *p)
{
	uint16_t max_age = p->designated_times.max_age;

	if (p->role != RSTP_DISABLED || !p->role_begun) {
		p->role = RSTP_DISABLED;
		p->learn = p->forward = false;
		p->role_begun = true;
		return true;
	}
	if (!idle(p) ||
	    (p->fd_while == max_age && !p->sync && !p->re_root && p->synced))
		return false;
	p->fd_while = max_age;
	p->synced = true;
	p->rr_while = 0;
	p->sync = p->re_root = false;
	return true;
}

/* The agreement that a root, alternate or backup port gives. */
static bool run_agree(struct rstp_port *p)
{
	if ((all_synced(p->b) && !p->agree) || (p->proposed && p->agree)) {
		p->proposed = false;
		if (p->role == RSTP_ROOT)
			p->sync = false;
		p->agree = true;
		p->new_info = true;
		return true;
	}
	if (p->proposed && !p->agree) {
		set_sync_tree(p->b);
		p->proposed = false;
		return true;
	}
	return false;
}

static bool run_root(struct rstp_port *p)
{
	bool may;

	if (p->role != RSTP_ROOT) {
		p->role = RSTP_ROOT;
		p->rr_while = p->designated_times.forward_delay;
		return true;
	}
	if (!p->forward && !p->re_root) {
		set_re_root_tree(p->b);
		return true;
	}
	if (run_agree(p))
		return true;
	may = !p->fd_while ||
	      (re_rooted(p) && !p->rb_while && wants_rstp(p->b));
	if (may && !p->learn) {
		p->fd_while = forward_delay(p);
		p->learn = true;
		return true;
	}
	if (may && p->learn && !p->forward) {
		p->fd_while = 0;
		p->forward = true;
		return true;
	}
	if (p->re_root && p->forward) {
		p->re_root = false;
		return true;
	}
	if (p->rr_while != p->designated_times.forward_delay) {
		p->rr_while = p->designated_times.forward_delay;
		return true;
	}
	return false;
}

static bool designated_proposes(struct rstp_port *p)
{
	if (p->forward || p->agreed || p->proposing || p->oper_edge)
		return false;
	p->proposing = true;
	p->edge_delay =
		p->conf.ptp ? MIGRATE_TIME : p->designated_times.max_age;
	p->new_info = true;
	return true;
}

static bool designated_syncs(struct rstp_port *p)
{
	if (!((idle(p) && !p->synced) || (p->agreed && !p->synced) ||
	      (p->oper_edge && !p->synced) || (p->sync && p->synced)))
		return false;
	p->rr_while = 0;
	p->synced = true;
	p->sync = false;
	return true;
}

static bool designated_moves(struct rstp_port *p)
{
	bool may = (!p->fd_while || p->agreed || p->oper_edge) &&
		   (!p->rr_while || !p->re_root) && !p->sync;

	if (((p->sync && !p->synced) || (p->re_root && p->rr_while) ||
	     p->disputed) &&
	    !p->oper_edge && (p->learn || p->forward)) {
		p->learn = p->forward = p->disputed = false;
		p->fd_while = forward_delay(p);
		return true;
	}
	if (may && !p->learn) {
		p->learn = true;
		p->fd_while = forward_delay(p);
		return true;
	}
	if (may && p->learn && !p->forward) {
		p->forward = true;
		p->fd_while = 0;
		p->agreed = p->send_rstp;
		return true;
	}
	return false;
}

static bool run_designated(struct rstp_port *p)
{
	if (p->role != RSTP_DESIGNATED) {
		p->role = RSTP_DESIGNATED;
		return true;
	}
	if (designated_proposes(p) || designated_syncs(p))
		return true;
	if (!p->rr_while && p->re_root) {
		p->re_root = false;
		return true;
	}
	return designated_moves(p);
}

static bool run_blocked(struct rstp_port *p)
{
	uint16_t rb = (uint16_t)(2 * p->designated_times.hello);
	uint16_t fd = forward_delay(p);

	if (p->role != p->selected_role) {
		p->role = p->selected_role;
		p->learn = p->forward = false;
		return true;
	}
	if (!idle(p))
		return false;
	if (run_agree(p))
		return true;
	if (p->fd_while != fd || p->sync || p->re_root || !p->synced) {
		p->fd_while = fd;
		p->synced = true;
		p->rr_while = 0;
		p->sync = p->re_root = false;
		return true;
	}
	if (p->role == RSTP_BACKUP && p->rb_while != rb) {
		p->rb_while = rb;
		return true;
	}
	return false;
}

static bool run_role(struct rstp_port *p)
{
	static bool (*const by_role[])(struct rstp_port * p) = {
		[RSTP_DISABLED] = run_disabled,
		[RSTP_ROOT] = run_root,
		[RSTP_DESIGNATED] = run_designated,
		[RSTP_ALTERNATE] = run_blocked,
		[RSTP_BACKUP] = run_blocked,
	};

	if (!p->selected || p->updt_info)
		return false;
	return by_role[p->selected_role](p);
}

/* --- states, edges, topology changes, versions (17.24, 17.25, 17.30, 17.31)
 * ------- */

static bool run_state(struct rstp_port *p)
{
	enum rstp_state want = RSTP_DISCARDING;

	if (p->learn && p->forward)
		want = RSTP_FORWARDING;
	else if (p->learn)
		want = RSTP_LEARNING;
	if (p->state == want)
		return false;
	set_state(p, want);
	return true;
}

static bool run_edge(struct rstp_port *p)
{
	bool was = p->edge;

	if (!p->edge) {
		p->oper_edge = false;
		if ((!p->enabled && p->conf.admin_edge) ||
		    (!p->edge_delay && p->conf.auto_edge && p->send_rstp &&
		     p->proposing))
			p->edge = p->oper_edge = true;
	} else if (!p->oper_edge || (!p->enabled && !p->conf.admin_edge)) {
		p->edge = p->oper_edge = false;
	}
	return p->edge != was;
}

static void tc_begin(struct rstp_port *p)
{
	p->tcm = TCM_INACTIVE;
	p->tc_while = 0;
	p->tc_ack = false;
	p->b->ops->flush(p);
}

static bool tc_said(const struct rstp_port *p)
{
	return p->rcvd_tc || p->rcvd_tcn || p->rcvd_tc_ack || p->tc_prop;
}

static bool in_tree(const struct rstp_port *p)
{
	return p->role == RSTP_ROOT || p->role == RSTP_DESIGNATED;
}

static bool run_tc_learning(struct rstp_port *p)
{
	if (in_tree(p) && p->forward && !p->oper_edge) {
		p->rcvd_tc = p->rcvd_tcn = p->rcvd_tc_ack = p->tc_prop = false;
		new_tc_while(p);
		set_tc_prop_tree(p);
		p->new_info = true;
		p->tcm = TCM_ACTIVE;
		return true;
	}
	if (tc_said(p)) {
		p->rcvd_tc = p->rcvd_tcn = p->rcvd_tc_ack = p->tc_prop = false;
		return true;
	}
	if (!in_tree(p) && !p->learn && idle(p)) {
		tc_begin(p);
		return true;
	}
	return false;
}

static bool run_tc_active(struct rstp_port *p)
{
	if (!in_tree(p) || p->oper_edge) {
		p->tcm = TCM_LEARNING;
		return true;
	}
	if (p->rcvd_tcn || p->rcvd_tc) {
		if (p->rcvd_tcn)
			new_tc_while(p);
		p->rcvd_tcn = p->rcvd_tc = false;
		if (p->role == RSTP_DESIGNATED)
			p->tc_ack = true;
		set_tc_prop_tree(p);
		return true;
	}
	if (p->tc_prop) {
		new_tc_while(p);
		p->b->ops->flush(p);
		p->tc_prop = false;
		return true;
	}
	if (p->rcvd_tc_ack) {
		p->tc_while = 0;
		p->rcvd_tc_ack = false;
		return true;
	}
	return false;
}

static bool run_topology(struct rstp_port *p)
{
	switch (p->tcm) {
	case TCM_INACTIVE:
		if (!p->learn)
			return false;
		p->tcm = TCM_LEARNING;
		p->rcvd_tc = p->rcvd_tcn = p->rcvd_tc_ack = p->tc_prop = false;
		return true;
	case TCM_LEARNING:
		return run_tc_learning(p);
	case TCM_ACTIVE:
		return run_tc_active(p);
	}
	return false;
}

static void check_version(struct rstp_port *p)
{
	p->send_rstp = wants_rstp(p->b);
	p->mdelay = MIGRATE_TIME;
	p->ppm = PPM_CHECKING;
}

static bool run_version(struct rstp_port *p)
{
	switch (p->ppm) {
	case PPM_CHECKING:
		if (p->mdelay != MIGRATE_TIME && !p->enabled) {
			check_version(p);
			return true;
		}
		if (p->mdelay)
			return false;
		p->ppm = PPM_SENSING;
		p->rcvd_rstp = p->rcvd_stp = false;
		return true;
	case PPM_SENSING:
		if (!p->enabled ||
		    (wants_rstp(p->b) && !p->send_rstp && p->rcvd_rstp)) {
			check_version(p);
			return true;
		}
		if (!p->send_rstp || !p->rcvd_stp)
			return false;
		p->ppm = PPM_SELECTING_STP;
		p->send_rstp = false;
		p->mdelay = MIGRATE_TIME;
		return true;
	case PPM_SELECTING_STP:
		if (p->mdelay && p->enabled)
			return false;
		p->ppm = PPM_SENSING;
		p->rcvd_rstp = p->rcvd_stp = false;
		return true;
	}
	return false;
}

/* --- transmission (17.26) ------------------------------------------------ */

static bool run_transmit(struct rstp_port *p)
{
	bool designated = p->role == RSTP_DESIGNATED;
	bool root = p->role == RSTP_ROOT;

	if (!p->enabled || !p->selected || p->updt_info)
		return false;
	if (!p->hello_when) {
		p->new_info |= designated || (root && p->tc_while);
		p->hello_when = p->designated_times.hello;
		return true;
	}
	if (!p->new_info || p->tx_count >= p->b->conf.hold_count)
		return false;
	if (p->send_rstp) {
		rstp_send_rstp(p);
		p->tc_ack = false;
	} else if (designated) {
		rstp_send_config(p);
		p->tc_ack = false;
	} else if (root) {
		rstp_send_tcn(p);
	} else {
		return false;
	}
	p->new_info = false;
	p->tx_count++;
	p->hello_when = p->designated_times.hello;
	return true;
}

/* --- all together -------------------------------------------------------- */

static bool (*const machines[])(struct rstp_port *p) = {
	run_version, run_information, run_edge,
	run_role,    run_state,	      run_topology,
};

static void rstp_run(struct rstp *b)
{
	bool more = true;

	for (int i = 0; more && i < RUNS_MAX; i++) {
		more = false;
		for (size_t m = 0; m < sizeof(machines) / sizeof(*machines);
		     m++)
			for (struct rstp_port *p = b->ports; p; p = p->next)
				more |= machines[m](p);
		more |= run_selection(b);
	}
	/* what is sent tells what has come of it all */
	for (struct rstp_port *p = b->ports; p; p = p->next)
		while (run_transmit(p))
			;
}

static void count_down(uint16_t *t)
{
	if (*t)
		--*t;
}

void rstp_tick(struct rstp *b)
{
	for (struct rstp_port *p = b->ports; p; p = p->next) {
		uint16_t *const timers[] = {
			&p->edge_delay, &p->fd_while, &p->hello_when,
			&p->mdelay,	&p->rb_while, &p->rcvd_info,
			&p->rr_while,	&p->tc_while,
		};

		for (size_t i = 0; i < sizeof(timers) / sizeof(*timers); i++)
			count_down(timers[i]);
		if (p->tx_count)
			p->tx_count--;
	}
	rstp_run(b);
}

void rstp_receive(struct rstp_port *p, const unsigned char *bpdu, size_t len)
{
	if (!p->enabled || !rstp_bpdu_read(p, bpdu, len))
		return;
	p->oper_edge = false;
	p->edge_delay = MIGRATE_TIME;
	p->rcvd_msg = true;
	rstp_run(p->b);
}

void rstp_init(struct rstp *b, const unsigned char mac[6],
	       const struct rstp_ops *ops)
{
	*b = (struct rstp){
		.conf = {.id = UINT64_C(32768) << 48,
			 .proto = RSTP_PROTO_RSTP,
			 .max_age = 20,
			 .hello = 2,
			 .forward_delay = 15,
			 .hold_count = 6},
		.ops = ops,
	};
	for (int i = 0; i < 6; i++)
		b->conf.id |= (uint64_t)mac[i] << (40 - 8 * i);
	select_root(b);
}

int rstp_config_check(const struct rstp_config *c)
{
	if ((c->proto != RSTP_PROTO_STP && c->proto != RSTP_PROTO_RSTP) ||
	    c->max_age < 6 || c->max_age > 40 || c->hello < 1 || c->hello > 2 ||
	    c->forward_delay < 4 || c->forward_delay > 30 ||
	    c->hold_count < 1 || c->hold_count > 10)
		return -EINVAL;
	return 0;
}

static void reselect_all(struct rstp *b)
{
	for (struct rstp_port *p = b->ports; p; p = p->next) {
		p->reselect = true;
		p->selected = false;
	}
}

void rstp_configure(struct rstp *b, const struct rstp_config *c)
{
	bool version = b->conf.proto != c->proto;

	b->conf = *c;
	for (struct rstp_port *p = b->ports; p; p = p->next) {
		p->tx_count = 0;
		if (version)
			check_version(p);
	}
	reselect_all(b);
	if (!b->ports)
		select_root(b);
	rstp_run(b);
}

void rstp_port_add(struct rstp *b, struct rstp_port *p)
{
	struct rstp_port **at = &b->ports;

	p->b = b;
	while (*at && (*at)->conf.id < p->conf.id)
		at = &(*at)->next;
	p->next = *at;
	*at = p;
	p->enabled = false;
	p->state = RSTP_DISCARDING;
	p->role = p->selected_role = RSTP_DISABLED;
	p->sync = p->re_root = true;
	p->designated_times = own_times(b);
	p->rr_while = p->designated_times.forward_delay;
	p->fd_while = p->designated_times.max_age;
	p->hello_when = p->designated_times.hello;
	p->new_info = true;
	p->edge = p->oper_edge = p->conf.admin_edge;
	check_version(p);
	info_disable(p);
	p->b->ops->state(p);
	tc_begin(p);
	rstp_run(b);
}

void rstp_port_remove(struct rstp_port *p)
{
	struct rstp *b = p->b;
	struct rstp_port **at = &b->ports;

	while (*at && *at != p)
		at = &(*at)->next;
	if (*at)
		*at = p->next;
	p->next = NULL;
	p->b = NULL;
	if (b->root_port == p)
		b->root_port = NULL;
	reselect_all(b);
	select_root(b);
	rstp_run(b);
}

void rstp_port_configure(struct rstp_port *p, const struct rstp_port_config *c)
{
	bool edge = c->admin_edge != p->conf.admin_edge;

	p->conf = *c;
	/* FreeBSD's `edge` takes effect at once, not at the next link */
	if (edge)
		p->edge = p->oper_edge = c->admin_edge;
	reselect_all(p->b);
	rstp_run(p->b);
}

void rstp_port_link(struct rstp_port *p, bool up)
{
	if (p->enabled == up)
		return;
	p->enabled = up;
	rstp_run(p->b);
}
