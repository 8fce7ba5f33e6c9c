/* netgraph/node_ether, node_eiface: nodes of interfaces, without interfaces. */
#include "netgraph/dp.h"
#include "netgraph/iface_roles.h"
#include "netgraph/links.h"
#include "netgraph/type.h"

#include <atf-c.h>
#include <errno.h>
#include <linux/if_arp.h>
#include <netgraph/ng_eiface.h>
#include <netgraph/ng_ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A graph with the interfaces em0 (number 5) and em1.10 (6). */
struct scene {
	struct ng_dp *dp;
	struct ng_graph *g;
};

static struct ng_link link_of(uint32_t ifindex, const char *name)
{
	struct ng_link l = {.ifindex = ifindex,
			    .arptype = ARPHRD_ETHER,
			    .mac = {2, 0, 0, 0, 0, (uint8_t)ifindex},
			    .carrier = true,
			    .netnsid = -1};

	snprintf(l.name, sizeof(l.name), "%s", name);
	return l;
}

static void scene_arrive(struct scene *s, uint32_t ifindex, const char *name)
{
	struct ng_link l = link_of(ifindex, name);

	ATF_REQUIRE_EQ(0, ether_arrived(s->g, &l));
}

static struct scene scene_new(void)
{
	struct scene s = {0};

	ATF_REQUIRE_EQ(0, dp_memory(&s.dp));
	ATF_REQUIRE_EQ(0, ng_graph_new(s.dp, &s.g));
	scene_arrive(&s, 5, "em0");
	scene_arrive(&s, 6, "em1.10");
	return s;
}

static void scene_end(struct scene *s)
{
	ng_graph_free(&s->g);
	dp_free(&s->dp);
}

static struct ng_node *node(struct scene *s, const char *name)
{
	struct ng_node *n = ng_node_by_name(s->g, name);

	ATF_REQUIRE_MSG(n != NULL, "no node %s", name);
	return n;
}

/* Send n a message; the answer's arguments, if any, are in out. */
static int tell(struct ng_node *n, uint32_t cookie, uint32_t cmd,
		const void *arg, size_t len, void *out, size_t room)
{
	struct ng_reply reply = {0};
	struct ng_mesg *m = calloc(1, sizeof(*m) + len);
	int r;

	ATF_REQUIRE(m != NULL);
	m->header.version = NG_VERSION;
	m->header.typecookie = cookie;
	m->header.cmd = cmd;
	m->header.arglen = (uint32_t)len;
	if (len)
		memcpy(m->data, arg, len);
	r = ng_message(n, n, NULL, m, &reply);
	free(m);
	if (reply.msg && out) {
		ATF_REQUIRE(reply.msg->m.header.arglen <= room);
		memcpy(out, reply.msg->m.data, reply.msg->m.header.arglen);
	}
	free(reply.msg);
	return r;
}

static uint32_t ask_u32(struct ng_node *n, uint32_t cmd)
{
	uint32_t v = 4711;

	ATF_REQUIRE_EQ(0,
		       tell(n, NGM_ETHER_COOKIE, cmd, NULL, 0, &v, sizeof(v)));
	return v;
}

static int set_u32(struct ng_node *n, uint32_t cmd, uint32_t v)
{
	return tell(n, NGM_ETHER_COOKIE, cmd, &v, sizeof(v), NULL, 0);
}

ATF_TC_WITHOUT_HEAD(names);
ATF_TC_BODY(names, tc)
{
	struct scene s = scene_new();
	struct ng_link l = link_of(5, "wan0");
	struct ng_node *n = node(&s, "em0");

	/* what means something in addresses is replaced */
	ATF_CHECK(ng_node_by_name(s.g, "em1_10") != NULL);
	/* renamed with its interface, whatever it was called meanwhile */
	ether_seen(n, &l, false);
	ATF_CHECK_STREQ("wan0", n->name);
	ATF_REQUIRE_EQ(0, ng_node_rename(n, "outside"));
	ether_seen(n, &l, false);
	ATF_CHECK_STREQ("outside", n->name);
	l = link_of(5, "em0");
	ether_seen(n, &l, false);
	ATF_CHECK_STREQ("em0", n->name);
	/* a node that has the name keeps it */
	ATF_REQUIRE_EQ(0, ng_node_rename(node(&s, "em1_10"), "x"));
	ATF_REQUIRE_EQ(0, ng_mkpeer(n, "lower", "link0", "bridge", NULL));
	ATF_REQUIRE_EQ(0, ng_node_rename(n->hooks->peer->node, "em2"));
	scene_arrive(&s, 7, "em2");
	ATF_CHECK(ng_node_by_ifindex(s.g, 7) == NULL);
	scene_end(&s);
}

