/*
 * block/map: drawings of topologies made by hand, compared with those in
 * tests/golden/map, which a person has looked at.
 *
 * With MAP_GOLDEN_WRITE=1 in the environment the files are written instead.
 */
#include "base/file.h"
#include "block/map_topo.h"
#include "map_scene.h"

#include <atf-c.h>
#include <fcntl.h>
#include <jansson.h>
#include <locale.h>
#include <wchar.h>

#define GOLDEN SOURCE_DIR "/tests/golden/map/"

/* --- scenes --- */

/* The sketch in essay 2. */
static void scene_essay(struct scene *s)
{
	size_t h = scene_jail(s, -1, "host"), br, snort, other;

	scene_if(s, h, "ixl0", "", "198.51.100.2/24");
	br = scene_bridge(s, h, "bridge0", "192.0.2.1/24");
	snort = scene_jail(s, 0, "snort-jail");
	other = scene_jail(s, 0, "some other jail");
	scene_epair(s, "epair1", h, br, NULL, snort, "192.0.2.2/24");
	scene_epair(s, "epair2", h, br, NULL, other, "192.0.2.3/24");
	scene_gateway(s, h, "198.51.100.1");
	scene_gateway(s, snort, "192.0.2.1");
	scene_gateway(s, other, "192.0.2.1");
}

static void scene_empty(struct scene *s)
{
	scene_jail(s, -1, "host");
}

static void scene_p2p(struct scene *s)
{
	size_t h = scene_jail(s, -1, "host"), a, b;

	a = scene_jail(s, 0, "alcatraz");
	b = scene_jail(s, 0, "bastille");
	scene_epair(s, "epair0", h, SIZE_MAX, "10.0.0.1/30", a, "10.0.0.2/30");
	scene_epair(s, "epair1", a, SIZE_MAX, "10.9.0.1/30", b, "10.9.0.2/30");
}

/* One jail on one bridge twice, and one on two bridges. */
static void scene_two(struct scene *s)
{
	size_t h = scene_jail(s, -1, "host"), lan, dmz, db, web, mail;

	scene_if(s, h, "em0", "", NULL);
	lan = scene_bridge(s, h, "lan0", "10.1.0.1/24");
	dmz = scene_bridge(s, h, "dmz0", "10.2.0.1/24");
	db = scene_jail(s, 0, "db");
	web = scene_jail(s, 0, "web");
	mail = scene_jail(s, 0, "mail");
	scene_epair(s, "epair0", h, lan, NULL, db, "10.1.0.10/24");
	scene_epair(s, "epair1", h, lan, NULL, db, "10.1.0.11/24");
	scene_epair(s, "epair2", h, dmz, NULL, mail, "10.2.0.30/24");
	scene_epair(s, "epair3", h, dmz, NULL, web, "10.2.0.20/24");
	scene_epair(s, "epair4", h, lan, NULL, web, "10.1.0.20/24");
	scene_gateway(s, web, "10.2.0.1");
	scene_member(s, h, dmz, 0);
}

static void scene_span(struct scene *s)
{
	size_t h = scene_jail(s, -1, "snort-lab"), br, w, o, n, ixl;

	br = scene_bridge(s, h, "bridge0", "192.0.2.1/24");
	/* what leads to the gateway stands on top all the same */
	ixl = scene_if(s, h, "ixl0", "veth", "198.51.100.2/24");
	n = scene_jail(s, 0, "internet");
	w = scene_jail(s, 0, "snort");
	o = scene_jail(s, 0, "www");
	scene_epair(s, "epair1", h, br, NULL, w, "192.0.2.2/24");
	scene_epair(s, "epair2", h, br, NULL, o, "192.0.2.3/24");
	scene_epair(s, "epair3", h, SIZE_MAX, NULL, w, NULL);
	strv_add(&scene_ifp(s, h, br)->spans, "epair3a");
	scene_if(s, n, "ixl1", "veth", "198.51.100.1/24");
	s->t.links = scene_grow(s->t.links, &s->t.nlinks, sizeof(*s->t.links));
	s->t.links[s->t.nlinks - 1] = (struct topo_link){0, ixl, n, 0};
	scene_gateway(s, h, "198.51.100.1");
	scene_gateway(s, o, "192.0.2.1");
}

