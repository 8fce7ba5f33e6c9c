/* tag, checksum: packets and messages. */
#include "ng_world.h"

/* --- tag ---------------------------------------------------------------- */

static struct ng_node *tag_node(const char *name, const char *const hooks[])
{
	struct ng_node *n = make(hooks[0], "tag", hooks[0], name);

	for (size_t i = 1; hooks[i]; i++)
		join(hooks[i], n, hooks[i]);
	return n;
}

/* What comes by `hook` goes to `to`, whatever it has. */
static void forward(struct ng_node *n, const char *hook, const char *to)
{
	char text[128];

	snprintf(text, sizeof(text), "{ thisHook=\"%s\" ifNotMatch=\"%s\" }",
		 hook, to);
	SAYS(n, "sethookin", text, "");
}

/* A node that puts a tag on, one that looks for it. */
WORLD_TEST(tag)
{
	static const char *const hooks[] = {"a", "b", "no", NULL};
	struct ng_node *n = tag_node("t", hooks), *u = NULL;

	/* a new hook drops all, and puts nothing on */
	GOES("a", 2, 3, "");
	SAYS(n, "gethookin", "\"a\"", "{ thisHook=\"a\" }");
	SAYS(n, "gethookout", "\"a\"", "{ thisHook=\"a\" }");
	forward(n, "a", "b");
	GOES("a", 2, 3, "b");
	/* through a node behind b, which chooses */
	ng_hook_destroy(ng_hook_by_name(n, "b"));
	ATF_REQUIRE_EQ(0, ng_mkpeer(n, "b", "x", "tag", &u));
	join("yes", u, "yes");
	join("other", u, "no");
	SAYS(u, "sethookin",
	     "{ thisHook=\"x\" ifMatch=\"yes\" ifNotMatch=\"no\" "
	     "tag_cookie=1148380143 tag_id=412 }",
	     "");
	GOES("a", 2, 3, "other");
	SAYS(n, "sethookout",
	     "{ thisHook=\"b\" tag_cookie=1148380143 tag_id=412 }", "");
	GOES("a", 2, 3, "yes");
	SAYS(n, "gethookout", "\"b\"",
	     "{ thisHook=\"b\" tag_cookie=1148380143 tag_id=412 }");
	SAYS(n, "sethookout",
	     "{ thisHook=\"b\" tag_cookie=1148380143 tag_id=413 }", "");
	GOES("a", 2, 3, "other");
	SAYS(n, "sethookout",
	     "{ thisHook=\"b\" tag_cookie=1148380142 tag_id=412 }", "");
	GOES("a", 2, 3, "other");
	SAYS(u, "getstats", "\"x\"",
	     "{ recvFrames=4 recvOctets=240 recvMatchFrames=1 "
	     "recvMatchOctets=60 }");
	SAYS(u, "getclrstats", "\"no\"", "{ xmitFrames=3 xmitOctets=180 }");
	SAYS(u, "getstats", "\"no\"", "{}");
	SAYS(u, "clrstats", "\"x\"", "");
	SAYS(u, "getstats", "\"x\"", "{}");
	/* the rule without cookie and id finds nothing */
	SAYS(u, "sethookin",
	     "{ thisHook=\"x\" ifMatch=\"yes\" ifNotMatch=\"no\" }", "");
	GOES("a", 2, 3, "other");
	/* hooks that are named go, and come again */
	ng_hook_destroy(ng_hook_by_name(u, "no"));
	GOES("a", 2, 3, "");
	join("again", u, "no");
	GOES("a", 2, 3, "again");
	ng_node_shutdown(n);
	ATF_CHECK_EQ(NULL, ng_node_by_name(world.g, "t"));
}

