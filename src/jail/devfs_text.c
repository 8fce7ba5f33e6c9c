/*
 * devfs_text: devfs.rules(5) and the rules of devfs(8) as text.
 *
 * Theory of operation.  On FreeBSD rc(8) reads devfs.rules line by line: a
 * line in brackets starts a ruleset, every other one is handed, through the
 * shell's eval, to `devfs rule -s NUMBER`.  So lines have the shell's words
 * and quotes, and $NAME stands for the number of the ruleset NAME.  That much
 * of the shell is done here, and what else its eval would do (commands,
 * redirections) is an error.
 */
#include "jail/devfs.h"

#include "base/cleanup.h"

#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

/* --- the stock rulesets
 * ------------------------------------------------------- */

#define BSD_PTYS(kind)                                                         \
	"add path '" kind "p*' unhide\nadd path '" kind "q*' unhide\n"         \
	"add path '" kind "r*' unhide\nadd path '" kind "s*' unhide\n"         \
	"add path '" kind "P*' unhide\nadd path '" kind "Q*' unhide\n"         \
	"add path '" kind "R*' unhide\nadd path '" kind "S*' unhide\n"         \
	"add path '" kind "l*' unhide\nadd path '" kind "m*' unhide\n"         \
	"add path '" kind "n*' unhide\nadd path '" kind "o*' unhide\n"         \
	"add path '" kind "L*' unhide\nadd path '" kind "M*' unhide\n"         \
	"add path '" kind "N*' unhide\nadd path '" kind "O*' unhide\n"

static const char stock[] =
	"[devfsrules_hide_all=1]\n"
	"add hide\n"
	"[devfsrules_unhide_basic=2]\n"
	"add path log unhide\n"
	"add path null unhide\n"
	"add path zero unhide\n"
	"add path crypto unhide\n"
	"add path random unhide\n"
	"add path urandom unhide\n"
	"[devfsrules_unhide_login=3]\n" BSD_PTYS("pty")
		BSD_PTYS("tty") "add path ptmx unhide\n"
				"add path pts unhide\n"
				"add path 'pts/*' unhide\n"
				"add path fd unhide\n"
				"add path 'fd/*' unhide\n"
				"add path stdin unhide\n"
				"add path stdout unhide\n"
				"add path stderr unhide\n"
				"[devfsrules_jail=4]\n"
				"add include $devfsrules_hide_all\n"
				"add include $devfsrules_unhide_basic\n"
				"add include $devfsrules_unhide_login\n"
				"add path fuse unhide\n"
				"add path zfs unhide\n"
				"[devfsrules_jail_vnet=5]\n"
				"add include $devfsrules_hide_all\n"
				"add include $devfsrules_unhide_basic\n"
				"add include $devfsrules_unhide_login\n"
				"add include $devfsrules_jail\n"
				"add path pf unhide\n";

#define STOCK_LAST 5

int devfs_stock(struct devfs_sets *sets, struct err *e)
{
	int r = devfsrules_parse(stock, strlen(stock), "devfs.rules", sets, e);

	for (size_t i = 0; !r && i < sets->n; i++)
		sets->v[i].stock = true;
	return r;
}

int devfs_set_restore(struct devfs_sets *s, int number, struct err *e)
{
	cleanup_devfs_sets struct devfs_sets fresh = {0};
	int r = devfs_set_del(s, number, e);

	if (r < 0 || number > STOCK_LAST)
		return r;
	r = devfs_stock(&fresh, e);
	return r < 0 ? r : devfs_set_move(s, &fresh, number, e);
}

/* --- one rule
 * ------------------------------------------------------------------ */

static const struct {
	const char *name;
	unsigned int type;
} types[] = {
	{"disk", DEVFS_DISK},
	{"mem", DEVFS_MEM},
	{"tape", DEVFS_TAPE},
	{"tty", DEVFS_TTY},
};

int devfs_number(const char *s, int *ret, struct err *e)
{
	long long n;

	if (str_to_int(s, 0, DEVFS_NUMBER_MAX, &n) < 0)
		return err_set(e, EINVAL, "error converting to number: %s", s);
	*ret = (int)n;
	return 0;
}

static int take_type(struct devfs_rule *r, const char *arg, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (!strcmp(types[i].name, arg)) {
			r->types |= types[i].type;
			return 0;
		}
	return err_set(e, EINVAL, "unknown type: %s", arg);
}

