/*
 * net/: tunnels as words, as attributes of the kernel, and as text.  Attributes
 * that are put are read back as the kernel would tell them; no driver needed.
 */
#include "base/cleanup.h"
#include "base/file.h"
#include "net/ifconfig_impl.h"
#include "net/geneve.h"
#include "net/iptunnel.h"
#include "net/kind.h"
#include "net/kind_rows.h"
#include "net/link.h"
#include "net/vxlan.h"

#include <arpa/inet.h>
#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_arp.h>
#include <linux/if_tunnel.h>
#include <stdlib.h>
#include <string.h>

#define GOLDEN SOURCE_DIR "/tests/golden/ifconfig/"

/* An interface that tells what put() says. */
static struct ifnet told(const char *name, const char *linux_kind,
			 void (*put)(struct nlm *m, const void *data),
			 const void *data)
{
	struct ifnet i = {.index = 7,
			  .flags = IFF_POINTOPOINT | IFF_NOARP,
			  .arptype = ARPHRD_NONE,
			  .mtu = 1280,
			  .nd6 = ND6_PERFORMNUD | ND6_AUTO_LINKLOCAL};
	const struct nlattr *tb[IFLA_MAX + 1], *info[IFLA_INFO_MAX + 1];
	struct link_nest n;
	struct nlm m;

	link_new(&m, name);
	n = link_data(&m, linux_kind);
	put(&m, data);
	link_nest_end(&m, &n);
	ATF_REQUIRE(!m.overflow);
	nl_parse(m.h, sizeof(struct ifinfomsg), tb, IFLA_MAX);
	nl_parse_nested(tb[IFLA_LINKINFO], info, IFLA_INFO_MAX);
	ATF_REQUIRE(info[IFLA_INFO_DATA]);
	i.info = malloc(info[IFLA_INFO_DATA]->nla_len);
	ATF_REQUIRE(i.info);
	memcpy(i.info, info[IFLA_INFO_DATA], info[IFLA_INFO_DATA]->nla_len);
	str_copy(i.name, sizeof(i.name), name);
	str_copy(i.kname, sizeof(i.kname), name);
	str_copy(i.linux_kind, sizeof(i.linux_kind), linux_kind);
	i.kind = ifkind_classify(&i);
	strv_add(&i.groups, i.kind->name);
	return i;
}

static void golden(const char *name, const struct ifnet *i, bool verbose)
{
	const struct ifconfig_opts o = {.verbose = verbose};
	struct ifconfig_facts f = {.has_options = true,
				   .options = BSD_CAP_LINKSTATE};
	const struct ifnets all = {.v = (struct ifnet *)i, .n = 1};
	cleanup_free char *path = str_printf(GOLDEN "%s.txt", name);
	cleanup_strbuf struct strbuf out = STRBUF_INIT;
	cleanup_free char *want = NULL;
	struct err e = ERR_INIT;

	ifconfig_format_ifnet(&all, i, &f, &o, &out);
	if (getenv("CB_GOLDEN_UPDATE"))
		file_write_atomic(AT_FDCWD, path, out.s, 0644, NULL);
	ATF_REQUIRE_MSG(file_read(AT_FDCWD, path, 1 << 16, &want, NULL, &e) >=
				0,
			"%s", e.text);
	ATF_CHECK_MSG(!strcmp(want, out.s), "%s: got\n%s", name, out.s);
}

static const struct {
	const char *name, *linux_kind, *src, *dst;
	uint32_t key;
	bool csum, seq;
} tunnels[] = {
	{"gif0", "sit", "192.0.2.1", "198.51.100.1", 0, false, false},
	{"gif1", "ip6tnl", "2001:db8::1", "2001:db8::2", 0, false, false},
	{"gre0", "gre", "192.0.2.1", "198.51.100.1", 0, false, false},
	{"gre1", "gre", "192.0.2.1", "198.51.100.1", 1, true, true},
	{"gre2", "ip6gre", "2001:db8::1", "2001:db8::2", 0xfffffffe, false,
	 true},
};

