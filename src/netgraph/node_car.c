/*
 * car: what is within a rate passes, ng_car(4).
 *
 * What upper receives leaves by lower (downstream) and the other way
 * (upstream), judged by two buckets of tokens each: green, yellow or red.
 *
 * In the kernel (bpf/car.bpf.h): everything, but for packets that have to wait
 * (mode shape).  In the broker: the queues of those, a hundred packets each,
 * and the tokens while something is in them; as with pipe nodes a lease says
 * that there is one.  Without it what would have to wait is red.
 *
 * Unlike FreeBSD a packet counts 128 both ways, when packets are counted
 * (there the bursts that one sets are 125 of them, and 128 are read back).
 */
#include "netgraph/car_data.h"
#include "netgraph/dp.h"
#include "netgraph/node.h"
#include "netgraph/now.h"
#include "netgraph/types_traffic.h"

#include <errno.h>
#include <netgraph/ng_car.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE 100    /* packets, and one less are let in */
#define QUEUE_FREE 8 /* so many that wait say nothing yet */
#define RATE_MAX 1000000000u
#define RATE_PACKETS (8 * NGD_CAR_PACKET)

_Static_assert((int)NGD_CAR_FORWARD == (int)NG_CAR_ACTION_FORWARD &&
		       (int)NGD_CAR_MARK == (int)NG_CAR_ACTION_MARK &&
		       (int)NGD_CAR_SHAPE == (int)NG_CAR_SHAPE &&
		       NGD_CAR_COUNT_PACKETS == NG_CAR_COUNT_PACKETS,
	       "car_data.h has ng_car.h's numbers");

struct car_priv {
	struct ngd_car_conf conf[2];
	struct ng_car_hookstats stats[2]; /* of what has waited */
};

/* One direction's queue. */
struct car_queue {
	struct waiting {
		uint8_t *data; /* owned */
		size_t len;
	} q[QUEUE];
	size_t first, n;
	int64_t red; /* grows with the length of the queue, until one is lost */
};

struct car_live {
	struct car_queue queue[2];
	uint64_t lease;
};

static size_t side_of(const struct ng_hook *h)
{
	return h->role - NGD_CAR_UPPER;
}

static uint64_t *words(const struct ng_node *n, size_t side)
{
	struct ngd_state *s = dp_state(ng_graph_dp(n->graph), n->slot);

	return (uint64_t *)s->word + side * NGD_CAR_WORDS;
}

static void set_word(uint64_t *w, uint64_t v)
{
	__atomic_store_n(w, v, __ATOMIC_RELEASE);
}

/* Full buckets. */
static void fill(struct ng_node *n, size_t side)
{
	const struct car_priv *p = n->priv;
	const struct ngd_car_conf *c = &p->conf[side];
	uint64_t *w = words(n, side);
	bool both = c->mode == NGD_CAR_SINGLE_RATE ||
		    c->mode == NGD_CAR_DOUBLE_RATE;

	set_word(w + NGD_CAR_LAST, ng_now());
	set_word(w + NGD_CAR_TC, c->cbs);
	set_word(w + NGD_CAR_TE, both ? c->ebs : 0);
}

/* ------------------------------------------------------------- queues */

static bool shapes(const struct ng_node *n)
{
	const struct car_priv *p = n->priv;

	return p->conf[0].mode == NGD_CAR_SHAPE ||
	       p->conf[1].mode == NGD_CAR_SHAPE;
}

static void lease_renew(struct ng_node *n, uint64_t now)
{
	struct car_live *l = n->live;
	struct ngd_state *s = dp_state(ng_graph_dp(n->graph), n->slot);

	l->lease = shapes(n) ? now + NGD_LEASE_NS : 0;
	__atomic_store_n(&s->word[NGD_LEASE_WORD], l->lease, __ATOMIC_RELEASE);
}

static void queue_clear(struct car_queue *q)
{
	for (; q->n; q->n--, q->first = (q->first + 1) % QUEUE)
		free(q->q[q->first].data);
	q->red = 0;
}

