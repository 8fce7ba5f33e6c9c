/*
 * netflow: which flows have passed, told to a collector, ng_netflow(4).
 *
 * What comes by ifaceN is counted and leaves by outN, what comes by outN
 * leaves by ifaceN (and is counted, if setconfig says so).  Flows that have
 * ended come out of hook export, as NetFlow version 5 datagrams for a ksocket,
 * and out of export9 by version 9 (netflow_export.h).  IPv6 is counted while
 * export9 is connected, as on FreeBSD.
 *
 * In the kernel (bpf/netflow.bpf.h): counting, in one table of 65,536 flows
 * for all such nodes of a vnet, and the way of the packets.  In the broker,
 * once a second: which flows have ended (nothing for the inactive timeout,
 * longer than the active one, FIN or RST seen), and the datagrams.  A killed
 * broker's successor finds the flows where they were.
 *
 * Unlike FreeBSD: routes are not looked up, so that next hop and masks are 0;
 * datagrams do not wait until they are full; ONCE and THISONCE know of the last
 * two nodes that have one of them, and of none behind a node that changes a
 * flood's copies; an interface is configured when it is there.
 */
#include "netgraph/dp.h"
#include "netgraph/netflow_export.h"
#include "netgraph/node.h"
#include "netgraph/now.h"
#include "netgraph/types_traffic.h"

#include <errno.h>
#include <netgraph/ng_netflow.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#define NS_A_SECOND 1000000000ull
#define INACTIVE 15
#define ACTIVE 1800

#define CONF_ALL                                                               \
	(NG_NETFLOW_CONF_INGRESS | NG_NETFLOW_CONF_EGRESS |                    \
	 NG_NETFLOW_CONF_ONCE | NG_NETFLOW_CONF_THISONCE |                     \
	 NG_NETFLOW_CONF_NOSRCLOOKUP | NG_NETFLOW_CONF_NODSTLOOKUP)

struct netflow_priv {
	uint32_t inactive, active;
	uint64_t active_expiries, inactive_expiries;
	struct nf_export export;
};

/* What is told of an interface lies in its hooks' flags; conf bits that mean
 * nothing to packets, too. */
#define KEPT_CONF(conf) ((conf)&0x30u)

struct scan {
	struct ng_node *n;
	uint64_t now;
	struct ngd_nf_key *ended; /* owned */
	size_t nended, size;
};

static uint16_t index_of(const struct ng_node *n, uint32_t slot)
{
	for (const struct ng_hook *h = n->hooks; slot && h; h = h->older)
		if (h->slot == slot)
			return (uint16_t)NGD_NF_INDEX(h->flags);
	return 0;
}

/* ---------------------------------------------------------- what has ended */

/* Never more than the table has. */
static int end(struct scan *s, const struct ngd_nf_key *k)
{
	if (s->nended == s->size) {
		size_t size = s->size ? 2 * s->size : 256;
		struct ngd_nf_key *more =
			reallocarray(s->ended, size, sizeof(*more));

		if (!more)
			return -ENOMEM;
		s->ended = more;
		s->size = size;
	}
	s->ended[s->nended++] = *k;
	return 0;
}

static int see_flow(const struct ngd_nf_key *k, const struct ngd_nf_flow *f,
		    void *arg)
{
	struct scan *s = arg;
	struct netflow_priv *p = s->n->priv;
	uint64_t idle = f->last < s->now ? s->now - f->last : 0;
	uint64_t age = f->first < s->now ? s->now - f->first : 0;

	if (age / NS_A_SECOND >= p->active)
		p->active_expiries++;
	else if (idle / NS_A_SECOND >= p->inactive ||
		 f->tcp_flags & (TH_FIN | TH_RST))
		p->inactive_expiries++;
	else
		return 0;
	return end(s, k);
}

