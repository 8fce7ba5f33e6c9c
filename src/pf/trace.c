/*
 * trace: which rule decides on a packet (trace.h).
 *
 * Theory of operation.  The kernel itself tells: a table of our own marks the
 * packets asked for where they enter the vnet (`meta nftrace`), and from then
 * on each kernel rule that matches one is told to a netlink group, with what it
 * decided.  The table belongs to our socket (NFT_TABLE_F_OWNER): it goes with
 * it, however we end.
 *
 * Rules for Ethernet are in a table of their own (nft_ether.c), and in hooks
 * before the first one of IP: where there are such for frames that come in,
 * packets are marked there, too.
 *
 * Kernel rules carry what of pf they stand for (GEN_WHY_*), so a step is
 * translated back by the rule's handle; of a run of like rules (nft_run.c) the
 * same key is looked up that the packet had.  What a state decides names the
 * rule that made the state, which the flow's label has.  Steps of one packet
 * have an id; each walk through a base chain begins with the packet's headers,
 * and where they differ from those of the walk before, it was translated.
 *
 * The kernel's headers and the rules of a jail are a jail's root's own words:
 * nothing of them is taken for granted.
 */
#include "pf/trace.h"

#include "pf/kernel.h"
#include "pf/nft_gen.h"
#include "pf/print.h"
#include "pf/state.h"
#include "pf/store.h"
#include "pf/trace_packet.h"

#include "base/cleanup.h"
#include "net/ifnet.h"

#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <net/ethernet.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#define HDR sizeof(struct nfgenmsg)
#define PACKETS 64 /* that are followed at once */
#define RCVBUF (8 << 20)
#define HOOK_INGRESS 0	 /* NF_NETDEV_INGRESS */
#define FRAMES "frames/" /* our chains there */
#define TABLE_OWNED 0x2	 /* NFT_TABLE_F_OWNER; not in Debian 12's headers */

/* A kernel rule of a table pf that says what it stands for. */
struct known {
	uint64_t handle;
	uint8_t why[sizeof(struct gen_run_why)];
};
struct knowns {
	struct known *v; /* sorted by handle */
	size_t n, size;
};

struct packet {
	bool used;
	uint32_t id;
	struct trace_packet first, now; /* as it entered; at this walk */
	char hook[NFT_NAME_MAXLEN];	/* base chain of this walk */
	uint32_t iif, oif;
	int rule;	 /* last one that matched and may decide; -1 */
	int translation; /* rule of nat, rdr or binat; -1 */
	char why;	 /* last GEN_WHY_* that is no rule, or 0 */
};

struct pf_trace {
	const struct vnet *v;
	char *name;
	struct pf_kernel *k;
	struct nl *events; /* owns the table */
	struct nl *ct;
	char table[32];
	struct knowns inet, netdev;
	struct pf_conf *conf; /* the rules those are of */
	struct gen g;	      /* their numbers */
	uint32_t generation;
	uint32_t genid; /* of the kernel's when they were read */
	struct packet packet[PACKETS];
	unsigned int next;
	pf_trace_cb *cb;
	void *data;
	char buf[1 << 16];
};

/* Are there rules for Ethernet? */
static bool has_ether(const struct pf_trace *t, bool out)
{
	return t->conf && gen_ether(&t->g, out);
}

/* --- the table that marks packets */

static void match_addr(struct nfb *b, bool six, bool dst,
		       const union pf_addr *addr, uint8_t len)
{
	static const uint8_t zero[16];
	const uint32_t size = six ? 16 : 4;
	uint8_t mask[16], want[16];
	uint32_t i;

	for (i = 0; i < size; i++) {
		mask[i] = len >= 8 * (i + 1) ? 0xff
			  : len <= 8 * i
				  ? 0
				  : (uint8_t)(0xff << (8 * (i + 1) - len));
		want[i] = addr->b[i] & mask[i];
	}
	nfe_payload(b, NFT_PAYLOAD_NETWORK_HEADER,
		    (six ? 8 : 12) + (dst ? size : 0), size, NFR(0));
	nfe_bitwise(b, NFR(0), NFR(0), size, mask, zero);
	nfe_cmp(b, NFT_CMP_EQ, NFR(0), want, size);
}

