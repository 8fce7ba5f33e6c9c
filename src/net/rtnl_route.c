/* Routes; see rtnl_route.h.  Neighbours are in rtnl_neigh.c. */
#include "net/rtnl_route.h"

#include "base/cleanup.h"
#include "net/bsderr.h"
#include "nl/nl.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

static size_t addr_len(int family)
{
	return family == AF_INET ? 4 : 16;
}

static bool get_addr(const struct nlattr *a, int family, union route_addr *ret)
{
	if (!a || mnl_attr_get_payload_len(a) != addr_len(family))
		return false;
	memcpy(ret, mnl_attr_get_payload(a), addr_len(family));
	return true;
}

static void parse_metrics(const struct nlattr *nest, struct route *rt)
{
	const struct nlattr *tb[RTAX_MAX + 1];

	nl_parse_nested(nest, tb, RTAX_MAX);
	rt->mtu = nl_u32(tb[RTAX_MTU]);
}

/* "via inet6 X" of an IPv4 route: struct rtvia. */
static void parse_via(const struct nlattr *a, struct route *rt)
{
	const struct rtvia *via;

	if (!a || mnl_attr_get_payload_len(a) < sizeof(*via) + 16)
		return;
	via = mnl_attr_get_payload(a);
	if (via->rtvia_family != AF_INET6)
		return;
	memcpy(&rt->gw, via->rtvia_addr, 16);
	rt->gw_family = AF_INET6;
	rt->has_gw = true;
}

/* The first hop of several stands for all. */
static void parse_multipath(const struct nlattr *a, struct route *rt)
{
	const struct rtnexthop *nh;
	const struct nlattr *hop;
	int left;

	if (!a || mnl_attr_get_payload_len(a) < sizeof(*nh))
		return;
	nh = mnl_attr_get_payload(a);
	if (nh->rtnh_len < sizeof(*nh) ||
	    nh->rtnh_len > mnl_attr_get_payload_len(a))
		return;
	rt->oif = nh->rtnh_ifindex;
	left = nh->rtnh_len - (int)sizeof(*nh);
	for (hop = (const void *)(nh + 1); mnl_attr_ok(hop, left);
	     left -= MNL_ALIGN(hop->nla_len), hop = mnl_attr_next(hop))
		if (mnl_attr_get_type(hop) == RTA_GATEWAY &&
		    get_addr(hop, rt->family, &rt->gw)) {
			rt->has_gw = true;
			rt->gw_family = rt->family;
		}
}

static bool parse_type(uint8_t type, enum route_type *ret)
{
	switch (type) {
	case RTN_UNICAST:
		*ret = ROUTE_UNICAST;
		return true;
	case RTN_LOCAL:
	case RTN_ANYCAST:
		*ret = ROUTE_LOCAL;
		return true;
	case RTN_BLACKHOLE:
		*ret = ROUTE_BLACKHOLE;
		return true;
	case RTN_UNREACHABLE:
	case RTN_PROHIBIT:
		*ret = ROUTE_REJECT;
		return true;
	default:
		return false;
	}
}

static bool parse_route(const struct nlmsghdr *h, struct route *rt)
{
	const struct rtmsg *r = mnl_nlmsg_get_payload(h);
	const struct nlattr *tb[RTA_MAX + 1];
	enum route_type type;

	if (h->nlmsg_type != RTM_NEWROUTE ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(*r) ||
	    (r->rtm_family != AF_INET && r->rtm_family != AF_INET6) ||
	    !parse_type(r->rtm_type, &type))
		return false;
	nl_parse(h, sizeof(*r), tb, RTA_MAX);
	*rt = (struct route){.family = r->rtm_family,
			     .type = type,
			     .plen = r->rtm_dst_len,
			     .protocol = r->rtm_protocol,
			     .scope = r->rtm_scope,
			     .flags = r->rtm_flags,
			     .table = r->rtm_table};
	if (tb[RTA_TABLE])
		rt->table = nl_u32(tb[RTA_TABLE]);
	get_addr(tb[RTA_DST], rt->family, &rt->dst);
	rt->oif = (int)nl_u32(tb[RTA_OIF]);
	rt->metric = nl_u32(tb[RTA_PRIORITY]);
	rt->has_src = get_addr(tb[RTA_PREFSRC], rt->family, &rt->src);
	if (get_addr(tb[RTA_GATEWAY], rt->family, &rt->gw)) {
		rt->has_gw = true;
		rt->gw_family = rt->family;
	}
	parse_via(tb[RTA_VIA], rt);
	parse_multipath(tb[RTA_MULTIPATH], rt);
	parse_metrics(tb[RTA_METRICS], rt);
	if (tb[RTA_CACHEINFO] && mnl_attr_get_payload_len(tb[RTA_CACHEINFO]) >=
					 sizeof(struct rta_cacheinfo)) {
		const struct rta_cacheinfo *ci =
			mnl_attr_get_payload(tb[RTA_CACHEINFO]);

		/* in ticks of 1/100 s */
		if (ci->rta_expires > 0)
			rt->expires = (uint32_t)ci->rta_expires / 100;
	}
	return true;
}

struct routes {
	struct route *v;
	size_t n, cap;
	bool local;
};

static int routes_cb(const struct nlmsghdr *h, void *data, struct err *e)
{
	struct routes *s = data;
	struct route rt;

	if (!parse_route(h, &rt) || (rt.flags & RTM_F_CLONED))
		return 0;
	if (rt.table != RT_TABLE_MAIN &&
	    !(s->local && rt.table == RT_TABLE_LOCAL))
		return 0;
	if (s->n == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 32;
		struct route *v = reallocarray(s->v, cap, sizeof(*v));

		if (!v)
			return err_nomem(e);
		s->v = v;
		s->cap = cap;
	}
	s->v[s->n++] = rt;
	return 0;
}

