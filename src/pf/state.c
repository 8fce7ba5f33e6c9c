/* See state.h: flows to states to text. */
#include "pf/state.h"

#include "base/cleanup.h"
#include "net/ifnet.h"
#include "pf/gate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_sctp.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

static uint16_t port_of(const struct nlattr *a)
{
	return ntohs(nl_u16(a));
}

static bool addr_of(const struct nlattr *a, size_t len, union pf_addr *ret)
{
	if (!a || mnl_attr_get_payload_len(a) != len)
		return false;
	memcpy(ret->b, mnl_attr_get_payload(a), len);
	return true;
}

/* The addresses of a tuple; false: not of this family. */
static bool tuple_addrs(const struct nlattr *nest, sa_family_t af,
			struct pf_peer v[2])
{
	const struct nlattr *tb[CTA_IP_MAX + 1] = {0};

	if (!nest)
		return false;
	nl_parse_nested(nest, tb, CTA_IP_MAX);
	if (af == AF_INET)
		return addr_of(tb[CTA_IP_V4_SRC], 4, &v[0].addr) &&
		       addr_of(tb[CTA_IP_V4_DST], 4, &v[1].addr);
	return addr_of(tb[CTA_IP_V6_SRC], 16, &v[0].addr) &&
	       addr_of(tb[CTA_IP_V6_DST], 16, &v[1].addr);
}

static bool tuple_parse(const struct nlattr *nest, struct pf_flow *f,
			struct pf_peer v[2])
{
	const struct nlattr *tb[CTA_TUPLE_MAX + 1] = {0};
	const struct nlattr *p[CTA_PROTO_MAX + 1] = {0};

	if (!nest)
		return false;
	nl_parse_nested(nest, tb, CTA_TUPLE_MAX);
	if (!tuple_addrs(tb[CTA_TUPLE_IP], f->af, v) || !tb[CTA_TUPLE_PROTO])
		return false;
	nl_parse_nested(tb[CTA_TUPLE_PROTO], p, CTA_PROTO_MAX);
	f->proto = nl_u8(p[CTA_PROTO_NUM]);
	if (f->proto == IPPROTO_ICMP || f->proto == IPPROTO_ICMPV6) {
		bool six = f->proto == IPPROTO_ICMPV6;

		v[0].port = v[1].port = port_of(
			p[six ? CTA_PROTO_ICMPV6_ID : CTA_PROTO_ICMP_ID]);
		if (v == f->orig) {
			f->icmp_type = nl_u8(p[six ? CTA_PROTO_ICMPV6_TYPE
						   : CTA_PROTO_ICMP_TYPE]);
			f->icmp_code = nl_u8(p[six ? CTA_PROTO_ICMPV6_CODE
						   : CTA_PROTO_ICMP_CODE]);
		}
		return true;
	}
	v[0].port = port_of(p[CTA_PROTO_SRC_PORT]);
	v[1].port = port_of(p[CTA_PROTO_DST_PORT]);
	return true;
}

static void counters_parse(const struct nlattr *nest, struct pf_flow *f,
			   int dir)
{
	const struct nlattr *tb[CTA_COUNTERS_MAX + 1] = {0};

	if (!nest)
		return;
	nl_parse_nested(nest, tb, CTA_COUNTERS_MAX);
	f->packets[dir] = nl_u64be(tb[CTA_COUNTERS_PACKETS]);
	f->bytes[dir] = nl_u64be(tb[CTA_COUNTERS_BYTES]);
}

/* struct nf_ct_tcp_flags: the flags, then a mask. */
static uint8_t flags_of(const struct nlattr *a)
{
	const struct nf_ct_tcp_flags *fl;

	if (!a || mnl_attr_get_payload_len(a) < sizeof(*fl))
		return 0;
	fl = mnl_attr_get_payload(a);
	return fl->flags;
}

