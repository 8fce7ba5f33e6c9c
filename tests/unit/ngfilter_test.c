/* bpf, patch, vlan_rotate, tcpmss, tag, checksum, ether_echo: packets and
 * messages. */
#include "ng_world.h"

#include "base/cleanup.h"

/* --- bpf ---------------------------------------------------------------- */

/* IPv4, UDP, not a later fragment, one of the ports 53: as tcpdump -d says. */
static const char dns[] =
	"{ thisHook=\"in\" ifMatch=\"yes\" ifNotMatch=\"no\" bpf_prog_len=13 "
	"bpf_prog=[ { code=0x28 k=12 } { code=0x15 jf=10 k=2048 } "
	"{ code=0x30 k=23 } { code=0x15 jf=8 k=17 } { code=0x28 k=20 } "
	"{ code=0x45 jt=6 k=8191 } { code=0xb1 k=14 } { code=0x48 k=14 } "
	"{ code=0x15 jt=2 k=53 } { code=0x48 k=16 } { code=0x15 jf=1 k=53 } "
	"{ code=0x6 k=262144 } { code=0x6 } ] }";

static void ipv4(uint8_t f[60], uint8_t proto, uint16_t sport, uint16_t dport)
{
	frame(f, 2, 3, 0x0800);
	memset(f + 14, 0, 20);
	f[14] = 0x45;
	f[17] = 46;
	f[23] = proto;
	f[34] = (uint8_t)(sport >> 8);
	f[35] = (uint8_t)sport;
	f[36] = (uint8_t)(dport >> 8);
	f[37] = (uint8_t)dport;
}

static const char *ports(uint8_t proto, uint16_t sport, uint16_t dport)
{
	uint8_t f[60];

	ipv4(f, proto, sport, dport);
	push("in", f, sizeof(f));
	return where();
}

static struct ng_node *bpf_node(void)
{
	struct ng_node *n = make("in", "bpf", "in", "f");

	join("yes", n, "yes");
	join("no", n, "no");
	return n;
}

WORLD_TEST(bpf)
{
	struct ng_node *n = bpf_node();

	/* a new hook drops all */
	ATF_CHECK_STREQ("", ports(17, 53, 1));
	SAYS(n, "getprogram", "\"in\"",
	     "{ thisHook=\"in\" bpf_prog_len=1 bpf_prog=[ { code=0x6 } ] }");
	SAYS(n, "setprogram", dns, "");
	SAYS(n, "getprogram", "\"in\"", dns);
	ATF_CHECK_STREQ("yes", ports(17, 53, 1));
	ATF_CHECK_STREQ("yes", ports(17, 1, 53));
	ATF_CHECK_STREQ("no", ports(17, 1, 2));
	ATF_CHECK_STREQ("no", ports(6, 53, 53));
	GOES("in", 2, 3, "no");
	GOES("yes", 2, 3, "");
	SAYS(n, "getstats", "\"in\"",
	     "{ recvFrames=6 recvOctets=360 recvMatchFrames=2 "
	     "recvMatchOctets=120 }");
	SAYS(n, "getclrstats", "\"no\"", "{ xmitFrames=3 xmitOctets=180 }");
	SAYS(n, "getstats", "\"no\"", "{}");
	SAYS(n, "clrstats", "\"in\"", "");
	SAYS(n, "getstats", "\"in\"", "{}");
	SAYS(n, "getstats", "\"on\"", "ENOENT");
	SAYS(n, "getprogram", "\"on\"", "ENOENT");
	SAYS(n, "nonsense", NULL, "ENOSYS");
	/* names are looked up when packets come */
	ng_hook_destroy(ng_hook_by_name(n, "yes"));
	ATF_CHECK_STREQ("", ports(17, 53, 1));
	ATF_CHECK_STREQ("no", ports(17, 1, 2));
	join("again", n, "yes");
	ATF_CHECK_STREQ("again", ports(17, 53, 1));
	/* a hook's program goes with it */
	ng_hook_destroy(ng_hook_by_name(n, "in"));
	join("in", n, "in");
	ATF_CHECK_STREQ("", ports(17, 53, 1));
	ng_node_shutdown(n);
	ATF_CHECK_EQ(NULL, ng_node_by_name(world.g, "f"));
}

static const char *program(struct ng_node *n, const char *hook,
			   const struct sock_filter *f, size_t len)
{
	struct ng_bpf_hookprog *p = calloc(1, NG_BPF_HOOKPROG_SIZE(len));
	int r;

	ATF_REQUIRE(p != NULL);
	str_copy(p->thisHook, NG_HOOKSIZ, hook);
	strcpy(p->ifMatch, "yes");
	strcpy(p->ifNotMatch, "no");
	p->bpf_prog_len = (int32_t)len;
	if (len)
		memcpy(p->bpf_prog, f, len * sizeof(*f));
	r = message(n, NULL, NGM_BPF_COOKIE, NGM_BPF_SET_PROGRAM, p,
		    NG_BPF_HOOKPROG_SIZE(len), &(struct ng_reply){0});
	free(p);
	return r ? strerrorname_np(-r) : "";
}

