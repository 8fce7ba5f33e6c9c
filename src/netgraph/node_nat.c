/*
 * nat: network address translation, ng_nat(4).
 *
 * What `out` receives leaves by `in`, its source being the aliasing address
 * now; what `in` receives is given back to whom it answers, and leaves by
 * `out`.  (The hooks have these names from where the packets go to: FreeBSD's
 * manual page has it so.)
 *
 * In the kernel (bpf/nat.bpf.h): all that is done to packets, for TCP, UDP,
 * ICMP and whatever else is in IPv4; the links, in a table of their own, which
 * need nobody: they are void when their time is over.  In the broker: the
 * redirections, and the collection of links that are void, once a minute, and
 * when packets say that there is no room.
 * (Without a broker, after it was killed, they fill the table, and at its end
 * new connections are refused until the next one comes, with the next command.)
 *
 * As with libalias(3), whose rules these are: ports are kept where they can
 * be; a port is taken twice by connections to different ends; answers to a link
 * are those of its far end alone; what comes in without a link makes one to the
 * target, unless that is refused.  Not here are its helpers for protocols that
 * have addresses in what they say (FTP, IRC, PPTP and so on), transparent
 * proxies (proxyrule, the mode PROXY_ONLY): who asks for one of these is
 * refused, EOPNOTSUPP.  The mode LOG has no effect that can be seen in
 * FreeBSD's kernel either.
 */
#include "netgraph/dp.h"
#include "netgraph/nat_data.h"
#include "netgraph/node.h"
#include "netgraph/now.h"
#include "netgraph/types_traffic.h"

#include <errno.h>
#include <netgraph/ng_nat.h>
#include <string.h>

#define NS_A_SECOND 1000000000ull
#define SWEEP (60 * NS_A_SECOND)
#define ETHER_HEADER 14
#define MODES                                                                  \
	(NG_NAT_LOG | NG_NAT_DENY_INCOMING | NG_NAT_SAME_PORTS |               \
	 NG_NAT_UNREGISTERED_ONLY | NG_NAT_RESET_ON_ADDR_CHANGE |              \
	 NG_NAT_PROXY_ONLY | NG_NAT_REVERSE | NG_NAT_UNREGISTERED_CGN)

_Static_assert(NGD_NAT_DENY == NG_NAT_DENY_INCOMING &&
		       NGD_NAT_SAME_PORTS == NG_NAT_SAME_PORTS &&
		       NGD_NAT_UNREGISTERED == NG_NAT_UNREGISTERED_ONLY &&
		       NGD_NAT_REVERSE == NG_NAT_REVERSE &&
		       NGD_NAT_CGN == NG_NAT_UNREGISTERED_CGN,
	       "nat_data.h has ng_nat.h's numbers");

struct redirect {
	struct ngd_nat_rule rule; /* as it was told */
	char text[NG_NAT_DESC_LENGTH];
};

struct server {
	uint32_t id; /* of the redirection */
	struct ngd_nat_server s;
};

struct nat {
	uint32_t alias, target; /* network order */
	uint32_t flags;		/* NG_NAT_* */
	uint32_t set;		/* there is an aliasing address */
	uint32_t dlt;
	uint32_t next; /* id */
	uint32_t count;
	struct redirect redirect[NGD_NAT_RULES];
	uint32_t servers;
	struct server server[NGD_NAT_SERVERS];
};

/* --------------------------------------------------------------- links */

struct sweep {
	struct ng_dp *dp;
	uint64_t now;
	uint32_t gen;
};

static bool alive(const struct ngd_nat_link *l, uint32_t gen, uint64_t now)
{
	return l->gen == gen &&
	       (now <= l->seen || now - l->seen < l->life * NS_A_SECOND);
}

