/* conf_option: `set ...`. */
#include "pf/conf_impl.h"

#include "base/cleanup.h"

#include <errno.h>
#include <string.h>

/* Timeouts that `set optimization` stands for. */
static const struct hint {
	const char *name;
	uint32_t first, opening, established, closing, finwait, closed, tsdiff;
} hints[] = {
	{"default", 120, 30, 86400, 900, 45, 90, 30},
	{"normal", 120, 30, 86400, 900, 45, 90, 30},
	{"satellite", 180, 35, 86400, 905, 50, 95, 60},
	{"high-latency", 180, 35, 86400, 905, 50, 95, 60},
	{"conservative", 3600, 900, 432000, 3600, 600, 180, 60},
	{"aggressive", 30, 5, 18000, 60, 30, 30, 10},
};

/* Of options that are not loaded pfctl -v is silent, but for some. */
#define echo_loaded(p, ...)                                                    \
	do {                                                                   \
		if (conf_echoes(p, PF_PARSE_NOT_OPTIONS))                      \
			strbuf_addf((p)->how->echo, __VA_ARGS__);              \
	} while (0)

static int complain(struct parser *p, const char *text)
{
	report(p->how->report, REPORT_ERROR, "%s", text);
	return 0;
}

/* Remember where this is set, for what is to be said of it. */
static int set_here(struct parser *p, unsigned int what)
{
	char **where = &p->conf->opt.where[what];
	char *s = str_printf("%s:%u: ", lex_file(p), p->t.line);

	if (!s)
		return -ENOMEM;
	free(*where);
	*where = s;
	return 0;
}

static void set_timeout(struct pf_options *o, enum pf_timeout t, uint32_t v)
{
	o->timeout[t] = v;
	o->timeout_set |= 1u << t;
}

static int optimization(struct parser *p)
{
	struct pf_options *o = &p->conf->opt;
	cleanup_free char *s = NULL;
	int r = take_string(p, &s);

	if (!r)
		r = in_section(p, SECTION_OPTION);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(hints); i++) {
		const struct hint *h = &hints[i];

		if (strcasecmp(h->name, s))
			continue;
		set_timeout(o, PF_TM_TCP_FIRST, h->first);
		set_timeout(o, PF_TM_TCP_OPENING, h->opening);
		set_timeout(o, PF_TM_TCP_ESTABLISHED, h->established);
		set_timeout(o, PF_TM_TCP_CLOSING, h->closing);
		set_timeout(o, PF_TM_TCP_FINWAIT, h->finwait);
		set_timeout(o, PF_TM_TCP_CLOSED, h->closed);
		set_timeout(o, PF_TM_TCP_TSDIFF, h->tsdiff);
		echo_loaded(p, "set optimization %s\n", s);
		free(o->optimization);
		o->optimization = take_ptr(s);
		o->set |= PF_O_OPTIMIZATION;
		return 0;
	}
	complain(p, "invalid state timeouts optimization");
	return pf_conf_error(p, "unknown optimization %s", s);
}

/* Where one word of a few must stand; its index. */
static int choose(struct parser *p, const char *const *list, size_t n,
		  size_t *ret)
{
	for (size_t i = 0; at(p, T_STRING) && i < n; i++)
		if (!strcmp(list[i], p->t.s)) {
			*ret = i;
			return lex_next(p);
		}
	return -ENOENT;
}

static int ruleset_optimization(struct parser *p)
{
	static const char *const list[] = {"none", "basic", "profile"};
	size_t i = 0;
	int r = choose(p, list, ARRAY_SIZE(list), &i);

	if (r == -ENOENT)
		return at(p, T_STRING)
			       ? pf_conf_error(
					 p, "unknown ruleset-optimization %s",
					 p->t.s)
			       : conf_syntax(p);
	if (!p->optimize_set) {
		p->conf->opt.ruleset_opt = (enum pf_optimize)i;
		p->conf->opt.set |= PF_O_RULESET_OPT;
		p->optimize_set = true;
	}
	return r;
}

