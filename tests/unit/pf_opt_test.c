/*
 * pf/opt: an optimised ruleset judges every packet as the one that was written.
 * Rulesets and packets are made up, by a generator that always makes the same.
 */
#include "base/cleanup.h"
#include "pf/conf.h"
#include "pf/table.h"

#include <arpa/inet.h>
#include <atf-c.h>
#include <string.h>

static uint32_t seed;

static uint32_t rnd(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

struct packet {
	const char *ifname;
	enum pf_dir dir;
	uint8_t proto;
	uint32_t src, dst; /* host order */
	uint16_t sport, dport;
};

static const char *const ifs[] = {"em0", "em1", "egress"};

static bool in_host(const struct pf_conf *c, const struct pf_host *h,
		    uint32_t a)
{
	struct pf_entry e = {.af = AF_INET, .len = 32};
	const struct pf_entry *m;
	const struct pf_table *t;
	bool yes = true;

	switch (h->kind) {
	case PF_ADDR_ANY:
		break;
	case PF_ADDR_MASK:
		yes = !((h->addr.v4.s_addr ^ htonl(a)) & h->mask.v4.s_addr);
		break;
	case PF_ADDR_TABLE:
		t = pf_table_find(c->root, h->name);
		ATF_REQUIRE(t);
		e.addr.v4.s_addr = htonl(a);
		m = pf_entries_match(t->v, t->n, &e);
		yes = m && !m->neg;
		break;
	default:
		atf_tc_fail("kind %d", h->kind);
	}
	return yes != h->neg;
}

static bool in_port(const struct pf_cmp *c, uint16_t port)
{
	switch (c->op) {
	case PF_OP_NONE:
		return true;
	case PF_OP_EQ:
		return port == c->a;
	case PF_OP_RRG:
		return port >= c->a && port <= c->b;
	default:
		atf_tc_fail("operator %d", c->op);
	}
}

static bool matches(const struct pf_conf *c, const struct pf_rule *r,
		    const struct packet *p)
{
	bool on = !r->ifname || !strcmp(r->ifname, p->ifname) ||
		  (!strcmp(r->ifname, "egress") && !strcmp(p->ifname, "em0"));

	return on != !!(r->flags & PF_F_NOT_IF) &&
	       (!r->dir || r->dir == p->dir) &&
	       (!r->proto || r->proto == p->proto) &&
	       in_host(c, &r->src.host, p->src) &&
	       in_host(c, &r->dst.host, p->dst) &&
	       in_port(&r->src.port, p->sport) &&
	       in_port(&r->dst.port, p->dport);
}

/* What decides: action, how it answers, tag; not which rule. */
static void judge(const struct pf_conf *c, const struct packet *p,
		  struct strbuf *out)
{
	const struct pf_rules *l = &c->root->list[PF_LIST_FILTER];
	const struct pf_rule *last = NULL;

	for (size_t i = 0; i < l->n; i++) {
		if (!matches(c, &l->v[i], p))
			continue;
		last = &l->v[i];
		if (last->flags & PF_F_QUICK)
			break;
	}
	strbuf_clear(out);
	if (last)
		strbuf_addf(out, "%d %d %d %s %s", last->action, last->ret,
			    last->state, last->tag ? last->tag : "-",
			    last->nlabels ? last->label[0] : "-");
}

static void some_host(struct strbuf *b, const char *word)
{
	static const int lens[] = {32, 32, 32, 24, 8};

	if (rnd(3) == 0)
		return;
	strbuf_addf(b, " %s %s10.0.%u.%u/%d", word, rnd(8) ? "" : "! ", rnd(2),
		    rnd(6), lens[rnd(ARRAY_SIZE(lens))]);
}

static void some_rule(struct strbuf *b)
{
	static const char *const actions[] = {"pass", "block", "block return",
					      "pass"};
	static const char *const dirs[] = {"", " in", " out"};
	static const char *const protos[] = {"", " proto tcp", " proto udp"};
	const char *proto = protos[rnd(3)];

	strbuf_adds(b, actions[rnd(2) ? 0 : rnd(4)]);
	strbuf_adds(b, dirs[rnd(3)]);
	strbuf_adds(b, rnd(6) ? "" : " quick");
	if (rnd(2))
		strbuf_addf(b, " on %s%s", rnd(9) ? "" : "! ", ifs[rnd(3)]);
	strbuf_addf(b, " inet%s", proto);
	some_host(b, "from");
	if (rnd(3) == 0) {
		strbuf_adds(b, " to any");
		if (*proto)
			strbuf_addf(b, " port %u", 1 + rnd(3));
	} else {
		some_host(b, "to");
	}
	if (rnd(12) == 0)
		strbuf_addf(b, " tag T%u", rnd(2));
	if (rnd(15) == 0)
		strbuf_addf(b, " label L%u", rnd(3));
	strbuf_addch(b, '\n');
}

static struct pf_conf *parse(const struct strbuf *text, enum pf_optimize how)
{
	struct pf_parse p = {.has_optimize = true, .optimize = how};
	struct pf_conf *c = NULL;
	struct err e = ERR_INIT;

	ATF_REQUIRE_MSG(pf_conf_parse("t", text->s, text->len, &p, &c, &e) == 0,
			"%s\n%s", e.text, text->s);
	return c;
}

static void one_ruleset(size_t n)
{
	cleanup_strbuf struct strbuf text = STRBUF_INIT;
	cleanup_strbuf struct strbuf a = STRBUF_INIT, b = STRBUF_INIT;
	cleanup_pf_conf struct pf_conf *plain = NULL, *best = NULL;

	for (size_t i = 0; i < n; i++)
		some_rule(&text);
	plain = parse(&text, PF_OPT_NONE);
	best = parse(&text, PF_OPT_BASIC);
	ATF_CHECK(best->root->list[PF_LIST_FILTER].n <=
		  plain->root->list[PF_LIST_FILTER].n);
	for (size_t i = 0; i < 200; i++) {
		struct packet p = {
			.ifname = ifs[rnd(2)],
			.dir = rnd(2) ? PF_IN : PF_OUT,
			.proto = rnd(2) ? IPPROTO_TCP : IPPROTO_UDP,
			.src = 0x0a000000 | rnd(2) << 8 | rnd(6),
			.dst = 0x0a000000 | rnd(2) << 8 | rnd(6),
			.sport = (uint16_t)rnd(4),
			.dport = (uint16_t)rnd(4),
		};

		judge(plain, &p, &a);
		judge(best, &p, &b);
		ATF_REQUIRE_MSG(!strcmp(a.s, b.s), "%s, not %s:\n%s", b.s, a.s,
				text.s);
	}
}

ATF_TC_WITHOUT_HEAD(same_verdicts);
ATF_TC_BODY(same_verdicts, tc)
{
	for (uint32_t i = 0; i < 300; i++) {
		seed = i;
		one_ruleset(2 + rnd(60));
	}
}

ATF_TC_WITHOUT_HEAD(table);
ATF_TC_BODY(table, tc)
{
	cleanup_strbuf struct strbuf text = STRBUF_INIT;
	cleanup_pf_conf struct pf_conf *c = NULL;
	const struct pf_rules *l;

	for (int i = 0; i < 1000; i++)
		strbuf_addf(&text, "block in quick from 10.%d.%d.1\n", i / 250,
			    i % 250);
	c = parse(&text, PF_OPT_BASIC);
	l = &c->root->list[PF_LIST_FILTER];
	ATF_CHECK_EQ(1, l->n);
	ATF_CHECK_EQ(PF_ADDR_TABLE, l->v[0].src.host.kind);
	ATF_CHECK_EQ(1, c->root->ntable);
	ATF_CHECK_EQ(1000, c->root->table[0].n);
	ATF_CHECK(c->root->table[0].flags & PF_T_AUTO);
	/* once more changes nothing */
	ATF_CHECK_EQ(0, pf_optimize(c, PF_OPT_BASIC, NULL));
	ATF_CHECK_EQ(1, l->n);
	ATF_CHECK_EQ(1, c->root->ntable);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, same_verdicts);
	ATF_TP_ADD_TC(tp, table);
	return atf_no_error();
}
