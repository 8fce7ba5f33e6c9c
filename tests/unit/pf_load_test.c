/* Models into the kernel and back: whole, refused, changed, never half. */
#include "pf/conf.h"
#include "pf/kernel.h"
#include "pf/load.h"
#include "pf/nft.h"
#include "pf/nft_gen.h"
#include "pf/print.h"
#include "pf/store.h"
#include "pf_parse.h"

#include <atf-c.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

/* A vnet of its own, opened. */
struct world {
	struct vnet *v;
	struct pf_kernel *k;
};

static struct world world(void)
{
	struct world w = {0};
	struct err e = ERR_INIT;

	ATF_REQUIRE_EQ(0, unshare(CLONE_NEWNET));
	ATF_REQUIRE_EQ_MSG(0, vnet_open(-1, NULL, &w.v, &e), "%s", e.text);
	ATF_REQUIRE_EQ_MSG(0, pf_kernel_open(w.v, &w.k, &e), "%s", e.text);
	return w;
}

static void end(struct world *w)
{
	pf_kernel_close(&w->k);
	vnet_free(&w->v);
}

static int load(const struct world *w, const char *path, const char *text,
		unsigned int what)
{
	cleanup_pf_conf struct pf_conf *c = parse(text);
	struct err e = ERR_INIT;

	const int r = pf_load(w->k, c, path, what, &sink, &e);

	if (r < 0)
		fprintf(stderr, "%s\n", e.text);
	return r;
}

static void check_loaded(const struct world *w, const char *want)
{
	cleanup_pf_conf struct pf_conf *c = NULL, *like = parse(want);
	cleanup_strbuf struct strbuf a = STRBUF_INIT, b = STRBUF_INIT;
	struct err e = ERR_INIT;

	ATF_REQUIRE_EQ_MSG(0, pf_loaded(w->k, &c, &e), "%s", e.text);
	pf_print_conf(&a, c);
	pf_print_conf(&b, like);
	ATF_CHECK_STREQ(b.s, a.s);
}

#define RULES                                                                  \
	"set skip on lo0\n"                                                    \
	"nat on em0 inet from 10.0.0.0/8 to any -> 192.0.2.1\n"                \
	"block return in log all\n"                                            \
	"anchor \"in\" on em0 {\n"                                             \
	"  pass in proto tcp from any to any port 22 keep state (max 3)\n"     \
	"}\n"                                                                  \
	"pass out inet6 proto icmp6 all icmp6-type echoreq\n"

ATF_TC_WITHOUT_HEAD(roundtrip);
ATF_TC_BODY(roundtrip, tc)
{
	struct world w = world();
	struct err e = ERR_INIT;
	uint32_t flags = 0;

	check_loaded(&w, "");
	ATF_REQUIRE_EQ_MSG(0, load(&w, "", RULES, PF_LOAD_ALL), "%s", told);
	check_loaded(&w, RULES);
	/* loading does not enable */
	ATF_REQUIRE_EQ(0, nft_table_flags(w.k->nf, &flags, &e));
	ATF_CHECK(flags & NFT_TABLE_F_DORMANT);
	ATF_CHECK_EQ(0, pf_enable(w.k, true, &e));
	ATF_CHECK_EQ(-EEXIST, pf_enable(w.k, true, &e));
	ATF_CHECK_STREQ("pf already enabled", e.text);
	/* nor does it disable */
	ATF_REQUIRE_EQ(0, load(&w, "", "pass\n", PF_LOAD_ALL));
	ATF_REQUIRE_EQ(0, nft_table_flags(w.k->nf, &flags, &e));
	ATF_CHECK(!(flags & NFT_TABLE_F_DORMANT));
	check_loaded(&w, "pass\n");
	ATF_CHECK_EQ(0, pf_enable(w.k, false, &e));
	ATF_CHECK_EQ(-EEXIST, pf_enable(w.k, false, &e));
	end(&w);
}

ATF_TC_WITHOUT_HEAD(refused);
#define LATE_SCRUB                                                             \
	"match with scrub, set or queue: only scrub, tos, prio, by "           \
	"interface, "                                                          \
	"protocol, "                                                           \
	"fixed addresses and ports, in front of quick rules for the same "     \
	"packets; or say it in the rule that passes\n"
