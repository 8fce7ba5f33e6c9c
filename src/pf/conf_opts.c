/* conf_opts: words of filter rules behind from and to. */
#include "pf/conf_impl.h"

#include "base/cleanup.h"
#include "pf/names.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>

#define PF_PRIO_MAX 7

static int user_id(struct parser *p, bool group, uint32_t *ret)
{
	const char *what = group ? "group" : "user";

	if (at(p, T_NUMBER)) {
		if (p->t.n < 0 || p->t.n >= PF_UID_UNKNOWN)
			return pf_conf_error(p, "illegal %s value %lld",
					     group ? "gid" : "uid", p->t.n);
		*ret = (uint32_t)p->t.n;
		return lex_next(p);
	}
	if (!at(p, T_STRING))
		return conf_syntax(p);
	if (!strcmp(p->t.s, "unknown")) {
		*ret = PF_UID_UNKNOWN;
		return lex_next(p);
	}
	/* printed as numbers */
	if (p->how->flags & PF_PARSE_STORED)
		return pf_conf_error(p, "unknown %s %s", what, p->t.s);
	if (group) {
		const struct group *g = getgrnam(p->t.s);

		if (g)
			*ret = g->gr_gid;
		else
			return pf_conf_error(p, "unknown %s %s", what, p->t.s);
	} else {
		const struct passwd *u = getpwnam(p->t.s);

		if (u)
			*ret = u->pw_uid;
		else
			return pf_conf_error(p, "unknown %s %s", what, p->t.s);
	}
	return lex_next(p);
}

static int id_item(struct parser *p, struct cmps *to, bool group)
{
	static const char unknown[] = "%s unknown requires operator = or !=";
	const char *what = group ? "group" : "user";
	struct pf_cmp c = {.op = PF_OP_EQ}, *v;
	enum pf_op op;
	int r = conf_unary(p, &op);

	if (!r)
		r = user_id(p, group, &c.a);
	if (r < 0)
		return r;
	c.b = c.a;
	if (op) {
		c.op = op;
		if (c.a == PF_UID_UNKNOWN && op != PF_OP_EQ && op != PF_OP_NE)
			return pf_conf_error(p, unknown, what);
	} else if (at(p, T_BETWEEN)) {
		c.op = p->t.op;
		r = lex_next(p);
		if (!r)
			r = user_id(p, group, &c.b);
		if (r < 0)
			return r;
		if (c.a == PF_UID_UNKNOWN || c.b == PF_UID_UNKNOWN)
			return pf_conf_error(p, unknown, what);
	}
	v = list_add(to);
	if (!v)
		return -ENOMEM;
	*v = c;
	return 0;
}

static int uid_item(struct parser *p, void *to)
{
	return id_item(p, to, false);
}

static int gid_item(struct parser *p, void *to)
{
	return id_item(p, to, true);
}

/* A second list comes before the first one. */
static int ids(struct parser *p, struct cmps *to,
	       int (*item)(struct parser *p, void *to))
{
	struct cmps l = {0};
	int r = lex_next(p);

	if (!r)
		r = conf_list(p, item, &l);
	for (size_t i = 0; !r && i < to->n; i++) {
		struct pf_cmp *c = list_add(&l);

		if (c)
			*c = to->v[i];
		else
			r = -ENOMEM;
	}
	free(to->v);
	*to = l;
	return r;
}

static int flag_letters(struct parser *p, uint8_t *ret)
{
	int f;

	if (!at(p, T_STRING))
		return conf_syntax(p);
	f = pf_tcp_flags(p->t.s);
	if (f < 0)
		return pf_conf_error(p, "bad flags %s", p->t.s);
	*ret = f ? (uint8_t)f : 0xff;
	return lex_next(p);
}