static void match_l3(struct nfb *b, const struct pf_trace_filter *f)
{
	const uint8_t af = f->src.af ? f->src.af : f->dst.af;

	if (!af)
		return;
	nfe_meta(b, NFT_META_PROTOCOL, NFR(0));
	nfe_cmp_u16be(b, NFT_CMP_EQ, NFR(0),
		      af == AF_INET6 ? ETHERTYPE_IPV6 : ETHERTYPE_IP);
	if (f->src.af)
		match_addr(b, af == AF_INET6, false, &f->src.addr, f->src.len);
	if (f->dst.af)
		match_addr(b, af == AF_INET6, true, &f->dst.addr, f->dst.len);
}

/* port: 0 source, 1 destination, -1 no matter. */
static void mark(struct nfb *b, const char *chain,
		 const struct pf_trace_filter *f, int port)
{
	const uint8_t one = 1;

	nfb_rule(b, chain);
	match_l3(b, f);
	if (f->proto) {
		nfe_meta(b, NFT_META_L4PROTO, NFR(0));
		nfe_cmp_u8(b, NFT_CMP_EQ, NFR(0), f->proto);
	}
	if (port >= 0) {
		nfe_payload(b, NFT_PAYLOAD_TRANSPORT_HEADER, port ? 2 : 0, 2,
			    NFR(0));
		nfe_cmp_u16be(b, NFT_CMP_EQ, NFR(0), f->port);
	}
	nfe_imm(b, NFR(0), &one, sizeof(one));
	nfe_meta_set(b, NFT_META_NFTRACE, NFR(0));
	nfb_rule_end(b);
}

static void end_of_way(struct nfb *b, const char *chain)
{
	nfb_rule(b, chain);
	nfe_imm_u32(b, NFR(0), 0); /* matches: the step is told */
	nfb_rule_end(b);
}

/* A source or destination port is one rule each. */
static void mark_all(struct nfb *b, const char *chain,
		     const struct pf_trace_filter *f)
{
	if (!f->port) {
		mark(b, chain, f, -1);
		return;
	}
	mark(b, chain, f, 0);
	mark(b, chain, f, 1);
}

/* Where frames come in, before the rules for them. */
static int mark_frames(struct pf_trace *t, const struct pf_trace_filter *f,
		       struct nfb *b, struct err *e)
{
	cleanup_ifnets struct ifnets ifs = {0};
	struct nfb_hook hook = {"filter", HOOK_INGRESS, -350, NULL};
	char chain[sizeof(FRAMES) + IFNAMSIZ];
	int r;

	/* the handle's sockets are used, nothing of it changes */
	r = ifnets_load((struct vnet *)(uintptr_t)t->v, &ifs, e);
	if (r < 0)
		return r;
	b->family = NFPROTO_NETDEV;
	nfb_table(b, TABLE_OWNED);
	for (size_t i = 0; i < ifs.n; i++) {
		if (ifs.v[i].arptype != ARPHRD_ETHER)
			continue;
		hook.dev = ifs.v[i].kname;
		snprintf(chain, sizeof(chain), FRAMES "%s", hook.dev);
		nfb_chain_base(b, chain, &hook);
		mark_all(b, chain, f);
	}
	return 0;
}

static int make_table(struct pf_trace *t, const struct pf_trace_filter *f,
		      struct err *e)
{
	static const struct {
		const char *name;
		struct nfb_hook hook;
		bool first;
	} chains[] = {
		{"enter", {"filter", NF_INET_PRE_ROUTING, -350, NULL}, true},
		{"begin", {"filter", NF_INET_LOCAL_OUT, -350, NULL}, true},
		{"deliver", {"filter", NF_INET_LOCAL_IN, 500, NULL}, false},
		{"send", {"filter", NF_INET_POST_ROUTING, 500, NULL}, false},
	};
	cleanup_nfb struct nfb b;
	int r;

