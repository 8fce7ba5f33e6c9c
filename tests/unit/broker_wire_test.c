/* The broker's messages: what is written reads back, what is odd is refused. */
#include "jail/broker_wire.h"

#include <arpa/inet.h>
#include <atf-c.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

/* A request for two levels down, with two addresses of a family and one. */
static struct broker_msg sample(void)
{
	struct broker_msg m = {
		.request = BROKER_SHARE_SET,
		.nonce = "0123456789abcde",
		.depth = 2,
		.path = {999984, 7},
		.share = {.mode4 = IPSHARE_NEW,
			  .mode6 = IPSHARE_NEW,
			  .saddrsel6 = true,
			  .raw = true,
			  .n4 = 2,
			  .n6 = 1},
	};

	inet_pton(AF_INET, "192.0.2.1", &m.share.addr4[0]);
	inet_pton(AF_INET, "127.0.0.9", &m.share.addr4[1]);
	inet_pton(AF_INET6, "2001:db8::1", &m.share.addr6[0]);
	return m;
}

/* Where things are in what sample() is on the wire. */
enum {
	AT_MAGIC = 0,
	AT_VERSION = 4,
	AT_REQUEST = 6,
	AT_DEPTH = 24,
	AT_ZERO = 26,
	AT_PATH = 28,
	AT_MODE4 = 36,
	AT_FLAGS = 38,
	AT_ZERO2 = 39,
	AT_N4 = 40,
	AT_ADDR4 = 44,
	AT_ADDR6 = 52,
	LENGTH = 68
};

ATF_TC_WITHOUT_HEAD(round_trip);
ATF_TC_BODY(round_trip, tc)
{
	const struct broker_msg m = sample();
	uint8_t buf[BROKER_MSG_MAX];
	struct broker_msg back;

	ATF_REQUIRE_EQ(LENGTH, broker_print(&m, buf));
	ATF_REQUIRE_EQ(0, broker_parse(buf, LENGTH, &back, NULL));
	ATF_CHECK_EQ(BROKER_SHARE_SET, back.request);
	ATF_CHECK_EQ(0, memcmp(m.nonce, back.nonce, BROKER_NONCE));
	ATF_REQUIRE_EQ(2u, back.depth);
	ATF_CHECK_EQ(999984, back.path[0]);
	ATF_CHECK_EQ(7, back.path[1]);
	ATF_CHECK(back.share.saddrsel6 && back.share.raw);
	ATF_CHECK(!back.share.saddrsel4 && !back.share.low_ports);
	ATF_REQUIRE_EQ(2u, back.share.n4);
	ATF_REQUIRE_EQ(1u, back.share.n6);
	ATF_CHECK_EQ(m.share.addr4[1].s_addr, back.share.addr4[1].s_addr);
	ATF_CHECK(IN6_ARE_ADDR_EQUAL(&m.share.addr6[0], &back.share.addr6[0]));
}

ATF_TC_WITHOUT_HEAD(largest);
ATF_TC_BODY(largest, tc)
{
	struct broker_msg m = sample(), back;
	uint8_t buf[BROKER_MSG_MAX];
	size_t n;

	m.depth = BROKER_DEPTH;
	for (size_t i = 0; i < BROKER_DEPTH; i++)
		m.path[i] = BROKER_JID_MAX;
	m.share.n4 = m.share.n6 = IPSHARE_MAX;
	for (size_t i = 0; i < IPSHARE_MAX; i++) {
		m.share.addr4[i] = m.share.addr4[0];
		m.share.addr6[i] = m.share.addr6[0];
	}
	n = broker_print(&m, buf);
	ATF_REQUIRE(n < sizeof(buf));
	ATF_REQUIRE_EQ(0, broker_parse(buf, n, &back, NULL));
	ATF_CHECK_EQ((size_t)IPSHARE_MAX, back.share.n6);
	ATF_CHECK_EQ(BROKER_JID_MAX, back.path[BROKER_DEPTH - 1]);
}

