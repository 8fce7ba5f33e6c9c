/* Queues as written: bandwidths, numbers, priorities, what is refused. */
#include "pf/altq.h"
#include "pf/conf.h"
#include "pf/pf.h"
#include "pf_parse.h"

#include <atf-c.h>
#include <stdio.h>
#include <string.h>

/* em0 has a gigabit, em1 does not know, others are not there. */
static bool link_of(const void *data, const char *name, struct altq_link *ret)
{
	(void)data;
	if (strcmp(name, "em0") != 0 && strcmp(name, "em1") != 0)
		return false;
	*ret = (struct altq_link){
		.ifindex = name[2] - '0' + 1,
		.mtu = 1500,
		.speed = name[2] == '0' ? 1000000000 : 0,
	};
	return true;
}

/* How many refusals; the plan in *ret. */
static unsigned int plan(const struct pf_conf *c, struct altq *ret)
{
	unsigned int n = 0;
	struct err e = ERR_INIT;

	told[0] = '\0';
	ATF_REQUIRE_EQ(0, altq_plan(c->queues, link_of, NULL, true, &sink, ret,
				    &n, &e));
	return n;
}

static const struct altq_class *class_of(const struct altq *a, size_t i,
					 const char *name)
{
	ATF_REQUIRE(i < a->n);
	for (size_t k = 1; k < a->v[i].n; k++)
		if (!strcmp(a->v[i].v[k].q->name, name))
			return &a->v[i].v[k];
	atf_tc_fail("no class %s", name);
}

ATF_TC_WITHOUT_HEAD(bandwidth);
ATF_TC_BODY(bandwidth, tc)
{
	static const struct {
		struct pf_bandwidth b;
		uint64_t want;
	} t[] = {
		{{.set = false}, 1000000},
		{{.set = true, .percent = 100}, 1000000},
		{{.set = true, .percent = 50}, 500000},
		{{.set = true, .percent = 1}, 10000},
		{{.set = true, .percent = 0.5}, 5000},
		{{.set = true, .bits = 64000}, 64000},
		{{.set = true, .bits = 2000000}, 2000000},
		{{.set = true}, 0},
	};

	(void)tc;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		ATF_CHECK_EQ_MSG(
			t[i].want, altq_bits(&t[i].b, 1000000), "%zu: %llu", i,
			(unsigned long long)altq_bits(&t[i].b, 1000000));
}

/* The example of pf.conf(5). */
ATF_TC_WITHOUT_HEAD(cbq);
ATF_TC_BODY(cbq, tc)
{
	cleanup_pf_conf struct pf_conf *c = parse(
		"altq on em0 cbq bandwidth 5Mb queue { std, http, ssh, gone }\n"
		"queue std bandwidth 10% cbq(default)\n"
		"queue http bandwidth 60% priority 2 cbq(borrow red) "
		"{ employees, developers }\n"
		"queue  developers bandwidth 75% cbq(borrow)\n"
		"queue  employees bandwidth 15%\n"
		"queue ssh bandwidth 20% priority 7 qlimit 7 cbq(borrow "
		"ecn)\n");
	cleanup_altq struct altq a = {0};
	const struct altq_class *k;

	(void)tc;
	ATF_CHECK_EQ_MSG(0, plan(c, &a), "%s", told);
	ATF_CHECK_STREQ("", told);
	ATF_REQUIRE_EQ(1, a.n);
	ATF_CHECK_EQ(6, a.v[0].n);
	ATF_CHECK_EQ(5000000, a.v[0].v[0].rate);
	ATF_CHECK_EQ(altq_number(c->queues, "std"), a.v[0].dflt);
	k = class_of(&a, 0, "std");
	ATF_CHECK_EQ(500000, k->rate);
	ATF_CHECK_EQ(500000, k->ceil);
	ATF_CHECK_EQ(6, k->prio);
	ATF_CHECK_EQ(50, k->qlimit);
	ATF_CHECK(k->leaf);
	k = class_of(&a, 0, "http");
	ATF_CHECK_EQ(3000000, k->rate);
	ATF_CHECK_EQ(5000000, k->ceil);
	ATF_CHECK(!k->leaf);
	k = class_of(&a, 0, "developers");
	ATF_CHECK_EQ(2250000, k->rate);
	ATF_CHECK_EQ(5000000, k->ceil);
	ATF_CHECK_EQ(2, k->depth);
	k = class_of(&a, 0, "employees");
	ATF_CHECK_EQ(450000, k->ceil);
	k = class_of(&a, 0, "ssh");
	ATF_CHECK_EQ(0, k->prio);
	ATF_CHECK_EQ(7, k->qlimit);
	ATF_CHECK_EQ(ALTQ_RED, k->queue);
	ATF_CHECK_EQ(0, altq_number(c->queues, "gone"));
	ATF_CHECK_EQ(0, altq_number(NULL, "std"));
}