/* Data: the beginning is compared. */
WORLD_TEST(tag_data)
{
	static const char *const hooks[] = {"a", "b", NULL};
	struct ng_node *n = tag_node("t", hooks), *u = NULL;

	forward(n, "a", "b");
	ng_hook_destroy(ng_hook_by_name(n, "b"));
	ATF_REQUIRE_EQ(0, ng_mkpeer(n, "b", "x", "tag", &u));
	join("yes", u, "yes");
	join("no", u, "no");
	SAYS(n, "sethookout",
	     "{ thisHook=\"b\" tag_cookie=7 tag_len=3 "
	     "tag_data=[ 0x1 0x2 0x3 ] }",
	     "");
	SAYS(n, "gethookout", "\"b\"",
	     "{ thisHook=\"b\" tag_cookie=7 tag_len=3 "
	     "tag_data=[ 0x1 0x2 0x3 ] }");
	SAYS(u, "sethookin",
	     "{ thisHook=\"x\" ifMatch=\"yes\" ifNotMatch=\"no\" "
	     "strip=1 tag_cookie=7 tag_len=2 tag_data=[ 0x1 0x2 ] }",
	     "");
	SAYS(u, "gethookin", "\"x\"",
	     "{ thisHook=\"x\" ifMatch=\"yes\" ifNotMatch=\"no\" "
	     "strip=1 tag_cookie=7 tag_len=2 tag_data=[ 0x1 0x2 ] }");
	GOES("a", 2, 3, "yes");
	SAYS(u, "sethookin",
	     "{ thisHook=\"x\" ifMatch=\"yes\" ifNotMatch=\"no\" "
	     "tag_cookie=7 tag_len=3 tag_data=[ 0x1 0x2 0x4 ] }",
	     "");
	GOES("a", 2, 3, "no");
	SAYS(u, "sethookin",
	     "{ thisHook=\"x\" ifMatch=\"yes\" ifNotMatch=\"no\" "
	     "tag_cookie=7 tag_len=4 tag_data=[ 0x1 0x2 0x3 ] }",
	     "");
	GOES("a", 2, 3, "no");
	SAYS(u, "sethookin",
	     "{ thisHook=\"x\" ifMatch=\"yes\" ifNotMatch=\"no\" tag_cookie=7 "
	     "}",
	     "");
	GOES("a", 2, 3, "yes");
}

WORLD_TEST(tag_bad)
{
	static const char *const hooks[] = {"a", NULL};
	struct ng_node *n = tag_node("t", hooks);
	struct {
		struct ng_tag_hookout t;
		uint8_t data[64];
	} out = {.t = {.thisHook = "a", .tag_cookie = 1, .tag_len = 33}};

	SAYS(n, "sethookin", "{ thisHook=\"b\" }", "ENOENT");
	SAYS(n, "sethookout", "{ thisHook=\"b\" }", "ENOENT");
	SAYS(n, "gethookin", "\"b\"", "ENOENT");
	SAYS(n, "gethookout", "\"b\"", "ENOENT");
	SAYS(n, "getstats", "\"b\"", "ENOENT");
	SAYS(n, "nonsense", NULL, "ENOSYS");
#define OUT(len)                                                               \
	message(n, NULL, NGM_TAG_COOKIE, NGM_TAG_SET_HOOKOUT, &out, len,       \
		&(struct ng_reply){0})
	ATF_CHECK_EQ(-EINVAL, OUT(0));
	ATF_CHECK_EQ(-EINVAL, OUT(sizeof(out.t) + 32));
	ATF_CHECK_EQ(-EINVAL, OUT(sizeof(out.t) + 34));
	ATF_CHECK_EQ(-ENOMEM, OUT(sizeof(out.t) + 36));
	ATF_CHECK_EQ(-ENOMEM, OUT(sizeof(out.t) + 33));
	out.t.tag_len = 0xffff;
	ATF_CHECK_EQ(-EINVAL, OUT(sizeof(out)));
	out.t.tag_len = 32;
	ATF_CHECK_EQ(0, OUT(sizeof(out.t) + 32));
	ATF_CHECK_EQ(-EINVAL,
		     message(n, NULL, NGM_TAG_COOKIE, NGM_TAG_GET_HOOKIN, NULL,
			     0, &(struct ng_reply){0}));
	for (int i = 0; i < 64; i++) {
		char name[16], text[64];

		snprintf(name, sizeof(name), "h%d", i);
		snprintf(text, sizeof(text), "{ thisHook=\"%s\" }", name);
		join(name, n, name);
		/* a has the first of 64 places */
		SAYS(n, "sethookin", text, i < 63 ? "" : "ENOMEM");
	}
	ng_hook_destroy(ng_hook_by_name(n, "h0"));
	SAYS(n, "sethookin", "{ thisHook=\"h63\" }", "");
}