/* The other entry says whether this one, of what comes in, is of use. */
static bool has_mate(const struct sweep *s, const struct ngd_nat_key *k,
		     const struct ngd_nat_link *l)
{
	struct ngd_nat_key out = *k;
	struct ngd_nat_link m;

	if (l->gen != s->gen)
		return false;
	if (s->now < l->seen + NS_A_SECOND)
		return true; /* it may be in the making */
	out.near = l->addr;
	out.near_port = l->port;
	out.in = 0;
	return dp_nat_get(s->dp, &out, &m) == 0 && alive(&m, s->gen, s->now) &&
	       m.addr == k->near && m.port == k->near_port;
}

static int sweep_one(const struct ngd_nat_key *k, const struct ngd_nat_link *l,
		     void *arg)
{
	const struct sweep *s = arg;
	bool keep = k->in && !k->fragment ? has_mate(s, k, l)
					  : alive(l, s->gen, s->now);

	if (!keep)
		dp_nat_delete(s->dp, k);
	return 0;
}

/*
 * Makes room, and nothing depends on it: packets take no notice of links that
 * are void.  So where the table cannot be gone through they stay until the next
 * time, and those of a node that is gone until there is a nat node in its slot.
 */
static void sweep(struct ng_node *n, uint64_t now)
{
	struct sweep s = {.dp = ng_graph_dp(n->graph), .now = now};

	s.gen = dp_node(s.dp, n->slot)->gen;
	dp_nat_each(s.dp, n->slot, sweep_one, &s);
}

static void on_time(struct ng_node *n)
{
	sweep(n, ng_now());
	ng_timer(n, ng_now() + SWEEP, on_time);
}

/* Links may be there from now on. */
static void begin(struct ng_node *n)
{
	ng_busy(n, true);
	ng_timer(n, ng_now() + SWEEP, on_time);
}

struct info {
	struct ng_nat_libalias_info i;
	uint64_t now;
	uint32_t gen;
};

static int count_link(const struct ngd_nat_key *k, const struct ngd_nat_link *l,
		      void *arg)
{
	struct info *s = arg;

	if (!alive(l, s->gen, s->now))
		return 0;
	if (k->fragment)
		s->i.fragmentIdLinkCount++;
	else if (k->in)
		return 0;
	else if (k->proto == IPPROTO_ICMP)
		s->i.icmpLinkCount++;
	else if (k->proto == IPPROTO_UDP)
		s->i.udpLinkCount++;
	else if (k->proto == IPPROTO_TCP)
		s->i.tcpLinkCount++;
	else if (k->proto == IPPROTO_SCTP)
		s->i.sctpLinkCount++;
	else
		s->i.protoLinkCount++;
	return 0;
}

static int msg_info(struct ng_node *n, const struct ng_mesg *m,
		    struct ng_reply *reply)
{
	struct ng_dp *dp = ng_graph_dp(n->graph);
	struct info s = {.now = ng_now(), .gen = dp_node(dp, n->slot)->gen};
	int r = dp_nat_each(dp, n->slot, count_link, &s);

	return r < 0 ? r : ng_answer(reply, m, &s.i, sizeof(s.i));
}

/* -------------------------------------------------------- redirections */

static int add(struct ng_node *n, const struct ngd_nat_rule *rule,
	       const char text[NG_NAT_DESC_LENGTH], const struct ng_mesg *m,
	       struct ng_reply *reply)
{
	struct nat *p = n->priv;
	struct redirect *r;
	int ret;

	if (p->count == NGD_NAT_RULES)
		return -ENOMEM;
	r = &p->redirect[p->count++];
	r->rule = *rule;
	r->rule.id = p->next++;
	memcpy(r->text, text, sizeof(r->text));
	r->text[sizeof(r->text) - 1] = '\0';
	ret = ng_node_changed(n);
	if (ret < 0) {
		p->count--;
		return ret;
	}
	return ng_answer(reply, m, &r->rule.id, sizeof(r->rule.id));
}

/* Static NAT and redirections of other protocols have no ports. */
static int msg_port(struct ng_node *n, const struct ng_mesg *m,
		    struct ng_reply *reply)
{
	const struct ng_nat_redirect_port *a =
		NG_ARG(m, struct ng_nat_redirect_port);
	struct ngd_nat_rule r = {.kind = NGD_NAT_PORT};

