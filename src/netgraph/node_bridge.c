/*
 * bridge: Ethernet bridging; ng_bridge(4) of FreeBSD 14.
 *
 * Theory of operation.  Packets (bpf/bridge.bpf.h) learn, move, age and mute
 * by themselves; here are the hooks, the configuration and what is asked
 * about the rest.  The table is the map `fdb`, which outlives any broker.  Its
 * entries carry times, and nothing goes through it once a second: an entry
 * is stale, and a link no longer muted, from the moment the clock says so.
 * What the manual page calls ages are the differences, in whole seconds.
 *
 * Hosts are forgotten by generations: those of a node (reset) by the node's,
 * those of a link (gone, or muted) by the count in its record's flags.  Such
 * entries are void at once and make room when others are learned.
 *
 * The first hook of a node without hooks decides: if it is an uplink, frames
 * to unknown addresses go to uplinks only, which means that links have
 * NGD_HF_AVOID.
 */
#include "netgraph/dp.h"
#include "netgraph/switch_roles.h"
#include "netgraph/switch_types.h"
#include "netgraph/node.h"

#include <errno.h>
#include <netgraph/ng_bridge.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#define NSEC 1000000000ull

struct bridge {
	struct ng_bridge_config conf;
	bool uplinks; /* what is for unknown addresses goes to uplinks only */
};

/* --- arguments ---------------------------------------------------------- */

static const struct ng_pfield config_fields[] = {
	NODE_FIELD("debugLevel", &ng_p_uint8),
	NODE_FIELD("loopTimeout", &ng_p_uint32),
	NODE_FIELD("maxStaleness", &ng_p_uint32),
	NODE_FIELD("minStableAge", &ng_p_uint32),
	{0},
};
static const struct ng_ptype config_type = {
	.kind = NGP_STRUCT,
	.fields = config_fields,
};

/* Two names are not those of the struct, as on FreeBSD. */
static const struct ng_pfield stats_fields[] = {
	NODE_FIELD("recvOctets", &ng_p_uint64),
	NODE_FIELD("recvPackets", &ng_p_uint64),
	NODE_FIELD("recvMulticast", &ng_p_uint64),
	NODE_FIELD("recvBroadcast", &ng_p_uint64),
	NODE_FIELD("recvUnknown", &ng_p_uint64),
	NODE_FIELD("recvRunts", &ng_p_uint64),
	NODE_FIELD("recvInvalid", &ng_p_uint64),
	NODE_FIELD("xmitOctets", &ng_p_uint64),
	NODE_FIELD("xmitPackets", &ng_p_uint64),
	NODE_FIELD("xmitMulticasts", &ng_p_uint64),
	NODE_FIELD("xmitBroadcasts", &ng_p_uint64),
	NODE_FIELD("loopDrops", &ng_p_uint64),
	NODE_FIELD("loopDetects", &ng_p_uint64),
	NODE_FIELD("memoryFailures", &ng_p_uint64),
	{0},
};
static const struct ng_ptype stats_type = {
	.kind = NGP_STRUCT,
	.fields = stats_fields,
};

static const struct ng_pfield host_fields[] = {
	NODE_FIELD("addr", &ng_p_mac),
	NODE_FIELD("hook", &ng_p_hookbuf),
	NODE_FIELD("age", &ng_p_uint16),
	NODE_FIELD("staleness", &ng_p_uint16),
	{0},
};
static const struct ng_ptype host_type = {
	.kind = NGP_STRUCT,
	.fields = host_fields,
};
static const struct ng_ptype hosts_type = {
	.kind = NGP_ARRAY,
	.elem = &host_type,
	.length = node_length_first,
};
static const struct ng_pfield table_fields[] = {
	NODE_FIELD("numHosts", &ng_p_uint32),
	NODE_FIELD("hosts", &hosts_type),
	{0},
};
static const struct ng_ptype table_type = {
	.kind = NGP_STRUCT,
	.fields = table_fields,
};

static const struct ng_pfield move_fields[] = {
	NODE_FIELD("addr", &ng_p_mac),
	NODE_FIELD("hook", &ng_p_hookbuf),
	{0},
};
static const struct ng_ptype move_type = {
	.kind = NGP_STRUCT,
	.fields = move_fields,
};