ATF_TC_WITHOUT_HEAD(iptunnel);
ATF_TC_BODY(iptunnel, tc)
{
	for (size_t i = 0; i < ARRAY_SIZE(tunnels); i++) {
		struct iptunnel t = {.key = tunnels[i].key,
				     .csum = tunnels[i].csum,
				     .seq = tunnels[i].seq},
				back;
		cleanup_ifnet struct ifnet ifp = {0};
		struct err e = ERR_INIT;

		ATF_REQUIRE_EQ(0, iptunnel_ends(&t, tunnels[i].src,
						tunnels[i].dst, &e));
		ifp = told(tunnels[i].name, tunnels[i].linux_kind,
			   iptunnel_put_of(tunnels[i].linux_kind), &t);
		iptunnel_read(&ifp, &back);
		ATF_CHECK(tunnel_addr_equal(&t.local, &back.local));
		ATF_CHECK(tunnel_addr_equal(&t.remote, &back.remote));
		ATF_CHECK_EQ(t.key, back.key);
		ATF_CHECK_EQ(t.csum, back.csum);
		ATF_CHECK_EQ(t.seq, back.seq);
		ATF_CHECK(!iptunnel_fallback(ifp.linux_kind, ifp.info));
		ifp.flags |= IFF_UP;
		ifp.carrier = true;
		golden(tunnels[i].name, &ifp, false);
	}
}

/* What waits for its ends, and what the driver makes by itself. */
ATF_TC_WITHOUT_HEAD(no_ends);
ATF_TC_BODY(no_ends, tc)
{
	static const char *const kinds[] = {"sit", "gre"};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		cleanup_ifnet struct ifnet idle = {0}, own = {0};
		struct iptunnel t = {.local.family = AF_INET,
				     .remote.family = AF_INET},
				back;

		own = told("x0", kinds[i], iptunnel_put_of(kinds[i]), &t);
		ATF_CHECK(iptunnel_fallback(own.linux_kind, own.info));
		t.local.in.s_addr = htonl(0x7ffe0001);
		t.remote.in.s_addr = htonl(0x7ffe0002);
		idle = told(i ? "gre9" : "gif9", kinds[i],
			    iptunnel_put_of(kinds[i]), &t);
		ATF_CHECK(!iptunnel_fallback(idle.linux_kind, idle.info));
		iptunnel_read(&idle, &back);
		ATF_CHECK_EQ(0, back.local.family);
		idle.flags |= IFF_UP;
		idle.carrier = true;
		golden(i ? "gre9" : "gif9", &idle, false);
	}
}