static int64_t cost_of(const struct ngd_car_conf *c, size_t len)
{
	return c->opt & NGD_CAR_COUNT_PACKETS ? NGD_CAR_PACKET : (int64_t)len;
}

/* What has waited so long that there are tokens.  The first one's have been
 * taken when it became the first. */
static void queue_run(struct ng_node *n, size_t side, uint64_t now)
{
	struct car_priv *p = n->priv;
	struct car_live *l = n->live;
	struct car_queue *q = &l->queue[side];
	const struct ngd_car_conf *c = &p->conf[side];
	struct ng_hook *to =
		node_hook_role(n, side ? NGD_CAR_UPPER : NGD_CAR_LOWER);
	uint64_t *w = words(n, side);
	__s64 tc = (__s64)w[NGD_CAR_TC], te = 0;
	__u64 last = w[NGD_CAR_LAST];

	if (!q->n)
		return;
	ngd_car_refill(c, &tc, &te, &last, now);
	while (q->n && tc >= 0) {
		struct waiting *f = &q->q[q->first];

		if (!to || ng_send_data(to, f->data, f->len) < 0)
			p->stats[side].errors++;
		p->stats[side].passed_pkts++;
		free(f->data);
		q->first = (q->first + 1) % QUEUE;
		if (--q->n)
			tc -= cost_of(c, q->q[q->first].len);
	}
	set_word(w + NGD_CAR_TC, (uint64_t)tc);
	set_word(w + NGD_CAR_LAST, last);
	if (!q->n)
		set_word(w + NGD_CAR_TE, 0);
}

/* When the first one of that queue may go; 0: there is none. */
static uint64_t queue_next(const struct ng_node *n, size_t side)
{
	const struct car_priv *p = n->priv;
	const struct car_live *l = n->live;
	uint64_t *w = words(n, side);
	int64_t tc = (int64_t)w[NGD_CAR_TC];
	uint64_t owed = tc < 0 ? -(uint64_t)tc : 0; /* tokens */

	if (!l->queue[side].n || !p->conf[side].cir)
		return 0;
	return w[NGD_CAR_LAST] + owed * 8000000000u / p->conf[side].cir + 1;
}

static void on_time(struct ng_node *n);

static void set_timer(struct ng_node *n)
{
	const struct car_live *l = n->live;
	uint64_t when = shapes(n) ? l->lease - NGD_LEASE_NS / 2 : 0;

	for (size_t i = 0; i < 2; i++) {
		uint64_t next = queue_next(n, i);

		if (next && (!when || next < when))
			when = next;
	}
	ng_timer(n, when, when ? on_time : NULL);
}

static void on_time(struct ng_node *n)
{
	const struct car_live *l = n->live;
	uint64_t now = ng_now();

	for (size_t i = 0; i < 2; i++)
		queue_run(n, i, now);
	if (l->lease < now + NGD_LEASE_NS / 2)
		lease_renew(n, now);
	set_timer(n);
}

/* A full queue loses what comes, and a long one now and then. */
static bool refuse(struct car_queue *q)
{
	if (q->n < QUEUE - 1 && q->red + (int64_t)q->n < QUEUE)
		return false;
	q->red = 0;
	return true;
}

static int car_rcvdata(struct ng_hook *h, const void *data, size_t len)
{
	struct ng_node *n = h->node;
	size_t side = side_of(h);
	struct car_priv *p = n->priv;
	struct car_live *l = n->live;
	struct car_queue *q = &l->queue[side];
	struct waiting *f = &q->q[(q->first + q->n) % QUEUE];
	uint64_t *w = words(n, side);

	if (refuse(q)) {
		p->stats[side].red_pkts++;
		p->stats[side].droped_pkts++;
		return -ENOBUFS;
	}
	f->data = malloc(len ? len : 1);
	if (!f->data)
		return -ENOMEM;
	memcpy(f->data, data, len);
	f->len = len;
	p->stats[side].yellow_pkts++;
	if (q->n > QUEUE_FREE)
		q->red += (int64_t)q->n - QUEUE_FREE;
	if (!q->n++)
		set_word(w + NGD_CAR_TC,
			 w[NGD_CAR_TC] -
				 (uint64_t)cost_of(&p->conf[side], len));
	queue_run(n, side, ng_now());
	set_timer(n);
	return 0;
}

