/* conf_state: options of states, "keep state (...)". */
#include "pf/conf_impl.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define PF_MAX_RATE (UINT32_MAX / 1000)

static int twice(struct parser *p, const char *what)
{
	return pf_conf_error(p, "state option '%s' multiple definitions", what);
}

/* Options that are one number. */
static const struct state_number {
	enum kind kind;
	const char *name;
	size_t where;
	unsigned int flags;
	bool zero; /* 0 is allowed: no limit */
} state_numbers[] = {
	{K_MAX, "max", offsetof(struct pf_state_opts, max_states), 0, true},
	{K_MAX_SRC_STATES, "max-src-states",
	 offsetof(struct pf_state_opts, max_src_states), PF_S_SRCTRACK, false},
	{K_MAX_SRC_NODES, "max-src-nodes",
	 offsetof(struct pf_state_opts, max_src_nodes),
	 PF_S_SRCTRACK | PF_S_SRCTRACK_RULE, false},
	{K_MAX_SRC_CONN, "max-src-conn",
	 offsetof(struct pf_state_opts, max_src_conn),
	 PF_S_SRCTRACK | PF_S_SRCTRACK_RULE, false},
};

static int number_option(struct parser *p, struct pf_state_opts *o,
			 const struct state_number *s)
{
	uint32_t *v = (uint32_t *)((char *)o + s->where);
	long long n = 0;
	int r = lex_next(p);

	if (!r)
		r = take_number(p, 0, UINT32_MAX,
				"only positive values permitted", &n);
	if (r < 0)
		return r;
	if (*v)
		return twice(p, s->name);
	if (!n && !s->zero)
		return pf_conf_error(p, "'%s' must be > 0", s->name);
	*v = (uint32_t)n;
	o->flags |= s->flags;
	return 0;
}

/* Options that are one word. */
static const struct state_word {
	enum kind kind;
	unsigned int flag, excludes;
	const char *twice;
} state_words[] = {
	{K_NO_SYNC, PF_S_NOSYNC, PF_S_NOSYNC,
	 "state option 'sync' multiple definitions"},
	{K_SLOPPY, PF_S_SLOPPY, PF_S_SLOPPY,
	 "state sloppy option: multiple definitions"},
	{K_IF_BOUND, PF_S_IFBOUND, PF_S_IFBOUND | PF_S_FLOATING,
	 "state locking option: multiple definitions"},
	{K_FLOATING, PF_S_FLOATING, PF_S_IFBOUND | PF_S_FLOATING,
	 "state locking option: multiple definitions"},
	{K_PFLOW, PF_S_PFLOW, PF_S_PFLOW,
	 "state pflow option: multiple definitions"},
	{K_ALLOW_RELATED, PF_S_ALLOW_RELATED, PF_S_ALLOW_RELATED,
	 "state allow-related option: multiple definitions"},
};

static int rate_option(struct parser *p, struct pf_state_opts *o)
{
	static const char positive[] = "only positive values permitted";
	long long n = 0, seconds = 0;
	int r = lex_next(p);

	if (!r)
		r = take_number(p, 0, UINT32_MAX, positive, &n);
	if (!r)
		r = expect_char(p, '/');
	if (!r)
		r = take_number(p, 0, UINT32_MAX, positive, &seconds);
	if (r < 0)
		return r;
	if (o->conn_rate)
		return twice(p, "max-src-conn-rate");
	if (!n || !seconds)
		return pf_conf_error(p,
				     "'max-src-conn-rate' values must be > 0");
	if (n > PF_MAX_RATE)
		return pf_conf_error(p,
				     "'max-src-conn-rate' maximum rate must be "
				     "< %u",
				     PF_MAX_RATE);
	o->conn_rate = (uint32_t)n;
	o->conn_rate_seconds = (uint32_t)seconds;
	o->flags |= PF_S_SRCTRACK | PF_S_SRCTRACK_RULE;
	return 0;
}

static int track_option(struct parser *p, struct pf_state_opts *o)
{
	int r = lex_next(p);

	if (r < 0)
		return r;
	if (o->flags & PF_S_TRACK_SAID)
		return twice(p, "source-track");
	o->flags |= PF_S_SRCTRACK | PF_S_TRACK_SAID;
	if (at(p, K_RULE))
		o->flags |= PF_S_SRCTRACK_RULE;
	else if (at(p, K_GLOBAL))
		o->flags |= PF_S_SRCTRACK_GLOBAL;
	else
		return 0;
	return lex_next(p);
}

