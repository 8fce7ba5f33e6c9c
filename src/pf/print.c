/*
 * print: rules in pfctl's words.  The order of a rule's words, and where pfctl
 * leaves blanks that nobody would put there, are pfctl's: scripts read them.
 */
#include "pf/print.h"

#include "base/cleanup.h"
#include "pf/names.h"

#include <arpa/inet.h>
#include <string.h>

static bool all_zero(const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n && !*b) {
		b++;
		n--;
	}
	return !n;
}

static int mask_bits(const union pf_addr *m, sa_family_t af)
{
	int bits = 0;

	for (size_t i = 0; i < (af == AF_INET ? 4 : 16); i++)
		bits += __builtin_popcount(m->b[i]);
	return bits;
}

static void print_address(struct strbuf *out, const union pf_addr *a,
			  sa_family_t af)
{
	char s[INET6_ADDRSTRLEN];

	strbuf_adds(out, inet_ntop(af == AF_INET ? AF_INET : AF_INET6, a, s,
				   sizeof(s))
				 ? s
				 : "?");
}

static void print_modifiers(struct strbuf *out, unsigned int flags)
{
	if (flags & PF_IF_NETWORK)
		strbuf_adds(out, ":network");
	if (flags & PF_IF_BROADCAST)
		strbuf_adds(out, ":broadcast");
	if (flags & PF_IF_PEER)
		strbuf_adds(out, ":peer");
	if (flags & PF_IF_NOALIAS)
		strbuf_adds(out, ":0");
}

static void print_masked(struct strbuf *out, const struct pf_host *h,
			 sa_family_t af, unsigned int flags)
{
	bool zero = all_zero(&h->addr, sizeof(h->addr)) &&
		    all_zero(&h->mask, sizeof(h->mask));
	int bits;

	if (zero && !((flags & PF_PRINT_EXACT) && h->neg)) {
		strbuf_adds(out, "any");
		return;
	}
	print_address(out, &h->addr, af);
	if (h->ifindex_of_scope && (flags & PF_PRINT_EXACT))
		strbuf_addf(out, "%%%u", h->ifindex_of_scope);
	bits = mask_bits(&h->mask, af);
	if (bits < (af == AF_INET ? 32 : 128))
		strbuf_addf(out, "/%d", bits);
}

/* Without the "! " before it. */
static void print_bare_host(struct strbuf *out, const struct pf_host *h,
			    sa_family_t af, unsigned int flags)
{
	if (h->af)
		af = h->af;
	switch (h->kind) {
	case PF_ADDR_ANY:
		strbuf_adds(out, "any");
		break;
	case PF_ADDR_MASK:
		print_masked(out, h, af, flags);
		break;
	case PF_ADDR_RANGE:
		print_address(out, &h->addr, af);
		strbuf_adds(out, " - ");
		print_address(out, &h->mask, af);
		break;
	case PF_ADDR_DYNIF:
		strbuf_adds(out, flags & PF_PRINT_EXACT ? "(\"" : "(");
		pf_print_quoted(out, h->name, flags);
		print_modifiers(out, h->if_flags);
		if (flags & PF_PRINT_NUMBERS) {
			if (h->count > 0)
				strbuf_addf(out, ":%d", h->count);
			else
				strbuf_adds(out, ":*");
		}
		strbuf_adds(out, flags & PF_PRINT_EXACT ? "\")" : ")");
		if (h->net >= 0 && !(af == AF_INET && h->net >= 32))
			strbuf_addf(out, "/%d", h->net);
		break;
	case PF_ADDR_TABLE:
		strbuf_addch(out, '<');
		pf_print_name(out, h->name, flags);
		if (flags & PF_PRINT_NUMBERS)
			strbuf_addf(out, ":%d", h->count);
		strbuf_addch(out, '>');
		break;
	case PF_ADDR_NOROUTE:
		strbuf_adds(out, "no-route");
		break;
	case PF_ADDR_URPFFAILED:
		strbuf_adds(out, "urpf-failed");
		break;
	case PF_ADDR_NONE:
		strbuf_adds(out, "?");
		break;
	}
}