static int take_path(struct devfs_rule *r, const char *arg, struct err *e)
{
	if (strlen(arg) >= DEVFS_PATTERN_MAX)
		return err_set(e, ENAMETOOLONG, "pattern specified too long");
	/* the printed form is split at blanks, and lines end */
	for (const char *s = arg; *s; s++)
		if (isspace((unsigned char)*s) || iscntrl((unsigned char)*s))
			return err_set(e, EINVAL, "blank in a pattern");
	free(r->pattern);
	r->pattern = strdup(arg);
	return r->pattern ? 0 : err_nomem(e);
}

static int take_id(const char *arg, uint32_t *ret, struct err *e)
{
	long long n;

	if (str_to_int(arg, 0, UINT32_MAX - 1, &n) < 0)
		return err_set(e, EINVAL, "error converting to integer: %s",
			       arg);
	*ret = (uint32_t)n;
	return 0;
}

static int take_user(struct devfs_rule *r, const char *arg, struct err *e)
{
	const struct passwd *pw = getpwnam(arg);

	r->acts |= DEVFS_USER;
	if (!pw)
		return take_id(arg, &r->uid, e);
	r->uid = pw->pw_uid;
	return 0;
}

/* Groups that FreeBSD has and Linux systems may not have, by its numbers. */
static const struct {
	const char *name;
	gid_t gid;
} bsd_groups[] = {
	{"wheel", 0},	  {"operator", 5}, {"audio", 43}, {"video", 44},
	{"realtime", 47}, {"_pflogd", 64}, {"_dhcp", 65}, {"dialer", 68},
	{"network", 69},  {"u2f", 116},
};

static int take_group(struct devfs_rule *r, const char *arg, struct err *e)
{
	const struct group *gr = getgrnam(arg);

	r->acts |= DEVFS_GROUP;
	if (gr) {
		r->gid = gr->gr_gid;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(bsd_groups); i++)
		if (!strcmp(arg, bsd_groups[i].name)) {
			r->gid = bsd_groups[i].gid;
			return 0;
		}
	return take_id(arg, &r->gid, e);
}

/* Bits of who ("ugo") that perms ("rwx") mean. */
static mode_t mode_bits(const char *who, size_t nwho, const char *perms,
			size_t n)
{
	mode_t bits = 0, mask = 0;

	for (size_t i = 0; i < n; i++)
		bits |= perms[i] == 'r' ? 0444 : perms[i] == 'w' ? 0222 : 0111;
	for (size_t i = 0; i < nwho; i++)
		mask |= who[i] == 'u'	? 0700
			: who[i] == 'g' ? 0070
			: who[i] == 'o' ? 0007
					: 0777;
	return bits & mask;
}

/* chmod(1)'s symbolic form, from no bits at all: "u=rw,g=r". */
static bool mode_symbolic(const char *s, mode_t *ret)
{
	mode_t mode = 0;

	for (;;) {
		size_t nwho = strspn(s, "ugoa"), n;
		const char *who = nwho ? s : "a";
		char what = s[nwho];

		if (!what || !strchr("+-=", what))
			return false;
		s += nwho + 1;
		n = strspn(s, "rwx");
		if (what == '=')
			mode &= ~mode_bits(who, nwho ? nwho : 1, "rwx", 3);
		if (what == '-')
			mode &= ~mode_bits(who, nwho ? nwho : 1, s, n);
		else
			mode |= mode_bits(who, nwho ? nwho : 1, s, n);
		s += n;
		if (!*s) {
			*ret = mode;
			return true;
		}
		if (*s++ != ',')
			return false;
	}
}

static int take_mode(struct devfs_rule *r, const char *arg, struct err *e)
{
	size_t digits = strspn(arg, "01234567");

	r->acts |= DEVFS_MODE;
	if (digits && digits <= 5 && !arg[digits]) {
		r->mode = (mode_t)strtoul(arg, NULL, 8);
		if (r->mode <= 07777)
			return 0;
	} else if (mode_symbolic(arg, &r->mode)) {
		return 0;
	}
	return err_set(e, EINVAL, "invalid mode: %s", arg);
}

static int take_include(struct devfs_rule *r, const char *arg, struct err *e)
{
	r->acts |= DEVFS_INCLUDE;
	return devfs_number(arg, &r->include, e);
}