static int overload_option(struct parser *p, struct pf_state_opts *o)
{
	bool yes = false;
	int r = lex_next(p);

	if (!r)
		r = expect_char(p, '<');
	if (!r && at(p, T_STRING) && strlen(p->t.s) >= PF_TABLE_NAME)
		return pf_conf_error(p, "table name '%s' too long", p->t.s);
	if (!r && o->overload)
		return pf_conf_error(p,
				     "multiple 'overload' table definitions");
	if (!r)
		r = take_string(p, &o->overload);
	if (!r)
		r = expect_char(p, '>');
	if (!r)
		r = accept_kind(p, K_FLUSH, &yes);
	if (r < 0 || !yes)
		return r;
	o->flags |= PF_S_FLUSH;
	r = accept_kind(p, K_GLOBAL, &yes);
	if (yes)
		o->flags |= PF_S_FLUSH_GLOBAL;
	return r;
}

static int timeout_option(struct parser *p, struct pf_state_opts *o)
{
	cleanup_free char *name = NULL;
	long long n = 0;
	size_t i = 0;
	int r = take_string(p, &name);

	if (!r)
		r = take_number(p, 0, UINT32_MAX - 1,
				"only positive values permitted", &n);
	if (r < 0)
		return r;
	while (i < PF_NTIMEOUTS && strcmp(pf_timeouts[i].name, name))
		i++;
	if (i == PF_NTIMEOUTS)
		return pf_conf_error(p, "illegal timeout name %s", name);
	if (!strchr(name, '.'))
		return pf_conf_error(p, "illegal state timeout %s", name);
	if (o->timeout[i] != PF_TM_UNSET)
		return pf_conf_error(p, "state timeout %s multiple definitions",
				     name);
	if (n) /* 0 is the ruleset's own */
		o->timeout[i] = (uint32_t)n;
	return 0;
}

static int state_option(struct parser *p, struct pf_state_opts *o)
{
	for (size_t i = 0; i < ARRAY_SIZE(state_numbers); i++)
		if (at(p, state_numbers[i].kind))
			return number_option(p, o, &state_numbers[i]);
	for (size_t i = 0; i < ARRAY_SIZE(state_words); i++) {
		if (!at(p, state_words[i].kind))
			continue;
		if (o->flags & state_words[i].excludes)
			return pf_conf_error(p, "%s", state_words[i].twice);
		o->flags |= state_words[i].flag;
		return lex_next(p);
	}
	switch (p->t.kind) {
	case K_MAX_SRC_CONN_RATE:
		return rate_option(p, o);
	case K_SOURCE_TRACK:
		return track_option(p, o);
	case K_OVERLOAD:
		return overload_option(p, o);
	default:
		return timeout_option(p, o);
	}
}

int conf_state_opts(struct parser *p, struct pf_state_opts *o)
{
	int r;

	do {
		r = state_option(p, o);
		if (!r && at_char(p, ','))
			r = lex_next(p);
		else if (!r && !at(p, T_STRING) && p->t.kind < K_ALL)
			break;
	} while (!r && !at_char(p, ')'));
	return r;
}

int conf_state_finish(struct parser *p, struct pf_rule *r)
{
	struct pf_state_opts *o = &r->opts;
	uint32_t *t = o->timeout;

	if (t[PF_TM_ADAPTIVE_START] == PF_TM_UNSET &&
	    t[PF_TM_ADAPTIVE_END] == PF_TM_UNSET && o->max_states >= 10) {
		t[PF_TM_ADAPTIVE_START] = o->max_states / 10 * 6;
		t[PF_TM_ADAPTIVE_END] = o->max_states / 10 * 12;
	}
	if (o->flags & PF_S_SRCTRACK_GLOBAL) {
		const char *what = o->max_src_nodes  ? "max-src-nodes"
				   : o->max_src_conn ? "max-src-conn"
				   : o->conn_rate    ? "max-src-conn-rate"
						     : NULL;

		if (what)
			return pf_conf_error(p,
					     "'%s' is incompatible with "
					     "'source-track global'",
					     what);
	}
	if ((o->flags & PF_S_SRCTRACK) && !(o->flags & PF_S_SRCTRACK_RULE))
		o->flags |= PF_S_SRCTRACK_GLOBAL;
	o->flags &= ~PF_S_TRACK_SAID;
	if (o->conn_rate_seconds && (t[PF_TM_SRC_TRACK] == PF_TM_UNSET ||
				     t[PF_TM_SRC_TRACK] < o->conn_rate_seconds))
		t[PF_TM_SRC_TRACK] = o->conn_rate_seconds;
	/* the option is for the rules of its file: what is loaded has it */
	if (r->state && !(o->flags & (PF_S_IFBOUND | PF_S_FLOATING)) &&
	    p->conf->opt.if_bound && !(p->how->flags & PF_PARSE_STORED))
		o->flags |= PF_S_IFBOUND;
	return 0;
}
