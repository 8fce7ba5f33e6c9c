/* conf_check: what may stand together in one rule, in pfctl's words. */
#include "pf/conf_impl.h"

#include <errno.h>

static bool has_ports(const struct pf_rule *r)
{
	return r->src.port.op || r->dst.port.op;
}

static bool port_proto(const struct pf_rule *r)
{
	return r->proto == IPPROTO_TCP || r->proto == IPPROTO_UDP ||
	       r->proto == IPPROTO_SCTP;
}

static bool icmp_proto(const struct pf_rule *r)
{
	return r->proto == IPPROTO_ICMP || r->proto == IPPROTO_ICMPV6;
}

static bool ports_without_proto(const struct pf_rule *r)
{
	return has_ports(r) && !port_proto(r);
}

static bool icmp_without_proto(const struct pf_rule *r)
{
	return (r->flags & PF_F_ICMP_TYPE) && !icmp_proto(r);
}

static bool icmp_without_family(const struct pf_rule *r)
{
	return (r->flags & PF_F_ICMP_TYPE) && !r->af;
}

static bool overload_without_limit(const struct pf_rule *r)
{
	return r->opts.overload && !r->opts.max_src_conn && !r->opts.conn_rate;
}

static bool options_without_pass(const struct pf_rule *r)
{
	return (r->flags & PF_F_ALLOW_OPTS) && r->action != PF_PASS;
}

static bool fragment_beyond_header(const struct pf_rule *r)
{
	return (r->flags & PF_F_FRAGMENT) &&
	       (has_ports(r) || r->tcp_flagset || (r->flags & PF_F_ICMP_TYPE));
}

static bool rst_without_tcp(const struct pf_rule *r)
{
	return r->ret == PF_RETURN_RST && r->proto != IPPROTO_TCP;
}

static bool nodes_without_rule(const struct pf_rule *r)
{
	return r->opts.max_src_nodes && !(r->opts.flags & PF_S_SRCTRACK_RULE);
}

static bool state_on_block(const struct pf_rule *r)
{
	return r->state && (r->action == PF_BLOCK);
}

static bool state_on_match(const struct pf_rule *r)
{
	return r->state && r->action == PF_MATCH;
}

static bool sloppy_proxy(const struct pf_rule *r)
{
	return (r->opts.flags & PF_S_SLOPPY) && r->state > PF_STATE_NORMAL;
}

static bool divert_on_match(const struct pf_rule *r)
{
	return (r->flags & PF_F_DIVERT) && r->action == PF_MATCH;
}

static bool route_on_match(const struct pf_rule *r)
{
	return r->route && r->action == PF_MATCH;
}

static bool translation_on_block(const struct pf_rule *r)
{
	return (r->pool.n || r->rdr.n) && r->action == PF_BLOCK;
}

static bool translation_without_state(const struct pf_rule *r)
{
	return (r->pool.n || r->rdr.n) && r->action == PF_PASS && !r->state;
}

static bool once_on_match(const struct pf_rule *r)
{
	return (r->flags & PF_F_ONCE) && r->action == PF_MATCH;
}

static const struct filter_check {
	bool (*wrong)(const struct pf_rule *r);
	const char *text;
} filter_checks[] = {
	{ports_without_proto, "port only applies to tcp/udp"},
	{icmp_without_proto, "icmp-type/code only applies to icmp"},
	{icmp_without_family,
	 "must indicate address family with icmp-type/code"},
	{overload_without_limit, "'overload' requires 'max-src-conn' or "
				 "'max-src-conn-rate'"},
	{options_without_pass, "allow-opts can only be specified for pass "
			       "rules"},
	{fragment_beyond_header, "fragments can be filtered only on IP header "
				 "fields"},
	{rst_without_tcp, "return-rst can only be applied to TCP rules"},
	{nodes_without_rule, "max-src-nodes requires 'source-track rule'"},
	{state_on_block, "keep state on block rules doesn't make sense"},
	{state_on_match, "keep state is great, but only for pass rules"},
	{sloppy_proxy, "sloppy state matching cannot be used with synproxy "
		       "state or modulate state"},
	{divert_on_match, "divert is not supported on match rules"},
	{route_on_match, "route-to, reply-to, dup-to and fastroute must not be "
			 "used on match rules"},
	{translation_on_block, "nat-to, rdr-to and af-to are not for block "
			       "rules"},
	{translation_without_state, "nat-to and rdr-to require keep state"},
	{once_on_match, "'once' only applies to pass/block rules"},
};

static int check_filter(struct parser *p, const struct pf_rule *r)
{
	int bad = 0;

	for (size_t i = 0; i < sizeof(filter_checks) / sizeof(filter_checks[0]);
	     i++)
		if (filter_checks[i].wrong(r)) {
			pf_conf_error(p, "%s", filter_checks[i].text);
			bad++;
		}
	if ((r->proto == IPPROTO_ICMP && r->af == AF_INET6) ||
	    (r->proto == IPPROTO_ICMPV6 && r->af == AF_INET)) {
		pf_conf_error(p, "proto %s doesn't match address family %s",
			      r->proto == IPPROTO_ICMP ? "icmp" : "icmp6",
			      r->af == AF_INET ? "inet" : "inet6");
		bad++;
	}
	return bad ? -EINVAL : 0;
}

static int check_rdr(struct parser *p, const struct pf_rule *r)
{
	int bad = 0;

	if (!port_proto(r)) {
		if (r->src.port.op && ++bad)
			pf_conf_error(p, "src port only applies to tcp/udp");
		if (r->dst.port.op && ++bad)
			pf_conf_error(p, "dst port only applies to tcp/udp");
		if (r->pool.port[0] && ++bad)
			pf_conf_error(p, "rpool port only applies to tcp/udp");
	}
	if (r->dst.port.op && r->dst.port.op != PF_OP_EQ &&
	    r->dst.port.op != PF_OP_RRG && ++bad)
		pf_conf_error(p,
			      "invalid port operator for rdr destination port");
	return bad ? -EINVAL : 0;
}

int conf_check(struct parser *p, const struct pf_rule *r, enum pf_list list)
{
	if (r->action == PF_ANCHOR && list != PF_LIST_FILTER)
		return 0;
	switch (list) {
	case PF_LIST_FILTER:
	case PF_LIST_SCRUB:
		return check_filter(p, r);
	case PF_LIST_RDR:
		return check_rdr(p, r);
	default:
		return 0;
	}
}