	nfb_init(&b);
	b.table = t->table;
	nfb_table(&b, TABLE_OWNED);
	for (size_t i = 0; i < ARRAY_SIZE(chains); i++) {
		nfb_chain_base(&b, chains[i].name, &chains[i].hook);
		if (!chains[i].first) {
			end_of_way(&b, chains[i].name);
			continue;
		}
		mark_all(&b, chains[i].name, f);
	}
	r = has_ether(t, false) ? mark_frames(t, f, &b, e) : 0;
	if (r >= 0)
		r = nfb_commit(&b, t->events, 0, NULL, e);
	return r < 0 ? err_wrap(e, "trace") : 0;
}

/* --- what the kernel's rules stand for */

static void forget(void *data)
{
	struct knowns *k = data;

	k->n = 0;
}

static int note_rule(const struct nft_rule_info *r, void *data, struct err *e)
{
	struct knowns *k = data;
	struct known *v;
	size_t size;

	if (r->udata_len < 2)
		return 0;
	if (k->n == k->size) {
		size = k->size ? k->size * 2 : 256;
		v = reallocarray(k->v, size, sizeof(*v));
		if (!v)
			return err_nomem(e);
		k->v = v;
		k->size = size;
	}
	v = &k->v[k->n++];
	*v = (struct known){.handle = r->handle};
	memcpy(v->why, r->udata,
	       r->udata_len < sizeof(v->why) ? r->udata_len : sizeof(v->why));
	return 0;
}

static int cmp_known(const void *a, const void *b)
{
	const struct known *x = a, *y = b;

	return x->handle < y->handle ? -1 : x->handle > y->handle;
}

static void forget_rules(struct pf_trace *t)
{
	gen_free(&t->g);
	t->g = (struct gen){0};
	pf_conf_free(&t->conf);
	t->inet.n = t->netdev.n = 0;
}

static int read_rules(const struct pf_trace *t, uint8_t family,
		      struct knowns *k)
{
	int r = nft_each_rule_of(t->k->nf, family, NULL, note_rule, forget, k,
				 NULL);

	if (r >= 0 && k->n)
		qsort(k->v, k->n, sizeof(*k->v), cmp_known);
	return r;
}

/* Nothing is known of the rules when this fails, and packets go on. */
static void learn(struct pf_trace *t)
{
	struct pf_meta m = {0};

	forget_rules(t);
	t->genid = 0;
	nft_genid(t->k->nf, &t->genid, NULL);
	if (pf_store_read_meta(t->k->nf, &m, NULL) < 0 ||
	    pf_loaded(t->k, &t->conf, NULL) < 0 ||
	    gen_init(&t->g, t->conf, NULL, NULL, NULL) < 0 ||
	    read_rules(t, NFPROTO_INET, &t->inet) < 0) {
		forget_rules(t);
		return;
	}
	t->generation = m.generation;
	if (has_ether(t, false) || has_ether(t, true))
		read_rules(t, NFPROTO_NETDEV, &t->netdev);
}

/* A rule is not known.  It never will be where nothing has changed since. */
static void learn_again(struct pf_trace *t)
{
	uint32_t now = 0;

	if (nft_genid(t->k->nf, &now, NULL) < 0 || now != t->genid)
		learn(t);
}

static const struct known *find_known(const struct knowns *k, uint64_t handle)
{
	const struct known key = {.handle = handle};

	return k->n ? bsearch(&key, k->v, k->n, sizeof(key), cmp_known) : NULL;
}

static const struct pf_rule *rule_at(const struct pf_trace *t, int n,
				     const struct gen_node **node,
				     enum pf_list *list)
{
	unsigned int nr;

	if (n < 0 || !t->conf ||
	    !gen_rule_at(&t->g, (unsigned int)n, node, list, &nr))
		return NULL;
	return &(*node)->a->list[*list].v[nr];
}

static int take_word(const struct nft_elem *el, void *data, struct err *e)
{
	(void)e;
	if (el->dlen == sizeof(uint32_t))
		memcpy(data, el->data, sizeof(uint32_t));
	return 0;
}

