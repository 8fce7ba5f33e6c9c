/*
 * pipe: a wire with a bandwidth, a delay and errors, ng_pipe(4).
 *
 * What upper receives leaves by lower (downstream) and the other way
 * (upstream); each direction has settings of its own, but for the delay.
 *
 * In the kernel (bpf/pipe.bpf.h): everything, as long as a direction has
 * neither bandwidth nor delay: loss by bit error rate, duplicates, passing on.
 * BPF has no queue that it could take packets out of at a given time, so a
 * direction that has bandwidth or delay sends its packets up, and the broker
 * (pipe_queue.c) is the wire: a timer of nanoseconds, both of FreeBSD's
 * queues, and then through the data path out of the other hook.
 *
 * (Measured with two busy cores: 10 ms each way are 20.4 ms at best there and
 * back; TCP gets 9 of 10 and 81 of 100 Mbit/s, as a queue of 50 frames lets it,
 * and about 250 Mbit/s are what the broker's way can take.)
 *
 * The broker does not end while a direction queues.  If it is killed, what it
 * had queued is lost, and packets pass at once until there is one again: it
 * renews a lease in the node's state while it lives, and the packet function
 * looks at that.  Statistics of queued packets are as old as the last message
 * that asked for them then.
 */
#include "netgraph/dp.h"
#include "netgraph/now.h"
#include "netgraph/pipe_queue.h"
#include "netgraph/type.h"
#include "netgraph/types_traffic.h"

#include <errno.h>
#include <netgraph/ng_pipe.h>
#include <string.h>

#define DELAY_MAX 10000000u /* us, and not reached */
#define BANDWIDTH_MIN 100u
#define BANDWIDTH_MAX 1000000000u
#define BER_MAX 1000000000000ull
#define QUEUE_MIN 5u
#define QUEUE_DEFAULT 50u
#define DUPLICATE_MAX 50u
#define QUANTUM_MIN 32u
#define QUANTUM_DEFAULT 2048u
#define HEADER_MAX 64u
/* From here on it is an Ethernet: preamble, checksum, gap; below an HDLC. */
#define ETHERNET_FROM 10000000u
#define ETHERNET_OVERHEAD (8 + 4 + 12)
#define HDLC_OVERHEAD 10

/* In a message: reset to zero.  (0: leave it.) */
#define RESET32 UINT32_MAX
#define RESET64 UINT64_MAX

/* What one hook receives. */
struct pipe_side {
	struct ng_pipe_hookcfg cfg;
	struct ng_pipe_hookstat stats; /* of what the broker has queued */
	bool queues;		       /* as packets see it */
};

struct pipe_priv {
	uint64_t delay;
	uint32_t overhead, header_offset;
	struct pipe_side side[2];
};

struct pipe_live {
	struct pipe_queue queue[2];
	uint64_t lease;
};

static size_t side_of(const struct ng_hook *h)
{
	return h->role - NGD_PIPE_UPPER;
}

static struct ng_hook *hook_of(const struct ng_node *n, size_t side)
{
	for (struct ng_hook *h = n->hooks; h; h = h->older)
		if (side_of(h) == side)
			return h;
	return NULL;
}

/* ------------------------------------------------------------- queues */

static struct pipe_conf conf_of(const struct ng_node *n, size_t side)
{
	const struct pipe_priv *p = n->priv;
	struct pipe_conf c = {
		.cfg = &p->side[side].cfg,
		.delay_us = p->delay,
		.overhead = p->overhead,
		.header_offset = p->header_offset,
	};

	if (c.cfg->ber)
		pipe_loss_set(&c.loss, c.cfg->ber);
	return c;
}

static bool queue_empty(const struct ng_node *n, size_t side)
{
	const struct pipe_live *l = n->live;

	return !l->queue[side].run.qin_frames &&
	       !l->queue[side].run.qout_frames;
}

/* Does that direction need the broker?  Until its queue is empty it does, or
 * packets would overtake. */
static bool queues(const struct ng_node *n, size_t side)
{
	const struct pipe_priv *p = n->priv;

	return p->side[side].cfg.bandwidth || p->delay || !queue_empty(n, side);
}

static bool queues_any(const struct ng_node *n)
{
	const struct pipe_priv *p = n->priv;

	return p->side[0].queues || p->side[1].queues;
}

static void lease_renew(struct ng_node *n, uint64_t now)
{
	struct pipe_live *l = n->live;
	struct ngd_state *s = dp_state(ng_graph_dp(n->graph), n->slot);

	if (!queues_any(n))
		return;
	l->lease = now + NGD_LEASE_NS;
	__atomic_store_n(&s->word[NGD_LEASE_WORD], l->lease, __ATOMIC_RELEASE);
}

