/*
 * ng_ref: the reference walk: what becomes of a packet, by the manual pages of
 * the node types, in the plainest way: one function calls the next, copies are
 * copies, and tags are bytes.  The data path's programs (src/netgraph/bpf) are
 * compared with it; and it makes a data path of plain memory walk.
 *
 * It reads the model (names of hooks, and what messages say about the
 * configuration), not the records that programs read.  It writes learned
 * addresses and counters where node types look for them.
 */
#ifndef CB_TESTS_NG_REF_H
#define CB_TESTS_NG_REF_H

#include "netgraph/dp_impl.h"
#include "netgraph/switch_roles.h"
#include "netgraph/type.h"

#include <arpa/inet.h>
#include <atf-c.h>
#include <netgraph/ng_bridge.h>
#include <netgraph/ng_etf.h>
#include <netgraph/ng_macfilter.h>
#include <netgraph/ng_one2many.h>
#include <netgraph/ng_vlan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define REF_DEPTH 200 /* nodes that a packet may cross */
#define REF_NSEC 1000000000ull
#define REF_NODES 4096

struct ref {
	struct ng_graph *g;
	int depth;
	struct ref_node {
		ng_ID_t id;
		unsigned int turn; /* one2many: whose it is */
		bool uplinks;	   /* bridge: the first hook was an uplink */
	} nodes[REF_NODES];
};

/* What a tag node has put on it, the newest first; not the VLAN's. */
#define REF_MARKS 4
struct ref_mark {
	uint32_t cookie;
	uint16_t id, len;
	uint8_t data[32];
};

struct ref_pkt {
	const uint8_t *data;
	size_t len;
	size_t nmarks;
	struct ref_mark mark[REF_MARKS];
};

/* The same packet with other bytes. */
static struct ref_pkt ref_with(struct ref_pkt p, const uint8_t *data,
			       size_t len)
{
	p.data = data;
	p.len = len;
	return p;
}

static void ref_in(struct ref *ref, struct ng_hook *h, struct ref_pkt p);

/* --- what they need ----------------------------------------------------- */

static uint64_t ref_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * REF_NSEC + (uint64_t)ts.tv_nsec;
}

static void ref_count(struct ng_hook *h, unsigned int what, uint64_t n)
{
	dp_memory_stats(ng_graph_dp(h->node->graph), h->slot)[what] += n;
}

static void ref_drop(struct ng_hook *h, enum ngd_drop why)
{
	ref_count(h, NGD_C_DROPS, 1);
	dp_memory_drop(ng_graph_dp(h->node->graph), why);
}

/* What is remembered of a node, from when it has its first hook. */
static struct ref_node *ref_node(struct ref *ref, const struct ng_node *n)
{
	size_t i = 0;

	while (ref->nodes[i].id && ref->nodes[i].id != n->id)
		ATF_REQUIRE(++i < REF_NODES);
	if (!ref->nodes[i].id) {
		ref->nodes[i].id = n->id;
		ref->nodes[i].uplinks = n->oldest && n->oldest->name[0] == 'u';
	}
	return &ref->nodes[i];
}

/* The answer to a message without arguments; the caller frees it. */
static struct ng_msgbuf *ref_ask(struct ng_node *n, uint32_t cookie,
				 uint32_t cmd)
{
	struct ng_mesg m = {.header = {.version = NG_VERSION,
				       .typecookie = cookie,
				       .cmd = cmd}};
	struct ng_reply reply = {0};

	ATF_REQUIRE_EQ(0, ng_message(n, n, NULL, &m, &reply));
	ATF_REQUIRE(reply.msg != NULL);
	return reply.msg;
}

static void ref_out(struct ref *ref, struct ng_hook *out, struct ng_hook *in,
		    struct ref_pkt p)
{
	if (!out || !out->peer) {
		ref_drop(in, NGD_D_NOPEER);
		return;
	}
	ref_count(out, NGD_C_OUT_PACKETS, 1);
	ref_count(out, NGD_C_OUT_OCTETS, p.len);
	ref_count(out->peer, NGD_C_IN_PACKETS, 1);
	ref_count(out->peer, NGD_C_IN_OCTETS, p.len);
	ref_in(ref, out->peer, p);
}

static struct ng_hook *ref_hook(const struct ng_node *n, const char *name)
{
	return ng_hook_by_name(n, name);
}