void pf_print_host(struct strbuf *out, const struct pf_host *h, sa_family_t af,
		   unsigned int flags)
{
	if (h->neg)
		strbuf_adds(out, "! ");
	print_bare_host(out, h, af, flags);
}

void pf_print_entry(struct strbuf *out, const struct pf_entry *e)
{
	if (e->neg)
		strbuf_addch(out, '!');
	print_address(out, &e->addr, e->af);
	if (e->len < (e->af == AF_INET ? 32 : 128))
		strbuf_addf(out, "/%d", e->len);
}

/* " = a", " a:b" and so on; the ends as text. */
static void print_op(struct strbuf *out, enum pf_op op, const char *a,
		     const char *b)
{
	static const char *const unary[] = {
		[PF_OP_EQ] = "=",  [PF_OP_NE] = "!=", [PF_OP_LT] = "<",
		[PF_OP_LE] = "<=", [PF_OP_GT] = ">",  [PF_OP_GE] = ">=",
	};

	switch (op) {
	case PF_OP_NONE:
		break;
	case PF_OP_IRG:
		strbuf_addf(out, " %s >< %s", a, b);
		break;
	case PF_OP_XRG:
		strbuf_addf(out, " %s <> %s", a, b);
		break;
	case PF_OP_RRG:
		strbuf_addf(out, " %s:%s", a, b);
		break;
	default:
		strbuf_addf(out, " %s %s", unary[op], a);
	}
}

static void print_port(struct strbuf *out, const struct pf_cmp *c,
		       uint8_t proto, unsigned int flags)
{
	const char *name = NULL;
	char a[16], b[16];

	if (!c->op)
		return;
	snprintf(a, sizeof(a), "%u", c->a);
	snprintf(b, sizeof(b), "%u", c->b);
	if ((c->op == PF_OP_EQ || c->op == PF_OP_NE) &&
	    !(flags & (PF_PRINT_NUMERIC | PF_PRINT_EXACT)))
		name = pf_service_name((uint16_t)c->a, proto);
	strbuf_adds(out, " port");
	print_op(out, c->op, name ? name : a, b);
}

static void print_id(struct strbuf *out, const char *what,
		     const struct pf_cmp *c)
{
	char a[16], b[16];

	if (!c->op)
		return;
	snprintf(a, sizeof(a), "%u", c->a);
	snprintf(b, sizeof(b), "%u", c->b);
	if (c->a == PF_UID_UNKNOWN && (c->op == PF_OP_EQ || c->op == PF_OP_NE))
		str_copy(a, sizeof(a), "unknown");
	strbuf_addf(out, " %s", what);
	print_op(out, c->op, a, b);
}

/* No conditions: "all" stands for it. */
static bool is_all(const struct pf_end *e)
{
	const struct pf_host *h = &e->host;

	if (h->neg || e->port.op)
		return false;
	return h->kind == PF_ADDR_ANY || (h->kind == PF_ADDR_MASK &&
					  all_zero(&h->addr, sizeof(h->addr)) &&
					  all_zero(&h->mask, sizeof(h->mask)));
}

static void print_fromto(struct strbuf *out, const struct pf_rule *r,
			 unsigned int flags)
{
	if (is_all(&r->src) && is_all(&r->dst) && !r->os) {
		strbuf_adds(out, " all");
		return;
	}
	strbuf_adds(out, " from ");
	pf_print_host(out, &r->src.host, r->af, flags);
	print_port(out, &r->src.port, r->proto, flags);
	if (r->os) {
		strbuf_adds(out, " os \"");
		pf_print_quoted(out, r->os, flags);
		strbuf_addch(out, '"');
	}
	strbuf_adds(out, " to ");
	pf_print_host(out, &r->dst.host, r->af, flags);
	print_port(out, &r->dst.port, r->proto, flags);
}

static void print_pool_host(struct strbuf *out, const struct pf_pool_entry *e,
			    sa_family_t af, bool route, unsigned int flags)
{
	flags &= ~PF_PRINT_NUMBERS;
	if (!route) {
		print_bare_host(out, &e->host, af, flags);
		return;
	}
	if (e->host.kind == PF_ADDR_ANY) {
		pf_print_name(out, e->ifname, flags);
		return;
	}
	strbuf_addch(out, '(');
	pf_print_name(out, e->ifname, flags);
	strbuf_addch(out, ' ');
	print_bare_host(out, &e->host, af, flags);
	strbuf_addch(out, ')');
}

