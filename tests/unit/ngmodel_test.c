/*
 * ngmodel: random graphs of the node types that treat packets alike, the same
 * in the kernel and in plain memory where the reference walks (ng_ref.h):
 * whatever goes in, the same comes out, and in the end counters and tables say
 * the same.
 *
 * Graphs are trees (and at most one echo), since what becomes of a packet that
 * goes round for ever depends on when it is stopped.  Times of bridges are
 * such that nothing depends on the clock.
 */
#include "ng_device.h"

#include "base/cleanup.h"

#define GRAPHS 60
#define GRAPHS_DEVICES 15
#define NODES 14
#define ROUNDS 6
#define PACKETS 40 /* in a round */
#define PORTS 12   /* hooks of me that are connected at first, about */

static uint64_t seed;
static bool on_devices; /* the kernel's ports are interfaces */

static unsigned int any(unsigned int n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned int)(seed >> 33) % n;
}

/* --- both worlds -------------------------------------------------------- */

#define BOTH(i)                                                                \
	for (int i = 0; i < 2; i++)                                            \
		if ((world_now = &worlds[i]))

static struct kind {
	const char *type;
	const char *hooks[10];
} kinds[] = {
	{"bridge", {"link0", "link1", "link2", "link7", "uplink1", "uplink2"}},
	{"hub", {"a", "b", "c", "d", "e"}},
	{"tee", {"left", "right", "left2right", "right2left"}},
	{"split", {"in", "out", "mixed"}},
	{"one2many", {"one", "many0", "many1", "many5", "many63"}},
	{"vlan", {"downstream", "nomatch", "v1", "v2", "v3"}},
	{"etf", {"downstream", "nomatch", "e1", "e2"}},
	{"macfilter", {"ether", "default", "m1", "m2"}},
	{"bridge", {"uplink1", "link1", "link2", "link3"}},
	{"hole", {"x", "y"}},
	{"echo", {"x"}},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))
#define ONE2MANY 4
#define ECHO (KINDS - 1)

static struct node {
	char name[8];
	const struct kind *kind;
} nodes[NODES];
static unsigned int nnodes, nports;

static struct ng_node *node_at(unsigned int i)
{
	char path[16];

	snprintf(path, sizeof(path), "%s:", nodes[i].name);
	return ng_node_by_name(world.g, nodes[i].name) ? at(path) : NULL;
}

/* After each change. */
static void settle(void)
{
	world_now = &worlds[0];
	for (unsigned int i = 0; i < nnodes; i++)
		if (!strcmp(nodes[i].kind->type, "one2many") && node_at(i))
			ref_settle(&world.ref, node_at(i));
}

/* A hook of the i'th node that is free; NULL: it has none, or is gone. */
static const char *free_hook(unsigned int i)
{
	const char *const *hooks = nodes[i].kind->hooks;
	unsigned int n = 0, start;
	struct ng_node *node = node_at(i);

	while (n < 10 && hooks[n])
		n++;
	start = any(n);
	for (unsigned int j = 0; node && j < n; j++)
		if (!ng_hook_by_name(node, hooks[(start + j) % n]))
			return hooks[(start + j) % n];
	return NULL;
}

static void add_port(void)
{
	unsigned int i = any(nnodes);
	const char *hook = free_hook(i);
	char port[16];

	if (!hook)
		return;
	snprintf(port, sizeof(port), "p%u", nports++);
	BOTH(w)
	{
		if (world.kernel && on_devices)
			device_new(port, node_at(i), hook);
		else
			join(port, node_at(i), hook);
	}
}

