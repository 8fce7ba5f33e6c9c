/* netgraph/parse: arguments of control messages, text and bytes. */
#include "netgraph/parse.h"

#include <atf-c.h>
#include <errno.h>
#include <netgraph/ng_message.h>
#include <stdio.h>
#include <string.h>

/* What bytes that text gives, and what text those give: "-N" for errno N. */
static const char *round_trip(const struct ng_ptype *t, const char *text,
			      size_t room)
{
	static char out[4096];
	uint8_t buf[2048];
	int n;

	memset(buf, 0xa5, sizeof(buf));
	n = ng_parse(t, text, buf, room);
	if (n >= 0)
		n = ng_unparse(t, buf, (size_t)n, out, sizeof(out));
	if (n < 0)
		snprintf(out, sizeof(out), "%s", strerror(-n));
	return out;
}

#define SAME(t, text) ATF_CHECK_STREQ(text, round_trip(t, text, 2048))
#define GIVES(t, text, out) ATF_CHECK_STREQ(out, round_trip(t, text, 2048))
#define FAILS(t, text, code)                                                   \
	ATF_CHECK_STREQ(strerror(code), round_trip(t, text, 2048))

struct config {
	uint8_t debug;
	uint32_t loop;
	uint64_t stale;
	char name[8];
};
static const uint32_t sixty = 60;
static const struct ng_pfield config_fields[] = {
	{.name = "debugLevel", .type = &ng_p_uint8},
	{.name = "loopTimeout", .type = &ng_p_uint32, .dflt = &sixty},
	{.name = "maxStaleness", .type = &ng_p_uint64},
	{.name = "name",
	 .type = &(const struct ng_ptype){.kind = NGP_FIXEDSTRING, .size = 8}},
	{0},
};
static const struct ng_ptype config_type = {.kind = NGP_STRUCT,
					    .fields = config_fields};

struct host {
	uint8_t addr[6];
	uint16_t age;
	uint32_t ip;
};
static const struct ng_pfield host_fields[] = {
	{.name = "addr", .type = &ng_p_mac},
	{.name = "age", .type = &ng_p_uint16},
	{.name = "ip", .type = &ng_p_ipaddr},
	{0},
};
static const struct ng_ptype host_type = {.kind = NGP_STRUCT,
					  .fields = host_fields};

static int table_length(const struct ng_ptype *t, const uint8_t *start,
			size_t size, size_t at)
{
	uint32_t n;

	(void)t;
	if (at < 4 || at > size)
		return -EINVAL;
	memcpy(&n, start + at - 4, 4);
	return n > INT32_MAX ? -EINVAL : (int)n;
}
static const struct ng_ptype hosts_type = {
	.kind = NGP_ARRAY, .elem = &host_type, .length = table_length};
static const struct ng_pfield table_fields[] = {
	{.name = "numHosts", .type = &ng_p_uint32},
	{.name = "hosts", .type = &hosts_type},
	{0},
};
static const struct ng_ptype table_type = {.kind = NGP_STRUCT,
					   .fields = table_fields};

static const struct ng_ptype links_type = {
	.kind = NGP_FIXEDARRAY, .elem = &ng_p_uint8, .count = 6};
static const struct ng_ptype names_type = {
	.kind = NGP_FIXEDARRAY, .elem = &ng_p_hookbuf, .count = 3};

ATF_TC_WITHOUT_HEAD(integers);
ATF_TC_BODY(integers, tc)
{
	SAME(&ng_p_uint32, "4294967295");
	SAME(&ng_p_int32, "-2147483648");
	GIVES(&ng_p_uint32, "-1", "4294967295");
	GIVES(&ng_p_int8, "255", "-1");
	GIVES(&ng_p_uint16, "  0x1F90  ", "8080");
	GIVES(&ng_p_uint16, "010", "8");
	SAME(&ng_p_hint32, "0x8100");
	SAME(&ng_p_uint64, "18446744073709551615");
	SAME(&ng_p_int64, "-9223372036854775808");
	GIVES(&ng_p_uint32, "12abc", "12");
	FAILS(&ng_p_uint32, "", EINVAL);
	FAILS(&ng_p_uint32, "abc", EINVAL);
	FAILS(&ng_p_uint32, "4294967296", EINVAL);
	FAILS(&ng_p_uint8, "256", EINVAL);
	FAILS(&ng_p_int8, "-129", EINVAL);
	FAILS(&ng_p_int16, "65536", EINVAL);
	FAILS(&ng_p_uint64, "18446744073709551616", EINVAL);
	ATF_CHECK_STREQ(strerror(ERANGE), round_trip(&ng_p_uint32, "1", 3));
}