ATF_TC_WITHOUT_HEAD(interfaces);
ATF_TC_BODY(interfaces, tc)
{
	cleanup_pf_conf struct pf_conf *c =
		parse("altq on { em0 em1 } cbq bandwidth 2Mb queue { a, b }\n"
		      "queue a on em0 bandwidth 25% cbq(default)\n"
		      "queue a on em1 bandwidth 50% cbq(default)\n"
		      "queue b bandwidth 10%\n");
	cleanup_altq struct altq a = {0};
	const uint32_t number = altq_number(c->queues, "a");

	(void)tc;
	ATF_CHECK_EQ_MSG(0, plan(c, &a), "%s", told);
	ATF_REQUIRE_EQ(2, a.n);
	/* one number for a name, on all interfaces */
	ATF_CHECK_EQ(number, class_of(&a, 0, "a")->number);
	ATF_CHECK_EQ(number, class_of(&a, 1, "a")->number);
	ATF_CHECK(number != altq_number(c->queues, "b"));
	ATF_CHECK_EQ(500000, class_of(&a, 0, "a")->rate);
	ATF_CHECK_EQ(1000000, class_of(&a, 1, "a")->rate);
	ATF_CHECK_EQ(200000, class_of(&a, 1, "b")->rate);
}

/* Schedulers are an interface's own. */
ATF_TC_WITHOUT_HEAD(schedulers);
ATF_TC_BODY(schedulers, tc)
{
	cleanup_pf_conf struct pf_conf *c =
		parse("altq on em0 cbq bandwidth 2Mb queue { a, b }\n"
		      "altq on em1 priq bandwidth 1Mb queue { a, b }\n"
		      "queue a on em0 bandwidth 25% cbq(default)\n"
		      "queue a on em1 priority 9 priq(default)\n"
		      "queue b priority 3\n");
	cleanup_altq struct altq a = {0};

	(void)tc;
	ATF_CHECK_EQ_MSG(0, plan(c, &a), "%s", told);
	ATF_CHECK_EQ(500000, class_of(&a, 0, "a")->rate);
	ATF_CHECK_EQ(0, class_of(&a, 1, "a")->prio);
	ATF_CHECK_EQ(4, class_of(&a, 0, "b")->prio);
	ATF_CHECK_EQ(1, class_of(&a, 1, "b")->prio);
}

ATF_TC_WITHOUT_HEAD(speed);
ATF_TC_BODY(speed, tc)
{
	cleanup_pf_conf struct pf_conf *c =
		parse("altq on em0 cbq queue { a }\nqueue a cbq(default)\n");
	cleanup_pf_conf struct pf_conf *half =
		parse("altq on em0 cbq bandwidth 50% queue { a }\n"
		      "queue a cbq(default)\n");
	cleanup_altq struct altq a = {0}, b = {0};

	(void)tc;
	ATF_CHECK_EQ(0, plan(c, &a));
	ATF_CHECK_EQ(1000000000, class_of(&a, 0, "a")->rate);
	ATF_CHECK_EQ(0, plan(half, &b));
	ATF_CHECK_EQ(500000000, class_of(&b, 0, "a")->rate);
}

ATF_TC_WITHOUT_HEAD(priq);
ATF_TC_BODY(priq, tc)
{
	cleanup_pf_conf struct pf_conf *c =
		parse("altq on em0 priq bandwidth 10Mb queue { a, b, c }\n"
		      "queue a priority 15\n"
		      "queue b priq(default)\n"
		      "queue c priority 7 priq(red)\n");
	cleanup_altq struct altq a = {0};

	(void)tc;
	ATF_CHECK_EQ_MSG(0, plan(c, &a), "%s", told);
	ATF_CHECK_EQ(0, class_of(&a, 0, "a")->prio);
	ATF_CHECK_EQ(1, class_of(&a, 0, "c")->prio);
	ATF_CHECK_EQ(2, class_of(&a, 0, "b")->prio);
	ATF_CHECK_EQ(10000000, class_of(&a, 0, "b")->ceil);
}