ATF_TC_BODY(refused, tc)
{
	struct world w = world();

	ATF_REQUIRE_EQ(0, load(&w, "", RULES, PF_LOAD_ALL));
	ATF_CHECK_EQ(-EOPNOTSUPP,
		     load(&w, "",
			  "pass out proto tcp to port 80 synproxy state\n"
			  "pass in proto tcp to port 80 user root\n",
			  PF_LOAD_ALL));
	ATF_CHECK(strstr(told, "t:1: synproxy state of packets that go out is "
			       "not supported\n"));
	ATF_CHECK(strstr(told, "t:2: user and group are known of outgoing"));
	ATF_CHECK_EQ(-EOPNOTSUPP,
		     load(&w, "",
			  "pass in on em0 inet proto tcp to port 8 "
			  "rdr-to 10.0.0.2 synproxy state\n"
			  "block return out\n"
			  "pass in on em0 route-to (em1 10.0.0.2) inet "
			  "proto tcp synproxy state\n",
			  PF_LOAD_ALL));
	ATF_CHECK_STREQ("t:1: synproxy state with rdr-to, beside block return "
			"out and nat-to, is not supported\n"
			"t:3: synproxy state with route-to or rtable, beside "
			"block return out and nat-to, is not supported\n",
			told);
	ATF_CHECK_EQ(-EOPNOTSUPP,
		     load(&w, "",
			  "pass in from urpf-failed no state\n"
			  "block from no-route to any\n"
			  "pass in keep state (allow-related)\n"
			  "pass in keep state (max 50, adaptive.end 60)\n"
			  "pass in keep state (max 50)\n"
			  "pass in keep state (max 50, adaptive.start 1, "
			  "adaptive.end 60)\n"
			  "match in inet proto tcp scrub (no-df)\n"
			  "block quick from 10.0.0.1\n"
			  "match from <t> scrub (min-ttl 5)\n"
			  "match from 10.0.0.2 tos 4 set tos 5\n"
			  "match set prio 5\n"
			  "match proto tcp flags S/SA scrub (no-df)\n"
			  "match proto tcp flags S/SA scrub (max-mss 900)\n"
			  "pass quick\n"
			  "match out scrub (random-id)\n",
			  PF_LOAD_ALL));
	ATF_CHECK_STREQ("t:2: from no-route and urpf-failed are known of "
			"incoming packets only: say \"in\"\n"
			"t:3: allow-related: conntrack knows no more of SCTP's "
			"addresses than it is told\n"
			"t:6: adaptive.start, adaptive.end: conntrack has no "
			"timeouts that shrink\n"
			"t:9: " LATE_SCRUB "t:10: " LATE_SCRUB
			"t:12: " LATE_SCRUB "t:15: " LATE_SCRUB,
			told);
	ATF_CHECK_EQ(-EOPNOTSUPP,
		     load(&w, "",
			  "match out log (matches) on em0 inet nat-to (em0)\n"
			  "match in log (matches) proto tcp\n"
			  "match in log (matches, to pflog1) proto udp\n",
			  PF_LOAD_ALL));
	ATF_CHECK_STREQ("t:1: log (matches) beside nat-to or rdr-to: say it in "
			"a match rule of its own\n"
			"t:3: log (matches) to another interface than line 2\n",
			told);
	/* a word for each interface, which the SYN to the server has not */
	ATF_CHECK_EQ(-EOPNOTSUPP,
		     load(&w, "",
			  "set state-policy if-bound\n"
			  "pass in on em0 proto tcp synproxy state\n"
			  "pass in proto tcp synproxy state\n"
			  "pass out\n"
			  "pass in on ! em0\n",
			  PF_LOAD_ALL));
	ATF_CHECK_STREQ("t:3: synproxy state (if-bound): say on which "
			"interface, or (floating)\n",
			told);
	check_loaded(&w, RULES);
	/* what only the kernel refuses: an anchor that calls itself */
	ATF_CHECK(load(&w, "", "anchor \"a\" {\n  anchor \"/a\"\n  pass\n}\n",
		       PF_LOAD_ALL) < 0);
	check_loaded(&w, RULES);
	end(&w);
}

