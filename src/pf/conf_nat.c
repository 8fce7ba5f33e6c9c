/* conf_nat: nat, rdr and binat rules. */
#include "pf/conf_impl.h"

#include "base/cleanup.h"

#include <errno.h>
#include <string.h>

/* [pass] [log] */
static int pass_log(struct parser *p, struct pf_rule *rule)
{
	bool pass = false;
	int r = accept_kind(p, K_PASS, &pass);

	if (pass)
		rule->flags |= PF_F_NAT_PASS;
	return r < 0 ? r : conf_log(p, rule);
}

int conf_nat_ports(struct parser *p, struct pf_pool *pool)
{
	if (pool->port[0] && !pool->port[1])
		pool->port[1] = pool->port[0];
	if (pool->static_port && pool->port[0])
		return pf_conf_error(p,
				     "the 'static-port' option can't be used "
				     "when specifying a port range");
	if (pool->mape.psidlen && pool->static_port)
		return pf_conf_error(p,
				     "the 'map-e-portset' option can't be used "
				     "'static-port'");
	if (pool->mape.psidlen && pool->port[0])
		return pf_conf_error(p,
				     "the 'map-e-portset' option can't be used "
				     "when specifying a port range");
	pool->port_shift = false;
	return 0;
}

/* "8000:*" stands for as many ports as the rule is for. */
void conf_rdr_ports(struct pf_pool *pool, const struct cmps *dport)
{
	if (pool->port_shift && dport->n && dport->v[0].op == PF_OP_RRG) {
		uint32_t end = pool->port[0] + dport->v[0].b - dport->v[0].a;

		pool->port[1] = (uint16_t)(end > 65535 ? 65535 : end);
	}
	pool->port_shift = pool->port[1] != 0;
}

static int tag_tagged_rtable(struct parser *p, struct pf_rule *rule)
{
	int r = 0;

	if (at(p, K_TAG)) {
		r = lex_next(p);
		if (!r)
			r = take_name(p, PF_TAG_NAME, "tag", &rule->tag);
	}
	if (!r && (at_char(p, '!') || at(p, K_TAGGED)))
		r = conf_tagged(p, rule);
	if (!r && at(p, K_RTABLE))
		r = conf_rtable(p, rule);
	return r;
}

/* [tag T] [tagged T] [rtable N] [-> to what, `many` or one] */
static int target(struct parser *p, struct draft *d, bool many, bool *arrow,
		  bool *star)
{
	int r = tag_tagged_rtable(p, &d->r);

	if (!r)
		r = accept_kind(p, T_ARROW, arrow);
	if (!r && *arrow)
		r = conf_redirection(p, &d->pool, &d->r.pool, many, star);
	return r;
}

static int nat_end(struct parser *p, bool no, const struct pf_rule *rule)
{
	int r = conf_end(p, SECTION_NAT);

	if (!r && no && (rule->flags & PF_F_NAT_PASS))
		return pf_conf_error(p, "\"pass\" not valid with \"no\"");
	return r;
}

/* pf wants a protocol with ports; the first essay's rule has none. */
static int port_protocols(struct parser *p, struct draft *d)
{
	static const uint32_t both[] = {IPPROTO_TCP, IPPROTO_UDP};

	if (d->protos.n || (d->r.action != PF_RDR && d->r.action != PF_NORDR) ||
	    !(d->sport.n || d->dport.n || d->r.pool.port[0]))
		return 0;
	conf_warn(p, "port without proto: taken for tcp and udp");
	for (size_t i = 0; i < ARRAY_SIZE(both); i++) {
		uint32_t *v = list_add(&d->protos);

		if (!v)
			return -ENOMEM;
		*v = both[i];
	}
	return 0;
}