#define PROGRAM(n, hook, ...)                                                  \
	program(n, hook, (const struct sock_filter[]){__VA_ARGS__},            \
		sizeof((const struct sock_filter[]){__VA_ARGS__}) /            \
			sizeof(struct sock_filter))
#define RET(k) BPF_STMT(BPF_RET | BPF_K, k)

/* What no program may be. */
WORLD_TEST(bpf_bad)
{
	struct ng_node *n = bpf_node();
	struct sock_filter many[513];

	for (size_t i = 0; i < 513; i++)
		many[i] = (struct sock_filter)RET(0);
	ATF_CHECK_STREQ("EINVAL", PROGRAM(n, "in", BPF_STMT(BPF_LD, 0)));
	ATF_CHECK_STREQ(
		"EINVAL",
		PROGRAM(n, "in", BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0), RET(0)));
	ATF_CHECK_STREQ(
		"",
		PROGRAM(n, "in", BPF_JUMP(BPF_JMP | BPF_JA, 0, 0, 0), RET(0)));
	ATF_CHECK_STREQ("EINVAL",
			PROGRAM(n, "in",
				BPF_JUMP(BPF_JMP | BPF_JA, 0xffffffff, 0, 0),
				RET(0)));
	ATF_CHECK_STREQ(
		"EINVAL",
		PROGRAM(n, "in", BPF_JUMP(BPF_JMP | BPF_JEQ, 0, 0, 1), RET(0)));
	ATF_CHECK_STREQ("EINVAL",
			PROGRAM(n, "in", BPF_STMT(BPF_ST, 16), RET(0)));
	ATF_CHECK_STREQ(
		"EINVAL",
		PROGRAM(n, "in", BPF_STMT(BPF_LDX | BPF_MEM, 16), RET(0)));
	ATF_CHECK_STREQ(
		"EINVAL",
		PROGRAM(n, "in", BPF_STMT(BPF_ALU | BPF_DIV, 0), RET(0)));
	ATF_CHECK_STREQ(
		"EINVAL",
		PROGRAM(n, "in", BPF_STMT(BPF_ALU | BPF_MOD, 0), RET(0)));
	/* instructions that there are not */
	ATF_CHECK_STREQ("EINVAL",
			PROGRAM(n, "in", BPF_STMT(BPF_ALU | 0xb0, 1), RET(0)));
	ATF_CHECK_STREQ("EINVAL",
			PROGRAM(n, "in", BPF_STMT(BPF_RET | BPF_X, 1)));
	ATF_CHECK_STREQ(
		"EINVAL",
		PROGRAM(n, "in", BPF_STMT(BPF_LD | BPF_MSH, 1), RET(0)));
	ATF_CHECK_STREQ("EINVAL", PROGRAM(n, "in", BPF_STMT(0x106, 1), RET(0)));
	ATF_CHECK_STREQ("ENOENT", PROGRAM(n, "nobody", RET(0)));
	ATF_CHECK_STREQ("EINVAL", program(n, "in", many, 513));
	ATF_CHECK_STREQ("", program(n, "in", many, 512));
	/* all of a node's are 896 */
	ATF_CHECK_STREQ("ENOMEM", program(n, "no", many, 385));
	ATF_CHECK_STREQ("", program(n, "no", many, 384));
	ATF_CHECK_STREQ("ENOMEM", PROGRAM(n, "yes", RET(0)));
	ATF_CHECK_STREQ("", program(n, "in", many, 511));
	ATF_CHECK_STREQ("", PROGRAM(n, "yes", RET(1)));
	ATF_CHECK_EQ(-EINVAL, message(n, NULL, NGM_BPF_COOKIE, 1, many, 50,
				      &(struct ng_reply){0}));
	ATF_CHECK_EQ(-EINVAL, message(n, NULL, NGM_BPF_COOKIE, 2, NULL, 0,
				      &(struct ng_reply){0}));
	ATF_CHECK_EQ(-EINVAL, message(n, NULL, NGM_BPF_COOKIE, 9, NULL, 0,
				      &(struct ng_reply){0}));
}

/* A node has room for 64 programs. */
WORLD_TEST(bpf_many)
{
	struct ng_node *n = bpf_node();
	char hook[16];

	for (int i = 0; i < 65; i++) {
		snprintf(hook, sizeof(hook), "h%d", i);
		join(hook, n, hook);
		ATF_CHECK_STREQ(
			i < 64 ? "" : "ENOMEM",
			PROGRAM(n, hook, BPF_STMT(BPF_LD | BPF_LEN, 0),
				BPF_STMT(BPF_ALU | BPF_ADD, (uint32_t)i - 60),
				BPF_STMT(BPF_RET | BPF_A, 0)));
	}
	ng_hook_destroy(ng_hook_by_name(n, "h7"));
	ATF_CHECK_STREQ("", PROGRAM(n, "h64", RET(60)));
	for (int i = 0; i < 65; i++) {
		uint8_t f[60];

		if (i == 7)
			continue;
		snprintf(hook, sizeof(hook), "h%d", i);
		frame(f, 2, 3, 0x88b5);
		push(hook, f, sizeof(f));
		/* the length and i - 60 */
		ATF_CHECK_STREQ(i ? "yes" : "no", where());
		ATF_CHECK_EQ(i ? (i < 60 ? i : 60) : 60, (int)world.got[0].len);
	}
}

