/*
 * source: sends packets again and again, ng_source(4).
 *
 * What comes by input is kept; `start N` sends N packets out of output, those
 * that are kept in turn, as fast as it can be done or as setpps says, with a
 * time or counters written into them if wished.
 *
 * In the kernel (bpf/source.bpf.h): the way up, and the end of what comes by
 * output.  In the broker: the packets, and sending, each through the data
 * path; so many at a time that others have their turn.  A broker that is
 * killed has lost the packets, and its successor sends none.
 *
 * As on FreeBSD the node wants to know which interface it sends to: an ether
 * node says so when it is connected, else it is setiface; ENXIO from start
 * without.  Unlike there a rate below a thousand a second is kept.
 */
#include "netgraph/dp.h"
#include "netgraph/links.h"
#include "netgraph/node.h"
#include "netgraph/now.h"
#include "netgraph/source_role.h"
#include "netgraph/types_traffic.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netgraph/ng_ether.h>
#include <netgraph/ng_source.h>
#include <stdlib.h>
#include <string.h>

#define PACKETS_MAX 2048
#define OCTETS_MAX (32u << 20)
#define NS_A_SECOND 1000000000ull
#define TURN_NS 2000000u /* others have to wait no longer than this */
#define CATCH_UP_NS                                                            \
	100000000u /* behind by more than this: it is not made up              \
		    */

struct source_priv {
	char ifname[IFNAMSIZ]; /* "": not known */
	uint32_t pps;
	struct ng_source_embed_info timestamp;
	struct ng_source_embed_cnt_info counter[NG_SOURCE_COUNTERS];
};

struct packet {
	struct packet *next;
	size_t len;
	uint8_t data[];
};

struct source_live {
	struct packet *first, *last; /* next one to be sent first */
	struct packet *newest;	     /* the last of the list, as it was kept */
	struct ng_source_stats stats;
	bool active;
	uint64_t left; /* packets to send */
	uint64_t due;  /* when the next one is, if there is a rate */
};

static struct timeval wall_clock(void)
{
	struct timeval t;

	gettimeofday(&t, NULL);
	return t;
}

/* ------------------------------------------------------------- packets */

static void set_busy(struct ng_node *n)
{
	const struct source_live *l = n->live;

	ng_busy(n, l->active || l->first);
}

static void append(struct source_live *l, struct packet *p)
{
	p->next = NULL;
	if (l->first)
		l->last->next = p;
	else
		l->first = p;
	l->last = p;
}

static void clear_data(struct ng_node *n)
{
	struct source_live *l = n->live;
	struct packet *p;

	while ((p = l->first)) {
		l->first = p->next;
		free(p);
	}
	l->last = l->newest = NULL;
	l->stats.queueFrames = l->stats.queueOctets = 0;
}

static int source_rcvdata(struct ng_hook *h, const void *data, size_t len)
{
	struct source_live *l = h->node->live;
	struct packet *p;

	if (h->role != NGD_SOURCE_INPUT)
		return 0;
	if (l->stats.queueFrames >= PACKETS_MAX ||
	    len > OCTETS_MAX - l->stats.queueOctets)
		return -ENOBUFS;
	p = malloc(sizeof(*p) + len);
	if (!p)
		return -ENOMEM;
	p->len = len;
	memcpy(p->data, data, len);
	append(l, p);
	l->newest = p;
	l->stats.queueFrames++;
	l->stats.queueOctets += (uint32_t)len;
	set_busy(h->node);
	return 0;
}

/* ------------------------------------------------------------- sending */

static void put(struct packet *p, size_t at, const void *bytes, size_t len)
{
	/* what would be behind the end is left out */
	if (at + len <= p->len)
		memcpy(p->data + at, bytes, len);
}

