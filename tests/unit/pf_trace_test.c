/* pf/trace_packet: headers as the kernel shows them, and keys of runs. */
#include "pf/trace_packet.h"

#include "base/cleanup.h"

#include <arpa/inet.h>
#include <atf-c.h>
#include <errno.h>
#include <string.h>

static const uint8_t ip4[20] = {0x45, [9] = IPPROTO_TCP, [12] = 10, 0, 0,
				2,    [16] = 10,	 0,	    1, 2};
static const uint8_t tcp[20] = {0x04, 0xd2, 0, 80, [13] = 0x12};

static void check(const void *net, size_t nlen, const void *t, size_t tlen,
		  const char *want)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	struct trace_packet p;

	trace_packet_parse(&p, net, nlen, t, tlen);
	trace_packet_put(&b, &p);
	ATF_CHECK_STREQ(want, b.s);
}

ATF_TC_WITHOUT_HEAD(words);
ATF_TC_BODY(words, tc)
{
	uint8_t h[40] = {0x60, [6] = IPPROTO_UDP, [23] = 1, [39] = 2};
	uint8_t icmp[8] = {8};

	check(ip4, 20, tcp, 20, "tcp 10.0.0.2:1234 > 10.0.1.2:80 SA");
	check(h, 40, tcp, 8, "udp ::1[1234] > ::2[80]");
	h[6] = 0;
	check(h, 40, tcp, 8, "hopopt ::1 > ::2");
	h[6] = IPPROTO_ICMPV6;
	icmp[0] = 128;
	check(h, 40, icmp, 8, "ipv6-icmp ::1 > ::2 echoreq");
	icmp[0] = 77;
	check(h, 40, icmp, 8, "ipv6-icmp ::1 > ::2 type 77");
}

/* Whatever is cut off is not read. */
ATF_TC_WITHOUT_HEAD(cut);
ATF_TC_BODY(cut, tc)
{
	struct trace_packet p;
	struct pf_flow f;
	size_t n, t;

	check(NULL, 0, NULL, 0, "a packet");
	check(ip4, 19, tcp, 20, "a packet");
	check(ip4, 20, NULL, 0, "tcp 10.0.0.2 > 10.0.1.2");
	check(ip4, 20, tcp, 3, "tcp 10.0.0.2 > 10.0.1.2");
	check(ip4, 20, tcp, 4, "tcp 10.0.0.2:1234 > 10.0.1.2:80 ");
	for (n = 0; n <= 20; n++)
		for (t = 0; t <= 20; t++) {
			/* memory of just that size, for the sanitizers */
			cleanup_free uint8_t *a = malloc(n + 1);
			cleanup_free uint8_t *b = malloc(t + 1);

			memcpy(a, ip4, n);
			memcpy(b, tcp, t);
			trace_packet_parse(&p, a, n, b, t);
		}
	trace_packet_parse(&p, ip4, 3, NULL, 0);
	ATF_CHECK_EQ(-EINVAL, trace_packet_flow(&p, &f));
}

ATF_TC_WITHOUT_HEAD(flow);
ATF_TC_BODY(flow, tc)
{
	static const uint8_t unreach[8] = {3, 1};
	uint8_t icmp[8] = {8, 0, 0, 0, 0x12, 0x34};
	uint8_t h[20];
	struct trace_packet p, q;
	struct pf_flow f;

	memcpy(h, ip4, sizeof(h));
	trace_packet_parse(&p, h, 20, tcp, 20);
	ATF_REQUIRE_EQ(0, trace_packet_flow(&p, &f));
	ATF_CHECK_EQ(1234, f.orig[0].port);
	ATF_CHECK_EQ(80, f.orig[1].port);
	ATF_CHECK(!trace_is_error(&p));
	h[19] = 3;
	trace_packet_parse(&q, h, 20, tcp, 20);
	ATF_CHECK(trace_packet_same(&p, &p));
	ATF_CHECK(!trace_packet_same(&p, &q));
	h[9] = IPPROTO_ICMP;
	trace_packet_parse(&p, h, 20, icmp, 8);
	ATF_REQUIRE_EQ(0, trace_packet_flow(&p, &f));
	ATF_CHECK_EQ(0x1234, f.orig[0].port);
	ATF_CHECK_EQ(8, f.icmp_type);
	trace_packet_parse(&p, h, 20, unreach, 8);
	ATF_CHECK(trace_is_error(&p));
}

/* nft_run.c: source, destination masked, then ports, each four bytes. */
ATF_TC_WITHOUT_HEAD(key);
ATF_TC_BODY(key, tc)
{
	struct gen_run_why w = {.fields = 1 | 2 | 8,
				.src = {255, 255},
				.dst = {255, 255, 255, 255}};
	static const uint8_t want[12] = {10, 0, 0, 0, 10, 0, 1, 2, 0, 80};
	uint8_t key[TRACE_KEY_MAX];
	struct trace_packet p;

	trace_packet_parse(&p, ip4, 20, tcp, 20);
	ATF_REQUIRE_EQ(12, trace_key(&p, &w, key));
	ATF_CHECK_EQ(0, memcmp(key, want, sizeof(want)));
	w.fields = 0xff; /* what no rule of ours says */
	ATF_CHECK_EQ(16, trace_key(&p, &w, key));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, words);
	ATF_TP_ADD_TC(tp, cut);
	ATF_TP_ADD_TC(tp, flow);
	ATF_TP_ADD_TC(tp, key);
	return atf_no_error();
}
