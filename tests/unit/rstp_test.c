/*
 * net/rstp: bridges in memory, wired by cables that hand over what is sent in
 * order.  What must hold: one tree over what is connected, no loop at any
 * moment, and fast where the standard is fast.
 */
#include "net/rstp.h"

#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BRIDGES 12
#define PORTS 8
#define CABLES 24

struct tport {
	struct rstp_port p;
	int bridge, number;
	int cable; /* -1 none */
	int flushes;
	int seen; /* BPDUs sent */
	uint8_t version;
};

struct world {
	int n, ncables;
	struct rstp b[BRIDGES];
	struct tport port[BRIDGES][PORTS];
	int nports[BRIDGES];
	/* ends of each cable; more than two make a hub */
	struct tport *end[CABLES][4];
	int nends[CABLES];
	bool cut[CABLES];
	bool watch; /* no loop may be at any moment */
	struct {
		struct tport *from;
		unsigned char data[RSTP_BPDU_MAX];
		size_t len;
	} queue[4096];
	size_t head, tail;
};

static struct world w;

/* Union of what forwarding ports connect: a cable that joins twice is a loop.
 */
static int find(int *up, int i)
{
	while (up[i] != i)
		i = up[i];
	return i;
}

static bool open_at(int c, int e)
{
	const struct tport *t = w.end[c][e];

	return !w.cut[c] && t->p.state == RSTP_FORWARDING;
}

/* How many separate parts; -1: there is a loop. */
static int parts(void)
{
	int up[BRIDGES + CABLES], n = w.n;

	for (int i = 0; i < BRIDGES + CABLES; i++)
		up[i] = i;
	for (int c = 0; c < w.ncables; c++) {
		int open = 0, at = w.n + c;

		for (int e = 0; e < w.nends[c]; e++)
			open += open_at(c, e);
		if (open < 2)
			continue;
		n++;
		for (int e = 0; e < w.nends[c]; e++) {
			int x, y;

			if (!open_at(c, e))
				continue;
			x = find(up, w.end[c][e]->bridge);
			y = find(up, at);
			if (x == y)
				return -1;
			up[x] = y;
			n--;
		}
	}
	return n;
}

static void on_send(struct rstp_port *p, const unsigned char *bpdu, size_t len)
{
	struct tport *t = p->owner;
	size_t at = w.tail++ % 4096;

	ATF_REQUIRE_MSG(w.tail - w.head < 4096, "a storm of BPDUs");
	w.queue[at].from = t;
	w.queue[at].len = len;
	memcpy(w.queue[at].data, bpdu, len);
	t->seen++;
	t->version = bpdu[2];
}

static void on_state(struct rstp_port *p)
{
	(void)p;
	if (w.watch)
		ATF_REQUIRE_MSG(parts() >= 0, "a loop");
}

static void on_flush(struct rstp_port *p)
{
	((struct tport *)p->owner)->flushes++;
}

static const struct rstp_ops ops = {
	.send = on_send, .state = on_state, .flush = on_flush};

static void deliver(void)
{
	while (w.head < w.tail) {
		size_t at = w.head++ % 4096;
		struct tport *from = w.queue[at].from;
		int c = from->cable;

		if (c < 0 || w.cut[c] || !w.queue[at].len)
			continue;
		for (int e = 0; e < w.nends[c]; e++)
			if (w.end[c][e] != from)
				rstp_receive(&w.end[c][e]->p, w.queue[at].data,
					     w.queue[at].len);
	}
}

static void seconds(int n)
{
	while (n--) {
		for (int i = 0; i < w.n; i++)
			rstp_tick(&w.b[i]);
		deliver();
	}
}

static void bridges(int n)
{
	memset(&w, 0, sizeof(w));
	w.n = n;
	w.watch = true;
	for (int i = 0; i < n; i++) {
		unsigned char mac[6] = {2, 0, 0, 0, 0, (unsigned char)(i + 1)};

		rstp_init(&w.b[i], mac, &ops);
	}
}

static struct tport *port(int bridge)
{
	int k = w.nports[bridge]++;
	struct tport *t = &w.port[bridge][k];

