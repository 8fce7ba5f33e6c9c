/*
 * nft_action: what pf's rules do.
 *
 * Most rules end in a chain of their place (nft_state.c).  One that does more
 * has chains of its own: "rNP" for the packet that it decides (N its number, P
 * the letter of the place), and "sNL" for all packets of its states.
 */
#include "pf/nft_gen.h"
#include "pf/pflog.h"

#include <stdio.h>
#include <string.h>

bool gen_answers(const struct pf_rule *r)
{
	return r->action == PF_BLOCK && r->ret != PF_RETURN_DROP;
}

bool gen_makes_state(const struct pf_rule *r, enum pf_list list)
{
	switch (r->action) {
	case PF_PASS:
		return list == PF_LIST_FILTER && r->state != PF_STATE_NONE;
	case PF_NAT:
	case PF_BINAT:
	case PF_RDR:
		return r->flags & PF_F_NAT_PASS;
	default:
		return false;
	}
}

static void go(struct gen_verdict *v, const char *chain, enum gen_place p)
{
	v->code = NFT_GOTO;
	snprintf(v->chain, sizeof(v->chain), "%s%c", chain, gen_letter[p]);
}

/* Where the rule leads when nothing of its own is to be done. */
static void plain_verdict(const struct pf_rule *r, enum gen_place p,
			  struct gen_verdict *ret)
{
	*ret = (struct gen_verdict){.code = NF_DROP};
	if (r->action == PF_PASS && r->state == PF_STATE_NONE)
		go(ret, "pn", p);
	else if (r->action == PF_PASS)
		go(ret, r->flags & PF_F_ALLOW_OPTS ? "pa" : "ps", p);
	else if (gen_answers(r))
		go(ret, "rt", p);
}

/* "rule 3/0(match): block in", as tcpdump words what pflog has. */
static void log_prefix(const struct gen_node *node, const struct pf_rule *r,
		       enum gen_place p, char *buf, size_t size)
{
	const char *path = node->a->path ? node->a->path : "";
	const char *what = r->action == PF_PASS	   ? "pass"
			   : r->action == PF_BLOCK ? "block"
						   : "match";

	snprintf(buf, size, "pf: rule %u%s%.60s/0(match): %s %s: ", r->nr,
		 path[0] ? "." : "", path, what, gen_is_in(p) ? "in" : "out");
}

static uint16_t log_group(const struct pf_rule *r)
{
	long long n = 0;

	if (r->logif && strncmp(r->logif, "pflog", 5) == 0 &&
	    str_to_int(r->logif + 5, 0, PFLOG_MAX, &n) < 0)
		n = 0;
	return (uint16_t)n;
}

static void log_to(struct gen *g, const struct gen_node *node,
		   const struct pf_rule *r, enum gen_place p, uint16_t group)
{
	char prefix[120];

	log_prefix(node, r, p, prefix, sizeof(prefix));
	nfe_log(&g->b, group, prefix);
	nfe_log(&g->b, group | PFLOG_DAEMON, prefix);
}

void gen_log(struct gen *g, const struct gen_node *node,
	     const struct pf_rule *r, enum gen_place p)
{
	log_to(g, node, r, p, log_group(r));
}

/*
 * The state is made first, since its word stands where `set prio` writes.
 */
static void edit_first(struct gen *g, const struct pf_rule *r,
		       const char *chain, enum gen_place p)
{
	char to[GEN_CHAIN];

	if (!(r->flags & PF_F_ALLOW_OPTS)) {
		snprintf(to, sizeof(to), "oc%c", gen_letter[p]);
		nfb_rule(&g->b, chain);
		nfe_verdict(&g->b, NFT_JUMP, to);
		nfb_rule_end(&g->b);
	}
	if (r->state != PF_STATE_NONE) {
		snprintf(to, sizeof(to), "ls%c", gen_letter[p]);
		nfb_rule(&g->b, chain);
		nfe_verdict(&g->b, NFT_JUMP, to);
		nfb_rule_end(&g->b);
	} else {
		gen_priority_rest(g, chain, p);
	}
	gen_edit(g, r, chain);
	gen_queue(g, r, chain, p);
	nfb_rule(&g->b, chain);
	nfe_verdict(&g->b, NF_ACCEPT, NULL);
	nfb_rule_end(&g->b);
}

/* Rules with `once` that have decided: their numbers. */
void gen_once_set(struct gen *g)
{
	if (g->once)
		nfb_set(&g->b, &(struct nfb_set){.name = GEN_ONCE,
						 .flags = NFT_SET_EVAL,
						 .ktype = NFB_TYPE_MARK,
						 .klen = 4,
						 .size = g->nrules + 1});
}

static void used_up(struct gen *g, unsigned int n, const char *chain)
{
	const struct nfe_dynset d = {
		.set = GEN_ONCE, .op = NFT_DYNSET_OP_ADD, .key = NFR(0)};

	nfb_rule(&g->b, chain);
	nfe_imm_u32(&g->b, NFR(0), n);
	nfe_dynset_begin(&g->b, &d);
	nfe_dynset_end(&g->b);
	nfb_rule_end(&g->b);
}

