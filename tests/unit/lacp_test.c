/*
 * net/lacp: systems in memory, wired by cables that hand over what is sent in
 * order.  What must hold: links between the same two systems are used
 * together, soon, and no link that the other end does not listen on.
 */
#include "net/lacp.h"

#include <atf-c.h>
#include <string.h>

#define SYSTEMS 4
#define PORTS 4
/* ACTIVITY, AGGREGATION, SYNC, COLLECTING, DISTRIBUTING */
#define IN_USE 0x3d

struct tport {
	struct lacp_port p;
	struct tport *far; /* NULL: no cable */
	int sent, second;  /* PDUs in all, and since the last tick */
	bool mute;
};

static struct {
	struct lacp l[SYSTEMS];
	struct tport port[SYSTEMS][PORTS];
	struct {
		struct tport *to;
		unsigned char pdu[LACP_PDU_LEN];
	} queue[1024];
	size_t head, tail;
	int changes;
} w;

static void on_send(struct lacp_port *p, const unsigned char *pdu, size_t len)
{
	struct tport *t = p->owner;

	ATF_REQUIRE_EQ(len, LACP_PDU_LEN);
	t->sent++;
	ATF_REQUIRE_MSG(++t->second <= LACP_TX_MAX, "too many PDUs");
	if (!t->far || t->mute)
		return;
	w.queue[w.tail % 1024].to = t->far;
	memcpy(w.queue[w.tail++ % 1024].pdu, pdu, len);
	ATF_REQUIRE(w.tail - w.head < 1024);
}

static void on_changed(struct lacp *l)
{
	(void)l;
	w.changes++;
}

static const struct lacp_ops ops = {.send = on_send, .changed = on_changed};

static void deliver(void)
{
	while (w.head != w.tail) {
		size_t i = w.head++ % 1024;

		lacp_receive(&w.queue[i].to->p, w.queue[i].pdu, LACP_PDU_LEN);
	}
}

static void seconds(int n)
{
	while (n--) {
		for (int i = 0; i < SYSTEMS; i++) {
			for (int j = 0; j < PORTS; j++)
				w.port[i][j].second = 0;
			if (w.l[i].ops)
				lacp_tick(&w.l[i]);
		}
		deliver();
	}
}

static struct lacp_config config(int i)
{
	return (struct lacp_config){
		.mac = {2, 0, 0, 0, 0, (uint8_t)(i + 1)},
		.key = (uint16_t)((i + 5) << 5),
		.strict = true,
	};
}

/* Systems 0 to n-1 with so many ports each. */
static void begin(int n, int ports)
{
	memset(&w, 0, sizeof(w));
	for (int i = 0; i < n; i++) {
		struct lacp_config c = config(i);

		lacp_init(&w.l[i], &ops);
		lacp_configure(&w.l[i], &c);
		for (int j = 0; j < ports; j++) {
			w.port[i][j].p.owner = &w.port[i][j];
			lacp_port_add(&w.l[i], &w.port[i][j].p,
				      (uint16_t)(j + 1));
		}
	}
}

static void cable(struct tport *a, struct tport *b, uint32_t speed)
{
	a->far = b;
	b->far = a;
	lacp_port_link(&a->p, true, speed);
	lacp_port_link(&b->p, true, speed);
}

static void cut(struct tport *t)
{
	lacp_port_link(&t->p, false, 0);
	lacp_port_link(&t->far->p, false, 0);
}

static bool used(int i, int j)
{
	const struct lacp_port *p = &w.port[i][j].p;

	return lacp_active(p) && lacp_distributing(p);
}

