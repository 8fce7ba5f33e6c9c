/*
 * dhclient(8) and dhclient-script(8): FreeBSD's words for the DHCP client of
 * rc/dhcp.h.
 */
#include "cmd/cmd.h"
#include "cmd/vnetopt.h"

#include "base/cancel.h"
#include "base/cleanup.h"
#include "net/ifnet.h"
#include "rc/dhcp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
	"usage: dhclient [-bdq] [-c config-file] [-l lease-file] "
	"[-p pid-file]\n"
	"                interface\n"
	"       dhclient -r interface\n";

static void line(void *data, enum report_level level, const char *text)
{
	const bool *quiet = data;

	if (*quiet && level == REPORT_OUT)
		return;
	fprintf(level == REPORT_OUT ? stdout : stderr, "%s\n", text);
	fflush(stdout);
}

static int refuse(const char *what)
{
	fprintf(stderr, "dhclient: %s\n", what);
	return 1;
}

static int release(const char *ifname)
{
	cleanup_vnet struct vnet *v = NULL;
	struct err e = ERR_INIT;

	if (vnetopt_open(NULL, &v, &e) < 0 || dhcp_stop(v, ifname, &e) < 0)
		return vnetopt_fail("dhclient", &e);
	return 0;
}

static int start(const struct dhcp_start *o, bool quiet)
{
	const struct report rp = {.line = line, .data = &quiet};
	cleanup_vnet struct vnet *v = NULL;
	struct err e = ERR_INIT;

	if (cancel_catch(&e) < 0 || vnetopt_open(NULL, &v, &e) < 0 ||
	    dhcp_start(v, o, &rp, NULL, &e) < 0)
		return vnetopt_fail("dhclient", &e);
	return 0;
}

int cmd_dhclient(int argc, char **argv)
{
	struct dhcp_start o = {.timeout = DHCP_TIMEOUT};
	bool quiet = false, give_back = false;
	int c;

	if (vnetopt_help(argc, argv, usage))
		return 0;
	while ((c = getopt(argc, argv, "bc:dl:p:qru")) != -1) {
		switch (c) {
		case 'b':
			o.background = true;
			break;
		case 'c':
			o.conf = optarg;
			break;
		case 'd':
			o.foreground = true;
			break;
		case 'l':
			o.leases = optarg;
			break;
		case 'p':
			o.pidfile = optarg;
			break;
		case 'q':
			quiet = true;
			break;
		case 'r':
			give_back = true;
			break;
		case 'u':
			return refuse("-u: leases with unknown options are "
				      "not told apart here");
		default:
			fputs(usage, stderr);
			return 1;
		}
	}
	if (argc - optind != 1) {
		fputs(usage, stderr);
		return 1;
	}
	if ((o.leases && *o.leases != '/') ||
	    (o.pidfile && *o.pidfile != '/') || (o.conf && *o.conf != '/'))
		return refuse("file names must begin with a slash");
	/* one that is named must be there */
	if (o.conf && access(o.conf, R_OK) < 0) {
		fprintf(stderr, "dhclient: %s: %s\n", o.conf, strerror(errno));
		return 1;
	}
	o.ifname = argv[optind];
	return give_back ? release(o.ifname) : start(&o, quiet);
}

static const char script_usage[] = "usage: dhclient-script event\n";

int cmd_dhclient_script(int argc, char **argv)
{
	const char *kname = getenv("interface");
	const struct dhcp_files files = {.leases = getenv("CB_DHCP_LEASES"),
					 .conf = getenv("CB_DHCP_CONF")};
	cleanup_vnet struct vnet *v = NULL;
	struct err e = ERR_INIT;

	if (vnetopt_help(argc, argv, script_usage))
		return 0;
	if (argc != 2 || !kname || !*kname || strchr(kname, '/')) {
		fputs(script_usage, stderr);
		return 1;
	}
	if (vnetopt_open(NULL, &v, &e) < 0 ||
	    dhcp_event(v, ifname_from_kernel(kname), argv[1], environ, &files,
		       &e) < 0)
		return vnetopt_fail("dhclient-script", &e);
	return 0;
}