/* The rule of a run whose key the packet has. */
static int rule_of_run(const struct pf_trace *t, const struct known *k,
		       const struct trace_packet *p)
{
	struct gen_run_why w;
	uint8_t key[TRACE_KEY_MAX];
	uint32_t len, number, word = 0;
	char map[32];

	memcpy(&w, k->why, sizeof(w));
	if (w.v6 != (p->af == AF_INET6))
		return -1;
	len = trace_key(p, &w, key);
	memcpy(&number, w.run, sizeof(number));
	snprintf(map, sizeof(map), "u%c.%u", w.place, le32toh(number));
	if (nft_get_elem(t->k->nf, map, key, len, take_word, &word, NULL) < 0 ||
	    !(word & GEN_RULE_MASK))
		return -1;
	return (int)(word & GEN_RULE_MASK) - 1;
}

/* --- lines */

static void put_rule(struct strbuf *b, const struct pf_trace *t, int n)
{
	const struct gen_node *node;
	const struct pf_rule *r;
	enum pf_list list;

	r = rule_at(t, n, &node, &list);
	if (!r) {
		strbuf_adds(b, "a rule that is no longer there");
		return;
	}
	strbuf_addf(b, "rule %u", r->nr);
	if (node->a->path && node->a->path[0])
		strbuf_addf(b, " of anchor %s", node->a->path);
	strbuf_adds(b, ": ");
	pf_print_rule(b, r, list, 0);
}

/* Names and texts may be a jail's: nothing that a terminal would obey. */
static void tell(const struct pf_trace *t, struct strbuf *b, bool drop)
{
	const struct pf_trace_line l = {.drop = drop, .text = b->s};

	if (strbuf_failed(b))
		return;
	str_tame_line(b->s, b->len);
	t->cb(&l, t->data);
}

/* The base chains of pf (nft_gen.c, nft_member.c, nft_nat.c). */
static const struct hook {
	const char *name;
	bool in, member, nat;
} hooks[] = {
	{"in", .in = true},
	{"out", .in = false},
	{"fwd", .in = false},
	{"lout", .in = false},
	{"bmin", .in = true, .member = true},
	{"bin", .in = true},
	{"binl", .in = true},
	{"bmout", .in = false, .member = true},
	{"rdr", .in = true, .nat = true},
	{"rdrlo", .in = false, .nat = true},
	{"nat", .in = false, .nat = true},
};

static struct hook hook_of(const struct packet *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(hooks); i++)
		if (!strcmp(hooks[i].name, p->hook))
			return hooks[i];
	return (struct hook){.name = NULL, .in = !p->oif};
}

/* "VNET  in em0  PACKET  " */
static void put_head(struct strbuf *b, const struct pf_trace *t,
		     const char *way, uint32_t ifindex,
		     const struct trace_packet *p)
{
	char name[IFNAMSIZ] = "";
	size_t at = b->len;

	if (ifindex)
		vnet_ifname(t->v, (int)ifindex, name);
	strbuf_addf(b, "%-8s %s", t->name, way);
	if (name[0])
		strbuf_addf(b, " %s", !strcmp(name, "lo") ? "lo0" : name);
	while (b->len < at + 22)
		strbuf_addch(b, ' ');
	strbuf_addch(b, ' ');
	trace_packet_put(b, p);
	strbuf_adds(b, "  ");
}

/* The flow that the packet belongs to, by how it entered the vnet. */
static int flow_of(struct pf_trace *t, const struct packet *p,
		   struct pf_flow *ret, bool *ret_reply)
{
	struct pf_flow like;
	int r;