static int out(void *arg, const void *data, size_t len)
{
	struct ng_hook *h = arg;

	return h ? ng_send_data(h, data, len) : -ENOTCONN;
}

static void on_time(struct ng_node *n);

/* Wake up for the next frame, and for the lease. */
static void set_timer(struct ng_node *n)
{
	const struct pipe_live *l = n->live;
	uint64_t when = queues_any(n) ? l->lease - NGD_LEASE_NS / 2 : 0;

	for (size_t i = 0; i < 2; i++) {
		uint64_t next = pipe_queue_next(&l->queue[i]);

		if (next && (!when || next < when))
			when = next;
	}
	ng_timer(n, when, when ? on_time : NULL);
}

/* Which directions need the broker has changed? */
static int follow(struct ng_node *n)
{
	struct pipe_priv *p = n->priv;
	bool changed = false;

	for (size_t i = 0; i < 2; i++) {
		bool q = queues(n, i);

		changed |= q != p->side[i].queues;
		p->side[i].queues = q;
	}
	if (!changed)
		return 0;
	/* first the lease, so that no packet finds it run out */
	lease_renew(n, ng_now());
	ng_busy(n, queues_any(n));
	set_timer(n);
	return ng_node_changed(n);
}

static void run(struct ng_node *n, size_t side, uint64_t now)
{
	struct pipe_priv *p = n->priv;
	struct pipe_live *l = n->live;
	struct pipe_conf c = conf_of(n, side);

	pipe_queue_run(&l->queue[side], &c, &p->side[side].stats, now, out,
		       hook_of(n, !side));
}

static void on_time(struct ng_node *n)
{
	const struct pipe_live *l = n->live;
	uint64_t now = ng_now();

	for (size_t i = 0; i < 2; i++)
		run(n, i, now);
	if (l->lease < now + NGD_LEASE_NS / 2)
		lease_renew(n, now);
	follow(n);
	set_timer(n);
}

static int pipe_rcvdata(struct ng_hook *h, const void *data, size_t len)
{
	struct ng_node *n = h->node;
	struct pipe_priv *p = n->priv;
	struct pipe_live *l = n->live;
	size_t side = side_of(h);
	struct pipe_conf c = conf_of(n, side);
	uint64_t now = ng_now();
	int r;

	r = pipe_queue_put(&l->queue[side], &c, &p->side[side].stats, now, data,
			   len);
	run(n, side, now);
	/* what came up before the settings were withdrawn */
	follow(n);
	set_timer(n);
	return r;
}

/* ----------------------------------------------------------- messages */

static int get_stats(struct ng_node *n, const struct ng_mesg *m,
		     struct ng_reply *reply)
{
	const struct pipe_priv *p = n->priv;
	struct ng_pipe_stats st = {
		.downstream = p->side[0].stats,
		.upstream = p->side[1].stats,
	};

	for (struct ng_hook *h = n->hooks; h; h = h->older) {
		struct ng_pipe_hookstat *s =
			side_of(h) ? &st.upstream : &st.downstream;
		uint64_t c[NGD_COUNTERS];

		ng_hook_counters(h, c);
		s->fwd_frames += c[NGD_C_TYPE + NGD_PIPE_C_FRAMES];
		s->fwd_octets += c[NGD_C_TYPE + NGD_PIPE_C_OCTETS];
		s->out_disc_frames += c[NGD_C_TYPE + NGD_PIPE_C_LOST_FRAMES];
		s->out_disc_octets += c[NGD_C_TYPE + NGD_PIPE_C_LOST_OCTETS];
	}
	return ng_answer(reply, m, &st, sizeof(st));
}

static int clear_stats(struct ng_node *n)
{
	struct pipe_priv *p = n->priv;

	for (size_t i = 0; i < 2; i++)
		memset(&p->side[i].stats, 0, sizeof(p->side[i].stats));
	for (struct ng_hook *h = n->hooks; h; h = h->older)
		ng_hook_clear(h);
	return ng_node_changed(n);
}

static int msg_stats(struct ng_node *n, const struct ng_mesg *m,
		     struct ng_reply *reply)
{
	int r = 0;

	if (m->header.cmd != NGM_PIPE_CLR_STATS)
		r = get_stats(n, m, reply);
	if (r < 0)
		return r;
	return m->header.cmd == NGM_PIPE_GET_STATS ? ng_node_changed(n)
						   : clear_stats(n);
}

