/* See ctl.h: everything in its order, loading, flushing. */
#include "pf/ctl.h"

#include "base/cleanup.h"
#include "pf/print.h"
#include "pf/watch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define PF_DEVICE "/dev/pf"

void ctl_tell(const struct ctl *c, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (c->opts & CTL_QUIET)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	report(c->r, REPORT_OUT, "%s", text);
}

void ctl_title(struct ctl *c, const char *title)
{
	if (c->titled)
		strbuf_addch(&c->out, '\n');
	c->titled = true;
	strbuf_addf(&c->out, "%s\n", title);
}

/* There is one device; another name is another machine's habit. */
static int check_device(const struct ctl *c, struct err *e)
{
	struct stat st;

	if (!c->device || !strcmp(c->device, PF_DEVICE))
		return 0;
	if (stat(c->device, &st) < 0)
		return err_sys(e, errno, "%s", c->device);
	return err_set(e, ENOTTY, "%s: Inappropriate ioctl for device",
		       c->device);
}

static int enable(struct ctl *c, bool on, struct err *e)
{
	int r = pf_enable(c->k, on, e);

	if (r == -EEXIST)
		return err_set(e, EEXIST,
			       on ? "pf already enabled" : "pf not enabled");
	if (r < 0)
		return r;
	ctl_tell(c, on ? "pf enabled" : "pf disabled");
	return 0;
}

/* the file of -f */

/* What is wrong with a file begins with its name, not with pfctl's. */
static void plain(void *data, enum report_level level, const char *text)
{
	const struct ctl *c = data;

	(void)level;
	report(c->r, REPORT_OUT, "%s", text);
}

static struct pf_parse how(struct ctl *c, struct strbuf *echo,
			   const struct report *r)
{
	static const struct {
		unsigned int load, parse;
	} parts[] = {
		{PF_LOAD_OPTIONS, PF_PARSE_NOT_OPTIONS},
		{PF_LOAD_QUEUES, PF_PARSE_NOT_QUEUES},
		{PF_LOAD_TABLES, PF_PARSE_NOT_TABLES},
		{PF_LOAD_FILTER, PF_PARSE_NOT_FILTER},
		{PF_LOAD_NAT, PF_PARSE_NOT_NAT},
		{PF_LOAD_ETHER, PF_PARSE_NOT_ETHER},
	};
	struct pf_parse p = {
		.macros = &c->macros,
		.anchor = *c->anchor ? c->anchor : NULL,
		.resolve = &c->names.resolve,
		.echo = echo,
		.report = r,
		.optimize = c->optimize,
		.has_optimize = c->has_optimize,
	};

	if (c->opts & CTL_VERBOSE)
		p.flags |= PF_PARSE_VERBOSE;
	if (c->opts & CTL_VERBOSE2)
		p.flags |= PF_PARSE_VERBOSE2;
	if (c->opts & CTL_NUMERIC)
		p.flags |= PF_PARSE_NUMERIC;
	if (c->opts & CTL_NODNS)
		p.flags |= PF_PARSE_NO_DNS;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (!(c->load & parts[i].load))
			p.flags |= parts[i].parse;
	return p;
}

static int load(struct ctl *c, struct err *e)
{
	cleanup_pf_conf struct pf_conf *conf = NULL;
	const struct report r = {.line = plain, .data = c};
	__attribute__((cleanup(ctl_profile_free))) struct ctl_profile *profile =
		ctl_profile_new(c);
	struct pf_parse p = how(c, &c->out, &r);
	unsigned int what = c->load;
	int x;

	p.profile = ctl_profile_of(profile);
	x = pf_conf_load(c->file, &p, &conf, e);

	if (x == -EINVAL && c->opts & CTL_NOACTION) {
		c->status = 1; /* nothing would have been loaded anyway */
		return 0;
	}
	if (x < 0)
		return x;
	if (c->opts & CTL_MERGE)
		what |= PF_LOAD_MERGE;
	if (c->opts & CTL_NOACTION)
		return pf_load_check(conf, &r, e);
	return pf_load(c->k, conf, c->anchor, what, &r, e);
}

/* flushing */

static void clear_list(struct pf_rules *l)
{
	for (size_t i = 0; i < l->n; i++)
		pf_rule_clear(&l->v[i]);
	l->n = 0;
}

/* What is loaded, without some lists of one anchor, is loaded again. */
static int flush_lists(struct ctl *c, const char *path,
		       const enum pf_list *list, size_t n, unsigned int what,
		       struct err *e)
{
	cleanup_pf_conf struct pf_conf *conf = NULL;
	struct pf_anchor *a;
	int r = pf_loaded(c->k, &conf, e);