static const struct ng_cmd cmds[] = {
	{NGM_BRIDGE_COOKIE, NGM_BRIDGE_SET_CONFIG, "setconfig", &config_type,
	 NULL},
	{NGM_BRIDGE_COOKIE, NGM_BRIDGE_GET_CONFIG, "getconfig", NULL,
	 &config_type},
	{NGM_BRIDGE_COOKIE, NGM_BRIDGE_RESET, "reset", NULL, NULL},
	{NGM_BRIDGE_COOKIE, NGM_BRIDGE_GET_STATS, "getstats", &ng_p_uint32,
	 &stats_type},
	{NGM_BRIDGE_COOKIE, NGM_BRIDGE_CLR_STATS, "clrstats", &ng_p_uint32,
	 NULL},
	{NGM_BRIDGE_COOKIE, NGM_BRIDGE_GETCLR_STATS, "getclrstats",
	 &ng_p_uint32, &stats_type},
	{NGM_BRIDGE_COOKIE, NGM_BRIDGE_GET_TABLE, "gettable", NULL,
	 &table_type},
	{NGM_BRIDGE_COOKIE, NGM_BRIDGE_SET_PERSISTENT, "setpersistent", NULL,
	 NULL},
	{NGM_BRIDGE_COOKIE, NGM_BRIDGE_MOVE_HOST, "movehost", &move_type, NULL},
	{0},
};

/* --- links -------------------------------------------------------------- */

static struct ng_dp *bridge_dp(const struct ng_node *n)
{
	return ng_graph_dp(n->graph);
}

/* What packets have written into h's record. */
static void link_take(struct ng_hook *h)
{
	struct ngd_hook *d = dp_hook(ng_graph_dp(h->node->graph), h->slot);
	uint32_t flags = __atomic_load_n(&d->flags, __ATOMIC_RELAXED);

	h->flags = (h->flags & ~NGD_BRIDGE_EPOCH_MASK) |
		   (flags & NGD_BRIDGE_EPOCH_MASK);
	h->conf = __atomic_load_n(&d->conf, __ATOMIC_RELAXED);
}

/* The hosts that were learned on h are forgotten. */
static void link_forget(struct ng_hook *h)
{
	struct ng_dp *dp = ng_graph_dp(h->node->graph);

	__atomic_fetch_add(&dp_hook(dp, h->slot)->flags, NGD_BRIDGE_EPOCH,
			   __ATOMIC_RELEASE);
	link_take(h);
	dp_changed(dp);
}

static int bridge_constructor(struct ng_node *n)
{
	struct bridge *b = n->priv;

	b->conf = (struct ng_bridge_config){
		.debugLevel = 1,
		.loopTimeout = 60,
		.maxStaleness = 15 * 60,
		.minStableAge = 1,
	};
	return 0;
}

/* linkN, or uplinkN with N > 0: -0 would mean link0 to getstats. */
static int bridge_newhook(struct ng_node *n, struct ng_hook *h)
{
	bool uplink = h->name[0] == 'u';
	const char *prefix = uplink ? NG_BRIDGE_HOOK_UPLINK_PREFIX
				    : NG_BRIDGE_HOOK_LINK_PREFIX;
	size_t len = strlen(prefix);
	char name[NG_HOOKSIZ];

	(void)n;
	if (strncmp(h->name, prefix, len))
		return -EINVAL;
	h->number = (uint32_t)strtoul(h->name + len, NULL, 10);
	snprintf(name, sizeof(name), "%s%u", prefix, h->number);
	if (strcmp(name, h->name) || (uplink && !h->number))
		return -EINVAL;
	h->role = uplink ? NGD_BRIDGE_UPLINK : NGD_BRIDGE_LINK;
	if (!n->nhooks && uplink)
		((struct bridge *)n->priv)->uplinks = true;
	if (!uplink && ((struct bridge *)n->priv)->uplinks)
		h->flags = NGD_HF_AVOID;
	return 0;
}

static int bridge_connect(struct ng_hook *h)
{
	return h->peer->node == h->node ? -ELOOP : 0;
}

/* A successor: what packets wrote meanwhile is right, not the journal. */
static int bridge_restore(struct ng_node *n)
{
	for (struct ng_hook *h = n->hooks; h; h = h->older)
		link_take(h);
	return 0;
}