/* Three levels; the innermost has also a cable to the host. */
static void scene_nested(struct scene *s)
{
	size_t h = scene_jail(s, -1, "host"), br, lab, lbr, a, b, bbr, c;

	scene_if(s, h, "ixl0", "", "198.51.100.2/24");
	br = scene_bridge(s, h, "bridge0", "192.0.2.1/24");
	lab = scene_jail(s, 0, "lab");
	scene_epair(s, "epair0", h, br, NULL, lab, "192.0.2.2/24");
	scene_gateway(s, lab, "192.0.2.1");
	lbr = scene_bridge(s, lab, "bridge0", "10.0.0.1/24");
	a = scene_jail(s, (int)lab, "client");
	b = scene_jail(s, (int)lab, "server");
	scene_epair(s, "epair0", lab, lbr, NULL, a, "10.0.0.2/24");
	scene_epair(s, "epair1", lab, lbr, NULL, b, "10.0.0.3/24");
	bbr = scene_bridge(s, b, "bridge0", NULL);
	c = scene_jail(s, (int)b, "worker");
	scene_epair(s, "epair7", b, bbr, NULL, c, "10.7.0.2/24");
	scene_epair(s, "epair9", h, SIZE_MAX, "10.9.0.1/30", c, "10.9.0.2/30");
	scene_jail(s, 0, "lonely");
}

static void scene_router(struct scene *s)
{
	size_t h = scene_jail(s, -1, "host"), b0, b1, r, j;
	char name[32], addr[64];

	b0 = scene_bridge(s, h, "bridge0", NULL);
	b1 = scene_bridge(s, h, "bridge1", NULL);
	r = scene_jail(s, 0, "router");
	scene_epair(s, "epair0", h, b0, NULL, r, "10.0.0.1/24");
	scene_epair(s, "epair1", h, b1, NULL, r, "10.1.0.1/24");
	for (int i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "node%d", i);
		j = scene_jail(s, 0, name);
		snprintf(name, sizeof(name), "epair%d", 2 + i);
		snprintf(addr, sizeof(addr), "10.%d.0.%d/24", i / 2, 10 + i);
		scene_epair(s, name, h, i / 2 ? b1 : b0, NULL, j, addr);
		snprintf(addr, sizeof(addr), "10.%d.0.1", i / 2);
		scene_gateway(s, j, addr);
	}
}

static void scene_many(struct scene *s, int n)
{
	size_t h = scene_jail(s, -1, "host"), br, j;
	char name[32], addr[64];

	scene_if(s, h, "ixl0", "", "198.51.100.2/24");
	br = scene_bridge(s, h, "bridge0", "10.0.0.1/16");
	for (int i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "web%02d", i);
		j = scene_jail(s, 0, name);
		snprintf(name, sizeof(name), "epair%d", i);
		snprintf(addr, sizeof(addr), "10.0.%d.%d/16", i / 200,
			 2 + i % 200);
		scene_epair(s, name, h, br, NULL, j, addr);
	}
}

static void scene_twenty(struct scene *s)
{
	scene_many(s, 20);
}

static void scene_thousand(struct scene *s)
{
	scene_many(s, 1000);
}