static int tcp_flags(struct parser *p, struct draft *d)
{
	int r;

	if (d->have_flags)
		return pf_conf_error(p, "flags cannot be redefined");
	d->have_flags = true;
	r = lex_next(p);
	if (!r && at(p, K_ANY)) {
		d->r.flags |= PF_F_FLAGS_ANY;
		return lex_next(p);
	}
	if (!r && !at_char(p, '/'))
		r = flag_letters(p, &d->r.tcp_flags);
	if (!r)
		r = expect_char(p, '/');
	return r < 0 ? r : flag_letters(p, &d->r.tcp_flagset);
}

/* TYPE [code CODE]; `to` ends with a member that has .proto */
static int icmp_any_item(struct parser *p, struct icmps *to, uint8_t proto)
{
	const char *six = proto == IPPROTO_ICMPV6 ? "6" : "";
	sa_family_t af = *six ? AF_INET6 : AF_INET;
	struct icmp i = {.proto = proto}, *v;
	bool code = false;
	int r, n;

	/* the one name of a type that is a word of the language, too */
	if (at(p, K_SKIP) || at(p, T_STRING)) {
		const char *name = at(p, K_SKIP) ? "skip" : p->t.s;

		n = pf_icmp_type(name, af);
		if (n < 0)
			return pf_conf_error(p, "unknown icmp%s-type %s", six,
					     name);
		i.type = (uint8_t)n;
		r = lex_next(p);
	} else {
		long long l = 0;

		r = take_number(p, 0, 255,
				*six ? "illegal icmp6-type %lld"
				     : "illegal icmp-type %lld",
				&l);
		i.type = (uint8_t)l;
	}
	if (!r)
		r = accept_kind(p, K_CODE, &code);
	if (!r && code && at(p, T_STRING)) {
		n = pf_icmp_code(i.type, p->t.s, af);
		if (n < 0)
			return pf_conf_error(p, "unknown icmp%s-code %s", six,
					     p->t.s);
		i.code = (uint8_t)n;
		r = lex_next(p);
	} else if (!r && code) {
		long long l = 0;

		r = take_number(p, 0, 255, "illegal icmp-code %lld", &l);
		i.code = (uint8_t)l;
	}
	if (r < 0)
		return r;
	i.have_code = code;
	v = list_add(to);
	if (!v)
		return -ENOMEM;
	*v = i;
	return 0;
}

static int icmp_item(struct parser *p, void *to)
{
	return icmp_any_item(p, to, IPPROTO_ICMP);
}

static int icmp6_item(struct parser *p, void *to)
{
	return icmp_any_item(p, to, IPPROTO_ICMPV6);
}

static int icmp_types(struct parser *p, struct draft *d)
{
	bool six = at(p, K_ICMP6_TYPE);
	int r;

	if (d->icmps.n)
		return pf_conf_error(p, "icmp-type cannot be redefined");
	r = lex_next(p);
	return r < 0 ? r
		     : conf_list(p, six ? icmp6_item : icmp_item, &d->icmps);
}

static int keep(struct parser *p, struct draft *d)
{
	static const struct {
		enum kind kind;
		enum pf_state_kind state;
	} kinds[] = {
		{K_NO, PF_STATE_NONE},
		{K_KEEP, PF_STATE_NORMAL},
		{K_MODULATE, PF_STATE_MODULATE},
		{K_SYNPROXY, PF_STATE_SYNPROXY},
	};
	size_t i = 0;
	bool yes = false;
	int r;

	if (d->have_keep)
		return pf_conf_error(p, "modulate or keep cannot be redefined");
	while (kinds[i].kind != p->t.kind)
		i++;
	d->have_keep = true;
	d->r.state = kinds[i].state;
	r = lex_next(p);
	if (!r)
		r = expect_kind(p, K_STATE);
	if (r < 0 || !d->r.state)
		return r;
	r = accept_char(p, '(', &yes);
	if (r < 0 || !yes)
		return r;
	r = conf_state_opts(p, &d->r.opts);
	return r < 0 ? r : expect_char(p, ')');
}