/* Four tags at a time, the newest is the first to be found; copies have them,
 * and so have those whose bytes another node changes. */
WORLD_TEST(tag_many)
{
	static const char *const hooks[] = {"a", "one", "two", NULL};
	struct ng_node *n = tag_node("t", hooks), *hub = NULL, *p = NULL;
	struct ng_node *u = NULL;
	char text[160];

	/* a > one > (echo back by the hub of two) ... a ring of six tags */
	for (int i = 0; i < 6; i++) {
		char from[8], to[8];

		snprintf(from, sizeof(from), "o%d", i);
		snprintf(to, sizeof(to), "i%d", i);
		ATF_REQUIRE_EQ(0, ng_connect(n, from, n, to));
		snprintf(text, sizeof(text),
			 "{ thisHook=\"%s\" tag_cookie=9 tag_id=%d }", from,
			 i + 1);
		SAYS(n, "sethookout", text, "");
	}
	forward(n, "a", "o0");
	for (int i = 0; i < 5; i++) {
		char in[8], out[8];

		snprintf(in, sizeof(in), "i%d", i);
		snprintf(out, sizeof(out), "o%d", i + 1);
		forward(n, in, out);
	}
	/* the sixth and the fifth are not on it */
	for (int id = 1; id <= 6; id++) {
		snprintf(text, sizeof(text),
			 "{ thisHook=\"i5\" ifMatch=\"one\" ifNotMatch=\"two\" "
			 "tag_cookie=9 tag_id=%d }",
			 id);
		SAYS(n, "sethookin", text, "");
		GOES("a", 2, 3, id <= 4 ? "one" : "two");
	}
	/* without the second: the others are */
	SAYS(n, "sethookin",
	     "{ thisHook=\"i5\" ifMatch=\"one\" strip=1 tag_cookie=9 "
	     "tag_id=2 }",
	     "");
	ng_hook_destroy(ng_hook_by_name(n, "one"));
	/* a flood, of which one way goes by a node that changes bytes */
	ATF_REQUIRE_EQ(0, ng_mkpeer(n, "one", "in", "hub", &hub));
	ATF_REQUIRE_EQ(0, ng_mkpeer(hub, "p", "in", "patch", &p));
	ATF_REQUIRE_EQ(0, ng_mkpeer(hub, "u", "x", "tag", &u));
	ATF_REQUIRE_EQ(0, ng_connect(p, "out", u, "y"));
	join("plain", hub, "plain");
	SAYS(p, "setconfig",
	     "{ count=1 ops=[ { offset=59 length=1 mode=1 value=77 } ] }", "");
	join("x", u, "gotx");
	join("y", u, "goty");
	join("none", u, "none");
	for (int id = 1; id <= 4; id++) {
		const char *got = id == 2 ? "none none plain" : "plain x y";

		for (int y = 0; y < 2; y++) {
			snprintf(text, sizeof(text),
				 "{ thisHook=\"%s\" ifMatch=\"got%s\" "
				 "ifNotMatch=\"none\" tag_cookie=9 tag_id=%d }",
				 y ? "y" : "x", y ? "y" : "x", id);
			SAYS(u, "sethookin", text, "");
		}
		push("a", (const uint8_t[60]){2, [6] = 2}, 60);
		ATF_CHECK_STREQ(got, where());
		for (size_t i = 0; i < world.ngot; i++)
			ATF_CHECK_EQ(world.got[i].hook[0] == 'y' ? 77 : 0,
				     id == 2 ? 0 : world.got[i].data[59]);
	}
}

