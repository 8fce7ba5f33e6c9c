/*
 * nft_overload: max-src-conn and max-src-conn-rate of rules that overload into
 * a table, and what `flush` does to states.
 *
 * Theory of operation.  pf counts a connection of a source when its handshake
 * is over, since until then the source may be forged; so the offender that
 * `overload <t>` puts into a table is one that did speak.  The third packet of
 * a handshake is the first of the original direction, with ACK and without SYN,
 * whose state has no EST flag in its label.  It is counted by chain eNL (N the
 * rule, L the letter of the direction), and what is too much goes on to vNL:
 * the source into the table's set of addresses that packets add (tables_dyn.c)
 * and, for `flush`, into a set of sources whose states are over; the state gets
 * the flag DEAD and the packet is dropped.
 *
 * Nothing in the packet's way can remove a conntrack entry.  A state that is
 * DEAD passes nothing any more: its packets are judged like others, and make no
 * new state.  States of a source that was flushed get the flag when their next
 * packet comes; AFTER marks states that were made later and are none of it.
 * pfctl removes the entries of all these when it runs next (purge.c), for
 * which the set "dead" says that there are some.
 *
 * How many connections a source has counts conntrack from their first packet,
 * the only one that newer kernels count; the limit is looked at with the third.
 * Rules that do not overload are limited with the first (nft_limit.c).
 */
#include "pf/nft_gen.h"

#include <stdio.h>
#include <string.h>

#ifndef IP_CT_DIR_ORIGINAL /* not in the kernel's public headers */
#define IP_CT_DIR_ORIGINAL 0
#define IP_CT_DIR_REPLY 1
#endif

#define FLUSH_MAX 65536

static const unsigned int families[] = {GEN_AF_V4, GEN_AF_V6};

static char digit(unsigned int af)
{
	return af == GEN_AF_V6 ? '6' : '4';
}

bool gen_overloads(const struct pf_rule *r)
{
	return r->action == PF_PASS && r->state != PF_STATE_NONE &&
	       r->opts.overload && (r->opts.max_src_conn || r->opts.conn_rate);
}

static bool flushes_own(const struct pf_rule *r)
{
	return gen_overloads(r) && r->opts.flags & PF_S_FLUSH &&
	       !(r->opts.flags & PF_S_FLUSH_GLOBAL);
}

static bool flushes_all(const struct pf_rule *r)
{
	return gen_overloads(r) && r->opts.flags & PF_S_FLUSH_GLOBAL;
}

bool gen_flushes(const struct gen *g)
{
	return g->flush[0] || g->flush[1];
}

void gen_overload_note(struct gen *g, const struct gen_node *node,
		       const struct pf_rule *r)
{
	char set[256];

	if (!r->opts.overload)
		return;
	gen_table_set(node, r->opts.overload, GEN_AF_V4, set, sizeof(set));
	if (!strv_has(&g->dynamic, set + 2) &&
	    strv_add(&g->dynamic, set + 2) < 0)
		g->b.failed = true;
	if (!flushes_all(r))
		return;
	g->flush[0] |= r->dir != PF_OUT;
	g->flush[1] |= r->dir != PF_IN;
}

/* flags of labels */

unsigned int gen_label_word(char letter, int dir)
{
	return (letter == 'i') == (dir == IP_CT_DIR_ORIGINAL) ? GEN_LABEL_X
							      : GEN_LABEL_Y;
}

void gen_match_dir(struct gen *g, int dir)
{
	nfe_ct(&g->b, NFT_CT_DIRECTION, -1, NFR(0));
	nfe_cmp_u8(&g->b, NFT_CMP_EQ, NFR(0), (uint8_t)dir);
}

uint32_t gen_label_flag(uint32_t flag, unsigned int word)
{
	return word == GEN_LABEL_X ? flag : flag << 1;
}