	if (!a)
		return -EINVAL;
	/* libalias knows ports of these alone; of SCTP ours does not */
	if (a->proto == IPPROTO_SCTP)
		return -EOPNOTSUPP;
	if (a->proto != IPPROTO_TCP && a->proto != IPPROTO_UDP)
		return -ENOMEM;
	r.local = a->local_addr.s_addr;
	r.alias = a->alias_addr.s_addr;
	r.remote = a->remote_addr.s_addr;
	r.local_port = htons(a->local_port);
	r.alias_port = htons(a->alias_port);
	r.remote_port = htons(a->remote_port);
	r.proto = a->proto;
	return add(n, &r, a->description, m, reply);
}

static int msg_addr(struct ng_node *n, const struct ng_mesg *m,
		    struct ng_reply *reply)
{
	const struct ng_nat_redirect_addr *a =
		NG_ARG(m, struct ng_nat_redirect_addr);
	struct ngd_nat_rule r = {.kind = NGD_NAT_ADDR};

	if (!a)
		return -EINVAL;
	r.local = a->local_addr.s_addr;
	r.alias = a->alias_addr.s_addr;
	return add(n, &r, a->description, m, reply);
}

static int msg_proto(struct ng_node *n, const struct ng_mesg *m,
		     struct ng_reply *reply)
{
	const struct ng_nat_redirect_proto *a =
		NG_ARG(m, struct ng_nat_redirect_proto);
	struct ngd_nat_rule r = {.kind = NGD_NAT_PROTO};

	if (!a)
		return -EINVAL;
	r.local = a->local_addr.s_addr;
	r.alias = a->alias_addr.s_addr;
	r.remote = a->remote_addr.s_addr;
	r.proto = a->proto;
	return add(n, &r, a->description, m, reply);
}

static struct redirect *find(struct nat *p, uint32_t id)
{
	for (uint32_t i = 0; i < p->count; i++)
		if (p->redirect[i].rule.id == id)
			return &p->redirect[i];
	return NULL;
}

static void servers_drop(struct nat *p, uint32_t id)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < p->servers; i++)
		if (p->server[i].id != id)
			p->server[kept++] = p->server[i];
	p->servers = kept;
}

static int take_out(struct ng_node *n, struct redirect *r)
{
	struct nat *p = n->priv;
	size_t after = (size_t)(p->redirect + --p->count - r);

	servers_drop(p, r->rule.id);
	memmove(r, r + 1, after * sizeof(*r));
	memset(&p->redirect[p->count], 0, sizeof(*r));
	return ng_node_changed(n);
}

/* redirectdynamic: it is for one connection, and is no longer listed. */
static int msg_one(struct ng_node *n, const struct ng_mesg *m)
{
	const uint32_t *id = NG_ARG(m, uint32_t);
	struct redirect *r;

	if (!id)
		return -EINVAL;
	r = find(n->priv, *id);
	if (!r || r->rule.once)
		return -ENOENT;
	if (m->header.cmd == NGM_NAT_REDIRECT_DELETE)
		return take_out(n, r);
	if (!r->rule.remote || !r->rule.remote_port)
		return -ENOTTY;
	r->rule.once = 1;
	return ng_node_changed(n);
}

/* One more that what the redirection lets in is shared by. */
static int msg_server(struct ng_node *n, const struct ng_mesg *m)
{
	const struct ng_nat_add_server *a = NG_ARG(m, struct ng_nat_add_server);
	struct nat *p = n->priv;
	const struct redirect *r;
	int ret;

	if (!a)
		return -EINVAL;
	r = find(p, a->id);
	if (!r || r->rule.once)
		return -ENOENT;
	if (p->servers == NGD_NAT_SERVERS)
		return -ENOMEM;
	p->server[p->servers++] = (struct server){
		.id = a->id,
		.s = {.addr = a->addr.s_addr, .port = htons(a->port)},
	};
	ret = ng_node_changed(n);
	if (ret < 0)
		p->servers--;
	return ret;
}

