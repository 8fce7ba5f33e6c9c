/* netflow: what is counted, and what datagrams of versions 5 and 9 say of it.
 * The table of flows is the kernel's. */
#include "ng_world.h"

#include "netgraph/netflow_export.h"

#include <netgraph/ng_netflow.h>

#define KERNEL_TEST(name)                                                      \
	static void name##_world(void);                                        \
	WORLD_KERNEL_TC(name, name##_world)                                    \
	static void name##_world(void)

/* --- packets ------------------------------------------------------------ */

static uint8_t packet[300];

/* A frame with an IP packet of that version between the hosts `from` and
 * `to`, `exts` bytes of headers behind IPv6's, and ports; its length. */
static size_t ip_packet(int version, uint8_t proto, size_t exts, uint8_t from,
			uint8_t to)
{
	size_t l4 = 14 + (version == 4 ? 20 : 40) + exts;
	uint8_t *ip = packet + 14;

	memset(packet, 0, sizeof(packet));
	packet[0] = packet[6] = 2;
	if (version == 4) {
		memcpy(packet + 12, "\x08\0\x45\x08", 4);
		ip[3] = 60;
		ip[9] = proto;
		memcpy(ip + 12, (uint8_t[]){10, 0, 0, from, 10, 0, 0, to}, 8);
	} else {
		memcpy(packet + 12, "\x86\xdd\x61\x20", 4);
		ip[5] = (uint8_t)(exts + 30);
		ip[6] = exts ? 60 : proto;
		ip[8] = ip[24] = 0xfd;
		ip[23] = from;
		ip[39] = to;
		if (exts) {
			packet[l4 - exts] = proto;
			packet[l4 - exts + 1] = (uint8_t)(exts / 8 - 1);
		}
	}
	memcpy(packet + l4, "\x01\x02\x00\x50", 4);
	packet[l4 + 13] = 0x12;
	return l4 + 40;
}

static void passes(size_t len)
{
	push("in", packet, len);
	ATF_CHECK_STREQ("out", where());
}

/* --- what is told ------------------------------------------------------- */

static struct {
	char text[65536]; /* a line a flow */
	size_t datagrams, templates;
	size_t largest;
	uint16_t field[2][32], length[2][32], fields[2]; /* IPv4, IPv6 */
	uint32_t sequence;
} told;

static uint32_t be(const uint8_t *b, size_t n)
{
	uint32_t v = 0;

	while (n--)
		v = v << 8 | *b++;
	return v;
}

static void told_template(const uint8_t *b, const uint8_t *end)
{
	while (b < end) {
		size_t v = be(b, 2) == 256 ? 0 : 1, n = be(b + 2, 2);

		ATF_REQUIRE(n < 32 && b + 4 + 4 * n <= end);
		ATF_CHECK_EQ(v ? 259u : 256u, be(b, 2));
		told.fields[v] = (uint16_t)n;
		for (size_t i = 0; i < n; i++) {
			told.field[v][i] = (uint16_t)be(b + 4 + 4 * i, 2);
			told.length[v][i] = (uint16_t)be(b + 6 + 4 * i, 2);
		}
		told.templates++;
		b += 4 + 4 * n;
	}
}

/* Addresses by their last byte, the numbers that are told of a flow. */
static const uint8_t *told_record(size_t v, const uint8_t *b)
{
	uint32_t src = 0, dst = 0, value[64] = {0};
	size_t n = strlen(told.text);

	for (size_t i = 0; i < told.fields[v]; b += told.length[v][i++]) {
		uint16_t field = told.field[v][i], len = told.length[v][i];

		if (field == 8 || field == 27)
			src = b[len - 1];
		else if (field == 12 || field == 28)
			dst = b[len - 1];
		else if (len <= 4 && field < 64)
			value[field] = be(b, len);
	}
	ATF_CHECK(value[22] <= value[21]); /* first, last */
	snprintf(told.text + n, sizeof(told.text) - n,
		 "%d %u>%u %u:%u>%u tos %x flags %x %u/%u if %u>%u\n",
		 v ? 6 : 4, src, dst, value[4], value[7], value[11], value[5],
		 value[6], value[2], value[1], value[10], value[14]);
	return b;
}

static void told_9(const uint8_t *b, size_t len)
{
	const uint8_t *end = b + len, *at = b + 20, *next;
	size_t count = 0;

	ATF_REQUIRE(len >= 24);
	ATF_CHECK_EQ(9, be(b, 2));
	ATF_CHECK_EQ(told.sequence++, be(b + 12, 4));
	ATF_CHECK_EQ(0, be(b + 16, 4));
	for (; at < end; at = next) {
		uint32_t id = be(at, 2), size = be(at + 2, 2);
		size_t v = id == 256 ? 0 : 1, one = 0;
		size_t before = told.templates;

		ATF_REQUIRE(size >= 4 && size % 4 == 0);
		next = at + size;
		ATF_REQUIRE(next <= end);
		at += 4;
		if (!id) {
			told_template(at, next);
			count += told.templates - before;
			continue;
		}
		for (size_t i = 0; i < told.fields[v]; i++)
			one += told.length[v][i];
		ATF_REQUIRE(one);
		for (; at + one <= next; count++)
			at = told_record(v, at);
		ATF_CHECK(next - at < 4);
	}
	ATF_CHECK_EQ(count, be(b + 2, 2));
	told.datagrams++;
	if (len > told.largest)
		told.largest = len;
}

static int by_line(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All that is left is told when the node goes: its flows, sorted. */
static const char *told_at_end(struct ng_node *n)
{
	static char sorted[65536];
	char *line[1024] = {0}, *p;
	size_t count = 0;

	memset(&told, 0, sizeof(told));
	world_forget();
	ng_node_shutdown(n);
	ATF_REQUIRE(ng_graph_drain(world.g) >= 0);
	for (size_t i = 0; i < world.ngot; i++)
		if (!strcmp(world.got[i].hook, "v9"))
			told_9(world.got[i].data, world.got[i].len);
	for (p = strtok(told.text, "\n"); p && count < 1024;
	     p = strtok(NULL, "\n"))
		line[count++] = p;
	if (count)
		qsort(line, count, sizeof(line[0]), by_line);
	sorted[0] = '\0';
	for (size_t i = 0; i < count; i++)
		snprintf(sorted + strlen(sorted),
			 sizeof(sorted) - strlen(sorted), "%s\n", line[i]);
	return sorted;
}

static void tells(struct ng_node *n, const char *want)
{
	const char *got = told_at_end(n);

	ATF_CHECK_STREQ(want, got);
}

static struct ng_node *nf_node(void)
{
	struct ng_node *n = make("in", "netflow", "iface0", "nf");

	join("out", n, "out0");
	return n;
}

/* --- cases -------------------------------------------------------------- */

KERNEL_TEST(flows)
{
	struct ng_node *n = nf_node();
	size_t five = 0;

	join("v9", n, "export9");
	join("v5", n, "export");
	SAYS(n, "setifindex", "{ iface=0 index=7 }", "");
	passes(ip_packet(4, 6, 0, 1, 2));
	passes(ip_packet(4, 6, 0, 1, 2));
	passes(ip_packet(4, 17, 0, 2, 1));
	passes(ip_packet(4, 132, 0, 2, 1));
	passes(ip_packet(6, 6, 0, 1, 2));
	passes(ip_packet(6, 17, 0, 1, 2));
	passes(ip_packet(6, 17, 24, 1, 2)); /* the same */
	passes(ip_packet(6, 44, 8, 3, 2));  /* a fragment: no ports */
	passes(ip_packet(6, 59, 0, 3, 2));  /* nothing follows */
	packet[12] = 0x88;		    /* neither */
	passes(100);
	SAYS(n, "info", NULL,
	     "{ IPv4 bytes=240 IPv4 packets=4 IPv6 bytes=382 IPv6 packets=5 "
	     "IPv4 records used=3 IPv6 records used=4 Inactive timeout=15 "
	     "Active timeout=1800 }");
	SAYS(n, "ifinfo", "0", "{ packets=9 data link type=1 index=7 conf=1 }");
	tells(n, "4 1>2 6:258>80 tos 8 flags 12 2/120 if 7>7\n"
		 "4 2>1 132:258>80 tos 8 flags 0 1/60 if 7>7\n"
		 "4 2>1 17:258>80 tos 8 flags 0 1/60 if 7>7\n"
		 "6 1>2 17:258>80 tos 12 flags 0 2/164 if 7>7\n"
		 "6 1>2 6:258>80 tos 12 flags 12 1/70 if 7>7\n"
		 "6 3>2 1:0>0 tos 12 flags 0 1/78 if 7>7\n"
		 "6 3>2 59:0>0 tos 12 flags 0 1/70 if 7>7\n");
	ATF_CHECK_EQ(2, told.templates);
	for (size_t i = 0; i < world.ngot; i++) {
		const uint8_t *b = world.got[i].data;

		if (strcmp(world.got[i].hook, "v5"))
			continue;
		ATF_CHECK_EQ(24 + 3 * 48, world.got[i].len);
		ATF_CHECK_EQ(5u << 16 | 3, be(b, 4));
		five++;
	}
	ATF_CHECK_EQ(1, five);
}

/* IPv6 is for version 9 alone; bad packets pass. */
KERNEL_TEST(skipped)
{
	struct ng_node *n = nf_node();
	size_t len;

	join("v5", n, "export");
	len = ip_packet(6, 6, 0, 1, 2);
	passes(len);
	SAYS(n, "info", NULL,
	     "{ IPv6 skipped bytes=94 IPv6 skipped packets=1 "
	     "Inactive timeout=15 Active timeout=1800 }");
	join("v9", n, "export9");
	passes(len);
	packet[14] = 0x40;
	passes(len);
	ip_packet(4, 6, 0, 1, 2);
	packet[14] = 0x44;
	passes(60);
	ip_packet(4, 6, 0, 1, 2);
	passes(14 + 20 + 19); /* no room for TCP's header */
	ip_packet(6, 6, 8, 1, 2);
	packet[14 + 41] = 255;
	passes(100);
	SAYS(n, "info", NULL,
	     "{ IPv6 bytes=70 IPv6 packets=1 IPv4 skipped bytes=113 "
	     "IPv4 skipped packets=2 IPv6 skipped bytes=288 "
	     "IPv6 skipped packets=3 IPv6 records used=1 "
	     "Inactive timeout=15 Active timeout=1800 }");
	/* without link layer */
	SAYS(n, "setdlt", "{ iface=0 dlt=12 }", "");
	len = ip_packet(6, 17, 0, 1, 2) - 14;
	memmove(packet, packet + 14, len);
	passes(len);
	len = ip_packet(4, 17, 0, 1, 2) - 14;
	memmove(packet, packet + 14, len);
	passes(len);
	tells(n, "4 1>2 17:258>80 tos 8 flags 0 1/60 if 0>0\n"
		 "6 1>2 17:258>80 tos 12 flags 0 1/70 if 0>0\n"
		 "6 1>2 6:258>80 tos 12 flags 12 1/70 if 0>0\n");
}

/* Many flows: datagrams no larger than asked for, templates again. */
KERNEL_TEST(datagrams)
{
	struct ng_node *n = nf_node();
	static char want[65536];

	join("v9", n, "export9");
	SAYS(n, "v9info", NULL,
	     "{ v9 template packets=500 v9 template time=600 v9 MTU=1500 }");
	SAYS(n, "setmtu", "{ mtu=23 }", "EINVAL");
	SAYS(n, "setmtu", "{ mtu=16385 }", "EINVAL");
	SAYS(n, "setmtu", "{ mtu=700 }", "");
	SAYS(n, "settemplate", "{ time=600 packets=2 }", "");
	SAYS(n, "v9info", NULL,
	     "{ v9 template packets=2 v9 template time=600 v9 MTU=700 }");
	for (int i = 0; i < 40; i++)
		passes(ip_packet(i % 2 ? 6 : 4, 17, 0, (uint8_t)(100 + i), 1));
	for (int v = 4; v <= 6; v += 2)
		for (int i = v / 2 - 2; i < 40; i += 2)
			snprintf(want + strlen(want),
				 sizeof(want) - strlen(want),
				 "%d %d>1 17:258>80 tos %s flags 0 1/%d if "
				 "0>0\n",
				 v, 100 + i, v == 4 ? "8" : "12",
				 v == 4 ? 60 : 70);
	tells(n, want);
	ATF_CHECK_MSG(told.datagrams >= 5, "%zu", told.datagrams);
	ATF_CHECK_EQ(2 * ((told.datagrams + 1) / 2), told.templates);
	ATF_CHECK_MSG(told.largest <= 700 - 64, "%zu", told.largest);
	/* one flow in each at least */
	n = nf_node();
	join("v9", n, "export9");
	SAYS(n, "setmtu", "{ mtu=24 }", "");
	for (int i = 0; i < 3; i++)
		passes(ip_packet(6, 17, 0, (uint8_t)i, 1));
	told_at_end(n);
	ATF_CHECK_EQ(3, told.datagrams);
}

/* How many packets node n has counted. */
static unsigned int counted(struct ng_node *n)
{
	struct ng_netflow_info info;
	struct ng_reply reply = {0};

	ATF_REQUIRE_EQ(0, message(n, NULL, NGM_NETFLOW_COOKIE, NGM_NETFLOW_INFO,
				  NULL, 0, &reply));
	memcpy(&info, reply.msg->m.data, sizeof(info));
	free(reply.msg);
	return (unsigned int)info.nfinfo_packets;
}

/* Through one node, another, and the first again. */
KERNEL_TEST(once)
{
	struct ng_node *n = make("in", "netflow", "iface0", "nf"), *m, *hub;
	static const struct {
		int conf;
		unsigned int first, second;
	} cases[] = {
		{1, 2, 1}, /* whenever it comes */
		{5, 1, 0}, /* once in all */
		{9, 1, 1}, /* once by each */
		{1, 2, 1},
	};
	unsigned int a = 0, b = 0;

	ATF_REQUIRE_EQ(0, ng_mkpeer(n, "out0", "iface0", "netflow", &m));
	ATF_REQUIRE_EQ(0, ng_connect(m, "out0", n, "iface1"));
	join("out", n, "out1");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[64];

		for (int iface = 0; iface < 2; iface++) {
			snprintf(text, sizeof(text), "{ iface=%d conf=%d }",
				 iface, cases[i].conf);
			SAYS(n, "setconfig", text, "");
		}
		snprintf(text, sizeof(text), "{ iface=0 conf=%d }",
			 cases[i].conf);
		SAYS(m, "setconfig", text, "");
		passes(ip_packet(4, 17, 0, 1, 2));
		ATF_CHECK_EQ_MSG(cases[i].first, counted(n) - a, "%zu", i);
		ATF_CHECK_EQ_MSG(cases[i].second, counted(m) - b, "%zu", i);
		a = counted(n);
		b = counted(m);
	}
	ng_node_shutdown(m);
	ng_node_shutdown(n);
	/* copies of a flood are packets of their own */
	hub = make("in", "hub", "in", NULL);
	ATF_REQUIRE_EQ(0, ng_mkpeer(hub, "a", "iface0", "netflow", &n));
	ATF_REQUIRE_EQ(0, ng_connect(hub, "b", n, "iface1"));
	join("out", n, "out0");
	SAYS(n, "setconfig", "{ iface=0 conf=5 }", "");
	SAYS(n, "setconfig", "{ iface=1 conf=5 }", "");
	passes(ip_packet(4, 17, 0, 1, 2));
	ATF_CHECK_EQ(2, counted(n));
}

/* What flowctl(8) asks for. */
KERNEL_TEST(table)
{
	struct ng_node *n = nf_node();
	struct ngnf_show_header ask = {.version = 6};
	const struct flow6_entry_data *six;
	const struct flow_entry_data *four;
	struct ngnf_show_header head;
	struct ng_reply reply = {0};

	join("v9", n, "export9");
	passes(ip_packet(6, 6, 0, 3, 2));
	passes(ip_packet(4, 17, 0, 4, 2));
#define SHOW()                                                                 \
	message(n, NULL, NGM_NETFLOW_COOKIE, NGM_NETFLOW_SHOW, &ask,           \
		sizeof(ask), &reply)
	ATF_REQUIRE_EQ(0, SHOW());
	memcpy(&head, reply.msg->m.data, sizeof(head));
	ATF_CHECK_EQ(1, head.nentries);
	ATF_CHECK_EQ(0, head.list_id);
	ATF_CHECK_EQ(sizeof(head) + sizeof(*six), reply.msg->m.header.arglen);
	six = (const void *)(reply.msg->m.data + sizeof(head));
	ATF_CHECK_EQ(6, six->version);
	ATF_CHECK_EQ(3, six->r.src.r_src6.s6_addr[15]);
	ATF_CHECK_EQ(6, six->r.r_ip_p);
	ATF_CHECK_EQ(htons(80), six->r.r_dport);
	ATF_CHECK_EQ(0x12, six->tcp_flags);
	free(reply.msg);
	reply.msg = NULL;
	ask.version = 4;
	ATF_REQUIRE_EQ(0, SHOW());
	four = (const void *)(reply.msg->m.data + sizeof(head));
	ATF_CHECK_EQ(4, four->version);
	ATF_CHECK_EQ(htonl(0x0a000004), four->r.r_src.s_addr);
	ATF_CHECK_EQ(60, four->bytes);
	free(reply.msg);
	reply.msg = NULL;
	ask.version = 5;
	ATF_CHECK_EQ(-EINVAL, SHOW());
	SAYS(n, "setdlt", "{ iface=1 dlt=1 }", "EINVAL");
	SAYS(n, "setifindex", "{ iface=1 index=1 }", "EINVAL");
	SAYS(n, "setconfig", "{ iface=1 conf=1 }", "ENOENT");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, datagrams);
	ATF_TP_ADD_TC(tp, flows);
	ATF_TP_ADD_TC(tp, once);
	ATF_TP_ADD_TC(tp, skipped);
	ATF_TP_ADD_TC(tp, table);
	return atf_no_error();
}