	if (trace_packet_flow(&p->first, &like) < 0)
		return -ENOENT;
	r = pf_flow_find(t->ct, &like, ret, NULL);
	if (r < 0)
		return r;
	*ret_reply = memcmp(ret->orig[0].addr.b, like.orig[0].addr.b,
			    sizeof(like.orig[0].addr)) != 0 ||
		     memcmp(ret->orig[1].addr.b, like.orig[1].addr.b,
			    sizeof(like.orig[1].addr)) != 0 ||
		     (!trace_is_icmp(like.proto) &&
		      (ret->orig[0].port != like.orig[0].port ||
		       ret->orig[1].port != like.orig[1].port)) ||
		     (trace_is_icmp(like.proto) &&
		      ret->icmp_type != p->first.icmp_type);
	return 0;
}

/* The rule that a word of a label names; -1: none that is loaded. */
static int rule_of_word(const struct pf_trace *t, uint32_t word)
{
	if (!(word & GEN_VALID) ||
	    ((word & ~GEN_VALID) >> GEN_GEN_SHIFT) != t->generation)
		return -1;
	return gen_word_rule(word, t->g.nrules, NULL);
}

static int rule_of_state(struct pf_trace *t, const struct packet *p, bool in)
{
	struct pf_flow f;
	bool reply;

	if (flow_of(t, p, &f, &reply) < 0)
		return -1;
	return rule_of_word(t,
			    f.label[in != reply ? GEN_LABEL_X : GEN_LABEL_Y]);
}

/* The rule that translates the packet's flow. */
static int rule_of_translation(struct pf_trace *t, const struct packet *p,
			       bool in)
{
	struct pf_flow f;
	uint32_t nat, rdr;
	bool reply;

	if (flow_of(t, p, &f, &reply) < 0)
		return -1;
	nat = f.label[GEN_LABEL_NAT] & GEN_NAT_MASK;
	rdr = f.label[GEN_LABEL_FLAGS] >> GEN_RDR_SHIFT;
	/* destinations change where a flow's packets come in, answers' back */
	if (in != reply)
		return (int)rdr - 1;
	return (int)nat - 1;
}

static void tell_translation(struct pf_trace *t, struct packet *p, bool in,
			     const struct trace_packet *was)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	int n = p->translation;

	if (trace_packet_same(was, &p->now))
		return;
	if (n < 0)
		n = rule_of_translation(t, p, in);
	put_head(&b, t, in ? "in" : "out", in ? p->iif : p->oif, was);
	strbuf_adds(&b, "becomes ");
	trace_packet_put(&b, &p->now);
	if (n >= 0) {
		strbuf_adds(&b, "  ");
		put_rule(&b, t, n);
	}
	tell(t, &b, false);
	p->translation = -1;
}

static void put_why(struct strbuf *b, struct pf_trace *t,
		    const struct packet *p, bool in, bool drop)
{
	static const struct {
		char why;
		const char *text;
	} texts[] = {
		{GEN_WHY_SKIP, "set skip on"},
		{GEN_WHY_ANSWER, "the answer of a block rule"},
		{GEN_WHY_LOOP, "to 127/8 from outside, and no rdr sent it"},
		{GEN_WHY_ND, "answers a neighbour solicitation that passed"},
	};
	int n;

	if (p->why == GEN_WHY_OPTIONS && drop) {
		strbuf_adds(b, "IP options without allow-opts");
		if (p->rule >= 0) {
			strbuf_adds(b, ", ");
			put_rule(b, t, p->rule);
		}
		return;
	}
	if (p->rule >= 0) {
		put_rule(b, t, p->rule);
		return;
	}
	if (p->why == GEN_WHY_STATE) {
		n = rule_of_state(t, p, in);
		strbuf_adds(b, n >= 0			 ? "state of "
			       : trace_is_error(&p->now) ? "the state of what "
							   "the error is about"
							 : "a state that has "
							   "ended since");
		if (n >= 0)
			put_rule(b, t, n);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (texts[i].why == p->why) {
			strbuf_adds(b, texts[i].text);
			return;
		}
	strbuf_adds(b, drop ? "pf" : "no rule matches");
}

static bool is_drop(const struct packet *p, const struct pf_trace *t, bool drop)
{
	const struct gen_node *node;
	const struct pf_rule *r;
	enum pf_list list;

	r = rule_at(t, p->rule, &node, &list);
	return drop || (r && r->action == PF_BLOCK);
}

/* A walk through one of pf's base chains has ended. */
static void judged(struct pf_trace *t, struct packet *p, bool drop)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	const struct hook h = hook_of(p);
	const struct gen_node *node;
	const struct pf_rule *r;
	const bool in = h.in;
	enum pf_list list;

	if (p->why == GEN_WHY_DIVIDE || !h.name)
		return;
	/* the kernel does not say which one */
	put_head(&b, t,
		 h.member ? (in ? "in member of" : "out member of")
		 : in	  ? "in"
			  : "out",
		 in ? p->iif : p->oif, &p->now);
	strbuf_adds(&b, is_drop(p, t, drop) ? "block  " : "pass  ");
	put_why(&b, t, p, in, drop);
	r = rule_at(t, p->rule, &node, &list);
	if (drop && r && r->action == PF_PASS && p->why != GEN_WHY_OPTIONS)
		strbuf_adds(&b, " (over its limit)");
	tell(t, &b, drop);
}

