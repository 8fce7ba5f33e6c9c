/* ctl: the command line of pfctl(8). */
#include "pf/ctl.h"

#include "base/cleanup.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

const char ctl_usage[] =
	" [-AdeghMmNnOPqRSrvz] [-a anchor] [-D macro=value] [-F modifier]\n"
	"\t[-f file] [-i interface] [-K host | network]\n"
	"\t[-k host | network | gateway | label | id] [-o level] [-p device]\n"
	"\t[-s modifier] [-t table -T command [address ...]] [-x level]\n";

/* A word is found by any beginning of it; of several the first. */
static const char *const clear_words[] = {
	"nat",	  "queue", "rules", "Sources",	"states", "info",
	"Tables", "osfp",  "all",   "ethernet", "Reset",
};
static const char *const show_words[] = {
	"ether",  "nat",  "queue",	"rules",  "Anchors",	"Sources",
	"states", "info", "Interfaces", "labels", "timeouts",	"memory",
	"Tables", "osfp", "Running",	"all",	  "creatorids",
};
static const char *const table_words[] = {
	"kill", "flush", "add",	 "delete", "load",  "replace",
	"show", "test",	 "zero", "expire", "reset",
};
static const char *const debug_words[] = {"none", "urgent", "misc", "loud"};
static const char *const optimize_words[] = {
	[PF_OPT_NONE] = "none",
	[PF_OPT_BASIC] = "basic",
	[PF_OPT_PROFILE] = "profile",
};

static const char *lookup(const char *word, const char *const *words, size_t n)
{
	for (size_t i = 0; *word && i < n; i++)
		if (str_prefix(words[i], word))
			return words[i];
	return NULL;
}

/* Letters that take one of such words. */
static const struct word_letter {
	char letter;
	const char *const *words;
	size_t n;
	size_t offset; /* of the member of struct ctl */
	const char *unknown;
} word_letters[] = {
	{'F', clear_words, ARRAY_SIZE(clear_words), offsetof(struct ctl, clear),
	 "flush modifier"},
	{'s', show_words, ARRAY_SIZE(show_words), offsetof(struct ctl, show),
	 "show modifier"},
	{'T', table_words, ARRAY_SIZE(table_words),
	 offsetof(struct ctl, tblcmd), "table command"},
	{'x', debug_words, ARRAY_SIZE(debug_words), offsetof(struct ctl, debug),
	 "debug level"},
};

/* Letters that set bits. */
static const struct {
	char letter;
	unsigned int opts, load;
} flag_letters[] = {
	{'A', 0, PF_LOAD_QUEUES},  {'d', CTL_DISABLE, 0},
	{'e', CTL_ENABLE, 0},	   {'g', CTL_DEBUG, 0},
	{'M', CTL_KILLMATCH, 0},   {'m', CTL_MERGE, 0},
	{'N', 0, PF_LOAD_NAT},	   {'n', CTL_NOACTION, 0},
	{'O', 0, PF_LOAD_OPTIONS}, {'P', CTL_NUMERIC, 0},
	{'q', CTL_QUIET, 0},	   {'R', 0, PF_LOAD_FILTER},
	{'r', CTL_USEDNS, 0},	   {'S', CTL_NODNS, 0},
	{'z', CTL_ZERO, 0},
};

/* Letters that take any text. */
static const struct {
	char letter;
	size_t offset;
} text_letters[] = {
	{'f', offsetof(struct ctl, file)},
	{'i', offsetof(struct ctl, iface)},
	{'p', offsetof(struct ctl, device)},
	{'t', offsetof(struct ctl, table)},
};

static int usage_error(struct err *e)
{
	if (e)
		*e = (struct err){.code = EINVAL};
	return -EINVAL;
}

static const char **text_member(struct ctl *c, size_t offset)
{
	return (const char **)(void *)((char *)c + offset);
}

static int take_kill(const char *what[2], int *n, char letter, const char *arg,
		     struct err *e)
{
	if (*n == 2)
		return err_set(e, EINVAL, "can only specify -%c twice", letter);
	what[(*n)++] = arg;
	return 0;
}

static int take_optimize(struct ctl *c, const char *arg, struct err *e)
{
	for (size_t i = 0; *arg && i < ARRAY_SIZE(optimize_words); i++)
		if (str_prefix(optimize_words[i], arg)) {
			c->optimize = (enum pf_optimize)i;
			c->has_optimize = true;
			return 0;
		}
	return err_set(e, EINVAL, "Unknown optimization '%s'", arg);
}

static int take_anchor(struct ctl *c, const char *arg, struct err *e)
{
	size_t len = strlen(arg);

	if (!len)
		return err_set(e, ENOENT, "anchor name must not be empty");
	if (len >= sizeof(c->anchor))
		return err_set(e, ENAMETOOLONG, "anchor name '%s' too long",
			       arg);
	str_copy(c->anchor, sizeof(c->anchor), arg);
	c->has_anchor = true;
	return 0;
}