/* Names and states that try to break the picture. */
static void scene_hostile(struct scene *s)
{
	size_t h = scene_jail(s, -1, "h\033[31most\n"), br, a, b, c, i;
	char longname[300];

	memset(longname, 'x', sizeof(longname));
	longname[sizeof(longname) - 1] = '\0';
	br = scene_bridge(s, h, "bridge0", NULL);
	a = scene_jail(s, 0, "日本語の刑務所");
	b = scene_jail(s, 0, longname);
	c = scene_jail(s, 0, "\xff\xc0\x80 \u202eevil \u0301");
	scene_epair(s, "epair0", h, br, NULL, a, "192.0.2.2/24");
	i = scene_epair(s, "e\033]0;\a", h, br, NULL, b, "192.0.2.3/24");
	scene_ifp(s, b, i)->flags = 0;
	i = scene_epair(s, "\t\t", h, br, NULL, c, "2001:db8::1/64");
	scene_ifp(s, c, i)->carrier = false;
	scene_jail_at(s, a)->hostname = strdup("名前.example.org");
	scene_jail_at(s, b)->hostname = strdup(longname);
	scene_gateway(s, c, "\r\033[2J");
}

/* Cables that must cross, a jail without vnet, states, other kinds. */
static void scene_mixed(struct scene *s)
{
	size_t h = scene_jail(s, -1, "host"), b[3], j[3], k, i;
	char name[32], addr[64];

	scene_if(s, h, "ixl0", "", "198.51.100.2/24");
	scene_addr(s, h, 0, "2001:db8::2/64");
	scene_addr(s, h, 0, "fe80::1/64");
	i = scene_if(s, h, "ixl1", "", NULL);
	scene_ifp(s, h, i)->flags = 0;
	i = scene_if(s, h, "lo0", "", "127.0.0.1/8");
	scene_ifp(s, h, i)->flags |= IFF_LOOPBACK;
	for (k = 0; k < 3; k++) {
		snprintf(name, sizeof(name), "bridge%zu", k);
		b[k] = scene_bridge(s, h, name, NULL);
	}
	scene_ifp(s, h, b[2])->flags = 0;
	i = scene_if(s, h, "tap0", "tun", NULL);
	scene_ifp(s, h, i)->carrier = false;
	scene_member(s, h, b[0], i);
	for (k = 0; k < 3; k++) {
		snprintf(name, sizeof(name), "j%zu", k);
		j[k] = scene_jail(s, 0, name);
	}
	for (k = 0; k < 9; k++) {
		snprintf(name, sizeof(name), "epair%zu", k);
		snprintf(addr, sizeof(addr), "10.%zu.0.%zu/24", k % 3,
			 k / 3 + 1);
		i = scene_epair(s, name, h, b[k % 3], NULL, j[k / 3], addr);
		if (k == 4)
			scene_ifp(s, j[k / 3], i)->flags = 0;
	}
	k = scene_jail(s, 0, "shared");
	scene_jail_at(s, k)->vnet = false;
	strv_add(&scene_jail_at(s, k)->addrs, "198.51.100.80");
	strv_add(&scene_jail_at(s, k)->addrs, "2001:db8::80");
	scene_gateway(s, h, "198.51.100.1");
	/* a cable nobody has plugged in elsewhere yet */
	scene_epair(s, "epair40", h, SIZE_MAX, NULL, h, NULL);
	scene_jail_at(s, j[0])->hostname = strdup("j0.example.org");
}