ATF_TC_WITHOUT_HEAD(hfsc);
ATF_TC_BODY(hfsc, tc)
{
	cleanup_pf_conf struct pf_conf *c =
		parse("altq on em0 hfsc bandwidth 10Mb queue { a, b }\n"
		      "queue a bandwidth 30% hfsc(default linkshare 40% "
		      "upperlimit (8Mb 100 5Mb))\n"
		      "queue b bandwidth 1Mb hfsc(realtime (2Mb 10 1Mb))\n");
	cleanup_altq struct altq a = {0};
	const struct altq_class *k;

	(void)tc;
	ATF_CHECK_EQ_MSG(0, plan(c, &a), "%s", told);
	k = class_of(&a, 0, "a");
	ATF_CHECK_EQ(4000000, k->linkshare.m2);
	ATF_CHECK_EQ(8000000, k->upperlimit.m1);
	ATF_CHECK_EQ(100, k->upperlimit.d);
	ATF_CHECK_EQ(5000000, k->upperlimit.m2);
	ATF_CHECK(!k->realtime.used);
	k = class_of(&a, 0, "b");
	ATF_CHECK_EQ(1000000, k->linkshare.m2);
	ATF_CHECK_EQ(2000000, k->realtime.m1);
}

/* What says more than its parent has, has as much as that; so on FreeBSD. */
ATF_TC_WITHOUT_HEAD(capped);
ATF_TC_BODY(capped, tc)
{
	cleanup_pf_conf struct pf_conf *c =
		parse("altq on em0 hfsc bandwidth 4Mb queue { a c }\n"
		      "queue a bandwidth 1Mb priority 9 { b }\n"
		      "queue b bandwidth 2Mb hfsc(default realtime 300Kb "
		      "upperlimit (9Mb 10 500Kb))\n"
		      "queue c bandwidth 99Mb priority 255 hfsc(realtime "
		      "9Mb)\n");
	cleanup_altq struct altq a = {0};
	const struct altq_class *k;

	(void)tc;
	ATF_CHECK_EQ_MSG(0, plan(c, &a), "%s", told);
	ATF_CHECK_STREQ("", told);
	ATF_CHECK_EQ(1000000, class_of(&a, 0, "a")->rate);
	ATF_CHECK_EQ(4000000, class_of(&a, 0, "c")->rate);
	ATF_CHECK_EQ(4000000, class_of(&a, 0, "c")->realtime.m2);
	k = class_of(&a, 0, "b");
	ATF_CHECK_EQ(1000000, k->rate);
	ATF_CHECK_EQ(1000000, k->linkshare.m2);
	ATF_CHECK_EQ(300000, k->realtime.m2);
	ATF_CHECK_EQ(1000000, k->upperlimit.m1);
	ATF_CHECK_EQ(500000, k->upperlimit.m2);
}

