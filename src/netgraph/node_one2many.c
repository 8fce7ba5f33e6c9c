/*
 * one2many: from one link to many by turns, to all, or to the first that is
 * up, and back; ng_one2many(4).
 *
 * Theory of operation.  The kernel (bpf/one2many.bpf.h) is told the algorithm
 * and the slots of the links that are up, in the order of their numbers
 * (blob); it keeps whose turn it is (word 0 of the state).  Here is which
 * links are up: a link is up when it is connected and enabled; being connected
 * enables it (the manual page says the opposite, FreeBSD's kernel does this),
 * setconfig sets all, and with failAlg 2 what comes by a link about its being
 * up or down sets it.  When the last goes down, or the first comes up, the
 * node behind "one" is told.
 *
 * Counters of a link that is gone are shown until it comes again.
 */
#include "netgraph/dp.h"
#include "netgraph/node.h"
#include "netgraph/switch_roles.h"
#include "netgraph/switch_types.h"

#include <ctype.h>
#include <errno.h>
#include <netgraph/ng_one2many.h>
#include <stdlib.h>
#include <string.h>

#define LINKS NG_ONE2MANY_MAX_LINKS

struct o2m {
	struct ng_one2many_config conf;
	uint32_t slot[LINKS]; /* of the hook; 0: not connected */
	uint32_t nactive;
	uint32_t active[LINKS]; /* slots of those that are up */
	uint32_t turns;		/* of so many packets take turns; 0: none do */
};

struct o2m_live {
	struct ng_one2many_link_stats gone[LINKS + 1]; /* the last: one */
};

static const struct ng_ptype links_type = {
	.kind = NGP_FIXEDARRAY,
	.elem = &ng_p_uint8,
	.count = LINKS,
};
static const struct ng_pfield config_fields[] = {
	NODE_FIELD("xmitAlg", &ng_p_uint32),
	NODE_FIELD("failAlg", &ng_p_uint32),
	NODE_FIELD("enabledLinks", &links_type),
	{0},
};
static const struct ng_ptype config_type = {
	.kind = NGP_STRUCT,
	.fields = config_fields,
};
static const struct ng_pfield stats_fields[] = {
	NODE_FIELD("recvOctets", &ng_p_uint64),
	NODE_FIELD("recvPackets", &ng_p_uint64),
	NODE_FIELD("xmitOctets", &ng_p_uint64),
	NODE_FIELD("xmitPackets", &ng_p_uint64),
	NODE_FIELD("memoryFailures", &ng_p_uint64),
	{0},
};
static const struct ng_ptype stats_type = {
	.kind = NGP_STRUCT,
	.fields = stats_fields,
};

static const struct ng_cmd cmds[] = {
	{NGM_ONE2MANY_COOKIE, NGM_ONE2MANY_SET_CONFIG, "setconfig",
	 &config_type, NULL},
	{NGM_ONE2MANY_COOKIE, NGM_ONE2MANY_GET_CONFIG, "getconfig", NULL,
	 &config_type},
	{NGM_ONE2MANY_COOKIE, NGM_ONE2MANY_GET_STATS, "getstats", &ng_p_int32,
	 &stats_type},
	{NGM_ONE2MANY_COOKIE, NGM_ONE2MANY_CLR_STATS, "clrstats", &ng_p_int32,
	 NULL},
	{NGM_ONE2MANY_COOKIE, NGM_ONE2MANY_GETCLR_STATS, "getclrstats",
	 &ng_p_int32, &stats_type},
	{0},
};

/* --- links -------------------------------------------------------------- */

/* Links that are down are left out of floods. */
static int o2m_avoid(struct ng_node *n)
{
	const struct o2m *o = n->priv;
	int r = 0;

	for (struct ng_hook *h = n->hooks; h && !r; h = h->older) {
		uint32_t flags;

		if (h->role != NGD_O2M_MANY)
			continue;
		flags = o->conf.enabledLinks[h->number] ? 0 : NGD_HF_AVOID;
		if (flags == h->flags)
			continue;
		h->flags = flags;
		r = ng_hook_changed(h);
	}
	return r;
}

/* Whose turn it is is a number below that of links that are up: packets count
 * it up without end, here it is made one again. */
static void o2m_turns(struct ng_node *n)
{
	struct o2m *o = n->priv;
	__u64 *word = &dp_state(ng_graph_dp(n->graph), n->slot)->word[0];
	uint64_t turn = __atomic_load_n(word, __ATOMIC_RELAXED);
	bool by_turns = o->conf.xmitAlg == NG_ONE2MANY_XMIT_ROUNDROBIN;

	if (o->turns)
		turn %= o->turns;
	o->turns = by_turns ? o->nactive : 0;
	if (o->turns)
		turn %= o->turns;
	__atomic_store_n(word, turn, __ATOMIC_RELAXED);
}

