/* netgraph/node_{pipe,car,source,gif_demux}: their messages, and data in the
 * broker. */
#include "ng_scene.h"

#include "netgraph/car_data.h"
#include "netgraph/types_traffic.h"

#include <netgraph/ng_pipe.h>

/* probes p and q with a node of that type between them, upper at p */
static struct ng_node *between(const char *type)
{
	struct ng_node *p = probe("p"), *q = probe("q"), *n;

	ATF_REQUIRE_EQ(0, ng_mkpeer(p, "a", "upper", type, &n));
	ATF_REQUIRE_EQ(0, ng_connect(q, "b", n, "lower"));
	return n;
}

#define IS(word, arg, text) ATF_CHECK_STREQ(text, msg(at("p:"), n, word, arg))
#define DEFAULTS "queuelen=50 fifo=1 droptail=1"

ATF_TC_WITHOUT_HEAD(pipe_settings);
ATF_TC_BODY(pipe_settings, tc)
{
	struct ng_node *n;

	scene_begin();
	n = between("pipe");
	ATF_CHECK_EQ(-EINVAL, ng_connect(at("p:"), "c", n, "other"));
	IS("getcfg", NULL,
	   "{ downstream={ " DEFAULTS " } upstream={ " DEFAULTS " } }");
	/* a bandwidth for both says what the framing is */
	IS("setcfg", "{ bandwidth=64000 delay=20000 }", "");
	IS("getcfg", NULL,
	   "{ bandwidth=64000 delay=20000 overhead=10 downstream={ " DEFAULTS
	   " } upstream={ " DEFAULTS " } }");
	IS("setcfg", "{ bandwidth=10000000 }", "");
	IS("getcfg", NULL,
	   "{ bandwidth=10000000 delay=20000 overhead=24 downstream={ " DEFAULTS
	   " } upstream={ " DEFAULTS " } }");
	/* what is out of its limits changes nothing */
	IS("setcfg",
	   "{ bandwidth=99 delay=10000000 overhead=256 header_offset=64 "
	   "upstream={ queuelen=4 delaylen=4 duplicate=51 "
	   "BER=1000000000001 } }",
	   "");
	IS("getcfg", NULL,
	   "{ bandwidth=10000000 delay=20000 overhead=24 downstream={ " DEFAULTS
	   " } upstream={ " DEFAULTS " } }");
	IS("setcfg",
	   "{ bandwidth=-1 delay=-1 upstream={ bandwidth=1000 queuelen=5 "
	   "delaylen=7 duplicate=50 drr=1 drophead=1 } }",
	   "");
	IS("getcfg", NULL,
	   "{ downstream={ " DEFAULTS " } upstream={ bandwidth=1000 queuelen=5 "
	   "delaylen=7 duplicate=50 drr=2048 drophead=1 } }");
	/* a direction without a bandwidth has one queue again */
	IS("setcfg", "{ upstream={ bandwidth=-1 duplicate=-1 wfq=1 } }", "");
	IS("getcfg", NULL,
	   "{ downstream={ " DEFAULTS
	   " } upstream={ queuelen=5 delaylen=7 fifo=1 drophead=1 } }");
	scene_end();
}

ATF_TC_WITHOUT_HEAD(pipe_queues);
ATF_TC_BODY(pipe_queues, tc)
{
	const struct ngd_node *d;
	struct ng_node *n;

	scene_begin();
	n = between("pipe");
	d = dp_node(scene.dp, n->slot);
	ATF_CHECK_EQ(0, d->conf[0]);
	ATF_CHECK_EQ(0, scene.busy);
	IS("setcfg", "{ delay=1000 }", "");
	/* both directions, a lease, and a broker that stays */
	ATF_CHECK_EQ(3, d->conf[0]);
	ATF_CHECK_EQ(1, scene.busy);
	ATF_CHECK(dp_state(scene.dp, n->slot)->word[7] > 0);
	send_text(at("p:"), "a", "x1");
	send_text(at("p:"), "a", "x2");
	IS("getrun", NULL,
	   "{ downstream={ delayedOctets=4 delayedFrames=2 } }");
	while (strlen(scene.seen) < 10)
		scene_run_timer();
	ATF_CHECK_STREQ("b:x1;b:x2;", scene.seen);
	IS("getstats", NULL, "{ downstream={ FwdOctets=4 FwdFrames=2 } }");
	IS("getclrstats", NULL, "{ downstream={ FwdOctets=4 FwdFrames=2 } }");
	IS("getstats", NULL, "{}");
	/* what waits still waits; then nobody is needed any more */
	send_text(at("q:"), "b", "y");
	IS("setcfg", "{ delay=-1 }", "");
	ATF_CHECK_EQ(2, d->conf[0]);
	scene.seen[0] = '\0';
	while (!scene.seen[0])
		scene_run_timer();
	ATF_CHECK_STREQ("a:y;", scene.seen);
	ATF_CHECK_EQ(0, d->conf[0]);
	ATF_CHECK_EQ(0, scene.busy);
	scene_end();
}

