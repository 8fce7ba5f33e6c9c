/*
 * cmd_pflog: cellblock pflog: the packets that pf's rules log, as a capture on
 * stdout: `cellblock pflog | tcpdump -ner -` is `tcpdump -nei pflog0`.
 */
#include "cmd/cmd_pflog.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "cmd/injail.h"
#include "cmd/vnetopt.h"
#include "pf/pflog.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char usage_text[] =
	"usage: cellblock pflog [-c COUNT] [-j JAIL] [pflogN] | tcpdump -ner -"
	"\n";

static struct {
	long long count; /* 0: no end */
	const char *jail;
} o;

static volatile sig_atomic_t ended;

static void on_signal(int sig)
{
	(void)sig;
	ended = 1;
}

static int usage(void)
{
	fputs(usage_text, stderr);
	return 1;
}

/* 0, or -EPIPE-like: nobody reads on. */
static int flush(struct strbuf *b)
{
	bool ok = !strbuf_failed(b) &&
		  fwrite(b->s, 1, b->len, stdout) == b->len && !fflush(stdout);

	strbuf_clear(b);
	return ok ? 0 : -EPIPE;
}

static int copy(struct pflog *p, struct err *e)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	long long left = o.count;
	size_t n;
	int r;

	pflog_file_head(&b);
	r = flush(&b);
	while (!r && !ended && (!o.count || left > 0)) {
		r = pflog_read(p, &b, &n, e);
		left -= (long long)n;
		if (!r)
			r = flush(&b);
	}
	return r == -EPIPE ? 0 : r;
}

static int run(int argc, char **argv)
{
	const struct sigaction sa = {.sa_handler = on_signal};
	cleanup_pflog struct pflog *p = NULL;
	cleanup_vnet struct vnet *v = NULL;
	struct err e = ERR_INIT;
	long long group = 0;
	int r;

	if (argc == 1 && (!str_prefix(argv[0], "pflog") ||
			  str_to_int(argv[0] + 5, 0, PFLOG_MAX, &group) < 0))
		return usage();
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	r = vnet_open(-1, NULL, &v, &e);
	if (r >= 0)
		r = pflog_open(v, (uint16_t)group, &p, &e);
	if (r >= 0)
		r = copy(p, &e);
	if (r >= 0)
		return 0;
	fprintf(stderr, "cellblock pflog: %s%s\n", e.text,
		r == -EBUSY ? " (somebody else reads it)" : "");
	return 1;
}

int pflog_main(int argc, char **argv)
{
	int c;

	if (vnetopt_help(argc, argv, usage_text))
		return 0;
	while ((c = getopt(argc, argv, "+c:j:")) != -1) {
		if (c == 'c' && !str_to_int(optarg, 1, INT32_MAX, &o.count))
			continue;
		if (c != 'j')
			return usage();
		o.jail = optarg;
	}
	argc -= optind;
	argv += optind;
	if (argc > 1)
		return usage();
	if (isatty(STDOUT_FILENO)) {
		fputs("cellblock pflog: not to a terminal\n", stderr);
		return usage();
	}
	if (o.jail)
		return injail("cellblock pflog", o.jail, run, argc, argv);
	return run(argc, argv);
}
