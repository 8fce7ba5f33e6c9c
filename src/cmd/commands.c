/* The table of names the program answers to. */
#include "cmd/cmd.h"

#include <stddef.h>
#include <string.h>

const struct command commands[] = {
	{"cellblock", cmd_cellblock, "bring blocks of jails up and down"},
	{"arp", cmd_arp, "address resolution table"},
	{"devfs", cmd_devfs, "rules for the devices that jails see"},
	{"cpuset", cmd_cpuset, "processors of jails and processes"},
	{"freebsd-version", cmd_freebsd_version, "release of system and jails"},
	{"ifconfig", cmd_ifconfig, "configure network interfaces"},
	{"jail", cmd_jail, "create, modify and remove jails"},
	{"jexec", cmd_jexec, "run a command inside a jail"},
	{"jls", cmd_jls, "list jails"},
	{"ndp", cmd_ndp, "neighbour discovery table"},
	{"netstat", cmd_netstat, "show network status"},
	{"rc", cmd_rc, "boot a level from its rc.conf"},
	{"rcorder", cmd_rcorder, "order rc scripts"},
	{"rctl", cmd_rctl, "limit the resources of jails"},
	{"route", cmd_route, "manipulate the routing tables"},
	{"service", cmd_service, "control rc services"},
	{"sysctl", cmd_sysctl, "get or set kernel state"},
	{"sysrc", cmd_sysrc, "edit rc.conf"},
	{"uname", cmd_uname, "what the system is, inside jails"},
	{NULL, NULL, NULL},
};

/* Run by our own programs alone: no link, no page, not in the help. */
static const struct command internal = {.name = "cellblock-broker",
					.main = cmd_broker};

const struct command *command_find(const char *name)
{
	for (const struct command *c = commands; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return strcmp(internal.name, name) ? NULL : &internal;
}