/* The result is how much goes on. */
WORLD_TEST(bpf_cut)
{
	static const uint32_t cuts[] = {1, 13, 14, 15, 42, 59, 60, 61};
	struct ng_node *n = bpf_node(), *hub;
	uint8_t f[60];

	frame(f, 2, 3, 0x88b5);
	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		ATF_CHECK_STREQ("", PROGRAM(n, "in", RET(cuts[i])));
		push("in", f, 60);
		ATF_CHECK_STREQ("yes", where());
		ATF_REQUIRE_EQ(1, world.ngot);
		ATF_CHECK_EQ(cuts[i] < 60 ? cuts[i] : 60, world.got[0].len);
		ATF_CHECK(!memcmp(f, world.got[0].data, world.got[0].len));
	}
	SAYS(n, "getstats", "\"yes\"", "{ xmitFrames=8 xmitOctets=264 }");
	ATF_CHECK_STREQ("", program(n, "in", NULL, 0));
	SAYS(n, "getprogram", "\"in\"",
	     "{ thisHook=\"in\" ifMatch=\"yes\" ifNotMatch=\"no\" }");
	GOES("in", 2, 3, "yes");
	push("in", "abc", 3);
	ATF_CHECK_STREQ("yes", where());
	/* other copies are whole */
	ATF_CHECK_STREQ("", PROGRAM(n, "in", RET(20)));
	ng_hook_destroy(ng_hook_by_name(n, "in"));
	ATF_REQUIRE_EQ(0, ng_mkpeer(n, "in", "b", "hub", &hub));
	ATF_CHECK_STREQ("", PROGRAM(n, "in", RET(20)));
	join("a", hub, "a");
	join("c", hub, "c");
	join("d", hub, "d");
	push("a", f, 60);
	ATF_CHECK_STREQ("c d yes", where());
	for (size_t i = 0; i < world.ngot; i++)
		ATF_CHECK_EQ(world.got[i].hook[0] == 'y' ? 20 : 60,
			     world.got[i].len);
}

/* A tag is four of the bytes. */
WORLD_TEST(bpf_tag)
{
	struct ng_node *n = bpf_node();
	uint8_t f[64] = {0};

	frame(f, 2, 3, 0x8100);
	for (uint32_t off = 0; off < 58; off++) {
		uint32_t word = (uint32_t)f[off] << 24 | f[off + 1] << 16 |
				f[off + 2] << 8 | f[off + 3];

		ATF_CHECK_STREQ("",
				PROGRAM(n, "in",
					BPF_STMT(BPF_LD | BPF_ABS | BPF_W, off),
					BPF_JUMP(BPF_JMP | BPF_JEQ, word, 0, 1),
					RET(30), RET(0)));
		push("in", f, 60);
		ATF_CHECK_STREQ_MSG(off < 57 ? "yes" : "no", where(), "at %u",
				    off);
		if (off >= 57)
			continue;
		ATF_REQUIRE_EQ(30, world.got[0].len);
		ATF_CHECK(!memcmp(f, world.got[0].data, 30));
	}
}

static uint32_t pick(uint32_t n)
{
	return (uint32_t)random() % n;
}

/* A program that may be one, and where it jumps more than it returns. */
static size_t random_program(struct sock_filter *f)
{
	static const uint16_t codes[] = {
		0x20, 0x28, 0x30, 0x40, 0x48, 0x50, 0x00, 0x60, 0x80, 0x01,
		0x61, 0x81, 0xb1, 0x02, 0x03, 0x04, 0x0c, 0x14, 0x1c, 0x24,
		0x2c, 0x34, 0x3c, 0x94, 0x9c, 0x44, 0x4c, 0x54, 0x5c, 0xa4,
		0xac, 0x64, 0x6c, 0x74, 0x7c, 0x84, 0x15, 0x1d, 0x25, 0x2d,
		0x35, 0x3d, 0x45, 0x4d, 0x05, 0x07, 0x87, 0x16};
	uint32_t n = 2 + pick(40);

	for (uint32_t i = 0; i < n; i++) {
		uint32_t left = n - i - 1;

		f[i].code = codes[pick(sizeof(codes) / sizeof(codes[0]))];
		f[i].k = pick(3) ? pick(66) : (uint32_t)random() << pick(3);
		if (BPF_CLASS(f[i].code) == BPF_JMP && left) {
			f[i].jt = (uint8_t)pick(left < 4 ? left : 4);
			f[i].jf = (uint8_t)pick(left < 4 ? left : 4);
			if (f[i].code == 0x05)
				f[i].k = pick(left);
		} else if ((f[i].code & 0xef) == 0x02 || f[i].code == 0x03 ||
			   (f[i].code & 0xfe) == 0x60) {
			f[i].k &= 15;
		} else if (f[i].code == 0x34 || f[i].code == 0x94) {
			f[i].k |= 1;
		}
	}
	f[n - 1] = (struct sock_filter)BPF_STMT(
		pick(3) ? BPF_RET | BPF_A : BPF_RET | BPF_K, pick(80));
	return n;
}