static void protoinfo_parse(const struct nlattr *nest, struct pf_flow *f)
{
	const struct nlattr *tb[CTA_PROTOINFO_MAX + 1] = {0};
	const struct nlattr *t[CTA_PROTOINFO_TCP_MAX + 1] = {0};
	const struct nlattr *s[CTA_PROTOINFO_SCTP_MAX + 1] = {0};

	if (!nest)
		return;
	nl_parse_nested(nest, tb, CTA_PROTOINFO_MAX);
	if (tb[CTA_PROTOINFO_TCP]) {
		nl_parse_nested(tb[CTA_PROTOINFO_TCP], t,
				CTA_PROTOINFO_TCP_MAX);
		f->tcp_state = nl_u8(t[CTA_PROTOINFO_TCP_STATE]);
		f->tcp_flags[0] = flags_of(t[CTA_PROTOINFO_TCP_FLAGS_ORIGINAL]);
		f->tcp_flags[1] = flags_of(t[CTA_PROTOINFO_TCP_FLAGS_REPLY]);
		f->wscale[0] = nl_u8(t[CTA_PROTOINFO_TCP_WSCALE_ORIGINAL]);
		f->wscale[1] = nl_u8(t[CTA_PROTOINFO_TCP_WSCALE_REPLY]);
	}
	if (tb[CTA_PROTOINFO_SCTP]) {
		nl_parse_nested(tb[CTA_PROTOINFO_SCTP], s,
				CTA_PROTOINFO_SCTP_MAX);
		f->sctp_state = nl_u8(s[CTA_PROTOINFO_SCTP_STATE]);
	}
}

static void label_parse(const struct nlattr *a, struct pf_flow *f)
{
	size_t n = a ? mnl_attr_get_payload_len(a) : 0;

	/* kernels send no more than the words that some rule needs */
	if (n)
		memcpy(f->label, mnl_attr_get_payload(a),
		       n < sizeof(f->label) ? n : sizeof(f->label));
}

int pf_flow_parse(const struct nlmsghdr *h, struct pf_flow *ret)
{
	const struct nlattr *tb[CTA_MAX + 1] = {0};
	const struct nlattr *ts[CTA_TIMESTAMP_MAX + 1] = {0};
	const struct nfgenmsg *g = mnl_nlmsg_get_payload(h);
	struct pf_flow f = {.af = AF_UNSPEC};

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*g) ||
	    (g->nfgen_family != AF_INET && g->nfgen_family != AF_INET6))
		return -EBADMSG;
	f.af = g->nfgen_family;
	nl_parse(h, sizeof(*g), tb, CTA_MAX);
	if (!tuple_parse(tb[CTA_TUPLE_ORIG], &f, f.orig) ||
	    !tuple_parse(tb[CTA_TUPLE_REPLY], &f, f.reply))
		return -EBADMSG;
	f.status = nl_u32be(tb[CTA_STATUS]);
	f.id = nl_u32be(tb[CTA_ID]);
	f.timeout = nl_u32be(tb[CTA_TIMEOUT]);
	f.zone = port_of(tb[CTA_ZONE]);
	if (tb[CTA_TIMESTAMP]) {
		nl_parse_nested(tb[CTA_TIMESTAMP], ts, CTA_TIMESTAMP_MAX);
		f.start = nl_u64be(ts[CTA_TIMESTAMP_START]);
	}
	counters_parse(tb[CTA_COUNTERS_ORIG], &f, 0);
	counters_parse(tb[CTA_COUNTERS_REPLY], &f, 1);
	protoinfo_parse(tb[CTA_PROTOINFO], &f);
	label_parse(tb[CTA_LABELS], &f);
	*ret = f;
	return 0;
}

/*
 * Levels of the two ends as pf would have them, the first speaker's before the
 * other's.
 */
static const struct {
	const char *level[2];
	bool by_closer; /* the first is the one that closed first */
} tcp_levels[] = {
	[TCP_CONNTRACK_NONE] = {{"CLOSED", "CLOSED"}, false},
	[TCP_CONNTRACK_SYN_SENT] = {{"SYN_SENT", "CLOSED"}, false},
	[TCP_CONNTRACK_SYN_RECV] = {{"ESTABLISHED", "SYN_SENT"}, false},
	[TCP_CONNTRACK_ESTABLISHED] = {{"ESTABLISHED", "ESTABLISHED"}, false},
	[TCP_CONNTRACK_FIN_WAIT] = {{"CLOSING", "ESTABLISHED"}, true},
	[TCP_CONNTRACK_CLOSE_WAIT] = {{"FIN_WAIT_2", "ESTABLISHED"}, true},
	[TCP_CONNTRACK_LAST_ACK] = {{"FIN_WAIT_2", "CLOSING"}, true},
	[TCP_CONNTRACK_TIME_WAIT] = {{"FIN_WAIT_2", "FIN_WAIT_2"}, false},
	[TCP_CONNTRACK_CLOSE] = {{"TIME_WAIT", "TIME_WAIT"}, false},
	[TCP_CONNTRACK_SYN_SENT2] = {{"SYN_SENT", "SYN_SENT"}, false},
};