/* Two interfaces that have changed their names. */
ATF_TC_WITHOUT_HEAD(swapped);
ATF_TC_BODY(swapped, tc)
{
	struct scene s = scene_new();
	struct ng_link a = link_of(5, "em1.10"), b = link_of(6, "em0");
	struct ng_node *x = node(&s, "em0"), *y = node(&s, "em1_10");

	ether_seen(x, &a, true);
	ether_seen(y, &b, true);
	ATF_CHECK_STREQ("em1_10", x->name);
	ATF_CHECK_STREQ("em0", y->name);
	scene_end(&s);
}

ATF_TC_WITHOUT_HEAD(ether_hooks);
ATF_TC_BODY(ether_hooks, tc)
{
	struct scene s = scene_new();
	struct ng_node *n = node(&s, "em0"), *b;
	const struct ngd_node *d = dp_node(s.dp, n->slot);

	ATF_CHECK_EQ(-EINVAL, ng_mkpeer(n, "sideways", "a", "hub", NULL));
	ATF_CHECK_EQ(0, ng_mkpeer(n, "divert", "link0", "bridge", &b));
	ATF_CHECK_EQ(-EISCONN, ng_connect(n, "lower", b, "link1"));
	ATF_CHECK_EQ(-EEXIST, ng_connect(n, "divert", b, "link1"));
	ATF_CHECK_EQ(0, ng_connect(n, "upper", b, "link1"));
	ATF_CHECK_EQ(0, ng_connect(n, "orphans", b, "link2"));
	ATF_CHECK_EQ(n->role[NGD_ETHER_LOWER]->slot, d->hook[NGD_ETHER_LOWER]);
	ATF_CHECK_EQ(n->role[NGD_ETHER_UPPER]->slot, d->hook[NGD_ETHER_UPPER]);
	ATF_CHECK_EQ(n->role[NGD_ETHER_ORPHANS]->slot,
		     d->hook[NGD_ETHER_ORPHANS]);
	ATF_CHECK_EQ(5, d->ifindex);
	/* none can be made */
	ATF_CHECK_EQ(-EINVAL, ng_mkpeer(b, "link3", "lower", "ether", NULL));
	scene_end(&s);
}

ATF_TC_WITHOUT_HEAD(ether_life);
ATF_TC_BODY(ether_life, tc)
{
	struct scene s = scene_new();
	struct ng_node *n = node(&s, "em0");
	ng_ID_t id = n->id;

	ATF_CHECK_EQ(0, ng_mkpeer(n, "lower", "link0", "bridge", NULL));
	ATF_CHECK_EQ(0, set_u32(n, NGM_ETHER_SET_PROMISC, 7));
	ATF_CHECK_EQ(0, set_u32(n, NGM_ETHER_SET_AUTOSRC, 1));
	ATF_CHECK_EQ(1, ask_u32(n, NGM_ETHER_GET_PROMISC));
	ATF_CHECK_EQ(1, ask_u32(n, NGM_ETHER_GET_AUTOSRC));
	ATF_CHECK_EQ(NGD_ETHER_AUTOSRC,
		     dp_node(s.dp, n->slot)->conf[NGD_ETHER_FLAGS]);
	/* shutdown only resets */
	ng_node_shutdown(n);
	n = node(&s, "em0");
	ATF_CHECK_EQ(id, n->id);
	ATF_CHECK_EQ(0, n->nhooks);
	ATF_CHECK_EQ(0, ask_u32(n, NGM_ETHER_GET_PROMISC));
	ATF_CHECK_EQ(0, ask_u32(n, NGM_ETHER_GET_AUTOSRC));
	/* so does the end of the last hook */
	ATF_CHECK_EQ(0, ng_mkpeer(n, "upper", "link0", "bridge", NULL));
	ATF_CHECK_EQ(0, set_u32(n, NGM_ETHER_SET_AUTOSRC, 1));
	ng_hook_destroy(n->hooks);
	ATF_CHECK_EQ(0, ask_u32(n, NGM_ETHER_GET_AUTOSRC));
	/* the end of the interface is its end, and so is detach */
	ATF_CHECK_EQ(0, ng_mkpeer(n, "lower", "link0", "bridge", NULL));
	ether_gone(n);
	ATF_CHECK(ng_node_by_name(s.g, "em0") == NULL);
	ATF_CHECK(ng_node_by_ifindex(s.g, 5) == NULL);
	ATF_CHECK_EQ(0, tell(node(&s, "em1_10"), NGM_ETHER_COOKIE,
			     NGM_ETHER_DETACH, NULL, 0, NULL, 0));
	ATF_CHECK_EQ(0, ng_node_count(s.g));
	scene_end(&s);
}