	ATF_REQUIRE(k < PORTS);
	t->bridge = bridge;
	t->number = k;
	t->cable = -1;
	t->p.owner = t;
	t->p.conf = (struct rstp_port_config){
		.id = (uint16_t)(128 << 8 | (k + 1)),
		.cost = 2000,
		.auto_edge = true,
		.ptp = true,
	};
	rstp_port_add(&w.b[bridge], &t->p);
	return t;
}

static void plug(int cable, struct tport *t)
{
	w.end[cable][w.nends[cable]++] = t;
	t->cable = cable;
}

/* A cable between two bridges; its number. */
static int cable(int x, int y)
{
	int c = w.ncables++;

	plug(c, port(x));
	plug(c, port(y));
	return c;
}

static void links(int c, bool up)
{
	w.cut[c] = !up;
	/* what was under way is lost */
	for (size_t i = w.head; !up && i < w.tail; i++)
		if (w.queue[i % 4096].from->cable == c)
			w.queue[i % 4096].len = 0;
	for (int e = 0; e < w.nends[c]; e++)
		rstp_port_link(&w.end[c][e]->p, up);
}

static void all_up(void)
{
	for (int c = 0; c < w.ncables; c++)
		links(c, true);
	deliver();
}

static int count(enum rstp_role role)
{
	int n = 0;

	for (int i = 0; i < w.n; i++)
		for (int k = 0; k < w.nports[i]; k++)
			n += w.port[i][k].p.role == role;
	return n;
}

static void triangle(void)
{
	bridges(3);
	cable(0, 1);
	cable(1, 2);
	cable(2, 0);
}

static void set_proto(int bridge, uint8_t proto)
{
	struct rstp_config c = w.b[bridge].conf;

	c.proto = proto;
	ATF_REQUIRE_EQ(0, rstp_config_check(&c));
	rstp_configure(&w.b[bridge], &c);
}

ATF_TC_WITHOUT_HEAD(two_bridges);
ATF_TC_BODY(two_bridges, tc)
{
	struct tport *a, *b;

	bridges(2);
	cable(0, 1);
	a = &w.port[0][0];
	b = &w.port[1][0];
	ATF_CHECK_EQ(RSTP_DISABLED, a->p.role);
	all_up();
	/* by proposal and agreement, without a second passing */
	ATF_CHECK_EQ(RSTP_DESIGNATED, a->p.role);
	ATF_CHECK_EQ(RSTP_ROOT, b->p.role);
	ATF_CHECK_EQ(RSTP_FORWARDING, a->p.state);
	ATF_CHECK_EQ(RSTP_FORWARDING, b->p.state);
	ATF_CHECK(!w.b[0].root_port && w.b[1].root_port == &b->p);
	ATF_CHECK_EQ(2000, w.b[1].root.cost);
	ATF_CHECK_EQ(w.b[0].conf.id, w.b[1].root.root);
	/* the root says so every two seconds, the other is quiet then */
	seconds(4);
	a->seen = b->seen = 0;
	seconds(20);
	ATF_CHECK_EQ(10, a->seen);
	ATF_CHECK_EQ(0, b->seen);
	links(0, false);
	ATF_CHECK_EQ(RSTP_DISABLED, b->p.role);
	ATF_CHECK_EQ(RSTP_DISCARDING, b->p.state);
	ATF_CHECK(!w.b[1].root_port);
}

ATF_TC_WITHOUT_HEAD(ring);
ATF_TC_BODY(ring, tc)
{
	triangle();
	all_up();
	ATF_CHECK_EQ(1, parts());
	ATF_CHECK_EQ(2, count(RSTP_ROOT));
	ATF_CHECK_EQ(3, count(RSTP_DESIGNATED));
	ATF_CHECK_EQ(1, count(RSTP_ALTERNATE));
	/* the blocked one is between the two that are not the root */
	ATF_CHECK_EQ(RSTP_ALTERNATE, w.port[2][0].p.role);
	ATF_CHECK_EQ(RSTP_DISCARDING, w.port[2][0].p.state);
	seconds(60);
	ATF_CHECK_EQ(1, parts());
	/* a cable is cut: the alternate port takes over at once */
	links(2, false);
	deliver();
	ATF_CHECK_EQ(1, parts());
	ATF_CHECK_EQ(RSTP_ROOT, w.port[2][0].p.role);
	links(2, true);
	deliver();
	seconds(1);
	ATF_CHECK_EQ(1, parts());
	ATF_CHECK_EQ(RSTP_ALTERNATE, w.port[2][0].p.role);
}