/* 1: it was such a letter, 0: it was not. */
static int take_table(struct ctl *c, int letter, const char *arg, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(flag_letters); i++)
		if (flag_letters[i].letter == letter) {
			c->opts |= flag_letters[i].opts;
			c->load |= flag_letters[i].load;
			return 1;
		}
	for (size_t i = 0; i < ARRAY_SIZE(text_letters); i++)
		if (text_letters[i].letter == letter) {
			*text_member(c, text_letters[i].offset) = arg;
			return 1;
		}
	for (size_t i = 0; i < ARRAY_SIZE(word_letters); i++) {
		const struct word_letter *w = &word_letters[i];
		const char *word;

		if (w->letter != letter)
			continue;
		word = lookup(arg, w->words, w->n);
		if (!word)
			return err_set(e, EINVAL, "Unknown %s '%s'", w->unknown,
				       arg);
		*text_member(c, w->offset) = word;
		return 1;
	}
	return 0;
}

static int take(struct ctl *c, int letter, const char *arg, struct err *e)
{
	int r = take_table(c, letter, arg, e);

	if (r)
		return r < 0 ? r : 0;
	switch (letter) {
	case 'a':
		return take_anchor(c, arg, e);
	case 'D':
		if (!strchr(arg, '='))
			report(c->r, REPORT_WARN,
			       "could not parse macro definition %s", arg);
		return strv_add(&c->macros, arg) < 0 ? err_nomem(e) : 0;
	case 'k':
		return take_kill(c->kill, &c->nkill, 'k', arg, e);
	case 'K':
		return take_kill(c->killsrc, &c->nkillsrc, 'K', arg, e);
	case 'o':
		return take_optimize(c, arg, e);
	case 'v':
		c->opts |= c->opts & CTL_VERBOSE ? CTL_VERBOSE2 : CTL_VERBOSE;
		return 0;
	default:
		return usage_error(e);
	}
}

/* Would the command change something?  Tables' commands apart. */
static bool changes(const struct ctl *c)
{
	return c->opts & (CTL_DISABLE | CTL_ENABLE | CTL_ZERO) || c->clear ||
	       c->nkill || c->nkillsrc || c->file || c->debug;
}

static int check_anchor(struct ctl *c, struct err *e)
{
	size_t len = strlen(c->anchor);

	if (!c->has_anchor)
		return 0;
	if (!changes(c) && !c->show && !c->tblcmd)
		return err_set(e, EINVAL,
			       "anchors apply to -f, -F, -s, and -T only");
	if (changes(c) && !c->tblcmd &&
	    (*c->anchor == '_' || strstr(c->anchor, "/_")))
		return err_set(e, EPERM,
			       "anchor names beginning with '_' cannot be "
			       "modified from the command line");
	if (c->anchor[len - 1] == '*') {
		c->anchor[len - 1] = '\0';
		if (len >= 2 && c->anchor[len - 2] == '/')
			c->anchor[len - 2] = '\0';
		c->opts |= CTL_RECURSE;
	}
	/* "/a" is "a": paths are kept without it */
	if (*c->anchor == '/')
		memmove(c->anchor, c->anchor + 1, strlen(c->anchor));
	c->load &=
		PF_LOAD_FILTER | PF_LOAD_NAT | PF_LOAD_TABLES | PF_LOAD_ETHER;
	return 0;
}

static int check(struct ctl *c, struct err *e)
{
	if (c->opts & CTL_NODNS && c->opts & CTL_USEDNS)
		return err_set(e, EDOM, "-N and -r are mutually exclusive");
	if (c->tblcmd && !strcmp(c->tblcmd, "load")) {
		c->load |= PF_LOAD_TABLES;
		c->tblcmd = NULL;
	} else if (!c->tblcmd != !c->table) {
		return usage_error(e);
	}
	if (c->table && (!*c->table || strlen(c->table) >= PF_TABLE_NAME))
		return usage_error(e);
	for (const char *s = c->table; s && *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return err_set(e, EINVAL, "bad name of a table");
	if (!c->tblcmd && c->argc) {
		return err_set(e, EINVAL,
			       "unknown command line argument: %s ...",
			       c->argv[0]);
	}
	if (!c->load)
		c->load = PF_LOAD_ALL;
	if (c->clear && !strcmp(c->clear, "all") && c->iface)
		return err_set(e, EINVAL,
			       "don't specify an interface with -Fall");
	return check_anchor(c, e);
}

int ctl_args(struct ctl *c, int argc, char **argv, struct err *e)
{
	int letter, r = 0;

	if (argc < 2)
		return usage_error(e);
	opterr = 0;
	while (!r && (letter = getopt(argc, argv,
				      "+a:AdD:eqf:F:ghi:k:K:mMnNOo:Pp:rRs:St:"
				      "T:vx:z")) != -1)
		r = take(c, letter, optarg, e);
	if (r)
		return r;
	c->argc = argc - optind;
	c->argv = argv + optind;
	return check(c, e);
}

void ctl_free(struct ctl *c)
{
	strv_free(&c->macros);
	strbuf_free(&c->out);
	pf_kernel_close(&c->k);
	pf_names_close(&c->names);
}