/* Counters go from min to max, or back, and around. */
static void count_on(struct ng_source_embed_cnt_info *c)
{
	uint32_t was = c->next_val;

	c->next_val += (uint32_t)c->increment;
	if (c->increment > 0 && c->next_val > c->max_val) {
		c->next_val = c->min_val - 1 + (c->next_val - c->max_val);
		if (c->next_val > c->max_val)
			c->next_val = c->max_val;
	} else if (c->increment < 0 &&
		   (c->next_val < c->min_val || c->next_val > was)) {
		c->next_val = c->max_val + 1 + (c->next_val - c->min_val);
		if (c->next_val < c->min_val || c->next_val > c->max_val)
			c->next_val = c->max_val;
	}
}

static void embed(struct ng_node *n, struct packet *p)
{
	struct source_priv *s = n->priv;
	const struct source_live *l = n->live;

	for (size_t i = 0; i < NG_SOURCE_COUNTERS; i++) {
		struct ng_source_embed_cnt_info *c = &s->counter[i];
		uint32_t v = htonl(c->next_val);

		if (!(c->flags & NGM_SOURCE_EMBED_ENABLE))
			continue;
		put(p, c->offset, (uint8_t *)&v + sizeof(v) - c->width,
		    c->width);
		if (!(c->flags & NGM_SOURCE_INC_CNT_PER_LIST) || p == l->newest)
			count_on(c);
	}
	if (s->timestamp.flags & NGM_SOURCE_EMBED_ENABLE) {
		struct timeval now = wall_clock();

		/* a struct timeval of FreeBSD's on amd64 */
		now.tv_sec = htonl((uint32_t)now.tv_sec);
		now.tv_usec = htonl((uint32_t)now.tv_usec);
		put(p, s->timestamp.offset, &now, sizeof(now));
	}
}

static void stop(struct ng_node *n)
{
	struct source_live *l = n->live;

	ng_timer(n, 0, NULL);
	if (!l->active)
		return;
	l->active = false;
	l->stats.endTime = wall_clock();
	timersub(&l->stats.endTime, &l->stats.startTime, &l->stats.elapsedTime);
	set_busy(n);
}

/* One packet, which then waits for its next turn.  False: it cannot go. */
static bool send_one(struct ng_node *n, struct ng_hook *out)
{
	struct source_live *l = n->live;
	struct packet *p = l->first;

	l->first = p->next;
	append(l, p);
	embed(n, p);
	l->stats.outFrames++;
	l->stats.outOctets += p->len;
	l->left--;
	return ng_send_data(out, p->data, p->len) == 0;
}

static void on_time(struct ng_node *n)
{
	const struct source_priv *s = n->priv;
	struct source_live *l = n->live;
	struct ng_hook *out = node_hook_role(n, NGD_SOURCE_OUTPUT);
	uint64_t began = ng_now(), now = began;
	uint64_t gap = s->pps ? NS_A_SECOND / s->pps : 0;

	if (l->due + CATCH_UP_NS < now)
		l->due = now;
	while (l->active && l->left && l->first && out &&
	       now - began < TURN_NS && (!gap || l->due <= now)) {
		l->due += gap;
		if (!send_one(n, out))
			break;
		now = ng_now();
	}
	l->stats.lastTime = wall_clock();
	if (!l->left || !out) {
		stop(n);
		return;
	}
	/* nothing to send yet: look again in a while */
	ng_timer(n, !l->first ? now + TURN_NS : gap ? l->due : now, on_time);
}

static int start(struct ng_node *n, uint64_t packets)
{
	const struct source_priv *s = n->priv;
	struct source_live *l = n->live;

	if (!s->ifname[0])
		return -ENXIO;
	if (l->active)
		return -EBUSY;
	l->active = true;
	l->left = packets;
	l->due = ng_now();
	timerclear(&l->stats.elapsedTime);
	timerclear(&l->stats.endTime);
	l->stats.startTime = l->stats.lastTime = wall_clock();
	set_busy(n);
	ng_timer(n, l->due, on_time);
	return 0;
}

/* ------------------------------------------------------------ messages */

static int msg_stats(struct ng_node *n, const struct ng_mesg *m,
		     struct ng_reply *reply)
{
	const struct source_priv *s = n->priv;
	struct source_live *l = n->live;
	struct ng_source_stats st;
	int r = 0;