static const struct word {
	const char *name;
	bool condition;
	unsigned int act; /* one without argument */
	int (*take)(struct devfs_rule *r, const char *arg, struct err *e);
} rule_words[] = {
	{"type", true, 0, take_type},
	{"path", true, 0, take_path},
	{"hide", false, DEVFS_HIDE, NULL},
	{"unhide", false, DEVFS_UNHIDE, NULL},
	{"user", false, 0, take_user},
	{"group", false, 0, take_group},
	{"mode", false, 0, take_mode},
	{"include", false, 0, take_include},
};

static const struct word *word_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(rule_words); i++)
		if (!strcmp(rule_words[i].name, name))
			return &rule_words[i];
	return NULL;
}

int devfs_rule_parse(char *const *words, size_t n, struct devfs_rule *ret,
		     struct err *e)
{
	cleanup_devfs_rule struct devfs_rule r = {0};
	bool acting = false;
	size_t i = 0;
	int x = 0;

	if (!n)
		return err_set(e, EINVAL, "unexpected end of rulespec");
	if (devfs_number(words[0], &r.number, NULL) == 0)
		i++;
	for (; x >= 0 && i < n; i++) {
		const struct word *w = word_find(words[i]);

		if (!w || (w->condition && acting))
			return err_set(e, EINVAL, "unknown argument: %s",
				       words[i]);
		acting = !w->condition;
		if (!w->take) {
			r.acts |= w->act;
			continue;
		}
		if (++i == n)
			return err_set(e, EINVAL, "expecting argument for %s",
				       w->name);
		x = w->take(&r, words[i], e);
	}
	if (x < 0)
		return x;
	*ret = r;
	r = (struct devfs_rule){0};
	return 0;
}

/* --- printing
 * ------------------------------------------------------------------ */

/* As a shell word. */
static void print_quoted(struct strbuf *out, const char *s)
{
	strbuf_addch(out, '\'');
	for (; *s; s++)
		if (*s == '\'')
			strbuf_adds(out, "'\\''");
		else
			strbuf_addch(out, *s);
	strbuf_addch(out, '\'');
}

/* names: for people; else by number, which means the same tomorrow. */
static void print_ids(struct strbuf *out, const struct devfs_rule *r,
		      bool names)
{
	if (r->acts & DEVFS_USER) {
		const struct passwd *pw = names ? getpwuid(r->uid) : NULL;

		if (pw)
			strbuf_addf(out, " user %s", pw->pw_name);
		else
			strbuf_addf(out, " user %u", (unsigned int)r->uid);
	}
	if (r->acts & DEVFS_GROUP) {
		const struct group *gr = names ? getgrgid(r->gid) : NULL;

		if (gr)
			strbuf_addf(out, " group %s", gr->gr_name);
		else
			strbuf_addf(out, " group %u", (unsigned int)r->gid);
	}
}

static void print_rule(struct strbuf *out, const struct devfs_rule *r,
		       bool file)
{
	strbuf_addf(out, "%d", r->number);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (r->types & types[i].type)
			strbuf_addf(out, " type %s", types[i].name);
	if (r->pattern) {
		strbuf_adds(out, " path ");
		if (file)
			print_quoted(out, r->pattern);
		else
			strbuf_adds(out, r->pattern);
	}
	if (r->acts & DEVFS_HIDE)
		strbuf_adds(out, " hide");
	if (r->acts & DEVFS_UNHIDE)
		strbuf_adds(out, " unhide");
	print_ids(out, r, !file);
	if (r->acts & DEVFS_MODE)
		strbuf_addf(out, " mode %o", (unsigned int)r->mode);
	if (r->acts & DEVFS_INCLUDE)
		strbuf_addf(out, " include %d", r->include);
}

void devfs_rule_print(struct strbuf *out, const struct devfs_rule *r)
{
	print_rule(out, r, false);
}

void devfs_sets_print(struct strbuf *out, const struct devfs_sets *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct devfs_set *set = &s->v[i];

		/* an empty one only says something where it hides another */
		if (set->stock || (!set->n && set->number > STOCK_LAST))
			continue;
		if (set->name)
			strbuf_addf(out, "[%s=%d]\n", set->name, set->number);
		else
			strbuf_addf(out, "[ruleset%d=%d]\n", set->number,
				    set->number);
		for (size_t k = 0; k < set->n; k++) {
			strbuf_adds(out, "add ");
			print_rule(out, &set->v[k], true);
			strbuf_addch(out, '\n');
		}
	}
}