ATF_TC_WITHOUT_HEAD(silence);
ATF_TC_BODY(silence, tc)
{
	triangle();
	all_up();
	/* frames are lost, the link stays: three hellos, then the other way */
	w.cut[2] = true;
	seconds(5);
	ATF_CHECK_EQ(RSTP_ROOT, w.port[2][1].p.role);
	seconds(2);
	ATF_CHECK_EQ(RSTP_ROOT, w.port[2][0].p.role);
}

ATF_TC_WITHOUT_HEAD(priorities);
ATF_TC_BODY(priorities, tc)
{
	struct rstp_config c;
	struct rstp_port_config pc;

	triangle();
	all_up();
	c = w.b[2].conf;
	c.id = (c.id & UINT64_C(0xffffffffffff)) | UINT64_C(4096) << 48;
	rstp_configure(&w.b[2], &c);
	deliver();
	seconds(3);
	ATF_CHECK_EQ(1, parts());
	ATF_CHECK(!w.b[2].root_port);
	ATF_CHECK_EQ(c.id, w.b[0].root.root);
	/* a dear path is not taken */
	pc = w.port[0][1].p.conf;
	pc.cost = 100000;
	rstp_port_configure(&w.port[0][1].p, &pc);
	deliver();
	seconds(3);
	ATF_CHECK_EQ(1, parts());
	ATF_CHECK(w.b[0].root_port == &w.port[0][0].p);
	ATF_CHECK_EQ(4000, w.b[0].root.cost);
}

ATF_TC_WITHOUT_HEAD(port_priority);
ATF_TC_BODY(port_priority, tc)
{
	struct rstp_port_config pc;

	bridges(2);
	cable(0, 1);
	cable(0, 1);
	all_up();
	ATF_CHECK(w.b[1].root_port == &w.port[1][0].p);
	ATF_CHECK_EQ(RSTP_ALTERNATE, w.port[1][1].p.role);
	/* the sender's port decides */
	pc = w.port[0][1].p.conf;
	pc.id = 16 << 8 | 2;
	rstp_port_configure(&w.port[0][1].p, &pc);
	deliver();
	seconds(1);
	ATF_CHECK(w.b[1].root_port == &w.port[1][1].p);
	ATF_CHECK_EQ(1, parts());
}

ATF_TC_WITHOUT_HEAD(edge);
ATF_TC_BODY(edge, tc)
{
	struct rstp_port_config pc;
	struct tport *t;

	bridges(1);
	t = port(0);
	rstp_port_link(&t->p, true);
	ATF_CHECK_EQ(RSTP_DISCARDING, t->p.state);
	seconds(2);
	ATF_CHECK_EQ(RSTP_DISCARDING, t->p.state);
	/* nobody there speaks: an edge after three seconds */
	seconds(1);
	ATF_CHECK_EQ(RSTP_FORWARDING, t->p.state);
	ATF_CHECK(t->p.oper_edge);
	/* set by hand, at once */
	pc = t->p.conf;
	pc.admin_edge = true;
	rstp_port_link(&t->p, false);
	rstp_port_configure(&t->p, &pc);
	rstp_port_link(&t->p, true);
	ATF_CHECK_EQ(RSTP_FORWARDING, t->p.state);
	/* neither: the long way */
	pc.admin_edge = pc.auto_edge = false;
	rstp_port_link(&t->p, false);
	rstp_port_configure(&t->p, &pc);
	rstp_port_link(&t->p, true);
	seconds(19);
	ATF_CHECK_EQ(RSTP_DISCARDING, t->p.state);
	seconds(1);
	ATF_CHECK_EQ(RSTP_LEARNING, t->p.state);
	seconds(2);
	ATF_CHECK_EQ(RSTP_FORWARDING, t->p.state);
}

ATF_TC_WITHOUT_HEAD(edge_loop);
ATF_TC_BODY(edge_loop, tc)
{
	/* one that was an edge hears a bridge: it is none any more */
	struct tport *t;

	bridges(2);
	t = port(1);
	rstp_port_link(&t->p, true);
	seconds(4);
	ATF_REQUIRE(t->p.oper_edge);
	w.ncables = 1;
	plug(0, t);
	plug(0, port(0));
	rstp_port_link(&w.port[0][0].p, true);
	deliver();
	ATF_CHECK(!t->p.oper_edge);
	ATF_CHECK_EQ(RSTP_ROOT, t->p.role);
}