static void routes_restart(void *data)
{
	((struct routes *)data)->n = 0;
}

int routes_load(struct vnet *v, int family, bool local, struct route **ret,
		size_t *ret_n, struct err *e)
{
	struct rtmsg rt = {.rtm_family = (uint8_t)family};
	struct routes s = {.local = local};
	struct nlm m;
	int r;

	nlm_begin(&m, RTM_GETROUTE, 0, &rt, sizeof(rt));
	r = nl_dump(v->rt, &m, routes_cb, routes_restart, &s, e);
	if (r < 0) {
		free(s.v);
		return r;
	}
	*ret = s.v;
	*ret_n = s.n;
	return 0;
}

static uint8_t kernel_type(enum route_type type)
{
	static const uint8_t types[] = {
		[ROUTE_UNICAST] = RTN_UNICAST,
		[ROUTE_LOCAL] = RTN_LOCAL,
		[ROUTE_BLACKHOLE] = RTN_BLACKHOLE,
		[ROUTE_REJECT] = RTN_UNREACHABLE,
	};

	return types[type];
}

static void put_gateway(struct nlm *m, const struct route *rt)
{
	struct {
		struct rtvia via;
		unsigned char addr[16];
	} x = {.via.rtvia_family = AF_INET6};

	if (rt->gw_family == 0 || rt->gw_family == rt->family) {
		nlm_put(m, RTA_GATEWAY, &rt->gw, addr_len(rt->family));
		return;
	}
	memcpy((char *)&x + sizeof(x.via), &rt->gw, 16);
	nlm_put(m, RTA_VIA, &x, sizeof(x.via) + 16);
}

static void route_message(struct nlm *m, uint16_t type, uint16_t flags,
			  const struct route *rt)
{
	bool del = type == RTM_DELROUTE;
	struct rtmsg r = {
		.rtm_family = (uint8_t)rt->family,
		.rtm_dst_len = rt->plen,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = del ? RTPROT_UNSPEC : RTPROT_STATIC,
		.rtm_scope = RT_SCOPE_UNIVERSE,
		.rtm_type = kernel_type(rt->type),
		.rtm_flags = rt->flags & RTNH_F_ONLINK,
	};

	if (del) {
		r.rtm_scope = RT_SCOPE_NOWHERE;
		r.rtm_type =
			rt->type == ROUTE_UNICAST ? RTN_UNSPEC : r.rtm_type;
	} else {
		if (rt->protocol)
			r.rtm_protocol = rt->protocol;
		if (rt->type == ROUTE_UNICAST && !rt->has_gw)
			r.rtm_scope = RT_SCOPE_LINK;
	}
	nlm_begin(m, type, flags, &r, sizeof(r));
	if (rt->table && rt->table != RT_TABLE_MAIN)
		nlm_put_u32(m, RTA_TABLE, rt->table);
	nlm_put(m, RTA_DST, &rt->dst, addr_len(rt->family));
	if (rt->has_gw)
		put_gateway(m, rt);
	if (rt->has_src)
		nlm_put(m, RTA_PREFSRC, &rt->src, addr_len(rt->family));
	if (rt->oif)
		nlm_put_u32(m, RTA_OIF, (uint32_t)rt->oif);
	if (rt->metric)
		nlm_put_u32(m, RTA_PRIORITY, rt->metric);
	if (rt->mtu && !del) {
		struct nlattr *nest = nlm_nest(m, RTA_METRICS);

		nlm_put_u32(m, RTAX_MTU, rt->mtu);
		nlm_nest_end(m, nest);
	}
}

static int route_talk(struct vnet *v, uint16_t type, uint16_t flags,
		      const struct route *rt, struct err *e)
{
	struct nlm m;
	int r;

	route_message(&m, type, flags, rt);
	r = nl_talk(v->rt, &m, NULL, NULL);
	return r < 0 ? bsd_err(e, -r, "%s", "") : 0;
}

int route_add(struct vnet *v, const struct route *rt, struct err *e)
{
	return route_talk(v, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, rt, e);
}

int route_change(struct vnet *v, const struct route *rt, struct err *e)
{
	return route_talk(v, RTM_NEWROUTE, NLM_F_REPLACE, rt, e);
}

int route_delete(struct vnet *v, const struct route *rt, struct err *e)
{
	return route_talk(v, RTM_DELROUTE, 0, rt, e);
}

struct one_route {
	struct route rt;
	bool found;
};

static int get_cb(const struct nlmsghdr *h, void *data, struct err *e)
{
	struct one_route *o = data;

	(void)e;
	if (!o->found)
		o->found = parse_route(h, &o->rt);
	return 0;
}

int route_get(struct vnet *v, int family, const union route_addr *dst,
	      bool match, struct route *ret, struct err *e)
{
	struct rtmsg rt = {.rtm_family = (uint8_t)family,
			   .rtm_dst_len = (uint8_t)(addr_len(family) * 8),
			   /* IPv6 tells the table anyway and checks flags */
			   .rtm_flags =
				   family == AF_INET ? RTM_F_LOOKUP_TABLE : 0};
	struct one_route o = {0};
	struct nlm m;
	int r;

	if (match)
		rt.rtm_flags |= RTM_F_FIB_MATCH;
	nlm_begin(&m, RTM_GETROUTE, 0, &rt, sizeof(rt));
	nlm_put(&m, RTA_DST, dst, addr_len(family));
	r = nl_query(v->rt, &m, get_cb, &o, NULL);
	if (r >= 0 && !o.found)
		r = -ESRCH;
	if (r < 0)
		return bsd_err(e, -r, "%s", "");
	*ret = o.rt;
	return 0;
}