static void scan_flows(struct ng_node *n, dp_flow_fn *fn)
{
	struct ng_dp *dp = ng_graph_dp(n->graph);
	struct netflow_priv *p = n->priv;
	struct scan s = {.n = n, .now = ng_now()};
	struct nf_out out = {.n = n, .x = &p->export, .now = s.now};
	struct ngd_nf_flow f;

	dp_flow_each(dp, n->slot, fn, &s);
	for (size_t i = 0; i < s.nended; i++)
		if (dp_flow_take(dp, &s.ended[i], &f) == 0)
			nf_out_add(&out, &s.ended[i], &f, index_of(n, f.out));
	nf_out_end(&out);
	free(s.ended);
	if (s.nended)
		ng_node_changed(n);
}

static void on_time(struct ng_node *n)
{
	scan_flows(n, see_flow);
	ng_timer(n, ng_now() + NS_A_SECOND, on_time);
}

static int see_any(const struct ngd_nf_key *k, const struct ngd_nf_flow *f,
		   void *arg)
{
	(void)f;
	return end(arg, k);
}

/* ------------------------------------------------------------ messages */

static struct ng_hook *hook_of(const struct ng_node *n, unsigned int role,
			       uint32_t number)
{
	for (struct ng_hook *h = n->hooks; h; h = h->older)
		if (h->role == role && h->number == number)
			return h;
	return NULL;
}

static int count_flow(const struct ngd_nf_key *k, const struct ngd_nf_flow *f,
		      void *arg)
{
	struct ng_netflow_info *info = arg;

	(void)f;
	if (k->version == 6)
		info->nfinfo_used6++;
	else
		info->nfinfo_used++;
	return 0;
}

static int get_info(struct ng_node *n, const struct ng_mesg *m,
		    struct ng_reply *reply)
{
	const struct netflow_priv *p = n->priv;
	struct ng_netflow_info info = {
		.nfinfo_act_exp = p->active_expiries,
		.nfinfo_inact_exp = p->inactive_expiries,
		.nfinfo_export_failed = p->export.failed,
		.nfinfo_export9_failed = p->export.failed9,
		.nfinfo_inact_t = p->inactive,
		.nfinfo_act_t = p->active,
	};
	uint64_t c[NGD_COUNTERS], *own;

	for (struct ng_hook *h = n->hooks; h; h = h->older) {
		ng_hook_counters(h, c);
		own = c + NGD_C_TYPE;
		info.nfinfo_packets += own[NGD_NF_C_PACKETS];
		info.nfinfo_bytes += own[NGD_NF_C_OCTETS];
		info.nfinfo_packets6 += own[NGD_NF_C_PACKETS6];
		info.nfinfo_bytes6 += own[NGD_NF_C_OCTETS6];
		info.nfinfo_spackets += own[NGD_NF_C_SKIPPED];
		info.nfinfo_sbytes += own[NGD_NF_C_SKIPPED_OCTETS];
		info.nfinfo_spackets6 += own[NGD_NF_C_SKIPPED6];
		info.nfinfo_sbytes6 += own[NGD_NF_C_SKIPPED_OCTETS6];
		info.nfinfo_alloc_failed += (uint32_t)own[NGD_NF_C_FULL];
	}
	dp_flow_each(ng_graph_dp(n->graph), n->slot, count_flow, &info);
	return ng_answer(reply, m, &info, sizeof(info));
}

static uint32_t conf_of(uint32_t flags)
{
	return (flags & NGD_NF_INGRESS ? NG_NETFLOW_CONF_INGRESS : 0) |
	       (flags & NGD_NF_EGRESS ? NG_NETFLOW_CONF_EGRESS : 0) |
	       (flags & NGD_NF_ONCE ? NG_NETFLOW_CONF_ONCE : 0) |
	       (flags & NGD_NF_THISONCE ? NG_NETFLOW_CONF_THISONCE : 0) |
	       KEPT_CONF(flags);
}

static int get_ifinfo(struct ng_node *n, const struct ng_mesg *m,
		      struct ng_reply *reply)
{
	const uint16_t *number = NG_ARG(m, uint16_t);
	struct ng_netflow_ifinfo info;
	uint64_t c[NGD_COUNTERS];
	struct ng_hook *h;