/* 255 tags in a graph. */
WORLD_TEST(tag_numbers)
{
	struct ng_node *n[5];
	char text[96], hook[16];
	int k = 0;

	for (int i = 0; i < 5; i++) {
		snprintf(hook, sizeof(hook), "n%d", i);
		n[i] = make(hook, "tag", hook, NULL);
		for (int j = 0; j < 60 && k < 257; j++, k++) {
			snprintf(hook, sizeof(hook), "h%d", k);
			join(hook, n[i], hook);
			snprintf(text, sizeof(text),
				 "{ thisHook=\"%s\" tag_cookie=5 tag_id=%d }",
				 hook, k);
			SAYS(n[i], "sethookout", text, k < 255 ? "" : "ENOMEM");
		}
	}
	/* one that there is already needs no number of its own */
	SAYS(n[4], "sethookout", "{ thisHook=\"h256\" tag_cookie=5 }", "");
	ng_node_shutdown(n[1]);
	SAYS(n[4], "sethookout", "{ thisHook=\"h256\" tag_cookie=6 }", "");
}

/* --- checksum ----------------------------------------------------------- */

static uint8_t packet[200];

/* IP of that version, from `at` on, with a TCP or UDP header behind `exts`
 * bytes of headers and `len` bytes of payload; the whole length. */
static size_t ip_packet(size_t at, int version, uint8_t proto, size_t exts,
			size_t len)
{
	size_t head = version == 4 ? 20 + exts : 40, l4 = at + head;
	size_t total = head + (version == 4 ? 0 : exts) + len;
	uint8_t *ip = packet + at;

	memset(packet, 0, sizeof(packet));
	if (at)
		packet[0] = packet[6] = 2;
	for (size_t i = l4; i < sizeof(packet); i++)
		packet[i] = (uint8_t)(i * 7);
	for (size_t i = 0; i < (version == 4 ? 8 : 32); i++)
		ip[(version == 4 ? 12 : 8) + i] = (uint8_t)(i * 29 + 1);
	if (version == 4) {
		ip[0] = (uint8_t)(0x40 | head / 4);
		ip[3] = (uint8_t)total;
		ip[8] = 64;
		ip[9] = proto;
	} else {
		ip[0] = 0x60;
		ip[5] = (uint8_t)(total - 40);
		ip[6] = exts ? 60 : proto;
		if (exts)
			memset(packet + l4, 0, exts);
		if (exts) {
			packet[l4] = proto;
			packet[l4 + 1] = (uint8_t)(exts / 8 - 1);
		}
	}
	if (at)
		memcpy(packet + at - 2, version == 4 ? "\x08" : "\x86\xdd", 2);
	return at + total;
}

/* All is as it was but for n bytes at `at`, which are that sum. */
static void summed(size_t len, const char *to, size_t at, uint32_t sum)
{
	push("in", packet, len);
	ATF_CHECK_STREQ(to, where());
	ATF_REQUIRE_EQ(1, world.ngot);
	ATF_REQUIRE_EQ(len, world.got[0].len);
	if (at)
		ref_sum_put(packet + at, sum);
	for (size_t i = 0; i < len; i++)
		ATF_CHECK_EQ_MSG(packet[i], world.got[0].data[i],
				 "byte %zu: %02x, not %02x", i,
				 world.got[0].data[i], packet[i]);
}

/* The sum of TCP or UDP: addresses, and what is behind them. */
static uint32_t l4_sum(size_t addrs, size_t naddrs, size_t l4, size_t end,
		       uint8_t proto)
{
	memset(packet + l4 + (proto == 6 ? 16 : 6), 0, 2);
	return ref_sum(
		packet + l4, end - l4,
		ref_sum(packet + addrs, naddrs, proto + (uint32_t)(end - l4)));
}