ATF_TC_WITHOUT_HEAD(backup);
ATF_TC_BODY(backup, tc)
{
	struct rstp_port_config pc;

	/* two ports of one bridge on a hub, and another bridge there */
	bridges(2);
	w.ncables = 1;
	plug(0, port(0));
	plug(0, port(0));
	plug(0, port(1));
	for (int e = 0; e < 3; e++) {
		pc = w.end[0][e]->p.conf;
		pc.ptp = false;
		rstp_port_configure(&w.end[0][e]->p, &pc);
	}
	all_up();
	seconds(60);
	ATF_CHECK_EQ(RSTP_DESIGNATED, w.port[0][0].p.role);
	ATF_CHECK_EQ(RSTP_BACKUP, w.port[0][1].p.role);
	ATF_CHECK_EQ(RSTP_ROOT, w.port[1][0].p.role);
	ATF_CHECK_EQ(1, parts());
}

ATF_TC_WITHOUT_HEAD(old_stp);
ATF_TC_BODY(old_stp, tc)
{
	triangle();
	for (int i = 0; i < 3; i++)
		set_proto(i, RSTP_PROTO_STP);
	all_up();
	seconds(10);
	ATF_CHECK_EQ(3, parts());
	seconds(60);
	ATF_CHECK_EQ(1, parts());
	ATF_CHECK_EQ(1, count(RSTP_ALTERNATE));
	ATF_CHECK_EQ(0, w.port[0][0].version);
	/* a cut: the blocked port listens and learns, 15 s each */
	links(2, false);
	deliver();
	ATF_CHECK_EQ(RSTP_DISCARDING, w.port[2][0].p.state);
	seconds(16);
	ATF_CHECK_EQ(RSTP_LEARNING, w.port[2][0].p.state);
	seconds(15);
	ATF_CHECK_EQ(RSTP_FORWARDING, w.port[2][0].p.state);
}

ATF_TC_WITHOUT_HEAD(mixed);
ATF_TC_BODY(mixed, tc)
{
	/* a neighbour of the old kind: that port alone speaks as it does */
	triangle();
	set_proto(1, RSTP_PROTO_STP);
	all_up();
	seconds(60);
	ATF_CHECK_EQ(1, parts());
	ATF_CHECK_EQ(0, w.port[0][0].version);
	ATF_CHECK_EQ(2, w.port[0][1].version);
	ATF_CHECK(!w.port[0][0].p.send_rstp);
	/* it learns the new one; the link is made anew */
	set_proto(1, RSTP_PROTO_RSTP);
	links(0, false);
	links(0, true);
	deliver();
	seconds(10);
	ATF_CHECK_EQ(2, w.port[0][0].version);
	ATF_CHECK_EQ(1, parts());
}

ATF_TC_WITHOUT_HEAD(topology_change);
ATF_TC_BODY(topology_change, tc)
{
	bridges(3);
	cable(0, 1);
	cable(1, 2);
	all_up();
	seconds(10);
	for (int i = 0; i < 3; i++)
		for (int k = 0; k < w.nports[i]; k++)
			w.port[i][k].flushes = 0;
	/* a new way at bridge 2: bridge 0 forgets what it knew of 1 */
	cable(2, 0);
	links(2, true);
	deliver();
	seconds(2);
	ATF_CHECK(w.port[0][0].flushes > 0);
	ATF_CHECK_EQ(1, parts());
}