static void print_pool_ports(struct strbuf *out, const struct pf_pool *p,
			     enum pf_action action)
{
	if (!p->port[0])
		return;
	if (action == PF_NAT) {
		if (p->port[0] == PF_NAT_PORT_LOW &&
		    p->port[1] == PF_NAT_PORT_HIGH)
			return;
		strbuf_addf(out, " port %u", p->port[0]);
		if (p->port[0] != p->port[1])
			strbuf_addf(out, ":%u", p->port[1]);
	} else if (action == PF_RDR) {
		strbuf_addf(out, " port %u", p->port[0]);
		if (p->port[1] && p->port[1] != p->port[0])
			strbuf_addf(out, ":%u", p->port[1]);
	}
}

/* action: PF_NAT, PF_RDR, PF_BINAT, or PF_PASS for routes. */
static void print_pool(struct strbuf *out, const struct pf_pool *p,
		       sa_family_t af, enum pf_action action,
		       unsigned int flags)
{
	static const char *const types[] = {
		[PF_POOL_NONE] = "",
		[PF_POOL_BITMASK] = " bitmask",
		[PF_POOL_RANDOM] = " random",
		[PF_POOL_SRCHASH] = " source-hash 0x",
		[PF_POOL_ROUNDROBIN] = " round-robin",
	};

	if (p->n > 1)
		strbuf_adds(out, "{ ");
	for (size_t i = 0; i < p->n; i++) {
		strbuf_adds(out, i ? ", " : "");
		print_pool_host(out, &p->v[i], af, action == PF_PASS, flags);
	}
	if (p->n > 1)
		strbuf_adds(out, " }");
	print_pool_ports(out, p, action);
	strbuf_adds(out, types[p->type]);
	for (size_t i = 0; p->type == PF_POOL_SRCHASH && i < sizeof(p->key);
	     i++)
		strbuf_addf(out, "%02x", p->key[i]);
	if (p->sticky)
		strbuf_adds(out, " sticky-address");
	if (p->static_port)
		strbuf_adds(out, " static-port");
	if (p->mape.psidlen)
		strbuf_addf(out, " map-e-portset %u/%u/%u", p->mape.offset,
			    p->mape.psidlen, p->mape.psid);
	if (p->endpoint_independent)
		strbuf_adds(out, " endpoint-independent");
}

static void print_icmp_code(struct strbuf *out, uint16_t v, sa_family_t af)
{
	const char *name = pf_icmp_code_name(v >> 8, v & 255, af);

	if (name)
		strbuf_adds(out, name);
	else
		strbuf_addf(out, "%u", v & 255);
}

static void print_return(struct strbuf *out, const struct pf_rule *r)
{
	switch (r->ret) {
	case PF_RETURN_DROP:
		strbuf_adds(out, " drop");
		break;
	case PF_RETURN:
		strbuf_adds(out, " return");
		break;
	case PF_RETURN_RST:
		strbuf_adds(out, " return-rst");
		if (r->return_ttl)
			strbuf_addf(out, "(ttl %d)", r->return_ttl);
		break;
	case PF_RETURN_ICMP:
		strbuf_adds(out, r->af == AF_INET6 ? " return-icmp6("
						   : " return-icmp(");
		if (r->af != AF_INET6)
			print_icmp_code(out, r->return_icmp, AF_INET);
		if (!r->af)
			strbuf_adds(out, ", ");
		if (r->af != AF_INET)
			print_icmp_code(out, r->return_icmp6, AF_INET6);
		strbuf_addch(out, ')');
	}
}