/* The netgraph part of essay 1. */
static void scene_netgraph(struct scene *s)
{
	size_t h = scene_jail(s, -1, "host"), igb0, net, www, db, i[6], up;
	struct topo_jail *tj;

	igb0 = scene_if(s, h, "igb0", "veth", "203.0.113.2/24");
	i[1] = scene_if(s, h, "ngeth1", "veth", NULL);
	i[2] = scene_if(s, h, "ngeth2", "veth", NULL);
	i[5] = scene_if(s, h, "ngeth5", "veth", NULL);
	scene_gateway(s, h, "203.0.113.1");
	net = scene_jail(s, 0, "internet");
	up = scene_if(s, net, "uplink0", "veth", "203.0.113.1/24");
	www = scene_jail(s, 0, "www");
	i[0] = scene_if(s, www, "ngeth0", "veth", "203.0.113.10/24");
	i[3] = scene_if(s, www, "ngeth3", "veth", "10.0.0.1/24");
	scene_gateway(s, www, "203.0.113.1");
	db = scene_jail(s, 0, "db");
	i[4] = scene_if(s, db, "ngeth4", "veth", "10.0.0.2/24");
	scene_link(s, h, igb0, net, up);

	tj = scene_jail_at(s, h);
	topo_ng_add(tj, 1, "igb0", "ether", (uint32_t)tj->ifs.v[igb0].index);
	topo_ng_add(tj, 5, "bridge0", "bridge", 0);
	topo_ng_add(tj, 12, "bridge1", "bridge", 0);
	for (uint32_t k = 0; k < 6; k++) {
		char name[16];

		snprintf(name, sizeof(name), "ngeth%u", k);
		topo_ng_add(tj, 20 + k, name, "eiface", 0);
	}
	scene_hooks(s, h, 1, "lower", 5, "link0");
	scene_hooks(s, h, 1, "upper", 5, "link1");
	for (uint32_t k = 0; k < 6; k++) {
		char link[16];

		snprintf(link, sizeof(link), "link%u", 2 + k % 3);
		scene_hooks(s, h, k < 3 ? 5 : 12, link, 20 + k, "ether");
	}
	topo_ng_place(tj, NULL, NULL);
	for (uint32_t k = 0; k < 6; k++) {
		static const size_t in[] = {2, 0, 0, 2, 3, 0};
		char link[16];

		snprintf(link, sizeof(link), "link%u", 2 + k % 3);
		scene_link(s, h, scene_port(s, h, k < 3 ? 5 : 12, link), in[k],
			   i[k]);
	}
}

/* Nodes among themselves, names long and bad, an interface cut in two. */
static void scene_graph(struct scene *s)
{
	size_t h = scene_jail(s, -1, "host"), em0, far;
	struct topo_jail *tj;

	em0 = scene_if(s, h, "em0", "", "192.0.2.1/24");
	far = scene_jail(s, 0, "lab");
	scene_if(s, far, "ngeth0", "veth", "192.0.2.9/24");
	tj = scene_jail_at(s, h);
	topo_ng_add(tj, 1, "em0", "ether", (uint32_t)tj->ifs.v[em0].index);
	topo_ng_add(tj, 3, "a name of thirty-one characters", "hub", 0);
	topo_ng_add(tj, 4, "", "tee", 0);
	topo_ng_add(tj, 5, "\033[31mred\n", "bridge", 0);
	topo_ng_add(tj, 6, "ngctl99", "socket", 0);
	topo_ng_add(tj, 7, "kept", "hub", 0);
	topo_ng_add(tj, 8, "ngeth0", "eiface", 0);
	scene_hooks(s, h, 1, "lower", 3, "wire");
	scene_hooks(s, h, 1, "upper", 4, "left");
	scene_hooks(s, h, 4, "right", 3, "stack");
	scene_hooks(s, h, 3, "x", 5, "link10");
	scene_hooks(s, h, 5, "link2", 8, "ether");
	topo_ng_place(tj, NULL, NULL);
	scene_link(s, h, scene_port(s, h, 3, "stack"), h,
		   scene_port(s, h, 4, "right"));
	scene_link(s, h, scene_port(s, h, 3, "x"), h,
		   scene_port(s, h, 5, "link10"));
	scene_link(s, h, scene_port(s, h, 5, "link2"), far, 0);
}

static const struct {
	const char *name;
	void (*make)(struct scene *s);
	int widths[4];
} scenes[] = {
	{"essay", scene_essay, {80, 60, 40, 0}},
	{"empty", scene_empty, {80, 0}},
	{"p2p", scene_p2p, {80, 40, 0}},
	{"two", scene_two, {80, 60, 0}},
	{"span", scene_span, {80, 60, 0}},
	{"nested", scene_nested, {200, 120, 80, 60}},
	{"router", scene_router, {80, 60, 0}},
	{"twenty", scene_twenty, {80, 60, 0}},
	{"mixed", scene_mixed, {120, 80, 60, 0}},
	{"hostile", scene_hostile, {120, 60, 30, 0}},
	{"netgraph", scene_netgraph, {100, 80, 60, 0}},
	{"graph", scene_graph, {100, 80, 0}},
};

