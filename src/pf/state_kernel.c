/* state: the flows of a vnet, read and ended by ctnetlink. */
#include "pf/state.h"

#include "base/cleanup.h"

#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <string.h>
#include <time.h>

static void begin(struct nlm *m, uint16_t type, uint16_t flags, sa_family_t af)
{
	struct nfgenmsg g = {.nfgen_family = (uint8_t)af,
			     .version = NFNETLINK_V0};

	nlm_begin(m, (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | type), flags, &g,
		  sizeof(g));
}

struct flows {
	struct pf_flow *v;
	size_t n, size;
};

static void flows_free(struct flows *f)
{
	free(f->v);
}

static int flows_add(struct flows *f, const struct pf_flow *flow, struct err *e)
{
	if (f->n == f->size) {
		size_t size = f->size ? f->size * 2 : 256;
		struct pf_flow *v = reallocarray(f->v, size, sizeof(*v));

		if (!v)
			return err_nomem(e);
		f->v = v;
		f->size = size;
	}
	f->v[f->n++] = *flow;
	return 0;
}

static int on_flow(const struct nlmsghdr *h, void *data, struct err *e)
{
	struct pf_flow flow;

	/* what is no flow of ours, is none of pf's states */
	if (pf_flow_parse(h, &flow) < 0)
		return 0;
	return flows_add(data, &flow, e);
}

static void restart(void *data)
{
	struct flows *f = data;

	f->n = 0;
}

static int flows_load(struct nl *nl, struct flows *ret, struct err *e)
{
	struct nlm m;
	int r;

	begin(&m, IPCTNL_MSG_CT_GET, NLM_F_REQUEST, AF_UNSPEC);
	r = nl_dump(nl, &m, on_flow, restart, ret, e);
	return r < 0 ? err_wrap(e, "states") : 0;
}

/* Do sources (or destinations) that this rule translates keep what they got? */
static bool is_sticky(const struct pf_conf *c, int n, bool out)
{
	enum pf_list list;
	const struct pf_rule *r = pf_rule_at(c, n, &list);

	if (!r)
		return false;
	return list == PF_LIST_FILTER && !out ? r->rdr.sticky : r->pool.sticky;
}

/* What its rule says of a state. */
static void number(const struct pf_conf *c, struct pf_state *s)
{
	const bool out = s->dir == PF_OUT;
	const struct pf_anchor *a = NULL;
	enum pf_list list;
	unsigned int nr = 0;

	if (!c || s->rule < 0 ||
	    pf_rule_where(c, s->rule, &a, &nr, &s->anchor_nr) < 0)
		return;
	s->rule_nr = (int)nr;
	s->r = pf_rule_at(c, s->rule, &list);
	s->sticky = is_sticky(c, out ? s->nat_rule : s->rdr_rule, out);
	if (!s->r)
		return;
	s->sticky |= s->r->route && s->r->route_pool.sticky;
	if (s->origif || !s->r->ifname || s->r->flags & PF_F_NOT_IF)
		return;
	s->origif = s->r->ifname;
	if (s->r->opts.flags & PF_S_IFBOUND)
		str_copy(s->ifname, sizeof(s->ifname), s->r->ifname);
}

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int pf_states_each(struct pf_kernel *k, const struct vnet *v,
		   const struct pf_conf *c, pf_state_fn *fn, void *data,
		   struct err *e)
{
	__attribute__((cleanup(flows_free))) struct flows flows = {0};
	cleanup_nl struct nl *nl = NULL;
	int64_t now = now_ns();
	int r = nl_open(NETLINK_NETFILTER, v->nsfd, &nl, e);

	if (r >= 0)
		r = flows_load(nl, &flows, e);
	for (size_t i = 0; r >= 0 && i < flows.n; i++) {
		struct pf_mark m = {.x_rule = -1, .y_rule = -1};
		struct pf_state s[2];
		size_t n;

		if (pf_mark_of(k, flows.v[i].label, &m) < 0)
			continue;
		n = pf_flow_states(&flows.v[i], &m, now, s);
		for (size_t j = 0; r >= 0 && j < n; j++) {
			number(c, &s[j]);
			r = fn(&flows.v[i], &s[j], data, e);
		}
	}
	return r < 0 ? r : 0;
}

