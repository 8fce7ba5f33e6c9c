/* rctl_rule: see rctl_rule.h. */
#include "jail/rctl_rule.h"

#include "base/cleanup.h"
#include "base/table.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *const subjects[] = {
	[RCTL_PROCESS] = "process",
	[RCTL_USER] = "user",
	[RCTL_LOGINCLASS] = "loginclass",
	[RCTL_JAIL] = "jail",
};
TABLE_COMPLETE(subjects, RCTL_SUBJECTS);

/* Other spellings that rctl(8) takes on its command line. */
static const struct {
	const char *word;
	enum rctl_subject subject;
} short_subjects[] = {
	{"u", RCTL_USER},	    {"p", RCTL_PROCESS},
	{"l", RCTL_LOGINCLASS},	    {"c", RCTL_LOGINCLASS},
	{"class", RCTL_LOGINCLASS}, {"j", RCTL_JAIL},
};

enum {
	DENIABLE = 1,
	DECAYING = 2,  /* a rate: may be throttled */
	SLOPPY = 4,    /* never accounted by process */
	MILLIONS = 8,  /* counted in millionths */
	DENY_TOO = 16, /* enforced otherwise, so `deny` is taken */
};

static const struct {
	const char *name;
	int flags;
} resources[] = {
	[RCTL_CPUTIME] = {"cputime", MILLIONS},
	[RCTL_DATASIZE] = {"datasize", DENIABLE},
	[RCTL_STACKSIZE] = {"stacksize", DENIABLE},
	[RCTL_COREDUMPSIZE] = {"coredumpsize", DENIABLE},
	[RCTL_MEMORYUSE] = {"memoryuse", DENY_TOO},
	[RCTL_MEMORYLOCKED] = {"memorylocked", DENIABLE},
	[RCTL_MAXPROC] = {"maxproc", DENIABLE},
	[RCTL_OPENFILES] = {"openfiles", DENIABLE},
	[RCTL_VMEMORYUSE] = {"vmemoryuse", DENIABLE},
	[RCTL_PSEUDOTERMINALS] = {"pseudoterminals", DENIABLE | SLOPPY},
	[RCTL_SWAPUSE] = {"swapuse", DENIABLE | SLOPPY},
	[RCTL_NTHR] = {"nthr", DENIABLE},
	[RCTL_MSGQQUEUED] = {"msgqqueued", DENIABLE | SLOPPY},
	[RCTL_MSGQSIZE] = {"msgqsize", DENIABLE | SLOPPY},
	[RCTL_NMSGQ] = {"nmsgq", DENIABLE | SLOPPY},
	[RCTL_NSEM] = {"nsem", DENIABLE | SLOPPY},
	[RCTL_NSEMOP] = {"nsemop", DENIABLE},
	[RCTL_NSHM] = {"nshm", DENIABLE | SLOPPY},
	[RCTL_SHMSIZE] = {"shmsize", DENIABLE | SLOPPY},
	[RCTL_WALLCLOCK] = {"wallclock", MILLIONS},
	[RCTL_PCPU] = {"pcpu", DENIABLE | DECAYING | MILLIONS},
	[RCTL_READBPS] = {"readbps", DECAYING},
	[RCTL_WRITEBPS] = {"writebps", DECAYING},
	[RCTL_READIOPS] = {"readiops", DECAYING},
	[RCTL_WRITEIOPS] = {"writeiops", DECAYING},
};
TABLE_COMPLETE(resources, RCTL_RESOURCES);

static const struct {
	const char *name;
	int signal;
} actions[] = {
	[RCTL_DENY] = {"deny", 0},
	[RCTL_LOG] = {"log", 0},
	[RCTL_DEVCTL] = {"devctl", 0},
	[RCTL_THROTTLE] = {"throttle", 0},
	[RCTL_SIGNALS] = {"sighup", SIGHUP},
	{"sigint", SIGINT},
	{"sigquit", SIGQUIT},
	{"sigill", SIGILL},
	{"sigtrap", SIGTRAP},
	{"sigabrt", SIGABRT},
	{"sigemt", 0}, /* unknown to Linux, as siginfo and sigthr */
	{"sigfpe", SIGFPE},
	{"sigkill", SIGKILL},
	{"sigbus", SIGBUS},
	{"sigsegv", SIGSEGV},
	{"sigsys", SIGSYS},
	{"sigpipe", SIGPIPE},
	{"sigalrm", SIGALRM},
	{"sigterm", SIGTERM},
	{"sigurg", SIGURG},
	{"sigstop", SIGSTOP},
	{"sigtstp", SIGTSTP},
	{"sigchld", SIGCHLD},
	{"sigttin", SIGTTIN},
	{"sigttou", SIGTTOU},
	{"sigio", SIGIO},
	{"sigxcpu", SIGXCPU},
	{"sigxfsz", SIGXFSZ},
	{"sigvtalrm", SIGVTALRM},
	{"sigprof", SIGPROF},
	{"sigwinch", SIGWINCH},
	{"siginfo", 0},
	{"sigusr1", SIGUSR1},
	{"sigusr2", SIGUSR2},
	{"sigthr", 0},
};

