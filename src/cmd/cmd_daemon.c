/* daemon(8): FreeBSD's words for rc/supervise.h. */
#include "cmd/cmd.h"
#include "cmd/vnetopt.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "rc/supervise.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>
#include <unistd.h>

static const char usage[] =
	"usage: daemon [-cfHrS] [-p child_pidfile] [-P supervisor_pidfile]\n"
	"              [-u user] [-o output_file] [-t title]\n"
	"              [-l syslog_facility] [-s syslog_priority]\n"
	"              [-T syslog_tag] [-m output_mask] "
	"[-R restart_delay_secs]\n"
	"              [-C restart_count]\n"
	"command arguments ...\n";

static const struct code {
	const char *name;
	int value;
} facilities[] =
	{
		{"auth", LOG_AUTH},
		{"authpriv", LOG_AUTHPRIV},
		{"cron", LOG_CRON},
		{"daemon", LOG_DAEMON},
		{"ftp", LOG_FTP},
		{"kern", LOG_KERN},
		{"lpr", LOG_LPR},
		{"mail", LOG_MAIL},
		{"news", LOG_NEWS},
		{"syslog", LOG_SYSLOG},
		{"user", LOG_USER},
		{"uucp", LOG_UUCP},
		{"local0", LOG_LOCAL0},
		{"local1", LOG_LOCAL1},
		{"local2", LOG_LOCAL2},
		{"local3", LOG_LOCAL3},
		{"local4", LOG_LOCAL4},
		{"local5", LOG_LOCAL5},
		{"local6", LOG_LOCAL6},
		{"local7", LOG_LOCAL7},
		{NULL, 0},
},
  priorities[] = {
	  {"alert", LOG_ALERT},	 {"crit", LOG_CRIT},	   {"debug", LOG_DEBUG},
	  {"emerg", LOG_EMERG},	 {"err", LOG_ERR},	   {"error", LOG_ERR},
	  {"info", LOG_INFO},	 {"notice", LOG_NOTICE},   {"panic", LOG_EMERG},
	  {"warn", LOG_WARNING}, {"warning", LOG_WARNING}, {NULL, 0},
};

static bool code_find(const struct code *table, const char *name, int *ret)
{
	for (; table->name; table++)
		if (!strcasecmp(table->name, name)) {
			*ret = table->value;
			return true;
		}
	return false;
}

/* Exit statuses as FreeBSD's. */
static int wrong(int status, const char *what, const char *word)
{
	fprintf(stderr, "daemon: %s%s%s\n", what, word ? ": " : "",
		word ? word : "");
	return status;
}

static bool number(const char *text, int min, int max, int *ret)
{
	long long n;

	if (str_to_int(text, min, max, &n) < 0)
		return false;
	*ret = (int)n;
	return true;
}

/* One option; -1: fine, else the exit status. */
static int option(int c, struct supervise *s)
{
	switch (c) {
	case 'c':
		s->chdir_root = true;
		break;
	case 'C':
		s->restart = true;
		if (!number(optarg, 1, 128, &s->count))
			return wrong(6, "invalid restart count", NULL);
		break;
	case 'f':
		s->null = true;
		break;
	case 'H':
		s->reopen = true;
		break;
	case 'l':
		if (!code_find(facilities, optarg, &s->facility))
			return wrong(5, "unrecognized syslog facility", NULL);
		s->syslog = true;
		break;
	case 'm':
		if (!number(optarg, 0, 3, &s->mask))
			return wrong(6, "unrecognized listening mask", NULL);
		break;
	case 'o':
		s->output = optarg;
		break;
	case 'p':
		s->child_pidfile = optarg;
		break;
	case 'P':
		s->parent_pidfile = optarg;
		break;
	case 'r':
		s->restart = true;
		break;
	case 'R':
		s->restart = true;
		if (!number(optarg, 1, INT16_MAX, &s->delay))
			return wrong(6, "invalid restart delay", NULL);
		break;
	case 's':
		if (!code_find(priorities, optarg, &s->priority))
			return wrong(4, "unrecognized syslog priority", NULL);
		s->syslog = true;
		break;
	case 'S':
		s->syslog = true;
		break;
	case 't':
		s->title = optarg;
		break;
	case 'T':
		s->tag = optarg;
		s->syslog = true;
		break;
	case 'u':
		s->user = optarg;
		break;
	default:
		fputs(usage, stderr);
		return 1;
	}
	return -1;
}

static int run(int argc, char **argv)
{
	struct supervise s = {.facility = LOG_DAEMON,
			      .priority = LOG_NOTICE,
			      .tag = "daemon",
			      .mask = 3,
			      .delay = 1};
	static const struct option longs[] = {
		{"change-dir", no_argument, NULL, 'c'},
		{"close-fds", no_argument, NULL, 'f'},
		{"sighup", no_argument, NULL, 'H'},
		{"syslog", no_argument, NULL, 'S'},
		{"output-file", required_argument, NULL, 'o'},
		{"output-mask", required_argument, NULL, 'm'},
		{"child-pidfile", required_argument, NULL, 'p'},
		{"supervisor-pidfile", required_argument, NULL, 'P'},
		{"restart", no_argument, NULL, 'r'},
		{"restart-count", required_argument, NULL, 'C'},
		{"restart-delay", required_argument, NULL, 'R'},
		{"title", required_argument, NULL, 't'},
		{"user", required_argument, NULL, 'u'},
		{"syslog-priority", required_argument, NULL, 's'},
		{"syslog-facility", required_argument, NULL, 'l'},
		{"syslog-tag", required_argument, NULL, 'T'},
		{NULL, 0, NULL, 0},
	};
	struct err e = ERR_INIT;
	bool stayed = false;
	int c, r;

	while ((c = getopt_long(argc, argv, "+cC:fHl:m:o:p:P:rR:s:St:T:u:",
				longs, NULL)) != -1) {
		r = option(c, &s);
		if (r >= 0)
			return r;
	}
	if (optind == argc) {
		fputs(usage, stderr);
		return 1;
	}
	s.argv = argv + optind;
	r = supervise_run(&s, &stayed, &e);
	/* what was to be told has been told to the one that was called */
	if (r < 0 && !stayed)
		fprintf(stderr, "daemon: %s\n", e.text);
	return r == -EEXIST ? 3 : r < 0;
}

int cmd_daemon(int argc, char **argv)
{
	cleanup_strv struct strv args = {0};

	if (vnetopt_help(argc < 2 ? argc : 2, argv, usage))
		return 0;
	/* a title is written where argv lies */
	for (int i = 0; i < argc; i++)
		if (strv_add(&args, argv[i]) < 0)
			return 1;
	return run(argc, args.v);
}
