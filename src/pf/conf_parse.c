/* conf_parse: statements of pf.conf(5), errors, and the small steps. */
#include "pf/conf_impl.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "pf/opt.h"
#include "pf/print.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#define PF_MAX_FILE (256u << 20)

bool verbose(const struct parser *p)
{
	return p->how->echo && (p->how->flags & PF_PARSE_VERBOSE);
}

bool conf_echoes(const struct parser *p, unsigned int what)
{
	return verbose(p) && !(p->how->flags & what);
}

/* Words of a file may hold anything; a message is one line. */
static void tell(struct parser *p, enum report_level level, const char *fmt,
		 va_list ap)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	strbuf_vaddf(&b, fmt, ap);
	str_tame_line(b.s, b.len);
	report(p->how->report, level, "%s:%u: %s", lex_file(p), p->t.line, b.s);
}

void conf_reason(struct parser *p, const char *fmt, ...)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&b, fmt, ap);
	va_end(ap);
	str_tame_line(b.s, b.len);
	report(p->how->report, REPORT_ERROR, "%s", b.s);
}

int pf_conf_error(struct parser *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (p->errors < PF_MAX_ERRORS)
		tell(p, REPORT_ERROR, fmt, ap);
	va_end(ap);
	p->errors++;
	return -EINVAL;
}

void conf_warn(struct parser *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(p, REPORT_WARN, fmt, ap);
	va_end(ap);
}

int conf_syntax(struct parser *p)
{
	if (p->t.kind == T_ERROR)
		return -EINVAL; /* the lexer has told */
	return pf_conf_error(p, "syntax error");
}

bool at(const struct parser *p, enum kind k)
{
	return p->t.kind == k;
}

bool at_char(const struct parser *p, char c)
{
	return p->t.kind == T_CHAR && p->t.c == c;
}

bool at_end(const struct parser *p)
{
	return at(p, T_NEWLINE) || at(p, T_EOF);
}

int accept_kind(struct parser *p, enum kind k, bool *ret)
{
	bool yes = at(p, k);

	if (ret)
		*ret = yes;
	return yes ? lex_next(p) : 0;
}

int accept_char(struct parser *p, char c, bool *ret)
{
	bool yes = at_char(p, c);

	if (ret)
		*ret = yes;
	return yes ? lex_next(p) : 0;
}

int expect_kind(struct parser *p, enum kind k)
{
	return at(p, k) ? lex_next(p) : conf_syntax(p);
}

int expect_char(struct parser *p, char c)
{
	return at_char(p, c) ? lex_next(p) : conf_syntax(p);
}

int take_string(struct parser *p, char **ret)
{
	if (!at(p, T_STRING))
		return conf_syntax(p);
	free(*ret);
	*ret = take_ptr(p->t.s);
	return lex_next(p);
}

int take_words(struct parser *p, char **ret)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	int r;

	if (!at(p, T_STRING))
		return conf_syntax(p);
	while (at(p, T_STRING)) {
		strbuf_addf(&b, "%s%s", b.len ? " " : "", p->t.s);
		r = lex_next(p);
		if (r < 0)
			return r;
	}
	free(*ret);
	*ret = strbuf_take(&b);
	return *ret ? 0 : -ENOMEM;
}

int take_number(struct parser *p, long long min, long long max,
		const char *complaint, long long *ret)
{
	if (!at(p, T_NUMBER))
		return conf_syntax(p);
	if (p->t.n < min || p->t.n > max)
		return pf_conf_error(p, complaint, p->t.n);
	*ret = p->t.n;
	return lex_next(p);
}

int take_name(struct parser *p, size_t size, const char *what, char **ret)
{
	if (at(p, T_STRING) && strlen(p->t.s) >= size)
		return pf_conf_error(p, "%s too long, max %zu chars", what,
				     size - 1);
	return take_string(p, ret);
}

int skip_newlines(struct parser *p)
{
	int r = 0;

	while (!r && at(p, T_NEWLINE))
		r = lex_next(p);
	return r;
}

int skip_comma(struct parser *p)
{
	return accept_char(p, ',', NULL);
}