static int timeout_spec(struct parser *p)
{
	cleanup_free char *name = NULL;
	long long n = 0;
	size_t i = 0;
	int r;

	if (at(p, K_INTERVAL)) {
		name = strdup("interval");
		r = name ? lex_next(p) : -ENOMEM;
	} else {
		r = take_string(p, &name);
	}
	if (!r)
		r = take_number(p, 0, UINT32_MAX - 1,
				"only positive values permitted", &n);
	if (!r)
		r = in_section(p, SECTION_OPTION);
	if (r < 0)
		return r;
	while (i < PF_NTIMEOUTS && strcasecmp(pf_timeouts[i].name, name))
		i++;
	if (i == PF_NTIMEOUTS) {
		complain(p, "Bad timeout name.");
		return pf_conf_error(p, "unknown timeout %s", name);
	}
	set_timeout(&p->conf->opt, (enum pf_timeout)i, (uint32_t)n);
	echo_loaded(p, "set timeout %s %d\n", name, (int)n);
	return set_here(p, PF_W_TIMEOUT + i);
}

static int limit_spec(struct parser *p)
{
	struct pf_options *o = &p->conf->opt;
	cleanup_free char *name = NULL;
	long long n = 0;
	size_t i = 0;
	int r = take_string(p, &name);

	if (!r)
		r = take_number(p, 0, UINT32_MAX,
				"only positive values permitted", &n);
	if (!r)
		r = in_section(p, SECTION_OPTION);
	if (r < 0)
		return r;
	while (i < PF_NLIMITS &&
	       (i == PF_LIMIT_TABLES || strcasecmp(pf_limits[i].name, name)))
		i++;
	if (i == PF_NLIMITS) {
		complain(p, "Bad pool name.");
		return pf_conf_error(p, "unable to set limit %s %u", name,
				     (unsigned int)n);
	}
	o->limit[i] = (uint32_t)n;
	o->limit_set |= 1u << i;
	echo(p, "set limit %s %d\n", name, (int)n);
	return set_here(p, PF_W_LIMIT + i);
}

/* One, or several in braces. */
static int specs(struct parser *p, int (*spec)(struct parser *p))
{
	bool many = false;
	int r = accept_char(p, '{', &many);

	if (!r && !many)
		return spec(p);
	if (!r)
		r = skip_newlines(p);
	do {
		if (!r)
			r = spec(p);
		if (!r)
			r = skip_newlines(p);
		if (!r)
			r = skip_comma(p);
	} while (!r && !at_char(p, '}'));
	return r < 0 ? r : lex_next(p);
}

static int timeouts(struct parser *p)
{
	return specs(p, timeout_spec);
}

static int limits(struct parser *p)
{
	return specs(p, limit_spec);
}

static int loginterface(struct parser *p)
{
	struct pf_options *o = &p->conf->opt;
	cleanup_free char *s = NULL;
	int r;

	if (at(p, K_ALL)) {
		s = strdup("all");
		r = s ? lex_next(p) : -ENOMEM;
	} else {
		r = take_name(p, IFNAMSIZ, "interface name", &s);
	}
	if (!r)
		r = in_section(p, SECTION_OPTION);
	if (r < 0)
		return r;
	echo_loaded(p, "set loginterface %s\n", s);
	free(o->loginterface);
	o->loginterface = strcmp(s, "none") ? take_ptr(s) : NULL;
	o->set |= PF_O_LOGIF;
	return 0;
}

static int hostid(struct parser *p)
{
	long long n = 0;
	int r = conf_number_word(p, &n);

	if (r < 0)
		return r;
	if (n <= 0 || n > UINT32_MAX)
		return pf_conf_error(p, "hostid must be non-zero");
	p->conf->opt.hostid = (uint32_t)n;
	p->conf->opt.set |= PF_O_HOSTID;
	echo_loaded(p, "set hostid 0x%08x\n", (unsigned int)n);
	return 0;
}

/* block-policy and fail-policy: drop or return */
static int policy(struct parser *p, const char *which, bool *ret)
{
	bool drop = at(p, K_DROP);
	int r;

	if (!drop && !at(p, K_RETURN))
		return conf_syntax(p);
	r = lex_next(p);
	if (r < 0)
		return r;
	echo(p, "set %s %s\n", which, drop ? "drop" : "return");
	*ret = !drop;
	return in_section(p, SECTION_OPTION);
}

static int block_policy(struct parser *p)
{
	p->conf->opt.set |= PF_O_BLOCK_POLICY;
	return policy(p, "block-policy", &p->conf->opt.block_return);
}

static int fail_policy(struct parser *p)
{
	int r = policy(p, "fail-policy", &p->conf->opt.fail_return);

	p->conf->opt.set |= PF_O_FAIL_POLICY;
	return r < 0 ? r : set_here(p, PF_W_FAIL_POLICY);
}