/* The data path and a plain interpreter say the same about programs made by
 * chance. */
WORLD_TEST(bpf_random)
{
	struct ng_node *n = bpf_node();
	struct sock_filter f[64];
	uint32_t matched = 0;
	uint8_t data[60];

	srandom(20);
	for (int i = 0; i < 600; i++) {
		size_t len = random_program(f);
		uint32_t want;

		frame(data, 2, 3, i % 2 ? 0x8100 : 0x0800);
		for (size_t k = 16; k < 60; k++)
			data[k] = (uint8_t)random();
		want = ref_filter(f, len,
				  (struct ref_pkt){.data = data, .len = 60});
		if (i % 2 && want && want < 18)
			continue; /* a tag is not cut */
		ATF_REQUIRE_STREQ("", program(n, "in", f, len));
		push("in", data, sizeof(data));
		ATF_CHECK_STREQ_MSG(want ? "yes" : "no", where(), "program %d",
				    i);
		matched += want != 0;
		if (want)
			ATF_CHECK_EQ_MSG(want < 60 ? want : 60,
					 world.got[0].len, "program %d", i);
	}
	ATF_CHECK(matched > 50);
}

/* --- ether_echo --------------------------------------------------------- */

WORLD_TEST(ether_echo)
{
	struct ng_node *n = make("a", "ether_echo", "x", NULL), *hub;
	struct ng_reply reply = {0};
	uint8_t f[60], want[60];

	frame(f, 2, 3, 0x88b5);
	frame(want, 3, 2, 0x88b5);
	push("a", f, sizeof(f));
	ATF_CHECK_STREQ("a", where());
	ATF_REQUIRE_EQ(1, world.ngot);
	ATF_CHECK(!memcmp(want, world.got[0].data, sizeof(want)));
	push("a", f, 13);
	ATF_CHECK_STREQ("", where());
	ATF_CHECK_EQ(0, message(n, NULL, 4711, 42, "hello", 6, &reply));
	ATF_REQUIRE(reply.msg != NULL);
	ATF_CHECK_STREQ("hello", reply.msg->m.data);
	free(reply.msg);
	/* others' copies stay as they are */
	hub = make("b", "hub", "b", NULL);
	ATF_REQUIRE_EQ(0, ng_connect(hub, "e", n, "y"));
	join("c", hub, "c");
	join("d", hub, "d");
	push("b", f, sizeof(f));
	ATF_CHECK_STREQ("b c c d d", where());
}

/* --- vlan_rotate -------------------------------------------------------- */

/* A frame with tags: type and id by turns, 0 at the end. */
static void tagged(uint8_t f[100], const uint32_t *tags)
{
	size_t n = 0;

	frame(f, 2, 3, 0);
	for (size_t i = 60; i < 100; i++)
		f[i] = (uint8_t)i;
	for (; tags[n]; n++)
		for (size_t k = 0; k < 4; k++)
			f[12 + 4 * n + k] = (uint8_t)(tags[n] >> (24 - 8 * k));
	f[12 + 4 * n] = 0x88;
	f[13 + 4 * n] = 0xb5;
}

#define TAGS(...) ((const uint32_t[]){__VA_ARGS__, 0})

/* A frame with those tags by `hook` leaves by another with others. */
static void turns(const char *hook, const uint32_t *tags, const char *to,
		  const uint32_t *turned)
{
	uint8_t f[100], want[100];

	tagged(f, tags);
	tagged(want, turned);
	push(hook, f, sizeof(f));
	ATF_CHECK_STREQ(to, where());
	if (!*to)
		return;
	ATF_REQUIRE_EQ(1, world.ngot);
	ATF_REQUIRE_EQ(sizeof(f), world.got[0].len);
	ATF_CHECK_MSG(!memcmp(want, world.got[0].data, sizeof(want)),
		      "%s: %08x", hook, tags[0]);
}