ATF_TC_WITHOUT_HEAD(pipe_end);
ATF_TC_BODY(pipe_end, tc)
{
	struct ng_node *n;

	scene_begin();
	n = between("pipe");
	/* a wire that is broken */
	IS("setcfg", "{ upstream={ BER=1 } }", "");
	ATF_REQUIRE(scene.said != NULL);
	ATF_CHECK_EQ(NGM_FLOW_COOKIE, scene.said->header.typecookie);
	ATF_CHECK_EQ(NGM_LINK_IS_DOWN, scene.said->header.cmd);
	IS("setcfg", "{ upstream={ BER=-1 } }", "");
	ATF_CHECK_EQ(NGM_LINK_IS_UP, scene.said->header.cmd);
	/* its end joins what it was between, whatever waits */
	IS("setcfg", "{ delay=1000 }", "");
	send_text(at("p:"), "a", "lost");
	ng_node_shutdown(n);
	ATF_CHECK_EQ(2, ng_node_count(scene.g));
	send_text(at("p:"), "a", "direct");
	ATF_CHECK_STREQ("b:direct;", scene.seen);
	scene_end();
}

#define FULL                                                                   \
	"cbs=8192 ebs=8192 cir=10240 "                                         \
	"greenAction=1 yellowAction=1 redAction=2"