static bool is_special(const struct gen *g, const struct gen_node *node,
		       const struct pf_rule *r)
{
	return r->flags & (PF_F_LOG | PF_F_ONCE) || gen_counted(g, node, r) ||
	       gen_synproxy(g, r) || gen_limits(r) || gen_routed(r) ||
	       gen_sloppy(r) || gen_answers_own(r) ||
	       (r->action == PF_PASS && gen_times(r)) ||
	       (r->action == PF_PASS && gen_edits(r)) || gen_queued(g, r);
}

void gen_rule_verdict(struct gen *g, const struct gen_node *node,
		      const struct pf_rule *r, unsigned int n, enum gen_place p,
		      bool make, struct gen_verdict *ret)
{
	struct gen_verdict last;

	plain_verdict(r, p, &last);
	if (!is_special(g, node, r)) {
		*ret = last;
		return;
	}
	ret->code = NFT_GOTO;
	snprintf(ret->chain, sizeof(ret->chain), "r%u%c", n, gen_letter[p]);
	if (!make)
		return;
	nfb_chain(&g->b, ret->chain);
	if (r->flags & PF_F_LOG) {
		nfb_rule(&g->b, ret->chain);
		gen_log(g, node, r, p);
		nfb_rule_end(&g->b);
	}
	if (r->flags & PF_F_ONCE)
		used_up(g, n, ret->chain);
	if (!gen_synproxy(g, r) || p != GEN_IN)
		gen_limit(g, r, n, ret->chain, p);
	if (gen_counted(g, node, r))
		gen_counted_first(g, node, r, ret->chain, p);
	if (gen_routed(r))
		gen_route(g, r, n, ret->chain, p);
	if (r->action == PF_PASS && gen_times(r))
		gen_timeout(g, r, ret->chain);
	if (gen_sloppy(r))
		gen_sloppy_new(g, ret->chain, p);
	if (gen_synproxy(g, r) && p == GEN_IN) {
		gen_synproxy_new(g, r, n, ret->chain);
		gen_synproxy_limits(g, r, n, ret->chain);
	}
	if (gen_answers_own(r)) {
		gen_answer(g, r, n, ret->chain, p);
		return;
	}
	if (r->action == PF_PASS && (gen_edits(r) || gen_queued(g, r))) {
		edit_first(g, r, ret->chain, p);
		return;
	}
	nfb_rule(&g->b, ret->chain);
	gen_verdict(g, &last);
	nfb_rule_end(&g->b);
}

/*
 * A state's packets get the tag of the packet that made it.  No expression
 * joins two registers, so what else was in the mark is lost where there is one.
 */
void gen_state_tag(struct gen *g, const char *chain)
{
	const uint32_t tags = GEN_TAG_MASK, zero = 0;

	nfb_rule(&g->b, chain);
	nfe_ct(&g->b, NFT_CT_LABELS, -1, NFR(0));
	nfe_bitwise(&g->b, NFR(GEN_LABEL_NAT), NFR(4), 4, &tags, &zero);
	nfe_cmp_u32(&g->b, NFT_CMP_NEQ, NFR(4), 0);
	nfe_meta_set(&g->b, NFT_META_MARK, NFR(4));
	nfb_rule_end(&g->b);
}

void gen_state_passes(const struct gen *g, char letter, struct gen_verdict *ret)
{
	*ret = (struct gen_verdict){.code = NF_ACCEPT};
	if (gen_flushes(g)) {
		ret->code = NFT_JUMP;
		snprintf(ret->chain, sizeof(ret->chain), "gf%c", letter);
	} else if (g->tagged) {
		ret->code = NFT_GOTO;
		snprintf(ret->chain, sizeof(ret->chain), "tag%c", letter);
	}
}