/* --- steps */

static void packet_init(struct packet *p, uint32_t id)
{
	*p = (struct packet){
		.used = true, .id = id, .rule = -1, .translation = -1};
}

static struct packet *packet_of(struct pf_trace *t, uint32_t id, bool create)
{
	struct packet *p;

	for (size_t i = 0; i < PACKETS; i++)
		if (t->packet[i].used && t->packet[i].id == id)
			return &t->packet[i];
	if (!create)
		return NULL;
	p = &t->packet[t->next++ % PACKETS];
	packet_init(p, id);
	return p;
}

#define TB(x) tb[NFTA_TRACE_##x]

static void head_of(const struct nlattr **tb, struct trace_packet *ret)
{
	const struct nlattr *n = TB(NETWORK_HEADER), *h = TB(TRANSPORT_HEADER);

	trace_packet_parse(ret, n ? mnl_attr_get_payload(n) : NULL,
			   n ? mnl_attr_get_payload_len(n) : 0,
			   h ? mnl_attr_get_payload(h) : NULL,
			   h ? mnl_attr_get_payload_len(h) : 0);
}

/* A walk through a base chain begins. */
static void begin_walk(struct packet *p, const struct nlattr **tb)
{
	str_copy(p->hook, sizeof(p->hook), nl_text(TB(CHAIN)));
	p->iif = nl_u32be(TB(IIF));
	p->oif = nl_u32be(TB(OIF));
	p->rule = -1;
	p->why = 0;
	head_of(tb, &p->now);
}

/* What a kernel rule that matched says. */
static void matched(struct pf_trace *t, struct packet *p, uint64_t handle)
{
	const struct known *k = find_known(&t->inet, handle);
	const struct gen_node *node;
	const struct pf_rule *r;
	enum pf_list list;
	uint32_t n;
	int found = -1;

	if (!k)
		return;
	if (k->why[0] == GEN_WHY_RULE) {
		memcpy(&n, k->why + 1, sizeof(n));
		found = (int)le32toh(n);
	} else if (k->why[0] == GEN_WHY_RUN) {
		found = rule_of_run(t, k, &p->now);
	} else {
		p->why = (char)k->why[0];
		return;
	}
	r = rule_at(t, found, &node, &list);
	if (!r || r->action == PF_ANCHOR || r->action == PF_MATCH)
		return;
	if (list == PF_LIST_FILTER) {
		p->rule = found;
		p->why = 0;
	} else if (list != PF_LIST_SCRUB) {
		p->translation = found;
	}
}

static void step_of_pf(struct pf_trace *t, struct packet *p,
		       const struct nlattr **tb, int verdict, bool head)
{
	struct trace_packet was = p->now;
	const uint64_t handle = nl_u64be(TB(RULE_HANDLE));

	if (handle && !find_known(&t->inet, handle) && head)
		learn_again(t);
	if (head) {
		begin_walk(p, tb);
		if (!hook_of(p).nat && was.af)
			tell_translation(t, p, hook_of(p).in, &was);
	}
	if (handle)
		matched(t, p, handle);
	if (verdict != NF_ACCEPT && verdict != NF_DROP)
		return;
	if (!hook_of(p).nat || verdict == NF_DROP)
		judged(t, p, verdict == NF_DROP);
}