static void bridge_publish(const struct ng_node *n, struct ngd_node *d)
{
	const struct bridge *b = n->priv;

	d->conf[NGD_BRIDGE_MINSTABLE] = b->conf.minStableAge;
	d->conf[NGD_BRIDGE_MAXSTALE] = b->conf.maxStaleness;
	d->conf[NGD_BRIDGE_LOOPTIME] = b->conf.loopTimeout;
	d->conf[NGD_BRIDGE_DEBUG] = b->conf.debugLevel;
}

/* --- the table ---------------------------------------------------------- */

static uint64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts); /* bpf_ktime_get_ns() */
	return (uint64_t)ts.tv_sec * NSEC + (uint64_t)ts.tv_nsec;
}

/* Whole seconds from `then` to `now`, as many as fit. */
static uint16_t seconds(uint64_t now, uint64_t then)
{
	uint64_t s = now > then ? (now - then) / NSEC : 0;

	return s > UINT16_MAX ? UINT16_MAX : (uint16_t)s;
}

static struct ngd_key host_key(const struct ng_node *n, const uint8_t addr[6])
{
	struct ngd_key k = {.node = n->slot};

	memcpy(k.k, addr, 6);
	return k;
}

/* The link that an entry says, NULL if it is void. */
static struct ng_hook *host_link(const struct ng_node *n,
				 const struct ngd_entry *entry, uint64_t now)
{
	const struct bridge *b = n->priv;
	struct ng_hook *h =
		ng_hook_by_slot(n->graph, entry->hook, entry->hook_gen);
	uint64_t stale = b->conf.maxStaleness ? b->conf.maxStaleness : 1;
	uint32_t flags;

	if (!h || h->node != n || entry->node_gen != n->gen)
		return NULL;
	flags = dp_hook(bridge_dp(n), h->slot)->flags;
	if ((flags ^ entry->flags) & NGD_BRIDGE_EPOCH_MASK)
		return NULL;
	if (now > entry->seen && now - entry->seen >= stale * NSEC)
		return NULL;
	return h;
}

static struct ngd_entry host_entry(const struct ng_hook *h, uint64_t born,
				   uint64_t seen)
{
	const struct ngd_hook *d =
		dp_hook(ng_graph_dp(h->node->graph), h->slot);

	return (struct ngd_entry){
		.hook = h->slot,
		.hook_gen = d->gen,
		.node_gen = h->node->gen,
		.flags = d->flags & NGD_BRIDGE_EPOCH_MASK,
		.born = born,
		.seen = seen,
	};
}

/*
 * A loop that no packet has shown: the link is muted and loopDetects is one
 * more.  It is counted by making the base less; and since loopDrops and
 * recvPackets are sums and differences of counters (link_stats()), two others
 * are made more, so that those stay what they were.
 */
static int link_loop(struct ng_hook *h)
{
	struct bridge *b = h->node->priv;

	link_forget(h);
	h->conf = (uint32_t)(clock_ns() / NSEC) + b->conf.loopTimeout;
	h->base[NGD_BRIDGE_C_LOOPS]--;
	h->base[NGD_BRIDGE_C_MUTED]++;
	h->base[NGD_C_IN_PACKETS]++;
	return ng_hook_changed(h);
}

static void bridge_log(struct ng_hook *h)
{
	const struct ng_node *n = h->node;
	char id[16];

	snprintf(id, sizeof(id), "[%x]", n->id);
	syslog(LOG_DAEMON | LOG_WARNING,
	       "ng_bridge: %s: loopback detected on %s",
	       n->name[0] ? n->name : id, h->name);
}

static void bridge_event(struct ng_hook *h, uint32_t info)
{
	(void)info;
	bridge_log(h);
}

/* What a packet from addr on link h does. */
static int host_put(struct ng_hook *h, const uint8_t addr[6])
{
	struct bridge *b = h->node->priv;
	struct ng_dp *dp = bridge_dp(h->node);
	struct ngd_key k = host_key(h->node, addr);
	struct ngd_entry entry;
	struct ng_hook *old = NULL;
	uint64_t now = clock_ns();
	int r;

	if (!dp_table_get(dp, DP_FDB, &k, &entry))
		old = host_link(h->node, &entry, now);
	if (old == h)
		return 0;
	if (old && seconds(now, entry.born) < b->conf.minStableAge) {
		if (b->conf.debugLevel >= 2)
			bridge_log(h);
		r = link_loop(h);
		return r < 0 ? r : -ELOOP;
	}
	entry = host_entry(h, now, old ? entry.seen : now);
	r = dp_table_set(dp, DP_FDB, &k, &entry);
	dp_changed(dp);
	return r < 0 ? -ENOMEM : 0;
}