ATF_TC_WITHOUT_HEAD(strings);
ATF_TC_BODY(strings, tc)
{
	uint8_t buf[8];

	SAME(&ng_p_string, "\"\"");
	SAME(&ng_p_string, "\"one two\"");
	SAME(&ng_p_string, "\"\\t\\n\\r\\v\\f\\\"\\\\\\x01\\x7f\\xff\"");
	GIVES(&ng_p_string, "\"\\101\\x42\\q\\x01a\"", "\"ABq\\x01a\"");
	GIVES(&ng_p_string, "\"a\\0b\"", "\"a\"");
	SAME(&ng_p_hookbuf, "\"link0\"");
	SAME(&ng_p_hookbuf, "\"1234567890123456789012345678901\"");
	FAILS(&ng_p_hookbuf, "\"12345678901234567890123456789012\"", E2BIG);
	FAILS(&ng_p_string, "link0", EINVAL);
	FAILS(&ng_p_string, "\"link0", EINVAL);
	FAILS(&ng_p_string, "\"link0\\\"", EINVAL);
	FAILS(&ng_p_string, "\"\\", EINVAL);
	ATF_CHECK_EQ(-ERANGE, ng_parse(&ng_p_string, "\"12345678\"", buf, 8));
	ATF_CHECK_EQ(8, ng_parse(&ng_p_string, "\"1234567\"", buf, 8));
}

ATF_TC_WITHOUT_HEAD(sized_string);
ATF_TC_BODY(sized_string, tc)
{
	static const struct ng_ptype t = {.kind = NGP_SIZEDSTRING};
	uint8_t buf[8];
	char out[64];

	SAME(&t, "\"a\\x00b\"");
	ATF_CHECK_EQ(5, ng_parse(&t, "\"abc\"", buf, sizeof(buf)));
	ATF_CHECK_EQ(-EINVAL, ng_unparse(&t, buf, 4, out, sizeof(out)));
	ATF_CHECK_EQ(-EINVAL, ng_unparse(&t, buf, 1, out, sizeof(out)));
	ATF_CHECK_EQ(-ERANGE, ng_unparse(&t, buf, 5, out, 5));
	ATF_CHECK_EQ(5, ng_unparse(&t, buf, 5, out, 6));
}

ATF_TC_WITHOUT_HEAD(addresses);
ATF_TC_BODY(addresses, tc)
{
	SAME(&ng_p_ipaddr, "192.0.2.255");
	FAILS(&ng_p_ipaddr, "192.0.2", EINVAL);
	FAILS(&ng_p_ipaddr, "192.0.2.256", EINVAL);
	FAILS(&ng_p_ipaddr, "192.0.2.-1", EINVAL);
	FAILS(&ng_p_ipaddr, "", EINVAL);
	SAME(&ng_p_mac, "00:1b:21:aa:bb:cc");
	GIVES(&ng_p_mac, "0:1B:2:3:4:5", "00:1b:02:03:04:05");
	FAILS(&ng_p_mac, "00:1b:21:aa:bb", EINVAL);
	FAILS(&ng_p_mac, "00:1b:21:aa:bb:100", EINVAL);
	FAILS(&ng_p_mac, "xx", EINVAL);
	ATF_CHECK_STREQ(strerror(ERANGE),
			round_trip(&ng_p_mac, "0:0:0:0:0:0", 5));
}

ATF_TC_WITHOUT_HEAD(structs);
ATF_TC_BODY(structs, tc)
{
	struct config c;

	SAME(&config_type,
	     "{ debugLevel=1 loopTimeout=61 maxStaleness=900 name=\"x\" }");
	GIVES(&config_type, "{name=\"x\"maxStaleness=900}",
	      "{ maxStaleness=900 name=\"x\" }");
	SAME(&config_type, "{}");
	GIVES(&config_type, "{ loopTimeout=60 debugLevel=0 name=\"\" }", "{}");
	SAME(&config_type, "{ loopTimeout=0 }");
	FAILS(&config_type, "", EINVAL);
	FAILS(&config_type, "1", EINVAL);
	FAILS(&config_type, "{", EINVAL);
	FAILS(&config_type, "{ debugLevel }", EINVAL);
	FAILS(&config_type, "{ debugLevel= }", EINVAL);
	FAILS(&config_type, "{ debugLevel=1", EINVAL);
	FAILS(&config_type, "{ debugLevel=\"1\" }", EINVAL);
	FAILS(&config_type, "{ =1 }", EINVAL);
	FAILS(&config_type, "{ debug=1 }", ENOENT);
	FAILS(&config_type, "{ debugLevels=1 }", ENOENT);
	FAILS(&config_type, "{ debugLevel=1 debugLevel=1 }", EALREADY);
	FAILS(&config_type, "{ name=\"12345678\" }", E2BIG);

	/* The bytes are those of the C compiler. */
	ATF_CHECK_EQ(sizeof(c), (size_t)ng_parse(&config_type,
						 "{ debugLevel=3 loopTimeout=4 "
						 "maxStaleness=5 name=\"n\" }",
						 (uint8_t *)&c, sizeof(c)));
	ATF_CHECK_EQ(3, c.debug);
	ATF_CHECK_EQ(4, c.loop);
	ATF_CHECK_EQ(5, c.stale);
	ATF_CHECK_STREQ("n", c.name);
	ATF_CHECK_EQ(-ERANGE, ng_parse(&config_type, "{}", (uint8_t *)&c,
				       sizeof(c) - 1));
}