WORLD_TEST(checksum)
{
	struct ng_node *n = make("in", "checksum", "in", "c");
	uint8_t before[2];
	size_t len;

	ATF_CHECK_EQ(-EINVAL, ng_connect(world.me, "x", n, "other"));
	SAYS(n, "getconfig", NULL, "");
	SAYS(n, "getdlt", NULL, "12");
	SAYS(n, "setdlt", "2", "EINVAL");
	len = ip_packet(0, 4, 6, 0, 45);
	summed(len, "in", 0, 0);
	join("out", n, "out");
	/* of all that may be asked for */
	SAYS(n, "setconfig", "{ csum_flags=18446744073709551615 }", "");
	SAYS(n, "getconfig", NULL, "{ csum_flags=1543 }");
	SAYS(n, "setconfig", "{ csum_flags=1 csum_offload=6 }", "");
	SAYS(n, "getconfig", NULL, "{ csum_flags=1 csum_offload=6 }");
	summed(len, "out", 10, ref_sum(packet, 20, 0));
	/* the way back, and what is no IP */
	GOES("out", 2, 3, "in");
	GOES("in", 2, 3, "out");
	push("in", packet, 19);
	ATF_CHECK_STREQ("out", where());
	SAYS(n, "getstats", NULL, "{ Received=5 Processed=1 }");
	/* options; a wrong length */
	len = ip_packet(0, 4, 17, 12, 40);
	summed(len, "out", 10, ref_sum(packet, 32, 0));
	packet[3] = (uint8_t)(len + 1);
	summed(len, "out", 0, 0);
	packet[3] = 31;
	summed(len, "out", 0, 0);
	SAYS(n, "setconfig", "{ csum_flags=6 }", "");
	for (int i = 0; i < 2; i++) {
		uint8_t proto = i ? 17 : 6;

		len = ip_packet(0, 4, proto, 8, 45);
		summed(len, "out", 28 + (i ? 6 : 16),
		       l4_sum(12, 8, 28, len, proto));
		/* fragments */
		packet[6] = 0x20;
		packet[60] = 1;
		summed(len, "out", 0, 0);
		packet[6] = 0;
		packet[7] = 1;
		summed(len, "out", 0, 0);
		packet[6] = 0x40; /* but not "don't" */
		packet[7] = 0;
		summed(len, "out", 28 + (i ? 6 : 16),
		       l4_sum(12, 8, 28, len, proto));
		/* too short */
		len = ip_packet(0, 4, proto, 0, i ? 7 : 19);
		summed(len, "out", 0, 0);
	}
	/* a sum of 0 is no UDP checksum */
	len = ip_packet(0, 4, 17, 0, 10);
	packet[28] = packet[29] = 0;
	ref_sum_put(packet + 28, l4_sum(12, 8, 20, len, 17));
	memset(packet + 26, 0, 2);
	memcpy(before, "\xff\xff", 2);
	push("in", packet, len);
	ATF_REQUIRE_EQ(1, world.ngot);
	ATF_CHECK(!memcmp(before, world.got[0].data + 26, 2));
	/* others */
	len = ip_packet(0, 4, 1, 0, 30);
	summed(len, "out", 0, 0);
	len = ip_packet(0, 6, 6, 0, 30);
	summed(len, "out", 0, 0);
	SAYS(n, "getclrstats", NULL, "{ Received=21 Processed=7 }");
	SAYS(n, "getstats", NULL, "{}");
	ng_hook_destroy(ng_hook_by_name(n, "in"));
	GOES("out", 2, 3, "");
	SAYS(n, "getstats", NULL, "{ Received=1 Dropped=1 }");
	SAYS(n, "clrstats", NULL, "");
	SAYS(n, "getstats", NULL, "{}");
	SAYS(n, "nonsense", NULL, "ENOSYS");
	ng_node_shutdown(n);
	ATF_CHECK_EQ(NULL, ng_node_by_name(world.g, "c"));
}