static int yes_no(struct parser *p, bool *ret)
{
	if (at(p, K_NO)) {
		*ret = false;
		return lex_next(p);
	}
	if (!at(p, T_STRING))
		return conf_syntax(p);
	if (strcmp(p->t.s, "yes"))
		return pf_conf_error(
			p, "invalid value '%s', expected 'yes' or 'no'",
			p->t.s);
	*ret = true;
	return lex_next(p);
}

static int require_order(struct parser *p)
{
	bool yes = true;
	int r = yes_no(p, &yes);

	if (r < 0)
		return r;
	echo(p, "set require-order %s\n", yes ? "yes" : "no");
	p->require_order = yes;
	p->conf->opt.require_order = yes;
	p->conf->opt.set |= PF_O_REQUIRE_ORDER;
	return 0;
}

static int reassemble(struct parser *p)
{
	struct pf_options *o = &p->conf->opt;
	bool nodf = false;
	int r = yes_no(p, &o->reassemble);

	if (!r)
		r = accept_kind(p, K_NO_DF, &nodf);
	if (!r)
		r = in_section(p, SECTION_OPTION);
	if (r < 0)
		return r;
	o->reassemble_nodf = o->reassemble && nodf;
	o->set |= PF_O_REASSEMBLE;
	echo_loaded(p, "set reassemble %s %s\n", o->reassemble ? "yes" : "no",
		    nodf ? "no-df" : "");
	return set_here(p, PF_W_REASSEMBLE);
}

static int fingerprints(struct parser *p)
{
	struct pf_options *o = &p->conf->opt;
	int r = take_string(p, &o->fingerprints);

	if (r < 0)
		return r;
	echo(p, "set fingerprints \"%s\"\n", o->fingerprints);
	o->set |= PF_O_FINGERPRINTS;
	r = in_section(p, SECTION_OPTION);
	return r < 0 ? r : set_here(p, PF_W_FINGERPRINTS);
}

static int state_policy(struct parser *p)
{
	bool bound = at(p, K_IF_BOUND);
	int r;

	if (!bound && !at(p, K_FLOATING))
		return conf_syntax(p);
	r = lex_next(p);
	if (r < 0)
		return r;
	echo(p, "set state-policy %s\n", bound ? "if-bound" : "floating");
	p->conf->opt.if_bound = bound;
	p->conf->opt.set |= PF_O_STATE_POLICY;
	return 0;
}

static int state_defaults(struct parser *p)
{
	struct pf_options *o = &p->conf->opt;
	int r;

	if (o->set & PF_O_STATE_DEFAULTS)
		return pf_conf_error(p, "cannot redefine state-defaults");
	o->set |= PF_O_STATE_DEFAULTS;
	r = conf_state_opts(p, &o->state_defaults);
	return r;
}

static int debug(struct parser *p)
{
	static const char *const list[] = {"none", "urgent", "misc", "loud"};
	size_t i = 0;
	int r = choose(p, list, ARRAY_SIZE(list), &i);

	if (r == -ENOENT && at(p, T_STRING)) {
		report(p->how->report, REPORT_ERROR,
		       "unknown debug level \"%s\"", p->t.s);
		return pf_conf_error(p, "error setting debuglevel %s", p->t.s);
	}
	if (r == -ENOENT)
		return conf_syntax(p);
	if (!r)
		r = in_section(p, SECTION_OPTION);
	if (r < 0)
		return r;
	p->conf->opt.debug = (enum pf_debug)i;
	p->conf->opt.set |= PF_O_DEBUG;
	echo_loaded(p, "set debug %s\n", list[i]);
	return 0;
}

static int skip(struct parser *p)
{
	struct pf_options *o = &p->conf->opt;
	cleanup_draft struct draft d;
	int bad = 0, r;

	draft_init(&d);
	r = conf_interface(p, &d.ifs);
	if (r < 0)
		return r;
	if (!d.ifs.n || (d.ifs.n == 1 && !d.ifs.v[0].neg &&
			 !strcmp(d.ifs.v[0].name, "none"))) {
		echo(p, "set skip on none\n");
		strv_free(&o->skip);
		return 0;
	}
	echo(p, "set skip on {");
	for (size_t i = 0; i < d.ifs.n; i++) {
		echo(p, " %s", d.ifs.v[i].name);
		if (d.ifs.v[i].neg) {
			pf_conf_error(p,
				      "skip on ! <interface> is not supported");
			bad++;
		} else if (!strv_has(&o->skip, d.ifs.v[i].name) &&
			   strv_add(&o->skip, d.ifs.v[i].name) < 0) {
			return -ENOMEM;
		}
	}
	echo(p, " }\n");
	return bad ? pf_conf_error(p, "error setting skip interface(s)") : 0;
}