ATF_TC_WITHOUT_HEAD(ether_messages);
ATF_TC_BODY(ether_messages, tc)
{
	struct scene s = scene_new();
	struct ng_node *n = node(&s, "em0");
	const uint8_t mac[6] = {2, 1, 2, 3, 4, 5};
	char name[16] = "";
	uint8_t out[6];

	ATF_CHECK_EQ(0, tell(n, NGM_ETHER_COOKIE, NGM_ETHER_GET_IFNAME, NULL, 0,
			     name, sizeof(name)));
	ATF_CHECK_STREQ("em0", name);
	ATF_CHECK_EQ(5, ask_u32(n, NGM_ETHER_GET_IFINDEX));
	ATF_CHECK_EQ(0, tell(n, NGM_ETHER_COOKIE, NGM_ETHER_SET_ENADDR, mac, 6,
			     NULL, 0));
	ATF_CHECK_EQ(0, tell(n, NGM_ETHER_COOKIE, NGM_ETHER_GET_ENADDR, NULL, 0,
			     out, sizeof(out)));
	ATF_CHECK_EQ(0, memcmp(mac, out, 6));
	/* arguments of another size, other commands, other types' */
	ATF_CHECK_EQ(-EINVAL, tell(n, NGM_ETHER_COOKIE, NGM_ETHER_SET_ENADDR,
				   mac, 5, NULL, 0));
	ATF_CHECK_EQ(-EINVAL, tell(n, NGM_ETHER_COOKIE, NGM_ETHER_SET_PROMISC,
				   mac, 1, NULL, 0));
	ATF_CHECK_EQ(-EINVAL, tell(n, NGM_ETHER_COOKIE, NGM_ETHER_ADD_MULTI,
				   mac, 4, NULL, 0));
	ATF_CHECK_EQ(-EADDRNOTAVAIL,
		     tell(n, NGM_ETHER_COOKIE, NGM_ETHER_ADD_MULTI, mac, 6,
			  NULL, 0));
	ATF_CHECK_EQ(-EINVAL, tell(n, NGM_ETHER_COOKIE, 0, NULL, 0, NULL, 0));
	ATF_CHECK_EQ(-EINVAL, tell(n, NGM_ETHER_COOKIE, 12, NULL, 0, NULL, 0));
	ATF_CHECK_EQ(-EINVAL, tell(n, NGM_EIFACE_COOKIE, 1, NULL, 0, NULL, 0));
	scene_end(&s);
}

ATF_TC_WITHOUT_HEAD(units);
ATF_TC_BODY(units, tc)
{
	struct scene s = scene_new();
	struct ng_node *b, *n;
	char link[16];

	ATF_REQUIRE_EQ(
		0, ng_mkpeer(node(&s, "em0"), "lower", "link0", "bridge", &b));
	for (int i = 1; i <= 4; i++) {
		snprintf(link, sizeof(link), "link%d", i);
		ATF_REQUIRE_EQ(0, ng_mkpeer(b, link, "ether", "eiface", &n));
	}
	ATF_CHECK_STREQ("ngeth3", n->name);
	/* the unit is free with its node, not with its name */
	ATF_REQUIRE_EQ(0, ng_node_rename(node(&s, "ngeth1"), "virt0"));
	ng_node_shutdown(node(&s, "ngeth2"));
	ATF_REQUIRE_EQ(0, ng_mkpeer(b, "link8", "ether", "eiface", &n));
	ATF_CHECK_STREQ("ngeth2", n->name);
	ATF_REQUIRE_EQ(0, ng_mkpeer(b, "link9", "ether", "ng_eiface", &n));
	ATF_CHECK_STREQ("ngeth4", n->name);
	/* another node has its name: then it has none, but its interface */
	ng_node_shutdown(n);
	ATF_REQUIRE_EQ(0, ng_node_rename(b, "ngeth4"));
	ATF_REQUIRE_EQ(0, ng_mkpeer(b, "link9", "ether", "eiface", &n));
	ATF_CHECK_STREQ("", n->name);
	ATF_CHECK_EQ(0, tell(n, NGM_EIFACE_COOKIE, NGM_EIFACE_GET_IFNAME, NULL,
			     0, link, sizeof(link)));
	ATF_CHECK_STREQ("ngeth4", link);
	scene_end(&s);
}

