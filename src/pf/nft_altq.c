/*
 * nft_altq: rules with `queue'.
 *
 * A queue is a class of the interface where the packet leaves (altq.h), known
 * by the packet's priority, which forwarding sets anew.  So it is set behind
 * all rules, in postrouting: by the state of the packet's own direction there,
 * and where the rule of that one has no queue, by that which let it in.  Of
 * which rules these are the label says, which is there for a connection's first
 * packet, too: chains and maps of states need nothing for it.  A rule that
 * makes no state says it by a priority of its own (STATELESS), which comes
 * before all of that; and what `block return out` leads back (nft_back.c) keeps
 * its priority, since it would leave without.
 *
 * A state keeps its queue when other rules are loaded: elements of the map have
 * the names as userdata, and those of older generations are put again.
 *
 * Chains: "altq" is the hook's; "aqN.M" gives packets queue N, those with
 * lowdelay and acknowledgements without data M.
 */
#include "pf/altq.h"
#include "pf/nft_gen.h"

#include "base/cleanup.h"

#include <linux/netfilter/nf_conntrack_common.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef IP_CT_DIR_ORIGINAL /* not in the kernel's public headers */
#define IP_CT_DIR_ORIGINAL 0
#define IP_CT_DIR_REPLY 1
#endif

#define HOOK "altq"
#define OLD_MAX 8192	      /* words of rules that have been replaced */
#define STATELESS 0xcb020000u /* ALTQ_HANDLE, until it leaves */
#define HANDLE_MASK 0xffff0000u
#define ACKS4 "altq4"
#define ACKS6 "altq6"
#define TCP_ACK 0x10

static const struct nfb_hook hook = {"filter", NF_INET_POST_ROUTING, 120, NULL};

/* The chain of the rule's queues; false: there are none of these names. */
static bool chain_of(const struct gen *g, const struct pf_rule *r,
		     char ret[GEN_CHAIN])
{
	uint32_t q, pq;

	if ((r->action != PF_PASS && r->action != PF_MATCH) || !r->queue)
		return false;
	q = altq_number(g->c->queues, r->queue);
	pq = r->pqueue ? altq_number(g->c->queues, r->pqueue) : 0;
	if (!q && !pq)
		return false;
	snprintf(ret, GEN_CHAIN, "aq%u.%u", q, pq);
	return true;
}

bool gen_queued(const struct gen *g, const struct pf_rule *r)
{
	char chain[GEN_CHAIN];

	return r->action == PF_PASS && r->state == PF_STATE_NONE &&
	       chain_of(g, r, chain);
}

bool gen_match_queues(const struct gen *g, const struct pf_rule *r)
{
	char chain[GEN_CHAIN];

	return r->action == PF_MATCH && chain_of(g, r, chain);
}

/* Packets of one handle get another, and keep the number. */
static void put_handle(struct gen *g, const char *chain, uint32_t from,
		       uint32_t to)
{
	const uint32_t handle = HANDLE_MASK, number = ~HANDLE_MASK, zero = 0;

	nfb_rule(&g->b, chain);
	nfe_meta(&g->b, NFT_META_PRIORITY, NFR(0));
	nfe_bitwise(&g->b, NFR(0), NFR(1), 4, &handle, &zero);
	nfe_cmp_u32(&g->b, NFT_CMP_EQ, NFR(1), from);
	nfe_bitwise(&g->b, NFR(0), NFR(0), 4, &number, &to);
	nfe_meta_set(&g->b, NFT_META_PRIORITY, NFR(0));
}

void gen_queue(struct gen *g, const struct pf_rule *r, const char *chain,
	       enum gen_place p)
{
	char to[GEN_CHAIN];

	if (gen_is_in(p) || !gen_queued(g, r) || !chain_of(g, r, to))
		return;
	nfb_rule(&g->b, chain);
	nfe_verdict(&g->b, NFT_JUMP, to);
	nfb_rule_end(&g->b);
	put_handle(g, chain, ALTQ_HANDLE, STATELESS);
	nfb_rule_end(&g->b);
}