/* --- checks --- */

static void check_golden(const char *file, const struct strbuf *got)
{
	cleanup_free char *want = NULL,
			  *path = str_printf("%s%s", GOLDEN, file);
	struct err e = ERR_INIT;

	if (getenv("MAP_GOLDEN_WRITE")) {
		ATF_CHECK_MSG(
			!file_write_atomic(AT_FDCWD, path, got->s, 0644, &e),
			"%s", e.text);
		return;
	}
	ATF_REQUIRE_MSG(!file_read(AT_FDCWD, path, 1 << 20, &want, NULL, &e),
			"%s", e.text);
	ATF_CHECK_MSG(!strcmp(want, got->s), "%s differs; now it is\n%s", file,
		      got->s);
}

static void draw_scene(size_t n, bool ascii)
{
	for (size_t w = 0; w < 4 && scenes[n].widths[w]; w++) {
		cleanup_strbuf struct strbuf out = STRBUF_INIT;
		cleanup_free char *file = NULL;
		struct map_opts o = {.width = scenes[n].widths[w],
				     .ascii = ascii};
		struct err e = ERR_INIT;
		struct scene s = {0};

		scenes[n].make(&s);
		ATF_CHECK_MSG(!map_boxes(&s.t, &o, &out, &e), "%s", e.text);
		file = str_printf("%s.%d.%s", scenes[n].name, o.width,
				  ascii ? "ascii" : "unicode");
		check_golden(file, &out);
		scene_free(&s);
	}
}

ATF_TC_WITHOUT_HEAD(unicode);
ATF_TC_BODY(unicode, tc)
{
	for (size_t i = 0; i < ARRAY_SIZE(scenes); i++)
		draw_scene(i, false);
}

ATF_TC_WITHOUT_HEAD(ascii);
ATF_TC_BODY(ascii, tc)
{
	for (size_t i = 0; i < ARRAY_SIZE(scenes); i++)
		draw_scene(i, true);
}

ATF_TC_WITHOUT_HEAD(json_and_dot);
ATF_TC_BODY(json_and_dot, tc)
{
	for (size_t i = 0; i < ARRAY_SIZE(scenes); i++) {
		cleanup_strbuf struct strbuf json = STRBUF_INIT;
		cleanup_strbuf struct strbuf dot = STRBUF_INIT;
		cleanup_free char *jf = str_printf("%s.json", scenes[i].name);
		cleanup_free char *df = str_printf("%s.dot", scenes[i].name);
		struct err e = ERR_INIT;
		struct scene s = {0};

		scenes[i].make(&s);
		ATF_CHECK_MSG(!map_json(&s.t, &json, &e), "%s", e.text);
		check_golden(jf, &json);
		ATF_CHECK_MSG(!map_dot(&s.t, &dot, &e), "%s", e.text);
		check_golden(df, &dot);
		scene_free(&s);
	}
}

/* In every namespace of the tests, number N means jail N. */
static bool same_number(void *data, size_t from, int nsid, size_t to)
{
	(void)data;
	(void)from;
	return (size_t)nsid == to;
}

static void peer(struct scene *s, size_t j, size_t i, int link, int nsid)
{
	scene_ifp(s, j, i)->link = link;
	scene_ifp(s, j, i)->link_netnsid = nsid;
}

/*
 * Cables are found though the indexes alone fit several ends: host 2-3 goes
 * to jail 2, not to jail 1 whose cable of the same indexes leaves the map.
 */
