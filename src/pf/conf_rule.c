/* conf_rule: pass, block, match; scrub; antispoof. */
#include "pf/conf_impl.h"

#include "base/cleanup.h"
#include "pf/names.h"

#include <errno.h>
#include <string.h>

/* Unreachable: port, of ICMP and of ICMPv6. */
#define UNREACH 3
#define UNREACH6 1
#define PORT_UNREACH (UNREACH << 8 | 3)
#define PORT_UNREACH6 (UNREACH6 << 8 | 4)

void draft_init(struct draft *d)
{
	memset(d, 0, sizeof(*d));
	for (size_t i = 0; i < PF_NTIMEOUTS; i++)
		d->r.opts.timeout[i] = PF_TM_UNSET;
}

static int icmp_spec(struct parser *p, sa_family_t af, uint16_t *ret)
{
	int type = af == AF_INET6 ? UNREACH6 : UNREACH;
	long long n = 0;

	if (at(p, T_STRING)) {
		if (!conf_hex(p->t.s, &n))
			n = pf_icmp_code(type, p->t.s, af);
		if (n < 0)
			return pf_conf_error(p, "unknown icmp code %s", p->t.s);
		if (n > 255)
			return pf_conf_error(p, "invalid icmp code %lld", n);
	} else if (at(p, T_NUMBER)) {
		n = p->t.n;
		if (n < 0 || n > 255)
			return pf_conf_error(p, "invalid icmp code %lld", n);
	} else {
		return conf_syntax(p);
	}
	*ret = (uint16_t)(type << 8 | (int)n);
	return lex_next(p);
}

static int return_rst(struct parser *p, struct pf_rule *rule)
{
	long long n = 0;
	bool paren = false;
	int r = accept_char(p, '(', &paren);

	if (r < 0 || !paren)
		return r;
	r = expect_kind(p, K_TTL);
	if (!r)
		r = take_number(p, 0, 255, "illegal ttl value %lld", &n);
	rule->return_ttl = (uint8_t)n;
	return r < 0 ? r : expect_char(p, ')');
}

static int return_icmp(struct parser *p, struct pf_rule *rule, bool six)
{
	bool paren = false;
	int r = accept_char(p, '(', &paren);

	if (r < 0 || !paren)
		return r;
	if (six) {
		r = icmp_spec(p, AF_INET6, &rule->return_icmp6);
	} else {
		r = icmp_spec(p, AF_INET, &rule->return_icmp);
		if (!r && !at_char(p, ')')) {
			r = skip_comma(p);
			if (!r)
				r = icmp_spec(p, AF_INET6, &rule->return_icmp6);
		}
	}
	return r < 0 ? r : expect_char(p, ')');
}

/* What `block` answers. */
static int block_spec(struct parser *p, struct pf_rule *rule)
{
	enum kind k = p->t.kind;
	int r;

	rule->return_icmp = PORT_UNREACH;
	rule->return_icmp6 = PORT_UNREACH6;
	rule->ret = p->conf->opt.block_return ? PF_RETURN : PF_RETURN_DROP;
	if (k != K_DROP && k != K_RETURN && k != K_RETURN_RST &&
	    k != K_RETURN_ICMP && k != K_RETURN_ICMP6)
		return 0;
	r = lex_next(p);
	if (r < 0)
		return r;
	switch (k) {
	case K_DROP:
		rule->ret = PF_RETURN_DROP;
		return 0;
	case K_RETURN:
		rule->ret = PF_RETURN;
		return 0;
	case K_RETURN_RST:
		rule->ret = PF_RETURN_RST;
		return return_rst(p, rule);
	default:
		rule->ret = PF_RETURN_ICMP;
		return return_icmp(p, rule, k == K_RETURN_ICMP6);
	}
}

static int action(struct parser *p, struct pf_rule *rule)
{
	enum kind k = p->t.kind;
	int r = lex_next(p);

	if (r < 0)
		return r;
	if (k == K_BLOCK) {
		rule->action = PF_BLOCK;
		return block_spec(p, rule);
	}
	rule->action = k == K_MATCH ? PF_MATCH : PF_PASS;
	if (k == K_PASS && p->conf->opt.fail_return)
		rule->ret = PF_RETURN;
	return 0;
}

int conf_flags(struct parser *p, const struct draft *d)
{
	const struct pf_rule *r = &d->r;
	bool tcp = !d->protos.n;

	if ((r->tcp_flags & r->tcp_flagset) != r->tcp_flags)
		return pf_conf_error(p, "flags always false");
	for (size_t i = 0; i < d->protos.n; i++)
		tcp |= d->protos.v[i] == IPPROTO_TCP;
	if (tcp)
		return 0;
	if (r->tcp_flags || r->tcp_flagset)
		return pf_conf_error(p, "flags only apply to tcp");
	if (d->os.n)
		return pf_conf_error(p,
				     "OS fingerprinting only applies to tcp");
	return 0;
}