/* --- messages ----------------------------------------------------------- */

static int msg_setconfig(struct ng_node *n, const struct ng_mesg *msg)
{
	const struct ng_bridge_config *conf =
		NG_ARG(msg, struct ng_bridge_config);

	if (!conf)
		return -EINVAL;
	((struct bridge *)n->priv)->conf = *conf;
	return ng_node_changed(n);
}

static int msg_getconfig(struct ng_node *n, const struct ng_mesg *msg,
			 struct ng_reply *reply)
{
	const struct bridge *b = n->priv;

	return ng_answer(reply, msg, &b->conf, sizeof(b->conf));
}

static int msg_reset(struct ng_node *n)
{
	int r = 0;

	ng_node_forget(n);
	for (struct ng_hook *h = n->hooks; h && !r; h = h->older) {
		link_take(h);
		h->conf = 0;
		ng_hook_clear(h);
		r = ng_hook_changed(h);
	}
	return r;
}

static void link_stats(const uint64_t c[NGD_COUNTERS],
		       struct ng_bridge_link_stats *s)
{
	*s = (struct ng_bridge_link_stats){
		.recvOctets = c[NGD_C_IN_OCTETS] - c[NGD_BRIDGE_C_BAD_OCTETS],
		.recvPackets = c[NGD_C_IN_PACKETS] - c[NGD_BRIDGE_C_RUNTS] -
			       c[NGD_BRIDGE_C_INVALID] - c[NGD_BRIDGE_C_MUTED],
		.recvMulticasts = c[NGD_BRIDGE_C_MULTICAST_IN],
		.recvBroadcasts = c[NGD_BRIDGE_C_BROADCAST_IN],
		.recvUnknown = c[NGD_BRIDGE_C_UNKNOWN],
		.recvRunts = c[NGD_BRIDGE_C_RUNTS],
		.recvInvalid = c[NGD_BRIDGE_C_INVALID],
		.xmitOctets = c[NGD_C_OUT_OCTETS],
		.xmitPackets = c[NGD_C_OUT_PACKETS],
		.xmitMulticasts = c[NGD_BRIDGE_C_MULTICAST_OUT],
		.xmitBroadcasts = c[NGD_BRIDGE_C_BROADCAST_OUT],
		.loopDrops = c[NGD_BRIDGE_C_MUTED] + c[NGD_BRIDGE_C_LOOPS],
		.loopDetects = c[NGD_BRIDGE_C_LOOPS],
		.memoryFailures = c[NGD_BRIDGE_C_MEMORY],
	};
}

/* Links have their number, uplinks theirs negative. */
static int msg_stats(struct ng_node *n, const struct ng_mesg *msg,
		     struct ng_reply *reply)
{
	const int32_t *arg = NG_ARG(msg, int32_t);
	struct ng_bridge_link_stats stats;
	uint64_t c[NGD_COUNTERS];
	struct ng_hook *h;
	char name[NG_HOOKSIZ];
	int r = 0;

	if (!arg)
		return -EINVAL;
	if (*arg < 0)
		snprintf(name, sizeof(name), "%s%u",
			 NG_BRIDGE_HOOK_UPLINK_PREFIX, -(uint32_t)*arg);
	else
		snprintf(name, sizeof(name), "%s%u", NG_BRIDGE_HOOK_LINK_PREFIX,
			 (uint32_t)*arg);
	h = ng_hook_by_name(n, name);
	if (!h)
		return -ENOTCONN;
	r = node_hook_stats(h, msg->header.cmd != NGM_BRIDGE_GET_STATS, c);
	if (r < 0 || msg->header.cmd == NGM_BRIDGE_CLR_STATS)
		return r;
	link_stats(c, &stats);
	return ng_answer(reply, msg, &stats, sizeof(stats));
}