ATF_TC_WITHOUT_HEAD(pdu);
ATF_TC_BODY(pdu, tc)
{
	static const unsigned char bytes[] = {
		1, 1,
		/* actor */
		1, 20, 0x80, 0, 2, 0, 0, 0, 0, 7, 0x01, 0x6b, 0x80, 0, 0, 9,
		0x3d, 0, 0, 0,
		/* partner */
		2, 20, 0xff, 0xff, 4, 5, 6, 7, 8, 9, 0, 1, 0, 2, 0, 3, 0x47, 0,
		0, 0,
		/* collector */
		3, 16};
	const struct lacp_info actor = {.sys_prio = 0x8000,
					.mac = {2, 0, 0, 0, 0, 7},
					.key = 0x16b,
					.port_prio = 0x8000,
					.port = 9,
					.state = 0x3d},
			       partner = {.sys_prio = 0xffff,
					  .mac = {4, 5, 6, 7, 8, 9},
					  .key = 1,
					  .port_prio = 2,
					  .port = 3,
					  .state = 0x47};
	unsigned char pdu[LACP_PDU_LEN], again[LACP_PDU_LEN];
	struct lacp_info a = {0}, b = {0};

	lacp_pdu_write(&actor, &partner, pdu);
	ATF_REQUIRE(!memcmp(pdu, bytes, sizeof(bytes)));
	for (size_t i = sizeof(bytes); i < sizeof(pdu); i++)
		ATF_REQUIRE_EQ(pdu[i], 0);
	ATF_REQUIRE(lacp_pdu_read(pdu, sizeof(pdu), &a, &b));
	ATF_REQUIRE_EQ(a.sys_prio, 0x8000);
	ATF_REQUIRE_EQ(b.port, 3);
	lacp_pdu_write(&a, &b, again);
	ATF_REQUIRE(!memcmp(pdu, again, sizeof(pdu)));
	/* a later version's is read, too */
	pdu[1] = 2;
	ATF_REQUIRE(lacp_pdu_read(pdu, sizeof(pdu), &a, &b));
	ATF_REQUIRE(!lacp_pdu_read(pdu, 41, &a, &b));
	ATF_REQUIRE(!lacp_pdu_read(pdu, 0, &a, &b));
	for (size_t i = 0; i < 4; i++) {
		static const size_t at[] = {0, 2, 3, 23};

		pdu[at[i]]++;
		ATF_REQUIRE(!lacp_pdu_read(pdu, sizeof(pdu), &a, &b));
		pdu[at[i]]--;
	}
}

ATF_TC_WITHOUT_HEAD(marker);
ATF_TC_BODY(marker, tc)
{
	unsigned char ask[LACP_PDU_LEN] = {2, 1, 1, 16, 0, 9, 2, 0,
					   0, 0, 0, 7,	1, 2, 3, 4};
	unsigned char answer[LACP_PDU_LEN];

	ATF_REQUIRE(lacp_marker_answer(ask, sizeof(ask), answer));
	ATF_REQUIRE_EQ(answer[2], 2);
	answer[2] = 1;
	ATF_REQUIRE(!memcmp(ask, answer, sizeof(ask)));
	ATF_REQUIRE(!lacp_marker_answer(ask, 17, answer));
	ask[2] = 2; /* an answer gets none */
	ATF_REQUIRE(!lacp_marker_answer(ask, sizeof(ask), answer));
	/* by a port: three a second, like all it says */
	ask[2] = 1;
	begin(1, 1);
	lacp_port_link(&w.port[0][0].p, true, 0);
	seconds(1);
	for (int i = 0; i < 100; i++)
		lacp_receive(&w.port[0][0].p, ask, sizeof(ask));
	ATF_REQUIRE_EQ(w.port[0][0].second, LACP_TX_MAX);
}

ATF_TC_WITHOUT_HEAD(two);
ATF_TC_BODY(two, tc)
{
	int sent;

	begin(2, 2);
	cable(&w.port[0][0], &w.port[1][0], 1000);
	deliver();
	seconds(1);
	/* the second one comes while the first waits: both start at once */
	cable(&w.port[0][1], &w.port[1][1], 1000);
	deliver();
	ATF_REQUIRE(!used(0, 0));
	seconds(4);
	for (int i = 0; i < 2; i++)
		for (int j = 0; j < 2; j++) {
			ATF_REQUIRE_EQ(w.port[i][j].p.actor.state, IN_USE);
			ATF_REQUIRE_EQ(w.port[i][j].p.partner.state |
					       LACP_DISTRIBUTING,
				       IN_USE);
			ATF_REQUIRE(used(i, j));
		}
	ATF_REQUIRE_EQ(w.port[0][0].p.actor.key, 5 << 5 | 11);
	ATF_REQUIRE_EQ(w.port[0][0].p.partner.key, 6 << 5 | 11);
	ATF_REQUIRE_EQ(w.port[0][1].p.partner.port, 2);
	/* then one word in half a minute is enough */
	sent = w.port[0][0].sent;
	seconds(300);
	ATF_REQUIRE(w.port[0][0].sent - sent <= 11);
	ATF_REQUIRE(w.port[0][0].sent - sent >= 9);
	ATF_REQUIRE(used(0, 0) && used(1, 1));
	ATF_REQUIRE_EQ(w.l[0].flapping, 0);
}

