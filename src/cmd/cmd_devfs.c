/*
 * devfs: devfs(8) of FreeBSD over jail/devfsctl.h.
 */
#include "cmd/cmd.h"

#include "base/cleanup.h"
#include "cmd/vnetopt.h"
#include "jail/devfsctl.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] = "usage: devfs rule|ruleset arguments\n";

struct ctx {
	struct devfsctl *ctl;
	int set;	  /* of -s; 0: the mount's current one */
	const char *name; /* for messages: "devfs rule" */
};

/* What a command answers for "usage". */
#define USAGE 64

static int usage_exit(void)
{
	fputs(usage, stderr);
	return 1;
}

static int add_words(struct ctx *c, char *const *words, size_t n, struct err *e)
{
	cleanup_devfs_rule struct devfs_rule rule = {0};
	int r = devfs_rule_parse(words, n, &rule, e);

	return r < 0 ? r : devfsctl_add(c->ctl, c->set, &rule, e);
}

static int apply_words(struct ctx *c, char *const *words, size_t n,
		       struct err *e)
{
	cleanup_devfs_rule struct devfs_rule rule = {0};
	int r = devfs_rule_parse(words, n, &rule, e);

	return r < 0 ? r : devfsctl_apply(c->ctl, &rule, e);
}

/* A rule a line from standard input, split at blanks as FreeBSD does. */
static int from_stdin(struct ctx *c,
		      int (*fn)(struct ctx *c, char *const *words, size_t n,
				struct err *e),
		      struct err *e)
{
	cleanup_free char *line = NULL;
	size_t size = 0;
	int r = 0;

	while (!r && getline(&line, &size, stdin) >= 0) {
		cleanup_strv struct strv w = {0};

		if (strv_split(&w, line, " \t\n") < 0)
			return err_nomem(e);
		r = w.n ? fn(c, w.v, w.n, e)
			: err_set(e, EINVAL, "unexpected end of rulespec");
	}
	if (!r && ferror(stdin))
		return err_sys(e, errno, "stdin");
	return r;
}

static int rule_add(struct ctx *c, int argc, char **argv, struct err *e)
{
	if (argc < 2)
		return USAGE;
	if (!strcmp(argv[1], "-"))
		return from_stdin(c, add_words, e);
	return add_words(c, argv + 1, (size_t)argc - 1, e);
}

static int rule_apply(struct ctx *c, int argc, char **argv, struct err *e)
{
	int number;

	if (argc < 2)
		return USAGE;
	if (devfs_number(argv[1], &number, NULL) == 0)
		return devfsctl_apply_number(c->ctl, c->set, number, e);
	if (!strcmp(argv[1], "-"))
		return from_stdin(c, apply_words, e);
	return apply_words(c, argv + 1, (size_t)argc - 1, e);
}

static int rule_applyset(struct ctx *c, int argc, char **argv, struct err *e)
{
	(void)argv;
	return argc != 1 ? USAGE : devfsctl_applyset(c->ctl, c->set, e);
}

static int rule_del(struct ctx *c, int argc, char **argv, struct err *e)
{
	int number, r;

	if (argc < 2)
		return USAGE;
	r = devfs_number(argv[1], &number, e);
	return r < 0 ? r : devfsctl_del(c->ctl, c->set, number, e);
}

static int rule_delset(struct ctx *c, int argc, char **argv, struct err *e)
{
	(void)argv;
	return argc != 1 ? USAGE : devfsctl_delset(c->ctl, c->set, e);
}

static int rule_show(struct ctx *c, int argc, char **argv, struct err *e)
{
	cleanup_strbuf struct strbuf out = STRBUF_INIT;
	int number = 0, r = 0;

	if (argc > 1)
		r = devfs_number(argv[1], &number, e);
	if (!r)
		r = devfsctl_show(c->ctl, c->set, number, &out, e);
	if (!r)
		fputs(out.s, stdout);
	return r;
}

static int rule_showsets(struct ctx *c, int argc, char **argv, struct err *e)
{
	cleanup_strbuf struct strbuf out = STRBUF_INIT;
	int r;

	(void)argv;
	if (argc != 1)
		return USAGE;
	r = devfsctl_showsets(c->ctl, &out, e);
	if (!r)
		fputs(out.s, stdout);
	return r;
}

static const struct keyword {
	const char *name;
	int (*fn)(struct ctx *c, int argc, char **argv, struct err *e);
} rule_words[] = {
	{"add", rule_add},	     {"apply", rule_apply},
	{"applyset", rule_applyset}, {"del", rule_del},
	{"delset", rule_delset},     {"show", rule_show},
	{"showsets", rule_showsets},
};

static int rule_main(struct ctx *c, int argc, char **argv, struct err *e)
{
	int ch;

	c->name = "devfs rule";
	optind = 0;
	while ((ch = getopt(argc, argv, "+s:")) != -1) {
		if (ch != 's')
			return USAGE;
		if (devfs_number(optarg, &c->set, e) < 0)
			return -e->code;
	}
	argc -= optind;
	argv += optind;
	if (argc < 1)
		return USAGE;
	for (size_t i = 0; i < ARRAY_SIZE(rule_words); i++)
		if (!strcmp(rule_words[i].name, argv[0]))
			return rule_words[i].fn(c, argc, argv, e);
	return err_set(e, EINVAL, "unknown command: %s", argv[0]);
}

static int ruleset_main(struct ctx *c, int argc, char **argv, struct err *e)
{
	int number, r;

	c->name = "devfs ruleset";
	if (argc < 2)
		return USAGE;
	r = devfs_number(argv[1], &number, e);
	return r < 0 ? r : devfsctl_use(c->ctl, number, e);
}

static const struct keyword keywords[] = {
	{"rule", rule_main},
	{"ruleset", ruleset_main},
};

static int run(struct ctx *c, int argc, char **argv, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(keywords); i++)
		if (!strcmp(keywords[i].name, argv[0]))
			return keywords[i].fn(c, argc, argv, e);
	return err_set(e, EINVAL, "unknown command: %s", argv[0]);
}

static void warn_line(void *data, enum report_level level, const char *text)
{
	const struct ctx *c = data;

	if (level == REPORT_WARN || level == REPORT_ERROR)
		fprintf(stderr, "%s: %s\n", c->name, text);
}

int cmd_devfs(int argc, char **argv)
{
	cleanup_devfsctl struct devfsctl *ctl = NULL;
	struct ctx c = {.name = "devfs"};
	const struct report report = {.line = warn_line, .data = &c};
	const char *mount = NULL, *jail = NULL;
	struct err e = ERR_INIT;
	int ch, r;

	if (vnetopt_help(argc, argv, usage))
		return 0;
	opterr = 0;
	while ((ch = getopt(argc, argv, "+j:m:")) != -1) {
		if (ch == 'm')
			mount = optarg;
		else if (ch == 'j')
			jail = optarg;
		else
			return usage_exit();
	}
	if (argc <= optind || (mount && jail))
		return usage_exit();
	argc -= optind;
	argv += optind;
	r = devfsctl_open(mount, jail, &report, &ctl, &e);
	c.ctl = ctl;
	if (!r)
		r = run(&c, argc, argv, &e);
	if (r == USAGE)
		return usage_exit();
	return r < 0 ? vnetopt_fail(c.name, &e) : 0;
}