const char *rctl_subject_name(int subject)
{
	return subject >= 0 ? subjects[subject] : "";
}

const char *rctl_resource_name(int resource)
{
	return resource >= 0 ? resources[resource].name : "";
}

static const char *action_name(int action)
{
	return action >= 0 ? actions[action].name : "";
}

int rctl_action_signal(int action)
{
	return action >= 0 ? actions[action].signal : 0;
}

/* --- words of a rule ----------------------------------------------------- */

/* What comes before one of `sep`, cut off there; NULL when nothing is left. */
static char *field(char **rest, const char *sep)
{
	return strsep(rest, sep);
}

struct words {
	char *subject, *id, *resource, *action, *amount, *per;
};

/* Cuts `s` up; the parts that are not there are NULL. */
static struct words words_of(char *s)
{
	struct words w = {0};

	w.subject = field(&s, ":");
	w.id = field(&s, ":");
	w.resource = field(&s, ":");
	w.action = field(&s, "=/");
	w.amount = field(&s, "/");
	w.per = s;
	return w;
}

static int failed(struct err *e, int code)
{
	return err_set(e, code, "%s", strerror(code));
}

/* --- what a person writes ------------------------------------------------ */

/* expand_number(3): a number, then at most one unit, powers of 1024. */
static int expand_number(const char *s, uint64_t *ret)
{
	static const char units[] = "kmgtpe";
	unsigned long long n;
	const char *unit;
	unsigned int shift;
	char *end;

	if (*s < '0' || *s > '9')
		return -EINVAL;
	errno = 0;
	n = strtoull(s, &end, 0);
	if (errno)
		return -errno;
	if (*end && (*end | 0x20) != 'b') {
		unit = strchr(units, *end | 0x20);
		if (!unit)
			return -EINVAL;
		shift = 10 * (unsigned int)(unit - units + 1);
		if (n << shift >> shift != n)
			return -ERANGE;
		n <<= shift;
		end++;
	}
	if ((*end | 0x20) == 'b')
		end++;
	if (*end)
		return -EINVAL;
	*ret = n;
	return 0;
}

static const char *long_subject(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(short_subjects); i++)
		if (!strcasecmp(short_subjects[i].word, word))
			return subjects[short_subjects[i].subject];
	return word;
}

static int expand_user(const char *name, const char *text, char *ret,
		       size_t size, struct err *e)
{
	const struct passwd *pw = getpwnam(name);
	unsigned long uid;
	char *end;

	if (pw) {
		snprintf(ret, size, "%u", (unsigned int)pw->pw_uid);
		return 0;
	}
	if (*name < '0' || *name > '9')
		return err_set(e, EINVAL,
			       "malformed rule '%s': unknown user '%s'", text,
			       name);
	errno = 0;
	uid = strtoul(name, &end, 10);
	if (*end || errno || uid > UINT_MAX)
		return err_set(e, EINVAL,
			       "malformed rule '%s': trailing characters after "
			       "numerical id",
			       text);
	snprintf(ret, size, "%lu", uid);
	return 0;
}

/* From a third colon on, with the amount as a plain number. */
static int expand_amount(struct strbuf *b, char *rest, const char *text,
			 struct err *e)
{
	cleanup_free char *copy = strdup(rest);
	char *s = copy, *resource, *action, *amount;
	uint64_t n = 0;

	if (!copy)
		return err_nomem(e);
	resource = field(&s, ":");
	action = field(&s, "=/");
	amount = field(&s, "/");
	if (!amount || !*amount) {
		strbuf_adds(b, rest);
		return 0;
	}
	if (expand_number(amount, &n) < 0)
		return err_set(e, EINVAL,
			       "malformed rule '%s': invalid numeric value "
			       "'%s'",
			       text, amount);
	strbuf_addf(b, "%s:%s=%" PRIu64, resource, action, n);
	if (s)
		strbuf_addf(b, "/%s", s);
	return 0;
}