	if (!number)
		return -EINVAL;
	h = hook_of(n, NGD_NF_IFACE, *number);
	if (!h)
		return -EINVAL;
	memset(&info, 0, sizeof(info));
	ng_hook_counters(h, c);
	info.ifinfo_packets = (uint32_t)(c[NGD_C_TYPE + NGD_NF_C_PACKETS] +
					 c[NGD_C_TYPE + NGD_NF_C_PACKETS6]);
	info.ifinfo_dlt = h->flags & NGD_NF_RAW ? DLT_RAW : DLT_EN10MB;
	info.ifinfo_index = (uint16_t)NGD_NF_INDEX(h->flags);
	info.conf = conf_of(h->flags);
	return ng_answer(reply, m, &info, sizeof(info));
}

/* Both hooks of interface `number` are told; -ENOENT: it has no ifaceN. */
static int set_flags(struct ng_node *n, uint32_t number, uint32_t mask,
		     uint32_t flags)
{
	static const unsigned int roles[] = {NGD_NF_IFACE, NGD_NF_OUT};

	if (!hook_of(n, NGD_NF_IFACE, number))
		return -ENOENT;
	for (size_t i = 0; i < 2; i++) {
		struct ng_hook *h = hook_of(n, roles[i], number);
		int r;

		if (!h)
			continue;
		h->flags = (h->flags & ~mask) | flags;
		r = ng_hook_changed(h);
		if (r < 0)
			return r;
	}
	return 0;
}

static int set_dlt(struct ng_node *n, const struct ng_mesg *m,
		   struct ng_reply *reply)
{
	const struct ng_netflow_setdlt *a = NG_ARG(m, struct ng_netflow_setdlt);

	(void)reply;
	if (!a || (a->dlt != DLT_EN10MB && a->dlt != DLT_RAW) ||
	    !hook_of(n, NGD_NF_IFACE, a->iface))
		return -EINVAL;
	return set_flags(n, a->iface, NGD_NF_RAW,
			 a->dlt == DLT_RAW ? NGD_NF_RAW : 0);
}

static int set_index(struct ng_node *n, const struct ng_mesg *m,
		     struct ng_reply *reply)
{
	const struct ng_netflow_setifindex *a =
		NG_ARG(m, struct ng_netflow_setifindex);

	(void)reply;
	if (!a || !hook_of(n, NGD_NF_IFACE, a->iface))
		return -EINVAL;
	return set_flags(n, a->iface, 0xffff0000u, (uint32_t)a->index << 16);
}

static int set_timeouts(struct ng_node *n, const struct ng_mesg *m,
			struct ng_reply *reply)
{
	const struct ng_netflow_settimeouts *a =
		NG_ARG(m, struct ng_netflow_settimeouts);
	struct netflow_priv *p = n->priv;

	(void)reply;
	if (!a)
		return -EINVAL;
	p->inactive = a->inactive_timeout;
	p->active = a->active_timeout;
	return ng_node_changed(n);
}

static int set_config(struct ng_node *n, const struct ng_mesg *m,
		      struct ng_reply *reply)
{
	const struct ng_netflow_setconfig *a =
		NG_ARG(m, struct ng_netflow_setconfig);
	uint32_t f;

	(void)reply;
	if (!a || a->conf & ~(uint32_t)CONF_ALL)
		return -EINVAL;
	f = (a->conf & NG_NETFLOW_CONF_INGRESS ? NGD_NF_INGRESS : 0) |
	    (a->conf & NG_NETFLOW_CONF_EGRESS ? NGD_NF_EGRESS : 0) |
	    (a->conf & NG_NETFLOW_CONF_ONCE ? NGD_NF_ONCE : 0) |
	    (a->conf & NG_NETFLOW_CONF_THISONCE ? NGD_NF_THISONCE : 0) |
	    KEPT_CONF(a->conf);
	return set_flags(n, a->iface,
			 NGD_NF_INGRESS | NGD_NF_EGRESS | NGD_NF_ONCE |
				 NGD_NF_THISONCE | KEPT_CONF(~0u),
			 f);
}