int in_section(struct parser *p, enum section s)
{
	if (p->require_order && p->section > s)
		return pf_conf_error(
			p, "Rules must be in order: options, ethernet, "
			   "normalization, queueing, translation, "
			   "filtering");
	p->section = s;
	return 0;
}

int conf_end(struct parser *p, enum section s)
{
	return at_end(p) ? in_section(p, s) : conf_syntax(p);
}

int conf_list(struct parser *p, int (*item)(struct parser *p, void *to),
	      void *to)
{
	size_t n = 0;
	bool many = false;
	int r;

	r = accept_char(p, '{', &many);
	if (r < 0)
		return r;
	if (!many)
		return item(p, to);
	r = skip_newlines(p);
	do {
		if (!r && ++n > PF_MAX_LIST)
			return pf_conf_error(p, "list too long, max %d",
					     PF_MAX_LIST);
		if (!r)
			r = item(p, to);
		if (!r)
			r = skip_newlines(p);
		if (!r && at_char(p, ','))
			r = lex_next(p);
		/* pfctl takes newlines before a comma, not behind it */
	} while (!r && !at_char(p, '}'));
	return r < 0 ? r : expect_char(p, '}');
}

void *list_grow(void *v, size_t n, size_t *size, size_t each)
{
	if (n < *size)
		return v;
	v = reallocarray(v, *size ? *size * 2 : 4, each);
	if (v)
		*size = *size ? *size * 2 : 4;
	return v;
}

void hosts_clear(struct hosts *h)
{
	for (size_t i = 0; i < h->n; i++) {
		free(h->v[i].ifname);
		free(h->v[i].host.name);
	}
	free(h->v);
	memset(h, 0, sizeof(*h));
}

void draft_clear(struct draft *d)
{
	pf_rule_clear(&d->r);
	free(d->ifs.v);
	free(d->protos.v);
	free(d->icmps.v);
	hosts_clear(&d->src);
	hosts_clear(&d->dst);
	free(d->sport.v);
	free(d->dport.v);
	strv_free(&d->os);
	free(d->uids.v);
	free(d->gids.v);
	hosts_clear(&d->pool);
	hosts_clear(&d->rdr);
	hosts_clear(&d->route);
}

/* name = value ... */
static int assignment(struct parser *p)
{
	cleanup_free char *name = NULL;
	cleanup_strbuf struct strbuf value = STRBUF_INIT;
	int r = take_string(p, &name);

	/* few letters that stand for many */
	if (!r && p->how->flags & PF_PARSE_STORED)
		return pf_conf_error(p, "macros are not for here");
	if (!r)
		r = expect_char(p, '=');
	if (!r && !at(p, T_STRING) && !at(p, T_NUMBER))
		return conf_syntax(p);
	while (!r && (at(p, T_STRING) || at(p, T_NUMBER))) {
		strbuf_addf(&value, "%s", value.len ? " " : "");
		if (at(p, T_STRING))
			strbuf_adds(&value, p->t.s);
		else
			strbuf_addf(&value, "%lld", p->t.n);
		if (value.len > PF_MAX_WORD * 64)
			return pf_conf_error(p, "string too long");
		r = lex_next(p);
	}
	if (r < 0)
		return r;
	if (!at(p, T_NEWLINE))
		return conf_syntax(p);
	if (strbuf_failed(&value))
		return -ENOMEM;
	echo(p, "%s = \"%s\"\n", name, value.s);
	if (strpbrk(name, " \t\r\n\v\f"))
		return pf_conf_error(p, "macro name cannot contain whitespace");
	return lex_macro_set(p, name, value.s, false);
}

static int include(struct parser *p)
{
	cleanup_free char *name = NULL;
	int why, r = lex_next(p);

	if (!r)
		r = take_string(p, &name);
	if (r < 0)
		return r;
	if (!at(p, T_NEWLINE))
		return conf_syntax(p);
	if (p->how->flags & PF_PARSE_STORED)
		return pf_conf_error(p, "include is not for here");
	r = lex_include(p, name, &why);
	if (r == -EINVAL && why) {
		conf_reason(p, "%s: %s", name, strerror(why));
		return pf_conf_error(p, "failed to include file %s", name);
	}
	return r;
}