static void print_action(struct strbuf *out, const struct pf_rule *r,
			 enum pf_list list, unsigned int flags)
{
	static const char *const actions[] = {
		[PF_PASS] = "pass",	   [PF_BLOCK] = "block",
		[PF_MATCH] = "match",	   [PF_SCRUB] = "scrub",
		[PF_NOSCRUB] = "no scrub", [PF_NAT] = "nat",
		[PF_NONAT] = "no nat",	   [PF_BINAT] = "binat",
		[PF_NOBINAT] = "no binat", [PF_RDR] = "rdr",
		[PF_NORDR] = "no rdr",
	};
	static const char *const calls[PF_NLISTS] = {
		[PF_LIST_ETHER] = "ether anchor",
		[PF_LIST_SCRUB] = "anchor",
		[PF_LIST_NAT] = "nat-anchor",
		[PF_LIST_BINAT] = "binat-anchor",
		[PF_LIST_RDR] = "rdr-anchor",
		[PF_LIST_FILTER] = "anchor",
	};

	if (r->action != PF_ANCHOR) {
		strbuf_adds(out, actions[r->action]);
		if (r->flags & PF_F_NAT_PASS)
			strbuf_adds(out, " pass");
		if (r->action == PF_BLOCK && list == PF_LIST_FILTER)
			print_return(out, r);
		return;
	}
	strbuf_adds(out, calls[list]);
	if (r->anchor_call[0] != '_' || (flags & PF_PRINT_EXACT)) {
		strbuf_adds(out, " \"");
		pf_print_quoted(out, r->anchor_call, flags);
		strbuf_addch(out, '"');
	}
}

static void print_log(struct strbuf *out, const struct pf_rule *r)
{
	static const struct {
		unsigned int flag;
		const char *word;
	} words[] = {
		{PF_F_LOG_ALL, "all"},
		{PF_F_LOG_MATCHES, "matches"},
		{PF_F_LOG_USER, "user"},
	};
	const char *comma = " (";

	if (!(r->flags & PF_F_LOG))
		return;
	strbuf_adds(out, " log");
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (r->flags & words[i].flag) {
			strbuf_addf(out, "%s%s", comma, words[i].word);
			comma = ", ";
		}
	if (r->logif) {
		strbuf_addf(out, "%sto %s", comma, r->logif);
		comma = ", ";
	}
	if (comma[0] == ',')
		strbuf_addch(out, ')');
}

static void print_flag_letters(struct strbuf *out, uint8_t f)
{
	for (size_t i = 0; PF_TCP_FLAGS[i]; i++)
		if (f & 1u << i)
			strbuf_addch(out, PF_TCP_FLAGS[i]);
}

static void print_tcp_flags(struct strbuf *out, const struct pf_rule *r)
{
	if (r->tcp_flags || r->tcp_flagset) {
		strbuf_adds(out, " flags ");
		print_flag_letters(out, r->tcp_flags);
		strbuf_addch(out, '/');
		print_flag_letters(out, r->tcp_flagset);
	} else if (r->action == PF_PASS && r->state &&
		   (!r->proto || r->proto == IPPROTO_TCP) &&
		   !(r->flags & PF_F_FRAGMENT)) {
		strbuf_adds(out, " flags any");
	}
}

static void print_icmp(struct strbuf *out, const struct pf_rule *r)
{
	const char *name;

	if (!(r->flags & PF_F_ICMP_TYPE))
		return;
	strbuf_adds(out, r->af == AF_INET6 ? " icmp6-type " : " icmp-type ");
	name = pf_icmp_type_name(r->icmp_type, r->af);
	if (name)
		strbuf_adds(out, name);
	else
		strbuf_addf(out, "%u", r->icmp_type);
	if (!(r->flags & PF_F_ICMP_CODE))
		return;
	name = pf_icmp_code_name(r->icmp_type, r->icmp_code, r->af);
	if (name)
		strbuf_addf(out, " code %s", name);
	else
		strbuf_addf(out, " code %u", r->icmp_code);
}

static void print_sets(struct strbuf *out, const struct pf_rule *r)
{
	const char *comma = "";

	if (!(r->flags & (PF_F_SET_PRIO | PF_F_SET_TOS)))
		return;
	strbuf_adds(out, " set (");
	if (r->flags & PF_F_SET_PRIO) {
		if (r->set_prio[0] == r->set_prio[1])
			strbuf_addf(out, " prio %u", r->set_prio[0]);
		else
			strbuf_addf(out, " prio(%u, %u)", r->set_prio[0],
				    r->set_prio[1]);
		comma = ",";
	}
	if (r->flags & PF_F_SET_TOS)
		strbuf_addf(out, "%s tos 0x%2.2x", comma, r->set_tos);
	strbuf_adds(out, " )");
}