/* The rules for Ethernet: a line for what one of them decides. */
static void step_of_ether(struct pf_trace *t, struct packet *p,
			  const struct nlattr **tb, int verdict, bool head)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	const uint64_t handle = nl_u64be(TB(RULE_HANDLE));
	const struct known *k;
	uint32_t n;

	if (head)
		begin_walk(p, tb);
	k = find_known(&t->netdev, handle);
	if (!k && handle && !strncmp(nl_text(TB(CHAIN)), "rules/", 6)) {
		learn_again(t); /* all in there say what they stand for */
		k = find_known(&t->netdev, handle);
	}
	if (k && k->why[0] == GEN_WHY_RULE) {
		memcpy(&n, k->why + 1, sizeof(n));
		p->rule = (int)le32toh(n);
	}
	if (p->rule < 0 || (verdict != NF_ACCEPT && verdict != NF_DROP &&
			    verdict != NF_STOLEN))
		return;
	put_head(&b, t, p->iif ? "in" : "out", p->iif ? p->iif : p->oif,
		 &p->now);
	strbuf_adds(&b, verdict == NF_DROP ? "block  " : "pass  ");
	put_rule(&b, t, p->rule);
	tell(t, &b, verdict == NF_DROP);
}

static void step_of_own(struct pf_trace *t, struct packet *p,
			const struct nlattr **tb, bool head)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	const char *chain = nl_text(TB(CHAIN));
	struct trace_packet was = p->now;

	if (!head)
		return;
	if (!strcmp(chain, "enter") || !strncmp(chain, FRAMES, 7) ||
	    !strcmp(chain, "begin")) {
		packet_init(p, p->id); /* the id may have been another's */
		begin_walk(p, tb);
		p->first = p->now;
		return;
	}
	begin_walk(p, tb);
	if (nl_u32be(TB(TYPE)) != NFT_TRACETYPE_RULE)
		return;
	if (was.af)
		tell_translation(t, p, chain[0] == 'd', &was);
	if (chain[0] == 'd')
		put_head(&b, t, "in", p->iif, &p->now);
	else
		put_head(&b, t, "out", p->oif, &p->now);
	strbuf_adds(&b, chain[0] == 'd' ? "delivered" : "sent");
	tell(t, &b, false);
}

/* Others' rules may drop it, too. */
static void step_of_other(struct pf_trace *t, struct packet *p,
			  const struct nlattr **tb, int verdict, bool head)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	if (head) {
		const int translation = p->translation;

		begin_walk(p, tb);
		p->translation = translation;
	}
	if (verdict != NF_DROP)
		return;
	put_head(&b, t, p->oif ? "out" : "in", p->oif ? p->oif : p->iif,
		 &p->now);
	strbuf_addf(&b, "dropped by nftables: table %s, chain %s",
		    nl_text(TB(TABLE)), nl_text(TB(CHAIN)));
	if (TB(RULE_HANDLE))
		strbuf_addf(&b, ", handle %llu",
			    (unsigned long long)nl_u64be(TB(RULE_HANDLE)));
	tell(t, &b, true);
}

static int verdict_of(const struct nlattr **tb)
{
	const struct nlattr *v[NFTA_VERDICT_MAX + 1];

	if (nl_u32be(TB(TYPE)) == NFT_TRACETYPE_POLICY)
		return (int)nl_u32be(TB(POLICY));
	if (!TB(VERDICT))
		return NFT_CONTINUE;
	nl_parse_nested(TB(VERDICT), v, NFTA_VERDICT_MAX);
	return (int)nl_u32be(v[NFTA_VERDICT_CODE]);
}