static uint16_t ref_u16(const uint8_t *b)
{
	return (uint16_t)(b[0] << 8 | b[1]);
}

/* --- hub, echo, hole, split, tee ---------------------------------------- */

static void ref_hub(struct ref *ref, struct ng_hook *in, struct ref_pkt p)
{
	for (struct ng_hook *h = in->node->hooks; h; h = h->older)
		if (h != in)
			ref_out(ref, h, in, p);
}

static void ref_echo(struct ref *ref, struct ng_hook *in, struct ref_pkt p)
{
	ref_out(ref, in, in, p);
}

static void ref_hole(struct ref *ref, struct ng_hook *in, struct ref_pkt p)
{
	(void)ref;
	(void)p;
	ref_drop(in, NGD_D_HOLE);
}

static void ref_split(struct ref *ref, struct ng_hook *in, struct ref_pkt p)
{
	if (!strcmp(in->name, "in"))
		ref_out(ref, ref_hook(in->node, "mixed"), in, p);
	else if (!strcmp(in->name, "mixed"))
		ref_out(ref, ref_hook(in->node, "out"), in, p);
	else
		ref_drop(in, NGD_D_HOOK);
}

static void ref_tee(struct ref *ref, struct ng_hook *in, struct ref_pkt p)
{
	static const struct {
		const char *in, *out, *copy;
	} ways[] = {
		{"left", "right", "left2right"},
		{"right", "left", "right2left"},
		{"left2right", "left", NULL},
		{"right2left", "right", NULL},
	};
	size_t i = 0;
	struct ng_hook *out, *copy;

	while (strcmp(ways[i].in, in->name))
		i++;
	out = ref_hook(in->node, ways[i].out);
	copy = ways[i].copy ? ref_hook(in->node, ways[i].copy) : NULL;
	if (copy)
		ref_out(ref, copy, in, p);
	if (out || !copy)
		ref_out(ref, out, in, p);
}

/* --- one2many ----------------------------------------------------------- */

/* The configuration, and the links that are up in the order of their numbers:
 * how many. */
static unsigned int ref_links(struct ng_node *n,
			      struct ng_hook *up[NG_ONE2MANY_MAX_LINKS],
			      struct ng_one2many_config *conf)
{
	struct ng_msgbuf *answer =
		ref_ask(n, NGM_ONE2MANY_COOKIE, NGM_ONE2MANY_GET_CONFIG);
	unsigned int nup = 0;

	memcpy(conf, answer->m.data, sizeof(*conf));
	free(answer);
	for (int i = 0; i < NG_ONE2MANY_MAX_LINKS; i++) {
		char name[NG_HOOKSIZ];

		snprintf(name, sizeof(name), "many%d", i);
		up[nup] = ref_hook(n, name);
		if (up[nup] && conf->enabledLinks[i])
			nup++;
	}
	return nup;
}

/* After a change: it is the turn of one that is there. */
static void ref_settle(struct ref *ref, struct ng_node *n)
{
	struct ng_hook *up[NG_ONE2MANY_MAX_LINKS];
	struct ng_one2many_config conf;
	unsigned int nup = ref_links(n, up, &conf);

	if (nup && conf.xmitAlg == NG_ONE2MANY_XMIT_ROUNDROBIN)
		ref_node(ref, n)->turn %= nup;
}

static void ref_one2many(struct ref *ref, struct ng_hook *in, struct ref_pkt p)
{
	struct ng_hook *up[NG_ONE2MANY_MAX_LINKS];
	struct ng_one2many_config conf;
	unsigned int n, *turn;

	if (strcmp(in->name, "one")) {
		ref_out(ref, ref_hook(in->node, "one"), in, p);
		return;
	}
	n = ref_links(in->node, up, &conf);
	if (!n) {
		ref_drop(in, NGD_D_NOPEER);
	} else if (conf.xmitAlg == NG_ONE2MANY_XMIT_ALL) {
		/* in the order in which floods go: the newest first */
		for (struct ng_hook *h = in->node->hooks; h; h = h->older)
			for (unsigned int i = 0; i < n; i++)
				if (up[i] == h)
					ref_out(ref, h, in, p);
	} else if (conf.xmitAlg == NG_ONE2MANY_XMIT_FAILOVER) {
		ref_out(ref, up[0], in, p);
	} else {
		ref_settle(ref, in->node);
		turn = &ref_node(ref, in->node)->turn;
		n = (*turn)++ % n;
		ref_settle(ref, in->node);
		ref_out(ref, up[n], in, p);
	}
}