/* What the number of a gate leads to, as the kernel has it. */
static void check_gate(const struct world *w, unsigned int k,
		       const char *ifname)
{
	struct pf_gates g = {0};
	struct err e = ERR_INIT;

	ATF_REQUIRE_EQ_MSG(0, pf_gates_read(w->k->nf, &g, &e), "%s", e.text);
	ATF_CHECK_STREQ(ifname, g.v[k].ifname);
}

#define TO(n) "pass in route-to (em" #n " 10.0." #n ".1)\n"

static void ways(struct strbuf *to, unsigned int first, unsigned int last)
{
	strbuf_free(to);
	for (unsigned int i = first; i <= last; i++)
		strbuf_addf(to, "pass in route-to (em%u 10.0.%u.1)\n", i, i);
}

ATF_TC_WITHOUT_HEAD(gates);
ATF_TC_BODY(gates, tc)
{
	cleanup_strbuf struct strbuf text = STRBUF_INIT;
	struct world w = world();

	ATF_REQUIRE_EQ(0, load(&w, "", TO(1) TO(2), PF_LOAD_ALL));
	check_gate(&w, 1, "em1");
	check_gate(&w, 2, "em2");
	/* numbers stay, also of one that no rule names for a while */
	ATF_REQUIRE_EQ(0, load(&w, "", TO(3) TO(2), PF_LOAD_ALL));
	check_gate(&w, 1, "em1");
	check_gate(&w, 2, "em2");
	check_gate(&w, 3, "em3");
	/* until it is needed */
	ways(&text, 4, 64);
	ATF_REQUIRE_EQ(0, load(&w, "", text.s, PF_LOAD_ALL));
	check_gate(&w, 63, "em63");
	check_gate(&w, 1, "em64");
	ways(&text, 1, 64);
	ATF_CHECK_EQ(-EOPNOTSUPP, load(&w, "", text.s, PF_LOAD_ALL));
	ATF_CHECK_STREQ("t:1: more than 63 ways of route-to, reply-to, dup-to "
			"and rtable\n",
			told);
	ATF_REQUIRE_EQ(0, load(&w, "", "pass\n", PF_LOAD_ALL));
	check_gate(&w, 1, "");
	ATF_CHECK_EQ(-EOPNOTSUPP,
		     load(&w, "",
			  "pass in route-to (em0 <t>)\n"
			  "pass in route-to (em0 10.0.0.0/24)\n"
			  "pass in dup-to { (em0 10.0.0.1), (em1 10.1.0.1) }\n"
			  "pass in route-to (em0 10.0.0.1) rtable 3\n"
			  "match in rtable 3\n",
			  PF_LOAD_ALL));
	ATF_CHECK_STREQ("t:1: the next hop is to be one address, no table\n"
			"t:2: the next hop is to be one address, no net\n"
			"t:3: dup-to leads to one place only\n"
			"t:4: rtable beside route-to has no effect: leave one\n"
			"t:5: rtable: say it in the rule that passes\n",
			told);
	end(&w);
}