WORLD_TEST(vlan_rotate)
{
	struct ng_node *n = make("g", "vlan_rotate", "original", "r"), *v;
	uint8_t f[100], want[100];

	ATF_CHECK_EQ(-EINVAL, ng_connect(world.me, "x", n, "other"));
	SAYS(n, "getconf", NULL, "{ max=10 }");
	turns("g", TAGS(0x81000001), "", TAGS(0));
	join("r", n, "ordered");
	SAYS(n, "setconf", "{ min=2 max=3 rot=1 }", "");
	SAYS(n, "getconf", NULL, "{ rot=1 min=2 max=3 }");
	/* what fits */
	turns("g", TAGS(0x81000001, 0x81000002), "r",
	      TAGS(0x81000002, 0x81000001));
	turns("r", TAGS(0x81000002, 0x81000001), "g",
	      TAGS(0x81000001, 0x81000002));
	/* the manual page's example: a type that the kernel has no tags of */
	turns("g", TAGS(0x91002002, 0x88a80065, 0x8100e07b), "r",
	      TAGS(0x8100e07b, 0x91002002, 0x88a80065));
	turns("r", TAGS(0x8100e07b, 0x91002002, 0x88a80065), "g",
	      TAGS(0x91002002, 0x88a80065, 0x8100e07b));
	turns("g", TAGS(0x92000001, 0x93000002), "r",
	      TAGS(0x93000002, 0x92000001));
	/* what does not */
	turns("g", TAGS(0x81000001), "", TAGS(0));
	turns("g", TAGS(0x81000001, 0x81000002, 0x81000003, 0x81000004), "",
	      TAGS(0));
	SAYS(n, "getstat", NULL,
	     "{ drops=3 excessive=1 incomplete=1 histogram=[ 2=3 2 ] }");
	join("x", n, "excessive");
	join("i", n, "incomplete");
	turns("g", TAGS(0x81000001), "i", TAGS(0x81000001));
	turns("r", TAGS(0x81000001, 0x81000002, 0x81000003, 0x81000004), "x",
	      TAGS(0x81000001, 0x81000002, 0x81000003, 0x81000004));
	turns("i", TAGS(0x81000001), "g", TAGS(0x81000001));
	turns("x", TAGS(0x81000001, 0x81000002), "g",
	      TAGS(0x81000001, 0x81000002));
	push("g", "short", 5);
	ATF_CHECK_STREQ("", where());
	SAYS(n, "getclrstat", NULL,
	     "{ drops=4 excessive=2 incomplete=2 histogram=[ 2=3 2 ] }");
	SAYS(n, "getstat", NULL, "{}");
	/* nine of them; ten are too many */
	SAYS(n, "setconf", "{ max=10 rot=-2 }", "");
	turns("g",
	      TAGS(0x81000001, 0x81000002, 0x81000003, 0x81000004, 0x91000005,
		   0x81000006, 0x81000007, 0x88a80008, 0x81000009),
	      "r",
	      TAGS(0x81000003, 0x81000004, 0x91000005, 0x81000006, 0x81000007,
		   0x88a80008, 0x81000009, 0x81000001, 0x81000002));
	turns("r",
	      TAGS(0x81000003, 0x81000004, 0x91000005, 0x81000006, 0x81000007,
		   0x88a80008, 0x81000009, 0x81000001, 0x81000002),
	      "g",
	      TAGS(0x81000001, 0x81000002, 0x81000003, 0x81000004, 0x91000005,
		   0x81000006, 0x81000007, 0x88a80008, 0x81000009));
	turns("g",
	      TAGS(0x81000001, 0x81000002, 0x81000003, 0x81000004, 0x91000005,
		   0x81000006, 0x81000007, 0x88a80008, 0x81000009, 0x8100000a),
	      "x",
	      TAGS(0x81000001, 0x81000002, 0x81000003, 0x81000004, 0x91000005,
		   0x81000006, 0x81000007, 0x88a80008, 0x81000009, 0x8100000a));
	SAYS(n, "clrstat", NULL, "");
	SAYS(n, "getstat", NULL, "{}");
	SAYS(n, "setconf", "{ max=11 }", "EINVAL");
	SAYS(n, "setconf", "{ max=3 min=4 }", "EINVAL");
	SAYS(n, "setconf", "{ max=3 rot=3 }", "EINVAL");
	SAYS(n, "setconf", "{ max=3 rot=-3 }", "EINVAL");
	SAYS(n, "setconf", "{ rot=1 }", "");
	SAYS(n, "getconf", NULL, "{ rot=1 max=10 }");
	/* a vlan node behind it finds the tag that has come out, and brings
	 * another */
	ng_hook_destroy(ng_hook_by_name(n, "ordered"));
	ATF_REQUIRE_EQ(0, ng_mkpeer(n, "ordered", "downstream", "vlan", &v));
	join("v", v, "v");
	SAYS(v, "addfilter", "{ vid=123 hook=\"v\" }", "");
	tagged(f, TAGS(0x91002002, 0x8100007b));
	tagged(want, TAGS(0x91002002));
	memcpy(want + 18, f + 22, 78);
	push("g", f, sizeof(f));
	ATF_CHECK_STREQ("v", where());
	ATF_REQUIRE_EQ(1, world.ngot);
	ATF_REQUIRE_EQ(96, world.got[0].len);
	ATF_CHECK(!memcmp(want, world.got[0].data, 96));
	push("v", want, 96);
	ATF_CHECK_STREQ("g", where());
	ATF_REQUIRE_EQ(1, world.ngot);
	ATF_REQUIRE_EQ(100, world.got[0].len);
	ATF_CHECK(!memcmp(f, world.got[0].data, 100));
	ng_node_shutdown(n);
}

