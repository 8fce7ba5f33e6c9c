/*
 * route: route(8) of FreeBSD over net/route.h.
 */
#include "cmd/cmd.h"

#include "base/cleanup.h"
#include "cmd/vnetopt.h"
#include "jail/prison.h"
#include "net/route.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

static const char usage[] =
	"usage: route [-j jail] [-46dnqtv] command [[modifiers] args]\n"
	"       route [-nq] add|change [-net|-host] destination gateway "
	"[netmask]\n"
	"       route [-nq] delete [-net|-host] destination [gateway "
	"[netmask]]\n"
	"       route [-n] get destination\n"
	"       route show [destination]\n"
	"       route [-nq] flush [-inet|-inet6]\n"
	"       route monitor\n";

static int print_line(void *data, const char *text)
{
	(void)data;
	return puts(text) < 0 || fflush(stdout) ? -EPIPE : 0;
}

static int exit_code(int r)
{
	switch (r) {
	case -EDESTADDRREQ:
		return EX_USAGE;
	case -EADDRNOTAVAIL:
		return EX_NOHOST;
	case -EPERM:
		return EX_NOPERM;
	default:
		return 1;
	}
}

static int run(struct vnet *v, const char *jail, int n, char **words)
{
	cleanup_strbuf struct strbuf out = STRBUF_INIT;
	cleanup_sight struct sight sight = {0};
	struct err e = ERR_INIT;
	int r = prison_sight(jail, &sight, &e);

	if (r >= 0 && n && !strcmp(words[n - 1], "monitor"))
		r = route_monitor(v, print_line, NULL, &e);
	else if (r >= 0)
		r = route_command(v, n, words, &sight, &out, &e);
	if (r == -EPIPE)
		return 1;
	if (r < 0 && !strcmp(e.text, "usage")) {
		fputs(usage, stderr);
		return EX_USAGE;
	}
	/* FreeBSD says what the kernel said first, then how it went */
	if (r < 0)
		vnetopt_fail("route", &e);
	fwrite(out.s, 1, out.len, stdout);
	if (r == -EDESTADDRREQ)
		fputs(usage, stderr);
	return r < 0 ? exit_code(r) : 0;
}

int cmd_route(int argc, char **argv)
{
	cleanup_vnet struct vnet *v = NULL;
	const char *jail = NULL;
	struct err e = ERR_INIT;
	int i = 1;

	if (vnetopt_help(argc, argv, usage))
		return 0;
	if (argc > 1 && !strcmp(argv[1], "-j")) {
		if (argc == 2) {
			fputs(usage, stderr);
			return EX_USAGE;
		}
		jail = argv[2];
		i = 3;
	} else if (argc > 1 && !strncmp(argv[1], "-j", 2)) {
		jail = argv[1] + 2;
		i = 2;
	}
	if (vnetopt_open(jail, &v, &e) < 0)
		return vnetopt_fail("route", &e);
	return run(v, jail, argc - i, argv + i);
}
