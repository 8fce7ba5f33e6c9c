/* What programs and netgraph's broker say: it reads back as it was written,
 * and what is odd is refused. */
#include "netgraph/wire.h"

#include <atf-c.h>
#include <errno.h>
#include <string.h>

#define HEAD sizeof(struct wire_head)

static uint8_t buf[WIRE_REQUEST_MAX + 8] __attribute__((aligned(8)));

/* A message with n bytes of arguments, to path; its length. */
static size_t message(const char *path, size_t n)
{
	struct ng_mesg m = {
		.header = {.version = NG_VERSION, .arglen = (uint32_t)n}};
	int at = wire_request_print(WIRE_MSG, path, sizeof(m) + n, buf);

	ATF_REQUIRE(at > 0);
	memcpy(buf + at, &m, sizeof(m));
	memset(buf + at + sizeof(m), 'a', n);
	return (size_t)at + sizeof(m) + n;
}

ATF_TC_WITHOUT_HEAD(round_trip);
ATF_TC_BODY(round_trip, tc)
{
	/* names around the steps of their padding */
	static const char *const names[] = {"",		 "a",
					    "1234567",	 "12345678",
					    "123456789", "a path: of.hooks"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct wire_request q;
		size_t n = message(names[i], 3);

		ATF_REQUIRE_EQ(0, wire_request_parse(buf, n, &q));
		ATF_CHECK_EQ(WIRE_MSG, q.op);
		ATF_CHECK_STREQ(names[i], q.name);
		ATF_CHECK_EQ(sizeof(struct ng_mesg) + 3, q.size);
		ATF_CHECK_EQ(0, (uintptr_t)q.body % 8);
		ATF_CHECK_EQ(
			0, memcmp((const char *)q.body + sizeof(struct ng_mesg),
				  "aaa", 3));
	}
}

ATF_TC_WITHOUT_HEAD(limits);
ATF_TC_BODY(limits, tc)
{
	char name[WIRE_NAME_MAX + 1];
	struct wire_request q;
	size_t n;

	memset(name, 'n', sizeof(name));
	name[WIRE_NAME_MAX - 1] = '\0';
	n = message(name, WIRE_BODY_MAX - sizeof(struct ng_mesg));
	ATF_CHECK_EQ(WIRE_REQUEST_MAX, n);
	ATF_CHECK_EQ(0, wire_request_parse(buf, n, &q));
	name[WIRE_NAME_MAX - 1] = 'n';
	name[WIRE_NAME_MAX] = '\0';
	ATF_CHECK_EQ(-ENAMETOOLONG, wire_request_print(WIRE_MSG, name, 0, buf));
	ATF_CHECK_EQ(-EMSGSIZE,
		     wire_request_print(WIRE_MSG, "", WIRE_BODY_MAX + 1, buf));
	/* packets are shorter than messages may be */
	n = (size_t)wire_request_print(WIRE_DATA, "h", WIRE_DATA_MAX, buf);
	ATF_CHECK_EQ(0, wire_request_parse(buf, n + WIRE_DATA_MAX, &q));
	n = (size_t)wire_request_print(WIRE_DATA, "h", WIRE_DATA_MAX + 1, buf);
	ATF_CHECK_EQ(-EBADMSG,
		     wire_request_parse(buf, n + WIRE_DATA_MAX + 1, &q));
}

ATF_TC_WITHOUT_HEAD(refused);
ATF_TC_BODY(refused, tc)
{
	static const struct {
		const char *what;
		size_t at;
		uint8_t value;
		int result;
	} rows[] = {
		{"magic", 0, 0, -EBADMSG},
		{"version", 4, 2, -EPROTO},
		{"request 0", 6, 0, -EBADMSG},
		{"request", 6, WIRE_OPS, -EBADMSG},
		{"a node with a body", 6, WIRE_MAKE, -EBADMSG},
		{"length of the name", 8, 7, -EBADMSG},
		{"no name", 8, 0, -EBADMSG},
		{"a longer name", 8, 16, -EBADMSG},
		{"a longer body", 12, 200, -EBADMSG},
		{"name without end", HEAD + 7, 'x', -EBADMSG},
		{"something behind the name's end", HEAD + 6, 'x', -EBADMSG},
		{"message of another version", HEAD + 8, NG_VERSION + 1,
		 -EINVAL},
		{"message longer than it is", HEAD + 8 + 4, 2, -EINVAL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct wire_request q = {.size = 4711};
		size_t n = message("path:", 1);

		buf[rows[i].at] = rows[i].value;
		ATF_CHECK_EQ_MSG(rows[i].result, wire_request_parse(buf, n, &q),
				 "%s", rows[i].what);
		ATF_CHECK_EQ_MSG(4711, q.size, "%s: touched", rows[i].what);
	}
	/* cut anywhere */
	for (size_t n = message("path:", 1), k = 0; k < n; k++) {
		struct wire_request q;

		ATF_CHECK_MSG(wire_request_parse(buf, k, &q) < 0, "%zu", k);
	}
}

ATF_TC_WITHOUT_HEAD(answers);
ATF_TC_BODY(answers, tc)
{
	struct wire_answer a = wire_answer_make(0, 42);
	struct wire_from f = wire_from_make(7, 100, 0), back;
	uint32_t id = 0;

	ATF_CHECK_EQ(0, wire_answer_parse(&a, sizeof(a), &id));
	ATF_CHECK_EQ(42u, id);
	a = wire_answer_make(ENOENT, 0);
	ATF_CHECK_EQ(-ENOENT, wire_answer_parse(&a, sizeof(a), &id));
	ATF_CHECK_EQ(-EBADMSG, wire_answer_parse(&a, sizeof(a) - 1, &id));
	a.code = 5000;
	ATF_CHECK_EQ(-EBADMSG, wire_answer_parse(&a, sizeof(a), &id));

	ATF_CHECK_EQ(0, wire_from_parse(&f, sizeof(f) + 100, &back));
	ATF_CHECK_EQ(7u, back.id);
	ATF_CHECK_EQ(-EBADMSG, wire_from_parse(&f, sizeof(f) + 99, &back));
	f = wire_from_make(7, 100, 1);
	ATF_CHECK_EQ(0, wire_from_parse(&f, sizeof(f), &back));
	ATF_CHECK_EQ(-EBADMSG, wire_from_parse(&f, sizeof(f) + 100, &back));
	f.file = 2;
	ATF_CHECK_EQ(-EBADMSG, wire_from_parse(&f, sizeof(f), &back));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, round_trip);
	ATF_TP_ADD_TC(tp, limits);
	ATF_TP_ADD_TC(tp, refused);
	ATF_TP_ADD_TC(tp, answers);
	return atf_no_error();
}