int rctl_expand(const char *text, bool resolve, char **ret, struct err *e)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	cleanup_free char *copy = strdup(text);
	char *rest = copy, uid[16];
	const char *subject, *id;
	int r;

	if (!copy)
		return err_nomem(e);
	subject = field(&rest, ":");
	id = field(&rest, ":");
	if (!id)
		return err_set(e, EINVAL,
			       "malformed rule '%s': missing subject", text);
	subject = long_subject(subject);
	if (resolve && !strcasecmp(subject, subjects[RCTL_USER]) && *id) {
		r = expand_user(id, text, uid, sizeof(uid), e);
		if (r < 0)
			return r;
		id = uid;
	}
	strbuf_addf(&b, "%s:%s:", subject, id);
	r = rest ? expand_amount(&b, rest, text, e) : 0;
	if (r < 0)
		return r;
	*ret = strbuf_take(&b);
	return *ret ? 0 : err_nomem(e);
}

/* --- what the kernel reads ----------------------------------------------- */

static int find_subject(const char *s)
{
	for (int i = 0; i < RCTL_SUBJECTS; i++)
		if (!strcasecmp(subjects[i], s))
			return i;
	return -EINVAL;
}

static int find_resource(const char *s)
{
	for (int i = 0; i < RCTL_RESOURCES; i++)
		if (!strcasecmp(resources[i].name, s))
			return i;
	return -EINVAL;
}

static int find_action(const char *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		if (!strcasecmp(actions[i].name, s))
			return (int)i;
	return -EINVAL;
}

/* One word by its table; an empty one is left out. */
static int parse_word(const char *s, int (*find)(const char *), int *ret)
{
	*ret = s && *s ? find(s) : RCTL_OMITTED;
	return *ret < RCTL_OMITTED ? *ret : 0;
}

static int parse_id(const char *s, struct rctl_rule *r)
{
	long long n;

	if (!s || !*s)
		return 0;
	switch (r->subject) {
	case RCTL_PROCESS:
		if (str_to_int(s, 0, INT_MAX, &n) < 0)
			return -EINVAL;
		snprintf(r->id, sizeof(r->id), "%lld", n);
		return 0;
	case RCTL_USER:
		if (str_to_int(s, 0, UINT_MAX, &n) < 0)
			return -EINVAL;
		snprintf(r->id, sizeof(r->id), "%lld", n);
		return 0;
	case RCTL_LOGINCLASS:
	case RCTL_JAIL:
		if (strlen(s) >= sizeof(r->id))
			return -ENAMETOOLONG;
		/* what is printed by the line must not break it */
		for (const char *p = s; *p; p++)
			if ((unsigned char)*p < ' ' || *p == 0x7f)
				return -EINVAL;
		str_copy(r->id, sizeof(r->id), s);
		return 0;
	}
	return -EINVAL;
}

static int parse_amount(const char *s, struct rctl_rule *r)
{
	long long n;
	int c;

	if (!s || !*s)
		return 0;
	c = str_to_int(s, 0, INT64_MAX, &n);
	if (c < 0)
		return c;
	if (r->resource >= 0 && (resources[r->resource].flags & MILLIONS) &&
	    n > INT64_MAX / 1000000)
		return -ERANGE;
	r->amount = n;
	return 0;
}

int rctl_parse(const char *text, struct rctl_rule *ret, struct err *e)
{
	struct rctl_rule rule = {.amount = RCTL_OMITTED};
	char copy[RCTL_TEXT_MAX];
	struct words w;
	int r;

	if (strlen(text) >= sizeof(copy))
		return failed(e, E2BIG);
	str_copy(copy, sizeof(copy), text);
	w = words_of(copy);
	r = parse_word(w.subject, find_subject, &rule.subject);
	if (!r)
		r = parse_id(w.id, &rule);
	if (!r)
		r = parse_word(w.resource, find_resource, &rule.resource);
	if (!r)
		r = parse_word(w.action, find_action, &rule.action);
	if (!r)
		r = parse_amount(w.amount, &rule);
	if (!r)
		r = parse_word(w.per, find_subject, &rule.per);
	if (r < 0)
		return failed(e, -r);
	*ret = rule;
	return 0;
}

int rctl_parse_rule(const char *text, struct rctl_rule *ret, struct err *e)
{
	cleanup_free char *full = NULL;
	struct rctl_rule rule;
	int r = rctl_expand(text, true, &full, e);

	if (!r)
		r = rctl_parse(full, &rule, e);
	if (r < 0)
		return r;
	if (rule.per < 0)
		rule.per = rule.subject;
	*ret = rule;
	return 0;
}