/* Which links are up, or the algorithm, has perhaps changed. */
static int o2m_update(struct ng_node *n)
{
	struct o2m *o = n->priv;
	struct ng_hook *one = node_hook_role(n, NGD_O2M_ONE);
	uint32_t was = o->nactive;
	int r;

	memset(o->active, 0, sizeof(o->active));
	o->nactive = 0;
	for (size_t i = 0; i < LINKS; i++)
		if (o->slot[i] && o->conf.enabledLinks[i])
			o->active[o->nactive++] = o->slot[i];
	o2m_turns(n);
	r = o2m_avoid(n);
	if (!r)
		r = ng_node_changed(n);
	/* What the node behind "one" makes of it is its own business. */
	if (!r && one && !was != !o->nactive)
		ng_message_peer(one, NGM_FLOW_COOKIE,
				o->nactive ? NGM_LINK_IS_UP : NGM_LINK_IS_DOWN,
				NULL, 0);
	return r;
}

static int o2m_constructor(struct ng_node *n)
{
	struct o2m *o = n->priv;

	o->conf.xmitAlg = NG_ONE2MANY_XMIT_ROUNDROBIN;
	o->conf.failAlg = NG_ONE2MANY_FAIL_MANUAL;
	return 0;
}

/* Where the counters of a hook that is gone are. */
static struct ng_one2many_link_stats *o2m_gone(struct ng_node *n, int link)
{
	struct o2m_live *live = n->live;

	return &live->gone[link == NG_ONE2MANY_ONE_LINKNUM ? LINKS : link];
}

static int o2m_newhook(struct ng_node *n, struct ng_hook *h)
{
	size_t len = strlen(NG_ONE2MANY_HOOK_MANY_PREFIX);
	const char *digits = h->name + len;
	unsigned long i;
	char *end;

	if (!strcmp(h->name, NG_ONE2MANY_HOOK_ONE)) {
		h->role = NGD_O2M_ONE;
		*o2m_gone(n, NG_ONE2MANY_ONE_LINKNUM) =
			(struct ng_one2many_link_stats){0};
		return 0;
	}
	if (strncmp(h->name, NG_ONE2MANY_HOOK_MANY_PREFIX, len) ||
	    !isdigit((unsigned char)*digits) || (digits[0] == '0' && digits[1]))
		return -EINVAL;
	i = strtoul(digits, &end, 10);
	if (*end || i >= LINKS)
		return -EINVAL;
	h->role = NGD_O2M_MANY;
	h->number = (uint32_t)i;
	*o2m_gone(n, (int)i) = (struct ng_one2many_link_stats){0};
	return 0;
}

static int o2m_connect(struct ng_hook *h)
{
	struct o2m *o = h->node->priv;

	if (h->role == NGD_O2M_ONE)
		return 0;
	o->slot[h->number] = h->slot;
	o->conf.enabledLinks[h->number] = 1;
	return o2m_update(h->node);
}

static struct ng_one2many_link_stats o2m_stats(const uint64_t c[NGD_COUNTERS])
{
	/* A packet function needs no memory: copies are the walk's. */
	return (struct ng_one2many_link_stats){
		.recvOctets = c[NGD_C_IN_OCTETS],
		.recvPackets = c[NGD_C_IN_PACKETS],
		.xmitOctets = c[NGD_C_OUT_OCTETS],
		.xmitPackets = c[NGD_C_OUT_PACKETS],
	};
}

static void o2m_disconnect(struct ng_hook *h)
{
	struct o2m *o = h->node->priv;
	uint64_t c[NGD_COUNTERS];
	bool one = h->role == NGD_O2M_ONE;

	ng_hook_counters(h, c);
	*o2m_gone(h->node, one ? NG_ONE2MANY_ONE_LINKNUM : (int)h->number) =
		o2m_stats(c);
	if (one)
		return;
	o->slot[h->number] = 0;
	o->conf.enabledLinks[h->number] = 0;
	o2m_update(h->node);
}

static void o2m_publish(const struct ng_node *n, struct ngd_node *d)
{
	const struct o2m *o = n->priv;

	d->conf[NGD_O2M_ALG] = o->conf.xmitAlg;
	d->conf[NGD_O2M_ACTIVE] = o->nactive;
}

static size_t o2m_blob(const struct ng_node *n, uint8_t ret[NGD_BLOB])
{
	const struct o2m *o = n->priv;

	memcpy(ret, o->active, sizeof(o->active));
	return sizeof(o->active);
}