ATF_TC_WITHOUT_HEAD(car);
ATF_TC_BODY(car, tc)
{
	static const char *const bad[] = {
		"{ upstream={ " FULL " } }",
		"{ upstream={ " FULL " } downstream={ cbs=1 cir=1000000001 } }",
		"{ upstream={ " FULL " } downstream={ cbs=1 pir=1000000001 } }",
		"{ upstream={ " FULL " } downstream={ cbs=1 mode=3 } }",
		"{ upstream={ " FULL " } downstream={ cbs=1 mode=4 } }",
		"{ upstream={ cbs=1 opt=2 cir=976563 } downstream={ " FULL
		" } }",
	};
	const struct ngd_state *s;
	struct ng_node *n;

	scene_begin();
	n = between("car");
	s = dp_state(scene.dp, n->slot);
	IS("getconf", NULL,
	   "{ upstream={ " FULL " } downstream={ " FULL " } }");
	ATF_CHECK_EQ(8192, s->word[NGD_CAR_TC]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		IS("setconf", bad[i], "Invalid argument");
	IS("getconf", NULL,
	   "{ upstream={ " FULL " } downstream={ " FULL " } }");
	IS("setconf",
	   "{ upstream={ cbs=10 ebs=20 cir=100 opt=2 } downstream={ cbs=1 } }",
	   "");
	IS("getconf", NULL,
	   "{ upstream={ cbs=10 ebs=20 cir=100 opt=2 } downstream={ cbs=1 } }");
	ATF_CHECK_EQ(1280, s->word[NGD_CAR_WORDS + NGD_CAR_TC]);
	ATF_CHECK_EQ(0, scene.busy);
	/* shape: what comes up waits its turn */
	IS("setconf",
	   "{ downstream={ cbs=1 cir=1000000 mode=3 } upstream={ " FULL " } }",
	   "");
	ATF_CHECK_EQ(1, scene.busy);
	send_text(at("p:"), "a", "x1");
	send_text(at("p:"), "a", "x2");
	while (strlen(scene.seen) < 10)
		scene_run_timer();
	ATF_CHECK_STREQ("b:x1;b:x2;", scene.seen);
	IS("getstats", NULL, "{ downstream={ passed=2 yellow=2 } }");
	ATF_CHECK_EQ(0, s->word[NGD_CAR_TE]);
	/* a hundred have room, the longer the queue the fewer are let in */
	IS("setconf",
	   "{ downstream={ cbs=1 cir=1 mode=3 } upstream={ " FULL " } }", "");
	for (int i = 0; i < 300; i++)
		ng_send_data(ng_hook_by_name(at("p:"), "a"), "x", 1);
	scene_drain();
	ATF_CHECK(strstr(msg(at("p:"), n, "getstats", NULL), " droped=") !=
		  NULL);
	scene_end();
}

ATF_TC_WITHOUT_HEAD(source);
ATF_TC_BODY(source, tc)
{
	struct ng_node *p, *n;

	scene_begin();
	p = probe("p");
	ATF_REQUIRE_EQ(0, ng_mkpeer(p, "in", "input", "source", &n));
	ATF_REQUIRE_EQ(0, ng_connect(probe("q"), "o", n, "output"));
	ATF_CHECK_EQ(-EINVAL, ng_connect(p, "c", n, "other"));
	IS("start", "3", "No such device or address");
	IS("setiface", "\"em0\"", "");
	send_text(p, "in", "1");
	send_text(p, "in", "2");
	ATF_CHECK_EQ(1, scene.busy);
	IS("start", "3", "");
	IS("start", "3", "Device or resource busy");
	scene_run_timer();
	ATF_CHECK_STREQ("o:1;o:2;o:1;", scene.seen);
	ATF_CHECK(strstr(msg(p, n, "getclrstats", NULL),
			 "{ outOctets=3 outFrames=3 queueOctets=2 "
			 "queueFrames=2 ") != NULL);
	IS("getstats", NULL, "{ queueOctets=2 queueFrames=2 }");
	IS("setcounter", "{ offset=0 width=3 index=0 }", "Invalid argument");
	IS("setcounter", "{ offset=0 width=1 index=4 }", "Invalid argument");
	IS("getcounter", "4", "Invalid argument");
	/* '7' to '9' and around, after the packet that was kept last */
	IS("setcounter",
	   "{ offset=0x0 flags=0x3 width=1 next_val=55 min_val=55 max_val=57 "
	   "increment=1 index=1 }",
	   "");
	scene.seen[0] = '\0';
	IS("start", "6", "");
	while (strlen(scene.seen) < 24)
		scene_run_timer();
	ATF_CHECK_STREQ("o:7;o:8;o:8;o:9;o:9;o:7;", scene.seen);
	IS("getcounter", "1",
	   "{ flags=0x3 width=1 next_val=55 min_val=55 max_val=57 "
	   "increment=1 index=1 }");
	IS("clrdata", NULL, "");
	ATF_CHECK_EQ(0, scene.busy);
	/* it goes with its output */
	ng_hook_destroy(ng_hook_by_name(at("q:"), "o"));
	ATF_CHECK_EQ(2, ng_node_count(scene.g));
	scene_end();
}

ATF_TC_WITHOUT_HEAD(gif_demux);
ATF_TC_BODY(gif_demux, tc)
{
	struct ng_node *p, *n;

	scene_begin();
	p = probe("p");
	ATF_REQUIRE_EQ(0, ng_mkpeer(p, "a", "gif", "gif_demux", &n));
	ATF_CHECK_EQ(1, scene.busy);
	ATF_CHECK_EQ(-EPFNOSUPPORT, ng_connect(p, "b", n, "inet7"));
	ATF_CHECK_EQ(0, ng_connect(p, "4", n, "inet"));
	ATF_CHECK_EQ(0, ng_connect(p, "6", n, "inet6"));
	ATF_CHECK_EQ(-EEXIST, ng_connect(p, "7", n, "inet"));
	/* the byte comes and goes */
	send_text(p, "4", "four");
	send_text(p, "6", "six");
	ATF_CHECK_STREQ("a:\002four;a:\034six;", scene.seen);
	scene.seen[0] = '\0';
	send_text(p, "a", "\034SIX");
	send_text(p, "a", "\002FOUR");
	ATF_CHECK_STREQ("6:SIX;4:FOUR;", scene.seen);
	scene.seen[0] = '\0';
	/* no such family, a hook that is not there */
	ATF_REQUIRE_EQ(0, ng_send_data(ng_hook_by_name(p, "a"), "x", 1));
	ATF_CHECK_EQ(-EINVAL, ng_graph_drain(scene.g));
	ATF_REQUIRE_EQ(0, ng_send_data(ng_hook_by_name(p, "a"), "\036x", 2));
	ATF_CHECK_EQ(-ENETDOWN, ng_graph_drain(scene.g));
	ATF_CHECK_STREQ("", scene.seen);
	/* it stays without hooks, as FreeBSD's */
	ng_node_shutdown(p);
	ATF_CHECK_EQ(1, ng_node_count(scene.g));
	ng_node_shutdown(n);
	scene_end();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, pipe_settings);
	ATF_TP_ADD_TC(tp, pipe_queues);
	ATF_TP_ADD_TC(tp, pipe_end);
	ATF_TP_ADD_TC(tp, car);
	ATF_TP_ADD_TC(tp, source);
	ATF_TP_ADD_TC(tp, gif_demux);
	return atf_no_error();
}