ATF_TC_WITHOUT_HEAD(nonsense);
ATF_TC_BODY(nonsense, tc)
{
	static const unsigned char good[RSTP_BPDU_MAX] = {
		[2] = 2,    [3] = 2,  [4] = 0x0e, [12] = 1, [24] = 1,
		[25] = 128, [26] = 1, [29] = 20,  [31] = 2, [33] = 15,
	};
	unsigned char b[RSTP_BPDU_MAX];
	struct tport *t;

	bridges(1);
	t = port(0);
	rstp_port_link(&t->p, true);
	/* too short, another protocol, another type */
	for (size_t n = 0; n < sizeof(good); n++)
		rstp_receive(&t->p, good, n);
	ATF_CHECK(!w.b[0].root_port);
	for (int i = 0; i < 2; i++) {
		static const struct {
			int at;
			unsigned char v;
		} bad[] = {{1, 1}, {3, 7}};

		memcpy(b, good, sizeof(b));
		b[bad[i].at] = bad[i].v;
		rstp_receive(&t->p, b, sizeof(b));
		ATF_CHECK_MSG(!w.b[0].root_port, "%d", i);
	}
	/* mad times are brought into their ranges */
	memcpy(b, good, sizeof(b));
	b[29] = 255;
	b[31] = 0;
	b[33] = 1;
	rstp_receive(&t->p, b, sizeof(b));
	ATF_CHECK(w.b[0].root_port == &t->p);
	ATF_CHECK_EQ(40, t->p.port_times.max_age);
	ATF_CHECK_EQ(1, t->p.port_times.hello);
	ATF_CHECK_EQ(4, t->p.port_times.forward_delay);
	/* what the old kind says is not believed once it is too old */
	seconds(10);
	ATF_REQUIRE(!w.b[0].root_port);
	memcpy(b, good, sizeof(b));
	b[2] = b[3] = 0;
	b[27] = 20;
	rstp_receive(&t->p, b, 35);
	ATF_CHECK(!w.b[0].root_port);
}

/*
 * Any graph, any order of cuts and repairs: a tree.  And never a loop on the
 * way, but in large graphs: there news of a dead root may run in circles for a
 * moment, as the standard has it ("count to infinity").
 */
ATF_TC_WITHOUT_HEAD(random_graphs);
ATF_TC_BODY(random_graphs, tc)
{
	for (unsigned int seed = 1; seed <= 200; seed++) {
		int n, up[BRIDGES], want;

		srand(seed);
		n = 2 + rand() % (BRIDGES - 1);
		bridges(n);
		w.watch = n <= 5;
		for (int c = 0; c < CABLES && w.ncables < CABLES; c++) {
			int x = rand() % n, y = rand() % n;

			if (x != y && w.nports[x] < PORTS &&
			    w.nports[y] < PORTS)
				cable(x, y);
		}
		all_up();
		for (int i = 0; i < 20 && w.ncables; i++) {
			links(rand() % w.ncables, rand() % 3);
			deliver();
			if (rand() % 2)
				seconds(rand() % 4);
		}
		seconds(80);
		for (int i = 0; i < n; i++)
			up[i] = i;
		want = n;
		for (int c = 0; c < w.ncables; c++) {
			int x = find(up, w.end[c][0]->bridge);
			int y = find(up, w.end[c][1]->bridge);

			if (w.cut[c] || x == y)
				continue;
			up[x] = y;
			want--;
		}
		ATF_CHECK_EQ_MSG(want, parts(), "seed %u: %d, not %d parts",
				 seed, parts(), want);
	}
}

ATF_TC_WITHOUT_HEAD(costs);
ATF_TC_BODY(costs, tc)
{
	ATF_CHECK_EQ(55, rstp_path_cost(0, RSTP_PROTO_RSTP));
	ATF_CHECK_EQ(2000000, rstp_path_cost(10, RSTP_PROTO_RSTP));
	ATF_CHECK_EQ(65535, rstp_path_cost(10, RSTP_PROTO_STP));
	ATF_CHECK_EQ(20000, rstp_path_cost(1000, RSTP_PROTO_RSTP));
	ATF_CHECK_EQ(2000, rstp_path_cost(10000, RSTP_PROTO_RSTP));
	ATF_CHECK_EQ(1, rstp_path_cost(100000000, RSTP_PROTO_RSTP));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, two_bridges);
	ATF_TP_ADD_TC(tp, ring);
	ATF_TP_ADD_TC(tp, silence);
	ATF_TP_ADD_TC(tp, priorities);
	ATF_TP_ADD_TC(tp, port_priority);
	ATF_TP_ADD_TC(tp, edge);
	ATF_TP_ADD_TC(tp, edge_loop);
	ATF_TP_ADD_TC(tp, backup);
	ATF_TP_ADD_TC(tp, old_stp);
	ATF_TP_ADD_TC(tp, mixed);
	ATF_TP_ADD_TC(tp, topology_change);
	ATF_TP_ADD_TC(tp, nonsense);
	ATF_TP_ADD_TC(tp, random_graphs);
	ATF_TP_ADD_TC(tp, costs);
	return atf_no_error();
}