static void flag_is(struct gen *g, uint32_t flag, bool set)
{
	const uint32_t zero = 0;

	nfe_ct(&g->b, NFT_CT_LABELS, -1, NFR(0));
	nfe_bitwise(&g->b, NFR(GEN_LABEL_FLAGS), NFR(4), 4, &flag, &zero);
	nfe_cmp_u32(&g->b, set ? NFT_CMP_NEQ : NFT_CMP_EQ, NFR(4), 0);
}

static void set_flag(struct gen *g, uint32_t flag)
{
	const uint32_t label[4] = {[GEN_LABEL_FLAGS] = flag};

	nfe_imm(&g->b, NFR(0), label, sizeof(label));
	nfe_ct_set(&g->b, NFT_CT_LABELS, NFR(0));
}

static void add_to(struct gen *g, const char *set)
{
	const struct nfe_dynset d = {
		.set = set, .op = NFT_DYNSET_OP_ADD, .key = NFR(0)};

	nfe_dynset_begin(&g->b, &d);
	nfe_dynset_end(&g->b);
}

static void finish(struct gen *g, int code, const char *chain)
{
	nfe_verdict(&g->b, code, chain);
	nfb_rule_end(&g->b);
}

/* sets */

static void flush_name(char ret[32], const struct pf_rule *r, unsigned int n,
		       char letter, unsigned int af)
{
	if (r->opts.flags & PF_S_FLUSH_GLOBAL)
		snprintf(ret, 32, "fg%c%c", letter, digit(af));
	else
		snprintf(ret, 32, "f%u.%c", n, digit(af));
}

static void count_name(char ret[32], unsigned int n, char what, char letter,
		       unsigned int af)
{
	snprintf(ret, 32, "n%u.%c%c%c", n, what, letter, digit(af));
}

static void sets_of(struct gen *g, const struct pf_rule *r, unsigned int n)
{
	const uint32_t nodes = g->c->opt.limit[PF_LIMIT_SRC_NODES];
	const uint64_t stay =
		1000ull * g->c->opt.timeout[PF_TM_TCP_ESTABLISHED];
	const char *l;
	char set[32];
	size_t i;

	for (i = 0; i < 2; i++) {
		for (l = "io"; *l; l++) {
			if (r->dir == (*l == 'i' ? PF_OUT : PF_IN))
				continue;
			count_name(set, n, 'k', *l, families[i]);
			if (r->opts.max_src_conn)
				gen_source_set(g, set, families[i], nodes, 0);
			count_name(set, n, 'q', *l, families[i]);
			if (r->opts.conn_rate)
				gen_source_set(g, set, families[i], nodes,
					       r->opts.conn_rate_seconds *
						       2000ull);
		}
		if (!flushes_own(r))
			continue;
		flush_name(set, r, n, 0, families[i]);
		gen_source_set(g, set, families[i], FLUSH_MAX, stay);
	}
}

void gen_overload_sets(struct gen *g)
{
	const uint64_t stay =
		1000ull * g->c->opt.timeout[PF_TM_TCP_ESTABLISHED];
	const struct pf_rules *l;
	char set[8];
	size_t i, k;

	if (!g->dynamic.n)
		return;
	nfb_set(&g->b, &(struct nfb_set){.name = "dead",
					 .flags = NFT_SET_EVAL,
					 .ktype = NFB_TYPE_MARK,
					 .klen = 4,
					 .size = 2});
	for (i = 0; i < 4; i++) {
		if (!g->flush[i / 2])
			continue;
		snprintf(set, sizeof(set), "fg%c%c", i / 2 ? 'o' : 'i',
			 digit(families[i % 2]));
		gen_source_set(g, set, families[i % 2], FLUSH_MAX, stay);
	}
	for (i = 0; i < g->nnodes; i++) {
		l = &g->node[i].a->list[PF_LIST_FILTER];
		for (k = 0; k < l->n; k++)
			if (gen_overloads(&l->v[k]))
				sets_of(g, &l->v[k],
					g->node[i].base[PF_LIST_FILTER] +
						(unsigned int)k);
	}
}