/* --- messages ----------------------------------------------------------- */

static int msg_setconfig(struct ng_node *n, const struct ng_mesg *msg)
{
	const struct ng_one2many_config *conf =
		NG_ARG(msg, struct ng_one2many_config);
	struct o2m *o = n->priv;

	if (!conf || conf->xmitAlg < NG_ONE2MANY_XMIT_ROUNDROBIN ||
	    conf->xmitAlg > NG_ONE2MANY_XMIT_FAILOVER ||
	    conf->failAlg < NG_ONE2MANY_FAIL_MANUAL ||
	    conf->failAlg > NG_ONE2MANY_FAIL_NOTIFY)
		return -EINVAL;
	o->conf = *conf;
	for (size_t i = 0; i < LINKS; i++)
		o->conf.enabledLinks[i] = !!conf->enabledLinks[i];
	return o2m_update(n);
}

static struct ng_hook *o2m_link(struct ng_node *n, int link)
{
	struct ng_hook *h = n->hooks;

	if (link == NG_ONE2MANY_ONE_LINKNUM)
		return node_hook_role(n, NGD_O2M_ONE);
	while (h && (h->role != NGD_O2M_MANY || h->number != (uint32_t)link))
		h = h->older;
	return h;
}

static int msg_stats(struct ng_node *n, const struct ng_mesg *msg,
		     struct ng_reply *reply)
{
	const int32_t *link = NG_ARG(msg, int32_t);
	struct ng_one2many_link_stats stats;
	uint64_t c[NGD_COUNTERS];
	bool clear = msg->header.cmd != NGM_ONE2MANY_GET_STATS;
	int r;

	if (!link || *link < NG_ONE2MANY_ONE_LINKNUM || *link >= LINKS)
		return -EINVAL;
	r = node_hook_stats(o2m_link(n, *link), clear, c);
	stats = r == -ENOENT ? *o2m_gone(n, *link) : o2m_stats(c);
	if (clear)
		*o2m_gone(n, *link) = (struct ng_one2many_link_stats){0};
	if (r == -ENOENT)
		r = 0;
	if (r < 0 || msg->header.cmd == NGM_ONE2MANY_CLR_STATS)
		return r;
	return ng_answer(reply, msg, &stats, sizeof(stats));
}

/* A link says that it is up or down. */
static int o2m_flow(struct ng_node *n, const struct ng_mesg *msg,
		    struct ng_hook *last)
{
	struct o2m *o = n->priv;

	if (o->conf.failAlg != NG_ONE2MANY_FAIL_NOTIFY || !last ||
	    last->role != NGD_O2M_MANY)
		return 0;
	if (msg->header.cmd != NGM_LINK_IS_UP &&
	    msg->header.cmd != NGM_LINK_IS_DOWN)
		return 0;
	o->conf.enabledLinks[last->number] = msg->header.cmd == NGM_LINK_IS_UP;
	return o2m_update(n);
}

static int o2m_rcvmsg(struct ng_node *n, const struct ng_mesg *msg,
		      struct ng_hook *last, struct ng_reply *reply)
{
	const struct o2m *o = n->priv;

	if (msg->header.typecookie == NGM_FLOW_COOKIE)
		return o2m_flow(n, msg, last);
	if (msg->header.typecookie != NGM_ONE2MANY_COOKIE)
		return -EINVAL;
	switch (msg->header.cmd) {
	case NGM_ONE2MANY_SET_CONFIG:
		return msg_setconfig(n, msg);
	case NGM_ONE2MANY_GET_CONFIG:
		return ng_answer(reply, msg, &o->conf, sizeof(o->conf));
	case NGM_ONE2MANY_GET_STATS:
	case NGM_ONE2MANY_CLR_STATS:
	case NGM_ONE2MANY_GETCLR_STATS:
		return msg_stats(n, msg, reply);
	default:
		return -EINVAL;
	}
}

const struct ng_type ng_type_one2many = {
	.name = NG_ONE2MANY_NODE_TYPE,
	.cookie = NGM_ONE2MANY_COOKIE,
	.kind = NGD_ONE2MANY,
	.cmds = cmds,
	.priv_size = sizeof(struct o2m),
	.live_size = sizeof(struct o2m_live),
	.constructor = o2m_constructor,
	.newhook = o2m_newhook,
	.connect = o2m_connect,
	.disconnect = o2m_disconnect,
	.rcvmsg = o2m_rcvmsg,
	.publish = o2m_publish,
	.blob = o2m_blob,
};