/* Where translations in filter rules cannot be. */
ATF_TC_WITHOUT_HEAD(natto);
ATF_TC_BODY(natto, tc)
{
	struct world w = world();

	ATF_CHECK_EQ(-EOPNOTSUPP,
		     load(&w, "",
			  "nat on em0 inet from any to any -> 192.0.2.1\n"
			  "block in\n"
			  "pass in quick on em2 inet from 10.0.0.1\n"
			  "match in inet proto tcp to port 80 rdr-to 10.0.0.9\n"
			  "match out on em0 inet nat-to { 10.0.0.7 10.0.0.8 } "
			  "sticky-address\n"
			  "pass out on em1 inet nat-to 192.0.2.0/28 random\n"
			  "pass out on em1 inet6 nat-to 2001:db8::1\n",
			  PF_LOAD_ALL));
	ATF_CHECK_STREQ("t:4: match with rdr-to is to stand in front of line "
			"3: what it changes is changed before any rule\n",
			told);
	ATF_CHECK_EQ_MSG(
		0,
		load(&w, "",
		     "nat on em0 inet from any to any -> 192.0.2.1\n"
		     "block in\n"
		     "pass out quick on em2 inet from 10.0.0.1\n"
		     "match in inet proto tcp to port 80 rdr-to 10.0.0.9\n"
		     "match out on em0 inet nat-to { 10.0.0.7 10.0.0.8 } "
		     "sticky-address\n"
		     "pass out on em1 inet nat-to 192.0.2.0/28 random\n"
		     "pass out on em1 inet6 nat-to 2001:db8::1\n",
		     PF_LOAD_ALL),
		"%s", told);
	ATF_CHECK_EQ(-EOPNOTSUPP,
		     load(&w, "",
			  "rdr on em0 inet proto tcp to port 1 -> 10.0.0.1\n"
			  "nat on em0 inet from any to any -> 192.0.2.1\n"
			  "pass out on em0 inet nat-to 192.0.2.2\n"
			  "pass in on em1 inet rdr-to 192.0.2.2\n"
			  "pass in on em1 inet nat-to 192.0.2.2\n"
			  "pass in on em1 inet6 af-to inet from 192.0.2.2\n",
			  PF_LOAD_ALL));
	ATF_CHECK_STREQ(
		"t:5: nat-to is for packets that go out: say \"out\"\n"
		"t:6: af-to: Linux has no translation between IPv4 and IPv6 "
		"(nftables and conntrack keep the family)\n"
		"t:3: nat-to of a rule that passes, beside nat, binat or match "
		"with nat-to on the same interface: say it in these, too\n"
		"t:4: rdr-to of a rule that passes, beside rdr, binat or match "
		"with rdr-to: say it in these, too\n",
		told);
	end(&w);
}

ATF_TC_WITHOUT_HEAD(parts);
ATF_TC_BODY(parts, tc)
{
	struct world w = world();

	ATF_REQUIRE_EQ(0, load(&w, "",
			       "set timeout udp.multiple 77\n"
			       "nat on em0 inet from any to any -> 192.0.2.1\n"
			       "block in\nanchor \"x\"\n",
			       PF_LOAD_ALL));
	ATF_REQUIRE_EQ(
		0, load(&w, "", "pass out\nanchor \"x\"\n", PF_LOAD_FILTER));
	check_loaded(&w, "set timeout udp.multiple 77\n"
			 "nat on em0 inet from any to any -> 192.0.2.1\n"
			 "pass out\nanchor \"x\"\n");
	ATF_REQUIRE_EQ(0, load(&w, "", "", PF_LOAD_NAT));
	check_loaded(&w, "set timeout udp.multiple 77\n"
			 "pass out\nanchor \"x\"\n");
	end(&w);
}

/* Numbers of rules lead back to them, over all lists and anchors. */
ATF_TC_WITHOUT_HEAD(numbers);
ATF_TC_BODY(numbers, tc)
{
	cleanup_pf_conf struct pf_conf *c = parse(RULES);
	cleanup_gen struct gen g = {0};
	const struct pf_anchor *a = NULL;
	struct err e = ERR_INIT;
	unsigned int n, nr = 99;
	int by = 99, i, l;

	ATF_REQUIRE_EQ(0, gen_init(&g, c, NULL, NULL, &e));
	ATF_CHECK_EQ(5, g.nrules);
	for (n = 0, i = 0; i < (int)g.nnodes; i++)
		for (l = 0; l < PF_NLISTS; l++)
			n += (unsigned int)g.node[i].a->list[l].n;
	ATF_CHECK_EQ(n, g.nrules);
	ATF_CHECK_EQ(0, pf_rule_where(c, 0, &a, &nr, &by));
	ATF_CHECK(a == c->root && nr == 0 && by == -1);
	ATF_CHECK_EQ(0, pf_rule_where(c, 4, &a, &nr, &by));
	ATF_CHECK_STREQ("in", a->path);
	ATF_CHECK_EQ(0, nr);
	ATF_CHECK_EQ(1, by);
	ATF_CHECK_EQ(-ENOENT, pf_rule_where(c, 5, &a, &nr, &by));
	ATF_CHECK_EQ(-ENOENT, pf_rule_where(c, -1, &a, &nr, &by));
}

