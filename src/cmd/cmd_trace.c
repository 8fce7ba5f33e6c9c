/*
 * cmd_trace: cellblock trace, packets on their way through a vnet's netgraph,
 * step by step, and where they are dropped and why; with -p their way past pf
 * (cmd_trace_pf.c).
 *
 * The first is a program like any other to the broker: a node of its own that
 * asks for the steps (netgraph/ng_trace.h).
 */
#include "cmd/cmd_trace.h"

#include "base/cleanup.h"
#include "cmd/injail.h"
#include "ngctl/trace.h"

#include <errno.h>
#include <getopt.h>
#include <netgraph.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char usage_text[] =
	"usage: cellblock trace [-d] [-c COUNT] [-j JAIL]\n"
	"       cellblock trace -p [-d] [-c COUNT] [-j JAIL] [proto PROTO] "
	"[from ADDR]\n"
	"                       [to ADDR] [port PORT]\n";

static struct {
	long long count; /* 0: no end */
	const char *jail;
	bool drops, pf;
} o;

static volatile sig_atomic_t ended;

static void on_signal(int sig)
{
	(void)sig;
	ended = 1;
}

static int fail(const char *what)
{
	fprintf(stderr, "cellblock trace: %s: %s\n", what, strerror(errno));
	return 1;
}

static int64_t boot_time(void)
{
	struct timespec real, mono;

	clock_gettime(CLOCK_REALTIME, &real);
	clock_gettime(CLOCK_MONOTONIC, &mono);
	return (int64_t)(real.tv_sec - mono.tv_sec) * INT64_C(1000000000) +
	       (real.tv_nsec - mono.tv_nsec);
}

/* 1: a line was written. */
static int put(const struct ng_mesg *m, int64_t boot)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	struct ng_trace_event e;

	if (m->header.typecookie != NGM_TRACE_COOKIE ||
	    m->header.cmd != NGM_TRACE_EVENT || m->header.arglen != sizeof(e))
		return 0;
	memcpy(&e, m->data, sizeof(e));
	if (o.drops && !e.drop[0])
		return 0;
	ngctl_trace_line(&b, &e, boot);
	fputs(b.s, stdout);
	fflush(stdout);
	return 1;
}

static int follow(int cs)
{
	const int64_t boot = boot_time();
	struct pollfd p = {.fd = cs, .events = POLLIN};

	for (long long n = 0; !ended && (!o.count || n < o.count);) {
		cleanup_free struct ng_mesg *m = NULL;

		/* a signal between the look at `ended` and this costs a second
		 */
		if (poll(&p, 1, 1000) <= 0)
			continue;
		if (NgAllocRecvMsg(cs, &m, NULL) <= 0) {
			if (errno == EINTR)
				continue;
			fprintf(stderr, "cellblock trace: the broker has "
					"ended\n");
			return 1;
		}
		n += put(m, boot);
		if (ferror(stdout))
			return 1;
	}
	return 0;
}

static int work(int argc, char **argv)
{
	const struct sigaction sa = {.sa_handler = on_signal};
	char name[NG_NODESIZ];
	int cs = -1, r = 1;

	(void)argc;
	(void)argv;
	snprintf(name, sizeof(name), "trace%d", (int)getpid());
	/* who sees the node may send the signal */
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	if (NgMkSockNode(name, &cs, NULL) < 0)
		return fail("can't create node");
	if (NgSendMsg(cs, ".", NGM_TRACE_COOKIE, NGM_TRACE_START, NULL, 0) < 0)
		fail("start");
	else
		r = follow(cs);
	close(cs);
	return r;
}

int trace_main(int argc, char **argv)
{
	static const struct option options[] = {
		{"count", required_argument, NULL, 'c'},
		{"drops", no_argument, NULL, 'd'},
		{"help", no_argument, NULL, 'h'},
		{"jail", required_argument, NULL, 'j'},
		{"pf", no_argument, NULL, 'p'},
		{NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "c:dj:p", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			if (!str_to_int(optarg, 1, INT64_MAX, &o.count))
				break;
			fprintf(stderr, "cellblock trace: -c: expected a "
					"number from 1\n");
			return 1;
		case 'd':
			o.drops = true;
			break;
		case 'h':
			fputs(usage_text, stdout);
			return 0;
		case 'j':
			o.jail = optarg;
			break;
		case 'p':
			o.pf = true;
			break;
		default:
			fputs(usage_text, stderr);
			return 1;
		}
	}
	if (o.pf)
		return trace_pf_main(argc - optind, argv + optind, o.jail,
				     o.drops, o.count, usage_text);
	if (optind < argc) {
		fputs(usage_text, stderr);
		return 1;
	}
	return o.jail ? injail("cellblock trace", o.jail, work, 0, argv)
		      : work(0, argv);
}