ATF_TC_WITHOUT_HEAD(arrays);
ATF_TC_BODY(arrays, tc)
{
	SAME(&links_type, "[ 1 2 3 4 5 6 ]");
	SAME(&links_type, "[ 1 5=6 ]");
	SAME(&links_type, "[ 2=1 1 5=3 ]");
	SAME(&links_type, "[]");
	GIVES(&links_type, "[ 0 0 1 ]", "[ 2=1 ]");
	GIVES(&links_type, "[5=1 0=2 3]", "[ 2 3 5=1 ]");
	FAILS(&links_type, "[ 1 2 3 4 5 6 7 ]", E2BIG);
	FAILS(&links_type, "[ 6=1 ]", E2BIG);
	FAILS(&links_type, "[ 99999999999999999999=1 ]", E2BIG);
	FAILS(&links_type, "[ -1=1 ]", E2BIG);
	FAILS(&links_type, "[ x=1 ]", EINVAL);
	FAILS(&links_type, "[ 0=1 0=1 ]", EALREADY);
	FAILS(&links_type, "{ 1 }", EINVAL);
	FAILS(&links_type, "[ 1 }", EINVAL);
	SAME(&names_type, "[ \"a\" 2=\"b\" ]");
}

ATF_TC_WITHOUT_HEAD(tables);
ATF_TC_BODY(tables, tc)
{
	uint8_t buf[2048];
	char out[64];
	int n;

	SAME(&table_type,
	     "{ numHosts=2 hosts=[ { addr=00:00:00:00:00:01 age=3 } "
	     "{ addr=00:00:00:00:00:00 ip=10.0.0.1 } ] }");
	SAME(&table_type, "{}");
	/* Whoever says how many says it first, and a MAC has no default. */
	FAILS(&table_type, "{ hosts=[ { addr=0:0:0:0:0:1 } ] }", E2BIG);
	FAILS(&table_type, "{ numHosts=1 }", EOPNOTSUPP);
	FAILS(&table_type, "{ numHosts=4294967295 }", EINVAL);
	FAILS(&table_type, "{ numHosts=2147483647 }", ERANGE);

	n = ng_parse(&table_type,
		     "{ numHosts=1 hosts=[ { addr=2:0:0:0:0:1 } ] }", buf,
		     sizeof(buf));
	ATF_REQUIRE_EQ(4 + sizeof(struct host), (size_t)n);
	for (size_t i = 0; i < (size_t)n; i++)
		ATF_CHECK_EQ(-EINVAL,
			     ng_unparse(&table_type, buf, i, out, sizeof(out)));
	for (size_t i = 0; i < 48; i++)
		ATF_CHECK_EQ(-ERANGE,
			     ng_unparse(&table_type, buf, (size_t)n, out, i));
	buf[0] = 2; /* more than there are */
	ATF_CHECK_EQ(-EINVAL,
		     ng_unparse(&table_type, buf, (size_t)n, out, sizeof(out)));
}

ATF_TC_WITHOUT_HEAD(messages);
ATF_TC_BODY(messages, tc)
{
	SAME(&ng_p_ng_mesg,
	     "{ version=8 arglen=4 cmd=1 flags=0x1 token=7 "
	     "typecookie=1137070366 cmdstr=\"x\" data=[ 0x1 3=0xff ] }");
	GIVES(&ng_p_ng_mesg, "{ arglen=3 data=\"ab\" }",
	      "{ arglen=3 data=[ 0x61 0x62 ] }");
	FAILS(&ng_p_ng_mesg, "{ arglen=3 data=\"abcd\" }", E2BIG);
	FAILS(&ng_p_ng_mesg, "{ arglen=3000 }", ERANGE);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, integers);
	ATF_TP_ADD_TC(tp, strings);
	ATF_TP_ADD_TC(tp, sized_string);
	ATF_TP_ADD_TC(tp, addresses);
	ATF_TP_ADD_TC(tp, structs);
	ATF_TP_ADD_TC(tp, arrays);
	ATF_TP_ADD_TC(tp, tables);
	ATF_TP_ADD_TC(tp, messages);
	return atf_no_error();
}
