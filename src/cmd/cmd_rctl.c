/*
 * rctl(8): resource limits of jails.
 */
#include "cmd/cmd.h"
#include "cmd/vnetopt.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "jail/rctl.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
	"usage: rctl [-hn] [-a rule | -l filter | -r filter | -u filter | "
	"filter]\n";

static struct {
	bool human, numeric;
} o;

static void line(void *data, enum report_level level, const char *text)
{
	(void)data;
	if (level == REPORT_WARN || level == REPORT_ERROR)
		fprintf(stderr, "rctl: %s\n", text);
}

static const struct report sink = {.line = line};

static int put_rules(const struct rctl_rules *rules)
{
	for (size_t i = 0; i < rules->n; i++) {
		cleanup_strbuf struct strbuf b = STRBUF_INIT;

		rctl_print(&b, &rules->v[i], o.human, o.numeric);
		puts(b.s);
	}
	return 0;
}

static int show(struct prisons *ps, const struct rctl_rule *filter,
		struct err *e)
{
	cleanup_rctl_rules struct rctl_rules rules = {0};
	int r = rctl_list(ps, filter, &rules, e);

	return r < 0 ? r : put_rules(&rules);
}

static int show_limits(struct prisons *ps, const struct rctl_rule *filter,
		       struct err *e)
{
	cleanup_rctl_rules struct rctl_rules rules = {0};
	int r = rctl_list_process(ps, filter, &rules, e);

	return r < 0 ? r : put_rules(&rules);
}

static int show_usage(struct prisons *ps, const struct rctl_rule *filter,
		      struct err *e)
{
	struct rctl_use use;
	int r = rctl_usage(ps, filter, &use, e);

	for (int i = 0; !r && i < RCTL_RESOURCES; i++) {
		cleanup_strbuf struct strbuf b = STRBUF_INIT;

		if (use.v[i] == RCTL_OMITTED)
			continue;
		if (o.human)
			rctl_human(&b, use.v[i]);
		else
			strbuf_addf(&b, "%" PRId64, use.v[i]);
		printf("%s=%s\n", rctl_resource_name(i), b.s);
	}
	return r;
}

static int add(struct prisons *ps, const struct rctl_rule *rule, struct err *e)
{
	struct rctl_rule r = *rule;

	if (r.per < 0)
		r.per = r.subject;
	return rctl_add(ps, &r, e);
}

static const struct mode {
	char letter; /* 0: none */
	int (*run)(struct prisons *ps, const struct rctl_rule *r,
		   struct err *e);
	const char *failed; /* up to the rule */
} modes[] = {
	{0, show, "show rules for"},
	{'a', add, "add rule"},
	{'l', show_limits, "get limits for"},
	{'r', rctl_remove, "remove rule"},
	{'u', show_usage, "show resource consumption for"},
};

/* One argument; what it says in a message is what the user wrote. */
static int one(struct prisons *ps, const struct mode *m, const char *text)
{
	cleanup_free char *full = NULL;
	struct err e = ERR_INIT;
	struct rctl_rule rule;
	int r;

	/* -an leaves names of users alone, which makes them errors */
	if (rctl_expand(text, m->letter != 'a' || !o.numeric, &full, &e) < 0) {
		fprintf(stderr, "rctl: %s\n", e.text);
		return 1;
	}
	r = rctl_parse(full, &rule, &e);
	if (!r)
		r = m->run(ps, &rule, &e);
	if (r < 0)
		fprintf(stderr, "rctl: failed to %s '%s': %s\n", m->failed,
			text, e.text);
	return r < 0;
}

static const struct mode *mode_of(int letter)
{
	for (size_t i = 1; i < ARRAY_SIZE(modes); i++)
		if (modes[i].letter == letter)
			return &modes[i];
	return NULL;
}

int cmd_rctl(int argc, char **argv)
{
	cleanup_prisons struct prisons *ps = NULL;
	const struct mode *mode = &modes[0];
	struct err e = ERR_INIT;
	unsigned int seen = 0;
	int c, failed = 0;

	if (vnetopt_help(argc, argv, usage))
		return 0;
	while ((c = getopt(argc, argv, "ahlnru")) != -1) {
		if (c == 'h') {
			o.human = true;
		} else if (c == 'n') {
			o.numeric = true;
		} else if (c != '?') {
			mode = mode_of(c);
			seen |= 1u << (mode - modes);
		} else {
			fputs(usage, stderr);
			return 1;
		}
	}
	if (seen & (seen - 1)) {
		fputs("rctl: at most one of -a, -l, -r, or -u may be "
		      "specified\n",
		      stderr);
		return 1;
	}
	if (optind == argc && seen) {
		fputs(usage, stderr);
		return 1;
	}
	if (prisons_open(&ps, &e) < 0) {
		fprintf(stderr, "rctl: %s\n", e.text);
		return 1;
	}
	prisons_report(ps, &sink);
	/* the rules that could not be shown are no failure on FreeBSD here */
	if (optind == argc) {
		one(ps, mode, "::");
		return 0;
	}
	for (int i = optind; i < argc; i++)
		failed += one(ps, mode, argv[i]);
	return failed < 255 ? failed : 255;
}
