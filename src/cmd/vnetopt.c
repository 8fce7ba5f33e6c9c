/* See vnetopt.h. */
#include "cmd/vnetopt.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int vnetopt_open(const char *jail, struct vnet **ret, struct err *e)
{
	if (!jail)
		return vnet_open(-1, VNET_STATEDIR, ret, e);
	return err_set(e, EOPNOTSUPP, "-j: jails are not available yet");
}

static int jails_later(void *data, const char *jail, const char *ifname,
		       struct err *e)
{
	(void)data;
	(void)ifname;
	return err_set(e, EOPNOTSUPP, "vnet %s: jails are not available yet",
		       jail);
}

const struct ifconfig_jails vnetopt_jails = {
	.lend = jails_later,
	.reclaim = jails_later,
};

bool vnetopt_help(int argc, char **argv, const char *usage)
{
	if (argc != 2)
		return false;
	if (!strcmp(argv[1], "--version"))
		printf("%s (cellblock) %s\n", argv[0], CELLBLOCK_VERSION);
	else if (!strcmp(argv[1], "--help"))
		fputs(usage, stdout);
	else
		return false;
	return true;
}

int vnetopt_fail(const char *name, const struct err *e)
{
	fflush(stdout);
	fprintf(stderr, "%s: %s\n", name, e->text);
	return 1;
}
