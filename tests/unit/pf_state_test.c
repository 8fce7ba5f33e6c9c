/* pf/state: conntrack's entries as pf's states, and their text. */
#include "base/cleanup.h"
#include "pf/state.h"

#include <arpa/inet.h>
#include <atf-c.h>
#include <errno.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <string.h>

static struct pf_peer peer(int af, const char *addr, uint16_t port)
{
	struct pf_peer p = {.port = port};

	ATF_REQUIRE_EQ(1, inet_pton(af, addr, &p.addr));
	return p;
}

/* A client behind nat reads the web of a server behind rdr. */
static struct pf_flow web(void)
{
	struct pf_flow f = {
		.af = AF_INET,
		.proto = IPPROTO_TCP,
		.id = 7,
		.timeout = 3661,
		.start = 1000000000,
		.packets = {10, 5},
		.bytes = {1000, 500},
		.tcp_state = TCP_CONNTRACK_ESTABLISHED,
		.tcp_flags = {IP_CT_TCP_FLAG_WINDOW_SCALE,
			      IP_CT_TCP_FLAG_WINDOW_SCALE},
		.wscale = {7, 9},
	};

	f.orig[0] = peer(AF_INET, "10.0.0.2", 4000);
	f.orig[1] = peer(AF_INET, "192.0.2.1", 80);
	f.reply[0] = peer(AF_INET, "172.16.0.5", 8080);
	f.reply[1] = peer(AF_INET, "172.16.0.1", 50001);
	return f;
}

static const struct pf_mark both = {.x_rule = 3, .y_rule = 4};

static void check(const struct pf_flow *f, const struct pf_mark *m,
		  unsigned int flags, const char *want)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	struct pf_state s[2];
	size_t n = pf_flow_states(f, m, 62000000000, s);

	for (size_t i = 0; i < n; i++)
		pf_state_print(&b, &s[i], 0xc0ffee, flags);
	ATF_CHECK_STREQ(want, b.s);
}

ATF_TC_WITHOUT_HEAD(forwarded);
ATF_TC_BODY(forwarded, tc)
{
	struct pf_flow f = web();

	check(&f, &both, 0,
	      "all tcp 172.16.0.5:8080 (192.0.2.1:80) <- 10.0.0.2:4000"
	      "       ESTABLISHED:ESTABLISHED\n"
	      "all tcp 172.16.0.1:50001 (10.0.0.2:4000) -> 172.16.0.5:8080"
	      "       ESTABLISHED:ESTABLISHED\n");
	check(&f, &(struct pf_mark){.x_rule = -1, .y_rule = -1}, 0, "");
}

ATF_TC_WITHOUT_HEAD(verbose);
ATF_TC_BODY(verbose, tc)
{
	struct pf_flow f = web();

	check(&f, &(struct pf_mark){.x_rule = 0, .y_rule = -1},
	      PF_STATE_VERBOSE | PF_STATE_VERBOSE2,
	      "all tcp 172.16.0.5:8080 (192.0.2.1:80) <- 10.0.0.2:4000"
	      "       ESTABLISHED:ESTABLISHED\n"
	      "   [? + ?] wscale 9  [? + ?] wscale 7\n"
	      "   age 00:01:01, expires in 01:01:01, 10:5 pkts, 1000:500 bytes"
	      "\n"
	      "   id: 0000000000000701 creatorid: 00c0ffee\n");
}

/* What goes out, and its answer going out at the other end, are two states. */
ATF_TC_WITHOUT_HEAD(both_out);
ATF_TC_BODY(both_out, tc)
{
	const struct pf_mark m = {.x_rule = 1, .y_rule = 2, .x_reply = true};
	struct pf_flow f = {.af = AF_INET, .proto = IPPROTO_ICMP, .id = 3};
	struct pf_state s[2];

	f.orig[0] = peer(AF_INET, "10.0.0.2", 37);
	f.orig[1] = peer(AF_INET, "192.0.2.1", 37);
	f.reply[0] = peer(AF_INET, "192.0.2.1", 900);
	f.reply[1] = peer(AF_INET, "192.0.2.9", 900);
	check(&f, &m, 0,
	      "all icmp 192.0.2.1:37 -> 10.0.0.2:37       0:0\n"
	      "all icmp 192.0.2.9:900 (10.0.0.2:37) -> 192.0.2.1:900"
	      "       0:0\n");
	ATF_REQUIRE_EQ(2, pf_flow_states(&f, &m, 0, s));
	ATF_CHECK_EQ(0x301, s[0].id);
	ATF_CHECK_EQ(0x302, s[1].id);
}