static void print_probability(struct strbuf *out, const struct pf_rule *r,
			      unsigned int flags)
{
	char s[32];
	size_t n;

	if (!(r->flags & PF_F_PROBABILITY))
		return;
	snprintf(s, sizeof(s), flags & PF_PRINT_EXACT ? "%.12f" : "%f",
		 r->probability * 100.0 /
			 ((double)UINT32_MAX + !(flags & PF_PRINT_EXACT)));
	for (n = strlen(s); n && s[n - 1] == '0'; n--)
		;
	s[s[n - 1] == '.' ? n - 1 : n] = '\0';
	strbuf_addf(out, " probability %s%%", s);
}

static void print_overload(struct strbuf *out, const struct pf_state_opts *o,
			   unsigned int flags)
{
	strbuf_adds(out, "overload <");
	pf_print_name(out, o->overload, flags);
	strbuf_addch(out, '>');
	if (o->flags & PF_S_FLUSH)
		strbuf_adds(out, " flush");
	if (o->flags & PF_S_FLUSH_GLOBAL)
		strbuf_adds(out, " global");
}

static void print_state_timeouts(struct strbuf *out,
				 const struct pf_state_opts *o, const char *sep)
{
	/* pf counts tcp.tsdiff as the last */
	for (size_t k = 0; k <= PF_NTIMEOUTS; k++) {
		size_t i = k == PF_NTIMEOUTS ? PF_TM_TCP_TSDIFF : k;

		if ((k == PF_TM_TCP_TSDIFF) || o->timeout[i] == PF_TM_UNSET ||
		    !o->timeout[i])
			continue;
		strbuf_addf(out, "%s%s %u", sep, pf_timeouts[i].name,
			    o->timeout[i]);
		sep = ", ";
	}
}

static const struct {
	unsigned int flag;
	const char *word;
} state_words[] = {
	{PF_S_IFBOUND, "if-bound"},
	{PF_S_ALLOW_RELATED, "allow-related"},
	{PF_S_SLOPPY, "sloppy"},
	{PF_S_PFLOW, "pflow"},
};

/* "max 5, no-sync": all of them, each with a comma before but the first. */
void pf_print_state_opts(struct strbuf *out, const struct pf_state_opts *o,
			 unsigned int flags)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

#define SEP (b.len ? ", " : "")
	if (o->max_states)
		strbuf_addf(&b, "%smax %u", SEP, o->max_states);
	if (o->flags & PF_S_NOSYNC)
		strbuf_addf(&b, "%sno-sync", SEP);
	if (o->flags & PF_S_SRCTRACK)
		strbuf_addf(&b, "%ssource-track %s", SEP,
			    o->flags & PF_S_SRCTRACK_RULE ? "rule" : "global");
	if (o->max_src_states)
		strbuf_addf(&b, "%smax-src-states %u", SEP, o->max_src_states);
	if (o->max_src_conn)
		strbuf_addf(&b, "%smax-src-conn %u", SEP, o->max_src_conn);
	if (o->conn_rate)
		strbuf_addf(&b, "%smax-src-conn-rate %u/%u", SEP, o->conn_rate,
			    o->conn_rate_seconds);
	if (o->max_src_nodes)
		strbuf_addf(&b, "%smax-src-nodes %u", SEP, o->max_src_nodes);
	if (o->overload) {
		strbuf_adds(&b, SEP);
		print_overload(&b, o, flags);
	}
	for (size_t i = 0; i < ARRAY_SIZE(state_words); i++)
		if (o->flags & state_words[i].flag)
			strbuf_addf(&b, "%s%s", SEP, state_words[i].word);
	/* pfctl does not say it: it is the default, unless set otherwise */
	if ((flags & PF_PRINT_EXACT) && (o->flags & PF_S_FLOATING))
		strbuf_addf(&b, "%sfloating", SEP);
	print_state_timeouts(&b, o, SEP);
#undef SEP
	strbuf_addn(out, b.s, b.len);
}