static void step(struct pf_trace *t, const struct nlmsghdr *h)
{
	const struct nlattr *tb[NFTA_TRACE_MAX + 1];
	const char *table;
	struct packet *p;
	uint32_t family;
	bool head;

	if (h->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_TRACE) ||
	    mnl_nlmsg_get_payload_len(h) < HDR)
		return;
	nl_parse(h, HDR, tb, NFTA_TRACE_MAX);
	table = nl_text(TB(TABLE));
	family = nl_u32be(TB(NFPROTO));
	head = TB(NETWORK_HEADER) != NULL;
	p = packet_of(t, nl_u32be(TB(ID)), head);
	if (!p)
		return;
	if (!strcmp(table, t->table))
		step_of_own(t, p, tb, head);
	else if (!strcmp(table, NFT_PF_TABLE) && family != NFPROTO_BRIDGE &&
		 family != NFPROTO_NETDEV)
		step_of_pf(t, p, tb, verdict_of(tb), head);
	else if (!strcmp(table, NFT_PF_TABLE) && family == NFPROTO_NETDEV &&
		 strchr(nl_text(TB(CHAIN)), '/'))
		step_of_ether(t, p, tb, verdict_of(tb), head);
	else
		step_of_other(t, p, tb, verdict_of(tb), head);
}

/* --- life */

int pf_trace_open(const struct vnet *v, const char *name,
		  const struct pf_trace_filter *f, struct pf_trace **ret,
		  struct err *e)
{
	cleanup_pf_trace struct pf_trace *t = calloc(1, sizeof(*t));
	unsigned long long number;
	const int size = RCVBUF;
	int r;

	if (!t)
		return err_nomem(e);
	t->v = v;
	t->name = strdup(name);
	if (!t->name)
		return err_nomem(e);
	/* one that nobody can have taken before */
	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return err_sys(e, errno, "getrandom");
	snprintf(t->table, sizeof(t->table), "cellblock_trace.%012llx",
		 number & 0xffffffffffffull);
	r = pf_kernel_open(v, &t->k, e);
	if (r >= 0)
		r = nl_open(NETLINK_NETFILTER, v->nsfd, &t->ct, e);
	if (r >= 0)
		r = nl_open(NETLINK_NETFILTER, v->nsfd, &t->events, e);
	if (r < 0)
		return r;
	learn(t);
	/* more than others get, if we may; a jail's root may not */
	if (setsockopt(nl_fd(t->events), SOL_SOCKET, SO_RCVBUFFORCE, &size,
		       sizeof(size)) < 0)
		setsockopt(nl_fd(t->events), SOL_SOCKET, SO_RCVBUF, &size,
			   sizeof(size));
	r = make_table(t, f, e);
	if (r >= 0)
		r = nl_join(t->events, NFNLGRP_NFTRACE, e);
	if (r < 0)
		return r;
	*ret = take_ptr(t);
	return 0;
}

void pf_trace_close(struct pf_trace **tp)
{
	struct pf_trace *t = *tp;

	if (!t)
		return;
	forget_rules(t);
	free(t->inet.v);
	free(t->netdev.v);
	nl_free(&t->events);
	nl_free(&t->ct);
	pf_kernel_close(&t->k);
	free(t->name);
	free(t);
	*tp = NULL;
}

int pf_trace_fd(const struct pf_trace *t)
{
	return nl_fd(t->events);
}

int pf_trace_read(struct pf_trace *t, pf_trace_cb *cb, void *data,
		  struct err *e)
{
	const struct nlmsghdr *h = (const void *)t->buf;
	const struct pf_trace_line lost = {
		.text = "(steps came faster than they could be told)"};
	ssize_t got = nl_recv(t->events, t->buf, sizeof(t->buf), MSG_DONTWAIT);
	int len = (int)got;

	t->cb = cb;
	t->data = data;
	if (got < 0 && errno == ENOBUFS) {
		cb(&lost, data);
		return 0;
	}
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (got < 0)
		return err_sys(e, errno, "trace");
	for (; mnl_nlmsg_ok(h, len); h = mnl_nlmsg_next(h, &len))
		step(t, h);
	return 0;
}