/* What does not fit is an error once at the end, not half a message. */
ATF_TC_WITHOUT_HEAD(builder);
ATF_TC_BODY(builder, tc)
{
	static char big[70000];
	cleanup_nfb struct nfb b;
	struct world w = world();
	struct err e = ERR_INIT;
	size_t len;
	uint32_t i, cookie = 0;

	nfb_init(&b);
	nfb_table(&b, 0);
	len = b.len;
	nfb_rule(&b, "none");
	nfe_imm_u32(&b, NFR(0), 1);
	nfb_rule_cancel(&b);
	ATF_CHECK_EQ(len, b.len);
	nfb_set(&b, &(struct nfb_set){
			    .name = "s", .ktype = NFB_TYPE_MARK, .klen = 4});
	nfb_elems(&b, "s", false);
	for (i = 0; i < 20000; i++)
		nfb_elem(&b, &(struct nfb_elem){.key = &i, .klen = 4});
	nfb_elems_end(&b);
	ATF_CHECK(b.nmsg > 5);
	ATF_CHECK_EQ_MSG(0, nfb_commit(&b, w.k->nf, 0, &cookie, &e), "%s",
			 e.text);
	nfb_free(&b);
	/* the kernel says which message it was */
	nfb_table(&b, 0);
	b.cookie = 7;
	nfb_rule(&b, "none");
	nfb_rule_end(&b);
	ATF_CHECK_EQ(-ENOENT, nfb_commit(&b, w.k->nf, 0, &cookie, &e));
	ATF_CHECK_EQ(7, cookie);
	nfb_free(&b);
	/* somebody else was faster */
	nfb_table(&b, 0);
	ATF_CHECK_EQ(-ERESTART, nfb_commit(&b, w.k->nf, 9999, &cookie, &e));
	nfb_free(&b);
	nfb_begin(&b, NFT_MSG_NEWTABLE, 0);
	nfb_put(&b, NFTA_TABLE_USERDATA, big, sizeof(big));
	nfb_end(&b);
	ATF_CHECK_EQ(-ENOMEM, nfb_commit(&b, w.k->nf, 0, &cookie, &e));
	end(&w);
}

/* A jail's root may write there what it likes. */
ATF_TC_WITHOUT_HEAD(hostile_store);
ATF_TC_BODY(hostile_store, tc)
{
	cleanup_nfb struct nfb b;
	cleanup_pf_conf struct pf_conf *c = NULL;
	struct pf_meta m = {.generation = 3};
	struct world w = world();
	struct err e = ERR_INIT;

	nfb_init(&b);
	nfb_table(&b, 0);
	pf_store_put(&b, &m, "pass in on on on\n", 17);
	ATF_REQUIRE_EQ(0, nfb_commit(&b, w.k->nf, 0, NULL, &e));
	ATF_CHECK(pf_loaded(w.k, &c, &e) < 0);
	/* the next whole load puts it right */
	ATF_CHECK_EQ(0, load(&w, "", RULES, PF_LOAD_ALL));
	check_loaded(&w, RULES);
	end(&w);
}

/* "CHAIN LETTER..." of the kernel rules that stand for rules for Ethernet. */
static int note_ether(const struct nft_rule_info *r, void *data, struct err *e)
{
	const uint8_t *u = r->udata;
	struct strbuf *b = data;

	(void)e;
	strbuf_addf(b, "%s", r->chain);
	if (r->udata_len == 5)
		strbuf_addf(b, " %c%u", u[0], u[1]);
	strbuf_addch(b, '\n');
	return 0;
}

static void check_ether(const struct world *w, const char *want)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	struct err e = ERR_INIT;

	ATF_REQUIRE_EQ_MSG(0,
			   nft_each_rule_of(w->k->nf, NFPROTO_NETDEV, NULL,
					    note_ether, NULL, &b, &e),
			   "%s", e.text);
	ATF_CHECK_STREQ(want, b.s);
}