static void print_state(struct strbuf *out, const struct pf_rule *r,
			unsigned int flags)
{
	static const char *const kinds[] = {
		[PF_STATE_NONE] = "",
		[PF_STATE_NORMAL] = " keep state",
		[PF_STATE_MODULATE] = " modulate state",
		[PF_STATE_SYNPROXY] = " synproxy state",
	};
	cleanup_strbuf struct strbuf opts = STRBUF_INIT;

	if (!r->state && r->action == PF_PASS)
		strbuf_adds(out, " no state");
	strbuf_adds(out, kinds[r->state]);
	print_probability(out, r, flags);
	if (!r->state)
		return;
	pf_print_state_opts(&opts, &r->opts, flags);
	if (opts.len)
		strbuf_addf(out, " (%s)", opts.s);
}

/* Words of `scrub` rules. */
static void print_scrub(struct strbuf *out, const struct pf_rule *r)
{
	if (r->flags & PF_F_NO_DF)
		strbuf_adds(out, " no-df");
	if (r->flags & PF_F_RANDOM_ID)
		strbuf_adds(out, " random-id");
	if (r->min_ttl)
		strbuf_addf(out, " min-ttl %d", r->min_ttl);
	if (r->max_mss)
		strbuf_addf(out, " max-mss %d", r->max_mss);
	if (r->flags & PF_F_SET_TOS)
		strbuf_addf(out, " set-tos 0x%2.2x", r->set_tos);
	if (r->action == PF_NOSCRUB)
		return;
	if (r->flags & PF_F_REASSEMBLE_TCP)
		strbuf_adds(out, " reassemble tcp");
	strbuf_adds(out, r->flags & PF_F_FRAG_NOREASS
				 ? " fragment no reassemble"
				 : " fragment reassemble");
}

/* "scrub (...)" of filter rules */
static void print_scrub_words(struct strbuf *out, const struct pf_rule *r)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	if (r->flags & PF_F_NO_DF)
		strbuf_adds(&b, " no-df");
	if (r->flags & PF_F_RANDOM_ID)
		strbuf_adds(&b, " random-id");
	if (r->min_ttl)
		strbuf_addf(&b, " min-ttl %d", r->min_ttl);
	if (r->flags & PF_F_REASSEMBLE_TCP)
		strbuf_adds(&b, " reassemble tcp");
	if (r->max_mss)
		strbuf_addf(&b, " max-mss %d", r->max_mss);
	if (b.len)
		strbuf_addf(out, " scrub (%s)", b.s + 1);
}

static void print_queues(struct strbuf *out, const struct pf_rule *r,
			 unsigned int flags)
{
	const char *what = r->flags & PF_F_DNPIPE ? "dnpipe" : "dnqueue";

	if (r->dnpipe[1])
		strbuf_addf(out, " %s(%u, %u)", what, r->dnpipe[0],
			    r->dnpipe[1]);
	else if (r->dnpipe[0])
		strbuf_addf(out, " %s %u", what, r->dnpipe[0]);
	if (!r->queue)
		return;
	strbuf_adds(out, r->pqueue ? " queue(" : " queue ");
	pf_print_name(out, r->queue, flags);
	if (!r->pqueue)
		return;
	strbuf_adds(out, ", ");
	pf_print_name(out, r->pqueue, flags);
	strbuf_addch(out, ')');
}

static void print_tags(struct strbuf *out, const struct pf_rule *r,
		       unsigned int flags)
{
	pf_print_word(out, "tag", r->tag, flags);
	pf_print_word(out, r->flags & PF_F_NOT_TAGGED ? "! tagged" : "tagged",
		      r->tagged, flags);
	if (r->flags & PF_F_RTABLE)
		strbuf_addf(out, " rtable %u", r->rtable);
	if (r->flags & PF_F_DIVERT)
		strbuf_addf(out, " divert-to %u", r->divert_port);
}