static int get_run(struct ng_node *n, const struct ng_mesg *m,
		   struct ng_reply *reply)
{
	const struct pipe_live *l = n->live;
	struct ng_pipe_run run = {
		.downstream = l->queue[0].run,
		.upstream = l->queue[1].run,
	};

	return ng_answer(reply, m, &run, sizeof(run));
}

static int get_cfg(struct ng_node *n, const struct ng_mesg *m,
		   struct ng_reply *reply)
{
	const struct pipe_priv *p = n->priv;
	struct ng_pipe_cfg c = {
		.delay = p->delay,
		.overhead = p->overhead,
		.header_offset = p->header_offset,
		.downstream = p->side[0].cfg,
		.upstream = p->side[1].cfg,
	};

	if (c.upstream.bandwidth == c.downstream.bandwidth) {
		c.bandwidth = c.upstream.bandwidth;
		c.upstream.bandwidth = c.downstream.bandwidth = 0;
	}
	return ng_answer(reply, m, &c, sizeof(c));
}

/* A value within its limits, the reset, or something that changes nothing. */
static void set64(uint64_t *to, uint64_t v, uint64_t min, uint64_t max)
{
	if (v == RESET64)
		*to = 0;
	else if (v >= min && v <= max)
		*to = v;
}

static void set32(uint32_t *to, uint32_t v, uint32_t min, uint32_t max)
{
	if (v == RESET32)
		*to = 0;
	else if (v >= min && v <= max)
		*to = v;
}

/* Of several disciplines the last one counts. */
static void set_discipline(struct ng_pipe_hookcfg *c,
			   const struct ng_pipe_hookcfg *v)
{
	if (v->fifo || v->wfq || v->drr) {
		c->drr = !v->drr		 ? 0
			 : v->drr >= QUANTUM_MIN ? v->drr
						 : QUANTUM_DEFAULT;
		c->wfq = !v->drr && v->wfq;
		c->fifo = !v->drr && !v->wfq;
	}
	if (v->droptail || v->drophead) {
		c->drophead = v->drophead != 0;
		c->droptail = !c->drophead;
	}
}

static void set_side(struct ng_pipe_hookcfg *c, const struct ng_pipe_hookcfg *v)
{
	set64(&c->ber, v->ber, 1, BER_MAX);
	set32(&c->qin_size_limit, v->qin_size_limit, QUEUE_MIN, UINT32_MAX);
	set32(&c->qout_size_limit, v->qout_size_limit, QUEUE_MIN, UINT32_MAX);
	set32(&c->duplicate, v->duplicate, 1, DUPLICATE_MAX);
	set_discipline(c, v);
	set64(&c->bandwidth, v->bandwidth, BANDWIDTH_MIN, BANDWIDTH_MAX);
	if (v->bandwidth == RESET64) {
		c->fifo = 1;
		c->wfq = c->drr = 0;
	}
}

static void set_both(struct pipe_priv *p, const struct ng_pipe_cfg *v)
{
	set64(&p->delay, v->delay, 1, DELAY_MAX - 1);
	for (size_t i = 0; i < 2; i++)
		set64(&p->side[i].cfg.bandwidth, v->bandwidth, BANDWIDTH_MIN,
		      BANDWIDTH_MAX);
	if (v->bandwidth == RESET64)
		p->overhead = 0;
	else if (v->bandwidth >= BANDWIDTH_MIN && v->bandwidth <= BANDWIDTH_MAX)
		p->overhead = v->bandwidth >= ETHERNET_FROM ? ETHERNET_OVERHEAD
							    : HDLC_OVERHEAD;
	set32(&p->overhead, v->overhead, 1, MAX_OHSIZE - 1);
	set32(&p->header_offset, v->header_offset, 1, HEADER_MAX - 1);
}

/* One bit in one is wrong: that is a broken wire, and both ends are told. */
static bool broken(const struct pipe_priv *p)
{
	return p->side[0].cfg.ber == 1 || p->side[1].cfg.ber == 1;
}

static int set_cfg(struct ng_node *n, const struct ng_mesg *m)
{
	struct pipe_priv *p = n->priv;
	const struct ng_pipe_cfg *arg = NG_ARG(m, struct ng_pipe_cfg);
	struct ng_pipe_cfg v;
	bool was = broken(p);
	int r;

	if (!arg)
		return -EINVAL;
	memcpy(&v, arg, sizeof(v));
	set_both(p, &v);
	set_side(&p->side[0].cfg, &v.downstream);
	set_side(&p->side[1].cfg, &v.upstream);
	r = ng_node_changed(n);
	if (r < 0)
		return r;
	r = follow(n);
	if (r < 0 || was == broken(p))
		return r;
	for (size_t i = 0; i < 2; i++) {
		struct ng_hook *h = hook_of(n, i);

		if (h)
			ng_message_peer(h, NGM_FLOW_COOKIE,
					was ? NGM_LINK_IS_UP : NGM_LINK_IS_DOWN,
					NULL, 0);
	}
	return 0;
}