static void put_tuple(struct nlm *m, const struct pf_flow *f)
{
	bool four = f->af == AF_INET, six = f->proto == IPPROTO_ICMPV6;
	size_t len = four ? 4 : 16;
	struct nlattr *t = nlm_nest(m, CTA_TUPLE_ORIG), *n;

	n = nlm_nest(m, CTA_TUPLE_IP);
	nlm_put(m, four ? CTA_IP_V4_SRC : CTA_IP_V6_SRC, f->orig[0].addr.b,
		len);
	nlm_put(m, four ? CTA_IP_V4_DST : CTA_IP_V6_DST, f->orig[1].addr.b,
		len);
	nlm_nest_end(m, n);
	n = nlm_nest(m, CTA_TUPLE_PROTO);
	nlm_put_u8(m, CTA_PROTO_NUM, f->proto);
	if (six || f->proto == IPPROTO_ICMP) {
		nlm_put_u16(m, six ? CTA_PROTO_ICMPV6_ID : CTA_PROTO_ICMP_ID,
			    htons(f->orig[0].port));
		nlm_put_u8(m, six ? CTA_PROTO_ICMPV6_TYPE : CTA_PROTO_ICMP_TYPE,
			   f->icmp_type);
		nlm_put_u8(m, six ? CTA_PROTO_ICMPV6_CODE : CTA_PROTO_ICMP_CODE,
			   f->icmp_code);
	} else {
		nlm_put_u16(m, CTA_PROTO_SRC_PORT, htons(f->orig[0].port));
		nlm_put_u16(m, CTA_PROTO_DST_PORT, htons(f->orig[1].port));
	}
	nlm_nest_end(m, n);
	nlm_nest_end(m, t);
}

struct killing {
	const struct pf_state_filter *filter;
	struct flows dead; /* each flow once */
	size_t states;
};

static int choose(const struct pf_flow *f, const struct pf_state *s, void *data,
		  struct err *e)
{
	struct killing *x = data;

	if (!pf_state_chosen(s, x->filter))
		return 0;
	x->states++;
	/* both states of a flow come one after the other */
	if (x->dead.n && x->dead.v[x->dead.n - 1].id == f->id)
		return 0;
	return flows_add(&x->dead, f, e);
}

static int end_flow(struct nl *nl, const struct pf_flow *f, struct err *e)
{
	struct nlm m;
	int r;

	begin(&m, IPCTNL_MSG_CT_DELETE, NLM_F_REQUEST | NLM_F_ACK, f->af);
	put_tuple(&m, f);
	if (f->zone)
		nlm_put_u16(&m, CTA_ZONE, htons(f->zone));
	nlm_put_u32(&m, CTA_ID, htonl(f->id));
	r = nl_talk(nl, &m, e, "kill states");
	return r == -ENOENT ? 0 : r; /* over by itself meanwhile */
}

/* With -M the other states of the flows have gone, too. */
static size_t states_of(struct pf_kernel *k, const struct flows *dead)
{
	size_t n = 0;

	for (size_t i = 0; i < dead->n; i++) {
		struct pf_mark m = {.x_rule = -1, .y_rule = -1};
		struct pf_state s[2];

		if (pf_mark_of(k, dead->v[i].label, &m) >= 0)
			n += pf_flow_states(&dead->v[i], &m, 0, s);
	}
	return n;
}

int pf_states_kill(struct pf_kernel *k, const struct vnet *v,
		   const struct pf_state_filter *f, size_t *ret, struct err *e)
{
	cleanup_pf_conf struct pf_conf *conf = NULL;
	struct killing x = {.filter = f};
	cleanup_nl struct nl *nl = NULL;
	int r = nl_open(NETLINK_NETFILTER, v->nsfd, &nl, e);

	if (r >= 0 && f->ifname)
		r = pf_loaded(k, &conf, e);
	if (r >= 0)
		r = pf_states_each(k, v, conf, choose, &x, e);
	if (r >= 0 && f->match)
		x.states = states_of(k, &x.dead);
	for (size_t i = 0; r >= 0 && i < x.dead.n; i++)
		r = end_flow(nl, &x.dead.v[i], e);
	flows_free(&x.dead);
	if (r < 0)
		return r;
	*ret = x.states;
	return 0;
}

static int take_flow(const struct nlmsghdr *h, void *data, struct err *e)
{
	(void)e;
	pf_flow_parse(h, data);
	return 0;
}

int pf_flow_find(struct nl *nl, const struct pf_flow *like, struct pf_flow *ret,
		 struct err *e)
{
	struct pf_flow f = {0};
	struct nlm m;
	int r;

	begin(&m, IPCTNL_MSG_CT_GET, NLM_F_REQUEST | NLM_F_ACK, like->af);
	put_tuple(&m, like);
	r = nl_query(nl, &m, take_flow, &f, e);
	if (r < 0)
		return r;
	if (!f.af)
		return err_set(e, ENOENT, "no such flow");
	*ret = f;
	return 0;
}

int pf_flows_end(const struct vnet *v,
		 bool (*over)(void *data, const struct pf_flow *f), void *data,
		 struct err *e)
{
	__attribute__((cleanup(flows_free))) struct flows flows = {0};
	cleanup_nl struct nl *nl = NULL;
	int r = nl_open(NETLINK_NETFILTER, v->nsfd, &nl, e);

	if (r >= 0)
		r = flows_load(nl, &flows, e);
	for (size_t i = 0; r >= 0 && i < flows.n; i++)
		if (over(data, &flows.v[i]))
			r = end_flow(nl, &flows.v[i], e);
	return r < 0 ? r : 0;
}