ATF_TC_WITHOUT_HEAD(fast);
ATF_TC_BODY(fast, tc)
{
	struct lacp_config c = config(0);
	int sent;

	begin(2, 1);
	cable(&w.port[0][0], &w.port[1][0], 1000);
	seconds(5);
	c.fast = true;
	lacp_configure(&w.l[0], &c);
	seconds(2);
	ATF_REQUIRE_EQ(w.port[0][0].p.actor.state, IN_USE | LACP_TIMEOUT);
	ATF_REQUIRE(used(0, 0) && used(1, 0));
	/* who wants to hear often is told often, the other is not */
	sent = w.port[1][0].sent;
	seconds(30);
	ATF_REQUIRE(w.port[1][0].sent - sent >= 29);
	/* silence for three seconds ends it; the other does not know */
	w.port[1][0].mute = true;
	seconds(2);
	ATF_REQUIRE(used(0, 0));
	seconds(2);
	ATF_REQUIRE(!used(0, 0));
	ATF_REQUIRE(w.port[0][0].p.actor.state & LACP_EXPIRED);
	ATF_REQUIRE_EQ(w.l[0].flapping, 1);
	seconds(3);
	ATF_REQUIRE(w.port[0][0].p.actor.state & LACP_DEFAULTED);
	ATF_REQUIRE(!(w.port[0][0].p.actor.state & LACP_EXPIRED));
	/* our end's word reaches it: it does not send either */
	ATF_REQUIRE(!used(1, 0));
	w.port[1][0].mute = false;
	seconds(6);
	ATF_REQUIRE(used(0, 0) && used(1, 0));
}

ATF_TC_WITHOUT_HEAD(links);
ATF_TC_BODY(links, tc)
{
	begin(2, 3);
	for (int j = 0; j < 3; j++)
		cable(&w.port[0][j], &w.port[1][j], 1000);
	seconds(5);
	ATF_REQUIRE(used(0, 0) && used(0, 1) && used(0, 2));
	cut(&w.port[0][1]);
	ATF_REQUIRE(!used(0, 1) && !used(1, 1));
	ATF_REQUIRE(used(0, 0) && used(0, 2));
	ATF_REQUIRE_EQ(w.port[0][1].p.actor.key, 0x8002);
	seconds(5);
	ATF_REQUIRE(used(0, 0) && used(0, 2) && !used(0, 1));
	cable(&w.port[0][1], &w.port[1][1], 1000);
	seconds(5);
	ATF_REQUIRE(used(0, 1) && used(1, 1));
	/* one that leaves the lagg says so */
	w.port[1][0].far = NULL;
	lacp_port_remove(&w.port[0][0].p);
	deliver();
	ATF_REQUIRE(!used(1, 0));
	ATF_REQUIRE(used(1, 1) && used(1, 2));
}

ATF_TC_WITHOUT_HEAD(partners);
ATF_TC_BODY(partners, tc)
{
	/* two cables to one switch, two to another: one of them is used */
	begin(3, 4);
	cable(&w.port[0][0], &w.port[1][0], 1000);
	cable(&w.port[0][1], &w.port[1][1], 1000);
	cable(&w.port[0][2], &w.port[2][0], 1000);
	cable(&w.port[0][3], &w.port[2][1], 1000);
	seconds(6);
	ATF_REQUIRE_EQ(used(0, 0) + used(0, 1) + used(0, 2) + used(0, 3), 2);
	ATF_REQUIRE_EQ(used(0, 0), used(0, 1));
	ATF_REQUIRE_EQ(used(0, 2), used(0, 3));
	/* more links win */
	for (int k = 0; k < 2; k++) {
		int one = k ? 2 : 0, other = k ? 0 : 2;

		cut(&w.port[0][one]);
		seconds(1);
		ATF_REQUIRE(used(0, other) && used(0, other + 1));
		ATF_REQUIRE(!used(0, one + 1));
		cable(&w.port[0][one], w.port[0][one].far, 1000);
		/* equal again: it stays with what it has */
		seconds(6);
		ATF_REQUIRE(used(0, other) && used(0, other + 1));
		ATF_REQUIRE(!used(0, one) && !used(0, one + 1));
	}
}