static const char *const sctp_levels[][2] = {
	[SCTP_CONNTRACK_NONE] = {"CLOSED", "CLOSED"},
	[SCTP_CONNTRACK_CLOSED] = {"CLOSED", "CLOSED"},
	[SCTP_CONNTRACK_COOKIE_WAIT] = {"COOKIE_WAIT", "CLOSED"},
	[SCTP_CONNTRACK_COOKIE_ECHOED] = {"COOKIE_ECHOED", "CLOSED"},
	[SCTP_CONNTRACK_ESTABLISHED] = {"ESTABLISHED", "ESTABLISHED"},
	[SCTP_CONNTRACK_SHUTDOWN_SENT] = {"SHUTDOWN_PENDING", "ESTABLISHED"},
	[SCTP_CONNTRACK_SHUTDOWN_RECD] = {"SHUTDOWN_PENDING",
					  "SHUTDOWN_PENDING"},
	[SCTP_CONNTRACK_SHUTDOWN_ACK_SENT] = {"SHUTDOWN_PENDING",
					      "SHUTDOWN_PENDING"},
};

static bool is_icmp(uint8_t proto)
{
	return proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6;
}

static void levels_of(const struct pf_flow *f, const char *ret[2])
{
	bool turn = false;

	ret[0] = ret[1] = "0";
	if (is_icmp(f->proto))
		return;
	if (f->proto == IPPROTO_TCP && f->tcp_state < ARRAY_SIZE(tcp_levels)) {
		turn = tcp_levels[f->tcp_state].by_closer &&
		       !(f->tcp_flags[0] & IP_CT_TCP_FLAG_CLOSE_INIT) &&
		       f->tcp_flags[1] & IP_CT_TCP_FLAG_CLOSE_INIT;
		ret[turn] = tcp_levels[f->tcp_state].level[0];
		ret[!turn] = tcp_levels[f->tcp_state].level[1];
		return;
	}
	if (f->proto == IPPROTO_SCTP &&
	    f->sctp_state < ARRAY_SIZE(sctp_levels)) {
		ret[0] = sctp_levels[f->sctp_state][0];
		ret[1] = sctp_levels[f->sctp_state][1];
		return;
	}
	ret[0] = f->status & IPS_SEEN_REPLY ? "MULTIPLE" : "SINGLE";
	ret[1] = f->status & IPS_ASSURED      ? "MULTIPLE"
		 : f->status & IPS_SEEN_REPLY ? "SINGLE"
					      : "NO_TRAFFIC";
}

/*
 * A packet of the flow's direction `back` comes in as the tuple of that
 * direction says, and leaves as the other tuple, turned round, says.
 */
static void tuples_of(const struct pf_flow *f, bool back,
		      struct pf_peer before[2], struct pf_peer after[2])
{
	const struct pf_peer *there = back ? f->reply : f->orig;
	const struct pf_peer *other = back ? f->orig : f->reply;

	before[0] = there[0];
	before[1] = there[1];
	after[0] = other[1];
	after[1] = other[0];
}

/* X or Y of a flow, `back`: made by a reply. */
static void state_of(const struct pf_flow *f, const struct pf_mark *m, bool y,
		     bool back, int64_t now, struct pf_state *s)
{
	const enum pf_dir dir = y == back ? PF_IN : PF_OUT;
	const char *bound = y ? m->y_if : m->x_if;
	struct pf_peer before[2], after[2];
	const char *level[2];

	*s = (struct pf_state){
		.ifname = "all",
		.dir = dir,
		.af = f->af,
		.proto = f->proto,
		.id = (uint64_t)f->id << 8 | (y ? 2 : 1),
		.expires = f->timeout,
		.rule = y ? m->y_rule : m->x_rule,
		.rule_nr = -1,
		.anchor_nr = -1,
		/* what makes a state of its own, at the packet's other end */
		.nat_rule = back ? -1 : m->nat_rule,
		.rdr_rule = back ? -1 : m->rdr_rule,
		.gate = {m->gate[0], m->gate[1]},
	};
	if (bound) {
		s->origif = ifname_from_kernel(bound);
		str_copy(s->ifname, sizeof(s->ifname), s->origif);
	}
	tuples_of(f, back, before, after);
	/*
	 * Destinations are translated on the way in, sources on the way out
	 * (of replies it is the other way round, which makes it the same).
	 */
	s->wire[0] = s->stack[0] = dir == PF_IN ? before[0] : after[0];
	s->wire[1] = s->stack[1] = dir == PF_IN ? before[1] : after[1];
	if (dir == PF_IN)
		s->stack[1] = after[1];
	else
		s->stack[0] = before[0];
	/* an echo's other id is of the state that changes its source */
	if (is_icmp(f->proto) && (dir == PF_IN || back))
		for (int i = 0; i < 2; i++)
			s->stack[i].port = s->wire[i].port;
	levels_of(f, level);
	for (int i = 0; i < 2; i++) {
		s->level[i] = level[back ^ i];
		s->wscale[i] = f->wscale[back ^ i];
		s->packets[i] = f->packets[back ^ i];
		s->bytes[i] = f->bytes[back ^ i];
	}
	s->have_wscale =
		f->tcp_flags[0] & f->tcp_flags[1] & IP_CT_TCP_FLAG_WINDOW_SCALE;
	if (f->start && now > (int64_t)f->start)
		s->age = (now - (int64_t)f->start) / 1000000000;
}