ATF_TC_WITHOUT_HEAD(ether);
ATF_TC_BODY(ether, tc)
{
	struct world w = world();
	struct err e = ERR_INIT;

	/* two families of a table are two kernel rules; one is for out only */
	ATF_REQUIRE_EQ_MSG(0,
			   load(&w, "",
				"ether block in proto 0x0800\n"
				"ether anchor \"x\" in {\n"
				"  ether pass quick l3 from <t> to any tag a\n"
				"}\n"
				"ether pass out\n"
				"block in tagged a\n",
				PF_LOAD_ALL),
			   "%s", told);
	check_ether(&w, "judge/in\njudge/in\njudge/in\n"
			"decide/in\n"
			"rules/in/0 E0\nrules/in/0 R0\n"
			"rules/in/0 E1\nrules/in/0\n"
			"rules/in/1 E4\nrules/in/1 R4\nrules/in/1 R4\n"
			"judge/out\njudge/out\njudge/out\njudge/out\n"
			"decide/out\n"
			"rules/out/0 E2\nrules/out/0 R2\n"
			"rules/out/1 E4\nrules/out/1 R4\nrules/out/1 R4\n");
	/* anchors alone; nothing is judged where no rule is */
	ATF_REQUIRE_EQ(0, load(&w, "", "ether anchor \"x\"\n", PF_LOAD_ALL));
	ATF_CHECK(!nft_has_table(w.k->nf, NFPROTO_NETDEV));
	ATF_REQUIRE_EQ(0, load(&w, "x",
			       "ether anchor \"x\" {\n  ether block in\n}\n",
			       PF_LOAD_ETHER));
	check_ether(&w, "judge/in\njudge/in\njudge/in\ndecide/in\n"
			"rules/in/0 E0\nrules/in/0\n"
			"rules/in/1 E1\nrules/in/1 R1\n");
	/* with the rules of IP they neither come nor go */
	ATF_REQUIRE_EQ(0, load(&w, "", "pass\n", PF_LOAD_FILTER));
	ATF_CHECK(nft_has_table(w.k->nf, NFPROTO_NETDEV));
	/* what is refused leaves all as it was */
	ATF_CHECK_EQ(-EOPNOTSUPP,
		     load(&w, "", "ether pass\nether pass in queue q\n",
			  PF_LOAD_ALL));
	ATF_CHECK_STREQ("t:2: queue is not supported for Ethernet\n", told);
	ATF_CHECK_EQ(-EOPNOTSUPP,
		     load(&w, "", "ether pass dnpipe 1\n", PF_LOAD_ALL));
	ATF_CHECK_STREQ("t:1: dnpipe is not supported\n", told);
	ATF_CHECK(nft_has_table(w.k->nf, NFPROTO_NETDEV));
	ATF_CHECK_EQ(0, pf_enable(w.k, true, &e));
	ATF_REQUIRE_EQ(0, load(&w, "", "pass\n", PF_LOAD_ALL));
	ATF_CHECK(!nft_has_table(w.k->nf, NFPROTO_NETDEV));
	ATF_CHECK_EQ(0, pf_enable(w.k, false, &e));
	end(&w);
}

/* What a jail's root has written is no list, and none is made of it. */
static void hostile_list(const struct world *w)
{
	static const char *const names[] = {"", "e\033[2J", "lo"};
	cleanup_strv struct strv ifs = {0};
	struct err e = ERR_INIT;

	for (size_t i = 0; i < 3; i++) {
		cleanup_nfb struct nfb b;
		const uint32_t at = i == 2 ? 7 : 0;
		char name[IFNAMSIZ] = "";

		snprintf(name, sizeof(name), "%s", names[i]);
		nfb_init(&b);
		nfb_set_flush(&b, GEN_BOUND_IFS);
		nfb_elems(&b, GEN_BOUND_IFS, false);
		nfb_elem(&b, &(struct nfb_elem){.key = name,
						.klen = IFNAMSIZ,
						.data = &at,
						.dlen = sizeof(at)});
		nfb_elems_end(&b);
		ATF_REQUIRE_EQ(0, nfb_commit(&b, w->k->nf, 0, NULL, &e));
		ATF_CHECK_EQ(-EBADMSG,
			     gen_bound_read(w->k->nf, &ifs, NULL, NULL));
	}
	/* the same rules, and a list anew */
	ATF_REQUIRE_EQ(0, load(w, "",
			       "set state-policy if-bound\nblock\npass out\n",
			       PF_LOAD_ALL));
	ATF_REQUIRE_EQ(0, gen_bound_read(w->k->nf, &ifs, NULL, &e));
	ATF_CHECK_EQ(1, ifs.n);
}