static void print_translation(struct strbuf *out, const struct pf_rule *r,
			      unsigned int flags)
{
	if (r->action == PF_NAT || r->action == PF_RDR ||
	    r->action == PF_BINAT) {
		strbuf_adds(out, " -> ");
		print_pool(out, &r->pool, r->af, r->action, flags);
		return;
	}
	if (r->pool.af) {
		strbuf_addf(out, " af-to %s from ",
			    r->pool.af == AF_INET ? "inet" : "inet6");
		print_pool(out, &r->pool, r->pool.af, PF_NAT, flags);
		if (r->rdr.n) {
			strbuf_adds(out, " to ");
			print_pool(out, &r->rdr, r->pool.af, PF_RDR, flags);
		}
		return;
	}
	if (r->pool.n) {
		strbuf_adds(out, " nat-to ");
		print_pool(out, &r->pool, r->af, PF_NAT, flags);
	}
	if (r->rdr.n) {
		strbuf_adds(out, " rdr-to ");
		print_pool(out, &r->rdr, r->af, PF_RDR, flags);
	}
}

static void print_interface(struct strbuf *out, const struct pf_rule *r,
			    unsigned int flags)
{
	static const char *const routes[] = {
		[PF_ROUTE_NONE] = NULL,
		[PF_ROUTE_TO] = "route-to",
		[PF_REPLY_TO] = "reply-to",
		[PF_DUP_TO] = "dup-to",
	};

	pf_print_word(out, r->flags & PF_F_NOT_IF ? "on !" : "on", r->ifname,
		      flags);
	if (r->route) {
		strbuf_addf(out, " %s ", routes[r->route]);
		print_pool(out, &r->route_pool, r->af, PF_PASS, flags);
	}
	if (r->af)
		strbuf_adds(out, r->af == AF_INET ? " inet" : " inet6");
	if (r->proto) {
		const char *name = pf_proto_name(r->proto);

		if (name && !(flags & PF_PRINT_EXACT))
			strbuf_addf(out, " proto %s", name);
		else
			strbuf_addf(out, " proto %u", r->proto);
	}
}

static void print_limits(struct strbuf *out, const struct pf_rule *r)
{
	if (r->flags & PF_F_TOS)
		strbuf_addf(out, " tos 0x%2.2x", r->tos);
	if (r->flags & PF_F_PRIO)
		strbuf_addf(out, " prio %u", r->prio);
	if (r->max_pkt_rate)
		strbuf_addf(out, " max-pkt-rate %u/%u", r->max_pkt_rate,
			    r->max_pkt_rate_seconds);
	if (r->max_pkt_size)
		strbuf_addf(out, " max-pkt-size %u", r->max_pkt_size);
}

void pf_print_rule(struct strbuf *out, const struct pf_rule *r,
		   enum pf_list list, unsigned int flags)
{
	bool scrub = r->action == PF_SCRUB || r->action == PF_NOSCRUB;

	if (list == PF_LIST_ETHER) {
		pf_print_ether(out, r, flags);
		return;
	}
	if (flags & PF_PRINT_NUMBERS)
		strbuf_addf(out, "@%u ",
			    flags & PF_PRINT_READ ? r->seq : r->nr);
	print_action(out, r, list, flags);
	strbuf_adds(out, r->dir == PF_IN ? " in" : r->dir ? " out" : "");
	print_log(out, r);
	if (r->flags & PF_F_QUICK)
		strbuf_adds(out, " quick");
	print_interface(out, r, flags);
	print_fromto(out, r, flags);
	pf_print_word(out,
		      r->flags & PF_F_NOT_RCVIF ? "! received-on"
						: "received-on",
		      r->rcvif, flags);
	print_id(out, "user", &r->uid);
	print_id(out, "group", &r->gid);
	print_tcp_flags(out, r);
	print_icmp(out, r);
	print_limits(out, r);
	if (!scrub)
		print_sets(out, r);
	print_state(out, r, flags);
	if (r->flags & PF_F_FRAGMENT)
		strbuf_adds(out, " fragment");
	if (scrub)
		print_scrub(out, r);
	else
		print_scrub_words(out, r);
	if (r->flags & PF_F_ALLOW_OPTS)
		strbuf_adds(out, " allow-opts");
	if (r->flags & PF_F_ONCE)
		strbuf_adds(out, " once");
	pf_print_labels(out, r, flags);
	print_queues(out, r, flags);
	print_tags(out, r, flags);
	print_translation(out, r, flags);
}