void gen_altq_check(struct gen *g)
{
	const struct pf_queues *q = g->c->queues;
	struct err e = ERR_INIT;
	unsigned int refused = 0;

	if (!q)
		return;
	/* what is there already is not asked for again: a link may be down */
	if ((!g->v || g->new_queues) &&
	    altq_plan(q, g->v ? altq_link_of : NULL, g->v, g->new_queues,
		      g->report, &g->altq, &refused, &e) < 0)
		g->b.failed = true;
	g->refused += refused;
	if (gen_ether(g, true))
		gen_refuse(g, NULL,
			   "altq does not go with rules for Ethernet that look "
			   "at frames going out");
}

void gen_queue_check(struct gen *g, const struct pf_rule *r, enum pf_list list)
{
	char chain[GEN_CHAIN];

	if (!r->queue)
		return;
	if (list == PF_LIST_ETHER)
		gen_refuse(g, r, "queue is not supported for Ethernet");
	else if (r->action == PF_PASS && r->state == PF_STATE_NONE &&
		 r->dir == PF_IN)
		gen_refuse(g, r,
			   "queue in a rule `in' needs its state: say it in a "
			   "rule `out'");
	else if (r->flags & PF_F_SET_PRIO && chain_of(g, r, chain))
		gen_tell(g, r,
			 "set prio has no effect on packets that have a queue");
}

/* Length and offset of data of acknowledgements that have none. */
static void ack_set(struct gen *g, const char *name, unsigned int header)
{
	uint8_t key[8] = {0};

	nfb_set(&g->b, &(struct nfb_set){.name = name,
					 .ktype = NFB_TYPE_INT,
					 .klen = sizeof(key)});
	nfb_elems(&g->b, name, false);
	for (unsigned int words = 5; words < 16; words++) {
		key[1] = (uint8_t)(header + words * 4);
		key[4] = (uint8_t)(words << 4);
		nfb_elem(&g->b,
			 &(struct nfb_elem){.key = key, .klen = sizeof(key)});
	}
	nfb_elems_end(&g->b);
}

static void put_queue(struct gen *g, uint32_t number)
{
	nfe_imm_u32(&g->b, NFR(0), ALTQ_HANDLE | number);
	nfe_meta_set(&g->b, NFT_META_PRIORITY, NFR(0));
	nfe_verdict(&g->b, NFT_RETURN, NULL);
	nfb_rule_end(&g->b);
}

static void put_acks(struct gen *g, const char *chain, unsigned int af,
		     uint32_t number)
{
	const uint8_t ack = TCP_ACK, offset = 0xf0, zero = 0;

	nfb_rule(&g->b, chain);
	gen_match_af(g, af);
	gen_match_proto(g, IPPROTO_TCP);
	nfe_payload(&g->b, NFT_PAYLOAD_TRANSPORT_HEADER, 13, 1, NFR(0));
	nfe_bitwise(&g->b, NFR(0), NFR(0), 1, &ack, &zero);
	nfe_cmp_u8(&g->b, NFT_CMP_NEQ, NFR(0), 0);
	nfe_payload(&g->b, NFT_PAYLOAD_NETWORK_HEADER, af == GEN_AF_V4 ? 2 : 4,
		    2, NFR(0));
	nfe_payload(&g->b, NFT_PAYLOAD_TRANSPORT_HEADER, 12, 1, NFR(1));
	nfe_bitwise(&g->b, NFR(1), NFR(1), 1, &offset, &zero);
	nfe_lookup(&g->b, af == GEN_AF_V4 ? ACKS4 : ACKS6, NFR(0), false);
	put_queue(g, number);
}

/* 0x10 of the octet, which begins in the middle of IPv6's first. */
static void put_lowdelay(struct gen *g, const char *chain, unsigned int af,
			 uint32_t number)
{
	const uint8_t mask = af == GEN_AF_V4 ? 0x10 : 0x01, zero = 0;

	nfb_rule(&g->b, chain);
	gen_match_af(g, af);
	nfe_payload(&g->b, NFT_PAYLOAD_NETWORK_HEADER, af == GEN_AF_V4 ? 1 : 0,
		    1, NFR(0));
	nfe_bitwise(&g->b, NFR(0), NFR(0), 1, &mask, &zero);
	nfe_cmp_u8(&g->b, NFT_CMP_NEQ, NFR(0), 0);
	put_queue(g, number);
}