/* An echo that nat gave another id has its own where it came in. */
ATF_TC_WITHOUT_HEAD(echo);
ATF_TC_BODY(echo, tc)
{
	struct pf_flow f = {.af = AF_INET, .proto = IPPROTO_ICMP};

	f.orig[0] = peer(AF_INET, "10.0.0.2", 37);
	f.orig[1] = peer(AF_INET, "192.0.2.1", 37);
	f.reply[0] = peer(AF_INET, "192.0.2.1", 900);
	f.reply[1] = peer(AF_INET, "192.0.2.9", 900);
	check(&f, &both, 0,
	      "all icmp 192.0.2.1:37 <- 10.0.0.2:37       0:0\n"
	      "all icmp 192.0.2.9:900 (10.0.0.2:37) -> 192.0.2.1:900"
	      "       0:0\n");
}

/* A state that was made by an answer has the other end as its first. */
ATF_TC_WITHOUT_HEAD(by_reply);
ATF_TC_BODY(by_reply, tc)
{
	struct pf_mark m = {.x_rule = -1, .y_rule = 1, .y_reply = true};
	struct pf_flow f = web();

	f.tcp_state = TCP_CONNTRACK_SYN_RECV;
	check(&f, &m, PF_STATE_VERBOSE,
	      "all tcp 10.0.0.2:4000 (172.16.0.1:50001) <- 172.16.0.5:8080"
	      "       ESTABLISHED:SYN_SENT\n"
	      "   [? + ?] wscale 7  [? + ?] wscale 9\n"
	      "   age 00:01:01, expires in 01:01:01, 5:10 pkts, 500:1000 bytes"
	      "\n");
}