static int pipe_rcvmsg(struct ng_node *n, const struct ng_mesg *m,
		       struct ng_hook *last, struct ng_reply *reply)
{
	(void)last;
	if (m->header.typecookie != NGM_PIPE_COOKIE)
		return -EINVAL;
	switch (m->header.cmd) {
	case NGM_PIPE_GET_STATS:
	case NGM_PIPE_CLR_STATS:
	case NGM_PIPE_GETCLR_STATS:
		return msg_stats(n, m, reply);
	case NGM_PIPE_GET_RUN:
		return get_run(n, m, reply);
	case NGM_PIPE_GET_CFG:
		return get_cfg(n, m, reply);
	case NGM_PIPE_SET_CFG:
		return set_cfg(n, m);
	default:
		return -EINVAL;
	}
}

/* ---------------------------------------------------- hooks and life */

static int pipe_newhook(struct ng_node *n, struct ng_hook *h)
{
	struct pipe_priv *p = n->priv;

	if (strcmp(h->name, NG_PIPE_HOOK_UPPER) == 0)
		h->role = NGD_PIPE_UPPER;
	else if (strcmp(h->name, NG_PIPE_HOOK_LOWER) == 0)
		h->role = NGD_PIPE_LOWER;
	else
		return -EINVAL;
	memset(&p->side[side_of(h)], 0, sizeof(p->side[0]));
	p->side[side_of(h)].cfg = (struct ng_pipe_hookcfg){
		.qin_size_limit = QUEUE_DEFAULT,
		.fifo = 1,
		.droptail = 1,
	};
	return 0;
}

static int pipe_connect(struct ng_hook *h)
{
	return follow(h->node);
}

static void pipe_disconnect(struct ng_hook *h)
{
	struct pipe_live *l = h->node->live;

	pipe_queue_clear(&l->queue[side_of(h)]);
}

static void pipe_closing(struct ng_node *n)
{
	struct ng_hook *upper = hook_of(n, 0), *lower = hook_of(n, 1);

	if (upper && lower)
		ng_bypass(upper, lower);
}

static void pipe_abandon(struct ng_node *n)
{
	struct pipe_live *l = n->live;

	for (size_t i = 0; i < 2; i++)
		pipe_queue_clear(&l->queue[i]);
}

static int pipe_shutdown(struct ng_node *n)
{
	pipe_abandon(n);
	return 0;
}

static int pipe_restore(struct ng_node *n)
{
	struct pipe_priv *p = n->priv;
	int r;

	/* as it is with empty queues */
	p->side[0].queues = p->side[1].queues = false;
	r = follow(n);
	return r < 0 ? r : ng_node_changed(n);
}

/* ------------------------------------------------ what packets shall see */

static void pipe_publish(const struct ng_node *n, struct ngd_node *d)
{
	const struct pipe_priv *p = n->priv;
	static const uint32_t queue[] = {NGD_PIPE_QUEUE_UPPER,
					 NGD_PIPE_QUEUE_LOWER};
	static const uint32_t loss[] = {NGD_PIPE_LOSS_UPPER,
					NGD_PIPE_LOSS_LOWER};

	d->conf[NGD_PIPE_FLAGS] = 0;
	for (size_t i = 0; i < 2; i++) {
		const struct pipe_side *s = &p->side[i];

		d->conf[NGD_PIPE_FLAGS] |=
			(s->queues ? queue[i] : 0) | (s->cfg.ber ? loss[i] : 0);
		d->conf[NGD_PIPE_DUPLICATE_UPPER + i] = s->cfg.duplicate;
	}
	d->conf[NGD_PIPE_OVERHEAD] = p->overhead;
}

static size_t pipe_blob(const struct ng_node *n, uint8_t ret[NGD_BLOB])
{
	const struct pipe_priv *p = n->priv;
	struct ngd_pipe_blob b = {0};

	_Static_assert(sizeof(b) <= NGD_BLOB, "fits");
	if (!p->side[0].cfg.ber && !p->side[1].cfg.ber)
		return 0;
	pipe_loss_set(&b.upper, p->side[0].cfg.ber);
	pipe_loss_set(&b.lower, p->side[1].cfg.ber);
	memcpy(ret, &b, sizeof(b));
	return sizeof(b);
}

/* -------------------------------------------------- arguments as text */