static int queue_names(struct parser *p, struct draft *d)
{
	bool paren = false;
	int r;

	if (d->r.queue)
		return pf_conf_error(p, "queue cannot be redefined");
	r = lex_next(p);
	if (!r)
		r = accept_char(p, '(', &paren);
	if (!r)
		r = take_name(p, PF_QUEUE_NAME, "rule qname", &d->r.queue);
	if (r < 0 || !paren)
		return r;
	if (!at_char(p, ')')) {
		r = skip_comma(p);
		if (!r)
			r = take_name(p, PF_QUEUE_NAME, "rule pqname",
				      &d->r.pqueue);
	}
	return r < 0 ? r : expect_char(p, ')');
}

static int pipe_number(struct parser *p, uint16_t *ret)
{
	long long n = 0;
	int r = conf_number_word(p, &n);

	if (r < 0)
		return r;
	if (n < 0 || n > 65535)
		return pf_conf_error(p, "illegal dummynet number %lld", n);
	*ret = (uint16_t)n;
	return 0;
}

/* dnpipe N, dnpipe (N), dnpipe (N, M) */
int conf_dummynet(struct parser *p, struct pf_rule *rule)
{
	bool paren = false;
	int r;

	rule->flags &= ~(PF_F_DNPIPE | PF_F_DNQUEUE);
	rule->flags |= at(p, K_DNPIPE) ? PF_F_DNPIPE : PF_F_DNQUEUE;
	r = lex_next(p);
	if (!r)
		r = accept_char(p, '(', &paren);
	if (!r)
		r = pipe_number(p, &rule->dnpipe[0]);
	if (r < 0 || !paren)
		return r;
	if (!at_char(p, ')')) {
		r = skip_comma(p);
		if (!r)
			r = pipe_number(p, &rule->dnpipe[1]);
	}
	return r < 0 ? r : expect_char(p, ')');
}

static int probability(struct parser *p, struct pf_rule *rule)
{
	double v;
	int r = lex_next(p);

	if (r < 0)
		return r;
	if (at(p, T_STRING)) {
		char *end;

		v = strtod(p->t.s, &end);
		if (*end == '%') {
			v *= 0.01;
			end++;
		}
		if (*end || end == p->t.s)
			return pf_conf_error(p, "invalid probability: %s",
					     p->t.s);
	} else if (at(p, T_NUMBER)) {
		v = (double)p->t.n;
	} else {
		return conf_syntax(p);
	}
	v = v * UINT32_MAX + 0.5;
	if (!(v >= 0.0 && v < (double)UINT32_MAX + 1.0))
		return pf_conf_error(p, "invalid probability: %f", v);
	rule->probability = v < 1.0 ? 1 : (uint32_t)v;
	rule->flags |= PF_F_PROBABILITY;
	return lex_next(p);
}

/* prio N | prio (N, M) of `set` */
static int set_prio(struct parser *p, struct pf_rule *rule)
{
	static const char range[] = "prio must be 0 - 7";
	long long a = 0, b = 0;
	bool paren = false;
	int r;

	if (rule->flags & PF_F_SET_PRIO)
		return pf_conf_error(p, "prio cannot be redefined");
	r = lex_next(p);
	if (!r)
		r = accept_char(p, '(', &paren);
	if (!r)
		r = take_number(p, 0, PF_PRIO_MAX, range, &a);
	b = a;
	if (!r && paren) {
		r = skip_comma(p);
		if (!r)
			r = take_number(p, 0, PF_PRIO_MAX, range, &b);
		if (!r)
			r = expect_char(p, ')');
	}
	rule->flags |= PF_F_SET_PRIO;
	rule->set_prio[0] = (uint8_t)a;
	rule->set_prio[1] = (uint8_t)b;
	return r;
}