/* There is no room, or the one connection is there. */
static void nat_event(struct ng_hook *h, uint32_t id)
{
	struct redirect *r = find(h->node->priv, id);

	if (id == NGD_NAT_FULL)
		sweep(h->node, ng_now());
	if (r && r->rule.once)
		take_out(h->node, r);
}

static int msg_list(struct ng_node *n, const struct ng_mesg *m,
		    struct ng_reply *reply)
{
	const struct nat *p = n->priv;
	struct ng_nat_list_redirects *ret;
	uint32_t listed = 0;

	for (uint32_t i = 0; i < p->count; i++)
		listed += !p->redirect[i].rule.once;
	ret = ng_answer_room(reply, m,
			     sizeof(*ret) + listed * sizeof(ret->redirects[0]));
	if (!ret)
		return -ENOMEM;
	for (uint32_t i = 0; i < p->count; i++) {
		const struct ngd_nat_rule *r = &p->redirect[i].rule;
		struct ng_nat_listrdrs_entry *e;

		if (r->once)
			continue;
		e = &ret->redirects[ret->total_count++];
		e->id = r->id;
		e->local_addr.s_addr = r->local;
		e->alias_addr.s_addr = r->alias;
		e->remote_addr.s_addr = r->remote;
		e->local_port = ntohs(r->local_port);
		e->alias_port = ntohs(r->alias_port);
		e->remote_port = ntohs(r->remote_port);
		for (uint32_t k = 0; k < p->servers; k++)
			e->lsnat += p->server[k].id == r->id;
		e->proto = r->kind == NGD_NAT_ADDR ? NG_NAT_REDIRPROTO_ADDR
						   : r->proto;
		memcpy(e->description, p->redirect[i].text,
		       sizeof(e->description));
	}
	return 0;
}

/* ------------------------------------------------------- other messages */

static int msg_alias(struct ng_node *n, const struct ng_mesg *m)
{
	const struct in_addr *a = NG_ARG(m, struct in_addr);
	struct nat *p = n->priv;

	if (!a)
		return -EINVAL;
	if (p->flags & NG_NAT_RESET_ON_ADDR_CHANGE && p->alias != a->s_addr) {
		ng_node_forget(n);
		sweep(n, ng_now());
	}
	p->alias = a->s_addr;
	p->set = 1;
	begin(n);
	return ng_node_changed(n);
}

static int msg_target(struct ng_node *n, const struct ng_mesg *m)
{
	const struct in_addr *a = NG_ARG(m, struct in_addr);
	struct nat *p = n->priv;

	if (!a)
		return -EINVAL;
	p->target = a->s_addr;
	return ng_node_changed(n);
}

static int msg_mode(struct ng_node *n, const struct ng_mesg *m)
{
	const struct ng_nat_mode *a = NG_ARG(m, struct ng_nat_mode);
	struct nat *p = n->priv;

	if (!a)
		return -EINVAL;
	if (a->flags & a->mask & NG_NAT_PROXY_ONLY)
		return -EOPNOTSUPP;
	p->flags = (p->flags & ~a->mask) | (a->flags & a->mask & MODES);
	return ng_node_changed(n);
}

static int msg_dlt(struct ng_node *n, const struct ng_mesg *m)
{
	const uint8_t *dlt = NG_ARG(m, uint8_t);
	struct nat *p = n->priv;

	if (!dlt || (*dlt != DLT_RAW && *dlt != DLT_EN10MB))
		return -EINVAL;
	p->dlt = *dlt;
	return ng_node_changed(n);
}

static int nat_rcvmsg(struct ng_node *n, const struct ng_mesg *m,
		      struct ng_hook *last, struct ng_reply *reply)
{
	const struct nat *p = n->priv;
	uint8_t dlt = (uint8_t)p->dlt;