static int no_rule(struct parser *p)
{
	int r = lex_next(p);

	if (r < 0)
		return r;
	switch (p->t.kind) {
	case K_SCRUB:
		return conf_scrub(p, true);
	case K_NAT:
		return conf_nat(p, true, PF_NONAT);
	case K_RDR:
		return conf_nat(p, true, PF_NORDR);
	case K_BINAT:
		return conf_binat(p, true);
	default:
		return conf_syntax(p);
	}
}

static int statement(struct parser *p)
{
	switch (p->t.kind) {
	case K_PASS:
	case K_BLOCK:
	case K_MATCH:
		return conf_rule(p);
	case K_ANCHOR:
		return conf_anchor_rule(p);
	case K_NAT_ANCHOR:
		return conf_nat_anchor(p, PF_LIST_NAT);
	case K_RDR_ANCHOR:
		return conf_nat_anchor(p, PF_LIST_RDR);
	case K_BINAT_ANCHOR:
		return conf_nat_anchor(p, PF_LIST_BINAT);
	case K_NAT:
		return conf_nat(p, false, PF_NAT);
	case K_RDR:
		return conf_nat(p, false, PF_RDR);
	case K_BINAT:
		return conf_binat(p, false);
	case K_NO:
		return no_rule(p);
	case K_SCRUB:
		return conf_scrub(p, false);
	case K_ANTISPOOF:
		return conf_antispoof(p);
	case K_SET:
		return conf_option(p);
	case K_TABLE:
		return conf_table(p);
	case K_ETHER:
		return conf_ether(p);
	case K_ALTQ:
		return conf_altq(p);
	case K_QUEUE:
		return conf_queue(p);
	case K_LOAD:
		return conf_load_anchor(p);
	case K_INCLUDE:
		return include(p);
	case T_STRING:
		return assignment(p);
	case T_CHAR:
		if (p->t.c == '@' && (p->how->flags & PF_PARSE_STORED))
			return conf_stored_anchor(p);
		return conf_syntax(p);
	default:
		return conf_syntax(p);
	}
}

/* Behind an error: to the end of the statement's last line. */
static int resync(struct parser *p)
{
	int r = 0;

	while (!r && !at_end(p) && !at(p, T_ERROR))
		r = lex_next(p);
	return r;
}

/* One statement and its newline. */
static int statement_line(struct parser *p, bool body, bool ether)
{
	int r;

	if (body && ether && !at(p, K_ETHER))
		r = conf_syntax(p);
	else if (body && !ether &&
		 (!at(p, K_PASS) && !at(p, K_BLOCK) && !at(p, K_MATCH) &&
		  !at(p, K_ANCHOR)))
		r = conf_syntax(p);
	else
		r = statement(p);
	if (!r && !at_end(p))
		r = conf_syntax(p);
	if (r == -EINVAL)
		r = body ? r : resync(p);
	if (r < 0)
		return r;
	if (p->errors >= PF_MAX_ERRORS)
		return -E2BIG;
	return at(p, T_EOF) ? 0 : lex_next(p);
}

int conf_body(struct parser *p, bool ether)
{
	int r = at(p, T_NEWLINE) ? 0 : conf_syntax(p);

	while (!r) {
		r = skip_newlines(p);
		if (r < 0 || at_char(p, '}'))
			break;
		r = statement_line(p, true, ether);
	}
	return r;
}

static int statements(struct parser *p)
{
	int r = lex_next(p);

	while (!r && !at(p, T_EOF)) {
		p->anchor = p->base;
		p->depth = 0;
		if (at(p, T_NEWLINE) || at(p, T_ERROR))
			r = lex_next(p);
		else
			r = statement_line(p, false, false);
	}
	return r;
}

static int command_line_macros(struct parser *p)
{
	const struct strv *m = p->how->macros;

	for (size_t i = 0; m && i < m->n; i++) {
		cleanup_free char *name = strdup(m->v[i]);
		char *eq = name ? strrchr(name, '=') : NULL;
		int r;

		if (!name)
			return -ENOMEM;
		if (!eq)
			continue; /* pfctl's command line has refused it */
		*eq = '\0';
		r = lex_macro_set(p, name, eq + 1, true);
		if (r < 0)
			return r;
	}
	return 0;
}