ATF_TC_WITHOUT_HEAD(match);
ATF_TC_BODY(match, tc)
{
	struct err e = ERR_INIT;
	struct scene s = {0};
	const struct topo_link *k;

	for (int j = 0; j < 3; j++)
		scene_jail(&s, j ? 0 : -1, "j");
	for (size_t j = 0; j < 3; j++)
		for (int i = 0; i < 4; i++) /* indexes 2 to 5 */
			scene_if(&s, j, "e", i < 3 ? "veth" : "vlan", NULL);
	peer(&s, 0, 0, 3, 2); /* index 2 -> index 3 of jail 2 */
	peer(&s, 2, 1, 2, 0);
	peer(&s, 1, 1, 2, 77); /* same indexes, to somewhere outside */
	peer(&s, 0, 1, 4, -1); /* both ends here */
	peer(&s, 0, 2, 3, -1);
	peer(&s, 1, 3, 5, 2); /* a vlan of a jail's parent is no cable */
	peer(&s, 2, 3, 5, 1);
	ATF_REQUIRE_MSG(!topo_match(&s.t, same_number, NULL, &e), "%s", e.text);
	ATF_REQUIRE_EQ(2, s.t.nlinks);
	k = s.t.links;
	ATF_CHECK(k[0].jail_a == 0 && k[0].if_a == 0);
	ATF_CHECK(k[0].jail_b == 2 && k[0].if_b == 1);
	ATF_CHECK(k[1].jail_a == 0 && k[1].if_a == 1);
	ATF_CHECK(k[1].jail_b == 0 && k[1].if_b == 2);
	scene_free(&s);
}

/* Nothing that was drawn is wider than asked, whatever is drawn. */
ATF_TC_WITHOUT_HEAD(width);
ATF_TC_BODY(width, tc)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	for (size_t i = 0; i < ARRAY_SIZE(scenes); i++)
		for (int w = 24; w <= 200; w += 7) {
			cleanup_strbuf struct strbuf out = STRBUF_INIT;
			struct map_opts o = {.width = w, .all = w % 2};
			struct err e = ERR_INIT;
			struct scene s = {0};
			wchar_t line[4096];
			char *save = NULL;

			scenes[i].make(&s);
			ATF_REQUIRE(!map_boxes(&s.t, &o, &out, &e));
			for (char *p = strtok_r(out.s, "\n", &save); p;
			     p = strtok_r(NULL, "\n", &save)) {
				size_t n = mbstowcs(line, p, 4096);

				ATF_REQUIRE(n < 4096);
				ATF_CHECK_MSG(wcswidth(line, n) <= w &&
						      wcswidth(line, n) > 0,
					      "%s at %d: %s", scenes[i].name, w,
					      p);
			}
			scene_free(&s);
		}
}

/* Nothing is cut where the terminal has room for all of it. */
ATF_TC_WITHOUT_HEAD(uncut);
ATF_TC_BODY(uncut, tc)
{
	for (int w = 28; w <= 60; w++) {
		cleanup_strbuf struct strbuf out = STRBUF_INIT;
		struct map_opts o = {.width = w};
		struct err e = ERR_INIT;
		struct scene s = {0};
		size_t h, br;

		/* the widest rows are ports with a remark */
		h = scene_jail(&s, -1, "h");
		br = scene_bridge(&s, h, "b0", NULL);
		scene_epair(&s, "e1", h, br, NULL, scene_jail(&s, 0, "a"),
			    NULL);
		scene_epair(&s, "e2", h, br, NULL, scene_jail(&s, 0, "b"),
			    NULL);
		for (size_t i = 0; i < s.t.jails[h].ifs.n; i++)
			scene_ifp(&s, h, i)->carrier = false;
		ATF_REQUIRE(!map_boxes(&s.t, &o, &out, &e));
		ATF_CHECK_MSG(!strstr(out.s, "\xe2\x80\xa6"), "%d\n%s", w,
			      out.s);
		scene_free(&s);
	}
}