/* --- tcpmss ------------------------------------------------------------- */

/* A TCP packet with a right checksum, and 12 bytes of options. */
static void tcp(uint8_t p[60], uint8_t flags, const char *options)
{
	memset(p, 0, 60);
	p[0] = 0x45;
	p[3] = 60;
	p[8] = 64;
	p[9] = 6;
	memcpy(p + 12, "\x0a\0\0\x01\x0a\0\0\x02", 8);
	p[20] = 4;
	p[22] = 0x1f;
	p[32] = 0x80;
	p[33] = flags;
	memcpy(p + 40, options, 12);
	memcpy(p + 52, "payload", 7);
	ref_sums(p, true, true);
}

/* What is sent by in comes out of out, with that number of segments. */
static void lowers(uint8_t flags, const char *options, size_t at, uint16_t mss)
{
	uint8_t p[60];

	tcp(p, flags, options);
	push("in", p, sizeof(p));
	ATF_CHECK_STREQ("out", where());
	ATF_REQUIRE_EQ(1, world.ngot);
	if (at) {
		p[at] = (uint8_t)(mss >> 8);
		p[at + 1] = (uint8_t)mss;
		ref_sums(p, true, true);
	}
	ATF_CHECK_MSG(!memcmp(p, world.got[0].data, sizeof(p)), "%02x %zu %d",
		      flags, at, mss);
}

#define MSS_FIRST "\x02\x04\x05\xb4\x01\x03\x03\x07\x04\x02\0\0"
#define MSS_ODD "\x01\x02\x04\x05\xb4\x03\x03\x07\x04\x02\0\0"
#define MSS_NONE "\x04\x02\x01\x01\x00\x02\x04\x05\xb4\0\0\0"
#define MSS_BAD "\x01\x02\x00\x05\xb4\x02\x04\x05\xb4\0\0\0"
#define MSS_LONG "\x01\x08\x28\x05\xb4\x02\x04\x05\xb4\0\0\0"

WORLD_TEST(tcpmss)
{
	struct ng_node *n = make("in", "tcpmss", "in", NULL);
	uint8_t p[60];

	join("out", n, "out");
	tcp(p, 2, MSS_FIRST);
	push("in", p, sizeof(p));
	ATF_CHECK_STREQ("", where());
	SAYS(n, "getstats", "\"in\"", "{}");
	SAYS(n, "config", "{ inHook=\"in\" outHook=\"no\" maxMSS=1200 }",
	     "ENOENT");
	SAYS(n, "config", "{ inHook=\"in\" outHook=\"out\" }", "");
	lowers(2, MSS_FIRST, 0, 0);
	SAYS(n, "config", "{ inHook=\"in\" outHook=\"out\" maxMSS=1200 }", "");
	lowers(2, MSS_FIRST, 42, 1200);
	lowers(0x12, MSS_ODD, 43, 1200);
	lowers(2, MSS_NONE, 0, 0);
	lowers(2, MSS_BAD, 0, 0);
	lowers(2, MSS_LONG, 0, 0);
	lowers(0x10, MSS_FIRST, 0, 0);
	SAYS(n, "getstats", "\"in\"",
	     "{ Octets=420 Packets=7 maxMSS=1200 SYNPkts=5 FixedPkts=2 }");
	SAYS(n, "config", "{ inHook=\"in\" outHook=\"out\" maxMSS=1460 }", "");
	lowers(2, MSS_FIRST, 0, 0);
	/* no IPv4 */
	GOES("in", 2, 3, "");
	p[0] = 0x44;
	push("in", p, sizeof(p));
	ATF_CHECK_STREQ("", where());
	p[0] = 0x45;
	p[32] = 0x40;
	push("in", p, sizeof(p));
	ATF_CHECK_STREQ("", where());
	p[32] = 0xb0; /* options beyond the end */
	push("in", p, sizeof(p));
	ATF_CHECK_STREQ("", where());
	push("in", p, 19);
	ATF_CHECK_STREQ("out", where());
	push("in", p, 39);
	ATF_CHECK_STREQ("out", where());
	push("out", p, 60);
	ATF_CHECK_STREQ("", where());
	SAYS(n, "getclrstats", "\"in\"",
	     "{ Octets=778 Packets=14 maxMSS=1460 SYNPkts=6 FixedPkts=2 }");
	SAYS(n, "getstats", "\"in\"", "{ maxMSS=1460 }");
	SAYS(n, "getstats", "\"x\"", "ENOENT");
	ng_hook_destroy(ng_hook_by_name(n, "out"));
	join("out", n, "out");
	push("in", p, 19);
	ATF_CHECK_STREQ("", where());
}

/* --- patch -------------------------------------------------------------- */

static uint8_t patched[60];