/* As pfctl -vv does, on a file with errors, too. */
static void tell_unused(struct parser *p)
{
	if (!verbose(p) || !(p->how->flags & PF_PARSE_VERBOSE2))
		return;
	for (size_t i = 0; i < p->nmacros; i++)
		if (!p->macros[i].used)
			report(p->how->report, REPORT_WARN,
			       "warning: macro '%s' not used",
			       p->macros[i].name);
}

static const struct report no_report;

static void echo_auto_tables(struct parser *p, const struct pf_anchor *a)
{
	const struct pf_rules *l = &a->list[PF_LIST_FILTER];

	/* by name, their numbers would be out of order */
	for (unsigned int n = 0; n < p->conf->auto_tables; n++) {
		char name[PF_TABLE_NAME];
		const struct pf_table *t;

		snprintf(name, sizeof(name), PF_AUTO_TABLE "%u", n);
		t = pf_table_find(a, name);
		if (!t || !t->ninit)
			continue;
		pf_print_table(p->how->echo, t, 0);
		strbuf_addch(p->how->echo, '\n');
	}
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].action == PF_ANCHOR && l->v[i].anchor_inline)
			echo_auto_tables(p, l->v[i].anchor);
}

/* Rules as -nv shows them, list by list. */
static void echo_rules(struct parser *p)
{
	static const unsigned int not_echoed[PF_NLISTS] = {
		[PF_LIST_ETHER] = PF_PARSE_NOT_ETHER,
		[PF_LIST_SCRUB] = PF_PARSE_NOT_FILTER,
		[PF_LIST_NAT] = PF_PARSE_NOT_NAT,
		[PF_LIST_BINAT] = PF_PARSE_NOT_NAT,
		[PF_LIST_RDR] = PF_PARSE_NOT_NAT,
		[PF_LIST_FILTER] = PF_PARSE_NOT_FILTER,
	};
	unsigned int flags = 0;

	if (p->how->flags & PF_PARSE_NUMERIC)
		flags |= PF_PRINT_NUMERIC;
	if (p->how->flags & PF_PARSE_VERBOSE2)
		flags |= PF_PRINT_NUMBERS | PF_PRINT_READ;
	for (size_t i = 0; i < PF_NLISTS; i++) {
		const enum pf_list l = pf_echo_order[i];

		if (!conf_echoes(p, not_echoed[l]))
			continue;
		/* the optimiser's tables come before the rules they are for */
		if (l == PF_LIST_FILTER)
			echo_auto_tables(p, p->base);
		pf_print_list(p->how->echo, p->base, l, 0, flags);
	}
}

static int read_loads(struct parser *p);

/* What a file of `load anchor` wants loaded comes after what its outer wants.
 */
static int hand_loads(struct parser *p, struct parser *outer)
{
	struct load_anchor *v;

	if (!p->nload)
		return 0;
	if (outer->nload + p->nload > PF_MAX_LOADS)
		return pf_conf_error(outer, "too many anchors to load, max %d",
				     PF_MAX_LOADS);
	v = reallocarray(outer->load, outer->nload + p->nload, sizeof(*v));
	if (!v)
		return -ENOMEM;
	outer->load = v;
	memcpy(v + outer->nload, p->load, p->nload * sizeof(*v));
	outer->nload += p->nload;
	p->nload = 0;
	return 0;
}

/* As pfctl has it, state-policy and state-defaults go on. */
static int nested_options(struct pf_options *o, const struct pf_options *outer)
{
	pf_options_default(o);
	o->ruleset_opt = outer->ruleset_opt;
	o->if_bound = outer->if_bound;
	if (!(outer->set & PF_O_STATE_DEFAULTS))
		return 0;
	o->set |= PF_O_STATE_DEFAULTS;
	o->state_defaults = outer->state_defaults;
	if (!o->state_defaults.overload)
		return 0;
	o->state_defaults.overload = strdup(o->state_defaults.overload);
	return o->state_defaults.overload ? 0 : -ENOMEM;
}

/*
 * `text` into `c` at the anchor; of `load anchor`, for the parser that said it,
 * else NULL.
 */