static int set_template(struct ng_node *n, const struct ng_mesg *m,
			struct ng_reply *reply)
{
	const struct ng_netflow_settemplate *a =
		NG_ARG(m, struct ng_netflow_settemplate);
	struct netflow_priv *p = n->priv;

	(void)reply;
	if (!a)
		return -EINVAL;
	p->export.templ_time = a->time;
	p->export.templ_packets = a->packets;
	return ng_node_changed(n);
}

static int set_mtu(struct ng_node *n, const struct ng_mesg *m,
		   struct ng_reply *reply)
{
	const struct ng_netflow_setmtu *a = NG_ARG(m, struct ng_netflow_setmtu);
	struct netflow_priv *p = n->priv;

	(void)reply;
	if (!a || a->mtu < NF_MIN_MTU || a->mtu > NF_MAX_MTU)
		return -EINVAL;
	p->export.mtu = a->mtu;
	return ng_node_changed(n);
}

static int get_v9info(struct ng_node *n, const struct ng_mesg *m,
		      struct ng_reply *reply)
{
	const struct netflow_priv *p = n->priv;
	struct ng_netflow_v9info info = {
		.templ_packets = p->export.templ_packets,
		.templ_time = p->export.templ_time,
		.mtu = p->export.mtu,
	};

	return ng_answer(reply, m, &info, sizeof(info));
}

/* ---------------------------------------------- the table, for flowctl(8) */

struct show {
	const struct ng_node *n;
	uint8_t *to; /* the next record */
	uint8_t version;
	uint32_t skip, n_to, room;
	bool more;
};

/* What both versions' records have. */
#define SHOW_REST(d, s, k, f)                                                  \
	do {                                                                   \
		(d).r.r_sport = (k)->sport;                                    \
		(d).r.r_dport = (k)->dport;                                    \
		(d).r.r_ip_p = (k)->proto;                                     \
		(d).r.r_tos = (k)->tos;                                        \
		(d).fle_i_ifx = (k)->ifx;                                      \
		(d).fle_o_ifx = index_of((s)->n, (f)->out);                    \
		(d).packets = (f)->packets;                                    \
		(d).bytes = (f)->bytes;                                        \
		(d).first = (long)((f)->first / NS_A_SECOND);                  \
		(d).last = (long)((f)->last / NS_A_SECOND);                    \
		(d).tcp_flags = (uint8_t)(f)->tcp_flags;                       \
	} while (0)

static size_t show4(const struct show *s, const struct ngd_nf_key *k,
		    const struct ngd_nf_flow *f)
{
	struct flow_entry_data d;

	memset(&d, 0, sizeof(d));
	d.version = 4;
	memcpy(&d.r.r_src, k->src, sizeof(d.r.r_src));
	memcpy(&d.r.r_dst, k->dst, sizeof(d.r.r_dst));
	SHOW_REST(d, s, k, f);
	memcpy(s->to, &d, sizeof(d));
	return sizeof(d);
}

static size_t show6(const struct show *s, const struct ngd_nf_key *k,
		    const struct ngd_nf_flow *f)
{
	struct flow6_entry_data d;

	memset(&d, 0, sizeof(d));
	d.version = 6;
	memcpy(&d.r.src, k->src, sizeof(d.r.src));
	memcpy(&d.r.dst, k->dst, sizeof(d.r.dst));
	SHOW_REST(d, s, k, f);
	memcpy(s->to, &d, sizeof(d));
	return sizeof(d);
}

static int show_flow(const struct ngd_nf_key *k, const struct ngd_nf_flow *f,
		     void *arg)
{
	struct show *s = arg;

	if (k->version != s->version)
		return 0;
	if (s->skip) {
		s->skip--;
		return 0;
	}
	if (s->n_to == s->room) {
		s->more = true;
		return 1;
	}
	s->to += s->version == 6 ? show6(s, k, f) : show4(s, k, f);
	s->n_to++;
	return 0;
}

/* hash_id and list_id of an answer are where the next one begins; 0: there is
 * none. */