	(void)last;
	if (m->header.typecookie != NGM_NAT_COOKIE)
		return -EINVAL;
	switch (m->header.cmd) {
	case NGM_NAT_SET_IPADDR:
		return msg_alias(n, m);
	case NGM_NAT_SET_MODE:
		return msg_mode(n, m);
	case NGM_NAT_SET_TARGET:
		return msg_target(n, m);
	case NGM_NAT_REDIRECT_PORT:
		return msg_port(n, m, reply);
	case NGM_NAT_REDIRECT_ADDR:
		return msg_addr(n, m, reply);
	case NGM_NAT_REDIRECT_PROTO:
		return msg_proto(n, m, reply);
	case NGM_NAT_REDIRECT_DYNAMIC:
	case NGM_NAT_REDIRECT_DELETE:
		return msg_one(n, m);
	case NGM_NAT_ADD_SERVER:
		return msg_server(n, m);
	case NGM_NAT_PROXY_RULE:
		return -EOPNOTSUPP;
	case NGM_NAT_LIST_REDIRECTS:
		return msg_list(n, m, reply);
	case NGM_NAT_LIBALIAS_INFO:
		return msg_info(n, m, reply);
	case NGM_NAT_SET_DLT:
		return msg_dlt(n, m);
	case NGM_NAT_GET_DLT:
		return ng_answer(reply, m, &dlt, sizeof(dlt));
	default:
		return -EINVAL;
	}
}

/* ------------------------------------------------------- hooks and life */

static int nat_constructor(struct ng_node *n)
{
	struct nat *p = n->priv;
	int r = dp_need(ng_graph_dp(n->graph), NGD_WITHOUT_NAT);

	if (r < 0)
		return r;
	p->flags = NG_NAT_SAME_PORTS;
	p->dlt = DLT_RAW;
	p->next = 1;
	return 0;
}

static int nat_newhook(struct ng_node *n, struct ng_hook *h)
{
	(void)n;
	if (strcmp(h->name, NG_NAT_HOOK_IN) == 0)
		h->role = NGD_NAT_IN;
	else if (strcmp(h->name, NG_NAT_HOOK_OUT) == 0)
		h->role = NGD_NAT_OUT;
	else
		return -EINVAL;
	return 0;
}

static int nat_restore(struct ng_node *n)
{
	const struct nat *p = n->priv;

	if (p->count > NGD_NAT_RULES || p->servers > NGD_NAT_SERVERS)
		return -EINVAL;
	if (p->set) {
		sweep(n, ng_now());
		begin(n);
	}
	return dp_need(ng_graph_dp(n->graph), NGD_WITHOUT_NAT);
}

static int nat_shutdown(struct ng_node *n)
{
	sweep(n, UINT64_MAX); /* all of them are old by then */
	return 0;
}

static void nat_publish(const struct ng_node *n, struct ngd_node *d)
{
	const struct nat *p = n->priv;

	d->conf[NGD_NAT_FLAGS] = p->flags | (p->set ? NGD_NAT_SET : 0);
	d->conf[NGD_NAT_ALIAS] = p->alias;
	d->conf[NGD_NAT_TARGET] = p->target;
	d->conf[NGD_NAT_AT] = p->dlt == DLT_EN10MB ? ETHER_HEADER : 0;
}

/* The newest has the first turn, then they go by age, as in libalias. */
static uint32_t rule_servers(const struct nat *p, struct ngd_nat_blob *b,
			     struct ngd_nat_rule *r, uint32_t first)
{
	uint32_t at = first;

	for (uint32_t i = 0; i < p->servers; i++)
		if (p->server[i].id == r->id)
			b->server[at++] = p->server[i].s;
	r->first = (uint8_t)first;
	r->servers = (uint8_t)(at - first);
	r->turn = (uint8_t)(at > first ? at - first - 1 : 0);
	return at;
}