ATF_TC_WITHOUT_HEAD(speeds);
ATF_TC_BODY(speeds, tc)
{
	begin(2, 3);
	cable(&w.port[0][0], &w.port[1][0], 1000);
	cable(&w.port[0][1], &w.port[1][1], 1000);
	cable(&w.port[0][2], &w.port[1][2], 10000);
	seconds(6);
	/* links of one speed aggregate, and the fastest are used */
	ATF_REQUIRE(used(0, 2) && !used(0, 0) && !used(0, 1));
	ATF_REQUIRE(lacp_distributing(&w.port[0][0].p));
	cut(&w.port[0][2]);
	ATF_REQUIRE(used(0, 0) && used(0, 1));
}

/* A partner that says what the test says. */
static void says(struct lacp_port *p, uint16_t prio, uint8_t state,
		 const struct lacp_info *of_us)
{
	const struct lacp_info a = {.sys_prio = prio,
				    .mac = {4, 0, 0, 0, 0, 1},
				    .key = 7,
				    .port = p->actor.port,
				    .state = state};
	unsigned char pdu[LACP_PDU_LEN];

	lacp_pdu_write(&a, of_us, pdu);
	lacp_receive(p, pdu, sizeof(pdu));
}

ATF_TC_WITHOUT_HEAD(single);
ATF_TC_BODY(single, tc)
{
	struct lacp_port *p = &w.port[0][0].p, *q = &w.port[0][1].p;

	/* a partner whose links do not aggregate: one of them is used */
	begin(1, 2);
	lacp_port_link(p, true, 1000);
	lacp_port_link(q, true, 1000);
	for (int i = 0; i < 6; i++) {
		seconds(1);
		says(p, 1, IN_USE & ~LACP_AGGREGATION, &p->actor);
		says(q, 1, IN_USE & ~LACP_AGGREGATION, &q->actor);
	}
	ATF_REQUIRE(lacp_distributing(p) && lacp_distributing(q));
	ATF_REQUIRE_EQ(used(0, 0) + used(0, 1), 1);
	/* a better partner's is used, however slow */
	begin(1, 2);
	lacp_port_link(p, true, 1000);
	lacp_port_link(q, true, 10);
	for (int i = 0; i < 6; i++) {
		seconds(1);
		says(p, 2, IN_USE, &p->actor);
		says(q, 1, IN_USE, &q->actor);
	}
	ATF_REQUIRE(!used(0, 0) && used(0, 1));
}

ATF_TC_WITHOUT_HEAD(sync);
ATF_TC_BODY(sync, tc)
{
	struct lacp_port *p = &w.port[0][0].p;
	struct lacp_config c = config(0);
	struct lacp_info other;

	for (int strict = 0; strict < 2; strict++) {
		begin(1, 1);
		c.strict = strict;
		lacp_configure(&w.l[0], &c);
		ATF_REQUIRE_EQ(!(p->partner.state & LACP_SYNC), strict);
		lacp_port_link(p, true, 1000);
		/* never heard: shown one way or the other, and not used */
		seconds(8);
		ATF_REQUIRE_EQ(!(p->partner.state & LACP_COLLECTING), strict);
		ATF_REQUIRE(!lacp_active(p) && !lacp_collecting(p));
		ATF_REQUIRE(p->actor.state & LACP_DEFAULTED);
		/* repeats our words, and has not said that it is in sync */
		for (int i = 0; i < 4; i++) {
			seconds(1);
			says(p, 1, LACP_ACTIVITY | LACP_AGGREGATION, &p->actor);
		}
		ATF_REQUIRE_EQ(lacp_collecting(p), strict);
		ATF_REQUIRE(!lacp_distributing(p));
		says(p, 1, IN_USE, &p->actor);
		ATF_REQUIRE(used(0, 0));
		/* means somebody else */
		other = p->actor;
		other.port++;
		says(p, 1, IN_USE, &other);
		ATF_REQUIRE(!lacp_distributing(p) && !lacp_collecting(p));
		says(p, 1, IN_USE, &p->actor);
		ATF_REQUIRE(used(0, 0));
		/* is another system now: from the beginning */
		says(p, 9, IN_USE, &p->actor);
		ATF_REQUIRE(!lacp_distributing(p));
		ATF_REQUIRE_EQ(p->mux, LACP_DETACHED);
	}
}