static int nat_pool(struct parser *p, struct draft *d, bool arrow)
{
	struct pf_rule *rule = &d->r;
	struct pf_pool *pool = &rule->pool;
	bool nat = rule->action == PF_NAT;
	int r;

	if (rule->action == PF_NONAT || rule->action == PF_NORDR)
		return arrow ? pf_conf_error(p,
					     "translation rule with 'no' does "
					     "not need '->'")
			     : 0;
	if (!arrow || !d->pool.n)
		return pf_conf_error(p,
				     "translation rule requires '-> address'");
	if (!nat && (pool->static_port || pool->mape.psidlen ||
		     pool->endpoint_independent))
		return pf_conf_error(
			p, "the '%s' option is only valid with nat rules",
			pool->static_port    ? "static-port"
			: pool->mape.psidlen ? "map-e-portset"
					     : "endpoint-"
					       "independent");
	if (!rule->af && !d->pool.v[0].host.ifindex_of_scope)
		rule->af = d->pool.v[0].host.af;
	r = conf_pool_finish(p, &d->pool, pool, &rule->af, "redirection");
	if (r < 0)
		return r;
	if (nat)
		return conf_nat_ports(p, pool);
	conf_rdr_ports(pool, &d->dport);
	return 0;
}

static void nat_family(struct draft *d)
{
	const struct hosts *sides[] = {&d->src, &d->dst};

	for (size_t i = 0; i < 2 && !d->r.af; i++)
		if (sides[i]->n && !sides[i]->v[0].host.ifindex_of_scope)
			d->r.af = sides[i]->v[0].host.af;
}

int conf_nat(struct parser *p, bool no, enum pf_action action)
{
	bool rdr = action == PF_RDR || action == PF_NORDR;
	cleanup_draft struct draft d;
	bool arrow = false, star = false;
	int r = lex_next(p);

	draft_init(&d);
	d.r.action = action;
	if (!r)
		r = pass_log(p, &d.r);
	if (!r)
		r = conf_interface(p, &d.ifs);
	if (!r)
		r = conf_packets(p, &d);
	if (!r)
		r = target(p, &d, true, &arrow, &star);
	if (!r)
		r = conf_pool_opts(p, &d.r.pool);
	if (!r)
		r = nat_end(p, no, &d.r);
	if (r < 0)
		return r;
	d.r.pool.port_shift = star;
	nat_family(&d);
	r = nat_pool(p, &d, arrow);
	if (!r)
		r = port_protocols(p, &d);
	return r < 0 ? r : conf_expand(p, &d, rdr ? PF_LIST_RDR : PF_LIST_NAT);
}

/* One side of binat: at most one address, of the rule's family. */
static int binat_side(struct parser *p, struct hosts *h, sa_family_t af,
		      struct pf_host *ret)
{
	struct pf_host *a;

	if (!h->n)
		return 0;
	if (h->n > 1)
		return pf_conf_error(p, "multiple binat ip addresses");
	a = &h->v[0].host;
	if (a->kind == PF_ADDR_DYNIF)
		a->af = af;
	if (a->af && a->af != af)
		return pf_conf_error(p, "binat ip versions must match");
	if (conf_netmask(p, a, af) < 0) {
		p->errors++;
		return -EINVAL;
	}
	return pf_host_copy(ret, a);
}

/* Neither a table nor (IF) with several addresses. */
static int binat_single(struct parser *p, const struct hosts *h,
			const char *what)
{
	for (size_t i = 0; i < h->n; i++) {
		const struct pf_host *a = &h->v[i].host;

		if (a->kind == PF_ADDR_TABLE)
			return pf_conf_error(
				p,
				"invalid use of table <%s> as the %s "
				"address of a binat rule",
				a->name, what);
		if (a->kind == PF_ADDR_DYNIF && !(a->if_flags & PF_IF_NOALIAS))
			return pf_conf_error(p,
					     "invalid use of interface (%s) as "
					     "the %s address of a binat rule",
					     a->name, what);
	}
	return 0;
}