/* ------------------------------------------------------------ messages */

static int get_stats(struct ng_node *n, const struct ng_mesg *m,
		     struct ng_reply *reply)
{
	const struct car_priv *p = n->priv;
	struct ng_car_bulkstats st = {
		.downstream = p->stats[0],
		.upstream = p->stats[1],
	};

	for (struct ng_hook *h = n->hooks; h; h = h->older) {
		struct ng_car_hookstats *s =
			side_of(h) ? &st.upstream : &st.downstream;
		uint64_t c[NGD_COUNTERS];

		ng_hook_counters(h, c);
		s->passed_pkts += c[NGD_C_TYPE + NGD_CAR_C_PASSED];
		s->droped_pkts += c[NGD_C_TYPE + NGD_CAR_C_DROPPED];
		s->green_pkts += c[NGD_C_TYPE + NGD_CAR_C_GREEN];
		s->yellow_pkts += c[NGD_C_TYPE + NGD_CAR_C_YELLOW];
		s->red_pkts += c[NGD_C_TYPE + NGD_CAR_C_RED];
		s->errors += c[NGD_C_TYPE + NGD_CAR_C_ERRORS];
	}
	return ng_answer(reply, m, &st, sizeof(st));
}

static int clear_stats(struct ng_node *n)
{
	struct car_priv *p = n->priv;

	memset(p->stats, 0, sizeof(p->stats));
	for (struct ng_hook *h = n->hooks; h; h = h->older)
		ng_hook_clear(h);
	return ng_node_changed(n);
}

static int msg_stats(struct ng_node *n, const struct ng_mesg *m,
		     struct ng_reply *reply)
{
	int r = 0;

	if (m->header.cmd != NGM_CAR_CLR_STATS)
		r = get_stats(n, m, reply);
	if (r < 0)
		return r;
	return m->header.cmd == NGM_CAR_GET_STATS ? ng_node_changed(n)
						  : clear_stats(n);
}

static void conf_out(const struct ngd_car_conf *c, struct ng_car_hookconf *ret)
{
	bool packets = c->opt & NGD_CAR_COUNT_PACKETS;

	*ret = (struct ng_car_hookconf){
		.cbs = packets ? c->cbs / NGD_CAR_PACKET : c->cbs,
		.ebs = packets ? c->ebs / NGD_CAR_PACKET : c->ebs,
		.cir = packets ? c->cir / RATE_PACKETS : c->cir,
		.pir = packets ? c->pir / RATE_PACKETS : c->pir,
		.green_action = c->action[0],
		.yellow_action = c->action[1],
		.red_action = c->action[2],
		.mode = c->mode,
		.opt = c->opt,
	};
}

static int conf_in(const struct ng_car_hookconf *c, struct ngd_car_conf *ret)
{
	bool packets = c->opt & NGD_CAR_COUNT_PACKETS;
	uint64_t rate_max = packets ? RATE_MAX / RATE_PACKETS : RATE_MAX;
	uint64_t rate = packets ? RATE_PACKETS : 1;
	uint64_t burst = packets ? NGD_CAR_PACKET : 1;

	if (c->cir > rate_max || c->pir > rate_max ||
	    c->cbs > INT64_MAX / 256 || c->ebs > INT64_MAX / 256 ||
	    (!c->cbs && !c->ebs) || c->mode >= NGD_CAR_MODES ||
	    (c->mode == NGD_CAR_SHAPE && !c->cir))
		return -EINVAL;
	*ret = (struct ngd_car_conf){
		.cbs = c->cbs * burst,
		.ebs = c->ebs * burst,
		.cir = c->cir * rate,
		.pir = c->pir * rate,
		.action = {c->green_action, c->yellow_action, c->red_action},
		.mode = c->mode,
		.opt = c->opt,
	};
	return 0;
}