/* counting */

/*
 * Put a source's count of connections, or of new ones in some time; the rule
 * goes on where it is over the limit.
 */
static void over(struct gen *g, const struct pf_rule *r, const char *set,
		 bool rate)
{
	const struct nfe_dynset d = {.set = set,
				     .op = rate ? NFT_DYNSET_OP_UPDATE
						: NFT_DYNSET_OP_ADD,
				     .key = NFR(0),
				     .expr = true};

	nfe_dynset_begin(&g->b, &d);
	nfe_dynset_expr(&g->b);
	if (rate)
		nfe_limit(&g->b, r->opts.conn_rate, r->opts.conn_rate_seconds,
			  r->opts.conn_rate, true);
	else
		nfe_connlimit(&g->b, r->opts.max_src_conn, true);
	nfe_dynset_expr_end(&g->b);
	nfe_dynset_end(&g->b);
}

/* A source's address family, and where the rule can have one at all. */
static bool has_family(const struct pf_rule *r, unsigned int af)
{
	const unsigned int all = gen_families(r);

	return all == GEN_AF_ANY || all & af;
}

/* The end of a handshake: one connection more. */
static void count_chain(struct gen *g, const struct pf_rule *r, unsigned int n,
			char letter, const char *chain, const char *bad)
{
	const unsigned int w = gen_label_word(letter, IP_CT_DIR_ORIGINAL);
	char set[32];
	size_t i;
	int rate;

	nfb_chain(&g->b, chain);
	nfb_rule(&g->b, chain);
	set_flag(g, gen_label_flag(GEN_FLAG_EST, w));
	nfb_rule_end(&g->b);
	for (i = 0; i < 2; i++) {
		if (!has_family(r, families[i]))
			continue;
		for (rate = 0; rate < 2; rate++) {
			if (!(rate ? r->opts.conn_rate : r->opts.max_src_conn))
				continue;
			count_name(set, n, rate ? 'q' : 'k', letter,
				   families[i]);
			nfb_rule(&g->b, chain);
			gen_source(g, families[i]);
			over(g, r, set, rate);
			gen_count(g, rate ? "l.src-conn-rate" : "l.src-conn");
			finish(g, NFT_GOTO, bad);
		}
	}
}

/* One too many. */
static void bad_chain(struct gen *g, const struct gen_node *node,
		      const struct pf_rule *r, unsigned int n, char letter,
		      const char *chain)
{
	const unsigned int w = gen_label_word(letter, IP_CT_DIR_ORIGINAL);
	char set[256];
	size_t i;

	nfb_chain(&g->b, chain);
	for (i = 0; i < 2; i++) {
		if (!has_family(r, families[i]))
			continue;
		gen_table_set(node, r->opts.overload, families[i], set,
			      sizeof(set));
		set[0] = 'o';
		nfb_rule(&g->b, chain);
		gen_source(g, families[i]);
		add_to(g, set);
		gen_count(g, "l.overload");
		nfb_rule_end(&g->b);
		if (!(r->opts.flags & PF_S_FLUSH))
			continue;
		flush_name(set, r, n, letter, families[i]);
		nfb_rule(&g->b, chain);
		gen_source(g, families[i]);
		add_to(g, set);
		nfb_rule_end(&g->b);
	}
	nfb_rule(&g->b, chain);
	nfe_imm_u32(&g->b, NFR(0), 1);
	add_to(g, "dead");
	nfb_rule_end(&g->b);
	nfb_rule(&g->b, chain);
	set_flag(g, gen_label_flag(GEN_FLAG_DEAD, w));
	gen_count(g, "src-limit");
	finish(g, NF_DROP, NULL);
}

/* states */