size_t pf_flow_states(const struct pf_flow *f, const struct pf_mark *m,
		      int64_t now_ns, struct pf_state v[2])
{
	size_t n = 0;

	if (m->x_rule >= 0)
		state_of(f, m, false, m->x_reply, now_ns, &v[n++]);
	if (m->y_rule >= 0)
		state_of(f, m, true, m->y_reply, now_ns, &v[n++]);
	return n;
}

static void put_name(struct strbuf *out, sa_family_t af, const union pf_addr *a)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = a->v6};
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_addr = a->v4};
	const void *sa = af == AF_INET ? (const void *)&four : &six;
	char host[NI_MAXHOST];

	if (getnameinfo(sa, af == AF_INET ? sizeof(four) : sizeof(six), host,
			sizeof(host), NULL, 0, NI_NOFQDN))
		str_copy(host, sizeof(host), "?");
	strbuf_adds(out, host);
}

static void put_peer(struct strbuf *out, const struct pf_state *s,
		     const struct pf_peer *p, unsigned int flags)
{
	char buf[INET6_ADDRSTRLEN] = "?";

	if (flags & PF_STATE_DNS) {
		put_name(out, s->af, &p->addr);
	} else {
		inet_ntop(s->af, &p->addr, buf, sizeof(buf));
		strbuf_adds(out, buf);
	}
	if (p->port)
		strbuf_addf(out, s->af == AF_INET ? ":%u" : "[%u]", p->port);
}

static void put_end(struct strbuf *out, const struct pf_state *s, int end,
		    unsigned int flags)
{
	/* what is nearer to the other end first, the other in brackets */
	const struct pf_peer *near =
		s->dir == PF_OUT ? &s->wire[end] : &s->stack[end];
	const struct pf_peer *far =
		s->dir == PF_OUT ? &s->stack[end] : &s->wire[end];

	put_peer(out, s, near, flags);
	if (near->port == far->port &&
	    !memcmp(near->addr.b, far->addr.b, s->af == AF_INET ? 4 : 16))
		return;
	strbuf_adds(out, " (");
	put_peer(out, s, far, flags);
	strbuf_adds(out, ")");
}

static void put_clock(struct strbuf *out, uint64_t t)
{
	strbuf_addf(out, "%.2u:%.2u:%.2u", (unsigned int)(t / 3600),
		    (unsigned int)(t / 60 % 60), (unsigned int)(t % 60));
}

/* What its rule makes of its packets, and keeps of them. */
static void put_words(struct strbuf *out, const struct pf_state *s)
{
	const struct pf_rule *r = s->r;
	const unsigned int f = r ? r->flags : 0, o = r ? r->opts.flags : 0;
	const bool pipe = f & PF_F_DNPIPE;

	strbuf_adds(out, f & PF_F_ALLOW_OPTS ? ", allow-opts" : "");
	strbuf_adds(out, o & PF_S_SLOPPY ? ", sloppy" : "");
	strbuf_adds(out, o & PF_S_NOSYNC ? ", no-sync" : "");
	strbuf_adds(out, f & PF_F_NO_DF ? ", no-df" : "");
	if (f & PF_F_SET_TOS)
		strbuf_addf(out, ", set-tos 0x%2.2x", r->set_tos);
	strbuf_adds(out, f & PF_F_RANDOM_ID ? ", random-id" : "");
	strbuf_adds(out, f & PF_F_REASSEMBLE_TCP ? ", reassemble-tcp" : "");
	if (f & PF_F_SET_PRIO)
		strbuf_addf(out, ", set-prio (0x%02x 0x%02x)", r->set_prio[0],
			    r->set_prio[1]);
	if (f & (PF_F_DNPIPE | PF_F_DNQUEUE))
		strbuf_addf(out, ", dummynet %s (%u %u)",
			    pipe ? "pipe" : "queue", r->dnpipe[0],
			    r->dnpipe[1]);
	if (o & (PF_S_SRCTRACK | PF_S_SRCTRACK_RULE | PF_S_SRCTRACK_GLOBAL))
		strbuf_adds(out, ", source-track");
	strbuf_adds(out, s->sticky ? ", sticky-address" : "");
	strbuf_adds(out, f & PF_F_LOG_ALL ? ", log (all)" : "");
	if (r && r->min_ttl)
		strbuf_addf(out, ", min-ttl %u", r->min_ttl);
	if (r && r->max_mss)
		strbuf_addf(out, ", max-mss %u", r->max_mss);
}

