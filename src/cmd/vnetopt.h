/*
 * vnetopt: which vnet a network command works on: the caller's, or with
 * `-j JAIL` a jail's; and how `ifconfig IF vnet JAIL` reaches jails.
 */
#ifndef CB_CMD_VNETOPT_H
#define CB_CMD_VNETOPT_H

#include "base/err.h"
#include "net/ifconfig.h"
#include "net/vnet.h"

/* jail NULL: the caller's own.  An unknown one: `jail "x" not found`. */
int vnetopt_open(const char *jail, struct vnet **ret, struct err *e);

/* One of our commands with an argument, inside the jail, without output. */
int vnetopt_inside(const char *jail, const char *name, const char *arg,
		   struct err *e);

/* For struct ifconfig_opts; opens the registry when first used. */
extern const struct ifconfig_jails vnetopt_jails;

/*
 * What every command answers first: --version and --help, which print to
 * stdout.  True when it was one of them.
 */
bool vnetopt_help(int argc, char **argv, const char *usage);

/* "NAME: text" to stderr; returns 1, the exit status. */
int vnetopt_fail(const char *name, const struct err *e);

#endif
