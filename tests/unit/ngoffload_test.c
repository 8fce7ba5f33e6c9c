/* netgraph/offload: super-packets become frames whose sums are right. */
#include "netgraph/offload.h"

#include <arpa/inet.h>
#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES_MAX 80

struct seen {
	uint8_t frame[FRAMES_MAX][2048];
	size_t len[FRAMES_MAX];
	size_t n;
};

static int see(void *arg, const void *data, size_t len)
{
	struct seen *s = arg;

	ATF_REQUIRE(s->n < FRAMES_MAX && len <= sizeof(s->frame[0]));
	memcpy(s->frame[s->n], data, len);
	s->len[s->n++] = len;
	return 0;
}

static uint32_t sum(uint32_t s, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		s += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return s;
}

static uint32_t pseudo(const uint8_t *ip, size_t l4)
{
	bool v6 = ip[0] >> 4 == 6;
	uint32_t s = (uint32_t)l4 + (v6 ? ip[6] : ip[9]);

	s = (s & 0xffff) + (s >> 16);
	return v6 ? sum(s, ip + 8, 32) : sum(s, ip + 12, 8);
}

/* All sums of the IP packet at ip are right. */
static bool sums_right(const uint8_t *ip, size_t len)
{
	size_t head = ip[0] >> 4 == 6 ? 40 : 20;

	return (head == 40 || sum(0, ip, 20) == 0xffff) &&
	       sum(pseudo(ip, len - head), ip + head, len - head) == 0xffff;
}

static void put16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* A packet as the kernel has it before a card: transport checksum missing. */
static size_t make(uint8_t *d, bool v6, uint8_t proto, size_t payload)
{
	size_t l4 = proto == IPPROTO_TCP ? 20 : 8, head = v6 ? 40 : 20;
	uint8_t *ip = d + 14, *t = ip + head;

	memset(d, 0, 14 + head + l4);
	memset(d, 2, 12);
	put16(d + 12, v6 ? 0x86dd : 0x0800);
	ip[0] = v6 ? 0x60 : 0x45;
	if (v6) {
		put16(ip + 4, l4 + payload);
		ip[6] = proto;
		ip[7] = 64;
		memset(ip + 8, 0xfd, 32);
	} else {
		put16(ip + 2, head + l4 + payload);
		put16(ip + 4, 0xfffe);
		ip[8] = 64;
		ip[9] = proto;
		memcpy(ip + 12, "\x0a\0\0\1\x0a\0\0\2", 8);
		put16(ip + 10, sum(0, ip, 20) ^ 0xffff);
	}
	put16(t, 1234);
	put16(t + 2, 80);
	if (proto == IPPROTO_TCP) {
		put16(t + 6, 0xff00); /* sequence number */
		t[12] = 5 << 4;
		t[13] = 0x99; /* CWR ACK PSH FIN */
	} else {
		put16(t + 4, l4 + payload);
	}
	put16(t + (proto == IPPROTO_TCP ? 16 : 6), pseudo(ip, l4 + payload));
	for (size_t i = 0; i < payload; i++)
		t[l4 + i] = (uint8_t)(i * 7);
	return 14 + head + l4 + payload;
}

static void check_segments(const uint8_t *d, bool v6, uint8_t proto,
			   size_t payload, const struct seen *s)
{
	size_t heads = 14 + (v6 ? 40 : 20) + (proto == IPPROTO_TCP ? 20 : 8);
	size_t at = 0;

	for (size_t i = 0; i < s->n; i++) {
		const uint8_t *f = s->frame[i], *t = f + 14 + (v6 ? 40 : 20);
		size_t part = s->len[i] - heads;
		uint32_t seq;

		ATF_CHECK(sums_right(f + 14, s->len[i] - 14));
		ATF_CHECK(memcmp(f + heads, d + heads + at, part) == 0);
		if (!v6)
			ATF_CHECK_EQ((0xfffe + i) % 0x10000,
				     (size_t)(f[18] << 8 | f[19]));
		if (proto == IPPROTO_TCP) {
			memcpy(&seq, t + 4, 4);
			ATF_CHECK_EQ(0xff00 + at, ntohl(seq));
			ATF_CHECK_EQ((i ? 0 : 0x80) | 0x10 |
					     (i == s->n - 1 ? 9 : 0),
				     t[13]);
		}
		at += part;
	}
	ATF_CHECK_EQ(payload, at);
}