ATF_TC_WITHOUT_HEAD(levels);
ATF_TC_BODY(levels, tc)
{
	static const struct {
		uint8_t state, flags[2];
		const char *out; /* first speaker : other */
	} rows[] = {
		{TCP_CONNTRACK_SYN_SENT, {0, 0}, "SYN_SENT:CLOSED"},
		{TCP_CONNTRACK_FIN_WAIT,
		 {IP_CT_TCP_FLAG_CLOSE_INIT, 0},
		 "CLOSING:ESTABLISHED"},
		{TCP_CONNTRACK_FIN_WAIT,
		 {0, IP_CT_TCP_FLAG_CLOSE_INIT},
		 "ESTABLISHED:CLOSING"},
		{TCP_CONNTRACK_CLOSE_WAIT,
		 {0, IP_CT_TCP_FLAG_CLOSE_INIT},
		 "ESTABLISHED:FIN_WAIT_2"},
		{TCP_CONNTRACK_TIME_WAIT, {0, 0}, "FIN_WAIT_2:FIN_WAIT_2"},
		{TCP_CONNTRACK_CLOSE, {0, 0}, "TIME_WAIT:TIME_WAIT"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pf_flow f = web();
		struct pf_state s[2];
		char have[64];

		f.tcp_state = rows[i].state;
		memcpy(f.tcp_flags, rows[i].flags, 2);
		ATF_REQUIRE_EQ(2, pf_flow_states(&f, &both, 0, s));
		for (int j = 0; j < 2; j++) {
			snprintf(have, sizeof(have), "%s:%s", s[j].level[0],
				 s[j].level[1]);
			ATF_CHECK_STREQ(rows[i].out, have);
		}
	}
}

ATF_TC_WITHOUT_HEAD(other_protocols);
ATF_TC_BODY(other_protocols, tc)
{
	struct pf_mark m = {.x_rule = -1, .y_rule = 0};
	struct pf_flow f = {.af = AF_INET6, .proto = IPPROTO_UDP};

	f.orig[0] = f.reply[1] = peer(AF_INET6, "2001:db8::1", 53);
	f.orig[1] = f.reply[0] = peer(AF_INET6, "2001:db8::2", 5353);
	check(&f, &m, 0,
	      "all udp 2001:db8::1[53] -> 2001:db8::2[5353]"
	      "       SINGLE:NO_TRAFFIC\n");
	f.status = IPS_SEEN_REPLY;
	check(&f, &m, 0,
	      "all udp 2001:db8::1[53] -> 2001:db8::2[5353]"
	      "       MULTIPLE:SINGLE\n");
	f.status |= IPS_ASSURED;
	f.proto = 47;
	f.orig[0].port = f.orig[1].port = f.reply[0].port = f.reply[1].port = 0;
	check(&f, &m, 0,
	      "all gre 2001:db8::1 -> 2001:db8::2       MULTIPLE:MULTIPLE\n");
	f.proto = IPPROTO_ICMPV6;
	f.orig[0].port = f.orig[1].port = f.reply[0].port = f.reply[1].port =
		99;
	check(&f, &m, PF_STATE_VERBOSE,
	      "all ipv6-icmp 2001:db8::1[99] -> 2001:db8::2[99]       0:0\n"
	      "   age 00:00:00, expires in 00:00:00, 0:0 pkts, 0:0 bytes\n");
}

static bool of_rule(void *data, int rule)
{
	return rule == *(int *)data;
}

static size_t chosen(const struct pf_state_filter *filter)
{
	struct pf_flow f = web();
	struct pf_state s[2];
	size_t n = pf_flow_states(&f, &both, 0, s), k = 0;

	for (size_t i = 0; i < n; i++)
		k += pf_state_chosen(&s[i], filter);
	return k;
}

ATF_TC_WITHOUT_HEAD(filters);
ATF_TC_BODY(filters, tc)
{
	struct pf_state_filter f = {.af = AF_UNSPEC};
	int rule = 4;

	ATF_CHECK_EQ(2, chosen(&f));
	ATF_CHECK_EQ(0, chosen(&(struct pf_state_filter){.ifname = "em0"}));
	ATF_CHECK_EQ(2, chosen(&(struct pf_state_filter){.ifname = "all"}));
	ATF_CHECK_EQ(1, chosen(&(struct pf_state_filter){.id = 0x702}));
	ATF_CHECK_EQ(1, chosen(&(struct pf_state_filter){.rule = of_rule,
							 .data = &rule}));
	f.af = AF_INET6;
	ATF_CHECK_EQ(0, chosen(&f));
	f.af = AF_INET;
	f.src = peer(AF_INET, "10.0.0.0", 0).addr;
	f.src_mask = peer(AF_INET, "255.0.0.0", 0).addr;
	ATF_CHECK_EQ(1, chosen(&f)); /* the way out has the translated one */
	f.nat = true;
	ATF_CHECK_EQ(2, chosen(&f));
	f.nat = false;
	f.dst = peer(AF_INET, "192.0.2.1", 0).addr;
	f.dst_mask = peer(AF_INET, "255.255.255.255", 0).addr;
	ATF_CHECK_EQ(1, chosen(&f));
	f.key = true;
	f.proto = IPPROTO_TCP;
	f.src_port = 4000;
	f.dst_port = 81;
	ATF_CHECK_EQ(0, chosen(&f));
	f.dst_port = 80;
	ATF_CHECK_EQ(1, chosen(&f));
}

static void put_side(struct nlm *m, uint16_t type, const char *src,
		     const char *dst)
{
	struct pf_peer s = peer(AF_INET, src, 0), d = peer(AF_INET, dst, 0);
	struct nlattr *t = nlm_nest(m, type), *n = nlm_nest(m, CTA_TUPLE_IP);

	nlm_put(m, CTA_IP_V4_SRC, s.addr.b, 4);
	nlm_put(m, CTA_IP_V4_DST, d.addr.b, 4);
	nlm_nest_end(m, n);
	n = nlm_nest(m, CTA_TUPLE_PROTO);
	nlm_put_u8(m, CTA_PROTO_NUM, IPPROTO_ICMP);
	nlm_put_u16(m, CTA_PROTO_ICMP_ID, htons(77));
	nlm_put_u8(m, CTA_PROTO_ICMP_TYPE, 8);
	nlm_nest_end(m, n);
	nlm_nest_end(m, t);
}

ATF_TC_WITHOUT_HEAD(parse);
ATF_TC_BODY(parse, tc)
{
	struct nfgenmsg g = {.nfgen_family = AF_INET};
	uint32_t label[4] = {1, 2, 3, 4};
	struct pf_flow f = {.id = 1};
	static struct nlm m;
	uint32_t len;

	nlm_begin(&m, 1, 0, &g, sizeof(g));
	put_side(&m, CTA_TUPLE_ORIG, "10.0.0.1", "10.0.0.2");
	ATF_CHECK_EQ(-EBADMSG, pf_flow_parse(m.h, &f));
	ATF_CHECK_EQ(1, f.id); /* untouched */
	put_side(&m, CTA_TUPLE_REPLY, "10.0.0.2", "10.0.0.1");
	nlm_put_u32(&m, CTA_ID, htonl(5));
	nlm_put(&m, CTA_LABELS, label, sizeof(label));
	ATF_REQUIRE_EQ(0, pf_flow_parse(m.h, &f));
	ATF_CHECK_EQ(5, f.id);
	ATF_CHECK_EQ(8, f.icmp_type);
	ATF_CHECK_EQ(77, f.orig[1].port);
	ATF_CHECK_EQ(0, memcmp(label, f.label, sizeof(label)));
	/* cut anywhere: refused or read, never beyond the end */
	len = m.h->nlmsg_len;
	for (uint32_t l = NLMSG_HDRLEN; l < len; l++) {
		/* netlink's buffers are of whole words */
		char *copy = malloc(NLMSG_ALIGN(l));
		struct nlmsghdr *h = (void *)copy;

		memcpy(copy, m.h, l);
		h->nlmsg_len = l;
		pf_flow_parse(h, &f);
		free(copy);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, forwarded);
	ATF_TP_ADD_TC(tp, verbose);
	ATF_TP_ADD_TC(tp, echo);
	ATF_TP_ADD_TC(tp, both_out);
	ATF_TP_ADD_TC(tp, by_reply);
	ATF_TP_ADD_TC(tp, levels);
	ATF_TP_ADD_TC(tp, other_protocols);
	ATF_TP_ADD_TC(tp, filters);
	ATF_TP_ADD_TC(tp, parse);
	return atf_no_error();
}
