/*
 * nft_timeout: timeouts of single rules, `keep state (tcp.established 60)`.
 *
 * The kernel has objects with all timeouts of a protocol, which a connection's
 * first packet is given.  One that is named after what it says can be shared,
 * and stays when rules that say the same are loaded again, so that connections
 * keep theirs.  Timeouts that a rule does not name are those of the ruleset.
 */
#include "pf/nft_gen.h"

#include <linux/netfilter/nfnetlink_cttimeout.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

struct timeout {
	uint16_t attr; /* CTA_TIMEOUT_* */
	enum pf_timeout of;
};

static const struct timeout tcp[] = {
	{CTA_TIMEOUT_TCP_SYN_SENT, PF_TM_TCP_FIRST},
	{CTA_TIMEOUT_TCP_SYN_RECV, PF_TM_TCP_OPENING},
	{CTA_TIMEOUT_TCP_ESTABLISHED, PF_TM_TCP_ESTABLISHED},
	{CTA_TIMEOUT_TCP_FIN_WAIT, PF_TM_TCP_CLOSING},
	{CTA_TIMEOUT_TCP_CLOSE_WAIT, PF_TM_TCP_CLOSING},
	{CTA_TIMEOUT_TCP_LAST_ACK, PF_TM_TCP_FINWAIT},
	{CTA_TIMEOUT_TCP_TIME_WAIT, PF_TM_TCP_FINWAIT},
	{CTA_TIMEOUT_TCP_CLOSE, PF_TM_TCP_CLOSED},
	{CTA_TIMEOUT_TCP_SYN_SENT2, PF_TM_TCP_FIRST},
	{0},
};
static const struct timeout udp[] = {
	{CTA_TIMEOUT_UDP_UNREPLIED, PF_TM_UDP_SINGLE},
	{CTA_TIMEOUT_UDP_REPLIED, PF_TM_UDP_MULTIPLE},
	{0},
};
static const struct timeout icmp[] = {
	{CTA_TIMEOUT_ICMP_TIMEOUT, PF_TM_ICMP_FIRST},
	{0},
};
static const struct timeout sctp[] = {
	{CTA_TIMEOUT_SCTP_COOKIE_WAIT, PF_TM_SCTP_FIRST},
	{CTA_TIMEOUT_SCTP_COOKIE_ECHOED, PF_TM_SCTP_OPENING},
	{CTA_TIMEOUT_SCTP_ESTABLISHED, PF_TM_SCTP_ESTABLISHED},
	{CTA_TIMEOUT_SCTP_SHUTDOWN_SENT, PF_TM_SCTP_CLOSING},
	{CTA_TIMEOUT_SCTP_SHUTDOWN_RECD, PF_TM_SCTP_CLOSING},
	{CTA_TIMEOUT_SCTP_SHUTDOWN_ACK_SENT, PF_TM_SCTP_CLOSED},
	{CTA_TIMEOUT_SCTP_CLOSED, PF_TM_SCTP_CLOSED},
	{0},
};

static const struct {
	uint8_t proto;
	const struct timeout *v;
} protos[] = {
	{IPPROTO_TCP, tcp},	{IPPROTO_UDP, udp},   {IPPROTO_ICMP, icmp},
	{IPPROTO_ICMPV6, icmp}, {IPPROTO_SCTP, sctp},
};
#define NPROTOS (sizeof(protos) / sizeof(protos[0]))

static bool is_set(const struct pf_rule *r, enum pf_timeout t)
{
	/* pf takes 0 for "as the ruleset" */
	return r->opts.timeout[t] != PF_TM_UNSET && r->opts.timeout[t] != 0;
}

static bool says(const struct pf_rule *r, size_t p)
{
	const struct timeout *t;

	if (r->proto && r->proto != protos[p].proto)
		return false;
	for (t = protos[p].v; t->attr; t++)
		if (is_set(r, t->of))
			return true;
	return false;
}

bool gen_times(const struct pf_rule *r)
{
	size_t p;

	for (p = 0; r->state != PF_STATE_NONE && p < NPROTOS; p++)
		if (says(r, p))
			return true;
	return false;
}

static uint32_t value(const struct gen *g, const struct pf_rule *r,
		      enum pf_timeout t)
{
	return is_set(r, t) ? r->opts.timeout[t] : g->c->opt.timeout[t];
}

/* "ct.6.120.30.86400": protocol and values. */
static void name_of(const struct gen *g, const struct pf_rule *r, size_t p,
		    char *buf, size_t size)
{
	const struct timeout *t;
	size_t n;

	n = (size_t)snprintf(buf, size, "ct.%u", protos[p].proto);
	for (t = protos[p].v; t->attr && n < size; t++)
		n += (size_t)snprintf(buf + n, size - n, ".%u",
				      value(g, r, t->of));
}
#define NAME_SIZE 128