	l->stats.maxPps = s->pps;
	if (l->active) {
		struct timeval now = wall_clock();

		timersub(&now, &l->stats.startTime, &l->stats.elapsedTime);
	}
	st = l->stats;
	if (m->header.cmd != NGM_SOURCE_CLR_STATS)
		r = ng_answer(reply, m, &st, sizeof(st));
	if (r < 0 || m->header.cmd == NGM_SOURCE_GET_STATS)
		return r;
	memset(&l->stats, 0, sizeof(l->stats));
	l->stats.queueOctets = st.queueOctets;
	l->stats.queueFrames = st.queueFrames;
	return 0;
}

static int msg_start(struct ng_node *n, const struct ng_mesg *m,
		     struct ng_reply *reply)
{
	const uint64_t *packets = NG_ARG(m, uint64_t);

	(void)reply;
	return packets ? start(n, *packets) : -EINVAL;
}

static int msg_stop(struct ng_node *n, const struct ng_mesg *m,
		    struct ng_reply *reply)
{
	(void)m;
	(void)reply;
	stop(n);
	return 0;
}

static int msg_clear_data(struct ng_node *n, const struct ng_mesg *m,
			  struct ng_reply *reply)
{
	(void)m;
	(void)reply;
	clear_data(n);
	set_busy(n);
	return 0;
}

/* An interface that is not there is not taken, and nothing is said. */
static int msg_setiface(struct ng_node *n, const struct ng_mesg *m,
			struct ng_reply *reply)
{
	struct vnet *v = dp_vnet(ng_graph_dp(n->graph));
	struct source_priv *s = n->priv;
	char name[IFNAMSIZ] = "";

	(void)reply;
	if (m->header.arglen < 2)
		return -EINVAL;
	if (strnlen(m->data, m->header.arglen) >= sizeof(name))
		return 0;
	memcpy(name, m->data, strnlen(m->data, m->header.arglen));
	if (v && vnet_ifindex(v, name) <= 0)
		return 0;
	memcpy(s->ifname, name, sizeof(name));
	return ng_node_changed(n);
}

static int msg_setpps(struct ng_node *n, const struct ng_mesg *m,
		      struct ng_reply *reply)
{
	struct source_priv *s = n->priv;
	struct source_live *l = n->live;
	const uint32_t *pps = NG_ARG(m, uint32_t);

	(void)reply;
	if (!pps)
		return -EINVAL;
	s->pps = *pps;
	l->due = ng_now();
	if (l->active)
		ng_timer(n, l->due, on_time);
	return ng_node_changed(n);
}

static int msg_timestamp(struct ng_node *n, const struct ng_mesg *m,
			 struct ng_reply *reply)
{
	struct source_priv *s = n->priv;
	const struct ng_source_embed_info *e =
		NG_ARG(m, struct ng_source_embed_info);

	if (m->header.cmd == NGM_SOURCE_GET_TIMESTAMP)
		return ng_answer(reply, m, &s->timestamp, sizeof(s->timestamp));
	if (!e)
		return -EINVAL;
	s->timestamp = *e;
	return ng_node_changed(n);
}

static int msg_set_counter(struct ng_node *n, const struct ng_mesg *m,
			   struct ng_reply *reply)
{
	struct source_priv *s = n->priv;
	const struct ng_source_embed_cnt_info *c =
		NG_ARG(m, struct ng_source_embed_cnt_info);

	(void)reply;
	if (!c || c->index >= NG_SOURCE_COUNTERS ||
	    (c->width != 1 && c->width != 2 && c->width != 4))
		return -EINVAL;
	s->counter[c->index] = *c;
	return ng_node_changed(n);
}

static int msg_get_counter(struct ng_node *n, const struct ng_mesg *m,
			   struct ng_reply *reply)
{
	const struct source_priv *s = n->priv;
	const uint8_t *index = NG_ARG(m, uint8_t);