/* --- bridge ------------------------------------------------------------- */

struct ref_host {
	struct ng_hook *link;
	unsigned int age;
	uint64_t seen;
};

static struct ngd_key ref_host_key(struct ng_node *n, const uint8_t *mac)
{
	struct ngd_key k = {.node = n->slot};

	memcpy(k.k, mac, 6);
	return k;
}

/* What is known about mac. */
static bool ref_host_get(struct ng_node *n, const uint8_t *mac,
			 unsigned int max, struct ref_host *ret)
{
	struct ng_dp *dp = ng_graph_dp(n->graph);
	struct ngd_key k = ref_host_key(n, mac);
	uint64_t now = ref_now(), max_ns = (max ? max : 1) * REF_NSEC;
	struct ngd_entry e;

	if (dp_table_get(dp, DP_FDB, &k, &e))
		return false;
	ret->link = ng_hook_by_slot(n->graph, e.hook, e.hook_gen);
	if (!ret->link || e.node_gen != n->gen || now >= e.seen + max_ns ||
	    (dp_hook(dp, e.hook)->flags ^ e.flags) >> 16)
		return false;
	ret->age = (unsigned int)((now - e.born) / REF_NSEC);
	ret->seen = e.seen;
	return true;
}

static void ref_host_put(struct ng_hook *h, const uint8_t *mac, bool moved)
{
	struct ng_dp *dp = ng_graph_dp(h->node->graph);
	struct ngd_key k = ref_host_key(h->node, mac);
	struct ngd_entry e = {0};

	if (moved)
		dp_table_get(dp, DP_FDB, &k, &e);
	else
		e.born = ref_now();
	e.seen = ref_now();
	e.hook = h->slot;
	e.hook_gen = dp_hook(dp, h->slot)->gen;
	e.node_gen = h->node->gen;
	e.flags = dp_hook(dp, h->slot)->flags & 0xffff0000u;
	dp_table_set(dp, DP_FDB, &k, &e);
}

static bool ref_uplink(const struct ng_hook *h)
{
	return h->name[0] == 'u';
}

/* false: the packet is not to be bridged. */
static bool ref_bridge_ok(struct ng_hook *in, struct ref_pkt p)
{
	struct ngd_hook *d = dp_hook(ng_graph_dp(in->node->graph), in->slot);
	unsigned int what;
	enum ngd_drop why;

	if (p.len < 14) {
		what = NGD_BRIDGE_C_RUNTS;
		why = NGD_D_RUNT;
	} else if (p.data[6] & 1) {
		what = NGD_BRIDGE_C_INVALID;
		why = NGD_D_INVALID;
	} else if (d->conf > ref_now() / REF_NSEC) {
		what = NGD_BRIDGE_C_MUTED;
		why = NGD_D_MUTED;
	} else {
		return true;
	}
	ref_count(in, what, 1);
	ref_count(in, NGD_BRIDGE_C_BAD_OCTETS, p.len);
	ref_drop(in, why);
	return false;
}

/* false: a loop, and the link has been muted. */
static bool ref_bridge_learn(struct ng_hook *in, const uint8_t *mac,
			     const struct ng_bridge_config *conf)
{
	struct ngd_hook *d = dp_hook(ng_graph_dp(in->node->graph), in->slot);
	struct ref_host host;
	bool known = ref_host_get(in->node, mac, conf->maxStaleness, &host);

	if (known && host.link == in) {
		ref_host_put(in, mac, true);
	} else if (known && host.age < conf->minStableAge) {
		d->conf = (uint32_t)(ref_now() / REF_NSEC) + conf->loopTimeout;
		d->flags += 0x10000;
		ref_count(in, NGD_BRIDGE_C_LOOPS, 1);
		ref_drop(in, NGD_D_MUTED);
		return false;
	} else if (known || !ref_uplink(in)) {
		ref_host_put(in, mac, false);
	}
	return true;
}