ATF_TC_WITHOUT_HEAD(lengths);
ATF_TC_BODY(lengths, tc)
{
	const struct broker_msg m = sample();
	uint8_t buf[BROKER_MSG_MAX] = {0};
	struct broker_msg back;

	broker_print(&m, buf);
	for (size_t n = 0; n < sizeof(buf); n++)
		if (n != LENGTH)
			ATF_CHECK_EQ_MSG(-EBADMSG,
					 broker_parse(buf, n, &back, NULL),
					 "%zu bytes are taken", n);
}

ATF_TC_WITHOUT_HEAD(refused);
ATF_TC_BODY(refused, tc)
{
	static const struct {
		size_t at, n;
		uint8_t bytes[16];
		int code;
		const char *what;
	} rows[] = {
		{AT_MAGIC, 1, {0}, -EBADMSG, "magic"},
		{AT_VERSION, 2, {2, 0}, -EPROTO, "version"},
		{AT_REQUEST, 2, {0, 0}, -EBADMSG, "request 0"},
		{AT_REQUEST, 2, {BROKER_REQUESTS, 0}, -EBADMSG, "request"},
		{AT_REQUEST, 2, {0xff, 0xff}, -EBADMSG, "last request"},
		{AT_REQUEST, 2, {BROKER_SHARE_CLEAR, 0}, -EBADMSG, "arguments"},
		{AT_DEPTH, 2, {0, 0}, -EBADMSG, "depth 0"},
		{AT_DEPTH, 2, {1, 0}, -EBADMSG, "depth 1"},
		{AT_DEPTH, 2, {BROKER_DEPTH + 1, 0}, -EBADMSG, "depth"},
		{AT_DEPTH, 2, {0xff, 0xff}, -EBADMSG, "deepest"},
		{AT_ZERO, 1, {1}, -EBADMSG, "not 0"},
		{AT_PATH, 4, {0, 0, 0, 0}, -EBADMSG, "jid 0"},
		{AT_PATH, 4, {0xff, 0xff, 0xff, 0xff}, -EBADMSG, "jid -1"},
		{AT_PATH, 4, {0x40, 0x42, 0x0f, 0}, -EBADMSG, "jid 1000000"},
		{AT_MODE4, 1, {3}, -EBADMSG, "mode 3"},
		{AT_MODE4, 1, {0}, -EBADMSG, "disable with addresses"},
		{AT_MODE4, 1, {2}, -EBADMSG, "inherit with addresses"},
		{AT_FLAGS, 1, {16}, -EBADMSG, "flags"},
		{AT_ZERO2, 1, {1}, -EBADMSG, "not 0 either"},
		{AT_N4, 2, {0, 0}, -EBADMSG, "new without addresses"},
		{AT_N4, 2, {3, 0}, -EBADMSG, "more than are there"},
		{AT_N4, 2, {0, 1}, -EBADMSG, "256 addresses"},
		{AT_N4, 2, {0xff, 0xff}, -EBADMSG, "65535 addresses"},
		{AT_ADDR4, 4, {0, 0, 0, 0}, -EINVAL, "0.0.0.0"},
		{AT_ADDR4, 4, {255, 255, 255, 255}, -EINVAL, "broadcast"},
		{AT_ADDR4, 4, {224, 0, 0, 1}, -EINVAL, "multicast"},
		{AT_ADDR6, 16, {0}, -EINVAL, "::"},
		{AT_ADDR6, 16, {0xff, 2}, -EINVAL, "ff02::"},
		{AT_ADDR6,
		 16,
		 {[10] = 0xff, [11] = 0xff, [12] = 1},
		 -EINVAL,
		 "::ffff:1.0.0.0"},
	};
	const struct broker_msg m = sample();

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint8_t buf[BROKER_MSG_MAX];
		struct broker_msg back = {.depth = 77};
		struct err e = ERR_INIT;
		int r;

		broker_print(&m, buf);
		memcpy(buf + rows[i].at, rows[i].bytes, rows[i].n);
		r = broker_parse(buf, LENGTH, &back, &e);
		ATF_CHECK_EQ_MSG(rows[i].code, r, "%s: %d", rows[i].what, r);
		ATF_CHECK_EQ_MSG(-r, e.code, "%s: %s", rows[i].what, e.text);
		ATF_CHECK_EQ_MSG(77u, back.depth, "%s: touched", rows[i].what);
	}
}