static int get_conf(struct ng_node *n, const struct ng_mesg *m,
		    struct ng_reply *reply)
{
	const struct car_priv *p = n->priv;
	struct ng_car_bulkconf c;

	memset(&c, 0, sizeof(c));
	conf_out(&p->conf[0], &c.downstream);
	conf_out(&p->conf[1], &c.upstream);
	return ng_answer(reply, m, &c, sizeof(c));
}

/* What waits goes on waiting under the new rate, or leaves. */
static void follow(struct ng_node *n)
{
	const struct car_priv *p = n->priv;
	struct car_live *l = n->live;

	lease_renew(n, ng_now());
	ng_busy(n, shapes(n));
	for (size_t i = 0; i < 2; i++) {
		fill(n, i);
		if (p->conf[i].mode != NGD_CAR_SHAPE)
			queue_clear(&l->queue[i]);
		else if (l->queue[i].n)
			set_word(words(n, i) + NGD_CAR_TE, 1);
		queue_run(n, i, ng_now());
	}
	set_timer(n);
}

static int set_conf(struct ng_node *n, const struct ng_mesg *m)
{
	const struct ng_car_bulkconf *arg = NG_ARG(m, struct ng_car_bulkconf);
	struct ngd_car_conf c[2];
	struct car_priv *p = n->priv;
	int r;

	if (!arg)
		return -EINVAL;
	r = conf_in(&arg->downstream, &c[0]);
	if (!r)
		r = conf_in(&arg->upstream, &c[1]);
	if (r < 0)
		return r;
	memcpy(p->conf, c, sizeof(c));
	r = ng_node_changed(n);
	if (r < 0)
		return r;
	follow(n);
	return 0;
}

static int car_rcvmsg(struct ng_node *n, const struct ng_mesg *m,
		      struct ng_hook *last, struct ng_reply *reply)
{
	(void)last;
	if (m->header.typecookie != NGM_CAR_COOKIE)
		return -EINVAL;
	switch (m->header.cmd) {
	case NGM_CAR_GET_STATS:
	case NGM_CAR_CLR_STATS:
	case NGM_CAR_GETCLR_STATS:
		return msg_stats(n, m, reply);
	case NGM_CAR_GET_CONF:
		return get_conf(n, m, reply);
	case NGM_CAR_SET_CONF:
		return set_conf(n, m);
	default:
		return -EINVAL;
	}
}

/* ------------------------------------------------------- hooks and life */

static int car_constructor(struct ng_node *n)
{
	struct car_priv *p = n->priv;

	for (size_t i = 0; i < 2; i++) {
		p->conf[i] = (struct ngd_car_conf){
			.cbs = NG_CAR_CBS_MIN,
			.ebs = NG_CAR_EBS_MIN,
			.cir = NG_CAR_CIR_DFLT,
			.action = {NGD_CAR_FORWARD, NGD_CAR_FORWARD,
				   NGD_CAR_DROP},
		};
		fill(n, i);
	}
	/* the slot may have been a killed program's */
	set_word(words(n, 0) + NGD_CAR_LOCK, 0);
	return 0;
}

static int car_newhook(struct ng_node *n, struct ng_hook *h)
{
	struct car_priv *p = n->priv;

	if (strcmp(h->name, NG_CAR_HOOK_UPPER) == 0)
		h->role = NGD_CAR_UPPER;
	else if (strcmp(h->name, NG_CAR_HOOK_LOWER) == 0)
		h->role = NGD_CAR_LOWER;
	else
		return -EINVAL;
	memset(&p->stats[side_of(h)], 0, sizeof(p->stats[0]));
	return 0;
}

static void car_disconnect(struct ng_hook *h)
{
	struct car_live *l = h->node->live;

	queue_clear(&l->queue[side_of(h)]);
	set_word(words(h->node, side_of(h)) + NGD_CAR_TE, 0);
}