static void ref_bridge(struct ref *ref, struct ng_hook *in, struct ref_pkt p)
{
	struct ng_msgbuf *answer =
		ref_ask(in->node, NGM_BRIDGE_COOKIE, NGM_BRIDGE_GET_CONFIG);
	static const uint8_t all[6] = {255, 255, 255, 255, 255, 255};
	struct ng_bridge_config conf;
	struct ref_host to;
	bool known, many, uplinks = ref_node(ref, in->node)->uplinks;

	memcpy(&conf, answer->m.data, sizeof(conf));
	free(answer);
	if (!ref_bridge_ok(in, p))
		return;
	many = p.data[0] & 1;
	known = !many && ref_host_get(in->node, p.data, conf.maxStaleness, &to);
	if (many)
		ref_count(in,
			  memcmp(p.data, all, 6) ? NGD_BRIDGE_C_MULTICAST_IN
						 : NGD_BRIDGE_C_BROADCAST_IN,
			  1);
	if (!ref_bridge_learn(in, p.data + 6, &conf))
		return;
	if (known) {
		if (to.link == in)
			ref_drop(in, NGD_D_FILTER);
		else
			ref_out(ref, to.link, in, p);
		return;
	}
	if (!many)
		ref_count(in, NGD_BRIDGE_C_UNKNOWN, 1);
	for (struct ng_hook *h = in->node->hooks; h; h = h->older) {
		if (h == in || (!many && uplinks && !ref_uplink(h)))
			continue;
		if (many)
			ref_count(h,
				  memcmp(p.data, all, 6)
					  ? NGD_BRIDGE_C_MULTICAST_OUT
					  : NGD_BRIDGE_C_BROADCAST_OUT,
				  1);
		ref_out(ref, h, in, p);
	}
}

/* --- vlan, etf, macfilter ----------------------------------------------- */

static void ref_vlan_up(struct ref *ref, struct ng_hook *in,
			const struct ng_vlan_table *table, uint16_t proto,
			struct ref_pkt p)
{
	struct ng_node *n = in->node;
	uint8_t *plain;

	for (uint32_t i = 0; i < table->n && p.len >= 18; i++) {
		if (ref_u16(p.data + 12) != proto ||
		    (ref_u16(p.data + 14) & 0xfff) != table->filter[i].vid)
			continue;
		plain = malloc(p.len);
		ATF_REQUIRE(plain != NULL);
		memcpy(plain, p.data, 12);
		memcpy(plain + 12, p.data + 16, p.len - 16);
		ref_out(ref, ref_hook(n, table->filter[i].hook_name), in,
			ref_with(p, plain, p.len - 4));
		free(plain);
		return;
	}
	ref_out(ref, ref_hook(n, "nomatch"), in, p);
}

static void ref_vlan_down(struct ref *ref, struct ng_hook *in,
			  const struct ng_vlan_table *table, uint16_t proto,
			  struct ref_pkt p)
{
	uint8_t *tagged;
	uint16_t words[2];
	uint32_t i = 0;

	while (i < table->n && strcmp(table->filter[i].hook_name, in->name))
		i++;
	if (i == table->n) {
		ref_drop(in, NGD_D_HOOK);
		return;
	}
	words[0] = htons(proto);
	words[1] = htons((uint16_t)(table->filter[i].pcp << 13 |
				    table->filter[i].cfi << 12 |
				    table->filter[i].vid));
	tagged = malloc(p.len + 4);
	ATF_REQUIRE(tagged != NULL);
	memcpy(tagged, p.data, 12);
	memcpy(tagged + 12, words, 4);
	memcpy(tagged + 16, p.data + 12, p.len - 12);
	ref_out(ref, ref_hook(in->node, "downstream"), in,
		ref_with(p, tagged, p.len + 4));
	free(tagged);
}

static void ref_vlan(struct ref *ref, struct ng_hook *in, struct ref_pkt p)
{
	struct ng_msgbuf *table, *answer;
	uint16_t proto;

	if (p.len < 14) {
		ref_drop(in, NGD_D_RUNT);
		return;
	}
	if (!strcmp(in->name, "nomatch")) {
		ref_out(ref, ref_hook(in->node, "downstream"), in, p);
		return;
	}
	table = ref_ask(in->node, NGM_VLAN_COOKIE, NGM_VLAN_GET_TABLE);
	answer = ref_ask(in->node, NGM_VLAN_COOKIE, NGM_VLAN_GET_ENCAP_PROTO);
	memcpy(&proto, answer->m.data, sizeof(proto));
	if (!strcmp(in->name, "downstream"))
		ref_vlan_up(ref, in, (const void *)table->m.data, proto, p);
	else
		ref_vlan_down(ref, in, (const void *)table->m.data, proto, p);
	free(table);
	free(answer);
}