/* Colours only add escape sequences to the same drawing. */
ATF_TC_WITHOUT_HEAD(colour);
ATF_TC_BODY(colour, tc)
{
	for (size_t i = 0; i < ARRAY_SIZE(scenes); i++) {
		cleanup_strbuf struct strbuf plain = STRBUF_INIT;
		cleanup_strbuf struct strbuf out = STRBUF_INIT;
		cleanup_strbuf struct strbuf stripped = STRBUF_INIT;
		struct map_opts o = {.width = 80};
		struct err e = ERR_INIT;
		struct scene s = {0};

		scenes[i].make(&s);
		ATF_REQUIRE(!map_boxes(&s.t, &o, &plain, &e));
		o.colour = true;
		ATF_REQUIRE(!map_boxes(&s.t, &o, &out, &e));
		for (const char *p = out.s; *p; p++) {
			if (*p == '\033')
				p = strchr(p, 'm');
			else
				strbuf_addch(&stripped, *p);
		}
		ATF_CHECK(strchr(out.s, '\033'));
		ATF_CHECK_STREQ(plain.s, stripped.s);
		scene_free(&s);
	}
}

static char *read_source(const char *path)
{
	cleanup_free char *full = str_printf("%s/%s", SOURCE_DIR, path);
	struct err e = ERR_INIT;
	char *ret = NULL;

	ATF_REQUIRE_MSG(!file_read(AT_FDCWD, full, 1 << 20, &ret, NULL, &e),
			"%s", e.text);
	return ret;
}

static void check_keys(const json_t *v, const char *man)
{
	cleanup_free char *word = NULL;
	const char *key;
	json_t *x;
	size_t i;

	json_array_foreach(v, i, x) check_keys(x, man);
	json_object_foreach((json_t *)v, key, x)
	{
		free(word);
		word = str_printf("Va %s", key);
		ATF_CHECK_MSG(strstr(man, word), "%s is not in the manual page",
			      key);
		check_keys(x, man);
	}
}

/* The manual page shows what is drawn and names every member of the JSON. */
ATF_TC_WITHOUT_HEAD(manual);
ATF_TC_BODY(manual, tc)
{
	cleanup_free char *man = read_source("man/cellblock-map.1");
	cleanup_free char *box = read_source("tests/golden/map/essay.80.ascii");
	cleanup_free char *json = read_source("tests/golden/map/essay.json");
	json_t *v = json_loads(json, 0, NULL);

	ATF_CHECK(strstr(man, box));
	ATF_REQUIRE(v);
	check_keys(v, man);
	json_decref(v);
}

static size_t count_lines(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += *s == '\n';
	return n;
}

/* A thousand jails: folded to a screen, or every one of them. */
ATF_TC_WITHOUT_HEAD(thousand);
ATF_TC_BODY(thousand, tc)
{
	cleanup_strbuf struct strbuf few = STRBUF_INIT, all = STRBUF_INIT;
	struct map_opts o = {.width = 80};
	struct err e = ERR_INIT;
	struct scene s = {0};

	scene_thousand(&s);
	ATF_REQUIRE_MSG(!map_boxes(&s.t, &o, &few, &e), "%s", e.text);
	ATF_CHECK(count_lines(few.s) < 50);
	ATF_CHECK(strstr(few.s, "and 992 more"));
	ATF_CHECK(!strstr(few.s, "web500"));
	o.all = true;
	ATF_REQUIRE_MSG(!map_boxes(&s.t, &o, &all, &e), "%s", e.text);
	ATF_CHECK(count_lines(all.s) > 3000);
	ATF_CHECK(strstr(all.s, "web500"));
	ATF_CHECK(strstr(all.s, "epair999b"));
	scene_free(&s);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, json_and_dot);
	ATF_TP_ADD_TC(tp, thousand);
	ATF_TP_ADD_TC(tp, manual);
	ATF_TP_ADD_TC(tp, match);
	ATF_TP_ADD_TC(tp, width);
	ATF_TP_ADD_TC(tp, uncut);
	ATF_TP_ADD_TC(tp, colour);
	ATF_TP_ADD_TC(tp, unicode);
	ATF_TP_ADD_TC(tp, ascii);
	return atf_no_error();
}