static const struct ng_pfield hookstat_fields[] = {
	{.name = "FwdOctets", .type = &ng_p_uint64},
	{.name = "FwdFrames", .type = &ng_p_uint64},
	{.name = "queueDropOctets", .type = &ng_p_uint64},
	{.name = "queueDropFrames", .type = &ng_p_uint64},
	{.name = "delayDropOctets", .type = &ng_p_uint64},
	{.name = "delayDropFrames", .type = &ng_p_uint64},
	{0},
};
static const struct ng_ptype hookstat_type = {.kind = NGP_STRUCT,
					      .fields = hookstat_fields};
static const struct ng_pfield stats_fields[] = {
	{.name = "downstream", .type = &hookstat_type},
	{.name = "upstream", .type = &hookstat_type},
	{0},
};
static const struct ng_ptype stats_type = {.kind = NGP_STRUCT,
					   .fields = stats_fields};

static const struct ng_pfield hookrun_fields[] = {
	{.name = "queues", .type = &ng_p_uint32},
	{.name = "queuedOctets", .type = &ng_p_uint32},
	{.name = "queuedFrames", .type = &ng_p_uint32},
	{.name = "delayedOctets", .type = &ng_p_uint32},
	{.name = "delayedFrames", .type = &ng_p_uint32},
	{0},
};
static const struct ng_ptype hookrun_type = {.kind = NGP_STRUCT,
					     .fields = hookrun_fields};
static const struct ng_pfield run_fields[] = {
	{.name = "downstream", .type = &hookrun_type},
	{.name = "upstream", .type = &hookrun_type},
	{0},
};
static const struct ng_ptype run_type = {.kind = NGP_STRUCT,
					 .fields = run_fields};

static const struct ng_pfield hookcfg_fields[] = {
	{.name = "bandwidth", .type = &ng_p_uint64},
	{.name = "BER", .type = &ng_p_uint64},
	{.name = "queuelen", .type = &ng_p_uint32},
	{.name = "delaylen", .type = &ng_p_uint32},
	{.name = "duplicate", .type = &ng_p_uint32},
	{.name = "fifo", .type = &ng_p_uint32},
	{.name = "drr", .type = &ng_p_uint32},
	{.name = "wfq", .type = &ng_p_uint32},
	{.name = "droptail", .type = &ng_p_uint32},
	{.name = "drophead", .type = &ng_p_uint32},
	{0},
};
static const struct ng_ptype hookcfg_type = {.kind = NGP_STRUCT,
					     .fields = hookcfg_fields};
static const struct ng_pfield cfg_fields[] = {
	{.name = "bandwidth", .type = &ng_p_uint64},
	{.name = "delay", .type = &ng_p_uint64},
	{.name = "header_offset", .type = &ng_p_uint32},
	{.name = "overhead", .type = &ng_p_uint32},
	{.name = "downstream", .type = &hookcfg_type},
	{.name = "upstream", .type = &hookcfg_type},
	{0},
};
static const struct ng_ptype cfg_type = {.kind = NGP_STRUCT,
					 .fields = cfg_fields};

static const struct ng_cmd pipe_cmds[] = {
	{NGM_PIPE_COOKIE, NGM_PIPE_GET_STATS, "getstats", NULL, &stats_type},
	{NGM_PIPE_COOKIE, NGM_PIPE_CLR_STATS, "clrstats", NULL, NULL},
	{NGM_PIPE_COOKIE, NGM_PIPE_GETCLR_STATS, "getclrstats", NULL,
	 &stats_type},
	{NGM_PIPE_COOKIE, NGM_PIPE_GET_RUN, "getrun", NULL, &run_type},
	{NGM_PIPE_COOKIE, NGM_PIPE_GET_CFG, "getcfg", NULL, &cfg_type},
	{NGM_PIPE_COOKIE, NGM_PIPE_SET_CFG, "setcfg", &cfg_type, NULL},
	{0},
};

const struct ng_type ng_type_pipe = {
	.name = NG_PIPE_NODE_TYPE,
	.cookie = NGM_PIPE_COOKIE,
	.kind = NGD_PIPE,
	.cmds = pipe_cmds,
	.priv_size = sizeof(struct pipe_priv),
	.live_size = sizeof(struct pipe_live),
	.newhook = pipe_newhook,
	.connect = pipe_connect,
	.disconnect = pipe_disconnect,
	.closing = pipe_closing,
	.shutdown = pipe_shutdown,
	.rcvmsg = pipe_rcvmsg,
	.rcvdata = pipe_rcvdata,
	.restore = pipe_restore,
	.abandon = pipe_abandon,
	.publish = pipe_publish,
	.blob = pipe_blob,
};