/* The hook that a rule with that key says. */
static struct ng_hook *ref_rule(struct ng_node *n, const void *key, size_t len,
				size_t count)
{
	struct ng_dp *dp = ng_graph_dp(n->graph);
	struct ngd_key k = {.node = n->slot};
	struct ngd_entry e;
	struct ng_hook *h;

	memcpy(k.k, key, len);
	if (dp_table_get(dp, DP_RULES, &k, &e))
		return NULL;
	h = ng_hook_by_slot(n->graph, e.hook, e.hook_gen);
	if (!h || e.node_gen != n->gen)
		return NULL;
	if (count) {
		e.born++;
		e.seen += count - 14;
		dp_table_set(dp, DP_RULES, &k, &e);
	}
	return h;
}

static void ref_etf(struct ref *ref, struct ng_hook *in, struct ref_pkt p)
{
	struct ng_hook *match;

	if (p.len < 14) {
		ref_drop(in, NGD_D_RUNT);
		return;
	}
	match = ref_rule(in->node, p.data + 12, 2, 0);
	if (!match)
		match = ref_hook(in->node, "nomatch");
	if (!strcmp(in->name, "downstream"))
		ref_out(ref, match, in, p);
	else if (match != in)
		ref_drop(in, NGD_D_FILTER);
	else
		ref_out(ref, ref_hook(in->node, "downstream"), in, p);
}

static void ref_macfilter(struct ref *ref, struct ng_hook *in, struct ref_pkt p)
{
	struct ng_hook *ether = ref_hook(in->node, "ether"), *to;
	uint8_t key[7] = {0};

	if (p.len < 14) {
		ref_drop(in, NGD_D_RUNT);
		return;
	}
	memcpy(key, p.data + (in == ether ? 6 : 0), 6);
	key[6] = in == ether ? NGD_MAC_IN : NGD_MAC_OUT;
	to = in == ether || ether ? ref_rule(in->node, key, sizeof(key), p.len)
				  : NULL;
	if (in != ether)
		to = ether;
	else if (!to)
		to = ref_hook(in->node, "default");
	ref_out(ref, to, in, p);
}

#include "ng_ref_filter.h"

/* --- all of them -------------------------------------------------------- */

static const struct {
	const char *type;
	void (*walk)(struct ref *ref, struct ng_hook *in, struct ref_pkt p);
} ref_types[] = {
	{"bpf", ref_bpf},
	{"bridge", ref_bridge},
	{"checksum", ref_checksum},
	{"echo", ref_echo},
	{"etf", ref_etf},
	{"ether_echo", ref_ether_echo},
	{"hole", ref_hole},
	{"hub", ref_hub},
	{"macfilter", ref_macfilter},
	{"one2many", ref_one2many},
	{"patch", ref_patch},
	{"split", ref_split},
	{"tag", ref_tag},
	{"tcpmss", ref_tcpmss},
	{"tee", ref_tee},
	{"vlan", ref_vlan},
	{"vlan_rotate", ref_vlan_rotate},
};

/* A packet has come to its node by h. */
static void ref_in(struct ref *ref, struct ng_hook *h, struct ref_pkt p)
{
	struct ng_dp *dp = ng_graph_dp(ref->g);
	struct ngd_up up = {.kind = NGD_UP_DATA,
			    .hook = h->slot,
			    .gen = dp_hook(dp, h->slot)->gen,
			    .len = (uint32_t)p.len};
	size_t i = 0;

	if (h->node->type->kind == NGD_USER) {
		ATF_REQUIRE_EQ(0, dp_memory_up(dp, &up, p.data));
		return;
	}
	if (ref->depth >= REF_DEPTH) {
		ref_drop(h, NGD_D_LOOP);
		return;
	}
	while (strcmp(ref_types[i].type, h->node->type->name))
		ATF_REQUIRE(++i < sizeof(ref_types) / sizeof(ref_types[0]));
	ref->depth++;
	ref_types[i].walk(ref, h, p);
	ref->depth--;
}

/* dp_walk_fn */
static void ref_walk(struct ng_dp *dp, uint32_t hook, const void *data,
		     size_t len, void *arg)
{
	struct ref *ref = arg;
	struct ng_hook *h =
		ng_hook_by_slot(ref->g, hook, dp_hook(dp, hook)->gen);

	ATF_REQUIRE(h != NULL);
	ref_in(ref, h, (struct ref_pkt){.data = data, .len = len});
}

#endif