/* --- the shell's words
 * ------------------------------------------------------------------ */

struct words {
	const struct devfs_sets *sets;
	const char *s;
	struct strbuf b;
	bool started; /* a word: it may be '' */
};

static bool name_char(char c, bool first)
{
	return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (!first && c >= '0' && c <= '9');
}

/* At a '$': the number of a ruleset by its name. */
static int word_expand(struct words *w, struct err *e)
{
	const char *s = w->s + 1;
	bool brace = *s == '{';
	const struct devfs_set *set;
	char name[128];
	size_t n = 0;

	s += brace;
	while (n < sizeof(name) - 1 && name_char(s[n], !n))
		n++;
	if (!n || (brace && s[n] != '}') || name_char(s[n], false))
		return err_set(e, EINVAL, "bad name after $");
	memcpy(name, s, n);
	name[n] = '\0';
	set = devfs_set_named(w->sets, name);
	if (!set)
		return err_set(e, ESRCH, "$%s: no such ruleset", name);
	strbuf_addf(&w->b, "%d", set->number);
	w->s = s + n + brace;
	return 0;
}

/* Behind a quotation mark, up to the next. */
static int word_quoted(struct words *w, char mark, struct err *e)
{
	int r = 0;

	w->started = true;
	while (!r && *w->s != mark) {
		if (!*w->s)
			return err_set(e, EINVAL, "unterminated %c", mark);
		if (mark == '"' && *w->s == '$') {
			r = word_expand(w, e);
			continue;
		}
		if (mark == '"' && *w->s == '\\' && strchr("\\\"$`", w->s[1]) &&
		    w->s[1])
			w->s++;
		else if (mark == '"' && *w->s == '`')
			return err_set(e, EINVAL, "unquoted `");
		strbuf_addch(&w->b, *w->s++);
	}
	w->s++;
	return r;
}

static int word_end(struct words *w, struct strv *ret, struct err *e)
{
	int r = 0;

	if (w->started)
		r = strbuf_failed(&w->b) || strv_add(ret, w->b.s) < 0
			    ? err_nomem(e)
			    : 0;
	strbuf_clear(&w->b);
	w->started = false;
	return r;
}

static int line_words(const struct devfs_sets *sets, const char *line,
		      struct strv *ret, struct err *e)
{
	struct words w = {.sets = sets, .s = line, .b = STRBUF_INIT};
	int r = 0;

	while (!r && *w.s && (*w.s != '#' || w.started)) {
		char c = *w.s;

		if (c == ' ' || c == '\t') {
			w.s++;
			r = word_end(&w, ret, e);
		} else if (c == '\'' || c == '"') {
			w.s++;
			r = word_quoted(&w, c, e);
		} else if (c == '$') {
			w.started = true;
			r = word_expand(&w, e);
		} else if (strchr(";|&<>()`", c)) {
			r = err_set(e, EINVAL, "unquoted %c", c);
		} else {
			if (c == '\\' && w.s[1])
				w.s++;
			strbuf_addch(&w.b, *w.s++);
			w.started = true;
		}
	}
	if (!r)
		r = word_end(&w, ret, e);
	strbuf_free(&w.b);
	return r;
}

/* --- devfs.rules
 * ------------------------------------------------------------------ */

struct reader {
	struct devfs_sets *sets;
	int set; /* number of the ruleset that lines go to; 0: none yet */
};

/* "[name=number]" */
static int read_header(struct reader *rd, const char *line, struct err *e)
{
	const char *close = strchr(line, ']');
	const char *eq = memchr(line, '=', (size_t)(close - line));
	char name[128], num[16];
	size_t n, k;

	if (!eq || eq + 1 == close)
		return err_set(e, EINVAL, "cannot extract rule number (%s)",
			       line);
	n = (size_t)(eq - line) - 1;
	k = (size_t)(close - eq) - 1;
	if (!n)
		return err_set(e, EINVAL, "cannot extract rule name (%s)",
			       line);
	if (n >= sizeof(name) || k >= sizeof(num))
		return err_set(e, EINVAL, "name or number too long (%s)", line);
	memcpy(name, line + 1, n);
	name[n] = '\0';
	memcpy(num, eq + 1, k);
	num[k] = '\0';
	for (size_t i = 0; i < n; i++)
		if (!name_char(name[i], !i))
			return err_set(e, EINVAL, "bad ruleset name \"%s\"",
				       name);
	if (devfs_number(num, &rd->set, NULL) < 0)
		return err_set(e, EINVAL, "cannot extract rule number (%s)",
			       line);
	if (!rd->set)
		return err_set(e, EIO, "ruleset 0 cannot be changed");
	for (close++; *close == ' ' || *close == '\t'; close++)
		;
	if (*close && *close != '#')
		return err_set(e, EINVAL, "text after ]: %s", close);
	return devfs_set_new(rd->sets, rd->set, name, false, e);
}