ATF_TC_WITHOUT_HEAD(eiface);
ATF_TC_BODY(eiface, tc)
{
	struct scene s = scene_new();
	struct ng_node *b, *n;

	ATF_REQUIRE_EQ(
		0, ng_mkpeer(node(&s, "em0"), "lower", "link0", "bridge", &b));
	ATF_CHECK_EQ(-EPFNOSUPPORT,
		     ng_mkpeer(b, "link1", "lower", "eiface", NULL));
	/* what failed is gone */
	ATF_CHECK(ng_node_by_name(s.g, "ngeth0") == NULL);
	ATF_REQUIRE_EQ(0, ng_mkpeer(b, "link1", "ether", "eiface", &n));
	ATF_CHECK_EQ(-EEXIST, ng_connect(n, "ether", b, "link2"));
	ATF_CHECK_EQ(-EPFNOSUPPORT, ng_connect(n, "other", b, "link2"));
	/* it stays when its hook goes, and takes another */
	ng_node_shutdown(b);
	n = node(&s, "ngeth0");
	ATF_CHECK_EQ(0, n->nhooks);
	ATF_CHECK_EQ(0, ng_mkpeer(n, "ether", "link0", "bridge", NULL));
	ATF_CHECK_EQ(-EINVAL, tell(n, NGM_EIFACE_COOKIE, NGM_EIFACE_SET, "x", 1,
				   NULL, 0));
	ATF_CHECK_EQ(-EINVAL, tell(n, NGM_EIFACE_COOKIE, 9, NULL, 0, NULL, 0));
	ATF_CHECK_EQ(-EINVAL, tell(n, NGM_ETHER_COOKIE, 1, NULL, 0, NULL, 0));
	/* what flows along is heard, or passed over */
	ATF_CHECK_EQ(0, tell(n, NGM_FLOW_COOKIE, NGM_LINK_IS_DOWN, NULL, 0,
			     NULL, 0));
	ATF_CHECK_EQ(0, tell(n, NGM_FLOW_COOKIE, 99, NULL, 0, NULL, 0));
	/* shutdown ends it, and so does the end of its interface */
	ng_node_shutdown(n);
	ATF_CHECK(ng_node_by_name(s.g, "ngeth0") == NULL);
	ATF_REQUIRE_EQ(
		0, ng_mkpeer(node(&s, "em0"), "upper", "ether", "eiface", &n));
	eiface_gone(n);
	ATF_CHECK_EQ(2, ng_node_count(s.g));
	scene_end(&s);
}

/* The link of an interface goes down: eiface nodes behind lower hear of it. */
ATF_TC_WITHOUT_HEAD(link_state);
ATF_TC_BODY(link_state, tc)
{
	struct scene s = scene_new();
	struct ng_link l = link_of(5, "em0");
	struct ng_node *n;

	ATF_REQUIRE_EQ(
		0, ng_mkpeer(node(&s, "em0"), "lower", "ether", "eiface", &n));
	ATF_CHECK(eiface_link(n));
	l.carrier = false;
	ether_seen(node(&s, "em0"), &l, false);
	ATF_CHECK(!eiface_link(n));
	l.carrier = true;
	ether_seen(node(&s, "em0"), &l, false);
	ATF_CHECK(eiface_link(n));
	scene_end(&s);
}

/* Somebody has to be there to pass such news on, to whoever is behind. */
ATF_TC_WITHOUT_HEAD(link_news);
ATF_TC_BODY(link_news, tc)
{
	static const struct {
		const char *type, *hook;
		bool heeds;
	} peers[] = {
		{"eiface", "ether", true},    {"one2many", "many0", true},
		{"tee", "left", true},	      {"vlan", "downstream", true},
		{"bridge", "link0", false},   {"hub", "a", false},
		{"etf", "downstream", false},
	};
	struct scene s = scene_new();
	struct ng_node *em0 = node(&s, "em0"), *n;

	for (size_t i = 0; i < sizeof(peers) / sizeof(peers[0]); i++) {
		ATF_REQUIRE_EQ(0, ng_mkpeer(em0, "lower", peers[i].hook,
					    peers[i].type, &n));
		ATF_CHECK_EQ_MSG(peers[i].heeds, em0->busy, "%s",
				 peers[i].type);
		ng_node_shutdown(n);
		ATF_CHECK(!em0->busy);
	}
	/* what the stack sends has no link */
	ATF_REQUIRE_EQ(0, ng_mkpeer(em0, "upper", "left", "tee", NULL));
	ATF_CHECK(!em0->busy);
	scene_end(&s);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, names);
	ATF_TP_ADD_TC(tp, swapped);
	ATF_TP_ADD_TC(tp, ether_hooks);
	ATF_TP_ADD_TC(tp, ether_life);
	ATF_TP_ADD_TC(tp, ether_messages);
	ATF_TP_ADD_TC(tp, units);
	ATF_TP_ADD_TC(tp, eiface);
	ATF_TP_ADD_TC(tp, link_state);
	ATF_TP_ADD_TC(tp, link_news);
	return atf_no_error();
}