ATF_TC_WITHOUT_HEAD(hello);
ATF_TC_BODY(hello, tc)
{
	const uint8_t nonce[BROKER_NONCE] = "0123456789abcde";
	uint8_t buf[BROKER_MSG_MAX], back[BROKER_NONCE];
	size_t n = broker_hello_print(nonce, buf);

	ATF_REQUIRE_EQ(0, broker_hello_parse(buf, n, back, NULL));
	ATF_CHECK_EQ(0, memcmp(nonce, back, sizeof(back)));
	ATF_CHECK_EQ(-EBADMSG, broker_hello_parse(buf, n - 1, back, NULL));
	ATF_CHECK_EQ(-EBADMSG, broker_hello_parse(buf, n + 1, back, NULL));
	buf[AT_VERSION]++;
	ATF_CHECK_EQ(-EPROTO, broker_hello_parse(buf, n, back, NULL));
	buf[AT_MAGIC]++;
	ATF_CHECK_EQ(-EBADMSG, broker_hello_parse(buf, n, back, NULL));
}

ATF_TC_WITHOUT_HEAD(answer);
ATF_TC_BODY(answer, tc)
{
	uint8_t buf[BROKER_MSG_MAX];
	char text[4 * ERR_TEXT_MAX];
	struct err e = ERR_INIT;
	size_t n;

	n = broker_answer_print(0, "not said", buf);
	ATF_CHECK_EQ(8u, n);
	ATF_CHECK_EQ(0, broker_answer_parse(buf, n, &e));
	ATF_CHECK_EQ(0, e.code);
	n = broker_answer_print(EPERM, "ip4.addr: \033[2J\nno", buf);
	ATF_CHECK_EQ(-EPERM, broker_answer_parse(buf, n, &e));
	ATF_CHECK_STREQ("ip4.addr: ?[2J?no", e.text);
	/* a number that is no errno */
	memset(buf + 4, 0xff, 4);
	ATF_CHECK_EQ(-EIO, broker_answer_parse(buf, n, &e));
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	n = broker_answer_print(EINVAL, text, buf);
	ATF_REQUIRE_EQ(8u + ERR_TEXT_MAX - 1, n);
	ATF_CHECK_EQ(-EINVAL, broker_answer_parse(buf, n, &e));
	ATF_CHECK_EQ((size_t)ERR_TEXT_MAX - 1, strlen(e.text));
	ATF_CHECK_EQ(-EBADMSG, broker_answer_parse(buf, n + 1, &e));
	ATF_CHECK_EQ(-EBADMSG, broker_answer_parse(buf, 7, &e));
}

/* What is about the sender's own network stack names no jail. */
ATF_TC_WITHOUT_HEAD(about_self);
ATF_TC_BODY(about_self, tc)
{
	static const struct {
		enum broker_request request;
		int depth0;
	} rows[] = {
		{BROKER_SHARE_CLEAR, -EBADMSG},
		{BROKER_NG_OPEN, 0},
		{BROKER_NG_END, 0},
		{BROKER_LASTS, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct broker_msg m = {.request = rows[i].request}, back;
		uint8_t buf[BROKER_MSG_MAX];
		size_t n = broker_print(&m, buf);

		ATF_CHECK_EQ_MSG(rows[i].depth0,
				 broker_parse(buf, n, &back, NULL), "%s",
				 broker_name(m.request));
		/* brokers on the way put jids in */
		m.depth = 1;
		m.path[0] = 5;
		n = broker_print(&m, buf);
		ATF_REQUIRE_EQ(0, broker_parse(buf, n, &back, NULL));
		ATF_CHECK_EQ(5, back.path[0]);
		ATF_CHECK_EQ(-EBADMSG, broker_parse(buf, n - 1, &back, NULL));
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, round_trip);
	ATF_TP_ADD_TC(tp, largest);
	ATF_TP_ADD_TC(tp, lengths);
	ATF_TP_ADD_TC(tp, refused);
	ATF_TP_ADD_TC(tp, hello);
	ATF_TP_ADD_TC(tp, answer);
	ATF_TP_ADD_TC(tp, about_self);
	return atf_no_error();
}