static void car_abandon(struct ng_node *n)
{
	struct car_live *l = n->live;

	for (size_t i = 0; i < 2; i++)
		queue_clear(&l->queue[i]);
}

static int car_shutdown(struct ng_node *n)
{
	car_abandon(n);
	return 0;
}

static int car_restore(struct ng_node *n)
{
	follow(n);
	return 0;
}

static size_t car_blob(const struct ng_node *n, uint8_t ret[NGD_BLOB])
{
	const struct car_priv *p = n->priv;

	_Static_assert(sizeof(p->conf) <= NGD_BLOB, "fits");
	memcpy(ret, p->conf, sizeof(p->conf));
	return sizeof(p->conf);
}

/* --------------------------------------------------- arguments as text */

static const struct ng_pfield hookstats_fields[] = {
	NODE_FIELD("passed", &ng_p_uint64),
	NODE_FIELD("droped", &ng_p_uint64),
	NODE_FIELD("green", &ng_p_uint64),
	NODE_FIELD("yellow", &ng_p_uint64),
	NODE_FIELD("red", &ng_p_uint64),
	NODE_FIELD("errors", &ng_p_uint64),
	{0},
};
static const struct ng_ptype hookstats_type = {.kind = NGP_STRUCT,
					       .fields = hookstats_fields};
static const struct ng_pfield bulkstats_fields[] = {
	NODE_FIELD("upstream", &hookstats_type),
	NODE_FIELD("downstream", &hookstats_type),
	{0},
};
static const struct ng_ptype bulkstats_type = {.kind = NGP_STRUCT,
					       .fields = bulkstats_fields};

static const struct ng_pfield hookconf_fields[] = {
	NODE_FIELD("cbs", &ng_p_uint64),
	NODE_FIELD("ebs", &ng_p_uint64),
	NODE_FIELD("cir", &ng_p_uint64),
	NODE_FIELD("pir", &ng_p_uint64),
	NODE_FIELD("greenAction", &ng_p_uint8),
	NODE_FIELD("yellowAction", &ng_p_uint8),
	NODE_FIELD("redAction", &ng_p_uint8),
	NODE_FIELD("mode", &ng_p_uint8),
	NODE_FIELD("opt", &ng_p_uint8),
	{0},
};
static const struct ng_ptype hookconf_type = {.kind = NGP_STRUCT,
					      .fields = hookconf_fields};
static const struct ng_pfield bulkconf_fields[] = {
	NODE_FIELD("upstream", &hookconf_type),
	NODE_FIELD("downstream", &hookconf_type),
	{0},
};
static const struct ng_ptype bulkconf_type = {.kind = NGP_STRUCT,
					      .fields = bulkconf_fields};

static const struct ng_cmd car_cmds[] = {
	{NGM_CAR_COOKIE, NGM_CAR_GET_STATS, "getstats", NULL, &bulkstats_type},
	{NGM_CAR_COOKIE, NGM_CAR_CLR_STATS, "clrstats", NULL, NULL},
	{NGM_CAR_COOKIE, NGM_CAR_GETCLR_STATS, "getclrstats", NULL,
	 &bulkstats_type},
	{NGM_CAR_COOKIE, NGM_CAR_GET_CONF, "getconf", NULL, &bulkconf_type},
	{NGM_CAR_COOKIE, NGM_CAR_SET_CONF, "setconf", &bulkconf_type, NULL},
	{0},
};

const struct ng_type ng_type_car = {
	.name = NG_CAR_NODE_TYPE,
	.cookie = NGM_CAR_COOKIE,
	.kind = NGD_CAR,
	.cmds = car_cmds,
	.priv_size = sizeof(struct car_priv),
	.live_size = sizeof(struct car_live),
	.constructor = car_constructor,
	.newhook = car_newhook,
	.disconnect = car_disconnect,
	.shutdown = car_shutdown,
	.abandon = car_abandon,
	.restore = car_restore,
	.rcvmsg = car_rcvmsg,
	.rcvdata = car_rcvdata,
	.blob = car_blob,
};
