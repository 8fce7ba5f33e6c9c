/*
 * cmd_block: cellblock up, down, diff, status, shell, doctor.
 */
#include "cmd/cmd_block.h"

#include "base/cancel.h"
#include "base/cleanup.h"
#include "base/notify.h"
#include "base/str.h"
#include "block/block.h"
#include "cmd/progress.h"
#include "jail/jexec.h"
#include "jail/prison.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

static int fail(const struct err *e)
{
	fprintf(stderr, "cellblock: %s\n", e->text);
	return 1;
}

static int usage(FILE *f, const char *text)
{
	fprintf(f, "usage: cellblock %s\n", text);
	return f == stderr;
}

enum {
	OPT_HELP = 256,
	OPT_HOST,
	OPT_NAME,
	OPT_JSON,
	OPT_REPAIR
};

static const struct option block_options[] = {
	{"help", no_argument, NULL, OPT_HELP},
	{"host", no_argument, NULL, OPT_HOST},
	{"name", required_argument, NULL, OPT_NAME},
	{"dry-run", no_argument, NULL, 'n'},
	{"quiet", no_argument, NULL, 'q'},
	{"verbose", no_argument, NULL, 'v'},
	{NULL, 0, NULL, 0},
};

/*
 * Options that up, down and diff share.  0: go on; 1 or -1: leave with
 * status 0 or 1.
 */
static int block_args(int argc, char **argv, const char *text,
		      struct block_opts *o, struct progress *p)
{
	int c;

	while ((c = getopt_long(argc, argv, "nqv", block_options, NULL)) >= 0)
		switch (c) {
		case 'n':
			o->dry_run = true;
			break;
		case 'q':
			o->quiet = true;
			break;
		case 'v':
			p->verbose = true;
			break;
		case OPT_HOST:
			o->host = true;
			break;
		case OPT_NAME:
			o->name = optarg;
			break;
		case OPT_HELP:
			usage(stdout, text);
			return 1;
		default:
			usage(stderr, text);
			return -1;
		}
	if (argc - optind > 1) {
		usage(stderr, text);
		return -1;
	}
	o->dir = argv[optind];
	p->program = "cellblock";
	p->quiet = o->quiet;
	p->list = o->dry_run;
	progress_init(p);
	o->report = &p->report;
	return 0;
}

#define UP_USAGE "up [-nqv] [--host] [--name NAME] [DIR]"
#define DOWN_USAGE "down [-qv] NAME|DIR"
#define DIFF_USAGE "diff [-v] [--host] [--name NAME] [DIR]"
#define STATUS_USAGE "status [--json] [NAME|DIR]"
#define SHELL_USAGE "shell [NAME[.JAIL...]] [COMMAND...]"
#define DOCTOR_USAGE "doctor [--repair] [--json]"

/* What messages call the block: malloc'd. */
static char *shown_name(const struct block_opts *o)
{
	cleanup_free char *real = o->name ? NULL : realpath(o->dir, NULL);
	const char *slash = real ? strrchr(real, '/') : NULL;

	return strdup(o->name ? o->name : slash ? slash + 1 : o->dir);
}

/* To who started us: what `cellblock status` says of the block. */
static void notify_block(const char *which)
{
	cleanup_strbuf struct strbuf out = STRBUF_INIT;

	if (!notify_wanted())
		return;
	if (block_status(which, false, &out, NULL) < 0 || !out.len)
		return;
	out.s[strcspn(out.s, "\n")] = 0;
	notify_status(out.s);
}

int block_up_main(int argc, char **argv)
{
	struct block_opts o = {0};
	struct progress p = {0};
	cleanup_free char *name = NULL;
	struct err e = ERR_INIT;
	size_t changes = 0;
	int r;

	r = block_args(argc, argv, UP_USAGE, &o, &p);
	if (r)
		return r < 0;
	if (!o.dir)
		o.dir = ".";
	r = cancel_catch(&e);
	if (!r)
		r = block_up(&o, &changes, &e);
	progress_end(&p);
	if (r < 0) {
		notify_status(e.text);
		return fail(&e);
	}
	if (!o.dry_run)
		notify_block(o.name ? o.name : o.dir);
	if (o.quiet)
		return 0;
	name = shown_name(&o);
	if (!name)
		return 1;
	if (!changes)
		printf("%s: as its files say, nothing to do\n", name);
	else
		printf("%s: %s, %zu change%s\n", name,
		       o.dry_run ? "would come up" : "up", changes,
		       changes == 1 ? "" : "s");
	return 0;
}

/* diff: up -n, with diff(1)'s exit status. */
int block_diff_main(int argc, char **argv)
{
	struct block_opts o = {.dry_run = true};
	struct progress p = {0};
	struct err e = ERR_INIT;
	size_t changes = 0;
	int r;

	r = block_args(argc, argv, DIFF_USAGE, &o, &p);
	if (r)
		return r < 0 ? 2 : 0;
	if (!o.dir)
		o.dir = ".";
	r = block_up(&o, &changes, &e);
	progress_end(&p);
	if (r < 0) {
		fail(&e);
		return 2;
	}
	return changes > 0;
}