static int set_one(struct parser *p, struct pf_rule *rule)
{
	int r;

	if (at(p, K_PRIO))
		return set_prio(p, rule);
	if (!at(p, K_TOS))
		return conf_syntax(p);
	if (rule->flags & PF_F_SET_TOS)
		return pf_conf_error(p, "tos cannot be respecified");
	r = lex_next(p);
	rule->flags |= PF_F_SET_TOS;
	return r < 0 ? r : conf_tos(p, &rule->set_tos);
}

static int sets(struct parser *p, struct pf_rule *rule)
{
	bool paren = false;
	int r = lex_next(p);

	if (!r)
		r = accept_char(p, '(', &paren);
	if (r < 0 || !paren)
		return r < 0 ? r : set_one(p, rule);
	do {
		r = set_one(p, rule);
		if (!r)
			r = skip_comma(p);
	} while (!r && !at_char(p, ')'));
	return r < 0 ? r : lex_next(p);
}

static int divert_to(struct parser *p, struct pf_rule *rule)
{
	cleanup_free char *s = NULL;
	uint16_t port[2];
	bool star = false;
	int r = lex_next(p);

	/* divert-to PORT, or an address, which FreeBSD does not look at */
	if (!r && at(p, T_STRING)) {
		long long n = 0;

		if (str_to_int(p->t.s, 0, 65535, &n) < 0 &&
		    pf_service_port(p->t.s) < 0) {
			r = take_string(p, &s);
			if (!r)
				r = expect_kind(p, K_PORT);
		}
	}
	if (!r)
		r = conf_portstar(p, port, &star);
	if (r < 0)
		return r;
	if (!port[0] || port[1] || star)
		return pf_conf_error(p, "invalid divert port: %u", port[0]);
	rule->divert_port = port[0];
	rule->flags |= PF_F_DIVERT;
	return 0;
}

static int scrub_number(struct parser *p, const char *word, long long max,
			const char *illegal, bool *have, long long *ret)
{
	int r;

	if (*have)
		return pf_conf_error(p, "%s cannot be respecified", word);
	*have = true;
	r = lex_next(p);
	return r < 0 ? r : take_number(p, 0, max, illegal, ret);
}

static int scrub_flag(struct parser *p, struct pf_rule *rule, unsigned int f,
		      const char *word)
{
	if (rule->flags & f)
		return pf_conf_error(p, "%s cannot be respecified", word);
	rule->flags |= f;
	return lex_next(p);
}

/* "crop" and "drop-ovl" of old files have been "reassemble" for long. */
static int scrub_fragment(struct parser *p, struct pf_rule *rule)
{
	bool no = false;
	int r = lex_next(p);

	if (rule->flags & (PF_F_FRAG_REASSEMBLE | PF_F_FRAG_NOREASS))
		return pf_conf_error(p, "fragcache cannot be respecified");
	if (!r && at(p, T_STRING) &&
	    (!strcmp(p->t.s, "crop") || !strcmp(p->t.s, "drop-ovl"))) {
		rule->flags |= PF_F_FRAG_REASSEMBLE;
		return lex_next(p);
	}
	if (!r)
		r = accept_kind(p, K_NO, &no);
	if (!r)
		r = expect_kind(p, K_REASSEMBLE);
	if (r < 0)
		return r;
	rule->flags |= no ? PF_F_FRAG_NOREASS : PF_F_FRAG_REASSEMBLE;
	return 0;
}

static int scrub_reassemble(struct parser *p, struct pf_rule *rule)
{
	int r = lex_next(p);

	if (r < 0)
		return r;
	if (!at(p, T_STRING))
		return conf_syntax(p);
	if (strcasecmp(p->t.s, "tcp"))
		return pf_conf_error(p,
				     "scrub reassemble supports only tcp, not "
				     "'%s'",
				     p->t.s);
	return scrub_flag(p, rule, PF_F_REASSEMBLE_TCP, "reassemble tcp");
}