/* --- judging ------------------------------------------------------------- */

bool rctl_complete(const struct rctl_rule *r)
{
	return r->subject >= 0 && r->id[0] && r->resource >= 0 &&
	       r->action >= 0 && r->amount >= 0 && r->per >= 0;
}

int rctl_check(const struct rctl_rule *r, struct err *e)
{
	int flags;

	if (!rctl_complete(r))
		return failed(e, EINVAL);
	flags = resources[r->resource].flags;
	if (r->action == RCTL_DENY && !(flags & (DENIABLE | DENY_TOO)))
		return failed(e, EOPNOTSUPP);
	if (r->action == RCTL_THROTTLE &&
	    (!(flags & DECAYING) || r->resource == RCTL_PCPU))
		return failed(e, EOPNOTSUPP);
	if (r->per == RCTL_PROCESS && (flags & SLOPPY))
		return failed(e, EOPNOTSUPP);
	return 0;
}

bool rctl_match(const struct rctl_rule *r, const struct rctl_rule *f)
{
	return (f->subject < 0 || f->subject == r->subject) &&
	       (!f->id[0] || !strcmp(f->id, r->id)) &&
	       (f->resource < 0 || f->resource == r->resource) &&
	       (f->action < 0 || f->action == r->action) &&
	       (f->amount < 0 || f->amount == r->amount) &&
	       (f->per < 0 || f->per == r->per);
}

bool rctl_replaces(const struct rctl_rule *r, const struct rctl_rule *old)
{
	struct rctl_rule like = *r;

	if (r->action == RCTL_DENY)
		like.amount = RCTL_OMITTED;
	return rctl_match(old, &like);
}

/* --- printing ------------------------------------------------------------ */

void rctl_human(struct strbuf *out, int64_t amount)
{
	static const char units[] = "\0KMGTPE";
	int64_t n = amount, rest = 0;
	size_t i = 0;

	/* four digits and a unit; one more division if rounding overflows */
	while ((n >= 10000 || (n == 9999 && rest >= 512)) &&
	       i < sizeof(units) - 2) {
		rest = n % 1024;
		n /= 1024;
		i++;
	}
	if (i && (n < 9 || (n == 9 && rest < 973))) {
		rest = (rest * 10 + 512) / 1024;
		strbuf_addf(out, "%" PRId64 ".%" PRId64, n + rest / 10,
			    rest % 10);
	} else {
		strbuf_addf(out, "%" PRId64, n + (rest + 512) / 1024);
	}
	if (units[i])
		strbuf_addch(out, units[i]);
}

static void print_id(struct strbuf *out, const struct rctl_rule *r,
		     bool numeric)
{
	const struct passwd *pw = NULL;

	if (r->subject == RCTL_USER && r->id[0] && !numeric)
		pw = getpwuid((uid_t)strtoul(r->id, NULL, 10));
	strbuf_adds(out, pw ? pw->pw_name : r->id);
}

void rctl_print(struct strbuf *out, const struct rctl_rule *r, bool human,
		bool numeric)
{
	strbuf_addf(out, "%s:", rctl_subject_name(r->subject));
	print_id(out, r, numeric);
	strbuf_addf(out, ":%s:%s=", rctl_resource_name(r->resource),
		    action_name(r->action));
	if (r->amount >= 0 && human)
		rctl_human(out, r->amount);
	else if (r->amount >= 0)
		strbuf_addf(out, "%" PRId64, r->amount);
	if (r->per != r->subject)
		strbuf_addf(out, "/%s", rctl_subject_name(r->per));
}

/* --- rctl.conf(5) -------------------------------------------------------- */

int rctl_conf(const char *text, size_t len,
	      int (*fn)(void *data, const char *rule, unsigned int line),
	      void *data)
{
	const char *end = text + len;
	unsigned int line = 0;
	int r = 0;

	while (!r && text < end) {
		const char *nl = memchr(text, '\n', (size_t)(end - text));
		const char *stop = nl ? nl : end, *word;
		cleanup_free char *s = NULL;

		line++;
		while (text < stop && *text && strchr(" \t\r", *text))
			text++;
		word = text;
		while (text < stop && *text && !strchr(" \t\r", *text))
			text++;
		if (text > word && *word != '#') {
			s = strndup(word, (size_t)(text - word));
			r = s ? fn(data, s, line) : -ENOMEM;
		}
		text = nl ? nl + 1 : end;
	}
	return r;
}