static void put_object(struct gen *g, const struct pf_rule *r, size_t p,
		       const char *name)
{
	const struct timeout *t;
	struct nfb *b = &g->b;

	nfb_begin(b, NFT_MSG_NEWOBJ, NLM_F_CREATE);
	nfb_put_str(b, NFTA_OBJ_TABLE, b->table);
	nfb_put_str(b, NFTA_OBJ_NAME, name);
	nfb_put_u32be(b, NFTA_OBJ_TYPE, NFT_OBJECT_CT_TIMEOUT);
	nfb_nest(b, NFTA_OBJ_DATA);
	nfb_put_u16be(b, NFTA_CT_TIMEOUT_L3PROTO, NFPROTO_INET);
	nfb_put_u8(b, NFTA_CT_TIMEOUT_L4PROTO, protos[p].proto);
	nfb_nest(b, NFTA_CT_TIMEOUT_DATA);
	for (t = protos[p].v; t->attr; t++)
		nfb_put_u32be(b, t->attr, value(g, r, t->of));
	nfb_nest_end(b);
	nfb_nest_end(b);
	nfb_end(b);
}

static void objects_of(struct gen *g, const struct pf_rule *r)
{
	char name[NAME_SIZE];
	size_t p;

	for (p = 0; p < NPROTOS; p++) {
		if (!says(r, p))
			continue;
		name_of(g, r, p, name, sizeof(name));
		if (strv_has(&g->times, name))
			continue;
		if (strv_add(&g->times, name) < 0)
			g->b.failed = true;
		if (!strv_has(&g->had_times, name))
			put_object(g, r, p, name);
	}
}

void gen_timeouts(struct gen *g)
{
	const struct pf_rules *l;
	size_t i, k;

	for (i = 0; i < g->nnodes; i++) {
		l = &g->node[i].a->list[PF_LIST_FILTER];
		for (k = 0; k < l->n; k++) {
			g->b.cookie = g->node[i].base[PF_LIST_FILTER] +
				      (unsigned int)k;
			if (l->v[k].action == PF_PASS && gen_times(&l->v[k]))
				objects_of(g, &l->v[k]);
		}
	}
	g->b.cookie = NFB_NO_COOKIE;
	for (i = 0; i < g->had_times.n; i++)
		if (!strv_has(&g->times, g->had_times.v[i]))
			nfb_obj_del(&g->b, g->had_times.v[i],
				    NFT_OBJECT_CT_TIMEOUT);
}

void gen_timeout(struct gen *g, const struct pf_rule *r, const char *chain)
{
	char name[NAME_SIZE];
	size_t p;

	for (p = 0; p < NPROTOS; p++) {
		if (!says(r, p))
			continue;
		name_of(g, r, p, name, sizeof(name));
		nfb_rule(&g->b, chain);
		gen_match_proto(g, protos[p].proto);
		nfe_objref(&g->b, NFT_OBJECT_CT_TIMEOUT, name);
		nfb_rule_end(&g->b);
	}
}

/* `max` sets these by itself: that says nothing. */
static bool adapts(const struct pf_rule *r)
{
	const uint32_t tenth = r->opts.max_states / 10;

	return (is_set(r, PF_TM_ADAPTIVE_START) &&
		r->opts.timeout[PF_TM_ADAPTIVE_START] != tenth * 6) ||
	       (is_set(r, PF_TM_ADAPTIVE_END) &&
		r->opts.timeout[PF_TM_ADAPTIVE_END] != tenth * 12);
}

/* What conntrack has no timeout for. */
void gen_timeout_check(struct gen *g, const struct pf_rule *r)
{
	static const enum pf_timeout others[] = {
		PF_TM_TCP_TSDIFF,  PF_TM_UDP_FIRST,    PF_TM_ICMP_ERROR,
		PF_TM_OTHER_FIRST, PF_TM_OTHER_SINGLE, PF_TM_OTHER_MULTIPLE,
		PF_TM_FRAG,	   PF_TM_INTERVAL,
	};
	size_t i;

	if (adapts(r))
		gen_refuse(g, r,
			   "adaptive.start, adaptive.end: conntrack has no "
			   "timeouts that shrink");
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (is_set(r, others[i]))
			gen_refuse(g, r,
				   "timeout %s: conntrack has no such timeout "
				   "of single connections",
				   pf_timeouts[others[i]].name);
}