int block_down_main(int argc, char **argv)
{
	struct block_opts o = {0};
	struct progress p = {0};
	cleanup_free char *name = NULL;
	struct err e = ERR_INIT;
	int r;

	r = block_args(argc, argv, DOWN_USAGE, &o, &p);
	if (r)
		return r < 0;
	if (o.host || o.dry_run || (!o.dir && !o.name))
		return usage(stderr, DOWN_USAGE);
	name = shown_name(&o);
	r = block_down(&o, &e);
	progress_end(&p);
	notify_status(r < 0 ? e.text : "down");
	if (r < 0)
		return fail(&e);
	if (!o.quiet)
		printf("%s: down\n", name);
	return 0;
}

static const struct option look_options[] = {
	{"help", no_argument, NULL, OPT_HELP},
	{"json", no_argument, NULL, OPT_JSON},
	{"repair", no_argument, NULL, OPT_REPAIR},
	{NULL, 0, NULL, 0},
};

int block_status_main(int argc, char **argv)
{
	cleanup_strbuf struct strbuf out = STRBUF_INIT;
	struct err e = ERR_INIT;
	bool json = false;
	int c;

	while ((c = getopt_long(argc, argv, "", look_options, NULL)) >= 0) {
		if (c == OPT_HELP)
			return usage(stdout, STATUS_USAGE);
		if (c != OPT_JSON)
			return usage(stderr, STATUS_USAGE);
		json = true;
	}
	if (argc - optind > 1)
		return usage(stderr, STATUS_USAGE);
	if (block_status(argv[optind], json, &out, &e) < 0)
		return fail(&e);
	fputs(out.s, stdout);
	if (!out.len && !json)
		puts("no block is up");
	return 0;
}

int block_doctor_main(int argc, char **argv)
{
	cleanup_strbuf struct strbuf out = STRBUF_INIT;
	bool repair = false, json = false;
	struct err e = ERR_INIT;
	size_t problems = 0;
	int c, r;

	while ((c = getopt_long(argc, argv, "", look_options, NULL)) >= 0) {
		if (c == OPT_HELP)
			return usage(stdout, DOCTOR_USAGE);
		if (c == OPT_REPAIR)
			repair = true;
		else if (c == OPT_JSON)
			json = true;
		else
			return usage(stderr, DOCTOR_USAGE);
	}
	if (argc > optind)
		return usage(stderr, DOCTOR_USAGE);
	r = block_doctor(repair, json, &out, &problems, &e);
	fputs(out.s, stdout);
	if (r < 0)
		return fail(&e);
	return problems > 0;
}

/* What `cellblock shell X` means: a jail, or a block by its folder. */
static int shell_jail(struct prisons *ps, const char *which, struct prison *ret,
		      struct err *e)
{
	cleanup_block struct block b = {0};
	int r;

	if (which)
		return block_find(which, &b, NULL) < 0 || b.host
			       ? prison_get(ps, which, false, ret, e)
			       : prison_get(ps, b.name, false, ret, e);
	/* none named: the only block there is */
	cleanup_strv struct strv names = {0};

	r = block_list(&names, e);
	if (r < 0)
		return r;
	if (names.n != 1)
		return err_set(e, EINVAL, "%s: say which",
			       names.n ? "several blocks are up"
				       : "no block is up");
	return prison_get(ps, names.v[0], false, ret, e);
}

int block_shell_main(int argc, char **argv)
{
	cleanup_prisons struct prisons *ps = NULL;
	cleanup_prison struct prison p = {0};
	char *def[] = {NULL, (char *)"-i", NULL};
	struct prison_exec x = {.stdio = {-1, -1, -1}};
	struct err e = ERR_INIT;
	int first = 1, status = 0;

	if (argc > 1 && !strcmp(argv[1], "--help"))
		return usage(stdout, SHELL_USAGE);
	if (argc > 1 && argv[1][0] == '-' && strcmp(argv[1], "--"))
		return usage(stderr, SHELL_USAGE);
	if (argc > 1 && !strcmp(argv[1], "--"))
		first++;
	if (prisons_open(&ps, &e) < 0 ||
	    shell_jail(ps, argv[first], &p, &e) < 0)
		return fail(&e);
	def[0] = getenv("SHELL");
	if (!def[0] || !*def[0])
		def[0] = (char *)"/bin/sh";
	x.argv = argc > first + 1 ? argv + first + 1 : def;
	if (jexec_run(ps, &p, &x, "cellblock", &status, &e) < 0)
		return fail(&e);
	prisons_free(&ps);
	jexec_exit(status);
}