static int show(struct ng_node *n, const struct ng_mesg *m,
		struct ng_reply *reply)
{
	const struct ngnf_show_header *a = NG_ARG(m, struct ngnf_show_header);
	struct show s = {.n = n, .room = NREC_AT_ONCE};
	struct ngnf_show_header *head;
	uint8_t *room;
	int r;

	if (!a || (a->version != 4 && a->version != 6))
		return -EINVAL;
	s.version = a->version;
	if (s.version == 6)
		s.room = NREC6_AT_ONCE;
	room = ng_answer_room(reply, m, NGRESP_SIZE);
	if (!room)
		return -ENOMEM;
	s.skip = a->list_id;
	s.to = room + sizeof(*head);
	r = dp_flow_each(ng_graph_dp(n->graph), n->slot, show_flow, &s);
	if (r < 0)
		return r;
	head = (struct ngnf_show_header *)room;
	head->version = s.version;
	head->nentries = s.n_to;
	head->list_id = s.more ? a->list_id + s.n_to : 0;
	reply->msg->m.header.arglen = (uint32_t)(s.to - room);
	reply->msg->size = sizeof(reply->msg->m) + reply->msg->m.header.arglen;
	return 0;
}

typedef int msg_fn(struct ng_node *n, const struct ng_mesg *m,
		   struct ng_reply *reply);

static const struct {
	uint32_t cmd;
	msg_fn *fn;
} msgs[] = {
	{NGM_NETFLOW_INFO, get_info},
	{NGM_NETFLOW_IFINFO, get_ifinfo},
	{NGM_NETFLOW_SHOW, show},
	{NGM_NETFLOW_SETDLT, set_dlt},
	{NGM_NETFLOW_SETIFINDEX, set_index},
	{NGM_NETFLOW_SETTIMEOUTS, set_timeouts},
	{NGM_NETFLOW_SETCONFIG, set_config},
	{NGM_NETFLOW_SETTEMPLATE, set_template},
	{NGM_NETFLOW_SETMTU, set_mtu},
	{NGM_NETFLOW_V9INFO, get_v9info},
};

static int netflow_rcvmsg(struct ng_node *n, const struct ng_mesg *m,
			  struct ng_hook *last, struct ng_reply *reply)
{
	(void)last;
	if (m->header.typecookie != NGM_NETFLOW_COOKIE)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(msgs) / sizeof(msgs[0]); i++)
		if (msgs[i].cmd == m->header.cmd)
			return msgs[i].fn(n, m, reply);
	return -EINVAL;
}

/* ------------------------------------------------------- hooks and life */

static int netflow_constructor(struct ng_node *n)
{
	struct netflow_priv *p = n->priv;

	p->inactive = INACTIVE;
	p->active = ACTIVE;
	nf_export_init(&p->export);
	return 0;
}

/* N of a name prefixN; -1 */
static long number_of(const char *name, const char *prefix)
{
	size_t len = strlen(prefix);
	char *last;
	unsigned long v;

	if (strncmp(name, prefix, len) != 0 || name[len] < '0' ||
	    name[len] > '9')
		return -1;
	v = strtoul(name + len, &last, 10);
	return *last || v >= NG_NETFLOW_MAXIFACES ? -1 : (long)v;
}

static int netflow_newhook(struct ng_node *n, struct ng_hook *h)
{
	const struct ng_hook *other;
	long number;

	if (strcmp(h->name, NG_NETFLOW_HOOK_EXPORT) == 0) {
		h->role = NGD_NF_EXPORT;
		return 0;
	}
	if (strcmp(h->name, NG_NETFLOW_HOOK_EXPORT9) == 0) {
		h->role = NGD_NF_EXPORT9;
		return 0;
	}
	number = number_of(h->name, NG_NETFLOW_HOOK_DATA);
	h->role = number >= 0 ? NGD_NF_IFACE : NGD_NF_OUT;
	if (number < 0)
		number = number_of(h->name, NG_NETFLOW_HOOK_OUT);
	if (number < 0)
		return -EINVAL;
	h->number = (uint32_t)number;
	if (hook_of(n, h->role, h->number))
		return -EISCONN; /* out01 */
	other = hook_of(n, h->role == NGD_NF_IFACE ? NGD_NF_OUT : NGD_NF_IFACE,
			h->number);
	h->flags =
		other ? other->flags : NGD_NF_INGRESS | (uint32_t)number << 16;
	return 0;
}