/* Another node, at one of those that are there, or at me. */
static void add_node(unsigned int kind)
{
	struct node *n = &nodes[nnodes];
	unsigned int i = nnodes ? any(nnodes) : 0, hooks = 0;
	const char *hook = nnodes ? free_hook(i) : "p0", *peer;

	if (!hook)
		return;
	while (hooks < 10 && kinds[kind].hooks[hooks])
		hooks++;
	peer = kinds[kind].hooks[any(hooks)];
	/* one that is down takes links of interfaces down, which come up again
	 * when the kernel finds the time */
	if (on_devices && kind == ONE2MANY)
		return;
	n->kind = &kinds[kind];
	snprintf(n->name, sizeof(n->name), "n%u", nnodes);
	BOTH(w)
	{
		struct ng_node *from = nnodes ? node_at(i) : world.me, *made;

		ATF_REQUIRE_EQ(0, ng_mkpeer(from, hook, peer, kinds[kind].type,
					    &made));
		ATF_REQUIRE_EQ(0, ng_node_rename(made, n->name));
		if (!world.kernel)
			ref_node(&world.ref, made);
	}
	if (!nnodes)
		nports = 1;
	nnodes++;
	settle();
}

/* The same to both; the answers are the same. */
static void tell(unsigned int i, const char *word, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static void tell(unsigned int i, const char *word, const char *fmt, ...)
{
	char args[512], answer[64];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(args, sizeof(args), fmt, ap);
	va_end(ap);
	BOTH(w)
	{
		struct ng_node *n = node_at(i);

		if (!n)
			return;
		if (w)
			ATF_CHECK_STREQ(answer, say(n, word, args));
		else
			str_copy(answer, sizeof(answer), say(n, word, args));
	}
	settle();
}

static void configure(unsigned int i)
{
	const char *type = nodes[i].kind->type;

	if (!strcmp(type, "bridge"))
		tell(i, any(8) ? "setconfig" : "reset",
		     "{ loopTimeout=%u maxStaleness=9000 minStableAge=%u }",
		     any(3) ? 0 : 9999, any(2) ? 0 : 60000);
	else if (!strcmp(type, "one2many"))
		tell(i, "setconfig",
		     "{ xmitAlg=%u failAlg=1 enabledLinks=[ %u %u 5=%u 63=%u ] "
		     "}",
		     any(4), any(2), any(2), any(2), any(2));
	else if (!strcmp(type, "vlan") && any(3))
		tell(i, "addfilter", "{ hook=\"v%u\" vid=%u pcp=%u cfi=%u }",
		     1 + any(4), any(6), any(8), any(2));
	else if (!strcmp(type, "vlan") && any(3))
		tell(i, "delfilter", "\"v%u\"", 1 + any(3));
	else if (!strcmp(type, "vlan"))
		tell(i, "setencapproto", "%s", any(4) ? "0x8100" : "0x88a8");
	else if (!strcmp(type, "etf"))
		tell(i, "setfilter", "{ matchhook=\"%s\" ethertype=0x%x }",
		     any(4) ? any(2) ? "e1" : "e2" : "nomatch",
		     any(3) ? 0x88b5 + any(3) : 0x8100);
	else if (!strcmp(type, "macfilter"))
		tell(i, "direct",
		     "{ ether=02:00:00:00:00:%02x hookname=\"%s\" }",
		     2 + any(6), any(5) ? any(2) ? "m1" : "m2" : "default");
}

/* --- packets ------------------------------------------------------------ */

static size_t random_packet(uint8_t *p)
{
	size_t len = any(12) ? 14 + any(200) : 1 + any(13), i = 12;
	unsigned int tags = any(3);

	for (size_t j = 0; j < len; j++)
		p[j] = (uint8_t)any(256);
	if (len < 14)
		return len;
	memset(p, 0, 12);
	p[0] = p[6] = 2;
	p[5] = (uint8_t)(2 + any(6));
	p[11] = (uint8_t)(2 + any(6));
	if (!any(6))
		memset(p, 0xff, 6);
	else if (!any(8))
		p[0] = 1;
	if (!any(25))
		p[6] = 3;
	for (; tags && len >= i + 6; tags--, i += 4) {
		p[i] = any(5) ? 0x81 : 0x88;
		p[i + 1] = p[i] == 0x81 ? 0 : 0xa8;
		p[i + 2] = (uint8_t)(any(8) << 5);
		p[i + 3] = (uint8_t)any(6);
	}
	p[i] = 0x88;
	p[i + 1] = (uint8_t)(0xb5 + any(3));
	return len;
}

static int by_all(const void *a, const void *b)
{
	const struct got *x = a, *y = b;
	int r = strcmp(x->hook, y->hook);

	if (!r)
		r = (x->len > y->len) - (x->len < y->len);
	return r ? r : memcmp(x->data, y->data, x->len);
}

static void got_list(struct strbuf *b)
{
	if (world.ngot)
		qsort(world.got, world.ngot, sizeof(world.got[0]), by_all);
	for (size_t i = 0; i < world.ngot; i++) {
		strbuf_addf(b, "%s:", world.got[i].hook);
		for (size_t j = 0; j < world.got[i].len; j++)
			strbuf_addf(b, "%02x", world.got[i].data[j]);
		strbuf_addf(b, "\n");
	}
}

/* The graph, to be read by who looks for a mistake. */
static void graph_print(void)
{
	static const char *const words[] = {"getconfig", "gettable", "getmacs",
					    "getencapproto"};

	for (unsigned int i = 0; i < nnodes; i++) {
		struct ng_node *n = node_at(i);

		printf("%s %s\n", nodes[i].name, nodes[i].kind->type);
		for (struct ng_hook *h = n ? n->hooks : NULL; h; h = h->older)
			printf("\t%s - %s:%s\n", h->name, h->peer->node->name,
			       h->peer->name);
		for (size_t w = 0; n && w < ARRAY_SIZE(words); w++)
			if (strcmp(say(n, words[w], NULL), "ENOSYS"))
				printf("\t%s %s\n", words[w],
				       say(n, words[w], NULL));
	}
}

static bool port_there(const char *port)
{
	return ng_hook_by_name(world.me, port) ||
	       (world.kernel && device_there(port));
}

static void port_push(const char *port, const void *data, size_t len)
{
	if (world.kernel && on_devices)
		device_push(port, data, len, worlds[0].ngot);
	else
		push(port, data, len);
}

/* One packet, into both. */
static void one_packet(unsigned int graph, const char *port, const uint8_t *p,
		       size_t len)
{
	cleanup_strbuf struct strbuf ref = STRBUF_INIT, out = STRBUF_INIT;

	BOTH(w)
	{
		port_push(port, p, len);
		got_list(w ? &out : &ref);
	}
	if (strcmp(ref.s, out.s)) {
		graph_print();
		for (int why = 1; why < NGD_DROPS; why++)
			printf("drops of kind %d: %llu %llu\n", why,
			       (unsigned long long)dp_drops(worlds[0].dp, why),
			       (unsigned long long)dp_drops(worlds[1].dp, why));
	}
	ATF_REQUIRE_MSG(!strcmp(ref.s, out.s),
			"graph %u, %zu bytes by %s: reference:\n%skernel:\n%s",
			graph, len, port, ref.s, out.s);
}

/* A packet by a random port, some times: verdicts are remembered.  How many
 * came of it. */
static size_t some_packets(unsigned int graph)
{
	uint8_t p[256];
	size_t len = random_packet(p), came = 0;
	char port[16];

	snprintf(port, sizeof(port), "p%u", any(nports));
	BOTH(w)
	if (!port_there(port))
		return 0;
	if (on_devices && len < 60) /* none on a wire */
		return 0;
	for (unsigned int i = on_devices ? any(3) : 0; i < 3; i++) {
		one_packet(graph, port, p, len);
		came += worlds[0].ngot;
		if (!on_devices)
			break;
	}
	return came;
}

/* --- what is known in the end ------------------------------------------- */

/* Without " age=N" and " staleness=N". */
static void without_ages(char *text)
{
	static const char *const words[] = {" age=", " staleness="};

	for (size_t i = 0; i < 2; i++)
		for (char *p = text; (p = strstr(p, words[i]));) {
			size_t n = strlen(words[i]);

			n += strspn(p + n, "0123456789");
			memmove(p, p + n, strlen(p + n) + 1);
		}
}

static void same_answer(unsigned int graph, unsigned int i, const char *word,
			const char *args)
{
	cleanup_free char *answer = NULL;

	BOTH(w)
	{
		struct ng_node *n = node_at(i);
		cleanup_free char *text = NULL;

		if (!n)
			return;
		text = strdup(say(n, word, args));
		ATF_REQUIRE(text != NULL);
		without_ages(text);
		if (w)
			ATF_CHECK_MSG(!strcmp(answer, text),
				      "graph %u: %s %s %s: reference: %s, "
				      "kernel: %s",
				      graph, nodes[i].kind->type, word, args,
				      answer, text);
		else
			answer = take_ptr(text);
	}
}

static void same_state(unsigned int graph)
{
	static const char *const links[] = {"0", "1",  "2",  "3", "5",
					    "7", "63", "-1", "-2"};

	for (unsigned int i = 0; i < nnodes; i++) {
		const char *type = nodes[i].kind->type;
		bool many = !strcmp(type, "one2many");

		for (size_t j = 0; j < 9; j++)
			if (!strcmp(type, "bridge") || many)
				same_answer(graph, i, "getstats", links[j]);
		if (!strcmp(type, "bridge") || !strcmp(type, "vlan"))
			same_answer(graph, i, "gettable", "");
		if (!strcmp(type, "tee"))
			same_answer(graph, i, "getstats", "");
		if (!strcmp(type, "hole"))
			same_answer(graph, i, "getstats", "\"x\"");
		if (!strcmp(type, "etf"))
			same_answer(graph, i, "getstatus", "");
		if (!strcmp(type, "macfilter"))
			same_answer(graph, i, "getmacs", "");
	}
	for (int why = 1; why < NGD_DROPS; why++)
		ATF_CHECK_EQ_MSG(dp_drops(worlds[0].dp, why),
				 dp_drops(worlds[1].dp, why),
				 "graph %u: drops of kind %d", graph, why);
}

/* --- all ---------------------------------------------------------------- */

static void disconnect_one(void)
{
	unsigned int i = any(nnodes);
	const char *const *hooks = nodes[i].kind->hooks;
	const char *hook = hooks[any(3)];

	BOTH(w)
	{
		struct ng_node *n = node_at(i);
		struct ng_hook *h = n && hook ? ng_hook_by_name(n, hook) : NULL;

		if (h)
			ng_hook_destroy(h);
	}
	settle();
}

static void graph_make(unsigned int graph)
{
	bool echo = false;

	seed = 88172645463325252u + graph;
	nnodes = nports = 0;
	while (!nnodes)
		add_node(any(9));
	for (unsigned int tries = 0; tries < 40 && nnodes < NODES; tries++) {
		unsigned int kind = any(KINDS);

		if (any(3)) {
			add_port();
			continue;
		}
		if (kind == ECHO && echo)
			continue;
		echo |= kind == ECHO;
		add_node(kind);
	}
	while (nports < PORTS && any(20))
		add_port();
}

static void graph_end(void)
{
	devices_end();
	BOTH(w)
	{
		for (unsigned int i = 0; i < nnodes; i++)
			if (node_at(i))
				ng_node_shutdown(node_at(i));
		ATF_CHECK_EQ_MSG(1, ng_node_count(world.g), "%zu nodes left",
				 ng_node_count(world.g));
		while (world.me->hooks) /* a tee joins two */
			ng_hook_destroy(world.me->hooks);
	}
}

static void run(unsigned int graphs)
{
	size_t sent = 0, came = 0;

	world_now = &worlds[1];
	world_open_kernel();
	world_begin();
	devices_quiet();
	world_now = &worlds[0];
	world_open_memory();
	world_begin();
	for (unsigned int graph = 0; graph < graphs; graph++) {
		graph_make(graph);
		for (unsigned int round = 0; round < ROUNDS; round++) {
			for (unsigned int i = 0; i < 2 * nnodes; i++)
				configure(any(nnodes));
			for (unsigned int i = 0; i < PACKETS; i++, sent++)
				came += some_packets(graph);
			if (round >= 2) {
				disconnect_one();
				add_port();
			}
		}
		same_state(graph);
		graph_end();
	}
	printf("%zu packets, of which came %zu\n", sent, came);
	/* they were not all thrown away */
	ATF_CHECK(came > sent);
	world_now = &worlds[1];
	world_close_kernel();
	world_now = &worlds[0];
	world_close();
}

ATF_TC(model);
ATF_TC_HEAD(model, tc)
{
	atf_tc_set_md_var(tc, "require.user", "root");
	atf_tc_set_md_var(tc, "timeout", "300");
}
ATF_TC_BODY(model, tc)
{
	run(GRAPHS);
}

/* Remembered verdicts, and hand-over from interface to interface. */
ATF_TC(interfaces);
ATF_TC_HEAD(interfaces, tc)
{
	atf_tc_set_md_var(tc, "require.user", "root");
	atf_tc_set_md_var(tc, "timeout", "300");
}
ATF_TC_BODY(interfaces, tc)
{
	on_devices = true;
	run(GRAPHS_DEVICES);
}

/* --- what remembered verdicts count ------------------------------------- */

/* Two interfaces and a bridge that know each other, and 20 frames. */
static struct ng_node *counted_make(void)
{
	struct ng_node *b = make("m", "bridge", "link9", NULL);
	uint8_t f[60];

	device_new("a", b, "link1");
	device_new("b", b, "link2");
	frame(f, 8, 7, 0x88b5);
	device_push("b", f, sizeof(f), 2); /* to a, and to me */
	frame(f, 7, 8, 0x88b5);
	for (int i = 0; i < 20; i++) {
		device_push("a", f, sizeof(f), 1);
		ATF_CHECK_STREQ("b", where());
	}
	return b;
}

/*
 * It is seen at once, also after the verdict is void, and a hook that gets the
 * slot of one of those begins with nothing.
 */
ATF_TC(counted);
ATF_TC_HEAD(counted, tc)
{
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(counted, tc)
{
	uint64_t c[NGD_COUNTERS];
	uint32_t slots[2], seen = 0;
	struct ng_node *b;

	world_open_kernel();
	world_begin();
	devices_quiet();
	b = counted_make();
	ng_hook_counters(ng_hook_by_name(b, "link1"), c);
	ATF_CHECK_EQ(20, c[NGD_C_IN_PACKETS]);
	ATF_CHECK_EQ(20 * 60, c[NGD_C_IN_OCTETS]);
	ATF_CHECK_EQ(1, c[NGD_C_OUT_PACKETS]);
	dp_changed(world.dp);
	ng_hook_counters(ng_hook_by_name(b, "link2"), c);
	ATF_CHECK_EQ(20, c[NGD_C_OUT_PACKETS]);
	ATF_CHECK_EQ(20 * 60, c[NGD_C_OUT_OCTETS]);
	slots[0] = ng_hook_by_name(b, "link1")->slot;
	slots[1] = ng_hook_by_name(b, "link2")->slot;
	devices_end();
	ng_node_shutdown(b);
	dp_grace(world.dp);
	b = make("m", "hub", "x", NULL);
	for (int i = 0; i < 20 && seen != 3; i++) {
		char name[8];
		struct ng_hook *h;

		snprintf(name, sizeof(name), "h%d", i);
		join(name, b, name);
		h = ng_hook_by_name(b, name);
		for (uint32_t k = 0; k < 2; k++) {
			struct ng_hook *ends[] = {h, h->peer};

			for (size_t e = 0; e < 2; e++) {
				seen |= (ends[e]->slot == slots[k]) << k;
				ng_hook_counters(ends[e], c);
				ATF_CHECK_EQ(0, c[NGD_C_IN_PACKETS]);
				ATF_CHECK_EQ(0, c[NGD_C_OUT_PACKETS]);
			}
		}
	}
	ATF_CHECK_EQ_MSG(3, seen, "slots were not given out again");
	world_close_kernel();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, counted);
	ATF_TP_ADD_TC(tp, model);
	ATF_TP_ADD_TC(tp, interfaces);
	return atf_no_error();
}