ATF_TC_WITHOUT_HEAD(segments);
ATF_TC_BODY(segments, tc)
{
	static uint8_t d[70000];
	static struct seen s;

	for (int v6 = 0; v6 < 2; v6++)
		for (int udp = 0; udp < 2; udp++) {
			uint8_t proto = udp ? IPPROTO_UDP : IPPROTO_TCP;
			size_t len = make(d, v6, proto, 64001);

			memset(&s, 0, sizeof(s));
			ATF_REQUIRE_EQ(0, ng_offload_each(d, len, 1400, false,
							  see, &s));
			ATF_CHECK_EQ(46, s.n);
			check_segments(d, v6, proto, 64001, &s);
		}
}

ATF_TC_WITHOUT_HEAD(missing_sum);
ATF_TC_BODY(missing_sum, tc)
{
	static uint8_t d[2048], tagged[2048];
	static struct seen s;
	size_t len;

	for (int v6 = 0; v6 < 2; v6++)
		for (int udp = 0; udp < 2; udp++) {
			len = make(d, v6, udp ? IPPROTO_UDP : IPPROTO_TCP, 777);
			ATF_REQUIRE(!sums_right(d + 14, len - 14));
			s.n = 0;
			ng_offload_each(d, len, 0, false, see, &s);
			ATF_CHECK_EQ(1, s.n);
			ATF_CHECK_EQ(len, s.len[0]);
			ATF_CHECK(sums_right(s.frame[0] + 14, len - 14));
			/* without Ethernet's header */
			ng_offload_each(d + 14, len - 14, 0, true, see, &s);
			ATF_CHECK(sums_right(s.frame[1], len - 14));
			/* with a tag */
			memcpy(tagged, d, 12);
			memcpy(tagged + 12, "\x81\0\0\7", 4);
			memcpy(tagged + 16, d + 12, len - 12);
			ng_offload_each(tagged, len + 4, 0, false, see, &s);
			ATF_CHECK(sums_right(s.frame[2] + 18, len - 14));
			/* and what is right, or wrong in another way, stays */
			ng_offload_each(s.frame[0], len, 0, false, see, &s);
			ATF_CHECK(memcmp(s.frame[3], s.frame[0], len) == 0);
			d[len - 1] ^= 1;
			d[14 + (v6 ? 40 : 20) + (udp ? 6 : 16)] ^= 1;
			ng_offload_each(d, len, 0, false, see, &s);
			ATF_CHECK(memcmp(s.frame[4], d, len) == 0);
		}
}

/* A short packet is padded by Ethernet: that is not summed. */
ATF_TC_WITHOUT_HEAD(padding);
ATF_TC_BODY(padding, tc)
{
	static uint8_t d[2048];
	static struct seen s;
	size_t len = make(d, false, IPPROTO_UDP, 3);

	memset(d + len, 0xee, 60 - len);
	ng_offload_each(d, 60, 0, false, see, &s);
	ATF_CHECK_EQ(60, s.len[0]);
	ATF_CHECK(sums_right(s.frame[0] + 14, len - 14));
	ATF_CHECK_EQ(0xee, s.frame[0][59]);
}

/* Whatever bytes come, no byte outside is read (the sanitizer looks), and
 * nothing is lost. */
ATF_TC_WITHOUT_HEAD(hostile);
ATF_TC_BODY(hostile, tc)
{
	static uint8_t d[2048];
	static struct seen s;
	uint64_t x = 88172645463325252u;

	for (int i = 0; i < 50000; i++) {
		size_t len = make(d, i & 1, i & 2 ? 6 : 17, (size_t)i % 200);
		char *exact;

		for (int k = 0; k < 4; k++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			d[12 + x % 60] = (uint8_t)(x >> 32);
		}
		len = x % (len + 1);
		exact = malloc(len + 1);
		ATF_REQUIRE(exact != NULL);
		memcpy(exact, d, len);
		s.n = 0;
		ng_offload_each(exact, len, i & 4 ? 100 : 0, i & 8, see, &s);
		ATF_CHECK(s.n >= 1);
		free(exact);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, segments);
	ATF_TP_ADD_TC(tp, missing_sum);
	ATF_TP_ADD_TC(tp, padding);
	ATF_TP_ADD_TC(tp, hostile);
	return atf_no_error();
}