/* Where no address was told the aliasing one is meant. */
static size_t nat_blob(const struct ng_node *n, uint8_t ret[NGD_BLOB])
{
	const struct nat *p = n->priv;
	struct ngd_nat_blob *b = (struct ngd_nat_blob *)ret;
	size_t size = offsetof(struct ngd_nat_blob, rule);
	uint32_t servers = 0;

	if (!p->count)
		return 0;
	memset(b, 0, p->servers ? sizeof(*b) : size);
	b->count = p->count;
	for (uint32_t i = 0; i < p->count; i++) {
		struct ngd_nat_rule *r = &b->rule[i];

		*r = p->redirect[i].rule;
		if (!r->alias)
			r->alias = p->alias;
		if (!r->local)
			r->local = p->alias;
		servers = rule_servers(p, b, r, servers);
	}
	return servers ? sizeof(*b) : size + p->count * sizeof(b->rule[0]);
}

/* --------------------------------------------------- arguments as text */

static const struct ng_ptype text_type = {.kind = NGP_FIXEDSTRING,
					  .size = NG_NAT_DESC_LENGTH};

static const struct ng_pfield mode_fields[] = {
	NODE_FIELD("flags", &ng_p_uint32),
	NODE_FIELD("mask", &ng_p_uint32),
	{0},
};
static const struct ng_ptype mode_type = {.kind = NGP_STRUCT,
					  .fields = mode_fields};

static const struct ng_pfield port_fields[] = {
	NODE_FIELD("local_addr", &ng_p_ipaddr),
	NODE_FIELD("alias_addr", &ng_p_ipaddr),
	NODE_FIELD("remote_addr", &ng_p_ipaddr),
	NODE_FIELD("local_port", &ng_p_uint16),
	NODE_FIELD("alias_port", &ng_p_uint16),
	NODE_FIELD("remote_port", &ng_p_uint16),
	NODE_FIELD("proto", &ng_p_uint8),
	NODE_FIELD("description", &text_type),
	{0},
};
static const struct ng_ptype port_type = {.kind = NGP_STRUCT,
					  .fields = port_fields};

static const struct ng_pfield addr_fields[] = {
	NODE_FIELD("local_addr", &ng_p_ipaddr),
	NODE_FIELD("alias_addr", &ng_p_ipaddr),
	NODE_FIELD("description", &text_type),
	{0},
};
static const struct ng_ptype addr_type = {.kind = NGP_STRUCT,
					  .fields = addr_fields};

static const struct ng_pfield proto_fields[] = {
	NODE_FIELD("local_addr", &ng_p_ipaddr),
	NODE_FIELD("alias_addr", &ng_p_ipaddr),
	NODE_FIELD("remote_addr", &ng_p_ipaddr),
	NODE_FIELD("proto", &ng_p_uint8),
	NODE_FIELD("description", &text_type),
	{0},
};
static const struct ng_ptype proto_type = {.kind = NGP_STRUCT,
					   .fields = proto_fields};

static const struct ng_pfield server_fields[] = {
	NODE_FIELD("id", &ng_p_uint32),
	NODE_FIELD("addr", &ng_p_ipaddr),
	NODE_FIELD("port", &ng_p_uint16),
	{0},
};
static const struct ng_ptype server_type = {.kind = NGP_STRUCT,
					    .fields = server_fields};

static const struct ng_pfield entry_fields[] = {
	NODE_FIELD("id", &ng_p_uint32),
	NODE_FIELD("local_addr", &ng_p_ipaddr),
	NODE_FIELD("alias_addr", &ng_p_ipaddr),
	NODE_FIELD("remote_addr", &ng_p_ipaddr),
	NODE_FIELD("local_port", &ng_p_uint16),
	NODE_FIELD("alias_port", &ng_p_uint16),
	NODE_FIELD("remote_port", &ng_p_uint16),
	NODE_FIELD("proto", &ng_p_uint16),
	NODE_FIELD("lsnat", &ng_p_uint16),
	NODE_FIELD("description", &text_type),
	{0},
};
static const struct ng_ptype entry_type = {.kind = NGP_STRUCT,
					   .fields = entry_fields};