/* One word of scrub; *ret false: it is none. */
static int scrub_option(struct parser *p, struct draft *d, bool *ret)
{
	struct pf_rule *rule = &d->r;
	long long n = 0;
	int r;

	*ret = true;
	switch (p->t.kind) {
	case K_NO_DF:
		return scrub_flag(p, rule, PF_F_NO_DF, "no-df");
	case K_RANDOM_ID:
		return scrub_flag(p, rule, PF_F_RANDOM_ID, "random-id");
	case K_MIN_TTL:
		r = scrub_number(p, "min-ttl", 255,
				 "illegal min-ttl value %lld", &d->have_min_ttl,
				 &n);
		rule->min_ttl = (uint8_t)n;
		return r;
	case K_MAX_MSS:
		r = scrub_number(p, "max-mss", 65535,
				 "illegal max-mss value %lld", &d->have_max_mss,
				 &n);
		rule->max_mss = (uint16_t)n;
		return r;
	case K_SET_TOS:
		r = scrub_flag(p, rule, PF_F_SET_TOS, "set-tos");
		return r < 0 ? r : conf_tos(p, &rule->set_tos);
	case K_FRAGMENT:
		return scrub_fragment(p, rule);
	case K_REASSEMBLE:
		return scrub_reassemble(p, rule);
	case K_RTABLE:
		return conf_rtable(p, rule);
	case K_TAGGED:
		return conf_tagged(p, rule);
	default:
		if (at_char(p, '!'))
			return conf_tagged(p, rule);
		*ret = false;
		return 0;
	}
}

int conf_scrub_opts(struct parser *p, struct draft *d, bool needed)
{
	bool yes = false;
	int r = scrub_option(p, d, &yes);

	if (!r && !yes && needed)
		return conf_syntax(p);
	while (!r && yes) {
		bool comma = false;

		r = accept_char(p, ',', &comma);
		if (!r)
			r = scrub_option(p, d, &yes);
		if (!r && comma && !yes)
			return conf_syntax(p);
	}
	return r;
}

static int scrub_words(struct parser *p, struct draft *d)
{
	int r = lex_next(p);

	if (!r)
		r = expect_char(p, '(');
	if (!r && !at_char(p, ')'))
		r = conf_scrub_opts(p, d, true);
	if (!r && (d->r.flags & (PF_F_FRAG_REASSEMBLE | PF_F_FRAG_NOREASS)))
		return pf_conf_error(p,
				     "fragment reassembly is for scrub rules "
				     "and \"set reassemble\"");
	return r < 0 ? r : expect_char(p, ')');
}

static int packet_rate(struct parser *p, struct pf_rule *rule)
{
	static const char positive[] = "only positive values permitted";
	long long n = 0, s = 0;
	int r;

	if (rule->max_pkt_rate)
		return pf_conf_error(p, "cannot respecify max-pkt-rate");
	r = lex_next(p);
	if (!r)
		r = take_number(p, 1, UINT32_MAX / 1000, positive, &n);
	if (!r)
		r = expect_char(p, '/');
	if (!r)
		r = take_number(p, 1, UINT32_MAX, positive, &s);
	rule->max_pkt_rate = (uint32_t)n;
	rule->max_pkt_rate_seconds = (uint32_t)s;
	return r;
}

/* Words with a number behind them. */
static int option_number(struct parser *p, struct draft *d)
{
	struct pf_rule *rule = &d->r;
	enum kind k = p->t.kind;
	long long n = 0;
	int r = lex_next(p);

	switch (k) {
	case K_PRIO:
		if (rule->flags & PF_F_PRIO)
			return pf_conf_error(p, "prio cannot be redefined");
		if (!r)
			r = take_number(p, 0, PF_PRIO_MAX, "prio must be 0 - 7",
					&n);
		rule->prio = (uint8_t)n;
		rule->flags |= PF_F_PRIO;
		return r;
	case K_TOS:
		if (rule->flags & PF_F_TOS)
			return pf_conf_error(p, "tos cannot be redefined");
		rule->flags |= PF_F_TOS;
		return r < 0 ? r : conf_tos(p, &rule->tos);
	default: /* K_MAX_PKT_SIZE */
		if (!r)
			r = take_number(p, 1, UINT32_MAX,
					"max-pkt-size must be 1 or larger", &n);
		rule->max_pkt_size = (uint32_t)n;
		return r;
	}
}