ATF_TC_WITHOUT_HEAD(refused);
ATF_TC_BODY(refused, tc)
{
	static const struct {
		const char *text, *want;
	} t[] = {
		{"altq on em9 cbq bandwidth 1Mb queue { a }\n"
		 "queue a cbq(default)\n",
		 "t:1: interface em9 does not exist\n"},
		{"altq on em1 cbq queue { a }\nqueue a cbq(default)\n",
		 "t:1: interface em1 does not know its bandwidth, please "
		 "specify an absolute bandwidth\n"},
		{"altq on em0 cbq bandwidth 1Mb queue { a }\nqueue a\n",
		 "t:1: should have one default queue on em0\n"},
		{"altq on em0 cbq bandwidth 1Mb queue { a b }\n"
		 "queue a bandwidth 1% cbq(default)\n"
		 "queue b bandwidth 1% cbq(default)\n",
		 "t:3: should have one default queue on em0\n"},
		{"altq on em0 cbq bandwidth 4Mb queue { a }\n"
		 "queue a bandwidth 0% cbq(default)\n",
		 "t:2: queue a has no bandwidth\n"},
		{"altq on em0 cbq bandwidth 4Mb queue { a }\n"
		 "queue a priority 8 cbq(default)\n",
		 "t:2: priority out of range: max 7\n"},
		{"altq on em0 priq bandwidth 4Mb queue { a }\n"
		 "queue a priority 16 priq(default)\n",
		 "t:2: priority out of range: max 15\n"},
		{"altq on em0 priq bandwidth 4Mb queue { a b }\n"
		 "queue a priq(default)\nqueue b priority 1\n",
		 "t:3: b does not have a unique priority on interface em0\n"},
		{"altq on em0 cbq bandwidth 4Mb queue { a }\n"
		 "queue a cbq(default rio)\n",
		 "t:2: rio is not supported\n"},
		{"altq on em0 cbq bandwidth 4Mb queue { a }\n"
		 "altq on em0 priq bandwidth 4Mb queue { b }\n"
		 "queue a cbq(default)\n",
		 "t:2: altq already defined on em0\n"
		 "t:2: should have one default queue on em0\n"},
		{"altq on em0 cbq bandwidth 4Mb queue { a }\n"
		 "queue a bandwidth 50% cbq(default)\n"
		 "queue a bandwidth 50%\n",
		 "t:3: queue a already exists\n"},
		{"altq on em0 cbq bandwidth 4Mb queue { a b }\n"
		 "queue a bandwidth 50% { b }\n"
		 "queue b bandwidth 50% cbq(default)\n",
		 "t:3: queue b already exists on interface em0\n"},
		{"altq on em0 cbq bandwidth 4Mb queue { a }\n"
		 "queue a bandwidth 50% cbq(default) { b }\n"
		 "queue b bandwidth 50%\n",
		 "t:2: default queue a is not a leaf\n"},
		{"altq on em0 priq bandwidth 4Mb "
		 "queue { a b c d e f g h i }\n"
		 "queue a priq(default)\nqueue b priority 2\n"
		 "queue c priority 3\nqueue d priority 4\n"
		 "queue e priority 5\nqueue f priority 6\n"
		 "queue g priority 7\nqueue h priority 8\n"
		 "queue i priority 9\n",
		 "t:1: more than 8 priorities on em0\n"},
		{"altq on em0 priq bandwidth 4Mb queue { a }\n"
		 "queue a priority 200 priq(default)\n",
		 "t:2: priority out of range: max 15\n"},
		{"altq on em0 hfsc bandwidth 4Mb queue { a }\n"
		 "queue a hfsc(default realtime (1Mb 10 2Mb))\n",
		 "t:2: m1 must be zero for convex curve: a\n"},
		{"altq on em0 hfsc bandwidth 4Mb queue { a }\n"
		 "queue a hfsc(default realtime 3Mb upperlimit 2Mb)\n",
		 "t:2: upper-limit sc smaller than real-time sc\n"},
	};

	(void)tc;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		cleanup_pf_conf struct pf_conf *c = parse(t[i].text);
		cleanup_altq struct altq a = {0};

		ATF_CHECK_MSG(plan(c, &a) > 0, "%s", t[i].text);
		ATF_CHECK_STREQ(t[i].want, told);
	}
}

/* Too much together is said, and goes. */
ATF_TC_WITHOUT_HEAD(sum);
ATF_TC_BODY(sum, tc)
{
	cleanup_pf_conf struct pf_conf *c =
		parse("altq on em0 cbq bandwidth 1Mb queue { a b }\n"
		      "queue a bandwidth 60% cbq(default)\n"
		      "queue b bandwidth 60%\n");
	cleanup_altq struct altq a = {0};

	(void)tc;
	ATF_CHECK_EQ(0, plan(c, &a));
	ATF_CHECK_STREQ("t:1: the sum of the child bandwidth (1200000) higher "
			"than parent \"root_em0\" (1000000)\n",
			told);
}

ATF_TC_WITHOUT_HEAD(many);
ATF_TC_BODY(many, tc)
{
	struct pf_queue v[ALTQ_MAX + 1] = {0};
	const struct pf_queues q = {v, ALTQ_MAX + 1};
	const struct pf_conf c = {.queues = (struct pf_queues *)&q};
	cleanup_altq struct altq a = {0};

	(void)tc;
	v[ALTQ_MAX].line = 7;
	ATF_CHECK_EQ(1, plan(&c, &a));
	ATF_CHECK_STREQ("-:7: more than 4096 queues\n", told);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, bandwidth);
	ATF_TP_ADD_TC(tp, cbq);
	ATF_TP_ADD_TC(tp, interfaces);
	ATF_TP_ADD_TC(tp, schedulers);
	ATF_TP_ADD_TC(tp, speed);
	ATF_TP_ADD_TC(tp, priq);
	ATF_TP_ADD_TC(tp, hfsc);
	ATF_TP_ADD_TC(tp, capped);
	ATF_TP_ADD_TC(tp, refused);
	ATF_TP_ADD_TC(tp, sum);
	ATF_TP_ADD_TC(tp, many);
	return atf_no_error();
}