bool gen_state_verdict(struct gen *g, const struct gen_node *node,
		       const struct pf_rule *r, unsigned int n, char letter,
		       bool make, struct gen_verdict *ret)
{
	const bool filter = r->action == PF_PASS;
	const bool edits = filter && gen_edits(r);
	const bool bound = gen_bound_named(g, r);
	const bool over = filter && gen_overloads(r);
	const bool dups = gen_dups(r, letter);
	const bool counted = filter && gen_counted(g, node, r);
	char tag[GEN_CHAIN];

	snprintf(tag, sizeof(tag), "tag%c", letter);
	if (!(r->flags & PF_F_LOG_ALL) && !edits && !bound && !over && !dups &&
	    !counted) {
		gen_state_passes(g, letter, ret);
		return ret->chain[0];
	}
	/* comes back when the interface is another one */
	ret->code = NFT_JUMP;
	snprintf(ret->chain, sizeof(ret->chain), "s%u%c", n, letter);
	if (!make)
		return true;
	nfb_chain(&g->b, ret->chain);
	if (bound) {
		nfb_rule(&g->b, ret->chain);
		gen_match_if(g, r->ifname, true, letter != 'i');
		if (gen_synproxy(g, r)) /* to a server of our own */
			gen_match_if(g, "lo0", true, letter != 'i');
		nfe_verdict(&g->b, NFT_RETURN, NULL);
		nfb_rule_end(&g->b);
	}
	if (over)
		gen_overload_state(g, node, r, n, letter, ret->chain);
	else if (gen_flushes(g))
		gen_flushed(g, ret->chain, letter);
	if (r->flags & PF_F_LOG_ALL) {
		nfb_rule(&g->b, ret->chain);
		gen_log(g, node, r, letter == 'i' ? GEN_IN : GEN_OUT);
		nfb_rule_end(&g->b);
	}
	if (counted)
		gen_counted_state(g, node, r, ret->chain, letter);
	if (edits)
		gen_edit(g, r, ret->chain);
	if (dups && g->tagged) /* first: the copy's mark goes beside it */
		gen_state_tag(g, ret->chain);
	if (dups)
		gen_dup(g, r, ret->chain);
	nfb_rule(&g->b, ret->chain);
	if (g->tagged && !dups)
		nfe_verdict(&g->b, NFT_GOTO, tag);
	else
		nfe_verdict(&g->b, NF_ACCEPT, NULL);
	nfb_rule_end(&g->b);
	return true;
}

/* Does a match rule make all rules behind it log? */
static bool logs_matches(const struct pf_rule *r)
{
	return r->action == PF_MATCH && r->flags & PF_F_LOG_MATCHES;
}

void gen_log_matches_note(struct gen *g, const struct pf_rule *r)
{
	if (!logs_matches(r))
		return;
	if (!g->log_matches)
		g->log_matches = r;
	else if (log_group(r) != log_group(g->log_matches))
		gen_refuse(g, r,
			   "log (matches) to another interface than line %u",
			   g->log_matches->line);
}

void gen_log_matched(struct gen *g, const struct gen_node *node,
		     const struct pf_rule *r, enum gen_place p)
{
	log_to(g, node, r, p, log_group(g->log_matches));
}

void gen_log_matches(struct gen *g, bool on)
{
	const uint32_t mask = ~GEN_LOG_MATCHES, xor = on ? GEN_LOG_MATCHES : 0;

	nfe_meta(&g->b, NFT_META_MARK, NFR(0));
	nfe_bitwise(&g->b, NFR(0), NFR(0), 4, &mask, &xor);
	nfe_meta_set(&g->b, NFT_META_MARK, NFR(0));
}

void gen_set_tag(struct gen *g, const char *tag)
{
	const uint32_t mask = ~GEN_TAG_MASK, xor = gen_tag(g, tag)
						   << GEN_TAG_SHIFT;

	nfe_meta(&g->b, NFT_META_MARK, NFR(0));
	nfe_bitwise(&g->b, NFR(0), NFR(0), 4, &mask, &xor);
	nfe_meta_set(&g->b, NFT_META_MARK, NFR(0));
}

void gen_effects(struct gen *g, const struct gen_node *node,
		 const struct pf_rule *r, unsigned int n, enum gen_place p)
{
	(void)n;
	if (r->tag)
		gen_set_tag(g, r->tag);
	if (r->action == PF_MATCH && r->flags & PF_F_LOG)
		gen_log(g, node, r, p);
	if (logs_matches(r))
		gen_log_matches(g, true);
}

/* What Linux cannot do, or what is not done yet: never in silence. */
static const struct {
	unsigned int flag;
	const char *text;
} flags_refused[] = {
	{PF_F_LOG_USER, NULL}, /* nothing more is known: logged without */
	{PF_F_DIVERT, "divert-to is not supported"},
	{PF_F_REASSEMBLE_TCP, "reassemble tcp is not supported"},
	{PF_F_DNPIPE, "dnpipe is not supported"},
	{PF_F_DNQUEUE, "dnqueue is not supported"},
};

void gen_action_check(struct gen *g, const struct pf_rule *r, enum pf_list list)
{
	size_t i;

	for (i = 0; i < sizeof(flags_refused) / sizeof(flags_refused[0]); i++)
		if (r->flags & flags_refused[i].flag && flags_refused[i].text)
			gen_refuse(g, r, "%s", flags_refused[i].text);
	if (logs_matches(r) && gen_match_translates(r))
		gen_refuse(g, r,
			   "log (matches) beside nat-to or rdr-to: say it in a "
			   "match rule of its own");
	gen_limit_check(g, r);
	if (list == PF_LIST_FILTER) {
		gen_bound_check(g, r);
		gen_member_check(g, r);
	}
	if (r->flags & PF_F_RTABLE && r->rtable && r->action != PF_PASS)
		gen_refuse(g, r, "rtable: say it in the rule that passes");
	gen_queue_check(g, r, list);
}