/* A pair's hooks know each other, while both are there. */
static int pair(struct ng_hook *h, bool there)
{
	struct ng_hook *other;
	int r;

	if (h->role == NGD_NF_EXPORT || h->role == NGD_NF_EXPORT9)
		return 0;
	other = hook_of(h->node,
			h->role == NGD_NF_IFACE ? NGD_NF_OUT : NGD_NF_IFACE,
			h->number);
	if (!other)
		return 0;
	other->conf = there ? h->slot : 0;
	r = ng_hook_changed(other);
	if (r < 0 || !there)
		return r;
	h->conf = other->slot;
	return ng_hook_changed(h);
}

static int netflow_connect(struct ng_hook *h)
{
	ng_busy(h->node, true);
	ng_timer(h->node, ng_now() + NS_A_SECOND, on_time);
	return pair(h, true);
}

static void netflow_disconnect(struct ng_hook *h)
{
	pair(h, false);
}

/* All flows are told before the hooks go, and have gone from here. */
static void netflow_closing(struct ng_node *n)
{
	scan_flows(n, see_any);
	ng_graph_drain(n->graph);
}

static int netflow_shutdown(struct ng_node *n)
{
	/* what has passed since, or without closing */
	scan_flows(n, see_any);
	return 0;
}

static int netflow_restore(struct ng_node *n)
{
	const struct netflow_priv *p = n->priv;

	if (p->export.mtu < NF_MIN_MTU || p->export.mtu > NF_MAX_MTU)
		return -EINVAL;
	ng_busy(n, true);
	ng_timer(n, ng_now() + NS_A_SECOND, on_time);
	return 0;
}

/* --------------------------------------------------- arguments as text */

static const struct ng_pfield info_fields[] = {
	NODE_FIELD("IPv4 bytes", &ng_p_uint64),
	NODE_FIELD("IPv4 packets", &ng_p_uint64),
	NODE_FIELD("IPv6 bytes", &ng_p_uint64),
	NODE_FIELD("IPv6 packets", &ng_p_uint64),
	NODE_FIELD("IPv4 skipped bytes", &ng_p_uint64),
	NODE_FIELD("IPv4 skipped packets", &ng_p_uint64),
	NODE_FIELD("IPv6 skipped bytes", &ng_p_uint64),
	NODE_FIELD("IPv6 skipped packets", &ng_p_uint64),
	NODE_FIELD("Active expiries", &ng_p_uint64),
	NODE_FIELD("Inactive expiries", &ng_p_uint64),
	NODE_FIELD("IPv4 records used", &ng_p_uint32),
	NODE_FIELD("IPv6 records used", &ng_p_uint32),
	NODE_FIELD("Failed allocations", &ng_p_uint32),
	NODE_FIELD("V5 failed exports", &ng_p_uint32),
	NODE_FIELD("V9 failed exports", &ng_p_uint32),
	NODE_FIELD("mbuf reallocations", &ng_p_uint32),
	NODE_FIELD("fibs allocated", &ng_p_uint32),
	NODE_FIELD("Inactive timeout", &ng_p_uint32),
	NODE_FIELD("Active timeout", &ng_p_uint32),
	{0},
};
static const struct ng_ptype info_type = {.kind = NGP_STRUCT,
					  .fields = info_fields};
static const struct ng_pfield ifinfo_fields[] = {
	NODE_FIELD("packets", &ng_p_uint32),
	NODE_FIELD("data link type", &ng_p_uint8),
	NODE_FIELD("index", &ng_p_uint16),
	NODE_FIELD("conf", &ng_p_uint32),
	{0},
};
static const struct ng_ptype ifinfo_type = {.kind = NGP_STRUCT,
					    .fields = ifinfo_fields};