static int do_add(struct reader *rd, char **v, size_t n, struct err *e)
{
	cleanup_devfs_rule struct devfs_rule rule = {0};
	int r = devfs_rule_parse(v, n, &rule, e);

	return r < 0 ? r : devfs_rule_add(rd->sets, rd->set, &rule, e);
}

static int do_del(struct reader *rd, char **v, size_t n, struct err *e)
{
	int number = 0, r;

	if (n != 1)
		return err_set(e, EINVAL, "usage: del rulenum");
	r = devfs_number(v[0], &number, e);
	return r < 0 ? r : devfs_rule_del(rd->sets, rd->set, number, e);
}

static int do_delset(struct reader *rd, char **v, size_t n, struct err *e)
{
	(void)v;
	if (n)
		return err_set(e, EINVAL, "usage: delset");
	return devfs_set_del(rd->sets, rd->set, e);
}

static const struct {
	const char *name;
	int (*fn)(struct reader *rd, char **v, size_t n, struct err *e);
} verbs[] = {{"add", do_add}, {"del", do_del}, {"delset", do_delset}};

static int read_line(struct reader *rd, const char *line, struct err *e)
{
	cleanup_strv struct strv w = {0};
	int r;

	line += strspn(line, " \t");
	if (*line == '#' || !*line)
		return 0;
	if (*line == '[' && strchr(line, ']'))
		return read_header(rd, line, e);
	r = line_words(rd->sets, line, &w, e);
	if (r < 0 || !w.n)
		return r;
	if (!rd->set)
		return err_set(e, EINVAL, "no [name=number] before this rule");
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(verbs[i].name, w.v[0]))
			return verbs[i].fn(rd, w.v + 1, w.n - 1, e);
	return err_set(e, EINVAL, "unknown command: %s", w.v[0]);
}

/* Where it ends: at a newline that no backslash stands before, or at end. */
static size_t line_length(const char *s, size_t len, unsigned int *ret_lines)
{
	size_t i = 0;

	for (*ret_lines = 1; i < len && s[i] != '\n'; i++)
		if (s[i] == '\\' && i + 1 < len && s[i + 1] == '\n') {
			++*ret_lines;
			i++;
		}
	return i;
}

/* Without continuations; control characters would come out in messages. */
static int line_clean(char *line, struct err *e)
{
	char *d = line;

	for (const char *s = line; *s; s++) {
		if (s[0] == '\\' && s[1] == '\n') {
			s++;
			continue;
		}
		if (*s == '\r' && !s[1])
			continue;
		if (iscntrl((unsigned char)*s) && *s != '\t')
			return err_set(e, EINVAL, "control character");
		*d++ = *s;
	}
	*d = '\0';
	return 0;
}

int devfsrules_parse(const char *text, size_t len, const char *file,
		     struct devfs_sets *sets, struct err *e)
{
	struct reader rd = {.sets = sets};
	unsigned int at = 1, lines;

	if (len > DEVFS_TEXT_MAX)
		return err_set(e, EFBIG, "%s: larger than %d bytes", file,
			       DEVFS_TEXT_MAX);
	for (size_t i = 0; i < len; at += lines) {
		size_t n = line_length(text + i, len - i, &lines);
		cleanup_free char *line = NULL;
		struct err le = ERR_INIT;
		int r;

		if (memchr(text + i, '\0', n))
			return err_at(e, EINVAL, file, at, "NUL byte");
		line = strndup(text + i, n);
		if (!line)
			return err_nomem(e);
		r = line_clean(line, &le);
		if (!r)
			r = read_line(&rd, line, &le);
		if (r < 0)
			return err_at(e, -r, file, at, "%s", le.text);
		i += n + 1;
	}
	return 0;
}