static int binat_target(struct parser *p, struct draft *d, bool arrow)
{
	struct pf_rule *rule = &d->r;
	static const uint8_t zero[sizeof(rule->src.host.mask.b)];
	int r;

	if (rule->action == PF_NOBINAT)
		return arrow ? pf_conf_error(p, "'no binat' rule does not need "
						"'->'")
			     : 0;
	if (!arrow || !d->pool.n)
		return pf_conf_error(p, "'binat' rule requires '-> address'");
	if (d->pool.n > 1)
		rule->pool.type = PF_POOL_ROUNDROBIN;
	r = conf_pool_finish(p, &d->pool, &rule->pool, &rule->af,
			     "redirection");
	if (r < 0)
		return r;
	rule->pool.type = PF_POOL_NONE;
	if (rule->pool.n > 1)
		return pf_conf_error(p, "binat rule must redirect to a single "
					"address");
	if (rule->src.host.kind == PF_ADDR_MASK &&
	    memcmp(rule->src.host.mask.b, zero, sizeof(zero)) &&
	    memcmp(rule->src.host.mask.b, rule->pool.v[0].host.mask.b,
		   sizeof(zero)))
		return pf_conf_error(p, "'binat' source mask and redirect mask "
					"must be the same");
	return 0;
}

static int binat_finish(struct parser *p, struct draft *d, bool arrow)
{
	struct pf_rule *rule = &d->r;
	int r;

	for (size_t i = 0; i < d->dst.n; i++)
		if (d->dst.v[i].host.kind == PF_ADDR_URPFFAILED)
			return pf_conf_error(p,
					     "\"urpf-failed\" is not permitted "
					     "as a binat destination");
	nat_family(d);
	if (!rule->af && d->pool.n)
		rule->af = d->pool.v[0].host.af;
	if (!rule->af)
		return pf_conf_error(p,
				     "address family (inet/inet6) undefined");
	r = binat_single(p, &d->src, "source");
	if (!r)
		r = binat_single(p, &d->pool, "redirect");
	if (!r)
		r = binat_side(p, &d->src, rule->af, &rule->src.host);
	if (!r)
		r = binat_side(p, &d->dst, rule->af, &rule->dst.host);
	if (!r)
		r = binat_target(p, d, arrow);
	if (r < 0)
		return r;
	if (d->ifs.n) {
		rule->ifname = strdup(d->ifs.v[0].name);
		if (!rule->ifname)
			return -ENOMEM;
		if (d->ifs.v[0].neg)
			rule->flags |= PF_F_NOT_IF;
	}
	if (d->ifs.n > 1)
		return pf_conf_error(p, "binat on several interfaces is not "
					"supported");
	if (d->protos.n > 1)
		return pf_conf_error(p, "binat of several protocols is not "
					"supported");
	if (d->protos.n)
		rule->proto = (uint8_t)d->protos.v[0];
	rule->file = strdup(lex_file(p));
	rule->line = p->t.line;
	return rule->file ? conf_append(p, rule, PF_LIST_BINAT) : -ENOMEM;
}

int conf_binat(struct parser *p, bool no)
{
	cleanup_draft struct draft d;
	bool arrow = false, to = false, star = false;
	int r = lex_next(p);

	draft_init(&d);
	d.r.action = no ? PF_NOBINAT : PF_BINAT;
	if (!r)
		r = pass_log(p, &d.r);
	if (!r)
		r = conf_interface(p, &d.ifs);
	if (!r)
		r = conf_af(p, &d.r.af);
	if (!r)
		r = conf_protos(p, &d.protos);
	if (!r)
		r = expect_kind(p, K_FROM);
	if (!r)
		r = conf_ipspec(p, &d.src);
	if (!r)
		r = accept_kind(p, K_TO, &to);
	if (!r && to)
		r = conf_ipspec(p, &d.dst);
	if (!r)
		r = target(p, &d, false, &arrow, &star);
	if (!r)
		r = nat_end(p, no, &d.r);
	if (r < 0)
		return r;
	return binat_finish(p, &d, arrow);
}