static void put_verbose(struct strbuf *out, const struct pf_state *s)
{
	bool in = s->dir == PF_IN;

	/* conntrack tells nobody which sequence numbers it waits for */
	for (int i = 0; s->proto == IPPROTO_TCP && i < 2; i++) {
		strbuf_adds(out, i ? "  [? + ?]" : "   [? + ?]");
		if (s->have_wscale)
			strbuf_addf(out, " wscale %u", s->wscale[in ^ i]);
		strbuf_adds(out, i ? "\n" : "");
	}
	strbuf_adds(out, "   age ");
	put_clock(out, (uint64_t)s->age);
	strbuf_adds(out, ", expires in ");
	put_clock(out, s->expires);
	strbuf_addf(out, ", %ju:%ju pkts, %ju:%ju bytes",
		    (uintmax_t)s->packets[0], (uintmax_t)s->packets[1],
		    (uintmax_t)s->bytes[0], (uintmax_t)s->bytes[1]);
	if (s->anchor_nr >= 0)
		strbuf_addf(out, ", anchor %d", s->anchor_nr);
	if (s->rule_nr >= 0)
		strbuf_addf(out, ", rule %d", s->rule_nr);
	put_words(out, s);
	strbuf_addch(out, '\n');
}

static void put_way(struct strbuf *out, const struct pf_state *s)
{
	static const char *const ways[] = {
		[PF_ROUTE_TO] = "route-to",
		[PF_REPLY_TO] = "reply-to",
		[PF_DUP_TO] = "dup-to",
	};
	char buf[INET6_ADDRSTRLEN] = "?";

	if (s->via && s->r && s->r->route) {
		inet_ntop(s->af, &s->via->addr, buf, sizeof(buf));
		strbuf_addf(out, " %s: %s@%s", ways[s->r->route], buf,
			    s->via->ifname);
	}
	if (s->r && s->r->flags & PF_F_RTABLE)
		strbuf_addf(out, " rtable: %u", s->r->rtable);
}

void pf_state_print(struct strbuf *out, const struct pf_state *s,
		    uint32_t creatorid, unsigned int flags)
{
	const struct protoent *p = getprotobynumber(s->proto);
	bool in = s->dir == PF_IN;

	strbuf_addf(out, "%s ", s->ifname);
	if (p)
		strbuf_addf(out, "%s ", p->p_name);
	else
		strbuf_addf(out, "%u ", s->proto);
	put_end(out, s, in, flags);
	strbuf_adds(out, in ? " <- " : " -> ");
	put_end(out, s, !in, flags);
	strbuf_addf(out, "       %s:%s\n", s->level[in], s->level[!in]);
	if (flags & (PF_STATE_VERBOSE | PF_STATE_VERBOSE2))
		put_verbose(out, s);
	if (!(flags & PF_STATE_VERBOSE2))
		return;
	strbuf_addf(out, "   id: %016jx creatorid: %08x", (uintmax_t)s->id,
		    creatorid);
	put_way(out, s);
	strbuf_addch(out, '\n');
	if (s->origif && strcmp(s->origif, s->ifname) != 0)
		strbuf_addf(out, "   origif: %s\n", s->origif);
}

static bool under(sa_family_t af, const union pf_addr *a,
		  const union pf_addr *net, const union pf_addr *mask)
{
	for (int i = 0; i < (af == AF_INET ? 4 : 16); i++)
		if ((a->b[i] ^ net->b[i]) & mask->b[i])
			return false;
	return true;
}

bool pf_state_chosen(const struct pf_state *s, const struct pf_state_filter *f)
{
	const struct pf_peer *v = f->nat ? s->stack : s->wire;

	if (f->ifname &&
	    strcmp(f->ifname, s->origif ? s->origif : s->ifname) != 0)
		return false;
	if (f->id)
		return s->id == f->id;
	if (f->rule)
		return f->rule(f->data, s->rule);
	if (f->key && (s->proto != f->proto || v[0].port != f->src_port ||
		       v[1].port != f->dst_port))
		return false;
	if (f->af == AF_UNSPEC)
		return true;
	return s->af == f->af &&
	       under(f->af, &v[0].addr, &f->src, &f->src_mask) &&
	       under(f->af, &v[1].addr, &f->dst, &f->dst_mask);
}