static int keepcounters(struct parser *p)
{
	p->conf->opt.keepcounters = true;
	p->conf->opt.set |= PF_O_KEEPCOUNTERS;
	return 0;
}

/* start N%, end N% */
static int watermarks(struct parser *p, unsigned int *high, unsigned int *low)
{
	int r = lex_next(p);

	while (!r) {
		cleanup_free char *word = NULL;
		char *end;
		double v;

		r = take_string(p, &word);
		if (r < 0)
			break;
		if (!at(p, T_STRING))
			return conf_syntax(p);
		v = strtod(p->t.s, &end);
		if (strcmp(end, "%"))
			return conf_syntax(p);
		if (!(v > 0 && v <= 100))
			return pf_conf_error(p, "illegal percentage value");
		if (!strcmp(word, "start"))
			*high = (unsigned int)v;
		else if (!strcmp(word, "end"))
			*low = (unsigned int)v;
		else
			return pf_conf_error(p, "illegal syncookie option");
		r = lex_next(p);
		if (!r)
			r = skip_comma(p);
		if (!r && at_char(p, ')'))
			return lex_next(p);
	}
	return r;
}

static int syncookies(struct parser *p)
{
	static const char *const list[] = {"never", "always", "adaptive"};
	struct pf_options *o = &p->conf->opt;
	unsigned int high = 0, low = 0;
	bool marks = false;
	size_t i = 0;
	int r = choose(p, list, ARRAY_SIZE(list), &i);

	if (r == -ENOENT)
		return at(p, T_STRING)
			       ? pf_conf_error(p,
					       "illegal value for syncookies")
			       : conf_syntax(p);
	if (!r && at_char(p, '(')) {
		marks = true;
		r = watermarks(p, &high, &low);
	}
	if (r < 0)
		return r;
	if (marks && i != PF_SYNC_ADAPTIVE) {
		complain(p, "syncookies start/end only apply to adaptive");
		return pf_conf_error(p, "error setting syncookies");
	}
	if (marks) {
		high = high ? high : 25;
		low = low ? low : high / 2;
		if (low >= high) {
			complain(p, "start must be higher than end");
			return pf_conf_error(p, "error setting syncookies");
		}
		o->syncookies_high = (uint8_t)high;
		o->syncookies_low = (uint8_t)low;
	}
	o->syncookies = (enum pf_syncookies)i;
	o->set |= PF_O_SYNCOOKIES;
	if (marks)
		echo(p, "set syncookies adaptive (start %u%%, end %u%%)\n",
		     high, low);
	else
		echo(p, "set syncookies %s\n", list[i]);
	return set_here(p, PF_W_SYNCOOKIES);
}

static const struct option {
	enum kind kind;
	int (*read)(struct parser *p);
} options[] = {
	{K_REASSEMBLE, reassemble},
	{K_OPTIMIZATION, optimization},
	{K_RULESET_OPTIMIZATION, ruleset_optimization},
	{K_TIMEOUT, timeouts},
	{K_LIMIT, limits},
	{K_LOGINTERFACE, loginterface},
	{K_HOSTID, hostid},
	{K_BLOCK_POLICY, block_policy},
	{K_FAIL_POLICY, fail_policy},
	{K_REQUIRE_ORDER, require_order},
	{K_FINGERPRINTS, fingerprints},
	{K_STATE_POLICY, state_policy},
	{K_DEBUG, debug},
	{K_SKIP, skip},
	{K_STATE_DEFAULTS, state_defaults},
	{K_KEEPCOUNTERS, keepcounters},
	{K_SYNCOOKIES, syncookies},
};

int conf_option(struct parser *p)
{
	int r = lex_next(p);

	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (!at(p, options[i].kind))
			continue;
		r = lex_next(p);
		return r < 0 ? r : options[i].read(p);
	}
	return conf_syntax(p);
}