struct hosts {
	struct ng_node *node;
	uint64_t now;
	struct ng_bridge_hostent *list;
	size_t n, room;
};

static int hosts_add(const struct ngd_key *k, const struct ngd_entry *entry,
		     void *arg)
{
	struct hosts *hosts = arg;
	struct ng_hook *h = host_link(hosts->node, entry, hosts->now);
	struct ng_bridge_hostent *host;

	if (!h)
		return 0;
	if (hosts->n == hosts->room) {
		size_t room = hosts->room ? 2 * hosts->room : 64;

		host = realloc(hosts->list, room * sizeof(*host));
		if (!host)
			return -ENOMEM;
		hosts->list = host;
		hosts->room = room;
	}
	host = &hosts->list[hosts->n++];
	*host = (struct ng_bridge_hostent){
		.age = seconds(hosts->now, entry->born),
		.staleness = seconds(hosts->now, entry->seen),
	};
	memcpy(host->addr, k->k, sizeof(host->addr));
	memcpy(host->hook, h->name, sizeof(host->hook));
	return 0;
}

static int host_order(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(((struct ng_bridge_hostent *)0)->addr));
}

static int msg_gettable(struct ng_node *n, const struct ng_mesg *msg,
			struct ng_reply *reply)
{
	struct hosts hosts = {.node = n, .now = clock_ns()};
	struct ng_bridge_host_ary *ary;
	size_t len;
	int r = dp_table_each(bridge_dp(n), DP_FDB, n->slot, hosts_add, &hosts);

	if (!r) {
		len = hosts.n * sizeof(*hosts.list);
		ary = ng_answer_room(reply, msg, sizeof(*ary) + len);
		r = ary ? 0 : -ENOMEM;
	}
	if (!r && hosts.n) {
		qsort(hosts.list, hosts.n, sizeof(*hosts.list), host_order);
		ary->numHosts = (uint32_t)hosts.n;
		memcpy(ary->hosts, hosts.list, len);
	}
	free(hosts.list);
	return r;
}

static int msg_movehost(struct ng_node *n, const struct ng_mesg *msg,
			struct ng_hook *last)
{
	const struct ng_bridge_move_host *move = (const void *)msg->data;
	char name[NG_HOOKSIZ];
	struct ng_hook *h = last;

	if (msg->header.arglen < sizeof(*move))
		return -EINVAL;
	memcpy(name, move->hook, sizeof(name));
	name[sizeof(name) - 1] = '\0';
	if (name[0])
		h = ng_hook_by_name(n, name);
	return h ? host_put(h, move->addr) : -ENOENT;
}

static int bridge_rcvmsg(struct ng_node *n, const struct ng_mesg *msg,
			 struct ng_hook *last, struct ng_reply *reply)
{
	if (msg->header.typecookie != NGM_BRIDGE_COOKIE)
		return -EINVAL;
	switch (msg->header.cmd) {
	case NGM_BRIDGE_SET_CONFIG:
		return msg_setconfig(n, msg);
	case NGM_BRIDGE_GET_CONFIG:
		return msg_getconfig(n, msg, reply);
	case NGM_BRIDGE_RESET:
		return msg_reset(n);
	case NGM_BRIDGE_GET_STATS:
	case NGM_BRIDGE_CLR_STATS:
	case NGM_BRIDGE_GETCLR_STATS:
		return msg_stats(n, msg, reply);
	case NGM_BRIDGE_GET_TABLE:
		return msg_gettable(n, msg, reply);
	case NGM_BRIDGE_SET_PERSISTENT:
		return node_persistent(n);
	case NGM_BRIDGE_MOVE_HOST:
		return msg_movehost(n, msg, last);
	default:
		return -EINVAL;
	}
}

const struct ng_type ng_type_bridge = {
	.name = NG_BRIDGE_NODE_TYPE,
	.cookie = NGM_BRIDGE_COOKIE,
	.kind = NGD_BRIDGE,
	.cmds = cmds,
	.priv_size = sizeof(struct bridge),
	.constructor = bridge_constructor,
	.newhook = bridge_newhook,
	.connect = bridge_connect,
	.rcvmsg = bridge_rcvmsg,
	.event = bridge_event,
	.restore = bridge_restore,
	.publish = bridge_publish,
};
