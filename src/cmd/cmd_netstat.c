/*
 * netstat: netstat(1) of FreeBSD: routing tables, interfaces, sockets and a
 * few counters.  What is shown with which options is decided here; the rows
 * come from net/.  Options that are not there are refused, each in one line.
 */
#include "cmd/cmd.h"

#include "base/cleanup.h"
#include "cmd/netstat.h"
#include "cmd/vnetopt.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
	"usage: netstat [-j jail] [-46anW] [-f family] [-p protocol]\n"
	"       netstat [-j jail] -r [-46nW] [-f family]\n"
	"       netstat [-j jail] -i | -I interface [-46bdnW] [-f family]\n"
	"       netstat [-j jail] -s [-p protocol]\n"
	"       all with [--libxo json] except -s\n";

static bool family_option(struct netstat_args *a, const char *s)
{
	if (!strcmp(s, "inet"))
		a->family = AF_INET;
	else if (!strcmp(s, "inet6"))
		a->family = AF_INET6;
	else
		return false;
	return true;
}

/* 0, or the exit status with what to say said. */
static int option(struct netstat_args *a, int c)
{
	switch (c) {
	case '4':
		a->family = AF_INET;
		return 0;
	case '6':
		a->family = AF_INET6;
		return 0;
	case 'a':
		a->all = true;
		return 0;
	case 'b':
		a->bytes = true;
		return 0;
	case 'd':
		a->drops = true;
		return 0;
	case 'f':
		if (family_option(a, optarg))
			return 0;
		fprintf(stderr, "netstat: %s: unknown address family\n",
			optarg);
		return 1;
	case 'I':
		a->ifname = optarg;
		a->what = netstat_interfaces;
		return 0;
	case 'i':
		a->what = netstat_interfaces;
		return 0;
	case 'j':
		a->jail = optarg;
		return 0;
	case 'n':
		a->numeric = true;
		return 0;
	case 'p':
		a->protocol = optarg;
		return 0;
	case 'r':
		a->what = netstat_routes;
		return 0;
	case 's':
		a->what = netstat_counters;
		return 0;
	case 'W':
		a->wide = true;
		return 0;
	default:
		break;
	}
	if (optopt && strchr("ABCcFghLlMmNPQqRSTuwxXzo", optopt))
		fprintf(stderr, "netstat: -%c: not supported\n", optopt);
	else
		fputs(usage, stderr);
	return 1;
}

int cmd_netstat(int argc, char **argv)
{
	struct netstat_args a = {.what = netstat_sockets};
	cleanup_vnet struct vnet *v = NULL;
	struct err e = ERR_INIT;
	int c, r;

	if (vnetopt_help(argc, argv, usage))
		return 0;
	if (libxo_parse(&a.xo, &argc, argv, &e) < 0)
		return vnetopt_fail("netstat", &e);
	opterr = 0;
	while ((c = getopt(argc, argv, "+:46abdf:I:ij:np:rsW")) != -1) {
		r = option(&a, c);
		if (r)
			return r;
	}
	if (optind < argc) {
		fprintf(stderr, "netstat: %s: not supported\n", argv[optind]);
		return 1;
	}
	r = vnetopt_open(a.jail, &v, &e);
	if (r >= 0)
		r = a.what(v, &a, &e);
	return r < 0 ? vnetopt_fail("netstat", &e) : 0;
}