static const struct ng_pfield setdlt_fields[] = {
	NODE_FIELD("iface", &ng_p_uint16),
	NODE_FIELD("dlt", &ng_p_uint8),
	{0},
};
static const struct ng_ptype setdlt_type = {.kind = NGP_STRUCT,
					    .fields = setdlt_fields};
static const struct ng_pfield setifindex_fields[] = {
	NODE_FIELD("iface", &ng_p_uint16),
	NODE_FIELD("index", &ng_p_uint16),
	{0},
};
static const struct ng_ptype setifindex_type = {.kind = NGP_STRUCT,
						.fields = setifindex_fields};
static const struct ng_pfield settimeouts_fields[] = {
	NODE_FIELD("inactive", &ng_p_uint32),
	NODE_FIELD("active", &ng_p_uint32),
	{0},
};
static const struct ng_ptype settimeouts_type = {.kind = NGP_STRUCT,
						 .fields = settimeouts_fields};
static const struct ng_pfield setconfig_fields[] = {
	NODE_FIELD("iface", &ng_p_uint16),
	NODE_FIELD("conf", &ng_p_uint32),
	{0},
};
static const struct ng_ptype setconfig_type = {.kind = NGP_STRUCT,
					       .fields = setconfig_fields};
static const struct ng_pfield settemplate_fields[] = {
	NODE_FIELD("time", &ng_p_uint16),
	NODE_FIELD("packets", &ng_p_uint16),
	{0},
};
static const struct ng_ptype settemplate_type = {.kind = NGP_STRUCT,
						 .fields = settemplate_fields};
static const struct ng_pfield setmtu_fields[] = {
	NODE_FIELD("mtu", &ng_p_uint16),
	{0},
};
static const struct ng_ptype setmtu_type = {.kind = NGP_STRUCT,
					    .fields = setmtu_fields};
static const struct ng_pfield v9info_fields[] = {
	NODE_FIELD("v9 template packets", &ng_p_uint16),
	NODE_FIELD("v9 template time", &ng_p_uint16),
	NODE_FIELD("v9 MTU", &ng_p_uint16),
	{0},
};
static const struct ng_ptype v9info_type = {.kind = NGP_STRUCT,
					    .fields = v9info_fields};

#define CMD(number, word, arg, answer)                                         \
	{                                                                      \
		NGM_NETFLOW_COOKIE, number, word, arg, answer                  \
	}
static const struct ng_cmd netflow_cmds[] = {
	CMD(NGM_NETFLOW_INFO, "info", NULL, &info_type),
	CMD(NGM_NETFLOW_IFINFO, "ifinfo", &ng_p_uint16, &ifinfo_type),
	CMD(NGM_NETFLOW_SETDLT, "setdlt", &setdlt_type, NULL),
	CMD(NGM_NETFLOW_SETIFINDEX, "setifindex", &setifindex_type, NULL),
	CMD(NGM_NETFLOW_SETTIMEOUTS, "settimeouts", &settimeouts_type, NULL),
	CMD(NGM_NETFLOW_SETCONFIG, "setconfig", &setconfig_type, NULL),
	CMD(NGM_NETFLOW_SETTEMPLATE, "settemplate", &settemplate_type, NULL),
	CMD(NGM_NETFLOW_SETMTU, "setmtu", &setmtu_type, NULL),
	CMD(NGM_NETFLOW_V9INFO, "v9info", NULL, &v9info_type),
	{0},
};

const struct ng_type ng_type_netflow = {
	.name = NG_NETFLOW_NODE_TYPE,
	.cookie = NGM_NETFLOW_COOKIE,
	.kind = NGD_NETFLOW,
	.cmds = netflow_cmds,
	.priv_size = sizeof(struct netflow_priv),
	.constructor = netflow_constructor,
	.newhook = netflow_newhook,
	.connect = netflow_connect,
	.disconnect = netflow_disconnect,
	.closing = netflow_closing,
	.shutdown = netflow_shutdown,
	.restore = netflow_restore,
	.rcvmsg = netflow_rcvmsg,
};