static void dead_return(struct gen *g, const char *chain, char letter)
{
	int dir;

	for (dir = IP_CT_DIR_ORIGINAL; dir <= IP_CT_DIR_REPLY; dir++) {
		nfb_rule(&g->b, chain);
		gen_match_dir(g, dir);
		flag_is(g,
			gen_label_flag(GEN_FLAG_DEAD,
				       gen_label_word(letter, dir)),
			true);
		finish(g, NFT_RETURN, NULL);
	}
}

/* The addresses of an entry that a state of word X or Y is flushed by. */
static void load_end(struct gen *g, unsigned int word, char offender,
		     unsigned int af)
{
	const bool six = af == GEN_AF_V6;

	if (word == GEN_LABEL_X && offender == 'i')
		nfe_ct(&g->b, six ? NFT_CT_SRC_IP6 : NFT_CT_SRC_IP,
		       IP_CT_DIR_ORIGINAL, NFR(0));
	else if (word == GEN_LABEL_Y && offender == 'o')
		nfe_ct(&g->b, six ? NFT_CT_DST_IP6 : NFT_CT_DST_IP,
		       IP_CT_DIR_REPLY, NFR(0));
	else
		nfe_ct(&g->b, six ? NFT_CT_SRC_IP6 : NFT_CT_SRC_IP,
		       IP_CT_DIR_REPLY, NFR(0));
}

static void flush_rule(struct gen *g, unsigned int word, char offender,
		       const char *set, unsigned int af)
{
	load_end(g, word, offender, af);
	nfe_lookup(&g->b, set, NFR(0), false);
	flag_is(g, gen_label_flag(GEN_FLAG_AFTER | GEN_FLAG_DEAD, word), false);
	set_flag(g, gen_label_flag(GEN_FLAG_DEAD, word));
	gen_count(g, "l.flush");
	finish(g, NFT_RETURN, NULL);
}

void gen_flushed(struct gen *g, const char *chain, char letter)
{
	const char *offender;
	char set[8];
	size_t i;
	int dir;

	dead_return(g, chain, letter);
	for (dir = IP_CT_DIR_ORIGINAL; dir <= IP_CT_DIR_REPLY; dir++)
		for (offender = "io"; *offender; offender++)
			for (i = 0; i < 2 && g->flush[*offender == 'o']; i++) {
				snprintf(set, sizeof(set), "fg%c%c", *offender,
					 digit(families[i]));
				nfb_rule(&g->b, chain);
				gen_match_dir(g, dir);
				flush_rule(g, gen_label_word(letter, dir),
					   *offender, set, families[i]);
			}
}

/* States that this rule has made of a source it has flushed. */
static void flushed_own(struct gen *g, const struct pf_rule *r, unsigned int n,
			char letter, const char *chain)
{
	unsigned int w;
	char set[32];
	size_t i;
	int dir;

	for (dir = IP_CT_DIR_ORIGINAL; dir <= IP_CT_DIR_REPLY; dir++)
		for (i = 0; i < 2; i++) {
			if (!has_family(r, families[i]))
				continue;
			w = gen_label_word(letter, dir);
			flush_name(set, r, n, 0, families[i]);
			nfb_rule(&g->b, chain);
			gen_match_dir(g, dir);
			flush_rule(g, w, w == GEN_LABEL_X ? 'i' : 'o', set,
				   families[i]);
		}
}