/* What a pass rule has unless it says otherwise. */
static int implied(struct parser *p, struct draft *d)
{
	struct pf_rule *r = &d->r;

	if (r->action == PF_PASS && !d->have_keep) {
		const struct pf_state_opts *o = &p->conf->opt.state_defaults;

		r->state = PF_STATE_NORMAL;
		r->opts = *o;
		if (o->overload && !(r->opts.overload = strdup(o->overload)))
			return -ENOMEM;
	}
	if (r->action == PF_PASS && r->state && !r->tcp_flagset &&
	    !d->have_flags && !(r->flags & PF_F_FRAGMENT)) {
		r->tcp_flags = (uint8_t)pf_tcp_flags("S");
		r->tcp_flagset = (uint8_t)pf_tcp_flags("SA");
	}
	return conf_state_finish(p, r);
}

static int finish_route(struct parser *p, struct draft *d)
{
	if (!d->r.route)
		return 0;
	if (d->r.dir == PF_INOUT)
		return pf_conf_error(p, "direction must be explicit with rules "
					"that specify routing");
	decide_family(&d->route, &d->r.af);
	return conf_pool_finish(p, &d->route, &d->r.route_pool, &d->r.af,
				"routing");
}

/* Port ranges of nat-to as of nat; shifts of rdr-to as of rdr. */
static int finish_translation(struct parser *p, struct draft *d)
{
	struct pf_rule *r = &d->r;
	sa_family_t af = r->pool.af ? r->pool.af : r->af;
	int e = 0;

	if (r->pool.af && r->dir != PF_IN)
		return pf_conf_error(p, "af-to can only be used on inbound "
					"rules");
	if (r->pool.af && !r->af)
		return pf_conf_error(p,
				     "no address family specified for af-to");
	if (r->pool.af && r->af == r->pool.af)
		return pf_conf_error(p, "address family unchanged");
	if (d->pool.n) {
		e = conf_pool_finish(p, &d->pool, &r->pool, &af, "redirection");
		if (!e)
			e = conf_nat_ports(p, &r->pool);
	}
	if (!e && d->rdr.n) {
		e = conf_pool_finish(p, &d->rdr, &r->rdr, &af, "redirection");
		if (!e)
			conf_rdr_ports(&r->rdr, &d->dport);
	}
	if (!e && !r->af && !r->pool.af)
		r->af = af;
	return e;
}

/*
 * binat-to: out, the source becomes the pool's address; in, what is for the
 * pool's address goes to the source.
 */
static int expand_binat(struct parser *p, struct draft *d)
{
	cleanup_draft struct draft in;
	struct pf_pool_entry *e;
	struct pf_rule *r = &d->r;
	int k;

	draft_init(&in);
	if (d->src.n != 1 || d->src.v[0].host.kind != PF_ADDR_MASK ||
	    d->src.v[0].host.neg || r->pool.n != 1 ||
	    r->pool.v[0].host.kind != PF_ADDR_MASK)
		return pf_conf_error(p, "binat-to requires a single source and "
					"translation address");
	if (memcmp(d->src.v[0].host.mask.b, r->pool.v[0].host.mask.b,
		   sizeof(r->pool.v[0].host.mask.b)))
		return pf_conf_error(p,
				     "'binat-to' source mask and redirect mask "
				     "must be the same");
	if (r->dir != PF_INOUT)
		return pf_conf_error(p, "binat-to cannot be used with a "
					"direction");
	r->pool.static_port = true;
	if (pf_rule_copy(&in.r, r) < 0)
		return -ENOMEM;
	pf_pool_clear(&in.r.pool);
	in.r.dir = PF_IN;
	r->dir = PF_OUT;
	e = list_add(&in.rdr);
	if (e)
		e->host = d->src.v[0].host;
	if (e)
		e = list_add(&in.dst);
	if (!e)
		return -ENOMEM;
	e->host = r->pool.v[0].host;
	in.r.rdr.v = in.rdr.v;
	in.r.rdr.n = in.rdr.n;
	memset(&in.rdr, 0, sizeof(in.rdr));
	k = conf_expand(p, d, PF_LIST_FILTER);
	if (k < 0)
		return k;
	/* the rest of the lists, with the sides changed */
	in.ifs = d->ifs;
	in.protos = d->protos;
	in.uids = d->uids;
	in.gids = d->gids;
	in.icmps = d->icmps;
	in.src = d->dst;
	in.sport = d->dport;
	in.dport = d->sport;
	k = conf_expand(p, &in, PF_LIST_FILTER);
	memset(&in.ifs, 0, sizeof(in.ifs));
	memset(&in.protos, 0, sizeof(in.protos));
	memset(&in.uids, 0, sizeof(in.uids));
	memset(&in.gids, 0, sizeof(in.gids));
	memset(&in.icmps, 0, sizeof(in.icmps));
	memset(&in.src, 0, sizeof(in.src));
	memset(&in.sport, 0, sizeof(in.sport));
	memset(&in.dport, 0, sizeof(in.dport));
	return k;
}

/* [in] [log] [quick] [on IF] */
static int rule_head(struct parser *p, struct draft *d)
{
	int r = conf_dir(p, &d->r.dir);

	if (!r)
		r = conf_logquick(p, &d->r);
	return r < 0 ? r : conf_interface(p, &d->ifs);
}