ATF_TC_WITHOUT_HEAD(pairs);
ATF_TC_BODY(pairs, tc)
{
	cleanup_strv struct strv ifs = {0};
	const char *name = NULL;
	struct world w = world();
	struct pf_mark m;
	struct err e = ERR_INIT;
	uint32_t label[4] = {0};
	size_t first = 0;
	int i = 5;

	/* rules 0 to 9, and that of translations, on interfaces 0, 1, ... */
	ATF_CHECK_EQ(3, gen_word_rule(GEN_VALID | 4, 10, &i));
	ATF_CHECK_EQ(-1, i);
	ATF_CHECK_EQ(10, gen_word_rule(GEN_VALID | 11, 10, &i));
	ATF_CHECK_EQ(-1, i);
	ATF_CHECK_EQ(-1, gen_word_rule(GEN_VALID | 7u << 20, 10, NULL));
	for (unsigned int n = 0; n <= 10; n++)
		for (unsigned int k = 0; k < 5; k++) {
			const unsigned int p = gen_pair(10, n, k);

			ATF_CHECK_EQ((int)n, gen_word_rule(p + 1, 10, &i));
			ATF_CHECK_EQ((int)k, i);
		}
	ATF_CHECK_EQ(0, gen_word_rule(gen_pair(0, 0, 8) + 1, 0, &i));
	ATF_CHECK_EQ(8, i);
	/* as they are loaded: the vnet has lo alone */
	ATF_REQUIRE_EQ_MSG(0,
			   load(&w, "",
				"set state-policy if-bound\nblock\npass out\n",
				PF_LOAD_ALL),
			   "%s", told);
	ATF_CHECK_STREQ("", told);
	ATF_REQUIRE_EQ(0, gen_bound_read(w.k->nf, &ifs, &first, &e));
	ATF_REQUIRE_EQ(1, ifs.n);
	ATF_CHECK_EQ(1, first);
	ATF_CHECK_STREQ("lo", ifs.v[0]);
	label[GEN_LABEL_X] = GEN_VALID | 1u << GEN_GEN_SHIFT | 2;
	label[GEN_LABEL_Y] =
		GEN_VALID | 1u << GEN_GEN_SHIFT | (gen_pair(2, 1, 0) + 1);
	ATF_REQUIRE_EQ(0, pf_mark_of(w.k, label, &m));
	ATF_CHECK_EQ(1, m.x_rule);
	ATF_CHECK_EQ(NULL, m.x_if);
	ATF_CHECK_EQ(1, m.y_rule);
	ATF_REQUIRE(m.y_if);
	ATF_CHECK_STREQ("lo", m.y_if);
	hostile_list(&w);
	/* one that is skipped has no states */
	ATF_REQUIRE_EQ(0, load(&w, "",
			       "set skip on lo\n"
			       "set state-policy if-bound\npass\n",
			       PF_LOAD_ALL));
	strv_free(&ifs);
	ATF_REQUIRE_EQ(0, gen_bound_read(w.k->nf, &ifs, &first, &e));
	ATF_CHECK_EQ(0, ifs.n);
	ATF_CHECK_EQ(1, pf_word_rule(w.k, 2, &name));
	/* nothing of it without such rules */
	ATF_REQUIRE_EQ(0, load(&w, "", "pass in on lo0 keep state (if-bound)\n",
			       PF_LOAD_ALL));
	ATF_CHECK_EQ(-ENOENT, gen_bound_read(w.k->nf, &ifs, NULL, NULL));
	end(&w);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, roundtrip);
	ATF_TP_ADD_TC(tp, refused);
	ATF_TP_ADD_TC(tp, gates);
	ATF_TP_ADD_TC(tp, natto);
	ATF_TP_ADD_TC(tp, parts);
	ATF_TP_ADD_TC(tp, numbers);
	ATF_TP_ADD_TC(tp, pairs);
	ATF_TP_ADD_TC(tp, builder);
	ATF_TP_ADD_TC(tp, hostile_store);
	ATF_TP_ADD_TC(tp, ether);
	return atf_no_error();
}