void gen_overload_state(struct gen *g, const struct gen_node *node,
			const struct pf_rule *r, unsigned int n, char letter,
			const char *chain)
{
	static const uint8_t mask = 0x16, ack = 0x10, zero; /* SYN RST ACK */
	const unsigned int w = gen_label_word(letter, IP_CT_DIR_ORIGINAL);
	char count[GEN_CHAIN], bad[GEN_CHAIN];

	if (gen_flushes(g))
		gen_flushed(g, chain, letter);
	else
		dead_return(g, chain, letter);
	if (flushes_own(r))
		flushed_own(g, r, n, letter, chain);
	if (r->dir == (letter == 'i' ? PF_OUT : PF_IN))
		return;
	snprintf(count, sizeof(count), "e%u%c", n, letter);
	snprintf(bad, sizeof(bad), "v%u%c", n, letter);
	bad_chain(g, node, r, n, letter, bad);
	count_chain(g, r, n, letter, count, bad);
	nfb_rule(&g->b, chain);
	gen_match_dir(g, IP_CT_DIR_ORIGINAL);
	gen_match_proto(g, IPPROTO_TCP);
	nfe_payload(&g->b, NFT_PAYLOAD_TRANSPORT_HEADER, 13, 1, NFR(0));
	nfe_bitwise(&g->b, NFR(0), NFR(0), 1, &mask, &zero);
	nfe_cmp_u8(&g->b, NFT_CMP_EQ, NFR(0), ack);
	flag_is(g, gen_label_flag(GEN_FLAG_EST, w), false);
	finish(g, NFT_JUMP, count);
}

void gen_overload_chains(struct gen *g)
{
	char chain[8], tag[8];
	const char *l;

	for (l = "io"; *l && gen_flushes(g); l++) {
		snprintf(chain, sizeof(chain), "gf%c", *l);
		snprintf(tag, sizeof(tag), "tag%c", *l);
		nfb_chain(&g->b, chain);
		gen_flushed(g, chain, *l);
		nfb_rule(&g->b, chain);
		if (g->tagged)
			finish(g, NFT_GOTO, tag);
		else
			finish(g, NF_ACCEPT, NULL);
	}
}

/* states that are made */

void gen_overload_new(struct gen *g, const struct pf_rule *r, unsigned int n,
		      const char *chain, enum gen_place p)
{
	const char letter = gen_state_letter(p);
	const unsigned int w = gen_label_word(letter, IP_CT_DIR_ORIGINAL);
	char set[32];
	size_t i;

	for (i = 0; i < 2; i++) {
		if (!has_family(r, families[i]))
			continue;
		if (r->opts.max_src_conn) {
			count_name(set, n, 'k', letter, families[i]);
			nfb_rule(&g->b, chain);
			gen_match_proto(g, IPPROTO_TCP);
			gen_source(g, families[i]);
			over(g, r, set, false);
			nfb_rule_end(&g->b);
		}
		if (!flushes_own(r))
			continue;
		flush_name(set, r, n, 0, families[i]);
		nfb_rule(&g->b, chain);
		gen_source(g, families[i]);
		nfe_lookup(&g->b, set, NFR(0), false);
		set_flag(g, gen_label_flag(GEN_FLAG_AFTER, w));
		nfb_rule_end(&g->b);
	}
}

void gen_overload_made(struct gen *g, const char *chain, enum gen_place p)
{
	const char letter = gen_state_letter(p), *offender;
	unsigned int w;
	char set[8];
	size_t i;
	int dir;

	for (dir = IP_CT_DIR_ORIGINAL; dir <= IP_CT_DIR_REPLY; dir++) {
		w = gen_label_word(letter, dir);
		nfb_rule(&g->b, chain);
		gen_match_dir(g, dir);
		flag_is(g, gen_label_flag(GEN_FLAG_DEAD, w), true);
		finish(g, NF_DROP, NULL);
	}
	w = gen_label_word(letter, IP_CT_DIR_ORIGINAL);
	for (offender = "io"; *offender; offender++)
		for (i = 0; i < 2 && g->flush[*offender == 'o']; i++) {
			snprintf(set, sizeof(set), "fg%c%c", *offender,
				 digit(families[i]));
			nfb_rule(&g->b, chain);
			gen_match_dir(g, IP_CT_DIR_ORIGINAL);
			load_end(g, w, *offender, families[i]);
			nfe_lookup(&g->b, set, NFR(0), false);
			set_flag(g, gen_label_flag(GEN_FLAG_AFTER, w));
			nfb_rule_end(&g->b);
		}
}
