/*
 * rc: boot or stop the level one is in from its rc.conf: what a jail without
 * an /etc/rc of its own runs for `/bin/sh /etc/rc`.
 */
#include "cmd/cmd.h"
#include "cmd/vnetopt.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "base/term.h"
#include "jail/blockroot.h"
#include "jail/prison.h"
#include "rc/rc.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char usage[] = "usage: rc [-enqv] [-d directory] [start | stop]\n";

struct sink {
	bool verbose, steps;
};

/* Values of variables are in it, which anybody may have written. */
static void put_line(FILE *f, const char *text)
{
	term_put(f, text, INT_MAX);
	putc('\n', f);
}

static void sink_line(void *data, enum report_level level, const char *text)
{
	const struct sink *s = data;

	switch (level) {
	case REPORT_OUT:
		puts(text);
		break;
	case REPORT_STEP:
		if (s->steps)
			put_line(stdout, text);
		break;
	case REPORT_VERBOSE:
		if (s->verbose)
			put_line(stdout, text);
		break;
	case REPORT_WARN:
	case REPORT_ERROR:
		fflush(stdout);
		fputs("rc: ", stderr);
		put_line(stderr, text);
		break;
	}
	fflush(stdout);
}

/* A level of a block is all or nothing; elsewhere boot goes on, as FreeBSD's.
 */
static bool in_block(void)
{
	return access(CELLBLOCK_RUN "/block", F_OK) == 0;
}

static int run(struct rc *rc, bool stop, struct err *e)
{
	cleanup_rcconf struct rcconf *conf = NULL;
	cleanup_strv struct strv files = {0};
	int r = 0;

	/* a copy of the machine's root gets the block's files first */
	if (!stop && !rc->dry_run && !rc->dir->block)
		r = blockroot_install_here(NULL, e);
	if (!r)
		r = rc_files(rc->dir, &files, e);
	if (!r)
		r = rcconf_load((const char *const *)files.v, &conf, e);
	if (r < 0)
		return r;
	rc->conf = conf;
	return stop ? rc_stop(rc, e) : rc_start(rc, NULL, e);
}

/* -d: a folder that holds rc.conf, jail.conf, rc.d/ itself. */
static bool set_dir(struct rcdir *dir, const char *name, char **etc,
		    char **local)
{
	free(*etc);
	free(*local);
	*etc = realpath(name, NULL);
	*local = *etc ? str_printf("%s/rc.d", *etc) : NULL;
	if (!*local) {
		fprintf(stderr, "rc: %s: %s\n", name, strerror(errno));
		return false;
	}
	dir->etc = *etc;
	dir->local = *local;
	dir->block = true;
	return true;
}

int cmd_rc(int argc, char **argv)
{
	struct sink sink = {0};
	struct report report = {.line = sink_line, .data = &sink};
	struct rcdir dir = *rc_level_dir();
	cleanup_free char *etc = NULL, *local = NULL;
	struct rc rc = {.dir = &dir,
			.report = &report,
			.messages = true,
			.keep_going = !in_block()};
	struct err e = ERR_INIT;
	bool stop = false;
	int c, r;

	if (vnetopt_help(argc, argv, usage))
		return 0;
	while ((c = getopt(argc, argv, "d:enqv")) != -1) {
		switch (c) {
		case 'd':
			if (!set_dir(&dir, optarg, &etc, &local))
				return 1;
			break;
		case 'e':
			rc.keep_going = false;
			break;
		case 'n':
			rc.dry_run = true;
			sink.steps = true;
			break;
		case 'q':
			rc.messages = false;
			break;
		case 'v':
			sink.verbose = sink.steps = true;
			break;
		default:
			fputs(usage, stderr);
			return 1;
		}
	}
	if (optind < argc) {
		stop = !strcmp(argv[optind], "stop") ||
		       !strcmp(argv[optind], "shutdown");
		if (argc - optind > 1 ||
		    (!stop && strcmp(argv[optind], "start") &&
		     strcmp(argv[optind], "autoboot"))) {
			fputs(usage, stderr);
			return 1;
		}
	}
	r = run(&rc, stop, &e);
	if (r < 0 && *e.text)
		sink_line(&sink, REPORT_ERROR, e.text);
	/* each failed step has been reported; FreeBSD's rc ends with 0 */
	return r < 0 && (*e.text || !rc.keep_going);
}