ATF_TC_WITHOUT_HEAD(hostile);
ATF_TC_BODY(hostile, tc)
{
	struct lacp_port *p = &w.port[0][0].p;
	struct lacp_info us;

	/* both ends of a cable in one system hear themselves */
	begin(1, 2);
	cable(&w.port[0][0], &w.port[0][1], 1000);
	seconds(10);
	ATF_REQUIRE(!used(0, 0) && !used(0, 1));
	ATF_REQUIRE(p->actor.state & LACP_DEFAULTED);
	/* words that ask for an answer each time; on_send() counts */
	begin(1, 1);
	lacp_port_link(p, true, 1000);
	for (int i = 0; i < 1000; i++) {
		us = p->actor;
		us.key = (uint16_t)i;
		says(p, (uint16_t)i, (uint8_t)i, &us);
	}
	/* of a link that is down nothing is believed */
	lacp_port_link(p, false, 0);
	says(p, 1, IN_USE, &p->actor);
	ATF_REQUIRE(p->actor.state & LACP_DEFAULTED);
}

ATF_TC_WITHOUT_HEAD(resume);
ATF_TC_BODY(resume, tc)
{
	struct lacp_port *p = &w.port[0][0].p;
	struct lacp_config c = config(0);
	struct lacp_info partner;
	uint8_t state;

	begin(2, 1);
	cable(&w.port[0][0], &w.port[1][0], 1000);
	seconds(6);
	state = p->actor.state;
	partner = p->partner;
	/* another process takes over; nobody sees a gap */
	lacp_init(&w.l[0], &ops);
	lacp_configure(&w.l[0], &c);
	*p = (struct lacp_port){.owner = &w.port[0][0]};
	lacp_port_add(&w.l[0], p, 1);
	lacp_port_resume(p, state, &partner);
	ATF_REQUIRE(!used(0, 0)); /* no link yet */
	lacp_port_link(p, true, 1000);
	lacp_port_resume(p, state & ~LACP_SYNC, &partner);
	ATF_REQUIRE(!used(0, 0));
	lacp_port_resume(p, state, &partner);
	ATF_REQUIRE(used(0, 0));
	for (int i = 0; i < 200; i++) {
		seconds(1);
		ATF_REQUIRE(used(0, 0) && used(1, 0));
	}
	ATF_REQUIRE_EQ(w.l[1].flapping, 0);
}

ATF_TC_WITHOUT_HEAD(address);
ATF_TC_BODY(address, tc)
{
	struct lacp_config c = config(0);

	begin(2, 2);
	cable(&w.port[0][0], &w.port[1][0], 1000);
	cable(&w.port[0][1], &w.port[1][1], 1000);
	seconds(6);
	c.mac[5] = 99;
	lacp_configure(&w.l[0], &c);
	ATF_REQUIRE(!used(0, 0) && !used(0, 1));
	deliver();
	ATF_REQUIRE(!used(1, 0) && !used(1, 1));
	seconds(6);
	ATF_REQUIRE(used(0, 0) && used(0, 1) && used(1, 0) && used(1, 1));
	ATF_REQUIRE_EQ(w.port[1][0].p.partner.mac[5], 99);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, pdu);
	ATF_TP_ADD_TC(tp, marker);
	ATF_TP_ADD_TC(tp, two);
	ATF_TP_ADD_TC(tp, fast);
	ATF_TP_ADD_TC(tp, links);
	ATF_TP_ADD_TC(tp, partners);
	ATF_TP_ADD_TC(tp, speeds);
	ATF_TP_ADD_TC(tp, single);
	ATF_TP_ADD_TC(tp, sync);
	ATF_TP_ADD_TC(tp, hostile);
	ATF_TP_ADD_TC(tp, resume);
	ATF_TP_ADD_TC(tp, address);
	return atf_no_error();
}
