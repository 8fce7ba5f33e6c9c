/*
 * rtsol(8), rtsold(8): ask routers for advertisements (rc/rtsol.h).
 */
#include "cmd/cmd.h"
#include "cmd/vnetopt.h"

#include "base/cancel.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "net/addr.h"
#include "net/ifnet.h"
#include "rc/rtsol.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PIDFILE "/var/run/rtsold.pid"

static const char usage[] =
	"usage: rtsol [-dDFi] [-M script] [-O script] interface ...\n"
	"       rtsol [-dDFi] [-M script] [-O script] -a\n";

static const char daemon_usage[] =
	"usage: rtsold [-dDfFi] [-M script] [-O script] [-p pidfile] "
	"interface ...\n"
	"       rtsold [-dDfFi] [-M script] [-O script] [-p pidfile] -a\n";

struct opts {
	const char *name, *usage, *pidfile;
	bool daemon, all, debug, accept, foreground;
	struct rtsol_opts ask;
	struct strv names;
};

static void line(void *data, enum report_level level, const char *text)
{
	const struct opts *o = data;

	if (level == REPORT_VERBOSE && !o->debug)
		return;
	fprintf(stderr, "%s: %s\n", o->name, text);
}

static int wrong(const struct opts *o)
{
	fputs(o->usage, stderr);
	return 1;
}

static int refuse(const struct opts *o, int c)
{
	fprintf(stderr, "%s: -%c: not available here\n", o->name, c);
	return 1;
}

/* 0 to go on, or the exit status + 1. */
static int parse(int argc, char **argv, struct opts *o)
{
	int c;

	while ((c = getopt(argc, argv,
			   o->daemon ? "adDfFiM:mO:A:R:u1p:"
				     : "adDFiM:O:A:R:u")) != -1) {
		switch (c) {
		case 'a':
			o->all = true;
			break;
		case 'd':
		case 'D':
			o->debug = true;
			break;
		case 'f':
			o->foreground = true;
			break;
		case 'F':
			o->accept = true;
			break;
		case 'i':
			break; /* no delay before the first: there is none */
		case 'M':
			o->ask.managed = optarg;
			break;
		case 'O':
			o->ask.other = optarg;
			break;
		case 'p':
			o->pidfile = optarg;
			break;
		case '?':
			return wrong(o) + 1;
		default:
			return refuse(o, c) + 1;
		}
	}
	return 0;
}

/* -F: make the interfaces accept what is asked for. */
static int accept_all(struct vnet *v, const struct strv *names, struct err *e)
{
	int r = 0;

	for (size_t i = 0; !r && i < names->n; i++) {
		cleanup_ifnet struct ifnet ifp = {0};

		r = ifnet_get(v, names->v[i], &ifp, e);
		if (!r)
			r = nd6_set(v, &ifp, ND6_ACCEPT_RTADV, 0, e);
	}
	return r;
}

static int ask_all(struct vnet *v, const struct opts *o, struct err *e)
{
	int status = 0;

	for (size_t i = 0; i < o->names.n; i++) {
		bool answered = false;
		int r = rtsol_ask(v, o->names.v[i], &o->ask, &answered, e);

		if (r < 0)
			return r;
		if (!answered)
			status = 1;
	}
	return status;
}

/* The child goes on; the parent's job is done. */
static void go_background(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid_t pid = fork();

	if (pid > 0)
		_exit(0);
	if (pid < 0 || null < 0 || setsid() < 0 || chdir("/") < 0)
		return;
	for (int fd = 0; fd < 3; fd++)
		(void)!dup2(null, fd);
}

static int serve(struct vnet *v, const struct opts *o, struct err *e)
{
	const char *pidfile = o->pidfile ? o->pidfile : PIDFILE;
	char text[32];
	int r;

	if (!o->foreground)
		go_background();
	else if (!o->pidfile)
		return rtsold_run(v, &o->names, &o->ask, e);
	snprintf(text, sizeof(text), "%d\n", (int)getpid());
	r = file_write_atomic(AT_FDCWD, pidfile, text, 0644, e);
	if (!r)
		r = rtsold_run(v, &o->names, &o->ask, e);
	unlink(pidfile);
	return r;
}

static int run(struct opts *o, int argc, char **argv)
{
	const struct report rp = {.line = line, .data = o};
	cleanup_vnet struct vnet *v = NULL;
	struct err e = ERR_INIT;
	int r = parse(argc, argv, o);

	if (r)
		return r - 1;
	if (o->all == (optind < argc))
		return wrong(o);
	o->ask.report = &rp;
	for (int i = optind; i < argc; i++)
		if (strv_add(&o->names, argv[i]) < 0)
			return 1;
	r = cancel_catch(&e);
	if (!r)
		r = vnetopt_open(NULL, &v, &e);
	if (!r && o->all)
		r = rtsol_interfaces(v, &o->names, &e);
	for (size_t i = 0; !r && i < o->names.n; i++)
		if (!vnet_ifindex(v, o->names.v[i]))
			r = err_set(&e, ENXIO, "interface %s does not exist",
				    o->names.v[i]);
	if (!r && o->accept)
		r = accept_all(v, &o->names, &e);
	if (!r)
		r = o->daemon ? serve(v, o, &e) : ask_all(v, o, &e);
	return r < 0 ? vnetopt_fail(o->name, &e) : r;
}

int cmd_rtsol(int argc, char **argv)
{
	struct opts o = {.name = "rtsol", .usage = usage};
	int status;

	if (vnetopt_help(argc, argv, usage))
		return 0;
	status = run(&o, argc, argv);
	strv_free(&o.names);
	return status;
}

int cmd_rtsold(int argc, char **argv)
{
	struct opts o = {
		.name = "rtsold", .usage = daemon_usage, .daemon = true};
	int status;

	if (vnetopt_help(argc, argv, daemon_usage))
		return 0;
	status = run(&o, argc, argv);
	strv_free(&o.names);
	return status;
}