ATF_TC_WITHOUT_HEAD(ends);
ATF_TC_BODY(ends, tc)
{
	static const struct {
		const char *src, *dst, *text;
	} bad[] = {
		{"x", "10.0.0.1",
		 "error in parsing address string: Name does not resolve"},
		{"10.0.0.1", "10.0.0.1/24",
		 "error in parsing address string: Name does not resolve"},
		{"10.0.0.1", "2001:db8::1",
		 "source and destination address families do not match"},
		{"0.0.0.0", "10.0.0.1",
		 "SIOCSIFPHYADDR: Can't assign requested address"},
		{"10.0.0.1", "224.0.0.1",
		 "SIOCSIFPHYADDR: Can't assign requested address"},
		{"2001:db8::1", "ff02::1",
		 "SIOCSIFPHYADDR_IN6: Can't assign requested address"},
		{"::", "2001:db8::1",
		 "SIOCSIFPHYADDR_IN6: Can't assign requested address"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct iptunnel t = {.key = 7};
		struct err e = ERR_INIT;

		ATF_CHECK(iptunnel_ends(&t, bad[i].src, bad[i].dst, &e) < 0);
		ATF_CHECK_STREQ(bad[i].text, e.text);
		ATF_CHECK_EQ(0, t.local.family);
	}
}

/* All words of a line onto *x; "" or the error. */
static const char *line(struct vxlan *x, const char *text, struct err *e)
{
	cleanup_strv struct strv w = {0};

	strv_split(&w, text, " ");
	vxlan_init(x);
	for (size_t i = 0; i < w.n;) {
		int nargs = 0;
		int r = vxlan_word(x, (int)(w.n - i), w.v + i, &nargs, e);

		if (r < 0)
			return e->text;
		if (!r)
			return "no word";
		i += 1 + (size_t)nargs;
	}
	return vxlan_check(x, e) < 0 ? e->text : "";
}

ATF_TC_WITHOUT_HEAD(vxlan);
ATF_TC_BODY(vxlan, tc)
{
	static const char *const lines[] = {
		"vxlanid 42 vxlanlocal 10.0.0.1 vxlanremote 10.0.0.2",
		"vni 0x10 vxlanlocal 2001:db8::1 vxlanremote 2001:db8::2",
		"vxlanid 7 vxlangroup 239.1.1.1 -vxlanlearn vxlanttl 256 "
		"vxlanportrange 1 2 vxlantimeout 0 vxlanmaxaddr 4294967295 "
		"vxlanlocalport 8472 vxlanremoteport 8472",
		"vxlanid 16777215",
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		cleanup_ifnet struct ifnet ifp = {0};
		cleanup_free char *name = str_printf("vxlan%zu", i);
		struct err e = ERR_INIT;
		struct vxlan x, back;

		ATF_CHECK_STREQ("", line(&x, lines[i], &e));
		ifp = told(name, "vxlan", vxlan_put, &x);
		vxlan_read(ifp.info, &back);
		ATF_CHECK_EQ(x.vni, back.vni);
		ATF_CHECK(tunnel_addr_equal(&x.local, &back.local));
		ATF_CHECK(tunnel_addr_equal(&x.remote, &back.remote));
		ATF_CHECK_EQ(x.remote_port, back.remote_port);
		ATF_CHECK_EQ(x.ttl, back.ttl);
		ATF_CHECK_EQ(x.learn, back.learn);
		ATF_CHECK_EQ(x.port_min, back.port_min);
		ATF_CHECK_EQ(x.port_max, back.port_max);
		ATF_CHECK_EQ(x.timeout, back.timeout);
		ATF_CHECK_EQ(x.maxaddr, back.maxaddr);
		ifp.flags = IFF_UP | IFF_BROADCAST | IFF_MULTICAST;
		ifp.carrier = true;
		golden(name, &ifp, true);
	}
}

ATF_TC_WITHOUT_HEAD(vxlan_bad);
ATF_TC_BODY(vxlan_bad, tc)
{
	static const struct {
		const char *line, *text;
	} bad[] = {
		{"vxlanid -1", "invalid network identifier: -1"},
		{"vxlanid 0x1000000", "invalid network identifier: 0x1000000"},
		{"vxlanid 1x", "invalid network identifier: 1x"},
		{"vxlanid", "'vxlanid' requires argument"},
		{"vxlanlocal nosuch.invalid",
		 "error in parsing local address string: Name does not "
		 "resolve"},
		{"vxlanlocal 239.1.1.1", "local address cannot be multicast"},
		{"vxlanremote ff02::1", "remote address cannot be multicast"},
		{"vxlangroup 10.0.0.1", "group address must be multicast"},
		{"vxlanlocalport 65535", "invalid local port: 65535"},
		{"vxlanremoteport -", "invalid remote port: -"},
		{"vxlanportrange x 1", "invalid port range minimum: x"},
		{"vxlanportrange 1 x", "invalid port range maximum: x"},
		{"vxlanportrange 2 1", "invalid port range"},
		{"vxlanportrange 2", "'vxlanportrange' requires 2 arguments"},
		{"vxlantimeout 4294967296",
		 "invalid timeout value: 4294967296"},
		{"vxlanmaxaddr -1", "invalid maxaddr value: -1"},
		{"vxlanttl 257", "invalid TTL value: 257"},
		{"vxlandev abcdefghijklmnop",
		 "vxlandev abcdefghijklmnop: Device not configured"},
		{"vxlanlocal 10.0.0.1 vxlanremote 2001:db8::1",
		 "cannot mix IPv4 and IPv6 addresses"},
		{"vxlanlocalport 1",
		 "vxlanlocalport and vxlanremoteport: Linux has one port for "
		 "both, make them equal"},
		{"up", "no word"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct err e = ERR_INIT;
		struct vxlan x;

		ATF_CHECK_STREQ(bad[i].text, line(&x, bad[i].line, &e));
	}
}

ATF_TC_WITHOUT_HEAD(geneve);
ATF_TC_BODY(geneve, tc)
{
	static const struct {
		const char *line, *text;
	} rows[] = {
		{"geneveid 42 geneveremote 192.0.2.1", ""},
		{"geneveid 16777215 geneveremote 2001:db8::1 genevettl inherit "
		 "genevedf inherit genevedscpinherit geneveremoteport 9999",
		 ""},
		{"geneveid 1 geneveremote 192.0.2.1 genevemode l3 genevettl 7",
		 ""},
		{"geneveid 16777216", "invalid network identifier: 16777216"},
		{"geneveremote 224.0.0.1",
		 "remote address cannot be multicast"},
		{"geneveremoteport 65535", "invalid remote port: 65535"},
		{"genevettl 257", "invalid TTL value: 257"},
		{"genevedf maybe", "invalid df value: maybe"},
		{"genevemode l4", "invalid inner protocol: l4"},
		{"geneveid", "'geneveid' requires argument"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *name = str_printf("geneve%zu", i);
		cleanup_ifnet struct ifnet ifp = {0};
		cleanup_strv struct strv w = {0};
		struct err e = ERR_INIT;
		struct geneve g, back;
		int nargs = 0, r = 1;

		strv_split(&w, rows[i].line, " ");
		geneve_init(&g);
		for (size_t k = 0; r > 0 && k < w.n; k += 1 + (size_t)nargs)
			r = geneve_word(&g, (int)(w.n - k), w.v + k, &nargs,
					&e);
		ATF_CHECK_STREQ(rows[i].text, e.text);
		if (*rows[i].text)
			continue;
		ifp = told(name, "geneve", geneve_put, &g);
		geneve_read(ifp.info, &back);
		ATF_CHECK_EQ(g.vni, back.vni);
		ATF_CHECK(tunnel_addr_equal(&g.remote, &back.remote));
		ATF_CHECK_EQ(g.port, back.port);
		ATF_CHECK_EQ(g.ttl_inherit, back.ttl_inherit);
		ATF_CHECK_EQ(g.dscp_inherit, back.dscp_inherit);
		ATF_CHECK_EQ(g.df, back.df);
		ATF_CHECK_EQ(g.l3, back.l3);
		ifp.flags = IFF_UP | IFF_BROADCAST | IFF_MULTICAST;
		ifp.carrier = true;
		golden(name, &ifp, true);
	}
}

/* Attributes cut short or of the wrong length are as if absent. */
ATF_TC_WITHOUT_HEAD(short_info);
ATF_TC_BODY(short_info, tc)
{
	struct {
		struct nlattr h, a;
		uint8_t b[4];
	} info = {.h = {sizeof(info), IFLA_INFO_DATA},
		  .a = {sizeof(info.a) + 3, IFLA_VXLAN_LOCAL},
		  .b = {10, 0, 0, 1}};
	struct ifnet ifp = {.info = &info.h};
	struct iptunnel t;
	struct geneve g;
	struct vxlan x;

	vxlan_read(&info.h, &x);
	ATF_CHECK_EQ(VXLAN_NO_VNI, x.vni);
	vxlan_read(NULL, &x);
	geneve_read(&info.h, &g);
	ATF_CHECK(!geneve_ready(&g));
	ATF_CHECK_EQ(VXLAN_NO_VNI, x.vni);
	str_copy(ifp.linux_kind, sizeof(ifp.linux_kind), "gre");
	info.a.nla_type = IFLA_GRE_LOCAL;
	iptunnel_read(&ifp, &t);
	ATF_CHECK_EQ(0, t.local.family);
	ifp.info = NULL;
	iptunnel_read(&ifp, &t);
	ATF_CHECK_EQ(0, t.local.family);
	ATF_CHECK(!iptunnel_fallback(ifp.linux_kind, ifp.info));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, iptunnel);
	ATF_TP_ADD_TC(tp, no_ends);
	ATF_TP_ADD_TC(tp, ends);
	ATF_TP_ADD_TC(tp, vxlan);
	ATF_TP_ADD_TC(tp, vxlan_bad);
	ATF_TP_ADD_TC(tp, geneve);
	ATF_TP_ADD_TC(tp, short_info);
	return atf_no_error();
}