	if (!index || *index >= NG_SOURCE_COUNTERS)
		return -EINVAL;
	return ng_answer(reply, m, &s->counter[*index], sizeof(s->counter[0]));
}

typedef int msg_fn(struct ng_node *n, const struct ng_mesg *m,
		   struct ng_reply *reply);

static int source_rcvmsg(struct ng_node *n, const struct ng_mesg *m,
			 struct ng_hook *last, struct ng_reply *reply)
{
	static msg_fn *const fns[] = {
		[NGM_SOURCE_GET_STATS] = msg_stats,
		[NGM_SOURCE_CLR_STATS] = msg_stats,
		[NGM_SOURCE_GETCLR_STATS] = msg_stats,
		[NGM_SOURCE_START] = msg_start,
		[NGM_SOURCE_STOP] = msg_stop,
		[NGM_SOURCE_CLR_DATA] = msg_clear_data,
		[NGM_SOURCE_SETIFACE] = msg_setiface,
		[NGM_SOURCE_SETPPS] = msg_setpps,
		[NGM_SOURCE_SET_TIMESTAMP] = msg_timestamp,
		[NGM_SOURCE_GET_TIMESTAMP] = msg_timestamp,
		[NGM_SOURCE_SET_COUNTER] = msg_set_counter,
		[NGM_SOURCE_GET_COUNTER] = msg_get_counter,
	};
	uint32_t cmd = m->header.cmd;

	(void)last;
	if (m->header.typecookie != NGM_SOURCE_COOKIE ||
	    m->header.flags & NGF_RESP || cmd >= sizeof(fns) / sizeof(fns[0]) ||
	    !fns[cmd])
		return -EINVAL;
	return fns[cmd](n, m, reply);
}

/* ------------------------------------------------------- hooks and life */

static int source_newhook(struct ng_node *n, struct ng_hook *h)
{
	struct source_priv *s = n->priv;
	struct source_live *l = n->live;

	if (strcmp(h->name, NG_SOURCE_HOOK_INPUT) == 0) {
		h->role = NGD_SOURCE_INPUT;
		return 0;
	}
	if (strcmp(h->name, NG_SOURCE_HOOK_OUTPUT) != 0)
		return -EINVAL;
	h->role = NGD_SOURCE_OUTPUT;
	s->ifname[0] = '\0';
	l->stats = (struct ng_source_stats){
		.queueOctets = l->stats.queueOctets,
		.queueFrames = l->stats.queueFrames,
	};
	return 0;
}

/* An ether node says which interface it is, and leaves addresses alone. */
static int source_connect(struct ng_hook *h)
{
	struct vnet *v = dp_vnet(ng_graph_dp(h->node->graph));
	const struct ng_node *peer = h->peer->node;
	struct source_priv *s = h->node->priv;
	uint32_t off = 0;

	if (h->role != NGD_SOURCE_OUTPUT || peer->type != &ng_type_ether)
		return 0;
	if (v && !vnet_ifname(v, (int)peer->ifindex, s->ifname))
		return 0;
	if (!v)
		memcpy(s->ifname, peer->name, sizeof(s->ifname) - 1);
	ng_message_peer(h, NGM_ETHER_COOKIE, NGM_ETHER_SET_AUTOSRC, &off,
			sizeof(off));
	return ng_node_changed(h->node);
}

static void source_disconnect(struct ng_hook *h)
{
	if (h->role == NGD_SOURCE_OUTPUT)
		ng_node_shutdown(h->node);
}

static void source_abandon(struct ng_node *n)
{
	clear_data(n);
}

static int source_shutdown(struct ng_node *n)
{
	stop(n);
	clear_data(n);
	return 0;
}

/* --------------------------------------------------- arguments as text */

static const struct ng_pfield timeval_fields[] = {
	NODE_FIELD("tv_sec", &ng_p_int64),
	NODE_FIELD("tv_usec", &ng_p_int64),
	{0},
};
static const struct ng_ptype timeval_type = {.kind = NGP_STRUCT,
					     .fields = timeval_fields};