/* The frame in `patched` comes out of `to`, with those bytes at `at`. */
static void patches(const char *to, size_t at, const char *bytes, size_t len)
{
	push("in", patched, sizeof(patched));
	ATF_CHECK_STREQ(to, where());
	ATF_REQUIRE_EQ(1, world.ngot);
	ATF_REQUIRE_EQ(sizeof(patched), world.got[0].len);
	memcpy(patched + at, bytes, len);
	for (size_t i = 0; i < sizeof(patched); i++)
		ATF_CHECK_EQ_MSG(patched[i], world.got[0].data[i],
				 "byte %zu: %02x, not %02x", i,
				 world.got[0].data[i], patched[i]);
}

static const char *patch_set(struct ng_node *n, unsigned int mode,
			     unsigned int length, uint64_t value)
{
	char text[256];

	snprintf(text, sizeof(text),
		 "{ count=1 ops=[ { offset=20 length=%u mode=%u value=%ju } ] "
		 "}",
		 length, mode, (uintmax_t)value);
	return say(n, "setconfig", text);
}

/* All operations on all lengths, by what they make of a number. */
WORLD_TEST(patch)
{
	struct ng_node *n = make("in", "patch", "in", "p");
	static const uint64_t numbers[] = {1, 3, 255, 0x1234,
					   0xdeadbeefcafeull};

	ATF_CHECK_EQ(-EINVAL, ng_connect(world.me, "x", n, "other"));
	SAYS(n, "getconfig", NULL, "");
	frame(patched, 2, 3, 0x88b5);
	patches("in", 0, "", 0);
	ATF_CHECK_STREQ("", patch_set(n, 1, 2, 0x4142));
	patches("in", 20, "AB", 2);
	join("out", n, "out");
	patches("out", 20, "AB", 2);
	GOES("out", 2, 3, "in");
	for (unsigned int mode = 1; mode <= 11; mode++)
		for (unsigned int length = 1; length <= 8; length *= 2)
			for (size_t i = 0; i < 5; i++) {
				uint64_t v = 0, by = numbers[i];
				char want[8];

				if (length < 8)
					by &= (1ull << 8 * length) - 1;
				for (size_t k = 0; k < length; k++)
					v = v << 8 | patched[20 + k];
				v = ref_patch_value(mode, v, by);
				for (size_t k = length; k > 0; k--, v >>= 8)
					want[k - 1] = (char)v;
				ATF_CHECK_STREQ("", patch_set(n, mode, length,
							      numbers[i]));
				patches("out", 20, want, length);
			}
	SAYS(n, "getstats", NULL, "{ Received=224 Patched=222 }");
	/* beyond the end: not that one */
	SAYS(n, "setconfig",
	     "{ count=3 ops=[ { offset=57 length=4 mode=1 value=1 } "
	     "{ offset=4294967295 length=8 mode=1 value=1 } "
	     "{ offset=59 length=1 mode=1 value=7 } ] }",
	     "");
	patches("out", 59, "\x07", 1);
	SAYS(n, "setconfig",
	     "{ count=1 ops=[ { offset=60 length=1 mode=1 value=1 } ] }", "");
	patches("out", 0, "", 0);
	ng_hook_destroy(ng_hook_by_name(n, "in"));
	GOES("out", 2, 3, "");
	SAYS(n, "getclrstats", NULL, "{ Received=227 Patched=223 Dropped=1 }");
	SAYS(n, "clrstats", NULL, "");
	SAYS(n, "getstats", NULL, "{}");
}

WORLD_TEST(patch_bad)
{
	struct ng_node *n = make("in", "patch", "in", "p");
	struct {
		struct ng_patch_config c;
		struct ng_patch_op op[257];
	} *big = calloc(1, sizeof(*big));

	ATF_REQUIRE(big != NULL);
	ATF_CHECK_STREQ("EINVAL", patch_set(n, 1, 3, 1));
	ATF_CHECK_STREQ("EINVAL", patch_set(n, 0, 4, 1));
	ATF_CHECK_STREQ("EINVAL", patch_set(n, 12, 4, 1));
	ATF_CHECK_STREQ("EINVAL", patch_set(n, 5, 4, 0));
	ATF_CHECK_STREQ("EINVAL", patch_set(n, 5, 1, 256));
	SAYS(n, "getdlt", NULL, "12");
	SAYS(n, "setdlt", "2", "EINVAL");
	SAYS(n, "setdlt", "1", "");
	SAYS(n, "getdlt", NULL, "1");
	SAYS(n, "setconfig",
	     "{ count=1 csum_flags=16777217 relative_offset=1 "
	     "ops=[ { offset=3 length=4 mode=7 value=9 } ] }",
	     "");
	SAYS(n, "getconfig", NULL,
	     "{ count=1 csum_flags=1 relative_offset=1 "
	     "ops=[ { offset=3 length=4 mode=7 value=9 } ] }");
	big->c.count = 257;
	for (size_t i = 0; i < 257; i++)
		big->op[i] = (struct ng_patch_op){
			.offset = 14, .length = 1, .mode = 2, .val = {.v8 = 1}};
	ATF_CHECK_EQ(-ENOMEM,
		     message(n, NULL, NGM_PATCH_COOKIE, 1, big,
			     NG_PATCH_CONF_SIZE(257), &(struct ng_reply){0}));
	big->c.count = 256;
	ATF_CHECK_EQ(-EINVAL,
		     message(n, NULL, NGM_PATCH_COOKIE, 1, big,
			     NG_PATCH_CONF_SIZE(255), &(struct ng_reply){0}));
	ATF_CHECK_EQ(0,
		     message(n, NULL, NGM_PATCH_COOKIE, 1, big,
			     NG_PATCH_CONF_SIZE(256), &(struct ng_reply){0}));
	free(big);
	/* 256 times 1 to a byte is nothing */
	frame(patched, 2, 3, 0x88b5);
	patches("in", 0, "", 0);
	SAYS(n, "getstats", NULL, "{ Received=1 Patched=1 }");
}