static int received_on(struct parser *p, struct pf_rule *rule)
{
	int r = lex_next(p);

	if (r < 0)
		return r;
	if (rule->rcvif)
		return pf_conf_error(p, "cannot respecify received-on");
	return take_name(p, IFNAMSIZ, "interface name", &rule->rcvif);
}

/* "!" is before tagged or received-on. */
static int negated(struct parser *p, struct draft *d)
{
	int r = lex_next(p);

	if (r < 0)
		return r;
	if (at(p, K_RECEIVED_ON)) {
		d->r.flags |= PF_F_NOT_RCVIF;
		return received_on(p, &d->r);
	}
	if (!at(p, K_TAGGED))
		return conf_syntax(p);
	r = conf_tagged(p, &d->r);
	d->r.flags |= PF_F_NOT_TAGGED;
	return r;
}

static int one_word(struct parser *p, struct pf_rule *rule, unsigned int flag)
{
	rule->flags |= flag;
	return lex_next(p);
}

/* One word or construct; *ret false: it is none of them. */
static int filter_option(struct parser *p, struct draft *d, bool *ret)
{
	struct pf_rule *r = &d->r;

	*ret = true;
	switch (p->t.kind) {
	case K_USER:
		return ids(p, &d->uids, uid_item);
	case K_GROUP:
		return ids(p, &d->gids, gid_item);
	case K_FLAGS:
		return tcp_flags(p, d);
	case K_ICMP_TYPE:
	case K_ICMP6_TYPE:
		return icmp_types(p, d);
	case K_NO:
	case K_KEEP:
	case K_MODULATE:
	case K_SYNPROXY:
		return keep(p, d);
	case K_FRAGMENT:
		return one_word(p, r, PF_F_FRAGMENT);
	case K_ALLOW_OPTS:
		return one_word(p, r, PF_F_ALLOW_OPTS);
	case K_ONCE:
		return one_word(p, r, PF_F_ONCE);
	case K_LABEL:
		return conf_label(p, r);
	case K_QUEUE:
		return queue_names(p, d);
	case K_DNPIPE:
	case K_DNQUEUE:
		return conf_dummynet(p, r);
	case K_TAG:
		return conf_tag(p, &r->tag);
	case K_TAGGED:
		return conf_tagged(p, r);
	case K_RECEIVED_ON:
		return received_on(p, r);
	case K_PROBABILITY:
		return probability(p, r);
	case K_RTABLE:
		return conf_rtable(p, r);
	case K_DIVERT_TO:
		return divert_to(p, r);
	case K_DIVERT_REPLY:
		return pf_conf_error(p,
				     "divert-reply has no meaning in FreeBSD "
				     "pf(4)");
	case K_SCRUB:
		return scrub_words(p, d);
	case K_SET:
		return sets(p, r);
	case K_RIDENTIFIER:
		return conf_ridentifier(p, r);
	case K_PRIO:
	case K_TOS:
	case K_MAX_PKT_SIZE:
		return option_number(p, d);
	case K_MAX_PKT_RATE:
		return packet_rate(p, r);
	case K_NAT_TO:
	case K_RDR_TO:
	case K_BINAT_TO:
		return conf_natto(p, d);
	case K_AF_TO:
		return conf_afto(p, d);
	default:
		if (at_char(p, '!'))
			return negated(p, d);
		*ret = false;
		return 0;
	}
}

int conf_filter_opts(struct parser *p, struct draft *d)
{
	bool more = true;
	int r = 0;

	while (!r && more)
		r = filter_option(p, d, &more);
	return r;
}