_Static_assert(sizeof(struct timeval) == 16, "two of 64 bits");
static const struct ng_pfield stats_fields[] = {
	NODE_FIELD("outOctets", &ng_p_uint64),
	NODE_FIELD("outFrames", &ng_p_uint64),
	NODE_FIELD("queueOctets", &ng_p_uint32),
	NODE_FIELD("queueFrames", &ng_p_uint32),
	NODE_FIELD("maxPps", &ng_p_uint32),
	NODE_FIELD("startTime", &timeval_type),
	NODE_FIELD("endTime", &timeval_type),
	NODE_FIELD("elapsedTime", &timeval_type),
	NODE_FIELD("lastTime", &timeval_type),
	{0},
};
static const struct ng_ptype stats_type = {.kind = NGP_STRUCT,
					   .fields = stats_fields};
static const struct ng_pfield embed_fields[] = {
	NODE_FIELD("offset", &ng_p_hint16),
	NODE_FIELD("flags", &ng_p_hint8),
	NODE_FIELD("spare", &ng_p_hint8),
	{0},
};
static const struct ng_ptype embed_type = {.kind = NGP_STRUCT,
					   .fields = embed_fields};
static const struct ng_pfield counter_fields[] = {
	NODE_FIELD("offset", &ng_p_hint16),
	NODE_FIELD("flags", &ng_p_hint8),
	NODE_FIELD("width", &ng_p_uint8),
	NODE_FIELD("next_val", &ng_p_uint32),
	NODE_FIELD("min_val", &ng_p_uint32),
	NODE_FIELD("max_val", &ng_p_uint32),
	NODE_FIELD("increment", &ng_p_int32),
	NODE_FIELD("index", &ng_p_uint8),
	{0},
};
static const struct ng_ptype counter_type = {.kind = NGP_STRUCT,
					     .fields = counter_fields};

#define CMD(number, word, arg, answer)                                         \
	{                                                                      \
		NGM_SOURCE_COOKIE, number, word, arg, answer                   \
	}
static const struct ng_cmd source_cmds[] = {
	CMD(NGM_SOURCE_GET_STATS, "getstats", NULL, &stats_type),
	CMD(NGM_SOURCE_CLR_STATS, "clrstats", NULL, NULL),
	CMD(NGM_SOURCE_GETCLR_STATS, "getclrstats", NULL, &stats_type),
	CMD(NGM_SOURCE_START, "start", &ng_p_uint64, NULL),
	CMD(NGM_SOURCE_STOP, "stop", NULL, NULL),
	CMD(NGM_SOURCE_CLR_DATA, "clrdata", NULL, NULL),
	CMD(NGM_SOURCE_SETIFACE, "setiface", &ng_p_string, NULL),
	CMD(NGM_SOURCE_SETPPS, "setpps", &ng_p_uint32, NULL),
	CMD(NGM_SOURCE_SET_TIMESTAMP, "settimestamp", &embed_type, NULL),
	CMD(NGM_SOURCE_GET_TIMESTAMP, "gettimestamp", NULL, &embed_type),
	CMD(NGM_SOURCE_SET_COUNTER, "setcounter", &counter_type, NULL),
	CMD(NGM_SOURCE_GET_COUNTER, "getcounter", &ng_p_uint8, &counter_type),
	{0},
};

const struct ng_type ng_type_source = {
	.name = NG_SOURCE_NODE_TYPE,
	.cookie = NGM_SOURCE_COOKIE,
	.kind = NGD_SOURCE,
	.cmds = source_cmds,
	.priv_size = sizeof(struct source_priv),
	.live_size = sizeof(struct source_live),
	.newhook = source_newhook,
	.connect = source_connect,
	.disconnect = source_disconnect,
	.shutdown = source_shutdown,
	.abandon = source_abandon,
	.rcvmsg = source_rcvmsg,
	.rcvdata = source_rcvdata,
};