static void queue_chain(struct gen *g, const struct pf_rule *r,
			const char *chain)
{
	const uint32_t q = altq_number(g->c->queues, r->queue);
	const uint32_t pq =
		r->pqueue ? altq_number(g->c->queues, r->pqueue) : 0;

	nfb_chain(&g->b, chain);
	for (unsigned int af = GEN_AF_V4; pq && af <= GEN_AF_V6; af <<= 1) {
		put_lowdelay(g, chain, af, pq);
		put_acks(g, chain, af, pq);
	}
	if (!q)
		return;
	nfb_rule(&g->b, chain);
	put_queue(g, q);
}

/* All rules with a queue, in any anchor. */
static void each(struct gen *g,
		 void (*fn)(struct gen *g, const struct pf_rule *r,
			    unsigned int n, const char *chain, void *data),
		 void *data)
{
	char chain[GEN_CHAIN];

	for (size_t i = 0; i < g->nnodes; i++) {
		const struct gen_node *node = &g->node[i];
		const struct pf_rules *l = &node->a->list[PF_LIST_FILTER];

		for (size_t k = 0; k < l->n; k++)
			if (chain_of(g, &l->v[k], chain))
				fn(g, &l->v[k],
				   node->base[PF_LIST_FILTER] + (unsigned)k,
				   chain, data);
	}
}

static void make_chain(struct gen *g, const struct pf_rule *r, unsigned int n,
		       const char *chain, void *data)
{
	struct strv *made = data;

	(void)n;
	if (strv_has(made, chain))
		return;
	if (!made->n) {
		ack_set(g, ACKS4, 20);
		ack_set(g, ACKS6, 0);
	}
	if (strv_add(made, chain) < 0)
		g->b.failed = true;
	queue_chain(g, r, chain);
}

static void put_word(struct gen *g, const struct pf_rule *r, uint32_t word,
		     const char *chain)
{
	char names[2 * PF_QUEUE_NAME];

	snprintf(names, sizeof(names), "%s\n%s", r->queue,
		 r->pqueue ? r->pqueue : "");
	nfb_elem(&g->b,
		 &(struct nfb_elem){.key = &word,
				    .klen = sizeof(word),
				    .verdict = true,
				    .code = NFT_GOTO,
				    .chain = chain,
				    .udata = names,
				    .udata_len = (uint32_t)strlen(names)});
}

static void put_state(struct gen *g, const struct pf_rule *r, unsigned int n,
		      const char *chain, void *data)
{
	uint32_t word;

	(void)data;
	for (size_t i = 0; gen_makes_state(r, PF_LIST_FILTER) &&
			   gen_rule_word(g, r, n, i, &word);
	     i++)
		put_word(g, r, word, chain);
}

/* Rules that have been replaced */

static int on_old(const struct nft_elem *el, void *data, struct err *e)
{
	const uint32_t generation = GEN_GEN_MAX << GEN_GEN_SHIFT;
	struct gen_old_queue old = {0}, *v;
	struct gen *g = data;
	const char *names = el->udata, *end;
	size_t len;

	end = names ? memchr(names, '\n', el->udata_len) : NULL;
	if (el->klen != sizeof(old.word) || !end)
		return 0;
	memcpy(&old.word, el->key, sizeof(old.word));
	len = el->udata_len - (size_t)(end + 1 - names);
	if ((size_t)(end - names) >= sizeof(old.queue) ||
	    len >= sizeof(old.pqueue) ||
	    (old.word & generation) == (gen_word(g, 0) & generation))
		return 0;
	memcpy(old.queue, names, (size_t)(end - names));
	memcpy(old.pqueue, end + 1, len);
	v = reallocarray(g->old_queues, g->nold_queues + 1, sizeof(*v));
	if (!v)
		return err_nomem(e);
	g->old_queues = v;
	v[g->nold_queues++] = old;
	return 0;
}

static void forget(void *data)
{
	((struct gen *)data)->nold_queues = 0;
}

/* How many loads ago. */
static unsigned int age(const struct gen *g, uint32_t word)
{
	const unsigned int then = word >> GEN_GEN_SHIFT & GEN_GEN_MAX;

	return (g->generation + GEN_GEN_MAX - then) % GEN_GEN_MAX;
}