static int read_into(struct pf_conf *c, const char *name, const char *text,
		     size_t len, const struct pf_parse *how,
		     struct parser *nested, struct err *e)
{
	struct pf_parse h = *how;
	struct parser p = {.how = &h,
			   .conf = c,
			   .require_order = !(how->flags & PF_PARSE_STORED)};
	struct pf_options outer;
	int r = 0;

	if (!h.report)
		h.report = &no_report;
	p.base = pf_anchor_find(c, h.anchor ? h.anchor : "", true);
	if (!p.base)
		return err_set(e, EINVAL, "bad anchor name %s", h.anchor);
	p.anchor = p.base;
	p.base->loaded = true;
	if (nested) { /* what such a file sets is for it alone */
		outer = c->opt;
		r = nested_options(&c->opt, &outer);
		p.optimize_set = true;
	}
	if (!r)
		r = lex_open(&p, name, text, len);
	if (!r)
		r = command_line_macros(&p);
	if (!r)
		r = statements(&p);
	tell_unused(&p);
	if (!r && p.errors)
		r = -EINVAL;
	if (!r && h.has_optimize)
		c->opt.ruleset_opt = h.optimize;
	c->profile = h.profile;
	if (!r && !(h.flags & PF_PARSE_STORED))
		r = pf_optimize_anchor(c, p.base, c->opt.ruleset_opt, e);
	if (!r && !(h.flags & PF_PARSE_STORED))
		r = conf_number_tags(&p, p.base);
	c->profile = NULL;
	if (!r) {
		echo_rules(&p);
		r = nested ? hand_loads(&p, nested) : read_loads(&p);
	}
	if (nested) {
		pf_options_clear(&c->opt);
		c->opt = outer;
	}
	for (size_t i = 0; i < p.nload; i++) {
		free(p.load[i].path);
		free(p.load[i].file);
	}
	free(p.load);
	lex_close(&p);
	if (r == -ENOMEM)
		return err_nomem(e);
	if (r < 0 && !(e && e->code))
		return err_set(e, EINVAL,
			       "Syntax error in config file: pf rules not "
			       "loaded");
	return r;
}

static int read_file(struct pf_conf *c, const char *file,
		     const struct pf_parse *how, struct parser *nested,
		     struct err *e)
{
	cleanup_free char *text = NULL;
	bool in = !strcmp(file, "-");
	size_t len = 0;
	int r;

	if (in)
		r = file_read_fd(STDIN_FILENO, PF_MAX_FILE, &text, &len);
	else
		r = file_read(AT_FDCWD, file, PF_MAX_FILE, &text, &len, NULL);
	if (r < 0)
		return err_sys(e, -r, "%s", file);
	return read_into(c, in ? "stdin" : file, text, len, how, nested, e);
}

/* `load anchor A from F`: after the file's own rules, as pfctl does. */
static int read_loads(struct parser *p)
{
	for (size_t i = 0; i < p->nload; i++) {
		struct pf_parse how = *p->how;
		struct err e = ERR_INIT;
		int r;

		how.anchor = p->load[i].path;
		how.macros = NULL;
		echo(p, "\nLoading anchor %s from %s\n", p->load[i].path,
		     p->load[i].file);
		r = read_file(p->conf, p->load[i].file, &how, p, &e);
		if (r < 0) {
			conf_reason(p, "%s", e.text);
			report(p->how->report, REPORT_ERROR, "load anchors");
			return r == -ENOMEM ? r : -EINVAL;
		}
	}
	return 0;
}

int pf_conf_load(const char *file, const struct pf_parse *p,
		 struct pf_conf **ret, struct err *e)
{
	cleanup_pf_conf struct pf_conf *c = pf_conf_new();
	int r;

	if (!c)
		return err_nomem(e);
	r = read_file(c, file, p, NULL, e);
	if (r < 0)
		return r;
	*ret = take_ptr(c);
	return 0;
}

int pf_conf_parse(const char *name, const char *text, size_t len,
		  const struct pf_parse *p, struct pf_conf **ret, struct err *e)
{
	cleanup_pf_conf struct pf_conf *c = pf_conf_new();
	int r;

	if (!c)
		return err_nomem(e);
	r = read_into(c, name, text, len, p, NULL, e);
	if (r < 0)
		return r;
	*ret = take_ptr(c);
	return 0;
}