WORLD_TEST(checksum_ipv6)
{
	struct ng_node *n = make("in", "checksum", "in", "c");
	size_t len;

	join("out", n, "out");
	SAYS(n, "setconfig", "{ csum_flags=1536 }", "");
	for (int i = 0; i < 2; i++)
		for (size_t exts = 0; exts <= 24; exts += 8) {
			uint8_t proto = i ? 17 : 6;
			size_t l4 = 40 + exts;

			len = ip_packet(0, 6, proto, exts, 33);
			summed(len, "out", l4 + (i ? 6 : 16),
			       l4_sum(8, 32, l4, len, proto));
		}
	len = ip_packet(0, 6, 44, 0, 33); /* a fragment */
	summed(len, "out", 0, 0);
	len = ip_packet(0, 6, 6, 8, 33);
	packet[41] = 200; /* headers beyond the end */
	summed(len, "out", 0, 0);
	len = ip_packet(0, 4, 6, 0, 33);
	summed(len, "out", 0, 0);
	SAYS(n, "getstats", NULL, "{ Received=11 Processed=8 }");
}

/* Frames, with tags, too. */
WORLD_TEST(checksum_ethernet)
{
	struct ng_node *n = make("in", "checksum", "in", "c");
	static const char *const tags[] = {"", "\x81\0\0\x05",
					   "\x88\xa8\0\x05\x81\0\0\x06"};
	size_t len;

	join("out", n, "out");
	SAYS(n, "setdlt", "1", "");
	SAYS(n, "setconfig", "{ csum_flags=1542 }", "");
	for (size_t t = 0; t < 3; t++) {
		size_t at = 14 + 4 * t;

		len = ip_packet(at, 4, 6, 0, 40);
		memcpy(packet + 12, tags[t], 4 * t);
		summed(len + 6, "out", at + 36,
		       l4_sum(at + 12, 8, at + 20, len, 6));
		len = ip_packet(at, 6, 17, 0, 40);
		memcpy(packet + 12, tags[t], 4 * t);
		summed(len, "out", at + 46,
		       l4_sum(at + 8, 32, at + 40, len, 17));
		packet[at - 1] = 0x01;
		packet[at + 60] = 1;
		summed(len, "out", 0, 0);
	}
	SAYS(n, "getstats", NULL, "{ Received=9 Processed=6 }");
}

/* Longer than what is summed at once. */
WORLD_TEST(checksum_long)
{
	struct ng_node *n = make("in", "checksum", "in", "c");
	static uint8_t big[9000];

	join("out", n, "out");
	SAYS(n, "setconfig", "{ csum_flags=7 }", "");
	for (size_t len = 500; len <= sizeof(big); len += 1063) {
		for (size_t i = 0; i < len; i++)
			big[i] = (uint8_t)(i * i / 3);
		big[0] = 0x45;
		big[2] = (uint8_t)(len >> 8);
		big[3] = (uint8_t)len;
		big[6] = big[7] = 0;
		big[9] = 6;
		push("in", big, len);
		ATF_REQUIRE_EQ(1, world.ngot);
		ref_sums(big, true, true);
		ATF_CHECK_MSG(!memcmp(big, world.got[0].data, len), "%zu", len);
	}
}

ATF_TP_ADD_TCS(tp)
{
	WORLD_ADD(tag);
	WORLD_ADD(tag_bad);
	WORLD_ADD(tag_data);
	WORLD_ADD(tag_many);
	WORLD_ADD(tag_numbers);
	WORLD_ADD(checksum);
	WORLD_ADD(checksum_ethernet);
	WORLD_ADD(checksum_ipv6);
	WORLD_ADD(checksum_long);
	return atf_no_error();
}