	if (r < 0)
		return r;
	a = pf_anchor_find(conf, path, false);
	if (!a)
		return 0; /* it has no rules */
	for (size_t i = 0; i < n; i++)
		clear_list(&a->list[list[i]]);
	return pf_load(c->k, conf, path, what, c->r, e);
}

static int flush_rules_of(struct ctl *c, const char *path, struct err *e)
{
	static const enum pf_list lists[] = {PF_LIST_SCRUB, PF_LIST_FILTER};

	return flush_lists(c, path, lists, ARRAY_SIZE(lists), PF_LOAD_FILTER,
			   e);
}

static int flush_rules(struct ctl *c, struct err *e)
{
	int r = flush_rules_of(c, c->anchor, e);

	if (!r)
		ctl_tell(c, "rules cleared");
	return r;
}

static int flush_nat(struct ctl *c, struct err *e)
{
	static const enum pf_list lists[] = {PF_LIST_NAT, PF_LIST_BINAT,
					     PF_LIST_RDR};
	int r = flush_lists(c, c->anchor, lists, ARRAY_SIZE(lists), PF_LOAD_NAT,
			    e);

	if (!r)
		ctl_tell(c, "nat cleared");
	return r;
}

static int flush_ether(struct ctl *c, struct err *e)
{
	static const enum pf_list lists[] = {PF_LIST_ETHER};
	int r = flush_lists(c, c->anchor, lists, ARRAY_SIZE(lists),
			    PF_LOAD_ETHER, e);

	if (!r)
		ctl_tell(c, "Ethernet rules cleared");
	return r;
}

static int flush_tables(struct ctl *c, struct err *e)
{
	size_t n = 0;
	int r = ctl_flush_tables(c, c->anchor, &n, e);

	if (!r)
		ctl_tell(c, "%zu tables deleted.", n);
	return r;
}

static int flush_info(struct ctl *c, struct err *e)
{
	int r = pf_status_clear(c->k, e);

	if (!r)
		ctl_tell(c, "pf: statistics cleared");
	return r;
}

/* All options as they are when nothing was ever set. */
static int flush_options(struct ctl *c, struct err *e)
{
	cleanup_pf_conf struct pf_conf *conf = pf_conf_new();
	int r;

	if (!conf)
		return err_nomem(e);
	r = pf_load(c->k, conf, "", PF_LOAD_OPTIONS, c->r, e);
	if (!r)
		ctl_tell(c, "pf: interface flags reset");
	return r;
}

static int flush_queues(struct ctl *c, struct err *e)
{
	cleanup_pf_conf struct pf_conf *conf = pf_conf_new();
	int r;

	if (!conf)
		return err_nomem(e);
	r = pf_load(c->k, conf, "", PF_LOAD_QUEUES, c->r, e);
	if (!r)
		ctl_tell(c, "altq cleared");
	return r;
}

/* Fingerprints: the kernel has none of its own to be flushed. */
static int flush_nothing(struct ctl *c, struct err *e)
{
	(void)c;
	(void)e;
	return 0;
}

static int flush_anchors(struct ctl *c, const struct pf_anchor *a, bool rules,
			 bool tables, struct err *e)
{
	size_t n;
	int r = 0;

	for (size_t i = a->nchild; !r && i-- > 0;)
		r = flush_anchors(c, a->child[i], rules, tables, e);
	if (r)
		return r;
	strbuf_addf(&c->out, "  %s\n", *a->path ? a->path : "/");
	if (tables)
		r = ctl_flush_tables(c, a->path, &n, e);
	if (r == -ENOENT) { /* it went with what was in it */
		err_clear(e);
		r = 0;
	}
	return r || !rules ? r : flush_rules_of(c, a->path, e);
}

static int recurse(struct ctl *c, bool rules, bool tables, struct err *e)
{
	cleanup_pf_conf struct pf_conf *conf = NULL;
	const struct pf_anchor *a;
	int r = pf_loaded(c->k, &conf, e);

	if (r >= 0)
		r = ctl_table_anchors(c, conf, e);
	if (r < 0)
		return r;
	a = pf_anchor_find(conf, c->anchor, false);
	if (!a)
		return err_set(e, ENOENT, "Anchor does not exist");
	strbuf_adds(&c->out, "Removing:\n");
	return flush_anchors(c, a, rules, tables, e);
}