static int younger(const void *a, const void *b, void *g)
{
	const struct gen_old_queue *x = a, *y = b;
	const unsigned int ax = age(g, x->word), ay = age(g, y->word);

	return (ax > ay) - (ax < ay);
}

int gen_altq_recall(struct gen *g, struct err *e)
{
	int r = nft_each_elem(g->nf, GEN_QUEUES, on_old, forget, g, e);

	if (r < 0)
		return r;
	if (g->nold_queues > OLD_MAX) {
		qsort_r(g->old_queues, g->nold_queues, sizeof(*g->old_queues),
			younger, g);
		g->nold_queues = OLD_MAX;
	}
	return 0;
}

/* As rules: their chains (made), or their elements (NULL). */
static void each_old(struct gen *g, struct strv *made)
{
	char chain[GEN_CHAIN];

	for (size_t i = 0; i < g->nold_queues; i++) {
		struct gen_old_queue *old = &g->old_queues[i];
		const struct pf_rule r = {
			.action = PF_PASS,
			.queue = old->queue,
			.pqueue = old->pqueue[0] ? old->pqueue : NULL,
		};

		if (!chain_of(g, &r, chain))
			continue;
		if (made)
			make_chain(g, &r, 0, chain, made);
		else
			put_word(g, &r, old->word, chain);
	}
}

/* Packets whose state coming in ('i') or going out has a queue. */
static void by_state(struct gen *g, char letter)
{
	for (int dir = IP_CT_DIR_ORIGINAL; dir <= IP_CT_DIR_REPLY; dir++) {
		nfb_rule(&g->b, HOOK);
		gen_match_dir(g, dir);
		nfe_ct(&g->b, NFT_CT_LABELS, -1, NFR(0));
		nfe_vmap(&g->b, GEN_QUEUES, NFR(gen_label_word(letter, dir)));
		nfb_rule_end(&g->b);
	}
}

/* Nothing more for packets that have no state coming in: they did not. */
static void came_in(struct gen *g)
{
	for (int dir = IP_CT_DIR_ORIGINAL; dir <= IP_CT_DIR_REPLY; dir++) {
		nfb_rule(&g->b, HOOK);
		gen_match_dir(g, dir);
		nfe_ct(&g->b, NFT_CT_LABELS, -1, NFR(0));
		nfe_cmp_u32(&g->b, NFT_CMP_EQ, NFR(gen_label_word('i', dir)),
			    0);
		nfe_verdict(&g->b, NF_ACCEPT, NULL);
		nfb_rule_end(&g->b);
	}
}

/* The last match rule has its way. */
static void by_match(struct gen *g, enum gen_place p)
{
	const struct pf_rules *l = &g->node->a->list[PF_LIST_FILTER];
	char chain[GEN_CHAIN];
	bool any = false;

	for (size_t k = l->n; k-- > 0;) {
		if (!gen_match_queues(g, &l->v[k]) ||
		    !chain_of(g, &l->v[k], chain))
			continue;
		if (!any && p == GEN_IN)
			came_in(g);
		else if (!any)
			gen_skip(g, HOOK, true);
		any = true;
		gen_match_later(g, &l->v[k], p, HOOK, NFT_GOTO, chain);
	}
}

void gen_altq(struct gen *g)
{
	__attribute__((cleanup(strv_free))) struct strv made = {0};

	each(g, make_chain, &made);
	each_old(g, &made);
	if (!made.n)
		return;
	nfb_set(&g->b, &(struct nfb_set){.name = GEN_QUEUES,
					 .ktype = NFB_TYPE_MARK,
					 .klen = 4,
					 .dtype = NFT_DATA_VERDICT,
					 .size = gen_bound_room(
						 g, g->nrules + OLD_MAX + 1)});
	nfb_elems(&g->b, GEN_QUEUES, false);
	each(g, put_state, NULL);
	each_old(g, NULL);
	nfb_elems_end(&g->b);
	nfb_chain_base(&g->b, HOOK, &hook);
	gen_back_keep(g, HOOK);
	put_handle(g, HOOK, STATELESS, ALTQ_HANDLE);
	nfe_verdict(&g->b, NF_ACCEPT, NULL);
	nfb_rule_end(&g->b);
	by_state(g, 'o');
	by_match(g, GEN_OUT);
	by_state(g, 'i');
	by_match(g, GEN_IN);
}