static const struct ng_ptype entries_type = {
	.kind = NGP_ARRAY, .elem = &entry_type, .length = node_length_first};
static const struct ng_pfield list_fields[] = {
	NODE_FIELD("total_count", &ng_p_uint32),
	NODE_FIELD("redirects", &entries_type),
	{0},
};
static const struct ng_ptype list_type = {.kind = NGP_STRUCT,
					  .fields = list_fields};

static const struct ng_pfield info_fields[] = {
	NODE_FIELD("icmpLinkCount", &ng_p_uint32),
	NODE_FIELD("udpLinkCount", &ng_p_uint32),
	NODE_FIELD("tcpLinkCount", &ng_p_uint32),
	NODE_FIELD("sctpLinkCount", &ng_p_uint32),
	NODE_FIELD("pptpLinkCount", &ng_p_uint32),
	NODE_FIELD("protoLinkCount", &ng_p_uint32),
	NODE_FIELD("fragmentIdLinkCount", &ng_p_uint32),
	NODE_FIELD("fragmentPtrLinkCount", &ng_p_uint32),
	NODE_FIELD("sockCount", &ng_p_uint32),
	{0},
};
static const struct ng_ptype info_type = {.kind = NGP_STRUCT,
					  .fields = info_fields};

static const struct ng_cmd nat_cmds[] = {
	{NGM_NAT_COOKIE, NGM_NAT_SET_IPADDR, "setaliasaddr", &ng_p_ipaddr,
	 NULL},
	{NGM_NAT_COOKIE, NGM_NAT_SET_MODE, "setmode", &mode_type, NULL},
	{NGM_NAT_COOKIE, NGM_NAT_SET_TARGET, "settarget", &ng_p_ipaddr, NULL},
	{NGM_NAT_COOKIE, NGM_NAT_REDIRECT_PORT, "redirectport", &port_type,
	 &ng_p_uint32},
	{NGM_NAT_COOKIE, NGM_NAT_REDIRECT_ADDR, "redirectaddr", &addr_type,
	 &ng_p_uint32},
	{NGM_NAT_COOKIE, NGM_NAT_REDIRECT_PROTO, "redirectproto", &proto_type,
	 &ng_p_uint32},
	{NGM_NAT_COOKIE, NGM_NAT_REDIRECT_DYNAMIC, "redirectdynamic",
	 &ng_p_uint32, NULL},
	{NGM_NAT_COOKIE, NGM_NAT_REDIRECT_DELETE, "redirectdelete",
	 &ng_p_uint32, NULL},
	{NGM_NAT_COOKIE, NGM_NAT_ADD_SERVER, "addserver", &server_type, NULL},
	{NGM_NAT_COOKIE, NGM_NAT_LIST_REDIRECTS, "listredirects", NULL,
	 &list_type},
	{NGM_NAT_COOKIE, NGM_NAT_PROXY_RULE, "proxyrule", &ng_p_string, NULL},
	{NGM_NAT_COOKIE, NGM_NAT_LIBALIAS_INFO, "libaliasinfo", NULL,
	 &info_type},
	{NGM_NAT_COOKIE, NGM_NAT_SET_DLT, "setdlt", &ng_p_uint8, NULL},
	{NGM_NAT_COOKIE, NGM_NAT_GET_DLT, "getdlt", NULL, &ng_p_uint8},
	{0},
};

const struct ng_type ng_type_nat = {
	.name = NG_NAT_NODE_TYPE,
	.cookie = NGM_NAT_COOKIE,
	.kind = NGD_NAT,
	.cmds = nat_cmds,
	.priv_size = sizeof(struct nat),
	.constructor = nat_constructor,
	.newhook = nat_newhook,
	.shutdown = nat_shutdown,
	.restore = nat_restore,
	.event = nat_event,
	.rcvmsg = nat_rcvmsg,
	.publish = nat_publish,
	.blob = nat_blob,
};