static int flush_all(struct ctl *c, struct err *e)
{
	static int (*const main_only[])(struct ctl *, struct err *) = {
		flush_queues, ctl_flush_states, ctl_flush_sources,
		flush_info,   flush_options,
	};
	int r = flush_ether(c, e);

	if (!r)
		r = flush_rules(c, e);
	if (!r)
		r = flush_nat(c, e);
	if (!r && c->opts & CTL_RECURSE)
		r = recurse(c, true, true, e);
	else if (!r)
		r = flush_tables(c, e);
	for (size_t i = 0; !r && !*c->anchor && i < ARRAY_SIZE(main_only); i++)
		r = main_only[i](c, e);
	return r;
}

static const struct {
	const char *word;
	int (*fn)(struct ctl *c, struct err *e);
	bool rules, tables; /* with a star behind the anchor */
} flushes[] = {
	{"nat", flush_nat, false, false},
	{"queue", flush_queues, false, false},
	{"rules", flush_rules, true, false},
	{"Sources", ctl_flush_sources, false, false},
	{"states", ctl_flush_states, false, false},
	{"info", flush_info, false, false},
	{"Tables", flush_tables, false, true},
	{"osfp", flush_nothing, false, false},
	{"all", flush_all, false, false},
	{"ethernet", flush_ether, false, false},
	{"Reset", flush_options, false, false},
};

static int ctl_flush(struct ctl *c, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(flushes); i++) {
		if (strcmp(flushes[i].word, c->clear) != 0)
			continue;
		if (c->opts & CTL_RECURSE &&
		    (flushes[i].rules || flushes[i].tables))
			return recurse(c, flushes[i].rules, flushes[i].tables,
				       e);
		return flushes[i].fn(c, e);
	}
	return err_set(e, EINVAL, "Unknown flush modifier '%s'", c->clear);
}

static int set_debug(struct ctl *c, struct err *e)
{
	static const char *const levels[] = {
		[PF_DEBUG_NONE] = "none",
		[PF_DEBUG_URGENT] = "urgent",
		[PF_DEBUG_MISC] = "misc",
		[PF_DEBUG_NOISY] = "loud",
	};
	cleanup_pf_conf struct pf_conf *conf = pf_conf_new();
	int r;

	if (!conf)
		return err_nomem(e);
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++)
		if (!strcmp(levels[i], c->debug))
			conf->opt.debug = (enum pf_debug)i;
	conf->opt.set = PF_O_DEBUG;
	r = pf_load(c->k, conf, "", PF_LOAD_OPTIONS | PF_LOAD_MERGE, c->r, e);
	if (!r)
		ctl_tell(c, "debug level set to '%s'", c->debug);
	return r;
}

/* In this order, whatever the order on the command line. */
static int run(struct ctl *c, struct err *e)
{
	int r = 0;

	if (c->opts & CTL_DISABLE)
		r = enable(c, false, e);
	if (!r && c->show)
		r = ctl_show(c, e);
	if (!r && c->opts & CTL_ZERO && !c->show)
		r = ctl_zero(c, e);
	if (!r && c->clear)
		r = ctl_flush(c, e);
	if (!r && c->nkill)
		r = ctl_kill_states(c, e);
	if (!r && c->nkillsrc)
		r = ctl_kill_sources(c, e);
	/* a file of -T is of addresses */
	if (!r && c->tblcmd)
		r = ctl_tables(c, e);
	else if (!r && c->file)
		r = load(c, e);
	if (!r && c->opts & CTL_ENABLE)
		r = enable(c, true, e);
	if (!r && c->debug)
		r = set_debug(c, e);
	return r;
}

/* What rules ask of interfaces is to stay true. */
static void watch(struct ctl *c)
{
	struct err e = ERR_INIT;

	if (pf_watch(c->v, &e) < 0)
		report(c->r, REPORT_WARN, "%s", e.text);
}

int ctl_run(struct ctl *c, struct err *e)
{
	bool dns = !(c->opts & CTL_NODNS);
	int r = check_device(c, e);

	if (r >= 0)
		r = pf_names_open(c->v, dns, &c->names, e);
	if (r >= 0)
		r = pf_kernel_open(c->v, &c->k, e);
	if (r < 0 && c->opts & CTL_NOACTION) {
		err_clear(e); /* syntax is checked anywhere */
		r = 0;
	}
	if (r < 0)
		return r;
	if (!(c->opts & CTL_NOACTION)) {
		r = pf_purge(c->k, e);
		if (r < 0)
			return r;
	}
	if (c->opts & CTL_NOACTION) {
		c->opts &= ~(CTL_DISABLE | CTL_ENABLE);
		c->clear = c->show = c->debug = NULL;
		c->nkill = c->nkillsrc = 0;
	}
	r = run(c, e);
	if (!(c->opts & CTL_NOACTION))
		watch(c);
	return r;
}