/* Tags are bytes, and bytes can be tags. */
WORLD_TEST(patch_tag)
{
	struct ng_node *n = make("in", "patch", "in", "p");

	join("out", n, "out");
	frame(patched, 2, 3, 0x8100);
	patches("out", 0, "", 0);
	SAYS(n, "setconfig",
	     "{ count=3 ops=[ { offset=10 length=4 mode=1 value=3735928559 } "
	     "{ offset=15 length=2 mode=1 value=16705 } "
	     "{ offset=40 length=1 mode=1 value=66 } ] }",
	     "");
	patched[40] = 66;
	patched[15] = patched[16] = 65;
	push("in", patched, 60);
	ATF_REQUIRE_EQ(1, world.ngot);
	memcpy(patched + 10, "\xde\xad\xbe\xef", 4);
	ATF_CHECK(!memcmp(patched, world.got[0].data, 60));
	patches("out", 0, "", 0); /* no tag is there any more */
	SAYS(n, "setconfig",
	     "{ count=1 ops=[ { offset=12 length=2 mode=1 value=33024 } ] }",
	     "");
	patches("out", 12, "\x81", 2);
	SAYS(n, "setdlt", "1", "");
	SAYS(n, "setconfig",
	     "{ count=1 relative_offset=1 "
	     "ops=[ { offset=1 length=1 mode=1 value=99 } ] }",
	     "");
	patches("out", 19, "c", 1);
	frame(patched, 2, 3, 0x88b5);
	patches("out", 15, "c", 1);
}

/* Checksums that were right stay right. */
WORLD_TEST(patch_sums)
{
	struct ng_node *n = make("in", "patch", "in", "p");

	join("out", n, "out");
	SAYS(n, "setdlt", "1", "");
	SAYS(n, "setconfig",
	     "{ count=5 csum_flags=7 relative_offset=1 ops=[ "
	     "{ offset=8 length=1 mode=3 value=1 } "
	     "{ offset=12 length=4 mode=1 value=3232235777 } "
	     "{ offset=19 length=4 mode=9 value=4294967295 } "
	     "{ offset=23 length=1 mode=2 value=77 } "
	     "{ offset=41 length=2 mode=2 value=12345 } ] }",
	     "");
	for (int i = 0; i < 6; i++) {
		uint8_t *ip;

		ipv4(patched, i % 2 ? 17 : 6, 1000, 53);
		memmove(patched + 18, patched + 14, 42);
		memcpy(patched + 12, "\x81\0\0\x07\x08", 5);
		ip = patched + 18;
		if (i <= 3) {
			ipv4(patched, i % 2 ? 17 : 6, 1000, 53);
			ip = patched + 14;
		}
		ip[3] = (uint8_t)(patched + 60 - ip);
		ip[8] = 64;
		ref_sums(ip, true, true);
		push("in", patched, 60);
		ATF_REQUIRE_EQ(1, world.ngot);
		ip[8]--;
		memcpy(ip + 12, "\xc0\xa8\x01\x01", 4);
		for (size_t k = 19; k < 23; k++)
			ip[k] ^= 0xff;
		ip[23] = (uint8_t)(ip[23] + 77);
		if (ip[3] >= 43) {
			uint16_t v = (uint16_t)(ref_u16(ip + 41) + 12345);

			ip[41] = (uint8_t)(v >> 8);
			ip[42] = (uint8_t)v;
		}
		ref_sums(ip, true, true);
		for (size_t k = 0; k < 60; k++)
			ATF_CHECK_EQ_MSG(patched[k], world.got[0].data[k],
					 "%d: byte %zu: %02x, not %02x", i, k,
					 world.got[0].data[k], patched[k]);
	}
}

ATF_TP_ADD_TCS(tp)
{
	WORLD_ADD(bpf);
	WORLD_ADD(bpf_bad);
	WORLD_ADD(bpf_cut);
	WORLD_ADD(bpf_many);
	WORLD_ADD(bpf_random);
	WORLD_ADD(bpf_tag);
	WORLD_ADD(ether_echo);
	WORLD_ADD(patch);
	WORLD_ADD(patch_bad);
	WORLD_ADD(patch_sums);
	WORLD_ADD(patch_tag);
	WORLD_ADD(tcpmss);
	WORLD_ADD(vlan_rotate);
	return atf_no_error();
}