int conf_rule(struct parser *p)
{
	cleanup_draft struct draft d;
	int r;

	draft_init(&d);
	r = action(p, &d.r);
	if (!r)
		r = rule_head(p, &d);
	if (!r)
		r = conf_route(p, &d);
	if (!r)
		r = conf_packets(p, &d);
	if (!r)
		r = conf_filter_opts(p, &d);
	if (!r)
		r = conf_end(p, SECTION_FILTER);
	if (!r)
		r = conf_flags(p, &d);
	if (!r)
		r = implied(p, &d);
	if (r < 0)
		return r;
	decide_families(&d);
	r = finish_route(p, &d);
	if (!r)
		r = finish_translation(p, &d);
	if (r < 0)
		return r;
	return d.binat_to ? expand_binat(p, &d)
			  : conf_expand(p, &d, PF_LIST_FILTER);
}

int conf_scrub(struct parser *p, bool no)
{
	cleanup_draft struct draft d;
	int r = lex_next(p);

	draft_init(&d);
	d.r.action = no ? PF_NOSCRUB : PF_SCRUB;
	if (!r)
		r = rule_head(p, &d);
	if (!r)
		r = conf_packets(p, &d);
	if (!r)
		r = conf_scrub_opts(p, &d, false);
	if (!r)
		r = conf_end(p, SECTION_SCRUB);
	if (r < 0)
		return r;
	if (d.r.flags & PF_F_QUICK)
		return pf_conf_error(p, "scrub rules do not support 'quick'");
	if ((d.r.flags & PF_F_REASSEMBLE_TCP) && d.r.dir != PF_INOUT)
		return pf_conf_error(p, "reassemble tcp rules can not specify "
					"direction");
	return conf_expand(p, &d, PF_LIST_SCRUB);
}

static int antispoof_if(struct parser *p, void *to)
{
	struct ifs *l = to;
	size_t n = l->n;
	bool paren = false;
	int r = accept_char(p, '(', &paren);

	if (!r)
		r = conf_if_item(p, to);
	if (r < 0)
		return r;
	l->v[n].dynamic = paren;
	return paren ? expect_char(p, ')') : 0;
}

static bool is_loopback(const char *name)
{
	return !strncmp(name, "lo", 2) &&
	       !name[2 + strspn(name + 2, "0123456789")];
}

/* One of the two blocks for an interface: its networks, or its addresses. */
static int antispoof_block(struct parser *p, const struct pf_rule *rule,
			   const struct ifitem *i, bool networks)
{
	unsigned int flags = networks ? PF_IF_NETWORK : 0;
	cleanup_draft struct draft d;
	struct err e = ERR_INIT;
	int r = 0;

	draft_init(&d);
	if (pf_rule_copy(&d.r, rule) < 0)
		return -ENOMEM;
	if (i->dynamic) {
		struct pf_pool_entry *h = list_add(&d.src);

		if (!h || !(h->host.name = strdup(i->name)))
			return -ENOMEM;
		h->host.kind = PF_ADDR_DYNIF;
		h->host.net = -1;
		h->host.if_flags = flags;
	} else {
		r = ifaddrs_of(p->how->resolve, i->name, flags, &d.src, &e);
		if (r < 0 && r != -ENOMEM)
			return pf_conf_error(p, "%s", e.text);
	}
	if (r < 0 || !d.src.n)
		return r;
	if (networks) {
		struct ifitem *on = list_add(&d.ifs);

		if (!on)
			return -ENOMEM;
		*on = *i;
		on->neg = true;
	}
	return conf_expand(p, &d, PF_LIST_FILTER);
}

static int antispoof_opts(struct parser *p, struct pf_rule *rule)
{
	int r = 0;

	while (!r) {
		if (at(p, K_LABEL))
			r = conf_label(p, rule);
		else if (at(p, K_RTABLE))
			r = conf_rtable(p, rule);
		else if (at(p, K_RIDENTIFIER))
			r = conf_ridentifier(p, rule);
		else
			break;
	}
	return r;
}

int conf_antispoof(struct parser *p)
{
	cleanup_draft struct draft d;
	int r = lex_next(p);

	draft_init(&d);
	d.r.action = PF_BLOCK;
	d.r.dir = PF_IN;
	d.r.return_icmp = PORT_UNREACH;
	d.r.return_icmp6 = PORT_UNREACH6;
	if (!r)
		r = conf_logquick(p, &d.r);
	if (!r)
		r = expect_kind(p, K_FOR);
	if (!r)
		r = conf_list(p, antispoof_if, &d.ifs);
	if (!r)
		r = conf_af(p, &d.r.af);
	if (!r)
		r = antispoof_opts(p, &d.r);
	if (!r)
		r = conf_end(p, SECTION_FILTER);
	for (size_t i = 0; i < d.ifs.n && !r; i++) {
		r = antispoof_block(p, &d.r, &d.ifs.v[i], true);
		if (!r && !is_loopback(d.ifs.v[i].name))
			r = antispoof_block(p, &d.r, &d.ifs.v[i], false);
	}
	return r;
}
